"""`Switch`, and what a plan says of itself: data, checked when it is built."""

from __future__ import annotations

import copy
import pickle
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenpurse import Bound, Plan, Switch
from tokenpurse.errors import PlanError
from tokenpurse.pricing import earned, share_price
from tokenpurse.units import as_unit


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"when": "later"}, "Switch: when is 'later', it must be one of now, period_end"),
        ({"use": "kept"}, "Switch: use is 'kept', it must be one of counted, cleared"),
        ({"anchor": "moved"}, "Switch: anchor is 'moved', it must be one of kept, restarted"),
        ({"auto_top_up": "off"}, "Switch: auto_top_up is 'off', it must be one of kept, paused"),
        ({"prorated": 1}, "Switch: prorated is 1, it must be True or False"),
        ({"after_upgrade": None}, "Switch: after_upgrade is None, it must be True or False"),
        ({"keep": "quota"}, "Switch: keep is 'quota', it must be a set of names"),
        ({"forfeit": 3}, "Switch: forfeit is 3, it must be a set of names"),
        ({"forfeit": {"a"}, "keep": {"a"}}, "Switch: keep is 'a', it is forfeited: nothing of it stays"),
        ({"forfeit": {"a"}, "trim": {"a": 1}}, "Switch: trim is 'a', it is forfeited: nothing of it stays"),
        ({"prorated": True, "use": "cleared"}, "Switch: use is 'cleared', a prorated period goes on"),
        ({"prorated": True, "anchor": "restarted"}, "Switch: anchor is 'restarted', a prorated period goes on"),
        ({"trim": {"rollover"}}, "Switch: trim is {'rollover'}, it must be a mapping of kinds"),
        ({"trim": (("a",),)}, "it must be a mapping of kinds"),
        ({"trim": {"Roll Over": 1}}, "Switch: trim is 'Roll Over', it must be a kind"),
        ({"trim": (("a", 1), ("a", 2))}, "Switch: trim is 'a', it must be a kind, each once"),
        ({"trim": {"a": 1.5}}, "Switch: trim is 1.5, it must be an amount, or a Bound"),
        ({"trim": {"a": True}}, "Switch: trim is True, it must be an amount, or a Bound"),
        ({"trim": {"a": Bound("limit")}}, "Switch: trim is 'limit', it must be a multiple of allowance"),
    ],
)
def test_a_switch_that_contradicts_itself_is_found_when_it_is_built(said: dict[str, Any], problem: str) -> None:
    """The error names the field and the value."""
    with pytest.raises(PlanError) as error:
        Switch(**{"when": "now", **said})
    assert problem in str(error.value)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"price": 20}, "Plan 'p': price is 20, it must be"),
        ({"price": Decimal("0.005")}, "Plan 'p': price is Decimal('0.005'), USD is paid in 2 places"),
        ({"price": Decimal("0.5"), "currency": "JPY"}, "Plan 'p': price is Decimal('0.5'), JPY is paid in 0 places"),
        ({"price": Decimal(-1)}, "Plan 'p': price is Decimal('-1'), it must"),
        ({"once": "yes"}, "Plan 'p': once is 'yes', it must be True or False"),
        ({"on_cancel": Switch(when="now", trim={"a": -1})}, "Switch on_cancel: trim is -1, it must"),
    ],
)
def test_a_plan_checks_what_it_says_of_itself(said: dict[str, Any], problem: str) -> None:
    """Its price can be paid, and its trims are amounts."""
    with pytest.raises(PlanError) as error:
        Plan("p", **said)
    assert problem in str(error.value)


def test_a_switch_is_data() -> None:
    """Equal, hashed, copied and pickled by what it says; trims in any order."""
    one = Switch(when="now", trim={"top_up": 5, "rollover": Bound("allowance", 2)}, keep=["quota"])
    other = Switch(when="now", trim={"rollover": Bound("allowance", 2), "top_up": 5}, keep={"quota"})
    assert (one, hash(one)) == (other, hash(other))
    for twin in (
        copy.deepcopy(one),
        pickle.loads(pickle.dumps(one)),  # noqa: S301  # our own bytes
        Switch(when="now", trim=one.trim, keep={"quota"}),
    ):
        assert twin == one


PERIODS = st.integers(1, 10**13).map(lambda microseconds: timedelta(microseconds=microseconds))


@given(PERIODS, st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**9)), max_size=6))
def test_shares_of_one_amount_make_the_whole_however_it_is_cut(whole: timedelta, cuts: list[tuple[int, int]]) -> None:
    """No rest is lost, and none is counted twice."""
    parts = sorted({timedelta(microseconds=cut % (whole // timedelta(microseconds=1))) for _, cut in cuts} | {whole})
    before, since = (0, 0), timedelta()
    for end in parts:
        before, since = earned(before, 12_345, end - since, whole), end
    assert before == (12_345, 0)


@pytest.mark.parametrize(
    ("unit", "steps", "part", "coins"),
    [
        ("USD", 20_000_000, 15, "10.00"),
        ("USD", 10_000, 15, "0.01"),
        ("USD", 10_000, 14, "0.00"),
        ("JPY", 1_000_000, 15, "1"),
    ],
)
def test_a_share_of_a_price_is_rounded_half_up(unit: str, steps: int, part: int, coins: str) -> None:
    """At the places that are paid."""
    money = as_unit(unit)
    share = share_price(money, steps, timedelta(days=part), timedelta(days=30))
    assert money.amount(share) == Decimal(coins)


def test_five_tokens_are_not_five_dollars() -> None:
    """A cap on trim is in the first meter as an `int` and in the currency as a `Decimal`, so the two are not equal."""
    tokens, dollars = (Switch(when="now", trim={"credit": cap}) for cap in (5, Decimal(5)))
    assert tokens != dollars
    assert Plan("pro", on_upgrade=tokens) != Plan("pro", on_upgrade=dollars)
    assert tokens == Switch(when="now", trim={"credit": 5})
    assert hash(tokens) == hash(Switch(when="now", trim={"credit": 5}))
