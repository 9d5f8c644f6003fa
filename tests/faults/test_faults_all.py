"""Real faults of such systems, F01 to F72, and threats to what is stored, S01 to S23: each has a test of its number.

`test_f25_day_31_is_clamped` is the test of F25; those of a store are in `tests/storage`, those of threats anywhere.
The names are read from the source, so this file knows them all even when it runs alone. What a system did wrong, and
where that was reported, stands in the docstring of its test.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.snapshots.test_snapshots_refused import THREATS as DOCUMENTS
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

THREATS = {
    "S01": "another form than JSON",
    "S02": "a key that is there twice",
    "S03": "numbers that are none",
    "S04": "numbers that nobody can print",
    "S05": "decimals that take for ever",
    "S06": "documents without a bottom",
    "S07": "documents without an end",
    "S08": "what is an int to Python",
    "S09": "texts that are a number to Python",
    "S10": "what is well formed and contradicts itself",
    "S11": "tampering with what is stored",
    "S12": "somebody else's wallet",
    "S13": "what a report of a payment says",
    "S14": "who asks",
    "S15": "texts that a page or a log takes for something else",
    "S16": "who a message tells about",
    "S17": "letters that a database refuses",
    "S18": "letters that look like others",
    "S19": "zones that are files",
    "S20": "dates at the ends of the calendar",
    "S21": "moments in other words",
    "S22": "keys that are none",
    "S23": "numbers that others read as their neighbour",
}
"""Threats to a library whose stored wallets, and some of whose arguments, are somebody else's."""
TRIED = {f"S{int(row[1:]):02}" for row, *_ in DOCUMENTS if row[1:].isdecimal()}
"""Those that a table of documents tries, with their number in the name of each case."""


def complaints_about(rows: Iterable[str], tests: Path, *, of: str) -> list[str]:
    """Say which rows lack a test, and which tests lack a row; an empty list if all is well."""
    named = {name.upper() for name in named_below(tests, rf"test_({of}\d\d)_")}
    complaints = [f"{row}: no test is named after it" for row in sorted(set(rows) - named)]
    return complaints + [
        f"{row}: a test is named after it, and it is no row of this list" for row in sorted(named - set(rows))
    ]


@pytest.mark.parametrize(
    ("rows", "folder", "letter"),
    [(LIBRARY, HERE, "f"), (STORAGE, HERE.parent / "storage", "f"), (set(THREATS) - TRIED, HERE.parent, "s")],
    ids=["library", "storage", "threats"],
)
def test_every_row_has_a_test_of_its_name(rows: Iterable[str], folder: Path, letter: str) -> None:
    """The 63 that the library can get wrong here, the 9 of a store, and the threats that no stored document tries."""
    complaints = complaints_about(rows, folder, of=letter)
    assert not complaints, "\n".join(complaints)


def test_each_of_the_72_rows_has_one_owner() -> None:
    """Library or storage."""
    assert sorted([*LIBRARY, *STORAGE]) == [f"F{number:02}" for number in range(1, 73)]
    assert sorted(THREATS) == [f"S{number:02}" for number in range(1, 24)]
    assert set(THREATS) > TRIED


ALL_NAMED = "\n".join(f"def test_{row.lower()}_is_right(): ..." for row in LIBRARY)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (ALL_NAMED, []),
        (ALL_NAMED.replace("test_f25_", "test_f24_"), ["F25: no test is named after it"]),
        (ALL_NAMED.replace("def test_f25_", "def check_f25_"), ["F25: no test is named after it"]),
        (ALL_NAMED + "\ndef test_f08_too(): ...", ["F08: a test is named after it, and it is no row of this list"]),
        (ALL_NAMED + "\ndef test_f73_too(): ...", ["F73: a test is named after it, and it is no row of this list"]),
    ],
    ids=["all named", "one missing", "no test", "a store's", "no row"],
)
def test_the_list_complains(source: str, expected: list[str], tmp_path: Path) -> None:
    """A row without a test is found, and so is a test without a row."""
    (tmp_path / "test_it.py").write_text(source, encoding="utf-8")
    (tmp_path / "helper.py").write_text("def test_f99_not_in_a_test_file(): ...", encoding="utf-8")
    assert expected == complaints_about(LIBRARY, tmp_path, of="f")
