"""What every effect is made of: buckets changed, fill, emptied and retired, and debts repaid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeVar

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.book import Book, Counter, CounterKey
from tokenpurse.buckets import Bucket, Debt, Loss

__all__ = [
    "changed",
    "compacted",
    "count",
    "counting",
    "debts_without",
    "drawn",
    "fill",
    "give",
    "lost",
    "plus",
    "repay_from",
    "retired",
]

COUNTERS_MAX = 1_000
"""Label values that one limit counts at a time."""

BUCKETS_KEPT = 500
"""From so many buckets on, those that are empty are retired when another one comes."""

_Key = TypeVar("_Key")


def plus(tally: Mapping[_Key, int], key: _Key, steps: int) -> dict[_Key, int]:
    """Add to one figure of a tally; a figure of zero is not kept, so that equal wallets compare equal."""
    total = tally.get(key, 0) + steps
    grown = {other: value for other, value in tally.items() if other != key or total}
    return {**grown, key: total} if total else grown


def changed(book: Book, changes: Mapping[str, Bucket | None]) -> tuple[Bucket, ...]:
    """Replace buckets by id; `None` takes one out."""
    return tuple(bucket for bucket in (changes.get(held.id, held) for held in book.buckets) if bucket is not None)


def drawn(bucket: Bucket, steps: int, *, use: bool = True) -> Bucket:
    """Take from a bucket. What goes other than by use lowers the opening too, so that the gauge never shows it."""
    left = bucket.left_steps - steps
    return evolve(bucket, left_steps=left, opening_steps=bucket.opening_steps - (0 if use else steps))


def count(book: Book, counted: Iterable[e.Counted], at: datetime) -> Book:
    """Note what limits counted. Where one has too many label values, those whose time is over give way."""
    counters, with_period = dict(book.counters), dict(book.tallies.counted)
    for one in counted:
        if one.start is None:
            with_period[one.key] = one.after_steps
            continue
        counters[one.key] = Counter(one.start, one.end, one.after_steps)
        if len(counters) > COUNTERS_MAX < sum(key[0] == one.limit for key in counters):
            counters = {key: held for key, held in counters.items() if key[0] != one.limit or held.runs(at)}
    return evolve(book, counters=counters, tallies=evolve(book.tallies, counted=with_period))


def counting(book: Book, at: datetime) -> dict[CounterKey, Counter]:
    """Leave out the counts whose time is over."""
    return {key: counter for key, counter in book.counters.items() if counter.runs(at)}


def fill(bucket: Bucket, steps: int) -> Bucket:
    """Put into a bucket that was there already."""
    return evolve(
        bucket,
        granted_steps=bucket.granted_steps + steps,
        opening_steps=bucket.opening_steps + steps,
        left_steps=bucket.left_steps + steps,
    )


def lost(book: Book, losses: Iterable[Loss]) -> Book:
    """Take losses out of their buckets."""
    lost = {loss.bucket: loss.steps for loss in losses}
    buckets = tuple(drawn(held, lost[held.id], use=False) if held.id in lost else held for held in book.buckets)
    return evolve(book, buckets=buckets)


def retired(book: Book, ids: Iterable[str]) -> Book:
    """Take buckets out of the book; what they paid in this period stays in the gauge."""
    gone = set(ids)
    retired = book.tallies.retired
    for bucket in book.buckets:
        if bucket.id in gone:
            retired = plus(retired, bucket.unit.name, bucket.opening_steps - bucket.left_steps)
    kept = tuple(bucket for bucket in book.buckets if bucket.id not in gone)
    return evolve(book, buckets=kept, tallies=evolve(book.tallies, retired=retired))


def compacted(book: Book) -> Book:
    """Retire buckets that are empty once there are many, so that a busy period never runs out of room for a new one."""
    if len(book.buckets) < BUCKETS_KEPT:
        return book
    return retired(book, [held.id for held in book.buckets if not held.left_steps and not held.allowance])


def give(book: Book, buckets: Iterable[Bucket]) -> Book:
    """Add new buckets that were given."""
    granted = book.granted
    new = tuple(buckets)
    for bucket in new:
        granted = plus(granted, bucket.unit.name, bucket.granted_steps)
    return evolve(book, buckets=book.buckets + new, granted=granted)


def debts_without(book: Book, gone: Iterable[Debt]) -> Mapping[str, int]:
    """Take off what was billed or forgiven."""
    debts = book.debts
    for debt in gone:
        debts = plus(debts, debt.unit.name, -debt.steps)
    return debts


def repay_from(book: Book, repaid: Iterable[e.Repaid]) -> Book:
    """Take from buckets what paid a debt."""
    for one in repaid:
        draws = {draw.bucket: draw.steps for draw in one.draws}
        changes = {held.id: drawn(held, draws[held.id], use=False) for held in book.buckets if held.id in draws}
        paid = book.tallies.allowance_paid
        for held in book.buckets:
            if held.allowance and held.id in draws:  # or a plan change would give back what paid a debt
                paid = plus(paid, (one.unit.name, held.kind), draws[held.id])
        book = evolve(
            book,
            buckets=changed(book, changes),
            debts=plus(book.debts, one.unit.name, -one.steps),
            tallies=evolve(book.tallies, allowance_paid=paid),
        )
    return book
