"""System R, an image generator: fast tokens every month, a rollover bank, and top-ups that stay.

The monthly amounts and the caps of the bank are those of its help pages; packs and their prices are the example's.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from attrs import evolve

from examples.systems.rollover import PAID, PLANS
from tokenpurse import Balance, Change, Plan, Wallet, policies, replay
from tokenpurse.entries import Closed, Entry, PeriodOpened, Spent
from tokenpurse.errors import Locked, NotEnough, NotSold, OutOfBounds, Refused, WalletClosed
from tokenpurse.view import View

SMALL = evolve(PAID[0], cancels_to=None, on_cancel=PAID[0].on_downgrade)


def on(month: int, day: int) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC)


def balances(view: View) -> dict[str, int | Decimal]:
    """What is left, the empty kinds written out."""
    return {"rollover": 0, "quota": 0, "top_up": 0} | view.by_kind()


def paid(change: Change) -> dict[str, int | Decimal]:
    entry = change.entries[-1]
    assert isinstance(entry, Spent)
    return {kind: amount for (kind, _), amount in entry.paid_by().items()}


def opened(plan: Plan, rollover: int, quota: int, top_up: int) -> Change:
    return Wallet.open(
        plan,
        id="ana",
        at=on(1, 10),
        balances=[Balance("rollover", rollover), Balance("quota", quota), Balance("top_up", top_up)],
    )


@pytest.mark.requirement("R1", "R2")
@pytest.mark.parametrize(
    ("plan", "amount", "draws", "left"),
    [
        pytest.param(
            SMALL,
            12_000,
            {"rollover": 1_000, "quota": 8_500, "top_up": 2_500},
            {"rollover": 0, "quota": 0, "top_up": 2_500},
            id="bank first",
        ),
        pytest.param(
            evolve(SMALL, draw=policies.by_kind("quota", "rollover", "top_up")),
            9_000,
            {"quota": 8_500, "rollover": 500},
            {"rollover": 500, "quota": 0, "top_up": 5_000},
            id="newer pages: fast first",
        ),
    ],
)
def test_the_order_of_use(plan: Plan, amount: int, draws: dict[str, int], left: dict[str, int]) -> None:
    """The three balances are drawn in the plan's order, top-ups last in every case, and shown separately."""
    wallet = opened(plan, 1_000, 8_500, 5_000).wallet
    assert balances(wallet.at(on(1, 10))) == {"rollover": 1_000, "quota": 8_500, "top_up": 5_000}
    change = wallet.spend(amount, at=on(1, 11))
    assert draws == paid(change)
    assert list(draws) == list(paid(change))
    assert left == balances(change.view)


@pytest.mark.requirement("R3", "R4")
def test_the_bank_stops_at_its_cap() -> None:
    """Unused fast tokens fill the bank to 25,500; the rest is forfeited, and top-ups are none of its business."""
    change = Wallet.open(SMALL, id="ana", at=on(1, 10))
    entries: tuple[Entry, ...] = change.entries
    for month, bank, bought, lost in [
        (2, 8_500, 0, 0),
        (3, 17_000, 0, 0),
        (4, 25_500, 0, 0),
        (5, 25_500, 0, 8_500),
        (6, 25_500, 50_000, 8_500),
    ]:
        change = change.wallet.advance(on(month, 10))
        (entry,) = change.entries
        assert isinstance(entry, PeriodOpened)
        assert balances(change.view) == {"rollover": bank, "quota": 8_500, "top_up": bought}
        assert entry.forfeited_by_kind() == ({("quota", "tokens"): lost} if lost else {})
        entries += change.entries
        if month == 5:
            change = change.wallet.top_up("pack_25000", 50_000, at=on(5, 20), payment="pay_1")
            assert balances(change.view) == {"rollover": 25_500, "quota": 8_500, "top_up": 50_000}
            entries += change.entries
    assert replay(entries) == change.wallet


@pytest.mark.requirement("R3")
@pytest.mark.parametrize(
    ("plan", "monthly", "cap"), [("small", 8_500, 25_500), ("medium", 25_000, 75_000), ("large", 60_000, 180_000)]
)
def test_the_published_caps(plan: str, monthly: int, cap: int) -> None:
    """Each plan's bank holds three times its monthly amount, however long it is left alone."""
    wallet = Wallet.open(plan, catalogue=PLANS, id="ana", at=on(1, 10)).wallet
    for moment, bank in [(on(3, 10), 2 * monthly), (on(4, 10), cap), (on(12, 10), cap)]:
        assert balances(wallet.at(moment)) == {"rollover": bank, "quota": monthly, "top_up": 0}


@pytest.mark.requirement("R4")
def test_packs_are_bought_whole_any_number_of_times() -> None:
    """Every purchase is a bucket of its own that never ends and no reset touches; half a pack is refused."""
    wallet = Wallet.open(SMALL, id="ana", at=on(1, 10)).wallet
    for number in range(30):
        wallet = wallet.top_up("pack_5000", 5_000, at=on(1, 11), payment=f"pay_{number}").wallet
    assert balances(wallet.at(on(12, 31)))["top_up"] == 150_000
    assert {bucket.expires for bucket in wallet.at(on(12, 31)).buckets() if bucket.kind == "top_up"} == {None}
    with pytest.raises(OutOfBounds):
        wallet.top_up("pack_5000", 7_500, at=on(1, 12), payment="pay_half")


