"""What a quantity costs, and the only place of the library that rounds.

A price is an exact ratio, and each rounding here has one documented direction:

- an operation that is priced by itself (`operation_cost`): as its price says, to the step that it says;
- prepaid use (`prepaid_cost`): up, at the kept places, on the period's cumulative quantity, so that no way of
  splitting use changes the total and a period never costs less than the exact price;
- post-paid use (`postpaid_cost`): half up, at the paid places, once per statement line;
- buying (`sale_price`): up, at the paid places, so that a priced quantity never costs nothing;
- shares (`floor_steps`): a cap on tokens is rounded down;
- proration by exact microseconds: tokens down, with the rest kept so that no walk loses any (`earned`); money half up,
  at the paid places (`share_price`).

Which price applies to what is the plan's word, not this module's.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Final

from attrs import evolve, frozen

from tokenpurse.units import STEPS_MAX, Unit

__all__ = [
    "ROUNDINGS",
    "Rate",
    "affordable",
    "ceil_steps",
    "earned",
    "floor_steps",
    "operation_cost",
    "postpaid_cost",
    "postpaid_most",
    "prepaid_cost",
    "refund_cost",
    "sale_price",
    "share_of",
    "share_price",
    "unused_worth",
]


ROUNDINGS: Final = ("up", "down", "half_up")
"""The ways in which an operation's cost can be rounded."""
_MICROSECOND = timedelta(microseconds=1)


@frozen
class Rate:
    """A price: `cost_steps` of `unit` for each `per_steps` of a quantity, cumulatively or for each operation by itself.

    Attributes:
        unit: what the price is in.
        cost_steps: the cost of `per_steps`, in steps of `unit`; 0 is free.
        per_steps: the quantity that costs it, in the quantity's own steps; at least 1.
        base_steps: what each operation costs beside its quantity, in `base_per`-th parts of a step.
        base_per: see `base_steps`; at least 1.
        round_to: the steps that each operation's cost is a multiple of; 0: a cumulative price, without a base.
        rounding: which way an operation's cost is rounded: `up`, `down`, or `half_up`.
        tiers: the prices before this one, of the period's quantity: up to which quantity, and the cost of `per_steps`.
        volume: whether the tier that the whole quantity is in prices all of it; else each prices its own part.
        step: what each operation's quantity is rounded up to a whole multiple of; see `charged`.
        minimum: what it counts as at least.
        pack: of post-paid use, what the whole quantity is rounded up to a multiple of.
    """

    unit: Unit
    cost_steps: int
    per_steps: int
    base_steps: int = 0
    base_per: int = 1
    round_to: int = 0
    rounding: str = "up"
    tiers: tuple[tuple[int, int], ...] = ()
    volume: bool = False
    step: int = 1
    minimum: int = 0
    pack: int = 1

    @property
    def is_free(self) -> bool:
        """Whether no quantity costs anything."""
        return not (self.cost_steps or self.base_steps or any(cost for _, cost in self.tiers))

    @property
    def is_linear(self) -> bool:
        """Whether a quantity costs the same whenever, and however much, is used."""
        return not (self.round_to or self.tiers) and max(self.step, self.minimum, self.pack) <= 1

    @property
    def free_to(self) -> int:
        """Up to which quantity it costs nothing, if some does; all that can be counted, if it is free."""
        free = STEPS_MAX if self.is_free else 0
        for up_to, cost in self.tiers:
            if cost:
                break
            free = max(free, up_to)
        return free if self.is_free else free // self.pack * self.pack

    @property
    def is_sound(self) -> bool:
        """Whether its figures are those of a price at all."""
        if min(self.per_steps, self.base_per, self.step, self.pack) < 1 or self.rounding not in ROUNDINGS:
            return False
        tops = [0, *(up_to for up_to, _ in self.tiers)]
        rises = all(low < high for low, high in pairwise(tops))
        least = min(self.cost_steps, self.base_steps, self.round_to, self.minimum)
        return rises and min((least, *(cost for _, cost in self.tiers))) >= 0

    def charged(self, quantity: int) -> int:
        """Say what one operation's quantity counts as: at least `minimum`, in whole multiples of `step`; 0 stays 0."""
        return _up_to(max(quantity, self.minimum), self.step) if quantity else 0

    def most_charged(self, most: int) -> int:
        """Find the largest quantity of one operation that counts as no more than that."""
        found = most // self.step * self.step
        return found if found >= self.minimum else 0

    @property
    def dearest(self) -> Rate:
        """The price at which no part of a quantity costs more, whatever comes before it: what a hold sets aside."""
        return (
            self
            if not self.tiers
            else evolve(self, cost_steps=max(self.cost_steps, *dict(self.tiers).values()), tiers=())
        )

    def adds_to(self, unit: str, meter: str) -> bool:
        """Tell whether the cost of a meter counts as use of a unit; of money that is billed as itself its use does."""
        return self.unit.name == unit != meter

    def times(self, factor: Fraction) -> Rate:
        """Multiply it, base included, exactly; what an operation's cost is rounded to stays."""
        part = Fraction(self.cost_steps * factor.numerator, factor.denominator)
        base = Fraction(self.base_steps, self.base_per) * factor
        return evolve(
            self,
            cost_steps=part.numerator,
            per_steps=self.per_steps * part.denominator,
            base_steps=base.numerator,
            base_per=base.denominator,
        )

    def said_at(self, quantity: int) -> str:
        """Say it for a whole quantity: of volume prices, the one that prices all of it."""
        if not self.volume:
            return str(self)
        whole = _up_to(quantity, self.pack)
        cost = next((cost for up_to, cost in self.tiers if whole <= up_to), self.cost_steps)
        return f"{evolve(self, cost_steps=cost, tiers=(), volume=False)} (volume)"

    def __str__(self) -> str:
        said = f"{self.unit.text(self.cost_steps)} per {self.per_steps:,}"
        for up_to, cost in reversed(self.tiers):
            then = ", all at" if self.volume else ", then"
            said = f"{self.unit.text(cost)} per {self.per_steps:,} up to {up_to:,}{then} {said}"
        said += " beyond (volume)" if self.volume else ""
        said += f", in packs of {self.pack:,}" if self.pack > 1 else ""
        said += f", in steps of {self.step:,} each time" if self.step > 1 else ""
        said += f", at least {self.minimum:,} each time" if self.minimum > 1 else ""
        if not self.round_to:
            return said
        if self.base_steps:
            parts = "" if self.base_per == 1 else f" / {self.base_per:,}"
            said = f"{self.unit.text(self.base_steps)}{parts} + {said}"
        return f"{said}, rounded {self.rounding.replace('_', ' ')} to {self.unit.text(self.round_to)} each time"


