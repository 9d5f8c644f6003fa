"""Single values of facts: moments, lengths of time, whole numbers of any size, and what a ref was used for.

Each has one way of being written, and only that one is read: what is read is written again and compared, or matched
as a whole. Nothing is guessed, and nothing becomes a float.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from tokenpurse._words import is_plain
from tokenpurse.codec.facts.compiled import Coding, Schema, object_schema
from tokenpurse.codec.facts.trail import Wrong
from tokenpurse.codec.places import Place
from tokenpurse.codec.values import Duration
from tokenpurse.errors import PlanError, PurseError
from tokenpurse.periods.moments import END, FIRST
from tokenpurse.units import STEPS_MAX, Unit, as_unit

__all__ = ["FLAG", "MOMENT", "SAID", "TEXT", "TIME", "UNIT", "WHOLE", "WORDS_MAX", "moment", "moment_of"]

WORDS_MAX = 4_096
"""The most characters of one text among facts: more than any id, name or label has."""
_LONG: Final = re.compile(r"-?[1-9][0-9]{15,59}")
_MOMENT_LENGTHS = (20, 27)
_MOMENT = "a moment in UTC, such as '2026-07-01T00:00:00Z', with six decimals or none, from 1970 to 2200"
_TIME_MAX = 64
_UNIT_MAX = 64
_SAID_DEPTH = 8
_SAID_MAX = 1_000
_NOWHERE: Final = Place("", "")


def moment(value: datetime) -> str:
    """Write a moment in UTC."""
    return _moment(value if value.tzinfo is UTC else value.astimezone(UTC))


@lru_cache(maxsize=4_096)
def _moment(value: datetime) -> str:
    return value.isoformat()[:-6] + "Z"


def moment_of(document: Any) -> datetime:
    """Read a moment: exactly as it is written."""
    found = _moment_of(document) if type(document) is str and len(document) in _MOMENT_LENGTHS else None
    if found is None:
        raise Wrong(document, _MOMENT)
    return found


@lru_cache(maxsize=4_096)
def _moment_of(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is UTC and moment(found) == text and FIRST <= found < END else None


def _time(value: timedelta) -> str:
    """Write a length of time."""
    return Duration.dump(value, _NOWHERE)


def _time_of(document: Any) -> timedelta:
    """Read a length of time: exactly as it is written."""
    found = _time_in(document) if type(document) is str and len(document) <= _TIME_MAX else None
    if found is None:
        raise Wrong(document, Duration.right())
    return found


@lru_cache(maxsize=256)
def _time_in(text: str) -> timedelta | None:
    try:
        found = Duration.load(text, _NOWHERE) if Duration.fits(text) else None
    except PurseError:
        return None
    return found if found is not None and _time(found) == text else None


def _whole(value: int) -> int | str:
    """Write a whole number: as digits in quotes, where programs in other languages would not read it exactly."""
    return value if -STEPS_MAX <= value <= STEPS_MAX else str(value)


def _whole_of(document: Any) -> int:
    """Read a whole number."""
    if type(document) is int and -STEPS_MAX <= document <= STEPS_MAX:
        found: int = document
        return found
    if type(document) is str and _LONG.fullmatch(document) and abs(int(document)) > STEPS_MAX:
        return int(document)
    raise Wrong(document, "a whole number, in quotes where it is beyond 9007199254740991")


def _text_of(document: Any) -> str:
    """Read a text: one that every database can keep."""
    if type(document) is str and len(document) <= WORDS_MAX and is_plain(document):
        found: str = document
        return found
    raise Wrong(document, f"a text of at most {WORDS_MAX} characters, without control characters and halves of pairs")


def _said(value: Any) -> Any:
    """Write what a ref was used for: words, numbers and lists of them."""
    if type(value) is tuple:
        return [_said(one) for one in value]
    return _whole(value) if type(value) is int else value


def _said_of(document: Any, depth: int = 0) -> Any:
    """Read what a ref was used for; a list in it is a tuple, so that it can be compared."""
    if type(document) is list and depth < _SAID_DEPTH and len(document) <= _SAID_MAX:
        return tuple([_said_of(one, depth + 1) for one in document])
    if depth and (document is None or type(document) is bool):
        return document
    if depth and type(document) is str:
        return _text_of(document)
    if depth and type(document) is int:
        return _whole_of(document)
    raise Wrong(document, f"a list of words, whole numbers and lists, at most {_SAID_DEPTH} deep")


def _flag_of(document: Any) -> bool:
    if document is True or document is False:
        return document
    raise Wrong(document, "true or false")


def _same(value: Any) -> Any:
    return value


# -- units ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1_024)
def _named(name: str) -> Unit | None:
    """Give the unit that a name means by itself, if it does."""
    try:
        return as_unit(name)
    except PlanError:
        return None


def _unit(value: Unit) -> Any:
    """Write a unit by its name, and with its places where the name does not say them."""
    if _named(value.name) == value:
        return value.name
    return {"kept": value.kept, "name": value.name, "paid": value.paid, "shown": value.shown}


def _unit_of(document: Any) -> Unit:
    """Read a unit: exactly as it is written."""
    found = None
    if type(document) is str:
        found = _named(document) if len(document) <= _UNIT_MAX else None
    elif type(document) is dict and document.keys() == {"kept", "name", "paid", "shown"}:
        try:
            found = Unit(document["name"], document["kept"], document["paid"], document["shown"])
        except PlanError as problem:
            raise Wrong(problem.value, problem.right).at(problem.field) from None
        if _unit(found) == found.name:
            raise Wrong(document, f"{found.name}, which says all of it")
    if found is None:
        raise Wrong(document, "the name of a unit, or an object with its kept, name, paid and shown")
    return found


# -- all of them, as codings ---------------------------------------------------------------------------------------


def _as(name: str, described: Schema) -> Callable[[dict[str, Schema]], Schema]:
    """Describe something under a name of its own."""

    def schema(defs: dict[str, Schema]) -> Schema:
        defs[name] = described
        return {"$ref": f"#/$defs/{name}"}

    return schema


_INTEGER: Final = {"type": "integer", "minimum": -STEPS_MAX, "maximum": STEPS_MAX}
_LONG_SCHEMA: Final = {"anyOf": [_INTEGER, {"type": "string", "pattern": f"^{_LONG.pattern}$"}]}
_MOMENT_SCHEMA: Final = {
    "type": "string",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?Z$",
}
_UNIT_SCHEMA: Final = {
    "anyOf": [
        {"type": "string", "maxLength": _UNIT_MAX},
        object_schema(
            {
                "kept": {"type": "integer"},
                "name": {"type": "string", "maxLength": _UNIT_MAX},
                "paid": {"type": ["integer", "null"]},
                "shown": {"type": "integer"},
            }
        ),
    ]
}

FLAG: Final = Coding(_same, _flag_of, lambda _: {"type": "boolean"}, plain=bool)
WHOLE: Final = Coding(_whole, _whole_of, _as("WholeNumber", _LONG_SCHEMA), plain=int)
TEXT: Final = Coding(_same, _text_of, _as("Text", {"type": "string", "maxLength": WORDS_MAX}), plain=str)
MOMENT: Final = Coding(moment, moment_of, _as("Moment", _MOMENT_SCHEMA), known=_moment_of)
TIME: Final = Coding(_time, _time_of, Duration.schema)
UNIT: Final = Coding(_unit, _unit_of, _as("Unit", _UNIT_SCHEMA), known=_named)
SAID: Final = Coding(_said, _said_of, lambda _: {"type": "array"})
