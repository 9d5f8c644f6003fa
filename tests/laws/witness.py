"""What an auditor's sums do not show: in which order things come and go, what counts as given, what rests and waits.

A witness sees entries alone, as the auditor does, and remembers little of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from tokenpurse import Wallet
from tokenpurse import entries as e
from tokenpurse.notices import Charge, RenewalDue
from tokenpurse.periods import Period

if TYPE_CHECKING:
    from tests.laws.auditor import Auditor

__all__ = ["Witness", "each_use"]


def each_use(uses: Iterable[e.Use]) -> Iterator[e.Use]:
    """Go through uses, and through those of what they are paid in."""
    return (each for use in uses for each in use.each())


class Witness:
    """Follows a history, entry by entry, just before the auditor does."""

    def __init__(self, auditor: Auditor) -> None:
        self.auditor = auditor
        self.given: dict[tuple[str, str], int] = defaultdict(int)
        self.running: set[str] = set()
        self.waiting: dict[str, str] = {}
        self.renewal: tuple[str, datetime] | None = None
        self.period: Period | None = None
        self.paused: datetime | None = None
        self.frozen = False
        self.charges: dict[str, Charge] = {}
        self.answered: set[str] = set()
        self.retry_at: datetime | None = None
        self.window: e.AutoTopUpWindow | None = None

    def read(self, entry: e.Entry) -> None:
        self._orders(entry)
        self._renewals(entry)
        self._gives(entry)
        self._rests(entry)
        self._charges(entry)

    # -- what counts as given ------------------------------------------------------------------------------------

    def _gives(self, entry: e.Entry) -> None:
        """What a period's allowances gave: drawn, held, paid for a debt, or kept beside another plan."""
        if isinstance(entry, e.PeriodOpened):
            self.given.clear()
            self.running.clear()
        if isinstance(entry, e.PlanChanged):
            for rest in entry.kept:
                self.given[rest.unit.name, rest.kind] += rest.steps - dict(entry.excess).get(rest.bucket, 0)
            self.running -= {rest.bucket for rest in entry.kept}
        uses = entry.uses if isinstance(entry, e.Spent | e.Held) else getattr(entry, "extra", ())
        for use in each_use(uses):
            self._gave(use.draws, 1)
        self._gave((one for one in getattr(entry, "returned", ()) if one.went != "expired"), -1)
        buckets = entry.buckets if isinstance(entry, e.Opened) else getattr(entry, "granted", ())
        for bucket in buckets:
            if bucket.allowance:
                self.running.add(bucket.id)
                self.given[bucket.unit.name, bucket.kind] += bucket.opening_steps - bucket.left_steps  # used before
        for one in getattr(entry, "repaid", ()):
            self._gave(one.draws, 1)
        if isinstance(entry, e.Expired):  # what ends before its period was given all the same
            self._gave(entry.expired, 1)
            self.running -= {loss.bucket for loss in entry.expired}

    def _gave(self, parts: Iterable[Any], sign: int) -> None:
        for part in parts:
            if part.bucket in self.running:
                self.given[part.unit.name, part.kind] += sign * part.steps

    # -- order ---------------------------------------------------------------------------------------------------

    def _orders(self, entry: e.Entry) -> None:
        """What was drawn first is used first, and what was drawn last comes back first."""
        if isinstance(entry, e.Captured | e.Released | e.Lapsed | e.Closed):
            ended = entry.ended if isinstance(entry.ended, tuple) else (entry.ended,)
            back: list[tuple[str, int]] = []
            for one in reversed(ended):
                held = self.auditor.holds[one.hold]
                used = {use.unit: use for use in getattr(entry, "uses", ())}
                rests = [rest for use in held.uses for rest in _rests(use, used.get(use.unit))]
                back += reversed(rests)
            assert _grouped(back) == _grouped((one.bucket, one.steps) for one in entry.returned)
        if isinstance(entry, e.Refunded):
            there = Counter({one.bucket: 0 for one in entry.returned})
            for one in entry.returned:
                there[one.bucket] += 0 if one.repaid else one.steps
            assert +_undrawn(self.auditor, entry) == +there

    # -- renewals ------------------------------------------------------------------------------------------------

    def _renewals(self, entry: e.Entry) -> None:
        """What waits for a renewal is drawn only where that is usable, and never carried without payment."""
        uses = entry.uses if isinstance(entry, e.Spent | e.Held) else getattr(entry, "extra", ())
        drawn = [draw for use in each_use(uses) for draw in use.draws]
        drawn += [draw for one in getattr(entry, "repaid", ()) for draw in one.draws]
        assert all(self.waiting.get(draw.bucket, "usable") == "usable" for draw in drawn), "a locked rest was used"
        if isinstance(entry, e.PeriodOpened):
            assert not any(carry.bucket in self.waiting for carry in entry.carried), "an unpaid rest was carried"
        if isinstance(entry, e.PeriodOpened | e.PlanChanged | e.Renewed | e.GraceEnded | e.Closed):
            self.waiting.clear()
            self.renewal = None
        for due in entry.requests:
            if isinstance(due, RenewalDue) and isinstance(entry, e.PeriodOpened):
                self.waiting = dict.fromkeys(entry.waits, due.rest)
                self.renewal = due.id, due.until

    # -- pauses --------------------------------------------------------------------------------------------------

    def _rests(self, entry: e.Entry) -> None:
        """While it is paused the plan's time stands still, and afterwards it all ends later by just as much."""
        if isinstance(entry, e.Resumed):
            assert entry.since == self.paused
            pause = entry.at - entry.since
            buckets = self.auditor.buckets
            for name, ends in entry.ends:
                was = buckets[name]
                assert was.of_plan, f"{name} is not the plan's, and lives longer"
                until = self.renewal[1] if self.renewal and name in self.waiting else was.expires
                assert ends == _later(until, pause)
            assert self.period is not None
            assert (entry.period.start, entry.period.end) == (self.period.start, _later(self.period.end, pause))
            if self.renewal is not None:
                self.renewal = self.renewal[0], _later(self.renewal[1], pause) or self.renewal[1]
        if isinstance(entry, e.Expired) and self.paused:
            assert not any(self.auditor.buckets[loss.bucket].of_plan for loss in entry.expired), "a plan's time went on"
        assert not isinstance(entry, e.GraceEnded) or not self.paused, "a grace went on while it was paused"
        if isinstance(entry, e.Paused | e.Resumed | e.Closed):
            self.paused = entry.at if isinstance(entry, e.Paused) else None
        if isinstance(entry, e.Frozen | e.Unfrozen):
            self.frozen = isinstance(entry, e.Frozen)
        period = getattr(entry, "period", None)
        if isinstance(period, Period) and not isinstance(entry, e.Spent):
            self.period = period

    # -- charges -------------------------------------------------------------------------------------------------

    def _charges(self, entry: e.Entry) -> None:
        """Nothing is asked for while it rests; what is paid is counted, once."""
        if isinstance(entry, e.ToppedUp):
            self._paid(entry)
            self.retry_at = None
        if isinstance(entry, e.Declined) and entry.request in self.charges:
            self.retry_at = entry.retry_at
        self.window = entry.window or self.window
        for one in entry.requests:
            if isinstance(one, Charge):
                assert self.paused is None, "a charge was asked for while it is paused"
                assert not self.frozen, "a charge was asked for while it is frozen"
                assert self.retry_at is None or self.retry_at <= entry.at, "a charge was asked for in the cool-down"
                self.charges[one.id], self.retry_at = one, None

    def _paid(self, entry: e.ToppedUp) -> None:
        if entry.request is None:
            return
        assert entry.request not in self.answered, "a charge was paid twice"
        self.answered.add(entry.request)
        charge, before, now = self.charges[entry.request], self.window, entry.window
        assert now is not None
        same = before is not None and before.start == now.start
        was = before if same and before is not None else None
        assert now.purchases == charge.count + (was.purchases if was else 0)
        assert now.bought_steps == charge.steps + (was.bought_steps if was and was.unit == charge.unit else 0)
        paid = was.spent.steps if was and was.spent.unit == charge.price.unit else 0
        assert now.spent.steps == charge.price.steps + paid

    # -- what it comes to ----------------------------------------------------------------------------------------

    def agrees_with(self, wallet: Wallet) -> None:
        """Compare with what a wallet keeps."""
        book = wallet._book
        assert {key: steps for key, steps in self.given.items() if steps} == dict(book.tallies.allowance_paid)
        rests = {bucket.id: bucket.rest for bucket in book.buckets if bucket.rest is not None}
        assert rests.items() <= self.waiting.items()
        due = book.renewal
        if self.renewal is not None:
            assert due is not None
            assert (due.id, due.until) == self.renewal
        if book.period != self.period:
            assert self.period is not None
            assert (book.period.start, book.period.end) == (self.period.start, self.period.end)


