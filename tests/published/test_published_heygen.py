"""Published cases of HeyGen, on the plans of `examples/plans/heygen.py`; test_published_all has the sources.

Its credits are counted in tenths: 200 credits are 200_0.
"""

from __future__ import annotations

from decimal import Decimal

from examples.plans.heygen import PLANS
from tests.support.cases import on
from tokenpurse import Wallet


def test_heygen_rounding__up_to_half_a_credit_for_each_operation() -> None:
    """5, 30, 31 and 60 seconds: 0.5, 0.5, 1 and 1."""
    wallet = Wallet.open("creator", catalogue=PLANS, id="ann", at=on(7, 1)).wallet
    costs = []
    for seconds in (5, 30, 31, 60):
        change = wallet.spend(seconds, "video_seconds", at=on(7, 2))
        costs.append(wallet.at(on(7, 2)).balance() - change.view.balance())
        wallet = change.wallet
    assert costs == [5, 5, 10, 10]


def test_heygen_annual_monthly_grant__paid_by_the_year_granted_by_the_month() -> None:
    """Bought on 17 January for a year: 200 on the 17th of each month."""
    wallet = Wallet.open("creator_yearly", catalogue=PLANS, id="ann", at=on(1, 17)).wallet
    for month in range(1, 12):
        view = wallet.spend(50_0, at=on(month, 20)).view
        assert (view.by_kind(), view.next_reset()) == ({"quota": 150_0}, on(month + 1, 17))


def test_heygen_addon__a_monthly_one_beside_the_plan_or_3600_at_once() -> None:
    """The yearly pack is 3,600 credits for 150; a monthly add-on is granted beside the plan's 200.

    That both cost 44 a month, 29 and 15, is the host's to charge: the wallet knows the plan's 29.
    """
    creator = PLANS.newest("creator")
    assert (creator.price, str(creator.price_of("yearly_pack", 3_600_0))) == (Decimal(29), "150.00 USD")
    wallet = Wallet.open("creator", catalogue=PLANS, id="ann", at=on(1, 17)).wallet
    pack = wallet.top_up("yearly_pack", 3_600_0, at=on(1, 18), payment="pay_1").view
    assert pack.by_kind() == {"quota": 200_0, "add_on": 3_600_0}
    monthly = wallet.set_count("add_ons", 1, at=on(1, 18)).wallet
    assert [monthly.at(day).by_kind() for day in (on(1, 18), on(2, 17))] == [{"quota": 200_0, "add_on": 300_0}] * 2
