"""The service as one application: `create(host)` for any ASGI server."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from examples.fastapi_app import api, pages, webhooks
from examples.fastapi_app.host import Host
from examples.fastapi_app.local import LocalPayments
from examples.fastapi_app.metering import InUse
from tokenpurse.errors import ConflictError, LimitReached, NotAllowed, NotEnough, PurseError, Refused


def create(host: Host) -> FastAPI:
    """Put the parts together, and make the tables where there are none."""
    host.prepare()
    app = FastAPI(title="tokens", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.host = host
    for part in (api, pages, webhooks):
        app.include_router(part.router)
    if isinstance(host.payments, LocalPayments):
        app.include_router(pages.local)
    app.add_exception_handler(PurseError, _refused)
    app.add_exception_handler(InUse, _in_use)
    app.add_exception_handler(RequestValidationError, _no_request)
    return app


def _refused(_: Request, problem: Exception) -> JSONResponse:
    """Say no as the wallet does, with what would let the same request succeed."""
    status = 402 if isinstance(problem, NotEnough | LimitReached) else 403 if isinstance(problem, NotAllowed) else 409
    if not isinstance(problem, Refused | ConflictError):
        status = 422
    remedies = [str(each) for each in problem.remedies] if isinstance(problem, Refused) else []
    return JSONResponse({"error": type(problem).__name__, "said": str(problem), "remedies": remedies}, status)


def _in_use(_: Request, __: Exception) -> JSONResponse:
    return JSONResponse({"error": "InUse", "said": "this key was used before; another attempt needs another one"}, 409)


def _no_request(_: Request, problem: Exception) -> JSONResponse:
    """Say what is wrong with a request, and not what it said: half a letter, or no number, cannot be said again."""
    found = problem.errors() if isinstance(problem, RequestValidationError) else []
    wrong = [{"loc": each["loc"], "type": each["type"], "msg": each["msg"]} for each in found]
    return JSONResponse({"detail": wrong}, 422)
