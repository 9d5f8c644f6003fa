"""Runs of openings that carry into buckets with an end of their own: what lives when they are over, what ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import evolve, frozen

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse._engine.carrying import bank_cap, ending
from tokenpurse._engine.frame import Frame
from tokenpurse._engine.lives import carried_end
from tokenpurse.buckets import Bucket, Loss
from tokenpurse.periods import Period
from tokenpurse.plans.terms import LifeTerms
from tokenpurse.units import Unit

__all__ = ["Run", "Steady", "carried_until", "is_full", "passed_on", "rolling", "steady"]


@frozen
class Steady:
    """What was carried of a unit, where each opening leaves as much as there was before it.

    Attributes:
        periods: how many openings a bucket is there for, at most.
        lefts: what the buckets have left, soonest-ending first.
        ends: how much of each is left at its end: what each opening lets end.
        off: how much each opening forfeits of them, over a cap.
    """

    periods: int
    lefts: tuple[int, ...]
    ends: int
    off: int


def steady(frame: Frame, book: Book, after: Book, first: e.PeriodOpened) -> dict[str, Steady]:
    """Find the units of which an opening left as much carried as there was, for as long: so do all that follow.

    Args:
        frame: of the plan.
        book: before the opening.
        after: after it.
        first: the opening.
    """
    found = {}
    for bucket in first.granted:
        life = rolling(frame, bucket.unit.name)
        if bucket.kind != "rollover" or life is None or life.periods is None or life.end_of_day:
            continue
        was, now = (_lots(one, bucket.unit) for one in (book, after))
        lefts = tuple(one.left_steps for one in was)
        counts = range(life.periods - len(was), life.periods)
        ends = [frame.plan.period.end_of(book.period, count, book.anchor, book.zone) for count in counts if count > 0]
        same = lefts == tuple(one.left_steps for one in now) and ends == [one.expires for one in was]
        lost = [loss for loss in first.forfeited if (loss.kind, loss.unit) == ("rollover", bucket.unit)]
        mine = {one.id for one in was}
        if same and all(loss.bucket in mine for loss in lost):
            over = sum(loss.steps for loss in first.expired if loss.bucket in mine)
            found[bucket.unit.name] = Steady(life.periods - 1, lefts, over, sum(loss.steps for loss in lost))
    return found


def _lots(book: Book, unit: Unit) -> list[Bucket]:
    lots = (one for one in book.buckets if one.own_life and one.kind == "rollover" and one.unit == unit)
    return sorted(lots, key=ending)


def rolling(frame: Frame, unit: str) -> LifeTerms | None:
    """Find how long what is carried of a unit lives; `None`: for ever, or nothing is."""
    terms = frame.terms.banks.get(unit)
    return None if terms is None else terms.life


def is_full(frame: Frame, book: Book, unit: str, ranges: Mapping[str, tuple[int, int]]) -> bool:
    """Tell whether a cap may take something of what is carried in a run, or of what was before it."""
    if "rollover" not in ranges or unit not in frame.terms.banks:
        return False
    cap = bank_cap(frame, book, unit)
    banks = [one for one in book.buckets if one.unit.name == unit and one.kind == "rollover" and not one.own_life]
    return cap is not None and sum(one.there_steps for one in banks) + ranges["rollover"][1] > cap


def carried_until(frame: Frame, book: Book, unit: str, period: Period) -> datetime | None:
    """Compute when what is carried ends that the opening of a period carries."""
    closed = _previous(frame, book, period)
    return carried_end(frame.plan, rolling(frame, unit), closed, period, anchor=book.anchor, zone=book.zone)


def _previous(frame: Frame, book: Book, period: Period) -> Period:
    """Lay the period before another one; boundaries at one instant are one."""
    schedule, number, start = frame.plan.period, period.number, period.start
    while start == period.start:
        number -= 1
        start = schedule.boundary(number, book.anchor, book.zone)
    return Period(schedule.number_at(start, book.anchor, book.zone), start, period.start)


@frozen
class Run:
    """What a run says of what was carried.

    Attributes:
        granted: the buckets that live at its end, of all that it made.
        carried: what went out of allowances, and what still lives of it.
        expired, forfeited: of what there was before it, what ended, and what a cap took.
        over: of what was carried inside, what is over.
    """

    granted: tuple[Bucket, ...]
    carried: tuple[e.Carry, ...]
    expired: tuple[Loss, ...]
    forfeited: tuple[Loss, ...]
    over: tuple[e.Between, ...]


def passed_on(
    first: e.PeriodOpened,
    granted: Sequence[Bucket],
    expired: Sequence[Loss],
    count: int,
    levels: Mapping[str, Steady],
) -> Run:
    """Say of a run what was carried into buckets that end by themselves: what still lives, and what is over.

    Args:
        first: its first opening.
        granted: all that it made and is not over by its end, by their own ends.
        expired: what there was before it and ended, with all that there was of it.
        count: how many openings there are.
        levels: the units of which each opening leaves as much as there was.
    """
    made = {one.id: one.unit for one in first.granted if one.own_life and not one.allowance}
    outs = [evolve(carry, into="", left_steps=0) for carry in first.carried if carry.into in made]
    ins, over, stays, ended = [], [], list(granted), list(expired)
    lost = [loss for loss in first.forfeited if loss.kind != "rollover" or loss.unit.name not in levels]
    for unit in made.values():
        steps, level = sum(carry.steps for carry in outs if carry.unit == unit), levels.get(unit.name)
        mine = [one for one in granted if one.own_life and one.kind == "rollover" and one.unit == unit]
        before = [loss for loss in expired if (loss.kind, loss.unit) == ("rollover", unit)]
        if level is not None:
            gone = mine[: len(mine) - len(level.lefts)]
            stays = [one for one in stays if one not in gone]
            mine = mine[len(gone) :]
            ended = [one for one in ended if one not in before]
            ended += [evolve(one, steps=level.ends) for one in before if level.ends]
            cut = [evolve(one, steps=one.steps - level.ends, left_steps=level.ends) for one in before]
            lost += [one for one in cut if one.steps]
        lefts = (steps,) * len(mine) if level is None else level.lefts
        ins += [e.Carry("", one.id, unit, steps, left) for one, left in zip(mine, lefts, strict=True)]
        off = 0 if level is None else level.off * (count - len(mine))
        dead = steps * (count - len(mine))
        over.append(e.Between("rollover", unit, dead, off, 0, 0, dead - off))
    return Run(tuple(stays), (*outs, *ins), tuple(ended), tuple(lost), tuple(over))
