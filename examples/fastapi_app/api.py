"""What programs ask of the service. Each request is somebody's; the wallet is theirs, and their role decides."""

from __future__ import annotations

import secrets
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Header, HTTPException, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field, StrictInt, StrictStr

from examples.fastapi_app import accounts, buying
from examples.fastapi_app.accounts import User
from examples.fastapi_app.host import Host
from examples.fastapi_app.metering import Held, MeteredReply
from examples.storage.sqlite import AlreadyDone
from tokenpurse import View
from tokenpurse.errors import UnknownNameError

LONGEST_PROMPT = 20_000  # characters
LONGEST_REPLY = 8_000  # tokens
COOKIE = "session"
router = APIRouter()


def host_of(request: Request) -> Host:
    """Give the service's parts."""
    return cast("Host", request.app.state.host)


def user_of(request: Request) -> User:
    """Find out who asks: by the key in the header, or by the cookie that the page has set."""
    host = host_of(request)
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    key = key if scheme.lower() == "bearer" else request.cookies.get(COOKIE, "")
    with host.store() as store:
        user = accounts.find(store.db, key) if key else None
    if user is None:
        raise HTTPException(401, "who are you?", {"WWW-Authenticate": "Bearer"})
    return user


class Only:
    """Lets some roles pass, here and not in the page: what a page hides can still be asked for."""

    def __init__(self, *roles: str) -> None:
        self._roles = roles

    def __call__(self, user: Annotated[User, Depends(user_of)]) -> User:
        """Let the user pass, or not."""
        if user.role not in self._roles:
            raise HTTPException(403, f"this is for {' or '.join(self._roles)}")
        return user


Here = Annotated[Host, Depends(host_of)]
Somebody = Annotated[User, Depends(user_of)]
Owner = Annotated[User, Depends(Only("owner"))]
Admin = Annotated[User, Depends(Only("admin"))]
Key = Annotated[str | None, Header(pattern=r"^[A-Za-z0-9._-]{1,40}$")]


# -- reading and using -----------------------------------------------------------------------------------------------


def view_of(host: Host, wallet: str) -> View:
    """Read a wallet as it is now."""
    with host.store() as store:
        return store.load(wallet).at(host.clock())


@router.get("/balance")
def balance(host: Here, user: Somebody) -> dict[str, Any]:
    view = view_of(host, user.wallet)
    gauge, resets = view.gauge(), view.next_reset()
    return {
        "plan": view.plan.name,
        "available": view.available(labels={"member": user.id}),
        "held": view.held(),
        "debt": view.debt(),
        "used": gauge.used,
        "size": gauge.size,
        "resets": resets and resets.isoformat(),
        "pending": [request.id for request in view.pending()],
    }


class Chat(BaseModel):
    """A prompt, and how long the reply may be, in tokens."""

    prompt: Annotated[StrictStr, Field(min_length=1, max_length=LONGEST_PROMPT)]
    longest: Annotated[StrictInt, Field(ge=1, le=LONGEST_REPLY)] = 1_000


@router.post("/chat")
def chat(chat: Chat, host: Here, user: Somebody, idempotency_key: Key = None) -> Response:
    """Answer, and charge what of the answer was sent. A request that is sent again needs a key of its own."""
    prompt = host.model.count(chat.prompt)
    held = Held(host, user, idempotency_key or secrets.token_hex(8), prompt + chat.longest)
    return MeteredReply(host.model.reply(chat.prompt), held, prompt, chat.longest)


# -- buying ----------------------------------------------------------------------------------------------------------


class Purchase(BaseModel):
    """The id of a price. What it buys, and for how much, is not the customer's to say."""

    price: Annotated[StrictStr, Field(max_length=100)]


class Bought(BaseModel):
    """Something a wallet has asked for and that is not paid yet: a renewal, a bill."""

    request: Annotated[StrictStr, Field(max_length=200)]


@router.post("/buy")
def buy(purchase: Purchase, host: Here, user: Owner) -> dict[str, str]:
    return {"checkout": buying.checkout(host, user, purchase.price)}


@router.post("/pay")
def pay(bought: Bought, host: Here, user: Owner) -> dict[str, str]:
    return {"checkout": buying.pay(host, user, bought.request)}


# -- settings --------------------------------------------------------------------------------------------------------


class AutoTopUp(BaseModel):
    """Below how many tokens to buy how many."""

    threshold: Annotated[StrictInt, Field(ge=0)]
    purchase: Annotated[StrictInt, Field(gt=0)]


@router.put("/auto-top-up")
def auto_top_up(chosen: AutoTopUp, host: Here, user: Owner) -> dict[str, bool]:
    """Let the service buy. It is a consent to be charged: the entry has who gave it, and when."""
    at, threshold, purchase = host.clock(), chosen.threshold, chosen.purchase
    with host.store() as store:
        store.act(
            user.wallet,
            lambda wallet: wallet.set_auto_top_up(threshold=threshold, purchase=purchase, at=at, by=user.role),
        )
    return {"on": True}


@router.delete("/auto-top-up")
def no_auto_top_up(host: Here, user: Owner) -> dict[str, bool]:
    at = host.clock()
    with host.store() as store:
        store.act(user.wallet, lambda wallet: wallet.set_auto_top_up(enabled=False, at=at, by=user.role))
    return {"on": False}


class Budget(BaseModel):
    """What one member, or everybody who has no budget of their own, may use in a period; `null`: whatever there is."""

    tokens: Annotated[StrictInt, Field(ge=0)] | None
    member: Annotated[StrictStr, Field(pattern=r"^[0-9a-f]{16}$")] | None = None


@router.put("/budget")
def budget(budget: Budget, host: Here, user: Owner) -> dict[str, int | None]:
    tokens, member, at = budget.tokens, budget.member, host.clock()
    with host.store() as store:
        store.act(
            user.wallet,
            lambda wallet: wallet.set_limit("member_budget", tokens, label=member, at=at, by=user.role),
        )
    return {"tokens": budget.tokens}


# -- what only those who run the service may do ----------------------------------------------------------------------


class Gift(BaseModel):
    """Tokens for nothing. The ref is the reason's own: a ticket that is answered twice gives once."""

    tokens: Annotated[StrictInt, Field(gt=0)]
    ref: Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")]


@router.post("/wallets/{wallet}/gifts")
def give(wallet: str, gift: Gift, host: Here, user: Admin) -> dict[str, int]:
    """The one place where a request names a wallet, so only for those who may act on any."""
    ref = f"gift:{gift.ref}"
    with host.store() as store:
        try:
            store.act(wallet, lambda each: each.grant(gift.tokens, at=host.clock(), ref=ref, by=user.role))
        except AlreadyDone as done:  # so long ago that only the ledger remembers it
            if not done.repeated:
                raise HTTPException(409, "this ref was used for another gift") from done
        except UnknownNameError:  # there is a wallet, and the catalogue lacks its plan
            raise
        except LookupError as problem:
            raise HTTPException(404, "there is no such wallet") from problem
        return {"balance": int(store.load(wallet).at(host.clock()).balance())}
