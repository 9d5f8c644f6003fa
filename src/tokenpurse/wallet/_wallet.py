"""The wallet: an immutable value, and its verbs. Each takes a moment and gives back a `Change`.

The verbs check types, then hand over to the engine; their docstrings are the manual. Opening and spending are here,
the other verbs beside it, by theme. Reads live in `view`.
"""

# ruff: noqa: SLF001  # a wallet fills the wallets and changes that it makes
from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from tokenpurse._engine import arriving, doors
from tokenpurse._engine.context import Context
from tokenpurse._engine.lateness import spend_late
from tokenpurse._engine.quick import Base
from tokenpurse._engine.settle import settled
from tokenpurse._engine.spending import demand_of, spend
from tokenpurse.arrivals import Balance
from tokenpurse.change import Change
from tokenpurse.entries import Entry
from tokenpurse.errors import PlanError
from tokenpurse.periods import instant
from tokenpurse.plans.catalogue import Catalogue
from tokenpurse.plans.plan import Plan
from tokenpurse.units import Amount
from tokenpurse.wallet._getting import Getting
from tokenpurse.wallet._holding import Holding
from tokenpurse.wallet._settings import Settings
from tokenpurse.wallet._timing import Timing
from tokenpurse.wallet._undoing import Undoing

__all__ = ["Wallet"]

_new = object.__new__


