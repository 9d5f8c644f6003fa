"""What a person writes for money, a currency or a schedule, and what the error says to write; and one of many."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.cases import on, opened_on
from tokenpurse import Allowance, AutoTopUp, Count, Limit, Offer, PayAsYouGo, Plan, Price, periods
from tokenpurse.errors import LimitReached, NotEnough, OutOfBounds, PlanError
from tokenpurse.units import Unit


@pytest.mark.parametrize(
    ("price", "such"),
    [
        (5, "5"),
        ("5.00", "5.00"),
        (0.5, "0.5"),
        (True, "5.00"),
        (float("nan"), "5.00"),
        (1e30, "5.00"),
        (10**40, "5.00"),
        ("5 USD", "5.00"),
        (-5, "5.00"),
        (b"5", "5.00"),
    ],
)
def test_a_price_is_shown_as_a_decimal(price: Any, such: str) -> None:
    """What was meant, where it is a number; wherever money is asked for."""
    right = rf", it must be a Decimal, such as Decimal\('{such}'\)"
    for wrong in (
        lambda: Plan("p", price=price),
        lambda: Plan("p", offers=[Offer("a", price=price)]),
        lambda: Plan("p", prices=[Price("a", price)]),
        lambda: Plan("p", pay_as_you_go=[PayAsYouGo(price)]),
        lambda: Plan("p", allowances=[Allowance(price, "USD")]),
        lambda: Plan("p", limits=[Limit("a", price, unit="USD")]),
    ):
        with pytest.raises(PlanError, match=right):
            wrong()


@pytest.mark.parametrize(("sign", "name"), [("$", "USD"), ("€", "EUR"), ("£", "GBP"), ("¥", "JPY")])
def test_a_currency_is_no_sign(sign: str, name: str) -> None:
    """It has a name of three capitals."""
    right = f"a currency is spelled in three capitals: {name}"
    for wrong in (
        lambda: Plan("p", currency=sign),
        lambda: Plan("p", offers=[Offer("a", price=Decimal(1), currency=sign)]),
        lambda: Plan("p", allowances=[Allowance(5, sign)]),
    ):
        with pytest.raises(PlanError, match=right):
            wrong()


@pytest.mark.parametrize(
    ("schedule", "right"),
    [
        (periods.calendar_month, "it must be a schedule, so call it: periods.calendar_month()"),
        (periods.hours, "it must be a schedule, so call it: periods.hours(2)"),
        ("subscription_month", "it must be a schedule, such as periods.subscription_month()"),
        ("calendar_days", "it must be a schedule, such as periods.calendar_days(2)"),
        ("Monthly", "it must be a schedule, such as periods.calendar_month()"),
        ("daily", "it must be a schedule, such as periods.calendar_day()"),
        ("per minute", "it must be a schedule, such as periods.minutes(1)"),
        ("5 hours", "it must be a schedule, such as periods.hours(1)"),
        ("per quarter", "it must be a schedule, such as periods.calendar_months(3)"),
        ("often", "it must be a schedule, such as periods."),
        (print, "it must be a schedule, so call it: periods."),
        (30, "it must be a schedule, such as periods."),
        (type("Odd", (), {"__name__": 5})(), "it must be a schedule, such as periods."),
    ],
)
def test_a_schedule_is_made_by_calling_its_maker(schedule: Any, right: str) -> None:
    """Neither a word nor the maker itself is one."""
    offers = [Offer("a", price=Decimal(1))]
    for wrong in (
        lambda: Plan("p", period=schedule),
        lambda: Plan("p", term=schedule),
        lambda: Plan("p", allowances=[Allowance(5, every=schedule)]),
        lambda: Plan("p", allowances=[Allowance(5, ceiling=9, ceiling_every=schedule)]),
        lambda: Plan("p", limits=[Limit("a", 5, every=schedule)]),
        lambda: Plan("p", offers=offers, auto_top_up=AutoTopUp("a", every=schedule)),
    ):
        with pytest.raises(PlanError) as caught:
            wrong()
        assert caught.value.right.startswith(right)


def test_one_is_asked_as_one() -> None:
    """In refusals, of units and of counts; a unit that is shown with decimals has none of its own."""
    wallet = opened_on(Plan("p", allowances=[Allowance(1, "messages")])).spend(1, at=on(7, 1)).wallet
    with pytest.raises(NotEnough, match=r"^1 message asked, 0 available, 1 short"):
        wallet.spend(1, at=on(7, 1))
    wallet = opened_on(Plan("p", allowances=[Allowance(9, "api_calls")], limits=[Limit("a", 1, window=None)]))
    with pytest.raises(LimitReached, match=r"^2 api_calls asked, 1 available, 1 short: limit a of 1 api_call reached"):
        wallet.spend(2, at=on(7, 1))
    seats = Plan("p", allowances=[Allowance(9, per="seats")], counts=[Count("seats", minimum=2)])
    with pytest.raises(OutOfBounds, match=r"^1 seat asked, plan p has at least 2$"):
        opened_on(seats).set_count("seats", 1, at=on(7, 1))
    with pytest.raises(OutOfBounds, match=r"^0 seats asked, plan p has at least 2$"):
        opened_on(seats).set_count("seats", 0, at=on(7, 1))
    assert [Unit.meter("premium_requests", shown=2).text(one) for one in (1, 100)] == [
        "0.01 premium_requests",
        "1.00 premium_requests",
    ]
    assert [Unit(name).text(1) for name in ("gpu_seconds", "megabytes_of_storage", "sms")] == [
        "1 gpu_second",
        "1 megabyte_of_storage",
        "1 sms",
    ]
