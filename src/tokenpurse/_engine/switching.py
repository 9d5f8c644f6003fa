"""What a change of plan does: who may change, what stays of each kind, what was given already, what the rest is worth.

No walk of changes mints. What a plan's allowances gave in this period is what they paid, and what a `Switch` kept of
them. Counted, a new plan has what all plans gave deducted; cleared, what it gave itself when it was left before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeAlias

from tokenpurse import entries as e
from tokenpurse._engine.book import Book, Tallies
from tokenpurse._engine.frame import Frame, allowance_of
from tokenpurse._engine.paying import term_at
from tokenpurse.buckets import Bucket, Loss, Money, Rest
from tokenpurse.errors import OutOfBounds, Remedy, shown
from tokenpurse.periods import Period
from tokenpurse.plans.plan import Plan
from tokenpurse.plans.terms import SwitchTerms
from tokenpurse.plans.walking import switch_of
from tokenpurse.pricing import earned, share_price

__all__ = ["Fates", "bases", "check_change", "counted", "may_change", "prorated", "proration"]

Key: TypeAlias = tuple[str, str]
"""Unit and kind of an allowance."""


def check_change(frame: Frame, book: Book, target: Plan, when: str | None = None) -> None:
    """Go on only where the wallet may change to a plan, now or later.

    Raises:
        OutOfBounds: the plan is for once, and the wallet was on it; or the period had an upgrade, and the plan that is
            left rules out this change after one.
    """
    if target.once and target.name in book.been:
        raise OutOfBounds(
            f"plan {shown(target.name)} is for once, and wallet {book.id} was on it already; choose a plan that is not"
        )
    switch = switch_of(frame.plan, target)
    if switch.after_upgrade or not book.tallies.upgraded:
        return

    def remedies() -> tuple[Remedy, ...]:
        after = frame.plan_after(book)
        waits = book.period.end is not None and (when != "period_end" or after.period.step != "once")
        return (Remedy(kind="wait", until=book.period.end),) if waits else ()

    problem = f"no {switch.way} from plan {shown(frame.plan.name)} to {shown(target.name)} in a period with an upgrade"
    raise OutOfBounds(problem, remedies=remedies)


def may_change(frame: Frame, book: Book, target: Plan) -> bool:
    """Tell whether the wallet may change to a plan."""
    try:
        check_change(frame, book, target)
    except OutOfBounds:
        return False
    return True


class Fates:
    """What becomes of each bucket by a change of plan, before anything is granted.

    Attributes:
        stays: by bucket, what stays of those that are no allowance's, and of those that are kept.
        excess: by bucket that stays for what is held of it, how much of that is forfeited when it comes back.
    """

    def __init__(self, book: Book, new: Frame, counts: Mapping[str, int], switch: SwitchTerms | None) -> None:
        self._book = book
        self._new = new
        self._counts = counts
        self._switch = switch
        self.stays: dict[str, int] = {}
        self.excess: dict[str, int] = {}
        self._emptied: set[str] = set()
        self._drained: list[Bucket] = []
        self.losing = frozenset[str]() if switch is None else switch.forfeit

    def settle(
        self,
        *,
        kept_after: datetime | None = None,
        carrying: Collection[str] = (),
        rests: bool = False,
        lots: bool = False,
    ) -> None:
        """Forfeit, keep and trim.

        Args:
            rests: what waits for a renewal goes on to.
            kept_after: an allowance is kept only where its own end is after this moment.
            lots: what has a life of its own is kept, too: its period closes.
            carrying: units whose bank is still to be filled, and trimmed then.
        """
        switch = self._switch
        for bucket in self._book.buckets:
            if bucket.rest is not None:
                if rests:
                    self.stays[bucket.id] = bucket.left_steps
            elif bucket.allowance:
                lasts = kept_after is None or bucket.expires is None or bucket.expires > kept_after
                kept = lots and bucket.own_life and bucket.kind not in self.losing
                if lasts and (kept or (switch is not None and bucket.kind in switch.keep)):
                    self.stays[bucket.id] = bucket.left_steps
            else:
                lost = switch is not None and bucket.kind in switch.forfeit
                self.stays[bucket.id] = 0 if lost else bucket.left_steps
        self._drained = [past.bucket for past in self._book.past.values() if past.why == "drained"]
        for kind, unit in sorted({(one.kind, one.unit.name) for one in (*self._book.buckets, *self._drained)}):
            cap = None if kind == "rollover" and unit in carrying else self.cap(kind, unit)
            if cap is not None:
                self._trim(kind, unit, cap)

    def cap(self, kind: str, unit: str) -> int | None:
        """The most that may stay of a kind and unit; `None`: all of it."""
        for trim in () if self._switch is None else self._switch.trims:
            if trim.kind == kind and (trim.unit is None or trim.unit.name == unit):
                return self._new.value(self._book, trim.figure, unit, self._counts)
        return None

    def _trim(self, kind: str, unit: str, cap: int) -> None:
        """Cut what stays of a kind down to a cap, soonest-ending first: what is left, then what is held.

        A bucket that is empty goes with those before it, where a token of it would have gone.
        """
        there = [one for one in self._book.buckets if one.id in self.stays]
        every = (one for one in (*self._drained, *there) if (one.kind, one.unit.name) == (kind, unit))
        mine = sorted(every, key=_ending)
        over = sum(self.stays.get(one.id, 0) + one.returning_steps for one in mine) - cap
        for bucket in mine if over >= 0 else ():
            left = self.stays.get(bucket.id, 0)
            steps = min(over, left)
            over -= steps
            if steps < left:
                self.stays[bucket.id] = left - steps
                return
            if not bucket.there_steps:
                self._emptied.add(bucket.id)
            elif bucket.allowance and not bucket.held_steps:
                del self.stays[bucket.id]  # nothing of it is kept
            else:
                self.stays[bucket.id] = 0
        for bucket in mine if over >= 0 else ():
            if bucket.id in self.stays:
                over -= self.give_less(bucket, over)

    def give_less(self, bucket: Bucket, over: int) -> int:
        """Let so much less come back of what is held of a bucket that has nothing left; say how much that is."""
        less = min(over, bucket.returning_steps)
        if bucket.held_steps:
            self.excess[bucket.id] = bucket.excess_steps + less
        return less

    def kept(self) -> tuple[Rest, ...]:
        """List the rests of allowances that stay."""
        return tuple(
            Rest(bucket.id, bucket.kind, bucket.unit, self.stays[bucket.id], self.stays[bucket.id])
            for bucket in self._book.buckets
            if bucket.of_period and bucket.id in self.stays
        )

    def lost(self) -> list[Loss]:
        """List what is forfeited of the buckets that are no allowance's, or that are kept in part."""
        return [
            Loss(bucket.id, bucket.kind, bucket.unit, bucket.left_steps - left, left)
            for bucket in self._book.buckets
            if (left := self.stays.get(bucket.id, bucket.left_steps)) != bucket.left_steps or self.goes_whole(bucket)
        ] + self.lost_empty()

    def lost_empty(self) -> list[Loss]:
        """List buckets that were over because they were empty: what comes back to them goes with their kind now."""
        return [Loss(bucket.id, bucket.kind, bucket.unit, 0, 0) for bucket in self._drained if self.goes_whole(bucket)]

    def goes_whole(self, bucket: Bucket) -> bool:
        """Tell whether a bucket goes as a whole, and what is held, or was used, of it follows when it comes back."""
        return not bucket.allowance and (bucket.kind in self.losing or bucket.id in self._emptied)


