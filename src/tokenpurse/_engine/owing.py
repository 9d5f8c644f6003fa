"""What becomes of debt when a period closes: carried, forgiven, or billed beside the period's pay-as-you-go."""

from __future__ import annotations

from attrs import frozen

from tokenpurse._engine.book import Book
from tokenpurse._engine.frame import Frame
from tokenpurse.buckets import Debt
from tokenpurse.errors import UnknownNameError
from tokenpurse.periods import Period
from tokenpurse.pricing import postpaid_most
from tokenpurse.statements import Accrual, Statement
from tokenpurse.units import STEPS_MAX, Unit

__all__ = ["Reckoning", "reckoned"]


@frozen
class Reckoning:
    """What a period that closes is billed, and the debt that is gone with it.

    Attributes:
        statement: post-paid use and billed debt; a period without either has none.
        left_open: lines in a currency that come to less than nothing: they stay for the next one.
        billed: debt that is owed as a bill now.
        forgiven: debt that nobody owes any more.
    """

    statement: Statement | None
    left_open: tuple[Accrual, ...]
    billed: tuple[Debt, ...]
    forgiven: tuple[Debt, ...]


def reckoned(frame: Frame, book: Book, period: Period, *, forgives: bool = True) -> Reckoning:
    """Work out what the plan that closes a period does with post-paid use and with debt.

    A debt of which nobody knows the price, or more than a line can count, stays. Where nothing `forgives`, the wallet
    closes: what was not billed stays to be read.
    """
    lines = list(book.tallies.open_lines)
    billed: list[Debt] = []
    forgiven: list[Debt] = []
    for name, owed in sorted(book.debts.items()):
        unit = _unit(frame, name)
        terms = None if unit is None else frame.terms.debt_of(unit)
        if unit is None or terms is None or terms.does == "carry":
            continue
        if terms.does == "forgive":
            forgiven += [Debt(unit, owed, 0)] if forgives else []
        elif terms.rate is not None:
            most = postpaid_most(terms.rate, STEPS_MAX)
            steps = owed if most is None else min(owed, most)
            billed.append(Debt(unit, steps, owed - steps))
            lines.append(Accrual(unit, terms.rate, steps, debt=True))
    worth = {money.unit for money in Statement(period, tuple(lines)).totals if money.steps >= 0 or not forgives}
    closed = tuple(line for line in lines if line.rate.unit in worth)
    left_open = tuple(line.left_of(period) for line in book.tallies.open_lines if line.rate.unit not in worth)
    owed_now = {line.meter for line in closed if line.debt and not line.refund}  # what is not billed is owed as before
    return Reckoning(
        Statement(period, closed) if closed else None,
        left_open,
        tuple(debt for debt in billed if debt.unit in owed_now),
        tuple(forgiven),
    )


def _unit(frame: Frame, name: str) -> Unit | None:
    """Find the unit of a debt; `None`: no plan of the catalogue knows it any more."""
    try:
        return frame.unit_of_any_plan(name)
    except UnknownNameError:
        return None
