"""The shapes of single values: words, numbers, lengths of time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, cast

from attrs import frozen

from tokenpurse.codec.places import Place
from tokenpurse.codec.shapes import Schema, Shape
from tokenpurse.errors import listed
from tokenpurse.units import STEPS_MAX

__all__ = ["Duration", "Exact", "Flag", "Multiple", "Nothing", "Text", "Whole", "words"]

_DECIMAL: Final = r"-?[0-9]{1,60}(\.[0-9]{1,60})?"
_DURATION: Final = (
    r"P(?=.)(?:([0-9]{1,9})W|(?:([0-9]{1,9})D)?"
    r"(?:T(?=.)(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9})(?:\.([0-9]{1,6}))?S)?)?)"
)
_MICROSECOND_PLACES = 6
_DIGITS_MAX = 60


@frozen
class _Plain:
    """What is written as it is."""

    kind: type
    word: str
    said: str

    def right(self) -> str:
        return self.said

    def takes(self, value: object) -> bool:
        return type(value) is self.kind  # exactly: True is no int, and a subclass has a meaning of its own

    def fits(self, document: object) -> bool:
        return type(document) is self.kind

    def dump(self, value: Any, place: Place) -> Any:  # noqa: ARG002  # nothing is wrong with it
        return value

    def load(self, document: Any, place: Place) -> Any:  # noqa: ARG002  # likewise
        return document

    def schema(self, defs: dict[str, Schema]) -> Schema:  # noqa: ARG002  # it has no name of its own
        return {"type": self.word}


Flag: Final = _Plain(bool, "boolean", "true or false")
Nothing: Final = _Plain(type(None), "null", "null")
Text: Final = _Plain(str, "string", "a string")
Whole: Final = _Plain(int, "integer", "a whole number")


@frozen
class _Words:
    """See `words`."""

    words: tuple[str, ...]

    def right(self) -> str:
        return f"one of {listed(self.words)}"

    def takes(self, value: object) -> bool:
        return type(value) is str and value in self.words

    def fits(self, document: object) -> bool:
        return self.takes(document)

    def dump(self, value: str, place: Place) -> str:  # noqa: ARG002  # see `_Plain`
        return value

    def load(self, document: str, place: Place) -> str:  # noqa: ARG002  # see `_Plain`
        return document

    def schema(self, defs: dict[str, Schema]) -> Schema:  # noqa: ARG002  # see `_Plain`
        return {"enum": list(self.words)}


def words(choice: Iterable[str]) -> Shape:
    """One of a few words."""
    return _Words(tuple(choice))


@frozen
class _Exact:
    """A `Decimal`, as a string: a JSON number would come back as a float."""

    def right(self) -> str:
        return "a decimal number in quotes, such as '0.60'"

    def takes(self, value: object) -> bool:
        return type(value) is Decimal and _plainly(value) is not None

    def fits(self, document: object) -> bool:
        return type(document) is str and re.fullmatch(_DECIMAL, document) is not None

    def dump(self, value: Decimal, place: Place) -> str:  # noqa: ARG002  # see `_Plain`
        return cast("str", _plainly(value))

    def load(self, document: str, place: Place) -> Decimal:  # noqa: ARG002  # see `_Plain`
        return Decimal(document)

    def schema(self, defs: dict[str, Schema]) -> Schema:
        defs["Decimal"] = {"type": "string", "pattern": f"^{_DECIMAL}$", "description": self.right()}
        return {"$ref": "#/$defs/Decimal"}


def _plainly(number: Decimal) -> str | None:
    """Write a number without exponent and without zeros at its end; `None` where that would be no number, or long."""
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        return None
    text = "".join(map(str, digits)).rstrip("0")
    if not text:
        return "0"
    exponent += len(digits) - len(text)
    if len(text) + exponent > _DIGITS_MAX or -exponent > _DIGITS_MAX:
        return None
    whole, places = (text + "0" * exponent, "") if exponent >= 0 else (text[:exponent] or "0", text[exponent:])
    return "-" * sign + whole + (f".{places:0>{-exponent}}" if places else "")


Exact: Final = _Exact()


@frozen
class _Multiple:
    """A number of no unit, of which 3 and `Decimal(3)` are the same."""

    def right(self) -> str:
        return "a whole number, or a decimal number in quotes, such as '0.75'"

    def takes(self, value: object) -> bool:
        return type(value) is int or Exact.takes(value)

    def fits(self, document: object) -> bool:
        return type(document) is int or Exact.fits(document)

    def dump(self, value: int | Decimal, place: Place) -> int | str:
        text = str(value) if isinstance(value, int) else Exact.dump(value, place)
        return int(text) if "." not in text and int(text) <= STEPS_MAX else text

    def load(self, document: int | str, place: Place) -> int | Decimal:
        return document if isinstance(document, int) else Exact.load(document, place)

    def schema(self, defs: dict[str, Schema]) -> Schema:
        return {"anyOf": [Whole.schema(defs), Exact.schema(defs)]}


Multiple: Final = _Multiple()


@frozen
class _Duration:
    """A length of time as ISO 8601 writes it: `P7D`, `PT5H`. A month has no length, so there is none of it."""

    def right(self) -> str:
        return "a length of time, such as 'P7D' for seven days or 'PT5H' for five hours"

    def takes(self, value: object) -> bool:
        return type(value) is timedelta and value >= timedelta()

    def fits(self, document: object) -> bool:
        return type(document) is str and re.fullmatch(_DURATION, document) is not None

    def dump(self, value: timedelta, place: Place) -> str:  # noqa: ARG002  # see `_Plain`
        minutes, seconds = divmod(value.seconds, 60)
        hours, minutes = divmod(minutes, 60)
        part = f".{value.microseconds:06d}".rstrip("0") if value.microseconds else ""
        time = f"{hours}H" * (hours > 0) + f"{minutes}M" * (minutes > 0)
        time += f"{seconds}{part}S" if seconds or part else ""
        return "P" + f"{value.days}D" * (value.days > 0) + (f"T{time}" if time else "") if value else "PT0S"

    def load(self, document: str, place: Place) -> timedelta:
        match = cast("re.Match[str]", re.fullmatch(_DURATION, document))
        weeks, days, hours, minutes, seconds = (int(match[group] or 0) for group in range(1, 6))
        part = int((match[6] or "").ljust(_MICROSECOND_PLACES, "0"))
        try:
            return timedelta(days, seconds, part, 0, minutes, hours, weeks)
        except OverflowError:
            raise place.wrong(document, "that is longer than any time there is") from None

    def schema(self, defs: dict[str, Schema]) -> Schema:
        defs["Duration"] = {"type": "string", "pattern": f"^{_DURATION}$", "description": self.right()}
        return {"$ref": "#/$defs/Duration"}


Duration: Final = _Duration()
