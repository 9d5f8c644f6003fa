"""Holds: F49 to F55."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from tests.support.cases import holding, lefts, on, opened_on
from tokenpurse import Allowance, Balance, Limit, Offer, Plan, Price, Rollover, Wallet
from tokenpurse.errors import (
    AmountError,
    ClockError,
    ConflictError,
    HoldEnded,
    NotEnough,
    OutOfBounds,
    PurseError,
    UnknownNameError,
)

MICRO = timedelta(microseconds=1)
NOON = on(7, 2, 12)
TEN_MINUTES = timedelta(minutes=10)


def held(amount: int = 600, **more: Any) -> Wallet:
    """1,000 tokens, of which some are held until ten minutes past noon."""
    wallet = opened_on(Plan("p", allowances=[Allowance(1_000)]))
    return wallet.hold(amount, at=NOON, ref="h", until=TEN_MINUTES, **more).wallet


def test_f49_every_hold_ends_by_itself() -> None:
    """routstr-core #551, elizaOS #11169, sexyvoice #503: the worker died, and what it had set aside never came back."""
    wallet = held()
    deadline = NOON + TEN_MINUTES

    assert wallet.at(deadline - MICRO).available() == 400
    assert wallet.at(deadline).available() == 1_000
    assert wallet.spend(1_000, at=deadline).view.available() == 0
    assert wallet.at(NOON).next_due() == deadline
    opened = opened_on(Plan("p", allowances=[Allowance(1_000)]))
    opened.hold(1, at=NOON, ref="longest", until=timedelta(days=30))
    for too_long in (timedelta(days=30) + MICRO, timedelta(), -MICRO):
        with pytest.raises((ClockError, OutOfBounds)):
            opened.hold(1, at=NOON, ref="h", until=too_long)


def test_f50_more_than_was_held_is_refused_or_spent_beside_it() -> None:
    """ElizaOS #11169, Blnk c44119f: the estimate was too small. Both are booked, or nothing is."""
    wallet = held()

    with pytest.raises(OutOfBounds):
        wallet.capture("h", 601, at=NOON)
    more = wallet.capture("h", 700, at=NOON, over="spend")
    assert (more.view.usage(), more.view.available(), more.view.held()) == (700, 300, 0)
    with pytest.raises(NotEnough):
        wallet.capture("h", 1_001, at=NOON, over="spend")
    assert (wallet.at(NOON).held(), wallet.at(NOON).usage()) == (600, 0)


ENDS: dict[str, Any] = {
    "captured": lambda wallet: wallet.capture("h", 100, at=NOON),
    "released": lambda wallet: wallet.release("h", at=NOON),
    "lapsed": lambda wallet: wallet.advance(NOON + TEN_MINUTES),
}
AFTER: dict[str, Any] = {
    "capture": lambda wallet: wallet.capture("h", 200, at=NOON + TEN_MINUTES),
    "release": lambda wallet: wallet.release("h", at=NOON + TEN_MINUTES),
}


@pytest.mark.parametrize(("how", "then"), [each for each in product(ENDS, AFTER) if each != ("released", "release")])
def test_f51_a_hold_ends_once(how: str, then: str) -> None:
    """TigerBeetle has an error for each, Blnk 45707ce had none: captured twice, or after its end."""
    ended = ENDS[how](held()).wallet

    with pytest.raises((HoldEnded, ConflictError)) as refused:
        AFTER[then](ended)

    if isinstance(refused.value, HoldEnded):
        assert refused.value.how == how
    assert ended.at(NOON + TEN_MINUTES).available() == (900 if how == "captured" else 1_000)


@pytest.mark.parametrize("how", ["captured", "released"])
def test_f51_the_same_again_is_a_repeat(how: str) -> None:
    """A worker that is not sure whether it was heard asks once more."""
    ended = ENDS[how](held()).wallet
    again = ENDS[how](ended)
    assert (again.repeated, again.entries, again.wallet is ended) == (True, (), True)


def test_f52_what_is_held_is_not_offered_again() -> None:
    """Blnk a709a14, LibreChat #15879: ten requests at once, each looked at the whole balance."""
    wallet = held()
    view = wallet.at(NOON)

    assert (view.available(), view.held(), view.balance(), view.by_kind()) == (400, 600, 400, {"quota": 400})
    assert (view.can_spend(400), view.can_spend(401)) == (True, False)
    assert view.gauge().used == 600
    with pytest.raises(NotEnough):
        wallet.hold(401, at=NOON, ref="other", until=TEN_MINUTES)


