"""What a reviewer broke, and stays mended: each was wrong money, or money paid and not credited."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.support.rich import july
from tokenpurse import (
    Alert,
    Allowance,
    AutoTopUp,
    Balance,
    Bound,
    Catalogue,
    Limit,
    Offer,
    PayAsYouGo,
    Plan,
    Price,
    Wallet,
    periods,
    replay,
)
from tokenpurse.entries import PeriodOpened
from tokenpurse.errors import PlanError, UnknownNameError
from tokenpurse.units import Unit

CREDITS = Offer("credits", unit="USD", price=Decimal(1))


def test_one_currency_has_one_scale_in_a_catalogue() -> None:
    """Five dollars kept in six places must not be read as fifty thousand kept in two."""
    cents = Plan("cents", units=[Unit.money("USD", kept=2)], offers=[CREDITS])
    micro = Plan("micro", offers=[CREDITS])

    with pytest.raises(PlanError, match="another plan of the catalogue defines USD with other places") as wrong:
        Catalogue([cents, micro])
    assert (wrong.value.field, wrong.value.value) == ("units", "USD")


def test_empty_buckets_never_keep_a_purchase_out() -> None:
    """A thousand small charges in one period: each is credited, and the gauge keeps what the first ones paid."""
    plan = Plan("p", offers=[CREDITS], auto_top_up=AutoTopUp("credits"), period=periods.once())
    opened = Wallet.open(plan, id="a", at=july(1))
    change = opened.wallet.set_auto_top_up(threshold=Decimal(1), purchase=Decimal(5), at=july(1))
    entries = [*opened.entries, *change.entries]
    for number in range(1_005):
        paid = change.wallet.confirm(change.requests[0], at=july(1), payment=f"p{number}")
        change = paid.wallet.spend(Decimal(5), "USD", at=july(1))
        entries += [*paid.entries, *change.entries]

    assert len(change.view.buckets()) <= 501
    assert change.view.gauge("USD").used == Decimal(5_025)
    assert replay(entries) == change.wallet


def test_auto_top_up_stays_within_the_present_offers_bounds() -> None:
    """What was chosen on a larger plan is not charged where the offer sells less."""
    auto = AutoTopUp("credits")
    small = Offer("credits", unit="USD", price=Decimal(1), maximum=Decimal(50))
    plans = Catalogue(
        [Plan("big", rank=1, offers=[CREDITS], auto_top_up=auto), Plan("small", offers=[small], auto_top_up=auto)]
    )
    wallet = Wallet.open("big", catalogue=plans, id="x", at=july(1)).wallet
    wallet = wallet.top_up("credits", Decimal(1_000), at=july(1), payment="p").wallet
    wallet = wallet.set_auto_top_up(threshold=Decimal(100), purchase=Decimal(5_000), at=july(1)).wallet

    assert wallet.spend(Decimal(950), "USD", at=july(2)).requests != ()
    wallet = wallet.change_plan("small", at=july(2), when="now").wallet
    assert wallet.spend(Decimal(950), "USD", at=july(2)).requests == ()


def test_one_purchase_ends_what_asked_for_it() -> None:
    """At or below a threshold that equals the purchase, one would land on the line and ask again: two do not."""
    plan = Plan("p", offers=[CREDITS], auto_top_up=AutoTopUp("credits", when="at_or_below"))
    wallet = Wallet.open(plan, id="x", at=july(1)).wallet

    change = wallet.set_auto_top_up(threshold=Decimal(10), purchase=Decimal(10), at=july(1))
    paid = change.wallet.confirm(change.requests[0], at=july(1), payment="p")
    assert (paid.requests, paid.view.balance("USD")) == ((), Decimal(20))
    just_below = wallet.set_auto_top_up(threshold=Decimal("9.999999"), purchase=Decimal(10), at=july(1))
    assert just_below.wallet.confirm("charge:1", at=july(1), payment="p").view.balance("USD") == Decimal(10)


def test_the_payment_of_a_brought_balance_is_known_as_long_as_its_bucket_lives() -> None:
    """Its webhook comes again after 400 days."""
    plan = Plan("p", offers=[Offer("pack", price=Decimal(1), pack=700)])
    brought = [Balance("top_up", 700, payment="old"), Balance("credit", 5, payment="spent")]
    wallet = Wallet.open(plan, id="x", at=july(1), balances=brought).wallet
    late = datetime(2027, 9, 1, tzinfo=UTC)
    wallet = wallet.grant(1, at=late, ref="g").wallet

    again = wallet.top_up("pack", 700, at=late, payment="old")
    assert again.repeated
    assert again.view.balance() == 706


@pytest.mark.parametrize(
    ("maximum", "minimum", "kept"), [(20, None, False), (500, 300, True), (600, 501, False), (None, None, True)]
)
def test_a_chosen_limit_ends_where_the_next_plan_would_not_allow_it(maximum: Any, minimum: Any, kept: bool) -> None:
    """A downgrade must not keep the larger plan's exposure."""
    grove = Plan("grove", rank=1, allowances=[Allowance(100)], limits=[Limit("cap", Bound("allowance"))])
    tree = Plan(
        "tree",
        allowances=[Allowance(10)],
        pay_as_you_go=[PayAsYouGo(Decimal(3))],
        limits=[Limit("cap", Bound("allowance"), minimum=minimum, maximum=maximum)],
    )
    wallet = Wallet.open("grove", catalogue=Catalogue([grove, tree]), id="x", at=july(1)).wallet
    wallet = wallet.set_limit("cap", 500, at=july(1)).wallet.change_plan("tree", at=july(2)).wallet

    assert wallet.at(july(32)).limit() == (500 if kept else 10)


