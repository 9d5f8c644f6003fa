"""What a customer reads of prices whose quantities are counted operation by operation."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tokenpurse import Allowance, PayAsYouGo, Plan, Price
from tokenpurse.prose import explain


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"step": 60}, "Every 60 seconds take 1 minute; each use counts in whole steps of 60 seconds."),
        ({"minimum": 60}, "Every 60 seconds take 1 minute; each use counts as at least 60 seconds."),
        (
            {"step": 15, "minimum": 60},
            "Every 60 seconds take 1 minute; each use counts as at least 60 seconds, in whole steps of 15 seconds.",
        ),
        (
            {"step": 15, "round_to": 1},
            "60 seconds take 1 minute, each time rounded up to whole minutes; each use counts in whole steps of 15 s",
        ),
    ],
)
def test_what_each_use_counts_as_is_said_beside_its_price(said: dict[str, Any], text: str) -> None:
    """At least so much, in whole steps; what is rounded after that is said too."""
    price = Price("seconds", 1, per=60, unit="minutes", **said)
    assert text in explain(Plan("p", allowances=[Allowance(2_000, "minutes")], prices=[price]))


def test_pay_as_you_go_says_what_each_use_counts_as() -> None:
    """After when it is billed, before what labels multiply."""
    calls = PayAsYouGo(Decimal("0.014"), per=60, meter="seconds", step=6, minimum=60, times={"to": {"US": 2}})
    said = "; each use counts as at least 60 seconds, in whole steps of 6 seconds; with the to US twice as much."
    assert f"billed at the end of the month{said}" in explain(Plan("calls", pay_as_you_go=[calls]))
