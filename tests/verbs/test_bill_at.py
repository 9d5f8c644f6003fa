"""Post-paid use is billed as soon as it reaches an amount, once, and in all what one statement would have said."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cases import on
from tokenpurse import (
    Alert,
    Allowance,
    Catalogue,
    Change,
    LateUse,
    Limit,
    PayAsYouGo,
    Plan,
    Switch,
    Wallet,
    replay,
)
from tokenpurse import entries as e
from tokenpurse.errors import HistoryError, LimitReached, PlanError
from tokenpurse.notices import Bill

THIRDS = Decimal("0.10")


class Walk:
    """A wallet, all its entries, and what it asked to be billed."""

    def __init__(self, plan: Plan, *others: Plan) -> None:
        self.plans = Catalogue([plan, *others])
        change = Wallet.open(plan.name, catalogue=self.plans, id="acme", at=on(7, 1))
        self.wallet, self.entries = change.wallet, list(change.entries)
        self.bills: list[Bill] = []

    def __call__(self, verb: str, *args: Any, at: Any = None, **named: Any) -> Change:
        change: Change = getattr(self.wallet, verb)(*args, at=at or self.wallet.clock, **named)
        self.wallet = change.wallet
        self.entries += change.entries
        self.bills += [one for one in change.requests if isinstance(one, Bill)]
        return change

    def open(self) -> list[str]:
        return [str(line) for line in self.wallet.at(self.wallet.clock).accrued()]

    def billed(self) -> list[str]:
        return [str(one.statement) for one in self.bills]


def plan(name: str = "plan", **more: Any) -> Plan:
    price = PayAsYouGo(Decimal("0.50"), bill_at=Decimal(100))
    return Plan(name, **{"allowances": [Allowance(10)], "pay_as_you_go": [price], **more})


def test_what_runs_up_is_billed_as_soon_as_it_reaches_the_bound() -> None:
    """Exactly reached is reached; the bill comes with the use that did it, as an entry of its own."""
    walk = Walk(plan())
    assert not walk("spend", 209).requests
    change = walk("spend", 1)
    assert [type(one) for one in change.entries] == [e.Spent, e.BillRequested]
    assert (change.entries[1].at, change.entries[1].statement.period) == (on(7, 1), walk.wallet._book.period)
    assert walk.billed() == ["100.00 USD"]
    assert walk.open() == []
    walk("spend", 1_000)  # however much it is, it is one bill
    walk("spend", 5)
    assert walk.billed() == ["100.00 USD", "500.00 USD"]
    assert walk.open() == ["5 tokens at 0.50 USD per 1 = 2.50 USD"]
    walk("advance", at=on(8, 1))
    assert walk.billed()[2:] == ["2.50 USD"]
    assert [one.id[-3:] for one in walk.bills] == ["Z/1", "Z/2", "00Z"]
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


def test_a_period_of_which_all_is_billed_has_no_statement() -> None:
    """And the next one counts its bills anew."""
    walk = Walk(plan())
    walk("spend", 210)
    assert walk("advance", at=on(8, 1)).entries[0].statement is None
    walk("spend", 210)
    assert [one.id.partition("Z")[2] for one in walk.bills] == ["/1", "/1"]
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


def test_it_is_billed_once_and_counted_as_before() -> None:
    """Limits on money, usage and the gauge see the whole period; a bill that is paid changes none of them."""
    walk = Walk(
        plan(
            limits=[Limit("budget", Decimal(150), unit="USD")],
            alerts=[Alert("spent", "used", at_or_above=Decimal(120), unit="USD")],
        )
    )
    walk("spend", 210)
    walk("confirm", walk.bills[0], payment="p")
    view = walk.wallet.at(on(7, 1))
    assert (view.usage("USD"), view.gauge().used, view.available()) == (Decimal(100), 210, 100)
    assert [one.name for one in walk("spend", 40).notices] == ["spent"]
    with pytest.raises(LimitReached):
        walk("spend", 61)


def test_what_is_refunded_after_a_bill_is_a_line_on_the_next_one() -> None:
    """A credit of the period's own: less is billed next, and what the period's end owes the customer stays open."""
    walk = Walk(plan())
    spent = walk("spend", 210).entries[0]
    walk("refund", spent, 60)
    assert walk.open() == ["refund of 60 tokens at 0.50 USD per 1 = -30.00 USD"]
    walk("spend", 259)
    assert len(walk.bills) == 1
    walk("spend", 1)
    assert walk.billed() == ["100.00 USD", "100.00 USD"]
    walk("refund", spent, 40)
    walk("advance", at=on(8, 1))
    july = "refund of 40 tokens at 0.50 USD per 1 = -20.00 USD, of the period from 2026-07-01T00:00:00Z"
    assert walk.open() == [july]
    walk("refund", spent, 20)
    assert walk.open() == [july.replace("40", "60").replace("20.00", "30.00")]
    walk("spend", 270)
    assert walk.billed()[2:] == ["100.00 USD"]
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


def test_all_of_a_billed_use_may_come_back() -> None:
    """In the period, after it, and after the wallet was closed only what is there is said."""
    for at in (on(7, 9), on(8, 9)):
        walk = Walk(plan())
        spent = walk("spend", 210).entries[0]
        walk("refund", spent, at=at)
        assert sum(line.cost.amount for line in walk.wallet.at(at).accrued()) == -100
        assert walk("close", at=at).entries[-1].statement.totals[0].amount == -100
        assert walk.wallet.at(at).accrued() == ()
        assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


def test_a_part_that_no_statement_had_waits_with_a_credit() -> None:
    """A credit of July is larger than what August runs up after its bill: both wait, and can still be given back."""
    walk = Walk(plan())
    july = walk("spend", 210).entries[0]
    walk("advance", at=on(8, 1))
    august = walk("spend", 215).entries[0]
    walk("refund", july, 100)
    later = walk("spend", 4).entries[0]
    walk("advance", at=on(9, 1))
    assert [line.cost.amount for line in walk.wallet.at(on(9, 1)).accrued()] == [2, -50]
    walk("refund", later, 3)
    assert sum(line.cost.amount for line in walk.wallet.at(on(9, 1)).accrued()) == Decimal("-49.5")
    walk("refund", august, 204)
    walk("refund", later, 1)
    assert sum(line.cost.amount for line in walk.wallet.at(on(9, 1)).accrued()) == -152
    walk("spend", 500)
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


def test_what_was_billed_in_mid_period_is_remembered_beside_a_credit_of_another() -> None:
    """July's credit stays open at August's end; August's use, all of it billed, can be given back after it."""
    walk = Walk(plan())
    first = walk("spend", 210).entries[0]
    walk("advance", at=on(8, 1))
    second = walk("spend", 210).entries[0]
    walk("refund", first, 100)
    walk("advance", at=on(9, 1))
    assert walk.open() == [
        "refund of 100 tokens at 0.50 USD per 1 = -50.00 USD, of the period from 2026-07-01T00:00:00Z"
    ]
    walk("refund", second, 200)
    walk("refund", first, 100)
    assert sum(line.cost.amount for line in walk.wallet.at(on(9, 1)).accrued()) == -200
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


