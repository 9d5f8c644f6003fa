"""`view.limits`: what each limit counted, of whom, up to what, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from tests.support.rich import july
from tokenpurse import Allowance, Bound, Limit, LimitUse, PayAsYouGo, Plan, Wallet, periods
from tokenpurse.errors import ArgumentError

ANN, BEN = {"member": "ann"}, {"member": "ben"}
TEAM = Plan(
    "team",
    allowances=[Allowance(10_000)],
    pay_as_you_go=[PayAsYouGo(Decimal(3), per=1_000)],
    limits=[
        Limit("all", Bound("allowance", 2)),
        Limit("daily", 1_000, every=periods.calendar_day(), per="member"),
        Limit("burst", 600, window=timedelta(hours=5)),
        Limit("budget", Decimal(2), unit="USD"),
        Limit("free_choice", maximum=9_000, per="team"),
    ],
)


def opened() -> Wallet:
    return Wallet.open(TEAM, id="acme", at=july(1)).wallet


def read(wallet: Wallet, at: datetime, labels: dict[str, str] | None = None) -> dict[str, LimitUse]:
    return {one.name: one for one in wallet.at(at).limits(labels)}


def test_each_limit_says_what_it_counted_up_to_what_and_until_when() -> None:
    """Ann has used 300 of 1,000 today; what she holds counts."""
    wallet = opened().spend(200, at=july(2), labels=ANN).wallet
    wallet = wallet.hold(100, at=july(2, 1), ref="h", until=july(2, 9), labels=ANN).wallet
    found = read(wallet, july(2, 2), ANN)
    assert found["daily"] == LimitUse(
        name="daily", label="ann", unit="tokens", used=300, cap=1_000, left=700, resets=july(3)
    )
    assert str(found["daily"]) == "[300/1,000]"
    assert (found["all"].label, found["all"].used, found["all"].cap, found["all"].resets) == (
        None,
        300,
        20_000,
        datetime(2026, 8, 1, tzinfo=july(1).tzinfo),
    )
    assert (found["burst"].used, found["burst"].resets) == (300, july(2, 5))
    assert read(wallet, july(2, 2), BEN)["daily"].used == 0
    assert read(wallet, july(3, 9), ANN)["daily"].used == 0
    assert list(read(wallet, july(2, 2))) == ["all", "burst", "budget"]


def test_a_window_that_has_not_begun_has_no_end_yet() -> None:
    """It begins with the next use; a day is a day."""
    found = read(opened(), july(2), ANN)
    assert (found["burst"].used, found["burst"].resets) == (0, None)
    assert found["daily"].resets == july(3)


def test_without_a_cap_nothing_is_left_to_say() -> None:
    """Until one is chosen; of a chosen one for one value, that one."""
    wallet = opened().spend(50, at=july(2), labels={"team": "x"}).wallet
    found = read(wallet, july(2), {"team": "x"})["free_choice"]
    assert (found.used, found.cap, found.left, str(found)) == (50, None, None, "[50/-]")
    chosen = wallet.set_limit("free_choice", 40, at=july(2), label="x").wallet
    found = read(chosen, july(2), {"team": "x"})["free_choice"]
    assert (found.used, found.cap, found.left) == (50, 40, 0)
    assert read(chosen, july(2), {"team": "y"})["free_choice"].cap is None


def test_a_limit_on_money_is_in_money() -> None:
    """What pay-as-you-go comes to."""
    wallet = opened().spend(10_500, at=july(2), overdraw=True).wallet
    found = read(wallet, july(2))["budget"]
    assert (found.used, found.cap, found.left, str(found)) == (
        Decimal("1.50"),
        Decimal(2),
        Decimal("0.50"),
        "[1.50/2.00]",
    )


def test_the_tightest_left_is_what_is_available() -> None:
    """Where there is enough, and all count the same."""
    wallet = opened().spend(250, at=july(2), labels=ANN).wallet
    for labels in (ANN, BEN, {}):
        lefts = [one.left for one in wallet.at(july(2)).limits(labels) if one.unit == "tokens" and one.left is not None]
        assert wallet.at(july(2)).available(labels=labels) == min(lefts)


def test_labels_are_as_of_a_spend() -> None:
    """Nothing else."""
    with pytest.raises(ArgumentError):
        opened().at(july(2)).limits({"member": 3})  # type: ignore[dict-item]
