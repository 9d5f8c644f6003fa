"""`Offer.life`: what is bought ends, and a later purchase may restart its clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from tests.support.rich import july
from tokenpurse import Allowance, AutoTopUp, Bound, Change, Life, Offer, Plan, Renewal, Wallet, periods, replay
from tokenpurse.entries import Expired, ToppedUp
from tokenpurse.errors import HistoryError

TICK = timedelta(microseconds=1)


def shop(life: Life | None, *, zone: str = "UTC", at: datetime | None = None, **plan: Any) -> Wallet:
    offer = Offer("pack", price=Decimal(5), pack=100, bonus=Bound("purchase", Decimal("0.1")), life=life)
    said = Plan(
        "p", **{"allowances": [Allowance(10)], "offers": [offer], "period": periods.subscription_month(), **plan}
    )
    return Wallet.open(said, id="acme", at=at or july(1), zone=zone).wallet


def bought(wallet: Wallet, at: datetime, payment: str = "pay_1", **more: Any) -> Change:
    return wallet.top_up("pack", 100, at=at, payment=payment, **more)


def ends(wallet: Wallet, at: datetime) -> dict[str, datetime | None]:
    return {bucket.id: bucket.expires for bucket in wallet.at(at).buckets() if not bucket.allowance}


@pytest.mark.parametrize(
    ("life", "end"),
    [
        (None, None),
        (Life(), None),
        (Life(days=3), july(23)),
        (Life(months=12), datetime.fromisoformat("2027-07-20T00:00Z")),
        (Life(periods=1), july(32)),
        (Life(periods=2), datetime.fromisoformat("2026-09-01T00:00Z")),
        (Life(days=90, counted_from="renewal"), datetime.fromisoformat("2026-10-30T00:00Z")),
        (Life(months=1, counted_from="period_end"), datetime.fromisoformat("2026-09-01T00:00Z")),
        (Life(days=3, ends="end_of_day"), july(23)),
        (Life(days=0, ends="end_of_day"), july(21)),
        (Life(days=0, ends="end_of_day", counted_from="period_end"), datetime.fromisoformat("2026-08-02T00:00Z")),
    ],
)
def test_what_is_bought_and_its_bonus_end_as_the_offer_says(life: Life | None, end: datetime | None) -> None:
    change = bought(shop(life), july(20))

    assert [bucket.expires for bucket in change.view.buckets() if not bucket.allowance] == [end, end]
    if end is not None:
        assert change.wallet.at(end - TICK).by_kind()["promo"] == 10
        over = change.wallet.advance(at=end)
        assert Expired in {type(entry) for entry in over.entries if entry.at == end}
        assert over.view.available() == 10
        assert replay((*opened(shop(life)), *change.entries, *over.entries)) == over.wallet


def opened(wallet: Wallet) -> tuple[Any, ...]:
    return Wallet.open(wallet._state.frame.plan, id="acme", at=july(1)).entries


@pytest.mark.parametrize(
    ("zone", "life", "end"),
    [
        ("America/New_York", Life(days=1, ends="end_of_day"), "2026-07-22T04:00Z"),
        ("Asia/Kolkata", Life(days=1, ends="end_of_day"), "2026-07-21T18:30Z"),
        ("America/New_York", Life(months=4), "2026-11-20T13:00Z"),
        ("America/New_York", Life(days=150), "2026-12-17T13:00Z"),
    ],
)
def test_a_life_is_counted_on_the_wallets_clock(zone: str, life: Life, end: str) -> None:
    change = bought(shop(life, zone=zone), july(20, 12))

    assert change.view.buckets()[-1].expires == datetime.fromisoformat(end)


def test_what_starts_later_lives_from_then_on() -> None:
    change = bought(shop(Life(days=3)), july(20), starts=july(25))
    assert change.view.buckets()[-1].expires == july(28)

    change = bought(shop(Life(periods=1)), july(20), starts=july(40))
    assert change.view.buckets()[-1].expires == datetime.fromisoformat("2026-09-01T00:00Z")


def test_a_period_without_an_end_ends_nothing() -> None:
    for life in (Life(periods=1), Life(days=5, counted_from="period_end")):
        change = bought(shop(life, period=periods.once()), july(20))
        assert change.view.buckets()[-1].expires is None


def test_bought_in_a_pause_it_counts_as_if_resumed_then() -> None:
    wallet = shop(Life(periods=1)).pause(at=july(10)).wallet

    change = bought(wallet, july(50))

    assert change.view.buckets()[-1].expires == datetime.fromisoformat(
        "2026-09-10T00:00Z"
    )  # 22 days were left of the period


def test_what_is_bought_in_a_grace_that_ended_counts_from_no_period() -> None:
    plan = {"renewal": Renewal(grace=timedelta(days=3)), "allowances": [Allowance(10, given="on_payment")]}
    wallet = shop(Life(periods=1), **plan).advance(at=july(40)).wallet

    assert bought(wallet, july(40)).view.buckets()[-1].expires is None


def test_a_later_purchase_restarts_the_clock_of_the_earlier_ones() -> None:
    life = Life(days=10, counted_from="last_purchase")
    first = bought(shop(life), july(1))
    second = bought(first.wallet, july(6), "pay_2")
    (entry,) = second.entries

    assert isinstance(entry, ToppedUp)
    assert dict(entry.ends) == {"top_up:tokens/1": july(16), "promo:tokens/2": july(16)}
    assert set(ends(second.wallet, july(6)).values()) == {july(16)}
    third = bought(second.wallet, july(16), "pay_3")  # at the very end they are over
    assert [type(one) for one in third.entries] == [Expired, ToppedUp]
    assert set(ends(third.wallet, july(16)).values()) == {july(26)}
    assert replay((*opened(shop(life)), *first.entries, *second.entries, *third.entries)) == third.wallet


def test_an_end_never_moves_earlier() -> None:
    wallet = bought(shop(Life(days=10, counted_from="last_purchase")), july(1)).wallet
    wallet = wallet.extend("top_up:tokens/1", until=july(30), at=july(2)).wallet

    change = bought(wallet, july(6), "pay_2")

    assert dict(change.entry.ends) == {"promo:tokens/2": july(16)}
    assert ends(change.wallet, july(6))["top_up:tokens/1"] == july(30)


def test_the_clock_restarts_at_the_purchase_even_if_that_starts_later() -> None:
    wallet = bought(shop(Life(days=10, counted_from="last_purchase")), july(1)).wallet

    change = bought(wallet, july(6), "pay_2", starts=july(20))

    assert ends(change.wallet, july(6))["top_up:tokens/1"] == july(16)
    assert ends(change.wallet, july(6))["top_up:tokens/3"] == july(30)
    later = bought(change.wallet, july(8), "pay_3")
    assert ends(later.wallet, july(8))["top_up:tokens/3"] == july(30)  # it still begins on the 20th


def test_a_restart_may_lead_to_no_end_at_all() -> None:
    life = Life(months=1_200, counted_from="last_purchase")
    at = datetime.fromisoformat("2100-12-31T00:00Z")
    wallet = bought(shop(life, at=at), at).wallet

    change = bought(wallet, at + timedelta(days=1), "pay_2")

    assert set(ends(wallet, at).values()) == {datetime.fromisoformat("2200-12-31T00:00Z")}
    assert set(ends(change.wallet, at + timedelta(days=1)).values()) == {None}


def test_another_offer_restarts_nothing() -> None:
    life = Life(days=10, counted_from="last_purchase")
    offers = [Offer(name, price=Decimal(5), pack=100, life=life) for name in ("pack", "other")]
    offers.append(Offer("plain", price=Decimal(5), pack=100, life=Life(days=10)))
    wallet = bought(shop(None, offers=offers), july(1)).wallet

    for number, name in enumerate(("other", "plain")):
        change = wallet.top_up(name, 100, at=july(5), payment=f"more_{number}")
        assert change.entry.ends == ()
        assert ends(change.wallet, july(5))["top_up:tokens/1"] == july(11)


def test_what_buys_itself_ends_and_restarts_too() -> None:
    life = Life(days=10, counted_from="last_purchase")
    plan = {"auto_top_up": AutoTopUp("pack", counts={"top_up"})}
    wallet = bought(shop(life, **plan), july(1)).wallet
    change = wallet.set_auto_top_up(threshold=100, purchase=100, at=july(2))
    change = change.wallet.spend(60, at=july(3))
    (charge,) = change.requests

    paid = change.wallet.confirm(charge, at=july(4), payment="pay_2")

    assert dict(paid.entry.ends) == {"top_up:tokens/1": july(14), "promo:tokens/2": july(14)}
    assert set(ends(paid.wallet, july(4)).values()) == {july(14)}


@pytest.mark.parametrize(
    "wrong",
    [
        (("top_up:tokens/1", july(11)),),  # no later than it was
        (("top_up:tokens/3", july(30)),),  # its own bucket
        (("quota:tokens@20260701T000000Z", july(30)),),
    ],
)
def test_a_history_whose_ends_are_wrong_is_found(wrong: tuple[Any, ...]) -> None:
    wallet = shop(Life(days=10, counted_from="last_purchase"))
    first = bought(wallet, july(1))
    second = bought(first.wallet, july(6), "pay_2")
    entries = [*opened(wallet), *first.entries, evolve(second.entry, ends=wrong)]

    with pytest.raises(HistoryError, match="it restarts bucket"):
        replay(entries)


def test_a_day_pass_is_over_at_the_next_local_midnight() -> None:
    """Bought at midnight it is for that day, a moment before it for none any more; bought again, until the same one."""
    for at, zone, end in (
        ("2026-07-20T00:00Z", "UTC", "2026-07-21T00:00Z"),
        ("2026-07-19T23:59:59.999999Z", "UTC", "2026-07-20T00:00Z"),
        ("2026-07-20T08:00Z", "Asia/Tokyo", "2026-07-20T15:00Z"),
        ("2026-07-20T15:00Z", "Asia/Tokyo", "2026-07-21T15:00Z"),
        ("2026-10-25T00:30Z", "Europe/Berlin", "2026-10-25T23:00Z"),
    ):
        until = datetime.fromisoformat(end)
        change = bought(
            shop(Life(days=0, ends="end_of_day", counted_from="last_purchase"), zone=zone), datetime.fromisoformat(at)
        )
        assert set(ends(change.wallet, change.wallet.clock).values()) == {until}
        again = bought(change.wallet, until - TICK, payment="pay_2").wallet
        assert set(ends(again, again.clock).values()) == {until}
        assert again.at(until).available() == 10


def test_a_grant_may_be_for_the_day_it_is_given_on() -> None:
    """An allowance that each month is there for what is left of its first day."""
    life = Life(days=0, ends="end_of_day")
    plan = Plan("p", allowances=[Allowance(5, life=life)], period=periods.subscription_month())
    wallet = Wallet.open(plan, id="acme", at=july(1) + timedelta(hours=9)).wallet
    moments = (july(2) - TICK, july(2), july(32) + timedelta(hours=8), july(32) + timedelta(hours=9), july(33))
    assert [wallet.at(at).available() for at in moments] == [5, 0, 0, 5, 0]
    assert len(wallet.advance(july(1) + timedelta(days=36_500)).entries) < 10
