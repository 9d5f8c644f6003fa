"""The facts that entries are made of: how use was paid, what carried over, what a setting says, what a ref was for."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any

from attrs import field, frozen

from tokenpurse.buckets import Draw, Gift, Money
from tokenpurse.pricing import floor_steps
from tokenpurse.units import Amount, Unit

__all__ = [
    "AutoTopUpOff",
    "AutoTopUpSetting",
    "AutoTopUpWindow",
    "Between",
    "Carry",
    "Earned",
    "Line",
    "PlanKey",
    "Proration",
    "Remembered",
    "Repaid",
    "Unused",
]


@frozen
class PlanKey:
    """A plan as a wallet stores it."""

    name: str
    revision: int

    def __str__(self) -> str:
        return f"{self.name} r{self.revision}"


@frozen
class Remembered:
    """A ref and what it was used for, so that a repeat is recognised and a conflict refused.

    Attributes:
        namespace: `payment` or `usage`; the two never meet.
        key: the ref.
        said: the verb and its arguments, moment and role aside.
        at: when.
        sequence: the entry it made.
        steps: what it moved, for each unit: the first outcome, in short.
        gifts: what it gave to another wallet, or got from one.
    """

    namespace: str
    key: str
    said: tuple[Any, ...] = field(repr=False)
    at: datetime
    sequence: int
    steps: tuple[tuple[str, int], ...] = ()
    gifts: tuple[Gift, ...] = ()


@frozen
class Line:
    """How an alert stands: beyond its line or not, and how often it was crossed so far.

    Attributes:
        passed: how many lines it is beyond, where there is one at each multiple of a figure.
    """

    alert: str
    crossed: bool
    crossings: int
    passed: int = 0


@frozen
class AutoTopUpOff:
    """What turned auto top-up off, other than the customer.

    Attributes:
        since: when.
        why: `declined`, as often in a row as the plan lets it, `declined_hard`, `plan_changed`, or `clawed_back`.
    """

    since: datetime
    why: str


@frozen(kw_only=True)
class AutoTopUpSetting:
    """What the customer chose, who and when: the consent to be charged.

    Attributes:
        offer: the offer it buys.
        unit: what that offer sells.
        currency: what it is priced in.
        threshold_steps: it buys when what counts falls below this (or to it, as the plan says).
        purchase_steps: how much it buys, once or as many times as it takes; `None`: it fills to a target.
        target_steps: what it fills to; `None`: it buys a fixed amount.
        purchases_max: the customer's own bound on purchases for each window; `None`: the plan's alone.
        spend_max_steps: the same on money.
        by: who chose it.
        at: when.
        off: what turned it off since; `None`: nothing did.
    """

    offer: str
    unit: Unit
    currency: Unit
    threshold_steps: int
    purchase_steps: int | None = None
    target_steps: int | None = None
    purchases_max: int | None = None
    spend_max_steps: int | None = None
    by: str | None
    at: datetime
    off: AutoTopUpOff | None = None

    @property
    def threshold(self) -> Amount:
        """It buys when what counts falls below this, or to it, as the plan says."""
        return self.unit.amount(self.threshold_steps)

    @property
    def purchase(self) -> Amount | None:
        """How much it buys each time; `None`: it fills to a target."""
        return None if self.purchase_steps is None else self.unit.amount(self.purchase_steps)

    @property
    def target(self) -> Amount | None:
        """What it fills to; `None`: it buys a fixed amount."""
        return None if self.target_steps is None else self.unit.amount(self.target_steps)

    @property
    def spend_max(self) -> Amount | None:
        """The customer's own bound on what it may cost in each window; `None`: the plan's alone."""
        return None if self.spend_max_steps is None else self.currency.amount(self.spend_max_steps)


@frozen(kw_only=True)
class AutoTopUpWindow:
    """What auto top-up bought, and was paid, in the window that its maxima are for. It keeps its end, whatever changes.

    Attributes:
        start, end: half-open; `None`: it never ends.
        unit: what is bought.
        purchases: how often the chosen amount was bought.
        bought_steps: how much was bought.
        spent: what it cost.
        told: whether a notice said already that the maxima hold it back.
    """

    start: datetime
    end: datetime | None
    unit: Unit
    purchases: int = 0
    bought_steps: int = 0
    spent: Money
    told: bool = False

    @property
    def bought(self) -> Amount:
        """How much was bought."""
        return self.unit.amount(self.bought_steps)


@frozen
class Earned:
    """What a prorated period's allowances of one unit and kind came to, for its time up to a change of plan.

    Attributes:
        unit: its name.
        kind: of the allowance.
        steps: whole steps.
        rest: what is over, in steps for a microsecond of the period; the next share starts with it.
    """

    unit: str
    kind: str
    steps: int
    rest: int


@frozen
class Proration:
    """What a change in mid-period makes of the plans' own prices; the host charges it, or not.

    Attributes:
        credit: of the old plan's price, for the time that is left of its period; `None`: it names no price, or its
            period has no end.
        charge: of the new plan's price, for the same time, or in full where a new period opens; `None`: it names none.

    Both by exact microseconds, rounded half up to the paid places.
    """

    credit: Money | None
    charge: Money | None

    @property
    def net(self) -> Amount | None:
        """Charge minus credit, negative where more is given back; `None`: they are in two currencies."""
        both = [money for money in (self.charge, self.credit) if money is not None]
        if len({money.unit for money in both}) != 1:
            return None
        charge, credit = (0 if money is None else money.steps for money in (self.charge, self.credit))
        return both[0].unit.amount(charge - credit)


@frozen
class Repaid:
    """Debt paid from buckets, in the draw policy's order; it is not counted as use again.

    Attributes:
        unit: of the debt.
        steps: how much was paid, in all.
        after_steps: the debt that stays.
        draws: what the buckets that are there now paid of it; see `Between` for those that came and went in a run.
    """

    unit: Unit
    steps: int
    after_steps: int
    draws: tuple[Draw, ...]

    @property
    def amount(self) -> Amount:
        """How much, in all."""
        return self.unit.amount(self.steps)


@frozen
class Carry:
    """What was left of a closing period's bucket and moved into the bank. `left` is what the bank had in the end.

    In a run of openings `into` is empty where it is over by then, and `bucket` where it came of a period inside; there,
    a cap took what is more than was left.
    """

    bucket: str
    into: str
    unit: Unit
    steps: int
    left_steps: int

    @property
    def amount(self) -> Amount:
        """How much, in all."""
        return self.unit.amount(self.steps)

    @property
    def cut_steps(self) -> int:
        """How much of it a cap took inside a run."""
        return 0 if self.bucket else self.steps - self.left_steps

    @property
    def left(self) -> Amount:
        """What the bank had in the end."""
        return self.unit.amount(self.left_steps)


@frozen
class Unused:
    """What was left of a unit's allowances as their period closed, where not all of that is carried for ever.

    Attributes:
        unit: which.
        steps: what was left of them, in all; what came back later included.
        share: how much of it is carried, as numerator and denominator.
        most_steps: how much of it is carried at most, or `None`.
        expires: when what is carried of it ends (exclusive); `None`: never, it is carried into the bank for good.
    """

    unit: Unit
    steps: int
    share: tuple[int, int]
    most_steps: int | None
    expires: datetime | None = None

    @property
    def amount(self) -> Amount:
        """What was left of them, in all."""
        return self.unit.amount(self.steps)

    @property
    def carried_steps(self) -> int:
        """How much of it is carried, as far as the bank has room."""
        times, of = self.share
        steps = floor_steps(Fraction(self.steps * times, of))
        return steps if self.most_steps is None else min(steps, self.most_steps)


@frozen
class Between:
    """One allowance's totals for the periods inside a run of identical ones.

    Granted = forfeited + carried + repaid + expired. Of grants with a life of their own it is about those that ended
    inside; so it is, of the kind `rollover`, of what was carried with one.
    """

    kind: str
    unit: Unit
    granted_steps: int
    forfeited_steps: int
    carried_steps: int
    repaid_steps: int
    expired_steps: int = 0
