"""The parts a plan is written in: few, frozen, and composable. Data and its own validation only.

Amounts are written as people write them, `int` of a meter and `Decimal` of money; a `unit` or `meter` left out is
the plan's first meter, a `currency` left out is the plan's. What contradicts another part is found by `terms`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from attrs import field, frozen

from tokenpurse.errors import PlanError
from tokenpurse.plans import checks
from tokenpurse.units import Amount, Unit

__all__ = ["Alert", "Allowance", "AutoTopUp", "Bound", "Limit", "Offer", "PayAsYouGo", "Price", "Rollover", "Switch"]

_NOW_OR_END = ("now", "period_end")


@frozen
class Bound:
    """A multiple of a figure that each wallet has for itself; always of a named base, so that "20 %" says of what.

    Attributes:
        base: `allowance` (all that the plan's allowances of this unit grant for a period, counts included), `limit`
            (the wallet's limit on this unit) or `auto_top_up_threshold` (chosen by the customer).
        times: the multiple, an `int` or a `Decimal`: 3, `Decimal("0.2")`.
        otherwise: the amount to take where the wallet has no such figure (no limit set, auto top-up off);
            `None`: then there is no bound.

    A multiple that is no whole step is rounded down where it caps, up where it is the least that may be; an alert
    compares with it exactly.
    """

    base: str
    times: int | Decimal = 1
    otherwise: Amount | None = None

    BASES: ClassVar[tuple[str, ...]] = ("allowance", "limit", "auto_top_up_threshold")

    def __attrs_post_init__(self) -> None:
        checks.chosen("Bound", "base", self.base, self.BASES)
        checks.exact("Bound", "times", self.times)


@frozen
class Allowance:
    """What every period grants, set anew: what is left of the last period's goes (see `Rollover`).

    Attributes:
        amount: of `unit`, each period, from 0; granted in full for a short first period too.
        unit: a meter or a currency.
        kind: the kind of its bucket.
        per: the name of a count that multiplies it (`packages`, `seats`); the wallet holds the count, 0 until set.
        priority: of its bucket, for `policies.by_priority`; lower first.
    """

    amount: Amount
    unit: str | Unit = "tokens"
    kind: str = field(default="quota", kw_only=True)
    per: str | None = field(default=None, kw_only=True)
    priority: int = field(default=0, kw_only=True)

    def __attrs_post_init__(self) -> None:
        unit = checks.unit_of("Allowance", "unit", self.unit)
        part = f"Allowance of {unit}"
        checks.steps(part, "amount", self.amount, unit)
        checks.kind(part, self.kind)
        if self.per is not None:
            checks.named(part, "per", self.per)
        checks.whole(part, "priority", self.priority)


@frozen(kw_only=True)
class Rollover:
    """What is left of an allowance at a reset is carried into one rollover bucket, the bank, which never ends.

    It carries only where the plan that closes the period and the plan that opens the next both have it.

    Attributes:
        unit: which unit's allowances carry.
        bank_max: the most the bank may hold, an amount or a `Bound`; what does not fit is forfeited. `None`: no cap.
    """

    unit: str | Unit | None = None
    bank_max: Amount | Bound | None = None


@frozen
class Offer:
    """Something that can be bought, once and for good: no reset touches it and it never ends.

    Attributes:
        name: what `top_up` names.
        price: of `per`, in `currency`; any quantity costs its share, rounded up to the paid places.
        per: the quantity that costs `price`; the pack where there is one, else one whole unit.
        unit: what is bought.
        pack: sold only in whole multiples of this amount; `None`: any amount.
        minimum: the least one purchase may be, inclusive.
        maximum: the most one purchase may be, inclusive; `None`: no cap.
        kind: of the bucket bought; `credit` for money, `top_up` for a meter.
        buyers: the roles that may buy (`by=`); `None`: anybody.
        self_service: `False`: not bought by the customer but added by a representative, one of `buyers`.
        priority: of its bucket, for `policies.by_priority`; lower first.
    """

    name: str
    price: Decimal = field(kw_only=True)
    per: Amount | None = field(default=None, kw_only=True)
    unit: str | Unit | None = field(default=None, kw_only=True)
    pack: Amount | None = field(default=None, kw_only=True)
    minimum: Amount | None = field(default=None, kw_only=True)
    maximum: Amount | None = field(default=None, kw_only=True)
    kind: str | None = field(default=None, kw_only=True)
    currency: str | Unit | None = field(default=None, kw_only=True)
    buyers: Iterable[str] | None = field(default=None, kw_only=True)
    self_service: bool = field(default=True, kw_only=True)
    priority: int = field(default=0, kw_only=True)

    def __attrs_post_init__(self) -> None:
        part = f"Offer {checks.named('Offer', 'name', self.name)!r}"
        object.__setattr__(self, "buyers", checks.names(part, "buyers", self.buyers))
        checks.flag(part, "self_service", self.self_service)
        checks.whole(part, "priority", self.priority)
        if self.kind is not None:
            checks.kind(part, self.kind)
        if not self.self_service and not self.buyers:
            raise PlanError(part, "buyers", self.buyers, "an offer that is not self-service names who may add it")


@frozen
class Price:
    """What use costs that no bucket of the meter itself pays: drawn from the buckets of `unit`, priced cumulatively.

    With a currency it is the overage price that prepaid credits pay; with another meter it is what an action costs
    (`Price("conversation", 2_000, unit="tokens")`). An action that costs nothing never touches the wallet.

    Attributes:
        meter: the meter or action that is priced.
        cost: of `per` of the meter; a `Decimal` of a currency, an `int` of a meter; zero is free.
        per: the quantity that costs it.
        unit: what the cost is in; the plan's currency.
    """

    meter: str | Unit
    cost: Amount
    per: int = field(default=1, kw_only=True)
    unit: str | Unit | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        checks.unit_of("Price", "meter", self.meter)


@frozen
class PayAsYouGo:
    """Use beyond every bucket is let through, counted, and billed when the period ends.

    Attributes:
        price: of `per`; the statement prices the period's whole quantity once, half up to the paid places.
        per: the quantity that costs it.
        meter: which meter; the plan's first.
        currency: what it is billed in; the plan's.
    """

    price: Decimal
    per: int = field(default=1, kw_only=True)
    meter: str | Unit | None = field(default=None, kw_only=True)
    currency: str | Unit | None = field(default=None, kw_only=True)


@frozen
class Limit:
    """A cap on what a period may use of a unit, whoever pays for it, pay-as-you-go included.

    Attributes:
        name: what `set_limit` names.
        amount: the cap until the customer chooses one, inclusive; an amount or a `Bound`; `None`: none.
        unit: what is capped; the plan's first meter.
        minimum: the least a customer may choose, inclusive.
        maximum: the most a customer may choose, inclusive.
        setters: the roles that may choose; `None`: anybody.
    """

    name: str
    amount: Amount | Bound | None = None
    unit: str | Unit | None = field(default=None, kw_only=True)
    minimum: Amount | Bound | None = field(default=None, kw_only=True)
    maximum: Amount | Bound | None = field(default=None, kw_only=True)
    setters: Iterable[str] | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        part = f"Limit {checks.named('Limit', 'name', self.name)!r}"
        object.__setattr__(self, "setters", checks.names(part, "setters", self.setters))


@frozen
class Alert:
    """A line on what is left or on what was used; its notice goes out each time the figure crosses the line.

    Exactly one of the four comparisons is given, so that strict and inclusive are never a guess. A share of nothing
    (20 % of no allowance, 75 % of no limit) is never crossed.

    Attributes:
        name: of the alert and of its notice.
        watch: `left` (what usable buckets hold, minus debt) or `used` (what the period used).
        below, at_or_below, above, at_or_above: the line, an amount or a `Bound`. `left` goes below, `used` above.
        unit: whose figure; the plan's first meter.
        kinds: for `left`, which kinds count; `None`: all that are usable.
        notify: `False`: no notice, only shown by `view.alerts()` (a badge).
    """

    name: str
    watch: str
    below: Amount | Bound | None = field(default=None, kw_only=True)
    at_or_below: Amount | Bound | None = field(default=None, kw_only=True)
    above: Amount | Bound | None = field(default=None, kw_only=True)
    at_or_above: Amount | Bound | None = field(default=None, kw_only=True)
    unit: str | Unit | None = field(default=None, kw_only=True)
    kinds: Iterable[str] | None = field(default=None, kw_only=True)
    notify: bool = field(default=True, kw_only=True)

    def __attrs_post_init__(self) -> None:
        part = f"Alert {checks.named('Alert', 'name', self.name)!r}"
        checks.chosen(part, "watch", self.watch, ("left", "used"))
        object.__setattr__(self, "kinds", checks.names(part, "kinds", self.kinds))
        checks.flag(part, "notify", self.notify)
        given = [name for name in ("below", "at_or_below", "above", "at_or_above") if getattr(self, name) is not None]
        right = ("below", "at_or_below") if self.watch == "left" else ("above", "at_or_above")
        if len(given) != 1 or given[0] not in right:
            raise PlanError(part, "line", given, f"an alert on what is {self.watch} has one of {' or '.join(right)}")
        if self.watch == "used" and self.kinds is not None:
            raise PlanError(part, "kinds", self.kinds, "kinds are for what is left")

    @property
    def line(self) -> Amount | Bound:
        """The one line that was given."""
        given = (self.below, self.at_or_below, self.above, self.at_or_above)
        return next(value for value in given if value is not None)

    @property
    def strict(self) -> bool:
        """Whether reaching the line is not yet crossing it."""
        return self.below is not None or self.above is not None


@frozen
class AutoTopUp:
    """The customer may let the host buy an offer whenever what is counted falls below a threshold of their choice.

    Off until the customer turns it on; the offer's own bounds hold for the amount, and the threshold is at most the
    amount. One request at a time; after a decline none until the cool-down is over or a payment settled.

    Attributes:
        offer: the name of the offer that is bought.
        when: `below` the threshold, or `at_or_below` it.
        counts: the kinds that count; `None`: all that are usable.
        cool_down: how long a decline holds further requests back, from 0 to 400 days; at its very end one may follow.
        setters: the roles that may change it; `None`: anybody.
        on_success: name of the notice when a requested purchase was paid.
        on_failure: name of the notice when it was declined.
    """

    offer: str
    when: str = field(default="below", kw_only=True)
    counts: Iterable[str] | None = field(default=None, kw_only=True)
    cool_down: timedelta = field(default=timedelta(days=1), kw_only=True)
    setters: Iterable[str] | None = field(default=None, kw_only=True)
    on_success: str = field(default="auto_top_up_succeeded", kw_only=True)
    on_failure: str = field(default="auto_top_up_failed", kw_only=True)

    def __attrs_post_init__(self) -> None:
        part = "AutoTopUp"
        checks.named(part, "offer", self.offer)
        checks.chosen(part, "when", self.when, ("below", "at_or_below"))
        for name in ("counts", "setters"):
            object.__setattr__(self, name, checks.names(part, name, getattr(self, name)))
        for name in ("on_success", "on_failure"):
            checks.named(part, name, getattr(self, name))
        cool_down: object = self.cool_down
        if type(cool_down) is not timedelta or not timedelta() <= self.cool_down <= timedelta(days=400):
            raise PlanError(part, "cool_down", cool_down, "it must be a timedelta of 0 to 400 days")


@frozen(kw_only=True)
class Switch:
    """What leaving a plan does.

    Use is counted: what the period's allowances paid so far is deducted from the new plan's, so that no walk of
    changes grants more than the best plan visited. The anchor and the running period's end are kept.

    Attributes:
        when: `now`, or at the `period_end`.
        forfeit: the kinds that are lost with the change; the others stay, usable as the new plan says.
    """

    when: str
    forfeit: Iterable[str] = ()

    def __attrs_post_init__(self) -> None:
        checks.chosen("Switch", "when", self.when, _NOW_OR_END)
        object.__setattr__(self, "forfeit", checks.names("Switch", "forfeit", self.forfeit) or frozenset())
