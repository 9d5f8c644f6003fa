"""Where boundaries fall: month ends, leap years, weeks, clock changes, a day left out, and the ends of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

import pytest

from tokenpurse import periods
from tokenpurse.errors import ClockError, UnknownNameError
from tokenpurse.periods import Anchor, Period, Schedule, schedule
from tokenpurse.periods.moments import first_instant

TICK = timedelta(microseconds=1)
HALF_AN_HOUR = timedelta(minutes=30)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def boundaries(rule: Schedule, anchor: Anchor, zone: str, numbers: range) -> list[datetime]:
    return [rule.boundary(number, anchor, zone) for number in numbers]


@pytest.mark.parametrize(
    ("rule", "anchor", "expected"),
    [
        # A day that a month does not have is its last day, and comes back.
        (
            periods.subscription_month(),
            "2026-01-31T09:30",
            ["2026-02-28T09:30", "2026-03-31T09:30", "2026-04-30T09:30"],
        ),
        (periods.subscription_month(), "2028-01-31", ["2028-02-29", "2028-03-31", "2028-04-30", "2028-05-31"]),
        (periods.subscription_month(), "2027-01-30", ["2027-02-28", "2027-03-30"]),
        (periods.subscription_month(), "2028-01-29", ["2028-02-29", "2028-03-29"]),
        (periods.subscription_month(), "2027-01-29", ["2027-02-28", "2027-03-29"]),
        (periods.subscription_month(), "2026-11-30", ["2026-12-30", "2027-01-30", "2027-02-28", "2027-03-30"]),
        (periods.subscription_months(3), "2025-11-30", ["2026-02-28", "2026-05-30", "2026-08-30", "2026-11-30"]),
        (periods.subscription_months(12), "2024-02-29", ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]),
        (periods.subscription_year(), "2024-02-29T01:00", ["2025-02-28T01:00", "2026-02-28T01:00", "2027-02-28T01:00"]),
        (periods.subscription_years(4), "2096-02-29", ["2100-02-28", "2104-02-29"]),
        (periods.subscription_week(), "2024-02-26T23:59", ["2024-03-04T23:59", "2024-03-11T23:59"]),
        (periods.subscription_weeks(2), "2026-12-25", ["2027-01-08", "2027-01-22"]),
        (periods.subscription_day(), "2024-02-28T12:00", ["2024-02-29T12:00", "2024-03-01T12:00"]),
        (
            periods.subscription_days(30),
            "2026-01-01T00:00:00.000001",
            ["2026-01-31T00:00:00.000001", "2026-03-02T00:00:00.000001"],
        ),
        # The anchor opens a first period that may be short; the rest is the calendar's.
        (periods.calendar_month(), "2026-01-31T09:30", ["2026-02-01", "2026-03-01", "2026-04-01"]),
        (periods.calendar_month(), "2026-07-01", ["2026-08-01", "2026-09-01"]),
        (periods.calendar_months(3), "2026-02-15", ["2026-05-01", "2026-08-01", "2026-11-01", "2027-02-01"]),
        (periods.calendar_year(), "2026-07-15", ["2027-01-01", "2028-01-01"]),
        (periods.calendar_years(2), "2026-01-01", ["2028-01-01", "2030-01-01"]),
        (periods.calendar_day(), "2024-02-28T12:00", ["2024-02-29", "2024-03-01"]),
        (periods.calendar_days(10), "2026-12-25T12:00", ["2027-01-04", "2027-01-14"]),
        # 1 July 2026 is a Wednesday.
        (periods.calendar_week(), "2026-07-01T12:00", ["2026-07-06", "2026-07-13"]),
        (periods.calendar_week("tuesday"), "2026-07-01T12:00", ["2026-07-07", "2026-07-14"]),
        (periods.calendar_week("wednesday"), "2026-07-01T12:00", ["2026-07-08", "2026-07-15"]),
        (periods.calendar_week("thursday"), "2026-07-01T12:00", ["2026-07-02", "2026-07-09"]),
        (periods.calendar_week("friday"), "2026-07-01T12:00", ["2026-07-03", "2026-07-10"]),
        (periods.calendar_week("saturday"), "2026-07-01T12:00", ["2026-07-04", "2026-07-11"]),
        (periods.calendar_week("sunday"), "2026-07-01T12:00", ["2026-07-05", "2026-07-12"]),
        (periods.calendar_weeks(2), "2026-07-01T12:00", ["2026-07-13", "2026-07-27"]),
        (periods.calendar_weeks(2, "thursday"), "2026-07-01T12:00", ["2026-07-09", "2026-07-23"]),
        (periods.hours(1), "2026-07-01T12:00:30.5", ["2026-07-01T13:00:30.5", "2026-07-01T14:00:30.5"]),
        (periods.hours(5), "2026-12-31T22:00", ["2027-01-01T03:00", "2027-01-01T08:00"]),
        (periods.minutes(1), "2026-07-01T12:00:30.5", ["2026-07-01T12:01:30.5", "2026-07-01T12:02:30.5"]),
        (periods.minutes(45), "2026-12-31T23:00", ["2026-12-31T23:45", "2027-01-01T00:30"]),
    ],
    ids=repr,
)
def test_boundaries_are_counted_from_the_anchor(rule: Schedule, anchor: str, expected: list[str]) -> None:
    """Boundary 0 is the anchor, boundary k is k intervals later, and never an interval after the one before."""
    found = boundaries(rule, Anchor(utc(anchor)), "UTC", range(len(expected) + 1))

    assert [utc(text) for text in [anchor, *expected]] == found
    assert all(moment.tzinfo is UTC for moment in found)


@pytest.mark.parametrize(
    ("rule", "zone", "anchor", "number", "expected"),
    [
        # The 1st at local midnight, in winter and in summer time.
        (periods.calendar_month(), "Europe/Berlin", "2026-01-15", 1, "2026-01-31T23:00"),
        (periods.calendar_month(), "Europe/Berlin", "2026-01-15", 6, "2026-06-30T22:00"),
        # The anchor's local date counts: it is still June in New York.
        (periods.calendar_month(), "America/New_York", "2026-07-01T03:00", 1, "2026-07-01T04:00"),
        (periods.calendar_month(), "America/New_York", "2026-07-01T04:00", 1, "2026-08-01T04:00"),
        (periods.calendar_year(), "Asia/Tokyo", "2026-12-31T15:00", 1, "2027-12-31T15:00"),
        (periods.calendar_week("saturday"), "America/Los_Angeles", "2026-07-01", 1, "2026-07-04T07:00"),
        # The local time of day stays, so the time in UTC does not.
        (periods.subscription_month(), "Europe/Berlin", "2026-01-31T09:00", 2, "2026-03-31T08:00"),
        (periods.subscription_day(), "Asia/Kathmandu", "2026-01-01T18:15", 1, "2026-01-02T18:15"),
        # Midnight is skipped: the day, week or month starts with the change.
        (periods.calendar_day(), "Africa/Cairo", "2026-04-23T12:00", 1, "2026-04-23T22:00"),
        (periods.calendar_week("sunday"), "America/Havana", "2026-03-05", 1, "2026-03-08T05:00"),
        (periods.calendar_week("sunday"), "America/Santiago", "2026-09-03", 1, "2026-09-06T04:00"),
        (periods.calendar_day(), "Asia/Beirut", "2026-03-28T12:00", 1, "2026-03-28T22:00"),
        (periods.calendar_day(), "Atlantic/Azores", "2026-03-28T12:00", 1, "2026-03-29T01:00"),
        (periods.calendar_month(), "Asia/Amman", "2016-03-10", 1, "2016-03-31T22:00"),
        # Midnight is shown twice: the first counts.
        (periods.calendar_month(), "America/Havana", "2026-10-10", 1, "2026-11-01T04:00"),
        (periods.calendar_day(), "Atlantic/Azores", "2026-10-24T12:00", 1, "2026-10-25T00:00"),
        # The anchor's time of day is skipped, or shown twice, on that day.
        (periods.subscription_month(), "America/New_York", "2026-02-08T07:30", 1, "2026-03-08T07:00"),
        (periods.subscription_month(), "America/New_York", "2026-10-01T05:30", 1, "2026-11-01T05:30"),
        # Elapsed time knows no clock changes: 24 hours are 24 hours.
        (periods.hours(24), "America/New_York", "2026-03-07T12:00", 1, "2026-03-08T12:00"),
        # A zone of its own: the wallet's does not matter.
        (periods.calendar_month(zone="Asia/Tokyo"), "America/New_York", "2026-07-15", 1, "2026-07-31T15:00"),
        (periods.subscription_day(zone="Europe/Berlin"), "UTC", "2026-03-28T12:00", 1, "2026-03-29T11:00"),
        # It also reads the anchor's wall clock there: 1 July in UTC is still June in New York.
        (periods.calendar_month(zone="America/New_York"), "UTC", "2026-07-01T00:30", 1, "2026-07-01T04:00"),
    ],
    ids=repr,
)
def test_local_rules_follow_the_zones_wall_clock(
    rule: Schedule, zone: str, anchor: str, number: int, expected: str
) -> None:
    """A local time that the clock skips is the instant of the change, one that it shows twice is the first."""
    assert utc(expected) == rule.boundary(number, Anchor(utc(anchor), zone), zone)


@pytest.mark.parametrize("day", [27, 28, 29, 30])
def test_every_month_has_one_reset_whatever_the_day(day: int) -> None:
    """Four years of months from a day at the end of January: each has exactly one boundary."""
    found = boundaries(periods.subscription_month(), Anchor(utc(f"2026-01-{day + 1}")), "UTC", range(48))

    assert [(2026 + index // 12, index % 12 + 1) for index in range(48)] == [(each.year, each.month) for each in found]


@pytest.mark.parametrize("zone", ["Pacific/Apia", "Pacific/Fakaofo"])
def test_a_day_that_was_left_out_is_one_reset(zone: str) -> None:
    """30 December 2011 did not exist there: its midnight is the next day's, and the two boundaries are one."""
    rule, anchor = periods.calendar_day(), Anchor(utc("2011-12-28T12:00"), zone)
    _, last_real, left_out, next_real, after = boundaries(rule, anchor, zone, range(5))

    assert left_out == next_real
    assert timedelta(hours=24) == left_out - last_real == after - next_real
    assert rule.number_at(left_out - TICK, anchor, zone) == 1
    assert rule.number_at(left_out, anchor, zone) == 3
    assert Period(3, next_real, after) == rule.period_at(left_out, anchor, zone)
    assert Period(1, last_real, left_out) == rule.period_at(left_out - TICK, anchor, zone)
    assert rule.following(1, last_real, anchor, zone) == (2, left_out)
    assert rule.following(2, left_out, anchor, zone) == (4, after)
    assert rule.distinct(0, 4, anchor, zone) == 3
    assert [rule.distinct(number, number + 1, anchor, zone) for number in range(4)] == [1, 1, 0, 1]


