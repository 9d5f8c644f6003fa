"""The published JSON Schema of plans agrees with what is written and read. Run by `.ci/run`, with jsonschema."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import tests.conftest  # noqa: F401  # hypothesis is told here how to run
from tests.support.documents import KNOWN, OWN, plans
from tests.support.schema import PUBLISHED
from tokenpurse import Plan
from tokenpurse.codec import dump_catalogue, dump_plan, load_plan
from tokenpurse.errors import PlanError
from tokenpurse.plans import Catalogue

SCHEMA = json.loads(PUBLISHED.read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
PRO: dict[str, Any] = {"format": "tokenpurse-plan-1", "name": "pro"}


def test_the_schema_is_one() -> None:
    """Of draft 2020-12, as it says."""
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("plan", KNOWN, ids=lambda plan: plan.name)
def test_a_known_plan_is_valid(plan: Plan) -> None:
    """Alone, and in a catalogue."""
    VALIDATOR.validate(dump_plan(plan, policies=OWN))
    free = Catalogue([Plan("free"), Plan("drawn", draw=plan.draw)])
    VALIDATOR.validate(dump_catalogue(free, policies=OWN))


@given(plans())
def test_a_document_that_is_written_is_valid(plan: Plan) -> None:
    """Whatever the plan."""
    VALIDATOR.validate(dump_plan(plan, policies=OWN))


VALUES = st.sampled_from([None, True, 0, 7, "x", "0.50", "P1D", "once", [], ["x"], {}, {"base": "limit"}, {"n": 1}])


@given(plans(), st.data())
def test_a_document_that_is_read_is_valid(plan: Plan, data: st.DataObject) -> None:
    """What the schema refuses is refused: it is stricter than the library nowhere."""
    document = dump_plan(plan, policies=OWN)
    places = [document, *(value for value in document.values() if isinstance(value, (dict, list)) and value)]
    places += [item for value in document.values() if isinstance(value, list) for item in value if item]
    inside: Any = data.draw(st.sampled_from([place for place in places if isinstance(place, (dict, list))]))
    key = data.draw(st.sampled_from(sorted(inside) if isinstance(inside, dict) else list(range(len(inside)))))
    inside[key] = data.draw(VALUES)
    try:
        load_plan(document, policies=OWN)
    except PlanError:
        return
    VALIDATOR.validate(document)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"name": "pro"},
        {**PRO, "format": "x"},
        {**PRO, "prize": 5},
        {**PRO, "price": 5},
        {**PRO, "price": "5 USD"},
        {**PRO, "period": "month"},
        {**PRO, "period": {"schedule": "hours", "n": 0}},
        {**PRO, "allowances": [{}]},
        {**PRO, "allowances": [{"amount": 1, "given": "soon"}]},
        {**PRO, "allowances": [{"amount": 1.5}]},
        {**PRO, "limits": [{"name": "x", "window": "P1M"}]},
        {**PRO, "on_cancel": {"when": "now", "forfeit": ["a", "a"]}},
        {"format": "tokenpurse-catalogue-1"},
        {"format": "tokenpurse-catalogue-1", "plans": [{}]},
        {"format": "tokenpurse-catalogue-1", "plans": [], "name": "x"},
        [],
        5,
    ],
    ids=str,
)
def test_the_schema_finds_what_is_wrong(document: Any) -> None:
    """It is no schema that everything fits."""
    assert not VALIDATOR.is_valid(document)
