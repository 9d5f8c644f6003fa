"""Holds and limits: what is held counts as limits stand now, comes back on release, and is used when captured."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.rich import july
from tokenpurse import Allowance, AtZero, Limit, PayAsYouGo, Plan, Price, Wallet, periods, replay
from tokenpurse.entries import Captured
from tokenpurse.errors import LimitReached, NotEnough

ANN, BEN = {"member": "ann"}, {"member": "ben"}
HOUR = timedelta(hours=1)
KINDS: dict[str, dict[str, Any]] = {
    "period": {},
    "day": {"every": periods.calendar_day()},
    "rolling": {"window": 5 * HOUR},
    "per member": {"per": "member"},
    "per member and day": {"per": "member", "every": periods.calendar_day()},
}


def limited(*limits: Limit, **more: Any) -> Wallet:
    """A wallet of 10,000 tokens with these limits."""
    plan = Plan("p", **{"allowances": [Allowance(10_000)], **more}, limits=limits)
    return Wallet.open(plan, id="acme", at=july(1)).wallet


@pytest.mark.parametrize("kind", KINDS)
def test_a_hold_counts_and_gives_back_what_it_releases(kind: str) -> None:
    """From the moment it is made to the moment it ends, whichever way."""
    wallet = limited(Limit("cap", 300, **KINDS[kind])).hold(200, at=july(2), until=HOUR, ref="h", labels=ANN).wallet
    assert wallet.at(july(2)).available(labels=ANN) == 100
    with pytest.raises(LimitReached):
        wallet.hold(101, at=july(2), until=HOUR, ref="h2", labels=ANN)
    assert wallet.hold(101, at=july(2), until=HOUR, ref="h2", labels=ANN, partial=True).view.available(labels=ANN) == 0
    assert wallet.release("h", at=july(2)).view.available(labels=ANN) == 300
    assert wallet.capture("h", 50, at=july(2)).view.available(labels=ANN) == 250
    assert wallet.at(july(2, 1)).available(labels=ANN) == 300  # it has lapsed


@pytest.mark.parametrize("kind", ["day", "rolling", "per member and day"])
def test_a_hold_counts_across_the_end_of_a_stretch(kind: str) -> None:
    """What is used there begins anew, what is held goes on to count; a capture is use of its own moment."""
    wallet = limited(Limit("cap", 300, **KINDS[kind])).spend(80, at=july(2, 20), labels=ANN).wallet
    wallet = wallet.hold(200, at=july(2, 20), until=12 * HOUR, ref="h", labels=ANN).wallet
    assert wallet.at(july(2, 23)).available(labels=ANN) == 20
    later = july(3, 2)
    assert wallet.at(later).available(labels=ANN) == 100
    captured = wallet.capture("h", 150, at=later)
    assert isinstance(captured.entry, Captured)
    assert [(one.limit, one.steps, one.after_steps) for one in captured.entry.counted] == [("cap", 150, 150)]
    assert captured.view.available(labels=ANN) == 150
    assert wallet.release("h", at=later).view.available(labels=ANN) == 300


def test_a_hold_is_no_use_so_it_begins_no_window() -> None:
    """The window starts with the capture."""
    wallet = limited(Limit("cap", 300, window=5 * HOUR)).hold(100, at=july(2), until=4 * HOUR, ref="h").wallet
    wallet = wallet.capture("h", at=july(2, 3)).wallet
    assert (wallet.at(july(2, 7, 59)).available(), wallet.at(july(2, 8)).available()) == (200, 300)


def test_what_one_holds_leaves_the_other_the_own_cap() -> None:
    """Per label value a hold counts for its own, in the shared pool for all."""
    wallet = limited(Limit("each", 300, per="member"), allowances=[Allowance(500)])
    view = wallet.hold(250, at=july(2), until=HOUR, ref="h", labels=ANN).view
    assert [view.available(labels=labels) for labels in (ANN, BEN, None)] == [50, 250, 250]


@pytest.mark.parametrize("more", [{}, {"window": 5 * HOUR}, {"per": "member"}])
def test_many_small_holds_do_not_slip_under_a_budget(more: dict[str, Any]) -> None:
    """Each would cost nothing by itself; they are one quantity of the line, as the statement will say it."""
    plan = {"allowances": [Allowance(0)], "pay_as_you_go": [PayAsYouGo(Decimal(3), per=1_000)]}
    wallet = limited(Limit("budget", Decimal("0.10"), unit="USD", **more), **plan)
    change = Wallet.open(wallet.at(july(1))._plan().plan, id="acme", at=july(1))
    wallet, entries, held = change.wallet, list(change.entries), 0
    while wallet.at(july(2)).can_spend(1, labels=ANN):
        change = wallet.hold(1, at=july(2), until=HOUR, ref=f"h{held}", labels=ANN)
        wallet, entries, held = change.wallet, [*entries, *change.entries], held + 1
    assert held == 34  # the 35th would be 0.105, which is 0.11
    for number in range(held):
        change = wallet.capture(f"h{number}", at=july(2), ref=f"c{number}")
        wallet, entries = change.wallet, [*entries, *change.entries]
    assert wallet.at(july(2)).usage("USD") == Decimal("0.10")
    assert replay(entries) == wallet


def test_what_is_held_is_on_no_line_when_a_spend_is_counted() -> None:
    """A spend beside a hold says what it adds to the statement, as the ledger is checked."""
    plan = {"allowances": [Allowance(0)], "pay_as_you_go": [PayAsYouGo(Decimal(3), per=1_000)]}
    limit = Limit("budget", Decimal(1), unit="USD", window=5 * HOUR)
    opened = Wallet.open(Plan("p", **plan, limits=[limit]), id="acme", at=july(1))  # type: ignore[arg-type]
    held = opened.wallet.hold(1, at=july(2), until=HOUR, ref="h")
    spent = held.wallet.spend(1, at=july(2))
    captured = spent.wallet.capture("h", at=july(2))
    entries = [*opened.entries, *held.entries, *spent.entries, *captured.entries]
    assert replay(entries) == captured.wallet
    assert captured.view.usage("USD") == Decimal("0.01")


def test_a_hold_is_not_made_of_an_overdraft() -> None:
    """What is not there cannot be set aside; what goes beyond a hold can be owed."""
    wallet = limited(allowances=[Allowance(100)], at_zero=AtZero(overdraft=50))
    with pytest.raises(NotEnough, match="101 tokens asked, 100 available, 1 short: a hold takes no overdraft"):
        wallet.hold(101, at=july(2), until=HOUR, ref="h")
    with pytest.raises(NotEnough, match=r"1 short[^:]*$"):
        wallet.spend(151, at=july(2))
    wallet = wallet.hold(100, at=july(2), until=HOUR, ref="h").wallet
    assert wallet.capture("h", 120, at=july(2), over="spend").view.debt() == 20
    priced = limited(
        allowances=[], prices=[Price("tokens", Decimal(1))], at_zero=AtZero(overdraft=Decimal(5), unit="USD")
    )
    with pytest.raises(NotEnough, match=r"needed, 0\.00 USD there: a hold takes no overdraft"):
        priced.hold(1, "tokens", at=july(2), until=HOUR, ref="h")
    assert priced.at(july(2)).available("tokens") == 5
