"""A table of balances moved into wallets: all of a row or nothing, whatever is in it and wherever it stops."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from examples.moving import move
from examples.moving.check import check
from examples.moving.move import take_back
from examples.moving.plans import SHOP
from examples.storage import sqlite
from tests.support.moving import AT, many, prepare, put
from tokenpurse import Change

PROJECT = Path(__file__).parents[2]
GOOD: dict[str, object] = {"id": "ann", "plan": "pro", "month": "2026-07", "used": 4_000, "rollover": 1_200}
PACK: dict[str, object] = {"user": "ann", "bought": "2026-05-17 08:30:00", "ends": None, "size": 5_000, "rest": 1_500}


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite.connect(":memory:")) as connection:
        yield prepare(connection)


@pytest.fixture
def store(db: sqlite3.Connection) -> sqlite.Store:
    return sqlite.Store(db, SHOP)


def reported_late(store: sqlite.Store, payment: str) -> Change:
    """Add a pack for a payment that the old code may have added already."""
    return store.act("ann", lambda wallet: wallet.top_up("pack", 5_000, at=AT, payment=payment))


def stored(db: sqlite3.Connection) -> list[list[object]]:
    """Everything that a move writes."""
    tables = ("wallets", "entries", "moved_packs", "outbox", "users")
    return [db.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in tables]  # noqa: S608


# -- what arrives ----------------------------------------------------------------------------------------------------


def test_a_row_arrives_with_issue_end_price_and_payment(db: sqlite3.Connection, store: sqlite.Store) -> None:
    """What is left of a pack keeps its past; of its price comes the share that is left."""
    put(db, "users", **GOOD)
    put(db, "packs", **PACK | {"ends": "2026-09-30", "cents": 900, "payment": "pi_1"})
    put(db, "reservations", id="job-1", user="ann", tokens=700, until="2026-07-15 12:10:00")

    assert str(move.move(store, AT)) == "1 moved"

    view = store.load("ann").at(AT)
    assert (view.by_kind(), view.held()) == ({"quota": 5_300, "rollover": 1_200, "top_up": 1_500}, 700)
    assert str(view.gauge()) == "[4,700/12,700]", "of the month 4,000 were used, and 700 are held"
    [pack] = [bucket for bucket in view.buckets() if bucket.kind == "top_up"]
    assert (pack.starts, pack.expires) == (datetime(2026, 5, 17, 8, 30, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC))
    assert (pack.paid and pack.paid.amount, pack.payment) == (Decimal("2.70"), "pi_1")
    assert view.period.start == datetime(2026, 7, 1, tzinfo=UTC)
    assert reported_late(store, "pi_1").entries == ()


def test_a_row_of_a_month_before_is_brought_up_by_the_old_code(db: sqlite3.Connection, store: sqlite.Store) -> None:
    """What was used in June is not used in July, and what was left of June is rollover."""
    put(db, "users", **GOOD | {"month": "2026-06", "used": 9_000, "rollover": 500})
    assert move.move(store, AT).moved == 1
    assert db.execute("SELECT month, used, rollover FROM users").fetchall() == [("2026-07", 0, 1_500)]
    assert store.load("ann").at(AT).by_kind() == {"quota": 10_000, "rollover": 1_500}


def test_what_is_over_stays_and_its_payment_is_remembered(db: sqlite3.Connection, store: sqlite.Store) -> None:
    """A pack whose last day was yesterday is left behind; one whose last day is today is not."""
    put(db, "users", **GOOD)
    put(db, "packs", **PACK | {"ends": "2026-07-14", "payment": "pi_0"})
    put(db, "packs", **PACK | {"ends": "2026-07-15", "payment": "pi_1"})
    put(db, "packs", **PACK | {"rest": 0, "payment": "pi_2"})

    report = move.move(store, AT)

    assert report.moved == 1
    assert report.left == [("ann", "pack 1: 1,500 ended on 2026-07-14")]
    assert store.load("ann").at(AT).by_kind()["top_up"] == 1_500
    for payment in ("pi_0", "pi_1", "pi_2"):
        assert reported_late(store, payment).entries == ()
    [line] = [line for line in check(store, AT).lines if line.figure == "packs"]
    assert line == ("packs", 3_000, 1_500, 0, 1_500)


def test_the_check_agrees_on_all_sorts_of_rows(db: sqlite3.Connection, store: sqlite.Store) -> None:
    """Nothing is lost and nothing is there twice, of 200 users in batches of 7."""
    many(db, 200)
    assert move.move(store, AT, batch=7).moved == 200
    checked = check(store, AT)
    assert checked.agrees, str(checked)
    assert [line.wallets for line in checked.lines if not line.wallets] == []


# -- what does not ---------------------------------------------------------------------------------------------------

DIRTY: list[tuple[str, dict[str, object], dict[str, object], str]] = [
    ("users", {"id": None}, {}, "id is None"),
    ("users", {"id": ""}, {}, "id is ''"),
    ("users", {"id": 7}, {}, ""),  # a column of text makes it '7', which is an id
    ("users", {"id": "ann b"}, {}, "id is 'ann b', it must be 1 to 128 characters of A-Z a-z 0-9 . _ : @ / -"),
    ("users", {"plan": None}, {}, "plan None is unknown"),
    ("users", {"plan": "gold"}, {}, "plan 'gold' is unknown"),
    ("users", {"month": None}, {}, "month is None"),
    ("users", {"month": "2026-7"}, {}, "month is '2026-7'"),
    ("users", {"month": "2026-08"}, {}, "month is '2026-08'"),
    ("users", {"used": None}, {}, "used is None"),
    ("users", {"used": -1}, {}, "used is -1"),
    ("users", {"used": 1.5}, {}, "used is 1.5"),
    ("users", {"used": "many"}, {}, "used is 'many'"),
    ("users", {"used": 10_001}, {}, "used is 10,001, of 10,000"),
    ("users", {"rollover": -1}, {}, "rollover is -1"),
    ("users", {"rollover": 2**60}, {}, "can be counted"),
    ("packs", PACK, {"rest": -1}, "pack 1: rest is -1"),
    ("packs", PACK, {"rest": None}, "pack 1: rest is None"),
    ("packs", PACK, {"rest": 5_001}, "pack 1: rest is 5,001, of 5,000"),
    ("packs", PACK, {"cents": -900}, "pack 1: cents is -900"),
    ("packs", PACK, {"bought": "17/05/2026"}, "pack 1: bought is '17/05/2026'"),
    ("packs", PACK, {"bought": "2026-07-15 12:00:01"}, "pack 1: bought is '2026-07-15 12:00:01'"),
    ("packs", PACK, {"ends": "2026-9-30"}, "pack 1: ends is '2026-9-30'"),
    ("packs", PACK, {"ends": "2026-09-31"}, "pack 1: ends is '2026-09-31'"),
    (
        "reservations",
        {"id": "job", "user": "ann", "tokens": 0, "until": "2026-07-15 12:10:00"},
        {},
        "more than nothing",
    ),
    (
        "reservations",
        {"id": "job", "user": "ann", "tokens": None, "until": "2026-07-15 12:10:00"},
        {},
        "tokens is None",
    ),
    ("reservations", {"id": "job", "user": "ann", "tokens": 5, "until": "soon"}, {}, "until is 'soon'"),
    ("reservations", {"id": "job", "user": "ann", "tokens": 7_201, "until": "2026-07-15 12:10:00"}, {}, "1 short"),
]


@pytest.mark.parametrize(("table", "row", "change", "problem"), DIRTY, ids=[f"{each[0]}-{each[3]}" for each in DIRTY])
def test_what_is_wrong_is_said_and_not_moved(
    db: sqlite3.Connection,
    store: sqlite.Store,
    table: str,
    row: dict[str, object],
    change: dict[str, object],
    problem: str,
) -> None:
    """A row that nobody can move is found, with all that belongs to it; others go on, and the sums say where it is."""
    put(db, "users", **(GOOD | row if table == "users" else GOOD))
    if table != "users":
        put(db, table, **row | change)
    put(db, "users", **GOOD | {"id": "ben"})

    report = move.move(store, AT)

    if not problem:
        assert (report.moved, report.findings) == (2, [])
        return
    assert report.moved == 1
    assert [problem in finding.problem for finding in report.findings] == [True]
    assert db.execute("SELECT id FROM wallets").fetchall() == [("ben",)]
    checked = check(store, AT)
    assert checked.agrees, str(checked)
    assert next(line for line in checked.lines if line.figure == "users")[1:] == (2, 1, 1, 0)


def test_two_of_one_id_are_both_left(db: sqlite3.Connection, store: sqlite.Store) -> None:
    """Nobody knows which of them is right."""
    put(db, "users", **GOOD)
    put(db, "users", **GOOD | {"used": 0})
    report = move.move(store, AT)
    assert (report.moved, report.findings) == (0, [("ann", "2 rows have this id")] * 2)


def test_a_payment_that_two_packs_have_is_said(db: sqlite3.Connection, store: sqlite.Store) -> None:
    put(db, "users", **GOOD)
    for _ in range(2):
        put(db, "packs", **PACK | {"payment": "pi_1"})
    report = move.move(store, AT)
    assert report.findings == [("ann", f"pack {number}: 2 packs are of payment 'pi_1'") for number in (1, 2)]


def test_what_belongs_to_nobody_is_said(db: sqlite3.Connection, store: sqlite.Store) -> None:
    put(db, "packs", **PACK)
    put(db, "reservations", id="job", user=None, tokens=5, until="2026-07-15 12:10:00")
    report = move.move(store, AT)
    assert [finding.user for finding in report.findings] == ["ann", "None"]
    assert check(store, AT).agrees


def test_a_row_that_is_mended_is_moved_by_the_next_run(db: sqlite3.Connection, store: sqlite.Store) -> None:
    put(db, "users", **GOOD | {"used": 10_001})
    put(db, "users", **GOOD | {"id": "ben"})
    assert move.move(store, AT).moved == 1
    db.execute("UPDATE users SET used = 10000 WHERE id = 'ann'")
    assert str(move.move(store, AT)) == "1 moved"
    assert str(move.move(store, AT)) == "0 moved"
    assert check(store, AT).agrees


def test_a_wallet_that_is_taken_back_is_moved_anew(db: sqlite3.Connection, store: sqlite.Store) -> None:
    """As long as the old code decides, a wallet can be thrown away."""
    many(db, 12)
    move.move(store, AT)
    before = stored(db)
    for user in ("u5", "u7"):
        take_back(store, user)
    assert len(stored(db)[0]) == 10
    assert move.move(store, AT).moved == 2
    assert stored(db) == before


# -- the check is no rubber stamp --------------------------------------------------------------------------------------

ALTERED = [
    ("UPDATE users SET used = used + 1 WHERE id = 'u7'", "quota used"),
    ("UPDATE users SET rollover = rollover - 1 WHERE id = 'u7'", "rollover"),
    ("UPDATE packs SET rest = rest + 1 WHERE user = 'u7' AND ends IS NULL", "packs"),
    ("UPDATE packs SET cents = cents + 100 WHERE user = 'u7' AND ends IS NULL", "price"),
    ("UPDATE packs SET ends = '2026-08-01' WHERE user = 'u7' AND ends IS NULL", ""),
    ("UPDATE packs SET payment = 'pi_9' WHERE user = 'u7' AND ends IS NULL", ""),
    ("UPDATE packs SET bought = '2026-01-03 08:30:01' WHERE user = 'u7' AND ends IS NULL", ""),
    ("UPDATE reservations SET tokens = tokens + 1 WHERE user = 'u10'", "reserved"),
    ("INSERT INTO users SELECT * FROM users WHERE id = 'u7'", "users"),
    ("DELETE FROM users WHERE id = 'u7'", "users"),
    ("UPDATE users SET month = '2026-06' WHERE id = 'u7'", ""),
    ("DELETE FROM packs WHERE user = 'u7' AND ends IS NULL", "packs"),
    ("DELETE FROM entries WHERE wallet = 'u10' AND sequence = 2", ""),
]


@pytest.mark.parametrize(("statement", "figure"), ALTERED)
def test_the_check_finds_what_was_altered(
    db: sqlite3.Connection, store: sqlite.Store, statement: str, figure: str
) -> None:
    """A control: one token, one cent, one day, one row that is not as it was is found by the sums or by its row."""
    many(db, 20)
    move.move(store, AT)
    db.execute(statement)
    checked = check(store, AT)
    assert not checked.agrees
    wrong = [line.figure for line in checked.lines if not line.agrees]
    assert any(name.startswith(figure) for name in wrong) if figure else checked.rows


# -- crashes -----------------------------------------------------------------------------------------------------------


class Dying(sqlite.Store):
    """A store that ends at its n-th write, before or after it."""

    def __init__(self, db: sqlite3.Connection, left: int, *, after: bool) -> None:
        super().__init__(db, SHOP)
        self.left, self.after = left, after

    def save(self, *changes: Change) -> None:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise KeyboardInterrupt
        super().save(*changes)
        if self.left == 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at_write", range(1, 13))
def test_wherever_it_stops_the_next_run_comes_to_the_same(
    db: sqlite3.Connection, store: sqlite.Store, at_write: int, *, after: bool
) -> None:
    """Nobody is lost, nobody is there twice, and each wallet is the one that an undisturbed run makes."""
    many(db, 12)
    with closing(sqlite.connect(":memory:")) as other:
        db.backup(other)
        move.move(sqlite.Store(other, SHOP), AT, batch=5)
        undisturbed = stored(other)
    with pytest.raises(KeyboardInterrupt):
        move.move(Dying(db, at_write, after=after), AT, batch=5)
    assert len(stored(db)[0]) == (at_write - 1) // 5 * 5, "a batch is moved, or it is not"

    move.move(store, AT, batch=5)

    assert stored(db) == undisturbed
    assert check(store, AT).agrees


MOVER = """
import sys
from contextlib import closing
from datetime import datetime
from examples.moving import move
from examples.moving.plans import SHOP
from examples.storage import sqlite
with closing(sqlite.connect(sys.argv[1])) as db:
    print("starts", flush=True)
    move.move(sqlite.Store(db, SHOP), datetime.fromisoformat(sys.argv[2]), batch=20)
