"""Published cases of Suno, on the plans of `examples/plans/suno.py`; test_published_all has the source."""

from __future__ import annotations

from examples.plans.suno import PLANS
from tests.support.cases import on
from tokenpurse import Wallet


def test_suno_31__the_last_day_of_a_shorter_month() -> None:
    """From the 31st: 28 February, 30 April, 31 May. Of a leap year the page says nothing; ours is the 29th."""
    for year, february in ((2026, 28), (2028, 29)):
        wallet = Wallet.open("pro", catalogue=PLANS, id="ann", at=on(1, 31, 15, year=year)).wallet
        resets, moment = {}, on(1, 31, 15, year=year)
        for _ in range(4):
            reset = wallet.at(moment).next_reset()
            assert reset is not None
            moment = reset
            resets[moment.month] = (moment.day, moment.hour)
        assert (resets[2], resets[4], resets[5]) == ((february, 15), (30, 15), (31, 15))


def test_suno_daily_refill_to_50__filled_up_and_not_added_to() -> None:
    """20 left of 50: 50 on the next day, and not 70."""
    wallet = Wallet.open("basic", catalogue=PLANS, id="ann", at=on(7, 1)).wallet.spend(30, at=on(7, 1)).wallet
    assert (wallet.at(on(7, 1)).available(), wallet.at(on(7, 2)).available()) == (20, 50)


def test_the_daily_credits_come_once_the_months_are_used_up() -> None:
    """On Pro 2,500 first, then the day's 50, and 50 again the next day."""
    wallet = Wallet.open("pro", catalogue=PLANS, id="ann", at=on(7, 1)).wallet
    assert wallet.at(on(7, 2)).available() == 2_500
    wallet = wallet.spend(2_500, at=on(7, 2)).wallet
    assert wallet.at(on(7, 2)).available() == 50
    wallet = wallet.spend(50, at=on(7, 2)).wallet
    assert [wallet.at(on(7, day)).available() for day in (2, 3)] == [0, 50]
