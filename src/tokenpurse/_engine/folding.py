"""Years of silence in closed form: stretches that turn in the same way, one after the other, without anybody looking.

A run is safe where each of its turns takes out untouched what the one before put in: then no level moves, nothing that
is watched crosses a line, and nothing pays a debt. A ceiling makes levels move, so what has one is folded over its
windows only where nothing looks at what is left of its unit.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from attrs import evolve, frozen

from tokenpurse import entries as e
from tokenpurse._engine.apply import apply
from tokenpurse._engine.apply.turning import waiting
from tokenpurse._engine.book import Book
from tokenpurse._engine.frame import Frame, frame_of
from tokenpurse._engine.making import full_bucket, stream_id
from tokenpurse._engine.stretches import calls, present, window_after
from tokenpurse.buckets import Bucket, Loss
from tokenpurse.entries import Stream, Turn
from tokenpurse.entries.turning import StreamKey
from tokenpurse.periods import Anchor, Period, Schedule
from tokenpurse.periods.moments import END
from tokenpurse.plans.terms import AllowanceTerms

__all__ = ["blocking", "folded", "stretched"]

_TICK = timedelta(microseconds=1)
_HOUR = timedelta(hours=1)


def stretched(frame: Frame, book: Book, entry: e.AllowanceOpened, until: datetime) -> e.AllowanceOpened:
    """Put the identical turns that follow into the entry, as far as nothing else happens before they do."""
    mine, streams = present(frame.terms, book), [turn.stream for turn in entry.turns]
    first = streams[0]
    alike = all((one.every, one.anchor, one.stretch) == (first.every, first.anchor, first.stretch) for one in streams)
    every = first.every
    if every is None or entry.repaid or not alike or not all(_steady(turn, mine, book) for turn in entry.turns):
        return entry
    after = apply(book, entry)
    others = frame_of(after, frame.catalogue).due(waiting(after, {one.key for one in streams}))
    last = until if others is None else min(until, others - _TICK)
    most = None
    for turn in entry.turns:
        one, stream = mine[turn.stream.key], turn.stream
        if one.ceiling is not None and stream.window is not None:
            last = last if stream.window.end is None else min(last, stream.window.end - _TICK)
            room = _repeats(one, turn, book)
            most = room if most is None else most if room is None else min(most, room)
    if stream_end(first) > last:
        return entry
    number = every.number_at(last, first.anchor, book.zone)
    if most is not None and every.distinct(first.stretch.number, number, first.anchor, book.zone) > most:
        begin = every.boundary(first.stretch.number + most, first.anchor, book.zone)
        number = every.number_at(begin, first.anchor, book.zone)
    more = every.distinct(first.stretch.number, number, first.anchor, book.zone)
    if more < 1:
        return entry
    start = every.boundary(number, first.anchor, book.zone)
    return evolve(entry, at=start, turns=tuple(_longer(turn, more, start, book.zone) for turn in entry.turns))


def stream_end(stream: Stream) -> datetime:
    """The end of the running stretch."""
    return END if stream.stretch.end is None else stream.stretch.end


def _steady(turn: Turn, mine: dict[StreamKey, AllowanceTerms], book: Book) -> bool:
    """Tell whether a turn took out, untouched, just what it put in, and the next one will do the same."""
    one = mine.get(turn.stream.key)
    if one is None or one.life is not None or turn.count != 1 or turn.stream.next is None:
        return False
    given = turn.stream.given_steps
    same = sum(loss.steps for loss in turn.expired) == sum(bucket.granted_steps for bucket in turn.granted) == given
    same = same and (one.ceiling is not None or given == one.amount(book.counts))
    return same and _untouched(book, book.streams[turn.stream.key])


def _untouched(book: Book, stream: Stream) -> bool:
    lots = [held for held in book.buckets if held.id in stream.buckets]
    return all(held.left_steps == held.granted_steps for held in lots)


def _repeats(one: AllowanceTerms, turn: Turn, book: Book) -> int | None:
    """Say how often a ceiling lets the same be granted once more; `None`: always."""
    given = turn.stream.given_steps
    if given == 0:
        return None
    return ((one.ceiling or 0) - turn.stream.window_steps) // given if given == one.amount(book.counts) else 0


def _longer(turn: Turn, more: int, start: datetime, zone: str) -> Turn:
    """Let a turn stand for so many more that follow, the last of them at `start`."""
    stream, given = turn.stream, turn.stream.given_steps
    every = stream.every or _NEVER
    stretch = every.period_at(start, stream.anchor, zone)
    granted = tuple(
        evolve(one, id=stream_id(one.kind, one.unit, start), starts=start, expires=stretch.end) for one in turn.granted
    )
    stream = evolve(
        stream,
        stretch=stretch,
        next=stretch.end,
        buckets=tuple(one.id for one in granted),
        window_steps=stream.window_steps + (given * more if stream.window is not None else 0),
    )
    return evolve(turn, stream=stream, count=turn.count + more, granted=granted, between_steps=given * more)


_NEVER = Schedule("once", 1, "once")


# -- inside a run of periods ---------------------------------------------------------------------------------------


def blocking(frame: Frame, book: Book) -> Iterator[datetime]:
    """Go through the moments at which stretches turn in a way that no run of periods can stand for."""
    mine = present(frame.terms, book)
    for key, stream in book.streams.items():
        if stream.next is not None and not (key in mine and _folds(frame, book, mine[key], stream)):
            yield stream.next


def _folds(frame: Frame, book: Book, one: AllowanceTerms, stream: Stream) -> bool:
    if one.life is not None or book.debts.get(one.unit.name) or book.counts_next:
        return False
    if not _untouched(book, stream) or not _goes_on(frame, book, one):
        return False
    if one.ceiling is not None:
        return one.every is not None and not _is_watched(frame, book, one)
    held = sum(held.left_steps for held in book.buckets if held.id in stream.buckets)
    return held == one.amount(book.counts) == stream.given_steps


def _goes_on(frame: Frame, book: Book, one: AllowanceTerms) -> bool:
    """Tell whether what it waits for, if anything, holds, and time changes nothing of that."""
    if one.bought is not None:
        return calls(one, book)
    terms, unit = frame.terms, one.unit
    made = {other.kind for other in (*terms.allowances, *terms.streams) if other.unit == unit}
    made |= {"rollover"} if unit.name in terms.banks else set()
    there = {held.kind for held in book.buckets if held.unit == unit and held.there_steps}
    return one.empty.isdisjoint(made | there)


def _is_watched(frame: Frame, book: Book, one: AllowanceTerms) -> bool:
    """Tell whether something looks at what is left of its unit."""
    name, setting = one.unit.name, book.auto_top_up
    alerts = (alert for alert in frame.terms.alerts if alert.notify and alert.watch == "left")
    waiting = (other for other in frame.terms.streams if other.unit.name == name and one.kind in other.empty)
    return (
        any(alert.unit.name == name for alert in alerts)
        or any(True for _ in waiting)
        or (setting is not None and setting.off is None and setting.unit.name == name)
    )


def folded(frame: Frame, book: Book, period: Period, start: datetime, count: int) -> tuple[Turn, ...]:
    """Say what becomes of streams inside a run of periods.

    Args:
        frame: of the plan.
        book: before the run.
        period: the last one but one of the run.
        start: where the last one starts: what turns there does so after it has opened.
        count: how many periods open.
    """
    mine = present(frame.terms, book)
    turns = []
    for key, stream in book.streams.items():
        if stream.next is None or stream.next >= start:
            continue
        if stream.every is None:
            turns.append(_turned(mine[key], stream, book, period, count - 1))
            continue
        number = stream.every.number_at(start - _TICK, stream.anchor, book.zone)
        first = stream.every.number_at(stream.next, stream.anchor, book.zone)
        more = stream.every.distinct(first, number, stream.anchor, book.zone)
        found = stream.every.period_at(start - _TICK, stream.anchor, book.zone)
        stretch = found if more else Period(number, stream.next, found.end)
        if mine[key].ceiling is None:
            turns.append(_turned(mine[key], stream, book, stretch, more + 1))
        else:
            grants = _ceiled(frame, book, mine[key], stream, stretch)
            turns.append(_turned(mine[key], stream, book, stretch, more + 1, grants))
    order = list(mine)
    turns.sort(key=lambda turn: (turn.stream.stretch.start, order.index(turn.stream.key)))
    return tuple(turns)


@frozen
class _Grants:
    """What a ceiling let through in a run: in all, by its last turn, and in its last window."""

    total: int
    last: int
    window: Period | None = None
    used: int = 0


def _turned(
    one: AllowanceTerms, stream: Stream, book: Book, stretch: Period, count: int, grants: _Grants | None = None
) -> Turn:
    """Say so many turns, of which the last opens a stretch, as one."""
    amount = one.amount(book.counts)
    grants = _Grants(amount * count, amount) if grants is None else grants
    lots = [held for held in book.buckets if held.id in stream.buckets]
    granted: tuple[Bucket, ...] = ()
    if grants.last:
        name = stream_id(one.kind, one.unit, stretch.start)
        lot = full_bucket(name, one.kind, one.unit, grants.last, stretch.start, expires=stretch.end, kept=True)
        granted = (evolve(lot, priority=one.priority, scope=one.scope),)
    after = Stream(
        unit=one.unit,
        kind=one.kind,
        every=stream.every,
        stretch=stretch,
        anchor=stream.anchor if stream.every is not None else book.anchor,
        given_steps=grants.last,
        buckets=tuple(one.id for one in granted),
        next=stretch.end,
        window=grants.window,
        window_steps=grants.used,
    )
    expired = tuple(Loss(lot.id, lot.kind, lot.unit, lot.left_steps, 0) for lot in lots)
    between = grants.total - grants.last
    return Turn(stream=after, count=count, expired=expired, granted=granted, between_steps=between)


def _ceiled(frame: Frame, book: Book, one: AllowanceTerms, stream: Stream, stretch: Period) -> _Grants:
    """Sum what turns grant under a ceiling, window by window; whole windows that all reach it are counted at once."""
    every, windows, most = stream.every or _NEVER, one.ceiling_every or frame.plan.period, one.ceiling or 0
    counted_from = book.anchor if one.ceiling_every is None else stream.anchor
    amount, begin, end = one.amount(book.counts), stream.next or stretch.start, stretch.start
    window, used, total, last = stream.window, stream.window_steps, 0, 0
    reaches = _reaches(every, windows, amount, most)
    while True:
        laid = windows.period_at(begin, counted_from, book.zone)
        over = window is None or (window.end is not None and window.end <= begin)
        if over or (one.ceiling_every is None and (window is None or window.start != laid.start)):
            before = None if one.ceiling_every is None else window
            window, used = window_after(before, laid, windows, counted_from, book.zone), 0
        final = window is None or window.end is None or end < window.end
        until = end if final or window is None or window.end is None else window.end - _TICK
        count = _count(every, begin, until, stream.anchor, book.zone)
        last = max(0, min(amount, most - used - amount * (count - 1)))
        granted = min(amount * count, max(0, most - used))
        total, used = total + granted, used + granted
        if final:
            return _Grants(total, last, window, used)
        following = every.period_at(until, stream.anchor, book.zone).end
        begin = end if following is None else following
        opens = windows.period_at(begin, counted_from, book.zone).start
        if reaches and (window is None or window.end is None or window.end <= opens):  # else it is joined
            here = windows.number_at(begin, counted_from, book.zone)
            there = windows.number_at(end, counted_from, book.zone)
            whole = windows.distinct(here, there, counted_from, book.zone)
            total += most * whole
            begin = (
                begin if not whole else _first_in(every, windows.boundary(there, counted_from, book.zone), stream, book)
            )


def _reaches(every: Schedule, windows: Schedule, amount: int, most: int) -> bool:
    """Tell whether every whole window holds enough turns to come to its ceiling."""
    short, long = every.shortest, windows.shortest
    if short is None or long is None:
        return False
    if every.form != "elapsed":  # clocks are set back, and months and years have a tenth more at most
        short += _HOUR + (short / 9 if every.step in {"months", "years"} else timedelta())
    return amount * ((long - _HOUR) // short) >= most


def _count(every: Schedule, first: datetime, last: datetime, anchor: Anchor, zone: str) -> int:
    """Count the boundaries from one, inclusive, up to a moment, inclusive."""
    begin, end = every.number_at(first, anchor, zone), every.number_at(last, anchor, zone)
    return 1 + every.distinct(begin, end, anchor, zone)


def _first_in(every: Schedule, begin: datetime, stream: Stream, book: Book) -> datetime:
    """Find the first boundary that is not before a moment."""
    found = every.period_at(begin, stream.anchor, book.zone)
    return begin if found.start == begin or found.end is None else found.end
