"""Anchors, periods, and the schedules that number boundaries between them.

Here belongs the arithmetic of boundaries. What happens at one does not: a schedule knows no wallet, bucket or amount.

Boundary `k` is computed from the anchor, never from boundary `k - 1`, so that no short month and no late job moves the
ones after it. Everything is closed form: no function here walks from boundary to boundary.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from attrs import Factory, field, frozen
from dateutil.relativedelta import relativedelta

from tokenpurse.errors import ClockError, PlanError
from tokenpurse.periods.moments import END, FIRST, date_line_crossings, first_instant, instant, wall_at, zone_named

__all__ = ["WEEKDAYS", "Anchor", "Form", "Period", "Schedule", "Step", "Weekday"]

Step = Literal["months", "years", "weeks", "days", "hours", "minutes", "once"]
Form = Literal["calendar", "subscription", "elapsed", "once"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_FORMS: dict[str, tuple[str, ...]] = {
    "months": ("calendar", "subscription"),
    "years": ("calendar", "subscription"),
    "weeks": ("calendar", "subscription"),
    "days": ("calendar", "subscription"),
    "hours": ("elapsed",),
    "minutes": ("elapsed",),
    "once": ("once",),
}
_MONTHS_IN = {"months": 1, "years": 12}
_DAYS_IN = {"weeks": 7, "days": 1}
_MINUTES_IN = {"hours": 60, "minutes": 1}
_MINUTES_IN_DAY = 24 * 60
_DAYS_IN_SHORTEST = {"months": 28, "years": 365, "weeks": 7, "days": 1}
_DAYS_IN_LONGEST = {"months": 31, "years": 366, "weeks": 7, "days": 1}
_N_MAX = 1_000_000
# The whole time, and a month because steps are counted from before the anchor: no boundary before END is further away,
# and what is not further away is well inside the years that a datetime can hold.
_MINUTES_MAX = ((END - FIRST).days + 31) * _MINUTES_IN_DAY
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_MICROSECOND = timedelta(microseconds=1)


def _anchor_moment(value: datetime) -> datetime:
    return instant(value, "anchor")


def _anchor_wall(anchor: Anchor) -> datetime:
    return wall_at(anchor.at, zone_named(anchor.zone))


@frozen
class Anchor:
    """The moment that boundaries are counted from, and the zone in which its wall clock is read.

    Both stay as they are when the wallet moves to another zone: the same reading is then taken in the new zone.
    So an anchor of 1 July stays one, boundary numbers keep their meaning, and no change of zone resets twice.

    Attributes:
        at: the moment; it is boundary 0 of every schedule.
        zone: the zone's name.
        wall: the reading, a naive datetime; it follows from the other two.

    Raises:
        ClockError: see `instant`.
        UnknownNameError: there is no such zone.
    """

    at: datetime = field(converter=_anchor_moment)
    zone: str = "UTC"
    wall: datetime = field(init=False, eq=False, repr=False, default=Factory(_anchor_wall, takes_self=True))


@frozen
class Period:
    """A stretch of time, half-open: `start` belongs to it, `end` to the next one.

    Attributes:
        number: the number of the boundary that it starts at.
        start: its first instant, UTC.
        end: the next period's first instant, UTC; `None` where no boundary follows up to the year 2200.
    """

    number: int
    start: datetime
    end: datetime | None

    @property
    def microseconds(self) -> int | None:
        """The exact length, or `None` without an end."""
        return None if self.end is None else (self.end - self.start) // _MICROSECOND

    def contains(self, moment: datetime) -> bool:
        """Whether the moment is in the period. Raises `ClockError` where `instant` does."""
        at = instant(moment, "moment")
        return self.start <= at and (self.end is None or at < self.end)


@frozen(repr=False)
class Schedule:
    """A rule that numbers boundaries, relative to an anchor and a zone that the wallet owns.

    Boundary 0 is the anchor itself, and none is before it. Boundary `k` is `k * n` steps later, counted
    from the start of the anchor's local month, year, week or day (`calendar`),
    from its own local date and time of day, clamped to the last day of a short month (`subscription`),
    or in elapsed time (`hours`, `minutes`). `once` has no boundary but the anchor. None is after the year 2200 (UTC).

    Boundaries may fall on one instant: where a zone left out a day, or next to an anchor that was read in another zone.
    They are one reset; `number_at` answers the last of their numbers and `following` the first.

    Build schedules with the functions of `tokenpurse.periods`. In all methods `zone` is the wallet's;
    a schedule with a zone of its own takes that one instead, also to read the anchor's wall clock.

    Attributes:
        step: `months`, `years`, `weeks`, `days`, `hours`, `minutes` or `once`.
        n: how many steps lie between boundaries, from 1 to 1,000,000.
        form: `calendar` or `subscription`; for hours and minutes `elapsed`, for once `once`.
        zone: the name of its own zone, or `None`.
        weekday: for calendar weeks the day they start on, as `monday`; otherwise `None`.

    Raises:
        PlanError: an attribute has no value of its kind, or does not go with the others.
        UnknownNameError: there is no such zone.
    """

    step: Step
    n: int
    form: Form
    zone: str | None = None
    weekday: Weekday | None = None

    def __attrs_post_init__(self) -> None:
        """Check the attributes, each and together."""
        if self.step not in tuple(_FORMS):  # a tuple, because what is given need not be hashable
            raise PlanError("Schedule", "step", self.step, f"it must be one of {', '.join(_FORMS)}")
        if self.form not in _FORMS[self.step]:
            raise PlanError("Schedule", "form", self.form, f"it must be {' or '.join(_FORMS[self.step])}")
        name, most = self._name, 1 if self.step == "once" else _N_MAX
        if self.n.__class__ is not int or not 1 <= self.n <= most:
            raise PlanError(name, "n", self.n, f"it must be a whole number from 1 to {most:,}")
        if self.step == "weeks" and self.form == "calendar":
            if self.weekday not in WEEKDAYS:
                raise PlanError(name, "weekday", self.weekday, f"it must be one of {', '.join(WEEKDAYS)}")
        elif self.weekday is not None:
            raise PlanError(name, "weekday", self.weekday, "but only calendar weeks start on one")
        if self.zone is not None:
            if len(_FORMS[self.step]) == 1:
                raise PlanError(name, "zone", self.zone, "but only what follows a wall clock has one")
            zone_named(self.zone)

    def boundary(self, number: int, anchor: Anchor, zone: str) -> datetime:
        """Compute the instant (UTC) of a boundary.

        Raises:
            ClockError: the number is negative, or no boundary up to the year 2200 has it.
            UnknownNameError: there is no such zone.
        """
        found = self._find(number, anchor, zone) if number >= 0 else None
        if found is None:
            past = "its only boundary is 0" if self.step == "once" else "it would be after the year 2200"
            right = "numbers start at 0" if number < 0 else past
            raise ClockError(f"{self!r} has no boundary {number}: {right}", at=anchor.at)
        return found

    def number_at(self, moment: datetime, anchor: Anchor, zone: str) -> int:
        """Compute the largest number whose boundary is at or before the moment.

        Raises:
            ClockError: the moment is before the anchor; also where `instant` does.
            UnknownNameError: there is no such zone.
        """
        moment = instant(moment, "moment")
        if moment < anchor.at:
            raise ClockError(f"moment {moment:%Y-%m-%dT%H:%M:%SZ} is before the anchor {anchor.at}", at=moment)
        if self.step == "once":
            return 0
        if self.form == "elapsed":
            return (moment - anchor.at) // self._elapsed
        number = self._reached(wall_at(moment, zone_named(self.zone or zone)), self._base(anchor))
        # What the wall clock has reached has come. It may also have been reached, and the clock set back since.
        while (after := self._find(number + 1, anchor, zone)) is not None and after <= moment:
            number += 1
        return number

    def period_at(self, moment: datetime, anchor: Anchor, zone: str) -> Period:
        """Compute the period that the moment is in. Raises as `number_at` does."""
        number = self.number_at(moment, anchor, zone)
        return Period(number, self.boundary(number, anchor, zone), self._find(number + 1, anchor, zone))

    def whole(self, number: int, anchor: Anchor, zone: str) -> Period:
        """Lay the period that starts as a boundary; the first one of a calendar as if it had begun before its anchor.

        Raises as `boundary` does.
        """
        start, after = self.boundary(number, anchor, zone), self._find(number + 1, anchor, zone)
        if number == 0 and self.form == "calendar":
            start = min(start, first_instant(self._base(anchor), zone_named(self.zone or zone)))
        return Period(number, start, after)

    def following(self, number: int, after: datetime, anchor: Anchor, zone: str) -> tuple[int, datetime] | None:
        """Find the first number above `number` whose boundary is strictly after `after`, and that boundary.

        So a change of zone, or a day that was left out, never resets twice. `after` may be before the anchor.

        Returns:
            The number and the instant (UTC), or `None` if there is none up to the year 2200.

        Raises:
            ClockError: the number is negative; also where `instant` does.
            UnknownNameError: there is no such zone.
        """
        after = instant(after, "after")
        if number < 0:
            raise ClockError(f"{self!r} has no boundary {number}: numbers start at 0", at=after)
        found = self._find(number + 1, anchor, zone)
        if found is not None and found <= after:
            number = self.number_at(after, anchor, zone)
            found = self._find(number + 1, anchor, zone)
        return None if found is None else (number + 1, found)

    def end_of(self, period: Period, count: int, anchor: Anchor, zone: str) -> datetime | None:
        """Find the end of the so manieth period, counted with a running one; `None`: there is none up to the year 2200.

        Boundaries at one instant are one, as where the periods follow each other.

        Raises:
            UnknownNameError: there is no such zone.
        """
        if period.end is None or count == 1:
            return period.end
        number = max(period.number + 1, self.number_at(period.end, anchor, zone))
        following = self.following(number, period.end, anchor, zone)
        if following is None:
            return None
        number, more = following[0], count - 2
        first = number
        while more:
            number += more
            if self._find(number, anchor, zone) is None:
                return None
            more = count - 2 - self.distinct(first, number, anchor, zone)
        return self._find(number, anchor, zone)

    def anchored(self, boundary: datetime, before: datetime, zone: str) -> tuple[Anchor, int] | None:
        """Find an anchor, at or before a moment, from which the given instant is a boundary, and its number.

        It is the latest on whose day and time of day no month end and no change of the clock has a say.

        Returns:
            The anchor and the number, at least 1; `None` for calendar schedules and `once`, whose boundaries are where
            they are, and if there is no such anchor since 1970.

        Raises:
            UnknownNameError: there is no such zone.
        """
        if self.form not in ("subscription", "elapsed"):
            return None
        if self.form == "elapsed":
            number = max(1, -((before - boundary) // self._elapsed))
            at = boundary - self._elapsed * number
            return (Anchor(at, zone), number) if at >= FIRST else None
        local = zone_named(self.zone or zone)
        wall = wall_at(boundary, local)
        number = max(1, self._reached(wall, wall_at(before, local)))
        while (found := self._back(wall, number)).year >= FIRST.year:
            at = first_instant(found, local)
            if FIRST <= at <= before and wall_at(at, local) == found and self._wall(found, number) == wall:
                return Anchor(at, zone), number
            number += 1
        return None

    def distinct(self, first: int, last: int, anchor: Anchor, zone: str) -> int:
        """Count the resets of the boundaries from `first` (exclusive) to `last` (inclusive).

        Boundaries at one instant are one reset, and a boundary at the instant of the one before it is none,
        so counts of adjoining ranges add up. With `last` at or below `first` it is 0.

        Raises:
            ClockError: as `boundary` does for either number.
            UnknownNameError: there is no such zone.
        """
        self.boundary(first, anchor, zone)
        self.boundary(last, anchor, zone)
        # Boundaries at the anchor's own instant: the reading of an anchor from another zone may lie before it.
        floor = max(first, self.number_at(anchor.at, anchor, zone))
        count = max(0, last - floor)
        if self.step == "days" and self.n == 1:  # no skip of the clock holds two boundaries that are further apart
            base = self._base(anchor)
            for reading in date_line_crossings(zone_named(self.zone or zone)):
                number = (reading - base) // _DAY
                if floor < number <= last:
                    count -= self.boundary(number, anchor, zone) == self.boundary(number - 1, anchor, zone)
        return count

    def __repr__(self) -> str:
        weekday = None if self.weekday == "monday" else self.weekday
        named = {"weekday": weekday, "zone": self.zone}
        arguments = [] if self._is_single else [str(self.n)]
        arguments += [f"{name}={value!r}" for name, value in named.items() if value is not None]
        return f"{self._name}({', '.join(arguments)})"

    @property
    def shortest(self) -> timedelta | None:
        """The length of its shortest whole period, changes of the clock aside; `None`: its period has no end."""
        return None if self.step == "once" else _MINUTE * (self.n * self._minutes(_DAYS_IN_SHORTEST))

    def times_in(self, longer: Schedule) -> int | None:
        """Count how many of its periods make one of another schedule's; `None`: that varies, or is no whole number."""
        for counts in (_MONTHS_IN, _DAYS_IN, _MINUTES_IN):
            if self.step in counts and longer.step in counts:
                number, rest = divmod(longer.n * counts[longer.step], self.n * counts[self.step])
                return None if rest else number
        return None

    @property
    def longest(self) -> timedelta | None:
        """The length of its longest whole period, changes of the clock aside; `None`: its period has no end."""
        return None if self.step == "once" else _MINUTE * (self.n * self._minutes(_DAYS_IN_LONGEST))

    def _minutes(self, days: dict[str, int]) -> int:
        """The minutes of one step, by how many days one has that follows a wall clock."""
        return days[self.step] * _MINUTES_IN_DAY if self.step in days else _MINUTES_IN[self.step]

    @property
    def _elapsed(self) -> timedelta:
        """The length of each period, where no clock has a say."""
        return _MINUTE * (self.n * _MINUTES_IN[self.step])

    @property
    def _is_single(self) -> bool:
        return self.n == 1 and self.form != "elapsed"

    @property
    def _name(self) -> str:
        if len(_FORMS[self.step]) == 1:
            return self.step
        return f"{self.form}_{self.step.removesuffix('s') if self._is_single else self.step}"

    def _find(self, number: int, anchor: Anchor, zone: str) -> datetime | None:
        """Compute a boundary, or `None` past the year 2200; `number` is 0 or more."""
        if number == 0:
            return anchor.at
        if self.step == "once" or number * self.n * self._minutes(_DAYS_IN_SHORTEST) > _MINUTES_MAX:
            return None
        if self.form == "elapsed":
            found = anchor.at + self._elapsed * number
        else:
            wall = self._wall(self._base(anchor), number)
            found = max(first_instant(wall, zone_named(self.zone or zone)), anchor.at)
        return found if found < END else None

    def _base(self, anchor: Anchor) -> datetime:
        """The local time (naive) that steps are counted from."""
        wall = anchor.wall if self.zone is None else wall_at(anchor.at, zone_named(self.zone))
        if self.form == "subscription":
            return wall
        if self.step == "months":
            return datetime(wall.year, wall.month, 1)  # noqa: DTZ001  # a wall reading
        if self.step == "years":
            return datetime(wall.year, 1, 1)  # noqa: DTZ001  # a wall reading
        start = datetime(wall.year, wall.month, wall.day)  # noqa: DTZ001  # a wall reading
        return start if self.weekday is None else start - _DAY * ((wall.weekday() - WEEKDAYS.index(self.weekday)) % 7)

    def _wall(self, base: datetime, number: int) -> datetime:
        """The local time (naive) of a boundary, clamped to the last day of its month."""
        if self.step in _DAYS_IN:
            return base + _DAY * (number * self.n * _DAYS_IN[self.step])
        return base + relativedelta(months=number * self.n * _MONTHS_IN[self.step])

    def _back(self, wall: datetime, number: int) -> datetime:
        """The local time (naive) so many intervals before another, clamped to the last day of its month."""
        if self.step in _DAYS_IN:
            return wall - _DAY * (number * self.n * _DAYS_IN[self.step])
        return wall - relativedelta(months=number * self.n * _MONTHS_IN[self.step])

    def _reached(self, wall: datetime, base: datetime) -> int:
        """The largest number whose local time is at or before `wall` (naive); 0 if there is none."""
        if self.step in _DAYS_IN:
            return max(0, (wall - base) // (_DAY * (self.n * _DAYS_IN[self.step])))
        months = (wall.year - base.year) * 12 + wall.month - base.month
        number = max(0, months // (self.n * _MONTHS_IN[self.step]))
        # In the month that it is due in, the day may be yet to come.
        return number - 1 if number > 0 and self._wall(base, number) > wall else number
