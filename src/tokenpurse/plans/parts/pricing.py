"""What use costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal, TypeAlias, cast

from attrs import field, frozen

from tokenpurse.errors import PlanError
from tokenpurse.plans import checks
from tokenpurse.plans.parts.bounds import Bound
from tokenpurse.pricing import ROUNDINGS
from tokenpurse.units import Amount, Unit

__all__ = [
    "PayAsYouGo",
    "Price",
    "Tier",
]

_Pairs: TypeAlias = tuple[tuple[str, tuple[tuple[str, int | Decimal], ...]], ...]


@frozen
class Tier:
    """What use costs up to a quantity of the period; see `Price` and `PayAsYouGo`.

    Attributes:
        up_to: the quantity up to which the price is meant, inclusive, in all; `None`: without end.
        price: of `per`; as a price without tiers is.
    """

    up_to: int | None
    price: Amount


@frozen
class Price:
    """What use costs that no bucket of the meter itself pays: drawn from the buckets of `unit`.

    Priced cumulatively over the period, so that no way of splitting use changes the total; or each operation by itself:
    what one spend, or one capture of a hold, has to pay of the meter costs `base` and its quantity's price, rounded to
    `round_to`. What goes beyond a hold is an operation of its own. Of an operation that is refunded in part, what it
    would have cost less comes back.

    With a currency it is the overage price that prepaid credits pay; with another meter it is what an action costs
    (`Price("conversation", 2_000, unit="tokens")`). An action that costs nothing never touches the wallet.

    Attributes:
        meter: the meter or action that is priced.
        cost: of `per` of the meter; a `Decimal` of a currency, an `int` of a meter; zero is free. `None`: `tiers` say
            it.
        per: the quantity that costs it.
        unit: what the cost is in; the plan's currency.
        times: by label and value, what the cost of use with that label is multiplied by: an `int` or a `Decimal` that
            is not negative, 0 for free. Use without the label, or with another value, is multiplied by 1; several
            labels multiply. Each multiplied price counts cumulatively by itself. Stored as pairs, sorted.
        base: what each operation costs beside its quantity; means `per_operation`.
        round_to: what an operation's cost is a multiple of, more than 0; the smallest step there is unless said. Means
            `per_operation`.
        rounding: to that multiple: `up`, `down` or `half_up`; half of it goes up. Cumulative prices are rounded up.
        counted: `cumulatively` over the period, or `per_operation`.
        step: of the meter: each operation's quantity counts as a whole multiple of it, rounded up; 0 stays 0. It comes
            before `per`, `base`, `times` and `round_to`, and means `per_operation`.
        minimum: of the meter: what each operation's quantity counts as at least; means `per_operation`.
        tiers: what the period's quantity costs, part by part: `[Tier(10_000, ...), Tier(None, ...)]`, the last without
            end, each price as a `cost` for `per`. What buckets of the meter pay is not part of it. A hold sets the
            dearest aside; a refund in the period brings back what that quantity made its use cost more, at most what
            was paid for it, and after the period its share of that. No label multiplies them.
    """

    meter: str | Unit
    cost: Amount | None = None
    per: Amount = field(default=1, kw_only=True)
    unit: str | Unit | None = field(default=None, kw_only=True)
    times: Mapping[str, Mapping[str, int | Decimal]] | _Pairs = field(default=(), kw_only=True)
    base: Amount | None = field(default=None, kw_only=True)
    round_to: Amount | None = field(default=None, kw_only=True)
    rounding: Literal["up", "down", "half_up"] = field(default="up", kw_only=True)
    counted: Literal["cumulatively", "per_operation"] = field(default="cumulatively", kw_only=True)
    step: Amount | None = field(default=None, kw_only=True)
    minimum: Amount | None = field(default=None, kw_only=True)
    tiers: Sequence[Tier] = field(default=(), kw_only=True)

    def __attrs_post_init__(self) -> None:
        checks.unit_of("Price", "meter", self.meter)
        part = f"Price of {self.meter}"
        object.__setattr__(self, "times", _times(part, self.times))
        object.__setattr__(self, "tiers", checks.items(part, "tiers", self.tiers, Tier))
        checks.chosen(part, "rounding", self.rounding, ROUNDINGS)
        checks.chosen(part, "counted", self.counted, ("cumulatively", "per_operation"))
        if any(one is not None for one in (self.base, self.round_to, self.step, self.minimum)):
            object.__setattr__(self, "counted", "per_operation")
        if self.counted == "cumulatively" and self.rounding != "up":
            raise PlanError(part, "rounding", self.rounding, "it must be up, or counted per_operation")
        if self.tiers:
            self._check_tiers(part)

    def _check_tiers(self, part: str) -> None:
        if self.cost is not None:
            raise PlanError(part, "cost", self.cost, "its tiers say what it costs: leave one out")
        if self.times:
            raise PlanError(part, "times", self.times, "tiers price one quantity: no label multiplies them")
        if self.counted != "cumulatively":
            raise PlanError(part, "tiers", self.tiers, "they price the period's quantity: nothing is per operation")

    @property
    def multipliers(self) -> _Pairs:
        """What `times` says, as it is stored."""
        return cast("_Pairs", self.times)


@frozen
class PayAsYouGo:
    """Use beyond every bucket is let through, counted, and billed when the period ends.

    Of money (`PayAsYouGo(meter="USD")`) all that is used beyond its buckets is billed one to one, as what prices take
    of it: kept places are summed, and rounded once, half up. It has no price, no currency, and nothing of a quantity.

    Attributes:
        price: of `per`; the statement prices the period's whole quantity once, half up to the paid places. Or a
            multiple of what the plan's own price is for each of the meter's allowance:
            `Bound("plan_price", Decimal("1.25"))`, in the plan's currency. `None`: `tiers` say it, or it is money.
        per: the quantity that costs it; the pack where there is one, else one.
        meter: which meter; the plan's first.
        currency: what it is billed in; the plan's.
        times: by label and value, what the price of use with that label is multiplied by, as of a `Price`; each
            multiplied price is a line of its own on the statement.
        tiers: what the period's quantity costs, part by part: `[Tier(10_000, ...), Tier(None, ...)]`, the last without
            end. No label multiplies them; what of billed debt would be priced so names a price of its own.
        tiering: `graduated`, each tier prices the quantity that is in it; or `volume`, that which the whole quantity
            is in prices all of it: then the total may fall as the quantity grows, what is billed already comes back as
            a line of less than nothing, and no limit on that money can be kept.
        bill_at: bill what runs up as soon as it reaches this, with all that runs up in the same currency, and the rest
            when the period ends; in `currency`, more than 0. `None`: at the period's end alone.
        step: each operation's quantity goes on the statement as a whole multiple of it, rounded up: what a spend, or a
            capture of a hold, has beyond what is paid already. Limits and `usage` count what was used, the gauge and
            limits on money what is billed. Billed debt names a price of its own.
        minimum: what each operation's quantity is billed as at least.
        pack: of the meter: the period's quantity of each line is billed in whole packs, a started one as a whole one;
            whatever is billed in mid-period, refunded or limited goes by that. Billed debt names a price of its own.
    """

    price: Decimal | Bound | None = None
    per: int | None = field(default=None, kw_only=True)
    meter: str | Unit | None = field(default=None, kw_only=True)
    currency: str | Unit | None = field(default=None, kw_only=True)
    times: Mapping[str, Mapping[str, int | Decimal]] | _Pairs = field(default=(), kw_only=True)
    tiers: Sequence[Tier] = field(default=(), kw_only=True)
    tiering: Literal["graduated", "volume"] = field(default="graduated", kw_only=True)
    bill_at: Decimal | None = field(default=None, kw_only=True)
    step: int | None = field(default=None, kw_only=True)
    minimum: int | None = field(default=None, kw_only=True)
    pack: int | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        part = "PayAsYouGo"
        object.__setattr__(self, "times", _times(part, self.times))
        object.__setattr__(self, "tiers", checks.items(part, "tiers", self.tiers, Tier))
        checks.chosen(part, "tiering", self.tiering, ("graduated", "volume"))
        if self.price is not None and self.tiers:
            raise PlanError(part, "price", self.price, "its tiers say what it costs: leave one out")
        if self.tiers and self.times:
            raise PlanError(part, "times", self.times, "tiers price one quantity: no label multiplies them")
        if self.tiering == "volume" and not self.tiers:
            raise PlanError(part, "tiering", self.tiering, "it goes with tiers, and none are given")

    @property
    def multipliers(self) -> _Pairs:
        """What `times` says, as it is stored."""
        return cast("_Pairs", self.times)


def _times(part: str, given: object) -> _Pairs:
    """Check multiples by label and value; kept as sorted pairs, so that a part stays data that can be hashed."""
    right = 'it must be a mapping such as {"model": {"opus": 10}}, each label and each value of it once'
    found: dict[str, tuple[tuple[str, int | Decimal], ...]] = {}
    for label, values in checks.pairs(part, "times", given, right):
        key = checks.label_key(part, "times", label)
        factors: dict[str, int | Decimal] = {}
        for value, factor in checks.pairs(part, "times", values, right):
            name = checks.label_value(part, "times", value)
            checks.exact(part, "times", factor)
            if name in factors:
                raise PlanError(part, "times", name, right)
            factors[name] = cast("int | Decimal", factor)
        if not factors:
            raise PlanError(part, "times", key, "it must say what at least one value of the label multiplies by")
        if key in found:
            raise PlanError(part, "times", key, right)
        found[key] = tuple(sorted(factors.items()))
    return tuple(sorted(found.items()))