def _ending(bucket: Bucket) -> tuple[bool, datetime, datetime, str]:
    return bucket.expires is None, bucket.expires or bucket.starts, bucket.starts, bucket.id


# -- what the running period grants --------------------------------------------------------------------------------


def counted(
    tallies: Tallies, kept: Iterable[Rest], excess: Mapping[str, int], target: str, *, cleared: bool
) -> dict[Key, int]:
    """What a plan's allowances have deducted when it is entered: what all gave, or only what it gave itself before."""
    if cleared:
        return {(unit, kind): steps for (plan, unit, kind), steps in tallies.given_on.items() if plan == target}
    given = dict(tallies.allowance_paid)
    for rest in kept:
        key = (rest.unit.name, rest.kind)
        given[key] = given.get(key, 0) + rest.steps - excess.get(rest.bucket, 0)
    return given


def prorated(frame: Frame, book: Book, at: datetime) -> tuple[e.Earned, ...] | None:
    """What the running period's allowances came to up to a moment; `None`: without an end it has no shares."""
    tallies, period = book.tallies, book.period
    if period.end is None:
        return None
    since = tallies.earned_to or period.start + tallies.idle
    amounts, whole = _amounts(frame, book.counts, unpaid=book.waits), period.end - period.start - tallies.idle
    return tuple(
        e.Earned(unit, kind, *earned(before, amounts.get((unit, kind), 0), at - since, whole))
        for (unit, kind), before in sorted({**dict.fromkeys(amounts, (0, 0)), **tallies.earned}.items())
    )


def bases(
    frame: Frame,
    counts: Mapping[str, int],
    period: Period,
    before: Mapping[Key, tuple[int, int]],
    since: datetime | None,
    idle: timedelta,
    *,
    unpaid: bool = False,
) -> dict[Key, int]:
    """What the running period's allowances are: the plan's, or, since a moment, what they came to and its share.

    Where the period is `unpaid`, those that are given on payment are none.
    """
    amounts = _amounts(frame, counts, unpaid=unpaid)
    if since is None or period.end is None:
        return amounts
    part, whole = period.end - since, period.end - period.start - idle
    return {
        key: earned(before.get(key, (0, 0)), amounts.get(key, 0), part, whole)[0]
        for key in dict.fromkeys((*amounts, *before))
    }


def _amounts(frame: Frame, counts: Mapping[str, int], *, unpaid: bool = False) -> dict[Key, int]:
    return {
        (one.unit.name, one.kind): allowance_of(one, counts)
        for one in frame.terms.allowances
        if not (unpaid and one.on_payment)
    }


# -- what the plans themselves cost --------------------------------------------------------------------------------


def proration(old: Frame, new: Frame, book: Book, at: datetime, *, closes: bool) -> e.Proration | None:
    """Price what is left of what the old plan was paid for, and the new plan's share of what it is paid for.

    That is the period, or the term; `closes`: a whole new one.
    """
    credit, charge = None if book.waits else old.terms.price, new.terms.price
    if credit is None and charge is None:
        return None
    if book.period.end is None:
        return e.Proration(None, charge)
    return e.Proration(_rest(old.plan, book, at, credit), charge if closes else _rest(new.plan, book, at, charge))


def _rest(plan: Plan, book: Book, at: datetime, price: Money | None) -> Money | None:
    """Price what is left of a plan's term, or of the period, from a moment on."""
    term = term_at(plan, at, book.anchor, book.zone)
    paid, idle = (book.period, book.tallies.idle) if term is None else (term, timedelta())
    if paid.end is None:
        return price
    return _share(price, paid.end - at, paid.end - paid.start - idle)


def _share(price: Money | None, part: timedelta, whole: timedelta) -> Money | None:
    return None if price is None else Money(price.unit, share_price(price.unit, price.steps, part, whole))
