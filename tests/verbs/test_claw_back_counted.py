"""What a wallet counts as bought, where the money of it went back: never less than nothing, nor what others paid."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tokenpurse import Allowance, Balance, Catalogue, Offer, Plan, Wallet, transfer
from tokenpurse.codec import dump_wallet, load_wallet

SHOP = Catalogue([
    Plan(
        "pro",
        allowances=[Allowance(10)],
        offers=[Offer("pack", price=Decimal(5), pack=100), Offer("sample", price=Decimal(0), pack=100)],
    )
])  # fmt: skip
FIRST = datetime(2026, 7, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def opened(id: str, *balances: Balance) -> Wallet:
    return Wallet.open("pro", catalogue=SHOP, id=id, at=FIRST, balances=balances).wallet


def counted(wallet: Wallet) -> dict[str, int]:
    """What the stored wallet says that was bought, in millionths of a dollar; it can be loaded again."""
    document: Any = dump_wallet(wallet)
    assert load_wallet(document, id=wallet.id, catalogue=SHOP) == wallet
    bought: dict[str, int] = document["wallet"]["bought"]
    return bought


def test_a_gift_that_is_clawed_back_was_never_bought_by_its_taker() -> None:
    """What the taker has bought for money of their own stays counted, also when the gift's money comes again."""
    giver = opened("ann").top_up("pack", 100, at=FIRST, payment="pay_1").wallet
    taker = opened("ben").top_up("pack", 200, at=FIRST, payment="pay_2").wallet
    pair = transfer(giver, taker, 60, at=FIRST, ref="gift")
    clawed = pair.taker.wallet.claw_back("pay_1", at=FIRST + DAY).wallet
    again = clawed.reinstate("pay_1", at=FIRST + DAY).wallet
    assert [counted(wallet) for wallet in (pair.taker.wallet, clawed, again)] == [{"USD": 10_000_000}] * 3
    assert counted(again.claw_back("pay_2", at=FIRST + DAY).wallet) == {}
    assert counted(pair.giver.wallet.claw_back("pay_1", at=FIRST + DAY).wallet) == {"USD": 3_000_000}


def test_a_gift_that_came_home_is_what_was_bought_here() -> None:
    giver = opened("ann").top_up("pack", 100, at=FIRST, payment="pay_1").wallet
    there = transfer(giver, opened("ben"), 60, at=FIRST, ref="gift")
    home = transfer(there.taker.wallet, there.giver.wallet, 60, at=FIRST, ref="back").taker.wallet
    assert counted(home.claw_back("pay_1", at=FIRST + DAY).wallet) == {}


@pytest.mark.parametrize("verb", ["claw_back", "reinstate"])
def test_what_cost_nothing_counts_nothing(verb: str) -> None:
    """Where tokens are reported for want of a price, they are no money."""
    wallet = opened("ann").top_up("sample", 100, at=FIRST, payment="pay_0").wallet
    wallet = wallet.top_up("pack", 100, at=FIRST, payment="pay_1").wallet.claw_back("pay_0", at=FIRST).wallet
    if verb == "reinstate":
        wallet = wallet.reinstate("pay_0", at=FIRST).wallet
    assert counted(wallet) == {"USD": 5_000_000}


def test_a_price_too_small_to_travel_whole_counts_no_tokens() -> None:
    pack = Balance("top_up", 100, paid=Decimal("0.000001"), payment="old_1")
    pair = transfer(opened("ann", pack), opened("ben"), 60, at=FIRST, ref="gift")
    for wallet in (pair.giver.wallet, pair.taker.wallet):
        assert counted(wallet.claw_back("old_1", at=FIRST).wallet).keys() <= {"USD"}


def test_what_was_brought_without_a_payment_id_was_bought() -> None:
    """So is what a payment brought that the wallet does not remember any more."""
    wallet = opened("ann", Balance("top_up", 100, paid=Decimal(5)))
    bucket = wallet.at(FIRST).buckets()[-1]
    assert counted(wallet.claw_back(bucket.id, at=FIRST).wallet) == {}


def test_a_gift_brought_without_a_payment_id_never_leaves_less_than_nothing() -> None:
    """Nothing tells whose money it was: what is counted of the taker's own gives way, down to nothing."""
    pair = transfer(opened("ann", Balance("top_up", 100, paid=Decimal(5))), opened("ben"), 60, at=FIRST, ref="gift")
    bucket = pair.taker.wallet.at(FIRST).buckets()[-1]
    assert counted(pair.taker.wallet.claw_back(bucket.id, at=FIRST).wallet) == {}
