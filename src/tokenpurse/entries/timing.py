"""Entries of time and plan: what opened, ended, changed and closed."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import field, frozen

from tokenpurse.buckets import Bucket, Debt, Gain, Loss, Rest, Return
from tokenpurse.entries.base import Entry, sums_of
from tokenpurse.entries.closing import LastPeriod
from tokenpurse.entries.facts import Between, Carry, Earned, PlanKey, Proration, Remembered, Repaid, Unused
from tokenpurse.entries.turning import Stream, Turn
from tokenpurse.entries.uses import Ended
from tokenpurse.periods import Anchor, Period
from tokenpurse.scopes import Scope
from tokenpurse.statements import Accrual, Statement
from tokenpurse.units import Amount

__all__ = [
    "AllowanceOpened",
    "BillRequested",
    "Closed",
    "CountSet",
    "Expired",
    "Extended",
    "GraceEnded",
    "Opened",
    "Paused",
    "PeriodOpened",
    "PlanChangeScheduled",
    "PlanChanged",
    "Reminded",
    "Resumed",
    "Started",
]


@frozen(kw_only=True)
class Opened(Entry):
    """The wallet came into being.

    Attributes:
        used: what was already used of this period, elsewhere, by unit.
        remembered: refs of payments made elsewhere.
        once: whether the plan is one that a wallet may be on once.
    """

    plan: PlanKey
    anchor: Anchor
    zone: str
    tolerance: timedelta
    ring: int
    period: Period
    counts: tuple[tuple[str, int], ...] = ()
    buckets: tuple[Bucket, ...] = ()
    debts: tuple[Debt, ...] = ()
    repaid: tuple[Repaid, ...] = ()
    used: tuple[tuple[str, int], ...] = ()
    remembered: tuple[Remembered, ...] = ()
    once: bool = False


@frozen(kw_only=True)
class Expired(Entry):
    """Buckets whose own life ended, with what was left of each."""

    expired: tuple[Loss, ...]


@frozen(kw_only=True)
class Started(Entry):
    """Buckets, by id, that can be used from now on: they were given or bought before, to start at this moment."""

    buckets: tuple[str, ...]
    repaid: tuple[Repaid, ...] = ()


@frozen(kw_only=True)
class Reminded(Entry):
    """Time alone made notices: buckets, by id, end soon."""

    buckets: tuple[str, ...]


@frozen(kw_only=True)
class AllowanceOpened(Entry):
    """Allowances with a schedule or a condition of their own were granted: a stretch of each closed, the next opened.

    What is left of the last stretch goes, and the next is granted, in one step: no level dips between the two.

    Attributes:
        turns: what became of each of them at this moment.
        repaid: debt that the new buckets paid.
    """

    turns: tuple[Turn, ...]
    repaid: tuple[Repaid, ...] = ()

    @property
    def expired(self) -> tuple[Loss, ...]:
        """What was left of the stretches that closed."""
        return tuple(loss for turn in self.turns for loss in turn.expired)

    @property
    def granted(self) -> tuple[Bucket, ...]:
        """The new buckets."""
        return tuple(bucket for turn in self.turns for bucket in turn.granted)


@frozen(kw_only=True)
class Extended(Entry):
    """A bucket's own end moved later.

    Attributes:
        bucket: its id.
        previous: the end it had.
        expires: the end it has now, exclusive; `None`: it never ends.
    """

    bucket: str
    previous: datetime
    expires: datetime | None


@frozen(kw_only=True)
class PeriodOpened(Entry):
    """A period closed and the next one opened, with all that this does; or a run of identical ones.

    Attributes:
        closed: the period that closed; of a run, the first.
        period: the period that is open now.
        count: how many periods opened: 1, or the length of the run.
        plan: the plan of the new period.
        previous: the plan before, where it changed.
            early: closed before its end, by `reset` or a change of plan.
        anchor: the new anchor, where one of them restarted it.
        statement: what the closed period's pay-as-you-go and billed debt cost, or `None`.
        billed: debt that is owed as a bill now.
        forgiven: debt that nobody owes any more.
        left_open: lines in a currency that come to less than nothing: they stay for the next statement, each said
            to be `of` its own period: it is priced by itself.
        expired: what was left of grants whose own life ended with the closed period.
        forfeited: what was lost.
        excess: as of `PlanChanged`.
        carried: what moved into the bank.
        granted: the new buckets; a bank that is new starts empty and is filled by `carried`.
        repaid: debt that the new buckets paid.
        between: totals of the periods inside a run.
        counts: counts that changed with it.
        limits_dropped: chosen limits that gave way to the new plan's own.
        label_limits_dropped: those chosen for one label value, by name and value.
        waits: buckets of allowances that are given on payment: what is left of them stays for the grace.
        renewal: the renewal whose late payment, or unpaid grace, led to it, or `None`.
        kept: what was left of allowances and stays as buckets of their own.
        upgrade: whether an upgrade closed the period.
        once: whether the plan is one that a wallet may be on once, and it is now for the first time.
        pauses_auto_top_up: whether auto top-up rests until it is set again.
        proration: what the change made of the plans' own prices, where they have any.
        last: what is kept of the closed period for late use, where its plan books that in its own period.
        carries: by unit and kind, the allowances whose rest is carried, with the bank's cap in steps, or `None`: what
            comes back to them later is carried, too, whether anything was left or not; to all others it is forfeited.
        unused: of units of which a share, or so much at most, is carried: what was left of them.
        ends_banks: whether the `Switch` forfeits banks: nothing that comes back later is carried into them.
        turns: of a run, what became of allowances with a schedule of their own inside it.
    """

    closed: Period
    period: Period
    plan: PlanKey
    count: int = 1
    previous: PlanKey | None = None
    early: bool = False
    anchor: Anchor | None = None
    statement: Statement | None = None
    left_open: tuple[Accrual, ...] = ()
    billed: tuple[Debt, ...] = ()
    forgiven: tuple[Debt, ...] = ()
    expired: tuple[Loss, ...] = ()
    forfeited: tuple[Loss, ...] = ()
    excess: tuple[tuple[str, int], ...] = ()
    carried: tuple[Carry, ...] = ()
    granted: tuple[Bucket, ...] = ()
    repaid: tuple[Repaid, ...] = ()
    between: tuple[Between, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    limits_dropped: tuple[str, ...] = ()
    label_limits_dropped: tuple[tuple[str, str], ...] = ()
    waits: tuple[str, ...] = ()
    renewal: str | None = None
    kept: tuple[Rest, ...] = ()
    upgrade: bool = False
    once: bool = False
    pauses_auto_top_up: bool = False
    proration: Proration | None = None
    last: LastPeriod | None = None
    carries: tuple[tuple[str, str, int | None], ...] = ()
    unused: tuple[Unused, ...] = ()
    ends_banks: bool = False
    turns: tuple[Turn, ...] = ()

    def forfeited_by_kind(self) -> dict[tuple[str, str], Amount]:
        """Sum what was forfeited, by kind and unit, over the whole run."""
        lost = [(loss.kind, loss.unit, loss.steps) for loss in self.forfeited]
        lost += [("rollover", carry.unit, carry.cut_steps) for carry in self.carried if carry.cut_steps]
        return sums_of(lost + [(run.kind, run.unit, run.forfeited_steps) for run in self.between])


@frozen(kw_only=True)
class GraceEnded(Entry):
    """A renewal was not paid in its grace, and the plan leads to no other: nothing is granted until it is paid.

    Attributes:
        request: the renewal.
        period: the running period, which goes on until then, without an end.
        forfeited: what was left of the period before.
    """

    request: str
    period: Period
    forfeited: tuple[Loss, ...] = ()


@frozen(kw_only=True)
class PlanChanged(Entry):
    """The plan changed at once; the running period keeps its end.

    Attributes:
        forfeited: what was lost.
        gained: what buckets that were there already got in addition.
        granted: new buckets.
        limits_dropped, label_limits_dropped: as of `PeriodOpened`.
        excess: by bucket, how much of what comes back to it is forfeited from now on; it stays for that.
        retired: the buckets of allowances that the new plan lacks.
        period: the running period as the new plan's schedule numbers it, where that is another one; an end it never
            had is given to it as well.
        renewal: the renewal whose late payment, or unpaid grace, led to it, or `None`.
        kept: what was left of allowances and stays as buckets of their own.
        cleared: whether what other plans gave in this period does not count; else all of it does.
        prorated: whether the period's allowance is made of the plans' shares of its time from now on.
        earned: what it came to so far, where it is.
        upgrade: whether it is one.
        once: whether the plan is one that a wallet may be on once, and it is now for the first time.
        pauses_auto_top_up: whether auto top-up rests until it is set again.
        proration: what the change made of the plans' own prices, where they have any.
        ends_banks: as of `PeriodOpened`.
        scopes: by bucket of an allowance that goes on, for which use it pays from now on, where the plans differ.
    """

    plan: PlanKey
    previous: PlanKey
    forfeited: tuple[Loss, ...] = ()
    gained: tuple[Gain, ...] = ()
    granted: tuple[Bucket, ...] = ()
    repaid: tuple[Repaid, ...] = ()
    limits_dropped: tuple[str, ...] = ()
    label_limits_dropped: tuple[tuple[str, str], ...] = ()
    period: Period | None = None
    renewal: str | None = None
    kept: tuple[Rest, ...] = ()
    cleared: bool = False
    prorated: bool = False
    earned: tuple[Earned, ...] = ()
    upgrade: bool = False
    once: bool = False
    pauses_auto_top_up: bool = False
    proration: Proration | None = None
    excess: tuple[tuple[str, int], ...] = ()
    retired: tuple[str, ...] = ()
    ends_banks: bool = False
    scopes: tuple[tuple[str, Scope], ...] = ()


@frozen(kw_only=True)
class PlanChangeScheduled(Entry):
    """The plan will change when the running period ends, or the term; `None`: it will not, after all.

    Attributes:
        at_term: whether it waits for the end of the term.
        due: that end; `None` also while the wallet is paused: it is known when it is resumed.
    """

    plan: str | None
    due: datetime | None
    at_term: bool = False


@frozen(kw_only=True)
class CountSet(Entry):
    """A count changed, at once or (`at_period_end`) from the next period on.

    Attributes:
        prorated, earned: as of `PlanChanged`; it was prorated where the plan's `Count` says so.
    """

    name: str
    count: int
    at_period_end: bool = False
    forfeited: tuple[Loss, ...] = ()
    gained: tuple[Gain, ...] = ()
    granted: tuple[Bucket, ...] = ()
    repaid: tuple[Repaid, ...] = ()
    excess: tuple[tuple[str, int], ...] = ()
    prorated: bool = False
    earned: tuple[Earned, ...] = ()


@frozen(kw_only=True)
class Paused(Entry):
    """The plan's periods and the life of its buckets stopped."""


