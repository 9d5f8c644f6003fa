"""Effects of use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.apply.moves import changed, count, drawn, plus
from tokenpurse._engine.book import Book
from tokenpurse.buckets import Bucket
from tokenpurse.pricing import Rate
from tokenpurse.statements import Accrual

__all__ = [
    "spent",
    "take",
    "used",
]


def spent(book: Book, entry: e.Spent) -> Book:
    """Draw, price, bill and owe what was used; what a closed period used counts there."""
    late = entry.period is not None
    for use in entry.uses:
        book = used(book, use) if book.last is None or not late else _used_late(book, book.last, use)
    return count(book, entry.counted, entry.at) if entry.counted else book


def _used_late(book: Book, last: e.LastPeriod, use: e.Use) -> Book:
    """Count in the closed period what it used: as its use, from its rests; in the running one it is no use at all."""
    name, tallies = use.unit.name, book.tallies
    draws = {draw.bucket: draw.steps for draw in use.draws}
    drawing = [held for held in book.buckets if held.id in draws]
    paid = tallies.allowance_paid
    for held in drawing:
        if held.of_period:  # it paid at once what would be owed, as it pays a debt
            paid = plus(paid, (name, held.kind), draws[held.id])
    accrued = tallies.accrued if use.postpaid is None else _accrued(tallies.accrued, use.postpaid)
    last = evolve(
        last,
        rests=tuple(evolve(loss, steps=loss.steps - draws.get(loss.bucket, 0)) for loss in last.rests),
        used=tuple(sorted(plus(dict(last.used), name, use.steps).items())),
        priced=last.priced if use.priced is None else _priced_late(last, use.unit.name, use.priced),
    )
    book = evolve(
        book,
        buckets=changed(book, {held.id: drawn(held, draws[held.id], use=False) for held in drawing}),
        past={name: evolve(one, bucket=_regained(one.bucket, draws.get(name, 0))) for name, one in book.past.items()},
        tallies=evolve(tallies, allowance_paid=paid, accrued=accrued),
        spent=plus(book.spent, name, use.steps),
        debts=plus(book.debts, name, use.debt.steps) if use.debt is not None else book.debts,
        last=last,
    )
    return book if use.priced is None else _used_late(book, last, use.priced.paid)


def _regained(bucket: Bucket, steps: int) -> Bucket:
    """Let what a bucket lost have been used, after all."""
    return evolve(bucket, lost_steps=bucket.lost_steps - steps) if steps else bucket


def _priced_late(last: e.LastPeriod, name: str, more: e.Priced) -> tuple[tuple[str, Rate, int, int], ...]:
    before = {(unit, rate): (quantity, paid) for unit, rate, quantity, paid in last.priced}
    after = _priced(before, (name, more.rate), more)
    return tuple((unit, rate, quantity, paid) for (unit, rate), (quantity, paid) in after.items())


def used(book: Book, use: e.Use, take_from: Callable[[Bucket, int], Bucket] = drawn) -> Book:
    """Book one use, and that of what it is paid in; `take_from` says whether buckets have it left or held."""
    name = use.unit.name
    draws = {draw.bucket: draw.steps for draw in use.draws}
    tallies = book.tallies
    paid, accrued, priced = tallies.allowance_paid, tallies.accrued, tallies.priced
    changes: dict[str, Bucket | None] = {}
    for held in book.buckets if draws else ():
        if held.id in draws:
            changes[held.id] = take_from(held, draws[held.id])
            if held.of_period and take_from is drawn:  # what was held counts as given already
                paid = plus(paid, (name, held.kind), draws[held.id])
    if use.postpaid is not None:
        accrued = _accrued(accrued, use.postpaid)
    if use.priced is not None:
        priced = _priced(priced, (name, use.priced.rate), use.priced)
    book = evolve(
        book,
        buckets=changed(book, changes) if changes else book.buckets,
        tallies=evolve(
            tallies, used=plus(tallies.used, name, use.steps), allowance_paid=paid, accrued=accrued, priced=priced
        ),
        spent=plus(book.spent, name, use.steps),
        debts=plus(book.debts, name, use.debt.steps) if use.debt is not None else book.debts,
    )
    return book if use.priced is None else used(book, use.priced.paid, take_from)


def _priced(
    tally: Mapping[tuple[str, Rate], tuple[int, int]], key: tuple[str, Rate], more: e.Priced
) -> dict[tuple[str, Rate], tuple[int, int]]:
    quantity, paid = tally.get(key, (0, 0))
    return {**tally, key: (quantity + more.quantity, paid + more.paid.steps)}


def _accrued(lines: tuple[Accrual, ...], more: Accrual) -> tuple[Accrual, ...]:
    """Add to the line of the same meter and price, or begin one; it has what is billed of every use."""
    more = evolve(more, used=None)
    for position, line in enumerate(lines):
        if (line.meter, line.rate, line.of, line.refund) == (more.meter, more.rate, more.of, more.refund):
            grown = evolve(line, quantity=line.quantity + more.quantity)
            return (*lines[:position], grown, *lines[position + 1 :])
    return (*lines, more)


def take(
    book: Book, taken: Iterable[tuple[int, int]], counted: tuple[e.Counted, ...] = (), *, version: int, clock: datetime
) -> Book:
    """Make the book after spends that each stayed inside one bucket: `(position, steps)` for each, summed.

    The shortcut of `spent` for wallets that moved on without a book; a law compares the two on every history.
    """
    buckets = list(book.buckets)
    tallies, spent = book.tallies, book.spent
    in_all, paid = tallies.used, tallies.allowance_paid
    for position, steps in taken:
        bucket = buckets[position]
        name = bucket.unit.name
        buckets[position] = drawn(bucket, steps)
        in_all, spent = plus(in_all, name, steps), plus(spent, name, steps)
        if bucket.of_period:
            paid = plus(paid, (name, bucket.kind), steps)
    tallies = evolve(tallies, used=in_all, allowance_paid=paid)
    book = evolve(book, buckets=tuple(buckets), tallies=tallies, spent=spent, version=version, clock=clock)
    return count(book, counted, clock) if counted else book
