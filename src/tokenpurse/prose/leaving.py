"""What a change of plan does: to a larger one, to another, to none."""

from __future__ import annotations

from collections.abc import Iterator

from tokenpurse.plans import Plan, Switch
from tokenpurse.prose.telling import Fact, Teller
from tokenpurse.prose.times import a, the
from tokenpurse.prose.words import joined

__all__ = ["left_by", "switched"]

_WAYS = {"upgrade": "an upgrade", "downgrade": "a change to a smaller plan", "cancel": "cancelling"}


def left_by(teller: Teller) -> Iterator[Fact]:
    """Say where a customer can go from here, and what that does."""
    plan = teller.plan
    if plan.once:
        yield _trial(teller)
    if plan.upgrades_to:
        names = joined([teller.words.name(name) for name in plan.upgrades_to], "or")
        yield Fact(("upgrades_to",), names, lead="You can upgrade to")
    if plan.cancels_to is not None:
        yield Fact(("cancels_to",), teller.words.name(plan.cancels_to), lead="When you cancel, you go on with")
    defaults = {"upgrade": Switch(when="now"), "downgrade": Switch(when="period_end")}
    ways = {"upgrade": plan.on_upgrade, "downgrade": plan.on_downgrade, "cancel": plan.on_cancel}
    there = {"upgrade": plan.upgrades_to, "cancel": plan.cancels_to}
    for way, switch in ways.items():
        if there.get(way) or switch != defaults.get(way, Switch(when="period_end")):
            yield Fact(("switch", way), switched(teller, switch, _WAYS[way]))


def _trial(teller: Teller) -> Fact:
    period, to = the(teller.plan.term or teller.plan.period), teller.plan.cancels_to
    on = "" if to is None else f", and at the end of {period} you go on with {teller.words.name(to)}"
    return Fact(("once",), f"you can have this plan once{on}")


def switched(teller: Teller, switch: Switch, what: str, new: Plan | None = None) -> str:
    """Say what one switch does; `new`, where the plan that it leads to is known."""
    period = the(teller.plan.period)
    when = "takes effect at once" if switch.when == "now" else f"takes effect at the end of {period}"
    if switch.when == "term_end":
        when = f"takes effect at the end of {the(teller.plan.term or teller.plan.period)}"
    after = "" if switch.after_upgrade else f", and is not possible in {a(teller.plan.period)} with an upgrade"
    clauses = [f"{what} {when}{after}", *_use(teller, switch), *_rests(teller, switch, new)]
    if switch.auto_top_up == "paused":
        clauses.append("automatic purchases pause until you set them again")
    return "; ".join(clauses)


def _use(teller: Teller, switch: Switch) -> Iterator[str]:
    """Say what the new plan gives."""
    period = the(teller.plan.period)
    if switch.anchor == "restarted":
        yield "a new period begins then, with its full allowance"
    if switch.prorated:
        yield f"for {period} that runs you get each plan's allowance for your time on it, less what you used"
    elif switch.use == "cleared":
        yield "you get the new plan's allowance in full"
    elif switch.when == "now" and switch.anchor == "kept":
        yield f"what you used in {period} that runs counts against the new plan's allowance"


def _rests(teller: Teller, switch: Switch, new: Plan | None) -> Iterator[str]:
    """Say what becomes of what is there."""
    if switch.keep:
        yield f"what is left of {teller.kinds(switch.keep)} stays until its own end"
    if switch.forfeit:
        yield f"you lose {teller.kinds(switch.forfeit)}"
    for kind, cap in switch.trims:
        yield f"of {teller.kind(kind)} you keep at most {teller.cap(cap, new)}"
