"""A small world in which every verb can be called: three plans that have every part, and one good call of each verb."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from attrs import frozen

from tokenpurse import (
    Alert,
    Allowance,
    AutoTopUp,
    Bound,
    Catalogue,
    Change,
    Limit,
    Offer,
    PayAsYouGo,
    Plan,
    Price,
    Switch,
    Wallet,
)

__all__ = ["BIG", "CALLS", "FREE", "PLANS", "RICH", "Call", "after", "charged", "july", "opened"]


def july(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A moment of July 2026, in UTC; days beyond 31 are August's."""
    return datetime(2026, 7 + (day > 31), day - 31 * (day > 31), hour, minute, tzinfo=UTC)


TOKENS = Offer("tokens", price=Decimal(5), per=1_000, minimum=10, maximum=5_000, buyers={"admin"})
CREDITS = Offer("credits", unit="USD", price=Decimal(1), minimum=Decimal(5), maximum=Decimal(1_000))
FREE = Plan("free", allowances=[Allowance(100)], usable={"quota"}, upgrades_to={"rich"})
RICH = Plan(
    "rich",
    rank=1,
    allowances=[Allowance(1_000), Allowance(10, "sms", per="seats"), Allowance(5, kind="login", given="on_claim")],
    offers=[TOKENS, CREDITS],
    prices=[
        Price("conversation", 200, unit="tokens"),
        Price("search", Decimal(0)),
        Price("mail", Decimal("0.001"), unit="USD"),
    ],
    pay_as_you_go=[PayAsYouGo(Decimal("0.05"), meter="sms")],
    limits=[Limit("token_limit", unit="tokens", minimum=100, maximum=10_000, setters={"admin"})],
    alerts=[Alert("low", "left", below=Bound("allowance", Decimal("0.2"))), Alert("empty", "left", at_or_below=0)],
    auto_top_up=AutoTopUp("credits", setters={"owner"}),
    upgrades_to={"big"},
    cancels_to="free",
    on_cancel=Switch(when="period_end", forfeit={"promo"}),
)
BIG = Plan("big", rank=2, allowances=[Allowance(100_000), Allowance(10, "sms", per="seats")], offers=[CREDITS])
PLANS = Catalogue([FREE, RICH, BIG])


def opened(plan: str = "rich", **more: Any) -> Change:
    """A wallet of the world, opened on 1 July."""
    given: dict[str, Any] = {"id": "acme", "at": july(1), "catalogue": PLANS, "counts": {"seats": 2}, **more}
    if plan == "free":
        del given["counts"]
    return Wallet.open(plan, **given)


def after(*verbs: Callable[[Wallet], Change], wallet: Wallet | None = None) -> Wallet:
    """The wallet after a few verbs."""
    wallet = opened().wallet if wallet is None else wallet
    for verb in verbs:
        wallet = verb(wallet).wallet
    return wallet


def charged() -> Wallet:
    """A wallet with a charge pending: its auto top-up asked for 20 USD."""
    return after(
        lambda w: w.set_auto_top_up(at=july(1), threshold=Decimal(10), purchase=Decimal(20), by="owner"),
    )


@frozen
class Call:
    """One good call of a verb: what is asked of which wallet."""

    verb: str
    wallet: Callable[[], Wallet]
    arguments: Mapping[str, Any]

    def __call__(self, wallet: Wallet | None = None, **changed: Any) -> Change:
        """Make the call, with some arguments changed."""
        verb = Wallet.open if self.verb == "open" else getattr(self.wallet() if wallet is None else wallet, self.verb)
        change: Change = verb(**{**self.arguments, **changed})
        return change

    def __str__(self) -> str:
        return self.verb


def _plain() -> Wallet:
    return opened().wallet


def _frozen() -> Wallet:
    return after(lambda w: w.freeze(at=july(1)))


def _promised() -> Wallet:
    return after(lambda w: w.grant(10, at=july(1), expires=july(9)))


def _paused() -> Wallet:
    return after(lambda w: w.pause(at=july(1)))


def _held() -> Wallet:
    return after(lambda w: w.hold(10, at=july(1), ref="h1", until=july(20)))


SPENT = opened().wallet.spend(10, at=july(1)).entries[0]
"""The entry of the use that is refunded."""


def _spent() -> Wallet:
    return after(lambda w: w.spend(10, at=july(1)))


def _bought() -> Wallet:
    return after(lambda w: w.top_up("tokens", 1_000, at=july(1), payment="p0", by="admin"))


def _clawed_back() -> Wallet:
    return after(lambda w: w.claw_back("p0", at=july(1), refunded=Decimal(4)), wallet=_bought())


_NOW = {"at": july(2), "ref": "r1", "by": "admin"}
_PAID = {"at": july(2), "payment": "p1", "by": "admin"}
CALLS = {
    call.verb: call
    for call in (
        Call(
            "open",
            _plain,
            {
                "plan": "rich",
                "id": "acme",
                "at": july(1),
                "catalogue": PLANS,
                "anchor": july(1),
                "zone": "Europe/London",
                "counts": {"seats": 2},
                "balances": (),
                "used": {"tokens": 10},
                "debt": {"sms": 3},
                "payments": ("p0",),
                "by": "admin",
            },
        ),
        Call("spend", _plain, {"amount": 10, "meter": "tokens", "labels": {"model": "small"}, **_NOW}),
        Call("hold", _plain, {"amount": 10, "meter": "tokens", "until": july(9), "labels": {"model": "small"}, **_NOW}),
        Call("capture", _held, {"hold": "h1", "amount": 4, "over": "refuse", **_NOW}),
        Call("release", _held, {"hold": "h1", **_NOW}),
        Call("refund", _spent, {"spent": SPENT, "amount": 4, **_NOW}),
        Call("claw_back", _bought, {"source": "p0", "refunded": Decimal(4), "used": "debt", **_NOW}),
        Call("reinstate", _clawed_back, {"source": "p0", "refunded": Decimal(1), **_NOW}),
        Call("grant", _plain, {"amount": 10, "unit": "tokens", "kind": "promo", "expires": july(9), **_NOW}),
        Call("claim", _plain, {"kind": "login", "unit": "tokens", **_NOW}),
        Call("extend", _promised, {"bucket": "promo:tokens/1", "until": july(20), **_NOW}),
        Call("top_up", _plain, {"offer": "tokens", "amount": 100, **_PAID}),
        Call("confirm", charged, {"request": "charge:1", **_PAID}),
        Call("decline", charged, {"request": "charge:1", "hard": False, **_NOW}),
        Call("advance", _plain, {"at": july(32)}),
        Call("reset", _plain, {"anchor": "kept", **_NOW}),
        Call("change_plan", _plain, {"plan": "big", "when": "now", **_NOW}),
        Call("set_count", _plain, {"name": "seats", "count": 5, "when": "now", **_NOW}),
        Call("set_limit", _plain, {"name": "token_limit", "amount": 500, **_NOW}),
        Call(
            "set_auto_top_up",
            _plain,
            {
                "threshold": Decimal(10),
                "purchase": Decimal(20),
                "purchases_max": 5,
                "spend_max": Decimal(90),
                "enabled": True,
                **_NOW,
                "by": "owner",
            },
        ),
        Call("set_zone", _plain, {"zone": "Asia/Tokyo", **_NOW}),
        Call("freeze", _plain, _NOW),
        Call("unfreeze", _frozen, _NOW),
        Call("pause", _plain, _NOW),
        Call("resume", _paused, _NOW),
        Call("close", _plain, _NOW),
    )
}
"""One good call of each verb, by its name; each makes at least one entry."""
