"""How the balance of each unit moved, entry by entry: what a customer is shown, and what an accountant adds up."""

# ruff: noqa: SLF001  # what a wallet had before the entries is in the book behind it
from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple, TypeAlias

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse._history.flows import captured_in, new_buckets, turns_in, uses_in
from tokenpurse.buckets import Bucket, Draw, Loss
from tokenpurse.errors import ArgumentError, HistoryError
from tokenpurse.readings import Moved, Movement, MovementPart
from tokenpurse.units import Unit
from tokenpurse.wallet import Wallet

__all__ = ["movements", "recent_movements"]


def movements(entries: Iterable[e.Entry], *, after: Wallet | None = None) -> Iterator[Movement]:
    """Tell how the balance of each unit moved, oldest first, with what was left after each; as the entries are read.

    Args:
        entries: from the opening on, or all that came after a wallet; oldest first. They are taken for what they say:
            whether that is true `replay` and `verify` tell.
        after: the wallet before the first entry; `None`: they begin with the opening. So a host can keep movements in
            a table of its own: `movements(change.entries, after=change.before)` are the next rows of it.

    Raises:
        HistoryError: with the position of an entry that is missing, out of order, of another wallet, or none.
        ArgumentError: `after` is no wallet.
    """
    given: object = after
    if given is not None and not isinstance(given, Wallet):
        raise ArgumentError("after", given, "it must be a Wallet")
    return _forward(entries, None if after is None else after._book)


def recent_movements(
    entries: Iterable[e.Entry],
    wallet: Wallet,
    unit: str | None = None,
    *,
    size: int = 5,
    before: Movement | None = None,
) -> tuple[Movement, ...]:
    """List a page of a unit's newest movements, the newest first, each with what was left after it.

    What moves nothing that is left (`carried`, `captured`) is not among them. No more entries are read than it takes.

    Args:
        entries: newest first: all from the wallet's last one on, or from that of `before` on.
        wallet: as the newest entry left it; its balance is where the list starts.
        unit: which; `None`: the plan's first meter.
        size: how many, at most; fewer: there are no older ones.
        before: the last movement of the page before; `None`: the first page.

    Raises:
        HistoryError: as `movements`.
        UnknownNameError: no such unit.
        ArgumentError: a wallet, a size or a movement that is none.
    """
    given: object = wallet
    if not isinstance(given, Wallet):
        raise ArgumentError("wallet", given, "it must be a Wallet")
    if type(size) is not int or size < 1:
        raise ArgumentError("size", size, "it must be a whole number above zero")
    page_before: object = before
    if page_before is not None and not (isinstance(page_before, Movement) and page_before.wallet == wallet.id):
        raise ArgumentError("before", before, "it must be a movement of the wallet")
    counted = wallet.at(wallet.clock)._unit(unit)
    return tuple(islice(_backward(entries, wallet, counted, before), size))


# -- walking ---------------------------------------------------------------------------------------------------------


def _forward(entries: Iterable[e.Entry], book: Book | None) -> Iterator[Movement]:
    balances: Counter[str] = Counter()
    lefts: Counter[str] = Counter()
    kinds: dict[str, str] = {}
    for bucket in () if book is None else book.buckets:
        balances[bucket.unit.name] += bucket.left_steps
        lefts[bucket.id], kinds[bucket.id] = bucket.left_steps, bucket.kind
    wallet, sequence = (None, 0) if book is None else (book.id, book.version)
    for position, entry in enumerate(entries):
        _check(entry, wallet, sequence + 1, position)
        if book is None and isinstance(entry, e.Opened) != (position == 0):
            raise HistoryError("a history starts with Opened, and has it once", position=position)
        wallet, sequence = entry.wallet, sequence + 1
        kinds |= {bucket.id: bucket.kind for bucket in new_buckets(entry)}
        late = frozenset(draw.bucket for draw in _maybe_late(entry) if lefts[draw.bucket] < draw.steps)
        for place, (what, flows) in enumerate(_grouped(entry, late)):
            for flow in flows:
                lefts[flow.bucket] += flow.steps
            balances[flows[0].unit.name] += sum(flow.steps for flow in flows)
            yield _movement(entry, place, what, flows, balances[flows[0].unit.name], kinds)


def _backward(entries: Iterable[e.Entry], wallet: Wallet, unit: Unit, before: Movement | None) -> Iterator[Movement]:
    if before is None:
        sequence, place = wallet.version, None
        balance = sum(bucket.left_steps for bucket in wallet._book.buckets if bucket.unit == unit)
    else:
        sequence, place, balance = before.sequence, before.place, before.balance_steps - before.steps
    older = _Older(entries)
    for position, entry in enumerate(older.each()):
        _check(entry, wallet.id, sequence, position)
        maybe = frozenset(draw.bucket for draw in _maybe_late(entry))
        late = maybe & older.forfeited(position) if maybe else maybe
        for here, (what, flows) in reversed(list(enumerate(_grouped(entry, late)))[:place]):
            steps = sum(flow.steps for flow in flows)
            if flows[0].unit.name == unit.name and steps:
                yield _movement(entry, here, what, flows, balance, {})
                balance -= steps
        if isinstance(entry, e.Opened) and balance:
            raise HistoryError(f"before it {unit.text(balance)} were left by the entries", position=position)
        sequence, place = sequence - 1, None


