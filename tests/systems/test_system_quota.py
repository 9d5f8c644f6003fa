"""System Q, a workspace assistant: a monthly quota with one-time purchases.

The figures are those of its help pages: the plan table, the price, and the worked example in its three readings.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

import pytest

from examples.systems.quota import ENTERPRISE, PLANS, PRINTED, PRO, PROSE, QUOTA_FIRST, STARTER, TEAMS
from tokenpurse import Allowance, Change, Offer, Plan, Wallet, policies, replay
from tokenpurse.entries import Entry, PeriodOpened, Spent, ToppedUp
from tokenpurse.errors import NotAllowed, NotSold


def on(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def kinds(sums: dict[tuple[str, str], int | Decimal]) -> dict[str, int | Decimal]:
    return {kind: amount for (kind, _), amount in sums.items()}


class Step(NamedTuple):
    """A verb, and what is known of the wallet after it; `None` where the documentation is silent."""

    at: str
    op: str
    amount: int = 0
    gauge: tuple[int, int] | None = None
    draws: dict[str, int] | None = None
    left: dict[str, int] | None = None
    used: dict[str, int] | None = None
    price: str | None = None
    forfeited: int | None = None
    forfeited_total: int | None = None


STARTER_ALONE = Plan("starter", allowances=STARTER.allowances)

PRINTED_STEPS = [
    Step("2026-07-01", "open", gauge=(0, 2_000_000)),
    Step("2026-07-14T09:00", "spend", 500_000, gauge=(500_000, 2_000_000)),
    Step("2026-07-14T10:00", "buy", 1_000_000, price="2.50", gauge=(500_000, 3_000_000)),
    Step(
        "2026-07-20T10:00",
        "spend",
        1_000_000,
        draws={"quota": 500_000, "top_up": 500_000},
        gauge=(1_500_000, 3_000_000),
        used={"quota": 1_000_000, "top_up": 500_000},
    ),
    Step("2026-08-01", "advance", gauge=(0, 2_500_000), left={"quota": 2_000_000, "top_up": 500_000}),
    Step(
        "2026-08-10",
        "spend",
        1_000_000,
        draws={"quota": 800_000, "top_up": 200_000},
        gauge=(1_000_000, 2_500_000),
    ),
]

PROSE_STEPS = [
    Step("2026-07-01", "open"),
    Step("2026-07-14T09:00", "spend", 500_000, gauge=(500_000, 1_000_000)),
    Step("2026-07-14T10:00", "buy", 1_000_000, gauge=(500_000, 2_000_000)),
    Step(
        "2026-07-20T10:00",
        "spend",
        1_000_000,
        draws={"quota": 500_000, "top_up": 500_000},
        gauge=(1_500_000, 2_000_000),
    ),
    Step("2026-08-01", "advance", gauge=(0, 1_500_000), left={"quota": 1_000_000, "top_up": 500_000}),
]

QUOTA_FIRST_STEPS = [
    Step("2026-07-01", "open"),
    Step("2026-07-14T09:00", "spend", 500_000),
    Step("2026-07-14T10:00", "buy", 1_000_000),
    Step("2026-07-20T10:00", "spend", 1_000_000, draws={"quota": 1_000_000}, gauge=(1_500_000, 3_000_000)),
    Step("2026-08-01", "advance", gauge=(0, 3_000_000)),
    Step(
        "2026-08-02",
        "spend",
        2_400_000,
        draws={"quota": 2_000_000, "top_up": 400_000},
        gauge=(2_400_000, 3_000_000),
    ),
    Step("2026-09-01", "advance", gauge=(0, 2_600_000)),
]

NO_CARRY_STEPS = [
    Step("2026-07-01", "open"),
    Step("2026-07-10", "spend", 1),
    Step("2026-08-01", "advance", gauge=(0, 100_000), forfeited=99_999),
    # Six resets in all: 99,999 on 1 August, then five times 100,000, September to January.
    Step("2027-01-15", "advance", gauge=(0, 100_000), forfeited_total=599_999),
]


def taken(plan: Plan, wallet: Wallet | None, step: Step) -> Change:
    """Do one step."""
    at = on(step.at)
    if wallet is None:
        assert step.op == "open"
        return Wallet.open(plan, id="acme", at=at)
    if step.op == "spend":
        return wallet.spend(step.amount, at=at)
    if step.op == "buy":
        return wallet.top_up("tokens", step.amount, at=at, payment="pay_1", by="admin")
    assert step.op == "advance"
    return wallet.advance(at)


def forfeited(entries: tuple[Entry, ...]) -> int | Decimal:
    lost = [entry.forfeited_by_kind() for entry in entries if isinstance(entry, PeriodOpened)]
    return sum(amount for sums in lost for amount in sums.values())


@pytest.mark.parametrize(
    ("plan", "steps"),
    [
        pytest.param(
            PRINTED,
            PRINTED_STEPS,
            id="printed",
            marks=pytest.mark.requirement("Q2", "Q4", "Q5", "Q7", "Q8"),
        ),
        pytest.param(PROSE, PROSE_STEPS, id="prose", marks=pytest.mark.requirement("Q5", "Q8")),
        pytest.param(QUOTA_FIRST, QUOTA_FIRST_STEPS, id="quota first", marks=pytest.mark.requirement("Q5", "Q8")),
        pytest.param(STARTER_ALONE, NO_CARRY_STEPS, id="no carry", marks=pytest.mark.requirement("Q2")),
    ],
)
def test_the_documented_months(plan: Plan, steps: list[Step]) -> None:
    """After every step the wallet shows the documented figures, and its entries rebuild it."""
    wallet: Wallet | None = None
    entries: tuple[Entry, ...] = ()
    for step in steps:
        change = taken(plan, wallet, step)
        wallet, entries = change.wallet, entries + change.entries
        view, last = change.view, change.entries[-1]
        if step.gauge is not None:
            assert step.gauge == (view.gauge().used, view.gauge().size), step
        if step.draws is not None:
            assert isinstance(last, Spent)
            assert step.draws == kinds(last.paid_by()), step
        if step.left is not None:
            assert step.left == view.by_kind(), step
        if step.used is not None:
            assert step.used == {bucket.kind: bucket.used for bucket in view.buckets()}, step
        if step.price is not None:
            assert isinstance(last, ToppedUp)
            assert Decimal(step.price) == last.price.amount, step
        if step.forfeited is not None:
            assert step.forfeited == forfeited(change.entries), step
        if step.forfeited_total is not None:
            assert step.forfeited_total == forfeited(entries), step
    assert replay(entries) == wallet


@pytest.mark.requirement("Q1")
@pytest.mark.parametrize(
    ("plan", "tokens"),
    [("starter", 100_000), ("pro", 2_000_000), ("teams", 10_000_000)],
)
def test_the_plan_table(plan: str, tokens: int) -> None:
    """Each plan grants its tokens every calendar month."""
    wallet = Wallet.open(plan, catalogue=PLANS, id="acme", at=on("2026-07-20")).wallet
    assert tokens == wallet.at(on("2026-07-20")).available()
    assert on("2026-08-01") == wallet.at(on("2026-07-20")).next_reset()
    assert tokens == wallet.at(on("2026-08-01")).available()


@pytest.mark.requirement("Q1")
def test_a_custom_amount_is_a_plan_of_that_customers_own() -> None:
    """Two Enterprise customers are two plans, and neither touches the plan table."""
    other = Plan("enterprise-umbrella", allowances=[Allowance(123_456_789)])
    assert Wallet.open(other, id="umbrella", at=on("2026-07-01")).view.available() == 123_456_789
    assert Wallet.open(ENTERPRISE, id="acme", at=on("2026-07-01")).view.available() == 50_000_000


@pytest.mark.requirement("Q3")
@pytest.mark.parametrize(
    ("plan", "by", "refusal", "remedies"),
    [
        ("starter", "admin", NotSold, ["upgrade to pro"]),
        ("pro", "member", NotAllowed, []),
        ("pro", None, NotAllowed, []),
        ("teams", "member", NotAllowed, []),
        ("enterprise", "admin", NotAllowed, ["contact account_representative"]),
    ],
)
def test_who_may_not_buy(plan: str, by: str | None, refusal: type[NotSold | NotAllowed], remedies: list[str]) -> None:
    """Starter buys nothing, a member neither, Enterprise not by itself: a refusal says where to turn, if anywhere."""
    wallet = Wallet.open(plan, catalogue=PLANS, id="acme", at=on("2026-07-01")).wallet
    with pytest.raises(refusal) as refused:
        wallet.top_up("tokens", 1_000_000, at=on("2026-07-02"), payment="pay_1", by=by)
    assert remedies == [str(remedy) for remedy in refused.value.remedies]
    assert wallet.version == 1


@pytest.mark.requirement("Q3")
@pytest.mark.parametrize(
    ("plan", "by"),
    [(PRO, "admin"), (TEAMS, "admin"), (ENTERPRISE, "account_representative")],
    ids=lambda of: str(of)[:9],
)
def test_who_may_buy(plan: Plan, by: str) -> None:
    """An admin buys on Pro and Teams; on Enterprise a representative adds. The entry says who it was."""
    wallet = Wallet.open(plan.name, catalogue=PLANS, id="acme", at=on("2026-07-01")).wallet
    change = wallet.top_up("tokens", 1_000_000, at=on("2026-07-02"), payment="pay_1", by=by)
    assert change.view.by_kind()["top_up"] == 1_000_000
    assert change.entries[-1].by == by


@pytest.mark.requirement("Q4")
@pytest.mark.parametrize(
    ("tokens", "price"),
    [(2_000_000, "5.00"), (1_000_000, "2.50"), (3_000_000, "7.50"), (1_000, "0.01"), (1, "0.01"), (4_001, "0.02")],
)
def test_any_number_of_tokens_has_its_price(tokens: int, price: str) -> None:
    """5 USD per 2,000,000 for any number; parts of a cent are rounded up, so nothing is free."""
    assert Decimal(price) == PRO.price_of("tokens", tokens).amount


@pytest.mark.requirement("Q5")
def test_resets_do_not_touch_what_was_bought() -> None:
    """Five years of resets later, every bought token is there."""
    wallet = Wallet.open(QUOTA_FIRST, id="acme", at=on("2026-07-01")).wallet
    wallet = wallet.top_up("tokens", 1_234_567, at=on("2026-07-14"), payment="pay_1", by="admin").wallet
    assert wallet.at(on("2031-07-14")).by_kind() == {"quota": 2_000_000, "top_up": 1_234_567}


@pytest.mark.requirement("Q6")
@pytest.mark.parametrize(
    ("draw", "paid"),
    [
        (policies.by_kind("quota", "top_up"), {"quota": 1_500_000}),
        (policies.evenly(), {"quota": 1_000_000, "top_up": 500_000}),
    ],
    ids=["monthly first", "evenly"],
)
def test_the_order_is_one_line_of_the_plan(draw: policies.DrawPolicy, paid: dict[str, int]) -> None:
    """Two plans that differ in `draw` alone tell the two readings of 1,500,000 tokens apart."""
    offer = Offer("tokens", price=Decimal(5), per=2_000_000)
    plan = Plan("pro", allowances=[Allowance(2_000_000)], offers=[offer], draw=draw)
    wallet = Wallet.open(plan, id="acme", at=on("2026-07-01")).wallet
    wallet = wallet.top_up("tokens", 1_000_000, at=on("2026-07-02"), payment="pay_1").wallet
    (entry,) = wallet.spend(1_500_000, at=on("2026-07-03")).entries
    assert isinstance(entry, Spent)
    assert paid == kinds(entry.paid_by())


@pytest.mark.requirement("Q9")
def test_tokens_count_when_the_purchase_is_reported() -> None:
    """Asked for on the 14th and reported on the 16th, a purchase counts from the 16th; reported twice, once."""
    wallet = Wallet.open(QUOTA_FIRST, id="acme", at=on("2026-07-01")).wallet
    assert wallet.at(on("2026-07-14")).price_of("tokens", 1_000_000).amount == Decimal("2.50")
    assert wallet.at(on("2026-07-15")).available() == 2_000_000
    reported = wallet.top_up("tokens", 1_000_000, at=on("2026-07-16"), payment="pay_1", by="admin")
    assert reported.view.available() == 3_000_000
    assert reported.view.buckets()[-1].starts == on("2026-07-16")
    again = reported.wallet.top_up("tokens", 1_000_000, at=on("2026-07-17"), payment="pay_1", by="admin")
    assert again.repeated
    assert again.wallet is reported.wallet
