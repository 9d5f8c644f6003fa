"""What the recipes for PostgreSQL promise beyond the contract."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from threading import Barrier, Thread
from typing import Any

import pytest

from tests.storage.places import SqlPlace
from tests.storage.shop import SHOP, july, opened
from tests.storage.test_storage_contract import ids_sent, is_sound, spends
from tests.storage.test_storage_contract import test_all_at_once_use_what_is_there_and_not_more as all_at_once
from tokenpurse import Change, Wallet
from tokenpurse.errors import NotEnough

every_postgres = pytest.mark.parametrize(
    "place", ["psycopg", "psycopg_async", "sqlalchemy", "sqlalchemy_async", "django"], indirect=True
)


@every_postgres
@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
def test_a_server_with_a_stricter_default_refuses_nobody(place: SqlPlace, isolation: str) -> None:
    """There, who waits for a row is turned away instead of told what it is now; the recipes ask for the plain level."""
    place.sql(
        "DO $do$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = "
        f"%L', current_database(), '{isolation}'); END $do$"
    )
    assert place.sql("SHOW default_transaction_isolation") == [(isolation,)]
    all_at_once(place, 300)


@pytest.mark.parametrize("place", ["psycopg"], indirect=True)
def test_in_a_pipeline_nothing_is_written_on_trust(place: SqlPlace, store: Any) -> None:
    """How many rows a statement wrote is known later there; a ref that the wallet has forgotten would count twice."""
    store.create(opened())
    for each in range(20):
        store.act("acme", spends(1, f"job-{each}"))
    with pytest.raises(Exception, match="acme") as raised, store.db.pipeline():
        store.act("acme", spends(1, "job-0"))
    assert type(raised.value).__name__ == "Raced"
    assert is_sound(store, "acme")
    assert store.load("acme").at(july(2)).available() == 9_980


@pytest.mark.parametrize("place", ["psycopg", "psycopg_async"], indirect=True)
def test_a_connection_that_was_not_set_up_is_refused(place: SqlPlace) -> None:
    """Its first read would begin a transaction that `act` does not end, and notices would go out before its commit."""
    import psycopg

    from examples.storage import postgres, postgres_async

    async def likewise() -> None:
        async with await psycopg.AsyncConnection.connect(place.where) as db:
            postgres_async.Store(db, SHOP)

    with psycopg.connect(place.where) as db, pytest.raises(ValueError, match=r"configure\(\)"):
        postgres.Store(db, SHOP)
    with psycopg.connect(place.where, autocommit=True) as db:
        db.isolation_level = psycopg.IsolationLevel.SERIALIZABLE  # who waits for a row would be turned away
        with pytest.raises(ValueError, match=r"configure\(\)"):
            postgres.Store(db, SHOP)
    with pytest.raises(ValueError, match=r"configure\(\)"):
        asyncio.run(likewise())


@every_postgres
def test_two_workers_share_the_outbox(place: SqlPlace) -> None:
    """What one has in hand, the other passes over, so that nothing goes out twice."""
    with place.connected() as store:
        store.create(opened())
        store.act("acme", spends(10_000))
    both_send = Barrier(2)
    sent = []

    def send(_: str, item: Any) -> None:
        both_send.wait(timeout=20)
        sent.append(item.id)

    def work() -> None:
        with place.connected() as store:
            store.deliver(send)

    workers = [Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(sent) == ["empty#1", "low#1"]
    assert ids_sent(place.open()) == []


@every_postgres
def test_who_loses_the_connection_asks_again_with_the_same_ref(place: SqlPlace) -> None:
    """In the middle of a transaction, which is over then: nothing of it is there, and the next one does it once."""

    def verb(wallet: Wallet) -> Change:
        change = wallet.spend(300, at=july(2), ref="job-1")
        place.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return change

    place.open().create(opened())
    with pytest.raises(Exception, match=r"terminat|closed"), place.connected() as store:
        store.act("acme", verb)
    with place.connected() as again:
        assert place.counts()[1] == 1
        assert again.act("acme", spends(300, "job-1")).moved == {"tokens": 300}
        assert again.act("acme", spends(300, "job-1")).repeated
        assert is_sound(again, "acme")


@pytest.mark.parametrize("place", ["psycopg", "sqlalchemy"], indirect=True)
def test_it_can_be_a_part_of_a_transaction_of_the_hosts_own(place: SqlPlace, store: Any) -> None:
    """What the host writes beside it is there with it, or neither is."""
    store.create(opened())
    place.sql("CREATE TABLE jobs (id text PRIMARY KEY)")

    def host(job: str, *, dies: bool) -> None:
        if hasattr(store, "engine"):
            with store.engine.begin() as db:
                db.exec_driver_sql("INSERT INTO jobs VALUES (%s)", (job,))
                store.save(db, store.read(db, "acme", lock=True).spend(300, at=july(2), ref=job))
                assert not dies
        else:
            with store.db.transaction():
                store.db.execute("INSERT INTO jobs VALUES (%s)", (job,))
                store.act("acme", spends(300, job))
                assert not dies

    with pytest.raises(AssertionError):
        host("job-1", dies=True)
    assert place.counts()[1] == 1
    host("job-2", dies=False)
    assert place.sql("SELECT id FROM jobs") == [("job-2",)]
    assert store.load("acme").at(july(2)).available() == 9_700
    assert is_sound(store, "acme")


@pytest.mark.parametrize("place", ["psycopg"], indirect=True)
def test_nothing_goes_out_before_the_hosts_own_transaction_is_committed(place: SqlPlace, store: Any) -> None:
    """It may still be taken back, and a notice cannot."""
    store.create(opened())
    with suppress(KeyError), store.db.transaction():
        store.act("acme", spends(10_000))
        with pytest.raises(RuntimeError, match="committed"):
            ids_sent(store)
        raise KeyError
    assert ids_sent(store) == []


@pytest.mark.parametrize("place", ["psycopg_async"], indirect=True)
def test_nor_with_asyncio(place: Any) -> None:
    async def delivers_too_early() -> None:
        async with place.in_this_loop() as store, store.db.transaction():
            await store.create(opened())
            with pytest.raises(RuntimeError, match="committed"):
                await store.deliver(lambda *_: asyncio.sleep(0))

    asyncio.run(delivers_too_early())


@pytest.mark.parametrize("place", ["psycopg"], indirect=True)
def test_a_sender_whose_statement_failed_holds_up_nobody(
    place: SqlPlace, store: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """It wrote down what it had sent, found that there, and went on: its transaction cannot, and is taken back."""
    import psycopg

    place.sql("CREATE TABLE sent (id text PRIMARY KEY)")
    place.sql("INSERT INTO sent VALUES ('low#1')")
    store.create(opened())
    store.act("acme", spends(10_000))

    def send(_: str, item: Any) -> None:
        with suppress(psycopg.errors.UniqueViolation):
            store.db.execute("INSERT INTO sent VALUES (%s)", (item.id,))

    with caplog.at_level(logging.ERROR):
        store.deliver(send)
    assert "low#1 of wallet acme" in caplog.text
    assert place.sql("SELECT id FROM sent") == [("low#1",), ("empty#1",)]
    assert ids_sent(store) == [("acme", "low#1")]


@pytest.mark.parametrize("place", ["sqlalchemy"], indirect=True)
def test_what_is_there_already_takes_nothing_of_the_hosts_own_transaction(place: SqlPlace, store: Any) -> None:
    """A second sign-up: what the host writes beside the opening is stored all the same."""
    from examples.storage import sqlalchemy_sync

    store.create(opened())
    place.sql("CREATE TABLE sign_ups (id text)")
    with store.engine.begin() as db:
        db.exec_driver_sql("INSERT INTO sign_ups VALUES ('acme@example.org')")
        with suppress(sqlalchemy_sync.Raced):
            store.save(db, opened())
    assert place.sql("SELECT id FROM sign_ups") == [("acme@example.org",)]


@pytest.mark.parametrize("place", ["sqlalchemy"], indirect=True)
def test_the_store_asks_for_transactions_whatever_the_engine_does(place: Any) -> None:
    """With statements that are committed one by one, what is refused in the middle would be half written."""
    from sqlalchemy import create_engine

    from examples.storage import sqlalchemy_sync

    engine = create_engine(place.url("psycopg"), isolation_level="AUTOCOMMIT")
    try:
        store = sqlalchemy_sync.Store(engine, SHOP)
        store.create(opened(ring=0))
        store.act("acme", spends(850, "job-1"))
        before = place.counts()
        with pytest.raises(sqlalchemy_sync.AlreadyDone):
            store.act("acme", spends(850, "job-1"))
        assert (place.counts(), is_sound(store, "acme")) == (before, True)
    finally:
        engine.dispose()


# -- from a pool --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["psycopg"], indirect=True)
def test_threads_take_their_connections_from_a_pool(place: SqlPlace) -> None:
    """More threads than connections, and each connection as `configure` leaves it."""
    from psycopg_pool import ConnectionPool

    from examples.storage import postgres

    def work(number: int) -> int:
        with pool.connection() as db, suppress(NotEnough):
            postgres.Store(db, SHOP).act("acme", spends(3_000, f"job-{number}"))
            return 1
        return 0

    with ConnectionPool(place.where, configure=postgres.configure, min_size=1, max_size=4, open=True) as pool:
        with pool.connection() as db:
            postgres.Store(db, SHOP).create(opened())
        with ThreadPoolExecutor(10) as threads:
            assert sum(threads.map(work, range(10))) == 3
    assert place.open().load("acme").at(july(2)).available() == 1_000
    assert is_sound(place.open(), "acme")


@pytest.mark.parametrize("place", ["psycopg_async"], indirect=True)
def test_tasks_take_their_connections_from_a_pool(place: SqlPlace) -> None:
    """Likewise."""
    from psycopg_pool import AsyncConnectionPool

    from examples.storage import postgres_async

    async def work(pool: Any, number: int) -> int:
        async with pool.connection() as db:
            with suppress(NotEnough):
                await postgres_async.Store(db, SHOP).act("acme", spends(3_000, f"job-{number}"))
                return 1
        return 0

    async def main() -> int:
        pool = AsyncConnectionPool(place.where, configure=postgres_async.configure, min_size=1, max_size=4, open=False)
        async with pool:
            async with pool.connection() as db:
                await postgres_async.Store(db, SHOP).create(opened())
            return sum(await asyncio.gather(*(work(pool, number) for number in range(10))))

    assert asyncio.run(main()) == 3
    assert place.open().load("acme").at(july(2)).available() == 1_000
    assert is_sound(place.open(), "acme")


# -- many tasks of one loop ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["psycopg_async", "sqlalchemy_async"], indirect=True)
def test_many_tasks_of_one_loop_use_what_is_there_and_not_more(place: Any) -> None:
    """Each has a connection of its own: from a pool, or as here."""

    async def spend_one(store: Any, number: int) -> int:
        try:
            await store.act("acme", spends(3_000, f"job-{number}"))
        except NotEnough:
            return 0
        return 1

    async def main() -> tuple[int, Wallet]:
        async with AsyncExitStack() as closing:
            stores = [await closing.enter_async_context(place.in_this_loop()) for _ in range(10)]
            await stores[0].create(opened())
            done = await asyncio.gather(*(spend_one(store, number) for number, store in enumerate(stores)))
            return sum(done), await stores[0].load("acme")

    done, wallet = asyncio.run(main())
    assert done == 3
    assert wallet.at(july(2)).available() == 1_000
    assert is_sound(place.open(), "acme")
