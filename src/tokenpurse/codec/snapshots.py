"""Wallets and entries as JSON, to be stored: all that a wallet is, and each fact that made it."""

# ruff: noqa: SLF001  # a wallet is made of its book, and the codec is the one other place that knows it
from __future__ import annotations

from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse._engine.quick import Base
from tokenpurse.codec.facts import Coding, Wrong, coding_of, moment, one_of
from tokenpurse.codec.formats import Upcasts, opened
from tokenpurse.codec.pieces import book_of
from tokenpurse.codec.soundness import unsound, unsound_entry
from tokenpurse.entries import Entry
from tokenpurse.errors import PlanError, SnapshotError, shown
from tokenpurse.plans.catalogue import Catalogue
from tokenpurse.wallet import Wallet

__all__ = [
    "BOOK_CODING",
    "ENTRY_CODING",
    "ENTRY_FORMAT",
    "WALLET_FORMAT",
    "dump_entry",
    "dump_wallet",
    "load_entry",
    "load_wallet",
    "read_book",
]

WALLET_FORMAT = "tokenpurse-wallet-1"
"""What the document of a wallet says that it is."""
ENTRY_FORMAT = "tokenpurse-entry-1"
"""What the document of an entry says that it is."""
_UPCASTS: Final[Upcasts] = MappingProxyType({})
"""For documents of both sorts; there are no older formats yet."""

_KINDS: Final = tuple(kind for kind in map(vars(e).__getitem__, e.__all__) if kind in Entry.__subclasses__())


# Found out as this module is imported, and not when they are first needed: by then several threads may need them.
BOOK_CODING: Final = coding_of(Book)
"""How a book is written."""
ENTRY_CODING: Final = one_of("type", _KINDS)
"""How entries are written."""


def dump_wallet(wallet: Wallet) -> dict[str, Any]:
    """Write a wallet as a document of str, int, bool, `None`, list and dict, as `json.dumps` takes it.

    It is all that the wallet is: `load_wallet` makes an equal one of it, with the same future. Every field is there,
    whatever its value. Moments are UTC, amounts whole steps of their unit: of USD millionths.

    Raises:
        SnapshotError: it is no wallet.
    """
    if type(wallet) is not Wallet:
        raise SnapshotError("", wallet, "it must be a Wallet")
    return {"format": WALLET_FORMAT, "wallet": BOOK_CODING.dump(wallet._book)}


def load_wallet(document: object, *, id: str, catalogue: Catalogue | None = None) -> Wallet:
    """Read a wallet: `load_wallet(dump_wallet(wallet), id=wallet.id) == wallet`.

    Nothing is guessed: a field that is missing, unknown, of another type or there twice is refused, and so is whatever
    no wallet can have come to: a bucket with less than nothing, a hold that no bucket knows of.

    Args:
        document: what `json.loads` gave, or the text itself as `str` or UTF-8, in which no key may be there twice.
        id: the wallet that was asked for. Another wallet's document is refused, whoever swapped it.
        catalogue: binds the wallet to its plans; see `replay`.

    Raises:
        SnapshotError: with the path, the value, and what would be right.
        PlanError: what is given as a catalogue is none, or counts a unit in another way than the wallet.
        UnknownNameError: the catalogue lacks the wallet's plan.
    """
    if catalogue is not None and not isinstance(catalogue, Catalogue):
        raise PlanError("wallet", "catalogue", catalogue, "it must be a Catalogue")
    return Wallet._of(Base.of(read_book(document, id), catalogue))


def read_book(document: object, of: str, upcasts: Upcasts = _UPCASTS) -> Book:
    """Read what a wallet is made of; see `load_wallet`."""
    book = book_of(document, WALLET_FORMAT)
    if book is None:
        book = _read(document, WALLET_FORMAT, "wallet", BOOK_CODING, upcasts)
    if book.id != of:
        raise SnapshotError("wallet.id", book.id, f"the wallet that was asked for is {shown(of)}")
    for path, value, right in unsound(book):
        raise SnapshotError(f"wallet.{path}", moment(value) if isinstance(value, datetime) else value, right)
    return book


def dump_entry(entry: Entry) -> dict[str, Any]:
    """Write an entry; see `dump_wallet`.

    Raises:
        SnapshotError: it is no entry that a wallet writes.
    """
    if type(entry) not in _KINDS:
        raise SnapshotError("", entry, "it must be an entry")
    return {"format": ENTRY_FORMAT, "entry": ENTRY_CODING.dump(entry)}


def load_entry(document: object, *, wallet: str) -> Entry:
    """Read an entry: `load_entry(dump_entry(entry), wallet=entry.wallet) == entry`; see `load_wallet`.

    What an entry says of the wallet before it is not looked for here: `replay` does that.

    Args:
        document: what `json.loads` gave, or the text itself.
        wallet: the id of the wallet whose entry was asked for.

    Raises:
        SnapshotError: with the path, the value, and what would be right.
    """
    entry: Entry = _read(document, ENTRY_FORMAT, "entry", ENTRY_CODING, _UPCASTS)
    if entry.wallet != wallet:
        raise SnapshotError("entry.wallet", entry.wallet, f"the wallet that was asked for is {shown(wallet)}")
    for path, value, right in unsound_entry(entry):
        raise SnapshotError(f"entry.{path}", value, right)
    return entry


def _read(document: object, expected: str, field: str, coding: Coding, upcasts: Upcasts) -> Any:
    """Read the one field that a document has beside its format."""
    found = opened(document, expected, upcasts)
    for name in found:
        if name not in {field, "format"}:
            raise SnapshotError(shown(name), found[name], f"there is no such field; it has format, {field}")
    try:
        return coding.load(found.get(field))
    except Wrong as wrong:
        raise SnapshotError(wrong.at(field).where, wrong.value, f"it must be {wrong.right}") from None
    except RecursionError:
        raise SnapshotError(field, "a document", "it must not be nested that deep") from None
