"""One and many of a name, guessed by rule: `1 message asked`, `2 messages asked`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

__all__ = ["many_of", "one_of"]

_IRREGULAR: Final = {
    **{one: f"{one}s" for one in ("avalanche", "cache", "cookie", "menu", "movie", "niche", "selfie", "zombie")},
    **{one: f"{one}es" for one in ("alias", "bonus", "bus", "campus", "canvas", "lens", "status", "virus")},
    **{one: one for one in ("data", "feedback", "gas", "media", "news", "series", "software", "storage", "traffic")},
    "analysis": "analyses",
    "person": "people",
    "quiz": "quizzes",
}
"""Words of what is sold that the rules would get wrong."""

_COUNTED: Final = re.compile(r"[^ _]+(?=[ _]of[ _])|[^ _]+$")
"""The word that is counted: the one before an `of`, or the last."""


def one_of(many: str) -> str:
    """Guess one of many, of `hours of speech` the first; what is no plural stays as it is."""
    return _counted(many, _singular)


def many_of(one: str) -> str:
    """Guess many of one; an abbreviation, as `sms`, stays as it is."""
    return _counted(one, _plural)


def _counted(name: str, change: Callable[[str], str]) -> str:
    return _COUNTED.sub(lambda word: change(word[0]), name, count=1)


def _singular(word: str) -> str:
    known = next((one for one, many in _IRREGULAR.items() if many == word), None)
    if known is not None or not _is_plural(word):
        return known or word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-2] if word.endswith(("ches", "shes", "xes", "sses")) else word[:-1]


def _plural(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word in _IRREGULAR.values() or _is_plural(word) or not any(one in word.lower() for one in "aeiouy"):
        return word
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "ch", "sh")) else f"{word}s"


def _is_plural(word: str) -> bool:
    if word in _IRREGULAR:
        return word == _IRREGULAR[word]
    return word.endswith("s") and not word.endswith(("ss", "us", "is")) and any(one in word for one in "aeiouy")
