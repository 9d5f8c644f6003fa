"""Deciding a spend: what is asked, whether the wallet can, and if not, why and what would help."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tokenpurse._engine.book import Book
from tokenpurse._engine.context import Context
from tokenpurse._engine.frame import Frame
from tokenpurse._engine.funding import Demand, Purse, costing, fits, is_free
from tokenpurse._engine.remedies import remedies_of
from tokenpurse.buckets import Money
from tokenpurse.entries import Spent, Use
from tokenpurse.errors import AmountError, LimitReached, Locked, NotEnough, Refused
from tokenpurse.pricing import postpaid_cost, prepaid_cost
from tokenpurse.units import STEPS_MAX, Unit

__all__ = ["capacity", "demand_of", "refusal", "spend"]


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
    frame, book = ctx.frame, ctx.book
    purse = Purse(frame, book, limited=not overdraw)
    uses = []
    for unit, steps in costing(frame, demand):
        taken = steps
        if not overdraw:
            most = purse.capacity(unit.name)
            if most is not None and most < steps:
                if not partial:
                    raise refusal(ctx, purse, demand, unit, steps, most)
                taken = most
        if taken:
            uses.append(purse.fund(unit, taken, overdraw=overdraw))
            if overdraw:
                _check_countable(purse, uses[-1])
    return Spent(**ctx.stamp, uses=tuple(uses), labels=labels) if uses else None


def _check_countable(purse: Purse, use: Use) -> None:
    """Go on only where every total stays one that can be counted: what a period used, owes, and will be billed.

    Raises:
        AmountError: one does not; only overdrawing can come that far.
    """
    at: Use | None = use
    while at is not None:
        totals = [purse.used(at.unit.name), at.debt.after_steps if at.debt else 0]
        if at.postpaid is not None:
            quantity = purse.billed_before(at.unit.name, at.postpaid.rate)
            totals += [quantity, postpaid_cost(at.postpaid.rate, quantity)]
        if max(totals) > STEPS_MAX:
            raise AmountError(f"{use.unit.text(use.steps)} lead to a total that cannot be counted", value=use.amount)
        at = at.priced.paid if at.priced else None


def capacity(frame: Frame, book: Book, unit: Unit) -> int | None:
    """The largest amount that can be spent of one unit; `None`: nothing bounds it but what can be counted."""
    if book.closed or book.frozen or book.paused_at is not None:
        return 0
    if is_free(frame, unit):
        return None
    most = Purse(frame, book).capacity(unit.name)
    return None if most and Purse(frame, book, counted=False).capacity(unit.name) is None else most


def refusal(ctx: Context, purse: Purse, demand: Demand, unit: Unit, steps: int, most: int) -> Refused:
    """Say why an amount cannot be paid: locked before limit before short, each only where it is the reason."""
    frame, book = ctx.frame, ctx.book
    asked, available = unit.amount(steps), unit.amount(most)
    remedies = remedies_of(ctx, demand)
    said = f"{unit.text(steps)} asked, {unit.digits(most)} available, {unit.digits(steps - most)} short"
    unlocked = Frame(frame.catalogue, frame.plan, book.buckets, ignores_locks=True)
    open_to_all = fits(unlocked, book, demand, limited=False)
    if open_to_all and not fits(frame, book, demand, limited=False):  # a limit in the way beside it is the later cause
        held = " and ".join(_locked(frame, unlocked, book, demand))
        problem = f"{said}: {held} are locked on plan {frame.plan.name}"
        return Locked(problem, asked=asked, available=available, remedies=remedies)
    limit = _limit_in_the_way(frame, purse, unit, steps)
    if limit is not None:
        name, cap = limit
        problem = f"{said}: limit {name} of {cap} reached"
        return LimitReached(problem, limit=name, asked=asked, available=available, remedies=remedies)
    if purse.countable(unit.name) < steps:
        said += f": a period counts at most {unit.text(STEPS_MAX)}"
    needed, funds = _in_money(purse, unit, steps)
    if needed is not None:
        said += f": {needed} needed, {funds} there"
    return NotEnough(said, asked=asked, available=available, remedies=remedies, needed=needed, funds=funds)


def _locked(frame: Frame, unlocked: Frame, book: Book, demand: Demand) -> Iterator[str]:
    """Say what is locked of the units asked for, and of those that they are paid in."""
    seen = set()
    for unit, _ in demand:
        at: Unit | None = unit
        while at is not None and at.name not in seen:
            seen.add(at.name)
            held = unlocked.left(book, at.name) - frame.left(book, at.name)
            if held:
                yield at.text(held)
            rate = frame.terms.prices.get(at.name)
            at = None if rate is None else rate.unit


def _limit_in_the_way(frame: Frame, purse: Purse, unit: Unit, steps: int) -> tuple[str, str] | None:
    """Find the limit that stops an amount: the unit's own, or that of what the amount is paid in."""
    at = unit
    while True:  # a plan's prices lead to an end: none comes back to what it prices
        room = purse.room(at.name)
        if room is not None and room < steps:
            terms = next(one for one in frame.terms.limits.values() if one.unit.name == at.name)
            return terms.name, at.text(frame.limit(purse.book, at.name) or 0)
        rate = frame.terms.prices.get(at.name)
        if rate is None or at.name in frame.terms.postpaid:
            return None
        rest = max(0, steps - purse.left(at.name))
        steps, at = prepaid_cost(rate, purse.priced_before(at.name, rate), rest), rate.unit


def _in_money(purse: Purse, unit: Unit, steps: int) -> tuple[Money | None, Money | None]:
    """Put a shortage in what it would cost and what is there to pay it, where the rest is priced."""
    rate = purse.frame.terms.prices.get(unit.name)
    if rate is None:
        return None, None
    rest = steps - purse.left(unit.name)
    needed = prepaid_cost(rate, purse.priced_before(unit.name, rate), rest)
    return Money(rate.unit, needed), Money(rate.unit, purse.capacity(rate.unit.name) or 0)