@frozen(kw_only=True)
class Resumed(Entry):
    """They go on; what would have ended ends later by exactly the time that the wallet was paused.

    Attributes:
        since: when it was paused.
        period: the running period with its new end, under the number that it has from now on.
        anchor: the new anchor, where boundaries are counted from the anchor's own time; else `None`.
        ends: the new ends of the plan's buckets, by id; `None`: after all time that can be counted, so never.
        streams: the allowances with a schedule or condition of their own, with the new ends of their stretches.
    """

    since: datetime
    period: Period
    anchor: Anchor | None = None
    ends: tuple[tuple[str, datetime | None], ...] = ()
    streams: tuple[Stream, ...] = ()


@frozen(kw_only=True)
class BillRequested(Entry):
    """So much ran up in mid-period that it is billed at once; it is charged once, and counts as before.

    Attributes:
        statement: of the running period: what no statement had yet.
    """

    statement: Statement


@frozen(kw_only=True)
class Closed(Entry):
    """The wallet ended, and everything in it; debt that is not `billed` stays to be read.

    Attributes:
        ended: the holds that were open.
        returned: what came back of them.
        forfeited: all that was left, and what came back.
    """

    statement: Statement | None = None
    billed: tuple[Debt, ...] = ()
    ended: tuple[Ended, ...] = ()
    returned: tuple[Return, ...] = ()
    forfeited: tuple[Loss, ...] = field(default=())

    def forfeited_by_kind(self) -> dict[tuple[str, str], Amount]:
        """Sum what was forfeited, by kind and unit."""
        return sums_of([(loss.kind, loss.unit, loss.steps) for loss in self.forfeited])
