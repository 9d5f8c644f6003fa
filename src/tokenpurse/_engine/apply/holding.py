"""Effects of holds: what is set aside, used of it, and given back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.apply.clawing import claimed
from tokenpurse._engine.apply.moves import (
    changed,
    count,
    filled_instead,
    give,
    is_remembered,
    left_then,
    plus,
    repay_from,
    ungiven,
)
from tokenpurse._engine.apply.using import used
from tokenpurse._engine.book import Book
from tokenpurse.buckets import Bucket, Return

__all__ = ["came_back", "captured", "held", "lapsed", "released"]


def held(book: Book, entry: e.Held) -> Book:
    """Set amounts aside."""
    totals = book.held
    for use in each_use(entry.uses):
        changes = {draw.bucket: draw.steps for draw in use.draws}
        paid = book.tallies.allowance_paid
        for one in book.buckets:
            if one.of_period and one.id in changes:  # held counts as given, until it comes back
                paid = plus(paid, (one.unit.name, one.kind), changes[one.id])
        buckets = tuple(_set_aside(one, changes[one.id]) if one.id in changes else one for one in book.buckets)
        totals = plus(totals, use.unit.name, use.steps)
        book = evolve(book, buckets=buckets, tallies=evolve(book.tallies, allowance_paid=paid))
    ref = entry.ref
    if ref is None:  # an entry that was tampered with; replay says so
        return book
    hold = e.Hold(id=ref.key, ref=ref, since=entry.at, until=entry.until, uses=entry.uses, labels=entry.labels)
    return evolve(book, holds={**book.holds, hold.id: hold}, held=totals)


def each_use(uses: Iterable[e.Use]) -> Iterator[e.Use]:
    """Go through uses, and through those of what they are paid in."""
    return (each for use in uses for each in use.each())


def _set_aside(bucket: Bucket, steps: int) -> Bucket:
    return evolve(bucket, left_steps=bucket.left_steps - steps, held_steps=bucket.held_steps + steps)


def captured(book: Book, entry: e.Captured) -> Book:
    """Use what was held, give the rest back, and use what went beyond it."""
    for use in entry.uses:
        book = _past_paid(used(book, use, _taken_of_held), use)
    book = came_back(_with_banks(book, entry.granted), (entry.ended,), entry.returned)
    for use in entry.extra:
        book = used(book, use)
    book = count(book, entry.counted, entry.at) if entry.counted else book
    for debt in entry.owed:
        book = evolve(book, debts=plus(book.debts, debt.unit.name, debt.steps))
    return repay_from(claimed(book, entry.claw_backs), entry.repaid)


def _taken_of_held(bucket: Bucket, steps: int) -> Bucket:
    """Take what is used out of what is held; what was over a bound is used before the rest."""
    held = bucket.held_steps - steps
    excess = bucket.excess_steps if bucket.allowance else min(bucket.excess_steps, held)
    return evolve(bucket, held_steps=held, excess_steps=excess)


def _past_paid(book: Book, use: e.Use) -> Book:
    """Book what buckets paid that are over: use of this period all the same, and part of its gauge."""
    past, retired = dict(book.past), book.tallies.retired
    for each in each_use((use,)):
        for draw in each.draws:
            if (over := past.get(draw.bucket)) is not None:
                past[draw.bucket] = evolve(over, bucket=_taken_of_held(over.bucket, draw.steps))
                retired = plus(retired, draw.unit.name, draw.steps)
    return evolve(book, past=past, tallies=evolve(book.tallies, retired=retired))


def _with_banks(book: Book, banks: tuple[Bucket, ...]) -> Book:
    """Add banks that are new, under names that are never used again."""
    return evolve(give(book, banks), issued=book.issued + len(banks))


def released(book: Book, entry: e.Released) -> Book:
    """Give everything back."""
    return repay_from(came_back(_with_banks(book, entry.granted), (entry.ended,), entry.returned), entry.repaid)


def lapsed(book: Book, entry: e.Lapsed) -> Book:
    """Give everything back, of each hold."""
    return repay_from(came_back(_with_banks(book, entry.granted), entry.ended, entry.returned), entry.repaid)


def came_back(book: Book, ended: Iterable[e.Ended], returned: Iterable[Return]) -> Book:
    """End holds, and put what comes back of them where it went."""
    holds, totals = dict(book.holds), book.held
    over = tuple(ended)
    for each in over:
        hold = holds.pop(each.hold, None)  # none: replay says so
        for use in each_use(() if hold is None else hold.uses):
            totals = plus(totals, use.unit.name, -use.steps)
    live = {one.id: one for one in book.buckets}
    past = dict(book.past)
    for one in returned:
        book = left_then(ungiven(book, one), one)
        if one.bucket in live:
            live[one.bucket] = _returned(live[one.bucket], one)
        elif one.bucket in past:
            past[one.bucket] = evolve(past[one.bucket], bucket=_returned(past[one.bucket].bucket, one))
        if one.into in live:
            live[one.into] = filled_instead(live[one.into], one)
    changes: Mapping[str, Bucket | None] = live
    return evolve(
        book,
        holds=holds,
        held=totals,
        ended=(*book.ended, *over)[-ENDED_KEPT:],
        buckets=changed(book, changes),
        past={name: one for name, one in past.items() if is_remembered(one)},
    )


ENDED_KEPT = 64
"""Holds that are over and can still say how they ended."""


def _returned(bucket: Bucket, one: Return) -> Bucket:
    """Take a part out of what is held of a bucket: back to what is left, or gone the way the bucket's rest went."""
    kept, clawed = bucket.held_steps - one.steps, bucket.claw_back
    if one.went == "back":
        return evolve(bucket, held_steps=kept, left_steps=bucket.left_steps + one.steps)
    opening = bucket.opening_steps - one.steps
    if one.went == "clawed_back":
        clawed = evolve(clawed, taken=clawed.taken + one.steps, held=clawed.held - one.steps)
        return evolve(bucket, held_steps=kept, opening_steps=opening, claw_back=clawed)
    if gone := min(clawed.held, one.steps):  # there is nothing to be taken any more
        bucket = evolve(bucket, claw_back=evolve(clawed, held=clawed.held - gone, lost=clawed.lost + gone))
    return evolve(
        bucket,
        held_steps=kept,
        opening_steps=opening,
        lost_steps=bucket.lost_steps + one.steps,
        excess_steps=max(0, bucket.excess_steps - one.steps),
    )
