"""What of a plan's allowances carries over."""

from __future__ import annotations

from decimal import Decimal

from attrs import frozen

from tokenpurse.errors import PlanError
from tokenpurse.plans import checks
from tokenpurse.plans.parts.bounds import Bound
from tokenpurse.plans.parts.life import Life
from tokenpurse.units import Amount, Unit

__all__ = ["Rollover"]


@frozen(kw_only=True)
class Rollover:
    """What is left of an allowance at a reset is carried into one rollover bucket, the bank, which never ends.

    With a `life` each reset carries into a bucket of its own instead, which ends by itself; all of them are the bank.

    It carries only where the plan that closes the period and the plan that opens the next both have it. `share`,
    `carry_max` and `life` are those of the plan that closes it, `bank_max` and `total_max` those of the next one.
    What is not carried is forfeited, and the entry says how much. What comes back of a closed period's use later is
    carried as if it had been left then: at most as much more as share and `carry_max` would have let through.

    Attributes:
        unit: which unit's allowances carry.
        bank_max: the most the bank may hold, an amount or a `Bound` of the allowance. `None`: no cap.
        share: how much of what is left is carried, above 0 and at most 1, of all the unit's allowances together,
            rounded down to whole steps.
        carry_max: the most that one reset carries: an amount, or a `Bound` of the allowance (as the closing plan and
            its counts have it) or of the `original` (what the closing period's buckets were granted). `None`: no cap.
        total_max: the most that allowance and bank may come to together as the next period opens, an amount or a
            `Bound` of the allowance. `None`: no cap. Over a cap what ends soonest gives way, and what is carried into
            the bank that never ends before what is in it.
        life: how long what is carried lives, by default counted from the `issue` of the tokens, which is the start of
            the period that closes; `period_end` and `renewal`: from the reset that carries. Periods count that one:
            2 is the end of the next. What would be over as it is carried is forfeited, and an error if it
            always would. `None`: for ever.
        same_plan: whether a change of plan forfeits what would be carried, if either plan says so; what is in the
            bank already is the matter of `Switch`.
    """

    unit: str | Unit | None = None
    bank_max: Amount | Bound | None = None
    share: int | Decimal = 1
    carry_max: Amount | Bound | None = None
    total_max: Amount | Bound | None = None
    same_plan: bool = False
    life: Life | None = None

    def __attrs_post_init__(self) -> None:
        if not 0 < checks.exact("Rollover", "share", self.share) <= 1:
            raise PlanError("Rollover", "share", self.share, "it must be above 0 and at most 1, such as Decimal('0.5')")
        checks.flag("Rollover", "same_plan", self.same_plan)
        if self.life is not None and not isinstance(self.life, Life):
            raise PlanError("Rollover", "life", self.life, "it must be a Life, such as Life(months=2)")
