"""Effects of allowances with a schedule or a condition of their own: what their stretches closed, and granted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.apply.moves import give, lost, plus, repay_from, retired
from tokenpurse._engine.book import Book
from tokenpurse.entries import Stream, Turn
from tokenpurse.entries.turning import StreamKey
from tokenpurse.periods import Period
from tokenpurse.periods.moments import END

__all__ = ["allowance_opened", "in_time", "turned", "waiting"]

STREAMS_MAX = 64
"""Streams that a wallet remembers; those of plans that were left give way, oldest first."""


def allowance_opened(book: Book, entry: e.AllowanceOpened) -> Book:
    """Close stretches and open the next; what they grant pays debt first."""
    return repay_from(turned(book, entry.turns), entry.repaid)


def turned(book: Book, turns: Iterable[Turn]) -> Book:
    """Lose what stretches had left, and grant what the next ones do."""
    for turn in turns:
        stream = turn.stream
        book = give(_closed(book, turn), turn.granted)
        book = evolve(
            book,
            granted=plus(book.granted, stream.unit.name, turn.between_steps) if turn.between_steps else book.granted,
            issued=book.issued + (0 if turn.count else len(turn.granted)),
            streams=_remembered({**book.streams, stream.key: stream}, stream),
        )
    return book


def waiting(book: Book, keys: AbstractSet[StreamKey]) -> Book:
    """Think streams away for a look at what else time brings: as if they turned at the end of time."""
    return evolve(
        book, streams={key: evolve(one, next=END) if key in keys else one for key, one in book.streams.items()}
    )


def _closed(book: Book, turn: Turn) -> Book:
    """Take out the lots of a stretch that is over. One that nobody took from has nothing that could come back."""
    before = book.streams.get(turn.stream.key)
    over = set() if before is None else {*before.buckets} - {*turn.stream.buckets}
    if not over:
        return book
    book = lost(book, turn.expired)
    used = {one.id for one in book.buckets if one.id in over and (one.spent_steps or one.held_steps)}
    book = evolve(book, buckets=tuple(one for one in book.buckets if one.id not in over or one.id in used))
    book = retired(book, used, at=turn.stream.stretch.start, why="expired")
    empty = {name for name in over if name in book.past and book.past[name].why == "drained"}
    if not empty:
        return book
    past = {name: evolve(one, why="expired") if name in empty else one for name, one in book.past.items()}
    return evolve(book, past=past)


def _remembered(streams: Mapping[StreamKey, Stream], latest: Stream) -> dict[StreamKey, Stream]:
    """Forget streams that rest where their stretch is over, and that of their ceiling: they would begin anew."""
    now = latest.stretch.start

    def runs(stretch: Period) -> bool:
        return stretch.end is None or stretch.end > now

    kept = {
        key: one
        for key, one in streams.items()
        if one.next is not None or key == latest.key or runs(one.stretch) or (one.window and runs(one.window))
    }
    resting = [key for key, one in kept.items() if one.next is None and key != latest.key]
    for key in resting[: max(0, len(kept) - STREAMS_MAX)]:
        del kept[key]
    return kept


def in_time(book: Book, entry: e.PeriodOpened) -> Book:
    """Put what a run made in the order in which one opening after the other makes it: a period's own first."""
    turned_in = {bucket.id for turn in entry.turns for bucket in turn.granted}
    if not turned_in:
        return book
    new = turned_in | {bucket.id for bucket in entry.granted}
    made = sorted((one for one in book.buckets if one.id in new), key=lambda one: (one.starts, one.id in turned_in))
    return evolve(book, buckets=(*(one for one in book.buckets if one.id not in new), *made))
