"""The payment term beside the period: what is paid for at a time. Without one, each period is its own."""

from __future__ import annotations

from datetime import datetime

from tokenpurse._engine.book import Book
from tokenpurse.periods import Anchor, Period
from tokenpurse.plans.plan import Plan

__all__ = ["begins_term", "term_at", "term_over"]


def term_at(plan: Plan, at: datetime, anchor: Anchor, zone: str) -> Period | None:
    """Find the term that holds a moment; `None`: the plan has none."""
    return None if plan.term is None else plan.term.period_at(at, anchor, zone)


def begins_term(plan: Plan, closed: datetime, opened: datetime, anchor: Anchor, zone: str) -> bool:
    """Tell whether a period that opens after one that began at `closed` is the first of a term."""
    before, now = term_at(plan, closed, anchor, zone), term_at(plan, opened, anchor, zone)
    return before is None or now is None or before.number != now.number


def term_over(plan: Plan, book: Book) -> datetime | None:
    """Find when the running term is over for the wallet: the first end of a period at or after its own.

    That is where the period begins that is the first of the next term; `None`: there is none.
    """
    ends = book.period.end
    term = None if ends is None else term_at(plan, book.period.start, book.anchor, book.zone)
    if ends is None or term is None:
        return ends
    if term.end is None or ends >= term.end:
        return None if term.end is None else ends
    held_in = plan.period.period_at(term.end, book.anchor, book.zone)
    return term.end if held_in.start == term.end else held_in.end
