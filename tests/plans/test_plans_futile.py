"""Plans of which a part could never come to pass: no wallet would fail, and nobody would be told."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tokenpurse import (
    Alert,
    Allowance,
    AutoTopUp,
    Bound,
    Count,
    Life,
    Limit,
    Offer,
    PayAsYouGo,
    Plan,
    Price,
    Rollover,
    Switch,
    Tier,
)
from tokenpurse.errors import PlanError
from tokenpurse.units import Unit

PACK = Offer("pack", price=Decimal("1.99"), pack=100, minimum=150)
SEATS = Allowance(10, per="seats")
SCOPED = Allowance(10, scope={"model": {"large"}})
FREE_SEARCH = Price("search", 0, unit="tokens")
FREE_TIERS = Price("search", tiers=[Tier(10, 0), Tier(None, 0)], unit="tokens")

# The plan's fields; then part, field and value of the error, and a word of what would be right.
FUTILE: dict[str, tuple[dict[str, Any], str, str, Any, str]] = {
    "what cancelling does, and nothing cancels": (
        {"on_cancel": Switch(when="now", forfeit={"promo"})},
        "Plan 'p'",
        "on_cancel",
        Switch(when="now", forfeit={"promo"}),
        "name the plan that cancelling leads to",
    ),
    "waiting for another unit's kind": (
        {"allowances": [Allowance(10), Allowance(5, "sms", kind="drip", given="when_empty", empty={"quota"})]},
        "Allowance of sms",
        "empty",
        ("quota",),
        "no sms are of that kind, they are drip",
    ),
    "a carry of nothing": ({"rollovers": [Rollover(carry_max=0)]}, "Rollover", "carry_max", 0, "leave it out"),
    "a carry of no times the allowance": (
        {"rollovers": [Rollover(carry_max=Bound("allowance", 0))]},
        "Rollover",
        "carry_max",
        Bound("allowance", 0),
        "leave it out",
    ),
    "a balance below one pack": (
        {"offers": [Offer("pack", price=Decimal(1), pack=100, minimum=150, balance_max=199)]},
        "Offer 'pack'",
        "balance_max",
        199,
        "at least 200 tokens, the least one can buy",
    ),
    "a balance of an allowance below one pack": (
        {"offers": [Offer("pack", price=Decimal(1), pack=100, balance_max=Bound("allowance", 9))]},
        "Offer 'pack'",
        "balance_max",
        Bound("allowance", 9),
        "at least 100 tokens",
    ),
    "an automatic purchase of what is unlimited": (
        {"allowances": [Allowance(None)], "offers": [PACK], "auto_top_up": AutoTopUp("pack")},
        "AutoTopUp",
        "offer",
        "pack",
        "nobody needs to buy it",
    ),
    "auto top-up of less than is sold, by the allowance": (
        {"offers": [PACK], "auto_top_up": AutoTopUp("pack", bought_max=Bound("allowance", 19))},
        "AutoTopUp",
        "bought_max",
        Bound("allowance", 19),
        "at least 200 tokens",
    ),
    "a line on what is never there": (
        {"prices": [Price("tokens", Decimal(1))], "alerts": [Alert("a", "left", below=Decimal(5), unit="USD")]},
        "Alert 'a'",
        "unit",
        "USD",
        "nothing of it is ever left",
    ),
    "a line that use is never below": (
        {"alerts": [Alert("a", "used", at_or_above=0)]},
        "Alert 'a'",
        "at_or_above",
        0,
        "it must be more",
    ),
    "a line of no times the allowance": (
        {"alerts": [Alert("a", "used", at_or_above=Bound("allowance", 0))]},
        "Alert 'a'",
        "at_or_above",
        Bound("allowance", 0),
        "it must be more",
    ),
    "a cap on what is free": (
        {"prices": [FREE_SEARCH], "limits": [Limit("a", 5, unit="search")]},
        "Limit 'a'",
        "unit",
        "search",
        "its use is never counted",
    ),
    "a line on use of what is free": (
        {"prices": [FREE_SEARCH], "alerts": [Alert("a", "used", above=5, unit="search")]},
        "Alert 'a'",
        "unit",
        "search",
        "its use is never counted",
    ),
    "a bill of nothing": (
        {"pay_as_you_go": [PayAsYouGo(Decimal(0), bill_at=Decimal(5))]},
        "PayAsYouGo of tokens",
        "bill_at",
        Decimal(5),
        "nothing runs up",
    ),
    "a cap on what is free at every tier": (
        {"prices": [FREE_TIERS], "limits": [Limit("a", 5, unit="search")]},
        "Limit 'a'",
        "unit",
        "search",
        "its use is never counted",
    ),
    "a bill of nothing at every tier": (
        {
            "pay_as_you_go": [
                PayAsYouGo(tiers=[Tier(10, Decimal(0)), Tier(None, Decimal(0))], bill_at=Decimal(5)),
            ]
        },
        "PayAsYouGo of tokens",
        "bill_at",
        Decimal(5),
        "nothing runs up",
    ),
    "many times nothing, billed": (
        {"pay_as_you_go": [PayAsYouGo(Decimal(0), meter="sms", times={"to": {"us": 2}})]},
        "PayAsYouGo of sms",
        "times",
        (("to", (("us", 2),)),),
        "nothing runs up",
    ),
    "a limit above its maximum, one of them a multiple": (
        {"limits": [Limit("a", Bound("allowance"), maximum=5)]},
        "Limit 'a'",
        "amount",
        Bound("allowance"),
        "at most the maximum",
    ),
    "a limit above its maximum, both multiples of what a count multiplies": (
        {"allowances": [SEATS], "limits": [Limit("a", Bound("allowance", 3), maximum=Bound("allowance", 2))]},
        "Limit 'a'",
        "amount",
        Bound("allowance", 3),
        "at most the maximum",
    ),
    "a maximum below the minimum, one of them a multiple": (
        {"limits": [Limit("a", minimum=11, maximum=Bound("allowance"))]},
        "Limit 'a'",
        "maximum",
        Bound("allowance"),
        "at least the minimum",
    ),
}


@pytest.mark.parametrize(("fields", "part", "field", "value", "right"), FUTILE.values(), ids=list(FUTILE))
def test_what_could_never_come_to_pass_is_an_error(
    fields: dict[str, Any], part: str, field: str, value: object, right: str
) -> None:
    """It names the part, the field, the value, and what would be right."""
    with pytest.raises(PlanError) as caught:
        Plan("p", **{"allowances": [Allowance(10)], **fields})

    assert (caught.value.part, caught.value.field, caught.value.value) == (part, field, value)
    assert right in caught.value.right


POSSIBLE: dict[str, dict[str, Any]] = {
    "all ways alike": {
        way: Switch(when="now", forfeit={"promo"}) for way in ("on_upgrade", "on_downgrade", "on_cancel")
    },
    "cancelling leads somewhere": {"cancels_to": "free", "on_cancel": Switch(when="now")},
    "waiting for what the host gives": {
        "allowances": [Allowance(10), Allowance(5, "sms", kind="drip", given="when_empty", empty={"quota", "promo"})]
    },
    "waiting for what carries": {
        "allowances": [Allowance(10), Allowance(5, kind="drip", given="when_empty", empty={"rollover"})],
        "rollovers": [Rollover()],
    },
    "waiting for what is sold": {
        "allowances": [Allowance(10), Allowance(5, "sms", kind="drip", given="when_empty", empty={"bulk"})],
        "offers": [Offer("sms", unit="sms", kind="bulk", price=Decimal(1))],
    },
    "a multiple of what a count multiplies": {
        "allowances": [SEATS],
        "counts": [Count("seats")],
        "offers": [Offer("pack", price=Decimal(1), pack=100, balance_max=Bound("allowance", 2))],
    },
    "a multiple of what has a scope": {
        "allowances": [SCOPED],
        "offers": [Offer("pack", price=Decimal(1), pack=100, balance_max=Bound("allowance", 2))],
    },
    "a balance of one purchase": {"offers": [Offer("pack", price=Decimal(1), pack=100, balance_max=100)]},
    "a sale that is stopped": {"offers": [Offer("pack", price=Decimal(1), pack=100, balance_max=0)]},
    "what is unlimited beside what is bought": {
        "allowances": [Allowance(10), Allowance(None, "chats")],
        "offers": [PACK],
        "auto_top_up": AutoTopUp("pack"),
    },
    "a line on what the host gives": {
        "units": [Unit.money("USD")],
        "prices": [Price("tokens", Decimal(1))],
        "alerts": [Alert("a", "left", below=Decimal(5), unit="USD")],
    },
    "lines on use, on debt, on time": {
        "alerts": [
            Alert("a", "used", above=0),
            Alert("b", "left", below=0),
            Alert("d", "expiring", within=timedelta(days=1)),
            Alert("c", "used", at_or_above=Bound("allowance", Decimal("0.01"))),
        ],
        "offers": [Offer("x", price=Decimal(1), life=Life(days=3))],
    },
    "a cap on what costs a fee, or is sold": {
        "prices": [Price("call", 0, base=1, unit="tokens"), FREE_SEARCH],
        "offers": [Offer("searches", unit="search", price=Decimal(1))],
        "limits": [Limit("a", 5, unit="call"), Limit("b", 5, unit="search")],
    },
    "free as you go": {"pay_as_you_go": [PayAsYouGo(Decimal(0))]},
    "a share of an allowance of nothing": {
        "allowances": [Allowance(0)],
        "rollovers": [Rollover(carry_max=Bound("allowance", Decimal("0.5")))],
    },
}


@pytest.mark.parametrize("fields", POSSIBLE.values(), ids=list(POSSIBLE))
def test_what_comes_to_pass_on_some_wallet_is_none(fields: dict[str, Any]) -> None:
    """By a count, a purchase, or what the host gives."""
    assert Plan("p", **{"allowances": [Allowance(10)], **fields}) is not None
