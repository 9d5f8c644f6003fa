"""Deciding what goes with money that went back: what is left of it, what is held, and what was used already."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse._engine.context import Context, with_repayment
from tokenpurse.buckets import Bucket, Debt, Money
from tokenpurse.errors import AmountError, NotEnough, OutOfBounds, UnknownNameError
from tokenpurse.pricing import share_of, unused_worth
from tokenpurse.units import STEPS_MAX, Unit

__all__ = ["claw_back", "refundable", "reinstate"]


@frozen
class _Source:
    """What a payment, a grant or a bucket brought.

    Attributes:
        buckets: live or over, with what was paid for them.
        unit: what reports are in: the money that was paid; of a gift, what was given.
        paying: those of the same payment that have a price: what nobody paid for goes by the share of theirs.
    """

    buckets: tuple[Bucket, ...]
    unit: Unit
    paying: tuple[Bucket, ...]

    @property
    def priced(self) -> tuple[Bucket, ...]:
        """The buckets among which a report is divided: those with a price; of a gift, all."""
        return tuple(one for one in self.buckets if one.price_steps) or self.buckets

    @property
    def whole(self) -> int:
        """What was paid in all; of a gift, all that was given; without what went to other wallets."""
        return sum(_weight(one) for one in self.priced)

    @property
    def refunded(self) -> int:
        """What went back of it so far."""
        return sum(one.claw_back.refunded for one in self.priced)

    def divided(self, refunded: int) -> dict[str, int]:
        """Divide what went back in all over the buckets: one after the other, and in reverse order when it is less."""
        more = refunded - self.refunded
        own = {one.id: one.claw_back.refunded for one in self.buckets}
        for one in sorted(self.priced, key=lambda bucket: bucket.id, reverse=more < 0):
            part = max(min(more, _weight(one) - own[one.id]), -own[one.id])
            own[one.id] += part
            more -= part
        return own

    def target(self, bucket: Bucket, own: Mapping[str, int]) -> int:
        """How much of a bucket the money stands for that went back so far."""
        mine = own[bucket.id]
        if bucket.price_steps:
            return share_of(bucket.priced_steps, mine, bucket.price_steps)
        price = sum(one.price_steps for one in self.paying)
        back = sum(own.get(one.id, one.claw_back.refunded) for one in self.paying)
        return max(mine, share_of(bucket.priced_steps, back, price) if price else 0)


def _weight(bucket: Bucket) -> int:
    return bucket.price_steps or bucket.priced_steps


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
    payment = mine[0].payment
    paying = [one for one in every.values() if payment is not None and one.payment == payment and one.price_steps]
    return _Source(tuple(mine), _unit_of(mine), tuple(paying))


def _unit_of(mine: list[Bucket]) -> Unit:
    """Say what reports are in: the money that was paid, also where all of it travelled; else what was given."""
    money = [(one.price_steps, one.paid.unit) for one in mine if one.paid is not None]
    paid = [unit for steps, unit in money if steps]
    given = [one.unit for one in mine if one.priced_steps]
    travelled = [unit for _, unit in money]
    return [*paid, *given, *travelled, mine[0].unit][0]


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
        UnknownNameError, OutOfBounds: no such source, or less than went back before.
        AmountError: no amount of it, or more than can be counted would be owed.
        NotEnough: some of it was used, and that is to refuse.
    """
    source = _found(ctx.book, name)
    steps = _asked(source, name, refunded, source.whole)
    if steps < source.refunded:
        raise OutOfBounds(f"more than {source.unit.text(steps)} of {name} went back before; reinstate lowers it")
    own, claims = source.divided(steps), []
    for bucket in source.buckets:
        more = max(0, source.target(bucket, own) - bucket.claw_back.total)
        money = own[bucket.id] - bucket.claw_back.refunded
        if more or money:
            claims.append(_claim(bucket, more, money, owes=used == "debt"))
    if not claims:
        return None
    if used == "refuse":
        _check_unused(name, claims)
    entry = e.ClawedBack(
        **ctx.stamp,
        source=name,
        unit=source.unit,
        refunded_steps=steps,
        claw_backs=tuple(claims),
        debts=_owed(ctx.book, claims),
        off=_off(ctx, source, claims),
    )
    return with_repayment(ctx.frame, ctx.book, entry)


def _off(ctx: Context, source: _Source, claims: list[e.ClawBackPart]) -> e.AutoTopUpOff | None:
    """Turn auto top-up off where money went back: or what is missing now would be charged to whoever took it back."""
    setting, named = ctx.book.auto_top_up, {one.bucket for one in claims}
    paid = any(bucket.price_steps for bucket in source.buckets if bucket.id in named)
    return e.AutoTopUpOff(ctx.at, "clawed_back") if paid and setting is not None and setting.off is None else None


