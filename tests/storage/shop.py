"""The plans of the wallets that are stored, and moments for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tokenpurse import (
    Alert,
    Allowance,
    AutoTopUp,
    Bound,
    Catalogue,
    Change,
    Offer,
    PayAsYouGo,
    Plan,
    Price,
    Renewal,
    Wallet,
)
from tokenpurse.periods import subscription_month

__all__ = ["SHOP", "august", "july", "opened"]

SHOP = Catalogue([
    Plan(
        "pro",
        allowances=[Allowance(10_000)],
        alerts=[
            Alert("low", "left", below=Bound("allowance", Decimal("0.2"))),
            Alert("empty", "left", at_or_below=0),
        ],
        offers=[Offer("pack", price=Decimal("4.50"), pack=5_000)],
    ),
    Plan(
        "metered",
        period=subscription_month(),
        allowances=[Allowance(1_000)],
        pay_as_you_go=[PayAsYouGo(Decimal(3), per=1_000)],
    ),
    Plan("free", allowances=[Allowance(100)]),
    Plan(
        "paid",
        price=Decimal(20),
        rank=1,
        cancels_to="free",
        renewal=Renewal(grace=timedelta(days=5)),
        allowances=[Allowance(1_000, given="on_payment")],
    ),
    Plan(
        "agent",
        allowances=[Allowance(1_000, "api_calls")],
        prices=[Price("api_calls", Decimal("0.01"))],
        offers=[Offer("credits", unit="USD", price=Decimal(1))],
        auto_top_up=AutoTopUp("credits"),
    ),
])  # fmt: skip


def july(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 7, day, hour, tzinfo=UTC)


def august(day: int) -> datetime:
    return datetime(2026, 8, day, tzinfo=UTC)


def opened(plan: str = "pro", **more: Any) -> Change:
    """A wallet that opens on the first of July."""
    named: dict[str, Any] = {"id": "acme", "at": july(1)} | more
    return Wallet.open(plan, catalogue=SHOP, **named)
