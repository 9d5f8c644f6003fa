"""When buckets, periods and holds end, or end soon: what time does next. It needs no plan but for the reminders."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from tokenpurse._engine.book import Book
from tokenpurse.buckets import Bucket
from tokenpurse.plans.terms import ReminderTerms

__all__ = ["expiring", "first_end", "first_reminder", "over_before", "own_ends"]


def own_ends(book: Book) -> Iterator[tuple[Bucket, datetime]]:
    """Go through the ends that buckets come to by themselves, by an entry of their own.

    What a schedule of its own granted ends as the next stretch opens, and a grant's life that ends where the running
    period does by the opening of the next one.
    """
    return ((bucket, end) for bucket, end in _life_ends(book) if not bucket.own_life or end != book.period.end)


def over_before(book: Book, kinds: Collection[str], at: datetime) -> Iterator[Bucket]:
    """Go through what is over before the plan changes, or its period closes, at a moment: what it takes is not that.

    What a schedule of its own granted is there until the next stretch opens, but for the kinds that the change takes.
    """
    turning = book.turning if book.streams else ()
    for bucket in book.buckets:
        goes = bucket.own_life or (bucket.id in turning and bucket.kind in kinds)
        if goes and bucket.expires is not None and bucket.expires <= at:
            yield bucket


def _life_ends(book: Book) -> Iterator[tuple[Bucket, datetime]]:
    turning = book.turning if book.streams else ()
    for bucket in book.buckets:
        end = _life_end(book, bucket)
        if end is not None and bucket.id not in turning:
            yield bucket, end


def _life_end(book: Book, bucket: Bucket) -> datetime | None:
    """The end of a bucket's own life: an allowance's ends with its period, unless it has one, and an empty one is over.

    A pause stops the life of what the plan made; what was bought or given goes on.
    """
    end = bucket.expires
    if end is None or not bucket.there_steps or (bucket.allowance and not bucket.own_life):
        return None
    return None if bucket.of_plan and book.paused_at is not None else end


def first_end(book: Book) -> datetime | None:
    """The first moment at which the period, a bucket or a hold ends, or a bucket or a stretch starts; `None`: never.

    It needs no plan.
    """
    if book.closed:
        return None
    paused = book.paused_at is not None
    moments = [hold.until for hold in book.holds.values()]
    moments += [end for _, end in own_ends(book)]
    if book.streams and not paused:
        moments += [stream.next for stream in book.streams.values() if stream.next is not None]
    moments += [bucket.starts for bucket in book.buckets if not bucket.started]
    if book.period.end is not None and not paused:
        moments.append(book.period.end)
    if (renewal := book.renewal) is not None and not (paused or book.overdue):
        moments.append(renewal.until)
    return min(moments, default=None)


def first_reminder(reminders: Iterable[ReminderTerms], book: Book) -> datetime | None:
    """The first moment, later than the wallet's clock, at which somebody is told that a bucket ends soon."""
    ends = (end - one.within for one in reminders if one.notify for _, end in expiring(one, book))
    return min((moment for moment in ends if moment > book.clock), default=None)


def expiring(reminder: ReminderTerms, book: Book) -> Iterator[tuple[Bucket, datetime]]:
    """Go through the buckets with an end of their own that a reminder is about."""
    if book.closed:
        return
    for bucket, end in _life_ends(book):
        alike = bucket.unit == reminder.unit and (reminder.kinds is None or bucket.kind in reminder.kinds)
        if alike and bucket.left_steps:
            yield bucket, end
