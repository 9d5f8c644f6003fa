"""What waits for a renewal where a period opens: what is asked for, and whose rest stays for the grace."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tokenpurse._engine.book import Book
from tokenpurse._engine.frame import Frame
from tokenpurse._engine.paying import begins_term, term_at
from tokenpurse.notices import RenewalDue
from tokenpurse.periods import Anchor, Period
from tokenpurse.plans.terms import SwitchTerms

__all__ = ["due_in", "waiting"]


def due_in(
    new: Frame, book: Book, closed: Period, period: Period, anchor: Anchor | None, *, switched: bool
) -> RenewalDue | None:
    """Ask for the renewal where a period opens that is paid for, by itself or as the first of its term."""
    begins = switched or anchor is not None
    if not begins and not begins_term(new.plan, closed.start, period.start, book.anchor, book.zone):
        return None
    return _renewal_due(new, period, term_at(new.plan, period.start, anchor or book.anchor, book.zone))


def _renewal_due(frame: Frame, period: Period, term: Period | None) -> RenewalDue | None:
    """Ask for the renewal of a period, or of the term that begins with it, where the plan has one."""
    terms, plan = frame.terms.renewal, frame.plan
    if terms is None:
        return None
    until = period.start + terms.grace
    return RenewalDue(
        id=f"renewal:{period.start:%Y%m%dT%H%M%S.%fZ}",
        plan=plan.name,
        revision=plan.revision,
        price=terms.price,
        period=period,
        until=until if period.end is None else min(until, period.end),  # a short period has a short grace
        rest=terms.rest,
        term=term,
    )


def waiting(new: Frame, book: Book, start: datetime, switch: SwitchTerms | None) -> Iterator[str]:
    """Name the buckets of allowances that are given on payment: what is left of them stays for the grace.

    Where nothing is left, that is where what comes back goes. What has a life of its own waits for nothing. By a change
    of plan, what the new one does not grant waits where its unit does, unless the change takes or keeps it.

    Args:
        new: of the plan that opens the period.
        book: the facts.
        start: when it opens.
        switch: what leaving the plan that closes does; `None`: it goes on.
    """
    waits = {(one.unit.name, one.kind) for one in new.terms.allowances if one.on_payment}
    at_once = {(one.unit.name, one.kind) for one in new.terms.allowances if not one.on_payment}
    units = {unit for unit, _ in waits}
    for bucket in book.buckets:
        key = bucket.unit.name, bucket.kind
        left = switch is not None and bucket.unit.name in units and key not in at_once
        if not (bucket.of_period and not bucket.own_life and (key in waits or left)):
            continue
        kept = switch is not None and bucket.kind in switch.keep and (bucket.expires is None or bucket.expires > start)
        if not kept and (switch is None or bucket.kind not in switch.forfeit):
            yield bucket.id
