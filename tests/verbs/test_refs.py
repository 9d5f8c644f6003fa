"""Refs: what is asked twice happens once, and what is asked differently under one ref is a conflict."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from tests.support.rich import CALLS, SPENT, Call, after, july, opened
from tokenpurse import Allowance, Catalogue, Change, Offer, Plan, Wallet
from tokenpurse.errors import ConflictError

WITH_REF = [call for call in CALLS.values() if {"ref", "payment"} & {*call.arguments}]
OTHER: dict[str, dict[str, Any]] = {
    "spend": {
        "amount": 11,
        "meter": "sms",
        "labels": {"model": "large"},
        "partial": True,
        "overdraw": True,
        "occurred_at": july(1),
    },
    "hold": {"amount": 11, "meter": "sms", "labels": {"model": "large"}, "partial": True},
    "capture": {"hold": "h2", "amount": 5, "over": "spend"},
    "release": {"hold": "h2"},
    "refund": {"spent": evolve(SPENT, sequence=1), "amount": 5},
    "claw_back": {"source": "p9", "refunded": Decimal(2), "used": "let_go"},
    "reinstate": {"source": "p9", "refunded": Decimal(2)},
    "grant": {"amount": 11, "unit": "sms", "kind": "gift", "expires": july(8), "priority": 1, "starts": july(3)},
    "extend": {"bucket": "promo:tokens/2", "until": None},
    "top_up": {"offer": "credits", "amount": 101, "starts": july(3)},
    "confirm": {"request": "charge:2"},
    "decline": {"request": "charge:2", "hard": True},
    "reset": {"anchor": "restarted"},
    "change_plan": {"plan": "free", "when": "period_end"},
    "set_count": {"name": "chairs", "count": 6, "when": None},
    "set_limit": {"name": "cap", "amount": 501},
    "set_auto_top_up": {"threshold": Decimal(11), "purchase": Decimal(21), "purchases_max": 3, "enabled": False},
    "set_zone": {"zone": "Europe/Paris"},
}


@pytest.mark.parametrize("call", WITH_REF, ids=str)
def test_a_repeat_adds_nothing_and_says_what_happened_first(call: Call) -> None:
    """Moment and role aside: a retry comes later, and perhaps from another worker."""
    first = call()

    again = call(first.wallet, at=july(3), by="another")

    assert (first.repeated, again.repeated) == (False, True)
    assert again.wallet is first.wallet
    assert (again.entries, again.notices, again.requests) == ((), (), ())
    assert again.first is not None
    entry = next(entry for entry in first.entries if entry.ref is not None)
    assert (again.first, again.first.sequence, again.first.at) == (entry.ref, entry.sequence, entry.at)
    assert again.moved == first.moved
    assert "repeated" in repr(again)


@pytest.mark.parametrize(
    ("call", "changed"),
    [
        pytest.param(call, {argument: value}, id=f"{call.verb}-{argument}")
        for call in WITH_REF
        for argument, value in OTHER.get(call.verb, {}).items()
    ],
)
def test_other_arguments_under_the_same_ref_are_a_conflict(call: Call, changed: dict[str, Any]) -> None:
    """It is a mistake of the caller's, and nothing happens."""
    wallet = call().wallet

    with pytest.raises(ConflictError, match="a new operation needs a ref of its own") as caught:
        call(wallet, **changed)

    assert caught.value.ref in {"r1", "p1"}
    assert caught.value.first[0] == caught.value.now[0] == call.verb
    assert caught.value.first != caught.value.now


def test_another_verb_under_the_same_ref_is_a_conflict() -> None:
    """A ref means one operation."""
    wallet = after(lambda w: w.spend(5, at=july(2), ref="r"), lambda w: w.grant(5, at=july(2), ref="g"))

    with pytest.raises(ConflictError) as caught:
        wallet.set_zone("Asia/Tokyo", at=july(2), ref="r")
    assert (caught.value.first[0], caught.value.now) == ("spend", ("set_zone", "Asia/Tokyo"))
    with pytest.raises(ConflictError):
        wallet.top_up("tokens", 10, at=july(2), payment="g", by="admin")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Decimal("2.5"), Decimal("2.50")),
        (Decimal("2.5"), Decimal("25E-1")),
        (Decimal(100), Decimal("1E+2")),
        (Decimal("0.50"), Decimal(".5")),
        (Decimal("2.5"), Decimal("2.500000000000000000000000000000000000000000")),
    ],
)
def test_equal_amounts_say_the_same(one: Decimal, other: Decimal) -> None:
    """However they are spelled."""
    first = opened().wallet.grant(one, "USD", at=july(2), ref="g")

    assert first.wallet.grant(other, "USD", at=july(2), ref="g").repeated


def test_one_amount_and_a_mapping_of_it_say_the_same() -> None:
    """Where the meter is named."""
    first = opened().wallet.spend(5, "tokens", at=july(2), ref="r")

    assert first.wallet.spend({"tokens": 5}, at=july(2), ref="r").repeated


def test_payments_and_usage_never_meet() -> None:
    """A caller cannot block a payment by guessing its id."""
    wallet = after(lambda w: w.spend(5, at=july(2), ref="pay_1"))

    change = wallet.top_up("tokens", 10, at=july(2), payment="pay_1", by="admin")

    assert not change.repeated
    assert change.wallet.spend(5, at=july(2), ref="pay_1").repeated
    assert change.wallet.top_up("tokens", 10, at=july(2), payment="pay_1", by="admin").repeated


def test_a_request_that_booked_nothing_leaves_its_ref_free() -> None:
    """There is nothing to repeat."""
    wallet = after(lambda w: w.spend(0, at=july(2), ref="r"), lambda w: w.freeze(at=july(2)))
    assert wallet.freeze(at=july(2), ref="r").wallet is wallet

    assert wallet.unfreeze(at=july(2), ref="r").entries


