"""`spend`: who pays, what is booked, and what is left."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from tests.support.rich import after, july, opened
from tokenpurse import Allowance, Balance, Catalogue, Change, Limit, Offer, PayAsYouGo, Plan, Price, Wallet, replay
from tokenpurse.entries import Spent
from tokenpurse.errors import AmountError, LimitReached, NotEnough, Refused, UnknownNameError, WalletFrozen

MIXED = Plan(
    "mixed",
    allowances=[Allowance(1_000), Allowance(10, "sms")],
    prices=[
        Price("tokens", Decimal("0.01"), per=100),
        Price("talk", 200, unit="tokens"),
        Price("search", Decimal(0)),
    ],
    pay_as_you_go=[PayAsYouGo(Decimal("0.05"), meter="sms")],
    offers=[Offer("cash", unit="USD", price=Decimal(1))],
)


def mixed(credit: str = "0.05", **more: Any) -> Wallet:
    brought = [Balance("credit", Decimal(credit), "USD")] if Decimal(credit) else []
    return Wallet.open(MIXED, id="acme", at=july(1), balances=brought, **more).wallet


def spent(change: Change) -> Spent:
    (entry,) = change.entries
    assert isinstance(entry, Spent)
    return entry


@pytest.mark.parametrize(
    ("amount", "paid_by", "left"),
    [
        (1, {("quota", "tokens"): 1}, 1_499),
        (1_000, {("quota", "tokens"): 1_000}, 500),
        (1_001, {("quota", "tokens"): 1_000, ("credit", "USD"): Decimal("0.0001")}, 499),
        (1_500, {("quota", "tokens"): 1_000, ("credit", "USD"): Decimal("0.05")}, 0),
    ],
)
def test_buckets_pay_first_and_credits_the_rest(amount: int, paid_by: Any, left: int) -> None:
    """The rest is priced once, in the unit of the price."""
    change = mixed().spend(amount, at=july(2))

    assert paid_by == spent(change).paid_by()
    assert change.moved == {"tokens": amount}
    assert amount == change.view.usage()
    assert left == change.view.available()


@pytest.mark.parametrize(
    ("amounts", "paid_by", "billed"),
    [
        ({"talk": 2}, {("quota", "tokens"): 400}, None),
        ({"talk": 6}, {("quota", "tokens"): 1_000, ("credit", "USD"): Decimal("0.02")}, None),
        ({"sms": 10}, {("quota", "sms"): 10}, None),
        ({"sms": 12}, {("quota", "sms"): 10}, 2),
        ({"sms": 1, "tokens": 5}, {("quota", "tokens"): 5, ("quota", "sms"): 1}, None),
        ({"tokens": 500, "talk": 3}, {("quota", "tokens"): 1_000, ("credit", "USD"): Decimal("0.01")}, None),
        ({"USD": Decimal("0.035")}, {("credit", "USD"): Decimal("0.035")}, None),
    ],
)
def test_what_is_used_together_is_paid_together(
    amounts: dict[str, Any], paid_by: dict[tuple[str, str], Any], billed: int | None
) -> None:
    """Meters, actions and money in one entry; an action priced in tokens can end in credits."""
    wallet = mixed()
    change = wallet.spend(amounts, at=july(2), labels={"model": "large", "job": "7"})
    entry = spent(change)

    assert paid_by == entry.paid_by()
    assert billed == next((use.postpaid.quantity for use in entry.uses if use.postpaid), None)
    assert entry.labels == (("job", "7"), ("model", "large"))
    assert amounts == change.moved
    assert replay([*history(wallet), entry]) == change.wallet


def history(wallet: Wallet) -> tuple[Any, ...]:
    """The entry that opened a wallet of `mixed`."""
    again = Wallet.open(MIXED, id="acme", at=july(1), balances=[Balance("credit", Decimal("0.05"), "USD")])
    assert again.wallet == wallet
    return again.entries


def test_several_meters_are_all_or_nothing_and_drawn_in_the_plans_order() -> None:
    """Whatever the order of the mapping."""
    wallet = mixed("0")

    with pytest.raises(NotEnough, match="tokens"):
        wallet.spend({"sms": 1, "tokens": 1_001}, at=july(2))
    one = wallet.spend({"sms": 1, "talk": 1, "tokens": 5}, at=july(2))
    other = wallet.spend({"tokens": 5, "talk": 1, "sms": 1}, at=july(2))
    assert one.wallet == other.wallet
    assert [use.unit.name for use in spent(one).uses] == ["tokens", "sms", "talk"]


def test_meters_in_one_spend_compete_for_what_is_there() -> None:
    """Together they need more than each alone."""
    wallet = mixed("0")

    assert wallet.spend({"tokens": 600, "talk": 2}, at=july(2)).view.available() == 0
    with pytest.raises(NotEnough, match="3 talk asked, 2 available"):
        wallet.spend({"tokens": 600, "talk": 3}, at=july(2))


@pytest.mark.parametrize(
    "asked", [0, {"tokens": 0}, {}, {"search": 5}, {"search": 10**12, "tokens": 0}, {"USD": Decimal(0)}]
)
def test_nothing_is_booked_for_nothing_or_for_what_is_free(asked: Any) -> None:
    """The wallet is the very same, whatever else it lacks."""
    wallet = mixed("0").spend(1_000, at=july(2)).wallet

    change = wallet.spend(asked, at=july(2), ref="r", labels={"a": "b"})

    assert change.wallet is wallet
    assert change.before is wallet
    assert (change.entries, change.moved, change.repeated) == ((), {}, False)
    assert "nothing" in repr(change)


def test_the_default_meter_is_the_plans_first() -> None:
    """Naming it makes no difference."""
    assert mixed().spend(5, at=july(2)).wallet == mixed().spend(5, "tokens", at=july(2)).wallet
    assert mixed().spend(5, at=july(2)).wallet == mixed().spend({"tokens": 5}, at=july(2)).wallet


@pytest.mark.parametrize(
    ("wallet", "asked", "meter", "taken"),
    [
        (lambda: mixed("0"), 700, "tokens", 700),
        (lambda: mixed("0"), 1_001, "tokens", 1_000),
        (lambda: mixed("0.05"), 9_999, "tokens", 1_500),
        (lambda: mixed("0"), 9, "talk", 5),
        (lambda: mixed("0.05"), 9, "talk", 7),
        (lambda: mixed("0"), 50, "sms", 50),
        (lambda: mixed("0.05"), Decimal(1), "USD", Decimal("0.05")),
        (lambda: mixed("0").spend(1_000, at=july(1)).wallet, 5, "tokens", None),
    ],
)
def test_partial_takes_what_is_there(wallet: Any, asked: Any, meter: str, taken: Any) -> None:
    """And says how much that was; where there is nothing, nothing is booked."""
    change = wallet().spend(asked, meter, at=july(2), partial=True)

    assert ({} if taken is None else {meter: taken}) == change.moved
    assert bool(change.entries) == (taken is not None)


@pytest.mark.parametrize(
    ("asked", "debt", "unit"),
    [
        ({"tokens": 900}, 0, "tokens"),
        ({"tokens": 1_100}, Decimal("0.01"), "USD"),
        ({"talk": 6}, Decimal("0.02"), "USD"),
        ({"USD": Decimal(2)}, Decimal(2), "USD"),
        ({"sms": 99}, 0, "sms"),
    ],
)
def test_overdraw_records_what_nobody_pays_as_debt(asked: dict[str, Any], debt: Any, unit: str) -> None:
    """In the price's unit where the rest is priced, in the meter where it is not; what is billed is no debt."""
    change = mixed("0").spend(asked, at=july(2), overdraw=True)

    assert debt == change.view.debt(unit)
    assert asked == change.moved


