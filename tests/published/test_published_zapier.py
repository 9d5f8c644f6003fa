"""The published case of Zapier, on the plans of `examples/plans/zapier.py`; test_published_all has the source."""

from __future__ import annotations

import pytest

from examples.plans.zapier import PLANS
from tests.support.cases import on
from tokenpurse import Wallet
from tokenpurse.entries import PeriodOpened
from tokenpurse.errors import LimitReached


@pytest.mark.parametrize(("plan", "bill"), [("monthly_750", "75.00 USD"), ("yearly_750", "50.00 USD")])
def test_zapier_ceiling__three_times_the_plan_then_it_stops(plan: str, bill: str) -> None:
    """750 and 1,500 beyond them at 1.25 of the plan's price; the next one is refused.

    Of 30 dollars for 750 that is 0.05 each, of 240 for twelve times 750 it is 0.0333, billed each month too.
    """
    change = Wallet.open(plan, catalogue=PLANS, id="ann", at=on(7, 1)).wallet.spend(2_250, at=on(7, 2))
    [beyond] = change.view.accrued()
    assert beyond.quantity == 1_500
    with pytest.raises(LimitReached):
        change.wallet.spend(1, at=on(7, 3))
    closed = change.wallet.advance(on(8, 1)).entries[0]
    assert isinstance(closed, PeriodOpened)
    assert str(closed.statement) == bill
