"""What prose owes to every plan: each field that says something is told, in words that a customer reads."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given

from tests.support.documents import FOUND, KNOWN, OWN, RICH, every_field, holes, plans
from tokenpurse import Alert, Allowance, AtZero, Count, Offer, OnDebt, Plan, Price, Renewal, Rollover, Switch
from tokenpurse.codec import dump_plan, load_plan
from tokenpurse.codec.parts import part_of
from tokenpurse.errors import PlanError
from tokenpurse.prose import diff, explain
from tokenpurse.units import Unit

UNTOLD = {
    "Plan.name": "the host writes the heading; `diff` says both names",
    "Plan.revision": "a customer knows one plan, as it is now",
    "Plan.rank": "it only says which changes are upgrades, and `diff` says that of each",
    "Plan.kinds": "the host's own word that it grants them: each is told where it matters",
    "Plan.units": "they are told where there are amounts of them",
    "Unit.kept": "amounts are told in the places that are paid",
    "Allowance.priority": "the order of use is told from them, where the plan draws by them",
    "Offer.priority": "likewise",
    "Offer.name": "it is what the host's code says",
    "Limit.name": "likewise",
    "Alert.name": "likewise: the notice brings its own words",
    "AutoTopUp.on_success": "the name of a notice, for the host's code",
    "AutoTopUp.on_failure": "likewise",
    "AutoTopUp.on_off": "likewise",
    "AutoTopUp.on_blocked": "likewise",
    "Renewal.on_failure": "likewise",
    "Renewal.on_end": "likewise",
}
"""Fields that a customer need not know, each with the reason."""


AS_ANYWAY = object()


def changed(plan: Plan, cls: type, name: str) -> Iterator[Plan]:
    """Give the plan with a field as it would be anyway, wherever it is said; or, if it must be, as others have it."""
    written = dump_plan(plan, policies=OWN)
    for place in [place for place, (_, field) in enumerate(holes(written, WHOLE)) if OWNERS[field] == (cls, name)]:
        for value in [AS_ANYWAY, *FOUND.get((cls.__name__, name), []), 9, 2, ["quota"]]:
            document = copy.deepcopy(written)
            holder, _ = list(holes(document, WHOLE))[place]
            if name not in holder or holder[name] == value:
                continue
            del holder[name]
            holder |= {} if value is AS_ANYWAY else {name: value}
            try:
                other = load_plan(document, policies=OWN)
            except PlanError:
                continue
            if cls is Plan or other.terms != plan.terms or other.late_use != plan.late_use:  # it is not said twice
                yield other
                break


WHOLE = part_of(Plan)
OWNERS = {field: (cls, field.name) for cls, field in every_field()}
COIN = Unit.money("CRD", kept=4, paid=1)
MORE = (
    *KNOWN[1:],
    Plan(
        "paid", allowances=[Allowance(5, given="on_payment")], renewal=Renewal(grace=timedelta(days=2), rest="locked")
    ),
    Plan(
        "sms",
        allowances=[Allowance(5), Allowance(5, "sms")],
        at_zero=AtZero(overdraft=5, unit="sms"),
        on_debt=OnDebt("forgive", unit="sms"),
        rollovers=[Rollover(unit="sms")],
    ),
    Plan("operations", prices=[Price("image", 5, unit="tokens", counted="per_operation")]),
    Plan("points", allowances=[Allowance(500, Unit.meter("points", shown=2))]),
    Plan("coins", offers=[Offer("coins", price=Decimal(1), unit=COIN)]),
)
"""Plans in which what is fixed in `RICH` can be changed."""

PAIRS = {
    "Switch.use": [
        tuple(
            Plan("p", allowances=[Allowance(9)], on_upgrade=Switch(when="now", use=one))
            for one in ("counted", "cleared")
        )
    ],
    "Count.name": [
        tuple(
            Plan("p", allowances=[Allowance(9, per="seats"), Allowance(9, "sms", per="packages")], counts=[Count(one)])
            for one in ("seats", "packages")
        )
    ],
    "Alert.watch": [
        tuple(
            Plan("p", allowances=[Allowance(9)], alerts=[one])
            for one in (Alert("a", "left", at_or_below=5), Alert("a", "used", at_or_above=5))
        )
    ],
}
"""Two plans of which each says something else in a field that cannot be changed alone."""

FIELDS = sorted({f"{cls.__name__}.{field.name}" for cls, field in every_field()})


@pytest.mark.parametrize("named", FIELDS)
def test_every_field_is_told(named: str) -> None:
    """Of the plan in which every field says something, each changes the text, and what is told of the difference.

    Whoever adds a field to a part gives it a value in `RICH`, and a sentence in `tokenpurse.prose`.
    """
    classes = {cls.__name__: cls for cls, _ in every_field()}
    part, _, name = named.partition(".")
    others = PAIRS.get(named) or [(RICH, other) for other in changed(RICH, classes[part], name)]
    others = others or [(plan, other) for plan in MORE for other in changed(plan, classes[part], name)]
    assert others, f"{named} could not be changed in RICH"
    for plan, other in [] if named in UNTOLD else others:
        told = explain(other) != explain(plan) and diff(plan, other) != ""
        assert told, f"{named} is not told: give it a sentence, or a reason in UNTOLD"


def test_what_is_not_told_is_there() -> None:
    """A reason for a field that is gone, or that is told, is taken out."""
    assert set(UNTOLD) <= set(FIELDS)


@pytest.mark.parametrize("plan", KNOWN, ids=lambda plan: plan.name)
def test_equal_plans_do_not_differ(plan: Plan) -> None:
    """Nor do plans whose difference no customer meets."""
    assert not diff(plan, load_plan(dump_plan(plan, policies=OWN), policies=OWN))


ODD = re.compile(r"_|None|\bBound\b|\bDecimal\b|[(]\W|  |[.,;]{2}|[ ][.,;]|(?<![.,])\b1 \w+s\b(?<!1 sms)|\.[a-z]")
"""What no sentence says: names with underscores, Python, stops beside stops, one of many."""


@given(plans(), plans())
def test_every_plan_reads_as_english(plan: Plan, other: Plan) -> None:
    """In whole sentences, without what only a programmer reads."""
    for text in (explain(plan), diff(plan, other)):
        assert not ODD.search(text), ODD.search(text)
        for line in text.splitlines():
            assert line[0].isupper() or line[0].isdigit(), line
            assert line.endswith("."), line
    assert not diff(plan, plan)
