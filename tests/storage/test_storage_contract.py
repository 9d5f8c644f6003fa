"""What every recipe promises, whatever the database: all of a change or nothing, nothing lost, nothing twice."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta, timezone
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest

from tests.storage.places import Place
from tests.storage.shop import SHOP, august, july, opened
from tokenpurse import Change, Wallet, replay, transfer
from tokenpurse.errors import NotEnough, SnapshotError
from tokenpurse.notices import Notice, Request


class Crash(BaseException):
    """What nobody catches."""


def spends(amount: int, ref: str | None = None, **more: Any) -> Callable[[Wallet], Change]:
    return lambda wallet: wallet.spend(amount, at=july(2), ref=ref, **more)


def ids_sent(store: Any) -> list[tuple[str, str]]:
    """Deliver everything, and say what went out."""
    out: list[tuple[str, str]] = []
    store.deliver(lambda wallet, item: out.append((wallet, item.id)))
    return out


def is_sound(store: Any, id: str) -> bool:
    """The stored wallet is what its stored entries make."""
    wallet: Wallet = store.load(id)
    entries = store.entries(id)
    return [entry.sequence for entry in entries] == [*range(1, wallet.version + 1)] and (
        replay(entries, catalogue=SHOP) == wallet
    )


# -- create, load, act ---------------------------------------------------------------------------------------------


def test_a_wallet_is_created_once_and_is_there_for_every_connection(place: Place, store: Any) -> None:
    """A second opening leaves the first as it is, and gives what is stored by now."""
    assert store.create(opened()) == opened().wallet
    used = store.act("acme", spends(300)).wallet
    assert place.open().create(opened("metered")) == used
    assert place.open().load("acme") == used
    assert place.counts()[:2] == (1, 2)


def test_there_is_no_wallet_before_it_is_created(store: Any) -> None:
    with pytest.raises(LookupError, match="acme"):
        store.load("acme")
    with pytest.raises(LookupError, match="acme"):
        store.act("acme", spends(1))
    assert store.entries("acme") == []


def test_what_a_verb_gives_is_what_is_loaded(store: Any) -> None:
    """Also what is odd in it: long numbers, words in any script, and where nothing is given."""
    store.create(opened("agent"))
    store.act("acme", lambda wallet: wallet.top_up("credits", Decimal(10**9), at=july(2), payment="pay_1", by="a"))
    labels = {"who": "Łukasz 東京 \N{ROCKET} 'quoted' \"twice\" \\ %s :name ?", "empty": ""}
    change = store.act("acme", lambda wallet: wallet.spend(1_234, at=july(3), labels=labels, ref="a/b:c@d"))
    assert store.load("acme") == change.wallet
    assert store.entries("acme")[-1] == change.entry
    assert is_sound(store, "acme")


def test_what_is_loaded_goes_on_as_if_it_had_never_been_stored(store: Any) -> None:
    """A month of use, step by step through the database and in one process, ends in equal wallets."""
    wallet = store.create(opened("metered"))
    for day in range(2, 30, 3):
        wallet = wallet.spend(170, at=july(day), ref=f"job-{day}").wallet
        store.act("acme", lambda stored, day=day: stored.spend(170, at=july(day), ref=f"job-{day}"))
    wallet = wallet.advance(august(1)).wallet
    assert store.act("acme", lambda stored: stored.advance(august(1))).wallet == wallet == store.load("acme")


def test_a_refusal_writes_nothing(place: Place, store: Any) -> None:
    store.create(opened())
    before = place.counts()
    with pytest.raises(NotEnough):
        store.act("acme", spends(10_001))
    assert place.counts() == before
    assert store.load("acme") == opened().wallet


def test_a_repeat_writes_nothing_and_says_so(place: Place, store: Any) -> None:
    store.create(opened())
    first = store.act("acme", spends(9_000, "job-1"))
    before = place.counts()
    again = place.open().act("acme", spends(9_000, "job-1"))
    assert again.repeated
    assert again.wallet == first.wallet == store.load("acme")
    assert place.counts() == before


def test_a_verb_that_answers_with_something_else_ends(place: Place, store: Any) -> None:
    """An opening that was kept, or two changes of one version: nothing is written, and nobody asks for ever."""
    opening = opened()
    store.create(opening)
    with pytest.raises(Exception, match="acme") as raised:
        store.act("acme", lambda _: opening)
    assert type(raised.value).__name__ == "Raced"
    with pytest.raises(Exception, match="acme") as raised:
        store.act_on_two("acme", "acme", lambda one, other: (spends(1)(one), spends(2)(other)))
    assert type(raised.value).__name__ == "Raced"
    assert place.counts()[:2] == (1, 1)


def test_a_bug_in_the_verb_writes_nothing_and_leaves_the_connection_usable(place: Place, store: Any) -> None:
    store.create(opened())
    before = place.counts()

    def fails(wallet: Wallet) -> Change:
        wallet.spend(1, at=july(2))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.act("acme", fails)
    assert place.counts() == before
    assert store.act("acme", spends(1)).wallet.version == 2


# -- somebody was faster -------------------------------------------------------------------------------------------


def test_who_was_slower_decides_again_on_what_is_stored_by_then(place: Place, store: Any) -> None:
    """Not the same decision once more: it takes from what the other left."""
    store.create(opened())
    other = place.open()
    seen = []

    def verb(wallet: Wallet) -> Change:
        seen.append(wallet.version)
        if len(seen) == 1:
            other.act("acme", spends(6_000))
        return wallet.spend(7_000, at=july(2), partial=True)

    assert store.act("acme", verb).moved == {"tokens": 4_000}
    assert seen == [1, 2]
    assert store.load("acme").at(july(2)).available() == 0
    assert is_sound(store, "acme")


def test_who_was_slower_may_be_refused(place: Place, store: Any) -> None:
    """And of the first decision nothing is left."""
    store.create(opened())
    other = place.open()
    once = iter([lambda: other.act("acme", spends(6_000))])

    def verb(wallet: Wallet) -> Change:
        next(once, lambda: None)()
        return wallet.spend(5_000, at=july(2))

    with pytest.raises(NotEnough) as refusal:
        store.act("acme", verb)
    assert refusal.value.available == 4_000
    assert store.load("acme").version == 2
    assert place.counts()[1] == 2
    assert is_sound(store, "acme")


def test_the_same_operation_from_two_at_once_is_done_once(place: Place, store: Any) -> None:
    """A job that was started twice: the slower one finds a repeat."""
    store.create(opened())
    other = place.open()
    once = iter([lambda: other.act("acme", spends(300, "job-1"))])

    def verb(wallet: Wallet) -> Change:
        next(once, lambda: None)()
        return wallet.spend(300, at=july(2), ref="job-1")

    assert store.act("acme", verb).repeated
    assert store.load("acme").at(july(2)).available() == 9_700


@pytest.mark.parametrize("amount", [300, 9_000])
def test_all_at_once_use_what_is_there_and_not_more(place: Place, amount: int) -> None:
    """Eight connections at one wallet, which the first of them finds or opens."""
    together = Barrier(8)

    def work(worker: int) -> int:
        done = 0
        with place.connected() as store:
            together.wait()
            store.create(opened())
            for job in range(5):
                with suppress(NotEnough):
                    store.act("acme", spends(amount, f"job-{worker}-{job}"))
                    done += 1
        return done

    with ThreadPoolExecutor(8) as pool:
        done = sum(pool.map(work, range(8)))
    store = place.open()
    assert done == min(40, 10_000 // amount)
    assert store.load("acme").at(july(2)).available() == 10_000 - done * amount
    assert place.counts()[:2] == (1, 1 + done)
    assert is_sound(store, "acme")


# -- the ledger's own wall -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("amount", "repeated"), [(850, True), (851, False)])
def test_a_ref_that_the_wallet_has_forgotten_meets_the_ledger(
    place: Place, store: Any, amount: int, repeated: bool
) -> None:
    """It remembers none here. Nothing of the second try is written, and what was done is handed over."""
    store.create(opened(ring=0))
    first = store.act("acme", spends(850, "job-1"))
    before = place.counts()
    with pytest.raises(Exception, match="acme#2") as done:
        store.act("acme", spends(amount, "job-1"))
    assert type(done.value).__name__ == "AlreadyDone"
    assert vars(done.value) == {"entry": first.entry, "repeated": repeated}
    assert place.counts() == before
    assert store.load("acme") == first.wallet
    assert store.act("acme", spends(1, "job-2")).wallet.version == 3


def test_one_ref_in_two_wallets_is_no_repeat(store: Any) -> None:
    for id in ("acme", "ben"):
        store.create(opened(id=id))
        assert store.act(id, spends(300, "job-1")).moved == {"tokens": 300}


def test_another_wallets_document_is_refused(place: Place, store: Any) -> None:
    """Whoever swapped them: each document says whose it is."""
    for id in ("acme", "ben"):
        store.create(opened(id=id))
    place.swap("acme", "ben")
    with pytest.raises(SnapshotError, match=r"wallet\.id"):
        place.open().load("acme")


# -- two wallets ---------------------------------------------------------------------------------------------------


def gives(amount: int, ref: str) -> Callable[[Wallet, Wallet], tuple[Change, Change]]:
    def verb(giver: Wallet, taker: Wallet) -> tuple[Change, Change]:
        pair = transfer(giver, taker, amount, at=july(3), ref=ref)
        return pair.giver, pair.taker

    return verb


def with_two(store: Any) -> None:
    for id in ("ann", "ben"):
        store.create(opened(id=id))
    store.act("ann", lambda wallet: wallet.grant(500, at=july(2), ref="promo"))


def test_both_wallets_change(store: Any) -> None:
    with_two(store)
    giver, taker = store.act_on_two("ann", "ben", gives(500, "gift-1"))
    assert (store.load("ann"), store.load("ben")) == (giver.wallet, taker.wallet)
    assert store.load("ben").at(july(3)).available() == 10_500
    assert all(change.repeated for change in store.act_on_two("ann", "ben", gives(500, "gift-1")))


@pytest.mark.parametrize("faster", ["ann", "ben"])
def test_both_are_decided_again_where_either_was_changed(place: Place, store: Any, faster: str) -> None:
    """Of a decision on two wallets of which one is no longer as it was read, nothing is written."""
    with_two(store)
    other = place.open()
    stale = gives(500, "gift-1")(store.load("ann"), store.load("ben"))
    other.act(faster, spends(7, "meanwhile"))
    with pytest.raises(Exception, match=faster) as raced:
        store.act_on_two("ann", "ben", lambda *_: stale)
    assert type(raced.value).__name__ == "Raced"
    assert store.load("ann").version + store.load("ben").version == 4
    store.act_on_two("ann", "ben", gives(500, "gift-1"))
    assert store.load("ann").at(july(3)).available() + store.load("ben").at(july(3)).available() == 20_493
    assert is_sound(store, "ann")
    assert is_sound(store, "ben")


def test_gifts_in_both_directions_at_once_do_not_lock_each_other_out(place: Place, store: Any) -> None:
    for id in ("ann", "ben"):
        store.create(opened(id=id))
        store.act(id, lambda wallet: wallet.grant(500, at=july(2), ref="promo"))
    together = Barrier(4)

    def work(worker: int) -> None:
        with place.connected() as mine:
            together.wait()
            for number in range(5):
                mine.act_on_two(*(("ann", "ben") if worker % 2 else ("ben", "ann")), gives(10, f"{worker}-{number}"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    for id in ("ann", "ben"):
        assert store.load(id).at(july(3)).available() == 10_500
        assert store.load(id).version == 22
        assert is_sound(store, id)


# -- the outbox ----------------------------------------------------------------------------------------------------


def test_what_is_worth_telling_waits_in_the_outbox_and_goes_out_once(place: Place, store: Any) -> None:
    store.create(opened())
    change = store.act("acme", spends(10_000))
    assert [notice.id for notice in change.notices] == ["low#1", "empty#1"]
    items: list[Notice | Request] = []
    place.open().deliver(lambda _, item: items.append(item))
    assert tuple(items) == change.notices
    assert ids_sent(store) == []
    assert place.counts()[2] == 0


def test_what_has_to_be_done_waits_there_too_and_is_reported_back(store: Any) -> None:
    """A charge of auto top-up, and the bill of a period that time has closed."""
    store.create(opened("agent"))
    store.act("acme", lambda wallet: wallet.set_auto_top_up(threshold=Decimal(10), purchase=Decimal(25), at=july(1)))
    store.create(opened("metered", id="ben"))
    store.act("ben", spends(3_500))
    store.act("ben", lambda wallet: wallet.advance(august(1)))
    paid = []

    def send(id: str, item: Any) -> None:
        if not isinstance(item, Notice):
            store.act(id, lambda wallet: wallet.confirm(item, at=wallet.clock, payment=f"pay-{item.id}"))
        paid.append((id, type(item).__name__))

    store.deliver(send)
    assert paid == [("acme", "Charge"), ("ben", "Bill"), ("acme", "Notice")]
    assert store.load("acme").at(july(2)).balance("USD") == 25
    assert store.load("ben").at(august(1)).pending() == ()
    assert ids_sent(store) == []


def test_what_cannot_be_sent_stays_and_holds_up_nobody(
    place: Place, store: Any, caplog: pytest.LogCaptureFixture
) -> None:
    store.create(opened())
    store.act("acme", spends(10_000))
    sent = []

    def send(_: str, item: Notice | Request) -> None:
        if item.id == "low#1":
            raise ConnectionError("no mail today")
        sent.append(item.id)

    with caplog.at_level(logging.ERROR):
        store.deliver(send)
    assert sent == ["empty#1"]
    assert "low#1 of wallet acme" in caplog.text
    assert ids_sent(place.open()) == [("acme", "low#1")]


def test_a_crash_in_the_middle_of_sending_sends_again(place: Place, store: Any) -> None:
    """Under the same id, so that who gets it can see that it is the same."""
    store.create(opened())
    store.act("acme", spends(10_000))

    def crashes(_: str, __: Notice | Request) -> None:
        raise Crash

    with pytest.raises(Crash):
        store.deliver(crashes)
    assert ids_sent(place.open()) == [("acme", "low#1"), ("acme", "empty#1")]


def test_what_is_over_within_the_same_change_is_not_asked(store: Any) -> None:
    """A wallet that slept through the grace of a renewal: nobody is charged for the plan that has ended."""
    store.create(opened("paid"))
    change = store.act("acme", lambda wallet: wallet.advance(july(1) + timedelta(days=100)))
    assert [request.until < change.wallet.clock for entry in change.entries for request in entry.requests] == [True]
    assert [id for _, id in ids_sent(store)] == [notice.id for notice in change.notices] != []


def test_what_is_due_by_then_is_asked_once_each(store: Any) -> None:
    """A wallet that slept through two months of use that is billed."""
    store.create(opened("metered"))
    store.act("acme", spends(3_500))
    change = store.act("acme", lambda wallet: wallet.advance(july(1) + timedelta(days=100)))
    assert [id for _, id in ids_sent(store)] == [request.id for request in change.requests] != []


# -- time ----------------------------------------------------------------------------------------------------------


def test_a_worker_finds_the_wallets_that_time_has_changed(store: Any) -> None:
    """Those alone, and none of them twice; in whatever zone it asks."""
    for day, id in ((3, "late"), (1, "early"), (2, "middle")):
        store.create(opened("metered", id=id, at=july(day)))
    tokyo = timezone(timedelta(hours=9))
    assert store.due(july(31)) == []
    assert store.due((august(1) - timedelta(microseconds=1)).astimezone(tokyo)) == []
    assert store.due(august(1).astimezone(tokyo)) == ["early"]
    assert store.due(august(2)) == ["early", "middle"]
    assert store.due(august(2), limit=1) == ["early"]
    for id in store.due(august(2)):
        store.act(id, lambda wallet: wallet.advance(august(2)))
    assert store.due(august(2)) == []
    assert store.due(august(3)) == ["late"]
    store.act("late", lambda wallet: wallet.close(at=july(4)))
    assert store.due(august(3)) == []


def test_what_ends_before_the_period_is_due_then(store: Any) -> None:
    """A hold's deadline, to the microsecond."""
    store.create(opened())
    until = july(2) + timedelta(hours=1, microseconds=5)
    store.act("acme", lambda wallet: wallet.hold(100, at=july(2), ref="h", until=until))
    assert store.due(until - timedelta(microseconds=1)) == []
    assert store.due(until) == ["acme"]
