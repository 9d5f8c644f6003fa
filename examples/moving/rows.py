"""The rows of the old table: what is in them for one user, and what is wrong with it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from examples.moving.old import QUOTAS, Pack, moment, usable_until

__all__ = ["Reservation", "User", "ended", "strays", "user_of", "wrong"]


class Reservation(NamedTuple):
    """A row of `reservations`."""

    id: str
    tokens: int
    until: str


class User(NamedTuple):
    """Everything that the old table has of a user."""

    id: str
    plan: str
    month: str
    used: int
    rollover: int
    packs: tuple[Pack, ...]
    reservations: tuple[Reservation, ...]

    def open_reservations(self, at: datetime) -> list[Reservation]:
        """List those that still count."""
        return [one for one in self.reservations if moment(one.until) > at]


def user_of(db: sqlite3.Connection, row: int) -> User:
    """Read the user of a row of `users`."""
    found = db.execute("SELECT id, plan, month, used, rollover FROM users WHERE rowid = ?", (row,)).fetchone()
    packs = db.execute(
        "SELECT number, bought, ends, size, rest, cents, payment FROM packs WHERE user = ? ORDER BY number", found[:1]
    )
    reservations = db.execute("SELECT id, tokens, until FROM reservations WHERE user = ? ORDER BY rowid", found[:1])
    id, plan, month, used, rollover = found
    mine = tuple(Pack(*each) for each in packs)
    return User(id, plan, month, used, rollover, mine, tuple(Reservation(*each) for each in reservations))


def wrong(db: sqlite3.Connection, user: User, at: datetime) -> Iterator[str]:
    """Say what nobody can move as it stands: a person has to look at it."""
    if type(user.id) is not str or not user.id:
        yield f"id is {user.id!r}"
        return
    [count] = db.execute("SELECT count(*) FROM users WHERE id = ?", (user.id,)).fetchone()
    if count > 1:
        yield f"{count} rows have this id"
    if user.plan not in QUOTAS:
        yield f"plan {user.plan!r} is unknown"
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", str(user.month)) or user.month > f"{at:%Y-%m}":
        yield f"month is {user.month!r}"
    yield from _no_count("used", user.used, QUOTAS.get(user.plan))
    yield from _no_count("rollover", user.rollover)
    for pack in user.packs:
        for problem in _wrong_pack(db, pack, at):
            yield f"pack {pack.number}: {problem}"
    for one in user.reservations:
        for problem in (*_no_count("tokens", one.tokens), *_no_moment("until", one.until)):
            yield f"reservation {one.id!r}: {problem}"


def strays(db: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """List what belongs to nobody, with the user that it names."""
    for table, key in (("packs", "number"), ("reservations", "id")):
        nobody = "user IS NULL OR user NOT IN (SELECT id FROM users WHERE id NOT NULL)"
        for name, user in db.execute(f"SELECT {key}, user FROM {table} WHERE {nobody}"):  # noqa: S608  # names of ours
            yield str(user), f"{table} has {name!r}, and users has no such user"


def ended(db: sqlite3.Connection, at: datetime) -> Iterator[tuple[str, str]]:
    """List what is left of packs that are over, of users who have a wallet."""
    for user, number, rest, ends in db.execute(
        "SELECT user, number, rest, ends FROM packs WHERE rest > 0 AND ends < ? AND user IN (SELECT id FROM wallets)",
        (f"{at:%Y-%m-%d}",),
    ):
        yield user, f"pack {number}: {rest:,} ended on {ends}"


def _wrong_pack(db: sqlite3.Connection, pack: Pack, at: datetime) -> Iterator[str]:
    yield from _no_count("size", pack.size)
    yield from _no_count("rest", pack.rest, pack.size)
    if pack.cents is not None:
        yield from _no_count("cents", pack.cents)
    yield from _no_moment("bought", pack.bought, at)
    try:
        usable_until(pack.ends)
    except (TypeError, ValueError):
        yield f"ends is {pack.ends!r}"
    if pack.payment is not None:
        [count] = db.execute("SELECT count(*) FROM packs WHERE payment = ?", (pack.payment,)).fetchone()
        if count > 1:
            yield f"{count} packs are of payment {pack.payment!r}"


def _no_count(name: str, value: Any, most: Any = None) -> Iterator[str]:
    if type(value) is not int or value < 0:  # a column of SQLite takes anything
        yield f"{name} is {value!r}"
    elif type(most) is int and value > most:
        yield f"{name} is {value:,}, of {most:,}"


def _no_moment(name: str, value: Any, latest: datetime | None = None) -> Iterator[str]:
    try:
        found = moment(value)
        late = latest is not None and found > latest
    except (TypeError, ValueError):
        late = True
    if late:
        yield f"{name} is {value!r}"
