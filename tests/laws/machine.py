"""A state machine over all verbs and several plans: what design §5 says always holds, after every single verb.

Each verb is also done a second way, where there is one: a plain spend the long way, a verb after an `advance` on the
way to it, a verb with a ref once more. `tests/README.md` says how to let it walk further.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import hypothesis.strategies as st
from attrs import evolve
from hypothesis import note
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.laws.auditor import Auditor
from tests.laws.clerk import (
    check_banks,
    check_charges,
    check_counted,
    check_holds_are_within,
    check_signs,
    check_uncounted,
)
from tests.laws.moved import check_movements, check_pages
from tests.laws.plans import NEXT_SHOP, SHOP, START, ZONES
from tokenpurse import Balance, Change, GiftPair, View, Wallet, replay, spend_from_pool, transfer, verify
from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse.errors import (
    AmountError,
    ArgumentError,
    ClockError,
    ConflictError,
    HoldEnded,
    PurseError,
    Refused,
    UnknownNameError,
    WalletClosed,
)
from tokenpurse.replay import _after
from tokenpurse.units import STEPS_MAX

EXPECTED = (Refused, AmountError, ClockError, ArgumentError, UnknownNameError)
ENTRIES_MAX = 40
"""Of one verb, however far it jumps: each bucket with an end of its own may part a run in two."""
STREAMED_MAX = 400
"""With allowances on schedules of their own, each of which may part the other's runs inside a period."""

STEP = {"USD": Decimal("0.000001")}
MINUTES = (0, 0, 0, 1, 7, 60, 60, 90, 1_440, 1_440, 10_080, 44_640, 44_641, 200_000)
YEARS = (*[0] * 20, 1, 100)

minutes = st.sampled_from(MINUTES)
meters = st.integers(0, 11)
small = st.integers(0, 40)
roles = st.sampled_from(["admin", "admin", "member", None])
whens = st.sampled_from([None, "now", "period_end"])
kinds = st.sampled_from(["quota", "promo", "top_up", "credit", "bonus", "own"])
scopes = st.sampled_from([{}, {}, {}, {"member": {"ann"}}, {"action": {"tokens", "USD"}}, {"action": {"conversation"}}])
members = st.sampled_from([None, None, "ann", "ben"])
refs = st.sampled_from([None, None, None, "r1", "r2", "r3"])
LATER = st.sampled_from([None, None, None, 0, 1, 60, 2_000, 100_000, -1])
plans = st.sampled_from(
    ["wild", "wild", "credits", "credits", "payg", "auto", "timed", "scoped", "seated", *(plan.name for plan in SHOP)]
)


def amount_of(meter: str | None, figure: int) -> Any:
    """Read a small figure as an amount: cents of a cent for money, so that prices leave odd rests."""
    return Decimal(figure * 7_001).scaleb(-6) if meter == "USD" else figure


def normal(wallet: Wallet) -> Any:
    """A wallet's facts, but for what tells in how many steps it came there."""
    book = wallet._book
    ring = tuple(evolve(one, sequence=0) for one in book.memory.ring)
    payments = tuple((evolve(one, sequence=0), made) for one, made in book.memory.payments)
    tallies = evolve(book.tallies, since=0, left=tuple((0, plan) for _, plan in book.tallies.left))
    holds = {name: evolve(one, ref=evolve(one.ref, sequence=0)) for name, one in book.holds.items()}
    ended = tuple(
        evolve(one, made=evolve(one.made, sequence=0), ref=None if one.ref is None else evolve(one.ref, sequence=0))
        for one in book.ended
    )
    memory = evolve(book.memory, ring=ring, payments=payments)
    undone = {
        name: evolve(one, refs=tuple(evolve(ref, sequence=0) for ref in one.refs)) for name, one in book.undone.items()
    }
    billed = tuple(evolve(one, until=0) for one in book.billed)
    ways = tuple(evolve(one, since=0) for one in book.ways)
    closings = tuple(evolve(one, since=0, by=0) for one in book.closings)
    past = {name: evolve(one, by=0) for name, one in book.past.items()}
    book = evolve(book, billed=billed, billed_to=0, ways=ways, banks_since=0, past=past, closings=closings)
    return evolve(book, version=0, tallies=tallies, memory=memory, holds=holds, ended=ended, undone=undone)


def refs_known(wallet: Wallet) -> dict[str, e.Remembered]:
    """All refs that the wallet remembers."""
    book = wallet._book
    ends = [ref for one in book.ended for ref in (one.made, one.ref) if ref is not None]
    holds = [one.ref for one in book.holds.values()]
    holds += [ref for one in book.undone.values() for ref in one.refs]
    return {one.key: one for one in (*ends, *holds, *book.memory.ring, *(one for one, _ in book.memory.payments))}


def tried(run: Callable[[], Change]) -> Change | tuple[type[PurseError], str]:
    """A verb's change, or its refusal: nothing of the change is looked at yet."""
    try:
        return run()
    except PurseError as problem:
        return type(problem), str(problem)


def outcome(run: Callable[[], Change]) -> Any:
    """What a verb came to, its refusal included, so that two ways can be compared."""
    change = tried(run)
    if isinstance(change, tuple):
        return change
    return change.entries, change.notices, change.requests, change.wallet, change.repeated


