"""What a quantity costs, and the only place of the library that rounds.

A price is an exact ratio, and each rounding here has one documented direction:

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
from math import gcd

from attrs import frozen

from tokenpurse.units import Unit

__all__ = [
    "Rate",
    "affordable",
    "ceil_steps",
    "earned",
    "floor_steps",
    "postpaid_cost",
    "postpaid_most",
    "prepaid_cost",
    "refund_cost",
    "sale_price",
    "share_of",
    "share_price",
    "unused_worth",
]


_MICROSECOND = timedelta(microseconds=1)


@frozen
class Rate:
    """A linear price: `cost_steps` of `unit` for each `per_steps` of a quantity.

    Attributes:
        unit: what the price is in.
        cost_steps: the cost of `per_steps`, in steps of `unit`; 0 is free.
        per_steps: the quantity that costs it, in the quantity's own steps; at least 1.
    """

    unit: Unit
    cost_steps: int
    per_steps: int

    def times(self, factor: Fraction) -> Rate:
        """Multiply it, exactly."""
        cost, per = self.cost_steps * factor.numerator, factor.denominator
        common = gcd(cost, per)
        return Rate(self.unit, cost // common, self.per_steps * (per // common))

    def __str__(self) -> str:
        return f"{self.unit.text(self.cost_steps)} per {self.per_steps:,}"


def _ceil_div(number: int, by: int) -> int:
    return -(-number // by)


def prepaid_cost(rate: Rate, before: int, quantity: int, paid_steps: int | None = None) -> int:
    """Price a prepaid quantity after `before`: what the whole costs less what was paid for `before`, in steps.

    `paid_steps` is what was paid; what `before` costs unless said. Undone use may leave a step more there.
    """
    if paid_steps is None:
        paid_steps = _ceil_div(before * rate.cost_steps, rate.per_steps)
    return max(0, _ceil_div((before + quantity) * rate.cost_steps, rate.per_steps) - paid_steps)


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
    if not rate.cost_steps:
        return None
    if paid_steps is None:
        paid_steps = _ceil_div(before * rate.cost_steps, rate.per_steps)
    return (budget_steps + paid_steps) * rate.per_steps // rate.cost_steps - before


def postpaid_cost(rate: Rate, quantity: int) -> int:
    """Price a statement line, in steps of the rate's unit, rounded half up to the places that are paid."""
    coin = _coin(rate.unit)
    return (2 * quantity * rate.cost_steps + rate.per_steps * coin) // (2 * rate.per_steps * coin) * coin


def postpaid_most(rate: Rate, budget_steps: int) -> int | None:
    """Find the largest quantity whose post-paid cost is within `budget_steps`; `None` when it is free."""
    if not rate.cost_steps:
        return None
    coin = _coin(rate.unit)
    coins = budget_steps // coin  # a cost of half a coin more would be rounded up to one coin more
    return _ceil_div((2 * coins + 1) * rate.per_steps * coin, 2 * rate.cost_steps) - 1


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
