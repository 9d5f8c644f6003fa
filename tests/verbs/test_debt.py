"""Debt: in whose unit, repaid by whatever comes in, and carried, forgiven or billed when a period closes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from tests.laws.machine import normal
from tests.support.cases import on
from tokenpurse import (
    Allowance,
    AutoTopUp,
    Catalogue,
    Change,
    Offer,
    OnDebt,
    PayAsYouGo,
    Plan,
    Price,
    Switch,
    Wallet,
    periods,
    replay,
)
from tokenpurse import entries as e
from tokenpurse.errors import HistoryError
from tokenpurse.notices import Bill
from tokenpurse.pricing import Rate
from tokenpurse.units import Unit

USD = Unit.money("USD")
PRICED = OnDebt("bill", price=Decimal("0.05"), unit="sms")
SALE = Offer("tokens", price=Decimal("0.01"), per=1, unit="tokens")


def opened(on_debt: Any = "carry", *, debt: dict[str, Any] | None = None, **parts: Any) -> Wallet:
    """A wallet on a plan with 100 tokens and 10 sms a month."""
    plan = Plan("p", allowances=[Allowance(100), Allowance(10, "sms")], offers=[SALE], on_debt=on_debt, **parts)
    return Wallet.open(plan, id="acme", at=on(7, 1), debt=debt).wallet


def bills(change: Change) -> list[str]:
    return [str(each.statement) for each in change.requests if isinstance(each, Bill)]


# -- in whose unit -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "debts"),
    [
        ({}, {"tokens": 15}),
        ({"prices": [Price("tokens", Decimal("0.02"))]}, {"tokens": 0, "USD": Decimal("0.30")}),
        ({"prices": [Price("tokens", 2, unit="sms")]}, {"tokens": 0, "sms": 20}),
        ({"pay_as_you_go": [PayAsYouGo(Decimal("0.02"))]}, {"tokens": 0}),
        (
            {"prices": [Price("tokens", Decimal("0.02"))], "pay_as_you_go": [PayAsYouGo(Decimal("0.02"))]},
            {"tokens": 0, "USD": Decimal(0)},
        ),
    ],
    ids=["unpriced", "in money", "in a meter", "post-paid", "in money and post-paid"],
)
def test_a_debt_is_in_the_unit_that_was_to_pay(parts: Any, debts: dict[str, Any]) -> None:
    """usage_credits forgets the 15 that a spend of 25 from 10 leaves owed; here they are there, in one unit."""
    view = opened(**parts).spend(115, at=on(7, 2), overdraw=True).view
    assert {unit: view.debt(unit) for unit in debts} == debts


# -- repaid --------------------------------------------------------------------------------------------------------

CHARGED = {"auto_top_up": AutoTopUp("tokens")}


@pytest.mark.parametrize(
    ("verb", "kind", "paid"),
    [
        (lambda wallet: wallet.grant(30, at=on(7, 3)), e.Granted, 30),
        (lambda wallet: wallet.top_up("tokens", 500, at=on(7, 3), payment="p"), e.ToppedUp, 50),
        (lambda wallet: wallet.confirm("charge:1", at=on(7, 3), payment="p"), e.ToppedUp, 50),
        (lambda wallet: wallet.reset(at=on(7, 3)), e.PeriodOpened, 50),
        (lambda wallet: wallet.advance(on(8, 1)), e.PeriodOpened, 50),
        (lambda wallet: wallet.change_plan("big", at=on(7, 3), when="now"), e.PlanChanged, 50),
        (lambda wallet: wallet.set_count("seats", 1, at=on(7, 3)), e.CountSet, 20),
    ],
    ids=["grant", "top_up", "confirm", "reset", "time", "change_plan", "set_count"],
)
def test_whatever_comes_in_pays_debt_first(verb: Callable[[Wallet], Change], kind: type[e.Entry], paid: int) -> None:
    """And its entry says so."""
    parts: dict[str, Any] = {"offers": [SALE], "on_upgrade": Switch(when="now")}
    plan = Plan("p", allowances=[Allowance(100), Allowance(20, kind="seat", per="seats")], **parts, **CHARGED)
    big = Plan("big", allowances=[Allowance(1_000)], rank=1)
    wallet = Wallet.open("p", catalogue=Catalogue([plan, big]), id="acme", at=on(7, 1)).wallet
    wallet = wallet.set_auto_top_up(threshold=0, purchase=100, at=on(7, 1)).wallet
    change = verb(wallet.spend(150, at=on(7, 2), overdraw=True).wallet)
    (entry,) = change.entries
    assert isinstance(entry, kind)
    (repaid,) = entry.repaid  # type: ignore[attr-defined]  # all that bring something have it
    assert (repaid.amount, repaid.after_steps) == (paid, 50 - paid)
    assert change.view.debt() == 50 - paid


# -- when a period closes ------------------------------------------------------------------------------------------


def test_debt_is_carried_unless_the_plan_says_otherwise() -> None:
    """Into the next period, whose grant pays it."""
    change = opened().spend(130, at=on(7, 2), overdraw=True).wallet.advance(on(8, 1))
    (entry,) = change.entries
    assert isinstance(entry, e.PeriodOpened)
    assert (entry.statement, entry.billed, entry.forgiven) == (None, (), ())
    assert ([one.amount for one in entry.repaid], change.view.available()) == ([30], 70)


@pytest.mark.parametrize("early", [False, True])
def test_forgiven_debt_is_gone_and_the_entry_says_how_much(early: bool) -> None:
    """Of every unit; an early reset closes the period too."""
    wallet = opened("forgive").spend({"tokens": 130, "sms": 12}, at=on(7, 2), overdraw=True).wallet
    change = wallet.reset(at=on(7, 9)) if early else wallet.advance(on(8, 1))
    (entry,) = change.entries
    assert isinstance(entry, e.PeriodOpened)
    assert [(debt.unit.name, debt.amount, debt.after) for debt in entry.forgiven] == [("sms", 2, 0), ("tokens", 30, 0)]
    assert (entry.repaid, entry.statement, change.requests) == ((), None, ())
    assert (change.view.available(), change.view.debt(), change.view.debt("sms")) == (100, 0, 0)


def test_billed_debt_is_a_line_on_the_statement_and_gone() -> None:
    """A meter at the given price; another unit's debt is carried, and paid by the next grant."""
    wallet = opened(PRICED).spend({"tokens": 130, "sms": 13}, at=on(7, 2), overdraw=True).wallet
    change = wallet.advance(on(8, 1))
    (entry,) = change.entries
    assert isinstance(entry, e.PeriodOpened)
    assert entry.statement is not None
    assert [str(line) for line in entry.statement.lines] == ["debt of 3 sms at 0.05 USD per 1 = 0.15 USD"]
    assert [(debt.unit.name, debt.amount, debt.after) for debt in entry.billed] == [("sms", 3, 0)]
    assert (bills(change), change.view.debt("sms"), change.view.available("sms")) == (["0.15 USD"], 0, 10)
    assert [(one.unit.name, one.amount) for one in entry.repaid] == [("tokens", 30)]
    (bill,) = change.requests
    assert change.wallet.confirm(bill, at=on(8, 2), payment="p").view.pending() == ()


