"""A payment provider that takes no money: for trying the service out, and for its tests. Never for customers.

It signs its reports as Stripe does, so that they are checked by the same code.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import secrets
import time
from collections.abc import AsyncGenerator
from typing import Any

from examples.fastapi_app.orders import Order, Report
from examples.fastapi_app.payments import verified
from examples.fastapi_app.reports import read


class LocalPayments:
    """Takes every card, unless told otherwise.

    Attributes:
        secret: signs the reports.
        orders: what was sent to the checkout, by id.
        charges: what became of each charge, by the order: asked again, it answers the same.
        declines: the wallets whose cards are declined.
        returned: the payments that were given back.
    """

    def __init__(self, url: str, secret: str | None = None) -> None:
        self.url = url
        self.secret = secrets.token_hex() if secret is None else secret
        self.orders: dict[str, tuple[Order, str]] = {}
        self.charges: dict[str, Report] = {}
        self.declines: set[str] = set()
        self.returned: list[str] = []
        self._numbers = itertools.count(1)

    def checkout(self, order: Order, price: str | None, customer: str | None, back: str) -> str:  # noqa: ARG002
        """Give the address of a page with one button."""
        self.orders[order.id] = (order, back)
        return f"{self.url}/local/{order.id}"

    def charge(self, order: Order, customer: str | None, *, again: bool) -> Report | None:  # noqa: ARG002
        """Take the money, or decline; once for each order."""
        if order.id not in self.charges:
            payment, declined = self._payment(), order.wallet in self.declines
            said: dict[str, Any] = {} if declined else {"received": order.price, "currency": order.currency}
            at = int(time.time())
            self.charges[order.id] = Report(
                id=f"answer:{payment}", at=at, payment=payment, order=order.id, failed=declined, **said
            )
        return self.charges[order.id]

    def give_back(self, payment: str) -> None:
        """Note that it went back, once."""
        if payment not in self.returned:
            self.returned.append(payment)

    def reported(self, body: bytes, signature: str | None) -> Report | None:
        """Check and read a report, as for Stripe."""
        return read(verified(body, signature, self.secret))

    def pay(self, order: str) -> tuple[bytes, str]:
        """Pay what is at the checkout, and give the report of it with its signature."""
        found, _ = self.orders[order]
        session = {
            "payment_status": "paid",
            "payment_intent": self._payment(),
            "client_reference_id": order,
            "amount_total": found.price,
            "currency": found.currency,
            "customer": f"cus_{found.wallet}",
        }
        return self.report("checkout.session.completed", session)

    def report(self, kind: str, thing: dict[str, Any], **said: Any) -> tuple[bytes, str]:
        """Write a report and sign it."""
        event = {"id": f"evt_{secrets.token_hex(8)}", "created": int(time.time()), "type": kind} | said
        body = json.dumps(event | {"object": "event", "data": {"object": thing}}).encode()
        return body, self.sign(body)

    def sign(self, body: bytes, at: int | None = None) -> str:
        """Sign a report: a moment, and a digest over both that only who has the secret can make."""
        moment = int(time.time()) if at is None else at
        digest = hmac.new(self.secret.encode(), b"%d.%b" % (moment, body), hashlib.sha256).hexdigest()
        return f"t={moment},v1={digest}"

    def _payment(self) -> str:
        return f"pi_local_{secrets.token_hex(4)}_{next(self._numbers)}"


class Parrot:
    """A model that costs nothing: it says the prompt again, over and over, a word at a time.

    Args:
        pause: between words, in seconds.
    """

    def __init__(self, pause: float = 0) -> None:
        self._pause = pause

    def count(self, prompt: str) -> int:
        """Count words."""
        return len(prompt.split())

    async def reply(self, prompt: str) -> AsyncGenerator[str]:
        """Say it again, without an end."""
        for word in itertools.cycle(prompt.split() or ["?"]):
            yield f"{word} "
            await asyncio.sleep(self._pause)
