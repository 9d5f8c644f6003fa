"""What can be bought, by hand or by itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Literal

from attrs import field, frozen

from tokenpurse.errors import PlanError
from tokenpurse.periods import Schedule
from tokenpurse.plans import checks
from tokenpurse.plans.parts.bounds import Bound
from tokenpurse.plans.parts.life import Life
from tokenpurse.scopes import Written
from tokenpurse.units import Amount, Unit

__all__ = [
    "AutoTopUp",
    "Offer",
]


@frozen
class Offer:
    """Something that can be bought, once and for good: no reset touches it, and it never ends unless it has a `life`.

    Attributes:
        name: what `top_up` names.
        price: of `per`, in `currency`; any quantity costs its share, rounded up to the paid places. Or a multiple of
            the plan's own price for each of the unit's allowance: `Bound("plan_price", Decimal("1.25"))`.
        per: the quantity that costs `price`; the pack where there is one, else one whole unit.
        unit: what is bought.
        pack: sold only in whole multiples of this amount; `None`: any amount.
        minimum: the least one purchase may be, inclusive.
        maximum: the most one purchase may be, inclusive; `None`: no cap.
        balance_max: the most the wallet may hold of the unit, in buckets of this kind, after a purchase; an amount or a
            `Bound("allowance", ...)`, inclusive. What is held counts, and what pays a debt at once does not. A charge
            that auto top-up asked for is let in; what it may be set to is bounded so that it stays within.
        kind: of the bucket bought; `credit` for money, `top_up` for a meter.
        buyers: the roles that may buy (`by=`); `None`: anybody.
        self_service: `False`: not bought by the customer but added by a representative, one of `buyers`.
        priority: of its bucket, for `policies.by_priority`; lower first.
        bonus: what each purchase gives for nothing beside it, as a `promo` bucket of the same payment: an amount, or a
            share of what is bought, `Bound("purchase", Decimal("0.1"))`, rounded down; `None`: nothing.
        refund_window: for how long the unused rest is worth money, from the purchase on, its end excluded, at most
            3,660 days; `None`: for as long as it is there.
        life: how long what is bought, and its bonus, can be used; `None`: for ever. Bought in a pause, it counts as if
            the wallet were resumed then.
        scope: what is bought, and its bonus, pays only for such use; as of `Allowance`.
    """

    name: str
    price: Decimal | Bound = field(kw_only=True)
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
    bonus: Amount | Bound | None = field(default=None, kw_only=True)
    refund_window: timedelta | None = field(default=None, kw_only=True)
    balance_max: Amount | Bound | None = field(default=None, kw_only=True)
    life: Life | None = field(default=None, kw_only=True)
    scope: Written = field(default=(), kw_only=True)

    def __attrs_post_init__(self) -> None:
        part = f"Offer {checks.named('Offer', 'name', self.name)!r}"
        object.__setattr__(self, "buyers", checks.names(part, "buyers", self.buyers))
        checks.flag(part, "self_service", self.self_service)
        checks.whole(part, "priority", self.priority)
        object.__setattr__(self, "scope", checks.scope(part, self.scope))
        window: object = self.refund_window
        if window is not None and not (type(window) is timedelta and timedelta() < window <= timedelta(days=3_660)):
            raise PlanError(part, "refund_window", window, "it must be a timedelta of more than 0, at most 3,660 days")
        if self.life is not None and not isinstance(self.life, Life):
            raise PlanError(part, "life", self.life, "it must be a Life, such as Life(days=30)")
        if self.kind is not None:
            checks.kind(part, self.kind)
        if not self.self_service and not self.buyers:
            raise PlanError(part, "buyers", self.buyers, "an offer that is not self-service names who may add it")


@frozen
class AutoTopUp:
    """The customer may let the host buy an offer whenever what is counted falls below a threshold of their choice.

    Off until the customer turns it on, with a fixed amount to buy or a target to fill to; the offer's own bounds hold
    for one request. One request at a time, for as many purchases as end what asked for it. After a decline none until
    the cool-down is over or a payment settled; after `attempts` in a row it is off until it is turned on again.

    The maxima count what was bought by itself and paid in a window of `every`; each is inclusive. What they let through
    only in part is asked for in part if that ends what asked for it, else not at all until the next window.

    Attributes:
        offer: the name of the offer that is bought.
        when: `below` the threshold, or `at_or_below` it.
        counts: the kinds that count; `None`: all that are usable.
        cool_down: how long a decline holds further requests back, from 0 to 400 days; at its very end one may follow.
        attempts: after so many declines in a row it is off; `None`: it is never given up.
        every: what the maxima are for; `None`: the plan's period.
        purchases_max: how many purchases of the chosen amount it may make; a request for three counts three.
        bought_max: how much it may buy, an amount or a `Bound`.
        spend_max: what it may cost, in the offer's currency, an amount or a `Bound`.
        threshold_max: the highest threshold one may choose, an amount or a `Bound`, inclusive.
        setters: the roles that may change it; `None`: anybody.
        on_success: name of the notice when a requested purchase was paid.
        on_failure: name of the notice when it was declined.
        on_off: name of the notice when declines turned it off.
        on_blocked: name of the notice when the maxima let nothing be asked for, once for each window.
    """

    offer: str
    when: Literal["below", "at_or_below"] = field(default="below", kw_only=True)
    counts: Iterable[str] | None = field(default=None, kw_only=True)
    cool_down: timedelta = field(default=timedelta(days=1), kw_only=True)
    attempts: int | None = field(default=3, kw_only=True)
    every: Schedule | None = field(default=None, kw_only=True)
    purchases_max: int | None = field(default=None, kw_only=True)
    bought_max: Amount | Bound | None = field(default=None, kw_only=True)
    spend_max: Amount | Bound | None = field(default=None, kw_only=True)
    threshold_max: Amount | Bound | None = field(default=None, kw_only=True)
    setters: Iterable[str] | None = field(default=None, kw_only=True)
    on_success: str = field(default="auto_top_up_succeeded", kw_only=True)
    on_failure: str = field(default="auto_top_up_failed", kw_only=True)
    on_off: str = field(default="auto_top_up_off", kw_only=True)
    on_blocked: str = field(default="auto_top_up_blocked", kw_only=True)

    def __attrs_post_init__(self) -> None:
        part = "AutoTopUp"
        checks.named(part, "offer", self.offer)
        checks.chosen(part, "when", self.when, ("below", "at_or_below"))
        for name in ("counts", "setters"):
            object.__setattr__(self, name, checks.names(part, name, getattr(self, name)))
        for name in ("on_success", "on_failure", "on_off", "on_blocked"):
            checks.named(part, name, getattr(self, name))
        cool_down: object = self.cool_down
        if type(cool_down) is not timedelta or not timedelta() <= self.cool_down <= timedelta(days=400):
            raise PlanError(part, "cool_down", cool_down, "it must be a timedelta of 0 to 400 days")
        if self.attempts is not None:
            checks.whole(part, "attempts", self.attempts, 1)
        if self.every is not None:
            checks.schedule(part, "every", self.every, "calendar_day()")
        if self.purchases_max is not None:
            checks.whole(part, "purchases_max", self.purchases_max)
