"""What every effect is made of: buckets changed, filled, emptied and retired, and debts repaid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.book import Book, Closing, Counter, CounterKey, Past
from tokenpurse.buckets import Bucket, Debt, Loss, Return
from tokenpurse.notices import RenewalDue, Request

__all__ = [
    "PAYMENTS_KEPT",
    "PAYMENTS_MAX",
    "bought_in",
    "changed",
    "compacted",
    "count",
    "counting",
    "debts_without",
    "drawn",
    "fill",
    "filled_instead",
    "forfeiting",
    "give",
    "given_less",
    "is_remembered",
    "left_then",
    "lessened",
    "lost",
    "over",
    "plus",
    "remembering",
    "repay_from",
    "retired",
    "ungiven",
    "without_renewal",
]

COUNTERS_MAX = 1_000
"""Label values that one limit counts at a time."""

PAYMENTS_MAX = 2_000
PAYMENTS_KEPT = timedelta(days=400)
"""How many refs of payments are remembered, and how long: while what they bought is there, longer."""
PAST_MAX = 2_000
PAST_KEPT = timedelta(days=400)
"""How many buckets that are over are remembered, and how long, for use that is undone."""
PAYERS_MAX = 64
"""Of what paid a debt, the newest so many are remembered for their period."""
BUCKETS_KEPT = 500
"""From so many buckets on, those that are empty are retired when another one comes."""

_Key = TypeVar("_Key")


def plus(tally: Mapping[_Key, int], key: _Key, steps: int) -> dict[_Key, int]:
    """Add to one figure of a tally; a figure of zero is not kept, so that equal wallets compare equal."""
    total = tally.get(key, 0) + steps
    grown = {other: value for other, value in tally.items() if other != key or total}
    return {**grown, key: total} if total else grown


def bought_in(buckets: Iterable[Bucket]) -> dict[str, int]:
    """Sum what buckets were bought for, by currency."""
    bought: dict[str, int] = {}
    for one in buckets:
        if one.paid is not None:
            bought = plus(bought, one.paid.unit.name, one.paid.steps)
    return bought


def changed(book: Book, changes: Mapping[str, Bucket | None]) -> tuple[Bucket, ...]:
    """Replace buckets by id; `None` takes one out."""
    return tuple(bucket for bucket in (changes.get(held.id, held) for held in book.buckets) if bucket is not None)


def drawn(bucket: Bucket, steps: int, *, use: bool = True) -> Bucket:
    """Take from a bucket. What goes other than by use lowers the opening too, so that the gauge never shows it."""
    left = bucket.left_steps - steps
    return evolve(bucket, left_steps=left, opening_steps=bucket.opening_steps - (0 if use else steps))


def count(book: Book, counted: Iterable[e.Counted], at: datetime) -> Book:
    """Note what limits counted. Where one has too many label values, those whose time is over give way."""
    counters, with_period = dict(book.counters), dict(book.tallies.counted)
    for one in counted:
        if one.start is None:
            with_period[one.key] = one.after_steps
            continue
        counters[one.key] = Counter(one.start, one.end, one.after_steps)
        if len(counters) > COUNTERS_MAX < sum(key[0] == one.limit for key in counters):
            counters = {key: held for key, held in counters.items() if key[0] != one.limit or held.runs(at)}
    return evolve(book, counters=counters, tallies=evolve(book.tallies, counted=with_period))


def counting(book: Book, at: datetime) -> dict[CounterKey, Counter]:
    """Leave out the counts whose time is over."""
    return {key: counter for key, counter in book.counters.items() if counter.runs(at)}


def fill(bucket: Bucket, steps: int) -> Bucket:
    """Put into a bucket that was there already."""
    return evolve(
        bucket,
        granted_steps=bucket.granted_steps + steps,
        opening_steps=bucket.opening_steps + steps,
        left_steps=bucket.left_steps + steps,
    )


def lost(book: Book, losses: Iterable[Loss]) -> Book:
    """Take losses out of their buckets."""
    lost = {loss.bucket: loss.steps for loss in losses}
    buckets = tuple(lessened(held, lost[held.id]) if held.id in lost else held for held in book.buckets)
    return evolve(book, buckets=buckets)


def lessened(bucket: Bucket, steps: int) -> Bucket:
    """Take from a bucket what goes other than by use."""
    return evolve(
        bucket,
        left_steps=bucket.left_steps - steps,
        opening_steps=bucket.opening_steps - steps,
        lost_steps=bucket.lost_steps + steps,
    )


def forfeiting(book: Book, losses: Iterable[Loss]) -> Book:
    """Let buckets that were empty, and over, go the way of their kind: what comes back to them is forfeited."""
    over = {loss.bucket for loss in losses if loss.bucket in book.past}
    gone = {name: evolve(book.past[name], why="forfeited") for name in over}
    return evolve(book, past={name: gone.get(name, past) for name, past in book.past.items()}) if gone else book


def given_less(book: Book, excess: Iterable[tuple[str, int]]) -> Book:
    """Note how much of what comes back to buckets is forfeited."""
    less = dict(excess)
    changes = {one.id: evolve(one, excess_steps=less[one.id]) for one in book.buckets if one.id in less}
    return evolve(book, buckets=changed(book, changes)) if changes else book


def retired(book: Book, ids: Iterable[str], *, at: datetime, why: str) -> Book:
    """Take buckets out of the book; what they paid in this period stays in the gauge, as what is held of them does."""
    gone = set(ids)
    if not gone:
        return book
    kept: list[Bucket] = []
    over: list[Bucket] = []
    for bucket in book.buckets:
        (over if bucket.id in gone else kept).append(bucket)
    retired = book.tallies.retired
    for bucket in over:
        retired = plus(retired, bucket.unit.name, bucket.opening_steps - bucket.there_steps)
    book = remembering(book, over, at=at, why=why)
    return evolve(book, buckets=tuple(kept), tallies=evolve(book.tallies, retired=retired))


def remembering(book: Book, buckets: Iterable[Bucket], *, at: datetime, why: str) -> Book:
    """Keep what is over for as long as something may come back to it: what is held, or use that is undone.

    What came of an allowance and is not held has nothing to remember: what comes back to it goes the way of its rest.
    """
    by = book.tallies.since
    pasts = (Past(one, at, why, 0 if one.rest is None else by) for one in buckets)
    over = {past.bucket.id: past for past in pasts if is_remembered(past)}
    if not over:
        return book
    known = {**book.past, **over}
    newest = known if len(known) <= PAST_MAX else set(list(known)[-PAST_MAX:])
    oldest = at - PAST_KEPT
    kept = {
        name: past for name, past in known.items() if (past.at > oldest and name in newest) or past.bucket.held_steps
    }
    return evolve(book, past=kept)


def ungiven(book: Book, back: Return) -> Book:
    """Let the plan whose allowance gave what comes back have given less: of what it gave while on it, the last first.

    What all plans gave that were left is never more than what was given at all.
    """
    if not back.plan:
        return book
    tallies, key, rest = book.tallies, (back.unit.name, back.kind), back.steps
    given, paid = tallies.given_on, plus(tallies.allowance_paid, key, -rest)
    over = sum(steps for (_, *of), steps in given.items() if tuple(of) == key) - paid.get(key, 0)
    before = given.get((back.plan, *key), 0)
    less = min(before, max(0, over) if back.plan == book.plan.name else rest)
    given, over = plus(given, (back.plan, *key), -less), over - less
    for plan in dict.fromkeys(plan for _, plan in reversed(tallies.left)):
        part = min(max(0, over), given.get((plan, *key), 0))
        given, over = plus(given, (plan, *key), -part), over - part
    cleared = tallies.cleared
    if back.plan != book.plan.name:
        cleared = plus(cleared, key, -min(rest, cleared.get(key, 0)))
    return evolve(book, tallies=evolve(tallies, allowance_paid=paid, given_on=given, cleared=cleared))


def left_then(book: Book, back: Return) -> Book:
    """Count what comes back of a closed period as left in it, where only some of that is carried."""
    if not back.closed_by:
        return book

    def more(closing: Closing) -> Closing:
        unused, mine = closing.unused, (closing.by, closing.unused.unit) == (back.closed_by, back.unit)
        return evolve(closing, unused=evolve(unused, steps=unused.steps + back.steps)) if mine else closing

    return evolve(book, closings=tuple(more(closing) for closing in book.closings))


def filled_instead(bucket: Bucket, back: Return) -> Bucket:
    """Put what comes back of a bucket that is over into the one that stands for it now."""
    if back.went == "forfeited":
        return evolve(bucket, excess_steps=bucket.excess_steps - back.steps)
    return fill(bucket, back.steps)


def is_remembered(past: Past) -> bool:
    """Tell whether what comes back to a bucket that is over must find it.

    Of an allowance, or an empty bank, only while something is held of it, or a plan left no room for what comes back:
    else it is carried, or forfeited. What waited for a renewal goes as that ended. A grant with a life of its own is
    remembered if anything was used of it.
    """
    bucket = past.bucket
    if bucket.own_life:
        return bucket.spent_steps > 0 or bucket.there_steps > bucket.left_steps or bucket.excess_steps > 0
    of_plan = bucket.of_period or (bucket.kind == "rollover" and past.why != "forfeited")
    return bucket.held_steps > 0 or bucket.excess_steps > 0 or not of_plan


def over(book: Book, at: datetime, *, paid: bool = False) -> Book:
    """Take out what stayed of allowances for a grace that is over; what is held of it goes the way of the rest."""
    rests = [held.id for held in book.buckets if held.rest is not None]
    return retired(book, rests, at=at, why="closed" if paid else "forfeited")


def without_renewal(book: Book) -> tuple[Request, ...]:
    """The requests that wait for an answer, but for a renewal."""
    return tuple(request for request in book.pending if not isinstance(request, RenewalDue))


def compacted(book: Book, at: datetime) -> Book:
    """Retire buckets that are empty once there are many, so that a busy period never runs out of room for a new one."""
    if len(book.buckets) < BUCKETS_KEPT:
        return book
    empty = [held.id for held in book.buckets if not held.there_steps and not held.allowance]
    return retired(book, empty, at=at, why="drained")


def give(book: Book, buckets: Iterable[Bucket]) -> Book:
    """Add new buckets that were given."""
    granted = book.granted
    new = tuple(buckets)
    for bucket in new:
        granted = plus(granted, bucket.unit.name, bucket.granted_steps)
    return evolve(book, buckets=book.buckets + new, granted=granted)


def debts_without(book: Book, gone: Iterable[Debt]) -> Mapping[str, int]:
    """Take off what was billed or forgiven."""
    debts = book.debts
    for debt in gone:
        debts = plus(debts, debt.unit.name, -debt.steps)
    return debts


def repay_from(book: Book, repaid: Iterable[e.Repaid]) -> Book:
    """Take from buckets what paid a debt."""
    for one in repaid:
        draws = {draw.bucket: draw.steps for draw in one.draws}
        changes = {held.id: drawn(held, draws[held.id], use=False) for held in book.buckets if held.id in draws}
        paid = book.tallies.allowance_paid
        payers = _payers(book, one)
        for held in book.buckets:
            if held.of_period and held.id in draws:  # or a plan change would give back what paid a debt
                paid = plus(paid, (one.unit.name, held.kind), draws[held.id])
        book = evolve(
            book,
            buckets=changed(book, changes),
            debts=plus(book.debts, one.unit.name, -one.steps),
            tallies=evolve(book.tallies, allowance_paid=paid, repaid=payers),
        )
    return book


def _payers(book: Book, one: e.Repaid) -> dict[str, tuple[tuple[str, str, int, bool, str], ...]]:
    """Note what paid a debt, for use that is undone after its debt was paid."""
    repaid, allowances = book.tallies.repaid, {held.id: held.of_period for held in book.buckets if held.allowance}
    more = (
        (
            draw.bucket,
            draw.kind,
            draw.steps,
            draw.bucket in allowances,
            book.plan.name if allowances.get(draw.bucket) else "",
        )
        for draw in one.draws
    )
    return {**repaid, one.unit.name: (*repaid.get(one.unit.name, ()), *more)[-PAYERS_MAX:]}
