"""What is done in the proofs, under refs, and what has to be true of the wallets afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from attrs import frozen

from tests.storage.shop import july
from tokenpurse import Change, Wallet, transfer, verify
from tokenpurse.entries import Entry, Spent
from tokenpurse.errors import HistoryError

__all__ = ["Gift", "Spend", "State", "ask", "delivered", "faults_of", "items_of", "refs_of", "spent_in", "state_of"]

State = dict[str, tuple[Wallet, list[Entry]]]


@frozen
class Spend:
    """Use of one wallet, in the month of a number: what a month before was used beyond the allowance is billed."""

    ids: tuple[str]
    ref: str
    amount: int
    month: int = 0

    def do(self, store: Any) -> tuple[Change, ...]:
        year, month = divmod(6 + self.month, 12)
        at = datetime(2026 + year, 1 + month, 2, tzinfo=UTC)
        return (store.act(self.ids[0], lambda wallet: wallet.spend(self.amount, at=at, ref=self.ref)),)


@frozen
class Gift:
    """From the first wallet to the second."""

    ids: tuple[str, str]
    ref: str
    amount: int

    def do(self, store: Any) -> tuple[Change, ...]:
        changes: tuple[Change, ...] = store.act_on_two(*self.ids, self._given)
        return changes

    def _given(self, giver: Wallet, taker: Wallet) -> tuple[Change, Change]:
        pair = transfer(giver, taker, self.amount, at=july(3), ref=self.ref)
        return pair.giver, pair.taker


def ask(store: Any, operation: Spend | Gift) -> bool:
    """Have it done, and say whether it was a repeat: by the wallet's memory, or by the ledger's."""
    try:
        return all(change.repeated for change in operation.do(store))
    except Exception as error:
        if type(error).__name__ == "AlreadyDone" and getattr(error, "repeated", False):
            return True
        raise


def state_of(store: Any, ids: Iterable[str]) -> State:
    """Read wallets with their ledgers, all as of one moment: if one moved on meanwhile, all are read again."""
    ids = tuple(ids)
    for _ in range(100):
        found = {id: (store.load(id), store.entries(id)) for id in ids}
        if all(store.load(id).version == wallet.version for id, (wallet, _) in found.items()):
            return found
    raise RuntimeError(f"{ids} do not come to rest")


def faults_of(state: State) -> list[str]:
    """Say what is wrong with wallets and their ledgers: gaps, doubles, and what `verify` finds."""
    faults = []
    for id, (wallet, entries) in state.items():
        if [entry.sequence for entry in entries] != [*range(1, wallet.version + 1)]:
            faults.append(f"{id}: version {wallet.version}, and its entries are {[e.sequence for e in entries][-5:]}")
        twice = [ref for ref, times in refs_of(entries).items() if times > 1]
        if twice:
            faults.append(f"{id}: {len(twice)} refs are there twice or more, {twice[0]} for one")
        try:
            verify(wallet, entries)
        except HistoryError as error:
            faults.append(f"{id}: verify: {error}")
    return faults


def refs_of(entries: Iterable[Entry]) -> Counter[str]:
    """How often each ref is in a ledger."""
    return Counter(entry.ref.key for entry in entries if entry.ref)


def spent_in(entries: Iterable[Entry]) -> int:
    """Add up what the entries say was used: figures of the entries alone, without the library's own sums."""
    return sum(draw.steps for entry in entries if isinstance(entry, Spent) for draw in entry.draws())


def items_of(entries: Iterable[Entry]) -> list[list[str]]:
    """Give what entries have to send: wallet and id."""
    return [[entry.wallet, item.id] for entry in entries for item in (*entry.notices, *entry.requests)]


def delivered(store: Any) -> list[list[str]]:
    """Empty the outbox, and give what was in it."""
    found: list[list[str]] = []
    store.deliver(lambda wallet, item: found.append([wallet, item.id]))
    return found
