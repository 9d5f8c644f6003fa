"""Remedies of a whole request: what it asks beside the amount that is short has to be possible after them too."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.rich import july
from tokenpurse import Allowance, Balance, Catalogue, Plan, Price, Wallet
from tokenpurse.errors import Locked, NotEnough

FREE = Price("search", Decimal(0))


def refused(*, wait_for: Plan, upgrade: Plan) -> NotEnough:
    """Ask for more tokens than there are, and for a free action beside them."""
    poor = Plan("a", rank=1, allowances=[Allowance(10)], prices=[FREE], upgrades_to={"c"}, cancels_to="b")
    plans = Catalogue([poor, wait_for, upgrade])
    wallet = Wallet.open("a", id="acme", at=july(1), catalogue=plans).wallet.change_plan("b", at=july(2)).wallet
    with pytest.raises(NotEnough) as error:
        wallet.spend({"tokens": 20, "search": 3}, at=july(3))
    return error.value


def test_a_remedy_is_not_named_where_a_free_action_of_the_request_is_unknown() -> None:
    """After waiting and after upgrading there are tokens enough, and no such action."""
    error = refused(
        wait_for=Plan("b", allowances=[Allowance(50)]), upgrade=Plan("c", rank=2, allowances=[Allowance(50)])
    )

    assert error.remedies == ()


def test_a_remedy_is_named_where_a_free_action_is_there_afterwards() -> None:
    """Free after waiting; 10 tokens each, 50 in all, after upgrading."""
    priced = Price("search", 10, unit="tokens")
    error = refused(
        wait_for=Plan("b", allowances=[Allowance(20)], prices=[FREE]),
        upgrade=Plan("c", rank=2, allowances=[Allowance(50)], prices=[priced]),
    )

    assert [remedy.kind for remedy in error.remedies] == ["wait", "upgrade"]


def test_a_remedy_is_not_named_where_a_free_action_costs_too_much_afterwards() -> None:
    """It is judged by the plan that would be there: 20 tokens, and 3 searches of 11."""
    priced = Price("search", 11, unit="tokens")
    error = refused(
        wait_for=Plan("b", allowances=[Allowance(19)], prices=[FREE]),
        upgrade=Plan("c", rank=2, allowances=[Allowance(50)], prices=[priced]),
    )

    assert error.remedies == ()


# -- locked --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("balances", "asked", "held"),
    [
        ([Balance("credit", Decimal(5), "USD")], {"tokens": 2}, "5.00 USD"),
        ([Balance("promo", 4)], {"tokens": 2}, "4 tokens"),
        ([Balance("promo", 1), Balance("credit", Decimal(5), "USD")], {"tokens": 2}, "1 tokens and 5.00 USD"),
        ([Balance("promo", 4)], {"talk": 2}, "4 tokens"),
        ([Balance("promo", 4)], {"talk": 1, "tokens": 1}, "4 tokens"),
    ],
)
def test_a_lock_is_said_of_the_unit_that_is_locked(balances: list[Balance], asked: dict[str, int], held: str) -> None:
    """Of what the amount is paid in too: 0 tokens are locked was no reason."""
    prices = [Price("tokens", Decimal(1)), Price("talk", 2, unit="tokens")]
    plan = Plan("p", prices=prices, usable={"quota"})
    wallet = Wallet.open(plan, id="acme", at=july(1), balances=balances, catalogue=Catalogue([plan])).wallet

    with pytest.raises(Locked, match=f"short: {held} are locked on plan p"):
        wallet.spend(asked, at=july(2))
