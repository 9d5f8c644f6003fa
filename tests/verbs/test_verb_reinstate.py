"""`reinstate`: what was clawed back is there again, when a dispute is won."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.cases import lefts, on
from tests.support.told import Told
from tokenpurse import Allowance, Offer, Plan
from tokenpurse import entries as e
from tokenpurse.errors import AmountError, ConflictError, OutOfBounds, PurseError, UnknownNameError, WalletClosed
from tokenpurse.units import STEPS_MAX

PLAIN = Plan("plain", allowances=[Allowance(0)], offers=[Offer("pack", price=Decimal("49.00"), pack=1_000)])
HOUR = timedelta(hours=1)


def bought() -> Told:
    """A pack of 1,000 for 49 dollars, paid with `p1`."""
    return Told(PLAIN).do("top_up", "pack", 1_000, at=on(7, 1), payment="p1")


def gift(amount: int = 100, **more: Any) -> Told:
    """A gift with the ref `g`."""
    return Told(PLAIN).do("grant", amount, at=on(7, 1), ref="g", **more)


def claw_back(told: Told, money: str | None = None, *, source: str = "p1", **more: Any) -> Told:
    """So much of a payment went back, in all; the whole of it unless said."""
    refunded = None if money is None else Decimal(money)
    return told.do("claw_back", source, refunded=refunded, **{"at": on(7, 5), **more})


def reinstate(told: Told, money: str | None = None, *, source: str = "p1", **more: Any) -> Told:
    """So much of it is still refunded; nothing unless said."""
    refunded = None if money is None else Decimal(money)
    return told.do("reinstate", source, refunded=refunded, **{"at": on(7, 6), **more})


@pytest.mark.parametrize(
    ("back", "reports", "left"),
    [
        (None, [None], [1_000]),
        ("24.50", [None], [1_000]),
        (None, ["24.50", None], [500, 1_000]),
        (None, ["48.99", "32.66", "16.33", "0"], [1, 334, 667, 1_000]),
        (None, ["24.50", "24.50"], [500, 500]),
    ],
)
def test_what_was_taken_is_there_again(back: str | None, reports: list[str | None], left: list[int]) -> None:
    """In parts, too: what is still refunded stays taken, rounded down as it was."""
    told = claw_back(bought(), back)
    seen = [reinstate(told, money).figures() for money in reports]
    assert seen == [(one, 0) for one in left]


def test_a_report_that_comes_twice_does_nothing() -> None:
    """With a ref it is a repeat, after closing too; without one it has nothing to undo."""
    told = reinstate(claw_back(bought()), ref="won")
    assert told.wallet.reinstate("p1", at=on(7, 7)).entries == ()
    told.do("close", at=on(7, 8))
    assert told.wallet.reinstate("p1", at=on(7, 9), ref="won").repeated
    with pytest.raises(ConflictError):
        told.wallet.reinstate("p1", refunded=Decimal(1), at=on(7, 9), ref="won")
    with pytest.raises(WalletClosed):
        told.wallet.reinstate("p1", at=on(7, 9))


@pytest.mark.parametrize(
    ("source", "refunded", "error"),
    [
        ("p1", Decimal("24.55"), OutOfBounds),
        ("p1", Decimal("49.01"), OutOfBounds),
        ("p1", Decimal(-1), AmountError),
        ("p1", 1.0, AmountError),
        ("p2", None, UnknownNameError),
        ("", None, PurseError),
    ],
)
def test_what_cannot_be_is_refused(source: str, refunded: Any, error: type[PurseError]) -> None:
    """And nothing changes: to raise what is refunded is a claw-back."""
    told = claw_back(bought(), "24.50")
    before = told.wallet
    with pytest.raises(error):
        told.wallet.reinstate(source, refunded=refunded, at=on(7, 6))
    assert (told.wallet is before, told.figures()) == (True, (500, 0))


@pytest.mark.parametrize("used", ["debt", "let_go"])
def test_what_was_owed_is_owed_no_more(used: str) -> None:
    """And what was let go is as if nobody had asked."""
    told = claw_back(bought().do("spend", 700, at=on(7, 2)), used=used)
    assert reinstate(told).figures() == (300, 0)
    assert claw_back(told, at=on(7, 7)).figures() == (0, 700)


@pytest.mark.parametrize(
    ("grant", "left", "owed", "again"),
    [(0, 300, 0, 0), (200, 500, 0, 200), (700, 1_000, 0, 700), (900, 1_200, 0, 700)],
)
def test_where_others_paid_the_debt_as_much_is_put_into_the_bucket_again(
    grant: int, left: int, owed: int, again: int
) -> None:
    """Into the bucket itself, which keeps its price and payment; what is not paid yet is taken off the debt."""
    told = claw_back(bought().do("spend", 700, at=on(7, 2)))
    if grant:
        told.do("grant", grant, at=on(7, 5))
    assert reinstate(told).figures() == (left, owed)
    entry = told.change.entry
    assert isinstance(entry, e.Reinstated)
    assert sum(debt.steps for debt in entry.debts) == 700 - again
    (pack,) = (one for one in told.view.buckets() if one.payment == "p1")
    assert (pack.granted, pack.left, pack.spent) == (1_000 + again, 300 + again, 700)
    assert entry.refunded == 0


def test_what_comes_back_pays_other_debt_first() -> None:
    """Debt and what could pay it never stand together."""
    told = claw_back(bought()).do("spend", 80, at=on(7, 5), overdraw=True)
    assert reinstate(told).figures() == (920, 0)


@pytest.mark.parametrize("first", [True, False])
def test_what_is_held_is_free_again(first: bool) -> None:
    """Reinstated before or after the hold ends, all the same."""
    told = claw_back(bought().do("hold", 600, at=on(7, 5), ref="h", until=HOUR))
    if first:
        reinstate(told, at=on(7, 5))
        assert told.figures() == (400, 0)
    told.do("release", "h", at=on(7, 5))
    if not first:
        reinstate(told)
    assert told.figures() == (1_000, 0)


@pytest.mark.parametrize("spent", [0, 30])
def test_what_has_ended_meanwhile_stays_gone(spent: int) -> None:
    """The bucket's end is its end, even where it was empty by then; only the debt is gone, too."""
    told = gift(expires=on(7, 6)).do("spend", spent, at=on(7, 2))
    claw_back(told, source="g")
    assert reinstate(told, source="g", at=on(7, 7)).figures() == (0, 0)


