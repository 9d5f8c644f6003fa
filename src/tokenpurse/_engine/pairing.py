"""Walking two wallets through one decision: each goes the way of a verb, and either refusal leaves both as they were.

The second wallet is asked while the first decides, so that nothing of the first is done before the second agrees. Both
remember the ref. Where only one half was stored, what it remembers says what the other half was, and that is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TypeAlias

from attrs import evolve, frozen

from tokenpurse import entries as e
from tokenpurse._engine import giving
from tokenpurse._engine.act import Asked, Outcome, act, recalled
from tokenpurse._engine.apply import forgot
from tokenpurse._engine.book import Book
from tokenpurse._engine.context import Context
from tokenpurse._engine.demands import Demand, costing, is_free, is_known
from tokenpurse._engine.frame import Frame
from tokenpurse._engine.funding import Purse
from tokenpurse._engine.lateness import check_taken, period_of, purse_in, stays_taken
from tokenpurse._engine.settle import State
from tokenpurse._engine.spending import capacity, demand_of, funded, refusal, stopped
from tokenpurse.errors import PurseError, Refused, Remedy, UnknownNameError
from tokenpurse.units import Unit, steps_positive

__all__ = ["Side", "Usage", "gift", "most_of_both", "pooled"]

_Both: TypeAlias = tuple[Outcome, Outcome]


@contextmanager
def _asking(wallet: str) -> Iterator[None]:
    """Let a refusal say which of the two wallets it is of."""
    try:
        yield
    except Refused as refused:
        refused.wallet = refused.wallet or wallet
        raise


def _done(state: State, other: e.Remembered, steps: tuple[tuple[str, int], ...]) -> Outcome:
    """Answer for a half that needs nothing: it had no part, or what it remembered of it is forgotten by now."""
    return Outcome(state, first=evolve(other, sequence=0, steps=steps))


# -- a gift --------------------------------------------------------------------------------------------------------


def gift(
    giver: State, taker: State, asked: Asked, amount: object, unit: str | None, kinds: frozenset[str] | None
) -> _Both:
    """Decide a gift on both wallets.

    Raises:
        ConflictError: on either, before all else; the giver's first.
        PurseError: all that a verb of the giver's can raise, then all that one of the taker's can.
    """
    gave, got = recalled(giver.book, asked), recalled(taker.book, asked)
    if gave is not None or got is not None:
        return _gift_again(giver, taker, asked, gave, got)
    taken: list[Outcome] = []

    def decide(ctx: Context) -> e.Transferred:
        counted = ctx.frame.unit_of_any_plan(unit)
        steps = steps_positive(counted, amount)

        def helps(remedy: Remedy) -> bool:
            return _can_take(taker, evolve(asked, at=remedy.until or asked.at), counted)

        try:
            entry = giving.give(ctx, taker.book.id, counted, steps, kinds)
        except Refused as refused:
            refused.keep(helps)
            raise
        with _asking(taker.book.id):
            taken.append(act(taker, asked, lambda ctx: giving.receive(ctx, giver.book.id, entry.gifts)))
        return entry

    with _asking(giver.book.id):
        given = act(giver, asked, decide)
    return given, taken[-1]


def _can_take(taker: State, asked: Asked, unit: Unit) -> bool:
    """Tell whether the taker would get anything of a unit: if not, nothing that the giver does helps."""
    try:
        act(taker, asked, lambda ctx: giving.check_unit(ctx, unit, ctx.frame.unit_of_any_plan(unit.name)))
    except PurseError:
        return False
    return True


def _gift_again(giver: State, taker: State, asked: Asked, gave: e.Remembered | None, got: e.Remembered | None) -> _Both:
    """Answer a repeat, and do the half that was not stored, if one was not."""
    if gave is None and got is not None:
        if forgot(giver.book, asked.namespace, got.at):
            return _done(giver, got, got.steps), Outcome(taker, first=got)
        gifts = got.gifts
        with _asking(giver.book.id):
            given = act(giver, asked, lambda ctx: giving.give_again(ctx, taker.book.id, gifts))
        return given, Outcome(taker, first=got)
    if gave is not None and got is None:
        if forgot(taker.book, asked.namespace, gave.at):
            return Outcome(giver, first=gave), _done(taker, gave, gave.steps)
        gifts = gave.gifts
        with _asking(taker.book.id):
            taken = act(taker, asked, lambda ctx: giving.receive(ctx, giver.book.id, gifts))
        return Outcome(giver, first=gave), taken
    return Outcome(giver, first=gave), Outcome(taker, first=got)


# -- a pool --------------------------------------------------------------------------------------------------------


@frozen
class Usage:
    """What is asked of a member and a pool.

    Attributes:
        amounts: by meter; `None`: the member's first.
        labels: what both entries are labelled with.
        partial: whether both pay what is there, if it is less.
        overdraw: whether the pool records what neither pays, past its limits and balances.
        occurred_at: when it happened, where that was said.
    """

    amounts: Mapping[str | None, object]
    labels: tuple[tuple[str, str], ...] = ()
    partial: bool = False
    overdraw: bool = False
    occurred_at: datetime | None = None

    @property
    def words(self) -> tuple[object, ...]:
        """Say how it is asked, for a ref to remember."""
        flags = (word for word, on in (("partial", self.partial), ("overdraw", self.overdraw)) if on)
        return (*flags, *(() if self.occurred_at is None else (("occurred_at", self.occurred_at.isoformat()),)))

    def named(self, steps: tuple[tuple[str, int], ...]) -> Usage:
        """Name the first meter as it was named when the usage was paid, whatever the member's plan is by now."""
        if None not in self.amounts or not steps:
            return self
        return evolve(self, amounts={steps[0][0]: self.amounts[None]})


