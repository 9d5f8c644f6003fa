"""What auto top-up says twice, altered in one place: `replay` finds it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from attrs import evolve

from tests.support.cases import on
from tokenpurse import AutoTopUp, Offer, Plan, Wallet, replay
from tokenpurse import entries as e
from tokenpurse.buckets import Money
from tokenpurse.errors import HistoryError
from tokenpurse.units import Unit

USD, EUR = Unit.money("USD"), Unit.money("EUR")


@cache
def history() -> tuple[e.Entry, ...]:
    """Two asked for, declined; again, declined hard; the first paid late; filled; cut; disputed; blocked."""
    plan = Plan(
        "p",
        offers=[Offer("pack", price=Decimal(1), pack=5)],
        auto_top_up=AutoTopUp("pack", cool_down=timedelta(hours=1), bought_max=60),
    )
    change = Wallet.open(plan, id="acme", at=on(7, 1), debt={"tokens": 11})
    entries = [*change.entries]
    for verb, args, named in (
        ("set_auto_top_up", (), {"threshold": 10, "purchase": 20}),
        ("decline", ("charge:1",), {}),
        ("advance", (), {}),
        ("decline", ("charge:2",), {"hard": True}),
        ("confirm", ("charge:1",), {"payment": "late"}),
        ("set_auto_top_up", (), {"threshold": 10, "target": 30}),
        ("spend", (25,), {}),
        ("confirm", ("charge:3",), {"payment": "p"}),
        ("spend", (20,), {"after": timedelta(days=40)}),
        ("confirm", ("charge:4",), {"payment": "p4"}),
        ("claw_back", ("p4",), {}),
        ("grant", (100,), {"ref": "g"}),
        ("set_auto_top_up", (), {"enabled": True}),
        ("claw_back", ("g",), {"refunded": 10}),
        ("spend", (200,), {"overdraw": True}),
        ("grant", (111,), {"ref": "h"}),
        ("confirm", ("charge:5",), {"payment": "p5"}),
    ):
        at = change.wallet.clock + named.pop("after", timedelta(hours=1))
        change = getattr(change.wallet, verb)(*args, at=at, **named)
        entries += change.entries
    assert replay(entries) == change.wallet
    return tuple(entries)


ON, DECLINED, HARD, LATE, FILL, CUT, PAID, AUGUST = 1, 2, 4, 5, 6, 7, 8, 11
DISPUTED, GIFT, TOLD = 12, 15, 18


def of_window(place: int, **more: Any) -> tuple[int, Any]:
    window = history()[place].window
    assert window is not None
    return place, {"window": evolve(window, **more)}


def of_charge(place: int, **more: Any) -> tuple[int, Any]:
    (charge,) = history()[place].requests
    return place, {"requests": (evolve(charge, **more),)}


CHARGE, AGAIN, COUNTS = "is not what auto top-up was set to", "it may be asked for again at", "its window counts"
CASES = {
    "the purchases of a charge": (lambda: of_charge(ON, count=1), CHARGE),
    "no purchase": (lambda: of_charge(ON, count=0, steps=0), CHARGE),
    "the currency of a charge": (lambda: of_charge(ON, price=Money(EUR, 1)), CHARGE),
    "the purchases of a filling": (lambda: of_charge(CUT, count=2), CHARGE),
    "a filling of nothing": (lambda: of_charge(CUT, steps=0), CHARGE),
    "a setting that is off": (
        lambda: (ON, {"setting": evolve(setting(ON), off=e.AutoTopUpOff(on(7, 1), "declined"))}),
        CHARGE,
    ),
    "a setting without a purchase": (lambda: (FILL, {"setting": evolve(setting(FILL), target_steps=None)}), "what to"),
    "a setting with both": (lambda: (FILL, {"setting": evolve(setting(FILL), purchase_steps=5)}), "what to buy"),
    "declines in a row": (lambda: (DECLINED, {"declines": 2}), "it was declined 2 times in a row, 0 before"),
    "no rest": (lambda: (DECLINED, {"retry_at": None}), AGAIN),
    "a rest while it is off": (lambda: (HARD, {"retry_at": on(7, 9)}), AGAIN),
    "hard without being off": (lambda: (HARD, {"off": None, "retry_at": on(7, 9)}), AGAIN),
    "why it is off": (
        lambda: (HARD, {"off": e.AutoTopUpOff(history()[HARD].at, "declined")}),
        "turned auto top-up off",
    ),
    "since when it is off": (lambda: (HARD, {"off": e.AutoTopUpOff(on(7, 9), "declined_hard")}), "turned auto top-up"),
    "a dispute that leaves it on": (lambda: (DISPUTED, {"off": None}), "by what went back it is"),
    "another reason for it to be off": (
        lambda: (DISPUTED, {"off": e.AutoTopUpOff(history()[DISPUTED].at, "declined")}),
        "by what went back it is",
    ),
    "a gift that turns it off": (
        lambda: (GIFT, {"off": e.AutoTopUpOff(history()[GIFT].at, "clawed_back")}),
        "by what went back it is",
    ),
    "a payment that no window counts": (lambda: (LATE, {"window": None}), "does not count charge:1"),
    "a window that is over": (lambda: of_window(LATE, end=on(7, 1)), "its window is from"),
    "a window to come": (lambda: of_window(LATE, start=on(7, 9)), "its window is from"),
    "another window's end": (lambda: of_window(PAID, end=on(9, 1)), "one runs from"),
    "another window's start": (lambda: of_window(PAID, start=on(6, 30)), "one runs from"),
    "a window's purchases": (lambda: of_window(LATE, purchases=1), COUNTS),
    "a window's amount": (lambda: of_window(LATE, bought_steps=41), COUNTS),
    "a window's money": (lambda: of_window(LATE, spent=Money(USD, 1)), COUNTS),
    "a window's unit": (lambda: of_window(PAID, unit=Unit("points")), COUNTS),
    "a window's currency": (lambda: of_window(PAID, spent=Money(EUR, 1)), COUNTS),
    "the next window's purchases": (lambda: of_window(AUGUST, purchases=4), COUNTS),
    "a window that forgets what it told": (lambda: of_window(TOLD, told=False), COUNTS),
}


def setting(place: int) -> e.AutoTopUpSetting:
    entry = history()[place]
    assert isinstance(entry, e.AutoTopUpSet)
    assert entry.setting is not None
    return entry.setting


@pytest.mark.parametrize("name", CASES)
def test_an_altered_fact_of_auto_top_up_is_found(name: str) -> None:
    """At its own entry."""
    build, said = CASES[name]
    place, changes = build()
    entries = list(history())
    entries[place] = evolve(entries[place], **changes)
    with pytest.raises(HistoryError, match=said) as caught:
        replay(entries)
    assert caught.value.position == place
