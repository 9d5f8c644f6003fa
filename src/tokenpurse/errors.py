"""Every error the library raises, under one root.

Two families matter to a caller.
`Refused` is an answer: the request was well formed, the wallet says no, and nothing happened.
Every other class says that the question itself was wrong: a float for an amount, a naive datetime, a plan that
contradicts itself.

All messages are lower case and say what was asked, what there is and what would be right; the facts are attributes.
No message prints an unbounded value: see `shown`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from tokenpurse._words import listed, shortened, shown

if TYPE_CHECKING:
    from tokenpurse.buckets import Money
    from tokenpurse.units import Amount

__all__ = [
    "AmountError",
    "ArgumentError",
    "ClockError",
    "ConflictError",
    "HistoryError",
    "HoldEnded",
    "LimitReached",
    "Locked",
    "NotAllowed",
    "NotEnough",
    "NotRefundable",
    "NotSold",
    "OutOfBounds",
    "PeriodClosed",
    "PlanError",
    "PolicyError",
    "PurseError",
    "Refused",
    "Remedy",
    "SnapshotError",
    "UnknownNameError",
    "WalletClosed",
    "WalletFrozen",
    "WalletPaused",
    "listed",
    "shown",
]

# More digits than any amount has: whatever the host's own context says, a difference of two is exact.
_EXACT = Context(prec=60, traps=[])


class PurseError(Exception):
    """Root of every error of this library."""

    def __reduce__(self) -> tuple[Any, ...]:
        # An exception is rebuilt from its positional arguments alone; ours carry facts beside them.
        return _rebuilt, (type(self), self.args, self._facts())

    def _facts(self) -> dict[str, Any]:
        return self.__dict__


def _rebuilt(kind: type[PurseError], args: tuple[Any, ...], facts: dict[str, Any]) -> PurseError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(facts)
    return error


class AmountError(PurseError, ValueError):
    """An amount that cannot be one: wrong type, negative, too precise, too large, or zero where zero means nothing."""

    def __init__(self, problem: str, *, value: object) -> None:
        super().__init__(problem)
        self.value = value


class ClockError(PurseError, ValueError):
    """A moment that cannot be used: naive, not a datetime, outside 1970 to 2200, or too far before the wallet's clock.

    Attributes:
        at: the moment that was given.
        clock: the wallet's clock, when `at` is too far before it; otherwise `None`.
    """

    def __init__(self, problem: str, *, at: object, clock: datetime | None = None) -> None:
        super().__init__(problem)
        self.at = at
        self.clock = clock


class ConflictError(PurseError):
    """A ref that was used before with other arguments. Nothing happened this time.

    Attributes:
        ref: the ref.
        first: what it was used for, as a tuple of the verb and its arguments.
        now: what it was used for this time.
    """

    def __init__(self, problem: str, *, ref: str, first: tuple[Any, ...], now: tuple[Any, ...]) -> None:
        super().__init__(problem)
        self.ref = ref
        self.first = first
        self.now = now


class ArgumentError(PurseError, ValueError):
    """An argument that cannot be what it is for.

    An id, ref, role, kind or label that is not spelled as one can be stored and compared safely; a flag, a setting or
    a collection of the wrong sort.

    Attributes:
        what: which one.
        value: what was given.
    """

    def __init__(self, what: str, value: object, right: str) -> None:
        super().__init__(f"{what} is {shown(value)}, {right}")
        self.what = what
        self.value = value


class HistoryError(PurseError):
    """Entries that are not one wallet's unbroken history.

    Attributes:
        position: index of the first entry that is wrong, from 0.
    """

    def __init__(self, problem: str, *, position: int) -> None:
        super().__init__(f"entry at position {position}: {problem}")
        self.position = position


class PlanError(PurseError, ValueError):
    """A plan, or a part of one, that contradicts itself.

    Attributes:
        part: the part, as `Offer 'tokens'`.
        field: the field of that part.
        value: what was given.
        right: what would be right.
    """

    def __init__(self, part: str, field: str, value: object, right: str) -> None:
        super().__init__(f"{part}: {field} is {shown(value)}, {right}")
        self.part, self.field, self.value, self.right = part, field, value, right


class SnapshotError(PurseError, ValueError):
    """A stored wallet or entry that is not exactly what the library wrote, or not the one that was asked for.

    Attributes:
        path: where in the document, as `wallet.buckets[2].left_steps`; empty: the document as a whole.
        value, right: what is there, and what would be right.
    """

    def __init__(self, path: str, value: object, right: str) -> None:
        super().__init__(f"{shortened(path) or 'document'} is {shown(value)}, {shortened(right)}")
        self.path, self.value, self.right = path, value, right


class PolicyError(PurseError):
    """A draw policy of the host answered with something that is not a split of the amount. Nothing was drawn."""


class UnknownNameError(PurseError, LookupError):
    """A name that is not there: a meter, a plan, an offer, a limit, a count, a zone, a request.

    Attributes:
        what: what kind of name, as `offer`.
        name: the name that was given.
        known: the names that would be right, sorted; empty where they cannot be listed.
    """

    def __init__(self, what: str, name: object, known: tuple[str, ...] = (), *, hint: str = "") -> None:
        choices = f"; known: {listed(known)}" if known else ""
        super().__init__(f"unknown {what} {shown(name)}{choices}{hint}")
        self.what, self.name, self.known = what, name, known


@frozen(kw_only=True)
class Remedy:
    """One thing that would let the refused request succeed as it stands.

    Attributes:
        kind: `wait`, `renew`, `top_up`, `raise_limit`, `upgrade`, `resubscribe`, `unfreeze`, `resume`, `grant` or
            `contact`.
        until: for `wait`, the moment from which the request succeeds.
        name: the offer, limit, plan or role to turn to; for `renew`, the request to confirm.
        to: for `raise_limit`, the lowest limit that is enough.
        label: for `raise_limit` of a limit per label value, for which value.
    """

    kind: str
    until: datetime | None = None
    name: str | None = None
    to: Amount | None = field(default=None)
    label: str | None = None

    def __str__(self) -> str:
        if self.kind == "wait":
            return f"wait until {self.until:%Y-%m-%dT%H:%M:%SZ}"
        if self.kind in {"unfreeze", "resume", "grant"}:
            return self.kind
        words = {"renew": "pay", "top_up": "top up by offer", "raise_limit": "raise limit", "contact": "contact"}
        target = f"{words.get(self.kind, f'{self.kind} to')} {self.name}"
        target += "" if self.label is None else f" for {shown(self.label)}"
        return target if self.to is None else f"{target} to {self.to:,}"


class Refused(PurseError):
    """The wallet says no, and nothing happened: the wallet that was asked is unchanged.

    Refusals are checked in one documented order (`docs/refusals.md`), so the first that applies is the one raised.

    Attributes:
        asked: the amount asked for, or `None` where the request was not for an amount.
        available: the largest amount that would have succeeded, or `None` where that is not the question.
        short: `asked - available`, or `None`.
        remedies: what would let the same request succeed, each verified by trying it; worked out when first read.
        wallet: of what is asked of two wallets, the id of the one that refused; otherwise `None`.
    """

    wallet: str | None = None

    def __init__(
        self,
        problem: str,
        *,
        asked: Amount | None = None,
        available: Amount | None = None,
        remedies: Callable[[], tuple[Remedy, ...]] = tuple,
    ) -> None:
        super().__init__(problem)
        self.asked = asked
        self.available = available
        self._remedies: Callable[[], tuple[Remedy, ...]] | tuple[Remedy, ...] = remedies

    @property
    def short(self) -> Amount | None:
        """What is missing: `asked - available`, or `None`."""
        if self.asked is None or self.available is None:
            return None
        if isinstance(self.asked, Decimal) and isinstance(self.available, Decimal):
            return _EXACT.subtract(self.asked, self.available)
        return self.asked - self.available

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        """What would let the same request succeed; worked out when first read."""
        if not isinstance(self._remedies, tuple):
            self._remedies = self._remedies()
        return self._remedies

    def keep(self, helps: Callable[[Remedy], bool]) -> None:
        """Name only those remedies of which something else says that they help, too."""
        found = self._remedies
        self._remedies = lambda: tuple(filter(helps, found if isinstance(found, tuple) else found()))

    def _facts(self) -> dict[str, Any]:
        return {**self.__dict__, "_remedies": self.remedies}  # how they are worked out stays where it can be

    def __str__(self) -> str:
        text = super().__str__()
        return f"{text}; to go on: {listed(self.remedies)}" if self.remedies else text


class WalletClosed(Refused):
    """The wallet was closed; only repeats, reads and reports of pending bills are answered."""


class WalletFrozen(Refused):
    """The wallet is frozen; nothing can be spent until it is unfrozen."""


class WalletPaused(Refused):
    """The wallet is paused; nothing can be spent, and no period opens, until it is resumed."""


class NotSold(Refused):
    """The wallet's plan does not sell this."""


