"""What a customer is told of."""

from __future__ import annotations

from collections.abc import Iterator

from tokenpurse.plans import Alert, Bound
from tokenpurse.prose.telling import Fact, Teller
from tokenpurse.prose.times import lasting
from tokenpurse.prose.words import is_currency, number
from tokenpurse.units import Amount, Unit

__all__ = ["watched"]


def watched(teller: Teller) -> Iterator[Fact]:
    """Say which lines are watched."""
    for alert in teller.plan.alerts:
        yield _alert(teller, alert)


def _alert(teller: Teller, alert: Alert) -> Fact:
    unit, line = teller.unit(alert.unit), alert.line
    about, lead = ("alert", alert.name), f"We {'tell' if alert.notify else 'show'} you"
    of = "" if alert.kinds is None else f"of {teller.kinds(alert.kinds)}"
    if alert.within is not None:
        yours = "of your credit expires" if is_currency(unit) else f"of your {teller.many(unit)} expire"
        whose = f"{of} expires" if of else yours
        return Fact(about, lasting(alert.within), lead=lead, rest=f"before any {whose}")
    if line is None or alert.every is not None:
        every = "" if line is None else teller.bound(line, unit)
        return Fact(about, every, lead=f"{lead} each time you have used another")
    lead += " when you have"
    again = " again" if alert.when == "recovered" else ""
    what, rest = _line(teller, alert, line, unit)
    if not isinstance(line, Bound) and not line and alert.at_or_below is not None:
        none = "credit" if is_currency(unit) else teller.many(unit)
        if again:
            return Fact(about, f"something left {of}{again}" if of else f"{none}{again}", lead=lead)
        return Fact(about, f"nothing left {of}" if of else f"no {none} left", lead=lead)
    if alert.watch == "used":
        return Fact(about, what, lead=f"{lead} used", rest=f"{rest}{again}".strip())
    return Fact(about, what, lead=lead, rest=" ".join(one for one in (rest, "left", of) if one) + again)


def _line(teller: Teller, alert: Alert, line: Amount | Bound, unit: Unit) -> tuple[str, str]:
    """Say a line, a share apart from what it is a share of: `less than 20 %`, `of the allowance`."""
    if isinstance(line, Bound) and (line.times < 1 or (line.times == 1 and alert.watch == "used")):
        what, rest = f"{number(100 * line.times)} %", f"of {teller.base(line, unit)}{teller.otherwise(line, unit)}"
    else:
        what, rest = teller.bound(line, unit), ""
    if alert.when == "recovered":  # on the other side of the line
        below, or_less = alert.at_or_above is not None, alert.above is not None
        or_more = alert.below is not None
    else:
        below, or_less = alert.below is not None, alert.at_or_below is not None
        or_more = False
    if below:
        return f"less than {what}", rest
    if or_less:
        return f"{what} or less", rest
    if or_more:
        return f"{what} or more", rest
    return what if alert.at_or_above is not None else f"more than {what}", rest
