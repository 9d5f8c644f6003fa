"""Verbs that undo: use that is given back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tokenpurse._engine import doors, undoing
from tokenpurse._engine.context import Context
from tokenpurse.change import Change
from tokenpurse.entries import Captured, Entry, Spent
from tokenpurse.errors import ArgumentError
from tokenpurse.units import Amount
from tokenpurse.wallet._core import Core

__all__ = ["Undoing"]


class Undoing(Core):
    """Giving use back. See `Wallet`."""

    __slots__ = ()

    def refund(
        self,
        spent: Spent | Captured,
        amount: Amount | Mapping[str, Amount] | None = None,
        *,
        at: datetime,
        ref: str | None = None,
        by: str | None = None,
    ) -> Change:
        """Give use back: a reply that failed, a video that nobody got. Tokens, not money: for that see `claw_back`.

        What was used last comes back first: debt, what was post-paid, what was paid at a price, then buckets, each to
        where it came from. What comes back to a bucket that has ended goes the way its rest went. Post-paid use that a
        statement has billed is a line of its own on the next one. Never more than was used, over any number of calls.
        Use of a period that is over leaves the running one's figures alone. No alert is armed again by it.

        Args:
            spent: the entry whose use it is, from the host's ledger: `change.entry` of the spend, or of the capture.
            amount: how much of it, of its meter, or a mapping; all that is left of it unless said.
            at: when.
            ref: the caller's key.
            by: who asks.

        Raises:
            ArgumentError: not an entry of this wallet's, or a meter that it did not use.
            AmountError: not an amount of it, or zero.
            NotRefundable: more than 400 days ago, or nobody knows any more what paid it; a `grant` can help.
            OutOfBounds: more than is left of it.
        """
        entry: object = spent
        if type(entry) is not Spent and type(entry) is not Captured:
            raise ArgumentError("spent", entry, "it must be the Spent or Captured entry of the use")
        amounts = None if amount is None else doors.amounts_of(amount, None)

        def decide(ctx: Context) -> Entry:
            return undoing.refund(ctx, spent, amounts)

        said = ("refund", spent.wallet, spent.sequence, None if amounts is None else doors.amounts_word(amounts))
        return self._act(decide, at=at, said=said, ref=ref, by=by)
