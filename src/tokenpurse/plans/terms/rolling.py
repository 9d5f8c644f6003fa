"""What of a plan's allowances carries over, in steps."""

from __future__ import annotations

from fractions import Fraction

from attrs import frozen

from tokenpurse.plans.terms.figures import Figure
from tokenpurse.plans.terms.lives import LifeTerms

__all__ = ["RolloverTerms"]


@frozen(kw_only=True)
class RolloverTerms:
    """A `Rollover` with its caps as figures."""

    bank_max: Figure | None
    share: Fraction
    carry_max: Figure | None
    total_max: Figure | None
    same_plan: bool
    life: LifeTerms | None = None

    @property
    def takes_all(self) -> bool:
        """Whether all that is left is carried for ever, as far as the bank has room."""
        return self.share == 1 and self.carry_max is None and self.life is None
