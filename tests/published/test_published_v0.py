"""Published cases of v0, on the plans of `examples/plans/v0.py`; test_published_all has the source."""

from __future__ import annotations

from decimal import Decimal

import pytest

from examples.plans.v0 import PLANS
from tests.support.cases import on
from tokenpurse import Wallet
from tokenpurse.errors import Locked


def test_v0_65_days__what_a_month_granted_ends_65_days_later() -> None:
    """Issued on 1 January 2026: gone on 7 March, when the grants of February and March are there."""
    wallet = Wallet.open("plus", catalogue=PLANS, id="ann", at=on(1, 1)).wallet
    [issued] = wallet.at(on(1, 1)).buckets("USD")
    assert issued.expires == on(3, 7)
    assert [wallet.at(day).balance("USD") for day in (on(3, 6), on(3, 7))] == [Decimal(90), Decimal(60)]


def test_v0_locked_purchases__kept_and_locked_until_a_paid_plan_is_taken_again() -> None:
    """20 bought, cancelled: locked; subscribed again: 1 is drawn, 19 are left of them."""
    wallet = Wallet.open("plus", catalogue=PLANS, id="ann", at=on(1, 1)).wallet
    wallet = wallet.spend(Decimal(30), "USD", at=on(1, 2)).wallet
    wallet = wallet.top_up("credit", Decimal(20), at=on(1, 2), payment="pay_1").wallet
    wallet = wallet.change_plan("free", at=on(1, 3)).wallet
    wallet = wallet.spend(Decimal(5), "USD", at=on(2, 1)).wallet
    with pytest.raises(Locked):
        wallet.spend(Decimal(1), "USD", at=on(2, 1))
    wallet = wallet.change_plan("plus", at=on(2, 2)).wallet
    rest = wallet.at(on(2, 2)).by_kind("USD")["quota"]
    wallet = wallet.spend(rest + Decimal(1), "USD", at=on(2, 2)).wallet
    assert wallet.at(on(2, 2)).by_kind("USD") == {"credit": Decimal(19)}
