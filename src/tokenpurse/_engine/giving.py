"""Deciding a gift from one wallet to another: what can be given away, what travels with it, what the taker gets.

What a plan granted stays: its allowances, their kept rests, and the bank that they carry into. So does what is left of
a bucket that money went back for: its owner may change only once that is settled.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Self

from tokenpurse._engine.book import Book
from tokenpurse._engine.context import Context, check_room, with_repayment
from tokenpurse._engine.demands import is_free
from tokenpurse._engine.frame import Frame
from tokenpurse._engine.funding import Purse
from tokenpurse._engine.making import full_bucket, issued_id
from tokenpurse._engine.remedies import remedies_of
from tokenpurse.buckets import Bucket, ClawBack, Draw, Gift, Money
from tokenpurse.entries import Received, Transferred, Use
from tokenpurse.errors import Locked, NotEnough, PlanError, Refused
from tokenpurse.pricing import share_of
from tokenpurse.units import Unit

__all__ = ["check_unit", "give", "give_again", "giveable", "receive"]


class _Gifts(Purse):
    """What can be given away: what was bought, given or brought along, of some kinds. It is no use, so no limit counts.

    Attributes:
        kinds: which kinds; `None`: all.
    """

    kinds: frozenset[str] | None = None

    def __init__(
        self, frame: Frame, book: Book, at: datetime, labels: Mapping[str, str] | None = None, **_: bool
    ) -> None:
        super().__init__(frame, book, at, labels, limited=False)

    def anew(
        self, *, frame: Frame | None = None, book: Book | None = None, at: datetime | None = None, limited: bool = False
    ) -> Self:
        """Begin the same decision anew, on another book or at another moment."""
        other = super().anew(frame=frame, book=book, at=at, limited=limited)
        other.kinds = self.kinds
        return other

    def lane(self, unit: str, action: str | None = None) -> tuple[int, ...]:  # noqa: ARG002  # as of any purse
        """Positions of the buckets that can be given from, in the order in which they pay, whatever they pay for."""
        buckets = self.book.buckets
        return tuple(
            position
            for position in self.frame.every_lane(unit)
            if not buckets[position].of_plan
            and buckets[position].claw_back == ClawBack()
            and (self.kinds is None or buckets[position].kind in self.kinds)
        )

    def capacity(self, unit: str, action: str | None = None) -> int:  # noqa: ARG002  # likewise
        """The largest amount that can be given."""
        return self.left(unit)

    def fund(
        self,
        unit: Unit,
        steps: int,
        *,
        overdraw: bool = False,  # noqa: ARG002  # as of any purse
        action: str | None = None,  # noqa: ARG002  # likewise
    ) -> Use:
        """Take a gift that `capacity` covers."""
        return Use(unit=unit, steps=steps, draws=self._draw(unit.name, steps, unit.name))


def _gifts(frame: Frame, book: Book, at: datetime, kinds: frozenset[str] | None) -> _Gifts:
    purse = _Gifts(frame, book, at)
    purse.kinds = kinds
    return purse


def giveable(frame: Frame, book: Book, at: datetime, unit: Unit, kinds: frozenset[str] | None) -> int:
    """The largest amount that can be given away."""
    if book.closed or book.frozen or book.paused_at is not None:
        return 0
    return _gifts(frame, book, at, kinds).left(unit.name)


def give(ctx: Context, taker: str, unit: Unit, steps: int, kinds: frozenset[str] | None) -> Transferred:
    """Decide what a giver gives.

    Args:
        ctx: of the giver.
        taker: the other wallet's id.
        unit: of what.
        steps: how much.
        kinds: from buckets of which kinds; `None`: all that can be given away.

    Raises:
        Locked, NotEnough: in this order; nothing happened.
    """
    purse = _gifts(ctx.frame, ctx.book, ctx.at, kinds)
    if purse.capacity(unit.name) < steps:
        raise _refusal(ctx, purse, unit, steps)
    draws = purse.fund(unit, steps).draws
    buckets = {bucket.id: bucket for bucket in ctx.book.buckets}
    gifts = tuple(_gift(buckets[draw.bucket], draw.steps) for draw in draws)
    return Transferred(**ctx.stamp, taker=taker, given=draws, gifts=gifts)


def _gift(bucket: Bucket, steps: int) -> Gift:
    """Say what travels with a part of a bucket: its share of the price is the floor of the exact one."""
    paid, priced = bucket.paid, bucket.priced_steps
    if paid is not None:
        paid = Money(paid.unit, share_of(paid.steps, min(steps, priced), priced) if priced else 0)
    return Gift(
        bucket=bucket.id,
        kind=bucket.kind,
        unit=bucket.unit,
        steps=steps,
        starts=bucket.starts,
        expires=bucket.expires,
        priority=bucket.priority,
        paid=paid,
        payment=bucket.payment,
        scope=bucket.scope,
    )


def _refusal(ctx: Context, purse: _Gifts, unit: Unit, steps: int) -> Refused:
    """Say why an amount cannot be given: locked before short."""
    frame, book = ctx.frame, ctx.book
    most = purse.capacity(unit.name)
    asked, available = unit.amount(steps), unit.amount(most)
    remedies = tuple if is_free(frame, unit, {}) else remedies_of(purse, ctx, ((unit, steps),))
    said = f"{unit.text(steps)} asked, {unit.digits(most)} can be given, {unit.digits(steps - most)} short"
    unlocked = purse.anew(frame=Frame(frame.catalogue, frame.plan, book.buckets, ignores_locks=True))
    there = unlocked.capacity(unit.name)
    if there >= steps:
        problem = f"{said}: {unit.text(there - most)} are locked on plan {frame.plan.name}"
        return Locked(problem, asked=asked, available=available, remedies=remedies)
    granted = (one for one in book.buckets if one.of_plan and one.unit == unit and one.left_steps)
    if purse.kinds is None and frame.left(book, unit.name) >= steps and any(granted):
        said += ": what the plan granted stays"
    return NotEnough(said, asked=asked, available=available, remedies=remedies)


def give_again(ctx: Context, taker: str, gifts: tuple[Gift, ...]) -> Transferred:
    """Decide the giver's half of a gift that the taker has got already: the same, from the same buckets.

    Raises:
        NotEnough: a bucket does not hold it any more.
    """
    left = {bucket.id: bucket.left_steps for bucket in ctx.book.buckets}
    draws = []
    for gift in gifts:
        there = left.get(gift.bucket, 0)
        if there < gift.steps:
            raise NotEnough(
                f"{gift.unit.text(gift.steps)} of bucket {gift.bucket} went to wallet {taker},"
                f" and it has {gift.unit.digits(there)} left",
                asked=gift.amount,
                available=gift.unit.amount(there),
            )
        draws.append(Draw(gift.bucket, gift.kind, gift.unit, gift.steps, there - gift.steps))
    return Transferred(**ctx.stamp, taker=taker, given=tuple(draws), gifts=gifts)


def check_unit(ctx: Context, unit: Unit, found: Unit) -> None:
    """Go on only where a wallet counts a unit as the other one does.

    Raises:
        PlanError: what it found under that name is another one.
    """
    if found != unit:
        right = f"wallet {ctx.book.id} has {unit.name} with other places than the other wallet"
        raise PlanError("Catalogue", "units", unit.name, right)


def receive(ctx: Context, giver: str, gifts: tuple[Gift, ...]) -> Received:
    """Decide what a taker gets: a bucket of each gift.

    Raises:
        UnknownNameError, PlanError: the taker's catalogue does not know the unit, or knows another one.
        AmountError: more than can be counted, or no more buckets fit.
    """
    unit = gifts[0].unit
    check_unit(ctx, unit, ctx.frame.unit_of_any_plan(unit.name))
    granted = tuple(
        full_bucket(
            issued_id(gift.kind, gift.unit, ctx.book.issued + number),
            gift.kind,
            gift.unit,
            gift.steps,
            gift.starts,
            expires=gift.expires,
            priority=gift.priority,
            paid=gift.paid,
            payment=gift.payment,
            scope=gift.scope,
        )
        for number, gift in enumerate(gifts, 1)
    )
    check_room(ctx.book, *granted)
    entry = Received(**ctx.stamp, giver=giver, gifts=gifts, granted=granted)
    return with_repayment(ctx.frame, ctx.book, entry)
