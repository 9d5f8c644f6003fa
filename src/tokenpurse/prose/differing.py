"""What changes for a customer from one plan to another."""

from __future__ import annotations

from collections.abc import Iterator

from tokenpurse.plans import Plan
from tokenpurse.plans.walking import switch_of
from tokenpurse.prose.leaving import switched
from tokenpurse.prose.telling import Fact
from tokenpurse.prose.times import the
from tokenpurse.prose.whole import facts_of, sentences, teller_of
from tokenpurse.prose.words import Said, capital

__all__ = ["diff"]


def diff(old: Plan, new: Plan, *, words: Said | None = None) -> str:
    """Say what changes for a customer from one plan to another, in the words of `explain`; nothing for equal plans.

    First what the change itself does: of the old plan's `on_upgrade`, `on_downgrade` and `on_cancel` the one that leads
    to the new plan; for another revision of one plan, that it counts from the next period on. Then, line by line, what
    is changed, gained and lost.

    Raises:
        ArgumentError: not plans, or not words as `explain` takes them.
    """
    before, after = facts_of(teller_of(old, words)), facts_of(teller_of(new, words))
    if old.period == new.period:  # where an allowance says it and another does not, nothing changes
        before.pop(("period",), None)
        after.pop(("period",), None)
    lines = [*_changed(before, after), *_gained(before, after), *_lost(before, after)]
    if old.name == new.name and not lines:
        return ""
    return "\n".join([_switch(old, new, words), *lines])


def _switch(old: Plan, new: Plan, words: Said | None) -> str:
    teller = teller_of(old, words)
    if old.name == new.name:
        return f"This changes at the end of {the(old.period)}."
    here, there = teller.words.name(old.name), teller.words.name(new.name)
    way = switch_of(old, new).way
    said = {"cancel": f"cancelling {here} for {there}", "upgrade": f"the upgrade from {here} to {there}"}
    switch = {"cancel": old.on_cancel, "upgrade": old.on_upgrade, "downgrade": old.on_downgrade}[way]
    what = said.get(way, f"the change from {here} to {there}")
    return f"{capital(switched(teller, switch, what, new))}."


def _changed(before: dict[tuple[str, ...], Fact], after: dict[tuple[str, ...], Fact]) -> Iterator[str]:
    others: list[tuple[Fact, Fact]] = []
    alike: list[Fact] = []
    for about, fact in after.items():
        was = before.get(about, fact)
        if was != fact and fact.lead and (was.lead, was.rest) == (fact.lead, fact.rest) and fact.what and was.what:
            alike.append(Fact(about, f"{fact.what} instead of {was.what}", lead=fact.lead, rest=fact.rest))
        elif was != fact:
            others.append((fact, was))
    yield from (f"Changed: {one}" for one in sentences(alike))
    yield from (f"Changed: {capital(fact.sentence)}. Before: {was.sentence}." for fact, was in others)


def _gained(before: dict[tuple[str, ...], Fact], after: dict[tuple[str, ...], Fact]) -> Iterator[str]:
    gained = [fact for about, fact in after.items() if about not in before]
    yield from (f"New: {one}" for one in sentences(gained))


def _lost(before: dict[tuple[str, ...], Fact], after: dict[tuple[str, ...], Fact]) -> Iterator[str]:
    lost = [fact for about, fact in before.items() if about not in after]
    yield from (f"No more: {one}" for one in sentences(lost))
