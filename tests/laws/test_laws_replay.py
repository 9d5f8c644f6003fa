"""A history that was tampered with, or kept badly, is found out by `replay` at the very entry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import attrs
import pytest

from tests.laws.plans import SHOP, START
from tokenpurse import Balance, Wallet, replay
from tokenpurse import entries as e
from tokenpurse.errors import HistoryError

DAY = timedelta(days=1)

AMOUNTS = frozenset(
    {"steps", "left_steps", "after_steps", "granted_steps", "opening_steps", "quantity"}
    | {"forfeited_steps", "carried_steps", "repaid_steps"}
)
# What is said once and adds up to nothing: prices, what the customer chose, and what a request repeats.
SINGLE = frozenset(["ref", "notices", "requests", "rate", "price", "paid", "setting", "unit", "period", "closed"])


class _Story:
    """Plays a wallet and keeps what it says."""

    def __init__(self, plan: str, **named: Any) -> None:
        change = Wallet.open(plan, catalogue=SHOP, id="acme", at=START, **named)
        self.wallet, self.entries = change.wallet, list(change.entries)

    def __call__(self, verb: str, *args: Any, after: timedelta = timedelta(hours=1), **named: Any) -> None:
        change = getattr(self.wallet, verb)(*args, at=self.wallet.clock + after, **named)
        assert change.entries, verb
        self.wallet = change.wallet
        self.entries += change.entries


def _bank_and_debt() -> _Story:
    do = _Story(
        "banked",
        balances=[Balance("quota", 7), Balance("top_up", 4), Balance("rollover", 2)],
        used={"tokens": 3},
        debt={"tokens": 30, "sms": 5},
        counts={"seats": 2},
    )
    do("grant", 12, "tokens", kind="top_up", expires=START + 2 * DAY)
    do("grant", 12, "sms", kind="bonus", expires=START + 9 * DAY)
    do("advance", after=12 * DAY)
    do("spend", 5)
    do("spend", 60, overdraw=True, ref="r1")
    do("set_count", "seats", 3)
    do("set_count", "seats", 1, when="now")
    do("set_auto_top_up", threshold=2, purchase=5, by="admin")
    do("confirm", "charge:1", payment="p1")
    do("advance", after=30 * DAY)
    do("change_plan", "quota", when="now")
    do("spend", 4)
    do("top_up", "tokens", 8, payment="p2", by="admin")
    do("spend", 9)
    do("change_plan", "banked", when="now")
    do("freeze")
    do("unfreeze")
    do("close")
    return do


def _money() -> _Story:
    do = _Story("credits", zone="Asia/Kolkata", debt={"USD": Decimal("0.5")})
    do("top_up", "credits", Decimal(2), payment="p1", by="admin")
    do("spend", {"tokens": 11, "sms": 9})
    do("set_auto_top_up", threshold=Decimal("1.50"), purchase=Decimal(2), by="admin")
    do("decline", "charge:1")
    do("advance", after=2 * DAY)
    do("confirm", "charge:2", payment="p2")
    do("spend", {"tokens": 900, "USD": Decimal("0.25")}, overdraw=True)
    do("set_zone", "Europe/London")
    do("reset")
    do("change_plan", "payg", when="period_end")
    do("advance", after=70 * DAY)
    do("set_limit", "token_limit", 30)
    do("spend", 17)
    do("advance", after=40 * DAY)
    do("confirm", do.wallet._book.pending[-1], payment="p3")
    do("change_plan", "wild", when="now")
    do("spend", {"tokens": 30, "conversation": 5})
    do("advance", after=40 * DAY)
    do("spend", 12, "tokens")
    do("close")
    return do


@cache
def stories() -> tuple[_Story, ...]:
    return _bank_and_debt(), _money()


def found_at(entries: list[e.Entry]) -> int:
    with pytest.raises(HistoryError) as caught:
        replay(entries)
    return caught.value.position


def amounts_in(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """List the way to every amount and balance inside an entry."""
    if isinstance(part, tuple):
        for place, one in enumerate(part):
            yield from amounts_in(one, (*path, place))
    elif attrs.has(type(part)):
        for name in (one.name for one in attrs.fields(type(part))):
            value = getattr(part, name)
            if name in AMOUNTS and type(value) is int:
                yield (*path, name)
            elif name not in SINGLE:
                yield from amounts_in(value, (*path, name))


def changed(part: Any, path: tuple[Any, ...], by: int) -> Any:
    """Copy an entry with one figure changed."""
    if not path:
        return part + by
    if isinstance(part, tuple):
        return (*part[: path[0]], changed(part[path[0]], path[1:], by), *part[path[0] + 1 :])
    return attrs.evolve(part, **{path[0]: changed(getattr(part, path[0]), path[1:], by)})


def test_the_stories_have_every_kind_of_entry() -> None:
    kinds = {type(entry).__name__ for story in stories() for entry in story.entries}
    every = {name for name in e.__all__ if isinstance(getattr(e, name), type) and issubclass(getattr(e, name), e.Entry)}
    assert every - {"Entry"} == kinds


@pytest.mark.parametrize("which", [0, 1])
class TestTampering:
    def test_the_story_itself_is_the_wallet(self, which: int) -> None:
        story = stories()[which]
        assert replay(story.entries) == story.wallet

    def test_a_dropped_entry_is_found_where_it_is_missing(self, which: int) -> None:
        entries = stories()[which].entries
        for at in range(len(entries) - 1):
            assert at == found_at(entries[:at] + entries[at + 1 :])

    def test_a_dropped_last_entry_shows_in_the_version(self, which: int) -> None:
        story = stories()[which]
        assert story.wallet.version - 1 == replay(story.entries[:-1]).version

    def test_a_doubled_entry_is_found_where_it_comes_again(self, which: int) -> None:
        entries = stories()[which].entries
        for at in range(len(entries)):
            assert at + 1 == found_at(entries[: at + 1] + entries[at:])

    def test_swapped_entries_are_found_at_the_first(self, which: int) -> None:
        entries = stories()[which].entries
        for at in range(len(entries) - 1):
            for other in range(at + 1, len(entries)):
                swapped = list(entries)
                swapped[at], swapped[other] = swapped[other], swapped[at]
                assert at == found_at(swapped)

    def test_an_entry_of_another_wallet_is_found(self, which: int) -> None:
        entries = stories()[which].entries
        for at in range(1, len(entries)):
            assert at == found_at([*entries[:at], attrs.evolve(entries[at], wallet="other"), *entries[at + 1 :]])

    @pytest.mark.parametrize("by", [-1, 1, 7])
    def test_a_changed_amount_or_balance_is_found_in_its_entry(self, which: int, by: int) -> None:
        """Every amount that moves, and every balance after it, is said twice in some way."""
        entries = stories()[which].entries
        missed = []
        for at, entry in enumerate(entries):
            for path in () if isinstance(entry, e.LimitSet) else amounts_in(entry):  # a choice, which moves nothing
                try:
                    replay([*entries[:at], changed(entry, path, by)])
                except HistoryError as problem:
                    if problem.position == at:
                        continue
                    missed.append((at, type(entry).__name__, path, problem.position))
                else:
                    missed.append((at, type(entry).__name__, path, None))
        assert missed == []
