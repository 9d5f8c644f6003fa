"""A wallet and all its entries: after each step they are replayed, and an accountant goes through them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.laws.auditor import Auditor
from tokenpurse import Change, Plan, Wallet, replay
from tokenpurse import entries as e


class Ledger:
    """A wallet with all its entries: each step is replayed and audited."""

    def __init__(self, plan: Plan | str, at: datetime, **opening: Any) -> None:
        change = Wallet.open(plan, id="acme", at=at, **opening)
        self.wallet = change.wallet
        self.entries: list[e.Entry] = list(change.entries)

    def do(self, verb: str, *args: Any, at: datetime, **named: Any) -> Change:
        change: Change = getattr(self.wallet, verb)(*args, at=at, **named)
        self.wallet = change.wallet
        self.entries += change.entries
        assert replay(self.entries) == self.wallet
        auditor = Auditor()
        for entry in self.entries:
            auditor.read(entry)
        auditor.agrees_with(self.wallet)
        return change

    def left(self, at: datetime) -> int:
        return self.wallet.at(at).available()

    def lots(self, at: datetime) -> list[tuple[int, datetime | None]]:
        return [(bucket.left_steps, bucket.expires) for bucket in self.wallet.at(at).buckets() if bucket.own_life]
