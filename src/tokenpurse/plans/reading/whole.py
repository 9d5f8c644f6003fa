"""Reading a plan as a whole: each part by its theme, then where they must agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenpurse.plans.reading.agreeing import check_bases, check_scopes, check_volume, check_watched
from tokenpurse.plans.reading.contradicting import check_sense
from tokenpurse.plans.reading.futile import check_futile
from tokenpurse.plans.reading.granting import allowances_of, counts_of, price_of, renewal_of, unlimited_of
from tokenpurse.plans.reading.owing import debts_of
from tokenpurse.plans.reading.payers import check_payers
from tokenpurse.plans.reading.pricing import bounds_of, postpaid_of, prices_of
from tokenpurse.plans.reading.resolver import Resolver
from tokenpurse.plans.reading.rolling import banks_of
from tokenpurse.plans.reading.selling import auto_top_up_of, offer_of
from tokenpurse.plans.reading.switching import switch_of
from tokenpurse.plans.reading.watching import alerts_of, at_zero_of, limits_of
from tokenpurse.plans.terms import Terms

if TYPE_CHECKING:
    from tokenpurse.plans.plan import Plan

__all__ = ["work_out"]


def work_out(plan: Plan, part: str) -> Terms:
    """Resolve a plan's parts against each other.

    Raises:
        PlanError: naming the part and field that contradicts the rest.
    """
    terms = _terms(Resolver(plan, part))
    check_sense(plan, part, terms)
    check_payers(plan, terms)
    check_futile(plan, part, terms)
    return terms


def _terms(reading: Resolver) -> Terms:
    plan = reading.plan
    granted = allowances_of(reading)
    allowances = tuple(one for one in granted if not one.is_stream)
    banks = banks_of(reading, {allowance.unit.name for allowance in allowances if not allowance.scope})
    prices = prices_of(reading)
    postpaid = unlimited_of(reading, prices, postpaid_of(reading))
    offers = {offer.name: offer_of(reading, offer) for offer in reading.once("offers", plan.offers)}
    limits = limits_of(reading)
    auto_top_up = auto_top_up_of(reading, offers)
    alerts, reminders = alerts_of(reading)
    on_debt, debts = debts_of(reading, reading.part, prices, postpaid)
    terms = Terms(
        meters=tuple(reading.units),
        units=reading.units,
        default=reading.default,
        currency=reading.currency,
        allowances=allowances,
        counts=counts_of(reading, granted),
        banks=banks,
        offers=offers,
        prices=prices,
        postpaid=postpaid,
        bill_at=bounds_of(reading),
        limits=limits,
        alerts=alerts,
        reminders=reminders,
        auto_top_up=auto_top_up,
        price=price_of(reading),
        switches={
            "upgrade": switch_of(reading, "upgrade", plan.on_upgrade),
            "downgrade": switch_of(reading, "downgrade", plan.on_downgrade),
            "cancel": switch_of(reading, "cancel", plan.on_cancel),
        },
        renewal=renewal_of(reading),
        usable=frozenset(plan.usable) if plan.usable is not None else None,
        at_zero=at_zero_of(reading, {*prices, *postpaid}),
        on_debt=on_debt,
        debts=debts,
        streams=tuple(one for one in granted if one.is_stream),
    )
    check_bases(plan, terms)
    check_volume(terms)
    check_watched(plan, terms)
    check_scopes(terms)
    return terms
