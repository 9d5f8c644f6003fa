"""`verify`: a wallet that was stored is what its entries say; else the first entry that is wrong is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from tests.laws.stories import stories
from tests.support.rich import PLANS, july, opened
from tokenpurse import Allowance, Plan, Wallet, replay, verify
from tokenpurse.errors import ArgumentError, HistoryError


def history() -> tuple[Wallet, list[Any]]:
    """Opened, spent, granted, frozen: 1 to 4 July."""
    changes = [opened()]
    for verb in (
        lambda wallet: wallet.spend(5, at=july(2), ref="job"),
        lambda wallet: wallet.grant(7, at=july(3)),
        lambda wallet: wallet.freeze(at=july(4)),
    ):
        changes.append(verb(changes[-1].wallet))
    return changes[-1].wallet, [entry for change in changes for entry in change.entries]


def found(wallet: Any, entries: Any) -> HistoryError:
    with pytest.raises(HistoryError) as caught:
        verify(wallet, entries)
    return caught.value


@pytest.mark.parametrize("which", range(len(stories())))
def test_every_prefix_of_a_history_is_the_wallet_that_it_left(which: int) -> None:
    """And of no other version: one entry too many or too few is named."""
    story = stories()[which]
    verify(story.wallet, story.entries)
    for length in range(1, len(story.entries), 7):
        left = replay(story.entries[:length])
        verify(left, story.entries[:length])
        assert found(left, story.entries).position == length
        assert found(story.wallet, story.entries[:length]).position == length


def test_what_the_wallet_and_its_entries_disagree_about_is_said() -> None:
    """A save of which only half arrived: the entries of one way on, the wallet of another."""
    wallet, entries = history()
    start = opened().wallet
    given = replay([*entries[:2], evolve(entries[2], bucket=evolve(entries[2].bucket, priority=5))])
    for other, said in [
        (given, r"buckets\[promo:tokens/1\].priority is 5 in the wallet and 0 by the entries"),
        (start.spend(6, at=july(2)).wallet, r"buckets\[quota:tokens@20260701T000000Z\].left_steps is 994 in"),
        (start.freeze(at=july(2)).wallet, "left_steps is 1000 in the wallet and 995 by the entries"),
        (start.spend(5, at=july(2, 1)).wallet, "clock is datetime"),
        (start.spend(5, at=july(2)).wallet, "memory.ring is 0 of them in the wallet and 1 of them by the entries"),
        (start.spend(5, at=july(2), ref="run").wallet, r"memory.ring\[0\].key is 'run' in the wallet and 'job' by"),
    ]:
        problem = found(other, entries[: other.version])
        assert problem.position == other.version - 1
        with pytest.raises(HistoryError, match=said):
            verify(other, entries[: other.version])
    verify(wallet, entries)


def test_a_mapping_that_differs_is_told_by_its_key() -> None:
    """Use, by unit, as the period counts it."""
    _, entries = history()
    forged = replay(entries[:2])
    book = forged._base.book
    forged._base.book = evolve(book, tallies=evolve(book.tallies, used={"tokens": 6}))
    with pytest.raises(HistoryError, match=r"with it tallies.used\['tokens'\] is 6 in the wallet and 5 by the entries"):
        verify(forged, entries[:2])


BROKEN: dict[str, tuple[Callable[[list[Any]], Any], int]] = {
    "no entries": (lambda entries: entries[:0], 0),
    "no list": (len, 0),
    "a first entry missing": (lambda entries: entries[1:], 0),
    "an entry missing": (lambda entries: [entries[0], *entries[2:]], 1),
    "a last entry missing": (lambda entries: entries[:-1], 3),
    "an entry twice": (lambda entries: [*entries[:2], entries[1], *entries[2:]], 2),
    "an entry that is none": (lambda entries: [*entries[:2], None, *entries[3:]], 2),
    "an entry of somebody else": (lambda entries: [*entries[:3], evolve(entries[3], wallet="other")], 3),
    "all of somebody else": (lambda entries: [evolve(entry, wallet="other") for entry in entries], 0),
    "an entry altered": (
        lambda entries: [*entries[:2], evolve(entries[2], bucket=entries[0].buckets[0]), entries[3]],
        2,
    ),
    "one that came later": (lambda entries: [*entries, entries[3]], 4),
}


@pytest.mark.parametrize(("broken", "position"), BROKEN.values(), ids=list(BROKEN))
def test_the_first_entry_that_is_wrong_is_named(broken: Callable[[list[Any]], Any], position: int) -> None:
    """As `replay` names it; what only the wallet knows is found where it shows."""
    wallet, entries = history()
    assert found(wallet, broken(entries)).position == position


@pytest.mark.parametrize("wallet", [None, "acme", 5, []])
def test_what_is_no_wallet_is_not_verified(wallet: Any) -> None:
    with pytest.raises(ArgumentError, match="it must be a Wallet"):
        verify(wallet, history()[1])


def test_no_plan_is_asked() -> None:
    """A wallet is verified with or without the plans it is bound to, and whatever they are by now."""
    wallet, entries = history()
    verify(replay(entries), entries)
    verify(replay(entries, catalogue=PLANS), entries)
    verify(wallet, iter(entries))


def test_a_wallet_that_went_the_short_way_is_verified() -> None:
    """Spends inside one bucket make no book of their own; verified, it is made."""
    first = Wallet.open(Plan("pro", allowances=[Allowance(1_000)]), id="acme", at=july(1))
    wallet, entries = first.wallet, [*first.entries]
    for _ in range(20):
        change = wallet.spend(3, at=july(2))
        wallet, entries = change.wallet, [*entries, *change.entries]
    verify(wallet, entries)


@pytest.mark.parametrize("which", range(len(stories())))
def test_a_long_ledger_is_verified_on_from_a_version_that_was(which: int) -> None:
    """Positions are those of the entries that are given; replayed on, it is the same wallet."""
    story = stories()[which]
    half = len(story.entries) // 2
    earlier, rest = replay(story.entries[:half]), story.entries[half:]
    verify(story.wallet, rest, after=earlier)
    assert replay(rest, after=earlier) == story.wallet
    assert found(story.wallet, story.entries[:half]).position == half
    with pytest.raises(HistoryError) as caught:
        verify(story.wallet, rest[:-1], after=earlier)
    assert caught.value.position == len(rest) - 1
    with pytest.raises(HistoryError) as caught:
        verify(story.wallet, story.entries, after=earlier)
    assert caught.value.position == 0


def test_nothing_after_a_version_is_that_version() -> None:
    """And an entry more, or another wallet of that version, is found."""
    wallet, entries = history()
    verify(wallet, [], after=wallet)
    with pytest.raises(HistoryError, match="knows nothing of it") as caught:
        verify(wallet, entries[-1:], after=wallet)
    assert caught.value.position == 0
    other = replay(entries[:3]).bind(PLANS).grant(1, at=july(5)).wallet
    with pytest.raises(HistoryError, match=r"before it clock is .* in the wallet") as caught:
        verify(other, [], after=wallet)
    assert caught.value.position == 0


def test_what_comes_after_a_wallet_is_its_own() -> None:
    """An earlier version of the same wallet."""
    wallet, entries = history()
    for after in (opened(id="ben").wallet, replay(entries, catalogue=PLANS).unfreeze(at=july(5)).wallet):
        with pytest.raises(ArgumentError, match=r"after is <Wallet .* it must be wallet acme in a version up to 4"):
            verify(wallet, [], after=after)
    for read in (lambda after: verify(wallet, [], after=after), lambda after: replay([], after=after)):
        with pytest.raises(ArgumentError, match="after is 5, it must be a Wallet"):
            read(5)