class NotAllowed(Refused):
    """The role given as `by` may not do this.

    Attributes:
        by: the role that asked, or `None`.
        allowed: the roles that may.
    """

    def __init__(
        self,
        problem: str,
        *,
        by: str | None,
        allowed: frozenset[str],
        remedies: Callable[[], tuple[Remedy, ...]] = tuple,
    ) -> None:
        super().__init__(problem, remedies=remedies)
        self.by = by
        self.allowed = allowed


class OutOfBounds(Refused):
    """An amount or setting outside the bounds that the plan's part states."""


class HoldEnded(Refused):
    """The hold is over: a hold ends once, by capture, by release, or by itself when its deadline comes.

    Attributes:
        hold: its id.
        how: `captured`, `released` or `lapsed`.
        at: when it ended.
    """

    def __init__(self, problem: str, *, hold: str, how: str, at: datetime) -> None:
        super().__init__(problem)
        self.hold = hold
        self.how = how
        self.at = at


class PeriodClosed(Refused):
    """The use occurred (at `occurred_at`) in a period that has closed, and the plan does not book it any more."""

    def __init__(self, problem: str, *, occurred_at: datetime) -> None:
        super().__init__(problem)
        self.occurred_at = occurred_at


class NotRefundable(Refused):
    """The use cannot be given back any more: it was too long ago, or what paid it is not known. A grant can help."""


