"""A process that does one thing in a database, and is killed in the middle of it: at a step, or from outside."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any, Final

from tests.storage.places import Place
from tests.storage.proof.children import Child, Failed, Slots
from tests.storage.proof.operations import Gift, Spend
from tests.storage.waiting import Waiting

__all__ = ["AFTER_COMMIT", "POINTS", "SOMEWHERE", "TOO_EARLY", "Victim"]

POINTS: Final = {
    "after the wallet's UPDATE": "_move_on",
    "after the entries": "_append",
    "before COMMIT": "save",
}
"""Where a victim ends itself: when this method of the recipe has returned."""

AFTER_COMMIT: Final = "after COMMIT, before the answer"
SOMEWHERE: Final = "somewhere"
TOO_EARLY: Final = "before it writes"

STATE, SINCE, TOOK = range(3)
READY, WRITING, ANSWERED, FAILED = range(1, 5)
PATIENCE = 60  # seconds
Method = Callable[..., Any]


class Victim:
    """One operation in a process of its own, which does not live to say that it was done.

    Attributes:
        in_the_middle: whether it had begun to write, and was not answered yet.
        took: seconds from its first statement that writes to its answer; 0 where it was killed in between.
    """

    def __init__(self, place: Place, operation: Spend | Gift, point: str, delay: float) -> None:
        self._slots = Slots(3)
        child = Child(_does, place, operation, point, self._slots)
        if point in {SOMEWHERE, TOO_EARLY}:
            self._wait_until(READY if point == TOO_EARLY else WRITING)
            time.sleep(delay)
            child.kill()
        child.wait_for_kill()
        if self._slots[STATE] == FAILED:
            raise Failed("it failed, and was killed before it could say how")
        self.in_the_middle = self._slots[STATE] == WRITING
        self.took = self._slots[TOOK] / 1e9

    def _wait_until(self, state: int) -> None:
        until = time.monotonic() + PATIENCE
        while self._slots[STATE] < state and time.monotonic() < until:
            time.sleep(0.000_05)


def points_of(place: Place) -> list[str]:
    """The steps that the recipe of a place takes one by one; none where a change is one message to the server."""
    with place.connected() as store:
        return [*POINTS] if all(hasattr(_inner(store), name) for name in POINTS.values()) else []


def _does(place: Place, operation: Spend | Gift, point: str, slots: Slots) -> None:
    with place.connected() as store:
        _watch(_inner(store), POINTS.get(point), slots)
        try:
            if point == TOO_EARLY:
                slots[STATE] = READY
                time.sleep(random.uniform(0.01, 0.02))  # noqa: S311  # no secret
            operation.do(store)
        except BaseException:
            slots[STATE] = FAILED
            raise
        slots[TOOK] = time.monotonic_ns() - slots[SINCE]
        slots[STATE] = ANSWERED
        if point == AFTER_COMMIT:
            _die()
        time.sleep(PATIENCE)


def _inner(store: Any) -> Any:
    return store.store if isinstance(store, Waiting) else store


def _watch(store: Any, ends: str | None, slots: Slots) -> None:
    """Note when it begins to write, and end it where one of its methods returns."""
    for name in POINTS.values():
        if hasattr(store, name):
            setattr(store, name, _watched(getattr(store, name), slots, dies=name == ends))


def _watched(method: Method, slots: Slots, *, dies: bool) -> Method:
    def begins() -> None:
        if slots[STATE] < WRITING:
            slots[SINCE] = time.monotonic_ns()
            slots[STATE] = WRITING

    def plain(*given: Any, **named: Any) -> Any:
        begins()
        answer = method(*given, **named)
        if dies:
            _die()
        return answer

    async def waits(*given: Any, **named: Any) -> Any:
        begins()
        answer = await method(*given, **named)
        if dies:
            _die()
        return answer

    return waits if iscoroutinefunction(method) else plain


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
