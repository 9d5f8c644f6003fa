"""Pay-as-you-go of money: what is used beyond its buckets is billed one to one, at kept places, rounded once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from tests.support.cases import on
from tests.verbs.test_bill_at import Walk
from tokenpurse import Allowance, LateUse, Limit, Offer, PayAsYouGo, Plan, Price, Wallet, replay
from tokenpurse.errors import HistoryError, LimitReached, PlanError
from tokenpurse.prose import explain
from tokenpurse.units import Unit


def cursor(**more: Any) -> Plan:
    """Cursor: 20 USD of use at API prices are included, and what goes beyond is billed."""
    said: dict[str, Any] = {
        "allowances": [Allowance(Decimal(20), "USD")],
        "prices": [Price("tokens", Decimal(3), per=1_000_000), Price("image", Decimal("0.04"))],
        "pay_as_you_go": [PayAsYouGo(meter="USD")],
    }
    return Plan("cursor", **{**said, **more})


def test_what_prices_take_beyond_the_included_money_is_billed_one_to_one() -> None:
    """Buckets pay first; of the rest the kept places are summed, and rounded once, half up."""
    walk = Walk(cursor())
    change = walk("spend", 7_000_001, "tokens")
    assert change.entry.paid_by() == {("quota", "USD"): Decimal("20.00")}
    assert [str(line) for line in change.view.accrued()] == ["1.000003 USD of use beyond credit = 1.00 USD"]
    assert (change.view.usage("USD"), change.view.available("tokens")) == (Decimal("21.000003"), None)
    assert str(change.view.gauge("USD")) == "[21.000003/20.00]"
    walk("spend", 1_665, "tokens")  # a line of its own would come to nothing
    assert [str(line) for line in walk.wallet.at(on(7, 1)).accrued()] == [
        "1.004998 USD of use beyond credit = 1.00 USD"
    ]
    walk("spend", 1, "tokens")
    said = walk("advance", at=on(8, 1)).entries[0].statement
    assert [str(line) for line in said.lines] == ["1.005001 USD of use beyond credit = 1.01 USD"]
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


def test_a_limit_on_money_counts_it_once_and_exactly() -> None:
    """Included and beyond together; for a member as well, and held as used."""
    limits = [Limit("all", Decimal("20.10"), unit="USD"), Limit("each", Decimal("20.06"), unit="USD", per="member")]
    walk = Walk(cursor(limits=limits))
    ann = {"member": "ann"}
    view = walk.wallet.at(on(7, 1))
    assert (view.available("image"), view.available("image", labels=ann)) == (502, 501)
    walk("hold", 500, "image", ref="job", until=timedelta(hours=1), labels=ann)
    assert walk.wallet.at(on(7, 1)).available("image", labels=ann) == 1
    walk("capture", "job")
    change = walk("spend", 1, "image", labels=ann)
    assert [(one.name, one.used) for one in change.view.limits(ann)] == [
        ("all", Decimal("20.04")),
        ("each", Decimal("20.04")),
    ]
    assert [one.amount for one in change.entry.counted] == [Decimal("0.04")]
    with pytest.raises(LimitReached, match="limit each of"):
        walk("spend", 1, "image", labels=ann)
    walk("refund", change.entry, 1)
    assert [one.used for one in walk.wallet.at(on(7, 1)).limits(ann)] == [Decimal("20.00"), Decimal("20.00")]
    assert walk.wallet.at(on(7, 1)).accrued() == ()
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet
    nothing = Wallet.open(cursor(limits=[Limit("all", Decimal(0), unit="USD")]), id="acme", at=on(7, 1)).view
    assert nothing.available("image") == 0


def test_late_use_of_money_is_billed_with_its_period() -> None:
    """On the line of the closed period, within that period's limit, and counted once there."""
    plan = cursor(late_use=LateUse("own", grace=timedelta(days=2)), limits=[Limit("all", Decimal("20.10"), unit="USD")])
    walk = Walk(plan)
    walk("spend", 501, "image")
    late = {"at": on(8, 1), "occurred_at": on(7, 31)}
    with pytest.raises(LimitReached):
        walk("spend", 2, "image", **late)
    walk("spend", 1, "image", **late)
    [line] = walk.wallet.at(on(8, 1)).accrued()
    assert (line.meter.amount(line.quantity), line.meter.amount(line.before)) == (Decimal("0.04"), Decimal("0.04"))
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


