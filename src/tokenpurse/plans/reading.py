"""Reading a plan: its parts resolved against each other. This is where what contradicts another part is found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol, TypeVar

from tokenpurse.buckets import Money
from tokenpurse.errors import PlanError, listed
from tokenpurse.plans import checks
from tokenpurse.plans.agreeing import check_bases, check_watched
from tokenpurse.plans.owing import debts_of
from tokenpurse.plans.parts import Alert, Allowance, Bound, Limit, Offer, Switch
from tokenpurse.plans.terms import (
    AlertTerms,
    AllowanceTerms,
    AtZeroTerms,
    AutoTopUpTerms,
    Figure,
    LimitTerms,
    OfferTerms,
    RenewalTerms,
    SwitchTerms,
    Terms,
    TrimTerms,
)
from tokenpurse.pricing import Rate
from tokenpurse.units import Amount, Unit

if TYPE_CHECKING:
    from tokenpurse.plans.plan import Plan

__all__ = ["work_out"]


class _HasName(Protocol):
    @property
    def name(self) -> str: ...


_Named = TypeVar("_Named", bound=_HasName)


def work_out(plan: Plan, part: str) -> Terms:
    """Resolve a plan's parts against each other.

    Raises:
        PlanError: naming the part and field that contradicts the rest.
    """
    return _Reading(plan, part).terms()


class _Reading:
    """One pass over a plan. Mutable and short-lived: units are collected in the order the plan names them."""

    def __init__(self, plan: Plan, part: str) -> None:
        self.plan = plan
        self.part = part
        self.declared: dict[str, Unit] = {}
        for unit in plan.units:
            if unit.name in self.declared:
                raise PlanError(part, "units", unit.name, "it is there twice")
            self.declared[unit.name] = unit
        self.units: dict[str, Unit] = {}
        named: list[str | Unit | None] = [allowance.unit for allowance in plan.allowances]
        named += [price.meter for price in plan.prices] + [use.meter for use in plan.pay_as_you_go]
        named += [limit.unit for limit in plan.limits] + [offer.unit for offer in plan.offers]
        self.default = self.unit(part, "unit", (named[0] if named else None) or "tokens")
        self.currency = self.money(part, "currency", plan.currency)

    def unit(self, part: str, name: str, value: str | Unit | None) -> Unit:
        """Resolve a unit: the plan's own definition where there is one, the default meter where it was left out."""
        if value is None:
            return self.default
        unit = checks.unit_of(part, name, value)
        if isinstance(value, str):
            unit = self.declared.get(value, self.units.get(value, unit))
        if self.units.setdefault(unit.name, unit) != unit or self.declared.get(unit.name, unit) != unit:
            raise PlanError(part, name, unit, f"this plan defines {unit.name} in two ways")
        return unit

    def money(self, part: str, name: str, value: str | Unit | None) -> Unit:
        """Resolve a currency. It counts as a unit of the plan only once something holds or costs it."""
        if value is None:
            return self.currency
        unit = checks.unit_of(part, name, value)
        if isinstance(value, str):
            unit = self.declared.get(value, self.units.get(value, unit))
        if not unit.is_money:
            raise PlanError(part, name, value, "it must be money: three capitals, such as USD")
        return unit

    def terms(self) -> Terms:
        plan = self.plan
        allowances = self.allowances()
        banks = self.banks({allowance.unit.name for allowance in allowances})
        prices = self.prices()
        postpaid = self.postpaid()
        offers = {offer.name: self.offer(offer) for offer in self.once("offers", plan.offers)}
        limits = {limit.name: self.limit(limit) for limit in self.once("limits", plan.limits)}
        plain = [limit for limit in limits.values() if limit.is_plain]
        if len({limit.unit.name for limit in plain}) < len(plain):
            names = tuple(limit.name for limit in plain)
            raise PlanError(self.part, "limits", names, "a unit has one limit over all use of a period")
        auto_top_up = self.auto_top_up(offers)
        alerts = tuple(self.alert(alert) for alert in self.once("alerts", plan.alerts))
        on_debt, debts = debts_of(self, self.part, prices, postpaid)
        terms = Terms(
            meters=tuple(self.units),
            units=self.units,
            default=self.default,
            currency=self.currency,
            allowances=allowances,
            banks=banks,
            offers=offers,
            prices=prices,
            postpaid=postpaid,
            limits=limits,
            alerts=alerts,
            auto_top_up=auto_top_up,
            price=self.price(),
            switches={
                "upgrade": self.switch("upgrade", plan.on_upgrade),
                "downgrade": self.switch("downgrade", plan.on_downgrade),
                "cancel": self.switch("cancel", plan.on_cancel),
            },
            renewal=self.renewal(),
            usable=frozenset(plan.usable) if plan.usable is not None else None,
            at_zero=self.at_zero({*prices, *postpaid}),
            on_debt=on_debt,
            debts=debts,
        )
        check_bases(terms)
        check_watched(plan, terms)
        return terms

    def once(self, name: str, parts: Iterable[_Named]) -> Iterator[_Named]:
        """Pass parts on, as long as no two have one name."""
        seen: set[str] = set()
        for part in parts:
            if part.name in seen:
                raise PlanError(self.part, name, part.name, "the name is there twice")
            seen.add(part.name)
            yield part

    def allowances(self) -> tuple[AllowanceTerms, ...]:
        found: list[AllowanceTerms] = []
        for allowance in self.plan.allowances:
            part = f"Allowance of {allowance.unit}"
            unit = self.unit(part, "unit", allowance.unit)
            if any(other.unit == unit and other.kind == allowance.kind for other in found):
                raise PlanError(self.part, "allowances", f"{allowance.kind} of {unit}", "it is there twice")
            found.append(
                AllowanceTerms(
                    unit=unit,
                    kind=allowance.kind,
                    steps=checks.steps(part, "amount", allowance.amount, unit),
                    per=allowance.per,
                    priority=allowance.priority,
                    on_payment=self.on_payment(part, allowance),
                )
            )
        return tuple(found)

    def on_payment(self, part: str, allowance: Allowance) -> bool:
        waits = allowance.given == "on_payment"
        if waits and self.plan.renewal is None:
            raise PlanError(part, "given", allowance.given, "this plan has no Renewal that could be paid")
        return waits

    def renewal(self) -> RenewalTerms | None:
        found, shortest = self.plan.renewal, self.plan.period.shortest
        if found is None:
            return None
        if shortest is None:
            raise PlanError("Renewal", "grace", found.grace, "this plan has one period without an end: none is renewed")
        if found.grace > shortest:
            right = f"it must be at most {shortest}, the shortest period: renewals must not pile up"
            raise PlanError("Renewal", "grace", found.grace, right)
        return RenewalTerms(
            grace=found.grace, rest=found.rest, price=self.price(), on_failure=found.on_failure, on_end=found.on_end
        )

    def banks(self, granted: set[str]) -> dict[str, Figure | None]:
        found: dict[str, Figure | None] = {}
        for rollover in self.plan.rollovers:
            unit = self.unit("Rollover", "unit", rollover.unit)
            if unit.name in found:
                raise PlanError(self.part, "rollovers", unit.name, "it is there twice")
            if unit.name not in granted:
                raise PlanError("Rollover", "unit", unit.name, "no allowance of this plan grants it")
            found[unit.name] = self.figure("Rollover", "bank_max", rollover.bank_max, unit, ("allowance",))
        return found

    def rate(self, part: str, cost: Amount, per: int | Amount, *, unit: Unit, of: Unit, name: str = "price") -> Rate:
        return Rate(unit, checks.steps(part, name, cost, unit), checks.steps(part, "per", per, of, least=1))

    def prices(self) -> dict[str, Rate]:
        found: dict[str, Rate] = {}
        for price in self.plan.prices:
            part = f"Price of {price.meter}"
            meter = self.unit(part, "meter", price.meter)
            unit = self.currency if price.unit is None else self.unit(part, "unit", price.unit)
            if meter.name in found:
                raise PlanError(self.part, "prices", meter.name, "it is there twice")
            unit = self.unit(part, "unit", unit)
            found[meter.name] = self.rate(part, price.cost, price.per, unit=unit, of=meter, name="cost")
        for name, rate in found.items():
            chain, paid_in = [name], rate.unit.name
            while paid_in in found and paid_in not in chain:
                chain.append(paid_in)
                paid_in = found[paid_in].unit.name
            if paid_in in chain:
                raise PlanError(f"Price of {name}", "unit", paid_in, "it must not come back to what it prices")
        return found

    def postpaid(self) -> dict[str, Rate]:
        found: dict[str, Rate] = {}
        for use in self.plan.pay_as_you_go:
            meter = self.unit("PayAsYouGo", "meter", use.meter)
            part = f"PayAsYouGo of {meter}"
            if meter.is_money:
                raise PlanError(part, "meter", meter.name, "money is not billed by the quantity")
            if meter.name in found:
                raise PlanError(self.part, "pay_as_you_go", meter.name, "it is there twice")
            unit = self.money(part, "currency", use.currency)
            found[meter.name] = self.rate(part, use.price, use.per, unit=unit, of=meter)
        return found

    def offer(self, offer: Offer) -> OfferTerms:
        part = f"Offer {offer.name!r}"
        unit = self.unit(part, "unit", offer.unit)
        one = 10**unit.kept
        step = 1 if offer.pack is None else checks.steps(part, "pack", offer.pack, unit, least=1)
        per = offer.per if offer.per is not None else unit.amount(one if offer.pack is None else step)
        minimum = step if offer.minimum is None else checks.steps(part, "minimum", offer.minimum, unit, least=1)
        maximum = None if offer.maximum is None else checks.steps(part, "maximum", offer.maximum, unit, least=1)
        if maximum is not None and maximum // step * step < minimum:
            least = unit.text(-(-minimum // step) * step)
            raise PlanError(part, "maximum", offer.maximum, f"it must be at least the least one can buy, {least}")
        return OfferTerms(
            name=offer.name,
            unit=unit,
            kind=offer.kind or ("credit" if unit.is_money else "top_up"),
            rate=self.rate(part, offer.price, per, unit=self.money(part, "currency", offer.currency), of=unit),
            step=step,
            minimum=minimum,
            maximum=maximum,
            buyers=None if offer.buyers is None else frozenset(offer.buyers),
            self_service=offer.self_service,
            priority=offer.priority,
            bonus=self.figure(part, "bonus", offer.bonus, unit, ("purchase",)),
            refund_window=offer.refund_window,
        )

    def limit(self, limit: Limit) -> LimitTerms:
        part = f"Limit {limit.name!r}"
        unit = self.unit(part, "unit", limit.unit)
        bases = ("allowance",)
        least = self.figure(part, "minimum", limit.minimum, unit, bases)
        most = self.figure(part, "maximum", limit.maximum, unit, bases)
        if least is not None and most is not None and most.is_below(least):
            raise PlanError(part, "maximum", limit.maximum, "it must be at least the minimum")
        return LimitTerms(
            name=limit.name,
            unit=unit,
            figure=self.figure(part, "amount", limit.amount, unit, bases),
            minimum=least,
            maximum=most,
            setters=None if limit.setters is None else frozenset(limit.setters),
            every=limit.every,
            window=limit.window,
            per=limit.per,
        )

    def at_zero(self, paid_otherwise: set[str]) -> AtZeroTerms | None:
        zero = self.plan.at_zero
        if zero is None:
            return None
        unit = self.unit("AtZero", "unit", zero.unit)
        if zero.overdraft is not None and unit.name in paid_otherwise:
            right = "its use is paid at a price or billed later, so it is never owed: name what is owed"
            raise PlanError("AtZero", "unit", unit.name, right)
        overdraft = self.figure("AtZero", "overdraft", zero.overdraft, unit, ("allowance",))
        return AtZeroTerms(unit=unit, degrade_to=zero.degrade_to, overdraft=overdraft)

    def alert(self, alert: Alert) -> AlertTerms:
        part = f"Alert {alert.name!r}"
        unit = self.unit(part, "unit", alert.unit)
        return AlertTerms(
            name=alert.name,
            watch=alert.watch,
            unit=unit,
            figure=self.bounded(part, "line", alert.line, unit, ("allowance", "limit", "auto_top_up_threshold")),
            strict=alert.strict,
            kinds=None if alert.kinds is None else frozenset(alert.kinds),
            notify=alert.notify,
        )

    def auto_top_up(self, offers: dict[str, OfferTerms]) -> AutoTopUpTerms | None:
        auto = self.plan.auto_top_up
        if auto is None:
            return None
        if auto.offer not in offers:
            right = f"it must be one of {listed(sorted(offers))}" if offers else "the plan needs an Offer of that name"
            raise PlanError("AutoTopUp", "offer", auto.offer, right)
        offer = offers[auto.offer]
        counts = None if auto.counts is None else frozenset(auto.counts)
        usable = self.plan.usable
        if (counts is not None and offer.kind not in counts) or (usable is not None and offer.kind not in set(usable)):
            raise PlanError(
                "AutoTopUp",
                "counts",
                counts,
                f"what it buys ({offer.kind}) must count and be usable, or it buys for ever",
            )
        if not offer.self_service:
            raise PlanError("AutoTopUp", "offer", auto.offer, "an offer that is not self-service does not buy itself")
        if auto.on_blocked in {alert.name for alert in self.plan.alerts}:
            raise PlanError("AutoTopUp", "on_blocked", auto.on_blocked, "an alert of this plan has that name")
        bases = ("allowance", "limit")
        chosen = (*bases, "auto_top_up_purchase")
        return AutoTopUpTerms(
            offer=offer,
            strict=auto.when == "below",
            counts=counts,
            cool_down=auto.cool_down,
            attempts=auto.attempts,
            every=self.plan.period if auto.every is None else auto.every,
            purchases_max=auto.purchases_max,
            bought_max=self.figure("AutoTopUp", "bought_max", auto.bought_max, offer.unit, bases),
            spend_max=self.figure("AutoTopUp", "spend_max", auto.spend_max, offer.rate.unit, bases),
            threshold_max=self.figure("AutoTopUp", "threshold_max", auto.threshold_max, offer.unit, chosen),
            setters=None if auto.setters is None else frozenset(auto.setters),
            on_success=auto.on_success,
            on_failure=auto.on_failure,
            on_off=auto.on_off,
            on_blocked=auto.on_blocked,
        )

    def price(self) -> Money | None:
        """Resolve what the plan itself costs: an amount that can be paid."""
        value = self.plan.price
        if value is None:
            return None
        steps = checks.steps(self.part, "price", value, self.currency)
        if steps % 10 ** (self.currency.kept - (self.currency.paid or 0)):
            right = f"{self.currency} is paid in {self.currency.paid} places"
            raise PlanError(self.part, "price", value, right)
        return Money(self.currency, steps)

    def switch(self, way: str, switch: Switch) -> SwitchTerms:
        """Resolve what one way out of the plan does."""
        return SwitchTerms(
            way=way,
            when=switch.when,
            forfeit=frozenset(switch.forfeit),
            keep=frozenset(switch.keep),
            trims=tuple(self.trim(way, kind, cap) for kind, cap in switch.trims),
            cleared=switch.use == "cleared",
            prorated=switch.prorated,
            restarted=switch.anchor == "restarted",
            after_upgrade=switch.after_upgrade,
            pauses_auto_top_up=switch.auto_top_up == "paused",
        )

    def trim(self, way: str, kind: str, cap: Amount | Bound) -> TrimTerms:
        """Resolve a cap: an `int` of the first meter, a `Decimal` of the currency, a multiple of each unit."""
        part = f"Switch on_{way}"
        if isinstance(cap, Bound):
            return TrimTerms(kind, None, self.bounded(part, "trim", cap, self.default, ("allowance",)))
        unit = self.currency if type(cap) is Decimal else self.default
        return TrimTerms(kind, unit, self.bounded(part, "trim", cap, unit, ()))

    def figure(self, part: str, name: str, value: object, unit: Unit, bases: tuple[str, ...]) -> Figure | None:
        """Resolve an amount or a bound that may be left out."""
        return None if value is None else self.bounded(part, name, value, unit, bases)

    def bounded(self, part: str, name: str, value: object, unit: Unit, bases: tuple[str, ...]) -> Figure:
        """Resolve an amount or a `Bound` whose base makes sense here."""
        if not isinstance(value, Bound):
            return Figure(checks.steps(part, name, value, unit))
        if value.base not in bases:
            raise PlanError(part, name, value.base, f"it must be a multiple of {' or '.join(bases)}")
        otherwise = None if value.otherwise is None else checks.steps(part, name, value.otherwise, unit)
        return Figure(None, value.base, checks.exact(part, "times", value.times), otherwise)
