"""Caps on use, what happens when nothing is left, and what is worth a notice, in steps."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from tokenpurse.buckets import PAY_AS_YOU_GO
from tokenpurse.periods import Schedule
from tokenpurse.plans.terms.figures import Figure
from tokenpurse.scopes import Scope
from tokenpurse.units import Unit

__all__ = ["AlertTerms", "AtZeroTerms", "LimitTerms", "ReminderTerms"]


@frozen(kw_only=True)
class LimitTerms:
    """A `Limit` with its bounds as figures; without `kinds` whoever pays."""

    name: str
    unit: Unit
    figure: Figure | None
    minimum: Figure | None
    maximum: Figure | None
    setters: frozenset[str] | None
    every: Schedule | None
    window: timedelta | None
    per: str | None
    scope: Scope
    kinds: frozenset[str] = frozenset()
    degrade_to: str | None = None

    @property
    def with_period(self) -> bool:
        """Whether it counts what the plan's period counts."""
        return self.every is None and self.window is None

    @property
    def is_plain(self) -> bool:
        """Whether it is the one limit of its unit over the whole period: it needs no counter of its own."""
        return self.with_period and self.per is None and not self.scope and not self.kinds

    @property
    def bills(self) -> bool:
        """Whether it is one on kinds, and what is billed is among them."""
        return PAY_AS_YOU_GO in self.kinds

    @property
    def _counts(self) -> tuple[object, ...]:
        return self.unit, self.every, self.window, self.per, self.scope, self.kinds

    def same_as(self, other: LimitTerms) -> bool:
        """Tell whether a figure chosen for one of them means the same for the other."""
        return self._counts == other._counts


@frozen(kw_only=True)
class AtZeroTerms:
    """An `AtZero` with its bound as a figure."""

    unit: Unit
    degrade_to: str | None
    overdraft: Figure | None


@frozen(kw_only=True)
class AlertTerms:
    """An `Alert` with its line as a figure; `repeats`: there is one at each multiple of it."""

    name: str
    watch: str
    unit: Unit
    figure: Figure
    strict: bool
    repeats: bool
    recovered: bool
    kinds: frozenset[str] | None
    notify: bool


@frozen(kw_only=True)
class ReminderTerms:
    """An `Alert` on what ends soon."""

    name: str
    unit: Unit
    within: timedelta
    kinds: frozenset[str] | None
    notify: bool
