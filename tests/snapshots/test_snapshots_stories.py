"""Every wallet of the stories, entry by entry, comes back from its document as it was, and so does every entry."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from random import Random

import attrs
import pytest

from tests.support.snapshots import bytes_of, prefixes, reloaded, shuffled
from tokenpurse import Allowance, Catalogue, Plan, Switch, Wallet, replay
from tokenpurse.codec import canonical, dump_entry, dump_wallet, load_entry, load_wallet
from tokenpurse.entries import Remembered

STORIES = range(len(prefixes()))


@pytest.mark.parametrize("which", STORIES)
def test_a_wallet_comes_back(which: int) -> None:
    """As text, as bytes and as a dict; bound to its plans or not; whatever a database did to the order of keys."""
    story, wallets = prefixes()[which]
    chance = Random(which)  # noqa: S311  # any order of keys will do
    for wallet in wallets:
        document = dump_wallet(wallet)
        for form in (document, json.dumps(document), canonical(document), shuffled(document, chance)):
            assert wallet == load_wallet(form, id="acme", catalogue=story.plans)
            assert wallet == load_wallet(form, id="acme")
        assert document == dump_wallet(load_wallet(document, id="acme"))


@pytest.mark.parametrize("which", STORIES)
def test_an_entry_comes_back(which: int) -> None:
    """All kinds of them: the stories have every one."""
    story, _ = prefixes()[which]
    chance = Random(which)  # noqa: S311  # likewise
    for entry in story.entries:
        document = dump_entry(entry)
        for form in (document, json.dumps(document), canonical(document), shuffled(document, chance)):
            assert entry == load_entry(form, wallet="acme")
        assert document == dump_entry(load_entry(document, wallet="acme"))


def test_what_comes_back_is_what_it_was_to_the_very_types() -> None:
    """A float that is equal to a whole number, or a list to a tuple, would show only later."""
    for story, wallets in prefixes():
        for entry in story.entries:
            assert repr(entry) == repr(load_entry(dump_entry(entry), wallet="acme"))
        for wallet in wallets[::7]:
            read = load_wallet(dump_wallet(wallet), id="acme")._book
            for field in attrs.fields(type(read)):
                assert type(getattr(read, field.name)) is type(getattr(wallet._book, field.name)), field.name


@pytest.mark.parametrize("which", STORIES)
def test_a_wallet_goes_on_from_its_document(which: int) -> None:
    """The verbs of the rest of its story, from wherever it was stored, make the entries that they made."""
    story, wallets = prefixes()[which]
    chance = Random(which)  # noqa: S311  # likewise
    for position in range(0, len(wallets) - 1, 3):
        twin = reloaded(wallets[position], story.plans, chance)
        at = story.entries[position + 1].at
        for verb, args in (("advance", ()), ("spend", (1,)), ("reset", ()), ("close", ()), ("pause", ())):
            assert came_of(twin, verb, args, at) == came_of(wallets[position], verb, args, at)


def came_of(wallet: Wallet, verb: str, args: tuple[object, ...], at: object) -> object:
    """Say what a verb comes to, or its refusal."""
    try:
        change = getattr(wallet, verb)(*args, at=at)
    except Exception as problem:  # noqa: BLE001  # whatever it is, both say it
        return type(problem), str(problem)
    return change.entries, bytes_of(change.wallet)


def test_entries_that_were_stored_are_replayed() -> None:
    """A ledger of documents is the wallet."""
    for story, wallets in prefixes():
        ledger = [load_entry(canonical(dump_entry(one)), wallet="acme") for one in story.entries]
        assert wallets[-1] == replay(ledger)


def test_refs_say_what_they_said() -> None:
    """What a ref was used for is compared word by word when it comes again: amounts, moments, labels."""
    said = [one.ref for story, _ in prefixes() for one in story.entries if one.ref is not None]
    assert {type(part) for one in said for part in one.said} >= {str, tuple, type(None)}
    assert all(type(one) is Remembered for one in said)


def test_what_went_before_it_began_comes_back() -> None:
    """A gift that a change of plan took away before anybody could use it never starts."""
    quit_it = Switch(when="now", forfeit={"gift"})
    shop = Catalogue(
        [
            Plan("pro", allowances=[Allowance(9)], rank=1, on_downgrade=quit_it, kinds={"gift"}),
            Plan("free", allowances=[Allowance(3)]),
        ]
    )
    at = datetime(2026, 7, 1, tzinfo=UTC)
    wallet = Wallet.open("pro", catalogue=shop, id="acme", at=at).wallet
    wallet = wallet.grant(5, kind="gift", at=at, starts=at + timedelta(3)).wallet
    wallet = wallet.change_plan("free", at=at + timedelta(1)).wallet.spend(1, at=at + timedelta(9)).wallet
    assert [past.bucket.started for past in wallet._book.past.values()] == [False]
    assert wallet == load_wallet(dump_wallet(wallet), id="acme", catalogue=shop)
