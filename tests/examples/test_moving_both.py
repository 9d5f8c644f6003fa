"""The old code and the wallets side by side: where they differ is found with its reason, and either can take over."""

from __future__ import annotations

import csv
import io
import json
import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from examples.moving import both, leave, move, old
from examples.moving.both import Both
from examples.moving.check import check
from examples.moving.move import left_in
from examples.moving.plans import SHOP
from examples.storage import sqlite
from tokenpurse import Alert, Balance, Catalogue, Wallet
from tokenpurse.errors import PurseError
from tokenpurse.view import View

AT = datetime(2026, 7, 15, 12, tzinfo=UTC)
USERS = [("ann", "pro", 4_000, 1_200), ("ben", "free", 300, 0), ("cleo", "pro", 0, 10_000)]
PACKS = [
    ("ann", "2026-05-17 08:30:00", "2026-09-30", 5_000, 1_500, 900, "pi_1"),
    ("ann", "2026-06-17 08:30:00", None, 5_000, 5_000, 900, "pi_2"),
    ("ann", "2026-06-18 08:30:00", "2026-08-02", 400, 300, None, None),
    ("ben", "2026-06-19 08:30:00", None, 500, 500, None, None),
]


def month(number: int, day: int = 15, hour: int = 12) -> datetime:
    return datetime(2026, number, day, hour, tzinfo=UTC)


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite.connect(":memory:")) as connection:
        for schema in (old.SCHEMA, sqlite.SCHEMA, move.SCHEMA, both.SCHEMA):
            connection.executescript(schema)
        for id, plan, used, rollover in USERS:
            connection.execute("INSERT INTO users VALUES (?, ?, '2026-07', ?, ?)", (id, plan, used, rollover))
        columns = "user, bought, ends, size, rest, cents, payment"
        connection.executemany(f"INSERT INTO packs ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", PACKS)  # noqa: S608
        yield connection


@pytest.fixture
def service(db: sqlite3.Connection) -> Both:
    """Everybody is moved, and the old code decides."""
    store = sqlite.Store(db, SHOP)
    assert move.move(store, AT).moved == len(USERS)
    return Both(store)


def reasons(service: Both) -> list[tuple[str, str]]:
    return [(one.user, one.reason) for one in service.differences()]


def agree(service: Both, at: datetime) -> bool:
    """Tell whether both say the same of everybody, pack by pack."""
    for user, *_ in USERS:
        service.old.turn(user, at)
        assert service.old.left(user, at) == left_in(service.store.load(user), at), user
    return check(service.store, at).rows == ()


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


# -- where all is well -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_found_where_they_agree(service: Both, seed: int) -> None:
    """Months of requests, with resets, ends and packs that run out, and not one difference."""
    end = walk(service, random.Random(seed), AT, 120)  # noqa: S311  # a story, not a secret
    assert end > month(9)
    assert service.differences() == []
    assert agree(service, end)


@pytest.mark.parametrize("seed", range(4))
def test_there_and_back_again(service: Both, seed: int) -> None:
    """The wallet decides and the old table follows; then the old code goes on, and they agree all the way."""
    chance, at = random.Random(seed), AT  # noqa: S311  # a story, not a secret
    for decides in ("wallet", "old", "wallet", "old"):
        service.decides = decides
        at = walk(service, chance, at, 30)
        assert agree(service, at)
    assert service.differences() == []


def test_the_old_table_follows_in_silence(service: Both, db: sqlite3.Connection) -> None:
    """What time does while nobody asks is written by the worker."""
    service.decides = "wallet"
    service.advance(month(10))
    assert db.execute("SELECT id, month, used, rollover FROM users ORDER BY id").fetchall() == [
        ("ann", "2026-10", 0, 10_000),
        ("ben", "2026-10", 0, 1_000),
        ("cleo", "2026-10", 0, 10_000),
    ]
    assert agree(service, month(10))


def test_who_signed_up_since_is_in_the_old_table(service: Both, db: sqlite3.Connection) -> None:
    service.decides = "wallet"
    service.store.create(Wallet.open("free", catalogue=SHOP, id="dan", at=AT))
    assert service.spend("dan", 10, ref="job-1", at=AT)
    assert db.execute("SELECT * FROM users WHERE id = 'dan'").fetchall() == [("dan", "free", "2026-07", 10, 0)]


