"""Draw policies: given the buckets that can pay and an amount, who pays how much.

Two sorts are shipped.
An `Order` is a sort key over what is fixed about a bucket; the buckets are emptied in turn.
`evenly` is not a key: it keeps the share used of every bucket level.
A host can write its own of either sort (`order_by`, `DrawPolicy`).
Whatever a policy answers goes through `split_checked`.

Which buckets can pay at all (meter, scope, lock, start, end) is decided before a policy is asked.
Drawing is done after: nothing here knows a wallet, a bucket or the time.
All amounts are ints of the unit's smallest step.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from types import MappingProxyType
from typing import Protocol, TypeGuard, cast, final

from attrs import frozen

from tokenpurse.errors import PlanError, PolicyError, shown

__all__ = [
    "DEFAULT",
    "KINDS",
    "NAMED",
    "DrawPolicy",
    "Evenly",
    "Facts",
    "Order",
    "Row",
    "SortKey",
    "by_kind",
    "by_priority",
    "evenly",
    "is_policy",
    "oldest_first",
    "order_by",
    "promo_before_paid",
    "soonest_expiring",
    "split_checked",
]

KINDS = ("quota", "rollover", "promo", "top_up", "credit")
"""The library's own kinds in default order."""

_NAME_MAX = 64


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
    """

    id: str
    kind: str
    unit: str
    priority: int
    starts: datetime
    expires: datetime | None
    paid: bool


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


@final
@frozen(repr=False)
class SortKey:
    """One key of an `Order`, as data.

    Attributes:
        name: the name of the shipped key, or the one a host gave.
        answer: what is sorted by, smallest first.
        kinds: for `by_kind`, the kinds named; otherwise empty.
        own: whether it is a host's own.
    """

    name: str
    answer: Callable[[Facts], object]
    kinds: tuple[str, ...] = ()
    own: bool = False

    def of(self, facts: Facts) -> object:
        """Give what to sort by, so that any two answers of one key can be compared.

        Raises:
            PolicyError: a host's own key gave something that has no safe order.
        """
        answer = self.answer(facts)
        return _comparable(self, answer) if self.own else answer

    def __repr__(self) -> str:
        if self.own:
            return f"order_by({self.name!r})"
        return f"{self.name}({', '.join(map(repr, self.kinds))})" if self.kinds else self.name


@final
@frozen(repr=False)
class Order:
    """Buckets are emptied one after the other, in the order of one or more sort keys.

    Ties that the keys leave are decided by the default order (see `DEFAULT`), whose last word is the bucket id.
    So the order is total, and it can be cached for as long as the buckets are the same: no key sees what is left.

    Build one with `by_kind`, `order_by` or a shipped constant, and combine with `then`.

    Attributes:
        keys: the keys before the default order; none for `DEFAULT` itself.
    """

    keys: tuple[SortKey, ...] = ()

    def then(self, other: Order) -> Order:
        """Let `other` decide the ties that this order leaves to the default order.

        Raises:
            PlanError: this is `DEFAULT`, which leaves no tie, or `other` is not an order.
        """
        if other.__class__ is not Order:
            raise PlanError(shown(self), "then", other, "it must be an order, such as oldest_first")
        if not self.keys:
            raise PlanError(shown(self), "then", other, "but the default order leaves no ties: it can only come last")
        return Order(self.keys + other.keys)

    def sort_key(self, facts: Facts) -> tuple[object, ...]:
        """Give the place of a bucket: smaller pays first. The keys of any two buckets can be compared and differ.

        Raises:
            PolicyError: a host's own key gave something that has no safe order.
        """
        first = tuple(key.of(facts) for key in self.keys)
        return (*first, _kind_rank(facts.kind, KINDS), _end(facts), facts.starts, facts.id)

    def split(self, rows: Sequence[Row], amount: int, /) -> tuple[int, ...]:
        """Empty the rows in order until the amount is paid; see `DrawPolicy`.

        Raises:
            PolicyError: the amount is negative or more than is left in the rows, or see `sort_key`.
        """
        _check_payable(self, rows, amount)
        shares = [0] * len(rows)
        for index in sorted(range(len(rows)), key=lambda index: self.sort_key(rows[index].facts)):
            shares[index] = min(rows[index].left, amount)
            amount -= shares[index]
        return tuple(shares)

    def __repr__(self) -> str:
        if not self.keys:
            return "DEFAULT"
        first, *rest = map(repr, self.keys)
        return first + "".join(f".then({key})" for key in rest)


@final
@frozen(repr=False)
class Evenly:
    """Each next step goes to the bucket with the smallest share used; build one with `evenly`.

    Attributes:
        ties: who is first among buckets with the same share used.
    """

    ties: Order

    def split(self, rows: Sequence[Row], amount: int, /) -> tuple[int, ...]:
        """Keep the share used of the rows level; see `DrawPolicy`. Exact, and the time does not depend on the amount.

        Raises:
            PolicyError: the amount is negative or more than is left in the rows, or see `Order.sort_key`.
        """
        _check_payable(self, rows, amount)
        shares = [0] * len(rows)
        # Step number u of a bucket of size s, counted from 0, is taken while the share used is u / s. So a split takes
        # the first `amount` steps of all buckets in the order of (u / s, ties). First, all steps below the water level;
        # as steps are whole that can be too many, by fewer than there are buckets. Then the last are given back.
        payers = [index for index, row in enumerate(rows) if row.left]
        level, whole = _level([rows[index] for index in payers], amount)
        for index in payers:
            row = rows[index]
            shares[index] = max(0, -(-level * (row.used + row.left) // whole) - row.used)
        excess = sum(shares) - amount
        if excess:
            self._give_back(rows, shares, excess)
        return tuple(shares)

    def _give_back(self, rows: Sequence[Row], shares: list[int], excess: int) -> None:
        """Take the last `excess` steps, in the order of (share used, ties), out of `shares`."""
        bits = _share_bits(rows)
        ranked = sorted(range(len(rows)), key=lambda index: self.ties.sort_key(rows[index].facts), reverse=True)

        def last_step(place: int) -> tuple[int, int]:
            row, share = rows[ranked[place]], shares[ranked[place]]
            return -_share_used(row.used + share - 1, row.used + row.left, bits), place

        heap = [last_step(place) for place, index in enumerate(ranked) if shares[index]]
        heapq.heapify(heap)
        for _ in range(excess):
            place = heap[0][1]
            shares[ranked[place]] -= 1
            if shares[ranked[place]]:
                heapq.heapreplace(heap, last_step(place))
            else:
                heapq.heappop(heap)

    def __repr__(self) -> str:
        return f"evenly({'' if self.ties == DEFAULT else f'ties={self.ties!r}'})"


def by_kind(*kinds: str) -> Order:
    """Order by kind, as named; kinds not named come last: the library's own in default order, then others by name.

    Raises:
        PlanError: no kind, one twice, or one that is not a non-empty str.
    """
    if not kinds or any(kind.__class__ is not str or not kind for kind in kinds):
        raise PlanError("by_kind", "kinds", kinds, "each must be a non-empty str, and there must be at least one")
    if len(set(kinds)) < len(kinds):
        raise PlanError("by_kind", "kinds", kinds, "each kind can be named only once")
    return Order((SortKey("by_kind", _KindRank(kinds), kinds=kinds),))


def order_by(name: str, key: Callable[[Facts], object]) -> Order:
    """Order by a host's own key, smallest first; ties as in the default order.

    Orders of the same name and the same key function are equal.

    Args:
        name: for messages and for plans written to JSON; 1 to 64 characters, and not the name of a shipped order.
        key: answers, from nothing but the facts and always the same, with an int, bool, str, timedelta,
            datetime in UTC, `None`, or a tuple of these. `None` comes last, like an end that never comes.

    Raises:
        PlanError: a name that is taken or cannot be one, or a key that cannot be called or hashed.
    """
    if type(name) is not str or not 1 <= len(name) <= _NAME_MAX or name in _TAKEN:
        right = f"it must be a str of 1 to {_NAME_MAX} characters, other than the shipped {', '.join(sorted(_TAKEN))}"
        raise PlanError("order_by", "name", name, right)
    if not _is_callable(key) or not _is_hashable(key):
        raise PlanError(f"order_by {name!r}", "key", key, "it must be a hashable callable that takes Facts")
    return Order((SortKey(name, key, own=True),))


def evenly(ties: Order | None = None) -> Evenly:
    """Draw so that every bucket has the same share used in this period: used / (used + left).

    Each next step goes to the bucket with the smallest share, so a bucket that lags catches up first,
    and no way of splitting a spend changes the result.

    Args:
        ties: who is first among equal shares; `DEFAULT` unless given.

    Raises:
        PlanError: `ties` is not an order.
    """
    if ties is None:
        ties = DEFAULT
    if ties.__class__ is not Order:
        raise PlanError("evenly", "ties", ties, "it must be an order, such as oldest_first")
    return Evenly(ties)


def is_policy(value: object) -> TypeGuard[DrawPolicy]:
    """Tell whether a value can be a draw policy: a hashable object with a `split` to call.

    The name of a policy is none, although a str can be split, nor is the class of one.
    """
    named = isinstance(value, str | bytes | type)
    return not named and callable(getattr(value, "split", None)) and _is_hashable(value)


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
        raise _wrong(policy, f"draws {shown(sum(shares))} in sum, it must be the {shown(amount)} asked for")
    return shares


def _answers(policy: DrawPolicy, answer: object, count: int) -> tuple[object, ...]:
    if not isinstance(answer, Sequence):
        raise _wrong(policy, f"answered with {shown(answer)}, it must be a sequence of one int per row")
    # A sequence of the host's own may lie about its length, or never end.
    given = tuple(islice(cast("Sequence[object]", answer), count + 1))
    if len(given) != count:
        many = f"{len(given)}" if len(given) < count else f"more than {count}"
        raise _wrong(policy, f"answered with {many} amounts for {count} rows, it must be one per row")
    return given


def _share(policy: DrawPolicy, row: Row, share: object) -> int:
    if type(share) is not int:  # not __class__, about which a host's object may lie
        raise _wrong(policy, f"draws {shown(share)} from {shown(row.facts.id)}, it must be an int")
    if not 0 <= share <= row.left:
        right = f"it must be from 0 to the {shown(row.left)} that are left"
        raise _wrong(policy, f"draws {shown(share)} from {shown(row.facts.id)}, {right}")
    return share


def _check_payable(policy: DrawPolicy, rows: Sequence[Row], amount: int) -> None:
    # The engine never asks for more; a host's policy that hands a part of its rows on to a shipped one might.
    left = sum(row.left for row in rows)
    if not 0 <= amount <= left:
        raise _wrong(policy, f"was asked for {shown(amount)}, it must be from 0 to the {shown(left)} left in its rows")


def _wrong(policy: object, problem: str) -> PolicyError:
    # The default repr has a memory address, which would make the message differ from run to run.
    anonymous = type(policy).__repr__ is object.__repr__
    return PolicyError(f"policy {type(policy).__name__ if anonymous else shown(policy)} {problem}")


def _level(rows: Sequence[Row], amount: int) -> tuple[int, int]:
    """Find the share used, as a fraction, to which `amount` lifts the rows if steps could be cut."""
    bits = _share_bits(rows)
    part, whole = amount, 0
    for row in sorted(rows, key=lambda row: _share_used(row.used, row.used + row.left, bits)):
        size = row.used + row.left
        if whole and row.used * whole >= part * size:
            break
        part, whole = part + row.used, whole + size
    return part, whole


def _share_bits(rows: Sequence[Row]) -> int:
    # Two different fractions with denominators below 2**b are more than 2**-2b apart, so 2b bits tell them apart.
    return 2 * max((row.used + row.left for row in rows), default=0).bit_length()


def _share_used(used: int, size: int, bits: int) -> int:
    """Give the share as an int that compares as the exact fraction does, at the speed of an int."""
    return (used << bits) // size


def _is_callable(value: object) -> bool:
    return callable(value)


def _is_hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:  # isinstance(value, Hashable) does not see what a frozen class holds
        return False
    return True


_COMPARABLE: Mapping[type, int] = {bool: 0, int: 0, str: 1, timedelta: 2, datetime: 3}


def _comparable(key: SortKey, answer: object) -> tuple[object, ...]:
    """Tag a host's answer with its type, so that answers of different types have an order too."""
    if type(answer) is tuple:
        return (-1, tuple(_comparable_one(key, part) for part in cast("tuple[object, ...]", answer)))
    return _comparable_one(key, answer)


