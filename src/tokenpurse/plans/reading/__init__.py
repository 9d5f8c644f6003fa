"""Reading a plan: its parts resolved against each other. This is where what contradicts another part is found."""

from __future__ import annotations

from tokenpurse.plans.reading.kinds import check_kinds_made, kinds_made
from tokenpurse.plans.reading.payers import check_payers_made, payers_made
from tokenpurse.plans.reading.whole import work_out

__all__ = ["check_kinds_made", "check_payers_made", "kinds_made", "payers_made", "work_out"]
