"""The parts a plan is written in: few, frozen, and composable. Data and its own validation only.

Amounts are written as people write them, `int` of a meter and `Decimal` of money; a `unit` or `meter` left out is
the plan's first meter, a `currency` left out is the plan's. What contradicts another part is found by `terms`.
"""

from __future__ import annotations

from tokenpurse.plans.parts.bounds import Bound
from tokenpurse.plans.parts.counting import Count
from tokenpurse.plans.parts.ending import AtZero
from tokenpurse.plans.parts.granting import Allowance
from tokenpurse.plans.parts.lateness import LateUse
from tokenpurse.plans.parts.life import Life
from tokenpurse.plans.parts.owing import OnDebt
from tokenpurse.plans.parts.pricing import PayAsYouGo, Price, Tier
from tokenpurse.plans.parts.renewing import Renewal
from tokenpurse.plans.parts.rolling import Rollover
from tokenpurse.plans.parts.selling import AutoTopUp, Offer
from tokenpurse.plans.parts.switching import Switch
from tokenpurse.plans.parts.watching import Alert, Limit

__all__ = [
    "Alert",
    "Allowance",
    "AtZero",
    "AutoTopUp",
    "Bound",
    "Count",
    "LateUse",
    "Life",
    "Limit",
    "Offer",
    "OnDebt",
    "PayAsYouGo",
    "Price",
    "Renewal",
    "Rollover",
    "Switch",
    "Tier",
]
