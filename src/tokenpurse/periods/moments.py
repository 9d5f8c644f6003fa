"""The door for time, and what a zone's wall clock has to do with instants.

Here belongs whatever turns a host's datetime, a zone's name or a local time into something exact.
Schedules and anchors do not: nothing here knows that time repeats. Nothing reads a clock or the process's own zone.

A local time means the first instant at which the zone's wall clock reads that time or later.
So a time that the clock skips is the instant of the skip, a time that it shows twice is the first of the two,
and a later local time is never an earlier instant.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tokenpurse.errors import ClockError, UnknownNameError, shown

__all__ = ["END", "FIRST", "date_line_crossings", "first_instant", "instant", "later", "wall_at", "zone_named"]

FIRST = datetime(1970, 1, 1, tzinfo=UTC)
"""The first moment that can be used."""
END = datetime(2201, 1, 1, tzinfo=UTC)
"""The first moment that is too late."""

_SECOND = timedelta(seconds=1)
_ABOUT_A_DAY = timedelta(hours=20)

_ZONE_NAME = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+){0,2}")
_ZONE_NAME_MAX = 64
# Files that a machine may have beside the zones: they hold its own setting, or count leap seconds.
_MACHINE_ZONES = frozenset({"localtime", "posixrules", "factory"})
_MACHINE_FOLDERS = ("posix/", "right/")


def instant(value: datetime, what: str = "at") -> datetime:
    """Take a moment in: the same instant, with `datetime.UTC` as its zone.

    Args:
        value: an aware datetime from 1970-01-01T00:00Z (inclusive) to 2201-01-01T00:00Z (exclusive).
        what: what the moment is called in the error message.

    Raises:
        ClockError: it is naive, no plain `datetime`, outside those years, or its zone cannot tell the offset.
    """
    if type(value) is not datetime:  # `__class__` can lie
        raise ClockError(f"{what} must be an aware datetime, not {shown(value)}", at=value)
    moment = value if value.tzinfo is UTC and not value.fold else _in_utc(value, what)
    if not FIRST <= moment < END:
        raise _outside(value, what)
    return moment


def _in_utc(value: datetime, what: str) -> datetime:
    try:
        offset = value.utcoffset()
    except Exception as problem:  # a host's tzinfo may raise anything
        raise ClockError(f"{what} is {shown(value)}, and its zone cannot tell the offset", at=value) from problem
    if offset is None:
        raise ClockError(f"{what} is {shown(value)}, which is naive; it must say its zone", at=value)
    if not FIRST.year - 1 <= value.year <= END.year:  # the subtraction would overflow in the years 1 and 9999
        raise _outside(value, what)
    return value.replace(tzinfo=UTC) - offset  # a difference has no fold


def _outside(value: datetime, what: str) -> ClockError:
    return ClockError(f"{what} is {shown(value)}, it must be in the years 1970 to 2200 (UTC)", at=value)


def later(moment: datetime | None, by: timedelta) -> datetime | None:
    """Move an end: `None` is one that never comes, as is one that would be after the year 2200."""
    return moment + by if moment is not None and by < END - moment else None


def zone_named(name: str) -> tzinfo:
    """Find a time zone by its IANA name. `UTC` needs no zone files and is `datetime.UTC`; all others are `ZoneInfo`.

    Names whose meaning differs from machine to machine (`localtime`, `posixrules`, `Factory`, `posix/...`,
    `right/...`) are refused like unknown ones, and so is whatever is not spelled like a zone's name.

    Raises:
        UnknownNameError: there is no such zone; if there are no zone files at all, it says how to get them.
    """
    if type(name) is not str:  # before the cache, which would take a subclass and choke on a list
        raise UnknownNameError("zone", name)
    return _zone(name)


@cache  # errors are not kept, so it holds no more than the zones that exist
def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    lower = name.lower()  # some file systems do not tell the case
    machine = lower in _MACHINE_ZONES or lower.startswith(_MACHINE_FOLDERS)
    if machine or len(name) > _ZONE_NAME_MAX or _ZONE_NAME.fullmatch(name) is None:
        raise UnknownNameError("zone", name)
    zone = _zone_file(name)
    if zone is None:
        no_files = _zone_file("Europe/London") is None
        hint = "; this machine has no time zone files: install the tzdata package" if no_files else ""
        raise UnknownNameError("zone", name, hint=hint)
    return zone


def _zone_file(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # no such file; a file of another format; a folder
        return None


def wall_at(moment: datetime, zone: tzinfo) -> datetime:
    """Read the zone's wall clock at an aware moment: a naive datetime."""
    return moment.astimezone(zone).replace(tzinfo=None)


def first_instant(wall: datetime, zone: tzinfo) -> datetime:
    """Find the first instant (UTC) at which the zone's wall clock reads `wall` (naive) or later."""
    if zone is UTC:
        return wall.replace(tzinfo=UTC)
    local = wall.replace(tzinfo=zone)
    # fold=0 takes the offset before a change of the clock, fold=1 the one after it (PEP 495). Only where the clock
    # skips `wall` is the second instant the earlier one; then the skip lies between the two, at a whole second.
    first, second = local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)
    if first <= second:
        return first
    start = second.replace(microsecond=0)
    seconds = range((first - start) // _SECOND)
    return start + _SECOND * bisect_left(seconds, x=True, key=lambda s: wall_at(start + _SECOND * s, zone) >= wall)


@cache
def date_line_crossings(zone: tzinfo) -> tuple[datetime, ...]:
    """List the wall readings (naive) at which the zone's clock came out of a skip of about a day.

    Apia skipped 2011-12-30, so its reading is 2011-12-31T00:00. Offsets are compared from new year to new year: no zone
    has crossed the date line and come back within one year.
    """

    def offset(moment: datetime) -> timedelta:
        return wall_at(moment, zone) - moment.replace(tzinfo=None)

    found: list[datetime] = []
    for year in range(FIRST.year, END.year):
        start, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
        crossed = offset(start) + _ABOUT_A_DAY
        if offset(end) >= crossed:
            seconds = range((end - start) // _SECOND)
            skip = bisect_left(seconds, x=True, key=lambda s: offset(start + _SECOND * s) >= crossed)
            found.append(wall_at(start + _SECOND * skip, zone))
    return tuple(found)
