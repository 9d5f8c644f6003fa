"""What time does: buckets start and end, periods close and open, cool-downs are over; each at its own moment, in order.

At one instant: holds lapse, buckets start, buckets whose own life is over expire, the period closes, the plan changes
if that is scheduled, what is left is carried, allowances are granted, debt is paid, auto top-up is judged. Missed
periods happen one after the other, and a run of identical ones is one entry, so that years of silence cost no more
than a few.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from tokenpurse import entries as e
from tokenpurse._engine.apply import apply
from tokenpurse._engine.book import Book
from tokenpurse._engine.context import Context, with_repayment
from tokenpurse._engine.ends import over_before, own_ends
from tokenpurse._engine.folding import stretched
from tokenpurse._engine.frame import frame_of
from tokenpurse._engine.opening import open_next
from tokenpurse._engine.reminding import remind
from tokenpurse._engine.renewing import grace_ended
from tokenpurse._engine.returning import lapse
from tokenpurse._engine.running import State, run_of, stamp_at
from tokenpurse._engine.streams import turned
from tokenpurse._engine.stretches import stream_due
from tokenpurse._engine.watch import watched
from tokenpurse.buckets import Loss
from tokenpurse.notices import RenewalDue
from tokenpurse.statements import Statement

__all__ = ["State", "commit", "settled"]

Committed = TypeVar("Committed", bound=e.Entry)


def commit(state: State, entry: Committed) -> tuple[State, Committed]:
    """Complete a decided entry with what it gives rise to, and apply it."""
    book = apply(state.book, entry)
    full = watched(state.frame, entry, book)
    if full is not entry:
        entry, book = full, apply(state.book, full)
    same = book.plan == state.book.plan and isinstance(entry, e.Spent)
    return State(book, state.frame if same else frame_of(book, state.frame.catalogue)), entry


def settled(state: State, until: datetime) -> tuple[State, list[e.Entry]]:
    """Do all that is due at or before a moment."""
    entries: list[e.Entry] = []
    entry: e.Entry
    while (due := state.frame.due(state.book)) is not None and due <= until:
        due = max(due, state.book.clock)
        state, entry = commit(state, _next(state, due, until))
        entries.append(entry)
    return state, entries


def _next(state: State, due: datetime, until: datetime) -> e.Entry:
    """Find what comes first of all that is due at one moment."""
    ends = (
        _bill(state)
        or remind(state.frame, state.book, stamp_at(state.book, due), due)
        or _lapse(state, due)
        or _start(state, due)
        or _expiry(state, due)
    )
    opens = _grace(state, due) or _opening(state, due, until) if ends is None else ends
    return opens or _turning(state, due, until) or _cool_down(state, due)


def _bill(state: State) -> e.BillRequested | None:
    """What ran up reached the plan's bound."""
    lines = state.frame.billable(state.book)
    stamp = stamp_at(state.book, state.book.clock)
    return e.BillRequested(**stamp, statement=Statement(state.book.period, lines)) if lines else None


def _lapse(state: State, due: datetime) -> e.Lapsed | None:
    """Holds whose deadline has come."""
    return lapse(state.frame, state.book, stamp_at(state.book, due), due)


def _start(state: State, due: datetime) -> e.Started | None:
    """Buckets that can be used from now on: first of all, so that what ends at the same moment leaves no gap.

    Where the period ends at this moment too, what it does with a debt comes before that is paid, by its opening.
    """
    names = tuple(bucket.id for bucket in state.book.buckets if not bucket.started and bucket.starts <= due)
    if not names:
        return None
    entry = e.Started(**stamp_at(state.book, due), buckets=names)
    return entry if state.book.period.end == due else with_repayment(state.frame, state.book, entry)


def _expiry(state: State, due: datetime) -> e.Expired | None:
    """Buckets whose own life is over."""
    book, plan = state.book, state.frame.plan
    over = [bucket for bucket, end in own_ends(book) if end <= due]
    if plan.cancels_to is not None and _unpaid(book, due) is not None:  # the plan changes now, which takes none of it
        takes = plan.terms.switches["cancel"].takes
        over += [bucket for bucket in over_before(book, takes, due) if bucket.there_steps and bucket not in over]
    losses = tuple(Loss(one.id, one.kind, one.unit, one.left_steps, 0) for one in over)
    return e.Expired(**stamp_at(book, due), expired=losses) if losses else None


def _unpaid(book: Book, due: datetime) -> RenewalDue | None:
    """Find the renewal whose grace ended unpaid."""
    renewal = book.renewal
    over = renewal is not None and not book.overdue and book.paused_at is None and renewal.until <= due
    return renewal if over else None


def _grace(state: State, due: datetime) -> e.Entry | None:
    """A renewal was not paid in its grace."""
    book, renewal = state.book, _unpaid(state.book, due)
    if renewal is None:
        return None
    return grace_ended(Context(book=book, frame=state.frame, at=due, by=None, stamp=stamp_at(book, due)), renewal)


def _opening(state: State, due: datetime, until: datetime) -> e.PeriodOpened | None:
    """The running period is over; with the identical ones that follow, in one entry."""
    end = state.book.period.end
    if end is None or end > due or state.book.paused_at is not None:
        return None
    first = open_next(state.frame, state.book, stamp_at(state.book, due))
    return run_of(state, first, until) or first


def _turning(state: State, due: datetime, until: datetime) -> e.AllowanceOpened | None:
    """Stretches of allowances with a schedule of their own are over, or a condition is met."""
    moment = stream_due(state.frame.terms, state.book)
    if moment is None or moment > due:
        return None
    entry = turned(state.frame, state.book, stamp_at(state.book, due), due)
    return None if entry is None else stretched(state.frame, state.book, entry, until)


def _cool_down(state: State, due: datetime) -> e.ChargeRequested:
    """What else is due: a cool-down or a window is over, and auto top-up still wants a charge; `watch` adds it."""
    return e.ChargeRequested(**stamp_at(state.book, due))
