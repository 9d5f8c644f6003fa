"""Reading what of a plan's allowances carries over."""

from __future__ import annotations

from datetime import timedelta

from tokenpurse.errors import PlanError
from tokenpurse.periods import Schedule, calendar_months
from tokenpurse.plans import checks
from tokenpurse.plans.parts import Rollover
from tokenpurse.plans.reading.resolver import Resolver, life_of
from tokenpurse.plans.terms import LifeTerms, RolloverTerms
from tokenpurse.units import Unit

__all__ = ["banks_of"]


def banks_of(reading: Resolver, granted: set[str]) -> dict[str, RolloverTerms]:
    """Resolve what carries over, by unit; `granted` are the units that the plan grants."""
    found: dict[str, RolloverTerms] = {}
    for rollover in reading.plan.rollovers:
        unit = reading.unit("Rollover", "unit", rollover.unit)
        if unit.name in found:
            raise PlanError(reading.part, "rollovers", unit.name, "it is there twice")
        if unit.name not in granted:
            raise PlanError("Rollover", "unit", unit.name, _nothing_of(reading, unit))
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
            life=_life(reading, rollover),
        )
    lots = sum(_most(reading, terms.life) for terms in found.values())
    if lots > _LOTS_MAX:
        right = f"of all that it carries, at most {_LOTS_MAX} may live at a time, and it would be {lots:,}"
        raise PlanError("Rollover", "life", reading.plan.rollovers[-1].life, right)
    return found


def _nothing_of(reading: Resolver, unit: Unit) -> str:
    """Say why nothing of a unit could be carried."""
    if all(reading.unit("Allowance", "unit", one.unit) != unit for one in reading.plan.allowances):
        return "no allowance of this plan grants it"
    return "what is granted of it does not carry over: it is unlimited, has a scope, or goes by a schedule or condition"


_LOTS_MAX = 400
"""How many buckets that a plan carried into, each with an end of its own, may live at a time."""


def _most(reading: Resolver, life: LifeTerms | None) -> int:
    return 0 if life is None else life.most(reading.plan.period, reading.plan.term) or 0


def _life(reading: Resolver, rollover: Rollover) -> LifeTerms | None:
    """Resolve how long what is carried lives; `None`: for ever."""
    life = life_of(reading, "Rollover", rollover.life)
    if life is None or {life.days, life.months, life.periods, life.terms} == {None}:
        return None
    if life.restarts:
        raise PlanError("Rollover", "life", rollover.life, "only what is bought counts from the last purchase")
    if life.periods == 1:
        right = "it counts the period that closes, so it must be at least 2, the end of the next"
        raise PlanError("Rollover", "life", rollover.life, right)
    if _is_over(life, reading.plan.period):
        right = "it would be over at every reset: it counts from the start of the period that closes"
        raise PlanError("Rollover", "life", rollover.life, f"{right}; say more, or counted_from='period_end'")
    return life


def _is_over(life: LifeTerms, period: Schedule) -> bool:
    """Tell whether days and months from the start of a period are over at its end, of whichever period."""
    if life.counted_from != "issue" or period.shortest is None or life.days is life.months is None:
        return False
    if life.months and not life.end_of_day and calendar_months(life.months).times_in(period):
        return True
    clocks = life.end_of_day or period.form == "elapsed" or period.zone is not None  # other days than the wallet's
    return timedelta(days=(life.days or 0) + 31 * (life.months or 0) + clocks) <= period.shortest
