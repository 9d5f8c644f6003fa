"""What a verb gives back, and the wallet itself: immutable values with short, honest words for themselves."""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

import tokenpurse
from tests.support.rich import PLANS, after, charged, july, opened
from tokenpurse import Catalogue, Change, PayAsYouGo, Plan, Wallet, replay
from tokenpurse.errors import PurseError, UnknownNameError

CHANGES: dict[str, Callable[[], Change]] = {
    "short way": lambda: opened().wallet.spend(5, at=july(2)),
    "long way": lambda: opened().wallet.spend(5, at=july(2), ref="r"),
    "opened": opened,
    "nothing": lambda: opened().wallet.spend(0, at=july(2)),
    "repeated": lambda: after(lambda w: w.spend(5, at=july(2), ref="r")).spend(5, at=july(2), ref="r"),
}


@pytest.fixture(params=CHANGES.values(), ids=list(CHANGES))
def change(request: pytest.FixtureRequest) -> Change:
    made: Change = request.param()
    return made


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("short way", "<Change Spent: <Wallet 'acme' rich: 995 available, version 2, as of 2026-07-02T00:00Z>>"),
        ("long way", "<Change Spent: <Wallet 'acme' rich: 995 available, version 2, as of 2026-07-02T00:00Z>>"),
        ("opened", "<Change Opened: <Wallet 'acme' rich: 1,000 available, version 1, as of 2026-07-01T00:00Z>>"),
        ("nothing", "<Change nothing: <Wallet 'acme' rich: 1,000 available, version 1, as of 2026-07-01T00:00Z>>"),
        ("repeated", "<Change repeated: <Wallet 'acme' rich: 995 available, version 2, as of 2026-07-02T00:00Z>>"),
    ],
)
def test_a_change_says_in_one_line_what_happened(name: str, text: str) -> None:
    """Kinds of entries, and the wallet after them."""
    assert text == repr(CHANGES[name]())


@pytest.mark.parametrize(
    ("wallet", "text"),
    [
        (after(lambda w: w.freeze(at=july(2))), "<Wallet 'acme' rich: frozen, version 2, "),
        (after(lambda w: w.close(at=july(2))), "<Wallet 'acme' rich: closed, version 2, "),
        (replay(opened().entries), "<Wallet 'acme' rich: version 1, "),
        (opened("big").wallet, "<Wallet 'acme' big: 100,000 available, version 1, "),
        (
            Wallet.open(Plan("p", pay_as_you_go=[PayAsYouGo(Decimal(1))]), id="a", at=july(1)).wallet,
            "<Wallet 'a' p: unbounded, ",
        ),
        (opened(id="x" * 128).wallet, f"<Wallet '{'x' * 32}' rich: 1,000 available, version 1, "),
    ],
)
def test_a_wallet_says_in_one_line_what_it_is(wallet: Wallet, text: str) -> None:
    """What can be spent, no labels, and no more of the id than is needed to know it."""
    assert repr(wallet).startswith(text)
    assert len(repr(wallet)) < 160


def test_a_change_and_its_wallet_cannot_be_changed(change: Change) -> None:
    """Nothing can be set, replaced or taken away."""
    for thing in (change, change.wallet, change.before):
        for name in ("wallet", "version", "clock", "entries", "anything"):
            with pytest.raises(AttributeError):
                setattr(thing, name, None)
            with pytest.raises(AttributeError):
                delattr(thing, name)
    with pytest.raises(AttributeError):
        _ = change.anything  # type: ignore[attr-defined]  # there is no such thing
    assert not hasattr(change.wallet, "__dict__")
    assert not hasattr(change, "__dict__")


def test_a_copy_is_the_very_same(change: Change) -> None:
    """A value needs none."""
    for thing in (change, change.wallet):
        assert copy.copy(thing) is thing
        assert copy.deepcopy(thing) is thing
        assert copy.deepcopy([thing])[0] is thing


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickling_is_refused_with_the_way_to_go(change: Change, protocol: int) -> None:
    """What is stored are entries: they are checked when they are read."""
    for thing in (change, change.wallet):
        with pytest.raises(PurseError, match=r"is not pickled: store (its entries|what codec)"):
            pickle.dumps(thing, protocol)


def test_neither_can_be_derived_from_or_made_by_hand() -> None:
    """A wallet is opened or replayed; a change comes from a verb."""
    with pytest.raises(TypeError, match="final"):
        type("Mine", (Wallet,), {})
    for make in (Wallet, Change):
        with pytest.raises((TypeError, AttributeError)):
            make()  # type: ignore[call-arg]  # wrong on purpose


