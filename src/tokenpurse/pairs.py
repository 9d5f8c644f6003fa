"""Verbs over two wallets: a gift, and use that a pool pays the rest of. One decision, two changes, one ref.

Both wallets change, or neither does. Each has its own entry, clock and catalogue. Store both changes in one
transaction; where only one of them was stored, calling again with the same ref does the other half alone.
"""

# ruff: noqa: SLF001  # a pair makes the changes of two wallets
from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from attrs import frozen

from tokenpurse._engine import doors, pairing
from tokenpurse._engine.act import Asked, Outcome
from tokenpurse.change import Change
from tokenpurse.entries import Entry
from tokenpurse.errors import ArgumentError
from tokenpurse.periods import instant
from tokenpurse.units import Amount
from tokenpurse.wallet import Wallet

__all__ = ["GiftPair", "PoolPair", "available_from_pool", "spend_from_pool", "transfer"]


@frozen
class GiftPair:
    """What a gift did to both wallets."""

    giver: Change
    taker: Change

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries of both, the giver's first, to append in one transaction."""
        return self.giver.entries + self.taker.entries

    @property
    def repeated(self) -> bool:
        """Whether both had done it before, so that nothing happened this time."""
        return self.giver.repeated and self.taker.repeated


@frozen
class PoolPair:
    """What a use did to the member's wallet and to the pool's."""

    member: Change
    pool: Change

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries of both, the member's first, to append in one transaction."""
        return self.member.entries + self.pool.entries

    @property
    def repeated(self) -> bool:
        """Whether both had done it before, so that nothing happened this time."""
        return self.member.repeated and self.pool.repeated


def transfer(
    giver: Wallet,
    taker: Wallet,
    amount: Amount,
    unit: str | None = None,
    *,
    at: datetime,
    ref: str,
    by: str | None = None,
    kinds: Iterable[str] | None = None,
) -> GiftPair:
    """Give an amount to another wallet, drawn in the order of the giver's plan. It is no use: no limit counts it.

    What a plan granted stays: allowances, their kept rests, and rollover; so does what is held, locked, has not started
    yet, or is left of a bucket that was clawed back in part. Kind, start, end, priority and payment travel, and of the
    price the share, rounded down at the kept places; the rest of it stays. The taker gets one bucket for each of the
    giver's that was drawn from; they pay its debt first. `giver.at(...).giveable(unit)` is the largest amount.

    Args:
        giver: the wallet that gives.
        taker: another wallet, which may be on another catalogue.
        amount: more than nothing.
        unit: what is given, which both catalogues must know as the same unit; the giver's first meter.
        at: when.
        ref: the caller's key, in the namespace of payments of both wallets: remembered there for 400 days.
        by: who gives.
        kinds: give only from buckets of these kinds; all unless said.

    Raises:
        AmountError: not an amount, zero, or more than the taker can count or hold buckets for.
        ArgumentError: no two wallets, or kinds that cannot be some.
        ConflictError: either wallet knows the ref for something else.
        WalletClosed, WalletFrozen, WalletPaused, ClockError: of either; `wallet` says of which.
        UnknownNameError, PlanError: a catalogue that does not know the unit, or knows another one of that name.
        Locked, NotEnough: the giver has less to give, in this order.
    """
    _check_two("giver", giver, "taker", taker)
    doors.amount_like("amount", amount)
    if unit is not None:
        doors.name_of("meter", unit)
    of = doors.kinds_of(kinds)
    asked = Asked(
        at=instant(at),
        said=("transfer", giver.id, taker.id, doors.amount_word(amount), unit, *sorted(of or ())),
        namespace="payment",
        ref=doors.named_id("ref", ref),
        by=doors.optional_id("by", by),
        spends=True,
    )
    given, got = pairing.gift(giver._state, taker._state, asked, amount, unit, of)
    return GiftPair(_change(giver, given), _change(taker, got))


