"""What whoever can write to a database may make of a document: nothing of it is random twice in two ways.

`altered` changes the document as it is, `garbled` its text; both by a seed, so that a find can be played again.
"""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any, Final

from tests.support.snapshots import places, prefixes
from tokenpurse.codec import dump_entry, dump_wallet

__all__ = ["altered", "documents", "garbled"]

BEYOND: Final = 2**53
ATOMS: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 1, BEYOND - 1, BEYOND, 1 - BEYOND, 10**100, 1.5, float("nan"), Decimal(1)),
    *("", "x", "\ud800", "\x00", "\u202e", "x" * 5_000, "9" * 60, f"{BEYOND + 1}", f"-{BEYOND + 1}", "9" * 5_000),
    *("P1D", "PT0S", "P999999999D", "1970-01-01T00:00:00Z", "2199-12-31T23:59:59Z", "2026-02-30T00:00:00Z"),
    *("tokens", "USD", "UTC", "Europe/London", "../x", "pay:1", "spend", "x/" + "9" * 4_000),
    *([], {}, [[]], [None], {"": 0}, {"a": 1}, {"x" * 5_000: 1}, (1,), {1}, b"x", object()),
)
"""What may stand anywhere."""
TOKENS: Final = (
    *("NaN", "Infinity", "-0", "1e5", "1.0", "2e9999", "null", "true", "[]", "{}", '""', '"', "[", "{", "}", "]", ","),
    *(":", "-", "9" * 50, "9" * 5_000, "\\ud800", "\\u0000", "\\", "\u202e", "\x00", "  ", "-1", f"{BEYOND}"),
    *('"2026-07-01T00:00:00Z"', '"P1D"'),
)
"""What may stand anywhere in a text."""


@cache
def documents() -> tuple[dict[str, Any], ...]:
    """Give documents of wallets and entries of all kinds; they are not to be changed."""
    found = [dump_wallet(wallet) for _, wallets in prefixes() for wallet in wallets[::3]]
    return (*found, *(dump_entry(entry) for story, _ in prefixes() for entry in story.entries))


@cache
def _values() -> dict[str, list[Any]]:
    """Give what fields have in all of these documents, by their names."""
    found: dict[str, list[Any]] = {}
    for document in documents()[::5]:
        for holder, key, _ in places(document):
            found.setdefault(_sort(key), []).append(holder[key])
    return found


def _sort(key: object) -> str:
    return key if isinstance(key, str) else ""


def altered(document: dict[str, Any], chance: Random) -> dict[str, Any]:
    """Change a copy of a document in up to four places: to what stands elsewhere, or nowhere."""
    found = copy.deepcopy(document)
    for _ in range(chance.randint(1, 4)):
        holder, key, _ = chance.choice([*places(found)] or [({"": None}, "", ())])
        value, way = holder[key], chance.random()
        if way < 0.35:
            holder[key] = copy.deepcopy(chance.choice(ATOMS))
        elif way < 0.7:
            holder[key] = copy.deepcopy(chance.choice(_values().get(_sort(key), ATOMS)))
        elif way < 0.8 and type(value) is int:
            holder[key] = value + chance.choice((-1, 1, 2**40))
        elif way < 0.85 and type(value) is list:
            holder[key] = [*value, *copy.deepcopy(value)]
        elif way < 0.9 and type(holder) is dict:
            holder[chance.choice(("prize", "x" * 5_000, 5, None, "\ud800", key))] = holder.pop(key)
        elif way < 0.95:
            del holder[key]
        else:
            other, there, _ = chance.choice([*places(found)])
            holder[key], other[there] = copy.deepcopy(other[there]), copy.deepcopy(value)
    return found


def garbled(document: dict[str, Any], chance: Random) -> str | bytes:
    """Change the text of a document in up to three places."""
    text = json.dumps(document)
    for _ in range(chance.randint(1, 3)):
        start, there = chance.randrange(len(text)), chance.randrange(len(text))
        piece = chance.choice((*TOKENS, text[there : there + chance.randint(1, 60)]))
        text = text[:start] + piece + text[start + chance.choice((0, 0, 1, 1, 2, 5, 50)) :]
    return text if chance.random() < 0.7 else text.encode("utf-8", "surrogatepass")
