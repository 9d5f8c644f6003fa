"""The short way: a spend that stays inside one bucket and crosses nothing makes no book.

A wallet is a base (book and frame) and, per meter, how much was taken since. One number, the lane's room, answers
"enough, same bucket, no alert, no limit, no auto top-up" in a single comparison, and one more says "nothing due".
Whatever does not fit goes the long way, on the book that `Base.book_after` makes. A law compares the two ways on
every history that the tests walk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from attrs import evolve

from tokenpurse._engine.apply import take
from tokenpurse._engine.book import Book
from tokenpurse._engine.frame import Frame, frame_of
from tokenpurse._engine.limits import Counting, counting_of
from tokenpurse._engine.settle import State
from tokenpurse._engine.stretches import levels_of
from tokenpurse.buckets import Draw
from tokenpurse.entries import Spent, Use
from tokenpurse.periods.moments import END
from tokenpurse.plans.catalogue import Catalogue
from tokenpurse.plans.terms import AllowanceTerms, LimitTerms
from tokenpurse.policies import Order
from tokenpurse.units import STEPS_MAX

__all__ = ["Base", "Lane"]


class Lane:
    """Where one meter's next tokens come from.

    Attributes:
        index: of the meter in the wallet's tuple of what was taken.
        position: of the bucket that pays.
        room: how much can be taken, since the base, without anything happening; -1: nothing goes this way.
        counting: the limits with a count of their own that count it.
    """

    __slots__ = ("counting", "index", "position", "room")

    def __init__(self, index: int, position: int, room: int, counting: tuple[Counting, ...] = ()) -> None:
        self.counting = counting
        self.index = index
        self.position = position
        self.room = room


class Base:
    """A book and what follows from it, shared by all wallets that only took from it since. Caches fill themselves."""

    __slots__ = ("book", "catalogue", "due", "lanes", "meters", "state")

    def __init__(self, state: State | None, book: Book, catalogue: Catalogue | None) -> None:
        self.book = book
        self.catalogue = catalogue
        self.state = state
        self.due = END if state is None else _due(state)
        self.meters: tuple[str, ...] = () if state is None else state.frame.terms.meters
        # A plain dict, and no `__missing__`: a spend reads it, and a class of our own costs it a twentieth.
        self.lanes: dict[str | None, Lane] = {}

    @classmethod
    def of(cls, book: Book, catalogue: Catalogue | None) -> Base:
        """Frame a book where its plan is known; without it the wallet can be read and compared, nothing else."""
        if catalogue is None:
            return cls(None, book, None)
        frame = frame_of(book, catalogue)
        catalogue.check_units(bucket.unit for bucket in book.buckets)
        frame.plan_after(book)  # what is scheduled is in the catalogue, or the wallet is not bound to it
        return cls(State(book, frame), book, catalogue)

    def lane(self, meter: str | None) -> Lane:
        """Find, once, what a meter can be drawn from without anything happening; `None`: the plan's first meter."""
        lane = self.lanes.get(meter)
        if lane is None:
            lane = _laid(self, meter)
            if meter is None or meter in self.meters:  # a stranger's words must not fill the cache
                self.lanes[meter] = lane
        return lane

    def spent(self, index: int, steps: int, taken: int, *, sequence: int, at: datetime, by: str | None) -> Spent:
        """Say a spend of one lane as the long way would have said it; `taken`, since the base, includes it."""
        lane = self.lane(self.meters[index])
        bucket = self.book.buckets[lane.position]
        draw = Draw(bucket.id, bucket.kind, bucket.unit, steps, bucket.left_steps - taken, bucket.allowance)
        use = Use(unit=bucket.unit, steps=steps, draws=(draw,))
        counted = tuple(evolve(one.fact(taken), steps=steps) for one in lane.counting)
        return Spent(wallet=self.book.id, sequence=sequence, at=at, by=by, uses=(use,), counted=counted)

    def book_after(self, taken: tuple[int, ...], version: int, clock: datetime) -> Book:
        """Make the book of a wallet that went the short way."""
        if version == self.book.version:
            return self.book
        lanes = [(self.lane(self.meters[index]), steps) for index, steps in enumerate(taken) if steps]
        positions = ((lane.position, steps) for lane, steps in lanes)
        counted = tuple(one.fact(steps) for lane, steps in lanes for one in lane.counting)
        return take(self.book, positions, counted, version=version, clock=clock)

    def state_after(self, taken: tuple[int, ...], version: int, clock: datetime) -> State:
        """Give book and frame for the long way; taking changes no set of buckets, so the frame is the base's.

        Raises:
            UnknownNameError: the wallet is bound to no catalogue.
        """
        frame = frame_of(self.book, None) if self.state is None else self.state.frame
        return State(self.book_after(taken, version, clock), frame)


