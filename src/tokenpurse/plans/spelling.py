"""Words that a person wrote twice in two ways: found, so that the error can name the one that was meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

__all__ = ["meant", "near", "stem"]

_MARKS: Final = re.compile(r"[_\-. ]")
_ENDING: Final = re.compile(r"(?<=[a-z0-9]{2})(?:ies|y|(?<=s|x|z)es|(?<=ch|sh)es|(?<=[^s])s)$")
_LONG: Final = 5
"""From so many letters on two words that differ in one of them are taken for one."""


def stem(word: str) -> str:
    """Give what a word is beneath capitals, underscores and its plural: `credit` of `Credits`, `gpusecond`."""
    bare = _MARKS.sub("", word.lower())
    return _ENDING.sub(lambda end: "y" if end[0] in {"ies", "y"} else "", bare)


def near(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """Find which known words were probably meant: spelled alike, or with one slip of the pen."""
    return tuple(sorted(other for other in set(known) if other != word and _is_slip(word, other)))


def meant(names: Iterable[str]) -> str:
    """Say what was probably meant, of those that are near: `it must be top_up`."""
    return f"it must be {' or '.join(names)}"


def _is_slip(word: str, other: str) -> bool:
    if stem(word) == stem(other):
        return True
    return max(len(word), len(other)) >= _LONG and _one_slip(word, other)


def _one_slip(word: str, other: str) -> bool:
    """Tell whether a letter was left out, added, replaced or swapped with its neighbour; digits count, not slip."""
    start = 0
    while start < min(len(word), len(other)) and word[start] == other[start]:
        start += 1
    one, two = word[start:], other[start:]
    if any(letter.isdigit() for letter in one[:1] + two[:1]):
        return False
    swapped = one[:2] == two[1::-1] and one[2:] == two[2:]
    return swapped or one[1:] == two or one == two[1:] or one[1:] == two[1:]
