"""`pause`, `resume`: the plan's time stops, and what it would have ended ends later by just as much."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import pytest
from attrs import evolve
from hypothesis import example, given

from tests.support.rich import july
from tokenpurse import (
    Allowance,
    AutoTopUp,
    Balance,
    Catalogue,
    Offer,
    PayAsYouGo,
    Plan,
    Rollover,
    Switch,
    Wallet,
    periods,
    replay,
)
from tokenpurse import entries as e
from tokenpurse.errors import HistoryError, OutOfBounds, WalletFrozen, WalletPaused
from tokenpurse.periods import Anchor, Schedule

DAY, HOUR, TICK = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def on(period: Schedule, at: datetime, zone: str = "UTC", **plan: Any) -> Wallet:
    plan = {"allowances": [Allowance(100)], **plan}
    return Wallet.open(Plan("pro", period=period, **plan), id="acme", at=at, zone=zone).wallet


def resets(wallet: Wallet, count: int) -> list[datetime | None]:
    """The next resets, each read after the one before has happened."""
    found = []
    for _ in range(count):
        found.append(wallet.at(wallet.clock).next_reset())
        wallet = wallet.advance(found[-1] or wallet.clock).wallet
    return found


# Opened, paused, resumed; the resets that follow, in UTC. Worked out by hand.
PAUSES: dict[str, tuple[Schedule, str, datetime, datetime, datetime, list[datetime]]] = {
    "in the middle of a month": (
        periods.subscription_month(),
        "UTC",
        utc(2026, 1, 15, 9),
        utc(2026, 2, 1),
        utc(2026, 2, 11),
        [utc(2026, 2, 25, 9), utc(2026, 3, 25, 9), utc(2026, 4, 25, 9)],
    ),
    "to the 31st, which stays the day": (
        periods.subscription_month(),
        "UTC",
        utc(2026, 1, 31, 10),
        utc(2026, 2, 10),
        utc(2026, 3, 13),
        [utc(2026, 3, 31, 10), utc(2026, 4, 30, 10), utc(2026, 5, 31, 10)],
    ),
    "from the 31st to the 1st": (
        periods.subscription_month(),
        "UTC",
        utc(2026, 3, 31),
        utc(2026, 4, 10),
        utc(2026, 4, 11),
        [utc(2026, 5, 1), utc(2026, 6, 1), utc(2026, 7, 1)],
    ),
    "for longer than a month": (
        periods.subscription_month(),
        "UTC",
        utc(2026, 1, 15),
        utc(2026, 1, 20),
        utc(2026, 5, 20),
        [utc(2026, 6, 15), utc(2026, 7, 15), utc(2026, 8, 15)],
    ),
    "to a 29 February": (
        periods.subscription_year(),
        "UTC",
        utc(2026, 6, 1),
        utc(2026, 7, 1),
        utc(2027, 3, 31),
        [utc(2028, 2, 29), utc(2029, 2, 28), utc(2030, 2, 28), utc(2031, 2, 28), utc(2032, 2, 29)],
    ),
    # 1 May 09:00 in London, which is 08:00 UTC; paused for exactly 20 days across the change of the clock.
    "across a change of the clock": (
        periods.subscription_month(),
        "Europe/London",
        utc(2026, 3, 11, 9),
        utc(2026, 3, 20),
        utc(2026, 4, 9),
        [utc(2026, 5, 1, 8), utc(2026, 6, 1, 8), utc(2026, 7, 1, 8)],
    ),
    # The new end, 25 October 01:30 GMT, is a time that the clock shows twice: boundaries are its first occurrence.
    "to the second of two like times": (
        periods.subscription_day(),
        "Europe/London",
        utc(2026, 10, 23, 1, 30),
        utc(2026, 10, 23, 2),
        utc(2026, 10, 24, 2),
        [utc(2026, 10, 25, 1, 30), utc(2026, 10, 26, 1, 30), utc(2026, 10, 27, 1, 30)],
    ),
    "of a schedule of hours": (
        periods.hours(7),
        "UTC",
        utc(2026, 7, 1),
        utc(2026, 7, 1, 8),
        utc(2026, 7, 3, 9, 30),
        [utc(2026, 7, 3, 15, 30), utc(2026, 7, 3, 22, 30), utc(2026, 7, 4, 5, 30)],
    ),
    "of a calendar": (
        periods.calendar_month(),
        "UTC",
        utc(2026, 7, 1),
        utc(2026, 7, 10),
        utc(2026, 7, 20),
        [utc(2026, 8, 11), utc(2026, 9, 1), utc(2026, 10, 1)],
    ),
    "of a calendar, to a boundary": (
        periods.calendar_month(),
        "UTC",
        utc(2026, 7, 1),
        utc(2026, 7, 10),
        utc(2026, 8, 10),
        [utc(2026, 9, 1), utc(2026, 10, 1)],
    ),
    "of a calendar, over several boundaries": (
        periods.calendar_month(),
        "Asia/Tokyo",
        utc(2026, 6, 30, 15),
        utc(2026, 7, 10),
        utc(2026, 9, 8),
        [utc(2026, 9, 29, 15), utc(2026, 9, 30, 15), utc(2026, 10, 31, 15)],
    ),
}


@pytest.mark.parametrize(("period", "zone", "opened", "paused", "resumed", "expected"), PAUSES.values(), ids=PAUSES)
def test_the_period_ends_later_by_the_paused_time_and_boundaries_follow(
    period: Schedule, zone: str, opened: datetime, paused: datetime, resumed: datetime, expected: list[datetime]
) -> None:
    """Those that follow the anchor are counted from the new end; a calendar's stay where they are."""
    wallet = on(period, opened, zone)
    running = wallet.at(paused).period
    paused_wallet = wallet.pause(at=paused).wallet

    change = paused_wallet.resume(at=resumed)

    assert running.end is not None
    assert change.view.period.start == running.start
    assert change.view.next_reset() == running.end + (resumed - paused) == expected[0]
    assert [bucket.expires for bucket in change.view.buckets()] == [expected[0]]
    assert resets(change.wallet, len(expected)) == expected


