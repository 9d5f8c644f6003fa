"""What every entry has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from attrs import frozen

from tokenpurse.buckets import Draw
from tokenpurse.entries.facts import AutoTopUpWindow, Line, Remembered
from tokenpurse.notices import Notice, Request
from tokenpurse.units import Amount, Unit

__all__ = [
    "Entry",
    "paid_by",
    "sums_of",
]


@frozen(kw_only=True)
class Entry:
    """One stored fact.

    Attributes:
        wallet: the wallet's id.
        sequence: 1 for the first entry; the wallet's version after it.
        at: when it took effect.
        asked_at: the moment that was given, where the wallet's clock was ahead of it by less than the tolerance.
        ref: the caller's key and what it was used for, or `None`.
        by: who did it, or `None`.
        notices, requests: what it gave rise to.
        lines: alerts whose standing it changed.
        window: what the window of auto top-up's maxima counts after it, where it changed that.
    """

    wallet: str
    sequence: int
    at: datetime
    asked_at: datetime | None = None
    ref: Remembered | None = None
    by: str | None = None
    notices: tuple[Notice, ...] = ()
    requests: tuple[Request, ...] = ()
    lines: tuple[Line, ...] = ()
    window: AutoTopUpWindow | None = None

    @property
    def id(self) -> str:
        """Wallet and sequence number: unique, and the same on every run."""
        return f"{self.wallet}#{self.sequence}"


def paid_by(draws: Iterable[Draw]) -> dict[tuple[str, str], Amount]:
    """Sum what was drawn, by kind of bucket and by unit's name."""
    return sums_of([(draw.kind, draw.unit, draw.steps) for draw in draws])


def sums_of(moved: list[tuple[str, Unit, int]]) -> dict[tuple[str, str], Amount]:
    """Sum amounts by kind and by unit's name: amounts of different units never meet."""
    sums: dict[tuple[str, str], int] = {}
    units = {unit.name: unit for _, unit, _ in moved}
    for kind, unit, steps in moved:
        sums[kind, unit.name] = sums.get((kind, unit.name), 0) + steps
    return {(kind, name): units[name].amount(steps) for (kind, name), steps in sums.items() if steps}
