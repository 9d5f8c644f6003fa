"""Effects of time and plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.apply.clawing import forgiving
from tokenpurse._engine.apply.holding import came_back
from tokenpurse._engine.apply.moves import (
    changed,
    counting,
    debts_without,
    fill,
    forfeiting,
    give,
    given_less,
    lessened,
    lost,
    over,
    plus,
    remembering,
    repay_from,
    retired,
    without_renewal,
)
from tokenpurse._engine.apply.turning import in_time, turned
from tokenpurse._engine.apply.undoing import billed_with, left_open
from tokenpurse._engine.book import Book, Closing, Way
from tokenpurse.buckets import Bucket, Loss, Rest
from tokenpurse.notices import Bill, RenewalDue
from tokenpurse.periods import later

__all__ = [
    "closed",
    "count_set",
    "ended",
    "entered",
    "expired",
    "extended",
    "grace_ended",
    "paused",
    "period_opened",
    "plan_changed",
    "resumed",
    "started",
]


def expired(book: Book, entry: e.Expired) -> Book:
    """Take out what ended; what an allowance lost so counts as given in its period."""
    given, running = book.tallies.allowance_paid, {held.id for held in book.buckets if held.of_period}
    for loss in entry.expired:
        if loss.bucket in running:
            given = plus(given, (loss.unit.name, loss.kind), loss.steps)
    book = evolve(book, tallies=evolve(book.tallies, allowance_paid=given))
    return ended(book, entry.expired, entry.at)


def ended(book: Book, losses: Iterable[Loss], at: datetime) -> Book:
    """Take out buckets whose life is over."""
    gone = tuple(losses)
    return retired(lost(book, gone), (loss.bucket for loss in gone), at=at, why="expired")


def started(book: Book, entry: e.Started) -> Book:
    """Let buckets be used; they pay debt first."""
    changes = {held.id: evolve(held, started=True) for held in book.buckets if held.id in entry.buckets}
    return repay_from(evolve(book, buckets=changed(book, changes)), entry.repaid)


def extended(book: Book, entry: e.Extended) -> Book:
    """Move a bucket's end."""
    changes = {held.id: evolve(held, expires=entry.expires) for held in book.buckets if held.id == entry.bucket}
    return evolve(book, buckets=changed(book, changes))


def period_opened(book: Book, entry: e.PeriodOpened) -> Book:
    """Close a period and open the next: lose, carry, grant, repay; what the period counts starts anew."""
    book = _going(turned(book, entry.turns), entry)
    book = ended(book, entry.expired, entry.closed.end or entry.at)
    book = _let_go(lost(_kept(book, entry.kept), entry.forfeited), entry)
    billed, billed_to = billed_with(book, entry)
    waits = book.next_at_term and entry.plan.name == book.plan.name
    # What is held counts as used from the new period's start on: the limits of that period count it too.
    live = [
        one if one.opening_steps == one.there_steps else evolve(one, opening_steps=one.there_steps)
        for one in _waiting(book.buckets, entry)
    ]
    book = evolve(
        book,
        anchor=entry.anchor or book.anchor,
        period=entry.period,
        plan=entry.plan,
        plan_next=book.plan_next if waits else None,
        next_at_term=waits,
        counts={**book.counts, **dict(entry.counts)},
        counts_next={},
        **_limits_kept(book, entry),
        counters=counting(book, entry.at),
        buckets=tuple(live),
        debts=debts_without(book, (*entry.billed, *entry.forgiven)),
        pending=without_renewal(book),
        overdue=False,
        tallies=left_open(book, entry),
        last=entry.last,
        billed=billed,
        billed_to=billed_to,
    )
    book = forgiving(entered(_paused(book, entry), entry), entry.forgiven)
    book = in_time(give(book, entry.granted), entry)
    book = repay_from(_filled(book, entry), entry.repaid)
    owing = {*(unit for unit, steps in book.debts.items() if steps), *(one.unit.name for one in entry.repaid)}
    return evolve(book, tallies=evolve(book.tallies, owing=frozenset(owing))) if owing else book


