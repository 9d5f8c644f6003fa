"""What time does: buckets start and end, periods close and open, cool-downs are over; each at its own moment, in order.

At one instant: holds lapse, buckets start, buckets whose own life is over expire, the period closes, the plan changes
if that is scheduled, what is left is carried, allowances are granted, debt is paid, auto top-up is judged. Missed
periods happen one after the other, and a run of identical ones is one entry, so that years of silence cost no more
than a few.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, TypeVar

from attrs import evolve, frozen

from tokenpurse import entries as e
from tokenpurse._engine.apply import apply
from tokenpurse._engine.book import Book
from tokenpurse._engine.carrying import bank_cap
from tokenpurse._engine.context import Context, with_repayment
from tokenpurse._engine.ends import first_reminder, own_ends
from tokenpurse._engine.folding import blocking, folded, stretched
from tokenpurse._engine.frame import Frame, frame_of
from tokenpurse._engine.making import period_id
from tokenpurse._engine.opening import open_next
from tokenpurse._engine.paying import term_end
from tokenpurse._engine.reminding import remind
from tokenpurse._engine.renewing import grace_ended
from tokenpurse._engine.returning import lapse
from tokenpurse._engine.streams import turned
from tokenpurse._engine.stretches import stream_due
from tokenpurse._engine.watch import watched
from tokenpurse.buckets import Loss
from tokenpurse.periods import Period
from tokenpurse.statements import Statement
from tokenpurse.units import STEPS_MAX

__all__ = ["State", "commit", "settled"]

Committed = TypeVar("Committed", bound=e.Entry)

_RUN_LEAST = 3
"""Shorter runs are not worth looking for."""

_TICK = timedelta(microseconds=1)


@frozen
class State:
    """A book and its frame, which always belong together."""

    book: Book
    frame: Frame


def commit(state: State, entry: Committed) -> tuple[State, Committed]:
    """Complete a decided entry with what it gives rise to, and apply it."""
    book = apply(state.book, entry)
    full = watched(state.frame, entry, book)
    if full is not entry:
        entry, book = full, apply(state.book, full)
    same = book.plan == state.book.plan and isinstance(entry, e.Spent)
    return State(book, state.frame if same else frame_of(book, state.frame.catalogue)), entry


def settled(state: State, until: datetime) -> tuple[State, list[e.Entry]]:
    """Do all that is due at or before a moment."""
    entries: list[e.Entry] = []
    entry: e.Entry
    while (due := state.frame.due(state.book)) is not None and due <= until:
        due = max(due, state.book.clock)
        state, entry = commit(state, _next(state, due, until))
        entries.append(entry)
    return state, entries


def _next(state: State, due: datetime, until: datetime) -> e.Entry:
    """Find what comes first of all that is due at one moment."""
    ends = (
        _bill(state)
        or remind(state.frame, state.book, _stamp(state.book, due), due)
        or _lapse(state, due)
        or _start(state, due)
        or _expiry(state, due)
    )
    opens = _grace(state, due) or _opening(state, due, until) if ends is None else ends
    return opens or _turning(state, due, until) or _cool_down(state, due)


def _stamp(book: Book, at: datetime) -> dict[str, Any]:
    return {"wallet": book.id, "sequence": book.version + 1, "at": at}


def _bill(state: State) -> e.BillRequested | None:
    """What ran up reached the plan's bound."""
    lines = state.frame.billable(state.book)
    stamp = _stamp(state.book, state.book.clock)
    return e.BillRequested(**stamp, statement=Statement(state.book.period, lines)) if lines else None


def _lapse(state: State, due: datetime) -> e.Lapsed | None:
    """Holds whose deadline has come."""
    return lapse(state.frame, state.book, _stamp(state.book, due), due)


def _start(state: State, due: datetime) -> e.Started | None:
    """Buckets that can be used from now on: first of all, so that what ends at the same moment leaves no gap.

    Where the period ends at this moment too, what it does with a debt comes before that is paid, by its opening.
    """
    names = tuple(bucket.id for bucket in state.book.buckets if not bucket.started and bucket.starts <= due)
    if not names:
        return None
    entry = e.Started(**_stamp(state.book, due), buckets=names)
    return entry if state.book.period.end == due else with_repayment(state.frame, state.book, entry)


def _expiry(state: State, due: datetime) -> e.Expired | None:
    """Buckets whose own life is over."""
    losses = [
        Loss(bucket.id, bucket.kind, bucket.unit, bucket.left_steps, 0)
        for bucket, end in own_ends(state.book)
        if end <= due
    ]
    return e.Expired(**_stamp(state.book, due), expired=tuple(losses)) if losses else None


def _grace(state: State, due: datetime) -> e.Entry | None:
    """A renewal was not paid in its grace."""
    renewal, book = state.book.renewal, state.book
    if renewal is None or book.overdue or book.paused_at is not None or renewal.until > due:
        return None
    return grace_ended(Context(book=book, frame=state.frame, at=due, by=None, stamp=_stamp(book, due)), renewal)


def _opening(state: State, due: datetime, until: datetime) -> e.PeriodOpened | None:
    """The running period is over; with the identical ones that follow, in one entry."""
    end = state.book.period.end
    if end is None or end > due or state.book.paused_at is not None:
        return None
    first = open_next(state.frame, state.book, _stamp(state.book, due))
    return _run(state, first, until) or first


def _turning(state: State, due: datetime, until: datetime) -> e.AllowanceOpened | None:
    """Stretches of allowances with a schedule of their own are over, or a condition is met."""
    moment = stream_due(state.frame.terms, state.book)
    if moment is None or moment > due:
        return None
    entry = turned(state.frame, state.book, _stamp(state.book, due), due)
    return None if entry is None else stretched(state.frame, state.book, entry, until)


