"""What use takes, costs and may come to: order, prices, pay-as-you-go, limits, nothing left, debt, late reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from tokenpurse.plans import AtZero, LateUse, Limit, OnDebt, PayAsYouGo, Price
from tokenpurse.policies import DEFAULT, Evenly, Order, SortKey
from tokenpurse.prose.telling import Fact, Teller, in_order
from tokenpurse.prose.times import a, anew, lasting, noun, the
from tokenpurse.prose.words import joined, multiple
from tokenpurse.units import Unit

__all__ = ["used"]


def used(teller: Teller) -> Iterator[Fact]:
    """Say what becomes of what a customer has, and what happens beyond it."""
    plan = teller.plan
    yield from _order(teller)
    if plan.usable is not None:
        what = f"only {teller.kinds(plan.usable)} can be used" if plan.usable else "nothing can be used"
        yield Fact(("usable",), f"on this plan {what}; whatever else you have stays yours, locked")
    for price in sorted(plan.prices, key=lambda price: bool(price.cost)):
        yield _price(teller, price)
    for beyond in plan.pay_as_you_go:
        yield _pay_as_you_go(teller, beyond)
    for limit in plan.limits:
        yield _limit(teller, limit)
    yield from _at_zero(teller, plan.at_zero)
    yield from _debt(teller)
    yield from _late(teller, plan.late_use)


# -- the order of use ----------------------------------------------------------------------------------------------


def _kinds(teller: Teller) -> list[str]:
    """The kinds that the plan makes, in the default order."""
    made = {allowance.kind for allowance in teller.plan.allowances}
    made |= {offer.kind for offer in teller.plan.terms.offers.values()}
    made |= {"rollover"} if teller.plan.rollovers else set()
    made |= {"promo"} if any(offer.bonus is not None for offer in teller.plan.offers) else set()
    return in_order(made)


def _order(teller: Teller) -> Iterator[Fact]:
    draw, kinds = teller.plan.draw, _kinds(teller)
    if draw == DEFAULT:
        if len(kinds) > 1:
            yield Fact(("draw",), ", then ".join(map(teller.kind, kinds)), lead="First used is")
    elif isinstance(draw, Evenly):
        ties = f"; where that leaves a choice, {_keys(teller, draw.ties)}" if draw.ties.keys else ""
        yield Fact(("draw",), f"all that you have is used evenly, each part in proportion to its size{ties}")
    elif isinstance(draw, Order):
        yield Fact(("draw",), _keys(teller, draw))
    else:
        name = getattr(draw, "name", "")
        own = teller.words.name(name) if name in teller.words.said else "in an order of our own"
        yield Fact(("draw",), f"what you have is used {own}")


def _keys(teller: Teller, order: Order) -> str:
    said = [_key(teller, key, order.keys[place + 1 :]) for place, key in enumerate(order.keys)]
    return "; among equals, ".join(said)


def _key(teller: Teller, key: SortKey, _after: tuple[SortKey, ...]) -> str:
    if key.name == "by_kind":
        kinds = in_order({*key.kinds, *_kinds(teller)}, key.kinds)
        return f"first used is {', then '.join(map(teller.kind, kinds))}"
    if key.name == "by_priority":
        ranked = [(one.priority, one.kind) for one in teller.plan.allowances]
        ranked += [(one.priority, one.kind) for one in teller.plan.terms.offers.values()]
        kinds = list(dict.fromkeys(teller.kind(kind) for _, kind in sorted(ranked)))
        return f"first used is {', then '.join(kinds)}" if len(kinds) > 1 else "what we rank first is used first"
    said = {
        "soonest_expiring": "what ends soonest is used first",
        "oldest_first": "what you have longest is used first",
        "narrowest_scope_first": "what is for some use only is used before what is for all",
        "promo_before_paid": "what you got for nothing is used before what you paid for",
    }
    own = teller.words.said.get(key.name, ("", "as we order it"))[1]
    return said.get(key.name, f"what you have is used {own}")


# -- prices --------------------------------------------------------------------------------------------------------


def _price(teller: Teller, price: Price) -> Fact:
    meter = teller.unit(price.meter)
    unit = teller.money(price.unit)
    about = ("price", meter.name)
    if not (price.cost or price.base):
        return Fact(about, teller.many(meter), rest="cost nothing")
    beyond = "beyond the allowance, " if teller.grants(meter) else ""
    times = _each_time(teller, price, unit) + _counts_as(teller, price, meter) + _times(teller, price.multipliers)
    if unit.is_money:
        cost = teller.price(price.cost, unit, price.per, meter)
        return Fact(about, cost, lead=f"{beyond}you pay", rest=f"from {teller.words.kind('credit')}{times}")
    each = teller.words.each(meter, meter.steps(price.per))
    return Fact(
        about,
        f"{beyond}{each}",
        rest=f"take{'s' if each[:4] == 'each' else ''} {teller.amount(price.cost, unit)}{times}",
    )


def _each_time(teller: Teller, price: Price, unit: Unit) -> str:
    """Say what is counted for each operation by itself."""
    rounded = price.base is not None or price.round_to is not None or price.rounding != "up"
    stepped = price.step is not None or price.minimum is not None
    if price.counted == "cumulatively" or (stepped and not rounded):
        return ""
    base = "" if price.base is None else f", plus {teller.amount(price.base, unit)}"
    step = "" if price.round_to is None else f" to {teller.amount(price.round_to, unit)}"
    how = {"up": "rounded up", "down": "rounded down", "half_up": "rounded half up"}[price.rounding]
    return f"{base}, {how}{step} each time"


def _counts_as(teller: Teller, said: Price | PayAsYouGo, meter: Unit) -> str:
    """Say what the quantity of each use counts as."""
    least = "" if said.minimum is None else f" as at least {teller.amount(said.minimum, meter)}"
    step = "" if said.step is None else f" in whole steps of {teller.amount(said.step, meter)}"
    return f"; each use counts{','.join(one for one in (least, step) if one)}" if least or step else ""


def _pay_as_you_go(teller: Teller, beyond: PayAsYouGo) -> Fact:
    meter, money, terms = teller.unit(beyond.meter), teller.money(beyond.currency), teller.plan.terms
    given = teller.grants(meter) or meter in {one.unit for one in terms.offers.values()}
    prepaid = meter.name in terms.prices
    if meter.is_money:
        lead = f"When your {teller.many(meter)} credit is used up, you can go on: what it costs is"
        rest = f"billed at the end of {the(teller.plan.period)}{_sooner(teller, beyond, meter)}"
        return Fact(("pay_as_you_go", meter.name), "", lead=lead, rest=rest)
    lead = f"When the {teller.many(meter)} are used up, you can go on at" if given else "You pay"
    if prepaid:
        lead = "When the prepaid credit is used up, you can go on at"
    packs = "" if beyond.pack is None else f", in packs of {teller.amount(beyond.pack, meter)} (the last one in full)"
    sooner = _sooner(teller, beyond, money)
    return Fact(
        ("pay_as_you_go", meter.name),
        _rate(teller, beyond, money, meter),
        lead=lead,
        rest=f"{packs}, billed at the end of {the(teller.plan.period)}{sooner}{_counts_as(teller, beyond, meter)}"
        f"{_times(teller, beyond.multipliers)}",
    )


def _sooner(teller: Teller, beyond: PayAsYouGo, money: Unit) -> str:
    return "" if beyond.bill_at is None else f", and as soon as {teller.amount(beyond.bill_at, money)} have run up"


def _rate(teller: Teller, beyond: PayAsYouGo, money: Unit, meter: Unit) -> str:
    """Say what post-paid use costs, tier by tier where there are some."""
    per = beyond.per or beyond.pack or 1
    if beyond.price is not None:
        return teller.price(beyond.price, money, per, meter)
    *earlier, last = (teller.price(tier.price, money, per, meter) for tier in beyond.tiers)
    ends = [teller.amount(tier.up_to, meter) for tier in beyond.tiers if tier.up_to is not None]
    if beyond.tiering == "volume":
        said = [f"{price} for all of it up to {end}" for price, end in zip(earlier, ends, strict=True)]
        return ", ".join([*said, f"{last} for all of it beyond that"])
    said = [f"{price} up to {end}" for price, end in zip(earlier, ends, strict=True)]
    return ", then ".join([*said, last])


def _times(teller: Teller, multipliers: Iterable[tuple[str, Iterable[tuple[str, int | Decimal]]]]) -> str:
    """Say what labels multiply a price by."""
    said = [
        f"with {teller.words.one(label)} {teller.words.name(value)} {_as_much(times)}"
        for label, values in multipliers
        for value, times in values
    ]
    return f"; {joined(said)}" if said else ""


def _as_much(times: int | Decimal) -> str:
    if not times:
        return "nothing"
    return f"{multiple(times)} as much"


# -- limits, and nothing left --------------------------------------------------------------------------------------


def _stretch(teller: Teller, limit: Limit) -> str:
    if limit.window is not None:
        return f"in {lasting(limit.window)}, counted from the first use"
    if limit.every is not None:
        return anew(limit.every)
    return a(teller.plan.period)


def _limit(teller: Teller, limit: Limit) -> Fact:
    unit = teller.unit(limit.unit)
    stretch = _stretch(teller, limit)
    who = "you" if limit.per is None else f"each {teller.words.one(limit.per)}"
    choice = _choice(teller, limit, unit)
    cost = "spend" if unit.is_money else "use"
    only = f" ({teller.only_for(limit.scope)})" if limit.scope else ""
    if limit.amount is None:
        whose = "" if limit.per is None else f" for each {teller.words.one(limit.per)}"
        used = f"how much {teller.many(unit)} is spent" if unit.is_money else f"how many {teller.many(unit)} are used"
        lead = f"You can set a limit on {used}{whose}"
        return Fact(("limit", limit.name), "", lead=f"{lead}{only}", rest=f"{stretch}{choice}")
    set_ = "" if choice == _NOBODY else f"; you can set another limit{choice}"
    what = f"at most {teller.bound(limit.amount, unit)}{only}"
    return Fact(("limit", limit.name), what, lead=f"{who} can {cost}", rest=f"{stretch}{set_}")


_NOBODY = ", nobody"


def _choice(teller: Teller, limit: Limit, unit: Unit) -> str:
    """Say between which bounds a customer may choose, and who."""
    if limit.setters is not None and not limit.setters:
        return _NOBODY
    least = "" if limit.minimum is None else f" from {teller.bound(limit.minimum, unit)}"
    most = "" if limit.maximum is None else f" up to {teller.bound(limit.maximum, unit)}"
    who = "" if limit.setters is None else f" (only {teller.roles(limit.setters)} may)"
    return f"{',' if least or most else ''}{least}{most}{who}"


def _at_zero(teller: Teller, zero: AtZero | None) -> Iterator[Fact]:
    plan = teller.plan
    if zero is None or (zero.degrade_to is None and zero.overdraft is None):
        if not plan.pay_as_you_go:
            yield Fact(("at_zero",), "when nothing is left, use stops")
        return
    unit = teller.unit(zero.unit)
    said = []
    if zero.overdraft is not None:
        said.append(f"you can go on until you owe {teller.bound(zero.overdraft, unit)}, paid by what comes in next")
    if zero.degrade_to is not None:
        said.append(f"service goes on in {teller.words.name(zero.degrade_to)} mode")
    yield Fact(("at_zero",), f"when no {teller.many(unit)} are left, {', then '.join(said)}")


# -- debt and late use ---------------------------------------------------------------------------------------------


def _debt(teller: Teller) -> Iterator[Fact]:
    said, period = teller.plan.on_debt, the(teller.plan.period)
    does = {"carry": "stays owed after", "forgive": "is forgiven at", "bill": "is billed at"}
    end = f"the end of {period}"
    if isinstance(said, str):
        if said != "carry":
            yield Fact(("on_debt",), f"what you owe {does[said]} {end}")
        return
    for one in (said,) if isinstance(said, OnDebt) else said:
        unit = teller.unit(one.unit)
        price = ""
        if one.price is not None:
            price = f", at {teller.price(one.price, teller.money(one.currency), one.per, unit)}"
        yield Fact(("on_debt", unit.name), f"what you owe of {teller.many(unit)} {does[one.does]} {end}{price}")


def _late(teller: Teller, late: LateUse) -> Iterator[Fact]:
    period = noun(teller.plan.period)
    otherwise = {"current": "counts as use of the day of the report", "refuse": "is not taken any more"}
    if late.books == "own" and late.grace is not None:
        what = f"use that is reported up to {lasting(late.grace)} after its {period} still counts for that one"
        yield Fact(("late_use",), f"{what}; what is reported later {otherwise[late.otherwise]}")
    elif late.books == "refuse":
        yield Fact(("late_use",), f"use that is reported after its {period} {otherwise['refuse']}")
