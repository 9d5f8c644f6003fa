"""Which way the rests of allowances and banks go, against what an entry moves, and what is carried later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.apply.timing import lost_whole
from tokenpurse._engine.book import Book
from tokenpurse._engine.carrying import closing_of

__all__ = ["contradictions"]


def contradictions(before: Book | None, entry: e.Entry) -> Iterator[str]:
    """Compare what is carried, and what is not any more, with what the entry, or one before it, said of that."""
    if before is None:
        return
    if isinstance(entry, e.PeriodOpened):
        yield from _carries(before, entry)
    if isinstance(entry, e.PeriodOpened | e.Renewed):
        yield from _shares(before, entry)
    if isinstance(entry, e.PeriodOpened | e.PlanChanged) and entry.ends_banks:
        over = lost_whole(entry)
        for bucket in before.buckets:
            if bucket.kind == "rollover" and not bucket.allowance and bucket.id not in over:
                yield f"it forfeits the banks, and bucket {bucket.id} stays"
    yield from _came_back(before, entry)


def _came_back(before: Book, entry: e.Entry) -> Iterator[str]:
    """Compare what comes back of closed periods with what of their rests is carried."""
    carried = {(unit, kind, unit in way.limited) for way in before.ways for unit, kind, _ in way.carries}
    more: Counter[tuple[str, int]] = Counter()
    moved: Counter[tuple[str, int]] = Counter()
    for back in getattr(entry, "returned", ()):
        of_bank = back.kind == "rollover" or back.plan
        mine = (back.unit.name, back.kind, back.closed_by > 0) in carried
        if (back.went == "carried" and not of_bank and not mine) or (back.closed_by and (of_bank or not mine)):
            yield f"{back.steps:,} that come back of bucket {back.bucket} are carried, and its rest was not"
        if back.closed_by:
            more[back.unit.name, back.closed_by] += back.steps
            moved[back.unit.name, back.closed_by] += back.steps if back.went == "carried" else 0
    for (unit, by), steps in more.items():
        closing = closing_of(before, unit, by=by)
        room = 0 if closing is None else _more(closing.unused, steps)
        if closing is None or moved[unit, by] > room:
            yield f"{moved[unit, by]:,} {unit} that come back of the period that entry {by} closed are carried"


def _more(unused: e.Unused, steps: int) -> int:
    """Tell how much more would have been carried, had so much more been left."""
    return evolve(unused, steps=unused.steps + steps).carried_steps - unused.carried_steps


def _shares(before: Book, entry: e.PeriodOpened | e.Renewed) -> Iterator[str]:
    """Compare how much is carried, and what it is a share of, with what was left."""
    late = isinstance(entry, e.Renewed)
    carried: Counter[str] = Counter()
    for carry in entry.carried:
        carried[carry.unit.name] += carry.steps if carry.bucket else 0
    for unused in entry.unused:
        name = unused.unit.name
        closing = closing_of(before, name, by=before.tallies.since) if late else None
        known = evolve(unused, steps=0) if closing is None else closing.unused
        left = _left(before, entry, name)
        if unused != evolve(known, steps=known.steps + left) or (late and closing is None):
            yield f"{left:,} {name} were left, and it says {unused.amount:,}"
        elif carried[name] > _more(known, left) or not 0 < unused.share[0] <= unused.share[1]:
            yield f"it carried {carried[name]:,} {name}, of {left:,} that were left"


def _left(before: Book, entry: e.PeriodOpened | e.Renewed, unit: str) -> int:
    """Sum up what was left of a unit's allowances whose rest is carried."""
    stays: set[str] = set()
    kinds = {one.kind for one in before.buckets}
    if isinstance(entry, e.PeriodOpened):
        stays = {*entry.waits, *(rest.bucket for rest in entry.kept)}
        kinds = {kind for name, kind, _ in entry.carries if name == unit}
    return sum(
        one.left_steps
        for one in before.buckets
        if one.allowance and one.unit.name == unit and one.kind in kinds and one.id not in stays
        if one.of_period == isinstance(entry, e.PeriodOpened) and not (one.scope or one.own_life)
    )


def _carries(before: Book, entry: e.PeriodOpened) -> Iterator[str]:
    """Compare the allowances whose rest is carried with what is."""
    keys = [(unit, kind) for unit, kind, _ in entry.carries]
    if len(keys) != len(set(keys)) or any(cap is not None and cap < 0 for *_, cap in entry.carries):
        yield f"it says twice, or with no cap, whose rest is carried: {entry.carries}"
    of = {bucket.id: (bucket.unit.name, bucket.kind) for bucket in before.buckets}
    for carry in (carry for carry in entry.carried if carry.bucket):
        if of.get(carry.bucket) not in keys:
            yield f"it carried {carry.steps:,} of bucket {carry.bucket}, and says that the rest of those is forfeited"
