"""Use that is given back, against what was remembered of it and what came back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tokenpurse import entries as e
from tokenpurse._engine.apply.undoing import taken_off
from tokenpurse._engine.book import Book
from tokenpurse._engine.shape import adds_up
from tokenpurse.statements import Accrual

__all__ = ["contradictions"]


def contradictions(before: Book | None, entry: e.Entry) -> Iterator[str]:
    """Compare what was given back of each use with the places it came from."""
    if before is None or not isinstance(entry, e.Refunded):
        return
    if not 0 < entry.spent < entry.sequence or entry.spent_at > entry.at:
        yield f"it gives back use of entry {entry.spent} at {entry.spent_at}"
    if entry.running and entry.spent <= before.tallies.since:
        yield f"the period was opened by entry {before.tallies.since}, the use was of entry {entry.spent}"
    known = before.undone.get(entry.spent)
    if known is not None and known.at != entry.spent_at:
        yield f"entry {entry.spent} is of {known.at}, and it says {entry.spent_at}"
    yield from _parts(entry)
    yield from _deeper(entry)
    yield from _lines(before, entry)
    if entry.running:
        yield from _there(before, entry)
    yield from _withheld(before, entry)
    yield from _limits(before, entry)
    yield from _payers(before, entry)


def _parts(entry: e.Refunded) -> Iterator[str]:
    back: Counter[str] = Counter()
    for one in entry.undone:
        if one.steps < 0 or (not one.steps and not one.place[1] and one.place[0] >= 0):
            yield f"{one.steps:,} {one.unit} are given back"
        elsewhere = (one.debt.steps if one.debt else 0) + (one.postpaid.asked if one.postpaid else 0) + one.priced
        back[one.unit.name] += one.steps - elsewhere - sum(line.quantity for line in one.billed)
    for returned in entry.returned:
        back[returned.unit.name] -= returned.steps
    for name, steps in back.items():
        if steps:
            yield f"{steps:,} {name} are given back, and came back nowhere"


def _lines(before: Book, entry: e.Refunded) -> Iterator[str]:
    """Compare what is billed less with the lines that are open, and with what statements charged."""
    accrued, billed = before.tallies.accrued, before.billed
    for one in entry.undone:
        for less in one.billed if one.postpaid is None else (one.postpaid, *one.billed):
            after = taken_off(accrued, billed, less) if less.quantity else (accrued, billed)
            if after is None or not _is_part(less):
                yield f"{less.quantity:,} {less.meter} less are billed than its line has"
            else:
                accrued, billed = after
            mine = entry.running or not (less.is_own and less.quantity)
            if not mine or less.meter != one.unit or less.debt == (less is one.postpaid) or less.refund < less.debt:
                yield f"what was post-paid or owed of {one.unit} is taken off another line"


def _is_part(less: Accrual) -> bool:
    """Tell whether so much less can be billed for what is given back of an operation."""
    rate = less.rate
    if not less.quantity and less != Accrual(less.meter, rate, 0, used=less.used):
        return False  # what is billed no less is off no line
    if not rate.is_sound or less.asked < 1 or not 0 <= less.quantity <= rate.charged(less.asked):
        return False
    counts = max(rate.step, rate.minimum) > 1  # else what was used is what is billed
    return not less.quantity % rate.step and (counts or less.used is None)


def _deeper(entry: e.Refunded) -> Iterator[str]:
    """Compare what comes back of a price with what was paid."""
    places = {one.place: one for one in entry.undone}
    for one in entry.undone:
        paid = places.get((one.place[0], one.place[1] + 1))
        priced = one.priced > 0 or one.place[0] < 0 < one.cost
        if (one.rate is None) != (paid is None) or (one.rate is None) == priced:
            yield f"{one.priced:,} {one.unit} were paid at {one.rate}, and nothing of the price is said"
        elif paid is not None and one.rate is not None and (paid.unit, paid.steps) != (one.rate.unit, one.cost):
            yield f"{one.cost:,} were paid for {one.priced:,} {one.unit}, and {paid.steps:,} {paid.unit} come back"
        elif paid is None and one.cost:
            yield f"{one.cost:,} were paid for nothing"


def _there(before: Book, entry: e.Refunded) -> Iterator[str]:
    """Compare what the running period has less with what it ran up."""
    for one in entry.undone:
        priced = before.tallies.priced.get((one.unit.name, one.rate), (0, 0)) if one.rate is not None else (0, 0)
        if one.priced > priced[0] or one.cost > priced[1]:
            yield f"{one.priced:,} {one.unit} less were paid at {one.rate}, {priced[0]:,} were paid in all"
        if one.postpaid is not None and not one.postpaid.is_own:
            yield f"{one.postpaid.quantity:,} {one.unit} less are on another line than the period's own"


def _withheld(before: Book, entry: e.Refunded) -> Iterator[str]:
    """Compare what stays paid for other use with what was, and with what came back of it."""
    said = {(one.meter.name, one.rate): one.uses for one in entry.withheld}
    for key in {
        *said,
        *((one.unit.name, one.rate) for one in entry.undone if one.rate is not None and one.place[0] < 0),
    }:
        so_far = before.tallies.withheld.get(key, ())
        mine = [one for one in entry.undone if (one.unit.name, one.rate) == key]
        freed = sum(one.cost for one in mine if one.place[0] < 0)
        paid = before.tallies.priced.get(key, (0, 0))[1] - sum(one.cost for one in mine)
        uses = said.get(key, so_far)
        rest, least = _steps(uses), _steps(so_far) - freed
        forged = any(draw.left_steps for use in uses for draw in use.all_draws()) or not all(map(adds_up, _each(uses)))
        if not entry.running or not least <= rest <= paid or (freed and uses == so_far) or forged:
            yield f"{rest:,} is withheld of the price of {key[0]}, it was {_steps(so_far):,} and {freed:,} came back"


def _steps(uses: tuple[e.Use, ...]) -> int:
    return sum(use.steps for use in uses)


def _each(uses: tuple[e.Use, ...]) -> Iterator[e.Use]:
    return (each for use in uses for each in use.each())


def _limits(before: Book, entry: e.Refunded) -> Iterator[str]:
    for one in entry.counted:
        counter = None if one.start is None else before.counters.get(one.key)
        so_far = before.tallies.counted.get(one.key, 0) if counter is None else counter.steps
        if not one.steps > 0 or one.after_steps != so_far - one.steps:
            yield f"limit {one.limit} counted {so_far:,}, {one.steps:,} less are {one.after_steps:,}"


def _payers(before: Book, entry: e.Refunded) -> Iterator[str]:
    """Compare what is given back of debt that was paid with what paid debt in the period."""
    back: Counter[str] = Counter()
    for one in entry.returned:
        back[one.unit.name] += one.steps if one.repaid else 0
    for name, steps in back.items():
        if steps > (paid := sum(payer[2] for payer in before.tallies.repaid.get(name, ()))):
            yield f"{steps:,} {name} that paid debt are given back, {paid:,} did"
