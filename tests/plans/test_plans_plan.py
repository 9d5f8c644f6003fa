"""A plan as a whole: what its parts say together, and which of them contradict each other."""

from __future__ import annotations

import copy
import pickle
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
    Rollover,
    Switch,
    periods,
)
from tokenpurse.errors import AmountError, OutOfBounds, PlanError, UnknownNameError
from tokenpurse.units import Unit, as_unit

HUGE = 10**5_000
TOKENS = Allowance(1_000)
EXTRA = Offer("extra", price=Decimal(5), per=1_000)
CASH = Offer("cash", unit="USD", price=Decimal(1))
FIELDS: dict[str, list[Any]] = {
    "name": ["", "a\n", "x" * 65, 5, None, HUGE, []],
    "revision": [0, -1, 1.0, True, "1", None, 2**31, HUGE],
    "rank": [-1, 1.0, True, "1", None, 2**31],
    "allowances": [TOKENS, None, 5, "x", [5], {TOKENS: 1}, [Rollover()]],
    "rollovers": [Rollover(), [TOKENS]],
    "offers": [EXTRA, [TOKENS]],
    "prices": [Price("x", 1, unit="tokens"), [TOKENS]],
    "pay_as_you_go": [PayAsYouGo(Decimal(1)), [TOKENS]],
    "limits": [Limit("x"), [TOKENS]],
    "alerts": [Alert("x", "left", below=1), [TOKENS]],
    "units": ["tokens", ["tokens"], [Unit("a"), Unit("a")], [Unit("a"), Unit("a", shown=2)]],
    "auto_top_up": [5, "extra", EXTRA],
    "at_zero": [5, "slow", EXTRA],
    "on_debt": [5, "eat", "", None, [TOKENS], ["forgive"], "bill"],
    "draw": [5, "quota", None, object, lambda rows, amount: rows],  # noqa: ARG005
    "usable": ["quota", 5, {5}, {"a\n"}],
    "period": [5, "month", None],
    "upgrades_to": ["more", 5, {5}],
    "cancels_to": ["", 5, [], "a\n"],
    "currency": [5, "", "tokens", None],
    "on_upgrade": ["now", None, 5],
    "on_downgrade": ["now", None, 5],
    "on_cancel": ["now", None, 5],
}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param(field, value, id=f"{field}-{place}")
        for field, values in FIELDS.items()
        for place, value in enumerate(values)
        if (field, value) != ("currency", None)
    ],
)
def test_a_wrong_field_is_an_error_that_names_the_plan(field: str, value: Any) -> None:
    """When the plan is built, not when a customer first gets there."""
    with pytest.raises(PlanError) as caught:
        Plan(**{"name": "pro", "allowances": [TOKENS], field: value})

    assert field == caught.value.field
    assert caught.value.part == ("Plan" if field == "name" else "Plan 'pro'")
    assert len(str(caught.value)) <= 400


