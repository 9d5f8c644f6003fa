"""Histories that have every kind of entry: with banks, debt and runs; in money; with post-paid use and late words."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from tests.laws.plans import SHOP, START
from tokenpurse import Allowance, Balance, Catalogue, Plan, Renewal, Rollover, Wallet, transfer

__all__ = ["Story", "stories"]

DAY = timedelta(days=1)


class Story:
    """Plays a wallet and keeps what it says."""

    def __init__(self, plan: str, plans: Catalogue = SHOP, **named: Any) -> None:
        change = Wallet.open(plan, catalogue=plans, id="acme", at=START, **named)
        self.wallet, self.entries, self.plans = change.wallet, list(change.entries), plans

    def __call__(self, verb: str, *args: Any, after: timedelta = timedelta(hours=1), **named: Any) -> None:
        change = getattr(self.wallet, verb)(*args, at=self.wallet.clock + after, **named)
        assert change.entries, verb
        self.wallet = change.wallet
        self.entries += change.entries

    def shares(self, role: str, amount: int, ref: str) -> None:
        """Give to a wallet that has nothing to do with it, or get from one."""
        at = self.wallet.clock + timedelta(hours=1)
        brought = [
            Balance("top_up", 20, paid=Decimal("3.33"), payment="old"),
            Balance("promo", 4, expires=at + 9 * DAY),
        ]
        other = Wallet.open("quota", catalogue=SHOP, id="ben", at=at, balances=brought).wallet
        pair = transfer(*((self.wallet, other) if role == "giver" else (other, self.wallet)), amount, at=at, ref=ref)
        change = getattr(pair, role)
        self.wallet = change.wallet
        self.entries += change.entries


def _bank_and_debt() -> Story:
    do = Story(
        "banked",
        balances=[Balance("quota", 7), Balance("top_up", 4), Balance("rollover", 2)],
        used={"tokens": 3},
        debt={"tokens": 30, "sms": 5},
        counts={"seats": 2},
    )
    do("grant", 12, "tokens", kind="top_up", expires=START + 2 * DAY)
    do("grant", 12, "sms", kind="bonus", expires=START + 9 * DAY)
    do("advance", after=12 * DAY)
    do("spend", 5)
    do("spend", 60, overdraw=True, ref="r1")
    do("set_count", "seats", 3)
    do("set_count", "seats", 1, when="now")
    do("set_auto_top_up", threshold=2, purchase=5, by="admin")
    do("confirm", "charge:1", payment="p1")
    do("set_count", "seats", 4, when="period_end")
    do("advance", after=30 * DAY)
    do("change_plan", "quota", when="now")
    do("spend", 4)
    do("top_up", "tokens", 8, payment="p2", by="admin")
    do("spend", 9)
    do("change_plan", "banked", when="now")
    do("freeze")
    do("unfreeze")
    do("close")
    return do


def _streams() -> Story:
    do = Story("drip", counts={"seats": 2})
    do("claim", "login")
    do("spend", 30, after=2 * DAY)
    do("top_up", "pack", 5, payment="p1")
    do("set_count", "seats", 3)
    do("pause")
    do("resume", after=3 * DAY)
    do("change_plan", "weekly", when="now")
    do("spend", 40, overdraw=True)
    do("claim", ref="r1")
    do("change_plan", "drip", when="now")
    do("change_plan", "weekly", when="now")
    do("advance", after=9 * DAY)
    return do


def _money() -> Story:
    do = Story("credits", zone="Asia/Kolkata", debt={"USD": Decimal("0.5")})
    do("top_up", "credits", Decimal(2), payment="p1", by="admin")
    do("spend", {"tokens": 11, "sms": 9})
    do("set_auto_top_up", threshold=Decimal("1.50"), purchase=Decimal(2), by="admin")
    do("decline", "charge:1")
    do("advance", after=2 * DAY)
    do("confirm", "charge:2", payment="p2")
    do("spend", {"tokens": 900, "USD": Decimal("0.25")}, overdraw=True)
    do("set_zone", "Europe/London")
    do("reset")
    do("change_plan", "payg", when="period_end")
    do("advance", after=70 * DAY)
    do("set_limit", "token_limit", 30)
    do("spend", 17)
    do("advance", after=40 * DAY)
    do("confirm", do.wallet._book.pending[-1], payment="p3")
    do("change_plan", "wild", when="now")
    do("spend", {"tokens": 30, "conversation": 5})
    do("advance", after=40 * DAY)
    do("spend", 12, "tokens")
    now = do.wallet.clock
    do("spend", 40, "tokens", overdraw=True)
    do("reset", after=DAY / 72)
    now = do.wallet.clock
    do("spend", 9, "tokens", after=DAY / 144, occurred_at=now - DAY / 144, overdraw=True, ref="u1")
    do("grant", 30, "tokens", kind="gift", starts=now + DAY / 2, expires=now + 3 * DAY, ref="g1")
    do("extend", do.wallet.at(do.wallet.clock).buckets()[-1], now + 4 * DAY, ref="e1")
    do("advance", after=DAY)
    do("close")
    return do


def _timed() -> Story:
    do = Story("timed")
    do("spend", 5)
    do("spend", 3, labels={"member": "ann"})
    do("set_limit", "rolling", 30)
    do("set_limit", "each", 20, label="ann")
    do("spend", 4, labels={"member": "ann"})
    do("advance", after=2 * DAY)
    do("spend", 11, labels={"member": "ben"}, overdraw=True)
    do("spend", {"tokens": 7, "sms": 3}, labels={"member": "ben"}, overdraw=True)
    do("spend", 2, "sms", overdraw=True)
    do("advance", after=40 * DAY)
    do("spend", 2, labels={"member": "ann"})
    do("spend", 1)
    do("change_plan", "payg", when="now")
    do("spend", 1)
    do("close")
    return do


def _late() -> Story:
    do = Story("payg", payments=["old_1", "old_2"], zone="Europe/London")
    do("set_limit", "token_limit", 60)
    do("spend", 13, ref="r1")
    do("grant", 3, "tokens", kind="promo", ref="g1")
    do("spend", 9, after=-timedelta(minutes=2), ref="r2")
    do("reset", anchor="restarted")
    do("spend", 14)
    do("change_plan", "free", when="period_end")
    do("change_plan", "payg")
    do("change_plan", "free", when="period_end")
    do("advance", after=40 * DAY)
    do("change_plan", "payg", when="now")
    do("spend", 3)
    do("set_limit", "token_limit", 50)
    do("spend", 12)
    do("pause")
    do("resume", after=3 * DAY)
    do("close")
    return do


def _held() -> Story:
    do = Story("wild", counts={"seats": 3})
    do("top_up", "pack", 10, payment="p1", by="admin")
    do("hold", {"tokens": 19}, ref="h1", until=timedelta(hours=9))
    do("hold", {"tokens": 3}, ref="h2", until=timedelta(days=20))
    do("hold", {"tokens": 4}, ref="h3", until=timedelta(days=2))
    do("capture", "h1", {"tokens": 8})
    do("set_count", "seats", 1, when="now")
    do("release", "h3", ref="r3")
    do("spend", 2, "tokens")
    do("advance", after=40 * DAY)
    do("hold", {"tokens": 9}, ref="h4", until=timedelta(days=30))
    do("hold", {"tokens": 5}, ref="h5", until=timedelta(days=30))
    do("change_plan", "fast", when="now")
    do("capture", "h4", {"tokens": 11}, over="spend")
    do("release", "h5")
    do("hold", 9, ref="h7", until=timedelta(days=28))
    do("advance", after=25 * DAY)
    do("capture", "h7", 2)
    do("hold", 3, ref="h6", until=timedelta(days=5))
    do("close")
    return do


def _held_in_money() -> Story:
    do = Story("credits")
    do("top_up", "credits", Decimal(2), payment="p1", by="admin")
    do("hold", {"tokens": 11, "sms": 9}, ref="h1", until=timedelta(hours=8))
    do("spend", {"tokens": 3})
    do("capture", "h1", {"tokens": 7, "sms": 1})
    do("hold", {"tokens": 11}, ref="h2", until=timedelta(hours=2))
    do("advance", after=2 * DAY)
    do("change_plan", "payg", when="period_end")
    do("advance", after=70 * DAY)
    do("set_limit", "token_limit", 40)
    do("hold", 30, ref="h3", until=timedelta(days=2))
    do("capture", "h3", 25)
    do("advance", after=40 * DAY)
    return do


PAID = Catalogue(
    [
        Plan(
            "paid",
            allowances=[Allowance(20, given="on_payment"), Allowance(3, kind="bonus")],
            rollovers=[Rollover()],
            price=Decimal(9),
            renewal=Renewal(grace=3 * DAY),
        )
    ]
)


def _renewals() -> Story:
    """Paid in the grace, after it, and long after it; begun anew by hand, and again when the grace of that is over."""
    do = Story("paid", PAID)
    do("advance", after=31 * DAY)
    do("spend", 5, overdraw=True)
    do("decline", do.wallet._book.pending[-1])
    do("confirm", do.wallet._book.pending[-1], payment="p1")
    do("advance", after=35 * DAY)
    do("confirm", do.wallet._book.pending[-1], payment="p2")
    do("advance", after=35 * DAY)
    do("spend", 50, overdraw=True)
    do("confirm", do.wallet._book.pending[-1], after=90 * DAY, payment="p3")
    do("reset")
    do("advance", after=4 * DAY)
    do("reset")
    return do


def _shares() -> Story:
    """Half of the rest is carried: given back after the period, paid late, and held over it."""
    do = Story("shared", counts={"seats": 2})
    do("spend", {"tokens": 5, "sms": 9})
    first = do.entries[-1]
    do("hold", {"tokens": 3}, ref="h1", until=3 * DAY)
    do("advance", after=2 * DAY)
    do("refund", first, {"sms": 4})
    do("confirm", do.wallet._book.pending[-1], payment="p1")
    do("refund", first, {"tokens": 4, "sms": 5})
    do("release", "h1")
    do("advance", after=40 * DAY)
    return do


def _undone() -> Story:
    do = Story("wild", counts={"seats": 3})
    do("top_up", "pack", 10, payment="p1", by="admin")
    do("top_up", "credits", Decimal(2), payment="p2", by="admin")
    do("spend", {"tokens": 30, "sms": 1})
    first = do.entries[-1]
    do("refund", first, {"tokens": 4})
    do("refund", first, {"tokens": 9, "sms": 1}, ref="r1")
    do("hold", {"tokens": 3}, ref="h1", until=timedelta(days=2))
    do("capture", "h1", {"tokens": 2})
    second = do.entries[-1]
    do("spend", 70, "tokens", overdraw=True)
    third = do.entries[-1]
    do("refund", third, 5)
    do("grant", 8, "tokens")
    do("refund", third)
    do("refund", second)
    do("spend", 40, "tokens", overdraw=True)
    fourth = do.entries[-1]
    do("advance", after=40 * DAY)
    do("refund", first)
    do("refund", fourth, 30)
    do("advance", after=80 * DAY)
    return do


def _billed() -> Story:
    do = Story("fast")
    do("spend", 47, overdraw=True)
    first = do.entries[-1]
    do("advance", after=31 * DAY)
    do("refund", first, 3)
    do("refund", first, 4)
    do("spend", 61, overdraw=True)
    do("advance", after=31 * DAY)
    do("refund", first)
    do("advance", after=31 * DAY)
    return do


def _withheld() -> Story:
    do = Story("credits")
    do("top_up", "credits", Decimal(2), payment="p1", by="admin")
    do("spend", 8)
    spends = []
    for _ in range(6):
        do("spend", 1)
        spends.append(do.entries[-1])
    for spent in (*spends[::2], *spends[1::2]):
        do("refund", spent)
    return do


def _clawed() -> Story:
    do = Story("wild", counts={"seats": 3})
    do("top_up", "pack", 15, payment="p1", by="admin")
    do("grant", 8, "tokens", ref="g1")
    do("spend", 26, "tokens")
    do("hold", {"tokens": 5}, ref="h1", until=timedelta(days=2))
    do("claw_back", "p1", refunded=Decimal("1.99"))
    do("claw_back", "p1", used="let_go", ref="c1")
    do("claw_back", "g1", refunded=3)
    do("capture", "h1", {"tokens": 2})
    do("reinstate", "p1", refunded=Decimal(3), ref="c2")
    do("grant", 20, "tokens")
    do("hold", {"tokens": 20}, ref="h2", until=timedelta(days=2))
    do("claw_back", "g1")
    do("capture", "h2", {"tokens": 19})
    do("reinstate", "g1")
    do("reinstate", "p1")
    do("advance", after=80 * DAY)
    do("claw_back", "p1")
    do("reinstate", "p1")
    return do


def _shared() -> Story:
    do = Story("quota", debt={"tokens": 23})
    do("top_up", "tokens", 40, payment="p1", by="admin")
    do("grant", 7, "tokens", kind="promo", expires=START + 30 * DAY)
    do.shares("giver", 17, "g1")
    do("spend", 30, overdraw=True)
    do.shares("taker", 22, "g2")
    do.shares("giver", 3, "g3")
    do("close")
    return do


def _reminded() -> Story:
    do = Story("banked", counts={"seats": 1})
    now = do.wallet.clock
    do("grant", 5, kind="gift", expires=now + 3 * DAY, ref="g1")
    do("spend", 7, overdraw=True)
    do("spend", 4, overdraw=True)
    do("advance", after=2 * DAY)
    do("advance", after=40 * DAY)
    do("close")
    return do


def _priced() -> Story:
    """Billed in mid-period, given back after it, and a credit that the next periods use up."""
    do = Story("priced")
    do("spend", {"sms": 3, "video": 2}, labels={"member": "ben"})
    do("spend", {"fax": 3, "mms": 12})
    do("spend", {"fax": 4, "mms": 1})
    do("spend", 40, labels={"member": "ann"})
    do("spend", 6, "video", labels={"member": "ben"})
    do("spend", 3)
    first = do.entries[-1]
    do("refund", first, 2)
    do("advance", after=40 * DAY)
    do("spend", 33)
    second = do.entries[-2]
    do("hold", 6, ref="held", until=DAY, labels={"member": "ann"})
    do("capture", "held", 4)
    do("refund", second)
    do("advance", after=40 * DAY)
    do("spend", 36)
    do("close")
    return do


@cache
def stories() -> tuple[Story, ...]:
    """All of them; together they have every kind of entry, and every part of one."""
    return (
        _bank_and_debt(),
        _money(),
        _late(),
        _timed(),
        _held(),
        _held_in_money(),
        _renewals(),
        _shares(),
        _undone(),
        _billed(),
        _withheld(),
        _clawed(),
        _shared(),
        _reminded(),
        _priced(),
        _streams(),
    )
