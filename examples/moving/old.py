"""What was there before: a table of balances, and the code that counts in it. Yours looks different.

A month's quota, what is left of the months before (at most another quota), packs that were bought, and reservations
for what is being made. Nothing says how a balance came to be, and a request that is sent twice is counted twice.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

__all__ = ["QUOTAS", "SCHEMA", "Left", "Old", "Pack", "moment", "usable_until"]

SCHEMA = """
CREATE TABLE users (
    id       TEXT,    -- nobody ever made it a key
    plan     TEXT,
    month    TEXT,    -- the month that `used` is of: 2026-07
    used     INTEGER, -- of that month's quota
    rollover INTEGER  -- what is left of the months before
);
CREATE TABLE packs (
    number  INTEGER PRIMARY KEY,
    user    TEXT,
    bought  TEXT,     -- in UTC: 2026-05-17 08:30:00
    ends    TEXT,     -- the last day on which it can be used: 2026-09-30; most have none
    size    INTEGER,  -- what was bought
    rest    INTEGER,  -- what is left of it
    cents   INTEGER,  -- the price of all of it; a gift has none
    payment TEXT
);
CREATE TABLE reservations (
    id     TEXT,
    user   TEXT,
    tokens INTEGER,
    until  TEXT       -- in UTC
);
CREATE INDEX users_id ON users (id);
CREATE INDEX packs_user ON packs (user);
CREATE INDEX reservations_user ON reservations (user);
"""
QUOTAS = {"free": 1_000, "pro": 10_000}


class Left(NamedTuple):
    """What a user has left, and how much of all that is reserved."""

    quota: int
    rollover: int
    packs: int
    reserved: int

    @property
    def free(self) -> int:
        """What a request can still have."""
        return self.quota + self.rollover + self.packs - self.reserved


class Pack(NamedTuple):
    """A row of `packs`."""

    number: int
    bought: str
    ends: str | None
    size: int
    rest: int
    cents: int | None
    payment: str | None


def moment(text: str) -> datetime:
    """Read what a column says in UTC, without saying so; a `ValueError` for what does not sort as it is written."""
    return _read(text, "%Y-%m-%d %H:%M:%S")


def usable_until(ends: str | None) -> datetime | None:
    """Read the last day of a pack as the first moment at which it cannot be used: a day is no moment."""
    if ends is None:
        return None
    return _read(ends, "%Y-%m-%d") + timedelta(days=1)


class Old:
    """The old code. It writes in the transaction of the caller."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def left(self, user: str, at: datetime) -> Left:
        """Read what a user has left, in the month that the row is of."""
        plan, used, rollover = self.db.execute(
            "SELECT plan, used, rollover FROM users WHERE id = ?", (user,)
        ).fetchone()
        [reserved] = self.db.execute(
            "SELECT coalesce(sum(tokens), 0) FROM reservations WHERE user = ? AND until > ?", (user, _text(at))
        ).fetchone()
        return Left(QUOTAS[plan] - used, rollover, sum(pack.rest for pack in self.packs(user, at)), reserved)

    def packs(self, user: str, at: datetime) -> list[Pack]:
        """Read the packs that have not ended, in the order in which they are used."""
        rows = self.db.execute(
            "SELECT number, bought, ends, size, rest, cents, payment FROM packs WHERE user = ?"
            " AND (ends IS NULL OR ends >= ?) ORDER BY ends IS NULL, ends, bought, number",
            (user, f"{at:%Y-%m-%d}"),
        )
        return [Pack(*row) for row in rows]

    def turn(self, user: str, at: datetime) -> bool:
        """Start the month, if nobody did yet; tell whether that was so."""
        plan, month, used, rollover = self.db.execute(
            "SELECT plan, month, used, rollover FROM users WHERE id = ?", (user,)
        ).fetchone()
        if month >= f"{at:%Y-%m}":
            return False
        carried = min(rollover + QUOTAS[plan] - used, QUOTAS[plan])  # however many months ago that was
        row = (f"{at:%Y-%m}", max(carried, 0), user)
        self.db.execute("UPDATE users SET month = ?, used = 0, rollover = ? WHERE id = ?", row)
        return True

    def spend(self, user: str, tokens: int, at: datetime) -> bool:
        """Use tokens, if there are as many: first the quota, then the rollover, then packs."""
        self.turn(user, at)
        if self.left(user, at).free < tokens:
            return False
        self._take(user, tokens, at)
        return True

    def buy(self, user: str, tokens: int, cents: int, payment: str, at: datetime) -> int:
        """Add a pack; give its number."""
        row = (user, _text(at), tokens, tokens, cents, payment)
        statement = "INSERT INTO packs (user, bought, size, rest, cents, payment) VALUES (?, ?, ?, ?, ?, ?)"
        return self.db.execute(statement, row).lastrowid or 0

    def reserve(self, user: str, tokens: int, id: str, until: datetime, at: datetime) -> bool:
        """Set tokens aside, if there are as many."""
        self.turn(user, at)
        if self.left(user, at).free < tokens:
            return False
        self.db.execute("INSERT INTO reservations VALUES (?, ?, ?, ?)", (id, user, tokens, _text(until)))
        return True

    def settle(self, user: str, tokens: int, id: str, at: datetime) -> None:
        """Use what a reservation came to, at most what was reserved."""
        self.turn(user, at)
        self.db.execute("DELETE FROM reservations WHERE id = ?", (id,))
        self._take(user, tokens, at)

    def _take(self, user: str, tokens: int, at: datetime) -> None:
        left = self.left(user, at)
        quota = min(left.quota, tokens)
        rollover = min(left.rollover, tokens - quota)
        tokens -= quota + rollover
        statement = "UPDATE users SET used = used + ?, rollover = rollover - ? WHERE id = ?"
        self.db.execute(statement, (quota, rollover, user))
        for pack in self.packs(user, at):
            part = min(pack.rest, tokens)
            tokens -= part
            self.db.execute("UPDATE packs SET rest = rest - ? WHERE number = ?", (part, pack.number))


def _read(text: str, form: str) -> datetime:
    found = datetime.strptime(text, form).replace(tzinfo=UTC)
    if found.strftime(form) != text:
        raise ValueError(text)
    return found


def _text(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
