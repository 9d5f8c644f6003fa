"""How long what is granted or bought can be used."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from tokenpurse.errors import PlanError
from tokenpurse.plans import checks

__all__ = [
    "Life",
]

_MOST = {"days": 36_525, "months": 1_200, "periods": 1_000_000, "terms": 1_000}
"""A hundred years; what is to last longer never ends."""


@frozen(kw_only=True)
class Life:
    """How long what is granted or bought can be used: so many days, months, periods or terms; else for ever.

    Days and months keep the time of day of the wallet's wall clock, months also the day: from 31 January a month is
    over on the last of February. An end is exclusive; where it would be after the year 2200 there is none.

    Attributes:
        days: so many local days, from 1; with `ends="end_of_day"` from 0, which is until the next local midnight: a day
            pass.
        months: so many calendar months, from 1.
        periods: until the so manieth period ends, the running one included: 1 is the running period's own end.
        terms: until the so manieth term ends, the running one included (see `Plan.term`).
        counted_from: what days and months are counted from: the moment that it can be used from (`issue`), the end that
            the running period has then (`period_end`), the moment at which the plan is paid again after that
            (`renewal`: the end of the running term, where it has one), or, of an offer, the `last_purchase`: buying it
            again restarts the clock of what was bought of it before and is not over, so its end moves later, never
            earlier. Where the period has no end, nor has what is counted from it.
        ends: at that very `instant`, or at the `end_of_day` that holds it: the first local midnight not before it.
    """

    days: int | None = None
    months: int | None = None
    periods: int | None = None
    terms: int | None = None
    counted_from: Literal["issue", "period_end", "renewal", "last_purchase"] = "issue"
    ends: Literal["instant", "end_of_day"] = "instant"

    def __repr__(self) -> str:
        return checks.written(self)

    def __attrs_post_init__(self) -> None:
        said = [name for name in _MOST if getattr(self, name) is not None]
        for name in said:
            checks.whole("Life", name, getattr(self, name), 0 if name == "days" else 1)
            if getattr(self, name) > _MOST[name]:
                right = f"it must be at most {_MOST[name]:,}, or left out: then there is no end"
                raise PlanError("Life", name, getattr(self, name), right)
        if len(said) > 1:
            raise PlanError("Life", said[1], getattr(self, said[1]), f"it has {said[0]} already: one of them is enough")
        checks.chosen("Life", "counted_from", self.counted_from, ("issue", "period_end", "renewal", "last_purchase"))
        checks.chosen("Life", "ends", self.ends, ("instant", "end_of_day"))
        if self.days == 0 and self.ends == "instant":
            raise PlanError("Life", "days", 0, "it must be at least 1; until midnight is 0 with ends='end_of_day'")
        if self.counted_from != "issue" and not said:
            right = "what never ends is counted from nothing: say days or months, too"
            raise PlanError("Life", "counted_from", self.counted_from, right)
        if self.counted_from in {"period_end", "renewal"} and self.days is None and self.months is None:
            right = f"{said[0]} are counted with the running one, so it must be issue or last_purchase"
            raise PlanError("Life", "counted_from", self.counted_from, right)
