"""An older document is brought to today's format, step by step; what is no document of its format is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tokenpurse import Allowance, Plan, Wallet
from tokenpurse.codec import dump_wallet
from tokenpurse.codec.formats import opened
from tokenpurse.codec.snapshots import WALLET_FORMAT, read_book
from tokenpurse.errors import SnapshotError

WALLET = Wallet.open(Plan("pro", allowances=[Allowance(10)]), id="acme", at=datetime(2026, 7, 1, tzinfo=UTC)).wallet


def from_nothing(document: dict[str, Any]) -> dict[str, Any]:
    """A format that called the wallet a purse."""
    return {"format": "tokenpurse-wallet-0", "wallet": document["purse"]}


def from_0(document: dict[str, Any]) -> dict[str, Any]:
    """A format in which nobody was overdue yet."""
    return {"format": WALLET_FORMAT, "wallet": {**document["wallet"], "overdue": False}}


UPCASTS = {"tokenpurse-purse": from_nothing, "tokenpurse-wallet-0": from_0}


def test_an_older_document_is_read() -> None:
    """One format after the other; the document itself stays as it was."""
    today = dump_wallet(WALLET)
    before = {name: value for name, value in today["wallet"].items() if name != "overdue"}
    for old in ({"format": "tokenpurse-wallet-0", "wallet": before}, {"format": "tokenpurse-purse", "purse": before}):
        stored = json.dumps(old)
        assert read_book(old, "acme", UPCASTS) == read_book(stored, "acme", UPCASTS) == WALLET._book
        assert stored == json.dumps(old)
        with pytest.raises(SnapshotError, match="it must be tokenpurse-wallet-1"):
            read_book(old, "acme")


@pytest.mark.parametrize("old", [{}, {"purse": None}, {"purse": []}, {"purse": 5}])
def test_an_older_document_that_is_none_is_refused(old: dict[str, Any]) -> None:
    """An upcaster meets whatever is stored, before anything was checked."""
    with pytest.raises(SnapshotError, match="it must be what tokenpurse-"):
        opened({"format": "tokenpurse-purse", **old}, WALLET_FORMAT, UPCASTS)


def test_what_an_upcaster_makes_is_looked_at_as_today() -> None:
    """Nothing is believed because it is old."""
    old = {"format": "tokenpurse-wallet-0", "wallet": {**dump_wallet(WALLET)["wallet"], "version": 0}}
    with pytest.raises(SnapshotError, match=r"wallet\.version is 0"):
        read_book(old, "acme", UPCASTS)
    with pytest.raises(SnapshotError, match=r"wallet\.buckets is None"):
        read_book({**old, "wallet": {**old["wallet"], "buckets": None}}, "acme", UPCASTS)
