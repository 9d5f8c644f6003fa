"""Reading what use costs: prepaid and post-paid."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from tokenpurse.errors import PlanError
from tokenpurse.plans import checks
from tokenpurse.plans.parts import PayAsYouGo, Price, Tier
from tokenpurse.plans.reading.resolver import Resolver
from tokenpurse.plans.terms import PriceTerms
from tokenpurse.pricing import Rate
from tokenpurse.units import STEPS_MAX, Amount, Unit

__all__ = ["bounds_of", "postpaid_of", "prices_of"]


def prices_of(reading: Resolver) -> dict[str, PriceTerms]:
    """Resolve what use costs from prepaid buckets, by meter; no price leads back to itself."""
    found: dict[str, PriceTerms] = {}
    for price in reading.plan.prices:
        part = f"Price of {price.meter}"
        meter = reading.unit(part, "meter", price.meter)
        unit = reading.currency if price.unit is None else reading.unit(part, "unit", price.unit)
        if meter.name in found:
            raise PlanError(reading.part, "prices", meter.name, "it is there twice: by label, one price has times=")
        unit = reading.unit(part, "unit", unit)
        if price.tiers:
            rate = _tiered(reading, part, price.tiers, price.per, unit=unit, of=meter)
        elif price.cost is None:
            raise PlanError(part, "cost", None, "it must be given, or tiers")
        else:
            rate = reading.rate(part, price.cost, price.per, unit=unit, of=meter, name="cost")
        if price.counted == "per_operation":
            rate = evolve(
                rate,
                base_steps=0 if price.base is None else checks.steps(part, "base", price.base, unit),
                round_to=1 if price.round_to is None else checks.steps(part, "round_to", price.round_to, unit, least=1),
                rounding=price.rounding,
            )
        found[meter.name] = _terms(part, _of_operations(part, rate, price, meter), price)
    for name, terms in found.items():
        chain, paid_in = [name], terms.unit.name
        while paid_in in found and paid_in not in chain:
            chain.append(paid_in)
            paid_in = found[paid_in].unit.name
        if paid_in in chain:
            raise PlanError(f"Price of {name}", "unit", paid_in, "it must not come back to what it prices")
    return found


def postpaid_of(reading: Resolver) -> dict[str, PriceTerms]:
    """Resolve what is billed later, by meter."""
    found: dict[str, PriceTerms] = {}
    for use in reading.plan.pay_as_you_go:
        meter = reading.unit("PayAsYouGo", "meter", use.meter)
        part = f"PayAsYouGo of {meter}"
        if meter.name in found:
            raise PlanError(reading.part, "pay_as_you_go", meter.name, "it is there twice: by label, one has times=")
        unit = _billed_in(reading, part, use, meter)
        if meter.is_money:
            found[meter.name] = _one_to_one(part, use, meter)
            continue
        if use.price is None and not use.tiers:
            raise PlanError(part, "price", None, "it must be given, or tiers; only money has none")
        pack = 1 if use.pack is None else checks.steps(part, "pack", use.pack, meter, least=1)
        per = pack if use.per is None else use.per
        if use.tiers:
            tiered = _tiered(reading, part, use.tiers, per, unit=unit, of=meter)
            rate = evolve(tiered, volume=use.tiering == "volume")
        else:
            said = use.per is not None and (type(use.per) is not int or use.per != 1)
            rate = reading.priced(part, use.price, per, said=said, unit=unit, of=meter)
        rate = evolve(_of_operations(part, rate, use, meter), pack=pack)
        found[meter.name] = _terms(part, rate, use)
    return found


def _billed_in(reading: Resolver, part: str, use: PayAsYouGo, meter: Unit) -> Unit:
    """Resolve what post-paid use is billed in: money in itself."""
    if not meter.is_money or use.currency is None:
        return meter if meter.is_money else reading.money(part, "currency", use.currency)
    if (unit := reading.money(part, "currency", use.currency)) != meter:
        raise PlanError(part, "currency", unit.name, f"{meter} is billed one to one: leave it out")
    return unit


def _one_to_one(part: str, use: PayAsYouGo, meter: Unit) -> PriceTerms:
    """Bill money as it is used; nothing else can be said of its price."""
    for name in ("price", "per", "tiers", "times", "step", "minimum", "pack"):
        value = getattr(use, name)
        if value is not None and value != ():
            raise PlanError(part, name, value, f"{meter} is billed one to one: leave it out")
    return PriceTerms(rate=Rate(meter, 1, 1))


def _of_operations(part: str, rate: Rate, said: Price | PayAsYouGo, meter: Unit) -> Rate:
    """Resolve what each operation's quantity counts as."""
    step = 1 if said.step is None else checks.steps(part, "step", said.step, meter, least=1)
    least = 0 if said.minimum is None else checks.steps(part, "minimum", said.minimum, meter, least=1)
    return evolve(rate, step=step, minimum=least)


def _tiered(reading: Resolver, part: str, tiers: Sequence[Tier], per: Amount, *, unit: Unit, of: Unit) -> Rate:
    """Resolve tiers: each ends after the one before, and the last has no end."""
    *earlier, last = tiers
    found: list[tuple[int, int]] = []
    for tier in earlier:
        least = found[-1][0] + 1 if found else 1
        if tier.up_to is None:
            raise PlanError(part, "tiers", tier, "only the last tier has no end")
        up_to = checks.steps(part, "tiers", tier.up_to, of)
        if up_to < least:
            right = f"each tier ends after the one before it: it must be at least {of.text(least)}"
            raise PlanError(part, "tiers", tier.up_to, right)
        found.append((up_to, checks.steps(part, "tiers", tier.price, unit)))
    if last.up_to is not None:
        raise PlanError(part, "tiers", last.up_to, "the last tier has no end: Tier(None, ...)")
    rate = reading.rate(part, last.price, per, unit=unit, of=of, name="tiers")
    return evolve(rate, tiers=tuple(found))


def bounds_of(reading: Resolver) -> dict[str, int]:
    """Resolve from which amount on what runs up is billed, by currency."""
    found: dict[str, int] = {}
    for use in reading.plan.pay_as_you_go:
        if use.bill_at is None:
            continue
        meter = reading.unit("PayAsYouGo", "meter", use.meter)
        part = f"PayAsYouGo of {meter}"
        unit = _billed_in(reading, part, use, meter)
        steps = checks.steps(part, "bill_at", use.bill_at, unit, least=1)
        if found.setdefault(unit.name, steps) != steps:
            right = f"what runs up in {unit} is billed at one bound, {unit.text(found[unit.name])}"
            raise PlanError(part, "bill_at", use.bill_at, right)
    return found


def _terms(part: str, rate: Rate, said: Price | PayAsYouGo) -> PriceTerms:
    """Resolve what labels multiply a rate by; whichever meet, the rate stays one that can be counted."""
    times = {
        label: {value: checks.exact(part, "times", factor) for value, factor in values}
        for label, values in said.multipliers
    }
    cost, per = max(rate.cost_steps, rate.base_steps), rate.per_steps
    for values in times.values():
        cost *= max(1, *(factor.numerator for factor in values.values()))
        per *= max(1, *(factor.denominator for factor in values.values()))
    if max(cost, per) > STEPS_MAX:
        raise PlanError(part, "times", said.times, "together they make a price of more steps than can be counted")
    return PriceTerms(rate=rate, times=times)
