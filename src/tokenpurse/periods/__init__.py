"""Time: the door that every moment comes through, and the schedules that cut time into periods.

`moments` turns datetimes, zone names and local times into instants, `schedule` numbers boundaries, `spans` measures
lengths on a wall clock, and `factories` names the schedules that plans use. Nothing in here reads a clock or the
process's own zone: every instant that goes in is an argument, and every instant that comes out is UTC with
microseconds.
"""

from __future__ import annotations

from tokenpurse.periods.factories import (
    calendar_day,
    calendar_days,
    calendar_month,
    calendar_months,
    calendar_week,
    calendar_weeks,
    calendar_year,
    calendar_years,
    hours,
    minutes,
    once,
    subscription_day,
    subscription_days,
    subscription_month,
    subscription_months,
    subscription_week,
    subscription_weeks,
    subscription_year,
    subscription_years,
)
from tokenpurse.periods.moments import instant, later, zone_named
from tokenpurse.periods.schedule import WEEKDAYS, Anchor, Form, Period, Schedule, Step, Weekday
from tokenpurse.periods.spans import day_end, most_shifted, wall_later

__all__ = [
    "WEEKDAYS",
    "Anchor",
    "Form",
    "Period",
    "Schedule",
    "Step",
    "Weekday",
    "calendar_day",
    "calendar_days",
    "calendar_month",
    "calendar_months",
    "calendar_week",
    "calendar_weeks",
    "calendar_year",
    "calendar_years",
    "day_end",
    "hours",
    "instant",
    "later",
    "minutes",
    "most_shifted",
    "once",
    "subscription_day",
    "subscription_days",
    "subscription_month",
    "subscription_months",
    "subscription_week",
    "subscription_weeks",
    "subscription_year",
    "subscription_years",
    "wall_later",
    "zone_named",
]
