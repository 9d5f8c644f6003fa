"""Entries of use: what was spent."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from tokenpurse.buckets import Draw
from tokenpurse.entries.base import Entry, paid_by
from tokenpurse.entries.uses import Counted, Use
from tokenpurse.periods import Period
from tokenpurse.units import Amount

__all__ = [
    "Spent",
]


@frozen(kw_only=True)
class Spent(Entry):
    """Use, of one meter or of several at once.

    Attributes:
        uses: one for each meter, in the plan's order.
        labels: what the host said about it.
        counted: what limits counted that have a count of their own, in the plan's order: those over a time of their
            own, and those per label value.
        occurred_at: when it happened, where that was said.
        period: the closed period that it counts in; `None`: the running one.
    """

    uses: tuple[Use, ...]
    labels: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    counted: tuple[Counted, ...] = ()
    occurred_at: datetime | None = None
    period: Period | None = None

    def paid_by(self) -> dict[tuple[str, str], Amount]:
        """Sum what was taken, by kind of bucket and unit; priced use appears under the unit that paid its cost."""
        return paid_by(self.draws())

    def draws(self) -> tuple[Draw, ...]:
        """List every draw, those that paid a price included."""
        return tuple(draw for use in self.uses for draw in use.all_draws())