def test_late_use_waits_for_the_periods_end() -> None:
    """It is of another period, and its line goes on."""
    walk = Walk(plan(late_use=LateUse("own", grace=timedelta(days=9))))
    walk("spend", 200)
    walk("advance", at=on(8, 1))
    walk("spend", 400, occurred_at=on(7, 9), at=on(8, 2))
    walk("spend", 210)
    assert walk.billed() == ["95.00 USD", "100.00 USD"]
    assert [line.quantity for line in walk.wallet.at(on(8, 2)).accrued()] == [400]
    walk("advance", at=on(9, 1))
    assert walk.billed()[2:] == ["200.00 USD"]
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


def test_all_that_runs_up_in_the_currency_is_billed_together() -> None:
    """Of other meters too, with or without a bound of their own; another currency is another bill."""
    prices = [
        PayAsYouGo(Decimal(1), meter="sms", bill_at=Decimal(10)),
        PayAsYouGo(Decimal(2), meter="mms"),
        PayAsYouGo(Decimal(3), meter="fax", currency="EUR", bill_at=Decimal(3)),
        PayAsYouGo(Decimal(1), meter="call", currency="GBP"),
    ]
    walk = Walk(Plan("many", pay_as_you_go=prices))
    walk("spend", {"sms": 5, "mms": 2, "call": 99})
    walk("spend", {"sms": 1, "fax": 1})
    assert walk.billed() == ["10.00 USD + 3.00 EUR"]
    walk("spend", {"mms": 5})
    assert walk.billed()[1:] == ["10.00 USD"]
    assert [line.meter.name for line in walk.wallet.at(on(7, 1)).accrued()] == ["call"]
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


def test_a_hold_is_billed_when_it_is_captured() -> None:
    """What is held has run up nothing yet."""
    walk = Walk(plan())
    walk("hold", 300, ref="h", until=timedelta(days=1))
    assert walk.bills == []
    assert [type(one) for one in walk("capture", "h", 210).entries] == [e.Captured, e.BillRequested]


