"""Prepaid prices in tiers: each part of the period's quantity at its own, whatever way the use is split."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cases import on
from tests.verbs.test_bill_at import Walk
from tokenpurse import Allowance, LateUse, OnDebt, Plan, Price, Tier, Wallet, replay
from tokenpurse.errors import NotEnough, PlanError
from tokenpurse.prose import explain

RISING = [Tier(3, Decimal("0.10")), Tier(5, Decimal("0.50")), Tier(None, Decimal(1))]


def tiered(tiers: Any = RISING, *, money: str = "20", **more: Any) -> Plan:
    said = {"allowances": [Allowance(2, "calls"), Allowance(Decimal(money), "USD")], **more}
    return Plan("tiered", prices=[Price("calls", tiers=tiers)], **said)


@pytest.mark.parametrize(("calls", "cost"), [(2, "0"), (5, "0.30"), (6, "0.80"), (7, "1.30"), (9, "3.30")])
def test_each_part_of_the_periods_quantity_costs_its_own(calls: int, cost: str) -> None:
    """Beyond what the allowance pays; in one spend as in many."""
    whole = Walk(tiered())
    whole("spend", calls, "calls")
    walk = Walk(tiered())
    for _ in range(calls):
        walk("spend", 1, "calls")
    for one in (whole, walk):
        assert one.wallet.at(on(7, 1)).available("USD") == Decimal(20) - Decimal(cost)
        assert replay(one.entries, catalogue=one.plans) == one.wallet
    assert str(whole("spend", 1, "calls").entries[0].uses[0].priced.rate).startswith("0.10 USD per 1 up to 3, then")


def test_what_is_available_goes_through_the_tiers() -> None:
    """Two dollars are three calls at ten cents, two at fifty, and nothing of the next one."""
    wallet = Wallet.open(tiered(money="2"), id="acme", at=on(7, 1)).wallet
    assert wallet.at(on(7, 1)).available("calls") == 7
    wallet = wallet.spend(4, "calls", at=on(7, 1)).wallet
    assert wallet.at(on(7, 1)).available("calls") == 3
    with pytest.raises(NotEnough, match=r"2\.10 USD needed, 1\.80 USD there"):
        wallet.spend(4, "calls", at=on(7, 1))
    free = Wallet.open(tiered([Tier(9, Decimal(1)), Tier(None, Decimal(0))]), id="acme", at=on(7, 1)).wallet
    assert free.at(on(7, 1)).available("calls") is None


def test_a_hold_sets_the_dearest_aside() -> None:
    """Whatever is used meanwhile, its capture fits; and it costs what the quantity costs then."""
    walk = Walk(tiered(money="5"))
    walk("spend", 2, "calls")
    assert walk.wallet.at(on(7, 1)).available("calls") == 8
    held = walk("hold", 3, "calls", ref="job", until=timedelta(hours=1)).entries[0]
    assert held.uses[0].priced.paid.amount == Decimal(3)
    walk("spend", 4, "calls")
    with pytest.raises(NotEnough):
        walk("hold", 2, "calls", ref="more", until=timedelta(hours=1))
    walk("capture", "job")
    assert walk.wallet.at(on(7, 1)).available("USD") == Decimal("5.00") - Decimal("3.30")
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


def test_a_refund_is_what_the_use_made_the_period_cost_more() -> None:
    """The last call at a dollar comes back as one; after the period, as its share of what was paid."""
    walk = Walk(tiered())
    spent = walk("spend", 8, "calls").entries[0]
    assert walk("refund", spent, 1).view.available("USD") == Decimal("18.70")
    assert walk("refund", spent, 3).view.available("USD") == Decimal("19.80")
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet
    plan = tiered(allowances=[], late_use=LateUse("own", grace=timedelta(days=3)))
    walk = Walk(plan)
    walk("grant", Decimal(20), unit="USD", kind="credit")
    spent = walk("spend", 4, "calls").entries[0]
    walk("spend", 1, "calls", at=on(8, 1), occurred_at=on(7, 9))
    assert walk.wallet.at(on(8, 1)).available("USD") == Decimal("18.70")
    assert walk("refund", spent, 2).view.available("USD") == Decimal("19.10")
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.integers(1, 6)), max_size=14),
    st.lists(st.integers(0, 40), min_size=3, max_size=3),
    st.integers(1, 3),
)
def test_whatever_is_refunded_all_of_it_comes_back(
    steps: list[tuple[bool, int, int]], prices: list[int], per: int
) -> None:
    """In any order and in parts; and never is less paid than what stays used costs."""
    tiers = [Tier(end, Decimal(price).scaleb(-2)) for end, price in zip((4, 9, None), prices, strict=True)]
    plan = Plan("p", prices=[Price("calls", tiers=tiers, per=per)])
    walk = Walk(plan)
    walk("grant", Decimal(1_000), unit="USD", kind="credit")
    spends: list[tuple[Any, int]] = []
    for back, pick, amount in [*steps, *((True, 0, 99) for _ in steps)]:
        if back and spends:
            entry, left = spends.pop(pick % len(spends))
            walk("refund", entry, min(left, amount))
            spends += [(entry, left - amount)] if left > amount else []
        elif not back and (made := walk("spend", amount, "calls").entries):
            spends.append((made[0], amount))
    assert not spends
    assert walk.wallet.at(on(7, 1)).available("USD") == 1_000
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ({}, "cost is None, it must be given, or tiers"),
        ({"cost": Decimal(1), "tiers": RISING}, "its tiers say what it costs: leave one out"),
        ({"tiers": RISING, "times": {"a": {"b": 2}}}, "no label multiplies them"),
        ({"tiers": RISING, "base": Decimal(1)}, "nothing is per operation"),
        ({"tiers": RISING, "step": 2}, "nothing is per operation"),
        ({"tiers": RISING[:2]}, "the last tier has no end"),
        ({"tiers": [Tier(5, 1), RISING[2]]}, "Decimal"),
        ({"tiers": 5}, "list of Tier"),
    ],
)
def test_tiers_of_a_price_are_checked(said: dict[str, Any], right: str) -> None:
    """They say all of it, and nothing of one operation."""
    with pytest.raises(PlanError, match=right):
        Plan("wrong", prices=[Price("calls", **said)])


def test_tiers_say_nothing_of_a_debt_and_are_told_in_words() -> None:
    """A billed debt names its price; in tokens the price is said in tokens."""
    with pytest.raises(PlanError, match="nothing else says"):
        tiered(on_debt=OnDebt("bill", unit="calls"))
    said = "you pay 0.10 USD per call for the first 3 calls, then 0.50 USD per call for the next 2 calls, then 1.00 USD"
    assert said in explain(tiered())
    pages = Price("page", tiers=[Tier(2, 3), Tier(None, 1)], unit="tokens")
    plan = Plan("p", allowances=[Allowance(9)], prices=[pages])
    assert "You pay 3 tokens per page for the first 2 pages, then 1 token per page." in explain(plan)
    assert Wallet.open(plan, id="acme", at=on(7, 1)).view.available("page") == 5
