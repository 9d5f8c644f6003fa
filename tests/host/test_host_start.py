"""The one command: it starts, tells who may sign in, serves, and survives being killed."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.outside import needs

PROJECT = Path(__file__).parents[2]
ASK = {"prompt": "one two three", "longest": 8_000}
pytestmark = needs("fastapi", extra="host")


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@contextmanager
def started(folder: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[str], str, dict[str, str]]]:
    """Run the command in a folder: the process, the address, and the keys that it printed."""
    url = f"http://127.0.0.1:{free_port()}"
    settings = {
        "PURSE_URL": url,
        "PURSE_DB": str(folder / "tokens.db"),
        "PYTHONPATH": os.pathsep.join(sys.path),
    } | settings
    command = [sys.executable, "-m", "examples.fastapi_app"]
    process = subprocess.Popen(  # noqa: S603  # the project's own
        command, cwd=PROJECT, env=os.environ | settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process, process.stdout, process.stderr:
        keys: dict[str, str] = {}
        try:
            for line in process.stdout:
                found = re.match(r"(\w+) +\w+ +signs in with (\S+)", line)
                keys |= {found[1]: found[2]} if found else {}
                if line.startswith("open "):
                    break
            yield process, url, keys
        finally:
            process.kill()


def client(url: str, key: str) -> Any:
    import httpx

    transport = httpx.HTTPTransport(retries=50)
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, transport=transport, timeout=30)


def answered(url: str, key: str) -> Any:
    """The balance, once it serves."""
    import httpx

    from tests.host.rig import eventually

    found: list[Any] = []

    def asks() -> bool:
        try:
            with client(url, key) as one:
                found.append(one.get("/balance").json())
        except httpx.ConnectError:
            return False
        return True

    eventually(asks, 30)
    return found[0]


def test_one_command_starts_it_and_an_interrupt_ends_it(tmp_path: Path) -> None:
    """Keys are printed once, when there is nobody yet; the worker ends with the server."""
    with started(tmp_path) as (process, url, keys):
        assert set(keys) == {"owner", "member", "admin"}
        assert answered(url, keys["member"])["available"] == 20_000
        process.send_signal(signal.SIGINT)
        assert process.wait(30) in {0, -signal.SIGINT}
        assert process.stderr is not None
        assert "Error" not in process.stderr.read().replace("KeyboardInterrupt", "")
    with started(tmp_path) as (_, url, none):
        assert none == {}
        assert answered(url, keys["member"])["available"] == 20_000


def test_who_starts_it_again_is_told_where_the_keys_went(rig: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """They cannot be printed again: what is kept of them is no key."""
    from examples.fastapi_app.__main__ import first_users

    rig.sql("DELETE FROM users")
    first_users(rig.host)
    assert capsys.readouterr().out.count("signs in with") == 3
    first_users(rig.host)
    assert capsys.readouterr().out == f"keys were printed when {rig.host.path} was new; only their digests are kept\n"


def test_a_service_that_is_killed_in_a_reply_has_lost_nothing(tmp_path: Path) -> None:
    """What was held waits for its deadline; wallet and ledger say the same; nobody was charged for nothing."""
    from examples.fastapi_app.plans import CATALOGUE
    from examples.storage.sqlite import Store, connect
    from tokenpurse import verify

    with started(tmp_path) as (process, url, keys):
        answered(url, keys["member"])
        with client(url, keys["member"]) as one, one.stream("POST", "/chat", json=ASK) as answer:
            next(answer.iter_raw(1))
            process.kill()
            process.wait(30)
    from contextlib import closing

    with closing(connect(str(tmp_path / "tokens.db"))) as db:
        store = Store(db, CATALOGUE)
        wallet, entries = store.load("acme"), store.entries("acme")
        verify(wallet, entries)
        [hold] = wallet.at(wallet.clock).holds()
        assert wallet.at(wallet.clock).held() == 8_003
        assert wallet.at(hold.until).available() == 20_000
    with started(tmp_path) as (_, url, _none):
        assert answered(url, keys["member"])["held"] == 8_003


@pytest.mark.parametrize(("key", "secret"), [("sk_test_1", ""), ("", "whsec_1")])
def test_half_of_stripe_is_a_mistake(key: str, secret: str) -> None:
    """A service that could take money and not believe that it has, or the other way round, does not start."""
    from examples.fastapi_app.__main__ import payments_for

    with pytest.raises(SystemExit, match="set both"):
        payments_for("http://shop.example", key, secret)


@pytest.mark.parametrize(
    "url", ["https://tokens.example", "http://10.0.0.7:8000", "http://localhost.tokens.example", ""]
)
def test_nothing_is_given_away_where_others_can_reach_it(url: str) -> None:
    """A service that has forgotten its keys does not start."""
    from examples.fastapi_app.__main__ import payments_for

    with pytest.raises(SystemExit, match="payments are real"):
        payments_for(url, "", "")


def test_which_payments_there_are(tmp_path: Path) -> None:
    """Stripe with both; with neither nobody's, whose secret is made anew each time."""
    from examples.fastapi_app.__main__ import payments_for
    from examples.fastapi_app.local import LocalPayments
    from examples.fastapi_app.payments import StripePayments

    assert isinstance(payments_for("", "sk_test_1", "whsec_1"), StripePayments)
    assert isinstance(payments_for("https://tokens.example", "sk_test_1", "whsec_1"), StripePayments)
    one, other = (payments_for(url, "", "") for url in ("http://127.0.0.1:8000", "http://localhost"))
    assert isinstance(one, LocalPayments)
    assert isinstance(other, LocalPayments)
    assert one.secret != other.secret
    assert len(one.secret) >= 32


def test_the_checkout_that_takes_no_money_is_not_there_with_stripe(tmp_path: Path) -> None:
    """Its address leads nowhere: nobody pays with a button."""
    import httpx

    from examples.fastapi_app.app import create
    from examples.fastapi_app.host import Host
    from examples.fastapi_app.local import LocalPayments, Parrot
    from examples.fastapi_app.payments import StripePayments

    async def said(payments: Any) -> Any:
        app = create(
            Host(path=str(tmp_path / "purse.db"), payments=payments, model=Parrot(), url="http://shop.example")
        )
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.example") as one:
            return (await one.post("/local/order-1")).json()["detail"]

    assert asyncio.run(said(LocalPayments(""))) == "no such order"
    assert asyncio.run(said(StripePayments("sk_test_1", "whsec_1"))) == "Not Found"
