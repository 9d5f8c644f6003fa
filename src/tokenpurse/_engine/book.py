"""The book: every fact of one wallet at one version. It is what a snapshot stores and what `replay` rebuilds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Final, TypeAlias, TypeVar

from attrs import evolve, field, frozen

from tokenpurse.buckets import Bucket
from tokenpurse.entries import (
    AutoTopUpSetting,
    AutoTopUpWindow,
    Ended,
    Hold,
    LastPeriod,
    Line,
    PlanKey,
    Remembered,
    Stream,
    Unused,
    Use,
)
from tokenpurse.entries.turning import StreamKey
from tokenpurse.notices import Charge, RenewalDue, Request
from tokenpurse.periods import Anchor, Period
from tokenpurse.pricing import Rate
from tokenpurse.statements import Accrual

__all__ = [
    "IN_ORDER",
    "Billed",
    "Book",
    "Closing",
    "Counter",
    "CounterKey",
    "Memory",
    "Past",
    "Tallies",
    "Undoing",
    "Way",
]

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

IN_ORDER: Final = "in order"
"""Marks a mapping whose order says something: what came first. That of any other says nothing, and nothing reads it."""
_InOrder: TypeAlias = Annotated[Mapping[_Key, _Value], IN_ORDER]


def _as_told(mapping: Mapping[_Key, _Value]) -> tuple[tuple[_Key, _Value], ...]:
    """What of such a mapping is compared: in another order it is another one."""
    return tuple(mapping.items())


CounterKey: TypeAlias = tuple[str, str, str]
"""Limit, unit and label's value (empty: over all): what one count is of."""


@frozen
class Counter:
    """What a limit counted in a stretch of time of its own, from `start` to `end` (exclusive; `None`: for ever)."""

    start: datetime
    end: datetime | None
    steps: int

    def runs(self, at: datetime) -> bool:
        """Whether the stretch is not over yet."""
        return self.end is None or at < self.end


@frozen
class Tallies:
    """What the running period counts; every opening starts it anew. In steps, by unit.

    Attributes:
        used: all use, whoever paid: what limits and alerts look at.
        allowance_paid: what allowances paid, by unit and kind, on whichever plan: what a plan change deducts.
        retired: use of buckets that are gone already: part of the gauge.
        priced: by meter and price, the quantity paid so far and what was paid for it: where the next price starts.
        withheld: by meter and price, what of that was for use that was given back, and is paid for other use now.
        accrued: post-paid lines, in the order they began.
        stated: of those that have use of its own, or that it began with, what statements in mid-period had of each.
        bills: how many such statements there were.
        counted: what limits per label value counted, where their time is the period.
        given_on: what the allowances of plans that were left gave while on them: paid, or kept; by plan, unit, kind.
        cleared: what allowances gave that does not count against the present plan's, by unit and kind.
        earned: what prorated allowances came to up to `earned_to`, by unit and kind: steps, and a rest; see `Earned`.
        earned_to: since when the present plan has a share; `None`: the period is all its own.
        upgraded: whether the period had an upgrade.
        idle: for how long the period was paused: no time of it that anybody has a share in.
        since: the entry that opened the period: use of later ones is the period's own.
        left: the plans that were left in it, each with the entry that left it: what came before was given on that plan.
        owing: the units of which it began with a debt: of use before it nothing else is still owed.
        repaid: what paid debt in this period, by unit: bucket, kind, steps, whether it is an allowance's, and the plan
            whose allowance of the period gave it, else `""`.
    """

    used: Mapping[str, int] = field(factory=dict)
    allowance_paid: Mapping[tuple[str, str], int] = field(factory=dict)
    retired: Mapping[str, int] = field(factory=dict)
    priced: Mapping[tuple[str, Rate], tuple[int, int]] = field(factory=dict)
    withheld: Mapping[tuple[str, Rate], tuple[Use, ...]] = field(factory=dict)
    accrued: tuple[Accrual, ...] = ()
    stated: tuple[Accrual, ...] = ()
    bills: int = 0
    counted: Mapping[CounterKey, int] = field(factory=dict)
    given_on: Mapping[tuple[str, str, str], int] = field(factory=dict)
    cleared: Mapping[tuple[str, str], int] = field(factory=dict)
    earned: Mapping[tuple[str, str], tuple[int, int]] = field(factory=dict)
    earned_to: datetime | None = None
    upgraded: bool = False
    idle: timedelta = timedelta()
    since: int = 1
    left: tuple[tuple[int, str], ...] = ()
    owing: frozenset[str] = frozenset()
    repaid: Mapping[str, tuple[tuple[str, str, int, bool, str], ...]] = field(factory=dict)

    @property
    def open_lines(self) -> tuple[Accrual, ...]:
        """What the next statement has: the lines, less what statements of the period have of them already."""
        if not self.stated:
            return self.accrued
        stated = {line.key: line for line in self.stated}
        lines = []
        for line in self.accrued:
            before = None if line.refund else stated.pop(line.key, None)
            lines.append(line if before is None else line.after(before.quantity))
        lines += [evolve(line, quantity=0).after(line.quantity) for line in stated.values()]  # all of it came back
        return tuple(line for line in lines if line.quantity)

    @property
    def billable_lines(self) -> tuple[Accrual, ...]:
        """What a statement in mid-period may have: all but late use, which waits for the period's end."""
        stated = {line.key for line in self.stated}
        return tuple(line for line in self.open_lines if line.of is None or line.refund or line.key in stated)

    def own_but(self, left_open: tuple[Accrual, ...], closed: Period) -> tuple[Accrual, ...]:
        """The lines of the period's own use, but for those that its end leaves open: these grow by late use of it."""
        stay = {line.key for line in left_open}
        own = (line for line in self.accrued if line.is_own)
        return tuple(line for line in own if (line.meter, line.rate, closed) not in stay)

    def billed(self, meter: str, rate: Rate) -> int:
        """The quantity that stands on a post-paid line of the running period's own use already."""
        own = (line for line in self.accrued if line.is_own)
        return sum(line.quantity for line in own if line.meter.name == meter and line.rate == rate)

    def plan_of(self, sequence: int, present: str) -> str:
        """The plan on which an entry of the period was written."""
        return next((plan for left_by, plan in self.left if sequence < left_by), present)

    def usage(self, unit: str) -> int:
        """All use of a unit: of money, what pay-as-you-go comes to in it included."""
        lines = (line for line in self.accrued if line.rate.adds_to(unit, line.meter.name) and line.is_own)
        billed = sum(line.cost.steps for line in lines)
        return self.used.get(unit, 0) + billed


