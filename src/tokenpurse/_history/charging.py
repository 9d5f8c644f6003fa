"""Auto top-up: what it asked for, what became of it, and what its maxima counted, against what was chosen and paid."""

from __future__ import annotations

from collections.abc import Iterator

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse.notices import Charge

__all__ = ["contradictions"]


def contradictions(before: Book | None, entry: e.Entry, after: Book) -> Iterator[str]:
    """Compare charges with the customer's choice, and what a window counts with the charges that were paid."""
    for charge in (request for request in entry.requests if isinstance(request, Charge)):
        if after.auto_top_up is None or not _is_chosen(charge, after.auto_top_up):
            yield f"its request to {charge} is not what auto top-up was set to"
    if before is None:
        return
    setting = entry.setting if isinstance(entry, e.AutoTopUpSet) else None
    if setting is not None and (setting.off is not None or (setting.purchase is None) == (setting.target is None)):
        yield "its setting is off, or does not say what to buy"
    if isinstance(entry, e.Declined):
        yield from _declined(before, entry)
    if isinstance(entry, e.ClawedBack):
        yield from _clawed_back(before, entry)
    yield from _window(before, entry)


def _is_chosen(charge: Charge, setting: e.AutoTopUpSetting) -> bool:
    """Tell whether a charge is for what the customer chose: so many purchases of one amount, or to fill up once."""
    fixed, count = setting.purchase_steps, charge.count
    bought = charge.steps > 0 and count == 1 if fixed is None else count > 0 and charge.steps == fixed * count
    sold = (charge.offer, charge.unit, charge.price.unit)
    return bought and setting.off is None and sold == (setting.offer, setting.unit, setting.currency)


def _declined(before: Book, entry: e.Declined) -> Iterator[str]:
    """Compare what a decline led to with the declines before it, and with what was there to be turned off."""
    charged = any(one.id == entry.request and isinstance(one, Charge) for one in before.pending)
    if entry.declines != (before.declines + 1 if charged else 0):
        yield f"it was declined {entry.declines} times in a row, {before.declines} before"
    off, there = entry.off, charged and before.auto_top_up is not None
    if (entry.retry_at is not None) != (charged and off is None) or (entry.hard and there and off is None):
        yield f"it may be asked for again at {entry.retry_at}"
    if off is not None and (off.since, off.why, there) != (entry.at, _why(entry), True):
        yield f"it turned auto top-up off at {off.since}: {off.why}"


def _clawed_back(before: Book, entry: e.ClawedBack) -> Iterator[str]:
    """Compare what was turned off with what there was to be turned off, and with whether anything paid for went."""
    named, setting = {one.bucket for one in entry.claw_backs}, before.auto_top_up
    every = (*before.buckets, *(past.bucket for past in before.past.values()))
    paid = any(bucket.price_steps for bucket in every if bucket.id in named)
    asking = setting is not None and setting.off is None
    expected = e.AutoTopUpOff(entry.at, "clawed_back") if paid and asking else None
    if entry.off != expected:
        yield f"it turned auto top-up off: {entry.off}, by what went back it is {expected}"


def _why(entry: e.Declined) -> str:
    return "declined_hard" if entry.hard else "declined"


def _window(before: Book, entry: e.Entry) -> Iterator[str]:
    """Compare what a window counts with what it counted, and with the charge that was paid."""
    window, was = entry.window, before.window
    answered = entry.request if isinstance(entry, e.ToppedUp) else None
    paid = [one for one in (*before.pending, *before.declined) if one.id == answered and isinstance(one, Charge)]
    if window is None:
        if paid:
            yield f"its window does not count {answered}"
        return
    if window.start > entry.at or (window.end is not None and entry.at >= window.end):
        yield f"its window is from {window.start} to {window.end}"
    if was is not None and was.end is not None and entry.at >= was.end:
        was = None
    yield from _counted(was, window, paid)


def _counted(was: e.AutoTopUpWindow | None, window: e.AutoTopUpWindow, paid: list[Charge]) -> Iterator[str]:
    """Compare the figures of a window with those before it, where they are of the same unit and currency."""
    if was is not None and (window.start, window.end) != (was.start, was.end):
        yield f"its window is from {window.start} to {window.end}, one runs from {was.start} to {was.end}"
    told = window.told or was is None or not was.told
    bought = was.bought_steps if was is not None and was.unit == window.unit else 0
    spent = was.spent.steps if was is not None and was.spent.unit == window.spent.unit else 0
    counted = (
        (0 if was is None else was.purchases) + sum(one.count for one in paid),
        bought + sum(one.steps for one in paid if one.unit == window.unit),
        spent + sum(one.price.steps for one in paid if one.price.unit == window.spent.unit),
    )
    figures = (window.purchases, window.bought_steps, window.spent.steps)
    if figures != counted or not told:
        yield f"its window counts {figures}, by what was paid it is {counted}"
