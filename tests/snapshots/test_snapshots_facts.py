"""No fact is left out of documents: what is added to a class is written and read without a line in the codec."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

import attrs
import pytest

from tokenpurse._engine.book import IN_ORDER, Book
from tokenpurse.buckets import Bucket, Money
from tokenpurse.codec.facts import Wrong, coding_of, one_of
from tokenpurse.entries import PlanKey
from tokenpurse.units import Unit


@attrs.frozen
class Newcomer:
    """Facts of the sorts that others may come to have."""

    at: datetime | None = None
    lasts: timedelta = timedelta()
    flags: tuple[bool, ...] = ()
    maybe: tuple[int | None, ...] = ()
    word: Literal["up", "down"] = "up"
    names: frozenset[str] = frozenset()
    figures: Mapping[str, int] = attrs.field(factory=dict)
    prices: Mapping[str, Money] = attrs.field(factory=dict)
    by_entry: Mapping[int, str] = attrs.field(factory=dict)
    by_plan: Mapping[PlanKey, int] = attrs.field(factory=dict)
    queue: Annotated[Mapping[str, bool], IN_ORDER] = attrs.field(factory=dict)
    either: PlanKey | Money | None = None
    pair: tuple[str, tuple[int, ...]] = ("", ())
    unit: Unit = attrs.field(factory=lambda: Unit.meter("tokens"))
    big: int = 0
    moments: tuple[datetime, ...] = ()


PLAIN = {
    "at": None,
    "big": 0,
    "by_entry": [],
    "by_plan": [],
    "either": None,
    "figures": {},
    "flags": [],
    "lasts": "PT0S",
    "maybe": [],
    "names": [],
    "pair": ["", []],
    "prices": {},
    "queue": [],
    "unit": "tokens",
    "moments": [],
    "word": "up",
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Newcomer(), {}),
        (Newcomer(datetime(2026, 7, 1, tzinfo=UTC)), {"at": "2026-07-01T00:00:00Z"}),
        (Newcomer(datetime(2026, 7, 1, 0, 0, 0, 5, UTC)), {"at": "2026-07-01T00:00:00.000005Z"}),
        (Newcomer(moments=(datetime(2026, 7, 1, tzinfo=UTC),)), {"moments": ["2026-07-01T00:00:00Z"]}),
        (Newcomer(lasts=timedelta(1, 5)), {"lasts": "P1DT5S"}),
        (Newcomer(flags=(True, False)), {"flags": [True, False]}),
        (Newcomer(maybe=(1, None)), {"maybe": [1, None]}),
        (Newcomer(word="down"), {"word": "down"}),
        (Newcomer(names=frozenset("ba")), {"names": ["a", "b"]}),
        (Newcomer(figures={"b": 1, "a": 2}), {"figures": {"a": 2, "b": 1}}),
        (Newcomer(prices={"a b": Money(Unit.meter("x"), 5)}), {"prices": {"a b": {"steps": 5, "unit": "x"}}}),
        (Newcomer(by_entry={12: "b", 7: "a"}), {"by_entry": [[7, "a"], [12, "b"]]}),
        (
            Newcomer(by_plan={PlanKey("b", 1): 1, PlanKey("a", 2): 2}),
            {"by_plan": [[{"name": "a", "revision": 2}, 2], [{"name": "b", "revision": 1}, 1]]},
        ),
        (Newcomer(queue={"b": True, "a": False}), {"queue": [["b", True], ["a", False]]}),
        (Newcomer(either=PlanKey("a", 1)), {"either": {"type": "PlanKey", "name": "a", "revision": 1}}),
        (Newcomer(pair=("a", (1, 2))), {"pair": ["a", [1, 2]]}),
        (Newcomer(unit=Unit.money("USD")), {"unit": "USD"}),
        (Newcomer(unit=Unit.meter("gpu", shown=2)), {"unit": {"kept": 0, "name": "gpu", "paid": None, "shown": 2}}),
        (Newcomer(big=-(2**53) + 1), {"big": -(2**53) + 1}),
        (Newcomer(big=2**60), {"big": f"{2**60}"}),
        (Newcomer(maybe=(-(2**53),)), {"maybe": [f"-{2**53}"]}),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_each_sort_of_value_is_written_in_one_way(value: Newcomer, expected: dict[str, Any]) -> None:
    """Every field, in the order of the alphabet, and back."""
    coding = coding_of(Newcomer)
    document = coding.dump(value)
    assert list(document) == sorted(PLAIN)
    assert document == PLAIN | expected
    read = coding.load(json.loads(json.dumps(document)))
    assert read == value
    assert list(read.queue) == list(value.queue)


def test_a_mapping_whose_order_says_nothing_is_written_in_one() -> None:
    """So equal values have equal documents."""
    one, other = (dict.fromkeys(order, 1) for order in ("abc", "cab"))
    for field in ("figures", "by_plan", "by_entry"):
        keys = {"by_plan": lambda name: PlanKey(name, 1), "by_entry": ord}.get(field, str)
        values = [Newcomer(**{field: {keys(name): 1 for name in found}}) for found in (one, other)]
        assert json.dumps(coding_of(Newcomer).dump(values[0])) == json.dumps(coding_of(Newcomer).dump(values[1]))


def test_a_moment_of_another_zone_is_the_same_moment() -> None:
    """Whoever writes first: it is not remembered in a wrong form."""
    there = datetime.fromisoformat("2031-03-01T02:00:00+02:00")
    assert coding_of(datetime).dump(there) == coding_of(datetime).dump(there.astimezone(UTC)) == "2031-03-01T00:00:00Z"


@pytest.mark.parametrize(
    ("field", "value", "where"),
    [
        ("maybe", [1, None, "x"], "maybe[2]"),
        ("maybe", [None, 0.5], "maybe[1]"),
        ("word", "left", "word"),
        ("word", None, "word"),
        ("flags", [True, 1], "flags[1]"),
        ("prices", {"x": {"steps": 5}}, "prices.x.unit"),
        ("by_entry", [[12, "b"], [7, "a"]], "by_entry"),
        ("by_entry", [["7", "a"]], "by_entry[0][0]"),
        ("queue", [["b", True], ["b", False]], "queue[1][0]"),
        ("either", {"name": "a", "revision": 1}, "either.type"),
        ("either", {"type": "Bucket"}, "either.type"),
        ("pair", ["a"], "pair"),
        ("pair", ["a", [1, "x"]], "pair[1][1]"),
        ("big", f"{2**53 - 1}", "big"),
        ("big", 2**53, "big"),
        ("moments", ["2026-07-01T00:00:00Z", "2026-07-01"], "moments[1]"),
        ("unit", {"kept": 2, "name": "x y", "paid": None, "shown": 0}, "unit.name"),
    ],
)
def test_each_sort_of_value_is_looked_at(field: str, value: Any, where: str) -> None:
    with pytest.raises(Wrong) as caught:
        coding_of(Newcomer).load(PLAIN | {field: value})
    assert where == caught.value.where


@attrs.frozen
class Dated:
    """Nothing says how a date is written."""

    since: date


@attrs.frozen
class Priced:
    """A decimal is no fact: steps are."""

    price: Decimal


@attrs.frozen
class Ambiguous:
    """Nothing tells the one from the other in a document."""

    either: int | str


@attrs.frozen
class Typed:
    """Its name could not be said beside its fields."""

    type: str


@attrs.frozen
class Torn:
    """Either is told by its name."""

    either: Typed | PlanKey


@pytest.mark.parametrize(
    ("cls", "message"),
    [
        (Dated, "there is no way to write <class 'datetime.date'>"),
        (Priced, "there is no way to write <class 'decimal.Decimal'>"),
        (Ambiguous, "could not be told apart"),
        (Torn, "a class that says type could not say its name there"),
    ],
)
def test_a_new_fact_that_needs_a_line_is_not_passed_over(cls: type, message: str) -> None:
    """It fails as soon as any document is written or read."""
    with pytest.raises(TypeError, match=message):
        coding_of(cls)


def test_all_of_a_wallet_is_written() -> None:
    """Each field of its book and of its buckets."""
    defs: dict[str, Any] = {}
    coding_of(Book).schema(defs)
    for cls in (Book, Bucket):
        named = [field.name for field in attrs.fields(cls) if field.init]
        assert sorted(named) == list(defs[cls.__name__]["properties"]) == defs[cls.__name__]["required"]


def test_what_it_looks_like_is_described() -> None:
    """For other programs, as JSON Schema."""
    defs: dict[str, Any] = {}
    assert one_of("kind", [Newcomer]).schema(defs) == {"oneOf": [{"$ref": "#/$defs/Newcomer_by_kind"}]}
    assert defs["Newcomer_by_kind"]["properties"]["kind"] == {"const": "Newcomer"}
    properties = coding_of(Newcomer).schema(defs) and defs["Newcomer"]["properties"]
    assert properties["names"]["items"] == {"$ref": "#/$defs/Text"}
    assert defs["Text"] == {"type": "string", "maxLength": 4_096}
    assert (properties["names"]["maxItems"], properties["names"]["uniqueItems"]) == (100_000, True)
    assert properties["word"] == {"enum": ["up", "down"]}
    assert properties["prices"]["additionalProperties"] == {"$ref": "#/$defs/Money"}
    assert properties["queue"]["items"]["prefixItems"][1] == {"type": "boolean"}
    assert properties["maybe"]["items"]["anyOf"][1] == {"type": "null"}
