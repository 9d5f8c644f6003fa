"""What limits counted, against the use that an entry is of and the counts that were there."""

from __future__ import annotations

from collections.abc import Iterator

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse._history.flows import captured_in, uses_in
from tokenpurse.buckets import PAY_AS_YOU_GO
from tokenpurse.pricing import postpaid_cost

__all__ = ["contradictions"]


def contradictions(before: Book | None, entry: e.Entry) -> Iterator[str]:
    """Compare what an entry says that limits counted with what was used, and with what they had counted."""
    if before is None or not isinstance(entry, e.Spent | e.Captured) or not entry.counted:
        return
    used, paid = dict(_used(before, entry)), _paid(before, entry)
    seen = set()
    for one in entry.counted:
        if one.key in seen:
            yield f"limit {one.limit} counted it twice"
        seen.add(one.key)
        kinds = (paid.get((one.unit.name, kind), 0) for kind in one.kinds)
        counts = sum(kinds) if one.kinds else used.get(one.unit.name, 0)
        if one.steps != counts:
            yield f"limit {one.limit} counted {one.steps:,} of {counts:,} {one.unit}"
        counter = None if one.start is None else before.counters.get(one.key)
        counter = counter if counter is not None and counter.runs(entry.at) else None
        if counter is not None and (counter.start, counter.end) != (one.start, one.end):
            was = f"{counter.start} to {counter.end}"
            yield f"limit {one.limit} counts from {one.start} to {one.end}, it was from {was}"
        so_far = before.tallies.counted.get(one.key, 0) if one.start is None else counter.steps if counter else 0
        if one.after_steps != so_far + one.steps:
            yield f"limit {one.limit} has counted {so_far + one.steps:,} by the amounts and {one.after_steps:,} in all"
        if one.start is not None and not (one.start <= entry.at and (one.end is None or entry.at < one.end)):
            yield f"limit {one.limit} counts from {one.start} to {one.end}, and it is of {entry.at}"


def _used(before: Book, entry: e.Spent | e.Captured) -> Iterator[tuple[str, int]]:
    """Sum what was used of each unit; of money, what was added to the cost of pay-as-you-go in it included."""
    sums = dict(_costs(before, entry))
    for use in (*captured_in(entry), *uses_in(entry)):
        sums[use.unit.name] = sums.get(use.unit.name, 0) + use.steps
    yield from sums.items()


def _costs(before: Book, entry: e.Spent | e.Captured) -> Iterator[tuple[str, int]]:
    """Sum what was added to the cost of pay-as-you-go, by currency."""
    sums: dict[str, int] = {}
    quantities = {(line.meter.name, line.rate): line.quantity for line in before.tallies.accrued if line.is_own}
    for line in (use.postpaid for use in (*captured_in(entry), *uses_in(entry)) if use.postpaid is not None):
        rate, key = line.rate, (line.meter.name, line.rate)
        quantity = quantities.get(key, 0)
        quantities[key] = quantity + line.quantity
        cost = postpaid_cost(rate, quantities[key]) - postpaid_cost(rate, quantity)
        if not rate.adds_to(rate.unit.name, line.meter.name):
            continue
        sums[rate.unit.name] = sums.get(rate.unit.name, 0) + cost
    yield from sums.items()


def _paid(before: Book, entry: e.Spent | e.Captured) -> dict[tuple[str, str], int]:
    """Sum what buckets of each kind paid of each unit, and what was billed, costs included."""
    paid = {(name, PAY_AS_YOU_GO): cost for name, cost in _costs(before, entry)}
    for use in (*captured_in(entry), *uses_in(entry)):
        name = use.unit.name
        parts = [(draw.kind, draw.steps) for draw in use.draws]
        if use.postpaid is not None:
            parts.append((PAY_AS_YOU_GO, use.postpaid.asked))
        for kind, steps in parts:
            paid[name, kind] = paid.get((name, kind), 0) + steps
    return paid
