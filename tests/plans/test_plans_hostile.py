"""Whatever stands in a field of a part: the plan is built, or its error is the library's own, and can be read."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any, Never

import attrs
import pytest

from tokenpurse import Alert, Allowance, Bound, Count, Life, Limit, Offer, PayAsYouGo, Plan, Price, Rollover, Tier
from tokenpurse.errors import PurseError


class Hostile:
    """It cannot be hashed, and whoever compares, shows or asks it gets an exception of its own."""

    __hash__ = None  # type: ignore[assignment]  # on purpose

    def _refuse(self, *_: object) -> Never:
        raise RuntimeError("nobody should have asked")

    __eq__ = __repr__ = __bool__ = __len__ = _refuse  # type: ignore[assignment]  # on purpose


class Text(str):
    """A subclass, which may lie."""

    __slots__ = ()


BAD: list[Any] = [
    *(Hostile(), [], {}, (), set(), [1], (1, 2), {"a"}, {""}, {1: 2}, object(), len, b"x"),
    *((([], {}),), ((Hostile(), {}),), (("a", Hostile()),), {"a": Hostile()}, {"a": {"b": Hostile()}}, {"a": {}}),
    *({"a": {"b": True}}, {"a": {"b": 1.5}}, (("a", (("b", 2), ("b", 3))),), (("a", {"b": 2}), ("a", {"b": 3}))),
    *(
        Text("quota"),
        True,
        -1,
        0,
        1.5,
        2**80,
        Decimal("NaN"),
        Decimal(-1),
        "x" * 100_000,
        "\ud800",
        None,
        timedelta(-1),
    ),
]

TOKENS = Allowance(5, per="seats")
HOLDERS: dict[type[Any], tuple[dict[str, Any], Any]] = {
    Allowance: ({"amount": 5}, lambda one: {"allowances": [one]}),
    Rollover: ({}, lambda one: {"allowances": [TOKENS], "rollovers": [one]}),
    Offer: ({"name": "x", "price": Decimal(1)}, lambda one: {"allowances": [TOKENS], "offers": [one]}),
    Price: ({"meter": "video", "cost": 5, "unit": "tokens"}, lambda one: {"allowances": [TOKENS], "prices": [one]}),
    PayAsYouGo: ({"price": Decimal(1)}, lambda one: {"allowances": [TOKENS], "pay_as_you_go": [one]}),
    Tier: (
        {"up_to": 5, "price": Decimal(1)},
        lambda one: {"pay_as_you_go": [PayAsYouGo(tiers=[one, Tier(None, Decimal(2))])]},
    ),
    Limit: ({"name": "a", "amount": 5}, lambda one: {"allowances": [TOKENS], "limits": [one]}),
    Alert: ({"name": "a", "watch": "left", "below": 3}, lambda one: {"allowances": [TOKENS], "alerts": [one]}),
    Count: ({"name": "seats"}, lambda one: {"allowances": [TOKENS], "counts": [one]}),
    Life: ({"days": 3}, lambda one: {"offers": [Offer("x", price=Decimal(1), life=one)]}),
    Bound: ({"base": "allowance"}, lambda one: {"allowances": [TOKENS], "limits": [Limit("a", one)]}),
    Plan: ({"name": "p"}, None),
}
FIELDS = [(part, field.name) for part in HOLDERS for field in attrs.fields(part) if field.init]


@pytest.mark.parametrize(("part", "name"), FIELDS, ids=[f"{part.__name__}.{name}" for part, name in FIELDS])
def test_no_value_of_any_field_gives_an_error_of_another_kind(part: type[Any], name: str) -> None:
    """An exception of the value's own, or of Python's, would tell nobody which part and field it is."""
    good, holder = HOLDERS[part]
    said = []
    for bad in BAD:
        try:
            built = part(**{**good, name: bad})
            _ = built if holder is None else Plan("p", **holder(built))
        except PurseError as error:
            said.append(str(error))

    assert all(said)
    assert said, "whatever it is, it is accepted"
