"""Where the payment provider reports. Nobody is signed in here: the signature is all that is believed."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool

from examples.fastapi_app.api import Here
from examples.fastapi_app.host import Host
from examples.fastapi_app.payments import NotSigned
from examples.fastapi_app.settling import take_in

LARGEST = 256 * 1024
router = APIRouter()


@router.post("/webhooks/payments")
async def report(request: Request, host: Here) -> dict[str, bool]:
    """Take a report in. It is answered once that is stored: on any error the provider sends it again."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise HTTPException(413, "no report is that long")
    await run_in_threadpool(receive, host, body, request.headers.get("stripe-signature"))
    return {"received": True}


def receive(host: Host, body: bytes, signature: str | None) -> None:
    """Check the signature of a report over its very bytes, read it, and take it in."""
    try:
        said = host.payments.reported(body, signature)
    except NotSigned as problem:
        raise HTTPException(400, str(problem)) from problem
    if said is not None:
        with host.store() as store:
            take_in(store, said, host.clock)
