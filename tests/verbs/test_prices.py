"""What use costs: prices multiplied by labels, whether it is spent at once, held, refunded or reported late."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.cases import on
from tokenpurse import (
    Allowance,
    LateUse,
    Limit,
    Offer,
    PayAsYouGo,
    Plan,
    Price,
    Wallet,
    periods,
    replay,
    spend_from_pool,
)
from tokenpurse.errors import LimitReached, NotEnough, PlanError
from tokenpurse.units import Unit

PREMIUM = Unit.meter("premium_requests", shown=2)
COPILOT = Plan(
    "copilot",
    allowances=[Allowance(30_000, PREMIUM)],
    prices=[Price("request", 100, unit=PREMIUM, times={"model": {"opus": 10, "mini": Decimal("0.25"), "base": 0}})],
    pay_as_you_go=[PayAsYouGo(Decimal("0.04"), per=100, meter=PREMIUM)],
    limits=[Limit("budget", Decimal(0), unit="USD", setters={"admin"})],
)


def opened(plan: Plan) -> Wallet:
    return Wallet.open(plan, id="acme", at=on(7, 1)).wallet


@pytest.mark.parametrize(
    ("model", "cost", "available"),
    [("opus", 1_000, 30), ("mini", 25, 1_200), ("other", 100, 300), (None, 100, 300), ("base", 0, None)],
)
def test_a_label_multiplies_what_use_costs(model: str | None, cost: int, available: int | None) -> None:
    """GitHub Copilot's model multipliers: ten premium requests, a quarter of one, or none at all."""
    wallet, labels = opened(COPILOT), {"model": model} if model else {}
    assert wallet.at(on(7, 2)).available("request", labels=labels) == available
    change = wallet.spend(1, "request", at=on(7, 2), labels=labels)
    assert change.view.available("premium_requests") == 30_000 - cost
    assert bool(change.entries) == bool(cost)  # a free action never touches the wallet
    assert wallet.at(on(7, 2)).can_spend(available or 10**6, "request", labels=labels)
    assert wallet.at(on(7, 2)).can_spend((available or 0) + 1, "request", labels=labels) == (available is None)


def test_what_goes_beyond_is_billed_at_the_multiplied_price() -> None:
    """Beyond the allowance a premium request costs 0.04, whichever model it went to; a budget of nothing stops it."""
    wallet = opened(COPILOT).spend(30_000, "premium_requests", at=on(7, 2)).wallet
    with pytest.raises(LimitReached) as caught:
        wallet.spend(1, "request", at=on(7, 3), labels={"model": "opus"})
    assert {one.kind: one.to for one in caught.value.remedies}["raise_limit"] == Decimal("0.40")
    assert not wallet.spend(5, "request", at=on(7, 3), labels={"model": "base"}).entries
    wallet = wallet.set_limit("budget", Decimal(10), at=on(7, 3), by="admin").wallet
    wallet = wallet.spend(1, "request", at=on(7, 3), labels={"model": "opus"}).wallet
    assert [str(one) for one in wallet.advance(on(8, 1)).entries[0].statement.totals] == ["0.40 USD"]


TIMES = {"model": {"big": 3, "small": Decimal("0.5")}, "tier": {"fast": 2}}
POSTPAID = Plan("post", allowances=[Allowance(10)], pay_as_you_go=[PayAsYouGo(Decimal("0.01"), times=TIMES)])
PREPAID = Plan(
    "pre",
    prices=[Price("tokens", Decimal("0.01"), per=7, times=TIMES)],
    offers=[Offer("credits", unit="USD", price=Decimal(1))],
    late_use=LateUse("own", grace=timedelta(days=3)),
)


def test_each_multiplied_price_is_a_line_of_its_own() -> None:
    """A statement prices each line once, whatever came between; several labels multiply."""
    wallet = opened(POSTPAID)
    for amount, labels in [
        (11, {}),
        (10, {"model": "big"}),
        (1, {"model": "small"}),
        (10, {"model": "big", "tier": "fast"}),
        (1, {"model": "small"}),
        (5, {"model": "big"}),
        (10, {"model": "small", "tier": "fast"}),  # a half, twice: the plain price
    ]:
        wallet = wallet.spend(amount, at=on(7, 2), labels=labels).wallet
    statement = wallet.advance(on(8, 1)).entries[0].statement
    assert [(line.quantity, line.cost.amount) for line in statement.lines] == [
        (11, Decimal("0.11")),
        (15, Decimal("0.45")),
        (2, Decimal("0.01")),
        (10, Decimal("0.60")),
    ]


def topped_up() -> Wallet:
    return opened(PREPAID).top_up("credits", Decimal(1), at=on(7, 1), payment="p").wallet


def test_splitting_use_at_one_multiplied_price_changes_nothing() -> None:
    """Cumulative for each price by itself, whatever is used at others in between."""
    split, whole = topped_up(), topped_up()
    for _ in range(13):
        split = split.spend(1, at=on(7, 2), labels={"model": "big"}).wallet
        split = split.spend(1, at=on(7, 2)).wallet
    whole = whole.spend(13, at=on(7, 2), labels={"model": "big"}).wallet.spend(13, at=on(7, 2)).wallet
    spent = {wallet.at(on(7, 2)).available("USD") for wallet in (split, whole)}
    assert spent == {Decimal("0.925713")}  # 1 - 0.055715 - 0.018572, both rounded up


