"""Cases of other systems: order of use, ends, what is carried, resets. The source stands in each docstring."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.cases import holding, lefts, on, opened_on
from tokenpurse import Allowance, Balance, Bound, Offer, Plan, Rollover, periods, policies
from tokenpurse.entries import PeriodOpened, Spent

CASH = Offer("cash", unit="USD", price=Decimal(1))


def monthly(quota: int, bank_max: int | Bound | None = None, **parts: object) -> Plan:
    """A plan with a quota each month, and a bank for what is left."""
    given: dict[str, object] = {"allowances": [Allowance(quota)], "rollovers": [Rollover(bank_max=bank_max)], **parts}
    return Plan("monthly", **given)  # type: ignore[arg-type]  # parts by their names


# --- order ---


def test_order_001_what_ends_first_is_used_first() -> None:
    """usage_credits, wallet_test.rb: 100 each, ending in 10 days, in 20 and never; 150 leave 0, 50, 100."""
    lots = [Balance("promo", 100, expires=on(7, 11)), Balance("promo", 100, expires=on(7, 21)), Balance("promo", 100)]
    view = holding(*lots).spend(150, at=on(7, 1)).view
    assert (lefts(view), view.balance()) == ([0, 50, 100], 150)


def test_order_004_one_spend_over_three_buckets_is_three_draws() -> None:
    """usage_credits, wallet_test.rb: 250 of three times 100 are 100, 100, 50."""
    change = holding(100, 100, 100).spend(250, at=on(7, 1))
    assert isinstance(change.entry, Spent)
    assert [draw.amount for draw in change.entry.draws()] == [100, 100, 50]
    assert (len({draw.bucket for draw in change.entry.draws()}), change.view.balance()) == (3, 50)


def test_order_007_priority_before_age() -> None:
    """lago-api, topup_with_priority_spec.rb: three of priority 2, then one of priority 1; 80 leave 0, 0, 20 and 0."""
    lots = [
        Balance("promo", amount, priority=priority, issued=on(6, day))
        for day, (amount, priority) in enumerate([(25, 2), (25, 2), (30, 2), (20, 1)], start=1)
    ]
    assert lefts(holding(*lots, draw=policies.by_priority).spend(80, at=on(7, 1)).view) == [0, 0, 20, 0]


def test_order_010_of_one_priority_the_one_that_ends_first() -> None:
    """openmeter, engine_test.go: one ends in 100 years and one in 30 days; 120 leave 80 and 0."""
    lots = [
        Balance("promo", 100, priority=1, expires=on(7, 1, year=2126)),
        Balance("promo", 100, priority=1, expires=on(7, 31)),
    ]
    assert lefts(holding(*lots, draw=policies.by_priority).spend(120, at=on(7, 1)).view) == [80, 0]


def test_order_013_two_loose_balances() -> None:
    """autumn, loose-expiry.test.ts: one ends in 365 days and one in 30; 60 leave 100 and 40."""
    lots = [Balance("promo", 100, expires=on(7, 1, year=2027)), Balance("promo", 100, expires=on(7, 31))]
    assert lefts(holding(*lots).spend(60, at=on(7, 1)).view) == [100, 40]


def test_order_016_money_of_two_priorities_pays_one_fee() -> None:
    """lago-api, allocate_prepaid_credits_by_wallets_service_spec.rb: 1,500 cents of twice 1,000 are 1,000 and 500."""
    lots = [Balance("credit", Decimal(10), "USD", priority=priority) for priority in (1, 2)]
    change = holding(*lots, draw=policies.by_priority, offers=[CASH]).spend(Decimal(15), "USD", at=on(7, 1))
    assert isinstance(change.entry, Spent)
    assert [draw.amount for draw in change.entry.draws()] == [Decimal(10), Decimal(5)]
    assert lefts(change.view) == [Decimal(0), Decimal(5)]


def test_order_019_what_does_not_carry_over_is_used_before_what_did() -> None:
    """polar, test_service.py: 80 and a bank of 60; 80, 20 and 50 leave 60, 40, 0 in it; of the last, 10 are debt."""
    plan = Plan("p", allowances=[Allowance(80)], draw=policies.by_kind("quota", "rollover"))
    wallet = opened_on(plan, balances=[Balance("rollover", 60)])
    bank = []
    for amount in (80, 20, 50):
        change = wallet.spend(amount, at=on(7, 1), overdraw=True)
        bank.append(change.view.by_kind().get("rollover", 0))
        wallet = change.wallet
    assert (bank, wallet.at(on(7, 1)).debt()) == ([60, 40, 0], 10)


# --- ends ---


def test_expiry_001_what_has_ended_does_not_count() -> None:
    """usage_credits, wallet_test.rb: 100 for good, 200 that have ended, 150 for five days more: 250."""
    lots: list[Balance | int] = [100, Balance("promo", 200, expires=on(7, 2)), Balance("promo", 150, expires=on(7, 8))]
    assert holding(*lots).at(on(7, 3)).available() == 250


# --- rollover ---


def test_rollover_001_what_is_below_the_cap_is_carried_whole() -> None:
    """autumn, get-customer-reset-rollovers.test.ts: 250 of 400 used, a cap of 500: 150 and 400 are 550."""
    view = opened_on(monthly(400, 500)).spend(250, at=on(7, 2)).wallet.at(on(8, 1))
    assert (view.by_kind(), view.balance()) == ({"quota": 400, "rollover": 150}, 550)


def test_rollover_004_a_cap_as_a_share_of_the_quota() -> None:
    """autumn, rollover-max-percentage-free.test.ts: 150 of 200 used, a cap of 50 %: 50 and 200 are 250."""
    view = opened_on(monthly(200, Bound("allowance", Decimal("0.5")))).spend(150, at=on(7, 2)).wallet.at(on(8, 1))
    assert (view.by_kind(), view.balance()) == ({"quota": 200, "rollover": 50}, 250)


def test_rollover_007_two_months_in_the_bank() -> None:
    """autumn, track-rollover1.test.ts: 150 and 400 into a cap of 500 are 500; then 150 and 400 of use leave 350, 0.

    What each month carried stands apart there (100 and 400), and in one bank here.
    """
    plan = monthly(400, 500, draw=policies.by_kind("rollover", "quota"))
    wallet = opened_on(plan).spend(250, at=on(7, 2)).wallet
    assert wallet.at(on(8, 1)).balance() == 550
    assert (wallet.at(on(9, 1)).by_kind()["rollover"], wallet.at(on(9, 1)).balance()) == (500, 900)
    first = wallet.spend(150, at=on(9, 2))
    assert (first.view.by_kind()["rollover"], first.view.balance()) == (350, 750)
    assert first.wallet.spend(400, at=on(9, 2)).view.by_kind() == {"quota": 350}


def test_rollover_010_a_cap_below_the_quota() -> None:
    """autumn, track-rollover8.test.ts: a cap of 200 of 500; 50 and 200 of use leave 150 and 0 of it."""
    wallet = opened_on(monthly(500, 200, draw=policies.by_kind("rollover", "quota")))
    seen = []
    for amount in (0, 50, 200):
        change = wallet.spend(amount, at=on(8, 2))
        wallet = change.wallet
        view = wallet.at(on(8, 2))
        seen.append((view.by_kind().get("rollover", 0), view.balance()))
    assert seen == [(200, 700), (150, 650), (0, 450)]


def test_rollover_019_a_reset_does_not_touch_what_was_given_once() -> None:
    """openmeter, reset_test.go: 10 of 100 used, at most 50 carried: 50 there. Here 90; 100 + 50 if it recurs."""
    once = holding(allowances=[Allowance(0)], rollovers=[Rollover(bank_max=50)]).grant(100, at=on(7, 1)).wallet
    assert once.spend(10, at=on(7, 2)).wallet.at(on(8, 1)).by_kind() == {"promo": 90}
    again = opened_on(monthly(100, 50)).spend(10, at=on(7, 2)).wallet
    assert again.at(on(8, 1)).by_kind() == {"quota": 100, "rollover": 50}


def test_rollover_022_more_used_than_there_was() -> None:
    """openmeter, reset_test.go: 2,600 of twice 1,000: 100 owed there, after 500 were carried. Here all 600 are owed."""
    lots = [Balance("promo", 1_000, priority=1), Balance("promo", 1_000, priority=3)]
    wallet = holding(*lots, draw=policies.by_priority).spend(2_600, at=on(7, 2), overdraw=True).wallet
    assert (wallet.at(on(8, 1)).balance(), wallet.at(on(8, 1)).debt()) == (0, 600)


# --- resets ---


def test_reset_001_a_renewal_sets_anew() -> None:
    """stripe-no-webhooks, lifecycle.test.ts: 500 left of 1,000 become 1,000. One entry: forfeited, granted."""
    wallet = opened_on(Plan("p", allowances=[Allowance(1_000)])).spend(500, at=on(7, 2)).wallet
    change = wallet.advance(on(8, 1))
    (entry,) = change.entries
    assert isinstance(entry, PeriodOpened)
    assert entry.forfeited_by_kind() == {("quota", "tokens"): 500}
    assert [bucket.granted for bucket in entry.granted] == [1_000]
    assert change.view.balance() == 1_000


def test_reset_004_debt_is_carried_into_the_new_period() -> None:
    """autumn, persist-free-overage-on.test.ts: 100 owed, 100 granted: nothing left and nothing owed."""
    wallet = opened_on(Plan("p", allowances=[Allowance(100)])).spend(200, at=on(7, 2), overdraw=True).wallet
    assert (wallet.at(on(7, 31)).debt(), wallet.at(on(7, 31)).balance()) == (100, 0)
    assert (wallet.at(on(8, 1)).debt(), wallet.at(on(8, 1)).balance()) == (0, 0)


def test_reset_007_what_was_used_too_much_today_is_missing_tomorrow() -> None:
    """openmeter, engine_test.go: 100 each day, 120 used on the first: 80 on the second."""
    daily = Plan("p", allowances=[Allowance(100)], period=periods.calendar_day())
    wallet = opened_on(daily).spend(120, at=on(7, 1), overdraw=True).wallet
    assert wallet.at(on(7, 2)).available() == 80


def test_reset_010_a_start_that_lies_back() -> None:
    """flexprice, creditgrant_test.go: begun two months and a half ago: three grants came, and one is to come."""
    plan = Plan("p", allowances=[Allowance(100)], period=periods.subscription_month())
    opened = opened_on(plan, at=on(4, 16))
    now = on(7, 1)
    entries = opened.advance(now).entries
    assert 1 + sum(entry.count for entry in entries if isinstance(entry, PeriodOpened)) == 3
    assert opened.at(now).lifetime().granted == 300
    assert opened.at(now).next_reset() == on(7, 16)


@pytest.mark.parametrize(("at", "granted"), [(on(7, 15), 300), (on(7, 16), 400)])
def test_reset_010_the_next_one_comes_in_its_time(at: object, granted: int) -> None:
    """And not before."""
    plan = Plan("p", allowances=[Allowance(100)], period=periods.subscription_month())
    assert opened_on(plan, at=on(4, 16)).at(at).lifetime().granted == granted  # type: ignore[arg-type]
