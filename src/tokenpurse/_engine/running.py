"""Runs: many openings that do the same, one after the other, as one entry; years of silence cost no more than a few."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve, frozen

from tokenpurse import entries as e
from tokenpurse._engine.apply import apply
from tokenpurse._engine.book import Book
from tokenpurse._engine.carrying import bank_cap
from tokenpurse._engine.ends import first_reminder, own_ends
from tokenpurse._engine.folding import blocking, folded
from tokenpurse._engine.frame import Frame, frame_of
from tokenpurse._engine.lots import can_fold, is_untouched, lot_end, lots_inside, outlived
from tokenpurse._engine.making import period_id
from tokenpurse._engine.opening import open_next
from tokenpurse._engine.paying import term_over
from tokenpurse._engine.rolling import Steady, passed_on, steady
from tokenpurse._engine.stretches import stream_due
from tokenpurse.buckets import Bucket
from tokenpurse.periods import Period
from tokenpurse.units import STEPS_MAX, Unit

__all__ = ["State", "run_of", "stamp_at"]

_RUN_LEAST = 3
"""Shorter runs are not worth looking for."""

_TICK = timedelta(microseconds=1)


@frozen
class State:
    """A book and its frame, which always belong together."""

    book: Book
    frame: Frame


def stamp_at(book: Book, at: datetime) -> dict[str, Any]:
    """The fields of an entry that time makes."""
    return {"wallet": book.id, "sequence": book.version + 1, "at": at}


def run_of(state: State, first: e.PeriodOpened, until: datetime) -> e.PeriodOpened | None:
    """Put an opening and the identical ones that follow into one entry; `None`: there are none worth it.

    The second opening is decided in full too. If both do the same, so do all that follow until something ends by
    itself, the bank is full, or a debt is paid; figures only ever grow by the same amount each time. The first
    closes untouched allowances then, or it would lose or carry less than the second: so no kind's level falls, and no
    line is crossed and no charge asked for inside a run. Lines that levels rise above are re-armed on the merged entry.
    """
    book, frame = state.book, state.frame
    number = _last_number(state, until)
    if number - book.period.number < _RUN_LEAST or first.statement or first.previous or first.requests:
        return None
    first_number = book.period.number  # before 0 where a change of schedule left a period that ends at boundary 0
    if first_number < 0 or (
        frame.period_after(first_number, _begin(state, first_number), book.anchor, book.zone) != book.period
    ):
        return None  # the first period after a change of zone or an early reset is not like the others
    after = apply(book, first)
    if first.counts and stream_due(frame.terms, after) == after.clock:
        return None  # what a count that changed adds is granted before the next period opens
    levels = steady(frame, book, after, first)
    if not can_fold(frame, book, first, levels):
        return None
    second = open_next(frame_of(after, frame.catalogue), after, stamp_at(after, first.period.end or until))
    if _effects(first) != _effects(second):
        return None
    schedule = frame.plan.period
    count = min(schedule.distinct(book.period.number, number, book.anchor, book.zone), _bounded(state, first))
    count = _unasked(state, (after, apply(after, second)), count)
    if count < max([_RUN_LEAST, *(level.periods for level in levels.values())]):
        return None
    number = min(number, book.period.number + count)
    number = schedule.number_at(_begin(state, number), book.anchor, book.zone)
    count = schedule.distinct(book.period.number, number, book.anchor, book.zone)
    return _merged(state, (first, second), number, count, levels)


def _begin(state: State, number: int) -> datetime:
    return state.frame.plan.period.boundary(number, state.book.anchor, state.book.zone)


def _last_number(state: State, until: datetime) -> int:
    """Number the last period that begins before anything but periods can happen; the running one if none does."""
    book = state.book
    last = until
    if (soon := first_reminder(state.frame.terms.reminders, book)) is not None and soon <= last:
        last = soon - _TICK
    starts = [bucket.starts for bucket in book.buckets if not bucket.started]
    ends = [end for bucket, end in own_ends(book) if not is_untouched(bucket)]
    for begins in (*starts, *ends, *blocking(state.frame, book)):
        if begins <= last:
            last = begins - _TICK
    last = min([last, *(hold.until - _TICK for hold in book.holds.values())])
    for moment in (book.retry_at, state.frame.asks_at(book)):
        if moment is not None and book.clock < moment <= last:  # a rest that is over holds nothing back
            last = moment - _TICK
    plan, term = state.frame.plan, term_over(state.frame.plan, book)
    if plan.term is not None and term is not None and (state.frame.terms.renewal or book.next_at_term or plan.once):
        last = min(last, term - _TICK)
    if book.period.end is None or last < book.period.end:
        return book.period.number
    return state.frame.plan.period.number_at(last, book.anchor, book.zone)


def _effects(entry: e.PeriodOpened) -> object:
    """What an opening does, without saying when. A bucket's id begins with its kind."""
    return (
        sorted((loss.kind, loss.unit.name, loss.steps) for loss in entry.forfeited),
        sorted((carry.bucket.partition(":")[0], carry.unit.name, carry.steps) for carry in entry.carried),
        [(bucket.kind, bucket.unit.name, bucket.granted_steps, bucket.priority) for bucket in entry.granted],
        [(one.unit.name, one.steps, [(draw.kind, draw.steps) for draw in one.draws]) for one in entry.repaid],
        entry.forgiven,
        entry.carries,
        [evolve(one, expires=None) for one in entry.unused],
    )


