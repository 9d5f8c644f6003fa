"""The process dies before any one of the statements that it sends to the database, and is started again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

MILLION = 1_000_000


class Died(BaseException):
    """The process is gone."""


class Doomed:
    """A connection whose process dies before a certain statement; what was open then is rolled back, as by its end."""

    def __init__(self, db: sqlite3.Connection, left: int) -> None:
        self.db = db
        self.left = left

    def execute(self, *given: Any) -> sqlite3.Cursor:
        if self.left == 0:
            raise Died
        self.left -= 1
        return self.db.execute(*given)

    @property
    def in_transaction(self) -> bool:
        return self.db.in_transaction

    def __enter__(self) -> sqlite3.Connection:
        return self.db.__enter__()

    def __exit__(self, *how: object) -> bool:
        return self.db.__exit__(*how)


@contextmanager
def doomed(rig: Any, monkeypatch: pytest.MonkeyPatch, left: int) -> Iterator[None]:
    """Let whoever opens the database in here die after so many statements."""
    from examples.fastapi_app.host import Host

    real = Host.store

    @contextmanager
    def store(host: Any) -> Iterator[Any]:
        with real(host) as found:
            found.db = Doomed(found.db, left)
            yield found

    with monkeypatch.context() as patch:
        patch.setattr(Host, "store", store)
        yield


def dies_everywhere(rig: Any, monkeypatch: pytest.MonkeyPatch, does: Any, holds: Any) -> int:
    """Die before the first statement, the second, and so on, each time as from the start; give how many there were."""
    with rig.host.store() as store:
        before = "\n".join(store.db.iterdump())
    for left in range(1_000):
        try:
            with doomed(rig, monkeypatch, left):
                does()
        except Died:
            does()
            holds()
            rig.sound()
        else:
            holds()
            return left
        with rig.host.store() as store:
            again(store.db, before)
        rig.payments.charges.clear()
        rig.payments.returned.clear()
    raise AssertionError("it never came to an end")


def again(db: sqlite3.Connection, script: str) -> None:
    """Make the database what it was."""
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("PRAGMA synchronous = OFF")
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    for (name,) in db.execute(tables).fetchall():
        db.execute(f"DROP TABLE {name}")
    db.executescript(script)


def reported(rig: Any, report: tuple[bytes, str]) -> Any:
    from examples.fastapi_app.webhooks import receive

    return lambda: receive(rig.host, *report)


def test_a_report_is_taken_in_whole_or_not_at_all(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider sends it again, and it counts once."""
    report = rig.payments.pay(rig.checkout())

    def holds() -> None:
        assert (rig.view().balance(), rig.sql("SELECT settled FROM payments")) == (MILLION + 20_000, [("booked",)])

    assert dies_everywhere(rig, monkeypatch, reported(rig, report), holds) > 8


def test_a_claw_back_is_taken_in_whole_or_not_at_all(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    payment = rig.bought()
    rig.act(lambda wallet: wallet.spend(400_000, at=rig.now))
    report = rig.payments.report("charge.refunded", {"payment_intent": payment, "amount_refunded": 250})

    def holds() -> None:
        assert (rig.view().balance(), rig.view().debt()) == (500_000 - 380_000, 0)

    assert dies_everywhere(rig, monkeypatch, reported(rig, report), holds) > 8


def test_the_control_without_a_transaction_loses_what_was_paid(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that is known, and that the wallet was never told of, comes again for nothing."""
    from contextlib import nullcontext

    from examples.storage.sqlite import Store

    monkeypatch.setattr(Store, "writing", lambda _: nullcontext())
    report = rig.payments.pay(rig.checkout())

    def holds() -> None:
        assert rig.view().balance() == MILLION + 20_000

    with pytest.raises(AssertionError):
        dies_everywhere(rig, monkeypatch, reported(rig, report), holds)


@pytest.mark.parametrize("what", ["charge", "renewal", "return"])
def test_a_turn_of_the_worker_happens_once(rig: Any, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Money is taken, or given back, once, and booked once, wherever the worker dies."""
    if what == "return":
        report = rig.payments.pay(rig.checkout())
        rig.act(lambda wallet: wallet.close(at=rig.now))
        rig.send(*report)
    else:
        rig.bought("price_pro")
        rig.by("owner").put("/auto-top-up", json={"threshold": 100_000, "purchase": MILLION})
        rig.act(lambda wallet: wallet.spend(950_000 if what == "charge" else 5, at=rig.now))
        rig.worker.turn() if what == "renewal" else None
        rig.later(days=31 if what == "renewal" else 0)
    seen: list[Any] = []

    def takes(order: Any, _: Any, *, again: bool) -> Any:
        seen.append((order.id, again))
        return real(order, _, again=again)

    real = rig.payments.charge
    monkeypatch.setattr(rig.payments, "charge", takes)

    def holds() -> None:
        assert rig.sql("SELECT count(*) FROM outbox") == [(0,)]
        expected = {"charge": {"quota": 50_000, "top_up": MILLION}, "renewal": {"quota": MILLION}, "return": {}}[what]
        assert rig.view().by_kind() == expected
        assert (len(rig.payments.charges), len(rig.payments.returned)) == ((0, 1) if what == "return" else (1, 0))

    assert dies_everywhere(rig, monkeypatch, rig.worker.turn, holds) > 3
    assert len({id for id, _ in seen}) == (0 if what == "return" else 1)