def cancelled() -> Wallet:
    """A wallet with 5,000 bought tokens, cancelled, in its first free month."""
    wallet = Wallet.open("small", catalogue=PLANS, id="ana", at=on(1, 10)).wallet
    wallet = wallet.top_up("pack_5000", 5_000, at=on(1, 11), payment="pay_1").wallet
    scheduled = wallet.change_plan("free", at=on(1, 20))
    assert scheduled.view.plan_next == "free"
    assert scheduled.view.available() == 13_500
    wallet = scheduled.wallet.advance(on(2, 10)).wallet
    assert wallet.at(on(2, 10)).plan.name == "free"
    return wallet


@pytest.mark.requirement("R5", "R6")
def test_cancelling_locks_top_ups_until_resubscribing() -> None:
    """On the free plan they are shown and cannot be used; back on a paid plan they can, after all else is gone."""
    wallet = cancelled()
    view = wallet.at(on(2, 11))
    assert view.by_kind() == {"top_up": 5_000}
    assert view.available() == 0
    assert view.locked() == 5_000
    with pytest.raises(Locked) as locked:
        wallet.spend(1, at=on(2, 11))
    assert {remedy.kind for remedy in locked.value.remedies} == {"resubscribe"}
    assert {remedy.name for remedy in locked.value.remedies} == {"small", "medium", "large"}
    with pytest.raises(NotSold) as unsold:
        wallet.top_up("pack_5000", 5_000, at=on(2, 11), payment="pay_2")
    assert {remedy.kind for remedy in unsold.value.remedies} == {"upgrade"}

    back = wallet.change_plan("small", at=on(2, 12))
    assert back.view.available() == 8_500 + 5_000
    used_up = back.wallet.spend(8_500, at=on(2, 13))
    assert paid(used_up) == {"quota": 8_500}
    assert paid(used_up.wallet.spend(1, at=on(2, 14))) == {"top_up": 1}


@pytest.mark.requirement("R6")
def test_a_free_user_without_tokens_is_told_to_upgrade() -> None:
    """Somebody who never paid has nothing locked: the refusal says upgrade."""
    wallet = Wallet.open("free", catalogue=PLANS, id="new", at=on(1, 10)).wallet
    with pytest.raises(NotEnough) as refused:
        wallet.spend(1, at=on(1, 11))
    assert {remedy.kind for remedy in refused.value.remedies} == {"upgrade"}


@pytest.mark.requirement("R7")
def test_closing_destroys_everything_and_says_what() -> None:
    """One entry names what was lost of each kind; after it every verb is refused."""
    change = opened(SMALL, 10, 20, 30)
    closed = change.wallet.close(at=on(1, 11))
    (entry,) = closed.entries
    assert isinstance(entry, Closed)
    assert entry.forfeited_by_kind() == {("rollover", "tokens"): 10, ("quota", "tokens"): 20, ("top_up", "tokens"): 30}
    assert closed.view.by_kind() == {}
    with pytest.raises(WalletClosed):
        closed.wallet.spend(1, at=on(1, 12))
    with pytest.raises(WalletClosed):
        closed.wallet.top_up("pack_5000", 5_000, at=on(1, 12), payment="pay_1")
    assert replay([*change.entries, *closed.entries]) == closed.wallet


@pytest.mark.requirement("R8")
def test_the_host_charges_and_reports_back() -> None:
    """The library prices a pack before there is a wallet, asks nobody to pay, and adds it once per reported payment."""
    assert SMALL.price_of("pack_5000", 15_000).amount == Decimal("15.00")
    assert SMALL.price_of("pack_25000", 25_000).amount == Decimal("20.00")
    wallet = Wallet.open(SMALL, id="ana", at=on(1, 10)).wallet
    bought = wallet.top_up("pack_5000", 15_000, at=on(1, 11), payment="pay_1")
    assert bought.requests == ()
    assert bought.view.buckets()[-1].paid == SMALL.price_of("pack_5000", 15_000)
    assert bought.view.buckets()[-1].payment == "pay_1"
    assert bought.wallet.top_up("pack_5000", 15_000, at=on(1, 12), payment="pay_1").repeated


@pytest.mark.requirement("R5")
@pytest.mark.parametrize("plan", ["small", "medium", "large", "free"])
def test_buying_needs_a_paid_plan(plan: str) -> None:
    """Each paid plan sells packs, the free one none."""
    wallet = Wallet.open(plan, catalogue=PLANS, id="ana", at=on(1, 10)).wallet
    sold = True
    try:
        wallet.top_up("pack_5000", 5_000, at=on(1, 11), payment="pay_1")
    except Refused:
        sold = False
    assert sold == (plan != "free")
