"""Allowances with a schedule of their own: what their stretches closed and granted, against what ran before."""

from __future__ import annotations

from collections.abc import Iterator

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse._engine.stretches import postponed
from tokenpurse._history.flows import turns_in
from tokenpurse.entries import Stream, Turn
from tokenpurse.errors import ClockError
from tokenpurse.periods import Period, Schedule
from tokenpurse.units import STEPS_MAX

__all__ = ["contradictions"]


def contradictions(before: Book | None, entry: e.Entry, after: Book) -> Iterator[str]:
    """Compare each turn with the stream that ran, and a pause with the ends that it moved."""
    if before is None:
        return
    turns = turns_in(entry)
    if isinstance(entry, e.AllowanceOpened) and not turns:
        yield "nothing turned in it"
    if len({turn.stream.key for turn in turns}) < len(turns):
        yield "an allowance turned twice in it"
    for turn in turns:
        was = before.streams.get(turn.stream.key)
        yield from _buckets(was, turn)
        yield from _placed(entry, turn)
        yield from _laid(before, entry, turn)
        yield from _granted(before, turn, after)
        yield from _summed(before, entry, turn)
    if isinstance(entry, e.Resumed):
        lost = entry.at - entry.since
        if entry.streams != tuple(postponed(one, lost, before.zone) for one in before.streams.values()):
            yield "its allowances do not end later by the time that it was paused"


def _name(stream: Stream) -> str:
    return f"{stream.kind} of {stream.unit}"


def _buckets(was: Stream | None, turn: Turn) -> Iterator[str]:
    """Compare the buckets that ended, and those that end with the stretch, with those that there were."""
    stream = turn.stream
    there = () if was is None else was.buckets
    losses, mine = {loss.bucket for loss in turn.expired}, {bucket.id for bucket in turn.granted}
    if not losses <= {*there} - {*stream.buckets} or not {*stream.buckets} <= {*there} | mine:
        yield f"of {_name(stream)} end {', '.join(stream.buckets)}, and {', '.join(sorted(losses))} were lost"


def _placed(entry: e.Entry, turn: Turn) -> Iterator[str]:
    """Compare what was granted with the stream and the moment that it is of."""
    stream = turn.stream
    for bucket in turn.granted:
        start = stream.stretch.start if turn.count else entry.at
        same = (bucket.unit, bucket.kind, bucket.starts) == (stream.unit, stream.kind, start)
        if not same or not bucket.kept or bucket.allowance:
            yield f"bucket {bucket.id} is not of the stretch from {start}"
    if isinstance(entry, e.PeriodOpened):
        if not turn.count or stream.stretch.start >= entry.at:
            yield f"a stretch from {stream.stretch.start} is not inside its run"
    elif turn.count and stream.stretch.start != entry.at:
        yield f"its stretch starts at {stream.stretch.start}, and it is of {entry.at}"


def _laid(before: Book, entry: e.Entry, turn: Turn) -> Iterator[str]:
    """Compare a stretch with the one that it follows."""
    stream, was = turn.stream, before.streams.get(turn.stream.key)
    if was is not None and not turn.count and was.stretch == stream.stretch:
        if (was.part, was.anchor, was.window) != (stream.part, stream.anchor, stream.window):
            yield f"a stretch of {_name(stream)} changed while it ran"
    elif not _follows(was, turn):
        yield f"{turn.count} stretches of {_name(stream)} opened, not one after the other"
    else:
        yield from _opened(before, entry, turn)


def _opened(before: Book, entry: e.Entry, turn: Turn) -> Iterator[str]:
    """Compare a new stretch with what lays it: a schedule of its own, or the period."""
    stream, every = turn.stream, turn.stream.every
    if stream.next not in {None, stream.stretch.end} or (stream.window is not None and stream.window.number):
        yield f"{_name(stream)} turns at {stream.next}, its stretch ends at {stream.stretch.end}"
    if every is not None:
        try:
            yield from _scheduled(before, turn, every)
        except ClockError as problem:
            yield f"its schedule of {_name(stream)} has no such stretch: {problem}"
    else:
        yield from _of_period(before, entry, turn)


