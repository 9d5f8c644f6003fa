"""Reading caps on use, what happens when nothing is left, and what is worth a notice."""

from __future__ import annotations

from collections.abc import Collection

from tokenpurse.errors import PlanError
from tokenpurse.plans import checks
from tokenpurse.plans.parts import Limit
from tokenpurse.plans.reading.resolver import Resolver
from tokenpurse.plans.terms import AlertTerms, AtZeroTerms, LimitTerms, ReminderTerms

__all__ = ["alerts_of", "at_zero_of", "limits_of"]


def limits_of(reading: Resolver) -> dict[str, LimitTerms]:
    """Resolve caps on use, by name; a unit has one over the whole period."""
    limits = {limit.name: _limit(reading, limit) for limit in reading.once("limits", reading.plan.limits)}
    plain = [limit for limit in limits.values() if limit.is_plain]
    if len({limit.unit.name for limit in plain}) < len(plain):
        names = tuple(limit.name for limit in plain)
        right = "a unit has one limit over all use of a period: give others every, window, per or scope"
        raise PlanError(reading.part, "limits", names, right)
    return limits


def _limit(reading: Resolver, limit: Limit) -> LimitTerms:
    part = f"Limit {limit.name!r}"
    unit = reading.unit(part, "unit", limit.unit)
    bases = ("allowance",)
    least = reading.figure(part, "minimum", limit.minimum, unit, bases)
    most = reading.figure(part, "maximum", limit.maximum, unit, bases)
    if least is not None and most is not None and most.is_below(least):
        raise PlanError(part, "maximum", limit.maximum, "it must be at least the minimum")
    return LimitTerms(
        name=limit.name,
        unit=unit,
        figure=reading.figure(part, "amount", limit.amount, unit, bases),
        minimum=least,
        maximum=most,
        setters=None if limit.setters is None else frozenset(limit.setters),
        every=limit.every,
        window=limit.window,
        per=limit.per,
        scope=checks.scope(part, limit.scope),
        kinds=frozenset(limit.kinds or ()),
        degrade_to=limit.degrade_to,
    )


def at_zero_of(reading: Resolver, paid_otherwise: Collection[str]) -> AtZeroTerms | None:
    """Resolve what happens when nothing is left; `paid_otherwise` are meters that are never owed."""
    zero = reading.plan.at_zero
    if zero is None:
        return None
    unit = reading.unit("AtZero", "unit", zero.unit)
    if zero.overdraft is not None and unit.name in paid_otherwise:
        right = "its use is paid at a price or billed later, so it is never owed: name what is owed"
        raise PlanError("AtZero", "unit", unit.name, right)
    overdraft = reading.figure("AtZero", "overdraft", zero.overdraft, unit, ("allowance",))
    return AtZeroTerms(unit=unit, degrade_to=zero.degrade_to, overdraft=overdraft)


def alerts_of(reading: Resolver) -> tuple[tuple[AlertTerms, ...], tuple[ReminderTerms, ...]]:
    """Resolve what is watched: lines on figures, and lines on time."""
    lines, reminders = [], []
    for alert in reading.once("alerts", reading.plan.alerts):
        part = f"Alert {alert.name!r}"
        unit = reading.unit(part, "unit", alert.unit)
        kinds = None if alert.kinds is None else frozenset(alert.kinds)
        if alert.within is not None:
            reminders.append(
                ReminderTerms(name=alert.name, unit=unit, within=alert.within, kinds=kinds, notify=alert.notify)
            )
            continue
        bases = ("allowance", "limit", "auto_top_up_threshold")
        figure = reading.bounded(part, alert.line_name, alert.line, unit, bases)
        if alert.every is not None and not (figure.steps if figure.steps is not None else figure.times):
            raise PlanError(part, "every", alert.every, "it must be more than nothing")
        lines.append(
            AlertTerms(
                name=alert.name,
                watch=alert.watch,
                unit=unit,
                figure=figure,
                strict=alert.strict,
                repeats=alert.every is not None,
                recovered=alert.when == "recovered",
                kinds=kinds,
                notify=alert.notify,
            )
        )
    return tuple(lines), tuple(reminders)
