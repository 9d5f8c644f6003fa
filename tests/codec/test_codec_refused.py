"""What no document of a plan may have, and no plan that is written: refused by part, field and value."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import attrs
import pytest

from tests.support.documents import KNOWN, OWN, LargestFirst
from tokenpurse import Catalogue, Limit, Offer, OnDebt, Plan, Switch
from tokenpurse.codec import dump_catalogue, dump_plan, load_catalogue, load_plan
from tokenpurse.codec.plans import PLANS_MAX
from tokenpurse.codec.texts import TEXT_MAX
from tokenpurse.errors import PlanError

HEAD = {"format": "tokenpurse-plan-1", "name": "pro"}
ONE = {"name": "x"}
REFUSED: list[tuple[dict[Any, Any], str]] = [
    ({"format": None}, "Plan: format is None, it must be tokenpurse-plan-1"),
    ({"format": ["tokenpurse-plan-1"]}, r"Plan: format is \['tokenpurse-plan-1'\], it must be tokenpurse-plan-1"),
    ({"format": "tokenpurse-catalogue-1"}, "it must be tokenpurse-plan-1"),
    ({"name": None}, "Plan: name is None, it must be a string"),
    ({"name": "a\n"}, "a name is 1 to 64 characters"),
    ({"name": "x" * 70}, "a name is 1 to 64 characters"),
    ({"prize": 5}, "Plan 'pro': prize is 5, there is no such field; Plan has name, revision, allowances"),
    ({5: 5}, "Plan 'pro': 5 is 5, there is no such field"),
    ({"x" * 5_000: 5}, r"Plan 'pro': 'xxxx.*\.\.\. is 5, there is no such field"),
    ({"revision": True}, "Plan 'pro': revision is True, it must be a whole number"),
    ({"revision": 1.0}, "revision is 1.0, it must be a whole number"),
    ({"revision": "1"}, "revision is '1', it must be a whole number"),
    ({"rank": -1}, "Plan 'pro': rank is -1, it must be a whole number of at least 0"),
    ({"rank": 10**5_000}, "rank is an integer of 16,610 bits"),
    ({"once": 1}, "once is 1, it must be true or false"),
    ({"price": 20}, "Plan 'pro': price is 20, it must be a decimal number in quotes, such as '0.60' or null"),
    ({"price": 0.5}, "price is 0.5, it must be a decimal number in quotes"),
    ({"price": "1e5"}, "it must be a decimal number in quotes"),
    ({"price": "NaN"}, "it must be a decimal number in quotes"),
    ({"price": "9" * 61}, "it must be a decimal number in quotes"),
    ({"price": "0.001"}, "Plan 'pro': price is '0.001', USD is paid in 2 places"),
    ({"allowances": {}}, "allowances is {}, it must be a list of at most 1,000"),
    ({"allowances": [{"amount": 1}] * 1_001}, "it must be a list of at most 1,000"),
    ({"allowances": [5]}, r"Plan 'pro': allowances\[0\] is 5, it must be an object with the fields of Allowance"),
    ({"allowances": [{}]}, r"Plan 'pro', allowances\[0\]: amount is None, it must be given: a whole number or a"),
    ({"allowances": [{"amount": 1.0}]}, r"allowances\[0\]: amount is 1.0, it must be a whole number or a decimal"),
    ({"allowances": [{"amount": "1"}]}, r"allowances\[0\]: amount is '1', it must be a whole number$"),
    ({"allowances": [{"amount": 1, "unit": "USD"}]}, r"must be a decimal number in quotes, such as '1'$"),
    ({"allowances": [{"amount": 1, "given": "soon"}]}, "given is 'soon', it must be one of at_once, on_payment"),
    ({"allowances": [{"amount": 1, "unit": {"name": "x", "kept": 99}}]}, r"allowances\[0\], unit: kept is 99, places"),
    ({"limits": [{**ONE, "amount": {"base": "x"}}]}, r", amount: base is 'x', it must be one of allowance, limit"),
    ({"limits": [{**ONE, "amount": {"base": "allowance", "times": 1.5}}]}, "times is 1.5, it must be a whole"),
    ({"limits": [{**ONE, "setters": "x"}]}, r"limits\[0\]: setters is 'x', it must be a list of at most 1,000 names"),
    ({"limits": [{**ONE, "setters": ["a", "a"]}]}, r"setters\[1\] is 'a', it is there twice"),
    ({"limits": [{**ONE, "setters": [[]]}]}, r"setters\[0\] is \[\], it must be a string"),
    ({"limits": [{**ONE, "setters": ["a"] * 1_001}]}, "it must be a list of at most 1,000 names"),
    ({"limits": [{**ONE, "window": "P999D"}]}, "window is 'P999D', it must be a length of time of more than nothing"),
    ({"limits": [{**ONE, "window": "P999999999W"}]}, "window is 'P999999999W', that is longer than any time there is"),
    ({"limits": [ONE, ONE]}, "Plan 'pro': limits is 'x', the name is there twice"),
    ({"period": "month"}, "Plan 'pro': period is 'month', it must be a schedule, such as 'subscription_month'"),
    ({"period": "hours"}, "period is 'hours', it must be a schedule"),
    ({"period": {"schedule": []}}, "it must be a schedule"),
    ({"period": {"schedule": "hours"}}, "Plan 'pro', period: n is None, it must be given: how many of hours"),
    ({"period": {"schedule": "hours", "n": 2.0}}, "Plan 'pro', period: n is 2.0, it must be a whole number"),
    ({"period": {"schedule": "hours", "n": 0}}, "Plan 'pro', period: n is 0, it must be a whole number from 1"),
    ({"period": {"schedule": "once", "n": 1}}, "Plan 'pro', period: n is 1, once takes nothing beside its name"),
    ({"period": {"schedule": "calendar_week", "weekday": "mon"}}, "weekday is 'mon', it must be one of monday"),
    ({"period": {"schedule": "calendar_day", "zone": "Mars/X"}}, "period: zone is 'Mars/X', it must be a time zone"),
    ({"draw": 5}, "draw is 5, it must be a draw policy"),
    ({"draw": "by_kind"}, "draw is 'by_kind', it must be one of .*soonest_expiring$"),
    ({"draw": {"policy": "by_kind"}}, "Plan 'pro', draw: kinds is None, it must be a list"),
    ({"draw": {"policy": "by_kind", "kinds": []}}, r"Plan 'pro', draw: kinds is \(\), it must be kinds one by one"),
    ({"draw": {"policy": "by_kind", "kinds": [5]}}, r"Plan 'pro', draw: kinds\[0\] is 5, it must be a string"),
    ({"draw": {"policy": "by_kind", "kinds": ["a"], "x": 5}}, "Plan 'pro', draw: x is 5, by_kind takes kinds"),
    ({"draw": {"policy": "evenly", "ties": "evenly"}}, "Plan 'pro', draw: ties is 'evenly', it must be one of DEFAULT"),
    ({"draw": {"policy": "evenly", "ties": "largest"}}, "draw is .*, it must be an order"),
    ({"draw": {"policy": "evenly", "kinds": []}}, r"draw: kinds is \[\], evenly takes ties beside its name"),
    ({"draw": []}, r"draw is \[\], it must be a list of 1 to 1,000 orders"),
    ({"draw": ["by_priority"] * 1_001}, "it must be a list of 1 to 1,000 orders"),
    ({"draw": ["by_priority", "largest"]}, r"draw\[1\] is 'largest', it must be an order"),
    ({"draw": ["DEFAULT", "by_priority"]}, "the default order leaves no ties"),
    ({"draw": [["by_priority"]]}, r"draw\[0\] is \['by_priority'\], it must be the name of an order"),
    ({"draw": {"policy": "by_priority"}}, "draw is .*, it must be the name of an order"),
    ({"on_cancel": {}}, "Plan 'pro', on_cancel: when is None, it must be given: one of now, period_end"),
    ({"on_cancel": {"when": "now", "trim": {"Q": 5}}}, "Plan 'pro', on_cancel: trim is 'Q', it must be a kind"),
    ({"on_cancel": {"when": "now", "trim": {5: 5}}}, "Plan 'pro', on_cancel: trim is 5, it must be a string"),
    ({"on_cancel": {"when": "now", "trim": []}}, "trim is \\[\\], it must be an object of at most 1,000"),
    ({"on_cancel": {"when": "now", "trim": {"promo": None}}}, r"trim\['promo'\] is None, it must be a whole number or"),
    ({"on_cancel": {"when": "now", "trim": {f"k{n}": 1 for n in range(1_001)}}}, "an object of at most 1,000"),
    ({"on_debt": "eat"}, "on_debt is 'eat', it must be one of carry, forgive, bill or a list"),
    # what only the plan as a whole can find
    ({"rollovers": [{}]}, "Plan 'pro', Rollover: unit is 'tokens', no allowance of this plan grants it"),
    ({"offers": [{**ONE, "price": "1", "maximum": 0}]}, "Plan 'pro', Offer 'x': maximum is 0"),
    ({"price": "20", "offers": [{**ONE, "price": "0.0000001"}]}, r"Offer 'x': price is '0.0000001', USD is kept"),
    ({"cancels_to": "pro"}, "Plan 'pro': cancels_to is 'pro', a plan does not lead to itself"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_what_is_wrong_is_refused_with_its_place(fields: dict[Any, Any], message: str) -> None:
    """By part, field and value, and with what would be right."""
    with pytest.raises(PlanError, match=message):
        load_plan({**HEAD, **fields}, policies=OWN)


@pytest.mark.parametrize("document", [None, 5, True, 0.5, [], (), b"{}", Plan("pro"), "", "{", "[]", "null", "'x'"])
def test_what_is_no_object_is_refused(document: Any) -> None:
    """Of neither sort of document."""
    for load in (load_plan, load_catalogue):
        with pytest.raises(PlanError, match=r"(Plan|Catalogue): document is .*, it must be (an object|JSON)"):
            load(document)


def test_text_is_read_more_strictly_than_json_does() -> None:
    """A key twice, numbers without a bound and bottomless nesting are an error; `json.loads` takes the first two."""
    inner = '"allowances": [{"amount": 1, "amount": 5}]'
    for text, message in (
        (
            f'{{"format": "tokenpurse-plan-1", "name": "pro", {inner}}}',
            "document is 5, the key 'amount' is there twice",
        ),
        ('{"a": ' + "9" * 4_000 + "}", "a number has at most 40 digits"),
        ('{"a": NaN}', "format is None"),
        ("[" * 200_000, "it must not be nested that deep"),
        ("[" + " " * TEXT_MAX, "a text has at most 10,000,000 characters"),
    ):
        with pytest.raises(PlanError, match=message):
            load_plan(text)


def test_a_document_is_not_changed_by_reading_it() -> None:
    """The caller's object stays as it was."""
    document = dump_plan(KNOWN[0])
    before = json.dumps(document)
    load_plan(document)
    assert before == json.dumps(document)


