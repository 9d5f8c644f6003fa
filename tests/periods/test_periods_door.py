"""The door for time: what `instant` and `zone_named` take and refuse, and what a local time is resolved to."""

from __future__ import annotations

import sys
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from unittest.mock import Mock
from zoneinfo import ZoneInfo

import pytest

from tokenpurse.errors import ClockError, PurseError, UnknownNameError
from tokenpurse.periods import Anchor, instant, moments, zone_named
from tokenpurse.periods.moments import date_line_crossings, first_instant

MIDNIGHT = datetime(2026, 7, 1, tzinfo=UTC)


class NoOffset(tzinfo):
    """A zone that answers nothing; a datetime with it is naive in all but name."""

    def utcoffset(self, _: datetime | None, /) -> timedelta | None:
        return None

    def tzname(self, _: datetime | None, /) -> None:
        return None

    def dst(self, _: datetime | None, /) -> None:
        return None


class Broken(NoOffset):
    """A zone that fails when asked."""

    def utcoffset(self, _: datetime | None, /) -> timedelta | None:
        raise RuntimeError("no answer")


class Moment(datetime):
    """A subclass, which might compare and subtract in ways of its own."""


@pytest.mark.parametrize(
    "given_moment",
    [
        MIDNIGHT,
        MIDNIGHT.replace(fold=1),
        datetime(2026, 7, 1, 2, tzinfo=ZoneInfo("Europe/Berlin")),
        datetime(2026, 6, 30, 14, 30, tzinfo=timezone(timedelta(hours=-9, minutes=-30))),
        datetime(2026, 7, 1, tzinfo=ZoneInfo("UTC")),
    ],
)
def test_what_comes_in_is_the_same_instant_in_utc(given_moment: datetime) -> None:
    """The zone is exactly `datetime.UTC`, the fold is gone, and the instant is the one that was given."""
    moment = instant(given_moment)

    assert moment == MIDNIGHT
    assert moment.tzinfo is UTC
    assert moment.fold == 0


@pytest.mark.parametrize(("fold", "hour"), [(0, 5), (1, 6)])
def test_the_fold_of_the_given_datetime_counts(fold: int, hour: int) -> None:
    """A time that New York's clocks showed twice is the pass that was meant."""
    local = datetime(2026, 11, 1, 1, 30, fold=fold, tzinfo=ZoneInfo("America/New_York"))

    assert datetime(2026, 11, 1, hour, 30, tzinfo=UTC) == instant(local)


def test_microseconds_are_kept() -> None:
    """Nothing is truncated at the door."""
    moment = datetime(2026, 7, 1, 1, 2, 3, 999_999, tzinfo=UTC)

    assert moment == instant(moment)


@pytest.mark.parametrize(
    "wrong",
    [
        datetime(2026, 7, 1),
        datetime(2026, 7, 1, tzinfo=NoOffset()),
        datetime(2026, 7, 1, tzinfo=Broken()),
        Moment(2026, 7, 1, tzinfo=UTC),
        date(2026, 7, 1),
        "2026-07-01T00:00:00Z",
        1_782_864_000,
        None,
    ],
    ids=repr,
)
def test_what_is_no_aware_datetime_is_refused(wrong: object) -> None:
    """Naive datetimes, other types and subclasses raise, and the error carries what was given."""
    with pytest.raises(ClockError, match=r"^starts (must be an aware|is datetime)") as caught:
        instant(wrong, "starts")  # type: ignore[arg-type]

    assert caught.value.at is wrong


@pytest.mark.parametrize(
    "edge",
    [
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 14, tzinfo=timezone(timedelta(hours=-10))),
        datetime(2200, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2201, 1, 1, 0, 59, tzinfo=timezone(timedelta(hours=1))),
    ],
)
def test_the_years_1970_to_2200_are_counted_in_utc(edge: datetime) -> None:
    """The first and the last usable microsecond come in, whatever year their own zone shows."""
    assert edge == instant(edge)


@pytest.mark.parametrize(
    "outside",
    [
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        datetime(2201, 1, 1, tzinfo=UTC),
        datetime(2200, 12, 31, 23, 59, tzinfo=timezone(timedelta(minutes=-1))),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=23))),
        datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-23))),
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
    ],
)
def test_other_years_are_refused_and_never_overflow(outside: datetime) -> None:
    """Extreme years raise the library's own error, before any arithmetic can overflow."""
    with pytest.raises(ClockError, match="1970 to 2200"):
        instant(outside)


def test_the_default_zone_is_pythons_own() -> None:
    """`UTC` is `datetime.UTC`, the cheapest zone that there is; other names are read from the zone files."""
    assert zone_named("UTC") is UTC
    assert ZoneInfo("America/Argentina/Buenos_Aires") is zone_named("America/Argentina/Buenos_Aires")
    assert timedelta(hours=-5) == zone_named("Etc/GMT+5").utcoffset(MIDNIGHT)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "Europe/Atlantis",
        "Europe",
        "../etc/passwd",
        "/etc/localtime",
        "Europe/../UTC",
        "Europe//Berlin",
        "Europe/Berlin\n",
        "Europe/Berlin\0",
        "tzdata.zi",
        "a/b/c/d",
        "A" * 65,
        "Zürich",
        "localtime",
        "LOCALTIME",
        "posixrules",
        "Factory",
        "posix/UTC",
        "right/UTC",
        "leapseconds",
        None,
        b"UTC",
        ["UTC"],
        type("Name", (str,), {})("UTC"),
    ],
    ids=repr,
)
def test_what_is_no_zone_or_depends_on_the_machine_is_refused(wrong: object) -> None:
    """Unknown names, paths, other types, and files that mean something else on the next machine raise alike."""
    with pytest.raises(UnknownNameError, match=r"^unknown zone ") as caught:
        zone_named(wrong)  # type: ignore[arg-type]

    assert (caught.value.what, caught.value.name) == ("zone", wrong)
    assert "tzdata" not in str(caught.value).replace("'tzdata.zi'", "")


