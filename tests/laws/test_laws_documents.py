"""What holds for the documents of all plans, and for everything that is no document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.documents import KNOWN, OWN, RICH, plans, respelled
from tokenpurse import Catalogue, Plan
from tokenpurse.codec import dump_catalogue, dump_plan, load_catalogue, load_plan
from tokenpurse.errors import PlanError


def nested(wrap: Any) -> Any:
    value: Any = 5
    for _ in range(50_000):
        value = wrap(value)
    return value


WRONG = [
    *(None, True, 0, -1, 2**53, 10**5_000, 1.5, float("nan"), float("-inf")),
    *("", "x", "\ud800", "x" * 100_000, "9" * 5_000, "1e9", "-1", "P", "P1D", "PT", "P999999999D", "P999999999W", "٣"),
    *([], [[]], [{}], ["x", "x"], [5] * 1_001, {}, {"": None}, {5: 5}, {"x" * 100_000: 5}),
    *({"schedule": []}, {"schedule": "hours"}, {"policy": {}}, {"policy": "evenly", "ties": []}, {"base": "limit"}),
    *((), {5}, b"x", Decimal(1), Decimal("NaN"), datetime(2026, 7, 1, tzinfo=UTC), Plan, RICH),
    *(nested(lambda value: [value]), nested(lambda value: {"ties": value, "policy": "evenly"})),
]
"""Values that no document has there, or that none has anywhere."""


def spots(document: Any) -> Iterator[tuple[Any, Any]]:
    """Give each place in a document, as what it is in and its key there."""
    for key, value in document.items() if isinstance(document, dict) else enumerate(document):
        yield document, key
        if isinstance(value, (dict, list)):
            yield from spots(value)


def dumped(plan: Plan) -> dict[str, Any]:
    return dump_plan(plan, policies=OWN)


def loaded_or_refused(document: Any) -> Plan | None:
    """Load it: nothing but a `PlanError` may come of it, one that names a place and can be read."""
    refusal: PlanError | None = None
    plan: Plan | None = None
    try:
        plan = load_plan(document, policies=OWN)
    except PlanError as error:
        refusal = error
    if refusal is not None:
        assert refusal.part
        assert refusal.field
        assert len(str(refusal)) < 1_000
    assert plan is None or plan == load_plan(dumped(plan), policies=OWN)
    return plan


@given(plans())
def test_a_plan_comes_back_from_its_document(plan: Plan) -> None:
    """What is loaded is the plan that was dumped, also when the document went through JSON and a sorted column."""
    document = dumped(plan)

    assert plan == load_plan(document, policies=OWN)
    assert plan == load_plan(json.dumps(document), policies=OWN)
    assert plan == load_plan(json.loads(json.dumps(document, sort_keys=True)), policies=OWN)
    assert plan.terms == load_plan(document, policies=OWN).terms


@given(plans())
def test_equal_plans_have_equal_documents(plan: Plan) -> None:
    """However a plan is spelled, it is written in one way, in one order of keys."""
    assert plan == respelled(plan)
    assert json.dumps(dumped(plan)) == json.dumps(dumped(respelled(plan)))
    assert json.dumps(dumped(plan)) == json.dumps(dumped(load_plan(dumped(plan), policies=OWN)))


@given(plans(), st.data())
def test_a_document_with_one_wrong_value_is_refused_or_another_plan(plan: Plan, data: st.DataObject) -> None:
    """Whatever stands in a place of a document, nothing but a `PlanError` comes of it."""
    document = dumped(plan)
    inside, key = data.draw(st.sampled_from(list(spots(document))))
    inside[key] = data.draw(st.sampled_from(WRONG))

    loaded_or_refused(document)


@given(plans(), st.data())
def test_a_document_without_a_key_is_refused_or_another_plan(plan: Plan, data: st.DataObject) -> None:
    """A key that is missing is a default, where there is one."""
    document = dumped(plan)
    inside, key = data.draw(st.sampled_from(list(spots(document))))
    del inside[key]

    loaded_or_refused(document)


@given(plans(), st.data())
def test_a_document_with_a_key_too_many_is_refused(plan: Plan, data: st.DataObject) -> None:
    """Nothing that is not known is passed over: it may be a field of a later version, or a slip of the pen."""
    document = dumped(plan)
    objects = [document, *(inside[key] for inside, key in spots(document) if isinstance(inside[key], dict))]
    inside = data.draw(st.sampled_from([one for one in objects if "quota" not in one and "rollover" not in one]))
    inside["prize"] = data.draw(st.sampled_from([5, *WRONG]))

    assert loaded_or_refused(document) is None


@pytest.mark.parametrize("plan", KNOWN, ids=lambda plan: plan.name)
def test_every_type_of_every_value_is_looked_at(plan: Plan) -> None:
    """Each value of each known document is replaced by one of each type; none slips through as what it is not."""
    document = dumped(plan)
    for inside, key in spots(document):
        right = inside[key]
        for wrong in (None, True, 7, 1.5, "seven", ["seven"], {"seven": 7}):
            if type(wrong) is not type(right):
                inside[key] = wrong
                found = loaded_or_refused(document)
                assert found is None or (found != plan and not isinstance(wrong, float))
        inside[key] = right


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(JSON)
def test_what_is_no_document_is_refused(value: Any) -> None:
    """Nothing but a `PlanError` comes of it, whether it is text or was read already."""
    for load in (load_plan, load_catalogue):
        for document in (value, json.dumps(value)):
            with pytest.raises(PlanError):
                load(document)


@given(st.text())
def test_what_is_no_json_is_refused(text: str) -> None:
    """Text of which `json` makes nothing, and a bit of it."""
    for document in (text, f'{{"format": "tokenpurse-plan-1", "rank": {text}x'):
        with pytest.raises(PlanError):
            load_plan(document)


@given(st.lists(plans(), max_size=4, unique_by=lambda plan: (plan.name, plan.revision)))
def test_a_catalogue_comes_back_from_its_document(chosen: list[Plan]) -> None:
    """All its plans, in its order; what cannot be a catalogue is refused as a catalogue refuses it."""
    document = {"format": "tokenpurse-catalogue-1", "plans": [dumped(plan) for plan in chosen]}
    try:
        catalogue = Catalogue(chosen)
    except PlanError as error:
        with pytest.raises(PlanError, match=re.escape(f"{error}")):
            load_catalogue(document, policies=OWN)
    else:
        assert catalogue == load_catalogue(document, policies=OWN)
        assert catalogue == load_catalogue(json.dumps(dump_catalogue(catalogue, policies=OWN)), policies=OWN)
