"""What type checkers are told: typical code of a host, and uses that must be found wrong.

Checked by mypy --strict and pyright, not run. Each `type: ignore[code]` must be needed: mypy's warn_unused_ignores
(part of --strict) fails for one that is not.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import assert_never, assert_type

from tokenpurse import (
    Alert,
    Allowance,
    AtZero,
    AutoTopUp,
    Balance,
    Bound,
    Catalogue,
    Change,
    Gauge,
    GiftPair,
    LateUse,
    Lifetime,
    Limit,
    Movement,
    Offer,
    OnDebt,
    PayAsYouGo,
    Plan,
    PoolPair,
    Price,
    Quote,
    Renewal,
    Rollover,
    Switch,
    View,
    Wallet,
    as_of,
    available_from_pool,
    movements,
    periods,
    policies,
    recent_movements,
    replay,
    spend_from_pool,
    transfer,
    verify,
)
from tokenpurse.buckets import Bucket, Money
from tokenpurse.codec import (
    canonical,
    dump_catalogue,
    dump_entry,
    dump_plan,
    dump_wallet,
    load_catalogue,
    load_entry,
    load_plan,
    load_wallet,
)
from tokenpurse.entries import Captured, Entry, Hold, PeriodOpened, Spent, ToppedUp
from tokenpurse.errors import NotAllowed, NotEnough, PurseError, Refused, Remedy
from tokenpurse.notices import Bill, Charge, Notice, RenewalDue, Request
from tokenpurse.policies import Row
from tokenpurse.readings import Moved
from tokenpurse.statements import Statement
from tokenpurse.units import Amount, Unit

NOW = datetime(2026, 7, 14, 9, tzinfo=UTC)


# -- plans -------------------------------------------------------------------------------------------------------------

PRO = Plan(
    "pro",
    revision=2,
    rank=1,
    allowances=[Allowance(2_000_000), Allowance(100, "sms", per="seats", kind="quota", priority=1)],
    rollovers=(Rollover(bank_max=Bound("allowance", 3)),),
    offers=[
        Offer("tokens", price=Decimal(5), per=2_000_000, buyers={"admin"}, maximum=10_000_000),
        Offer("credits", unit="USD", price=Decimal(1), minimum=Decimal(5), buyers=["owner"]),
    ],
    prices=[Price("video", 500, unit="tokens"), Price("mail", Decimal("0.001"))],
    pay_as_you_go=[PayAsYouGo(Decimal("0.05"), meter="sms")],
    limits=[
        Limit("cap", Bound("allowance", Decimal("1.5")), setters=frozenset({"owner"})),
        Limit("daily", 5_000, every=periods.calendar_day(), per="member"),
        Limit("budget", Decimal(20), unit="USD", window=timedelta(hours=5)),
    ],
    at_zero=AtZero(degrade_to="slow", overdraft=Decimal(1), unit="USD"),
    alerts=[Alert("low", "left", below=Bound("allowance", Decimal("0.2"))), Alert("hot", "used", above=5)],
    auto_top_up=AutoTopUp("credits", when="at_or_below", cool_down=timedelta(hours=6)),
    draw=policies.by_kind("rollover", "quota").then(policies.oldest_first),
    usable={"quota", "top_up"},
    period=periods.subscription_months(3, zone="Europe/Paris"),
    upgrades_to={"max"},
    on_upgrade=Switch(when="now", use="cleared", prorated=True, anchor="restarted"),
    on_downgrade=Switch(when="period_end", keep={"top_up"}, trim={"rollover": Bound("allowance"), "promo": 50}),
    on_cancel=Switch(when="period_end", forfeit=["rollover"], auto_top_up="paused"),
    renewal=Renewal(grace=timedelta(days=5), rest="locked"),
    on_debt=OnDebt("bill", price=Decimal(3), per=1_000),
    late_use=LateUse("own", grace=timedelta(hours=2), otherwise="refuse"),
    units=[Unit.meter("gpu_seconds", shown=2)],
)
CATALOGUE = Catalogue([PRO, Plan("max", rank=2)])
assert_type(CATALOGUE.newest("pro"), Plan)
assert_type(PRO.price_of("tokens", 1_000_000), Money)
assert_type([plan.name for plan in CATALOGUE], list[str])
assert_type(load_plan(dump_plan(PRO)), Plan)
assert_type(load_catalogue(dump_catalogue(CATALOGUE)), Catalogue)
STORED = Wallet.open(PRO, id="acme", at=datetime(2026, 7, 1, tzinfo=UTC))
assert_type(load_wallet(dump_wallet(STORED.wallet), id="acme", catalogue=CATALOGUE), Wallet)
assert_type(load_entry(canonical(dump_entry(STORED.entries[0])), wallet="acme"), Entry)
load_wallet(dump_wallet(STORED.wallet))  # type: ignore[call-arg]
Switch(when="later")  # type: ignore[arg-type]
Alert("low", "Left", below=1)  # type: ignore[arg-type]


class LargestFirst:
    """A host's own policy needs no base class."""

    def split(self, rows: Sequence[Row], amount: int) -> list[int]:
        return [min(row.left, amount) for row in rows]