def _ceil_div(number: int, by: int) -> int:
    return -(-number // by)


def _up_to(quantity: int, step: int) -> int:
    """Round a quantity up to a whole multiple."""
    return _ceil_div(quantity, step) * step


def operation_cost(rate: Rate, quantity: int) -> int:
    """Price one operation by itself, in steps: its base and what its quantity counts as; of nothing, nothing."""
    if not quantity:
        return 0
    counted = rate.charged(quantity)
    cost, part = rate.base_steps * rate.per_steps + counted * rate.cost_steps * rate.base_per, _part(rate)
    if rate.rounding == "up":
        return _ceil_div(cost, part) * rate.round_to
    return (2 * cost + part if rate.rounding == "half_up" else 2 * cost) // (2 * part) * rate.round_to


def _part(rate: Rate) -> int:
    """Give what an operation's cost is a multiple of, in the parts that its base and quantity are counted in."""
    return rate.per_steps * rate.base_per * rate.round_to


def _operation_most(rate: Rate, budget_steps: int) -> int | None:
    """Find the largest quantity of one operation that a budget covers; `None` when quantity costs nothing."""
    most, part = budget_steps // rate.round_to, _part(rate)
    cost = {"up": most * part, "down": (most + 1) * part - 1, "half_up": _ceil_div((2 * most + 1) * part, 2) - 1}
    left = cost[rate.rounding] - rate.base_steps * rate.per_steps
    if not rate.cost_steps:
        return None if left >= 0 else 0
    return rate.most_charged(max(0, left // (rate.cost_steps * rate.base_per)))


def prepaid_cost(rate: Rate, before: int, quantity: int, paid_steps: int | None = None) -> int:
    """Price a prepaid quantity after `before`: what the whole costs less what was paid for `before`, in steps.

    `paid_steps` is what was paid; what `before` costs unless said. Undone use may leave a step more there. Where each
    operation is priced by itself, nothing before it counts.
    """
    if rate.round_to:
        return operation_cost(rate, quantity)
    if paid_steps is None:
        paid_steps = _ceil_div(_in_tiers(rate, before), rate.per_steps)
    return max(0, _ceil_div(_in_tiers(rate, before + quantity), rate.per_steps) - paid_steps)


def share_of(steps: int, part: int, whole: int) -> int:
    """Take a share of an amount, rounded down: of a bucket, what a part of its price stands for."""
    return steps * part // whole


def unused_worth(unit: Unit, parts: Iterable[tuple[int, int, int, int]]) -> int:
    """Price what is unused of several purchases, rounded down, once, to the places that are paid.

    Each part is what was paid, the unused quantity with what went back of it, the whole, and the money that went back:
    so whatever went back, that and what the rest is worth are never more than what was paid.
    """
    worth = Fraction(0)
    for paid, part, whole, back in parts:
        worth += max(Fraction(0), Fraction(paid * part, whole) - back)
    coin = _coin(unit)
    return floor_steps(worth / coin) * coin


def refund_cost(rate: Rate, quantity: int) -> int:
    """Price a whole period's quantity: what must stay paid for what stays used."""
    return prepaid_cost(rate, 0, quantity)


def affordable(rate: Rate, before: int, budget_steps: int, paid_steps: int | None = None) -> int | None:
    """Find the largest quantity that `budget_steps` cover after `before`; `None` when it is free."""
    if rate.round_to:
        return _operation_most(rate, budget_steps)
    if paid_steps is None:
        paid_steps = _ceil_div(_in_tiers(rate, before), rate.per_steps)
    most = _tiers_most(rate, (budget_steps + paid_steps) * rate.per_steps)
    return None if most is None else most - before


def postpaid_cost(rate: Rate, quantity: int) -> int:
    """Price a statement line, in steps of the rate's unit, rounded half up to the places that are paid."""
    coin, exact = _coin(rate.unit), _in_tiers(rate, _up_to(quantity, rate.pack))
    return (2 * exact + rate.per_steps * coin) // (2 * rate.per_steps * coin) * coin


def _in_tiers(rate: Rate, quantity: int) -> int:
    """Price a period's quantity exactly, in `per_steps`-th parts of a step: each part by its tier, or all by one."""
    if rate.volume:
        return quantity * next((cost for up_to, cost in rate.tiers if quantity <= up_to), rate.cost_steps)
    total = before = 0
    for up_to, cost in rate.tiers:
        total += (min(quantity, up_to) - before) * cost
        if quantity <= up_to:
            return total
        before = up_to
    return total + (quantity - before) * rate.cost_steps


def postpaid_most(rate: Rate, budget_steps: int) -> int | None:
    """Find the largest quantity whose post-paid cost is within `budget_steps`; `None` when nothing bounds it.

    A volume price may fall as the quantity grows: of it, one that is within whichever tier it is in.
    """
    coin = _coin(rate.unit)
    coins = budget_steps // coin  # a cost of half a coin more would be rounded up to one coin more
    most = _tiers_most(rate, ((2 * coins + 1) * rate.per_steps * coin - 1) // 2)
    return None if most is None else most // rate.pack * rate.pack


def _tiers_most(rate: Rate, left: int) -> int | None:
    """Find the largest quantity that a budget covers, in `per_steps`-th parts of a step."""
    before = 0
    if rate.volume:
        dearest = max(rate.cost_steps, *(cost for _, cost in rate.tiers))
        return left // dearest if dearest else None
    for up_to, cost in rate.tiers:
        if cost * (up_to - before) > left:
            return before + left // cost
        left -= cost * (up_to - before)
        before = up_to
    return before + left // rate.cost_steps if rate.cost_steps else None


def sale_price(rate: Rate, quantity: int) -> int:
    """Price a purchase, in steps of the rate's unit, rounded up to the places that are paid."""
    coin = _coin(rate.unit)
    return _ceil_div(quantity * rate.cost_steps, rate.per_steps * coin) * coin


def _coin(unit: Unit) -> int:
    """Give the smallest payable amount, in steps; a meter is payable step by step."""
    return 1 if unit.paid is None else 10 ** (unit.kept - unit.paid)


def floor_steps(exact: Fraction) -> int:
    """Round a cap down to whole steps."""
    return exact.numerator // exact.denominator


def ceil_steps(exact: Fraction) -> int:
    """Round a line up to whole steps: the first whole amount that is not below it."""
    return _ceil_div(exact.numerator, exact.denominator)


def earned(before: tuple[int, int], steps: int, part: timedelta, whole: timedelta) -> tuple[int, int]:
    """Add the share of `steps` for a part of a period: whole steps, rounded down, and the rest in step-microseconds.

    The rest belongs to the next share of the same period, so that shares of all its parts make the whole.
    """
    microseconds = whole // _MICROSECOND
    return divmod(before[0] * microseconds + before[1] + steps * (part // _MICROSECOND), microseconds)


def share_price(unit: Unit, steps: int, part: timedelta, whole: timedelta) -> int:
    """Price a part of a period, in steps, rounded half up to the places that are paid."""
    coin = _coin(unit)
    return (
        (2 * steps * (part // _MICROSECOND) + coin * (whole // _MICROSECOND))
        // (2 * coin * (whole // _MICROSECOND))
        * coin
    )
