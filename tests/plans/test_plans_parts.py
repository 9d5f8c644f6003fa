"""The parts of a plan: what each accepts, and how it says which of its fields makes no sense."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tokenpurse import (
    Alert,
    Allowance,
    AtZero,
    AutoTopUp,
    Bound,
    Limit,
    Offer,
    OnDebt,
    PayAsYouGo,
    Plan,
    Price,
    Renewal,
    Rollover,
    Switch,
    periods,
)
from tokenpurse.errors import PlanError
from tokenpurse.units import Unit

HUGE = 10**5_000
NAMES: list[Any] = ["", "a\n", "ä", "x" * 65, 5, b"x", HUGE, [], object()]
OPTIONAL_NAMES = NAMES
AMOUNTS: list[Any] = [-1, 1.5, True, "5", Decimal(5), Decimal("NaN"), 2**53, HUGE, [], object()]
MONEY: list[Any] = [-1, 5, 1.5, True, "5", Decimal(-1), Decimal("NaN"), Decimal("sNaN"), Decimal("0.0000001")]
MONEY += [Decimal("1E+1000000"), Decimal("Infinity"), []]
POSITIVE: list[Any] = [0, *AMOUNTS]
WHOLES: list[Any] = [-1, 1.5, True, "5", 2**31, HUGE, Decimal(5), None, []]
ROLES: list[Any] = ["admin", 5, {5}, {""}, {"a\n"}, {"admin": 1}, iter(["admin"])]
FLAGS: list[Any] = [1, 0, None, "yes", []]
TIMES: list[Any] = [-1, 1.5, True, "1", Decimal(-1), Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), None]
TIMES += [HUGE, Decimal("1E+1000"), Decimal("1E-1000"), Decimal("1" * 40)]
UNITS: list[Any] = ["", "a b", "x" * 65, 5, b"x", HUGE, [], object()]
BOUNDS: list[Any] = [bad for bad in AMOUNTS if bad is not None]
SPAN: list[Any] = [5, "1 day", timedelta(-1), timedelta(days=401), None]

# Part, the arguments of a good one, and for each field the values that are wrong.
PARTS: list[tuple[type[Any], dict[str, Any], dict[str, list[Any]]]] = [
    (
        Allowance,
        {"amount": 5},
        {
            "amount": AMOUNTS,
            "unit": [*UNITS, None],
            "kind": [*NAMES, None, "rollover", "Two Words", "x" * 33],
            "per": NAMES,
            "priority": WHOLES,
        },
    ),
    (Bound, {"base": "allowance"}, {"base": ["quota", "", 5, None, [], HUGE], "times": TIMES}),
    (
        Offer,
        {"name": "tokens", "price": Decimal(5)},
        {
            "name": [*NAMES, None],
            "kind": [*NAMES, "rollover", "pay_as_you_go"],
            "buyers": ROLES,
            "life": ["year", 5, timedelta(days=1)],
            "self_service": [*FLAGS, False],
            "priority": WHOLES,
        },
    ),
    (Price, {"meter": "video", "cost": 5, "unit": "tokens"}, {"meter": [*UNITS, None]}),
    (
        Limit,
        {"name": "cap"},
        {
            "name": [*NAMES, None],
            "setters": ROLES,
            "every": ["day", 5, timedelta(days=1)],
            "window": [5, "1 day", timedelta(0), timedelta(-1), timedelta(days=400, microseconds=1)],
            "per": ["", "a b", "x" * 129, 5, []],
            "kinds": [*ROLES, set(), (), {"Quota"}, {"top up"}],
            "degrade_to": NAMES,
        },
    ),
    (Limit, {"name": "cap", "every": periods.hours(1)}, {"window": [timedelta(1)]}),
    (AtZero, {"overdraft": 5}, {"degrade_to": NAMES}),
    (
        Alert,
        {"name": "low", "watch": "left", "below": 5},
        {"name": [*NAMES, None], "watch": ["right", "", 5, None, []], "kinds": ROLES, "notify": FLAGS},
    ),
    (
        AutoTopUp,
        {"offer": "tokens"},
        {
            "offer": [*NAMES, None],
            "when": ["above", "", 5, None, []],
            "counts": ROLES,
            "setters": ROLES,
            "cool_down": SPAN,
            "attempts": [*(one for one in WHOLES if one is not None), 0],
            "every": ["month", 5, []],
            "purchases_max": [one for one in WHOLES if one is not None],
            "on_success": [*NAMES, None],
            "on_failure": [*NAMES, None],
            "on_off": [*NAMES, None],
            "on_blocked": [*NAMES, None],
        },
    ),
    (OnDebt, {"does": "bill"}, {"does": ["eat", "", 5, None, []]}),
    (OnDebt, {"does": "forgive"}, {"price": [Decimal(1)]}),
    (
        Renewal,
        {"grace": timedelta(days=3)},
        {
            "grace": [-timedelta(days=1), 3, None],
            "rest": ["gone", "", 5, None, []],
            "on_failure": [*NAMES, None],
            "on_end": [*NAMES, None],
        },
    ),
    (Switch, {"when": "now"}, {"when": ["later", "", 5, None, []], "forfeit": ROLES}),
]

# Fields that only the plan can judge, because the unit is the plan's: a way to build a plan with the field as given.
TOKENS = Allowance(1_000)
IN_PLANS: dict[str, tuple[Any, dict[str, list[Any]]]] = {
    "Offer 'extra'": (
        lambda **given: Plan("p", allowances=[TOKENS], offers=[Offer("extra", **{"price": Decimal(5), **given})]),
        {
            "price": [*MONEY, None],
            "per": POSITIVE,
            "unit": UNITS,
            "pack": POSITIVE,
            "minimum": POSITIVE,
            "maximum": POSITIVE,
            "currency": [*UNITS, "tokens", "usd"],
        },
    ),
    "Price of tokens": (
        lambda **given: Plan("p", allowances=[TOKENS], prices=[Price("tokens", **{"cost": Decimal(1), **given})]),
        {"cost": [*MONEY, None], "per": [*POSITIVE, None], "unit": UNITS, "step": POSITIVE, "minimum": POSITIVE},
    ),
    "PayAsYouGo of tokens": (
        lambda **given: Plan("p", allowances=[TOKENS], pay_as_you_go=[PayAsYouGo(**{"price": Decimal(1), **given})]),
        {
            "price": [*MONEY, None],
            "per": POSITIVE,
            "currency": [*UNITS, "tokens"],
            "step": POSITIVE,
            "minimum": POSITIVE,
            "pack": POSITIVE,
        },
    ),
    "PayAsYouGo": (
        lambda **given: Plan("p", allowances=[TOKENS], pay_as_you_go=[PayAsYouGo(Decimal(1), **given)]),
        {"meter": UNITS},
    ),
    "Limit 'cap'": (
        lambda **given: Plan("p", allowances=[TOKENS], limits=[Limit("cap", **given)]),
        {
            "amount": [*BOUNDS, Bound("limit"), Bound("auto_top_up_threshold"), Bound("allowance", otherwise=-1)],
            "minimum": [*BOUNDS, Bound("limit")],
            "maximum": [*BOUNDS, Bound("limit")],
            "unit": UNITS,
        },
    ),
    "AtZero": (
        lambda **given: Plan("p", allowances=[TOKENS], at_zero=AtZero(**given)),
        {"overdraft": [*BOUNDS, Bound("limit")], "unit": UNITS},
    ),
    "Rollover": (
        lambda **given: Plan("p", allowances=[TOKENS], rollovers=[Rollover(**given)]),
        {"bank_max": [*BOUNDS, Bound("limit")], "unit": [*UNITS, "sms"]},
    ),
    "OnDebt of tokens": (
        lambda **given: Plan(
            "p", allowances=[TOKENS], on_debt=OnDebt("bill", **{"price": Decimal(1), "unit": "tokens", **given})
        ),
        {"price": [5, None, Decimal(-1)], "per": [0, -1, 1.5], "currency": [5, "tokens"]},
    ),
    "AutoTopUp": (
        lambda **given: Plan(
            "p", allowances=[TOKENS], offers=[Offer("pack", price=Decimal(1))], auto_top_up=AutoTopUp("pack", **given)
        ),
        {
            "bought_max": [*BOUNDS, Bound("auto_top_up_purchase")],
            "spend_max": [5, Bound("limit")],
            "threshold_max": [*BOUNDS, Bound("auto_top_up_threshold")],
        },
    ),
    "Alert 'low'": (
        lambda **given: Plan("p", allowances=[TOKENS], alerts=[Alert("low", "left", **{"below": 5, **given})]),
        {"unit": UNITS},
    ),
}


def wrong_parts() -> Iterator[Any]:
    for part, good, fields in PARTS:
        for field, values in fields.items():
            for place, value in enumerate(values):
                yield pytest.param(part, good, field, value, id=f"{part.__name__}-{field}-{place}")


def wrong_in_plans() -> Iterator[Any]:
    for part, (build, fields) in IN_PLANS.items():
        for field, values in fields.items():
            for place, value in enumerate(values):
                yield pytest.param(part, build, field, value, id=f"{part}-{field}-{place}")


def check(error: PlanError, part: str, field: str, value: object) -> None:
    """A plan's error names part and field, and shows the value in a bounded message."""
    assert error.part.startswith(part)
    assert field == error.field
    assert error.value is value or not isinstance(value, int | Decimal | str)
    assert str(error).startswith(f"{error.part}: {field} is ")
    assert len(str(error)) <= 400
    assert str(error).isprintable()


