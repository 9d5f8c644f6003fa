"""Pay-as-you-go in packs: a period's quantity is billed in whole ones, a started one as a whole one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cases import on
from tests.verbs.test_bill_at import Walk
from tokenpurse import Allowance, Bound, Limit, OnDebt, PayAsYouGo, Plan, Tier, Wallet, replay
from tokenpurse import entries as e
from tokenpurse.errors import LimitReached, PlanError
from tokenpurse.prose import explain


def packed(**more: Any) -> Plan:
    said = {"price": Decimal(5), "pack": 1_000, **more.pop("beyond", {})}
    return Plan("mail", allowances=[Allowance(500)], pay_as_you_go=[PayAsYouGo(**said)], **more)


@pytest.mark.parametrize(("used", "cost"), [(501, "5.00"), (1_500, "5.00"), (1_501, "10.00"), (2_500, "10.00")])
def test_a_started_pack_is_billed_as_a_whole_one(used: int, cost: str) -> None:
    """However the use was split; the estimate says what the statement will."""
    walk = Walk(packed())
    walk("spend", used - 1)
    walk("spend", 1)
    [line] = walk.wallet.at(on(7, 1)).accrued()
    assert (line.quantity, str(line.cost)) == (used - 500, f"{cost} USD")
    said = walk("advance", at=on(8, 1)).entries[0].statement
    tokens = "1 token" if used == 501 else f"{used - 500:,} tokens"
    assert str(said.lines[0]) == f"{tokens} at 5.00 USD per 1,000, in packs of 1,000 = {cost} USD"
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


def test_a_price_is_for_the_pack_unless_it_says_for_what() -> None:
    """As of an offer; 5 USD for each thousand are 2,000 of the plan's half a cent each."""
    each = packed(beyond={"price": Decimal("0.005"), "per": 1})
    assert each.terms.postpaid["tokens"].rate.per_steps == 1
    assert packed().terms.postpaid["tokens"].rate.per_steps == 1_000
    assert PayAsYouGo(Decimal(1)) == PayAsYouGo(Decimal(1), per=None)


def test_a_limit_on_money_lets_whole_packs_through() -> None:
    """Twelve dollars are two packs; what is paid of the last one already stays free."""
    wallet = Wallet.open(packed(limits=[Limit("budget", Decimal(12), unit="USD")]), id="acme", at=on(7, 1)).wallet
    assert wallet.at(on(7, 1)).available() == 2_500
    wallet = wallet.spend(1_600, at=on(7, 2)).wallet
    assert wallet.at(on(7, 2)).available() == 900
    with pytest.raises(LimitReached, match="limit budget of"):
        wallet.spend(901, at=on(7, 2))
    nothing = packed(limits=[Limit("budget", Decimal(0), unit="USD")])
    assert Wallet.open(nothing, id="acme", at=on(7, 1)).wallet.at(on(7, 1)).available() == 500


def test_a_free_tier_ends_with_a_whole_pack_where_there_is_no_budget() -> None:
    """Of 250 free ones in packs of a hundred the third pack costs something."""
    tiers = [Tier(250, Decimal(0)), Tier(None, Decimal(1))]
    plan = packed(beyond={"price": None, "tiers": tiers, "pack": 100}, limits=[Limit("no", Decimal(0), unit="USD")])
    assert Wallet.open(plan, id="acme", at=on(7, 1)).wallet.at(on(7, 1)).available() == 700


def test_it_is_billed_at_a_bound_as_packs_come_up() -> None:
    """The bill has the second pack as soon as that is started, and the period's statement nothing of it."""
    walk = Walk(packed(beyond={"bill_at": Decimal(10)}))
    walk("spend", 1_500)
    assert walk.billed() == []
    walk("spend", 1)
    assert walk.billed() == ["10.00 USD"]
    walk("spend", 999)
    assert walk.billed() == ["10.00 USD"]
    assert str(walk("advance", at=on(8, 1)).entries[0].statement) == "0.00 USD"
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.integers(1, 12)), max_size=12), st.integers(1, 6), st.data()
)
def test_refunds_in_any_order_come_to_what_was_billed(
    steps: list[tuple[bool, int, int]], pack: int, data: st.DataObject
) -> None:
    """Before the statement and after it."""
    beyond = PayAsYouGo(Decimal("0.35"), pack=pack, bill_at=data.draw(st.sampled_from([None, Decimal(1)])))
    walk = Walk(Plan("mail", allowances=[Allowance(3)], pay_as_you_go=[beyond]))
    spends: list[tuple[e.Spent, int]] = []
    for back, pick, amount in steps:
        if back and spends:
            entry, left = spends.pop(pick % len(spends))
            walk("refund", entry, min(left, amount))
            spends += [(entry, left - amount)] if left > amount else []
        else:
            spends.append((walk("spend", amount).entries[0], amount))
    used = walk.wallet.at(on(7, 1)).usage()
    assert isinstance(used, int)
    walk("advance", at=on(8, 1))
    said = [one.statement for one in walk.entries if isinstance(one, e.BillRequested | e.PeriodOpened)]
    lines = [line for statement in said if statement is not None for line in statement.lines]
    billed = sum(line.cost.amount for line in (*lines, *walk.wallet.at(on(8, 1)).accrued()))
    assert billed % Decimal("0.35") == 0
    for entry, left in spends:
        walk("refund", entry, left)
    said = [one.statement for one in walk.entries if isinstance(one, e.BillRequested | e.PeriodOpened)]
    lines = [line for statement in said if statement is not None for line in statement.lines]
    assert sum(line.cost.amount for line in (*lines, *walk.wallet.at(on(8, 1)).accrued())) == 0
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


def test_packs_are_checked() -> None:
    """From one on, no bound of the plan's price beside what it is per, and no price of a debt."""
    for pack in (0, 1.5, Decimal(1)):
        with pytest.raises(PlanError, match=r"PayAsYouGo of tokens: pack is .*it must be"):
            packed(beyond={"pack": pack})
    with pytest.raises(PlanError, match="nothing else says what tokens costs"):
        packed(on_debt=OnDebt("bill"))
    with pytest.raises(PlanError, match="leave it out"):
        packed(price=Decimal(10), beyond={"price": Bound("plan_price"), "per": 1_000})
    assert packed(price=Decimal(10), beyond={"price": Bound("plan_price")}).terms.postpaid["tokens"].rate.pack == 1_000


def test_packs_are_said_in_words() -> None:
    """The last one is billed whole."""
    said = "go on at 5.00 USD per 1,000 tokens, in packs of 1,000 tokens (the last one in full), billed at the end"
    assert said in explain(packed())