"""


def test_a_process_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    """Killed again and again in the middle of it, the move is finished by the last run, and the check agrees."""
    path = str(tmp_path / "purse.db")
    with closing(sqlite.connect(path)) as db:
        many(prepare(db), 300)
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(PROJECT), *sys.path])}
        arguments = [sys.executable, "-c", MOVER, path, AT.isoformat()]
        seen = []
        for _ in range(3):
            before = len(stored(db)[0])
            with subprocess.Popen(arguments, env=environment, cwd=PROJECT, stdout=subprocess.PIPE) as mover:  # noqa: S603
                assert mover.stdout is not None
                assert mover.stdout.readline() == b"starts\n"
                deadline = time.monotonic() + 30
                while db.execute("SELECT count(*) FROM wallets").fetchone()[0] == before:
                    assert time.monotonic() < deadline
                    time.sleep(0.001)
                mover.kill()
            seen.append(len(stored(db)[0]))
        assert 0 < seen[0] < seen[-1] < 300, f"{seen}: it was over before it was killed"
        assert [count % 20 for count in seen] == [0] * 3
        store = sqlite.Store(db, SHOP)
        assert move.move(store, AT).moved == 300 - seen[-1]
        checked = check(store, AT)
        assert checked.agrees, str(checked)
        assert timedelta() == store.load("u1").clock - AT


def test_the_story_is_told() -> None:
    """One command tells all of it."""
    command = [sys.executable, "-m", "examples.moving"]
    told = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout  # noqa: S603
    assert "not moved: gil: 2 rows have this id" in told
    assert "{'repeat': 1, 'amount': 1, 'reset': 4" in told
    assert "ann job-5: True, old table [5000, 10000, 0, 0], wallet [5000, 10000, 0, 0]" in told
