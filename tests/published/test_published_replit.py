"""The published case of Replit, on the plans of `examples/plans/replit.py`; test_published_all has the source."""

from __future__ import annotations

from examples.plans.replit import DOLLAR, PLANS


def test_replit_packs__face_value_and_price_differ() -> None:
    """100 for 100, 300 for 290, 500 for 480, 1,000 for 950."""
    core = PLANS.newest("core")
    prices = [str(core.price_of(f"pack_{face}", face * DOLLAR)) for face in (100, 300, 500, 1_000)]
    assert prices == ["100.00 USD", "290.00 USD", "480.00 USD", "950.00 USD"]
