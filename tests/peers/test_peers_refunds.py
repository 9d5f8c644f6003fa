"""Cases of other systems: use that is given back. The source stands in each docstring."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.cases import holding, lefts, on, opened_on
from tokenpurse import Allowance, Balance, PayAsYouGo, Plan
from tokenpurse.entries import Spent


def test_refund_010_what_is_billed_comes_back_first() -> None:
    """autumn, track-breakdown-negative.test.ts: 180 of 100 and 50, 30 to be billed; 20, 20 and 50 undone."""
    plan = Plan("p", allowances=[Allowance(100)], pay_as_you_go=[PayAsYouGo(Decimal(1))])
    change = opened_on(plan, balances=[Balance("top_up", 50)]).spend(180, at=on(7, 2))
    spent, wallet, seen = change.entry, change.wallet, []
    assert isinstance(spent, Spent)
    for amount in (0, 20, 20, 50):
        if amount:
            wallet = wallet.refund(spent, amount, at=on(7, 3)).wallet
        view = wallet.at(on(7, 3))
        seen.append((view.balance(), sum(line.quantity for line in view.accrued())))
    assert seen == [(0, 30), (0, 10), (10, 0), (60, 0)]


@pytest.mark.parametrize(("amount", "expected"), [(5, [0, 5]), (8, [2, 6])])
def test_refund_013_the_last_draw_comes_back_first(amount: int, expected: list[int]) -> None:
    """openmeter, correct_test.go: 4 and 6 drawn; of 5 all go to the second, of 8 two to the first."""
    brought = [Balance("quota", 4), Balance("promo", 6)]
    change = holding(*brought).spend(10, at=on(7, 2))
    assert isinstance(change.entry, Spent)
    view = change.wallet.refund(change.entry, amount, at=on(7, 3)).view
    assert lefts(view) == expected
