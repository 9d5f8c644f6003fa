"""Lengths of time on a wall clock: so many months or days after a moment, and the end of the day that holds one."""

from __future__ import annotations

from datetime import datetime, timedelta

from dateutil.relativedelta import relativedelta

from tokenpurse.periods.moments import END, date_line_crossings, first_instant, wall_at, zone_named

__all__ = ["day_end", "most_shifted", "wall_later"]


def wall_later(moment: datetime, zone: str, *, months: int = 0, days: int = 0) -> datetime | None:
    """Find the moment so many calendar months, or days, later, at the same local time; `None`: after the year 2200.

    A day that its month does not have is the last one of it; a local time that the clock skips is the instant of the
    skip.

    Raises:
        UnknownNameError: there is no such zone.
    """
    local = zone_named(zone)
    wall = wall_at(moment, local) + relativedelta(months=months, days=days)
    return _countable(first_instant(wall, local))


def day_end(moment: datetime, zone: str) -> datetime | None:
    """Find the first local midnight that is not before a moment; `None`: after the year 2200.

    Raises:
        UnknownNameError: there is no such zone.
    """
    local = zone_named(zone)
    wall = wall_at(moment, local)
    midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    while (found := first_instant(midnight, local)) < moment:  # set back over midnight, a clock comes to it twice
        midnight += timedelta(days=1)
    return _countable(found)


def most_shifted(zone: str) -> timedelta:
    """How far a zone's clock is ever changed at once, at most.

    Raises:
        UnknownNameError: there is no such zone.
    """
    return timedelta(hours=28 if date_line_crossings(zone_named(zone)) else 4)


def _countable(moment: datetime) -> datetime | None:
    return moment if moment < END else None
