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
from tokenpurse.pricing import Rate, affordable, postpaid_most, prepaid_cost
from tokenpurse.statements import Accrual
from tokenpurse.units import STEPS_MAX, Unit

__all__ = ["Demand", "Purse", "costing", "fits", "is_free", "repay"]

Demand: TypeAlias = tuple[tuple[Unit, int], ...]
"""What one spend asks for: amounts of units, in the plan's order."""


class Purse:
    """What is there while one decision is taken: a book, and what the decision took of it so far.

    It lives as long as one decision; the book under it never changes.

    Attributes:
        limited: whether limits bound what can be paid.
        counted: whether totals have to stay countable, as every spend has to leave them.
    """

    def __init__(self, frame: Frame, book: Book, *, limited: bool = True, counted: bool = True) -> None:
        self.frame = frame
        self.book = book
        self.limited = limited
        self.counted = counted
        self._left: dict[int, int] = {}
        self._used: dict[str, int] = {}
        self._priced: dict[tuple[str, Rate], int] = {}
        self._billed: dict[tuple[str, Rate], int] = {}
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

    def billed_before(self, meter: str, rate: Rate) -> int:
        """What stands on a post-paid line already, this decision included."""
        lines = self.book.tallies.accrued
        before = sum(line.quantity for line in lines if line.meter.name == meter and line.rate == rate)
        return before + self._billed.get((meter, rate), 0)

    def countable(self, unit: str) -> int:
        """How much more use of a unit this period can count."""
        return max(0, STEPS_MAX - self.used(unit)) if self.counted else STEPS_MAX

    def capacity(self, unit: str) -> int | None:
        """The largest amount of a unit that can be paid; `None`: nothing bounds it, of a purse that does not count."""
        most: int | None = self.left(unit)
        if (rate := self.frame.terms.prices.get(unit)) is not None:
            most = _sum(most, self._affordable(unit, rate))
        if (post := self.frame.terms.postpaid.get(unit)) is not None:
            most = _sum(most, self._billable(unit, post))
        bounds = [bound for bound in (most, self.room(unit)) if bound is not None]
        if self.counted:
            bounds.append(self.countable(unit))
        return min(bounds, default=None)

    def _affordable(self, unit: str, rate: Rate) -> int | None:
        budget = self.capacity(rate.unit.name)
        return None if budget is None else affordable(rate, self.priced_before(unit, rate), budget)

    def _billable(self, unit: str, rate: Rate) -> int | None:
        """How much more a post-paid line can take, so that its quantity and its cost can be counted."""
        if not self.counted:
            return None
        most = postpaid_most(rate, STEPS_MAX)
        most = STEPS_MAX if most is None else min(most, STEPS_MAX)
        return max(0, most - self.billed_before(unit, rate))

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
            self._billed[name, post] = self._billed.get((name, post), 0) + rest
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


def _sum(one: int | None, other: int | None) -> int | None:
    """Add two amounts of which `None` is one without bounds."""
    return None if one is None or other is None else one + other


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
