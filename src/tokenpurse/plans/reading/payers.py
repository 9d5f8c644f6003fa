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

__all__ = ["check_payers", "check_payers_made", "payers_made"]

_OF_PLAN = {"quota", "rollover"}
"""Kinds that nobody makes but a plan; the others of the library a host may grant."""


def check_payers(plan: Plan, terms: Terms) -> None:
    """Refuse limits on kinds that never cap anything, or of which nobody could tell what they spare.

    What this plan does not make may come from another plan: see `check_payers_made`.
    """
    limits = [limit for limit in terms.limits.values() if limit.kinds]
    for limit in limits:
        part = f"Limit {limit.name!r}"
        _check_paying(plan, part, limit, terms)
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


def payers_made(plan: Plan, terms: Terms) -> set[tuple[str | None, str]]:
    """Give the kinds of buckets that there may be, each with its unit; `None`: of any, a host makes it."""
    hosts = {*plan.kinds, *(kind for kind in KINDS if kind not in _OF_PLAN)}
    return {*_made(terms), *((None, kind) for kind in hosts)}


def check_payers_made(plan: Plan, made: set[tuple[str | None, str]]) -> None:
    """Refuse a limit on kinds of which no plan of the catalogue, and no host, makes what pays for its unit."""
    for limit in plan.terms.limits.values():
        kinds = {kind for unit, kind in made if unit in {None, limit.unit.name}}
        there = {kind for kind in kinds if not plan.terms.locks(kind)}
        if limit.kinds and not limit.bills and not limit.kinds & there:
            there |= {PAY_AS_YOU_GO} if _is_billed(plan, limit, plan.terms) else set()
            right = f"none of them pays for {limit.unit} on a plan of the catalogue, there are {listed(sorted(there))}"
            raise PlanError(f"Plan {plan.name!r}, Limit {limit.name!r}", "kinds", _said(limit.kinds), right)


def _check_paying(plan: Plan, part: str, limit: LimitTerms, terms: Terms) -> None:
    """Who is of these kinds may pay for use of the unit: buckets that are not locked, or the next statement."""
    name = limit.unit.name
    if limit.bills and not _is_billed(plan, limit, terms):
        right = f"nothing of {name} is billed on this plan: that takes a PayAsYouGo"
        raise PlanError(part, "kinds", PAY_AS_YOU_GO, right)
    payers = {kind for kind in limit.kinds if not terms.locks(kind)}
    if limit.bills or any(unit in {None, name} and kind in payers for unit, kind in payers_made(plan, terms)):
        return
    if not payers:
        raise PlanError(part, "kinds", _said(limit.kinds), "on this plan they are locked, and pay nothing: see usable")
    if any(one.amount is None and str(one.unit) == name for one in plan.allowances):
        right = f"{name} is unlimited, and no bucket pays for it: leave kinds out, or grant an amount"
        raise PlanError(part, "kinds", _said(limit.kinds), right)


def _is_billed(plan: Plan, limit: LimitTerms, terms: Terms) -> bool:
    """Tell whether pay-as-you-go takes any of a meter, or costs any of a currency; what is unlimited does neither."""
    free = {str(one.unit) for one in plan.allowances if one.amount is None}
    billed = {meter: price.unit.name for meter, price in terms.postpaid.items() if meter not in free}
    return limit.unit.name in (billed.values() if limit.unit.is_money else billed)


def _made(terms: Terms) -> Iterator[tuple[str, str]]:
    """List the kinds of buckets that the plan makes, each with its unit."""
    yield from ((one.unit.name, one.kind) for one in terms.granting)
    yield from ((one.unit.name, one.kind) for one in terms.offers.values())
    yield from ((name, "rollover") for name in terms.banks)


def _said(kinds: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(kinds))
