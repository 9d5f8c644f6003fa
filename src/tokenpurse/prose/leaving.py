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
    gives = bool(new.terms.allowances) if new is not None else bool(plan.terms.allowances or not plan.terms.streams)
    given = {one.unit for one in plan.terms.allowances if new is None or _grants(new, one.unit)}
    if switch.anchor == "restarted":
        yield "you start anew then" + (", with the full allowance of the new plan" if gives else "")
    elif switch.prorated and gives:
        yield f"for {running} you get each plan's allowance for your time on it, less what you used"
    elif switch.use == "cleared" and gives:
        yield "you get the new plan's allowance in full"
    elif (switch.when == "now" or plan.period.step == "once") and given:
        yield f"what you used in {running} counts against the new plan's allowance"
    yield from _streams(teller, switch, new)


def _streams(teller: Teller, switch: Switch, new: Plan | None) -> Iterator[str]:
    """Say of what has a schedule of its own that its running stretch goes on, which grants only what is more."""
    theirs = None if new is None else {one.key for one in new.terms.streams}
    found: dict[str, list[str]] = {}
    for one in teller.plan.terms.streams if switch.when == "now" else ():
        if one.every is not None and one.every.step != "once" and (theirs is None or one.key in theirs):
            given = teller.whole(one.unit) if one.kind == "quota" else teller.kind(one.kind)
            found.setdefault(f"the running {noun(one.every)}", []).append(given)
    for stretch, given_then in found.items():
        what = f"what you got of {joined(list(dict.fromkeys(given_then)))} for {stretch}"
        yield f"{what} counts towards what the new plan gives of it"


def _grants(plan: Plan, unit: Unit) -> bool:
    return any(one.unit.name == unit.name for one in plan.terms.allowances)


def _still(teller: Teller, switch: Switch, new: Plan | None) -> str:
    """Say, where the bank is lost, that the change carries what is left of the period that it closes."""
    period = teller.plan.period
    closes = switch.anchor == "restarted" or (switch.when != "now" and period.step != "once")
    carried = _carries(teller.plan) if new is None else _carries(teller.plan) & _carries(new)
    kinds = {one.kind for one in teller.plan.terms.allowances if one.unit.name in carried and not one.scope}
    gone = {*switch.forfeit, *(switch.keep if switch.when == "now" else ())}  # at its end a period closes as ever
    if "rollover" not in switch.forfeit or not closes or kinds <= gone:
        return ""
    may = ", if the new plan lets it" if new is None else ""
    return f"; what is left of the allowance of {the(period)} still carries over{may}"


def _carries(plan: Plan) -> set[str]:
    return {unit for unit, bank in plan.terms.banks.items() if not bank.same_plan}


def _rests(teller: Teller, switch: Switch, new: Plan | None) -> Iterator[str]:
    """Say what becomes of what is there."""
    if switch.keep:
        yield f"what is left of {teller.kinds(switch.keep)} stays until it expires"
    if switch.forfeit:
        yield f"you lose {teller.kinds(switch.forfeit)}{_still(teller, switch, new)}"
    for kind, cap in switch.trims:
        yield f"of {teller.kind(kind)} you keep at most {teller.cap(cap, new)}"