class _Older:
    """Entries, the newest first, of which older ones can be looked at before it is their turn."""

    def __init__(self, entries: Iterable[e.Entry]) -> None:
        self._rest = iter(entries)
        self._seen: deque[e.Entry] = deque()

    def each(self) -> Iterator[e.Entry]:
        """Give one after the other."""
        while self._seen or self._read():
            yield self._seen.popleft()

    def forfeited(self, position: int) -> frozenset[str]:
        """Find the buckets of which late use can take what they forfeited, as the last period closed."""
        while not any(isinstance(entry, e.PeriodOpened) for entry in self._seen):
            if not self._read():
                raise HistoryError("it is late use: the entry that closed its period must follow", position=position)
        last = next(entry.last for entry in self._seen if isinstance(entry, e.PeriodOpened))
        return frozenset(() if last is None else (loss.bucket for loss in last.rests))

    def _read(self) -> bool:
        before = len(self._seen)
        self._seen.extend(islice(self._rest, 1))
        return len(self._seen) > before


def _maybe_late(entry: e.Entry) -> Iterator[Draw]:
    """List draws of late use from allowances: of what their period forfeited, or of what is there."""
    for use in uses_in(entry) if isinstance(entry, e.Spent) and entry.period is not None else ():
        for draw in use.draws:
            if draw.allowance:
                yield draw


def _check(entry: object, wallet: str | None, sequence: int, position: int) -> None:
    if not isinstance(entry, e.Entry):
        raise HistoryError(f"it is a {type(entry).__name__}, not an entry", position=position)
    if wallet is not None and entry.wallet != wallet:
        raise HistoryError(f"it is of wallet {entry.wallet}, the others are of {wallet}", position=position)
    if entry.sequence != sequence:
        raise HistoryError(f"its sequence number is {entry.sequence}, it must be {sequence}", position=position)


def _movement(
    entry: e.Entry, place: int, what: Moved, flows: list[_Flow], balance: int, kinds: dict[str, str]
) -> Movement:
    return Movement(
        wallet=entry.wallet,
        sequence=entry.sequence,
        place=place,
        at=entry.at,
        what=what,
        unit=flows[0].unit,
        steps=sum(flow.steps for flow in flows),
        balance_steps=balance,
        ref=None if entry.ref is None else entry.ref.key,
        by=entry.by,
        parts=tuple(
            MovementPart(flow.bucket, flow.kind or kinds.get(flow.bucket, ""), flow.steps, flow.held_steps)
            for flow in flows
        ),
    )


# -- what an entry moved ---------------------------------------------------------------------------------------------


class _Flow(NamedTuple):
    """What moved, of one bucket; a `kind` that the entry does not say is empty."""

    what: Moved
    bucket: str
    kind: str
    unit: Unit
    steps: int
    held_steps: int = 0


_Group: TypeAlias = tuple[Moved, list[_Flow]]

_WENT: dict[str, Moved] = {
    "carried": "carried",
    "clawed_back": "clawed_back",
    "expired": "expired",
    "forfeited": "forfeited",
}
"""Which way went what came back to a bucket that is over."""


def _grouped(entry: e.Entry, late: frozenset[str]) -> Iterator[_Group]:
    """Put together what moved of one unit for one reason, in the order in which that began.

    What came and went in a run stands by itself, between what was there before and what is there after.

    Args:
        entry: what moved it.
        late: buckets that had forfeited what late use takes of them.
    """
    for flows in (_before(entry, late), _inside(entry), _after(entry)):
        groups: dict[tuple[Moved, str], list[_Flow]] = {}
        for flow in flows:
            if flow.steps or flow.held_steps:
                groups.setdefault((flow.what, flow.unit.name), []).append(flow)
        for (what, _), group in groups.items():
            yield what, group


def _before(entry: e.Entry, late: frozenset[str]) -> Iterator[_Flow]:
    """List what moved of buckets that were there."""
    for use in captured_in(entry):
        for draw in use.draws:
            yield _Flow("captured", draw.bucket, draw.kind, draw.unit, 0, -draw.steps)
    yield from _returned(entry)
    yield from _clawed(entry)
    what: Moved = "held" if isinstance(entry, e.Held) else "spent"
    for use in uses_in(entry):
        for draw in use.draws:
            if draw.bucket in late:
                yield _Flow("forfeited", draw.bucket, draw.kind, draw.unit, draw.steps)
            yield _Flow(what, draw.bucket, draw.kind, draw.unit, -draw.steps, draw.steps if what == "held" else 0)
    turned = (turn.expired for turn in turns_in(entry) if isinstance(entry, e.PeriodOpened))
    losses: tuple[tuple[Moved, Iterable[Draw | Loss]], ...] = (
        ("forfeited", getattr(entry, "forfeited", ())),
        ("expired", chain(getattr(entry, "expired", ()), *turned)),
        ("transferred", getattr(entry, "given", ())),
    )
    for what, lost in losses:
        for loss in lost:
            yield _Flow(what, loss.bucket, loss.kind, loss.unit, -loss.steps)


