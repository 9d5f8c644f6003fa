"""What a plan grants, and what waits for its payment, in steps."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from tokenpurse.buckets import Money
from tokenpurse.scopes import Scope
from tokenpurse.units import Unit

__all__ = ["AllowanceTerms", "CountTerms", "RenewalTerms"]


@frozen(kw_only=True)
class AllowanceTerms:
    """An `Allowance` in steps; `least` is the minimum of its count."""

    unit: Unit
    kind: str
    steps: int
    per: str | None
    priority: int
    on_payment: bool
    scope: Scope = ()
    least: int = 0


@frozen
class CountTerms:
    """A `Count`."""

    minimum: int = 0
    prorated: bool = False
    removed: str = "period_end"


@frozen(kw_only=True)
class RenewalTerms:
    """A `Renewal`, with what the period costs."""

    grace: timedelta
    rest: str
    price: Money | None
    on_failure: str
    on_end: str
