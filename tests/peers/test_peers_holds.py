"""Cases of other systems: holds. The source stands in each docstring."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.support.cases import holding, lefts, on, opened_on
from tokenpurse import Allowance, Balance, Plan, Switch, Wallet
from tokenpurse.errors import ConflictError

NOON = on(7, 2, 12)
FIVE_MINUTES = timedelta(minutes=5)


def hour_and_month() -> Wallet:
    """5 for an hour, and 10 for a month: the hour's are used first, since they end first."""
    return holding(Balance("promo", 5, expires=NOON + timedelta(hours=1)), Balance("promo", 10, expires=on(8, 1)))


def held(wallet: Wallet, amount: int, at: datetime = NOON) -> Wallet:
    return wallet.hold(amount, at=at, ref="h", until=FIVE_MINUTES).wallet


def test_hold_001_what_was_not_used_goes_back() -> None:
    """autumn, check-with-lock-refund.test.ts: 8 of 5 and 10 held, 5 used: 10 left."""
    view = held(hour_and_month(), 8).capture("h", 5, at=NOON).view
    assert (view.balance(), lefts(view)) == (10, [0, 10])


def test_hold_004_a_release_gives_all_back() -> None:
    """autumn, check-with-lock-release.test.ts: 5 spent, 8 held and released: 10 left."""
    spent = hour_and_month().spend(5, at=NOON).wallet
    view = held(spent, 8).release("h", at=NOON).view
    assert (view.balance(), lefts(view)) == (10, [0, 10])


def test_hold_007_what_was_drawn_last_goes_back_first() -> None:
    """autumn, check-with-lock-rollovers.test.ts: 250 of three times 100, 80 used: 20, 100, 100."""
    wallet = held(holding(100, 100, 100), 250)
    assert lefts(wallet.at(NOON)) == [0, 0, 50]
    view = wallet.capture("h", 80, at=NOON).view
    assert (lefts(view), view.balance()) == ([20, 100, 100], 220)


def test_hold_010_a_hold_that_nobody_settles() -> None:
    """autumn, check-with-lock-expiry.test.ts: all 15 after five minutes; more than a day is refused there only."""
    wallet = held(hour_and_month(), 8)
    assert wallet.at(NOON).balance() == 7
    assert wallet.at(NOON + FIVE_MINUTES).balance() == 15
    assert hour_and_month().hold(8, at=NOON, ref="h", until=timedelta(hours=25)).view.held() == 8


def test_hold_013_the_same_again_gives_the_first_answer() -> None:
    """autumn, check-with-lock-errors.test.ts: always a conflict there, here for another amount; 7 left."""
    wallet = held(holding(10), 3)
    assert wallet.hold(3, at=NOON, ref="h", until=FIVE_MINUTES).repeated
    with pytest.raises(ConflictError):
        wallet.hold(4, at=NOON, ref="h", until=FIVE_MINUTES)
    captured = wallet.capture("h", 3, at=NOON).wallet
    assert captured.capture("h", 3, at=NOON).repeated
    assert captured.at(NOON).balance() == 7


@pytest.mark.parametrize(("use", "quota"), [("cleared", 80), ("counted", 30)])
def test_hold_016_the_plan_changes_meanwhile(use: str, quota: int) -> None:
    """autumn, check-with-lock-edge-cases.test.ts: 60 of 50 and 100 held, then 80 for the 50, and 57 used: 80 and 93.

    Three go back to what was touched last. With counted use the new quota is 80 less the 50 that were held.
    """
    old = Plan("old", allowances=[Allowance(50)], on_upgrade=Switch(when="now", use=use))
    new = Plan("new", allowances=[Allowance(80)], rank=1)
    wallet = held(opened_on(old, new, balances=[Balance("top_up", 100)]), 60)
    assert wallet.at(NOON).balance() == 90
    changed = wallet.change_plan("new", at=NOON)
    assert changed.view.balance() == quota + 90
    assert changed.wallet.capture("h", 57, at=NOON).view.by_kind() == {"quota": quota, "top_up": 93}
