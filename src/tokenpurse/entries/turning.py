"""The facts of allowances with a schedule or a condition of their own: what runs, and what each turn of it did."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from attrs import frozen

from tokenpurse.buckets import Bucket, Loss
from tokenpurse.periods import Anchor, Period, Schedule
from tokenpurse.units import Amount, Unit

__all__ = ["Stream", "StreamKey", "Turn"]

StreamKey: TypeAlias = tuple[str, str, Schedule | None]
"""Unit, kind and schedule: an allowance of another plan with the same three goes on where this one was."""


@frozen(kw_only=True)
class Stream:
    """An allowance with a schedule or a condition of its own: the stretch of it that runs, and what that gave.

    Attributes:
        unit, kind: of what it grants.
        every: its schedule; `None`: the plan's period.
        stretch: the stretch of time that runs, or ran last; it grants once in each.
        given_steps: what was granted in that.
        anchor: where its schedule is counted from.
        part: what share of the amount that stretch grants: a short first one may grant less.
        buckets: those that end with the stretch, in the entry that opens the next.
        next: when time opens the next one; `None`: only something that happens does.
        window: the stretch of its ceiling, if it has one.
        window_steps: what was granted in that.
    """

    unit: Unit
    kind: str
    every: Schedule | None
    stretch: Period
    anchor: Anchor
    given_steps: int = 0
    part: tuple[int, int] = (1, 1)
    buckets: tuple[str, ...] = ()
    next: datetime | None = None
    window: Period | None = None
    window_steps: int = 0

    @property
    def key(self) -> StreamKey:
        """What it is known by."""
        return self.unit.name, self.kind, self.every

    @property
    def given(self) -> Amount:
        """What was granted in the stretch."""
        return self.unit.amount(self.given_steps)


@frozen(kw_only=True)
class Turn:
    """What became of one stream: its stretch closed and the next opened, or it granted more in the running one.

    Attributes:
        stream: as it is now.
        count: how many stretches opened because the one before them was over: a run of identical ones is one turn; 0:
            something else than time led to it.
        expired: what was left of the stretch that closed; of a run, the first.
        granted: what was granted, that is still there.
        between_steps: what stretches inside a run granted; untouched, it expired with them.
    """

    stream: Stream
    count: int = 0
    expired: tuple[Loss, ...] = ()
    granted: tuple[Bucket, ...] = ()
    between_steps: int = 0

    @property
    def between(self) -> Amount:
        """What stretches inside a run granted; untouched, it expired with them."""
        return self.stream.unit.amount(self.between_steps)
