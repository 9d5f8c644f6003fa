"""Where in a document something is, so that what is wrong with it is found: by the part, and its field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs
from attrs import frozen

from tokenpurse.errors import PlanError, shown
from tokenpurse.policies import DrawPolicy

__all__ = ["Place"]

_FIELD: Final = re.compile(r"[A-Za-z_]{1,40}")


@frozen
class Place:
    """One value of a document.

    Attributes:
        part: what it belongs to, as `Plan 'pro', offers[2]`; empty for the document itself.
        field: its own name there.
        policies: what the host calls its own policies, everywhere in the document.
    """

    part: str
    field: str
    policies: Mapping[str, DrawPolicy] = attrs.field(default=MappingProxyType({}), repr=False)

    @property
    def whole(self) -> str:
        """What its own fields belong to."""
        return f"{self.part}, {self.field}" if self.part else self.field

    def inside(self, name: object) -> Place:
        """Go to a field of what is here; its name may be anything that a document has."""
        plain = isinstance(name, str) and _FIELD.fullmatch(name)
        return Place(self.whole, f"{name}" if plain else shown(name), self.policies)

    def item(self, key: object) -> Place:
        """Go to one of those that are here, by its number or its name."""
        return Place(self.part, f"{self.field}[{shown(key)}]", self.policies)

    def wrong(self, value: object, right: str) -> PlanError:
        """Make the error that says what would be right here."""
        return PlanError(self.part or self.field, self.field if self.part else "document", value, right)
