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
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.support.snapshots import prefixes
from tokenpurse.codec import dump_entry, dump_wallet

__all__ = ["FOLDER", "SUMS", "fingerprints", "text"]

PROJECT = Path(__file__).parents[2]
FOLDER = PROJECT / "tests" / "snapshots" / "golden"
SUMS = FOLDER / "sha256.txt"
WALLETS = (0, 1, 2, 4, 8, 11, 14, 15)
"""The stories of which a wallet is kept: that with the longest document."""


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
