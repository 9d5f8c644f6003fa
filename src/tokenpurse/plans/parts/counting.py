"""How many of something a wallet has."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen

from tokenpurse.plans import checks

__all__ = ["Count"]


@frozen
class Count:
    """Rules for a count that allowances are granted per; without them it is as if nothing else were said here.

    Attributes:
        name: as an allowance's `per` has it: `seats`.
        minimum: the fewest there are, from 0: a wallet with fewer, or with none given, has so many on this plan.
        added: what more of them bring to the running period: the allowance in `full`, or `prorated`: its share of what
            is left of the period, by exact microseconds, rounded down. A period without an end has no shares. Once a
            period is prorated, by this or by a change of plan, what any count changes later in it is for the time since
            then.
        removed: when fewer take effect: `now`, with the allowance that as many more would bring, as far as it is not
            used; or at the `period_end`.
    """

    name: str
    minimum: int = field(default=0, kw_only=True)
    added: Literal["full", "prorated"] = field(default="full", kw_only=True)
    removed: Literal["now", "period_end"] = field(default="period_end", kw_only=True)

    def __attrs_post_init__(self) -> None:
        part = f"Count {checks.named('Count', 'name', self.name)!r}"
        checks.whole(part, "minimum", self.minimum)
        checks.chosen(part, "added", self.added, ("full", "prorated"))
        checks.chosen(part, "removed", self.removed, ("now", "period_end"))
