"""Effects of what goes from one wallet to another, on either."""

from __future__ import annotations

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.apply.moves import changed, compacted, give, lessened, repay_from
from tokenpurse._engine.book import Book
from tokenpurse.buckets import Bucket, Gift, Money

__all__ = ["received", "transferred"]


def transferred(book: Book, entry: e.Transferred) -> Book:
    """Take what was given out of its buckets, with its share of the price."""
    gifts = {gift.bucket: gift for gift in entry.gifts}
    return evolve(
        book, buckets=changed(book, {held.id: _less(held, gifts[held.id]) for held in book.buckets if held.id in gifts})
    )


def _less(bucket: Bucket, gift: Gift) -> Bucket:
    paid = bucket.paid
    if paid is not None and gift.paid is not None:
        paid = Money(paid.unit, paid.steps - gift.paid.steps)
    bucket = lessened(bucket, gift.steps)
    return evolve(bucket, paid=paid, transferred_steps=bucket.transferred_steps + gift.steps)


def received(book: Book, entry: e.Received) -> Book:
    """Add what came; it pays debt first."""
    book = give(compacted(book, entry.at), entry.granted)
    return repay_from(evolve(book, issued=book.issued + len(entry.granted)), entry.repaid)
