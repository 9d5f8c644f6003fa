"""The schedules by name, as plans write them.

Here belongs one function for each schedule, and nothing else: what the schedules mean is in `Schedule`.
Calendar schedules have their boundaries at local midnight, subscription schedules at the anchor's local time of day.
All raise `PlanError` for a number that is not from 1 to 1,000,000, and `UnknownNameError` for an unknown zone.
"""

from __future__ import annotations

from tokenpurse.periods.schedule import Schedule, Weekday

__all__ = [
    "calendar_day",
    "calendar_days",
    "calendar_month",
    "calendar_months",
    "calendar_week",
    "calendar_weeks",
    "calendar_year",
    "calendar_years",
    "hours",
    "minutes",
    "once",
    "subscription_day",
    "subscription_days",
    "subscription_month",
    "subscription_months",
    "subscription_week",
    "subscription_weeks",
    "subscription_year",
    "subscription_years",
]


def calendar_month(*, zone: str | None = None) -> Schedule:
    """Every 1st of a month at local midnight."""
    return calendar_months(1, zone=zone)


def calendar_months(n: int, *, zone: str | None = None) -> Schedule:
    """The 1st of every n-th month after the anchor's, at local midnight."""
    return Schedule("months", n, "calendar", zone)


def calendar_year(*, zone: str | None = None) -> Schedule:
    """Every 1 January at local midnight."""
    return calendar_years(1, zone=zone)


def calendar_years(n: int, *, zone: str | None = None) -> Schedule:
    """1 January of every n-th year after the anchor's, at local midnight."""
    return Schedule("years", n, "calendar", zone)


def calendar_week(weekday: Weekday = "monday", *, zone: str | None = None) -> Schedule:
    """Every such weekday at local midnight."""
    return calendar_weeks(1, weekday, zone=zone)


def calendar_weeks(n: int, weekday: Weekday = "monday", *, zone: str | None = None) -> Schedule:
    """That weekday of every n-th week after the anchor's, at local midnight; weeks start on that weekday."""
    return Schedule("weeks", n, "calendar", zone, weekday)


def calendar_day(*, zone: str | None = None) -> Schedule:
    """Every local midnight."""
    return calendar_days(1, zone=zone)


def calendar_days(n: int, *, zone: str | None = None) -> Schedule:
    """Local midnight of every n-th day after the anchor's."""
    return Schedule("days", n, "calendar", zone)


def subscription_month(*, zone: str | None = None) -> Schedule:
    """Every month on the anchor's day and time of day; on the last day of a month that is too short."""
    return subscription_months(1, zone=zone)


def subscription_months(n: int, *, zone: str | None = None) -> Schedule:
    """Every n months on the anchor's day and time of day; on the last day of a month that is too short."""
    return Schedule("months", n, "subscription", zone)


def subscription_year(*, zone: str | None = None) -> Schedule:
    """Every year on the anchor's date and time of day; 29 February is 28 February in other years."""
    return subscription_years(1, zone=zone)


def subscription_years(n: int, *, zone: str | None = None) -> Schedule:
    """Every n years on the anchor's date and time of day; 29 February is 28 February in other years."""
    return Schedule("years", n, "subscription", zone)


def subscription_week(*, zone: str | None = None) -> Schedule:
    """Every week on the anchor's weekday and time of day."""
    return subscription_weeks(1, zone=zone)


def subscription_weeks(n: int, *, zone: str | None = None) -> Schedule:
    """Every n weeks on the anchor's weekday and time of day."""
    return Schedule("weeks", n, "subscription", zone)


def subscription_day(*, zone: str | None = None) -> Schedule:
    """Every day at the anchor's local time of day."""
    return subscription_days(1, zone=zone)


def subscription_days(n: int, *, zone: str | None = None) -> Schedule:
    """Every n days at the anchor's local time of day."""
    return Schedule("days", n, "subscription", zone)


def hours(n: int) -> Schedule:
    """Every n hours of elapsed time; no change of a clock matters, so there is no zone."""
    return Schedule("hours", n, "elapsed")


def minutes(n: int) -> Schedule:
    """Every n minutes of elapsed time; as `hours`."""
    return Schedule("minutes", n, "elapsed")


def once() -> Schedule:
    """One period, from the anchor on, without an end."""
    return Schedule("once", 1, "once")
