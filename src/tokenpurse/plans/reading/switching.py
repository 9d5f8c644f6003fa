"""Reading what leaving a plan does."""

from __future__ import annotations

from decimal import Decimal

from tokenpurse.plans.parts import Bound, Switch
from tokenpurse.plans.reading.resolver import Resolver
from tokenpurse.plans.terms import SwitchTerms, TrimTerms
from tokenpurse.units import Amount

__all__ = ["switch_of"]


def switch_of(reading: Resolver, way: str, switch: Switch) -> SwitchTerms:
    """Resolve what one way out of the plan does."""
    return SwitchTerms(
        way=way,
        when=switch.when,
        forfeit=frozenset(switch.forfeit),
        keep=frozenset(switch.keep),
        trims=tuple(_trim(reading, way, kind, cap) for kind, cap in switch.trims),
        cleared=switch.use == "cleared",
        prorated=switch.prorated,
        restarted=switch.anchor == "restarted",
        after_upgrade=switch.after_upgrade,
        pauses_auto_top_up=switch.auto_top_up == "paused",
    )


def _trim(reading: Resolver, way: str, kind: str, cap: Amount | Bound) -> TrimTerms:
    """Resolve a cap: an `int` of the first meter, a `Decimal` of the currency, a multiple of each unit."""
    part = f"Switch on_{way}"
    if isinstance(cap, Bound):
        return TrimTerms(kind, None, reading.bounded(part, "trim", cap, reading.default, ("allowance",)))
    unit = reading.currency if type(cap) is Decimal else reading.default
    return TrimTerms(kind, unit, reading.bounded(part, "trim", cap, unit, ()))
