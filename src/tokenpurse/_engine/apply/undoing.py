"""Effects of what is undone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TypeAlias

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.apply.moves import count, filled_instead, give, left_then, plus, repay_from, ungiven
from tokenpurse._engine.book import Billed, Book, Tallies, Undoing
from tokenpurse.buckets import Bucket, ClawBack, Return
from tokenpurse.pricing import Rate
from tokenpurse.statements import Accrual

__all__ = ["UNDONE_KEPT", "billed_early", "billed_with", "given_back", "left_open", "refunded", "taken_off"]

Payers: TypeAlias = Mapping[str, tuple[tuple[str, str, int, bool, str], ...]]

UNDONE_KEPT = timedelta(days=400)
UNDONE_MAX = 2_000
"""How long use can be given back, and how many entries' uses that were are remembered."""
BILLED_MAX = 2_000
"""Lines of statements that are remembered, the newest."""


def refunded(book: Book, entry: e.Refunded) -> Book:
    """Put back what came back, and remember that."""
    book = given_back(book, entry)
    book = count(book, entry.counted, entry.at) if entry.counted else book
    return repay_from(_remembered(book, entry), entry.repaid)


def given_back(book: Book, entry: e.Refunded) -> Book:
    """Count less, owe less, bill less, and put back what came back."""
    for one in entry.undone:
        book = _undone(book, one, running=entry.running)
    if entry.withheld:
        said = {(one.meter.name, one.rate): one.uses for one in entry.withheld}
        withheld = {key: uses for key, uses in {**book.tallies.withheld, **said}.items() if uses}
        book = evolve(book, tallies=evolve(book.tallies, withheld=withheld))
    book = give(book, entry.granted)
    book = _put_back(book, entry)
    return evolve(book, issued=book.issued + len(entry.granted)) if entry.granted else book


def _undone(book: Book, one: e.Undone, *, running: bool) -> Book:
    tallies, name, billed = book.tallies, one.unit.name, book.billed
    if running:
        tallies = evolve(tallies, used=plus(tallies.used, name, -one.steps))
    if running and one.rate is not None:
        quantity, paid = tallies.priced.get((name, one.rate), (one.priced, 0))
        tallies = evolve(tallies, priced={**tallies.priced, (name, one.rate): (quantity - one.priced, paid - one.cost)})
    for less in one.billed if one.postpaid is None else (one.postpaid, *one.billed):
        if less.quantity:  # of what counted as more, a part may come back and nothing be billed less
            accrued, billed = taken_off(tallies.accrued, billed, less) or (tallies.accrued, billed)
            tallies = evolve(tallies, accrued=accrued)
    return evolve(
        book,
        tallies=tallies,
        billed=billed,
        spent=plus(book.spent, name, -one.steps),
        debts=plus(book.debts, name, -one.debt.steps) if one.debt is not None else book.debts,
    )


def taken_off(
    lines: tuple[Accrual, ...], billed: tuple[Billed, ...], less: Accrual
) -> tuple[tuple[Accrual, ...], tuple[Billed, ...]] | None:
    """Take a quantity off its open line; what was billed is a line of its own. `None`: there is no such line."""
    less = evolve(less, used=None)
    position = next((at for at, line in enumerate(lines) if evolve(line, quantity=less.quantity) == less), None)
    line = None if position is None else lines[position]
    if not less.refund:
        if line is None or position is None or line.quantity < less.quantity:
            return None
        rest = (evolve(line, quantity=line.quantity - less.quantity),) if line.quantity > less.quantity else ()
        return (*lines[:position], *rest, *lines[position + 1 :]), billed
    top = less.before if line is None else line.top
    for at, known in enumerate(billed):
        was = known.line
        same = (known.of, was.meter, was.rate, was.debt) == (less.of, less.meter, less.rate, less.debt)
        if same and was.top == top and was.quantity >= less.quantity:
            off = evolve(known, line=evolve(was, quantity=was.quantity - less.quantity))
            after = (*billed[:at], off, *billed[at + 1 :])
            if less.debt and not less.rate.cost_steps:  # forgiven: there is nothing to take off anything
                return lines, after
            if line is None or position is None:
                return (*lines, less), after
            more = evolve(line, quantity=line.quantity + less.quantity)
            return (*lines[:position], more, *lines[position + 1 :]), after
    return None


def billed_with(book: Book, entry: e.PeriodOpened) -> tuple[tuple[Billed, ...], int]:
    """Remember what a closing period is billed and forgiven, and up to where nothing is known any more."""
    oldest = entry.at - UNDONE_KEPT
    lines = tuple(_whole_lines(book, entry))
    free = (Accrual(debt.unit, Rate(debt.unit, 0, 1), debt.steps, debt=True) for debt in entry.forgiven)
    new = [Billed(entry.sequence, entry.closed, line) for line in (*lines, *free)]
    kept = (*(one for one in book.billed if one.period.end is None or one.period.end >= oldest), *new)
    over = kept[:-BILLED_MAX]
    return kept[-BILLED_MAX:], over[-1].until if over else book.billed_to


def _whole_lines(book: Book, entry: e.PeriodOpened) -> Iterator[Accrual]:
    """List what statements charged of the lines that a period closes, with what those in mid-period had of them."""
    stated = {line.key: line for line in book.tallies.stated}
    for line in entry.left_open:
        if line not in book.tallies.accrued:  # else no statement had a part of it
            stated.pop((line.meter, line.rate, None if line.of == entry.closed else line.of), None)
    for line in () if entry.statement is None else entry.statement.lines:
        if not line.refund:
            had = not line.debt and stated.pop(line.key, None) is not None
            yield line.whole if had else line
    there = {line.key: line.quantity for line in book.tallies.accrued if not line.refund}
    parts = ((line, min(line.quantity, there.get(line.key, 0))) for line in stated.values())
    yield from (evolve(line, quantity=steps) for line, steps in parts if steps)


