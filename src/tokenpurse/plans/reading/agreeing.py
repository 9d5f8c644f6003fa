"""Where the parts of a plan, each read by itself, must agree: a multiple has its base, and what is watched is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tokenpurse.errors import PlanError, listed
from tokenpurse.plans.reading.owing import said_of
from tokenpurse.plans.terms import Terms
from tokenpurse.scopes import ACTION

if TYPE_CHECKING:
    from tokenpurse.plans.plan import Plan

__all__ = ["check_bases", "check_scopes", "check_volume", "check_watched"]


_MISSING: Final = {
    "allowance": "no allowance of this plan grants {} for a period",
    "limit": "this plan has no limit on all use of {} in a period",
    "auto_top_up_threshold": "no auto top-up of this plan buys {}",
    "auto_top_up_purchase": "no auto top-up of this plan buys {}",
}
"""What a multiple lacks, by its base."""


def check_volume(terms: Terms) -> None:
    """Refuse a limit on money that a volume price is in: more use may cost less, so nobody knows what still fits."""
    falling = {price.unit.name: meter for meter, price in terms.postpaid.items() if price.rate.volume}
    for limit in terms.limits.values():
        if limit.unit.name in falling:
            right = f"volume tiers of {falling[limit.unit.name]} may cost less as more is used: limit the quantity"
            raise PlanError(f"Limit {limit.name!r}", "unit", limit.unit.name, right)


def check_bases(plan: Plan, terms: Terms) -> None:
    """Refuse multiples of figures that the plan does not have, and banks that nothing could be carried into."""
    _check_lives(terms)
    granted = {allowance.unit.name for allowance in terms.allowances}
    limited = {limit.unit.name for limit in terms.limits.values() if limit.is_plain}
    bought = set() if terms.auto_top_up is None else {terms.auto_top_up.offer.unit.name}
    there = {"allowance": granted, "limit": limited}
    there |= {"auto_top_up_threshold": bought, "auto_top_up_purchase": bought}
    lines = {alert.name: alert.line_name for alert in plan.alerts}
    figures = [(f"Alert {alert.name!r}", lines[alert.name], alert.figure, alert.unit) for alert in terms.alerts]
    figures += [
        (f"Limit {limit.name!r}", name, figure, limit.unit)
        for limit in terms.limits.values()
        for name, figure in (("amount", limit.figure), ("minimum", limit.minimum), ("maximum", limit.maximum))
        if figure is not None
    ]
    figures += [
        (f"Offer {offer.name!r}", "balance_max", offer.balance_max, offer.unit)
        for offer in terms.offers.values()
        if offer.balance_max is not None
    ]
    if terms.at_zero is not None and terms.at_zero.overdraft is not None:
        figures.append(("AtZero", "overdraft", terms.at_zero.overdraft, terms.at_zero.unit))
    if (auto := terms.auto_top_up) is not None:
        bounds = [("bought_max", auto.bought_max, auto.offer.unit), ("spend_max", auto.spend_max, auto.offer.rate.unit)]
        bounds.append(("threshold_max", auto.threshold_max, auto.offer.unit))
        figures += [("AutoTopUp", name, figure, unit) for name, figure, unit in bounds if figure is not None]
    for part, name, figure, unit in figures:
        if figure.base and unit.name not in there[figure.base]:
            raise PlanError(part, name, figure.base, _MISSING[figure.base].format(unit.name))


def _check_lives(terms: Terms) -> None:
    """Refuse to carry what is kept by a life of its own."""
    for name in terms.banks:
        if all(one.life is not None for one in terms.allowances if one.unit.name == name):
            right = "its allowance has a life of its own: what is left of it is kept, not carried"
            raise PlanError("Rollover", "unit", name, right)


def check_watched(plan: Plan, terms: Terms) -> None:
    """Refuse a limit, an alert or an overdraft of a unit that is never there: a typo, which would watch nothing."""
    there = {unit.name for unit in plan.units} | {price.unit.name for price in terms.prices.values()}
    granted = (*terms.allowances, *terms.streams)
    there |= {*terms.prices, *terms.postpaid, *(allowance.unit.name for allowance in granted)}
    there |= {offer.unit.name for offer in terms.offers.values()} | {
        price.unit.name for price in terms.postpaid.values()
    }
    there = there or {terms.default.name}  # a plan that only watches: what it watches, the host gives
    watching = [(f"Limit {limit.name!r}", limit.unit) for limit in plan.limits]
    watching += [(f"Alert {alert.name!r}", alert.unit) for alert in plan.alerts]
    watching += [("OnDebt", one.unit) for one in said_of(plan.on_debt)]
    watching += [] if plan.at_zero is None else [("AtZero", plan.at_zero.unit)]
    for part, unit in watching:
        if unit is not None and str(unit) not in there:
            known = listed(sorted(there))
            right = f"this plan grants, prices, sells and bills {known}; what only the host gives is named in units="
            raise PlanError(part, "unit", str(unit), right)


def check_scopes(terms: Terms) -> None:
    """Refuse a scope of an action that never draws the unit: a typo, which would let nothing be paid."""
    scoped = [(f"Allowance of {one.unit}", one.unit, one.scope) for one in terms.granting]
    scoped += [(f"Offer {one.name!r}", one.unit, one.scope) for one in terms.offers.values()]
    for part, unit, scope in scoped:
        for action in dict(scope).get(ACTION, ()):
            if unit.name not in terms.paid_in(action):
                drawing = listed(name for name in terms.units if unit.name in terms.paid_in(name))
                raise PlanError(part, "scope", action, f"{unit} is drawn for {drawing} on this plan: name one of them")
