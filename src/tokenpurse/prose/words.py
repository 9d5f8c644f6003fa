"""Words: names of the host as a customer reads them, plurals, numbers and lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, TypeAlias

from attrs import field, frozen

from tokenpurse.errors import ArgumentError
from tokenpurse.units import Unit

__all__ = ["Said", "Words", "capital", "joined", "multiple", "number", "times_of"]

Said: TypeAlias = Mapping[str, str | tuple[str, str]]
"""What a host calls its names: the word for many of it, or the words for one and for many."""

_TWICE: Final = 2

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
        pair = (_one(said), said) if isinstance(said, str) else said
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
        return self.said[name][0] if name in self.said else _one(_plain(name))

    def many(self, name: str) -> str:
        """Say many of a thing: `conversations` of `conversation`."""
        return self.said[name][1] if name in self.said else _many(_plain(name))

    def name(self, name: str) -> str:
        """Say a name as it is, as that of a plan or a role."""
        return self.said[name][1] if name in self.said else _plain(name)

    def kind(self, kind: str, own: str = "{}") -> str:
        """Say what a kind of bucket is to a customer; `own` shows how to say one that is the host's own."""
        return _KINDS[kind] if kind in _KINDS and kind not in self.said else own.format(self.name(kind))

    def amount(self, unit: Unit, steps: int) -> str:
        """Say an amount: `1 token`, `2,000,000 tokens`, `7.04 USD`."""
        digits = unit.digits(steps)
        if unit.is_money:
            return f"{digits} {self.name(unit.name)}"
        return f"{digits} {self.one(unit.name) if digits == '1' else self.many(unit.name)}"

    def each(self, unit: Unit, steps: int) -> str:
        """Say a quantity that something is for: `each image`, `3 images`."""
        return f"each {self.one(unit.name)}" if unit.digits(steps) == "1" else self.amount(unit, steps)


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _one(many: str) -> str:
    """Guess one of many, of `hours of speech` the first; what is no plural stays as it is."""
    many, of, what = many.partition(" of ")
    return f"{_singular(many)}{of}{what}"


def _singular(many: str) -> str:
    if not _is_plural(many):
        return many
    if many.endswith("ies"):
        return f"{many[:-3]}y"
    return many[:-2] if many.endswith(("ches", "shes", "xes", "sses")) else many[:-1]


def _many(one: str) -> str:
    """Guess many of one; an abbreviation, as `sms`, stays as it is."""
    if _is_plural(one) or not any(vowel in one.rpartition(" ")[2].lower() for vowel in "aeiouy"):
        return one
    if one.endswith("y") and one[-2:-1] not in "aeiou":
        return f"{one[:-1]}ies"
    return f"{one}es" if one.endswith(("s", "x", "ch", "sh")) else f"{one}s"


def _is_plural(word: str) -> bool:
    last = word.rpartition(" ")[2]
    return last.endswith("s") and not last.endswith(("ss", "us", "is")) and any(one in last for one in "aeiou")


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