def _comparable_one(key: SortKey, answer: object) -> tuple[object, ...]:
    # Exact types only: a subclass can bring an order of its own, and a float one that is none (nan).
    if answer is None:
        return (len(_COMPARABLE),)
    rank = _COMPARABLE.get(type(answer))
    if rank is not None and (type(answer) is not datetime or answer.tzinfo is UTC):
        return (rank, answer)
    right = "it must be an int, bool, str, timedelta, datetime in UTC, None, or a tuple of these"
    raise PolicyError(f"key {key!r} answered with {shown(answer)}, {right}")


@frozen
class _KindRank:
    """The answer of `by_kind`: a class and not a closure, so that equal orders compare equal."""

    kinds: tuple[str, ...]

    def __call__(self, facts: Facts) -> tuple[int, str]:
        return _kind_rank(facts.kind, self.kinds + KINDS)


def _kind_rank(kind: str, kinds: tuple[str, ...]) -> tuple[int, str]:
    return (kinds.index(kind), "") if kind in kinds else (len(kinds), kind)


def _end(facts: Facts) -> tuple[object, ...]:
    return (1,) if facts.expires is None else (0, facts.expires)


def _start(facts: Facts) -> datetime:
    return facts.starts


def _priority(facts: Facts) -> int:
    return facts.priority


def _bought(facts: Facts) -> bool:
    # A bonus belongs to a payment and may count as paid; it is still a promo.
    return facts.paid and facts.kind != "promo"


DEFAULT = Order()
"""Quota, rollover, promo, top-up, credit, then other kinds by name; in a kind soonest end, then oldest, then id."""

soonest_expiring = Order((SortKey("soonest_expiring", _end),))
"""The bucket that ends first pays first; those that never end come last."""

oldest_first = Order((SortKey("oldest_first", _start),))
"""The bucket that started first pays first."""

by_priority = Order((SortKey("by_priority", _priority),))
"""The bucket with the lowest priority number pays first."""

promo_before_paid = Order((SortKey("promo_before_paid", _bought),))
"""Promos, and whatever else no money was paid for, pay before what was bought."""

NAMED: Mapping[str, Order] = MappingProxyType(
    {
        "DEFAULT": DEFAULT,
        "by_priority": by_priority,
        "oldest_first": oldest_first,
        "promo_before_paid": promo_before_paid,
        "soonest_expiring": soonest_expiring,
    }
)
"""The shipped orders without arguments, by name: for reading a plan from JSON."""

_TAKEN = frozenset({*NAMED, "by_kind", "evenly", "order_by"})
