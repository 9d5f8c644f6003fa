"""Each requirement of the five documented systems is named by a test that proves it.

A test names them with a marker, `@pytest.mark.requirement("Q1", "Q2")`, on a function, a class or a `pytest.param`.
The markers are read from the source, so this file knows them all even when it runs alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

TESTS = Path(__file__).parent

# The systems and how many requirements each has: Q1 to Q9, and so on.
SYSTEMS = {"Q": 9, "R": 8, "P": 5, "G": 7, "C": 9}
REQUIREMENTS = {f"{system}{number}" for system, count in SYSTEMS.items() for number in range(1, count + 1)}


class Awaited(NamedTuple):
    """What is not here yet, and what it comes with; `partly` if the rest of the requirement is here and tested."""

    what: str
    comes_with: str
    partly: bool = False


# Only ever shorter: when a test names a requirement that is awaited as a whole, its line here has to go.
AWAITED = {
    "G7": Awaited("the advice that a higher plan would be better", "forecast and simulation"),
    "P5": Awaited("when the tokens will run out; how many conversations are left is here", "forecast", partly=True),
}


def named_in(tree: ast.Module) -> Iterator[str | None]:
    """Give each id that a requirement marker of a test file names; `None` for one that is not written literally."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"pytest.mark.requirement", "mark.requirement"}:
            if not node.args:
                yield None
            for argument in node.args:
                value = argument.value if isinstance(argument, ast.Constant) else None
                yield value if isinstance(value, str) else None


def complaints_about(tests: Path) -> list[str]:
    """Say what is wrong with the markers in the test files below a folder; an empty list if nothing is."""
    complaints = []
    named: set[str] = set()
    for path in sorted(tests.rglob("test_*.py")):
        for name in named_in(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))):
            if name is None:
                complaints.append(f"{path.name}: a marker without ids, or with one that is not a plain string")
            elif name not in REQUIREMENTS:
                complaints.append(f"{path.name}: there is no requirement {name}")
            else:
                named.add(name)
    whole = {name for name, awaited in AWAITED.items() if not awaited.partly}
    complaints += [f"{name}: no test names it" for name in sorted(REQUIREMENTS - whole - named)]
    complaints += [f"{name}: a test names it, so it is not awaited any more" for name in sorted(whole & named)]
    return complaints


def test_every_requirement_is_named_by_a_test() -> None:
    """Of the 38 requirements each is named, but those that are awaited as a whole."""
    complaints = complaints_about(TESTS)
    assert not complaints, "\n".join(complaints)


def test_there_are_38_requirements_and_the_awaited_are_among_them() -> None:
    """The list of ids is complete, and an awaited one says what is missing and what it comes with."""
    assert len(REQUIREMENTS) == 38
    assert set(AWAITED) <= REQUIREMENTS
    assert all(awaited.what and awaited.comes_with for awaited in AWAITED.values())


ALL_NAMED = "\n".join(
    f"@pytest.mark.requirement({name!r})\ndef test_{name}(): ..." for name in sorted(REQUIREMENTS - {"G7"})
)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (ALL_NAMED, []),
        (ALL_NAMED.replace("'Q8'", "'Q7', 'Q9'"), ["Q8: no test names it"]),
        (ALL_NAMED.replace("pytest.mark.requirement('P5')", "other('P5')"), ["P5: no test names it"]),
        (ALL_NAMED.replace("'G3'", "'G3', 'G7'"), ["G7: a test names it, so it is not awaited any more"]),
        (ALL_NAMED.replace("'C2'", "'C2', 'C10'"), ["test_it.py: there is no requirement C10"]),
        (
            ALL_NAMED + "\n@pytest.mark.requirement(*IDS)\ndef test_more(): ...",
            ["test_it.py: a marker without ids, or with one that is not a plain string"],
        ),
        (
            ALL_NAMED + "\n@pytest.mark.requirement()\ndef test_more(): ...",
            ["test_it.py: a marker without ids, or with one that is not a plain string"],
        ),
    ],
    ids=["all named", "one missing", "another marker", "awaited and named", "unknown", "computed", "empty"],
)
def test_the_scan_complains(source: str, expected: list[str], tmp_path: Path) -> None:
    """A requirement that nobody names is found, and so are a wrong id and an awaited one that has come."""
    folder = tmp_path / "deeper"
    folder.mkdir()
    (folder / "test_it.py").write_text(source, encoding="utf-8")
    (folder / "helper.py").write_text("pytest.mark.requirement('not', 'a test file')", encoding="utf-8")
    assert expected == complaints_about(tmp_path)


def test_a_marker_in_a_parameter_counts(tmp_path: Path) -> None:
    """A table may name a requirement row by row."""
    rows = ", ".join(f"pytest.param(1, marks=pytest.mark.requirement({name!r}))" for name in REQUIREMENTS - {"G7"})
    source = f"@pytest.mark.parametrize('row', [{rows}])\ndef test_rows(row): ..."
    (tmp_path / "test_it.py").write_text(source, encoding="utf-8")
    assert complaints_about(tmp_path) == []
