"""The order of use in words: only ever between kinds of one unit, since a meter's own buckets pay before its price."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.cases import on
from tokenpurse import Allowance, Life, Offer, Plan, Price, Wallet, policies
from tokenpurse.policies import DrawPolicy, by_kind, by_priority, evenly, oldest_first, order_by, soonest_expiring
from tokenpurse.prose import explain

CREDIT = Offer("credits", unit="USD", price=Decimal(1), life=Life(days=3))
PACK = Offer("pack", price=Decimal(5), pack=100)


def priced(kind: str = "quota", **more: Any) -> Plan:
    said = {"allowances": [Allowance(100, kind=kind)], "offers": [CREDIT], **more}
    return Plan("priced", prices=[Price("tokens", Decimal("0.10"))], **said)


@pytest.mark.parametrize("kind", ["quota", "shared", "daily"])
@pytest.mark.parametrize("draw", [policies.DEFAULT, by_kind("credit", "quota"), by_priority])
def test_nothing_is_said_across_units(kind: str, draw: DrawPolicy) -> None:
    """Whatever the order says of kinds, 100 tokens pay before the credit that their price is in."""
    plan = priced(kind, draw=draw)
    assert "prepaid credit first, then" not in explain(plan)
    wallet = Wallet.open(plan, id="w", at=on(7, 1)).wallet
    wallet = wallet.top_up("credits", Decimal(5), at=on(7, 1), payment="p").wallet
    paid = wallet.spend(110, at=on(7, 1) + timedelta(hours=1)).entry.paid_by()
    assert paid == {(kind, "tokens"): 100, ("credit", "USD"): Decimal("1.00")}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"offers": [CREDIT, PACK]}, "You use the allowance first, then what you bought. Beyond"),
        (
            {"allowances": [Allowance(100), Allowance(Decimal(5), "USD")], "offers": [CREDIT, PACK]},
            (
                "Of the tokens you use the allowance first, then what you bought; of your credit you use the allowance "
                "first, then prepaid credit."
            ),
        ),
        (
            {"allowances": [Allowance(100), Allowance(5, kind="own")], "offers": [CREDIT], "draw": by_kind("own")},
            "You use the own tokens first, then the allowance. Beyond",
        ),
        (
            {"draw": by_kind("gift", "quota"), "kinds": ["gift"]},
            (
                "Of the tokens you use gift first, then the allowance; of prepaid credit you use gift first, then "
                "prepaid credit."
            ),
        ),
        ({"draw": soonest_expiring}, "Among the tokens, and among prepaid credit, what expires soonest is used first."),
        (
            {"draw": by_kind("quota").then(oldest_first)},
            "Among the tokens, and among prepaid credit, what you have longest is used first.",
        ),
        ({"draw": by_priority}, "Among the tokens, and among prepaid credit, what we rank first is used first."),
        (
            {"allowances": [Allowance(100), Allowance(5, kind="own", priority=0)], "draw": by_priority},
            "You use the allowance first, then the own tokens. Beyond",
        ),
        ({"draw": evenly()}, "Among the tokens, and among prepaid credit, all that you have is used evenly, each part"),
        (
            {"draw": order_by("size", lambda facts: facts.id)},
            "Among the tokens, and among prepaid credit, what you have is used as we order it.",
        ),
    ],
)
def test_an_order_is_said_unit_by_unit(fields: dict[str, Any], said: str) -> None:
    """All in one where it is the same; named where it is not."""
    assert said in explain(priced(**fields))


def test_an_even_order_says_nothing_of_ties_that_cannot_be() -> None:
    """One kind is no choice."""
    said = explain(Plan("p", allowances=[Allowance(5)], draw=evenly(ties=by_kind("quota"))))
    assert "each part in proportion to its size. When" in said
