"""The floor is a fair yardstick only as long as it keeps the same balances as the library."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.benchmarks.cases import cases, plan
from tests.benchmarks.floor import FloorWallet
from tests.benchmarks.run import Measured, measure, table
from tokenpurse import Wallet
from tokenpurse.errors import NotEnough

QUOTA = 1_000
OPENED = datetime(2026, 1, 17, 9, tzinfo=UTC)

# Hours are at least one: buckets granted at one instant would be told apart by their ids, which the floor has not.
steps = st.tuples(st.sampled_from(["spend", "spend", "spend", "grant"]), st.integers(1, 700), st.integers(1, 400))


def held(wallet: Wallet, at: datetime) -> list[int]:
    """What is left of the quota, and of each granted bucket that is not empty, oldest first."""
    buckets = wallet.at(at).buckets()
    quota = [bucket.left for bucket in buckets if bucket.kind == "quota"]
    return quota + [bucket.left for bucket in buckets if bucket.kind == "promo" and bucket.left]


def held_by_floor(floor: FloorWallet) -> list[int]:
    quota, *granted = floor.buckets
    return [quota.left, *(bucket.left for bucket in granted if bucket.left)]


def spent(wallet: Wallet, amount: int, at: datetime) -> tuple[Wallet, bool, int]:
    try:
        change = wallet.spend(amount, at=at)
    except NotEnough:
        return wallet, False, 0
    return change.wallet, True, len(change.notices)


@given(st.lists(steps, max_size=30))
def test_the_floor_keeps_the_balances_of_the_library(history: list[tuple[str, int, int]]) -> None:
    """After every step of a history both hold the same, refused the same and gave the same number of notices."""
    at = OPENED
    wallet = Wallet.open(plan("tokens", quota=QUOTA), id="w", at=at).wallet
    floor = FloorWallet(QUOTA, QUOTA // 5, at)
    for verb, amount, hours in history:
        at += timedelta(hours=hours)
        noticed = floor.notices
        if verb == "grant":
            wallet = wallet.grant(amount, at=at).wallet
            floor.grant(amount, at=at)
        else:
            wallet, accepted, notices = spent(wallet, amount, at)
            assert floor.spend(amount, at=at) is accepted
            assert floor.notices - noticed == notices
        assert held_by_floor(floor) == held(wallet, at)
        assert floor.left == wallet.at(at).balance()


def test_a_ratio_is_judged_by_its_gate() -> None:
    """At the gate a case passes, above it it fails; a case without one cannot fail."""
    gated, free = (next(case for case in cases() if bool(case.gate) is wanted) for wanted in (True, False))
    assert gated.gate is not None

    assert Measured(gated, 1.0, 1.0, gated.gate).passed
    assert not Measured(gated, 1.0, 1.0, gated.gate + 0.01).passed
    assert Measured(free, 1.0, 1.0, 1e9).passed


def test_every_case_is_measured() -> None:
    """One row for each case, in the order in which they are listed; a case can be played round after round."""
    measured = cases()
    found = measure(measured, rounds=2)
    lines = table([one.row[:-1] for one in found]).splitlines()

    assert [case.name for case in measured] == [one.case.name for one in found]
    assert all(one.ratio > 0 for one in found)
    assert len(measured) == len(lines)
