"""Who pays: how an amount of one unit is split over buckets, prices, post-paid use and debt.

Buckets of the unit pay first, in policy order. The whole rest is priced once: what the price's unit covers is paid
there, by the same rules, so that an action priced in tokens can end in credits. Pay-as-you-go takes what remains, as
quantity. What nobody pays is debt: as far as the plan has an overdraft, or if the use has happened already.

Nothing here refuses: `capacity` says how much can be paid, and `fund` pays an amount that fits (or overdraws).
"""

# ruff: noqa: SLF001  # a purse fills the copies that it makes
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Self

from tokenpurse._engine.book import Book
from tokenpurse._engine.frame import Frame
from tokenpurse._engine.limits import Counting, counting_of
from tokenpurse.buckets import Debt, Draw
from tokenpurse.entries import Counted, Priced, Repaid, Use
from tokenpurse.periods import Period
from tokenpurse.plans.terms import LimitTerms
from tokenpurse.pricing import Rate, affordable, postpaid_cost, postpaid_most, prepaid_cost
from tokenpurse.statements import Accrual
from tokenpurse.units import STEPS_MAX, Unit

__all__ = ["Purse", "repay"]


class Purse:
    """What is there while one decision is taken: a book, and what the decision took of it so far.

    It lives as long as one decision; the book under it never changes.

    Attributes:
        at: the moment of the decision: in which stretches of time limits count it.
        labels: what the use is labelled with: which scopes match it, and which limits per label value count it.
        limits: those that bound what can be paid; all of the plan, none if it is not `limited`. All count what is used.
        counted: whether totals have to stay countable, as every spend has to leave them.
        holding: whether amounts are set aside, not used: a price is then held at the most that it can cost, whatever
            else is used before the hold ends.
        prepaid: whether only what is there pays: no pay-as-you-go, and no overdraft.
        on_credit: whether these two let anything through: it is not `prepaid`, and the plan's renewal is not overdue.
        period: the closed period that the decision counts in; `None`: the running one.
    """

    def __init__(
        self,
        frame: Frame,
        book: Book,
        at: datetime,
        labels: Mapping[str, str] | None = None,
        *,
        limited: bool = True,
        counted: bool = True,
        holding: bool = False,
        prepaid: bool = False,
    ) -> None:
        self.frame = frame
        self.book = book
        self.at = at
        self.labels = labels or {}
        self.limits: tuple[LimitTerms, ...] = tuple(frame.terms.limits.values()) if limited else ()
        self.counted = counted
        self.holding = holding
        self.prepaid = prepaid
        self.on_credit = not (prepaid or book.unpaid)
        self.period: Period | None = None
        self._left: dict[int, int] = {}
        self._used: dict[str, int] = {}
        self._priced: dict[tuple[str, Rate], tuple[int, int]] = {}
        self._billed: dict[tuple[str, Rate], int] = {}
        self._debts: dict[str, int] = {}
        self._countings: dict[str, Counting | None] = {}

    def anew(
        self,
        *,
        frame: Frame | None = None,
        book: Book | None = None,
        at: datetime | None = None,
        limited: bool = True,
    ) -> Self:
        """Begin the same decision anew, on another book or at another moment."""
        return self.__class__(
            frame or self.frame,
            book or self.book,
            at or self.at,
            self.labels,
            limited=limited,
            counted=self.counted,
            holding=self.holding,
            prepaid=self.prepaid,
        )

    def copy(self, limits: Iterable[LimitTerms] | None = None) -> Self:
        """Go on from here in another way, bounded by other limits if said so."""
        other = self.anew()
        other.limits = self.limits if limits is None else tuple(limits)
        other._left, other._used, other._debts = dict(self._left), dict(self._used), dict(self._debts)
        other._priced, other._billed = dict(self._priced), dict(self._billed)
        other._countings = self._countings
        return other

    # -- what is there -------------------------------------------------------------------------------------------

    def lane(self, unit: str, action: str | None = None) -> tuple[int, ...]:
        """Positions of the buckets that may pay, in the order in which they do.

        Here, and wherever a unit is drawn, `action` is on whose behalf that is: the unit's own unless given.
        """
        return self.frame.lane(unit, self.labels, unit if action is None else action)

    def left(self, unit: str, action: str | None = None) -> int:
        """What buckets hold of a unit that may pay for such use."""
        return sum(self._left_at(position) for position in self.lane(unit, action))

    def _left_at(self, position: int) -> int:
        taken = self._left.get(position)
        return self.book.buckets[position].left_steps if taken is None else taken

    def counting(self, terms: LimitTerms) -> Counting | None:
        """How a limit stood before this decision; `None`: it does not cap such use."""
        if terms.name not in self._countings:
            self._countings[terms.name] = counting_of(self.frame, self.book, terms, self.at, self.labels)
        return self._countings[terms.name]

    def _on(self, unit: str, limits: Iterable[LimitTerms]) -> list[Counting]:
        """Find how those of some limits stand that cap a unit."""
        found = (self.counting(terms) for terms in limits if terms.unit.name == unit)
        return [one for one in found if one is not None]

    def room(self, unit: str) -> int | None:
        """What the tightest limit lets through; `None`: no limit."""
        rooms = [one.room for one in self._on(unit, self.limits) if one.room is not None]
        return max(0, min(rooms) - self.taken(unit)) if rooms else None

    def taken(self, unit: str) -> int:
        """What this decision used of a unit; of money, what it adds to the cost of pay-as-you-go in it included."""
        return self._used.get(unit, 0) + sum(
            postpaid_cost(rate, self.billed_before(meter, rate))
            - postpaid_cost(rate, self.billed_before(meter, rate) - more)
            for (meter, rate), more in self._billed.items()
            if rate.adds_to(unit, meter)
        )

    def exceeds(self, limit: Counting) -> bool:
        """Tell whether this decision takes more than a limit lets through."""
        name = limit.terms.unit.name
        billed = (key for key in self._billed if key[1].adds_to(name, key[0]))
        if limit.cap == 0 and any(self.billed_before(*key) > key[1].free_to for key in billed):
            return True
        return limit.room is not None and self.taken(name) > max(0, limit.room)

    def before(self, unit: str) -> int:
        """What the period used and holds of a unit before this decision."""
        return self.book.tallies.usage(unit) + self.book.held.get(unit, 0)

    def used(self, unit: str) -> int:
        """What the period used and holds of a unit, this decision included."""
        return self.before(unit) + self.taken(unit)

    def full(self) -> Iterator[Counting]:
        """List the limits that have no room left for the label value that this decision is counted for."""
        for terms in self.frame.terms.limits.values():
            if self.taken(terms.unit.name) and (found := self.counting(terms)) is not None and found.is_full:
                yield found

    def facts(self) -> tuple[Counted, ...]:
        """Say what limits with a count of their own count of this decision, in the plan's order."""
        found = (self.counting(terms) for terms in self.frame.terms.limits.values() if not terms.is_plain)
        taken = ((one, self._counted(one.terms.unit.name)) for one in found if one is not None)
        return tuple(one.fact(steps) for one, steps in taken if steps)

    def _counted(self, unit: str) -> int:
        """What is counted of this decision: what is held is on no line yet."""
        total = self._used.get(unit, 0)
        for (meter, rate), more in self._billed.items():
            if rate.adds_to(unit, meter):
                before = self.book.tallies.billed(meter, rate)
                total += postpaid_cost(rate, before + more) - postpaid_cost(rate, before)
        return total

    def rate(self, unit: str) -> Rate | None:
        """Find the price that what buckets leave over is paid at, with the labels that it has."""
        price = self.frame.terms.prices.get(unit)
        return None if price is None else price.rate_for(self.labels)

    def post(self, unit: str) -> Rate | None:
        """Find the price that it is billed at, where it may be."""
        price = self.frame.terms.postpaid.get(unit) if self.on_credit else None
        return None if price is None else price.rate_for(self.labels)

    def cost(self, unit: str, rate: Rate, quantity: int) -> int:
        """What a quantity costs, after what was paid at the price in this period already."""
        before, paid = self.priced_before(unit, rate)
        return prepaid_cost(rate, before, quantity, paid)

    def priced_before(self, unit: str, rate: Rate) -> tuple[int, int]:
        """Say what was paid at a price already, quantity and cost: where the next quantity starts."""
        if self.holding:
            return 0, 0
        quantity, paid = self.book.tallies.priced.get((unit, rate), (0, 0))
        more, more_paid = self._priced.get((unit, rate), (0, 0))
        return quantity + more, paid + more_paid

    def billed_before(self, meter: str, rate: Rate) -> int:
        """What stands on a post-paid line already, this decision included."""
        before = self.book.tallies.billed(meter, rate)
        for hold in self.book.holds.values():
            held = (use.postpaid for use in hold.uses if use.postpaid is not None and use.unit.name == meter)
            before += sum(line.quantity for line in held if line.rate == rate)
        return before + self._billed.get((meter, rate), 0)

    def countable(self, unit: str) -> int:
        """How much more use of a unit this period, and every limit of it, can count."""
        counts = [self.before(unit)]
        counts += [one.steps + one.held for one in self._on(unit, self.frame.terms.limits.values())]
        return max(0, STEPS_MAX - max(counts) - self.taken(unit))

    def capacity(self, unit: str, action: str | None = None) -> int | None:
        """The largest amount of a unit that can be paid; `None`: nothing bounds it, of a purse that does not count."""
        action = unit if action is None else action
        most: int | None = self.left(unit, action)
        if (rate := self.rate(unit)) is not None:
            most = _sum(most, self._affordable(unit, rate, action))
        if (post := self.post(unit)) is not None:
            # What a price takes first counts against a limit on money too.
            ahead = bool(most) and rate is not None and self.room(post.unit.name) is not None
            after = self._after(unit, most or 0, action) if ahead else self
            most = _sum(most, after._billable(unit, post))
        elif (
            self.on_credit
            and not self.holding
            and (overdraft := self.frame.overdraft(self.book, unit))
            and most is not None
        ):
            most += max(0, overdraft - self._owed(unit))
        bounds = [bound for bound in (most, self.room(unit)) if bound is not None]
        if self.counted:
            bounds.append(self.countable(unit))
        return min(bounds, default=None)

    def _affordable(self, unit: str, rate: Rate, action: str) -> int | None:
        budget = self.capacity(rate.unit.name, action)
        before, paid = self.priced_before(unit, rate)
        return None if budget is None else affordable(rate, before, budget, paid)

    def _billable(self, unit: str, rate: Rate) -> int | None:
        """How much more a post-paid line can take: limits on its money, its quantity and its cost bound it."""
        before = self.billed_before(unit, rate)
        adds = rate.unit.name != unit  # money that is billed as itself is bounded as it is used
        if adds and rate.free_to < STEPS_MAX and any(one.cap == 0 for one in self._on(rate.unit.name, self.limits)):
            # no budget is a stop, also for what costs too little to be billed
            return rate.most_charged(max(0, rate.free_to - before))
        rooms = [self.room(rate.unit.name), self.countable(rate.unit.name) if self.counted else None] if adds else []
        cost = postpaid_cost(rate, before)
        bounds = [postpaid_most(rate, cost + room) for room in rooms if room is not None]
        bounds += [STEPS_MAX] if self.counted else []
        most = min((bound for bound in bounds if bound is not None), default=None)
        return None if most is None else rate.most_charged(max(0, most - before))

    def _after(self, unit: str, steps: int, action: str) -> Self:
        """Look ahead: as if an amount had been paid."""
        after = self.copy()
        after.fund(self.frame.unit(unit), steps, action=action)
        return after

    def _owed(self, unit: str) -> int:
        return self._debts.get(unit, self.book.debts.get(unit, 0))

    # -- paying --------------------------------------------------------------------------------------------------

    def fund(self, unit: Unit, steps: int, *, overdraw: bool = False, action: str | None = None) -> Use:
        """Pay an amount that `capacity` covers, or, with `overdraw`, any amount."""
        name = unit.name
        action = name if action is None else action
        self._used[name] = self._used.get(name, 0) + steps
        draws = self._draw(name, min(steps, self.left(name, action)), action)
        rest = steps - sum(draw.steps for draw in draws)
        priced, postpaid, debt = None, None, None
        rate, post = self.rate(name), self.post(name)
        if rest and rate is not None:
            most = self._affordable(name, rate, action)
            quantity = rest if most is None or (overdraw and post is None) else min(rest, most)
            priced = self._price(name, rate, quantity, action, overdraw=overdraw) if quantity else None
            rest -= quantity
        if rest and post is not None:
            postpaid, rest = self.line(unit, post, rest), 0
            self._billed[name, post] = self._billed.get((name, post), 0) + postpaid.quantity
        if rest:
            at_once = self.settle(name, rest)
            draws, rest = (*draws, *at_once), rest - sum(draw.steps for draw in at_once)
        if rest:
            self._debts[name] = self._owed(name) + rest
            debt = Debt(unit, rest, self._debts[name])
        return Use(unit=unit, steps=steps, draws=draws, priced=priced, postpaid=postpaid, debt=debt)

    def _price(self, unit: str, rate: Rate, quantity: int, action: str, *, overdraw: bool) -> Priced:
        cost = self.pay_price(unit, rate, quantity)
        return Priced(quantity, rate, self.fund(rate.unit, cost, overdraw=overdraw, action=action))

    def note(self, unit: str, steps: int, postpaid: Accrual | None) -> None:
        """Count a use that was covered before, by a hold."""
        self._used[unit] = self._used.get(unit, 0) + steps
        if postpaid is not None:
            key = (unit, postpaid.rate)
            self._billed[key] = self._billed.get(key, 0) + postpaid.quantity

    def pay_price(self, unit: str, rate: Rate, quantity: int) -> int:
        """Say what a quantity costs, and go on from there."""
        cost = self.cost(unit, rate, quantity)
        more, paid = self._priced.get((unit, rate), (0, 0))
        self._priced[unit, rate] = (more + quantity, paid + cost)
        return cost

    def line(self, unit: Unit, rate: Rate, steps: int) -> Accrual:
        """Say what goes on the statement."""
        return Accrual.of_use(unit, rate, steps)

    def settle(self, unit: str, steps: int) -> tuple[Draw, ...]:  # noqa: ARG002  # of a debt there is nothing to settle
        """Pay at once what would be owed, from buckets that may not pay for the use itself: there are none."""
        return ()

    def _draw(self, unit: str, steps: int, action: str) -> tuple[Draw, ...]:
        """Split what buckets pay, by the plan's policy."""
        return self._split(self.frame, self.lane(unit, action), steps)

    def _split(self, frame: Frame, positions: Iterable[int], steps: int) -> tuple[Draw, ...]:
        if not steps:
            return ()
        lane = [position for position in positions if self._left_at(position)]
        rows = [(self.book.buckets[position], self._left_at(position)) for position in lane]
        draws = []
        for position, (bucket, left), taken in zip(lane, rows, frame.split(rows, steps), strict=True):
            if taken:
                self._left[position] = left - taken
                draws.append(Draw(bucket.id, bucket.kind, bucket.unit, taken, left - taken, bucket.allowance))
        return tuple(draws)

    def repay(self, unit: Unit) -> Repaid | None:
        """Pay as much of a unit's debt as its buckets hold. Limits do not stand in the way: the use was counted.

        What pays for some use only does not pay debt, of which nobody knows any more what it was for.
        """
        owed = self.book.debts.get(unit.name, 0)
        draws = self._draw(unit.name, min(owed, self.left(unit.name, "")), "")
        paid = sum(draw.steps for draw in draws)
        return Repaid(unit, paid, owed - paid, draws) if paid else None


def _sum(one: int | None, other: int | None) -> int | None:
    """Add two amounts of which `None` is one without bounds."""
    return None if one is None or other is None else one + other


def repay(frame: Frame, book: Book) -> tuple[Repaid, ...]:
    """Pay every debt that a balance could pay, so that the two never stand together."""
    units = {bucket.unit.name: bucket.unit for bucket in book.buckets}
    purse = Purse(frame, book, book.clock, limited=False)
    repaid = (purse.repay(units[name]) for name in sorted(book.debts) if name in units)
    return tuple(one for one in repaid if one is not None)
