"""`top_up`: what was bought and paid."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.rich import july, opened
from tokenpurse import Allowance, AutoTopUp, Bound, Catalogue, Offer, Plan, Wallet, replay
from tokenpurse.entries import ToppedUp
from tokenpurse.errors import AmountError, NotAllowed, NotEnough, OutOfBounds, PlanError, PurseError


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
        ({"buyers": set()}, 10, "admin", NotAllowed, "is for nobody"),
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


class TestBalanceMax:
    """What the wallet may hold of what is bought, after a purchase."""

    @pytest.mark.parametrize(
        ("cap", "fits"),
        [(100, 60), (Bound("allowance", Decimal("0.7")), 30), (40, 0), (39, 0), (0, 0)],
    )
    def test_a_purchase_goes_up_to_it_and_not_beyond(self, cap: Any, fits: int) -> None:
        """40 are there; what the plan grants is of another kind and does not count, a hold does."""
        wallet = shop(balance_max=Bound("allowance", 10)).top_up("x", 50, at=july(2), payment="p").wallet
        wallet = wallet.spend(110, at=july(2)).wallet.hold(30, at=july(2), ref="h", until=july(3)).wallet
        plan = Plan("p", allowances=[Allowance(100)], offers=[shop_offer(balance_max=cap)])
        wallet = wallet.bind(Catalogue([plan]))

        with pytest.raises(OutOfBounds, match="sells up to a balance of") as refused:
            wallet.top_up("x", fits + 1, at=july(2), payment="q")

        assert (refused.value.asked, refused.value.available) == (fits + 1, fits)
        if fits:
            assert wallet.top_up("x", fits, at=july(2), payment="q").view.available() == fits + 10

    def test_what_pays_a_debt_at_once_is_not_there_after_it(self) -> None:
        """10 may be there: 15 are bought, 5 of them owed."""
        first = shop(balance_max=10).spend(105, at=july(2), overdraw=True).wallet

        assert first.top_up("x", 15, at=july(2), payment="p").view.balance() == 10

    def test_a_remedy_is_named_only_where_the_balance_may_grow(self) -> None:
        """10 more would do, and 9 may be bought."""
        for cap, kinds in ((9, []), (10, ["top_up"])):
            with pytest.raises(NotEnough) as refused:
                shop(balance_max=cap).spend(110, at=july(2))
            assert [one.kind for one in refused.value.remedies if one.kind == "top_up"] == kinds

    @pytest.mark.parametrize("chosen", [{"purchase": 31}, {"target": 51}])
    def test_auto_top_up_is_set_to_what_stays_within_it(self, chosen: dict[str, int]) -> None:
        """A threshold of 20 and 30 more make 50."""
        offer = shop_offer(balance_max=50)
        wallet = Wallet.open(Plan("p", offers=[offer], auto_top_up=AutoTopUp("x")), id="acme", at=july(1)).wallet

        with pytest.raises(OutOfBounds, match="sells up to a balance of 50"):
            wallet.set_auto_top_up(threshold=20, at=july(2), **chosen)

        within = {name: amount - 1 for name, amount in chosen.items()}
        assert wallet.set_auto_top_up(threshold=20, at=july(2), **within).requests

    def test_a_multiple_needs_what_it_is_a_multiple_of(self) -> None:
        """A plan that grants nothing has no allowance."""
        with pytest.raises(PlanError, match="Offer 'x': balance_max is 'allowance'"):
            Plan("p", offers=[shop_offer(balance_max=Bound("allowance", 2))])


def shop_offer(**more: Any) -> Offer:
    return Offer("x", price=Decimal(1), per=10, **more)
