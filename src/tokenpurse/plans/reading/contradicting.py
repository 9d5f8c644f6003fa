"""Where a part says what another makes impossible: found here, for a wallet would only pass over it in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenpurse.errors import PlanError
from tokenpurse.plans.reading.futile import least_sold, on_every_wallet
from tokenpurse.plans.reading.kinds import check_kinds
from tokenpurse.plans.reading.owing import said_of
from tokenpurse.plans.terms import AutoTopUpTerms, Terms
from tokenpurse.pricing import sale_price

if TYPE_CHECKING:
    from tokenpurse.plans.plan import Plan

__all__ = ["check_sense"]


def check_sense(plan: Plan, part: str, terms: Terms) -> None:
    """Refuse what can never have an effect, or only one that nobody means."""
    check_kinds(plan, terms)  # before what goes by kinds: a slip is told as one
    _check_usable(plan, part, terms)
    _check_limits(plan, terms)
    _check_granted(plan, terms)
    _check_beyond(plan, terms)
    _check_billed(terms)
    if terms.auto_top_up is not None:
        _check_auto_top_up(plan, terms, terms.auto_top_up)
    if plan.cancels_to is not None and plan.cancels_to in tuple(plan.upgrades_to):
        right = "a change to it is a cancel, whatever its rank: it is no upgrade"
        raise PlanError(part, "upgrades_to", plan.cancels_to, right)


def _check_usable(plan: Plan, part: str, terms: Terms) -> None:
    """What is granted, and cannot outlive its period, can be used on the plan; what is sold may wait for another."""
    usable = terms.usable
    if usable is None:
        return
    kept = {kind for switch in terms.switches.values() for kind in switch.keep}
    for allowance in terms.allowances:
        if allowance.kind not in usable | kept and allowance.life is None and allowance.unit.name not in terms.banks:
            right = f"{allowance.kind} is granted, locked, and gone when the period ends: name it, or do not grant it"
            raise PlanError(part, "usable", tuple(sorted(usable)), right)
    for alert in plan.alerts:
        kinds = frozenset(alert.kinds or ())
        if alert.watch == "left" and kinds and not kinds & usable:
            right = "none of them is usable on this plan, so nothing of them is ever left"
            raise PlanError(f"Alert {alert.name!r}", "kinds", tuple(sorted(kinds)), right)


# -- figures -------------------------------------------------------------------------------------------------------


def _check_limits(plan: Plan, terms: Terms) -> None:
    """A limit starts no higher than it may be chosen, and bounds are for those who may choose."""
    for limit in plan.limits:
        found, part = terms.limits[limit.name], f"Limit {limit.name!r}"
        least, first, most = (
            on_every_wallet(terms, figure, found.unit) for figure in (found.minimum, found.figure, found.maximum)
        )
        if least is not None and most is not None and most < least:
            raise PlanError(part, "maximum", limit.maximum, "it must be at least the minimum")
        if first is not None and most is not None and most < first:
            raise PlanError(part, "amount", limit.amount, "it must be at most the maximum")
        if found.figure is not None and found.maximum is not None and found.maximum.is_below(found.figure):
            raise PlanError(part, "amount", limit.amount, "it must be at most the maximum")
        if limit.setters is not None and not found.setters:
            for name in ("minimum", "maximum"):
                if getattr(limit, name) is not None:
                    raise PlanError(part, name, getattr(limit, name), "nobody of its setters could choose within it")


def _check_granted(plan: Plan, terms: Terms) -> None:
    """Something waits for a payment only where it is granted on it."""
    renewal = plan.renewal
    if renewal is not None and renewal.rest == "locked" and not any(one.on_payment for one in terms.allowances):
        raise PlanError("Renewal", "rest", renewal.rest, "no allowance is given on_payment, so nothing waits locked")


def _check_beyond(plan: Plan, terms: Terms) -> None:
    """What happens at zero happens, and only what is billed has a price."""
    zero = terms.at_zero
    if zero is not None and zero.degrade_to and zero.unit.name in terms.postpaid:
        right = "use goes on as pay-as-you-go, and a limit stops it: it never comes to that"
        raise PlanError("AtZero", "degrade_to", zero.degrade_to, right)
    for drip in terms.streams:
        if drip.given == "when_empty" and (drip.unit.name in terms.postpaid or drip.unit.name in terms.prices):
            right = f"use of {drip.unit} beyond what is there has a price: what is billed would go by how use is split"
            raise PlanError(f"Allowance of {drip.unit}", "given", drip.given, right)
    for price in plan.prices:
        if not price.cost and price.base is None and price.multipliers:
            raise PlanError(f"Price of {price.meter}", "times", price.times, "it costs nothing, times whatever")
    for one in said_of(plan.on_debt):
        for name, value, default in (("per", one.per, 1), ("currency", one.currency, None)):
            if one.price is None and value != default:
                raise PlanError("OnDebt", name, value, "it goes with a price, and none is given")


def _check_billed(terms: Terms) -> None:
    """What is let through as money never comes to be billed by its quantity."""
    for meter in terms.postpaid:
        later = [terms.postpaid[name].unit.name for name in terms.paid_in(meter)[1:] if name in terms.postpaid]
        if set(later).intersection(terms.paid_in(meter)):
            right = f"what its price takes beyond every bucket is billed: use of {meter} itself never comes to be"
            raise PlanError(f"PayAsYouGo of {meter}", "meter", meter, right)


def _check_auto_top_up(plan: Plan, terms: Terms, auto: AutoTopUpTerms) -> None:
    """The least that may be bought can be bought, by somebody."""
    offer, least = auto.offer, least_sold(auto.offer)
    if auto.setters is not None and not auto.setters:
        raise PlanError("AutoTopUp", "setters", (), "nobody could turn it on: leave auto_top_up out")
    if auto.purchases_max == 0:
        raise PlanError("AutoTopUp", "purchases_max", 0, "it must be at least 1; without purchases leave it out")
    cost = sale_price(offer.rate, least)
    for name, figure, needed, unit in (
        ("bought_max", auto.bought_max, least, offer.unit),
        ("spend_max", auto.spend_max, cost, offer.rate.unit),
    ):
        most = on_every_wallet(terms, figure, unit)
        if most is not None and most < needed:
            right = f"it must be at least {unit.text(needed)}, the least purchase of offer {offer.name}"
            raise PlanError("AutoTopUp", name, getattr(plan.auto_top_up, name), right)
