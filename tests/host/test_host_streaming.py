"""A streamed reply costs what of it was sent, however it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

ASK = {"prompt": "one two three", "longest": 50}  # 3 tokens, and 50 at most


class Slow:
    """A model that says a given number of tokens, then waits, fails, or ends."""

    def __init__(self, then: str, after: int) -> None:
        self.then = then
        self.after = after
        self.closed = False

    def count(self, prompt: str) -> int:
        return len(prompt.split())

    async def reply(self, prompt: str) -> AsyncGenerator[str]:  # noqa: ARG002  # what every model is asked
        try:
            for _ in range(self.after):
                yield "word "
            if self.then == "fail":
                raise ConnectionError("the model is gone")
            if self.then == "wait":
                await asyncio.sleep(60)
        finally:
            self.closed = True


def eventually(holds: Any) -> None:
    from tests.host import rig

    rig.eventually(holds)


def test_a_whole_reply_is_charged_to_the_token(rig: Any) -> None:
    """Prompt and reply are used, nothing stays held, and the client hears the end only after that."""
    answer = rig.by("member").post("/chat", json=ASK)
    view = rig.view()
    assert len(answer.text.split()) == 50
    assert (view.available(), view.held(), view.usage()) == (20_000 - 53, 0, 53)
    rig.sound()


def test_a_short_reply_gives_the_rest_back(rig: Any) -> None:
    rig.model = Slow("end", after=7)
    assert rig.by("member").post("/chat", json=ASK).text == "word " * 7
    assert (rig.view().usage(), rig.view().held()) == (10, 0)


def gone_after(rig: Any, tokens: int) -> None:
    """Ask, read so many tokens, and hang up while the model is at the next one."""
    rig.model = Slow("wait", after=tokens)
    with rig.by("member").stream("POST", "/chat", json=ASK) as answer:
        read = 0
        for part in answer.iter_text():
            read += len(part.split())
            if read == tokens:
                break
        assert rig.view().held() == 53
    eventually(lambda: rig.view().held() == 0)
    assert rig.view().usage() == 3 + tokens
    eventually(lambda: rig.model.closed)


def test_a_client_who_leaves_pays_for_what_was_sent(rig: Any) -> None:
    """The rest of the hold goes back at once, not at the deadline."""
    gone_after(rig, 5)
    rig.sound()


def test_the_control_without_the_last_word_leaves_the_hold(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reply that settles only where it comes to its end keeps a client's tokens who has left."""
    from fastapi.responses import StreamingResponse

    from examples.fastapi_app.metering import MeteredReply

    monkeypatch.setattr(MeteredReply, "__call__", StreamingResponse.__call__)
    monkeypatch.setattr("tests.host.rig.eventually.__defaults__", (0.5,))
    with pytest.raises(AssertionError, match="never came"):
        gone_after(rig, 5)


@pytest.mark.parametrize(("sent", "used"), [(0, 0), (4, 7)])
def test_a_model_that_fails_charges_what_was_sent(rig: Any, sent: int, used: int) -> None:
    """And nothing at all where that is nothing."""
    import httpx

    rig.model = Slow("fail", after=sent)
    with pytest.raises(httpx.RemoteProtocolError):
        rig.by("member").post("/chat", json=ASK)
    eventually(lambda: rig.view().held() == 0)
    assert rig.view().usage() == used