def test_what_expired_with_a_part_in_it_stays_gone() -> None:
    """A part was taken, the rest expired: neither comes back."""
    told = gift(expires=on(7, 6)).do("claw_back", "g", refunded=60, at=on(7, 5)).do("advance", at=on(7, 6))
    assert told.figures() == (0, 0)
    assert reinstate(told, source="g", at=on(7, 7)).figures() == (0, 0)
    assert told.wallet.claw_back("g", at=on(7, 8)).view.debt() == 0


def test_an_empty_bucket_that_made_room_comes_back() -> None:
    """Many others came meanwhile."""
    told = claw_back(bought())
    wallet = told.wallet
    for number in range(520):
        wallet = wallet.grant(1, at=on(7, 5), ref=f"g{number}").wallet
    assert "p1" not in {bucket.payment for bucket in wallet.at(on(7, 5)).buckets()}
    view = wallet.reinstate("p1", at=on(7, 6)).view
    assert view.by_kind() == {"top_up": 1_000, "promo": 520}


def test_no_more_than_can_be_counted_is_there_again() -> None:
    """As no grant and no purchase could bring it."""
    told = gift(STEPS_MAX)
    claw_back(told, source="g").do("grant", STEPS_MAX, at=on(7, 5), ref="other")
    with pytest.raises(AmountError, match="more than can be counted"):
        told.wallet.reinstate("g", at=on(7, 6))


@settings(max_examples=15)
@given(cents=st.integers(0, 4_900), spent=st.integers(0, 1_000), granted=st.integers(1, 800), late=st.booleans())
def test_a_dispute_that_is_won_leaves_what_there_was(cents: int, spent: int, granted: int, late: bool) -> None:
    """Whatever was used, whoever paid the debt: what is left, less what is owed, is as if nothing had happened."""
    told = bought().do("spend", spent, at=on(7, 2))
    if not late:
        told.do("grant", granted, at=on(7, 3))
    claw_back(told, str(Decimal(cents).scaleb(-2)))
    if late:
        told.do("grant", granted, at=on(7, 5))
    reinstate(told)
    assert told.figures() == (1_000 - spent + granted, 0)
    assert min(lefts(told.view)) >= 0
