"""What is wrong with a document, told from the inside out: each level that it passes adds where it is."""

from __future__ import annotations

import re
from typing import Any, Final

from tokenpurse.errors import shown

__all__ = ["Wrong"]

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
"""What a field, or what is kept by a name, is called; whoever writes documents may call a field anything."""


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
        steps = (f".{one}" if _is_name(one) else f"[{shown(one)}]" for one in self.path[::-1])
        return "".join(steps).removeprefix(".")


def _is_name(step: object) -> bool:
    return type(step) is str and _NAME.fullmatch(step) is not None
