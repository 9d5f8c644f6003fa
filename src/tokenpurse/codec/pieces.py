"""The text of a wallet, cut into pieces: a bucket or ref that was read before, as the same text, is not read again.

From one version of a wallet to the next most of them stay as they are. Nothing is believed for that: what is remembered
is what a text was read as, the whole of a wallet is looked at every time, and a text that is in any way unlike those
that `json.dumps` and `canonical` write is read as a whole, by whoever can say what is wrong with it. Of a list that is
mostly new only the texts are kept, and what they are read as when they are met again: so a wallet that is read once
costs little more. In a list that is mostly known, what is new is remembered at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from attrs import frozen

from tokenpurse._engine.book import Book
from tokenpurse.buckets import Bucket
from tokenpurse.codec.facts import FACTS_MAX, Ready, Wrong, coding_of
from tokenpurse.codec.texts import PLAIN_MAX, parsed_plainly
from tokenpurse.entries import Remembered

__all__ = ["REMEMBERED_MAX", "book_of"]

REMEMBERED_MAX = 2_048
"""How many texts of buckets, and how many of refs, are remembered in each way of writing: with more, all of these are
forgotten."""
_LONG = 1_024
"""How many characters a text has at most that is remembered."""
_FIELDS = 2  # of a document: its format, and the wallet


@frozen(eq=False)
class _List:
    """A list of objects of one class, as it is written somewhere in the text of a wallet.

    Attributes:
        start: what it begins with, the beginning of its first item included.
        between: what is between two items, likewise.
        end: what comes after it.
        left: what is left of all that where it is cut out.
        first: how an item begins.
        read: reads an item.
        known: what the texts of items were read as; `None`: such a text was met once.
    """

    start: str
    between: str
    end: str
    left: str
    first: str
    read: Callable[[Any], Any]
    known: dict[str, Any]

    def cut_out(self, text: str) -> tuple[str, list[Ready]]:
        """Read the list, and leave a `NaN` where it was; one that was mostly never met stays."""
        head, _, rest = text.partition(self.start)
        inside, end, tail = rest.partition(self.end)
        if not end:
            return text, []
        items, known = inside.split(self.between, FACTS_MAX), self.known
        fresh = [one for one in items if one not in known]
        if len(fresh) * 2 > len(items) or len(items) > FACTS_MAX:
            self._remember({one: None for one in fresh if len(one) <= _LONG})
            return text, []
        values = tuple([known.get(one) or self._learned(one) for one in items])
        return f"{head}{self.left}{tail}", [Ready(self.read, values)]

    def _learned(self, item: str) -> Any:
        found = self.read(parsed_plainly(f"{self.first}{item}}}", []))
        self._remember({item: found} if len(item) <= _LONG else {})
        return found

    def _remember(self, found: dict[str, Any]) -> None:
        if len(self.known) + len(found) > REMEMBERED_MAX:
            self.known.clear()
        if len(found) <= REMEMBERED_MAX:
            self.known.update(found)


def _list(blank: str, name: str, item: type[Any], first: str, after: str) -> _List:
    """Say how a list is written: its name, the first field of its items, and what comes after it."""
    opening, after = f'{{"{first}":{blank}', after.replace(" ", blank)
    start, left = f'"{name}":{blank}[{opening}', f'"{name}":{blank}NaN{after}'
    return _List(start, f"}},{blank}{opening}", f"}}]{after}", left, opening, coding_of(item).load, {})


_BOOK: Final = coding_of(Book)
_LISTS: Final = {
    blank: (
        _list(blank, "buckets", Bucket, "allowance", ', "clock"'),
        _list(blank, "ring", Remembered, "at", '}, "next_at_term"'),
    )
    for blank in ("", " ")
}
"""What is cut out of a text without blanks, and of one with blanks, in the order of the text."""


def book_of(document: object, expected: str) -> Book | None:
    """Read the text of a wallet's document, where nothing can be wrong with it; else `None`, and `snapshots` says why.

    Args:
        document: what was given as one.
        expected: the format that is read today.
    """
    try:
        text = document.decode() if type(document) is bytes else document
        if type(text) is not str or len(text) > PLAIN_MAX:
            return None
        in_buckets, in_ring = _LISTS[" " if text.startswith('{"format": ') else ""]
        text, buckets = in_buckets.cut_out(text)
        text, refs = in_ring.cut_out(text)
        found = parsed_plainly(text, refs + buckets)
        if type(found) is dict and len(found) == _FIELDS and found["format"] == expected:
            book: Book = _BOOK.load(found["wallet"])
            return book
    except (Wrong, LookupError, RecursionError, ValueError):
        pass
    return None
