"""`evenly`: each next step goes to the bucket with the smallest share used."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tokenpurse.errors import PlanError, PolicyError
from tokenpurse.policies import (
    DEFAULT,
    Evenly,
    Facts,
    Order,
    Row,
    by_kind,
    by_priority,
    evenly,
    oldest_first,
    order_by,
    split_checked,
)

JULY = datetime(2026, 7, 1, tzinfo=UTC)
LARGEST = 2**53 - 1


def row(name: str, left: int, used: int = 0, kind: str = "quota") -> Row:
    of = Facts(id=name, kind=kind, unit="tokens", priority=-ord(name[0]), starts=JULY, expires=None, paid=False)
    return Row(facts=of, left=left, used=used)


def rows_of(*balances: tuple[int, int]) -> list[Row]:
    """Write buckets `a`, `b`, ... as (used, size)."""
    return [row(chr(ord("a") + place), size - used, used) for place, (used, size) in enumerate(balances)]


def after(rows: list[Row], shares: tuple[int, ...]) -> list[Row]:
    return [Row(facts=r.facts, left=r.left - n, used=r.used + n) for r, n in zip(rows, shares, strict=True)]


def step_by_step(ties: Order, rows: list[Row], amount: int) -> tuple[int, ...]:
    """Split as the rule says it, one step at a time."""
    shares = [0] * len(rows)
    for _ in range(amount):
        now = after(rows, tuple(shares))
        place = min(
            (place for place, each in enumerate(now) if each.left),
            key=lambda place: (
                Fraction(now[place].used, now[place].used + now[place].left),
                ties.sort_key(now[place].facts),
            ),
        )
        shares[place] += 1
    return tuple(shares)


SIZES = st.integers(0, 12)
TIES = st.sampled_from([DEFAULT, by_priority, by_kind("top_up")])
KINDS = st.sampled_from(["quota", "top_up", "promo"])
ROWS = st.lists(st.tuples(SIZES, SIZES, KINDS), max_size=6).map(
    lambda drawn: [row(chr(ord("a") + place), *each) for place, each in enumerate(drawn)]
)
LARGE = st.integers(0, LARGEST) | st.integers(LARGEST - 3, LARGEST) | st.integers(0, 3)
LARGE_ROWS = st.lists(st.tuples(LARGE, LARGE), min_size=1, max_size=5).map(
    lambda drawn: [row(chr(ord("a") + place), left, used) for place, (left, used) in enumerate(drawn)]
)


def total(rows: list[Row]) -> int:
    return sum(each.left for each in rows)


class TestFigures:
    @pytest.mark.requirement("Q8")
    @pytest.mark.parametrize(
        ("balances", "amount", "expected"),
        [
            ([(500_000, 2_000_000), (0, 1_000_000)], 1_000_000, (500_000, 500_000)),
            ([(0, 2_000_000), (0, 500_000)], 1_000_000, (800_000, 200_000)),
            ([(500_000, 2_000_000), (0, 1_000_000)], 250_000, (0, 250_000)),
            ([(500_000, 2_000_000), (0, 1_000_000)], 2_500_000, (1_500_000, 1_000_000)),
        ],
    )
    def test_system_q(self, balances: list[tuple[int, int]], amount: int, expected: tuple[int, ...]) -> None:
        """The bought tokens catch up first; then both are level: the printed figures of July and August."""
        assert expected == split_checked(evenly(), rows_of(*balances), amount)

    @pytest.mark.parametrize(
        ("balances", "amount", "expected"),
        [
            ([], 0, ()),
            ([(0, 0)], 0, (0,)),
            ([(5, 5)], 0, (0,)),
            ([(0, 7)], 7, (7,)),
            ([(0, 7), (3, 3)], 4, (4, 0)),
            ([(0, 7), (0, 0)], 4, (4, 0)),
            ([(0, 3), (0, 3), (0, 3)], 1, (1, 0, 0)),
            ([(0, 3), (0, 3), (0, 3)], 2, (1, 1, 0)),
            ([(0, 3), (0, 3), (0, 3)], 4, (2, 1, 1)),
            ([(0, 1), (0, 1000)], 1, (1, 0)),
            ([(0, 1), (0, 1000)], 2, (1, 1)),
            ([(0, 1000), (0, 1)], 2, (1, 1)),
            ([(0, 1000), (0, 1)], 1000, (999, 1)),
            ([(1, 2), (2, 4)], 1, (1, 0)),
            ([(2, 4), (1, 2)], 2, (1, 1)),
            ([(2, 4), (1, 2)], 1, (1, 0)),
            ([(9, 10), (0, 10)], 9, (0, 9)),
            ([(9, 10), (0, 10)], 10, (1, 9)),
            ([(0, LARGEST), (0, LARGEST)], LARGEST, (2**52, 2**52 - 1)),
            ([(LARGEST - 1, LARGEST), (LARGEST - 2, LARGEST - 1)], 1, (0, 1)),
        ],
    )
    def test_table(self, balances: list[tuple[int, int]], amount: int, expected: tuple[int, ...]) -> None:
        """Small cases worked by hand; on equal shares `a` is before `b`."""
        assert expected == split_checked(evenly(), rows_of(*balances), amount)

    @pytest.mark.parametrize(
        ("ties", "expected"), [(DEFAULT, (1, 0)), (by_kind("top_up"), (0, 1)), (by_priority, (0, 1))], ids=repr
    )
    def test_ties(self, ties: Order, expected: tuple[int, int]) -> None:
        """Among equal shares the given order decides, and only there."""
        rows = [row("a", 5, kind="quota"), row("b", 5, kind="top_up")]

        assert expected == split_checked(evenly(ties), rows, 1)
        assert split_checked(evenly(ties), [rows[0], *after(rows[1:], (1,))], 1) == (1, 0)

    def test_one_bucket_gives_back_more_than_one(self) -> None:
        """A large bucket beside small ones can be the one that rounding reached several times."""
        rows = rows_of((0, 10_000), *[(0, 3)] * 5)

        assert step_by_step(DEFAULT, rows, 101) == split_checked(evenly(), rows, 101)


class TestLaws:
    @given(TIES, ROWS, st.data())
    def test_step_by_step(self, ties: Order, rows: list[Row], data: st.DataObject) -> None:
        """The closed form equals giving each next step to the bucket with the smallest share used."""
        amount = data.draw(st.integers(0, total(rows)))

        assert step_by_step(ties, rows, amount) == split_checked(evenly(ties), rows, amount)

    @given(LARGE_ROWS, st.integers(0, 12), st.data())
    def test_step_by_step_at_any_size(self, rows: list[Row], steps: int, data: st.DataObject) -> None:
        """The steps after any large amount are those of the rule too."""
        amount = data.draw(st.integers(0, max(0, total(rows) - steps)))
        steps = min(steps, total(rows) - amount)
        first = split_checked(evenly(), rows, amount)
        then = step_by_step(DEFAULT, after(rows, first), steps)

        assert split_checked(evenly(), rows, amount + steps) == tuple(map(sum, zip(first, then, strict=True)))

    @given(TIES, LARGE_ROWS | ROWS, st.data())
    def test_split_spend(self, ties: Order, rows: list[Row], data: st.DataObject) -> None:
        """A spend in parts draws what one spend draws, whatever the parts."""
        amount = data.draw(st.integers(0, total(rows)))
        one = data.draw(st.integers(0, amount))
        two = data.draw(st.integers(0, amount - one))
        now = rows
        for part in (one, two, amount - one - two):
            now = after(now, split_checked(evenly(ties), now, part))

        assert after(rows, split_checked(evenly(ties), rows, amount)) == now

    @given(TIES, LARGE_ROWS | ROWS, st.randoms(use_true_random=False), st.data())
    def test_rows_in_any_order(self, ties: Order, rows: list[Row], random: Any, data: st.DataObject) -> None:
        """Who pays does not depend on the order of the rows."""
        amount = data.draw(st.integers(0, total(rows)))
        mixed = random.sample(rows, len(rows))
        expected = dict(zip((r.facts.id for r in rows), split_checked(evenly(ties), rows, amount), strict=True))

        assert expected == dict(
            zip((r.facts.id for r in mixed), split_checked(evenly(ties), mixed, amount), strict=True)
        )

    @given(LARGE_ROWS | ROWS, st.data())
    @example(rows_of((0, LARGEST), (0, 1)), None)
    def test_level(self, rows: list[Row], data: st.DataObject | None) -> None:
        """Nobody's last step was at a larger share than where another stands now: no step could have gone better."""
        amount = total(rows) // 2 if data is None else data.draw(st.integers(0, total(rows)))
        shares = split_checked(evenly(), rows, amount)
        now = after(rows, shares)
        last = [Fraction(r.used - 1, r.used + r.left) for r, share in zip(now, shares, strict=True) if share]
        next_up = [Fraction(r.used, r.used + r.left) for r in now if r.left]

        assert max(last, default=Fraction(0)) <= min(next_up, default=Fraction(1))


