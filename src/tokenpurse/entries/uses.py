"""Facts of use: how it was paid, what is held for it, what limits counted of it, and what of it was undone."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from tokenpurse.buckets import Debt, Draw
from tokenpurse.entries.facts import Remembered
from tokenpurse.pricing import Rate
from tokenpurse.statements import Accrual
from tokenpurse.units import Amount, Unit

__all__ = ["ClawBackPart", "Counted", "Ended", "Hold", "Priced", "Undone", "Use", "Withheld"]


@frozen(kw_only=True)
class Use:
    """How one amount of one unit was paid: by buckets first, then at a price, then post-paid, then as debt.

    Attributes:
        unit: what was used.
        steps: how much, in all.
        draws: what buckets of this unit paid.
        priced: what was paid at a price instead, or `None`.
        postpaid: the quantity that goes on the statement, and what was `asked` of it, or `None`.
        debt: what nobody paid, or `None`.
    """

    unit: Unit
    steps: int
    draws: tuple[Draw, ...] = ()
    priced: Priced | None = None
    postpaid: Accrual | None = None
    debt: Debt | None = None

    @property
    def amount(self) -> Amount:
        """How much, in all."""
        return self.unit.amount(self.steps)

    def each(self) -> tuple[Use, ...]:
        """List it and, where it was paid at a price, the use that it was paid in."""
        return (self,) if self.priced is None else (self, *self.priced.paid.each())

    def all_draws(self) -> tuple[Draw, ...]:
        """List every draw, those that paid a price included, in the order they were made."""
        return tuple(draw for use in self.each() for draw in use.draws)


@frozen
class Priced:
    """A quantity that was paid in another unit.

    Attributes:
        quantity: whole steps of the meter.
        rate: the price.
        paid: how the cost was paid.
    """

    quantity: int
    rate: Rate
    paid: Use

    @property
    def billed(self) -> int:
        """The quantity that was billed for it: at least so much, in whole steps, where the price says so."""
        return self.rate.charged(self.quantity)


@frozen(kw_only=True)
class Counted:
    """What a limit with a count of its own counted of some use.

    Attributes:
        limit: the limit's name.
        label: the value of the label that it is per; empty where it is over all.
        unit: what it counts.
        steps: how much of this use.
        after_steps: its whole count after it.
        start: when the stretch of time that it counts began; `None`: it is the period, and ends with it.
        end: when that stretch ends, exclusive; `None`: with the period, or never.
        kinds: whose payments it counts, sorted, `pay_as_you_go` being what is billed; empty: whoever paid.
    """

    limit: str
    label: str
    unit: Unit
    steps: int
    after_steps: int
    start: datetime | None = None
    end: datetime | None = None
    kinds: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """Limit, unit and label's value: one count."""
        return (self.limit, self.unit.name, self.label)

    @property
    def amount(self) -> Amount:
        """How much of this use."""
        return self.unit.amount(self.steps)

    @property
    def after(self) -> Amount:
        """Its whole count after it."""
        return self.unit.amount(self.after_steps)


@frozen(kw_only=True)
class Hold:
    """Amounts that are set aside until a deadline, as they were drawn.

    Attributes:
        id: the ref that it was made with.
        ref: what was said when it was made.
        since: from when it holds.
        until: the deadline, exclusive: at this moment it lapses.
        uses: how each amount is covered; what a price covers is held at the most that it can cost.
        labels: what the host said about it.
    """

    id: str
    ref: Remembered
    since: datetime
    until: datetime
    uses: tuple[Use, ...]
    labels: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def amounts(self) -> dict[str, Amount]:
        """How much is held, by unit as it was asked."""
        return {use.unit.name: use.amount for use in self.uses}


@frozen
class Ended:
    """A hold that is over.

    Attributes:
        hold: its id.
        made: what was said when it was made.
        how: `captured`, `released` or `lapsed`.
        at: when.
        ref: what was said when it ended, or `None` if time ended it.
    """

    hold: str
    made: Remembered
    how: str
    at: datetime
    ref: Remembered | None = None


@frozen(kw_only=True)
class Undone:
    """What was given back of one use.

    Attributes:
        place: which use of its entry, and how deep among what it was paid in: 0 is the use itself. Below zero: of what
            was withheld of earlier refunds.
        unit: what was used.
        steps: how much of it was given back.
        debt: what the wallet owes less, and after it; or `None`.
        postpaid: what is billed less of what was post-paid, and the quantity that was `asked` of it; off its line, or a
            line of its own where a statement closed it.
        billed: debt that a statement billed, each a line of its own; at no price where it was forgiven.
        priced: the quantity that was paid at a price; what it was paid in comes back as the next deeper one.
        rate: that price.
        cost: how much comes back there.
    """

    place: tuple[int, int]
    unit: Unit
    steps: int
    debt: Debt | None = None
    postpaid: Accrual | None = None
    billed: tuple[Accrual, ...] = ()
    priced: int = 0
    rate: Rate | None = None
    cost: int = 0

    @property
    def amount(self) -> Amount:
        """How much of it was given back."""
        return self.unit.amount(self.steps)


@frozen
class Withheld:
    """What was paid for use that was given back, and stays paid for other use of the period at the same price.

    Attributes:
        meter: what was used.
        rate: the price.
        uses: how that was paid, after the entry; it comes back when what it stays for does.
    """

    meter: Unit
    rate: Rate
    uses: tuple[Use, ...]


@frozen(kw_only=True)
class ClawBackPart:
    """What one bucket has to do with money that went back; see `ClawBack` for the terms. `left` is after it.

    Attributes:
        refunded: of what the report says, how much is of this bucket's own price; see `ClawBack`.
        repaid: when it is undone, what of `debt` others had paid: it is put into the bucket again.
        went: where what was taken and `repaid` went, when it is undone: `back`, or the way the bucket's rest went.
    """

    bucket: str
    kind: str
    unit: Unit
    taken: int = 0
    held: int = 0
    lost: int = 0
    debt: int = 0
    let_go: int = 0
    refunded: int = 0
    repaid: int = 0
    left_steps: int = 0
    owes: bool = False
    went: str = "back"

    @property
    def steps(self) -> int:
        """How much of the bucket it is about, in all."""
        return self.taken + self.held + self.lost + self.debt + self.let_go
