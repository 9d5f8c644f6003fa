"""Which kinds of buckets a plan makes, and where it names kinds: what it names, something should make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tokenpurse.buckets import KINDS, PAY_AS_YOU_GO
from tokenpurse.errors import PlanError, listed
from tokenpurse.plans.spelling import meant, near
from tokenpurse.policies import Evenly, Order

if TYPE_CHECKING:
    from tokenpurse.plans.plan import Plan
    from tokenpurse.plans.terms import Terms

__all__ = ["check_kinds", "check_kinds_made", "kinds_made"]

_YOURS = "a kind that only you grant is named in Plan(kinds=)"


def kinds_made(plan: Plan, terms: Terms) -> set[str]:
    """Give the kinds that a wallet on this plan may hold: the library's own, those of its parts, and the host's."""
    sold = (offer.kind for offer in terms.offers.values())
    return {*KINDS, *(one.kind for one in plan.allowances), *sold, *plan.kinds}


def check_kinds(plan: Plan, terms: Terms) -> None:
    """Refuse what is one slip away from a kind that the plan makes.

    Whatever else it does not make may come from another plan: see `check_kinds_made`.
    """
    made = kinds_made(plan, terms)
    for part, name, kinds in _named(plan):
        for kind in sorted(set(kinds) - made):
            if found := near(kind, made):
                raise PlanError(part, name, kind, f"{meant(found)}; {_YOURS}")
    for one in plan.allowances:
        if one.empty is not None and not made.intersection(one.empty):
            right = f"nothing makes that kind, so it would be empty for ever; there are {listed(sorted(made))}"
            raise PlanError(f"Allowance of {one.unit}", "empty", tuple(sorted(one.empty)), right)


def check_kinds_made(plan: Plan, made: set[str]) -> None:
    """Refuse a kind that no plan of the catalogue makes, and that the host does not say it makes itself."""
    own = f"Plan {plan.name!r}"
    for part, name, kinds in _named(plan):
        for kind in sorted(set(kinds) - made):
            found = near(kind, made)
            right = meant(found) if found else f"nothing makes that kind, there are {listed(sorted(made))}"
            where = own if part == own else f"{own}, {part}"
            raise PlanError(where, name, kind, f"{right}; {_YOURS}")


def _named(plan: Plan) -> Iterator[tuple[str, str, Iterable[str]]]:
    """Go through all places in which a plan names kinds."""
    yield f"Plan {plan.name!r}", "usable", plan.usable or ()
    for way in ("on_upgrade", "on_downgrade", "on_cancel"):
        switch = getattr(plan, way)
        yield f"Switch {way}", "forfeit", switch.forfeit
        yield f"Switch {way}", "keep", switch.keep
        yield f"Switch {way}", "trim", [kind for kind, _ in switch.trims]
    yield from ((f"Allowance of {one.unit}", "empty", one.empty or ()) for one in plan.allowances)
    for limit in plan.limits:
        yield f"Limit {limit.name!r}", "kinds", set(limit.kinds or ()) - {PAY_AS_YOU_GO}
    yield from ((f"Alert {alert.name!r}", "kinds", alert.kinds or ()) for alert in plan.alerts)
    if plan.auto_top_up is not None:
        yield "AutoTopUp", "counts", plan.auto_top_up.counts or ()
    draw = plan.draw.ties if isinstance(plan.draw, Evenly) else plan.draw
    for key in draw.keys if isinstance(draw, Order) else ():
        yield f"Plan {plan.name!r}", "draw", key.kinds