class Wallet(Holding, Undoing, Getting, Timing, Settings):
    """Buckets, debt, settings, clock and version of one customer, as a value.

    Every verb takes `at`, the moment it happens (aware; any zone; not before `clock` by more than the tolerance), and
    first does what is due by then: resets, ends, what else time does. Every verb but `advance` takes `by`, the role
    that asks, which its entry records, and `ref`, the caller's key (`payment` where money is reported): the same ref
    with the same arguments does nothing a second time.

    A verb that raises has changed nothing at all; this very wallet is as it was. Beside what it names, any verb can
    raise `ClockError` (no moment, or too far back), `ArgumentError` (no ref or role), `ConflictError` (the ref was
    used for something else), `WalletClosed`, and `UnknownNameError` where the wallet is bound to no catalogue. In
    which order errors are found is said in `docs/refusals.md`.

    Attributes:
        clock: the moment of the last entry, in UTC.
        version: the number of entries.
    """

    __slots__ = ()

    # -- opening -------------------------------------------------------------------------------------------------

    @classmethod
    def open(
        cls,
        plan: Plan | str,
        *,
        id: str,  # the word that every host uses for it
        at: datetime,
        catalogue: Catalogue | None = None,
        anchor: datetime | None = None,
        zone: str = "UTC",
        counts: Mapping[str, int] | None = None,
        balances: Iterable[Balance] = (),
        used: Mapping[str, Amount] | None = None,
        debt: Mapping[str, Amount] | None = None,
        payments: Iterable[str] = (),
        tolerance: timedelta = timedelta(minutes=5),
        ring: int = 16,
        by: str | None = None,
    ) -> Change:
        """Open a wallet and grant its first period, in full.

        Args:
            plan: the plan, or the name of one in `catalogue` (its newest revision).
            id: the wallet's id, 1 to 128 characters of A-Z a-z 0-9 . _ : @ / -
            at: when it opens.
            catalogue: all plans it may ever change to; a bare plan is a catalogue of one.
            anchor: where periods are counted from; `at` unless given, and not after it.
            zone: IANA zone in which calendar boundaries are taken.
            counts: how many of what allowances are granted per: `{"packages": 10}`; where not given, 0 or the
                minimum of its `Count`.
            balances: what is brought from another system; a kind named in them replaces its first grant.
            used: what this period used already, elsewhere, by unit; it comes off the first grant.
            debt: use that nothing paid yet, by unit.
            payments: ids of payments that were granted elsewhere, so that a late webhook adds nothing.
            tolerance: how far `at` may lie before the wallet's clock, inclusive; from 0 to 1 day.
            ring: how many refs of usage are remembered, 0 to 1,000.
            by: the role that opens it.

        Raises:
            PlanError: no plan, or one that the catalogue does not have in this form.
            UnknownNameError: no such plan, zone, unit or count.
            ArgumentError: an id, a kind, a payment, `tolerance` or `ring` that cannot be one, or a price of what the
                plan refills.
            AmountError: an amount or count that cannot be one, or totals that are more than can be counted.
            ClockError: `at` is no moment, `anchor` is after it, or a balance is not yet issued or has ended.
        """
        entry, catalogue = arriving.opened(
            plan,
            id=id,
            at=at,
            catalogue=catalogue,
            anchor=anchor,
            zone=zone,
            counts=doors.mapping_of("counts", counts),
            balances=doors.sequence_of("balances", balances),
            used=doors.mapping_of("used", used),
            debt=doors.mapping_of("debt", debt),
            payments=doors.sequence_of("payments", payments),
            tolerance=tolerance,
            ring=ring,
            by=doors.optional_id("by", by),
        )
        state, entry = arriving.committed(entry, catalogue)
        wallet = Wallet._of(Base(state, state.book, catalogue))
        if not state.frame.terms.streams:
            return Change(wallet, wallet, (entry,), own=entry)
        state, after = settled(state, state.book.clock)  # what has a schedule of its own is granted at once
        wallet = Wallet._of(Base(state, state.book, catalogue))
        return Change(wallet, wallet, (entry, *after), own=entry)

    # -- using ---------------------------------------------------------------------------------------------------

    def spend(
        self,
        amount: Amount | Mapping[str, Amount],
        meter: str | None = None,
        *,
        at: datetime,
        labels: Mapping[str, str] | None = None,
        partial: bool = False,
        overdraw: bool = False,
        occurred_at: datetime | None = None,
        ref: str | None = None,
        by: str | None = None,
    ) -> Change:
        """Use an amount of a meter or action, or of several at once: all or nothing unless asked otherwise.

        Buckets of the meter pay in the plan's order, then the rest is paid at the plan's price, then post-paid.
        Zero books nothing, and an action that costs nothing never touches the wallet.

        Args:
            amount: `int` of a meter, `Decimal` of money; or a mapping of meters to amounts.
            meter: which one; the plan's first.
            at: when.
            labels: what else to record, at most 16 keys and 2,048 bytes of UTF-8 in all.
            partial: take what is there, if it is less; one meter only. `change.moved` says how much.
            overdraw: the use has happened already: record it past limits and balances, the rest as debt.
            occurred_at: when it happened, not after `at`; use of a period that has closed since is booked as the plan's
                `LateUse` says: now, in its own period, or not at all.
            ref: the caller's key, remembered among the newest few (see `open`).
            by: who used it.

        Raises:
            AmountError, ArgumentError, ClockError: a value that cannot be one.
            ConflictError: the ref was used for something else.
            WalletClosed, WalletFrozen, WalletPaused: nothing can be spent.
            UnknownNameError: no such meter.
            PeriodClosed: it occurred in a period that takes no use any more.
            Locked, LimitReached, NotEnough: the wallet cannot pay; in this order, with what was asked, what is
                available and which remedies would help.
        """
        if (
            ref is None
            and labels is None
            and type(amount) is int
            and type(at) is datetime
            and at.tzinfo is UTC
            and (meter is None or type(meter) is str)
            and partial is False
            and overdraw is False
            and occurred_at is None
        ):
            base = self._base
            try:
                lane = base.lanes[meter]
            except KeyError:
                lane = base.lane(meter)
            taken, index = self._taken, lane.index
            total: int = taken[index] + amount
            if total <= lane.room and amount > 0 and self._clock <= at < base.due and (by is None or doors.is_id(by)):
                # Both are filled past `__init__`: the two calls would be a fifth of the whole spend.
                after = _new(Wallet)
                after._base = base
                after._taken = (total,) if len(taken) == 1 else (*taken[:index], total, *taken[index + 1 :])
                after._clock = at
                after._version = self._version + 1
                change = _new(Change)
                change._before = self
                change._wallet = after
                change._entries = None
                change._first = None
                change._by = by
                return change
        return self._spend(
            amount, meter, at, labels, partial=partial, overdraw=overdraw, occurred_at=occurred_at, ref=ref, by=by
        )

    def _spend(  # the verb's own arguments, once more
        self,
        amount: object,
        meter: object,
        at: datetime,
        labels: Mapping[str, str] | None,
        *,
        partial: bool,
        overdraw: bool,
        occurred_at: datetime | None = None,
        ref: object,
        by: object,
    ) -> Change:
        """Spend the long way."""
        doors.yes_or_no("partial", partial)
        doors.yes_or_no("overdraw", overdraw)
        amounts = doors.amounts_of(amount, meter)
        doors.one_way(amounts, amount, partial=partial, overdraw=overdraw)
        said_labels = doors.labels_of(labels)
        said = (
            "spend",
            doors.amounts_word(amounts),
            said_labels,
        )
        flags: tuple[object, ...] = tuple(word for word, on in (("partial", partial), ("overdraw", overdraw)) if on)
        occurred = None if occurred_at is None else instant(occurred_at, "occurred_at")
        if occurred is not None:
            flags += (("occurred_at", occurred.isoformat()),)

        def decide(ctx: Context) -> Entry | None:
            if occurred is not None:
                return spend_late(ctx, amounts, occurred, partial=partial, overdraw=overdraw, labels=said_labels)
            demand = demand_of(ctx.frame, amounts)
            return spend(ctx, demand, partial=partial, overdraw=overdraw, labels=said_labels)

        return self._act(decide, at=at, said=said + flags, ref=ref, by=by, spends=True)

    def bind(self, catalogue: Catalogue) -> Wallet:
        """Give the wallet a catalogue, a newer one for example. The binding is not part of its value.

        Raises:
            UnknownNameError: the catalogue lacks the wallet's plan in its revision, or the plan it is to change to.
            PlanError: not a catalogue, or one that defines a unit that the wallet holds in another way.
        """
        if not isinstance(catalogue, Catalogue):
            raise PlanError("wallet", "catalogue", catalogue, "it must be a Catalogue")
        return Wallet._of(Base.of(self._book, catalogue))

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("Wallet is final: hold one instead")
