"""Entries of one wallet's own settings."""

from __future__ import annotations

from attrs import frozen

from tokenpurse.entries.base import Entry
from tokenpurse.entries.facts import AutoTopUpSetting
from tokenpurse.units import Unit

__all__ = [
    "AutoTopUpSet",
    "Frozen",
    "LimitSet",
    "Unfrozen",
    "ZoneSet",
]


@frozen(kw_only=True)
class LimitSet(Entry):
    """The customer chose a limit; `None`: went back to the plan's own. With a label, for that value of it alone."""

    name: str
    unit: Unit
    steps: int | None
    label: str | None = None


@frozen(kw_only=True)
class AutoTopUpSet(Entry):
    """The customer turned auto top-up on, changed it, or (`None`) turned it off."""

    setting: AutoTopUpSetting | None


@frozen(kw_only=True)
class ZoneSet(Entry):
    """The zone changed; the running period keeps its end."""

    zone: str


@frozen(kw_only=True)
class Frozen(Entry):
    """Spending stopped."""


@frozen(kw_only=True)
class Unfrozen(Entry):
    """Spending may go on."""
