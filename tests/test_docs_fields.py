"""The page of the plans says what each field of each part says, in the part's own section."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.documents import every_field

PAGE = (Path(__file__).parent.parent / "docs" / "plans.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))
ELSEWHERE = {"Tier": "PayAsYouGo"}
"""Parts of parts: where they are told."""

FIELDS = sorted({(cls.__name__, field.name) for cls, field in every_field() if cls.__name__ != "Unit"})
TABLES = ("Plan", "Allowance", "Price", "PayAsYouGo", "AtZero", "LateUse")


@pytest.mark.parametrize(("part", "field"), FIELDS)
def test_each_field_is_on_the_page(part: str, field: str) -> None:
    """Whoever adds one says it in the table of its part, or in a sentence there."""
    assert re.search(rf"`{field}[=`]", SECTIONS[ELSEWHERE.get(part, part)]), f"{part}.{field} is not in docs/plans.md"


@pytest.mark.parametrize("part", TABLES)
def test_each_field_has_its_row(part: str) -> None:
    """In the parts that have many."""
    rows = "".join(re.findall(r"^\| ([^|]*) \|", SECTIONS[part], re.MULTILINE))
    missing = [field for name, field in FIELDS if name == part and f"`{field}`" not in rows]
    assert not missing
