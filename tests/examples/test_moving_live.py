"""Moving while customers use it: the lock is what keeps a row and its wallet the same, and without it they part."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, nullcontext
from datetime import datetime
from pathlib import Path
from threading import Event, Thread

import pytest
from attrs import evolve

from examples.moving import move
from examples.moving.both import Both
from examples.moving.check import check
from examples.moving.move import left_in
from examples.moving.old import Left, Old
from examples.moving.plans import SHOP
from examples.storage import sqlite
from tests.support.moving import AT, many, prepare
from tokenpurse import Allowance, Catalogue, Change, Wallet, verify

USERS = 60


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A database on disk, which several connections can have open."""
    found = str(tmp_path / "purse.db")
    with closing(sqlite.connect(found)) as db:
        many(prepare(db), USERS)
        db.execute("DELETE FROM reservations")  # a wallet says at once what they are of, the old code at the end
    return found


@pytest.fixture
def store(path: str) -> Iterator[sqlite.Store]:
    with closing(sqlite.connect(path)) as db:
        yield sqlite.Store(db, SHOP)


def ask(path: str, seed: int, done: Event, errors: list[Exception]) -> None:
    """Use this and that until there is nothing more to do; who decides changes with each request."""
    chance, number = random.Random(seed), 0  # noqa: S311  # a story, not a secret
    try:
        with closing(sqlite.connect(path)) as db:
            service = Both(sqlite.Store(db, SHOP))
            while not (done.is_set() and number > 2 * USERS):
                number += 1
                user, ref = f"u{chance.randrange(USERS)}", f"{seed}-{number}"
                service.decides = "old" if chance.randrange(2) else "wallet"
                if chance.randrange(4) == 0:
                    service.buy(user, payment=f"pay_{ref}", at=AT)
                else:
                    service.spend(user, chance.randrange(300), ref=ref, at=AT)
    except Exception as error:  # noqa: BLE001  # the test shows it
        errors.append(error)


def test_customers_go_on_while_they_are_moved(path: str, store: sqlite.Store) -> None:
    """Two movers and two workers at once: nobody is moved twice, nothing is lost, and all the two agree."""
    done, errors = Event(), list[Exception]()
    workers = [Thread(target=ask, args=(path, seed, done, errors)) for seed in (1, 2)]
    for worker in workers:
        worker.start()
    with closing(sqlite.connect(path)) as other:
        pair = [sqlite.Store(other, SHOP), store]
        moved = 0
        for turn in range(2 * USERS):
            with pair[turn % 2].writing():
                report = move.Report()
                move._batch(pair[turn % 2], AT, 1, 0, report)
                moved += report.moved
    done.set()
    for worker in workers:
        worker.join()
    assert (errors, moved) == ([], USERS)
    assert {one.reason for one in Both(store).differences()} <= {"missing"}
    for user in (f"u{number}" for number in range(USERS)):
        wallet = store.load(user)
        assert Old(store.db).left(user, AT) == left_in(wallet, AT)
        verify(wallet, store.entries(user))


def written(path: str, statement: str, of: object) -> bool:
    """Try to write on another connection, and wait for nobody; tell whether it was possible."""
    with closing(sqlite3.connect(path, timeout=0)) as other:
        try:
            other.execute(statement, (of,))
            other.commit()
        except sqlite3.OperationalError:
            return False
    return True


class Late(sqlite.Store):
    """Has somebody else use a token right before a wallet is written, if that is possible."""

    def __init__(self, db: sqlite3.Connection, path: str) -> None:
        super().__init__(db, SHOP)
        self.path = path
        self.through: set[bool] = set()

    def save(self, *changes: Change) -> None:
        statement = "UPDATE users SET used = used + 1 WHERE id = ?"
        self.through.add(written(self.path, statement, changes[0].wallet.id))
        super().save(*changes)


@pytest.mark.parametrize("locked", [True, False])
def test_nobody_writes_a_row_that_is_being_moved(
    path: str, store: sqlite.Store, monkeypatch: pytest.MonkeyPatch, *, locked: bool
) -> None:
    """And a control: without the lock somebody does, and the check finds that their wallets do not know."""
    late = Late(store.db, path)
    if not locked:
        monkeypatch.setattr(late, "writing", nullcontext)
    assert move.move(late, AT).moved == USERS
    assert late.through == {not locked}
    assert check(store, AT).agrees is locked


def test_the_check_is_one_picture(path: str, store: sqlite.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever writes meanwhile is not held up, and is seen by the next check."""
    move.move(store, AT)
    through: list[bool] = []

    def read(wallet: Wallet, at: datetime) -> Left:
        through.append(written(path, "UPDATE users SET used = used + 1 WHERE id = ?", "u9"))
        return left_in(wallet, at)

    monkeypatch.setattr("examples.moving.check.left_in", read)
    assert check(store, AT).agrees
    assert set(through) == {True}
    assert not check(store, AT).agrees


class Interrupted(Old):
    """Has somebody else use a token right after it has answered, if that is possible."""

    def __init__(self, db: sqlite3.Connection, path: str) -> None:
        super().__init__(db)
        self.path = path
        self.through: list[bool] = []

    def spend(self, user: str, tokens: int, at: datetime) -> bool:
        answer = super().spend(user, tokens, at)
        self.through.append(written(self.path, "UPDATE users SET used = used + 1 WHERE id = ?", user))
        return answer


@pytest.mark.parametrize("locked", [True, False])
def test_nobody_comes_between_the_two(
    path: str, store: sqlite.Store, monkeypatch: pytest.MonkeyPatch, *, locked: bool
) -> None:
    """And a control: without the lock somebody does, and what they did is found as a difference."""
    move.move(store, AT)
    service = Both(store)
    service.old = interrupted = Interrupted(store.db, path)
    if not locked:
        monkeypatch.setattr(store, "writing", nullcontext)
    assert service.spend("u1", 5, ref="job-1", at=AT)
    assert interrupted.through == [not locked]
    assert [one.reason for one in service.differences()] == ([] if locked else ["amount"])


def test_a_wallet_that_would_be_another_is_not_written(store: sqlite.Store) -> None:
    """A control: with a plan that says something else each row is compared with its wallet, and stays."""
    free, pro = (SHOP.newest(name) for name in ("free", "pro"))
    store.catalogue = Catalogue([evolve(free, allowances=[Allowance(999)]), pro])
    report = move.move(store, AT)
    assert report.moved == USERS / 2 == len(report.findings)
    assert "it would be Left(quota=999, " in report.findings[0].problem
    assert check(store, AT).agrees