def test_a_new_revision_ends_a_limit_that_it_counts_in_another_unit() -> None:
    """500 tokens must not become a limit of 0.0005 dollars; a low limit that was chosen on this plan stays."""
    sms = [Unit.meter("sms")]
    limits = [Limit("cap"), Limit("low", unit="sms", amount=9)]
    first = Plan("p", allowances=[Allowance(1_000)], limits=limits, units=sms)
    wallet = Wallet.open(first, id="x", at=july(1)).wallet
    wallet = wallet.set_limit("cap", 500, at=july(1)).wallet.set_limit("low", 5, at=july(1)).wallet
    second = Plan(
        "p",
        revision=2,
        allowances=[Allowance(1_000)],
        prices=[Price("tokens", Decimal(1))],
        limits=[Limit("cap", unit="USD"), Limit("low", unit="sms", amount=9)],
        units=sms,
    )
    change = wallet.bind(Catalogue([first, second])).advance(july(32))
    (opened,) = change.entries

    assert isinstance(opened, PeriodOpened)
    assert opened.limits_dropped == ("cap",)
    assert (change.view.limit("USD"), change.view.limit("sms")) == (None, 5)


def test_auto_top_up_can_be_turned_off_on_a_plan_that_offers_none() -> None:
    """A customer can always revoke what they agreed to; going back must not charge at once."""
    plans = Catalogue([Plan("a", offers=[CREDITS], auto_top_up=AutoTopUp("credits")), Plan("b", rank=1)])
    wallet = Wallet.open("a", catalogue=plans, id="x", at=july(1)).wallet
    wallet = wallet.top_up("credits", Decimal(20), at=july(1), payment="p").wallet
    wallet = wallet.set_auto_top_up(threshold=Decimal(10), purchase=Decimal(10), at=july(1)).wallet
    wallet = wallet.change_plan("b", at=july(2), when="now").wallet

    off = wallet.set_auto_top_up(enabled=False, at=july(3))
    assert off.view.auto_top_up is None
    with pytest.raises(UnknownNameError, match="plan b offers none"):
        off.wallet.set_auto_top_up(enabled=False, at=july(3))


def test_a_detour_over_a_plan_without_the_alert_arms_it_again() -> None:
    """Low on the first plan, plenty on the second, low again on the first: two notices."""
    plans = Catalogue([Plan("a", rank=1, alerts=[Alert("low", "left", below=10)]), Plan("b")])
    wallet = Wallet.open("a", catalogue=plans, id="x", at=july(1)).wallet.grant(50, at=july(1)).wallet
    low = wallet.spend(45, at=july(1))
    away = low.wallet.change_plan("b", at=july(2), when="now").wallet.grant(500, at=july(2)).wallet
    back = away.spend(500, at=july(2)).wallet.change_plan("a", at=july(3), when="now")

    assert [notice.id for notice in low.notices] == ["low#1"]
    assert [notice.id for notice in back.notices] == ["low#2"]


def test_a_wallet_is_not_bound_to_a_catalogue_that_would_read_it_otherwise() -> None:
    """A new price list that keeps dollars in other places, or that lacks the plan a customer is to change to."""
    plan = Plan("p", offers=[CREDITS], rank=1)
    opened = Wallet.open("p", catalogue=Catalogue([plan, Plan("free")]), id="x", at=july(1))
    paid = opened.wallet.top_up("credits", Decimal(5), at=july(1), payment="p")
    cents = Plan("p", units=[Unit.money("USD", kept=2)], offers=[CREDITS], rank=1)

    with pytest.raises(PlanError, match="the wallet holds USD with other places"):
        paid.wallet.bind(Catalogue([cents, Plan("free")]))
    leaving = paid.wallet.change_plan("free", at=july(2))
    with pytest.raises(UnknownNameError, match="unknown plan 'free'"):
        leaving.wallet.bind(Catalogue([plan]))
    with pytest.raises(UnknownNameError, match="unknown plan 'free'"):
        replay([*opened.entries, *paid.entries, *leaving.entries], catalogue=Catalogue([plan]))
    assert leaving.wallet == leaving.wallet.bind(Catalogue([plan, Plan("free"), Plan("new")]))
