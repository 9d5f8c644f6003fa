"""`split_checked`: whatever a host's policy answers, nothing is invented, lost or over-drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, overload

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from tokenpurse.errors import PolicyError
from tokenpurse.policies import DEFAULT, DrawPolicy, Facts, Row, evenly, split_checked

JULY = datetime(2026, 7, 1, tzinfo=UTC)


def row(name: str, left: int) -> Row:
    of = Facts(id=name, kind="quota", unit="tokens", priority=0, starts=JULY, expires=None, paid=False)
    return Row(facts=of, left=left, used=0)


ROWS = [row("july", 10), row("extra", 5)]


@frozen
class Answers:
    """A policy that answers whatever it was made with."""

    answer: Any

    def split(self, _rows: Sequence[Row], _amount: int, /) -> Any:
        return self.answer


@frozen
class LargestFirst:
    """What a host may well write: only a policy, and not a key, sees what is left."""

    def split(self, rows: Sequence[Row], amount: int) -> list[int]:
        shares = [0] * len(rows)
        for place in sorted(range(len(rows)), key=lambda place: (-rows[place].left, rows[place].facts.id)):
            shares[place] = min(amount, rows[place].left)
            amount -= shares[place]
        return shares


@frozen
class HalfEach:
    """A policy that hands its rows on to the shipped ones."""

    def split(self, rows: Sequence[Row], amount: int) -> Sequence[int]:
        first = evenly().split(rows, amount // 2)
        rest = [Row(facts=r.facts, left=r.left - n, used=r.used + n) for r, n in zip(rows, first, strict=True)]
        return [sum(both) for both in zip(first, DEFAULT.split(rest, amount - sum(first)), strict=True)]


class Endless(Sequence[int]):
    """A sequence that claims to have two items and never ends."""

    def __len__(self) -> int:
        return 2

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[int]: ...
    def __getitem__(self, index: int | slice) -> int | Sequence[int]:
        return 0 if isinstance(index, int) else []


class Liar:
    """An object that says it is an int."""

    __class__ = int  # type: ignore[assignment]


class Whole(int):
    """A subclass may count otherwise."""


def generated() -> Iterator[int]:
    yield from (3, 4)


class TestAccepted:
    @pytest.mark.parametrize("policy", [LargestFirst(), HalfEach()], ids=repr)
    @given(lefts=st.lists(st.integers(0, 50), max_size=5), data=st.data())
    def test_own(self, policy: DrawPolicy, lefts: list[int], data: st.DataObject) -> None:
        """A host's policy that splits the amount is taken at its word."""
        rows = [row(f"b{place}", left) for place, left in enumerate(lefts)]
        amount = data.draw(st.integers(0, sum(lefts)))
        shares = split_checked(policy, rows, amount)

        assert tuple(policy.split(rows, amount)) == shares
        assert amount == sum(shares)

    @pytest.mark.parametrize("answer", [[3, 4], (3, 4), range(3, 5), bytearray((3, 4))], ids=repr)
    def test_any_sequence(self, answer: Sequence[int]) -> None:
        """Any sequence of ints is an answer; what comes back is a tuple of them."""
        assert split_checked(Answers(answer), ROWS, 7) == (3, 4)


class TestRefused:
    @pytest.mark.parametrize(
        ("answer", "problem"),
        [
            ([7], "answered with 1 amounts for 2 rows, it must be one per row"),
            ([], "answered with 0 amounts for 2 rows, it must be one per row"),
            ([3, 4, 0], "answered with more than 2 amounts for 2 rows, it must be one per row"),
            (Endless(), "answered with more than 2 amounts for 2 rows, it must be one per row"),
            ([8, -1], "draws -1 from 'extra', it must be from 0 to the 5 that are left"),
            ([1, 6], "draws 6 from 'extra', it must be from 0 to the 5 that are left"),
            ([11, -4], "draws 11 from 'july', it must be from 0 to the 10 that are left"),
            ([3, 3], "draws 6 in sum, it must be the 7 asked for"),
            ([4, 4], "draws 8 in sum, it must be the 7 asked for"),
            ([6, True], "draws True from 'extra', it must be an int"),
            ([3.0, 4], "draws 3.0 from 'july', it must be an int"),
            ([float("nan"), 4], "draws nan from 'july', it must be an int"),
            ([7, None], "draws None from 'extra', it must be an int"),
            (["3", "4"], "draws '3' from 'july', it must be an int"),
            ("34", "draws '3' from 'july', it must be an int"),
            ([Whole(3), 4], "draws 3 from 'july', it must be an int"),
            ([3, Liar()], "draws a value of type Liar from 'extra', it must be an int"),
            (None, "answered with None, it must be a sequence of one int per row"),
            (7, "answered with 7, it must be a sequence of one int per row"),
            ({3: 3, 4: 4}, "answered with {3: 3, 4: 4}, it must be a sequence of one int per row"),
            ({3, 4}, "answered with {3, 4}, it must be a sequence of one int per row"),
        ],
    )
    def test_answer(self, answer: object, problem: str) -> None:
        """A wrong answer is refused with the policy's name, what is wrong, and what would be right."""
        with pytest.raises(PolicyError) as caught:
            split_checked(Answers(answer), ROWS, 7)

        assert str(caught.value).endswith(f" {problem}")
        assert str(caught.value).startswith("policy Answers(answer=")

    def test_shown_shortened(self) -> None:
        """A figure too long to print is described, also where the policy's own repr would print it."""
        with pytest.raises(PolicyError, match=r"^policy a value of type Answers draws an integer of 20,001 bits from"):
            split_checked(Answers([2**20_000, 0]), ROWS, 7)

    @pytest.mark.parametrize("answer", [generated, lambda: iter([3, 4]), lambda: map(int, "34")])
    def test_iterator(self, answer: Callable[[], object]) -> None:
        """What can be walked only once is no answer, even where the figures would be right."""
        with pytest.raises(PolicyError, match="must be a sequence of one int per row"):
            split_checked(Answers(answer()), ROWS, 7)

    @given(st.lists(st.integers(-2, 12) | st.booleans() | st.floats(0, 12) | st.none(), max_size=3), st.integers(0, 15))
    def test_only_splits_pass(self, answer: list[Any], amount: int) -> None:
        """An answer passes exactly when it is a split of the amount over the rows."""
        is_split = (
            len(answer) == len(ROWS)
            and all(type(share) is int for share in answer)
            and all(0 <= share <= r.left for share, r in zip(answer, ROWS, strict=True))
            and sum(answer) == amount
        )
        try:
            shares = split_checked(Answers(answer), ROWS, amount)
        except PolicyError:
            assert not is_split
        else:
            assert is_split
            assert tuple(answer) == shares

    def test_name(self) -> None:
        """A policy without a repr of its own is named by its class: no memory address in a message."""

        class Unnamed:
            def split(self, _rows: Sequence[Row], _amount: int, /) -> Sequence[int]:
                return ()

        @dataclass(frozen=True)
        class Wordy:
            text: str

            split = Unnamed.split

        with pytest.raises(PolicyError, match=r"^policy Unnamed answered with 0 amounts"):
            split_checked(Unnamed(), ROWS, 7)
        with pytest.raises(PolicyError, match=r"^policy .{60} answered with 0 amounts"):
            split_checked(Wordy("w" * 1000), ROWS, 7)

    def test_raises(self) -> None:
        """What a policy raises passes through as it is."""

        class Broken:
            def split(self, _rows: Sequence[Row], amount: int, /) -> Sequence[int]:
                raise KeyError(amount)

        with pytest.raises(KeyError, match="7"):
            split_checked(Broken(), ROWS, 7)
