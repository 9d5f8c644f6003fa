"""What use takes, costs and may come to: order, prices, pay-as-you-go, limits, nothing left, debt, late reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final, cast

from tokenpurse.buckets import PAY_AS_YOU_GO
from tokenpurse.plans import AtZero, LateUse, Limit, OnDebt, PayAsYouGo, Price, Tier
from tokenpurse.prose.ordering import ordered
from tokenpurse.prose.telling import Fact, Teller, in_order, kinds_made
from tokenpurse.prose.times import a, anew, lasting, noun, the
from tokenpurse.prose.words import is_currency, joined, multiple, number
from tokenpurse.units import Amount, Unit

__all__ = ["STOPS", "used"]

STOPS: Final = Fact(("at_zero",), "when nothing is left, use stops")
"""What is said where nothing goes on by itself."""


def used(teller: Teller) -> Iterator[Fact]:
    """Say what becomes of what a customer has, and what happens beyond it."""
    plan = teller.plan
    yield from ordered(teller)
    if plan.usable is not None:
        what = f"only {teller.kinds(plan.usable)} can be used" if plan.usable else "nothing can be used"
        yield Fact(("usable",), f"on this plan {what}; whatever else you have stays yours, but is locked")
    for price in sorted(plan.prices, key=lambda price: bool(price.cost)):
        yield _price(teller, price)
    for beyond in plan.pay_as_you_go:
        yield _pay_as_you_go(teller, beyond)
    for limit in plan.limits:
        yield _limit(teller, limit)
    yield from _at_zero(teller, plan.at_zero)
    yield from _debt(teller)
    yield from _late(teller, plan.late_use)


# -- prices --------------------------------------------------------------------------------------------------------


def _price(teller: Teller, price: Price) -> Fact:
    meter = teller.unit(price.meter)
    unit = teller.money(price.unit)
    about = ("price", meter.name)
    if price.tiers:
        each = _tiers(teller, price.tiers, price.per, unit, meter, "nothing")
        beyond = "beyond the allowance, " if teller.grants(meter) else ""
        return Fact(about, each, lead=f"{beyond}you pay", rest=f"from {teller.purse(unit)}" * is_currency(unit))
    cost = cast("Amount", price.cost)
    if not (cost or price.base):
        return Fact(about, teller.many(meter), rest="cost nothing")
    beyond = "beyond the allowance, " if teller.grants(meter) else ""
    times = _each_time(teller, price, unit) + _counts_as(teller, price, meter) + _times(teller, price.multipliers)
    if is_currency(unit):
        said = teller.price(cost, unit, price.per, meter)
        return Fact(about, said, lead=f"{beyond}you pay", rest=f"from {teller.purse(unit)}{times}")
    each = teller.words.each(meter, meter.steps(price.per))
    return Fact(
        about,
        f"{beyond}{each}",
        rest=f"take{'s' if each.startswith('each ') else ''} {teller.amount(cost, unit)}{times}",
    )


def _each_time(teller: Teller, price: Price, unit: Unit) -> str:
    """Say what is counted for each operation by itself."""
    rounded = price.base is not None or price.round_to is not None or price.rounding != "up"
    stepped = price.step is not None or price.minimum is not None
    if price.counted == "cumulatively" or (stepped and not rounded):
        return ""
    base = "" if price.base is None else f", plus {teller.amount(price.base, unit)}"
    how = {"up": "rounded up", "down": "rounded down", "half_up": "rounded half up"}[price.rounding]
    step = "" if price.round_to is None else teller.amount(price.round_to, unit)
    to = f" to whole {teller.many(unit)}" if step == f"1 {teller.words.one(unit.name)}" else f" to a multiple of {step}"
    return f"{base}, each time {how}{to if step else ''}"


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
        lead = f"When {teller.purse(meter)} is used up, you can go on, and what it costs is"
        rest = f"billed at the end of {the(teller.plan.period)}{_sooner(teller, beyond, meter)}"
        return Fact(("pay_as_you_go", meter.name), "", lead=lead, rest=rest)
    lead = f"When the {teller.many(meter)} are used up, you can go on at" if given else "You pay"
    if prepaid:
        lead = f"When {teller.purse(terms.prices[meter.name].rate.unit)} is used up, you can go on at"
    packs = "" if beyond.pack is None else f", in packs of {teller.amount(beyond.pack, meter)} (the last one in full)"
    sooner = _sooner(teller, beyond, money)
    return Fact(
        ("pay_as_you_go", meter.name),
        _rate(teller, beyond, money, meter, free="nothing" if lead == "You pay" else "no cost"),
        lead=lead,
        rest=f"{packs}, billed at the end of {the(teller.plan.period)}{sooner}{_counts_as(teller, beyond, meter)}"
        f"{_times(teller, beyond.multipliers)}",
    )


def _sooner(teller: Teller, beyond: PayAsYouGo, money: Unit) -> str:
    if beyond.bill_at is None:
        return ""
    return f", and before that each time {teller.amount(beyond.bill_at, money)} have run up"


def _rate(teller: Teller, beyond: PayAsYouGo, money: Unit, meter: Unit, free: str) -> str:
    """Say what post-paid use costs, tier by tier where there are some."""
    per = beyond.per or beyond.pack or 1
    if beyond.price is not None:
        return teller.price(beyond.price, money, per, meter)
    return _tiers(teller, beyond.tiers, per, money, meter, free, volume=beyond.tiering == "volume")


def _tiers(
    teller: Teller, tiers: Sequence[Tier], per: Amount, unit: Unit, meter: Unit, free: str, *, volume: bool = False
) -> str:
    """Say what a period's quantity costs, part by part or in all."""
    *earlier, last = (teller.price(tier.price, unit, per, meter) if tier.price else free for tier in tiers)
    ends = [tier.up_to for tier in tiers if tier.up_to is not None]
    if volume:
        said = [f"{price} up to {teller.amount(end, meter)}" for price, end in zip(earlier, ends, strict=True)]
        return f"one price for all that you use: {', '.join(said)}, {last} beyond that"
    sizes = [end - start for start, end in zip((0, *ends), ends, strict=False)]
    said = [f"{price} for the next {teller.amount(size, meter)}" for price, size in zip(earlier, sizes, strict=True)]
    return ", then ".join([said[0].replace("the next", "the first"), *said[1:], last])


