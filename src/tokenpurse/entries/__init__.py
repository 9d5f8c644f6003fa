"""Entries: one small class for each kind of fact. A wallet is what its entries say, and nothing else.

An entry carries every fact that its effect needs, with the balances after it, so that replaying needs neither plan
nor engine; and the notices and requests it gave rise to. An entry knows no engine and decides nothing.
"""

from __future__ import annotations

from tokenpurse.entries.facts import (
    AutoTopUpSetting,
    Between,
    Carry,
    Line,
    PlanKey,
    Priced,
    Remembered,
    Repaid,
    Use,
)
from tokenpurse.entries.kinds import (
    AutoTopUpSet,
    ChargeRequested,
    Closed,
    Confirmed,
    CountSet,
    Declined,
    Entry,
    Expired,
    Frozen,
    Granted,
    LimitSet,
    Opened,
    PeriodOpened,
    PlanChanged,
    PlanChangeScheduled,
    Spent,
    ToppedUp,
    Unfrozen,
    ZoneSet,
)

__all__ = [
    "AutoTopUpSet",
    "AutoTopUpSetting",
    "Between",
    "Carry",
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
    "Line",
    "Opened",
    "PeriodOpened",
    "PlanChangeScheduled",
    "PlanChanged",
    "PlanKey",
    "Priced",
    "Remembered",
    "Repaid",
    "Spent",
    "ToppedUp",
    "Unfrozen",
    "Use",
    "ZoneSet",
]
