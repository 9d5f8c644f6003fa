"""Cases of other systems: changes of plan. The source stands in each docstring."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.support.cases import on, opened_on
from tokenpurse import Allowance, Balance, Bound, Plan, Rollover, Switch
from tokenpurse.entries import PlanChanged

BESIDE = Switch(when="now", keep={"quota"}, use="cleared")
"""The new allowance in full, beside what is left of the old one."""


def test_plan_001_an_upgrade_grants_on_top_and_back_and_forth_grants_no_more() -> None:
    """usage_credits, pay_subscription_extension_test.rb: 600, upgraded 2,600; a downgrade waits and is taken back."""
    a = Plan("a", allowances=[Allowance(500)], on_upgrade=BESIDE)
    wallet = opened_on(a, Plan("b", allowances=[Allowance(2_000)], rank=1)).grant(100, kind="bonus", at=on(7, 1)).wallet
    totals = [wallet.at(on(7, 1)).available()]
    for plan in ("b", "a", "b"):
        wallet = wallet.change_plan(plan, at=on(7, 3)).wallet
        totals.append(wallet.at(on(7, 3)).available())

    assert totals == [600, 2_600, 2_600, 2_600]


@pytest.mark.parametrize(("used", "debt", "total"), [(30, 0, 570), (100, 0, 500), (120, 20, 480)])
def test_plan_007_a_balance_is_carried_and_so_is_a_debt(used: int, debt: int, total: int) -> None:
    """autumn, carry-over-balance-basic.test.ts: 70 left of 100, and 500, are 570; owing 20, it is 480."""
    a = Plan("a", allowances=[Allowance(100)], on_upgrade=BESIDE)
    wallet = opened_on(a, Plan("b", allowances=[Allowance(500)], rank=1)).spend(used, at=on(7, 2), overdraw=True).wallet
    view = wallet.change_plan("b", at=on(7, 3)).view

    assert (wallet.at(on(7, 3)).debt(), view.available(), view.debt()) == (debt, total, 0)


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


def test_plan_010_a_change_says_what_the_rest_of_both_prices_is() -> None:
    """autumn, proration.mdx: from $20 to $50 at day 15 of 30, credit 10.00 and charge 25.00, net 15.00."""
    a, b = Plan("a", price=Decimal("20.00")), Plan("b", price=Decimal("50.00"), rank=1)
    entry = opened_on(a, b, at=on(6, 1)).change_plan("b", at=on(6, 16)).entry

    assert isinstance(entry, PlanChanged)
    said = entry.proration
    assert said is not None
    assert (str(said.credit), str(said.charge), said.net) == ("10.00 USD", "25.00 USD", Decimal("15.00"))


@pytest.mark.parametrize(
    ("at", "left"),
    [
        (datetime(2026, 1, 20, tzinfo=UTC), 38),
        (datetime(2026, 1, 16, 12, tzinfo=UTC), 50),
        (datetime(2026, 1, 31, 23, 59, 59, 999_999, tzinfo=UTC), 0),
        (datetime(2026, 1, 1, tzinfo=UTC), 100),
    ],
)
def test_proration_001_the_share_of_the_time_that_is_left(at: datetime, left: int) -> None:
    """flexprice, creditgrant_proration_test.go: of 100 for January, 38.70967742 from the 20th. Ours are whole: 38."""
    none = Plan("none", on_upgrade=Switch(when="now", prorated=True))
    wallet = opened_on(none, Plan("some", allowances=[Allowance(100)], rank=1), at=on(1, 1))

    assert wallet.change_plan("some", at=at).view.available() == left


@pytest.mark.parametrize("most", [200, Bound("allowance", Decimal("0.4"))])
def test_rollover_013_a_bank_is_trimmed_to_the_new_cap(most: int | Bound) -> None:
    """autumn, immediate-switch-rollover.test.ts: 350 carried, upgraded to a cap of 200: 150 of the bank are lost."""
    trim = Switch(when="now", trim={"rollover": most})
    old = Plan("old", allowances=[Allowance(400)], rollovers=[Rollover()], on_upgrade=trim)
    new = Plan("new", allowances=[Allowance(500)], rollovers=[Rollover(bank_max=200)], rank=1)
    change = opened_on(old, new, balances=[Balance("rollover", 350)]).change_plan("new", at=on(7, 3))
    entry = change.entry

    assert isinstance(entry, PlanChanged)
    assert (change.view.by_kind(), change.view.available()) == ({"quota": 500, "rollover": 200}, 700)
    assert [(loss.kind, loss.amount) for loss in entry.forfeited] == [("rollover", 150)]
