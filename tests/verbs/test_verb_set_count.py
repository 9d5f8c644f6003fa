"""`set_count`: how many of something the wallet has, and the allowances granted per it."""

from __future__ import annotations

from typing import Literal

import pytest

from tests.support.rich import july
from tokenpurse import Allowance, Catalogue, Plan, Wallet
from tokenpurse.entries import CountSet
from tokenpurse.errors import OutOfBounds
from tokenpurse.periods import once

PACKS = Plan("packs", allowances=[Allowance(5_000, per="packages"), Allowance(10, "sms", per="packages")])


def having(count: int, used: int = 0) -> Wallet:
    wallet = Wallet.open(PACKS, id="acme", at=july(1), counts={"packages": count}).wallet
    return wallet.spend(used, at=july(2)).wallet if used else wallet


@pytest.mark.parametrize(
    ("count", "used", "new", "when", "left", "next_left"),
    [
        (2, 0, 10, None, 50_000, 50_000),
        (2, 3_000, 10, None, 47_000, 50_000),
        (0, 0, 1, None, 5_000, 5_000),
        (2, 3_000, 1, None, 7_000, 5_000),
        (2, 3_000, 0, None, 7_000, 0),
        (2, 3_000, 1, "now", 2_000, 5_000),
        (2, 7_000, 1, "now", 0, 5_000),
        (2, 0, 0, "now", 0, 0),
        (2, 0, 3, "period_end", 10_000, 15_000),
    ],
)
def test_more_take_effect_now_and_fewer_when_the_period_ends(
    count: int, used: int, new: int, when: Literal["now", "period_end"] | None, left: int, next_left: int
) -> None:
    """Unless said otherwise; added in full, and what was used stays used."""
    change = having(count, used).set_count("packages", new, at=july(3), when=when, by="owner")
    (entry,) = change.entries

    assert isinstance(entry, CountSet)
    assert (entry.name, entry.count, entry.by) == ("packages", new, "owner")
    assert left == change.view.available()
    later = change.wallet.at(july(32))
    assert (next_left, {"packages": new}) == (later.available(), later.counts)


def test_the_present_count_takes_back_what_was_scheduled() -> None:
    """And changes nothing where nothing was."""
    wallet = having(3)

    assert wallet.set_count("packages", 3, at=july(2)).wallet is wallet
    waiting = wallet.set_count("packages", 1, at=july(2)).wallet
    back = waiting.set_count("packages", 3, at=july(3))
    assert len(back.entries) == 1
    assert back.wallet.at(july(32)).counts == {"packages": 3}
    assert waiting.at(july(32)).counts == {"packages": 1}


def test_a_later_word_replaces_an_earlier_one() -> None:
    """Fewer scheduled, then more now."""
    wallet = having(3).set_count("packages", 1, at=july(2)).wallet

    assert wallet.set_count("packages", 2, at=july(3)).wallet.at(july(32)).counts == {"packages": 2}
    more = wallet.set_count("packages", 5, at=july(3))
    assert more.view.available() == 25_000
    assert more.wallet.at(july(32)).counts == {"packages": 5}


def test_going_down_and_up_within_a_period_mints_nothing() -> None:
    """What was paid so far counts, and the buckets come back as they were."""
    wallet = having(2, used=4_000)
    for count in (0, 2, 1, 0, 2):
        wallet = wallet.set_count("packages", count, at=july(3), when="now").wallet

    assert wallet.at(july(3)).available() == 6_000
    assert wallet.at(july(3)).available("sms") == 20
    assert wallet.at(july(3)).usage() == 4_000


def test_a_count_that_cannot_be_granted_is_out_of_bounds() -> None:
    """With the most that can."""
    plan = Plan("p", allowances=[Allowance(2**40, per="packages")])
    wallet = Wallet.open(plan, id="acme", at=july(1)).wallet

    with pytest.raises(OutOfBounds, match="at most 8,191") as caught:
        wallet.set_count("packages", 8_192, at=july(2))
    assert (caught.value.asked, caught.value.available, caught.value.short) == (8_192, 8_191, 1)
    assert wallet.set_count("packages", 8_191, at=july(2)).entries


def test_more_pay_a_debt_first() -> None:
    """A debt and a balance that could pay it never stand together."""
    wallet = having(1).spend(6_000, at=july(2), overdraw=True).wallet

    view = wallet.set_count("packages", 2, at=july(3)).view

    assert (view.debt(), view.available()) == (0, 4_000)


@pytest.mark.parametrize("verb", ["set_count", "change_plan"])
def test_the_end_of_a_period_that_has_none_cannot_be_waited_for(verb: str) -> None:
    """It once meant now, and forfeited at once; left out, `when` still means now there."""
    ever = Plan("ever", allowances=[Allowance(10, per="seats")], period=once())
    less = Plan("less", allowances=[Allowance(1)], period=once(), cancels_to=None)
    wallet = Wallet.open("ever", catalogue=Catalogue([ever, less]), id="acme", at=july(1), counts={"seats": 5}).wallet
    args = ("seats", 2) if verb == "set_count" else ("less",)

    with pytest.raises(OutOfBounds, match="the period has no end"):
        getattr(wallet, verb)(*args, at=july(2), when="period_end")
    assert getattr(wallet, verb)(*args, at=july(2)).view.available() == (20 if verb == "set_count" else 1)
