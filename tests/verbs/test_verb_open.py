"""`Wallet.open`: what a wallet starts with, empty-handed or with what it brings from another system."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from tests.support.rich import july, opened
from tokenpurse import Alert, Allowance, Balance, Bound, Life, Plan, Rollover, Wallet, replay
from tokenpurse.errors import AmountError, ArgumentError, ClockError, PurseError, UnknownNameError
from tokenpurse.periods import calendar_month, hours, once, subscription_month

MAY = datetime(2026, 5, 1, tzinfo=UTC)

BANKING = Plan(
    "banking",
    allowances=[Allowance(1_000), Allowance(10, "sms", per="seats")],
    rollovers=[Rollover(bank_max=Bound("allowance", 3))],
    alerts=[Alert("low", "left", at_or_below=100)],
)


def start(**given: Any) -> Any:
    """What a wallet on the banking plan looks like, opened on 10 July."""
    return Wallet.open(BANKING, **{"id": "acme", "at": july(10), **given})


def held(change: Any) -> list[tuple[str, str, int, int, int]]:
    return [(one.kind, one.unit.name, one.granted, one.opening, one.left) for one in change.view.buckets()]


def test_a_wallet_opens_with_its_plans_allowances_in_full() -> None:
    """A short first period grants in full, a count that nobody set grants nothing."""
    change = start()

    assert held(change) == [("quota", "tokens", 1_000, 1_000, 1_000)]
    assert (change.wallet.id, change.wallet.version, change.wallet.clock) == ("acme", 1, july(10))
    assert change.before is change.wallet
    assert len(change.entries) == 1
    assert (change.notices, change.requests, change.repeated, change.moved) == ((), (), False, {})
    assert change.view.next_reset() == july(32)
    assert replay(change.entries) == change.wallet


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"counts": {"seats": 2}}, [("quota", "tokens", 1_000, 1_000, 1_000), ("quota", "sms", 20, 20, 20)]),
        ({"counts": {"seats": 0}}, [("quota", "tokens", 1_000, 1_000, 1_000)]),
        ({"used": {"tokens": 300}}, [("quota", "tokens", 1_000, 1_000, 700)]),
        ({"used": {"tokens": 1_000}}, [("quota", "tokens", 1_000, 1_000, 0)]),
        ({"used": {"tokens": 1_300}}, [("quota", "tokens", 1_000, 1_000, 0)]),
        ({"used": {"tokens": 0}}, [("quota", "tokens", 1_000, 1_000, 1_000)]),
        (
            {"balances": [Balance("top_up", 500)]},
            [("quota", "tokens", 1_000, 1_000, 1_000), ("top_up", "tokens", 500, 500, 500)],
        ),
        ({"balances": [Balance("quota", 400)]}, [("quota", "tokens", 400, 400, 400)]),
        ({"balances": [Balance("quota", 0)]}, [("quota", "tokens", 0, 0, 0)]),
        ({"balances": [Balance("quota", 400)], "used": {"tokens": 300}}, [("quota", "tokens", 700, 700, 400)]),
        (
            {"balances": [Balance("rollover", 2_000)]},
            [("quota", "tokens", 1_000, 1_000, 1_000), ("rollover", "tokens", 2_000, 2_000, 2_000)],
        ),
        (
            {"balances": [Balance("promo", 5, "sms"), Balance("promo", 6, "sms")]},
            [
                ("quota", "tokens", 1_000, 1_000, 1_000),
                ("promo", "sms", 5, 5, 5),
                ("promo", "sms", 6, 6, 6),
            ],
        ),
        ({"debt": {"tokens": 300}}, [("quota", "tokens", 1_000, 700, 700)]),
        ({"debt": {"tokens": 0}}, [("quota", "tokens", 1_000, 1_000, 1_000)]),
    ],
)
def test_what_is_brought_is_there(given: dict[str, Any], expected: list[Any]) -> None:
    """Balances beside the allowances; a kind named in them replaces its first grant; use comes off, debt is paid."""
    change = start(**given)

    assert expected == held(change)
    assert replay(change.entries) == change.wallet


def test_use_elsewhere_counts_as_use_of_this_period() -> None:
    """For gauge and limits, until the reset."""
    change = start(used={"tokens": 300})

    assert str(change.view.gauge()) == "[300/1,000]"
    assert change.view.usage() == 300
    assert change.wallet.advance(july(32)).view.usage() == 0


def test_debt_beyond_the_balances_stays_and_the_next_period_pays_it() -> None:
    """A debt and a balance that could pay it never stand together."""
    change = start(debt={"tokens": 1_300, "sms": 5})

    assert (change.view.debt(), change.view.debt("sms")) == (300, 5)
    assert change.view.available() == 0
    after = change.wallet.advance(july(32))
    assert (after.view.debt(), after.view.available()) == (0, 700)
    assert replay([*change.entries, *after.entries]) == after.wallet


def test_a_balance_keeps_its_issue_its_end_and_its_price() -> None:
    """What the customer bought stays what they bought."""
    balance = Balance(
        "top_up",
        500,
        issued=datetime(2025, 1, 1, tzinfo=UTC),
        expires=july(20),
        paid=Decimal("1.25"),
        payment="pay_7",
        priority=3,
    )

    change = start(balances=[balance])
    bucket = change.view.buckets()[-1]

    assert (bucket.starts, bucket.expires, bucket.payment, bucket.priority) == (
        datetime(2025, 1, 1, tzinfo=UTC),
        july(20),
        "pay_7",
        3,
    )
    assert str(bucket.paid) == "1.25 USD"
    assert bucket.used == 0
    assert change.wallet.at(july(20)).balance() == 1_000
    late = change.wallet.grant(500, at=july(11), ref="pay_7", kind="top_up")
    assert late.repeated


def test_a_quota_that_is_brought_ends_with_its_period() -> None:
    """Whatever end it had elsewhere: it is this plan's allowance now."""
    change = start(balances=[Balance("quota", 400)])

    assert change.view.buckets()[0].expires == july(32)
    assert held(change.wallet.advance(july(32)))[0] == ("quota", "tokens", 1_000, 1_000, 1_000)


