"""Refunds of what a statement closed: exactly what it charged comes back, and what was forgiven cost nothing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cases import on
from tests.verbs.test_verb_refund import Walk, plan
from tokenpurse import (
    Allowance,
    AtZero,
    Bound,
    LateUse,
    OnDebt,
    PayAsYouGo,
    periods,
    replay,
)
from tokenpurse import entries as e
from tokenpurse._history import undone
from tokenpurse.errors import NotRefundable, OutOfBounds
from tokenpurse.units import as_unit

ODD = PayAsYouGo(Decimal("0.01"), per=2)
"""Half a cent for each token: every odd quantity is rounded."""
BILLED = OnDebt("bill", price=Decimal("0.05"))


def cents(walk: Walk) -> int:
    """What statements charged so far, what is on open lines included."""
    said = [entry.statement for entry in walk.entries if isinstance(entry, e.PeriodOpened | e.Closed)]
    lines = [line for statement in said if statement is not None for line in statement.lines]
    return sum(line.cost.steps for line in (*lines, *walk.view.accrued())) // 10_000


# -- post-paid -----------------------------------------------------------------------------------------------------


def test_parts_over_several_statements_come_to_what_was_charged() -> None:
    """Three tokens cost two cents; one at a time, each on a statement of its own, they came to three."""
    walk = Walk(plan(pay_as_you_go=[ODD]))
    spent = walk.used(103)
    walk("advance", at=on(8, 1))
    assert cents(walk) == 2
    back = []
    for month in (8, 9, 10):
        walk("refund", spent, 1)
        back += [line.cost.steps // 10_000 for line in walk.view.accrued() if line.refund]
        walk.used(1_100)
        walk("advance", at=on(month + 1, 1))
    assert back == [-1, 0, -1]


@given(
    uses=st.lists(st.integers(1, 9), min_size=1, max_size=6),
    parts=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 9), st.booleans()), max_size=10),
    late=st.integers(0, 5),
    rate=st.sampled_from([ODD, PayAsYouGo(Decimal(1), per=7), PayAsYouGo(Decimal("0.01"), per=3)]),
)
def test_any_number_of_parts_gives_back_exactly_what_was_charged(
    uses: list[int], parts: list[tuple[int, int, bool]], late: int, rate: PayAsYouGo
) -> None:
    """Whatever comes between, over any number of statements; in the end nothing is charged."""
    walk = Walk(plan(pay_as_you_go=[rate], late_use=LateUse("own", grace=timedelta(days=20))))
    walk.used(100)
    spends = [walk.used(steps) for steps in uses]
    walk("advance", at=on(8, 1))
    if late:
        spends.append(walk.used(late, occurred_at=on(7, 31), at=on(8, 2)))
        uses = [*uses, late]
    left, month = dict(enumerate(uses)), 8
    for pick, part, closes in parts:
        place = pick % len(spends)
        amount = min(part, left[place])
        if amount:
            walk("refund", spends[place], amount)
            left[place] -= amount
        if closes:
            month += 1
            walk("advance", at=on(8, 1) + timedelta(days=31 * (month - 8)))
    for place, steps in left.items():
        if steps:
            walk("refund", spends[place])
        with pytest.raises(OutOfBounds):
            walk("refund", spends[place], 1)
    assert cents(walk) == 0


def test_refunds_of_one_line_are_one_line_while_it_is_open() -> None:
    """And say of which period; on the next statement they begin where the last one ended."""
    walk = Walk(plan(pay_as_you_go=[ODD]))
    spent = walk.used(103)
    walk("advance", at=on(8, 1))
    july = walk.entries[0].period  # type: ignore[attr-defined]  # the opening
    walk("refund", spent, 1)
    walk("refund", spent, 1)
    (line,) = walk.view.accrued()
    assert (line.quantity, line.before, line.of, line.refund) == (2, 3, july, True)
    assert line.cost.amount == Decimal("-0.01")
    walk.used(150)
    walk("advance", at=on(9, 1))
    walk("refund", spent, 1)
    (line,) = walk.view.accrued()
    assert (line.quantity, line.before, line.cost.amount) == (1, 1, Decimal("-0.01"))


def test_a_line_that_waited_is_open_still() -> None:
    """What came to less than nothing was on no statement yet: use of it goes off its own line."""
    walk = Walk(plan(pay_as_you_go=[ODD]))
    first = walk.used(150)
    walk("advance", at=on(8, 1))
    walk("refund", first, 40)
    second = walk.used(110)
    walk("advance", at=on(9, 1))
    assert [(line.quantity, line.refund) for line in walk.view.accrued()] == [(40, True), (10, False)]
    walk("refund", second, 4)
    assert [(line.quantity, line.refund) for line in walk.view.accrued()] == [(40, True), (6, False)]
    walk("refund", second, 6)
    walk("refund", first, 10)
    assert cents(walk) == 0


def test_lines_that_are_not_known_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wallet knows the newest 2,000 lines; what was on an older one has a grant as its remedy."""
    monkeypatch.setattr("tokenpurse._engine.apply.undoing.BILLED_MAX", 2)
    walk = Walk(plan(pay_as_you_go=[ODD], period=periods.hours(1), on_debt=BILLED))
    spends = []
    for hour in range(1, 5):
        spends.append(walk.used(103))
        walk("advance", at=on(7, 1, hour))
    for spent in spends[:2]:
        with pytest.raises(NotRefundable, match="not known any more"):
            walk("refund", spent, 1)
    for spent in spends[2:]:
        walk("refund", spent, 3)
    assert cents(walk) == 4