def test_while_paused_nothing_of_the_plan_is_due() -> None:
    """No period opens, no allowance or bank ends; what was given goes on ageing."""
    wallet = Wallet.open(
        Plan("pro", allowances=[Allowance(100)], rollovers=[Rollover()]),
        id="acme",
        at=july(1),
        balances=[Balance("rollover", 7, expires=july(20)), Balance("promo", 5, expires=july(25))],
    ).wallet
    wallet = wallet.spend(10, at=july(2)).wallet
    paused = wallet.pause(at=july(10), by="admin").wallet
    view = paused.at(july(40))

    assert (view.paused, view.available(), view.next_reset(), view.next_due()) == (True, 0, None, None)
    assert view.period.end is None
    assert paused.at(july(12)).next_due() == july(25)
    assert view.by_kind() == {"quota": 90, "rollover": 7}
    assert str(view.gauge()) == str(wallet.at(july(10)).gauge()).replace("/112", "/107")
    assert paused.advance(july(40)).wallet.version == paused.version + 1

    bank, _ = (bucket for bucket in paused.at(july(12)).buckets() if not bucket.allowance)
    with pytest.raises(OutOfBounds, match="is paused with its plan"):
        paused.extend(bank, july(50), at=july(12))
    resumed = paused.resume(at=july(40)).wallet
    assert resumed.at(july(49)).by_kind() == {"quota": 90, "rollover": 7}
    assert resumed.at(july(50)).by_kind() == {"quota": 90}
    assert resumed.at(july(61)).next_reset() == july(62)
    assert resumed.at(july(62)).by_kind() == {"rollover": 90, "quota": 100}


