"""What a plan grants."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen

from tokenpurse.plans import checks
from tokenpurse.scopes import Written
from tokenpurse.units import Amount, Unit

__all__ = [
    "Allowance",
]


@frozen
class Allowance:
    """What every period grants, set anew: what is left of the last period's goes (see `Rollover`).

    Attributes:
        amount: of `unit`, each period, from 0; granted in full for a short first period too.
        unit: a meter or a currency.
        kind: the kind of its bucket.
        per: the name of a count that multiplies it (`packages`, `seats`); the wallet holds the count, 0 until set,
            or the minimum of its `Count`.
        priority: of its bucket, for `policies.by_priority`; lower first.
        scope: it pays only for use whose labels match every key, each with one of its values:
            `{"model": {"gpt-4"}}`; the key `action` is the priced action on whose behalf the unit is drawn, or the
            meter itself. Stored as sorted pairs. What is left of it does not carry over. Empty: for all use.
        given: `at_once` when a period opens, or `on_payment` of its renewal; see `Renewal`.
    """

    amount: Amount
    unit: str | Unit = "tokens"
    kind: str = field(default="quota", kw_only=True)
    per: str | None = field(default=None, kw_only=True)
    priority: int = field(default=0, kw_only=True)
    given: Literal["at_once", "on_payment"] = field(default="at_once", kw_only=True)
    scope: Written = field(default=(), kw_only=True)

    def __attrs_post_init__(self) -> None:
        unit = checks.unit_of("Allowance", "unit", self.unit)
        part = f"Allowance of {unit}"
        checks.steps(part, "amount", self.amount, unit)
        checks.kind(part, self.kind)
        if self.per is not None:
            checks.named(part, "per", self.per)
        checks.whole(part, "priority", self.priority)
        object.__setattr__(self, "scope", checks.scope(part, self.scope))
        checks.chosen(part, "given", self.given, ("at_once", "on_payment"))
