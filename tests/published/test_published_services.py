"""Published cases of billing services and of OpenAI, on small plans; test_published_all has the sources."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Literal

import pytest

from tests.support.cases import holding, lefts, on, opened_on
from tokenpurse import (
    Allowance,
    AutoTopUp,
    Balance,
    Change,
    Offer,
    PayAsYouGo,
    Plan,
    Price,
    Rollover,
    Tier,
    periods,
    policies,
)
from tokenpurse.entries import Expired, PeriodOpened, Refunded, Spent
from tokenpurse.errors import AmountError, ConflictError, NotEnough, Refused
from tokenpurse.notices import Charge

CASH = Offer("cash", unit="USD", price=Decimal(1))


# --- Stripe ---


def test_stripe_order_chain__priority_end_gift_start_age() -> None:
    """Six grants of 10, told apart by one key after the other: g5, g4, g3, g6, g2, g1."""
    order = policies.by_priority.then(policies.soonest_expiring).then(policies.promo_before_paid)

    def lot(expires: datetime | None, issued: datetime, *, paid: bool = True, priority: int = 50) -> Balance:
        price = Decimal(10) if paid else None
        kind = "top_up" if paid else "promo"
        return Balance(kind, 10, issued=issued, expires=expires, paid=price, priority=priority)

    lots = {  # in the order of creation
        "g2": lot(on(6, 1), on(1, 1)),
        "g1": lot(on(6, 1), on(1, 1)),
        "g3": lot(on(6, 1), on(1, 5), paid=False),
        "g4": lot(on(5, 1), on(1, 9)),
        "g5": lot(None, on(1, 9), priority=10),
        "g6": lot(on(6, 1), on(12, 31, year=2025)),
    }
    plan = Plan("case", draw=order.then(policies.oldest_first))
    wallet = opened_on(plan, balances=list(lots.values()), at=on(2, 1))

    drawn = []
    for _ in lots:
        before = lefts(wallet.at(on(2, 1)))
        wallet = wallet.spend(10, at=on(2, 1)).wallet
        after = lefts(wallet.at(on(2, 1)))
        drawn += [name for name, was, left in zip(lots, before, after, strict=True) if left != was]
    assert drawn == ["g5", "g4", "g3", "g6", "g2", "g1"]


def test_stripe_void_invoice_live__use_that_is_undone_is_back_where_it_was() -> None:
    """40 of 100 used and given back: 100 in the same grant."""
    spent = holding(100).spend(40, at=on(7, 2), ref="inv1")
    assert isinstance(spent.entry, Spent)
    assert lefts(spent.wallet.refund(spent.entry, at=on(7, 3)).view) == [100]


def test_stripe_void_invoice_after_expiry__what_comes_back_to_a_grant_that_ended_ends_at_once() -> None:
    """60 expired; of the 40 that come back, 40 expire: nothing is there."""
    spent = holding(Balance("promo", 100, expires=on(8, 1))).spend(40, at=on(7, 15), ref="inv1")
    assert isinstance(spent.entry, Spent)
    back = spent.wallet.advance(on(8, 2)).wallet.refund(spent.entry, at=on(8, 2))
    assert isinstance(back.entry, Refunded)
    assert [(one.amount, one.went) for one in back.entry.returned] == [(40, "expired")]
    assert (back.view.available(), back.view.balance()) == (0, 0)


def test_stripe_void_used_grant_refused__a_used_grant_is_not_taken_back_whole() -> None:
    """One of 100 was used: taking it back is refused, ending what is left of it is not."""
    wallet = holding().grant(100, at=on(7, 1), ref="g").wallet.spend(1, at=on(7, 2)).wallet
    with pytest.raises(Refused):
        wallet.claw_back("g", at=on(7, 3), used="refuse")
    assert wallet.claw_back("g", at=on(7, 3), used="let_go").view.by_kind() == {}


def test_stripe_100_unused_limit__ours_is_a_thousand() -> None:
    """There the 101st grant that is not used up is refused; here the 1,001st bucket is."""
    wallet = holding(*[1] * 999).grant(1, at=on(7, 1)).wallet
    assert wallet.at(on(7, 1)).available() == 1_000
    with pytest.raises(AmountError, match="1,000 buckets"):
        wallet.grant(1, at=on(7, 1))
    assert wallet.spend(1, at=on(7, 1)).wallet.grant(1, at=on(7, 1)).view.available() == 1_000


@pytest.mark.parametrize(("year", "february"), [(2026, 28), (2028, 29)])
def test_stripe_anchor_31__the_last_day_of_short_months_and_the_31st_again(year: int, february: int) -> None:
    """Anchored on 31 January: 28 February (29 in 2028), 31 March, 30 April."""
    plan = Plan("case", allowances=[Allowance(1)], period=periods.subscription_month())
    wallet = opened_on(plan, at=on(1, 31, year=year))
    resets: list[datetime | None] = []
    moment: datetime | None = on(1, 31, year=year)
    while moment is not None and len(resets) < 3:
        moment = wallet.at(moment).next_reset()
        resets.append(moment)
    assert resets == [on(2, february, year=year), on(3, 31, year=year), on(4, 30, year=year)]


def test_stripe_flat_fee_overage__a_fee_with_1000_included() -> None:
    """1,500 of 1,000 at 0.04 beyond them are 20.00; with the fee of 100, which the host charges, 120.00."""
    plan = Plan("flat", price=Decimal(100), allowances=[Allowance(1_000)], pay_as_you_go=[PayAsYouGo(Decimal("0.04"))])
    [closed] = opened_on(plan).spend(1_500, at=on(7, 2)).wallet.advance(on(8, 1)).entries
    assert isinstance(closed, PeriodOpened)
    assert closed.statement is not None
    assert [line.quantity for line in closed.statement.lines] == [500]
    assert str(closed.statement) == "20.00 USD"


def test_stripe_usd_credits_two_meters__any_mix_of_input_and_output() -> None:
    """100 USD: 1,000 of input at 0.03, 1,000 of output at 0.05; of 500 more 5.00 are beyond them."""
    prices = [Price("input", Decimal("0.03")), Price("output", Decimal("0.05"))]
    beyond = [PayAsYouGo(Decimal("0.05"), meter="output")]
    plan = Plan("credits", prices=prices, offers=[CASH], pay_as_you_go=beyond)
    wallet = opened_on(plan).top_up("cash", Decimal(100), at=on(7, 1), payment="pay_1").wallet
    for amount, meter in ((1_000, "input"), (1_000, "output"), (500, "output")):
        wallet = wallet.spend(amount, meter, at=on(7, 2)).wallet
    assert wallet.at(on(7, 2)).balance("USD") == Decimal(0)
    [closed] = wallet.advance(on(8, 1)).entries
    assert isinstance(closed, PeriodOpened)
    assert str(closed.statement) == "5.00 USD"


def test_stripe_idempotency_params__the_same_key_with_other_parameters_is_an_error() -> None:
    """10 under a key, again, and 11 under it: drawn, repeated, refused; 90 are left."""
    first = holding(100).spend(10, at=on(7, 2), ref="k1")
    again = first.wallet.spend(10, at=on(7, 3), ref="k1")
    assert (first.repeated, again.repeated, again.entries) == (False, True, ())
    with pytest.raises(ConflictError):
        again.wallet.spend(11, at=on(7, 4), ref="k1")
    assert lefts(again.view) == [90]


def tiered(tiering: Literal["graduated", "volume"], units: int) -> Change:
    """0.50 up to 10,000, then 0.40, billed at $100; so many units were used before."""
    tiers = [Tier(10_000, Decimal("0.50")), Tier(None, Decimal("0.40"))]
    plan = Plan("units", pay_as_you_go=[PayAsYouGo(tiers=tiers, tiering=tiering, bill_at=Decimal(100))])
    return opened_on(plan).spend(units, at=on(7, 1))


@pytest.mark.parametrize(("used", "units"), [(9_600, 200), (10_000, 250)])
def test_stripe_threshold_every_100usd__tier_by_tier(used: int, units: int) -> None:
    """200 units for each bill in the first tier, 250 in the second."""
    wallet = tiered("graduated", used).wallet
    assert not wallet.spend(units - 1, at=on(7, 2)).requests
    change = wallet.spend(units, at=on(7, 2))
    assert [str(one) for one in change.requests] == ["bill 100.00 USD"]
    assert not change.view.accrued()


def test_stripe_volume_threshold_credit_back__999_60() -> None:
    """$5,000 are billed; one more unit makes all of it cost $4,000.40, and the rest comes back."""
    change = tiered("volume", 10_000)
    assert [str(one) for one in change.requests] == ["bill 5,000.00 USD"]
    [line] = change.wallet.spend(1, at=on(7, 2)).view.accrued()
    assert line.cost.amount == Decimal("-999.60")


# --- Metronome ---


def test_metronome_ledger_63__given_used_ended() -> None:
    """100 dollars for September 2024, 63 of them used: +100, -63, -37."""
    start = on(9, 1, year=2024)
    wallet = opened_on(Plan("case", offers=[CASH]), at=start)
    granted = wallet.grant(Decimal(100), "USD", at=start, expires=on(10, 1, year=2024))
    spent = granted.wallet.spend(Decimal(63), "USD", at=on(9, 15, year=2024))
    ended = spent.wallet.advance(on(10, 1, year=2024))
    balances = [Decimal(0)] + [change.view.balance("USD") for change in (granted, spent, ended)]
    assert [after - before for before, after in pairwise(balances)] == [Decimal(100), Decimal(-63), Decimal(-37)]
    assert [(type(entry), entry.at) for entry in ended.entries] == [
        (Expired, on(10, 1, year=2024)),
        (PeriodOpened, on(10, 1, year=2024)),
    ]


def test_metronome_recharge_tokens__filled_to_500_at_50() -> None:
    """450 of 500 used: at the threshold 450 are bought for 45.00, and 500 are there."""
    offer = Offer("tokens", price=Decimal("0.10"))
    plan = Plan("case", offers=[offer], auto_top_up=AutoTopUp("tokens", when="at_or_below"))
    wallet = opened_on(plan, balances=[Balance("top_up", 500)])
    wallet = wallet.set_auto_top_up(at=on(7, 1), threshold=50, target=500).wallet
    change = wallet.spend(450, at=on(7, 2))
    [charge] = change.requests
    assert isinstance(charge, Charge)
    assert (charge.amount, str(charge.price)) == (450, "45.00 USD")
    assert change.wallet.confirm(charge, at=on(7, 2), payment="pay_1").view.available() == 500


# --- Zuora ---


def test_zuora_rollover_1200__what_is_left_of_january() -> None:
    """800 of 1,000 used in January: 1,200 on 1 February."""
    plan = Plan("case", allowances=[Allowance(1_000)], rollovers=[Rollover()])
    wallet = opened_on(plan, at=on(1, 1, year=2022)).spend(800, at=on(1, 15, year=2022)).wallet
    assert wallet.at(on(2, 1, year=2022)).balance() == 1_200


# --- OpenAI ---


def test_openai_negative_then_buy__debt_is_taken_from_the_next_purchase() -> None:
    """0.40 owed, 10 bought: 9.60."""
    wallet = opened_on(Plan("case", offers=[CASH])).spend(Decimal("0.40"), "USD", at=on(7, 2), overdraw=True).wallet
    assert wallet.at(on(7, 2)).debt("USD") == Decimal("0.40")
    view = wallet.top_up("cash", Decimal(10), at=on(7, 3), payment="pay_1").view
    assert (view.balance("USD"), view.debt("USD")) == (Decimal("9.60"), Decimal(0))


@pytest.mark.parametrize("spent", [Decimal(0), Decimal(4)])
def test_openai_dispute_clawback__the_whole_purchase_goes_also_where_some_was_spent(spent: Decimal) -> None:
    """10 of 25 disputed: 15; with 4 of them spent before, 4 less."""
    plan = Plan("case", offers=[CASH], draw=policies.order_by("bought_first", lambda facts: not facts.paid))
    wallet = opened_on(plan, balances=[Balance("credit", Decimal(15), "USD")])
    wallet = wallet.top_up("cash", Decimal(10), at=on(7, 1), payment="pay_1").wallet
    wallet = wallet.spend(spent, "USD", at=on(7, 2)).wallet
    view = wallet.claw_back("pay_1", refunded=Decimal(10), at=on(7, 3)).view
    assert view.balance("USD") - view.debt("USD") == Decimal(15) - spent


def test_a_plan_stops_at_zero_where_it_says_nothing_else() -> None:
    """So no case above passes because use is let through."""
    with pytest.raises(NotEnough):
        holding(100).spend(101, at=on(7, 2))
