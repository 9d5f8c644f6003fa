"""Whatever somebody writes into a database: a `SnapshotError` in no time, or exactly what stands there."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from random import Random
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.hostile import altered, documents, garbled
from tokenpurse import Wallet
from tokenpurse.codec import canonical, dump_entry, dump_wallet, load_entry, load_wallet
from tokenpurse.codec.facts import Wrong
from tokenpurse.codec.texts import TEXT_MAX
from tokenpurse.errors import SnapshotError

MESSAGE_MAX = 1_000
SEEDS = st.integers(0, 2**32)


def read(found: Any, *, whole: bool) -> Any:
    return load_wallet(found, id="acme") if whole else load_entry(found, wallet="acme")


def written(value: Any) -> dict[str, Any]:
    return dump_wallet(value) if isinstance(value, Wallet) else dump_entry(value)


def check(found: Any, *, whole: bool) -> str:
    """Read it: it is refused with a message that anybody can print, or it is what is written again. Say which."""
    try:
        value = read(found, whole=whole)
    except SnapshotError as problem:
        said = str(problem)
    else:
        said = ""
    assert (len(said) < MESSAGE_MAX, said.isascii(), said.isprintable()) == (True, True, True)
    if said:
        return "refused"
    again = written(value)
    assert again == (found if isinstance(found, dict) else json.loads(found))
    assert read(canonical(again), whole=whole) == value
    assert len(repr(value)) < 100_000
    return "read"


@settings(max_examples=600)
@given(st.integers(0, len(documents()) - 1), SEEDS)
def test_a_document_that_was_altered_is_refused_or_what_it_says(which: int, seed: int) -> None:
    """Any value anywhere, doubled, swapped, left out, under another name: nothing slips, and nothing else is raised."""
    document = documents()[which]
    check(altered(document, Random(seed)), whole="wallet" in document)  # noqa: S311  # to be played again


@settings(max_examples=400)
@given(st.integers(0, len(documents()) - 1), SEEDS)
def test_a_text_that_was_garbled_is_refused_or_what_it_says(which: int, seed: int) -> None:
    """Letters, pieces of itself, and what JSON readers have been fooled with, in any place; as str and as bytes."""
    document = documents()[which]
    check(garbled(document, Random(seed)), whole="wallet" in document)  # noqa: S311  # likewise


def outcomes(alter: Callable[[dict[str, Any], Random], Any], times: int) -> set[str]:
    """Say what came of so many documents, the same ones every time."""
    chance, found = Random(5), set()  # noqa: S311  # likewise
    for _ in range(times):
        document = chance.choice(documents())
        found.add(check(alter(document, chance), whole="wallet" in document))
    return found


@pytest.mark.parametrize("alter", [altered, garbled])
def test_some_are_read_and_some_are_not(alter: Callable[[dict[str, Any], Random], Any]) -> None:
    """Or these laws would say nothing."""
    assert outcomes(alter, 300) == {"read", "refused"}


class Never(Exception):
    """What nobody raises."""


@pytest.mark.parametrize(
    ("alter", "guards"),
    [
        (garbled, {"tokenpurse.codec.formats.parsed": lambda text, _: json.loads(text)}),
        (altered, {"tokenpurse.codec.snapshots.Wrong": Never}),
        (
            altered,
            {
                "tokenpurse.errors.shortened": str,
                "tokenpurse.codec.snapshots.unsound": lambda _: iter([("x" * 9_000, 5, "right")]),
            },
        ),
    ],
    ids=["text read by plain json", "an error of its own", "a message as long as it likes"],
)
def test_what_is_not_guarded_shows(
    alter: Callable[[dict[str, Any], Random], Any], guards: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: these laws notice when a guard is taken out."""
    for name, instead in guards.items():
        monkeypatch.setattr(name, instead)
    with pytest.raises((AssertionError, json.JSONDecodeError, Wrong)):
        outcomes(alter, 300)


# --- what is long ---

MANY = 300_000
LONG: dict[str, Callable[[], str]] = {
    "brackets": lambda: "[" * TEXT_MAX,
    "empty lists": lambda: "[" + "[]," * 3_000_000 + "[]]",
    "empty objects": lambda: '{"format":[' + "{}," * 3_000_000 + "{}]}",
    "keys": lambda: "{" + ",".join(f'"{number}":1' for number in range(MANY)) + "}",
    "keys, the last one twice": lambda: "{" + ",".join(f'"{number}":1' for number in (*range(MANY), MANY - 1)) + "}",
    "digits": lambda: '{"format":' + "9" * 9_000_000 + "}",
    "digits in quotes": lambda: '{"format":"tokenpurse-wallet-1","wallet":{"version":"' + "9" * 9_000_000 + '"}}',
    "many long numbers": lambda: "[" + ",".join(["9" * 2_900] * 3_300) + "]",
    "an exponent": lambda: "[1e" + "9" * 9_000_000 + "]",
    "fractions": lambda: "[" + "1.5," * 2_400_000 + "1]",
    "escapes": lambda: '["' + "\\u0000" * 1_600_000 + '"]',
    "blanks": lambda: " " * (TEXT_MAX - 1) + "5",
    "buckets": lambda: in_wallet("buckets", ["x"] * 100_000),
    "refs": lambda: in_wallet("memory", {"payments": [], "ring": [[]] * 100_000}),
    "names": lambda: in_wallet("counts", {f"c{number}": 1 for number in range(100_000)}),
    "names too many": lambda: in_wallet("counts", {f"c{number}": 1 for number in range(MANY)}),
    "a key without end": lambda: in_wallet("x" * 9_000_000, 5),
    "a word without end": lambda: in_wallet("tolerance", "P" + "1" * 9_000_000 + "D"),
}


def in_wallet(field: str, value: Any) -> str:
    """Write the document of a wallet with something else in one field."""
    document = documents()[0]
    return json.dumps({**document, "wallet": {**document["wallet"], field: value}})


@pytest.mark.parametrize("name", LONG)
def test_what_is_long_is_refused_in_no_time(name: str) -> None:
    """In a time that grows as the text does, most of it Python's own reader's; by its square it would be hours."""
    text = LONG[name]()
    start = process_time()
    check(text, whole=True)
    assert process_time() - start < 10


@pytest.mark.parametrize("piece", ["[],", "{},", '"",', "1,", '{"a":[]},', "[[[]]],"])
def test_what_is_long_takes_no_more_room_than_json_does(piece: str) -> None:
    """What Python's own reader makes of it, and the text once more at the most."""
    text = '{"format":"tokenpurse-wallet-1","wallet":[' + piece * (1_000_000 // len(piece)) + "0]}"
    tracemalloc.start()
    try:
        json.loads(text)
        _, plain = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        check(text, whole=True)
        _, strict = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert strict < 1.5 * plain + 2 * len(text), (strict, plain)
