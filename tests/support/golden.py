"""Documents of format 1, as they were first written: `python -m tests.support.golden` writes those that are not there.

They stand for what hosts have stored. None is ever edited or written again: a fact that is added makes a new format,
with an upcaster for the one before it, and new files beside these. Only before the first release nothing is stored
anywhere, and `--again` writes all of them anew; it refuses once the version is not 0.1.0.dev0 any more.
"""

# ruff: noqa: T201  # it says what it wrote
from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import attrs

from tests.laws.stories import Story
from tests.support.loose import loose
from tests.support.snapshots import prefixes
from tokenpurse import Allowance, AutoTopUp, Offer, Plan, Switch, Wallet
from tokenpurse.codec import dump_entry, dump_wallet, wallet_schema
from tokenpurse.entries import Entry

__all__ = ["FOLDER", "SUMS", "classes_in", "classes_of_the_schema", "fingerprints", "text"]

PROJECT = Path(__file__).parents[2]
FOLDER = PROJECT / "tests" / "snapshots" / "golden"
SUMS = FOLDER / "sha256.txt"
WALLETS = (0, 1, 2, 4, 8, 11, 14, 15)
"""The stories of which a wallet is kept: that with the longest document."""
RARE = (
    *("AutoTopUpOff", "Between", "Closing", "Counted", "Counter", "Earned", "Gain", "Proration", "RenewalDue", "Rest"),
    "Withheld",
)
"""Classes that none of these has: the shortest document of each is kept, where the one before has it not already."""
_NO_CLASSES = {"Duration", "Moment", "Text", "WholeNumber"}
"""What the schema names besides classes."""


def text(document: dict[str, Any]) -> str:
    """Write a document as it is kept here: to be read by people."""
    return json.dumps(document, indent=1, ensure_ascii=True) + "\n"


def fingerprints() -> dict[str, str]:
    """Give the SHA-256 of each file that is there."""
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(FOLDER.glob("*.json"))}


def documents() -> Iterator[tuple[str, str]]:
    """Give each file's name with its text: of every kind of entry the longest there is, and a few wallets."""
    entries: dict[str, str] = {}
    for story, _ in prefixes():
        for entry in story.entries:
            name, written = type(entry).__name__, text(dump_entry(entry))
            entries[name] = max(entries.get(name, ""), written, key=len)
    yield from ((f"entry-1-{name}.json", written) for name, written in sorted(entries.items()))
    for which in WALLETS:
        _, wallets = prefixes()[which]
        yield f"wallet-1-{which:02}.json", max((text(dump_wallet(wallet)) for wallet in wallets), key=len)
    known = set[str]()
    for name in RARE:
        if name not in known:
            _, kind, written, classes = min(one for one in _all() if name in one[-1])
            known |= classes
            yield f"{kind}-{name}.json", written


@cache
def _all() -> tuple[tuple[int, str, str, frozenset[str]], ...]:
    """Give all that stories say, and one more: how long it is, how its file begins, its text, the classes in it."""
    found: list[tuple[str, str, set[str]]] = []
    for entries, wallets in (*((story.entries, wallets) for story, wallets in prefixes()), _changed()):
        found += [(f"entry-1-{type(one).__name__}", text(dump_entry(one)), classes_in(one)) for one in entries]
        found += [("wallet-1", text(dump_wallet(one)), classes_in(one._book)) for one in wallets]
    return tuple((len(written), kind, written, frozenset(classes)) for kind, written, classes in found)


def _changed() -> tuple[list[Entry], list[Wallet]]:
    """Change a plan that has a price, keeping a rest and by its share of the time; lose auto top-up by a claw-back."""
    switch = Switch(when="now", keep={"quota"}, prorated=True)
    said: dict[str, Any] = {"on_upgrade": switch, "offers": [Offer("pack", price=Decimal(1))]}
    small = Plan("small", allowances=[Allowance(50)], price=Decimal(5), auto_top_up=AutoTopUp("pack"), **said)
    large = Plan("large", allowances=[Allowance(90)], price=Decimal(9), rank=1, auto_top_up=AutoTopUp("pack"), **said)
    story = Story("small", loose([small, large]))
    wallets = [story.wallet]
    for verb, args, named in (
        ("set_auto_top_up", (), {"threshold": 1, "purchase": 5}),
        ("top_up", ("pack", 7), {"payment": "p1"}),
        ("claw_back", ("p1",), {"refunded": Decimal(7)}),
        ("change_plan", ("large",), {"after": timedelta(days=2)}),
    ):
        story(verb, *args, **named)
        wallets.append(story.wallet)
    return story.entries, wallets


def classes_in(facts: object) -> set[str]:
    """Name the classes of all that is in an entry or a book."""
    found, todo = set[str](), [facts]
    while todo:
        one = todo.pop()
        if attrs.has(type(one)):
            found.add(type(one).__name__)
            todo += [getattr(one, each.name) for each in attrs.fields(type(one))]
        elif isinstance(one, Mapping):
            todo += [*one, *one.values()]
        elif isinstance(one, Iterable) and not isinstance(one, str):
            todo += one
    return found


def classes_of_the_schema() -> set[str]:
    """Name the classes that a document may have."""
    return {name.removesuffix("_by_type") for name in wallet_schema()["$defs"]} - _NO_CLASSES


def main(arguments: Sequence[str] | None = None) -> int:
    """Write what is not there, or all of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.golden", description=__doc__.partition("\n")[0])
    parser.add_argument("--again", action="store_true", help="before the first release: write all of them anew")
    again = parser.parse_args(arguments).again
    version = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    if again and version != "0.1.0.dev0":
        print(f"version {version} was released, or follows one that was: these files are stored by somebody")
        return 1
    FOLDER.mkdir(exist_ok=True)
    for name, written in documents():
        path = FOLDER / name
        if again or not path.exists():
            path.write_text(written, encoding="utf-8")
            print(name)
    SUMS.write_text("".join(f"{digest}  {name}\n" for name, digest in fingerprints().items()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