def test_a_day_that_was_left_out_shortens_the_period_of_another_time_of_day() -> None:
    """At nine o'clock two days running, one of them skipped: two boundaries at two instants."""
    rule, anchor = periods.subscription_day(), Anchor(utc("2011-12-28T19:00"), "Pacific/Apia")

    assert [
        utc("2011-12-28T19:00"),
        utc("2011-12-29T19:00"),
        utc("2011-12-30T10:00"),
        utc("2011-12-30T19:00"),
    ] == boundaries(rule, anchor, "Pacific/Apia", range(4))
    assert rule.distinct(0, 3, anchor, "Pacific/Apia") == 3


def test_two_days_at_a_time_never_collapse() -> None:
    """The skip of a day holds no two boundaries of two-day periods."""
    rule, anchor = periods.calendar_days(2), Anchor(utc("2011-12-28T12:00"), "Pacific/Apia")

    assert len(set(boundaries(rule, anchor, "Pacific/Apia", range(10)))) == 10
    assert rule.distinct(0, 9, anchor, "Pacific/Apia") == 9


def test_a_midnight_that_was_passed_before_the_clock_went_back_stays_passed() -> None:
    """St John's went from 00:01 back to 23:01 of the day before: the new day had begun, and begins only once."""
    rule, zone = periods.calendar_day(), "America/St_Johns"
    anchor, midnight = Anchor(utc("2010-11-05T12:00"), zone), utc("2010-11-07T02:30")

    assert midnight == rule.boundary(2, anchor, zone)
    assert Period(2, midnight, utc("2010-11-08T03:30")) == rule.period_at(midnight + HALF_AN_HOUR, anchor, zone)
    # A wallet that is opened in the second pass of that hour is past the midnight of the day that it reads.
    late = Anchor(midnight + HALF_AN_HOUR, zone)
    assert (late.at, utc("2010-11-08T03:30")) == tuple(boundaries(rule, late, zone, range(1, 3)))
    assert rule.number_at(late.at, late, zone) == 1
    assert rule.following(0, late.at, late, zone) == (2, utc("2010-11-08T03:30"))
    assert rule.distinct(0, 2, late, zone) == 1


