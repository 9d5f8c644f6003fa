"""Changes in mid-period: another plan, another count. They neither lose nor mint.

With counted use, what is left after a change is the new allowance minus what this unit's allowances gave so far in the
period, on whichever plan; so any walk of changes grants no more than the best plan visited. See `switching`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import evolve, frozen

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse._engine.context import Context, with_repayment
from tokenpurse._engine.frame import Frame
from tokenpurse._engine.limits import limits_dropped
from tokenpurse._engine.lives import grant_end
from tokenpurse._engine.making import full_bucket, issued_id
from tokenpurse._engine.opening import open_next
from tokenpurse._engine.paying import term_over
from tokenpurse._engine.switching import (
    Fates,
    Key,
    bases,
    check_change,
    counted,
    prorated,
    proration,
)
from tokenpurse._plurals import one_of
from tokenpurse.buckets import Bucket, Gain, Loss
from tokenpurse.errors import OutOfBounds, Remedy, WalletPaused
from tokenpurse.periods import Period
from tokenpurse.plans.plan import Plan
from tokenpurse.plans.terms import CountTerms, SwitchTerms
from tokenpurse.plans.walking import switch_of
from tokenpurse.scopes import Scope
from tokenpurse.units import STEPS_MAX

__all__ = ["change_plan", "changed_now", "come_back", "set_count"]


def change_plan(ctx: Context, target: Plan, when: str | None) -> e.Entry | None:
    """Decide a plan change: now, at the period's end, or not at all because it is the plan already.

    Raises:
        OutOfBounds: the wallet may not change to that plan; or the period's end was asked for, and it has none.
        WalletPaused: it would change now, and the wallet is paused.
    """
    book = ctx.book
    if target.name == ctx.frame.plan.name:
        return None if book.plan_next is None else e.PlanChangeScheduled(**ctx.stamp, plan=None, due=None)
    check_change(ctx.frame, book, target, when)
    _check_end(book, when)
    timing = when or switch_of(ctx.frame.plan, target).when
    if timing != "now" and book.period.end is not None:
        at_term = timing == "term_end" and ctx.frame.plan.term is not None
        if (book.plan_next, book.next_at_term) == (target.name, at_term):
            return None
        ends = term_over(ctx.frame.plan, book) if at_term else book.period.end
        due = ends if book.paused_at is None else None
        return e.PlanChangeScheduled(**ctx.stamp, plan=target.name, due=due, at_term=at_term)
    if book.paused_at is not None:
        raise WalletPaused(
            f"wallet {book.id} is paused, its plan cannot change now: resume it, or wait for the period's end",
            remedies=lambda: (Remedy(kind="resume"),),
        )
    return changed_now(ctx, target)


def changed_now(ctx: Context, target: Plan, *, unpaid: str | None = None) -> e.PlanChanged | e.PeriodOpened:
    """Decide a plan change that takes effect now: in the running period, or by closing it.

    The `Switch` may restart the anchor; and a period that never ends would keep the new plan from ever granting again.
    It was asked for, and the new plan just bought; or a renewal that is `unpaid` after its grace led to it.
    """
    book, plan = ctx.book, ctx.frame.plan
    endless = book.period.end is None and (book.overdue or target.period != plan.period)
    closes = switch_of(plan, target).restarted or endless
    if closes and ctx.at > book.period.start:  # at its very first moment there is nothing to close
        return open_next(ctx.frame, book, ctx.stamp, early=ctx.at, target=target, renewal=unpaid, paid=unpaid is None)
    return _plan_changed(ctx, target, switch_of(plan, target), unpaid=unpaid)


def come_back(ctx: Context, target: Plan, paid: str) -> e.PlanChanged:
    """Decide how a late payment brings back the plan that its grace ended, for what is left of the period.

    It is no upgrade: what was paid for is granted, minus what this period's allowances gave meanwhile.
    """
    return _plan_changed(ctx, target, _RENEWAL, paid=paid)


_RENEWAL = SwitchTerms(
    way="renewal",
    when="now",
    forfeit=frozenset(),
    keep=frozenset(),
    trims=(),
    cleared=False,
    prorated=False,
    restarted=False,
    after_upgrade=True,
    pauses_auto_top_up=False,
)


def _check_end(book: Book, when: str | None) -> None:
    """Go on only where there is an end to wait for; a default that names it means now where there is none."""
    if when not in {None, "now"} and book.period.end is None:
        raise OutOfBounds(f'when is {when}, but the period has no end; say when="now"')


def _plan_changed(
    ctx: Context, target: Plan, switch: SwitchTerms, *, unpaid: str | None = None, paid: str | None = None
) -> e.PlanChanged:
    """Decide a plan change inside the running period."""
    book, old = ctx.book, ctx.frame
    new = Frame(old.catalogue, target, book.buckets)
    period = book.period if target.period == old.plan.period else _renumbered(new, book)
    came_to = prorated(old, book, ctx.at) if switch.prorated else None
    fates = Fates(book, new, book.counts, switch)
    fates.settle()
    before = {(one.unit, one.kind): (one.steps, one.rest) for one in came_to or ()}
    since, idle = None if came_to is None else ctx.at, book.tallies.idle
    amounts = bases(new, book.counts, period, before, since, idle, unpaid=unpaid is not None)
    given = counted(book.tallies, fates.kept(), fates.excess, target.name, cleared=switch.cleared)
    shape = _reshape(ctx, new, fates, _targets(amounts, given), given, period, cleared=switch.cleared)
    entry = e.PlanChanged(
        **ctx.stamp,
        plan=e.PlanKey(target.name, target.revision),
        previous=book.plan,
        forfeited=shape.forfeited,
        gained=shape.gained,
        granted=shape.granted,
        excess=shape.excess,
        retired=shape.retired,
        scopes=shape.scopes,
        **limits_dropped(book, old, new),
        period=None if period == book.period else period,
        kept=fates.kept(),
        cleared=switch.cleared,
        prorated=came_to is not None,
        earned=came_to or (),
        upgrade=switch.way == "upgrade",
        once=target.once and target.name not in book.been,
        pauses_auto_top_up=switch.pauses_auto_top_up,
        proration=None if unpaid or paid else proration(old, new, book, ctx.at, closes=False),
        renewal=unpaid or paid,
        ends_banks="rollover" in switch.forfeit,
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
    """Decide a new count: more at once, fewer when the plan says, unless said otherwise.

    Raises:
        OutOfBounds: fewer than the plan's minimum; the allowance it multiplies would be more than can be counted; or
            the period's end was asked for, and it has none.
    """
    book, rule = ctx.book, ctx.frame.terms.counts.get(name, CountTerms())
    now = max(rule.minimum, book.counts.get(name, 0))
    if count < rule.minimum:
        asked = f"{count:,} {one_of(name) if count == 1 else name} asked"
        raise OutOfBounds(f"{asked}, plan {ctx.frame.plan.name} has at least {rule.minimum:,}", asked=count)
    for allowance in ctx.frame.terms.granting:
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
    timing = when or ("now" if count > now else rule.removed)
    if timing == "period_end" and book.period.end is not None:
        return e.CountSet(**ctx.stamp, name=name, count=count, at_period_end=True)
    return _count_set(ctx, name, count, prorates=rule.prorated)


def _count_set(ctx: Context, name: str, count: int, *, prorates: bool) -> e.CountSet:
    """Decide a count that changes now: as if it had been there all along, or for what is left of the period."""
    book = ctx.book
    counts = {**book.counts, name: count}
    fates = Fates(book, ctx.frame, counts, None)
    fates.settle(rests=True)
    tallies = book.tallies
    before, since = tallies.earned, tallies.earned_to
    at = book.paused_at or ctx.at
    came_to = (
        (prorated(ctx.frame, book, at) or None) if prorates else None
    )  # no allowance of the period: no share of it
    if came_to is not None:
        before, since = {(one.unit, one.kind): (one.steps, one.rest) for one in came_to}, at
    amounts = bases(ctx.frame, counts, book.period, before, since, tallies.idle, unpaid=book.waits)
    paid = {key: max(0, steps - tallies.cleared.get(key, 0)) for key, steps in tallies.allowance_paid.items()}
    shape = _reshape(ctx, ctx.frame, fates, _targets(amounts, paid), paid, book.period)
    entry = e.CountSet(
        **ctx.stamp,
        name=name,
        count=count,
        forfeited=shape.forfeited,
        gained=shape.gained,
        granted=shape.granted,
        excess=shape.excess,
        prorated=came_to is not None,
        earned=came_to or (),
    )
    return with_repayment(ctx.frame, book, entry)


@frozen
class _Shape:
    forfeited: tuple[Loss, ...]
    gained: tuple[Gain, ...]
    granted: tuple[Bucket, ...]
    excess: tuple[tuple[str, int], ...]
    retired: tuple[str, ...]
    scopes: tuple[tuple[str, Scope], ...]


def _reshape(
    ctx: Context,
    new: Frame,
    fates: Fates,
    wanted: tuple[dict[Key, int], dict[Key, int]],
    given: Mapping[Key, int],
    period: Period,
    *,
    cleared: bool = False,
) -> _Shape:
    """Bring the buckets of allowances to what they are to have left, and all others to what stays of them.

    With cleared use they are over, and the new plan's are others: what comes back of them has nowhere to go.
    Where the new plan lets them live otherwise, another bucket takes their place.
    """
    book = ctx.book
    replaced = _replaced(ctx.frame, new, book)
    targets, over = _countable(book, fates, wanted[0]), wanted[1]
    forfeited: list[Loss] = []
    gained: list[Gain] = []
    for bucket in book.buckets:
        stays = fates.stays.get(bucket.id)
        if stays is None and (cleared or bucket.rest is not None or bucket.id in replaced):
            stays = 0
        target = targets.pop((bucket.unit.name, bucket.kind), 0) if stays is None else stays
        steps = target - bucket.left_steps
        if steps < 0 or fates.goes_whole(bucket):
            forfeited.append(Loss(bucket.id, bucket.kind, bucket.unit, -steps, target))
        elif steps > 0:
            gained.append(Gain(bucket.id, bucket.kind, bucket.unit, steps, target))
    granted = _granted(ctx, new, targets, given, period)
    mine = [one for one in book.buckets if one.allowance and one.id not in fates.stays]
    retired = tuple(
        one.id
        for one in mine
        if cleared or one.id in replaced or (not one.held_steps and (one.unit.name, one.kind) not in wanted[0])
    )
    over = _over_here(over, [one for one in (*mine, *granted) if one.id not in retired])
    excess = [(one, over.get((one.unit.name, one.kind), 0)) for one in mine if one.id not in retired]
    changed = tuple((one.id, steps) for one, steps in excess if steps != one.excess_steps)
    changed += tuple(fates.excess.items())
    changed += tuple((one.id, steps) for one in granted if (steps := over[one.unit.name, one.kind]))
    scopes = {(one.unit.name, one.kind): one.scope for one in new.terms.allowances}
    stay = ((one, scopes.get((one.unit.name, one.kind), one.scope)) for one in mine if one.id not in retired)
    rescoped = tuple((one.id, scope) for one, scope in stay if one.of_period and scope != one.scope)
    return _Shape((*forfeited, *fates.lost_empty()), tuple(gained), tuple(granted), changed, retired, rescoped)


def _granted(
    ctx: Context, new: Frame, targets: Mapping[Key, int], given: Mapping[Key, int], period: Period
) -> list[Bucket]:
    """Make the buckets of allowances that have none; an empty one stands for what comes back.

    In a pause their lives count from where the plan's time stands still: all of it is added when that goes on.
    """
    book = ctx.book
    issued = book.paused_at or ctx.at
    found: list[Bucket] = []
    for allowance in new.terms.allowances:
        key = (allowance.unit.name, allowance.kind)
        steps = targets.get(key, 0)
        if not (steps or (key in targets and given.get(key))):
            continue
        bucket = full_bucket(
            issued_id(allowance.kind, allowance.unit, book.issued + len(found) + 1),
            allowance.kind,
            allowance.unit,
            steps,
            ctx.at,
            expires=grant_end(new.plan, allowance, issued, period=period, anchor=book.anchor, zone=book.zone),
            priority=allowance.priority,
            allowance=True,
            scope=allowance.scope,
            own_life=allowance.life is not None,
        )
        found.append(bucket)
    return found


def _replaced(old: Frame, new: Frame, book: Book) -> frozenset[str]:
    """Name the allowances' buckets that live otherwise than what the new plan grants of their unit and kind."""
    before = {(one.unit.name, one.kind): one.life for one in old.terms.allowances}
    after = {(one.unit.name, one.kind): one.life for one in new.terms.allowances}
    return frozenset(
        bucket.id
        for bucket in book.buckets
        if bucket.of_period and (key := (bucket.unit.name, bucket.kind)) in after
        if (before[key] != after[key] if key in before else bucket.own_life or after[key] is not None)
    )