def test_the_old_table_follows_what_it_never_knew(service: Both, db: sqlite3.Connection) -> None:
    """Another plan, a gift with an end, a longer end, an open hold, debt: it is said as well as the old table can."""
    service.decides = "wallet"
    store = service.store
    store.act("ben", lambda wallet: wallet.change_plan("pro", at=AT))
    store.act("ben", lambda wallet: wallet.grant(50, at=AT, ref="sorry", expires=month(8, 2, 0)))
    store.act("ann", lambda wallet: wallet.extend("top_up:tokens/2", month(12, 1, 0), at=AT))
    store.act("cleo", lambda wallet: wallet.spend(20_070, at=AT, overdraw=True))
    for user, *_ in USERS:
        service.reserve(user, 10, ref=f"job-{user}", until=AT + timedelta(minutes=5), at=AT)
    service.advance(AT)
    for user in ("ann", "ben"):
        assert service.old.left(user, AT) == left_in(store.load(user), AT)
    assert db.execute("SELECT ends, rest FROM packs WHERE user = 'ben' AND number > 4").fetchall() == [
        ("2026-08-01", 50)
    ]
    assert db.execute("SELECT id, tokens FROM reservations ORDER BY id").fetchall() == [
        ("job-ann", 10),
        ("job-ben", 10),
    ]


# -- differences are found ---------------------------------------------------------------------------------------------


class FewerKept(old.Old):
    """Keeps too little at a reset."""

    def turn(self, user: str, at: datetime) -> bool:
        turned = super().turn(user, at)
        self.db.execute("UPDATE users SET rollover = max(0, rollover - 1) WHERE id = ? AND ?", (user, turned))
        return turned


class OneMore(old.Old):
    """Counts each request one short."""

    def spend(self, user: str, tokens: int, at: datetime) -> bool:
        return super().spend(user, tokens - 1, at)


class Generous(old.Old):
    """Lets a request through when there is anything left."""

    def spend(self, user: str, tokens: int, at: datetime) -> bool:
        self.turn(user, at)
        free = self.left(user, at).free
        return free > 0 and super().spend(user, min(tokens, free), at)


class RolloverFirst(old.Old):
    """Uses the rollover before the quota."""

    def _take(self, user: str, tokens: int, at: datetime) -> None:
        part = min(tokens, self.left(user, at).rollover)
        self.db.execute("UPDATE users SET rollover = rollover - ? WHERE id = ?", (part, user))
        super()._take(user, tokens - part, at)


class LongerDays(old.Old):
    """Lets packs live a day longer."""

    def packs(self, user: str, at: datetime) -> list[old.Pack]:
        return super().packs(user, at - timedelta(days=1))


SLIPS: list[tuple[type[old.Old], list[str]]] = [
    (FewerKept, ["reset"]),
    (OneMore, ["amount"]),
    (Generous, ["decision", "amount"]),
    (RolloverFirst, ["order"]),
    (LongerDays, ["end", "end"]),
]


@pytest.mark.parametrize(("code", "expected"), SLIPS, ids=[code.__name__ for code, _ in SLIPS])
def test_a_slip_of_the_old_code_is_found_with_its_reason(
    service: Both, code: type[old.Old], expected: list[str]
) -> None:
    """A control: each seeded slip shows under its name, and what they agree about does not."""
    service.old = code(service.store.db)
    if code is Generous:
        assert service.spend("ann", 40_000, ref="job-1", at=month(7, 16))
        assert service.store.load("ann").at(month(7, 16)).debt() == 26_000, "the wallet has gone along, and says so"
    elif code is FewerKept:
        service.advance(month(8, 1))
    elif code is LongerDays:
        service.spend("ann", 1, ref="job-0", at=month(8, 2))
        service.spend("ann", 1, ref="job-1", at=month(8, 3))
        service.spend("ann", 1, ref="job-2", at=month(8, 4))
    else:
        assert service.spend("ann", 1_000, ref="job-1", at=month(7, 16))
    assert [reason for user, reason in reasons(service) if user == "ann"] == expected