def test_a_change_of_zone_keeps_the_reading_of_the_anchor() -> None:
    """An anchor of 1 July in Tokyo is one of 1 July in Honolulu too, so August is boundary 1 in both."""
    rule, anchor = periods.calendar_month(), Anchor(utc("2026-06-30T15:00"), "Asia/Tokyo")

    assert utc("2026-07-31T15:00") == rule.boundary(1, anchor, "Asia/Tokyo")
    assert utc("2026-08-01T10:00") == rule.boundary(1, anchor, "Pacific/Honolulu")
    assert rule.following(1, utc("2026-07-31T15:00"), anchor, "Pacific/Honolulu") == (2, utc("2026-09-01T10:00"))


def test_a_schedule_with_a_zone_of_its_own_stays_where_it_is() -> None:
    """The wallet's moves change nothing for it, whatever zone the anchor was read in."""
    rule = periods.calendar_month(zone="Asia/Tokyo")
    found = {
        rule.boundary(1, Anchor(utc("2026-06-30T15:00"), read_in), wallets)
        for read_in in ("UTC", "Asia/Tokyo", "Pacific/Honolulu")
        for wallets in ("UTC", "Pacific/Kiritimati")
    }

    assert {utc("2026-07-31T15:00")} == found


@pytest.mark.parametrize(
    ("zone", "steps"), [("Pacific/Kiritimati", 3), ("Etc/GMT-13", 3), ("UTC", 2), ("Etc/GMT+11", 2), ("Etc/GMT+12", 1)]
)
def test_no_boundary_is_before_the_anchor(zone: str, steps: int) -> None:
    """Read far to the east, the anchor's next day has begun before the anchor: there is nothing to reset then."""
    rule, anchor = periods.calendar_day(), Anchor(utc("2026-07-01T11:30"), "Etc/GMT+12")
    found = boundaries(rule, anchor, zone, range(4))

    assert [anchor.at] * steps == found[:steps]
    assert anchor.at < found[steps]
    assert (steps, found[steps]) == rule.following(0, anchor.at, anchor, zone)
    assert Period(steps - 1, anchor.at, found[steps]) == rule.period_at(anchor.at, anchor, zone)
    assert 4 - steps == rule.distinct(0, 3, anchor, zone)