def test_a_reply_that_takes_too_long_is_cut_off(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long before its hold would lapse; what was sent is charged."""
    from datetime import timedelta

    import httpx

    from examples.fastapi_app import metering

    assert metering.LONGEST < metering.DEADLINE
    monkeypatch.setattr(metering, "LONGEST", timedelta(seconds=1))
    rig.model = Slow("wait", after=4)
    with pytest.raises(httpx.RemoteProtocolError):
        rig.by("member").post("/chat", json=ASK)
    eventually(lambda: rig.view().held() == 0)
    assert (rig.view().usage(), rig.model.closed) == (7, True)


class Noted:
    """A hold that notes what is captured."""

    def __init__(self) -> None:
        self.captured: list[int] = []

    def capture(self, used: int) -> None:
        self.captured.append(used)


async def receive() -> Any:
    await asyncio.sleep(60)


def test_a_server_that_says_so_while_sending_is_understood_too(rig: Any) -> None:
    """Some servers tell that the client is gone by an error of the next `send`, not beside it."""
    from starlette.requests import ClientDisconnect

    from examples.fastapi_app.metering import MeteredReply

    sent: list[bytes] = []
    held: Any = Noted()
    model = Slow("end", after=50)
    reply = MeteredReply(model.reply(""), held, 3, 50)

    async def send(message: Any) -> None:
        if message.get("body"):
            sent.append(message["body"])
            if len(sent) == 6:
                raise OSError("gone")

    async def served() -> bool:
        with pytest.raises(ClientDisconnect):
            await reply({"type": "http", "asgi": {"spec_version": "2.4"}}, receive, send)
        return model.closed

    assert asyncio.run(served()), "the model goes on for nobody"
    assert held.captured == [3 + 5]


@pytest.mark.parametrize("version", ["2.3", "2.4"])
def test_a_request_that_is_called_off_is_charged_for_what_was_sent(rig: Any, version: str) -> None:
    """By a middleware's time limit, say: the capture is not called off with it."""
    import anyio

    from examples.fastapi_app.metering import MeteredReply

    held: Any = Noted()
    model = Slow("wait", after=4)
    reply = MeteredReply(model.reply(""), held, 3, 50)

    async def send(_: Any) -> None: ...

    async def served() -> bool:
        with anyio.move_on_after(0.3) as scope:
            await reply({"type": "http", "asgi": {"spec_version": version}}, receive, send)
        return scope.cancelled_caught

    assert asyncio.run(served())
    assert (held.captured, model.closed) == ([3 + 4], True)


def test_a_database_that_is_away_for_a_moment_is_asked_once_more(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reply is out: its capture is tried again before the hold is left to lapse."""
    import httpx

    from examples.fastapi_app.metering import Held

    real, tries = Held.capture, []

    def capture(self: Any, used: int) -> None:
        tries.append(used)
        if len(tries) == 1:
            raise ConnectionError("the database is away")
        real(self, used)

    monkeypatch.setattr(Held, "capture", capture)
    with pytest.raises(httpx.RemoteProtocolError):
        rig.by("member").post("/chat", json=ASK)
    eventually(lambda: rig.view().held() == 0)
    assert (tries, rig.view().usage()) == ([53, 53], 53)


def test_a_request_that_is_sent_again_is_not_answered_again(rig: Any) -> None:
    """Its key is the user's own: somebody else may use the same."""
    headers = {"Idempotency-Key": "r-1"}
    first = rig.by("member").post("/chat", json=ASK, headers=headers)
    again = rig.by("member").post("/chat", json=ASK, headers=headers)
    other = rig.by("owner").post("/chat", json=ASK, headers=headers)
    assert (first.status_code, again.status_code, other.status_code) == (200, 409, 200)
    assert again.json()["error"] == "InUse"
    with rig.host.store() as store, store.writing():
        for number in range(65):  # so many that the wallet forgets, and only the ledger knows
            held = store.load("acme").hold(1, at=rig.now, ref=f"x{number}", until=rig.now.replace(hour=10))
            store.save(held, held.wallet.release(f"x{number}", at=rig.now))
    assert rig.by("member").post("/chat", json=ASK, headers=headers).status_code == 409
    assert rig.view().usage() == 106
    rig.sound()


def overlapping(rig: Any, requests: int) -> list[int]:
    """Many at once, of which the balance lets some through."""
    clients = [rig.by("member") for _ in range(requests)]
    with ThreadPoolExecutor(requests) as pool:
        return list(pool.map(lambda each: each.post("/chat", json=ASK).status_code, clients))


def test_many_at_once_cannot_use_a_token_twice(rig: Any) -> None:
    """Exactly as many are answered as the balance pays for, held or used."""
    rig.act(lambda wallet: wallet.spend(20_000 - 10 * 53, at=rig.now))
    rig.model = Slow("end", after=50)
    answered = overlapping(rig, 24)
    assert (answered.count(200), answered.count(402)) == (10, 14)
    assert (rig.view().available(), rig.view().held(), rig.view().debt()) == (0, 0, 0)
    rig.sound()


def test_the_control_without_a_hold_uses_tokens_twice(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked beforehand whether there is enough, and spent afterwards, more are answered than are paid for."""
    from examples.fastapi_app.metering import Held

    def asked(self: Any, wallet: Any, most: int) -> Any:
        assert wallet.at(rig.now).can_spend(most)
        return wallet.advance(rig.now)

    def spent(self: Any, used: int) -> None:
        rig.act(lambda wallet: wallet.spend(used, at=rig.now, overdraw=True))

    class Late(Slow):
        async def reply(self, prompt: str) -> AsyncGenerator[str]:
            await asyncio.sleep(1)
            async for each in super().reply(prompt):
                yield each

    monkeypatch.setattr(Held, "_hold", asked)
    monkeypatch.setattr(Held, "capture", spent)
    rig.act(lambda wallet: wallet.spend(20_000 - 2 * 53, at=rig.now))
    rig.model = Late("end", after=50)
    assert overlapping(rig, 8).count(200) > 2
    assert rig.view().debt() > 0


def test_a_process_that_died_leaves_a_hold_that_lapses(rig: Any) -> None:
    """Nobody has to clean up after it."""
    from examples.fastapi_app.accounts import User
    from examples.fastapi_app.metering import Held

    Held(rig.host, User("ab", "Ann", "acme", "member"), "r-1", 500)
    assert (rig.view().available(), rig.view().held()) == (19_500, 500)
    rig.later(minutes=10)
    assert (rig.view().available(), rig.view().held()) == (20_000, 0)


def test_a_reply_beyond_the_deadline_is_charged_all_the_same(rig: Any) -> None:
    """The use has happened, so it is booked, as debt where nothing is left."""
    from examples.fastapi_app.accounts import User
    from examples.fastapi_app.metering import Held

    held = Held(rig.host, User("ab", "Ann", "acme", "member"), "r-1", 500)
    rig.later(minutes=11)
    rig.act(lambda wallet: wallet.spend(20_000, at=rig.now))
    held.capture(480)
    held.capture(480)
    assert (rig.view().usage(), rig.view().debt()) == (20_480, 480)
    rig.sound()
