"""Late use: what is kept of a closed period, and what is booked in it."""

from __future__ import annotations

from collections.abc import Iterator

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse._history.flows import captured_in, uses_in
from tokenpurse.periods import Period
from tokenpurse.statements import Accrual

__all__ = ["contradictions"]


def contradictions(before: Book | None, entry: e.Entry) -> Iterator[str]:
    """Compare what an entry keeps of the period that it closes, and late use with what was kept of its period."""
    if isinstance(entry, e.Spent) and before is not None:
        yield from _spent(before, entry)
    elif any(line.of is not None or line.before for line in _lines(entry)):
        yield "it says late use, and holds are none"
    if isinstance(entry, e.PeriodOpened) and entry.last is not None and before is not None:
        yield from _kept(before, entry, entry.last)


def _spent(before: Book, entry: e.Spent) -> Iterator[str]:
    """Compare when use occurred, and the period it is booked in, with those that there were."""
    moment, period, last = entry.occurred_at, entry.period, before.last
    if moment is not None and not before.since <= moment <= (entry.asked_at or entry.at):
        yield f"it occurred at {moment}, and was reported at {entry.asked_at or entry.at}"
    if period is not None:
        if last is None or last.period != period or moment is None or not period.contains(moment):
            yield f"it is booked in the period from {period.start}, which was not kept or is not that of {moment}"
        elif entry.at >= last.until:
            yield f"it is booked in the period from {period.start}, which took late use until {last.until}"
    stated = () if period is None or last is None else last.accrued
    for line in _lines(entry):
        if (line.of, line.before) != (period, _quantity(stated, line)):
            yield f"its line says {line.before:,} {line.meter} were stated before, of {_said(line.of)}"


def _lines(entry: e.Entry) -> Iterator[Accrual]:
    """List what an entry puts on the statement, or holds for it."""
    return (use.postpaid for use in (*captured_in(entry), *uses_in(entry)) if use.postpaid is not None)


def _quantity(lines: tuple[Accrual, ...], like: Accrual) -> int:
    return sum(line.quantity for line in lines if (line.meter.name, line.rate) == (like.meter.name, like.rate))


def _said(period: Period | None) -> str:
    return "its own period" if period is None else f"the period from {period.start}"


def _kept(before: Book, entry: e.PeriodOpened, last: e.LastPeriod) -> Iterator[str]:
    """Compare what is kept with what the period forfeited, used, paid for and stated; in a run, nothing was used."""
    tallies, alone = before.tallies, entry.count == 1
    period = last.period
    if period.end != entry.period.start or (period != entry.closed if alone else period.number <= entry.closed.number):
        yield f"it closed the period from {entry.closed.start}, and keeps the one from {period.start}"
    if last.plan != before.plan or (period.end is not None and last.until <= period.end):
        yield f"it keeps a period of plan {last.plan} until {last.until}, and was on {before.plan}"
    lost = [(loss.bucket if alone else "", loss.kind, loss.unit, loss.steps) for loss in entry.forfeited]
    for rest in last.rests:
        if (rest.bucket if alone else "", rest.kind, rest.unit, rest.steps) not in lost or rest.left_steps:
            yield f"it keeps {rest.unit.text(rest.steps)} of bucket {rest.bucket}, which did not forfeit them"
    used = tuple(sorted(tallies.used.items())) if alone else ()
    priced = {(name, rate): (quantity, paid) for name, rate, quantity, paid in last.priced}
    accrued = tallies.own_but(entry.left_open, entry.closed) if alone else ()
    if (last.used, priced, last.accrued) != (used, tallies.priced if alone else {}, accrued):
        yield "what it keeps of use, prices and post-paid lines is not what the period came to"