def _laid(base: Base, meter: str | None) -> Lane:
    nothing = Lane(0, 0, -1)
    state, book = base.state, base.book
    if state is None or book.closed or book.frozen or book.paused_at or not isinstance(state.frame.plan.draw, Order):
        return nothing
    frame = state.frame
    name = frame.terms.default.name if meter is None else meter
    if name not in base.meters or frame.terms.units[name].is_money or book.debts.get(name):
        return nothing
    found = [one for one in _countings(state, frame.terms.limits.values()) if one.terms.unit.name == name]
    for position in frame.lane(name, action=name):
        bucket = book.buckets[position]
        countings = [one for one in found if not one.terms.kinds or bucket.kind in one.terms.kinds]
        if bucket.left_steps and all(one.room is None or one.room > 0 for one in countings if one.terms.kinds):
            if any(one.is_new for one in countings):  # it begins with the next use, and nobody knows when that is
                return nothing
            room = _room(frame, book, name, bucket.left_steps, countings)
            counting = tuple(one for one in countings if not one.terms.is_plain)
            return Lane(base.meters.index(name), position, room, counting)
    return nothing


def _countings(state: State, limits: Iterable[LimitTerms]) -> Iterator[Counting]:
    """Find how limits stand for use without labels."""
    for terms in limits:
        found = counting_of(state.frame, state.book, terms, state.book.clock, {})
        if found is not None:
            yield found


def _due(state: State) -> datetime:
    """Find when something is due: time changes the wallet, or a limit's own time ends."""
    ends = [state.frame.due(state.book)]
    timed = [terms for terms in state.frame.terms.limits.values() if not terms.with_period]
    ends += [one.end for one in _countings(state, timed) if not one.is_new]
    return min((end for end in ends if end is not None), default=END)


def _unemptied(one: AllowanceTerms, book: Book, unit: str) -> int | None:
    """How much can be taken before kinds that an allowance waits for are empty; `None`: nothing waits for them."""
    if not one.empty or one.unit.name != unit:
        return None
    levels = levels_of(book)
    return sum(levels.get((unit, kind), 0) for kind in one.empty) - 1


def _room(frame: Frame, book: Book, unit: str, left: int, countings: Iterable[Counting]) -> int:
    """How much one bucket can pay before anything else has a say."""
    rooms = [left, STEPS_MAX - book.tallies.used.get(unit, 0) - book.held.get(unit, 0)]
    for one in countings:
        rooms += [STEPS_MAX - one.steps] if one.room is None else [one.room]
    for alert in frame.terms.alerts:
        if alert.unit.name == unit and alert.notify:
            room = frame.trigger(book, alert).room(frame.figure(book, alert))
            rooms += [] if room is None else [room]
    rooms += [room for one in frame.terms.streams if (room := _unemptied(one, book, unit)) is not None]
    setting, auto = book.auto_top_up, frame.terms.auto_top_up
    if setting is not None and setting.off is None and setting.unit.name == unit and auto is not None:
        above = frame.counted(book, auto) - setting.threshold_steps - (0 if auto.strict else 1)
        ask = None if above >= 0 else frame.asks(book)
        # What waits for a cool-down may be held back by a maximum a little lower; what is held back stays so.
        rooms += [above] if ask is None or not ask.held_back or ask.steps else []
    return max(-1, min(rooms))