def _times(teller: Teller, multipliers: Iterable[tuple[str, Iterable[tuple[str, int | Decimal]]]]) -> str:
    """Say what labels multiply a price by."""
    said = [
        f"with the {teller.words.label(label)} {teller.words.name(value)} {_as_much(times)}"
        for label, values in multipliers
        for value, times in values
    ]
    return f"; {joined(said)}" if said else ""


def _as_much(times: int | Decimal) -> str:
    if not times:
        return "nothing"
    return f"{number(100 * times)} % of that" if times < 1 else f"{multiple(times)} as much"


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
    who = "you" if limit.per is None else f"each {teller.words.label(limit.per)}"
    choice = _choice(teller, limit, unit)
    money = is_currency(unit)
    payers = _payers(teller, limit, money=money)
    only = f"{payers}{f' {teller.use_of(limit.scope)}' if limit.scope else ''}"
    on_use = " on use" if money and not payers else ""
    then = _beyond(teller, limit, unit)
    if limit.amount is None:
        whose = "" if limit.per is None else f" for each {teller.words.label(limit.per)}"
        used = f"how many {teller.many(unit)} are used"
        if money:
            used = "what is spent" if unit == teller.plan.terms.currency else f"what is spent in {teller.many(unit)}"
        lead = f"You can set a limit on {used}{whose}{only}"
        return Fact(("limit", limit.name), "", lead=lead, rest=f"{stretch}{choice}{then}")
    lead = f"{who} can {'spend' if money else 'use'}"
    if choice != _NOBODY and limit.amount == 0:
        what = f"{f'nothing{on_use}' if money else f'no {teller.many(unit)}'}{only}"
        until = f"until you set a limit{choice}, {lead}"
        return Fact(("limit", limit.name), what, lead=until, rest=f"{stretch}{then}")
    another = "a lower" if limit.maximum == limit.amount else "another"
    choice = _choice(teller, limit, unit, most=another == "another")
    set_ = "" if choice == _NOBODY else f"; you can set {another} limit{choice}"
    what = f"{teller.at_most(limit.amount, unit)}{on_use}{only}"
    return Fact(("limit", limit.name), what, lead=lead, rest=f"{stretch}{then}{set_}")