def spend_from_pool(
    member: Wallet,
    pool: Wallet,
    amount: Amount | Mapping[str, Amount],
    meter: str | None = None,
    *,
    at: datetime,
    ref: str,
    labels: Mapping[str, str] | None = None,
    partial: bool = False,
    overdraw: bool = False,
    occurred_at: datetime | None = None,
    by: str | None = None,
) -> PoolPair:
    """Use an amount of a meter or action, or of several at once: the member pays what it has, the pool the rest.

    The member pays with what is there, by its plan's order, prices and limits, and neither by pay-as-you-go nor by
    overdraft: those are for use without a pool. The pool pays the rest as a spend of its own, pay-as-you-go and
    overdraft included; it is not asked where nothing is left to pay. All or nothing over both, unless asked otherwise.
    What costs nothing on the member's plan touches neither.

    Args:
        member: the wallet that is asked first.
        pool: another wallet, which may be on another catalogue; it has to know what the member does not pay in full.
        amount: `int` of a meter, `Decimal` of money; or a mapping of meters to amounts.
        meter: which one; the first of the member's plan.
        at: when.
        ref: the caller's key, remembered by each that pays among its newest few (see `Wallet.open`).
        labels: recorded by both, so that the pool's limits per label value count the member.
        partial: take what both have, if it is less; one meter only. `moved` of each change says how much.
        overdraw: the use has happened already: the member pays what it has as ever, the pool records all the rest, past
            its limits and balances, and what it cannot pay is its debt.
        occurred_at: when it happened, not after `at`; each wallet books it as its own plan's `LateUse` says.
        by: who used it.

    Raises:
        AmountError, ArgumentError, ClockError: a value that cannot be one.
        ConflictError: either wallet knows the ref for something else.
        WalletClosed, WalletFrozen, WalletPaused: nothing can be spent; `wallet` says by which.
        UnknownNameError, PlanError: a meter that the pool does not know, or that is another unit there.
        PeriodClosed: it occurred in a period that takes no use any more, of either.
        Locked, LimitReached, NotEnough: the pool cannot pay the rest; `available` is what both could pay.
    """
    _check_two("member", member, "pool", pool)
    doors.yes_or_no("partial", partial)
    doors.yes_or_no("overdraw", overdraw)
    amounts = doors.amounts_of(amount, meter)
    doors.one_way(amounts, amount, partial=partial, overdraw=overdraw)
    usage = pairing.Usage(
        amounts,
        doors.labels_of(labels),
        partial,
        overdraw,
        None if occurred_at is None else instant(occurred_at, "occurred_at"),
    )
    asked = Asked(
        at=instant(at),
        said=("spend_from_pool", member.id, pool.id, doors.amounts_word(amounts), usage.labels, *usage.words),
        ref=doors.named_id("ref", ref),
        by=doors.optional_id("by", by),
        spends=True,
    )
    mine, theirs = pairing.pooled(member._state, pool._state, asked, usage)
    return PoolPair(_change(member, mine), _change(pool, theirs))


def available_from_pool(
    member: Wallet,
    pool: Wallet,
    meter: str | None = None,
    *,
    at: datetime,
    labels: Mapping[str, str] | None = None,
) -> Amount | None:
    """The largest amount of a meter or action that `spend_from_pool` with these labels would accept now.

    What the member has and the pool could pay beside it: nothing of a pool that is closed, frozen or paused, or does
    not know the meter as the member does; nothing at all where the member is stopped. `None`: nothing bounds it but
    what a period can count at all (`docs/bounds.md`).

    Args:
        member: the wallet that would be asked first.
        pool: another wallet.
        meter: which one; the first of the member's plan.
        at: when.
        labels: as of the use.

    Raises:
        ArgumentError: no two wallets, or labels that cannot be some.
        ClockError: `at` is before either wallet's clock by more than its tolerance.
        UnknownNameError: a meter that neither knows.
    """
    _check_two("member", member, "pool", pool)
    if meter is not None:
        doors.name_of("meter", meter)
    mine, theirs = (pairing.Side(view._book, view._plan(), view.at) for view in (member.at(at), pool.at(at)))
    most = pairing.most_of_both(mine, theirs, meter, dict(doors.labels_of(labels)))
    return None if most is None else most[0].amount(most[1])


def _check_two(one_is: str, one: object, other_is: str, other: object) -> None:
    for what, wallet in ((one_is, one), (other_is, other)):
        if not isinstance(wallet, Wallet):
            raise ArgumentError(what, wallet, "it must be a Wallet")
    if isinstance(one, Wallet) and isinstance(other, Wallet) and one.id == other.id:
        raise ArgumentError(other_is, other.id, f"it must be another wallet than the {one_is}'s")


def _change(wallet: Wallet, outcome: Outcome) -> Change:
    if not outcome.entries:
        return wallet._unchanged(outcome.first)
    return wallet._changed(outcome.state, outcome.entries, outcome.own)
