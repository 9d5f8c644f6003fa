"""What Stripe's reports say, as far as it matters here: ids and sums, and not what is to be had for them."""

from __future__ import annotations

from typing import Any

from examples.fastapi_app.orders import Report


def read(event: dict[str, Any]) -> Report | None:
    """Read a report whose signature was checked; `None`: it is about something else."""
    kind, thing = str(event["type"]), event["data"]["object"]
    made: dict[str, Any] = {"id": event["id"], "at": event["created"]}
    if kind in {"checkout.session.completed", "checkout.session.async_payment_succeeded"}:
        return _checkout(made, thing)
    if kind == "payment_intent.succeeded" and thing["metadata"].get("order"):
        paid = {"received": thing["amount_received"], "currency": thing["currency"]}
        return Report(**made, payment=thing["id"], order=thing["metadata"]["order"], **paid)
    if kind == "payment_intent.payment_failed" and thing["metadata"].get("order"):
        return Report(**made, payment=thing["id"], order=thing["metadata"]["order"], failed=True)
    if kind in {"charge.refunded", "charge.updated"} and thing["payment_intent"]:
        return Report(**made, payment=thing["payment_intent"], refunded=thing["amount_refunded"])
    if kind.startswith("charge.dispute.") and thing["payment_intent"]:
        said = (thing["id"], thing["amount"], thing["status"])
        return Report(**made, payment=thing["payment_intent"], dispute=said)
    return None


def _checkout(made: dict[str, Any], session: dict[str, Any]) -> Report | None:
    if session["payment_status"] != "paid" or not session["payment_intent"]:
        return None  # by bank transfer: it is paid days later, and reported again
    return Report(
        **made,
        payment=session["payment_intent"],
        order=session["client_reference_id"],
        received=session["amount_total"],
        currency=session["currency"],
        customer=session.get("customer"),
    )
