"""A wallet that is bound to no catalogue: what it can show, and what it must not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tokenpurse import Allowance, Catalogue, Plan, Wallet, replay
from tokenpurse.errors import UnknownNameError
from tokenpurse.periods import once


def july(day: int) -> datetime:
    return datetime(2026, 7, day, tzinfo=UTC)


MONTHLY = Plan("pro", allowances=[Allowance(100)])
FOREVER = Plan("pro", allowances=[Allowance(100)], period=once())


def unbound(plan: Plan, *, expires: datetime | None = None) -> Wallet:
    """Give a wallet that its entries alone made: 100 by plan, 50 given, 30 used of the plan's."""
    opened = Wallet.open(plan, id="acme", at=july(1))
    given = opened.wallet.grant(50, at=july(1), expires=expires)
    return replay(opened.entries + given.entries + given.wallet.spend(30, at=july(1)).entries)


def test_it_answers_reads_that_need_no_plan() -> None:
    """Balances of a unit by name are facts."""
    assert unbound(MONTHLY).at(july(31)).balance("tokens") == 120
    assert unbound(FOREVER).at(july(31) + timedelta(days=10_000)).balance("tokens") == 120


@pytest.mark.parametrize(
    ("plan", "expires", "at", "expected"),
    [(MONTHLY, None, july(31) + timedelta(days=1), 150), (FOREVER, july(9), july(9), 70)],
    ids=["a reset", "a bucket's end"],
)
def test_it_shows_nothing_stale(plan: Plan, expires: datetime | None, at: datetime, expected: int) -> None:
    """Once time has changed the wallet, only its plan knows how: the read is refused until a catalogue is bound."""
    wallet = unbound(plan, expires=expires)

    assert wallet.at(at - timedelta(microseconds=1)).balance("tokens") == 120
    with pytest.raises(UnknownNameError, match="bind a catalogue"):
        wallet.at(at)
    assert wallet.bind(Catalogue([plan])).at(at).balance("tokens") == expected


def test_a_closed_wallet_has_nothing_that_time_changes() -> None:
    """After closing, reads need no plan at any moment."""
    opened = Wallet.open(MONTHLY, id="acme", at=july(1))
    closed = opened.wallet.close(at=july(2))
    later = replay(opened.entries + closed.entries).at(july(2) + timedelta(days=400))

    assert later.closed
    assert later.buckets() == ()
