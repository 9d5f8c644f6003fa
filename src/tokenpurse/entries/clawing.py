"""Entries of money that went back to the customer, and of money that came again after all."""

from __future__ import annotations

from attrs import frozen

from tokenpurse.buckets import Debt
from tokenpurse.entries.base import Entry
from tokenpurse.entries.facts import AutoTopUpOff, Repaid
from tokenpurse.entries.uses import ClawBackPart
from tokenpurse.units import Amount, Unit

__all__ = ["ClawedBack", "Reinstated"]


@frozen(kw_only=True)
class ClawedBack(Entry):
    """What a payment, a grant or a bucket had brought was taken back.

    Attributes:
        source: the payment, the grant's ref, or the bucket.
        unit, refunded_steps: what went back of it so far, in all: money of a payment, or an amount of a gift.
        claw_backs: of each bucket, what was taken now, and what stands for the rest.
        debts: what is owed for what had been used.
        repaid: of that, what other buckets paid at once.
        off: auto top-up was turned off by this, as what was paid for went back.
    """

    source: str
    unit: Unit
    refunded_steps: int
    claw_backs: tuple[ClawBackPart, ...]
    debts: tuple[Debt, ...] = ()
    repaid: tuple[Repaid, ...] = ()
    off: AutoTopUpOff | None = None

    @property
    def refunded(self) -> Amount:
        """What went back of it so far, in all."""
        return self.unit.amount(self.refunded_steps)


@frozen(kw_only=True)
class Reinstated(Entry):
    """What was clawed back is there again.

    Attributes:
        source: the payment, the grant's ref, or the bucket.
        unit, refunded_steps: what is still refunded of it, in all.
        claw_backs: of each bucket, what is undone of what was taken.
        debts: what is owed less.
        repaid: debt that was paid by what came back.
    """

    source: str
    unit: Unit
    refunded_steps: int
    claw_backs: tuple[ClawBackPart, ...]
    debts: tuple[Debt, ...] = ()
    repaid: tuple[Repaid, ...] = ()

    @property
    def refunded(self) -> Amount:
        """What is still refunded of it, in all."""
        return self.unit.amount(self.refunded_steps)