def test_a_month_in_silence_is_found(service: Both) -> None:
    """The old code knows no more than one month end, however many there were."""
    service.spend("ben", 600, ref="job-1", at=month(7, 20))
    assert service.differences() == []
    service.spend("ben", 1, ref="job-2", at=month(9, 20))
    [one] = service.differences()
    assert (one.user, one.reason, one.ref) == ("ben", "reset", "job-2")
    assert (one.old, one.wallet) == ([1_000, 100, 500, 0], [1_000, 1_000, 500, 0])


def test_a_difference_is_told_once(service: Both, db: sqlite3.Connection) -> None:
    """It stays as it is, and is told again only when it changes, and when it is gone."""
    db.execute("UPDATE users SET used = used + 100 WHERE id = 'cleo'")
    for number in range(5):
        service.spend("cleo", 10, ref=f"job-{number}", at=AT)
    assert reasons(service) == [("cleo", "end")]
    db.execute("UPDATE users SET used = used - 100 WHERE id = 'cleo'")
    service.spend("cleo", 10, ref="job-5", at=AT)
    service.spend("cleo", 10, ref="job-6", at=AT)
    assert reasons(service) == [("cleo", "end"), ("cleo", "end")]


def test_what_is_asked_twice_is_found(service: Both) -> None:
    """The old code counts it again; the wallet knows the ref."""
    for _ in range(2):
        assert service.spend("cleo", 100, ref="job-1", at=AT)
    assert reasons(service) == [("cleo", "repeat"), ("cleo", "amount")]
    assert service.store.load("cleo").at(AT).available() == 19_900


def test_what_is_reserved_over_a_month_end_is_found(service: Both) -> None:
    """The wallet counts it in the month that it was held in, the old code in the one that it was settled in."""
    end = datetime(2026, 8, 1, tzinfo=UTC)
    service.reserve("ben", 600, ref="job-1", until=end + timedelta(hours=1), at=end - timedelta(hours=1))
    service.settle("ben", 600, ref="job-1", at=end)
    assert reasons(service) == [("ben", "reset"), ("ben", "amount")]


def test_who_was_not_moved_is_told_once(service: Both, db: sqlite3.Connection) -> None:
    """The old code goes on with them, whoever decides; a run of `move` brings them later."""
    db.execute("INSERT INTO users VALUES ('dan', 'free', '2026-07', 0, 0)")
    for decides in ("old", "wallet"):
        service.decides = decides
        assert service.spend("dan", 600, ref=f"job-{decides}", at=AT) is (decides == "old")
    assert reasons(service) == [("dan", "missing")]
    assert move.move(service.store, AT).moved == 1
    assert service.spend("dan", 400, ref="job-3", at=AT)
    assert reasons(service) == [("dan", "missing")]


@pytest.mark.parametrize("error", [ValueError("broken"), PurseError("broken"), sqlite3.OperationalError("broken")])
def test_nobody_notices_what_the_wallet_raises(
    service: Both, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """While it is watched, the old code has answered; what was half written of the wallet is taken back."""

    def broken(_: object, wallet: Wallet) -> None:
        raise error

    before = service.store.load("ben")
    monkeypatch.setattr(both, "pair_packs", broken)
    assert service.buy("ben", payment="pi_9", at=AT)
    [one] = service.differences()
    assert (one.reason, one.wallet) == ("error", f"{type(error).__name__}: broken")
    assert service.store.load("ben") == before
    assert service.old.left("ben", AT).packs == 5_500


def test_while_it_is_watched_nothing_is_sent(service: Both, db: sqlite3.Connection) -> None:
    """Only who decides tells people."""
    [free, pro] = (SHOP.newest(name) for name in ("free", "pro"))
    alerted = Alert("low", "left", at_or_below=1_000)
    service.store.catalogue = Catalogue([free, evolve(pro, revision=2, alerts=[alerted]), pro])
    service.advance(month(8, 1))
    service.spend("cleo", 19_500, ref="job-1", at=month(8, 2))
    assert db.execute("SELECT count(*) FROM outbox").fetchone() == (0,)
    service.decides = "wallet"
    service.spend("cleo", 500, ref="job-2", at=month(8, 2))
    assert service.spend("ann", 16_000, ref="job-3", at=month(8, 2))
    service.store.deliver(lambda wallet, item: Counter([wallet, item.id]))
    assert db.execute("SELECT count(*) FROM outbox").fetchone() == (0,)


# -- leaving -----------------------------------------------------------------------------------------------------------


def in_a_table(columns: leave.Columns, rows: Iterator[Any]) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(":memory:")) as db:
        leave.to_table(db, "plain", columns, rows)
        return [dict(zip(columns._fields, row, strict=True)) for row in db.execute("SELECT * FROM plain")]


