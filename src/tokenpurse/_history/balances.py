"""Amounts against balances: every bucket and every debt is followed through an entry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse._history.flows import captured_in, debts_in, ended_in, flows_in, moved_in, new_buckets, uses_in
from tokenpurse.buckets import ClawBack
from tokenpurse.units import STEPS_MAX

__all__ = ["contradictions"]


def contradictions(before: Book | None, entry: e.Entry, after: Book) -> Iterator[str]:
    """Compare the balances that an entry carries with those that its amounts lead to."""
    yield from _buckets(before, entry, after)
    yield from _debts(before, entry)
    for use in (*uses_in(entry), *captured_in(entry)):
        paid = sum(draw.steps for draw in use.draws) + (use.debt.steps if use.debt else 0)
        paid += (use.priced.quantity if use.priced else 0) + (use.postpaid.asked if use.postpaid else 0)
        if paid != use.steps:
            yield f"{use.steps:,} {use.unit} were used and {paid:,} paid"
    yield from _flags(before, entry, after)
    yield from _doubled(before, entry)
    for bucket in new_buckets(entry):
        used = bucket.opening_steps - bucket.left_steps
        elsewhere = bucket.allowance and isinstance(entry, e.Opened)
        gone = bucket.held_steps or bucket.lost_steps or bucket.excess_steps or bucket.transferred_steps
        gone = gone or bucket.repaid_steps
        if gone or bucket.claw_back != ClawBack():
            yield f"of the new bucket {bucket.id} something is held, lost or forfeited already"
        if bucket.granted_steps != bucket.opening_steps or used < 0 or (used and not elsewhere):
            yield f"of the new bucket {bucket.id} {bucket.granted_steps:,} are granted and {bucket.left_steps:,} left"
    if isinstance(entry, e.Opened):
        yield from _brought(entry)
    if before is not None:
        yield from _excess(before, entry)
        yield from _forfeited_first(before, entry)
        yield from _givers(before, entry)


def _excess(before: Book, entry: e.Entry) -> Iterator[str]:
    """Compare what is forfeited of all that comes back to a bucket with what can: what is held, or was given."""
    there = {bucket.id: bucket for bucket in (*before.buckets, *new_buckets(entry))}
    for name, steps in getattr(entry, "excess", ()):
        bucket = there.get(name)
        unit = "" if bucket is None else bucket.unit.name
        given = sum(steps for (name, _), steps in before.tallies.allowance_paid.items() if name == unit)
        given += sum(rest.steps for rest in getattr(entry, "kept", ()) if rest.unit.name == unit)
        most = given if bucket is None or bucket.allowance else bucket.held_steps
        if bucket is None or not 0 <= steps <= most:
            yield f"of what comes back to bucket {name} {steps:,} are forfeited, and {most:,} can come back"


def _forfeited_first(before: Book, entry: e.Entry) -> Iterator[str]:
    """Compare what comes back to buckets with how much of it was to be forfeited: that comes first."""
    owed = {bucket.id: bucket.excess_steps for bucket in before.buckets}
    for back in getattr(entry, "returned", ()):
        lost = back.steps if back.went == "forfeited" else 0
        if not back.into and back.bucket in owed:
            if lost > owed[back.bucket] or (owed[back.bucket] and not lost):
                yield f"of what comes back to bucket {back.bucket} {owed[back.bucket]:,} were to be forfeited"
            owed[back.bucket] -= lost


def _givers(before: Book, entry: e.Entry) -> Iterator[str]:
    """Compare the plan that gave what comes back with those of the period: an allowance's was given by one of them."""
    plans = {before.plan.name, *(plan for _, plan in before.tallies.left)}
    given = {bucket.id for bucket in before.buckets if bucket.of_period}
    for back in getattr(entry, "returned", ()):
        if back.plan not in plans and (back.plan or (back.bucket in given and back.went != "expired")):
            yield f"what comes back of bucket {back.bucket} was given by plan {back.plan!r}, it says"


def _buckets(before: Book | None, entry: e.Entry, after: Book) -> Iterator[str]:
    """Follow each bucket through an entry: every balance it says, and the one that the wallet has in the end."""
    there = () if before is None else before.buckets
    lefts = {bucket.id: bucket.left_steps for bucket in there} | _rests(before, entry)
    for name, steps, left in flows_in(entry):
        lefts[name] = lefts.get(name, 0) + steps
        if left is not None and left != lefts[name]:
            yield f"bucket {name} has {lefts[name]:,} left by the amounts and {left:,} by the balance"
    held = {bucket.id: bucket.left_steps for bucket in after.buckets} | _rests(after, entry)
    for name, left in lefts.items():
        if left != held.get(name, 0):
            yield f"bucket {name} has {left:,} left by the amounts and {held.get(name, 0):,} in the wallet"
    over = () if before is None else (past.bucket for past in before.past.values())
    named = {bucket.id: (bucket.kind, bucket.unit) for bucket in (*over, *there, *new_buckets(entry))}
    if before is not None and before.last is not None:
        named |= {loss.bucket: (loss.kind, loss.unit) for loss in before.last.rests}
    for moved in moved_in(entry):
        if isinstance(entry, e.Refunded) and moved.bucket not in named:
            continue  # an allowance of a period before, of which only its draws are left to tell
        if named.get(moved.bucket) != (moved.kind, moved.unit):
            yield f"bucket {moved.bucket} does not hold {moved.kind} of {moved.unit}"


