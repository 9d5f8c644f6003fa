"""Published cases of Cursor, on the plans of `examples/plans/cursor.py`; test_published_all has the sources."""

from __future__ import annotations

from decimal import Decimal

from examples.plans.cursor import DOLLAR, PLANS
from tests.support.cases import on
from tokenpurse import Wallet
from tokenpurse.entries import PeriodOpened

CENT = DOLLAR // 100


def test_cursor_worst_case__the_plan_and_the_limit_and_no_more() -> None:
    """20 included and a limit of 50: of 200 asked for 70 are used and 130 refused; 50 are billed beside the plan's 20.

    The next month counts anew, and the limit stays. A bill is rounded to the cent, so use stops half a cent later.
    """
    wallet = Wallet.open("pro", catalogue=PLANS, id="ann", at=on(1, 15, 12)).wallet
    wallet = wallet.set_limit("on_demand", Decimal(50), at=on(1, 15, 12)).wallet
    change = wallet.spend(200 * DOLLAR, at=on(1, 20), partial=True)
    assert change.moved["dollars_of_use"] // CENT == 70_00
    [entry] = change.wallet.advance(on(2, 15, 12)).entries
    assert isinstance(entry, PeriodOpened)
    assert str(entry.statement) == "50.00 USD"
    assert PLANS.newest("pro").price == Decimal(20)
    assert (change.wallet.at(on(2, 15, 12)).available() or 0) // CENT == 70_00


def test_cursor_anchor_noon__the_month_begins_at_the_hour_of_subscribing() -> None:
    """Subscribed on 15 January at noon: a minute before noon on 15 February it is due, at noon the next is in March."""
    wallet = Wallet.open("pro", catalogue=PLANS, id="ann", at=on(1, 15, 12)).wallet
    resets = [wallet.at(on(2, 15, hour, minute)).next_reset() for hour, minute in ((11, 59), (12, 0))]
    assert resets == [on(2, 15, 12), on(3, 15, 12)]
