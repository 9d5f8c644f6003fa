"""How long what is granted or bought can be used, as the engine counts it."""

from __future__ import annotations

from attrs import frozen

__all__ = ["LifeTerms"]


@frozen(kw_only=True)
class LifeTerms:
    """A `Life`; at most one of days, months, periods and terms, of none of them there is no end."""

    days: int | None
    months: int | None
    periods: int | None
    terms: int | None
    counted_from: str
    end_of_day: bool

    @property
    def restarts(self) -> bool:
        """Whether a later purchase restarts it."""
        return self.counted_from == "last_purchase"
