"""Deciding a spend: what is asked, whether the wallet can, and if not, why and what would help."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from tokenpurse._engine.apply import COUNTERS_MAX
from tokenpurse._engine.book import Book
from tokenpurse._engine.context import Context
from tokenpurse._engine.demands import Demand, costing, fits, is_free
from tokenpurse._engine.frame import Frame
from tokenpurse._engine.funding import Purse
from tokenpurse._engine.limits import Counting
from tokenpurse._engine.remedies import remedies_of
from tokenpurse.buckets import Money
from tokenpurse.entries import Spent, Use
from tokenpurse.errors import AmountError, LimitReached, Locked, NotEnough, Refused, Remedy, shown
from tokenpurse.plans.terms import LimitTerms
from tokenpurse.units import STEPS_MAX, Unit

__all__ = ["capacity", "degraded", "demand_of", "funded", "refusal", "spend", "stopped"]

_FULL = f"counts {COUNTERS_MAX:,} label values already"


def demand_of(frame: Frame, amounts: Mapping[Any, object]) -> Demand:
    """Read amounts by meter, in the plan's order; meters that the plan does not name follow by name.

    Raises:
        UnknownNameError: no such meter or action.
        AmountError: not an amount of it.
    """
    demand = []
    for name, amount in amounts.items():
        unit = frame.unit(name)
        demand.append((unit, unit.steps(amount)))
    places = {name: place for place, name in enumerate(frame.terms.meters)}
    return tuple(sorted(demand, key=lambda asked: (places.get(asked[0].name, len(places)), asked[0].name)))


def spend(
    ctx: Context, demand: Demand, *, partial: bool, overdraw: bool, labels: tuple[tuple[str, str], ...]
) -> Spent | None:
    """Decide a spend; `None`: there is nothing to book.

    Raises:
        Locked, LimitReached, NotEnough: in this order; nothing happened.
    """
    purse = Purse(ctx.frame, ctx.book, ctx.at, dict(labels), limited=not overdraw, guided=overdraw)
    uses = funded(ctx, purse, demand, partial=partial, overdraw=overdraw)
    return Spent(**ctx.stamp, uses=uses, labels=labels, counted=purse.facts()) if uses else None


def funded(
    ctx: Context,
    purse: Purse,
    demand: Demand,
    *,
    partial: bool = False,
    overdraw: bool = False,
    refuse: Callable[[Unit, int, int], Refused] | None = None,
) -> tuple[Use, ...]:
    """Pay a demand out of a purse, all of it unless `partial`; `refuse` says why it cannot, where others would.

    Raises:
        Locked, LimitReached, NotEnough: in this order; nothing happened.
    """
    uses = []
    for unit, steps in costing(purse.frame, demand, purse.labels):
        taken = steps
        if not overdraw:
            most = purse.capacity(unit.name)
            if most is not None and most < steps:
                if not partial:
                    raise refuse(unit, steps, most) if refuse else refusal(ctx, purse, demand, unit, steps, most)
                taken = most
        if taken:
            uses.append(purse.fund(unit, taken, overdraw=overdraw))
            if overdraw:
                _check_countable(purse, uses[-1])
    return tuple(uses)


def _check_countable(purse: Purse, use: Use) -> None:
    """Go on only where every total stays one that can be counted: what a period used, owes, and will be billed.

    Raises:
        AmountError: one does not; only overdrawing can come that far.
    """
    for one in purse.facts():
        if one.after_steps > STEPS_MAX:
            raise AmountError(f"{use.unit.text(use.steps)} are more than limit {one.limit} can count", value=use.amount)
    for found in purse.full():
        raise AmountError(f"limit {found.terms.name} {_FULL}, {shown(found.label)} is one more", value=use.amount)
    at: Use | None = use
    while at is not None:
        totals = [purse.used(at.unit.name), at.debt.after_steps if at.debt else 0]
        if at.postpaid is not None:
            quantity = purse.billed_before(at.unit.name, at.postpaid.rate)
            totals += [quantity, purse.used(at.postpaid.rate.unit.name)]
        if max(totals) > STEPS_MAX:
            raise AmountError(f"{use.unit.text(use.steps)} lead to a total that cannot be counted", value=use.amount)
        at = at.priced.paid if at.priced else None


def capacity(frame: Frame, book: Book, unit: Unit, at: datetime, labels: Mapping[str, str]) -> int | None:
    """The largest amount that can be spent of one unit; `None`: nothing bounds it but what can be counted."""
    if book.closed or book.frozen or book.paused_at is not None:
        return 0
    if is_free(frame, unit, labels):
        return None
    most = Purse(frame, book, at, labels).capacity(unit.name)
    return None if most and Purse(frame, book, at, labels, counted=False).capacity(unit.name) is None else most


def degraded(frame: Frame, book: Book, at: datetime, labels: Mapping[str, str]) -> str | None:
    """Name the class in which the host may go on; `None`: it need not, or the plan names none."""
    if book.closed or book.frozen or book.paused_at is not None:
        return None
    purse = Purse(frame, book, at, labels)
    for terms in purse.limits:
        if terms.degrade_to is not None and _is_spent(purse, terms):
            return terms.degrade_to
    zero = frame.terms.at_zero
    if zero is None:
        return None
    return None if Purse(frame, book, at, limited=False).capacity(zero.unit.name) else zero.degrade_to


def _is_spent(purse: Purse, terms: LimitTerms) -> bool:
    """Tell whether a limit lets nothing more through, and nobody else pays for what it is on."""
    found, unit = purse.counting(terms), terms.unit.name
    if found is None or found.room is None or found.room > 0:
        return False
    paid = [name for name in purse.frame.terms.units if name != unit and unit in purse.paid_in(name)]
    costly = [name for name in paid if not _is_given_away(purse, name)]
    return not any(purse.copy().capacity(name) for name in costly or [unit])


def _is_given_away(purse: Purse, name: str) -> bool:
    """Tell whether use of a meter costs nothing beyond its own buckets: no limit keeps it from going on."""
    rate = purse.rate(name) or purse.post(name)
    return rate is not None and rate.is_free


def refusal(ctx: Context, purse: Purse, demand: Demand, unit: Unit, steps: int, most: int) -> Refused:
    """Say why an amount cannot be paid: locked before limit before short, each only where it is the reason."""
    frame, book = ctx.frame, ctx.book
    remedies = remedies_of(purse, ctx, demand)
    unlocked = Frame(frame.catalogue, frame.plan, book.buckets, ignores_locks=True)
    open_to_all = fits(purse.anew(frame=unlocked, limited=False), demand)
    if open_to_all and not fits(purse.anew(limited=False), demand):  # a limit in the way beside it is the later cause
        held = " and ".join(_locked(purse.anew(), purse.anew(frame=unlocked), demand))
        problem = f"{_short(unit, steps, most)}: {held} are locked on plan {frame.plan.name}"
        return Locked(problem, asked=unit.amount(steps), available=unit.amount(most), remedies=remedies)
    return stopped(purse, unit, steps, most, remedies)


def _short(unit: Unit, steps: int, most: int) -> str:
    return f"{unit.text(steps)} asked, {unit.digits(most)} available, {unit.digits(steps - most)} short"


def stopped(
    purse: Purse, unit: Unit, steps: int, most: int, remedies: Callable[[], tuple[Remedy, ...]] = tuple
) -> LimitReached | NotEnough:
    """Say what stops an amount that no lock stops: a limit, or that there is less."""
    asked, available, said = unit.amount(steps), unit.amount(most), _short(unit, steps, most)
    limit = _limit_in_the_way(purse, unit, steps)
    if limit is not None:
        name, label = limit.terms.name, None if limit.terms.per is None else limit.label
        reached = _FULL if limit.is_full else f"of {limit.terms.unit.text(limit.cap or 0)} reached"
        problem = f"{said}: limit {name} {reached}"
        problem += "" if label is None else f" for {limit.terms.per} {shown(label)}"
        return LimitReached(
            problem,
            limit=name,
            label=label,
            asked=asked,
            available=available,
            remedies=remedies,
            degrade_to=limit.terms.degrade_to,
        )
    if purse.countable(unit.name) < steps:
        said += f": a period counts at most {unit.text(STEPS_MAX)}"
    needed, funds = _in_money(purse, unit, steps)
    if needed is not None:
        said += f": {needed} needed, {funds} there"
    if purse.holding and any(purse.frame.overdraft(purse.book, name) for name in _paid_in(purse.frame, unit)):
        said += ": a hold takes no overdraft"
    zero = purse.frame.terms.at_zero
    return NotEnough(
        said,
        asked=asked,
        available=available,
        remedies=remedies,
        needed=needed,
        funds=funds,
        degrade_to=zero.degrade_to if zero is not None and zero.unit.name in _paid_in(purse.frame, unit) else None,
    )


def _locked(purse: Purse, unlocked: Purse, demand: Demand) -> Iterator[str]:
    """Say what is locked, for such use, of the units asked for, and of those that they are paid in."""
    locked: dict[str, dict[int, Unit]] = {}
    for asked, _ in demand:
        for name, unit in _paid_in(purse.frame, asked).items():
            there = unlocked.lane(name, asked.name)
            closed = set(there).difference(purse.lane(name, asked.name))
            locked.setdefault(name, {}).update(dict.fromkeys(closed, unit))
    for positions in locked.values():
        held = sum(purse.book.buckets[position].left_steps for position in positions)
        if held:
            yield next(iter(positions.values())).text(held)


def _paid_in(frame: Frame, unit: Unit) -> dict[str, Unit]:
    """List a unit and those that its use is paid in: prices lead to an end, none comes back to what it prices."""
    found = {unit.name: unit}
    while (rate := frame.terms.prices.get(unit.name)) is not None:
        unit = rate.unit
        found[unit.name] = unit
    return found


def _limit_in_the_way(purse: Purse, unit: Unit, steps: int) -> Counting | None:
    """Find the limit that stops an amount: of those that it would exceed, the one that lets the least through."""
    after = purse.copy(limits=())
    after.fund(unit, steps, overdraw=True)
    exceeded: list[tuple[int, int, Counting]] = []
    for terms in purse.limits:
        found = purse.counting(terms)
        if found is not None and after.exceeds(found):
            most = purse.copy(limits=[terms]).capacity(unit.name)
            exceeded.append((STEPS_MAX if most is None else most, len(exceeded), found))
    return min(exceeded)[2] if exceeded else None


def _in_money(purse: Purse, unit: Unit, steps: int) -> tuple[Money | None, Money | None]:
    """Put a shortage in what it would cost and what is there to pay it, where the rest is priced."""
    rate = purse.rate(unit.name)
    if rate is None:
        return None, None
    rest = steps - purse.left(unit.name)
    needed = purse.cost(unit.name, rate, rest)
    return Money(rate.unit, needed), Money(rate.unit, purse.capacity(rate.unit.name, unit.name) or 0)