def test_a_paused_wallet_can_neither_spend_nor_open_a_period() -> None:
    """The refusal says that resuming helps where it does."""
    plans = Catalogue([Plan("pro", allowances=[Allowance(100)]), Plan("max", rank=1, allowances=[Allowance(900)])])
    wallet = Wallet.open("pro", catalogue=plans, id="acme", at=july(1)).wallet.pause(at=july(2)).wallet

    for verb, args, helps in (
        ("spend", (100,), True),
        ("spend", (101,), False),
        ("reset", (), True),
        ("change_plan", ("max",), True),
    ):
        with pytest.raises(WalletPaused) as caught:
            getattr(wallet, verb)(*args, at=july(3))
        assert [remedy.kind for remedy in caught.value.remedies] == ["resume"] * helps
        assert ("to go on: resume" in str(caught.value)) == helps
        if helps:
            assert getattr(wallet.resume(at=july(3)).wallet, verb)(*args, at=july(3)).entries
    refusal = wallet.at(july(3)).quote(100).refusal
    assert refusal is not None
    assert [remedy.kind for remedy in refusal.remedies] == ["resume"]
    with pytest.raises(WalletPaused):
        wallet.spend(1, at=july(3), overdraw=True)


def test_frozen_is_said_before_paused() -> None:
    """And neither ends the other."""
    wallet = on(periods.calendar_month(), july(1)).freeze(at=july(2)).wallet.pause(at=july(2)).wallet
    with pytest.raises(WalletFrozen):
        wallet.spend(1, at=july(3))
    thawed = wallet.unfreeze(at=july(3)).wallet
    with pytest.raises(WalletPaused):
        thawed.spend(1, at=july(3))
    resumed = wallet.resume(at=july(3)).wallet
    with pytest.raises(WalletFrozen):
        resumed.spend(1, at=july(3))


def test_pausing_twice_is_pausing_once() -> None:
    """So is resuming: no entry, and the paused time counts from the first."""
    wallet = on(periods.calendar_month(), july(1))
    assert wallet.resume(at=july(2)).wallet is wallet
    paused = wallet.pause(at=july(2), ref="p").wallet
    assert paused.pause(at=july(5)).wallet is paused
    assert paused.pause(at=july(5), ref="p").repeated

    resumed = paused.resume(at=july(6), ref="r")
    assert isinstance(resumed.entry, e.Resumed)
    assert (resumed.entry.since, resumed.view.next_reset()) == (july(2), july(36))
    assert resumed.wallet.resume(at=july(9), ref="r").repeated


def test_a_pause_of_no_time_changes_nothing() -> None:
    """Nor the number of the period."""
    wallet = on(periods.subscription_month(), july(1))
    again = wallet.pause(at=july(9)).wallet.resume(at=july(9)).wallet
    assert evolve(again._book, version=0, clock=july(9)) == evolve(wallet._book, version=0, clock=july(9))


def test_a_scheduled_change_waits_for_the_new_end() -> None:
    """One that is scheduled while paused does not know it yet; counts wait too."""
    plans = Catalogue(
        [
            Plan("pro", rank=1, allowances=[Allowance(100, per="seats")], cancels_to="free"),
            Plan("free", allowances=[Allowance(5)]),
        ]
    )
    wallet = Wallet.open("pro", catalogue=plans, id="acme", at=july(1), counts={"seats": 2}).wallet
    early = wallet.change_plan("free", at=july(2)).wallet.pause(at=july(10)).wallet
    late = wallet.pause(at=july(10)).wallet.change_plan("free", at=july(12))

    assert isinstance(late.entry, e.PlanChangeScheduled)
    assert late.entry.due is None
    for paused in (early, late.wallet):
        assert paused.at(july(60)).plan.name == "pro"
        resumed = paused.resume(at=july(15)).wallet
        assert resumed.at(july(37) - TICK).plan.name == "pro"
        assert resumed.at(july(37)).plan.name == "free"
    fewer = wallet.pause(at=july(10)).wallet.set_count("seats", 1, at=july(11)).wallet.resume(at=july(15)).wallet
    assert (fewer.at(july(36)).available(), fewer.at(july(37)).available()) == (200, 100)


def test_a_statement_is_of_the_longer_period() -> None:
    """Closing while paused closes it there."""
    plan = Plan("payg", pay_as_you_go=[PayAsYouGo(Decimal(1))])
    wallet = Wallet.open(plan, id="acme", at=july(1)).wallet.spend(3, at=july(2)).wallet
    paused = wallet.pause(at=july(3)).wallet

    (bill,) = paused.resume(at=july(8)).wallet.advance(july(40)).requests
    assert (bill.statement.period.start, bill.statement.period.end) == (july(1), july(37))  # type: ignore[union-attr]
    closed = paused.close(at=july(60))
    assert isinstance(closed.entry, e.Closed)
    assert closed.entry.statement is not None
    assert closed.entry.statement.period.end == july(60)
    assert not closed.view.paused