def test_once_is_one_period_without_an_end() -> None:
    """It starts at the anchor, and nothing follows."""
    rule, anchor = periods.once(), Anchor(utc("2026-07-01"))

    assert Period(0, anchor.at, None) == rule.period_at(utc("2200-12-31"), anchor, "UTC")
    assert rule.following(0, utc("2026-08-01"), anchor, "UTC") is None
    assert rule.distinct(0, 0, anchor, "UTC") == 0
    with pytest.raises(ClockError, match=r"^once\(\) has no boundary 1: its only boundary is 0$"):
        rule.boundary(1, anchor, "UTC")


@pytest.mark.parametrize(
    ("rule", "anchor", "zone", "last", "expected"),
    [
        (periods.calendar_year(), "1970-01-01", "UTC", 230, "2200-01-01"),
        (periods.calendar_year(), "1970-01-01", "Asia/Tokyo", 231, "2200-12-31T15:00"),
        (periods.calendar_year(), "1970-01-01", "Pacific/Midway", 231, "2200-01-01T11:00"),
        (periods.calendar_month(), "1970-01-01", "UTC", 231 * 12 - 1, "2200-12-01"),
        (periods.calendar_week(), "1970-01-04T23:00", "UTC", 12053, "2200-12-29"),
        (periods.calendar_day(), "1970-01-01", "UTC", 84370, "2200-12-31"),
        (periods.calendar_day(), "1970-01-01", "Pacific/Midway", 84371, "2200-12-31T11:00"),
        (periods.subscription_month(), "1970-01-31T23:59:59.999999", "UTC", 231 * 12 - 1, "2200-12-31T23:59:59.999999"),
        (periods.subscription_week(), "2200-12-24", "UTC", 1, "2200-12-31"),
        (periods.hours(1), "1970-01-01", "UTC", 84371 * 24 - 1, "2200-12-31T23:00"),
        (periods.hours(1_000_000), "1970-01-01", "UTC", 2, "2198-02-27T08:00"),
        (periods.minutes(1), "1970-01-01", "UTC", 84371 * 24 * 60 - 1, "2200-12-31T23:59"),
        (periods.calendar_months(1_000_000), "1970-01-01", "UTC", 0, "1970-01-01"),
        (periods.subscription_years(1_000_000), "1970-01-01", "UTC", 0, "1970-01-01"),
        (periods.calendar_weeks(1_000_000, "sunday"), "1970-01-01", "Etc/GMT+12", 0, "1970-01-01"),
    ],
    ids=repr,
)
def test_boundaries_end_with_the_year_2200(rule: Schedule, anchor: str, zone: str, last: int, expected: str) -> None:
    """The last boundary of that year exists, nothing follows it, and no number overflows."""
    start, end = Anchor(utc(anchor), zone), utc(expected)
    final = utc("2200-12-31T23:59:59.999999")

    assert end == rule.boundary(last, start, zone)
    assert last == rule.number_at(final, start, zone)
    assert Period(last, end, None) == rule.period_at(final, start, zone)
    assert rule.following(last, start.at, start, zone) is None
    assert rule.following(0, final, start, zone) is None
    assert rule.following(10**30, start.at, start, zone) is None
    for number in (last + 1, 10**30):
        with pytest.raises(ClockError, match=rf"has no boundary {number}: it would be after the year 2200$"):
            rule.boundary(number, start, zone)


