"""A plan worked out: every part with its units, prices and bounds resolved, in steps, ready for the engine.

This is where parts meet, so this is where what contradicts another part is found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from attrs import field, fields, frozen

from tokenpurse.buckets import Money
from tokenpurse.errors import AmountError, OutOfBounds
from tokenpurse.periods import Schedule
from tokenpurse.pricing import Rate, affordable, floor_steps, sale_price
from tokenpurse.units import STEPS_MAX, Unit, steps_positive

__all__ = [
    "AlertTerms",
    "AllowanceTerms",
    "AtZeroTerms",
    "AutoTopUpTerms",
    "DebtTerms",
    "Figure",
    "LimitTerms",
    "OfferTerms",
    "RenewalTerms",
    "SwitchTerms",
    "Terms",
    "TrimTerms",
]


@frozen
class Figure:
    """An amount that is fixed (`steps`), or a multiple of a base that each wallet has for itself."""

    steps: int | None
    base: str = ""
    times: Fraction = Fraction(1)
    otherwise: int | None = None

    def is_below(self, other: Figure) -> bool:
        """Tell whether it is less than another for every wallet; what depends on the wallet is not."""
        return self.base == other.base and (self.steps or 0, self.times) < (other.steps or 0, other.times)


@frozen(kw_only=True)
class AllowanceTerms:
    """An `Allowance` in steps."""

    unit: Unit
    kind: str
    steps: int
    per: str | None
    priority: int
    on_payment: bool


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
class LimitTerms:
    """A `Limit` with its bounds as figures."""

    name: str
    unit: Unit
    figure: Figure | None
    minimum: Figure | None
    maximum: Figure | None
    setters: frozenset[str] | None
    every: Schedule | None
    window: timedelta | None
    per: str | None

    @property
    def with_period(self) -> bool:
        """Whether it counts what the plan's period counts."""
        return self.every is None and self.window is None

    @property
    def is_plain(self) -> bool:
        """Whether it is the one limit of its unit over the whole period: it needs no counter of its own."""
        return self.with_period and self.per is None

    def same_as(self, other: LimitTerms) -> bool:
        """Tell whether a figure chosen for one of them means the same for the other."""
        return (self.unit, self.every, self.window, self.per) == (other.unit, other.every, other.window, other.per)


@frozen(kw_only=True)
class AtZeroTerms:
    """An `AtZero` with its bound as a figure."""

    unit: Unit
    degrade_to: str | None
    overdraft: Figure | None


@frozen(kw_only=True)
class AlertTerms:
    """An `Alert` with its line as a figure."""

    name: str
    watch: str
    unit: Unit
    figure: Figure
    strict: bool
    kinds: frozenset[str] | None
    notify: bool


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


@frozen(kw_only=True)
class RenewalTerms:
    """A `Renewal`, with what the period costs."""

    grace: timedelta
    rest: str
    price: Money | None
    on_failure: str
    on_end: str


@frozen
class TrimTerms:
    """The most that may stay of a kind: of one unit, or (`None`: a multiple) of each."""

    kind: str
    unit: Unit | None
    figure: Figure


@frozen(kw_only=True)
class SwitchTerms:
    """A `Switch` with its caps as figures; `way` is what it is for: `upgrade`, `downgrade` or `cancel`."""

    way: str
    when: str
    forfeit: frozenset[str]
    keep: frozenset[str]
    trims: tuple[TrimTerms, ...]
    cleared: bool
    prorated: bool
    restarted: bool
    after_upgrade: bool
    pauses_auto_top_up: bool


@frozen
class DebtTerms:
    """What becomes of a unit's debt when a period closes; the rate, where it is billed."""

    does: str
    rate: Rate | None = None


@frozen(kw_only=True)
class Terms:
    """What a plan says, by name; `switches` by the way out of it.

    `meters` are in the plan's order, in which several meters of one spend are drawn.
    """

    meters: tuple[str, ...]
    units: Mapping[str, Unit]
    default: Unit
    currency: Unit
    allowances: tuple[AllowanceTerms, ...]
    banks: Mapping[str, Figure | None]
    offers: Mapping[str, OfferTerms]
    prices: Mapping[str, Rate]
    postpaid: Mapping[str, Rate]
    limits: Mapping[str, LimitTerms]
    alerts: tuple[AlertTerms, ...]
    auto_top_up: AutoTopUpTerms | None
    price: Money | None
    switches: Mapping[str, SwitchTerms]
    renewal: RenewalTerms | None
    usable: frozenset[str] | None = field(default=None)
    at_zero: AtZeroTerms | None = field(default=None)
    on_debt: str = field(default="carry")
    debts: Mapping[str, DebtTerms] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        for name in _MAPPINGS:
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __reduce__(self) -> tuple[Any, ...]:  # a proxy cannot be copied or pickled
        said = {one.name: getattr(self, one.name) for one in fields(Terms)}
        return _terms, ({name: dict(value) if name in _MAPPINGS else value for name, value in said.items()},)

    def every_unit(self) -> Iterator[Unit]:
        """Go through all units that the plan counts, sells, or takes as a price."""
        yield from self.units.values()
        yield from (offer.rate.unit for offer in self.offers.values())
        yield from (rate.unit for rate in (*self.prices.values(), *self.postpaid.values()))
        if self.price is not None:
            yield self.price.unit

    def debt_of(self, unit: Unit) -> DebtTerms:
        """Say what becomes of a unit's debt; of one that the plan does not count, only money can be billed."""
        rate = Rate(unit, 1, 1) if unit.is_money else None
        return self.debts.get(unit.name, DebtTerms(self.on_debt, rate))

    def locks(self, kind: str) -> bool:
        """Tell whether buckets of this kind stay visible but cannot be spent."""
        return self.usable is not None and kind not in self.usable


_MAPPINGS = ("units", "banks", "offers", "prices", "postpaid", "limits", "switches", "debts")


def _terms(said: dict[str, Any]) -> Terms:
    return Terms(**said)
