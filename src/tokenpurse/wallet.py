"""The wallet: an immutable value, and its verbs. Each takes a moment and gives back a `Change`.

The verbs check types, then hand over to the engine; their docstrings are the manual. Reads live in `view`.
"""

# ruff: noqa: SLF001  # a wallet fills the wallets and changes that it makes
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NoReturn, TypeAlias

from tokenpurse._engine import arriving, changes, doors, selling, settings
from tokenpurse._engine.act import Asked, act, booked_at, moved
from tokenpurse._engine.book import Book
from tokenpurse._engine.context import Context, known
from tokenpurse._engine.frame import first_end, frame_of
from tokenpurse._engine.opening import open_next
from tokenpurse._engine.quick import Base
from tokenpurse._engine.settle import settled
from tokenpurse._engine.spending import demand_of, spend
from tokenpurse.arrivals import Balance
from tokenpurse.change import Change
from tokenpurse.entries import Entry, Spent
from tokenpurse.errors import AmountError, PlanError, PurseError
from tokenpurse.notices import Request
from tokenpurse.periods import instant, zone_named
from tokenpurse.plans.catalogue import Catalogue
from tokenpurse.plans.plan import Plan
from tokenpurse.units import Amount, steps_positive
from tokenpurse.view import View

__all__ = ["Wallet"]

_new = object.__new__

_When: TypeAlias = Literal["now", "period_end"]
_WHENS = ("now", "period_end")


