"""Processes of our own: forked from one that has imported everything, so that each is there at once.

The parent holds no connection and runs no thread, so a child has nothing of it but the code.
"""

from __future__ import annotations

import json
import mmap
import os
import signal
import struct
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["Child", "Failed", "Slots", "answer_of"]


class Failed(Exception):
    """A child raised something, or did not end as it should."""


class Slots:
    """Whole numbers that parent and children share, and that outlive a child however it ends."""

    def __init__(self, count: int) -> None:
        self._memory = mmap.mmap(-1, 8 * count)  # not a file: shared with whoever is forked from here

    def __getitem__(self, slot: int) -> int:
        return int(struct.unpack_from("q", self._memory, 8 * slot)[0])

    def __setitem__(self, slot: int, value: int) -> None:
        struct.pack_into("q", self._memory, 8 * slot, value)


class Child:
    """A process that runs a function, and gives what it returned, as JSON knows it."""

    def __init__(self, function: Callable[..., Any], *given: Any) -> None:
        reader, writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(reader)
            _run(writer, function, given)
        os.close(writer)
        self._reader = reader

    def answer(self) -> Any:
        """Wait for its end, and give what its function returned; `Failed` if it raised, or was killed."""
        with os.fdopen(self._reader, "rb") as pipe:
            text = pipe.read()
        _, status = os.waitpid(self.pid, 0)
        answer = json.loads(text) if text else {"raised": f"it ended with status {status} and said nothing"}
        if "raised" in answer:
            raise Failed(answer["raised"])
        return answer["gave"]

    def wait_for_kill(self) -> None:
        """Wait for its end, which must be by SIGKILL; `Failed` if it was not."""
        with os.fdopen(self._reader, "rb") as pipe:
            text = pipe.read()
        _, status = os.waitpid(self.pid, 0)
        if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
            raise Failed(f"it was not killed, but ended with status {status}: {text.decode()}")

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


def answer_of(function: Callable[..., Any], *given: Any) -> Any:
    """Run a function in a process of its own, and give what it returned."""
    return Child(function, *given).answer()


def _run(writer: int, function: Callable[..., Any], given: tuple[Any, ...]) -> None:
    try:
        try:
            answer = {"gave": function(*given)}
        except BaseException as error:  # noqa: BLE001  # whatever it is, the parent is told
            answer = {"raised": _said(error)}
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(json.dumps(answer).encode())
    finally:
        os._exit(0)  # nothing of the parent's is tidied up twice


def _said(error: BaseException) -> str:
    """Give an error in one line, and where it was raised."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    words = " ".join(" ".join(traceback.format_exception_only(error)).split())
    return f"{words} ({Path(place.filename).name}, line {place.lineno})"
