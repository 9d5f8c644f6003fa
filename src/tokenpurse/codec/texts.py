"""JSON text, read more strictly than `json` does by itself: no key twice, no number of a thousand digits."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Generator
from typing import Any, Final

from tokenpurse.errors import PurseError, shown

__all__ = ["PLAIN_MAX", "TEXT_MAX", "parsed", "parsed_plainly"]

TEXT_MAX = 10_000_000
"""The most characters that a text may have."""

PLAIN_MAX = 200_000
"""The most characters of a text that is first read as if nothing were wrong with it."""
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


def _counting() -> Generator[Any, Any, None]:
    """Count keys: an object that is sent comes back as it is; for `None` there comes the sum, and a new one begins."""
    keys, found = 0, (yield)
    while True:
        if found is None:
            keys, found = 0, (yield keys)
        else:
            keys, found = keys + len(found), (yield found)


class _Plain:
    """A decoder in which nothing of ours is called but once for an object; each is used by one thread at a time.

    Attributes:
        read: reads a text from a place on.
        keys: says how many keys there were, and begins anew.
        cut_out: what stands for `NaN`, the last one first.
    """

    __slots__ = ("cut_out", "keys", "read")

    def __init__(self) -> None:
        counting = _counting()
        next(counting)
        self.keys: Callable[[None], Any] = counting.send
        self.cut_out: list[Any] = []
        self.read = json.JSONDecoder(object_hook=counting.send, parse_constant=self._put_back).raw_decode

    def _put_back(self, name: str) -> Any:
        if name == "NaN" and self.cut_out:
            return self.cut_out.pop()
        raise ValueError(name)


_IDLE: Final[list[_Plain]] = []
"""Decoders that nobody uses: making one takes as long as reading a dozen values."""


def parsed_plainly(text: str, cut_out: list[Any]) -> Any:
    """Read a text in which nothing looks unusual, in two thirds of the time.

    As no quote in it is escaped, each one begins or ends a string, and `":` follows every key: were a key of an object
    there twice, then there would be more of these than keys.

    Args:
        text: the text.
        cut_out: what was cut out of it, the last one first; where each was there is a `NaN`.

    Raises:
        RecursionError, ValueError: something is unusual, or wrong; what it is, `parsed` knows.
    """
    if len(text) > PLAIN_MAX or ("\\" in text and '\\"' in text):
        raise ValueError
    if len(text) > _SAMPLED and _LONG.search(text[::_SAMPLED]):
        raise ValueError
    try:
        decoder = _IDLE.pop()
    except IndexError:
        decoder = _Plain()
    decoder.cut_out = cut_out
    found, end = decoder.read(text)
    keys = decoder.keys(None)
    _IDLE.append(decoder)
    if cut_out or end != len(text) or keys != text.count('":') or _pauses(text):
        raise ValueError
    return found


def _pauses(text: str) -> bool:
    """Whether there may be a blank between a key and its colon."""
    return (" " in text and " :" in text) or "\n" in text or "\t" in text or "\r" in text


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
        return parsed_plainly(text, [])
    except (RecursionError, ValueError):
        pass
    try:
        return (_CAREFUL if _LONG.search(text[::_SAMPLED]) else _DECODER).decode(text)
    except _Refused as refused:
        raise wrong(*refused.args) from None
    except RecursionError:
        raise wrong(text[:_SHOWN], "it must not be nested that deep") from None
    except ValueError as error:
        raise wrong(text[:_SHOWN], f"it must be JSON: {error}") from None
