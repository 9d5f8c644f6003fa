"""`Allowance(None, ...)`: unlimited use, counted, and capped by nothing but limits."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.cases import on
from tests.support.told import Told
from tokenpurse import Allowance, Bound, Limit, Offer, PayAsYouGo, Plan, Price, Renewal, Rollover, periods
from tokenpurse.codec import dump_plan, load_plan
from tokenpurse.entries import Spent
from tokenpurse.errors import LimitReached, PlanError
from tokenpurse.prose import explain


def unlimited(*allowances: Allowance, **more: Any) -> Told:
    return Told(Plan("p", allowances=[*allowances, Allowance(None, "messages")], **more))


def test_nothing_bounds_it_and_all_of_it_is_counted() -> None:
    """No bucket, no debt, no bill; the next month counts from nothing."""
    told = unlimited()
    assert told.view.available("messages") is None

    told.take_up(told.wallet.spend(1_000_000, "messages", at=on(7, 2)))
    assert (told.view.usage("messages"), told.view.debt("messages"), told.view.buckets()) == (1_000_000, 0, ())
    change = told.take_up(told.wallet.advance(on(8, 1)))
    assert (change.requests, told.view.usage("messages"), told.view.lifetime("messages").spent) == ((), 0, 1_000_000)


def test_limits_cap_it() -> None:
    """Seven messages a day, and 45 in five hours."""
    told = unlimited(
        limits=[Limit("day", 7, every=periods.calendar_day()), Limit("burst", 5, window=timedelta(hours=5))]
    )
    told.take_up(told.wallet.spend(5, "messages", at=on(7, 2)))
    assert told.view.available("messages") == 0
    with pytest.raises(LimitReached, match="limit burst"):
        told.wallet.spend(1, "messages", at=on(7, 2))
    assert told.wallet.at(on(7, 2, 5)).available("messages") == 2
    assert told.wallet.at(on(7, 3)).available("messages") == 5


def test_what_has_an_amount_is_used_first() -> None:
    """Fast ones, then bought ones, then as many as one likes."""
    told = unlimited(Allowance(10, "messages"), offers=[Offer("more", price=Decimal(1), unit="messages")])
    told.take_up(told.wallet.top_up("more", 5, at=on(7, 1), payment="p"))
    change = told.take_up(told.wallet.spend(40, "messages", at=on(7, 2)))

    assert isinstance(change.entry, Spent)
    assert change.entry.paid_by() == {("quota", "messages"): 10, ("top_up", "messages"): 5}
    assert change.view.usage("messages") == 40


def test_it_can_be_held_and_given_back() -> None:
    """As any use, in its period and after it."""
    told = unlimited(limits=[Limit("month", 100, unit="messages")])
    told.take_up(told.wallet.hold(30, "messages", at=on(7, 2), ref="h", until=on(7, 3)))
    assert told.view.available("messages") == 70
    told.take_up(told.wallet.capture("h", 20, at=on(7, 2)))
    spent = told.take_up(told.wallet.spend(50, "messages", at=on(7, 2)))
    assert isinstance(spent.entry, Spent)
    told.take_up(told.wallet.refund(spent.entry, 10, at=on(7, 2), ref="r1"))
    assert told.view.usage("messages") == 60
    told.take_up(told.wallet.refund(spent.entry, 10, at=on(8, 2), ref="r2"))
    assert (told.view.usage("messages"), told.view.debt("messages")) == (0, 0)
    assert told.take_up(told.wallet.advance(on(9, 2))).requests == ()


@pytest.mark.parametrize(
    ("fields", "part", "field"),
    [
        ({"allowances": [Allowance(None), Allowance(None)]}, "Plan 'p'", "allowances"),
        ({"allowances": [Allowance(None)], "prices": [Price("tokens", Decimal(1))]}, "Allowance of tokens", "amount"),
        ({"allowances": [Allowance(None)], "pay_as_you_go": [PayAsYouGo(Decimal(1))]}, "Allowance of tokens", "amount"),
        ({"allowances": [Allowance(None)], "rollovers": [Rollover()]}, "Rollover", "unit"),
        ({"allowances": [Allowance(None)], "limits": [Limit("x", Bound("allowance"))]}, "Limit 'x'", "amount"),
        (
            {
                "allowances": [Allowance(None), Allowance(5)],
                "price": Decimal(1),
                "offers": [Offer("x", price=Bound("plan_price"))],
            },
            "Offer 'x'",
            "price",
        ),
    ],
)
def test_what_has_no_amount_is_no_figure(fields: dict[str, Any], part: str, field: str) -> None:
    """Nothing of it is left, is a share of it, or has a price."""
    with pytest.raises(PlanError) as caught:
        Plan("p", **fields)

    assert (caught.value.part, caught.value.field) == (part, field)


@pytest.mark.parametrize(
    "more",
    [
        {"kind": "gift"},
        {"per": "seats"},
        {"priority": 2},
        {"scope": {"model": {"a"}}},
        {"given": "on_claim"},
        {"every": periods.calendar_day()},
        {"first": "none"},
    ],
)
def test_it_is_no_bucket(more: dict[str, Any]) -> None:
    """So it has nothing that a bucket has; and money has an amount."""
    with pytest.raises(PlanError, match="leave it out"):
        Allowance(None, **more)
    with pytest.raises(PlanError, match="money has an amount"):
        Allowance(None, "USD")


def test_it_is_written_and_said() -> None:
    """As null in JSON, and in words."""
    plan = Plan("p", allowances=[Allowance(100), Allowance(None, "messages")])

    assert load_plan(dump_plan(plan)) == plan
    assert "unlimited messages" in explain(plan)


def test_an_unpaid_plan_gives_no_more_of_it() -> None:
    """Once its grace is over."""
    told = unlimited(Allowance(5, given="on_payment"), renewal=Renewal(grace=timedelta(days=3)))
    assert told.wallet.at(on(8, 2)).available("messages") is None
    assert told.wallet.at(on(8, 5)).available("messages") == 0
