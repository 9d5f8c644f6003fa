"""Where the order of a mapping says something it is part of what a wallet is: another order is another wallet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.snapshots import prefixes
from tokenpurse import Allowance, Catalogue, Plan, Wallet, verify
from tokenpurse.codec import canonical, dump_wallet, load_wallet
from tokenpurse.errors import HistoryError

START = datetime(2026, 7, 1, tzinfo=UTC)
PLANS = Catalogue([Plan("pro", allowances=[Allowance(10_000)])])
ORDERED = ("past", "holds", "streams")


def turned(wallet: Wallet, name: str) -> Wallet:
    """Store it, turn one list round, and read it again."""
    document: dict[str, Any] = dump_wallet(wallet)
    document["wallet"][name].reverse()
    return load_wallet(document, id=wallet.id, catalogue=PLANS if wallet._base.catalogue is PLANS else None)


def with_two(name: str) -> tuple[Wallet, list[Any]]:
    """Find a wallet that has two of something, with its entries."""
    for story, wallets in prefixes():
        for place, wallet in enumerate(wallets):
            if len(getattr(wallet._book, name)) > 1:
                return wallet, list(story.entries[: place + 1])
    raise AssertionError(name)


@pytest.mark.parametrize("name", ORDERED)
def test_another_order_is_another_wallet(name: str) -> None:
    """What is equal has equal bytes, and what has other bytes is not equal; a hash is the same for what is equal."""
    wallet, _ = with_two(name)
    other, same = turned(wallet, name), turned(turned(wallet, name), name)
    assert (other == wallet, canonical(dump_wallet(other)) == canonical(dump_wallet(wallet))) == (False, False)
    assert (same == wallet, hash(same) == hash(wallet)) == (True, True)


def test_another_order_has_another_future() -> None:
    """Holds end in the order that they were made."""
    wallet = Wallet.open("pro", catalogue=PLANS, id="acme", at=START).wallet
    for ref in ("a", "b"):
        wallet = wallet.hold(5, at=START, ref=ref, until=timedelta(days=8)).wallet
    other = turned(wallet, "holds")
    assert other.close(at=START).entries != wallet.close(at=START).entries
    assert other != wallet


@pytest.mark.parametrize("name", ORDERED)
def test_verify_tells_another_order(name: str) -> None:
    """It says which order, and not only that the books are not the same."""
    wallet, entries = with_two(name)
    verify(wallet, entries)
    with pytest.raises(HistoryError, match=f"with it {name} is in another order: .* in the wallet where .* is by"):
        verify(turned(wallet, name), entries)
    with pytest.raises(HistoryError, match=f"before it {name} is in another order"):
        verify(turned(wallet, name), [], after=wallet)