def test_it_is_billed_at_a_bound_and_given_back_after_the_bill() -> None:
    """As any other line."""
    walk = Walk(cursor(pay_as_you_go=[PayAsYouGo(meter="USD", bill_at=Decimal(1))]))
    spent = walk("spend", 525, "image").entries[0]
    assert walk.billed() == ["1.00 USD"]
    walk("refund", spent, 25)
    assert walk.open() == ["refund of 1.00 USD of use beyond credit = -1.00 USD"]
    assert sum(line.cost.amount for line in walk.wallet.at(on(7, 1)).accrued()) == Decimal("-1.00")
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


def test_prepaid_credit_and_other_lines_in_the_currency_go_beside_it() -> None:
    """What is bought pays before it; a meter without a price has a line of its own."""
    plan = cursor(
        offers=[Offer("credits", unit="USD", price=Decimal(1))],
        pay_as_you_go=[PayAsYouGo(meter="USD"), PayAsYouGo(Decimal("0.10"), meter="sms")],
        limits=[Limit("all", Decimal(26), unit="USD")],
    )
    walk = Walk(plan)
    walk("top_up", "credits", Decimal(5), payment="pay_1")
    change = walk("spend", {"image": 630, "sms": 3})
    assert change.entry.paid_by() == {("quota", "USD"): Decimal("20.00"), ("credit", "USD"): Decimal("5.00")}
    assert [str(line.cost) for line in change.view.accrued()] == ["0.20 USD", "0.30 USD"]
    assert (change.view.usage("USD"), change.view.available("sms")) == (Decimal("25.50"), 5)
    assert walk("spend", Decimal("0.5"), "USD").view.available("sms") == 0
    assert replay(walk.entries, catalogue=walk.plans) == walk.wallet


def test_the_plans_own_meter_may_be_the_money() -> None:
    """Left out, it is the plan's first."""
    assert cursor(pay_as_you_go=[PayAsYouGo()]).terms.postpaid == cursor().terms.postpaid


CREDIT = Unit.money("credits", kept=3)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"price": Decimal(1)}, "price"),
        ({"per": 5}, "per"),
        ({"times": {"a": {"b": 2}}}, "times"),
        ({"step": 2}, "step"),
        ({"minimum": 2}, "minimum"),
        ({"pack": 2}, "pack"),
        ({"currency": "EUR"}, "currency"),
    ],
)
def test_money_is_billed_one_to_one_and_nothing_else_is_said_of_it(said: dict[str, Any], field: str) -> None:
    """Whatever a quantity would have has no sense here; its own currency may be said."""
    with pytest.raises(PlanError, match=rf"PayAsYouGo of USD: {field} is .*, USD is billed one to one: leave it out"):
        cursor(pay_as_you_go=[PayAsYouGo(**{"meter": "USD", **said})])
    assert cursor(pay_as_you_go=[PayAsYouGo(meter="USD", currency="USD")])
    assert Plan("own", pay_as_you_go=[PayAsYouGo(meter=CREDIT)]).terms.postpaid["credits"].unit == CREDIT


def test_a_meter_whose_price_is_billed_has_no_other_bill() -> None:
    """What the price takes is always let through, so nothing of the meter is ever left over."""
    beyond = [PayAsYouGo(meter="USD"), PayAsYouGo(Decimal("0.10"), meter="image")]
    with pytest.raises(PlanError, match="PayAsYouGo of image: meter is 'image', what its price takes beyond every"):
        cursor(pay_as_you_go=beyond)


def test_replay_finds_money_that_is_not_billed_one_to_one() -> None:
    """At half the price."""
    walk = Walk(cursor())
    spent = walk("spend", 501, "image").entries[0]
    [use] = spent.uses
    line = use.priced.paid.postpaid
    half = evolve(line, rate=evolve(line.rate, per_steps=2))
    forged = evolve(use, priced=evolve(use.priced, paid=evolve(use.priced.paid, postpaid=half)))
    with pytest.raises(HistoryError, match="money is billed one to one"):
        replay((walk.entries[0], evolve(spent, uses=(forged,))))


def test_it_is_said_in_words() -> None:
    """To a customer: they can go on, and when it is billed."""
    said = "When your credit is used up, you can go on, and what it costs is billed at the end of the month"
    assert f"{said}." in explain(cursor())
    sooner = cursor(pay_as_you_go=[PayAsYouGo(meter="USD", bill_at=Decimal(50))])
    assert f"{said}, and before that each time 50.00 USD have run up." in explain(sooner)
