"""Published cases of Leonardo, on the plans of `examples/plans/leonardo.py`; test_published_all has the sources."""

from __future__ import annotations

import pytest

from examples.plans.leonardo import PLANS
from tests.support.cases import on
from tokenpurse import Balance, Catalogue, Wallet
from tokenpurse.entries import PeriodOpened
from tokenpurse.units import Amount


def banks_of(plan: str) -> tuple[list[Amount], Amount, Amount]:
    """What is in the bank after each of four resets, what the month has, and what was forfeited in all."""
    wallet = Wallet.open(plan, catalogue=PLANS, id="ann", at=on(4, 1)).wallet
    banks: list[Amount] = []
    forfeited: Amount = 0
    for month in (5, 6, 7, 8):
        change = wallet.advance(on(month, 1))
        wallet = change.wallet
        banks.append(change.view.by_kind()["rollover"])
        for entry in change.entries:
            assert isinstance(entry, PeriodOpened)
            forfeited += sum(loss.amount for loss in entry.forfeited)
    return banks, wallet.at(on(8, 1)).by_kind()["quota"], forfeited


def test_leonardo_bank_cap_essential__three_months_of_8500() -> None:
    """Nothing used for four months: 8,500, 17,000, 25,500, 25,500, and 8,500 forfeited."""
    assert banks_of("essential") == ([8_500, 17_000, 25_500, 25_500], 8_500, 8_500)


def test_leonardo_bank_cap_premium__three_months_of_25000() -> None:
    """Nothing used for four months: 25,000, 50,000, 75,000, 75,000, and 25,000 forfeited."""
    assert banks_of("premium") == ([25_000, 50_000, 75_000, 75_000], 25_000, 25_000)


def test_leonardo_bank_cap_ultimate__three_months_of_60000() -> None:
    """Nothing used for four months: 60,000, 120,000, 180,000, 180,000, and 60,000 forfeited."""
    assert banks_of("ultimate") == ([60_000, 120_000, 180_000, 180_000], 60_000, 60_000)


@pytest.mark.parametrize(("plan", "cap"), [("starter", 225_000), ("growth", 540_000)])
def test_leonardo_team_seats__the_cap_of_the_bank_is_per_seat(plan: str, cap: int) -> None:
    """At the three seats that there are at least: 225,000 and 540,000, three times 75,000 and 180,000."""
    wallet = Wallet.open(plan, catalogue=PLANS, id="team", at=on(1, 1), counts={"seats": 3}).wallet
    assert wallet.at(on(12, 1)).by_kind()["rollover"] == cap
    fewer = Wallet.open(plan, catalogue=PLANS, id="team", at=on(1, 1)).wallet
    assert fewer.at(on(12, 1)).by_kind()["rollover"] == cap


BROUGHT = [Balance("quota", 8_500), Balance("rollover", 3_000), Balance("top_up", 1_000)]


def after_10000(revision: int) -> dict[str, Amount]:
    """Use 10,000 of a month of 8,500, a bank of 3,000 and a top-up of 1,000."""
    plan = PLANS.get("essential", revision)
    return (
        Wallet.open(plan, catalogue=Catalogue([plan, PLANS.newest("free")]), id="ann", at=on(7, 1), balances=BROUGHT)
        .wallet.spend(10_000, at=on(7, 2))
        .view.by_kind()
    )


def test_leonardo_order_new__month_then_bank_then_top_up() -> None:
    """0 of the month, 1,500 in the bank and 1,000 bought are left."""
    assert after_10000(2) == {"rollover": 1_500, "top_up": 1_000}


def test_leonardo_order_old__bank_then_month_then_top_up() -> None:
    """0 in the bank, 1,500 of the month and 1,000 bought are left."""
    assert after_10000(1) == {"quota": 1_500, "top_up": 1_000}


def test_leonardo_cancel__the_bank_is_gone_and_what_was_bought_is_locked() -> None:
    """20,000 in the bank, 1,000 bought: cancelled 0 and 0 of 1,000 usable; subscribed again 0 and 1,000."""
    brought = [Balance("rollover", 20_000), Balance("top_up", 1_000)]
    wallet = Wallet.open("essential", catalogue=PLANS, id="ann", at=on(7, 1), balances=brought).wallet
    wallet = wallet.change_plan("free", at=on(7, 9)).wallet
    free = wallet.at(on(8, 1))
    assert (free.by_kind().get("rollover", 0), free.locked(), free.available()) == (0, 1_000, 150)
    again = wallet.change_plan("essential", at=on(8, 2)).view
    assert (again.by_kind().get("rollover", 0), again.locked(), again.by_kind()["top_up"]) == (0, 0, 1_000)
