"""What is wrong with a document, told from the inside out: each level that it passes adds where it is."""

from __future__ import annotations

from typing import Any

from tokenpurse.errors import shown

__all__ = ["Wrong"]


class Wrong(Exception):  # it never leaves the codec
    """A value of a document that cannot be read.

    Attributes:
        value: what is there.
        right: what would be right.
        path: where it is, innermost first: names of fields, and numbers of items.
    """

    def __init__(self, value: object, right: str) -> None:
        super().__init__(right)
        self.value = value
        self.right = right
        self.path: list[str | int] = []

    def at(self, step: Any) -> Wrong:
        """Say one level further out where it is."""
        self.path.append(step)
        return self

    @property
    def where(self) -> str:
        """The way to it from the outermost: `buckets[2].left_steps`."""
        steps = (f".{one}" if type(one) is str and one.isidentifier() else f"[{shown(one)}]" for one in self.path[::-1])
        return "".join(steps).removeprefix(".")
