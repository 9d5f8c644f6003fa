"""What could never happen on a plan, though a part of it says so: no wallet would fail, and nobody would be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenpurse.errors import PlanError, listed
from tokenpurse.plans.parts import Switch
from tokenpurse.plans.terms import Figure, OfferTerms, Terms
from tokenpurse.units import Unit

if TYPE_CHECKING:
    from tokenpurse.plans.plan import Plan

__all__ = ["check_futile", "least_sold", "on_every_wallet"]


def check_futile(plan: Plan, part: str, terms: Terms) -> None:
    """Refuse what never comes to pass on any wallet that is on the plan."""
    _check_granted(terms)
    _check_carried(plan, terms)
    _check_sold(plan, terms)
    _check_watched(plan, terms)
    _check_free(plan, terms)
    _check_cancel(plan, part)


def _check_cancel(plan: Plan, part: str) -> None:
    """What cancelling does is only done where it leads somewhere; said of every way alike, a downgrade does it, too."""
    if plan.cancels_to is None and plan.on_cancel not in (_USUAL, plan.on_downgrade, plan.on_upgrade):
        right = "no change of plan is a cancel without cancels_to: name the plan that cancelling leads to"
        raise PlanError(part, "on_cancel", plan.on_cancel, right)


_USUAL = Switch(when="period_end")


def on_every_wallet(terms: Terms, figure: Figure | None, unit: Unit) -> int | None:
    """Work out a figure that is the same for every wallet, in steps, rounded down; `None`: it depends on the wallet."""
    if figure is None or figure.steps is not None:
        return None if figure is None else figure.steps
    granted = [one for one in terms.allowances if one.unit == unit]
    if figure.base != "allowance" or any(one.per is not None or one.scope for one in granted):
        return None
    return int(figure.times * sum(one.steps for one in granted))


def least_sold(offer: OfferTerms) -> int:
    """Give the least that one purchase can be."""
    return -(-offer.minimum // offer.step) * offer.step


def _check_granted(terms: Terms) -> None:
    """What waits for something may have to wait."""
    for one in terms.streams:
        part = f"Allowance of {one.unit}"
        here = {other.kind for other in terms.granting if other.unit == one.unit}
        here |= {offer.kind for offer in terms.offers.values() if offer.unit == one.unit}
        here |= {"rollover"} if one.unit.name in terms.banks else set()
        elsewhere = {other.kind for other in terms.granting} | {offer.kind for offer in terms.offers.values()}
        if one.empty and one.empty <= elsewhere - here:
            right = f"on this plan no {one.unit} are of that kind, they are {listed(sorted(here))}: it never waits"
            raise PlanError(part, "empty", tuple(sorted(one.empty)), right)


def _check_carried(plan: Plan, terms: Terms) -> None:
    """Something can be carried."""
    for rollover, (name, bank) in zip(plan.rollovers, terms.banks.items(), strict=True):
        unit = terms.units[name]
        granted = any(one.steps for one in terms.allowances if one.unit == unit)  # of nothing, nothing is meant
        if granted and on_every_wallet(terms, bank.carry_max, unit) == 0:
            raise PlanError("Rollover", "carry_max", rollover.carry_max, "nothing would ever be carried: leave it out")


def _check_sold(plan: Plan, terms: Terms) -> None:
    """What is sold can be bought, and is of use."""
    auto = terms.auto_top_up
    for offer, said in zip(terms.offers.values(), plan.offers, strict=True):
        part, most = f"Offer {offer.name!r}", on_every_wallet(terms, offer.balance_max, offer.unit)
        if most and most < least_sold(offer):  # nothing at all is a stop, and meant
            right = f"it must be at least {offer.unit.text(least_sold(offer))}, the least one can buy"
            raise PlanError(part, "balance_max", said.balance_max, right)
    free = {allowance.unit for allowance in plan.allowances if allowance.amount is None}
    if auto is not None and any(str(unit) == auto.offer.unit.name for unit in free):
        right = f"use of {auto.offer.unit} is unlimited on this plan: nobody needs to buy it"
        raise PlanError("AutoTopUp", "offer", auto.offer.name, right)


def _check_watched(plan: Plan, terms: Terms) -> None:
    """A line can be crossed."""
    held = {one.unit.name for one in terms.granting} | {offer.unit.name for offer in terms.offers.values()}
    held |= {unit.name for unit in plan.units}
    lines = {alert.name: alert for alert in terms.alerts}
    for said in plan.alerts:
        part, alert = f"Alert {said.name!r}", lines.get(said.name)
        if alert is None:
            continue  # one of time
        if said.unit is not None and alert.watch == "left" and alert.unit.name not in held:
            right = f"nothing of it is ever left: this plan neither grants nor sells it, but {listed(sorted(held))}"
            raise PlanError(part, "unit", alert.unit.name, right)
        nothing = not (alert.figure.times if alert.figure.steps is None else alert.figure.steps)
        if said.at_or_above is not None and nothing:
            raise PlanError(part, "at_or_above", said.at_or_above, "use is never below nothing: it must be more")


def _check_free(plan: Plan, terms: Terms) -> None:
    """What costs nothing is not counted: it never touches the wallet, and nothing runs up."""
    held = {one.unit.name for one in terms.granting} | {offer.unit.name for offer in terms.offers.values()}
    rates = {name: price.rate for name, price in terms.prices.items()}
    free = {name for name, rate in rates.items() if rate.is_free}
    watching = [(f"Limit {limit.name!r}", limit.unit) for limit in terms.limits.values()]
    watching += [(f"Alert {alert.name!r}", alert.unit) for alert in terms.alerts if alert.watch == "used"]
    for part, unit in watching:
        if unit.name in free - held - terms.postpaid.keys():
            raise PlanError(
                part, "unit", unit.name, "it costs nothing, so its use is never counted: grant it unlimited"
            )
    for use in plan.pay_as_you_go:
        meter = str(use.meter or terms.default)
        if terms.postpaid[meter].rate.is_free and (use.multipliers or use.bill_at is not None):
            name, value = ("times", use.times) if use.multipliers else ("bill_at", use.bill_at)
            raise PlanError(f"PayAsYouGo of {meter}", name, value, "it costs nothing, so nothing runs up")
