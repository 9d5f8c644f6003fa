"""Cases that other systems document or test, with their figures: each has a test of its id here, or a reason why not.

`test_order_001_what_ends_first_is_used_first` is the test of case order-001. Where we answer otherwise than the other
system, the docstring says what it answered.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.named import named_below

HERE = Path(__file__).parent

CASES = {
    "order": (1, 4, 7, 10, 13, 16, 19),
    "expiry": (1, 4),
    "rollover": (1, 4, 7, 10, 13, 16, 19, 22),
    "reset": (1, 4, 7, 10),
    "schedule": (1, 4, 7, 10, 13, 16, 19),
    "topup": (1, 4, 7, 10, 13, 16, 19, 22),
    "hold": (1, 4, 7, 10, 13, 16),
    "refund": (1, 4, 7, 10, 13, 16),
    "notice": (1, 4),
    "cap": (1, 4, 7),
    "plan": (1, 4, 7, 10, 13),
    "proration": (1,),
    "price": (1, 4, 7, 10),
    "round": (1, 4),
    "debt": (1, 4),
}
"""The cases, by subject and number."""

IDS = {f"{subject}-{number:03}" for subject, numbers in CASES.items() for number in numbers}

# Only ever shorter: when a test names a case, its line here has to go.
LISTED = {
    "price-001": "graduated prices of post-paid use: a part of a plan that is not here yet",
    "rollover-016": "a quota that ends before its reset: allowances have no life of their own yet",
    # what this is built with at the moment
    **dict.fromkeys(("topup-013", "price-007"), "a bonus with a purchase"),
}
"""Cases without a test, each with the reason."""


def complaints_about(tests: Path) -> list[str]:
    """Say which cases have neither test nor reason, or both; an empty list if all is well."""
    named = {name.replace("_", "-") for name in named_below(tests, r"test_([a-z]+_\d\d\d)_")}
    complaints = [f"{case}: no test is named after it" for case in sorted(IDS - set(LISTED) - named)]
    complaints += [f"{case}: a test is named after it, so it needs no reason" for case in sorted(named & set(LISTED))]
    return complaints + [f"{case}: there is no such case" for case in sorted(named - IDS)]


def test_every_case_is_tested_or_listed() -> None:
    """One of the two, and not both."""
    complaints = complaints_about(HERE)
    assert not complaints, "\n".join(complaints)


def test_there_are_67_cases_and_the_listed_are_among_them() -> None:
    """The list of ids is complete, and whatever has no test has a reason."""
    assert len(IDS) == 67
    assert set(LISTED) <= IDS
    assert all(LISTED.values())


ALL_NAMED = "\n".join(f"def test_{case.replace('-', '_')}_is_right(): ..." for case in sorted(IDS - set(LISTED)))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (ALL_NAMED, []),
        (ALL_NAMED.replace("test_debt_004_", "test_debt_001_"), ["debt-004: no test is named after it"]),
        (ALL_NAMED + "\ndef test_debt_002_too(): ...", ["debt-002: there is no such case"]),
        (
            ALL_NAMED + "\ndef test_price_001_too(): ...",
            ["price-001: a test is named after it, so it needs no reason"],
        ),
    ],
    ids=["all named", "one missing", "no case", "listed and named"],
)
def test_the_list_complains(source: str, expected: list[str], tmp_path: Path) -> None:
    """A case without test and reason is found, and so is a test without a case."""
    (tmp_path / "test_it.py").write_text(source, encoding="utf-8")
    assert expected == complaints_about(tmp_path)