class TestAsData:
    def test_repr(self) -> None:
        """The repr is the line of the plan that made the policy."""
        assert repr(evenly()) == "evenly()"
        assert repr(evenly(by_kind("top_up").then(oldest_first))) == "evenly(ties=by_kind('top_up').then(oldest_first))"

    def test_equal_by_value(self) -> None:
        """Ties make the difference, and `DEFAULT` is what ties are unless said."""
        assert evenly() == evenly(DEFAULT) == evenly(ties=None) == Evenly(DEFAULT)
        assert hash(evenly()) == hash(evenly(DEFAULT))
        assert evenly() != evenly(oldest_first)
        assert evenly(oldest_first) == pickle.loads(pickle.dumps(evenly(oldest_first)))  # noqa: S301  # our own bytes

    @pytest.mark.parametrize("ties", [0, "DEFAULT", (), evenly()], ids=repr)
    def test_ties_must_be_an_order(self, ties: Any) -> None:
        """Ties need an order that is total; anything else is refused when the policy is made."""
        with pytest.raises(PlanError, match=r"evenly: ties is .*must be an order"):
            evenly(ties)

    def test_ties_by_a_wrong_key(self) -> None:
        """A host's key for the ties is checked as in an order, whenever there is a tie to decide."""
        with pytest.raises(PolicyError, match=r"key order_by\('own'\) answered with 0.5"):
            split_checked(evenly(order_by("own", lambda _: 0.5)), rows_of((0, 3), (0, 3)), 1)