def _claim(bucket: Bucket, steps: int, money: int, *, owes: bool) -> e.ClawBackPart:
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
        refunded=money,
        left_steps=bucket.left_steps - taken,
        owes=owes,
    )


def _owed(book: Book, claims: list[e.ClawBackPart]) -> tuple[Debt, ...]:
    """Say what is owed for what was used.

    Raises:
        AmountError: more than can be counted.
    """
    owed, debts = [], dict(book.debts)
    for one in claims:
        if one.debt:
            name = one.unit.name
            debts[name] = debts.get(name, 0) + one.debt
            if debts[name] > STEPS_MAX:
                problem = f"{one.unit.text(one.debt)} of debt lead to a total that cannot be counted"
                raise AmountError(f'{problem}; used="let_go" owes nothing', value=one.unit.amount(one.debt))
            owed.append(Debt(one.unit, one.debt, debts[name]))
    return tuple(owed)


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
    if steps > source.refunded:
        raise OutOfBounds(f"less than {source.unit.text(steps)} of {name} went back before; claw_back raises it")
    claims: list[e.ClawBackPart] = []
    less: list[Debt] = []
    own, debts = source.divided(steps), dict(book.debts)
    for bucket in source.buckets:
        back = max(0, bucket.claw_back.total - source.target(bucket, own))
        money = bucket.claw_back.refunded - own[bucket.id]
        if not back and not money:
            continue
        one = _unclaim(ctx, bucket, back, money, debts.get(bucket.unit.name, 0))
        claims.append(one)
        if owed := one.debt - one.repaid:
            debts[bucket.unit.name] -= owed
            less.append(Debt(bucket.unit, owed, debts[bucket.unit.name]))
    if not claims:
        return None
    _check_room(book, claims)
    entry = e.Reinstated(
        **ctx.stamp,
        source=name,
        unit=source.unit,
        refunded_steps=steps,
        claw_backs=tuple(claims),
        debts=tuple(less),
    )
    return with_repayment(ctx.frame, book, entry)


def _check_room(book: Book, claims: list[e.ClawBackPart]) -> None:
    for unit in {one.unit for one in claims}:
        there = sum(bucket.there_steps for bucket in book.buckets if bucket.unit == unit)
        more = sum(one.taken + one.repaid for one in claims if one.unit == unit and one.went == "back")
        if there + more > STEPS_MAX:
            problem = f"{unit.text(more)} on top of {unit.text(there)} is more than can be counted"
            raise AmountError(f"{problem}, at most {unit.text(STEPS_MAX)}", value=unit.amount(more))


def _unclaim(ctx: Context, bucket: Bucket, steps: int, money: int, owed: int) -> e.ClawBackPart:
    """Undo a part of a claim, in reverse order; what others paid of its debt is put into the bucket once more."""
    clawed, parts = bucket.claw_back, {}
    for part in ("let_go", "debt", "lost", "held", "taken"):
        parts[part] = min(steps, getattr(clawed, part))
        steps -= parts[part]
    repaid = max(0, parts["debt"] - owed)
    past = ctx.book.past.get(bucket.id)
    went, left = "back", bucket.left_steps + parts["taken"] + repaid
    if past is not None and past.why != "drained":
        went, left = "forfeited" if past.why == "forfeited" else "expired", 0
    elif bucket.expires is not None and bucket.expires <= ctx.at:  # it was empty, and nobody noticed
        went, left = "expired", 0
    return e.ClawBackPart(
        bucket=bucket.id,
        kind=bucket.kind,
        unit=bucket.unit,
        refunded=money,
        repaid=repaid,
        left_steps=left,
        went=went,
        **parts,
    )


def refundable(book: Book, name: str, at: datetime) -> Money:
    """What the unused rest of a payment is worth, less what went back: rounded down to the places that are paid.

    Raises:
        UnknownNameError: no such payment is remembered, or nothing was paid for it.
    """
    source = _found(book, name)
    paid = [bucket.paid for bucket in source.buckets if bucket.paid is not None]
    if not paid:
        raise UnknownNameError("payment", name, hint="; nothing was paid for it")
    parts = [
        (
            one.price_steps,
            min(one.left_steps + one.claw_back.total, one.priced_steps),
            one.priced_steps,
            one.claw_back.refunded,
        )
        for one in source.buckets
        if one.price_steps and one.priced_steps and (one.refund_until is None or at < one.refund_until)
    ]
    return Money(paid[0].unit, unused_worth(paid[0].unit, parts))
