"""The service on a real server of its own, on the loopback, with a clock that the test moves."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from examples.fastapi_app import accounts
from examples.fastapi_app.app import create
from examples.fastapi_app.host import Host
from examples.fastapi_app.local import LocalPayments, Parrot
from examples.fastapi_app.worker import Worker
from tokenpurse import View, verify
from tokenpurse.notices import Notice

__all__ = ["START", "WEBHOOK", "Rig", "served"]

START = datetime(2026, 7, 10, 9, tzinfo=UTC)
WEBHOOK = "/webhooks/payments"
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # nothing here speaks TLS, and reading all certificates takes a while
ROLES = ("owner", "member", "admin")


class Rig:
    """A service and those who use it: somebody of each role in `acme`, and the owner of another wallet."""

    def __init__(self, folder: Path, url: str, closing: ExitStack) -> None:
        self.now = START
        self.url = url
        self.payments = LocalPayments(url, "whsec_test")
        self.model: Any = Parrot()
        self.mails: list[Notice] = []
        self.host = Host(
            path=str(folder / "purse.db"),
            payments=self.payments,
            model=self,
            clock=lambda: self.now,
            url=url,
        )
        self.app = create(self.host)
        self.worker = Worker(self.host, lambda _, notice: self.mails.append(notice))
        self.keys: dict[str, str] = {}
        self._closing = closing
        for wallet in ("acme", "rival"):
            self.host.sign_up(wallet)
        for role in ROLES:
            self.let_in(role, "acme", role)
        self.let_in("rival", "rival", "owner")
        self.anyone = closing.enter_context(httpx.Client(base_url=url, timeout=30, verify=PLAIN))

    def count(self, prompt: str) -> int:
        """The service's model is the rig, so that a test can change the one behind it."""
        return int(self.model.count(prompt))

    def reply(self, prompt: str) -> Any:
        """Likewise."""
        return self.model.reply(prompt)

    def let_in(self, name: str, wallet: str, role: str) -> None:
        """One more user."""
        with self.host.store() as store:
            self.keys[name] = accounts.add(store.db, name, wallet, role)

    def by(self, name: str) -> httpx.Client:
        """A client of this user."""
        headers = {"Authorization": f"Bearer {self.keys[name]}"}
        return self._closing.enter_context(httpx.Client(base_url=self.url, headers=headers, timeout=30, verify=PLAIN))

    def view(self, wallet: str = "acme") -> View:
        """The wallet as it is stored, read now."""
        with self.host.store() as store:
            return store.load(wallet).at(self.now)

    def act(self, verb: Any, wallet: str = "acme") -> Any:
        """Do something behind the service's back."""
        with self.host.store() as store:
            return store.act(wallet, verb)

    def sql(self, statement: str, *row: Any) -> list[tuple[Any, ...]]:
        """Look at the tables."""
        with self.host.store() as store:
            return store.db.execute(statement, row).fetchall()

    def sound(self) -> None:
        """Wallets and ledgers say the same."""
        with self.host.store() as store:
            for wallet in ("acme", "rival"):
                verify(store.load(wallet), store.entries(wallet))

    def checkout(self, price: str = "price_tokens_1m") -> str:
        """The owner goes to the checkout; the order's id."""
        answer = self.by("owner").post("/buy", json={"price": price})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["checkout"]).rpartition("/")[2]

    def send(self, body: bytes, signature: str | None) -> httpx.Response:
        """Report as the provider does."""
        headers = {} if signature is None else {"Stripe-Signature": signature}
        return self.anyone.post(WEBHOOK, content=body, headers=headers)

    def told(self, kind: str, thing: dict[str, Any], **said: Any) -> httpx.Response:
        """Sign a report, and send it."""
        return self.send(*self.payments.report(kind, thing, **said))

    def bought(self, price: str = "price_tokens_1m") -> str:
        """Buy and pay; the payment's id."""
        order = self.checkout(price)
        answer = self.send(*self.payments.pay(order))
        assert answer.status_code == 200, answer.text
        [(payment,)] = self.sql("SELECT id FROM payments WHERE order_id = ?", order)
        return str(payment)

    def later(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)


def eventually(holds: Any, seconds: float = 10) -> None:
    """Wait until something holds."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.01)


@contextmanager
def served(folder: Path) -> Iterator[Rig]:
    """Start the service, and stop it."""
    with ExitStack() as closing, socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        rig = Rig(folder, f"http://127.0.0.1:{door.getsockname()[1]}", closing)
        server = uvicorn.Server(uvicorn.Config(rig.app, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
        thread.start()
        try:
            eventually(lambda: server.started)
            yield rig
        finally:
            server.should_exit = True
            thread.join()
