"""Allowances on a schedule of their own beside the period: what each stretch closes, grants, and never grants twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import pytest

from tests.laws.machine import normal
from tokenpurse import (
    Alert,
    Allowance,
    Balance,
    Bound,
    Catalogue,
    Life,
    Plan,
    Rollover,
    Switch,
    Wallet,
    periods,
    policies,
    replay,
)
from tokenpurse import entries as e
from tokenpurse.errors import OutOfBounds, UnknownNameError

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DAILY = periods.calendar_day()


def july(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 7, 1, tzinfo=UTC) + DAY * (day - 1) + HOUR * hour


def opened(plan: Plan | str, at: datetime | None = None, **named: object) -> Wallet:
    return Wallet.open(plan, id="acme", at=at or july(1), **named).wallet  # type: ignore[arg-type]


def one(*allowances: Allowance, **named: object) -> Plan:
    return Plan("one", allowances=allowances, **named)  # type: ignore[arg-type]


def daily(amount: int = 5, **named: object) -> Allowance:
    return Allowance(amount, kind="daily", every=DAILY, **named)  # type: ignore[arg-type]


def levels(wallet: Wallet, days: range, kind: str = "daily") -> list[int]:
    return [int(wallet.at(july(day)).by_kind().get(kind, 0)) for day in days]


@pytest.mark.parametrize(
    ("plan", "used", "level"),
    [
        (one(daily(50)), 30, {"daily": 50}),  # Suno, Leonardo: up to 50, not 20 more
        (
            one(daily(300), Allowance(4_000), draw=policies.by_kind("daily")),
            200,
            {"daily": 300, "quota": 4_000},
        ),  # Manus
        (one(Allowance(10, every=periods.calendar_week("saturday"))), 4, {"quota": 6}),  # Ideogram: on the 4th
    ],
)
def test_the_next_stretch_is_set_anew(plan: Plan, used: int, level: dict[str, int]) -> None:
    change = opened(plan).spend(used, at=july(1, 5)).wallet.advance(july(2))
    assert change.view.by_kind() == level


def test_one_entry_closes_and_opens_without_a_dip() -> None:
    """A line at 20 % of nothing but the daily lot: nobody is told that it is empty at midnight."""
    plan = one(daily(50), alerts=[Alert("empty", "left", at_or_below=0), Alert("low", "left", below=10)])
    change = opened(plan).spend(30, at=july(1, 5)).wallet.advance(july(2))
    (entry,) = change.entries
    assert isinstance(entry, e.AllowanceOpened)
    assert (entry.at, entry.notices) == (july(2), ())
    assert [(loss.bucket, loss.amount) for loss in entry.expired] == [("daily:tokens/1", 20)]
    (bucket,) = entry.granted
    assert (bucket.id, bucket.starts, bucket.expires) == ("daily:tokens~20260702T000000Z", july(2), july(3))
    (turn,) = entry.turns
    assert (turn.count, turn.stream.given, turn.between) == (1, 50, 0)


@pytest.mark.parametrize(
    ("ceiling", "every", "expected"),
    [
        (30, periods.calendar_month(), [5, 5, 5, 5, 5, 5, 0, 0]),
        (12, periods.calendar_month(), [5, 5, 2, 0, 0, 0, 0, 0]),
        (12, periods.calendar_days(4), [5, 5, 2, 0, 5, 5, 2, 0]),
        (12, None, [5, 5, 2, 0, 0, 0, 0, 0]),
        (0, None, [0, 0, 0, 0, 0, 0, 0, 0]),
    ],
)
def test_a_ceiling_is_for_a_longer_stretch(ceiling: int, every: periods.Schedule | None, expected: list[int]) -> None:
    plan = one(daily(ceiling=ceiling, ceiling_every=every), period=periods.calendar_month())
    wallet = opened(plan)
    assert levels(wallet, range(1, 9)) == expected
    assert every == periods.calendar_days(4) or levels(wallet, range(32, 34)) == expected[:2]


@pytest.mark.parametrize(("first", "granted"), [("full", 48), ("prorated", 34), ("none", 0)])
def test_a_short_first_stretch(first: str, granted: int) -> None:
    """From 6:45, 17 hours and a quarter of 24: 34.5 of 48."""
    wallet = opened(one(daily(48, first=first)), at=july(1, 6) + timedelta(minutes=45))
    assert wallet.at(wallet.clock).by_kind().get("daily", 0) == granted
    assert wallet.at(july(2)).by_kind() == {"daily": 48}


def test_a_first_stretch_from_its_boundary_is_not_short() -> None:
    assert opened(one(daily(48, first="none"))).at(july(1)).by_kind() == {"daily": 48}


def test_annual_and_all_up_front() -> None:
    """Clay: the year's amount at once, though the period is a month."""
    wallet = opened(one(Allowance(1_200, every=periods.subscription_year()), period=periods.subscription_month()))
    wallet = wallet.spend(500, at=july(40)).wallet
    assert wallet.at(july(365, 23)).available() == 700
    assert wallet.at(july(366)).available() == 1_200


