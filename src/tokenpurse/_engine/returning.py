"""Where a part of a bucket goes that comes back: into the bucket, or the way that the bucket's rest went.

It never turns into new quota: what comes back to a period that is closed is carried within the bank's cap, as what
was left of it would have been, or forfeited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import evolve

from tokenpurse._engine.apply.moves import fill
from tokenpurse._engine.book import Book, Closing, Past, Way
from tokenpurse._engine.carrying import bank_cap, closing_of
from tokenpurse._engine.context import with_repayment
from tokenpurse._engine.frame import Frame
from tokenpurse._engine.making import empty_bank, issued_id
from tokenpurse.buckets import Bucket, Draw, Return
from tokenpurse.entries import Ended, Hold, Lapsed
from tokenpurse.units import STEPS_MAX, Unit

__all__ = ["Forgotten", "Returning", "given_back_at_close", "giving_back", "lapse"]


class Forgotten(Exception):  # said inside the engine only
    """A bucket that is over and not remembered any more."""


class Returning:
    """What comes back in one decision. It lives as long as that decision.

    Attributes:
        returned: what came back so far, and where it went.
        granted: the banks that are new, empty; what is carried fills them.
    """

    def __init__(self, frame: Frame, book: Book, *, closing: bool = False, at: datetime | None = None) -> None:
        self.returned: list[Return] = []
        self.granted: list[Bucket] = []
        self._frame = frame
        self._book = book
        self._closing = closing
        self._at = at or book.clock
        self._live = {bucket.id: bucket for bucket in book.buckets}
        self._over: dict[
            str, int
        ] = {}  # what was forfeited of buckets that are over, as a plan had left no room for it
        self._more: dict[
            tuple[str, int], int
        ] = {}  # by unit and entry that closed its period, what came back of its rest

    def held(self, draws: Sequence[Draw], made: int) -> None:
        """Give back what an entry set aside, the last that was drawn first."""
        for draw in reversed(draws):
            bucket = self._live.get(draw.bucket)
            plan = self._giver(draw, bucket or self._book.past[draw.bucket].bucket, made)
            if bucket is not None:
                self._to_live(bucket, draw.steps, of="held", plan=plan)
            elif self._book.past[draw.bucket].why == "expired":
                self.returned.append(Return(draw.bucket, draw.kind, draw.unit, draw.steps, 0, "expired"))
            elif plan:
                self._to_successor(draw, plan)
            else:
                self._on_its_way(draw, made)

    def _giver(self, draw: Draw, bucket: Bucket | None, sequence: int) -> str:
        """Name the plan whose allowance gave what an entry drew; `""`: none did, in the running period."""
        tallies = self._book.tallies
        if sequence <= tallies.since or not draw.allowance or (bucket is not None and not bucket.of_period):
            return ""
        return tallies.plan_of(sequence, self._book.plan.name)

    def _to_successor(self, draw: Draw, plan: str) -> None:
        """Give back what an allowance gave that a change of plan ended: to the present plan's, if that counts it.

        Else it is forfeited; on coming back to the plan that gave it, it has given so much less.
        """
        counts = plan == self._book.plan.name or (draw.unit.name, draw.kind) not in self._book.tallies.cleared
        for bucket in self._live.values() if counts and not self._closing else ():
            if bucket.of_period and (bucket.unit, bucket.kind) == (draw.unit, draw.kind):
                self._to_live(bucket, draw.steps, of="spent", plan=plan, instead_of=draw.bucket)
                return
        self.returned.append(Return(draw.bucket, draw.kind, draw.unit, draw.steps, 0, "forfeited", plan=plan))

    def spent(self, draw: Draw, steps: int, *, made: int, plan: str = "") -> None:
        """Give back a part of what an entry used of one bucket; it may have been held by an earlier one.

        Args:
            draw: what it took of it.
            steps: the part.
            made: the entry that took it; 0: what paid was lost by then, with its closed period.
            plan: whose allowance gave it, where that is known.

        Raises:
            Forgotten: the bucket is over for so long that nobody knows any more what it was.
        """
        part = evolve(draw, steps=steps)
        bucket = self._live.get(draw.bucket)
        past = self._book.past.get(draw.bucket)
        known = bucket or (None if past is None else past.bucket)
        if known is not None and known.spent_steps < steps:
            raise Forgotten(draw.bucket)  # nobody took so much of it
        plan = plan or self._giver(draw, known, made)
        if bucket is not None and self._has_ended(bucket):
            self.returned.append(Return(bucket.id, bucket.kind, bucket.unit, steps, 0, "expired"))
        elif bucket is not None:
            self._to_live(bucket, steps, of="spent", plan=plan)
        elif past is not None and past.why == "expired":
            self.returned.append(Return(draw.bucket, draw.kind, draw.unit, steps, 0, "expired"))
        elif plan:
            self._to_successor(part, plan)
        elif self._goes_on(draw, past):
            self._on_its_way(part, made)
        elif past is None:
            raise Forgotten(draw.bucket)
        elif past.why == "drained" and (past.bucket.expires is None or past.bucket.expires > self._at):
            self._live[draw.bucket] = evolve(past.bucket, left_steps=0, held_steps=0)
            self._to_live(self._live[draw.bucket], steps, of="spent")
        else:
            went_by = "forfeited" if past.why in {"forfeited", "closed"} else "expired"
            self.returned.append(Return(draw.bucket, draw.kind, draw.unit, steps, 0, went_by))

    def _goes_on(self, draw: Draw, past: Past | None) -> bool:
        """Tell whether what comes back of a bucket that is over goes the way of its rest: an allowance's, or a bank's.

        What was carried with a life of its own went by that. One that nobody remembers may have been that, where the
        plan has a life for it.
        """
        if draw.kind != "rollover":
            return draw.allowance and (past is None or past.bucket.allowance)
        if past is not None:
            return not past.bucket.own_life
        rolling = self._frame.terms.banks.get(draw.unit.name)
        return rolling is None or rolling.life is None

    def repaid(self, draw: Draw, plan: str) -> None:
        """Give back what a bucket paid of a debt in the running period, to the plan that gave it.

        Raises:
            Forgotten: as of what was used.
        """
        so_far = len(self.returned)
        self.spent(draw, draw.steps, made=self._book.version, plan=plan)
        self.returned[so_far:] = [evolve(back, repaid=True) for back in self.returned[so_far:]]

    def _has_ended(self, bucket: Bucket) -> bool:
        """Tell whether a bucket that is there only until the period closes, as it was empty, is over."""
        if (
            (bucket.allowance and not bucket.own_life)
            or bucket.expires is None
            or (bucket.of_plan and self._book.paused_at is not None)
        ):
            return False
        return bucket.expires <= self._at

    def _to_live(self, bucket: Bucket, steps: int, *, of: str, plan: str = "", instead_of: str = "") -> None:
        """Give back to a bucket that is there; what a plan left no room for is forfeited, a claim clawed back."""

        def returned(steps: int, went: str) -> Return:
            name, into = (instead_of, bucket.id) if instead_of else (bucket.id, "")
            left = 0 if instead_of and went == "forfeited" else bucket.left_steps
            return Return(name, bucket.kind, bucket.unit, steps, left, went, into=into, plan=plan)

        lost = min(steps, bucket.excess_steps)
        if lost:
            steps -= lost
            bucket = evolve(bucket, excess_steps=bucket.excess_steps - lost)
            self.returned.append(returned(lost, "forfeited"))
        clawed = bucket.claw_back
        if claw := min(steps, clawed.held if of == "held" else clawed.let_go):
            steps -= claw
            held, let_go = (claw, 0) if of == "held" else (0, claw)
            clawed = evolve(clawed, taken=clawed.taken + claw, held=clawed.held - held, let_go=clawed.let_go - let_go)
            bucket = evolve(bucket, claw_back=clawed)
            self.returned.append(returned(claw, "clawed_back"))
        if back := steps:
            bucket = evolve(bucket, left_steps=bucket.left_steps + back)
            self.returned.append(returned(back, "carried" if instead_of else "back"))
        self._live[bucket.id] = bucket

    def _on_its_way(self, draw: Draw, made: int) -> None:
        """Let a part of an allowance or of a bank that is over go the way that the rest went.

        What its plan had left no room for was no rest, and is forfeited.
        """
        past, so_far = self._book.past.get(draw.bucket), self._over.get(draw.bucket, 0)
        over = 0 if past is None else min(draw.steps, past.bucket.excess_steps - so_far)
        carries, cap = self._way(draw, made)
        if not carries or self._closing:
            over = draw.steps
        if over:
            self._over[draw.bucket] = so_far + over
            self.returned.append(Return(draw.bucket, draw.kind, draw.unit, over, 0, "forfeited"))
        if draw.steps > over:
            self._carry(evolve(draw, steps=draw.steps - over), cap, *self._share(draw, draw.steps - over, made))

    def _way(self, draw: Draw, made: int) -> tuple[bool, int | None]:
        """Tell whether the rest was carried, and within which cap.

        It is a fact of the entry that closed the period: neither the present plan nor what was left decides it.
        """
        book = self._book
        past = book.past.get(draw.bucket)
        if past is not None and past.why == "forfeited" and not past.bucket.of_period:
            return False, None
        if not draw.allowance:
            return made > book.banks_since, None
        way = self._way_of(draw, made)
        return next(((True, cap) for *key, cap in way.carries if key == [draw.unit.name, draw.kind]), (False, None))

    def _way_of(self, draw: Draw, made: int) -> Way:
        """Find which way the rests of the closed period went whose allowance gave it."""
        return next((way for way in reversed(self._book.ways) if way.since <= self._made(draw, made)), Way(0))

    def _made(self, draw: Draw, made: int) -> int:
        """Tell which entry's use it is; of what waited for a renewal, it is of the period that had closed."""
        past = self._book.past.get(draw.bucket)
        return past.by - 1 if past is not None and past.by else made

    def _share(self, draw: Draw, steps: int, made: int) -> tuple[int, Closing | None]:
        """Tell how much of what comes back of a closed period would have been carried, and what is known of that.

        Had it been left then, so much more of the rest would have been: as much as can still come back, in the end.
        """
        unit = draw.unit.name
        if not draw.allowance or unit not in self._way_of(draw, made).limited:
            return steps, None
        closing = closing_of(self._book, unit, made=self._made(draw, made))
        if closing is None:
            return 0, None
        so_far = self._more.get((unit, closing.by), 0)
        self._more[unit, closing.by] = so_far + steps
        before = evolve(closing.unused, steps=closing.unused.steps + so_far)
        return evolve(before, steps=before.steps + steps).carried_steps - before.carried_steps, closing

    def _carry(self, draw: Draw, cap: int | None, most: int, closing: Closing | None) -> None:
        """Carry into the bank as far as its cap lets it, the present plan's if that has one; the rest is forfeited.

        What had a life of its own goes into what was carried with that life, or is over with it.
        """
        expires, closed_by = (None, 0) if closing is None else (closing.unused.expires, closing.by)
        most = min(draw.steps, most)
        over = expires is not None and expires <= (self._book.paused_at or self._at)
        bank = self._bank(draw.unit, expires)
        if draw.unit.name in self._frame.terms.banks:
            cap = bank_cap(self._frame, self._book, draw.unit.name)
        mine = [one for one in self._live.values() if one.unit == draw.unit]
        total = sum(one.there_steps for one in mine)
        banked = sum(one.there_steps for one in mine if one.kind == "rollover")
        room = STEPS_MAX - total if cap is None else min(cap - banked, STEPS_MAX - total)
        steps = most if over else max(0, min(room, most))
        if steps and over:
            self._went(draw, steps, "expired", closed_by)
        elif steps:
            if bank.id not in self._live:
                self.granted.append(bank)
            bank = fill(bank, steps)
            self._live[bank.id] = bank
            self._went(draw, steps, "carried", closed_by, bank)
        if draw.steps > steps:
            self._went(draw, draw.steps - steps, "forfeited", closed_by)

    def _went(self, draw: Draw, steps: int, went: str, closed_by: int, bank: Bucket | None = None) -> None:
        left, into = (0, "") if bank is None else (bank.left_steps, bank.id)
        back = Return(draw.bucket, draw.kind, draw.unit, steps, left, went, into, closed_by=closed_by)
        self.returned.append(back)

    def _bank(self, unit: Unit, expires: datetime | None) -> Bucket:
        """Find the bank, or what was carried with such an end; else a new one, which is empty."""
        for bucket in self._live.values():
            same = bucket.expires == expires if bucket.own_life else expires is None
            if bucket.kind == "rollover" and bucket.unit == unit and same:
                return bucket
        name = issued_id("rollover", unit, self._book.issued + len(self.granted) + 1)
        return empty_bank(name, unit, self._book.period.start, expires=expires)


