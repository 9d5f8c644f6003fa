"""Tiers of post-paid use: each prices its own part, or the one that the whole is in prices all of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cases import on
from tests.verbs.test_bill_at import Walk
from tokenpurse import Allowance, Limit, OnDebt, PayAsYouGo, Plan, Tier, replay
from tokenpurse import entries as e
from tokenpurse.errors import HistoryError, LimitReached, PlanError
from tokenpurse.pricing import Rate, postpaid_cost, postpaid_most
from tokenpurse.units import as_unit

TWO = [Tier(10_000, Decimal("0.50")), Tier(None, Decimal("0.40"))]


def tiered(tiering: Any = "graduated", *, tiers: Any = TWO, bill_at: Decimal | None = None, **more: Any) -> Plan:
    price = PayAsYouGo(tiers=tiers, tiering=tiering, bill_at=bill_at)
    return Plan("tiered", pay_as_you_go=[price], **{"limits": [], **more})


@pytest.mark.parametrize(
    ("tiering", "quantity", "cost"),
    [
        ("graduated", 10_000, "5000.00"),
        ("graduated", 10_001, "5000.40"),
        ("graduated", 1, "0.50"),
        ("volume", 10_000, "5000.00"),
        ("volume", 10_001, "4000.40"),
    ],
)
def test_a_period_is_priced_by_its_tiers(tiering: str, quantity: int, cost: str) -> None:
    """Up to a tier's end, inclusive, its price; beyond it the next one's, for what is beyond or for all of it."""
    walk = Walk(tiered(tiering))
    walk("spend", quantity)
    assert str(walk("advance", at=on(8, 1)).entries[0].statement) == f"{Decimal(cost):,} USD"
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


def test_what_a_volume_price_billed_too_much_waits_for_the_next_bills() -> None:
    """It is taken off what runs up in the next period, before that is billed."""
    walk = Walk(tiered("volume", bill_at=Decimal(100)))
    walk("spend", 10_000)
    walk("spend", 1)
    walk("advance", at=on(8, 1))
    assert [line.cost.amount for line in walk.wallet.at(on(8, 1)).accrued()] == [Decimal("-999.60")]
    walk("spend", 2_199)
    assert walk.billed() == ["5,000.00 USD"]
    walk("spend", 1)
    assert walk.billed()[1:] == ["100.40 USD"]
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


def test_a_limit_on_money_lets_through_what_the_tiers_come_to() -> None:
    """The largest quantity whose cost is within it, whichever tier that is in; what costs nothing is no matter."""
    for cap, most in ((Decimal(100), 200), (Decimal(5_000), 10_000), (Decimal(5_001), 10_002), (Decimal(0), 0)):
        walk = Walk(tiered(limits=[Limit("budget", cap, unit="USD")]))
        assert walk.wallet.at(on(7, 1)).available() == most
        if most:
            walk("spend", most)
        with pytest.raises(LimitReached):
            walk("spend", 1)


def test_a_free_tier_is_not_stopped_by_a_budget_of_nothing() -> None:
    """The first thousand cost nothing; the next one would."""
    free = [Tier(1_000, Decimal(0)), Tier(2_000, Decimal("0.10")), Tier(None, Decimal(0))]
    walk = Walk(tiered(tiers=free, limits=[Limit("budget", Decimal(0), unit="USD")]))
    assert walk.wallet.at(on(7, 1)).available() == 1_000
    walk("spend", 1_000)
    with pytest.raises(LimitReached):
        walk("spend", 1)
    open_to_all = Walk(tiered(tiers=free, limits=[Limit("budget", Decimal(100), unit="USD")]))
    assert open_to_all.wallet.at(on(7, 1)).available() is None
    nothing = Walk(
        tiered(tiers=[Tier(9, Decimal(0)), Tier(None, Decimal(0))], limits=[Limit("m", Decimal(0), unit="USD")])
    )
    assert nothing("spend", 5_000).entries


def test_a_refund_takes_off_the_last_tier_first() -> None:
    """In its period the line has less; after it, what the line would have cost less."""
    for at, tiering, worth in (
        (on(7, 2), "graduated", "4999.50"),
        (on(8, 2), "graduated", "-0.90"),
        (on(8, 2), "volume", "999.10"),
    ):
        walk = Walk(tiered(tiering, tiers=[Tier(10_000, Decimal("0.50")), Tier(None, Decimal("0.40"))]))
        spent = walk("spend", 10_001).entries[0]
        walk("refund", spent, 2, at=at)
        assert sum(line.cost.amount for line in walk.wallet.at(at).accrued()) == Decimal(worth)
        assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


@given(
    steps=st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.integers(1, 9)), max_size=14),
    tiering=st.sampled_from(["graduated", "volume"]),
    prices=st.lists(st.integers(0, 30), min_size=3, max_size=3).filter(any),  # of what is free nothing is billed
)
def test_bills_and_credits_come_to_what_one_statement_would_have_said(
    steps: list[tuple[bool, int, int]], tiering: str, prices: list[int]
) -> None:
    """Whatever is used and given back in between, and whichever way the price goes from tier to tier."""
    tiers = [Tier(end, Decimal(price) / 100) for end, price in zip((5, 12, None), prices, strict=True)]
    sums = []
    for bill_at in (Decimal("0.30"), None):
        walk = Walk(tiered(tiering, tiers=tiers, bill_at=bill_at, allowances=[Allowance(3)]))
        spends: list[tuple[e.Spent, int]] = []
        for back, pick, amount in steps:
            if back and spends:
                entry, left = spends.pop(pick % len(spends))
                walk("refund", entry, min(left, amount))
                spends += [(entry, left - amount)] if left > amount else []
            else:
                spends.append((walk("spend", amount).entries[0], amount))
        walk("advance", at=on(8, 1))
        said = [one.statement for one in walk.entries if isinstance(one, e.BillRequested | e.PeriodOpened)]
        lines = [line for statement in said if statement is not None for line in statement.lines]
        sums.append(sum(line.cost.amount for line in (*lines, *walk.wallet.at(on(8, 1)).accrued())))
        for entry, left in spends:
            walk("refund", entry, left)
        assert replay(walk.entries, catalogue=walk.plans) == walk.wallet
        said = [one.statement for one in walk.entries if isinstance(one, e.BillRequested | e.PeriodOpened)]
        lines = [line for statement in said if statement is not None for line in statement.lines]
        assert sum(line.cost.amount for line in (*lines, *walk.wallet.at(on(8, 1)).accrued())) == 0
    assert sums[0] == sums[1]


@given(
    st.lists(st.tuples(st.integers(1, 50), st.integers(0, 10**5)), max_size=4),
    st.integers(0, 10**5),
    st.integers(1, 9),
    st.integers(0, 10**8),
    st.sampled_from([1, 7, 1_000]),
)
def test_the_largest_quantity_within_a_budget(
    parts: list[tuple[int, int]], cost: int, per: int, budget: int, pack: int
) -> None:
    """One more would cost more; of a volume price, all that is smaller is within it too."""
    tops = [sum(size for size, _ in parts[: place + 1]) for place in range(len(parts))]
    tiers = tuple(zip(tops, (cost for _, cost in parts), strict=True))
    rate = Rate(as_unit("USD"), cost, per, tiers=tiers, pack=pack)
    most = postpaid_most(rate, budget)
    if most is None:
        assert not cost
        assert postpaid_cost(rate, 10**9) <= budget
    else:
        assert postpaid_cost(rate, most) <= budget < postpaid_cost(rate, most + 1)
    if tiers:
        volume = Rate(as_unit("USD"), cost, per, tiers=tiers, volume=True, pack=pack)
        most = postpaid_most(volume, budget)
        assert all(postpaid_cost(volume, near) <= budget for near in (most or 0, *tops) if near <= (most or 0))
        assert most is not None or rate.is_free


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ({}, "it must be given, or tiers"),
        ({"price": Decimal(1), "tiers": TWO}, "leave one out"),
        ({"tiers": 5}, "list of Tier"),
        ({"tiers": [5]}, "list of Tier"),
        ({"tiers": TWO, "times": {"a": {"b": 2}}}, "no label multiplies them"),
        ({"price": Decimal(1), "tiering": "volume"}, "it goes with tiers"),
        ({"tiers": TWO, "tiering": "steps"}, "one of graduated, volume"),
        ({"tiers": TWO[:1]}, "the last tier has no end"),
        ({"tiers": TWO[::-1]}, "only the last tier has no end"),
        ({"tiers": [Tier(5, Decimal(1)), Tier(5, Decimal(2)), TWO[1]]}, "at least 6 tokens"),
        ({"tiers": [Tier(0, Decimal(1)), TWO[1]]}, "at least 1 token"),
        ({"tiers": [Tier(5, 1), TWO[1]]}, "Decimal"),
        ({"tiers": [TWO[0], Tier(None, 1)]}, "Decimal"),
    ],
)
def test_tiers_are_checked(said: dict[str, Any], right: str) -> None:
    """Each ends after the one before, the last has no end, and nothing else says a price."""
    with pytest.raises(PlanError, match=right):
        Plan("wrong", pay_as_you_go=[PayAsYouGo(**said)])


def test_what_tiers_cannot_say_is_refused() -> None:
    """A limit on money that may fall, and the price of a debt."""
    with pytest.raises(PlanError, match="volume tiers of tokens may cost less"):
        tiered("volume", limits=[Limit("budget", Decimal(5), unit="USD")])
    assert tiered("volume", limits=[Limit("many", 500)])
    with pytest.raises(PlanError, match="nothing else says what tokens costs"):
        tiered(on_debt=OnDebt("bill"))
    with pytest.raises(PlanError, match="an OnDebt must say"):
        tiered(on_debt="bill")


def test_tiers_are_said_where_a_price_is() -> None:
    """On the line of a statement."""
    walk = Walk(tiered())
    walk("spend", 1)
    assert walk.open() == ["1 token at 0.50 USD per 1 up to 10,000, then 0.40 USD per 1 = 0.50 USD"]
    walk = Walk(tiered("volume"))
    walk("spend", 1)
    assert walk.open() == ["1 token at 0.50 USD per 1 (volume) = 0.50 USD"]


def test_replay_finds_forged_tiers() -> None:
    """That fall, or cost less than nothing."""
    from attrs import evolve

    walk = Walk(tiered())
    walk("spend", 1)
    (use,) = walk.entries[-1].uses
    for tiers in (((5, 1), (5, 1)), ((0, 1),), ((5, -1),)):
        line = evolve(use.postpaid, rate=evolve(use.postpaid.rate, tiers=tiers))
        with pytest.raises(HistoryError, match="which is no price"):
            replay([*walk.entries[:-1], evolve(walk.entries[-1], uses=(evolve(use, postpaid=line),))])


def test_what_comes_after_a_bill_says_after_what() -> None:
    """The rest of the period's line, at the price that it is in; what July was billed too much is no late use."""
    walk = Walk(tiered(bill_at=Decimal(5_000)))
    walk("spend", 10_000)
    walk("spend", 100)
    assert walk.open() == ["100 tokens after 10,000 at 0.50 USD per 1 up to 10,000, then 0.40 USD per 1 = 40.00 USD"]
    walk = Walk(tiered("volume", bill_at=Decimal(5_000)))
    walk("spend", 10_000)
    walk("spend", 1)
    more = "1 token after 10,000, all at 0.40 USD per 1 (volume) = -999.60 USD"
    assert walk.open() == [more]
    walk("advance", at=on(8, 1))
    assert walk.open() == [f"{more}, use of the period from 2026-07-01T00:00:00Z"]


def test_volume_prices_are_not_said_as_graduated_ones() -> None:
    """By themselves, and for the packs that a quantity fills."""
    unit = as_unit("USD")
    rate = Rate(unit, 2_800_000, 1, tiers=((1_000, 3_000_000),), volume=True, pack=100)
    assert str(rate) == "3.00 USD per 1 up to 1,000, all at 2.80 USD per 1 beyond (volume), in packs of 100"
    assert rate.said_at(1_000) == "3.00 USD per 1, in packs of 100 (volume)"
    assert rate.said_at(1_001) == "2.80 USD per 1, in packs of 100 (volume)"
