"""What use costs."""

from __future__ import annotations

from decimal import Decimal

from attrs import field, frozen

from tokenpurse.plans import checks
from tokenpurse.units import Amount, Unit

__all__ = [
    "PayAsYouGo",
    "Price",
]


@frozen
class Price:
    """What use costs that no bucket of the meter itself pays: drawn from the buckets of `unit`, priced cumulatively.

    With a currency it is the overage price that prepaid credits pay; with another meter it is what an action costs
    (`Price("conversation", 2_000, unit="tokens")`). An action that costs nothing never touches the wallet.

    Attributes:
        meter: the meter or action that is priced.
        cost: of `per` of the meter; a `Decimal` of a currency, an `int` of a meter; zero is free.
        per: the quantity that costs it.
        unit: what the cost is in; the plan's currency.
    """

    meter: str | Unit
    cost: Amount
    per: Amount = field(default=1, kw_only=True)
    unit: str | Unit | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        checks.unit_of("Price", "meter", self.meter)


@frozen
class PayAsYouGo:
    """Use beyond every bucket is let through, counted, and billed when the period ends.

    Attributes:
        price: of `per`; the statement prices the period's whole quantity once, half up to the paid places.
        per: the quantity that costs it.
        meter: which meter; the plan's first.
        currency: what it is billed in; the plan's.
    """

    price: Decimal
    per: int = field(default=1, kw_only=True)
    meter: str | Unit | None = field(default=None, kw_only=True)
    currency: str | Unit | None = field(default=None, kw_only=True)
