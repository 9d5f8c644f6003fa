"""What a plan grants."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import ClassVar, Literal

from attrs import field, fields, frozen

from tokenpurse.errors import PlanError
from tokenpurse.periods import Schedule
from tokenpurse.plans import checks
from tokenpurse.plans.parts.life import Life
from tokenpurse.scopes import Written
from tokenpurse.units import Amount, Unit

__all__ = [
    "Allowance",
]


@frozen
class Allowance:
    """What every period grants, set anew: what is left of the last period's goes; see `Rollover` and `life`.

    With `every` it has a schedule of its own beside the period. What is given on claim, when other kinds are empty, or
    while something was bought, is given once in each stretch of that schedule, or of the period; nothing carries it
    over, and a change of plan leaves it until its own end, or until the `Switch` forfeits its kind.

    Attributes:
        amount: of `unit`, each time, from 0; `None`: unlimited. Use beyond every bucket of such a meter is let through,
            is counted as use, which a `Limit` may cap, and costs nothing; statements list it at that.
        unit: a meter or a currency.
        kind: the kind of its bucket; a plan has one allowance of each kind and unit. In the default order of one unit
            a kind of your own pays after all of the library's, prepaid credit too.
        per: the name of a count that multiplies it (`packages`, `seats`); the wallet holds the count, 0 until set,
            or the minimum of its `Count`.
        priority: of its bucket, for `policies.by_priority`; lower first.
        scope: it pays only for use whose labels match every key, each with one of its values:
            `{"model": {"gpt-4"}}`; the key `action` is the priced action on whose behalf the unit is drawn, or the
            meter itself. Stored as sorted pairs. What is left of it does not carry over. Empty: for all use.
        given: `at_once` when a period opens, or `on_payment` of its renewal, see `Renewal`; `on_claim`, by the verb
            `claim`; `when_empty`, as soon as the kinds in `empty` have nothing left or held, so of a meter
            whose use beyond them has no price; `while_bought`, as long
            as what was bought so far, less what was clawed back, is at least `bought`.
        every: a schedule of its own, counted from the wallet's anchor, as `periods.calendar_day()`; `periods.once()`:
            once in the wallet's life, whatever plan it comes back to. `None`: the plan's period.
        empty: with `when_empty`: the kinds, of the same unit, that must be empty.
        bought: with `while_bought`: the least that was paid, in the plan's currency, inclusive.
        ceiling: the most it grants in one stretch of `ceiling_every`; `None`: no more than the amount each time.
        ceiling_every: the longer schedule; `None`: the plan's period. It is not shorter than its own.
        first: what a first stretch of `every` that is short grants: `full`, `prorated` to the microsecond and rounded
            down, or `none`. One is short that begins between two boundaries of a calendar schedule.
        life: how long each grant can be used; `None`: until its period or stretch ends. What is left then is kept until
            its own end, beside what the next ones grant; no `Rollover` carries it, and no unpaid renewal touches it.
            What ends before its period does counts as given in it. At most 400 grants of a plan may live at a time, so
            it must end.
    """

    amount: Amount | None
    unit: str | Unit = "tokens"
    kind: str = field(default="quota", kw_only=True)
    per: str | None = field(default=None, kw_only=True)
    priority: int = field(default=0, kw_only=True)
    scope: Written = field(default=(), kw_only=True)
    given: Literal["at_once", "on_payment", "on_claim", "when_empty", "while_bought"] = field(
        default="at_once", kw_only=True
    )
    every: Schedule | None = field(default=None, kw_only=True)
    empty: Iterable[str] | None = field(default=None, kw_only=True)
    bought: Decimal | None = field(default=None, kw_only=True)
    ceiling: Amount | None = field(default=None, kw_only=True)
    ceiling_every: Schedule | None = field(default=None, kw_only=True)
    first: Literal["full", "prorated", "none"] = field(default="full", kw_only=True)
    life: Life | None = field(default=None, kw_only=True)

    _NEEDED: ClassVar[dict[str, str]] = {
        "empty": "which kinds must be empty, such as {'quota'}",
        "bought": "for how much, such as Decimal(10)",
    }
    GIVEN: ClassVar[tuple[str, ...]] = ("at_once", "on_payment", "on_claim", "when_empty", "while_bought")

    def __attrs_post_init__(self) -> None:
        unit = checks.unit_of("Allowance", "unit", self.unit)
        part = f"Allowance of {unit}"
        if self.amount is None:
            self._check_unlimited(part, unit)
        else:
            checks.steps(part, "amount", self.amount, unit)
        checks.kind(part, self.kind)
        if self.per is not None:
            checks.named(part, "per", self.per)
        checks.whole(part, "priority", self.priority)
        object.__setattr__(self, "scope", checks.scope(part, self.scope))
        checks.chosen(part, "given", self.given, self.GIVEN)
        checks.chosen(part, "first", self.first, ("full", "prorated", "none"))
        if self.life is not None and not isinstance(self.life, Life):
            raise PlanError(part, "life", self.life, "it must be a Life, such as Life(days=30)")
        self._check_conditions(part)
        self._check_schedules(part)

    def _check_unlimited(self, part: str, unit: Unit) -> None:
        """Refuse whatever speaks of a bucket: what is unlimited has none."""
        if unit.is_money:
            raise PlanError(part, "amount", None, "money has an amount: only a meter is unlimited")
        for one in fields(Allowance):
            if one.name not in {"amount", "unit"} and getattr(self, one.name) != one.default:
                right = "what is unlimited is no bucket: leave it out"
                raise PlanError(part, one.name, getattr(self, one.name), right)

    def _check_conditions(self, part: str) -> None:
        """Refuse a condition without what it is of, and the other way round."""
        object.__setattr__(self, "empty", checks.names(part, "empty", self.empty))
        for name, given in (("empty", "when_empty"), ("bought", "while_bought")):
            value = getattr(self, name)
            if (self.given == given) != bool(value if name == "empty" else value is not None):
                needed = f"what is given {given} says {self._NEEDED[name]}"
                right = needed if self.given == given else f"only what is given {given} has it"
                raise PlanError(part, name, value, right)
        if self.empty is not None and self.kind in self.empty:
            raise PlanError(part, "empty", self.kind, "it cannot wait for its own kind to be empty")

    def _check_schedules(self, part: str) -> None:
        """Refuse schedules that are none, or that say nothing."""
        for name in ("every", "ceiling_every"):
            value: object = getattr(self, name)
            if value is not None:
                checks.schedule(part, name, value, "calendar_day()")
        if self.ceiling is None and self.ceiling_every is not None:
            raise PlanError(part, "ceiling_every", self.ceiling_every, "it goes with a ceiling")
        if self.every is None and self.ceiling is not None and self.ceiling_every is None:
            raise PlanError(part, "ceiling", self.ceiling, "it is granted once a period: name a longer ceiling_every")
        streams = self.every is not None or self.given not in {"at_once", "on_payment"}
        if streams and self.life is not None and (self.life.counted_from != "issue" or self.life.terms is not None):
            right = (
                "what has a schedule or condition of its own lives for days, months or periods of it, from its issue"
            )
            raise PlanError(part, "life", self.life, right)
        if self.every is not None and self.given == "on_payment":
            raise PlanError(part, "every", self.every, "what is given on payment is given with the plan's period")
        if self.first != "full" and (self.every is None or self.given != "at_once"):
            raise PlanError(part, "first", self.first, "it goes with given at_once and an every= of its own")
