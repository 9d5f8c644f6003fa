"""System P, a website chatbot: packages of 5,000 tokens that renew on the 1st of each month.

The figures are those of its help pages: the package, the line at 20 %, and what a typical conversation takes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from examples.systems.packages import CHATBOT
from tokenpurse import Change, Wallet, replay
from tokenpurse.entries import Entry, PeriodOpened
from tokenpurse.errors import NotEnough


def on(month: int, day: int, hour: int = 0) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def subscribed(packages: int = 10) -> Change:
    return Wallet.open(CHATBOT, id="site", at=on(7, 10), counts={"packages": packages})


def names(change: Change) -> list[str]:
    return [notice.name for notice in change.notices]


@pytest.mark.requirement("P1")
@pytest.mark.parametrize(("packages", "tokens"), [(0, 0), (1, 5_000), (10, 50_000), (37, 185_000)])
def test_the_buyer_chooses_how_many_packages(packages: int, tokens: int) -> None:
    """Each package is 5,000 tokens, in full from the day it is bought, at opening or later."""
    assert tokens == subscribed(packages).view.available()
    later = subscribed(0).wallet.set_count("packages", packages, at=on(7, 20))
    assert tokens == later.view.available()


@pytest.mark.requirement("P1", "P2")
def test_packages_renew_and_are_cancelled() -> None:
    """A renewal sets the balance anew, whatever was left; what was cancelled is there until the month ends."""
    change = subscribed()
    entries: tuple[Entry, ...] = change.entries
    assert change.view.available() == 50_000
    assert change.view.next_reset() == on(8, 1)
    steps: list[tuple[Callable[[Wallet], Change], int]] = [
        (lambda wallet: wallet.spend(30_000, at=on(7, 20)), 20_000),
        (lambda wallet: wallet.advance(on(8, 1)), 50_000),
        (lambda wallet: wallet.set_count("packages", 0, at=on(8, 15)), 50_000),
        (lambda wallet: wallet.advance(on(9, 1)), 0),
    ]
    for step, left in steps:
        change = step(change.wallet)
        entries += change.entries
        assert left == change.view.available()
    lost = [entry.forfeited_by_kind() for entry in entries if isinstance(entry, PeriodOpened)]
    assert lost == [{("quota", "tokens"): 20_000}, {("quota", "tokens"): 50_000}]
    assert replay(entries) == change.wallet


@pytest.mark.requirement("P2")
def test_a_cancellation_can_be_taken_back() -> None:
    """Until the month ends; then ten packages renew as if nothing had been said."""
    wallet = subscribed().wallet.set_count("packages", 0, at=on(7, 15)).wallet
    assert wallet.at(on(8, 1)).available() == 0
    wallet = wallet.set_count("packages", 10, at=on(7, 16)).wallet
    assert wallet.at(on(8, 1)).available() == 50_000


@pytest.mark.requirement("P3")
def test_notices_below_a_fifth_and_at_nothing() -> None:
    """Exactly 20 % left is not below it; each line is told once until a renewal arms it again."""
    wallet = subscribed().wallet
    for amount, told in [(40_000, []), (1, ["low"]), (1, []), (9_998, ["depleted"])]:
        change = wallet.spend(amount, at=on(7, 20))
        assert told == names(change), amount
        wallet = change.wallet
    renewed = wallet.advance(on(8, 1))
    assert names(renewed) == []
    again = renewed.wallet.spend(40_001, at=on(8, 2))
    assert again.view.available() == 9_999
    assert names(again) == ["low"]


@pytest.mark.requirement("P4")
def test_may_it_act() -> None:
    """One question tells whether the assistant may act; asking changes nothing, and being refused tells nobody."""
    wallet = subscribed().wallet.spend(49_999, at=on(7, 20)).wallet
    assert wallet.at(on(7, 20)).can_spend(1)
    empty = wallet.spend(1, at=on(7, 21)).wallet
    assert not empty.at(on(7, 22)).can_spend(1)
    with pytest.raises(NotEnough) as refused:
        empty.spend(1, at=on(7, 22))
    assert [str(remedy) for remedy in refused.value.remedies] == ["wait until 2026-08-01T00:00:00Z"]
    assert empty.at(on(8, 1)).can_spend(1)


@pytest.mark.requirement("P5")
@pytest.mark.parametrize(
    ("left", "conversations"),
    [(50_000, 25), (49_999, 24), (2_000, 1), (1_999, 0), (0, 0)],
)
def test_how_many_conversations_are_left(left: int, conversations: int) -> None:
    """A conversation takes 2,000 tokens; only whole ones count, and that many can be had."""
    wallet = subscribed().wallet.spend(50_000 - left, at=on(7, 20)).wallet
    assert conversations == wallet.at(on(7, 20)).available("conversation")
    had = wallet.spend(conversations, "conversation", at=on(7, 21))
    assert had.view.available() == left - 2_000 * conversations
