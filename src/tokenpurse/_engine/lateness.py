"""Late use: what occurred before it is reported, and in which period it is booked.

Booked in its own, closed period it is paid by what that period's allowances forfeited, then by buckets that were there
already, at that period's prices and within its limits; the running period's use, limits and gauge do not move.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Self

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.context import Context
from tokenpurse._engine.frame import Frame
from tokenpurse._engine.funding import Purse
from tokenpurse._engine.limits import Counting
from tokenpurse._engine.spending import demand_of, funded, spend, stopped
from tokenpurse.buckets import Draw, Loss
from tokenpurse.errors import ClockError, PeriodClosed, Refused, Remedy
from tokenpurse.plans.terms import LimitTerms
from tokenpurse.pricing import Rate
from tokenpurse.scopes import pays
from tokenpurse.statements import Accrual
from tokenpurse.units import Unit

__all__ = ["check_taken", "period_of", "purse_in", "spend_late", "stays_taken"]


_STAYS = {"top_up", "raise_limit"}
"""Remedies that open no period and change no plan."""


def spend_late(
    ctx: Context,
    amounts: Mapping[Any, object],
    occurred_at: datetime,
    *,
    partial: bool,
    overdraw: bool,
    labels: tuple[tuple[str, str], ...],
) -> e.Spent | None:
    """Decide a spend of which is said when it occurred; `None`: there is nothing to book.

    Raises:
        ClockError: it occurred after it is reported, or before the wallet's first period.
        UnknownNameError, AmountError: no such meter, or no amount of it.
        PeriodClosed: it occurred in a period that is closed, and the plan books it nowhere.
        Locked, LimitReached, NotEnough: as any spend; in its own period only the last two.
    """
    last = period_of(ctx, occurred_at)
    if last is not None:
        purse = purse_in(ctx, last, occurred_at, dict(labels), limited=not overdraw)
        return _spend_in(ctx, purse, amounts, occurred_at, partial=partial, overdraw=overdraw, labels=labels)
    demand = demand_of(ctx.frame, amounts)
    check_taken(ctx, occurred_at)
    try:
        spent = spend(ctx, demand, partial=partial, overdraw=overdraw, labels=labels)
    except Refused as refused:
        refused.keep(lambda remedy: stays_taken(ctx, remedy))
        raise
    return None if spent is None else evolve(spent, occurred_at=occurred_at)


def stays_taken(ctx: Context, remedy: Remedy) -> bool:
    """Tell whether a remedy leaves the use one of the running period: where it is late by then, it may not be taken."""
    end = ctx.book.period.end
    stays = remedy.until < end if remedy.until is not None and end is not None else remedy.kind in _STAYS
    return stays or all(plan.late_use.books == "current" for plan in ctx.frame.catalogue)


def period_of(ctx: Context, occurred_at: datetime) -> e.LastPeriod | None:
    """Find the closed period that use is booked in; `None`: it is use of the running one, if of any.

    Raises:
        ClockError: it occurred after it is reported, or before the wallet's first period.
    """
    _check_moment(ctx, occurred_at)
    last = ctx.book.last
    closed = occurred_at < ctx.book.period.start
    return last if closed and last is not None and last.period.contains(occurred_at) and ctx.at < last.until else None


def check_taken(ctx: Context, occurred_at: datetime) -> None:
    """Go on only where use that is booked in no closed period is taken by the running one.

    Raises:
        PeriodClosed: it occurred in a period that is closed, and the plan books it nowhere.
    """
    book, rule = ctx.book, ctx.frame.plan.late_use
    if occurred_at < book.period.start and "refuse" in {rule.books, rule.otherwise}:
        raise PeriodClosed(
            f"the use occurred at {occurred_at:%Y-%m-%dT%H:%M:%SZ}, the running period is from"
            f" {book.period.start:%Y-%m-%dT%H:%M:%SZ}, and the one it belongs to takes no use any more",
            occurred_at=occurred_at,
        )


def _check_moment(ctx: Context, occurred_at: datetime) -> None:
    """Go on only where the use can have occurred then.

    Raises:
        ClockError: it cannot.
    """
    asked: datetime = ctx.stamp["asked_at"] or ctx.at
    if occurred_at > asked:
        problem = f"occurred_at is {occurred_at:%Y-%m-%dT%H:%M:%SZ}, it must not be after {asked:%Y-%m-%dT%H:%M:%SZ}"
        raise ClockError(problem, at=occurred_at)
    if occurred_at < ctx.book.since:
        raise ClockError(
            f"occurred_at is {occurred_at:%Y-%m-%dT%H:%M:%SZ}, the wallet's first period is from"
            f" {ctx.book.since:%Y-%m-%dT%H:%M:%SZ}",
            at=occurred_at,
        )


def purse_in(
    ctx: Context,
    last: e.LastPeriod,
    occurred_at: datetime,
    labels: Mapping[str, str],
    *,
    limited: bool = True,
    prepaid: bool = False,
) -> Purse:
    """Open the purse of a closed period, on the plan that it was on."""
    catalogue, book = ctx.frame.catalogue, ctx.book
    plan = catalogue.get(last.plan.name, last.plan.revision)
    purse = _LatePurse(Frame(catalogue, plan, book.buckets), book, ctx.at, labels, limited=limited, prepaid=prepaid)
    # What a closing period carries goes into a bank, which may be new: it holds nothing of a later period.
    there = tuple(bucket.starts <= occurred_at or bucket.kind == "rollover" for bucket in book.buckets)
    purse.enter(ctx.frame, last, {loss.bucket: loss.steps for loss in last.rests}, there)
    return purse


def _spend_in(
    ctx: Context,
    purse: Purse,
    amounts: Mapping[Any, object],
    occurred_at: datetime,
    *,
    partial: bool,
    overdraw: bool,
    labels: tuple[tuple[str, str], ...],
) -> e.Spent | None:
    """Spend in the closed period, on the plan that it was on."""

    def refuse(unit: Unit, steps: int, most: int) -> Refused:
        return stopped(purse, unit, steps, most)  # no remedy: whatever is done now, that period is over

    demand = demand_of(purse.frame, amounts)
    uses = funded(ctx, purse, demand, partial=partial, overdraw=overdraw, refuse=refuse)
    if not uses:
        return None
    return e.Spent(**ctx.stamp, uses=uses, labels=labels, occurred_at=occurred_at, period=purse.period)


class _LatePurse(Purse):
    """What a closed period has: what it forfeited, and buckets that were there when the use occurred.

    Only limits on all of a period's use are the closed period's to keep: those per label value, and over a time of
    their own, count what is booked now, and this is not.
    """

    _now: Frame
    _last: e.LastPeriod
    _rests: dict[str, int]
    _there: tuple[bool, ...]

    def enter(self, now: Frame, last: e.LastPeriod, rests: Mapping[str, int], there: tuple[bool, ...]) -> None:
        """Say which period it is of, what is left there of what it forfeited, and which buckets were there."""
        self._now, self._last, self._rests, self._there = now, last, dict(rests), there
        self.period = last.period

    def copy(self, limits: Iterable[LimitTerms] | None = None) -> Self:
        other = super().copy(limits)
        other.enter(self._now, self._last, self._rests, self._there)
        return other

    def lane(self, unit: str, action: str | None = None) -> tuple[int, ...]:
        return tuple(position for position in super().lane(unit, action) if self._there[position])

    def left(self, unit: str, action: str | None = None) -> int:
        rests = sum(self._rests[loss.bucket] for loss in self._paying(unit, unit if action is None else action))
        return rests + super().left(unit, action)

    def _paying(self, unit: str, action: str) -> Iterator[Loss]:
        """Go through what the closed period forfeited of allowances that pay for such use."""
        scopes = {one.kind: one.scope for one in self.frame.terms.allowances if one.unit.name == unit}
        for loss in self._last.rests:
            if loss.unit.name == unit and pays(scopes.get(loss.kind, ()), self.labels, action):
                yield loss

    def counting(self, terms: LimitTerms) -> Counting | None:
        if not terms.is_plain:
            return None
        cap, steps = dict(self._last.limits).get(terms.name), self.before(terms.unit.name)
        return Counting(terms=terms, label="", start=None, end=None, steps=steps, held=0, cap=cap)

    def before(self, unit: str) -> int:
        lines = (*self._last.accrued, *self._late_lines())
        billed = sum(line.cost.steps for line in lines if line.rate.adds_to(unit, line.meter.name))
        return dict(self._last.used).get(unit, 0) + billed

    def _late_lines(self) -> Iterator[Accrual]:
        return (line for line in self.book.tallies.accrued if line.of == self._last.period and not line.refund)

    def priced_before(self, unit: str, rate: Rate) -> tuple[int, int]:
        there = {(name, price): (quantity, paid) for name, price, quantity, paid in self._last.priced}
        quantity, paid = there.get((unit, rate), (0, 0))
        more, more_paid = self._priced.get((unit, rate), (0, 0))
        return quantity + more, paid + more_paid

    def billed_before(self, meter: str, rate: Rate) -> int:
        more = sum(line.quantity for line in self._late_lines() if line.meter.name == meter and line.rate == rate)
        return self._stated(meter, rate) + more + self._billed.get((meter, rate), 0)

    def _stated(self, meter: str, rate: Rate) -> int:
        """What the closed period's statement has of a line."""
        return sum(line.quantity for line in self._last.accrued if line.meter.name == meter and line.rate == rate)

    def line(self, unit: Unit, rate: Rate, steps: int) -> Accrual:
        return evolve(super().line(unit, rate, steps), of=self._last.period, before=self._stated(unit.name, rate))

    def settle(self, unit: str, steps: int) -> tuple[Draw, ...]:
        """Debt and a balance that could pay it never stand together: what the running period has pays at once."""
        lane = self._now.lane(unit)
        held = sum(self._left_at(position) for position in lane)
        return self._split(self._now, lane, min(steps, held))

    def _draw(self, unit: str, steps: int, action: str) -> tuple[Draw, ...]:
        draws = []
        for loss in self._paying(unit, action):
            taken = min(steps, self._rests[loss.bucket])
            if taken:
                self._rests[loss.bucket] -= taken
                steps -= taken
                draws.append(Draw(loss.bucket, loss.kind, loss.unit, taken, self._rests[loss.bucket], allowance=True))
        return (*draws, *super()._draw(unit, steps, action))
