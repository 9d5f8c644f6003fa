"""Orders: sort keys over what is fixed about a bucket, drawn in turn."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum
from itertools import pairwise, permutations
from typing import Any

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from tokenpurse import policies
from tokenpurse.buckets import KINDS
from tokenpurse.errors import PlanError, PolicyError
from tokenpurse.policies import (
    DEFAULT,
    NAMED,
    DrawPolicy,
    Facts,
    Order,
    Row,
    by_kind,
    by_priority,
    evenly,
    is_policy,
    oldest_first,
    order_by,
    promo_before_paid,
    soonest_expiring,
    split_checked,
)

JULY = datetime(2026, 7, 1, tzinfo=UTC)


def facts(name: str, kind: str = "quota", **given: Any) -> Facts:
    start = JULY + timedelta(days=given.pop("day", 0))
    end = given.pop("ends", None)
    fixed = {"priority": 0, "paid": False, **given}
    return Facts(
        id=name, kind=kind, unit="tokens", starts=start, expires=None if end is None else JULY + timedelta(end), **fixed
    )


def row(name: str, kind: str = "quota", left: int = 10, **given: Any) -> Row:
    return Row(facts=facts(name, kind, **given), left=left, used=0)


def drawn_in_turn(order: Order, rows: list[Row]) -> str:
    """Give the bucket ids in the order in which a growing amount reaches them."""
    reached: list[str] = []
    for amount in range(1, sum(each.left for each in rows) + 1):
        shares = split_checked(order, rows, amount)
        reached += [r.facts.id for r, n in zip(rows, shares, strict=True) if n and r.facts.id not in reached]
    return " ".join(reached)


def shortest_life(of: Facts) -> timedelta | None:
    return None if of.expires is None else of.expires - of.starts


def by_last_letter(of: Facts) -> str:
    return of.id[-1]


def kind_then_priority(of: Facts) -> tuple[object, ...]:
    return of.kind, -of.priority


class Unhashable:
    """A callable, and equal by value, but it may change."""

    __hash__ = None  # type: ignore[assignment]

    def __call__(self, of: Facts) -> str:
        return of.id

    def __repr__(self) -> str:
        return "Unhashable()"


@frozen
class Own:
    """A host's policy with a field, which may hold what cannot be hashed."""

    held: Any = None

    def split(self, rows: Sequence[Row], amount: int, /) -> Sequence[int]:
        raise AssertionError(rows, amount)  # it is never asked


ONE_OF_EACH = [row(kind, kind, left=2) for kind in ("zebra", "credit", "ant", "promo", "top_up", "quota", "rollover")]

ORDERS = st.sampled_from(
    [
        DEFAULT,
        soonest_expiring,
        oldest_first,
        by_priority,
        promo_before_paid,
        by_kind("top_up", "zebra", "quota"),
        by_kind("promo").then(soonest_expiring),
        soonest_expiring.then(by_priority).then(oldest_first),
        order_by("shortest_life", shortest_life),
        order_by("last letter", by_last_letter).then(promo_before_paid),
        order_by("kind, priority", kind_then_priority),
    ]
)

FACTS = st.builds(
    facts,
    st.text("abc", min_size=1, max_size=3),
    st.sampled_from([*KINDS, "ant", "zebra"]),
    day=st.integers(0, 2),
    ends=st.none() | st.integers(3, 5),
    priority=st.integers(-1, 1),
    paid=st.booleans(),
)
ROWS = st.lists(
    st.builds(Row, facts=FACTS, left=st.integers(0, 20), used=st.integers(0, 20)),
    max_size=7,
    unique_by=lambda each: each.facts.id,
)


