"""Entries of what is undone: use that is given back, money that is, and money that comes back after all."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from tokenpurse.buckets import Bucket, Return
from tokenpurse.entries.base import Entry
from tokenpurse.entries.facts import Repaid
from tokenpurse.entries.uses import Counted, Undone, Withheld

__all__ = ["Refunded"]


@frozen(kw_only=True)
class Refunded(Entry):
    """Use was given back.

    Attributes:
        spent: the sequence number of the entry whose use it was.
        spent_at: when that was.
        running: whether it was use of the period that is running; else that period's figures are left alone.
        undone: how much of which of its uses.
        returned: what came back to buckets, and where it went, in reverse order of drawing.
        granted: a bank that is new, for what is carried into it.
        withheld: of prices that it changed, what stays paid for other use.
        counted: what limits with a count of their own count less, as `steps`, and what they count after it.
        repaid: debt that was paid by what came back.
    """

    spent: int
    spent_at: datetime
    running: bool
    undone: tuple[Undone, ...]
    returned: tuple[Return, ...] = ()
    granted: tuple[Bucket, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    counted: tuple[Counted, ...] = ()
    repaid: tuple[Repaid, ...] = ()
