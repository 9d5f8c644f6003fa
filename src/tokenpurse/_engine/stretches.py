"""Where allowances with a schedule or a condition of their own stand: what runs, what is wanted, what is due.

What only time changes is a moment that the book knows. All else (a kind that is empty, a purchase, a plan or a count
that changed) is judged when something happened, so that how time is stepped makes no difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypeAlias

from attrs import evolve

from tokenpurse._engine.book import Book
from tokenpurse.entries import Stream
from tokenpurse.entries.turning import StreamKey
from tokenpurse.periods import Anchor, Period, Schedule, later
from tokenpurse.plans.terms import AllowanceTerms, Terms

__all__ = [
    "Levels",
    "by_themselves",
    "calls",
    "levels_of",
    "postponed",
    "present",
    "runs",
    "stream_due",
    "wanted",
    "window_after",
]

Levels: TypeAlias = Mapping[tuple[str, str], int]
"""What is left and held, by unit and kind."""


def present(terms: Terms, book: Book) -> dict[StreamKey, AllowanceTerms]:
    """List the plan's own, by key, in the order in which they turn; none where the plan ended unpaid.

    What is given at once comes first, and what waits for fewer kinds before what may wait for it to be empty, too.
    """
    ordered = sorted(terms.streams, key=lambda one: (one.given != "at_once", len(one.empty)))
    return {} if book.unpaid else {one.key: one for one in ordered}


def by_themselves(mine: Mapping[StreamKey, AllowanceTerms]) -> frozenset[StreamKey]:
    """List those whose stretches open by themselves: one that is claimed may have turned so on another plan."""
    return frozenset(key for key, one in mine.items() if one.given != "on_claim")


def runs(stream: Stream, book: Book, at: datetime) -> bool:
    """Tell whether a stretch is not over: of one with the plan's period, whether that still runs."""
    if stream.every is None:
        return stream.stretch.start == book.period.start
    return stream.stretch.end is None or at < stream.stretch.end


def levels_of(book: Book) -> dict[tuple[str, str], int]:
    """Sum what buckets that have started have left and held."""
    levels: dict[tuple[str, str], int] = {}
    for held in book.buckets:
        if held.started:
            key = held.unit.name, held.kind
            levels[key] = levels.get(key, 0) + held.there_steps
    return levels


def calls(one: AllowanceTerms, book: Book, levels: Levels | None = None) -> bool:
    """Tell whether it is to be granted by itself now: what is given on claim never is."""
    if one.given == "when_empty":
        there = levels_of(book) if levels is None else levels
        return not any(there.get((one.unit.name, kind)) for kind in one.empty)
    if one.bought is not None:
        return book.bought.get(one.bought.unit.name, 0) >= one.bought.steps
    return one.given == "at_once"


def wanted(one: AllowanceTerms, stream: Stream, book: Book) -> int:
    """Work out how much more the running stretch grants, below its ceiling; what the condition says aside."""
    over, whole = stream.part
    want = max(0, one.amount(book.counts) * over // whole - stream.given_steps)
    if one.ceiling is None:
        return want
    return min(want, max(0, one.ceiling - stream.window_steps))


def window_after(last: Period | None, laid: Period, every: Schedule, anchor: Anchor, zone: str) -> Period:
    """Open the next stretch of a ceiling; one that a change of zone would cut short joins it, and counts once."""
    if last is None or last.end is None or last.end <= laid.start:
        return Period(0, laid.start, laid.end)
    following = None if laid.end is None else every.following(laid.number, laid.end, anchor, zone)
    return Period(0, last.end, None if following is None else following[1])


def stream_due(terms: Terms, book: Book) -> datetime | None:
    """Find the next moment at which a stretch opens, or something is granted; `None`: never by itself."""
    if not (terms.streams or book.streams) or book.closed or book.paused_at is not None:
        return None
    if _changed(terms, book):
        return book.clock
    return min((stream.next for stream in book.streams.values() if stream.next is not None), default=None)


def _changed(terms: Terms, book: Book) -> bool:
    """Tell whether what happened calls for a grant, or for the end of one, now."""
    mine = present(terms, book)
    turning = by_themselves(mine)
    if any(stream.next is not None and key not in turning for key, stream in book.streams.items()):
        return True
    levels = levels_of(book) if any(one.empty for one in mine.values()) else {}
    return any(_calls_for(one, book.streams.get(key), book, levels) for key, one in mine.items())


def _calls_for(one: AllowanceTerms, stream: Stream | None, book: Book, levels: Levels) -> bool:
    if one.given == "on_claim":
        return False
    if stream is None or not runs(stream, book, book.clock):
        if stream is not None and stream.next is not None:
            return one.every is None  # its period was closed early; else the moment is known
        return calls(one, book, levels)
    return is_left(one, stream) or (wanted(one, stream, book) > 0 and calls(one, book, levels))


def is_left(one: AllowanceTerms, stream: Stream) -> bool:
    """Tell whether its plan was left, and is there again while the stretch runs: time is to open the next."""
    open_ended = stream.stretch.end is None
    return stream.next is None and not open_ended and (one.given == "at_once" or stream.given_steps > 0)


def postponed(stream: Stream, lost: timedelta, zone: str) -> Stream:
    """Let a stretch, and that of its ceiling, end later by the paused time; its own anchor follows as the wallet's."""
    stretch, window, every = stream.stretch, stream.window, stream.every
    end = later(stretch.end, lost)
    found = None if end is None or not lost or every is None else every.anchored(end, stretch.start, zone)
    return evolve(
        stream,
        stretch=Period(stretch.number if found is None else found[1] - 1, stretch.start, end),
        anchor=stream.anchor if found is None else found[0],
        next=None if stream.next is None else end,
        window=None if window is None else evolve(window, end=later(window.end, lost)),
    )
