"""What changes for a customer from one plan to another."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TypeAlias

from tokenpurse.plans import Plan, Switch
from tokenpurse.plans.walking import switch_of
from tokenpurse.prose.leaving import switched
from tokenpurse.prose.telling import Fact, kinds_made
from tokenpurse.prose.times import the
from tokenpurse.prose.using import STOPS
from tokenpurse.prose.whole import facts_of, sentences, teller_of
from tokenpurse.prose.words import Said, capital

__all__ = ["diff"]

_About: TypeAlias = tuple[str, ...]
"""What a fact is about."""


def diff(old: Plan, new: Plan, *, words: Said | None = None) -> str:
    """Say what changes for a customer from one plan to another, in the words of `explain`; nothing for equal plans.

    First what the change itself does: of the old plan's `on_upgrade`, `on_downgrade` and `on_cancel` the one that leads
    to the new plan; for another revision of one plan, that it counts from the next period on. Then, line by line, what
    is changed, gained and lost.

    Raises:
        ArgumentError: not plans, or not words as `explain` takes them.
    """
    before, after = facts_of(teller_of(old, words)), facts_of(teller_of(new, words))
    _leave_out(old, new, before, after)
    lines = [*_changed(before, after), *_gained(before, after), *_lost(before, after, _kept(old, new))]
    if old.name == new.name and not lines:
        return ""
    return "\n".join([_switch(old, new, words), *lines])


def _leave_out(old: Plan, new: Plan, before: dict[_About, Fact], after: dict[_About, Fact]) -> None:
    """Forget what differs in the texts and not for the customer, or what the change itself says."""
    if old.period == new.period:  # where an allowance says it and another does not, nothing changes
        before.pop(("period",), None)
        after.pop(("period",), None)
    for about in [one for one in before if one[0] == "left" and one in after]:  # `of the tokens`, beside others
        if (before[about].lead, before[about].rest) == (after[about].lead, after[about].rest):
            del before[about], after[about]
    if ("at_zero",) not in after and before.get(("at_zero",)) == STOPS:  # what is new says how use goes on
        del before[("at_zero",)]
    if old.draw == new.draw and kinds_made(new) <= kinds_made(old):  # what is not sold any more is used as before
        before.pop(("draw",), None)
        after.pop(("draw",), None)
    if old.name != new.name:
        led = ("cancels_to",) if new.name == old.cancels_to else ("upgrades_to",)
        if led not in after and (led == ("cancels_to",) or tuple(old.upgrades_to) == (new.name,)):
            before.pop(led, None)
            way = ("switch", "cancel" if led == ("cancels_to",) else "upgrade")
            if way not in after:
                before.pop(way, None)


def _switched(old: Plan, new: Plan) -> Switch:
    return {"cancel": old.on_cancel, "upgrade": old.on_upgrade, "downgrade": old.on_downgrade}[switch_of(old, new).way]


def _kept(old: Plan, new: Plan) -> set[str]:
    """Find the kinds of which what was bought before stays in full."""
    sold = {one.kind for one in old.terms.offers.values()}
    if old.name == new.name:
        return sold
    switch = _switched(old, new)
    return sold - set(switch.forfeit) - {kind for kind, _ in switch.trims}


def _switch(old: Plan, new: Plan, words: Said | None) -> str:
    teller = teller_of(old, words)
    if old.name == new.name:
        return f"This changes at the end of {the(old.period)}."
    here, there = teller.words.plan(old.name), teller.words.plan(new.name)
    said = {"cancel": f"cancelling {here}, to go on with {there},", "upgrade": f"the upgrade from {here} to {there}"}
    what = said.get(switch_of(old, new).way, f"the change from {here} to {there}")
    return f"{capital(switched(teller, _switched(old, new), what, new))}."


def _changed(before: dict[_About, Fact], after: dict[_About, Fact]) -> Iterator[str]:
    others: list[tuple[Fact, Fact]] = []
    alike: list[Fact] = []
    for about, fact in after.items():
        was = before.get(about, fact)
        if was != fact and fact.lead and (was.lead, was.rest) == (fact.lead, fact.rest) and fact.what and was.what:
            alike.append(Fact(about, f"{fact.what} instead of {was.what}", lead=fact.lead, rest=fact.rest))
        elif was != fact:
            others.append((fact, was))
    yield from (f"Changed: {one}" for one in sentences(alike))
    yield from (f"Changed: {capital(fact.sentence)}. Before: {capital(was.sentence)}." for fact, was in others)


def _gained(before: dict[_About, Fact], after: dict[_About, Fact]) -> Iterator[str]:
    gained = [fact for about, fact in after.items() if about not in before]
    yield from (f"New: {one}" for one in sentences(gained))


def _lost(before: dict[_About, Fact], after: dict[_About, Fact], kept: Collection[str]) -> Iterator[str]:
    """Say what is gone; of what was sold only that, with what becomes of what was bought."""
    lost = [fact for about, fact in before.items() if about not in after and about[0] not in {"left", "draw", "period"}]
    yield from (f"No more: {one}" for one in sentences([_unsold(fact, kept) for fact in lost]))


def _unsold(fact: Fact, kept: Collection[str]) -> Fact:
    if fact.about[0] != "offer":
        return fact
    rest = "; what you bought stays" if fact.about[2] in kept else ""
    return Fact(fact.about, fact.what, lead=fact.lead, rest=rest)
