"""Buckets and what is taken from, put into, or lost by them.

These are facts, each in its unit's steps beside the amount people read; who pays for what is decided elsewhere.
"""

from __future__ import annotations

import re
from datetime import datetime

from attrs import frozen

from tokenpurse.scopes import Scope
from tokenpurse.units import Amount, Unit

__all__ = [
    "KINDS",
    "PAY_AS_YOU_GO",
    "Bucket",
    "ClawBack",
    "Debt",
    "Draw",
    "Gain",
    "Gift",
    "Loss",
    "Money",
    "Rest",
    "Return",
    "is_kind",
]

KINDS = ("quota", "rollover", "promo", "top_up", "credit")
"""The kinds the library itself makes, in the default order of use; a host may name kinds of its own."""

PAY_AS_YOU_GO = "pay_as_you_go"
"""What a limit on kinds of payers calls use that is billed; no bucket is of it."""

_KIND = re.compile(r"[a-z][a-z0-9_]{0,31}")


def is_kind(value: object) -> bool:
    """Tell whether a value can be the kind of a bucket: a lower-case word of at most 32 letters, digits and _."""
    return type(value) is str and _KIND.fullmatch(value) is not None


@frozen
class Money:
    """A price paid or to be paid: an amount of a currency."""

    unit: Unit
    steps: int

    @property
    def amount(self) -> Amount:
        """How much."""
        return self.unit.amount(self.steps)

    def __str__(self) -> str:
        return self.unit.text(self.steps)


@frozen
class ClawBack:
    """What was clawed back of a bucket so far, in steps, and what that took.

    Attributes:
        taken: taken from what was left, or from what came back of a hold.
        held: to be taken when it comes back of a hold.
        lost: had gone already, expired or forfeited: nothing is taken for it.
        debt: had been used, and is owed now.
        let_go: had been used, and was let go.
        refunded: how much of its price went back, in steps of the money; of what nobody paid for, how much of it was
            taken back by its own name.
        owes: whether what is held, and will be used after all, is owed then.
    """

    taken: int = 0
    held: int = 0
    lost: int = 0
    debt: int = 0
    let_go: int = 0
    refunded: int = 0
    owes: bool = False

    @property
    def total(self) -> int:
        """How much of the bucket the money that went back stands for."""
        return self.taken + self.held + self.lost + self.debt + self.let_go


@frozen(kw_only=True)
class Bucket:
    """An amount of one unit with one origin and one end.

    Attributes:
        id: unique in its wallet, never used again.
        kind: `quota`, `rollover`, `top_up`, `credit`, `promo`, or a name of the host's own.
        unit: what it holds.
        granted: all that was ever put into it.
        opening: what it had when the period opened, plus what came since, minus what went other than by use.
        left: what is there now; what is held is not.
        held: what open holds have set aside of it.
        used: `opening - left`, what was used of it in this period; held counts as used.
        spent: what use and debt took of it in its life.
        starts: from when it can be used, inclusive.
        started: whether it can be used yet; until then it counts for nothing but itself.
        expires: from when it cannot be used any more (exclusive end of its life); `None`: never.
        priority: for `policies.by_priority`, lower first.
        scope: it pays only for use whose labels match every key, as sorted pairs of keys and values; empty: for all.
        paid: the price paid for it, or `None`; what went to another wallet took its share of it along.
        payment: the payment's id, or `None`.
        rest: `usable` or `locked`: what was left of an allowance, while the renewal of the period after it is not paid
            and in its grace; else `None`.
        allowance: the plan's allowance that refills it, by kind and unit, is its origin.
        own_life: an allowance's grant, or what was carried of one, that ends by its own life, not with its period.
        kept: the rest of an allowance, which its life, or a change of plan, let stay until its own end.
        lost_steps: what went other than by use: expired, forfeited, carried, transferred.
        transferred_steps: what of that went to another wallet, with its share of the price.
        claw_back: what was clawed back of it.
        repaid_steps: what was put into it again when money came again whose debt others had paid: no price is for that.
        refund_until: until when its unused rest is worth money, exclusive; `None`: for as long as it is there.
        excess_steps: how much of what comes back to it is forfeited, because a change of plan or count left less;
            what was bought or carried is used without it, where it is held.
        restarted_by: the offer whose next purchase restarts the clock of its life, or `None`.
    """

    id: str
    kind: str
    unit: Unit
    granted_steps: int
    opening_steps: int
    left_steps: int
    starts: datetime
    expires: datetime | None = None
    priority: int = 0
    paid: Money | None = None
    payment: str | None = None
    allowance: bool = False
    kept: bool = False
    rest: str | None = None
    started: bool = True
    held_steps: int = 0
    lost_steps: int = 0
    excess_steps: int = 0
    claw_back: ClawBack = ClawBack()
    transferred_steps: int = 0
    repaid_steps: int = 0
    refund_until: datetime | None = None
    restarted_by: str | None = None
    scope: Scope = ()
    own_life: bool = False

    @property
    def granted(self) -> Amount:
        """All that was ever put into it."""
        return self.unit.amount(self.granted_steps)

    @property
    def opening(self) -> Amount:
        """What this period had of it to use."""
        return self.unit.amount(self.opening_steps)

    @property
    def left(self) -> Amount:
        """What is there now."""
        return self.unit.amount(self.left_steps)

    @property
    def of_period(self) -> bool:
        """Whether it is what the plan granted for the running period."""
        return self.allowance and self.rest is None

    @property
    def priced_steps(self) -> int:
        """What the price was paid for, in steps: all that was put into it once, but what went to another wallet."""
        return max(0, self.granted_steps - self.repaid_steps - self.transferred_steps)

    @property
    def price_steps(self) -> int:
        """The price paid for it, in steps of the money; 0: nobody paid for it."""
        return 0 if self.paid is None else self.paid.steps

    @property
    def of_plan(self) -> bool:
        """Whether the plan made it, by granting or by carrying: a pause stops its life."""
        return self.allowance or self.kept or self.kind == "rollover"

    @property
    def there_steps(self) -> int:
        """What is left and what is held, in steps: all that can still be used."""
        return self.left_steps + self.held_steps

    @property
    def returning_steps(self) -> int:
        """What of that which is held would come back if nothing of it were used, in steps."""
        return max(0, self.held_steps - self.excess_steps)

    @property
    def held(self) -> Amount:
        """What open holds have set aside of it."""
        return self.unit.amount(self.held_steps)

    @property
    def spent_steps(self) -> int:
        """What use and debt took of it in its life, in steps."""
        return self.granted_steps - self.there_steps - self.lost_steps - self.claw_back.taken

    @property
    def spent(self) -> Amount:
        """What use and debt took of it in its life."""
        return self.unit.amount(self.spent_steps)

    @property
    def used_steps(self) -> int:
        """What was used of it in this period, in steps."""
        return self.opening_steps - self.left_steps

    @property
    def used(self) -> Amount:
        """What was used of it in this period."""
        return self.unit.amount(self.used_steps)


