"""Cases of other systems: changes of plan. The source stands in each docstring."""

from __future__ import annotations

import pytest

from tests.support.cases import on, opened_on
from tokenpurse import Allowance, Balance, Plan


def test_plan_004_a_smaller_plan_from_the_next_period_on() -> None:
    """stripe-no-webhooks, lifecycle.test.ts: 7,000 left of 10,000 stay until the renewal to 1,000; storage goes to 0.

    Storage that was bought stays.
    """
    large = Plan("large", allowances=[Allowance(10_000, "api"), Allowance(100, "storage")], rank=1)
    small = Plan("small", allowances=[Allowance(1_000, "api")])
    wallet = opened_on(large, small, balances=[Balance("top_up", 30, "storage")])
    wallet = wallet.spend(3_000, "api", at=on(7, 2)).wallet.change_plan("small", at=on(7, 3)).wallet

    before, after = wallet.at(on(7, 31)), wallet.at(on(8, 1))
    assert (before.by_kind("api"), before.by_kind("storage")) == ({"quota": 7_000}, {"quota": 100, "top_up": 30})
    assert (after.by_kind("api"), after.by_kind("storage")) == ({"quota": 1_000}, {"top_up": 30})
    assert after.available("storage") == 30


@pytest.mark.parametrize(("allowance", "left"), [(1_260, 720), (900, 360)])
def test_plan_013_what_was_left_is_not_added_to_the_new_allowance(allowance: int, left: int) -> None:
    """Flowglad #1309: 360 left of 900, and 1,260 were 360 + 900. Here the new allowance less the 540 that were used."""
    old, new = Plan("old", allowances=[Allowance(900)]), Plan("new", allowances=[Allowance(allowance)], rank=1)
    wallet = opened_on(old, new).spend(540, at=on(7, 2)).wallet
    assert wallet.change_plan("new", at=on(7, 3)).view.available() == left
