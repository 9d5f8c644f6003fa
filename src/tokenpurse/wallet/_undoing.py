"""Verbs that undo: use that is given back, and what goes with money that went back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from tokenpurse._engine import clawing, doors, undoing
from tokenpurse._engine.context import Context
from tokenpurse._engine.shape import is_well_built
from tokenpurse.change import Change
from tokenpurse.entries import Captured, Entry, Spent
from tokenpurse.errors import ArgumentError
from tokenpurse.units import Amount
from tokenpurse.wallet._core import Core

__all__ = ["Undoing"]


class Undoing(Core):
    """Giving use back, and taking back what was paid for. See `Wallet`."""

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

        The wallet keeps no list of its entries, so an entry of the right shape is believed where nothing it remembers
        says otherwise: its sequence number, its moment, and how use of a period before was paid.

        Args:
            spent: the entry whose use it is, from the host's ledger: `change.entry` of the spend, or of the capture.
            amount: how much of it, of its meter, or a mapping; all that is left of it unless said.
            at: when.
            ref: the caller's key.
            by: who asks.

        Raises:
            ArgumentError: not an entry of this wallet's, one that was changed, or a meter that it did not use.
            AmountError: not an amount of it, or zero.
            NotRefundable: more than 400 days ago, or nobody knows any more what paid it; a `grant` can help.
            OutOfBounds: more than is left of it.
        """
        entry: object = spent
        if type(entry) is not Spent and type(entry) is not Captured:
            raise ArgumentError("spent", entry, "it must be the Spent or Captured entry of the use")
        if not is_well_built(entry):
            raise ArgumentError("spent", entry, "it must be as the wallet wrote it: a part of it is of another type")
        amounts = None if amount is None else doors.amounts_of(amount, None)

        def decide(ctx: Context) -> Entry:
            return undoing.refund(ctx, spent, amounts)

        said = ("refund", spent.wallet, spent.sequence, None if amounts is None else doors.amounts_word(amounts))
        return self._act(decide, at=at, said=said, ref=ref, by=by)

    def claw_back(
        self,
        source: str,
        *,
        at: datetime,
        refunded: Amount | None = None,
        used: Literal["debt", "let_go", "refuse"] = "debt",
        ref: str | None = None,
        by: str | None = None,
    ) -> Change:
        """Take back what a payment brought whose money went back, by refund or by dispute; or what was given.

        Goes what is left, bonus included; what is held goes when it comes back; what has ended is gone already; what
        was used is owed, is let go, or makes it refuse. `refunded` is what went back so far, in all: a refund and a
        dispute of the same money count once, three thirds make a whole, and a report that comes twice does nothing.
        Of what was given to another wallet that one answers, with its share of the price.
        Where any of it was paid for, auto top-up is off (`clawed_back`) until it is turned on again.

        Args:
            source: the payment's id, the ref of a grant, or a bucket's id.
            at: when.
            refunded: money of the payment, of a gift an amount, that went back so far, in all; the whole unless said.
            used: what was used becomes `debt`, is `let_go`, or it is all or nothing: `refuse`.
            ref: the caller's key, in the namespace of payments: the id of the event, without which an old report that
                comes again after a `reinstate` takes everything again.
            by: who reports.

        Raises:
            ArgumentError: another word for `used`.
            UnknownNameError: no such payment, grant or bucket is remembered, or it is the plan's own.
            AmountError: not an amount of what was paid, or given; or more than can be counted would be owed.
            OutOfBounds: more than was paid, or less than went back before: that is `reinstate`.
            NotEnough: some of it was used, with `used="refuse"`.
        """
        name = doors.named_id("source", source)
        doors.one_of("used", used, ("debt", "let_go", "refuse"))
        if refunded is not None:
            doors.amount_like("refunded", refunded)

        def decide(ctx: Context) -> Entry | None:
            return clawing.claw_back(ctx, name, refunded, used)

        said = ("claw_back", name, doors.amount_word(refunded), used)
        return self._act(decide, at=at, said=said, namespace="payment", ref=ref, by=by)

    def reinstate(
        self,
        source: str,
        *,
        at: datetime,
        refunded: Amount | None = None,
        ref: str | None = None,
        by: str | None = None,
    ) -> Change:
        """Undo a claw-back: the dispute was won, the money is there again.

        What was owed for it is owed no more; where other buckets paid that meanwhile, as much is put into its bucket
        again. What was taken is there again, and so is that, unless the bucket has ended since.

        Args:
            source: as of `claw_back`.
            at: when.
            refunded: what is still refunded of it, in all; nothing unless said.
            ref: the caller's key, in the namespace of payments.
            by: who reports.

        Raises:
            UnknownNameError, AmountError: as `claw_back`.
            OutOfBounds: more than went back before.
        """
        name = doors.named_id("source", source)
        if refunded is not None:
            doors.amount_like("refunded", refunded)

        def decide(ctx: Context) -> Entry | None:
            return clawing.reinstate(ctx, name, refunded)

        said = ("reinstate", name, doors.amount_word(refunded))
        return self._act(decide, at=at, said=said, namespace="payment", ref=ref, by=by)
