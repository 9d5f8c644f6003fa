"""Grants and purchases that start later: seen at once, used from their moment on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from tests.laws.machine import normal
from tests.support.rich import after, july, opened
from tokenpurse import Alert, Allowance, AutoTopUp, Balance, Offer, Plan, Rollover, Switch, Wallet, periods, replay
from tokenpurse.entries import Expired, PeriodOpened, Spent, Started
from tokenpurse.errors import AmountError, ClockError, HistoryError, NotEnough, UnknownNameError

MOMENT = timedelta(microseconds=1)
PACK = Offer("pack", price=Decimal(2), pack=50)


def later(starts: datetime, **more: Any) -> Wallet:
    return after(lambda w: w.grant(50, at=july(2), starts=starts, **more))


def test_f29_nothing_is_used_counted_or_paid_before_its_start() -> None:
    """Seen, and no more: not available, on no gauge, for no alert, no auto top-up, no debt, and for no limit."""
    plan = Plan(
        "low",
        allowances=[Allowance(10)],
        offers=[PACK],
        alerts=[Alert("low", "left", below=20)],
        auto_top_up=AutoTopUp("pack"),
    )
    wallet = Wallet.open(plan, id="acme", at=july(1)).wallet.spend(13, at=july(1), overdraw=True).wallet
    change = wallet.grant(100, at=july(2), starts=july(5))
    view = change.wallet.set_auto_top_up(threshold=5, purchase=50, at=july(3)).wallet.at(july(5) - MOMENT)

    assert (view.available(), view.debt(), view.alerts()) == (0, 3, ("low",))
    assert (str(view.gauge()), view.balance(), view.waiting(), view.locked()) == ("[10/10]", 100, 100, 0)
    assert [type(request).__name__ for request in view.pending()] == ["Charge"]
    assert (view.buckets()[-1].started, view.buckets()[-1].left) == (False, 100)
    assert not view.can_spend(1)


@pytest.mark.parametrize(
    ("moment", "expected"), [(july(5) - MOMENT, (1_000, 50)), (july(5), (1_050, 0)), (july(9), (1_050, 0))]
)
def test_it_can_be_used_from_its_start_on_inclusive(moment: datetime, expected: tuple[int, int]) -> None:
    """As a period's start belongs to the period."""
    view = later(july(5)).at(moment)

    assert expected == (view.available(), view.waiting())
    assert view.balance() == 1_050


def test_time_starts_it_with_an_entry_of_that_moment() -> None:
    """It pays debt first, and what it lifts is armed again."""
    plan = Plan("low", allowances=[Allowance(10)], alerts=[Alert("low", "left", below=5)])
    wallet = Wallet.open(plan, id="acme", at=july(1)).wallet.spend(13, at=july(2), overdraw=True).wallet
    wallet = wallet.grant(20, at=july(3), starts=july(5)).wallet
    assert wallet.at(july(3)).next_due() == july(5)

    change = wallet.advance(july(8))

    (entry,) = change.entries
    assert isinstance(entry, Started)
    assert (entry.at, entry.buckets, [(one.steps, one.after_steps) for one in entry.repaid]) == (
        july(5),
        ("promo:tokens/1",),
        [(3, 0)],
    )
    assert (change.view.available(), change.view.debt(), str(change.view.gauge())) == (17, 0, "[10/27]")
    again = change.wallet.spend(13, at=july(8))
    assert [notice.id for notice in again.notices] == ["low#2"]


def test_a_purchase_starts_later_too() -> None:
    """Paid and counted as bought today."""
    wallet = after(lambda w: w.top_up("tokens", 100, at=july(2), payment="p1", starts=july(40), by="admin"))

    assert (wallet.at(july(39)).available(), wallet.at(july(40)).available()) == (1_000, 1_100)
    assert wallet.at(july(2)).lifetime().added == 100
    assert wallet.top_up("tokens", 100, at=july(3), payment="p1", starts=july(40), by="admin").repeated


