"""Schedules and lengths of time in words."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from tokenpurse.periods import Schedule
from tokenpurse.prose.words import capital, joined

__all__ = ["a", "anew", "each", "every", "lasting", "noun", "starting", "the"]

_UNITS: Final = (
    ("day", timedelta(days=1)),
    ("hour", timedelta(hours=1)),
    ("minute", timedelta(minutes=1)),
    ("second", timedelta(seconds=1)),
    ("microsecond", timedelta(microseconds=1)),
)
_STARTS: Final = {"months": "on the 1st", "years": "on 1 January", "days": "at midnight"}


def lasting(length: timedelta) -> str:
    """Say a length of time: `5 hours and 30 minutes`."""
    parts = []
    for name, one in _UNITS:
        count, length = divmod(length, one)
        if count:
            parts.append(f"{count:,} {name}{'' if count == 1 else 's'}")
    return joined(parts) or "no time"


def noun(schedule: Schedule) -> str:
    """Name a stretch: `month`, `14 days`."""
    if schedule.step == "once":
        return "time on the plan"
    return schedule.step.removesuffix("s") if schedule.n == 1 else f"{schedule.n:,} {schedule.step}"


def the(schedule: Schedule) -> str:
    """Name the stretch that runs: `the month`, `the 14 days`."""
    return f"the {noun(schedule)}"


def each(schedule: Schedule) -> str:
    """Name any stretch: `each month`, `each period of 14 days`."""
    return f"each {noun(schedule)}" if noun(schedule)[0].isalpha() else f"each period of {noun(schedule)}"


def a(schedule: Schedule) -> str:
    """Say for which stretch an amount is: `a month`, `in 14 days`."""
    if schedule.step == "once":
        return "in all"
    if schedule.n > 1:
        return f"in {noun(schedule)}"
    return f"{'an' if schedule.step == 'hours' else 'a'} {noun(schedule)}"


def anew(schedule: Schedule) -> str:
    """Say for which stretch an amount is, and when the next one starts: `a day, counted anew at midnight`."""
    start = f", counted anew {_start(schedule)}" if schedule.form == "calendar" else _start(schedule)
    return f"{a(schedule)}{start}"


def every(schedule: Schedule) -> str:
    """Say when something comes: `every month, on the 1st`."""
    if schedule.step == "once":
        return "once"
    return f"every {noun(schedule)}{', ' if schedule.form == 'calendar' else ''}{_start(schedule)}"


def starting(schedule: Schedule) -> str:
    """Say when each stretch starts: `each month starts on the 1st`."""
    start = _start(schedule).removeprefix(", ")
    if not start:
        return f"each period lasts {noun(schedule) if schedule.n > 1 else a(schedule)}"
    return f"{each(schedule)} {'starts' if schedule.form == 'calendar' else 'is'} {start}"


def _start(schedule: Schedule) -> str:
    if schedule.form not in {"calendar", "subscription"}:
        return ""
    zone = "" if schedule.zone is None else f", {schedule.zone}{'' if schedule.zone == 'UTC' else ' time'}"
    if schedule.form == "calendar":
        return (f"on {capital(schedule.weekday)}" if schedule.weekday is not None else _STARTS[schedule.step]) + zone
    return f", counted from the day you started{zone}"
