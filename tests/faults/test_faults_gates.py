"""Auto top-up, notices, and gates: F69 to F72."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.cases import holding, on, opened_on
from tokenpurse import Alert, Allowance, AutoTopUp, Balance, Bound, Limit, Offer, Plan, Price, Wallet
from tokenpurse.errors import AmountError, Refused
from tokenpurse.notices import Charge

CASH = Offer("cash", unit="USD", price=Decimal(1))


def filling(threshold: str, balance: str, **auto: Any) -> Wallet:
    """A wallet with money that buys 20 dollars when it falls below a threshold."""
    brought = [Balance("credit", Decimal(balance), "USD")]
    wallet = holding(*brought, offers=[CASH], auto_top_up=AutoTopUp("cash", **auto))
    return wallet.set_auto_top_up(threshold=Decimal(threshold), purchase=Decimal(20), at=on(7, 1)).wallet


def test_f69_one_request_at_a_time_and_none_too_soon_after_a_failure() -> None:
    """Lago #6175, #6176: an attempt every few seconds. Autumn #2536, Helicone #5184: two for one fall."""
    wallet = filling("10", "50").spend(Decimal(45), "USD", at=on(7, 2)).wallet
    asked = [request.id for request in wallet.at(on(7, 2)).pending()]
    for minute in range(1, 31):
        change = wallet.spend(Decimal("0.1"), "USD", at=on(7, 2, 0, minute))
        assert change.requests == ()
        wallet = change.wallet
    assert asked == ["charge:1"] == [request.id for request in wallet.at(wallet.clock).pending()]

    failed = wallet.decline("charge:1", at=on(7, 3)).wallet
    for minute in range(1, 31):
        change = failed.spend(Decimal("0.01"), "USD", at=on(7, 3, 0, minute))
        assert change.requests == ()
        failed = change.wallet
    assert failed.advance(on(7, 4) - timedelta(microseconds=1)).requests == ()
    assert [request.id for request in failed.advance(on(7, 4)).requests] == ["charge:2"]


def test_f69_a_payment_that_is_reported_twice_fills_once() -> None:
    """The request's id is what the provider is given, so that it charges once as well."""
    wallet = filling("10", "50").spend(Decimal(45), "USD", at=on(7, 2)).wallet
    paid = wallet.confirm("charge:1", at=on(7, 2), payment="pi_1").wallet

    assert paid.confirm("charge:1", at=on(7, 2), payment="pi_1").entries == ()
    assert paid.at(on(7, 2)).balance("USD") == Decimal(25)


def test_f69_a_period_has_its_maximum_and_failures_end_it() -> None:
    """Lago 2e3d3235b: nothing bounded how often. Twenty dollars twice, then none; after three declines it is off."""
    wallet = filling("10", "20", spend_max=Decimal(40))
    for day in (2, 3, 4):
        change = wallet.spend(wallet.at(on(7, day)).balance("USD"), "USD", at=on(7, day))
        assert len(change.requests) == (day < 4)
        wallet = change.wallet
        for request in change.requests:
            wallet = wallet.confirm(request, at=on(7, day), payment=f"pi_{day}").wallet
    assert wallet.at(on(7, 31)).pending() == ()
    assert [request.id for request in wallet.at(on(8, 1)).pending()] == ["charge:3"]

    failing = filling("10", "5")
    for day in (2, 3, 4):
        (request,) = failing.at(on(7, day)).pending()
        failing = failing.decline(request, at=on(7, day)).wallet
    assert failing.at(on(7, 31)).pending() == ()


@pytest.mark.parametrize(("when", "asks"), [("below", False), ("at_or_below", True)])
def test_f70_exactly_on_the_threshold_is_said(when: str, asks: bool) -> None:
    """Lago #6177: a fill that landed on the threshold fired again. Whether reaching it counts is said in the plan."""
    wallet = filling("10", "50", when=when)
    change = wallet.spend(Decimal(40), "USD", at=on(7, 2))
    assert bool(change.requests) == asks


@pytest.mark.parametrize("threshold", ["0.01", "15", "20"])
def test_f70_what_was_bought_ends_the_reason_to_buy(threshold: str) -> None:
    """Paid once, it asks for no more: at the threshold at least, where what is below it counts."""
    wallet = filling(threshold, "50").spend(Decimal(50), "USD", at=on(7, 2)).wallet
    paid = wallet.confirm("charge:1", at=on(7, 2), payment="pi_1")
    assert (paid.view.balance("USD"), paid.requests, paid.view.pending()) == (Decimal(20), (), ())


