"""What the recipe for Redis promises beyond the contract: of what was answered, and of what was not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.storage.places import Place
from tests.storage.redis_server import DURABLE, running, url_in
from tests.storage.shop import SHOP, july, opened
from tests.storage.test_storage_contract import gives, ids_sent, is_sound, spends, with_two
from tests.support.outside import needs
from tokenpurse import Change, Wallet

pytestmark = needs("redis", extra="storage")
on_redis = pytest.mark.parametrize("place", ["redis"], indirect=True)


@contextmanager
def store_at(url: str) -> Any:
    """One more client, as another process would have."""
    from examples.storage.redis_store import Store, connect

    with closing(connect(url)) as db:
        yield Store(db, SHOP)


# -- an answer that does not arrive --------------------------------------------------------------------------------


@pytest.fixture
def losing(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Call it, and of the next answer the client reads nothing, though the server has given it."""
    from redis.connection import UnixDomainSocketConnection
    from redis.exceptions import ConnectionError as Lost

    read = UnixDomainSocketConnection.read_response
    left = []

    def reads(connection: Any, *args: Any, **named: Any) -> Any:
        answer = read(connection, *args, **named)
        if left:
            left.pop()
            raise Lost("gone")
        return answer

    monkeypatch.setattr(UnixDomainSocketConnection, "read_response", reads)
    return lambda: left.append(True)


def loses(losing: Callable[[], None], ref: str | None) -> Callable[[Wallet], Change]:
    """A spend whose first answer is lost."""
    once = iter([losing])

    def verb(wallet: Wallet) -> Change:
        change = wallet.spend(300, at=july(2), ref=ref)
        next(once, lambda: None)()
        return change

    return verb


@on_redis
def test_who_gets_no_answer_is_told_and_asks_again_with_the_same_ref(
    place: Place, store: Any, losing: Callable[[], None]
) -> None:
    """It was done, and is done once."""
    store.create(opened())
    with pytest.raises(Exception, match="gone"):
        store.act("acme", loses(losing, "job-1"))
    assert place.counts()[1] == 2
    assert store.act("acme", spends(300, "job-1")).repeated
    assert store.load("acme").at(july(2)).available() == 9_700


@on_redis
def test_nothing_without_a_ref_is_done_twice_behind_the_callers_back(
    place: Place, store: Any, losing: Callable[[], None]
) -> None:
    store.create(opened())
    with pytest.raises(Exception, match="gone"):
        store.act("acme", loses(losing, None))
    assert place.counts()[1] == 2


@on_redis
def test_a_client_that_sends_again_of_its_own_accord_does_it_twice(
    place: Place, store: Any, losing: Callable[[], None]
) -> None:
    """The control of the two before: that is why `connect` says that nothing is tried again."""
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    from examples.storage.redis_store import Store

    store.create(opened())
    with closing(Redis.from_url(place.where, decode_responses=True, retry=Retry(NoBackoff(), 3))) as db:
        Store(db, SHOP).act("acme", loses(losing, None))
    assert store.load("acme").at(july(2)).available() == 9_400


@on_redis
def test_a_client_that_reads_bytes_takes_no_refusal_for_a_success(place: Place, store: Any) -> None:
    """The script's answer would not be understood."""
    from redis import Redis

    from examples.storage.redis_store import Store

    store.create(opened())
    with closing(Redis.from_url(place.where)) as db, pytest.raises(TypeError, match="connect"):
        Store(db, SHOP).create(opened())


@on_redis
@pytest.mark.parametrize("name", ["entries:acme", "refs:acme", "due", "outbox"])
def test_a_name_that_holds_something_else_is_found_before_anything_is_written(
    place: Place, store: Any, name: str
) -> None:
    """What a script has written before its error stays."""
    store.create(opened())
    store.db.delete(f"purse:{name}")
    store.db.set(f"purse:{name}", "of somebody else")
    with pytest.raises(Exception, match="WRONGTYPE"):
        store.act("acme", spends(10_000, "job-1"))
    assert store.load("acme") == opened().wallet


@on_redis
def test_a_wallet_that_was_dropped_is_not_opened_over_its_ledger(place: Place, store: Any) -> None:
    """By a server that evicts, or by hand: a second opening would give all of it anew, and write over what was."""
    store.create(opened())
    store.act("acme", spends(10_000))
    before = store.entries("acme")
    store.db.delete("purse:wallet:acme")
    with pytest.raises(Exception, match="ledger of wallet acme"):
        store.create(opened())
    assert store.entries("acme") == before
    assert place.counts() == (0, 2, 2)


