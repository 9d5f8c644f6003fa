"""When what is issued ends: a life, counted in the wallet's zone from what it says."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import evolve

from tokenpurse._engine.context import Context
from tokenpurse.buckets import Bucket
from tokenpurse.periods import Anchor, Period, Schedule, day_end, later, wall_later
from tokenpurse.plans.plan import Plan
from tokenpurse.plans.terms import AllowanceTerms, LifeTerms, OfferTerms

__all__ = ["carried_end", "ends_at", "grant_end", "living", "moved_ends"]

_TICK = timedelta(microseconds=1)


def ends_at(
    life: LifeTerms,
    issued: datetime,
    *,
    period: Period,
    schedule: Schedule,
    anchor: Anchor,
    zone: str,
    term: Schedule | None = None,
) -> datetime | None:
    """Compute the end (UTC, exclusive) of what is issued at a moment; `None`: it never ends.

    Args:
        life: how long it can be used.
        issued: the moment that it can be used from.
        period: the running one, or one of the same schedule that holds the moment.
        schedule: the plan's period.
        anchor: the wallet's.
        zone: the wallet's.
        term: the plan's, where it has one.
    """
    if period.end is not None and issued >= period.end:
        period = schedule.period_at(issued, anchor, zone)
    paid = None if term is None else term.period_at(issued, anchor, zone)
    if life.periods is not None:
        end = schedule.end_of(period, life.periods, anchor, zone)
    elif life.terms is not None and term is not None and paid is not None:
        end = term.end_of(paid, life.terms, anchor, zone)
    else:
        start = issued if life.counted_from in {"issue", "last_purchase"} else period.end
        start = paid.end if life.counted_from == "renewal" and paid is not None else start
        counted = life.months is not None or life.days is not None
        end = wall_later(start, zone, months=life.months or 0, days=life.days or 0) if start and counted else None
        if start is not None and life.days == 0:
            end = start + _TICK  # until the next midnight: one that it begins at is none
    return day_end(end, zone) if end is not None and life.end_of_day else end


def grant_end(
    plan: Plan, allowance: AllowanceTerms, issued: datetime, *, period: Period, anchor: Anchor, zone: str
) -> datetime | None:
    """Compute the end of what an allowance of a plan grants in a period: its own, or the period's."""
    if allowance.life is None:
        return period.end
    schedule, term = plan.period, plan.term
    return ends_at(allowance.life, issued, period=period, schedule=schedule, anchor=anchor, zone=zone, term=term)


def carried_end(
    plan: Plan, life: LifeTerms | None, closed: Period, period: Period, *, anchor: Anchor, zone: str
) -> datetime | None:
    """Compute the end of what a reset carries, by what closes and what opens then; `None`: it never ends.

    Days and months count from the start of the closed period or from the reset, periods with the closed one: of the
    plan that opens the next.
    """
    if life is None:
        return None
    issued = closed.start
    if life.periods is not None:
        life, closed, issued = evolve(life, periods=life.periods - 1), period, period.start
    schedule, term = plan.period, plan.term
    return ends_at(life, issued, period=closed, schedule=schedule, anchor=anchor, zone=zone, term=term)


def living(ctx: Context, offer: OfferTerms, bucket: Bucket) -> Bucket:
    """Let what is bought end as its offer says."""
    life = offer.life
    if life is None:
        return bucket
    return evolve(bucket, expires=_end(ctx, life, bucket.starts), restarted_by=offer.name if life.restarts else None)


def moved_ends(ctx: Context, offer: OfferTerms) -> tuple[tuple[str, datetime | None], ...]:
    """Restart the clock of what was bought of an offer before and is not over; no end moves earlier."""
    life = offer.life
    if life is None or not life.restarts:
        return ()
    found = []
    for held in ctx.book.buckets:
        if held.restarted_by == offer.name and held.expires is not None and held.expires > ctx.at:
            end = _end(ctx, life, max(ctx.at, held.starts))
            if end is None or end > held.expires:
                found.append((held.id, end))
    return tuple(found)


def _end(ctx: Context, life: LifeTerms, issued: datetime) -> datetime | None:
    """Compute an end; in a pause as if the wallet were resumed at once."""
    book, period = ctx.book, ctx.book.period
    if book.paused_at is not None:
        period = evolve(period, end=later(period.end, ctx.at - book.paused_at))
    schedule = ctx.frame.plan.period
    term = ctx.frame.plan.term
    return ends_at(life, issued, period=period, schedule=schedule, anchor=book.anchor, zone=book.zone, term=term)
