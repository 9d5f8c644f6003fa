"""The page of rules is complete: each of the 55 kinds has its row, and below its table an example that is run.

That the examples give what they show is `test_docs.py`'s matter.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.test_docs import snippets_in

PAGE = Path(__file__).parents[1] / "docs" / "rules.md"
RULES = range(1, 56)
LINES = 8

# Only ever shorter: what has an example goes from here.
WAITING: frozenset[int] = frozenset()
"""Rules without an example: the parts that say them are being built at the moment."""


def complaints_about(page: str) -> list[str]:
    """Say which rules have no row, or more than one, or no example in their section; an empty list if all is well."""
    complaints = []
    rows, shown = [], []
    for section in page.split("\n## ")[1:]:
        heading = section.partition("\n")[0]
        here = [
            int(number)
            for number in re.findall(r"^\| (\d+) \| [^|]+ \| [^|]*`[^|]+ \| [^|]+ \|$", section, re.MULTILINE)
        ]
        examples = re.findall(r"^\*\*(\d+)\*\* .+\n\n(```python\n>>> (?:.*\n)+?```)", section, re.MULTILINE)
        numbers = [int(number) for number, _ in examples]
        complaints += [
            f"{number}: not in the order of the table of {heading!r}" for number in numbers if number not in here
        ]
        for number, fence in examples:
            [snippet] = snippets_in(fence)
            said = [line for line in snippet.code.splitlines() if line.startswith((">>> ", "... "))]
            complaints += [f"{number}: an example of {len(said)} lines"] if len(said) > LINES else []
        rows += here
        shown += numbers
    complaints += [f"{number}: {rows.count(number)} rows" for number in RULES if rows.count(number) != 1]
    complaints += [
        f"{number}: {shown.count(number)} examples"
        for number in RULES
        if shown.count(number) != (number not in WAITING)
    ]
    return complaints + [f"{number}: there is no such rule" for number in sorted({*rows, *shown} - set(RULES))]


def test_every_rule_has_a_row_and_an_example() -> None:
    """Each once, the example in the section of the row, in at most eight lines."""
    complaints = complaints_about(PAGE.read_text(encoding="utf-8"))
    assert not complaints, "\n".join(complaints)


TEXT = PAGE.read_text(encoding="utf-8")
ROW = next(line for line in TEXT.splitlines() if line.startswith("| 17 |"))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (ROW, "", ["17: not in the order of the table of 'What carries over'", "17: 0 rows"]),
        (ROW, f"{ROW}\n{ROW}", ["17: 2 rows"]),
        (ROW, re.sub("`", "", ROW), ["17: not in the order of the table of 'What carries over'", "17: 0 rows"]),
        ("\n**17** ", "\n17 ", ["17: 0 examples"]),
        ("\n**17** ", "\n**16** ", ["16: 2 examples", "17: 0 examples"]),
        (
            "\n**17** ",
            "\n**77** ",
            ["77: not in the order of the table of 'What carries over'", "17: 0 examples", "77: there is no such rule"],
        ),
        ("\n>>> [kinds", "\n" + ">>> x = 1\n" * 8 + ">>> [kinds", ["17: an example of 9 lines"]),
    ],
    ids=["no row", "two rows", "no field", "no number", "twice", "no such rule", "long"],
)
def test_the_page_is_complained_about(old: str, new: str, expected: list[str]) -> None:
    """What is missing, doubled, misplaced or long is found."""
    assert old in TEXT
    assert complaints_about(TEXT.replace(old, new, 1)) == expected
