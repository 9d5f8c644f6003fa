"""A ledger's entry that was changed makes nothing: what a wallet can tell is refused, and what it took is a wallet."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from tests.laws.stories import stories
from tests.support.snapshots import places, prefixes
from tokenpurse import Wallet
from tokenpurse.codec import dump_entry, dump_wallet, load_entry, load_wallet
from tokenpurse.entries import Captured, Spent
from tokenpurse.errors import PurseError, SnapshotError


def uses(story: int) -> Iterator[tuple[Spent | Captured, tuple[Wallet, ...]]]:
    """Give what was used in a story, and the wallets that there were from then on."""
    told, wallets = prefixes()[story]
    for place, entry in enumerate(told.entries):
        if isinstance(entry, Spent | Captured):
            yield entry, wallets[place:]


def changed(entry: Spent | Captured, said: dict[str, list[Any]], chance: Random) -> Iterator[Spent | Captured]:
    """Change it field by field: to what other entries say there, or to another number."""
    document = dump_entry(entry)
    for number in range(sum(1 for _ in places(document["entry"]))):
        for way in range(3):
            other = copy.deepcopy(document)
            holder, key, _ = list(places(other["entry"]))[number]
            value = holder[key]
            if way and type(value) is int:
                holder[key] = chance.choice((0, value + 1, value - 1, value * 2, value + 1_000))
            elif way == 1 and isinstance(value, list):
                holder[key] = [*value, *copy.deepcopy(value)] if chance.random() < 0.5 else value[:-1]
            elif way == 2 and type(value) is bool:
                holder[key] = not value
            else:
                holder[key] = copy.deepcopy(chance.choice(said[str(key)]))
            try:
                yield load_entry(other, wallet=entry.wallet)  # type: ignore[misc]
            except PurseError:
                continue


@pytest.mark.parametrize("story", range(len(stories())))
def test_an_entry_that_was_changed_makes_nothing(story: int) -> None:
    """Whichever field says something else: it is refused, or what comes of it can be stored, and refunded once more."""
    chance, said = Random(story), dict[str, list[Any]]()  # noqa: S311  # any order will do
    for entry, _ in uses(story):
        for holder, key, _ in places(dump_entry(entry)["entry"]):
            said.setdefault(str(key), []).append(holder[key])
    for entry, wallets in uses(story):
        for other in changed(entry, said, chance):
            wallet = chance.choice(wallets)
            try:
                for amounts in chance.choice(((), (1,))), ():
                    wallet = wallet.refund(other, *amounts, at=wallet.clock).wallet
                    assert load_wallet(dump_wallet(wallet), id=wallet.id) == wallet
            except SnapshotError as problem:
                raise AssertionError(str(problem)) from problem
            except PurseError:
                continue
