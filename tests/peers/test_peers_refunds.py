"""Cases of other systems: use that is given back, and what is taken back. The source stands in each docstring."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.support.cases import holding, lefts, on, opened_on
from tokenpurse import Allowance, Balance, Offer, PayAsYouGo, Plan
from tokenpurse.entries import Spent
from tokenpurse.errors import OutOfBounds

PACK = Offer("pack", price=Decimal("49.00"), pack=1_000)


def test_expiry_004_what_it_paid_stays_paid() -> None:
    """openmeter, engine_test.go: 50 of 100 spent, the rest taken back, 50 more spent: nothing left, 50 owed."""
    wallet = holding(100).spend(50, at=on(7, 1, 0, 30)).wallet
    (bucket,) = wallet.at(on(7, 1, 1)).buckets()
    taken = wallet.claw_back(bucket.id, used="let_go", at=on(7, 1, 1))
    assert (taken.view.balance(), taken.view.debt()) == (0, 0)
    view = taken.wallet.spend(50, at=on(7, 1, 1) + timedelta(minutes=30), overdraw=True).view
    assert (view.balance(), view.debt()) == (0, 50)


def test_refund_001_half_of_the_money_is_half_of_the_pack() -> None:
    """usage_credits, pay_charge_extension_test.rb: 24.50 of 49 dollars for 1,000: 500 go."""
    wallet = holding(offers=[PACK]).top_up("pack", 1_000, at=on(7, 1), payment="p1").wallet
    assert wallet.claw_back("p1", refunded=Decimal("24.50"), at=on(7, 2)).view.balance() == 500


def test_refund_004_the_same_total_again_takes_nothing() -> None:
    """usage_credits, pay_charge_extension_test.rb: 49 of 49 twice: 1,000, then 0."""
    wallet = holding(offers=[PACK]).top_up("pack", 1_000, at=on(7, 1), payment="p1").wallet
    first = wallet.claw_back("p1", refunded=Decimal(49), at=on(7, 2))
    again = first.wallet.claw_back("p1", refunded=Decimal(49), at=on(7, 3))
    assert (first.view.balance(), again.view.balance(), again.view.debt()) == (0, 0, 0)
    assert again.entries == ()


def test_refund_007_in_the_order_of_use_bucket_by_bucket() -> None:
    """lago-api, topup_with_priority_spec.rb: 50 of 20, 25 and 25 taken leave 0, 0 and 20.

    There one call takes from the balance; here each says of which bucket how much, in the order of `view.buckets()`.
    """
    wallet, rest = holding(20, 25, 25), 50
    for bucket in wallet.at(on(7, 2)).buckets():
        steps = min(rest, bucket.left_steps)
        rest -= steps
        wallet = wallet.claw_back(bucket.id, refunded=steps, at=on(7, 2)).wallet
    assert lefts(wallet.at(on(7, 2))) == [0, 0, 20]


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


def test_refund_016_no_more_goes_than_there_is() -> None:
    """stripe-no-webhooks, credits.test.ts: 500 of 100 revoked: 100 go. Here more than was given is an error."""
    wallet = holding(100)
    (bucket,) = wallet.at(on(7, 2)).buckets()
    with pytest.raises(OutOfBounds) as refused:
        wallet.claw_back(bucket.id, refunded=500, at=on(7, 2))
    assert refused.value.available == 100
    gone = wallet.claw_back(bucket.id, at=on(7, 2))
    assert (gone.view.balance(), gone.view.debt()) == (0, 0)