@attrs.frozen
class Bargain(Offer):
    """A part that says more than the library knows."""

    was: Decimal = attrs.field(default=Decimal(9), kw_only=True)


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (None, "Plan: document is None, it cannot be written: in a document it must be an object"),
        ("pro", "it cannot be written"),
        (Catalogue([Plan("pro")]), "it cannot be written"),
        (Plan("pro", offers=[Bargain("x", price=Decimal(1))]), r"Plan 'pro': offers\[0\] is .* an object"),
        (Plan("pro", limits=[Limit(f"{n}", per="m") for n in range(1_001)]), "limits is .*a list of at most 1,000"),
        (Plan("pro", usable={f"{n}" for n in range(1_001)}), "usable is .*a list of at most 1,000 names"),
        (Plan("pro", on_debt=OnDebt("carry", per=True)), "Plan 'pro', on_debt: per is True, .* a whole number"),
        (Plan("pro", on_upgrade=Switch(when="now", trim={f"k{n}": 1 for n in range(1_001)})), "trim is .* 1,000"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_refused(plan: Any, message: str) -> None:
    """A subclass may mean more than its fields, and what is too long could not be read again."""
    with pytest.raises(PlanError, match=message):
        dump_plan(plan)


# --- catalogues ---


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"format": "tokenpurse-plan-1"},
            "Catalogue: format is .*, it must be tokenpurse-catalogue-1",
        ),
        ({"x": 5}, "Catalogue: x is 5, there is no such field; it has format, plans"),
        ({"plans": None}, "Catalogue: plans is None, it must be a list of at most 10,000 plans"),
        ({"plans": [ONE] * (PLANS_MAX + 1)}, "it must be a list of at most 10,000 plans"),
        ({"plans": [5]}, r"plans\[0\], Plan: document is 5, it must be an object with the fields of Plan"),
        ({"plans": [ONE, {"name": 5}]}, r"plans\[1\], Plan 5: name is 5, it must be a string"),
        ({"plans": [{**ONE, "rank": "1"}]}, r"plans\[0\], Plan 'x': rank is '1', it must be a whole number"),
        ({"plans": [{**ONE, "format": "x"}]}, r"plans\[0\]: format is 'x', it must be tokenpurse-plan-1"),
        ({"plans": [ONE, ONE]}, "Plan 'x': revision is 1, it is in the catalogue already"),
        ({"plans": [{**ONE, "cancels_to": "y"}]}, "Plan 'x': cancels_to is 'y', it is not in the catalogue"),
        ({"plans": [{**ONE, "rollovers": [{}]}]}, r"plans\[0\], Plan 'x', Rollover: unit is 'tokens', no allowance"),
    ],
)
def test_a_wrong_catalogue_is_refused_with_the_place(fields: dict[str, Any], message: str) -> None:
    """Which plan it is stands first; what only a `Catalogue` can find, it finds."""
    with pytest.raises(PlanError, match=message):
        load_catalogue({"format": "tokenpurse-catalogue-1", "plans": [], **fields})


@pytest.mark.parametrize("catalogue", [None, Plan("pro"), [Plan("pro")]])
def test_only_a_catalogue_is_written_as_one(catalogue: Any) -> None:
    """A plan has a document of its own."""
    with pytest.raises(PlanError, match="it must be a Catalogue of at most 10,000 plans"):
        dump_catalogue(catalogue)


def test_a_plan_of_a_catalogue_that_cannot_be_written_is_named() -> None:
    """By its place as well."""
    with pytest.raises(PlanError, match=r"plans\[1\], Plan 'own': draw is"):
        dump_catalogue(Catalogue([Plan("pro"), Plan("own", draw=LargestFirst())]))


def test_a_catalogue_that_could_not_be_read_again_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is the same in both directions."""
    monkeypatch.setattr("tokenpurse.codec.plans.PLANS_MAX", 2)
    two = [Plan("a"), Plan("b")]
    assert len(dump_catalogue(Catalogue(two))["plans"]) == 2
    with pytest.raises(PlanError, match="it must be a Catalogue of at most 2 plans"):
        dump_catalogue(Catalogue([*two, Plan("c")]))
