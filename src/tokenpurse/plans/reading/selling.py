"""Reading what can be bought, by hand or by itself."""

from __future__ import annotations

from collections.abc import Mapping

from tokenpurse.errors import PlanError, listed
from tokenpurse.plans import checks
from tokenpurse.plans.parts import Offer
from tokenpurse.plans.reading.resolver import Resolver, life_of
from tokenpurse.plans.terms import AutoTopUpTerms, OfferTerms

__all__ = ["auto_top_up_of", "offer_of"]


def offer_of(reading: Resolver, offer: Offer) -> OfferTerms:
    """Resolve something that can be bought."""
    part = f"Offer {offer.name!r}"
    unit = reading.unit(part, "unit", offer.unit)
    currency, one = reading.money(part, "currency", offer.currency), 10**unit.kept
    step = 1 if offer.pack is None else checks.steps(part, "pack", offer.pack, unit, least=1)
    per = offer.per if offer.per is not None else unit.amount(one if offer.pack is None else step)
    minimum = step if offer.minimum is None else checks.steps(part, "minimum", offer.minimum, unit, least=1)
    maximum = None if offer.maximum is None else checks.steps(part, "maximum", offer.maximum, unit, least=1)
    if maximum is not None and maximum // step * step < minimum:
        least = unit.text(-(-minimum // step) * step)
        raise PlanError(part, "maximum", offer.maximum, f"it must be at least the least one can buy, {least}")
    return OfferTerms(
        name=offer.name,
        unit=unit,
        kind=offer.kind or ("credit" if unit.is_money else "top_up"),
        rate=reading.priced(part, offer.price, per, said=offer.per is not None, unit=currency, of=unit),
        step=step,
        minimum=minimum,
        maximum=maximum,
        buyers=None if offer.buyers is None else frozenset(offer.buyers),
        self_service=offer.self_service,
        priority=offer.priority,
        bonus=reading.figure(part, "bonus", offer.bonus, unit, ("purchase",)),
        refund_window=offer.refund_window,
        balance_max=reading.figure(part, "balance_max", offer.balance_max, unit, ("allowance",)),
        life=life_of(reading, part, offer.life),
        scope=checks.scope(part, offer.scope),
    )


def auto_top_up_of(reading: Resolver, offers: Mapping[str, OfferTerms]) -> AutoTopUpTerms | None:
    """Resolve what buys by itself; what it buys must end what asked for it."""
    auto = reading.plan.auto_top_up
    if auto is None:
        return None
    if auto.offer not in offers:
        right = f"it must be one of {listed(sorted(offers))}" if offers else "the plan needs an Offer of that name"
        raise PlanError("AutoTopUp", "offer", auto.offer, right)
    offer = offers[auto.offer]
    counts = None if auto.counts is None else frozenset(auto.counts)
    usable = reading.plan.usable
    if usable is not None and offer.kind not in set(usable):
        right = f"it buys {offer.kind}, which is not usable on this plan: it would buy for ever"
        raise PlanError("AutoTopUp", "offer", auto.offer, right)
    if counts is not None and offer.kind not in counts:
        right = f"{offer.kind}, which it buys, must be one of them, or it would buy for ever"
        raise PlanError("AutoTopUp", "counts", tuple(sorted(counts)), right)
    if offer.scope:
        right = "what asks for more is what is left for all use, and this one buys for some: it would buy for ever"
        raise PlanError("AutoTopUp", "offer", auto.offer, right)
    if not offer.self_service:
        raise PlanError("AutoTopUp", "offer", auto.offer, "an offer that is not self-service does not buy itself")
    if auto.on_blocked in {alert.name for alert in reading.plan.alerts}:
        raise PlanError("AutoTopUp", "on_blocked", auto.on_blocked, "an alert of this plan has that name")
    bases = ("allowance", "limit")
    chosen = (*bases, "auto_top_up_purchase")
    return AutoTopUpTerms(
        offer=offer,
        strict=auto.when == "below",
        counts=counts,
        cool_down=auto.cool_down,
        attempts=auto.attempts,
        every=reading.plan.period if auto.every is None else auto.every,
        purchases_max=auto.purchases_max,
        bought_max=reading.figure("AutoTopUp", "bought_max", auto.bought_max, offer.unit, bases),
        spend_max=reading.figure("AutoTopUp", "spend_max", auto.spend_max, offer.rate.unit, bases),
        threshold_max=reading.figure("AutoTopUp", "threshold_max", auto.threshold_max, offer.unit, chosen),
        setters=None if auto.setters is None else frozenset(auto.setters),
        on_success=auto.on_success,
        on_failure=auto.on_failure,
        on_off=auto.on_off,
        on_blocked=auto.on_blocked,
    )