class TestWhoPaysFirst:
    @pytest.mark.requirement("Q6", "R2")
    @pytest.mark.parametrize(
        ("order", "expected"),
        [
            (DEFAULT, "quota rollover promo top_up credit ant zebra"),
            (by_kind("rollover", "quota", "top_up"), "rollover quota top_up promo credit ant zebra"),
            (by_kind("quota", "rollover", "top_up"), "quota rollover top_up promo credit ant zebra"),
            (by_kind("zebra"), "zebra quota rollover promo top_up credit ant"),
            (by_kind("credit", "never seen"), "credit quota rollover promo top_up ant zebra"),
        ],
        ids=repr,
    )
    def test_kinds(self, order: Order, expected: str) -> None:
        """Kinds not named come last: the library's own in default order, then the host's by name."""
        assert expected == drawn_in_turn(order, ONE_OF_EACH)

    @pytest.mark.parametrize(
        ("order", "expected"),
        [
            (DEFAULT, "d c e a b"),
            (soonest_expiring, "d a c e b"),
            (oldest_first, "b d c a e"),
            (by_priority, "b e d c a"),
            (promo_before_paid, "e a b d c"),
            (soonest_expiring.then(promo_before_paid), "a d c e b"),
            (by_kind("promo").then(oldest_first), "b a d c e"),
        ],
        ids=repr,
    )
    def test_one_fact_decides(self, order: Order, expected: str) -> None:
        """The named fact decides; what it leaves open is decided by kind, then soonest end, oldest and id."""
        rows = [
            row("a", "promo", day=2, ends=9, priority=2, paid=True),
            row("b", "promo", day=0, priority=-1),
            row("c", "quota", day=1, ends=12, priority=1, paid=True),
            row("d", "quota", day=1, ends=9, priority=1, paid=True),
            row("e", "quota", day=3),
        ]

        assert expected == drawn_in_turn(order, rows)

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            (row("b", ends=5, day=1), row("a", ends=6, day=0)),
            (row("b", ends=5, day=1), row("a", day=0)),
            (row("b", ends=5, day=0), row("a", ends=5, day=1)),
            (row("b", day=0), row("a", day=1)),
            (row("a", left=1), row("b", left=99)),
            (row("a", left=99), row("b", left=1)),
        ],
    )
    def test_ties_in_a_kind(self, first: Row, second: Row) -> None:
        """Earlier end, then older, then id; never the larger first."""
        assert split_checked(DEFAULT, [first, second], 1) == (1, 0)
        assert split_checked(DEFAULT, [second, first], 1) == (0, 1)

    def test_in_turn(self) -> None:
        """A bucket is emptied before the next one pays, whatever was used of it."""
        rows = [row("a", left=5), Row(facts=facts("b"), left=7, used=100), row("c", left=0), row("d", left=3)]

        assert [split_checked(DEFAULT, rows, amount) for amount in (0, 6, 13, 15)] == [
            (0, 0, 0, 0),
            (5, 1, 0, 0),
            (5, 7, 0, 1),
            (5, 7, 0, 3),
        ]

    def test_nothing_to_split(self) -> None:
        """Without rows, nothing can be asked for, and nothing is drawn."""
        assert split_checked(DEFAULT, [], 0) == ()


class TestLaws:
    @given(ORDERS, ROWS)
    def test_total(self, order: Order, rows: list[Row]) -> None:
        """Any two buckets have places that differ and compare, so exactly one of them is first."""
        places = sorted(order.sort_key(each.facts) for each in rows)

        assert all(one < other for one, other in pairwise(places))

    @given(ORDERS, ROWS, st.data())
    def test_conserves(self, order: Order, rows: list[Row], data: st.DataObject) -> None:
        """A split draws the amount, over-draws nobody, and leaves at most one bucket partly drawn."""
        amount = data.draw(st.integers(0, sum(each.left for each in rows)))
        shares = order.split(rows, amount)

        assert shares == split_checked(order, rows, amount)
        assert sum(0 < share < each.left for share, each in zip(shares, rows, strict=True)) <= 1

    @given(ORDERS, ROWS, st.randoms(use_true_random=False), st.data())
    def test_rows_in_any_order(self, order: Order, rows: list[Row], random: Any, data: st.DataObject) -> None:
        """Who pays does not depend on the order of the rows."""
        amount = data.draw(st.integers(0, sum(each.left for each in rows)))
        mixed = random.sample(rows, len(rows))

        expected = dict(zip((r.facts.id for r in rows), split_checked(order, rows, amount), strict=True))

        assert expected == dict(zip((r.facts.id for r in mixed), split_checked(order, mixed, amount), strict=True))

    @given(ORDERS, ROWS, st.data())
    def test_split_spend(self, order: Order, rows: list[Row], data: st.DataObject) -> None:
        """A spend in two parts draws what one spend draws."""
        amount = data.draw(st.integers(0, sum(each.left for each in rows)))
        first = split_checked(order, rows, data.draw(st.integers(0, amount)))
        rest = [Row(facts=r.facts, left=r.left - n, used=r.used + n) for r, n in zip(rows, first, strict=True)]
        second = split_checked(order, rest, amount - sum(first))

        assert split_checked(order, rows, amount) == tuple(map(sum, zip(first, second, strict=True)))

    @given(ORDERS, ORDERS, ORDERS, FACTS)
    def test_then_is_associative(self, first: Order, second: Order, third: Order, of: Facts) -> None:
        """Where the brackets stand in a chain of orders makes no difference; `DEFAULT` at the end adds nothing."""
        if DEFAULT in (first, second):
            return
        left, right = first.then(second).then(third), first.then(second.then(third))

        assert left == right
        assert left.sort_key(of) == right.sort_key(of)
        assert first == first.then(DEFAULT)


