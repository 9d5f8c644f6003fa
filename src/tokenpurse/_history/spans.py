"""Periods and plans: what opens, closes and changes, against what the wallet was in."""

from __future__ import annotations

from collections.abc import Iterator

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse.errors import listed
from tokenpurse.periods import Period, later
from tokenpurse.pricing import Rate
from tokenpurse.statements import Statement

__all__ = ["contradictions"]


def contradictions(before: Book | None, entry: e.Entry) -> Iterator[str]:
    """Compare the period and the plan that an entry names with those of the wallet."""
    if isinstance(entry, e.Opened):
        period = entry.period
        if not (period.start <= entry.at and entry.anchor.at <= entry.at and (not period.end or entry.at < period.end)):
            yield f"it is of {entry.at}, and its period is from {period.start} to {period.end}"
    if before is None:
        return
    if isinstance(entry, e.PeriodOpened):
        yield from _opened(before, entry)
        yield from _numbered(before, entry)
        yield from _switched(before, entry)
        yield from _run(entry)
        yield from _kept(before, entry)
        yield from _stated(before, entry, entry.closed)
    elif isinstance(entry, e.Closed):
        yield from _stated(before, entry, Period(before.period.number, before.period.start, entry.at))
    elif isinstance(entry, e.BillRequested):
        yield from _billed(before, entry.statement)
    elif isinstance(entry, e.PlanChanged):
        yield from _changed(before, entry)
        yield from _kept(before, entry)
    elif isinstance(entry, e.Started):
        yield from _started(before, entry)
    elif isinstance(entry, e.Extended):
        yield from _extended(before, entry)
    else:
        yield from _stopped(before, entry)


def _stopped(before: Book, entry: e.Entry) -> Iterator[str]:
    """Compare what waits for the period's end, or stops it, with the period and the pause that there is."""
    if isinstance(entry, e.PlanChangeScheduled):
        ends = before.period.end if before.paused_at is None else None
        later = entry.at_term and ends is not None and (entry.due is None or entry.due >= ends)
        if entry.due != (ends if entry.plan else None) and not later:
            yield f"it is due at {entry.due}, the period ends at {ends}"
    elif isinstance(entry, e.CountSet):
        if entry.prorated != bool(entry.earned) or (entry.prorated and entry.at_period_end):
            yield "what it says that the period came to so far is not what it prorates"
    elif isinstance(entry, e.Paused) and before.paused_at is not None:
        yield f"it was paused already, since {before.paused_at}"
    elif isinstance(entry, e.Resumed):
        yield from _resumed(before, entry)
    elif isinstance(entry, e.Renewed | e.GraceEnded):
        yield from _renewed(before, entry)


def _renewed(before: Book, entry: e.Renewed | e.GraceEnded) -> Iterator[str]:
    """Compare the period that a renewal is of with the one that runs, and a grace's end with what the renewal said."""
    due, period = before.renewal, before.period
    if due is None:
        return  # that no renewal waits is said elsewhere
    if isinstance(entry, e.GraceEnded):
        expected = Period(period.number, period.start, None)
        if entry.at != due.until or before.overdue:
            yield f"the grace of {due.id} ended at {due.until}"
    else:
        expected = due.period if before.overdue else period
    if entry.period != expected:
        yield f"it goes on with period {_said(entry.period)}, the wallet was in {_said(expected)}"


def _resumed(before: Book, entry: e.Resumed) -> Iterator[str]:
    """Compare how much later the plan's time ends with how long it was stopped."""
    if entry.since != before.paused_at:
        yield f"it was paused since {entry.since}, the wallet since {before.paused_at}"
    was, period = before.period, entry.period
    if (period.start, period.end) != (was.start, later(was.end, entry.at - entry.since)):
        yield f"it goes on with period {_said(period)}, the wallet was in {_said(was)}"
    if entry.anchor is None and period.number != was.number:
        yield f"its period has number {period.number}, and had {was.number}"
    if entry.anchor is not None and entry.anchor.at > was.start:
        yield f"its anchor is {entry.anchor.at}, its period starts at {was.start}"
    ends = {
        held.id: later(held.expires, entry.at - entry.since) for held in before.buckets if held.of_plan and held.expires
    }
    if dict(entry.ends) != ends:
        yield f"its buckets end at {dict(entry.ends)}, by the time they were paused at {ends}"


def _said(period: Period) -> str:
    return f"{period.number} ({period.start} to {period.end})"


