"""What `replay` finds in an entry: whatever its facts, the other entries and the book before it say differently.

Only what is said twice can be found: an amount and the balance after it, a price and the bucket it was paid for, a
charge and the purchase that answers it. Nothing here decides what should have happened; no plan is asked.
"""

from __future__ import annotations

from collections.abc import Iterator

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse._history import (
    balances,
    charging,
    clawing,
    copies,
    counts,
    gifts,
    holds,
    lateness,
    returns,
    spans,
    turns,
    undone,
    ways,
)

__all__ = ["contradictions"]


def contradictions(before: Book | None, entry: e.Entry, after: Book) -> Iterator[str]:
    """Say what is wrong with an entry, worked out as it is read; nothing: it says what was there.

    Args:
        before: the book before the entry; `None`: it opens the wallet.
        entry: of a known kind, and in its place.
        after: the book that the entry makes.
    """
    yield from balances.contradictions(before, entry, after)
    yield from spans.contradictions(before, entry)
    yield from holds.contradictions(before, entry)
    yield from lateness.contradictions(before, entry)
    yield from returns.contradictions(before, entry)
    yield from undone.contradictions(before, entry)
    yield from clawing.contradictions(before, entry, after)
    yield from gifts.contradictions(before, entry)
    yield from copies.contradictions(before, entry)
    yield from charging.contradictions(before, entry, after)
    yield from counts.contradictions(before, entry)
    yield from turns.contradictions(before, entry, after)
    yield from ways.contradictions(before, entry)
