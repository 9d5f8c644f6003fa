"""Reads of units that are unlimited, or that only the plan that was left has."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.cases import on, opened_on
from tokenpurse import Allowance, Catalogue, Limit, Offer, Plan, Price, Switch, Wallet, periods
from tokenpurse.errors import UnknownNameError
from tokenpurse.readings import Gauge
from tokenpurse.units import Unit

IMAGES = Unit.meter("images", shown=1)


def test_the_gauge_of_an_unlimited_meter_has_no_size() -> None:
    """It shows what was used; what was given beside it is no bound, and a limit is one."""
    chat = Plan("chat", allowances=[Allowance(None, "messages"), Allowance(5, IMAGES)])
    view = opened_on(chat).spend({"messages": 1_160, "images": 2}, at=on(7, 2)).view
    assert (str(view.gauge()), view.gauge().unlimited, view.gauge().used) == ("[1,160/-]", True, 1_160)
    assert (str(view.gauge("images")), view.gauge("images").unlimited) == ("[0.2/0.5]", False)
    assert "[1,160/-]" in repr(view)
    given = opened_on(chat).grant(100, "messages", at=on(7, 1)).wallet.spend(160, at=on(7, 2)).view
    assert given.gauge() == Gauge(160, 100, unlimited=True)
    capped = Plan("capped", allowances=[Allowance(None, "messages")], limits=[Limit("month", 500)])
    assert str(opened_on(capped).spend(160, at=on(7, 2)).view.gauge()) == "[160/500]"
    daily = Plan(
        "daily", allowances=[Allowance(None, "messages")], limits=[Limit("d", 500, every=periods.calendar_day())]
    )
    assert str(opened_on(daily).spend(160, at=on(7, 2)).view.gauge()) == "[160/-]"


def test_what_is_available_of_a_unit_whose_plan_was_left() -> None:
    """What is there while it is there, and nothing once the last bucket of it is gone: no read fails at a reset."""
    packs = Offer("packs", unit="credits", price=Decimal(1), pack=5)
    shop = Catalogue(
        [
            Plan(
                "paid",
                allowances=[Allowance(10, "credits")],
                offers=[packs],
                prices=[Price("image", 2, unit="credits")],
                cancels_to="free",
                on_cancel=Switch(when="now"),
            ),
            Plan("free", allowances=[Allowance(10)]),
        ]
    )
    wallet = Wallet.open("paid", catalogue=shop, id="acme", at=on(7, 1)).wallet
    left = wallet.top_up("packs", 5, at=on(7, 1), payment="pay_1").wallet.change_plan("free", at=on(7, 2)).wallet
    used = left.spend(5, "credits", at=on(7, 3)).wallet
    assert [left.at(on(day, 1)).available("credits") for day in (8, 9)] == [5, 5]
    assert [used.at(moment).available("credits") for moment in (on(7, 3), on(8, 1))] == [0, 0]
    assert str(used.at(on(8, 1)).gauge("credits")) == "[0/0]"
    assert used.at(on(8, 1)).available("image") == 0
    with pytest.raises(UnknownNameError, match="unknown meter 'credit'"):
        used.at(on(8, 1)).available("credit")
