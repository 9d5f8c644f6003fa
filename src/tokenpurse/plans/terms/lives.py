"""How long what is granted or bought can be used, as the engine counts it."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from tokenpurse.periods import Schedule

__all__ = ["LifeTerms"]

_DAYS = timedelta(days=2)
"""What the end of a day, and changes of the clock, may add at most."""


@frozen(kw_only=True)
class LifeTerms:
    """A `Life`; at most one of days, months, periods and terms, of none of them there is no end."""

    days: int | None
    months: int | None
    periods: int | None
    terms: int | None
    counted_from: str
    end_of_day: bool

    def most(self, period: Schedule, term: Schedule | None) -> int | None:
        """How many can live at a time of which each period issues one; `None`: no number bounds them.

        Args:
            period: the plan's.
            term: the plan's, where it has one.
        """
        if period.shortest is None:
            return 1
        if self.periods is not None:
            return self.periods + (-(-_DAYS // period.shortest) if self.end_of_day else 0)
        waits = {"period_end": period, "renewal": term or period}.get(self.counted_from)
        spans: list[timedelta | None] = [] if waits is None else [waits.longest]
        if self.terms is not None:
            spans += [] if term is None or term.longest is None else [self.terms * term.longest]
        elif self.days is not None or self.months is not None:
            spans.append(timedelta(days=(self.days or 0) + 31 * (self.months or 0)))
        known = [span for span in spans if span is not None]
        if not known or len(known) < len(spans):
            return None
        return -(-(sum(known, _DAYS)) // period.shortest) + 1

    @property
    def restarts(self) -> bool:
        """Whether a later purchase restarts it."""
        return self.counted_from == "last_purchase"