def test_a_hold_keeps_its_labels() -> None:
    """Held, captured in part and beyond, at the price of its labels; released, all of it comes back."""
    wallet = topped_up()
    held = wallet.hold(70, until=timedelta(hours=1), at=on(7, 2), labels={"model": "big"}, ref="h").wallet
    assert held.at(on(7, 2)).available("USD") == Decimal("0.70")
    assert held.release("h", at=on(7, 2)).view.available("USD") == Decimal(1)
    captured = held.capture("h", 35, at=on(7, 2))
    assert captured.view.available("USD") == Decimal("0.85")
    beyond = held.capture("h", 105, over="spend", at=on(7, 2))
    assert beyond.view.available("USD") == Decimal("0.55")


def test_a_refund_is_at_the_price_that_was_paid() -> None:
    """Also where the plan's price of the label is another one by then: the entry has it."""
    wallet = topped_up()
    change = wallet.spend(70, at=on(7, 2), labels={"model": "big"})
    other = change.wallet.spend(70, at=on(7, 2), labels={"model": "small"})
    back = other.wallet.refund(change.entry, 35, at=on(7, 3))
    assert back.view.available("USD") == Decimal("0.80")
    assert back.wallet.refund(change.entry, at=on(7, 3)).view.available("USD") == Decimal("0.95")


def test_late_use_is_priced_by_its_labels_too() -> None:
    """In its own period, at that period's multiplied price."""
    change = topped_up().spend(7, at=on(8, 1), occurred_at=on(7, 9), labels={"model": "big"})
    assert change.entries[-1].period is not None
    assert change.view.available("USD") == Decimal("0.97")


def test_a_pool_prices_by_labels_as_a_member_does() -> None:
    """What is free for a label touches neither of them; the rest is paid at the label's price by both."""
    member = Wallet.open(PREPAID, id="ann", at=on(7, 1)).wallet
    member = member.top_up("credits", Decimal(1), at=on(7, 1), payment="p").wallet
    pool = Wallet.open(PREPAID, id="team", at=on(7, 1)).wallet
    pool = pool.top_up("credits", Decimal(5), at=on(7, 1), payment="p").wallet
    fast = {"model": "big", "tier": "fast"}
    paid = spend_from_pool(member, pool, 699, at=on(7, 2), labels=fast, ref="a")
    assert (paid.member.view.available("USD"), paid.pool.view.available("USD")) == (
        Decimal("0.005714"),
        Decimal("0.002857"),
    )  # 116 and 583
    pool_of_copilot = Wallet.open(COPILOT, id="team", at=on(7, 1)).wallet
    of_copilot = Wallet.open(COPILOT, id="ann", at=on(7, 1)).wallet
    base = {"model": "base"}
    both = spend_from_pool(of_copilot, pool_of_copilot, 9, "request", at=on(7, 2), labels=base, ref="b")
    assert not both.entries


def test_a_shortage_says_what_the_labels_make_it_cost() -> None:
    """`needed` is the price of this very use."""
    with pytest.raises(NotEnough) as caught:
        topped_up().spend(700, at=on(7, 2), labels={"model": "big"})
    assert str(caught.value.needed) == "3.00 USD"


def test_replay_finds_a_cost_that_is_not_the_entrys_own_price() -> None:
    """The entry carries the multiplied price, so a history needs no plan to be checked."""
    opening = Wallet.open(COPILOT, id="acme", at=on(7, 1))
    change = opening.wallet.spend(3, "request", at=on(7, 2), labels={"model": "mini"})
    assert replay([*opening.entries, *change.entries]) == change.wallet


@pytest.mark.parametrize(
    "times",
    [
        5,
        "model",
        [("model", {"a": 1})],
        {"model": 5},
        {"model": {}},
        {"": {"a": 1}},
        {5: {"a": 1}},
        {"model": {"": 1}},
        {"model": {5: 1}},
        {"model": {"a\n": 1}},
        {"model": {"a": -1}},
        {"model": {"a": 1.5}},
        {"model": {"a": True}},
        {"model": {"a": None}},
        (("model", (("a", 1), ("a", 2))),),
        (("model", (("a", 1),)), ("model", (("b", 2),))),
        ("model",),
    ],
)
def test_what_labels_multiply_by_is_checked(times: Any) -> None:
    """A label's key, its value and the multiple are each what they can be."""
    for part in (lambda: Price("tokens", 1, unit="credits", times=times), lambda: PayAsYouGo(Decimal(1), times=times)):
        with pytest.raises(PlanError) as caught:
            part()
        assert caught.value.field == "times"


def test_multiples_stay_prices_that_can_be_counted() -> None:
    """Whatever labels meet: the price of the largest multiples, and the quantity of the finest, fit in one count."""
    for big in ({"a": {"x": 10**9}, "b": {"y": 10**9}}, {"a": {"x": Decimal("1E-15")}, "b": {"y": Decimal("1E-9")}}):
        with pytest.raises(PlanError, match="more steps than can be counted"):
            Plan("big", prices=[Price("tokens", Decimal("0.01"), times=big)])


def test_multiples_are_kept_sorted() -> None:
    """Two ways to write them are one price, which can be hashed."""
    one = Price("a", 1, unit="b", times={"y": {"q": 2, "p": Decimal(3)}, "x": {"z": 1}})
    other = Price("a", 1, unit="b", times=(("x", (("z", 1),)), ("y", (("p", 3), ("q", 2)))))
    assert (one, hash(one)) == (other, hash(other))
    assert Plan("p", prices=[one], period=periods.once()).prices[0].multipliers == other.times
