"""The walk of a verb: repeat or conflict, closed, frozen, paused, clock; settle; decide; complete, apply; settle again.

A verb that is refused anywhere on the way leaves nothing behind: the state it was given is still the state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from attrs import evolve, frozen

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse._engine.context import Context
from tokenpurse._engine.pausing import resume
from tokenpurse._engine.settings import unfreeze
from tokenpurse._engine.settle import State, commit, settled
from tokenpurse.errors import (
    ClockError,
    ConflictError,
    PurseError,
    Remedy,
    WalletClosed,
    WalletFrozen,
    WalletPaused,
    shown,
)

__all__ = ["ELSEWHERE", "Asked", "Outcome", "act", "booked_at", "check_stopped", "moved", "recalled"]

_ONLY = "only repeats and reads are answered"
_ANSWERED = dict.fromkeys(("confirm", "decline"), f"{_ONLY}, and reports of bills that are pending")
_ANSWERED |= dict.fromkeys(
    ("claw_back", "reinstate"), f"{_ONLY}: all it had is gone, so what was used is settled without it"
)
"""What a closed wallet says that it still does, to whom it may concern."""

_STOPPED = {"claim": "nothing can be claimed"}
"""What a pause stops beside spending and the plan's periods."""

ELSEWHERE = ("elsewhere",)
"""What is said of a payment that another system granted: whatever a late report of it says, it is a repeat."""


@frozen(kw_only=True)
class Asked:
    """What every verb is asked with.

    Attributes:
        at: the moment, in UTC.
        said: the verb and its arguments, moment and role aside: what a repeat must say again.
        namespace: where the ref belongs: `payment` or `usage`.
        ref: the caller's key, or `None`.
        by: who asks, or `None`.
        spends: whether freezing and pausing stop it.
        opens: whether it opens a period, which pausing stops.
        hold: the hold that it ends, or `None`; a hold ends once, so ending it again in the same words is a repeat.
        request: the request that it answers, or `None`: a bill that is pending is answered by a closed wallet, too.
    """

    at: datetime
    said: tuple[Any, ...]
    namespace: str = "usage"
    ref: str | None = None
    by: str | None = None
    spends: bool = False
    opens: bool = False
    hold: str | None = None
    request: str | None = None


@frozen
class Outcome:
    """What a verb came to: the state after it, all entries, its own among them; or, of a repeat, what is remembered."""

    state: State
    entries: tuple[e.Entry, ...] = ()
    own: e.Entry | None = None
    first: e.Remembered | None = None


def recalled(book: Book, asked: Asked) -> e.Remembered | None:
    """Recognise a repeat.

    Raises:
        ConflictError: the ref was used for something else.
    """
    if asked.ref is None:
        ends = (one.ref for one in book.ended if one.hold == asked.hold)
        return next((ref for ref in ends if ref is not None and ref.said == asked.said), None)
    for one in _known(book, asked.namespace):
        if one.key == asked.ref:
            if one.said in (asked.said, ELSEWHERE):
                return one
            raise ConflictError(
                f"{asked.namespace} ref {asked.ref} was used for {_words(one.said)}, now for {_words(asked.said)};"
                " a new operation needs a ref of its own",
                ref=asked.ref,
                first=one.said,
                now=asked.said,
            )
    return None


def _known(book: Book, namespace: str) -> Iterator[e.Remembered]:
    """Go through the refs that are remembered, newest first where a ref was used for several holds."""
    if namespace != "usage":
        yield from (one for one, _ in book.memory.payments)
        return
    yield from reversed(book.memory.ring)
    yield from (hold.ref for hold in book.holds.values())
    for undoing in book.undone.values():
        yield from undoing.refs
    for ended in reversed(book.ended):
        yield from (ref for ref in (ended.ref, ended.made) if ref is not None)


def _words(said: tuple[Any, ...]) -> str:
    """Say a verb and its arguments in a message: `top_up tokens 9000`."""
    flat = list(said)
    while any(isinstance(word, tuple) for word in flat):
        flat = [part for word in flat for part in (word if isinstance(word, tuple) else (word,))]
    return shown(" ".join(str(word) for word in flat if word not in {None, ""})).strip("'\"")


def booked_at(book: Book, at: datetime) -> datetime:
    """Say when a verb is booked: at its moment, or at the wallet's clock if that is ahead within the tolerance.

    Raises:
        ClockError: further back.
    """
    if at >= book.clock:
        return at
    if book.clock - at > book.tolerance:
        raise ClockError(
            f"at is {at:%Y-%m-%dT%H:%M:%SZ}, the wallet's clock is {book.clock:%Y-%m-%dT%H:%M:%SZ} already"
            f" and the tolerance is {book.tolerance}",
            at=at,
            clock=book.clock,
        )
    return book.clock


