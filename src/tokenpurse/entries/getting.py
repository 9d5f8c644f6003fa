"""Entries of what came in: given, bought, reported as paid or failed."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from tokenpurse.buckets import Bucket, Money
from tokenpurse.entries.base import Entry
from tokenpurse.entries.facts import AutoTopUpOff, Repaid

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
    """Time alone made auto top-up ask for a charge: a cool-down was over, or a new window of its maxima began."""


@frozen(kw_only=True)
class Confirmed(Entry):
    """A bill was paid."""

    request: str
    payment: str


@frozen(kw_only=True)
class Declined(Entry):
    """A payment that the wallet had requested failed.

    Attributes:
        request: which.
        hard: it cannot succeed by being tried again.
        declines: how many charges in a row were declined, this one included; 0 for a bill.
        retry_at: auto top-up asks for none before; `None`: it does not ask by itself.
        off: it was turned off by this, and why.
    """

    request: str
    hard: bool = False
    declines: int = 0
    retry_at: datetime | None = None
    off: AutoTopUpOff | None = None