class Wallet:
    """Buckets, debt, settings, clock and version of one customer, as a value.

    Every verb takes `at`, the moment it happens (aware; any zone; not before `clock` by more than the tolerance), and
    first does what is due by then: resets, ends, what else time does. Every verb but `advance` takes `by`, the role
    that asks, which its entry records, and `ref`, the caller's key (`payment` where money is reported): the same ref
    with the same arguments does nothing a second time.

    A verb that raises has changed nothing at all; this very wallet is as it was. Beside what it names, any verb can
    raise `ClockError` (no moment, or too far back), `ArgumentError` (no ref or role), `ConflictError` (the ref was
    used for something else), `WalletClosed`, and `UnknownNameError` where the wallet is bound to no catalogue. In
    which order errors are found is said in `docs/refusals.md`.

    Attributes:
        clock: the moment of the last entry, in UTC.
        version: the number of entries.
    """

    # Plain slots behind read-only properties, and no __getattr__ for kinder errors: a guard of either kind would slow
    # every read inside, and so each spend, by a third.
    __slots__ = ("_base", "_clock", "_taken", "_version")

    def __init__(self, base: Base, taken: tuple[int, ...], clock: datetime, version: int) -> None:
        self._base = base
        self._taken = taken
        self._clock = clock
        self._version = version

    @property
    def clock(self) -> datetime:
        """The moment of the last entry, in UTC."""
        return self._clock

    @property
    def version(self) -> int:
        """The number of entries."""
        return self._version

    # -- opening -------------------------------------------------------------------------------------------------

    @classmethod
    def open(
        cls,
        plan: Plan | str,
        *,
        id: str,  # the word that every host uses for it
        at: datetime,
        catalogue: Catalogue | None = None,
        anchor: datetime | None = None,
        zone: str = "UTC",
        counts: Mapping[str, int] | None = None,
        balances: Iterable[Balance] = (),
        used: Mapping[str, Amount] | None = None,
        debt: Mapping[str, Amount] | None = None,
        payments: Iterable[str] = (),
        tolerance: timedelta = timedelta(minutes=5),
        ring: int = 16,
        by: str | None = None,
    ) -> Change:
        """Open a wallet and grant its first period, in full.

        Args:
            plan: the plan, or the name of one in `catalogue` (its newest revision).
            id: the wallet's id, 1 to 128 characters of A-Z a-z 0-9 . _ : @ / -
            at: when it opens.
            catalogue: all plans it may ever change to; a bare plan is a catalogue of one.
            anchor: where periods are counted from; `at` unless given, and not after it.
            zone: IANA zone in which calendar boundaries are taken.
            counts: how many of what allowances are granted per: `{"packages": 10}`; 0 where not given.
            balances: what is brought from another system; a kind named in them replaces its first grant.
            used: what this period used already, elsewhere, by unit; it comes off the first grant.
            debt: use that nothing paid yet, by unit.
            payments: ids of payments that were granted elsewhere, so that a late webhook adds nothing.
            tolerance: how far `at` may lie before the wallet's clock, inclusive; from 0 to 1 day.
            ring: how many refs of usage are remembered, 0 to 1,000.
            by: the role that opens it.

        Raises:
            PlanError: no plan, or one that the catalogue does not have in this form.
            UnknownNameError: no such plan, zone, unit or count.
            ArgumentError: an id, a kind, a payment, `tolerance` or `ring` that cannot be one.
            AmountError: an amount or count that cannot be one, or totals that are more than can be counted.
            ClockError: `at` is no moment, `anchor` is after it, or a balance is not yet issued or has ended.
        """
        entry, catalogue = arriving.opened(
            plan,
            id=id,
            at=at,
            catalogue=catalogue,
            anchor=anchor,
            zone=zone,
            counts=doors.mapping_of("counts", counts),
            balances=doors.sequence_of("balances", balances),
            used=doors.mapping_of("used", used),
            debt=doors.mapping_of("debt", debt),
            payments=doors.sequence_of("payments", payments),
            tolerance=tolerance,
            ring=ring,
            by=doors.optional_id("by", by),
        )
        state, entry = arriving.committed(entry, catalogue)
        wallet = Wallet._of(Base(state, state.book, catalogue))
        return Change(wallet, wallet, (entry,), own=entry)

    # -- using ---------------------------------------------------------------------------------------------------

    def spend(
        self,
        amount: Amount | Mapping[str, Amount],
        meter: str | None = None,
        *,
        at: datetime,
        labels: Mapping[str, str] | None = None,
        partial: bool = False,
        overdraw: bool = False,
        ref: str | None = None,
        by: str | None = None,
    ) -> Change:
        """Use an amount of a meter or action, or of several at once: all or nothing unless asked otherwise.

        Buckets of the meter pay in the plan's order, then the rest is paid at the plan's price, then post-paid.
        Zero books nothing, and an action that costs nothing never touches the wallet.

        Args:
            amount: `int` of a meter, `Decimal` of money; or a mapping of meters to amounts.
            meter: which one; the plan's first.
            at: when.
            labels: what else to record, at most 16 keys and 2,048 bytes of UTF-8 in all.
            partial: take what is there, if it is less; one meter only. `change.moved` says how much.
            overdraw: the use has happened already: record it past limits and balances, the rest as debt.
            ref: the caller's key, remembered among the newest few (see `open`).
            by: who used it.

        Raises:
            AmountError, ArgumentError, ClockError: a value that cannot be one.
            ConflictError: the ref was used for something else.
            WalletClosed, WalletFrozen: nothing can be spent.
            UnknownNameError: no such meter.
            Locked, LimitReached, NotEnough: the wallet cannot pay; in this order, with what was asked, what is
                available and which remedies would help.
        """
        if (
            ref is None
            and labels is None
            and type(amount) is int
            and type(at) is datetime
            and at.tzinfo is UTC
            and (meter is None or type(meter) is str)
            and partial is False
            and overdraw is False
        ):
            base = self._base
            lane = base.lanes[meter]
            taken, index = self._taken, lane.index
            total: int = taken[index] + amount
            if total <= lane.room and amount > 0 and self._clock <= at < base.due and (by is None or doors.is_id(by)):
                # Both are filled past `__init__`: the two calls would be a fifth of the whole spend.
                after = _new(Wallet)
                after._base = base
                after._taken = (total,) if len(taken) == 1 else (*taken[:index], total, *taken[index + 1 :])
                after._clock = at
                after._version = self._version + 1
                change = _new(Change)
                change._before = self
                change._wallet = after
                change._entries = None
                change._first = None
                change._by = by
                return change
        return self._spend(amount, meter, at, labels, partial=partial, overdraw=overdraw, ref=ref, by=by)

    def _spend(  # the verb's own arguments, once more
        self,
        amount: object,
        meter: object,
        at: datetime,
        labels: Mapping[str, str] | None,
        *,
        partial: bool,
        overdraw: bool,
        ref: object,
        by: object,
    ) -> Change:
        """Spend the long way."""
        doors.yes_or_no("partial", partial)
        doors.yes_or_no("overdraw", overdraw)
        amounts = doors.amounts_of(amount, meter)
        if partial and (overdraw or len(amounts) != 1):
            raise AmountError("partial takes one meter, and not overdraw as well", value=amount)
        said_labels = doors.labels_of(labels)
        said = (
            "spend",
            tuple(sorted(("" if name is None else name, doors.amount_word(asked)) for name, asked in amounts.items())),
            said_labels,
        )
        flags = tuple(word for word, on in (("partial", partial), ("overdraw", overdraw)) if on)

        def decide(ctx: Context) -> Entry | None:
            demand = demand_of(ctx.frame, amounts)
            return spend(ctx, demand, partial=partial, overdraw=overdraw, labels=said_labels)

        return self._act(decide, at=at, said=said + flags, ref=ref, by=by, spends=True)

    def set_count(
        self,
        name: str,
        count: int,
        *,
        at: datetime,
        when: _When | None = None,
        ref: str | None = None,
        by: str | None = None,
    ) -> Change:
        """Set how many of something (`packages`, `seats`) the wallet has; allowances granted per it follow.

        More take effect now and are granted in full; fewer take effect when the period ends, unless `when` says
        otherwise. Setting the present count takes back what was scheduled.

        Args:
            name: of a count that an allowance of the plan is granted per.
            count: the new number, from 0.
            at: when.
            when: `now` or `period_end`.
            ref: the caller's key.
            by: who asks.

        Raises:
            UnknownNameError: no allowance of the plan is granted per it.
            AmountError: not an `int`, or negative.
            OutOfBounds: the allowance would be more than can be counted.
        """
        if when is not None:
            doors.one_of("when", when, _WHENS)
        doors.count_of("count", count)
        doors.name_of("count", name)

        def decide(ctx: Context) -> Entry | None:
            names = {allowance.per for allowance in ctx.frame.terms.allowances if allowance.per is not None}
            known("count", name, dict.fromkeys(names))
            return changes.set_count(ctx, name, count, when)

        return self._act(decide, at=at, said=("set_count", name, count, when), ref=ref, by=by)

    # -- getting -------------------------------------------------------------------------------------------------

    def grant(
        self,
        amount: Amount,
        unit: str | None = None,
        *,
        at: datetime,
        kind: str = "promo",
        expires: datetime | None = None,
        priority: int = 0,
        ref: str | None = None,
        by: str | None = None,
    ) -> Change:
        """Give an amount for nothing: a bucket of its own, which no reset touches. It pays debt first.

        Args:
            amount: more than nothing.
            unit: what is given; a unit of any plan in the catalogue; the plan's first meter.
            at: when.
            kind: of the bucket: `promo`, `credit`, `top_up`, or the host's own word; not `rollover`.
            expires: from when it cannot be used any more, exclusive; `None`: never.
            priority: for `policies.by_priority`, lower first.
            ref: the business fact behind it, in the namespace of payments: remembered 400 days or as long as the
                bucket lives.
            by: who gives.

        Raises:
            AmountError: not an amount, zero, or more than can be counted.
            ClockError: it would have ended already.
            UnknownNameError: no such unit.
        """
        kind = doors.kind_of(kind)
        ends = None if expires is None else instant(expires, "expires")
        doors.count_of("priority", priority)
        doors.amount_like("amount", amount)
        if unit is not None:
            doors.name_of("meter", unit)
        said = ("grant", doors.amount_word(amount), unit, kind, None if ends is None else ends.isoformat(), priority)

        def decide(ctx: Context) -> Entry:
            counted = ctx.frame.unit_of_any_plan(unit)
            return selling.grant(ctx, counted, steps_positive(counted, amount), kind, ends, priority)

        return self._act(decide, at=at, said=said, namespace="payment", ref=ref, by=by)

    def top_up(
        self,
        offer: str,
        amount: Amount,
        *,
        at: datetime,
        payment: str,
        by: str | None = None,
    ) -> Change:
        """Add what was bought and paid. Call it when the payment is reported, not when it is asked for.

        Args:
            offer: the name of an offer of the wallet's plan.
            amount: how much was bought, within the offer's bounds.
            at: when the payment was reported.
            payment: the payment's id, not the webhook's: it is the ref, remembered 400 days or as long as the bucket
                lives, so that a report that comes twice adds nothing.
            by: the role that bought.

        Raises:
            AmountError: not an amount of what is sold, zero, or more than can be counted.
            ConflictError: the payment was reported before for something else.
            UnknownNameError: no plan of the catalogue has such an offer.
            NotSold: not on this plan.
            NotAllowed: not by this role; where it is not self-service, with the roles to contact.
            OutOfBounds: not in this amount.
        """
        doors.named_id("payment", payment)
        doors.amount_like("amount", amount)
        doors.name_of("offer", offer)

        def decide(ctx: Context) -> Entry:
            return selling.top_up(ctx, offer, amount, payment)

        said = ("top_up", offer, doors.amount_word(amount))
        return self._act(decide, at=at, said=said, namespace="payment", ref=payment, by=by)

    def confirm(self, request: Request | str, *, at: datetime, payment: str, by: str | None = None) -> Change:
        """Report that a request was paid: a charge becomes its bucket, a bill is settled.

        Args:
            request: the request, or its id.
            at: when the payment was reported.
            payment: the payment's id; a report that comes twice adds nothing.
            by: who reports.

        Raises:
            UnknownNameError: no such request is pending.
            ConflictError: the payment was reported before for something else.
        """
        request_id = doors.request_id(request)
        doors.named_id("payment", payment)

        def decide(ctx: Context) -> Entry:
            return selling.confirm(ctx, request_id, payment)

        return self._act(decide, at=at, said=("confirm", request_id), namespace="payment", ref=payment, by=by)

    def decline(self, request: Request | str, *, at: datetime, ref: str | None = None, by: str | None = None) -> Change:
        """Report that a request's payment failed.

        A charge is over, and none follows before the plan's cool-down is over or a payment settled; a bill stays owed
        and may be confirmed later.

        Args:
            request: the request, or its id.
            at: when.
            ref: the caller's key.
            by: who reports.

        Raises:
            UnknownNameError: no such request is pending.
        """
        request_id = doors.request_id(request)

        def decide(ctx: Context) -> Entry:
            return selling.decline(ctx, request_id)

        return self._act(decide, at=at, said=("decline", request_id), ref=ref, by=by)

    # -- time and plan -------------------------------------------------------------------------------------------

    def advance(self, at: datetime) -> Change:
        """Do what is due by a moment, and nothing else. With nothing due, the same wallet and no entry.

        Spending needs no call of this: every verb does it first. Call it when `view.next_due()` is past, to bill.

        Raises:
            ClockError: `at` cannot be a moment, or lies before the clock by more than the tolerance.
        """
        moment = instant(at)
        state = self._base.state_after(self._taken, self._version, self._clock)
        now, entries = settled(state, booked_at(state.book, moment))
        if not entries:
            return Change(self, self, ())
        return Change(self, Wallet._of(Base(now, now.book, self._base.catalogue)), tuple(entries))

    def reset(
        self,
        *,
        at: datetime,
        anchor: Literal["kept", "restarted"] = "kept",
        ref: str | None = None,
        by: str | None = None,
    ) -> Change:
        """Close the running period early and open the next, as a person's decision; never for the calendar.

        Args:
            at: when.
            anchor: `kept`: the new period runs to the boundary after the one that is skipped; `restarted`: `at`
                is the new anchor, and the period runs to the first boundary after it: a whole subscription month,
                the rest of a calendar month.
            ref: the caller's key.
            by: who decides.

        Raises:
            ArgumentError: another word for `anchor`.
        """
        doors.one_of("anchor", anchor, ("kept", "restarted"))

        def decide(ctx: Context) -> Entry | None:
            if ctx.at <= ctx.book.period.start:
                return None  # it opened at this very moment
            return open_next(ctx.frame, ctx.book, ctx.stamp, early=ctx.at, restarted=anchor == "restarted")

        return self._act(decide, at=at, said=("reset", anchor), ref=ref, by=by)

    def change_plan(
        self,
        plan: str,
        *,
        at: datetime,
        when: _When | None = None,
        ref: str | None = None,
        by: str | None = None,
    ) -> Change:
        """Change the plan: upgrade, downgrade or cancel, as the plan that is left says.

        The running period keeps its end. Now: what is left becomes the new allowance minus what this period's
        allowances paid so far; bought buckets are untouched, unless the plan's `Switch` forfeits their kind. A
        change that is scheduled replaces an earlier one; a change to the present plan takes it back.

        Args:
            plan: a name in the wallet's catalogue; its newest revision.
            at: when.
            when: `now` or `period_end`, against what the plan says.
            ref: the caller's key.
            by: who asks.

        Raises:
            UnknownNameError: no such plan in the catalogue.
        """
        if when is not None:
            doors.one_of("when", when, _WHENS)
        doors.name_of("plan", plan)

        def decide(ctx: Context) -> Entry | None:
            return changes.change_plan(ctx, ctx.frame.catalogue.newest(plan), when)

        return self._act(decide, at=at, said=("change_plan", plan, when), ref=ref, by=by)

    # -- settings ------------------------------------------------------------------------------------------------

    def set_limit(
        self, name: str, amount: Amount | None, *, at: datetime, ref: str | None = None, by: str | None = None
    ) -> Change:
        """Choose a limit on what a period may use; `None` goes back to the plan's own.

        A limit below what was used already is a limit that is reached. Notices on shares of it follow it at once.

        Args:
            name: of a limit of the plan.
            amount: the cap, inclusive.
            at: when.
            ref: the caller's key.
            by: the role that chooses.

        Raises:
            AmountError: not an amount of what is limited.
            UnknownNameError: the plan has no such limit.
            NotAllowed: not by this role.
            OutOfBounds: outside the plan's bounds for it.
        """
        if amount is not None:
            doors.amount_like("limit", amount)
        doors.name_of("limit", name)

        def decide(ctx: Context) -> Entry | None:
            return settings.set_limit(ctx, name, amount)

        said = ("set_limit", name, doors.amount_word(amount))
        return self._act(decide, at=at, said=said, ref=ref, by=by)

    def set_auto_top_up(
        self,
        *,
        at: datetime,
        threshold: Amount | None = None,
        purchase: Amount | None = None,
        enabled: bool = True,
        ref: str | None = None,
        by: str | None = None,
    ) -> Change:
        """Turn auto top-up on, change it, or turn it off (`enabled=False`). It asks at once if the level is low now.

        Args:
            at: when.
            threshold: buy when what counts falls below this (or to it, as the plan says); at most `purchase`.
            purchase: how much to buy each time, within the offer's bounds.
            enabled: `False` turns it off; a request that is pending stays.
            ref: the caller's key.
            by: the role that chooses, recorded with the moment.

        Raises:
            AmountError: not amounts of what the offer sells.
            UnknownNameError: the plan offers no auto top-up.
            NotAllowed: not by this role.
            OutOfBounds: outside the offer's bounds, or a threshold above the purchase.
        """
        doors.yes_or_no("enabled", enabled)
        for what, amount in (("threshold", threshold), ("purchase", purchase)):
            if enabled or amount is not None:
                doors.amount_like(what, amount)

        def decide(ctx: Context) -> Entry | None:
            return settings.set_auto_top_up(ctx, threshold, purchase, enabled=enabled)

        said = ("set_auto_top_up", enabled, doors.amount_word(threshold), doors.amount_word(purchase))
        return self._act(decide, at=at, said=said, ref=ref, by=by)

    def set_zone(self, zone: str, *, at: datetime, ref: str | None = None, by: str | None = None) -> Change:
        """Change the zone in which boundaries are taken. The running period keeps its end, so nothing is granted twice.

        No entry for the zone that it has already.

        Raises:
            UnknownNameError: no such IANA zone, or one whose meaning depends on the machine.
        """
        doors.name_of("zone", zone)

        def decide(ctx: Context) -> Entry | None:
            zone_named(zone)
            return settings.set_zone(ctx, zone)

        return self._act(decide, at=at, said=("set_zone", zone), ref=ref, by=by)

    def freeze(self, *, at: datetime, ref: str | None = None, by: str | None = None) -> Change:
        """Stop spending, and auto top-up with it. Time goes on: periods reset, buckets end, purchases arrive.

        No entry if it is frozen already.
        """
        return self._act(settings.freeze, at=at, said=("freeze",), ref=ref, by=by)

    def unfreeze(self, *, at: datetime, ref: str | None = None, by: str | None = None) -> Change:
        """Let spending go on, and auto top-up with it. No entry if it is not frozen."""
        return self._act(settings.unfreeze, at=at, said=("unfreeze",), ref=ref, by=by)

    def close(self, *, at: datetime, ref: str | None = None, by: str | None = None) -> Change:
        """End the wallet: the statement is closed, everything is forfeited, kind by kind, in one entry. No way back.

        After it only repeats and reads are answered, and bills that are pending already stay to be seen.

        Raises:
            WalletClosed: it was closed before, with another ref or none.
        """
        return self._act(settings.close, at=at, said=("close",), ref=ref, by=by)

    # -- reading -------------------------------------------------------------------------------------------------

    def at(self, moment: datetime) -> View:
        """Read the wallet at a moment: everything due by then has happened, for the eyes only.

        Raises:
            ClockError: before the clock by more than the tolerance.
            UnknownNameError: bound to no catalogue, and a period or a bucket has ended by then.
        """
        at = instant(moment, "moment")
        base, book = self._base, self._book
        at = booked_at(book, at)
        if base.state is None:
            if (end := first_end(book)) is not None and end <= at:
                frame_of(book, None)  # raises: what time has done since, only the plan knows
            return View(at, book, None)
        now, _ = settled(base.state_after(self._taken, self._version, self._clock), at)
        return View(at, now.book, now.frame)

    @property
    def id(self) -> str:
        """The id it was opened with."""
        return self._base.book.id

    def bind(self, catalogue: Catalogue) -> Wallet:
        """Give the wallet a catalogue, a newer one for example. The binding is not part of its value.

        Raises:
            UnknownNameError: the catalogue lacks the wallet's plan in its revision, or the plan it is to change to.
            PlanError: not a catalogue, or one that defines a unit that the wallet holds in another way.
        """
        if not isinstance(catalogue, Catalogue):
            raise PlanError("wallet", "catalogue", catalogue, "it must be a Catalogue")
        return Wallet._of(Base.of(self._book, catalogue))

    # -- inside --------------------------------------------------------------------------------------------------

    def _moved(self, change: Change) -> dict[str, Amount]:
        """Read what a change moved, in this wallet's units."""
        steps = moved(change.entry) if change.first is None else dict(change.first.steps)
        return {name: self.at(self._clock).amount(name, counted) for name, counted in steps.items()}

    def _spent_since(self, before: Wallet, by: str | None) -> Spent:
        """Say the spend that led here from `before` the short way: of the one meter that more was taken of."""
        base, taken = self._base, self._taken
        index = next(index for index, steps in enumerate(before._taken) if steps != taken[index])
        steps = taken[index] - before._taken[index]
        return base.spent(index, steps, taken[index], sequence=self._version, at=self._clock, by=by)

    @classmethod
    def _of(cls, base: Base) -> Wallet:
        """Make the wallet of a base's own book."""
        return Wallet(base, (0,) * (len(base.meters) or 1), base.book.clock, base.book.version)

    @property
    def _book(self) -> Book:
        return self._base.book_after(self._taken, self._version, self._clock)

    def _act(
        self,
        decide: Callable[[Context], Entry | None],
        *,
        at: datetime,
        said: tuple[Any, ...],
        ref: object,
        by: object,
        namespace: str = "usage",
        spends: bool = False,
    ) -> Change:
        asked = Asked(
            at=instant(at),
            said=said,
            namespace=namespace,
            ref=doors.optional_id("ref", ref),
            by=doors.optional_id("by", by),
            spends=spends,
        )
        state = self._base.state_after(self._taken, self._version, self._clock)
        outcome = act(state, asked, decide)
        if not outcome.entries:
            return Change(self, self, (), first=outcome.first)
        now = outcome.state
        return Change(self, Wallet._of(Base(now, now.book, self._base.catalogue)), outcome.entries, own=outcome.own)

    def __eq__(self, other: object) -> bool:
        if type(other) is not Wallet:
            return NotImplemented
        return self._book == other._book

    def __hash__(self) -> int:
        return hash((self.id, self._version, self._clock))

    def __copy__(self) -> Wallet:
        return self

    def __deepcopy__(self, memo: object) -> Wallet:
        return self

    def __reduce__(self) -> NoReturn:
        raise PurseError(f"wallet {self.id} is not pickled: store its entries and replay them")

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("Wallet is final: hold one instead")

    def __repr__(self) -> str:
        book = self._book
        what = "closed, " if book.closed else "frozen, " if book.frozen else ""
        if self._base.state is not None and not what:
            available = self.at(self._clock).available()
            what = "unbounded, " if available is None else f"{available:,} available, "
        as_of = f"version {self._version}, as of {self._clock:%Y-%m-%dT%H:%MZ}"
        return f"<Wallet {self.id[:32]!r} {book.plan.name}: {what}{as_of}>"