def _of_period(before: Book, entry: e.Entry, turn: Turn) -> Iterator[str]:
    """Compare a stretch without a schedule of its own with the period that it is."""
    stream = turn.stream
    if stream.part != (1, 1):
        yield f"a stretch of {_name(stream)} grants {stream.part[0]} of {stream.part[1]}"
    elif isinstance(entry, e.PeriodOpened):
        if turn.count != entry.count - 1 or stream.stretch.end != entry.period.start:
            yield f"{turn.count} stretches of {_name(stream)} opened in {entry.count} periods"
    elif stream.stretch != before.period:
        yield f"its stretch of {_name(stream)} is not the running period"


def _follows(was: Stream | None, turn: Turn) -> bool:
    """Tell whether as many stretches opened as were over: none of them where something else led to it."""
    begins, start = None if was is None else was.next, turn.stream.stretch.start
    if begins is None or begins > start:
        return turn.count == 0
    return turn.count == 1 if begins == start else turn.count > 1


def _scheduled(before: Book, turn: Turn, every: Schedule) -> Iterator[str]:
    """Compare a stretch with the schedule that it is of."""
    stream, was = turn.stream, before.streams.get(turn.stream.key)
    found = every.period_at(stream.stretch.start, stream.anchor, before.zone)
    whole = every.whole(found.number, stream.anchor, before.zone)
    if stream.stretch != Period(found.number, stream.stretch.start, found.end):
        yield f"{stream.stretch} is no stretch of {every!r}"
    shares = {(1, 1)} if turn.count else {(1, 1), (0, 1), (stream.stretch.microseconds, whole.microseconds)}
    if stream.part not in shares:
        yield f"a stretch of {_name(stream)} grants {stream.part[0]} of {stream.part[1]}"
    if turn.count and was is not None and was.next is not None:
        first = every.number_at(was.next, stream.anchor, before.zone)
        if turn.count != 1 + every.distinct(first, found.number, stream.anchor, before.zone):
            yield f"{turn.count} stretches of {_name(stream)} opened since {was.next}"


def _granted(before: Book, turn: Turn, after: Book) -> Iterator[str]:
    """Compare what was granted with the figures that count it."""
    stream, was = turn.stream, before.streams.get(turn.stream.key)
    goes_on = was is not None and not turn.count and was.stretch == stream.stretch
    more = stream.given_steps - (was.given_steps if was is not None and goes_on else 0)
    steps = sum(bucket.granted_steps for bucket in turn.granted)
    total = sum(held.there_steps for held in after.buckets if held.unit.name == stream.unit.name)
    brought = before.version == 1 and was is None and not turn.granted
    if more < steps or (more > steps and total < STEPS_MAX and not brought):
        yield f"{steps:,} of {_name(stream)} were granted, and {more:,} by the balance"


def _summed(before: Book, entry: e.Entry, turn: Turn) -> Iterator[str]:
    """Compare the sums of a run, and of a ceiling, with what each stretch granted."""
    stream, was = turn.stream, before.streams.get(turn.stream.key)
    goes_on = was is not None and not turn.count and was.stretch == stream.stretch
    more = stream.given_steps - (was.given_steps if was is not None and goes_on else 0)
    folded = isinstance(entry, e.PeriodOpened) and stream.window is not None
    between = stream.given_steps * max(0, turn.count - 1)
    if turn.between_steps < 0 or (turn.between_steps != between and not folded):
        yield f"{turn.count} stretches of {_name(stream)} granted {between:,} before the last, not as it says"
    same = was is not None and was.window is not None and was.window == stream.window
    used = 0 if stream.window is None else (was.window_steps if was is not None and same else 0) + more
    used += 0 if stream.window is None or (folded and not same) else turn.between_steps
    if stream.window_steps < used or (stream.window_steps > used and not folded):
        yield f"{_name(stream)} granted {used:,} below its ceiling, and {stream.window_steps:,} by the balance"
