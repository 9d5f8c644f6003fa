"""Faults of other systems that a store can have, F08 and F14 to F21: none of the recipes has them.

What each system did wrong stands in the docstring of its test. `tests/faults` has the library's own, and the list.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from examples.storage import sqlite
from tests.storage.changed import without
from tests.storage.places import Place
from tests.storage.shop import SHOP, july, opened
from tests.storage.test_storage_contract import Crash, ids_sent, spends
from tokenpurse import Change, Wallet, verify
from tokenpurse.errors import NotEnough

CROWD = 4


def together(place: Place, work: Callable[[Any, int], Any]) -> list[Any]:
    """Let a crowd do something, each with a connection of its own, all at the same moment."""
    ready = Barrier(CROWD)

    def one(number: int) -> Any:
        with place.connected() as store:
            ready.wait()
            return work(store, number)

    with ThreadPoolExecutor(CROWD) as pool:
        return list(pool.map(one, range(CROWD)))


def left(store: Any) -> Any:
    """What can be spent; the stored entries come to exactly this wallet."""
    wallet = store.load("acme")
    verify(wallet, store.entries("acme"))
    return wallet.at(july(20)).available()


def buys(wallet: Wallet) -> Change:
    return wallet.top_up("pack", 5_000, at=july(2), payment="pay_1")


def test_f08_a_payment_that_is_reported_twice_within_milliseconds_is_booked_once(place: Place, store: Any) -> None:
    """Lago #3618, dust #18239: both reports saw that it was not there yet, and both granted."""
    store.create(opened())
    changes = together(place, lambda mine, _: mine.act("acme", buys))
    assert sorted(change.repeated for change in changes) == [False, *[True] * (CROWD - 1)]
    assert left(store) == 15_000
    assert store.load("acme").version == 2


def test_f14_what_one_has_checked_another_cannot_spend(place: Place, store: Any) -> None:
    """open-saas #727, new-api #6609: each saw one credit, and each used it."""
    store.create(opened())

    def checks_and_spends(mine: Any, number: int) -> bool:
        if mine.load("acme").at(july(2)).can_spend(10_000):
            with suppress(NotEnough):
                mine.act("acme", spends(10_000, f"job-{number}"))
                return True
        return False

    assert sorted(together(place, checks_and_spends)) == [*[False] * (CROWD - 1), True]
    assert left(store) == 0


def test_f15_what_is_locked_does_not_move(place: Place, store: Any) -> None:
    """laravel-credits #20: the newest row of the ledger was locked, and by then another one was the newest."""
    store.create(opened())
    together(place, lambda mine, number: [mine.act("acme", spends(7, f"{number}-{job}")) for job in range(5)])
    assert [entry.sequence for entry in store.entries("acme")] == [*range(1, 5 * CROWD + 2)]
    assert left(store) == 10_000 - 7 * 5 * CROWD


def test_f16_the_first_use_by_several_at_once_counts_all_of_them(place: Place, store: Any) -> None:
    """hiero-json-rpc-relay #5632: there was no row yet, two wrote the first one, and of 50 and 30 came 30."""

    def first_use(mine: Any, number: int) -> None:
        mine.create(opened())
        mine.act("acme", spends(30 + number))

    together(place, first_use)
    assert left(store) == 10_000 - sum(30 + number for number in range(CROWD))
    assert place.counts()[:2] == (1, 1 + CROWD)


def test_f17_a_second_try_works_it_out_anew(place: Place, store: Any) -> None:
    """Lago #4987: the difference of the first try was applied again, below nothing."""
    store.create(opened())
    moved = together(
        place,
        lambda mine, _: mine.act("acme", lambda wallet: wallet.spend(3_000, at=july(2), partial=True)).moved,
    )
    assert sorted(one["tokens"] for one in moved) == [1_000, 3_000, 3_000, 3_000]
    assert left(store) == 0


