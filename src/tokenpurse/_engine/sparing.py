"""What limits on kinds spare: each bucket pays as far as the limits on its kind let it, in the plan's order of use.

Of two such limits on one unit one holds all kinds of the other, or none: so what all buckets together can pay does not
depend on the order in which they do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from tokenpurse._engine.frame import Frame
from tokenpurse.buckets import Bucket
from tokenpurse.policies import Order

__all__ = ["Cap", "spared", "split_within"]


@frozen
class Cap:
    """How much buckets of some kinds can pay together."""

    kinds: frozenset[str]
    room: int


def spared(parts: Iterable[tuple[str, int]], caps: Sequence[Cap]) -> list[int]:
    """Say how much each pays at most, in turn: of a kind and what is left of it."""
    rooms = [cap.room for cap in caps]
    found = []
    for kind, left in parts:
        mine = [place for place, cap in enumerate(caps) if kind in cap.kinds]
        most = min((rooms[place] for place in mine), default=left)
        found.append(min(left, most))
        for place in mine:
            rooms[place] -= found[-1]
    return found


def split_within(frame: Frame, rows: Sequence[tuple[Bucket, int]], steps: int, caps: Sequence[Cap]) -> list[int]:
    """Split steps over buckets as `Frame.split`, and within caps; all of it, if they let so much through."""
    if not caps:
        return frame.split(rows, steps)
    if isinstance(frame.plan.draw, Order):
        most = spared([(bucket.kind, left) for bucket, left in rows], caps)
        return frame.split([(bucket, part) for (bucket, _), part in zip(rows, most, strict=True)], steps)
    amounts = [0] * len(rows)
    for _ in range(len(caps) + 1):  # each round fills one of them, or splits the rest
        places = _open(rows, amounts, caps)
        if not steps or not places:
            return amounts
        now = [(rows[place][0], rows[place][1] - amounts[place]) for place in places]
        for place, part in zip(places, _largest(frame, now, steps, _rest(rows, amounts, caps)), strict=True):
            amounts[place] += part
            steps -= part
    return _filled(rows, amounts, steps, caps)


def _filled(rows: Sequence[tuple[Bucket, int]], amounts: Sequence[int], steps: int, caps: Sequence[Cap]) -> list[int]:
    """Give what a policy that splits more otherwise than less has left over to whoever can pay, in turn."""
    left = [(bucket.kind, left - amount) for (bucket, left), amount in zip(rows, amounts, strict=True)]
    found = []
    for amount, most in zip(amounts, spared(left, _rest(rows, amounts, caps)), strict=True):
        found.append(amount + min(most, steps))
        steps -= min(most, steps)
    return found


def _rest(rows: Sequence[tuple[Bucket, int]], amounts: Sequence[int], caps: Sequence[Cap]) -> list[Cap]:
    taken = [(bucket.kind, amount) for (bucket, _), amount in zip(rows, amounts, strict=True)]
    return [Cap(cap.kinds, cap.room - sum(amount for kind, amount in taken if kind in cap.kinds)) for cap in caps]


def _open(rows: Sequence[tuple[Bucket, int]], amounts: Sequence[int], caps: Sequence[Cap]) -> list[int]:
    """List the places of the buckets that can pay more."""
    full = [cap.kinds for cap in _rest(rows, amounts, caps) if cap.room <= 0]
    return [
        place
        for place, (bucket, left) in enumerate(rows)
        if left > amounts[place] and not any(bucket.kind in kinds for kinds in full)
    ]


def _largest(frame: Frame, rows: Sequence[tuple[Bucket, int]], steps: int, caps: Sequence[Cap]) -> list[int]:
    """Find the largest part that the policy splits within the caps: a single step of what is open always is."""
    low, high = 1, min(steps, sum(left for _, left in rows))
    while low < high:
        middle = (low + high + 1) // 2
        fits = all(cap.room >= 0 for cap in _rest(rows, frame.split(rows, middle), caps))
        low, high = (middle, high) if fits else (low, middle - 1)
    return frame.split(rows, low)
