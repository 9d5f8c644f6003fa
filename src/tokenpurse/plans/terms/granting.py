"""What a plan grants, and what waits for its payment, in steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from attrs import frozen

from tokenpurse.buckets import Money
from tokenpurse.periods import Schedule
from tokenpurse.plans.terms.lives import LifeTerms
from tokenpurse.scopes import Scope
from tokenpurse.units import STEPS_MAX, Unit

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
    given: str = "at_once"
    every: Schedule | None = None
    empty: frozenset[str] = frozenset()
    bought: Money | None = None
    ceiling: int | None = None
    ceiling_every: Schedule | None = None
    first: str = "full"
    life: LifeTerms | None = None

    @property
    def key(self) -> tuple[str, str, Schedule | None]:
        """What its stream is known by, on whichever plan."""
        return self.unit.name, self.kind, self.every

    @property
    def is_stream(self) -> bool:
        """Whether it has a schedule or a condition of its own; else it is granted with the period."""
        return self.every is not None or self.given not in {"at_once", "on_payment"}

    def amount(self, counts: Mapping[str, int]) -> int:
        """What it grants with these counts, at most what can be counted."""
        count = 1 if self.per is None else max(self.least, counts.get(self.per, 0))
        return min(STEPS_MAX, self.steps * count)


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
