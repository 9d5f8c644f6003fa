"""Use that is given back, and payments that are: F56 to F60."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.cases import holding, on
from tokenpurse import Change, Offer, Price
from tokenpurse.entries import Spent
from tokenpurse.errors import ArgumentError, OutOfBounds


def spent_of(change: Change) -> Spent:
    """The entry of a spend."""
    assert isinstance(change.entry, Spent)
    return change.entry


def test_f56_no_number_of_refunds_gives_back_more_than_was_spent() -> None:
    """craftcms/commerce #1098, PrestaShop #21194, Blnk 08715a4: each part was fine, and their sum was not."""
    change = holding(100).spend(60, at=on(7, 2))
    spent, wallet = spent_of(change), change.wallet
    for number in range(2):
        wallet = wallet.refund(spent, 25, at=on(7, 3), ref=f"r{number}").wallet
    assert wallet.at(on(7, 3)).balance() == 90

    with pytest.raises(OutOfBounds):
        wallet.refund(spent, 11, at=on(7, 3), ref="r2")
    assert wallet.refund(spent, 10, at=on(7, 3), ref="r2").view.balance() == 100
    assert wallet.refund(spent, 25, at=on(7, 3), ref="r1").repeated


def test_f58_what_this_wallet_never_gave_does_not_come_back() -> None:
    """Lago #3703, #4805: what had failed was credited as if it had been paid, and 1 dollar became 2."""
    wallet = holding(100).spend(10, at=on(7, 1)).wallet
    foreign = spent_of(holding(100).spend(10, at=on(7, 1)).wallet.spend(60, at=on(7, 2)))
    with pytest.raises(ArgumentError):  # this wallet never booked that spend
        wallet.refund(foreign, 60, at=on(7, 3))
    assert wallet.at(on(7, 3)).balance() == 90


def test_f59_three_thirds_of_a_price_are_the_whole_price() -> None:
    """usage_credits takes a float's ceiling each time: three times a third were more than the whole."""
    sold = Offer("credits", unit="USD", price=Decimal(1))
    wallet = holding(prices=[Price("video", Decimal("49.00"), per=3)], offers=[sold])
    paid = wallet.top_up("credits", Decimal(100), at=on(7, 1), payment="pi_1").wallet.spend(3, "video", at=on(7, 2))
    spent, wallet, seen = spent_of(paid), paid.wallet, []
    for _ in range(3):
        wallet = wallet.refund(spent, 1, at=on(7, 3)).wallet
        seen.append(wallet.at(on(7, 3)).balance("USD"))
    assert seen == [Decimal("67.333333"), Decimal("83.666666"), Decimal("100.000000")]
