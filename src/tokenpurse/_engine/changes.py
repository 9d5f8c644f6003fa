"""Changes in mid-period: another plan, another count. They neither lose nor mint.

What is left after a change is the new allowance minus what this unit's allowances paid so far in the period, on
whichever plan; so any walk of changes grants no more than the best plan visited.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import evolve, frozen

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse._engine.context import Context, with_repayment
from tokenpurse._engine.frame import Frame, allowance_of
from tokenpurse._engine.limits import limits_dropped
from tokenpurse._engine.opening import open_next, switch_of
from tokenpurse.buckets import Bucket, Gain, Loss
from tokenpurse.errors import OutOfBounds, Remedy, WalletPaused
from tokenpurse.periods import Period
from tokenpurse.plans.plan import Plan
from tokenpurse.units import STEPS_MAX

__all__ = ["change_plan", "plan_changed", "set_count"]


def change_plan(ctx: Context, target: Plan, when: str | None) -> e.Entry | None:
    """Decide a plan change: now, at the period's end, or not at all because it is the plan already.

    A period that never ends would keep the new plan from ever granting again: there the change closes it.

    Raises:
        OutOfBounds: the period's end was asked for, and it has none.
        WalletPaused: it would change now, and the wallet is paused.
    """
    book = ctx.book
    if target.name == ctx.frame.plan.name:
        return None if book.plan_next is None else e.PlanChangeScheduled(**ctx.stamp, plan=None, due=None)
    _check_end(book, when)
    timing = when or switch_of(ctx.frame.plan, target).when
    if timing == "period_end" and book.period.end is not None:
        if book.plan_next == target.name:
            return None
        due = book.period.end if book.paused_at is None else None
        return e.PlanChangeScheduled(**ctx.stamp, plan=target.name, due=due)
    if book.paused_at is not None:
        raise WalletPaused(
            f"wallet {book.id} is paused, its plan cannot change now: resume it, or wait for the period's end",
            remedies=lambda: (Remedy(kind="resume"),),
        )
    if book.period.end is None and target.period != ctx.frame.plan.period and ctx.at > book.period.start:
        return open_next(ctx.frame, book, ctx.stamp, early=ctx.at, target=target)
    return plan_changed(ctx, target)


def _check_end(book: Book, when: str | None) -> None:
    """Go on only where there is an end to wait for; a default that names it means now where there is none."""
    if when == "period_end" and book.period.end is None:
        raise OutOfBounds('when is period_end, but the period has no end; say when="now"')


def plan_changed(ctx: Context, target: Plan) -> e.PlanChanged:
    """Decide a plan change that takes effect now."""
    book, old = ctx.book, ctx.frame
    new = Frame(old.catalogue, target, book.buckets)
    losing = frozenset(switch_of(old.plan, target).forfeit)
    period = book.period if target.period == old.plan.period else _renumbered(new, book)
    shape = _reshape(ctx, new, book.counts, losing, period.end)
    entry = e.PlanChanged(
        **ctx.stamp,
        plan=e.PlanKey(target.name, target.revision),
        previous=book.plan,
        forfeited=shape.forfeited,
        gained=shape.gained,
        granted=shape.granted,
        **limits_dropped(book, old, new),
        period=None if period == book.period else period,
    )
    return with_repayment(new, book, entry)


def _renumbered(new: Frame, book: Book) -> Period:
    """Number the running period so that the one after it goes on with the new plan's own boundaries.

    A period without an end gets one: its change comes at the very moment it opened, later ones close it.
    """
    period, schedule = book.period, new.plan.period
    if period.end is None:
        number = schedule.number_at(period.start, book.anchor, book.zone)
        return new.period_after(number, period.start, book.anchor, book.zone)
    return evolve(period, number=schedule.number_at(period.end, book.anchor, book.zone) - 1)


def set_count(ctx: Context, name: str, count: int, when: str | None) -> e.CountSet | None:
    """Decide a new count: more at once and in full, fewer when the period ends, unless said otherwise.

    Raises:
        OutOfBounds: the allowance it multiplies would be more than can be counted, or the period's end was asked for,
            and it has none.
    """
    book, now = ctx.book, ctx.book.counts.get(name, 0)
    for allowance in ctx.frame.terms.allowances:
        if allowance.per == name and allowance.steps * count > STEPS_MAX:
            raise OutOfBounds(
                f"{count:,} {name} of {allowance.unit.text(allowance.steps)} are more than can be counted,"
                f" at most {STEPS_MAX // allowance.steps:,}",
                asked=count,
                available=STEPS_MAX // allowance.steps,
            )
    if count == now:
        if name not in book.counts_next:
            return None
        return e.CountSet(**ctx.stamp, name=name, count=count)  # what was scheduled is taken back
    _check_end(book, when)
    timing = when or ("now" if count > now else "period_end")
    if timing == "period_end" and book.period.end is not None:
        return e.CountSet(**ctx.stamp, name=name, count=count, at_period_end=True)
    shape = _reshape(ctx, ctx.frame, {**book.counts, name: count}, frozenset(), book.period.end)
    entry = e.CountSet(
        **ctx.stamp,
        name=name,
        count=count,
        forfeited=shape.forfeited,
        gained=shape.gained,
        granted=shape.granted,
    )
    return with_repayment(ctx.frame, book, entry)


@frozen
class _Shape:
    forfeited: tuple[Loss, ...]
    gained: tuple[Gain, ...]
    granted: tuple[Bucket, ...]


def _reshape(
    ctx: Context, new: Frame, counts: Mapping[str, int], losing: frozenset[str], ends: datetime | None
) -> _Shape:
    """Bring the buckets of allowances to what the plan and counts say, minus what was paid already."""
    book = ctx.book
    targets = _countable(book, _targets(book, new, counts))
    forfeited: list[Loss] = []
    gained: list[Gain] = []
    granted: list[Bucket] = []
    for bucket in book.buckets:
        if bucket.allowance:
            target = targets.pop((bucket.unit.name, bucket.kind), 0)
        else:
            target = 0 if bucket.kind in losing else bucket.left_steps
        steps = target - bucket.left_steps
        if steps < 0:
            forfeited.append(Loss(bucket.id, bucket.kind, bucket.unit, -steps, target))
        elif steps > 0:
            gained.append(Gain(bucket.id, bucket.kind, bucket.unit, steps, target))
    for allowance in new.terms.allowances:
        steps = targets.get((allowance.unit.name, allowance.kind), 0)
        if steps:
            granted.append(
                Bucket(
                    id=f"{allowance.kind}:{allowance.unit.name}/{book.issued + len(granted) + 1}",
                    kind=allowance.kind,
                    unit=allowance.unit,
                    granted_steps=steps,
                    opening_steps=steps,
                    left_steps=steps,
                    starts=ctx.at,
                    expires=ends,
                    priority=allowance.priority,
                    allowance=True,
                )
            )
    return _Shape(tuple(forfeited), tuple(gained), tuple(granted))


def _targets(book: Book, new: Frame, counts: Mapping[str, int]) -> dict[tuple[str, str], int]:
    """Work out what each allowance has left: minus what its kind paid, then minus what other kinds paid."""
    paid = dict(book.tallies.allowance_paid)
    targets: dict[tuple[str, str], int] = {}
    for allowance in new.terms.allowances:
        key = (allowance.unit.name, allowance.kind)
        amount = allowance_of(allowance, counts)
        off = min(amount, paid.get(key, 0))
        targets[key] = amount - off
        paid[key] = paid.get(key, 0) - off
    for key, left in targets.items():
        rest = left
        for other in [other for other in paid if other[0] == key[0]]:
            off = min(rest, paid[other])
            rest -= off
            paid[other] -= off
        targets[key] = rest
    return targets


def _countable(book: Book, targets: dict[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """Cut what allowances would have left down to what can be counted beside the buckets that were bought or given."""
    cut = {}
    totals: dict[str, int] = {}
    for bucket in book.buckets:
        if not bucket.allowance:
            totals[bucket.unit.name] = totals.get(bucket.unit.name, 0) + bucket.left_steps
    for (unit, kind), left in targets.items():
        held = totals.get(unit, 0)
        cut[unit, kind] = min(left, STEPS_MAX - held)
        totals[unit] = held + cut[unit, kind]
    return cut
