"""Which way the rests of allowances and banks go, against what an entry moves, and what is carried later."""

from __future__ import annotations

from collections.abc import Iterator

from tokenpurse import entries as e
from tokenpurse._engine.apply.timing import lost_whole
from tokenpurse._engine.book import Book

__all__ = ["contradictions"]


def contradictions(before: Book | None, entry: e.Entry) -> Iterator[str]:
    """Compare what is carried, and what is not any more, with what the entry, or one before it, said of that."""
    if before is None:
        return
    if isinstance(entry, e.PeriodOpened):
        yield from _carries(before, entry)
    if isinstance(entry, e.PeriodOpened | e.PlanChanged) and entry.ends_banks:
        over = lost_whole(entry)
        for bucket in before.buckets:
            if bucket.kind == "rollover" and not bucket.allowance and bucket.id not in over:
                yield f"it forfeits the banks, and bucket {bucket.id} stays"
    known = {(unit, kind) for way in before.ways for unit, kind, _ in way.carries}
    for back in getattr(entry, "returned", ()):
        of_bank = back.kind == "rollover" or back.plan
        if back.went == "carried" and not of_bank and (back.unit.name, back.kind) not in known:
            yield f"{back.steps:,} that come back of bucket {back.bucket} are carried, and its rest was not"


def _carries(before: Book, entry: e.PeriodOpened) -> Iterator[str]:
    """Compare the allowances whose rest is carried with what is."""
    keys = [(unit, kind) for unit, kind, _ in entry.carries]
    if len(keys) != len(set(keys)) or any(cap is not None and cap < 0 for *_, cap in entry.carries):
        yield f"it says twice, or with no cap, whose rest is carried: {entry.carries}"
    of = {bucket.id: (bucket.unit.name, bucket.kind) for bucket in before.buckets}
    for carry in entry.carried:
        if of.get(carry.bucket) not in keys:
            yield f"it carried {carry.steps:,} of bucket {carry.bucket}, and says that the rest of those is forfeited"