SMS = Allowance(10, "sms")
# What contradicts what: the plan's fields, then part, field and value of the error.
CONTRADICTIONS: dict[str, tuple[dict[str, Any], str, str, Any]] = {
    "it leads to itself": ({"cancels_to": "pro"}, "Plan 'pro'", "cancels_to", "pro"),
    "it is its own upgrade": ({"upgrades_to": {"pro"}}, "Plan 'pro'", "upgrades_to", "pro"),
    "an allowance twice": ({"allowances": [TOKENS, Allowance(5)]}, "Plan 'pro'", "allowances", "quota of tokens"),
    "an offer twice": ({"offers": [EXTRA, EXTRA]}, "Plan 'pro'", "offers", "extra"),
    "a limit twice": ({"limits": [Limit("a"), Limit("a", unit="sms")]}, "Plan 'pro'", "limits", "a"),
    "two limits of one unit": (
        {"limits": [Limit("a"), Limit("c", every=periods.calendar_day()), Limit("b")]},
        "Plan 'pro'",
        "limits",
        ("a", "b"),
    ),
    "an overdraft of a priced meter": (
        {"prices": [Price("tokens", Decimal(1))], "at_zero": AtZero(overdraft=5)},
        "AtZero",
        "unit",
        "tokens",
    ),
    "an overdraft of a billed meter": (
        {"pay_as_you_go": [PayAsYouGo(Decimal(1))], "at_zero": AtZero(overdraft=5)},
        "AtZero",
        "unit",
        "tokens",
    ),
    "an overdraft of nothing": ({"at_zero": AtZero(overdraft=5, unit="tokenz")}, "AtZero", "unit", "tokenz"),
    "an overdraft of what is not granted": (
        {"offers": [CASH], "at_zero": AtZero(overdraft=Bound("allowance"), unit="USD")},
        "AtZero",
        "overdraft",
        "allowance",
    ),
    "a share of a limit that is not the period's": (
        {"limits": [Limit("a", 5, per="member")], "alerts": [Alert("b", "used", above=Bound("limit"))]},
        "Alert 'b'",
        "above",
        "limit",
    ),
    "an alert twice": (
        {"alerts": [Alert("a", "left", below=1), Alert("a", "used", above=1)]},
        "Plan 'pro'",
        "alerts",
        "a",
    ),
    "a price twice": (
        {"prices": [Price("x", 1, unit="tokens"), Price("x", 2, unit="tokens")]},
        "Plan 'pro'",
        "prices",
        "x",
    ),
    "pay-as-you-go twice": (
        {"pay_as_you_go": [PayAsYouGo(Decimal(1)), PayAsYouGo(Decimal(2), meter="tokens")]},
        "Plan 'pro'",
        "pay_as_you_go",
        "tokens",
    ),
    "a rollover twice": ({"rollovers": [Rollover(), Rollover(unit="tokens")]}, "Plan 'pro'", "rollovers", "tokens"),
    "a rollover of nothing": (
        {"rollovers": [Rollover(unit="sms")], "limits": [Limit("a", unit="sms")]},
        "Rollover",
        "unit",
        "sms",
    ),
    "a price in itself": ({"prices": [Price("tokens", 2, unit="tokens")]}, "Price of tokens", "unit", "tokens"),
    "prices in a circle": (
        {"prices": [Price("a", 1, unit="b"), Price("b", 1, unit="a")]},
        "Price of a",
        "unit",
        "a",
    ),
    "prices that lead into a circle": (
        {"prices": [Price("x", 1, unit="a"), Price("a", 1, unit="b"), Price("b", 1, unit="a")]},
        "Price of x",
        "unit",
        "a",
    ),
    "pay-as-you-go of money": (
        {"pay_as_you_go": [PayAsYouGo(Decimal(1), meter="USD")]},
        "PayAsYouGo of USD",
        "price",
        Decimal(1),
    ),
    "an offer that sells nothing": (
        {"offers": [Offer("a", price=Decimal(1), minimum=5, maximum=4)]},
        "Offer 'a'",
        "maximum",
        4,
    ),
    "an offer without a pack within its bounds": (
        {"offers": [Offer("a", price=Decimal(1), pack=10, minimum=11, maximum=19)]},
        "Offer 'a'",
        "maximum",
        19,
    ),
    "a pack larger than the maximum": (
        {"offers": [Offer("a", price=Decimal(1), pack=10, maximum=9)]},
        "Offer 'a'",
        "maximum",
        9,
    ),
    "a limit whose bounds cross": ({"limits": [Limit("a", minimum=6, maximum=5)]}, "Limit 'a'", "maximum", 5),
    "a limit whose multiples cross": (
        {"limits": [Limit("a", minimum=Bound("allowance", 3), maximum=Bound("allowance", 2))]},
        "Limit 'a'",
        "maximum",
        Bound("allowance", 2),
    ),
    "debt that is said twice": (
        {"on_debt": [OnDebt("forgive"), OnDebt("carry", unit="tokens")]},
        "Plan 'pro'",
        "on_debt",
        "tokens",
    ),
    "billed debt without a price": ({"on_debt": OnDebt("bill")}, "OnDebt of tokens", "price", None),
    "billed debt of what is paid in a meter": (
        {"prices": [Price("talk", 2, unit="tokens")], "on_debt": OnDebt("bill", unit="talk")},
        "OnDebt of talk",
        "price",
        None,
    ),
    "billed money with a price": (
        {"offers": [CASH], "on_debt": OnDebt("bill", unit="USD", price=Decimal(1))},
        "OnDebt of USD",
        "price",
        Decimal(1),
    ),
    "debt of what is never there": ({"on_debt": OnDebt("forgive", unit="smss")}, "OnDebt", "unit", "smss"),
    "auto top-up of no offer": ({"auto_top_up": AutoTopUp("nope")}, "AutoTopUp", "offer", "nope"),
    "auto top-up of what does not count": (
        {"offers": [CASH], "auto_top_up": AutoTopUp("cash", counts={"quota"})},
        "AutoTopUp",
        "counts",
        ("quota",),
    ),
    "auto top-up of what is locked": (
        {"offers": [CASH], "auto_top_up": AutoTopUp("cash"), "usable": {"quota"}},
        "AutoTopUp",
        "offer",
        "cash",
    ),
    "auto top-up whose notice is an alert's": (
        {
            "offers": [CASH],
            "alerts": [Alert("stopped", "left", below=5)],
            "auto_top_up": AutoTopUp("cash", on_blocked="stopped"),
        },
        "AutoTopUp",
        "on_blocked",
        "stopped",
    ),
    "auto top-up that may cost a share of nothing": (
        {"offers": [CASH], "auto_top_up": AutoTopUp("cash", spend_max=Bound("allowance"))},
        "AutoTopUp",
        "spend_max",
        "allowance",
    ),
    "auto top-up without the customer": (
        {
            "offers": [Offer("cash", unit="USD", price=Decimal(1), buyers={"agent"}, self_service=False)],
            "auto_top_up": AutoTopUp("cash"),
        },
        "AutoTopUp",
        "offer",
        "cash",
    ),
    "a share of no allowance": (
        {"alerts": [Alert("a", "left", below=Bound("allowance"), unit="sms")]},
        "Alert 'a'",
        "below",
        "allowance",
    ),
    "an alert on a misspelled meter": (
        {"alerts": [Alert("a", "left", below=5, unit="tokenz")]},
        "Alert 'a'",
        "unit",
        "tokenz",
    ),
    "a limit on a misspelled meter": ({"limits": [Limit("a", 5, unit="tokenz")]}, "Limit 'a'", "unit", "tokenz"),
    "a limit on money that nothing costs": ({"limits": [Limit("a", unit="EUR")]}, "Limit 'a'", "unit", "EUR"),
    "a share of no limit": ({"alerts": [Alert("a", "used", above=Bound("limit"))]}, "Alert 'a'", "above", "limit"),
    "a share of no auto top-up": (
        {"alerts": [Alert("a", "left", below=Bound("auto_top_up_threshold"))]},
        "Alert 'a'",
        "below",
        "auto_top_up_threshold",
    ),
    "a share of another unit's auto top-up": (
        {
            "offers": [CASH],
            "auto_top_up": AutoTopUp("cash"),
            "alerts": [Alert("a", "left", below=Bound("auto_top_up_threshold"))],
        },
        "Alert 'a'",
        "below",
        "auto_top_up_threshold",
    ),
    "a limit of no allowance": (
        {"limits": [Limit("a", Bound("allowance"), unit="sms")]},
        "Limit 'a'",
        "amount",
        "allowance",
    ),
    "a choice of no allowance": (
        {"limits": [Limit("a", unit="sms", maximum=Bound("allowance"))]},
        "Limit 'a'",
        "maximum",
        "allowance",
    ),
    "a unit in two ways": (
        {"allowances": [TOKENS], "limits": [Limit("a", unit=Unit("tokens", shown=2))]},
        "Limit 'a'",
        "unit",
        Unit("tokens", shown=2),
    ),
    "a unit other than declared": (
        {"units": [Unit("sms", shown=2)], "limits": [Limit("a", unit=Unit("sms"))]},
        "Limit 'a'",
        "unit",
        Unit("sms"),
    ),
}


