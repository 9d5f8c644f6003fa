"""JSON text, read more strictly than `json` does by itself: no key twice, no number of a thousand digits."""

from __future__ import annotations

import json
from typing import Any

from tokenpurse.codec.places import Place
from tokenpurse.errors import PlanError, shown

__all__ = ["TEXT_MAX", "parsed"]

TEXT_MAX = 10_000_000
"""The most characters that a text may have."""

_DIGITS_MAX = 40


def parsed(text: str, place: Place) -> Any:
    """Read a text.

    Raises:
        PlanError: it is no JSON, it is too long or too deep, an object has a key twice, or a number is too long.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise place.wrong(value, f"the key {shown(key)} is there twice")
            found[key] = value
        return found

    def whole(digits: str) -> int:
        if len(digits) > _DIGITS_MAX:
            raise place.wrong(digits, f"a number has at most {_DIGITS_MAX} digits")
        return int(digits)

    if len(text) > TEXT_MAX:
        raise place.wrong(text[:_DIGITS_MAX], f"a text has at most {TEXT_MAX:,} characters")
    try:
        return json.loads(text, object_pairs_hook=unique, parse_int=whole)
    except PlanError:
        raise
    except RecursionError:
        raise place.wrong(text[:_DIGITS_MAX], "it must not be nested that deep") from None
    except ValueError as error:
        raise place.wrong(text[:_DIGITS_MAX], f"it must be JSON: {error}") from None
