"""`top_up`: what was bought and paid."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.rich import july, opened
from tokenpurse import Allowance, Offer, Plan, Wallet, replay
from tokenpurse.entries import ToppedUp
from tokenpurse.errors import AmountError, NotAllowed, OutOfBounds, PurseError


def shop(**offer: Any) -> Wallet:
    plan = Plan("p", allowances=[Allowance(100)], offers=[Offer("x", **{"price": Decimal(1), "per": 10, **offer})])
    return Wallet.open(plan, id="acme", at=july(1)).wallet


def test_a_purchase_is_a_bucket_with_its_price_and_payment() -> None:
    """It never ends, and no reset touches it."""
    change = opened().wallet.top_up("tokens", 2_500, at=july(2), payment="pay_1", by="admin")
    bucket = change.view.buckets()[-1]
    (entry,) = change.entries

    assert isinstance(entry, ToppedUp)
    assert (bucket.kind, bucket.left, bucket.expires, bucket.payment) == ("top_up", 2_500, None, "pay_1")
    assert (str(bucket.paid), str(entry.price), entry.offer, entry.payment) == (
        "12.50 USD",
        "12.50 USD",
        "tokens",
        "pay_1",
    )
    assert (entry.request, entry.by) == (None, "admin")
    assert change.moved == {"tokens": 2_500}
    assert change.wallet.at(july(32)).available() == 3_500
    assert change.view.lifetime().added == 2_500


@pytest.mark.parametrize(
    ("offer", "amount", "kind", "unit", "price"),
    [
        ({}, 10, "top_up", "tokens", "1.00"),
        ({}, 1, "top_up", "tokens", "0.10"),
        ({}, 15, "top_up", "tokens", "1.50"),
        ({"price": Decimal(0)}, 15, "top_up", "tokens", "0.00"),
        ({"kind": "gift"}, 15, "gift", "tokens", "1.50"),
        ({"pack": 5}, 15, "top_up", "tokens", "1.50"),
        ({"per": None, "pack": 5}, 15, "top_up", "tokens", "3.00"),
        ({"unit": "USD", "per": None}, Decimal("7.77"), "credit", "USD", "7.77"),
        ({"unit": "USD", "per": None, "kind": "promo"}, Decimal("0.000001"), "promo", "USD", "0.01"),
        ({"buyers": ["admin", "owner"]}, 15, "top_up", "tokens", "1.50"),
        ({"buyers": ["admin"], "self_service": False}, 15, "top_up", "tokens", "1.50"),
        ({"minimum": 15, "maximum": 15}, 15, "top_up", "tokens", "1.50"),
    ],
)
def test_an_offer_says_what_is_bought_and_at_what_price(
    offer: dict[str, Any], amount: Any, kind: str, unit: str, price: str
) -> None:
    """Bounds are inclusive, prices rounded up to the cent."""
    wallet = shop(**offer)
    change = wallet.top_up("x", amount, at=july(2), payment="p", by="admin")
    bucket = change.view.buckets()[-1]

    assert (kind, unit, amount) == (bucket.kind, str(bucket.unit), bucket.left)
    assert f"{price} USD" == str(bucket.paid)
    assert f"{price} USD" == str(wallet.at(july(2)).price_of("x", amount))


@pytest.mark.parametrize(
    ("offer", "amount", "by", "error", "said"),
    [
        ({"minimum": 15}, 14, None, OutOfBounds, "at least 15"),
        ({"maximum": 15}, 16, None, OutOfBounds, "at most 15 at once"),
        ({"pack": 5}, 4, None, OutOfBounds, "at least 5"),
        ({"pack": 5}, 6, None, OutOfBounds, "whole packs of 5"),
        ({"buyers": {"admin"}}, 10, None, NotAllowed, "nobody said who"),
        ({"buyers": {"admin"}}, 10, "member", NotAllowed, "'member' may not"),
        ({"buyers": {"agent"}, "self_service": False}, 10, "admin", NotAllowed, "not self-service"),
        ({"buyers": set()}, 10, "admin", NotAllowed, "may not"),
        ({}, 0, None, AmountError, "more than nothing"),
        ({"price": Decimal(0)}, 2**53 - 100, None, AmountError, "more than can be counted"),
        ({}, 2**53 - 1, None, AmountError, "costs more than can be counted"),
    ],
)
def test_what_is_not_sold_like_that_is_refused(
    offer: dict[str, Any], amount: int, by: str | None, error: type[PurseError], said: str
) -> None:
    """By amount, by role, or because nobody could count it."""
    with pytest.raises(error, match=said):
        shop(**offer).top_up("x", amount, at=july(2), payment="p", by=by)


def test_a_purchase_is_possible_where_spending_is_not() -> None:
    """A frozen wallet takes in what was paid for."""
    wallet = shop().freeze(at=july(2)).wallet

    assert wallet.top_up("x", 10, at=july(3), payment="p").view.balance() == 110


def test_a_purchase_pays_debt_first_and_the_history_says_so() -> None:
    """The bucket was granted in full; what is left of it is less."""
    first = Wallet.open(Plan("p", offers=[Offer("x", price=Decimal(1))]), id="acme", at=july(1))
    over = first.wallet.spend(5, at=july(2), overdraw=True)
    change = over.wallet.top_up("x", 20, at=july(3), payment="p")
    bucket = change.view.buckets()[-1]

    assert (bucket.granted, bucket.opening, bucket.left, change.view.debt()) == (20, 15, 15, 0)
    assert replay([*first.entries, *over.entries, *change.entries]) == change.wallet
