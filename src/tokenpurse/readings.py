"""What a view's reads give that is more than a figure. Data only: how it is found is the view's matter."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from tokenpurse.entries import Spent
from tokenpurse.errors import Refused
from tokenpurse.units import Amount, Unit

__all__ = ["Gauge", "Lifetime", "LimitUse", "Quote"]


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


def _written(amount: Amount | None, unit: Unit | None) -> str:
    """Write an amount for a reader, as its unit is shown; `-`: there is none."""
    if amount is None:
        return "-"
    return f"{amount:,}" if unit is None else unit.digits(unit.steps(amount))
