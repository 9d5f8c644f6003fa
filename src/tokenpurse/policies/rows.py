"""What a policy sees and how its answer is checked: no policy, shipped or a host's, invents, loses or over-draws."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Protocol, TypeGuard, cast

from attrs import frozen

from tokenpurse.errors import PolicyError, shown
from tokenpurse.scopes import Scope

__all__ = ["DrawPolicy", "Facts", "Row", "check_payable", "is_hashable", "is_policy", "split_checked", "wrong"]


@frozen(kw_only=True)
class Facts:
    """What is fixed about a bucket, and so all that a sort key can see.

    Attributes:
        id: unique among the rows of one split.
        kind: `quota`, `rollover`, `promo`, `top_up`, `credit`, or a name of the host's own.
        unit: the name of the unit the bucket is counted in.
        priority: lower pays first, under `by_priority`.
        starts: the first moment at which the bucket can pay, in UTC.
        expires: the first moment at which it no longer can, in UTC; `None`: never.
        paid: whether money was paid for it.
        scope: the use that it pays for, as sorted pairs of label keys and their values; empty: all.
    """

    id: str
    kind: str
    unit: str
    priority: int
    starts: datetime
    expires: datetime | None
    paid: bool
    scope: Scope = ()


@frozen(kw_only=True)
class Row:
    """One bucket as a policy sees it.

    Attributes:
        facts: what is fixed about the bucket.
        left: the most that it can pay now.
        used: what it has paid in this period; held counts as used.
    """

    facts: Facts
    left: int
    used: int


class DrawPolicy(Protocol):
    """What a host writes for a policy of its own: frozen data, compared by value and hashable, as a plan is."""

    def split(self, rows: Sequence[Row], amount: int, /) -> Sequence[int]:
        """Say what each row pays.

        Args:
            rows: the buckets that can pay, in no particular order, none twice.
            amount: at least 0 and at most the sum of what is left in the rows.

        Returns:
            One int per row, in the order of the rows: at least 0, at most its `left`, and `amount` in sum.
            Anything else is a `PolicyError` to the caller of the verb, and nothing is drawn.
        """
        ...


def is_policy(value: object) -> TypeGuard[DrawPolicy]:
    """Tell whether a value can be a draw policy: a hashable object with a `split` to call.

    The name of a policy is none, although a str can be split, nor is the class of one.
    """
    named = isinstance(value, str | bytes | type)
    return not named and callable(getattr(value, "split", None)) and is_hashable(value)


def split_checked(policy: DrawPolicy, rows: Sequence[Row], amount: int) -> tuple[int, ...]:
    """Ask a policy, and check that its answer neither invents, loses nor over-draws anything.

    Args:
        policy: shipped or a host's own. An exception that it raises passes through as it is.
        rows: the buckets that can pay.
        amount: at least 0 and at most the sum of what is left in the rows.

    Raises:
        PolicyError: the answer is not a sequence of one int per row, each from 0 to what is left, `amount` in sum.
    """
    answer = _answers(policy, policy.split(rows, amount), len(rows))
    shares = tuple(_share(policy, row, share) for row, share in zip(rows, answer, strict=True))
    if sum(shares) != amount:
        raise wrong(policy, f"draws {shown(sum(shares))} in sum, it must be the {shown(amount)} asked for")
    return shares


def _answers(policy: DrawPolicy, answer: object, count: int) -> tuple[object, ...]:
    if not isinstance(answer, Sequence):
        raise wrong(policy, f"answered with {shown(answer)}, it must be a sequence of one int per row")
    # A sequence of the host's own may lie about its length, or never end.
    given = tuple(islice(cast("Sequence[object]", answer), count + 1))
    if len(given) != count:
        many = f"{len(given)}" if len(given) < count else f"more than {count}"
        raise wrong(policy, f"answered with {many} amounts for {count} rows, it must be one per row")
    return given


def _share(policy: DrawPolicy, row: Row, share: object) -> int:
    if type(share) is not int:  # not __class__, about which a host's object may lie
        raise wrong(policy, f"draws {shown(share)} from {shown(row.facts.id)}, it must be an int")
    if not 0 <= share <= row.left:
        right = f"it must be from 0 to the {shown(row.left)} that are left"
        raise wrong(policy, f"draws {shown(share)} from {shown(row.facts.id)}, {right}")
    return share


def check_payable(policy: DrawPolicy, rows: Sequence[Row], amount: int) -> None:
    """Go on only where the rows hold the amount.

    The engine never asks for more; a host's policy that hands a part of its rows on to a shipped one might.

    Raises:
        PolicyError: they do not.
    """
    left = sum(row.left for row in rows)
    if not 0 <= amount <= left:
        raise wrong(policy, f"was asked for {shown(amount)}, it must be from 0 to the {shown(left)} left in its rows")


def wrong(policy: object, problem: str) -> PolicyError:
    """Make the error of a policy that answers, or is asked, wrongly."""
    # The default repr has a memory address, which would make the message differ from run to run.
    anonymous = type(policy).__repr__ is object.__repr__
    return PolicyError(f"policy {type(policy).__name__ if anonymous else shown(policy)} {problem}")


def is_hashable(value: object) -> bool:
    """Tell whether a value can be compared and kept as plan data is."""
    try:
        hash(value)
    except TypeError:  # isinstance(value, Hashable) does not see what a frozen class holds
        return False
    return True