def test_a_debt_stands_in_no_bucket() -> None:
    """It is its own figure, paid by what comes next, and not counted as use twice."""
    plan = Plan("p", allowances=[Allowance(100)], offers=[Offer("more", price=Decimal(1))])
    wallet = Wallet.open(plan, id="acme", at=july(1)).wallet.spend(250, at=july(2), overdraw=True).wallet

    assert (wallet.at(july(2)).debt(), wallet.at(july(2)).available(), wallet.at(july(2)).usage()) == (150, 0, 250)
    bought = wallet.top_up("more", 200, at=july(3), payment="p").view
    assert (bought.debt(), bought.available(), bought.usage()) == (0, 50, 250)


def test_overdraw_goes_past_a_limit_and_partial_stops_there() -> None:
    """A limit is for what has not happened yet."""
    plan = Plan("p", allowances=[Allowance(1_000)], limits=[Limit("cap", 100)])
    wallet = Wallet.open(plan, id="acme", at=july(1)).wallet

    with pytest.raises(LimitReached):
        wallet.spend(101, at=july(2))
    assert wallet.spend(101, at=july(2), partial=True).moved == {"tokens": 100}
    over = wallet.spend(101, at=july(2), overdraw=True)
    assert over.moved == {"tokens": 101}
    assert over.view.available() == 0
    assert over.view.debt() == 0


