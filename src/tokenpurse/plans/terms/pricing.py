"""What use costs, in steps: a rate, and what the labels of a use make of it."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from attrs import field, frozen

from tokenpurse.pricing import Rate
from tokenpurse.units import Unit

__all__ = ["PriceTerms"]


@frozen(kw_only=True)
class PriceTerms:
    """A `Price` or a `PayAsYouGo` in steps.

    Attributes:
        rate: of use that no label multiplies.
        times: by label and value, what it is multiplied by; what is not there multiplies by 1.
    """

    rate: Rate
    times: Mapping[str, Mapping[str, Fraction]] = field(factory=dict)

    @property
    def unit(self) -> Unit:
        """What the price is in."""
        return self.rate.unit

    def rate_for(self, labels: Mapping[str, str]) -> Rate:
        """Find the rate of use with these labels; each rate is priced by itself."""
        factor = Fraction(1)
        for label, values in self.times.items():
            factor *= values.get(labels.get(label, ""), 1)
        return self.rate if factor == 1 else self.rate.times(factor)