def left_open(book: Book, entry: e.PeriodOpened) -> Tallies:
    """Begin a period with the lines that the one before left open, whole where statements had a part of them."""
    stated: dict[object, Accrual] = {
        (line.meter, line.rate, line.of or entry.closed): line for line in book.tallies.stated
    }
    open_still = (line for line in entry.left_open if line not in book.tallies.accrued)
    parts = {line: stated[line.key] for line in open_still if line.key in stated}
    lines = [line.whole if line in parts else line for line in entry.left_open]
    return Tallies(
        upgraded=entry.upgrade,
        since=entry.sequence,
        accrued=tuple(line for line in lines if line.quantity),
        stated=tuple(evolve(part, of=line.of) for line, part in parts.items()),
    )


def billed_early(book: Book, entry: e.BillRequested) -> Book:
    """Note what a statement in mid-period has of the period's lines; what it gives back is given back."""
    tallies, lines = book.tallies, entry.statement.lines
    back = {line for line in lines if line.refund and line in tallies.accrued}
    stated = {line.key: line for line in tallies.stated}
    stated |= {line.key: line.whole for line in lines if line not in back}
    return evolve(
        book,
        tallies=evolve(
            tallies,
            accrued=tuple(line for line in tallies.accrued if line not in back),
            stated=tuple(line for line in stated.values() if line.quantity),
            bills=tallies.bills + 1,
        ),
    )


def _put_back(book: Book, entry: e.Refunded) -> Book:
    """Put back what was used of buckets, or let it go the way of each bucket's rest: one copy of them for all."""
    for back in entry.returned:
        book = left_then(ungiven(book, back), back)
    tallies = book.tallies
    live, past = {bucket.id: bucket for bucket in book.buckets}, dict(book.past)
    retired = tallies.retired
    for back in entry.returned:
        running = entry.running and not back.repaid
        if back.repaid:
            tallies = evolve(tallies, repaid=_not_repaid(tallies.repaid, back))
        bucket, over = live.get(back.bucket), past.get(back.bucket)
        if bucket is not None:
            live[bucket.id] = _of_live(bucket, back, running=running)
            continue
        if running:
            retired = plus(retired, back.unit.name, -back.steps)
        if over is not None and back.went == "back":
            del past[back.bucket]
            live[back.bucket] = evolve(over.bucket, left_steps=back.steps, opening_steps=back.steps, held_steps=0)
        elif over is not None and back.went == "clawed_back":
            past[back.bucket] = evolve(over, bucket=evolve(over.bucket, claw_back=_taken(over.bucket, back)))
        else:
            if over is not None:
                lost, excess = over.bucket.lost_steps + back.steps, max(0, over.bucket.excess_steps - back.steps)
                past[back.bucket] = evolve(over, bucket=evolve(over.bucket, lost_steps=lost, excess_steps=excess))
            if back.into in live:
                live[back.into] = filled_instead(live[back.into], back)
    tallies = evolve(tallies, retired=retired)
    return evolve(book, buckets=tuple(live.values()), past=past, tallies=tallies)


def _taken(bucket: Bucket, back: Return) -> ClawBack:
    """Take what comes back of use that was let go when its money went back."""
    clawed = bucket.claw_back
    return evolve(clawed, taken=clawed.taken + back.steps, let_go=clawed.let_go - back.steps)


def _not_repaid(repaid: Payers, back: Return) -> Payers:
    """Forget who paid a debt that is given back, the last that paid first."""
    payers, steps = list(repaid.get(back.unit.name, ())), back.steps
    while steps and payers:
        bucket, kind, paid, allowance, plan = payers.pop()
        if paid > steps:
            payers.append((bucket, kind, paid - steps, allowance, plan))
        steps -= min(steps, paid)
    return {**repaid, back.unit.name: tuple(payers)}


def _of_live(bucket: Bucket, back: Return, *, running: bool) -> Bucket:
    """Of a period before, it is there from now on; of the running one, the bucket was used less."""
    if back.went == "clawed_back":
        return evolve(
            bucket, opening_steps=bucket.opening_steps - (back.steps if running else 0), claw_back=_taken(bucket, back)
        )
    if back.went == "back":
        opening = bucket.opening_steps + (0 if running else back.steps)
        return evolve(bucket, left_steps=bucket.left_steps + back.steps, opening_steps=opening)
    return evolve(
        bucket,
        opening_steps=bucket.opening_steps - (back.steps if running else 0),
        lost_steps=bucket.lost_steps + back.steps,
        excess_steps=max(0, bucket.excess_steps - back.steps),
    )


def _remembered(book: Book, entry: e.Refunded) -> Book:
    """Remember how much of which use was given back; what is forgotten cannot be given back any more."""
    known = book.undone.get(entry.spent)
    steps = {} if known is None else dict(known.steps)
    for one in (one for one in entry.undone if one.place[0] >= 0):
        steps[one.place] = steps.get(one.place, 0) + one.steps
    oldest = entry.at - UNDONE_KEPT
    others = {name: one for name, one in book.undone.items() if name != entry.spent and one.at >= oldest}
    refs = () if known is None else known.refs
    refs = refs if entry.ref is None else (*refs, entry.ref)
    undone = {**others, entry.spent: Undoing(entry.spent_at, steps, refs)}
    over = sorted(undone)[: max(0, len(undone) - UNDONE_MAX)]
    forgotten = max([book.undone_to, *over])
    return evolve(book, undone={name: one for name, one in undone.items() if name not in over}, undone_to=forgotten)
