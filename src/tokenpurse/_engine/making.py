"""New buckets: what each is called, and what it is like while nothing was taken of it. Nothing is decided here."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve

from tokenpurse.buckets import Bucket, Money
from tokenpurse.scopes import Scope
from tokenpurse.units import Unit

__all__ = ["empty_bank", "full_bucket", "issued_id", "period_id", "stream_id"]


def period_id(kind: str, unit: Unit, start: datetime) -> str:
    """Name a bucket after its part and period, so that the way time was settled leaves no trace in it."""
    fraction = f".{start.microsecond:06d}" if start.microsecond else ""
    return f"{kind}:{unit.name}@{start:%Y%m%dT%H%M%S}{fraction}Z"


def stream_id(kind: str, unit: Unit, start: datetime) -> str:
    """Name a lot after its allowance and stretch; the period's own allowance may begin at the same moment."""
    return period_id(kind, unit, start).replace("@", "~")


def issued_id(kind: str, unit: Unit, number: int) -> str:
    """Name a bucket that no period made after how many such there were."""
    return f"{kind}:{unit.name}/{number}"


def full_bucket(
    name: str,
    kind: str,
    unit: Unit,
    steps: int,
    starts: datetime,
    *,
    expires: datetime | None = None,
    priority: int = 0,
    paid: Money | None = None,
    payment: str | None = None,
    allowance: bool = False,
    own_life: bool = False,
    started: bool = True,
    scope: Scope = (),
    kept: bool = False,
) -> Bucket:
    """Make a bucket of which all that was put into it is there."""
    return Bucket(
        id=name,
        kind=kind,
        unit=unit,
        granted_steps=steps,
        opening_steps=steps,
        left_steps=steps,
        starts=starts,
        expires=expires,
        priority=priority,
        paid=paid,
        payment=payment,
        allowance=allowance,
        own_life=own_life,
        started=started,
        scope=scope,
        kept=kept,
    )


def empty_bank(name: str, unit: Unit, starts: datetime, *, expires: datetime | None = None) -> Bucket:
    """Make a bank that is still to be filled; one with an end is a lot of its own."""
    return evolve(full_bucket(name, "rollover", unit, 0, starts, expires=expires), own_life=expires is not None)