def _beyond(teller: Teller, limit: Limit, unit: Unit) -> str:
    """Say what happens beyond a limit, where use does not stop: a class, or whoever pays next."""
    if limit.degrade_to is not None:
        return f"; then service goes on in {teller.words.name(limit.degrade_to)} mode"
    if limit.kinds is None or "pay_as_you_go" in limit.kinds:
        return ""
    terms = teller.plan.terms
    others = {kind for name, kind in kinds_made(teller.plan) if name in terms.paid_in(unit.name)} - set(limit.kinds)
    free = {teller.unit(one.unit).name for one in teller.plan.allowances if one.amount is None}
    billed = any(name in terms.postpaid and name not in free for name in terms.paid_in(unit.name))
    said = [*(["you use what else you have"] if others else []), *(["use is billed"] if billed else [])]
    return f"; beyond that {', then '.join(said)}" if said else ""


_NOBODY = ", nobody"


def _payers(teller: Teller, limit: Limit, *, money: bool) -> str:
    """Say of which kinds a limit is, if it is not on all use: `of the allowance`, `on billed use`."""
    if limit.kinds is None:
        return ""
    kinds = [teller.kind(kind) for kind in in_order(set(limit.kinds) - {PAY_AS_YOU_GO})]
    said = joined([*kinds, *(["billed use"] if PAY_AS_YOU_GO in limit.kinds else [])])
    return f" {'of' if kinds or not money else 'on'} {said}"


def _choice(teller: Teller, limit: Limit, unit: Unit, *, most: bool = True) -> str:
    """Say between which bounds a customer may choose, and who."""
    if limit.setters is not None and not limit.setters:
        return _NOBODY
    least = "" if limit.minimum is None or limit.minimum == 0 else f" from {teller.bound(limit.minimum, unit)}"
    high = "" if limit.maximum is None or not most else f" up to {teller.bound(limit.maximum, unit)}"
    who = "" if limit.setters is None else f" (only {teller.roles(limit.setters)} may)"
    return f"{',' if least or high else ''}{least}{high}{who}"


def _at_zero(teller: Teller, zero: AtZero | None) -> Iterator[Fact]:
    plan = teller.plan
    if zero is None or (zero.degrade_to is None and zero.overdraft is None):
        unlimited = any(one.amount is None for one in plan.allowances)
        given = not unlimited and (plan.prices or plan.limits or plan.kinds or plan.units)  # what the host may grant
        counted = plan.terms.granting or plan.offers or given
        if counted and not plan.pay_as_you_go:
            yield STOPS
        return
    unit = teller.unit(zero.unit)
    said = []
    if zero.overdraft is not None:
        said.append(f"you can go on until you owe {teller.bound(zero.overdraft, unit)}")
    if zero.degrade_to is not None:
        said.append(f"service goes on in {teller.words.name(zero.degrade_to)} mode")
    owed = "" if zero.overdraft is None else "; what comes in next pays first what you owe"
    yield Fact(("at_zero",), f"when no {teller.having(unit)} left, {', then '.join(said)}{owed}")


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
        what = f"use that is reported up to {lasting(late.grace)} after its {period} still counts for that {period}"
        yield Fact(("late_use",), f"{what}; what is reported later {otherwise[late.otherwise]}")
    elif late.books == "refuse":
        yield Fact(("late_use",), f"use that is reported after its {period} {otherwise['refuse']}")