def test_the_short_way_ends_where_a_bucket_starts() -> None:
    """A spend after the start sees what started."""
    wallet = later(july(5)).spend(1, at=july(3)).wallet
    change = wallet.spend(1_040, at=july(5))

    assert [type(entry) for entry in change.entries] == [Started, Spent]
    assert change.entry.paid_by() == {("quota", "tokens"): 999, ("promo", "tokens"): 41}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"starts": july(2) - MOMENT}, "starts is 2026-07-01T23:59:59Z, it must not be before 2026-07-02T00:00:00Z"),
        ({"starts": july(9), "expires": july(9)}, "expires is 2026-07-09T00:00:00Z, it must be after 2026-07-09"),
        ({"starts": july(9), "expires": july(5)}, "expires is 2026-07-05T00:00:00Z, it must be after 2026-07-09"),
    ],
)
def test_what_starts_before_it_is_given_or_after_its_end_is_an_error(more: dict[str, Any], problem: str) -> None:
    """Nothing has happened then."""
    wallet = opened().wallet
    with pytest.raises(ClockError, match=problem):
        wallet.grant(50, at=july(2), **more)


@pytest.mark.parametrize("starts", [july(2), july(2, 0, 4), july(2, 0, 5)])
def test_a_start_that_the_clock_has_passed_meanwhile_is_now(starts: datetime) -> None:
    """The wallet's clock is ahead of the caller's, within the tolerance."""
    wallet = opened().wallet.spend(1, at=july(2, 0, 5)).wallet
    bucket = wallet.grant(50, at=july(2), starts=starts).view.buckets()[-1]

    assert (bucket.starts, bucket.started) == (july(2, 0, 5), True)


def test_a_balance_from_elsewhere_has_been_issued() -> None:
    """What is to start later is granted once the wallet is open."""
    with pytest.raises(ClockError, match="must have been issued"):
        opened(balances=[Balance("top_up", 5, issued=july(2))])


def test_what_waits_counts_against_what_can_be_held() -> None:
    """Or its start would have to be refused."""
    with pytest.raises(AmountError, match="more than can be counted"):
        later(july(5)).grant(2**53 - 1_001, at=july(3))


# -- at one instant ------------------------------------------------------------------------------------------------

ROLLING = Plan(
    "rolling",
    allowances=[Allowance(10)],
    rollovers=[Rollover(bank_max=15)],
    offers=[PACK],
    alerts=[Alert("empty", "left", at_or_below=0)],
    auto_top_up=AutoTopUp("pack"),
    on_upgrade=Switch(when="now", forfeit={"gift"}),
    kinds={"gift"},
)


def test_what_starts_at_a_reset_can_be_used_from_that_instant() -> None:
    """No cap on what is carried touches it, and the new period's gauge has it."""
    wallet = Wallet.open(ROLLING, id="acme", at=july(1)).wallet
    wallet = wallet.grant(100, at=july(2), starts=july(32)).wallet
    change = wallet.advance(july(32))

    assert [type(entry) for entry in change.entries] == [Started, PeriodOpened]
    assert change.view.by_kind() == {"rollover": 10, "quota": 10, "promo": 100}
    assert (change.view.available(), str(change.view.gauge())) == (120, "[0/120]")


def test_what_starts_as_another_ends_leaves_no_gap() -> None:
    """No alert, no charge: at no moment was there less than one of them."""
    plan = Plan(
        "gap",
        offers=[PACK],
        alerts=[Alert("empty", "left", at_or_below=0)],
        auto_top_up=AutoTopUp("pack"),
    )
    wallet = Wallet.open(plan, id="acme", at=july(1), balances=[Balance("promo", 60, expires=july(9))]).wallet
    wallet = wallet.set_auto_top_up(threshold=5, purchase=50, at=july(2)).wallet
    change = wallet.grant(60, at=july(3), starts=july(9)).wallet.advance(july(9))

    assert [type(entry) for entry in change.entries] == [Started, Expired]
    assert (change.notices, change.requests, change.view.available()) == ((), (), 60)


def test_a_debt_is_paid_by_the_opening_where_a_period_ends_as_well() -> None:
    """By what is used first of all that is there then: the new quota, and only then what has started."""
    wallet = Wallet.open(ROLLING, id="acme", at=july(1)).wallet.spend(22, at=july(2), overdraw=True).wallet
    change = wallet.grant(100, at=july(3), starts=july(32)).wallet.advance(july(32))

    started, period = change.entries
    assert isinstance(started, Started)
    assert isinstance(period, PeriodOpened)
    assert started.repaid == ()
    assert [(draw.kind, draw.steps) for one in period.repaid for draw in one.draws] == [("quota", 10), ("promo", 2)]
    assert (change.view.debt(), change.view.by_kind()) == (0, {"promo": 98})


