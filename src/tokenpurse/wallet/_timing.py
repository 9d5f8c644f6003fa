"""Verbs of time and plan."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from tokenpurse._engine import changes, doors, pausing, selling
from tokenpurse._engine.act import booked_at
from tokenpurse._engine.context import Context, known
from tokenpurse._engine.opening import open_next
from tokenpurse._engine.settle import settled
from tokenpurse.buckets import Bucket
from tokenpurse.change import Change
from tokenpurse.entries import Entry
from tokenpurse.periods import instant
from tokenpurse.wallet._core import Core

__all__ = ["Timing"]

_When: TypeAlias = Literal["now", "period_end"]
_WHENS = ("now", "period_end")
_Whenever: TypeAlias = Literal["now", "period_end", "term_end"]
_WHENEVERS = (*_WHENS, "term_end")


class Timing(Core):
    """Time that passes, periods that close, plans and counts that change, ends that move. See `Wallet`."""

    __slots__ = ()

    def advance(self, at: datetime) -> Change:
        """Do what is due by a moment, and nothing else. With nothing due, the same wallet and no entry.

        Spending needs no call of this: every verb does it first. Call it when `view.next_due()` is past, to bill.

        Raises:
            ClockError: `at` cannot be a moment, or lies before the clock by more than the tolerance.
        """
        moment = instant(at)
        state = self._state
        now, entries = settled(state, booked_at(state.book, moment))
        return self._changed(now, tuple(entries)) if entries else self._unchanged()

    def reset(
        self,
        *,
        at: datetime,
        anchor: Literal["kept", "restarted"] = "kept",
        ref: str | None = None,
        by: str | None = None,
    ) -> Change:
        """Close the running period early and open the next, as a person's decision; never for the calendar.

        What waits for the period's end comes with it: a change of plan, and of a plan for once the one it leads to.

        Args:
            at: when.
            anchor: `kept`: the new period runs to the boundary after the one that is skipped; `restarted`: `at`
                is the new anchor, and the period runs to the first boundary after it: a whole subscription month,
                the rest of a calendar month.
            ref: the caller's key.
            by: who decides.

        Raises:
            ArgumentError: another word for `anchor`.
            WalletPaused: no period opens until it is resumed.
        """
        doors.one_of("anchor", anchor, ("kept", "restarted"))

        def decide(ctx: Context) -> Entry | None:
            if ctx.at <= ctx.book.period.start:
                return None  # it opened at this very moment
            return open_next(ctx.frame, ctx.book, ctx.stamp, early=ctx.at, restarted=anchor == "restarted")

        return self._act(decide, at=at, said=("reset", anchor), ref=ref, by=by, opens=True)

    def pause(self, *, at: datetime, ref: str | None = None, by: str | None = None) -> Change:
        """Stop the plan's periods and the life of its buckets until `resume`. Nothing can be spent meanwhile.

        No period opens, no allowance or rollover ends, and auto top-up asks for nothing. What was bought or given
        ends when it would have. No entry if it is paused already.
        """
        return self._act(pausing.pause, at=at, said=("pause",), ref=ref, by=by)

    def resume(self, *, at: datetime, ref: str | None = None, by: str | None = None) -> Change:
        """Let the plan's time go on. No entry if it is not paused.

        The running period, and the plan's buckets with it, end later by exactly the time that the wallet was paused.
        On a calendar schedule the next period then runs to the first boundary after that end; on any other, periods
        are counted from that end on.
        """
        return self._act(pausing.resume, at=at, said=("resume",), ref=ref, by=by)

    def extend(
        self,
        bucket: Bucket | str,
        until: datetime | None,
        *,
        at: datetime,
        ref: str | None = None,
        by: str | None = None,
    ) -> Change:
        """Move a bucket's own end later. The end that it has already books nothing.

        Args:
            bucket: the bucket, or its id; of what was given, bought or brought with an end.
            until: from when it cannot be used any more, exclusive; `None`: it never ends.
            at: when.
            ref: the caller's key.
            by: who decides.

        Raises:
            UnknownNameError: no such bucket, or none any more.
            OutOfBounds: it is a plan's allowance, which ends with its period; it never ends; it ended already; it
                is a paused bank; or
                `until` is earlier than its end.
        """
        name = doors.bucket_id(bucket)
        ends = None if until is None else instant(until, "until")

        def decide(ctx: Context) -> Entry | None:
            return selling.extend(ctx, name, ends)

        said = ("extend", name, None if ends is None else ends.isoformat())
        return self._act(decide, at=at, said=said, ref=ref, by=by)

    def change_plan(
        self,
        plan: str,
        *,
        at: datetime,
        when: _Whenever | None = None,
        ref: str | None = None,
        by: str | None = None,
    ) -> Change:
        """Change the plan: upgrade, downgrade or cancel, as the plan that is left says.

        Unless the plan's `Switch` says otherwise, the running period keeps its end, what is left becomes the new
        allowance minus what this period's allowances gave so far, and bought buckets are untouched. A change that is
        scheduled replaces an earlier one; a change to the present plan takes it back. A plan
        for once leads to its `cancels_to` all the same.

        Args:
            plan: a name in the wallet's catalogue; its newest revision.
            at: when.
            when: `now`, `period_end` or `term_end`, against what the plan says; a plan without a term is paid by the
                period, and its `term_end` is the period's.
            ref: the caller's key.
            by: who asks.

        Raises:
            UnknownNameError: no such plan in the catalogue.
            OutOfBounds: the plan is for once and was had; not after an upgrade, as the `Switch` says; or the period's
                end was asked for, and it has none.
            WalletPaused: it would change now, and the wallet is paused.
        """
        if when is not None:
            doors.one_of("when", when, _WHENEVERS)
        doors.name_of("plan", plan)

        def decide(ctx: Context) -> Entry | None:
            return changes.change_plan(ctx, ctx.frame.catalogue.newest(plan), when)

        return self._act(decide, at=at, said=("change_plan", plan, when), ref=ref, by=by)

    def set_count(
        self,
        name: str,
        count: int,
        *,
        at: datetime,
        when: _When | None = None,
        ref: str | None = None,
        by: str | None = None,
    ) -> Change:
        """Set how many of something (`packages`, `seats`) the wallet has; allowances granted per it follow.

        More take effect now, and fewer when the period ends, unless `when` or the plan's `Count` says otherwise; more
        are granted in full, or prorated where that says so. Setting the present count takes back what was scheduled.

        Args:
            name: of a count that an allowance of the plan is granted per.
            count: the new number, from 0.
            at: when.
            when: `now` or `period_end`; as the plan says unless given.
            ref: the caller's key.
            by: who asks.

        Raises:
            UnknownNameError: no allowance of the plan is granted per it.
            AmountError: not an `int`, or negative.
            OutOfBounds: fewer than the plan's minimum, or the allowance would be more than can be counted.
        """
        if when is not None:
            doors.one_of("when", when, _WHENS)
        doors.count_of("count", count)
        doors.name_of("count", name)

        def decide(ctx: Context) -> Entry | None:
            names = {allowance.per for allowance in ctx.frame.terms.granting if allowance.per is not None}
            known("count", name, dict.fromkeys(names))
            return changes.set_count(ctx, name, count, when)

        return self._act(decide, at=at, said=("set_count", name, count, when), ref=ref, by=by)
