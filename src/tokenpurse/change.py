"""What a verb gives back: the new wallet, the entries to store, the notices to send, the requests to act on."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NoReturn

from attrs.exceptions import FrozenInstanceError

from tokenpurse.entries import Entry, Remembered
from tokenpurse.errors import PurseError
from tokenpurse.notices import Notice, Request
from tokenpurse.units import Amount

if TYPE_CHECKING:
    from tokenpurse._engine.quick import Lane
    from tokenpurse.view import View
    from tokenpurse.wallet import Wallet

__all__ = ["Change"]


class _Change:
    """The fields of a `Change`, and how they are filled.

    A spend makes one of these. A class with a plain constructor, turned into its guarded subclass once it is filled, is
    three times as fast as one that sets each field past its own guard.
    """

    __slots__ = ("_entries", "_first", "_lane", "_request", "before", "wallet")

    def __init__(
        self,
        before: Wallet,
        wallet: Wallet,
        entries: tuple[Entry, ...] | None,
        first: Remembered | None,
        lane: Lane | None,
        request: tuple[int, int, datetime, str | None] | None,
    ) -> None:
        self.before = before
        self.wallet = wallet
        self._entries = entries
        self._first = first
        self._lane = lane
        self._request = request


class Change(_Change):
    """What a verb did.

    Attributes:
        before: the wallet that was asked; untouched.
        wallet: the new wallet; the very same object if nothing happened.
    """

    __slots__ = ()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries to append to the ledger, oldest first, in the same transaction as the wallet."""
        if self._entries is not None:
            return self._entries
        lane, request = self._lane, self._request
        if lane is None or request is None:  # pragma: no cover  # one of the two ways made this change
            return ()
        steps, taken, at, by = request
        book = self.before._base.book  # noqa: SLF001  # a change is made by its wallet
        return (lane.spent(book, self.wallet.version, at, by, steps, taken),)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What is worth telling a person, in order; send it after the change is stored."""
        return tuple(notice for entry in self._entries or () for notice in entry.notices)

    @property
    def requests(self) -> tuple[Request, ...]:
        """What the host must do and report back with `confirm` or `decline`; act after the change is stored."""
        return tuple(request for entry in self._entries or () for request in entry.requests)

    @property
    def view(self) -> View:
        """The reads of the new wallet, at its clock."""
        return self.wallet.at(self.wallet.clock)

    @property
    def repeated(self) -> bool:
        """Whether the ref was used before with the same arguments, so that nothing happened this time."""
        return self._first is not None

    @property
    def first(self) -> Remembered | None:
        """Of a repeat: what is remembered of the first time, with its entry's sequence number."""
        return self._first

    @property
    def moved(self) -> dict[str, Amount]:
        """What the verb moved, by unit: taken by a spend, put in by a grant or purchase; a repeat says it again."""
        return self.wallet._moved(self)  # noqa: SLF001  # the wallet knows the units

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenInstanceError

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError

    def __copy__(self) -> Change:
        return self

    def __deepcopy__(self, memo: object) -> Change:
        return self

    def __reduce__(self) -> NoReturn:
        raise PurseError(f"a change of wallet {self.wallet.id} is not pickled: store its entries")

    def __repr__(self) -> str:
        what = "repeated" if self.repeated else ", ".join(type(entry).__name__ for entry in self.entries) or "nothing"
        return f"<Change {what}: {self.wallet!r}>"
