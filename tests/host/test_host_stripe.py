"""The official client against a server on the loopback that answers as the API does: what is sent, and what is read."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.support.outside import missing

URL = "http://shop.example"


class Api:
    """Keeps what it was asked, and answers by path; a list is answered one after the other."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], str | None]] = []
        self.answers: dict[str, Any] = {}

    def answer(self, path: str) -> tuple[int, Any]:
        found = self.answers[path]
        return found.pop(0) if isinstance(found, list) else found

    def keys(self, path: str) -> list[str | None]:
        return [key for method, asked, _, key in self.asked if asked == path and method == "POST"]


class Door(BaseHTTPRequestHandler):
    def _answer(self, text: str) -> None:
        path, _, query = self.path.partition("?")
        api: Api = self.server.api  # type: ignore[attr-defined]
        api.asked.append((self.command, path, dict(parse_qsl(text or query)), self.headers.get("Idempotency-Key")))
        status, thing = api.answer(path)
        body = json.dumps(thing).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:  # the name that the server calls
        self._answer("")

    def do_POST(self) -> None:  # likewise
        self._answer(self.rfile.read(int(self.headers["Content-Length"] or 0)).decode())

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def api() -> Iterator[Api]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.api = Api()  # type: ignore[attr-defined]
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.api.address = f"http://127.0.0.1:{server.server_address[1]}"  # type: ignore[attr-defined]
    yield server.api  # type: ignore[attr-defined]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def payments(api: Any) -> Any:
    try:
        from examples.fastapi_app.payments import StripePayments
    except ModuleNotFoundError as error:
        missing(f"module {error.name}", extra="host")
    return StripePayments("sk_test_1", "whsec_test", api.address)


@pytest.fixture
def order() -> Any:
    from examples.fastapi_app.orders import Order

    return Order(id="acme/charge:1", wallet="acme", what="charge", name="charge:1", price=500, currency="usd")


INTENTS = "/v1/payment_intents"
CARDS = "/v1/customers/cus_1/payment_methods"
HAS_CARD = (200, {"object": "list", "data": [{"id": "pm_1", "object": "payment_method"}]})


def intent(status: str, order: str = "acme/charge:1") -> dict[str, Any]:
    return {
        "id": "pi_1",
        "object": "payment_intent",
        "status": status,
        "created": 1_780_000_000,
        "amount_received": 500 if status == "succeeded" else 0,
        "currency": "usd",
        "metadata": {"order": order},
    }


def card_error(code: str) -> tuple[int, Any]:
    known = {"id": "pi_1", "object": "payment_intent"}
    return 402, {"error": {"type": "card_error", "code": code, "message": "no", "payment_intent": known}}


def test_a_checkout_is_of_one_price_and_keeps_the_card(payments: Any, api: Api, order: Any) -> None:
    """The order's id goes along twice: with the session, and with what is charged, where refunds have it too."""
    api.answers["/v1/checkout/sessions"] = (200, {"id": "cs_1", "object": "checkout.session", "url": "https://pay/1"})
    assert payments.checkout(order, "price_1", None, URL) == "https://pay/1"
    [(method, _, sent, key)] = api.asked
    assert (method, key) == ("POST", order.id)
    assert sent == {
        "mode": "payment",
        "client_reference_id": order.id,
        "line_items[0][price]": "price_1",
        "line_items[0][quantity]": "1",
        "payment_intent_data[metadata][order]": order.id,
        "payment_intent_data[setup_future_usage]": "off_session",
        "success_url": URL,
        "cancel_url": URL,
        "customer_creation": "always",
    }


def test_a_checkout_of_a_sum_names_it_in_minor_units(payments: Any, api: Api, order: Any) -> None:
    api.answers["/v1/checkout/sessions"] = (200, {"id": "cs_1", "object": "checkout.session", "url": "https://pay/1"})
    payments.checkout(order, None, "cus_1", URL)
    [(_, _, sent, _)] = api.asked
    assert (sent["line_items[0][price_data][unit_amount]"], sent["line_items[0][price_data][currency]"]) == (
        "500",
        "usd",
    )
    assert (sent["customer"], "customer_creation" in sent) == ("cus_1", False)


def test_a_charge_is_off_session_with_the_card_that_was_kept(payments: Any, api: Api, order: Any) -> None:
    api.answers = {CARDS: HAS_CARD, INTENTS: (200, intent("succeeded"))}
    report = payments.charge(order, "cus_1", again=False)
    _, _, sent, key = api.asked[-1]
    assert key == order.id
    assert sent == {
        "amount": "500",
        "currency": "usd",
        "customer": "cus_1",
        "payment_method": "pm_1",
        "off_session": "true",
        "confirm": "true",
        "metadata[order]": order.id,
    }
    assert (report.payment, report.order, report.received, report.currency) == ("pi_1", order.id, 500, "usd")


@pytest.mark.parametrize(
    ("code", "hard"), [("card_declined", False), ("expired_card", True), ("authentication_required", False)]
)
def test_a_card_that_is_refused_is_a_decline(payments: Any, api: Api, order: Any, code: str, hard: bool) -> None:
    """Hard, where trying again cannot help."""
    api.answers = {CARDS: HAS_CARD, INTENTS: card_error(code)}
    report = payments.charge(order, "cus_1", again=False)
    assert (report.payment, report.failed, report.hard, report.received) == ("pi_1", True, hard, None)


