"""Published cases of Lovable, on the plans of `examples/plans/lovable.py`; test_published_all has the sources.

Its credits are counted in hundredths: 5 credits are 5_00.
"""

from __future__ import annotations

from examples.plans.lovable import PLANS
from tests.support.cases import on
from tokenpurse import Wallet
from tokenpurse.entries import Spent
from tokenpurse.notices import Charge

BUILD = {"feature": "build"}


def test_lovable_free_30__six_days_of_five_then_none_until_the_first() -> None:
    """All used for eight days: 5 on six of them, then 0, and 5 again on the 1st."""
    wallet = Wallet.open("free", catalogue=PLANS, id="ann", at=on(7, 1)).wallet
    granted = []
    for day in range(1, 9):
        change = wallet.spend(100_00, at=on(7, day), labels=BUILD, partial=True)
        wallet = change.wallet
        granted.append(change.moved.get("credits", 0))
    assert granted == [5_00, 5_00, 5_00, 5_00, 5_00, 5_00, 0, 0]
    assert wallet.at(on(8, 1)).available(labels=BUILD) == 5_00


def test_lovable_daily_no_carry__five_each_day() -> None:
    """2 of 5 used on a day: 5 on the next."""
    wallet = Wallet.open("free", catalogue=PLANS, id="ann", at=on(7, 1)).wallet
    wallet = wallet.spend(2_00, at=on(7, 1), labels=BUILD).wallet
    assert wallet.at(on(7, 2)).available(labels=BUILD) == 5_00


def test_lovable_grants_then_soonest__what_is_for_this_use_then_what_ends_first() -> None:
    """30 to build: 5 of the day's, 10 that end in nine days, 15 of the month's; cloud and bought ones untouched."""
    wallet = Wallet.open("pro", catalogue=PLANS, id="ann", at=on(2, 1)).wallet
    wallet = wallet.spend(wallet.at(on(2, 28)).available() or 0, at=on(2, 28)).wallet.advance(on(3, 1)).wallet
    wallet = wallet.top_up("credits", 50_00, at=on(3, 1), payment="pay_1").wallet
    wallet = wallet.grant(10_00, at=on(3, 1), expires=on(3, 10)).wallet
    change = wallet.spend(30_00, at=on(3, 1), labels=BUILD)
    assert isinstance(change.entry, Spent)
    assert [(draw.kind, draw.amount) for draw in change.entry.draws()] == [
        ("daily", 5_00),
        ("promo", 10_00),
        ("quota", 15_00),
    ]
    left = change.view.by_kind()
    assert (left["cloud"], left["top_up"]) == (20_00, 50_00)


def test_lovable_fractional__costs_of_hundredths() -> None:
    """0.50, 0.90, 1.20 and 2.00 of 5: 0.40 are left."""
    wallet = Wallet.open("free", catalogue=PLANS, id="ann", at=on(7, 1)).wallet
    for cost in (50, 90, 1_20, 2_00):
        wallet = wallet.spend(cost, at=on(7, 1), labels=BUILD).wallet
    view = wallet.at(on(7, 1))
    assert view.available(labels=BUILD) == 40
    assert str(view.buckets("credits")[0].unit.digits(40)) == "0.40"


def test_lovable_auto_topup_limit__four_times_a_calendar_month() -> None:
    """Down to 25 five times: bought four times, the fifth is held back and told, the sixth comes on the 1st."""
    wallet = Wallet.open("pro", catalogue=PLANS, id="ann", at=on(7, 2)).wallet
    wallet = wallet.set_auto_top_up(at=on(7, 2), threshold=25_00, purchase=100_00).wallet
    fired, told = [], []
    for number in range(5):
        there = wallet.at(on(7, 9)).available() or 0
        change = wallet.spend(max(there - 25_00, 0), at=on(7, 9))
        wallet, asked = change.wallet, change.requests
        told += [notice.name for notice in change.notices]
        fired.append(bool(asked))
        for charge in asked:
            assert isinstance(charge, Charge)
            wallet = wallet.confirm(charge, at=on(7, 9), payment=f"pay_{number}").wallet
    change = wallet.advance(on(8, 1))
    assert [*fired, bool(change.requests)] == [True, True, True, True, False, True]
    assert "auto_top_up_blocked" in told
