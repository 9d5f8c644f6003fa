"""Who pays: how an amount of one unit is split over buckets, prices, post-paid use and debt.

Buckets of the unit pay first, in policy order. The whole rest is priced once: what the price's unit covers is paid
there, by the same rules, so that an action priced in tokens can end in credits. Pay-as-you-go takes what remains, as
quantity. What nobody pays is debt, if the caller said that the use has happened already.

Nothing here refuses: `capacity` says how much can be paid, and `fund` pays an amount that fits (or overdraws).
"""

from __future__ import annotations

from typing import TypeAlias

from tokenpurse._engine.book import Book
from tokenpurse._engine.frame import Frame
from tokenpurse.buckets import Debt, Draw
from tokenpurse.entries import Priced, Repaid, Use
from tokenpurse.errors import UnknownNameError
from tokenpurse.pricing import Rate, affordable, prepaid_cost
from tokenpurse.statements import Accrual
from tokenpurse.units import Unit

__all__ = ["Demand", "Purse", "costing", "fits", "is_free", "repay"]

Demand: TypeAlias = tuple[tuple[Unit, int], ...]
"""What one spend asks for: amounts of units, in the plan's order."""


class Purse:
    """What is there while one decision is taken: a book, and what the decision took of it so far.

    It lives as long as one decision; the book under it never changes.
    """

    def __init__(self, frame: Frame, book: Book, *, limited: bool = True) -> None:
        self.frame = frame
        self.book = book
        self.limited = limited
        self._left: dict[int, int] = {}
        self._used: dict[str, int] = {}
        self._priced: dict[tuple[str, Rate], int] = {}
        self._debts: dict[str, int] = {}

    # -- what is there -------------------------------------------------------------------------------------------

    def left(self, unit: str) -> int:
        """What usable buckets of a unit hold."""
        return sum(self._left_at(position) for position in self.frame.lane(unit))

    def _left_at(self, position: int) -> int:
        taken = self._left.get(position)
        return self.book.buckets[position].left_steps if taken is None else taken

    def room(self, unit: str) -> int | None:
        """What a limit lets through; `None`: no limit."""
        limit = self.frame.limit(self.book, unit) if self.limited else None
        return None if limit is None else max(0, limit - self.used(unit))

    def used(self, unit: str) -> int:
        """What this period used of a unit, this decision included."""
        return self.book.tallies.used.get(unit, 0) + self._used.get(unit, 0)

    def priced_before(self, unit: str, rate: Rate) -> int:
        """What was paid at a price in this period already: where the next quantity starts."""
        return self.book.tallies.priced.get((unit, rate), 0) + self._priced.get((unit, rate), 0)

    def postpaid_cost(self, more: Accrual) -> int:
        """What a post-paid line would cost by the period's end, with this much more on it."""
        lines = self.book.tallies.accrued
        before = sum(line.quantity for line in lines if line.meter == more.meter and line.rate == more.rate)
        return max(before + more.quantity, Accrual(more.meter, more.rate, before + more.quantity).cost.steps)

    def capacity(self, unit: str) -> int | None:
        """The largest amount of a unit that can be paid; `None`: nothing bounds it."""
        funds: int | None = self.left(unit)
        if unit in self.frame.terms.postpaid:
            funds = None
        elif (rate := self.frame.terms.prices.get(unit)) is not None:
            more = self._affordable(unit, rate)
            funds = None if more is None or funds is None else funds + more
        room = self.room(unit)
        if room is None:
            return funds
        return room if funds is None else min(funds, room)

    def _affordable(self, unit: str, rate: Rate) -> int | None:
        budget = self.capacity(rate.unit.name)
        return None if budget is None else affordable(rate, self.priced_before(unit, rate), budget)

    # -- paying --------------------------------------------------------------------------------------------------

    def fund(self, unit: Unit, steps: int, *, overdraw: bool = False) -> Use:
        """Pay an amount that `capacity` covers, or, with `overdraw`, any amount."""
        name, terms = unit.name, self.frame.terms
        self._used[name] = self._used.get(name, 0) + steps
        draws = self._draw(name, min(steps, self.left(name)))
        rest = steps - sum(draw.steps for draw in draws)
        priced, postpaid, debt = None, None, None
        rate, post = terms.prices.get(name), terms.postpaid.get(name)
        if rest and rate is not None:
            most = self._affordable(name, rate)
            quantity = rest if most is None or (overdraw and post is None) else min(rest, most)
            priced = self._price(name, rate, quantity, overdraw=overdraw) if quantity else None
            rest -= quantity
        if rest and post is not None:
            postpaid, rest = Accrual(unit, post, rest), 0
        if rest:
            self._debts[name] = self._debts.get(name, self.book.debts.get(name, 0)) + rest
            debt = Debt(unit, rest, self._debts[name])
        return Use(unit=unit, steps=steps, draws=draws, priced=priced, postpaid=postpaid, debt=debt)

    def _price(self, unit: str, rate: Rate, quantity: int, *, overdraw: bool) -> Priced:
        before = self.priced_before(unit, rate)
        self._priced[unit, rate] = self._priced.get((unit, rate), 0) + quantity
        cost = prepaid_cost(rate, before, quantity)
        return Priced(quantity, rate, self.fund(rate.unit, cost, overdraw=overdraw))

    def _draw(self, unit: str, steps: int) -> tuple[Draw, ...]:
        """Split what buckets pay, by the plan's policy."""
        if not steps:
            return ()
        lane = [position for position in self.frame.lane(unit) if self._left_at(position)]
        rows = [(self.book.buckets[position], self._left_at(position)) for position in lane]
        draws = []
        for position, (bucket, left), taken in zip(lane, rows, self.frame.split(rows, steps), strict=True):
            if taken:
                self._left[position] = left - taken
                draws.append(Draw(bucket.id, bucket.kind, bucket.unit, taken, left - taken))
        return tuple(draws)

    def repay(self, unit: Unit) -> Repaid | None:
        """Pay as much of a unit's debt as its buckets hold. Limits do not stand in the way: the use was counted."""
        owed = self.book.debts.get(unit.name, 0)
        draws = self._draw(unit.name, min(owed, self.left(unit.name)))
        paid = sum(draw.steps for draw in draws)
        return Repaid(unit, paid, owed - paid, draws) if paid else None


