"""What an entry gives rise to: notices for lines that were crossed, a bill for a statement, a charge for auto top-up.

A notice goes out once per crossing, in the order in which the lines were crossed; recovering re-arms a line. What was
beyond a line when the wallet was opened is no crossing.
"""

from __future__ import annotations

from typing import TypeVar

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse._engine.frame import Frame, Trigger, frame_of
from tokenpurse.notices import Bill, Charge, Notice, Request

__all__ = ["judge", "watched"]

Watched = TypeVar("Watched", bound=e.Entry)


def watched(frame: Frame, entry: Watched, after: Book) -> Watched:
    """Add to an entry what it gives rise to, judged on the book that it makes.

    Args:
        frame: of the book before the entry.
        entry: as decided.
        after: the book that the entry makes, as decided.
    """
    if not isinstance(entry, e.Spent):  # spending never changes the set of buckets
        frame = frame_of(after, frame.catalogue)
    notices, lines = _crossings(frame, after, entry)
    requests = (*_bills(entry), *judge(frame, after))
    if not (notices or lines or requests):
        return entry
    return evolve(entry, notices=(*entry.notices, *notices), lines=lines, requests=requests)


def _crossings(frame: Frame, after: Book, entry: e.Entry) -> tuple[list[Notice], tuple[e.Line, ...]]:
    """Compare each alert's line with how it stood."""
    silent = isinstance(entry, e.Opened | e.Closed)
    watching = {alert.name for alert in frame.terms.alerts if alert.notify}
    fired: list[tuple[tuple[int, int], Trigger, int, int]] = []
    lines = []
    for place, alert in enumerate(frame.terms.alerts):
        if not alert.notify:
            continue
        trigger = frame.trigger(after, alert)
        figure = frame.figure(after, alert)
        stood = after.lines.get(alert.name, e.Line(alert.name, crossed=False, crossings=0))
        crossed = trigger.crossed(figure)
        if crossed == stood.crossed:
            continue
        fires = crossed and not silent
        lines.append(e.Line(alert.name, crossed, stood.crossings + fires))
        if fires and trigger.at is not None:
            first = next(at for at, other in enumerate(frame.terms.alerts) if _alike(other, alert))
            travel = -trigger.at if alert.watch == "left" else trigger.at
            fired.append(((first, travel), trigger, figure, place))
    # What this plan does not watch is armed again, or coming back to its plan would miss the next crossing.
    lines += [
        evolve(line, crossed=False) for line in after.lines.values() if line.crossed and line.alert not in watching
    ]
    crossings = {line.alert: line.crossings for line in lines}
    notices = [
        Notice(
            id=f"{trigger.alert.name}#{crossings[trigger.alert.name]}",
            name=trigger.alert.name,
            at=entry.at,
            unit=trigger.alert.unit,
            figure_steps=figure,
            line_steps=trigger.at,
        )
        for _, trigger, figure, _ in sorted(fired, key=lambda one: (one[0], one[3]))
    ]
    return notices, tuple(lines)


def _alike(one: object, other: object) -> bool:
    """Tell whether two alerts watch one figure, so that spending crosses their lines in a known order."""
    names = ("watch", "unit", "kinds")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _bills(entry: e.Entry) -> tuple[Request, ...]:
    """Ask for a statement to be billed, unless it comes to nothing: no payment provider takes a charge of zero."""
    if not isinstance(entry, e.PeriodOpened | e.Closed) or entry.statement is None:
        return ()
    if any(total.steps for total in entry.statement.totals):
        return (Bill(id=f"bill:{entry.statement.period.start:%Y%m%dT%H%M%S.%fZ}", statement=entry.statement),)
    return ()


def judge(frame: Frame, book: Book) -> tuple[Request, ...]:
    """Ask for a charge where auto top-up wants one: at most one pending, and none before a cool-down is over."""
    setting = book.auto_top_up
    if setting is None or not frame.wants_charge(book) or (book.retry_at is not None and book.clock < book.retry_at):
        return ()
    offer = frame.terms.offers[setting.offer]
    return (
        Charge(
            id=f"charge:{book.requested + 1}",
            offer=offer.name,
            unit=offer.unit,
            steps=setting.purchase_steps,
            price=offer.price(setting.purchase_steps),
            kind=offer.kind,
            priority=offer.priority,
        ),
    )
