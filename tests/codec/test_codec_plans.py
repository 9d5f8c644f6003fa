"""Plans as JSON: how each value is written, what is read besides, and what is refused, with words that help."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.documents import KNOWN, OWN, LargestFirst, cheapest
from tokenpurse import (
    Allowance,
    AutoTopUp,
    Bound,
    Catalogue,
    Limit,
    Offer,
    OnDebt,
    Plan,
    Price,
    Rollover,
    Switch,
    periods,
    policies,
)
from tokenpurse.codec import dump_catalogue, dump_plan, load_catalogue, load_plan
from tokenpurse.errors import PlanError
from tokenpurse.units import Unit

HEAD = {"format": "tokenpurse-plan-1", "name": "pro"}
CHEAPEST = OWN["cheapest"]
UNNAMED = policies.order_by("own", cheapest)
EXTRA = Offer("extra", price=Decimal(5), unit="tokens")


def document_of(**fields: Any) -> dict[str, Any]:
    """Write the plan that has these fields, without what all documents have."""
    document = dump_plan(Plan("pro", **fields), policies=OWN)
    return {name: value for name, value in document.items() if HEAD.get(name) != value}


def test_a_plan_reads_like_what_it_says() -> None:
    """Fields in the order of the class; what is as it would be anyway is left out."""
    plan = Plan(
        "pro",
        allowances=[Allowance(8_500), Allowance(Decimal("5.00"), "USD", kind="promo")],
        rollovers=[Rollover(bank_max=Bound("allowance", 3))],
        offers=[Offer("tokens", price=Decimal("5.00"), per=2_000_000, buyers={"owner", "admin"})],
        draw=policies.by_kind("rollover", "quota"),
        period=periods.subscription_month(),
        cancels_to="free",
        on_cancel=Switch(when="period_end", forfeit={"rollover"}),
    )
    assert dump_plan(plan) == {
        "format": "tokenpurse-plan-1",
        "name": "pro",
        "allowances": [{"amount": 8_500}, {"amount": "5", "unit": "USD", "kind": "promo"}],
        "rollovers": [{"bank_max": {"base": "allowance", "times": 3}}],
        "offers": [{"name": "tokens", "price": "5", "per": 2_000_000, "buyers": ["admin", "owner"]}],
        "draw": {"policy": "by_kind", "kinds": ["rollover", "quota"]},
        "period": "subscription_month",
        "cancels_to": "free",
        "on_cancel": {"when": "period_end", "forfeit": ["rollover"]},
    }


@pytest.mark.parametrize("plan", KNOWN, ids=lambda plan: plan.name)
def test_a_known_plan_comes_back(plan: Plan) -> None:
    """Those of the examples and of the laws, and a rich one; through JSON and back."""
    text = json.dumps(dump_plan(plan, policies=OWN))
    assert plan == load_plan(text, policies=OWN)
    assert dump_plan(load_plan(text, policies=OWN), policies=OWN) == dump_plan(plan, policies=OWN)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        # money and other decimals: as strings, without zeros at the end, and never with an exponent
        ({"price": Decimal("20.00")}, {"price": "20"}),
        ({"price": Decimal("0.50")}, {"price": "0.5"}),
        ({"price": Decimal("1E+3")}, {"price": "1000"}),
        ({"price": Decimal("-0.00")}, {"price": "0"}),
        ({"price": Decimal("0E+7")}, {"price": "0"}),
        ({"price": Decimal("0.01" + "0" * 90)}, {"price": "0.01"}),
        ({"prices": [Price("x", Decimal("1E-6"))]}, {"prices": [{"meter": "x", "cost": "0.000001"}]}),
        # multiples: 3 and Decimal(3) are the same
        ({"limits": [Limit("x", Bound("allowance"))]}, {"base": "allowance"}),
        ({"limits": [Limit("x", Bound("allowance", Decimal("1.0")))]}, {"base": "allowance"}),
        ({"limits": [Limit("x", Bound("allowance", 3))]}, {"base": "allowance", "times": 3}),
        ({"limits": [Limit("x", Bound("allowance", Decimal("3.00")))]}, {"base": "allowance", "times": 3}),
        ({"limits": [Limit("x", Bound("allowance", Decimal("0.2")))]}, {"base": "allowance", "times": "0.2"}),
        ({"limits": [Limit("x", Bound("allowance", 2**60))]}, {"base": "allowance", "times": f"{2**60}"}),
        ({"limits": [Limit("x", Bound("allowance", Decimal("1E+30")))]}, {"base": "allowance", "times": f"{10**30}"}),
        # units: by name, or in full where the plan does
        ({"units": [Unit.meter("gpu", shown=2)]}, {"units": [{"name": "gpu", "shown": 2}]}),
        ({"currency": "EUR"}, {"currency": "EUR"}),
        ({"currency": Unit.money("CRD", kept=4)}, {"currency": {"name": "CRD", "kept": 4, "paid": 2}}),
        # sets are sorted; none is not the same as not saying
        ({"usable": {"top_up", "quota", "credit"}}, {"usable": ["credit", "quota", "top_up"]}),
        ({"usable": ()}, {"usable": []}),
        ({"upgrades_to": ["b", "a"]}, {"upgrades_to": ["a", "b"]}),
        # what has a default that is not null
        ({"offers": [EXTRA], "auto_top_up": AutoTopUp("extra", attempts=None)}, {"offer": "extra", "attempts": None}),
        ({"on_upgrade": Switch(when="now", trim={"top_up": 5, "credit": Decimal("2.0")})},
         {"on_upgrade": {"when": "now", "trim": {"credit": "2", "top_up": 5}}}),
        ({"on_debt": "forgive"}, {"on_debt": "forgive"}),
        ({"on_debt": OnDebt("forgive")}, {"on_debt": {"does": "forgive"}}),
        ({"on_debt": [OnDebt("forgive")]}, {"on_debt": [{"does": "forgive"}]}),
    ],
)  # fmt: skip
def test_each_value_is_written_in_one_way(fields: dict[str, Any], expected: Any) -> None:
    """Where the case is about a value deep inside, only that is shown."""
    allowances = {"allowances": [Allowance(10)]} if "limits" in fields else {}
    found = document_of(**fields, **allowances)
    if "limits" in fields:
        found = found["limits"][0]["amount"]
    assert expected == found.get("auto_top_up", found)


LENGTHS = {
    "PT0S": timedelta(),
    "P7D": timedelta(days=7),
    "PT5H": timedelta(hours=5),
    "PT40M": timedelta(minutes=40),
    "PT1S": timedelta(seconds=1),
    "PT0.000001S": timedelta(microseconds=1),
    "PT1.5S": timedelta(milliseconds=1_500),
    "P1DT12H": timedelta(hours=36),
    "P3DT4H5M6.07S": timedelta(days=3, hours=4, minutes=5, seconds=6, milliseconds=70),
}


@pytest.mark.parametrize(("text", "length"), LENGTHS.items(), ids=str)
def test_a_length_of_time_is_written_as_iso_8601_does(text: str, length: timedelta) -> None:
    """Days, hours, minutes and seconds; nothing that is none of it."""
    document = document_of(offers=[EXTRA], auto_top_up=AutoTopUp("extra", cool_down=length))
    assert document["auto_top_up"] == {"offer": "extra", "cool_down": text}


@pytest.mark.parametrize(
    ("text", "length"),
    [("P2W", timedelta(days=14)), ("PT36H", timedelta(hours=36)), ("P01DT00H", timedelta(days=1)), *LENGTHS.items()],
)
def test_a_length_of_time_is_read_in_other_spellings_too(text: str, length: timedelta) -> None:
    """As people write them by hand."""
    offer = {"name": "extra", "price": "5"}
    plan = load_plan({**HEAD, "offers": [offer], "auto_top_up": {"offer": "extra", "cool_down": text}})
    assert plan.auto_top_up is not None
    assert length == plan.auto_top_up.cool_down


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1DT", "P1M", "P1Y", "-P1D", "P-1D", "P1W1D", "PT1.5H", "PT1.0000001S", "7 days", "P1D\n", "P٣D"],
)
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    """A month and a year have none; a part that is cut off would be a guess."""
    with pytest.raises(PlanError, match="it must be a length of time, such as 'P7D'") as caught:
        load_plan({**HEAD, "limits": [{"name": "x", "window": text}]})
    assert ("Plan 'pro', limits[0]", "window", text) == (caught.value.part, caught.value.field, caught.value.value)


# --- schedules and policies ---


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (periods.subscription_month(), "subscription_month"),
        (periods.once(), "once"),
        (periods.calendar_week(), "calendar_week"),
        (periods.calendar_weeks(1), "calendar_week"),
        (periods.hours(1), {"schedule": "hours", "n": 1}),
        (periods.calendar_months(3), {"schedule": "calendar_months", "n": 3}),
        (periods.calendar_week("sunday"), {"schedule": "calendar_week", "weekday": "sunday"}),
        (periods.subscription_day(zone="Asia/Tokyo"), {"schedule": "subscription_day", "zone": "Asia/Tokyo"}),
        (
            periods.calendar_weeks(2, "friday", zone="UTC"),
            {"schedule": "calendar_weeks", "n": 2, "weekday": "friday", "zone": "UTC"},
        ),
    ],
    ids=str,
)
def test_a_schedule_is_written_by_its_name(period: periods.Schedule, expected: Any) -> None:
    """The name is that of the function that makes it, and what it takes stands beside."""
    assert document_of(period=period) == {"period": expected}
    assert period == load_plan({**HEAD, "period": expected}).period


@pytest.mark.parametrize("name", periods.factories.__all__)
def test_every_schedule_can_be_written(name: str) -> None:
    """Each function that makes one."""
    make = getattr(periods, name)
    plan = Plan("pro", period=make(3) if name.endswith("s") else make())
    assert plan == load_plan(dump_plan(plan))


DRAWS: list[tuple[Any, Any]] = [
    (policies.by_priority, "by_priority"),
    (policies.evenly(), "evenly"),
    (policies.evenly(policies.oldest_first), {"policy": "evenly", "ties": "oldest_first"}),
    (policies.by_kind("promo", "odd"), {"policy": "by_kind", "kinds": ["promo", "odd"]}),
    (policies.by_priority.then(policies.oldest_first), ["by_priority", "oldest_first"]),
    (policies.by_kind("x").then(OWN["cheapest"]), [{"policy": "by_kind", "kinds": ["x"]}, "cheapest"]),
    (policies.evenly(OWN["cheapest"]), {"policy": "evenly", "ties": "cheapest"}),
    (OWN["cheapest"], "cheapest"),
    (LargestFirst(), "largest"),
]


@pytest.mark.parametrize(("draw", "expected"), DRAWS, ids=str)
def test_a_policy_is_written_by_its_name(draw: Any, expected: Any) -> None:
    """The library's own by its own, a host's by the one that the host registered."""
    assert document_of(draw=draw) == {"draw": expected}
    assert draw == load_plan({**HEAD, "draw": expected}, policies=OWN).draw


@pytest.mark.parametrize(
    ("written", "draw"),
    [
        ("DEFAULT", policies.DEFAULT),
        (["by_priority"], policies.by_priority),
        (["by_priority", "DEFAULT"], policies.by_priority),
        ({"policy": "evenly"}, policies.evenly()),
        ({"policy": "evenly", "ties": ["cheapest", "DEFAULT"]}, policies.evenly(CHEAPEST)),
    ],
    ids=str,
)  # fmt: skip
def test_a_policy_is_read_in_other_spellings_too(written: Any, draw: Any) -> None:
    """As people write them by hand."""
    assert draw == load_plan({**HEAD, "draw": written}, policies=OWN).draw


def test_of_two_names_the_first_of_the_alphabet_is_written() -> None:
    """In whatever order they were registered: equal plans have equal documents."""
    names = {"b": LargestFirst(), "a": LargestFirst()}
    assert dump_plan(Plan("pro", draw=LargestFirst()), policies=names)["draw"] == "a"


def test_the_whole_of_an_order_may_have_a_name() -> None:
    """Where a host has registered it, and not its keys one by one."""
    order = policies.by_priority.then(policies.order_by("own", cheapest))
    document = dump_plan(Plan("pro", draw=order), policies={"house": order})
    assert document["draw"] == "house"
    assert order == load_plan(document, policies={"house": order}).draw


@pytest.mark.parametrize(
    "draw", [LargestFirst("promo"), UNNAMED, UNNAMED.then(policies.by_priority), policies.evenly(UNNAMED)], ids=str
)
def test_an_own_policy_without_a_name_is_not_written(draw: Any) -> None:
    """The error says how it gets one; a policy that only looks like a registered one is another."""
    with pytest.raises(PlanError, match=r"Plan 'pro': draw is .*: policies=\{'a_name': \.\.\.\}"):
        dump_plan(Plan("pro", draw=draw), policies={"largest": LargestFirst()})


def test_an_own_policy_that_is_not_registered_is_not_read() -> None:
    """The error says how."""
    with pytest.raises(PlanError, match=r"draw is 'largest', it must be one of .*policies=\{'largest': \.\.\.\}"):
        load_plan({**HEAD, "draw": "largest"})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([("a", LargestFirst())], "policies: document is .*, it must be a mapping"),
        ({"evenly": LargestFirst()}, "policies: name is 'evenly', it is the name of a policy that the library brings"),
        ({"order_by": LargestFirst()}, "it is the name of"),
        ({"": LargestFirst()}, "policies: name is '', a name is 1 to 64 characters"),
        ({5: LargestFirst()}, "policies: name is 5, a name is"),
        ({"a": "evenly"}, "policies: a is 'evenly', it must be a draw policy"),
        ({"a": LargestFirst}, "it must be a draw policy"),
    ],
)
def test_what_cannot_be_registered_is_refused(given: Any, message: str) -> None:
    """Whichever way a document goes."""
    for call in (
        lambda: dump_plan(Plan("pro"), policies=given),
        lambda: load_plan(HEAD, policies=given),
        lambda: dump_catalogue(Catalogue([Plan("pro")]), policies=given),
        lambda: load_catalogue({"format": "tokenpurse-catalogue-1", "plans": []}, policies=given),
    ):
        with pytest.raises(PlanError, match=message):
            call()


# --- catalogues ---

SHOP = Catalogue([
    Plan("pro", upgrades_to={"max"}, cancels_to="free"), Plan("max", rank=2), Plan("free"), Plan("max", revision=2),
])  # fmt: skip


def test_a_catalogue_is_all_its_plans() -> None:
    """In their order, with several revisions, and with one mark for them all."""
    assert dump_catalogue(SHOP) == {
        "format": "tokenpurse-catalogue-1",
        "plans": [
            {"name": "pro", "upgrades_to": ["max"], "cancels_to": "free"},
            {"name": "max", "rank": 2},
            {"name": "free"},
            {"name": "max", "revision": 2},
        ],
    }
    assert load_catalogue(dump_catalogue(SHOP)) == SHOP
    assert load_catalogue(json.dumps(dump_catalogue(SHOP))) == SHOP


def test_a_catalogue_may_be_put_together_from_documents_of_plans() -> None:
    """So a table with a row for each plan is a list away."""
    rows = [dump_plan(plan) for plan in SHOP]
    assert load_catalogue({"format": "tokenpurse-catalogue-1", "plans": rows}) == SHOP
