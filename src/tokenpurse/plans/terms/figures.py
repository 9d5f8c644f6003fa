"""An amount, or a multiple of a figure that each wallet has for itself."""

from __future__ import annotations

from fractions import Fraction

from attrs import frozen

__all__ = ["Figure"]


@frozen
class Figure:
    """An amount that is fixed (`steps`), or a multiple of a base that each wallet has for itself."""

    steps: int | None
    base: str = ""
    times: Fraction = Fraction(1)
    otherwise: int | None = None

    def is_below(self, other: Figure) -> bool:
        """Tell whether it is less than another for every wallet; what depends on the wallet is not."""
        return self.base == other.base and (self.steps or 0, self.times) < (other.steps or 0, other.times)
