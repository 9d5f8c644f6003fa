"""One small class for each kind of entry: what happened, with all that its effect needs."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import field, frozen

from tokenpurse.buckets import Bucket, Debt, Draw, Gain, Loss, Money
from tokenpurse.entries.facts import AutoTopUpSetting, Between, Carry, Line, PlanKey, Remembered, Repaid, Use
from tokenpurse.notices import Notice, Request
from tokenpurse.periods import Anchor, Period
from tokenpurse.statements import Statement
from tokenpurse.units import Amount, Unit

__all__ = [
    "AutoTopUpSet",
    "ChargeRequested",
    "Closed",
    "Confirmed",
    "CountSet",
    "Declined",
    "Entry",
    "Expired",
    "Frozen",
    "Granted",
    "LimitSet",
    "Opened",
    "PeriodOpened",
    "PlanChangeScheduled",
    "PlanChanged",
    "Spent",
    "ToppedUp",
    "Unfrozen",
    "ZoneSet",
]


@frozen(kw_only=True)
class Entry:
    """One stored fact.

    Attributes:
        wallet: the wallet's id.
        sequence: 1 for the first entry; the wallet's version after it.
        at: when it took effect.
        asked_at: the moment that was given, where the wallet's clock was ahead of it by less than the tolerance.
        ref: the caller's key and what it was used for, or `None`.
        by: who did it, or `None`.
        notices, requests: what it gave rise to.
        lines: alerts whose standing it changed.
    """

    wallet: str
    sequence: int
    at: datetime
    asked_at: datetime | None = None
    ref: Remembered | None = None
    by: str | None = None
    notices: tuple[Notice, ...] = ()
    requests: tuple[Request, ...] = ()
    lines: tuple[Line, ...] = ()

    @property
    def id(self) -> str:
        """Wallet and sequence number: unique, and the same on every run."""
        return f"{self.wallet}#{self.sequence}"


@frozen(kw_only=True)
class Opened(Entry):
    """The wallet came into being.

    Attributes:
        used: what was already used of this period, elsewhere, by unit.
        remembered: refs of payments made elsewhere.
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


def _sums(moved: list[tuple[str, Unit, int]]) -> dict[tuple[str, str], Amount]:
    """Sum amounts by kind and by unit's name: amounts of different units never meet."""
    sums: dict[tuple[str, str], int] = {}
    units = {unit.name: unit for _, unit, _ in moved}
    for kind, unit, steps in moved:
        sums[kind, unit.name] = sums.get((kind, unit.name), 0) + steps
    return {(kind, name): units[name].amount(steps) for (kind, name), steps in sums.items() if steps}


@frozen(kw_only=True)
class Spent(Entry):
    """Use, of one meter or of several at once.

    Attributes:
        uses: one for each meter, in the plan's order.
        labels: what the host said about it.
    """

    uses: tuple[Use, ...]
    labels: tuple[tuple[str, str], ...] = ()

    def paid_by(self) -> dict[tuple[str, str], Amount]:
        """Sum what was taken, by kind of bucket and unit; priced use appears under the unit that paid its cost."""
        return _sums([(draw.kind, draw.unit, draw.steps) for draw in self.draws()])

    def draws(self) -> tuple[Draw, ...]:
        """List every draw, those that paid a price included."""
        found: list[Draw] = []
        for use in self.uses:
            at: Use | None = use
            while at is not None:
                found += at.draws
                at = at.priced.paid if at.priced else None
        return tuple(found)


@frozen(kw_only=True)
class Granted(Entry):
    """A bucket that was given."""

    bucket: Bucket
    repaid: tuple[Repaid, ...] = ()


@frozen(kw_only=True)
class ToppedUp(Entry):
    """A bucket that was bought; `request` is the charge that asked for it, when auto top-up did."""

    bucket: Bucket
    offer: str
    price: Money
    payment: str
    request: str | None = None
    repaid: tuple[Repaid, ...] = ()


@frozen(kw_only=True)
class Expired(Entry):
    """Buckets whose own life ended, with what was left of each."""

    expired: tuple[Loss, ...]


