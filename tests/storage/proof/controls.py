"""Recipes without one of their guards: a proof that has nothing to say about these proves nothing."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Final

from attrs import frozen

from tests.storage.changed import without
from tests.storage.places import Place
from tests.storage.proof.crashes import crashes
from tests.storage.proof.crowds import gifts, spending
from tests.storage.proof.kills import kills
from tests.storage.proof.reports import Report
from tests.storage.proof.servers import place_of, redis_with
from tests.storage.proof.victims import TOO_EARLY

__all__ = ["CONTROLS", "Control"]


@frozen
class Control:
    """What is taken out, where, and how the proof has to notice.

    Attributes:
        place: on which.
        changes: in the recipe: what stands there, and what instead.
        proof: what is tried on it.
        complaint: a part of what it then complains of.
        long: it says what another one says, of another place: for the long version.
    """

    place: str
    changes: tuple[tuple[str, str], ...]
    proof: Callable[[Place], Report]
    complaint: str
    long: bool = False

    def take_out(self, place: Place) -> None:
        """Change the recipe of a place, from here on in this process."""
        module = inspect.getmodule(type(place))
        recipe = {"psycopg": "postgres", "redis": "redis_store"}.get(self.place, self.place)
        setattr(module, recipe, without(recipe, *self.changes))


def _a_crowd_spends(place: Place) -> Report:
    return spending(place, 8, 12)


def _a_crowd_spends_and_does_not_ask_again(place: Place) -> Report:
    return spending(place, 8, 20, again=100)


def _a_crowd_gives(place: Place) -> Report:
    return gifts(place, 8, 10)


def _some_are_killed(place: Place) -> Report:
    return kills(place, 8)


def _a_server_that_keeps_nothing_is_killed(_: Place) -> Report:
    with redis_with({"appendonly": "no"}) as server:
        return crashes(place_of("redis", server.where), server, 1)


def _all_are_killed_too_early(place: Place) -> Report:
    return kills(place, 1, points=(TOO_EARLY,))


DELTA: Final = (
    "self.load(id).spend(*change.moved.values(), at=change.wallet.clock, overdraw=True, ref=change.entry.ref.key)"
)
# the ledger takes two entries of one number
LOOSE: Final = (
    ("    PRIMARY KEY (wallet, sequence),\n", ""),
    ("FOREIGN KEY (wallet, sequence) REFERENCES entries", "CHECK (sequence > 0)"),
)
SQLITE_BLIND = (" AND version = :before", " AND version > -:before")
POSTGRES_BLIND = (" AND version = %s", " AND version > -%s")

CONTROLS: Final = {
    # whoever writes last wins
    "no version compare": Control("sqlite", (SQLITE_BLIND, *LOOSE), _a_crowd_spends, "went through, and there"),
    "no version compare, PostgreSQL": Control(
        "psycopg", (POSTGRES_BLIND, *LOOSE), _a_crowd_spends, "went through, and there", long=True
    ),
    "no version compare, Redis": Control(
        "redis",
        ((" ~= one.before", " == 'never'"), ("entry.sequence) == 1", "entry.sequence) == 2")),
        _a_crowd_spends,
        "went through, and there",
        long=True,
    ),
    # of two that were written over each other, the ledger's key notices
    "no version compare, but the key": Control("sqlite", (SQLITE_BLIND,), _a_crowd_spends, "IntegrityError"),
    "no version compare and no lock, gifts": Control(
        "psycopg",
        (POSTGRES_BLIND, *LOOSE, ("self.load(id, lock=True) for id in ids", "self.load(id) for id in ids")),
        _a_crowd_gives,
        ": verify: entry",
    ),
    # the wallet is a statement of its own, and so is each entry
    "no transaction": Control("sqlite", (('"BEGIN IMMEDIATE"', '"SELECT 1"'),), _some_are_killed, "after the kill"),
    "no transaction, PostgreSQL": Control(
        "psycopg",
        (("self.db.transaction():\n                change", "suppress():\n                change"),),
        _some_are_killed,
        "after the kill",
        long=True,
    ),
    # who was slower takes the same off what is there by then
    "a computed difference": Control(
        "sqlite",
        (("                change = verb(self.load(id))\n", f"                change = {DELTA}\n"),),
        _a_crowd_spends_and_does_not_ask_again,
        "went through, and there",
    ),
    # nothing is asked of the ledger, and the wallet has forgotten
    "no unique ref": Control(
        "sqlite", ((" if entry.ref else (None, None)", " if False else (None, None)"),), _some_are_killed, "times"
    ),
    "no unique ref, PostgreSQL": Control(
        "psycopg",
        ((" if entry.ref else (None, None)", " if False else (None, None)"),),
        _some_are_killed,
        "times",
        long=True,
    ),
    # the server has no log of its own
    "no log of the server's own": Control("redis", (), _a_server_that_keeps_nothing_is_killed, "no wallet server-0"),
    # nothing is taken out, but whoever is killed has not begun
    "killed too early": Control("sqlite", (), _all_are_killed_too_early, "only 0 kills met the middle"),
}
