"""The seals of docs/storing.md: whoever writes to a database without the key is found out, at every byte."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.support.snapshots import prefixes, shuffled
from tokenpurse.codec import canonical, dump_entry, dump_wallet
from tokenpurse.errors import SnapshotError

PAGE = Path(__file__).parents[2] / "docs" / "storing.md"
KEY = bytes(range(32))
Rows = list[tuple[bytes, Any]]


def recipe() -> dict[str, Any]:
    """Run what the page shows."""
    [text] = re.findall(r"```python\n((?:(?!```).)*?def seal\(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(text, str(PAGE), "exec"), names)  # noqa: S102  # our own page
    return names


SEALS = recipe()
seal, check, check_ledger = (SEALS[name] for name in ("seal", "check", "check_ledger"))
STORY, WALLETS = prefixes()[0]


def ledger(count: int) -> Rows:
    """Seal the first entries of a story."""
    rows: Rows = []
    for entry in STORY.entries[:count]:
        text = canonical(dump_entry(entry))
        rows.append((text, seal(KEY, text, rows[-1][1] if rows else "")))
    return rows


ROWS = ledger(8)
LAST = ROWS[-1][1]
TEXT = canonical(dump_wallet(WALLETS[7]))
STORED = seal(KEY, TEXT, LAST)


def is_sealed(text: bytes, stored: Any, rows: Rows, key: bytes = KEY) -> bool:
    try:
        check(key, text, stored, check_ledger(key, rows))
    except SnapshotError:
        return False
    return True


def test_what_was_sealed_is_as_it_was() -> None:
    """Also from a column that shuffles keys."""
    assert is_sealed(TEXT, STORED, ROWS)
    assert canonical(shuffled(json.loads(TEXT), Random(5))) == TEXT  # noqa: S311  # any order will do
    assert is_sealed(canonical(shuffled(json.loads(TEXT), Random(5))), STORED, ROWS)  # noqa: S311  # likewise


def test_s11_each_byte_of_a_wallet_that_is_flipped_is_found() -> None:
    """Threat S11, tampering at rest; a byte more or less too."""
    for place in range(len(TEXT)):
        for bit in (1, 32, 128):
            assert not is_sealed(TEXT[:place] + bytes([TEXT[place] ^ bit]) + TEXT[place + 1 :], STORED, ROWS[-1:0])
    flipped = bytearray(TEXT)
    for place in range(0, len(TEXT), 97):
        flipped[place] ^= 1
        with pytest.raises(SnapshotError):
            check(KEY, bytes(flipped), STORED, LAST)
        flipped[place] ^= 1
        for other in (TEXT[:place] + TEXT[place + 1 :], TEXT[:place] + b" " + TEXT[place:]):
            with pytest.raises(SnapshotError):
                check(KEY, other, STORED, LAST)
    check(KEY, bytes(flipped), STORED, LAST)


def test_s11_each_byte_of_an_entry_that_is_flipped_is_found() -> None:
    """By its own seal."""
    for index, (text, stored) in enumerate(ROWS):
        for place in range(len(text)):
            other = text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :]
            with pytest.raises(SnapshotError):
                check(KEY, other, stored, ROWS[index - 1][1] if index else "")


@pytest.mark.parametrize("stored", [STORED, LAST])
def test_s11_each_letter_of_a_seal_that_is_changed_is_found(stored: str) -> None:
    """A seal in capitals is another one, too."""
    for place, letter in enumerate(stored):
        other = stored[:place] + ("0" if letter != "0" else "1") + stored[place + 1 :]
        rows = [*ROWS[:-1], (ROWS[-1][0], other)] if stored == LAST else ROWS
        assert not is_sealed(TEXT, other if stored == STORED else STORED, rows)
    assert not is_sealed(TEXT, STORED.upper(), ROWS)


DAMAGES: dict[str, Callable[[Rows, int], Rows]] = {
    "dropped": lambda rows, at: [*rows[:at], *rows[at + 1 :]],
    "doubled": lambda rows, at: [*rows[: at + 1], *rows[at:]],
    "swapped": lambda rows, at: [*rows[:at], *rows[at : at + 2][::-1], *rows[at + 2 :]] if rows[at + 1 :] else [],
    "cut off": lambda rows, at: rows[:at],
    "without a seal": lambda rows, at: [*rows[:at], (rows[at][0], None), *rows[at + 1 :]],
    "with the next one's seal": lambda rows, at: [*rows[:at], (rows[at][0], rows[at - 1][1]), *rows[at + 1 :]],
    "put in": lambda rows, at: [*rows[:at], (rows[at][0], seal(bytes(32), rows[at][0], LAST)), *rows[at:]],
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_s11_whatever_is_done_to_a_ledger_is_found(kind: str) -> None:
    """At every place, the end included: there by the wallet's own seal."""
    for at in range(len(ROWS)):
        assert not is_sealed(TEXT, STORED, DAMAGES[kind](ROWS, at)), at


def test_s11_an_older_wallet_does_not_fit_a_newer_ledger() -> None:
    """Though its seal is right; and a wallet does not fit another's ledger."""
    older, rows = canonical(dump_wallet(WALLETS[5])), ledger(6)
    stored = seal(KEY, older, rows[-1][1])
    assert is_sealed(older, stored, rows)
    assert not is_sealed(older, stored, ROWS)
    assert not is_sealed(TEXT, STORED, rows)


@pytest.mark.parametrize("stored", [None, "", "é", "\ud800", STORED[:32], STORED + "0", seal(b"k" * 32, TEXT, LAST)])
def test_s11_no_seal_or_somebody_elses_is_none(stored: Any) -> None:
    """It fails closed."""
    with pytest.raises(SnapshotError):
        check(KEY, TEXT, stored, LAST)


@pytest.mark.parametrize("key", [b"", b"short", bytes(31)])
def test_s11_without_a_key_nothing_is_sealed_and_nothing_is_right(key: bytes) -> None:
    """A setting that is missing stops the host, and lets nothing through."""
    with pytest.raises(ValueError, match="32 bytes"):
        seal(key, TEXT)
    with pytest.raises(ValueError, match="32 bytes"):
        check(key, TEXT, STORED, LAST)


def test_without_the_chain_it_would_not_be_found() -> None:
    """The control: seals that know nothing of each other let entries be dropped, doubled and swapped."""
    alone = [(text, seal(KEY, text)) for text, _ in ROWS]
    for damage in ("dropped", "doubled", "swapped"):
        for text, stored in DAMAGES[damage](alone, 3):
            check(KEY, text, stored)
