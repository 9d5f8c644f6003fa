"""What follows from the facts and the plan: in which order buckets pay, where lines and limits stand, what is due.

A frame belongs to one set of buckets and one plan; versions of a wallet that only draw from that set share it. What
depends on the figures of one version is asked with that version's book. Nothing here is stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from types import MappingProxyType

from attrs import define, evolve, field, frozen

from tokenpurse._engine.asking import Ask, Maxima, ask_for
from tokenpurse._engine.book import Book
from tokenpurse._engine.ends import first_end, first_reminder
from tokenpurse._engine.lanes import Lanes, row_of
from tokenpurse._engine.paying import begins_term
from tokenpurse._engine.stretches import stream_due
from tokenpurse.buckets import Bucket, Money
from tokenpurse.entries import AutoTopUpSetting, AutoTopUpWindow
from tokenpurse.errors import UnknownNameError
from tokenpurse.notices import Charge
from tokenpurse.periods import Anchor, Period
from tokenpurse.plans.catalogue import Catalogue
from tokenpurse.plans.plan import Plan
from tokenpurse.plans.terms import AlertTerms, AllowanceTerms, AutoTopUpTerms, Figure, LimitTerms, Terms
from tokenpurse.policies import Order, split_checked
from tokenpurse.pricing import ceil_steps, floor_steps
from tokenpurse.statements import Accrual, Statement
from tokenpurse.units import STEPS_MAX, Unit

__all__ = ["Frame", "Trigger", "frame_of"]

_NO_LABELS: Mapping[str, str] = MappingProxyType({})


@frozen
class Trigger:
    """An alert's line in whole steps: crossed when `left <= at` or `used >= at`; `at is None`: never.

    Attributes:
        every: where there is one at each multiple of a figure, that figure; `at` is the first.
    """

    alert: AlertTerms
    at: int | None
    every: Fraction | None = None

    def crossed(self, figure: int) -> bool:
        """Whether a figure is beyond the line."""
        if self.at is None:
            return False
        return figure <= self.at if self.alert.watch == "left" else figure >= self.at

    def passed(self, figure: int) -> int:
        """How many lines a figure is beyond, of those at each multiple; of a single line 0."""
        return 0 if self.every is None else figure * self.every.denominator // self.every.numerator

    def line(self, passed: int) -> int | None:
        """The highest line that is crossed, in whole steps; `passed`: of those at each multiple."""
        return self.at if self.every is None or not passed else ceil_steps(self.every * passed)

    def room(self, figure: int) -> int | None:
        """How much more can be spent before the line is crossed; `None`: spending does not cross it any more."""
        if self.every is not None and self.at is not None:
            return ceil_steps(self.every * (self.passed(figure) + 1)) - figure - 1
        if self.at is None or self.crossed(figure):
            return None
        return figure - self.at - 1 if self.alert.watch == "left" else self.at - figure - 1


def frame_of(book: Book, catalogue: Catalogue | None) -> Frame:
    """Find the wallet's plan and frame its buckets.

    Raises:
        UnknownNameError: the wallet is bound to no catalogue, or to one without its plan and revision.
    """
    if catalogue is None:
        raise UnknownNameError("plan", str(book.plan), hint="; bind a catalogue to the wallet first")
    return Frame(catalogue, catalogue.get(book.plan.name, book.plan.revision), book.buckets)


@define(eq=False)
class Frame:
    """Plan and order for one set of buckets."""

    catalogue: Catalogue
    plan: Plan
    buckets: tuple[Bucket, ...]
    ignores_locks: bool = False
    _lanes: Lanes = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._lanes = Lanes(self.buckets, self.plan, self.ignores_locks)

    @property
    def terms(self) -> Terms:
        """What the plan says, in steps."""
        return self.plan.terms

    def unit(self, name: str | None) -> Unit:
        """Find what can be spent: a meter or action of the plan, or the unit of a bucket that is there.

        Raises:
            UnknownNameError: neither.
        """
        if name is None:
            return self.terms.default
        unit = self.terms.units.get(name) if type(name) is str else None
        if unit is None:
            held = {bucket.unit.name: bucket.unit for bucket in self.buckets}
            if type(name) is not str or name not in held:
                raise UnknownNameError("meter", name, tuple(sorted({*self.terms.units, *held})))
            unit = held[name]
        return unit

    def unit_of_any_plan(self, name: str | None) -> Unit:
        """Find what can be read or given: also what only another plan of the catalogue names, a debt's unit above all.

        Raises:
            UnknownNameError: no plan names it, and no bucket holds it.
        """
        if name is not None and type(name) is str:
            for plan in (self.plan, *self.catalogue):
                if name in plan.terms.units:
                    unit: Unit = plan.terms.units[name]
                    return unit
        return self.unit(name)

    def plan_after(self, book: Book, early: datetime | None = None) -> Plan:
        """Find the plan that the period's end brings, in its newest revision: what is scheduled, or this one again.

        What is scheduled for the end of the term waits for the period with which another begins; `early`: the moment
        at which this one closes, if that is not its end.

        A plan for once leads to the one that cancelling it leads to, at the end of its period or its term.

        Raises:
            UnknownNameError: the one that is scheduled is not in the catalogue.
        """
        plan, opens = self.plan, early or book.period.end
        ends = opens is None or begins_term(plan, book.period.start, opens, book.anchor, book.zone)
        if book.plan_next and (ends or not book.next_at_term):
            return self.catalogue.newest(book.plan_next)
        return self.catalogue.newest((plan.cancels_to if plan.once and ends else None) or plan.name)

    # -- who pays ------------------------------------------------------------------------------------------------

    def lane(self, unit: str, labels: Mapping[str, str] = _NO_LABELS, action: str = "") -> tuple[int, ...]:
        """Positions of the buckets that may pay for a unit, in the order in which they do.

        Args:
            unit: its name.
            labels: of the use; without them no bucket that has a scope pays.
            action: on whose behalf the unit is drawn, the unit itself included.
        """
        return self._lanes.of(unit, labels, action)

    def every_lane(self, unit: str) -> tuple[int, ...]:
        """Positions of the buckets that may pay for any use of a unit, in the order in which they do."""
        return self._lanes.every(unit)

    def split(self, rows: Sequence[tuple[Bucket, int]], steps: int) -> list[int]:
        """Split steps over buckets of one lane, given with what is left of each."""
        policy = self.plan.draw
        if isinstance(policy, Order):  # the lane is in its order already
            amounts = []
            for _, left in rows:
                amounts.append(min(left, steps))
                steps -= amounts[-1]
            return amounts
        return list(split_checked(policy, [row_of(bucket, left) for bucket, left in rows], steps))

    # -- figures -------------------------------------------------------------------------------------------------

    def left(self, book: Book, unit: str) -> int:
        """What usable buckets of a unit have left, whichever use they pay for."""
        return sum(book.buckets[position].left_steps for position in self.every_lane(unit))

    def there(self, book: Book, unit: str, kinds: frozenset[str] | None = None) -> int:
        """What usable buckets of a unit (and of some kinds) have left and held: what is held is not used yet.

        Buckets that have a scope are none of them.
        """
        buckets = book.buckets
        return sum(
            buckets[position].there_steps
            for position in self.lane(unit)
            if kinds is None or buckets[position].kind in kinds
        )

    def allowance(self, counts: Mapping[str, int], unit: str, *, general: bool = False) -> int:
        """What the plan's allowances of a unit (or, `general`, those without a scope) grant, with these counts."""
        mine = (one for one in self.terms.allowances if one.unit.name == unit and not (general and one.scope))
        return sum(allowance_of(one, counts) for one in mine)

    def limit(self, book: Book, unit: str) -> int | None:
        """The cap on all of a unit's use in this period: chosen, or the plan's own; `None`: none."""
        for terms in self.terms.limits.values():
            if terms.unit.name == unit and terms.is_plain:
                return self.cap(book, terms)
        return None

    def cap(self, book: Book, terms: LimitTerms, label: str = "") -> int | None:
        """What a limit is set to: for this label value, for all, or by the plan; `None`: to nothing."""
        chosen = book.label_limits.get((terms.name, label), book.limits.get(terms.name))
        return self.value(book, terms.figure, terms.unit.name) if chosen is None else chosen

    def overdraft(self, book: Book, unit: str) -> int:
        """How far a unit may be in debt by plain spending."""
        zero = self.terms.at_zero
        if zero is None or zero.unit.name != unit:
            return 0
        return self.value(book, zero.overdraft, unit) or 0

    def value(
        self,
        book: Book,
        figure: Figure | None,
        unit: str,
        counts: Mapping[str, int] | None = None,
        *,
        up: bool = False,
        general: bool = False,
    ) -> int | None:
        """Work a figure out in whole steps, rounded down (or up); with other counts than the book's, if given.

        `general`: a share of the allowance is one of those without a scope.
        """
        exact = self.exact(book, figure, unit, counts, general=general)
        return None if exact is None else min(STEPS_MAX, ceil_steps(exact) if up else floor_steps(exact))

    def exact(
        self,
        book: Book,
        figure: Figure | None,
        unit: str,
        counts: Mapping[str, int] | None = None,
        *,
        general: bool = False,
    ) -> Fraction | None:
        """Work a figure out exactly, in steps; `None`: there is none for this wallet."""
        if figure is None:
            return None
        if figure.steps is not None:
            return Fraction(figure.steps)
        base: int | None
        if figure.base == "allowance":
            base = self.allowance(book.counts if counts is None else counts, unit, general=general)
        elif figure.base == "limit":
            base = self.limit(book, unit)
        else:
            setting = book.auto_top_up
            on = setting is not None and setting.off is None and setting.unit.name == unit
            base = setting.threshold_steps if setting is not None and on else None
        if base is None:
            return None if figure.otherwise is None else Fraction(figure.otherwise)
        return base * figure.times

    def trigger(self, book: Book, alert: AlertTerms) -> Trigger:
        """Put an alert's line in whole steps."""
        unit = alert.unit.name
        general = alert.watch == "left"  # what is left for some use only is not watched
        up = self.value(book, alert.figure, unit, up=True, general=general)
        down = self.value(book, alert.figure, unit, general=general)
        if (
            up is None
            or down is None
            or (alert.figure.base and not up and alert.figure.base != "auto_top_up_threshold")
        ):
            return Trigger(alert, None)  # a share of nothing is never crossed
        if alert.repeats:
            return Trigger(alert, up, self.exact(book, alert.figure, unit, general=general))
        if alert.watch == "left":
            return Trigger(alert, up - 1 if alert.strict else down)
        return Trigger(alert, down + 1 if alert.strict else up)

    def figure(self, book: Book, alert: AlertTerms) -> int:
        """What an alert watches: what is left and held, minus debt; or what the period used."""
        unit = alert.unit.name
        if alert.watch == "used":
            return book.tallies.usage(unit)
        return self.there(book, unit, alert.kinds) - book.debts.get(unit, 0)

    # -- auto top-up and time ------------------------------------------------------------------------------------

    def asks(self, book: Book, at: datetime | None = None, level: int | None = None) -> Ask | None:
        """Work out what auto top-up would ask for, a cool-down aside; `None`: nothing calls for it.

        Args:
            book: the facts.
            at: the moment, for the window of its maxima; the wallet's clock.
            level: what counts, if it were another than it is.
        """
        setting, auto = book.auto_top_up, self.terms.auto_top_up
        if setting is None or setting.off is not None or auto is None:
            return None
        if book.frozen or book.closed or book.paused_at is not None:
            return None
        sold = (auto.offer.name, auto.offer.unit, auto.offer.rate.unit)
        if sold != (setting.offer, setting.unit, setting.currency) or _charge_of(book) is not None:
            return None
        window = _running(book, book.clock if at is None else at)
        maxima = self._maxima(book, auto, setting).after(window, auto.offer)
        return ask_for(auto, setting, self.counted(book, auto) if level is None else level, maxima)

    def _maxima(self, book: Book, auto: AutoTopUpTerms, setting: AutoTopUpSetting) -> Maxima:
        """The stricter of plan and customer."""
        spend = self.value(book, auto.spend_max, setting.currency.name)
        return Maxima(
            _stricter(auto.purchases_max, setting.purchases_max),
            self.value(book, auto.bought_max, setting.unit.name),
            _stricter(spend, setting.spend_max_steps),
        )

    def asks_at(self, book: Book, level: int | None = None) -> datetime | None:
        """Find the first moment, the wallet's clock or later, at which time lets it ask; `None`: time alone never."""
        at = book.clock if book.retry_at is None else max(book.clock, book.retry_at)
        window = book.window
        end = at if window is None or window.end is None else max(at, window.end)
        return next((when for when in (at, end) if (ask := self.asks(book, when, level)) and ask.steps), None)

    def window_at(self, book: Book, at: datetime, unit: Unit, currency: Unit) -> AutoTopUpWindow:
        """Find the window of auto top-up's maxima, with what it counts of a unit and a currency.

        The running one keeps its end, whatever became of plan, anchor or zone; no two start at one moment.
        """
        window, auto = _running(book, at), self.terms.auto_top_up
        if window is None:
            every = self.plan.period if auto is None else auto.every
            period = every.period_at(at, book.anchor, book.zone)
            last = None if book.window is None else book.window.end
            start = period.start if last is None else max(period.start, last)
            return AutoTopUpWindow(start=start, end=period.end, unit=unit, spent=Money(currency, 0))
        bought = window.bought_steps if window.unit == unit else 0
        spent = window.spent if window.spent.unit == currency else Money(currency, 0)
        return evolve(window, unit=unit, bought_steps=bought, spent=spent)

    def counted(self, book: Book, auto: AutoTopUpTerms) -> int:
        """The level that auto top-up judges: what counts, held included, minus debt."""
        unit = auto.offer.unit.name
        return self.there(book, unit, auto.counts) - book.debts.get(unit, 0)

    def billable(self, book: Book) -> tuple[Accrual, ...]:
        """List what is billed at once: lines in currencies in which they reach the plan's bound."""
        if not self.terms.bill_at or book.closed:
            return ()
        lines = book.tallies.billable_lines
        totals = Statement(book.period, lines).totals
        due = {one.unit for one in totals if one.steps >= self.terms.bill_at.get(one.unit.name, STEPS_MAX)}
        return tuple(line for line in lines if line.rate.unit in due)

    def due(self, book: Book) -> datetime | None:
        """Find the next moment at which time itself changes the wallet; `None`: never."""
        if self.billable(book):
            return book.clock
        ends = (first_end(book), first_reminder(self.terms.reminders, book), stream_due(self.terms, book))
        end = min((one for one in ends if one is not None), default=None)
        if book.auto_top_up is None or (book.retry_at is None and book.window is None):
            return end
        asking = self.asks_at(book)
        if asking is None or (book.retry_at is None and asking <= book.clock):
            return end
        return asking if end is None else min(end, asking)

    def period_after(
        self, number: int, start: datetime, anchor: Anchor, zone: str, *, skip: datetime | None = None
    ) -> Period:
        """Lay the period that starts as boundary `number`, at `start`; it ends at the first boundary after `skip`."""
        following = self.plan.period.following(number, skip or start, anchor, zone)
        return Period(number, start, None if following is None else following[1])


def _stricter(one: int | None, other: int | None) -> int | None:
    """The smaller of two maxima, of which `None` is none."""
    return min((maximum for maximum in (one, other) if maximum is not None), default=None)


def _running(book: Book, at: datetime) -> AutoTopUpWindow | None:
    """The window of auto top-up's maxima that something was counted in, while it runs."""
    window = book.window
    return None if window is None or (window.end is not None and at >= window.end) else window


def _charge_of(book: Book) -> Charge | None:
    """The charge that waits for its answer, if there is one."""
    return next((request for request in book.pending if isinstance(request, Charge)), None)


def allowance_of(allowance: AllowanceTerms, counts: Mapping[str, int]) -> int:
    """What one allowance grants for a period, at most what can be counted."""
    return allowance.amount(counts)