@pytest.mark.parametrize(("fields", "part", "field", "value"), CONTRADICTIONS.values(), ids=list(CONTRADICTIONS))
def test_parts_that_contradict_each_other_are_an_error(
    fields: dict[str, Any], part: str, field: str, value: object
) -> None:
    """Part, field and value are named, so that a person can mend the plan."""
    with pytest.raises(PlanError) as caught:
        Plan("pro", **{"allowances": [TOKENS], **fields})

    assert (part, field, value) == (caught.value.part, caught.value.field, caught.value.value)


GEMS = Alert("gems", "used", above=5, unit="gems")
GOOD: list[dict[str, Any]] = [
    {},
    {"allowances": [Allowance(0)]},
    {"allowances": [TOKENS, Allowance(5, kind="promo"), SMS, Allowance(Decimal(5), "USD", kind="credit")]},
    {"rollovers": [Rollover(bank_max=0), Rollover(unit="sms")], "allowances": [TOKENS, SMS]},
    {"prices": [Price("tokens", Decimal("0.60"), per=1_000_000)], "pay_as_you_go": [PayAsYouGo(Decimal(3), per=1_000)]},
    {"prices": [Price("talk", 2, unit="tokens"), Price("tokens", Decimal(1))]},
    {"limits": [Limit("a", minimum=5, maximum=5)]},
    {"limits": [Limit("a", 5, unit="gems")]},
    {"limits": [Limit("a", 5), Limit("b", 5, every=periods.hours(5)), Limit("c", 5, per="x"), Limit("d", 5, per="x")]},
    {"limits": [Limit("a", Decimal(5), unit="EUR")], "pay_as_you_go": [PayAsYouGo(Decimal(1), currency="EUR")]},
    {"prices": [Price("tokens", Decimal(1))], "at_zero": AtZero(overdraft=Decimal(5), unit="USD")},
    {"prices": [Price("tokens", Decimal(1))], "at_zero": AtZero(degrade_to="slow")},
    {"limits": [Limit("a", 5), Limit("b", unit="gems")], "alerts": [GEMS], "units": [Unit.meter("gems")]},
    {"limits": [Limit("a", 5)], "alerts": [Alert("b", "left", below=5)], "offers": [CASH]},
    {"alerts": [GEMS], "offers": [Offer("a", price=Decimal(1), unit="gems")]},
    {"alerts": [GEMS], "prices": [Price("gems", 2, unit="tokens")]},
    {"alerts": [GEMS], "prices": [Price("tokens", 2, unit="gems")]},
    {"alerts": [GEMS], "pay_as_you_go": [PayAsYouGo(Decimal(1), meter="gems")]},
    {"limits": [Limit("a", Bound("allowance"), minimum=5, maximum=Bound("allowance", 2))], "allowances": [TOKENS]},
    {"offers": [Offer("a", price=Decimal(0), pack=10, minimum=15, maximum=20)]},
    {"offers": [CASH], "auto_top_up": AutoTopUp("cash", counts={"credit"}), "usable": {"credit"}},
    {"upgrades_to": ["b", "a"], "cancels_to": "c", "usable": []},
    {"currency": "EUR", "offers": [EXTRA]},
    {
        "units": [Unit.money("CREDIT", kept=3, paid=3)],
        "allowances": [Allowance(Decimal(5), Unit.money("CREDIT", kept=3, paid=3))],
    },
    {"on_downgrade": Switch(when="now", forfeit={"promo"})},
]


