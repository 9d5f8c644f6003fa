"""What holds for every schedule, anchor, zone and moment."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tokenpurse import periods
from tokenpurse.errors import ClockError
from tokenpurse.periods import WEEKDAYS, Anchor, Schedule, zone_named
from tokenpurse.periods.moments import first_instant, wall_at

TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)
# Zones differ by 26 hours at most: from Baker Island to Kiritimati.
ZONES_APART = timedelta(hours=26)

# Zones of every sort: no rules, both hemispheres, gaps at midnight, half-hour changes, negative summer time, odd
# offsets, a date line crossed, and both ends of the range of offsets.
ZONES = [
    "UTC",
    "Africa/Cairo",
    "Africa/Monrovia",
    "America/Havana",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Etc/GMT+12",
    "Europe/Dublin",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Pacific/Kwajalein",
]
# Clock changes that something above depends on: days left out, gaps and folds at midnight and elsewhere.
CHANGES = [
    datetime(2011, 12, 30, 10),
    datetime(1994, 12, 31, 10),
    datetime(1993, 8, 21, 12),
    datetime(2010, 11, 7, 2, 31),
    datetime(2026, 4, 23, 22),
    datetime(2026, 3, 8, 5),
    datetime(2026, 11, 1, 5),
    datetime(2026, 9, 6, 4),
    datetime(2026, 3, 29, 1),
    datetime(1972, 1, 7, 0, 44, 30),
]


def moments() -> st.SearchStrategy[datetime]:
    """Any usable moment, half of them within two days of a clock change."""
    near = st.builds(lambda change, by: change + by, st.sampled_from(CHANGES), st.timedeltas(-2 * DAY, 2 * DAY))
    anywhere = st.datetimes(datetime(1970, 1, 1), datetime(2200, 12, 31, 23, 59, 59, 999_999))
    return st.one_of(near, anywhere).map(lambda moment: moment.replace(tzinfo=UTC))


NUMBERS = st.one_of(st.just(1), st.integers(1, 13))
OWN_ZONES = st.one_of(st.none(), st.sampled_from(ZONES))
LOCAL = st.one_of(
    st.builds(periods.calendar_weeks, NUMBERS, st.sampled_from(WEEKDAYS), zone=OWN_ZONES),
    *(
        st.builds(make, NUMBERS, zone=OWN_ZONES)
        for make in (
            periods.calendar_months,
            periods.calendar_years,
            periods.calendar_days,
            periods.subscription_months,
            periods.subscription_years,
            periods.subscription_weeks,
            periods.subscription_days,
        )
    ),
)
SCHEDULES = st.one_of(
    LOCAL, st.builds(periods.hours, NUMBERS), st.builds(periods.minutes, st.integers(30, 90)), st.just(periods.once())
)
ANCHORS = st.builds(Anchor, moments(), st.sampled_from(ZONES))
ZONE = st.sampled_from(ZONES)


def boundary_or_none(rule: Schedule, number: int, anchor: Anchor, zone: str) -> datetime | None:
    try:
        return rule.boundary(number, anchor, zone)
    except ClockError:
        return None


@given(ZONE, moments(), st.timedeltas(TICK, 3 * DAY))
def test_no_earlier_instant_has_a_local_time_behind_it(zone: str, moment: datetime, before: timedelta) -> None:
    """The wall clock has reached a local time at the first instant of it, and at no earlier one."""
    wall, rules = moment.replace(tzinfo=None), zone_named(zone)
    found = first_instant(wall, rules)

    assert wall_at(found, rules) >= wall
    assert wall_at(found - before, rules) < wall


@given(SCHEDULES, ANCHORS, ZONE, moments())
def test_periods_tile_time(rule: Schedule, anchor: Anchor, zone: str, moment: datetime) -> None:
    """Each moment from the anchor on is in one period, which ends where the next starts and starts where one ends."""
    assume(moment >= anchor.at)
    period = rule.period_at(moment, anchor, zone)

    assert period.contains(moment)
    assert period == rule.period_at(period.start, anchor, zone)
    if period.start > anchor.at:
        assert period.start == rule.period_at(period.start - TICK, anchor, zone).end
    if period.end is not None:
        assert period == rule.period_at(period.end - TICK, anchor, zone)
        assert period.end == rule.period_at(period.end, anchor, zone).start


@given(SCHEDULES, ANCHORS, ZONE, st.integers(0, 5000))
def test_boundaries_never_run_backwards(rule: Schedule, anchor: Anchor, zone: str, number: int) -> None:
    """None is before the anchor, and none before the one with the number below."""
    found = [boundary_or_none(rule, each, anchor, zone) for each in range(number, number + 3)]
    real = [moment for moment in found if moment is not None]

    assert sorted(real) == found[: len(real)]
    assert all(moment >= anchor.at for moment in real)
    assert anchor.at == rule.boundary(0, anchor, zone)


@given(SCHEDULES, ANCHORS, ZONE, st.integers(0, 5000))
def test_number_at_inverts_boundary(rule: Schedule, anchor: Anchor, zone: str, number: int) -> None:
    """At a boundary it is the boundary's number, or a later one of the same instant; a tick earlier it is less."""
    moment = boundary_or_none(rule, number, anchor, zone)
    assume(moment is not None)
    assert moment is not None
    found = rule.number_at(moment, anchor, zone)

    assert found >= number
    assert moment == rule.boundary(found, anchor, zone)
    assert boundary_or_none(rule, found + 1, anchor, zone) != moment
    if moment > anchor.at:
        assert rule.number_at(moment - TICK, anchor, zone) < number


