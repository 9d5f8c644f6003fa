"""What an entry gives rise to: notices for lines that were crossed, a bill for a statement, a charge for auto top-up.

A notice goes out once per crossing, in the order in which the lines were crossed; recovering re-arms a line. What was
beyond a line when the wallet was opened is no crossing.
"""

from __future__ import annotations

from typing import TypeAlias, TypeVar

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse._engine.frame import Frame, frame_of
from tokenpurse.notices import Bill, Charge, Notice, Request
from tokenpurse.plans.terms import AlertTerms

__all__ = ["judge", "watched"]

_ARMS_NOTHING = (e.Spent, e.Held, e.Captured, e.Released, e.Lapsed, e.Refunded)
"""Use, and use that is undone, never re-arm a line: what was given back would fire it a second time."""

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
    charge = judge(frame, after)
    held, told, window = _held_back(frame, after)
    notices, lines = [*notices, *told], (*lines, *held)
    requests = (*_bills(entry, after), *(() if charge is None else (charge,)))
    if not (notices or lines or requests):
        return entry
    return evolve(
        entry,
        notices=(*entry.notices, *notices),
        lines=lines,
        requests=(*entry.requests, *requests),
        window=entry.window if window is None else window,
    )


def _crossings(frame: Frame, after: Book, entry: e.Entry) -> tuple[list[Notice], tuple[e.Line, ...]]:
    """Compare each alert's line with how it stood."""
    silent = isinstance(entry, e.Opened | e.Closed)
    watching = {alert.name for alert in frame.terms.alerts if alert.notify}
    watching |= set() if frame.terms.auto_top_up is None else {frame.terms.auto_top_up.on_blocked}
    fired: list[tuple[tuple[int, int], Notice, int]] = []
    lines = []
    for place, alert in enumerate(frame.terms.alerts):
        if not alert.notify:
            continue
        trigger = frame.trigger(after, alert)
        figure = frame.figure(after, alert)
        stood = after.lines.get(alert.name, e.Line(alert.name, crossed=False, crossings=0))
        stands = (trigger.crossed(figure), trigger.passed(figure))
        rises = stands > (stood.crossed, stood.passed)
        if stands == (stood.crossed, stood.passed) or (not rises and isinstance(entry, _ARMS_NOTHING)):
            continue
        fires = rises is not alert.recovered and not silent
        line = e.Line(alert.name, stands[0], stood.crossings + (rises and not silent), stands[1])
        lines.append(line)
        if fires:
            at = trigger.line(line.passed)
            first = next(at for at, other in enumerate(frame.terms.alerts) if _alike(other, alert))
            notice = _notice(line, entry, alert, figure, at)
            fired.append(((first, -(at or 0) if alert.watch == "left" else at or 0), notice, place))
    # What this plan does not watch is armed again, or coming back to its plan would miss the next crossing.
    lines += [
        evolve(line, crossed=False, passed=0)
        for _, line in sorted(after.lines.items())
        if line.crossed and line.alert not in watching
    ]
    return [notice for _, notice, _ in sorted(fired, key=lambda one: (one[0], one[2]))], tuple(lines)


def _notice(line: e.Line, entry: e.Entry, alert: AlertTerms, figure: int, at: int | None) -> Notice:
    return Notice(
        id=Notice.id_of_line(line.alert, line.crossings, recovered=alert.recovered),
        name=line.alert,
        at=entry.at,
        unit=alert.unit,
        figure_steps=figure,
        line_steps=at,
    )


def _alike(one: object, other: object) -> bool:
    """Tell whether two alerts watch one figure, so that spending crosses their lines in a known order."""
    names = ("watch", "unit", "kinds")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _bills(entry: e.Entry, after: Book) -> tuple[Request, ...]:
    """Ask for a statement to be billed, unless it comes to nothing: no payment provider takes a charge of zero."""
    if not isinstance(entry, e.PeriodOpened | e.Closed | e.BillRequested) or entry.statement is None:
        return ()
    part = f"/{after.tallies.bills}" if isinstance(entry, e.BillRequested) else ""
    if any(total.steps > 0 for total in entry.statement.totals):
        return (Bill(id=f"bill:{entry.statement.period.start:%Y%m%dT%H%M%S.%fZ}{part}", statement=entry.statement),)
    return ()


def judge(frame: Frame, book: Book) -> Charge | None:
    """Ask for a charge where auto top-up wants one: at most one pending, and none before a cool-down is over."""
    setting, asking = book.auto_top_up, frame.asks_at(book)
    if setting is None or asking is None or asking > book.clock or (ask := frame.asks(book)) is None:
        return None
    offer = frame.terms.offers[setting.offer]
    return Charge(
        id=f"charge:{book.requested + 1}",
        offer=offer.name,
        unit=offer.unit,
        steps=ask.steps,
        price=offer.price(ask.steps),
        kind=offer.kind,
        priority=offer.priority,
        count=ask.count,
        bonus_steps=offer.bonus_steps(ask.steps),
    )


_Held: TypeAlias = tuple[tuple[e.Line, ...], tuple[Notice, ...], e.AutoTopUpWindow | None]


def _held_back(frame: Frame, book: Book) -> _Held:
    """Say whether the maxima of auto top-up let nothing through, where that changed; not while a charge is pending.

    A part that is asked for ends what asked for it: that is no news. The notice says the level that stays, and is given
    once for each window.
    """
    auto = frame.terms.auto_top_up
    if auto is None or any(isinstance(request, Charge) for request in book.pending):
        return (), (), None
    ask = frame.asks(book)
    crossed = ask is not None and ask.held_back and not ask.steps
    stood = book.lines.get(auto.on_blocked, e.Line(auto.on_blocked, crossed=False, crossings=0))
    if crossed == stood.crossed:
        return (), (), None
    line = e.Line(auto.on_blocked, crossed, stood.crossings + crossed)
    offer = auto.offer
    window = frame.window_at(book, book.clock, offer.unit, offer.rate.unit)
    if not crossed or window.told:
        return (line,), (), None
    notice = Notice(
        id=f"{line.alert}#{line.crossings}",
        name=line.alert,
        at=book.clock,
        unit=offer.unit,
        figure_steps=frame.counted(book, auto),
    )
    return (line,), (notice,), evolve(window, told=True)
