"""Real faults of credit, quota and wallet systems, numbered F01 to F72: each that is ours has a test of its number.

`test_f25_day_31_is_clamped` is the test of F25. The names are read from the source, so this file knows them all even
when it runs alone. What a system did wrong, and where that was reported, stands in the docstring of its test.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.named import named_below

HERE = Path(__file__).parent

LIBRARY = {
    # doing something twice
    "F01": "a webhook that comes again grants again",
    "F02": "two ways to report one payment, with two keys",
    "F03": "one key for two amounts",
    "F04": "a key that is looked for among everybody's",
    "F05": "a key that is forgotten too soon",
    "F06": "the key is stored and the work is not",
    "F07": "a refused attempt that later succeeds by itself",
    "F09": "a second reset that clears the new period's use",
    "F10": "the same reset accepted twice",
    "F11": "a recurrence that any event runs again",
    "F12": "a status that flaps and grants again",
    "F13": "a mail that goes out before the change is stored",
    "F22": "another tenant's wallet",
    "F23": "a snapshot that lacks what the future needs",
    "F24": "a ledger that takes an entry twice",
    # calendar and clock
    "F25": "day 31 becomes the next month's first",
    "F26": "day 31 never comes, or raises",
    "F27": "an anchor that drifts",
    "F28": "calendar month or anniversary, nobody knows",
    "F29": "something that fires before its start",
    "F30": "a reset in the hour that is skipped or comes twice",
    "F31": "a day that does not exist",
    "F32": "a change of zone that resets",
    "F33": "the server's midnight",
    "F34": "a clock that steps back",
    "F35": "a boundary that belongs to both periods, or to none",
    "F36": "moments cut to the minute",
    "F37": "years of silence",
    "F38": "use that is reported after the reset",
    "F39": "a reset in the past",
    "F40": "a change of plan that forgets schedule or use",
    "F41": "naive moments, and those that come twice",
    # ends, order, rollover
    "F42": "spent after its end, until a job ran",
    "F43": "an end that takes other money with it",
    "F44": "a page that shows what has ended",
    "F45": "the wrong order of use",
    "F46": "a cap that each carry keeps and their sum does not",
    "F47": "zero, none and missing taken for one another",
    "F48": "a grace longer than the period",
    # holds
    "F49": "a hold that is never released",
    "F50": "more captured than was held",
    "F51": "captured twice, or after its end",
    "F52": "what is held is offered once more",
    "F53": "a hold without any right to it",
    "F54": "a capture that gives back more than was held",
    "F55": "a hold that outlives its bucket or period",
    # refunds, claw-backs, changes of plan
    "F56": "two refunds that are more than was spent",
    "F57": "a refund and a dispute that take twice",
    "F58": "something given back that was never given",
    "F59": "a refund by float and ceiling",
    "F60": "a claw-back of what was spent",
    "F61": "a smaller plan that takes what was bought",
    "F62": "up and down again for a new grant",
    "F63": "use that is carried below nothing",
    # numbers
    "F64": "a negative amount that mints",
    "F65": "not a number, and no comparison notices",
    "F66": "tenths that do not add up",
    "F67": "two roundings that disagree",
    "F68": "overflow, cutting, and endless digits",
    # auto top-up, notices, gates
    "F69": "a storm of top-ups",
    "F70": "exactly on the threshold, and units mixed",
    "F71": "a notice again and again",
    "F72": "a gate that answers otherwise than the verb",
}
"""The faults that the library can have."""

STORAGE = {
    "F08": "two grants within a millisecond",
    "F14": "checked by one, spent by two",
    "F15": "a lock on a row that moves",
    "F16": "the first use by two at once",
    "F17": "a computed difference that is applied again",
    "F18": "a stale copy that overwrites",
    "F19": "a lock that is lost",
    "F20": "reading, then writing, in SQLite",
    "F21": "the wallet stored and the entry not",
}
"""The faults that a store can have: whoever writes wallets and entries, with their version and ids, prevents them."""

# Only ever shorter: when a test names a row, its line here has to go.
AWAITED: dict[str, str] = {}
"""What is not here yet, and what it comes with."""

PARTLY = {
    "F22": "loading a stored wallet under another's id is refused: with the stored form of a wallet",
    "F23": "a field too many or too few is found: with the stored form of a wallet; entries alone are enough already",
    "F68": "digits without end in a stored wallet are refused: with the stored form of a wallet",
}
"""Rows whose tests show all that exists, and what will be shown with the rest."""


def complaints_about(tests: Path) -> list[str]:
    """Say which rows lack a test, and which tests lack a row; an empty list if all is well."""
    named = {name.upper() for name in named_below(tests, r"test_(f\d\d)_")}
    complaints = [f"{row}: no test is named after it" for row in sorted(set(LIBRARY) - set(AWAITED) - named)]
    complaints += [
        f"{row}: a test is named after it, so it is not awaited any more" for row in sorted(named & set(AWAITED))
    ]
    return complaints + [
        f"{row}: a test is named after it, and it is no row of ours" for row in sorted(named - set(LIBRARY))
    ]


def test_every_fault_of_ours_has_a_test_of_its_name() -> None:
    """Of the 63 rows that the library can get wrong each is named, but those that are awaited."""
    complaints = complaints_about(HERE)
    assert not complaints, "\n".join(complaints)


def test_each_of_the_72_rows_has_one_owner() -> None:
    """Library or storage, and what is awaited is the library's."""
    assert sorted([*LIBRARY, *STORAGE]) == [f"F{number:02}" for number in range(1, 73)]
    assert set(AWAITED) | set(PARTLY) <= set(LIBRARY)
    assert not set(AWAITED) & set(PARTLY)


ALL_NAMED = "\n".join(f"def test_{row.lower()}_is_right(): ..." for row in LIBRARY if row not in AWAITED)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (ALL_NAMED, []),
        (ALL_NAMED.replace("test_f25_", "test_f24_"), ["F25: no test is named after it"]),
        (ALL_NAMED.replace("def test_f25_", "def check_f25_"), ["F25: no test is named after it"]),
        (ALL_NAMED + "\ndef test_f08_too(): ...", ["F08: a test is named after it, and it is no row of ours"]),
        (ALL_NAMED + "\ndef test_f73_too(): ...", ["F73: a test is named after it, and it is no row of ours"]),
    ],
    ids=["all named", "one missing", "no test", "a store's", "no row"],
)
def test_the_list_complains(source: str, expected: list[str], tmp_path: Path) -> None:
    """A row without a test is found, and so is a test without a row."""
    (tmp_path / "test_it.py").write_text(source, encoding="utf-8")
    (tmp_path / "helper.py").write_text("def test_f99_not_in_a_test_file(): ...", encoding="utf-8")
    assert expected == complaints_about(tmp_path)
