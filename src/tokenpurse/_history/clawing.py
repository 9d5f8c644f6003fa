"""Money that went back, against what the buckets had and have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse.buckets import Bucket
from tokenpurse.units import Unit

__all__ = ["contradictions"]


def contradictions(before: Book | None, entry: e.Entry, after: Book) -> Iterator[str]:
    """Compare what is claimed of buckets with what is owed for it, and with what they have."""
    if before is None or not isinstance(entry, e.ClawedBack | e.Reinstated | e.Captured):
        return
    for one in entry.claw_backs:
        parts = (one.taken, one.held, one.lost, one.debt, one.let_go, one.refunded, one.repaid)
        nothing = not one.steps and not one.refunded
        if not isinstance(entry, e.Captured) and (min(parts) < 0 or nothing or one.repaid > one.debt):
            yield f"of bucket {one.bucket} {one.steps:,} are claimed"
        if isinstance(entry, e.Captured) and (one.steps or one.taken or one.lost or one.refunded):
            yield f"of bucket {one.bucket} {-one.held:,} were used, and {one.debt + one.let_go:,} stand for it"
        if one.went != _way(before, entry, one.bucket):
            yield f"what comes of bucket {one.bucket} went {one.went}, its rest {_way(before, entry, one.bucket)}"
    yield from _owed(entry)
    if not isinstance(entry, e.Captured):
        yield from _target(before, entry, after)
    names = {one.bucket for one in entry.claw_backs}
    for bucket in (*after.buckets, *(past.bucket for past in after.past.values())):
        clawed = bucket.claw_back
        so_far = (clawed.taken, clawed.held, clawed.lost, clawed.debt, clawed.let_go)
        if bucket.id in names and (min(so_far) < 0 or clawed.held > bucket.held_steps or bucket.spent_steps < 0):
            yield f"bucket {bucket.id} had less to claim"


def _way(before: Book, entry: e.Entry, name: str) -> str:
    """Say which way goes what is there again of a bucket: into it, or as its rest went if it is over."""
    past = before.past.get(name)
    if not isinstance(entry, e.Reinstated):
        return "back"
    if past is not None and past.why != "drained":
        return "forfeited" if past.why == "forfeited" else "expired"
    there = (one for one in (*before.buckets, *([] if past is None else [past.bucket])) if one.id == name)
    return "expired" if any(one.expires is not None and one.expires <= entry.at for one in there) else "back"


def _owed(entry: e.ClawedBack | e.Reinstated | e.Captured) -> Iterator[str]:
    """Compare what had been used with what is owed for it, or given instead."""
    owed: Counter[str] = Counter()
    for one in entry.claw_backs:
        owed[one.unit.name] += one.debt - one.repaid
    for debt in entry.owed if isinstance(entry, e.Captured) else entry.debts:
        owed[debt.unit.name] -= debt.steps
    for name, steps in owed.items():
        if steps:
            yield f"{steps:,} {name} were used, and nobody owes them"


def _target(before: Book, entry: e.ClawedBack | e.Reinstated, after: Book) -> Iterator[str]:
    """Compare what is claimed in all with what the money stands for."""
    every = {past.bucket.id: past.bucket for past in after.past.values()} | {one.id: one for one in after.buckets}
    named = {one.bucket for one in entry.claw_backs}
    mine = [one for one in every.values() if one.payment == entry.source]
    if not mine:
        made = {known.key: bucket for known, bucket in before.memory.payments}
        mine = [one for one in every.values() if one.id == (made.get(entry.source) or entry.source)]
    if mine and entry.unit != _unit_of(mine):
        yield f"what went back of {entry.source} is {_unit_of(mine)}, it says {entry.unit}"
    divided = [one for one in mine if one.price_steps] or mine
    back = sum(one.claw_back.refunded for one in divided)
    if back != entry.refunded_steps or not named <= {one.id for one in mine}:
        yield f"{entry.refunded_steps:,} of {entry.source} went back, and {back:,} by its buckets"
    for bucket in mine:
        whole, total, own = bucket.price_steps or bucket.priced_steps, bucket.claw_back.total, bucket.claw_back.refunded
        if not 0 <= own <= whole:
            yield f"of bucket {bucket.id} {own:,} of {whole:,} went back"
        target = _stands_for(bucket, every)
        steps = next((one.steps for one in entry.claw_backs if one.bucket == bucket.id), 0)
        short = total < target if isinstance(entry, e.ClawedBack) else total > target
        if short or (steps and total != target):
            yield f"of bucket {bucket.id} {total:,} are claimed, and {target:,} stand for the money that went back"


def _unit_of(mine: Sequence[Bucket]) -> Unit:
    """Say what reports are in: the money that was paid, also where all of it travelled; else what was given."""
    money = [(one.price_steps, one.paid.unit) for one in mine if one.paid is not None]
    paid = [unit for steps, unit in money if steps]
    given = [one.unit for one in mine if one.priced_steps]
    return [*paid, *given, *(unit for _, unit in money), mine[0].unit][0]


def _stands_for(bucket: Bucket, every: Mapping[str, Bucket]) -> int:
    """How much of a bucket the money stands for that went back: by its own price, or by those of its payment."""
    own = bucket.claw_back.refunded
    if bucket.price_steps:
        return bucket.priced_steps * own // bucket.price_steps
    paying = [one for one in every.values() if one.price_steps and one.payment == bucket.payment]
    if bucket.payment is None or not paying:
        return own
    price = sum(one.price_steps for one in paying)
    return max(own, bucket.priced_steps * sum(one.claw_back.refunded for one in paying) // price)
