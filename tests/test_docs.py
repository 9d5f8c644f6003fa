"""What the documentation shows is run: the README, every page below docs, and the examples in docstrings.

In a Markdown file each fence marked `python` is run, in order and in one namespace per file, as a reader would type.
A fence that shows a dialogue (`>>>`) is checked with doctest. There is no way to mark a fence as not to be run.
"""

from __future__ import annotations

import doctest
import importlib
import re
import textwrap
from pathlib import Path
from typing import Any, NamedTuple

import pytest

PROJECT = Path(__file__).parents[1]
README = PROJECT / "README.md"
PAGES = [README, *sorted((PROJECT / "docs").rglob("*.md"))]
SOURCE = PROJECT / "src"
MODULES = sorted(
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
    for path in (SOURCE / "tokenpurse").rglob("*.py")
)

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
FENCE = re.compile(
    r"^[ ]*(?P<ticks>`{3,}|~{3,})(?P<info>[^\n`]*)\n(?P<body>.*?)^[ ]*(?P=ticks)[ ]*$",
    re.MULTILINE | re.DOTALL,
)
LOOKS_LIKE_PYTHON = {"py", "py3", "python3", "pycon", "python-console", "ipython", "doctest"}


class Snippet(NamedTuple):
    """One fence of a Markdown file, and the line on which its code starts."""

    code: str
    line: int


def snippets_in(text: str) -> list[Snippet]:
    """Find the fences marked `python`; a `ValueError` for a marking under which one would not be run."""
    found = []
    for match in FENCE.finditer(text):
        line = text.count("\n", 0, match.start("body")) + 1
        words = match["info"].split()
        language = words[0].strip("{}.").lower() if words else ""
        if language in LOOKS_LIKE_PYTHON or (language == "python" and words != ["python"]):
            problem = f"line {line - 1}: a fence with Python is marked exactly `python`, not `{match['info'].strip()}`"
            raise ValueError(problem)
        if language == "python":
            found.append(Snippet(textwrap.dedent(match["body"]), line))
        elif ">>> " in match["body"]:
            problem = f"line {line - 1}: a dialogue with Python in a fence that is not marked `python`"
            raise ValueError(problem)
    return found


def check_dialogue(snippet: Snippet, names: dict[str, Any], where: str) -> None:
    """Run a `>>>` dialogue in a namespace, which keeps what it defines; an `AssertionError` shows what differs."""
    test = doctest.DocTestParser().get_doctest(snippet.code, names, where, where, snippet.line - 1)
    report: list[str] = []
    result = doctest.DocTestRunner(optionflags=FLAGS, verbose=False).run(test, out=report.append, clear_globs=False)
    assert result.attempted > 0, f"{where}:{snippet.line}: a dialogue without a statement"
    assert result.failed == 0, "".join(report)
    names.update(test.globs)


def run_page(text: str, where: str) -> int:
    """Run the snippets of one Markdown text, and say how many there were."""
    names: dict[str, Any] = {"__name__": "__page__"}
    snippets = snippets_in(text)
    for snippet in snippets:
        if snippet.code.lstrip().startswith(">>>"):
            check_dialogue(snippet, names, where)
        else:
            # Blank lines first, so that a traceback shows the line of the page.
            code = compile("\n" * (snippet.line - 1) + snippet.code, where, "exec", dont_inherit=True)
            exec(code, names)  # noqa: S102 - the project's own pages
    return len(snippets)


def check_docstrings(module: object) -> None:
    """Run the examples in the docstrings of a module and of what it defines."""
    for test in doctest.DocTestFinder(exclude_empty=True).find(module):
        report: list[str] = []
        result = doctest.DocTestRunner(optionflags=FLAGS, verbose=False).run(test, out=report.append)
        assert result.failed == 0, "".join(report)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_the_page_runs(page: Path) -> None:
    """Every snippet runs and prints what the page says."""
    assert run_page(page.read_text(encoding="utf-8"), str(page)) >= (1 if page == README else 0)


@pytest.mark.parametrize("name", MODULES)
def test_the_docstrings_run(name: str) -> None:
    """Every example in a docstring gives what it shows."""
    check_docstrings(importlib.import_module(name))


# --- the runner itself ---


def page(*blocks: str) -> str:
    """Write a page of fences, each given as its marking and its code."""
    return "# Page\n\n" + "\n\nThen:\n\n".join(f"```{block}\n```" for block in blocks) + "\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (page("python\nx = 1", "python\nassert x == 1", "sh\nexit 1"), 2),
        (page("python\nx = 1", "python\n>>> y = x + 1\n>>> y\n2", "python\nassert y == 2"), 3),
        (page("python\n>>> print('a', 'b', 'c')\na ... c"), 1),
        ("1. In a list:\n\n   ```python\n   x = 1\n   assert x\n   ```\n", 1),
        (page("json\n{}"), 0),
    ],
    ids=["one namespace", "dialogue", "ellipsis", "indented", "none"],
)
def test_snippets_run_in_order_and_in_one_namespace(text: str, expected: int) -> None:
    """What one snippet defines, the next one has."""
    assert expected == run_page(text, "page.md")


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (page("python\nx = 1", "python\nassert x == 2"), AssertionError, None),
        (page("python\n>>> 1 + 1\n3"), AssertionError, "Expected"),
        (page("python\n>>> # nothing"), AssertionError, "without a statement"),
        (page("python\n1 +"), SyntaxError, None),
        (page("python skip\n1 / 0"), ValueError, "marked exactly"),
        (page("py\n1 / 0"), ValueError, "marked exactly"),
        (page("pycon\n>>> 1\n2"), ValueError, "marked exactly"),
        (page("{.python}\n1 / 0"), ValueError, "marked exactly"),
        (page("\n>>> 1\n2"), ValueError, "not marked"),
    ],
    ids=["assert", "output", "empty", "syntax", "skip", "py", "pycon", "braces", "unmarked"],
)
def test_a_wrong_page_is_found(text: str, error: type[Exception], message: str | None) -> None:
    """A snippet that fails fails the page, and none can be marked so that it is not run."""
    with pytest.raises(error, match=message):
        run_page(text, "page.md")


def test_a_traceback_shows_the_line_of_the_page() -> None:
    """An error in a snippet is at the page's own line number."""
    with pytest.raises(ZeroDivisionError) as caught:
        run_page(page("python\nx = 1", "python\nx = 2\n1 / 0"), "page.md")
    assert caught.traceback[-1].lineno + 1 == 11


def test_a_wrong_docstring_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An example in a docstring that gives something else fails its module."""
    (tmp_path / "shown_wrongly.py").write_text('def f():\n    """Give.\n\n    >>> f()\n    2\n    """\n    return 1\n')
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(AssertionError, match=r"Got:\s+1\s"):
        check_docstrings(importlib.import_module("shown_wrongly"))


def test_the_modules_of_the_package_are_looked_at() -> None:
    """The list of modules is not empty by mistake."""
    assert {"tokenpurse.errors", "tokenpurse.units"} <= set(MODULES)