def test_the_last_boundary_exists_however_early_the_count_begins() -> None:
    """Weeks are counted from before the anchor, and local years end at other times than those of UTC."""
    anchor = Anchor(utc("1970-01-01"), "Etc/GMT+12")

    for rule, last in ((periods.calendar_week("thursday"), 12054), (periods.calendar_day(), 84372)):
        assert utc("2200-12-31T10:00") == rule.boundary(last, anchor, "Pacific/Kiritimati")
        assert last == rule.number_at(utc("2200-12-31T10:00"), anchor, "Pacific/Kiritimati")


def test_a_moment_in_an_earlier_month_of_the_new_zone_is_in_the_first_period() -> None:
    """The anchor's own instant may read as the month before: with intervals of any length that is period 0."""
    anchor = Anchor(utc("2026-06-30T15:00"), "Asia/Tokyo")

    for rule in (periods.calendar_month(), periods.calendar_months(1_000_000), periods.calendar_weeks(1_000_000)):
        assert rule.number_at(anchor.at, anchor, "Pacific/Honolulu") == 0


@pytest.mark.parametrize("rule", [periods.calendar_month(), periods.hours(1), periods.once()], ids=repr)
def test_numbers_start_at_zero_and_time_at_the_anchor(rule: Schedule) -> None:
    """Negative numbers, moments before the anchor and naive moments raise, whatever the method."""
    anchor = Anchor(utc("2026-07-01"))

    for call in (
        lambda: rule.boundary(-1, anchor, "UTC"),
        lambda: rule.following(-1, anchor.at, anchor, "UTC"),
        lambda: rule.distinct(-1, 0, anchor, "UTC"),
        lambda: rule.distinct(0, -1, anchor, "UTC"),
    ):
        with pytest.raises(ClockError, match=r"has no boundary -1: numbers start at 0$"):
            call()
    for ask in (rule.number_at, rule.period_at):
        with pytest.raises(ClockError, match=r"2026-06-30T23:59:59.*Z is before the anchor 2026-07-01"):
            ask(anchor.at - TICK, anchor, "UTC")
    for wrong in (rule.number_at, rule.period_at, lambda *rest: rule.following(0, *rest)):
        with pytest.raises(ClockError, match="naive"):
            wrong(datetime(2026, 7, 2), anchor, "UTC")


def test_an_unknown_zone_is_an_error_and_never_a_reset() -> None:
    """A zone that is gone from this machine raises at run time too."""
    anchor = Anchor(utc("2026-07-01"))

    with pytest.raises(UnknownNameError, match="unknown zone 'Europe/Atlantis'"):
        periods.calendar_month().number_at(utc("2026-08-01"), anchor, "Europe/Atlantis")


def test_following_takes_a_moment_before_the_anchor() -> None:
    """Then the next number is the answer."""
    anchor = Anchor(utc("2026-07-01"))

    assert periods.calendar_month().following(0, utc("2020-01-01"), anchor, "UTC") == (1, utc("2026-08-01"))


@pytest.mark.parametrize(
    "rule", [periods.calendar_day(), periods.subscription_month(), periods.calendar_week(), periods.hours(1)], ids=repr
)
def test_centuries_cost_no_more_than_days(rule: Schedule, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finding a period or counting resets over 200 years resolves a handful of local times, never one per period."""
    resolved: list[datetime] = []

    def counted(wall: datetime, wall_zone: tzinfo) -> datetime:
        resolved.append(wall)
        return first_instant(wall, wall_zone)

    monkeypatch.setattr(schedule, "first_instant", counted)
    anchor, zone, moment = Anchor(utc("1980-01-31T12:00"), "Pacific/Apia"), "Pacific/Apia", utc("2180-05-05T05:05")

    number = rule.number_at(moment, anchor, zone)
    rule.following(0, moment, anchor, zone)
    rule.distinct(0, number, anchor, zone)

    assert (0 if rule.step == "hours" else 1) <= len(resolved) <= 12