@pytest.mark.parametrize("name", ["A" * 65, "../UTC", "/UTC", "a/b/c/d", "tzdata.zi", "", "localtime", "right/UTC"])
def test_a_name_that_is_refused_is_never_looked_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not spelled like a zone's name does not reach the file system."""
    looked_for: list[str] = []
    monkeypatch.setattr(moments, "_zone_file", looked_for.append)

    with pytest.raises(UnknownNameError):
        zone_named(name)
    assert looked_for == []


def test_the_longest_name_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """64 characters may be a zone."""
    looked_for: list[str] = []
    monkeypatch.setattr(moments, "_zone_file", looked_for.append)

    with pytest.raises(UnknownNameError):
        zone_named("A" * 64)
    assert "A" * 64 in looked_for


@pytest.fixture
def _no_zone_files(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine without zone files and without the tzdata package."""
    for name in {"tzdata"} | {name for name in sys.modules if name.startswith("tzdata.")}:
        monkeypatch.setitem(sys.modules, name, None)
    zoneinfo.reset_tzpath(to=[])
    ZoneInfo.clear_cache()
    moments._zone.cache_clear()
    yield
    monkeypatch.undo()
    zoneinfo.reset_tzpath()
    ZoneInfo.clear_cache()
    moments._zone.cache_clear()


@pytest.mark.usefixtures("_no_zone_files")
def test_a_machine_without_zone_files_is_told_what_to_install() -> None:
    """The error is one of ours and names the package; UTC works all the same."""
    with pytest.raises(PurseError, match=r"'Asia/Tokyo'; this machine has no time zone files: install the tzdata"):
        zone_named("Asia/Tokyo")

    assert datetime(2026, 7, 1) == Anchor(MIDNIGHT).wall


@pytest.mark.parametrize(
    ("zone", "wall", "expected"),
    [
        # At midnight the clock goes to one o'clock, so the day starts at one; the instant is the change itself.
        ("Africa/Cairo", datetime(2026, 4, 24), datetime(2026, 4, 23, 22, tzinfo=UTC)),
        ("America/Havana", datetime(2026, 3, 8), datetime(2026, 3, 8, 5, tzinfo=UTC)),
        ("America/Santiago", datetime(2026, 9, 6), datetime(2026, 9, 6, 4, tzinfo=UTC)),
        ("Asia/Beirut", datetime(2026, 3, 29), datetime(2026, 3, 28, 22, tzinfo=UTC)),
        ("Atlantic/Azores", datetime(2026, 3, 29), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("Asia/Amman", datetime(2016, 4, 1), datetime(2016, 3, 31, 22, tzinfo=UTC)),
        # Inside the skip it is the same instant, never the reading moved on by the length of the skip.
        ("America/New_York", datetime(2026, 3, 8, 2), datetime(2026, 3, 8, 7, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 3, 8, 2, 30), datetime(2026, 3, 8, 7, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 3, 8, 2, 59, 59, 999_999), datetime(2026, 3, 8, 7, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 3, 8, 3), datetime(2026, 3, 8, 7, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 10, 4, 2, 15), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
        ("Europe/Dublin", datetime(2026, 3, 29, 1, 30), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        # The change of 1972 was 44 minutes and 30 seconds.
        ("Africa/Monrovia", datetime(1972, 1, 7, 0, 20), datetime(1972, 1, 7, 0, 44, 30, tzinfo=UTC)),
        # Far beyond the transitions that the files list.
        ("America/New_York", datetime(2190, 3, 14, 2, 30), datetime(2190, 3, 14, 7, tzinfo=UTC)),
        # Shown twice: the first of the two.
        ("America/New_York", datetime(2026, 11, 1, 1, 30), datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        ("America/Havana", datetime(2026, 11, 1), datetime(2026, 11, 1, 4, tzinfo=UTC)),
        ("Europe/Dublin", datetime(2026, 10, 25, 1, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        # A day that was left out.
        ("Pacific/Apia", datetime(2011, 12, 30), datetime(2011, 12, 30, 10, tzinfo=UTC)),
        ("Pacific/Apia", datetime(2011, 12, 30, 17, 45), datetime(2011, 12, 30, 10, tzinfo=UTC)),
        ("Pacific/Apia", datetime(2011, 12, 31), datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ],
)
def test_a_local_time_is_the_first_real_instant(zone: str, wall: datetime, expected: datetime) -> None:
    """In a gap it is the instant of the change, in a fold the first occurrence."""
    assert expected == first_instant(wall, zone_named(zone))


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Pacific/Apia", [datetime(2011, 12, 31)]),
        ("Pacific/Fakaofo", [datetime(2011, 12, 31)]),
        ("Pacific/Kiritimati", [datetime(1995, 1, 1)]),
        ("Pacific/Kwajalein", [datetime(1993, 8, 22)]),
        ("Pacific/Auckland", []),
        ("America/New_York", []),
        ("UTC", []),
    ],
)
def test_left_out_days_are_known(zone: str, expected: list[datetime]) -> None:
    """Each zone that crossed the date line since 1970 has the first reading after the skip, others have none."""
    assert expected == list(date_line_crossings(zone_named(zone)))


def test_what_only_claims_to_be_a_datetime_is_refused() -> None:
    """A mock of a datetime says of itself that it is one."""
    with pytest.raises(ClockError, match="must be an aware datetime"):
        instant(Mock(spec=MIDNIGHT))
