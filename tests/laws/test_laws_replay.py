"""A history that was tampered with, or kept badly, is found out by `replay` at the very entry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Any

import attrs
import pytest

from tests.laws.stories import stories
from tokenpurse import entries as e
from tokenpurse import replay
from tokenpurse.errors import HistoryError, PlanError

# Whole numbers that nothing else says: replay cannot find that they were altered, at no entry.
SAID_ONCE = {
    r"(unit|meter)\.shown$": "how a meter is shown moves nothing",
    r"\.notices\.(figure|line)_steps$": "what people were told, worked out from the plan",
    r"\.lines\.passed$": "how many multiples of a figure there are up to the level, worked out from the plan",
    r"\.(bucket|buckets|granted)\.priority$": "the plan's word for the order of use, which replay does not ask for",
    r"^Opened\.(ring|counts)$": "a choice of the host's",
    r"^Opened\.debts\.unit\.": "the first that is heard of that unit",
    r"^AllowanceOpened\.turns\.stream\.part$": "whether a short first stretch grants less is the plan's word",
    r"^AllowanceOpened\.turns\.stream\.unit\.": "the first that is heard of that unit, where nothing is granted yet",
    r"^CountSet\.count$": "a choice; what a count multiplies is the plan's",
    r"^PeriodOpened\.carries$": "the most that a bank may hold, worked out from the plan",
    r"\.unused\.(share|most_steps)$": "how much a reset carries, worked out from the plan",
    r"\.last\.limits$": "the caps that a closed period had, worked out from the plan and the customer's choice",
    r"^LimitSet\.steps$": "the customer's choice",
    r"\.setting\.threshold_steps$": "the customer's choice",
    r"^Refunded\.spent$": "the wallet keeps no list of its entries",
    r"^Refunded\.undone\.place$": "which of that entry's uses it was",
    r"^Refunded\.undone\.rate\.": "the price of a period that is closed",
    r"\.ref\.said$": "what was asked, of which a partial spend does less",
}
# Said again by a later entry, if there is one: found there.
SAID_LATER = {
    r"^Opened\.buckets\.unit\.": "by the next entry of that unit: it is the first that is heard of it",
    r"\.plan\.revision$": "by the next change of plan, or the next period",
    r"\.period\.number$": "by the next period, which closes it",
    r"\.requests\.(price|priority|bonus_steps)": "by the purchase that answers the charge",
    r"\.postpaid\.rate\.": "by the statement",
    r"\.excess$": "by what comes back after it",
    r"\.priced\.rate\.": "by the period's next use at that price, where this quantity costs the same",
}


def found_at(entries: list[e.Entry]) -> int:
    with pytest.raises(HistoryError) as caught:
        replay(entries)
    return caught.value.position


def ints_in(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """List the way to every whole number inside an entry."""
    if type(part) is int:
        yield path
    elif isinstance(part, tuple):
        for place, one in enumerate(part):
            yield from ints_in(one, (*path, place))
    elif attrs.has(type(part)):
        for name in (one.name for one in attrs.fields(type(part))):
            yield from ints_in(getattr(part, name), (*path, name))


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


@pytest.mark.parametrize("which", range(len(stories())))
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


def found_in(entries: list[e.Entry]) -> int | None:
    """Where a history is found to be wrong; `None`: nowhere."""
    try:
        replay(entries)
    except HistoryError as problem:
        return problem.position
    return None


@cache
def late() -> tuple[tuple[str, int, int, int | None], ...]:
    """Change every whole number there is; list those that are not found in their own entry, and where they are."""
    from tokenpurse.replay import _after

    found = []
    for which, story in enumerate(stories()):
        before = None
        for at, entry in enumerate(story.entries):
            for path in ints_in(entry):
                for by in (-1, 1):
                    try:
                        other = changed(entry, path, by)
                    except PlanError:  # a unit that cannot be
                        continue
                    with suppress(HistoryError):
                        _after(before, other, at)  # as `replay` does, without all that came before once more
                        name = ".".join([type(entry).__name__, *(word for word in path if type(word) is str)])
                        found.append(
                            (name, which, at, found_in([*story.entries[:at], other, *story.entries[at + 1 :]]))
                        )
            before = _after(before, entry, at)
    return tuple(found)


def test_a_changed_number_is_found_in_its_entry() -> None:
    """Whatever is said twice: amounts and balances, counts and numbers, prices and what was paid, refs and requests."""
    known = [re.compile(name) for name in (*SAID_ONCE, *SAID_LATER)]

    assert [one for one in late() if not any(name.search(one[0]) for name in known)] == []


@pytest.mark.parametrize("name", SAID_ONCE)
def test_what_is_listed_as_said_once_is_found_nowhere(name: str) -> None:
    """Or the list is longer than it has to be."""
    assert [one for one in late() if re.search(name, one[0]) and one[3] is None]


@pytest.mark.parametrize("name", SAID_LATER)
def test_what_is_said_again_later_is_found_there(name: str) -> None:
    """Never before the entry that was changed."""
    positions = [(at, found) for where, _, at, found in late() if re.search(name, where) and found is not None]

    assert positions
    assert all(at < found for at, found in positions)