def _doubled(before: Book | None, entry: e.Entry) -> Iterator[str]:
    """Compare the names of new buckets with each other, and with those of the buckets that are there."""
    if new := new_buckets(entry):
        names = Counter(bucket.id for bucket in (*(() if before is None else before.buckets), *new))
        yield from (f"it makes bucket {name}, which is there already" for name, times in names.items() if times > 1)


def _flags(before: Book | None, entry: e.Entry, after: Book) -> Iterator[str]:
    """Compare what each draw says of its bucket, an allowance's or not, with the bucket, or with the hold it is of."""
    there = () if before is None else before.buckets
    flags = {bucket.id: bucket.allowance for bucket in (*there, *new_buckets(entry))}
    flags |= dict.fromkeys(_rests(before, entry), True)
    paying = flags | {bucket.id: bucket.allowance for bucket in after.buckets}
    holds = () if before is None else (before.holds.get(one.hold) for one in ended_in(entry))
    held = {draw.bucket: draw.allowance for one in holds if one for use in one.uses for draw in use.all_draws()}
    repaid = (draw for one in getattr(entry, "repaid", ()) for draw in one.draws)
    known = {bucket.id: bucket.allowance for bucket in there if not bucket.kept}  # what is kept was an allowance's
    withheld = (draw for one in getattr(entry, "withheld", ()) for use in one.uses for draw in use.all_draws())
    for of, draws in (
        (flags, (draw for use in uses_in(entry) for draw in use.draws)),
        (held, (draw for use in captured_in(entry) for draw in use.draws)),
        (paying, repaid),
        (flags, getattr(entry, "given", ())),
        (known, withheld),
    ):
        for draw in draws:
            if draw.allowance != of.get(draw.bucket, draw.allowance):
                yield f"bucket {draw.bucket} is {'no' if draw.allowance else 'an'} allowance's, it says otherwise"


def _rests(book: Book | None, entry: e.Entry) -> dict[str, int]:
    """What a closed period forfeited and late use of it may still draw; nothing else does."""
    if book is None or book.last is None or not isinstance(entry, e.Spent) or entry.period is None:
        return {}
    return {loss.bucket: loss.steps for loss in book.last.rests}


def _debts(before: Book | None, entry: e.Entry) -> Iterator[str]:
    """Follow each debt through an entry, and compare what was paid of it with what buckets gave."""
    brought = {debt.unit.name: debt.steps for debt in entry.debts} if isinstance(entry, e.Opened) else {}
    owed = brought if before is None else dict(before.debts)
    for unit, steps, after in debts_in(entry):
        owed[unit] = owed.get(unit, 0) + steps
        if after != owed[unit]:
            yield f"debt of {unit} is {owed[unit]:,} by the amounts and {after:,} by the balance"
    between = entry.between if isinstance(entry, e.PeriodOpened) else ()
    for one in getattr(entry, "repaid", ()):
        paid = sum(draw.steps for draw in one.draws if draw.unit.name == one.unit.name)
        paid += sum(run.repaid_steps for run in between if run.unit.name == one.unit.name)
        if paid != one.steps:
            yield f"{one.unit.text(one.steps)} of a debt were paid, and {one.unit.text(paid)} drawn"


def _brought(entry: e.Opened) -> Iterator[str]:
    """Compare what a wallet brought: its debt, and what was used elsewhere with what came off its allowances."""
    for debt in entry.debts:
        if debt.steps != debt.after_steps:
            yield f"the first debt is {debt.steps:,} by the amount and {debt.after_steps:,} by the balance"
    for unit in {bucket.unit.name for bucket in entry.buckets}:
        mine = [bucket for bucket in entry.buckets if bucket.unit.name == unit and bucket.allowance]
        taken = sum(bucket.opening_steps - bucket.left_steps for bucket in mine)
        used = dict(entry.used).get(unit, 0)
        more_to_take = any(bucket.left_steps and bucket.granted_steps < STEPS_MAX for bucket in mine)
        if taken > used or (taken < used and more_to_take):
            yield f"{used:,} {unit} were used elsewhere and {taken:,} taken off"
