"""What the old code knew by heart, said as plans."""

from __future__ import annotations

from decimal import Decimal

from tokenpurse import Allowance, Bound, Catalogue, Offer, Plan, Rollover

__all__ = ["SHOP"]

PACK = Offer("pack", price=Decimal("9.00"), pack=5_000)

SHOP = Catalogue(
    [
        Plan(name, allowances=[Allowance(quota)], rollovers=[Rollover(bank_max=Bound("allowance"))], offers=[PACK])
        for name, quota in {"free": 1_000, "pro": 10_000}.items()
    ]
)
