"""What leaving a plan does."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from tokenpurse.plans import checks

__all__ = [
    "Switch",
]


@frozen(kw_only=True)
class Switch:
    """What leaving a plan does.

    Use is counted: what the period's allowances paid so far is deducted from the new plan's, so that no walk of
    changes grants more than the best plan visited. The anchor and the running period's end are kept.

    Attributes:
        when: `now`, or at the `period_end`.
        forfeit: the kinds that are lost with the change; the others stay, usable as the new plan says.
    """

    when: str
    forfeit: Iterable[str] = ()

    def __attrs_post_init__(self) -> None:
        checks.chosen("Switch", "when", self.when, ("now", "period_end"))
        object.__setattr__(self, "forfeit", checks.names("Switch", "forfeit", self.forfeit) or frozenset())
