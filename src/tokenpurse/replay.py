"""A wallet from its entries alone, each of them checked against what was there before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tokenpurse import entries as e
from tokenpurse._engine.apply import apply, open_book
from tokenpurse._engine.book import Book
from tokenpurse._engine.quick import Base
from tokenpurse.buckets import Bucket, Draw, Loss
from tokenpurse.errors import HistoryError, PlanError
from tokenpurse.plans.catalogue import Catalogue
from tokenpurse.units import STEPS_MAX
from tokenpurse.wallet import Wallet

__all__ = ["replay"]


def replay(entries: Iterable[e.Entry], *, catalogue: Catalogue | None = None) -> Wallet:
    """Rebuild a wallet from all its entries, oldest first.

    Args:
        entries: from the opening on, none missing.
        catalogue: binds the wallet to its plans. Without one it is equal to the wallet that made the entries and
            answers reads that need no plan, up to the first reset or end; all else raises `UnknownNameError`.

    Raises:
        HistoryError: with the position of the first entry that is missing, doubled, out of order, another wallet's,
            or that contradicts the balances it carries.
        PlanError: what is given as a catalogue is none.
    """
    given: object = entries
    if not isinstance(given, Iterable):
        raise HistoryError(f"it is a {type(given).__name__}, not a list of entries", position=0)
    if catalogue is not None and not isinstance(catalogue, Catalogue):
        raise PlanError("wallet", "catalogue", catalogue, "it must be a Catalogue")
    book: Book | None = None
    for position, entry in enumerate(entries):
        if not isinstance(entry, e.Entry):
            raise HistoryError(f"it is a {type(entry).__name__}, not an entry", position=position)
        problem = _out_of_place(book, entry)
        if problem:
            raise HistoryError(problem, position=position)
        after = open_book(entry) if isinstance(entry, e.Opened) else apply(_opened(book, position), entry)
        problem = next(_contradictions(book, entry, after), "")
        if problem:
            raise HistoryError(problem, position=position)
        book = after
    return Wallet._of(Base.of(_opened(book, 0), catalogue))  # noqa: SLF001  # the one other way to a wallet


def _opened(book: Book | None, position: int) -> Book:
    if book is None:
        raise HistoryError("there is no entry, a history starts with Opened", position=position)
    return book


def _out_of_place(book: Book | None, entry: e.Entry) -> str:
    """Say what is wrong with an entry's place in the history; nothing: an empty str."""
    if book is None:
        if not isinstance(entry, e.Opened) or entry.sequence != 1:
            return f"it is {type(entry).__name__} {entry.sequence}, a history starts with Opened 1"
        return ""
    if entry.wallet != book.id:
        return f"it is of wallet {entry.wallet}, the others are of {book.id}"
    if entry.sequence != book.version + 1:
        return f"its sequence number is {entry.sequence}, after {book.version} comes {book.version + 1}"
    if isinstance(entry, e.Opened):
        return "a wallet is opened once"
    if not _says(entry.ref):
        return "its ref does not say what it was used for: lists are not what a wallet wrote"
    if entry.at < book.clock:
        return f"it is of {entry.at}, before the entry at {book.clock}"
    return "the wallet was closed before it" if book.closed else ""


def _says(ref: e.Remembered | None) -> bool:
    """Tell whether a ref can be compared with what a repeat says; a form that turned its tuples into lists cannot."""
    try:
        return hash(ref) is not None
    except TypeError:
        return False


def _contradictions(before: Book | None, entry: e.Entry, after: Book) -> Iterator[str]:
    """Compare the balances that an entry carries with those that its amounts lead to."""
    yield from _balances(before, entry, after)
    for unit, owed in _debts(entry):
        if after.debts.get(unit, 0) != owed:
            yield f"debt of {unit} is {after.debts.get(unit, 0):,} by the amounts and {owed:,} by the balance"
    for use in _uses(entry):
        paid = sum(draw.steps for draw in use.draws) + (use.debt.steps if use.debt else 0)
        paid += (use.priced.quantity if use.priced else 0) + (use.postpaid.quantity if use.postpaid else 0)
        if paid != use.steps:
            yield f"{use.steps:,} {use.unit} were used and {paid:,} paid"
    for bucket in _new_buckets(entry):
        used = bucket.opening_steps - bucket.left_steps
        elsewhere = bucket.allowance and isinstance(entry, e.Opened)
        if bucket.granted_steps != bucket.opening_steps or used < 0 or (used and not elsewhere):
            yield f"of the new bucket {bucket.id} {bucket.granted_steps:,} are granted and {bucket.left_steps:,} left"
    if isinstance(entry, e.Opened):
        yield from _brought(entry)
    if isinstance(entry, e.PeriodOpened | e.Closed):
        yield from _closing(before, entry)


