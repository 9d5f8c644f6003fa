"""`view.refundable`: what the unused rest of a payment is worth."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.cases import holding, on
from tokenpurse import Balance, Offer, Wallet
from tokenpurse.errors import UnknownNameError

PACK = Offer("pack", price=Decimal("49.00"), pack=1_000, bonus=100)
WEEK = timedelta(days=7)


def bought(offer: Offer = PACK, amount: Any = 1_000) -> Wallet:
    """What was paid with `p1`."""
    return holding(offers=[offer]).top_up(offer.name, amount, at=on(7, 1), payment="p1").wallet


@pytest.mark.parametrize(
    ("spent", "worth"),
    [(0, "49.00"), (100, "49.00"), (101, "48.95"), (600, "24.50"), (1_099, "0.04"), (1_100, "0.00")],
)
def test_the_unused_share_of_the_price_rounded_down(spent: int, worth: str) -> None:
    """To the cent; the bonus, which is used first here, is worth nothing."""
    view = bought().spend(spent, at=on(7, 2)).view
    assert str(view.refundable("p1")) == f"{worth} USD"


def test_what_is_held_is_not_unused() -> None:
    """Until it comes back."""
    wallet = bought().hold(600, at=on(7, 2), ref="h", until=WEEK).wallet
    assert wallet.at(on(7, 2)).refundable("p1").amount == Decimal("24.50")
    assert wallet.release("h", at=on(7, 2)).view.refundable("p1").amount == 49


def test_what_went_back_already_is_worth_nothing_more() -> None:
    """And what was reinstated is."""
    half = bought().claw_back("p1", refunded=Decimal("24.50"), at=on(7, 2))
    assert half.view.refundable("p1").amount == Decimal("24.50")
    assert half.wallet.claw_back("p1", at=on(7, 3)).view.refundable("p1").amount == 0
    assert half.wallet.reinstate("p1", at=on(7, 3)).view.refundable("p1").amount == 49


def test_a_window_for_refunds_closes() -> None:
    """Its end is exclusive."""
    wallet = bought(Offer("pack", price=Decimal("49.00"), pack=1_000, refund_window=WEEK))
    worth = [wallet.at(on(7, 8) - timedelta(microseconds=1)).refundable("p1"), wallet.at(on(7, 8)).refundable("p1")]
    assert [money.amount for money in worth] == [49, 0]


def test_what_was_free_is_worth_nothing() -> None:
    """In the money of its offer all the same."""
    assert str(bought(Offer("free", price=Decimal(0), pack=10), 10).at(on(7, 1)).refundable("p1")) == "0.00 USD"


def test_what_was_forfeited_is_worth_nothing() -> None:
    """A closed wallet has no rest."""
    assert bought().close(at=on(7, 2)).view.refundable("p1").amount == 0


@pytest.mark.parametrize("name", ["p2", "gift"])
def test_what_nobody_paid_for_has_no_price(name: str) -> None:
    """Neither a payment that never was, nor a gift."""
    wallet = bought().grant(5, at=on(7, 2), ref="gift").wallet
    with pytest.raises(UnknownNameError):
        wallet.at(on(7, 2)).refundable(name)


def test_what_was_brought_with_a_price_has_one() -> None:
    """An allowance that was brought is the plan's own, and has none."""
    wallet = holding(Balance("top_up", 300, paid=Decimal(10), payment="old"))
    assert wallet.spend(100, at=on(7, 2)).view.refundable("old").amount == Decimal("6.66")
