"""Effects of what comes in, and of what the host reports."""

from __future__ import annotations

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.apply.moves import compacted, give, plus, repay_from
from tokenpurse._engine.book import Book
from tokenpurse.notices import Bill

__all__ = [
    "confirmed",
    "declined",
    "given",
    "topped_up",
]


def given(book: Book, entry: e.Granted) -> Book:
    """Add what was given; it pays debt first."""
    book = evolve(give(compacted(book), (entry.bucket,)), issued=book.issued + 1)
    return repay_from(book, entry.repaid)


def topped_up(book: Book, entry: e.ToppedUp) -> Book:
    """Add what was bought; a charge it answers is over."""
    bucket = entry.bucket
    book = compacted(book)
    book = evolve(
        book,
        buckets=(*book.buckets, bucket),
        added=plus(book.added, bucket.unit.name, bucket.granted_steps),
        issued=book.issued + 1,
        pending=tuple(request for request in book.pending if request.id != entry.request),
        retry_at=None,
    )
    return repay_from(book, entry.repaid)


def confirmed(book: Book, entry: e.Confirmed) -> Book:
    """A bill that was paid is over."""
    return evolve(book, pending=tuple(request for request in book.pending if request.id != entry.request))


def declined(book: Book, entry: e.Declined) -> Book:
    """A charge that failed is over; a bill that failed is still owed and may be confirmed later."""
    pending = tuple(request for request in book.pending if request.id != entry.request or isinstance(request, Bill))
    return evolve(book, pending=pending, retry_at=entry.retry_at or book.retry_at)
