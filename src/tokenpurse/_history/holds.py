"""Holds: what is set aside, against what is used of it and what comes back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tokenpurse import entries as e
from tokenpurse._engine.act import moved
from tokenpurse._engine.book import Book
from tokenpurse._history.flows import captured_in, ended_in

__all__ = ["contradictions"]

_HOW = {e.Captured: "captured", e.Released: "released", e.Lapsed: "lapsed", e.Closed: "released"}


def contradictions(before: Book | None, entry: e.Entry) -> Iterator[str]:
    """Compare the holds that an entry makes or ends with those that are open."""
    if isinstance(entry, e.Held):
        if entry.ref is None:
            yield "it is a hold without a ref, which is its name"
        if not entry.at < entry.until:
            yield f"it is of {entry.at} and holds until {entry.until}"
    if before is None:
        return
    ended = ended_in(entry)
    for one in ended:
        yield from _ended(before, entry, one)
    if ended:
        yield from _parts(before, entry)
    if isinstance(entry, e.Captured):
        yield from _used(before, entry)


def _ended(before: Book, entry: e.Entry, one: e.Ended) -> Iterator[str]:
    hold = before.holds.get(one.hold)
    if hold is None:
        yield f"no hold {one.hold} was open"
    else:
        yield from _end_of(hold, entry, one)


def _end_of(hold: e.Hold, entry: e.Entry, one: e.Ended) -> Iterator[str]:
    if one.made != hold.ref:
        yield f"hold {hold.id} was made otherwise than it says"
    if (one.how, one.at) != (_HOW[entry.__class__], entry.at):
        yield f"hold {hold.id} was {one.how} at {one.at}, the entry is of {entry.at}"
    if isinstance(entry, e.Lapsed) and hold.until != entry.at:
        yield f"hold {hold.id} lapses at {hold.until}"
    if isinstance(entry, e.Captured | e.Released):
        if one.ref is None or (one.ref.sequence, one.ref.at) != (entry.sequence, entry.at):
            yield f"the end of hold {hold.id} is not this entry's"
        elif dict(one.ref.steps) != moved(entry):
            yield f"the end of hold {hold.id} says {dict(one.ref.steps)} were moved, and it moved {moved(entry)}"
        elif entry.ref is not None and one.ref != entry.ref:
            yield f"the end of hold {hold.id} has another ref"


def _parts(before: Book, entry: e.Entry) -> Iterator[str]:
    """Compare what was held of each bucket with what was used of it and what came back."""
    held: Counter[str] = Counter()
    for one in ended_in(entry):
        hold = before.holds.get(one.hold)
        for use in () if hold is None else hold.uses:
            held.update({draw.bucket: draw.steps for draw in use.all_draws()})
    gone: Counter[str] = Counter()
    for part in captured_in(entry):
        for draw in part.draws:
            gone[draw.bucket] += draw.steps
    for back in getattr(entry, "returned", ()):
        gone[back.bucket] += back.steps
    for name in held.keys() | gone.keys():
        if held[name] != gone[name]:
            yield f"of bucket {name} {held[name]:,} were held, and {gone[name]:,} used or given back"


def _used(before: Book, entry: e.Captured) -> Iterator[str]:
    """Compare what was used with what was held of it, and what it left where it came from."""
    hold = before.holds.get(entry.ended.hold)
    most = {} if hold is None else {use.unit: use.steps for use in hold.uses}
    for use in entry.uses:
        if not 0 < use.steps <= most.get(use.unit, 0):
            yield f"{use.unit.text(use.steps)} were used of {use.unit.text(most.get(use.unit, 0))} held"
    left = {bucket.id: bucket.left_steps for bucket in before.buckets}
    for use in captured_in(entry):
        for draw in use.draws:
            if draw.left_steps != left.get(draw.bucket, 0):
                yield f"bucket {draw.bucket} had {left.get(draw.bucket, 0):,} left, and it says {draw.left_steps:,}"
