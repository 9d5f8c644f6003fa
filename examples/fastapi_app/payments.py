"""Whoever takes payments, behind a small protocol; and Stripe as the one that does."""

from __future__ import annotations

import json
import time
from typing import Any, Protocol

import stripe

from examples.fastapi_app.orders import Order, Report
from examples.fastapi_app.reports import read


class NotSigned(Exception):
    """A report that nobody has signed, or somebody else. It is not read."""


class Payments(Protocol):
    """What the service asks a payment provider for. Asked twice for the same order, it does it once."""

    def checkout(self, order: Order, price: str | None, customer: str | None, back: str) -> str:
        """Give the address of a page where the customer pays an order, by a price of the provider or by its sum."""

    def charge(self, order: Order, customer: str | None, *, again: bool) -> Report | None:
        """Charge a customer who is not there; `None`: it is under way. `again`: it was asked for before."""

    def give_back(self, payment: str) -> None:
        """Pay back all of a payment."""

    def reported(self, body: bytes, signature: str | None) -> Report | None:
        """Check who sent a report, then read it; `None`: it is about nothing that matters here.

        Raises:
            NotSigned: it was not the provider.
        """


def verified(body: bytes, signature: str | None, secret: str) -> dict[str, Any]:
    """Read a report of Stripe whose signature is right, and not older than five minutes."""
    if not secret:  # an empty one would let everybody sign
        raise NotSigned("no secret is configured, so no report is believed")
    try:
        text = body.decode()
        stripe.WebhookSignature.verify_header(text, signature or "", secret, stripe.Webhook.DEFAULT_TOLERANCE)
        event: dict[str, Any] = json.loads(text)
    except (stripe.SignatureVerificationError, ValueError, TypeError) as problem:  # the last: a digest in odd letters
        raise NotSigned("the report is not signed by the provider") from problem
    return event


class StripePayments:
    """Stripe itself.

    Args:
        key: the secret API key.
        secret: the webhook's signing secret; empty: no report is believed.
        api: another address than Stripe's own, for tests.
    """

    def __init__(self, key: str, secret: str, api: str | None = None) -> None:
        self._client = stripe.StripeClient(key, base_addresses={"api": api} if api else {}, max_network_retries=2)
        self._secret = secret

    def checkout(self, order: Order, price: str | None, customer: str | None, back: str) -> str:
        """Open a checkout session, which keeps the card for charges to come."""
        item: dict[str, Any] = {"quantity": 1, "price": price}
        if price is None:
            named = {"currency": order.currency, "unit_amount": order.price, "product_data": {"name": order.what}}
            item = {"quantity": 1, "price_data": named}
        params: dict[str, Any] = {
            "mode": "payment",
            "client_reference_id": order.id,
            "line_items": [item],
            "payment_intent_data": {"metadata": {"order": order.id}, "setup_future_usage": "off_session"},
            "success_url": back,
            "cancel_url": back,
        }
        params |= {"customer": customer} if customer else {"customer_creation": "always"}
        session = self._client.v1.checkout.sessions.create(params, {"idempotency_key": order.id})  # type: ignore[arg-type]
        return str(session.url)

    def charge(self, order: Order, customer: str | None, *, again: bool) -> Report | None:
        """Charge the card that was kept, off session; what can never be charged is declined for good."""
        if customer is None:
            return _declined(order, f"none:{order.id}", hard=True)
        try:
            return self._charge(order, customer, again=again)
        except stripe.InvalidRequestError as problem:
            if problem.code not in NEVER:
                raise
            return _declined(order, f"none:{order.id}", hard=True)

    def _charge(self, order: Order, customer: str, *, again: bool) -> Report | None:
        intent = self._asked_before(order, customer) if again else None
        if intent is None:
            cards = self._client.v1.customers.payment_methods.list(customer, {"type": "card", "limit": 1})
            if not cards.data:
                return _declined(order, f"none:{order.id}", hard=True)
            params: dict[str, Any] = {
                "amount": order.price,
                "currency": order.currency,
                "customer": customer,
                "payment_method": cards.data[0].id,
                "off_session": True,
                "confirm": True,
                "metadata": {"order": order.id},
            }
            try:
                intent = self._client.v1.payment_intents.create(params, {"idempotency_key": order.id})  # type: ignore[arg-type]
            except stripe.CardError as problem:
                refused = problem.error.payment_intent if problem.error else None
                payment = str(refused["id"]) if refused else f"none:{order.id}"
                return _declined(order, payment, hard=problem.code in HARD)
        return _outcome(order, intent)

    def _asked_before(self, order: Order, customer: str) -> stripe.PaymentIntent | None:
        """Find what came of a charge whose answer was lost: idempotency keys are forgotten after a day."""
        found = self._client.v1.payment_intents.list({"customer": customer, "limit": 100}).auto_paging_iter()
        return next((each for each in found if each.to_dict()["metadata"].get("order") == order.id), None)

    def give_back(self, payment: str) -> None:
        """Refund the whole of it, once."""
        try:
            self._client.v1.refunds.create({"payment_intent": payment}, {"idempotency_key": f"back:{payment}"})
        except stripe.InvalidRequestError as problem:
            if problem.code not in GONE:
                raise

    def reported(self, body: bytes, signature: str | None) -> Report | None:
        """Check the signature, then read."""
        return read(verified(body, signature, self._secret))


HARD = {"expired_card", "lost_card", "stolen_card", "pickup_card"}
NEVER = {"amount_too_small", "amount_too_large", "resource_missing"}  # the last: the customer was deleted there
GONE = {"charge_already_refunded", "charge_disputed"}  # so that there is nothing to give back


def _outcome(order: Order, intent: stripe.PaymentIntent) -> Report | None:
    if intent.status == "succeeded":
        return Report(
            id=f"answer:{intent.id}",
            at=intent.created,
            payment=intent.id,
            order=order.id,
            received=intent.amount_received,
            currency=intent.currency,
        )
    return None if intent.status == "processing" else _declined(order, intent.id, hard=False)


def _declined(order: Order, payment: str, *, hard: bool) -> Report:
    return Report(id=f"answer:{payment}", at=int(time.time()), payment=payment, order=order.id, failed=True, hard=hard)