def _filled(book: Book, entry: e.PeriodOpened) -> Book:
    """Fill what is carried into, less what a cap took of it inside a run."""
    filled: dict[str, int] = {}
    for carry in entry.carried:
        filled[carry.into] = filled.get(carry.into, 0) + carry.steps
    for run in (run for run in entry.between if run.kind != "rollover"):  # that was granted before
        book = evolve(book, granted=plus(book.granted, run.unit.name, run.granted_steps))
        for carry in entry.carried if run.carried_steps else ():
            if carry.unit == run.unit:
                filled[carry.into] += run.carried_steps
                break
    cut = {carry.into: carry.cut_steps for carry in entry.carried}
    changes = {held.id: lessened(fill(held, filled[held.id]), cut[held.id]) for held in book.buckets if held.id in cut}
    return evolve(book, buckets=changed(book, changes))


def _let_go(book: Book, entry: e.PeriodOpened) -> Book:
    """Take out what the period was for, what was lost whole, and what is empty."""
    book = forfeiting(given_less(book, entry.excess), entry.forfeited)
    carried = {carry.bucket: carry.steps for carry in entry.carried}
    buckets = [
        evolve(one, left_steps=one.left_steps - carried[one.id], lost_steps=one.lost_steps + carried[one.id])
        if one.id in carried
        else one
        for one in book.buckets
    ]
    whole = lost_whole(entry)
    gone = [one for one in buckets if one.id not in entry.waits]
    why = {one.id: "closed" if one.of_period else "forfeited" for one in gone if one.allowance or one.id in whole}
    why |= {one.id: "drained" for one in gone if not one.there_steps and one.id not in why}
    at = entry.closed.end or entry.at  # of a run, where the first period closed: that one let them go
    for reason in ("closed", "forfeited", "drained"):
        over = [one for one in buckets if why.get(one.id) == reason]
        book = remembering(book, over, at=at, why=reason)
    return evolve(book, buckets=tuple(one for one in buckets if one.id not in why))


WAYS_MAX = 2_000
"""How often it is remembered that the way changed which rests of allowances go."""


def _going(book: Book, entry: e.PeriodOpened) -> Book:
    """Note which way the rests of the closing period's allowances go: of each plan's that was left in it, too.

    What a plan gave whose use does not count any more went with its rest when the plan was left.
    """
    book = _banks_ended(book, entry)
    tallies, name, ways = book.tallies, book.plan.name, list(book.ways)
    since = tallies.since
    for until, plan in (*tallies.left, (entry.sequence, name)):
        counts = plan == name
        carries = tuple(one for one in entry.carries if counts or one[:2] not in tallies.cleared)
        way = Way(since, carries, tuple(one.unit.name for one in entry.unused))
        if evolve(way, since=0) != (evolve(ways[-1], since=0) if ways else Way(0)):
            ways.append(way)
        since = until
    return _closing(evolve(book, ways=tuple(ways[-WAYS_MAX:])), entry)


def _closing(book: Book, entry: e.PeriodOpened) -> Book:
    """Note how much of a closing period's rest is carried, for what comes back: where something can."""
    if not entry.unused:
        return book
    since = book.tallies.since
    units = {unit for unit, steps in book.tallies.used.items() if steps}
    units |= {held.unit.name for held in book.buckets if held.id in entry.waits}
    held = (use for hold in book.holds.values() if hold.ref.sequence > since for use in hold.uses)
    units |= {draw.unit.name for use in held for draw in use.all_draws()}
    new = tuple(Closing(since, entry.sequence, one) for one in entry.unused if one.unit.name in units)
    return evolve(book, closings=(*book.closings, *new)[-WAYS_MAX:])


def _banks_ended(book: Book, entry: e.PeriodOpened | e.PlanChanged) -> Book:
    """Let what would be carried into banks that are forfeited be forfeited, too."""
    return evolve(book, ways=(), closings=(), banks_since=entry.sequence) if entry.ends_banks else book


def _waiting(buckets: Iterable[Bucket], entry: e.PeriodOpened) -> Iterator[Bucket]:
    """Let what is left of the allowances that wait for their renewal stay for its grace."""
    due = next((request for request in entry.requests if isinstance(request, RenewalDue)), None)
    for held in buckets:
        if due is not None and held.id in entry.waits:
            yield evolve(held, rest=due.rest, expires=due.until)
        else:
            yield held


def lost_whole(entry: e.PeriodOpened | e.PlanChanged | e.CountSet) -> set[str]:
    """Name the buckets that lost all they had, and do not stay for what is held of them."""
    return {loss.bucket for loss in entry.forfeited if not loss.left_steps}.difference(dict(entry.excess))


