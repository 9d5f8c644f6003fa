"""Refunds, claw-backs and changes of plan: F56 to F63."""

from __future__ import annotations

import itertools

import pytest

from tests.support.cases import on, opened_on
from tokenpurse import Allowance, Balance, Plan, Switch, Wallet

SMALL = Plan("small", allowances=[Allowance(100)], cancels_to="none", on_cancel=Switch(when="now"))
LARGE = Plan("large", allowances=[Allowance(1_000)], rank=1, on_downgrade=Switch(when="now"))
NONE = Plan("none")
BEST = 1_000


def changed(wallet: Wallet, *plans: str) -> Wallet:
    """Walk through plans, at once and within one period."""
    for hour, plan in enumerate(plans, start=1):
        wallet = wallet.change_plan(plan, when="now", at=on(7, 2, hour)).wallet
    return wallet


def test_f61_what_was_bought_outlives_the_plan() -> None:
    """warp, claude-code #47498, cal.diy #28104: with the smaller plan, credits that were paid for were gone."""
    bought = [Balance("top_up", 700), Balance("credit", 30), Balance("promo", 5)]
    wallet = opened_on(LARGE, SMALL, NONE, balances=bought)

    for plan, quota in (("small", {"quota": 100}), ("none", {})):
        view = changed(wallet, plan).at(on(7, 3))
        assert view.by_kind() == {**quota, "top_up": 700, "credit": 30, "promo": 5}
    scheduled = wallet.change_plan("small", when="period_end", at=on(7, 2)).wallet
    assert scheduled.at(on(8, 1)).by_kind() == {"quota": 100, "top_up": 700, "credit": 30, "promo": 5}


@pytest.mark.parametrize("walk", list(itertools.product(["small", "large", "none"], repeat=4)), ids="-".join)
def test_f62_no_walk_of_changes_grants_more_than_the_best_plan(walk: tuple[str, ...]) -> None:
    """usage_credits 068abb4: up and down again, and each time there was a new grant."""
    wallet = opened_on(SMALL, LARGE, NONE)
    spent = 0
    for hour, plan in enumerate(walk, start=1):
        wallet = wallet.change_plan(plan, when="now", at=on(7, 2, hour)).wallet
        view = wallet.at(on(7, 2, hour))
        if view.balance():
            spent += int(view.balance())
            wallet = wallet.spend(view.balance(), at=on(7, 2, hour)).wallet
    assert spent == max(BEST if plan == "large" else 100 if plan == "small" else 0 for plan in walk)


@pytest.mark.parametrize("keep", [frozenset[str](), frozenset({"quota"})], ids=["lost", "kept"])
@pytest.mark.parametrize("walk", list(itertools.product(["small", "large", "free"], repeat=4)), ids="-".join)
def test_f62_with_cleared_use_each_plan_grants_once(walk: tuple[str, ...], keep: frozenset[str]) -> None:
    """However the changes go, all that can be spent in a period is what each plan visited grants."""
    switch = Switch(when="now", use="cleared", keep=keep)
    grants = {"free": 10, "small": 100, "large": 1_000}
    plans = [
        Plan(name, allowances=[Allowance(amount)], rank=rank, on_upgrade=switch, on_downgrade=switch)
        for rank, (name, amount) in enumerate(grants.items())
    ]
    wallet = opened_on(*plans)
    spent = 0
    for hour, plan in enumerate(("free", *walk), start=1):
        wallet = wallet.change_plan(plan, at=on(7, 2, hour)).wallet
        left = wallet.at(on(7, 2, hour)).balance()
        spent += int(left)
        wallet = wallet.spend(left, at=on(7, 2, hour)).wallet
    assert spent == sum(grants[plan] for plan in {"free", *walk})


def test_f63_use_that_is_counted_never_makes_it_negative() -> None:
    """Warp #6970, Autumn #2431, #2617: 400 used of 1,000, then a plan of 100, and 300 below nothing."""
    wallet = opened_on(LARGE, SMALL, NONE).spend(400, at=on(7, 2)).wallet
    small = changed(wallet, "small").at(on(7, 3))

    assert (small.balance(), small.available(), small.debt()) == (0, 0, 0)
    assert changed(wallet, "small", "large").at(on(7, 3)).available() == 600
    assert small.usage() == 400
