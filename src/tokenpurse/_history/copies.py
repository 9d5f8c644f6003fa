"""Facts that an entry tells twice, or that the book before it tells already: refs, prices, requests, alerts, units."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from types import NoneType
from typing import Any

from attrs import fields, has

from tokenpurse import entries as e
from tokenpurse._engine.act import moved
from tokenpurse._engine.book import Book
from tokenpurse._history.flows import captured_in, uses_in
from tokenpurse.entries import PlanKey, Remembered
from tokenpurse.notices import Bill, Charge, Notice, RenewalDue
from tokenpurse.pricing import Rate, prepaid_cost
from tokenpurse.statements import Accrual
from tokenpurse.units import Unit

__all__ = ["contradictions"]


def contradictions(before: Book | None, entry: e.Entry) -> Iterator[str]:
    """Compare what an entry says with what it, or an entry before it, says of the same."""
    yield from _units(before, entry)
    yield from _refs(entry)
    yield from _requests(before, entry)
    if before is not None:
        yield from _reports(before, entry)
    yield from _alerts(before, entry)


def _reports(before: Book, entry: e.Entry) -> Iterator[str]:
    """Compare what was done, bought and chosen with the facts that go with it."""
    if isinstance(entry, e.Spent | e.Held | e.Captured):
        yield from _prices(before, entry)
    if isinstance(entry, e.Granted | e.ToppedUp):
        yield from _purchase(entry)
    if isinstance(entry, e.ToppedUp) and entry.ends:
        yield from _restarted(before, entry)
    if (
        isinstance(entry, e.ToppedUp | e.Confirmed | e.Declined | e.Renewed | e.GraceEnded)
        and entry.request is not None
    ):
        yield from _answer(before, entry, entry.request)
    if isinstance(entry, e.PlanChanged | e.PeriodOpened) and entry.renewal is not None:
        yield from _answer(before, entry, entry.renewal)
    if entry.asked_at is not None and not before.clock - before.tolerance <= entry.asked_at < entry.at == before.clock:
        yield f"it was asked at {entry.asked_at} and is of {entry.at}, the wallet's clock was {before.clock}"
    setting = entry.setting if isinstance(entry, e.AutoTopUpSet) else None
    if setting is not None and (setting.at, setting.by) != (entry.at, entry.by):
        yield f"its setting was made at {setting.at} by {setting.by}, the entry is of {entry.at} by {entry.by}"


# -- units ---------------------------------------------------------------------------------------------------------


def _units(before: Book | None, entry: e.Entry) -> Iterator[str]:
    """Compare every unit with those of its name; how a meter is shown may change."""
    places: dict[str, tuple[int, int | None]] = {}
    for bucket in () if before is None else before.buckets:
        places[bucket.unit.name] = (bucket.unit.kept, bucket.unit.paid)
    for unit in _units_in(entry):
        if places.setdefault(unit.name, (unit.kept, unit.paid)) != (unit.kept, unit.paid):
            yield f"{unit} is counted in other places than before"


def _units_in(part: Any) -> Iterator[Unit]:
    """Find every unit, however deep."""
    if part.__class__ is Unit:
        yield part
    elif part.__class__ is tuple:
        for one in part:
            yield from _units_in(one)
    else:
        for name in _fields(part.__class__):
            one = getattr(part, name)
            if one.__class__ not in _LEAVES:
                yield from _units_in(one)


_LEAVES = frozenset((str, int, bool, datetime, NoneType, PlanKey, Remembered))
"""Most of what an entry says; none of it holds a unit."""


@cache
def _fields(kind: type) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind)) if has(kind) else ()


# -- what every entry has ------------------------------------------------------------------------------------------


def _refs(entry: e.Entry) -> Iterator[str]:
    """Compare a ref, and those that a wallet brought, with the entry that made them."""
    ref = entry.ref
    if ref is not None and (ref.sequence, ref.at) != (entry.sequence, entry.at):
        yield f"its ref is of entry {ref.sequence} at {ref.at}"
    if ref is not None and ref.steps != tuple(moved(entry).items()):
        yield f"its ref says {dict(ref.steps)} were moved, and it moved {moved(entry)}"
    for one in entry.remembered if isinstance(entry, e.Opened) else ():
        if (one.sequence, one.at, one.steps) != (entry.sequence, entry.at, ()):
            yield f"the payment {one.key} was made elsewhere, and its ref is of entry {one.sequence} at {one.at}"


def _requests(before: Book | None, entry: e.Entry) -> Iterator[str]:
    """Compare a charge with its number, and a bill with the statement it asks to bill."""
    number = 0 if before is None else before.requested
    for charge in (request for request in entry.requests if isinstance(request, Charge)):
        number += 1
        if charge.id != f"charge:{number}":
            yield f"its charge is {charge.id}, it must be charge:{number}"
    statement = entry.statement if isinstance(entry, e.PeriodOpened | e.Closed | e.BillRequested) else None
    for line in () if statement is None else statement.lines:
        if not line.rate.is_sound:
            yield f"its statement prices {line.meter} at {line.rate}, which is no price"
    billed = [request.statement for request in entry.requests if isinstance(request, Bill)]
    renewals = [request for request in entry.requests if isinstance(request, RenewalDue)]
    if renewals and (len(renewals) > 1 or not _asks(entry, renewals[0])):
        yield "its renewal is not of its period and plan"
    if billed != ([statement] if statement is not None and any(one.steps > 0 for one in statement.totals) else []):
        yield "its bill is not for its statement"


def _asks(entry: e.Entry, due: RenewalDue) -> bool:
    """Tell whether a renewal is of the period that opens, and what waits for it are its allowances."""
    if not isinstance(entry, e.PeriodOpened):
        return False
    start, end = entry.period.start, entry.period.end
    name = f"renewal:{start:%Y%m%dT%H%M%S.%fZ}"
    same = (due.id, due.plan, due.revision, due.period) == (name, entry.plan.name, entry.plan.revision, entry.period)
    return same and start <= due.until and (end is None or due.until <= end)


def _alerts(before: Book | None, entry: e.Entry) -> Iterator[str]:
    """Compare how alerts stand with how they stood, and notices with the crossings they are of."""
    crossings = set(_endings(before, entry))
    silent = isinstance(entry, e.Opened | e.Closed)
    for line in entry.lines:
        stood = (before.lines if before else {}).get(line.alert, e.Line(line.alert, crossed=False, crossings=0))
        stands = (line.crossed, line.passed)
        rises = stands > (stood.crossed, stood.passed) and not silent
        same = stands == (stood.crossed, stood.passed)
        if same or line.crossed < bool(line.passed) or line.crossings != stood.crossings + rises:
            yield f"alert {line.alert} was crossed {stood.crossings} times before, and {line.crossings} with it"
        if not silent:  # where it falls, an alert for the recovery tells of that
            crossings.add(Notice.id_of_line(line.alert, line.crossings, recovered=not rises))
    request = getattr(entry, "request", "")
    if entry.ref is None and isinstance(entry, e.PlanChanged | e.PeriodOpened):  # time did it: no payment came
        request = entry.renewal
    for notice in entry.notices:
        if notice.at != entry.at:
            yield f"its notice {notice.id} is of {notice.at}"
        due = None if before is None or before.renewal is None or before.renewal.id != request else before.renewal
        failed_at = entry.at if due is not None and isinstance(entry, e.Declined) else None
        of_request = request is not None and notice.id == Notice.id_of(notice.name, request, failed_at)
        if notice.id not in crossings and not of_request:
            yield f"its notice {notice.id} is of nothing that it did"
        price = None if due is None else due.price
        if of_request and price is not None and (notice.unit, notice.figure_steps) != (price.unit, price.steps):
            yield f"its notice {notice.id} is not of {price}"


def _endings(before: Book | None, entry: e.Entry) -> Iterator[str]:
    """Name the notices that may be of buckets which end soon."""
    if before is None or not isinstance(entry, e.Reminded):
        return
    for notice in entry.notices:
        named = (held for held in before.buckets if held.id in entry.buckets and held.unit == notice.unit)
        ending = [(held.expires, held.left_steps) for held in named if held.expires and held.expires > entry.at]
        for end in {end for end, _ in ending}:
            name = Notice.id_of(notice.name, f"{end:%Y%m%dT%H%M%S.%fZ}")
            if notice.id == name and 0 < notice.figure_steps <= sum(steps for one, steps in ending if one == end):
                yield name


# -- what some have ------------------------------------------------------------------------------------------------


def _paid_before(before: Book, entry: e.Entry) -> dict[tuple[str, Any], tuple[int, int]]:
    """What was paid at each price before, in the period that the use counts in."""
    if isinstance(entry, e.Spent) and entry.period is not None and before.last is not None:
        return {(name, rate): (quantity, paid) for name, rate, quantity, paid in before.last.priced}
    return dict(before.tallies.priced)


def _prices(before: Book, entry: e.Spent | e.Held | e.Captured) -> Iterator[str]:
    """Compare each cost with the price of its quantity, after what the period paid at that price already."""
    so_far = _paid_before(before, entry)
    for use in (*captured_in(entry), *uses_in(entry)):
        yield from _beyond(use)
        if use.priced is not None:
            rate, quantity, paid = use.priced.rate, use.priced.quantity, use.priced.paid
            key = (use.unit.name, rate)
            quantity_before, paid_before = so_far.get(key, (0, 0))
            if isinstance(entry, e.Held):  # at the most that it can cost, whatever comes between
                quantity_before, paid_before, rate = 0, 0, rate.dearest
            so_far[key] = (quantity_before + quantity, paid_before + paid.steps)
            cost = prepaid_cost(rate, quantity_before, quantity, paid_before)
            if (paid.unit, paid.steps) != (rate.unit, cost):
                yield f"{quantity:,} {use.unit} cost {rate.unit.text(cost)}, and {paid.unit.text(paid.steps)} were paid"


def _beyond(use: e.Use) -> Iterator[str]:
    """Compare what a use took, and what is left over of it, with its unit and with the prices it is at."""
    for part in (use.postpaid.meter if use.postpaid else None, use.debt.unit if use.debt else None):
        if part is not None and part != use.unit:
            yield f"{use.unit} were used, and what is left over is said in {part}"
    if any(draw.unit.name != use.unit.name for draw in use.draws):
        yield f"{use.unit} were used, and other units drawn"
    for rate in (part.rate for part in (use.priced, use.postpaid) if part is not None):
        if not rate.is_sound:
            yield f"{use.unit} cost {rate}, which is no price"
    if (line := use.postpaid) is not None and line.rate.is_sound:
        right = Accrual.of_use(line.meter, line.rate, line.asked)
        if (line.quantity, line.used) != (right.quantity, right.used):
            yield f"{line.asked:,} {use.unit} are billed as {right.quantity:,}, and it says {line.quantity:,}"

    if line is not None and line.meter.is_money and line.rate.cost_steps and line.rate != Rate(line.meter, 1, 1):
        yield f"{use.unit} are billed at {line.rate}, money is billed one to one"


def _purchase(entry: e.Granted | e.ToppedUp) -> Iterator[str]:
    """Compare what was bought or given with the bucket that holds it."""
    bucket = entry.bucket
    paid = (entry.price, entry.payment) if isinstance(entry, e.ToppedUp) else (None, None)
    if (bucket.paid, bucket.payment) != paid:
        yield f"bucket {bucket.id} cost {bucket.paid} by payment {bucket.payment}, and {paid[0]} by payment {paid[1]}"
    if bucket.starts < entry.at or bucket.started != (bucket.starts == entry.at):
        yield f"bucket {bucket.id} starts at {bucket.starts}"
    bonus = entry.bonus if isinstance(entry, e.ToppedUp) else None
    if bonus is not None:
        alike = (bucket.unit, bucket.payment, bucket.starts, bucket.started, bucket.expires, bucket.restarted_by)
        same = (bonus.unit, bonus.payment, bonus.starts, bonus.started, bonus.expires, bonus.restarted_by)
        if same != alike or bonus.paid is not None:
            yield f"the bonus {bonus.id} is not of the payment of {bucket.id}"


def _restarted(before: Book, entry: e.ToppedUp) -> Iterator[str]:
    """Compare the clocks that a purchase restarts with those of what was bought of the same offer, and their ends."""
    there = {held.id: held.expires for held in before.buckets if held.restarted_by == entry.offer}
    for name, end in entry.ends:
        was = there.get(name)
        if was is None or was <= entry.at or (end is not None and end <= was):
            yield f"it restarts bucket {name}, which ends at {was}, until {end}"


def _answer(before: Book, entry: e.Entry, name: str) -> Iterator[str]:
    """Compare the host's report with the request it answers."""
    late = before.declined if isinstance(entry, e.ToppedUp) else ()
    request = next((one for one in (*before.pending, *late) if one.id == name), None)
    right: dict[type[e.Entry], type[Any]] = {e.ToppedUp: Charge, e.Confirmed: Bill, e.Declined: object}
    if request is None or not isinstance(request, right.get(entry.__class__, RenewalDue)):
        yield f"no request {name} was pending that it can answer"
    if not isinstance(request, Charge):
        return
    if isinstance(entry, e.ToppedUp):
        bucket = entry.bucket
        asked = (request.offer, request.price, request.unit, request.steps, request.kind, request.priority)
        if asked != (entry.offer, entry.price, bucket.unit, bucket.granted_steps, bucket.kind, bucket.priority):
            yield f"{name} was to {request}, and {bucket.unit.text(bucket.granted_steps)} were bought for {entry.price}"
        if request.bonus_steps != (0 if entry.bonus is None else entry.bonus.granted_steps):
            yield f"{name} was to {request}, and its bonus is another one"
    for notice in entry.notices:
        figure = (notice.unit, notice.figure_steps)
        if notice.id == f"{notice.name}:{name}" and figure != (request.unit, request.steps):
            yield f"its notice {notice.id} is of {notice.unit.text(notice.figure_steps)}"
