"""Drawing evenly: every bucket keeps the same share used, in closed form and exactly."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import final

from attrs import frozen

from tokenpurse.errors import PlanError
from tokenpurse.policies.orders import DEFAULT, Order
from tokenpurse.policies.rows import Row, check_payable

__all__ = ["Evenly", "evenly"]


@final
@frozen(repr=False)
class Evenly:
    """Each next step goes to the bucket with the smallest share used; build one with `evenly`.

    Attributes:
        ties: who is first among buckets with the same share used.
    """

    ties: Order

    def split(self, rows: Sequence[Row], amount: int, /) -> tuple[int, ...]:
        """Keep the share used of the rows level; see `DrawPolicy`. Exact, and the time does not depend on the amount.

        Raises:
            PolicyError: the amount is negative or more than is left in the rows, or see `Order.sort_key`.
        """
        check_payable(self, rows, amount)
        shares = [0] * len(rows)
        # Step number u of a bucket of size s, counted from 0, is taken while the share used is u / s. So a split takes
        # the first `amount` steps of all buckets in the order of (u / s, ties). First, all steps below the water level;
        # as steps are whole that can be too many, by fewer than there are buckets. Then the last are given back.
        payers = [index for index, row in enumerate(rows) if row.left]
        level, whole = _level([rows[index] for index in payers], amount)
        for index in payers:
            row = rows[index]
            shares[index] = max(0, -(-level * (row.used + row.left) // whole) - row.used)
        excess = sum(shares) - amount
        if excess:
            self._give_back(rows, shares, excess)
        return tuple(shares)

    def _give_back(self, rows: Sequence[Row], shares: list[int], excess: int) -> None:
        """Take the last `excess` steps, in the order of (share used, ties), out of `shares`."""
        bits = _share_bits(rows)
        ranked = sorted(range(len(rows)), key=lambda index: self.ties.sort_key(rows[index].facts), reverse=True)

        def last_step(place: int) -> tuple[int, int]:
            row, share = rows[ranked[place]], shares[ranked[place]]
            return -_share_used(row.used + share - 1, row.used + row.left, bits), place

        heap = [last_step(place) for place, index in enumerate(ranked) if shares[index]]
        heapq.heapify(heap)
        for _ in range(excess):
            place = heap[0][1]
            shares[ranked[place]] -= 1
            if shares[ranked[place]]:
                heapq.heapreplace(heap, last_step(place))
            else:
                heapq.heappop(heap)

    def __repr__(self) -> str:
        return f"evenly({'' if self.ties == DEFAULT else f'ties={self.ties!r}'})"


def evenly(ties: Order | None = None) -> Evenly:
    """Draw so that every bucket has the same share used in this period: used / (used + left).

    Each next step goes to the bucket with the smallest share, so a bucket that lags catches up first,
    and no way of splitting a spend changes the result.

    Args:
        ties: who is first among equal shares; `DEFAULT` unless given.

    Raises:
        PlanError: `ties` is not an order.
    """
    if ties is None:
        ties = DEFAULT
    if ties.__class__ is not Order:
        raise PlanError("evenly", "ties", ties, "it must be an order, such as oldest_first")
    return Evenly(ties)


def _level(rows: Sequence[Row], amount: int) -> tuple[int, int]:
    """Find the share used, as a fraction, to which `amount` lifts the rows if steps could be cut."""
    bits = _share_bits(rows)
    part, whole = amount, 0
    for row in sorted(rows, key=lambda row: _share_used(row.used, row.used + row.left, bits)):
        size = row.used + row.left
        if whole and row.used * whole >= part * size:
            break
        part, whole = part + row.used, whole + size
    return part, whole


def _share_bits(rows: Sequence[Row]) -> int:
    # Two different fractions with denominators below 2**b are more than 2**-2b apart, so 2b bits tell them apart.
    return 2 * max((row.used + row.left for row in rows), default=0).bit_length()


def _share_used(used: int, size: int, bits: int) -> int:
    """Give the share as an int that compares as the exact fraction does, at the speed of an int."""
    return (used << bits) // size
