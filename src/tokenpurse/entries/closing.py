"""What is kept of a period that closed."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from tokenpurse.buckets import Loss
from tokenpurse.entries.facts import PlanKey
from tokenpurse.periods import Period
from tokenpurse.pricing import Rate
from tokenpurse.statements import Accrual

__all__ = [
    "LastPeriod",
]


@frozen(kw_only=True)
class LastPeriod:
    """What is remembered of the period that closed last, so that use of it that is reported late can be booked in it.

    Attributes:
        plan: the plan that it was on.
        period: the closed period.
        until: from when nothing is booked in it any more, exclusive.
        rests: what its allowances' buckets forfeited as it closed, if nothing of them stays, less what late use drew
            of it since; in the order in which they pay.
        used: all its use, by unit.
        limits: the caps on all its use, by name of the limit.
        priced: by meter and price, the quantity paid for and what was paid for it.
        accrued: the post-paid lines of its statement.
    """

    plan: PlanKey
    period: Period
    until: datetime
    rests: tuple[Loss, ...] = ()
    used: tuple[tuple[str, int], ...] = ()
    limits: tuple[tuple[str, int], ...] = ()
    priced: tuple[tuple[str, Rate, int, int], ...] = ()
    accrued: tuple[Accrual, ...] = ()
