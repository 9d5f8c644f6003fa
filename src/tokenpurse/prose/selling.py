"""What can be bought, by hand or by itself."""

from __future__ import annotations

from collections.abc import Iterator

from tokenpurse.plans import AutoTopUp, Bound, Offer
from tokenpurse.prose.lives import usable_for
from tokenpurse.prose.telling import Fact, Teller
from tokenpurse.prose.times import anew, lasting
from tokenpurse.prose.words import is_currency, joined, number
from tokenpurse.units import Amount, Unit

__all__ = ["sold"]


def sold(teller: Teller) -> Iterator[Fact]:
    """Say what a customer can buy beside the plan."""
    for offer in teller.plan.offers:
        yield _offer(teller, offer)
    if teller.plan.auto_top_up is not None:
        yield from _auto_top_up(teller, teller.plan.auto_top_up)


def _offer(teller: Teller, offer: Offer) -> Fact:
    unit = teller.unit(offer.unit)
    clauses = [_ways(teller, offer, unit), *_bonus(teller, offer, unit)]
    clauses.append(f"what you buy {usable_for(offer.life, teller.plan.period, teller.plan.term)}")
    if offer.scope:
        clauses.append(f"it is only {teller.use_of(offer.scope)}")
    if offer.balance_max is not None:
        clauses.append(f"you can have at most {teller.bound(offer.balance_max, unit)} of it at a time")
    if offer.refund_window is not None:
        clauses.append(f"what is unused can be given back within {lasting(offer.refund_window)}")
    lead = "You can buy" if offer.self_service else "You can have us add"
    rest = "; ".join(clause for clause in clauses if clause)
    return Fact(
        ("offer", offer.name, teller.plan.terms.offers[offer.name].kind),
        _goods(teller, offer, unit),
        lead=lead,
        rest=rest if rest[:1] == "(" else f"; {rest}",
    )


def _goods(teller: Teller, offer: Offer, unit: Unit) -> str:
    """Say what is sold, and for how much."""
    money, one = teller.money(offer.currency), 10**unit.kept
    per = offer.per if offer.per is not None else offer.pack if offer.pack is not None else unit.amount(one)
    kind = teller.plan.terms.offers[offer.name].kind
    if offer.pack is not None and per == offer.pack and not isinstance(offer.price, Bound):
        pack = teller.goods(teller.amount(offer.pack, unit), unit, kind)
        return f"packs of {pack} for {teller.amount(offer.price, money)} each"
    packs = "" if offer.pack is None else f", in packs of {teller.amount(offer.pack, unit)}"
    goods = (
        f"{teller.words.kind(kind)} in {teller.many(unit)}"
        if is_currency(unit)
        else teller.goods(teller.many(unit), unit, kind)
    )
    if money == unit and offer.price == per:
        return f"{goods}{packs}"
    return f"{goods} at {teller.price(offer.price, money, per, unit)}{packs}"


def _ways(teller: Teller, offer: Offer, unit: Unit) -> str:
    """Say how much at a time, and who."""
    amounts = _between(teller, offer.minimum, offer.maximum, unit)
    said = [f"{amounts} at a time"] if amounts else []
    if offer.buyers is not None:
        roles = teller.roles(offer.buyers)
        said.append(f"only {roles} may buy" if offer.self_service else f"added by {roles}")
    return f"({'; '.join(said)})" if said else ""


def _between(teller: Teller, least: Amount | None, most: Amount | None, unit: Unit) -> str:
    if least is None or most is None:
        low = "" if least is None else f"at least {teller.amount(least, unit)}"
        return low or ("" if most is None else f"at most {teller.amount(most, unit)}")
    return f"from {teller.amount(least, unit)} to {teller.amount(most, unit)}"


def _bonus(teller: Teller, offer: Offer, unit: Unit) -> Iterator[str]:
    if isinstance(offer.bonus, Bound):
        yield f"each purchase brings {number(100 * offer.bonus.times)} % more as a bonus"
    elif offer.bonus is not None:
        yield f"each purchase brings {teller.amount(offer.bonus, unit)} more as a bonus"


def _auto_top_up(teller: Teller, auto: AutoTopUp) -> Iterator[Fact]:
    terms = teller.plan.terms.offers[auto.offer]
    goods = teller.words.kind("credit") if is_currency(terms.unit) else teller.many(terms.unit)
    goods = teller.words.name(auto.offer) if auto.offer in teller.words.said else goods
    counts = "what is left" if auto.counts is None else f"what is left of {teller.kinds(auto.counts)}"
    line = "falls below" if auto.when == "below" else "falls to"
    most = "" if auto.threshold_max is None else f", at most {teller.bound(auto.threshold_max, terms.unit)}"
    when = f"whenever {counts} {line} a level that you set{most}"
    if auto.when != "below" and not isinstance(auto.threshold_max, Bound) and auto.threshold_max == 0:
        of = "" if auto.counts is None else f" of {teller.kinds(auto.counts)}"
        when = f"whenever nothing is left{of}"
    who = "" if auto.setters is None else f" (only {teller.roles(auto.setters)} may switch this on)"
    yield Fact(("auto_top_up",), f"if you wish, we buy {goods} for you {when}{who}")
    about, stretch = ("auto_top_up", "most"), anew(auto.every or teller.plan.period)
    if most_of := list(_maxima(teller, auto)):
        yield Fact(about, joined(most_of), lead="Automatic purchases are limited to", rest=stretch)
    elif auto.every is not None:
        yield Fact(about, f"limits that you set on automatic purchases are for {stretch.removeprefix('in ')}")
    yield Fact(("auto_top_up", "declined"), _declined(auto))


def _maxima(teller: Teller, auto: AutoTopUp) -> Iterator[str]:
    offer = teller.plan.terms.offers[auto.offer]
    if auto.purchases_max is not None:
        yield f"{auto.purchases_max:,} purchase{'' if auto.purchases_max == 1 else 's'}"
    if auto.bought_max is not None:
        yield teller.bound(auto.bought_max, offer.unit)
    if auto.spend_max is not None:
        yield teller.bound(auto.spend_max, offer.rate.unit)


def _declined(auto: AutoTopUp) -> str:
    declined = "if an automatic payment is declined"
    said = f"{declined}, we try again"
    said += f" after {lasting(auto.cool_down)}" if auto.cool_down else " at once"
    if auto.attempts is None:
        return said
    if auto.attempts == 1:
        return f"{declined}, automatic purchases are switched off"
    return f"{said}; after {auto.attempts:,} in a row automatic purchases are switched off"
