"""What a wallet shows at a moment. All reads live here; a view cannot act, so nothing it shows can be lost or stale."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TypeAlias

from attrs import field, frozen

from tokenpurse._engine import doors
from tokenpurse._engine.act import Asked, check_stopped
from tokenpurse._engine.book import Book
from tokenpurse._engine.clawing import refundable
from tokenpurse._engine.context import Context
from tokenpurse._engine.frame import Frame, frame_of
from tokenpurse._engine.giving import giveable
from tokenpurse._engine.limits import counting_of
from tokenpurse._engine.reminding import ends_soon
from tokenpurse._engine.selling import offer_named
from tokenpurse._engine.settle import State
from tokenpurse._engine.spending import capacity, degraded, demand_of, spend
from tokenpurse.buckets import Bucket, Money
from tokenpurse.entries import AutoTopUpSetting, Hold, PlanKey, Spent
from tokenpurse.errors import Refused
from tokenpurse.notices import Request
from tokenpurse.periods import Period
from tokenpurse.readings import Gauge, Lifetime, LimitUse, Quote
from tokenpurse.scopes import ACTION, pays
from tokenpurse.statements import Accrual
from tokenpurse.units import Amount, Unit

__all__ = ["View"]

_Amounts: TypeAlias = Amount | Mapping[str, Amount]


def _fitting(unit: Unit, labels: Mapping[str, str] | None) -> Callable[[Bucket], bool]:
    """Tell buckets that pay for use of a unit with these labels; `None`: all do."""
    if labels is None:
        return lambda _: True
    said = dict(doors.labels_of(labels))
    action = said.get(ACTION, unit.name)
    return lambda bucket: pays(bucket.scope, said, action)


@frozen(eq=False, repr=False)
class View:
    """A wallet at a moment: everything due by then has happened, for the eyes only.

    Attributes:
        at: the moment, in UTC; the wallet's clock, if that is ahead within the tolerance.
    """

    at: datetime
    _book: Book = field(repr=False)
    _frame: Frame | None = field(repr=False)

    # -- balances ------------------------------------------------------------------------------------------------

    def available(self, meter: str | None = None, *, labels: Mapping[str, str] | None = None) -> Amount | None:
        """The largest amount of a meter or action that `spend` with these labels would accept now.

        `None`: nothing bounds it but what a period can count at all (`docs/bounds.md`). Nothing of what only another
        plan of the catalogue names, once no bucket of it is there.

        Raises:
            UnknownNameError: no such meter.
            ArgumentError: as `spend`, for the labels.
        """
        unit = self._plan().unit_of_any_plan(meter)
        most = capacity(self._plan(), self._book, unit, self.at, dict(doors.labels_of(labels)))
        return None if most is None else unit.amount(most)

    def by_kind(self, unit: str | None = None, *, labels: Mapping[str, str] | None = None) -> dict[str, Amount]:
        """What is left of one unit (the plan's first meter), by kind; empty buckets left out.

        What is locked, or waits for its start, is in it. With `labels`, only what pays for such use of the unit; among
        them `action` is the action on whose behalf it is drawn.

        Raises:
            UnknownNameError, ArgumentError: as `available`.
        """
        counted = self._unit(unit)
        fits = _fitting(counted, labels)
        sums: dict[str, int] = {}
        for bucket in self._book.buckets:
            if bucket.unit == counted and bucket.left_steps and fits(bucket):
                sums[bucket.kind] = sums.get(bucket.kind, 0) + bucket.left_steps
        return {kind: counted.amount(steps) for kind, steps in sums.items()}

    def buckets(self, unit: str | None = None) -> tuple[Bucket, ...]:
        """All live buckets, or those of one unit, in the order they came in. A drained one stays for its period.

        Raises:
            UnknownNameError: no such unit.
        """
        if unit is None:
            return self._book.buckets
        counted = self._unit(unit)
        return tuple(bucket for bucket in self._book.buckets if bucket.unit == counted)

    def balance(self, unit: str | None = None) -> Amount:
        """What is left of one unit (the plan's first meter) in all its buckets, those locked or waiting included."""
        counted = self._unit(unit)
        return counted.amount(sum(bucket.left_steps for bucket in self._book.buckets if bucket.unit == counted))

    def locked(self, unit: str | None = None, *, labels: Mapping[str, str] | None = None) -> Amount:
        """What is left of one unit (the plan's first meter) in buckets that the plan does not let be spent.

        `labels` are as of `by_kind`.
        """
        counted, terms = self._unit(unit), self._plan().terms
        fits = _fitting(counted, labels)
        return counted.amount(
            sum(
                one.left_steps
                for one in self._book.buckets
                if one.unit == counted and one.started and (one.rest == "locked" or terms.locks(one.kind)) and fits(one)
            )
        )

    def waiting(self, unit: str | None = None) -> Amount:
        """What is left of one unit (the plan's first meter) in buckets that have not started yet."""
        counted = self._unit(unit)
        return counted.amount(
            sum(one.left_steps for one in self._book.buckets if one.unit == counted and not one.started)
        )

    def held(self, unit: str | None = None) -> Amount:
        """What open holds have set aside of one unit (the plan's first meter): all of it, whoever covers it."""
        counted = self._unit(unit)
        return counted.amount(self._book.held.get(counted.name, 0))

    def holds(self) -> tuple[Hold, ...]:
        """All open holds, in the order they were made, each with its deadline."""
        return tuple(self._book.holds.values())

    def refundable(self, payment: str) -> Money:
        """What the unused rest of a payment is worth, less what went back of it, rounded down to the paid places.

        That and what went back are never more than the price. What is held is not unused, a bonus is worth nothing, nor
        is anything once the offer's refund window is over; what was given to another wallet is asked of that one.

        Raises:
            UnknownNameError: no such payment is remembered.
        """
        return refundable(self._book, doors.named_id("payment", payment), self.at)

    def debt(self, unit: str | None = None) -> Amount:
        """Use of one unit (the plan's first meter) that happened and that nothing paid yet."""
        counted = self._unit(unit)
        return counted.amount(self._book.debts.get(counted.name, 0))

    def giveable(self, unit: str | None = None, *, kinds: Iterable[str] | None = None) -> Amount:
        """The largest amount of one unit (the plan's first meter) that `transfer` would take, of some kinds or of all.

        Raises:
            UnknownNameError: no such unit.
            ArgumentError: what cannot be a kind.
        """
        counted = self._unit(unit)
        most = giveable(self._plan(), self._book, self.at, counted, doors.kinds_of(kinds))
        return counted.amount(most)

    # -- the period ----------------------------------------------------------------------------------------------

    def gauge(self, meter: str | None = None) -> Gauge:
        """How much of this period's size is used; the size is that of the buckets, or the limit where one applies.

        All buckets count that paid or can pay for the meter in this period, each with its opening. Pay-as-you-go
        counts as used. What a bucket lost other than by use is not part of its size, and use that a price or nobody
        paid is not part of either: `usage` has it all. A meter that is unlimited has no size to show.
        """
        frame = self._plan()
        unit = frame.unit_of_any_plan(meter)
        book, name = self._book, unit.name
        limit = frame.limit(book, name)
        if limit is not None:
            return Gauge(unit.amount(book.tallies.usage(name) + book.held.get(name, 0)), unit.amount(limit), unit)
        lane = {book.buckets[position].id for position in frame.every_lane(name)}
        paying = [one for one in book.buckets if one.unit == unit and (one.id in lane or one.used_steps)]
        gone = book.tallies.retired.get(name, 0)
        if book.holds:  # of buckets that are over, what is held counts as used until it comes back
            gone += sum(one.bucket.held_steps for one in book.past.values() if one.bucket.unit == unit)
        size = gone + sum(bucket.opening_steps for bucket in paying)
        used = gone + sum(bucket.used_steps for bucket in paying)
        used += sum(line.quantity for line in book.tallies.accrued if line.meter.name == name and line.is_own)
        unlimited = any(one.amount is None and str(one.unit) == name for one in frame.plan.allowances)
        return Gauge(unit.amount(used), unit.amount(size), unit, unlimited)

    def usage(self, meter: str | None = None) -> Amount:
        """All use of a meter in this period, whoever paid for it, debt included.

        Of money: what was drawn or is owed in it, and what pay-as-you-go comes to so far.
        """
        unit = self._unit(meter)
        return unit.amount(self._book.tallies.usage(unit.name))

    def accrued(self) -> tuple[Accrual, ...]:
        """The pay-as-you-go lines that run up for the next statement, each with what it costs so far."""
        return self._book.tallies.open_lines

    def limit(self, meter: str | None = None) -> Amount | None:
        """The cap on all of a meter's use in this period, chosen or the plan's own; `None`: none.

        Limits over other stretches of time or per label value are not meant: see `limits`.
        """
        unit = self._unit(meter)
        limit = self._plan().limit(self._book, unit.name)
        return None if limit is None else unit.amount(limit)

    def limits(self, labels: Mapping[str, str] | None = None) -> tuple[LimitUse, ...]:
        """How each limit stands that caps use with these labels, in the plan's order: what it counted, up to what.

        Those per label value are among them where the labels have a value for them: `limits({"member": "ann"})`.

        Raises:
            ArgumentError: as `spend`, for the labels.
        """
        frame, book, said = self._plan(), self._book, dict(doors.labels_of(labels))
        found = (counting_of(frame, book, terms, self.at, said) for terms in frame.terms.limits.values())
        return tuple(
            LimitUse(
                name=one.terms.name,
                label=None if one.terms.per is None else one.label,
                unit=one.terms.unit.name,
                used=one.terms.unit.amount(one.steps + one.held),
                cap=None if one.cap is None else one.terms.unit.amount(one.cap),
                left=None if one.room is None else one.terms.unit.amount(max(0, one.room)),
                shown_in=one.terms.unit,
                resets=self.next_reset() if one.terms.with_period else None if one.is_new else one.end,
            )
            for one in found
            if one is not None
        )

    def lifetime(self, unit: str | None = None) -> Lifetime:
        """Totals of one unit (the plan's first meter) since the wallet was opened."""
        counted, book = self._unit(unit), self._book
        return Lifetime(
            *(counted.amount(tally.get(counted.name, 0)) for tally in (book.added, book.granted, book.spent))
        )

    # -- what stands ---------------------------------------------------------------------------------------------

    def alerts(self) -> tuple[str, ...]:
        """The names of all alerts that are beyond their line now, in the plan's order; those without a notice too."""
        frame, book = self._plan(), self._book
        beyond = {one.name for one in frame.terms.alerts if frame.trigger(book, one).crossed(frame.figure(book, one))}
        beyond |= ends_soon(frame, book, self.at)
        return tuple(alert.name for alert in frame.plan.alerts if alert.name in beyond)

    def degraded(self, labels: Mapping[str, str] | None = None) -> str | None:
        """The class in which the plan lets the host go on with use that has these labels; otherwise `None`.

        It is that of a limit that lets nothing more through, where nobody else pays (see `Limit.degrade_to`), or, once
        nothing is left, that of `AtZero`. A limit on money degrades where no meter that it pays for can be used.

        Raises:
            ArgumentError: as `spend`, for the labels.
        """
        return degraded(self._plan(), self._book, self.at, dict(doors.labels_of(labels)))

    def pending(self) -> tuple[Request, ...]:
        """Requests that the host has not reported back yet, oldest first."""
        return self._book.pending

    def next_reset(self) -> datetime | None:
        """When this period ends and the next one opens, in UTC; `None`: never, or not before it is resumed."""
        return self.period.end

    def next_due(self) -> datetime | None:
        """When time will next change this wallet: a reset, an end, a cool-down or window over; `None`: never."""
        return self._plan().due(self._book)

    @property
    def period(self) -> Period:
        """The running period, half-open; while the wallet is paused it has no end."""
        period = self._book.period
        return period if self._book.paused_at is None else Period(period.number, period.start, None)

    @property
    def plan(self) -> PlanKey:
        """The plan and its revision."""
        return self._book.plan

    @property
    def plan_next(self) -> str | None:
        """The plan that the period's or the term's end will bring: one that is scheduled, or that a trial leads to.

        Raises:
            UnknownNameError: the plan is for once, and the wallet is bound to no catalogue.
        """
        book = self._book
        if book.plan_next or book.plan.name not in book.been or book.period.end is None or book.closed:
            return book.plan_next
        plan = self._plan().plan
        return plan.cancels_to if plan.once else None

    @property
    def counts(self) -> dict[str, int]:
        """Counts that allowances are granted per: what was set, and no fewer than the plan's minimum."""
        least, there = self._least_counts(), self._book.counts
        return {name: max(least.get(name, 0), there.get(name, 0)) for name in {**there, **least}}

    @property
    def counts_next(self) -> dict[str, int]:
        """Counts that the period's end will bring, where a change is scheduled."""
        least = self._least_counts()
        return {name: max(least.get(name, 0), count) for name, count in self._book.counts_next.items()}

    def _least_counts(self) -> dict[str, int]:
        counts = {} if self._frame is None else self._frame.terms.counts
        return {name: one.minimum for name, one in counts.items() if one.minimum}

    @property
    def auto_top_up(self) -> AutoTopUpSetting | None:
        """What the customer chose, who and when, and what turned it `off` since; `None`: nothing is chosen."""
        return self._book.auto_top_up

    @property
    def frozen(self) -> bool:
        """Whether spending is stopped."""
        return self._book.frozen

    @property
    def paused(self) -> bool:
        """Whether the plan's time is stopped."""
        return self._book.paused_at is not None

    @property
    def closed(self) -> bool:
        """Whether the wallet has ended."""
        return self._book.closed

    # -- asking first --------------------------------------------------------------------------------------------

    def can_spend(self, amount: _Amounts, meter: str | None = None, *, labels: Mapping[str, str] | None = None) -> bool:
        """Tell whether `spend` of the same would succeed now: the one cheap question of a gate.

        Raises:
            AmountError, ArgumentError, UnknownNameError: as `spend`.
        """
        return self.quote(amount, meter, labels=labels).ok

    def quote(self, amount: _Amounts, meter: str | None = None, *, labels: Mapping[str, str] | None = None) -> Quote:
        """Work out what `spend` of the same would come to now, without raising a refusal.

        Raises:
            AmountError, ArgumentError, UnknownNameError: as `spend`.
        """
        said = doors.labels_of(labels)
        frame, book = self._plan(), self._book
        demand = demand_of(frame, doors.amounts_of(amount, meter))
        stamp = {"wallet": book.id, "sequence": book.version + 1, "at": self.at}
        ctx = Context(book=book, frame=frame, at=self.at, by=None, stamp=stamp)

        def decide(ctx: Context) -> Spent | None:
            return spend(ctx, demand, partial=False, overdraw=False, labels=said)

        try:
            check_stopped(State(book, frame), Asked(at=self.at, said=("spend",), spends=True), decide)
            return Quote(ok=True, entry=decide(ctx), refusal=None)
        except Refused as refusal:
            return Quote(ok=False, entry=None, refusal=refusal)

    def price_of(self, offer: str, amount: Amount) -> Money:
        """Price a purchase as `top_up` would record it, rounded up to the places that are paid.

        Raises:
            UnknownNameError, NotSold, OutOfBounds, AmountError: as `top_up`, roles aside.
        """
        terms = offer_named(self._plan(), offer)
        return terms.price(terms.steps(amount))

    def amount(self, unit: str, steps: int) -> Amount:
        """Turn steps, as entries and refs keep them, into an amount.

        Raises:
            UnknownNameError: no such unit.
        """
        return self._unit(unit).amount(steps)

    def __repr__(self) -> str:
        book = self._book
        gauge = "" if self._frame is None else f" {self.gauge()}"
        return f"<View of {book.id[:32]!r} at {self.at:%Y-%m-%dT%H:%MZ}: {book.plan.name}{gauge}>"

    def _plan(self) -> Frame:
        return frame_of(self._book, None) if self._frame is None else self._frame

    def _unit(self, name: str | None) -> Unit:
        """Find a unit to read; without a plan, one that the wallet itself knows."""
        if self._frame is not None:
            return self._frame.unit_of_any_plan(name)
        held = {bucket.unit.name: bucket.unit for bucket in self._book.buckets}
        return held[name] if type(name) is str and name in held else self._plan().unit(name)
