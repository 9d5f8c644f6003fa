"""Reading what a plan grants, what of it carries over, and what waits for its payment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tokenpurse._words import lasting
from tokenpurse.buckets import Money
from tokenpurse.errors import PlanError, listed
from tokenpurse.plans import checks
from tokenpurse.plans.parts import Allowance
from tokenpurse.plans.reading.resolver import Resolver, life_of
from tokenpurse.plans.terms import AllowanceTerms, CountTerms, LifeTerms, PriceTerms, RenewalTerms
from tokenpurse.pricing import Rate
from tokenpurse.units import STEPS_MAX, Unit

__all__ = ["allowances_of", "counts_of", "price_of", "renewal_of", "unlimited_of"]


_TWICE: Final = "it is there twice: add them up, or give one a kind of its own, such as kind='daily'"


def allowances_of(reading: Resolver) -> tuple[AllowanceTerms, ...]:
    """Resolve what the plan grants; a unit has one allowance of each kind."""
    found: list[AllowanceTerms] = []
    least = {count.name: count.minimum for count in reading.plan.counts}
    for allowance in reading.plan.allowances:
        part = f"Allowance of {allowance.unit}"
        unit = reading.unit(part, "unit", allowance.unit)
        if allowance.amount is None:
            continue  # it has no bucket: see `unlimited_of`
        if any(other.unit == unit and other.kind == allowance.kind for other in found):
            raise PlanError(reading.part, "allowances", f"{allowance.kind} of {unit}", _TWICE)
        found.append(
            AllowanceTerms(
                unit=unit,
                kind=allowance.kind,
                steps=checks.steps(part, "amount", allowance.amount, unit),
                per=allowance.per,
                priority=allowance.priority,
                on_payment=_on_payment(reading, part, allowance),
                scope=checks.scope(part, allowance.scope),
                least=least.get(allowance.per or "", 0),
                given=allowance.given,
                every=allowance.every,
                empty=frozenset(allowance.empty or ()),
                bought=_bought(reading, part, allowance),
                ceiling=_ceiling(reading, part, allowance, unit),
                ceiling_every=allowance.ceiling_every,
                first=allowance.first,
                life=_life(reading, part, allowance),
            )
        )
    _check_lots(reading, found)
    return tuple(found)


def unlimited_of(
    reading: Resolver, prices: Mapping[str, PriceTerms], postpaid: Mapping[str, PriceTerms]
) -> dict[str, PriceTerms]:
    """Add what is unlimited to what is billed later, by meter: use beyond every bucket, at no price."""
    found: dict[str, PriceTerms] = {}
    for allowance in reading.plan.allowances:
        unit = reading.unit("Allowance", "unit", allowance.unit)
        if allowance.amount is not None:
            continue
        if unit.name in found:
            raise PlanError(reading.part, "allowances", f"unlimited {unit}", "it is there twice")
        if unit.name in prices or unit.name in postpaid:
            right = "its use has a price: nobody would ever pay it, or it is not unlimited"
            raise PlanError(f"Allowance of {unit}", "amount", None, right)
        found[unit.name] = PriceTerms(rate=Rate(reading.currency, 0, 1))
    return {**postpaid, **found}


def counts_of(reading: Resolver, allowances: tuple[AllowanceTerms, ...]) -> dict[str, CountTerms]:
    """Resolve the rules of counts: each is one that an allowance is granted per."""
    found: dict[str, CountTerms] = {}
    for count in reading.once("counts", reading.plan.counts):
        part, per = f"Count {count.name!r}", [one for one in allowances if one.per == count.name]
        if not per:
            known = listed(sorted({one.per for one in allowances if one.per is not None}))
            right = f"no allowance of this plan is granted per it{f', they are per {known}' if known else ''}"
            raise PlanError(part, "name", count.name, right)
        most = min((STEPS_MAX // one.steps for one in per if one.steps), default=count.minimum)
        if count.minimum > most:
            raise PlanError(part, "minimum", count.minimum, f"at most {most:,} of its allowance can be counted")
        found[count.name] = CountTerms(count.minimum, count.added == "prorated", count.removed)
    return found


def _bought(reading: Resolver, part: str, allowance: Allowance) -> Money | None:
    if allowance.bought is None:
        return None
    return Money(reading.currency, checks.steps(part, "bought", allowance.bought, reading.currency))


def _ceiling(reading: Resolver, part: str, allowance: Allowance, unit: Unit) -> int | None:
    """Resolve the most that is granted in a longer stretch, which is not the shorter one."""
    if allowance.ceiling is None:
        return None
    short = (allowance.every or reading.plan.period).shortest
    long = (allowance.ceiling_every or reading.plan.period).shortest
    if short is not None and long is not None and long < short:
        right = f"it must not be shorter than {lasting(short)}, in which it is granted once"
        raise PlanError(part, "ceiling_every", allowance.ceiling_every, right)
    if short is None and long is not None:
        raise PlanError(part, "ceiling", allowance.ceiling, "it is granted once only: leave the ceiling out")
    return checks.steps(part, "ceiling", allowance.ceiling, unit)


_LIVING_MAX = 400
"""How many grants with a life of their own may live at a time, of all of a plan's allowances."""


