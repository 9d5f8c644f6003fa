"""Entries of what came in: given, bought, reported as paid or failed."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from tokenpurse.buckets import Bucket, Loss, Money
from tokenpurse.entries.base import Entry
from tokenpurse.entries.facts import AutoTopUpOff, Carry, Repaid, Unused
from tokenpurse.periods import Period

__all__ = [
    "ChargeRequested",
    "Confirmed",
    "Declined",
    "Granted",
    "Renewed",
    "ToppedUp",
]


@frozen(kw_only=True)
class Granted(Entry):
    """A bucket that was given."""

    bucket: Bucket
    repaid: tuple[Repaid, ...] = ()


@frozen(kw_only=True)
class ToppedUp(Entry):
    """A bucket that was bought; `request` is the charge that asked for it, when auto top-up did.

    Attributes:
        bonus: what was given beside it, or `None`.
        ends: the new ends of what was bought of the offer before, by bucket, where its `Life` counts from the last
            purchase; `None`: it never ends.
    """

    bucket: Bucket
    offer: str
    price: Money
    payment: str
    request: str | None = None
    bonus: Bucket | None = None
    ends: tuple[tuple[str, datetime | None], ...] = ()
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
class Renewed(Entry):
    """A period's renewal was paid: the allowances that waited for it are granted, and its end stays.

    Attributes:
        request: the renewal.
        payment: the payment's id.
        period: the running period, with its end.
        forfeited, carried: what became of the rest of the period before.
        unused: as of `PeriodOpened`, what was left of other allowances as the period before closed included.
        granted: the new buckets; a bank that is new starts empty and is filled by `carried`.
    """

    request: str
    payment: str
    period: Period
    unused: tuple[Unused, ...] = ()
    forfeited: tuple[Loss, ...] = ()
    carried: tuple[Carry, ...] = ()
    granted: tuple[Bucket, ...] = ()
    repaid: tuple[Repaid, ...] = ()


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
