"""What leaving a plan does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Literal

from attrs import field, frozen

from tokenpurse.buckets import is_kind
from tokenpurse.errors import PlanError
from tokenpurse.plans import checks
from tokenpurse.plans.parts.bounds import Bound
from tokenpurse.units import Amount

__all__ = [
    "Switch",
]


def _told_apart(trims: tuple[tuple[str, Amount | Bound], ...]) -> tuple[tuple[object, ...], ...]:
    """Tell `5` of a meter from `Decimal(5)` of a currency, which Python holds for equal."""
    return tuple((kind, type(cap) is Decimal, cap) for kind, cap in trims)


@frozen(kw_only=True)
class Switch:
    """What leaving a plan does, as its `on_upgrade`, `on_downgrade` and `on_cancel` say.

    Unless it says otherwise, use is counted: what the period's allowances gave so far, on whichever plan, is deducted
    from the new plan's, so that no walk of changes grants more than the best plan visited. The anchor and the running
    period's end stay.

    Attributes:
        when: `now`, at the `period_end`, or at the `term_end`, when what was paid for is over (see `Plan.term`).
        forfeit: the kinds that are lost with the change; what is not named stays, usable as the new plan says.
        keep: the kinds of allowance whose rest stays as a bucket of its own, until its own end. A change at the
            period's end finds none: their end is there. With counted use a rest that stays is deducted as if it were
            used, so that only the difference is granted beside it; with cleared use the whole new allowance is.
        trim: by kind, the most that may stay of it: an amount of the plan's first meter (a `Decimal`: of its
            currency), or a multiple of the new plan's allowance of each unit. What is over it is forfeited,
            soonest-ending first, what is left before what is held: that is lost when it comes back, and free if it is
            used. What the new plan grants is no part of it. Stored as pairs, sorted by kind.
        use: `counted`, or `cleared`: the new plan's allowance in full. Coming back to a plan that was left in this
            period deducts what its allowances gave while on it, so that no plan grants twice in a period.
        prorated: the running period's allowance becomes the old plan's share of the time gone plus the new plan's
            share of the time left, rounded down, minus what was given. A period without an end has no shares.
        anchor: `kept`, or `restarted`: the change closes the running period, with its statement, and opens one from a
            new anchor, which grants in full.
        after_upgrade: whether this change may be asked for in a period that had an upgrade.
        auto_top_up: `kept`, or `paused`: what the customer chose stays, and asks for nothing until it is set again.
    """

    when: Literal["now", "period_end", "term_end"]
    forfeit: Iterable[str] = ()
    keep: Iterable[str] = ()
    trim: Mapping[str, Amount | Bound] | tuple[tuple[str, Amount | Bound], ...] = field(default=(), eq=_told_apart)
    use: Literal["counted", "cleared"] = "counted"
    prorated: bool = False
    anchor: Literal["kept", "restarted"] = "kept"
    after_upgrade: bool = True
    auto_top_up: Literal["kept", "paused"] = "kept"

    def __attrs_post_init__(self) -> None:
        checks.chosen("Switch", "when", self.when, ("now", "period_end", "term_end"))
        checks.chosen("Switch", "use", self.use, ("counted", "cleared"))
        checks.chosen("Switch", "anchor", self.anchor, ("kept", "restarted"))
        checks.chosen("Switch", "auto_top_up", self.auto_top_up, ("kept", "paused"))
        checks.flag("Switch", "prorated", self.prorated)
        checks.flag("Switch", "after_upgrade", self.after_upgrade)
        for name in ("forfeit", "keep"):
            object.__setattr__(self, name, checks.names("Switch", name, getattr(self, name)) or frozenset())
        object.__setattr__(self, "trim", _trims(self.trim))
        for name, kinds in (("keep", set(self.keep)), ("trim", {kind for kind, _ in self.trims})):
            for both in sorted(kinds.intersection(self.forfeit)):
                raise PlanError("Switch", name, both, "it is forfeited: nothing of it stays")
        for name, value, right in (("use", self.use, "counted"), ("anchor", self.anchor, "kept")):
            if self.prorated and value != right:
                raise PlanError("Switch", name, value, f"a prorated period goes on, and its use counts: {right}")

    @property
    def trims(self) -> tuple[tuple[str, Amount | Bound], ...]:
        """What `trim` says, as it is stored."""
        return _trims(self.trim)


def _trims(given: object) -> tuple[tuple[str, Amount | Bound], ...]:
    """Check caps by kind; kept as pairs, so that a switch stays data that can be compared, hashed and copied."""
    found: dict[str, Amount | Bound] = {}
    for kind, cap in checks.pairs("Switch", "trim", given, "it must be a mapping of kinds to amounts or bounds"):
        if type(kind) is not str or not is_kind(kind) or kind in found:
            raise PlanError("Switch", "trim", kind, "it must be a kind, each once, such as rollover")
        if isinstance(cap, Bound):
            if cap.base != "allowance":
                raise PlanError("Switch", "trim", cap.base, "it must be a multiple of allowance, the new plan's")
        elif type(cap) is not int and type(cap) is not Decimal:
            raise PlanError("Switch", "trim", cap, "it must be an amount, or a Bound of the new plan's allowance")
        found[kind] = cap
    return tuple(sorted(found.items(), key=lambda pair: pair[0]))
