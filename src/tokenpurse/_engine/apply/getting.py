"""Effects of what comes in, and of what the host reports."""

from __future__ import annotations

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.apply.moves import (
    changed,
    compacted,
    fill,
    give,
    lessened,
    lost,
    over,
    plus,
    repay_from,
    without_renewal,
)
from tokenpurse._engine.book import Book
from tokenpurse.notices import Charge

__all__ = [
    "confirmed",
    "declined",
    "given",
    "renewed",
    "topped_up",
]

DECLINED_MAX = 16
"""Declined charges that a wallet remembers, so that one that is paid late still makes its bucket, once."""


def given(book: Book, entry: e.Granted) -> Book:
    """Add what was given; it pays debt first."""
    book = evolve(give(compacted(book, entry.at), (entry.bucket,)), issued=book.issued + 1)
    return repay_from(book, entry.repaid)


def topped_up(book: Book, entry: e.ToppedUp) -> Book:
    """Add what was bought; a charge it answers is over, and so is what declines had led to, but for being off."""
    bucket = entry.bucket
    book = evolve(compacted(book, entry.at), issued=book.issued + (entry.bonus is not None))
    ends = dict(entry.ends)
    moved = {held.id: evolve(held, expires=ends[held.id]) for held in book.buckets if held.id in ends}
    book = give(evolve(book, buckets=(*changed(book, moved), bucket)), () if entry.bonus is None else (entry.bonus,))
    book = evolve(
        book,
        added=plus(book.added, bucket.unit.name, bucket.granted_steps),
        bought=plus(book.bought, entry.price.unit.name, entry.price.steps),
        issued=book.issued + 1,
        pending=tuple(request for request in book.pending if request.id != entry.request),
        declined=tuple(charge for charge in book.declined if charge.id != entry.request),
        declines=0,
        retry_at=None,
    )
    return repay_from(book, entry.repaid)


def renewed(book: Book, entry: e.Renewed) -> Book:
    """Grant what waited for its payment; the rest of the period before is carried or lost."""
    book = lost(book, entry.forfeited)
    moved = {carry.bucket: carry.steps for carry in entry.carried}
    out = {held.id: lessened(held, moved[held.id]) for held in book.buckets if held.id in moved}
    book = give(over(evolve(book, buckets=changed(book, out)), entry.at, paid=True), entry.granted)
    filled: dict[str, int] = {}
    for carry in entry.carried:
        filled[carry.into] = filled.get(carry.into, 0) + carry.steps
    banks = {held.id: fill(held, filled[held.id]) for held in book.buckets if held.id in filled}
    pending = without_renewal(book)
    known = {one.unit: one for one in entry.unused}
    closings = tuple(
        evolve(one, unused=known[one.unused.unit]) if one.by == book.tallies.since and one.unused.unit in known else one
        for one in book.closings
    )
    book = evolve(book, closings=closings, buckets=changed(book, banks))
    book = evolve(book, pending=pending, overdue=False, period=entry.period)
    return repay_from(book, entry.repaid)


def confirmed(book: Book, entry: e.Confirmed) -> Book:
    """A bill that was paid is over."""
    return evolve(book, pending=tuple(request for request in book.pending if request.id != entry.request))


def declined(book: Book, entry: e.Declined) -> Book:
    """A charge that failed is over, but may be paid late; a bill that failed is still owed and may be confirmed."""
    charges = tuple(one for one in book.pending if one.id == entry.request and isinstance(one, Charge))
    if not charges:
        return book
    setting = book.auto_top_up
    return evolve(
        book,
        pending=tuple(request for request in book.pending if request not in charges),
        declined=(*book.declined, *charges)[-DECLINED_MAX:],
        declines=entry.declines,
        retry_at=entry.retry_at,
        auto_top_up=setting if setting is None or entry.off is None else evolve(setting, off=entry.off),
    )