class TestAsData:
    @pytest.mark.parametrize(
        ("order", "expected"),
        [
            (DEFAULT, "DEFAULT"),
            (by_kind("rollover", "quota", "top_up"), "by_kind('rollover', 'quota', 'top_up')"),
            (by_kind("promo").then(oldest_first), "by_kind('promo').then(oldest_first)"),
            (soonest_expiring.then(by_priority).then(DEFAULT), "soonest_expiring.then(by_priority)"),
            (promo_before_paid, "promo_before_paid"),
            (order_by("shortest_life", shortest_life), "order_by('shortest_life')"),
        ],
    )
    def test_repr(self, order: Order, expected: str) -> None:
        """The repr is the line of the plan that made the order."""
        assert expected == repr(order)

    def test_equal_by_value(self) -> None:
        """Orders made alike are equal and hash alike; other kinds, names or functions make another order."""
        assert by_kind("a", "b").then(oldest_first) == by_kind("a", "b").then(oldest_first)
        assert hash(by_kind("a", "b")) == hash(by_kind("a", "b"))
        assert order_by("x", by_last_letter) == order_by("x", by_last_letter)

        different = [
            by_kind("a", "b"),
            by_kind("b", "a"),
            oldest_first,
            order_by("x", by_last_letter),
            order_by("y", by_last_letter),
            order_by("x", shortest_life),
        ]

        assert all(one != other for one, other in permutations(different, 2))

    @pytest.mark.parametrize(
        "order", [*NAMED.values(), by_kind("b", "a").then(order_by("x", by_last_letter))], ids=repr
    )
    def test_pickle(self, order: Order) -> None:
        """An order survives a pickle."""
        assert order == pickle.loads(pickle.dumps(order))  # noqa: S301  # our own bytes

    def test_named(self) -> None:
        """The shipped orders are found by the name they print."""
        assert list(NAMED) == [repr(order) for order in NAMED.values()]
        assert all(getattr(policies, name) is order for name, order in NAMED.items())

    def test_keys(self) -> None:
        """The keys say by name, kinds and origin how an order was made."""
        order = by_kind("b", "a").then(oldest_first).then(order_by("x", by_last_letter))

        assert [(key.name, key.kinds, key.own) for key in order.keys] == [
            ("by_kind", ("b", "a"), False),
            ("oldest_first", (), False),
            ("x", (), True),
        ]

    @pytest.mark.parametrize("policy", [DEFAULT, oldest_first, evenly(), Own()], ids=repr)
    def test_is_policy(self, policy: DrawPolicy) -> None:
        """What is shipped is a draw policy, and so is a host's hashable object with a `split`."""
        assert is_policy(policy)

    @pytest.mark.parametrize(
        "value", [None, "quota", b"quota", Order, Own, by_last_letter, bytearray(), Own([])], ids=repr
    )
    def test_is_no_policy(self, value: object) -> None:
        """A str and a class have a `split` too, and are none; nor is what cannot be hashed."""
        assert not is_policy(value)


