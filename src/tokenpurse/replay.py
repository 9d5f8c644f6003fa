"""A wallet from its entries alone, each of them checked against what was there before it; now, or at a past moment."""

# ruff: noqa: SLF001  # the one other way to a wallet, and into the facts behind one
from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, get_type_hints

from attrs import fields, has

from tokenpurse import entries as e
from tokenpurse._engine.apply import apply, open_book
from tokenpurse._engine.book import IN_ORDER, Book
from tokenpurse._engine.quick import Base
from tokenpurse._history import contradictions
from tokenpurse.errors import ArgumentError, ClockError, HistoryError, PlanError, shown
from tokenpurse.periods import instant
from tokenpurse.plans.catalogue import Catalogue
from tokenpurse.view import View
from tokenpurse.wallet import Wallet

__all__ = ["as_of", "replay", "verify"]

_KINDS = frozenset(kind for kind in map(vars(e).__getitem__, e.__all__) if issubclass(kind, e.Entry)) - {e.Entry}
"""What a wallet writes; a class derived from one of them is none."""


def replay(entries: Iterable[e.Entry], *, catalogue: Catalogue | None = None, after: Wallet | None = None) -> Wallet:
    """Rebuild a wallet from all its entries, oldest first.

    Args:
        entries: from the opening on, none missing; or from the first one `after` a wallet on.
        catalogue: binds the wallet to its plans. Without one it is equal to the wallet that made the entries and
            answers reads that need no plan, up to the first reset or end; all else raises `UnknownNameError`.
        after: an earlier version of the wallet, whose own entries were checked before; `None`: the first is the
            opening.

    Raises:
        HistoryError: with the position of the first entry that is missing, doubled, out of order, another wallet's,
            or that says something else than it, or an entry before it, said already.
        PlanError: what is given as a catalogue is none.
        ArgumentError: what is given as a wallet is none.
    """
    _check_catalogue(catalogue)
    book = _book_of("after", after)
    for position, entry in enumerate(_listed(entries)):
        book = _after(book, entry, position)
    return _wallet(_opened(book, 0), catalogue)


def verify(wallet: Wallet, entries: Iterable[e.Entry], *, after: Wallet | None = None) -> None:
    """Check that a wallet is what all its entries say, oldest first; nothing is given back if it is.

    For a wallet that was stored beside its entries: each entry is checked as `replay` checks it, and what they make of
    the wallet is compared with the wallet itself, figure by figure. No plan is asked.

    Args:
        wallet: as it was stored.
        entries: from the opening on; or from the first one `after` a wallet on.
        after: an earlier version of the wallet that was verified before, so that a long ledger is not read again.

    Raises:
        HistoryError: with the position of the first entry that is wrong: one that contradicts those before it, that
            left something else than the wallet says, that the wallet has not heard of, or that is missing at the end.
        ArgumentError: what is given as a wallet is none, or `after` is not an earlier version of it.
    """
    mine, book = _book_of("wallet", wallet), _book_of("after", after)
    if mine is None:
        raise ArgumentError("wallet", wallet, "it must be a Wallet")
    if book is not None and (book.id != mine.id or book.version > mine.version):
        raise ArgumentError("after", after, f"it must be wallet {mine.id} in a version up to {mine.version}")
    position, past = -1, book is not None and book.version == mine.version
    if past and book != mine:
        raise HistoryError(f"before it {_difference('', mine, book)}", position=0)
    for position, entry in enumerate(_listed(entries)):
        if past:
            raise HistoryError(f"the wallet is of version {mine.version} and knows nothing of it", position=position)
        book = _after(book, entry, position)
        if book.id != mine.id:
            raise HistoryError(f"it is of wallet {book.id}, and the wallet is {mine.id}", position=position)
        past = book.version == mine.version
        if past and book != mine:
            raise HistoryError(f"with it {_difference('', mine, book)}", position=position)
    if not past:
        _opened(book, 0)
        raise HistoryError(f"it is missing, the wallet is of version {mine.version}", position=position + 1)


def as_of(
    entries: Iterable[e.Entry],
    moment: datetime,
    *,
    catalogue: Catalogue | None = None,
    after: Wallet | None = None,
) -> View:
    """Read a wallet as it was at a past moment: what was known then, and what time had done by then.

    Args:
        entries: as of `replay`, none missing; none after the moment is looked at.
        moment: what took effect at it is in the view. Use that was reported later was not known yet.
        catalogue: as of `replay`. Without one the view answers reads that need no plan.
        after: as of `replay`.

    Raises:
        HistoryError, PlanError, ArgumentError: as `replay`.
        ClockError: before the wallet was opened, or before `after`; or no moment at all.
        UnknownNameError: without a catalogue, and a period or a bucket had ended since the last entry.
    """
    _check_catalogue(catalogue)
    at = instant(moment, "moment")
    book = _book_of("after", after)
    for position, entry in enumerate(_listed(entries)):
        given: object = entry
        if isinstance(given, e.Entry) and given.at > at:
            if book is None:
                raise ClockError(f"moment is {at}, the wallet was opened at {given.at}", at=moment, clock=given.at)
            break
        book = _after(book, entry, position)
    return _wallet(_opened(book, 0), catalogue).at(at)