def _later(moment: datetime | None, by: timedelta) -> datetime | None:
    return None if moment is None or moment.year + by.days // 365 > 2198 else moment + by


def _grouped(parts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Sum what follows each other of one bucket."""
    return [(name, sum(steps for _, steps in same)) for name, same in groupby(parts, key=lambda part: part[0])]


def _rests(held: e.Use, used: e.Use | None) -> list[tuple[str, int]]:
    """What of a held amount is not used, in the order of drawing: the used part is the first of it."""
    taken = [] if used is None else [(draw.bucket, draw.steps) for draw in used.draws]
    rest = sum(steps for _, steps in taken)
    first, back = [], []
    for draw in held.draws:
        part = min(rest, draw.steps)
        rest -= part
        first += [(draw.bucket, part)] if part else []
        back += [(draw.bucket, draw.steps - part)] if draw.steps > part else []
    assert taken == first, "a hold was not used in the order in which it was drawn"
    if held.priced is not None:
        back += _rests(held.priced.paid, None if used is None or used.priced is None else used.priced.paid)
    return back


def _undrawn(auditor: Auditor, entry: e.Refunded) -> Counter[str]:
    """What of which bucket an undone part of a use had drawn: the last that was drawn comes back first."""
    back = Counter[str]()
    for one in entry.undone:
        use = list(auditor.uses[entry.spent][one.place[0]].each())[one.place[1]]
        last = use.steps - auditor.undone[(entry.spent, *one.place)]
        first, so_far = last - one.steps, 0
        for draw in use.draws:
            back[draw.bucket] += max(0, min(last, so_far + draw.steps) - max(first, so_far))
            so_far += draw.steps
    return back
