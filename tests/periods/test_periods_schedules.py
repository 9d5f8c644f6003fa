"""What a schedule, an anchor and a period are as values: checks, equality and how they print."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest

from tokenpurse import periods
from tokenpurse.errors import ClockError, PlanError, UnknownNameError
from tokenpurse.periods import Anchor, Period, Schedule

START = datetime(2026, 7, 1, tzinfo=UTC)

SHOWN = [
    (periods.calendar_month(), "calendar_month()"),
    (periods.calendar_months(3), "calendar_months(3)"),
    (periods.calendar_year(), "calendar_year()"),
    (periods.calendar_years(2), "calendar_years(2)"),
    (periods.calendar_week(), "calendar_week()"),
    (periods.calendar_week("saturday"), "calendar_week(weekday='saturday')"),
    (periods.calendar_weeks(2, "sunday"), "calendar_weeks(2, weekday='sunday')"),
    (periods.calendar_day(), "calendar_day()"),
    (periods.calendar_days(10), "calendar_days(10)"),
    (periods.subscription_month(), "subscription_month()"),
    (periods.subscription_months(3), "subscription_months(3)"),
    (periods.subscription_year(), "subscription_year()"),
    (periods.subscription_years(2), "subscription_years(2)"),
    (periods.subscription_week(), "subscription_week()"),
    (periods.subscription_weeks(2), "subscription_weeks(2)"),
    (periods.subscription_day(), "subscription_day()"),
    (periods.subscription_days(30), "subscription_days(30)"),
    (periods.hours(1), "hours(1)"),
    (periods.hours(5), "hours(5)"),
    (periods.minutes(1), "minutes(1)"),
    (periods.minutes(90), "minutes(90)"),
    (periods.once(), "once()"),
    (periods.calendar_month(zone="Asia/Tokyo"), "calendar_month(zone='Asia/Tokyo')"),
    (periods.subscription_weeks(2, zone="Asia/Tokyo"), "subscription_weeks(2, zone='Asia/Tokyo')"),
]


@pytest.mark.parametrize(("schedule", "expected"), SHOWN)
def test_a_schedule_prints_as_the_call_that_makes_it(schedule: Schedule, expected: str) -> None:
    """The repr is short, and evaluating it gives an equal schedule."""
    assert expected == repr(schedule)
    assert schedule == eval(expected, vars(periods).copy())  # noqa: S307  # the text is this file's own


@pytest.mark.parametrize("schedule", [schedule for schedule, _ in SHOWN], ids=repr)
def test_a_schedule_is_plain_data(schedule: Schedule) -> None:
    """Its fields, a copy or a pickle make an equal schedule with an equal hash."""
    fields = attrs.asdict(schedule)

    assert list(fields) == ["step", "n", "form", "zone", "weekday"]
    for twin in (Schedule(**fields), copy.deepcopy(schedule), pickle.loads(pickle.dumps(schedule))):  # noqa: S301
        assert schedule == twin
        assert hash(schedule) == hash(twin)


def test_one_schedule_is_not_another() -> None:
    """All that the table above shows are different."""
    assert len(SHOWN) == len({schedule for schedule, _ in SHOWN})


FAMILY: list[Callable[..., Schedule]] = [
    periods.calendar_months,
    periods.calendar_years,
    periods.calendar_weeks,
    periods.calendar_days,
    periods.subscription_months,
    periods.subscription_years,
    periods.subscription_weeks,
    periods.subscription_days,
    periods.hours,
    periods.minutes,
]


@pytest.mark.parametrize("make", FAMILY)
@pytest.mark.parametrize("n", [0, -1, 1_000_001, 10**40, True, 1.0, "1", None, type("Number", (int,), {})(2)])
def test_a_number_of_steps_is_a_whole_number_from_1_to_a_million(make: Callable[[Any], Schedule], n: object) -> None:
    """Anything else is refused with part, field and value."""
    with pytest.raises(PlanError, match=r"n is .*, it must be a whole number from 1 to 1,000,000$") as caught:
        make(n)

    assert (caught.value.field, caught.value.value) == ("n", n)


@pytest.mark.parametrize("make", FAMILY)
def test_the_largest_number_of_steps_is_taken(make: Callable[[Any], Schedule]) -> None:
    """A million is inside."""
    assert make(1_000_000).n == 1_000_000


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"step": "fortnights", "n": 1, "form": "calendar"}, "step", r"^Schedule: step is 'fortnights', .* months, y"),
        ({"step": ["months"], "n": 1, "form": "calendar"}, "step", r"^Schedule: step is \['months'\], it must be one"),
        ({"step": "months", "n": 1, "form": "elapsed"}, "form", "'elapsed', it must be calendar or subscription$"),
        ({"step": "hours", "n": 1, "form": "calendar"}, "form", "'calendar', it must be elapsed$"),
        ({"step": "once", "n": 1, "form": []}, "form", r"\[\], it must be once$"),
        ({"step": "once", "n": 2, "form": "once"}, "n", "^once: n is 2, it must be a whole number from 1 to 1$"),
        ({"step": "weeks", "n": 1, "form": "calendar"}, "weekday", "^calendar_week: weekday is None, .* monday, tue"),
        (
            {"step": "weeks", "n": 2, "form": "calendar", "weekday": "Monday"},
            "weekday",
            "^calendar_weeks: weekday is 'Monday', it must be one of monday",
        ),
        (
            {"step": "weeks", "n": 1, "form": "subscription", "weekday": "monday"},
            "weekday",
            "^subscription_week: weekday is 'monday', but only calendar weeks start on one$",
        ),
        ({"step": "days", "n": 1, "form": "calendar", "weekday": "monday"}, "weekday", "only calendar weeks"),
        ({"step": "hours", "n": 1, "form": "elapsed", "zone": "UTC"}, "zone", "^hours: zone is 'UTC', but only what"),
        ({"step": "minutes", "n": 1, "form": "calendar"}, "form", "'calendar', it must be elapsed$"),
        ({"step": "once", "n": 1, "form": "once", "zone": "UTC"}, "zone", "^once: zone is 'UTC', but only what"),
    ],
)
def test_fields_that_do_not_go_together_are_refused(fields: dict[str, Any], field: str, message: str) -> None:
    """A schedule read from somewhere else is checked like one from the functions."""
    with pytest.raises(PlanError, match=message) as caught:
        Schedule(**fields)

    assert field == caught.value.field


def test_a_schedule_in_an_unknown_zone_is_refused_when_it_is_made() -> None:
    """Not at the first reset."""
    with pytest.raises(UnknownNameError, match="unknown zone 'Europe/Atlantis'"):
        periods.calendar_month(zone="Europe/Atlantis")


def test_an_anchor_comes_through_the_door() -> None:
    """Its moment is UTC, and its zone and its moment are checked when it is made."""
    anchor = Anchor(datetime(2026, 7, 1, 2, tzinfo=timezone(timedelta(hours=2))), "Asia/Tokyo")

    assert anchor.at == START
    assert anchor.at.tzinfo is UTC
    assert datetime(2026, 7, 1, 9) == anchor.wall
    assert Anchor(START, "Asia/Tokyo") == anchor
    assert Anchor(START) != anchor
    assert repr(Anchor(START, "Asia/Tokyo")) == f"Anchor(at={START!r}, zone='Asia/Tokyo')"
    with pytest.raises(ClockError, match="anchor is"):
        Anchor(datetime(2026, 7, 1))
    with pytest.raises(UnknownNameError, match="unknown zone"):
        Anchor(START, "localtime")


def test_a_period_is_half_open() -> None:
    """Its first instant belongs to it, its end does not, and its length is exact."""
    period = Period(3, START, START + timedelta(days=1))
    tick = timedelta(microseconds=1)

    assert not period.contains(START - tick)
    assert period.contains(START)
    assert period.contains(START + timedelta(days=1) - tick)
    assert not period.contains(START + timedelta(days=1))
    assert period.microseconds == 86_400_000_000
    with pytest.raises(ClockError, match="moment is"):
        period.contains(datetime(2026, 7, 1))


def test_a_period_without_end_has_no_length() -> None:
    """It goes on for ever."""
    period = Period(0, START, None)

    assert not period.contains(START - timedelta(microseconds=1))
    assert period.contains(datetime(2200, 12, 31, tzinfo=UTC))
    assert period.microseconds is None
