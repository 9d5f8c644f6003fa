"""Effects of a wallet's own settings."""

from __future__ import annotations

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.book import Book

__all__ = [
    "auto_top_up_set",
    "limit_set",
]


def limit_set(book: Book, entry: e.LimitSet) -> Book:
    """Keep a chosen limit, or forget it."""
    if entry.label is not None:
        key = (entry.name, entry.label)
        rest = {other: steps for other, steps in book.label_limits.items() if other != key}
        return evolve(book, label_limits=rest if entry.steps is None else {**rest, key: entry.steps})
    others = {name: steps for name, steps in book.limits.items() if name != entry.name}
    return evolve(book, limits=others if entry.steps is None else {**others, entry.name: entry.steps})


def auto_top_up_set(book: Book, entry: e.AutoTopUpSet) -> Book:
    """Keep what the customer chose; where declines had turned it off, they are counted anew."""
    off = book.auto_top_up is not None and book.auto_top_up.off is not None
    return evolve(book, auto_top_up=entry.setting, declines=0 if off else book.declines)