@pytest.mark.parametrize("fields", GOOD, ids=range(len(GOOD)))
def test_what_makes_sense_is_a_plan(fields: dict[str, Any]) -> None:
    """A plan is data: equal when its fields are, frozen, and with its collections copied."""
    plan = Plan("pro", **fields)

    assert plan == Plan("pro", **fields)
    assert plan != Plan("other", **fields)
    assert "terms" not in repr(plan)
    with pytest.raises(AttributeError):
        plan.name = "x"  # type: ignore[misc]  # frozen on purpose


def test_the_first_part_gives_the_plans_default_unit() -> None:
    """Allowances first, then what is priced, limited and sold; where the first part leaves it out it is tokens."""
    assert Plan("p").terms.default == as_unit("tokens")
    assert Plan("p", allowances=[SMS, TOKENS]).terms.default == as_unit("sms")
    assert Plan("p", pay_as_you_go=[PayAsYouGo(Decimal(1), meter="calls")]).terms.default == as_unit("calls")
    assert Plan("p", prices=[Price("video", 5, unit="tokens")]).terms.meters == ("video", "tokens")
    assert Plan("p", offers=[CASH]).terms.default == as_unit("USD")
    assert Plan("p", offers=[CASH], limits=[Limit("a")]).terms.default == as_unit("tokens")
    calls = PayAsYouGo(Decimal(2), meter="calls")
    assert Plan("p", pay_as_you_go=[PayAsYouGo(Decimal(1)), calls]).terms.default == as_unit("tokens")