def test_once_is_once_across_plans_and_back() -> None:
    trial = Allowance(9, kind="trial", every=periods.once())
    shop = Catalogue([Plan("a", allowances=[trial, Allowance(1)]), Plan("b", allowances=[Allowance(1)])])
    wallet = opened("a", catalogue=shop).spend(4, at=july(2)).wallet
    for plan in ("b", "a", "b", "a"):
        wallet = wallet.change_plan(plan, at=july(3), when="now").wallet
    assert wallet.at(july(9)).by_kind()["trial"] == 6
    assert wallet.at(july(900)).lifetime().granted - wallet.at(july(3)).lifetime().granted == 29


SMALL = Plan("small", allowances=[daily(5), Allowance(1)], cancels_to="other")
LARGE = Plan("large", allowances=[daily(8), Allowance(1)], rank=1, on_downgrade=Switch(when="now"))
OTHER = Plan("other", allowances=[Allowance(1)])
SHOP = Catalogue([SMALL, LARGE, OTHER])


@pytest.mark.parametrize(
    ("walk", "left"),
    [
        (("large",), 5),  # 2 left, and 3 more
        (("large", "small"), 5),
        (("large", "small", "large"), 5),
        (("other",), 2),
        (("other", "small"), 2),
        (("other", "large"), 5),
        (("large", "other", "small", "large"), 5),
    ],
)
def test_no_walk_of_plans_grants_a_stretch_twice(walk: tuple[str, ...], left: int) -> None:
    """Of 5 a day 3 are used, after the quota: whatever plans are visited, no more than 8 are given in the day."""
    wallet = opened("small", catalogue=SHOP).spend(4, at=july(1, 1)).wallet
    for place, plan in enumerate(walk):
        wallet = wallet.change_plan(plan, at=july(1, 2 + place), when="now").wallet
    assert wallet.at(july(1, 9)).by_kind()["daily"] == left
    tomorrow = {"small": 5, "large": 8, "other": 0}[walk[-1]]
    assert wallet.at(july(2)).by_kind().get("daily", 0) == tomorrow
    assert wallet.at(july(3)).by_kind().get("daily", 0) == tomorrow


def test_a_scheduled_change_ends_it_with_its_own_end() -> None:
    wallet = opened("small", catalogue=SHOP).change_plan("other", at=july(1, 1), when="period_end").wallet
    assert wallet.at(july(31, 23)).by_kind() == {"daily": 5, "quota": 1}
    assert wallet.at(july(32)).by_kind() == {"quota": 1}


def test_a_switch_forfeits_its_kind() -> None:
    plan = Plan("a", allowances=[daily(5)], rank=1, on_downgrade=Switch(when="now", forfeit={"daily"}))
    shop = Catalogue([plan, Plan("b", allowances=[daily(5)])])
    change = opened("a", catalogue=shop).change_plan("b", at=july(1, 1))
    assert change.view.by_kind() == {}
    assert change.wallet.at(july(2)).by_kind() == {"daily": 5}


def test_no_rollover_carries_it_and_no_bound_counts_it() -> None:
    plan = one(
        daily(5),
        Allowance(10),
        rollovers=[Rollover(bank_max=Bound("allowance", 2))],
        period=periods.calendar_month(),
    )
    assert opened(plan).at(july(32)).by_kind() == {"rollover": 10, "quota": 10, "daily": 5}


