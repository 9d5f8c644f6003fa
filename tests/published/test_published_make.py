"""Published cases of Make, on the plans of `examples/plans/make.py`; test_published_all has the sources."""

from __future__ import annotations

from decimal import Decimal

from examples.plans.make import PLANS
from tests.support.cases import on
from tokenpurse import Wallet
from tokenpurse.notices import Charge


def test_make_auto_purchase_cap__as_many_credits_as_the_plan_has() -> None:
    """80,000 and blocks of 10,000: after two of them six are left, 60,000 credits, and the ninth is not asked for."""
    wallet = Wallet.open("core_80k", catalogue=PLANS, id="ann", at=on(7, 1)).wallet
    wallet = wallet.set_auto_top_up(at=on(7, 1), threshold=0, purchase=10_000).wallet
    bought = []
    for number in range(1, 10):
        left = wallet.at(on(7, 2)).available()
        assert left is not None
        change = wallet.spend(left, at=on(7, 2))
        wallet = change.wallet
        for charge in change.requests:
            assert isinstance(charge, Charge)
            bought.append(charge.amount)
            wallet = wallet.confirm(charge, at=on(7, 2), payment=f"pay_{number}").wallet
    assert (sum(bought[:2]), len(bought[2:]), sum(bought[2:])) == (20_000, 6, 60_000)
    assert [notice.name for notice in change.notices] == ["auto_top_up_blocked"]


def test_make_extra_price__a_quarter_more_than_the_plan() -> None:
    """9 dollars for 10,000 are 0.0009 each: 10,000 extra ones are 11.25; 1,000 would be 1.125, in cents 1.13."""
    plan = PLANS.newest("core_10k")
    assert plan.price == Decimal(9)
    assert [str(plan.price_of("extra", amount)) for amount in (10_000, 1_000)] == ["11.25 USD", "1.13 USD"]


def test_make_extra_expiry__extra_credits_end_with_the_month() -> None:
    """Bought on the 20th of a month from the 1st to the 31st: ours end at its end, which is the 1st at 00:00."""
    wallet = Wallet.open("core_10k", catalogue=PLANS, id="ann", at=on(7, 1)).wallet
    wallet = wallet.top_up("extra", 1_000, at=on(7, 20), payment="pay_1").wallet
    [extra] = [bucket for bucket in wallet.at(on(7, 31)).buckets() if bucket.kind == "top_up"]
    assert extra.expires == on(8, 1)
    assert (wallet.at(on(7, 31, 23, 59)).by_kind(), wallet.at(on(8, 1)).by_kind()) == (
        {"quota": 10_000, "top_up": 1_000},
        {"quota": 10_000},
    )
