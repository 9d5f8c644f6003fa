"""What leaving a plan does, in steps."""

from __future__ import annotations

from attrs import frozen

from tokenpurse.plans.terms.figures import Figure
from tokenpurse.units import Unit

__all__ = ["SwitchTerms", "TrimTerms"]


@frozen
class TrimTerms:
    """The most that may stay of a kind: of one unit, or (`None`: a multiple) of each."""

    kind: str
    unit: Unit | None
    figure: Figure


@frozen(kw_only=True)
class SwitchTerms:
    """A `Switch` with its caps as figures; `way` is what it is for: `upgrade`, `downgrade` or `cancel`."""

    way: str
    when: str
    forfeit: frozenset[str]
    keep: frozenset[str]
    trims: tuple[TrimTerms, ...]
    cleared: bool
    prorated: bool
    restarted: bool
    after_upgrade: bool
    pauses_auto_top_up: bool

    @property
    def takes(self) -> frozenset[str]:
        """The kinds of which something may go."""
        return self.forfeit | {trim.kind for trim in self.trims}
