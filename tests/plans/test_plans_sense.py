"""Plans that say what can never have an effect: found when built, for a wallet would pass over it in silence."""

from __future__ import annotations

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
    Life,
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
    policies,
)
from tokenpurse.errors import PlanError
from tokenpurse.units import Unit

PACK = Offer("pack", price=Decimal("1.99"), pack=100, minimum=150)
GIFT = Allowance(5, kind="gift")
BILLED = PayAsYouGo(Decimal(1))

# The plan's fields; then part, field and value of the error, and a word of what would be right.
SENSELESS: dict[str, tuple[dict[str, Any], str, str, Any, str]] = {
    "granted and locked": ({"usable": {"gift"}}, "Plan 'p'", "usable", ("gift",), "quota is granted, locked, and gone"),
    "watched and locked": (
        {"usable": {"quota"}, "alerts": [Alert("a", "left", below=5, kinds={"gift", "promo"})]},
        "Alert 'a'",
        "kinds",
        ("gift", "promo"),
        "none of them is usable",
    ),
    "a slip in usable": ({"usable": {"quota", "topup"}}, "Plan 'p'", "usable", "topup", "it must be top_up"),
    "a slip in forfeit": (
        {"on_cancel": Switch(when="now", forfeit={"roll_over"})},
        "Switch on_cancel",
        "forfeit",
        "roll_over",
        "it must be rollover",
    ),
    "a slip in keep": (
        {"allowances": [Allowance(5, kind="day_pass")], "on_upgrade": Switch(when="now", keep={"daypass"})},
        "Switch on_upgrade",
        "keep",
        "daypass",
        "it must be day_pass",
    ),
    "a slip in trim": (
        {"on_downgrade": Switch(when="now", trim={"topup": 5})},
        "Switch on_downgrade",
        "trim",
        "topup",
        "it must be top_up",
    ),
    "a slip in an alert": (
        {"alerts": [Alert("a", "left", below=5, kinds={"topup"})]},
        "Alert 'a'",
        "kinds",
        "topup",
        "it must be top_up",
    ),
    "a slip in what counts": (
        {"offers": [PACK], "auto_top_up": AutoTopUp("pack", counts={"top_up", "roll_over"})},
        "AutoTopUp",
        "counts",
        "roll_over",
        "it must be rollover",
    ),
    "a slip in the order": (
        {"draw": policies.oldest_first.then(policies.by_kind("quota", "topup"))},
        "Plan 'p'",
        "draw",
        "topup",
        "it must be top_up",
    ),
    "a slip in the ties": ({"draw": policies.evenly(policies.by_kind("topup"))}, "Plan 'p'", "draw", "topup", "top_up"),
    "a slip in what must be empty": (
        {"allowances": [Allowance(5, kind="drip", given="when_empty", empty={"topup"})]},
        "Allowance of tokens",
        "empty",
        "topup",
        "it must be top_up",
    ),
    "a slip in who pays": (
        {"limits": [Limit("a", 5, kinds={"quotas"})]},
        "Limit 'a'",
        "kinds",
        "quotas",
        "it must be quota",
    ),
    "payers that are locked": (
        {"limits": [Limit("a", 5, kinds={"promo"})], "usable": {"quota"}},
        "Limit 'a'",
        "kinds",
        ("promo",),
        "they are locked",
    ),
    "payers of what is unlimited": (
        {"allowances": [Allowance(None)], "limits": [Limit("a", 5, kinds={"quota"})]},
        "Limit 'a'",
        "kinds",
        ("quota",),
        "tokens is unlimited, and no bucket pays for it: leave kinds out, or grant an amount",
    ),
    "a limit on what is not billed": (
        {"limits": [Limit("a", 5, kinds={"quota", "pay_as_you_go"})]},
        "Limit 'a'",
        "kinds",
        "pay_as_you_go",
        "nothing of tokens is billed on this plan",
    ),
    "a limit on the bill of what is unlimited": (
        {"allowances": [Allowance(None)], "limits": [Limit("a", 5, kinds={"pay_as_you_go"})]},
        "Limit 'a'",
        "kinds",
        "pay_as_you_go",
        "nothing of tokens is billed on this plan",
    ),
    "a limit on the bill in another currency": (
        {
            "pay_as_you_go": [BILLED],
            "units": [Unit.money("EUR")],
            "limits": [Limit("a", Decimal(5), unit="EUR", kinds={"pay_as_you_go"})],
        },
        "Limit 'a'",
        "kinds",
        "pay_as_you_go",
        "nothing of EUR is billed on this plan",
    ),
    "payers that cross": (
        {"limits": [Limit("a", 5, kinds={"quota", "promo"}), Limit("b", 5, kinds={"promo", "top_up"}, per="x")]},
        "Limit 'b'",
        "kinds",
        ("promo", "top_up"),
        "limit a is on promo, quota: name all of these, some of these, or none",
    ),
    "payers whose debt they would pay themselves": (
        {"limits": [Limit("a", 5, kinds={"quota"})], "at_zero": AtZero(overdraft=5)},
        "Limit 'a'",
        "kinds",
        ("quota",),
        "leave the overdraft out",
    ),
    "a limit above its maximum": (
        {"limits": [Limit("a", Bound("allowance", 3), maximum=Bound("allowance", 2))]},
        "Limit 'a'",
        "amount",
        Bound("allowance", 3),
        "at most the maximum",
    ),
    "a choice for nobody": (
        {"limits": [Limit("a", 5, minimum=1, setters=())]},
        "Limit 'a'",
        "minimum",
        1,
        "nobody of its setters",
    ),
    "a choice up to something for nobody": (
        {"limits": [Limit("a", 5, maximum=9, setters=())]},
        "Limit 'a'",
        "maximum",
        9,
        "nobody of its setters",
    ),
    "a grant at zero beside pay-as-you-go": (
        {
            "allowances": [Allowance(10), Allowance(5, kind="drip", given="when_empty", empty={"quota"})],
            "pay_as_you_go": [PayAsYouGo(Decimal(1))],
        },
        "Allowance of tokens",
        "given",
        "when_empty",
        "would go by how use is split",
    ),
    "a grant at zero beside a price": (
        {
            "allowances": [Allowance(10), Allowance(5, kind="drip", given="when_empty", empty={"quota"})],
            "prices": [Price("tokens", Decimal(1))],
        },
        "Allowance of tokens",
        "given",
        "when_empty",
        "would go by how use is split",
    ),
    "a kind that nothing makes": (
        {"allowances": [Allowance(10), Allowance(5, kind="drip", given="when_empty", empty={"weekly"})]},
        "Allowance of tokens",
        "empty",
        ("weekly",),
        "credit, drip, promo, quota, rollover, top_up",
    ),
    "letters of a kind swapped": ({"usable": {"qouta"}}, "Plan 'p'", "usable", "qouta", "it must be quota"),
    "a letter of a kind left out": ({"usable": {"rollver"}}, "Plan 'p'", "usable", "rollver", "it must be rollover"),
    "a letter of a kind too many": ({"usable": {"quoota"}}, "Plan 'p'", "usable", "quoota", "it must be quota"),
    "a wrong letter of a kind": (
        {"on_cancel": Switch(when="now", forfeit={"cradit"})},
        "Switch on_cancel",
        "forfeit",
        "cradit",
        "it must be credit",
    ),
    "a kind of one and of many": (
        {"allowances": [GIFT], "usable": {"gifts"}},
        "Plan 'p'",
        "usable",
        "gifts",
        "it must be gift",
    ),
    "a kind like one of the host's": (
        {"kinds": {"welcome"}, "alerts": [Alert("a", "left", below=5, kinds={"wellcome"})]},
        "Alert 'a'",
        "kinds",
        "wellcome",
        "it must be welcome",
    ),
    "a kind that is none": ({"kinds": {"Gift"}}, "Plan 'p'", "kinds", "Gift", "it must be a lower-case word"),
    "a kind that only carrying makes": ({"kinds": {"rollover"}}, "Plan 'p'", "kinds", "rollover", "a Rollover carries"),
    "a kind that is no set": ({"kinds": "gift"}, "Plan 'p'", "kinds", "gift", "it must be a set of names"),
    "no set of kinds": ({"kinds": None}, "Plan 'p'", "kinds", None, "empty for none"),
    "a lock on nothing": (
        {"renewal": Renewal(grace=timedelta(days=1), rest="locked")},
        "Renewal",
        "rest",
        "locked",
        "no allowance is given on_payment",
    ),
    "a class that is never reached": (
        {"pay_as_you_go": [BILLED], "at_zero": AtZero(degrade_to="slow"), "limits": [Limit("a", 50)]},
        "AtZero",
        "degrade_to",
        "slow",
        "it never comes to that",
    ),
    "many times nothing": (
        {"prices": [Price("search", Decimal(0), times={"model": {"large": 2}})]},
        "Price of search",
        "times",
        (("model", (("large", 2),)),),
        "it costs nothing",
    ),
    "a quantity without a price": ({"on_debt": OnDebt("forgive", per=5)}, "OnDebt", "per", 5, "it goes with a price"),
    "a currency without a price": (
        {"on_debt": OnDebt("bill", currency="EUR"), "pay_as_you_go": [BILLED]},
        "OnDebt",
        "currency",
        "EUR",
        "it goes with a price",
    ),
    "auto top-up for nobody": (
        {"offers": [PACK], "auto_top_up": AutoTopUp("pack", setters=())},
        "AutoTopUp",
        "setters",
        (),
        "nobody could turn it on",
    ),
    "auto top-up no times": (
        {"offers": [PACK], "auto_top_up": AutoTopUp("pack", purchases_max=0)},
        "AutoTopUp",
        "purchases_max",
        0,
        "it must be at least 1",
    ),
    "auto top-up of less than is sold": (
        {"offers": [PACK], "auto_top_up": AutoTopUp("pack", bought_max=199)},
        "AutoTopUp",
        "bought_max",
        199,
        "it must be at least 200 tokens, the least purchase",
    ),
    "auto top-up for less than it costs": (
        {"offers": [PACK], "auto_top_up": AutoTopUp("pack", spend_max=Decimal("3.97"))},
        "AutoTopUp",
        "spend_max",
        Decimal("3.97"),
        "it must be at least 3.98 USD",
    ),
    "a unit of one and of many": (
        {"allowances": [Allowance(5, "credits")], "offers": [Offer("pack", unit="credit", price=Decimal(1))]},
        "Offer 'pack'",
        "unit",
        "credit",
        "it must be credits, as this plan says it",
    ),
    "a unit with an underscore and without": (
        {"allowances": [Allowance(5, "gpu_seconds")], "limits": [Limit("a", 5, unit="gpuseconds")]},
        "Limit 'a'",
        "unit",
        "gpuseconds",
        "it must be gpu_seconds",
    ),
    "a unit in capitals": (
        {"alerts": [Alert("a", "left", below=5, unit="Token")]},
        "Alert 'a'",
        "unit",
        "Token",
        "it must be tokens",
    ),
    "an action that is its unit": (
        {"allowances": [Allowance(5, "queries")], "prices": [Price("query", 1, unit="queries")]},
        "Price of query",
        "meter",
        "query",
        "if they are two units, name both in units=",
    ),
    "one of two units declared": (
        {"units": [Unit.meter("token")], "pay_as_you_go": [PayAsYouGo(Decimal(1), meter="token")]},
        "PayAsYouGo",
        "meter",
        "token",
        "it must be tokens",
    ),
    "an upgrade that is a cancel": (
        {"upgrades_to": {"free"}, "cancels_to": "free"},
        "Plan 'p'",
        "upgrades_to",
        "free",
        "it is no upgrade",
    ),
}