def test_owed_money_is_billed_one_to_one_beside_pay_as_you_go() -> None:
    """In the place of what a priced rest left owed; half up to the paid places."""
    wallet = opened(
        [OnDebt("bill", unit="USD"), OnDebt("bill")],
        prices=[Price("tokens", Decimal("0.0301"))],
        pay_as_you_go=[PayAsYouGo(Decimal(1), meter="sms")],
        debt={"tokens": 3},
    )
    change = (
        wallet.spend(97 + 5, at=on(7, 2), overdraw=True).wallet.spend(12, "sms", at=on(7, 2)).wallet.advance(on(8, 1))
    )
    (bill,) = change.requests
    assert isinstance(bill, Bill)
    assert [str(line) for line in bill.statement.lines] == [
        "2 sms at 1.00 USD per 1 = 2.00 USD",
        "debt of 0.1505 USD = 0.15 USD",
    ]
    assert [str(total) for total in bill.statement.totals] == ["2.15 USD"]
    assert change.view.debt("USD") == 0


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        ({"pay_as_you_go": [PayAsYouGo(Decimal(3), per=1_000)]}, "debt of 400 tokens at 3.00 USD per 1,000 = 1.20 USD"),
        ({"prices": [Price("tokens", Decimal("0.01"))]}, "debt of 400 tokens at 0.01 USD per 1 = 4.00 USD"),
    ],
)
def test_plain_bill_takes_the_price_that_the_meter_has(parts: Any, line: str) -> None:
    """Debt of such a meter comes from elsewhere: here nothing of it is left owed."""
    plan = Plan("p", offers=[SALE], on_debt="bill", **parts)
    change = Wallet.open(plan, id="acme", at=on(7, 1), debt={"tokens": 400}).wallet.advance(on(8, 1))
    (bill,) = change.requests
    assert isinstance(bill, Bill)
    assert [str(each) for each in bill.statement.lines] == [line]


