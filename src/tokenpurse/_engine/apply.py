"""The only code that makes a new book. Applying an entry never refuses, and needs neither plan nor engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.book import Book, Memory, Tallies
from tokenpurse.buckets import Bucket, Loss
from tokenpurse.notices import Bill, Charge
from tokenpurse.statements import Accrual

__all__ = ["apply", "open_book", "take"]

PAYMENTS_MAX = 2_000
PAYMENTS_KEPT = timedelta(days=400)
BUCKETS_KEPT = 500
"""From so many buckets on, those that are empty are retired when another one comes."""
BILLS_MAX = 64
"""Unanswered bills a wallet remembers; a host that bills elsewhere and never reports back must not make it grow."""

_Key = TypeVar("_Key")


def plus(tally: Mapping[_Key, int], key: _Key, steps: int) -> dict[_Key, int]:
    """Add to one figure of a tally; a figure of zero is not kept, so that equal wallets compare equal."""
    total = tally.get(key, 0) + steps
    grown = {other: value for other, value in tally.items() if other != key or total}
    return {**grown, key: total} if total else grown


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
        buckets=entry.buckets,
        debts={debt.unit.name: debt.steps for debt in entry.debts},
        counts=dict(entry.counts),
        tallies=Tallies(used=dict(entry.used)),
        memory=Memory(payments=tuple((known, bought.get(known.key, "")) for known in entry.remembered)),
    )
    for bucket in entry.buckets:
        book = evolve(book, granted=plus(book.granted, bucket.unit.name, bucket.granted_steps))
        if bucket.allowance:
            key = (bucket.unit.name, bucket.kind)
            paid = plus(book.tallies.allowance_paid, key, bucket.opening_steps - bucket.left_steps)
            book = evolve(book, tallies=evolve(book.tallies, allowance_paid=paid))
    book = evolve(book, issued=sum(not bucket.allowance for bucket in entry.buckets))
    return _stamped(_repaid(book, entry.repaid), entry)


def apply(book: Book, entry: e.Entry) -> Book:
    """Make the book after one more entry."""
    effect = _EFFECTS[entry.__class__]
    return _stamped(effect(book, entry), entry)


def _stamped(book: Book, entry: e.Entry) -> Book:
    """Do what every entry does: count, move the clock, remember the ref, note lines and requests."""
    changes: dict[str, Any] = {"version": entry.sequence, "clock": entry.at}
    if entry.lines:
        changes["lines"] = {**book.lines, **{line.alert: line for line in entry.lines}}
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
    return entry.bucket.id if isinstance(entry, e.Granted | e.ToppedUp) else ""


def _remembering(book: Book, ref: e.Remembered, bucket: str) -> Memory:
    if ref.namespace == "usage":
        return evolve(book.memory, ring=(*book.memory.ring, ref)[-book.ring :] if book.ring else ())
    live = {held.id for held in book.buckets}
    kept = tuple(
        (known, made) for known, made in book.memory.payments if made in live or known.at > ref.at - PAYMENTS_KEPT
    )
    return evolve(book.memory, payments=(*kept, (ref, bucket))[-PAYMENTS_MAX:])


# -- buckets -----------------------------------------------------------------------------------------------------


def _changed(book: Book, changes: Mapping[str, Bucket | None]) -> tuple[Bucket, ...]:
    """Replace buckets by id; `None` takes one out."""
    return tuple(bucket for bucket in (changes.get(held.id, held) for held in book.buckets) if bucket is not None)


def _drawn(bucket: Bucket, steps: int, *, use: bool = True) -> Bucket:
    """Take from a bucket. What goes other than by use lowers the opening too, so that the gauge never shows it."""
    left = bucket.left_steps - steps
    return evolve(bucket, left_steps=left, opening_steps=bucket.opening_steps - (0 if use else steps))


def _filled(bucket: Bucket, steps: int) -> Bucket:
    return evolve(
        bucket,
        granted_steps=bucket.granted_steps + steps,
        opening_steps=bucket.opening_steps + steps,
        left_steps=bucket.left_steps + steps,
    )


def _lost(book: Book, losses: Iterable[Loss]) -> Book:
    """Take losses out of their buckets."""
    lost = {loss.bucket: loss.steps for loss in losses}
    buckets = tuple(_drawn(held, lost[held.id], use=False) if held.id in lost else held for held in book.buckets)
    return evolve(book, buckets=buckets)


def _retired(book: Book, ids: Iterable[str]) -> Book:
    """Take buckets out of the book; what they paid in this period stays in the gauge."""
    gone = set(ids)
    retired = book.tallies.retired
    for bucket in book.buckets:
        if bucket.id in gone:
            retired = plus(retired, bucket.unit.name, bucket.opening_steps - bucket.left_steps)
    kept = tuple(bucket for bucket in book.buckets if bucket.id not in gone)
    return evolve(book, buckets=kept, tallies=evolve(book.tallies, retired=retired))


def _compacted(book: Book) -> Book:
    """Retire buckets that are empty once there are many, so that a busy period never runs out of room for a new one."""
    if len(book.buckets) < BUCKETS_KEPT:
        return book
    return _retired(book, [held.id for held in book.buckets if not held.left_steps and not held.allowance])


def _granted(book: Book, buckets: Iterable[Bucket]) -> Book:
    granted = book.granted
    new = tuple(buckets)
    for bucket in new:
        granted = plus(granted, bucket.unit.name, bucket.granted_steps)
    return evolve(book, buckets=book.buckets + new, granted=granted)


def _repaid(book: Book, repaid: Iterable[e.Repaid]) -> Book:
    for one in repaid:
        draws = {draw.bucket: draw.steps for draw in one.draws}
        changes = {held.id: _drawn(held, draws[held.id], use=False) for held in book.buckets if held.id in draws}
        paid = book.tallies.allowance_paid
        for held in book.buckets:
            if held.allowance and held.id in draws:  # or a plan change would give back what paid a debt
                paid = plus(paid, (one.unit.name, held.kind), draws[held.id])
        book = evolve(
            book,
            buckets=_changed(book, changes),
            debts=plus(book.debts, one.unit.name, -one.steps),
            tallies=evolve(book.tallies, allowance_paid=paid),
        )
    return book


# -- use ---------------------------------------------------------------------------------------------------------


def _spent(book: Book, entry: e.Spent) -> Book:
    for use in entry.uses:
        book = _used(book, use)
    return book


def _used(book: Book, use: e.Use) -> Book:
    name = use.unit.name
    draws = {draw.bucket: draw.steps for draw in use.draws}
    tallies = book.tallies
    paid, accrued, priced = tallies.allowance_paid, tallies.accrued, tallies.priced
    changes: dict[str, Bucket | None] = {}
    for held in book.buckets if draws else ():
        if held.id in draws:
            changes[held.id] = _drawn(held, draws[held.id])
            if held.allowance:
                paid = plus(paid, (name, held.kind), draws[held.id])
    if use.postpaid is not None:
        accrued = _accrued(accrued, use.postpaid)
    if use.priced is not None:
        priced = plus(priced, (name, use.priced.rate), use.priced.quantity)
    used = plus(tallies.used, name, use.steps)
    book = evolve(
        book,
        buckets=_changed(book, changes) if changes else book.buckets,
        tallies=evolve(tallies, used=used, allowance_paid=paid, accrued=accrued, priced=priced),
        spent=plus(book.spent, name, use.steps),
        debts=plus(book.debts, name, use.debt.steps) if use.debt is not None else book.debts,
    )
    return book if use.priced is None else _used(book, use.priced.paid)


def _accrued(lines: tuple[Accrual, ...], more: Accrual) -> tuple[Accrual, ...]:
    """Add to the line of the same meter and price, or begin one."""
    for position, line in enumerate(lines):
        if line.meter == more.meter and line.rate == more.rate:
            grown = evolve(line, quantity=line.quantity + more.quantity)
            return (*lines[:position], grown, *lines[position + 1 :])
    return (*lines, more)


def take(book: Book, taken: Iterable[tuple[int, int]], *, version: int, clock: datetime) -> Book:
    """Make the book after spends that each stayed inside one bucket: `(position, steps)` for each, summed.

    The shortcut of `_spent` for wallets that moved on without a book; a law compares the two on every history.
    """
    buckets = list(book.buckets)
    tallies, spent = book.tallies, book.spent
    used, paid = tallies.used, tallies.allowance_paid
    for position, steps in taken:
        bucket = buckets[position]
        name = bucket.unit.name
        buckets[position] = _drawn(bucket, steps)
        used, spent = plus(used, name, steps), plus(spent, name, steps)
        if bucket.allowance:
            paid = plus(paid, (name, bucket.kind), steps)
    tallies = evolve(tallies, used=used, allowance_paid=paid)
    return evolve(book, buckets=tuple(buckets), tallies=tallies, spent=spent, version=version, clock=clock)


# -- everything else ---------------------------------------------------------------------------------------------


def _given(book: Book, entry: e.Granted) -> Book:
    book = evolve(_granted(_compacted(book), (entry.bucket,)), issued=book.issued + 1)
    return _repaid(book, entry.repaid)


def _topped_up(book: Book, entry: e.ToppedUp) -> Book:
    bucket = entry.bucket
    book = _compacted(book)
    book = evolve(
        book,
        buckets=(*book.buckets, bucket),
        added=plus(book.added, bucket.unit.name, bucket.granted_steps),
        issued=book.issued + 1,
        pending=tuple(request for request in book.pending if request.id != entry.request),
        retry_at=None,
    )
    return _repaid(book, entry.repaid)


def _expired(book: Book, entry: e.Expired) -> Book:
    return _retired(_lost(book, entry.expired), (loss.bucket for loss in entry.expired))


def _period_opened(book: Book, entry: e.PeriodOpened) -> Book:
    book = _lost(book, entry.forfeited)
    carried = {carry.bucket: carry.steps for carry in entry.carried}
    buckets = [
        evolve(held, left_steps=held.left_steps - carried[held.id]) if held.id in carried else held
        for held in book.buckets
    ]
    # What the period was for is over: an allowance's bucket goes, and so does any other that is empty.
    live = [
        held if held.opening_steps == held.left_steps else evolve(held, opening_steps=held.left_steps)
        for held in buckets
        if held.left_steps and not held.allowance
    ]
    book = evolve(
        book,
        anchor=entry.anchor or book.anchor,
        period=entry.period,
        plan=entry.plan,
        plan_next=None,
        counts={**book.counts, **dict(entry.counts)},
        counts_next={},
        limits={name: steps for name, steps in book.limits.items() if name not in entry.limits_dropped},
        buckets=tuple(live),
        tallies=Tallies(),
    )
    book = _granted(book, entry.granted)
    filled: dict[str, int] = {}
    for carry in entry.carried:
        filled[carry.into] = filled.get(carry.into, 0) + carry.steps
    for run in entry.between:
        book = evolve(book, granted=plus(book.granted, run.unit.name, run.granted_steps))
        for carry in entry.carried if run.carried_steps else ():
            if carry.unit == run.unit:
                filled[carry.into] += run.carried_steps
                break
    changes = {held.id: _filled(held, filled[held.id]) for held in book.buckets if held.id in filled}
    return _repaid(evolve(book, buckets=_changed(book, changes)), entry.repaid)


def _reshaped(book: Book, entry: e.PlanChanged | e.CountSet) -> Book:
    """Do what a change in mid-period does to buckets: lose, gain, grant, repay."""
    book = _lost(book, entry.forfeited)
    gained = {gain.bucket: gain.steps for gain in entry.gained}
    changes = {held.id: _filled(held, gained[held.id]) for held in book.buckets if held.id in gained}
    granted = book.granted
    for gain in entry.gained:
        granted = plus(granted, gain.unit.name, gain.steps)
    book = evolve(book, buckets=_changed(book, changes), granted=granted)
    book = _retired(book, (loss.bucket for loss in entry.forfeited if not loss.left_steps))
    book = evolve(_granted(book, entry.granted), issued=book.issued + len(entry.granted))
    return _repaid(book, entry.repaid)


def _plan_changed(book: Book, entry: e.PlanChanged) -> Book:
    limits = {name: steps for name, steps in book.limits.items() if name not in entry.limits_dropped}
    period = entry.period or book.period
    return evolve(_reshaped(book, entry), plan=entry.plan, plan_next=None, limits=limits, period=period)


def _count_set(book: Book, entry: e.CountSet) -> Book:
    later = {name: count for name, count in book.counts_next.items() if name != entry.name}
    if entry.at_period_end:
        return evolve(book, counts_next={**later, entry.name: entry.count})
    return evolve(_reshaped(book, entry), counts={**book.counts, entry.name: entry.count}, counts_next=later)


def _limit_set(book: Book, entry: e.LimitSet) -> Book:
    others = {name: steps for name, steps in book.limits.items() if name != entry.name}
    return evolve(book, limits=others if entry.steps is None else {**others, entry.name: entry.steps})


def _auto_top_up_set(book: Book, entry: e.AutoTopUpSet) -> Book:
    return evolve(book, auto_top_up=entry.setting)


def _confirmed(book: Book, entry: e.Confirmed) -> Book:
    return evolve(book, pending=tuple(request for request in book.pending if request.id != entry.request))


def _declined(book: Book, entry: e.Declined) -> Book:
    """A charge that failed is over; a bill that failed is still owed and may be confirmed later."""
    pending = tuple(request for request in book.pending if request.id != entry.request or isinstance(request, Bill))
    return evolve(book, pending=pending, retry_at=entry.retry_at or book.retry_at)


def _closed(book: Book, entry: e.Closed) -> Book:
    book = _retired(_lost(book, entry.forfeited), [held.id for held in book.buckets])
    kept = tuple(request for request in book.pending if isinstance(request, Bill))
    tallies = evolve(book.tallies, accrued=())  # the statement has them now
    return evolve(book, closed=True, pending=kept, plan_next=None, counts_next={}, retry_at=None, tallies=tallies)


_EFFECTS: Mapping[type[e.Entry], Callable[[Book, Any], Book]] = {
    e.Spent: _spent,
    e.Granted: _given,
    e.ToppedUp: _topped_up,
    e.Expired: _expired,
    e.PeriodOpened: _period_opened,
    e.PlanChanged: _plan_changed,
    e.PlanChangeScheduled: lambda book, entry: evolve(book, plan_next=entry.plan),
    e.CountSet: _count_set,
    e.LimitSet: _limit_set,
    e.AutoTopUpSet: _auto_top_up_set,
    e.ZoneSet: lambda book, entry: evolve(book, zone=entry.zone),
    e.ChargeRequested: lambda book, _: book,
    e.Confirmed: _confirmed,
    e.Declined: _declined,
    e.Frozen: lambda book, _: evolve(book, frozen=True),
    e.Unfrozen: lambda book, _: evolve(book, frozen=False),
    e.Closed: _closed,
}