def _bounded(state: State, first: e.PeriodOpened) -> int:
    """How often the same opening can happen before a bank is full or a debt is paid."""
    book, frame = state.book, state.frame
    most = [STEPS_MAX]
    drained = _drained(first) | {bucket.id for bucket in first.granted if bucket.own_life}
    for carry in first.carried:
        name = carry.unit.name
        if carry.into in drained:
            continue  # it never fills, or there is room for all that lives at a time
        held = sum(bucket.there_steps for bucket in book.buckets if bucket.unit.name == name)
        bank = sum(
            bucket.there_steps for bucket in book.buckets if bucket.unit.name == name and bucket.kind == "rollover"
        )
        cap = bank_cap(frame, book, name)
        room = STEPS_MAX - held if cap is None else min(cap - bank, STEPS_MAX - held)
        most.append(room // sum(other.steps for other in first.carried if other.unit == carry.unit))
    most += [book.debts[one.unit.name] // one.steps for one in first.repaid]
    return min(most)


def _unasked(state: State, openings: tuple[Book, Book], count: int) -> int:
    """How many openings leave it as it is what auto top-up waits for: the maxima let through more as levels rise.

    Args:
        state: before the run.
        openings: the books after the first and the second one.
        count: how many there would be.
    """
    frame, book = state.frame, state.book
    auto = frame.terms.auto_top_up
    if auto is None or (ask := frame.asks(book)) is None or not ask.held_back:
        return count
    level, second = (frame_of(opened, frame.catalogue).counted(opened, auto) for opened in openings)
    more = second - level

    def changes(opening: int) -> int:
        reached = level + (opening - 1) * more
        return frame.asks(book, level=reached) is None or frame.asks_at(book, reached) != frame.asks_at(book)

    return bisect_left(range(1, count + 1), 1, key=changes)  # the first that does comes after those that do not


def _last_of(state: State, second: e.PeriodOpened, start: datetime) -> e.LastPeriod | None:
    """Say what is kept of the last period that closed in a run: untouched, as the one the second opening closed."""
    last, book = second.last, state.book
    if last is None or second.closed.end is None:
        return None
    number = state.frame.plan.period.number_at(start - _TICK, book.anchor, book.zone)
    begin = _begin(state, number)
    return evolve(
        last,
        period=Period(number, begin, start),
        until=start + (last.until - second.closed.end),
        rests=tuple(evolve(loss, bucket=period_id(loss.kind, loss.unit, begin)) for loss in last.rests),
    )


def _merged(
    state: State, openings: tuple[e.PeriodOpened, e.PeriodOpened], number: int, count: int, levels: Mapping[str, Steady]
) -> e.PeriodOpened:
    """Say `count` identical openings, of which these are the first two, in one entry."""
    book, frame = state.book, state.frame
    first, second = openings
    start = _begin(state, number)
    period: Period = frame.period_after(number, start, book.anchor, book.zone)
    drained = _drained(first)
    mine = [one for one in first.granted if one.allowance or one.own_life or one.id in drained]
    renamed = {one.id: _renamed(state, one, period) for one in mine}
    lots = lots_inside(frame, book, first.granted, period)
    granted = (*lots, *(renamed.get(bucket.id, bucket) for bucket in first.granted))
    outlasted = outlived(book, first, start)
    run = passed_on(first, granted, outlasted["expired"], count, levels)
    names = {name: bucket.id for name, bucket in renamed.items() if name in drained}
    return evolve(
        first,
        at=start,
        period=period,
        count=count,
        granted=run.granted,
        **{**outlasted, "expired": run.expired, "forfeited": run.forfeited},
        carried=(*run.carried, *_carried(first, {one.unit for one in run.over}, names, count)),
        repaid=_repaid(first, renamed, count),
        between=(*_between(first, lots, count - 1), *run.over),
        last=_last_of(state, second, start),
        turns=_folded(state, start, count),
    )


def _repaid(first: e.PeriodOpened, renamed: Mapping[str, Bucket], count: int) -> tuple[e.Repaid, ...]:
    """Say what a run paid of debts, out of the buckets that there are at its end."""
    return tuple(
        evolve(
            one,
            steps=one.steps * count,
            after_steps=one.after_steps - one.steps * (count - 1),
            draws=tuple(evolve(draw, bucket=renamed[draw.bucket].id) for draw in one.draws),
        )
        for one in first.repaid
    )


def _carried(
    first: e.PeriodOpened, ending: Collection[Unit], renamed: Mapping[str, str], count: int
) -> Iterator[e.Carry]:
    """Say what a run carried into banks that never end; those that a debt drained have another name at its end."""
    for carry in first.carried:
        more = (count - 1) * sum(other.steps for other in first.carried if other.into == carry.into)
        if carry.into in renamed:
            yield evolve(carry, into=renamed[carry.into])
        elif carry.unit not in ending:
            yield evolve(carry, left_steps=carry.left_steps + more)


def _folded(state: State, start: datetime, count: int) -> tuple[e.Turn, ...]:
    """Say what became inside a run of allowances with a schedule of their own."""
    book, frame = state.book, state.frame
    if not book.streams:
        return ()
    number = frame.plan.period.number_at(start - _TICK, book.anchor, book.zone)
    return folded(frame, book, Period(number, _begin(state, number), start), start, count)


def _renamed(state: State, bucket: Bucket, period: Period) -> Bucket:
    """Let what the first opening of a run made be what the last one makes."""
    ends = period.end if bucket.allowance else bucket.expires
    if bucket.own_life:
        ends = lot_end(state.frame, state.book, bucket, period)
    name = period_id(bucket.kind, bucket.unit, period.start)
    return evolve(bucket, id=name, starts=period.start, expires=ends)


def _drained(first: e.PeriodOpened) -> frozenset[str]:
    """Banks that pay a debt as soon as they are filled, where what fills them is locked: each period has its own."""
    banks = {bucket.id for bucket in first.granted if not bucket.allowance}
    return frozenset(draw.bucket for one in first.repaid for draw in one.draws if draw.bucket in banks)


def _between(first: e.PeriodOpened, lots: Sequence[Bucket], times: int) -> Iterator[e.Between]:
    """Sum up what the periods inside a run granted and what became of it, by kind; what still lives aside."""
    for bucket in first.granted:
        if not bucket.allowance:
            continue
        if bucket.own_life:
            alive = sum((one.kind, one.unit) == (bucket.kind, bucket.unit) for one in lots)
            ended = bucket.granted_steps * (times - alive)
            yield e.Between(bucket.kind, bucket.unit, ended, 0, 0, 0, ended)
            continue
        repaid = sum(draw.steps for one in first.repaid for draw in one.draws if draw.bucket == bucket.id)
        forfeited = sum(loss.steps for loss in first.forfeited if loss.kind == bucket.kind and loss.unit == bucket.unit)
        carried = bucket.granted_steps - repaid - forfeited
        if any(carry.into in _drained(first) for carry in first.carried if carry.unit == bucket.unit):
            repaid, carried = repaid + carried, 0
        yield e.Between(
            bucket.kind, bucket.unit, bucket.granted_steps * times, forfeited * times, carried * times, repaid * times
        )
