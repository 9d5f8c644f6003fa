"""Grants with a life of their own inside a run of openings: which of them live at its end, and whether anybody watches.

A grant that nobody used leaves nothing behind when it ends, so of a run only what lives at its end has to be said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse._engine.frame import Frame
from tokenpurse._engine.lives import grant_end
from tokenpurse._engine.making import period_id
from tokenpurse._engine.rolling import Steady, carried_until, is_full, rolling
from tokenpurse.buckets import Bucket, Loss
from tokenpurse.periods import Period, most_shifted
from tokenpurse.plans.terms import AllowanceTerms, LifeTerms
from tokenpurse.units import STEPS_MAX

__all__ = ["can_fold", "is_untouched", "lot_end", "lots_inside", "outlived"]


def is_untouched(bucket: Bucket) -> bool:
    """Tell whether a bucket is a grant with a life of its own that nothing was used of: its end leaves no trace."""
    return (
        bucket.own_life and bucket.there_steps == bucket.left_steps and not (bucket.spent_steps or bucket.excess_steps)
    )


def can_fold(frame: Frame, book: Book, first: e.PeriodOpened, steady: Mapping[str, Steady]) -> bool:
    """Tell whether what ends inside a run that begins with an opening leaves no trace, and is seen by nobody."""
    lots = [bucket for bucket in (*book.buckets, *first.granted) if bucket.own_life]
    if not lots:
        return True
    over = {loss.bucket for loss in first.expired}
    if first.repaid or any(one.id in over and not is_untouched(one) for one in lots):
        return False
    for unit in {one.unit.name for one in lots}:
        there = [one for one in book.buckets if one.unit.name == unit]
        ranges = _ranges(frame, book, [one for one in lots if one.unit.name == unit], first)
        if unit in steady:
            level = sum(steady[unit].lefts)
            ranges["rollover"] = (level, level)
        elif is_full(frame, book, unit, ranges):
            return False
        most = sum(one.there_steps for one in there if not one.own_life) + sum(high for _, high in ranges.values())
        if most > STEPS_MAX or _is_seen(frame, book, unit, ranges, first):
            return False
    return True


def _ranges(frame: Frame, book: Book, lots: Sequence[Bucket], first: e.PeriodOpened) -> dict[str, tuple[int, int]]:
    """Say the least and the most that a unit's lots have left at any moment of a run, by kind."""
    found = {}
    for kind in {one.kind for one in lots}:
        mine = [one for one in book.buckets if one in lots and one.kind == kind]
        terms = next((one for one in _living(frame, lots[0].unit.name) if one.kind == kind), None)
        steps = sum(one.granted_steps for one in first.granted if one in lots and one.kind == kind)
        line = _in_line(frame, book, mine, steps)
        least, most = 0, line
        if terms is not None and terms.life is not None:
            least = min(line, _least(frame, book, terms.life))
            most = max(line, terms.life.most(frame.plan.period, frame.plan.term) or 0)
        elif kind == "rollover" and (life := rolling(frame, lots[0].unit.name)) is not None:
            line, most = 0, life.most(frame.plan.period, frame.plan.term) or 0
            steps = sum(one.carried_steps for one in first.unused if one.unit == lots[0].unit)  # were there no cap
        others = sum(one.there_steps for one in mine) - line * steps
        found[kind] = (least * steps, most * steps + others)
    return found


def _living(frame: Frame, unit: str) -> Iterator[AllowanceTerms]:
    return (one for one in frame.terms.allowances if one.life is not None and one.unit.name == unit)


def _in_line(frame: Frame, book: Book, lots: Sequence[Bucket], steps: int) -> int:
    """Count the grants that follow each other without a gap up to the running period, and are whole."""
    starts = {one.starts for one in lots if one.left_steps == one.granted_steps == steps}
    schedule, number, found = frame.plan.period, book.period.number, 0
    while number >= 0 and schedule.boundary(number, book.anchor, book.zone) in starts:
        number, found = number - 1, found + 1
    return found