class Locked(Refused):
    """What there is would have sufficed, but the plan does not let its kind be spent."""


class LimitReached(Refused):
    """A limit stands in the way.

    Attributes:
        limit: the limit's name.
        label: the label's value, where the limit is per label value; otherwise `None`.
        degrade_to: the class in which the limit lets the host go on; `None`: it names none.
    """

    def __init__(
        self,
        problem: str,
        *,
        limit: str,
        label: str | None = None,
        asked: Amount | None = None,
        available: Amount | None = None,
        remedies: Callable[[], tuple[Remedy, ...]] = tuple,
        degrade_to: str | None = None,
    ) -> None:
        super().__init__(problem, asked=asked, available=available, remedies=remedies)
        self.limit = limit
        self.label = label
        self.degrade_to = degrade_to


class NotEnough(Refused):
    """There is less than was asked for.

    Attributes:
        needed: what the part that no bucket of the meter pays would cost, where it is priced; otherwise `None`.
        funds: what is there to pay it.
        degrade_to: the class in which the plan lets the host go on; `None`: it names none.
    """

    def __init__(
        self,
        problem: str,
        *,
        asked: Amount | None = None,
        available: Amount | None = None,
        remedies: Callable[[], tuple[Remedy, ...]] = tuple,
        needed: Money | None = None,
        funds: Money | None = None,
        degrade_to: str | None = None,
    ) -> None:
        super().__init__(problem, asked=asked, available=available, remedies=remedies)
        self.needed = needed
        self.funds = funds
        self.degrade_to = degrade_to