def _purse(ctx: Context, usage: Usage, *, past: bool = False, prepaid: bool = False) -> Purse:
    """Open the purse of the period that a usage is booked in; `past`: one that goes past limits."""
    late = None if usage.occurred_at is None else period_of(ctx, usage.occurred_at)
    if late is not None and usage.occurred_at is not None:
        return purse_in(ctx, late, usage.occurred_at, dict(usage.labels), limited=not past, prepaid=prepaid)
    return Purse(ctx.frame, ctx.book, ctx.at, dict(usage.labels), limited=not past, guided=past, prepaid=prepaid)


def _check_taken(ctx: Context, usage: Usage, purse: Purse) -> None:
    """Go on only where the period that a usage would be booked in takes it."""
    if usage.occurred_at is not None and purse.period is None:
        check_taken(ctx, usage.occurred_at)


def _spent(ctx: Context, usage: Usage, purse: Purse, uses: tuple[e.Use, ...]) -> e.Spent | None:
    """Make the entry of what one wallet pays; `None`: nothing."""
    if not uses:
        return None
    return e.Spent(
        **ctx.stamp,
        uses=uses,
        labels=usage.labels,
        counted=purse.facts(),
        occurred_at=usage.occurred_at,
        period=purse.period,
    )


@frozen
class _Parts:
    """A usage as the member's plan sees it: what costs something, in its order, and what it does not know."""

    known: Demand
    others: Mapping[str | None, object]

    def rest(self, paid: Mapping[str, int]) -> Demand:
        """What of the known part is not paid."""
        rest = ((unit, steps - paid.get(unit.name, 0)) for unit, steps in self.known)
        return tuple((unit, steps) for unit, steps in rest if steps > 0)


def _parts(frame: Frame, usage: Usage) -> _Parts:
    known, others = {}, {}
    for name, amount in usage.amounts.items():
        try:
            frame.unit(name)
        except UnknownNameError:
            others[name] = amount
        else:
            known[name] = amount
    return _Parts(costing(frame, demand_of(frame, known), dict(usage.labels)), others)


def pooled(member: State, pool: State, asked: Asked, usage: Usage) -> _Both:
    """Decide a use on both wallets: the member pays what it has, the pool pays the rest.

    Raises:
        ConflictError: on either, before all else; the member's first.
        PurseError: all that a spend of the member's can raise but for its amount, then all that one of the pool's can.
    """
    mine, theirs = recalled(member.book, asked), recalled(pool.book, asked)
    if mine is not None and theirs is not None:
        return Outcome(member, first=mine), Outcome(pool, first=theirs)
    if mine is not None:
        return Outcome(member, first=mine), _pool_again(member, pool, asked, usage.named(mine.steps), mine)
    if theirs is not None:
        return _member_again(member, asked, usage.named(theirs.steps), theirs), Outcome(pool, first=theirs)
    paid: list[Outcome] = [Outcome(pool)]

    def helps(remedy: Remedy) -> bool:
        """Tell whether waiting helps both: by then the member has more, or less."""
        if remedy.until is None:
            return True
        try:
            pooled(member, pool, evolve(asked, at=remedy.until, ref=None), usage)
        except PurseError:
            return False
        return True

    def decide(ctx: Context) -> e.Spent | None:
        purse, parts, uses = _own_half(ctx, usage)
        shares = {use.unit.name: use.steps for use in uses}
        if parts.rest(shares) or parts.others:
            try:
                paid.append(_ask_pool(pool, asked, usage, parts, shares, ctx.book.id))
            except Refused as refused:
                refused.keep(helps)
                raise
        return _spent(ctx, usage, purse, uses)

    with _asking(member.book.id):
        own = act(member, asked, decide)
    return own, paid[-1]


def _own_half(ctx: Context, usage: Usage) -> tuple[Purse, _Parts, tuple[e.Use, ...]]:
    """Pay what the member has; say what there was to pay."""
    purse = _purse(ctx, usage, prepaid=True)
    parts = _parts(purse.frame, usage)
    if parts.known:
        _check_taken(ctx, usage, purse)
    return purse, parts, tuple(_prepaid(purse, parts.known))