def is_free(frame: Frame, unit: Unit) -> bool:
    """Tell whether an action costs nothing: it never touches the wallet."""
    rate = frame.terms.prices.get(unit.name)
    return rate is not None and not rate.cost_steps and not frame.lane(unit.name)


def costing(frame: Frame, demand: Demand) -> Demand:
    """Leave out of a demand what never touches the wallet on this plan; on another it may cost, or be unknown."""
    return tuple((unit, steps) for unit, steps in demand if steps and not is_free(frame, unit))


def fits(frame: Frame, book: Book, demand: Demand, *, limited: bool = True) -> bool:
    """Tell whether a whole demand can be paid; what the plan does not know, or knows as another unit, cannot."""
    if not all(_is_known(frame, unit) for unit, _ in demand):
        return False
    purse = Purse(frame, book, limited=limited)
    for unit, steps in costing(frame, demand):
        capacity = purse.capacity(unit.name)
        if capacity is not None and capacity < steps:
            return False
        purse.fund(unit, steps)
    return True


def _is_known(frame: Frame, unit: Unit) -> bool:
    """Tell whether a spend would find this unit under its name."""
    try:
        return frame.unit(unit.name) == unit
    except UnknownNameError:
        return False


def repay(frame: Frame, book: Book) -> tuple[Repaid, ...]:
    """Pay every debt that a balance could pay, so that the two never stand together."""
    units = {bucket.unit.name: bucket.unit for bucket in book.buckets}
    purse = Purse(frame, book)
    repaid = (purse.repay(units[name]) for name in sorted(book.debts) if name in units)
    return tuple(one for one in repaid if one is not None)
