"""Plans as data: what a host sells, described and never programmed.

`parts` are the words a plan is written in, `plan` is the sentence, `catalogue` keeps plans and their revisions,
`terms` is a plan worked out in steps, as the engine reads it. Nothing here knows a wallet.
"""

from __future__ import annotations

from tokenpurse.plans.catalogue import Catalogue
from tokenpurse.plans.parts import (
    Alert,
    Allowance,
    AtZero,
    AutoTopUp,
    Bound,
    Count,
    LateUse,
    Life,
    Limit,
    Offer,
    OnDebt,
    PayAsYouGo,
    Price,
    Renewal,
    Rollover,
    Switch,
    Tier,
)
from tokenpurse.plans.plan import Plan

__all__ = [
    "Alert",
    "Allowance",
    "AtZero",
    "AutoTopUp",
    "Bound",
    "Catalogue",
    "Count",
    "LateUse",
    "Life",
    "Limit",
    "Offer",
    "OnDebt",
    "PayAsYouGo",
    "Plan",
    "Price",
    "Renewal",
    "Rollover",
    "Switch",
    "Tier",
]
