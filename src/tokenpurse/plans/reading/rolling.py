"""Reading what of a plan's allowances carries over."""

from __future__ import annotations

from tokenpurse.errors import PlanError
from tokenpurse.plans import checks
from tokenpurse.plans.reading.resolver import Resolver
from tokenpurse.plans.terms import RolloverTerms

__all__ = ["banks_of"]


def banks_of(reading: Resolver, granted: set[str]) -> dict[str, RolloverTerms]:
    """Resolve what carries over, by unit; `granted` are the units that the plan grants."""
    found: dict[str, RolloverTerms] = {}
    for rollover in reading.plan.rollovers:
        unit = reading.unit("Rollover", "unit", rollover.unit)
        if unit.name in found:
            raise PlanError(reading.part, "rollovers", unit.name, "it is there twice")
        if unit.name not in granted:
            raise PlanError("Rollover", "unit", unit.name, "no allowance of this plan grants it for all use")
        total = reading.figure("Rollover", "total_max", rollover.total_max, unit, ("allowance",))
        if total is not None and total.base and total.times <= 1:
            right = "it must be more than one allowance, or nothing is ever carried"
            raise PlanError("Rollover", "total_max", rollover.total_max, right)
        found[unit.name] = RolloverTerms(
            bank_max=reading.figure("Rollover", "bank_max", rollover.bank_max, unit, ("allowance",)),
            share=checks.exact("Rollover", "share", rollover.share),
            carry_max=reading.figure("Rollover", "carry_max", rollover.carry_max, unit, ("allowance", "original")),
            total_max=total,
            same_plan=rollover.same_plan,
        )
    return found
