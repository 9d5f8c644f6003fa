"""Movements of late use of allowances that began in mid-period, and of what comes back into a new plan's quota."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from tests.laws.moved import check_movements, check_pages
from tests.support.rich import july
from tokenpurse import (
    Allowance,
    Catalogue,
    LateUse,
    Life,
    Plan,
    Wallet,
    movements,
    periods,
    recent_movements,
    verify,
)
from tokenpurse.entries import PeriodOpened
from tokenpurse.errors import HistoryError
from tokenpurse.replay import _after

OWN = LateUse("own", grace=timedelta(days=5))
SMS = Allowance(8, "sms")

LITE = Plan("lite", allowances=[Allowance(10)], rank=1, late_use=OWN)
PRO = Plan("pro", allowances=[Allowance(20), SMS], rank=2, late_use=OWN)
SEATS = Plan("seats", allowances=[Allowance(20), evolve(SMS, per="seats")], late_use=OWN)
DAILY = Plan("daily", allowances=[Allowance(20), evolve(SMS, every=periods.calendar_days(40))], late_use=OWN)


FREE = Plan("free", allowances=[Allowance(6)])
LOTS = Plan("lots", allowances=[Allowance(9, life=Life(periods=2))], rank=2)


class Told:
    """A wallet, all its entries, and what its newest verb moved of one unit."""

    def __init__(self, *plans: Plan, unit: str = "sms") -> None:
        change = Wallet.open(plans[0].name, catalogue=Catalogue(plans), id="acme", at=july(1))
        self.wallet, self.entries, self.unit = change.wallet, [*change.entries], unit

    def __call__(self, verb: str, *args: Any, **named: Any) -> list[str]:
        change = getattr(self.wallet, verb)(*args, **named)
        moved = [str(one) for one in movements(change.entries, after=self.wallet) if one.unit.name == self.unit]
        self.wallet, self.entries = change.wallet, [*self.entries, *change.entries]
        return moved

    def check(self) -> None:
        """Forwards bucket by bucket, and backwards page by page, the balances are the wallet's."""
        verify(self.wallet, self.entries)
        book = None
        for position, entry in enumerate(self.entries):
            before, book = book, _after(book, entry, position)
            check_movements(before, entry, book)
        check_pages(self.wallet, self.entries)


@pytest.mark.parametrize(
    ("plans", "verb", "args"),
    [((LITE, PRO), "change_plan", ("pro",)), ((SEATS,), "set_count", ("seats", 2))],
    ids=["a change of plan", "seats added"],
)
def test_late_use_takes_of_what_was_given_in_mid_period(plans: tuple[Plan, ...], verb: str, args: Any) -> None:
    """It was forfeited with the period as all else of it, and is known by a number, not by the period's start."""
    told = Told(*plans)
    told(verb, *args, at=july(10), when="now")
    told("advance", july(32))
    left = told.wallet.at(july(32)).balance("sms")
    late = told("spend", 3, "sms", at=july(33), occurred_at=july(20))
    assert late == [f"forfeited +3 sms, {left + 3} sms left", f"spent -3 sms, {left} sms left"]
    told.check()


def test_late_use_takes_of_an_allowance_that_did_not_end_with_the_period() -> None:
    """Its stretch of forty days was running when the use occurred, and runs on: nothing of it was forfeited."""
    told = Told(DAILY)
    told("advance", july(32))
    assert told("spend", 3, "sms", at=july(33), occurred_at=july(31)) == ["spent -3 sms, 5 sms left"]
    told.check()


def test_of_a_period_of_which_nothing_was_kept_nothing_was_forfeited_first() -> None:
    """Such an entry contradicts late use: the page that goes back to the opening does not add up."""
    told = Told(PRO)
    told("spend", 3, "sms", at=july(33), occurred_at=july(20))
    entries = [evolve(entry, last=None) if isinstance(entry, PeriodOpened) else entry for entry in told.entries]
    with pytest.raises(HistoryError, match="before it 3 sms were left by the entries"):
        recent_movements(entries[::-1], told.wallet, "sms")


# -- what comes back into another bucket -----------------------------------------------------------------------------


def test_what_comes_back_into_the_new_plans_quota_is_quota() -> None:
    """What was held of the old plan's is carried into the new one's allowance: no bank is there, and none is named."""
    told = Told(FREE, LOTS, unit="tokens")
    told("hold", 6, ref="run", until=timedelta(days=9), at=july(3))
    told("change_plan", "lots", at=july(4), when="now")
    assert told("release", "run", at=july(5)) == [
        "returned +6 tokens, 9 tokens left",
        "carried 0 tokens, 9 tokens left",
    ]
    told.check()
    *_, carried = movements(told.entries)
    assert [(part.kind, part.steps) for part in carried.parts] == [("quota", -6), ("quota", 6)]