def test_money_that_the_plan_does_not_count_is_billed_and_a_strange_meter_is_carried() -> None:
    """Debt that another plan left: money needs no price, and what nobody prices stays."""
    one = Plan(
        "one", prices=[Price("mail", Decimal("0.01"), unit="EUR")], allowances=[Allowance(1), Allowance(1, "sms")]
    )
    two = Plan("two", pay_as_you_go=[PayAsYouGo(Decimal(1))], on_debt="bill", rank=1)
    wallet = Wallet.open("one", catalogue=Catalogue([one, two]), id="x", at=on(7, 1)).wallet
    wallet = wallet.spend({"mail": 150, "sms": 5}, at=on(7, 2), overdraw=True).wallet
    change = wallet.change_plan("two", at=on(7, 3), when="now").wallet.advance(on(8, 1))
    assert (bills(change), change.view.debt("EUR"), change.view.debt("sms")) == (["1.50 EUR"], 0, 4)


def test_the_plan_that_closes_the_period_decides() -> None:
    """Scheduled, the old one; changed at once, the new one, which closes it."""
    plans = Catalogue(
        [
            Plan("a", allowances=[Allowance(10)], on_debt="forgive"),
            Plan("b", allowances=[Allowance(20)], on_debt=OnDebt("bill", price=Decimal(1))),
        ]
    )
    wallet = Wallet.open("a", catalogue=plans, id="x", at=on(7, 1)).wallet.spend(35, at=on(7, 2), overdraw=True).wallet
    later = wallet.change_plan("b", at=on(7, 3), when="period_end").wallet.advance(on(8, 1))
    assert (bills(later), later.view.available()) == ([], 20)
    now = wallet.change_plan("b", at=on(7, 3), when="now").wallet.advance(on(8, 1))
    assert (bills(now), now.view.available()) == (["15.00 USD"], 20)


@pytest.mark.parametrize(
    ("on_debt", "billed", "owed"),
    [("carry", [], 3), ("forgive", [], 3), (PRICED, ["0.15 USD"], 0)],
)
def test_closing_bills_debt_or_leaves_it_to_be_read(on_debt: Any, billed: list[str], owed: int) -> None:
    """A wallet that is closed forgives nothing."""
    change = opened(on_debt).spend(13, "sms", at=on(7, 2), overdraw=True).wallet.close(at=on(7, 9))
    assert (bills(change), change.view.debt("sms")) == (billed, owed)
    assert [each.statement.period.end for each in change.view.pending() if isinstance(each, Bill)] == [on(7, 9)][
        : len(billed)
    ]


def test_a_debt_that_costs_more_than_a_line_can_count_is_billed_in_parts() -> None:
    """What is left is carried."""
    dear = OnDebt("bill", price=Decimal(10**9), unit="sms")
    change = opened(dear, debt={"sms": 30}).advance(on(8, 1))
    (entry,) = change.entries
    assert isinstance(entry, e.PeriodOpened)
    assert [(debt.amount, debt.after) for debt in entry.billed] == [(9, 11)]
    assert ([one.amount for one in entry.repaid], change.view.debt("sms")) == ([10], 1)


def test_a_debt_of_a_unit_that_is_gone_from_the_price_list_stays() -> None:
    """Nobody knows it any more: it can be neither billed nor forgiven."""
    plan = Plan("p", allowances=[Allowance(100), Allowance(10, "sms")])
    wallet = Wallet.open(plan, id="x", at=on(7, 1)).wallet.spend(12, "sms", at=on(7, 1), overdraw=True).wallet
    wallet = wallet.advance(on(7, 2)).wallet
    newer = Plan("p", revision=2, allowances=[Allowance(100)], on_debt="forgive")
    only = wallet.bind(Catalogue([plan, newer])).advance(on(8, 1)).wallet
    assert only.at(on(8, 1)).debt("sms") == 2
    later = only.bind(Catalogue([newer])).advance(on(9, 1))
    assert later.wallet._book.debts == {"sms": 2}


def test_a_debt_that_rounds_to_nothing_asks_for_no_bill() -> None:
    """0.004 USD is on a statement of 0.00, and gone."""
    plan = Plan("p", offers=[Offer("cash", unit="USD", price=Decimal(1))], on_debt=OnDebt("bill", unit="USD"))
    change = Wallet.open(plan, id="x", at=on(7, 1), debt={"USD": Decimal("0.004")}).wallet.advance(on(8, 1))
    (entry,) = change.entries
    assert isinstance(entry, e.PeriodOpened)
    assert (str(entry.statement), change.requests, change.view.debt("USD")) == ("0.00 USD", (), 0)


