"""Which buckets may pay for what, and in which order: worked out once for each kind of use, and kept."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field

from tokenpurse.buckets import Bucket
from tokenpurse.plans.plan import Plan
from tokenpurse.policies import DEFAULT, Facts, Order, Row
from tokenpurse.scopes import ACTION, pays

__all__ = ["Lanes", "facts_of", "row_of"]

KEPT_MAX = 256
"""Combinations of labels, of those that scopes name, whose lane is kept at a time."""


@define(eq=False)
class Lanes:
    """The lanes of one set of buckets on one plan; they are laid as they are first asked for."""

    buckets: tuple[Bucket, ...]
    plan: Plan
    ignores_locks: bool
    _every: dict[str, tuple[int, ...]] = field(init=False, factory=dict)
    _kept: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[int, ...]] = field(init=False, factory=dict)
    _scoped: dict[str, Mapping[str, frozenset[str]]] = field(init=False, factory=dict)

    def every(self, unit: str) -> tuple[int, ...]:
        """See `Frame.every_lane`."""
        lane = self._every.get(unit)
        if lane is None:
            order = self.plan.draw if isinstance(self.plan.draw, Order) else DEFAULT
            locks = self.plan.terms.locks
            found = [
                (order.sort_key(facts_of(bucket)), position)
                for position, bucket in enumerate(self.buckets)
                if bucket.unit.name == unit
                and bucket.started
                and (self.ignores_locks or not (bucket.rest == "locked" or locks(bucket.kind)))
            ]
            lane = self._every[unit] = tuple(position for _, position in sorted(found))
        return lane

    def of(self, unit: str, labels: Mapping[str, str], action: str) -> tuple[int, ...]:
        """See `Frame.lane`."""
        every, named = self.every(unit), self._named(unit)
        if not named:
            return every
        labelled = {**labels, ACTION: action}
        said = tuple((key, labelled[key]) for key, values in named.items() if labelled.get(key) in values)
        lane = self._kept.get((unit, said))
        if lane is None:
            if len(self._kept) >= KEPT_MAX:
                self._kept.clear()
            lane = tuple(one for one in every if pays(self.buckets[one].scope, labels, action))
            self._kept[unit, said] = lane
        return lane

    def _named(self, unit: str) -> Mapping[str, frozenset[str]]:
        """List what the scopes of a unit's buckets name: only that tells use of it apart."""
        named = self._scoped.get(unit)
        if named is None:
            found: dict[str, set[str]] = {}
            for position in self.every(unit):
                for key, values in self.buckets[position].scope:
                    found.setdefault(key, set()).update(values)
            named = self._scoped[unit] = {key: frozenset(found[key]) for key in sorted(found)}
        return named


def facts_of(bucket: Bucket) -> Facts:
    """What a sort key may see of a bucket."""
    return Facts(
        id=bucket.id,
        kind=bucket.kind,
        unit=bucket.unit.name,
        priority=bucket.priority,
        starts=bucket.starts,
        expires=bucket.expires,
        paid=bucket.paid is not None,
        scope=bucket.scope,
    )


def row_of(bucket: Bucket, left: int) -> Row:
    """What a policy may see of a bucket."""
    return Row(facts=facts_of(bucket), left=left, used=bucket.opening_steps - left)
