"""The order in which a request is refused, and what its refusal says would help.

The causes of a refusal have one order: types, repeat or conflict, closed, frozen, paused, clock, unknown name, not
sold, role, the part's bounds, locked, limit, short. Whatever causes are there at once, the first of them is said.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest

from tests.support.rich import july
from tokenpurse import (
    Allowance,
    AutoTopUp,
    Balance,
    Bound,
    Catalogue,
    Change,
    Limit,
    Offer,
    Plan,
    Price,
    Rollover,
    Switch,
    Wallet,
)
from tokenpurse.errors import (
    AmountError,
    ArgumentError,
    ClockError,
    ConflictError,
    LimitReached,
    Locked,
    NotAllowed,
    NotEnough,
    NotSold,
    OutOfBounds,
    PurseError,
    Refused,
    Remedy,
    UnknownNameError,
    WalletClosed,
    WalletFrozen,
    WalletPaused,
)

# -- the order -----------------------------------------------------------------------------------------------------

ORDER = (
    "type",
    "conflict",
    "closed",
    "frozen",
    "paused",
    "clock",
    "name",
    "sold",
    "role",
    "bounds",
    "locked",
    "limit",
    "short",
)
ERRORS: dict[str, type[PurseError]] = {
    "conflict": ConflictError,
    "closed": WalletClosed,
    "frozen": WalletFrozen,
    "paused": WalletPaused,
    "clock": ClockError,
    "name": UnknownNameError,
    "sold": NotSold,
    "role": NotAllowed,
    "bounds": OutOfBounds,
    "locked": Locked,
    "limit": LimitReached,
    "short": NotEnough,
}

Causes = Collection[str]


def wallet_with(causes: Causes) -> Wallet:
    """A wallet in which the causes that lie in a wallet are there; its clock stands at 2 July."""
    plan = Plan(
        "one",
        allowances=[
            Allowance(100 if {"short", "locked"} & {*causes} else 10_000),
            Allowance(2**40, "sms", per="seats"),
        ],
        offers=[Offer("tokens", price=Decimal(5), per=100, minimum=10, maximum=1_000, buyers={"admin"})],
        limits=[Limit("cap", 50 if "limit" in causes else None, maximum=5_000, setters={"admin"})],
        auto_top_up=None
        if "no setting" in causes
        else AutoTopUp("tokens", threshold_max=Bound("auto_top_up_purchase"), setters={"admin"}),
        usable={"quota", "top_up"},
    )
    bulk = Offer("bulk", price=Decimal(1), minimum=10, maximum=1_000, buyers={"admin"})
    plans = Catalogue([plan, Plan("two", offers=[bulk])])
    gift = [Balance("promo", 1_000)] if "locked" in causes else []
    gift = [Balance("own", 1, "sms", expires=july(20)), *gift]
    wallet = Wallet.open(plan, id="acme", at=july(1), catalogue=plans, balances=gift).wallet
    wallet = wallet.set_count("seats", 0, at=july(1)).wallet
    if "conflict" in causes:
        wallet = wallet.spend(1, at=july(2), ref="r1").wallet
        wallet = wallet.grant(1, "sms", at=july(2), ref="p1").wallet
    wallet = wallet.spend(1, at=july(2)).wallet
    if "frozen" in causes:
        wallet = wallet.freeze(at=july(2)).wallet
    if "paused" in causes:
        wallet = wallet.pause(at=july(2)).wallet
    return wallet.close(at=july(2)).wallet if "closed" in causes else wallet


def moment(causes: Causes) -> dict[str, Any]:
    return {"at": july(1) if "clock" in causes else july(2)}


def spend(wallet: Wallet, causes: Causes) -> Change:
    amount: Any = 1.5 if "type" in causes else 500
    return wallet.spend(amount, "nope" if "name" in causes else "tokens", ref="r1", **moment(causes))


def grant(wallet: Wallet, causes: Causes) -> Change:
    amount: Any = 1.5 if "type" in causes else 500
    return wallet.grant(amount, "nope" if "name" in causes else "tokens", ref="p1", **moment(causes))


def top_up(wallet: Wallet, causes: Causes) -> Change:
    payment: Any = 5 if "type" in causes else "p1"
    offer = "nope" if "name" in causes else "bulk" if "sold" in causes else "tokens"
    by = "member" if "role" in causes else "admin"
    return wallet.top_up(offer, 9 if "bounds" in causes else 10, payment=payment, by=by, **moment(causes))


def set_limit(wallet: Wallet, causes: Causes) -> Change:
    amount: Any = "5" if "type" in causes else 5_001 if "bounds" in causes else 500
    by = "member" if "role" in causes else "admin"
    return wallet.set_limit("nope" if "name" in causes else "cap", amount, ref="r1", by=by, **moment(causes))


def set_auto_top_up(wallet: Wallet, causes: Causes) -> Change:
    threshold: Any = True if "type" in causes else 101 if "bounds" in causes else 100
    by = "member" if "role" in causes else "admin"
    return wallet.set_auto_top_up(threshold=threshold, purchase=100, ref="r1", by=by, **moment(causes))


def set_count(wallet: Wallet, causes: Causes) -> Change:
    count: Any = "5" if "type" in causes else 2**20 if "bounds" in causes else 5
    return wallet.set_count("nope" if "name" in causes else "seats", count, ref="r1", **moment(causes))


def change_plan(wallet: Wallet, causes: Causes) -> Change:
    when: Any = "later" if "type" in causes else "now"
    return wallet.change_plan("nope" if "name" in causes else "two", when=when, ref="r1", **moment(causes))


def confirm(wallet: Wallet, causes: Causes) -> Change:
    payment: Any = 5 if "type" in causes else "p1"
    return wallet.confirm("nope", payment=payment, **moment(causes))


def decline(wallet: Wallet, causes: Causes) -> Change:
    return wallet.decline("" if "type" in causes else "nope", ref="r1", **moment(causes))


def set_zone(wallet: Wallet, causes: Causes) -> Change:
    zone: Any = 5 if "type" in causes else "nope" if "name" in causes else "Asia/Tokyo"
    return wallet.set_zone(zone, ref="r1", **moment(causes))


def reset(wallet: Wallet, causes: Causes) -> Change:
    anchor: Any = "moved" if "type" in causes else "kept"
    return wallet.reset(anchor=anchor, ref="r1", **moment(causes))


def close(wallet: Wallet, causes: Causes) -> Change:
    by: Any = 5 if "type" in causes else None
    return wallet.close(ref="r1", by=by, **moment(causes))


def extend(wallet: Wallet, causes: Causes) -> Change:
    bucket: Any = 5 if "type" in causes else "nope" if "name" in causes else "own:sms/1"
    return wallet.extend(bucket, july(2 if "bounds" in causes else 30), ref="r1", **moment(causes))


ALWAYS = ("type", "conflict", "closed", "clock")
VERBS: list[tuple[Callable[[Wallet, Causes], Change], tuple[str, ...]]] = [
    (spend, (*ALWAYS, "frozen", "paused", "name", "locked", "limit", "short")),
    (grant, (*ALWAYS, "name")),
    (top_up, (*ALWAYS, "name", "sold", "role", "bounds")),
    (set_limit, (*ALWAYS, "name", "role", "bounds")),
    (set_auto_top_up, (*ALWAYS, "role", "bounds")),
    (set_count, (*ALWAYS, "name", "bounds")),
    (change_plan, (*ALWAYS, "name")),
    (confirm, (*ALWAYS, "name")),
    (decline, (*ALWAYS, "name")),
    (set_zone, (*ALWAYS, "name")),
    (extend, (*ALWAYS, "name", "bounds")),
    (reset, (*ALWAYS, "paused")),
    (close, ALWAYS),
]
NEVER_FINE = {"confirm", "decline"}  # nothing is pending in these wallets


def every_set_of(causes: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """List all sets of causes, each in the documented order."""
    ordered = sorted(causes, key=ORDER.index)
    for size in range(len(ordered) + 1):
        yield from combinations(ordered, size)


@pytest.mark.parametrize(("verb", "causes"), VERBS, ids=[verb.__name__ for verb, _ in VERBS])
def test_the_first_cause_in_the_documented_order_is_the_one_that_is_said(
    verb: Callable[[Wallet, Causes], Change], causes: tuple[str, ...]
) -> None:
    """For every set of causes that can be there at once, and for none of them the request succeeds."""
    for present in every_set_of(causes):
        if verb.__name__ in NEVER_FINE and "name" not in present:
            present = (*present, "name")  # noqa: PLW2901  # it always is
        wallet = wallet_with(present)
        base, taken = wallet._base, wallet._taken
        if not present:
            assert verb(wallet, present).entries
            continue
        expected = ERRORS.get(present[0], PurseError)

        with pytest.raises(expected) as caught:
            verb(wallet, present)

        assert expected is PurseError or type(caught.value) is expected, present
        assert present[0] != "type" or isinstance(caught.value, AmountError | ArgumentError | UnknownNameError), present
        assert wallet._base is base
        assert wallet._taken is taken


def test_a_plan_without_auto_top_up_has_no_such_setting_whoever_asks() -> None:
    """What is not there comes before who may."""
    wallet = wallet_with({"no setting", "role", "bounds"})

    with pytest.raises(UnknownNameError, match="offers none"):
        set_auto_top_up(wallet, {"role", "bounds"})


@pytest.mark.parametrize(
    "stop",
    [
        lambda wallet: wallet.close(at=july(4)),
        lambda wallet: wallet.freeze(at=july(4)),
        lambda wallet: wallet.spend(1, at=july(31)),
    ],
    ids=["closed", "frozen", "clock"],
)
def test_a_repeat_is_answered_before_all_that_stands_in_the_way_of_a_new_request(
    stop: Callable[[Wallet], Change],
) -> None:
    """A repeat is no new request: it is answered by closed and frozen wallets, and when the clock is past."""
    first = wallet_with({"short"}).spend(50, at=july(3), ref="again")
    wallet = stop(first.wallet).wallet

    again = wallet.spend(50, at=july(1), ref="again")

    assert again.repeated
    assert again.wallet is wallet
    assert again.entries == ()
    assert again.moved == first.moved


# -- remedies ------------------------------------------------------------------------------------------------------

LITTLE = Offer("little", price=Decimal(1), maximum=100, buyers={"admin"})
MUCH = Offer("much", price=Decimal(1), maximum=100_000)
CASH = Offer("cash", unit="USD", price=Decimal(1), maximum=Decimal(1_000))
BY_HAND = Offer("by_hand", price=Decimal(1), maximum=100_000, buyers={"agent"}, self_service=False)
CAP = Limit("cap", 500, maximum=1_000, setters={"owner"})


def world(**start: Any) -> Catalogue:
    """A plan to start from, and some that it may lead to."""
    return Catalogue(
        [
            Plan("start", **{"rank": 1, "allowances": [Allowance(1_000)], **start}),
            Plan("more", rank=2, allowances=[Allowance(2_000)], offers=[MUCH]),
            Plan("huge", rank=3, allowances=[Allowance(1_000_000)]),
            Plan("even", rank=1, allowances=[Allowance(1_000_000)], offers=[MUCH]),
        ]
    )


def started(plans: Catalogue, *, used: int = 0, **more: Any) -> Wallet:
    wallet = Wallet.open("start", id="acme", at=july(1), catalogue=plans, **more).wallet
    return wallet.spend(used, at=july(2)).wallet if used else wallet


AUGUST = Remedy(kind="wait", until=july(32))
ASK = 800


def promo(wallet: Wallet, amount: int, *, until: int) -> Wallet:
    return wallet.grant(amount, at=july(2), expires=july(until)).wallet


# What is asked of which wallet, what refuses it, and all that would help.
REFUSED: dict[str, tuple[Wallet, Any, type[Refused], list[Remedy]]] = {
    "the next period brings enough": (started(world(), used=300), ASK, NotEnough, [AUGUST]),
    "the next period never brings enough": (started(world(), used=300), 1_001, NotEnough, []),
    "what is there still ends before the reset": (
        promo(started(world(), used=300), 100, until=10),
        1_050,
        NotEnough,
        [],
    ),
    "what is there still outlives the reset": (
        promo(started(world(), used=300), 100, until=40),
        1_050,
        NotEnough,
        [AUGUST],
    ),
    "what is there ends at the very instant of the reset": (
        promo(started(world(), used=300), 100, until=32),
        1_050,
        NotEnough,
        [],
    ),
    "what is left is carried over": (
        started(world(rollovers=[Rollover()]), used=300),
        1_700,
        NotEnough,
        [AUGUST],
    ),
    "a plan change is due first": (
        started(world(cancels_to="even"), used=300).change_plan("even", at=july(3)).wallet,
        900_000,
        NotEnough,
        [AUGUST],
    ),
    "a purchase brings enough, a smaller one does not": (
        started(world(offers=[LITTLE, MUCH]), used=300),
        ASK + 10_000,
        NotEnough,
        [Remedy(kind="top_up", name="much")],
    ),
    "who may buy is another question": (
        started(world(offers=[LITTLE]), used=300),
        ASK,
        NotEnough,
        [AUGUST, Remedy(kind="top_up", name="little")],
    ),
    "an offer that only a representative adds": (started(world(offers=[BY_HAND]), used=300), 1_001, NotEnough, []),
    "a purchase that the plan would lock": (
        started(world(offers=[MUCH], usable={"quota"}), used=300),
        1_001,
        NotEnough,
        [],
    ),
    "a purchase that a debt would swallow": (
        started(world(offers=[LITTLE])).spend(1_950, at=july(2), overdraw=True).wallet,
        60,
        NotEnough,
        [],
    ),
    "upgrades that bring enough at once": (
        started(world(upgrades_to={"more", "huge", "even"}), used=300),
        1_701,
        NotEnough,
        [Remedy(kind="upgrade", name="huge")],
    ),
    "an upgrade that takes effect later": (
        started(world(upgrades_to={"huge"}, on_upgrade=Switch(when="period_end")), used=300),
        1_001,
        NotEnough,
        [],
    ),
    "locked, and a plan that unlocks": (
        started(world(usable={"quota"}, upgrades_to={"more"}), balances=[Balance("top_up", 5_000)]),
        6_000,
        Locked,
        [Remedy(kind="resubscribe", name="more")],
    ),
    "locked, and nothing unlocks": (
        started(world(usable={"quota"}), balances=[Balance("top_up", 5_000)]),
        6_000,
        Locked,
        [],
    ),
    "locked would not have sufficed": (
        started(world(usable={"quota"}, upgrades_to={"huge"}), balances=[Balance("top_up", 5_000)]),
        6_001,
        NotEnough,
        [Remedy(kind="resubscribe", name="huge")],
    ),
    "a limit that may be raised": (
        started(world(limits=[CAP]), used=300),
        300,
        LimitReached,
        [AUGUST, Remedy(kind="raise_limit", name="cap", to=600)],
    ),
    "a limit that may not be raised as far": (started(world(limits=[CAP]), used=300), 701, LimitReached, []),
    "a limit whose least choice is more than needed": (
        started(world(limits=[Limit("cap", 100, minimum=400)])),
        300,
        LimitReached,
        [Remedy(kind="raise_limit", name="cap", to=400)],
    ),
    "a limit, and too little behind it": (
        started(world(limits=[Limit("cap", 500)])),
        1_001,
        LimitReached,
        [],
    ),
    "a limit, and a purchase that does not lift it": (
        started(world(limits=[Limit("cap", 500)], offers=[MUCH])),
        501,
        LimitReached,
        [Remedy(kind="raise_limit", name="cap", to=501)],
    ),
    "a limit that an upgrade leaves behind": (
        started(world(limits=[Limit("cap", Bound("allowance"))], upgrades_to={"huge"}), used=300),
        ASK,
        LimitReached,
        [AUGUST, Remedy(kind="upgrade", name="huge")],
    ),
    "a limit on what an action is paid in": (
        started(world(limits=[CAP], prices=[Price("talk", 100, unit="tokens")]), used=300),
        {"talk": 3},
        LimitReached,
        [AUGUST, Remedy(kind="raise_limit", name="cap", to=600)],
    ),
    "two limits, and raising one is not enough": (
        started(
            world(limits=[CAP, Limit("talks", 2, unit="talk")], prices=[Price("talk", 100, unit="tokens")]),
            used=300,
        ),
        {"talk": 3},
        LimitReached,
        [],
    ),
    "several meters, and only one is short": (
        started(world(allowances=[Allowance(1_000), Allowance(10, "sms")]), used=300),
        {"tokens": ASK, "sms": 10},
        NotEnough,
        [AUGUST],
    ),
    "several meters, and the other stays short": (
        started(world(allowances=[Allowance(1_000), Allowance(10, "sms")]), used=300),
        {"tokens": ASK, "sms": 11},
        NotEnough,
        [],
    ),
    "a price that credits pay": (
        started(world(prices=[Price("tokens", Decimal("0.01"))], offers=[CASH]), used=300),
        1_700,
        NotEnough,
        [Remedy(kind="top_up", name="cash")],
    ),
    "a price that no credits pay": (
        started(world(prices=[Price("tokens", Decimal(10))], offers=[CASH]), used=300),
        1_700,
        NotEnough,
        [],
    ),
}


def carried_out(wallet: Wallet, remedy: Remedy) -> Wallet:
    """Do what a remedy says, as its best case lets it be done."""
    if remedy.kind == "wait":
        assert remedy.until is not None
        return wallet.advance(remedy.until).wallet
    assert remedy.name is not None
    if remedy.kind == "top_up":
        offer = {offer.name: offer for offer in (LITTLE, MUCH, CASH)}[remedy.name]
        assert offer.maximum is not None
        return wallet.top_up(offer.name, offer.maximum, at=july(5), payment="p", by="admin").wallet
    if remedy.kind == "raise_limit":
        return wallet.set_limit(remedy.name, remedy.to, at=july(5), by="owner").wallet
    assert remedy.kind in {"upgrade", "resubscribe"}
    return wallet.change_plan(remedy.name, at=july(5)).wallet


@pytest.mark.parametrize(("wallet", "asked", "expected", "remedies"), REFUSED.values(), ids=list(REFUSED))
def test_a_refusal_names_what_would_let_the_same_request_succeed_and_nothing_else(
    wallet: Wallet, asked: Any, expected: type[Refused], remedies: list[Remedy]
) -> None:
    """Each named remedy is carried out, and then the request is made again as it was."""
    with pytest.raises(expected) as caught:
        wallet.spend(asked, at=july(5))
    refusal = caught.value

    assert type(refusal) is expected
    assert tuple(remedies) == refusal.remedies
    for remedy in remedies:
        at = remedy.until or july(5)
        assert carried_out(wallet, remedy).spend(asked, at=at).entries
        if remedy.until is not None:
            with pytest.raises(Refused):
                wallet.spend(asked, at=remedy.until - timedelta(microseconds=1))
        if remedy.kind == "raise_limit" and remedy.to != 400:  # the least that may be chosen there
            lower = wallet.set_limit(remedy.name or "", (remedy.to or 0) - 1, at=july(5), by="owner").wallet  # type: ignore[arg-type]
            with pytest.raises(LimitReached):
                lower.spend(asked, at=july(5))


@pytest.mark.parametrize(("wallet", "asked", "expected", "remedies"), REFUSED.values(), ids=list(REFUSED))
def test_a_view_says_the_same_without_raising(
    wallet: Wallet, asked: Any, expected: type[Refused], remedies: list[Remedy]
) -> None:
    """Asking first gives the refusal that asking for it would raise."""
    quote = wallet.at(july(5)).quote(asked)

    assert not quote.ok
    assert not wallet.at(july(5)).can_spend(asked)
    assert quote.entry is None
    assert type(quote.refusal) is expected
    assert quote.refusal is not None
    assert tuple(remedies) == quote.refusal.remedies
    with pytest.raises(expected) as caught:
        wallet.spend(asked, at=july(5))
    assert str(caught.value) == str(quote.refusal)


@pytest.mark.parametrize(("asked", "of"), [(ASK, 700), (701, 700), (100_000, 700)])
def test_a_refusal_says_asked_available_and_short(asked: int, of: int) -> None:
    """The three figures of a refusal fit each other, and the available amount is one that succeeds."""
    wallet = started(world(), used=300)

    with pytest.raises(NotEnough) as caught:
        wallet.spend(asked, at=july(5))
    refusal = caught.value

    assert (asked, of, asked - of) == (refusal.asked, refusal.available, refusal.short)
    assert wallet.spend(of, at=july(5)).moved == {"tokens": of}
    assert f"{asked:,} tokens asked, {of:,} available, {asked - of:,} short" in str(refusal)


def test_a_priced_shortage_is_said_in_money() -> None:
    """What the rest would cost, and what is there to pay it."""
    plans = world(prices=[Price("tokens", Decimal("0.01"))], offers=[CASH])
    wallet = started(plans, used=300, balances=[Balance("credit", Decimal("1.50"), "USD")])

    with pytest.raises(NotEnough) as caught:
        wallet.spend(1_000, at=july(5))

    assert (caught.value.needed, caught.value.funds) != (None, None)
    assert str(caught.value.needed) == "3.00 USD"
    assert str(caught.value.funds) == "1.50 USD"
    assert "3.00 USD needed, 1.50 USD there" in str(caught.value)
    assert caught.value.available == 850


def test_a_limit_that_is_reached_is_named() -> None:
    """With its name as an attribute and its cap in the message."""
    with pytest.raises(LimitReached, match="limit cap of 500 tokens reached") as caught:
        started(world(limits=[CAP]), used=300).spend(201, at=july(5))

    assert (caught.value.limit, caught.value.asked, caught.value.available) == ("cap", 201, 200)


# -- what cannot be bought here, or by whom ------------------------------------------------------------------------


def refused_purchase(plans: Catalogue, offer: str, amount: int, by: str | None) -> Refused:
    with pytest.raises(Refused) as caught:
        started(plans).top_up(offer, amount, at=july(5), payment="p", by=by)
    return caught.value


SOLD_TO_ADMINS = Offer("packs", price=Decimal(1), minimum=10, maximum=100, buyers={"admin"})


def leading(**switch: Any) -> Catalogue:
    """Two plans, of which only the second sells packs."""
    start = Plan("start", rank=1, upgrades_to={"shop"}, **switch)
    return Catalogue([start, Plan("shop", rank=2, offers=[SOLD_TO_ADMINS])])


@pytest.mark.parametrize(
    ("plans", "amount", "by", "helps"),
    [
        (leading(), 10, "admin", True),
        (leading(), 9, "admin", False),
        (leading(), 101, "admin", False),
        (leading(), 10, "member", False),
        (leading(), 10, None, False),
        (leading(on_upgrade=Switch(when="period_end")), 10, "admin", False),
    ],
)
def test_what_another_plan_sells_is_a_reason_to_upgrade_where_that_alone_would_do(
    plans: Catalogue, amount: int, by: str | None, helps: bool
) -> None:
    """Not for an amount that it does not sell either, nor for somebody who may not buy there, nor later."""
    refusal = refused_purchase(plans, "packs", amount, by)

    assert isinstance(refusal, NotSold)
    assert ((Remedy(kind="upgrade", name="shop"),) if helps else ()) == refusal.remedies
    upgraded = started(plans).change_plan("shop", at=july(5)).wallet
    if helps:
        assert upgraded.top_up("packs", amount, at=july(5), payment="p", by=by).entries
    else:
        with pytest.raises(Refused):
            upgraded.top_up("packs", amount, at=july(5), payment="p", by=by)


@pytest.mark.parametrize(("amount", "helps"), [(10, True), (100_001, False)])
def test_what_a_representative_adds_is_a_matter_for_the_representative(amount: int, helps: bool) -> None:
    """The refusal says whom to turn to, where that is all that is missing."""
    plans = world(offers=[BY_HAND])
    refusal = refused_purchase(plans, "by_hand", amount, "admin")

    assert isinstance(refusal, NotAllowed)
    assert ("admin", frozenset({"agent"})) == (refusal.by, refusal.allowed)
    assert ((Remedy(kind="contact", name="agent"),) if helps else ()) == refusal.remedies
    if helps:
        assert started(plans).top_up("by_hand", amount, at=july(5), payment="p", by="agent").entries


@pytest.mark.parametrize("by", [None, "member"])
def test_who_may_not_buy_is_told_who_may(by: str | None) -> None:
    """Nobody and the wrong one are refused alike; somebody else's purchase is not this request."""
    refusal = refused_purchase(world(offers=[LITTLE]), "little", 10, by)

    assert isinstance(refusal, NotAllowed)
    assert (by, frozenset({"admin"}), ()) == (refusal.by, refusal.allowed, refusal.remedies)
    assert "is for admin" in str(refusal)


@pytest.mark.parametrize(
    ("amount", "said"),
    [(9, "at least 10"), (101, "at most 100"), (15, "whole packs of 10")],
)
def test_an_amount_that_an_offer_does_not_sell_is_out_of_its_bounds(amount: int, said: str) -> None:
    """The refusal names the bound."""
    packs = Offer("packs", price=Decimal(1), pack=10, maximum=100)
    refusal = refused_purchase(world(offers=[packs]), "packs", amount, None)

    assert isinstance(refusal, OutOfBounds)
    assert said in str(refusal)
    assert amount == refusal.asked
    assert refusal.remedies == ()
