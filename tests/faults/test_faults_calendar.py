"""Calendar and clock: F25 to F41."""

from __future__ import annotations

import os
import time
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.support.cases import holding, on, opened_on
from tokenpurse import Allowance, Balance, LateUse, Plan, Switch, Wallet, periods
from tokenpurse.entries import PeriodOpened
from tokenpurse.errors import ClockError, PeriodClosed
from tokenpurse.periods import Schedule

MONTHLY = Plan("monthly", allowances=[Allowance(500)], period=periods.subscription_month())
DAILY = Plan("daily", allowances=[Allowance(100)], period=periods.calendar_day())
MICRO = timedelta(microseconds=1)


def resets(wallet: Wallet, count: int) -> list[datetime]:
    """The next few resets, each reached by itself."""
    found = []
    for _ in range(count):
        reset = wallet.at(wallet.clock).next_reset()
        assert reset is not None
        (entry,) = wallet.advance(reset).entries
        assert isinstance(entry, PeriodOpened)
        assert entry.count == 1
        wallet = wallet.advance(reset).wallet
        found.append(reset)
    return found


def test_f25_day_31_is_clamped() -> None:
    """Textbee #283: from 31 March a window of 28 days. Autumn #2115: 30 June became 1 July."""
    wallet = opened_on(MONTHLY, at=on(3, 31))
    assert [f"{each:%m-%d}" for each in resets(wallet, 6)] == ["04-30", "05-31", "06-30", "07-31", "08-31", "09-30"]


def test_f26_each_month_has_its_reset_whatever_the_day() -> None:
    """Dub #374: the 31st did not come, nor did the quota. dataservices-api #322: a day that is out of range, raised."""
    for day in (28, 29, 30, 31):
        wallet = opened_on(MONTHLY, at=on(1, day)).spend(500, at=on(1, day)).wallet
        found = resets(wallet, 12)
        assert [each.month for each in found] == [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1]
        assert [each.day for each in found] == [min(day, monthrange(each.year, each.month)[1]) for each in found]
        assert wallet.at(on(2, 28)).available() == 500


@pytest.mark.parametrize("late", [timedelta(), timedelta(hours=5), timedelta(days=3)])
def test_f27_the_anchor_does_not_drift(late: timedelta) -> None:
    """usage_credits counts from the last reset or from now: after February, or a late job, each month came later."""
    wallet = opened_on(MONTHLY, at=on(1, 31))
    february = wallet.advance(on(2, 28) + late).wallet
    march = february.advance(on(3, 31) + late).wallet

    assert february.at(february.clock + late).next_reset() == on(3, 31)
    assert march.at(march.clock + late).next_reset() == on(4, 30)


@pytest.mark.parametrize(
    ("period", "expected"),
    [(periods.calendar_month(), on(8, 1)), (periods.subscription_month(), on(8, 15))],
)
def test_f28_calendar_or_anniversary_is_said_and_is_what_happens(period: Schedule, expected: datetime) -> None:
    """LiteLLM #4196, ansvisor #500: one page showed the one and the job did the other."""
    wallet = opened_on(Plan("p", allowances=[Allowance(500)], period=period), at=on(7, 15)).spend(1, at=on(7, 15))
    view = wallet.view

    assert view.next_reset() == view.period.end == view.next_due() == expected
    assert wallet.wallet.at(expected - MICRO).available() == 499
    assert wallet.wallet.at(expected).available() == 500


def test_f29_nothing_happens_before_its_start() -> None:
    """Lago #5117: a rule fired before its start. A wallet is not there before its opening, nor is what it is given."""
    with pytest.raises(ClockError):
        opened_on(MONTHLY, at=on(7, 15)).spend(1, at=on(7, 14))
    with pytest.raises(ClockError):
        opened_on(MONTHLY, at=on(7, 15), anchor=on(7, 16))
    with pytest.raises(ClockError):
        holding(Balance("promo", 100, issued=on(7, 2)))
    later = opened_on(MONTHLY, at=on(7, 15)).grant(9, at=on(7, 15), starts=on(7, 20)).wallet
    assert [later.at(moment).available() for moment in (on(7, 20) - MICRO, on(7, 20))] == [500, 509]