@frozen
class Memory:
    """Refs that were used.

    Attributes:
        ring: the newest refs of usage, oldest first.
        payments: refs of payments and grants, oldest first, with the bucket each made.
    """

    ring: tuple[Remembered, ...] = ()
    payments: tuple[tuple[Remembered, str], ...] = ()


@frozen
class Past:
    """A bucket that is over, kept for what may still come back to it.

    Attributes:
        bucket: as it was when it went.
        at: when.
        why: `drained`, `expired`, `forfeited`, or `closed` with its period.
        by: where it waited for a renewal, the entry that had closed its period; else 0.
    """

    bucket: Bucket
    at: datetime
    why: str
    by: int = 0


@frozen
class Closing:
    """What of a closed period's rest is carried, where that is not all of it.

    Attributes:
        since: the first entry whose use it is for.
        by: the entry that closed the period.
        unused: what was left of a unit's allowances; what came back since included.
    """

    since: int
    by: int
    unused: Unused


@frozen
class Way:
    """What is carried of what comes back to the allowances of closed periods.

    Attributes:
        since: the first entry whose use it is for.
        carries: by unit and kind, with the bank's cap when the period closed, in steps; what is not here is forfeited.
        limited: units of which only as much is carried as a `Closing` lets through; without one, nothing.
    """

    since: int
    carries: tuple[tuple[str, str, int | None], ...] = ()
    limited: tuple[str, ...] = ()


@frozen
class Undoing:
    """What of one use was given back so far.

    Attributes:
        at: when the use was.
        steps: how much of which of its uses, and of what that was paid in: by place and depth.
        refs: what it was given back with, remembered for as long as this is: a retry may come late.
    """

    at: datetime
    steps: Mapping[tuple[int, int], int]
    refs: tuple[Remembered, ...] = ()


@frozen
class Billed:
    """A line that a statement closed, or debt that was forgiven, for use of it that is undone.

    Attributes:
        until: the entry that closed it: on it is use of earlier ones.
        period: the period that was closed.
        line: what is charged of it still; what was forgiven is charged at no price.
    """

    until: int
    period: Period
    line: Accrual

    @property
    def of(self) -> Period:
        """The period whose use it is."""
        return self.line.of or self.period


