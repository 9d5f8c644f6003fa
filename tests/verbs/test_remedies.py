"""Remedies of a whole request: what it asks beside the amount that is short has to be possible after them too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from tests.support.rich import july
from tokenpurse import Allowance, Balance, Catalogue, Change, Limit, Offer, Plan, Price, Renewal, Wallet
from tokenpurse.errors import Locked, NotEnough, PurseError, Refused, Remedy

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
        ([Balance("promo", 1), Balance("credit", Decimal(5), "USD")], {"tokens": 2}, "1 token and 5.00 USD"),
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


# -- who asks, and what waits ---------------------------------------------------------------------------------------

PACK = Offer("pack", price=Decimal(1), pack=50, buyers={"admin"})
CAP = Limit("cap", 5, maximum=500, setters={"owner"})


def carried_out(wallet: Wallet, remedy: Remedy, at: datetime) -> Wallet:
    """Do what a remedy says."""
    name = remedy.name or ""
    doing: dict[str, Callable[[], Change]] = {
        "wait": lambda: wallet.advance(at),
        "top_up": lambda: wallet.top_up(name, 50, at=at, payment="p", by="admin"),
        "raise_limit": lambda: wallet.set_limit(name, remedy.to, at=at, by="owner"),
        "resume": lambda: wallet.resume(at=at),
        "unfreeze": lambda: wallet.unfreeze(at=at),
        "renew": lambda: wallet.confirm(name, at=at, payment="p"),
    }
    return doing[remedy.kind]().wallet


@pytest.mark.parametrize(
    ("part", "by", "helps"),
    [
        (PACK, "admin", ["wait", "top_up"]),
        (PACK, "member", ["wait"]),
        (PACK, None, ["wait", "top_up"]),
        (CAP, "owner", ["wait", "raise_limit"]),
        (CAP, "admin", ["wait"]),
        (CAP, None, ["wait", "raise_limit"]),
    ],
)
@pytest.mark.parametrize("verb", ["spend", "hold"])
def test_what_a_role_may_not_do_is_no_remedy_for_it(part: Any, by: str | None, helps: list[str], verb: str) -> None:
    """Where nobody says who asks, it is named: somebody may."""
    parts: Any = {"offers": [part]} if isinstance(part, Offer) else {"limits": [part]}
    wallet = Wallet.open(Plan("p", allowances=[Allowance(10)], **parts), id="acme", at=july(1)).wallet
    wallet = wallet.spend(4, at=july(1)).wallet
    said: dict[str, Any] = {"by": by} | ({"until": july(40) - july(20), "ref": "h"} if verb == "hold" else {})
    asked = 5 if part is CAP else 8
    with pytest.raises(Refused) as error:
        getattr(wallet, verb)(asked, at=july(2), **said)
    assert [remedy.kind for remedy in error.value.remedies] == helps
    for remedy in error.value.remedies:
        at = remedy.until or july(2)
        assert getattr(carried_out(wallet, remedy, at), verb)(asked, at=at, **said).entries


PAID = Plan(
    "paid",
    allowances=[Allowance(100, given="on_payment")],
    price=Decimal(20),
    rank=1,
    renewal=Renewal(grace=timedelta(days=5)),
)
LOCKING = evolve(PAID, renewal=Renewal(grace=timedelta(days=5), rest="locked"))
ENDING = evolve(PAID, cancels_to="free")
RENEWAL = "renewal:20260801T000000.000000Z"


def renewing(*plans: Plan, used: int = 40) -> Wallet:
    return Wallet.open("paid", catalogue=Catalogue(plans), id="acme", at=july(1)).wallet.spend(used, at=july(2)).wallet


FREE_PLAN = Plan("free", allowances=[Allowance(9)])


@pytest.mark.parametrize(
    ("wallet", "at", "asked", "error", "helps"),
    [
        (renewing(PAID), july(33), 61, NotEnough, ["renew"]),
        (renewing(PAID), july(33), 101, NotEnough, []),
        (renewing(LOCKING), july(33), 60, Locked, ["renew"]),
        (renewing(PAID), july(38), 60, NotEnough, ["renew"]),
        (renewing(PAID), datetime(2026, 9, 5, tzinfo=UTC), 60, NotEnough, ["renew"]),
        (renewing(ENDING, FREE_PLAN), july(38), 60, NotEnough, ["renew"]),
        (renewing(ENDING, FREE_PLAN), july(38), 101, NotEnough, []),
        (renewing(PAID), july(33), 60, None, []),
    ],
)
def test_an_unpaid_renewal_is_a_remedy_where_paying_it_is_all_it_takes(
    wallet: Wallet, at: datetime, asked: int, error: type[Refused] | None, helps: list[str]
) -> None:
    """In its grace, after it, and when the plan has ended for it; its name is the request to confirm."""
    if error is None:
        assert wallet.spend(asked, at=at).moved
        return
    with pytest.raises(error) as refused:
        wallet.spend(asked, at=at)
    assert [(one.kind, one.name) for one in refused.value.remedies] == [(kind, RENEWAL) for kind in helps]
    for remedy in refused.value.remedies:
        assert str(remedy) == f"pay {RENEWAL}"
        assert carried_out(wallet, remedy, at).spend(asked, at=at).moved == {"tokens": asked}


def test_a_renewal_of_a_plan_that_is_sold_no_more_is_no_remedy() -> None:
    """It cannot be confirmed either."""
    wallet = renewing(ENDING, FREE_PLAN).advance(july(38)).wallet.bind(Catalogue([FREE_PLAN]))
    with pytest.raises(NotEnough) as refused:
        wallet.spend(60, at=july(38))
    assert refused.value.remedies == ()
    with pytest.raises(PurseError):
        wallet.confirm(RENEWAL, at=july(38), payment="p")


@pytest.mark.parametrize(
    ("stops", "asked", "helps"),
    [
        (["freeze"], 10, ["unfreeze"]),
        (["freeze"], 11, []),
        (["pause"], 10, ["resume"]),
        (["freeze", "pause"], 10, []),
    ],
)
def test_what_stops_a_wallet_is_undone_where_that_is_all_it_takes(
    stops: list[str], asked: int, helps: list[str]
) -> None:
    """Not where it would be refused all the same, nor where it takes both."""
    wallet = Wallet.open(Plan("p", allowances=[Allowance(10)]), id="acme", at=july(1)).wallet
    for verb in stops:
        wallet = getattr(wallet, verb)(at=july(2)).wallet
    with pytest.raises(Refused) as error:
        wallet.spend(asked, at=july(3))
    quote = wallet.at(july(3)).quote(asked)
    assert [remedy.kind for remedy in error.value.remedies] == helps
    assert quote.refusal is not None
    assert quote.refusal.remedies == error.value.remedies
    for remedy in error.value.remedies:
        assert str(remedy) == remedy.kind
        assert carried_out(wallet, remedy, july(3)).spend(asked, at=july(3)).moved
