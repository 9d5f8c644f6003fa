"""JSON text, read more strictly than `json` does by itself: no key twice, no number of a thousand digits."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from tokenpurse.errors import PurseError, shown

__all__ = ["TEXT_MAX", "parsed"]

TEXT_MAX = 10_000_000
"""The most characters that a text may have."""

_DIGITS_MAX = 40
_SHOWN = 40


class _Refused(Exception):
    """What is wrong with a value, told through `json`."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        times = Counter(name for name, _ in pairs)
        twice = next(name for name in times if times[name] > 1)
        raise _Refused(found[twice], f"the key {shown(twice)} is there twice")
    return found


def _whole(digits: str) -> int:
    if len(digits) > _DIGITS_MAX:  # of a million of them, `int` takes seconds where a host lets it
        raise _Refused(digits, f"a number has at most {_DIGITS_MAX} digits")
    return int(digits)


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique)
_CAREFUL: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_int=_whole)
_SAMPLED: Final = 1_000
_LONG: Final = re.compile("[0-9]{3}")
"""In every 1,000th character of a text: what three thousand digits in a row leave there, and hardly anything else."""


def parsed(text: str, wrong: Callable[[object, str], PurseError]) -> Any:
    """Read a text.

    Args:
        text: the text.
        wrong: makes the error of what is wrong: the value, and what would be right.

    Raises:
        PurseError: what `wrong` makes: it is no JSON, it is too long or too deep, an object has a key twice, or a
            number is too long.
    """
    if len(text) > TEXT_MAX:
        raise wrong(text[:_SHOWN], f"a text has at most {TEXT_MAX:,} characters")
    try:
        return (_CAREFUL if _LONG.search(text[::_SAMPLED]) else _DECODER).decode(text)
    except _Refused as refused:
        raise wrong(*refused.args) from None
    except RecursionError:
        raise wrong(text[:_SHOWN], "it must not be nested that deep") from None
    except ValueError as error:
        raise wrong(text[:_SHOWN], f"it must be JSON: {error}") from None
