"""What a view's reads give that is more than a figure. Data only: how it is found is the view's matter."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from attrs import field, frozen

from tokenpurse.entries import Spent
from tokenpurse.errors import Refused
from tokenpurse.units import Amount, Unit

__all__ = ["Gauge", "Lifetime", "LimitUse", "Moved", "Movement", "MovementPart", "Quote"]

Moved: TypeAlias = Literal[
    "auto_top_up",
    "bonus",
    "bought",
    "brought",
    "captured",
    "carried",
    "clawed_back",
    "expired",
    "forfeited",
    "granted",
    "held",
    "received",
    "refunded",
    "reinstated",
    "repaid",
    "returned",
    "spent",
    "transferred",
]
"""Why the balance of a unit moved."""


@frozen
class Gauge:
    """How much of what there is in this period is used. `used` may exceed `size` where pay-as-you-go has no limit.

    Attributes:
        unit: how it is shown: `str()` writes amounts with its decimals; no part of the value.
        unlimited: the plan lets all use of the meter through: there is no bar to draw, and `str()` writes no size.
    """

    used: Amount
    size: Amount
    unit: Unit | None = field(default=None, eq=False, repr=False)
    unlimited: bool = False

    @property
    def share(self) -> tuple[Amount, Amount]:
        """Used and size as a ratio to draw a bar from, used cut off at size."""
        return (min(self.used, self.size), self.size)

    def __str__(self) -> str:
        return f"[{_written(self.used, self.unit)}/{_written(None if self.unlimited else self.size, self.unit)}]"


@frozen(kw_only=True)
class LimitUse:
    """How much one limit has counted, and up to what.

    Attributes:
        name: the limit's.
        label: the label's value that it is for; `None`: it is over all use.
        unit: what it counts.
        used: what it counted in the stretch of time that runs, what is held included. Past the cap where use was
            overdrawn, or where the cap was lowered since.
        cap: what it lets through in all, chosen or the plan's; `None`: whatever comes.
        left: what it still lets through; `None`: whatever comes. Other limits, and what there is, may let through less.
        shown_in: the unit as it is shown: `str()` writes amounts with its decimals.
        resets: when it counts from nothing again, exclusive; `None`: never, or its time begins with the next use.
    """

    name: str
    label: str | None
    unit: str
    used: Amount
    cap: Amount | None
    left: Amount | None
    resets: datetime | None
    shown_in: Unit | None = field(default=None, eq=False, repr=False)

    def __str__(self) -> str:
        return f"[{_written(self.used, self.shown_in)}/{_written(self.cap, self.shown_in)}]"


@frozen
class Lifetime:
    """Totals of one unit since the wallet was opened.

    Attributes:
        added: bought, by hand or by auto top-up.
        granted: given by plan, host or another wallet, or brought along; what carries over is not counted again.
        spent: used, whoever paid for it, debt included.
    """

    added: Amount
    granted: Amount
    spent: Amount


@frozen
class Quote:
    """What a spend would come to, without doing it.

    Attributes:
        ok: whether it would succeed.
        entry: the entry that it would make; `None` if it would be refused or there is nothing to book.
        refusal: the refusal it would raise, with its remedies; `None` if it would succeed.
    """

    ok: bool
    entry: Spent | None
    refusal: Refused | None


@frozen
class MovementPart:
    """What a movement was of one bucket.

    Attributes:
        bucket: its id; empty: of buckets that came and went in a run of periods, or of stretches.
        kind: of the bucket.
        steps: what was left of it more (+) or less (-) by it.
        held_steps: the same of what open holds have set aside of it.
    """

    bucket: str
    kind: str
    steps: int
    held_steps: int = 0


@frozen(kw_only=True)
class Movement:
    """What one entry did to the balance of one unit, for one reason.

    Attributes:
        wallet, sequence, at, by: as of the entry.
        ref: the caller's key, or `None`.
        place: which of the entry's movements it is, from 0.
        what: the reason.
        unit: what moved.
        steps: how much more (+) or less (-) is left by it. 0: it moved from kind to kind (`carried`), or is what was
            held and is used now (`captured`).
        balance_steps: what is left of the unit after it, in all its buckets: as `View.balance`.
        parts: how much of which bucket, in the order they were moved.
    """

    wallet: str
    sequence: int
    place: int
    at: datetime
    what: Moved
    unit: Unit
    steps: int
    balance_steps: int
    ref: str | None = None
    by: str | None = None
    parts: tuple[MovementPart, ...] = ()

    @property
    def amount(self) -> Amount:
        """How much more, or less (below zero), is left by it."""
        return self.unit.amount(self.steps)

    @property
    def balance(self) -> Amount:
        """What is left of the unit after it."""
        return self.unit.amount(self.balance_steps)

    @property
    def held_steps(self) -> int:
        """How much more, or less, open holds have set aside of the unit's buckets by it."""
        return sum(part.held_steps for part in self.parts)

    @property
    def entry_id(self) -> str:
        """The entry's id."""
        return f"{self.wallet}#{self.sequence}"

    def __str__(self) -> str:
        sign = "+" if self.steps > 0 else ""
        return f"{self.what} {sign}{self.unit.text(self.steps)}, {self.unit.text(self.balance_steps)} left"


def _written(amount: Amount | None, unit: Unit | None) -> str:
    """Write an amount for a reader, as its unit is shown; `-`: there is none."""
    if amount is None:
        return "-"
    return f"{amount:,}" if unit is None else unit.digits(unit.steps(amount))