def _least(frame: Frame, book: Book, life: LifeTerms) -> int:
    """How many grants live at any moment, once there were enough of them."""
    if life.periods is not None:
        return life.periods
    longest, form = frame.plan.period.longest, frame.plan.period.form
    alike = form != "elapsed" and frame.plan.period.zone in {None, book.zone}  # both follow one clock, however it goes
    shift = timedelta() if alike or book.zone == "UTC" else most_shifted(book.zone)
    shortest = timedelta(days=(life.days or 0) + 28 * (life.months or 0)) - shift
    return 0 if longest is None else max(0, shortest // (longest + shift))


def _is_seen(frame: Frame, book: Book, unit: str, ranges: Mapping[str, tuple[int, int]], first: e.PeriodOpened) -> bool:
    """Tell whether anything happens as there is more or less of a unit, or as some of it ends."""
    terms, auto, setting = frame.terms, frame.terms.auto_top_up, book.auto_top_up
    watching = [one for one in terms.alerts if one.unit.name == unit and one.notify and one.watch == "left"]
    buys = setting is not None and setting.off is None and setting.unit.name == unit and auto is not None
    if any(one.unit.name == unit and one.notify for one in terms.reminders):
        return True
    alone = {one.id for one in first.granted if one.own_life}
    if (watching or buys) and any(one.unit.name == unit and one.into not in alone for one in first.carried):
        return True

    def levels(kinds: frozenset[str] | None, now: int) -> list[int]:
        mine = {kind for kind in ranges if (kinds is None or kind in kinds) and not terms.locks(kind)}
        there = [one for one in book.buckets if one.own_life and one.unit.name == unit and one.kind in mine]
        rest = now - sum(one.there_steps for one in there)
        return [rest + sum(ranges[kind][side] for kind in mine) for side in (0, 1)]

    for alert in watching:
        trigger, line = frame.trigger(book, alert), book.lines.get(alert.name)
        figures = levels(alert.kinds, frame.figure(book, alert))
        stands = {(trigger.crossed(figure), trigger.passed(figure)) for figure in figures}
        if stands != {(False, 0) if line is None else (line.crossed, line.passed)}:
            return True
    if not buys or auto is None:
        return False
    now = frame.counted(book, auto)
    return any(level != now and frame.asks(book, level=level) is not None for level in levels(auto.counts, now))


def lot_end(frame: Frame, book: Book, bucket: Bucket, period: Period) -> datetime | None:
    """Compute when a grant of a period ends that is like another one."""
    if bucket.kind == "rollover":
        return carried_until(frame, book, bucket.unit.name, period)
    terms = next(one for one in _living(frame, bucket.unit.name) if one.kind == bucket.kind)
    return grant_end(frame.plan, terms, period.start, period=period, anchor=book.anchor, zone=book.zone)


def lots_inside(frame: Frame, book: Book, granted: Sequence[Bucket], last: Period) -> list[Bucket]:
    """List what a run granted before its last opening and still lives, oldest first, as the run's first granted it."""
    schedule, found = frame.plan.period, []
    for place, bucket in enumerate(granted):
        period = last
        while bucket.own_life:
            number = period.number - 1
            start = schedule.boundary(number, book.anchor, book.zone)
            number = schedule.number_at(start, book.anchor, book.zone) if start < period.start else number
            if start <= book.period.start:
                break
            if start == period.start:  # boundaries at one instant are one
                period = evolve(period, number=number)
                continue
            period = Period(number, start, period.start)
            end = lot_end(frame, book, bucket, period)
            if end is not None and end <= last.start:
                break
            name = period_id(bucket.kind, bucket.unit, start)
            lot = evolve(bucket, id=name, starts=start, expires=end, allowance=False, kept=bucket.allowance)
            found.append((start, place, lot))
    return [lot for *_, lot in sorted(found, key=lambda one: one[:2])]


def outlived(book: Book, first: e.PeriodOpened, start: datetime) -> dict[str, Any]:
    """Say which of the grants that were there before a run ended in it, and which are kept beyond it."""
    known = {loss.bucket for loss in first.expired}
    over = [one for one in book.buckets if one.own_life and one.there_steps and one.expires and one.expires <= start]
    more = tuple(Loss(one.id, one.kind, one.unit, one.left_steps, 0) for one in over if one.id not in known)
    ended = {one.id for one in over}
    return {
        "expired": (*first.expired, *more),
        "kept": tuple(rest for rest in first.kept if rest.bucket not in ended),
    }