def _life(reading: Resolver, part: str, allowance: Allowance) -> LifeTerms | None:
    life = life_of(reading, part, allowance.life)
    if life is None:
        return None
    if life.restarts:
        raise PlanError(part, "life", allowance.life, "only what is bought counts from the last purchase")
    if life.most(allowance.every or reading.plan.period, reading.plan.term) is None:
        right = "it must end: what is left is kept for good by a Rollover"
        raise PlanError(part, "life", allowance.life, right)
    return life


def _check_lots(reading: Resolver, allowances: list[AllowanceTerms]) -> None:
    """Go on only where a wallet never has more grants that live than it can hold."""
    period, term = reading.plan.period, reading.plan.term
    most = 0
    for one in allowances:
        most += 0 if one.life is None else one.life.most(one.every or period, term) or 0
        if most > _LIVING_MAX:
            said = next(
                part.life
                for part in reading.plan.allowances
                if part.life and life_of(reading, "", part.life) == one.life
            )
            right = f"of all that the plan grants, at most {_LIVING_MAX} may live at a time, and it would be {most:,}"
            raise PlanError(f"Allowance of {one.unit}", "life", said, right)


def _on_payment(reading: Resolver, part: str, allowance: Allowance) -> bool:
    waits = allowance.given == "on_payment"
    if waits and reading.plan.renewal is None:
        raise PlanError(part, "given", allowance.given, "nothing is paid: give the plan a Renewal, or say at_once")
    return waits


def renewal_of(reading: Resolver) -> RenewalTerms | None:
    """Resolve what waits for its payment, and how long."""
    found, shortest = reading.plan.renewal, reading.plan.period.shortest
    if found is None:
        return None
    if shortest is None:
        raise PlanError("Renewal", "grace", found.grace, "this plan has one period without an end: none is renewed")
    if found.grace > shortest:
        right = f"it must be at most {lasting(shortest)}, the shortest period: renewals must not pile up"
        raise PlanError("Renewal", "grace", found.grace, right)
    return RenewalTerms(
        grace=found.grace, rest=found.rest, price=price_of(reading), on_failure=found.on_failure, on_end=found.on_end
    )


def price_of(reading: Resolver) -> Money | None:
    """Resolve what the plan itself costs: an amount that can be paid."""
    value = reading.plan.price
    if value is None:
        return None
    steps = checks.steps(reading.part, "price", value, reading.currency)
    if steps % 10 ** (reading.currency.kept - (reading.currency.paid or 0)):
        right = f"{reading.currency} is paid in {reading.currency.paid} places"
        raise PlanError(reading.part, "price", value, right)
    return Money(reading.currency, steps)
