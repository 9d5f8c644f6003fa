"""Deciding what is undone: use that is given back, in reverse order of drawing, and never more than there was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NoReturn

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.apply import UNDONE_KEPT
from tokenpurse._engine.apply.undoing import taken_off
from tokenpurse._engine.believing import altered, check_made, check_mine, uses_of
from tokenpurse._engine.book import Billed
from tokenpurse._engine.context import Context, with_repayment
from tokenpurse._engine.returning import Forgotten, Returning
from tokenpurse._engine.withholding import rest_of, with_rest
from tokenpurse.buckets import PAY_AS_YOU_GO, Debt, Draw, Return
from tokenpurse.errors import AmountError, ArgumentError, NotRefundable, OutOfBounds, Remedy
from tokenpurse.pricing import Rate, operation_cost, postpaid_cost, refund_cost
from tokenpurse.statements import Accrual
from tokenpurse.units import STEPS_MAX, Unit, steps_positive

__all__ = ["refund"]


def refund(ctx: Context, spent: e.Spent | e.Captured, amounts: Mapping[Any, object] | None) -> e.Refunded:
    """Decide to give use back.

    Raises:
        ArgumentError: the entry is not one of this wallet's, or was changed.
        AmountError: not an amount of it, zero, or more than can be counted comes back.
        NotRefundable: it was too long ago, or what it was paid with is not known any more.
        OutOfBounds: more than is left to give back.
    """
    check_mine(ctx, spent)
    if spent.at < ctx.at - UNDONE_KEPT or spent.sequence <= ctx.book.undone_to:
        _too_late(spent, "it was too long ago")
    undoing = _Undoing(ctx, spent)
    try:
        for unit, steps in undoing.asked(amounts):
            undoing.give_back(unit, steps)
    except Forgotten:
        _too_late(spent, "what paid it is not known any more")
    _check_room(ctx, undoing.returning.returned)
    entry = e.Refunded(
        **ctx.stamp,
        spent=spent.sequence,
        spent_at=spent.at,
        running=undoing.running,
        undone=tuple(undoing.undone),
        returned=tuple(undoing.returning.returned),
        withheld=tuple(undoing.withheld()),
        granted=tuple(undoing.returning.granted),
        counted=tuple(undoing.uncounted()),
    )
    check_made(ctx, spent, entry)
    return with_repayment(ctx.frame, ctx.book, entry)


def _check_room(ctx: Context, returned: list[Return]) -> None:
    for unit in {back.unit for back in returned}:
        there = sum(bucket.there_steps for bucket in ctx.book.buckets if bucket.unit == unit)
        more = sum(back.steps for back in returned if back.unit == unit and back.went in {"back", "carried"})
        if there + more > STEPS_MAX:
            problem = f"{unit.text(more)} on top of {unit.text(there)} is more than can be counted"
            raise AmountError(f"{problem}, at most {unit.text(STEPS_MAX)}", value=unit.amount(more))


def _too_late(spent: e.Spent | e.Captured, why: str) -> NoReturn:
    problem = f"entry {spent.id} of {spent.at:%Y-%m-%d} cannot be refunded: {why}"
    raise NotRefundable(problem, remedies=lambda: (Remedy(kind="grant"),))


class _Undoing:
    """What is given back in one decision, use by use."""

    def __init__(self, ctx: Context, spent: e.Spent | e.Captured) -> None:
        self.book = ctx.book
        self.spent = spent
        self.uses = uses_of(spent)
        self.late = isinstance(spent, e.Spent) and spent.period is not None
        self.running = spent.sequence > ctx.book.tallies.since and not self.late
        self.undone: list[e.Undone] = []
        self.returning = Returning(ctx.frame, ctx.book, at=ctx.at)
        known = ctx.book.undone.get(spent.sequence)
        self.before = {} if known is None else known.steps
        self._debts = dict(ctx.book.debts)
        self._repaid = {unit: list(payers) for unit, payers in ctx.book.tallies.repaid.items()}
        self._priced = dict(ctx.book.tallies.priced)
        self._withheld = dict(ctx.book.tallies.withheld)
        self._meters: dict[tuple[str, Rate], Unit] = {}
        self._now: dict[tuple[int, int], int] = {}
        self._paid: dict[tuple[str, str], int] = {}
        self._freed = 0
        self._lines = {(line.meter.name, line.rate): line.quantity for line in self._mine()}
        self._accrued, self._billed = ctx.book.tallies.accrued, ctx.book.billed

    def _mine(self) -> Iterator[Accrual]:
        return (line for line in self.book.tallies.accrued if line.is_own)

    def _left(self, place: int) -> int:
        return self.uses[place].steps - self.before.get((place, 0), 0)

    def asked(self, amounts: Mapping[Any, object] | None) -> list[tuple[Unit, int]]:
        """Read what is to be given back: all that is left of the use unless said."""
        left: dict[Unit, int] = {}
        for place, use in enumerate(self.uses):
            left[use.unit] = left.get(use.unit, 0) + self._left(place)
        if amounts is None:
            wanted = [(unit, steps) for unit, steps in left.items() if steps]
            if not wanted:
                raise OutOfBounds(f"entry {self.spent.id} is refunded already, all of it")
            return wanted
        if not amounts:
            raise AmountError("nothing is to be given back", value=amounts)
        units = {unit.name: unit for unit in left}
        wanted = []
        for name, amount in amounts.items():
            unit = next(iter(units.values())) if name is None and len(units) == 1 else units.get(name or "")
            if unit is None:
                raise ArgumentError("meter", name, f"entry {self.spent.id} used {', '.join(sorted(units))}")
            steps = steps_positive(unit, amount)
            if steps > left[unit]:
                raise OutOfBounds(
                    f"{unit.text(steps)} asked, {unit.digits(left[unit])} of entry {self.spent.id} are left to refund",
                    asked=unit.amount(steps),
                    available=unit.amount(left[unit]),
                )
            wanted.append((unit, steps))
        return wanted

    def _given_by(self, use: e.Use, draw: Draw) -> int:
        """Number the entry that drew: that of the hold, or of the use; 0 for what a closed period had lost."""
        if isinstance(self.spent, e.Captured) and any(use is each for one in self.spent.uses for each in one.each()):
            return self.spent.ended.made.sequence
        there = not self.late or not draw.allowance or any(bucket.id == draw.bucket for bucket in self.book.buckets)
        return self.spent.sequence if there else 0

    def give_back(self, unit: Unit, steps: int) -> None:
        """Give an amount back, the last that was used first."""
        for place in reversed(range(len(self.uses))):
            if self.uses[place].unit == unit and (part := min(steps, self._left(place))):
                steps -= part
                self._undo(self.uses[place], part, (place, 0))

    def _undo(self, use: e.Use, steps: int, place: tuple[int, int]) -> None:
        """Walk a use backwards from where the last time ended: debt, what was post-paid, what was priced, buckets."""
        walk = _Backwards(self.before.get(place, 0), steps)
        name = use.unit.name
        self._now[place] = self._now.get(place, 0) + steps
        debt, billed = self._owe_less(use.unit, walk.take(use.debt.steps if use.debt else 0))
        gone, late = walk.at, walk.take(use.postpaid.asked if use.postpaid else 0)
        postpaid = None
        if late and use.postpaid is not None:
            postpaid = self._billed_less(use.postpaid, use.postpaid.asked - gone, late)
        at, less = len(self.undone), 0
        done, priced = walk.at, walk.take(use.priced.quantity if use.priced else 0)
        if priced and use.priced is not None:
            back = self._money(name, use.priced, done, priced, place)
            less = back
            self._undo(use.priced.paid, back, (place[0], place[1] + 1))
            if self.running and not use.priced.rate.round_to:
                self._withhold(use, use.priced, place)
        for draw in reversed(use.draws):
            if part := walk.take(draw.steps):
                self.returning.spent(draw, part, made=self._given_by(use, draw))
                self._unpay(name, draw.kind, part, place)
        self._unpay(name, PAY_AS_YOU_GO, late, place)
        rate = use.priced.rate if priced and use.priced is not None else None
        self.undone.insert(
            at,
            e.Undone(
                place=place,
                unit=use.unit,
                steps=steps,
                debt=debt,
                postpaid=postpaid,
                billed=billed,
                priced=priced,
                rate=rate,
                cost=less,
            ),
        )

    def _unpay(self, unit: str, kind: str, steps: int, place: tuple[int, int]) -> None:
        """Note who paid what is given back; what was withheld was another's."""
        if place[0] >= 0:
            self._paid[unit, kind] = self._paid.get((unit, kind), 0) + steps

    def _billed_less(self, postpaid: Accrual, there: int, steps: int) -> Accrual:
        """Say what is billed less of an operation of which there is so much still: what it comes to without a part."""
        rate = postpaid.rate
        less = rate.charged(there) - rate.charged(there - steps)
        line = self._off(postpaid.meter, rate, less) if less else Accrual(postpaid.meter, rate, 0)
        return line.asking(steps)

    def _off(self, meter: Unit, rate: Rate, quantity: int) -> Accrual:
        """Say which line has less: that of its period while it is open; else a new one, of what was billed."""
        period = self.spent.period if isinstance(self.spent, e.Spent) else None

        def own(line: Accrual) -> bool:
            return line.of == period

        def at_end(line: Accrual) -> bool:
            return self._left_open(line, early=True)

        for is_mine in (own,) if self.running or self.late else (self._left_open, own, at_end):
            for known in self._closed(meter, debt=False):
                if known.line.rate == rate and is_mine(known.line) and known.line.quantity >= quantity:
                    return self._less(known, quantity)
            for line in self._accrued:
                mine = (line.meter, line.rate, line.debt, line.refund) == (meter, rate, False, False)
                mine = mine and (self.running or line.of is not None)  # no use of before is on the period's own line
                if mine and is_mine(line) and line.quantity >= quantity:
                    return self._taken(evolve(line, quantity=quantity))
        if self.running or self.late:
            raise ArgumentError("spent", self.spent.id, "its use is not what the period ran up")
        raise Forgotten(meter.name)

    def _left_open(self, line: Accrual, *, early: bool = False) -> bool:
        """Tell whether a line is what the end of the use's period left open: it says its period, and is whole.

        Use of the moment at which a period ends is of the next one, but where a person ended it `early` after the use.
        """
        of, at = line.of, self.spent.at
        if of is None or line.before:
            return False
        return of.contains(at) or (at == of.end and (early or of.end == self.book.period.start))

    def _closed(self, meter: Unit, *, debt: bool) -> list[Billed]:
        """List the lines that were closed after the use, oldest first: on one of them it is, unless it is open.

        Raises:
            Forgotten: not all of them are known any more.
        """
        if self.spent.sequence < self.book.billed_to:
            raise Forgotten(meter.name)
        mine = (known for known in self._billed if known.until > self.spent.sequence)
        return [known for known in mine if known.line.meter == meter and known.line.debt == debt]

    def _less(self, known: Billed, quantity: int) -> Accrual:
        """Say what is less of a closed line: it goes on where the last refund of it ended, if that is open still."""
        was = known.line
        less = Accrual(was.meter, was.rate, quantity, was.debt, of=known.of, before=was.top, refund=True)
        same = (line for line in self._accrued if evolve(line, quantity=quantity, before=was.top) == less)
        return self._taken(next((evolve(line, quantity=quantity) for line in same if line.top == was.top), less))

    def _taken(self, less: Accrual) -> Accrual:
        self._accrued, self._billed = taken_off(self._accrued, self._billed, less) or (self._accrued, self._billed)
        return less

    def _owe_less(self, unit: Unit, steps: int) -> tuple[Debt | None, tuple[Accrual, ...]]:
        """Take debt back: first what was billed or forgiven, or is owed still; then what paid it, the last first."""
        closed = self._closed(unit, debt=True) if steps else []
        billed: list[Accrual] = []
        for known in closed:
            if part := min(steps, known.line.quantity):
                steps -= part
                billed.append(self._less(known, part))
        if steps and closed:  # what a bill does not have was paid before it
            raise Forgotten(unit.name)
        # Of a period before, what was not carried into this one was paid before it; late use is owed as of now.
        if steps and not (self.running or self.late or unit.name in self.book.tallies.owing):
            raise Forgotten(unit.name)
        owed = min(steps, self._debts.get(unit.name, 0))
        if owed:
            self._debts[unit.name] -= owed
        rest = steps - owed
        payers = self._repaid.get(unit.name, [])
        while rest:
            if not payers:
                raise Forgotten(unit.name)
            bucket, kind, paid, allowance, plan = payers.pop()
            part = min(rest, paid)
            rest -= part
            if paid > part:
                payers.append((bucket, kind, paid - part, allowance, plan))
            self.returning.repaid(Draw(bucket, kind, unit, part, 0, allowance), plan)
        return Debt(unit, owed, self._debts[unit.name]) if owed else None, tuple(billed)

    def _money(self, meter: str, priced: e.Priced, done: int, quantity: int, place: tuple[int, int]) -> int:
        """Price what is given back of a priced quantity: its share of what was paid, cumulatively.

        In its own period never so much that what stays paid is less than the price of what stays used. Of an operation
        that was priced by itself, what it would have cost less.
        """
        before = self.before.get((place[0], place[1] + 1), 0)
        alone = bool(priced.rate.round_to)
        if alone:
            stays = operation_cost(priced.rate, priced.quantity - done - quantity)
            back = max(0, priced.paid.steps - before - stays)
        elif priced.rate.tiers and self.running:  # as far as it was paid for here, what it would have cost less
            back = priced.paid.steps - before
        else:
            back = priced.paid.steps * (done + quantity) // priced.quantity - before
            if back < 0:
                altered(self.spent, "more was given back of it before")
        if self.running:
            key = (meter, priced.rate)
            used, paid = self._priced.get(key, (quantity, back))
            back = back if alone else max(0, min(back, paid - refund_cost(priced.rate, used - quantity)))
            self._priced[key] = (used - quantity, paid - back)
        return back

    def _withhold(self, use: e.Use, priced: e.Priced, place: tuple[int, int]) -> None:
        """Keep what stays paid of a price that is undone whole; give back what nothing stays paid for any more."""
        key = (use.unit.name, priced.rate)
        kept = self._withheld.get(key, ())
        rest = rest_of(use, place, self._back)
        if rest.priced is None:
            paid = rest_of(priced.paid, (place[0], place[1] + 1), self._back)
            kept = with_rest(kept, paid) if paid.steps else kept
        used, in_all = self._priced[key]
        while kept and (room := in_all - refund_cost(priced.rate, used)) > 0:
            paid, steps = kept[-1], min(room, kept[-1].steps)
            self._freed -= 1
            self.undone.append(e.Undone(place=(self._freed, 0), unit=use.unit, steps=0, rate=priced.rate, cost=steps))
            self._undo(paid, steps, (self._freed, 1))
            paid = rest_of(paid, (self._freed, 1), self._back)
            kept = (*kept[:-1], paid) if paid.steps else kept[:-1]
            in_all -= steps
        self._priced[key] = (used, in_all)
        self._withheld[key] = kept
        self._meters[key] = use.unit

    def _back(self, place: tuple[int, int]) -> int:
        return self.before.get(place, 0) + self._now.get(place, 0)

    def withheld(self) -> Iterator[e.Withheld]:
        """Say what stays paid of the prices of which that has changed."""
        for (name, rate), meter in self._meters.items():
            uses = self._withheld[name, rate]
            if uses != self.book.tallies.withheld.get((name, rate), ()):
                yield e.Withheld(meter, rate, uses)

    def uncounted(self) -> Iterator[e.Counted]:
        """Say what limits count less: those that counted the use, where that stretch of time is still running."""
        less: dict[str, int] = {}
        costs: dict[str, int] = {}
        for one in (one for one in self.undone if one.place[0] >= 0):  # what was withheld was another's
            less[one.unit.name] = less.get(one.unit.name, 0) + one.steps
            if (
                one.postpaid is not None
                and self.running
                and one.postpaid.rate.adds_to(one.postpaid.rate.unit.name, one.unit.name)
            ):
                key = (one.unit.name, one.postpaid.rate)
                there = self._lines.get(key, 0)
                cost = postpaid_cost(one.postpaid.rate, there)
                self._lines[key] = max(0, there - one.postpaid.quantity)
                money = one.postpaid.rate.unit.name
                costs[money] = costs.get(money, 0) + cost - postpaid_cost(one.postpaid.rate, self._lines[key])
        for fact in self.spent.counted:
            so_far, end = self._counted(fact)
            name = fact.unit.name
            paid = sum(self._paid.get((name, kind), 0) for kind in fact.kinds) if fact.kinds else less.get(name, 0)
            counts_bills = not fact.kinds or PAY_AS_YOU_GO in fact.kinds
            steps = min(so_far, paid + (costs.get(name, 0) if counts_bills else 0))
            if steps:
                yield evolve(fact, steps=steps, after_steps=so_far - steps, end=end)

    def _counted(self, fact: e.Counted) -> tuple[int, datetime | None]:
        """Tell what a limit counts in the stretch of a use, 0 if that is over; and when the stretch ends."""
        if fact.start is None:
            return (self.book.tallies.counted.get(fact.key, 0) if self.running else 0), fact.end
        counter = self.book.counters.get(fact.key)
        if counter is None or counter.start != fact.start:
            return 0, fact.end
        return counter.steps, counter.end


class _Backwards:
    """A walk through the parts of a use, the last first; what was given back before is passed over.

    Attributes:
        at: how much of the part that comes next was given back before.
    """

    def __init__(self, done: int, steps: int) -> None:
        self.at = done
        self._steps = steps

    def take(self, size: int) -> int:
        """Take what is wanted of the next part."""
        passed = min(self.at, size)
        self.at -= passed
        part = min(self._steps, size - passed)
        self._steps -= part
        return part
