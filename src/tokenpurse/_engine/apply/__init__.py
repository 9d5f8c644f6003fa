"""The only code that makes a new book. Applying an entry never refuses, and needs neither plan nor engine.

`apply` finds an entry's effect by its kind, and does what every entry does; the effects lie beside it, by theme.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.apply import clawing, getting, holding, pairs, settings, timing, turning, undoing, using
from tokenpurse._engine.apply.moves import (
    COUNTERS_MAX,
    PAYMENTS_KEPT,
    PAYMENTS_MAX,
    bought_in,
    plus,
    repay_from,
)
from tokenpurse._engine.apply.undoing import UNDONE_KEPT
from tokenpurse._engine.apply.using import take
from tokenpurse._engine.book import Book, Memory, Tallies
from tokenpurse.notices import Bill, Charge

__all__ = ["COUNTERS_MAX", "UNDONE_KEPT", "apply", "forgot", "open_book", "take"]

BILLS_MAX = 64
"""Unanswered bills a wallet remembers; a host that bills elsewhere and never reports back must not make it grow."""


def open_book(entry: e.Opened) -> Book:
    """Make the first book."""
    bought = {bucket.payment: bucket.id for bucket in entry.buckets}
    book = Book(
        id=entry.wallet,
        plan=entry.plan,
        anchor=entry.anchor,
        zone=entry.zone,
        tolerance=entry.tolerance,
        ring=entry.ring,
        clock=entry.at,
        version=0,
        period=entry.period,
        since=entry.period.start,
        buckets=entry.buckets,
        debts={debt.unit.name: debt.steps for debt in entry.debts},
        counts=dict(entry.counts),
        tallies=Tallies(used=dict(entry.used)),
        bought=bought_in(entry.buckets),
        memory=Memory(payments=tuple((known, bought.get(known.key, "")) for known in entry.remembered)),
    )
    for bucket in entry.buckets:
        book = evolve(book, granted=plus(book.granted, bucket.unit.name, bucket.granted_steps))
        if bucket.allowance:
            key = (bucket.unit.name, bucket.kind)
            paid = plus(book.tallies.allowance_paid, key, bucket.opening_steps - bucket.left_steps)
            book = evolve(book, tallies=evolve(book.tallies, allowance_paid=paid))
    book = evolve(timing.entered(book, entry), issued=sum(not bucket.allowance for bucket in entry.buckets))
    return _stamped(repay_from(book, entry.repaid), entry)


def apply(book: Book, entry: e.Entry) -> Book:
    """Make the book after one more entry."""
    effect = _EFFECTS[entry.__class__]
    return _stamped(effect(book, entry), entry)


def _stamped(book: Book, entry: e.Entry) -> Book:
    """Do what every entry does: count, move the clock, remember the ref, note lines and requests."""
    changes: dict[str, Any] = {"version": entry.sequence, "clock": entry.at}
    if entry.lines:
        changes["lines"] = {**book.lines, **{line.alert: line for line in entry.lines}}
    if entry.window is not None:
        changes["window"] = entry.window
    if entry.requests:
        changes["pending"] = _pending(book, entry)
        changes["requested"] = book.requested + sum(1 for request in entry.requests if isinstance(request, Charge))
        if any(isinstance(request, Charge) for request in entry.requests):
            changes["retry_at"] = None
    if entry.ref is not None:
        changes["memory"] = _remembering(book, entry.ref, made_by(entry))
    return evolve(book, **changes)


def _pending(book: Book, entry: e.Entry) -> tuple[Any, ...]:
    pending = (*book.pending, *entry.requests)
    bills = [request for request in pending if isinstance(request, Bill)]
    dropped = {bill.id for bill in bills[: max(0, len(bills) - BILLS_MAX)]}
    return tuple(request for request in pending if request.id not in dropped)


def made_by(entry: e.Entry) -> str:
    """Name the bucket that an entry made, for as long as whose life its ref is remembered."""
    if isinstance(entry, e.Received):
        return entry.granted[0].id if len(entry.granted) == 1 else ""
    return entry.bucket.id if isinstance(entry, e.Granted | e.ToppedUp) else ""


def forgot(book: Book, namespace: str, since: datetime) -> bool:
    """Tell whether a ref that was used at a moment may have been forgotten since."""
    if namespace == "usage":
        ring = book.memory.ring
        return len(ring) >= book.ring and (not ring or since <= ring[0].at)
    payments = book.memory.payments
    full = len(payments) >= PAYMENTS_MAX and since <= payments[0][0].at
    return full or since <= book.clock - PAYMENTS_KEPT


def _remembering(book: Book, ref: e.Remembered, bucket: str) -> Memory:
    if ref.namespace == "usage":
        return evolve(book.memory, ring=(*book.memory.ring, ref)[-book.ring :] if book.ring else ())
    live = {held.id for held in book.buckets}
    kept = tuple(
        (known, made) for known, made in book.memory.payments if made in live or known.at > ref.at - PAYMENTS_KEPT
    )
    return evolve(book.memory, payments=(*kept, (ref, bucket))[-PAYMENTS_MAX:])


_EFFECTS: Mapping[type[e.Entry], Callable[[Book, Any], Book]] = {
    e.Spent: using.spent,
    e.Held: holding.held,
    e.Captured: holding.captured,
    e.Released: holding.released,
    e.Refunded: undoing.refunded,
    e.ClawedBack: clawing.clawed_back,
    e.Reinstated: clawing.reinstated,
    e.Lapsed: holding.lapsed,
    e.Granted: getting.given,
    e.ToppedUp: getting.topped_up,
    e.Transferred: pairs.transferred,
    e.Received: pairs.received,
    e.Expired: timing.expired,
    e.AllowanceOpened: turning.allowance_opened,
    e.Started: timing.started,
    e.Extended: timing.extended,
    e.PeriodOpened: timing.period_opened,
    e.PlanChanged: timing.plan_changed,
    e.PlanChangeScheduled: lambda book, entry: evolve(book, plan_next=entry.plan, next_at_term=entry.at_term),
    e.CountSet: timing.count_set,
    e.LimitSet: settings.limit_set,
    e.AutoTopUpSet: settings.auto_top_up_set,
    e.ZoneSet: lambda book, entry: evolve(book, zone=entry.zone),
    e.ChargeRequested: lambda book, _: book,
    e.BillRequested: undoing.billed_early,
    e.Reminded: lambda book, _: book,
    e.Confirmed: getting.confirmed,
    e.Declined: getting.declined,
    e.Frozen: lambda book, _: evolve(book, frozen=True),
    e.Unfrozen: lambda book, _: evolve(book, frozen=False),
    e.Renewed: getting.renewed,
    e.GraceEnded: timing.grace_ended,
    e.Paused: timing.paused,
    e.Resumed: timing.resumed,
    e.Closed: timing.closed,
}
