"""Money that went back, against what the buckets had and have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tokenpurse import entries as e
from tokenpurse._engine.book import Book

__all__ = ["contradictions"]


def contradictions(before: Book | None, entry: e.Entry, after: Book) -> Iterator[str]:
    """Compare what is claimed of buckets with what is owed for it, and with what they have."""
    if before is None or not isinstance(entry, e.ClawedBack | e.Reinstated | e.Captured):
        return
    for one in entry.claw_backs:
        parts = (one.taken, one.held, one.lost, one.debt, one.let_go)
        if not isinstance(entry, e.Captured) and (min(parts) < 0 or not one.steps):
            yield f"of bucket {one.bucket} {one.steps:,} are claimed"
        if isinstance(entry, e.Captured) and (one.steps or one.taken or one.lost):
            yield f"of bucket {one.bucket} {-one.held:,} were used, and {one.debt + one.let_go:,} stand for it"
    yield from _owed(entry)
    if not isinstance(entry, e.Captured):
        yield from _target(entry, after)
    names = {one.bucket for one in entry.claw_backs}
    for bucket in (*after.buckets, *(past.bucket for past in after.past.values())):
        clawed = bucket.claw_back
        parts = (clawed.taken, clawed.held, clawed.lost, clawed.debt, clawed.let_go)
        if bucket.id in names and (min(parts) < 0 or clawed.held > bucket.held_steps or bucket.spent_steps < 0):
            yield f"bucket {bucket.id} had less to claim"


def _owed(entry: e.ClawedBack | e.Reinstated | e.Captured) -> Iterator[str]:
    """Compare what had been used with what is owed for it, or given instead."""
    owed: Counter[str] = Counter()
    for one in entry.claw_backs:
        owed[one.unit.name] += one.debt
    for debt in entry.owed if isinstance(entry, e.Captured) else entry.debts:
        owed[debt.unit.name] -= debt.steps
    for bucket in entry.granted if isinstance(entry, e.Reinstated) else ():
        owed[bucket.unit.name] -= bucket.granted_steps
    for name, steps in owed.items():
        if steps:
            yield f"{steps:,} {name} were used, and nobody owes them"


def _target(entry: e.ClawedBack | e.Reinstated, after: Book) -> Iterator[str]:
    """Compare what is claimed in all with what the money stands for."""
    if entry.refunded_steps < 0:
        yield f"{entry.refunded_steps:,} went back"
    every = {past.bucket.id: past.bucket for past in after.past.values()} | {one.id: one for one in after.buckets}
    mine = [every[one.bucket] for one in entry.claw_backs if one.bucket in every]
    paid = {bucket.payment for bucket in mine if bucket.paid is not None}  # a gift of it has a ref of its own
    alike = [one for one in every.values() if one.payment in paid] if entry.source in paid else mine
    whole = sum(bucket.paid.steps for bucket in alike if bucket.paid is not None) if paid else 0
    whole = whole or sum(bucket.priced_steps for bucket in mine)
    for bucket in mine:
        if bucket.claw_back.total != bucket.priced_steps * entry.refunded_steps // max(1, whole):
            total = bucket.claw_back.total
            yield f"of bucket {bucket.id} {total:,} are claimed for {entry.refunded_steps:,} of {whole:,}"
