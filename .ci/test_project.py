"""The reading of README, pyproject and coverage exceptions complains when it should. Run by `.ci/run`."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location("project", Path(__file__).with_name("project.py"))
assert SPEC is not None
assert SPEC.loader is not None
project = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(project)


def test_lowest_pins_each_bound() -> None:
    """A dependency of other systems may have no bound; each other has one."""
    text = "[project]\ndependencies = ['attrs>=23.1', 'b-c >= 2.8.2, <4', \"tzdata; platform_system == 'Windows'\"]"
    assert project.lowest(text) == ["attrs==23.1", "b-c==2.8.2"]


@pytest.mark.parametrize("requirement", ["attrs", "attrs<24", "attrs==23.1"])
def test_a_dependency_without_a_lower_bound_is_refused(requirement: str) -> None:
    """What has no lower bound cannot be tested with it."""
    with pytest.raises(ValueError, match="no lower bound"):
        project.lowest(f"[project]\ndependencies = ['{requirement}']")


def test_versions_come_from_the_classifiers() -> None:
    """`Python :: 3` alone is no version, and none at all is refused."""
    line = "Programming Language :: Python :: "
    assert project.versions(f"'{line}3', '{line}3.12'") == ["3.12"]
    with pytest.raises(ValueError, match="no classifier"):
        project.versions("'Programming Language :: Python :: 3'")


def test_commands_are_the_first_two_shell_blocks() -> None:
    """Other fences before and after do not count."""
    readme = "```python\nx\n```\n```sh\none && two\n```\ntext\n```sh\nthree\n```\n```sh\nmore\nlines\n```\n"
    assert project.command(readme, 1) == "one && two"
    assert project.command(readme, 2) == "three"


@pytest.mark.parametrize(
    "readme",
    [
        "",
        "```sh\na\n```\n",
        "```sh\na\nb\n```\n```sh\nc\n```\n",
        "```sh\n\n```\n```sh\nc\n```\n",
    ],
    ids=["none", "one", "two lines", "empty"],
)
def test_other_shell_blocks_are_refused(readme: str) -> None:
    """What is not two commands of one line each is no README of ours."""
    with pytest.raises(ValueError, match="two shell blocks"):
        project.command(readme, 1)


LEFT_OUT = {"src/a.py": "x = 1  # pragma" + ": no cover\ny = 2\n"}


@pytest.mark.parametrize(
    ("listed", "sources", "expected"),
    [
        ("# a comment\n\nsrc/a.py | x = 1 | the reason", LEFT_OUT, []),
        ("", LEFT_OUT, ["not listed: src/a.py | x = 1"]),
        ("src/a.py | x = 1 | the reason", {"src/a.py": "x = 1\n"}, ["listed, and not there: src/a.py | x = 1"]),
        ("src/a.py | x = 1", LEFT_OUT, ["no reason is given: src/a.py | x = 1"]),
        ("src/a.py | x = 1 | once", {"src/a.py": LEFT_OUT["src/a.py"] * 2}, ["not listed: src/a.py | x = 1"]),
    ],
    ids=["listed", "not listed", "stale", "no reason", "twice"],
)
def test_the_list_and_the_pragmas_agree(listed: str, sources: dict[str, str], expected: list[str]) -> None:
    """Each pragma has its line in the list, and each line of the list its pragma."""
    assert expected == project.exceptions(listed, sources)
