"""Lines that a period's end leaves open, as a refund that waits is more: each has a period, and is priced by itself."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.cases import on
from tests.verbs.test_verb_refund import Walk
from tokenpurse import LateUse, Limit, PayAsYouGo, Plan, Tier, periods
from tokenpurse import entries as e
from tokenpurse.errors import LimitReached

SMS = PayAsYouGo(Decimal(1), meter="sms")
FREE_TEN = PayAsYouGo(tiers=[Tier(10, Decimal(0)), Tier(None, Decimal(1))], meter="tokens")
PACKS = PayAsYouGo(Decimal("0.50"), pack=10, meter="tokens")
CENTS = PayAsYouGo(Decimal("0.10"), meter="tokens")
OWN = LateUse("own", grace=timedelta(days=20))


def waiting(line: Any, **parts: Any) -> Walk:
    """Two dollars of June were billed and came back: until more is billed than that, they wait."""
    walk = Walk(Plan("metered", pay_as_you_go=[line, SMS], **parts), at=on(6, 1))
    sms = walk("spend", 2, "sms", overdraw=True).entry
    walk("advance", at=on(7, 1))
    walk("refund", sms, 2)
    return walk


def lines(walk: Walk) -> list[tuple[str, int, int | None, int, Decimal]]:
    """What is open: the meter, how much, of which month, after how much, and its cost."""
    return [
        (
            str(line.meter),
            -line.quantity if line.refund else line.quantity,
            line.of and line.of.start.month,
            line.before,
            line.cost.amount,
        )
        for line in walk.view.accrued()
    ]


REFUND = ("sms", -2, 6, 2, Decimal(-2))


@pytest.mark.parametrize(("line", "used", "each"), [(FREE_TEN, 8, "0.00"), (PACKS, 3, "0.50")])
def test_each_period_has_its_own_tiers_and_packs(line: PayAsYouGo, used: int, each: str) -> None:
    """Eight of ten that are free are free in every month; two months' three tokens are two packs."""
    walk = waiting(line)
    walk("spend", used, "tokens")
    walk("advance", at=on(8, 1))
    walk("spend", used, "tokens")
    cost = Decimal(each)
    assert lines(walk) == [REFUND, ("tokens", used, 7, 0, cost), ("tokens", used, None, 0, cost)]
    assert walk.view.usage("tokens") == used
    walk("advance", at=on(9, 1))
    assert lines(walk) == [REFUND, ("tokens", used, 7, 0, cost), ("tokens", used, 8, 0, cost)]
    walk("spend", 2, "sms")
    if not cost:
        walk("advance", at=on(10, 1))
        (statement,) = [entry.statement for entry in walk.entries[-1:] if isinstance(entry, e.PeriodOpened)]
        assert statement is not None
        assert [money.amount for money in statement.totals] == [0]
        assert walk.view.accrued() == ()


def test_a_limit_on_money_counts_the_running_periods_lines_only() -> None:
    """What July left open is within July's limit already."""
    walk = waiting(CENTS, limits=[Limit("cap", Decimal("1.00"), unit="USD", kinds={"pay_as_you_go"})])
    walk("spend", 10, "tokens")
    with pytest.raises(LimitReached):
        walk("spend", 1, "tokens")
    walk("advance", at=on(8, 1))
    assert (walk.view.usage("USD"), walk.view.available("tokens")) == (0, 10)
    walk("spend", 10, "tokens")
    with pytest.raises(LimitReached):
        walk("spend", 1, "tokens")


def test_refunds_find_the_line_of_their_period() -> None:
    """Use goes off the line of its own month, the running one's and those of months before."""
    walk = waiting(CENTS)
    july = walk("spend", 4, "tokens", at=on(7, 5)).entry
    walk("advance", at=on(8, 1))
    first = walk("spend", 5, "tokens").entry  # of August: July has ended at that very moment
    walk("advance", at=on(9, 1))
    walk("spend", 6, "tokens")
    walk("refund", first, 2)
    walk("refund", july, 1)
    assert [line[1:3] for line in lines(walk)] == [(-2, 6), (3, 7), (3, 8), (6, None)]
    walk("refund", first, 3)
    walk("refund", july, 3)
    assert [line[1:3] for line in lines(walk)] == [(-2, 6), (6, None)]


