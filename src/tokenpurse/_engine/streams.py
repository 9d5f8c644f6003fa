"""Deciding what allowances with a schedule or a condition of their own do: each stretch closes as the next opens.

A stream is known by unit, kind and schedule, whatever the plan: where another plan has the same, the running stretch
grants only what is more than it gave. A stream that no plan of the wallet has any more rests: its lots keep their own
end, and are there if it comes back. Streams count from the anchor that the wallet had when they began.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse._engine.context import Context, known, with_repayment
from tokenpurse._engine.frame import Frame
from tokenpurse._engine.lives import ends_at
from tokenpurse._engine.making import full_bucket, issued_id, stream_id
from tokenpurse._engine.stretches import by_themselves, calls, is_left, levels_of, present, runs, wanted, window_after
from tokenpurse.buckets import Bucket, Loss
from tokenpurse.entries import Stream, Turn
from tokenpurse.entries.turning import StreamKey
from tokenpurse.periods import Period
from tokenpurse.plans.terms import AllowanceTerms
from tokenpurse.units import STEPS_MAX

__all__ = ["claim", "turned"]


def turned(frame: Frame, book: Book, stamp: Mapping[str, Any], at: datetime) -> e.AllowanceOpened | None:
    """Decide what streams do at a moment; `None`: nothing."""
    turns = _Turning(frame, book, at).turns()
    return with_repayment(frame, book, e.AllowanceOpened(**stamp, turns=turns)) if turns else None


def claim(ctx: Context, kind: str | None, unit: str | None) -> e.AllowanceOpened | None:
    """Decide what a claim grants: what waits for one, once in each stretch; `None`: all of it was claimed.

    Raises:
        UnknownNameError: no plan gives that kind, or that unit, on claim.
    """
    plans = (ctx.frame.plan, *ctx.frame.catalogue)
    given = [one for plan in plans for one in plan.terms.streams if one.given == "on_claim"]
    if unit is not None:
        given = known("unit on claim", unit, {one.unit.name: [o for o in given if o.unit == one.unit] for one in given})
    if kind is not None:
        known("kind on claim", kind, {one.kind: one for one in given})
    turning = _Turning(ctx.frame, ctx.book, ctx.at)
    mine = [one for one in present(ctx.frame.terms, ctx.book).values() if one in given and kind in {None, one.kind}]
    turns = tuple(turn for turn in (turning.claimed(one) for one in mine) if turn is not None)
    return with_repayment(ctx.frame, ctx.book, e.AllowanceOpened(**ctx.stamp, turns=turns)) if turns else None


class _Turning:
    """What streams do at one moment, one after the other: what is given at once comes before what has a condition."""

    def __init__(self, frame: Frame, book: Book, at: datetime) -> None:
        self._frame = frame
        self._book = book
        self._at = at
        self._levels = levels_of(book)
        self._buckets = {bucket.id: bucket for bucket in book.buckets}
        self._totals: dict[str, int] = {}
        for bucket in book.buckets:
            self._totals[bucket.unit.name] = self._totals.get(bucket.unit.name, 0) + bucket.there_steps
        self._issued = book.issued

    def turns(self) -> tuple[Turn, ...]:
        mine = present(self._frame.terms, self._book)
        found = list(self._leaving(by_themselves(mine)))
        for one in mine.values():
            turn = self._turn(one, self._book.streams.get(one.key))
            found += [] if turn is None else [turn]
        return tuple(found)

    def claimed(self, one: AllowanceTerms) -> Turn | None:
        stream = self._book.streams.get(one.key)
        if stream is not None and runs(stream, self._book, self._at):
            return None
        laid = self._laid(one, stream)
        more = wanted(one, laid, self._book)
        return self._granting(one, laid, more) if more else None

    def _leaving(self, mine: frozenset[StreamKey]) -> Iterator[Turn]:
        """Let streams rest that do not turn by themselves on this plan."""
        for key, stream in self._book.streams.items():
            if stream.next is None or key in mine:
                continue
            if runs(stream, self._book, self._at):
                yield Turn(stream=evolve(stream, next=None))
            else:
                yield Turn(stream=evolve(stream, next=None, buckets=()), expired=self._close(stream))

    def _turn(self, one: AllowanceTerms, stream: Stream | None) -> Turn | None:
        if one.given == "on_claim":
            return None
        if stream is not None and runs(stream, self._book, self._at):
            more = wanted(one, stream, self._book) if calls(one, self._book, self._levels) else 0
            return self._granting(one, stream, more) if more or is_left(one, stream) else None
        called = calls(one, self._book, self._levels)
        if not called and (stream is None or stream.next is None):
            return None
        expired = () if stream is None else self._close(stream)
        if one.empty:  # what it gave itself does not count, but what ended with it may have been what another waits for
            called = calls(one, self._book, self._levels)
        on_time = stream is not None and stream.next is not None and stream.next <= self._at
        laid = self._laid(one, stream)
        if not called:
            return Turn(stream=laid, count=int(on_time), expired=expired)
        more = wanted(one, laid, self._book)
        return evolve(self._granting(one, laid, more, on_time=on_time), expired=expired)

    def _close(self, stream: Stream) -> tuple[Loss, ...]:
        """Let what is left of a stretch's lots go; what is held of them stays to be seen."""
        lots = [self._buckets[lot] for lot in stream.buckets if lot in self._buckets]
        for lot in lots:
            self._levels[lot.unit.name, lot.kind] -= lot.there_steps
            self._totals[lot.unit.name] -= lot.there_steps
        return tuple(Loss(lot.id, lot.kind, lot.unit, lot.left_steps, 0) for lot in lots if lot.left_steps)

    def _laid(self, one: AllowanceTerms, before: Stream | None) -> Stream:
        """Open a stretch that grants nothing yet."""
        book, at, every = self._book, self._at, one.every
        follows = before is not None and before.stretch.end == at and before.next is not None
        anchor = before.anchor if follows and before is not None and every is not None else book.anchor
        part, stretch = (1, 1), book.period
        if every is not None:
            found = every.period_at(at, anchor, book.zone)
            stretch = Period(found.number, at, found.end)
            if not follows and one.given == "at_once" and found.end is not None:
                whole = every.whole(found.number, anchor, book.zone)
                part = _part(one.first, stretch, whole)
        laid = Stream(unit=one.unit, kind=one.kind, every=every, stretch=stretch, anchor=anchor, part=part)
        if one.ceiling is None:
            return laid
        window = None if before is None else before.window
        if before is not None and window is not None and _lasts(one, window, book, at):
            return evolve(laid, window=window, window_steps=before.window_steps)
        every = one.ceiling_every
        if every is None:
            return evolve(laid, window=Period(0, book.period.start, book.period.end))
        long = every.period_at(at, anchor, book.zone)
        return evolve(laid, window=window_after(window, long, every, anchor, book.zone))

    def _granting(self, one: AllowanceTerms, stream: Stream, more: int, *, on_time: bool = False) -> Turn:
        """Grant what the stretch has to grant, short of what can be counted at all."""
        name = one.unit.name
        if self._first_in_brought(one):
            return Turn(stream=evolve(_given(stream, more), next=stream.stretch.end))
        there = self._totals.get(name, 0)
        steps = min(more, STEPS_MAX - there)
        granted: tuple[Bucket, ...] = ()
        if steps:
            granted = (self._lot(one, stream, steps, on_time=on_time),)
            self._totals[name] = there + steps
            self._levels[name, one.kind] = self._levels.get((name, one.kind), 0) + steps
        stream = _given(stream, more)
        if one.given != "on_claim":
            lots = () if one.life is not None else tuple(bucket.id for bucket in granted)
            stream = evolve(stream, buckets=(*stream.buckets, *lots), next=stream.stretch.end)
        return Turn(stream=stream, count=int(on_time), granted=granted)

    def _lot(self, one: AllowanceTerms, stream: Stream, steps: int, *, on_time: bool) -> Bucket:
        if not on_time:
            self._issued += 1
        return full_bucket(
            stream_id(one.kind, one.unit, self._at) if on_time else issued_id(one.kind, one.unit, self._issued),
            one.kind,
            one.unit,
            steps,
            self._at,
            expires=self._end(one, stream),
            priority=one.priority,
            kept=True,
            scope=one.scope,
        )

    def _end(self, one: AllowanceTerms, stream: Stream) -> datetime | None:
        """Say when a lot ends: with its stretch, or by its own life, counted in stretches where that is in periods."""
        if one.life is None:
            return stream.stretch.end
        every, book = one.every or self._frame.plan.period, self._book
        anchor = book.anchor if one.every is None else stream.anchor
        return ends_at(one.life, self._at, period=stream.stretch, schedule=every, anchor=anchor, zone=book.zone)

    def _first_in_brought(self, one: AllowanceTerms) -> bool:
        """Tell whether a wallet that has just opened brought what its first grant would be."""
        if self._book.version != 1 or one.given == "on_claim" or one.key in self._book.streams:
            return False
        return any(held.unit == one.unit and held.kind == one.kind for held in self._book.buckets)


def _lasts(one: AllowanceTerms, window: Period, book: Book, at: datetime) -> bool:
    """Tell whether the stretch of a ceiling runs still; one with the plan's period begins anew with that."""
    if one.ceiling_every is None:
        return window.start == book.period.start
    return window.end is None or at < window.end


def _given(stream: Stream, more: int) -> Stream:
    """Count what a stretch grants."""
    used = 0 if stream.window is None else stream.window_steps + more
    return evolve(stream, given_steps=stream.given_steps + more, window_steps=used)


def _part(first: str, stretch: Period, whole: Period) -> tuple[int, int]:
    """Say what share of the amount a first stretch grants, if it is a short one."""
    if first == "full" or whole.start >= stretch.start:
        return 1, 1
    return (0, 1) if first == "none" else (stretch.microseconds or 1, whole.microseconds or 1)
