"""Lengths of time on a wall clock: month ends, leap years, changes of the clock, days left out, and the end of time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tokenpurse import periods
from tokenpurse.errors import UnknownNameError
from tokenpurse.periods import Anchor, Period, Schedule, day_end, wall_later


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "zone", "months", "days", "expected"),
    [
        ("2026-01-01", "UTC", 0, 65, "2026-03-07"),
        ("2026-01-01T09:30:00.000001", "UTC", 0, 30, "2026-01-31T09:30:00.000001"),
        ("2026-07-20T12:00", "UTC", 12, 0, "2027-07-20T12:00"),
        ("2026-01-31", "UTC", 1, 0, "2026-02-28"),
        ("2028-01-31", "UTC", 1, 0, "2028-02-29"),
        ("2026-01-31", "UTC", 2, 0, "2026-03-31"),  # the day comes back: it is counted from the issue
        ("2028-02-29", "UTC", 12, 0, "2029-02-28"),
        ("2028-02-29", "UTC", 48, 0, "2032-02-29"),
        # Noon in Berlin stays noon in Berlin, winter and summer.
        ("2026-03-28T11:00", "Europe/Berlin", 0, 1, "2026-03-29T10:00"),
        ("2026-10-24T10:00", "Europe/Berlin", 0, 1, "2026-10-25T11:00"),
        ("2026-03-15T11:00", "Europe/Berlin", 1, 0, "2026-04-15T10:00"),
        # A time that the clock skips is the instant of the skip, one that it shows twice the first of the two.
        ("2026-03-28T01:30", "Europe/Berlin", 0, 1, "2026-03-29T01:00"),
        ("2026-10-24T00:30", "Europe/Berlin", 0, 1, "2026-10-25T00:30"),
        # The month is the local one: it is 1 February in Kiritimati already.
        ("2026-01-31T12:00", "Pacific/Kiritimati", 1, 0, "2026-02-28T12:00"),
        ("2011-12-29T20:00", "Pacific/Apia", 0, 1, "2011-12-30T10:00"),  # Apia left 30 December out
        ("2200-12-01", "UTC", 0, 30, "2200-12-31"),
        ("2200-12-01", "UTC", 1, 0, None),
        ("2200-12-01", "UTC", 1_200, 0, None),
    ],
)
def test_a_length_keeps_day_and_time_of_the_wall_clock(
    moment: str, zone: str, months: int, days: int, expected: str | None
) -> None:
    found = wall_later(utc(moment), zone, months=months, days=days)

    assert found == (None if expected is None else utc(expected))


@pytest.mark.parametrize(
    ("moment", "zone", "expected"),
    [
        ("2026-07-01", "UTC", "2026-07-01"),
        ("2026-07-01T00:00:00.000001", "UTC", "2026-07-02"),
        ("2026-07-01T23:59:59.999999", "UTC", "2026-07-02"),
        ("2026-07-01T00:00", "Europe/Berlin", "2026-07-01T22:00"),
        ("2026-03-29T00:30", "Europe/Berlin", "2026-03-29T22:00"),  # a day of 23 hours
        ("2026-10-25T00:30", "Europe/Berlin", "2026-10-25T23:00"),  # a day of 25 hours
        ("2024-03-31T12:00", "Asia/Beirut", "2024-03-31T21:00"),
        ("2024-03-30T22:00", "Asia/Beirut", "2024-03-30T22:00"),  # its midnight is skipped: the day begins at one
        ("2024-11-03T04:30", "America/Havana", "2024-11-04T05:00"),  # midnight a second time
        ("2200-12-31T12:00", "UTC", None),
        # Set back from 00:01 to 23:01, a clock comes to midnight twice: the first is before the second 23:30.
        ("2010-11-07T02:31:30", "America/St_Johns", "2010-11-08T03:30"),
        ("2010-11-07T03:00:30", "America/St_Johns", "2010-11-08T03:30"),
    ],
)
def test_a_day_ends_at_the_first_local_midnight_that_is_not_before(
    moment: str, zone: str, expected: str | None
) -> None:
    assert day_end(utc(moment), zone) == (None if expected is None else utc(expected))


@pytest.mark.parametrize(
    ("schedule", "anchor", "zone", "running", "ends"),
    [
        (
            periods.calendar_month(),
            "2026-01-31T10:30",
            "UTC",
            "2026-01-31T10:30",
            {1: "2026-02-01", 2: "2026-03-01", 13: "2027-02-01", 2_099: "2200-12-01", 2_100: None},
        ),
        (
            periods.subscription_month(),
            "2026-01-31T10:30",
            "UTC",
            "2026-01-31T10:30",
            {1: "2026-02-28T10:30", 2: "2026-03-31T10:30", 25: "2028-02-29T10:30"},
        ),
        (
            periods.hours(1),
            "2026-01-31T10:30",
            "UTC",
            "2026-01-31T12:40",
            {1: "2026-01-31T13:30", 24: "2026-02-01T12:30"},
        ),
        (periods.once(), "2026-01-31", "UTC", "2026-03-01", {1: None, 2: None}),
        (
            periods.calendar_day(),
            "2011-12-28T12:00",
            "Pacific/Apia",
            "2011-12-28T12:00",
            {1: "2011-12-29T10:00", 2: "2011-12-30T10:00", 3: "2011-12-31T10:00", 4: "2012-01-01T10:00"},
        ),
        (
            periods.calendar_year(),
            "2199-06-01",
            "UTC",
            "2199-06-01",
            {1: "2200-01-01", 2: None, 3: None},
        ),
    ],
)
def test_periods_are_counted_with_the_running_one(
    schedule: Schedule, anchor: str, zone: str, running: str, ends: dict[int, str | None]
) -> None:
    start = Anchor(utc(anchor), zone)
    period = schedule.period_at(utc(running), start, zone)

    found = {count: schedule.end_of(period, count, start, zone) for count in ends}

    assert found == {count: None if end is None else utc(end) for count, end in ends.items()}


def test_periods_are_counted_as_they_follow_each_other() -> None:
    """Across the day that Apia left out, and in every zone: one after the other, as openings lay them."""
    schedule, zone = periods.calendar_day(), "Pacific/Apia"
    anchor = Anchor(utc("2011-12-25T12:00"), zone)
    first = period = schedule.period_at(anchor.at, anchor, zone)
    for count in range(1, 12):
        assert schedule.end_of(first, count, anchor, zone) == period.end
        assert period.end is not None
        period = schedule.period_at(period.end, anchor, zone)


def test_what_follows_a_period_before_the_anchor_is_counted_from_its_end() -> None:
    """A change of schedule may leave a period that ends at boundary 0, with a number below it."""
    anchor = Anchor(utc("2026-01-10"), "UTC")
    period = Period(-1, utc("2026-01-03"), utc("2026-01-10"))

    assert periods.subscription_week().end_of(period, 2, anchor, "UTC") == utc("2026-01-17")


def test_a_zone_that_is_none_is_told() -> None:
    for call in (
        lambda: wall_later(utc("2026-01-01"), "Nowhere", days=1),
        lambda: day_end(utc("2026-01-01"), "Nowhere"),
    ):
        with pytest.raises(UnknownNameError):
            call()
