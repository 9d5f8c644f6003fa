"""Cases of other systems: auto top-up. The source stands in each docstring."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.cases import holding, on
from tokenpurse import AutoTopUp, Balance, Offer, Wallet
from tokenpurse.notices import Charge, Request

CREDITS = Offer("credits", price=Decimal("0.01"), per=1, kind="credit")


def filling(threshold: int, purchase: int, *lots: int, offer: Offer = CREDITS, **auto: Any) -> Wallet:
    """A wallet with credits, and the automation on."""
    wallet = holding(
        *(Balance("credit", each) for each in lots), offers=[offer], auto_top_up=AutoTopUp(offer.name, **auto)
    )
    return wallet.set_auto_top_up(threshold=threshold, purchase=purchase, at=on(7, 1)).wallet


def amounts(requests: tuple[Request, ...]) -> list[object]:
    return [each.amount for each in requests if isinstance(each, Charge)]


def test_topup_001_a_pack_when_it_falls_below() -> None:
    """autumn, auto-topup-basic.test.ts: 100, a threshold of 20, a pack of 100; 85 spent make 115."""
    change = filling(20, 100, 100).spend(85, at=on(7, 2))
    assert amounts(change.requests) == [100]
    assert change.wallet.confirm(change.requests[0], at=on(7, 2), payment="p1").view.balance() == 115


def test_topup_004_two_a_month_and_the_third_in_the_next() -> None:
    """autumn, auto-topup-limits.test.ts: 300, a threshold of 50, a pack of 100, two a month: 140, 140, and 40 stay."""
    wallet = filling(50, 100, 300, purchases_max=2)
    for day, amount, total in ((2, 260, 140), (3, 100, 140)):
        asked = wallet.spend(amount, at=on(7, day))
        wallet = asked.wallet.confirm(asked.requests[0], at=on(7, day), payment=f"p{day}").wallet
        assert wallet.at(wallet.clock).balance() == total
    third = wallet.spend(100, at=on(7, 4))
    assert (third.view.balance(), third.requests) == (40, ())
    assert [notice.name for notice in third.notices] == ["auto_top_up_blocked"]
    assert amounts(third.wallet.advance(on(8, 1)).requests) == [100]


def test_topup_007_on_the_threshold_where_the_plan_says_so() -> None:
    """autumn, auto-topup-rebalance.test.ts: 200 and 100 left at a threshold of 300, and 600 make 900."""
    change = filling(300, 600, 1_000, 100, when="at_or_below").spend(800, at=on(7, 2))
    assert amounts(change.requests) == [600]
    assert change.wallet.confirm(change.requests[0], at=on(7, 2), payment="p1").view.balance() == 900


def test_topup_010_what_is_bought_by_hand_uses_up_no_maximum() -> None:
    """stripe-no-webhooks, topup.test.ts: five purchases by hand, and one of three may still be made by itself."""
    wallet = filling(500, 1_000, 600, purchases_max=3)
    for number in range(5):
        wallet = wallet.top_up("credits", 100, at=on(7, 2), payment=f"hand{number}").wallet
    assert amounts(wallet.spend(1_000, at=on(7, 3)).requests) == [1_000]


@pytest.mark.parametrize(
    ("bounds", "maximum", "asked", "told"),
    [
        ({}, None, "194.50", []),
        ({"minimum": Decimal("205.50")}, None, "205.50", []),
        ({"maximum": Decimal(100)}, None, "100", []),
        ({}, Decimal(100), "100", []),
        ({}, Decimal("0.49"), None, ["auto_top_up_blocked"]),
    ],
)
def test_topup_016_to_a_target(bounds: Any, maximum: Decimal | None, asked: str | None, told: list[str]) -> None:
    """lago, threshold_top_up_service_spec.rb: 5.5 fills to 200 with 194.5, or the minimum of 205.5.

    There a maximum of 100 was ignored. Here a maximum wins: what it lets through is asked for where that ends what
    asked for it, else a notice tells that nothing is.
    """
    cash = Offer("cash", unit="USD", price=Decimal(1), **bounds)
    wallet = holding(Balance("credit", Decimal("5.50"), "USD"), offers=[cash], auto_top_up=AutoTopUp("cash"))
    change = wallet.set_auto_top_up(threshold=Decimal(6), target=Decimal(200), spend_max=maximum, at=on(7, 1))
    assert amounts(change.requests) == ([] if asked is None else [Decimal(asked)])
    assert [notice.name for notice in change.notices] == told


def test_topup_019_none_while_one_is_unpaid() -> None:
    """flexprice, wallet_test.go: 3 left, a threshold of 5: 10 are asked for once, however often it is judged."""
    wallet = filling(5, 10, 8).spend(5, at=on(7, 2)).wallet
    assert amounts(wallet.at(on(7, 2)).pending()) == [10]
    again = wallet.spend(1, at=on(7, 3))
    assert again.requests == ()
    paid = again.wallet.confirm("charge:1", at=on(7, 4), payment="p1")
    assert (paid.view.balance(), paid.requests, paid.view.pending()) == (12, (), ())


def test_topup_022_a_payment_reported_twice() -> None:
    """AutoGPT #10672: 160 and 50 are 210, and the second report adds no entry."""
    cash = Offer("cash", unit="USD", price=Decimal(1))
    wallet = holding(Balance("credit", Decimal(160), "USD"), offers=[cash])
    paid = wallet.top_up("cash", Decimal(50), at=on(7, 2), payment="pi_1")
    again = paid.wallet.top_up("cash", Decimal(50), at=on(7, 2), payment="pi_1")
    assert (again.view.balance("USD"), again.entries, again.moved) == (Decimal(210), (), paid.moved)


