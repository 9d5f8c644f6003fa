"""Orders: sort keys over what is fixed about a bucket, combined, and always total."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import cast, final

from attrs import frozen

from tokenpurse.buckets import KINDS
from tokenpurse.errors import PlanError, PolicyError, shown
from tokenpurse.policies.rows import Facts, Row, check_payable, is_hashable

__all__ = [
    "DEFAULT",
    "NAMED",
    "Order",
    "SortKey",
    "by_kind",
    "by_priority",
    "narrowest_scope_first",
    "oldest_first",
    "order_by",
    "promo_before_paid",
    "soonest_expiring",
]

_NAME_MAX = 64


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
        check_payable(self, rows, amount)
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


def by_kind(*kinds: str) -> Order:
    """Order by kind, as named; kinds not named come last: the library's own in default order, then others by name.

    Raises:
        PlanError: no kind, one twice, or one that is not a non-empty str.
    """
    if not kinds or any(kind.__class__ is not str or not kind for kind in kinds):
        raise PlanError("by_kind", "kinds", kinds, "it must be kinds one by one, such as by_kind('quota', 'top_up')")
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
    if not _is_callable(key) or not is_hashable(key):
        raise PlanError(f"order_by {name!r}", "key", key, "it must be a hashable callable that takes Facts")
    return Order((SortKey(name, key, own=True),))


def _is_callable(value: object) -> bool:
    return callable(value)


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


def _breadth(facts: Facts) -> tuple[int, int]:
    return -len(facts.scope), sum(len(values) for _, values in facts.scope)


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

narrowest_scope_first = Order((SortKey("narrowest_scope_first", _breadth),))
"""The bucket whose scope has the most keys pays first; of those with as many, the one with the fewest values."""

promo_before_paid = Order((SortKey("promo_before_paid", _bought),))
"""Promos, and whatever else no money was paid for, pay before what was bought."""

NAMED: Mapping[str, Order] = MappingProxyType(
    {
        "DEFAULT": DEFAULT,
        "by_priority": by_priority,
        "narrowest_scope_first": narrowest_scope_first,
        "oldest_first": oldest_first,
        "promo_before_paid": promo_before_paid,
        "soonest_expiring": soonest_expiring,
    }
)
"""The shipped orders without arguments, by name: for reading a plan from JSON."""

_TAKEN = frozenset({*NAMED, "by_kind", "evenly", "order_by"})
