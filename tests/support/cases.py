"""Wallets for cases that others wrote down: a moment, a wallet that holds some amounts, and what is left in each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tokenpurse import Balance, Catalogue, Plan, View, Wallet
from tokenpurse.units import Amount

__all__ = ["holding", "lefts", "on", "opened_on"]


def on(month: int, day: int, hour: int = 0, minute: int = 0, *, year: int = 2026) -> datetime:
    """A moment in UTC, of 2026 unless said otherwise."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def opened_on(plan: Plan, *others: Plan, at: datetime | None = None, **more: Any) -> Wallet:
    """A wallet on a plan, on 1 July unless said otherwise; the other plans are in its catalogue."""
    given: dict[str, Any] = {"id": "acme", "at": on(7, 1) if at is None else at, **more}
    return Wallet.open(plan, catalogue=Catalogue([plan, *others]), **given).wallet


def holding(*balances: Balance | Amount, **parts: Any) -> Wallet:
    """A wallet that was brought with these, on a plan that has no more than these parts; a bare amount is `promo`."""
    brought = [each if isinstance(each, Balance) else Balance("promo", each) for each in balances]
    return opened_on(Plan("case", **parts), balances=brought)


def lefts(view: View, unit: str | None = None) -> list[Amount]:
    """What is left in each bucket, in the order they came in."""
    return [bucket.left for bucket in view.buckets(unit)]