# -- debt ----------------------------------------------------------------------------------------------------------


def owing(on_debt: Any = BILLED, **parts: Any) -> tuple[Walk, e.Spent]:
    """A hundred and thirty used of a hundred, and the month is over."""
    walk = Walk(plan(on_debt=on_debt, **parts))
    spent = walk.used(130, overdraw=True)
    walk("advance", at=on(8, 1))
    return walk, spent


def test_debt_that_was_billed_is_a_line_on_the_next_statement() -> None:
    """As post-paid use is: the bill stands, the next one is less."""
    walk, spent = owing()
    assert (walk.statements(), walk.view.debt()) == (["1.50 USD"], 0)
    change = walk("refund", spent, 20)
    assert (change.moved, change.view.available(), change.view.debt()) == ({"tokens": 20}, 100, 0)
    assert [str(line) for line in change.view.accrued()] == [
        "refund of debt of 20 tokens at 0.05 USD per 1 = -1.00 USD, of the period from 2026-07-01T00:00:00Z"
    ]
    assert walk.refunded(spent) == [("quota", 100, "forfeited")]
    assert (walk.lines(), cents(walk), walk.view.lifetime().spent) == (["refund of debt of 30 tokens"], 0, 0)
    walk.used(140, overdraw=True)
    walk("advance", at=on(9, 1))
    assert (walk.statements(), walk.bills()) == (["1.50 USD", "0.50 USD"], 2)


@pytest.mark.parametrize("parts", [(1, 1, 1), (2, 1), (3,)])
def test_parts_of_billed_debt_come_to_what_was_billed(parts: tuple[int, ...]) -> None:
    """Whatever rounding a part alone would have had."""
    walk = Walk(plan(on_debt=OnDebt("bill", price=Decimal("0.005"))))
    spent = walk.used(103, overdraw=True)
    walk("advance", at=on(8, 1))
    assert cents(walk) == 2
    for month, part in enumerate(parts, start=8):
        walk("refund", spent, part)
        walk.used(300, overdraw=True)
        walk("advance", at=on(month + 1, 1))
    assert cents(walk) == 100 * len(parts)


def test_an_overdraft_that_was_billed_comes_back_too() -> None:
    """It is debt like any other."""
    walk = Walk(plan(at_zero=AtZero(overdraft=Bound("allowance")), on_debt=BILLED))
    spent = walk.used(130)
    walk("advance", at=on(8, 1))
    walk("refund", spent)
    assert (cents(walk), walk.lines()) == (0, ["refund of debt of 30 tokens"])