@given(SCHEDULES, ANCHORS, ZONE, moments())
def test_number_at_is_the_largest_number_that_has_come(
    rule: Schedule, anchor: Anchor, zone: str, moment: datetime
) -> None:
    """Its boundary is at or before the moment, and the next one is after it."""
    assume(moment >= anchor.at)
    number = rule.number_at(moment, anchor, zone)
    after = boundary_or_none(rule, number + 1, anchor, zone)

    assert rule.boundary(number, anchor, zone) <= moment
    assert after is None or after > moment


@given(SCHEDULES, ANCHORS, ZONE, st.integers(0, 400), st.timedeltas(-3 * DAY, 3 * DAY), st.integers(0, 400))
def test_following_is_the_first_boundary_after_both(  # hypothesis passes them
    rule: Schedule, anchor: Anchor, zone: str, number: int, by: timedelta, near: int
) -> None:
    """It has a number above the one given and an instant after the one given, and no lower number has."""
    around = boundary_or_none(rule, near, anchor, zone) or anchor.at
    after = min(max(around + by, datetime(1970, 1, 1, tzinfo=UTC)), datetime(2200, 12, 31, tzinfo=UTC))
    one_by_one = (
        (each, moment)
        for each in range(number + 1, number + 1000)
        if (moment := boundary_or_none(rule, each, anchor, zone)) is None or moment > after
    )
    expected = next(one_by_one)

    assert (None if expected[1] is None else expected) == rule.following(number, after, anchor, zone)