def grace_ended(book: Book, entry: e.GraceEnded) -> Book:
    """Let what was left go; nothing else happens until the renewal is paid."""
    book = over(lost(book, entry.forfeited), entry.at)
    return evolve(book, period=entry.period, overdue=True)


def _reshaped(book: Book, entry: e.PlanChanged | e.CountSet) -> Book:
    """Do what a change in mid-period does to buckets: lose, gain, grant, repay."""
    book = lost(book, entry.forfeited)
    gained = {gain.bucket: gain.steps for gain in entry.gained}
    changes = {held.id: fill(held, gained[held.id]) for held in book.buckets if held.id in gained}
    granted = book.granted
    for gain in entry.gained:
        granted = plus(granted, gain.unit.name, gain.steps)
    book = evolve(book, buckets=changed(book, changes), granted=granted)
    over = lost_whole(entry)
    gone = [one.id for one in book.buckets if one.id in over and not one.allowance]
    gone += entry.retired if isinstance(entry, e.PlanChanged) else ()
    book = forfeiting(retired(book, gone, at=entry.at, why="forfeited"), entry.forfeited)
    book = evolve(give(book, entry.granted), issued=book.issued + len(entry.granted))
    book = given_less(book, entry.excess)
    return repay_from(book, entry.repaid)


def plan_changed(book: Book, entry: e.PlanChanged) -> Book:
    """Change the plan at once."""
    kept = {**_limits_kept(book, entry), "counters": counting(book, entry.at), "period": entry.period or book.period}
    due = book.renewal
    ended = due is not None and due.id == entry.renewal and due.plan != entry.plan.name  # else it is paid, or given up
    book = _banks_ended(book, entry)
    book = over(_reshaped(_kept(_rescoped(_left(book, entry), entry), entry.kept), entry), entry.at)
    if not ended:
        book = evolve(book, pending=without_renewal(book))
    book = evolve(book, overdue=ended, plan=entry.plan, plan_next=None, next_at_term=False, **kept)
    return entered(_paused(book, entry), entry)


PLANS_LEFT_MAX = 64
"""Of the plans that were left in a period, the newest so many changes are remembered."""


def _left(book: Book, entry: e.PlanChanged) -> Book:
    """Note what the plan that is left gave while on it, and what of all that counts against the next one."""
    tallies = book.tallies
    given, excess = dict(tallies.allowance_paid), dict(entry.excess)
    for rest in entry.kept:  # what is held of it was given already; what of that is over a bound is not
        given = plus(given, (rest.unit.name, rest.kind), rest.steps - excess.get(rest.bucket, 0))
    given_on = tallies.given_on
    for (unit, kind), steps in given.items():
        before = sum(part for (_, *key), part in given_on.items() if key == [unit, kind])
        given_on = plus(given_on, (book.plan.name, unit, kind), max(0, steps - before))
    own = {(unit, kind): steps for (plan, unit, kind), steps in given_on.items() if plan == entry.plan.name}
    cleared = {key: steps - own.get(key, 0) for key, steps in given.items() if steps > own.get(key, 0)}
    tallies = evolve(
        tallies,
        allowance_paid=given,
        given_on=given_on,
        left=(*tallies.left, (entry.sequence, book.plan.name))[-PLANS_LEFT_MAX:],
        cleared=cleared if entry.cleared else {},
        earned={(one.unit, one.kind): (one.steps, one.rest) for one in entry.earned},
        earned_to=entry.at if entry.prorated else None,
        upgraded=tallies.upgraded or entry.upgrade,
    )
    return evolve(book, tallies=tallies)


def _kept(book: Book, rests: Iterable[Rest]) -> Book:
    """Let what was left of allowances stay: no plan refills those buckets any more."""
    names = {rest.bucket for rest in rests}
    changes = {held.id: evolve(held, allowance=False, kept=True) for held in book.buckets if held.id in names}
    return evolve(book, buckets=changed(book, changes)) if names else book


def _rescoped(book: Book, entry: e.PlanChanged) -> Book:
    """Let buckets of allowances pay for what the new plan says."""
    scopes = dict(entry.scopes)
    changes = {held.id: evolve(held, scope=scopes[held.id]) for held in book.buckets if held.id in scopes}
    return evolve(book, buckets=changed(book, changes)) if changes else book