def test_debt_is_forgiven_in_the_first_of_a_run_of_periods() -> None:
    """At the end of the period that owed it, in an entry of its own."""
    plan = Plan("p", units=[Unit("tokens")], on_debt="forgive", period=periods.hours(1))
    change = Wallet.open(plan, id="x", at=on(7, 1), debt={"tokens": 5}).wallet.advance(on(7, 2))
    assert [(entry.at, bool(entry.forgiven)) for entry in change.entries if isinstance(entry, e.PeriodOpened)] == [
        (on(7, 1, 1), True),
        (on(7, 2), False),
    ]


@given(
    on_debt=st.sampled_from(["carry", "forgive", [OnDebt("bill", price=Decimal(1))], [OnDebt("forgive", unit="sms")]]),
    debts=st.fixed_dictionaries({"tokens": st.integers(0, 90), "sms": st.integers(0, 9)}),
    granted=st.integers(0, 7),
    steps=st.lists(st.integers(1, 300), min_size=1, max_size=9),
)
def test_steps_of_time_come_to_the_same_as_one_jump(on_debt: Any, debts: Any, granted: int, steps: list[int]) -> None:
    """With runs of idle periods after, and with what is carried being paid in them."""
    allowances = [Allowance(granted), Allowance(1, "sms")]
    plan = Plan("p", allowances=allowances, on_debt=on_debt, period=periods.hours(1))
    opening = Wallet.open(plan, id="x", at=on(7, 1), debt=debts)
    jump = opening.wallet.advance(on(7, 1) + timedelta(hours=sum(steps)))
    walked, requests, at = opening.wallet, [], on(7, 1)
    for hours in steps:
        at += timedelta(hours=hours)
        change = walked.advance(at)
        walked, requests = change.wallet, [*requests, *change.requests]
    assert (normal(jump.wallet), [*jump.requests]) == (normal(walked), requests)
    assert replay((*opening.entries, *jump.entries)) == jump.wallet
    assert len(jump.entries) <= 8
    assert all(entry.count == 1 for entry in jump.entries if isinstance(entry, e.PeriodOpened) and entry.forgiven)


# -- altered -------------------------------------------------------------------------------------------------------


def altered(**changes: Any) -> list[e.Entry]:
    """A history with a debt of money billed and one of tokens forgiven, its last entry changed."""
    plan = Plan(
        "p",
        allowances=[Allowance(5)],
        prices=[Price("sms", Decimal(1))],
        on_debt=[OnDebt("bill", unit="USD"), OnDebt("forgive")],
    )
    opening = Wallet.open(plan, id="x", at=on(7, 1), debt={"USD": Decimal(2), "tokens": 9})
    (entry,) = opening.wallet.advance(on(8, 1)).entries
    return [*opening.entries, evolve(entry, **changes)]


def history() -> e.PeriodOpened:
    entry = altered()[-1]
    assert isinstance(entry, e.PeriodOpened)
    return entry


def statement(**changes: Any) -> Any:
    said = history().statement
    assert said is not None
    return evolve(said, lines=tuple(evolve(line, **changes) for line in said.lines))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (lambda: {"forgiven": (evolve(history().forgiven[0], after_steps=1),)}, "debt of tokens is 0 by the amounts"),
        (lambda: {"billed": (evolve(history().billed[0], after_steps=1),)}, "debt of USD is 0 by the amounts"),
        (lambda: {"billed": ()}, "its statement is not of the debt that is billed"),
        (lambda: {"statement": None, "requests": ()}, "its statement is not of the debt that is billed"),
        (lambda: {"statement": statement(quantity=1)}, "its statement is not of the debt that is billed"),
        (lambda: {"statement": statement(debt=False)}, "its statement is not what the period ran up"),
        (lambda: {"statement": statement(rate=Rate(USD, 2, 1))}, "does not bill owed money one to one"),
        (lambda: {"statement": evolve(statement(), lines=())}, "its statement is not what the period ran up"),
    ],
)
def test_an_altered_debt_is_found(changes: Callable[[], dict[str, Any]], said: str) -> None:
    """Where it is billed or forgiven."""
    assert replay(altered())
    with pytest.raises(HistoryError, match=said) as caught:
        replay(altered(**changes()))
    assert caught.value.position == 1