class NoPolicy:
    """It answers another question."""

    def split(self, rows: str) -> str:
        return rows


Plan("own", draw=LargestFirst())
Plan("even", draw=policies.evenly())


# -- verbs -------------------------------------------------------------------------------------------------------------


def a_customer(store: list[Entry]) -> Wallet:
    """A host's day with a wallet."""
    change = Wallet.open(
        "pro",
        id="acme",
        at=NOW,
        catalogue=CATALOGUE,
        zone="Europe/Paris",
        counts={"seats": 3},
        balances=[Balance("top_up", 500, issued=NOW), Balance("credit", Decimal(5), "USD")],
        used={"tokens": 5},
        debt={"USD": Decimal(1)},
        payments=["p0"],
        tolerance=timedelta(minutes=1),
    )
    assert_type(change, Change)
    assert_type(change.wallet, Wallet)
    assert_type(change.entries, tuple[Entry, ...])
    assert_type(change.notices, tuple[Notice, ...])
    assert_type(change.requests, tuple[Request, ...])
    assert_type(change.view, View)
    assert_type(change.moved, dict[str, Amount])
    assert_type(change.repeated, bool)
    store.extend(change.entries)

    wallet = change.wallet
    assert_type(wallet.spend(500_000, at=NOW), Change)
    assert_type(wallet.spend(Decimal("0.035"), "USD", at=NOW, labels={"model": "small"}, ref="r1", by="app"), Change)
    assert_type(wallet.spend({"tokens": 812, "sms": 1, "USD": Decimal(1)}, at=NOW, overdraw=True), Change)
    assert_type(wallet.spend(5, at=NOW, partial=True).moved, dict[str, Amount])
    assert_type(wallet.spend(5, at=NOW, occurred_at=NOW - timedelta(hours=1)), Change)
    assert_type(wallet.grant(5, at=NOW, kind="promo", starts=NOW, expires=NOW + timedelta(days=30)), Change)
    assert_type(wallet.top_up("tokens", 1_000_000, at=NOW, payment="pay_1", by="admin"), Change)
    assert_type(wallet.advance(NOW), Change)
    gift = transfer(wallet, wallet, Decimal("2.5"), "USD", at=NOW, ref="g1", by="admin", kinds={"credit"})
    assert_type(gift, GiftPair)
    assert_type((gift.giver, gift.taker), tuple[Change, Change])
    assert_type(gift.entries, tuple[Entry, ...])
    used = spend_from_pool(wallet, wallet, {"tokens": 5}, at=NOW, ref="u1", labels={"member": "ann"})
    assert_type(used, PoolPair)
    assert_type((used.member.moved, used.pool.repeated), tuple[dict[str, Amount], bool])
    assert_type(wallet.at(NOW).giveable("USD", kinds=["credit"]), Amount)
    spend_from_pool(wallet, wallet, 5, at=NOW, ref="u1", overdraw=True, occurred_at=NOW)
    assert_type(available_from_pool(wallet, wallet, "tokens", at=NOW), Amount | None)
    transfer(wallet, wallet, 5, at=NOW)  # type: ignore[call-arg]
    spend_from_pool(wallet, "team", 5, at=NOW, ref="u2")  # type: ignore[arg-type]
    assert_type(wallet.reset(at=NOW, anchor="restarted"), Change)
    assert_type(wallet.change_plan("max", at=NOW, when="now"), Change)
    assert_type(wallet.set_count("seats", 5, at=NOW, when="period_end"), Change)
    assert_type(wallet.set_limit("cap", None, at=NOW), Change)
    assert_type(wallet.set_limit("daily", 50, at=NOW, label="ann"), Change)
    assert_type(wallet.set_auto_top_up(at=NOW, threshold=Decimal(5), purchase=Decimal(20)), Change)
    assert_type(wallet.set_auto_top_up(at=NOW, threshold=5, target=9, purchases_max=3, spend_max=Decimal(60)), Change)
    assert_type(wallet.set_auto_top_up(at=NOW, enabled=False), Change)
    assert_type(wallet.set_zone("Asia/Tokyo", at=NOW), Change)
    assert_type(wallet.extend("promo:tokens/1", None, at=NOW), Change)
    assert_type(wallet.freeze(at=NOW).wallet.unfreeze(at=NOW).wallet.close(at=NOW), Change)
    assert_type(wallet.pause(at=NOW).wallet.resume(at=NOW), Change)
    assert_type(replay(store, catalogue=CATALOGUE), Wallet)
    assert_type(replay(iter(store)).bind(CATALOGUE), Wallet)
    assert_type((wallet.id, wallet.version, wallet.clock), tuple[str, int, datetime])
    return wallet


