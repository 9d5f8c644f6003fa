"""What a bucket cannot be, and several buckets of one wallet; see `soundness`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any, TypeAlias

from tokenpurse._engine.book import Book
from tokenpurse.buckets import KINDS, Bucket, ClawBack, is_kind
from tokenpurse.codec.facts import moment
from tokenpurse.errors import ArgumentError, shown
from tokenpurse.scopes import Scope, scope_of
from tokenpurse.units import STEPS_MAX, Unit

__all__ = ["NOTHING", "TWICE", "Finding", "all_buckets", "each_bucket", "is_beyond", "way_to"]

Finding: TypeAlias = tuple[str, Any, str]
"""A path, the value there, and what would be right."""

NOTHING = "it must not be less than nothing"
TWICE = "it must not be there twice"
_DIGITS_MAX = 16


def way_to(book: Book, index: int) -> str:
    """Say where a bucket is; those that are over come after the others."""
    there = len(book.buckets)
    return f"buckets[{index}]" if index < there else f"past[{index - there}][1].bucket"


_COUNTED = (
    *("granted_steps", "left_steps", "held_steps", "lost_steps", "excess_steps", "transferred_steps", "repaid_steps"),
    *("spent_steps", "price_steps"),
)
_PLACES = (*_COUNTED[:-1], "paid.steps")
_CLAIMED = ("taken", "held", "lost", "debt", "let_go", "refunded")
_counted: Callable[[Bucket], tuple[int, ...]] = attrgetter(*_COUNTED)
_claimed: Callable[[ClawBack], tuple[int, ...]] = attrgetter(*_CLAIMED)
_PLAIN_KINDS = frozenset(KINDS) - {"rollover"}


def each_bucket(book: Book, buckets: Iterable[Bucket]) -> Iterator[Finding]:
    """Look at each bucket by itself, at what may be wrong with it. Of numbers, `|` tells whether any is below 0."""
    clock = book.clock
    for index, one in enumerate(buckets):
        left, held, lost, back = one.left_steps, one.held_steps, one.lost_steps, one.claw_back
        spent = one.granted_steps - left - held - lost - back.taken
        counted = one.granted_steps | left | held | lost | spent | one.excess_steps | one.repaid_steps
        if not 0 <= counted | one.transferred_steps <= STEPS_MAX or one.paid is not None:
            yield from _figures_of(way_to(book, index), one)
        if back.taken | back.held | back.lost | back.debt | back.let_go | back.refunded:
            yield from _claims(way_to(book, index), one)
        if one.transferred_steps > lost:
            yield f"{way_to(book, index)}.transferred_steps", one.transferred_steps, f"{lost:,} went other than by use"
        if one.opening_steps < left + held:
            right = f"it must be at least the {one.there_steps:,} there are"
            yield f"{way_to(book, index)}.opening_steps", one.opening_steps, right
        starts, expires = one.starts, one.expires
        if one.started is not (starts <= clock) or (expires is not None and expires <= starts):
            yield from _life(way_to(book, index), one, book)
        if one.kind not in _PLAIN_KINDS or one.rest is not None or one.scope:
            yield from _words(way_to(book, index), one)


def all_buckets(book: Book, buckets: Sequence[Bucket]) -> Iterator[Finding]:
    """Find two units of one name, two buckets of one id, one that is yet to be made, and more than can be counted."""
    units: dict[str, Unit] = {}
    unit: Unit | None = None
    total, issued = 0, book.issued if book.issued >= 0 else STEPS_MAX  # what is less than nothing is found by itself
    for index, one in enumerate(buckets):
        if one.unit is not unit:
            unit = one.unit
            if units.setdefault(unit.name, unit) != unit:
                yield f"{way_to(book, index)}.unit", unit.name, "it must be counted as in the other buckets"
        number = one.id.rpartition("/")[2]
        if number.isdecimal() and is_beyond(number, issued):
            yield "issued", book.issued, f"{way_to(book, index)} has the number {shown(number)}"
        total += one.left_steps
    ids = [one.id for one in buckets]
    if len({*ids}) < len(ids):
        yield from ((f"{way_to(book, n)}.id", id, TWICE) for n, id in enumerate(ids) if ids.index(id) < n)
    if total > STEPS_MAX:
        sums = ((name, sum(one.left_steps for one in buckets if one.unit.name == name)) for name in units)
        right = f"there must be at most {STEPS_MAX:,} steps of it in all"
        yield from (("buckets", name, right) for name, steps in sums if steps > STEPS_MAX)


def is_beyond(number: str, most: int) -> bool:
    """Whether what an id ends with is a number, and beyond what was counted; thousands of digits are never made one."""
    return number.isdecimal() and (len(number) > _DIGITS_MAX or int(number) > most)


def _figures_of(path: str, bucket: Bucket) -> Iterator[Finding]:
    figures = _counted(bucket)
    wrong = ((name, one) for name, one in zip(_PLACES, figures, strict=True) if not 0 <= one <= STEPS_MAX)
    yield from ((f"{path}.{name}", one, f"{NOTHING}, nor more than can be counted") for name, one in wrong)


def _claims(path: str, bucket: Bucket) -> Iterator[Finding]:
    """Compare what was taken back of a bucket with what there was."""
    claimed = bucket.claw_back
    less = ((name, one) for name, one in zip(_CLAIMED, _claimed(claimed), strict=True) if one < 0)
    yield from ((f"{path}.claw_back.{name}", one, NOTHING) for name, one in less)
    if claimed.held > bucket.held_steps:
        yield f"{path}.claw_back.held", claimed.held, f"no more than the {bucket.held_steps:,} held can be taken"
    if claimed.total > bucket.priced_steps:
        yield f"{path}.claw_back", claimed.total, f"no more than the {bucket.priced_steps:,} given can be taken back"


def _life(path: str, bucket: Bucket, book: Book) -> Iterator[Finding]:
    """Look at a bucket's start and end; one that is over may have gone before it began, or in a pause."""
    live, paused = path.startswith("buckets"), book.paused_at
    since = bucket.starts if paused is None else min(bucket.starts, paused)  # lives stand still until it goes on
    if live and bucket.expires is not None and bucket.expires <= since:
        yield f"{path}.expires", bucket.expires, f"it must be after its start, {moment(since)}"
    begun = bucket.starts <= book.clock
    if bucket.started is not begun and (bucket.started or live):
        right = f"it starts at {moment(bucket.starts)}, and the clock is at {moment(book.clock)}"
        yield f"{path}.started", bucket.started, right


def _words(path: str, bucket: Bucket) -> Iterator[Finding]:
    if bucket.kind not in KINDS and not is_kind(bucket.kind):
        yield f"{path}.kind", bucket.kind, "it must be a lower-case word such as top_up"
    if bucket.allowance and bucket.kind == "rollover":
        yield f"{path}.allowance", True, "what a Rollover carried is no allowance"
    if bucket.rest not in {None, "usable", "locked"}:
        yield f"{path}.rest", bucket.rest, "it must be usable, locked or nothing"
    if bucket.scope and not _is_scope(bucket.scope):
        yield f"{path}.scope", bucket.scope, "it must be sorted label keys, each with its sorted values"


def _is_scope(scope: Scope) -> bool:
    try:
        return scope_of(scope, lambda value, right: ArgumentError("scope", value, right)) == scope
    except ArgumentError:
        return False