def test_more_of_a_count_grants_the_difference_at_once() -> None:
    wallet = opened(one(daily(5, per="seats"), Allowance(2**40, "sms", per="seats")), counts={"seats": 2})
    wallet = wallet.spend(4, "tokens", at=july(1, 1)).wallet.set_count("seats", 3, at=july(1, 2)).wallet
    assert wallet.at(july(1, 3)).by_kind("tokens") == {"daily": 11}
    wallet = wallet.set_count("seats", 1, at=july(1, 4), when="now").wallet
    assert wallet.at(july(1, 5)).by_kind("tokens") == {"daily": 11}
    assert wallet.at(july(2)).by_kind("tokens") == {"daily": 5}
    with pytest.raises(OutOfBounds, match="more than can be counted"):
        wallet.set_count("seats", 2**30, at=july(2))
    with pytest.raises(UnknownNameError):
        wallet.set_count("desks", 2, at=july(2))


def test_a_stretch_pays_debt_first() -> None:
    wallet = opened(one(daily(5))).spend(12, at=july(1, 1), overdraw=True).wallet
    assert (wallet.at(july(2)).debt(), wallet.at(july(2)).available()) == (2, 0)
    assert (wallet.at(july(3)).debt(), wallet.at(july(3)).available()) == (0, 3)


def test_what_is_held_of_a_stretch_that_is_over_is_gone() -> None:
    wallet = opened(one(daily(5))).hold(4, at=july(1, 20), ref="h", until=july(3)).wallet
    assert wallet.at(july(2)).by_kind() == {"daily": 5}
    change = wallet.release("h", at=july(2))
    assert [(back.went, back.amount) for back in change.entry.returned] == [("expired", 4)]  # type: ignore[union-attr]
    assert change.view.available() == 5


def test_use_undone_after_its_stretch_is_gone_too_though_the_bucket_was_empty() -> None:
    for steps in (3, 5):
        change = opened(one(daily(5))).spend(steps, at=july(1, 1))
        back = change.wallet.refund(change.entry, at=july(2))  # type: ignore[arg-type]
        assert [one.went for one in back.entry.returned] == ["expired"]  # type: ignore[union-attr]
        assert back.view.available() == 5


def test_what_a_period_closed_early_gave_is_gone_though_it_was_empty() -> None:
    bought = Allowance(3, kind="bought", given="while_bought", bought=Decimal(0))
    change = opened(one(bought)).spend(3, at=july(1, 1))
    wallet = change.wallet.reset(at=july(2)).wallet
    back = wallet.refund(change.entry, at=july(3))  # type: ignore[arg-type]
    assert [went.went for went in back.entry.returned] == ["expired"]  # type: ignore[union-attr]
    assert back.view.available() == 3


def test_so_many_that_rest_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenpurse._engine.apply.turning.STREAMS_MAX", 2)
    plans = [Plan(kind, allowances=[Allowance(5, kind=kind, every=DAILY)]) for kind in "abcd"]
    wallet = opened("a", catalogue=Catalogue(plans))
    for plan in "bcd":
        wallet = wallet.change_plan(plan, at=july(1, 1), when="now").wallet
    assert [key[1] for key in wallet._book.streams] == ["c", "d"]


def test_its_end_cannot_be_moved_nor_its_rest_given_away() -> None:
    wallet = opened(one(daily(5)))
    with pytest.raises(OutOfBounds, match="ends with its period"):
        wallet.extend("daily:tokens/1", july(9), at=july(1))
    assert wallet.at(july(1)).giveable() == 0


def test_a_pause_lets_it_end_later() -> None:
    """Paused for 30 hours at noon: the day ends at 6 the day after next, and days are days again from then on."""
    wallet = opened(one(daily(5), Allowance(1), period=periods.calendar_month())).spend(3, at=july(1, 2)).wallet
    wallet = wallet.pause(at=july(1, 12)).wallet.resume(at=july(2, 18)).wallet
    (entry,) = wallet.advance(july(3, 6)).entries
    assert entry.at == july(3, 6)
    assert wallet.advance(july(4)).entries[-1].at == july(4)


