"""A wallet from its entries alone, each of them checked against what was there before it."""

from __future__ import annotations

from collections.abc import Iterable

from tokenpurse import entries as e
from tokenpurse._engine.apply import apply, open_book
from tokenpurse._engine.book import Book
from tokenpurse._engine.quick import Base
from tokenpurse._history import contradictions
from tokenpurse.errors import HistoryError, PlanError
from tokenpurse.plans.catalogue import Catalogue
from tokenpurse.wallet import Wallet

__all__ = ["replay"]

_KINDS = frozenset(kind for kind in map(vars(e).__getitem__, e.__all__) if issubclass(kind, e.Entry)) - {e.Entry}
"""What a wallet writes; a class derived from one of them is none."""


def replay(entries: Iterable[e.Entry], *, catalogue: Catalogue | None = None) -> Wallet:
    """Rebuild a wallet from all its entries, oldest first.

    Args:
        entries: from the opening on, none missing.
        catalogue: binds the wallet to its plans. Without one it is equal to the wallet that made the entries and
            answers reads that need no plan, up to the first reset or end; all else raises `UnknownNameError`.

    Raises:
        HistoryError: with the position of the first entry that is missing, doubled, out of order, another wallet's,
            or that says something else than it, or an entry before it, said already.
        PlanError: what is given as a catalogue is none.
    """
    given: object = entries
    if not isinstance(given, Iterable):
        raise HistoryError(f"it is a {type(given).__name__}, not a list of entries", position=0)
    if catalogue is not None and not isinstance(catalogue, Catalogue):
        raise PlanError("wallet", "catalogue", catalogue, "it must be a Catalogue")
    book: Book | None = None
    for position, entry in enumerate(entries):
        book = _after(book, entry, position)
    return Wallet._of(Base.of(_opened(book, 0), catalogue))  # noqa: SLF001  # the one other way to a wallet


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