@given(SCHEDULES, ANCHORS, ZONE, st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
@example(periods.calendar_day(), Anchor(datetime(2011, 12, 20, tzinfo=UTC), "Pacific/Apia"), "Pacific/Apia", 0, 9, 12)
@example(periods.calendar_day(), Anchor(datetime(2011, 12, 20, tzinfo=UTC), "Pacific/Apia"), "Pacific/Apia", 0, 11, 12)
def test_distinct_counts_what_is_there(  # hypothesis passes them
    rule: Schedule, anchor: Anchor, zone: str, first: int, middle: int, last: int
) -> None:
    """It is what comparing neighbours one by one counts, and counts of adjoining ranges add up."""
    first, middle, last = sorted([first, middle, last])
    found = [boundary_or_none(rule, number, anchor, zone) for number in range(first, last + 1)]
    assume(None not in found)

    assert len(set(found)) - 1 == rule.distinct(first, last, anchor, zone)
    parts = rule.distinct(first, middle, anchor, zone), rule.distinct(middle, last, anchor, zone)
    assert sum(parts) == rule.distinct(first, last, anchor, zone)
    assert rule.distinct(last, first, anchor, zone) == 0


@given(
    st.sampled_from([periods.calendar_day(), periods.subscription_day()]),
    st.sampled_from(["Pacific/Apia", "Pacific/Fakaofo", "Pacific/Kiritimati", "Pacific/Kwajalein"]),
    st.integers(0, 20_000),
    st.sampled_from([timedelta(), TICK, timedelta(hours=10), timedelta(hours=12)]),
)
def test_distinct_finds_the_day_that_was_left_out(rule: Schedule, zone: str, days: int, by: timedelta) -> None:
    """Counted from any day to 2025 it is what comparing all boundaries one by one counts."""
    anchor = Anchor(datetime(1970, 1, 1, tzinfo=UTC) + days * DAY + by, zone)
    last = rule.number_at(datetime(2025, 1, 1, tzinfo=UTC), anchor, zone)
    # No more than the month around each skip: elsewhere boundaries are a day apart.
    skips = [rule.number_at(max(anchor.at, change.replace(tzinfo=UTC)), anchor, zone) for change in CHANGES[:3]]
    near = {number for skip in skips for number in range(max(1, skip - 15), min(last, skip + 15) + 1)}
    collapsed = sum(rule.boundary(number, anchor, zone) == rule.boundary(number - 1, anchor, zone) for number in near)

    assert last - collapsed == rule.distinct(0, last, anchor, zone)


@given(LOCAL, ANCHORS, ZONE, ZONE, st.integers(0, 300))
def test_a_change_of_zone_neither_repeats_nor_skips_a_reset(
    rule: Schedule, anchor: Anchor, old: str, new: str, number: int
) -> None:
    """The reset after boundary k of the old zone is later, with a higher number, within an interval and 26 hours.

    From weeks up it is boundary k + 1 of the new zone itself; only days can be shorter than the zones are apart.
    """
    last, due = boundary_or_none(rule, number, anchor, old), boundary_or_none(rule, number + 1, anchor, old)
    assume(last is not None and due is not None)
    assert last is not None
    assert due is not None
    found = rule.following(number, last, anchor, new)
    assume(found is not None)
    assert found is not None

    assert found[0] > number
    assert last < found[1] <= max(due, last + DAY) + ZONES_APART
    if rule.step != "days" and number > 0:
        assert (number + 1, rule.boundary(number + 1, anchor, new)) == found
        assert found[1] >= due - ZONES_APART


@given(SCHEDULES, ANCHORS, ZONE, ZONE, st.integers(0, 500))
def test_a_zone_of_its_own_replaces_the_wallets(
    rule: Schedule, anchor: Anchor, zone: str, other: str, number: int
) -> None:
    """A schedule with its own zone answers the same in any zone, as one without does in that zone."""
    assume(rule.zone is not None)
    assert rule.zone is not None
    plain = Schedule(rule.step, rule.n, rule.form, None, rule.weekday)

    expected = boundary_or_none(plain, number, Anchor(anchor.at, rule.zone), rule.zone)
    assert expected == boundary_or_none(rule, number, anchor, zone)
    assert expected == boundary_or_none(rule, number, anchor, other)


@pytest.fixture
def _restored_timezone() -> Iterator[None]:
    yield
    if hasattr(time, "tzset"):
        time.tzset()


@pytest.mark.usefixtures("_restored_timezone")
def test_the_zone_of_the_process_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """With TZ in New York, Apia or UTC, all answers are equal, anchors and moments of other zones included."""
    anchor = Anchor(datetime(2011, 12, 1, 5, 30, tzinfo=UTC), "Asia/Kathmandu")
    moment = datetime(2026, 3, 8, 7, tzinfo=UTC)
    rules = [
        periods.calendar_month(),
        periods.subscription_month(),
        periods.calendar_week(),
        periods.subscription_day(),
        periods.hours(5),
        periods.once(),
    ]

    def answers() -> list[object]:
        return [
            (
                rule.period_at(moment, anchor, "Pacific/Apia"),
                rule.following(0, moment, anchor, "America/New_York"),
                rule.distinct(0, rule.number_at(moment, anchor, "Pacific/Apia"), anchor, "Pacific/Apia"),
            )
            for rule in rules
        ]

    expected = answers()
    for name in ("America/New_York", "Pacific/Apia", "UTC"):
        monkeypatch.setenv("TZ", name)
        if hasattr(time, "tzset"):
            time.tzset()
        assert expected == answers()
    monkeypatch.undo()