def test_a_pause_moves_the_anchor_of_what_follows_it() -> None:
    plan = one(Allowance(7, every=periods.subscription_year()), period=periods.subscription_month())
    wallet = opened(plan).pause(at=july(40)).wallet.resume(at=july(42)).wallet
    assert wallet.at(july(42)).next_due() == july(65)
    for year in (july(368), july(734)):
        wallet = wallet.advance(year - HOUR).wallet
        entry = wallet.advance(year + HOUR).entries[-1]
        assert (type(entry), entry.at) == (e.AllowanceOpened, year)


def test_a_pause_leaves_no_trace_in_what_has_the_plans_period() -> None:
    """Found by the law of time: its next stretches are counted as the period is, one by one or in a run."""
    bought = Allowance(3, kind="bought", given="while_bought", bought=Decimal(0))
    wallet = opened(one(bought, period=periods.subscription_days(2)))
    wallet = slow = wallet.pause(at=july(1, 5)).wallet.resume(at=july(2)).wallet
    for day in range(3, 30):
        slow = slow.advance(july(day)).wallet
    assert normal(wallet.advance(july(29)).wallet) == normal(slow)


def test_another_zone_counts_from_the_next_end_on() -> None:
    wallet = opened(one(daily(5))).set_zone("Asia/Tokyo", at=july(1, 1)).wallet
    first = wallet.advance(july(2, 10))
    second = first.wallet.advance(july(2, 20))
    assert [entry.at for entry in (*first.entries, *second.entries)] == [july(2), july(2, 15)]


def test_a_reset_leaves_it_alone() -> None:
    wallet = opened(one(daily(5), Allowance(9))).spend(2, at=july(1, 1)).wallet
    left = wallet.at(july(1, 2)).by_kind()["daily"]
    assert wallet.reset(at=july(1, 2)).view.by_kind()["daily"] == left


def test_closed_it_stays_closed() -> None:
    wallet = opened(one(daily(5))).close(at=july(1, 1)).wallet
    assert wallet.at(july(90)).next_due() is None


def test_frozen_it_goes_on() -> None:
    wallet = opened(one(daily(5))).freeze(at=july(1, 1)).wallet
    assert wallet.advance(july(2)).entries


def test_what_was_brought_replaces_the_first_grant() -> None:
    wallet = opened(one(daily(5)), balances=[Balance("daily", 2, expires=july(2))])
    assert levels(wallet, range(1, 4)) == [2, 5, 5]


def test_a_full_wallet_is_granted_what_can_be_counted() -> None:
    wallet = opened(one(daily(5))).spend(5, at=july(1, 1)).wallet.grant(2**53 - 3, at=july(1, 1)).wallet
    assert [wallet.at(july(day)).by_kind()["daily"] for day in (2, 3, 9)] == [2, 2, 2]


@pytest.mark.parametrize(
    ("allowances", "most"),
    [
        ([daily(5), Allowance(20)], 4),
        ([daily(5, ceiling=30), Allowance(20)], 10),
        ([daily(5, ceiling=145), Allowance(20)], 10),
        ([daily(5, ceiling=900, ceiling_every=periods.once()), Allowance(20)], 10),
        ([daily(5, ceiling=30, ceiling_every=periods.calendar_week()), Allowance(20)], 30),
        ([daily(5), Allowance(7, kind="weekly", every=periods.calendar_week()), Allowance(20)], 12),
        ([Allowance(1, kind="hour", every=periods.hours(1), ceiling=20, ceiling_every=DAILY), Allowance(2)], 130),
        ([Allowance(3, kind="bought", given="while_bought", bought=Decimal(0)), Allowance(2)], 4),
        ([Allowance(3, kind="drip", given="when_empty", empty={"top_up"}, every=DAILY), Allowance(2)], 4),
        ([Allowance(3, kind="drip", given="when_empty", empty={"top_up", "promo"}), daily(5), Allowance(2)], 6),
        ([Allowance(3, kind="drip", given="when_empty", empty={"top_up"}, every=DAILY, ceiling=30), daily(5)], 10),
    ],
)
def test_a_century_of_silence(allowances: list[Allowance], most: int) -> None:
    """36,525 days, in a few entries; and what they granted is what the days one by one would have."""
    wallet = opened(one(*allowances, period=periods.calendar_month()), at=july(3, 7))
    change = wallet.advance(july(36_528))
    assert len(change.entries) <= most
    assert replay((*Wallet.open(change.view._plan().plan, id="acme", at=july(3, 7)).entries, *change.entries)) == (
        change.wallet
    )
    until, slow = july(400), wallet
    for day in range(4, 401):
        slow = slow.advance(july(day)).wallet
    assert normal(wallet.advance(until).wallet) == normal(slow)
    assert wallet.at(until).lifetime() == slow.at(until).lifetime()


