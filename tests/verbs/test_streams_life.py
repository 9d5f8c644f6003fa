"""Allowances on a schedule of their own whose grants live on beside the next ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.laws.machine import normal
from tokenpurse import Allowance, Catalogue, Life, Plan, Wallet, periods, replay
from tokenpurse.errors import PlanError

DAILY = periods.calendar_day()


def july(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 7, 1, tzinfo=UTC) + timedelta(days=day - 1, hours=hour)


def opened(*allowances: Allowance) -> Wallet:
    return Wallet.open(Plan("a", allowances=allowances), id="acme", at=july(1)).wallet


def test_a_trial_given_once_and_for_two_weeks() -> None:
    """Tripo, Windsurf: no change of plans brings it again."""
    trial = Allowance(500, kind="trial", every=periods.once(), life=Life(days=14))
    shop = Catalogue([Plan("free", allowances=[Allowance(1), trial]), Plan("pro", allowances=[Allowance(2)])])
    wallet = Wallet.open("free", catalogue=shop, id="acme", at=july(1, 9)).wallet
    assert wallet.at(july(15, 8)).by_kind() == {"quota": 1, "trial": 500}
    assert wallet.at(july(15, 9)).by_kind() == {"quota": 1}
    for plan in ("pro", "free"):
        wallet = wallet.change_plan(plan, at=july(20), when="now").wallet
    assert wallet.at(july(90)).by_kind() == {"quota": 1}


def test_a_trial_that_is_claimed_counts_from_then_on() -> None:
    wallet = opened(Allowance(500, kind="trial", every=periods.once(), given="on_claim", life=Life(days=14)))
    wallet = wallet.claim("trial", at=july(9, 3)).wallet
    assert wallet.at(july(23, 2)).available() == 500
    assert wallet.at(july(23, 3)).available() == 0
    assert wallet.claim("trial", at=july(90)).view.available() == 0


@pytest.mark.parametrize(
    ("life", "level"), [(Life(days=3), [5, 10, 15, 15]), (Life(periods=2), [5, 10, 10, 10]), (Life(days=1), [5] * 4)]
)
def test_days_add_up_for_as_long_as_they_live(life: Life, level: list[int]) -> None:
    wallet = opened(Allowance(5, kind="daily", every=DAILY, life=life))
    assert [wallet.at(july(day)).available() for day in range(1, 5)] == level


def test_it_comes_to_the_same_day_by_day() -> None:
    opening = Wallet.open(
        Plan("a", allowances=[Allowance(5, kind="daily", every=DAILY, life=Life(days=3)), Allowance(2)]),
        id="acme",
        at=july(1, 7),
    )
    entries, slow = list(opening.entries), opening.wallet
    for day in range(2, 80):
        change = slow.advance(july(day, 7))
        entries, slow = entries + list(change.entries), change.wallet
    assert normal(opening.wallet.advance(july(79, 7)).wallet) == normal(slow)
    assert replay(entries) == slow


@pytest.mark.parametrize(
    "life",
    [Life(), Life(days=500), Life(days=3, counted_from="period_end"), Life(days=9, counted_from="last_purchase")],
)
def test_what_would_live_for_ever_or_from_elsewhere_is_refused(life: Life) -> None:
    with pytest.raises(PlanError) as refused:
        opened(Allowance(5, kind="daily", every=DAILY, life=life))
    assert refused.value.field == "life"
