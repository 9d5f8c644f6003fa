"""A plan in plain English, sentence by sentence."""

from __future__ import annotations

from collections.abc import Sequence

from tokenpurse.errors import ArgumentError
from tokenpurse.plans import Plan
from tokenpurse.prose.granting import granted
from tokenpurse.prose.leaving import left_by
from tokenpurse.prose.selling import sold
from tokenpurse.prose.telling import Fact, Teller
from tokenpurse.prose.using import used
from tokenpurse.prose.watching import watched
from tokenpurse.prose.words import Said, Words, capital, joined

__all__ = ["explain", "facts_of", "sentences", "teller_of"]


def explain(plan: Plan, *, words: Said | None = None) -> str:
    """Say a plan in plain English, as a customer could read it, from nothing but its data.

    One paragraph for each theme: what is given, sold, used, watched, and what a change of plan does.

    Args:
        plan: what to explain.
        words: what customers call what the plan names: units, kinds, counts, roles, labels, offers, plans. By name,
            the word for many of it, or the words for one and for many: `{"sms": ("message", "messages")}`.

    Raises:
        ArgumentError: not a plan, or not such words.
    """
    teller = teller_of(plan, words)
    themes = [granted(teller), sold(teller), used(teller), watched(teller), left_by(teller)]
    paragraphs = [" ".join(sentences(list(theme))) for theme in themes]
    return "\n".join(paragraph for paragraph in paragraphs if paragraph) or "This plan includes nothing."


def teller_of(plan: object, words: Said | None) -> Teller:
    """Begin to tell."""
    if not isinstance(plan, Plan):
        raise ArgumentError("plan", plan, "it must be a Plan")
    return Teller(plan, Words(words or {}))


def facts_of(teller: Teller) -> dict[tuple[str, ...], Fact]:
    """Give all that a plan says, by what it is about."""
    themes = (granted(teller), sold(teller), used(teller), watched(teller), left_by(teller))
    return {fact.about: fact for theme in themes for fact in theme}


def sentences(facts: Sequence[Fact]) -> list[str]:
    """Make one sentence of those that begin and go on in the same way; what is left goes with what is given."""
    found: list[list[Fact]] = []
    for fact in facts:
        mate = next((one for one in found if fact.lead + fact.rest and _alike(one[0], fact)), None)
        if mate is None:
            found.append([fact])
        else:
            mate.append(fact)
    said: list[str] = []
    given = False
    for group in found:
        one = group[0].saying(joined(list(dict.fromkeys(one.what for one in group if one.what))))
        if group[0].about[0] == "left" and given and len(group) == sum(one.about[0] == "left" for one in facts):
            said[-1] += f"; {one}"
        else:
            said.append(capital(one))
        given = group[-1].about[0] == "allowance"
    return [f"{one}." for one in said]


def _alike(one: Fact, other: Fact) -> bool:
    return (one.lead, one.rest, bool(one.what)) == (other.lead, other.rest, bool(other.what))
