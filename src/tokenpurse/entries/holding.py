"""Entries of holds: set aside, used, given back, timed out."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from tokenpurse.buckets import Bucket, Debt, Draw, Return
from tokenpurse.entries.base import Entry, paid_by
from tokenpurse.entries.facts import Repaid
from tokenpurse.entries.uses import ClawBackPart, Counted, Ended, Use
from tokenpurse.units import Amount

__all__ = ["Captured", "Held", "Lapsed", "Released"]


@frozen(kw_only=True)
class Held(Entry):
    """Amounts were set aside; its ref names the hold.

    Attributes:
        uses: how each amount is covered, one for each meter, in the plan's order.
        until: the deadline, exclusive.
        labels: what the host said about it.
    """

    uses: tuple[Use, ...]
    until: datetime
    labels: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def paid_by(self) -> dict[tuple[str, str], Amount]:
        """Sum what is set aside, by kind of bucket and unit; priced use appears under the unit that covers its cost."""
        return paid_by(self.draws())

    def draws(self) -> tuple[Draw, ...]:
        """List every draw, those that cover a price included."""
        return tuple(draw for use in self.uses for draw in use.all_draws())


@frozen(kw_only=True)
class Captured(Entry):
    """A hold ended in use.

    Attributes:
        ended: the hold, and what it was ended with.
        uses: what was used of what was held, one for each meter of which something was.
        extra: what was used beyond it, drawn as a spend.
        returned: what came back, in reverse order of drawing.
        granted: a bank that is new, for what is carried into it.
        repaid: debt that was paid by what came back.
        labels: the hold's labels.
        counted: as of `Spent`.
        claw_backs: of buckets whose money went back while they were held, what was used all the same.
        owed: what is owed for that.
    """

    ended: Ended
    uses: tuple[Use, ...] = ()
    extra: tuple[Use, ...] = ()
    returned: tuple[Return, ...] = ()
    granted: tuple[Bucket, ...] = ()
    repaid: tuple[Repaid, ...] = ()
    labels: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    counted: tuple[Counted, ...] = ()
    claw_backs: tuple[ClawBackPart, ...] = ()
    owed: tuple[Debt, ...] = ()

    def paid_by(self) -> dict[tuple[str, str], Amount]:
        """Sum what was used, by kind of bucket and unit; priced use appears under the unit that paid its cost."""
        return paid_by(self.draws())

    def draws(self) -> tuple[Draw, ...]:
        """List every draw, those that paid a price included."""
        return tuple(draw for use in self.uses + self.extra for draw in use.all_draws())


@frozen(kw_only=True)
class Released(Entry):
    """A hold was given back. Attributes as of `Captured`."""

    ended: Ended
    returned: tuple[Return, ...] = ()
    granted: tuple[Bucket, ...] = ()
    repaid: tuple[Repaid, ...] = ()


@frozen(kw_only=True)
class Lapsed(Entry):
    """The deadline of these holds came. Attributes as of `Captured`."""

    ended: tuple[Ended, ...] = field(default=())
    returned: tuple[Return, ...] = ()
    granted: tuple[Bucket, ...] = ()
    repaid: tuple[Repaid, ...] = ()
