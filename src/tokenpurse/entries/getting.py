"""Entries of what came in: given, bought, reported as paid or failed."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from tokenpurse.buckets import Bucket, Money
from tokenpurse.entries.base import Entry
from tokenpurse.entries.facts import Repaid

__all__ = [
    "ChargeRequested",
    "Confirmed",
    "Declined",
    "Granted",
    "ToppedUp",
]


@frozen(kw_only=True)
class Granted(Entry):
    """A bucket that was given."""

    bucket: Bucket
    repaid: tuple[Repaid, ...] = ()


@frozen(kw_only=True)
class ToppedUp(Entry):
    """A bucket that was bought; `request` is the charge that asked for it, when auto top-up did."""

    bucket: Bucket
    offer: str
    price: Money
    payment: str
    request: str | None = None
    repaid: tuple[Repaid, ...] = ()


@frozen(kw_only=True)
class ChargeRequested(Entry):
    """Time alone made auto top-up ask for a charge: a cool-down was over."""


@frozen(kw_only=True)
class Confirmed(Entry):
    """A bill was paid."""

    request: str
    payment: str


@frozen(kw_only=True)
class Declined(Entry):
    """A payment that the wallet had requested failed; `retry_at`: auto top-up asks for none before."""

    request: str
    retry_at: datetime | None = None