@pytest.mark.parametrize("start", [timedelta(days=400), timedelta(days=400, hours=7), timedelta(days=3_650)])
@pytest.mark.parametrize("life", [None, timedelta(days=30)])
def test_a_start_in_idle_years_parts_a_run(start: timedelta, life: timedelta | None) -> None:
    """Day by day or in one jump: the same wallet, and few entries."""
    plan = Plan("daily", allowances=[Allowance(10)], period=periods.calendar_day(), rollovers=[Rollover(bank_max=99)])
    at = july(1)
    wallet = Wallet.open(plan, id="acme", at=at, debt={"tokens": 3_985}).wallet
    ends = None if life is None else at + start + life
    wallet = wallet.grant(70, at=at, kind="gift", starts=at + start, expires=ends).wallet
    jump = wallet.advance(at + timedelta(days=4_000))
    now = wallet
    for day in range(1, 4_001):
        now = now.advance(at + timedelta(days=day)).wallet

    assert normal(jump.wallet) == normal(now)
    assert len(jump.entries) <= 12
    assert [entry.at for entry in jump.entries if isinstance(entry, Started)] == [at + start]


def test_what_waits_can_be_forfeited_extended_and_closed() -> None:
    """It is a bucket as any other."""
    wallet = later(july(5), expires=july(9)).extend("promo:tokens/1", july(20), at=july(3)).wallet

    assert (wallet.at(july(19)).available(), wallet.at(july(20)).available()) == (1_050, 1_000)
    closed = wallet.close(at=july(4))
    assert closed.entry.forfeited_by_kind()["promo", "tokens"] == 50  # type: ignore[union-attr]
    assert closed.view.next_due() is None


def test_a_refused_spend_is_told_to_wait_for_the_start() -> None:
    """The earliest moment at which the same request succeeds; the reset, where none of them is enough."""
    wallet = later(july(5))
    wallet = wallet.grant(50, at=july(2), starts=july(9)).wallet.spend(1_000, at=july(3)).wallet

    def until(amount: int) -> list[datetime | None]:
        with pytest.raises(NotEnough) as caught:
            wallet.spend(amount, at=july(3))
        return [remedy.until for remedy in caught.value.remedies if remedy.kind == "wait"]

    assert [until(50), until(51), until(101), until(2_000)] == [[july(5)], [july(9)], [july(32)], []]


def test_where_no_period_ends_only_starts_are_waited_for() -> None:
    """Nothing else would bring more."""
    plan = Plan("once", allowances=[Allowance(5)], period=periods.once())
    wallet = Wallet.open(plan, id="acme", at=july(1)).wallet.grant(5, at=july(2), starts=july(9)).wallet
    with pytest.raises(NotEnough) as caught:
        wallet.spend(6, at=july(2))
    assert [remedy.until for remedy in caught.value.remedies] == [july(9)]


# -- without a plan, and from entries --------------------------------------------------------------------------------


def history() -> tuple[Wallet, list[Any]]:
    first = opened()
    given = first.wallet.grant(5, at=july(2), starts=july(9))
    more = given.wallet.grant(7, at=july(2), starts=july(12))
    last = more.wallet.advance(july(9))
    return last.wallet, [*first.entries, *given.entries, *more.entries, *last.entries]


def test_it_is_replayed_and_without_a_plan_read_up_to_its_start() -> None:
    """What a start does, only the plan knows."""
    wallet, entries = history()
    again = replay(entries)

    assert again == wallet
    assert again.at(july(11)).waiting("tokens") == 7
    with pytest.raises(UnknownNameError):
        again.at(july(12))


@pytest.mark.parametrize(
    ("position", "wrong"),
    [
        (3, {"buckets": ()}),
        (3, {"buckets": ("promo:tokens/1", "promo:tokens/2")}),
        (3, {"at": july(10)}),
        (3, {"at": july(8)}),
        (2, {"bucket": {"starts": july(1)}}),
        (2, {"bucket": {"started": True}}),
        (1, {"bucket": {"starts": july(2)}}),
    ],
)
def test_an_altered_start_is_found(position: int, wrong: dict[str, Any]) -> None:
    """Nothing starts early, late, or without having waited."""
    _, entries = history()
    bad = {
        name: evolve(entries[position].bucket, **value) if name == "bucket" else value for name, value in wrong.items()
    }
    with pytest.raises(HistoryError) as caught:
        replay([*entries[:position], evolve(entries[position], **bad)])
    assert caught.value.position == position


def test_it_does_not_depend_on_a_zone_of_the_caller() -> None:
    """One instant, however it is written."""
    wallet = later(datetime(2026, 7, 5, tzinfo=UTC))
    assert wallet.at(july(5)).available() == 1_050