def test_f18_a_stale_copy_writes_nothing(place: Place, store: Any) -> None:
    """Autumn 4426f4a4e, OpenMeter #4845: what was in a cache went over what had been used since."""
    stale = store.create(opened())
    used = place.open().act("acme", spends(9_000)).wallet
    with pytest.raises(Exception, match="acme") as refusal:
        store.act("acme", lambda _: stale.spend(500, at=july(3)))
    assert type(refusal.value).__name__ == "Raced"
    assert store.load("acme") == used
    assert left(store) == 1_000


def test_f19_a_lock_ends_with_whoever_took_it(place: Place, store: Any) -> None:
    """Lago #6056, Autumn #2335: a lock outlived its owner, for twelve hours, or ran out under one who still worked."""
    store.create(opened())
    other = place.open()
    seen = []

    def breaks_down(wallet: Wallet) -> Change:
        seen.append(wallet.version)
        if len(seen) == 1:
            other.act("acme", spends(1))  # so that it is asked once more, where there is a lock under that
            return wallet.spend(2, at=july(2))
        raise Crash

    with pytest.raises(Crash):
        store.act("acme", breaks_down)
    assert seen == [1, 2]
    assert other.act("acme", spends(10)).wallet.version == 3
    assert store.act("acme", spends(100)).wallet.version == 4
    assert left(store) == 10_000 - 111


def turned_away(recipe: Any, path: str) -> int:
    """How often SQLite says "locked" to a crowd that spends."""
    with closing(recipe.connect(path)) as db:
        db.executescript(recipe.SCHEMA)
        recipe.Store(db, SHOP).create(opened())
    ready = Barrier(CROWD)

    def work(_: int) -> int:
        times = 0
        with closing(recipe.connect(path)) as db:
            store = recipe.Store(db, SHOP)
            ready.wait()
            for _ in range(25):
                try:
                    with store.writing():
                        store.save(store.load("acme").spend(1, at=july(2)))
                except sqlite3.OperationalError:
                    times += 1
        return times

    with ThreadPoolExecutor(CROWD) as pool:
        return sum(pool.map(work, range(CROWD)))


def test_f20_who_reads_and_writes_then_is_not_turned_away(tmp_path: Path) -> None:
    """SQLite: a transaction that had read got "locked" at once, 9,873 times for 1,000 commits. And the control."""
    assert turned_away(sqlite, str(tmp_path / "right.db")) == 0
    assert turned_away(without("sqlite", ("BEGIN IMMEDIATE", "BEGIN")), str(tmp_path / "wrong.db")) > 0


def test_f21_of_a_wallet_and_its_entry_both_are_stored_or_none(place: Place, store: Any) -> None:
    """usage_credits 3126583, Lago #3895: the wallet was saved and the entry was not. Here the ledger refuses one."""
    store.create(opened(ring=0))
    store.act("acme", spends(850, "job-1"))
    before = place.counts()
    with pytest.raises(Exception, match="acme#2"):
        store.act("acme", lambda wallet: wallet.spend(9_150, at=july(3), ref="job-1"))
    assert place.counts() == before
    assert left(store) == 9_150
    assert ids_sent(store) == []


def test_an_entry_that_nobody_can_read_does_not_hold_up_what_waits_behind_it(
    place: Place, store: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Damaged, or written by a newer version of the library: one customer's mail is no reason to stop all others'."""
    for id in ("acme", "ben"):
        store.create(opened(id=id))
        store.act(id, spends(10_000))
    place.spoil("acme", 2)
    with caplog.at_level(logging.ERROR):
        assert ids_sent(store) == [("ben", "low#1"), ("ben", "empty#1")]
    assert "low#1 of wallet acme" in caplog.text
    assert place.counts()[2] == 2


def test_nothing_goes_out_before_the_hosts_own_transaction_is_committed(tmp_path: Path) -> None:
    """Lago #3261, #3906: a side effect of what was taken back afterwards."""
    with closing(sqlite.connect(str(tmp_path / "purse.db"))) as db:
        db.executescript(sqlite.SCHEMA)
        store = sqlite.Store(db, SHOP)
        store.create(opened())
        with suppress(Crash), store.writing():
            store.save(store.load("acme").spend(10_000, at=july(2)))
            with pytest.raises(RuntimeError, match="committed"):
                ids_sent(store)
            raise Crash
        assert ids_sent(store) == []
