"""What the quantity of one operation counts as: at least a minimum, in whole steps; asked and billed told apart."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cases import on
from tests.verbs.test_bill_at import Walk
from tokenpurse import Allowance, LateUse, Limit, OnDebt, PayAsYouGo, Plan, Price, Wallet, replay
from tokenpurse import entries as e
from tokenpurse.errors import HistoryError, LimitReached, NotEnough, PlanError
from tokenpurse.pricing import Rate, affordable, operation_cost
from tokenpurse.units import as_unit

ACTIONS = Plan(
    "actions",
    allowances=[Allowance(2_000, "minutes")],
    prices=[Price("seconds", 1, per=60, unit="minutes", step=60, times={"os": {"macos": 10, "windows": 2}})],
)
CALLS = Plan("calls", pay_as_you_go=[PayAsYouGo(Decimal("0.01"), per=10, meter="seconds", step=15, minimum=60)])


def opened(plan: Plan) -> Wallet:
    return Wallet.open(plan, id="acme", at=on(7, 1)).wallet


@pytest.mark.parametrize(
    ("seconds", "os", "minutes"),
    [(1, "linux", 1), (60, "linux", 1), (61, "linux", 2), (61, "windows", 4), (1, "macos", 10), (0, "macos", 0)],
)
def test_each_job_is_rounded_up_to_the_minute_before_it_is_multiplied(seconds: int, os: str, minutes: int) -> None:
    """GitHub Actions: a job of 61 seconds on Windows is two minutes, and takes four; the entry says both."""
    change = opened(ACTIONS).spend(seconds, "seconds", at=on(7, 2), labels={"os": os})
    assert change.view.available("minutes") == 2_000 - minutes
    if seconds:
        assert isinstance(change.entry, e.Spent)
        [use] = change.entry.uses
        assert use.priced is not None
        assert (use.amount, use.priced.quantity, use.priced.billed) == (seconds, seconds, -(-seconds // 60) * 60)


def test_what_is_available_is_whole_steps() -> None:
    """Three minutes are 180 seconds of one job; four of macOS not a second."""
    wallet = opened(ACTIONS).spend(1_997, "minutes", at=on(7, 2)).wallet
    view = wallet.at(on(7, 2))
    assert [view.available("seconds", labels={"os": os}) for os in ("linux", "windows", "macos")] == [180, 60, 0]
    with pytest.raises(NotEnough, match="181 seconds asked, 180 available"):
        wallet.spend(181, "seconds", at=on(7, 2))


@pytest.mark.parametrize(("seconds", "billed"), [(1, 60), (59, 60), (60, 60), (61, 75), (75, 75), (76, 90)])
def test_a_call_is_billed_for_at_least_a_minute_and_in_quarters(seconds: int, billed: int) -> None:
    """Each call by itself, before it is added to the period's line; used is what was used."""
    walk = Walk(CALLS)
    spent = walk("spend", seconds, "seconds").entries[0]
    line = spent.uses[0].postpaid
    assert (line.asked, line.quantity) == (seconds, billed)
    assert walk.wallet.at(on(7, 1)).usage("seconds") == seconds
    walk("spend", 61, "seconds")
    [line] = walk.wallet.at(on(7, 1)).accrued()
    assert (line.quantity, line.asked) == (billed + 75, billed + 75)
    said = walk("advance", at=on(8, 1)).entries[0].statement
    assert str(said.lines[0]).startswith(f"{billed + 75} seconds at 0.01 USD per 10, in steps of 15 each time,")
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


def test_an_entry_says_the_quantity_asked_and_the_one_billed() -> None:
    """In words as well, where they differ."""
    walk = Walk(CALLS)
    said = [str(walk("spend", seconds, "seconds").entries[0].uses[0].postpaid) for seconds in (61, 60)]
    assert [one.partition(" at ")[0] for one in said] == ["75 seconds for 61 used", "60 seconds"]


