"""What a plan grants, and what waits for its payment, in steps."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from tokenpurse.buckets import Money
from tokenpurse.scopes import Scope
from tokenpurse.units import Unit

__all__ = ["AllowanceTerms", "RenewalTerms"]


@frozen(kw_only=True)
class AllowanceTerms:
    """An `Allowance` in steps."""

    unit: Unit
    kind: str
    steps: int
    per: str | None
    priority: int
    on_payment: bool
    scope: Scope = ()


@frozen(kw_only=True)
class RenewalTerms:
    """A `Renewal`, with what the period costs."""

    grace: timedelta
    rest: str
    price: Money | None
    on_failure: str
    on_end: str
