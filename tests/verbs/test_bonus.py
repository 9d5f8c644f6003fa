"""What an offer gives beside a purchase: of the same payment, for nothing, and gone with it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.rich import july
from tokenpurse import Allowance, AutoTopUp, Bound, Offer, Plan, Wallet, replay
from tokenpurse.errors import AmountError, PlanError, UnknownNameError
from tokenpurse.units import STEPS_MAX


def opened(auto: bool = False, **offer: Any) -> Wallet:
    offers = [Offer("pack", price=Decimal("4.90"), per=1_000, **offer)]
    top_up = AutoTopUp("pack") if auto else None
    plan = Plan("pro", allowances=[Allowance(100)], offers=offers, auto_top_up=top_up)
    return Wallet.open(plan, id="acme", at=july(1)).wallet


@pytest.mark.parametrize(
    ("bonus", "bought", "given"),
    [
        (Bound("purchase", Decimal("0.1")), 1_000, 100),
        (Bound("purchase", Decimal("0.1")), 1_009, 100),
        (250, 1_000, 250),
        (250, 3_000, 250),
        (Bound("purchase", Decimal("0.1")), 9, 0),
        (0, 1_000, 0),
        (None, 1_000, 0),
    ],
)
def test_a_bonus_is_a_bucket_of_the_same_payment(bonus: Any, bought: int, given: int) -> None:
    """Given once for each purchase, as an amount or as a share that is rounded down."""
    change = opened(bonus=bonus).top_up("pack", bought, at=july(2), payment="p1")

    assert {"quota": 100, "top_up": bought} | ({"promo": given} if given else {}) == change.view.by_kind()
    promo = [bucket for bucket in change.view.buckets() if bucket.kind == "promo"]
    assert [("p1", None, july(2))] * bool(given) == [(one.payment, one.paid, one.starts) for one in promo]
    assert {"tokens": bought + given} == change.moved
    assert (bought, 100 + given) == (change.view.lifetime().added, change.view.lifetime().granted)
    assert len({bucket.id for bucket in change.view.buckets()}) == len(change.view.buckets())


def test_a_claw_back_takes_its_share_of_both() -> None:
    """Half the money is half of what was bought, and half of the bonus."""
    wallet = opened(bonus=Bound("purchase", Decimal("0.1"))).top_up("pack", 1_000, at=july(2), payment="p1").wallet

    half = wallet.claw_back("p1", refunded=Decimal("2.45"), at=july(3))
    assert half.view.by_kind() == {"quota": 100, "top_up": 500, "promo": 50}
    assert half.wallet.claw_back("p1", at=july(4)).view.by_kind() == {"quota": 100}


def test_auto_top_up_pins_the_bonus_that_it_asked_with() -> None:
    change = opened(auto=True, bonus=30).set_auto_top_up(threshold=500, purchase=1_000, at=july(2))
    [charge] = change.requests
    assert charge.bonus_steps == 30  # type: ignore[union-attr]
    paid = change.wallet.confirm(charge, at=july(3), payment="p1")

    assert paid.view.by_kind() == {"quota": 100, "top_up": 1_000, "promo": 30}


def test_a_purchase_with_a_bonus_is_replayed() -> None:
    first = Wallet.open(
        Plan("pro", offers=[Offer("pack", price=Decimal(5), per=100, unit="tokens", bonus=7)]), id="acme", at=july(1)
    )
    second = first.wallet.top_up("pack", 100, at=july(2), payment="p1")
    assert replay([*first.entries, *second.entries]) == second.wallet


def test_what_is_bought_and_its_bonus_are_counted_together() -> None:
    """A total beyond what can be counted is refused, and nothing of it stays."""
    wallet = opened(bonus=STEPS_MAX - 1_000)
    with pytest.raises(AmountError, match="more than can be counted"):
        wallet.top_up("pack", 1_000, at=july(2), payment="p1")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bonus", Bound("allowance", 2)),
        ("bonus", -1),
        ("bonus", Decimal("0.5")),
        ("refund_window", timedelta()),
        ("refund_window", timedelta(days=3_661)),
        ("refund_window", 14),
    ],
)
def test_a_bonus_or_window_that_cannot_be_is_refused(field: str, value: Any) -> None:
    with pytest.raises(PlanError, match=field):
        opened(**{field: value})


def test_the_unused_rest_is_worth_money_until_the_window_is_over() -> None:
    """Fourteen days, the end excluded; what was used, held or given beside it is worth nothing."""
    wallet = opened(refund_window=timedelta(days=14), bonus=500)
    wallet = wallet.top_up("pack", 1_000, at=july(2), payment="p1").wallet

    assert Decimal("4.90") == wallet.at(july(2)).refundable("p1").amount
    used = wallet.spend(100 + 500 + 333, at=july(3)).wallet
    assert Decimal("3.26") == used.at(july(15)).refundable("p1").amount  # 667 of 1,000 for 4.90: 3.2683
    assert Decimal(0) == used.at(july(16)).refundable("p1").amount
    held = used.hold(600, at=july(3), ref="h1", until=timedelta(days=1)).wallet
    assert Decimal("0.32") == held.at(july(3)).refundable("p1").amount


def test_only_a_payment_is_refundable() -> None:
    wallet = opened().grant(5, at=july(2), ref="g1").wallet
    for name in ("g1", "p9"):
        with pytest.raises(UnknownNameError):
            wallet.at(july(2)).refundable(name)


def test_an_auto_top_up_has_the_refund_window_of_its_offer() -> None:
    change = opened(auto=True, refund_window=timedelta(days=2)).set_auto_top_up(
        threshold=500, purchase=1_000, at=july(2)
    )
    paid = change.wallet.confirm("charge:1", at=july(3), payment="p1").wallet
    assert [Decimal("4.90"), Decimal(0)] == [paid.at(july(day)).refundable("p1").amount for day in (4, 5)]
