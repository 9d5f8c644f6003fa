"""What happens when nothing is left: stop, degrade to a named class, or go on as debt up to a bound."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.rich import july
from tokenpurse import Allowance, AtZero, Bound, Catalogue, Limit, Offer, Plan, Price, Wallet
from tokenpurse.errors import LimitReached, Locked, NotEnough


def zeroed(zero: AtZero | None, **more: Any) -> Wallet:
    """A wallet of 1,000 tokens with this rule."""
    plan = Plan("p", **{"allowances": [Allowance(1_000)], **more}, at_zero=zero)
    return Wallet.open(plan, id="acme", at=july(1)).wallet


@pytest.mark.parametrize("zero", [None, AtZero(), AtZero(degrade_to="slow"), AtZero(overdraft=0)])
def test_use_stops_where_nothing_is_owed(zero: AtZero | None) -> None:
    """Without an overdraft, and with one of nothing."""
    wallet = zeroed(zero)
    assert wallet.at(july(2)).available() == 1_000
    with pytest.raises(NotEnough):
        wallet.spend(1_001, at=july(2))


@pytest.mark.parametrize(
    ("overdraft", "room"), [(300, 300), (Bound("allowance", Decimal("0.1")), 100), (Bound("allowance", 2), 2_000)]
)
def test_an_overdraft_lets_use_go_on_as_debt_up_to_its_bound(overdraft: Any, room: int) -> None:
    """Inclusive; in one spend or several; what is there goes first."""
    wallet = zeroed(AtZero(overdraft=overdraft))
    assert wallet.at(july(2)).available() == 1_000 + room
    with pytest.raises(NotEnough):
        wallet.spend(1_000 + room + 1, at=july(2))
    wallet = wallet.spend(1_000 + room - 50, at=july(2)).wallet
    assert (wallet.at(july(2)).debt(), wallet.at(july(2)).available()) == (room - 50, 50)
    wallet = wallet.spend(30, at=july(3)).wallet.spend(20, at=july(3)).wallet
    assert (wallet.at(july(3)).debt(), wallet.at(july(3)).available()) == (room, 0)
    with pytest.raises(NotEnough, match="1 token asked, 0 available, 1 short"):
        wallet.spend(1, at=july(3))
    assert wallet.spend(1, at=july(3), overdraw=True).view.debt() == room + 1


def test_what_comes_in_pays_an_overdraft_first() -> None:
    """A purchase, and the next period's allowance; then there is as much room as before."""
    wallet = zeroed(AtZero(overdraft=300), offers=[Offer("more", price=Decimal(1))]).spend(1_200, at=july(2)).wallet
    bought = wallet.top_up("more", 150, at=july(3), payment="p").view
    assert (bought.debt(), bought.available()) == (50, 250)
    august = wallet.at(july(32))
    assert (august.debt(), august.balance(), august.available()) == (0, 800, 1_100)


def test_debt_beyond_the_bound_leaves_no_room() -> None:
    """A smaller plan, or use that had happened already."""
    plans = [
        Plan("a", allowances=[Allowance(100)], at_zero=AtZero(overdraft=300)),
        Plan("b", allowances=[Allowance(100)], at_zero=AtZero(overdraft=30)),
    ]
    wallet = Wallet.open("a", id="acme", at=july(1), catalogue=Catalogue(plans)).wallet.spend(300, at=july(2)).wallet
    wallet = wallet.change_plan("b", at=july(2), when="now").wallet
    assert (wallet.at(july(2)).debt(), wallet.at(july(2)).available()) == (200, 0)


def test_limits_bound_an_overdraft_too() -> None:
    """It is use like any other."""
    wallet = zeroed(AtZero(overdraft=300), limits=[Limit("cap", 1_100)])
    assert wallet.at(july(2)).available() == 1_100
    with pytest.raises(LimitReached):
        wallet.spend(1_101, at=july(2))


def test_the_overdraft_of_a_priced_meter_is_in_what_pays_it() -> None:
    """Debt of a priced rest is in the price's unit."""
    wallet = zeroed(
        AtZero(overdraft=Decimal("0.50"), unit="USD", degrade_to="slow"),
        prices=[Price("tokens", Decimal(1), per=1_000)],
    )
    wallet = wallet.grant(Decimal("0.20"), "USD", kind="credit", at=july(1)).wallet
    assert wallet.at(july(2)).available() == 1_700
    change = wallet.spend(1_600, at=july(2))
    assert (change.view.debt("USD"), change.view.debt(), change.view.available()) == (Decimal("0.40"), 0, 100)
    with pytest.raises(NotEnough) as caught:
        wallet.spend(1_701, at=july(2))
    assert (caught.value.degrade_to, str(caught.value.funds)) == ("slow", "0.70 USD")


@pytest.mark.parametrize(
    ("more", "used", "expected"),
    [
        ({}, 999, None),
        ({}, 1_000, "slow"),
        ({"prices": [Price("tokens", Decimal(1), per=1_000)]}, 1_000, "slow"),
        ({"limits": [Limit("cap", 500)]}, 500, None),
    ],
    ids=["something left", "nothing left", "nothing that pays", "stopped by a limit"],
)
def test_a_class_is_named_once_nothing_is_left(more: dict[str, Any], used: int, expected: str | None) -> None:
    """A limit is no lack: it stops, and does not degrade."""
    wallet = zeroed(AtZero(degrade_to="slow"), **more).spend(used, at=july(2)).wallet
    assert wallet.at(july(2)).degraded() == expected
    assert wallet.at(july(32)).degraded() is None


def test_an_overdraft_comes_before_the_class() -> None:
    """Both may be said: first use goes on as debt, then in the named class."""
    wallet = zeroed(AtZero(degrade_to="slow", overdraft=10)).spend(1_005, at=july(2)).wallet
    assert wallet.at(july(2)).degraded() is None
    assert wallet.spend(5, at=july(2)).view.degraded() == "slow"


def test_a_stopped_wallet_degrades_to_nothing() -> None:
    """No class serves where spending is stopped, and a plan that names none says none."""
    wallet = zeroed(AtZero(degrade_to="slow")).spend(1_000, at=july(2)).wallet
    views = [wallet.freeze(at=july(2)).view, wallet.pause(at=july(2)).view, wallet.close(at=july(2)).view]
    views += [zeroed(None).spend(1_000, at=july(2)).view, zeroed(AtZero(overdraft=0)).spend(1_000, at=july(2)).view]
    assert [view.degraded() for view in views] == [None] * 5


def test_a_refusal_names_the_class_where_it_is_for_lack() -> None:
    """Of what the rule is about, or is paid in it; not where something else is the reason."""
    zero = AtZero(degrade_to="slow")
    allowances = [Allowance(1_000), Allowance(5, "sms")]
    wallet = zeroed(zero, allowances=allowances, prices=[Price("talk", 100, unit="tokens")], usable={"quota"})
    for amount, meter, expected in ((1_001, "tokens", "slow"), (11, "talk", "slow"), (6, "sms", None)):
        with pytest.raises(NotEnough) as caught:
            wallet.spend(amount, meter, at=july(2))
        assert caught.value.degrade_to == expected
    with pytest.raises(Locked):
        wallet.grant(500, at=july(2)).wallet.spend(1_001, at=july(2))
