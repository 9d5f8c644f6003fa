"""Reading what becomes of debt: whose, and at which price where it is billed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from tokenpurse.errors import PlanError
from tokenpurse.plans.parts import OnDebt
from tokenpurse.plans.reading.resolver import Resolver
from tokenpurse.plans.terms import DebtTerms, PriceTerms
from tokenpurse.pricing import Rate
from tokenpurse.units import Unit

__all__ = ["debts_of", "said_of"]


_Debts: TypeAlias = tuple[str, dict[str, DebtTerms]]
"""What is done with debt of a unit that is not named, and with that of those that are."""


def debts_of(
    reading: Resolver, part: str, prices: Mapping[str, PriceTerms], postpaid: Mapping[str, PriceTerms]
) -> _Debts:
    """Resolve `Plan.on_debt`.

    Raises:
        PlanError: a unit is there twice, or nothing says what a billed debt costs.
    """
    said = reading.plan.on_debt
    found: dict[str, DebtTerms] = {}
    if isinstance(said, str):
        for unit in reading.units.values() if said == "bill" else ():
            rate = _rate_of(unit, prices, postpaid)
            if rate is None and unit.name not in prices:  # what is priced in another meter is never owed itself
                right = f"an OnDebt must say what debt of {unit.name} costs: OnDebt('bill', price=Decimal('0.01'))"
                raise PlanError(part, "on_debt", said, right)
            found[unit.name] = DebtTerms(said if rate else "carry", rate)
        return said, found
    for one in said_of(said):
        unit = reading.unit("OnDebt", "unit", one.unit)
        name = f"OnDebt of {unit}"
        if unit.name in found:
            raise PlanError(part, "on_debt", unit.name, "it is there twice")
        found[unit.name] = DebtTerms(one.does, None)
        if one.does == "bill":
            found[unit.name] = DebtTerms(one.does, _billed(reading, name, one, unit, _rate_of(unit, prices, postpaid)))
    return "carry", found


def said_of(on_debt: str | OnDebt | Sequence[OnDebt]) -> Sequence[OnDebt]:
    """List what is said unit by unit."""
    return (on_debt,) if isinstance(on_debt, OnDebt) else () if isinstance(on_debt, str) else on_debt


def _rate_of(unit: Unit, prices: Mapping[str, PriceTerms], postpaid: Mapping[str, PriceTerms]) -> Rate | None:
    """The price that use of a unit has in money anyway; a debt has no labels that would multiply it."""
    if unit.is_money:
        return Rate(unit, 1, 1)
    price = postpaid.get(unit.name, prices.get(unit.name))
    return price.rate if price is not None and price.unit.is_money and price.rate.is_linear else None


def _billed(reading: Resolver, part: str, one: OnDebt, unit: Unit, known: Rate | None) -> Rate:
    if one.price is None:
        if known is None:
            raise PlanError(part, "price", None, f"it must be given: nothing else says what {unit.name} costs")
        return known
    if unit.is_money:
        raise PlanError(part, "price", one.price, "money is billed one to one")
    currency = reading.money(part, "currency", one.currency)
    return reading.rate(part, one.price, one.per, unit=currency, of=unit)
