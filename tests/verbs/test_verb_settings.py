"""`set_limit`, `set_zone`, `freeze`, `unfreeze`: settings of one wallet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.rich import after, july, opened
from tokenpurse import Alert, Allowance, Bound, Limit, Plan, Wallet
from tokenpurse.entries import Frozen, LimitSet, Unfrozen, ZoneSet
from tokenpurse.errors import NotAllowed, OutOfBounds, WalletFrozen

NOTICES = [
    Alert("most", "used", at_or_above=Bound("limit", Decimal("0.75"))),
    Alert("all", "used", at_or_above=Bound("limit")),
]


def limited(used: int = 0, **limit: Any) -> Wallet:
    plan = Plan("p", allowances=[Allowance(1_000)], limits=[Limit("cap", **limit)], alerts=NOTICES)
    wallet = Wallet.open(plan, id="acme", at=july(1)).wallet
    return wallet.spend(used, at=july(2)).wallet if used else wallet


@pytest.mark.parametrize(
    ("default", "chosen", "left"),
    [(None, 500, 200), (400, 500, 200), (400, None, 100), (None, None, 700), (400, 300, 0), (400, 0, 0), (400, 100, 0)],
)
def test_a_chosen_limit_takes_the_place_of_the_plans_own(default: int | None, chosen: int | None, left: int) -> None:
    """Zero is a limit, none is none, and one below what was used is a limit that is reached."""
    wallet = limited(300, amount=default)
    change = wallet.set_limit("cap", chosen, at=july(3), by="owner")

    assert left == change.view.available()
    assert (default if chosen is None else chosen) == change.view.limit()
    if chosen is None:
        assert change.wallet is wallet
    else:
        (entry,) = change.entries
        assert isinstance(entry, LimitSet)
        assert (entry.name, entry.steps, entry.by) == ("cap", chosen, "owner")


def test_a_chosen_limit_stays_until_it_is_changed_or_taken_back() -> None:
    """Over resets too."""
    wallet = limited(amount=400).set_limit("cap", 500, at=july(3)).wallet

    assert wallet.at(july(40)).limit() == 500
    assert wallet.set_limit("cap", 500, at=july(4)).wallet is wallet
    back = wallet.set_limit("cap", None, at=july(4))
    assert (back.view.limit(), len(back.entries)) == (400, 1)
    assert back.wallet.set_limit("cap", None, at=july(4)).wallet is back.wallet


@pytest.mark.parametrize(
    ("amount", "said"), [(99, "at least 100"), (2_001, "at most 2,000"), (100, None), (2_000, None)]
)
def test_a_limit_is_chosen_within_the_plans_bounds(amount: int, said: str | None) -> None:
    """Inclusive; a bound may be a multiple of the allowance."""
    wallet = limited(minimum=100, maximum=Bound("allowance", 2))

    if said is None:
        assert wallet.set_limit("cap", amount, at=july(2)).view.limit() == amount
    else:
        with pytest.raises(OutOfBounds, match=said):
            wallet.set_limit("cap", amount, at=july(2))


@pytest.mark.parametrize(
    ("setters", "by", "allowed"),
    [(None, None, True), ({"owner"}, "owner", True), ({"owner"}, None, False), ({"owner"}, "member", False)],
)
def test_who_may_choose_is_said_by_the_plan(setters: Any, by: str | None, allowed: bool) -> None:
    """Taking a limit back is choosing too."""
    wallet = limited(setters=setters)

    for amount in (5, None):
        if allowed:
            wallet.set_limit("cap", amount, at=july(2), by=by)
        else:
            with pytest.raises(NotAllowed):
                wallet.set_limit("cap", amount, at=july(2), by=by)


def test_moving_a_limit_fires_the_lines_it_moves_below_use_and_rearms_those_above() -> None:
    """As if the use had just come there."""
    wallet = limited(300)
    lowered = wallet.set_limit("cap", 300, at=july(3))
    assert [notice.name for notice in lowered.notices] == ["most", "all"]

    raised = lowered.wallet.set_limit("cap", 1_000, at=july(3))
    assert raised.notices == ()
    again = raised.wallet.spend(450, at=july(3))
    assert [(notice.id, notice.line, notice.figure) for notice in again.notices] == [("most#2", 750, 750)]


# -- zone ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "then"),
    [
        ("UTC", datetime(2026, 9, 1, tzinfo=UTC)),
        ("Asia/Tokyo", datetime(2026, 8, 31, 15, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 9, 1, 4, tzinfo=UTC)),
    ],
)
def test_a_zone_is_taken_from_the_next_period_on(zone: str, then: datetime) -> None:
    """The running period keeps its end, so no change of zone grants twice."""
    wallet = opened().wallet
    change = wallet.set_zone(zone, at=july(3), by="owner")

    assert change.view.next_reset() == july(32)
    assert then == change.wallet.at(july(33)).next_reset()
    if zone == "UTC":
        assert change.wallet is wallet
    else:
        (entry,) = change.entries
        assert isinstance(entry, ZoneSet)
        assert (entry.zone, entry.by) == (zone, "owner")
        assert change.wallet.set_zone(zone, at=july(3)).wallet is change.wallet


def test_hopping_through_zones_grants_no_more_than_staying() -> None:
    """A day's zones, hour by hour, around a boundary."""
    wallet = opened().wallet
    granted = 0
    for hour, zone in enumerate(["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Tokyo", "UTC", "Pacific/Kiritimati"]):
        change = wallet.set_zone(zone, at=july(31, 20) + timedelta(hours=2 * hour))
        granted += sum(type(entry).__name__ == "PeriodOpened" for entry in change.entries)
        wallet = change.wallet

    assert granted == 1


# -- freeze --------------------------------------------------------------------------------------------------------


def test_freezing_stops_spending_and_unfreezing_lets_it_go_on() -> None:
    """Nothing else changes; doing it again does nothing."""
    frozen = after().freeze(at=july(2), by="fraud")
    (entry,) = frozen.entries

    assert isinstance(entry, Frozen)
    assert (entry.by, frozen.view.frozen, frozen.view.available()) == ("fraud", True, 0)
    assert frozen.view.balance() == 1_000
    assert frozen.wallet.freeze(at=july(3)).wallet is frozen.wallet
    with pytest.raises(WalletFrozen):
        frozen.wallet.spend(1, at=july(3))
    thawed = frozen.wallet.unfreeze(at=july(3))
    assert isinstance(thawed.entries[0], Unfrozen)
    assert thawed.wallet.unfreeze(at=july(3)).wallet is thawed.wallet
    assert thawed.wallet.spend(1, at=july(3)).view.available() == 999


def test_a_frozen_wallet_asks_for_no_charge_until_it_is_thawed() -> None:
    """Auto top-up is spending, too."""
    wallet = after(
        lambda w: w.top_up("credits", Decimal(20), at=july(1), payment="p"),
        lambda w: w.set_auto_top_up(threshold=Decimal(10), purchase=Decimal(20), at=july(1), by="owner"),
    )
    assert [request.id for request in wallet.spend(Decimal(15), "USD", at=july(2)).requests] == ["charge:1"]
    low = wallet.spend(Decimal(9), "USD", at=july(2)).wallet.freeze(at=july(2)).wallet

    frozen = low.set_auto_top_up(threshold=Decimal(15), purchase=Decimal(20), at=july(3), by="owner")
    assert (frozen.requests, frozen.view.pending()) == ((), ())
    assert [request.id for request in frozen.wallet.unfreeze(at=july(4)).requests] == ["charge:1"]