def act(state: State, asked: Asked, decide: Callable[[Context], e.Entry | None]) -> Outcome:
    """Walk one verb through the engine.

    Raises:
        ConflictError, WalletClosed, WalletFrozen, WalletPaused, ClockError: in this order, before anything is decided.
    """
    book = state.book
    first = recalled(book, asked)
    if first is not None:
        return Outcome(state, first=first)
    check_stopped(state, asked, decide)
    at = booked_at(book, asked.at)
    now, entries = settled(state, at)
    stamp = {
        "wallet": book.id,
        "sequence": now.book.version + 1,
        "at": at,
        "asked_at": None if at == asked.at else asked.at,
        "by": asked.by,
    }
    entry = decide(Context(book=now.book, frame=now.frame, at=at, by=asked.by, stamp=stamp))
    if entry is not None:
        if asked.ref is not None:
            entry = evolve(entry, ref=_remembered(asked, entry))
        if isinstance(entry, e.Captured | e.Released):
            entry = evolve(entry, ended=evolve(entry.ended, ref=_remembered(asked, entry)))
        now, entry = commit(now, entry)
        now, after = settled(now, at)
        entries += [entry, *after]
    return Outcome(now, tuple(entries), own=entry) if entries else Outcome(state)


def check_stopped(state: State, asked: Asked, decide: Callable[[Context], e.Entry | None]) -> None:
    """Go on only where the wallet is open, and neither frozen nor paused if what is asked needs that.

    Raises:
        WalletClosed, WalletFrozen, WalletPaused: in this order.
    """
    book = state.book

    def undoing(kind: str, undo: Callable[[Context], e.Entry | None]) -> tuple[Remedy, ...]:
        """Name what undoes the stop, where that is all it takes."""
        try:
            running = act(state, Asked(at=asked.at, said=(kind,)), undo).state
            act(running, evolve(asked, ref=None), decide)
        except PurseError:
            return ()
        return (Remedy(kind=kind),)

    if book.closed and asked.request not in {request.id for request in book.pending}:
        raise WalletClosed(f"wallet {book.id} was closed, {_ANSWERED.get(asked.said[0], _ONLY)}")
    if book.frozen and asked.spends:
        problem = f"wallet {book.id} is frozen, nothing can be spent until it is unfrozen"
        raise WalletFrozen(problem, remedies=lambda: undoing("unfreeze", unfreeze))
    if book.paused_at is not None and (asked.spends or asked.opens):
        stopped = "nothing can be spent" if asked.spends else _STOPPED.get(asked.said[0], "no period opens")
        problem = f"wallet {book.id} is paused, {stopped} until it is resumed"
        raise WalletPaused(problem, remedies=lambda: undoing("resume", resume))


def _remembered(asked: Asked, entry: e.Entry) -> e.Remembered:
    return e.Remembered(
        asked.namespace,
        asked.ref or "",
        asked.said,
        entry.at,
        entry.sequence,
        tuple(moved(entry).items()),
        entry.gifts if isinstance(entry, e.Transferred | e.Received) else (),
    )


def moved(entry: e.Entry | None) -> dict[str, int]:
    """What an entry moved, in steps by unit: taken, set aside, given back, put in."""
    if isinstance(entry, e.Spent | e.Held):
        return {use.unit.name: use.steps for use in entry.uses}
    if isinstance(entry, e.Captured):
        return summed((use.unit.name, use.steps) for use in entry.uses + entry.extra)
    if isinstance(entry, e.Refunded):
        return summed((one.unit.name, one.steps) for one in entry.undone if one.steps and not one.place[1])
    if isinstance(entry, e.Released):
        return summed((one.unit.name, one.steps) for one in entry.returned)
    if isinstance(entry, e.Granted | e.ToppedUp):
        bonus = entry.bonus if isinstance(entry, e.ToppedUp) else None
        return {entry.bucket.unit.name: entry.bucket.granted_steps + (0 if bonus is None else bonus.granted_steps)}
    if isinstance(entry, e.Renewed):
        given = [bucket for bucket in entry.granted if bucket.allowance]
        return {one.unit.name: sum(same.granted_steps for same in given if same.unit == one.unit) for one in given}
    if isinstance(entry, e.AllowanceOpened):
        return summed((one.unit.name, one.granted_steps) for one in entry.granted)
    if isinstance(entry, e.Transferred | e.Received):
        return summed((gift.unit.name, gift.steps) for gift in entry.gifts)
    return {}


def summed(moved: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Sum steps by unit."""
    sums: dict[str, int] = {}
    for name, steps in moved:
        sums[name] = sums.get(name, 0) + steps
    return sums
