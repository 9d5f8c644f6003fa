"""Words: names of the host as a customer reads them, plurals, numbers and lists."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, TypeAlias

from attrs import field, frozen

from tokenpurse._plurals import many_of, one_of
from tokenpurse.errors import ArgumentError
from tokenpurse.units import Unit

__all__ = ["Said", "Words", "capital", "is_currency", "joined", "multiple", "number", "times_of"]

Said: TypeAlias = Mapping[str, str | tuple[str, str]]
"""What a host calls its names: the word for many of it, or the words for one and for many."""

_TWICE: Final = 2
_CURRENCY: Final = re.compile(r"[A-Z]{3}")

_KINDS: Final = {
    "quota": "the allowance",
    "rollover": "what was carried over",
    "promo": "what you were given as a bonus",
    "top_up": "what you bought",
    "credit": "prepaid credit",
}


def _words(given: object) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for name, said in given.items() if isinstance(given, Mapping) else [("", given)] if given is not None else ():
        pair = (one_of(said), said) if isinstance(said, str) else said
        if type(name) is not str or not name or not isinstance(pair, tuple) or [type(one) for one in pair] != [str] * 2:
            right = "it must say for each name the word for many of it, or the words for one and for many"
            raise ArgumentError("words", given, right)
        found[name] = pair
    return found


@frozen
class Words:
    """What a customer reads for the names of a plan: kinds, units, counts, roles, labels, plans, offers.

    Attributes:
        said: what the host gave, by name.
    """

    said: Mapping[str, tuple[str, str]] = field(converter=_words, factory=dict)

    def one(self, name: str) -> str:
        """Say one of a thing: `package` of `packages`."""
        return self.said[name][0] if name in self.said else one_of(_plain(name))

    def many(self, name: str) -> str:
        """Say many of a thing: `conversations` of `conversation`."""
        return self.said[name][1] if name in self.said else many_of(_plain(name))

    def name(self, name: str) -> str:
        """Say a name as it is, as that of a role or a label."""
        return self.said[name][1] if name in self.said else _plain(name)

    def label(self, key: str) -> str:
        """Say a label's key, which is one of a thing, as it is: `os`."""
        return self.said[key][0] if key in self.said else _plain(key)

    def plan(self, name: str) -> str:
        """Say a plan's name: `Pro yearly` of `pro_yearly`."""
        return self.said[name][1] if name in self.said else capital(_plain(name))

    def kind(self, kind: str, own: str = "{}") -> str:
        """Say what a kind of bucket is to a customer; `own` shows how to say one that is the host's own."""
        return _KINDS[kind] if kind in _KINDS and kind not in self.said else own.format(self.name(kind))

    def amount(self, unit: Unit, steps: int) -> str:
        """Say an amount: `1 token`, `2,000,000 tokens`, `7.04 USD`; only a currency keeps its zeros."""
        digits = unit.digits(steps)
        if is_currency(unit):
            return f"{digits} {self.name(unit.name)}"
        digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
        return f"{digits} {self.one(unit.name) if digits == '1' else self.many(unit.name)}"

    def each(self, unit: Unit, steps: int) -> str:
        """Say a quantity that something is for: `each image`, `every 3 images`."""
        said = self.amount(unit, steps)
        return f"each {self.one(unit.name)}" if said == f"1 {self.one(unit.name)}" else f"every {said}"


def is_currency(unit: Unit) -> bool:
    """Tell whether it is money that one pays with; credits that are kept in fractions are told as what they are."""
    return unit.is_money and _CURRENCY.fullmatch(unit.name) is not None


def _plain(name: str) -> str:
    return name.replace("_", " ")


def joined(parts: Sequence[str], word: str = "and") -> str:
    """List words as one says them: `a, b and c`."""
    return f" {word} ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def capital(text: str) -> str:
    """Begin a sentence."""
    return text[:1].upper() + text[1:]


def number(value: int | Decimal | Fraction) -> str:
    """Write a number exactly: `1,000`, `1.25`."""
    exact, places = Fraction(value), 0
    while exact * 10**places % 1:
        places += 1
    whole, part = divmod(int(exact * 10**places), 10**places)
    return f"{whole:,}" + (f".{part:0{places}d}" if places else "")


def multiple(times: int | Decimal) -> str:
    """Say how many times: `twice`, `10 times`, `0.33 times`."""
    return "twice" if times == _TWICE else f"{number(times)} times"


def times_of(times: int | Decimal, base: str) -> str:
    """Say a multiple: `20 % of the allowance`, `twice the allowance`."""
    if times == 1:
        return base
    if times < 1:
        return f"{number(Fraction(times) * 100)} % of {base}"
    return f"{multiple(times)} {base}"
