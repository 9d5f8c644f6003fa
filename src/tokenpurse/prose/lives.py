"""How long something can be used, in words."""

from __future__ import annotations

from tokenpurse.periods import Schedule
from tokenpurse.plans import Life
from tokenpurse.prose.times import noun, the

__all__ = ["usable_again", "usable_for"]

_NEXT = 2


def usable_for(life: Life | None, period: Schedule, term: Schedule | None = None) -> str:
    """Say how long something can be used: `can be used for 65 days`, `never expires`."""
    since = {
        "issue": "",
        "period_end": f" after {the(period)} ends",
        "renewal": " after the plan is next paid for",
        "last_purchase": ", counted anew from your last purchase",
    }
    if life is None or (life.days, life.months, life.periods, life.terms) == (None,) * 4:
        return "never expires"
    if life.periods is not None or life.terms is not None:
        said = _stretches(life.periods or life.terms or 1, period if life.terms is None else term or period)
    else:
        name, count = ("day", life.days) if life.days is not None else ("month", life.months)
        until = "for" if life.counted_from in {"issue", "last_purchase"} else "until"
        said = f"{until} {count:,} {name}{'' if count == 1 else 's'}"
    if life.days == 0:
        return f"can be used until the end of the day{since[life.counted_from]}"
    day = "" if life.ends == "instant" else ", and to the end of the last day"
    return f"can be used {said}{since[life.counted_from]}{day}"


def _stretches(count: int, period: Schedule) -> str:
    one = noun(period) if period.n == 1 else "period"
    if count == 1:
        return f"until the end of {the(period)}"
    if count == _NEXT:
        return f"until the end of the next {one}"
    return f"for the rest of the {one} and the {count - 1:,} {one}s after it"


def usable_again(count: int, period: Schedule) -> str:
    """Say for how many periods what was carried can be used: `can be used for 2 more months`."""
    one = noun(period) if period.n == 1 else "period"
    return f"can be used for {f'one more {one}' if count == 1 else f'{count:,} more {one}s'}"