@frozen
class _Moved:
    """An amount that entered or left one bucket, with what was left after it."""

    bucket: str
    kind: str
    unit: Unit
    steps: int
    left_steps: int

    @property
    def amount(self) -> Amount:
        """How much."""
        return self.unit.amount(self.steps)

    @property
    def left(self) -> Amount:
        """What the bucket had after it."""
        return self.unit.amount(self.left_steps)


@frozen
class Draw(_Moved):
    """Part of a bucket taken by a verb. `left` is what the bucket had after it.

    Attributes:
        allowance: whether it is an allowance's bucket, which is over with its period.
    """

    allowance: bool = False


@frozen
class Loss(_Moved):
    """Part of a bucket lost: expired or forfeited, as the entry says. `left` is what the bucket had after it."""


@frozen
class Gain(_Moved):
    """What a bucket that was there already got in addition. `left` is what the bucket had after it."""


@frozen
class Rest(_Moved):
    """What was left of an allowance and stays as a bucket of its own, until its own end."""


@frozen
class Return(_Moved):
    """What came back of a draw. `left` is what the bucket that got it had after it.

    Attributes:
        went: where it went: `back` into the bucket; or the way the bucket's rest went: `expired`, `forfeited`, or
            `carried` into another one; or `clawed_back`, if the money for it went back.
        into: the bank that it was carried into, or the present plan's allowance that it counts for; else `""`.
        plan: the plan whose allowance had given it in the running period, and gave so much less; else `""`.
        repaid: whether it had paid a debt, not use.
        closed_by: the entry that closed the period whose rest it is part of, where not all of that is carried; else 0.
    """

    went: str
    into: str = ""
    repaid: bool = False
    plan: str = ""
    closed_by: int = 0


@frozen(kw_only=True)
class Gift:
    """Part of a bucket that went to another wallet, with what travels along.

    Attributes:
        bucket: the giver's.
        kind, unit, starts, expires, priority, payment, scope: as of that bucket.
        steps: how much.
        paid: its share of the price, rounded down at the kept places; the rest of the price stays.
    """

    bucket: str
    kind: str
    unit: Unit
    steps: int
    starts: datetime
    expires: datetime | None
    priority: int
    paid: Money | None
    payment: str | None
    scope: Scope = ()

    @property
    def amount(self) -> Amount:
        """How much."""
        return self.unit.amount(self.steps)


@frozen
class Debt:
    """Use that happened and that no bucket paid. `after` is the unit's whole debt after it."""

    unit: Unit
    steps: int
    after_steps: int

    @property
    def amount(self) -> Amount:
        """How much."""
        return self.unit.amount(self.steps)

    @property
    def after(self) -> Amount:
        """The unit's whole debt after it."""
        return self.unit.amount(self.after_steps)
