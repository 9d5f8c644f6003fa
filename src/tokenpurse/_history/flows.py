"""What an entry moves, and where: read off the entry alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from tokenpurse import entries as e
from tokenpurse.buckets import Bucket, Draw, Gain, Loss, Rest, Return

__all__ = ["Moved", "captured_in", "debts_in", "ended_in", "flows_in", "moved_in", "new_buckets", "turns_in", "uses_in"]

Moved: TypeAlias = Draw | Gain | Loss | Rest | Return | e.ClawBackPart


def uses_in(entry: e.Entry) -> Iterator[e.Use]:
    """List every use that draws from what is left, those that paid a price included; a hold's draws, too."""
    yield from _each(entry.uses if isinstance(entry, e.Spent | e.Held) else ())
    yield from _each(entry.extra if isinstance(entry, e.Captured) else ())


def captured_in(entry: e.Entry) -> Iterator[e.Use]:
    """List every use that draws from what is held, those that paid a price included."""
    yield from _each(entry.uses if isinstance(entry, e.Captured) else ())


def _each(uses: Iterable[e.Use]) -> Iterator[e.Use]:
    return (each for use in uses for each in use.each())


def ended_in(entry: e.Entry) -> tuple[e.Ended, ...]:
    """List the holds that an entry ends."""
    ended: e.Ended | tuple[e.Ended, ...] = getattr(entry, "ended", ())
    return ended if isinstance(ended, tuple) else (ended,)


def new_buckets(entry: e.Entry) -> tuple[Bucket, ...]:
    """List the buckets that an entry makes."""
    if isinstance(entry, e.Opened):
        return entry.buckets
    if isinstance(entry, e.Granted | e.ToppedUp):
        bonus = entry.bonus if isinstance(entry, e.ToppedUp) else None
        return (entry.bucket,) if bonus is None else (entry.bucket, bonus)
    granted: tuple[Bucket, ...] = getattr(entry, "granted", ())
    return (*granted, *(bucket for turn in _folded_in(entry) for bucket in turn.granted))


def turns_in(entry: e.Entry) -> tuple[e.Turn, ...]:
    """List what became of allowances with a schedule of their own."""
    return entry.turns if isinstance(entry, e.AllowanceOpened | e.PeriodOpened) else ()


def _folded_in(entry: e.Entry) -> tuple[e.Turn, ...]:
    """List what of that happened inside a run of periods."""
    return entry.turns if isinstance(entry, e.PeriodOpened) else ()


def moved_in(entry: e.Entry) -> Iterator[Moved]:
    """List all that names a bucket, its kind and its unit."""
    for use in uses_in(entry):
        yield from use.draws
    for use in captured_in(entry):
        yield from use.draws
    for name in ("claw_backs", "returned", "forfeited", "expired", "gained", "kept", "given"):
        yield from getattr(entry, name, ())
    for turn in _folded_in(entry):
        yield from turn.expired
    for one in getattr(entry, "repaid", ()):
        yield from one.draws


def flows_in(entry: e.Entry) -> Iterator[tuple[str, int, int | None]]:
    """List what moved into (+) and out of (-) buckets, in the order in which it did, with what was left after it."""
    for bucket in new_buckets(entry):
        yield bucket.id, bucket.left_steps, bucket.left_steps
    yield from _back(entry)
    yield from _claimed(entry)
    for use in uses_in(entry):
        yield from _out(use.draws)
    for carry in entry.carried if isinstance(entry, e.PeriodOpened | e.Renewed) else ():
        yield from [(carry.bucket, -carry.steps, None)] if carry.bucket else []
    for name in ("forfeited", "expired", "given"):
        yield from _out(getattr(entry, name, ()))
    for turn in _folded_in(entry):
        yield from _out(turn.expired)
    for rest in getattr(entry, "kept", ()):
        yield rest.bucket, 0, rest.left_steps
    for gain in getattr(entry, "gained", ()):
        yield gain.bucket, gain.steps, gain.left_steps
    if isinstance(entry, e.PeriodOpened | e.Renewed):
        yield from _carried(entry)
    for one in getattr(entry, "repaid", ()):
        yield from _out(one.draws)


def _out(moved: Iterable[Draw | Loss]) -> Iterator[tuple[str, int, int | None]]:
    return ((one.bucket, -one.steps, one.left_steps) for one in moved)


def _back(entry: e.Entry) -> Iterator[tuple[str, int, int | None]]:
    """List what came back, into its bucket or into a bank; what went another way moves nothing that is left."""
    for one in getattr(entry, "returned", ()):
        if one.went in {"back", "carried"}:
            yield one.into or one.bucket, one.steps, one.left_steps
        else:
            yield one.bucket, 0, one.left_steps


def _claimed(entry: e.Entry) -> Iterator[tuple[str, int, int | None]]:
    """List what went with money that went back, or came again."""
    sign = 1 if isinstance(entry, e.Reinstated) else -1
    for one in getattr(entry, "claw_backs", ()):
        yield one.bucket, sign * one.taken + one.repaid if one.went == "back" else 0, one.left_steps


def _carried(entry: e.PeriodOpened | e.Renewed) -> Iterator[tuple[str, int, int | None]]:
    """List what banks got; a run's other periods are counted once, before all that is said."""
    between = entry.between if isinstance(entry, e.PeriodOpened) else ()
    more = {run.unit: 0 for run in between}
    for run in between:
        more[run.unit] += run.carried_steps
    for carry in entry.carried:
        steps = carry.steps + more.pop(carry.unit, 0)
        if carry.into:
            yield carry.into, steps - carry.cut_steps, carry.left_steps


def debts_in(entry: e.Entry) -> Iterator[tuple[str, int, int]]:
    """List what debts grew (+) and shrank (-) by, in the order in which they did, with what was owed after it."""
    for debt in entry.owed if isinstance(entry, e.Captured) else ():
        yield debt.unit.name, debt.steps, debt.after_steps
    for use in uses_in(entry):
        if use.debt is not None:
            yield use.debt.unit.name, use.debt.steps, use.debt.after_steps
    for back in entry.undone if isinstance(entry, e.Refunded) else ():
        if back.debt is not None:
            yield back.unit.name, -back.debt.steps, back.debt.after_steps
    sign = -1 if isinstance(entry, e.Reinstated) else 1
    for debt in entry.debts if isinstance(entry, e.ClawedBack | e.Reinstated) else ():
        yield debt.unit.name, sign * debt.steps, debt.after_steps
    for name in ("billed", "forgiven"):
        for gone in getattr(entry, name, ()):
            yield gone.unit.name, -gone.steps, gone.after_steps
    for one in getattr(entry, "repaid", ()):
        yield one.unit.name, -one.steps, one.after_steps