def lapse(frame: Frame, book: Book, stamp: Mapping[str, Any], due: datetime) -> Lapsed | None:
    """Decide what time does to holds whose deadline has come; `None`: there are none."""
    over = tuple(one for one in book.holds.values() if one.until <= due)
    if not over:
        return None
    returning = giving_back(frame, book, over)
    entry = Lapsed(
        **stamp,
        ended=tuple(Ended(one.id, one.ref, "lapsed", due) for one in over),
        returned=tuple(returning.returned),
        granted=tuple(returning.granted),
    )
    return with_repayment(frame, book, entry)


def giving_back(frame: Frame, book: Book, holds: tuple[Hold, ...], *, closing: bool = False) -> Returning:
    """Give holds back whole, the last that was drawn first."""
    returning = Returning(frame, book, closing=closing)
    for held in reversed(holds):
        returning.held([draw for use in held.uses for draw in use.all_draws()], held.ref.sequence)
    return returning


def given_back_at_close(frame: Frame, book: Book, at: datetime) -> tuple[tuple[Ended, ...], Returning]:
    """End all open holds with the wallet itself."""
    holds = tuple(book.holds.values())
    ended = tuple(Ended(one.id, one.ref, "released", at) for one in holds)
    return ended, giving_back(frame, book, holds, closing=True)