def in_csv(columns: leave.Columns, rows: Iterator[Any]) -> list[dict[str, Any]]:
    file = io.StringIO()
    leave.to_csv(file, columns, rows)
    return list(csv.DictReader(io.StringIO(file.getvalue())))


def in_json(_: leave.Columns, rows: Iterator[Any]) -> list[dict[str, Any]]:
    file = io.StringIO()
    leave.to_json(file, rows)
    return [json.loads(line) for line in file.getvalue().splitlines()]


@pytest.mark.parametrize("form", [in_a_table, in_csv, in_json])
def test_everything_leaves(service: Both, form: Callable[[leave.Columns, Iterator[Any]], list[dict[str, Any]]]) -> None:
    """What is written is what there is, and the history of each comes to it."""
    service.decides = "wallet"
    at = walk(service, random.Random(5), AT, 40)  # noqa: S311  # a story, not a secret
    service.reserve("ann", 70, ref="job-9", until=at + timedelta(minutes=5), at=at)
    service.store.act("ben", lambda wallet: wallet.spend(50_000, at=at, overdraw=True))
    service.advance(at)
    balances = form(leave.BalanceRow, leave.balances(service.store, at))
    history = form(leave.MovementRow, leave.history(service.store))
    for user, *_ in USERS:
        view = service.store.load(user).at(at)
        mine = [row for row in balances if row["wallet"] == user]
        debt = int(view.debt() or 0)
        assert sum(int(row["left"]) for row in mine) == int(view.balance()) - debt
        assert sum(int(row["held"]) for row in mine) == view.held()
        told = [row for row in history if row["wallet"] == user]
        assert sum(int(row["amount"]) for row in told) == int(told[-1]["balance"]) == view.balance()
    assert any(row["kind"] == "debt" for row in balances)
    assert {Decimal(row["paid"]) for row in balances if row["payment"] == "pi_2"} <= {Decimal("9.00")}


def bought(view: View) -> list[tuple[object, ...]]:
    """List what is left of packs, with issue, end and price."""
    packs = (one for one in view.buckets() if one.kind == "top_up" and one.left)
    return sorted((one.starts, str(one.expires), one.left, str(one.paid), str(one.payment)) for one in packs)


def test_what_left_can_arrive_again(service: Both) -> None:
    """The rows are enough to open wallets that have the same to use, with the same ends and prices."""
    at = walk(service, random.Random(6), AT, 10)  # noqa: S311  # a story, not a secret
    for user, *_ in USERS:
        view = service.store.load(user).at(at)
        brought = [
            Balance(
                row.kind,
                row.left,
                row.unit,
                issued=datetime.fromisoformat(row.issued or ""),
                expires=None if row.ends is None or row.kind == "quota" else datetime.fromisoformat(row.ends),
                paid=row.paid,
                payment=row.payment,
            )
            for row in leave.balances(service.store, at, user)
            if row.left or row.kind == "quota"
        ]
        anchor = view.period.start
        again = Wallet.open(view.plan.name, catalogue=SHOP, id=user, at=at, anchor=anchor, balances=brought).view
        assert again.by_kind() == view.by_kind()
        assert bought(again) == bought(view)


def test_nothing_is_left_of_a_table_that_could_not_be_written(service: Both) -> None:
    def rows() -> Iterator[leave.BalanceRow]:
        yield from leave.balances(service.store, AT, "ann")
        raise ValueError

    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        with pytest.raises(ValueError):  # noqa: PT011
            leave.to_table(db, "plain", leave.BalanceRow, rows())
        assert db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
