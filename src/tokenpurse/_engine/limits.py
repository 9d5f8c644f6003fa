"""What limits have counted, and what they let through: which apply, over which stretch of time, and up to what.

Facts and figures only. What a decision adds to a count, and what that leaves, is the purse's matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import frozen

from tokenpurse._engine.apply import COUNTERS_MAX
from tokenpurse._engine.book import Book, Counter, CounterKey
from tokenpurse._engine.frame import Frame
from tokenpurse.entries import Counted, Use
from tokenpurse.periods import Schedule
from tokenpurse.periods.moments import END
from tokenpurse.plans.terms import LimitTerms
from tokenpurse.pricing import Rate, postpaid_cost
from tokenpurse.scopes import pays

__all__ = ["Counting", "counting_of", "limits_dropped"]


@frozen(kw_only=True)
class Counting:
    """How one limit stands for one use.

    Attributes:
        terms: the limit.
        label: the label's value it counts; empty where it is over all.
        start, end: the stretch of time; both `None` where it is the period.
        steps: what it counted in that stretch so far.
        held: what open holds take of it besides, whenever they were made.
        cap: how much it lets through in all; `None`: whatever comes.
        is_full: it counts as many label values as it can, and this is another one.
        frees: when it will count less; `None`: nothing is counted yet, or never, or when the period ends.
        is_new: the stretch begins with this very use.
    """

    terms: LimitTerms
    label: str
    start: datetime | None
    end: datetime | None
    steps: int
    held: int
    cap: int | None
    is_full: bool = False
    frees: datetime | None = None
    is_new: bool = False

    @property
    def room(self) -> int | None:
        """What it lets through; negative where more was used than it does; `None`: no bound."""
        if self.is_full:
            return 0
        return None if self.cap is None else self.cap - self.steps - self.held

    def fact(self, steps: int) -> Counted:
        """Say what is counted of a use."""
        return Counted(
            limit=self.terms.name,
            label=self.label,
            unit=self.terms.unit,
            steps=steps,
            after_steps=self.steps + steps,
            start=self.start,
            end=self.end,
            kinds=tuple(sorted(self.terms.kinds)),
        )


def counting_of(
    frame: Frame, book: Book, terms: LimitTerms, at: datetime, labels: Mapping[str, str]
) -> Counting | None:
    """Find how a limit stands at a moment for use with these labels; `None`: it does not cap it."""
    label = "" if terms.per is None else labels.get(terms.per)
    if label is None or not pays(terms.scope, labels, ""):
        return None
    key = (terms.name, terms.unit.name, label)
    start, end, steps, is_new = None, None, 0, False
    if terms.is_plain:
        steps = book.tallies.usage(terms.unit.name)
    elif terms.with_period:
        steps = book.tallies.counted.get(key, 0)
    else:
        start, end, steps, is_new = _stretch(book, terms, book.counters.get(key), at)
    is_full = terms.per is not None and _is_full(book, terms, key, at)
    return Counting(
        terms=terms,
        label=label,
        start=start,
        end=end,
        steps=steps,
        held=_held(book, terms, label),
        cap=frame.cap(book, terms, label),
        is_full=is_full,
        frees=_first_end(book, terms, at) if is_full else None if is_new else end,
        is_new=is_new,
    )


def _held(book: Book, terms: LimitTerms, label: str) -> int:
    """What open holds count against a limit: what they were labelled with counts, and not when they were made."""
    name = terms.unit.name
    labelled = [(one, dict(one.labels)) for one in book.holds.values()]
    holds = [
        one
        for one, said in labelled
        if (terms.per is None or said.get(terms.per) == label) and pays(terms.scope, said, "")
    ]
    uses = [each for hold in holds for use in hold.uses for each in use.each()]
    total = sum(_counted(terms, use) for use in uses if use.unit.name == name)
    if terms.kinds and not terms.bills:
        return total
    quantities: dict[tuple[str, Rate], int] = {}  # many small holds are one quantity of their line, rounded once
    for line in (use.postpaid for use in uses if use.postpaid is not None):
        if line.rate.adds_to(name, line.meter.name):
            key = (line.meter.name, line.rate)
            quantities[key] = quantities.get(key, 0) + line.quantity
    for (meter, rate), quantity in quantities.items():
        before = book.tallies.billed(meter, rate)
        total += postpaid_cost(rate, before + quantity) - postpaid_cost(rate, before)
    return total


def _counted(terms: LimitTerms, use: Use) -> int:
    """What a limit on its unit counts of some use, but for what is billed in money."""
    if not terms.kinds:
        return use.steps
    paid = sum(draw.steps for draw in use.draws if draw.kind in terms.kinds)
    billed = use.postpaid.asked if use.postpaid and terms.bills else 0
    return paid + billed


def _stretch(
    book: Book, terms: LimitTerms, last: Counter | None, at: datetime
) -> tuple[datetime, datetime | None, int, bool]:
    """Find the stretch of time that a moment is in: one that runs goes on to its end, whatever was changed since."""
    if last is not None and last.runs(at):
        return last.start, last.end, last.steps, False
    if terms.every is not None:
        return _scheduled(book, terms.every, last, at)
    end = at + (terms.window or timedelta())  # it has one or the other
    return at, (end if end < END else None), 0, True


def _scheduled(
    book: Book, every: Schedule, last: Counter | None, at: datetime
) -> tuple[datetime, datetime | None, int, bool]:
    """Lay the stretch of a schedule. One that a change of zone cut short joins the next, so that it counts once."""
    period = every.period_at(at, book.anchor, book.zone)
    start, end = period.start, period.end
    if last is not None and last.end is not None and last.end > start:
        start = last.end
        following = None if end is None else every.following(period.number, end, book.anchor, book.zone)
        end = None if following is None else following[1]
    return start, end, 0, False


def _is_full(book: Book, terms: LimitTerms, key: CounterKey, at: datetime) -> bool:
    """Tell whether a limit has no room for one more label value; those whose time is over give way."""
    mine: Iterator[CounterKey]
    if terms.with_period:
        known = key in book.tallies.counted
        mine = (other for other in book.tallies.counted if other[0] == terms.name)
    else:
        known = key in book.counters
        mine = (other for other, held in book.counters.items() if other[0] == terms.name and held.runs(at))
    return not known and sum(1 for _ in mine) >= COUNTERS_MAX


def _first_end(book: Book, terms: LimitTerms, at: datetime) -> datetime | None:
    """Find when the first of a full limit's label values gives way."""
    mine = (held for key, held in book.counters.items() if key[0] == terms.name and held.runs(at))
    return min((held.end for held in mine if held.end is not None), default=None)


def limits_dropped(book: Book, old: Frame, new: Frame, *, switched: bool = True) -> dict[str, Any]:
    """List the chosen limits that a change of plan or revision ends: the plan's own then applies.

    Those that it lacks or counts in another way, and those outside its bounds. On another plan (`switched`) also those
    below its own default: a limit of one plan's pool would stop its holder inside the larger pool just bought.
    """

    def ends(name: str, chosen: int) -> bool:
        terms, before = new.terms.limits.get(name), old.terms.limits.get(name)
        if terms is None or before is None or not terms.same_as(before):
            return True
        default, least, most = (
            new.value(book, figure, terms.unit.name) for figure in (terms.figure, terms.minimum, terms.maximum)
        )
        low = (switched and default is not None and chosen < default) or (least is not None and chosen < least)
        return low or (most is not None and chosen > most)

    return {
        "limits_dropped": tuple(name for name, chosen in sorted(book.limits.items()) if ends(name, chosen)),
        "label_limits_dropped": tuple(key for key, chosen in sorted(book.label_limits.items()) if ends(key[0], chosen)),
    }