def a_ledger(wallet: Wallet, store: list[Entry]) -> str:
    """What is read of entries that were stored."""
    verify(wallet, store)
    assert_type(as_of(store, NOW, catalogue=CATALOGUE), View)
    assert_type(movements(store), Iterator[Movement])
    assert_type(recent_movements(reversed(store), wallet, "USD", size=9)[0].amount, Amount)
    assert_type(movements(store, after=wallet), Iterator[Movement])
    (newest,) = recent_movements(reversed(store), wallet, size=1)
    assert_type((newest.balance, newest.ref, newest.parts[0].kind), tuple[Amount, str | None, str])
    assert_type(newest.what, Moved)
    return str(newest)


def a_stream(wallet: Wallet, used: int) -> Wallet:
    """A reply whose cost is known when it ends, and one that failed."""
    held = wallet.hold(4_000, at=NOW, ref="chat-17", until=timedelta(minutes=10), labels={"model": "large"})
    assert_type(held, Change)
    assert_type(wallet.hold({"tokens": 812, "sms": 1}, at=NOW, ref="chat-18", until=NOW, partial=True), Change)
    assert_type(held.wallet.release("chat-17", at=NOW), Change)
    captured = held.wallet.capture("chat-17", used, at=NOW, over="spend")
    assert_type(captured, Change)
    assert_type(captured.wallet.capture("chat-18", {"tokens": 5}, at=NOW), Change)
    entry = captured.entry
    assert_type(entry, Entry | None)
    if isinstance(entry, (Spent, Captured)):
        assert_type(captured.wallet.refund(entry, at=NOW, ref="bad-answer"), Change)
        assert_type(captured.wallet.refund(entry, {"tokens": 5}, at=NOW), Change)
    return captured.wallet


def a_dispute(wallet: Wallet) -> None:
    """Money that went back, and came again."""
    assert_type(wallet.at(NOW).refundable("pay_1"), Money)
    assert_type(wallet.claw_back("pay_1", refunded=Decimal("2.25"), at=NOW, used="let_go"), Change)
    assert_type(wallet.reinstate("pay_1", at=NOW), Change)


# -- reads -------------------------------------------------------------------------------------------------------------


def a_page(wallet: Wallet) -> str:
    """What a host shows."""
    view = wallet.at(NOW)
    assert_type(view.available(), Amount | None)
    assert_type(view.available("sms"), int | Decimal | None)
    assert_type(view.by_kind(), dict[str, Amount])
    assert_type(view.buckets("USD"), tuple[Bucket, ...])
    assert_type(view.balance(), Amount)
    assert_type(view.locked(), Amount)
    assert_type(view.waiting(), Amount)
    assert_type(view.held("USD"), Amount)
    assert_type(view.holds(), tuple[Hold, ...])
    assert_type(view.holds()[0].amounts, dict[str, Amount])
    assert_type(view.debt("USD"), Amount)
    assert_type(view.gauge(), Gauge)
    assert_type(view.gauge().share, tuple[Amount, Amount])
    assert_type(view.usage(), Amount)
    assert_type(view.lifetime(), Lifetime)
    assert_type(view.alerts(), tuple[str, ...])
    assert_type(view.next_reset(), datetime | None)
    assert_type(view.can_spend({"tokens": 5}, labels={"member": "ann"}), bool)
    assert_type(view.available("sms", labels={"member": "ann"}), Amount | None)
    assert_type(view.degraded(), str | None)
    assert_type(view.quote(5), Quote)
    assert_type(view.quote(5).entry, Spent | None)
    assert_type(view.quote(5).refusal, Refused | None)
    assert_type(view.price_of("tokens", 5).amount, Amount)
    assert_type(view.counts, dict[str, int])
    return str(view.gauge())


def pay(wallet: Wallet) -> Wallet:
    """A request is one of three things."""
    for request in wallet.at(NOW).pending():
        if isinstance(request, Charge):
            assert_type(request, Charge)
            assert_type(request.price, Money)
            assert_type(request.amount, Amount)
        elif isinstance(request, Bill):
            assert_type(request, Bill)
            assert_type(request.statement, Statement)
            assert_type(request.statement.totals, tuple[Money, ...])
        elif isinstance(request, RenewalDue):
            assert_type(request.price, Money | None)
            assert_type(request.until, datetime)
        else:
            assert_never(request)
        wallet = wallet.confirm(request, at=NOW, payment="p").wallet
        wallet = wallet.decline(request.id, at=NOW, hard=True).wallet
    return wallet