@pytest.mark.parametrize("meter", ["video", "sms", "gold"])
def test_f53_no_hold_without_a_right_to_it(meter: str) -> None:
    """Autumn #2174: with a hold, the check let through a feature that the plan did not have."""
    plan = Plan("p", allowances=[Allowance(1_000), Allowance(0, "sms")], prices=[Price("video", Decimal(1))])
    wallet = opened_on(plan, Plan("other", allowances=[Allowance(5, "gold")]))
    with pytest.raises(UnknownNameError if meter == "gold" else NotEnough):
        wallet.hold(1, meter, at=NOON, ref="h", until=TEN_MINUTES)


def test_f53_a_hold_counts_against_the_limit() -> None:
    """And so it cannot be a way around one."""
    wallet = opened_on(Plan("p", allowances=[Allowance(1_000)], limits=[Limit("cap", 700)]))
    wallet = wallet.hold(600, at=NOON, ref="h", until=TEN_MINUTES).wallet
    assert wallet.at(NOON).available() == 100
    assert wallet.release("h", at=NOON).view.available() == 700


@pytest.mark.parametrize("amount", [-1, Decimal(-1), Decimal("-31348.80")])
def test_f54_a_settlement_mints_nothing(amount: Any) -> None:
    """ElizaOS #22681: a price of -1 came in, and the settlement gave back 31,348.80 more than it had set aside."""
    cash = Offer("cash", unit="USD", price=Decimal(1))
    wallet = holding(Balance("credit", Decimal(50), "USD"), offers=[cash])
    wallet = wallet.hold(Decimal(20), "USD", at=NOON, ref="h", until=TEN_MINUTES).wallet

    for over in ("refuse", "spend"):
        with pytest.raises(AmountError):
            wallet.capture("h", {"USD": amount}, at=NOON, over=over)
    assert wallet.at(NOON).balance("USD") == Decimal(30)
    assert wallet.capture("h", {"USD": Decimal(0)}, at=NOON).view.balance("USD") == Decimal(50)


def test_f55_what_comes_back_too_late_has_ended() -> None:
    """No system says what happens then. What comes back to a bucket goes the way that the bucket's rest went."""
    gift = holding(Balance("promo", 100, expires=NOON + MICRO), Balance("top_up", 50))
    wallet = gift.hold(120, at=NOON, ref="h", until=TEN_MINUTES).wallet
    back = wallet.release("h", at=NOON + TEN_MINUTES - MICRO)
    assert back.view.by_kind() == {"top_up": 50}
    assert wallet.capture("h", 110, at=NOON + timedelta(minutes=1)).view.by_kind() == {"top_up": 40}


@pytest.mark.parametrize(("bank_max", "banked"), [(None, 1_000), (700, 700), (0, 0)])
def test_f55_over_a_reset_it_is_no_new_quota(bank_max: int | None, banked: int) -> None:
    """What was held over a reset goes with last month's rest: forfeited, or carried within the cap."""
    plan = Plan("p", allowances=[Allowance(1_000)], rollovers=[Rollover(bank_max=bank_max)])
    late = on(7, 31, 23, 55)
    wallet = opened_on(plan).hold(600, at=late, ref="h", until=TEN_MINUTES).wallet

    august = wallet.at(on(8, 1)).by_kind()
    assert august == {"quota": 1_000, **({"rollover": min(400, banked)} if banked else {})}
    back = wallet.release("h", at=on(8, 1, 0, 1)).view.by_kind()
    assert back == {"quota": 1_000, **({"rollover": banked} if banked else {})}


def test_f55_a_closed_wallet_holds_nothing() -> None:
    """Closing gives every hold back, and then forfeits it with the rest."""
    closed = held().close(at=NOON)
    assert (closed.view.held(), closed.view.balance()) == (0, 0)
    with pytest.raises(PurseError):
        closed.wallet.capture("h", 100, at=NOON)


def test_f55_the_lapse_comes_before_the_reset_of_the_same_moment() -> None:
    """So the last moment's deadline gives back to the month that it was taken from."""
    plan = Plan("p", allowances=[Allowance(1_000)], rollovers=[Rollover()])
    wallet = opened_on(plan).hold(600, at=on(7, 31, 23, 55), ref="h", until=on(8, 1)).wallet
    assert wallet.at(on(8, 1)).by_kind() == {"quota": 1_000, "rollover": 1_000}
    assert lefts(wallet.at(on(8, 1) - MICRO)) == [400]
