"""The old code and the wallets side by side: where they differ is found with its reason, and either can take over."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from attrs import evolve

from examples.moving import both, move, old
from examples.moving.both import Both
from examples.moving.check import check
from examples.moving.move import left_in
from examples.moving.plans import SHOP
from tests.support.moving import AT, USERS, moved, walk
from tokenpurse import Alert, Catalogue, Wallet
from tokenpurse.errors import PurseError


def month(number: int, day: int = 15, hour: int = 12) -> datetime:
    return datetime(2026, number, day, hour, tzinfo=UTC)


@pytest.fixture
def service() -> Iterator[Both]:
    """Everybody is moved, and the old code decides."""
    with moved() as found:
        yield found


@pytest.fixture
def db(service: Both) -> sqlite3.Connection:
    return service.store.db


def reasons(service: Both) -> list[tuple[str, str]]:
    return [(one.user, one.reason) for one in service.differences()]


def agree(service: Both, at: datetime) -> bool:
    """Tell whether both say the same of everybody, pack by pack."""
    for user, *_ in USERS:
        service.old.turn(user, at)
        assert service.old.left(user, at) == left_in(service.store.load(user), at), user
    return check(service.store, at).rows == ()


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


def test_what_is_bought_is_in_the_old_table(service: Both, db: sqlite3.Connection) -> None:
    service.decides = "wallet"
    service.buy("ben", payment="pi_9", at=AT)
    row = db.execute("SELECT user, bought, ends, size, rest, cents FROM packs WHERE payment = 'pi_9'").fetchall()
    assert row == [("ben", "2026-07-15 12:00:00", None, 5_000, 5_000, 900)]


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


def test_what_the_switch_puts_right_is_told(service: Both, db: sqlite3.Connection) -> None:
    """With the first request that the wallet decides the old table is as the wallet, and so it is on the way back."""
    db.execute("UPDATE users SET used = used + 100 WHERE id = 'cleo'")
    for decides in ("old", "wallet", "old"):
        service.decides = decides
        service.spend("cleo", 10, ref=f"job-{len(reasons(service))}", at=AT)
    assert reasons(service) == [("cleo", "end"), ("cleo", "follow")]


def test_a_pack_that_the_wallet_does_not_know_is_gone_with_the_switch(service: Both) -> None:
    """The old code took a webhook that came twice for two."""
    for _ in range(2):
        service.buy("ben", payment="pi_9", at=AT)
    assert reasons(service) == [("ben", "repeat"), ("ben", "amount")]
    service.decides = "wallet"
    service.spend("ben", 10, ref="job-1", at=AT)
    assert service.old.left("ben", AT) == left_in(service.store.load("ben"), AT) == (690, 0, 5_500, 0)


def test_what_is_asked_twice_is_found(service: Both) -> None:
    """The old code counts it again; the wallet knows the ref."""
    for _ in range(2):
        assert service.spend("cleo", 100, ref="job-1", at=AT)
    assert reasons(service) == [("cleo", "repeat"), ("cleo", "amount")]
    assert service.store.load("cleo").at(AT).available() == 19_900


@pytest.mark.parametrize("decides", ["old", "wallet"])
def test_what_is_asked_again_long_after_is_known(service: Both, decides: Literal["old", "wallet"]) -> None:
    """The wallet has forgotten the ref by then; the ledger has not."""
    service.decides = decides
    for number in range(40):
        assert service.spend("cleo", 100, ref=f"job-{number}", at=AT)
    assert service.spend("cleo", 100, ref="job-0", at=AT)
    assert service.store.load("cleo").at(AT).available() == 16_000
    assert service.old.left("cleo", AT).free == (15_900 if decides == "old" else 16_000)
    assert reasons(service) == ([("cleo", "repeat"), ("cleo", "amount")] if decides == "old" else [])


def test_what_is_reserved_over_a_month_end_is_found(service: Both) -> None:
    """The wallet counts it in the month that it was held in, the old code in the one that it was settled in."""
    end = datetime(2026, 8, 1, tzinfo=UTC)
    service.reserve("ben", 600, ref="job-1", until=end + timedelta(hours=1), at=end - timedelta(hours=1))
    service.settle("ben", 600, ref="job-1", at=end)
    assert reasons(service) == [("ben", "reset"), ("ben", "amount")]


@pytest.mark.parametrize(("tokens", "expected"), [(600, []), (200, [("ben", "order")])])
def test_who_pays_is_asked_when_nothing_is_reserved(
    service: Both, tokens: int, expected: list[tuple[str, str]]
) -> None:
    """A wallet says at once who pays for what is held, the old code when it is settled: in between only sums count."""
    service.reserve("ben", 600, ref="job-1", until=AT + timedelta(minutes=9), at=AT)
    service.spend("ben", 300, ref="job-2", at=AT)
    assert service.old.left("ben", AT) == (400, 0, 500, 600)
    assert left_in(service.store.load("ben"), AT) == (600, 0, 300, 600)
    assert reasons(service) == []
    service.settle("ben", tokens, ref="job-1", at=AT)
    assert reasons(service) == expected


@pytest.mark.parametrize("decides", ["old", "wallet"])
def test_what_was_made_after_its_deadline_is_used_once(service: Both, decides: Literal["old", "wallet"]) -> None:
    """Nothing is reserved any more, and it is counted all the same, by both."""
    service.decides = decides
    before = service.old.left("ben", AT).free
    assert service.reserve("ben", 200, ref="job-1", until=AT + timedelta(minutes=1), at=AT)
    late = AT + timedelta(minutes=2)
    assert service.settle("ben", 150, ref="job-1", at=late)
    assert service.old.left("ben", late).free == left_in(service.store.load("ben"), late).free == before - 150
    if decides == "wallet":
        assert service.settle("ben", 150, ref="job-1", at=late)
        assert left_in(service.store.load("ben"), late).free == before - 150


def test_a_wallet_that_cannot_be_read_holds_up_nobody(
    service: Both, db: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    service.decides = "wallet"
    at = month(10)
    first, *others = service.store.due(at)
    db.execute("UPDATE wallets SET document = '{}' WHERE id = ?", (first,))
    service.advance(at)
    assert others
    assert service.store.due(at) == [first]
    assert f"{first} waits" in caplog.text


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
    one, other = service.differences()
    assert (one.reason, one.wallet) == ("error", f"{type(error).__name__}: broken")
    assert (other.reason, other.wallet) == ("amount", [700, 0, 500, 0])
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
