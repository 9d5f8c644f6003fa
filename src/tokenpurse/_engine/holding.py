"""Deciding holds: what is set aside, what of it is used, and what comes back when a hold ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve, field, frozen

from tokenpurse._engine.apply import apply
from tokenpurse._engine.book import Book
from tokenpurse._engine.context import Context, with_repayment
from tokenpurse._engine.demands import Demand, costing
from tokenpurse._engine.doors import LONGEST
from tokenpurse._engine.frame import frame_of
from tokenpurse._engine.funding import Purse
from tokenpurse._engine.returning import Returning, giving_back
from tokenpurse._engine.spending import demand_of, funded
from tokenpurse.buckets import Debt, Draw
from tokenpurse.entries import Captured, ClawBackPart, Ended, Held, Hold, Priced, Released, Use
from tokenpurse.errors import (
    AmountError,
    ClockError,
    HoldEnded,
    OutOfBounds,
    UnknownNameError,
    WalletFrozen,
    WalletPaused,
    listed,
    shown,
)
from tokenpurse.statements import Accrual
from tokenpurse.units import STEPS_MAX, Unit

__all__ = ["HOLDS_MAX", "capture", "hold", "release"]

HOLDS_MAX = 1_000


# -- setting aside -------------------------------------------------------------------------------------------------


def hold(
    ctx: Context,
    amounts: Mapping[Any, object],
    until: datetime | timedelta,
    *,
    partial: bool,
    labels: tuple[tuple[str, str], ...],
) -> Held:
    """Decide a hold: drawn as a spend would be, and not used yet.

    Raises:
        ClockError: the deadline is not after the moment, or more than 30 days after it.
        AmountError: an amount is zero, or too many holds are open.
        Locked, LimitReached, NotEnough: in this order; nothing happened.
    """
    ends = ctx.at + until if isinstance(until, timedelta) else until
    if not ctx.at < ends <= ctx.at + LONGEST:
        problem = f"until is {ends:%Y-%m-%dT%H:%M:%SZ}, it must be after {ctx.at:%Y-%m-%dT%H:%M:%SZ}"
        raise ClockError(f"{problem}, by at most {LONGEST.days} days", at=ends)
    demand = demand_of(ctx.frame, amounts)
    for unit, steps in demand:
        if not steps:
            raise AmountError(f"amount of {unit} is 0, a hold is of more than nothing", value=unit.amount(0))
    if len(ctx.book.holds) >= HOLDS_MAX:
        raise AmountError(f"wallet {ctx.book.id} has {HOLDS_MAX:,} open holds, no more fit", value=None)
    asked = evolve(ctx, before=None if isinstance(until, timedelta) else ends)
    uses = funded(asked, Purse(ctx.frame, ctx.book, ctx.at, dict(labels), holding=True), demand, partial=partial)
    if (
        partial and not uses and costing(ctx.frame, demand, dict(labels))
    ):  # as nothing is held by zero, so by what comes to it
        uses = funded(asked, Purse(ctx.frame, ctx.book, ctx.at, dict(labels), holding=True), demand)
    return Held(**ctx.stamp, uses=uses, until=ends, labels=labels)


# -- ending --------------------------------------------------------------------------------------------------------


def _open(ctx: Context, name: str, now: str) -> Hold:
    """Find a hold that is open.

    Raises:
        HoldEnded: it ended already, saying how.
        UnknownNameError: none of that id is remembered.
    """
    if (found := ctx.book.holds.get(name)) is not None:
        return found
    for ended in reversed(ctx.book.ended):
        if ended.hold == name:
            when = f"{ended.at:%Y-%m-%dT%H:%M:%SZ}"
            over = f"lapsed at {when}, its deadline" if ended.how == "lapsed" else f"was {ended.how} at {when}"
            problem = f"hold {name} {over}, it cannot be {now}; {_instead(ended.how, now)}"
            raise HoldEnded(problem, hold=name, how=ended.how, at=ended.at)
    raise UnknownNameError("hold", name, tuple(sorted(ctx.book.holds)))


def _instead(how: str, now: str) -> str:
    """Say what would be right for a hold that ended one way and is to end another."""
    if now == "released":
        return "use is given back with refund" if how == "captured" else "all of it was given back already"
    return "what goes beyond it is a spend" if how == "captured" else "what was used is a spend"


@frozen
class _Parts:
    """What one held amount comes to: what is used of it, and the draws that come back, in the order they were made."""

    use: Use | None
    back: list[Draw] = field(factory=list)


def _divide(purse: Purse, held: Use, steps: int) -> _Parts:
    """Divide a held amount: what was drawn first is used first. Its price is what the quantity costs now."""
    draws: list[Draw] = []
    back: list[Draw] = []
    rest = steps
    left = {bucket.id: bucket.left_steps for bucket in purse.book.buckets}
    for draw in held.draws:
        taken = min(rest, draw.steps)
        rest -= taken
        if taken:
            draws.append(evolve(draw, steps=taken, left_steps=left.get(draw.bucket, 0)))
        if draw.steps > taken:
            back.append(evolve(draw, steps=draw.steps - taken))
    priced, postpaid = None, None
    if held.priced is not None:
        quantity = min(rest, held.priced.quantity)
        rest -= quantity
        cost = purse.pay_price(held.unit.name, held.priced.rate, quantity)
        parts = _divide(purse, held.priced.paid, cost)
        back += parts.back
        paid = parts.use or Use(unit=held.priced.rate.unit, steps=0)
        priced = Priced(quantity, held.priced.rate, paid) if quantity else None
    if rest and held.postpaid is not None:
        postpaid = Accrual.of_use(held.unit, held.postpaid.rate, rest)
    purse.note(held.unit.name, steps, draws, postpaid)
    use = Use(unit=held.unit, steps=steps, draws=tuple(draws), priced=priced, postpaid=postpaid) if steps else None
    return _Parts(use, back)


def capture(ctx: Context, name: str, amounts: Mapping[Any, object] | None, *, over: str) -> Captured:
    """Decide what of a hold is used: at most what it holds, unless what goes beyond is to be spent.

    Raises:
        HoldEnded, UnknownNameError: there is no such open hold, or no such meter.
        OutOfBounds: more than is held, and `over` does not say to spend it.
        Locked, LimitReached, NotEnough: what goes beyond cannot be spent; then nothing is captured either.
    """
    held = _open(ctx, name, "captured")
    asked = _asked(ctx, held, amounts)
    purse = Purse(ctx.frame, ctx.book, ctx.at, dict(held.labels))
    uses: list[Use] = []
    back: list[Draw] = []
    beyond = []
    for unit, steps in asked:
        covered = next((use.steps for use in held.uses if use.unit == unit), 0)
        if steps > covered:
            beyond.append((unit, steps - covered))
    if beyond and over != "spend":
        _refuse(held, asked, beyond[0])
    if beyond and ctx.book.paused_at is not None:
        raise WalletPaused(f"wallet {ctx.book.id} is paused, what goes beyond hold {held.id} cannot be spent")
    if beyond and ctx.book.frozen:
        raise WalletFrozen(f"wallet {ctx.book.id} is frozen, what goes beyond hold {held.id} cannot be spent")
    wanted = dict(asked)
    for use in held.uses:
        parts = _divide(purse, use, min(use.steps, wanted.get(use.unit, 0)))
        uses += [] if parts.use is None else [parts.use]
        back += parts.back
    returning = Returning(ctx.frame, ctx.book)
    returning.held(back, held.ref.sequence)
    entry = Captured(
        **ctx.stamp,
        ended=Ended(held.id, held.ref, "captured", ctx.at),
        uses=tuple(uses),
        returned=tuple(returning.returned),
        granted=tuple(returning.granted),
        labels=held.labels,
        counted=purse.facts(),
    )
    entry = _with_claims(ctx.book, held, entry)
    return with_repayment(ctx.frame, ctx.book, _with_extra(ctx, entry, tuple(beyond), held.until))


def _with_claims(book: Book, held: Hold, entry: Captured) -> Captured:
    """Owe, or let go, what was held of a bucket whose money went back, and was used all the same."""
    claims, owed, debts = [], [], dict(book.debts)
    parts = Counter[str]()
    for use in held.uses:
        for draw in use.all_draws():
            parts[draw.bucket] += draw.steps
    for bucket in (*book.buckets, *(past.bucket for past in book.past.values())):
        if not bucket.claw_back.held or not parts[bucket.id]:
            continue
        mine = [one for one in entry.returned if one.bucket == bucket.id]
        waiting = bucket.claw_back.held - sum(one.steps for one in mine if one.went != "back")
        used = max(0, waiting) - (bucket.held_steps - parts[bucket.id])
        if used > 0:
            left = next((one.left_steps for one in reversed(mine)), bucket.left_steps)
            owes = bucket.claw_back.owes
            claims.append(
                ClawBackPart(
                    bucket=bucket.id,
                    kind=bucket.kind,
                    unit=bucket.unit,
                    held=-used,
                    debt=used if owes else 0,
                    let_go=0 if owes else used,
                    left_steps=left,
                    owes=owes,
                )
            )
            if owes:
                name = bucket.unit.name
                debts[name] = debts.get(name, 0) + used
                if debts[name] > STEPS_MAX:
                    problem = f"{bucket.unit.text(used)} were claimed, and lead to a debt that cannot be counted"
                    raise AmountError(problem, value=bucket.unit.amount(used))
                owed.append(Debt(bucket.unit, used, debts[name]))
    return evolve(entry, claw_backs=tuple(claims), owed=tuple(owed)) if claims else entry


def _asked(ctx: Context, held: Hold, amounts: Mapping[Any, object] | None) -> Demand:
    """Read what was used: all that is held unless said; a meter that the hold has, or one of the plan."""
    if amounts is None:
        return tuple((use.unit, use.steps) for use in held.uses)
    units = {use.unit.name: use.unit for use in held.uses}
    only = next(iter(units.values())) if len(units) == 1 else None
    if only is None and amounts.get(None):
        raise AmountError(
            f"amount is {shown(amounts[None])}, hold {held.id} is of {listed(sorted(units))}:"
            " give a mapping of meters to amounts",
            value=amounts[None],
        )
    known = {units[name].name: amount for name, amount in amounts.items() if name in units}
    if only is not None and None in amounts:
        known[only.name] = amounts[None]
    others = {name: amount for name, amount in amounts.items() if name not in units and name is not None}
    mine = tuple((units[name], units[name].steps(amount)) for name, amount in known.items())
    return (*mine, *costing(ctx.frame, demand_of(ctx.frame, others), dict(held.labels)))


def _refuse(held: Hold, asked: Demand, beyond: tuple[Unit, int]) -> None:
    unit, more = beyond
    steps = next(steps for one, steps in asked if one == unit)
    raise OutOfBounds(
        f"{unit.text(steps)} asked, hold {held.id} holds {unit.digits(steps - more)};"
        ' over="spend" uses what goes beyond it as well',
        asked=unit.amount(steps),
        available=unit.amount(steps - more),
    )


def _with_extra(ctx: Context, entry: Captured, beyond: Demand, until: datetime) -> Captured:
    """Spend what goes beyond a hold, on what there is once the hold is captured."""
    if not beyond:
        return entry
    after = apply(ctx.book, evolve(entry, ref=None))
    frame = frame_of(after, ctx.frame.catalogue)
    purse = Purse(frame, after, ctx.at, dict(entry.labels))
    extra = funded(evolve(ctx, book=after, frame=frame, before=until), purse, beyond)
    counted = {one.key: one for one in entry.counted}
    for one in purse.facts():  # each limit counts an entry once
        before = counted.get(one.key)
        counted[one.key] = one if before is None else evolve(one, steps=before.steps + one.steps)
    return evolve(entry, extra=extra, counted=tuple(counted.values()))


def release(ctx: Context, name: str) -> Released:
    """Decide to give a hold back, whole.

    Raises:
        HoldEnded, UnknownNameError: there is no such open hold.
    """
    held = _open(ctx, name, "released")
    returning = giving_back(ctx.frame, ctx.book, (held,))
    entry = Released(
        **ctx.stamp,
        ended=Ended(held.id, held.ref, "released", ctx.at),
        returned=tuple(returning.returned),
        granted=tuple(returning.granted),
    )
    return with_repayment(ctx.frame, ctx.book, entry)
