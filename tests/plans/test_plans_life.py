"""`Life`: what it accepts, and when what it is given to ends."""

from __future__ import annotations

from typing import Any

import pytest

from tokenpurse import Life
from tokenpurse.errors import PlanError


@pytest.mark.parametrize(
    ("said", "field"),
    [
        *(({name: bad}, name) for name in ("days", "months", "periods") for bad in (0, -1, 1.5, True, "5", 2**31, [])),
        ({"days": 36_526}, "days"),
        ({"days": -1, "ends": "end_of_day"}, "days"),
        ({"days": 0, "months": 1, "ends": "end_of_day"}, "months"),
        ({"months": 1_201}, "months"),
        ({"periods": 1_000_001}, "periods"),
        ({"days": 1, "months": 1}, "months"),
        ({"days": 1, "periods": 1}, "periods"),
        ({"counted_from": "purchase", "days": 1}, "counted_from"),
        ({"counted_from": None, "days": 1}, "counted_from"),
        ({"counted_from": "last_purchase"}, "counted_from"),
        ({"counted_from": "period_end", "periods": 1}, "counted_from"),
        ({"counted_from": "renewal", "periods": 1}, "counted_from"),
        ({"ends": "midnight"}, "ends"),
        ({"ends": None}, "ends"),
    ],
)
def test_a_life_says_which_of_its_fields_makes_no_sense(said: dict[str, Any], field: str) -> None:
    with pytest.raises(PlanError) as caught:
        Life(**said)

    assert (caught.value.part, caught.value.field) == ("Life", field)
    assert caught.value.right


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"days": 36_525},
        {"days": 0, "ends": "end_of_day"},
        {"months": 1_200, "counted_from": "last_purchase"},
        {"periods": 1_000_000, "counted_from": "last_purchase", "ends": "end_of_day"},
        {"ends": "end_of_day"},
    ],
)
def test_a_life_may_be_long_or_for_ever(said: dict[str, Any]) -> None:
    assert Life(**said) == Life(**said)
