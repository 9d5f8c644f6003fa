"""What was stored once is read for ever: documents of format 1 load, and come back byte for byte."""

from __future__ import annotations

import json

import pytest

from tests.support.golden import FOLDER, SUMS, classes_in, classes_of_the_schema, fingerprints, text
from tokenpurse import entries as e
from tokenpurse.codec import dump_entry, dump_wallet, load_entry, load_wallet

NAMES = sorted(path.name for path in FOLDER.glob("*.json"))


def kind_of(name: str) -> str:
    """Read the kind of entry off the name of its file."""
    return name.removesuffix(".json").split("-")[2]


def test_no_golden_file_was_edited() -> None:
    """They are somebody's wallets. A new fact makes a new format, an upcaster and new files: see `golden.py`."""
    known = dict(reversed(line.split()) for line in SUMS.read_text(encoding="utf-8").splitlines())
    assert known == fingerprints()


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_document_comes_back_byte_for_byte(name: str) -> None:
    """However it was stored, and whatever was added to the library since."""
    stored = (FOLDER / name).read_text(encoding="utf-8")
    if name.startswith("wallet-"):
        for form in (stored, stored.encode(), json.loads(stored)):
            assert stored == text(dump_wallet(load_wallet(form, id="acme")))
    else:
        entry = load_entry(stored, wallet="acme")
        assert type(entry).__name__ == kind_of(name)
        assert stored == text(dump_entry(entry))


def test_every_kind_of_entry_is_there() -> None:
    """A new kind adds its file."""
    kinds = {cls.__name__ for cls in map(vars(e).__getitem__, e.__all__) if cls in e.Entry.__subclasses__()}
    assert kinds == {kind_of(name) for name in NAMES if name[0] == "e"}


def test_every_class_of_the_schema_is_there() -> None:
    """Or a change of how one of them is written would go unseen: a new class adds a file."""
    found: set[str] = set()
    for name in NAMES:
        stored = (FOLDER / name).read_text(encoding="utf-8")
        found |= classes_in(
            load_wallet(stored, id="acme")._book if name[0] == "w" else load_entry(stored, wallet="acme")
        )
    assert found >= classes_of_the_schema()
