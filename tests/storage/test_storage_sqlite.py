"""What the recipe for SQLite promises beyond the contract."""

from __future__ import annotations

from typing import Any

import pytest

from tests.storage.places import SqlPlace
from tests.storage.shop import july, opened
from tests.storage.test_storage_contract import ids_sent, is_sound, spends
from tokenpurse.notices import Notice, Request

pytestmark = pytest.mark.parametrize("place", ["sqlite"], indirect=True)


def test_a_worker_that_is_slow_strikes_off_nothing_that_came_later(place: SqlPlace, store: Any) -> None:
    """The other one sends what this one has in hand, and by the time this one is done, something new waits."""
    other = place.open()
    store.create(opened())
    store.create(opened(id="ben"))
    store.act("acme", spends(9_000))
    sent: list[tuple[str, str]] = []

    def slowly(wallet: str, item: Notice | Request) -> None:
        if not sent:
            sent.extend(ids_sent(other))
            other.act("ben", spends(9_000))
        sent.append((wallet, item.id))

    store.deliver(slowly)
    sent += ids_sent(store)
    assert sorted(sent) == [("acme", "low#1"), ("acme", "low#1"), ("ben", "low#1")]


def test_in_a_transaction_of_the_hosts_own_act_is_an_error_that_ends_nothing(place: SqlPlace, store: Any) -> None:
    """There are no transactions in transactions here; what the host does in its own is all stored, or nothing of it."""
    place.sql("CREATE TABLE jobs (id TEXT PRIMARY KEY)")
    store.create(opened())
    with store.writing():
        store.db.execute("INSERT INTO jobs VALUES ('job-1')")
        for asks in (
            lambda: store.act("acme", spends(300)),
            lambda: store.create(opened(id="ben")),
            lambda: store.act_on_two("acme", "acme", lambda one, other: (spends(1)(one), spends(1)(other))),
        ):
            with pytest.raises(RuntimeError, match="already"):
                asks()
        store.save(store.load("acme").spend(300, at=july(2), ref="job-1"))
        assert store.db.in_transaction
    assert place.sql("SELECT id FROM jobs") == [("job-1",)]
    assert place.counts()[:2] == (1, 2)
    assert is_sound(store, "acme")