def test_a_declared_unit_is_meant_wherever_its_name_is() -> None:
    """Its places are said once."""
    points = Unit.meter("points", shown=2)
    plan = Plan("p", units=[points], allowances=[Allowance(500, "points")], limits=[Limit("cap", 5, unit="points")])

    assert points == plan.terms.default
    assert points == plan.terms.limits["cap"].unit


def test_a_declared_currency_is_paid_in_its_own_places() -> None:
    """Whether it is named or left out."""
    mills = Unit.money("USD", kept=6, paid=3)
    plan = Plan("p", units=[mills], offers=[Offer("a", price=Decimal("0.001"), currency="USD")])

    assert str(plan.price_of("a", 1)) == "0.001 USD"


@pytest.mark.parametrize(
    ("offer", "amount", "price"),
    [
        (EXTRA, 1_000, "5.00"),
        (EXTRA, 500, "2.50"),
        (EXTRA, 1, "0.01"),
        (Offer("extra", price=Decimal(5), pack=1_000), 3_000, "15.00"),
        (Offer("extra", price=Decimal(5)), 3, "15.00"),
        (Offer("extra", price=Decimal(5), pack=1_000, per=500), 1_000, "10.00"),
        (Offer("extra", unit="USD", price=Decimal("1.10")), Decimal("0.50"), "0.55"),
        (Offer("extra", price=Decimal(0)), 5, "0.00"),
    ],
)
def test_a_price_is_of_the_quantity_it_is_said_of(offer: Offer, amount: Any, price: str) -> None:
    """Of `per`; else of the pack where there is one; else of one whole unit."""
    plan = Plan("p", allowances=[TOKENS], offers=[offer])

    assert f"{price} USD" == str(plan.price_of("extra", amount))


@pytest.mark.parametrize(
    ("offer", "amount", "error"),
    [
        ("nope", 5, UnknownNameError),
        ("extra", 0, AmountError),
        ("extra", 1.5, AmountError),
        ("extra", 4, OutOfBounds),
        ("extra", 11, OutOfBounds),
    ],
)
def test_what_is_not_sold_has_no_price(offer: str, amount: Any, error: type[Exception]) -> None:
    """The checkout hears the same refusals as the purchase."""
    plan = Plan("p", offers=[Offer("extra", price=Decimal(5), minimum=5, maximum=10)])

    with pytest.raises(error):
        plan.price_of(offer, amount)


def test_a_price_that_cannot_be_counted_is_refused_before_it_is_asked_for() -> None:
    """The most that can be counted is 9,007,199,254.740991 USD: that, in tokens, is the most of one purchase."""
    plan = Plan("p", offers=[Offer("extra", price=Decimal(5))])
    most = 1_801_439_850

    assert str(plan.price_of("extra", most)) == "9,007,199,250.00 USD"
    with pytest.raises(AmountError, match="costs more than can be counted"):
        plan.price_of("extra", most + 1)


@pytest.mark.parametrize("name", ["units", "banks", "offers", "prices", "postpaid", "limits"])
def test_the_terms_of_a_plan_cannot_be_written_to(name: str) -> None:
    """A plan is frozen all the way down, and a copy or a pickle of it has the same terms."""
    plan = Plan("pro", **GOOD[3])
    terms = getattr(plan.terms, name)

    with pytest.raises(TypeError):
        terms["x"] = 1
    for twin in (copy.deepcopy(plan), pickle.loads(pickle.dumps(plan))):  # noqa: S301  # our own bytes
        assert (twin, twin.terms) == (plan, plan.terms)
