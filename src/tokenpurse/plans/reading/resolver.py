"""What every reading of a part needs: its units, currencies, prices and bounds found, in steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol, TypeVar

from tokenpurse.errors import PlanError
from tokenpurse.plans import checks
from tokenpurse.plans.parts import Bound, Life
from tokenpurse.plans.spelling import stem
from tokenpurse.plans.terms import Figure, LifeTerms
from tokenpurse.pricing import Rate
from tokenpurse.units import STEPS_MAX, Amount, Unit

if TYPE_CHECKING:
    from tokenpurse.plans.plan import Plan

__all__ = ["Resolver", "life_of"]


class _HasName(Protocol):
    @property
    def name(self) -> str: ...


_Named = TypeVar("_Named", bound=_HasName)


class Resolver:
    """One pass over a plan. Mutable and short-lived: units are collected in the order the plan names them."""

    def __init__(self, plan: Plan, part: str) -> None:
        self.plan = plan
        self.part = part
        self.declared: dict[str, Unit] = {}
        for unit in plan.units:
            if unit.name in self.declared:
                raise PlanError(part, "units", unit.name, "it is there twice")
            self.declared[unit.name] = unit
        self.units: dict[str, Unit] = {}
        self._stems: dict[str, str] = {}
        named: list[str | Unit | None] = [allowance.unit for allowance in plan.allowances]
        named += [price.meter for price in plan.prices] + [use.meter for use in plan.pay_as_you_go]
        named += [limit.unit for limit in plan.limits] + [offer.unit for offer in plan.offers]
        self.default = self.unit(part, "unit", (named[0] if named else None) or "tokens")
        self.currency = self.money(part, "currency", plan.currency)

    def unit(self, part: str, name: str, value: str | Unit | None) -> Unit:
        """Resolve a unit: the plan's own definition where there is one, the default meter where it was left out."""
        if value is None:
            return self.default
        unit = checks.unit_of(part, name, value)
        if isinstance(value, str):
            unit = self.declared.get(value, self.units.get(value, unit))
        if unit.name not in self.units:
            self._check_alike(part, name, unit.name)
        if self.units.setdefault(unit.name, unit) != unit or self.declared.get(unit.name, unit) != unit:
            raise PlanError(part, name, unit, f"this plan defines {unit.name} in two ways")
        return unit

    def _check_alike(self, part: str, name: str, unit: str) -> None:
        """Refuse one unit under two names: each would be a meter by itself, and what is granted pay for no use."""
        other = self._stems.setdefault(stem(unit), unit)
        if other != unit and not {unit, other} <= self.declared.keys():
            right = f"it must be {other}, as this plan says it; if they are two units, name both in units="
            raise PlanError(part, name, unit, right)

    def money(self, part: str, name: str, value: str | Unit | None) -> Unit:
        """Resolve a currency. It counts as a unit of the plan only once something holds or costs it."""
        if value is None:
            return self.currency
        unit = checks.unit_of(part, name, value)
        if isinstance(value, str):
            unit = self.declared.get(value, self.units.get(value, unit))
        if not unit.is_money:
            raise PlanError(part, name, value, "it must be money: three capitals, such as USD")
        return unit

    def once(self, name: str, parts: Iterable[_Named]) -> Iterator[_Named]:
        """Pass parts on, as long as no two have one name."""
        seen: set[str] = set()
        for part in parts:
            if part.name in seen:
                raise PlanError(self.part, name, part.name, "the name is there twice")
            seen.add(part.name)
            yield part

    def rate(self, part: str, cost: object, per: int | Amount, *, unit: Unit, of: Unit, name: str = "price") -> Rate:
        """Resolve a price: so much of a unit for `per` of another."""
        try:
            steps = checks.steps(part, name, cost, unit)
        except PlanError as error:
            if not error.right.startswith(f"{unit.name} is kept in"):
                raise
            raise PlanError(
                part, name, cost, f"{error.right}: say what more of it costs, such as per=1_000_000"
            ) from None
        return Rate(unit, steps, checks.steps(part, "per", per, of, least=1))

    def priced(self, part: str, price: object, per: Amount, *, said: bool, unit: Unit, of: Unit) -> Rate:
        """Resolve a price in money, or a multiple of the plan's own for each of what it grants.

        Raises:
            PlanError: what the plan costs or grants is not there, is in another currency, or depends on the wallet.
        """
        if not isinstance(price, Bound):
            return self.rate(part, price, per, unit=unit, of=of)
        whole, times = self.plan.price, checks.exact(part, "times", price.times)
        if price.base != "plan_price" or price.otherwise is not None:
            raise PlanError(part, "price", price, "it must be a Decimal, or a Bound of plan_price without otherwise")
        if said:
            raise PlanError(part, "per", per, "a multiple of plan_price is for each of the allowance: leave it out")
        if whole is None or unit != self.currency:
            right = f"this plan has no price of its own in {unit}: say it in Plan(price=)"
            raise PlanError(part, "price", price.base, right)
        every = (one for one in self.plan.allowances if one.every is None and one.given in {"at_once", "on_payment"})
        mine = [one for one in every if self.unit(part, "unit", one.unit) == of]
        if not mine or any(one.per is not None or one.amount is None for one in mine):
            right = f"this plan grants no {of} for a period that are as many for every wallet"
            raise PlanError(part, "price", price.base, right)
        periods = 1 if self.plan.term is None else self.plan.period.times_in(self.plan.term)
        if periods is None:
            right = f"the plan costs that for {self.plan.term!r}, which is not so many times {self.plan.period!r}"
            raise PlanError(part, "price", price.base, right)
        granted = periods * sum(checks.steps(part, "amount", one.amount, of) for one in mine)
        exact = checks.steps(part, "price", whole, unit) * times
        cost, each = exact.numerator, granted * exact.denominator
        if not granted or max(cost, each) > STEPS_MAX:
            raise PlanError(part, "price", price.base, f"{whole} for {of.text(granted)} is no price of each")
        return Rate(unit, cost, each)

    def figure(self, part: str, name: str, value: object, unit: Unit, bases: tuple[str, ...]) -> Figure | None:
        """Resolve an amount or a bound that may be left out."""
        return None if value is None else self.bounded(part, name, value, unit, bases)

    def bounded(self, part: str, name: str, value: object, unit: Unit, bases: tuple[str, ...]) -> Figure:
        """Resolve an amount or a `Bound` whose base makes sense here."""
        if not isinstance(value, Bound):
            try:
                return Figure(checks.steps(part, name, value, unit))
            except PlanError as error:
                such = f", or a Bound, such as Bound({bases[0]!r}, Decimal('0.5'))" if bases else ""
                raise PlanError(part, name, value, error.right + such) from None
        if value.base not in bases:
            raise PlanError(part, name, value.base, f"it must be a multiple of {' or '.join(bases)}")
        otherwise = None if value.otherwise is None else checks.steps(part, name, value.otherwise, unit)
        return Figure(None, value.base, checks.exact(part, "times", value.times), otherwise)


def life_of(reading: Resolver, part: str, life: Life | None) -> LifeTerms | None:
    """Resolve how long something can be used; terms only where the plan is paid by the term."""
    if life is None:
        return None
    if life.terms is not None and reading.plan.term is None:
        raise PlanError(part, "life", life, "this plan has no term: say periods, or give it a term")
    return LifeTerms(
        days=life.days,
        months=life.months,
        periods=life.periods,
        terms=life.terms,
        counted_from=life.counted_from,
        end_of_day=life.ends == "end_of_day",
    )
