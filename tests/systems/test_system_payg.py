"""System G, an organization's knowledge graph: a monthly pool, pay-as-you-go beyond it, and a token limit.

The rates, the shares of the notices and what pauses are those of its help pages; the pools are the example's.
G7, the advice that a higher plan would be better, is awaited with forecast and simulation.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from examples.systems.payg import FOREST, GROVE, PLANS, SAPLING, TREE, paying
from tokenpurse import Change, Plan, Wallet, replay
from tokenpurse.entries import PeriodOpened
from tokenpurse.errors import LimitReached, NotEnough, Refused
from tokenpurse.notices import Bill
from tokenpurse.units import Amount


def on(month: int, day: int) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC)


def subscribed(plan: str, limit: int | None = None) -> Wallet:
    """Open a wallet on the 17th, with a limit chosen by the organization."""
    wallet = Wallet.open(plan, catalogue=PLANS, id="org", at=on(1, 17)).wallet
    return wallet if limit is None else wallet.set_limit("token_limit", limit, at=on(1, 17)).wallet


def accrued(change: Change) -> tuple[int, Amount]:
    """Pay-as-you-go so far: quantity and cost."""
    lines = change.view.accrued()
    assert len(lines) <= 1
    return (lines[0].quantity, lines[0].cost.amount) if lines else (0, Decimal(0))


def remedies(refused: Refused) -> list[str]:
    return [str(remedy) for remedy in refused.remedies]


def names(change: Change) -> list[str]:
    return [notice.name for notice in change.notices]


@pytest.mark.requirement("G1", "G2")
@pytest.mark.parametrize(
    "parts",
    [[12_345], [10_000, 2_345], [9_999, 2, 2_344], [5_000, 5_000, 1_172, 1_173], [1] * 12_345],
    ids=["at once", "pool, then rest", "across the pool", "four", "one by one"],
)
def test_the_bill_does_not_depend_on_how_use_is_split(parts: Iterable[int]) -> None:
    """12,345 tokens of a 10,000 pool leave 2,345 at 3 USD per 1,000: 7.035, rounded once, half up, to 7.04."""
    wallet = subscribed("tree", 20_000)
    for part in parts:
        change = wallet.spend(part, at=on(2, 8))
        wallet = change.wallet
    assert accrued(change) == (2_345, Decimal("7.04"))

    assert wallet.at(on(2, 16)).next_reset() == on(2, 17)
    billed = wallet.advance(on(2, 17))
    (entry,) = billed.entries
    assert isinstance(entry, PeriodOpened)
    assert entry.statement is not None
    (line,) = entry.statement.lines
    (total,) = entry.statement.totals
    assert (line.quantity, total.amount) == (2_345, Decimal("7.04"))
    assert (entry.statement.period.start, entry.statement.period.end) == (on(1, 17), on(2, 17))
    (bill,) = billed.requests
    assert isinstance(bill, Bill)
    assert bill.statement == entry.statement
    assert billed.view.usage() == 0
    assert accrued(billed) == (0, 0)


@pytest.mark.requirement("G1")
@pytest.mark.parametrize(
    ("plan", "usd"),
    [(TREE, "3.00"), (GROVE, "2.00"), (FOREST, "1.00"), (SAPLING, None)],
    ids=["tree", "grove", "forest", "sapling"],
)
def test_the_rates(plan: Plan, usd: str | None) -> None:
    """A thousand tokens beyond the pool cost the plan's rate, Forest's being agreed; Sapling sells none."""
    wallet = subscribed(plan.name)
    pool = wallet.at(on(1, 17)).available()
    assert isinstance(pool, int)
    wallet = wallet.spend(pool, at=on(1, 18)).wallet
    if usd is None:
        with pytest.raises(NotEnough) as refused:
            wallet.spend(1_000, at=on(1, 19))
        assert remedies(refused.value) == ["wait until 2026-02-17T00:00:00Z", "upgrade to tree"]
    else:
        wallet = wallet.set_limit("token_limit", pool + 1_000, at=on(1, 18)).wallet
        assert accrued(wallet.spend(1_000, at=on(1, 19))) == (1_000, Decimal(usd))


@pytest.mark.requirement("G2")
def test_the_billing_month_starts_on_the_subscriptions_own_day() -> None:
    """A subscription of the 31st is billed on the last day of short months, and on the 31st again of long ones."""
    wallet = Wallet.open("tree", catalogue=PLANS, id="org", at=on(1, 31)).wallet
    ends: list[tuple[int, int]] = []
    while len(ends) < 5:
        end = wallet.at(wallet.clock).next_reset()
        assert end is not None
        ends.append((end.month, end.day))
        wallet = wallet.advance(end).wallet
    assert ends == [(2, 28), (3, 31), (4, 30), (5, 31), (6, 30)]


@pytest.mark.requirement("G3", "G4", "G5")
def test_a_limit_equal_to_the_pool_rules_out_any_charge() -> None:
    """10,000 of 10,000 cost nothing; the next is refused with all that would end the pause, and search goes on."""
    change = subscribed("tree", 10_000).spend(10_000, at=on(1, 20))
    assert accrued(change) == (0, 0)
    wallet = change.wallet
    with pytest.raises(LimitReached, match="limit token_limit of 10,000 tokens reached") as refused:
        wallet.spend(1, at=on(1, 21))
    assert remedies(refused.value) == [
        "wait until 2026-02-17T00:00:00Z",
        "raise limit token_limit to 10,001",
        "upgrade to grove",
    ]
    for action in ("sync", "search", "view"):
        assert wallet.spend(1, action, at=on(1, 21)).wallet is wallet


@pytest.mark.requirement("G4")
def test_everything_that_costs_tokens_pauses_and_nothing_else() -> None:
    """Chat, ingestion and actions are one question about tokens; what is free is never asked for any."""
    wallet = subscribed("tree").spend(10_000, at=on(1, 20), labels={"for": "ingestion"}).wallet
    view = wallet.at(on(1, 21))
    assert view.available() == 0
    for purpose in ("chat", "ingestion", "action"):
        with pytest.raises(LimitReached):
            wallet.spend(1, at=on(1, 21), labels={"for": purpose})
    for action in ("sync", "search", "view"):
        assert view.available(action) is None
        assert view.can_spend(1_000_000, action)


@pytest.mark.requirement("G5")
@pytest.mark.parametrize("ends_it", ["reset", "limit", "upgrade"])
def test_what_ends_the_pause(ends_it: str) -> None:
    """Each remedy that the refusal names lets the very same request succeed."""
    wallet = subscribed("tree").spend(10_000, at=on(1, 20)).wallet
    assert not wallet.at(on(1, 21)).can_spend(1)
    moment = on(2, 17) if ends_it == "reset" else on(1, 21)
    if ends_it == "limit":
        wallet = wallet.set_limit("token_limit", 10_001, at=moment).wallet
    elif ends_it == "upgrade":
        wallet = wallet.change_plan("grove", at=moment).wallet
    change = wallet.spend(1, at=moment)
    assert change.view.usage() == (1 if ends_it == "reset" else 10_001)


@pytest.mark.requirement("G3")
def test_a_limit_above_the_pool_caps_the_bill() -> None:
    """50,000 on a pool of 20,000 are 30,000 at 2 USD per 1,000, and not one more until the limit is raised."""
    change = subscribed("grove", 50_000).spend(50_000, at=on(1, 20))
    assert accrued(change) == (30_000, Decimal("60.00"))
    with pytest.raises(LimitReached):
        change.wallet.spend(1, at=on(1, 21))
    raised = change.wallet.set_limit("token_limit", 60_000, at=on(1, 21))
    # 60.002, rounded once.
    assert accrued(raised.wallet.spend(1, at=on(1, 22))) == (30_001, Decimal("60.00"))


@pytest.mark.requirement("G1", "G5")
def test_a_plan_without_pay_as_you_go_offers_no_limit_and_nothing_to_buy() -> None:
    """A used-up pool names the reset and the upgrade; a request above the whole pool does not offer waiting either."""
    fresh = subscribed("sapling")
    with pytest.raises(NotEnough) as too_much:
        fresh.spend(1_001, at=on(1, 20))
    assert remedies(too_much.value) == ["upgrade to tree"]
    used_up = fresh.spend(1_000, at=on(1, 20))
    assert used_up.view.available() == 0
    with pytest.raises(NotEnough) as refused:
        used_up.wallet.spend(1, at=on(1, 21))
    assert remedies(refused.value) == ["wait until 2026-02-17T00:00:00Z", "upgrade to tree"]


@pytest.mark.requirement("G5")
@pytest.mark.parametrize(
    ("plan", "amount", "expected"),
    [
        ("sapling", 10_000, ["upgrade to tree"]),
        ("sapling", 10_001, []),
        ("tree", 10_001, ["raise limit token_limit to 10,001", "upgrade to grove"]),
        ("tree", 20_001, ["raise limit token_limit to 20,001"]),
    ],
)
def test_a_remedy_is_named_only_if_it_helps(plan: str, amount: int, expected: list[str]) -> None:
    """A fresh month has not enough for the request, so waiting never helps; nor does a plan that is still too small."""
    with pytest.raises(Refused) as refused:
        subscribed(plan).spend(amount, at=on(1, 20))
    assert expected == remedies(refused.value)


@pytest.mark.requirement("G6")
def test_notices_at_75_90_and_100_percent_of_the_limit() -> None:
    """Each share is told when it is reached, in order, once a month."""
    change = Wallet.open(paying("small tree", 1_000, 3, upgrades_to=()), id="org", at=on(1, 17))
    entries = list(change.entries)
    for amount, told in [(749, []), (1, ["75 %"]), (250, ["90 %", "100 %"])]:
        change = change.wallet.spend(amount, at=on(1, 20))
        entries += change.entries
        assert told == names(change), amount
    reset = change.wallet.advance(on(2, 17))
    again = reset.wallet.spend(760, at=on(2, 18))
    assert (names(reset), names(again)) == ([], ["75 %"])
    entries += [*reset.entries, *again.entries]
    assert replay(entries) == again.wallet
