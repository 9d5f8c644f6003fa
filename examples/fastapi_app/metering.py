"""A streamed reply is charged by what of it was sent: the most it can cost is held, and the rest goes back."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import timedelta

import anyio
from anyio import to_thread
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from examples.fastapi_app.accounts import User
from examples.fastapi_app.host import Host
from examples.storage.sqlite import AlreadyDone, Store
from tokenpurse import Change, Wallet
from tokenpurse.errors import HoldEnded

DEADLINE = timedelta(minutes=10)
LONGEST = timedelta(minutes=5)  # no reply takes longer, so a hold that lapses is one whose process has died


class InUse(Exception):
    """The request's id was used before: its reply was sent, or is under way."""


class Held:
    """What is set aside for one reply.

    Args:
        host: where the wallet is.
        user: who asks.
        request: the request's id, for one attempt.
        most: how much is held, the prompt included.
    """

    def __init__(self, host: Host, user: User, request: str, most: int) -> None:
        self._host = host
        self._wallet = user.wallet
        self._ref = f"chat:{user.id}:{request}"
        self._labels = {"member": user.id}
        with host.store() as store:
            try:
                change = store.act(user.wallet, lambda wallet: self._hold(wallet, most))
            except AlreadyDone as done:  # so long ago that only the ledger remembers it
                raise InUse(request) from done
        if change.repeated:
            raise InUse(request)

    def _hold(self, wallet: Wallet, most: int) -> Change:
        return wallet.hold(most, at=self._host.clock(), ref=self._ref, until=DEADLINE, labels=self._labels)

    def capture(self, used: int) -> None:
        """Use what the reply came to; the rest goes back. Nothing: all of it does."""
        with self._host.store() as store:
            try:
                store.act(self._wallet, lambda wallet: wallet.capture(self._ref, used, at=self._host.clock()))
            except HoldEnded as ended:
                if ended.how == "lapsed":  # the reply took longer than the deadline, and was sent all the same
                    self._spend_late(store, used)

    def _spend_late(self, store: Store, used: int) -> None:
        def late(wallet: Wallet) -> Change:
            at, ref = self._host.clock(), f"late:{self._ref}"
            return wallet.spend(used, at=at, ref=ref, labels=self._labels, overdraw=True)

        store.act(self._wallet, late)


class MeteredReply(StreamingResponse):
    """Sends tokens as they come, and settles the hold however it ends: whole, broken off, or the client gone."""

    def __init__(self, tokens: AsyncGenerator[str], held: Held, prompt: int, longest: int) -> None:
        super().__init__(self._sending(), media_type="text/plain; charset=utf-8")
        self._tokens = tokens
        self._held = held
        self._prompt = prompt
        self._longest = longest
        self._sent = 0
        self._settled = False

    async def _sending(self) -> AsyncGenerator[str]:
        async for token in self._tokens:
            yield token
            self._sent += 1  # asked for the next one, so this one is out
            if self._sent == self._longest:
                break
        await self._settle()  # before the client hears that this was all

    async def stream_response(self, send: Send) -> None:
        """Send the reply, and tell the model to stop where nobody listens any more."""
        async with aclosing(self._tokens):
            with anyio.fail_after(LONGEST.total_seconds()):
                await super().stream_response(send)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the reply; the hold is settled also where sending is cancelled."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._settle()

    async def _settle(self) -> None:
        if not self._settled:
            used = self._prompt + self._sent if self._sent else 0
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(self._held.capture, used)
            self._settled = True