# The zone, its local day, and the first instant of that day: where midnight is skipped, and where it comes twice.
MIDNIGHTS = [
    ("Africa/Cairo", on(4, 24), on(4, 23, 22)),
    ("Asia/Beirut", on(3, 29), on(3, 28, 22)),
    ("America/Santiago", on(9, 6), on(9, 6, 4)),
    ("Atlantic/Azores", on(3, 29), on(3, 29, 1)),
    ("America/Havana", on(3, 8), on(3, 8, 5)),
    ("America/Havana", on(11, 1), on(11, 1, 4)),
    ("Atlantic/Azores", on(10, 25), on(10, 25, 0)),
]


@pytest.mark.parametrize(
    ("zone", "day", "expected"), MIDNIGHTS, ids=[f"{each[0]} {each[1]:%m-%d}" for each in MIDNIGHTS]
)
def test_f30_a_midnight_that_is_skipped_or_comes_twice_is_one_reset(
    zone: str, day: datetime, expected: datetime
) -> None:
    """OpenMeter #3313; 80 gaps and 30 folds fall on a midnight from 2026 to 2035. The first real instant is taken."""
    midnight = day.replace(tzinfo=None)
    start = (midnight - timedelta(days=1)).replace(hour=12, tzinfo=ZoneInfo(zone))
    wallet = opened_on(DAILY, at=start, zone=zone)

    assert resets(wallet, 1) == [expected]
    assert wallet.at(expected - MICRO).period.number == 0
    (entry,) = wallet.advance(start + timedelta(hours=24)).entries
    assert isinstance(entry, PeriodOpened)
    assert (entry.count, entry.at) == (1, expected)


def test_f30_inside_the_hour_that_is_skipped_the_reset_is_its_end() -> None:
    """At half past midnight where the clock goes from midnight to one; the day after, half past again."""
    plan = Plan("p", allowances=[Allowance(100)], period=periods.subscription_day())
    start = datetime(2026, 4, 23, 0, 30, tzinfo=ZoneInfo("Africa/Cairo"))
    assert resets(opened_on(plan, at=start, zone="Africa/Cairo"), 2) == [on(4, 23, 22), on(4, 24, 21, 30)]


@pytest.mark.parametrize("zone", ["Pacific/Apia", "Pacific/Fakaofo"])
def test_f31_a_day_that_does_not_exist_has_no_reset(zone: str) -> None:
    """Both went from 29 December 2011 straight to the 31st."""
    wallet = opened_on(DAILY, at=datetime(2011, 12, 29, tzinfo=ZoneInfo(zone)), zone=zone)
    assert [each.astimezone(ZoneInfo(zone)).day for each in resets(wallet, 3)] == [31, 1, 2]
    assert [each - wallet.clock for each in resets(wallet, 2)] == [timedelta(days=1), timedelta(days=2)]

    quiet = opened_on(DAILY, at=datetime(2011, 12, 1, tzinfo=ZoneInfo(zone)), zone=zone)
    change = quiet.advance(datetime(2012, 1, 31, tzinfo=ZoneInfo(zone)))
    assert sum(entry.count for entry in change.entries if isinstance(entry, PeriodOpened)) == 61 - 1
    assert change.view.lifetime().granted == 61 * 100


def test_f32_a_change_of_zone_brings_no_reset() -> None:
    """LeechBlockNG #104. However often the customer travels, each boundary comes once, by its number."""
    wallet = opened_on(DAILY, at=on(7, 1, 12)).spend(100, at=on(7, 1, 12)).wallet
    for hour, zone in enumerate(["Pacific/Kiritimati", "Pacific/Niue", "Asia/Tokyo", "Pacific/Kiritimati"], start=13):
        change = wallet.set_zone(zone, at=on(7, 1, hour))
        assert (change.view.available(), change.view.next_reset()) == (0, on(7, 2))
        wallet = change.wallet

    # From boundary 1 on in the new zone: local midnight of 3 July comes 14 hours before that of UTC.
    assert resets(wallet, 2) == [on(7, 2), on(7, 2, 10)]
    assert wallet.at(on(7, 2, 10)).period.number == 2