def test_use_of_a_plan_left_while_paid_by_it_counts_in_the_gauge() -> None:
    wallet = opened(one(daily(5), Allowance(20), period=periods.calendar_month(), draw=policies.by_kind("daily")))
    wallet = wallet.spend(4, at=july(1, 1)).wallet.spend(3, at=july(2, 1)).wallet
    assert wallet.at(july(2, 2)).usage() == 7
    assert wallet.at(july(2, 2)).gauge().used == 7


CONDITIONS: dict[str, dict[str, Any]] = {
    "at_once": {},
    "on_claim": {"given": "on_claim"},
    "when_empty": {"given": "when_empty", "empty": {"quota"}},
    "while_bought": {"given": "while_bought", "bought": Decimal(0)},
}


@pytest.mark.parametrize("when", ["now", "period_end"])
@pytest.mark.parametrize("every", [None, DAILY], ids=["period", "day"])
@pytest.mark.parametrize("after", CONDITIONS)
@pytest.mark.parametrize("before", CONDITIONS)
def test_one_kind_may_be_given_in_another_way_on_another_plan(
    before: str, after: str, every: periods.Schedule | None, when: Literal["now", "period_end"]
) -> None:
    """What no longer turns by itself rests, and what begins to turn does so: time goes on, and comes to the same."""
    plans = [
        Plan(name, allowances=[Allowance(3), Allowance(9, kind="daily", every=every, **CONDITIONS[given])])
        for name, given in (("one", before), ("two", after))
    ]
    first = Wallet.open("one", catalogue=Catalogue(plans), id="acme", at=july(1))
    used = first.wallet.spend(3, at=july(2))
    changed = used.wallet.change_plan("two", at=july(3), when=when)
    jump, entries = changed.wallet.advance(july(70)), [*first.entries, *used.entries, *changed.entries]
    stepped = changed.wallet
    for day in range(4, 71):
        stepped = stepped.advance(july(day)).wallet

    assert len(jump.entries) < 80
    assert normal(jump.wallet) == normal(stepped)
    assert replay([*entries, *jump.entries]) == jump.wallet


@pytest.mark.parametrize("zones", [("Pacific/Kiritimati", "Europe/London"), ("America/New_York", "Asia/Tokyo")])
@pytest.mark.parametrize("schedule", [DAILY, periods.hours(24), periods.hours(5)])
def test_a_change_of_zone_begins_no_ceiling_anew(zones: tuple[str, str], schedule: periods.Schedule) -> None:
    """Four months grant four ceilings at most, in one jump or by days: one that would be cut short joins the next."""
    limited = Allowance(14, kind="daily", every=schedule, ceiling=23, ceiling_every=periods.calendar_month())
    plan = one(limited, period=periods.calendar_days(2))
    wallet = opened(plan, at=july(1, 6), zone=zones[0]).set_zone(zones[1], at=july(12, 10)).wallet
    jump, stepped = wallet.advance(july(120)).wallet, wallet
    for day in range(13, 121):
        stepped = stepped.advance(july(day)).wallet

    assert normal(jump) == normal(stepped)
    assert jump.at(july(120)).lifetime().granted <= 4 * 23


def test_what_a_long_silence_makes_is_in_the_order_of_its_making() -> None:
    """Grants that live on beside stretches of two days, in five-hour periods: as if looked after each hour."""
    plan = one(
        Allowance(21, every=periods.subscription_days(2)),
        Allowance(13, kind="daily"),
        Allowance(10, kind="bonus", life=Life(days=40)),
        period=periods.hours(5),
    )
    wallet = opened(plan, at=july(1, 10))
    stepped = wallet
    for hour in range(1, 80):
        stepped = stepped.advance(july(1, 10) + HOUR * hour).wallet

    assert normal(wallet.advance(july(1, 10) + HOUR * 79).wallet) == normal(stepped)