@pytest.mark.parametrize("at", [on(7, 2), on(8, 2)])
def test_a_refund_in_parts_is_what_the_call_would_have_cost_less(at: Any) -> None:
    """61 seconds are billed as 75, 50 as a minute, 49 as well, and nothing as nothing; after the statement too."""
    walk = Walk(CALLS)
    spent = walk("spend", 61, "seconds").entries[0]
    less = []
    for part in (11, 1, 49):
        [undone] = walk("refund", spent, part, at=at).entries[-1].undone
        less.append((undone.postpaid.asked, undone.postpaid.quantity))
    assert less == [(11, 15), (1, 0), (49, 60)]
    walk("advance", at=on(9, 1))
    said = [one.statement for one in walk.entries if isinstance(one, e.PeriodOpened) and one.statement is not None]
    open_still = walk.wallet.at(on(9, 1)).accrued()
    assert sum(line.cost.amount for line in (*(line for one in said for line in one.lines), *open_still)) == 0
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


def test_what_is_used_of_a_hold_is_one_operation_and_what_goes_beyond_another() -> None:
    """Held for 100 seconds at the most, 105; of 30 used a minute is billed; 110 are 105 and a minute."""
    for used, billed in ((30, 60), (100, 105), (110, 165)):
        walk = Walk(CALLS)
        held = walk("hold", 100, "seconds", ref="job", until=timedelta(hours=1)).entries[0]
        assert (held.uses[0].postpaid.asked, held.uses[0].postpaid.quantity) == (100, 105)
        walk("capture", "job", {"seconds": used}, over="spend")
        assert [line.quantity for line in walk.wallet.at(on(7, 1)).accrued()] == [billed]
        assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


def test_limits_on_the_meter_count_what_is_used_and_on_money_what_is_billed() -> None:
    """Twelve cents are 120 seconds: after a call of ten, one more of sixty; a limit of 80 seconds leaves 70."""
    money = evolve(CALLS, limits=[Limit("budget", Decimal("0.12"), unit="USD")])
    wallet = opened(money).spend(10, "seconds", at=on(7, 2)).wallet
    assert wallet.at(on(7, 2)).available("seconds") == 60
    with pytest.raises(LimitReached, match=r"limit budget of 0\.12 USD reached"):
        wallet.spend(61, "seconds", at=on(7, 2))
    full = wallet.spend(10, "seconds", at=on(7, 2)).view
    assert (full.available("seconds"), full.limits()[0].used) == (0, Decimal("0.12"))
    seconds = evolve(CALLS, limits=[Limit("most", 80, unit="seconds")])
    assert opened(seconds).spend(10, "seconds", at=on(7, 2)).view.available("seconds") == 70
    nothing = evolve(CALLS, limits=[Limit("budget", Decimal(0), unit="USD")])
    assert opened(nothing).at(on(7, 2)).available("seconds") == 0


def test_late_use_is_an_operation_of_its_period() -> None:
    """It goes on that period's line, as billed; given back, as what it would have cost less."""
    late = evolve(CALLS, late_use=LateUse("own", grace=timedelta(days=2)))
    walk = Walk(late)
    walk("spend", 61, "seconds")
    spent = walk("spend", 50, "seconds", at=on(8, 1), occurred_at=on(7, 31)).entries[-1]
    [line] = walk.wallet.at(on(8, 1)).accrued()
    assert (spent.uses[0].postpaid.asked, line.quantity, line.before) == (50, 60, 75)
    walk("refund", spent, 1, at=on(8, 1))
    assert walk.wallet.at(on(8, 1)).accrued() == (line,)
    walk("refund", spent, 49, at=on(8, 1))
    assert walk.wallet.at(on(8, 1)).accrued() == ()
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


def test_what_an_action_took_of_a_billed_meter_comes_back_as_it_was_billed() -> None:
    """A chat costs 5 seconds, of which each is billed as ten: what stays paid for other chats goes back with them."""
    plan = Plan(
        "chat",
        prices=[Price("chat", 5, per=2, unit="seconds")],
        pay_as_you_go=[PayAsYouGo(Decimal("0.01"), meter="seconds", step=10)],
    )
    walk = Walk(plan)
    spends = [walk("spend", 1, "chat").entries[0] for _ in range(3)]
    for entry in spends:
        walk("refund", entry, 1)
        assert replay(walk.entries, catalogue=walk.plans) == walk.wallet
    assert walk.wallet.at(on(7, 1)).accrued() == ()


