"""The floor: what one spend costs where nothing is kept but the balances. The yardstick of `run.py`.

A wallet as one would write it by hand for a single plan: mutable, slotted, whole numbers, buckets already in the order
in which they pay. It does the rule work of one spend (is a reset due, is there enough, drain, go on to the next bucket,
is the alert's line crossed) and none of the library's: no receipt, no history, no value that stays, no argument checks.
`test_floor.py` walks it and the library through the same histories and compares the balances.
"""

from __future__ import annotations

from datetime import datetime

__all__ = ["FloorBucket", "FloorWallet"]


class FloorBucket:
    """One bucket: only what is left of it."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left


class FloorWallet:
    """A monthly quota, set anew on the 1st, and buckets that stay; one alert on what is left, strictly below its line.

    Attributes:
        quota: what the first bucket holds after each reset.
        line: the alert's line.
        buckets: in the order in which they pay, the quota first.
        first: the position of the first bucket that is not empty; everything before it is.
        left: the sum over all buckets.
        due: the next reset.
        low: whether what is left is below the line.
        notices: how often the line was crossed.
    """

    __slots__ = ("buckets", "due", "first", "left", "line", "low", "notices", "quota")

    def __init__(self, quota: int, line: int, at: datetime) -> None:
        self.quota = quota
        self.line = line
        self.buckets = [FloorBucket(quota)]
        self.first = 0
        self.left = quota
        self.due = _month_after(at)
        self.low = quota < line
        self.notices = 0

    def spend(self, amount: int, *, at: datetime) -> bool:
        """Use an amount, all or nothing; `False`: there is less."""
        if at >= self.due:
            self.reset(at)
        left = self.left - amount
        if left < 0:
            return False
        self.left = left
        bucket = self.buckets[self.first]
        while amount > bucket.left:
            amount -= bucket.left
            bucket.left = 0
            self.first += 1
            bucket = self.buckets[self.first]
        bucket.left -= amount
        if left < self.line and not self.low:
            self.low = True
            self.notices += 1
        return True

    def reset(self, at: datetime) -> None:
        """Set the quota anew; of months in which nothing happened only the last counts."""
        quota = self.buckets[0]
        self.left += self.quota - quota.left
        quota.left = self.quota
        self.first = 0
        self.due = _month_after(at)
        self.low = self.left < self.line

    def grant(self, amount: int, *, at: datetime) -> None:
        """Add a bucket that no reset touches."""
        if at >= self.due:
            self.reset(at)
        self.buckets.append(FloorBucket(amount))
        self.left += amount
        self.low = self.left < self.line


def _month_after(at: datetime) -> datetime:
    year, month = divmod(at.year * 12 + at.month, 12)
    return at.replace(year=year, month=month + 1, day=1, hour=0, minute=0, second=0, microsecond=0)
