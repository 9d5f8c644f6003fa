"""What of the prices paid is still deferred: of each bucket the share of its price that is for what is left of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import define, field

from tokenpurse import Movement, MovementPart, View
from tokenpurse import entries as e
from tokenpurse.buckets import Bucket
from tokenpurse.units import Unit

__all__ = ["Deferred", "deferred_in"]

GONE = frozenset(("captured", "carried", "expired", "forfeited", "refunded", "repaid", "spent"))
"""What makes part of a price revenue; use that is given back makes it deferred again."""


@define
class _Paid:
    """A bucket that money was paid for.

    Attributes:
        kind: of the bucket.
        money: what it was paid in.
        price: what was paid for it and did not go back, in steps.
        size: what that was paid for, in steps of the bucket's unit.
        gone: how much of that is used or lost.
        earned: how much of the price is revenue.
    """

    kind: str
    money: Unit
    price: int
    size: int
    gone: int = 0
    earned: int = 0

    def earns(self) -> int:
        """Say how much more of the price is revenue by now: cumulative, so that no part of it is ever lost."""
        earned = _earned(self.price, self.size, self.gone)
        more, self.earned = earned - self.earned, earned
        return more


@define
class Deferred:
    """All buckets that money was paid for."""

    buckets: dict[str, _Paid] = field(factory=dict)

    def paid(self, entry: e.Entry) -> Iterator[tuple[str, str, Unit, int]]:
        """List money that came for buckets (+) or went back (-): where it is, the bucket's kind, the money, steps."""
        for account, bucket in _bought(entry):
            if bucket.paid is not None and bucket.paid.steps:  # nobody paid a price of 0
                self.buckets[bucket.id] = _Paid(bucket.kind, bucket.paid.unit, bucket.paid.steps, bucket.granted_steps)
                yield account, bucket.kind, bucket.paid.unit, bucket.paid.steps
        for account, name, steps in _changed(entry):
            one = self.buckets.get(name)
            if one is not None and steps:
                one.price += steps
                yield account, one.kind, one.money, steps

    def earned(self, entry: e.Entry, moved: Iterable[Movement]) -> Iterator[tuple[str, str, Unit, int]]:
        """List what became revenue (+) or is none any more (-): why, the bucket's kind, the money, its steps."""
        again = entry.claw_backs if isinstance(entry, e.Reinstated) else ()
        for back in again:
            if back.bucket in self.buckets:
                self.buckets[back.bucket].size += back.taken
                self.buckets[back.bucket].gone -= back.repaid
        for movement in moved:
            for part in movement.parts:
                one = self.buckets.get(part.bucket)
                if one is not None:
                    self._move(one, movement.what, part)
                    yield movement.what, one.kind, one.money, one.earns()
        for name in {name for _, name, _ in _changed(entry)} & set(self.buckets):
            one = self.buckets[name]
            yield "clawed_back", one.kind, one.money, one.earns()

    @staticmethod
    def _move(one: _Paid, what: str, part: MovementPart) -> None:
        steps = part.steps + part.held_steps
        if what in GONE and not (what == "carried" and steps > 0):
            one.gone -= steps
        elif what in {"carried", "clawed_back", "transferred"}:
            one.size += steps


def deferred_in(view: View) -> list[tuple[Unit, str, int]] | None:
    """Work out what must be deferred from the wallet alone: money, kind, steps; `None`: it does not say all."""
    live = {bucket.id for bucket in view.buckets()}
    held = {draw.bucket for hold in view.holds() for use in hold.uses for draw in use.all_draws()}
    if held - live:  # what is over and still held may have been paid for
        return None
    found = []
    for bucket in view.buckets():
        if bucket.paid is not None and bucket.paid.steps:  # nobody paid a price of 0
            price = bucket.paid.steps - bucket.claw_back.refunded
            size = bucket.priced_steps - bucket.claw_back.taken
            found.append((bucket.paid.unit, bucket.kind, price - _earned(price, size, size - bucket.there_steps)))
    return found


def _earned(price: int, size: int, gone: int) -> int:
    """The share of a price for what is gone; all of it where nothing is left that it could be for."""
    return price if size <= 0 else price * min(max(0, gone), size) // size


def _bought(entry: e.Entry) -> Iterator[tuple[str, Bucket]]:
    """List new buckets with where the money for them is, if there was any."""
    if isinstance(entry, e.ToppedUp):
        yield "Assets:Payments", entry.bucket
    for bucket in entry.buckets if isinstance(entry, e.Opened) else ():
        yield "Equity:{}:Brought", bucket
    for bucket in entry.granted if isinstance(entry, e.Received) else ():
        yield "Equity:Gifts", bucket


def _changed(entry: e.Entry) -> Iterator[tuple[str, str, int]]:
    """List money that went back, came again or went along with a gift, by bucket."""
    for back in entry.claw_backs if isinstance(entry, e.ClawedBack | e.Reinstated) else ():
        yield "Assets:Payments", back.bucket, back.refunded * (1 if isinstance(entry, e.Reinstated) else -1)
    for gift in entry.gifts if isinstance(entry, e.Transferred) else ():
        yield "Equity:Gifts", gift.bucket, -gift.paid.steps if gift.paid is not None else 0
