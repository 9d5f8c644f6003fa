"""Published cases of Bolt, on the plans of `examples/plans/bolt.py`; test_published_all has the sources."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from examples.plans.bolt import PLANS
from tests.support.cases import on
from tokenpurse import Catalogue, Change, Wallet
from tokenpurse.entries import PeriodOpened, PlanChanged, Proration, Spent

PRORATED, FULL, DIFFERENCE = (
    Catalogue([PLANS.newest("free"), *(PLANS.get(f"pro_{usd}", revision) for usd in (25, 50, 100))])
    for revision in (1, 2, 3)
)


def upgraded(rules: Catalogue, plan: str, to: str, *, used: int, at: datetime) -> Change:
    """Subscribe on 1 January, use some, and upgrade."""
    wallet = Wallet.open(plan, catalogue=rules, id="ann", at=on(1, 1)).wallet
    return wallet.spend(used, at=on(1, 2)).wallet.change_plan(to, at=at)


def rest_of_prices(change: Change) -> Proration:
    """What a change says of the rest of both prices."""
    assert isinstance(change.entry, PlanChanged | PeriodOpened)
    assert change.entry.proration is not None
    return change.entry.proration


def test_bolt_upgrade_prorated__half_way_half_of_the_difference() -> None:
    """From 26M for 50 dollars to 55M for 100, half way through: 25 dollars, 14.5M more, and the month goes on."""
    change = upgraded(PRORATED, "pro_50", "pro_100", used=0, at=on(1, 16, 12))
    assert change.view.available() == 26_000_000 + 14_500_000
    assert rest_of_prices(change).net == Decimal("25.00")
    assert change.view.next_reset() == on(2, 1)


def test_bolt_upgrade_full__a_new_month_in_full_beside_the_rest() -> None:
    """8M of 10M used; on 20 January 26M for 50 dollars: 28M, until 20 February, the old 2M first."""
    change = upgraded(FULL, "pro_25", "pro_50", used=8_000_000, at=on(1, 20))
    assert (change.view.available(), change.view.next_reset()) == (28_000_000, on(2, 20))
    assert str(rest_of_prices(change).charge) == "50.00 USD"
    spent = change.wallet.spend(3_000_000, at=on(1, 21)).entry
    assert isinstance(spent, Spent)
    assert [draw.amount for draw in spent.draws()] == [2_000_000, 1_000_000]


def test_bolt_upgrade_difference__the_difference_and_the_same_day() -> None:
    """8M of 10M used; on 20 January 26M: 16M more, 18M to spend, until 1 February.

    The difference of the prices, 25 dollars, is the host's to charge: whole, and not by the time that is left.
    """
    change = upgraded(DIFFERENCE, "pro_25", "pro_50", used=8_000_000, at=on(1, 20))
    assert (change.view.available(), change.view.next_reset()) == (18_000_000, on(2, 1))
    assert change.view.usage() == 8_000_000, "of 26M in all for the month"
    assert [PLANS.newest(plan).price for plan in ("pro_25", "pro_50")] == [Decimal(25), Decimal(50)]


def test_bolt_reset_days__the_first_for_free_the_day_of_subscribing_for_paid() -> None:
    """Free: the 1st. Paid from 15 July: the 15th."""
    free = Wallet.open("free", catalogue=PLANS, id="ann", at=on(7, 15)).wallet
    paid = Wallet.open("pro_25", catalogue=PLANS, id="ann", at=on(7, 15)).wallet
    assert (free.at(on(7, 15)).next_reset(), paid.at(on(7, 15)).next_reset()) == (on(8, 1), on(8, 15))


def test_bolt_downgrade_counts_month_use__nothing_is_left_of_free_in_a_month_with_more_use() -> None:
    """3M used in July 2025, Free from the 20th on: nothing to spend until 1 August."""
    wallet = Wallet.open("pro_25", catalogue=PLANS, id="ann", at=on(7, 1, year=2025)).wallet
    wallet = wallet.spend(3_000_000, at=on(7, 9, year=2025)).wallet
    wallet = wallet.change_plan("free", at=on(7, 20, year=2025), when="now").wallet
    assert wallet.at(on(7, 31, year=2025)).available() == 0
    assert wallet.at(on(8, 1, year=2025)).available() == 300_000, "the day's share of August's million"


def test_bolt_free_daily_and_monthly__a_million_a_month_and_300k_a_day() -> None:
    """As much as there is, for five days: 300K, 300K, 300K, 100K, 0."""
    wallet = Wallet.open("free", catalogue=PLANS, id="ann", at=on(7, 1)).wallet
    used = []
    for day in range(1, 6):
        change = wallet.spend(1_000_000, at=on(7, day), partial=True)
        wallet = change.wallet
        used.append(change.moved.get("tokens", 0))
    assert used == [300_000, 300_000, 300_000, 100_000, 0]


def test_bolt_two_month_life__gone_after_the_second_period() -> None:
    """10M from 15 July 2025, 4M of them used: 16M on 15 August, and 20M on 15 September, when July's 6M are gone."""
    wallet = Wallet.open("pro_25", catalogue=PLANS, id="ann", at=on(7, 15, year=2025)).wallet
    wallet = wallet.spend(4_000_000, at=on(7, 20, year=2025)).wallet
    balances = [wallet.at(on(month, 15, year=2025)).available() for month in (8, 9)]
    assert balances == [16_000_000, 20_000_000]
