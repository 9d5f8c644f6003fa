"""The payment term beside the period: what is paid for at a time. Without one, each period is its own."""

from __future__ import annotations

from datetime import datetime

from tokenpurse._engine.book import Book
from tokenpurse.periods import Anchor, Period
from tokenpurse.plans.plan import Plan

__all__ = ["begins_term", "paid_period", "term_at", "term_end"]


def term_at(plan: Plan, at: datetime, anchor: Anchor, zone: str) -> Period | None:
    """Find the term that holds a moment; `None`: the plan has none."""
    return None if plan.term is None else plan.term.period_at(at, anchor, zone)


def begins_term(plan: Plan, closed: datetime, opened: datetime, anchor: Anchor, zone: str) -> bool:
    """Tell whether a period that opens after one that began at `closed` is the first of a term."""
    before, now = term_at(plan, closed, anchor, zone), term_at(plan, opened, anchor, zone)
    return before is None or now is None or before.number != now.number


def paid_period(plan: Plan, book: Book, at: datetime) -> Period:
    """Find what is paid for at a moment: the term, or the running period."""
    return term_at(plan, at, book.anchor, book.zone) or book.period


def term_end(plan: Plan, book: Book) -> datetime | None:
    """Find the end of the running term; without one, of the period. `None`: there is none."""
    return None if book.period.end is None else paid_period(plan, book, book.clock).end
