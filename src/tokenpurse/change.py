"""What a verb gives back: the new wallet, the entries to store, the notices to send, the requests to act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from tokenpurse.entries import Entry, Remembered
from tokenpurse.errors import PurseError
from tokenpurse.notices import Notice, Request
from tokenpurse.units import Amount

if TYPE_CHECKING:
    from tokenpurse.view import View
    from tokenpurse.wallet import Wallet

__all__ = ["Change"]


class Change:
    """What a verb did. Read-only: it has no public attribute that can be set.

    Attributes:
        before: the wallet that was asked; untouched.
        wallet: the new wallet; the very same object if nothing happened.
    """

    # A spend makes one of these, so entries stay unsaid (`None`) until they are read: see `Wallet.spend`.
    __slots__ = ("_before", "_by", "_entries", "_first", "_own", "_wallet")

    def __init__(
        self,
        before: Wallet,
        wallet: Wallet,
        entries: tuple[Entry, ...] | None,
        first: Remembered | None = None,
        own: Entry | None = None,
    ) -> None:
        self._before = before
        self._wallet = wallet
        self._entries = entries
        self._first = first
        self._own = own
        self._by: str | None = None

    @property
    def before(self) -> Wallet:
        """The wallet that was asked; untouched."""
        return self._before

    @property
    def wallet(self) -> Wallet:
        """The new wallet; the very same object if nothing happened."""
        return self._wallet

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries to append to the ledger, oldest first, in the same transaction as the wallet."""
        if self._entries is None:  # the short way: it says what it did when it is asked
            return (self._wallet._spent_since(self._before, self._by),)  # noqa: SLF001  # the wallet has the lanes
        return self._entries

    @property
    def entry(self) -> Entry | None:
        """The verb's own entry, between those of what was due before it and after; `None` if it booked nothing."""
        return self.entries[0] if self._entries is None else self._own

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What is worth telling a person, in order; send it after the change is stored."""
        return tuple(notice for entry in self._entries or () for notice in entry.notices)

    @property
    def requests(self) -> tuple[Request, ...]:
        """What the host must do and report back with `confirm` or `decline`; act after the change is stored.

        These are the requests of its entries that can still be answered. After a long silence an entry may hold one
        that is over within the same change, such as a renewal whose plan has ended since.
        """
        asked = [request for entry in self._entries or () for request in entry.requests]
        pending = {request.id for request in self.view.pending()} if asked else set()
        return tuple(request for request in asked if request.id in pending)

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

    def __copy__(self) -> Change:
        return self

    def __deepcopy__(self, memo: object) -> Change:
        return self

    def __reduce__(self) -> NoReturn:
        raise PurseError(f"a change of wallet {self.wallet.id} is not pickled: store its entries")

    def __repr__(self) -> str:
        what = "repeated" if self.repeated else ", ".join(type(entry).__name__ for entry in self.entries) or "nothing"
        return f"<Change {what}: {self.wallet!r}>"
