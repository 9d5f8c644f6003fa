"""Closing a period and opening the next: carry, grant, cap and repay, as one step that knows both plans."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse._engine.context import with_repayment
from tokenpurse._engine.frame import Frame, allowance_of
from tokenpurse._engine.limits import limits_dropped
from tokenpurse._engine.owing import reckoned
from tokenpurse._engine.switching import Fates, proration, switch_of
from tokenpurse.buckets import Bucket, Loss
from tokenpurse.periods import Anchor, Period
from tokenpurse.plans.plan import Plan
from tokenpurse.plans.terms import SwitchTerms
from tokenpurse.units import STEPS_MAX, Unit

__all__ = ["first_grants", "open_next"]


def bucket_id(kind: str, unit: Unit, start: datetime) -> str:
    """Name a bucket after its part and period, so that the way time was settled leaves no trace in it."""
    fraction = f".{start.microsecond:06d}" if start.microsecond else ""
    return f"{kind}:{unit.name}@{start:%Y%m%dT%H%M%S}{fraction}Z"


def first_grants(frame: Frame, counts: Mapping[str, int], period: Period) -> tuple[Bucket, ...]:
    """Make what the plan's allowances grant for a period."""
    buckets = []
    for allowance in frame.terms.allowances:
        steps = allowance_of(allowance, counts)
        if steps:
            buckets.append(
                Bucket(
                    id=bucket_id(allowance.kind, allowance.unit, period.start),
                    kind=allowance.kind,
                    unit=allowance.unit,
                    granted_steps=steps,
                    opening_steps=steps,
                    left_steps=steps,
                    starts=period.start,
                    expires=period.end,
                    priority=allowance.priority,
                    allowance=True,
                )
            )
    return tuple(buckets)


def open_next(
    frame: Frame,
    book: Book,
    stamp: Mapping[str, Any],
    *,
    early: datetime | None = None,
    restarted: bool = False,
    target: Plan | None = None,
) -> e.PeriodOpened:
    """Decide what closing the running period and opening the next does.

    Args:
        frame: of the plan that closes the period.
        book: the facts.
        stamp: the fields that every entry has.
        early: the moment at which a person closes it before its end; `None`: at its end.
        restarted: the new period starts from a new anchor, `early`, whatever the plan says.
        target: the plan that closes it now; `None`: the new period is on the one scheduled, or the newest revision.
    """
    plan = target or frame.catalogue.newest(book.plan_next or frame.plan.name)
    new = Frame(frame.catalogue, plan, book.buckets)
    counts = {**book.counts, **book.counts_next}
    start = early or book.period.end or book.clock  # the last for types alone: a period without end is closed early
    closed = Period(book.period.number, book.period.start, start)
    switch = switch_of(frame.plan, plan) if plan.name != frame.plan.name else None
    switched = switch is not None
    anchor = Anchor(start, book.zone) if restarted or (switch is not None and switch.restarted) else None
    period = _following(frame, new, book, start, anchor)
    moves = _Moves(frame, new, book, counts, period, switch)
    reckoning = reckoned(frame, book, closed)
    entry = e.PeriodOpened(
        **stamp,
        closed=closed,
        period=period,
        plan=e.PlanKey(plan.name, plan.revision),
        previous=book.plan if switched or plan.revision != book.plan.revision else None,
        early=early is not None,
        anchor=anchor,
        statement=reckoning.statement,
        billed=reckoning.billed,
        forgiven=reckoning.forgiven,
        forfeited=tuple(moves.forfeited),
        carried=tuple(moves.carried),
        granted=tuple(moves.granted),
        counts=tuple(sorted(book.counts_next.items())),
        **(limits_dropped(book, frame, new, switched=switched) if plan is not frame.plan else {}),
        kept=moves.kept,
        upgrade=target is not None and switch is not None and switch.way == "upgrade",
        once=plan.once and plan.name not in book.been,
        pauses_auto_top_up=switch is not None and switch.pauses_auto_top_up,
        proration=None if target is None else proration(frame, new, book, start, closes=True),
    )
    return with_repayment(new, book, entry)


def _following(frame: Frame, new: Frame, book: Book, start: datetime, anchor: Anchor | None) -> Period:
    """Lay the period that starts now. Boundary numbers go on, whatever the zone; another schedule counts its own."""
    if anchor is not None:
        return new.period_after(0, start, anchor, book.zone)
    if new.plan.period != frame.plan.period:
        number = new.plan.period.number_at(start, book.anchor, book.zone)
        return new.period_after(number, start, book.anchor, book.zone)
    number = book.period.number + 1
    if start == book.period.end:  # boundaries at one instant are one reset, under the last of their numbers
        number = max(number, new.plan.period.number_at(start, book.anchor, book.zone))
    # Called early, the running period's own end is skipped: the early opening replaces the one due then.
    return new.period_after(number, start, book.anchor, book.zone, skip=book.period.end)


