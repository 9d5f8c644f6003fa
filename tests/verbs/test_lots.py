"""`Allowance.life`: grants that outlive their period, or end before it, each by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from tests.laws.machine import normal
from tests.support.ledger import Ledger
from tests.support.rich import july
from tokenpurse import (
    Alert,
    Allowance,
    AutoTopUp,
    Balance,
    Catalogue,
    LateUse,
    Life,
    Offer,
    Plan,
    Renewal,
    Rollover,
    Switch,
    Wallet,
    periods,
    replay,
)
from tokenpurse import entries as e
from tokenpurse.errors import ClockError, HistoryError, OutOfBounds, PlanError

DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
TWO = Life(periods=2)
BRIEF = Life(days=10)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def granting(amount: Any = 100, life: Life | None = TWO, name: str = "p", **said: Any) -> Plan:
    unit = "USD" if isinstance(amount, Decimal) else "tokens"
    more = {"per": said.pop("per", None), "given": said.pop("given", "at_once")}
    return Plan(name, allowances=[Allowance(amount, unit, life=life, **more)], **said)


def test_unused_tokens_of_a_month_are_there_for_another() -> None:
    """Bolt: 10M a month, 6M of them left on the day of the next ones, which are used first by the soonest end."""
    bolt = Ledger(granting(10_000_000, period=periods.subscription_month()), utc("2026-07-15"))
    bolt.do("spend", 4_000_000, at=utc("2026-07-20"))

    change = bolt.do("advance", at=utc("2026-08-15"))

    (opened,) = change.entries
    assert isinstance(opened, e.PeriodOpened)
    assert [(rest.amount, rest.left) for rest in opened.kept] == [(6_000_000, 6_000_000)]
    assert opened.forfeited == opened.expired == ()
    assert bolt.left(utc("2026-08-15")) == 16_000_000
    again = bolt.do("advance", at=utc("2026-09-15"))
    (opened,) = again.entries
    assert isinstance(opened, e.PeriodOpened)
    assert [loss.amount for loss in opened.expired] == [6_000_000]
    assert bolt.left(utc("2026-09-15")) == 20_000_000
    change = bolt.do("spend", 12_000_000, at=utc("2026-09-16"))
    assert [draw.amount for draw in change.entry.draws()] == [10_000_000, 2_000_000]


@pytest.mark.parametrize(
    ("life", "ends"),
    [
        (Life(days=65), "2026-03-07"),
        (Life(days=30), "2026-01-31"),
        (Life(months=2), "2026-03-01"),
        (Life(periods=1), "2026-02-01"),
        (Life(periods=3), "2026-04-01"),
        (Life(months=1, counted_from="period_end"), "2026-03-01"),
        (Life(days=5, counted_from="renewal", ends="end_of_day"), "2026-02-06"),
    ],
)
def test_each_grant_has_its_own_end(life: Life, ends: str) -> None:
    ledger = Ledger(granting(life=life), utc("2026-01-01"))

    assert ledger.lots(utc("2026-01-01")) == [(100, utc(ends))]
    over = ledger.do("advance", at=utc(ends))
    (loss,) = [loss for entry in over.entries for loss in getattr(entry, "expired", ())]
    assert (loss.amount, loss.bucket) == (100, "quota:tokens@20260101T000000Z")


def test_what_ends_before_its_period_counts_as_given() -> None:
    """No change of plan or count brings it back, and a refund of its use ends as its rest did."""
    plans = Catalogue(
        [
            granting(100, BRIEF, "small", rank=1, per="seats"),
            granting(150, None, "large", rank=2, on_downgrade=Switch(when="now")),
        ]
    )
    ledger = Ledger("small", july(1), catalogue=plans, counts={"seats": 1})
    spent = ledger.do("spend", 30, at=july(2))
    ended = ledger.do("advance", at=july(11))
    assert [type(entry) for entry in ended.entries] == [e.Expired]

    ledger.do("set_count", "seats", 2, at=july(12))
    assert ledger.lots(july(12)) == [(100, july(22))]
    ledger.do("set_count", "seats", 1, at=july(12), when="now")
    assert ledger.left(july(12)) == 0
    ledger.do("change_plan", "large", at=july(13))
    assert ledger.left(july(13)) == 50
    back = ledger.do("refund", spent.entry, at=july(14))
    assert [(one.amount, one.went) for one in back.entry.returned] == [(30, "expired")]
    assert ledger.left(july(14)) == 50
    ledger.do("change_plan", "small", at=july(15))
    assert ledger.left(july(15)) == 0


def test_another_life_is_another_bucket() -> None:
    """What a change grants lives as the new plan says; what was used is deducted all the same."""
    plans = Catalogue([granting(100, None, "plain", rank=1), granting(300, TWO, "lasting", rank=2)])
    ledger = Ledger("plain", july(1), catalogue=plans)
    ledger.do("spend", 40, at=july(2))

    change = ledger.do("change_plan", "lasting", at=july(3))

    (entry,) = change.entries
    assert isinstance(entry, e.PlanChanged)
    assert [loss.amount for loss in entry.forfeited] == [60]
    assert ledger.lots(july(3)) == [(260, utc("2026-09-01"))]
    assert ledger.left(utc("2026-08-05")) == 560
    ledger.do("change_plan", "plain", at=july(4), when="now")
    assert (ledger.left(july(4)), ledger.lots(july(4))) == (60, [])


def test_the_same_life_keeps_its_bucket() -> None:
    plans = Catalogue([granting(100, TWO, "small", rank=1), granting(300, TWO, "large", rank=2)])
    ledger = Ledger("small", july(1), catalogue=plans)

    change = ledger.do("change_plan", "large", at=july(3))

    assert [gain.amount for gain in change.entry.gained] == [200]
    assert ledger.lots(july(3)) == [(300, utc("2026-09-01"))]


def test_held_use_of_an_allowance_that_a_plan_lacks_comes_back_to_one_that_lives_otherwise() -> None:
    """The bucket stayed for what is held of it; the plan that has its kind again grants another."""
    plans = Catalogue(
        [
            granting(100, None, "first", rank=1),
            Plan("second", rank=2, allowances=[Allowance(7, "sms")]),
            granting(100, TWO, "third", rank=3),
        ]
    )
    ledger = Ledger("first", july(1), catalogue=plans)
    ledger.do("hold", 30, at=july(2), ref="h", until=july(9))
    ledger.do("change_plan", "second", at=july(3))
    ledger.do("change_plan", "third", at=july(4))
    assert ledger.left(july(4)) == 70
    change = ledger.do("release", "h", at=july(5))
    assert [(one.went, one.amount) for one in change.entry.returned] == [("carried", 30)]
    assert ledger.left(july(5)) == 100


@pytest.mark.parametrize(
    ("switch", "left"),
    [
        (Switch(when="period_end"), 60 + 20),
        (Switch(when="period_end", forfeit={"quota"}), 20),
        (Switch(when="period_end", trim={"quota": 25}), 25 + 20),
        (Switch(when="now", keep={"quota"}), 60),
        (Switch(when="now", use="cleared"), 20),
    ],
)
def test_an_old_grant_keeps_its_own_end_through_a_change_of_plan(switch: Switch, left: int) -> None:
    """HeyGen: a new plan grants in full, and old credits stay until their own expiry; unless a switch says other."""
    plans = Catalogue([granting(100, TWO, "large", rank=2, on_downgrade=switch), granting(20, None, "small", rank=1)])
    ledger = Ledger("large", july(1), catalogue=plans)
    ledger.do("spend", 40, at=july(2))
    ledger.do("change_plan", "small", at=july(20))

    ledger.do("advance", at=july(32) if switch.when == "period_end" else july(20))

    assert ledger.left(ledger.wallet.clock) == left
    kept = [bucket for bucket in ledger.wallet.at(ledger.wallet.clock).buckets() if bucket.kept]
    assert {bucket.expires for bucket in kept} <= {utc("2026-09-01")}


def test_an_upgrade_that_restarts_grants_in_full_beside_what_lives() -> None:
    switch = Switch(when="now", anchor="restarted")
    plans = Catalogue([granting(100, TWO, "small", rank=1, on_upgrade=switch), granting(500, TWO, "large", rank=2)])
    ledger = Ledger("small", july(1), catalogue=plans)
    ledger.do("spend", 40, at=july(2))

    ledger.do("change_plan", "large", at=july(20))

    assert ledger.lots(july(20)) == [(60, utc("2026-09-01")), (500, utc("2026-09-01"))]


def test_older_grants_go_with_their_kind_in_mid_period_too() -> None:
    switch = Switch(when="now", forfeit={"quota"})
    plans = Catalogue([granting(100, TWO, "large", rank=2, on_downgrade=switch), granting(20, None, "small", rank=1)])
    ledger = Ledger("large", july(1), catalogue=plans)
    ledger.do("advance", at=july(32))

    ledger.do("change_plan", "small", at=july(35))

    assert ledger.left(july(35)) == 20


def test_a_period_closed_early_keeps_what_lives() -> None:
    ledger = Ledger(granting(), july(1))

    ledger.do("reset", at=july(10))

    assert ledger.lots(july(10)) == [(100, utc("2026-09-01")), (100, utc("2026-10-01"))]


def test_what_was_held_when_its_life_ended_ends_when_it_comes_back() -> None:
    """In mid-period, and at a boundary; what was used of a hold stays used."""
    ledger = Ledger(granting(life=BRIEF), july(1))
    ledger.do("hold", 30, at=july(2), ref="a", until=july(25))
    ledger.do("hold", 20, at=july(2), ref="b", until=july(25))
    ledger.do("capture", "b", 10, at=july(12))
    change = ledger.do("release", "a", at=july(13))
    assert [(one.went, one.amount) for one in change.entry.returned] == [("expired", 30)]

    ledger = Ledger(granting(), july(1))
    ledger.do("hold", 30, at=july(25), ref="a", until=july(50))
    ledger.do("advance", at=july(32))
    change = ledger.do("release", "a", at=july(40))
    assert [(one.went, one.amount) for one in change.entry.returned] == [("back", 30)]
    ledger.do("hold", 150, at=july(41), ref="b", until=july(62))
    ledger.do("advance", at=utc("2026-09-01"))
    change = ledger.do("advance", at=utc("2026-09-02"))
    assert ledger.left(utc("2026-09-02")) == 200


def test_use_of_a_grant_that_is_empty_comes_back_while_it_lives() -> None:
    """It left the wallet when its period closed; a refund brings it back, until its own end."""
    ledger = Ledger(granting(), july(1))
    spent = ledger.do("spend", 100, at=july(2))
    ledger.do("advance", at=july(32))
    assert len(ledger.lots(july(32))) == 1

    back = ledger.do("refund", spent.entry, 30, at=july(40))

    assert [(one.went, one.left) for one in back.entry.returned] == [("back", 30)]
    assert sorted(ledger.lots(july(40))) == [(30, utc("2026-09-01")), (100, utc("2026-10-01"))]
    late = ledger.do("refund", spent.entry, at=utc("2026-09-02"))
    assert [(one.went, one.amount) for one in late.entry.returned] == [("expired", 70)]


def test_an_empty_grant_that_ended_with_its_period_takes_nothing_back() -> None:
    ledger = Ledger(granting(life=Life(periods=1)), july(1))
    spent = ledger.do("spend", 100, at=july(2))
    ledger.do("advance", at=july(32))

    late = ledger.do("refund", spent.entry, at=july(40))

    assert [(one.went, one.amount) for one in late.entry.returned] == [("expired", 100)]


def test_an_empty_grant_that_ended_in_its_period_takes_nothing_back() -> None:
    ledger = Ledger(granting(life=BRIEF), july(1))
    spent = ledger.do("spend", 100, at=july(2))

    late = ledger.do("refund", spent.entry, at=july(11))

    assert [(one.went, one.amount) for one in late.entry.returned] == [("expired", 100)]


def test_a_pause_stops_the_life_of_a_grant() -> None:
    ledger = Ledger(granting(life=BRIEF, period=periods.subscription_month()), july(1))
    ledger.do("pause", at=july(5))
    ledger.do("advance", at=july(30))
    assert ledger.wallet.at(july(30)).by_kind() == {"quota": 100}

    ledger.do("resume", at=july(31))

    assert ledger.lots(july(31)) == [(100, utc("2026-08-06"))]
    with pytest.raises(OutOfBounds, match="is what the plan grants"):
        ledger.wallet.extend("quota:tokens@20260701T000000Z", until=july(60), at=july(31))


def test_a_renewal_that_is_not_paid_touches_no_grant_that_lives() -> None:
    """Nothing waits for it: it stays through the grace and after it, until its own end; paid late, the next one counts
    from its payment.
    """
    plan = granting(given="on_payment", renewal=Renewal(grace=5 * DAY, rest="locked"), life=Life(days=40))
    ledger = Ledger(plan, july(1))
    change = ledger.do("advance", at=july(32))
    assert change.entries[0].waits == ()
    (due,) = change.requests
    assert ledger.lots(july(32)) == [(100, utc("2026-08-10"))]

    ledger.do("advance", at=utc("2026-08-06"))
    assert isinstance(ledger.entries[-1], e.GraceEnded)
    assert ledger.left(utc("2026-08-06")) == 100
    ledger.do("confirm", due, at=utc("2026-08-08"), payment="p")
    assert ledger.lots(utc("2026-08-08")) == [(100, utc("2026-08-10")), (100, utc("2026-09-17"))]


def test_late_use_is_paid_by_what_still_lives() -> None:
    plan = granting(late_use=LateUse("own", grace=10 * DAY))
    ledger = Ledger(plan, july(1))
    ledger.do("advance", at=july(33))

    change = ledger.do("spend", 150, at=july(34), occurred_at=july(20), partial=True)

    assert [(draw.bucket, draw.amount) for draw in change.entry.draws()] == [("quota:tokens@20260701T000000Z", 100)]


def test_what_is_brought_along_lives_as_its_allowance_says() -> None:
    """What an earlier period granted stands beside the running one's."""
    brought = [
        Balance("quota", 60),
        Balance("quota", 25, issued=utc("2026-06-01")),
        Balance("quota", 5, issued=utc("2026-05-01"), expires=july(20)),
    ]
    ledger = Ledger(granting(), july(10), anchor=utc("2026-05-01"), balances=brought)

    assert sorted(ledger.lots(july(10))) == [(5, july(20)), (25, july(32)), (60, utc("2026-09-01"))]
    ledger.do("advance", at=july(32))
    assert ledger.left(july(32)) == 160
    with pytest.raises(ClockError, match="not have ended"):
        Wallet.open(
            granting(),
            id="a",
            at=july(10),
            anchor=utc("2026-05-01"),
            balances=[Balance("quota", 1, issued=utc("2026-05-01"))],
        )