def test_a_line_that_lies_above_the_opening_balance_is_no_crossing() -> None:
    """What was beyond a line when the wallet opened is not news; crossing it again is."""
    change = start(used={"tokens": 950})

    assert change.notices == ()
    assert change.view.alerts() == ("low",)
    assert change.wallet.spend(10, at=july(11)).notices == ()
    august = change.wallet.advance(july(32)).wallet
    assert [notice.name for notice in august.spend(950, at=july(32)).notices] == ["low"]


@pytest.mark.parametrize(
    ("schedule", "anchor", "start_", "end"),
    [
        (calendar_month(), None, july(10), july(32)),
        (calendar_month(), july(3), july(3), july(32)),
        (subscription_month(), None, july(10), datetime(2026, 8, 10, tzinfo=UTC)),
        (subscription_month(), datetime(2026, 1, 31, 9, tzinfo=UTC), datetime(2026, 6, 30, 9, tzinfo=UTC), july(31, 9)),
        (once(), None, july(10), None),
    ],
)
def test_the_first_period_is_the_one_that_holds_the_moment(
    schedule: Any, anchor: datetime | None, start_: datetime, end: datetime | None
) -> None:
    """Counted from the anchor, which is the opening unless given."""
    change = Wallet.open(Plan("p", period=schedule), id="acme", at=july(10), anchor=anchor)

    assert (start_, end) == (change.view.period.start, change.view.period.end)
    assert change.view.period.contains(july(10))


def test_a_wallet_opens_in_its_own_zone() -> None:
    """The 1st begins at midnight where the customer is."""
    change = start(zone="Asia/Tokyo")

    assert change.view.next_reset() == july(31, 15)


def test_payments_made_elsewhere_are_repeats_whatever_is_said_of_them() -> None:
    """A webhook that comes late, after the customer has moved, adds nothing."""
    change = opened(payments=["p1", "p2"])

    assert change.wallet.top_up("tokens", 100, at=july(2), payment="p1", by="admin").repeated
    assert change.wallet.grant(5, at=july(2), ref="p2").repeated
    assert not change.wallet.spend(5, at=july(2), ref="p1").repeated


def test_a_moment_in_another_zone_is_the_same_moment() -> None:
    """All instants are kept in UTC."""
    zoned = july(10).astimezone(datetime.now().astimezone().tzinfo)

    assert start(at=zoned).wallet == start().wallet
    assert start(at=zoned).wallet.clock.tzinfo is UTC


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"anchor": july(11)}, ClockError, "anchor"),
        ({"anchor": july(10) + timedelta(microseconds=1)}, ClockError, "anchor"),
        ({"counts": {"chairs": 1}}, UnknownNameError, "count"),
        ({"counts": {"seats": 2**31 - 1}, "used": {"coffee": 1}}, UnknownNameError, "meter"),
        ({"balances": [Balance("top_up", 0)]}, AmountError, "more than nothing"),
        ({"balances": [Balance("top_up", 5, "coffee")]}, UnknownNameError, "meter"),
        ({"balances": [Balance("quota", 5), Balance("quota", 5)]}, ArgumentError, "balances"),
        ({"balances": [Balance("rollover", 5), Balance("rollover", 5)]}, ArgumentError, "balances"),
        ({"balances": [Balance("top_up", 1)] * 1_000}, ArgumentError, "at most 1,000"),
        ({"balances": [Balance("top_up", 2**53 - 1)]}, AmountError, "more than can be counted"),
        ({"balances": [Balance("top_up", 5, expires=july(10))]}, ClockError, "balance"),
        ({"balances": [Balance("top_up", 5, issued=july(11))]}, ClockError, "balance"),
        (
            {"balances": [Balance("top_up", 5, payment="a"), Balance("top_up", 5, payment="a")]},
            ArgumentError,
            "payments",
        ),
        ({"balances": [Balance("top_up", 5, payment="a")], "payments": ["a"]}, ArgumentError, "payments"),
    ],
)
def test_what_cannot_be_brought_is_an_error(given: dict[str, Any], error: type[PurseError], said: str) -> None:
    """One bank for each unit, one bucket for each allowance, and totals that can be counted."""
    with pytest.raises(error, match=said):
        start(**given)