def tell(wallet: Wallet) -> list[str]:
    """A refusal is an answer with facts."""
    try:
        wallet.spend(5, at=NOW)
    except NotAllowed as refusal:
        assert_type(refusal.allowed, frozenset[str])
    except NotEnough as refusal:
        assert_type(refusal.short, Amount | None)
        assert_type(refusal.needed, Money | None)
        assert_type(refusal.remedies, tuple[Remedy, ...])
        return [remedy.kind for remedy in refusal.remedies]
    except PurseError as error:
        return [str(error)]
    return []


def read(entry: Entry) -> object:
    """Entries are told apart by their class."""
    if isinstance(entry, Spent):
        assert_type(entry.paid_by(), dict[tuple[str, str], Amount])
        return entry.labels
    if isinstance(entry, Captured):
        assert_type(entry.paid_by(), dict[tuple[str, str], Amount])
    if isinstance(entry, PeriodOpened):
        assert_type(entry.statement, Statement | None)
        return entry.forfeited_by_kind()
    if isinstance(entry, ToppedUp):
        assert_type(entry.price, Money)
    assert_type(entry.id, str)
    return entry.ref


# -- wrong uses --------------------------------------------------------------------------------------------------------


def wrong(wallet: Wallet, change: Change) -> None:
    """Each line is a mistake that a checker must find."""
    wallet.spend(1.5, at=NOW)  # type: ignore[arg-type]
    wallet.spend("5", at=NOW)  # type: ignore[arg-type]
    wallet.spend(5)  # type: ignore[call-arg]
    wallet.spend(5, "tokens", NOW)  # type: ignore[call-arg]
    wallet.spend(5, at="2026-07-01")  # type: ignore[arg-type]
    wallet.spend({"tokens": 1.5}, at=NOW)  # type: ignore[dict-item]
    wallet.spend(5, at=NOW, labels={"n": 5})  # type: ignore[dict-item]
    wallet.spend(5, at=NOW, ref=7)  # type: ignore[arg-type]
    wallet.hold(5, at=NOW, until=NOW)  # type: ignore[call-arg]
    wallet.hold(5, at=NOW, ref="r", until=600)  # type: ignore[arg-type]
    wallet.capture("r", 5, at=NOW, over="draw")  # type: ignore[arg-type]
    wallet.refund("spend-1", 5, at=NOW)  # type: ignore[arg-type]
    wallet.claw_back("p", at=NOW, refunded=2.5)  # type: ignore[arg-type]
    wallet.claw_back("p", at=NOW, used="forgive")  # type: ignore[arg-type]
    wallet.top_up("tokens", 5, at=NOW)  # type: ignore[call-arg]
    wallet.reset(at=NOW, anchor="moved")  # type: ignore[arg-type]
    wallet.change_plan("max", at=NOW, when="later")  # type: ignore[arg-type]
    wallet.change_plan(PRO, at=NOW)  # type: ignore[arg-type]
    wallet.set_count("seats", Decimal(5), at=NOW)  # type: ignore[arg-type]
    wallet.set_limit("cap", at=NOW)  # type: ignore[call-arg]
    wallet.confirm(5, at=NOW, payment="p")  # type: ignore[arg-type]
    wallet.bind(None)  # type: ignore[arg-type]
    wallet.balance()  # type: ignore[attr-defined]
    change.spend(5, at=NOW)  # type: ignore[attr-defined]
    change.entries.append(None)  # type: ignore[attr-defined]
    Wallet.open(PRO, at=NOW)  # type: ignore[call-arg]
    Wallet.open(PRO, id="acme", at=NOW, balances=[5])  # type: ignore[list-item]
    Plan()  # type: ignore[call-arg]
    Plan("p", allowances=[5])  # type: ignore[list-item]
    Plan("p", draw=NoPolicy())  # type: ignore[arg-type]
    Plan("p", period="month")  # type: ignore[arg-type]
    Plan("p").name = "q"  # type: ignore[misc]
    Allowance(5, "tokens", "quota")  # type: ignore[call-arg]
    Offer("x")  # type: ignore[call-arg]
    Offer("x", price=5.0)  # type: ignore[arg-type]
    Rollover("tokens")  # type: ignore[call-arg]
    Switch("now")  # type: ignore[call-arg]
    replay([5])  # type: ignore[list-item]
    wallet.at(NOW).gauge().used.sqrt()  # type: ignore[union-attr]