def test_topup_004_no_more_than_the_month_allows() -> None:
    """autumn, auto-topup-limits.test.ts: twice a month: 140, 140, and then 40 stay; next month it buys again."""
    wallet = filling(50, 100, 300, purchases_max=2)
    totals = []
    for day, amount in enumerate((260, 100, 100), start=2):
        change = wallet.spend(amount, at=on(7, day))
        wallet = change.wallet
        for request in change.requests:
            wallet = wallet.confirm(request, at=on(7, day), payment=f"p{day}").wallet
        totals.append(wallet.at(on(7, day)).balance())
    assert totals == [140, 140, 40]
    assert wallet.advance(on(7, 31)).requests == ()
    assert amounts(wallet.advance(on(8, 1)).requests) == [100]


def test_topup_010_purchases_by_hand_do_not_count() -> None:
    """stripe-no-webhooks, topup.test.ts: five by hand, and of three by itself none is used up."""
    wallet = filling(500, 1_000, 600, purchases_max=3)
    for number in range(5):
        wallet = wallet.top_up("credits", 100, at=on(7, 2), payment=f"hand-{number}").wallet
    bought = []
    for day in (3, 4, 5, 6):
        change = wallet.spend(wallet.at(on(7, day)).balance() - 100, at=on(7, day))
        bought.append(amounts(change.requests))
        wallet = change.wallet
        for request in change.requests:
            wallet = wallet.confirm(request, at=on(7, day), payment=f"auto-{day}").wallet
    assert bought == [[1_000], [1_000], [1_000], []]


@pytest.mark.parametrize(
    ("offer", "asked"),
    [({}, 194_500), ({"minimum": 205_500}, 205_500), ({"maximum": 100_000}, 100_000)],
    ids=["to the target", "the offer's minimum is more", "the offer's maximum is less"],
)
def test_topup_016_to_a_target_within_the_offers_bounds(offer: dict[str, Any], asked: int) -> None:
    """lago-api, threshold_top_up_service_spec.rb: 5.5 left, to 200: 194.5; or 205.5; a maximum of 100 is kept.

    The last is 194.5 there, where a maximum does not bind. Amounts are in thousandths here.
    """
    credits_ = Offer("credits", price=Decimal("0.01"), per=1_000, kind="credit", **offer)
    wallet = holding(Balance("credit", 6_500), offers=[credits_], auto_top_up=AutoTopUp("credits"))
    wallet = wallet.set_auto_top_up(threshold=6_000, target=200_000, at=on(7, 1)).wallet
    assert amounts(wallet.spend(1_000, at=on(7, 2)).requests) == [asked]
