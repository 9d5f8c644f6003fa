"""The laws of movements: they add up to what is left, bucket by bucket, and read backwards they are the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from attrs import evolve

from tokenpurse import Movement, Wallet, movements, recent_movements
from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse.buckets import Bucket
from tokenpurse.movements import _forward

__all__ = ["check_movements", "check_pages"]


def check_movements(before: Book | None, entry: e.Entry, after: Book) -> None:
    """What an entry moved leads from the balances before it to those after it, of each unit and each bucket."""
    moved = list(_forward([entry], before))
    lefts, helds = sums(() if before is None else before.buckets), of_buckets(before)
    kinds = kinds_in(before) | kinds_in(after)
    for one in moved:
        lefts[one.unit.name] += one.steps
        assert lefts[one.unit.name] == one.balance_steps >= 0, one
        assert one.steps == sum(part.steps for part in one.parts), one
        assert one.steps or one.what in {"carried", "captured"}, one
        for part in one.parts:
            assert part.kind, one
            assert part.kind == kinds.get(part.bucket, part.kind), one
            helds[part.bucket][0] += part.steps
            helds[part.bucket][1] += part.held_steps
    assert without_nothing(sums(after.buckets)) == without_nothing(lefts)
    assert helds.pop("", [0, 0]) == [0, 0], "what came and went in a run came or stayed"
    there = {name: tuple(figures) for name, figures in helds.items() if any(figures)}
    assert there == {name: tuple(figures) for name, figures in of_buckets(after).items() if any(figures)}


def check_pages(wallet: Wallet, entries: Sequence[e.Entry]) -> None:
    """Page by page, the newest first, each unit's movements are those that were told the oldest first."""
    told = [plain(one) for one in movements(entries) if one.steps]
    for unit in {one.unit.name for one in told}:
        pages: list[Movement] = []
        while page := recent_movements(
            entries[: pages[-1].sequence][::-1] if pages else entries[::-1],
            wallet,
            unit,
            size=7,
            before=pages[-1] if pages else None,
        ):
            pages += page
        assert [one for one in told if one.unit.name == unit] == [plain(one) for one in reversed(pages)]


def plain(one: Movement) -> Movement:
    """Leave out how a meter is shown, which may change."""
    return evolve(one, unit=evolve(one.unit, shown=0)) if not one.unit.is_money else one


def sums(buckets: Iterable[Bucket]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for bucket in buckets:
        found[bucket.unit.name] += bucket.left_steps
    return found


def of_buckets(book: Book | None) -> dict[str, list[int]]:
    """What is left and held of each bucket, of those that are over too."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for bucket in () if book is None else (*book.buckets, *(past.bucket for past in book.past.values())):
        left = bucket.left_steps if book is not None and bucket in book.buckets else 0
        found[bucket.id] = [left, bucket.held_steps]
    return found


def kinds_in(book: Book | None) -> dict[str, str]:
    """Tell the kind of each bucket, of those that are over too."""
    every = () if book is None else (*book.buckets, *(past.bucket for past in book.past.values()))
    return {bucket.id: bucket.kind for bucket in every}


def without_nothing(figures: dict[str, int]) -> dict[str, int]:
    return {name: steps for name, steps in figures.items() if steps}