@pytest.fixture
def elsewhere() -> Iterator[None]:
    """Run in a process whose own clock is Tokyo's."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Asia/Tokyo"
    time.tzset()
    yield
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


def test_f33_midnight_is_not_the_servers(elsewhere: None) -> None:
    """Textbee #283, codex2api #498, TokenHub #335: the reset came with the machine's midnight."""
    assert datetime(2026, 7, 1).astimezone().utcoffset() == timedelta(hours=9)
    evening = on(7, 1, 18)  # 2 July in Tokyo
    assert opened_on(DAILY, at=evening).at(evening).next_reset() == on(7, 2)
    there = opened_on(DAILY, at=evening, zone="Asia/Kolkata")
    assert there.at(evening).next_reset() == on(7, 1, 18, 30)


def test_f34_a_clock_that_steps_back_changes_nothing() -> None:
    """juju/ratelimit #26, vsthrottle #4; MediaWiki-MCP #557 steps of 11 seconds: booked at the wallet's clock."""
    wallet = opened_on(DAILY).grant(7, expires=on(7, 2), at=on(7, 1)).wallet.advance(on(7, 2)).wallet
    late = wallet.spend(10, at=on(7, 2) - timedelta(seconds=11))
    (entry,) = late.entries

    assert (entry.at, entry.asked_at) == (on(7, 2), on(7, 2) - timedelta(seconds=11))
    assert (late.view.period.number, late.view.by_kind()) == (1, {"quota": 90})
    assert wallet.at(on(7, 2) - timedelta(seconds=11)).by_kind() == {"quota": 100}
    with pytest.raises(ClockError) as found:
        wallet.spend(10, at=on(7, 2) - timedelta(minutes=5) - MICRO)
    assert found.value.clock == on(7, 2)


def test_f35_the_last_instant_is_the_next_periods_first() -> None:
    """OpenMeter #2955, #4278. Periods and lives alike: the start is in, the end is out."""
    wallet = opened_on(DAILY).grant(7, expires=on(7, 2), at=on(7, 1)).wallet
    period = wallet.at(on(7, 2) - MICRO).period

    assert wallet.at(on(7, 2) - MICRO).by_kind() == {"quota": 100, "promo": 7}
    assert wallet.at(on(7, 2)).by_kind() == {"quota": 100}
    assert (period.contains(on(7, 1)), period.contains(on(7, 2))) == (True, False)
    assert wallet.at(on(7, 2)).period.start == period.end


def test_f36_a_microsecond_counts() -> None:
    """OpenMeter rounds to the minute (#4511), and events of one minute hid one another."""
    wallet = opened_on(DAILY)
    seen = [wallet := wallet.spend(1, at=on(7, 2) + number * MICRO).wallet for number in range(-2, 3)]

    assert [each.clock for each in seen] == [on(7, 2) + number * MICRO for number in range(-2, 3)]
    assert [each.at(each.clock).usage() for each in seen] == [1, 2, 1, 2, 3]


