"""Old tables of balances, to be moved into wallets, and what customers do meanwhile."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

from examples.moving import both, move, old
from examples.moving.both import Both
from examples.moving.plans import SHOP
from examples.storage import sqlite

__all__ = ["AT", "USERS", "many", "moved", "prepare", "put", "walk"]

AT = datetime(2026, 7, 15, 12, tzinfo=UTC)
USERS = [("ann", "pro", 4_000, 1_200), ("ben", "free", 300, 0), ("cleo", "pro", 0, 10_000)]
PACKS = [
    ("ann", "2026-05-17 08:30:00", "2026-09-30", 5_000, 1_500, 900, "pi_1"),
    ("ann", "2026-06-17 08:30:00", None, 5_000, 5_000, 900, "pi_2"),
    ("ann", "2026-06-18 08:30:00", "2026-08-02", 400, 300, None, None),
    ("ben", "2026-06-19 08:30:00", None, 500, 500, None, None),
]


def prepare(db: sqlite3.Connection) -> sqlite3.Connection:
    """Make all tables."""
    for schema in (old.SCHEMA, sqlite.SCHEMA, move.SCHEMA, both.SCHEMA):
        db.executescript(schema)
    return db


def put(db: sqlite3.Connection, table: str, **values: object) -> None:
    """Insert a row."""
    places = ", ".join("?" * len(values))
    db.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", tuple(values.values()))  # noqa: S608


def many(db: sqlite3.Connection, count: int) -> None:
    """Insert users of all sorts, each with packs and a reservation."""
    db.execute("BEGIN")
    for number in range(count):
        user = f"u{number}"
        month = "2026-07" if number % 3 else "2026-05"
        put(
            db,
            "users",
            id=user,
            plan=("free", "pro")[number % 2],
            month=month,
            used=number % 900,
            rollover=number % 700,
        )
        for place in range(number % 4):
            ends = (None, "2026-07-15", "2026-12-31", "2026-07-14")[place]
            bought = f"2026-0{place + 1}-03 08:30:00"
            named = {"user": user, "bought": bought, "ends": ends, "payment": f"pi_{number}_{place}"}
            put(db, "packs", **named, size=5_000, rest=number * 7 % 5_000, cents=900)
        if number % 5 == 0:
            put(db, "reservations", id=f"job_{number}", user=user, tokens=50, until="2026-07-15 12:10:00")
    db.execute("COMMIT")


@contextmanager
def moved() -> Iterator[Both]:
    """Move a few users; the old code decides."""
    with closing(sqlite.connect(":memory:")) as db:
        prepare(db)
        for id, plan, used, rollover in USERS:
            db.execute("INSERT INTO users VALUES (?, ?, '2026-07', ?, ?)", (id, plan, used, rollover))
        columns = "user, bought, ends, size, rest, cents, payment"
        db.executemany(f"INSERT INTO packs ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", PACKS)  # noqa: S608
        store = sqlite.Store(db, SHOP)
        assert move.move(store, AT).moved == len(USERS)
        yield Both(store)


def walk(service: Both, chance: random.Random, at: datetime, steps: int) -> datetime:
    """Ask this and that of everybody; nobody is silent for a month, and nothing is reserved over its end."""
    for step in range(steps):
        at += timedelta(hours=chance.randrange(1, 30))
        for user, *_ in USERS:
            ref = f"{at:%m%d%H}-{step}"
            deed = chance.randrange(12)
            if deed == 0:
                service.buy(user, payment=f"pi_{user}_{ref}", at=at)
            elif deed < 4:
                tokens, until = chance.randrange(1, 900), at + timedelta(minutes=10)
                later = at + timedelta(minutes=chance.choice([1, 9, 10]))  # at the deadline it is over
                held = service.reserve(user, tokens, ref=ref, until=until, at=at)
                if held and later < until:
                    service.settle(user, chance.randrange(tokens + 1), ref=ref, at=later)
            else:
                service.spend(user, chance.randrange(1, 4_000), ref=ref, at=at)
        at += timedelta(minutes=11)
    return at