def _balances(before: Book | None, entry: e.Entry, after: Book) -> Iterator[str]:
    """Follow each bucket through an entry: every balance it says, and the one that the wallet has in the end."""
    lefts = {} if before is None else {bucket.id: bucket.left_steps for bucket in before.buckets}
    for bucket, steps, left in _flows(entry):
        lefts[bucket] = lefts.get(bucket, 0) + steps
        if left is not None and left != lefts[bucket]:
            yield f"bucket {bucket} has {lefts[bucket]:,} left by the amounts and {left:,} by the balance"
    held = {bucket.id: bucket.left_steps for bucket in after.buckets}
    for bucket, left in lefts.items():
        if left != held.get(bucket, 0):
            yield f"bucket {bucket} has {left:,} left by the amounts and {held.get(bucket, 0):,} in the wallet"


def _brought(entry: e.Opened) -> Iterator[str]:
    """Compare what a wallet brought: its debt, and what was used elsewhere with what came off its allowances."""
    for debt in entry.debts:
        if debt.steps != debt.after_steps:
            yield f"the first debt is {debt.steps:,} by the amount and {debt.after_steps:,} by the balance"
    for unit in {bucket.unit.name for bucket in entry.buckets}:
        mine = [bucket for bucket in entry.buckets if bucket.unit.name == unit and bucket.allowance]
        taken = sum(bucket.opening_steps - bucket.left_steps for bucket in mine)
        used = dict(entry.used).get(unit, 0)
        more_to_take = any(bucket.left_steps and bucket.granted_steps < STEPS_MAX for bucket in mine)
        if taken > used or (taken < used and more_to_take):
            yield f"{used:,} {unit} were used elsewhere and {taken:,} taken off"


def _closing(before: Book | None, entry: e.PeriodOpened | e.Closed) -> Iterator[str]:
    """Compare a statement with what ran up, and the totals of a run with the grants it repeats."""
    lines = () if entry.statement is None else entry.statement.lines
    if before is not None and lines != before.tallies.accrued:
        yield "its statement is not what the period ran up"
    if isinstance(entry, e.PeriodOpened):
        grants = {(bucket.kind, bucket.unit): bucket.granted_steps for bucket in entry.granted if bucket.allowance}
        for run in entry.between:
            gone = run.forfeited_steps + run.carried_steps + run.repaid_steps
            granted = grants.get((run.kind, run.unit), 0) * (entry.count - 1)
            if not gone == run.granted_steps == granted:
                yield f"a run granted {granted:,}, says {run.granted_steps:,}, and {gone:,} went"


def _flows(entry: e.Entry) -> Iterator[tuple[str, int, int | None]]:
    """List what moved into (+) and out of (-) buckets, in the order in which it did, with what was left after it."""
    for use in _uses(entry):
        yield from _out(use.draws)
    for carry in entry.carried if isinstance(entry, e.PeriodOpened) else ():
        yield carry.bucket, -carry.steps, None
    for name in ("forfeited", "expired"):
        yield from _out(getattr(entry, name, ()))
    for gain in getattr(entry, "gained", ()):
        yield gain.bucket, gain.steps, gain.left_steps
    for bucket in _new_buckets(entry):
        yield bucket.id, bucket.left_steps, bucket.left_steps
    if isinstance(entry, e.PeriodOpened):
        yield from _carried(entry)
    for one in getattr(entry, "repaid", ()):
        yield from _out(one.draws)


def _out(moved: Iterable[Draw | Loss]) -> Iterator[tuple[str, int, int | None]]:
    return ((one.bucket, -one.steps, one.left_steps) for one in moved)


def _carried(entry: e.PeriodOpened) -> Iterator[tuple[str, int, int | None]]:
    """List what banks got; a run's other periods are counted once, before all that is said."""
    more = {run.unit: 0 for run in entry.between}
    for run in entry.between:
        more[run.unit] += run.carried_steps
    for carry in entry.carried:
        yield carry.into, carry.steps + more.pop(carry.unit, 0), carry.left_steps


def _new_buckets(entry: e.Entry) -> tuple[Bucket, ...]:
    if isinstance(entry, e.Opened):
        return entry.buckets
    if isinstance(entry, e.Granted | e.ToppedUp):
        return (entry.bucket,)
    return entry.granted if isinstance(entry, e.PeriodOpened | e.PlanChanged | e.CountSet) else ()


def _uses(entry: e.Entry) -> Iterator[e.Use]:
    """List every use of a spend, those that paid a price included."""
    for use in entry.uses if isinstance(entry, e.Spent) else ():
        at: e.Use | None = use
        while at is not None:
            yield at
            at = at.priced.paid if at.priced else None


def _debts(entry: e.Entry) -> Iterator[tuple[str, int]]:
    last: dict[str, int] = {}
    for use in _uses(entry):
        if use.debt is not None:
            last[use.debt.unit.name] = use.debt.after_steps
    for one in getattr(entry, "repaid", ()):
        last[one.unit.name] = one.after_steps
    yield from last.items()
