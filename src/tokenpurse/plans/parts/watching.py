"""What caps use, and what is worth a notice."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen

from tokenpurse.errors import PlanError
from tokenpurse.plans import checks
from tokenpurse.plans.parts.bounds import Bound
from tokenpurse.units import Amount, Unit

__all__ = [
    "Alert",
    "Limit",
]


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