def _paused(book: Book, entry: e.PlanChanged | e.PeriodOpened) -> Book:
    """Let auto top-up rest, where there is one."""
    setting = book.auto_top_up
    if not entry.pauses_auto_top_up or setting is None or setting.off is not None:
        return book
    return evolve(book, auto_top_up=evolve(setting, off=e.AutoTopUpOff(entry.at, "plan_changed")))


def entered(book: Book, entry: e.Opened | e.PlanChanged | e.PeriodOpened) -> Book:
    """Remember for good a plan that a wallet may be on once."""
    if not entry.once or entry.plan.name in book.been:
        return book
    return evolve(book, been=(*book.been, entry.plan.name))


def _limits_kept(book: Book, entry: e.PlanChanged | e.PeriodOpened) -> dict[str, Any]:
    """Leave out the chosen limits that a change of plan or revision ends."""
    return {
        "limits": {name: steps for name, steps in book.limits.items() if name not in entry.limits_dropped},
        "label_limits": {
            key: steps for key, steps in book.label_limits.items() if key not in entry.label_limits_dropped
        },
    }


def count_set(book: Book, entry: e.CountSet) -> Book:
    """Change a count, at once or later."""
    later = {name: count for name, count in book.counts_next.items() if name != entry.name}
    if entry.at_period_end:
        return evolve(book, counts_next={**later, entry.name: entry.count})
    if entry.prorated:
        earned = {(one.unit, one.kind): (one.steps, one.rest) for one in entry.earned}
        since = book.paused_at or entry.at
        book = evolve(book, tallies=evolve(book.tallies, earned=earned, earned_to=since))
    return evolve(_reshaped(book, entry), counts={**book.counts, entry.name: entry.count}, counts_next=later)


def paused(book: Book, entry: e.Paused) -> Book:
    """Stop the plan's time."""
    return evolve(book, paused_at=entry.at)


def resumed(book: Book, entry: e.Resumed) -> Book:
    """Let the plan's time go on, and what it ends end later."""
    ends = dict(entry.ends)
    tallies, pause = book.tallies, entry.at - entry.since
    since = None if tallies.earned_to is None else tallies.earned_to + pause
    return evolve(
        book,
        paused_at=None,
        streams={stream.key: stream for stream in entry.streams},
        tallies=evolve(tallies, earned_to=since, idle=tallies.idle + pause),
        pending=tuple(_postponed(one, entry) if isinstance(one, RenewalDue) else one for one in book.pending),
        **_living_longer(book, entry),
        anchor=entry.anchor or book.anchor,
        period=entry.period,
        buckets=tuple(evolve(held, expires=ends[held.id]) if held.id in ends else held for held in book.buckets),
    )


def _living_longer(book: Book, entry: e.Resumed) -> dict[str, Any]:
    """Let what comes back live longer, too: into a bucket that is over as it was empty, or of a closed period."""

    def end(expires: datetime | None) -> datetime | None:
        paused = expires is not None and expires > entry.since
        return later(expires, entry.at - entry.since) if paused else expires

    past = {
        name: evolve(one, bucket=evolve(one.bucket, expires=end(one.bucket.expires)))
        if one.bucket.of_plan and one.why == "drained"
        else one
        for name, one in book.past.items()
    }
    closings = (evolve(one, unused=evolve(one.unused, expires=end(one.unused.expires))) for one in book.closings)
    return {"past": past, "closings": tuple(closings)}


def _postponed(due: RenewalDue, entry: e.Resumed) -> RenewalDue:
    """Let a grace end later by the paused time."""
    paused = entry.at - entry.since
    period = evolve(due.period, number=entry.period.number, end=later(due.period.end, paused))
    return evolve(due, period=period, until=later(due.until, paused) or due.until)


def closed(book: Book, entry: e.Closed) -> Book:
    """End everything; bills stay to be seen."""
    book = came_back(book, entry.ended, entry.returned)
    book = retired(lost(book, entry.forfeited), [one.id for one in book.buckets], at=entry.at, why="forfeited")
    kept = tuple(request for request in book.pending if isinstance(request, Bill))
    tallies = evolve(book.tallies, accrued=(), stated=())  # the statement has them now
    return evolve(
        book,
        closed=True,
        paused_at=None,
        pending=kept,
        debts=debts_without(book, entry.billed),
        declined=(),
        plan_next=None,
        next_at_term=False,
        counts_next={},
        retry_at=None,
        tallies=tallies,
        last=None,
        billed=(),
        streams={},
    )
