"""The published case of GitHub Copilot, on `examples/plans/copilot.py`; test_published_all has the source."""

from __future__ import annotations

from examples.plans.copilot import PLANS
from tests.support.cases import on
from tokenpurse import Wallet


def test_copilot_resubscribe_same_month__use_of_the_month_counts_on_the_smaller_plan() -> None:
    """More than 300 used on the plan for 39 dollars, cancelled on 17 February, that for 10 taken on the 20th.

    Nothing can be spent until 1 March.
    """
    wallet = Wallet.open("pro_plus", catalogue=PLANS, id="ann", at=on(1, 9)).wallet
    wallet = wallet.spend(350, "request", at=on(2, 10)).wallet
    for plan, day in (("free", 17), ("pro", 20)):
        wallet = wallet.change_plan(plan, at=on(2, day), when="now").wallet
    view = wallet.at(on(2, 20))
    assert (view.available("request"), view.next_reset()) == (0, on(3, 1))
    assert wallet.at(on(3, 1)).available("request") == 300