def test_f70_where_one_purchase_lands_on_the_threshold_the_one_request_is_for_two() -> None:
    """At it, or above one purchase: one payment ends the reason to buy."""
    for given, bought in (({"when": "at_or_below"}, 40), ({}, 20)):
        change = filling("20", "50", **given).spend(Decimal(50), "USD", at=on(7, 2))
        assert [each.amount for each in change.requests if isinstance(each, Charge)] == [Decimal(bought)]
        assert change.wallet.confirm("charge:1", at=on(7, 2), payment="pi_1").requests == ()
    above = filling("20.000001", "50").spend(Decimal(50), "USD", at=on(7, 2))
    assert [each.amount for each in above.requests if isinstance(each, Charge)] == [Decimal(40)]


@pytest.mark.parametrize("threshold", [10, 10.0, "10"])
def test_f70_money_and_tokens_are_not_mixed(threshold: Any) -> None:
    """The threshold is in what the offer sells: an `int` is no money, and a `Decimal` no tokens."""
    wallet = holding(offers=[CASH], auto_top_up=AutoTopUp("cash"))
    with pytest.raises(AmountError):
        wallet.set_auto_top_up(threshold=threshold, purchase=Decimal(20), at=on(7, 1))
    tokens = holding(offers=[Offer("pack", price=Decimal(1))], auto_top_up=AutoTopUp("pack"))
    with pytest.raises(AmountError):
        tokens.set_auto_top_up(threshold=Decimal(10), purchase=20, at=on(7, 1))
    asked = tokens.set_auto_top_up(threshold=10, purchase=20, at=on(7, 1)).requests
    assert [(type(each), each.amount) for each in asked if isinstance(each, Charge)] == [(Charge, 20)]


def test_f71_a_notice_comes_once_for_each_crossing() -> None:
    """Akash console #3896: ten mails in a week for one low balance. Autumn #2173, octopus #506."""
    plan = Plan(
        "p", allowances=[Allowance(100)], alerts=[Alert("low", "left", below=Bound("allowance", Decimal("0.2")))]
    )
    wallet = opened_on(plan)
    sent: list[tuple[str, int]] = []
    for day in range(1, 11):
        change = wallet.spend(9, at=on(7, day), ref=f"call-{day}")
        sent += [(notice.id, day) for notice in change.notices]
        wallet = change.wallet
    assert [day for _, day in sent] == [9]

    again = wallet.advance(on(8, 1)).wallet.spend(90, at=on(8, 1))
    assert len(again.notices) == 1
    assert again.notices[0].id not in dict(sent)
    assert again.wallet.spend(1, at=on(8, 2)).notices == again.wallet.spend(1, at=on(8, 2), ref="r").notices == ()


GATES: list[tuple[str, dict[str, Any]]] = [
    ("enough and short", {"allowances": [Allowance(100)]}),
    ("an action", {"allowances": [Allowance(100)], "prices": [Price("image", 30, unit="tokens")]}),
    ("a limit", {"allowances": [Allowance(100)], "limits": [Limit("cap", 40)]}),
    ("a price", {"allowances": [Allowance(10)], "prices": [Price("tokens", Decimal("0.1"))], "offers": [CASH]}),
    ("locked", {"allowances": [Allowance(10)], "usable": {"quota"}}),
]


@pytest.mark.parametrize("parts", [parts for _, parts in GATES], ids=[name for name, _ in GATES])
def test_f72_the_gate_asks_what_the_verb_does(parts: Mapping[str, Any]) -> None:
    """Blnk 1a4471f, 95c38d2; recoupable #1962: a check said yes, and the booking said no, or the other way round."""
    wallet = opened_on(Plan("p", **parts)).grant(50, kind="credit", at=on(7, 1)).wallet
    meters = {None, *(price.meter for price in parts.get("prices", ()))}
    for meter in meters:
        view = wallet.at(on(7, 2))
        most = view.available(meter)
        assert isinstance(most, int)
        for amount in range(1, most + 3):
            quote = view.quote(amount, meter)
            try:
                entry, refused = wallet.spend(amount, meter, at=on(7, 2)).entry, None
            except Refused as refusal:
                entry, refused = None, refusal
            assert quote.ok == view.can_spend(amount, meter) == (refused is None) == (amount <= most)
            assert (quote.entry, str(quote.refusal)) == (entry, str(refused))