class TestRefusals:
    @pytest.mark.parametrize("kinds", [(), ("a", "b", "a"), ("a", ""), (["a", "b"],), (1,), (None,)])
    def test_kinds(self, kinds: tuple[Any, ...]) -> None:
        """Kinds are non-empty strings, at least one, and each once."""
        with pytest.raises(PlanError, match="by_kind: kinds is ") as caught:
            by_kind(*kinds)

        assert kinds == caught.value.value

    @pytest.mark.parametrize(
        "name", ["", "n" * 65, None, 7, "DEFAULT", "by_kind", "evenly", "oldest_first", "order_by"]
    )
    def test_name(self, name: Any) -> None:
        """A host's key has a name of its own, of 1 to 64 characters."""
        with pytest.raises(PlanError, match=r"order_by: name is .*1 to 64"):
            order_by(name, by_last_letter)

    @pytest.mark.parametrize("key", [None, "id", {}, (by_last_letter, []), Unhashable()], ids=repr)
    def test_key(self, key: Any) -> None:
        """A host's key is a callable that can be hashed."""
        with pytest.raises(PlanError, match=r"order_by 'x': key is .*hashable callable"):
            order_by("x", key)

    @pytest.mark.parametrize("other", [None, "oldest_first", by_last_letter, evenly()])
    def test_then_no_order(self, other: Any) -> None:
        """Only orders can be combined; `evenly` leaves no ties and is none."""
        with pytest.raises(PlanError, match=r"oldest_first: then is .*must be an order"):
            oldest_first.then(other)

    def test_then_after_default(self) -> None:
        """An order after `DEFAULT` would never be asked, so it is refused."""
        with pytest.raises(PlanError, match=r"DEFAULT: then is oldest_first, .*only come last"):
            DEFAULT.then(oldest_first)

    @pytest.mark.parametrize("amount", [-1, 11, 2**60])
    @pytest.mark.parametrize("policy", [by_kind("promo"), evenly()], ids=repr)
    def test_more_than_there_is(self, policy: DrawPolicy, amount: int) -> None:
        """A shipped policy asked directly for what its rows do not hold says so, and never answers with less."""
        with pytest.raises(PolicyError, match=rf"was asked for {amount}, it must be from 0 to the 10 left"):
            policy.split([row("a")], amount)


class TestOwnKey:
    def test_sees_no_balance(self) -> None:
        """A key sees what is fixed: it is given no `left` and no `used`."""
        seen: list[object] = []
        split_checked(order_by("spy", seen.append), [row("a")], 1)

        assert [facts("a")] == seen
        assert not {"left", "used"} & set(dir(seen[0]))

    @pytest.mark.parametrize(
        ("answers", "expected"),
        [
            ({"a": 2, "b": 1, "c": 3}, "b a c"),
            ({"a": True, "b": False, "c": True}, "b a c"),
            ({"a": "z", "b": "y", "c": "x"}, "c b a"),
            ({"a": None, "b": JULY, "c": JULY - timedelta(1)}, "c b a"),
            ({"a": None, "b": timedelta(2), "c": timedelta(1)}, "c b a"),
            ({"a": (1, None), "b": (1, "x"), "c": (0, None)}, "c b a"),
            ({"a": (1, 2), "b": (1,), "c": ()}, "c b a"),
            ({"a": None, "b": None, "c": 0}, "c a b"),
            ({"a": JULY, "b": "x", "c": 1}, "c b a"),
            ({"a": "1", "b": 2**70, "c": ("z",)}, "c b a"),
        ],
    )
    def test_answers(self, answers: dict[str, object], expected: str) -> None:
        """Answers of any allowed types have an order; `None` is last, and equal answers leave it to the default."""
        order = order_by("own", lambda of: answers[of.id])

        assert expected == drawn_in_turn(order, [row("a"), row("b"), row("c")])

    @pytest.mark.parametrize(
        "answer",
        [
            1.0,
            float("nan"),
            Decimal(1),
            b"x",
            [1],
            (1, 2.0),
            ((1,),),
            JULY.replace(tzinfo=None),
            JULY.astimezone(timezone(timedelta(hours=1))),
            IntEnum("Rank", "FIRST").FIRST,  # type: ignore[attr-defined]
            type("Text", (str,), {})("x"),
            type("Pair", (tuple,), {})((1, 2)),
            object(),
        ],
        ids=repr,
    )
    def test_wrong_answer(self, answer: object) -> None:
        """What has no order that can be relied on is refused, also when there is nothing to compare it with."""
        order = oldest_first.then(order_by("own", lambda _: answer))
        for policy in (order, evenly(order).ties):
            with pytest.raises(PolicyError, match=r"key order_by\('own'\) answered with .*, it must be an int, bool"):
                split_checked(policy, [row("a")], 1)

    def test_raises(self) -> None:
        """What a host's key raises passes through as it is."""
        with pytest.raises(ZeroDivisionError):
            order_by("own", lambda of: 1 // of.priority).split([row("a")], 1)