class Histories(RuleBasedStateMachine):
    """One wallet's life."""

    wallet: Wallet

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[e.Entry] = []
        self.book: Book | None = None
        self.auditor = Auditor()
        self.best: dict[str, int] = {}
        self.shop = SHOP
        self.paid = 0
        self.held = 0

    # -- opening -------------------------------------------------------------------------------------------------

    @initialize(
        plan=plans,
        zone=st.sampled_from(ZONES),
        back=st.sampled_from([0, 0, 60, 50_000, 2_000_000]),
        counts=st.fixed_dictionaries({"packages": st.integers(0, 3), "seats": st.integers(0, 3)}),
        brought=st.lists(
            st.tuples(kinds | st.just("rollover"), small, st.sampled_from([None, 90, 50_000])), max_size=3
        ),
        money=st.integers(0, 200),
        used=st.integers(0, 9),
        owed=st.sampled_from([0, 0, 5, 12]),
        ring=st.sampled_from([0, 1, 2, 16]),
        threshold=st.sampled_from([None, 1, 4, 5]),
    )
    def open(
        self,
        plan: str,
        zone: str,
        back: int,
        counts: Any,
        brought: Any,
        money: int,
        used: int,
        owed: int,
        ring: int,
        threshold: int | None,
    ) -> None:
        """Open a wallet, empty-handed or not."""
        names = {part.per for part in SHOP.newest(plan).allowances}
        balances = [
            Balance(kind, figure, "tokens", expires=None if ends is None else START + timedelta(minutes=ends))
            for kind, figure, ends in {kind: (kind, figure, ends) for kind, figure, ends in brought}.values()
            if figure
        ]
        if money and "USD" in SHOP.newest(plan).terms.units:
            balances.append(Balance("credit", amount_of("USD", money), "USD", paid=Decimal("1.00"), payment="before"))
        change = Wallet.open(
            plan,
            catalogue=SHOP,
            id="acme",
            at=START,
            anchor=START - timedelta(minutes=back),
            zone=zone,
            counts={name: count for name, count in counts.items() if name in names},
            balances=balances,
            used={"tokens": used} if used else None,
            debt={"tokens": owed} if owed else None,
            ring=ring,
        )
        self.wallet = change.wallet
        self.take_up(change)
        if threshold is not None and SHOP.newest(plan).auto_top_up is not None:
            self.set_auto_top_up(threshold, 1, 0, 1)

    # -- walking -------------------------------------------------------------------------------------------------

    def do(self, verb: str, *args: Any, at: datetime, **named: Any) -> Change | None:
        """Do a verb, in every way there is, and check all laws; `None`: it was refused."""
        before, book = self.wallet, self.wallet._book
        note(f"{verb}{args} at {at} {named}")
        try:
            change: Change = getattr(before, verb)(*args, at=at, **named)
        except EXPECTED as problem:
            note(f"-> {type(problem).__name__}: {problem}")
            assert before is self.wallet
            assert book == before._book, "a refused verb changed the wallet"
            return None
        note(f"-> {change}")
        assert change.before is before
        assert book == before._book, "a verb changed the wallet it was asked of"
        if not change.entries:
            assert change.wallet is before
            return change
        assert len(change.entries) <= (STREAMED_MAX if book.streams or change.wallet._book.streams else ENTRIES_MAX)
        self.comes_to_the_same_in_steps(verb, args, at, named, change)
        check_counted(change)
        check_banks(change)
        self.wallet = change.wallet
        self.take_up(change)
        if named.get("ref") or named.get("payment"):
            self.repeats_add_nothing(verb, args, named)
        return change

    def take_up(self, change: Change) -> None:
        """Hand entries to the auditor, and keep watch over what the period's allowances may give."""
        for entry in change.entries:
            if isinstance(entry, e.PeriodOpened):
                self.best.clear()
                for bucket in entry.granted:
                    if bucket.allowance:
                        name = bucket.unit.name
                        self.best[name] = self.best.get(name, 0) + bucket.granted_steps
            self.entries.append(entry)
            self.auditor.read(entry)
            self.is_a_history(entry)
        assert tuple(notice for entry in change.entries for notice in entry.notices) == change.notices
        asked = (request for entry in change.entries for request in entry.requests)
        assert tuple(request for request in asked if request in change.view.pending()) == change.requests

    def is_a_history(self, entry: e.Entry) -> None:
        """Every prefix of a history is a history, with the balances that the auditor has then."""
        before = self.book
        self.book = _after(before, entry, len(self.entries) - 1)  # as `replay` does, without all that came before
        check_movements(before, entry, self.book)
        assert (self.book.version, self.book.clock) == (len(self.entries), entry.at)
        left = {bucket.id: bucket.left_steps for bucket in self.book.buckets if bucket.left_steps}
        assert left == self.auditor.balances()

    def comes_to_the_same_in_steps(self, verb: str, args: Any, at: datetime, named: Any, change: Change) -> None:
        """Advancing half-way first makes no difference but in the number of entries."""
        before = change.before
        middle = before.clock + (at.astimezone(UTC) - before.clock) / 2
        if middle <= before.clock:
            return
        halfway = before.advance(middle).wallet
        stepped = getattr(halfway, verb)(*args, at=at, **named)
        assert normal(change.wallet) == normal(stepped.wallet)

    def repeats_add_nothing(self, verb: str, args: Any, named: Any) -> None:
        """The same ref with the same arguments adds nothing, even long after; with others it is a conflict."""
        key = named.get("ref") or named.get("payment")
        known = refs_known(self.wallet)
        if key not in known:  # nothing was booked under it, or the ring is that small
            return
        again = getattr(self.wallet, verb)(*args, at=START, **named)
        assert (again.repeated, again.entries, again.wallet) == (True, (), self.wallet)
        assert again.wallet is self.wallet
        assert again.first == known[key]
        mode = "payment" if known[key].namespace == "payment" else "ref"
        try:
            if mode == "ref":
                self.wallet.spend(987_654, at=self.wallet.clock, ref=key)
            else:
                self.wallet.grant(987_654, "tokens", at=self.wallet.clock, ref=key)
        except ConflictError:
            return
        raise AssertionError(f"{mode} {key} was used for something else and nobody minded")

    def moment(self, more: int) -> datetime:
        return self.wallet.clock + timedelta(minutes=more)

    def open_now(self) -> bool:
        return not self.wallet._book.closed

    def meter(self, pick: int | None) -> str | None:
        """A meter of the plan, and now and then one that it may not know."""
        known = self.wallet.at(self.wallet.clock)._plan().terms.meters
        return None if pick is None else "sms" if pick == 11 else known[pick % len(known)]

    # -- using ---------------------------------------------------------------------------------------------------

    @rule(figure=small, pick=meters | st.none(), more=minutes, by=st.sampled_from([None, "member", "no\nrole", ""]))
    def spend(self, figure: int, pick: int | None, more: int, by: str | None) -> None:
        """A plain spend: the short way is the long way."""
        meter = self.meter(pick)
        self.spends_both_ways(amount_of(meter, figure), meter, self.moment(more), by)

    @rule(pick=meters | st.none(), more=minutes, over=st.integers(-2, 1))
    def spend_nearly_all(self, pick: int | None, more: int, over: int) -> None:
        """Up to the last one, and one more."""
        meter = self.meter(pick)
        at = self.moment(more)
        try:
            available = self.wallet.at(at).available(meter)
        except UnknownNameError:
            return
        amount = 50 if available is None else available + over * STEP.get(meter or "", 1)
        if available is None and meter == "USD":
            amount = Decimal(50)
        if amount >= 0:
            self.spends_both_ways(amount, meter, at, None)

    def spends_both_ways(self, amount: Any, meter: str | None, at: datetime, by: str | None) -> None:
        wallet = self.wallet
        short = outcome(lambda: wallet.spend(amount, meter, at=at, by=by))
        long = outcome(lambda: wallet._spend(amount, meter, at, None, partial=False, overdraw=False, ref=None, by=by))
        assert long == short
        if len(short) > 2 and short[0]:
            one, other = short[3].at(short[3].clock), long[3].at(long[3].clock)
            assert other.next_due() == one.next_due()
            assert [other.available(name) for name in other._frame.terms.meters] == [
                one.available(name) for name in one._frame.terms.meters
            ]
            self.quotes_what_it_books(amount, meter, at, short[0])
        change = self.do("spend", amount, meter, at=at, by=by)
        if change is not None:
            self.stays_within_limits(change)

    def quotes_what_it_books(self, amount: Any, meter: str | None, at: datetime, booked: Any) -> None:
        quote = self.wallet.at(at).quote(amount, meter)
        spent = [
            evolve(one, by=None, notices=(), requests=(), lines=(), window=None)
            for one in booked
            if isinstance(one, e.Spent)
        ]
        assert spent == ([] if quote.entry is None else [quote.entry])
        assert (quote.ok, quote.refusal) == (True, None)

    def stays_within_limits(self, change: Change) -> None:
        """Whoever pays, no limit on what this spend used is exceeded by it."""
        spent = [entry for entry in change.entries if isinstance(entry, e.Spent)]
        if not spent or change.entries[-1] is not spent[-1]:
            return
        view = change.wallet.at(change.wallet.clock)
        todo = list(spent[-1].uses)
        while todo:
            use = todo.pop()
            limit = view.limit(use.unit.name)
            assert limit is None or view.usage(use.unit.name) + view.held(use.unit.name) <= limit
            todo += [use.priced.paid] if use.priced else []
        for one in spent[-1].counted:
            terms = view._plan().terms.limits[one.limit]
            cap = view._plan().cap(change.wallet._book, terms, one.label)
            assert cap is None or one.after_steps <= cap

    @rule(
        figures=st.lists(st.tuples(st.integers(0, 5), st.sampled_from([None, "tokens", "sms"]), minutes), max_size=12)
    )
    def spend_in_a_row(self, figures: list[tuple[int, str | None, int]]) -> None:
        """Several spends before anybody looks: the short way all along is the long way all along."""
        short = long = self.wallet
        changes, entries = [], []
        for figure, meter, more in figures:
            at = short.clock + timedelta(minutes=min(more, 60))
            other = tried(
                partial(long._spend, figure, meter, at, None, partial=False, overdraw=False, ref=None, by=None)
            )
            one = tried(partial(short.spend, figure, meter, at=at))
            if isinstance(one, tuple) or isinstance(other, tuple):
                assert other == one
                continue
            short, long = one.wallet, other.wallet
            changes.append(one)
            entries += other.entries
        note(f"spend in a row: {figures}")
        assert long == short
        assert entries == [entry for change in changes for entry in change.entries]
        for change in changes:
            self.wallet = change.wallet
            self.take_up(change)

    @rule(figure=small, pick=meters, more=minutes, part=st.booleans(), member=members, ref=refs)
    def spend_otherwise(
        self, figure: int, pick: int, more: int, part: bool, member: str | None, ref: str | None
    ) -> None:
        """What is there, or what has happened already."""
        meter, labels = self.meter(pick), {"member": member} if member else None
        amount, at = amount_of(meter, figure), self.moment(more)
        try:
            available = self.wallet.at(at).available(meter, labels=labels)
        except UnknownNameError:
            available = None
        first = self.free(ref)
        change = self.do("spend", amount, meter, at=at, labels=labels, partial=part, overdraw=not part, ref=first)
        if change is None or change.repeated or not change.entries:
            return
        spent = [entry for entry in change.entries if isinstance(entry, e.Spent)]
        took = sum(use.steps for entry in spent for use in entry.uses)
        unit = change.wallet.at(change.wallet.clock)._unit(meter)
        wanted = amount if not part or available is None else min(amount, available)
        if self.wallet.at(at)._plan().terms.prices.get(meter) is None or spent:
            assert unit.steps(wanted) == took
        if part:
            self.stays_within_limits(change)

    @rule(
        figure=small,
        pick=meters | st.none(),
        more=minutes,
        back=st.sampled_from([0, 1, 61, 20_000, None, None, None]),
        part=st.booleans(),
        over=st.booleans(),
        ref=refs,
    )
    def spend_late(
        self, figure: int, pick: int | None, more: int, back: int | None, part: bool, over: bool, ref: str | None
    ) -> None:
        """Use that occurred before it is reported: booked now, in its own period, or refused."""
        meter, at = self.meter(pick), self.moment(more)
        before = self.wallet.at(at)
        occurred_at = before.period.start - timedelta(minutes=1) if back is None else at - timedelta(minutes=back)
        used = dict(before._book.tallies.used)
        change = self.do(
            "spend",
            amount_of(meter, figure),
            meter,
            at=at,
            partial=part and not over,
            overdraw=over,
            occurred_at=occurred_at,
            ref=self.free(ref),
        )
        if change is None or not isinstance(change.entry, e.Spent):
            return
        assert change.entry.occurred_at == occurred_at
        if change.entry.period is not None:
            assert change.entry.period.contains(occurred_at)
            assert change.entry.period.end == before.period.start
            assert used == dict(change.wallet._book.tallies.used)

    @rule(amounts=st.dictionaries(meters, st.integers(0, 9), min_size=1, max_size=3), more=minutes, ref=refs)
    def spend_several(self, amounts: dict[int, int], more: int, ref: str | None) -> None:
        """Several meters at once, all or nothing."""
        at = self.moment(more)
        names = [(self.meter(pick), figure) for pick, figure in amounts.items()]
        asked = {meter: amount_of(meter, figure) for meter, figure in names if meter is not None}
        try:
            can = self.wallet.at(at).can_spend(asked)
        except UnknownNameError:
            can = False
        change = self.do("spend", asked, at=at, labels={"key": "value"}, ref=self.free(ref))
        assert can == (change is not None)
        if change is not None:
            self.stays_within_limits(change)

    @rule(pick=st.integers(0, 60), place=st.integers(0, 3), figure=small, more=minutes, whole=st.booleans(), ref=refs)
    def refund(self, pick: int, place: int, figure: int, more: int, whole: bool, ref: str | None) -> None:
        """Use of any time before, all that is left of it or a part."""
        spends = [entry for entry in self.entries if isinstance(entry, e.Spent | e.Captured)]
        if not spends:
            return
        spent = spends[-1 - pick % len(spends)]
        use = spent.uses[place % len(spent.uses)] if spent.uses else None
        name = None if use is None else use.unit.name
        amount = None if whole or use is None else {use.unit.name: amount_of(name, figure)}
        before = self.wallet.advance(self.moment(more)).wallet
        change = self.do("refund", spent, amount, at=self.moment(more), ref=self.free(ref))
        if change is not None and not change.repeated:
            assert not any(isinstance(entry, e.Refunded) and entry.notices for entry in change.entries)
            check_uncounted(before, spent, change)

    def free(self, ref: str | None) -> str | None:
        """A ref that says nothing else already; conflicts are tried after every verb."""
        return None if ref in refs_known(self.wallet) else ref

    # -- holding -------------------------------------------------------------------------------------------------

    @rule(
        figure=st.integers(1, 30),
        pick=meters | st.none(),
        other=st.sampled_from([None, None, 0, 1, 2]),
        more=minutes,
        life=st.sampled_from([1, 60, 100, 3_000, 43_200]),
        part=st.booleans(),
        member=members,
    )
    def hold(  # one argument for each thing that can be said
        self, figure: int, pick: int | None, other: int | None, more: int, life: int, part: bool, member: str | None
    ) -> None:
        """What can be held can be spent; and where nothing rounds or owes, the other way about."""
        self.held += 1
        meter, at = self.meter(pick), self.moment(more)
        asked: Any = amount_of(meter, figure)
        labels = {"member": member} if member else None
        if other is not None and meter is not None:
            second = self.meter(other)
            asked, meter, part = {meter: asked, second: amount_of(second, figure)}, None, False
        try:
            can = self.wallet.at(at).can_spend(asked, meter, labels=labels)
        except UnknownNameError:
            can = False
        until: Any = timedelta(minutes=life)
        change = self.do("hold", asked, meter, at=at, ref=f"hold:{self.held}", until=until, labels=labels, partial=part)
        terms = self.wallet.at(self.wallet.clock)._plan().terms
        if change is not None:
            assert can or part
            check_holds_are_within(self.wallet, self.auditor.holds.values(), labels or {})
        if change is None and can and len(self.wallet._book.holds) < 1_000:
            assert terms.prices or terms.at_zero is not None

    @precondition(lambda self: bool(self.wallet._book.holds))
    @rule(
        pick=st.integers(0, 9),
        figure=st.sampled_from([None, 0, 1, 2, 3, 5, 8, 13, 40]),
        more=st.sampled_from([0, 0, 1, 60, 1_440, 44_640]),
        over=st.sampled_from(["refuse", "spend"]),
        ref=refs,
    )
    def capture(self, pick: int, figure: int | None, more: int, over: str, ref: str | None) -> None:
        """What is held can be captured, whatever happened since; a hold ends once."""
        holds = tuple(self.wallet._book.holds.values())
        held = holds[pick % len(holds)]
        amounts: Any = None
        if figure is not None:
            units = [use.unit.name for use in held.uses[:1]] or ["tokens"]
            amounts = {units[0]: amount_of(units[0], figure)}
        there = {use.unit.name: use.amount for use in held.uses}
        fits = amounts is None or all(figure <= there.get(name, 0) for name, figure in amounts.items())
        at = self.moment(more)
        is_open = held.until > at and self.open_now()
        change = self.do("capture", held.id, amounts, at=at, over=over, ref=self.free(ref))
        assert (change is not None) or not is_open or not fits
        if change is not None:
            self.ends_once(held.id, "capture", (held.id, amounts), {"over": over})

    @precondition(lambda self: bool(self.wallet._book.holds))
    @rule(pick=st.integers(0, 9), more=st.sampled_from([0, 0, 1, 60, 1_440, 44_640]), ref=refs)
    def release(self, pick: int, more: int, ref: str | None) -> None:
        """What is held can be given back, whatever happened since."""
        holds = tuple(self.wallet._book.holds.values())
        held = holds[pick % len(holds)]
        at = self.moment(more)
        is_open = held.until > at and self.open_now()
        change = self.do("release", held.id, at=at, ref=self.free(ref))
        assert (change is not None) == is_open
        if change is not None:
            self.ends_once(held.id, "release", (held.id,), {})

    def ends_once(self, name: str, verb: str, args: Any, named: Any) -> None:
        """The same end again is a repeat, other ends are refused."""
        assert name not in self.wallet._book.holds
        again = getattr(self.wallet, verb)(*args, at=START, **named)
        assert (again.repeated, again.entries) == (True, ())
        for other in (
            partial(self.wallet.capture, name, {"tokens": 1_234_567}, at=self.wallet.clock),
            partial(self.wallet.release, name, at=self.wallet.clock, ref="another-end"),
        ):
            try:
                other()
            except (HoldEnded, WalletClosed):
                continue
            raise AssertionError(f"hold {name} ended twice")

    # -- with another wallet -------------------------------------------------------------------------------------

    @rule(
        verb=st.sampled_from(["give", "get", "as member", "as pool"]),
        figure=st.integers(1, 30),
        unit=st.sampled_from(["tokens", "tokens", "tokens", "sms", "USD"]),
        more=minutes,
        there=st.integers(0, 12),
    )
    def shares(self, verb: str, figure: int, unit: str, more: int, there: int) -> None:
        """Both wallets change or neither; a half that is asked for again comes out the same."""
        at, mine, book = self.moment(more), self.wallet, self.wallet._book
        money = Balance("credit", amount_of("USD", there * 100 + 1), "USD", paid=Decimal("1.00"), payment="there")
        other = Wallet.open("credits", catalogue=SHOP, id="other", at=at, balances=[money]).wallet
        other = other.grant(there + 1, "tokens", at=at, expires=at + timedelta(hours=40)).wallet
        run = partial(transfer if verb in {"give", "get"} else spend_from_pool, at=at, ref=self.payment())
        first = verb in {"give", "as member"}
        note(f"{verb} {figure} {unit} at {at}")
        try:
            both = run(*((mine, other) if first else (other, mine)), amount_of(unit, figure), unit)
        except EXPECTED as problem:
            note(f"-> {type(problem).__name__}: {problem}")
            assert book == mine._book, "a refused verb changed the wallet"
            return
        one, two = (both.giver, both.taker) if isinstance(both, GiftPair) else (both.member, both.pool)
        change, away = (one, two) if first else (two, one)
        assert book == mine._book, "a verb changed the wallet it was asked of"
        if isinstance(both, GiftPair):
            half = run(*((mine, away.wallet) if first else (away.wallet, mine)), amount_of(unit, figure), unit)
            assert (half.giver if first else half.taker).wallet == change.wallet
        if change.entries:
            self.wallet = change.wallet
            self.take_up(change)

    # -- getting -------------------------------------------------------------------------------------------------

    @rule(
        figure=small,
        unit=st.sampled_from(["tokens", "tokens", "sms", "USD"]),
        kind=kinds,
        more=minutes,
        life=st.sampled_from([None, 1, 30, 60, 1_500, 90_000]),
        priority=st.integers(0, 3),
        with_ref=st.booleans(),
        later=LATER,
        scope=scopes,
    )
    def grant(
        self,
        figure: int,
        unit: str,
        kind: str,
        more: int,
        life: int | None,
        priority: int,
        with_ref: bool,
        later: int | None,
        scope: Any,
    ) -> None:
        at = self.moment(more)
        starts = self.start(at, later)
        ends = None if life is None else (starts or at) + timedelta(minutes=life)
        self.do(
            "grant",
            amount_of(unit, figure),
            unit,
            at=at,
            kind=kind,
            starts=starts,
            expires=ends,
            priority=priority,
            scope=scope,
            ref=self.payment() if with_ref else None,
        )

    @rule(pick=st.integers(0, 9), more=minutes, longer=st.sampled_from([None, 0, 1, 90, 50_000]), ref=refs)
    def extend(self, pick: int, more: int, longer: int | None, ref: str | None) -> None:
        """Of a bucket with an end, if there is one."""
        there = self.wallet.at(self.wallet.clock).buckets()
        ending = [bucket for bucket in there if bucket.expires is not None and not bucket.allowance] or list(there)
        bucket = ending[pick % len(ending)] if ending else None
        ends = None if bucket is None else bucket.expires
        until = None if longer is None or ends is None else ends + timedelta(minutes=longer)
        self.do("extend", bucket or "none", until, at=self.moment(more), ref=self.free(ref))

    def start(self, at: datetime, later: int | None) -> datetime | None:
        """A moment to come: so many minutes on, or (-1) the very end of the period."""
        if later == -1:
            return self.wallet.at(at).next_reset()
        return None if later is None else at + timedelta(minutes=later)

    @rule(pick=st.integers(0, 7), figure=st.integers(1, 8), more=minutes, by=roles, later=LATER)
    def top_up(self, pick: int, figure: int, more: int, by: str | None, later: int | None) -> None:
        """Of what the plan sells, mostly."""
        sold = sorted(self.wallet.at(self.wallet.clock)._plan().terms.offers)
        offer = sold[pick % len(sold)] if sold and pick < 7 else "tokens"
        amount = Decimal(figure) if offer == "credits" else figure * 5
        at = self.moment(more)
        self.do("top_up", offer, amount, at=at, payment=self.payment(), starts=self.start(at, later), by=by)

    def payment(self) -> str:
        self.paid += 1
        return f"pay:{self.paid}"

    @rule(answers=st.lists(st.tuples(st.booleans(), minutes, small), min_size=1, max_size=5), ref=refs)
    def report(self, answers: list[tuple[bool, int, int]], ref: str | None) -> None:
        """The host reports payments, or that they failed, and use goes on in between."""
        for paid, more, figure in answers:
            pending, late = self.wallet._book.pending, self.wallet._book.declined
            if late and figure > 35:
                self.do("confirm", late[0], at=self.moment(more), payment=self.payment())
            elif not pending:
                self.do("spend", figure, at=self.moment(min(more, 60)), overdraw=True)
            elif paid:
                self.do("confirm", pending[0], at=self.moment(more), payment=self.payment())
            else:
                hard = figure > 30
                change = self.do("decline", pending[-1].id, at=self.moment(more), hard=hard, ref=self.free(ref))
                if change is not None and isinstance(change.entry, e.Declined):
                    self.rests_after(change.entry)

    def rests_after(self, entry: e.Declined) -> None:
        """After a charge that failed none is asked for as long as the plan says, or until auto top-up is set again."""
        auto = self.wallet.at(entry.at)._plan().terms.auto_top_up
        if entry.request in self.auditor.witness.charges and auto is not None:
            until = entry.retry_at
            assert (until is None) == (entry.off is not None)
            assert until is None or until == entry.at + auto.cool_down

    @rule(
        pick=st.integers(0, 30),
        share=st.sampled_from([None, 0, 1, 2, 3, 4]),
        more=minutes,
        verb=st.sampled_from(["claw_back", "claw_back", "reinstate"]),
        used=st.sampled_from(["debt", "debt", "let_go", "refuse"]),
        with_ref=st.booleans(),
    )
    def claw_back(  # one argument for each thing that can be said
        self, pick: int, share: int | None, more: int, verb: str, used: str, with_ref: bool
    ) -> None:
        """What was bought or given, live or over: so many quarters of it went back, or are still refunded."""
        book = self.wallet._book
        every = [*book.buckets, *(past.bucket for past in book.past.values())]
        mine = [bucket for bucket in every if not bucket.of_plan] or every
        if not mine:
            return
        bucket = mine[pick % len(mine)]
        unit, whole = bucket.unit, bucket.priced_steps
        if bucket.paid is not None and bucket.paid.steps:
            unit, whole = bucket.paid.unit, bucket.paid.steps
        refunded = None if share is None else unit.amount(whole * share // 4)
        named: dict[str, Any] = {"refunded": refunded, "ref": self.payment() if with_ref else None}
        if verb == "claw_back":
            named["used"] = used
        at = self.moment(more)
        if self.do(verb, bucket.payment or bucket.id, at=at, **named) is None:
            return
        again = getattr(self.wallet, verb)(bucket.payment or bucket.id, at=at, **{**named, "ref": None})
        assert again.entries == (), "the same report did something twice"

    # -- time and plan -------------------------------------------------------------------------------------------

    @rule(more=minutes, years=st.sampled_from(YEARS))
    def advance(self, more: int, years: int) -> None:
        at = min(self.moment(more) + timedelta(days=366 * years), datetime(2199, 1, 1, tzinfo=UTC))
        change = self.do("advance", at=at)
        if change is not None:
            due = change.wallet.at(change.wallet.clock).next_due()
            assert due is None or due > at

    @rule(back=st.sampled_from([1, 5, 6, 600]), figure=st.integers(1, 3))
    def turn_back(self, back: int, figure: int) -> None:
        """Clocks go back: a little is booked at the wallet's clock, more is refused."""
        at = self.moment(-back)
        change = self.do("spend", figure, "tokens", at=at, overdraw=True)
        if change is None or not change.entries:
            return
        assert back <= 5
        assert (change.before.clock, at) == (change.entries[0].at, change.entries[0].asked_at)

    @rule(more=minutes, anchor=st.sampled_from(["kept", "restarted"]), ref=refs)
    def reset(self, more: int, anchor: str, ref: str | None) -> None:
        self.do("reset", at=self.moment(more), anchor=anchor, ref=self.free(ref))

    @rule(plan=plans, more=minutes, when=whens, ref=refs)
    def change_plan(self, plan: str, more: int, when: str | None, ref: str | None) -> None:
        self.do("change_plan", plan, at=self.moment(more), when=when, ref=self.free(ref))

    @rule(kind=st.sampled_from([None, "login", "trial"]), more=minutes, ref=refs)
    def claim(self, kind: str | None, more: int, ref: str | None) -> None:
        """Once in each stretch: claimed again at once, nothing is granted."""
        if self.do("claim", kind, at=self.moment(more), ref=self.free(ref)) is not None:
            assert not self.wallet.claim(kind, at=self.wallet.clock).entries

    @precondition(lambda self: any(one.per for one in self.wallet.at(self.wallet.clock)._plan().terms.granting))
    @rule(pick=st.integers(0, 9), count=st.integers(0, 4), more=minutes, when=whens, ref=refs)
    def set_count(self, pick: int, count: int, more: int, when: str | None, ref: str | None) -> None:
        """Of what the plan grants per, mostly."""
        names = {one.per for one in self.wallet.at(self.wallet.clock)._plan().terms.granting} - {None}
        name = "nothing" if pick == 9 else str(names.pop())
        self.do("set_count", name, count, at=self.moment(more), when=when, ref=self.free(ref))

    # -- settings ------------------------------------------------------------------------------------------------

    @precondition(lambda self: bool(self.wallet.at(self.wallet.clock)._plan().terms.limits))
    @rule(
        pick=st.integers(0, 9),
        figure=small | st.none(),
        more=minutes,
        member=members,
        ref=refs,
    )
    def set_limit(self, pick: int, figure: int | None, more: int, member: str | None, ref: str | None) -> None:
        """Of those that the plan has; of one label's value, or over all."""
        limits = self.wallet.at(self.wallet.clock)._plan().terms.limits
        name = sorted(limits)[pick % len(limits)]
        amount = None if figure is None else amount_of(limits[name].unit.name, figure)
        label = member if limits[name].per is not None else None
        self.do("set_limit", name, amount, at=self.moment(more), label=label, ref=self.free(ref))

    @precondition(lambda self: self.wallet.at(self.wallet.clock)._plan().terms.auto_top_up is not None)
    @rule(
        threshold=st.integers(0, 15),
        purchase=st.integers(1, 3),
        more=minutes,
        enabled=st.sampled_from([1, 1, 1, 0]),
        filling=st.booleans(),
        maxima=st.tuples(st.sampled_from([None, None, 0, 1, 4]), st.sampled_from([None, None, 1, 9])),
    )
    def set_auto_top_up(
        self,
        threshold: int,
        purchase: int,
        more: int,
        enabled: int,
        filling: bool = False,
        maxima: tuple[int | None, int | None] = (None, None),
    ) -> None:
        at = self.moment(more)
        auto = self.wallet.at(at)._plan().terms.auto_top_up
        money = auto is not None and auto.offer.name == "credits"
        amount = Decimal(purchase) if money else purchase * 5
        self.do(
            "set_auto_top_up",
            at=at,
            threshold=Decimal(threshold) / 5 if money else threshold,
            purchase=None if filling else amount,
            target=amount * 2 if filling else None,
            purchases_max=maxima[0],
            spend_max=None if maxima[1] is None else Decimal(maxima[1]),
            enabled=bool(enabled),
            by="admin",
        )

    @rule(zone=st.sampled_from(ZONES), more=minutes)
    def set_zone(self, zone: str, more: int) -> None:
        self.do("set_zone", zone, at=self.moment(more))

    @rule(more=minutes, frozen=st.booleans())
    def freeze_or_not(self, more: int, frozen: bool) -> None:
        self.do("freeze" if frozen else "unfreeze", at=self.moment(more))

    @rule(more=minutes, paused=st.booleans())
    def pause_or_not(self, more: int, paused: bool) -> None:
        self.do("pause" if paused else "resume", at=self.moment(more))

    @rule(more=minutes, sure=st.integers(0, 9))
    def close(self, more: int, sure: int) -> None:
        """Rarely: what follows are refusals and repeats."""
        if sure == 9 and self.do("close", at=self.moment(more)) is not None:
            try:
                self.wallet.close(at=self.wallet.clock)
            except WalletClosed:
                return
            raise AssertionError("it was closed twice")

    @rule()
    def rebind(self) -> None:
        """A new price list: periods that open take it up."""
        self.shop = NEXT_SHOP
        bound = self.wallet.bind(NEXT_SHOP)
        assert bound == self.wallet
        self.wallet = bound

    # -- what always holds ---------------------------------------------------------------------------------------

    @invariant()
    def entries_are_the_wallet(self) -> None:
        assert self.book == self.wallet._book
        assert len(self.entries) == self.wallet.version
        self.auditor.agrees_with(self.wallet)

    @invariant()
    def nothing_is_below_zero(self) -> None:
        check_signs(self.wallet)
        check_charges(self.wallet)

    @invariant()
    def debt_and_what_could_pay_it_never_stand_together(self) -> None:
        view = self.wallet.at(self.wallet.clock)
        for unit in self.wallet._book.debts:
            paying = [one for one in view.buckets(unit) if one.started and not one.scope]
            assert sum(one.left_steps for one in paying) == view._unit(unit).steps(
                view.locked(unit, labels={"action": "none"})
            )

    @invariant()
    def what_is_available_can_be_spent_and_no_more(self) -> None:
        view = self.wallet.at(self.wallet.clock)
        terms = view._plan().terms
        for meter in terms.meters:
            self.is_available(view, meter, None)
            if any(limit.per for limit in terms.limits.values()) or any(one.scope for one in view.buckets()):
                self.is_available(view, meter, {"member": "ann"})

    def is_available(self, view: View, meter: str, labels: dict[str, str] | None) -> None:
        """What is available to a label's value, and to nobody in particular."""
        available, step = view.available(meter, labels=labels), STEP.get(meter, 1)
        if available is None:
            assert view.can_spend(10**6 * step, meter, labels=labels)
            return
        stopped = view.closed or view.frozen or view.paused
        assert stopped or view.can_spend(available, meter, labels=labels)
        self.succeeds(available, meter, stopped, labels)
        if view._unit(meter).steps(available) < STEPS_MAX:
            assert not view.can_spend(available + step, meter, labels=labels)
            self.succeeds(available + step, meter, refused=True, labels=labels)

    def succeeds(self, amount: Any, meter: str, refused: bool, labels: dict[str, str] | None = None) -> None:
        try:
            self.wallet.spend(amount, meter, at=self.wallet.clock, labels=labels)
        except Refused:
            assert refused
        else:
            assert not refused

    @invariant()
    def no_walk_of_plans_mints(self) -> None:
        """What a period's allowances gave and still have is at most the best plan that was visited."""
        view = self.wallet.at(self.wallet.clock)
        if view.closed:
            return
        for unit in view._plan().terms.meters:
            first = self.best.get(unit, self.opened_with(unit))
            self.best[unit] = max(first, view._plan().allowance(view.counts, unit))
        for unit, best in self.best.items():
            gave = self.auditor.allowances_gave(unit)
            assert gave <= best, f"{gave} {unit} of allowances in one period"

    def opened_with(self, unit: str) -> int:
        """What was brought from elsewhere in place of the first grant."""
        opened = self.entries[0]
        brought = opened.buckets if isinstance(opened, e.Opened) else ()
        return sum(one.granted_steps for one in brought if one.allowance and one.unit.name == unit)

    def teardown(self) -> None:
        """The whole history once more, as a host would read it."""
        if self.entries and self.wallet._book == self.book:  # else a law is broken, which has been said
            again = replay(self.entries)
            assert again._book == self.book
            assert (again, hash(again)) == (self.wallet, hash(self.wallet))
            verify(self.wallet, self.entries)
            check_pages(self.wallet, self.entries)
