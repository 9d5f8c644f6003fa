"""What becomes of debt."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar, Literal

from attrs import field, frozen

from tokenpurse.errors import PlanError
from tokenpurse.plans import checks
from tokenpurse.units import Unit

__all__ = [
    "OnDebt",
]


@frozen
class OnDebt:
    """What becomes of one unit's debt when a period closes.

    Attributes:
        does: `carry` it into the next period, `forgive` it, or `bill` it on the closing period's statement: money one
            to one, a meter at a price.
        price: of `per` of a meter that is billed; `None`: that of its `PayAsYouGo`, or of its `Price` in money.
        per: the quantity that costs it.
        unit: whose debt; the plan's first meter.
        currency: what it is billed in; the plan's.
    """

    does: Literal["carry", "forgive", "bill"]
    price: Decimal | None = field(default=None, kw_only=True)
    per: int = field(default=1, kw_only=True)
    unit: str | Unit | None = field(default=None, kw_only=True)
    currency: str | Unit | None = field(default=None, kw_only=True)

    WORDS: ClassVar[tuple[str, ...]] = ("carry", "forgive", "bill")

    def __attrs_post_init__(self) -> None:
        checks.chosen("OnDebt", "does", self.does, self.WORDS)
        if self.does != "bill" and self.price is not None:
            raise PlanError("OnDebt", "price", self.price, "only what is billed has a price")
