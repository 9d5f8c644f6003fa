"""What a sentence is made of, and what every part's sentences need: amounts, bounds and kinds of this plan in words."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from attrs import field, fields_dict, frozen

from tokenpurse.buckets import KINDS
from tokenpurse.plans import Allowance, Bound, Plan
from tokenpurse.prose.words import Words, is_currency, joined, times_of
from tokenpurse.scopes import ACTION, Written
from tokenpurse.units import Amount, Unit, as_unit

__all__ = ["Fact", "Teller", "in_order", "kinds_made"]


@frozen
class Fact:
    """One thing that a plan says, in three pieces, so that facts of one sort make one sentence.

    Attributes:
        about: what it is about; two plans say the same, or another, thing about it.
        what: what this part says: `10 sms`.
        lead: how the sentence begins: `You get`.
        rest: how it goes on: `every month, on the 1st`.
    """

    about: tuple[str, ...]
    what: str
    lead: str = field(default="", kw_only=True)
    rest: str = field(default="", kw_only=True)

    @property
    def sentence(self) -> str:
        """The whole, without its full stop."""
        return self.saying(self.what)

    def saying(self, what: str) -> str:
        """Say it with other words in the middle."""
        start = " ".join(one for one in (self.lead, what) if one)
        return f"{start}{'' if self.rest[:1] in {'', ',', ';'} else ' '}{self.rest}"


def kinds_made(plan: Plan) -> set[tuple[str, str]]:
    """Find what a plan makes: the unit and the kind of whatever it gives, sells or carries over."""
    terms = plan.terms
    made = {(one.unit.name, one.kind) for one in terms.granting}
    made |= {(one.unit.name, one.kind) for one in terms.offers.values()}
    made |= {(one.unit.name, "promo") for one in terms.offers.values() if one.bonus is not None}
    return made | {(name, "rollover") for name in terms.banks}


_BASES = {
    "auto_top_up_threshold": "the level that you set for automatic purchases",
    "auto_top_up_purchase": "the amount that you set for automatic purchases",
    "purchase": "what you buy",
    "original": "what you were given",
}


def in_order(kinds: Iterable[str], first: tuple[str, ...] = ()) -> list[str]:
    """Put kinds in the default order of use, behind those that come first."""
    known = (*first, *KINDS)
    return sorted(kinds, key=lambda kind: (known.index(kind) if kind in known else len(known), kind))


@frozen
class Teller:
    """One plan, with the words that its customers know."""

    plan: Plan
    words: Words

    def unit(self, value: str | Unit | None) -> Unit:
        """Find a unit as the plan reads it: its own where it was left out."""
        known = {unit.name: unit for unit in self.plan.terms.every_unit()}
        return self.plan.terms.default if value is None else known.get(str(value)) or as_unit(value)

    def money(self, value: str | Unit | None) -> Unit:
        """Find a currency: the plan's where it was left out."""
        return self.plan.terms.currency if value is None else self.unit(value)

    def amount(self, value: Amount, unit: Unit) -> str:
        """Say an amount of a unit."""
        return self.words.amount(unit, unit.steps(value))

    def grants(self, unit: Unit) -> bool:
        """Tell whether the plan gives something of a unit, on whatever schedule."""
        terms = self.plan.terms
        return any(one.unit == unit for one in (*terms.allowances, *terms.streams))

    def many(self, unit: Unit) -> str:
        """Say a unit without an amount: `tokens`, `USD`."""
        return self.words.name(unit.name) if is_currency(unit) else self.words.many(unit.name)

    def whole(self, unit: Unit) -> str:
        """Say all of a unit: `the tokens`, `the credit`."""
        return "the credit" if is_currency(unit) else f"the {self.many(unit)}"

    def having(self, unit: Unit) -> str:
        """Say what one has of a unit, in the plural or not: `tokens are`, `credit is`."""
        return "credit is" if is_currency(unit) else f"{self.many(unit)} are"

    def purse(self, unit: Unit) -> str:
        """Name the money that pays: prepaid credit where the plan gives none of it."""
        return "your credit" if self.grants(unit) else self.words.kind("credit")

    def price(self, cost: Amount | Bound, paid_in: Unit, per: Amount, of: Unit) -> str:
        """Say a price: `3.00 USD per 1,000 tokens`, or a multiple of the plan's own."""
        if isinstance(cost, Bound):
            own = times_of(cost.times, "the plan's own price")
            return f"{own} per {self.words.one(of.name)}"
        quantity = self.amount(per, of)
        return f"{self.amount(cost, paid_in)} per {quantity.removeprefix('1 ')}"

    def allowance(self, unit: Unit) -> str:
        """Name what a plan's allowances of a unit grant together."""
        return "the allowance" if len(self._granted()) == 1 else f"the allowance of {self.many(unit)}"

    def _granted(self) -> set[str]:
        return {allowance.unit.name for allowance in self.plan.terms.allowances}

    def bound(self, value: Amount | Bound, unit: Unit) -> str:
        """Say an amount, or a multiple of a figure, with what that comes to where it is the same for every customer."""
        if not isinstance(value, Bound):
            return self.amount(value, unit)
        said = times_of(value.times, self.base(value, unit))
        return f"{said}{self._comes_to(value, unit)}{self.otherwise(value, unit)}"

    def cap(self, value: Amount | Bound, new: Plan | None) -> str:
        """Say what a switch trims to, as the plan reads it."""
        if not isinstance(value, Bound):
            unit = self.plan.terms.currency if isinstance(value, Decimal) else self.plan.terms.default
            return self.amount(value, unit)
        if new is None:
            return f"{times_of(value.times, 'what the new plan gives for a period')}"
        there = Teller(new, self.words)
        return there.bound(value, new.terms.default).replace("the allowance", "the new allowance")

    def base(self, value: Bound, unit: Unit) -> str:
        """Name the figure that a bound is a multiple of."""
        if value.base == "limit":
            limited = {limit.unit.name for limit in self.plan.terms.limits.values()}
            return "your limit" if len(limited) == 1 else f"your limit on {self.many(unit)}"
        return _BASES.get(value.base) or self.allowance(unit)

    def otherwise(self, value: Bound, unit: Unit) -> str:
        """Say what is taken where a customer has no such figure."""
        return "" if value.otherwise is None else f" (where there is none: {self.amount(value.otherwise, unit)})"

    def _comes_to(self, value: Bound, unit: Unit) -> str:
        """A multiple of allowances that are the same in each period and for each customer, as an amount."""
        granted = [one for one in self.plan.allowances if self.unit(one.unit) == unit]
        if value.base != "allowance" or not granted or not all(map(_is_fixed, granted)):
            return ""
        steps = sum(unit.steps(one.amount) for one in granted) * Fraction(value.times)
        return "" if steps.denominator > 1 else f" ({self.words.amount(unit, steps.numerator)})"

    def kind(self, kind: str) -> str:
        """Say what a kind is on this plan: `the allowance`, `the bonus tokens`."""
        made = [(one.kind, self.unit(one.unit)) for one in self.plan.allowances]
        made += [(one.kind, one.unit) for one in self.plan.terms.offers.values()]
        units = dict.fromkeys("credit" if is_currency(unit) else self.many(unit) for own, unit in made if own == kind)
        own = f"the {{}} {joined(list(units))}" if units else "{}"
        return self.words.kind(kind, "{}" if kind in self.words.said else own)

    def goods(self, said: str, unit: Unit, kind: str) -> str:
        """Say an amount, or a unit, of a kind: `500 bonus tokens`, `5.00 USD of daily credit`."""
        if kind in self.words.said:
            return said if kind == "quota" else f"{said} as {self.words.name(kind)}"
        adjective = {"quota": "", "promo": "bonus", "top_up": "", "credit": "prepaid"}.get(kind, self.words.name(kind))
        if is_currency(unit) and kind != "top_up":
            return f"{said} of {adjective} credit" if adjective else f"{said} of credit"
        if not adjective or kind == "credit":
            return said
        digits, space, name = said.partition(" ") if said[:1].isdigit() else ("", "", said)
        return f"{digits}{space}{adjective} {name}"

    def use_of(self, scope: Written) -> str:
        """Say which use is meant: `for videos, with the model gpt-4 or gpt-5`."""
        pairs = dict(scope)
        said = [f"for {joined([self.words.many(one) for one in pairs.pop(ACTION)])}"] if ACTION in pairs else []
        for key, values in pairs.items():
            said.append(f"with the {self.words.label(key)} {joined([self.words.name(one) for one in values], 'or')}")
        return ", ".join(said)

    def at_most(self, value: Amount | Bound, unit: Unit) -> str:
        """Say a cap: `at most 10 tokens`, `no more than the allowance (10 tokens)`."""
        most = "no more than" if isinstance(value, Bound) and value.times == 1 else "at most"
        return f"{most} {self.bound(value, unit)}"

    def kinds(self, kinds: Iterable[str], word: str = "and") -> str:
        """List kinds."""
        return joined([self.kind(kind) for kind in in_order(kinds)], word)

    def roles(self, roles: Iterable[str]) -> str:
        """List who may do something."""
        return joined([self.words.name(role) for role in sorted(roles)], "or") or "nobody"


_FREE = {"amount", "unit", "kind", "priority", "given"}


def _is_fixed(allowance: Allowance) -> bool:
    if allowance.given not in {"at_once", "on_payment"}:
        return False
    defaults = {name: one.default for name, one in fields_dict(Allowance).items() if name not in _FREE}
    return all(getattr(allowance, name) == default for name, default in defaults.items())
