"""The shapes of values that are made of others: lists, sets, mappings, and one of several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from attrs import frozen

from tokenpurse.codec.places import Place
from tokenpurse.codec.shapes import Schema, Shape, dump, load
from tokenpurse.codec.values import Text

__all__ = ["ITEMS_MAX", "Names", "either", "items", "pairs"]

ITEMS_MAX = 1_000
"""The most items that one list of a plan may have, written or read."""

_PAIR = 2


@frozen
class _Listed:
    """See `items`."""

    of: Shape

    def right(self) -> str:
        return f"a list of at most {ITEMS_MAX:,}"

    def takes(self, value: object) -> bool:
        return isinstance(value, (list, tuple)) and len(value) <= ITEMS_MAX

    def fits(self, document: object) -> bool:
        return type(document) is list and len(cast("list[object]", document)) <= ITEMS_MAX

    def dump(self, value: Iterable[object], place: Place) -> list[Any]:
        return [dump(self.of, item, place.item(index)) for index, item in enumerate(value)]

    def load(self, document: list[object], place: Place) -> tuple[Any, ...]:
        return tuple(load(self.of, item, place.item(index)) for index, item in enumerate(document))

    def schema(self, defs: dict[str, Schema]) -> Schema:
        return {"type": "array", "items": self.of.schema(defs), "maxItems": ITEMS_MAX}


def items(of: Shape) -> Shape:
    """Items of one shape, in an order that matters."""
    return _Listed(of)


@frozen
class _Names:
    """A set of names, written in the order of the alphabet."""

    def right(self) -> str:
        return f"a list of at most {ITEMS_MAX:,} names, such as ['admin']"

    def takes(self, value: object) -> bool:
        return isinstance(value, (frozenset, set, list, tuple)) and len(value) <= ITEMS_MAX

    def fits(self, document: object) -> bool:
        return type(document) is list and len(cast("list[object]", document)) <= ITEMS_MAX

    def dump(self, value: Iterable[object], place: Place) -> list[str]:
        return sorted(dump(Text, name, place) for name in value)

    def load(self, document: list[object], place: Place) -> tuple[str, ...]:
        found: set[str] = set()
        for index, name in enumerate(document):
            if load(Text, name, place.item(index)) in found:
                raise place.item(index).wrong(name, "it is there twice")
            found.add(cast("str", name))
        return tuple(cast("list[str]", document))

    def schema(self, defs: dict[str, Schema]) -> Schema:
        return {"type": "array", "items": Text.schema(defs), "maxItems": ITEMS_MAX, "uniqueItems": True}


Names: Final = _Names()


@frozen
class _Pairs:
    """See `pairs`."""

    of: Shape

    def right(self) -> str:
        return f"an object of at most {ITEMS_MAX:,}"

    def takes(self, value: object) -> bool:
        if not isinstance(value, (tuple, Mapping)) or len(value) > ITEMS_MAX:
            return False
        found: Iterable[object] = value.items() if isinstance(value, Mapping) else value
        return all(isinstance(pair, tuple) and len(pair) == _PAIR for pair in found)

    def fits(self, document: object) -> bool:
        return type(document) is dict and len(cast("dict[object, object]", document)) <= ITEMS_MAX

    def dump(self, value: Any, place: Place) -> dict[str, Any]:
        found = dict(value)
        return {name: dump(self.of, found[name], place.item(name)) for name in Names.dump(found, place)}

    def load(self, document: dict[object, object], place: Place) -> dict[str, Any]:
        return {load(Text, name, place): load(self.of, value, place.item(name)) for name, value in document.items()}

    def schema(self, defs: dict[str, Schema]) -> Schema:
        return {"type": "object", "additionalProperties": self.of.schema(defs), "maxProperties": ITEMS_MAX}


def pairs(of: Shape) -> Shape:
    """Values of one shape by name: a mapping, or the pairs in which a part keeps one."""
    return _Pairs(of)


@frozen
class _Either:
    """See `either`."""

    shapes: tuple[Shape, ...]

    def right(self) -> str:
        return " or ".join(shape.right() for shape in self.shapes)

    def takes(self, value: object) -> bool:
        return any(shape.takes(value) for shape in self.shapes)

    def fits(self, document: object) -> bool:
        return any(shape.fits(document) for shape in self.shapes)

    def dump(self, value: object, place: Place) -> Any:
        return next(shape for shape in self.shapes if shape.takes(value)).dump(value, place)

    def load(self, document: object, place: Place) -> Any:
        return next(shape for shape in self.shapes if shape.fits(document)).load(document, place)

    def schema(self, defs: dict[str, Schema]) -> Schema:
        return {"anyOf": [shape.schema(defs) for shape in self.shapes]}


def either(shapes: Iterable[Shape]) -> Shape:
    """One of several shapes, of which the first that fits is meant."""
    return _Either(tuple(shapes))
