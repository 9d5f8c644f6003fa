"""What a shape is: how one sort of value is written as JSON and read back, and what a schema says of it.

A shape is asked in two steps. First whether a value is of its sort at all, here (`takes`) or in a document (`fits`);
only then to `dump` or to `load` it. What a part's own validation finds is not looked for here.
Each value has one way of being written, so that equal plans give equal documents; some may be read in several.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

from tokenpurse.codec.places import Place

__all__ = ["Schema", "Shape", "dump", "load"]

Schema: TypeAlias = dict[str, Any]


class Shape(Protocol):
    """One sort of value."""

    def right(self) -> str:
        """Say in words what a document has here."""
        ...

    def takes(self, value: object) -> bool:
        """Whether a value is of this sort."""
        ...

    def fits(self, document: object) -> bool:
        """Whether what a document has is of this sort."""
        ...

    def dump(self, value: Any, place: Place) -> Any:
        """Write a value that this takes."""
        ...

    def load(self, document: Any, place: Place) -> Any:
        """Read what fits."""
        ...

    def schema(self, defs: dict[str, Schema]) -> Schema:
        """Describe it; what has a name of its own is put into `defs`."""
        ...


def dump(shape: Shape, value: object, place: Place) -> Any:
    """Write a value. Raises `PlanError` if it is not of that shape."""
    if not shape.takes(value):
        raise place.wrong(value, f"it cannot be written: in a document it must be {shape.right()}")
    return shape.dump(value, place)


def load(shape: Shape, document: object, place: Place) -> Any:
    """Read what a document has. Raises `PlanError` if it is not of that shape."""
    if not shape.fits(document):
        raise place.wrong(document, f"it must be {shape.right()}")
    return shape.load(document, place)
