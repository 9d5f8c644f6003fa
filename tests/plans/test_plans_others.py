"""Products that are in no gallery and on no list: each is a plan, and nothing of it is programmed.

Figures are after what such products sell; the point is that the rule can be said, and does what it says.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.support.cases import on, opened_on
from tokenpurse import (
    Allowance,
    AtZero,
    AutoTopUp,
    Life,
    Limit,
    Offer,
    PayAsYouGo,
    Plan,
    Price,
    Rollover,
    periods,
    policies,
)
from tokenpurse.entries import PeriodOpened, Spent
from tokenpurse.errors import LimitReached, NotAllowed, NotEnough
from tokenpurse.units import Amount

MONTH = periods.subscription_month()


def test_hours_of_a_fast_lane_and_a_slow_one_without_end() -> None:
    """An image service: 15 fast hours a month, more at 4 dollars that end after 60 days, then a slower lane."""
    hours = Offer("hours", price=Decimal(4), pack=3_600, life=Life(days=60))
    plan = Plan(
        "standard",
        allowances=[Allowance(15 * 3_600, "gpu_seconds")],
        offers=[hours],
        period=MONTH,
        at_zero=AtZero(degrade_to="relaxed"),
    )
    change = opened_on(plan).spend(15 * 3_600, at=on(7, 2))
    assert change.view.degraded() == "relaxed"
    bought = change.wallet.top_up("hours", 3_600, at=on(7, 3), payment="pay_1").wallet
    assert bought.at(on(7, 3)).degraded() is None
    assert (bought.at(on(8, 31)).by_kind(), bought.at(on(9, 1)).by_kind()) == (
        {"quota": 54_000, "top_up": 3_600},
        {"quota": 54_000},
    )


def test_prepaid_messages_by_country() -> None:
    """Telephony: dollars that never end, a price by country, bought again below ten."""
    prices = [Price("sms", Decimal("0.0079"), times={"to": {"de": 10, "in": Decimal("0.5")}})]
    offers = [Offer("balance", unit="USD", price=Decimal(1), minimum=Decimal(20))]
    plan = Plan("prepaid", prices=prices, offers=offers, auto_top_up=AutoTopUp("balance"))
    wallet = opened_on(plan).top_up("balance", Decimal(20), at=on(7, 1), payment="pay_1").wallet
    wallet = wallet.set_auto_top_up(at=on(7, 1), threshold=Decimal(10), target=Decimal(50)).wallet
    change = wallet.spend(100, "sms", at=on(7, 2), labels={"to": "de"})
    assert change.view.balance("USD") == Decimal("12.10")
    change = change.wallet.spend(100, "sms", at=on(7, 2), labels={"to": "de"})
    assert [str(charge) for charge in change.requests] == ["charge 45.80 USD for 45.80 USD, offer balance"]


def test_classes_of_a_gym() -> None:
    """Twenty credits a month, ten of which may go along; a class costs by its hour; at most four a week; guests pay."""
    classes = Price("class", 4, unit="credits", times={"hour": {"peak": 2, "night": Decimal("0.5")}})
    guests = Offer("guests", price=Decimal(15), pack=4, kind="guest", buyers={"front_desk"}, self_service=False)
    plan = Plan(
        "gym",
        allowances=[Allowance(20, "credits")],
        rollovers=[Rollover(total_max=30)],
        prices=[classes],
        offers=[guests],
        limits=[Limit("week", 4, unit="class", every=periods.calendar_week())],
    )
    wallet = opened_on(plan).spend(1, "class", at=on(7, 1), labels={"hour": "peak"}).wallet
    assert wallet.at(on(7, 1)).balance() == 12
    assert wallet.at(on(8, 1)).by_kind() == {"quota": 20, "rollover": 10}
    wallet = wallet.spend(3, "class", at=on(7, 2), labels={"hour": "night"}).wallet
    with pytest.raises(LimitReached):
        wallet.spend(1, "class", at=on(7, 3))
    with pytest.raises(NotAllowed):
        wallet.top_up("guests", 4, at=on(7, 3), payment="pay_1")


def test_energy_of_a_game() -> None:
    """One heart every four hours, five at most; a full set costs gems."""
    plan = Plan("game", allowances=[Allowance(1, "hearts")], rollovers=[Rollover(total_max=5)], period=periods.hours(4))
    wallet = opened_on(plan)
    assert [wallet.at(on(7, 1, hour)).available() for hour in (0, 4, 16, 20)] == [1, 2, 5, 5]
    wallet = wallet.spend(5, at=on(7, 1, 20)).wallet
    assert [wallet.at(on(7, day, hour)).available() for day, hour in ((1, 23), (2, 0), (2, 4))] == [0, 1, 2]


def test_free_requests_of_whoever_bought_ten_dollars() -> None:
    """A router of models: 50 free requests a day, a thousand for whoever has bought ten dollars of credit."""
    daily = periods.calendar_day()
    more = Allowance(950, "free_requests", kind="more", every=daily, given="while_bought", bought=Decimal(10))
    credit = Offer("credit", unit="USD", price=Decimal("1.055"))
    plan = Plan("router", allowances=[Allowance(50, "free_requests", every=daily), more], offers=[credit])
    wallet = opened_on(plan)
    assert wallet.at(on(7, 1)).available() == 50
    wallet = wallet.top_up("credit", Decimal(10), at=on(7, 1), payment="pay_1").wallet
    assert (wallet.at(on(7, 1)).available(), wallet.at(on(7, 2)).available()) == (1_000, 1_000)
    back = wallet.claw_back("pay_1", refunded=Decimal("10.55"), at=on(7, 2)).wallet
    assert back.at(on(7, 3)).available() == 50


def test_minutes_of_a_build_service() -> None:
    """Each job rounds up to the minute; a minute counts twice and tenfold by the system; beyond them by the minute."""
    minute = Price("job_seconds", 1, per=60, unit="minutes", round_to=1, times={"system": {"windows": 2, "mac": 10}})
    beyond = [PayAsYouGo(Decimal("0.008"), meter="minutes")]
    plan = Plan(
        "free",
        allowances=[Allowance(2_000, "minutes")],
        prices=[minute],
        pay_as_you_go=beyond,
        limits=[Limit("budget", Decimal(0), unit="USD", maximum=Decimal(100))],
    )
    wallet = opened_on(plan)
    assert wallet.spend(61, "job_seconds", at=on(7, 1)).view.by_kind()["quota"] == 1_998
    assert wallet.spend(60, "job_seconds", at=on(7, 1), labels={"system": "mac"}).view.by_kind()["quota"] == 1_990


def test_a_prepaid_card_that_a_purchase_keeps_alive() -> None:
    """Mobile prepaid: what is bought lasts a year, and each later purchase lets all of it last a year again."""
    card = Offer(
        "balance", unit="EUR", currency="EUR", price=Decimal(1), life=Life(months=12, counted_from="last_purchase")
    )
    wallet = opened_on(Plan("prepaid", offers=[card], currency="EUR"), at=on(1, 10))
    wallet = wallet.top_up("balance", Decimal(15), at=on(1, 10), payment="pay_1").wallet
    wallet = wallet.top_up("balance", Decimal(10), at=on(6, 1), payment="pay_2").wallet
    assert wallet.at(on(5, 31, year=2027)).balance("EUR") == Decimal(25)
    assert wallet.at(on(6, 1, year=2027)).balance("EUR") == Decimal(0)


def test_a_commitment_that_is_used_up_by_dollars_of_use() -> None:
    """An API for companies: 500 dollars a month committed, use counts against it at a price, more is billed."""
    prices = [Price("input", Decimal("2.50"), per=1_000_000), Price("output", Decimal(10), per=1_000_000)]
    beyond = [
        PayAsYouGo(Decimal("2.50"), per=1_000_000, meter="input"),
        PayAsYouGo(Decimal(10), per=1_000_000, meter="output"),
    ]
    plan = Plan(
        "committed",
        price=Decimal(500),
        allowances=[Allowance(Decimal(500), "USD")],
        prices=prices,
        pay_as_you_go=beyond,
    )
    change = opened_on(plan).spend({"input": 100_000_000, "output": 40_000_000}, at=on(7, 9))
    [closed] = change.wallet.advance(on(8, 1)).entries
    assert isinstance(closed, PeriodOpened)
    assert str(closed.statement) == "150.00 USD"


def test_seconds_of_speech_with_a_least_charge() -> None:
    """Transcription: two cents for each call and 0.04 cents for each second, in steps of 0.2 cents."""
    call = Price("seconds", Decimal("0.006"), per=15, base=Decimal("0.02"), round_to=Decimal("0.002"))
    offer = Offer("balance", unit="USD", price=Decimal(1))
    wallet = opened_on(Plan("speech", prices=[call], offers=[offer]))
    wallet = wallet.top_up("balance", Decimal(1), at=on(7, 1), payment="pay_1").wallet
    assert wallet.spend(31, "seconds", at=on(7, 1)).view.balance("USD") == Decimal("0.966")
    with pytest.raises(NotEnough):
        wallet.spend(3_000, "seconds", at=on(7, 1))


def test_tokens_by_direction_cache_and_batch() -> None:
    """A model's price list: what is read from the cache costs a tenth, a batch half, both a twentieth."""
    less = {"cache": {"read": Decimal("0.1")}, "mode": {"batch": Decimal("0.5")}}
    prices = [
        Price("input", Decimal(3), per=1_000_000, times=less),
        Price("output", Decimal(15), per=1_000_000, times=less),
    ]
    wallet = opened_on(Plan("api", prices=prices, offers=[Offer("balance", unit="USD", price=Decimal(1))]))
    wallet = wallet.top_up("balance", Decimal(5), at=on(7, 1), payment="pay_1").wallet
    wallet = wallet.spend(1_000_000, "input", at=on(7, 1), labels={"cache": "read", "mode": "batch"}).wallet
    assert wallet.at(on(7, 1)).balance("USD") == Decimal("4.85")


