"""The gallery of plans: each file is short, says what its rules are, is data, and stands in the index."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType

import pytest

from tokenpurse import Catalogue
from tokenpurse.codec import dump_catalogue, dump_plan, load_catalogue, load_plan

PROJECT = Path(__file__).parents[2]
FILES = sorted(path for path in (PROJECT / "examples" / "plans").glob("*.py") if path.name != "__init__.py")
INDEX = PROJECT / "docs" / "gallery.md"
LINES = 30


def module_of(path: Path) -> ModuleType:
    """The module of a file of the gallery."""
    return importlib.import_module(f"examples.plans.{path.stem}")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_product_is_described_in_thirty_lines(path: Path) -> None:
    """All lines count, those of the docstring and the imports too, and none is longer than others of the project."""
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_its_docstring_says_when_its_rules_were_read(path: Path) -> None:
    """They change, and nobody keeps the gallery up to date with them."""
    docstring = " ".join((module_of(path).__doc__ or "").split())
    assert any(words in docstring for words in ("when it was read", "when they were read", "as read", "As published"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_is_data_and_goes_through_json(path: Path) -> None:
    """One catalogue of plans, each of which is read back from its JSON as it was, alone and with the others."""
    plans = module_of(path).PLANS
    assert isinstance(plans, Catalogue)
    for plan in plans:
        assert load_plan(json.dumps(dump_plan(plan))) == plan
    assert load_catalogue(json.dumps(dump_catalogue(plans))) == plans


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_stands_in_the_index(path: Path) -> None:
    """The page of the gallery has a line with its file."""
    assert f"`examples/plans/{path.name}`" in INDEX.read_text(encoding="utf-8")


def test_the_index_names_no_file_that_is_not_there() -> None:
    """And the gallery is not empty by mistake."""
    named = [part for part in INDEX.read_text(encoding="utf-8").split("`") if part.startswith("examples/plans/")]
    assert sorted(named) == [f"examples/plans/{path.name}" for path in FILES]
    assert "runway.py" in {path.name for path in FILES}
