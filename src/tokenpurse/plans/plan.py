"""The plan itself: a name, a revision, and its parts; validated as a whole when it is built."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, ClassVar, Literal

from attrs import field, frozen

from tokenpurse import periods, policies
from tokenpurse.buckets import Money
from tokenpurse.errors import PlanError, UnknownNameError
from tokenpurse.periods import Schedule
from tokenpurse.plans import checks
from tokenpurse.plans.parts import (
    Alert,
    Allowance,
    AtZero,
    AutoTopUp,
    Count,
    LateUse,
    Limit,
    Offer,
    OnDebt,
    PayAsYouGo,
    Price,
    Renewal,
    Rollover,
    Switch,
)
from tokenpurse.plans.reading import work_out
from tokenpurse.plans.terms import Terms
from tokenpurse.policies import DrawPolicy
from tokenpurse.units import Amount, Unit

__all__ = ["Plan"]


@frozen
class Plan:
    """What a customer on this plan has, as data.

    Attributes:
        name: unique in a catalogue, together with `revision`.
        revision: an int from 1; a period that opens takes the newest one in the catalogue.
        allowances: what every period grants.
        counts: rules for the counts that allowances are granted per; those that none names go from 0.
        rollovers: what of that carries over a reset; nothing unless named.
        offers: what can be bought.
        prices: what use beyond the buckets, or an action, costs from prepaid buckets.
        pay_as_you_go: which meters go on beyond every bucket, billed when the period ends.
        limits: caps on use, per period or other stretches of time, over all or per label value.
        at_zero: what happens when nothing is left: use stops unless it says otherwise.
        alerts: lines whose crossing is worth a notice.
        auto_top_up: whether, and how, a customer may let the host buy by itself; `None`: not offered.
        draw: in which order, or in which proportion, buckets pay.
        usable: which kinds can be spent on this plan; `None`: all. The others stay visible and locked.
        kinds: kinds of buckets that only the host makes, by `grant` or as opening balances, and that this plan or
            another of its catalogue names. All others that they name must come from their parts: a slip is an error.
        period: the billing period; on the 1st of each calendar month in the wallet's zone unless said otherwise.
        term: what the plan is paid for at a time, where that is longer than a period: paid yearly, granted monthly. Its
            `price` is for a term, a renewal is asked for where one begins, and a change at the `term_end` waits for it.
            `None`: each period is paid by itself.
        renewal: whether each period waits for its payment, and how long; `None`: none does.
        rank: a change to a higher rank is an upgrade, any other a downgrade; no number without a meaning: 0 for all
            is a catalogue without upgrades.
        upgrades_to: the plans that a refusal may point to.
        cancels_to: the plan that cancelling leads to; a change to it is a cancel whatever its rank.
        currency: what prices are in where they do not say.
        price: what the plan itself costs for one period or term; the host charges it, the wallet says what a change in
            mid-period makes of it. `None`: nothing is said.
        once: a wallet may be on this plan once in its life: a trial. Coming back to it is refused, and where no other
            change is scheduled, the end of its period, or of its term, leads to `cancels_to`, as `on_cancel` says;
            without `cancels_to` its periods follow each other.
        on_upgrade, on_downgrade, on_cancel: what leaving this plan does; upgrades are immediate, the others wait for
            the period's end, unless said otherwise.
        on_debt: what becomes of debt when a period closes: `carry`, `forgive` or `bill` for all of it, or an `OnDebt`
            for each unit; what none of them names is carried.
        late_use: where use is booked that is reported after its period closed; in the running one unless it says else.
        units: units whose places or name are not what their name says by itself. Two that differ in their plural, an
            underscore or capitals only are an error, unless both are here.

    Raises:
        PlanError: when built, naming part, field and value, for whatever contradicts itself.
    """

    name: str
    revision: int = field(default=1, kw_only=True)
    allowances: Sequence[Allowance] = field(default=(), kw_only=True)
    counts: Sequence[Count] = field(default=(), kw_only=True)
    rollovers: Sequence[Rollover] = field(default=(), kw_only=True)
    offers: Sequence[Offer] = field(default=(), kw_only=True)
    prices: Sequence[Price] = field(default=(), kw_only=True)
    pay_as_you_go: Sequence[PayAsYouGo] = field(default=(), kw_only=True)
    limits: Sequence[Limit] = field(default=(), kw_only=True)
    at_zero: AtZero | None = field(default=None, kw_only=True)
    alerts: Sequence[Alert] = field(default=(), kw_only=True)
    auto_top_up: AutoTopUp | None = field(default=None, kw_only=True)
    draw: DrawPolicy = field(default=policies.DEFAULT, kw_only=True)
    usable: Iterable[str] | None = field(default=None, kw_only=True)
    kinds: Iterable[str] = field(default=(), kw_only=True)
    period: Schedule = field(factory=periods.calendar_month, kw_only=True)
    term: Schedule | None = field(default=None, kw_only=True)
    renewal: Renewal | None = field(default=None, kw_only=True)
    rank: int = field(default=0, kw_only=True)
    upgrades_to: Iterable[str] = field(default=(), kw_only=True)
    cancels_to: str | None = field(default=None, kw_only=True)
    currency: str | Unit = field(default="USD", kw_only=True)
    price: Decimal | None = field(default=None, kw_only=True)
    once: bool = field(default=False, kw_only=True)
    on_upgrade: Switch = field(default=Switch(when="now"), kw_only=True)
    on_downgrade: Switch = field(default=Switch(when="period_end"), kw_only=True)
    on_cancel: Switch = field(default=Switch(when="period_end"), kw_only=True)
    on_debt: Literal["carry", "forgive", "bill"] | OnDebt | Sequence[OnDebt] = field(default="carry", kw_only=True)
    late_use: LateUse = field(default=LateUse(), kw_only=True)
    units: Sequence[Unit] = field(default=(), kw_only=True)
    terms: Terms = field(init=False, repr=False, eq=False)

    _PARTS: ClassVar[dict[str, type[Any]]] = {
        "allowances": Allowance,
        "counts": Count,
        "rollovers": Rollover,
        "offers": Offer,
        "prices": Price,
        "pay_as_you_go": PayAsYouGo,
        "limits": Limit,
        "alerts": Alert,
        "units": Unit,
    }

    def __attrs_post_init__(self) -> None:
        # attrs runs converters without the class' name at hand; errors must name the plan, so it happens here.
        part = f"Plan {checks.named('Plan', 'name', self.name)!r}"
        checks.whole(part, "revision", self.revision, 1)
        checks.whole(part, "rank", self.rank)
        checks.flag(part, "once", self.once)
        for name, kind in self._PARTS.items():
            object.__setattr__(self, name, checks.items(part, name, getattr(self, name), kind))
        checks.unit_of(part, "currency", self.currency)
        object.__setattr__(self, "usable", checks.names(part, "usable", self.usable))
        object.__setattr__(self, "kinds", checks.kinds(part, "kinds", self.kinds))
        object.__setattr__(
            self, "upgrades_to", tuple(sorted(checks.names(part, "upgrades_to", self.upgrades_to) or ()))
        )
        if self.cancels_to is not None:
            checks.named(part, "cancels_to", self.cancels_to)
        for name, targets in (("upgrades_to", self.upgrades_to), ("cancels_to", (self.cancels_to,))):
            if self.name in targets:
                raise PlanError(part, name, self.name, "a plan does not lead to itself")
        checks.schedule(part, "period", self.period, "calendar_month()")
        for name, kind in (
            ("on_upgrade", Switch),
            ("on_downgrade", Switch),
            ("on_cancel", Switch),
            ("late_use", LateUse),
        ):
            if not isinstance(getattr(self, name), kind):
                raise PlanError(part, name, getattr(self, name), f"it must be a {kind.__name__}")
        self._check_term(part)
        self._check_parts(part)
        if not policies.is_policy(self.draw):
            raise PlanError(part, "draw", self.draw, "it must be a draw policy, such as policies.by_kind('quota')")
        object.__setattr__(self, "terms", work_out(self, part))

    def _check_term(self, part: str) -> None:
        """Check that what is paid at a time is more than a period, and that what waits for its end has one."""
        if self.term is None:
            for name in ("on_upgrade", "on_downgrade", "on_cancel"):
                if getattr(self, name).when == "term_end":
                    right = "this plan has no term: say period_end, or give it a term"
                    raise PlanError(part, f"{name}.when", "term_end", right)
            return
        term: object = self.term
        checks.schedule(part, "term", term, "subscription_year()")
        longest, period = self.term.shortest, self.period.shortest
        if longest is None or period is None or longest < period or self.term == self.period:
            right = f"it must be longer than the period, {self.period!r}, and come again"
            raise PlanError(part, "term", self.term, right)

    def _check_parts(self, part: str) -> None:
        """Check the parts of which a plan has one or none, and what becomes of debt."""
        for name, kind, article in (
            ("auto_top_up", AutoTopUp, "an"),
            ("at_zero", AtZero, "an"),
            ("renewal", Renewal, "a"),
        ):
            if getattr(self, name) is not None and not isinstance(getattr(self, name), kind):
                raise PlanError(part, name, getattr(self, name), f"it must be {article} {kind.__name__}")
        if isinstance(self.on_debt, str):
            checks.chosen(part, "on_debt", self.on_debt, OnDebt.WORDS)
        elif not isinstance(self.on_debt, OnDebt):
            object.__setattr__(self, "on_debt", checks.items(part, "on_debt", self.on_debt, OnDebt))

    def price_of(self, offer: str, amount: Amount) -> Money:
        """Price a purchase, rounded up to the places that are paid: for the checkout, before there is a wallet.

        Raises:
            UnknownNameError: no such offer.
            AmountError, OutOfBounds: not an amount that it sells.
        """
        if type(offer) is not str or offer not in self.terms.offers:
            raise UnknownNameError("offer", offer, tuple(sorted(self.terms.offers)))
        terms = self.terms.offers[offer]
        return terms.price(terms.steps(amount))
