"""What every verb of a wallet stands on: the facts behind it, and the walk that a verb takes through the engine."""

# a wallet fills the wallets and changes that it makes
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn, Self, cast

from tokenpurse._engine import doors
from tokenpurse._engine.act import Asked, act, booked_at, moved
from tokenpurse._engine.book import Book
from tokenpurse._engine.context import Context
from tokenpurse._engine.ends import first_end
from tokenpurse._engine.frame import frame_of
from tokenpurse._engine.quick import Base
from tokenpurse._engine.settle import State, settled
from tokenpurse.change import Change
from tokenpurse.entries import Entry, Remembered, Spent
from tokenpurse.errors import PurseError
from tokenpurse.periods import instant
from tokenpurse.units import Amount
from tokenpurse.view import View

if TYPE_CHECKING:
    from tokenpurse.wallet._wallet import Wallet

__all__ = ["Core"]


class Core:
    """Base and what was taken since; equality, and the one way in for verbs. See `Wallet`."""

    # Plain slots behind read-only properties, and no __getattr__ for kinder errors: a guard of either kind would slow
    # every read inside, and so each spend, by a third.
    __slots__ = ("_base", "_clock", "_taken", "_version")

    def __init__(self, base: Base, taken: tuple[int, ...], clock: datetime, version: int) -> None:
        self._base = base
        self._taken = taken
        self._clock = clock
        self._version = version

    @property
    def clock(self) -> datetime:
        """The moment of the last entry, in UTC."""
        return self._clock

    @property
    def version(self) -> int:
        """The number of entries."""
        return self._version

    def at(self, moment: datetime) -> View:
        """Read the wallet at a moment: everything due by then has happened, for the eyes only.

        Raises:
            ClockError: before the clock by more than the tolerance.
            UnknownNameError: bound to no catalogue, and a period or a bucket has ended by then.
        """
        at = instant(moment, "moment")
        base, book = self._base, self._book
        at = booked_at(book, at)
        if base.state is None:
            if (end := first_end(book)) is not None and end <= at:
                frame_of(book, None)  # raises: what time has done since, only the plan knows
            return View(at, book, None)
        now, _ = settled(self._state, at)
        return View(at, now.book, now.frame)

    @property
    def id(self) -> str:
        """The id it was opened with."""
        return self._base.book.id

    def _moved(self, change: Change) -> dict[str, Amount]:
        """Read what a change moved, in this wallet's units."""
        steps = moved(change.entry) if change.first is None else dict(change.first.steps)
        return {name: self.at(self._clock).amount(name, counted) for name, counted in steps.items()}

    def _spent_since(self, before: Core, by: str | None) -> Spent:
        """Say the spend that led here from `before` the short way: of the one meter that more was taken of."""
        base, taken = self._base, self._taken
        index = next(index for index, steps in enumerate(before._taken) if steps != taken[index])
        steps = taken[index] - before._taken[index]
        return base.spent(index, steps, taken[index], sequence=self._version, at=self._clock, by=by)

    @classmethod
    def _of(cls, base: Base) -> Wallet:
        """Make the wallet of a base's own book."""
        return cast("Wallet", cls(base, (0,) * (len(base.meters) or 1), base.book.clock, base.book.version))

    @property
    def _book(self) -> Book:
        return self._base.book_after(self._taken, self._version, self._clock)

    def _act(
        self,
        decide: Callable[[Context], Entry | None],
        *,
        at: datetime,
        said: tuple[Any, ...],
        ref: object,
        by: object,
        namespace: str = "usage",
        spends: bool = False,
        opens: bool = False,
        hold: str | None = None,
        request: str | None = None,
    ) -> Change:
        asked = Asked(
            at=instant(at),
            said=said,
            namespace=namespace,
            ref=doors.optional_id("ref", ref),
            by=doors.optional_id("by", by),
            spends=spends,
            opens=opens,
            hold=hold,
            request=request,
        )
        outcome = act(self._state, asked, decide)
        if not outcome.entries:
            return self._unchanged(outcome.first)
        return self._changed(outcome.state, outcome.entries, outcome.own)

    @property
    def _state(self) -> State:
        return self._base.state_after(self._taken, self._version, self._clock)

    def _changed(self, state: State, entries: tuple[Entry, ...], own: Entry | None = None) -> Change:
        after = self._of(Base(state, state.book, self._base.catalogue))
        return Change(cast("Wallet", self), after, entries, own=own)

    def _unchanged(self, first: Remembered | None = None) -> Change:
        same = cast("Wallet", self)
        return Change(same, same, (), first=first)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Core):
            return NotImplemented
        return self._book == other._book

    def __hash__(self) -> int:
        return hash((self.id, self._version, self._clock))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise PurseError(f"wallet {self.id} is not pickled: store what codec.dump_wallet makes of it")

    def __repr__(self) -> str:
        book = self._book
        what = "closed, " if book.closed else "frozen, " if book.frozen else "paused, " if book.paused_at else ""
        if self._base.state is not None and not what:
            available = self.at(self._clock).available()
            what = "unbounded, " if available is None else f"{available:,} available, "
        as_of = f"version {self._version}, as of {self._clock:%Y-%m-%dT%H:%MZ}"
        return f"<Wallet {self.id[:32]!r} {book.plan.name}: {what}{as_of}>"
