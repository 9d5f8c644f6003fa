"""Entries: one small class for each kind of fact. A wallet is what its entries say, and nothing else.

An entry carries every fact that its effect needs, with the balances after it, so that replaying needs neither plan
nor engine; and the notices and requests it gave rise to. An entry knows no engine and decides nothing.
"""

from __future__ import annotations

from tokenpurse.entries.base import Entry
from tokenpurse.entries.clawing import ClawedBack, Reinstated
from tokenpurse.entries.closing import LastPeriod
from tokenpurse.entries.facts import (
    AutoTopUpOff,
    AutoTopUpSetting,
    AutoTopUpWindow,
    Between,
    Carry,
    Earned,
    Line,
    PlanKey,
    Proration,
    Remembered,
    Repaid,
    Unused,
)
from tokenpurse.entries.getting import ChargeRequested, Confirmed, Declined, Granted, Renewed, ToppedUp
from tokenpurse.entries.holding import Captured, Held, Lapsed, Released
from tokenpurse.entries.pairs import Received, Transferred
from tokenpurse.entries.settings import AutoTopUpSet, Frozen, LimitSet, Unfrozen, ZoneSet
from tokenpurse.entries.timing import (
    AllowanceOpened,
    BillRequested,
    Closed,
    CountSet,
    Expired,
    Extended,
    GraceEnded,
    Opened,
    Paused,
    PeriodOpened,
    PlanChanged,
    PlanChangeScheduled,
    Reminded,
    Resumed,
    Started,
)
from tokenpurse.entries.turning import Stream, Turn
from tokenpurse.entries.undoing import Refunded
from tokenpurse.entries.uses import ClawBackPart, Counted, Ended, Hold, Priced, Undone, Use, Withheld
from tokenpurse.entries.using import Spent

__all__ = [
    "AllowanceOpened",
    "AutoTopUpOff",
    "AutoTopUpSet",
    "AutoTopUpSetting",
    "AutoTopUpWindow",
    "Between",
    "BillRequested",
    "Captured",
    "Carry",
    "ChargeRequested",
    "ClawBackPart",
    "ClawedBack",
    "Closed",
    "Confirmed",
    "CountSet",
    "Counted",
    "Declined",
    "Earned",
    "Ended",
    "Entry",
    "Expired",
    "Extended",
    "Frozen",
    "GraceEnded",
    "Granted",
    "Held",
    "Hold",
    "Lapsed",
    "LastPeriod",
    "LimitSet",
    "Line",
    "Opened",
    "Paused",
    "PeriodOpened",
    "PlanChangeScheduled",
    "PlanChanged",
    "PlanKey",
    "Priced",
    "Proration",
    "Received",
    "Refunded",
    "Reinstated",
    "Released",
    "Remembered",
    "Reminded",
    "Renewed",
    "Repaid",
    "Resumed",
    "Spent",
    "Started",
    "Stream",
    "ToppedUp",
    "Transferred",
    "Turn",
    "Undone",
    "Unfrozen",
    "Unused",
    "Use",
    "Withheld",
    "ZoneSet",
]
