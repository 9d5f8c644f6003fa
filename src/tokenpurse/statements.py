"""What pay-as-you-go, and billed debt, cost: the lines that run up in a period, and the statement that closes them."""

from __future__ import annotations

from attrs import evolve, frozen

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
        of: the closed period whose use this is, reported late, or refunded; `None`: use of the statement's own period.
        before: the quantity that an earlier statement has already: of late use that of the closed period, of a period's
            own use one in mid-period; of a refund, what was charged of its line still.
        refund: whether it takes back what an earlier statement billed; then it costs less than nothing.
        used: of what one operation adds or takes, the quantity that was used where another one is billed: at least so
            much, in whole steps; see `asked`.
    """

    meter: Unit
    rate: Rate
    quantity: int
    debt: bool = False
    of: Period | None = None
    before: int = 0
    refund: bool = False
    used: int | None = None

    @classmethod
    def of_use(cls, meter: Unit, rate: Rate, steps: int) -> Accrual:
        """Say what one operation adds to its line."""
        return cls(meter, rate, rate.charged(steps)).asking(steps)

    def asking(self, steps: int) -> Accrual:
        """Say what was used of what is billed."""
        return evolve(self, used=None if steps == self.quantity else steps)

    @property
    def asked(self) -> int:
        """The quantity that was used; what is billed of it is `quantity`."""
        return self.quantity if self.used is None else self.used

    @property
    def is_own(self) -> bool:
        """Whether it is the period's own use: no debt, and nothing of a period that is closed."""
        return not self.debt and not self.refund and self.of is None

    @property
    def cost(self) -> Money:
        """The whole quantity's cost, rounded once, half up to the places that are paid; of a refund, below zero.

        Of late use: what the closed period's line would have cost more with it; of a refund: what it would have cost
        less, so that all refunds of a line come to what was charged.
        """
        billed = postpaid_cost(self.rate, self.before)
        return Money(self.rate.unit, postpaid_cost(self.rate, self.top) - billed)

    @property
    def key(self) -> tuple[Unit, Rate, Period | None]:
        """What it is of: use of one period at one price."""
        return (self.meter, self.rate, self.of)

    def after(self, stated: int) -> Accrual:
        """Say what of the whole is not on a statement yet; a refund where more was stated than it is by now."""
        more = self.quantity - stated
        return evolve(self, quantity=abs(more), before=stated, refund=more < 0)

    @property
    def whole(self) -> Accrual:
        """What it is a part of, after which it says what is not on a statement yet."""
        return evolve(self, quantity=self.top, before=0, refund=False)

    def left_of(self, period: Period) -> Accrual:
        """Say it in the next period, where it is no use of its own."""
        return evolve(self, of=period) if self.of is None else self

    @property
    def top(self) -> int:
        """The quantity up to which its line is charged with it."""
        return self.before - self.quantity if self.refund else self.before + self.quantity

    def __str__(self) -> str:
        what = ("refund of " if self.refund else "") + ("debt of " if self.debt else "")
        used = "" if self.used is None else f" for {self.meter.digits(self.used)} used"
        price = f"{self._after} at {self.rate.said_at(self.top)}"
        if self.meter.is_money:
            price = "" if self.debt else " of use beyond credit"
        use = "of" if self.refund else "use of"
        of = "" if self.of is None else f", {use} the period from {self.of.start:%Y-%m-%dT%H:%M:%SZ}"
        return f"{what}{self.meter.text(self.quantity)}{used}{price} = {self.cost}{of}"

    @property
    def _after(self) -> str:
        """Say after which quantity of the line it comes, or goes, where its price depends on that."""
        if not self.before or not self.rate.tiers:
            return ""
        said = f" {'of' if self.refund else 'after'} {self.meter.digits(self.before)}"
        return f"{said}, all" if self.rate.volume else said


@frozen
class Statement:
    """What the post-paid use of a period costs, with the debt that is billed along as it closes.

    Attributes:
        period: the closed period, half-open; or the running one, where so much ran up that it is billed at once.
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
