"""Scopes: for which use a bucket pays, as data. What is written as a mapping is kept as sorted pairs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias, cast

from tokenpurse._words import is_plain, shown
from tokenpurse.errors import PurseError

__all__ = ["ACTION", "KEYS_MAX", "VALUES_MAX", "Scope", "Written", "pays", "scope_of"]

Scope: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""Label keys, each with the values that it may have, both sorted; empty: all use."""

Written: TypeAlias = Mapping[str, Iterable[str]] | Scope
"""A scope as a person writes it: `{"model": {"gpt-4"}, "action": {"video"}}`; or as it is kept."""

ACTION: Final = "action"
"""The key that stands for the priced action on whose behalf a unit is drawn, or for the meter itself."""

KEYS_MAX = 16
VALUES_MAX = 100
_KEY: Final = re.compile(r"[A-Za-z0-9._:@/-]{1,128}")
_VALUE_MAX = 128
_PAIR = 2


def pays(scope: Scope, labels: Mapping[str, str], action: str) -> bool:
    """Tell whether a bucket of this scope pays for use with these labels, on behalf of this action."""
    return all((action if key == ACTION else labels.get(key)) in values for key, values in scope)


def scope_of(value: object, wrong: Callable[[object, str], PurseError]) -> Scope:
    """Check and copy a scope.

    Args:
        value: a mapping of label keys to sets of values, or the pairs in which one is kept.
        wrong: makes the error of what is wrong: the value, and what would be right.

    Raises:
        PurseError: what `wrong` makes.
    """
    pairs: object = tuple(cast("Mapping[object, object]", value).items()) if isinstance(value, Mapping) else value
    if not isinstance(pairs, tuple) or not all(isinstance(one, tuple) and len(one) == _PAIR for one in pairs):
        raise wrong(value, "it must be a mapping of label keys to sets of values, such as {'model': {'gpt-4'}}")
    if len(pairs) > KEYS_MAX:
        raise wrong(value, f"it must have at most {KEYS_MAX} keys, as labels have")
    found: dict[str, tuple[str, ...]] = {}
    for key, values in cast("tuple[tuple[object, object], ...]", pairs):
        if type(key) is not str or not _KEY.fullmatch(key) or key in found:
            raise wrong(key, "a label's key is 1 to 128 characters of A-Z a-z 0-9 . _ : @ / -, and is there once")
        found[key] = _values(key, values, wrong)
    return tuple(sorted(found.items()))


def _values(key: str, values: object, wrong: Callable[[object, str], PurseError]) -> tuple[str, ...]:
    """Check the values of one key. A bare string is refused: it would become a set of letters."""
    right = f"{key} must have a set of 1 to {VALUES_MAX} values, such as {{'gpt-4'}}"
    if not isinstance(values, (set, frozenset, list, tuple)):
        raise wrong(values, right)
    if not 1 <= len(values) <= VALUES_MAX:
        raise wrong(f"{len(values)} values", right)
    found: set[str] = set()
    for value in sorted(cast("Iterable[object]", values), key=shown):  # a set has no order of its own
        if type(value) is not str or not 1 <= len(value) <= _VALUE_MAX or not is_plain(value):
            raise wrong(value, f"a value of {key} is 1 to {_VALUE_MAX} characters of plain text")
        found.add(value)
    return tuple(sorted(found))
