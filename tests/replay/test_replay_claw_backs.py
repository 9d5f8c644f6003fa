"""Entries of money that went back, altered in one place: `replay` finds it at the entry."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from tests.support.cases import on
from tests.support.told import Told
from tokenpurse import Allowance, Offer, Plan, replay
from tokenpurse import entries as e
from tokenpurse.errors import HistoryError

PLAIN = Plan("plain", allowances=[Allowance(0)], offers=[Offer("pack", price=Decimal("49.00"), pack=1_000)])


def story() -> list[e.Entry]:
    """300 of 1,000 used, 100 held, and half of the money back, then all; the hold is used; the dispute is won."""
    told = Told(PLAIN).do("top_up", "pack", 1_000, at=on(7, 1), payment="p1").do("spend", 300, at=on(7, 2))
    told.do("hold", 100, at=on(7, 3), ref="h", until=timedelta(days=1))
    told.do("claw_back", "p1", refunded=Decimal("24.50"), at=on(7, 3)).do("claw_back", "p1", at=on(7, 3))
    told.do("capture", "h", 40, at=on(7, 3)).do("grant", 10, at=on(7, 4)).do("reinstate", "p1", at=on(7, 5))
    return told.entries


def part(entry: Any, **less: int) -> Any:
    """The entry with its first part altered."""
    one = entry.claw_backs[0]
    changed = evolve(one, **{name: getattr(one, name) + steps for name, steps in less.items()})
    return evolve(entry, claw_backs=(changed, *entry.claw_backs[1:]))


def elsewhere(entry: Any) -> Any:
    """The entry with the name of a bucket that nobody knows."""
    return evolve(entry, claw_backs=(evolve(entry.claw_backs[0], bucket="nobody"),))


def owing_less(entry: Any) -> Any:
    """The entry with a claim on what is held that nobody holds, and so much less owed."""
    debt = evolve(entry.debts[0], steps=entry.debts[0].steps - 200, after_steps=entry.debts[0].after_steps - 200)
    return evolve(part(entry, held=200, debt=-200), debts=(debt,))


CASES: dict[str, tuple[int, Any]] = {
    "less was taken": (4, lambda entry: part(entry, taken=-1)),
    "more was taken": (4, lambda entry: part(entry, taken=1)),
    "more was held": (5, lambda entry: part(entry, held=1, taken=-1)),
    "held that was not there": (5, lambda entry: part(entry, held=900, lost=-900)),
    "held, and not used": (5, owing_less),
    "nothing is claimed": (4, lambda entry: part(entry, taken=-500, left_steps=500)),
    "another share": (4, lambda entry: evolve(entry, refunded_steps=24_000_000)),
    "below nothing went back": (4, lambda entry: evolve(entry, refunded_steps=-1)),
    "nobody owes it": (5, lambda entry: evolve(entry, debts=())),
    "another debt after it": (5, lambda entry: evolve(entry, debts=(evolve(entry.debts[0], after_steps=7),))),
    "another balance": (4, lambda entry: part(entry, left_steps=1)),
    "a bucket that is not there": (4, elsewhere),
    "a capture that owes nothing": (6, lambda entry: evolve(entry, owed=())),
    "a capture that takes": (6, lambda entry: part(entry, taken=1)),
    "a capture that claims more": (6, lambda entry: part(entry, debt=1)),
    "less is undone": (8, lambda entry: part(entry, taken=-1)),
    "it is put in twice": (8, lambda entry: part(entry, repaid=10, left_steps=10)),
    "it is put in nowhere": (8, lambda entry: part(entry, repaid=-10, left_steps=-10)),
    "it expired": (8, lambda entry: evolve(entry, claw_backs=(evolve(entry.claw_backs[0], went="expired"),))),
    "put in by a claw-back": (5, lambda entry: part(entry, repaid=10)),
    "more money went back": (4, lambda entry: part(entry, refunded=1)),
    "more than was paid": (5, lambda entry: evolve(part(entry, refunded=49_000_000), refunded_steps=98_000_000)),
    "of a payment that brought nothing": (4, lambda entry: evolve(entry, source="top_up:tokens/2")),
    "a capture of money": (6, lambda entry: part(entry, refunded=1)),
    "less money is undone": (8, lambda entry: part(entry, refunded=-1)),
    "undone of nobody": (8, elsewhere),
}


@pytest.mark.parametrize("name", CASES)
def test_an_altered_claw_back_is_found(name: str) -> None:
    """At the entry, whatever was altered."""
    entries = story()
    position, alter = CASES[name]
    forged = [*entries[:position], alter(entries[position]), *entries[position + 1 :]]
    with pytest.raises(HistoryError) as caught:
        replay(forged)
    assert caught.value.position == position


def test_the_story_itself_is_right() -> None:
    """What is altered is what makes it wrong."""
    kinds = [type(entry) for entry in story()[4:]]
    assert kinds == [e.ClawedBack, e.ClawedBack, e.Captured, e.Granted, e.Reinstated]
    assert replay(story()).version == 9