class _Moves:
    """What an opening moves, bucket by bucket. `_kept` is what stays of each bucket that no new grant replaces."""

    def __init__(
        self,
        old: Frame,
        new: Frame,
        book: Book,
        counts: Mapping[str, int],
        period: Period,
        switch: SwitchTerms | None,
    ) -> None:
        carrying = {name for name in old.terms.banks if name in new.terms.banks}
        fates = Fates(book, new, counts, switch)
        fates.settle(kept_after=period.start, carrying=carrying)
        self.kept = fates.kept()
        self.forfeited: list[Loss] = fates.lost()
        self.carried: list[e.Carry] = []
        self.granted: list[Bucket] = []
        self._book = book
        self._period = period
        self._fates = fates
        self._kept = fates.stays
        losing = frozenset[str]() if switch is None else switch.forfeit
        for bucket in book.buckets:
            replaced = bucket.allowance and bucket.id not in self._kept
            if replaced and (bucket.kind in losing or bucket.unit.name not in carrying):
                self._lose(bucket, bucket.left_steps, 0)
        for bucket in first_grants(new, counts, period):
            self._grant(bucket)
        for name in sorted(carrying):
            cap = new.value(book, new.terms.banks[name], name, counts)
            self._carry(name, STEPS_MAX if cap is None else cap, losing)

    def _lose(self, bucket: Bucket, steps: int, left: int) -> None:
        if steps:
            self.forfeited.append(Loss(bucket.id, bucket.kind, bucket.unit, steps, left))
        if bucket.id in self._kept:
            self._kept[bucket.id] = left

    def _total(self, unit: str, *, but: str = "") -> int:
        """What a unit's buckets will hold, those of one kind left out."""
        staying = (one for one in self._book.buckets if _is(one, unit, but) and one.id in self._kept)
        held = sum(self._kept[one.id] + one.held_steps for one in staying)
        return held + sum(bucket.granted_steps for bucket in self.granted if _is(bucket, unit, but))

    def _grant(self, bucket: Bucket) -> None:
        """Grant in full, short of what can be counted at all; the bank gives way, it is filled last."""
        steps = min(bucket.granted_steps, STEPS_MAX - self._total(bucket.unit.name, but="rollover"))
        if steps:
            self.granted.append(evolve(bucket, granted_steps=steps, opening_steps=steps, left_steps=steps))

    def _carry(self, unit: str, cap: int, losing: frozenset[str]) -> None:
        """Move what is left of a unit's allowances into its bank, as far as the cap lets it; the rest is forfeited."""
        trim = self._fates.cap("rollover", unit)
        cap = min(cap, STEPS_MAX - self._total(unit, but="rollover"), cap if trim is None else trim)
        bank = next((one for one in self._book.buckets if _is(one, unit) and one.kind == "rollover"), None)
        apart = 0 if bank is None else bank.held_steps  # what is held of it counts, and is not left
        held = 0 if bank is None else self._kept[bank.id]
        cap = max(0, cap - apart)
        if bank is not None and held > cap:
            self._lose(bank, held - cap, cap)
            held = cap
        stays = bank is not None and held + apart > 0
        closing = [
            one
            for one in self._book.buckets
            if one.allowance and _is(one, unit) and one.left_steps
            if one.id not in self._kept and one.kind not in losing
        ]
        into = (
            bank.id
            if bank is not None and stays
            else bucket_id("rollover", closing[0].unit, self._period.start)
            if closing
            else ""
        )
        for bucket in closing:
            steps = min(bucket.left_steps, cap - held)
            held += steps
            if steps:
                self.carried.append(e.Carry(bucket.id, into, bucket.unit, steps, held))
            self._lose(bucket, bucket.left_steps - steps, 0)
        if self.carried and self.carried[-1].into == into and not stays:
            self.granted.append(_empty_bank(into, closing[0].unit, self._period.start))


def _is(bucket: Bucket, unit: str, but: str = "") -> bool:
    return bucket.unit.name == unit and bucket.kind != but


def _empty_bank(into: str, unit: Unit, start: datetime) -> Bucket:
    return Bucket(id=into, kind="rollover", unit=unit, granted_steps=0, opening_steps=0, left_steps=0, starts=start)
