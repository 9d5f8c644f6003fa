"""No field of any part is left out of documents and their schema: what is added to a part is seen here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

import attrs
import pytest

from tests.support.documents import FOUND, KNOWN, OWN, RICH, every_field
from tests.support.schema import PUBLISHED, PUBLISHED_WALLETS, text
from tokenpurse import Allowance, Bound, Plan, Rollover
from tokenpurse.codec import dump_plan, plan_schema, wallet_schema
from tokenpurse.codec.parts import part_of
from tokenpurse.codec.places import Place
from tokenpurse.codec.shapes import dump, load
from tokenpurse.errors import PlanError
from tokenpurse.plans import parts

FIELDS = [(cls, field.name) for cls, field in every_field()]
WORDS = [
    (cls, field.name, shape.words)
    for cls, field in every_field()
    for shape in getattr(field.shape, "shapes", (field.shape,))
    if hasattr(shape, "words")
]


def test_every_part_is_reached_from_a_plan() -> None:
    """With all that it can say."""
    assert {*parts.__all__, "Plan", "Unit"} == {cls.__name__ for cls, _ in FIELDS}
    for cls in {cls for cls, _ in FIELDS}:
        named = {field.name for field in attrs.fields(cls) if field.init}
        assert named == {name for one, name in FIELDS if one is cls}


@pytest.mark.parametrize(("cls", "name"), FIELDS, ids=[f"{cls.__name__}.{name}" for cls, name in FIELDS])
def test_every_field_is_in_a_document_that_comes_back(cls: type, name: str) -> None:
    """Each is set to something else than its default by one of the plans that the laws start from."""
    assert (cls.__name__, name) in FOUND, "set it in RICH, in tests/support/documents.py"
    assert name in plan_schema()["$defs"][cls.__name__]["properties"]


def instances(value: Any, cls: type) -> Any:
    """Find a part of that class in a plan."""
    if isinstance(value, cls):
        yield value
    if isinstance(value, tuple):
        for item in value:
            yield from instances(item, cls)
    elif attrs.has(type(value)) and type(value).__module__.startswith("tokenpurse.plans"):
        for field in attrs.fields(type(value)):
            yield from instances(getattr(value, field.name), cls)


@pytest.mark.parametrize(("cls", "name", "words"), WORDS, ids=[f"{cls.__name__}.{name}" for cls, name, _ in WORDS])
def test_the_words_of_an_annotation_are_those_that_the_part_takes(cls: type, name: str, words: tuple[str, ...]) -> None:
    """So what a type checker and the schema say is what the part's own validation says."""
    part = next(instance for plan in KNOWN for instance in instances(plan, cls))
    with pytest.raises(PlanError) as caught:
        attrs.evolve(part, **{name: "nothing_such"})
    assert caught.value.right == f"it must be one of {', '.join(words)}"


def test_there_are_words_to_compare() -> None:
    """The table above is not empty by mistake."""
    assert (Bound, "base") in [(cls, name) for cls, name, _ in WORDS]
    assert (Allowance, "given") in [(cls, name) for cls, name, _ in WORDS]


def test_the_published_schemas_are_those_of_the_code() -> None:
    """`python -m tests.support.schema` writes it anew. A default that changes changes what old documents mean."""
    assert text(plan_schema()) == PUBLISHED.read_text(encoding="utf-8"), "run: python -m tests.support.schema"
    assert text(wallet_schema()) == PUBLISHED_WALLETS.read_text(encoding="utf-8"), "run: python -m tests.support.schema"


# --- a part that the library does not have yet ---


@attrs.frozen
class Newcomer:
    """A part with fields of the sorts that others may come to have."""

    life: timedelta | Literal["period", "forever"] | None = None
    factors: Mapping[str, Decimal] | tuple[tuple[str, Decimal], ...] = ()
    steps: Sequence[int] = ()
    caps: Sequence[Bound | int] = ()
    names: tuple[tuple[str, bool], ...] = ()


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (Newcomer(), {}),
        (Newcomer(life="period"), {"life": "period"}),
        (Newcomer(life=timedelta(1)), {"life": "P1D"}),
        (Newcomer(factors={"gpt": Decimal("2.50"), "a": Decimal(1)}), {"factors": {"a": "1", "gpt": "2.5"}}),
        (Newcomer(factors=(("gpt", Decimal(2)),)), {"factors": {"gpt": "2"}}),
        (Newcomer(steps=(3, 1)), {"steps": [3, 1]}),
        (Newcomer(caps=[3, Bound("limit")]), {"caps": [3, {"base": "limit"}]}),
        (Newcomer(names=(("a", True),)), {"names": {"a": True}}),
    ],
    ids=str,
)
def test_a_new_field_needs_no_line_here(part: Newcomer, expected: Any) -> None:
    """As long as it is made of what is known."""
    shape = part_of(Newcomer)
    assert expected == dump(shape, part, Place("Plan 'pro'", "newcomer"))
    found = load(shape, expected, Place("Plan 'pro'", "newcomer"))
    assert expected == dump(shape, found, Place("Plan 'pro'", "newcomer"))


@attrs.frozen
class Dated:
    """Nothing says how a date is written."""

    since: date


@attrs.frozen
class Ambiguous:
    """Nothing tells the one from the other in a document."""

    either: Bound | Rollover


@pytest.mark.parametrize(
    ("cls", "message"),
    [
        (Dated, "Dated.since: there is no shape for <class 'datetime.date'>"),
        (Ambiguous, "Ambiguous.either: what is written cannot be told apart"),
    ],
)
def test_a_new_field_that_needs_a_line_is_not_passed_over(cls: type, message: str) -> None:
    """It fails as soon as any document is written or read."""
    with pytest.raises(TypeError, match=message):
        part_of(cls)


def test_a_plan_is_written_whole() -> None:
    """The rich plan has each of its own fields in its document."""
    fields = {field.name for field in attrs.fields(Plan) if field.init}
    assert fields == dump_plan(RICH, policies=OWN).keys() - {"format"}


LONG = ("9" * 60, "0." + "1" * 60)


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity", "1E+60", "1E-61", "1." + "1" * 61])
def test_a_number_that_could_not_be_read_again_is_not_written(number: str) -> None:
    """No amount is that long; what a part does not look at may be."""
    with pytest.raises(
        PlanError, match=r"newcomer: factors\['x'\] is .*, it cannot be written: in a document it must be"
    ):
        dump(part_of(Newcomer), Newcomer(factors={"x": Decimal(number)}), Place("Plan 'pro'", "newcomer"))


@pytest.mark.parametrize(
    ("number", "expected"),
    [("0.050", "0.05"), ("-12.5", "-12.5"), ("1E+59", f"{10**59}"), *((long, long) for long in LONG)],
)
def test_a_number_is_written_as_people_write_it(number: str, expected: str) -> None:
    """Without an exponent, and exactly."""
    written = dump(part_of(Newcomer), Newcomer(factors={"x": Decimal(number)}), Place("Plan 'pro'", "newcomer"))
    assert written == {"factors": {"x": expected}}
    assert load(part_of(Newcomer), written, Place("", "newcomer")).factors == {"x": Decimal(number)}


def test_a_length_of_time_that_goes_back_is_not_written() -> None:
    """No part has one."""
    with pytest.raises(PlanError, match=r"newcomer: life is .*, it cannot be written"):
        dump(part_of(Newcomer), Newcomer(life=timedelta(-1)), Place("Plan 'pro'", "newcomer"))
