"""What a plan's own classes look like in a document, found out from their annotations.

A field that is added to a part needs no line here, as long as its annotation is made of what is known below; one that
is not is a `TypeError` when this module's functions first meet it, so no field is ever left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Any, Final, Literal, Union, cast, get_args, get_origin, get_type_hints

import attrs
from attrs import NOTHING, Factory, frozen

from tokenpurse.codec.groups import Names, either, items, pairs
from tokenpurse.codec.named import Draw, Every
from tokenpurse.codec.places import Place
from tokenpurse.codec.shapes import Schema, Shape, dump, load
from tokenpurse.codec.values import Duration, Exact, Flag, Multiple, Nothing, Text, Whole, words
from tokenpurse.errors import PlanError, listed
from tokenpurse.periods import Schedule
from tokenpurse.plans import Bound, PayAsYouGo, Price, Rollover
from tokenpurse.policies import DrawPolicy

__all__ = ["Field", "Part", "part_of"]

_SHAPES: Final[Mapping[Any, Shape]] = {
    bool: Flag,
    int: Whole,
    str: Text,
    Decimal: Exact,
    timedelta: Duration,
    type(None): Nothing,
    Schedule: Every,
    DrawPolicy: Draw,
    Iterable[str]: Names,
    tuple[str, ...]: Names,
}
_SPECIAL: Final[Mapping[tuple[type, str], Shape]] = {
    (Bound, "times"): Multiple,  # of no unit: 3 and Decimal(3) are the same, which they are not as amounts
    (Price, "times"): pairs(pairs(Multiple)),
    (PayAsYouGo, "times"): pairs(pairs(Multiple)),
    (Rollover, "share"): Multiple,
}


@frozen(eq=False)
class Field:
    """One field of a part, as a document has it.

    Attributes:
        name: its name, in both.
        shape: what it looks like.
        default: its default, as a document would have it, which leaves it out; `NOTHING`: it must be given.
    """

    name: str
    shape: Shape
    default: Any

    @property
    def required(self) -> bool:
        """Whether a document must have it."""
        return self.default is NOTHING


@frozen(eq=False)
class Part:
    """A part, or a whole plan: an object with the fields that differ from their defaults."""

    cls: type[Any]
    fields: tuple[Field, ...]

    def right(self) -> str:
        """Say in words what a document has here."""
        return f"an object with the fields of {self.cls.__name__}"

    def takes(self, value: object) -> bool:
        """Whether a value is such a part; a subclass may say more than its fields do."""
        return type(value) is self.cls

    def fits(self, document: object) -> bool:
        """Whether what a document has may be one."""
        return type(document) is dict

    def dump(self, value: Any, place: Place) -> dict[str, Any]:
        """Write a part, without what is as it would be anyway."""
        said = {one.name: dump(one.shape, getattr(value, one.name), place.inside(one.name)) for one in self.fields}
        return {one.name: said[one.name] for one in self.fields if said[one.name] != one.default}

    def load(self, document: dict[Any, Any], place: Place) -> Any:
        """Read a part: it validates itself, and what it finds is said of its place in the document."""
        shapes = {one.name: one.shape for one in self.fields}
        for name, value in document.items():
            if name not in shapes:
                known = f"there is no such field; {self.cls.__name__} has {listed(shapes)}"
                raise place.inside(name).wrong(value, known)
        for one in self.fields:
            if one.required and one.name not in document:
                raise place.inside(one.name).wrong(None, f"it must be given: {one.shape.right()}")
        said = {name: load(shapes[name], value, place.inside(name)) for name, value in document.items()}
        try:
            return self.cls(**said)
        except PlanError as error:
            raise _said_here(error, self.cls, document, place) from None

    def schema(self, defs: dict[str, Schema]) -> Schema:
        """Describe it, under its own name."""
        name = self.cls.__name__
        if name not in defs:
            fields = {one.name: one.shape.schema(defs) for one in self.fields}
            for one in self.fields:
                fields[one.name] |= {} if one.required else {"default": one.default}
            required = [one.name for one in self.fields if one.required]
            defs[name] = {"type": "object", "properties": fields, "required": required, "additionalProperties": False}
        return {"$ref": f"#/$defs/{name}"}


# What a part's own validation calls in Python what a document has in another way.
_IN_DOCUMENTS: Final = {
    "an int": "a whole number",
    "a Decimal": "a decimal number in quotes",
    "a timedelta": "a length of time",
}
_EXAMPLE: Final = re.compile(r"such as Decimal\(('[^']*')\)")
_BOUND: Final = re.compile(r"such as Bound\('([a-z_]*)', Decimal\('0.5'\)\)")


def _value_here(value: object, place: Place) -> object:
    """Give a value as a document has it, where its shape is plain from its type."""
    if isinstance(value, timedelta):
        return Duration.dump(value, place) if Duration.takes(value) else value
    if isinstance(value, Decimal):
        return Exact.dump(value, place) if Exact.takes(value) else value
    if isinstance(value, frozenset):
        return sorted(value)
    return list(value) if isinstance(value, tuple) else value


def _said_here(error: PlanError, cls: type[Any], document: Mapping[str, object], place: Place) -> PlanError:
    """Say of a place in a document what a part found wrong with itself, or a plan with one of its parts."""
    own = error.part.partition(" ")[0] == cls.__name__
    value, right = error.value, error.right
    if own and (isinstance(value, (Decimal, timedelta)) or attrs.has(type(value))):
        value = document.get(error.field, value)
    value = _value_here(value, place)
    for python, here in _IN_DOCUMENTS.items():
        right = right.replace(f"it must be {python}", f"it must be {here}")
    right = _EXAMPLE.sub(r"such as \1", _BOUND.sub(r"such as {'base': '\1', 'times': '0.5'}", right))
    right = right.replace("Tier(None, ...)", "{'up_to': null, ...}")
    return PlanError(place.whole if own else f"{place.whole}, {error.part}", error.field, value, right)


@cache
def part_of(cls: type[Any]) -> Part:
    """Find out what a class looks like in a document.

    Raises:
        TypeError: the annotation of a field is made of something that has no shape.
    """
    hints = get_type_hints(cls)
    fields = [one for one in attrs.fields(cls) if one.init]
    return Part(cls, tuple(_field(cls, one, hints[one.name]) for one in fields))


def _field(cls: type[Any], one: attrs.Attribute[Any], annotation: Any) -> Field:
    shape = _SPECIAL.get((cls, one.name)) or _shape_of(annotation, f"{cls.__name__}.{one.name}")
    default: Any = one.default
    if default is not NOTHING:
        made = default.factory() if isinstance(default, Factory) else default  # type: ignore[arg-type]  # it is a class
        default = dump(shape, made, Place(cls.__name__, one.name))
    return Field(one.name, shape, default)


def _shape_of(annotation: Any, where: str) -> Shape:
    if annotation in _SHAPES:
        return _SHAPES[annotation]
    origin, within = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return _either([_shape_of(one, where) for one in within], where)
    if origin is Literal:
        return words(within)
    if origin is Sequence:
        return items(_shape_of(within[0], where))
    if origin is Mapping and within[0] is str:
        return pairs(_shape_of(within[1], where))
    if origin is tuple and within[1:] == (...,) and get_origin(within[0]) is tuple:
        return pairs(_shape_of(get_args(within[0])[1], where))  # as a part keeps a mapping
    if attrs.has(cast("type[Any]", annotation)):
        return part_of(annotation)
    raise TypeError(f"{where}: there is no shape for {annotation}")


def _either(shapes: list[Shape], where: str) -> Shape:
    """Join shapes, those that take any string or any object last: more than one of either could not be told apart."""
    several = sorted(dict.fromkeys(shapes), key=lambda shape: (shape is Nothing, _is_any(shape)))
    if sum(shape is Text for shape in several) > 1 or sum(isinstance(shape, Part) for shape in several) > 1:
        raise TypeError(f"{where}: what is written cannot be told apart")
    return either(several) if len(several) > 1 else several[0]


def _is_any(shape: Shape) -> bool:
    return shape is Text or isinstance(shape, Part)