@pytest.mark.parametrize(("status", "failed"), [("processing", None), ("requires_action", True)])
def test_a_charge_that_is_not_done(payments: Any, api: Api, order: Any, status: str, failed: bool | None) -> None:
    """Under way, it will be reported; where the customer would have to do something, it is declined."""
    api.answers = {CARDS: HAS_CARD, INTENTS: (200, intent(status))}
    report = payments.charge(order, "cus_1", again=False)
    assert (report and report.failed) == failed


def test_without_a_customer_or_a_card_there_is_nothing_to_try(payments: Any, api: Api, order: Any) -> None:
    api.answers = {CARDS: (200, {"object": "list", "data": []})}
    for customer in (None, "cus_1"):
        report = payments.charge(order, customer, again=False)
        assert (report.failed, report.hard) == (True, True)
    assert api.keys(INTENTS) == []


def test_a_charge_that_was_asked_before_is_looked_for_first(payments: Any, api: Api, order: Any) -> None:
    """Days later the key is forgotten, and the payment is not."""
    found = {"object": "list", "data": [intent("succeeded", "other"), intent("succeeded")], "has_more": False}
    api.answers = {CARDS: HAS_CARD, INTENTS: (200, found)}
    assert payments.charge(order, "cus_1", again=True).received == 500
    assert api.keys(INTENTS) == []


def test_a_charge_that_never_arrived_is_made(payments: Any, api: Api, order: Any) -> None:
    nothing = {"object": "list", "data": [intent("succeeded", "other")], "has_more": False}
    api.answers = {CARDS: HAS_CARD, INTENTS: [(200, nothing), (200, intent("succeeded"))]}
    assert payments.charge(order, "cus_1", again=True).received == 500
    assert api.keys(INTENTS) == [order.id]


def test_a_server_that_fails_is_asked_again_with_the_same_key(payments: Any, api: Api, order: Any) -> None:
    """The client itself tries twice more; what fails then is raised, and waits in the outbox."""
    import stripe

    error = (500, {"error": {"type": "api_error", "message": "later"}})
    api.answers = {CARDS: HAS_CARD, INTENTS: [error, (200, intent("succeeded"))]}
    assert payments.charge(order, "cus_1", again=False).received == 500
    assert api.keys(INTENTS) == [order.id] * 2
    api.answers[INTENTS] = error
    with pytest.raises(stripe.APIError):
        payments.charge(order, "cus_1", again=False)


def test_what_cannot_be_used_is_given_back_once(payments: Any, api: Api) -> None:
    api.answers["/v1/refunds"] = (200, {"id": "re_1", "object": "refund"})
    payments.give_back("pi_1")
    assert api.asked == [("POST", "/v1/refunds", {"payment_intent": "pi_1"}, "back:pi_1")]


def test_its_reports_are_signed_with_its_secret(payments: Any) -> None:
    """The same check as everywhere, with the secret that it was given."""
    from examples.fastapi_app.local import LocalPayments
    from examples.fastapi_app.payments import NotSigned, StripePayments

    body, signature = LocalPayments(URL, "whsec_test").report(
        "charge.refunded", {"payment_intent": "pi_1", "amount_refunded": 5}
    )
    assert payments.reported(body, signature).refunded == 5
    for secret in ("", "whsec_other"):
        with pytest.raises(NotSigned):
            StripePayments("sk_test_1", secret).reported(body, signature)


@pytest.mark.parametrize("code", ["charge_already_refunded", "charge_disputed"])
def test_what_went_back_another_way_is_not_given_back_for_ever(payments: Any, api: Api, code: str) -> None:
    """By hand at the provider, or through the customer's bank; another refusal is tried again."""
    api.answers["/v1/refunds"] = (400, {"error": {"type": "invalid_request_error", "code": code, "message": "no"}})
    payments.give_back("pi_1")
    api.answers["/v1/refunds"] = (400, {"error": {"type": "invalid_request_error", "message": "no"}})
    with pytest.raises(Exception, match="no"):
        payments.give_back("pi_1")


@pytest.mark.parametrize(("code", "path"), [("amount_too_small", INTENTS), ("resource_missing", CARDS)])
def test_what_can_never_be_charged_is_declined_for_good(
    payments: Any, api: Api, order: Any, code: str, path: str
) -> None:
    """A sum that the provider does not take, or a customer who was deleted there: else it is asked for ever."""
    refusal = (400, {"error": {"type": "invalid_request_error", "code": code, "message": "no"}})
    api.answers = {CARDS: HAS_CARD, INTENTS: refusal} | {path: refusal}
    report = payments.charge(order, "cus_1", again=False)
    assert (report.failed, report.hard) == (True, True)
    api.answers = {CARDS: HAS_CARD, INTENTS: (400, {"error": {"type": "invalid_request_error", "message": "no"}})}
    with pytest.raises(Exception, match="no"):
        payments.charge(order, "cus_1", again=False)