@pytest.mark.parametrize(
    "forged",
    [{"quantity": 74}, {"used": 74}, {"quantity": 61, "used": None}, {"quantity": 76}],
)
def test_replay_finds_a_billed_quantity_that_is_not_of_the_one_asked(forged: dict[str, Any]) -> None:
    """What is billed follows from what was used and the price."""
    walk = Walk(CALLS)
    spent = walk("spend", 61, "seconds").entries[0]
    [use] = spent.uses
    with pytest.raises(HistoryError):
        replay((walk.entries[0], evolve(spent, uses=(evolve(use, postpaid=evolve(use.postpaid, **forged)),))))


@pytest.mark.parametrize("forged", [{"quantity": -15, "used": 11}, {"quantity": 0, "used": None}, {"quantity": 75}])
def test_replay_finds_a_refund_that_bills_less_than_it_can(forged: dict[str, Any]) -> None:
    """Less than nothing is billed less of no line, and nothing is asked for nothing."""
    walk = Walk(CALLS)
    spent = walk("spend", 61, "seconds").entries[0]
    back = walk("refund", spent, 11).entries[0]
    [undone] = back.undone
    forged_back = evolve(back, undone=(evolve(undone, postpaid=evolve(undone.postpaid, **forged)),))
    with pytest.raises(HistoryError):
        replay((*walk.entries[:2], forged_back, walk("spend", 1, "seconds").entries[0]))


def test_replay_finds_what_no_step_of_a_price_explains() -> None:
    """At a price without steps what was used is what is billed."""
    walk = Walk(evolve(CALLS, pay_as_you_go=[PayAsYouGo(Decimal("0.01"), meter="seconds")]))
    spent = walk("spend", 61, "seconds").entries[0]
    back = walk("refund", spent, 11).entries[0]
    [undone] = back.undone
    forged = evolve(undone, postpaid=evolve(undone.postpaid, quantity=10, used=11))
    with pytest.raises(HistoryError, match="less are billed than its line has"):
        replay((*walk.entries[:2], evolve(back, undone=(forged,))))


@pytest.mark.parametrize(("field", "value"), [("step", 0), ("step", 1.5), ("minimum", 0), ("minimum", Decimal(1))])
def test_steps_and_minima_are_amounts_of_the_meter(field: str, value: Any) -> None:
    """From one on; the message names the part and the field."""
    said: dict[str, Any] = {field: value}
    with pytest.raises(PlanError, match=rf"Price of call: {field} is .*it must be"):
        Plan("p", prices=[Price("call", Decimal(1), **said)])
    with pytest.raises(PlanError, match=rf"PayAsYouGo of call: {field} is .*it must be"):
        Plan("p", pay_as_you_go=[PayAsYouGo(Decimal(1), meter="call", **said)])


def test_a_step_is_for_each_operation_and_says_nothing_of_debt() -> None:
    """It means per_operation; a billed debt is no operation, so it names a price."""
    assert Price("call", Decimal(1), step=2).counted == Price("call", Decimal(1), minimum=2).counted == "per_operation"
    for said in ({"step": 2}, {"minimum": 2}):
        with pytest.raises(PlanError, match="nothing else says what call costs"):
            Plan("p", pay_as_you_go=[PayAsYouGo(Decimal(1), meter="call", **said)], on_debt=OnDebt("bill", unit="call"))


RATES = st.builds(
    Rate,
    st.just(as_unit("tokens")),
    st.integers(0, 9),
    st.integers(1, 9),
    base_steps=st.integers(0, 9),
    round_to=st.integers(1, 4),
    rounding=st.sampled_from(["up", "down", "half_up"]),
    step=st.integers(1, 12),
    minimum=st.integers(0, 30),
)


@given(RATES, st.integers(0, 60), st.integers(0, 100))
def test_the_largest_operation_that_a_budget_covers_is_the_largest(rate: Rate, quantity: int, budget: int) -> None:
    """No larger one costs as little; a quantity counts as the first whole step that is enough."""
    found = next(n for n in range(200) if n >= quantity and n % rate.step == 0 and (n >= rate.minimum or not quantity))
    assert rate.charged(quantity) == found
    assert rate.most_charged(quantity) == max(n for n in range(61) if rate.charged(n) <= quantity)
    most = affordable(rate, 0, budget)
    if most is None:
        assert operation_cost(rate, 10**6) <= budget
        return
    assert operation_cost(rate, most) <= budget or most == 0
    assert operation_cost(rate, most + 1) > budget
