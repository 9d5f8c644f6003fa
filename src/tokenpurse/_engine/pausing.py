"""Pausing and resuming: the plan's time stops, and what would have ended meanwhile ends later by just as much."""

from __future__ import annotations

from tokenpurse import entries as e
from tokenpurse._engine.context import Context
from tokenpurse._engine.stretches import postponed
from tokenpurse.periods import Period, later

__all__ = ["pause", "resume"]


def pause(ctx: Context) -> e.Paused | None:
    """Stop the plan's periods and the life of its buckets."""
    return e.Paused(**ctx.stamp) if ctx.book.paused_at is None else None


def resume(ctx: Context) -> e.Resumed | None:
    """Let them go on: the running period ends later by exactly the time that the wallet was paused.

    So nothing is granted twice, and nothing that was paid for is lost. Where boundaries follow the anchor's own time,
    periods are counted from the new end; those of a calendar stay where they are, and the next period runs to the
    first one after the new end, as it would in a wallet that opened there.
    """
    book, since = ctx.book, ctx.book.paused_at
    if since is None:
        return None
    lost = ctx.at - since
    number, start, end = book.period.number, book.period.start, later(book.period.end, lost)
    found = None if end is None or not lost else ctx.frame.plan.period.anchored(end, start, book.zone)
    return e.Resumed(
        **ctx.stamp,
        since=since,
        period=Period(number if found is None else found[1] - 1, start, end),
        anchor=None if found is None else found[0],
        streams=tuple(postponed(one, lost, book.zone) for one in book.streams.values()),
        ends=tuple((held.id, later(held.expires, lost)) for held in book.buckets if held.of_plan and held.expires),
    )
