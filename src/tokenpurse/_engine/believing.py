"""How far an entry that comes back from a host's ledger is believed: as far as nothing that the wallet knows is less.

A wallet keeps no list of its entries. What it counts, what its buckets gave and what came back before is compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NoReturn, TypeVar

from tokenpurse import entries as e
from tokenpurse._engine.apply.undoing import given_back
from tokenpurse._engine.book import Book
from tokenpurse._engine.context import Context
from tokenpurse._engine.shape import adds_up
from tokenpurse.buckets import Bucket
from tokenpurse.errors import ArgumentError

__all__ = ["altered", "check_made", "check_mine", "uses_of"]

_Key = TypeVar("_Key")


def uses_of(spent: e.Spent | e.Captured) -> tuple[e.Use, ...]:
    """List what an entry used."""
    return spent.uses if isinstance(spent, e.Spent) else (*spent.uses, *spent.extra)


def altered(spent: e.Spent | e.Captured, why: str) -> NoReturn:
    """Say that it is not what the wallet wrote.

    Raises:
        ArgumentError: always.
    """
    raise ArgumentError("spent", spent.id, f"it must be as the wallet wrote it: {why}")


def check_mine(ctx: Context, spent: e.Spent | e.Captured) -> None:
    """Go on only where an entry can be one of this wallet's, and has no less than what came back of it before.

    Raises:
        ArgumentError: it cannot.
    """
    if spent.wallet != ctx.book.id or spent.sequence > ctx.book.version or spent.at > ctx.at:
        right = f"it must be an entry of wallet {ctx.book.id}, from its ledger"
        raise ArgumentError("spent", f"{spent.wallet}#{spent.sequence}", right)
    uses = [tuple(use.each()) for use in uses_of(spent)]
    if not all(adds_up(each) for use in uses for each in use):
        altered(spent, "its amounts do not add up")
    known = ctx.book.undone.get(spent.sequence)
    if known is not None:
        there = {(place, depth): each.steps for place, use in enumerate(uses) for depth, each in enumerate(use)}
        if any(there.get(place, 0) < steps for place, steps in known.steps.items()):
            altered(spent, "more was given back of it before")


def check_made(ctx: Context, spent: e.Spent | e.Captured, entry: e.Refunded) -> None:
    """Go on only where nothing that a refund takes back is more than there was, going by what it would make.

    Raises:
        ArgumentError: of something there was less.
    """
    less = next(_less(given_back(ctx.book, entry), entry), None)
    if less is not None:
        altered(spent, f"so much of {less} was not used")


def _less(made: Book, entry: e.Refunded) -> Iterator[str]:
    """Name what would be less than nothing."""
    tallies = made.tallies
    yield from _below(made.spent)
    yield from _below(tallies.used)
    yield from (unit for unit, _ in _below(tallies.allowance_paid))
    yield from _below(tallies.retired)
    yield from (meter for (meter, _), paid in tallies.priced.items() if min(paid) < 0)
    back = {name for one in entry.returned for name in (one.bucket, one.into)}
    buckets = (*made.buckets, *(past.bucket for past in made.past.values()))
    yield from (one.id for one in buckets if one.id in back and _is_beyond(one))


def _below(sums: Mapping[_Key, int]) -> Iterator[_Key]:
    return (key for key, steps in sums.items() if steps < 0)


def _is_beyond(bucket: Bucket) -> bool:
    return min(bucket.spent_steps, bucket.opening_steps - bucket.there_steps) < 0
