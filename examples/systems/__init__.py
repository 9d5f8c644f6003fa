"""The five documented systems: each module defines the plans of one and plays its story.

`python -m examples.systems` plays all five, `python -m examples.systems.quota` one.
"""

from __future__ import annotations

from datetime import UTC, datetime


def on(month: int, day: int, hour: int = 0) -> datetime:
    """A moment of 2026, the year in which all stories play."""
    return datetime(2026, month, day, hour, tzinfo=UTC)
