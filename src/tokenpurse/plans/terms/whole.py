"""All that a plan says, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from attrs import field, fields, frozen

from tokenpurse.buckets import Money
from tokenpurse.plans.terms.granting import AllowanceTerms, CountTerms, RenewalTerms
from tokenpurse.plans.terms.owing import DebtTerms
from tokenpurse.plans.terms.pricing import PriceTerms
from tokenpurse.plans.terms.rolling import RolloverTerms
from tokenpurse.plans.terms.selling import AutoTopUpTerms, OfferTerms
from tokenpurse.plans.terms.switching import SwitchTerms
from tokenpurse.plans.terms.watching import AlertTerms, AtZeroTerms, LimitTerms, ReminderTerms
from tokenpurse.pricing import Rate
from tokenpurse.units import Unit

__all__ = ["Terms"]


@frozen(kw_only=True)
class Terms:
    """What a plan says, by name; `switches` by the way out of it.

    `meters` are in the plan's order, in which several meters of one spend are drawn. `allowances` are granted with the
    period; `streams` have a schedule or a condition of their own.
    """

    meters: tuple[str, ...]
    units: Mapping[str, Unit]
    default: Unit
    currency: Unit
    allowances: tuple[AllowanceTerms, ...]
    banks: Mapping[str, RolloverTerms]
    offers: Mapping[str, OfferTerms]
    prices: Mapping[str, PriceTerms]
    postpaid: Mapping[str, PriceTerms]
    limits: Mapping[str, LimitTerms]
    alerts: tuple[AlertTerms, ...]
    reminders: tuple[ReminderTerms, ...]
    auto_top_up: AutoTopUpTerms | None
    price: Money | None
    switches: Mapping[str, SwitchTerms]
    renewal: RenewalTerms | None
    usable: frozenset[str] | None = field(default=None)
    at_zero: AtZeroTerms | None = field(default=None)
    on_debt: str = field(default="carry")
    debts: Mapping[str, DebtTerms] = field(factory=dict)
    counts: Mapping[str, CountTerms] = field(factory=dict)
    bill_at: Mapping[str, int] = field(factory=dict)
    streams: tuple[AllowanceTerms, ...] = ()

    def __attrs_post_init__(self) -> None:
        for name in _MAPPINGS:
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __reduce__(self) -> tuple[Any, ...]:  # a proxy cannot be copied or pickled
        said = {one.name: getattr(self, one.name) for one in fields(Terms)}
        return _terms, ({name: dict(value) if name in _MAPPINGS else value for name, value in said.items()},)

    @property
    def granting(self) -> tuple[AllowanceTerms, ...]:
        """All that the plan grants, with the period or on a schedule or condition of its own."""
        return self.allowances + self.streams

    def every_unit(self) -> Iterator[Unit]:
        """Go through all units that the plan counts, sells, or takes as a price."""
        yield from self.units.values()
        yield from (offer.rate.unit for offer in self.offers.values())
        yield from (price.unit for price in (*self.prices.values(), *self.postpaid.values()))
        if self.price is not None:
            yield self.price.unit

    def debt_of(self, unit: Unit) -> DebtTerms:
        """Say what becomes of a unit's debt; of one that the plan does not count, only money can be billed."""
        rate = Rate(unit, 1, 1) if unit.is_money else None
        return self.debts.get(unit.name, DebtTerms(self.on_debt, rate))

    def paid_in(self, name: str) -> tuple[str, ...]:
        """Name what use of a unit or an action is paid in: itself, its price's unit, and so on to the end."""
        found = [name]
        while (rate := self.prices.get(found[-1])) is not None:
            found.append(rate.unit.name)
        return tuple(found)

    def locks(self, kind: str) -> bool:
        """Tell whether buckets of this kind stay visible but cannot be spent."""
        return self.usable is not None and kind not in self.usable


_MAPPINGS = ("units", "banks", "offers", "prices", "postpaid", "limits", "switches", "debts", "counts", "bill_at")


def _terms(said: dict[str, Any]) -> Terms:
    return Terms(**said)
