"""What comes again, or late: requests that a wallet has forgotten, numbers of packs, what another process wrote."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Literal

import pytest

from examples.moving import move
from examples.moving.both import Both
from examples.moving.check import check
from examples.moving.move import left_in
from examples.moving.plans import PACK, SHOP
from examples.storage import sqlite
from tests.support.moving import AT, moved, prepare, put
from tokenpurse import Allowance, AutoTopUp, Catalogue, Plan
from tokenpurse.errors import PurseError

MINUTE = timedelta(minutes=1)


@pytest.fixture
def service() -> Iterator[Both]:
    """Everybody is moved, and the old code decides."""
    with moved() as found:
        yield found


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    """One user, not moved yet."""
    with closing(sqlite.connect(":memory:")) as found:
        prepare(found)
        put(found, "users", id="ann", plan="pro", month="2026-07", used=0, rollover=0)
        yield found


def agree(service: Both, user: str) -> bool:
    left = left_in(service.store.load(user), AT)
    return service.old.left(user, AT) == left and check(service.store, AT).rows == ()


# -- what another process wrote ----------------------------------------------------------------------------------------


def test_what_is_to_be_sent_stays_while_others_watch(db: sqlite3.Connection) -> None:
    """A process that watches still strikes off nothing that one which was switched has asked for."""
    plan = Plan("pro", allowances=[Allowance(10_000)], offers=[PACK], auto_top_up=AutoTopUp("pack"))
    store = sqlite.Store(db, Catalogue([plan]))
    move.move(store, AT)
    store.act("ann", lambda wallet: wallet.set_auto_top_up(threshold=500, purchase=5_000, at=AT))
    Both(store, "wallet").spend("ann", 9_800, ref="job-1", at=AT)
    Both(store, "old").spend("ann", 1, ref="job-2", at=AT)
    sent: list[str] = []
    store.deliver(lambda _, item: sent.append(item.id))
    assert sent == ["charge:1"]


# -- what is settled late ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("decides", ["old", "wallet"])
def test_what_was_over_before_the_move_is_settled(db: sqlite3.Connection, decides: Literal["old", "wallet"]) -> None:
    """Its deadline had passed when everybody was moved, so no wallet has it; it was made all the same."""
    put(db, "reservations", id="job-1", user="ann", tokens=700, until=f"{AT - MINUTE:%Y-%m-%d %H:%M:%S}")
    service = Both(sqlite.Store(db, SHOP), decides)
    move.move(service.store, AT)
    assert service.settle("ann", 650, ref="job-1", at=AT)
    assert service.old.left("ann", AT).free == 9_350
    assert agree(service, "ann")
    assert service.differences() == []


@pytest.mark.parametrize("decides", ["old", "wallet"])
def test_what_the_wallet_has_forgotten_is_settled_once(service: Both, decides: Literal["old", "wallet"]) -> None:
    """A wallet knows the last 64 holds that ended, the ledger all: late is late, and what was settled is settled."""
    service.decides = decides
    for ref in ("late", "done"):
        assert service.reserve("cleo", 100, ref=ref, until=AT + MINUTE, at=AT)
    assert service.settle("cleo", 70, ref="done", at=AT)
    at = AT + MINUTE
    for number in range(64):
        assert service.reserve("cleo", 1, ref=f"job-{number}", until=at + MINUTE, at=at)
        assert service.settle("cleo", 0, ref=f"job-{number}", at=at)
    with pytest.raises(PurseError, match="unknown hold"):
        service.store.load("cleo").capture("late", 1, at=at)
    assert service.settle("cleo", 80, ref="late", at=at)
    assert service.store.load("cleo").at(at).available() == 19_850
    assert service.settle("cleo", 70, ref="done", at=at)
    assert service.settle("cleo", 60, ref="done", at=at) is (decides == "old")
    assert service.store.load("cleo").at(at).available() == 19_850


# -- what is asked again -----------------------------------------------------------------------------------------------


def test_what_was_done_long_ago_is_no_refusal_now(service: Both) -> None:
    """The wallet has forgotten the ref, and could not do it any more; the ledger says that it was done."""
    service.decides = "wallet"
    assert service.spend("ben", 50, ref="job-a", at=AT)
    for ref in ("job-b", *(f"job-{number}" for number in range(64))):
        assert service.reserve("ben", 60, ref=ref, until=AT + MINUTE, at=AT)
        assert service.settle("ben", 0, ref=ref, at=AT)
    assert service.spend("ben", 1_150, ref="job-c", at=AT)
    store = service.store
    store.act("ben", lambda wallet: wallet.freeze(at=AT))
    assert service.spend("ben", 50, ref="job-a", at=AT)
    assert service.reserve("ben", 60, ref="job-b", until=AT + MINUTE, at=AT)
    assert not service.spend("ben", 40, ref="job-a", at=AT), "it was used for something else"
    assert not service.reserve("ben", 50, ref="job-a", until=AT + MINUTE, at=AT), "it was no reservation"
    assert not service.spend("ben", 10, ref="job-d", at=AT)
    assert store.load("ben").at(AT).available() == 0


def test_what_was_bought_long_ago_is_no_refusal_now(service: Both) -> None:
    """Payments are known for 400 days; then the ledger has them, also of a wallet that is closed."""
    service.decides = "wallet"
    assert service.buy("ben", payment="pi_10", at=AT)
    assert service.spend("ben", 6_200, ref="job-1", at=AT)
    later = AT + timedelta(days=401)
    assert service.buy("ben", payment="pi_11", at=later)
    service.store.act("ben", lambda wallet: wallet.close(at=later))
    assert "pi_10" not in {ref.key for ref, _ in service.store.load("ben")._book.memory.payments}
    assert service.buy("ben", payment="pi_10", at=later)
    assert not service.buy("ben", payment="pi_99", at=later)


# -- numbers of packs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("decides", ["old", "wallet"])
def test_a_number_that_comes_again_is_another_pack(db: sqlite3.Connection, decides: Literal["old", "wallet"]) -> None:
    """The old code deletes packs that are used up, and the database gives the highest number once more."""
    pack = {"bought": "2026-06-18 08:30:00", "ends": None, "size": 400, "rest": 300, "cents": 900}
    put(db, "packs", user="ann", payment="pi_1", **pack)
    service = Both(sqlite.Store(db, SHOP))
    move.move(service.store, AT)
    service.spend("ann", 10_300, ref="job-1", at=AT)
    db.execute("DELETE FROM packs WHERE rest = 0")
    put(db, "users", id="ben", plan="free", month="2026-07", used=0, rollover=0)
    assert service.buy("ben", payment="pi_2", at=AT), "by the old code alone: ben has no wallet yet"
    assert move.move(service.store, AT).moved == 1
    service.decides = decides
    assert service.buy("ann", payment="pi_9", at=AT)
    assert service.spend("ben", 1_010, ref="job-2", at=AT)
    assert service.old.left("ben", AT) == (0, 0, 4_990, 0)
    assert agree(service, "ann")
    assert agree(service, "ben")
    assert [one.reason for one in service.differences()] == ["missing"]
