"""`reset`: a person closes the running period early."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

import pytest

from tests.support.rich import after, july, opened
from tokenpurse import Allowance, PayAsYouGo, Plan, Rollover, Wallet, replay
from tokenpurse.entries import PeriodOpened
from tokenpurse.periods import Schedule, calendar_month, calendar_week, hours, once, subscription_month

SEPTEMBER = datetime(2026, 9, 1, tzinfo=UTC)


def of(schedule: Schedule) -> Wallet:
    plan = Plan("p", allowances=[Allowance(1_000)], period=schedule)
    return Wallet.open(plan, id="acme", at=july(1)).wallet.spend(400, at=july(2)).wallet


@pytest.mark.parametrize(
    ("schedule", "anchor", "end"),
    [
        (calendar_month(), "kept", SEPTEMBER),
        (calendar_month(), "restarted", july(32)),
        (subscription_month(), "kept", SEPTEMBER),
        (subscription_month(), "restarted", datetime(2026, 8, 10, 9, tzinfo=UTC)),
        (calendar_week(), "kept", july(20)),
        (hours(24), "kept", july(12)),
        (hours(24), "restarted", july(11, 9)),
        (once(), "kept", None),
        (once(), "restarted", None),
    ],
)
def test_a_reset_closes_the_period_now_and_opens_the_next(
    schedule: Schedule, anchor: Literal["kept", "restarted"], end: datetime | None
) -> None:
    """Kept: to the boundary after the one that is skipped; restarted: for one interval from now."""
    wallet = of(schedule)
    change = wallet.reset(at=july(10, 9), anchor=anchor, by="owner")
    entry = change.entries[-1]

    assert isinstance(entry, PeriodOpened)
    assert (entry.early, entry.at, entry.by) == (True, july(10, 9), "owner")
    assert (entry.closed.end, entry.period.start) == (july(10, 9), july(10, 9))
    assert (entry.anchor is not None) == (anchor == "restarted")
    assert (july(10, 9), end) == (change.view.period.start, change.view.next_reset())
    assert (change.view.available(), change.view.usage()) == (1_000, 0)


@pytest.mark.parametrize("anchor", ["kept", "restarted"])
def test_the_periods_after_it_go_on_as_they_would(anchor: Literal["kept", "restarted"]) -> None:
    """No reset is skipped twice and none comes twice."""
    wallet = of(subscription_month()).reset(at=july(10, 9), anchor=anchor).wallet
    starts = []
    for _ in range(4):
        reset = wallet.at(wallet.clock).next_reset()
        assert reset is not None
        starts.append((reset.month, reset.day, reset.hour))
        wallet = wallet.advance(reset).wallet

    day = (1, 0) if anchor == "kept" else (10, 9)
    assert [(month, *day) for month in ([9, 10, 11, 12] if anchor == "kept" else [8, 9, 10, 11])] == starts


def test_a_reset_at_the_moment_the_period_opened_does_nothing() -> None:
    """It opened already: pressing the button at midnight does not grant twice."""
    wallet = opened().wallet

    assert wallet.reset(at=july(1)).wallet is wallet
    august = wallet.reset(at=july(32))
    assert [type(entry).__name__ for entry in august.entries] == ["PeriodOpened"]
    assert august.entries[0].early is False  # type: ignore[attr-defined]  # a period that opened


def test_what_a_reset_carries_bills_and_forfeits_is_what_the_calendar_would() -> None:
    """The statement is of the shortened period."""
    plan = Plan(
        "p",
        allowances=[Allowance(100), Allowance(10, "sms")],
        rollovers=[Rollover()],
        pay_as_you_go=[PayAsYouGo(Decimal(1), meter="calls")],
    )
    first = Wallet.open(plan, id="acme", at=july(1))
    spent = first.wallet.spend({"calls": 2, "tokens": 30}, at=july(2))
    change = spent.wallet.reset(at=july(10))
    (entry,) = change.entries

    assert isinstance(entry, PeriodOpened)
    assert entry.forfeited_by_kind() == {("quota", "sms"): 10}
    assert [(carry.amount, carry.left_steps) for carry in entry.carried] == [(70, 70)]
    assert entry.statement is not None
    assert (str(entry.statement), entry.statement.period.end) == ("2.00 USD", july(10))
    assert change.view.by_kind() == {"quota": 100, "rollover": 70}
    assert replay([*first.entries, *spent.entries, *change.entries]) == change.wallet


def test_what_was_scheduled_for_the_periods_end_happens_with_it() -> None:
    """A plan change and a count that waited."""
    wallet = after(
        lambda w: w.set_count("seats", 1, at=july(2)),
        lambda w: w.change_plan("free", at=july(2)),
    )

    view = wallet.reset(at=july(10)).view

    assert (view.plan.name, view.plan_next, view.counts) == ("free", None, {"seats": 1})
