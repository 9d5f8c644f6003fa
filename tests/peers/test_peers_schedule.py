"""Cases of other systems: when a period ends. The source stands in each docstring."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.support.cases import on, opened_on
from tokenpurse import Allowance, Plan, periods
from tokenpurse.entries import PeriodOpened
from tokenpurse.periods import Schedule


def resets(period: Schedule, at: datetime, count: int) -> list[datetime]:
    """The first few resets of a wallet that is opened at a moment."""
    wallet = opened_on(Plan("p", allowances=[Allowance(100)], period=period), at=at)
    found: list[datetime] = []
    for _ in range(count):
        reset = wallet.at(found[-1] if found else at).next_reset()
        assert reset is not None
        found.append(reset)
    return found


def test_schedule_001_the_last_day_of_a_month_stays_the_last() -> None:
    """autumn, month-end-stripe-anchor-reset.test.ts: from 31 May to 30 June, to 31 July."""
    assert resets(periods.subscription_month(), on(5, 31), 2) == [on(6, 30), on(7, 31)]


def test_schedule_004_the_period_that_holds_a_moment() -> None:
    """openmeter, recurrence_test.go: counted from 30 January, 13 February lies between 30 January and 28 February."""
    wallet = opened_on(Plan("p", period=periods.subscription_month()), at=on(1, 30, year=2025))
    period = wallet.at(on(2, 13, year=2025)).period
    assert (period.start, period.end) == (on(1, 30, year=2025), on(2, 28, year=2025))


def test_schedule_007_from_a_leap_day() -> None:
    """flexprice, date_test.go: from 29 February 2024 to 29 March."""
    assert resets(periods.subscription_month(), on(2, 29, year=2024), 1) == [on(3, 29, year=2024)]


def test_schedule_010_a_short_first_calendar_month() -> None:
    """flexprice, date_test.go: from 15 January to 1 February."""
    assert resets(periods.calendar_month(), on(1, 15, year=2024), 1) == [on(2, 1, year=2024)]


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("America/New_York", on(3, 9, year=2024), on(3, 11, year=2024)),
        ("America/New_York", on(11, 2, year=2024), on(11, 4, year=2024)),
        ("Australia/Sydney", on(4, 6, year=2024), on(4, 8, year=2024)),
    ],
)
def test_schedule_013_local_days_where_the_clock_changes(zone: str, start: datetime, end: datetime) -> None:
    """flexprice, calculator_test.go: two days of 24 hours in UTC hold two local midnights, and so two resets."""
    daily = Plan("p", allowances=[Allowance(100)], period=periods.calendar_day())
    entries = opened_on(daily, at=start, zone=zone).advance(end).entries
    assert sum(entry.count for entry in entries if isinstance(entry, PeriodOpened)) == 2
    assert entries[-1].at.astimezone(ZoneInfo(zone)).hour == 0


def test_schedule_016_months_and_quarters_from_the_31st() -> None:
    """lago-api, create_interval_wallet_transactions_service_spec.rb: 30 April 2021, and a quarter's 30 June 2022."""
    start = on(3, 31, year=2021)
    assert resets(periods.subscription_month(), start, 1) == [on(4, 30, year=2021)]
    assert resets(periods.subscription_months(3), start, 5)[-1] == on(6, 30, year=2022)


def test_schedule_019_months_do_not_drift() -> None:
    """Polar #10664, textbee #283: from 31 December by way of 28 February every later month had 28 days. Not here."""
    found = resets(periods.subscription_month(), on(12, 31, year=2025), 3)
    assert found == [on(1, 31), on(2, 28), on(3, 31)]