@pytest.mark.parametrize(("part", "good", "field", "value"), list(wrong_parts()))
def test_a_wrong_field_is_an_error_when_the_part_is_built(
    part: type[Any], good: dict[str, Any], field: str, value: object
) -> None:
    """The error names the part, the field and the value."""
    assert part(**good) == part(**good)

    with pytest.raises(PlanError) as caught:
        part(**{**good, field: value})

    expected = "buyers" if (part, field, value) == (Offer, "self_service", False) and value is False else field
    check(caught.value, part.__name__, expected, value if expected == field else None)


@pytest.mark.parametrize(("part", "build", "field", "value"), list(wrong_in_plans()))
def test_a_wrong_field_is_an_error_when_the_plan_is_built(part: str, build: Any, field: str, value: object) -> None:
    """What depends on the plan's units is found when they are known, and said in the same way."""
    assert build()

    with pytest.raises(PlanError) as caught:
        build(**{field: value})

    check(caught.value, part.split(maxsplit=1)[0], field, value)


@pytest.mark.parametrize(
    ("watch", "lines", "wrong"),
    [
        ("left", {}, "below"),
        ("left", {"below": 5, "at_or_below": 4}, "at_or_below"),
        ("left", {"above": 5}, "above"),
        ("left", {"at_or_above": 5}, "at_or_above"),
        ("left", {"below": 5, "above": 4}, "above"),
        ("used", {}, "above"),
        ("used", {"above": 5, "at_or_above": 4}, "at_or_above"),
        ("used", {"below": 5}, "below"),
        ("used", {"at_or_below": 5}, "at_or_below"),
        ("left", {"every": 5}, "every"),
        ("used", {"within": timedelta(1)}, "within"),
        ("used", {"above": 5, "every": 4}, "every"),
        ("expiring", {}, "within"),
        ("expiring", {"below": 5}, "below"),
    ],
)
def test_an_alert_has_exactly_one_line_and_it_lies_where_the_figure_goes(
    watch: str, lines: dict[str, int], wrong: str
) -> None:
    """What is left goes below, what is used goes above; strict or inclusive is never a guess."""
    with pytest.raises(PlanError) as caught:
        Alert("low", watch, **lines)  # type: ignore[arg-type]  # one of each

    assert (caught.value.part, caught.value.field) == ("Alert 'low'", wrong)
    assert caught.value.value == lines.get(wrong)


