"""Walking two wallets through one decision: each goes the way of a verb, and either refusal leaves both as they were.

The second wallet is asked while the first decides, so that nothing of the first is done before the second agrees. Both
remember the ref. Where only one half was stored, what it remembers says what the other half was, and that is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias

from attrs import evolve, frozen

from tokenpurse import entries as e
from tokenpurse._engine import giving
from tokenpurse._engine.act import Asked, Outcome, act, recalled
from tokenpurse._engine.apply import forgot
from tokenpurse._engine.context import Context
from tokenpurse._engine.frame import Frame
from tokenpurse._engine.funding import Demand, Purse, costing
from tokenpurse._engine.settle import State
from tokenpurse._engine.spending import demand_of, funded, refusal
from tokenpurse.errors import PurseError, Refused, Remedy, UnknownNameError
from tokenpurse.units import Unit, steps_positive

__all__ = ["Usage", "gift", "pooled"]

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
    """

    amounts: Mapping[str | None, object]
    labels: tuple[tuple[str, str], ...] = ()

    def named(self, steps: tuple[tuple[str, int], ...]) -> Usage:
        """Name the first meter as it was named when the usage was paid, whatever the member's plan is by now."""
        if None not in self.amounts or not steps:
            return self
        return evolve(self, amounts={steps[0][0]: self.amounts[None]})


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
    return _Parts(costing(frame, demand_of(frame, known)), others)


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
        parts = _parts(ctx.frame, usage)
        purse = Purse(ctx.frame, ctx.book, ctx.at, dict(usage.labels), prepaid=True)
        uses = tuple(_prepaid(purse, parts.known))
        shares = {use.unit.name: use.steps for use in uses}
        if parts.rest(shares) or parts.others:
            try:
                paid.append(_ask_pool(pool, asked, usage, parts, shares, ctx.book.id))
            except Refused as refused:
                refused.keep(helps)
                raise
        return e.Spent(**ctx.stamp, uses=uses, labels=usage.labels, counted=purse.facts()) if uses else None

    with _asking(member.book.id):
        own = act(member, asked, decide)
    return own, paid[-1]


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
        frame = ctx.frame
        for unit, _ in parts.rest(shares):
            giving.check_unit(ctx, unit, frame.unit(unit.name))
        whole = (*parts.known, *demand_of(frame, parts.others))
        rest = {unit.name: unit.amount(steps - shares.get(unit.name, 0)) for unit, steps in whole}
        demand = costing(frame, demand_of(frame, {name: rest[name] for name in rest if rest[name]}))
        purse = Purse(frame, ctx.book, ctx.at, dict(usage.labels))
        uses = []
        for unit, steps in demand:
            most = purse.capacity(unit.name)
            if most is not None and most < steps:
                refused = refusal(ctx, purse, demand, unit, steps, most)
                raise _of_both(refused, unit, shares.get(unit.name, 0), steps, most, member)
            uses.append(purse.fund(unit, steps))
        uses_ = tuple(uses)
        return e.Spent(**ctx.stamp, uses=uses_, labels=usage.labels, counted=purse.facts()) if uses_ else None

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

    def decide(ctx: Context) -> e.Spent:
        purse = Purse(ctx.frame, ctx.book, ctx.at, dict(usage.labels), prepaid=True)
        uses = funded(ctx, purse, rest)
        return e.Spent(**ctx.stamp, uses=uses, labels=usage.labels, counted=purse.facts())

    with _asking(member.book.id):
        return act(member, asked, decide)
