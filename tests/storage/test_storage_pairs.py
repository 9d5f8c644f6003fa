"""What every recipe promises of two wallets that share a use: nothing is paid twice, and nothing by mistake."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any

import pytest

from tests.storage.places import Place
from tests.storage.shop import july, opened
from tests.storage.test_storage_contract import gives, is_sound, spends
from tokenpurse import Change, Wallet, spend_from_pool
from tokenpurse.errors import NotEnough


def shares(amount: int, ref: str) -> Callable[[Wallet, Wallet], tuple[Change, Change]]:
    def verb(member: Wallet, pool: Wallet) -> tuple[Change, Change]:
        pair = spend_from_pool(member, pool, amount, at=july(3), ref=ref)
        return pair.member, pair.pool

    return verb


@pytest.mark.parametrize(("amount", "repeated"), [(50, True), (51, False)])
def test_what_the_member_paid_is_not_paid_by_the_pool(place: Place, store: Any, amount: int, repeated: bool) -> None:
    """The member has forgotten it, and has nothing left; of the pool it was never asked."""
    store.create(opened("free", id="cat", ring=0))
    store.create(opened(id="team"))
    first, nothing = store.act_on_two("cat", "team", shares(50, "call-1"))
    assert (first.moved, nothing.moved) == ({"tokens": 50}, {})
    store.act("cat", lambda wallet: wallet.spend(50, at=july(3)))
    before = place.counts()
    with pytest.raises(Exception, match="cat#2") as done:
        store.act_on_two("cat", "team", shares(amount, "call-1"))
    assert vars(done.value) == {"entry": first.entry, "repeated": repeated}
    assert place.counts() == before


def test_what_the_pool_paid_is_not_paid_by_the_member(place: Place, store: Any) -> None:
    """The pool has forgotten it, and the member has something again."""
    store.create(opened("free", id="cat"))
    store.create(opened(id="team", ring=0))
    store.act("cat", spends(100))
    nothing, first = store.act_on_two("cat", "team", shares(70, "call-1"))
    assert (nothing.moved, first.moved) == ({}, {"tokens": 70})
    store.act("cat", lambda wallet: wallet.grant(100, at=july(3), ref="promo"))
    before = place.counts()
    with pytest.raises(Exception, match="team#2") as done:
        store.act_on_two("cat", "team", shares(70, "call-1"))
    assert vars(done.value) == {"entry": first.entry, "repeated": True}
    assert place.counts() == before
    assert store.act_on_two("cat", "team", shares(70, "call-2"))[0].moved == {"tokens": 70}


def test_two_wallets_are_read_as_of_one_moment(place: Place, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pool gives to the member what the member then uses: it is not billed to the pool, which has it no more.

    The gift comes when the first of the two is loaded, or waits until both are stored.
    """
    store.create(opened("free", id="cat"))
    store.act("cat", spends(100))
    store.create(opened("metered", id="team"))
    store.act("team", spends(1_000))
    store.act("team", lambda wallet: wallet.grant(5_000, at=july(2), ref="promo"))
    recipe = type(getattr(store, "store", store)).act.__globals__
    load, once = recipe["load_wallet"], iter([True])

    def gift() -> None:
        with place.connected() as other, suppress(NotEnough):  # the pool has used it
            other.act_on_two("team", "cat", gives(5_000, "gift-1"))

    with ThreadPoolExecutor(1) as pool:

        def slowly(document: Any, *, id: str, **more: Any) -> Wallet:
            wallet: Wallet = load(document, id=id, **more)
            if id == "cat" and next(once, False):
                wait([pool.submit(gift)], timeout=1)
            return wallet

        monkeypatch.setitem(recipe, "load_wallet", slowly)
        store.act_on_two("cat", "team", shares(5_000, "call-1"))
    monkeypatch.undo()
    assert store.load("team").at(july(3)).accrued() == ()
    assert [store.load(id).at(july(3)).balance() for id in ("cat", "team")] == [0, 0]
    assert is_sound(store, "cat")
    assert is_sound(store, "team")


def test_what_is_done_already_can_be_told_to_another_process(store: Any) -> None:
    """A pool of processes hands errors over by pickling them."""
    store.create(opened(ring=0))
    store.act("acme", spends(850, "job-1"))
    with pytest.raises(Exception, match="acme#2") as done:
        store.act("acme", spends(850, "job-1"))
    assert type(done.value).__name__ == "AlreadyDone"
    told = pickle.loads(pickle.dumps(done.value))  # noqa: S301  # our own
    assert (str(told), vars(told)) == ("acme#2", vars(done.value))
