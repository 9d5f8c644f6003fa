"""Published cases of Runway, on the plans of `examples/plans/runway.py`; test_published_all has the sources."""

from __future__ import annotations

from decimal import Decimal

import pytest

from examples.plans.runway import PLANS
from tests.support.cases import on
from tokenpurse import Balance, Wallet
from tokenpurse.errors import OutOfBounds


def test_runway_upgrade_difference__an_upgrade_grants_what_the_larger_plan_has_more() -> None:
    """100 left on Standard: Pro adds 1,625, Unlimited adds 0."""
    wallet = Wallet.open("standard", catalogue=PLANS, id="ann", at=on(7, 1)).wallet.spend(525, at=on(7, 2)).wallet
    balances = [wallet.at(on(7, 3)).available()]
    for plan in ("pro", "unlimited"):
        wallet = wallet.change_plan(plan, at=on(7, 3)).wallet
        balances.append(wallet.at(on(7, 3)).available())
    assert balances == [100, 1_725, 1_725]


@pytest.mark.parametrize(("cancelled", "after"), [(False, {"quota": 625, "top_up": 1_000}), (True, {"top_up": 1_000})])
def test_runway_renew_or_cancel__bought_credits_stay_whatever_happens(cancelled: bool, after: dict[str, int]) -> None:
    """200 of the month and 1,000 bought: renewed 625 and 1,000, cancelled 0 and 1,000, which can be used."""
    bought = [Balance("top_up", 1_000, paid=Decimal(10))]
    wallet = Wallet.open("standard", catalogue=PLANS, id="ann", at=on(7, 5), balances=bought).wallet
    wallet = wallet.spend(425, at=on(7, 6)).wallet
    assert wallet.at(on(7, 6)).by_kind() == {"quota": 200, "top_up": 1_000}
    if cancelled:
        wallet = wallet.change_plan("free", at=on(7, 7)).wallet
    view = wallet.at(on(8, 5))
    assert (view.by_kind(), view.available()) == (after, sum(after.values()))


def test_runway_price__a_cent_for_a_credit_and_ten_dollars_at_least() -> None:
    """10 dollars are 1,000 credits; 9.99 would be 999 and are refused."""
    wallet = Wallet.open("standard", catalogue=PLANS, id="ann", at=on(7, 1)).wallet
    assert str(wallet.at(on(7, 1)).price_of("credits", 1_000)) == "10.00 USD"
    assert wallet.top_up("credits", 1_000, at=on(7, 1), payment="pay_1").view.by_kind()["top_up"] == 1_000
    with pytest.raises(OutOfBounds):
        wallet.top_up("credits", 999, at=on(7, 1), payment="pay_2")
