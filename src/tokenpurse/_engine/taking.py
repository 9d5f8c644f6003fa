"""What one decision takes of a wallet, and what limits make of it: how much more they let through, what they count."""

# ruff: noqa: SLF001  # a decision fills the copies that it makes
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Self

from tokenpurse._engine.book import Book
from tokenpurse._engine.frame import Frame
from tokenpurse._engine.limits import Counting, counting_of
from tokenpurse._engine.sparing import Cap
from tokenpurse.entries import Counted
from tokenpurse.periods import Period
from tokenpurse.plans.terms import LimitTerms
from tokenpurse.pricing import Rate, postpaid_cost
from tokenpurse.units import STEPS_MAX

__all__ = ["Taking"]


class Taking:
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
        guided: whether limits on kinds say who pays first of what goes past all limits.
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
        guided: bool = False,
        counted: bool = True,
        holding: bool = False,
        prepaid: bool = False,
    ) -> None:
        self.frame = frame
        self.book = book
        self.at = at
        self.labels = labels or {}
        self.limits: tuple[LimitTerms, ...] = tuple(frame.terms.limits.values()) if limited else ()
        self.guided = guided and any(terms.kinds for terms in frame.terms.limits.values())
        self.counted = counted
        self.holding = holding
        self.prepaid = prepaid
        self.on_credit = not (prepaid or book.unpaid)
        self.period: Period | None = None
        self._left: dict[int, int] = {}
        self._used: dict[str, int] = {}
        self._paid: dict[tuple[str, str], int] = {}
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
        other._priced, other._billed, other._paid = dict(self._priced), dict(self._billed), dict(self._paid)
        other._countings = self._countings
        return other

    def _caps(self, unit: str) -> list[Cap]:
        """List what limits on kinds let buckets of a unit pay."""
        found = self._on(unit, (terms for terms in self.limits if terms.kinds))
        return [Cap(one.terms.kinds, self._rest_of(one, one.room)) for one in found if one.room is not None]

    def _rest_of(self, limit: Counting, room: int) -> int:
        return max(0, room - self.takes(limit.terms))

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
        """What the tightest limit lets through, whoever pays; `None`: no limit."""
        limits = (terms for terms in self.limits if not terms.kinds)
        rooms = [one.room for one in self._on(unit, limits) if one.room is not None]
        return max(0, min(rooms) - self.taken(unit)) if rooms else None

    def _bill_rooms(self, unit: str) -> list[int]:
        """List what limits on kinds let be billed of a unit."""
        found = self._on(unit, (terms for terms in self.limits if terms.bills))
        return [self._rest_of(one, one.room) for one in found if one.room is not None]

    def taken(self, unit: str) -> int:
        """What this decision used of a unit; of money, what it adds to the cost of pay-as-you-go in it included."""
        return self._used.get(unit, 0) + self._costs(unit)

    def _costs(self, unit: str) -> int:
        """What this decision adds to the cost of pay-as-you-go in a currency."""
        return sum(
            postpaid_cost(rate, self.billed_before(meter, rate))
            - postpaid_cost(rate, self.billed_before(meter, rate) - more)
            for (meter, rate), more in self._billed.items()
            if rate.adds_to(unit, meter)
        )

    def takes(self, terms: LimitTerms) -> int:
        """What this decision takes of what a limit counts."""
        return self._for(terms, self._costs)

    def _for(self, terms: LimitTerms, costs: Callable[[str], int]) -> int:
        name = terms.unit.name
        if not terms.kinds:
            return self._used.get(name, 0) + costs(name)
        paid = sum(self._paid.get((name, kind), 0) for kind in terms.kinds)
        return paid + (costs(name) if terms.bills else 0)

    def exceeds(self, limit: Counting) -> bool:
        """Tell whether this decision takes more than a limit lets through."""
        terms = limit.terms
        billed = (key for key in self._billed if key[1].adds_to(terms.unit.name, key[0]))
        counts_bills = terms.bills or not terms.kinds
        if limit.cap == 0 and counts_bills and any(self.billed_before(*key) > key[1].free_to for key in billed):
            return True
        return limit.room is not None and self.takes(terms) > max(0, limit.room)

    def before(self, unit: str) -> int:
        """What the period used and holds of a unit before this decision."""
        return self.book.tallies.usage(unit) + self.book.held.get(unit, 0)

    def used(self, unit: str) -> int:
        """What the period used and holds of a unit, this decision included."""
        return self.before(unit) + self.taken(unit)

    def full(self) -> Iterator[Counting]:
        """List the limits that have no room left for the label value that this decision is counted for."""
        for terms in self.frame.terms.limits.values():
            if self.takes(terms) and (found := self.counting(terms)) is not None and found.is_full:
                yield found

    def facts(self) -> tuple[Counted, ...]:
        """Say what limits with a count of their own count of this decision, in the plan's order."""
        found = (self.counting(terms) for terms in self.frame.terms.limits.values() if not terms.is_plain)
        taken = ((one, self._for(one.terms, self._line_costs)) for one in found if one is not None)
        return tuple(one.fact(steps) for one, steps in taken if steps)

    def _line_costs(self, unit: str) -> int:
        """As `_costs`, of what is counted for good: what is held is on no line yet."""
        total = 0
        for (meter, rate), more in self._billed.items():
            if rate.adds_to(unit, meter):
                before = self.book.tallies.billed(meter, rate)
                total += postpaid_cost(rate, before + more) - postpaid_cost(rate, before)
        return total

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
