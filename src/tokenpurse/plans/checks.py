"""Checks of plan fields that more than one part needs. Each raises `PlanError` with part, field and value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from attrs import fields

from tokenpurse.buckets import PAY_AS_YOU_GO, is_kind
from tokenpurse.errors import AmountError, PlanError, shown
from tokenpurse.periods import Schedule, factories
from tokenpurse.scopes import Scope, scope_of
from tokenpurse.units import Unit, as_unit

__all__ = [
    "chosen",
    "exact",
    "flag",
    "items",
    "kind",
    "kinds",
    "label_key",
    "label_value",
    "named",
    "names",
    "pairs",
    "schedule",
    "scope",
    "steps",
    "unit_of",
    "whole",
    "written",
]

_MAKERS: Final = frozenset(factories.__all__)
_WORDS: Final = {
    "month": "calendar_month()",
    "week": "calendar_week()",
    "quarter": "calendar_months(3)",
    "year": "calendar_year()",
    "annual": "calendar_year()",
    "hour": "hours(1)",
    "minute": "minutes(1)",
    "day": "calendar_day()",
    "daily": "calendar_day()",
}
"""What people write for a schedule, and what makes it."""

_NAME: Final = re.compile(r"[A-Za-z0-9._:@/%+ -]{1,64}")
_LABEL_KEY: Final = re.compile(r"[A-Za-z0-9._:@/-]{1,128}")
_DIGITS_MAX = 30
_PAIR = 2
_OF_KINDS = ("usable", "kinds", "forfeit", "keep", "counts", "empty")
_SUCH_AS: Final = {"upgrades_to": "pro"} | dict.fromkeys(_OF_KINDS, "quota")
"""What a set of names may hold, where it is not one of roles."""
_VALUE_MAX = 2_048
_BILLED: Final = "that is what a limit calls use that is billed, and no bucket"


def written(part: Any) -> str:
    """Show a part as a person would write it: what is as it would be anyway is left out, so that the rest is seen."""
    given = ((one.name, getattr(part, one.name), one.default) for one in fields(type(part)))
    return f"{type(part).__name__}({', '.join(f'{name}={value!r}' for name, value, usual in given if value != usual)})"


def named(part: str, field: str, value: object) -> str:
    """Check a name that a person gave to a part: 1 to 64 printable ASCII characters, as `75 %` or `low`."""
    if type(value) is not str or not _NAME.fullmatch(value):
        raise PlanError(part, field, value, "a name is 1 to 64 characters of A-Z a-z 0-9 space . _ : @ / % + -")
    return value


def label_key(part: str, field: str, value: object) -> str:
    """Check the key of a label, as a spend may have it."""
    if type(value) is not str or not _LABEL_KEY.fullmatch(value):
        raise PlanError(part, field, value, "a label's key is 1 to 128 characters of A-Z a-z 0-9 . _ : @ / -")
    return value


def label_value(part: str, field: str, value: object) -> str:
    """Check the value of a label, as a spend may have it; empty is what a spend without the label has."""
    if type(value) is not str or not 0 < len(value) <= _VALUE_MAX or not value.isprintable():
        raise PlanError(part, field, value, f"a label's value is a str of 1 to {_VALUE_MAX:,} printable characters")
    return value


def kind(part: str, value: object) -> str:
    """Check the kind of a bucket that a part makes: `rollover` is what only a `Rollover` carries into."""
    if type(value) is not str or not is_kind(value):
        raise PlanError(part, "kind", value, "it must be a lower-case word, such as quota or promo")
    if value == "rollover":
        raise PlanError(part, "kind", value, "that kind is what a Rollover carries into")
    if value == PAY_AS_YOU_GO:
        raise PlanError(part, "kind", value, _BILLED)
    return value


def kinds(part: str, field: str, value: Iterable[str]) -> tuple[str, ...]:
    """Check kinds of buckets that a host may make itself; sorted."""
    found = names(part, field, value)
    for one in sorted(found or ()):
        if one == PAY_AS_YOU_GO:
            raise PlanError(part, field, one, _BILLED)
        if not is_kind(one) or one == "rollover":
            right = "it must be a lower-case word, such as gift, and not rollover: a Rollover carries into that"
            raise PlanError(part, field, one, right)
    if found is None:
        raise PlanError(part, field, value, "it must be a set of kinds, such as {'gift'}; empty for none")
    return tuple(sorted(found))


def names(part: str, field: str, value: Iterable[str] | None) -> frozenset[str] | None:
    """Check a set of names; `None` stays `None`. A bare string is refused: it would become a set of letters."""
    if value is None:
        return None
    if not isinstance(value, (set, frozenset, list, tuple)):
        raise PlanError(part, field, value, f"it must be a set of names, such as {{{_SUCH_AS.get(field, 'admin')!r}}}")
    return frozenset(named(part, field, item) for item in value)


def scope(part: str, value: object) -> Scope:
    """Check for which use what a part makes pays; nothing: all."""
    return scope_of(value, lambda wrong, right: PlanError(part, "scope", wrong, right))


def items(part: str, field: str, value: object, kind: type[Any]) -> tuple[Any, ...]:
    """Check a sequence of parts of one kind."""
    right = f"it must be a list of {kind.__name__}"
    if not isinstance(value, (list, tuple)):
        raise PlanError(part, field, value, f"{right}: put it into one" if isinstance(value, kind) else right)
    for item in value:
        if not isinstance(item, kind):
            raise PlanError(part, field, value, f"{right}, and there is {shown(item)}")
    return tuple(value)


def pairs(part: str, field: str, value: object, right: str) -> tuple[tuple[object, object], ...]:
    """Read a mapping, or the pairs in which one is kept, so that a part stays data; what is in them is not checked."""
    found: object = tuple(value.items()) if isinstance(value, Mapping) else value
    if not isinstance(found, tuple) or not all(isinstance(pair, tuple) and len(pair) == _PAIR for pair in found):
        raise PlanError(part, field, value, right)
    return found


def chosen(part: str, field: str, value: object, choices: tuple[str, ...]) -> None:
    """Check one of a few words."""
    if type(value) is not str or value not in choices:
        raise PlanError(part, field, value, f"it must be one of {', '.join(choices)}")


def flag(part: str, field: str, value: object) -> None:
    """Check a yes or no."""
    if type(value) is not bool:
        raise PlanError(part, field, value, "it must be True or False")


def whole(part: str, field: str, value: object, least: int = 0) -> None:
    """Check a plain int."""
    if type(value) is not int or not least <= value < 2**31:
        raise PlanError(part, field, value, f"it must be an int of at least {least}")


def exact(part: str, field: str, value: object) -> Fraction:
    """Read a multiple or a share: an int or a finite Decimal, not negative."""
    if type(value) is Decimal or type(value) is int:
        number: Any = value
        small = number.bit_length() < _DIGITS_MAX * 3 if type(value) is int else _is_small(number)
        if small and number >= 0:
            return Fraction(number)
    raise PlanError(part, field, value, "it must be an int or a Decimal that is not negative, such as Decimal('0.75')")


def _is_small(number: Decimal) -> bool:
    _, digits, exponent = number.as_tuple()
    return isinstance(exponent, int) and len(digits) <= _DIGITS_MAX and abs(exponent) <= _DIGITS_MAX


def schedule(part: str, field: str, value: object, such: str) -> None:
    """Check a schedule; else say which is probably meant: by its maker, uncalled, or by a word; or such a one."""
    if isinstance(value, Schedule):
        return
    name = value if type(value) is str else getattr(value, "__name__", None)
    if type(name) is str and name in _MAKERS:
        such = f"{name}({'2' if name.endswith('s') else ''})"
    elif type(name) is str:
        such = next((maker for word, maker in _WORDS.items() if word in name.lower()), such)
    called = "so call it:" if callable(value) else "such as"
    raise PlanError(part, field, value, f"it must be a schedule, {called} periods.{such}")


def unit_of(part: str, field: str, value: object) -> Unit:
    """Read a unit from its name."""
    if not isinstance(value, Unit) and type(value) is not str:
        raise PlanError(part, field, value, "it must be the name of a unit")
    try:
        return as_unit(value)
    except PlanError as error:
        raise PlanError(part, field, value, error.right) from None


def steps(part: str, field: str, value: object, unit: Unit, *, least: int = 0) -> int:
    """Read an amount of a unit, at least `least` steps."""
    read: Callable[[object], int] = unit.steps
    try:
        found = read(value)
    except AmountError as error:
        raise PlanError(part, field, value, str(error).partition(", ")[2] or str(error)) from None
    if found < least:
        raise PlanError(part, field, value, f"it must be at least {unit.text(least)}")
    return found
