"""What users copy: the same words in every recipe, each whole in itself, and short."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
RECIPES = sorted(path for path in (PROJECT / "examples" / "storage").glob("*.py") if path.name != "__init__.py")
LINES = 235
PROMISED = {"create", "load", "act", "act_on_two", "due", "entries", "deliver"}


def methods_of(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The methods of a recipe's `Store`."""
    [store] = [node for node in ast.parse(path.read_text()).body if getattr(node, "name", "") == "Store"]
    return [node for node in ast.walk(store) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def parameters_of(path: Path) -> dict[str, list[str]]:
    """What the methods of a recipe's `Store` take, by their names."""
    return {node.name: [each.arg for each in node.args.args] for node in methods_of(path)}


def said_in(path: Path) -> dict[str, list[str]]:
    """What the methods of a recipe's `Store` say: statements, docstrings and messages."""
    return {
        node.name: sorted(
            each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and type(each.value) is str
        )
        for node in methods_of(path)
    }


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_store_has_the_same_methods(path: Path) -> None:
    """So that a host can move from one to another, and the page of the recipes is true of all."""
    found, first = parameters_of(path), parameters_of(RECIPES[0])
    assert set(found) >= PROMISED
    assert {name: found[name] for name in PROMISED} == {name: first[name] for name in PROMISED}


@pytest.mark.parametrize(("plain", "other"), [("postgres", "postgres_async"), ("sqlalchemy_sync", "sqlalchemy_async")])
def test_an_async_recipe_says_what_the_plain_one_says(plain: str, other: str) -> None:
    """Every statement and every docstring, method by method: one is not mended without the other."""
    one, two = (PROJECT / "examples" / "storage" / f"{name}.py" for name in (plain, other))
    assert said_in(one) == said_in(two)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_stands_alone_and_is_read_in_one_sitting(path: Path) -> None:
    """It takes nothing from the other files of the project but the library, and its tables come first."""
    text = path.read_text()
    assert len(text.splitlines()) <= LINES
    assert "from examples" not in text
    assert "import examples" not in text
    tables = max(map(text.find, ("CREATE TABLE", "Table(\n", "(models.Model):", "# What lies there:")))
    assert tables > 0
    assert tables < text.index("class Store:")


def test_every_recipe_is_on_the_page_and_no_other() -> None:
    page = (PROJECT / "docs" / "recipes.md").read_text()
    named = {part for part in page.split("`") if part.startswith("examples/storage/")}
    assert named == {path.relative_to(PROJECT).as_posix() for path in RECIPES}