@pytest.mark.parametrize(("fields", "part", "field", "value", "right"), SENSELESS.values(), ids=list(SENSELESS))
def test_what_can_have_no_effect_is_an_error(
    fields: dict[str, Any], part: str, field: str, value: object, right: str
) -> None:
    """It names the part, the field, the value, and what would be right."""
    with pytest.raises(PlanError) as caught:
        Plan("p", **{"allowances": [Allowance(10)], **fields})
    assert (caught.value.part, caught.value.field, caught.value.value) == (part, field, value)
    assert right in caught.value.right
    assert str(caught.value).startswith(f"{part}: {field} is ")


SENSIBLE: list[dict[str, Any]] = [
    {
        "limits": [
            Limit("a", 5, kinds={"quota"}),
            Limit("b", 5, kinds={"promo", "quota"}),
            Limit("c", 5, kinds={"top_up"}),
        ]
    },
    {"limits": [Limit("a", 5, kinds={"gift"})], "kinds": {"gift"}},
    {"limits": [Limit("a", 5, kinds={"rollover"})], "rollovers": [Rollover()]},
    {"limits": [Limit("a", 5, kinds={"top_up"})], "allowances": [Allowance(None)]},
    {
        "limits": [Limit("a", 5, kinds={"quota"}), Limit("b", Decimal(5), unit="USD", kinds={"pay_as_you_go"})],
        "pay_as_you_go": [BILLED],
        "at_zero": AtZero(overdraft=Decimal(5), unit="USD"),
    },
    {"usable": {"rollover"}, "rollovers": [Rollover()]},
    {"usable": {"gift"}, "on_upgrade": Switch(when="now", keep={"quota"})},
    {"usable": {"gift"}, "allowances": [Allowance(5, life=Life(days=40))]},
    {"usable": {"quota"}, "offers": [PACK]},
    {"usable": {"quota"}, "allowances": []},
    {"usable": {"quota", "welcome"}, "alerts": [Alert("a", "left", below=5, kinds={"quota", "promo"})]},
    {"usable": {"quota"}, "alerts": [Alert("a", "left", below=5)]},
    {"on_downgrade": Switch(when="now", forfeit={"welcome"})},
    {"draw": policies.by_kind("welcome")},
    {"usable": {"quota"}, "allowances": [Allowance(5, kind="daily", every=periods.once())]},
    {
        "limits": [Limit("a", Decimal(0), unit="USD", minimum=Decimal(5))],
        "offers": [Offer("money", unit="USD", price=Decimal(1))],
    },
    {"limits": [Limit("a", 5, minimum=5, maximum=5), Limit("b", 5, per="x", setters=())]},
    {"limits": [Limit("a", Bound("allowance"), maximum=10), Limit("b", None, per="x", minimum=5)]},
    {"allowances": [Allowance(0), GIFT], "rollovers": [Rollover()]},
    {"allowances": [Allowance(5, given="on_payment")], "renewal": Renewal(grace=timedelta(0), rest="locked")},
    {"renewal": Renewal(grace=timedelta(0))},
    {
        "pay_as_you_go": [BILLED],
        "allowances": [GIFT, Allowance(1, "sms")],
        "at_zero": AtZero(degrade_to="a", unit="sms"),
    },
    {"prices": [Price("search", Decimal(0)), Price("x", Decimal(0), base=Decimal(1), times={"a": {"b": 2}})]},
    {"on_debt": OnDebt("bill", price=Decimal(1), per=5, currency="EUR")},
    {"offers": [PACK], "auto_top_up": AutoTopUp("pack", purchases_max=1, bought_max=200, spend_max=Decimal("3.98"))},
    {"offers": [PACK], "auto_top_up": AutoTopUp("pack", bought_max=Bound("allowance", 20), setters={"owner"})},
    {"period": periods.once(), "rollovers": [Rollover()]},
    {"units": [Unit.meter("token"), Unit.meter("tokens")], "pay_as_you_go": [PayAsYouGo(Decimal(1), meter="token")]},
    {"prices": [Price("search", 2, unit="tokens"), Price("search2", 2, unit="tokens")]},
    {"kinds": {"qouta"}, "usable": {"quota", "qouta"}},
    {"allowances": [Allowance(5), Allowance(5, kind="quota2")], "usable": {"quota", "quota2", "quota3"}},
    {"allowances": [Allowance(5, given="when_empty", empty={"gift"})], "kinds": {"gift"}},
]


@pytest.mark.parametrize("fields", SENSIBLE, ids=range(len(SENSIBLE)))
def test_what_can_is_none(fields: dict[str, Any]) -> None:
    """Kinds that only the host grants, locks that another plan opens, limits that only count."""
    assert Plan("p", **{"allowances": [Allowance(10)], **fields}) is not None