def test_use_of_the_moment_of_a_reset_goes_off_the_line_that_it_left_open() -> None:
    """A person ends the period in the very moment of its last use, and again."""
    walk = waiting(CENTS)
    uses = []
    for _ in range(3):
        uses.append(walk("spend", 4, "tokens", at=on(7, 5)).entry)
        walk("reset", at=on(7, 5))
    walk("refund", uses[-1], 4)
    assert sum(line[1] for line in lines(walk)) == -2 + 8
    walk("advance", at=on(9, 1))
    for use in uses[:2]:
        walk("refund", use, 4)
    assert lines(walk) == [REFUND]


def test_late_use_joins_the_line_that_its_period_left_open() -> None:
    """Eight of July and five that are late are thirteen of July, of which ten are free; a limit counts them once."""
    walk = waiting(FREE_TEN, late_use=OWN, limits=[Limit("cap", 14, unit="tokens")])
    walk("spend", 8, "tokens")
    walk("advance", at=on(8, 1))
    walk("spend", 5, "tokens", occurred_at=on(7, 20), at=on(8, 2))
    assert lines(walk) == [REFUND, ("tokens", 13, 7, 0, Decimal(3))]
    with pytest.raises(LimitReached):
        walk("spend", 2, "tokens", occurred_at=on(7, 20))
    walk("advance", at=on(9, 1))
    assert lines(walk) == []


def test_late_use_after_a_refund_of_what_was_left_open_is_priced_as_what_stays() -> None:
    """Nothing of July is on a statement: what came back counts in no tier."""
    walk = waiting(FREE_TEN, late_use=OWN)
    use = walk("spend", 10, "tokens").entry
    walk("advance", at=on(8, 1))
    walk("refund", use, 10)
    walk("spend", 5, "tokens", occurred_at=on(7, 20), at=on(8, 2))
    assert lines(walk) == [REFUND, ("tokens", 5, 7, 0, Decimal(0))]


def test_late_use_of_money_is_within_its_own_periods_limit() -> None:
    """Lines of months before the one that takes late use are not that one's."""
    walk = waiting(CENTS, late_use=OWN, limits=[Limit("cap", Decimal("1.00"), unit="USD")])
    for month in (7, 8):
        walk("spend", 6, "tokens", at=on(month, 5))
        walk("advance", at=on(month + 1, 1))
    walk("spend", 4, "tokens", occurred_at=on(8, 20), at=on(9, 2))
    with pytest.raises(LimitReached):
        walk("spend", 1, "tokens", occurred_at=on(8, 20))
    assert [line[1:4] for line in lines(walk)] == [(-2, 6, 2), (6, 7, 0), (10, 8, 0)]


@pytest.mark.parametrize("days", [(9,), (3, 9), (3, 4, 5, 6, 7, 8, 9)])
@pytest.mark.parametrize("own", [{}, {"pack": 7}, {"minimum": 4}])
def test_a_leap_over_many_periods_keeps_what_was_left_open(own: dict[str, Any], days: tuple[int, ...]) -> None:
    """A run keeps nothing of the line for late use: it is of a period before."""
    line = PayAsYouGo(Decimal("0.07"), **own)
    late = LateUse("own", grace=timedelta(hours=5))
    walk = Walk(Plan("metered", pay_as_you_go=[line], late_use=late, period=periods.calendar_day()), at=on(7, 1))
    use = walk("spend", 40).entry
    walk("spend", 1, at=on(7, 2))
    walk("refund", use, 40)
    for day in days:
        walk("advance", at=on(7, day))  # and what it writes is replayed
    assert sorted(line[1] for line in lines(walk)) == [-40, own.get("minimum", 1)]


def test_what_was_left_open_waits_for_the_periods_end() -> None:
    """A bill in mid-period has the period's own use, and what comes back."""
    walk = waiting(CENTS)
    walk("spend", 4, "tokens")
    walk("advance", at=on(8, 1))
    walk("spend", 3, "sms")
    walk("advance", at=on(9, 1))
    assert lines(walk) == []