def _cool_down(state: State, due: datetime) -> e.ChargeRequested:
    """What else is due: a cool-down or a window is over, and auto top-up still wants a charge; `watch` adds it."""
    return e.ChargeRequested(**_stamp(state.book, due))


# -- runs ----------------------------------------------------------------------------------------------------------


def _run(state: State, first: e.PeriodOpened, until: datetime) -> e.PeriodOpened | None:
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
    second = open_next(frame_of(after, frame.catalogue), after, _stamp(after, first.period.end or until))
    if _effects(first) != _effects(second):
        return None
    schedule = frame.plan.period
    count = min(schedule.distinct(book.period.number, number, book.anchor, book.zone), _bounded(state, first))
    count = _unasked(state, (after, apply(after, second)), count)
    if count < _RUN_LEAST:
        return None
    number = min(number, book.period.number + count)
    number = schedule.number_at(_begin(state, number), book.anchor, book.zone)
    count = schedule.distinct(book.period.number, number, book.anchor, book.zone)
    return _merged(state, first, second, number, count)


def _begin(state: State, number: int) -> datetime:
    return state.frame.plan.period.boundary(number, state.book.anchor, state.book.zone)


def _last_number(state: State, until: datetime) -> int:
    """Number the last period that begins before anything but periods can happen; the running one if none does."""
    book = state.book
    last = until
    if (soon := first_reminder(state.frame.terms.reminders, book)) is not None and soon <= last:
        last = soon - _TICK
    starts = [bucket.starts for bucket in book.buckets if not bucket.started]
    for begins in (*starts, *(end for _, end in own_ends(book)), *blocking(state.frame, book)):
        if begins <= last:
            last = begins - _TICK
    last = min([last, *(hold.until - _TICK for hold in book.holds.values())])
    for moment in (book.retry_at, state.frame.asks_at(book)):
        if moment is not None and book.clock < moment <= last:  # a rest that is over holds nothing back
            last = moment - _TICK
    term = term_end(state.frame.plan, book)
    if (
        state.frame.plan.term is not None
        and term is not None
        and (state.frame.terms.renewal or book.next_at_term or state.frame.plan.once)
    ):
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
        entry.unused,
    )


def _bounded(state: State, first: e.PeriodOpened) -> int:
    """How often the same opening can happen before a bank is full or a debt is paid."""
    book, frame = state.book, state.frame
    most = [STEPS_MAX]
    for carry in first.carried:
        name = carry.unit.name
        if carry.into in _drained(first):
            continue  # it never fills
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


def _merged(state: State, first: e.PeriodOpened, second: e.PeriodOpened, number: int, count: int) -> e.PeriodOpened:
    """Say `count` identical openings, of which `first` and `second` are the first, in one entry."""
    book, frame = state.book, state.frame
    start = _begin(state, number)
    period: Period = frame.period_after(number, start, book.anchor, book.zone)
    renamed = {
        bucket.id: evolve(bucket, id=period_id(bucket.kind, bucket.unit, start), starts=start, expires=period.end)
        for bucket in first.granted
        if bucket.allowance
    }
    drained = _drained(first)
    renamed |= {
        bucket.id: evolve(bucket, id=period_id(bucket.kind, bucket.unit, start), starts=start)
        for bucket in first.granted
        if bucket.id in drained
    }
    granted = tuple(renamed.get(bucket.id, bucket) for bucket in first.granted)
    repaid = tuple(
        evolve(
            one,
            steps=one.steps * count,
            after_steps=one.after_steps - one.steps * (count - 1),
            draws=tuple(evolve(draw, bucket=renamed[draw.bucket].id) for draw in one.draws),
        )
        for one in first.repaid
    )
    carried = []
    for carry in first.carried:
        more = (count - 1) * sum(other.steps for other in first.carried if other.into == carry.into)
        if carry.into in drained:
            carried.append(evolve(carry, into=renamed[carry.into].id))
        else:
            carried.append(evolve(carry, left_steps=carry.left_steps + more))
    return evolve(
        first,
        at=start,
        period=period,
        count=count,
        granted=granted,
        carried=tuple(carried),
        repaid=repaid,
        between=tuple(_between(first, count - 1)),
        last=_last_of(state, second, start),
        turns=_folded(state, start, count),
    )


def _folded(state: State, start: datetime, count: int) -> tuple[e.Turn, ...]:
    """Say what became inside a run of allowances with a schedule of their own."""
    book, frame = state.book, state.frame
    if not book.streams:
        return ()
    number = frame.plan.period.number_at(start - _TICK, book.anchor, book.zone)
    return folded(frame, book, Period(number, _begin(state, number), start), start, count)


def _drained(first: e.PeriodOpened) -> frozenset[str]:
    """Banks that pay a debt as soon as they are filled, where what fills them is locked: each period has its own."""
    banks = {bucket.id for bucket in first.granted if not bucket.allowance}
    return frozenset(draw.bucket for one in first.repaid for draw in one.draws if draw.bucket in banks)


def _between(first: e.PeriodOpened, times: int) -> Iterator[e.Between]:
    """Sum up what the periods inside a run granted and what became of it, by kind."""
    for bucket in first.granted:
        if not bucket.allowance:
            continue
        repaid = sum(draw.steps for one in first.repaid for draw in one.draws if draw.bucket == bucket.id)
        forfeited = sum(loss.steps for loss in first.forfeited if loss.kind == bucket.kind and loss.unit == bucket.unit)
        carried = bucket.granted_steps - repaid - forfeited
        if any(carry.into in _drained(first) for carry in first.carried if carry.unit == bucket.unit):
            repaid, carried = repaid + carried, 0
        yield e.Between(
            bucket.kind, bucket.unit, bucket.granted_steps * times, forfeited * times, carried * times, repaid * times
        )
