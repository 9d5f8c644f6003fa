"""Use that is given back, and payments that are: F56 to F60."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.cases import holding, lefts, on
from tokenpurse import Change, Offer, Price, Wallet
from tokenpurse.entries import Spent
from tokenpurse.errors import ArgumentError, OutOfBounds, UnknownNameError

PACK = Offer("pack", price=Decimal("49.00"), pack=1_000)


def bought() -> Wallet:
    """A pack of 1,000 for 49 dollars."""
    return holding(offers=[PACK]).top_up("pack", 1_000, at=on(7, 1), payment="pi_1").wallet


def clawed_back(wallet: Wallet, money: str) -> Change:
    """So much of the 49 dollars went back, in all."""
    return wallet.claw_back("pi_1", refunded=Decimal(money), at=on(7, 4))


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


def test_f57_a_refund_and_a_dispute_of_it_take_once() -> None:
    """Issue fountain #1126: refunded, then disputed, credits taken twice. What counts is how much in all."""
    wallet, seen = bought(), []
    for total in ("24.50", "24.50", "49.00", "49.00"):
        wallet = clawed_back(wallet, total).wallet
        view = wallet.at(on(7, 4))
        seen.append((view.balance(), view.debt()))
    assert seen == [(500, 0), (500, 0), (0, 0), (0, 0)]


def test_f58_what_was_never_paid_is_not_taken_back() -> None:
    """Lago #4805: what nobody had paid was refunded."""
    wallet = bought()
    with pytest.raises(UnknownNameError):
        wallet.claw_back("pi_2", at=on(7, 4))
    with pytest.raises(OutOfBounds):
        clawed_back(wallet, "49.01")
    assert wallet.at(on(7, 4)).balance() == 1_000


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


def test_f59_three_thirds_of_a_payment_are_the_whole_payment() -> None:
    """Of a payment as of use: floor(1,000 x refunded / paid), of what went back in all."""
    wallet, seen = bought(), []
    for total in ("16.33", "32.66", "48.99", "49.00"):
        wallet = clawed_back(wallet, total).wallet
        seen.append(wallet.at(on(7, 4)).balance())
    assert seen == [1_000 - 333, 1_000 - 666, 1_000 - 999, 0]


def test_f60_what_was_spent_already_is_owed_and_no_bucket_is_below_nothing() -> None:
    """gbbragadev/clipia #28 asks what happens then: it is debt, and the next grant pays it."""
    back = clawed_back(bought().spend(700, at=on(7, 2)).wallet, "49.00")
    assert (back.view.balance(), back.view.debt(), lefts(back.view)) == (0, 700, [0])

    paid = back.wallet.grant(1_000, at=on(7, 5))
    assert (paid.view.balance(), paid.view.debt()) == (300, 0)