def test_a_limit_caps_use_whoever_pays() -> None:
    """Quota, credits and pay-as-you-go; inclusive; and it begins anew with the period."""
    plan = Plan(
        "p",
        allowances=[Allowance(10)],
        pay_as_you_go=[PayAsYouGo(Decimal(3), per=1_000)],
        limits=[Limit("cap", 25)],
    )
    wallet = Wallet.open(plan, id="acme", at=july(1)).wallet.spend(20, at=july(2)).wallet

    assert wallet.at(july(2)).available() == 5
    assert wallet.spend(5, at=july(2)).entries
    with pytest.raises(LimitReached, match="6 tokens asked, 5 available, 1 short: limit cap of 25 tokens reached"):
        wallet.spend(6, at=july(2))
    assert wallet.at(july(32)).available() == 25


def test_a_bucket_without_a_part_of_the_plan_can_be_spent_by_its_units_name() -> None:
    """A gift of a unit that the plan does not name; when it is gone, so is the name."""
    plans = Catalogue([Plan("a", allowances=[Allowance(5, "coffee")]), Plan("b", allowances=[Allowance(5)])])
    wallet = Wallet.open("a", id="acme", at=july(1), catalogue=plans).wallet
    wallet = (
        wallet.grant(3, "coffee", at=july(1), expires=july(20)).wallet.change_plan("b", at=july(2), when="now").wallet
    )

    assert wallet.spend(2, "coffee", at=july(3)).view.available("coffee") == 1
    with pytest.raises(NotEnough):
        wallet.spend(4, "coffee", at=july(3))
    with pytest.raises(UnknownNameError):
        wallet.spend(1, "coffee", at=july(20))


def test_a_frozen_wallet_spends_nothing_and_says_so() -> None:
    """Not even what happened already."""
    wallet = after(lambda w: w.freeze(at=july(2)))

    for more in ({}, {"partial": True}, {"overdraw": True}):
        with pytest.raises(WalletFrozen, match="acme is frozen"):
            wallet.spend(5, at=july(2), **more)  # type: ignore[arg-type]  # flags


@pytest.mark.parametrize("overdraw", [False, True])
def test_totals_stay_countable(overdraw: bool) -> None:
    """Use that would lead beyond what can be counted is refused; what happened already cannot be said at all."""
    plan = Plan("p", allowances=[Allowance(5)], pay_as_you_go=[] if overdraw else [PayAsYouGo(Decimal(1), per=10**9)])
    wallet = Wallet.open(plan, id="acme", at=july(1)).wallet.spend(2**53 - 2, at=july(2), overdraw=overdraw).wallet

    assert wallet.spend(1, at=july(2), overdraw=overdraw).entries
    with pytest.raises(AmountError if overdraw else NotEnough, match="be counted" if overdraw else "period counts"):
        wallet.spend(2, at=july(2), overdraw=overdraw)


def test_a_price_that_leads_to_a_debt_beyond_counting_is_refused() -> None:
    """The debt is in the price's unit, where the figure is larger."""
    plan = Plan("p", prices=[Price("tokens", Decimal(1))])
    wallet = Wallet.open(plan, id="acme", at=july(1)).wallet

    assert wallet.spend(9_007_199_254, at=july(2), overdraw=True).view.debt("USD") == Decimal(9_007_199_254)
    with pytest.raises(AmountError, match="cannot be counted"):
        wallet.spend(9_007_199_255, at=july(2), overdraw=True)


def test_two_ways_of_saying_one_spend_give_one_wallet() -> None:
    """With a ref or labels it goes the long way, without the short one."""
    short = opened().wallet.spend(5, at=july(2), by="app")
    long = opened().wallet.spend({"tokens": 5}, at=july(2), by="app")
    labelled = opened().wallet.spend(5, at=july(2), by="app", labels={})

    assert short.entries == long.entries == labelled.entries
    assert short.wallet == long.wallet == labelled.wallet
    assert short.entries[0].by == "app"


@pytest.mark.parametrize("split", [[1] * 30, [30], [7, 11, 12], [29, 1]])
def test_splitting_a_spend_changes_no_total(split: list[int]) -> None:
    """A single token may draw nothing because it is paid for already; the sum is the same."""
    wallet = mixed("0.05").spend(1_000, at=july(2)).wallet
    for part in split:
        wallet = wallet.spend(part, at=july(2)).wallet

    assert wallet.at(july(2)).balance("USD") == Decimal("0.047")


@pytest.mark.parametrize(
    ("amount", "meter"), [*product([1, 7, 8, 1_500, 1_501, 10**6], ["tokens", "talk", "sms"]), (2**53 - 1, "tokens")]
)
def test_what_can_be_spent_is_what_a_spend_accepts(amount: int, meter: str) -> None:
    """The gate and the act are one computation."""
    wallet = mixed()
    can = wallet.at(july(2)).can_spend(amount, meter)

    try:
        wallet.spend(amount, meter, at=july(2))
    except Refused:
        assert not can
    else:
        assert can
