"""What every decision is given, and the few answers that all of them share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from attrs import evolve, field, frozen

from tokenpurse import entries as e
from tokenpurse._engine.apply import apply
from tokenpurse._engine.book import Book
from tokenpurse._engine.frame import Frame
from tokenpurse._engine.funding import repay
from tokenpurse.buckets import Bucket
from tokenpurse.errors import AmountError, NotAllowed, Remedy, UnknownNameError, listed, shown
from tokenpurse.units import STEPS_MAX

__all__ = ["BUCKETS_MAX", "Context", "Repaying", "check_role", "check_room", "holding", "known", "with_repayment"]

BUCKETS_MAX = 1_000
"""Live buckets of one wallet: what bounds the time of a spend and the size of a snapshot."""

T = TypeVar("T")
Repaying = TypeVar(
    "Repaying",
    e.Granted,
    e.ToppedUp,
    e.Started,
    e.PeriodOpened,
    e.PlanChanged,
    e.CountSet,
    e.Renewed,
    e.Captured,
    e.Released,
    e.Lapsed,
    e.Refunded,
    e.ClawedBack,
    e.Reinstated,
    e.Received,
    e.AllowanceOpened,
)


@frozen(kw_only=True)
class Context:
    """One verb at one moment: a settled book, its frame, and the facts that the entry will carry.

    Attributes:
        at: the moment it is booked at: the one that was given, or the wallet's clock if that is ahead within tolerance.
        by: who asks, or `None`.
        stamp: the fields every entry has, ready to be passed on.
        before: until when, exclusive, the same could be asked again: the deadline of a hold; `None`: for ever.
    """

    book: Book
    frame: Frame
    at: datetime
    by: str | None
    stamp: Mapping[str, Any] = field(factory=dict)
    before: datetime | None = None


def known(what: str, name: object, names: Mapping[str, T]) -> T:
    """Find a part by name.

    Raises:
        UnknownNameError: not there, naming those that are.
    """
    if type(name) is not str or name not in names:
        raise UnknownNameError(what, name, tuple(sorted(names)))
    return names[name]


def check_role(
    what: str,
    by: str | None,
    allowed: frozenset[str] | None,
    remedies: Callable[[], tuple[Remedy, ...]] = tuple,
) -> None:
    """Go on only where the role may do this.

    Raises:
        NotAllowed: it may not, or none was given where one is needed.
    """
    if allowed is not None and by not in allowed:
        if not allowed:
            raise NotAllowed(f"{what} is for nobody", by=by, allowed=allowed, remedies=remedies)
        who = "nobody said who" if by is None else f"{shown(by)} may not"
        problem = f"{what} is for {listed(sorted(allowed))}; {who}"
        raise NotAllowed(problem, by=by, allowed=allowed, remedies=remedies)


def holding(book: Book) -> int:
    """Count the buckets that keep their place: those that are empty give way, but for an allowance's."""
    return sum(1 for held in book.buckets if held.there_steps or held.allowance)


def check_room(book: Book, *buckets: Bucket) -> None:
    """Go on only where one more bucket, or several of one unit, fit the wallet's bounds.

    Raises:
        AmountError: the unit's total would be more than can be counted, or the wallet holds too many buckets.
    """
    unit, steps = buckets[0].unit, sum(bucket.granted_steps for bucket in buckets)
    total = sum(held.there_steps for held in book.buckets if held.unit.name == unit.name)
    if total + steps > STEPS_MAX:
        raise AmountError(
            f"{unit.text(steps)} on top of {unit.text(total)} is more than can be counted,"
            f" at most {unit.text(STEPS_MAX)}",
            value=unit.amount(steps),
        )
    there = holding(book)
    if there + len(buckets) > BUCKETS_MAX:
        more = "no more fit" if there == BUCKETS_MAX else f"{len(buckets):,} more do not fit"
        raise AmountError(f"wallet {book.id} holds {there:,} buckets, {more}", value=unit.amount(steps))


def with_repayment(frame: Frame, book: Book, entry: Repaying) -> Repaying:
    """Let what an entry brings pay the debt that is there: the debt is judged on the book that the entry makes."""
    if not book.debts and not getattr(entry, "debts", ()) and not getattr(entry, "owed", ()):
        return entry
    after = apply(book, entry)
    repaid = repay(
        Frame(frame.catalogue, frame.catalogue.get(after.plan.name, after.plan.revision), after.buckets), after
    )
    return evolve(entry, repaid=repaid) if repaid else entry