@frozen(kw_only=True)
class PeriodOpened(Entry):
    """A period closed and the next one opened, with all that this does; or a run of identical ones.

    Attributes:
        closed: the period that closed; of a run, the first.
        period: the period that is open now.
        count: how many periods opened: 1, or the length of the run.
        plan: the plan of the new period.
        previous: the plan before, where it changed.
        early: closed before its end, by `reset`.
        anchor: the new anchor, where `reset` restarted it.
        statement: what the closed period's pay-as-you-go costs, or `None`.
        forfeited: what was lost.
        carried: what moved into the bank.
        granted: the new buckets; a bank that is new starts empty and is filled by `carried`.
        repaid: debt that the new buckets paid.
        between: totals of the periods inside a run.
        counts: counts that changed with it.
        limits_dropped: chosen limits that gave way to the new plan's own.
    """

    closed: Period
    period: Period
    plan: PlanKey
    count: int = 1
    previous: PlanKey | None = None
    early: bool = False
    anchor: Anchor | None = None
    statement: Statement | None = None
    forfeited: tuple[Loss, ...] = ()
    carried: tuple[Carry, ...] = ()
    granted: tuple[Bucket, ...] = ()
    repaid: tuple[Repaid, ...] = ()
    between: tuple[Between, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    limits_dropped: tuple[str, ...] = ()

    def forfeited_by_kind(self) -> dict[tuple[str, str], Amount]:
        """Sum what was forfeited, by kind and unit, over the whole run."""
        lost = [(loss.kind, loss.unit, loss.steps) for loss in self.forfeited]
        return _sums(lost + [(run.kind, run.unit, run.forfeited_steps) for run in self.between])


@frozen(kw_only=True)
class PlanChanged(Entry):
    """The plan changed at once; the running period keeps its end.

    Attributes:
        forfeited: what was lost.
        gained: what buckets that were there already got in addition.
        granted: new buckets.
        period: the running period as the new plan's schedule numbers it, where that is another one; an end it never
            had is given to it as well.
    """

    plan: PlanKey
    previous: PlanKey
    forfeited: tuple[Loss, ...] = ()
    gained: tuple[Gain, ...] = ()
    granted: tuple[Bucket, ...] = ()
    repaid: tuple[Repaid, ...] = ()
    limits_dropped: tuple[str, ...] = ()
    period: Period | None = None


@frozen(kw_only=True)
class PlanChangeScheduled(Entry):
    """The plan will change when the running period ends; `None`: it will not, after all."""

    plan: str | None
    due: datetime | None


@frozen(kw_only=True)
class CountSet(Entry):
    """A count changed, at once or (`at_period_end`) from the next period on."""

    name: str
    count: int
    at_period_end: bool = False
    forfeited: tuple[Loss, ...] = ()
    gained: tuple[Gain, ...] = ()
    granted: tuple[Bucket, ...] = ()
    repaid: tuple[Repaid, ...] = ()


@frozen(kw_only=True)
class LimitSet(Entry):
    """The customer chose a limit; `None`: went back to the plan's own."""

    name: str
    unit: Unit
    steps: int | None


@frozen(kw_only=True)
class AutoTopUpSet(Entry):
    """The customer turned auto top-up on, changed it, or (`None`) turned it off."""

    setting: AutoTopUpSetting | None


@frozen(kw_only=True)
class ZoneSet(Entry):
    """The zone changed; the running period keeps its end."""

    zone: str


@frozen(kw_only=True)
class ChargeRequested(Entry):
    """Time alone made auto top-up ask for a charge: a cool-down was over."""


@frozen(kw_only=True)
class Confirmed(Entry):
    """A bill was paid."""

    request: str
    payment: str


@frozen(kw_only=True)
class Declined(Entry):
    """A payment that the wallet had requested failed; `retry_at`: auto top-up asks for none before."""

    request: str
    retry_at: datetime | None = None


@frozen(kw_only=True)
class Frozen(Entry):
    """Spending stopped."""


@frozen(kw_only=True)
class Unfrozen(Entry):
    """Spending may go on."""


@frozen(kw_only=True)
class Closed(Entry):
    """The wallet ended, and everything in it."""

    statement: Statement | None = None
    forfeited: tuple[Loss, ...] = field(default=())

    def forfeited_by_kind(self) -> dict[tuple[str, str], Amount]:
        """Sum what was forfeited, by kind and unit."""
        return _sums([(loss.kind, loss.unit, loss.steps) for loss in self.forfeited])