def _opened(before: Book, entry: e.PeriodOpened) -> Iterator[str]:
    """Compare the closed period with the wallet's, and the new one with the moment."""
    end = entry.at if entry.early else before.period.end
    closed = Period(before.period.number, before.period.start, before.period.end if end is None else end)
    if entry.closed != closed:
        yield f"it closed period {_said(entry.closed)}, the wallet was in {_said(closed)}"
    if entry.period.start != entry.at:
        yield f"its period starts at {entry.period.start}, and it is of {entry.at}"
    for bucket in entry.granted:
        ends = bucket.expires if bucket.own_life else entry.period.end
        over = bucket.own_life and bucket.expires is not None and bucket.expires <= entry.at
        if bucket.allowance and (over or (bucket.starts, bucket.expires) != (entry.period.start, ends)):
            yield f"bucket {bucket.id} is from {bucket.starts} to {bucket.expires}, its period is {_said(entry.period)}"
    over_now = {held.id for held in before.buckets if held.own_life and held.expires and held.expires <= entry.at}
    turned = {loss.bucket for loss in entry.expired} & before.turning if entry.previous is not None else set()
    turned -= {held.id for held in before.buckets if held.id in turned and held.expires != entry.at}
    if {loss.bucket for loss in entry.expired} - turned != over_now and entry.count == 1:
        yield f"it lets {len(entry.expired)} grants end, and the life of {len(over_now)} is over"


def _numbered(before: Book, entry: e.PeriodOpened) -> Iterator[str]:
    """Compare how many periods opened with where they began and ended, by moment and by number."""
    count, first, last = entry.count, entry.closed, entry.period
    if count < 1 or (count == 1) != (first.end == last.start) or (entry.early and count > 1):
        yield f"{count} periods opened, from {first.end} to {last.start}"
    anchor = entry.anchor
    told = entry.early or entry.previous is not None  # a person restarts it, or a plan that is left
    if anchor is not None and (anchor.at, anchor.zone, last.number, told) != (entry.at, before.zone, 0, True):
        yield f"its anchor is {anchor.at} in {anchor.zone}, its period has number {last.number}"
    if anchor is None and entry.plan == before.plan:  # another plan may number in its own way
        further = last.number - first.number
        ended = before.overdue and before.period.end is None  # as long as no period opened, its own goes on
        if further < count - (ended and entry.early) or (
            entry.early and further > count and not ended
        ):  # boundaries at one instant are one
            yield f"{count} periods opened, from number {first.number} to {last.number}"


def _stated(before: Book, entry: e.PeriodOpened | e.Closed, closed: Period) -> Iterator[str]:
    """Compare a statement with what the period ran up, and with the debt that is billed."""
    statement = entry.statement
    lines = () if statement is None else statement.lines
    stays = entry.left_open if isinstance(entry, e.PeriodOpened) else ()
    used = [line for line in lines if line.refund or not line.debt]
    there = {line: line.left_of(closed) for line in before.tallies.open_lines}
    mine = [line for line, left in there.items() if left not in stays]
    if used != mine or not set(stays) <= set(there.values()) or (statement is not None and not lines):
        yield "its statement is not what the period ran up"
    owed = [line for line in lines if line.debt and not line.refund]
    if [(line.meter, line.quantity) for line in owed] != [(debt.unit, debt.steps) for debt in entry.billed]:
        yield "its statement is not of the debt that is billed"
    if any(line.meter.is_money and line.rate != Rate(line.meter, 1, 1) for line in owed):
        yield "its statement does not bill owed money one to one"
    if statement is not None and statement.period != closed:
        yield f"its statement is of period {_said(statement.period)}, it closed {_said(closed)}"


def _billed(before: Book, statement: Statement) -> Iterator[str]:
    """Compare a statement in mid-period with what ran up in its currencies; late use waits for the period's."""
    units = {line.rate.unit for line in statement.lines}
    there = tuple(line for line in before.tallies.billable_lines if line.rate.unit in units)
    if not units or statement.lines != there:
        yield "its statement is not what the period ran up"
    if statement.period != before.period:
        yield f"its statement is of period {_said(statement.period)}, the wallet was in {_said(before.period)}"


def _switched(before: Book, entry: e.PeriodOpened) -> Iterator[str]:
    """Compare plan and counts with what was to come."""
    if entry.previous != (None if entry.plan == before.plan else before.plan):
        yield f"the plan before it was {before.plan}, not {entry.previous}"
    leads_on = before.plan_next is None and before.plan.name in before.been  # a plan for once, to where it says itself
    stays = before.next_at_term and entry.plan.name == before.plan.name
    if not (entry.early or leads_on or stays) and entry.plan.name != (before.plan_next or before.plan.name):
        yield f"it opened plan {entry.plan}, to come was {before.plan_next or before.plan}"
    if entry.counts != tuple(sorted(before.counts_next.items())):
        yield f"it changed the counts {dict(entry.counts)}, to come were {dict(before.counts_next)}"
    yield from _dropped(before, entry)


