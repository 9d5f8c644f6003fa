"""Histories of allowances with a schedule of their own: what was tampered with is found at its entry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from tokenpurse import Allowance, Plan, Wallet, periods, replay
from tokenpurse import entries as e
from tokenpurse.errors import HistoryError
from tokenpurse.periods import Anchor, Period

START = datetime(2026, 7, 1, 6, tzinfo=UTC)
DAY = timedelta(days=1)
PLAN = Plan(
    "a",
    allowances=[
        Allowance(7),
        Allowance(5, kind="daily", every=periods.calendar_day(), ceiling=99),
        Allowance(4, kind="bought", given="while_bought", bought=Decimal(0)),
    ],
    period=periods.calendar_month(),
)


def history() -> list[e.Entry]:
    """An opening; a run of days; a pause; and a run of months."""
    change = Wallet.open(PLAN, id="acme", at=START)
    entries, wallet = list(change.entries), change.wallet
    for verb, at in [("advance", 3), ("pause", 4), ("resume", 6), ("advance", 200)]:
        change = getattr(wallet, verb)(at=START + DAY * at)
        entries, wallet = entries + list(change.entries), change.wallet
    assert replay(entries) == wallet
    return entries


OPENED, RUN, RESUMED = 1, 2, 5
MONTHS = next(at for at, entry in enumerate(history()) if isinstance(entry, e.PeriodOpened) and entry.turns)


def turn(place: int = 0, **named: Any) -> Callable[[Any], Any]:
    """Change one of an entry's turns."""

    def do(entry: Any) -> Any:
        turns = list(entry.turns)
        turns[place] = evolve(turns[place], **named)
        return evolve(entry, turns=tuple(turns))

    return do


def stream(place: int = 0, **named: Any) -> Callable[[Any], Any]:
    """Change what one of an entry's turns says of its stream."""

    def do(entry: Any) -> Any:
        return turn(place, stream=evolve(entry.turns[place].stream, **named))(entry)

    return do


def lot(**named: Any) -> Callable[[Any], Any]:
    """Change the bucket that an entry's first turn granted."""

    def do(entry: Any) -> Any:
        return turn(granted=(evolve(entry.turns[0].granted[0], **named),))(entry)

    return do


@pytest.mark.parametrize(
    ("at", "change", "said"),
    [
        (OPENED, lambda entry: evolve(entry, turns=()), "nothing turned"),
        (OPENED, lambda entry: evolve(entry, turns=(*entry.turns, evolve(entry.turns[0], granted=()))), "twice"),
        (OPENED, stream(buckets=("other",)), "end other"),
        (OPENED, lot(kept=False), "is not of the stretch"),
        (OPENED, stream(next=START + DAY * 9), "turns at"),
        (OPENED, stream(part=(1, 3)), "grants 1 of 3"),
        (OPENED, stream(1, part=(0, 1)), "grants 0 of 1"),
        (OPENED, stream(1, stretch=Period(0, START, None), next=None), "is not the running period"),
        (OPENED, stream(stretch=Period(0, START, START + DAY), next=START + DAY), "is no stretch of"),
        (OPENED, stream(anchor=Anchor(START + DAY * 9, "UTC")), "no such stretch"),
        (RUN, stream(window_steps=9), "below its ceiling"),
        (OPENED, turn(count=1), "not one after the other"),
        (OPENED, stream(given_steps=4), "by the balance"),
        (RUN, turn(count=4), "opened since"),
        (RUN, turn(count=1), "not one after the other"),
        (RUN, turn(between_steps=6), "granted"),
        (RUN, lambda entry: evolve(entry, at=entry.at + DAY), "it is of"),
        (RESUMED, lambda entry: evolve(entry, streams=()), "do not end later"),
        (MONTHS, turn(1, count=0), "inside its run"),
        (MONTHS, turn(0, count=20), "opened in"),
    ],
)
def test_it_is_found_where_it_is(at: int, change: Callable[[Any], Any], said: str) -> None:
    entries = history()
    entries[at] = change(entries[at])
    with pytest.raises(HistoryError, match=said) as found:
        replay(entries)
    assert found.value.position == at


def test_a_stretch_keeps_its_share_while_it_runs() -> None:
    plan = Plan("a", allowances=[Allowance(5, kind="daily", every=periods.calendar_day(), per="seats")])
    opening = Wallet.open(plan, id="acme", at=START, counts={"seats": 1})
    change = opening.wallet.set_count("seats", 2, at=START)
    entries = [*opening.entries, *change.entries]
    entries[-1] = stream(part=(0, 1))(entries[-1])
    with pytest.raises(HistoryError, match="changed while it ran"):
        replay(entries)
