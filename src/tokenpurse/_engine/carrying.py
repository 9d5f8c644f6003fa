"""How much of what is left of a closing period's allowances is carried: shares, caps, and whether at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from tokenpurse import entries as e
from tokenpurse._engine.book import Book, Closing
from tokenpurse._engine.frame import Frame
from tokenpurse.buckets import Bucket
from tokenpurse.periods.moments import END
from tokenpurse.pricing import floor_steps
from tokenpurse.units import Unit

__all__ = ["bank_cap", "carrying", "closing_of", "ending", "giving_way", "unused_of"]


def carrying(old: Frame, new: Frame) -> set[str]:
    """Name the units whose rest is carried where one plan closes a period and another, or the same, opens the next."""
    same = old.plan.name == new.plan.name
    banks = old.terms.banks
    return {
        name
        for name, terms in new.terms.banks.items()
        if name in banks and (same or not (terms.same_plan or banks[name].same_plan))
    }


def bank_cap(frame: Frame, book: Book, unit: str, counts: Mapping[str, int] | None = None) -> int | None:
    """The most that a unit's bank may hold beside what a period's allowances grant; `None`: as much as can be."""
    terms = frame.terms.banks[unit]
    bank = frame.value(book, terms.bank_max, unit, counts, general=True)
    total = frame.value(book, terms.total_max, unit, counts, general=True)
    if total is None:
        return bank
    beside = max(0, total - frame.allowance(book.counts if counts is None else counts, unit, general=True))
    return beside if bank is None else min(bank, beside)


def closing_of(book: Book, unit: str, *, made: int = 0, by: int = 0) -> Closing | None:
    """Find what of a unit's rest a closed period carries: the one of an entry's use, or the one an entry closed."""
    for closing in reversed(book.closings):
        mine = closing.by == by if by else closing.since <= made < closing.by
        if mine and closing.unused.unit.name == unit:
            return closing
    return None


def ending(bucket: Bucket) -> tuple[datetime, datetime, str]:
    """Sort what ends soonest first."""
    return bucket.expires or END, bucket.starts, bucket.id


def giving_way(
    banks: Iterable[Bucket], lefts: Mapping[str, int], carried: int, expires: datetime | None, cap: int
) -> tuple[int, dict[str, int]]:
    """Cut what is to be carried, and what is in the bank already, down to a cap: what ends soonest goes first.

    Of what ends at one moment, what is carried goes first.

    Args:
        banks: the bank's buckets.
        lefts: what each has left.
        carried: how much more there would be.
        expires: when that ends.
        cap: how much there may be in all.

    Returns:
        What is carried, and what each bucket has left.
    """
    stays = dict(lefts)
    over = max(0, carried + sum(stays.values()) - cap)
    last = expires or END
    for bucket in sorted(banks, key=ending):
        if (bucket.expires or END) >= last:
            off = min(over, carried)
            carried, over = carried - off, over - off
        off = min(over, stays[bucket.id])
        stays[bucket.id] -= off
        over -= off
    return carried - min(over, carried), stays


def unused_of(
    frame: Frame, book: Book, unit: Unit, closing: Iterable[Bucket], left: int, expires: datetime | None
) -> e.Unused | None:
    """Say how much of what is left of a unit's closing allowances is carried, a bank's cap aside; `None`: all of it.

    Args:
        frame: of the plan that closes the period.
        book: the facts.
        unit: which.
        closing: the closing period's buckets, empty ones included.
        left: what is left of those that are replaced now.
        expires: when what is carried ends.
    """
    terms = frame.terms.banks[unit.name]
    if terms.takes_all:
        return None
    most, figure = None, terms.carry_max
    if figure is not None and figure.base == "original":
        most = floor_steps(figure.times * sum(bucket.granted_steps for bucket in closing))
    elif figure is not None:
        most = frame.value(book, figure, unit.name, general=True)
    return e.Unused(unit, left, (terms.share.numerator, terms.share.denominator), most, expires)
