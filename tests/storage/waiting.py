"""An async `Store` as a plain one, so that the same contract can be tried on it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from threading import Thread
from typing import Any

from tokenpurse.notices import Notice, Request

__all__ = ["Waiting", "waiting_for"]


@contextmanager
def _loop_of_its_own() -> Iterator[asyncio.AbstractEventLoop]:
    """Run a loop in a thread, as another process would."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def waiting_for(context: AbstractAsyncContextManager[Any]) -> Iterator[Waiting]:
    """Open an async store, in a loop of its own, as a plain one."""
    with _loop_of_its_own() as loop:
        waiting = Waiting(loop)
        waiting.store = waiting.result(context.__aenter__())
        try:
            yield waiting
        finally:
            waiting.result(context.__aexit__(None, None, None))


class Waiting:
    """Waits for each coroutine of a store, which runs in its loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, store: Any = None) -> None:
        self.loop = loop
        self.store = store

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *args, **named: self.result(getattr(self.store, name)(*args, **named))

    def result(self, doing: Awaitable[Any]) -> Any:
        """Have it run, and wait for it."""

        async def done() -> Any:
            return await doing

        return asyncio.run_coroutine_threadsafe(done(), self.loop).result()

    def deliver(self, send: Callable[[str, Notice | Request], object]) -> None:
        """Hand each to a plain `send`, in a thread where it may wait for the loop."""

        async def sends(wallet: str, item: Notice | Request) -> None:
            await asyncio.to_thread(send, wallet, item)

        self.result(self.store.deliver(sends))
