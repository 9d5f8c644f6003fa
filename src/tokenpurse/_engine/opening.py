"""Closing a period and opening the next: carry, grant, cap and repay, as one step that knows both plans."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from attrs import evolve, frozen

from tokenpurse import entries as e
from tokenpurse._engine.apply.timing import ended
from tokenpurse._engine.awaiting import due_in, waiting
from tokenpurse._engine.book import Book
from tokenpurse._engine.carrying import bank_cap, carrying, closing_of, ending, giving_way, unused_of
from tokenpurse._engine.context import with_repayment
from tokenpurse._engine.ends import over_before
from tokenpurse._engine.frame import Frame, allowance_of
from tokenpurse._engine.limits import limits_dropped
from tokenpurse._engine.lives import carried_end, grant_end
from tokenpurse._engine.making import empty_bank, full_bucket, period_id
from tokenpurse._engine.owing import reckoned
from tokenpurse._engine.switching import Fates, proration
from tokenpurse.buckets import Bucket, Loss
from tokenpurse.periods import Anchor, Period
from tokenpurse.plans.plan import Plan
from tokenpurse.plans.terms import SwitchTerms
from tokenpurse.plans.walking import switch_of
from tokenpurse.units import STEPS_MAX

__all__ = ["Moves", "first_grants", "open_next", "paid_late"]


def first_grants(
    frame: Frame,
    counts: Mapping[str, int],
    period: Period,
    anchor: Anchor,
    zone: str,
    *,
    at_once: bool = True,
    on_payment: bool = True,
    issued: datetime | None = None,
) -> tuple[Bucket, ...]:
    """Make what the plan's allowances grant for a period: those given at once, those given on payment, or both.

    Their lives count from when they are `issued`; `None`: from the period's start.
    """
    buckets = []
    for allowance in frame.terms.allowances:
        if not (on_payment if allowance.on_payment else at_once):
            continue
        steps = allowance_of(allowance, counts)
        if steps:
            buckets.append(
                full_bucket(
                    period_id(allowance.kind, allowance.unit, period.start),
                    allowance.kind,
                    allowance.unit,
                    steps,
                    period.start,
                    expires=grant_end(
                        frame.plan, allowance, issued or period.start, period=period, anchor=anchor, zone=zone
                    ),
                    priority=allowance.priority,
                    allowance=True,
                    scope=allowance.scope,
                    own_life=allowance.life is not None,
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
    renewal: str | None = None,
    paid: bool = False,
) -> e.PeriodOpened:
    """Decide what closing the running period and opening the next does.

    Args:
        frame: of the plan that closes the period.
        book: the facts.
        stamp: the fields that every entry has.
        early: the moment at which a person closes it before its end; `None`: at its end.
        restarted: the new period starts from a new anchor, `early`, whatever the plan says.
        target: the plan that closes it now; `None`: the new period is on the one that comes after it by itself.
        renewal: whose late payment, or unpaid grace, opens it.
        paid: the new period was just paid for: nothing waits for a renewal.
    """
    plan = target or frame.plan_after(book, early)
    new = Frame(frame.catalogue, plan, book.buckets)
    counts = {**book.counts, **book.counts_next}
    start = early or book.period.end or book.clock  # the last for types alone: a period without end is closed early
    closed = Period(book.period.number, book.period.start, start)
    switch = switch_of(frame.plan, plan) if plan.name != frame.plan.name else None
    switched = switch is not None
    anchor = Anchor(start, book.zone) if restarted or (switch is not None and switch.restarted) else None
    period = _following(frame, new, book, start, anchor)
    due = None if paid else due_in(new, book, closed, period, anchor, switched=switched)
    waits = () if due is None else tuple(waiting(new, book, start, switch))
    over = _over(book, start, switch)
    rest = ended(book, over, start)
    fates = Fates(rest, new, counts, switch)
    since = anchor or book.anchor
    grants = first_grants(new, counts, period, since, book.zone, on_payment=due is None)
    moves = Moves(frame, new, rest, counts, fates, Staying(closed, period, since, grants, waits))
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
        left_open=reckoning.left_open,
        billed=reckoning.billed,
        forgiven=reckoning.forgiven,
        expired=over,
        **moves.said("carries", "kept"),
        excess=tuple(moves.excess.items()),
        counts=tuple(sorted(book.counts_next.items())),
        **(limits_dropped(book, frame, new, switched=switched) if plan is not frame.plan else {}),
        waits=waits,
        renewal=renewal,
        requests=() if due is None else (due,),
        upgrade=target is not None and switch is not None and switch.way == "upgrade",
        once=plan.once and plan.name not in book.been,
        pauses_auto_top_up=switch is not None and switch.pauses_auto_top_up,
        proration=None if target is None else proration(frame, new, book, start, closes=True),
        ends_banks="rollover" in fates.losing,
    )
    return with_repayment(new, book, evolve(entry, last=_last_period(frame, book, entry)))


def _over(book: Book, at: datetime, switch: SwitchTerms | None) -> tuple[Loss, ...]:
    """List what is over as the period closes, by its own life or before a change takes it."""
    over = over_before(book, frozenset() if switch is None else switch.takes, at)
    return tuple(Loss(one.id, one.kind, one.unit, one.left_steps, 0) for one in over)


def _last_period(frame: Frame, book: Book, entry: e.PeriodOpened) -> e.LastPeriod | None:
    """Keep of a closing period what late use of it needs, where its plan books that in its own period."""
    rule, ends = frame.plan.late_use, entry.closed.end
    if rule.grace is None or ends is None:
        return None
    tallies = book.tallies
    lost = {loss.bucket: loss for loss in entry.forfeited if not loss.left_steps}  # what stays of one pays by itself
    granted = sorted({one.unit.name for one in frame.terms.allowances})
    paying = [book.buckets[position] for unit in granted for position in frame.every_lane(unit)]
    limits = ((terms.name, frame.cap(book, terms)) for terms in frame.terms.limits.values() if terms.is_plain)
    return e.LastPeriod(
        plan=book.plan,
        period=entry.closed,
        until=ends + rule.grace,
        rests=tuple(lost[one.id] for one in paying if one.allowance and one.id in lost),
        used=tuple(sorted(tallies.used.items())),
        limits=tuple(sorted((name, cap) for name, cap in limits if cap is not None)),
        priced=tuple((unit, rate, *paid) for (unit, rate), paid in sorted(tallies.priced.items(), key=repr)),
        accrued=tallies.own_but(entry.left_open, entry.closed),
    )


def _following(frame: Frame, new: Frame, book: Book, start: datetime, anchor: Anchor | None) -> Period:
    """Lay the period that starts now. Boundary numbers go on, whatever the zone; another schedule counts its own."""
    if anchor is not None:
        return new.period_after(0, start, anchor, book.zone)
    if new.plan.period != frame.plan.period:
        number = new.plan.period.number_at(start, book.anchor, book.zone)
        return new.period_after(number, start, book.anchor, book.zone)
    number = book.period.number + 1
    if book.overdue and book.period.end is None:  # none opened since its renewal was not paid
        number = max(book.period.number, new.plan.period.number_at(start, book.anchor, book.zone))
    if start == book.period.end:  # boundaries at one instant are one reset, under the last of their numbers
        number = max(number, new.plan.period.number_at(start, book.anchor, book.zone))
    # Called early, the running period's own end is skipped: the early opening replaces the one due then.
    return new.period_after(number, start, book.anchor, book.zone, skip=book.period.end)


def paid_late(frame: Frame, book: Book, period: Period, at: datetime) -> Moves:
    """Work out what the payment of a running period moves: what waited is granted, the rest of before carried."""
    fates = Fates(book, frame, book.counts, None)
    grants = first_grants(frame, book.counts, period, book.anchor, book.zone, at_once=False, issued=at)
    running = tuple(bucket.id for bucket in book.buckets if bucket.of_period)
    return Moves(
        frame, frame, book, book.counts, fates, Staying(period, period, book.anchor, grants, running, late=True)
    )


@frozen
class Staying:
    """What a period grants, and which allowances' buckets it leaves as they are.

    Attributes:
        closed: the period before it, up to where it closed.
        anchor: that of the period.
        late: for a period that runs already: what waited is carried, and a bank that is empty is there to be filled.
    """

    closed: Period
    period: Period
    anchor: Anchor
    grants: tuple[Bucket, ...]
    buckets: tuple[str, ...]
    late: bool = False


class Moves:
    """What an opening moves, bucket by bucket. `_kept` is what stays of each bucket that no new grant replaces."""

    def __init__(
        self, old: Frame, new: Frame, book: Book, counts: Mapping[str, int], fates: Fates, staying: Staying
    ) -> None:
        carried = carrying(old, new)
        fates.settle(kept_after=staying.period.start, carrying=carried, lots=not staying.late)
        self.kept = fates.kept()
        self.excess = fates.excess
        self.forfeited: list[Loss] = fates.lost()
        self.carried: list[e.Carry] = []
        self.granted: list[Bucket] = []
        self.carries: list[tuple[str, str, int | None]] = []
        self.unused: list[e.Unused] = []
        self._book = book
        self._period = staying.period
        self._fates = fates
        self._kept = fates.stays
        self._kept.update({one.id: one.left_steps for one in book.buckets if one.id in staying.buckets})
        self._late = staying.late
        self._staying = staying
        self._new = new
        losing = fates.losing
        for bucket in book.buckets:
            replaced = bucket.allowance and bucket.id not in self._kept
            unpaid = bucket.rest is not None and not self._late
            other = bucket.own_life or bucket.scope or bucket.unit.name not in carried
            if replaced and (unpaid or other or bucket.kind in losing):
                self._lose(bucket, bucket.left_steps, 0)
        for bucket in staying.grants:
            self._grant(bucket)
        for name in sorted(carried):
            cap = bank_cap(new, book, name, counts)
            mine = [one for one in old.terms.allowances if one.unit.name == name]
            kinds = [one.kind for one in mine if not one.scope and one.life is None]
            closing = (
                one for one in book.buckets if one.of_period and _is(one, name) and not (one.scope or one.own_life)
            )
            kinds += [one.kind for one in closing if one.id not in self._kept]
            self.carries += [(name, kind, cap) for kind in dict.fromkeys(kinds) if kind not in losing]
            self._carry(name, STEPS_MAX if cap is None else cap, old)
        if not staying.late:
            self._bound_later(carried)

    def said(self, *more: str) -> dict[str, Any]:
        """What an entry says of it."""
        return {name: tuple(getattr(self, name)) for name in ("forfeited", "carried", "granted", "unused", *more)}

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

    def _carry(self, unit: str, cap: int, old: Frame) -> None:
        """Move what is left of a unit's allowances into its bank, as far as the cap lets it; the rest is forfeited."""
        trim = self._fates.cap("rollover", unit)
        cap = min(cap, STEPS_MAX - self._total(unit, but="rollover"), cap if trim is None else trim)
        banks = [one for one in self._book.buckets if _is(one, unit) and one.kind == "rollover"]
        banks = sorted((one for one in banks if not self._fates.goes_whole(one)), key=ending)  # else another takes it
        closing = [one for one in self._closing(unit) if one.left_steps and one.id not in self._kept]
        left = sum(one.left_steps for one in closing)
        room, expires = self._room(old, unit, left)
        apart = sum(one.returning_steps for one in banks)  # what comes back of it counts, and is not left
        lefts = {one.id: self._kept[one.id] for one in banks}
        room, stays = giving_way(banks, lefts, min(left, room), expires, max(0, cap - apart))
        over = apart - cap
        for bucket in banks:
            self._lose(bucket, lefts[bucket.id] - stays[bucket.id], stays[bucket.id])
            if over >= 0 or (lefts[bucket.id] and not stays[bucket.id]):
                over -= self._fates.give_less(bucket, max(0, over))
        if closing:
            self._move(closing, room, self._target(banks, expires), expires)

    def _target(self, banks: list[Bucket], expires: datetime | None) -> Bucket | None:
        """Find what is carried into: the bank, or what a payment finds carried already; `None`: a new bucket."""
        for bucket in banks:
            same = self._late and bucket.expires == expires if bucket.own_life else expires is None
            if same and (self._late or self._kept[bucket.id] + bucket.held_steps > 0):
                return bucket
        return None

    def _move(self, closing: list[Bucket], room: int, bank: Bucket | None, expires: datetime | None) -> None:
        """Carry what there is room for; the rest is forfeited."""
        unit = closing[0].unit
        into, held = (
            (period_id("rollover", unit, self._period.start), 0) if bank is None else (bank.id, self._kept[bank.id])
        )
        if room and bank is None:
            self.granted.append(empty_bank(into, unit, self._period.start, expires=expires))
        for bucket in closing:
            steps = min(bucket.left_steps, room)
            held, room = held + steps, room - steps
            if steps:
                self.carried.append(e.Carry(bucket.id, into, unit, steps, held))
            self._lose(bucket, bucket.left_steps - steps, 0)

    def _bound_later(self, carried: Collection[str]) -> None:
        """Say how much of what waits is carried once it is paid, where that is less than the next plan would carry.

        Then the plan that closed the period is gone, and what it does not carry, or what a `trim` takes, with it.
        """
        for unit in dict.fromkeys(one.unit for one in self._book.buckets if one.id in self._staying.buckets):
            name, trim = unit.name, self._fates.cap("rollover", unit.name)
            if name not in self._new.terms.banks or (name in carried and trim is None):
                continue
            left = most = 0
            if name in carried and trim is not None:
                banks = [one for one in self._book.buckets if one.unit == unit and one.kind == "rollover"]
                there = sum(
                    self._kept[one.id] + one.returning_steps for one in banks if not self._fates.goes_whole(one)
                )
                into = sum(carry.steps for carry in self.carried if carry.unit == unit)
                left = sum(one.left_steps for one in self._closing(name) if one.id not in self._kept)
                most = into + max(0, trim - there - into)
            known = next((one for one in self.unused if one.unit == unit), e.Unused(unit, left, (1, 1), None))
            most = most if known.most_steps is None else min(most, known.most_steps)
            self.unused = [*(one for one in self.unused if one is not known), evolve(known, most_steps=most)]

    def _closing(self, unit: str) -> list[Bucket]:
        """List the closing period's buckets of a unit's allowances, those that wait for a payment included."""
        kept = {rest.bucket for rest in self.kept}
        return [
            one
            for one in self._book.buckets
            if one.allowance and _is(one, unit) and one.kind not in self._fates.losing and one.id not in kept
            if (one.rest is None) != self._late and not (one.scope or one.own_life)
        ]

    def _room(self, old: Frame, unit: str, left: int) -> tuple[int, datetime | None]:
        """Tell how much of what is left of a unit's allowances is carried, a bank's cap aside, and when it ends."""
        book = self._book
        if self._late:
            known = closing_of(book, unit, by=book.tallies.since)
            unused = None if known is None else evolve(known.unused, steps=known.unused.steps + left)
            so_far = 0 if known is None else known.unused.carried_steps
        else:
            expires = self._expires(old, unit)
            unused = unused_of(old, book, old.terms.units[unit], self._closing(unit), left, expires)
            if unused is not None and expires is not None and expires <= self._period.start:
                unused = evolve(unused, most_steps=0)
            so_far = 0
        if unused is None:
            return STEPS_MAX, None
        self.unused.append(unused)
        return unused.carried_steps - so_far, unused.expires

    def _expires(self, old: Frame, unit: str) -> datetime | None:
        """Compute when what is carried ends; `None`: never."""
        life, now, zone = old.terms.banks[unit].life, self._staying, self._book.zone
        return carried_end(self._new.plan, life, now.closed, now.period, anchor=now.anchor, zone=zone)


def _is(bucket: Bucket, unit: str, but: str = "") -> bool:
    return bucket.unit.name == unit and bucket.kind != but
