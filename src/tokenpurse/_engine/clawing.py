"""Deciding what goes with money that went back: what is left of it, what is held, and what was used already."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse._engine.context import Context, with_repayment
from tokenpurse._engine.making import full_bucket, issued_id
from tokenpurse.buckets import Bucket, Debt, Money
from tokenpurse.errors import AmountError, NotEnough, OutOfBounds, UnknownNameError
from tokenpurse.pricing import share_of, share_paid
from tokenpurse.units import STEPS_MAX, Unit

__all__ = ["claw_back", "refundable", "reinstate"]


@frozen
class _Source:
    """What a payment, a grant or a bucket brought.

    Attributes:
        buckets: live or over, with what was paid for them.
        whole: what was paid in all; of a gift, all that was given; without what went to other wallets.
        unit: of `whole`.
    """

    buckets: tuple[Bucket, ...]
    whole: int
    unit: Unit

    def target(self, bucket: Bucket, refunded: int) -> int:
        """How much of a bucket the money stands for that went back so far."""
        return share_of(bucket.priced_steps, refunded, self.whole) if self.whole else 0


def _found(book: Book, name: str) -> _Source:
    """Find what a payment, a grant's ref or a bucket's id names.

    Raises:
        UnknownNameError: nothing that is remembered.
    """
    every = {past.bucket.id: past.bucket for past in book.past.values()} | {one.id: one for one in book.buckets}
    mine = [bucket for bucket in every.values() if bucket.payment == name]
    if not mine:
        made = {known.key: bucket for known, bucket in book.memory.payments}
        bucket = every.get(made.get(name) or name)
        mine = [] if bucket is None or bucket.of_plan else [bucket]
    if not mine:
        raise UnknownNameError("payment, grant or bucket", name)
    paid = [bucket.paid for bucket in mine if bucket.paid is not None]
    if price := sum(money.steps for money in paid):
        return _Source(tuple(mine), price, paid[0].unit)
    return _Source(tuple(mine), sum(bucket.priced_steps for bucket in mine), mine[0].unit)


def _asked(source: _Source, name: str, refunded: object, otherwise: int) -> int:
    """Read what went back so far, in all.

    Raises:
        AmountError: not an amount of what was paid, or given.
        OutOfBounds: more than that.
    """
    steps = otherwise if refunded is None else source.unit.steps(refunded, what="refunded")
    if steps > source.whole:
        unit = source.unit
        raise OutOfBounds(
            f"{unit.text(steps)} of {name} refunded, it brought {unit.text(source.whole)}",
            asked=unit.amount(steps),
            available=unit.amount(source.whole),
        )
    return steps


def claw_back(ctx: Context, name: str, refunded: object, used: str) -> e.ClawedBack | None:
    """Decide what goes; `None`: it went already.

    Raises:
        UnknownNameError, AmountError, OutOfBounds: no such source, no such amount, or less than went back before.
        NotEnough: some of it was used, and that is to refuse.
    """
    source = _found(ctx.book, name)
    steps = _asked(source, name, refunded, source.whole)
    claims = []
    for bucket in source.buckets:
        more = source.target(bucket, steps) - bucket.claw_back.total
        if more < 0:
            raise OutOfBounds(f"more than {source.unit.text(steps)} of {name} went back before; reinstate lowers it")
        if more:
            claims.append(_claim(bucket, more, owes=used == "debt"))
    if not claims:
        return None
    if used == "refuse":
        _check_unused(name, claims)
    owed, debts = [], dict(ctx.book.debts)
    for one in claims:
        if one.debt:
            debts[one.unit.name] = debts.get(one.unit.name, 0) + one.debt
            owed.append(Debt(one.unit, one.debt, debts[one.unit.name]))
    entry = e.ClawedBack(
        **ctx.stamp, source=name, unit=source.unit, refunded_steps=steps, claw_backs=tuple(claims), debts=tuple(owed)
    )
    return with_repayment(ctx.frame, ctx.book, entry)


def _claim(bucket: Bucket, steps: int, *, owes: bool) -> e.ClawBackPart:
    """Claim a part of a bucket: what is left first, then what is held, what has gone, and at last what was used."""
    clawed = bucket.claw_back
    taken = min(steps, bucket.left_steps)
    held = min(steps - taken, bucket.held_steps - clawed.held)
    gone = bucket.lost_steps - bucket.transferred_steps
    lost = min(steps - taken - held, max(0, gone - clawed.lost))
    used = steps - taken - held - lost
    return e.ClawBackPart(
        bucket=bucket.id,
        kind=bucket.kind,
        unit=bucket.unit,
        taken=taken,
        held=held,
        lost=lost,
        debt=used if owes else 0,
        let_go=0 if owes else used,
        left_steps=bucket.left_steps - taken,
        owes=owes,
    )


def _check_unused(name: str, claims: list[e.ClawBackPart]) -> None:
    for one in claims:
        used = one.let_go
        if used:
            asked, there = one.unit.amount(one.steps), one.unit.amount(one.steps - used)
            problem = f"{one.unit.text(one.steps)} of {name} are to go, {one.unit.digits(used)} of them were used"
            raise NotEnough(problem, asked=asked, available=there)


def reinstate(ctx: Context, name: str, refunded: object) -> e.Reinstated | None:
    """Decide what is there again; `None`: nothing had gone.

    Raises:
        UnknownNameError, AmountError, OutOfBounds: no such source, no such amount, or more than went back before.
        AmountError: more than can be counted is there again.
    """
    book = ctx.book
    source = _found(book, name)
    steps = _asked(source, name, refunded, 0)
    claims: list[e.ClawBackPart] = []
    less: list[Debt] = []
    granted: list[Bucket] = []
    debts = dict(book.debts)
    for bucket in source.buckets:
        back = bucket.claw_back.total - source.target(bucket, steps)
        if back < 0:
            raise OutOfBounds(f"less than {source.unit.text(steps)} of {name} went back before; claw_back raises it")
        if not back:
            continue
        claims.append(_unclaim(ctx, bucket, back))
        owed = min(claims[-1].debt, debts.get(bucket.unit.name, 0))
        if owed:
            debts[bucket.unit.name] -= owed
            less.append(Debt(bucket.unit, owed, debts[bucket.unit.name]))
        if rest := claims[-1].debt - owed:  # other buckets paid it meanwhile
            granted.append(_anew(ctx, bucket, rest, book.issued + len(granted) + 1))
    if not claims:
        return None
    _check_room(book, claims, granted)
    entry = e.Reinstated(
        **ctx.stamp,
        source=name,
        unit=source.unit,
        refunded_steps=steps,
        claw_backs=tuple(claims),
        debts=tuple(less),
        granted=tuple(granted),
    )
    return with_repayment(ctx.frame, book, entry)


def _check_room(book: Book, claims: list[e.ClawBackPart], granted: list[Bucket]) -> None:
    for unit in {one.unit for one in claims}:
        there = sum(bucket.there_steps for bucket in book.buckets if bucket.unit == unit)
        more = sum(one.taken for one in claims if one.unit == unit and one.went == "back")
        more += sum(bucket.granted_steps for bucket in granted if bucket.unit == unit)
        if there + more > STEPS_MAX:
            problem = f"{unit.text(more)} on top of {unit.text(there)} is more than can be counted"
            raise AmountError(f"{problem}, at most {unit.text(STEPS_MAX)}", value=unit.amount(more))


def _unclaim(ctx: Context, bucket: Bucket, steps: int) -> e.ClawBackPart:
    """Undo a part of a claim, in reverse order."""
    clawed, parts = bucket.claw_back, {}
    for part in ("let_go", "debt", "lost", "held", "taken"):
        parts[part] = min(steps, getattr(clawed, part))
        steps -= parts[part]
    past = ctx.book.past.get(bucket.id)
    went, left = "back", bucket.left_steps + parts["taken"]
    if past is not None and past.why != "drained":
        went, left = "forfeited" if past.why == "forfeited" else "expired", 0
    elif bucket.expires is not None and bucket.expires <= ctx.at:  # it was empty, and nobody noticed
        went, left = "expired", 0
    return e.ClawBackPart(bucket=bucket.id, kind=bucket.kind, unit=bucket.unit, left_steps=left, went=went, **parts)


def _anew(ctx: Context, bucket: Bucket, steps: int, number: int) -> Bucket:
    """Give as a new bucket what cannot go back: its debt was paid by others."""
    return full_bucket(
        issued_id(bucket.kind, bucket.unit, number),
        bucket.kind,
        bucket.unit,
        steps,
        ctx.at,
        expires=bucket.expires if bucket.expires is None or bucket.expires > ctx.at else None,
        priority=bucket.priority,
    )


def refundable(book: Book, name: str, at: datetime) -> Money:
    """What the unused rest of a payment is worth: its share of the price, rounded down to the places that are paid.

    Raises:
        UnknownNameError: no such payment is remembered, or nothing was paid for it.
    """
    source = _found(book, name)
    paid = [(bucket, bucket.paid) for bucket in source.buckets if bucket.paid is not None]
    if not paid:
        raise UnknownNameError("payment", name, hint="; nothing was paid for it")
    worth = [(one, price) for one, price in paid if one.refund_until is None or at < one.refund_until]
    steps = [
        share_paid(
            price.unit, price.steps, min(one.left_steps, one.priced_steps - one.claw_back.total), one.priced_steps
        )
        for one, price in worth
        if one.priced_steps
    ]
    return Money(paid[0][1].unit, sum(steps))
