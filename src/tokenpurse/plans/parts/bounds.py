"""A multiple of a figure that each wallet has for itself."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar, Literal

from attrs import frozen

from tokenpurse.plans import checks
from tokenpurse.units import Amount

__all__ = [
    "Bound",
]


@frozen
class Bound:
    """A multiple of a figure that each wallet has for itself; always of a named base, so that "20 %" says of what.

    Attributes:
        base: `allowance` (all that the plan's allowances of this unit grant for a period, counts included), `limit`
            (the wallet's limit on this unit), `auto_top_up_threshold` (chosen by the customer) or
            `auto_top_up_purchase` (chosen along with it). Of an offer's bonus: `purchase` (what is bought).
            Of what a reset carries: `original` (what the closing period's buckets were granted).
            Of a price: `plan_price` (what the plan itself costs for each of the period's allowance).
        times: the multiple, an `int` or a `Decimal`: 3, `Decimal("0.2")`.
        otherwise: the amount to take where the wallet has no such figure (no limit set, auto top-up off);
            `None`: then there is no bound.

    A multiple that is no whole step is rounded down where it caps, up where it is the least that may be; an alert
    compares with it exactly.
    """

    base: Literal[
        "allowance", "limit", "auto_top_up_threshold", "auto_top_up_purchase", "purchase", "original", "plan_price"
    ]
    times: int | Decimal = 1
    otherwise: Amount | None = None

    def __repr__(self) -> str:
        return checks.written(self)

    BASES: ClassVar[tuple[str, ...]] = ("allowance", "limit", "auto_top_up_threshold", "auto_top_up_purchase")

    def __attrs_post_init__(self) -> None:
        checks.chosen("Bound", "base", self.base, (*self.BASES, "purchase", "original", "plan_price"))
        checks.exact("Bound", "times", self.times)
