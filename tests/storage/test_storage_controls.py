"""Each guard of a recipe, taken out: the contract has to notice.

A line of the recipe is changed in a copy, and the named test of the contract runs on that: it must fail.
"""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from tests.storage import test_storage_contract as contract
from tests.storage import test_storage_pairs as pairs
from tests.storage.changed import without
from tests.storage.places import Place
from tests.storage.shop import july, opened
from tokenpurse import Change, Wallet

AS_OF_ONE_MOMENT = "two_wallets_are_read_as_of_one_moment"
SQL = ("sqlite", "postgres", "django_store")
DECIDES_AGAIN = "who_was_slower_decides_again_on_what_is_stored_by_then"
STRIKES = {
    "sqlite": 'self.db.execute("DELETE FROM outbox WHERE number = ?", (number,))',
    "postgres": 'self.db.execute("DELETE FROM outbox WHERE number = %s", (number,))',
    "django_store": "self.outbox.filter(id=row.id).delete()",
    "redis_store": "self.db.xdel(OUTBOX, number)",
}
EACH = "for _, one in ipairs(changes) do\n"
WRITES = "redis.call('HSET', WALLET"
KEEPS = "suppress(Raced):\n            self.save(change)"
SLOWLY = "(self.load(id, lock={}), __import__('time').sleep(0.05))[0] for id in (one, other)"
IN_THE_WAY = ("IntegrityError", "UniqueViolation", "Raced", "OperationalError", "DeadlockDetected", "ResponseError")
CONTROLS = [
    # which recipe, what stands there, what is there instead, and what fails then
    # the version is not compared
    ("sqlite", " AND version = :before", " AND version > -:before", DECIDES_AGAIN),
    ("postgres", " AND version = %s", " AND version > -%s", DECIDES_AGAIN),
    ("sqlite", " AND version = :before", " AND version > -:before", "both_are_decided_again"),
    ("postgres", " AND version = %s", " AND version > -%s", "both_are_decided_again"),
    # what was decided is stored once more, instead of deciding again
    ("sqlite", "                change = verb(self.load(id))\n", "", DECIDES_AGAIN),
    ("postgres", "verb(self.load(id, lock=lock))", "change if lock else verb(self.load(id))", DECIDES_AGAIN),
    # each statement is a transaction of its own
    ("sqlite", 'self.db.execute("BEGIN IMMEDIATE")', "pass", "a_ref_that_the_wallet_has_forgotten"),
    ("postgres", "self.db.transaction():\n                change", "suppress():\n                change", "a_ref_that"),
    # two locks are taken in any order, slowly enough for two to meet
    ("postgres", "self.load(id, lock=True) for id in ids", SLOWLY.format("True"), "gifts_in_both_directions"),
    # two wallets are read one after the other, and nothing stands still meanwhile
    ("postgres", "self.load(id, lock=True) for id in ids", "self.load(id) for id in ids", AS_OF_ONE_MOMENT),
    ("django_store", "self.load(id, lock=True) for id in ids", "self.load(id) for id in ids", AS_OF_ONE_MOMENT),
    ("redis_store", "self._read(ids)\n", "[self.load(id) for id in ids]\n", AS_OF_ONE_MOMENT),
    # who has no part in a use is not asked whether it had one before
    *((recipe, "if others.entry and", "if False and", "what_the_member_paid") for recipe in SQL),
    *((recipe, "if others.entry and", "if False and", "what_the_pool_paid") for recipe in SQL),
    ("redis_store", "{one.id, unpack(without)}", "{one.id}", "what_the_member_paid"),
    ("redis_store", "{one.id, unpack(without)}", "{one.id}", "what_the_pool_paid"),
    # nothing is asked of the ledger
    ("sqlite", " if entry.ref else (None, None)", " if False else (None, None)", "a_ref_that"),
    ("postgres", " if entry.ref else (None, None)", " if False else (None, None)", "a_ref_that"),
    # whose wallet it is, is believed
    ("sqlite", "(row[0], id=id,", "(row[0], id='ben' if 'ben' in row[0] else id,", "another_wallets_document"),
    # what was sent is not struck off; what could not be sent is, or holds up the others
    ("sqlite", "DELETE FROM outbox WHERE number =", "DELETE FROM outbox WHERE number = -", "what_is_worth_telling"),
    ("postgres", "DELETE FROM outbox WHERE number =", "DELETE FROM outbox WHERE number = -", "what_is_worth_telling"),
    ("sqlite", "send(wallet, next(", f"{STRIKES['sqlite']}; send(wallet, next(", "a_crash_in_the_middle"),
    ("postgres", "send(wallet, next(", f"{STRIKES['postgres']}; send(wallet, next(", "what_cannot_be_sent"),
    ("sqlite", "except Exception:", "except ValueError:", "what_cannot_be_sent"),
    ("postgres", "except Exception:", "except ValueError:", "what_cannot_be_sent"),
    # requests wait that are over within the change
    ("sqlite", "if item.id in waiting", "if True", "what_is_over_within"),
    ("postgres", "if item.id in waiting", "if True", "what_is_over_within"),
    # moments are compared as they were said, or exclusively
    ("sqlite", "moment.astimezone(UTC).isoformat", "moment.isoformat", "a_worker_finds"),
    ("sqlite", "next_due <= ?", "next_due < ?", "a_worker_finds"),
    ("postgres", "next_due <= %s", "next_due < %s", "a_worker_finds"),
    # likewise with Django
    ("django_store", ", version=before.version", "", DECIDES_AGAIN),
    ("django_store", ", version=before.version", "", "both_are_decided_again"),
    ("django_store", "            change = verb(self.load(id, lock=True))", "           ", DECIDES_AGAIN),
    (
        "django_store",
        "suppress(Raced), transaction.atomic(self.using):\n            self.save(change)",
        KEEPS,
        "a_ref_that",
    ),
    ("django_store", "self.load(id, lock=True) for id in ids", SLOWLY.format("True"), "gifts_in_both_directions"),
    ("django_store", "            if entry.ref:", "            if False:", "a_ref_that"),
    ("django_store", "(document, id=id,", "(document, id=document['wallet']['id'],", "another_wallets_document"),
    ("django_store", STRIKES["django_store"], "pass", "what_is_worth_telling"),
    ("django_store", "send(wallet, next(", f"{STRIKES['django_store']}; send(wallet, next(", "what_cannot_be_sent"),
    ("django_store", "except Exception:", "except ValueError:", "what_cannot_be_sent"),
    ("django_store", "if item.id in waiting", "if True", "what_is_over_within"),
    ("django_store", "next_due__lte", "next_due__lt", "a_worker_finds"),
    # likewise for Redis; there, what a script has written before it refuses is not taken back
    ("redis_store", " ~= one.before", " == 'never'", DECIDES_AGAIN),
    ("redis_store", " ~= one.before", " == 'never'", "both_are_decided_again"),
    (
        "redis_store",
        "changes = [*verb(*wallets)]",
        "changes = locals().get('changes') or [*verb(*wallets)]",
        DECIDES_AGAIN,
    ),
    ("redis_store", "if versions == slower", "if slower", DECIDES_AGAIN),
    ("redis_store", f"end\n{EACH}    {WRITES}", f"{WRITES}", "both_are_decided_again"),
    ("redis_store", "local first = entry.ref and", "local first = false and", "a_ref_that"),
    (
        "redis_store",
        "(one, id=id,",
        "(one, id='ben' if 'ben' in one else id,",
        "another_wallets_document",
    ),
    ("redis_store", STRIKES["redis_store"], "pass", "what_is_worth_telling"),
    ("redis_store", "send(id, next(", f"{STRIKES['redis_store']}; send(id, next(", "a_crash_in_the_middle"),
    ("redis_store", "except Exception:", "except ValueError:", "what_cannot_be_sent"),
    ("redis_store", " if item.id in waiting]", "]", "what_is_over_within"),
    ("redis_store", "redis.call('ZREM', DUE, one.id)", "", "a_worker_finds"),
    ("redis_store", '"-inf", _micros(moment)', '"-inf", _micros(moment) - 1', "a_worker_finds"),
    ("redis_store", "// timedelta(microseconds=1)", "// timedelta(seconds=1)", "what_ends_before"),
]
PLACE_OF = {"django_store": "django", "postgres": "psycopg", "redis_store": "redis"}