def test_auto_top_up_asks_for_nothing_while_paused() -> None:
    """Neither for a level that falls nor after a cool-down; it is judged again on resuming."""
    plan = Plan(
        "pro",
        offers=[Offer("pack", price=Decimal(1), pack=5)],
        auto_top_up=AutoTopUp("pack", cool_down=DAY),
    )
    wallet = Wallet.open(plan, id="acme", at=july(1)).wallet
    paused = wallet.pause(at=july(2)).wallet.set_auto_top_up(threshold=3, purchase=5, at=july(2))
    assert (paused.requests, paused.view.next_due()) == ((), None)
    resumed = paused.wallet.resume(at=july(3))
    assert [request.id for request in resumed.requests] == ["charge:1"]
    declined = resumed.wallet.decline("charge:1", at=july(3)).wallet.pause(at=july(3)).wallet
    assert declined.at(july(9)).next_due() is None
    assert [request.id for request in declined.resume(at=july(9)).requests] == ["charge:2"]


def test_what_is_bought_or_set_while_paused_counts() -> None:
    """Grants, counts and zones change; the next boundary is taken in the new zone."""
    wallet = on(periods.calendar_month(), july(1), allowances=[Allowance(100, per="seats")])
    paused = wallet.pause(at=july(2)).wallet.set_count("seats", 2, at=july(40)).wallet
    paused = paused.grant(7, at=july(41)).wallet.set_zone("Asia/Tokyo", at=july(41)).wallet
    assert paused.at(july(41)).by_kind() == {"quota": 200, "promo": 7}

    resumed = paused.resume(at=july(42)).wallet
    assert resumed.at(utc(2026, 9, 9)).available() == 207
    assert resets(resumed, 2) == [utc(2026, 9, 10), utc(2026, 9, 30, 15)]


def test_shares_of_a_period_leave_out_the_time_that_it_was_paused() -> None:
    """Of the allowance and of the plans' prices: a pause before a prorated change, or after it, moves nothing."""
    plans = Catalogue(
        [
            Plan("pro", allowances=[Allowance(310)], price=Decimal(31), on_upgrade=Switch(when="now", prorated=True)),
            Plan("max", rank=1, allowances=[Allowance(620)], price=Decimal(62)),
            Plan("top", rank=2, allowances=[Allowance(930)]),
        ]
    )
    wallet = Wallet.open("pro", catalogue=plans, id="acme", at=july(1)).wallet
    plain = wallet.change_plan("max", at=july(11))
    paused = wallet.pause(at=july(5)).wallet.resume(at=july(25)).wallet
    change = paused.change_plan("max", at=july(31))
    assert isinstance(plain.entry, e.PlanChanged)
    assert isinstance(change.entry, e.PlanChanged)
    assert change.view.balance() == plain.view.balance() == 100 + 420
    assert change.entry.proration == plain.entry.proration

    after = plain.wallet.pause(at=july(12)).wallet.resume(at=july(40)).wallet
    with_count = after.change_plan("top", at=july(41), when="now").view.balance()
    assert with_count == plain.wallet.change_plan("top", at=july(13), when="now").view.balance()


@pytest.mark.parametrize("period", [periods.once(), periods.subscription_year()])
def test_an_end_beyond_all_time_is_none(period: Schedule) -> None:
    """And a period without an end has nothing to move."""
    wallet = on(period, utc(2100, 1, 1), allowances=[Allowance(1)])
    change = wallet.pause(at=utc(2100, 1, 2)).wallet.resume(at=utc(2200, 12, 31))
    assert (change.view.next_reset(), change.view.buckets()[0].expires) == (None, None)


def test_where_no_anchor_can_be_found_the_old_one_is_kept() -> None:
    """A 29 February comes back every four years; before 1970 there is none. It is as with a calendar then."""
    wallet = on(periods.subscription_year(), utc(1970, 6, 1))
    change = wallet.pause(at=utc(1970, 6, 2)).wallet.resume(at=utc(1971, 3, 2))
    assert isinstance(change.entry, e.Resumed)
    assert change.entry.anchor is None
    assert resets(change.wallet, 3) == [utc(1972, 2, 29), utc(1972, 6, 1), utc(1973, 6, 1)]


