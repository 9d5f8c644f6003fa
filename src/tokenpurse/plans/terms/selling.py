"""What can be bought, by hand or by itself, in steps."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from tokenpurse.buckets import Money
from tokenpurse.errors import AmountError, OutOfBounds
from tokenpurse.periods import Schedule
from tokenpurse.plans.terms.figures import Figure
from tokenpurse.plans.terms.lives import LifeTerms
from tokenpurse.pricing import Rate, affordable, floor_steps, sale_price
from tokenpurse.scopes import Scope
from tokenpurse.units import STEPS_MAX, Unit, steps_positive

__all__ = ["AutoTopUpTerms", "OfferTerms"]


@frozen(kw_only=True)
class OfferTerms:
    """An `Offer` in steps; `step` is the pack, 1 where any amount is sold."""

    name: str
    unit: Unit
    kind: str
    rate: Rate
    step: int
    minimum: int
    maximum: int | None
    buyers: frozenset[str] | None
    self_service: bool
    priority: int
    bonus: Figure | None = None
    refund_window: timedelta | None = None
    balance_max: Figure | None = None
    life: LifeTerms | None = None
    scope: Scope = ()

    def bonus_steps(self, steps: int) -> int:
        """What a purchase gives beside it."""
        if self.bonus is None:
            return 0
        return floor_steps(steps * self.bonus.times) if self.bonus.steps is None else self.bonus.steps

    def steps(self, amount: object, *, what: str = "amount") -> int:
        """Read an amount to buy.

        Raises:
            AmountError: not an amount of what is sold, or zero.
            OutOfBounds: below the minimum, above the maximum, or not a whole number of packs.
        """
        unit = self.unit
        steps = steps_positive(unit, amount, what=what)
        said = f"{unit.text(steps)} asked, offer {self.name} sells"
        if steps < self.minimum:
            raise OutOfBounds(f"{said} at least {unit.digits(self.minimum)}", asked=unit.amount(steps))
        if self.maximum is not None and steps > self.maximum:
            most = unit.amount(self.maximum)
            raise OutOfBounds(
                f"{said} at most {unit.digits(self.maximum)} at once", asked=unit.amount(steps), available=most
            )
        if steps % self.step:
            raise OutOfBounds(f"{said} whole packs of {unit.digits(self.step)}", asked=unit.amount(steps))
        if steps > self.payable:
            raise AmountError(f"{what} of {unit.text(steps)} costs more than can be counted", value=amount)
        return steps

    @property
    def coin(self) -> Rate:
        """One step of the currency for one: what is bought with it is priced at the smallest payable amount."""
        return Rate(self.rate.unit, 1, 1)

    @property
    def payable(self) -> int:
        """The most steps that one price can be counted for."""
        coin = sale_price(self.coin, 1)
        most = affordable(self.rate, 0, STEPS_MAX // coin * coin)
        return STEPS_MAX if most is None else min(most, STEPS_MAX)

    @property
    def most(self) -> int:
        """The most steps that one purchase can be."""
        most = self.payable if self.maximum is None else min(self.maximum, self.payable)
        return most - most % self.step

    def sells(self, steps: int) -> bool:
        """Tell whether a number of steps is within the bounds."""
        return self.minimum <= steps <= self.most and not steps % self.step

    def price(self, steps: int) -> Money:
        """Price a purchase, rounded up to the places that are paid, so that it never costs nothing."""
        return Money(self.rate.unit, sale_price(self.rate, steps))


@frozen(kw_only=True)
class AutoTopUpTerms:
    """An `AutoTopUp` with its offer found."""

    offer: OfferTerms
    strict: bool
    counts: frozenset[str] | None
    cool_down: timedelta
    attempts: int | None
    every: Schedule
    purchases_max: int | None
    bought_max: Figure | None
    spend_max: Figure | None
    threshold_max: Figure | None
    setters: frozenset[str] | None
    on_success: str
    on_failure: str
    on_off: str
    on_blocked: str
