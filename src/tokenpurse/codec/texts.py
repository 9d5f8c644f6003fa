"""JSON text, read more strictly than `json` does by itself: no key twice, no number of a thousand digits."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tokenpurse.errors import PurseError, shown

__all__ = ["TEXT_MAX", "parsed"]

TEXT_MAX = 10_000_000
"""The most characters that a text may have."""

_DIGITS_MAX = 40


def parsed(text: str, wrong: Callable[[object, str], PurseError]) -> Any:
    """Read a text.

    Args:
        text: the text.
        wrong: makes the error of what is wrong: the value, and what would be right.

    Raises:
        PurseError: what `wrong` makes: it is no JSON, it is too long or too deep, an object has a key twice, or a
            number is too long.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise wrong(found[twice], f"the key {shown(twice)} is there twice")
        return found

    def whole(digits: str) -> int:
        if len(digits) > _DIGITS_MAX:
            raise wrong(digits, f"a number has at most {_DIGITS_MAX} digits")
        return int(digits)

    if len(text) > TEXT_MAX:
        raise wrong(text[:_DIGITS_MAX], f"a text has at most {TEXT_MAX:,} characters")
    try:
        return json.loads(text, object_pairs_hook=unique, parse_int=whole)
    except PurseError:
        raise
    except RecursionError:
        raise wrong(text[:_DIGITS_MAX], "it must not be nested that deep") from None
    except ValueError as error:
        raise wrong(text[:_DIGITS_MAX], f"it must be JSON: {error}") from None