@frozen(kw_only=True)
class Book:
    """Facts only. Mappings are never changed in place: `apply` makes new ones.

    Attributes:
        past: buckets that are over, by id.
        ways: which way the rests of closed periods' allowances went, where that changed, oldest first.
        closings: of closed periods in which something was used that may come back, what of their rest is carried,
            oldest first.
        banks_since: the last entry that forfeited the banks; what earlier ones took of them is forfeited.
        holds: open holds, by id, in the order they were made.
        held: what they set aside, by unit, as limits count it.
        ended: the newest holds that are over, oldest first.
        undone: use that was given back, by the sequence number of its entry.
        undone_to: use of entries up to this one is not remembered any more.
        billed: what of statements and of forgiven debt is not undone yet, oldest first.
        billed_to: what entries before this one closed is not remembered any more.
        next_at_term: whether `plan_next` waits for the end of the term.
        been: the plans for once that it was on.
        streams: allowances with a schedule or a condition of their own, of plans that were left too, while the stretch
            runs that they granted in.
        bought: what was bought and paid so far, less what went back, in steps by currency.
        overdue: the renewal's grace ended without payment.
    """

    id: str
    plan: PlanKey
    anchor: Anchor
    zone: str
    tolerance: timedelta
    ring: int
    clock: datetime
    version: int
    period: Period
    since: datetime
    last: LastPeriod | None = None
    buckets: tuple[Bucket, ...] = ()
    past: _InOrder[str, Past] = field(factory=dict, eq=_as_told)
    ways: tuple[Way, ...] = ()
    closings: tuple[Closing, ...] = ()
    banks_since: int = 0
    holds: _InOrder[str, Hold] = field(factory=dict, eq=_as_told)
    held: Mapping[str, int] = field(factory=dict)
    ended: tuple[Ended, ...] = ()
    undone: Mapping[int, Undoing] = field(factory=dict)
    undone_to: int = 0
    billed: tuple[Billed, ...] = ()
    billed_to: int = 0
    debts: Mapping[str, int] = field(factory=dict)
    counts: Mapping[str, int] = field(factory=dict)
    limits: Mapping[str, int] = field(factory=dict)
    label_limits: Mapping[tuple[str, str], int] = field(factory=dict)
    counters: Mapping[CounterKey, Counter] = field(factory=dict)
    auto_top_up: AutoTopUpSetting | None = None
    plan_next: str | None = None
    next_at_term: bool = False
    been: tuple[str, ...] = ()
    counts_next: Mapping[str, int] = field(factory=dict)
    pending: tuple[Request, ...] = ()
    retry_at: datetime | None = None
    declines: int = 0
    declined: tuple[Charge, ...] = ()
    window: AutoTopUpWindow | None = None
    frozen: bool = False
    paused_at: datetime | None = None
    overdue: bool = False
    closed: bool = False
    tallies: Tallies = field(factory=Tallies)
    added: Mapping[str, int] = field(factory=dict)
    granted: Mapping[str, int] = field(factory=dict)
    spent: Mapping[str, int] = field(factory=dict)
    lines: Mapping[str, Line] = field(factory=dict)
    streams: _InOrder[StreamKey, Stream] = field(factory=dict, eq=_as_told)
    bought: Mapping[str, int] = field(factory=dict)
    issued: int = 0
    requested: int = 0
    memory: Memory = field(factory=Memory)

    @property
    def renewal(self) -> RenewalDue | None:
        """The renewal that is not paid yet; there is one at most."""
        return next((request for request in self.pending if isinstance(request, RenewalDue)), None)

    @property
    def turning(self) -> frozenset[str]:
        """The buckets that end where the next stretch of their allowance opens, not by themselves."""
        return frozenset(lot for stream in self.streams.values() if stream.next is not None for lot in stream.buckets)

    @property
    def waits(self) -> bool:
        """Whether the present plan waits for a renewal: what is given on payment is not there."""
        renewal = self.renewal
        return renewal is not None and renewal.plan == self.plan.name

    @property
    def unpaid(self) -> bool:
        """Whether the present plan ended with its grace and no other took its place: nothing closes to bill its use."""
        return self.overdue and self.waits