def test_a_repeat_bills_nothing_twice() -> None:
    """The ref is the use's; what followed it is not done again."""
    walk = Walk(plan())
    walk("spend", 210, ref="r")
    again = walk("spend", 210, ref="r")
    assert (again.repeated, again.entries, len(walk.bills)) == (True, (), 1)


def test_another_plan_bills_what_has_run_up_by_its_own_bound() -> None:
    """Reached as it takes over, at once; one without a bound leaves the rest to the period's end."""
    small = PayAsYouGo(Decimal("0.50"), bill_at=Decimal(20))
    walk = Walk(
        plan(on_upgrade=Switch(when="now")),
        plan("small", rank=1, pay_as_you_go=[small], on_upgrade=Switch(when="now")),
        plan("none", rank=2, pay_as_you_go=[PayAsYouGo(Decimal("0.50"))]),
    )
    walk("spend", 70)
    assert [type(one).__name__ for one in walk("change_plan", "small").entries] == ["PlanChanged", "BillRequested"]
    walk("spend", 10)
    walk("change_plan", "none")
    walk("spend", 500)
    walk("advance", at=on(8, 1))
    assert walk.billed() == ["30.00 USD", "255.00 USD"]
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


@given(
    steps=st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.integers(1, 60)), max_size=12),
    per=st.sampled_from([3, 7, 40]),
    bound=st.sampled_from(["0.01", "0.05", "0.50", "3"]),
)
def test_the_bills_of_a_period_come_to_what_one_statement_would_have_said(
    steps: list[tuple[bool, int, int]], per: int, bound: str
) -> None:
    """To the cent, whatever is used and given back in between; and nothing else of the wallet is another."""
    walks = [
        Walk(plan(pay_as_you_go=[PayAsYouGo(THIRDS, per=per, bill_at=bill_at)], limits=[Limit("money", unit="USD")]))
        for bill_at in (Decimal(bound), None)
    ]
    for walk in walks:
        spends: list[tuple[e.Spent, int]] = []
        for back, pick, amount in steps:
            if back and spends:
                entry, left = spends.pop(pick % len(spends))
                walk("refund", entry, min(left, amount))
                spends += [(entry, left - amount)] if left > amount else []
            else:
                entry = walk("spend", amount).entries[0]
                spends.append((entry, amount))
    views = [walk.wallet.at(on(7, 1)) for walk in walks]
    assert views[0].usage("USD") == views[1].usage("USD")
    assert views[0].gauge() == views[1].gauge()
    for walk in walks:
        walk("advance", at=on(8, 1))
        assert replay(walk.entries, catalogue=walk.plans) == walk.wallet
    said = [
        [one.statement for one in walk.entries if isinstance(one, e.BillRequested | e.PeriodOpened) and one.statement]
        for walk in walks
    ]
    sums = [sum(line.cost.amount for statement in every for line in statement.lines) for every in said]
    left = [sum(line.cost.amount for line in walk.wallet.at(on(8, 1)).accrued()) for walk in walks]
    assert sums[0] + left[0] == sums[1] + left[1]
    assert all(total.amount >= Decimal(bound) for statement in said[0][:-1] for total in statement.totals)


@pytest.mark.parametrize(
    ("prices", "right"),
    [
        ([PayAsYouGo(Decimal(1), bill_at=Decimal(0))], "at least"),
        ([PayAsYouGo(Decimal(1), bill_at=100)], "Decimal"),  # type: ignore[arg-type]  # that is the point
        ([PayAsYouGo(Decimal(1), bill_at=Decimal(-1))], "negative"),
        (
            [PayAsYouGo(Decimal(1), bill_at=Decimal(5)), PayAsYouGo(Decimal(1), meter="sms", bill_at=Decimal(6))],
            "billed at one bound, 5.00 USD",
        ),
    ],
)
def test_the_bound_is_checked(prices: list[PayAsYouGo], right: str) -> None:
    """An amount of the currency, more than nothing, and one for each currency."""
    with pytest.raises(PlanError, match=right) as caught:
        Plan("wrong", pay_as_you_go=prices)
    assert caught.value.field == "bill_at"


def test_replay_finds_a_bill_of_something_else() -> None:
    """Of other lines, of none, or of another period."""
    walk = Walk(plan())
    walk("spend", 210)
    *before, bill = walk.entries
    statement = bill.statement
    (line,) = statement.lines
    for forged in (
        evolve(statement, lines=(evolve(line, quantity=199),)),
        evolve(statement, lines=()),
        evolve(statement, period=evolve(statement.period, number=5)),
    ):
        with pytest.raises(HistoryError):
            replay([*before, evolve(bill, statement=forged, requests=(evolve(bill.requests[0], statement=forged),))])
    with pytest.raises(HistoryError, match="its bill is not for its statement"):
        replay([*before, evolve(bill, requests=())])