# -- somebody was faster, again and again --------------------------------------------------------------------------


@on_redis
def test_who_is_slower_decides_again_as_often_as_that_happens(place: Place, store: Any) -> None:
    """There is no lock to wait for; nobody is turned away."""
    store.create(opened())
    other = place.open()
    seen = []

    def verb(wallet: Wallet) -> Change:
        seen.append(wallet.version)
        if len(seen) <= 30:
            other.act("acme", spends(1))
        return wallet.spend(300, at=july(2))

    assert store.act("acme", verb).moved == {"tokens": 300}
    assert seen == [*range(1, 32)]
    assert store.load("acme").at(july(2)).available() == 9_670
    assert is_sound(store, "acme")


# -- a server that dies --------------------------------------------------------------------------------------------


@pytest.fixture
def folder() -> Iterator[Path]:
    """With a name that is short enough for a socket."""
    with TemporaryDirectory(prefix="purse-") as name:
        yield Path(name)


def test_what_was_answered_is_there_after_the_server_was_killed(redis_program: Path, folder: Path) -> None:
    """Wallets, entries, refs, the outbox and what is due."""
    with running(redis_program, folder, DURABLE) as process, store_at(url_in(folder)) as store:
        store.create(opened(ring=0))
        wallet = store.act("acme", spends(9_999, "job-1")).wallet
        process.kill()
    with running(redis_program, folder, DURABLE), store_at(url_in(folder)) as store:
        assert store.load("acme") == wallet
        assert is_sound(store, "acme")
        with pytest.raises(Exception, match="acme#2"):
            store.act("acme", spends(1, "job-1"))
        assert ids_sent(store) == [("acme", "low#1")]
        assert store.due(july(31)) == []
        assert store.due(wallet.at(july(2)).next_due()) == ["acme"]


def test_without_a_log_of_its_own_a_server_that_is_killed_has_lost_it(redis_program: Path, folder: Path) -> None:
    """The control of the one before."""
    settings = DURABLE | {"appendonly": "no"}
    with running(redis_program, folder, settings) as process, store_at(url_in(folder)) as store:
        store.create(opened())
        process.kill()
    with running(redis_program, folder, settings), store_at(url_in(folder)) as store:
        assert store.entries("acme") == []
        with pytest.raises(LookupError):
            store.load("acme")


def log_of(folder: Path) -> Path:
    """The file that the server appends to: one, or from Redis 7 on the last of several."""
    found = [*folder.glob("*.aof"), *folder.glob("appendonlydir/*.incr.aof")]
    return max(found, key=lambda path: path.stat().st_mtime_ns)


def test_a_log_that_ends_in_the_middle_has_all_of_a_change_or_nothing(redis_program: Path, folder: Path) -> None:
    """Cut within the script that moved two wallets on: neither has moved then, and the same ref does it once."""
    with running(redis_program, folder, DURABLE), store_at(url_in(folder)) as store:
        with_two(store)
        before = [store.load(id) for id in ("ann", "ben")]
        short = log_of(folder).stat().st_size
        after = [change.wallet for change in store.act_on_two("ann", "ben", gives(500, "gift-1"))]
    log, seen = log_of(folder), []
    whole = log.read_bytes()
    for cut in [*range(short + 10, len(whole), (len(whole) - short) // 12), len(whole)]:
        log.write_bytes(whole[:cut])
        with running(redis_program, folder, DURABLE), store_at(url_in(folder)) as store:
            seen.append([store.load(id) for id in ("ann", "ben")])
            assert all(is_sound(store, id) for id in ("ann", "ben"))
            store.act_on_two("ann", "ben", gives(500, "gift-1"))
            assert [store.load(id) for id in ("ann", "ben")] == after
            assert len(store.entries("ann")) + len(store.entries("ben")) == 5
        log = log_of(folder)
    assert seen == [before] * (len(seen) - 1) + [after]


# -- a server without room -----------------------------------------------------------------------------------------


@on_redis
def test_a_server_without_room_refuses_the_whole_of_a_change(place: Place, store: Any) -> None:
    """And drops nothing that is there to make some."""
    store.create(opened())
    before = place.counts()
    store.db.config_set("maxmemory", 1)
    try:
        with pytest.raises(Exception, match="maxmemory"):
            store.act("acme", spends(10_000, "job-1"))
    finally:
        store.db.config_set("maxmemory", 0)
    assert place.counts() == before
    assert store.act("acme", spends(10_000, "job-1")).moved == {"tokens": 10_000}
    assert is_sound(store, "acme")
