"""Walks between the plans of a catalogue: however a customer walks within a period, no plan gives twice.

Inside a period no walk mints: counted, it gives what the best plan visited grants, cleared, what each of them does. A
change that restarts the anchor opens another period, in full. So it is for upgrades, which are paid for; and where a
customer could come back from one at once, each round would give all of it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tokenpurse.errors import PlanError
from tokenpurse.plans.plan import Plan
from tokenpurse.plans.terms import SwitchTerms

__all__ = ["check_unpaid", "check_walks", "switch_of"]

_ALIKE = 2
"""Of plans that are left and entered alike, two stand for all: one to leave, and one to come to."""


def switch_of(plan: Plan, target: Plan) -> SwitchTerms:
    """Find what leaving a plan for another does: a cancel, an upgrade, or a downgrade (equal rank included)."""
    if target.name == plan.cancels_to:
        return plan.terms.switches["cancel"]
    return plan.terms.switches["upgrade" if target.rank > plan.rank else "downgrade"]


def check_unpaid(plans: Mapping[str, Plan]) -> None:
    """Refuse plans that lead to each other in a circle when nobody pays: each would give what is given at once anew.

    Args:
        plans: the newest revisions, by name.

    Raises:
        PlanError: naming the first of them.
    """
    for plan in plans.values():
        met, found = {plan.name}, plan
        while found.renewal is not None and found.cancels_to is not None:
            found = plans[found.cancels_to]
            if found is plan:
                right = "unpaid too, that leads back here: it must end at a plan without a renewal, or nowhere"
                raise PlanError(f"Plan {plan.name!r}", "cancels_to", plan.cancels_to, right)
            if found.name in met:
                break  # another's circle, which is found there
            met.add(found.name)


def check_walks(plans: Iterable[Plan]) -> None:
    """Refuse plans between which a customer could walk, at once, and be given what one of them grants twice.

    A plan for once is left out: a walk through it is taken once in a wallet's life.

    Args:
        plans: the newest revisions: nobody comes back to an older one.

    Raises:
        PlanError: naming the switch that opens a period, and what leads back.
    """
    walked = _standing_for([plan for plan in plans if not plan.once])
    opening = [plan for plan in walked if any(switch.restarted for switch in plan.terms.switches.values())]
    for plan in opening:
        for target in walked:
            if target is not plan and switch_of(plan, target).restarted and _at_once(plan, target):
                _check_opening(plan, target, walked)


def _check_opening(plan: Plan, target: Plan, plans: Sequence[Plan]) -> None:
    """Go on only where a period that is opened at once is an upgrade's, from which no way leads back at once."""
    way = switch_of(plan, target).way
    back = _back(target, plan, plans)
    if way != "upgrade" and plan.period.step != "once":
        problem = f"{target.name!r} gives all of its own at once, beside what {plan.name!r} gave"
        right = f"{problem}: the anchor must be kept, or the change wait for the period_end"
    elif back is not None:
        problem = f"{back.name!r} leads back at once, and each round gives all of {target.name!r} again"
        right = f"{problem}: the anchor must be kept, or that change wait for the period_end"
    else:
        return
    raise PlanError(f"Plan {plan.name!r}", f"on_{way}.anchor", "restarted", right)


def _at_once(plan: Plan, target: Plan) -> bool:
    """Tell whether a change waits for nothing: a period without an end is left at once, whatever `when` says."""
    return switch_of(plan, target).when == "now" or plan.period.step == "once"


def _back(start: Plan, goal: Plan, plans: Sequence[Plan]) -> Plan | None:
    """Find a walk at once from one plan to another, and the plan on it that lets go downwards."""
    reached: dict[str, Plan] = {start.name: start}
    walk = [start]
    for plan in walk:
        for target in plans:
            if target.name not in reached and target is not plan and _at_once(plan, target):
                down = switch_of(plan, target).way != "upgrade"
                reached[target.name] = plan if down else reached[plan.name]
                walk.append(target)
    return reached.get(goal.name)


def _standing_for(plans: Sequence[Plan]) -> list[Plan]:
    """Choose the plans to look at: prices agreed with a thousand customers are a thousand plans, and all alike."""
    named = {plan.cancels_to for plan in plans}
    found: dict[tuple[object, ...], list[Plan]] = {}
    for plan in plans:
        ways = tuple((switch.when, switch.restarted) for switch in plan.terms.switches.values())
        own = plan.name if plan.name in named else None
        found.setdefault((plan.rank, plan.cancels_to, plan.period.step == "once", own, ways), []).append(plan)
    return [plan for alike in found.values() for plan in alike[:_ALIKE]]
