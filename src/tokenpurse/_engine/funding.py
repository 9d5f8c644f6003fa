"""Who pays: how an amount of one unit is split over buckets, prices, post-paid use and debt.

Buckets of the unit pay first, in policy order. The whole rest is priced once: what the price's unit covers is paid
there, by the same rules, so that an action priced in tokens can end in credits. Pay-as-you-go takes what remains, as
quantity. What nobody pays is debt: as far as the plan has an overdraft, or if the use has happened already.

Nothing here refuses: `capacity` says how much can be paid, and `fund` pays an amount that fits (or overdraws).
"""

# ruff: noqa: SLF001  # a purse fills the copies that it makes
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

from attrs import evolve

from tokenpurse._engine.book import Book
from tokenpurse._engine.frame import Frame
from tokenpurse._engine.sparing import Cap, spared, split_within
from tokenpurse._engine.taking import Taking
from tokenpurse.buckets import PAY_AS_YOU_GO, Debt, Draw
from tokenpurse.entries import Priced, Repaid, Use
from tokenpurse.pricing import Rate, affordable, postpaid_cost, postpaid_most, prepaid_cost
from tokenpurse.statements import Accrual
from tokenpurse.units import STEPS_MAX, Unit

__all__ = ["Purse", "repay"]


class Purse(Taking):
    """Who pays, in one decision."""

    # -- what is there -------------------------------------------------------------------------------------------

    def lane(self, unit: str, action: str | None = None) -> tuple[int, ...]:
        """Positions of the buckets that may pay, in the order in which they do.

        Here, and wherever a unit is drawn, `action` is on whose behalf that is: the unit's own unless given.
        """
        return self.frame.lane(unit, self.labels, unit if action is None else action)

    def left(self, unit: str, action: str | None = None) -> int:
        """What buckets can pay for such use: what they hold, as far as limits on their kinds let them."""
        parts = [(self.book.buckets[position].kind, self._left_at(position)) for position in self.lane(unit, action)]
        return sum(spared(parts, self._caps(unit)))

    def _left_at(self, position: int) -> int:
        taken = self._left.get(position)
        return self.book.buckets[position].left_steps if taken is None else taken

    def rate(self, unit: str) -> Rate | None:
        """Find the price that what buckets leave over is paid at, with the labels that it has."""
        price = self.frame.terms.prices.get(unit)
        return None if price is None else price.rate_for(self.labels)

    def post(self, unit: str) -> Rate | None:
        """Find the price that it is billed at, where it may be."""
        price = self.frame.terms.postpaid.get(unit) if self.on_credit else None
        return None if price is None else price.rate_for(self.labels)

    def paid_in(self, unit: str) -> set[str]:
        """Name what use of a unit is paid in: itself, what prices lead to, and what those are billed in."""
        chain = self.frame.terms.paid_in(unit)
        return {*chain, *(post.unit.name for name in chain if (post := self.post(name)) is not None)}

    def cost(self, unit: str, rate: Rate, quantity: int) -> int:
        """What a quantity costs, after what was paid at the price in this period already."""
        before, paid = self.priced_before(unit, rate)
        return prepaid_cost(rate.dearest if self.holding else rate, before, quantity, paid)

    def priced_before(self, unit: str, rate: Rate) -> tuple[int, int]:
        """Say what was paid at a price already, quantity and cost: where the next quantity starts."""
        if self.holding:
            return 0, 0
        quantity, paid = self.book.tallies.priced.get((unit, rate), (0, 0))
        more, more_paid = self._priced.get((unit, rate), (0, 0))
        return quantity + more, paid + more_paid

    def capacity(self, unit: str, action: str | None = None) -> int | None:
        """The largest amount of a unit that can be paid; `None`: nothing bounds it, of a purse that does not count."""
        action = unit if action is None else action
        most: int | None = self.left(unit, action)
        if (rate := self.rate(unit)) is not None:
            most = _sum(most, self._affordable(unit, rate, action))
        if (post := self.post(unit)) is not None:
            # What a price takes first counts against a limit on money too; so does what a bucket pays, against some.
            ahead = (rate is not None and self.room(post.unit.name) is not None) or self._sums(unit, post)
            after = self._after(unit, most, action) if ahead and most else self
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

    def _sums(self, unit: str, post: Rate) -> bool:
        """Tell whether a limit on kinds counts what is billed together with what buckets pay."""
        names = {unit, post.unit.name}
        return any(terms.bills and len(terms.kinds) > 1 and terms.unit.name in names for terms in self.limits)

    def _affordable(self, unit: str, rate: Rate, action: str) -> int | None:
        budget = self.capacity(rate.unit.name, action)
        before, paid = self.priced_before(unit, rate)
        return None if budget is None else affordable(rate.dearest if self.holding else rate, before, budget, paid)

    def _billable(self, unit: str, rate: Rate) -> int | None:
        """How much more a post-paid line can take: limits on its money, its quantity and its cost bound it."""
        before = self.billed_before(unit, rate)
        money = rate.unit.name
        bounds: list[int | None] = [STEPS_MAX] if self.counted else []
        adds = unit != money  # money that is billed as itself is bounded as it is used
        on_bills = (terms for terms in self.limits if adds and (terms.bills or not terms.kinds))
        if rate.free_to < STEPS_MAX and any(one.cap == 0 for one in self._on(money, on_bills)):
            bounds.append(rate.free_to)  # no budget is a stop, also for what costs too little to be billed
        rooms = [self.room(money), self.countable(money) if self.counted else None, *self._bill_rooms(money)]
        rooms = rooms if adds else []
        cost = postpaid_cost(rate, before)
        bounds += [postpaid_most(rate, cost + room) for room in rooms if room is not None]
        top = min((bound for bound in bounds if bound is not None), default=None)
        most = None if top is None else rate.most_charged(max(0, top - before))
        own = self._bill_rooms(unit)
        return min(own if most is None else [most, *own], default=None)

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
        past = self._past(unit, steps, action) if overdraw and self.guided else None
        self._used[name] = self._used.get(name, 0) + steps
        draws = self._draw(name, min(steps, self.left(name, action)), action) if past is None else self._as(past)
        for draw in draws:
            self._paid[name, draw.kind] = self._paid.get((name, draw.kind), 0) + draw.steps
        rest = steps - sum(draw.steps for draw in draws)
        priced, postpaid, debt = None, None, None
        rate, post = self.rate(name), self.post(name)
        if rest and rate is not None:
            if past is None:
                most = self._affordable(name, rate, action)
                quantity = rest if most is None or (overdraw and post is None) else min(rest, most)
            else:
                quantity = sum(use.priced.quantity for use in past if use.priced is not None)
            priced = self._price(name, rate, quantity, action, overdraw=overdraw) if quantity else None
            rest -= quantity
        if rest and post is not None:
            postpaid, rest = self.line(unit, post, rest), 0
            self._bill(name, postpaid)
        if rest:
            at_once = self.settle(name, rest)
            draws, rest = (*draws, *at_once), rest - sum(draw.steps for draw in at_once)
        if rest:
            self._debts[name] = self._owed(name) + rest
            debt = Debt(unit, rest, self._debts[name])
        return Use(unit=unit, steps=steps, draws=draws, priced=priced, postpaid=postpaid, debt=debt)

    def _past(self, unit: Unit, steps: int, action: str) -> tuple[Use, Use]:
        """Look ahead at what goes past limits: first as far as those on kinds let it, then the rest as without any."""
        inside = self.copy(limits=[terms for terms in self.frame.terms.limits.values() if terms.kinds])
        most = inside.capacity(unit.name, action)
        first = inside.fund(unit, steps if most is None else min(steps, most), action=action)
        return first, inside.copy(limits=()).fund(unit, steps - first.steps, overdraw=True, action=action)

    def _as(self, past: Iterable[Use]) -> tuple[Draw, ...]:
        """Draw as was looked ahead, from each bucket once."""
        draws: dict[str, Draw] = {}
        for draw in (draw for use in past for draw in use.draws):
            before = draws.get(draw.bucket)
            draws[draw.bucket] = draw if before is None else evolve(draw, steps=draw.steps + before.steps)
        self._left |= {
            position: draws[bucket.id].left_steps
            for position, bucket in enumerate(self.book.buckets)
            if bucket.id in draws
        }
        return tuple(draws.values())

    def _price(self, unit: str, rate: Rate, quantity: int, action: str, *, overdraw: bool) -> Priced:
        cost = self.pay_price(unit, rate, quantity)
        return Priced(quantity, rate, self.fund(rate.unit, cost, overdraw=overdraw, action=action))

    def note(self, unit: str, steps: int, draws: Iterable[Draw], postpaid: Accrual | None) -> None:
        """Count a use that was covered before, by a hold."""
        self._used[unit] = self._used.get(unit, 0) + steps
        for draw in draws:
            self._paid[unit, draw.kind] = self._paid.get((unit, draw.kind), 0) + draw.steps
        if postpaid is not None:
            self._bill(unit, postpaid)

    def pay_price(self, unit: str, rate: Rate, quantity: int) -> int:
        """Say what a quantity costs, and go on from there."""
        cost = self.cost(unit, rate, quantity)
        more, paid = self._priced.get((unit, rate), (0, 0))
        self._priced[unit, rate] = (more + quantity, paid + cost)
        return cost

    def _bill(self, unit: str, line: Accrual) -> None:
        self._billed[unit, line.rate] = self._billed.get((unit, line.rate), 0) + line.quantity
        self._paid[unit, PAY_AS_YOU_GO] = self._paid.get((unit, PAY_AS_YOU_GO), 0) + line.asked

    def line(self, unit: Unit, rate: Rate, steps: int) -> Accrual:
        """Say what goes on the statement."""
        return Accrual.of_use(unit, rate, steps)

    def settle(self, unit: str, steps: int) -> tuple[Draw, ...]:  # noqa: ARG002  # of a debt there is nothing to settle
        """Pay at once what would be owed, from buckets that may not pay for the use itself: there are none."""
        return ()

    def _draw(self, unit: str, steps: int, action: str) -> tuple[Draw, ...]:
        """Split what buckets pay, by the plan's policy."""
        return self._split(self.frame, self.lane(unit, action), steps, self._caps(unit))

    def _split(self, frame: Frame, positions: Iterable[int], steps: int, caps: Sequence[Cap] = ()) -> tuple[Draw, ...]:
        if not steps:
            return ()
        lane = [position for position in positions if self._left_at(position)]
        rows = [(self.book.buckets[position], self._left_at(position)) for position in lane]
        draws = []
        for position, (bucket, left), taken in zip(lane, rows, split_within(frame, rows, steps, caps), strict=True):
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
