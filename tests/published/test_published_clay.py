"""Published cases of Clay, on the plans of `examples/plans/clay.py`; test_published_all has the sources."""

from __future__ import annotations

from examples.plans.clay import PLANS
from tests.support.cases import on
from tokenpurse import Balance, Wallet
from tokenpurse.entries import PeriodOpened


def holding(plan: str, banked: int) -> Wallet:
    """A wallet with a full month, and so many credits in the bank."""
    brought = [Balance("rollover", banked)]
    return Wallet.open(plan, catalogue=PLANS, id="ann", at=on(7, 1), balances=brought).wallet


def test_clay_total_cap__never_more_than_twice_the_plan() -> None:
    """70,000 left of a plan for 50,000: 100,000 after the reset, 20,000 forfeited."""
    change = holding("50k", 20_000).advance(on(8, 1))
    [entry] = change.entries
    assert isinstance(entry, PeriodOpened)
    assert change.view.balance() == 100_000
    assert sum(loss.amount for loss in entry.forfeited) == 20_000


def test_clay_cancel_200__twice_the_free_plan() -> None:
    """5,000 left, cancelled: 200 at the next billing date."""
    wallet = holding("50k", 10_000).spend(55_000, at=on(7, 2)).wallet.change_plan("free", at=on(7, 3)).wallet
    assert (wallet.at(on(7, 31)).balance(), wallet.at(on(8, 1)).balance()) == (5_000, 200)


def test_clay_downgrade_100k_50k__the_cap_is_the_new_plans() -> None:
    """From 100,000 to 50,000, with 180,000 there: 100,000."""
    wallet = holding("100k", 80_000).change_plan("50k", at=on(7, 3)).wallet
    assert wallet.at(on(8, 1)).balance() == 100_000
