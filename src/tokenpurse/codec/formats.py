"""What holds for every stored document: that it says its format, how older ones become newer ones, and its bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

from tokenpurse.codec.texts import TEXT_MAX, parsed
from tokenpurse.errors import SnapshotError
from tokenpurse.units import STEPS_MAX

__all__ = ["Upcasts", "canonical", "opened"]

Upcasts: TypeAlias = Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]
"""By the format of an older document, what makes one of the format after it; they are applied one after another."""

_SHOWN = 40


def opened(document: object, expected: str, upcasts: Upcasts) -> dict[str, Any]:
    """Read the text, if it is one, and bring an older document to the format that is read today.

    Raises:
        SnapshotError: no object, and no text of one; of an unknown format, or not what its format has.
    """
    text = _decoded(document) if type(document) is bytes else document
    found: Any = parsed(text, lambda value, right: SnapshotError("", value, right)) if type(text) is str else text
    if type(found) is not dict:
        raise SnapshotError("", found, "it must be an object, or the text of one")
    while (given := found.get("format")) != expected:
        if type(given) is not str or given not in upcasts:
            raise SnapshotError("format", given, f"it must be {expected}")
        try:
            found = upcasts[given](found)
        except (LookupError, TypeError, ValueError, AttributeError) as problem:
            raise SnapshotError("", found, f"it must be what {given} has: {type(problem).__name__}") from None
    return cast("dict[str, Any]", found)


def _decoded(document: bytes) -> str:
    if len(document) > TEXT_MAX:
        raise SnapshotError("", document[:_SHOWN], f"it must be at most {TEXT_MAX:,} bytes")
    try:
        return document.decode("utf-8")
    except UnicodeDecodeError:
        raise SnapshotError("", document[:_SHOWN], "it must be UTF-8") from None


def canonical(document: Mapping[str, Any]) -> bytes:
    """Write a document as bytes, the same for equal ones: sorted keys, no blanks, ASCII. To store, sign or compare.

    Raises:
        SnapshotError: it has something else than a document has: a float, a key that is no str, another type.
    """
    try:
        _only_plain(document, "")
    except RecursionError:
        raise SnapshotError("", "a document", "it must not be nested that deep") from None
    return json.dumps(document, separators=(",", ":"), sort_keys=True, allow_nan=False).encode("ascii")


def _only_plain(value: object, path: str) -> None:
    if type(value) is dict:
        for name, one in value.items():
            if type(name) is not str:
                raise SnapshotError(path, name, "a key must be a str")
            _only_plain(one, f"{path}.{name}".removeprefix("."))
    elif type(value) is list:
        for index, one in enumerate(value):
            _only_plain(one, f"{path}[{index}]")
    elif type(value) is int and abs(value) > STEPS_MAX:
        raise SnapshotError(path, value, f"a number must be at most {STEPS_MAX}; one beyond that is written in quotes")
    elif type(value) not in {str, int, bool, type(None)}:
        raise SnapshotError(path, value, "a document has str, int, bool, None, lists and dicts only")
