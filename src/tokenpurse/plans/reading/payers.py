"""Limits on kinds of payers: somebody of these kinds pays, and what one of them spares goes on to another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from tokenpurse.buckets import KINDS, PAY_AS_YOU_GO
from tokenpurse.errors import PlanError, listed
from tokenpurse.plans.terms import LimitTerms, Terms

if TYPE_CHECKING:
    from tokenpurse.plans.plan import Plan

__all__ = ["check_payers"]

_OF_PLAN = {"quota", "rollover"}
"""Kinds that nobody makes but a plan; the others of the library a host may grant."""


def check_payers(plan: Plan, terms: Terms) -> None:
    """Refuse limits on kinds that never cap anything, or of which nobody could tell what they spare."""
    limits = [limit for limit in terms.limits.values() if limit.kinds]
    for limit in limits:
        part = f"Limit {limit.name!r}"
        _check_somebody(plan, part, limit, terms)
        zero = terms.at_zero
        on_buckets = limit.kinds != {PAY_AS_YOU_GO}
        if zero is not None and zero.overdraft is not None and zero.unit == limit.unit and on_buckets:
            right = f"what they spare of {limit.unit} would be owed, and at once paid by them: leave the overdraft out"
            raise PlanError(part, "kinds", _said(limit.kinds), right)
    for one, other in combinations(limits, 2):
        both = one.kinds & other.kinds
        if one.unit == other.unit and both and both not in (one.kinds, other.kinds):
            right = f"limit {one.name} is on {listed(sorted(one.kinds))}: name all of these, some of these, or none"
            raise PlanError(f"Limit {other.name!r}", "kinds", _said(other.kinds), right)


def _check_somebody(plan: Plan, part: str, limit: LimitTerms, terms: Terms) -> None:
    """Somebody of these kinds pays for use of the unit: a bucket that is not locked, or the next statement."""
    name = limit.unit.name
    if limit.bills and not _is_billed(plan, limit, terms):
        right = f"nothing of {name} is billed on this plan: that takes a PayAsYouGo"
        raise PlanError(part, "kinds", PAY_AS_YOU_GO, right)
    made = {*_made(terms, name), *plan.kinds, *(kind for kind in KINDS if kind not in _OF_PLAN)}
    payers = {kind for kind in made if not terms.locks(kind)}
    if limit.bills or limit.kinds & payers:
        return
    if limit.kinds & made:
        raise PlanError(part, "kinds", _said(limit.kinds), "on this plan they are locked, and pay nothing: see usable")
    billed = {PAY_AS_YOU_GO} if _is_billed(plan, limit, terms) else set[str]()
    unlimited = any(one.amount is None and str(one.unit) == name for one in plan.allowances)
    right = f"none of them pays for {name} on this plan, there are {listed(sorted(payers | billed))}"
    if unlimited:
        right = f"{name} is unlimited, and no bucket pays for it: leave kinds out, or grant an amount"
    raise PlanError(part, "kinds", _said(limit.kinds), right)


def _is_billed(plan: Plan, limit: LimitTerms, terms: Terms) -> bool:
    """Tell whether pay-as-you-go takes any of a meter, or costs any of a currency; what is unlimited does neither."""
    free = {str(one.unit) for one in plan.allowances if one.amount is None}
    billed = {meter: price.unit.name for meter, price in terms.postpaid.items() if meter not in free}
    return limit.unit.name in (billed.values() if limit.unit.is_money else billed)


def _made(terms: Terms, unit: str) -> Iterator[str]:
    """List the kinds of buckets of a unit that the plan makes."""
    yield from (one.kind for one in terms.granting if one.unit.name == unit)
    yield from (one.kind for one in terms.offers.values() if one.unit.name == unit)
    if unit in terms.banks:
        yield "rollover"


def _said(kinds: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(kinds))
