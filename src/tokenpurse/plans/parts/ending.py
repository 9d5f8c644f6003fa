"""What happens when nothing is left."""

from __future__ import annotations

from attrs import field, frozen

from tokenpurse.plans import checks
from tokenpurse.plans.parts.bounds import Bound
from tokenpurse.units import Amount, Unit

__all__ = [
    "AtZero",
]


@frozen(kw_only=True)
class AtZero:
    """What happens when nothing is left of a unit; without either, use stops, as it does without this part.

    Attributes:
        degrade_to: the name of the class, as `slow`, in which the host may go on serving: `view.degraded()` says it
            once nothing is left, and a `NotEnough` refusal names it. The wallet itself does nothing else.
        overdraft: use goes on as debt until the debt reaches this bound, inclusive; an amount or a
            `Bound("allowance", ...)`. What comes in pays it first.
        unit: of what; the plan's first meter. It has no price and no pay-as-you-go: what those pay is owed in money.
    """

    degrade_to: str | None = None
    overdraft: Amount | Bound | None = None
    unit: str | Unit | None = field(default=None)

    def __attrs_post_init__(self) -> None:
        if self.degrade_to is not None:
            checks.named("AtZero", "degrade_to", self.degrade_to)