@pytest.mark.parametrize(
    ("said", "field", "right"),
    [
        ({"life": 5}, "life", "must be a Life"),
        ({"life": Life()}, "life", "kept for good by a Rollover"),
        ({"life": Life(days=3, counted_from="last_purchase")}, "life", "only what is bought"),
        ({"life": Life(periods=401)}, "life", "at most 400"),
        ({"life": Life(days=30), "period": periods.hours(1)}, "life", "at most 400"),
        ({"life": Life(periods=390, ends="end_of_day"), "period": periods.hours(4)}, "life", "at most 400"),
        ({"life": TWO, "rollovers": [Rollover()]}, "unit", "is kept, not carried"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(said: dict[str, Any], field: str, right: str) -> None:
    with pytest.raises(PlanError) as caught:
        granting(**said)

    assert caught.value.field == field
    assert right in caught.value.right


def test_of_several_grants_the_one_that_is_too_many_is_named() -> None:
    """What is unlimited beside them is no grant."""
    allowances = [
        Allowance(None, "sms"),
        Allowance(5, life=Life(periods=300)),
        Allowance(5, kind="b", life=Life(periods=101)),
    ]

    with pytest.raises(PlanError) as caught:
        Plan("p", allowances=allowances)

    assert caught.value.value == Life(periods=101)


def test_a_period_without_an_end_grants_for_good() -> None:
    for life in (Life(), Life(periods=3), Life(days=3)):
        ledger = Ledger(granting(life=life, period=periods.once()), july(1))
        assert ledger.lots(july(1)) == [(100, july(4) if life.days else None)]


# -- idle years ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "most"),
    [
        (granting(period=periods.hours(1)), 2),
        (granting(period=periods.hours(1), alerts=[Alert("low", "left", below=20)]), 2),
        (granting(life=Life(days=1), period=periods.hours(1)), 2),
        (granting(life=Life(days=65)), 3),
        (granting(life=Life(days=65), alerts=[Alert("low", "left", below=20)]), 3),
        (granting(life=Life(days=30)), 3),
        (granting(life=Life(periods=3, ends="end_of_day"), period=periods.subscription_day()), 4),
        (granting(life=Life(periods=4), alerts=[Alert("low", "left", below=350)], period=periods.hours(1)), 10),
        (
            Plan(
                "both",
                allowances=[Allowance(5, life=TWO), Allowance(3, kind="bonus")],
                rollovers=[Rollover(bank_max=50)],
                period=periods.hours(3),
            ),
            6,
        ),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Europe/London", "Pacific/Apia"])
def test_a_century_of_silence_is_a_few_entries(plan: Plan, most: int, zone: str) -> None:
    ledger = Ledger(plan, utc("2026-01-31T10:30"), zone=zone)

    change = ledger.do("advance", at=utc("2126-01-31T10:30"))

    assert len(change.entries) <= most


@pytest.mark.parametrize("used", [0, 30])
@pytest.mark.parametrize(
    "life",
    [TWO, Life(days=65), Life(days=20), Life(periods=3, ends="end_of_day"), Life(months=1, counted_from="period_end")],
)
def test_a_jump_over_years_is_as_looking_every_day(life: Life, used: int) -> None:
    """With a grant of which something was used, and one of another plan among those that end on the way."""
    plans = Catalogue(
        [
            granting(500, Life(days=200), "old", on_downgrade=Switch(when="now")),
            granting(100, life, period=periods.subscription_weeks(2), rank=0),
        ]
    )
    ledger = Ledger("old", utc("2026-01-31T10:30"), catalogue=plans, zone="Europe/London")
    ledger.do("advance", at=utc("2026-02-01"))
    ledger.do("change_plan", "p", at=utc("2026-02-10"))
    if used:
        ledger.do("spend", used, at=utc("2026-02-11"))
    jump = slow = ledger.wallet
    for day in range(1, 900):
        slow = slow.advance(at=utc("2026-02-11") + day * DAY).wallet

    jump = ledger.do("advance", at=slow.clock).wallet

    assert normal(jump) == normal(slow)


def test_what_buys_itself_parts_no_years_while_it_has_enough() -> None:
    plan = granting(
        period=periods.hours(1),
        offers=[Offer("pack", price=Decimal(1), pack=10)],
        auto_top_up=AutoTopUp("pack"),
    )
    ledger = Ledger(plan, utc("2026-01-01"))
    ledger.do("set_auto_top_up", threshold=50, purchase=10, at=utc("2026-01-01"))
    assert len(ledger.do("advance", at=utc("2126-01-01")).entries) <= 2

    ledger.do("spend", 199, at=utc("2126-01-01"), overdraw=True)
    change = ledger.do("advance", at=utc("2126-01-02"))
    assert len(change.entries) <= 8


def test_an_end_that_somebody_is_told_of_is_not_lost_in_a_run() -> None:
    """Each month runs low after ten days; and one that buys by itself then buys."""
    plan = granting(life=BRIEF, alerts=[Alert("low", "left", below=20)])
    ledger = Ledger(plan, utc("2026-01-01"))
    change = ledger.do("advance", at=utc("2027-01-01"))
    assert [f"{notice.at:%m-%d}" for notice in change.notices] == [f"{month:02}-11" for month in range(1, 13)]

    offers = [Offer("pack", price=Decimal(1), pack=10)]
    ledger = Ledger(granting(life=BRIEF, offers=offers, auto_top_up=AutoTopUp("pack")), utc("2026-01-01"))
    ledger.do("set_auto_top_up", threshold=5, purchase=10, at=utc("2026-01-01"))
    ledger.do("advance", at=utc("2026-01-05"))
    change = ledger.do("advance", at=utc("2027-01-01"))
    assert [request.id for request in change.requests] == ["charge:1"]
    assert change.entries[0].at == utc("2026-01-11")


def test_a_reminder_is_not_lost_in_a_run() -> None:
    reminder = Alert("soon", "expiring", within=timedelta(hours=12))
    plan = granting(period=periods.calendar_day(), alerts=[reminder])
    ledger = Ledger(plan, utc("2026-01-01"))

    change = ledger.do("advance", at=utc("2026-01-11"))

    assert len(change.notices) == 9


def test_a_reminder_of_what_is_granted_on_the_way_is_not_lost() -> None:
    reminder = Alert("soon", "expiring", within=timedelta(hours=1))
    plan = granting(life=Life(periods=5), period=periods.calendar_day(), alerts=[reminder])
    ledger = Ledger(plan, utc("2026-01-01"))

    change = ledger.do("advance", at=utc("2026-01-11"))

    assert len(change.notices) == 6


def test_the_end_of_a_term_ends_what_was_granted_in_it() -> None:
    """Lovable: monthly credits of a year live a month beyond it; and what lives as long as the term does."""
    for life, end in ((Life(terms=1), "2027-01-17"), (Life(months=1, counted_from="renewal"), "2027-02-17")):
        plan = granting(life=life, period=periods.subscription_month(), term=periods.subscription_year())
        ledger = Ledger(plan, utc("2026-01-17"))
        ledger.do("advance", at=utc("2026-05-20"))
        assert ledger.lots(utc("2026-05-20")) == [(100, utc(end))] * 5
        change = ledger.do("advance", at=utc("2126-01-01"))
        assert len(change.entries) <= 2


def test_a_bank_beside_grants_that_live_is_told_of_as_it_fills() -> None:
    """A line that levels of two sorts cross is looked at period by period."""
    plan = Plan(
        "p",
        allowances=[Allowance(5, life=TWO), Allowance(3, kind="bonus")],
        rollovers=[Rollover(bank_max=30)],
        alerts=[Alert("low", "left", below=4)],
        period=periods.calendar_day(),
    )
    slow = Ledger(plan, utc("2026-01-01"))
    for day in range(2, 31):
        slow.do("advance", at=utc(f"2026-01-{day:02}"))
    jump = Wallet.open(plan, id="acme", at=utc("2026-01-01")).wallet.advance(at=utc("2026-01-30")).wallet

    assert normal(jump) == normal(slow.wallet)


def test_what_another_plan_granted_of_its_own_kind_ends_on_the_way() -> None:
    plans = Catalogue(
        [
            Plan("old", rank=1, allowances=[Allowance(70, kind="bonus", life=Life(days=20))]),
            granting(100, TWO, "new", rank=2, period=periods.calendar_day(), on_downgrade=Switch(when="now")),
        ]
    )
    ledger = Ledger("old", utc("2026-01-01"), catalogue=plans)
    ledger.do("reset", at=utc("2026-01-02"))
    ledger.do("change_plan", "new", at=utc("2026-01-03"))
    slow = ledger.wallet
    for day in range(4, 31):
        slow = slow.advance(at=utc(f"2026-01-{day:02}")).wallet

    change = ledger.do("advance", at=utc("2026-01-30"))

    assert normal(change.wallet) == normal(slow)
    assert len(change.entries) <= 4


def test_a_day_that_was_left_out_grants_once() -> None:
    """Apia had no 30 December 2011: two boundaries are one, also among the grants that a run leaves."""
    plan = granting(life=Life(periods=12), period=periods.calendar_day())
    ledger = Ledger(plan, utc("2011-12-10T12:00"), zone="Pacific/Apia")
    slow = ledger.wallet
    for hours in range(0, 28 * 24, 5):
        slow = slow.advance(at=utc("2011-12-10T12:00") + timedelta(hours=hours)).wallet

    change = ledger.do("advance", at=slow.clock)

    assert normal(change.wallet.advance(at=utc("2012-01-08")).wallet) == normal(
        slow.advance(at=utc("2012-01-08")).wallet
    )
    assert len(change.entries) <= 2


def test_a_debt_is_paid_period_by_period() -> None:
    """A grant that a debt takes whole leaves nothing behind."""
    ledger = Ledger(granting(period=periods.calendar_day()), utc("2026-01-01"), debt={"tokens": 1_050})

    change = ledger.do("advance", at=utc("2026-02-01"))

    assert ledger.wallet.at(ledger.wallet.clock).debt() == 0
    assert ledger.left(ledger.wallet.clock) == 200
    assert len(change.entries) <= 15


# -- histories that are none ---------------------------------------------------------------------------------------


def broken(entries: list[Any], at: int, **changes: Any) -> str:
    with pytest.raises(HistoryError) as caught:
        replay([*entries[:at], evolve(entries[at], **changes), *entries[at + 1 :]])
    assert caught.value.position == at
    return str(caught.value)


def test_a_history_in_which_grants_do_not_end_is_found() -> None:
    ledger = Ledger(granting(), july(1))
    ledger.do("advance", at=july(32))
    ledger.do("advance", at=utc("2026-09-01"))
    opened = ledger.entries[-1]

    assert "the life of 1 is over" in broken(ledger.entries, 2, expired=())
    granted = (evolve(opened.granted[0], expires=opened.at),)
    assert "its period is" in broken(ledger.entries, 2, granted=granted)


def test_a_run_whose_totals_are_wrong_is_found() -> None:
    ledger = Ledger(granting(period=periods.hours(1)), july(1))
    ledger.do("advance", at=july(32))
    (run,) = ledger.entries[1].between

    assert "went" in broken(ledger.entries, 1, between=(evolve(run, expired_steps=run.expired_steps - 100),))
