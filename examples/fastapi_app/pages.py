"""The page's addresses. Forms come from our own page alone: others' have no cookie (SameSite), and are refused."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from examples.fastapi_app import accounts, buying
from examples.fastapi_app.api import COOKIE, Here, Owner, user_of
from examples.fastapi_app.host import Host
from examples.fastapi_app.local import LocalPayments
from examples.fastapi_app.orders import Order
from examples.fastapi_app.page import checkout_page, sign_in_page, wallet_page
from examples.fastapi_app.webhooks import receive
from examples.storage.sqlite import Store
from tokenpurse import recent_movements
from tokenpurse.codec import load_entry
from tokenpurse.entries import Entry

LARGEST = 4_096
router = APIRouter()
local = APIRouter()


async def form_of(request: Request) -> dict[str, str]:
    """Read a small form, of our own page where the browser says whose it is: nobody is signed in as somebody else."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise HTTPException(403, "this form is of another page")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise HTTPException(413, "no form here is that long")
    try:
        return {name: values[-1] for name, values in parse_qs(body.decode()).items()}
    except ValueError as problem:
        raise HTTPException(400, "this is no form") from problem


Form = Annotated[dict[str, str], Depends(form_of)]


def html(host: Host, write: Callable[[str], str]) -> HTMLResponse:
    """Send a page that runs no script, loads nothing, and stands in nobody's frame."""
    nonce = secrets.token_urlsafe(16)
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self' {host.sends_customers_to};"
        " base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return HTMLResponse(write(nonce), headers=headers)


def newest_first(store: Store, wallet: str) -> Iterator[Entry]:
    """Read a ledger from its end: only as far as somebody looks."""
    rows = store.db.execute("SELECT document FROM entries WHERE wallet = ? ORDER BY sequence DESC", (wallet,))
    return (load_entry(document, wallet=wallet) for (document,) in rows)


@router.get("/")
def home(request: Request, host: Here) -> Response:
    try:
        user = user_of(request)
    except HTTPException:
        return html(host, sign_in_page)
    with host.store() as store, store.db:
        store.db.execute("BEGIN")  # one picture of wallet and ledger, which holds nobody up
        wallet = store.load(user.wallet)
        view = wallet.at(host.clock())
        recent = recent_movements(newest_first(store, user.wallet), wallet, size=8)
    return html(host, lambda nonce: wallet_page(user, view, recent, host.prices, nonce))


@router.post("/sign-in")
def sign_in(form: Form, host: Here) -> Response:
    key = form.get("key", "")
    with host.store() as store:
        if accounts.find(store.db, key) is None:
            raise HTTPException(401, "nobody has this key")
    response = RedirectResponse("/", 303)
    secure = host.url.startswith("https:")
    response.set_cookie(COOKIE, key, httponly=True, samesite="lax", secure=secure, max_age=7 * 24 * 3600)
    return response


@router.post("/sign-out", dependencies=[Depends(form_of)])
def sign_out() -> Response:
    response = RedirectResponse("/", 303)
    response.delete_cookie(COOKIE)
    return response


@router.post("/buy-now")
def buy_now(host: Here, user: Owner, form: Form) -> Response:
    return RedirectResponse(buying.checkout(host, user, form.get("price", "")), 303)


@router.post("/pay-now")
def pay_now(host: Here, user: Owner, form: Form) -> Response:
    return RedirectResponse(buying.pay(host, user, form.get("request", "")), 303)


# -- the checkout that takes no money: only where payments are local -------------------------------------------------


@local.get("/local/{order}")
def local_checkout(order: str, host: Here) -> Response:
    found, _ = _ordered(host, order)
    text = f"{found.price / 100:.2f} {found.currency.upper()}"
    return html(host, lambda nonce: checkout_page(order, text, nonce))


@local.post("/local/{order}")
def local_payment(order: str, host: Here) -> Response:
    """Pay, and report it as the provider does: signed, and to the same door."""
    payments, (_, back) = host.payments, _ordered(host, order)
    if isinstance(payments, LocalPayments):
        receive(host, *payments.pay(order))
    return RedirectResponse(back, 303)


def _ordered(host: Host, order: str) -> tuple[Order, str]:
    found = host.payments.orders.get(order) if isinstance(host.payments, LocalPayments) else None
    if found is None:
        raise HTTPException(404, "no such order")
    return found
