"""Renewals: a period's payment that comes in time, late, or not at all.

A payment never grants twice: there is one renewal, for one period, and paying it ends it. It keeps the anchor: the
period that was waited for keeps its end, and where that is over already, the one that holds the moment begins.
"""

from __future__ import annotations

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.changes import changed_now, come_back
from tokenpurse._engine.context import Context, with_repayment
from tokenpurse._engine.opening import open_next, paid_late
from tokenpurse.buckets import Loss
from tokenpurse.errors import Remedy, WalletPaused
from tokenpurse.notices import Notice, RenewalDue
from tokenpurse.periods import Period

__all__ = ["failed", "grace_ended", "renewed"]


def renewed(ctx: Context, due: RenewalDue, payment: str) -> e.Renewed | e.PlanChanged | e.PeriodOpened:
    """Decide what the payment of a renewal does, in its grace or after it; in a pause, by the time that stands still.

    Raises:
        WalletPaused: the period that was waited for is over, and the next one cannot open in a pause.
    """
    book, frame, now = ctx.book, ctx.frame, ctx.book.paused_at or ctx.at
    if not book.waits:
        return come_back(ctx, frame.catalogue.newest(due.plan), due.id)
    if book.overdue and due.period.end is not None and due.period.end <= now:
        if book.paused_at is not None:
            raise WalletPaused(
                f"wallet {book.id} is paused, and the period that {due.id} is for is over: the next one cannot open",
                remedies=lambda: (Remedy(kind="resume"),),
            )
        return open_next(frame, book, ctx.stamp, early=ctx.at, renewal=due.id, paid=True)
    period = due.period if book.overdue else book.period
    moves = paid_late(frame, book, period, max(now, period.start))
    entry = e.Renewed(
        **ctx.stamp,
        request=due.id,
        payment=payment,
        period=period,
        **moves.said(),
    )
    return with_repayment(frame, book, entry)


def failed(ctx: Context, due: RenewalDue, *, hard: bool) -> e.Declined:
    """Decide what a declined payment does: somebody is told, and the renewal stays to be paid."""
    return e.Declined(**ctx.stamp, request=due.id, hard=hard, notices=(_notice(ctx, due, ended=False),))


def _notice(ctx: Context, due: RenewalDue, *, ended: bool) -> Notice:
    """Tell that a payment of a renewal failed, or that its plan has ended for it: the figure is its price."""
    terms = ctx.frame.catalogue.newest(due.plan).terms
    if terms.renewal is None:  # by now it has none
        name = "plan_ended" if ended else "renewal_failed"
    else:
        name = terms.renewal.on_end if ended else terms.renewal.on_failure
    unit, steps = (terms.default, 0) if due.price is None else (due.price.unit, due.price.steps)
    told = Notice.id_of(name, due.id, None if ended else ctx.at)
    return Notice(id=told, name=name, at=ctx.at, unit=unit, figure_steps=steps)


def grace_ended(ctx: Context, due: RenewalDue) -> e.PlanChanged | e.PeriodOpened | e.GraceEnded:
    """Decide what a grace without payment leads to: the plan that cancelling leads to, or to nothing until it is paid.

    Without such a plan the running period loses its end, so that no period opens that nobody pays for.
    """
    book, plan = ctx.book, ctx.frame.plan
    notices = (_notice(ctx, due, ended=True),)
    if plan.cancels_to is not None:
        changed = changed_now(ctx, ctx.frame.catalogue.newest(plan.cancels_to), unpaid=due.id)
        return evolve(changed, notices=notices)
    rests = (held for held in book.buckets if held.rest is not None and held.left_steps)
    return e.GraceEnded(
        **ctx.stamp,
        request=due.id,
        notices=notices,
        period=Period(book.period.number, book.period.start, None),
        forfeited=tuple(Loss(held.id, held.kind, held.unit, held.left_steps, 0) for held in rests),
    )