def test_messages_of_one_model_by_the_window_and_of_another_by_the_week() -> None:
    """A chat: 80 messages of one model in three hours, 50 of another in a week; the small one is free."""
    limits = [
        Limit("large", 80, unit="large", window=timedelta(hours=3)),
        Limit("reasoning", 50, unit="reasoning", every=periods.subscription_week()),
    ]
    unlimited = [Allowance(None, "large"), Allowance(None, "reasoning")]
    wallet = opened_on(Plan("plus", allowances=unlimited, limits=limits, prices=[Price("small", 0, unit="large")]))
    wallet = wallet.spend(80, "large", at=on(7, 1, 9)).wallet.spend(50, "reasoning", at=on(7, 1, 9)).wallet
    assert [wallet.at(on(7, 1, hour)).available("large") for hour in (11, 12)] == [0, 80]
    assert [wallet.at(on(7, day)).available("reasoning") for day in (7, 8)] == [0, 50]
    assert wallet.spend(1_000, "small", at=on(7, 1, 9)).entries == ()


def test_a_session_of_five_hours_and_a_week_besides() -> None:
    """An assistant: so much in five hours from the first message, so much in a week, part of it for the large model."""
    limits = [
        Limit("session", 100, window=timedelta(hours=5)),
        Limit("week", 400, every=periods.subscription_week()),
        Limit("large", 150, every=periods.subscription_week(), scope={"model": {"large"}}),
    ]
    wallet = opened_on(Plan("max", allowances=[Allowance(None, "use")], limits=limits))
    used: Amount = 0
    for hour in (0, 5, 10):
        moment, labels = on(7, 1, hour), {"model": "large"}
        used += wallet.at(moment).available(labels=labels) or 0
        wallet = wallet.spend(wallet.at(moment).available(labels=labels) or 0, at=moment, labels=labels).wallet
    assert used == 150
    assert wallet.at(on(7, 1, 10)).available(labels={"model": "small"}) == 100


def test_a_mobile_contract() -> None:
    """Ten gigabytes a month, what is left lasts one month more and goes first; slow at zero; a pass until midnight."""
    today = Offer("day_pass", price=Decimal(2), pack=1_000, life=Life(days=1, ends="end_of_day"))
    plan = Plan(
        "mobile",
        allowances=[Allowance(10_000, "megabytes", life=Life(periods=2)), Allowance(None, "minutes")],
        offers=[today],
        draw=policies.soonest_expiring,
        at_zero=AtZero(degrade_to="64k"),
        period=MONTH,
    )
    wallet = opened_on(plan, at=on(1, 20)).spend(7_000, at=on(2, 1)).wallet
    assert wallet.at(on(2, 20)).available() == 13_000
    spent = wallet.spend(4_000, at=on(2, 21))
    assert isinstance(spent.entry, Spent)
    assert [draw.amount for draw in spent.entry.draws()] == [3_000, 1_000]
    assert wallet.at(on(3, 20)).available() == 20_000
    assert wallet.at(on(3, 20)).available("minutes") is None