def test_debt_that_was_forgiven_cost_nothing() -> None:
    """Nothing comes back for it, and the rest of the use is refundable as ever."""
    walk, spent = owing("forgive")
    assert walk.refunded(spent, 20) == []
    assert (walk.view.available(), walk.view.debt(), walk.lines(), walk.view.lifetime().spent) == (100, 0, [], 110)
    assert walk.refunded(spent, 15) == [("quota", 5, "forfeited")]
    walk("refund", spent)
    assert (walk.view.lifetime().spent, cents(walk)) == (0, 0)


def test_debt_of_the_running_period_is_owed_still() -> None:
    """What was billed before is another use's."""
    walk, old = owing()
    new = walk.used(130, overdraw=True)
    walk("refund", new, 30)
    assert (walk.view.debt(), walk.lines()) == (0, [])
    walk("refund", old, 30)
    assert walk.lines() == ["refund of debt of 30 tokens"]


def test_no_more_of_billed_debt_comes_back_than_was_billed() -> None:
    """Two uses were owed, a grant paid ten of it: who cannot be told any more. A grant can help."""
    walk = Walk(plan(on_debt=BILLED))
    first = walk.used(110, overdraw=True)
    second = walk.used(10, overdraw=True)
    walk("grant", 10)
    walk("advance", at=on(8, 1))
    assert cents(walk) == 50
    walk("refund", first, 10)
    with pytest.raises(NotRefundable):
        walk("refund", second, 1)
    assert cents(walk) == 0


def test_owed_money_that_was_billed_comes_back_as_money() -> None:
    """One to one."""
    walk = Walk(plan(Allowance(Decimal(1), "USD"), on_debt="bill"))
    spent = walk.used(Decimal("1.25"), overdraw=True)
    walk("advance", at=on(8, 1))
    assert cents(walk) == 25
    walk("refund", spent, Decimal("0.25"))
    assert (cents(walk), str(walk.view.accrued()[0]).partition(",")[0]) == (0, "refund of debt of 0.25 USD = -0.25 USD")


# -- the ledger ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("debt", [False, True])
@pytest.mark.parametrize(
    ("forged", "problem"),
    [
        ({"quantity": 11}, "less are billed than its line has"),
        ({"quantity": 0}, "less are billed than its line has"),
        ({"before": 9}, "less are billed than its line has"),
        ({"of": None}, "less are billed than its line has"),
        ({"refund": False}, "less are billed than its line has"),
        ({"meter": as_unit("sms")}, "taken off another line"),
    ],
)
def test_what_no_statement_charged_is_found(debt: bool, forged: dict[str, Any], problem: str) -> None:
    """More of a closed line than it had, of another one, or at another place of it."""
    walk = Walk(plan(on_debt=BILLED) if debt else plan(pay_as_you_go=[ODD]))
    spent = walk.used(110, overdraw=debt)
    walk("advance", at=on(8, 1))
    entry = walk("refund", spent, 4).entry
    assert isinstance(entry, e.Refunded)
    (one,) = entry.undone
    (line,) = one.billed or [one.postpaid]
    assert line is not None
    other = evolve(line, **forged)
    part = evolve(one, billed=(other,)) if debt else evolve(one, postpaid=other)
    before = replay(walk.entries[:-1])._book
    assert not list(undone.contradictions(before, entry))
    assert problem in " / ".join(undone.contradictions(before, evolve(entry, undone=(part,))))


def test_use_at_a_price_of_before_goes_off_its_own_line() -> None:
    """A price that was changed in mid-period has a line of its own."""
    first, dearer = (plan(pay_as_you_go=[PayAsYouGo(Decimal(price), per=2)]) for price in ("0.01", "0.03"))
    walk = Walk(first, evolve(dearer, name="dear", rank=1))
    walk.used(103)
    walk("change_plan", "dear")
    spent = walk.used(7)
    walk("advance", at=on(8, 1))
    assert cents(walk) == 2 + 11
    walk("refund", spent)
    assert cents(walk) == 2
    tampered = evolve(
        spent, uses=(evolve(spent.uses[0], steps=9, postpaid=evolve(spent.uses[0].postpaid, quantity=9)),)
    )
    with pytest.raises(OutOfBounds):
        walk("refund", spent)
    with pytest.raises(NotRefundable):
        walk("refund", tampered)
