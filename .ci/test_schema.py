"""The published JSON Schemas agree with what is written and read. Run by `.ci/run`, with jsonschema."""

from __future__ import annotations

import copy
import json
import re
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import tests.conftest  # noqa: F401  # hypothesis is told here how to run
from tests.support.documents import KNOWN, OWN, plans
from tests.support.hostile import altered, documents
from tests.support.schema import PUBLISHED, PUBLISHED_WALLETS
from tests.support.snapshots import places, prefixes
from tokenpurse import Plan
from tokenpurse.codec import (
    dump_catalogue,
    dump_entry,
    dump_plan,
    dump_wallet,
    load_entry,
    load_plan,
    load_wallet,
)
from tokenpurse.errors import PlanError, SnapshotError
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
    free = dump_catalogue(Catalogue([Plan("free")]))
    VALIDATOR.validate({**free, "plans": [*free["plans"], dump_plan(plan, policies=OWN)]})


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


# --- wallets and entries ---

WALLETS = json.loads(PUBLISHED_WALLETS.read_text(encoding="utf-8"))
STORED = Draft202012Validator(WALLETS)
STORIES = [(entries.entries[-1], wallets[-2]) for entries, wallets in prefixes()]


def test_the_schema_of_wallets_is_one() -> None:
    """Of the same draft, and all that it leads to is there."""
    Draft202012Validator.check_schema(WALLETS)
    named = set(re.findall(r'"#/\$defs/(\w+)"', json.dumps(WALLETS)))
    assert named == set(WALLETS["$defs"])


@pytest.mark.parametrize("which", range(len(STORIES)))
def test_a_stored_document_is_valid(which: int) -> None:
    """Of wallets, and of every kind of entry: the stories have all."""
    story, wallets = prefixes()[which]
    for wallet in wallets[::9]:
        STORED.validate(dump_wallet(wallet))
    for entry in story.entries:
        STORED.validate(dump_entry(entry))


@given(st.integers(0, len(STORIES) - 1), st.booleans(), st.data())
def test_a_stored_document_that_is_read_is_valid(which: int, whole: bool, data: st.DataObject) -> None:  # noqa: FBT001  # drawn
    """What the schema refuses is refused: it is stricter than the library nowhere."""
    entry, wallet = STORIES[which]
    document = dump_wallet(wallet) if whole else dump_entry(entry)
    inside, key, _ = data.draw(st.sampled_from(list(places(document))))
    inside[key] = data.draw(
        st.sampled_from([None, True, -1, 7, 2**60, f"{2**60}", "x", "PT1S", [], ["x"], {}, {"x": 1}])
    )
    try:
        if whole:
            load_wallet(document, id="acme")
        else:
            load_entry(document, wallet="acme")
    except SnapshotError:
        return
    STORED.validate(document)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), "tokenpurse-wallet-2"),
        (("prize",), 5),
        (("wallet", "prize"), 5),
        (("wallet", "version"), 1.5),
        (("wallet", "version"), 2**53),
        (("wallet", "clock"), "2026-07-01"),
        (("wallet", "tolerance"), 300),
        (("wallet", "buckets"), {}),
        (("wallet", "buckets", 0, "unit"), {"name": "tokens"}),
        (("wallet", "pending"), [{"type": "Wish"}]),
        (("wallet", "period"), None),
    ],
    ids=str,
)
def test_the_schema_of_wallets_finds_what_is_wrong(path: tuple[Any, ...], value: Any) -> None:
    """It is no schema that everything fits."""
    document = dump_wallet(prefixes()[0][1][0])
    holder: Any = document
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    assert not STORED.is_valid(document)


BY_NAME = frozenset(
    [
        "added",
        "bought",
        "counts",
        "counts_next",
        "debts",
        "granted",
        "held",
        "limits",
        "lines",
        "repaid",
        "retired",
        "spent",
        "used",
    ]
)
"""The objects whose keys are names, any number of them."""
STRUCTURAL = re.compile(
    r"it must be (given: every field is|left out: there is no such field|an object|a list of|true or false|one of )"
    r"|there is no such field|must be tokenpurse-"
)
"""What is said of a document whose form is wrong, and not only what stands in it."""


def of_form(document: Any) -> bool | None:
    """Whether it is refused for its form; `None`: it is not refused."""
    try:
        if "wallet" in document:
            load_wallet(document, id="acme")
        else:
            load_entry(document, wallet="acme")
    except SnapshotError as problem:
        return STRUCTURAL.search(str(problem)) is not None and "said" not in problem.path
    return None


@settings(max_examples=40)
@given(st.integers(0, len(documents()) - 1), st.integers(0, 2**32))
def test_schema_and_reader_agree_about_the_form(which: int, seed: int) -> None:
    """Of a document that somebody altered: what is read is valid, and what is refused for its form is not."""
    document = altered(documents()[which], Random(seed))  # noqa: S311  # to be played again
    try:
        plain = json.loads(json.dumps(document)) == document
    except (TypeError, ValueError):
        plain = False  # it is no JSON, of which a schema says nothing
    if plain and (found := of_form(document)) is not False:
        assert STORED.is_valid(document) is (found is None)


@pytest.mark.parametrize("which", range(0, len(documents()), 19))
def test_they_agree_about_a_field_that_is_missing_or_unknown(which: int) -> None:
    """Of objects of every sort, in wallets and in entries of many kinds: of each document some."""
    document = copy.deepcopy(documents()[which])
    inside = [one for one in places(document) if type(one[0]) is dict and BY_NAME.isdisjoint(one[2][-2:-1])]
    for holder, key, path in Random(which).sample(inside, 3):  # noqa: S311  # the same ones each time
        right = holder.pop(key)
        assert (of_form(document), STORED.is_valid(document)) == (True, False), path
        holder[key], holder["prize"] = right, 5
        assert (of_form(document), STORED.is_valid(document)) == (True, False), path
        del holder["prize"]
