"""Telling people in time: which buckets end soon, by the plan's alerts on what is expiring."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse._engine.ends import expiring
from tokenpurse._engine.frame import Frame
from tokenpurse.notices import Notice

__all__ = ["ends_soon", "remind"]


def remind(frame: Frame, book: Book, stamp: Mapping[str, Any], at: datetime) -> e.Reminded | None:
    """Say what ends soon, from this moment on; `None`: nothing. It comes first of all that is due at one moment.

    What is remembered of it is the wallet's clock alone: each bucket comes to its line once, at a moment that is later
    than all that happened before.
    """
    if at <= book.clock:
        return None
    notices, told = [], set[str]()
    for one in frame.terms.reminders:
        ending = [bucket for bucket, end in expiring(one, book) if end - one.within == at] if one.notify else []
        told.update(bucket.id for bucket in ending)
        if ending:
            steps = sum(bucket.left_steps for bucket in ending)
            name = Notice.id_of(one.name, f"{at + one.within:%Y%m%dT%H%M%S.%fZ}")
            notices.append(Notice(id=name, name=one.name, at=at, unit=one.unit, figure_steps=steps))
    if not notices:
        return None
    names = tuple(bucket.id for bucket in book.buckets if bucket.id in told)
    return e.Reminded(**stamp, buckets=names, notices=tuple(notices))


def ends_soon(frame: Frame, book: Book, at: datetime) -> frozenset[str]:
    """Name the alerts that have a bucket which ends soon."""
    return frozenset(
        one.name for one in frame.terms.reminders for _, end in expiring(one, book) if end - one.within <= at < end
    )
