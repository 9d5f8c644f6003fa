"""Gifts between wallets: what travelled, against what was taken for it, the buckets it was part of or became."""

from __future__ import annotations

from collections.abc import Iterator

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse.buckets import Bucket, Gift

__all__ = ["contradictions"]


def contradictions(before: Book | None, entry: e.Entry) -> Iterator[str]:
    """Compare gifts with the draws, the buckets and the ref that say them again."""
    if isinstance(entry, e.Transferred):
        yield from _given(before, entry)
    elif isinstance(entry, e.Received):
        yield from _got(entry)
    if entry.ref is not None and entry.ref.gifts != getattr(entry, "gifts", ()):
        yield "its ref says other gifts"


def _given(before: Book | None, entry: e.Transferred) -> Iterator[str]:
    if entry.taker == entry.wallet or not entry.given:
        yield f"it gave {len(entry.given)} times, to wallet {entry.taker}"
    if [(one.bucket, one.kind, one.unit, one.steps) for one in entry.given] != [
        (gift.bucket, gift.kind, gift.unit, gift.steps) for gift in entry.gifts
    ]:
        yield "what travelled is not what was taken from its buckets"
    held = {} if before is None else {bucket.id: bucket for bucket in before.buckets}
    for gift in entry.gifts:
        bucket = held.get(gift.bucket)
        if bucket is None or bucket.of_plan or _travels(bucket) != _goes(gift) or not _is_share(bucket, gift):
            yield f"what travelled of bucket {gift.bucket} is not of its kind, life or price"


def _got(entry: e.Received) -> Iterator[str]:
    if entry.giver == entry.wallet or not entry.gifts:
        yield f"it got {len(entry.gifts)} gifts, from wallet {entry.giver}"
    made = [(bucket.granted_steps, bucket.paid, _travels(bucket)) for bucket in entry.granted]
    if made != [(gift.steps, gift.paid, _goes(gift)) for gift in entry.gifts]:
        yield "its buckets are not what travelled"


def _travels(bucket: Bucket) -> tuple[object, ...]:
    return (bucket.kind, bucket.unit, bucket.starts, bucket.expires, bucket.priority, bucket.payment, bucket.scope)


def _goes(gift: Gift) -> tuple[object, ...]:
    return (gift.kind, gift.unit, gift.starts, gift.expires, gift.priority, gift.payment, gift.scope)


def _is_share(bucket: Bucket, gift: Gift) -> bool:
    """Tell whether a price can be part of a bucket's."""
    if bucket.paid is None or gift.paid is None:
        return bucket.paid is gift.paid
    return bucket.paid.unit == gift.paid.unit and 0 <= gift.paid.steps <= bucket.paid.steps
