"""What is asked of a purse: which of it costs anything, and whether all of it can be paid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from tokenpurse._engine.frame import Frame
from tokenpurse._engine.funding import Purse
from tokenpurse.errors import UnknownNameError
from tokenpurse.units import Unit

__all__ = ["Demand", "costing", "fits", "is_free", "is_known"]

Demand: TypeAlias = tuple[tuple[Unit, int], ...]
"""What one spend asks for: amounts of units, in the plan's order."""


def is_free(frame: Frame, unit: Unit, labels: Mapping[str, str]) -> bool:
    """Tell whether an action costs nothing with these labels: it never touches the wallet."""
    price = frame.terms.prices.get(unit.name)
    return price is not None and price.rate_for(labels).is_free and not frame.lane(unit.name, labels, unit.name)


def costing(frame: Frame, demand: Demand, labels: Mapping[str, str]) -> Demand:
    """Leave out of a demand what never touches the wallet on this plan; on another it may cost, or be unknown."""
    return tuple((unit, steps) for unit, steps in demand if steps and not is_free(frame, unit, labels))


def fits(purse: Purse, demand: Demand) -> bool:
    """Tell whether a whole demand can be paid; what the plan does not know, or knows as another unit, cannot.

    The purse is used up by it.
    """
    if not all(is_known(purse.frame, unit) for unit, _ in demand):
        return False
    for unit, steps in costing(purse.frame, demand, purse.labels):
        capacity = purse.capacity(unit.name)
        if capacity is not None and capacity < steps:
            return False
        purse.fund(unit, steps)
    return True


def is_known(frame: Frame, unit: Unit) -> bool:
    """Tell whether a plan has this very unit under its name."""
    try:
        return frame.unit(unit.name) == unit
    except UnknownNameError:
        return False