@pytest.mark.parametrize(
    ("watch", "fields", "field"),
    [
        ("used", {"every": 0}, "every"),
        ("used", {"every": Bound("allowance", 0)}, "every"),
        ("used", {"every": 5, "when": "recovered"}, "when"),
        ("expiring", {"within": timedelta(1), "when": "recovered"}, "when"),
        ("left", {"below": 5, "when": "later"}, "when"),
        ("left", {"below": 5, "when": "recovered", "notify": False}, "notify"),
        ("expiring", {"within": timedelta()}, "within"),
        ("expiring", {"within": timedelta(401)}, "within"),
        ("expiring", {"within": 7}, "within"),
    ],
)
def test_an_alert_says_what_can_be_told(watch: Any, fields: dict[str, Any], field: str) -> None:
    """No multiples of nothing, no recovery of what does not recover, no moment that never comes."""
    with pytest.raises(PlanError) as caught:
        Plan("p", allowances=[Allowance(5)], alerts=[Alert("a", watch, **fields)])

    assert (caught.value.part, caught.value.field) == ("Alert 'a'", field)


def test_an_alert_on_use_has_no_kinds() -> None:
    """Use is use, whoever paid."""
    with pytest.raises(PlanError, match="kinds are for what is left"):
        Alert("hot", "used", above=5, kinds={"quota"})


