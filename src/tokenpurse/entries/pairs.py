"""Entries of what went from one wallet to another."""

from __future__ import annotations

from attrs import frozen

from tokenpurse.buckets import Bucket, Draw, Gift
from tokenpurse.entries.base import Entry, paid_by
from tokenpurse.entries.facts import Repaid
from tokenpurse.units import Amount

__all__ = ["Received", "Transferred"]


@frozen(kw_only=True)
class Transferred(Entry):
    """Amounts were given to another wallet; its own entry of them has the same ref.

    Attributes:
        taker: the other wallet's id.
        given: what was taken from buckets, in the draw policy's order; it is no use.
        gifts: what travelled, one for each of them.
    """

    taker: str
    given: tuple[Draw, ...]
    gifts: tuple[Gift, ...]

    def given_by_kind(self) -> dict[tuple[str, str], Amount]:
        """Sum what was taken, by kind of bucket and unit."""
        return paid_by(self.given)


@frozen(kw_only=True)
class Received(Entry):
    """Amounts came from another wallet; its own entry of them has the same ref.

    Attributes:
        giver: the other wallet's id.
        gifts: what travelled.
        granted: the bucket that was made of each.
        repaid: debt that they paid.
    """

    giver: str
    gifts: tuple[Gift, ...]
    granted: tuple[Bucket, ...]
    repaid: tuple[Repaid, ...] = ()
