"""Documents of wallets and entries, and what databases and tampering make of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from random import Random
from typing import Any

from tests.laws.stories import Story, stories
from tokenpurse import Wallet
from tokenpurse._engine.quick import Base
from tokenpurse.codec import canonical, dump_wallet, load_wallet
from tokenpurse.plans import Catalogue
from tokenpurse.replay import _after

__all__ = ["bytes_of", "places", "prefixes", "reloaded", "shuffled", "told"]


def shuffled(value: Any, chance: Random) -> Any:
    """Put the keys of every object into another order, as a database may that keeps JSON in a form of its own."""
    if isinstance(value, dict):
        names = list(value)
        chance.shuffle(names)
        return {name: shuffled(value[name], chance) for name in names}
    return [shuffled(one, chance) for one in value] if isinstance(value, list) else value


def bytes_of(wallet: Wallet) -> bytes:
    """Write a wallet as it is compared."""
    return canonical(dump_wallet(wallet))


def reloaded(wallet: Wallet, plans: Catalogue | None, chance: Random) -> Wallet:
    """Store a wallet as text in a database that shuffles keys, and read it again."""
    text = json.dumps(shuffled(dump_wallet(wallet), chance))
    return load_wallet(text, id=wallet.id, catalogue=plans)


@cache
def prefixes() -> tuple[tuple[Story, tuple[Wallet, ...]], ...]:
    """Give the wallets that each story came to, entry by entry."""
    found = []
    for story in stories():
        book, wallets = None, []
        for position, entry in enumerate(story.entries):
            book = _after(book, entry, position)
            wallets.append(Wallet._of(Base.of(book, story.plans)))
        found.append((story, tuple(wallets)))
    return tuple(found)


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, Any, tuple[Any, ...]]]:
    """Give each place in a document: what it is in, its key there, and the way to it."""
    for key, value in document.items() if isinstance(document, dict) else enumerate(document):
        yield document, key, (*path, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*path, key))


def told(run: Callable[[], object]) -> object:
    """Give what comes of something: the value, or the error and its words."""
    try:
        return run()
    except Exception as problem:  # noqa: BLE001  # whatever it is, it is compared
        return type(problem), str(problem)
