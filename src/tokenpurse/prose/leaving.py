"""What a change of plan does: to a larger one, to another, to none."""

from __future__ import annotations

from collections.abc import Iterator

from tokenpurse.plans import Plan, Switch
from tokenpurse.prose.telling import Fact, Teller
from tokenpurse.prose.times import a, noun, the
from tokenpurse.prose.words import joined
from tokenpurse.units import Unit

__all__ = ["left_by", "switched"]

_WAYS = {
    "upgrade": "a change to a larger plan",
    "downgrade": "a change to a plan that is not larger",
    "cancel": "cancelling",
}


def left_by(teller: Teller) -> Iterator[Fact]:
    """Say where a customer can go from here, and what that does."""
    plan = teller.plan
    if plan.once:
        yield _trial(teller)
    if plan.upgrades_to:
        names = joined([teller.words.plan(name) for name in plan.upgrades_to], "or")
        yield Fact(("upgrades_to",), names, lead="You can upgrade to")
    if plan.cancels_to is not None:
        yield Fact(("cancels_to",), teller.words.plan(plan.cancels_to), lead="When you cancel, you go on with")
    defaults = {"upgrade": Switch(when="now"), "downgrade": Switch(when="period_end")}
    ways = {"upgrade": plan.on_upgrade, "downgrade": plan.on_downgrade, "cancel": plan.on_cancel}
    there = {"upgrade": plan.upgrades_to, "cancel": plan.cancels_to}
    for way, switch in ways.items():
        if there.get(way) or switch != defaults.get(way, Switch(when="period_end")):
            yield Fact(("switch", way), switched(teller, switch, _WAYS[way]))


def _trial(teller: Teller) -> Fact:
    period, to = the(teller.plan.term or teller.plan.period), teller.plan.cancels_to
    on = "" if to is None else f", and at the end of {period} you go on with {teller.words.plan(to)}"
    return Fact(("once",), f"you can have this plan once{on}")


def switched(teller: Teller, switch: Switch, what: str, new: Plan | None = None) -> str:
    """Say what one switch does; `new`, where the plan that it leads to is known."""
    plan, when = teller.plan, "takes effect at once"
    if switch.when != "now" and plan.period.step != "once":
        waits = plan.period if switch.when == "period_end" else plan.term or plan.period
        when = f"takes effect at the end of {the(waits)}"
    after = "" if switch.after_upgrade else f", and is not possible in {a(plan.period)} with an upgrade"
    clauses = [f"{what} {when}{after}", *_use(teller, switch, new), *_rests(teller, switch, new)]
    if switch.auto_top_up == "paused":
        clauses.append("automatic purchases pause until you set them up again")
    return "; ".join(clauses)


def _use(teller: Teller, switch: Switch, new: Plan | None) -> Iterator[str]:
    """Say what the new plan gives; nothing where it grants nothing."""
    plan = teller.plan
    running = f"the running {noun(plan.period)}" if plan.period.step != "once" else "your time on this plan"
    gives = new is None or bool(new.terms.allowances)
    given = {one.unit for one in plan.terms.allowances if new is None or _grants(new, one.unit)}
    if switch.anchor == "restarted":
        yield "you start anew then" + (", with the full allowance of the new plan" if gives else "")
    elif switch.prorated and gives:
        yield f"for {running} you get each plan's allowance for your time on it, less what you used"
    elif switch.use == "cleared" and gives:
        yield "you get the new plan's allowance in full"
    elif (switch.when == "now" or plan.period.step == "once") and given:
        yield f"what you used in {running} counts against the new plan's allowance"


def _grants(plan: Plan, unit: Unit) -> bool:
    return any(one.unit.name == unit.name for one in plan.terms.allowances)


def _rests(teller: Teller, switch: Switch, new: Plan | None) -> Iterator[str]:
    """Say what becomes of what is there."""
    if switch.keep:
        yield f"what is left of {teller.kinds(switch.keep)} stays until it expires"
    if switch.forfeit:
        yield f"you lose {teller.kinds(switch.forfeit)}"
    for kind, cap in switch.trims:
        yield f"of {teller.kind(kind)} you keep at most {teller.cap(cap, new)}"