def test_named(words: str) -> Any:
    """The one test of the contract whose name begins so."""
    named = {**vars(contract), **vars(pairs)}
    [found] = [test for name, test in named.items() if name.startswith(f"test_{words}")]
    return found


test_named.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("place", "recipe", "guard", "instead", "words"),
    [
        pytest.param(PLACE_OF.get(recipe, recipe), recipe, *rest, id=f"{recipe}-{number}")
        for number, (recipe, *rest) in enumerate(CONTROLS)
    ],
    indirect=["place"],
)
def test_the_contract_notices_what_is_missing(
    place: Place,
    recipe: str,
    guard: str,
    instead: str,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """By an assertion, or because what is stored, or who else is there, stands in the way."""
    test = test_named(words)
    monkeypatch.setattr(inspect.getmodule(type(place)), recipe, without(recipe, (guard, instead)))
    given = {"place": place, "store": place.open(), "caplog": caplog, "monkeypatch": monkeypatch, "faster": "ben"}
    given |= {"repeated": True, "amount": 50 if test.__module__ == pairs.__name__ else 850}
    with pytest.raises((Exception, pytest.fail.Exception)) as failed:
        test(**{name: given[name] for name in inspect.signature(test).parameters})
    assert type(failed.value).__name__ in {"AssertionError", "Failed", "ConnectionError", *IN_THE_WAY}


@pytest.mark.parametrize(
    ("place", "recipe", "guard", "instead", "then"),
    [
        ("sqlite", "sqlite", "BEGIN IMMEDIATE", "BEGIN", "locked"),
        ("psycopg", "postgres", "verb(self.load(id, lock=lock))", "verb(self.load(id))", "acme"),
        ("django", "django_store", "verb(self.load(id, lock=True))", "verb(self.load(id))", "acme"),
    ],
    indirect=["place"],
)
def test_without_a_lock_before_reading_who_is_slower_twice_is_turned_away(
    place: Place, recipe: str, guard: str, instead: str, then: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With it nobody can be: the other one here would wait for ever."""
    monkeypatch.setattr(inspect.getmodule(type(place)), recipe, without(recipe, (guard, instead)))
    store, other = place.open(), place.open()
    store.create(opened())

    def verb(wallet: Wallet) -> Change:
        other.act("acme", contract.spends(1))
        return wallet.spend(300, at=july(2))

    with pytest.raises(Exception, match=then) as turned_away:
        store.act("acme", verb)
    assert type(turned_away.value).__name__ in {"OperationalError", "Raced"}
