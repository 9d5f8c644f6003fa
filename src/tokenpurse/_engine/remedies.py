"""What would let a refused request succeed as it stands. Each remedy is tried before it is named."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from tokenpurse._engine.apply import apply
from tokenpurse._engine.book import Book
from tokenpurse._engine.changes import changed_now
from tokenpurse._engine.context import Context
from tokenpurse._engine.demands import Demand, fits
from tokenpurse._engine.frame import frame_of
from tokenpurse._engine.funding import Purse
from tokenpurse._engine.limits import Counting
from tokenpurse._engine.renewing import renewed
from tokenpurse._engine.selling import bought, most_sold
from tokenpurse._engine.settle import State, settled
from tokenpurse._engine.switching import may_change
from tokenpurse.entries import LimitSet
from tokenpurse.errors import PurseError, Remedy
from tokenpurse.plans.terms import LimitTerms
from tokenpurse.plans.walking import switch_of
from tokenpurse.units import STEPS_MAX

__all__ = ["remedies_of"]


_STARTS_TRIED = 16
"""Of buckets that start, and of holds that lapse, before the next reset: so many moments are tried, then the reset."""


def remedies_of(purse: Purse, ctx: Context, demand: Demand) -> Callable[[], tuple[Remedy, ...]]:
    """Prepare the remedies of a refused demand; they are worked out when first read."""

    def work_out() -> tuple[Remedy, ...]:
        request = _Request(ctx, demand, purse)
        return (
            *_wait(request),
            *_renew(request),
            *_raise_limit(request),
            *_top_up(request),
            *_upgrade(request),
        )

    return work_out


@frozen
class _Request:
    """What was refused, to be tried again."""

    ctx: Context
    demand: Demand
    purse: Purse

    def may(self, roles: frozenset[str] | None) -> bool:
        """Tell whether who asks may do what is for some roles; where nobody said who asks, any of them may."""
        return roles is None or (bool(roles) if self.ctx.by is None else self.ctx.by in roles)

    def fits(self, book: Book) -> bool:
        """Try it with another book."""
        return fits(self.purse.anew(frame=frame_of(book, self.ctx.frame.catalogue), book=book), self.demand)


def _wait(request: _Request) -> tuple[Remedy, ...]:
    """Try the request again as buckets start, holds lapse, limits' time ends, and the next period opens."""
    ctx = request.ctx
    ends = ctx.book.period.end
    purse = request.purse.anew()
    stands = [found for terms in purse.limits if (found := purse.counting(terms)) is not None]
    starts = sorted({one.starts for one in ctx.book.buckets if not one.started and (ends is None or one.starts < ends)})
    lapses = sorted({one.until for one in ctx.book.holds.values() if ends is None or one.until < ends})
    moments = {ends, *starts[:_STARTS_TRIED], *lapses[:_STARTS_TRIED], *(found.frees for found in stands)}
    later = State(ctx.book, ctx.frame)
    for moment in sorted(one for one in moments if one is not None and (ctx.before is None or one < ctx.before)):
        later, _ = settled(later, moment)
        if fits(request.purse.anew(frame=later.frame, book=later.book, at=moment), request.demand):
            return (Remedy(kind="wait", until=moment),)
    return ()


def _renew(request: _Request) -> tuple[Remedy, ...]:
    """Try the request once the renewal that is not paid yet is."""
    due = request.ctx.book.renewal
    if due is None:
        return ()
    try:
        later = apply(request.ctx.book, renewed(request.ctx, due, "remedy"))
    except PurseError:  # the plan that it would bring back is in no catalogue any more
        return ()
    return (Remedy(kind="renew", name=due.id),) if request.fits(later) else ()


def _raise_limit(request: _Request) -> tuple[Remedy, ...]:
    """Try the request with one limit raised to what the whole request needs, within the plan's bounds for it."""
    ctx = request.ctx
    frame, book = ctx.frame, ctx.book
    unlimited = request.purse.anew(limited=False)
    if not fits(unlimited, request.demand):
        return ()
    found = []
    for terms in frame.terms.limits.values():
        name = terms.unit.name
        stands = unlimited.counting(terms)
        if stands is None or stands.cap is None or not request.may(terms.setters):
            continue
        least = frame.value(book, terms.minimum, name, up=True)
        most = frame.value(book, terms.maximum, name)
        label = None if terms.per is None else stands.label
        needed = _needed(request, terms, stands, unlimited)
        to = max(needed, least or 0)
        if (most is None or to <= most) and request.fits(_raised(request, terms, label, to)):
            found.append(Remedy(kind="raise_limit", name=terms.name, to=terms.unit.amount(to), label=label))
    return tuple(found)


def _raised(request: _Request, terms: LimitTerms, label: str | None, to: int) -> Book:
    ctx = request.ctx
    return apply(ctx.book, LimitSet(**ctx.stamp, name=terms.name, unit=terms.unit, steps=to, label=label))


def _needed(request: _Request, terms: LimitTerms, stands: Counting, unlimited: Purse) -> int:
    """Find the lowest that a limit must be raised to; where limits on kinds say who pays, by trying."""
    so_far = stands.steps + stands.held
    if not any(one.kinds for one in request.purse.limits):
        return so_far + unlimited.takes(terms)
    label = None if terms.per is None else stands.label
    low, high = so_far, so_far + 1
    while high < STEPS_MAX and not request.fits(_raised(request, terms, label, high)):
        low, high = high, min(STEPS_MAX, so_far + 2 * (high - so_far))
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if request.fits(_raised(request, terms, label, middle)) else (middle, high)
    return high


def _top_up(request: _Request) -> tuple[Remedy, ...]:
    """Try the request after one purchase, as large as the offer lets it be."""
    ctx = request.ctx
    found = []
    for offer in ctx.frame.terms.offers.values():
        steps = most_sold(ctx.frame, ctx.book, offer)
        if not offer.self_service or not steps or not request.may(offer.buyers):
            continue
        later = apply(ctx.book, bought(ctx, offer, steps, payment="remedy"))
        if request.fits(later):
            found.append(Remedy(kind="top_up", name=offer.name))
    return tuple(found)


def _upgrade(request: _Request) -> tuple[Remedy, ...]:
    """Try the request on each plan that this one may be upgraded to at once."""
    ctx = request.ctx
    found = []
    frame = ctx.frame
    for target in frame.catalogue.upgrades_of(frame.plan):
        if switch_of(frame.plan, target).when != "now" or not may_change(frame, ctx.book, target):
            continue
        later = apply(ctx.book, changed_now(ctx, target))
        if request.fits(later):
            unlocks = any(
                frame.terms.locks(bucket.kind) and not target.terms.locks(bucket.kind) and bucket.left_steps
                for bucket in ctx.book.buckets
            )
            found.append(Remedy(kind="resubscribe" if unlocks else "upgrade", name=target.name))
    return tuple(found)
