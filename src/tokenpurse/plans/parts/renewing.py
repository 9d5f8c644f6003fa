"""What of a period waits for its payment."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from attrs import frozen

from tokenpurse.errors import PlanError
from tokenpurse.plans import checks

__all__ = [
    "Renewal",
]


@frozen(kw_only=True)
class Renewal:
    """Each period is paid for, and allowances that are given on payment wait for it.

    When a period opens, its renewal is asked for. Until it is paid, what was left of those allowances stays for the
    grace, and paid late they are granted late: the period keeps its end. A grace that ends unpaid ends the plan: the
    wallet changes to `cancels_to`, as `on_cancel` says; without such a plan the rest is forfeited, and no period opens
    until the renewal is paid. The period that a wallet opens with, or that a change of plan starts, was just bought.

    Attributes:
        grace: from the opening of a period, at most as long as the shortest period is; at its end it is over. Zero:
            nothing stays without payment.
        rest: whether what was left is `usable` or `locked` in the grace.
        on_failure: name of the notice when a payment was declined.
        on_end: name of the notice when the grace ended unpaid, and the plan with it.
    """

    grace: timedelta
    rest: Literal["usable", "locked"] = "usable"
    on_failure: str = "renewal_failed"
    on_end: str = "plan_ended"

    def __attrs_post_init__(self) -> None:
        grace: object = self.grace
        if type(grace) is not timedelta or self.grace < timedelta():
            raise PlanError("Renewal", "grace", grace, "it must be a timedelta, from 0")
        checks.chosen("Renewal", "rest", self.rest, ("usable", "locked"))
        checks.named("Renewal", "on_failure", self.on_failure)
        checks.named("Renewal", "on_end", self.on_end)
