"""A past moment is what stepping to it came to, whichever moment it is, and is not changed by what came after."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.snapshots import prefixes
from tokenpurse import View, Wallet, as_of


def reads(view: View) -> tuple[Any, ...]:
    """Balances, gauges and what else a page shows, unit by unit."""
    units = sorted({bucket.unit.name for bucket in view.buckets()})
    return (
        [(unit, view.balance(unit), view.available(unit), str(view.gauge(unit)), view.by_kind(unit)) for unit in units],
        (view.at, view.period, view.next_due(), view.pending(), view.holds()),
    )


@settings(max_examples=80)
@given(st.integers(0, len(prefixes()) - 1), st.floats(0, 1.2))
def test_a_past_moment_is_what_stepping_came_to(which: int, share: float) -> None:
    """Also behind the last entry, where time alone goes on."""
    story, wallets = prefixes()[which]
    first, last = story.entries[0].at, story.entries[-1].at
    moment = first + timedelta(seconds=int((last - first).total_seconds() * share))
    then = [wallet for wallet, entry in zip(wallets, story.entries, strict=True) if entry.at <= moment]
    before = then[-1]
    known = [entry for entry in story.entries if entry.at <= moment]
    view = as_of(story.entries, moment, catalogue=story.plans)
    assert reads(view) == reads(before.at(moment)) == reads(as_of(known, moment, catalogue=story.plans))
    stepped: Wallet = before.advance(moment).wallet
    assert reads(view) == reads(stepped.at(moment))


def test_what_came_after_would_show() -> None:
    """The control: with the entry after the moment, every story shows something else at some moments."""
    for _, wallets in prefixes():
        steps = [(before, after, after.clock) for before, after in pairwise(wallets)]
        assert [at for before, after, at in steps if reads(before.at(at)) != reads(after.at(at))]
