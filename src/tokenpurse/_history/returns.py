"""Which way each part went that came back, against what is remembered of its bucket."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse._engine.carrying import closing_of
from tokenpurse._history.flows import ended_in
from tokenpurse.buckets import Bucket, ClawBack, Return

__all__ = ["contradictions"]


def contradictions(before: Book | None, entry: e.Entry) -> Iterator[str]:
    """Compare where each part went with whether its bucket was there, or had expired, and with what was claimed."""
    returned: tuple[Return, ...] = getattr(entry, "returned", ())
    if before is None or not returned:
        return
    for back in returned:
        if back.went == ("back" if back.into else "carried"):
            yield f"{back.steps:,} come back of bucket {back.bucket}, into {back.into or 'none'}: it says {back.went}"
        if back.went not in _ways(before, entry, back):
            yield f"{back.steps:,} that come back of bucket {back.bucket} went another way than its rest: {back.went}"
    yield from _claims(before, entry, returned)
    yield from _over(before, entry, returned)


def _claims(before: Book, entry: e.Entry, returned: Iterable[Return]) -> Iterator[str]:
    """Compare what was clawed back of what came back with what was to be: after what had to be forfeited of it."""
    drained = (past.bucket for past in before.past.values() if past.why == "drained")
    there = {bucket.id: bucket for bucket in (*drained, *before.buckets)}
    back: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    for one in returned:
        name = one.into if one.plan and one.into else one.bucket
        back[name] += one.steps if one.went != "expired" else 0
        taken[name] += one.steps if one.went == "clawed_back" else 0
    for name, steps in back.items():
        bucket = there.get(name)
        clawed = ClawBack() if bucket is None else bucket.claw_back
        rest = steps if bucket is None else max(0, steps - bucket.excess_steps)
        claimed = min(rest, clawed.held if ended_in(entry) else clawed.let_go)
        if taken[name] != claimed:
            yield f"of what comes back to bucket {name} {claimed:,} were claimed, and {taken[name]:,} taken"


def _over(before: Book, entry: e.Entry, returned: Iterable[Return]) -> Iterator[str]:
    """Compare what expired of closed periods' rests with as much as would have been carried, if that is over."""
    for closing in before.closings:
        unused = closing.unused
        mine = [one for one in returned if (one.closed_by, one.unit) == (closing.by, unused.unit)]
        if mine and _carried_is_over(before, entry, unused):
            steps = evolve(unused, steps=unused.steps + sum(one.steps for one in mine)).carried_steps
            expired = sum(one.steps for one in mine if one.went == "expired")
            if expired != steps - unused.carried_steps:
                yield f"{expired:,} {unused.unit} expired, of {steps - unused.carried_steps:,} that would have"


def _ways(before: Book, entry: e.Entry, back: Return) -> frozenset[str]:
    """Say which ways a part can have gone: what has expired went that way alone, and nothing else did."""
    if back.closed_by:
        closing = closing_of(before, back.unit.name, by=back.closed_by)
        over = closing is not None and _carried_is_over(before, entry, closing.unused)
        return frozenset({"forfeited", "expired" if over else "carried"})
    past, moment = before.past.get(back.bucket), _moment(before, entry)
    live = next((bucket for bucket in before.buckets if bucket.id == back.bucket), None)
    if live is not None:
        over = not ended_in(entry) and _has_ended(live, moment, paused=before.paused_at is not None)
    else:
        over = past is not None and (past.why == "expired" or (past.why == "drained" and _ends(past.bucket, moment)))
    return frozenset({"expired"}) if over else _OTHERS


_OTHERS = frozenset({"back", "carried", "clawed_back", "forfeited"})
"""Where what has not expired can go."""


def _moment(before: Book, entry: e.Entry) -> datetime:
    """Say when it came back: of a hold, as the wallet was when that ended."""
    return before.clock if ended_in(entry) else entry.at


def _carried_is_over(before: Book, entry: e.Entry, unused: e.Unused) -> bool:
    """Tell whether what was carried of a closed period has ended since."""
    return unused.expires is not None and unused.expires <= (before.paused_at or _moment(before, entry))


def _has_ended(bucket: Bucket, moment: datetime, *, paused: bool) -> bool:
    """Tell whether a bucket that is there only until the period closes is over: that of the period goes with it."""
    if (bucket.allowance and not bucket.own_life) or (bucket.of_plan and paused):
        return False
    return _ends(bucket, moment)


def _ends(bucket: Bucket, moment: datetime) -> bool:
    return bucket.expires is not None and bucket.expires <= moment
