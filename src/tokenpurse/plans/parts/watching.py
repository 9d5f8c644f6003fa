"""What caps use, and what is worth a notice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import ClassVar, Literal

from attrs import field, frozen

from tokenpurse.buckets import is_kind
from tokenpurse.errors import PlanError
from tokenpurse.periods import Schedule
from tokenpurse.plans import checks
from tokenpurse.plans.parts.bounds import Bound
from tokenpurse.scopes import ACTION, Written
from tokenpurse.units import Amount, Unit

__all__ = [
    "Alert",
    "Limit",
]

_SPAN_MAX = timedelta(days=400)


@frozen
class Limit:
    """A cap on what may be used of a unit in a stretch of time, whoever pays for it, pay-as-you-go included.

    The stretch is the plan's period, unless `every` or `window` says otherwise. A limit on money counts what is drawn
    in it and what pay-as-you-go comes to in it; zero is a stop. A limit that is the whole period's, over all use, is
    what `view.limit`, the gauge and `Bound("limit")` mean: a unit has at most one of those, and any number of others.

    Attributes:
        name: what `set_limit` names.
        amount: the cap until the customer chooses one, inclusive; an amount or a `Bound`; `None`: none.
        unit: what is capped; the plan's first meter, or a currency.
        every: a schedule of its own, as `periods.calendar_day()`.
        window: it starts with the first use and lasts this long, half-open; the next one starts with the next use.
            More than nothing, at most 400 days.
        per: a label's key, as `member`: the cap holds for each of its values by itself; use without it is not capped.
        scope: label keys with the values that count, as `{"model": {"large"}}`: only use with labels that match each of
            them is counted and capped; nothing: all use. An action is capped by naming it as the `unit`.
        kinds: the cap is on what buckets of these kinds pay, `"pay_as_you_go"` being what is billed (of a meter its
            quantity, on money its cost). What others pay neither counts nor is capped, so use beyond the cap goes on to
            the next that pays, inside one spend. Of two limits on one unit one holds all kinds of the other, or none.
            `None`: whoever pays.
        degrade_to: the name of the class, as `mini`, in which the host may go on serving where this limit lets nothing
            more through: the refusal and `view.degraded(labels)` name it. The wallet itself does nothing else.
        minimum: the least a customer may choose, inclusive.
        maximum: the most a customer may choose, inclusive.
        setters: the roles that may choose; `None`: anybody.
    """

    name: str
    amount: Amount | Bound | None = None
    unit: str | Unit | None = field(default=None, kw_only=True)
    every: Schedule | None = field(default=None, kw_only=True)
    window: timedelta | None = field(default=None, kw_only=True)
    per: str | None = field(default=None, kw_only=True)
    scope: Written = field(default=(), kw_only=True)
    kinds: Iterable[str] | None = field(default=None, kw_only=True)
    degrade_to: str | None = field(default=None, kw_only=True)
    minimum: Amount | Bound | None = field(default=None, kw_only=True)
    maximum: Amount | Bound | None = field(default=None, kw_only=True)
    setters: Iterable[str] | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        part = f"Limit {checks.named('Limit', 'name', self.name)!r}"
        object.__setattr__(self, "setters", checks.names(part, "setters", self.setters))
        every: object = self.every
        if every is not None:
            checks.schedule(part, "every", every, "calendar_day()")
        window: object = self.window
        if window is not None and (type(window) is not timedelta or not timedelta() < window <= _SPAN_MAX):
            raise PlanError(part, "window", window, "it must be a timedelta of more than nothing, at most 400 days")
        if every is not None and window is not None:
            raise PlanError(part, "window", window, "a limit has a schedule or a window, not both")
        if self.per is not None:
            checks.label_key(part, "per", self.per)
        object.__setattr__(self, "scope", checks.scope(part, self.scope))
        if any(key == ACTION for key, _ in checks.scope(part, self.scope)):
            raise PlanError(part, "scope", self.scope, "an action is capped by naming it as the unit")
        kinds = checks.names(part, "kinds", self.kinds)
        if kinds is not None and not (kinds and all(map(is_kind, kinds))):
            right = "it must be a set of kinds, such as {'quota'}; None: whoever pays"
            raise PlanError(part, "kinds", self.kinds, right)
        object.__setattr__(self, "kinds", kinds)
        if self.degrade_to is not None:
            checks.named(part, "degrade_to", self.degrade_to)


@frozen
class Alert:
    """A line on what is left, on what was used, or on time; its notice goes out each time the line is crossed.

    Exactly one line is given, so that strict and inclusive are never a guess. A share of nothing (20 % of no allowance,
    75 % of no limit) is never crossed.

    Attributes:
        name: of the alert and of its notice.
        watch: `left` (what usable buckets hold, minus debt), `used` (what the period used), or `expiring` (buckets with
            an end of their own that still hold something; what ends with its period is not among them).
        below, at_or_below, above, at_or_above: the line, an amount or a `Bound`. `left` goes below, `used` above.
        every: for `used`: a line at each whole multiple, an amount or a `Bound`, inclusive. What goes over several at
            once is one notice, of the highest.
        within: for `expiring`: how long before a bucket's end; more than nothing, at most 400 days. One notice for all
            that end at one moment, none for what is made later than that. Of periods that pass unseen, in one entry,
            nobody is told.
        when: `crossed`, or `recovered`: the notice goes out when the figure is back on the good side, by a reset, a
            grant or a purchase; use that is given back recovers nothing.
        unit: whose figure; the plan's first meter.
        kinds: for `left` and `expiring`, which kinds count; `None`: all that are usable, of `expiring` all.
        notify: `False`: no notice, only shown by `view.alerts()` (a badge).
    """

    name: str
    watch: Literal["left", "used", "expiring"]
    below: Amount | Bound | None = field(default=None, kw_only=True)
    at_or_below: Amount | Bound | None = field(default=None, kw_only=True)
    above: Amount | Bound | None = field(default=None, kw_only=True)
    at_or_above: Amount | Bound | None = field(default=None, kw_only=True)
    every: Amount | Bound | None = field(default=None, kw_only=True)
    within: timedelta | None = field(default=None, kw_only=True)
    when: Literal["crossed", "recovered"] = field(default="crossed", kw_only=True)
    unit: str | Unit | None = field(default=None, kw_only=True)
    kinds: Iterable[str] | None = field(default=None, kw_only=True)
    notify: bool = field(default=True, kw_only=True)

    _LINES: ClassVar[dict[str, tuple[str, ...]]] = {
        "left": ("below", "at_or_below"),
        "used": ("above", "at_or_above", "every"),
        "expiring": ("within",),
    }

    def __attrs_post_init__(self) -> None:
        part = f"Alert {checks.named('Alert', 'name', self.name)!r}"
        checks.chosen(part, "watch", self.watch, tuple(self._LINES))
        checks.chosen(part, "when", self.when, ("crossed", "recovered"))
        object.__setattr__(self, "kinds", checks.names(part, "kinds", self.kinds))
        checks.flag(part, "notify", self.notify)
        right = self._LINES[self.watch]
        given = [name for names in self._LINES.values() for name in names if getattr(self, name) is not None]
        wrong = [name for name in given if name not in right] or given[1:] or ([] if given else right[:1])
        for name in wrong[:1]:
            raise PlanError(part, name, getattr(self, name), f"what is {self.watch} has one line: {' or '.join(right)}")
        if self.watch == "used" and self.kinds is not None:
            raise PlanError(part, "kinds", self.kinds, "kinds are for what is left or expiring")
        if self.when == "recovered" and given[0] in {"every", "within"}:
            raise PlanError(part, "when", self.when, f"what is said by {given[0]} is crossed, and recovers unsaid")
        if self.when == "recovered" and not self.notify:
            raise PlanError(part, "notify", self.notify, "an alert for the recovery is nothing but its notice")
        within: object = self.within
        if within is not None and (type(within) is not timedelta or not timedelta() < within <= _SPAN_MAX):
            raise PlanError(part, "within", within, "it must be a timedelta of more than nothing, at most 400 days")

    @property
    def line_name(self) -> str:
        """The field that has the line."""
        return next(name for names in self._LINES.values() for name in names if getattr(self, name) is not None)

    @property
    def line(self) -> Amount | Bound | None:
        """The one line that was given; `None`: it is one of time."""
        given = (self.below, self.at_or_below, self.above, self.at_or_above, self.every)
        return next((value for value in given if value is not None), None)

    @property
    def strict(self) -> bool:
        """Whether reaching the line is not yet crossing it."""
        return self.below is not None or self.above is not None