def _run(entry: e.PeriodOpened) -> Iterator[str]:
    """Compare the totals of a run with the grants it repeats."""
    grants = {(bucket.kind, bucket.unit): bucket.granted_steps for bucket in entry.granted if bucket.allowance}
    if [(run.kind, run.unit) for run in entry.between if run.kind != "rollover"] != (
        list(grants) if entry.count > 1 else []
    ):
        yield f"{entry.count} periods opened, and its totals are not those of its allowances"
    yield from _passed(entry)
    for run in (run for run in entry.between if run.kind != "rollover"):
        gone = run.forfeited_steps + run.carried_steps + run.repaid_steps + run.expired_steps
        alive = sum(
            (one.kind, one.unit) == (run.kind, run.unit) for one in entry.granted if one.allowance or one.own_life
        )
        granted = grants[run.kind, run.unit] * (entry.count - alive)
        if not gone == run.granted_steps == granted:
            yield f"a run granted {granted:,}, says {run.granted_steps:,}, and {gone:,} went"


def _passed(entry: e.PeriodOpened) -> Iterator[str]:
    """Compare what a run carried into buckets that end by themselves with what still lives, and what is over."""
    units = {carry.unit for carry in entry.carried if not carry.into}
    for unit in units | {run.unit for run in entry.between if run.kind == "rollover"}:
        carried = sum(run.carried_steps for run in entry.between if run.unit == unit)
        carried += sum(carry.steps for carry in entry.carried if carry.unit == unit and carry.bucket)
        lives = sum(carry.steps for carry in entry.carried if carry.unit == unit and carry.into)
        over = [run for run in entry.between if (run.kind, run.unit) == ("rollover", unit)]
        gone = sum(run.granted_steps for run in over)
        ended = sum(run.forfeited_steps + run.expired_steps for run in over)
        if len(over) != 1 or entry.count == 1 or carried != lives + gone or gone != ended:
            yield f"a run carried {carried:,} {unit}, {lives:,} live and {gone:,} ended"


def _changed(before: Book, entry: e.PlanChanged) -> Iterator[str]:
    """Compare a change of plan in mid-period with the plan and the period that were there."""
    if entry.previous != before.plan:
        yield f"the plan before it was {before.plan}, not {entry.previous}"
    period = entry.period
    was = before.period
    if period is not None and (period.start != was.start or (was.end is not None and period.end != was.end)):
        yield f"it goes on with period {_said(period)}, the wallet was in {_said(was)}"
    scopes = {held.id: held.scope for held in before.buckets if held.of_period}
    for name, scope in entry.scopes:
        if scopes.get(name, scope) == scope:
            yield f"it lets bucket {name} pay for other use, which is no allowance's or pays for that already"
    yield from _dropped(before, entry)


def _kept(before: Book, entry: e.PlanChanged | e.PeriodOpened) -> Iterator[str]:
    """Compare what stays of allowances, and what is for once, with the wallet's."""
    allowances = {bucket.id for bucket in before.buckets if bucket.allowance}
    for rest in entry.kept:
        if rest.bucket not in allowances or rest.steps != rest.left_steps:
            yield f"it keeps {rest.steps:,} of {rest.bucket}, which is no allowance's rest"
    if entry.once and entry.plan.name in before.been:
        yield f"plan {entry.plan.name} is for once, and the wallet was on it before"
    if isinstance(entry, e.PlanChanged) and entry.earned and not entry.prorated:
        yield "it says what the period came to so far, and prorates nothing"


def _dropped(before: Book, entry: e.PlanChanged | e.PeriodOpened) -> Iterator[str]:
    if not before.limits.keys() >= set(entry.limits_dropped):
        yield f"it dropped the limits {', '.join(entry.limits_dropped)}, chosen were {', '.join(before.limits)}"
    if not before.label_limits.keys() >= set(entry.label_limits_dropped):
        dropped = listed(f"{name} for {label}" for name, label in entry.label_limits_dropped)
        yield f"it dropped the limits {dropped}, which nobody chose"


def _extended(before: Book, entry: e.Extended) -> Iterator[str]:
    """Compare a later end with the one that the bucket had."""
    held = next((held for held in before.buckets if held.id == entry.bucket), None)
    if held is None or held.allowance or held.expires != entry.previous:
        yield f"bucket {entry.bucket} did not end at {entry.previous}"
    if entry.previous <= entry.at or (entry.expires is not None and entry.expires <= entry.previous):
        yield f"bucket {entry.bucket} ended at {entry.previous}, and ends at {entry.expires}"


def _started(before: Book, entry: e.Started) -> Iterator[str]:
    """Compare what started with what waited for this moment."""
    waited = tuple(held.id for held in before.buckets if not held.started and held.starts <= entry.at)
    if entry.buckets != waited or any(held.starts != entry.at for held in before.buckets if held.id in entry.buckets):
        yield f"it started {', '.join(entry.buckets)}, what waited for this moment is {', '.join(waited)}"
