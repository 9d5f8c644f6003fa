"""Published cases of ElevenLabs, on the plans of `examples/plans/elevenlabs.py`; test_published_all has the source."""

from __future__ import annotations

from examples.plans.elevenlabs import PLANS
from tests.support.cases import on
from tokenpurse import Wallet


def test_elevenlabs_2x_3x__twice_the_plan_rolls_and_three_times_is_there() -> None:
    """Creator, 100,000 a month, nothing used: 200,000, 300,000, 300,000, 300,000."""
    wallet = Wallet.open("creator", catalogue=PLANS, id="ann", at=on(1, 1)).wallet
    balances = []
    for month in (2, 3, 4, 5):
        change = wallet.advance(on(month, 1))
        [due] = change.requests
        wallet = change.wallet.confirm(due, at=on(month, 1), payment=f"pay_{month}").wallet
        balances.append(wallet.at(on(month, 1)).balance())
    assert balances == [200_000, 300_000, 300_000, 300_000]


def test_elevenlabs_downgrade_loses__nothing_is_left_without_the_plan() -> None:
    """92,000 left when the plan lapses: 0 of them on Free, which has its own 10,000."""
    wallet = Wallet.open("creator", catalogue=PLANS, id="ann", at=on(1, 1)).wallet
    wallet = wallet.spend(8_000, at=on(1, 2)).wallet.change_plan("free", at=on(1, 3)).wallet
    assert wallet.at(on(1, 31)).available() is None, "pay-as-you-go goes on"
    assert wallet.at(on(1, 31)).balance() == 92_000
    assert wallet.at(on(2, 1)).by_kind() == {"quota": 10_000}