def test_f37_years_of_silence_are_made_up_for_at_once() -> None:
    """Recoupable #1962: 91 % of the wallets were stale. So flexprice #1608 and OpenMeter #4030."""
    hourly = Plan("hourly", allowances=[Allowance(100)], period=periods.hours(1))
    wallet = opened_on(hourly).spend(100, at=on(7, 1)).wallet
    later = on(7, 1, 0, 30, year=2126)

    change = wallet.advance(later)

    assert len(change.entries) <= 10
    assert wallet.at(later).available() == change.view.available() == 100
    assert wallet.spend(100, at=later).wallet.at(later).usage() == 100
    assert change.view.period.number == (on(7, 1, year=2126) - on(7, 1)) // timedelta(hours=1)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [(LateUse(), (70, 30)), (LateUse("own", grace=timedelta(hours=2)), (100, 0)), (LateUse("refuse"), None)],
)
def test_f38_late_use_is_counted_in_one_period(rule: LateUse, expected: tuple[int, int] | None) -> None:
    """Killbill #876, tuist #11903, OpenMeter #4299, Lago #682: counted in neither period, or in both."""
    plan = Plan("late", allowances=[Allowance(100)], period=periods.calendar_day(), late_use=rule)
    wallet = opened_on(plan).spend(60, at=on(7, 1, 12)).wallet
    if expected is None:
        with pytest.raises(PeriodClosed):
            wallet.spend(30, at=on(7, 2, 1), occurred_at=on(7, 1, 23))
        return
    change = wallet.spend(30, at=on(7, 2, 1), occurred_at=on(7, 1, 23), ref="call-1")
    again = change.wallet.spend(30, at=on(7, 2, 9), occurred_at=on(7, 1, 23), ref="call-1")

    assert (change.view.available(), change.view.usage(), change.view.lifetime().spent) == (*expected, 90)
    assert again.repeated


@pytest.mark.parametrize("anchor", ["kept", "restarted"])
def test_f39_no_reset_before_what_happened_already(anchor: str) -> None:
    """OpenMeter #4845: a reset in the past left what came after it. It is refused, or booked at the wallet's clock."""
    wallet = opened_on(DAILY).spend(40, at=on(7, 1, 12)).wallet
    with pytest.raises(ClockError):
        wallet.reset(at=on(7, 1, 11), anchor=anchor)  # type: ignore[arg-type]  # the test's own words

    near = wallet.reset(at=on(7, 1, 12) - timedelta(minutes=1), anchor=anchor)  # type: ignore[arg-type]
    assert (near.entries[0].at, near.view.usage(), near.view.available()) == (on(7, 1, 12), 0, 100)


def test_f40_a_change_of_plan_says_what_becomes_of_period_and_use() -> None:
    """usage_credits ec74b97 kept the old schedule, LiteLLM #34492 the old use in a new window."""
    small = Plan("small", allowances=[Allowance(100)], period=periods.subscription_month())
    large = Plan("large", allowances=[Allowance(1_000)], period=periods.subscription_month(), rank=1)
    wallet = opened_on(small, large, at=on(7, 15)).spend(60, at=on(7, 16)).wallet

    change = wallet.change_plan("large", at=on(7, 20))

    assert change.view.next_reset() == on(8, 15)
    assert (change.view.usage(), change.view.available()) == (60, 940)
    assert change.wallet.at(on(8, 15)).available() == 1_000


def test_f40_a_restart_is_a_period_of_its_own() -> None:
    """Where the plan says so, the change closes the period: the new one counts from it, and its use from nothing."""
    restart = Switch(when="now", anchor="restarted")
    small = Plan("small", allowances=[Allowance(100)], period=periods.subscription_month(), on_upgrade=restart)
    large = Plan("large", allowances=[Allowance(1_000)], period=periods.subscription_month(), rank=1)
    wallet = opened_on(small, large, at=on(7, 15)).spend(60, at=on(7, 16)).wallet

    change = wallet.change_plan("large", at=on(7, 20))

    assert (change.view.period.start, change.view.next_reset()) == (on(7, 20), on(8, 20))
    assert (change.view.usage(), change.view.available()) == (0, 1_000)


def test_f41_moments_are_compared_in_utc() -> None:
    """Two moments of one zone lie an hour apart where the clock says two; a second one o'clock is another moment."""
    london = ZoneInfo("Europe/London")
    first, second = (datetime(2026, 10, 25, 1, 30, fold=fold, tzinfo=london) for fold in (0, 1))
    wallet = opened_on(DAILY, at=first).spend(1, at=second).wallet

    assert wallet.clock == on(10, 25, 1, 30)
    assert wallet.clock - first.astimezone(UTC) == timedelta(hours=1)
    assert wallet.at(second).at == on(10, 25, 1, 30)
    with pytest.raises(ClockError):
        wallet.spend(1, at=datetime(2026, 10, 26))
