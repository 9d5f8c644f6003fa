"""Verbs of holds: for use whose cost is not known before it ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from tokenpurse._engine import doors, holding
from tokenpurse._engine.context import Context
from tokenpurse.change import Change
from tokenpurse.entries import Entry
from tokenpurse.errors import AmountError
from tokenpurse.units import Amount
from tokenpurse.wallet._core import Core

__all__ = ["Holding"]


class Holding(Core):
    """Setting aside, using and giving back. See `Wallet`."""

    __slots__ = ()

    def hold(
        self,
        amount: Amount | Mapping[str, Amount],
        meter: str | None = None,
        *,
        at: datetime,
        ref: str,
        until: datetime | timedelta,
        labels: Mapping[str, str] | None = None,
        partial: bool = False,
        by: str | None = None,
    ) -> Change:
        """Set an amount aside for use that is about to happen, so that nothing else can take it.

        It is drawn as a spend of the same would be, and limits count it; a price is held at the most that it can come
        to. A hold is no debt: it takes no overdraft, so there may be less to hold than `available()` says. It ends
        once: by `capture`, by `release`, or by itself at its deadline. What is held is not unused: it does not carry
        over, and it crosses no alert and asks for no auto top-up until it is captured.

        Args:
            amount: `int` of a meter, `Decimal` of money; or a mapping of meters to amounts; more than nothing.
            meter: which one; the plan's first.
            at: when.
            ref: the caller's key, and the hold's name for `capture` and `release`.
            until: the deadline, exclusive, or how long after `at`; at most 30 days. A repeat may say another one.
            labels: what else to record; the capture has them too.
            partial: hold what is there, if it is less; one meter only. `change.moved` says how much.
            by: who is going to use it.

        Raises:
            AmountError, ArgumentError, ClockError: a value that cannot be one, or a thousand holds are open.
            ConflictError: the ref was used for something else.
            WalletClosed, WalletFrozen, UnknownNameError, Locked, LimitReached, NotEnough: as `spend`.
        """
        name = doors.named_id("ref", ref)
        ends = doors.deadline("until", until)
        doors.yes_or_no("partial", partial)
        amounts = doors.amounts_of(amount, meter)
        if not amounts:
            raise AmountError("amount is an empty mapping, a hold is of more than nothing", value=amount)
        if partial and len(amounts) != 1:
            raise AmountError("partial takes one meter", value=amount)
        said_labels = doors.labels_of(labels)
        flags = ("partial",) if partial else ()

        def decide(ctx: Context) -> Entry:
            return holding.hold(ctx, amounts, ends, partial=partial, labels=said_labels)

        said = ("hold", doors.amounts_word(amounts), said_labels, *flags)
        return self._act(decide, at=at, said=said, ref=name, by=by, spends=True)

    def capture(
        self,
        hold: str,
        amount: Amount | Mapping[str, Amount] | None = None,
        *,
        at: datetime,
        over: Literal["refuse", "spend"] = "refuse",
        ref: str | None = None,
        by: str | None = None,
    ) -> Change:
        """Use what was held, as much of it as was needed; the rest goes back to where it came from.

        What was drawn first is used first, the rest goes back in reverse order. What comes back to a bucket that has
        ended goes the way its rest went: expired, forfeited, or carried within the bank's cap. It is use of the moment
        of the capture, and it is possible while the wallet is frozen and where the plan locks the kind by now.

        Args:
            hold: the ref it was made with.
            amount: what was used, from 0, of the hold's meter; or a mapping, which a hold of several needs; all that is
                held unless said. A meter of the hold that a mapping leaves out goes back whole.
            at: when.
            over: whether use beyond the hold is refused, or spent beside it (`spend`): both, or nothing.
            ref: the caller's key; without it the hold is the key: the same capture again is a repeat.
            by: who used it.

        Raises:
            AmountError: not an amount of what is held, or one without a meter where several are held.
            UnknownNameError: no such hold, or none any more that is remembered; or no such meter.
            HoldEnded: it was captured, released or has lapsed.
            OutOfBounds: more than it holds, without `over="spend"`.
            WalletFrozen, Locked, LimitReached, NotEnough: what goes beyond it cannot be spent; it is still held.
        """
        name = doors.named_id("hold", hold)
        doors.one_of("over", over, ("refuse", "spend"))
        amounts = None if amount is None else doors.amounts_of(amount, None)

        def decide(ctx: Context) -> Entry:
            return holding.capture(ctx, name, amounts, over=over)

        said = ("capture", name, None if amounts is None else doors.amounts_word(amounts), over)
        return self._act(decide, at=at, said=said, ref=ref, by=by, hold=name)

    def release(self, hold: str, *, at: datetime, ref: str | None = None, by: str | None = None) -> Change:
        """Give a hold back, whole: nothing was used. What comes back goes as `capture` says.

        Args:
            hold: the ref it was made with.
            at: when.
            ref: the caller's key; without it the hold is the key.
            by: who asks.

        Raises:
            UnknownNameError: no such hold, or none any more that is remembered.
            HoldEnded: it was captured, released or has lapsed.
        """
        name = doors.named_id("hold", hold)

        def decide(ctx: Context) -> Entry:
            return holding.release(ctx, name)

        return self._act(decide, at=at, said=("release", name), ref=ref, by=by, hold=name)
