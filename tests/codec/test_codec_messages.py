"""What is wrong with a document is said as the document says it, not in Python."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tokenpurse import Allowance, Catalogue, Limit, PayAsYouGo, Plan, Price
from tokenpurse.codec import load_plan
from tokenpurse.errors import PlanError


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"usable": ["gift"]}, "usable is ['gift']"),
        ({"limits": [{"name": "a", "amount": 5, "kinds": ["gift"]}], "usable": ["quota"]}, "kinds is ['gift']"),
        (
            {"price": "5", "renewal": {"grace": "P40D"}, "allowances": [{"amount": 5, "given": "on_payment"}]},
            "grace is 'P40D'",
        ),
        ({"alerts": [{"name": "a", "watch": "used", "at_or_above": "0.8"}]}, "at_or_above is '0.8'"),
        ({"rollovers": [{"bank_max": -5}]}, "or a Bound, such as {'base': 'allowance', 'times': '0.5'}"),
        ({"pay_as_you_go": [{"tiers": [{"up_to": 9, "price": "1"}]}]}, "has no end: {'up_to': null, ...}"),
        ({"on_cancel": {"when": "now", "forfeit": ["top_up"]}}, "on_cancel is {'when': 'now', 'forfeit': ['top_up']}"),
        ({"prices": [{"meter": "tokens", "cost": "0.0000006"}]}, "cost is '0.0000006', USD is kept in 6 places: say"),
    ],
)
def test_what_is_wrong_is_said_as_the_document_says_it(fields: dict[str, Any], said: str) -> None:
    """Lists, lengths of time, numbers and parts."""
    with pytest.raises(PlanError) as caught:
        load_plan({"format": "tokenpurse-plan-1", "name": "p", "allowances": [{"amount": 100}], **fields})
    assert said in str(caught.value)


def test_a_price_that_is_too_small_for_one_says_what_to_do() -> None:
    """It is a price of a million; what is wrong in another way is said as it is."""
    for part in ({"prices": [Price("a", Decimal("0.0000006"))]}, {"pay_as_you_go": [PayAsYouGo(Decimal("0.0000006"))]}):
        with pytest.raises(PlanError, match="such as per=1_000_000"):
            Plan("p", **part)  # type: ignore[arg-type]
    with pytest.raises(PlanError, match=r"Decimal\('1'\)"):
        Plan("p", prices=[Price("a", 1)])


def test_the_kinds_of_a_limit_that_nobody_pays_with() -> None:
    """What is billed is one of them, where something is; of what no plan of the catalogue makes."""
    cap = Limit("a", Decimal(5), unit="USD", kinds={"quota"})
    for plan, there in (
        (
            Plan("p", allowances=[Allowance(5, "sms")], limits=[Limit("a", 5, unit="sms", kinds={"rollover"})]),
            "promo, quota",
        ),
        (Plan("p", pay_as_you_go=[PayAsYouGo(Decimal("0.1"))], limits=[cap]), "pay_as_you_go, promo"),
    ):
        with pytest.raises(PlanError, match=f"there are credit, {there}, top_up$"):
            Catalogue([plan])
