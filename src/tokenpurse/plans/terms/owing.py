"""What becomes of debt."""

from __future__ import annotations

from attrs import frozen

from tokenpurse.pricing import Rate

__all__ = ["DebtTerms"]


@frozen
class DebtTerms:
    """What becomes of a unit's debt when a period closes; the rate, where it is billed."""

    does: str
    rate: Rate | None = None