def _prepaid(purse: Purse, demand: Demand) -> Iterator[e.Use]:
    """Pay as much of each amount as there is."""
    for unit, steps in demand:
        most = purse.capacity(unit.name)
        taken = steps if most is None else min(steps, most)
        if taken:
            yield purse.fund(unit, taken)


def _ask_pool(
    pool: State, asked: Asked, usage: Usage, parts: _Parts, shares: Mapping[str, int], member: str
) -> Outcome:
    """Let the pool pay what the member does not."""

    def decide(ctx: Context) -> e.Spent | None:
        purse = _purse(ctx, usage, past=usage.overdraw)
        frame = purse.frame
        for unit, _ in parts.rest(shares):
            giving.check_unit(ctx, unit, frame.unit(unit.name))
        whole = (*parts.known, *demand_of(frame, parts.others))
        rest = {unit.name: unit.amount(steps - shares.get(unit.name, 0)) for unit, steps in whole}
        wanted = demand_of(frame, {name: rest[name] for name in rest if rest[name]})
        demand = costing(frame, wanted, purse.labels)
        if demand:
            _check_taken(ctx, usage, purse)

        def refuse(unit: Unit, steps: int, most: int) -> Refused:
            if purse.period is not None:
                refused: Refused = stopped(purse, unit, steps, most)
            else:
                refused = refusal(ctx, purse, demand, unit, steps, most)
            if usage.occurred_at is not None:
                refused.keep(lambda remedy: stays_taken(ctx, remedy))
            return _of_both(refused, unit, shares.get(unit.name, 0), steps, most, member)

        uses = funded(ctx, purse, demand, partial=usage.partial, overdraw=usage.overdraw, refuse=refuse)
        return _spent(ctx, usage, purse, uses)

    with _asking(pool.book.id):
        return act(pool, asked, decide)


def _of_both(refused: Refused, unit: Unit, share: int, steps: int, most: int, member: str) -> Refused:
    """Let a refusal of the pool's be one of the whole amount."""
    if share:
        refused.args = (f"{refused.args[0]}; {unit.digits(share)} more are wallet {member}'s part",)
    refused.asked, refused.available = unit.amount(steps + share), unit.amount(most + share)
    return refused


def _pool_again(member: State, pool: State, asked: Asked, usage: Usage, mine: e.Remembered) -> Outcome:
    """Do the pool's half where the member's alone was stored, or answer a repeat."""
    shares = dict(mine.steps)
    parts = _parts(member.frame, usage)
    rest = parts.rest(shares)
    if not rest and not parts.others:
        return _done(pool, mine, ())
    if forgot(pool.book, asked.namespace, mine.at):
        return _done(pool, mine, tuple((unit.name, steps) for unit, steps in rest))
    theirs = _ask_pool(pool, asked, usage, parts, shares, member.book.id)
    return _done(pool, mine, ()) if theirs.own is None else theirs


def _member_again(member: State, asked: Asked, usage: Usage, theirs: e.Remembered) -> Outcome:
    """Do the member's half where the pool's alone was stored, or answer a repeat."""
    rest = _parts(member.frame, usage).rest(dict(theirs.steps))
    if not rest:
        return _done(member, theirs, ())
    if forgot(member.book, asked.namespace, theirs.at):
        return _done(member, theirs, tuple((unit.name, steps) for unit, steps in rest))

    def decide(ctx: Context) -> e.Spent | None:
        purse = _purse(ctx, usage, prepaid=True)
        _check_taken(ctx, usage, purse)
        return _spent(ctx, usage, purse, funded(ctx, purse, rest, partial=usage.partial))

    with _asking(member.book.id):
        mine = act(member, asked, decide)
    return _done(member, theirs, ()) if mine.own is None else mine


@frozen
class Side:
    """One of two wallets, settled, for a read."""

    book: Book
    frame: Frame
    at: datetime

    @property
    def is_stopped(self) -> bool:
        """Whether nothing can be spent."""
        return self.book.closed or self.book.frozen or self.book.paused_at is not None


def most_of_both(member: Side, pool: Side, meter: str | None, labels: Mapping[str, str]) -> tuple[Unit, int] | None:
    """Find the largest amount that `pooled` would let through, and of which unit; `None`: nothing bounds it.

    Raises:
        UnknownNameError: no such meter, on either.
    """
    try:
        unit, is_own = member.frame.unit(meter), True
    except UnknownNameError:
        unit, is_own = pool.frame.unit(meter), False
    if member.is_stopped:
        return unit, 0
    if is_own and is_free(member.frame, unit, labels):
        return None
    own = Purse(member.frame, member.book, member.at, labels, prepaid=True).capacity(unit.name) if is_own else 0
    if not is_known(pool.frame, unit):
        return unit, own or 0
    rest = capacity(pool.frame, pool.book, unit, pool.at, labels)
    return None if own is None or rest is None else (unit, own + rest)
