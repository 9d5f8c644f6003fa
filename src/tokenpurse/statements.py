"""What pay-as-you-go, and billed debt, cost: the lines that run up in a period, and the statement that closes them."""

from __future__ import annotations

from attrs import frozen

from tokenpurse.buckets import Money
from tokenpurse.periods import Period
from tokenpurse.pricing import Rate, postpaid_cost
from tokenpurse.units import Unit

__all__ = ["Accrual", "Statement"]


@frozen
class Accrual:
    """A quantity of one meter used at one post-paid price, or owed as debt, priced as a whole.

    Attributes:
        meter: what was used.
        rate: the price; a new price in mid-period opens a new line.
        quantity: whole steps of the meter.
        debt: whether it is debt of earlier use; then `meter` may be money, which is billed one to one.
        of: the closed period whose use this is, reported late; `None`: use of the statement's own period.
        before: of late use, the quantity that the closed period's statement has already.
        refund: whether it takes back use that an earlier statement billed; then it costs less than nothing.
    """

    meter: Unit
    rate: Rate
    quantity: int
    debt: bool = False
    of: Period | None = None
    before: int = 0
    refund: bool = False

    @property
    def is_own(self) -> bool:
        """Whether it is the period's own use: no debt, and nothing of a period that is closed."""
        return not self.debt and not self.refund and self.of is None

    @property
    def cost(self) -> Money:
        """The whole quantity's cost, rounded once, half up to the places that are paid; of a refund, below zero.

        Of late use: what the closed period's line would have cost more with it.
        """
        billed = postpaid_cost(self.rate, self.before)
        cost = postpaid_cost(self.rate, self.before + self.quantity) - billed
        return Money(self.rate.unit, -cost if self.refund else cost)

    def __str__(self) -> str:
        price = "" if self.meter.is_money else f" at {self.rate}"
        what = "debt of " if self.debt else "refund of " if self.refund else ""
        late = "" if self.of is None else f", late use of the period from {self.of.start:%Y-%m-%dT%H:%M:%SZ}"
        return f"{what}{self.meter.text(self.quantity)}{price} = {self.cost}{late}"


@frozen
class Statement:
    """What the post-paid use of a closed period costs, with the debt that is billed along.

    Attributes:
        period: the closed period, half-open.
        lines: one for each meter and price, of its own use and of late use each, then one for each billed debt; at
            least one.
    """

    period: Period
    lines: tuple[Accrual, ...]

    @property
    def totals(self) -> tuple[Money, ...]:
        """The sum of the lines, for each currency in the order it first appears."""
        sums: dict[str, Money] = {}
        for line in self.lines:
            unit = line.rate.unit
            so_far = sums.get(unit.name, Money(unit, 0)).steps
            sums[unit.name] = Money(unit, so_far + line.cost.steps)
        return tuple(sums.values())

    def __str__(self) -> str:
        return " + ".join(map(str, self.totals))
