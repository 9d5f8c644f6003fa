"""What would let a refused request succeed as it stands. Each remedy is tried before it is named."""

from __future__ import annotations

from collections.abc import Callable

from tokenpurse._engine.apply import apply
from tokenpurse._engine.book import Book
from tokenpurse._engine.changes import plan_changed
from tokenpurse._engine.context import Context
from tokenpurse._engine.frame import frame_of
from tokenpurse._engine.funding import Demand, Purse, costing, fits
from tokenpurse._engine.opening import switch_of
from tokenpurse._engine.selling import bought, most_sold
from tokenpurse._engine.settle import State, settled
from tokenpurse.entries import LimitSet
from tokenpurse.errors import Remedy

__all__ = ["remedies_of"]


_STARTS_TRIED = 16
"""Of buckets that start before the next reset: so many moments are tried, then the reset itself."""


def remedies_of(ctx: Context, demand: Demand) -> Callable[[], tuple[Remedy, ...]]:
    """Prepare the remedies of a refused demand; they are worked out when first read."""

    def work_out() -> tuple[Remedy, ...]:
        return (*_wait(ctx, demand), *_raise_limit(ctx, demand), *_top_up(ctx, demand), *_upgrade(ctx, demand))

    return work_out


def _fits_after(ctx: Context, book: Book, demand: Demand) -> bool:
    return fits(frame_of(book, ctx.frame.catalogue), book, demand)


def _wait(ctx: Context, demand: Demand) -> tuple[Remedy, ...]:
    """Try the request again when the next buckets start, and after the next reset."""
    ends = ctx.book.period.end
    starts = sorted({one.starts for one in ctx.book.buckets if not one.started and (ends is None or one.starts < ends)})
    later = State(ctx.book, ctx.frame)
    for moment in (*starts[:_STARTS_TRIED], *(() if ends is None else (ends,))):
        later, _ = settled(later, moment)
        if fits(later.frame, later.book, demand):
            return (Remedy(kind="wait", until=moment),)
    return ()


def _raise_limit(ctx: Context, demand: Demand) -> tuple[Remedy, ...]:
    """Try the request with one limit raised to what the whole request needs, within the plan's bounds for it."""
    frame, book = ctx.frame, ctx.book
    if not fits(frame, book, demand, limited=False):
        return ()
    unlimited = Purse(frame, book, limited=False)
    for unit, steps in costing(frame, demand):
        unlimited.fund(unit, steps)
    found = []
    for terms in frame.terms.limits.values():
        name = terms.unit.name
        least = frame.value(book, terms.minimum, name, up=True)
        most = frame.value(book, terms.maximum, name)
        to = max(unlimited.used(name), least or 0)
        raised = apply(book, LimitSet(**ctx.stamp, name=terms.name, unit=terms.unit, steps=to))
        if (most is None or to <= most) and fits(frame, raised, demand):
            found.append(Remedy(kind="raise_limit", name=terms.name, to=terms.unit.amount(to)))
    return tuple(found)


def _top_up(ctx: Context, demand: Demand) -> tuple[Remedy, ...]:
    """Try the request after one purchase, as large as the offer lets it be."""
    found = []
    for offer in ctx.frame.terms.offers.values():
        steps = most_sold(ctx.book, offer)
        if not offer.self_service or not steps:
            continue
        later = apply(ctx.book, bought(ctx, offer, steps, payment="remedy"))
        if _fits_after(ctx, later, demand):
            found.append(Remedy(kind="top_up", name=offer.name))
    return tuple(found)


def _upgrade(ctx: Context, demand: Demand) -> tuple[Remedy, ...]:
    """Try the request on each plan that this one may be upgraded to at once."""
    found = []
    frame = ctx.frame
    for target in frame.catalogue.upgrades_of(frame.plan):
        if switch_of(frame.plan, target).when != "now":
            continue
        later = apply(ctx.book, plan_changed(ctx, target))
        if _fits_after(ctx, later, demand):
            unlocks = any(
                frame.terms.locks(bucket.kind) and not target.terms.locks(bucket.kind) and bucket.left_steps
                for bucket in ctx.book.buckets
            )
            found.append(Remedy(kind="resubscribe" if unlocks else "upgrade", name=target.name))
    return tuple(found)