def test_the_most_that_can_be_brought_is_brought() -> None:
    """The bounds are inclusive."""
    most = start(balances=[Balance("top_up", 1)] * 999, payments=[f"p{n}" for n in range(2_000)], ring=1_000)

    assert len(most.view.buckets()) == 1_000
    assert start(tolerance=timedelta(days=1)).wallet.spend(1, at=july(9)).entries
    assert start(tolerance=timedelta(0), ring=0).entries


def test_a_count_that_two_allowances_share_is_bounded_by_the_larger() -> None:
    """As setting it later is."""
    plan = Plan("p", allowances=[Allowance(2**40, per="seats"), Allowance(1, "sms", per="seats")])

    with pytest.raises(AmountError, match="at most 8,191 fit"):
        Wallet.open(plan, id="acme", at=july(1), counts={"seats": 8_192})
    assert Wallet.open(plan, id="acme", at=july(1), counts={"seats": 8_191}).view.available("sms") == 8_191


def test_nothing_is_carried_into_a_bank_that_was_brought_with_an_end() -> None:
    """What is carried never ends by this plan: it outlives what came along, which alone gives way to the cap."""
    plan = Plan("p", allowances=[Allowance(7)], rollovers=[Rollover(bank_max=23)], period=hours(1))
    brought = Balance("rollover", 4, expires=july(3))
    wallet = Wallet.open(plan, id="acme", at=july(1), balances=[brought]).wallet

    after = wallet.advance(july(1, 2)).view
    assert [(bucket.left, bucket.expires) for bucket in after.buckets() if bucket.kind == "rollover"] == [
        (4, july(3)),
        (14, None),
    ]
    assert wallet.at(july(4)).by_kind() == {"rollover": 23, "quota": 7}


@pytest.mark.parametrize("expires", [None, july(3), july(1) + timedelta(days=4_000)])
def test_silence_costs_little_with_a_bank_that_was_brought(expires: datetime | None) -> None:
    plan = Plan("p", allowances=[Allowance(7)], rollovers=[Rollover(bank_max=23)], period=hours(1))
    wallet = Wallet.open(plan, id="acme", at=july(1), balances=[Balance("rollover", 4, expires=expires)]).wallet

    assert len(wallet.advance(july(1) + timedelta(days=3_000)).entries) <= 6


@pytest.mark.parametrize(
    "refilled",
    [
        Balance("quota", 60, paid=Decimal(6), payment="p"),
        Balance("quota", 60, paid=Decimal(0)),
        Balance("rollover", 60, paid=Decimal(6), payment="p"),
        Balance("rollover", 60, paid=Decimal(6), payment="p", expires=july(20)),
    ],
)
def test_what_the_plan_refills_has_no_price(refilled: Balance) -> None:
    """More comes into it for nothing, and a price would be for that as well; what was bought is a kind of its own."""
    said = rf"paid is .*, it must be None: the plan refills {refilled.kind}, bring what was bought as another kind"
    with pytest.raises(ArgumentError, match=said) as caught:
        start(balances=[refilled])
    assert (caught.value.what, caught.value.value) == ("paid", refilled.paid)
    assert start(balances=[evolve(refilled, paid=None)]).wallet.version == 1


def test_the_price_of_what_was_bought_is_for_what_comes_along() -> None:
    """What was used elsewhere comes off the plan's own, and nothing is worth more or less for it."""
    pack = Balance("top_up", 60, paid=Decimal(6), payment="p")
    for used in ({}, {"tokens": 300}, {"tokens": 99_999}):
        wallet = start(balances=[pack], used=used).wallet
        assert wallet.at(wallet.clock).refundable("p").amount == 6


def test_a_grant_of_an_earlier_period_that_lives_on_may_have_a_price() -> None:
    """Nothing is put into it any more, whatever the count of seats comes to."""
    plan = Plan("lots", allowances=[Allowance(10, life=Life(periods=3), per="seats")])
    kept = Balance("quota", 4, issued=MAY, paid=Decimal(6), payment="p")
    opened = Wallet.open(
        plan, id="acme", at=july(9), anchor=datetime(2026, 1, 1, tzinfo=UTC), counts={"seats": 1}, balances=[kept]
    )
    wallet = opened.wallet.set_count("seats", 4, at=july(9)).wallet
    assert wallet.at(july(9)).refundable("p").amount == 6