def _book_of(what: str, wallet: object) -> Book | None:
    if wallet is not None and not isinstance(wallet, Wallet):
        raise ArgumentError(what, wallet, "it must be a Wallet")
    return None if wallet is None else wallet._book


def _check_catalogue(catalogue: object) -> None:
    if catalogue is not None and not isinstance(catalogue, Catalogue):
        raise PlanError("wallet", "catalogue", catalogue, "it must be a Catalogue")


def _listed(entries: Iterable[e.Entry]) -> Iterable[e.Entry]:
    given: object = entries
    if not isinstance(given, Iterable):
        raise HistoryError(f"it is a {type(given).__name__}, not a list of entries", position=0)
    return entries


def _wallet(book: Book, catalogue: Catalogue | None) -> Wallet:
    return Wallet._of(Base.of(book, catalogue))


def _difference(path: str, mine: Any, right: Any) -> str:
    """Say where two facts differ first, as deep as it goes."""
    parts: list[tuple[str, Any, Any]] = []
    if type(mine) is type(right) and has(type(mine)):
        names = [one.name for one in fields(type(mine))]
        parts = [(f"{path}.{name}".lstrip("."), getattr(mine, name), getattr(right, name)) for name in names]
    elif isinstance(mine, Mapping) and isinstance(right, Mapping):
        parts = [(f"{path}[{shown(key)}]", mine.get(key), right.get(key)) for key in {**mine, **right}]
    elif isinstance(mine, tuple) and isinstance(right, tuple) and len(mine) == len(right):
        places = enumerate(zip(mine, right, strict=True))
        parts = [(f"{path}[{getattr(one, 'id', place)}]", one, other) for place, (one, other) in places]
    for deeper, one, other in parts:
        if one != other:
            return _difference(deeper, one, other)
    if isinstance(mine, Book) and isinstance(right, Book):  # every fact is the same: some come in another order
        return _order(mine, right)
    what = [f"{len(one)} of them" if isinstance(one, tuple) else shown(one) for one in (mine, right)]
    return f"{path} is {what[0]} in the wallet and {what[1]} by the entries"


def _order(mine: Book, right: Book) -> str:
    """Say what comes first in another order, of what is kept in order."""
    hints = get_type_hints(Book, include_extras=True).items()
    names = [name for name, hint in hints if IN_ORDER in getattr(hint, "__metadata__", ())]
    both = ((name, zip(getattr(mine, name), getattr(right, name), strict=True)) for name in names)
    name, one, other = next((name, one, other) for name, pairs in both for one, other in pairs if one != other)
    return f"{name} is in another order: {shown(one)} in the wallet where {shown(other)} is by the entries"


def _after(book: Book | None, entry: e.Entry, position: int) -> Book:
    """Make the book after an entry, if nothing that was there before contradicts it."""
    given: object = entry
    if not isinstance(given, e.Entry):
        raise HistoryError(f"it is a {type(given).__name__}, not an entry", position=position)
    if type(entry) not in _KINDS:
        raise HistoryError(f"it is a {type(entry).__name__}, no kind that a wallet writes", position=position)
    problem = _out_of_place(book, entry)
    if problem:
        raise HistoryError(problem, position=position)
    after = open_book(entry) if isinstance(entry, e.Opened) else apply(_opened(book, position), entry)
    problem = next(contradictions(book, entry, after), "")
    if problem:
        raise HistoryError(problem, position=position)
    return after


def _opened(book: Book | None, position: int) -> Book:
    if book is None:
        raise HistoryError("there is no entry, a history starts with Opened", position=position)
    return book


def _out_of_place(book: Book | None, entry: e.Entry) -> str:
    """Say what is wrong with an entry's place in the history; nothing: an empty str."""
    if book is None:
        if not isinstance(entry, e.Opened) or entry.sequence != 1:
            return f"it is {type(entry).__name__} {entry.sequence}, a history starts with Opened 1"
        return ""
    if entry.wallet != book.id:
        return f"it is of wallet {entry.wallet}, the others are of {book.id}"
    if entry.sequence != book.version + 1:
        return f"its sequence number is {entry.sequence}, after {book.version} comes {book.version + 1}"
    if isinstance(entry, e.Opened):
        return "a wallet is opened once"
    if not _says(entry.ref):
        return "its ref does not say what it was used for: lists are not what a wallet wrote"
    if entry.at < book.clock:
        return f"it is of {entry.at}, before the entry at {book.clock}"
    reports = isinstance(entry, e.Confirmed | e.Declined)  # of bills: there is nothing else to report by then
    return "the wallet was closed before it" if book.closed and not reports else ""


def _says(ref: e.Remembered | None) -> bool:
    """Tell whether a ref can be compared with what a repeat says; a form that turned its tuples into lists cannot."""
    try:
        return hash(ref) is not None
    except TypeError:
        return False
