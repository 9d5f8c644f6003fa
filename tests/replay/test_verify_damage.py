"""Every way in which a ledger can be damaged, at every place: `verify` names the first entry that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws.test_laws_replay import changed, ints_in
from tests.support.snapshots import prefixes
from tokenpurse import Wallet, verify
from tokenpurse.entries import Entry
from tokenpurse.errors import HistoryError, PurseError

YEAR = timedelta(days=365)

Damage = tuple[Callable[[list[Any], int], list[Any]], int]
"""What it does to the entry at a position, and how far behind that the first wrong entry is."""


def with_one(entries: list[Any], at: int, one: Any) -> list[Any]:
    return [*entries[:at], one, *entries[at + 1 :]]


def swapped(entries: list[Any], at: int) -> list[Any]:
    """Swap it with the one after it; of the last one there is none, and it is gone."""
    return [*entries[:at], *entries[at : at + 2][::-1], *entries[at + 2 :]] if entries[at + 1 :] else entries[:at]


def renumbered(entry: Entry) -> Entry:
    return evolve(entry, sequence=entry.sequence + 2)


DAMAGES: dict[str, Damage] = {
    "dropped": (lambda entries, at: [*entries[:at], *entries[at + 1 :]], 0),
    "doubled": (lambda entries, at: [*entries[:at], entries[at], *entries[at:]], 1),
    "swapped": (swapped, 0),
    "of another wallet": (lambda entries, at: with_one(entries, at, evolve(entries[at], wallet="other")), 0),
    "with another number": (
        lambda entries, at: with_one(entries, at, evolve(entries[at], sequence=entries[at].sequence + 2)),
        0,
    ),
    "long before": (lambda entries, at: with_one(entries, at, evolve(entries[at], at=entries[0].at - YEAR)), 0),
    "no entry": (lambda entries, at: with_one(entries, at, None), 0),
    "as it was stored": (lambda entries, at: with_one(entries, at, {"sequence": at + 1}), 0),
    "cut off": (lambda entries, at: entries[:at], 0),
}


def first_wrong(wallet: Wallet, entries: Any, after: Wallet | None = None) -> int:
    with pytest.raises(HistoryError) as caught:
        verify(wallet, entries, after=after)
    return caught.value.position


@pytest.mark.parametrize("kind", DAMAGES)
@pytest.mark.parametrize("which", range(len(prefixes())))
def test_each_damage_is_found_where_it_is(which: int, kind: str) -> None:
    """At every place of every story; looked at from the wallet just before it, and positions count from there."""
    (story, wallets), (damage, behind) = prefixes()[which], DAMAGES[kind]
    for at in range(len(story.entries)):
        start, stop = max(0, at - 1), min(len(wallets), at + 3)
        after = wallets[start - 1] if start else None
        damaged = damage(list(story.entries[start:stop]), at - start)
        assert at - start + behind == first_wrong(wallets[stop - 1], damaged, after), at


@pytest.mark.parametrize("which", range(len(prefixes())))
def test_an_entry_too_many_is_found_behind_the_last(which: int) -> None:
    """One that is right, and that the wallet has not heard of."""
    story, wallets = prefixes()[which]
    for at in range(1, len(wallets)):
        assert at == first_wrong(wallets[at - 1], story.entries[: at + 1])


@settings(max_examples=60)
@given(
    st.integers(0, len(prefixes()) - 1),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.sampled_from(sorted(DAMAGES))), min_size=1, max_size=4),
)
def test_of_several_damages_the_first_is_named(which: int, several: list[tuple[float, str]]) -> None:
    """Whatever came after it: a ledger is right up to the position that is named."""
    story, _ = prefixes()[which]
    places = {int(share * len(story.entries)): kind for share, kind in several}
    entries: list[Any] = list(story.entries)
    for at in sorted(places, reverse=True):
        entries = DAMAGES[places[at]][0](entries, at)
    first = min(places)
    assert first + DAMAGES[places[first]][1] == first_wrong(story.wallet, entries)


@pytest.mark.parametrize("which", range(len(prefixes())))
def test_what_another_history_says_at_a_place_is_found_there_or_later(which: int) -> None:
    """An entry that is right somewhere else, under the same id and number: never is one before it blamed."""
    story, other = prefixes()[which][0], prefixes()[which - 1][0]
    for at in range(1, min(len(story.entries), len(other.entries)), 5):
        if story.entries[at] != other.entries[at]:
            assert first_wrong(story.wallet, with_one(list(story.entries), at, other.entries[at])) >= at


def test_a_figure_that_was_altered_is_found_in_its_entry() -> None:
    """What a wallet was given, what was taken, and what a wallet was left with: each to the last step."""
    story, wallets = prefixes()[0]
    seen = 0
    for at, entry in enumerate(story.entries):
        for path in ints_in(entry):
            if path[-1] in {"steps", "granted_steps", "left_steps", "left_after_steps", "held_steps", "sequence"}:
                seen += 1
                forged = changed(entry, path, 1)
                after = wallets[at - 1] if at else None
                assert first_wrong(wallets[at], [forged], after) == 0, (at, path)
    assert seen > 100


@pytest.mark.parametrize("kind", ["dropped", "doubled", "with another number", "long before"])
def test_without_a_look_at_its_place_it_would_not_be_found(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: these tests notice it."""
    monkeypatch.setattr(import_module("tokenpurse.replay"), "_out_of_place", lambda *_: "")
    with pytest.raises((AssertionError, pytest.fail.Exception, PurseError)):
        test_each_damage_is_found_where_it_is(0, kind)