# -- how long they are remembered ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 2, 16, 1_000])
def test_the_newest_refs_of_usage_are_remembered_as_many_as_the_ring_holds(size: int) -> None:
    """Oldest first out; the host's unique index is the permanent wall."""
    wallet = opened(ring=size).wallet
    count = min(size, 20) + 3
    for number in range(count):
        wallet = wallet.spend(1, at=july(2), ref=f"r{number}").wallet

    for number in range(count):
        assert wallet.spend(1, at=july(2), ref=f"r{number}").repeated == (number >= count - size)


def test_sixteen_refs_are_remembered_unless_said_otherwise() -> None:
    """Verbs of all sorts share the ring."""
    wallet = after(lambda w: w.freeze(at=july(2), ref="first"), lambda w: w.unfreeze(at=july(2), ref="second"))
    for number in range(15):
        wallet = wallet.spend(1, at=july(2), ref=f"r{number}").wallet

    assert wallet.unfreeze(at=july(2), ref="second").repeated
    assert not wallet.freeze(at=july(2), ref="first").repeated


SHOP = Plan("shop", allowances=[Allowance(5)], offers=[Offer("x", price=Decimal(1))])


def paid(wallet: Wallet, payment: str, *, days: int = 0) -> Change:
    return wallet.top_up("x", 10, at=july(2) + timedelta(days=days), payment=payment)


@pytest.mark.parametrize(
    ("spent", "days", "repeated"), [(False, 400, True), (False, 800, True), (True, 399, True), (True, 400, False)]
)
def test_a_payment_is_remembered_400_days_or_as_long_as_its_bucket_lives(
    spent: bool, days: int, repeated: bool
) -> None:
    """A later payment makes room only for what is older and used up."""
    wallet = paid(Wallet.open(SHOP, id="acme", at=july(1)).wallet, "p1").wallet
    if spent:
        wallet = wallet.spend(15, at=july(3)).wallet
    wallet = paid(wallet, "p2", days=days).wallet

    assert repeated == paid(wallet, "p1", days=days).repeated


def test_at_most_2000_payments_are_remembered_oldest_first_out() -> None:
    """Whatever their age."""
    wallet = Wallet.open(SHOP, id="acme", at=july(1), payments=[f"p{number}" for number in range(1_999)]).wallet
    wallet = paid(wallet, "q0").wallet
    assert paid(wallet, "p0").repeated

    wallet = paid(wallet, "q1").wallet

    assert not paid(wallet, "p0").repeated
    assert paid(wallet, "p1").repeated
    assert paid(wallet, "q1").repeated


@pytest.mark.parametrize(
    "stop",
    [
        lambda w: w.close(at=july(4)),
        lambda w: w.freeze(at=july(4)),
        lambda w: w.spend(1, at=july(35)),
        lambda w: w.change_plan("big", at=july(4)),
    ],
    ids=["closed", "frozen", "clock", "plan"],
)
@pytest.mark.parametrize("call", [CALLS["spend"], CALLS["grant"], CALLS["top_up"], CALLS["set_limit"]], ids=str)
def test_a_repeat_is_recognised_whatever_became_of_the_wallet(call: Call, stop: Callable[[Wallet], Change]) -> None:
    """Closed, frozen, long past, or on a plan that sells no such thing."""
    first = call()
    wallet = stop(first.wallet).wallet

    again = call(wallet, at=july(2))

    assert again.repeated
    assert again.wallet is wallet
    assert again.moved == first.moved
    if OTHER.get(call.verb):
        with pytest.raises(ConflictError):
            call(wallet, at=july(2), amount=OTHER[call.verb]["amount"])


def test_what_was_moved_is_remembered_in_its_unit_whatever_the_plan_is_now() -> None:
    """A repeat after a change to a plan that has never heard of the meter."""
    plans = Catalogue([Plan("a", allowances=[Allowance(5, "sms")]), Plan("b", rank=1, allowances=[Allowance(5)])])
    wallet = Wallet.open("a", id="acme", at=july(1), catalogue=plans).wallet
    wallet = wallet.spend(2, "sms", at=july(2), ref="r").wallet.change_plan("b", at=july(3)).wallet

    assert wallet.spend(2, "sms", at=july(3), ref="r").moved == {"sms": 2}


def test_a_wallet_whose_plan_took_something_off_sale_still_recognises_its_payment() -> None:
    """The late webhook of a purchase on the old plan."""
    plans = Catalogue([SHOP, Plan("bare", rank=1)])
    wallet = paid(Wallet.open(SHOP, id="acme", at=july(1), catalogue=plans).wallet, "p1").wallet

    assert paid(wallet.change_plan("bare", at=july(3)).wallet, "p1").repeated


def test_the_ref_of_a_refund_is_known_for_as_long_as_the_use_can_be_given_back() -> None:
    """A retry may come a year late, after a thousand other refs: it gives nothing back a second time."""
    spent = opened(ring=0).wallet.spend(500, at=july(1))
    first = spent.wallet.refund(spent.entry, 100, at=july(2), ref="re_1")  # type: ignore[arg-type]
    wallet = first.wallet.spend(5, at=july(3), ref="r2").wallet

    again = wallet.refund(spent.entry, 100, at=july(30), ref="re_1")  # type: ignore[arg-type]
    assert (again.repeated, again.entries, again.moved) == (True, (), {"tokens": 100})
    with pytest.raises(ConflictError):
        wallet.refund(spent.entry, 101, at=july(30), ref="re_1")  # type: ignore[arg-type]
    with pytest.raises(ConflictError):
        wallet.spend(100, at=july(30), ref="re_1")