def test_what_is_handed_out_cannot_change_the_wallet() -> None:
    """Collections are copies or cannot be changed."""
    wallet = charged()
    view = wallet.at(july(2))
    for found in (view.by_kind(), view.counts, wallet.spend(5, at=july(2)).moved):
        found.clear()

    assert view.by_kind() == {"quota": 1_000}
    assert view.counts == {"seats": 2}
    assert isinstance(view.buckets(), tuple)
    assert isinstance(view.pending(), tuple)
    assert isinstance(wallet.spend(5, at=july(2)).entries, tuple)
    for frozen in (view.buckets()[0], view.pending()[0], view.gauge(), view.period, view.plan, view.lifetime()):
        with pytest.raises(AttributeError):
            frozen.unit = None  # type: ignore[union-attr]  # frozen on purpose


def test_what_is_handed_in_can_be_changed_later_without_effect() -> None:
    """Mappings and lists are copied at the door."""
    labels, amounts, counts = {"model": "a"}, {"tokens": 5}, {"seats": 2}
    wallet = opened(counts=counts).wallet
    change = wallet.spend(amounts, at=july(2), labels=labels)
    labels["model"], amounts["tokens"], counts["seats"] = "b", 9, 7

    assert change.entries[0].labels == (("model", "a"),)  # type: ignore[attr-defined]  # a spend
    assert change.moved == {"tokens": 5}
    assert wallet.at(july(2)).counts == {"seats": 2}


def test_wallets_are_equal_by_what_they_hold() -> None:
    """Not by how they came to be, nor by the plans they are bound to; nothing else is equal to one."""
    one, other = opened(), opened()

    assert one.wallet == other.wallet
    assert hash(one.wallet) == hash(other.wallet)
    assert {one.wallet, other.wallet} == {one.wallet}
    assert one.wallet != one.wallet.spend(1, at=july(2)).wallet
    assert one.wallet != opened(id="other").wallet
    assert one.wallet != "acme"
    assert one.wallet.__eq__(5) is NotImplemented
    assert one.wallet == one.wallet.bind(Catalogue([*PLANS, tokenpurse.Plan("new")]))


def test_the_short_way_makes_its_entry_when_it_is_read_and_it_is_the_same_each_time() -> None:
    """Spends one after the other know what each left behind."""
    wallet, entries = opened().wallet, list(opened().entries)
    for amount in (5, 7, 11):
        change = wallet.spend(amount, at=july(2), by="app")
        assert change.entries == change.entries
        assert (change.notices, change.requests, change.first) == ((), (), None)
        assert change.before is wallet
        entries += change.entries
        wallet = change.wallet

    assert replay(entries) == wallet
    assert [entry.uses[0].draws[0].left for entry in entries[1:]] == [995, 988, 977]  # type: ignore[attr-defined]
    assert [entry.id for entry in entries] == ["acme#1", "acme#2", "acme#3", "acme#4"]


def test_what_moved_is_said_in_each_unit() -> None:
    """An int of a meter, a Decimal of money, nothing where nothing did."""
    wallet = after(lambda w: w.grant(Decimal("2.50"), "USD", at=july(2)))

    assert wallet.spend({"tokens": 5, "USD": Decimal("0.5")}, at=july(2)).moved == {"tokens": 5, "USD": Decimal("0.50")}
    assert wallet.freeze(at=july(2)).moved == {}
    assert wallet.advance(july(33)).moved == {}


def test_a_change_shows_its_wallet_at_its_clock() -> None:
    """And needs the plans to do so."""
    change = opened().wallet.spend(5, at=july(2))

    assert change.view.at == july(2)
    assert change.view.available() == 995
    with pytest.raises(UnknownNameError, match="bind a catalogue"):
        replay(opened().entries).at(july(1)).available()


def test_the_package_shows_its_daily_nouns() -> None:
    """And nothing else, sorted."""
    assert dir(tokenpurse) == sorted(tokenpurse.__all__) == tokenpurse.__all__
    for name in tokenpurse.__all__:
        assert getattr(tokenpurse, name).__doc__
    found: Any = tokenpurse.replay
    assert found is replay


def test_a_plan_can_be_written_with_what_the_root_has() -> None:
    """Every part of one, its periods and policies, and the errors to handle."""
    assert set(tokenpurse.plans.__all__) <= set(tokenpurse.__all__)
    everything: dict[str, Any] = {}
    exec("from tokenpurse import *", everything)  # noqa: S102  # what a user at a prompt does
    assert set(tokenpurse.__all__) <= set(everything)
    for module in ("errors", "periods", "policies"):
        assert everything[module] is sys.modules[f"tokenpurse.{module}"]


@pytest.mark.parametrize(("verb", "entry"), [("spend", "Spent"), ("grant", "Granted")])
def test_the_verbs_own_entry_is_told_from_what_was_due(verb: str, entry: str) -> None:
    """Between what time did before it and what it gave rise to."""
    on_time = getattr(opened().wallet, verb)(5, at=july(2))
    late = getattr(opened().wallet, verb)(5, at=july(33))

    assert on_time.entries == (on_time.entry,)
    assert [type(one).__name__ for one in late.entries] == ["PeriodOpened", entry]
    assert late.entry is late.entries[1]
    assert opened().wallet.spend(0, at=july(33)).entry is None