def _inside(entry: e.Entry) -> Iterator[_Flow]:
    """List what came and went in a run; what is carried on from it is told with what is carried."""
    for run in entry.between if isinstance(entry, e.PeriodOpened) else ():
        if run.kind != "rollover":  # that was carried: no new grant
            yield _Flow("granted", "", run.kind, run.unit, run.granted_steps)
        yield _Flow("forfeited", "", run.kind, run.unit, -run.forfeited_steps)
        yield _Flow("expired", "", run.kind, run.unit, -run.expired_steps)
        yield _Flow("repaid", "", run.kind, run.unit, -run.repaid_steps)
    for turn in turns_in(entry):
        stream = turn.stream
        yield _Flow("granted", "", stream.kind, stream.unit, turn.between_steps)
        yield _Flow("expired", "", stream.kind, stream.unit, -turn.between_steps)


def _after(entry: e.Entry) -> Iterator[_Flow]:
    """List what moved into buckets, and what they paid at once."""
    if isinstance(entry, e.PeriodOpened | e.Renewed):
        yield from _carried(entry)
    for bucket in new_buckets(entry):
        yield _Flow(_came(entry, bucket), bucket.id, bucket.kind, bucket.unit, bucket.granted_steps)
        used_before = bucket.granted_steps - bucket.left_steps
        yield _Flow("spent", bucket.id, bucket.kind, bucket.unit, -used_before)
    for gain in getattr(entry, "gained", ()):
        yield _Flow("granted", gain.bucket, gain.kind, gain.unit, gain.steps)
    for one in getattr(entry, "repaid", ()):
        for draw in one.draws:
            yield _Flow("repaid", draw.bucket, draw.kind, draw.unit, -draw.steps)


def _came(entry: e.Entry, bucket: Bucket) -> Moved:
    """Say how a bucket came to be."""
    if isinstance(entry, e.ToppedUp):
        return "bonus" if bucket is entry.bonus else "auto_top_up" if entry.request else "bought"
    if isinstance(entry, e.Received):
        return "received"
    return "brought" if isinstance(entry, e.Opened) and not bucket.allowance else "granted"


def _returned(entry: e.Entry) -> Iterator[_Flow]:
    """List what came back, and which way it went where its bucket is over."""
    back: Moved = "refunded" if isinstance(entry, e.Refunded) else "returned"
    for one in getattr(entry, "returned", ()):
        held = 0 if back == "refunded" else -one.steps
        instead = one.into if one.went == "back" else ""
        yield _Flow(back, instead or one.bucket, one.kind, one.unit, one.steps, held)
        if one.went != "back":
            yield _Flow(_WENT[one.went], one.bucket, one.kind, one.unit, -one.steps)
        if one.went == "carried":
            into = one.kind if one.plan else "rollover"  # the present plan's allowance; else a bank
            yield _Flow("carried", one.into, into, one.unit, one.steps)


def _clawed(entry: e.Entry) -> Iterator[_Flow]:
    """List what went with money that went back, or came again."""
    back = isinstance(entry, e.Reinstated)
    for one in getattr(entry, "claw_backs", ()):
        steps = one.taken + one.repaid if back else -one.taken
        yield _Flow("reinstated" if back else "clawed_back", one.bucket, one.kind, one.unit, steps)
        if back and one.went != "back":
            yield _Flow(_WENT[one.went], one.bucket, one.kind, one.unit, -steps)


def _carried(entry: e.PeriodOpened | e.Renewed) -> Iterator[_Flow]:
    """List what moved into banks: of what was left, and of what a run's periods left, less what a cap took."""
    rests: dict[str, int] = {}
    banks: dict[str, tuple[str, Unit]] = {}
    for run in entry.between if isinstance(entry, e.PeriodOpened) else ():
        on = run.carried_steps - (run.granted_steps if run.kind == "rollover" else 0)
        rests[run.unit.name] = rests.get(run.unit.name, 0) + on
        yield _Flow("carried", "", run.kind, run.unit, -on)
    for carry in entry.carried:
        if carry.bucket:
            yield _Flow("carried", carry.bucket, "", carry.unit, -carry.steps)
            rests[carry.unit.name] = rests.get(carry.unit.name, 0) + carry.steps
        if carry.into:
            yield _Flow("carried", carry.into, "rollover", carry.unit, carry.steps)
            yield _Flow("forfeited", carry.into, "rollover", carry.unit, -carry.cut_steps)
            rests[carry.unit.name] = rests.get(carry.unit.name, 0) - carry.steps
            banks[carry.unit.name] = carry.into, carry.unit
    for name, (bank, unit) in banks.items():
        yield _Flow("carried", bank, "rollover", unit, rests[name])