@given(
    period=st.sampled_from(
        [
            periods.subscription_month(),
            periods.subscription_months(3),
            periods.subscription_year(),
            periods.subscription_week(),
            periods.subscription_days(2),
            periods.subscription_month(zone="America/New_York"),
            periods.hours(5),
        ]
    ),
    zone=st.sampled_from(["UTC", "Europe/London", "Pacific/Apia", "Asia/Kolkata"]),
    opened=st.integers(0, 900),
    before=st.integers(0, 900 * 24 * 60),
    lost=st.integers(1, 400 * 24 * 60),
)
@example(period=periods.subscription_month(), zone="UTC", opened=30, before=0, lost=44_640)
def test_after_a_pause_periods_are_as_long_as_in_a_wallet_that_opens_at_the_new_end(
    period: Schedule, zone: str, opened: int, before: int, lost: int
) -> None:
    """Whole intervals, and each of them grants once; stepping there and jumping there are one."""
    at = utc(2026, 1, 1, 9, 30) + opened * DAY
    wallet = on(period, at, zone)
    paused = wallet.pause(at=at + before * timedelta(minutes=1)).wallet
    wallet = paused.resume(at=paused.clock + lost * timedelta(minutes=1)).wallet
    end = wallet.at(wallet.clock).next_reset()
    assert end is not None
    boundaries = [period.boundary(number, Anchor(end, zone), zone) for number in range(6)]
    if boundaries[1:] != [period.boundary(number + 1, Anchor(end + HOUR, zone), zone) - HOUR for number in range(5)]:
        return  # a change of the clock lies between: which of two like times is meant depends on the anchor
    assert resets(wallet, 6) == boundaries
    jump = wallet.advance(boundaries[5])
    opened_periods = sum(entry.count for entry in jump.entries if isinstance(entry, e.PeriodOpened))
    assert opened_periods == 6
    assert jump.view.lifetime().granted == wallet.at(wallet.clock).lifetime().granted + 600


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"since": july(3)}, "it was paused since"),
        ({"period": periods.Period(0, july(1), july(36))}, "it goes on with period 0"),
        ({"period": periods.Period(0, july(2), july(37))}, "it goes on with period 0"),
        ({"period": periods.Period(3, july(1), july(37))}, "its period has number 3, and had 0"),
        ({"anchor": Anchor(july(3))}, "its anchor is 2026-07-03"),
        ({"ends": ()}, "its buckets end at"),
        ({"ends": (("quota:tokens@20260701T000000Z", july(38)),)}, "its buckets end at"),
    ],
)
def test_replay_finds_a_resumption_that_does_not_fit_the_pause(changes: dict[str, Any], said: str) -> None:
    """Since when, the new ends, the number: each is said twice."""
    opening = Wallet.open(Plan("pro", allowances=[Allowance(100)]), id="acme", at=july(1))
    paused = opening.wallet.pause(at=july(10))
    resumed = paused.wallet.resume(at=july(15))
    ledger = [*opening.entries, *paused.entries, *resumed.entries]
    assert replay(ledger) == resumed.wallet

    with pytest.raises(HistoryError, match=said):
        replay([*ledger[:2], evolve(ledger[2], **changes)])


def test_a_pause_that_is_none_is_found() -> None:
    """Pausing what is paused, or resuming what is not, is nothing that a wallet wrote."""
    opening = Wallet.open(Plan("pro", on_upgrade=Switch(when="now")), id="acme", at=july(1))
    stray = e.Resumed(wallet="acme", sequence=2, at=july(2), since=july(1), period=opening.view.period)
    with pytest.raises(HistoryError, match="the wallet since None"):
        replay([*opening.entries, stray])
    paused = opening.wallet.pause(at=july(2))
    twice = e.Paused(wallet="acme", sequence=3, at=july(3))
    with pytest.raises(HistoryError, match="it was paused already"):
        replay([*opening.entries, *paused.entries, twice])