@pytest.mark.parametrize(
    ("watch", "name", "strict"),
    [("left", "below", True), ("left", "at_or_below", False), ("used", "above", True), ("used", "at_or_above", False)],
)
@pytest.mark.parametrize("line", [0, 5, Bound("allowance", Decimal("0.2"))])
def test_an_alert_knows_its_line_and_whether_it_is_strict(watch: str, name: str, strict: bool, line: Any) -> None:
    """A line of zero is a line."""
    alert = Alert("low", watch, **{name: line})

    assert (line, strict) == (alert.line, alert.strict)


def test_names_given_as_any_collection_are_kept_as_a_set() -> None:
    """Parts are data: what a host does to its list later changes nothing."""
    roles = ["owner", "admin"]
    offer = Offer("x", price=Decimal(1), buyers=roles)
    roles.append("member")

    assert offer.buyers == frozenset({"owner", "admin"})
    assert Offer("x", price=Decimal(1), buyers={"admin", "owner"}) == offer
    assert Switch(when="now", forfeit=("promo",)).forfeit == frozenset({"promo"})
    assert Switch(when="now").forfeit == frozenset()
    assert AutoTopUp("x", counts=[]).counts == frozenset()
    assert AutoTopUp("x").counts is None
    assert Limit("x", setters=[]).setters == frozenset()


@pytest.mark.parametrize("part", [part(**good) for part, good, _ in PARTS], ids=lambda part: type(part).__name__)
def test_a_part_is_frozen(part: Any) -> None:
    """A plan shared by thousands of wallets cannot change under them."""
    field = part.__attrs_attrs__[0].name

    with pytest.raises(AttributeError):
        setattr(part, field, None)


def test_units_may_be_given_instead_of_their_names() -> None:
    """For a unit whose places are not what its name says."""
    credits_ = Unit.money("CREDIT", kept=2, paid=2)
    plan = Plan("p", allowances=[Allowance(Decimal("5.05"), credits_)], offers=[Offer("x", price=Decimal(1))])

    assert credits_ == plan.terms.default
    assert plan.terms.offers["x"].unit == credits_
    with pytest.raises(PlanError, match="amount"):
        Allowance(Decimal("5.055"), credits_)
