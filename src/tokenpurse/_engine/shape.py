"""Whether what comes back from a host's ledger is built as a wallet builds it: every part of its type, however deep.

What it says may still be another's, or forged: only what the book knows too can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from attrs import fields, has

from tokenpurse import entries as e
from tokenpurse.errors import ClockError
from tokenpurse.periods import instant

__all__ = ["adds_up", "is_well_built"]

_LEAVES = (None, str, int, bool, type(None))
"""Most of what an entry says: there is nothing in them."""
_DEEP = 100
"""No price is paid in so many others; what is deeper, or holds itself, nobody wrote."""


def is_well_built(part: object) -> bool:
    """Tell whether every field is of the type that its class says, moments with a zone."""
    todo: list[tuple[object, Any, int]] = [(part, part.__class__, 0)]
    while todo:
        value, hint, depth = todo.pop()
        choices = _choices(hint)
        said = choices.get(type(value))
        if (said is None and Any not in choices) or depth > _DEEP:
            return False
        if isinstance(value, datetime) and not _is_moment(value):
            return False
        if get_origin(said) is tuple and isinstance(value, tuple):
            parts = _parts(said, value)
            if parts is None:
                return False
            todo += [(one, kind, depth + 1) for one, kind in parts]
        elif said not in _LEAVES and has(said):
            todo += [(getattr(value, name), kind, depth + 1) for name, kind in _hints(said)]
    return True


@cache
def _hints(kind: type) -> tuple[tuple[str, Any], ...]:
    hints = get_type_hints(kind)
    return tuple((one.name, hints[one.name]) for one in fields(kind))


@cache
def _choices(hint: Any) -> dict[Any, Any]:
    """List the types that a hint lets through, by class."""
    said = get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)
    return {get_origin(one) or one: one for one in said}


def _parts(hint: Any, value: tuple[object, ...]) -> Iterator[tuple[object, Any]] | None:
    """Pair what a tuple holds with what it should; `None`: it is of another length."""
    kinds = get_args(hint)
    if kinds[-1:] == (...,):
        return ((one, kinds[0]) for one in value)
    return zip(value, kinds, strict=True) if len(value) == len(kinds) else None


def _is_moment(value: datetime) -> bool:
    try:
        instant(value)
    except ClockError:
        return False
    return True


def adds_up(use: e.Use) -> bool:
    """Tell whether all of a use was paid by something, each part in its unit."""
    units = [draw.unit for draw in use.draws]
    units += [use.postpaid.meter] if use.postpaid else []
    units += [use.debt.unit] if use.debt else []
    rates = [part.rate for part in (use.priced, use.postpaid) if part is not None]
    prices = all(rate.is_sound for rate in rates)
    if use.priced is not None:
        prices = prices and use.priced.quantity > 0 and use.priced.paid.unit == use.priced.rate.unit
    if not prices or any(unit != use.unit for unit in units):
        return False
    parts = [draw.steps for draw in use.draws]
    parts += [use.priced.quantity] if use.priced else []
    parts += [use.postpaid.asked] if use.postpaid else []
    parts += [use.debt.steps] if use.debt else []
    return min(parts, default=0) >= 0 and sum(parts) == use.steps