def _targets(amounts: Mapping[Key, int], deducted: Mapping[Key, int]) -> tuple[dict[Key, int], dict[Key, int]]:
    """Work out what each allowance has left: minus what its kind gave, then minus what other kinds gave.

    And what was given beyond that, of which nothing may come back.
    """
    paid = dict(deducted)
    targets: dict[Key, int] = {}
    for key, amount in amounts.items():
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
    return targets, paid


def _over_here(over: Mapping[Key, int], there: Sequence[Bucket]) -> dict[Key, int]:
    """Count what a kind gave that has no bucket any more for one of its unit that has: what comes back is one sum."""
    here = {key: over.get(key, 0) for key in ((one.unit.name, one.kind) for one in there)}
    for (unit, kind), steps in over.items():
        heir = next((key for key in here if key[0] == unit), None)
        if heir is not None and (unit, kind) not in here:
            here[heir] += steps
    return here


def _countable(book: Book, fates: Fates, targets: Mapping[Key, int]) -> dict[Key, int]:
    """Cut what allowances would have left down to what can be counted beside what stays of other buckets."""
    cut = {}
    totals: dict[str, int] = {}
    for bucket in book.buckets:
        totals[bucket.unit.name] = totals.get(bucket.unit.name, 0) + fates.stays.get(bucket.id, 0) + bucket.held_steps
    for (unit, kind), left in targets.items():
        held = totals.get(unit, 0)
        cut[unit, kind] = min(left, STEPS_MAX - held)
        totals[unit] = held + cut[unit, kind]
    return cut
