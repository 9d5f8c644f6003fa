"""The documentation is complete: what a user can call, write or meet has its place on the page that is about it.

That what the pages say is true is `test_docs.py`'s matter, which runs them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import attrs
import pytest

from tokenpurse import Catalogue, View, Wallet, codec, errors, pairs, policies, prose
from tokenpurse.entries import Entry
from tokenpurse.plans import parts
from tokenpurse.readings import Moved

PROJECT = Path(__file__).parents[1]
DOCS = PROJECT / "docs"
AWAITED = re.compile(r"\b(?:forecast\w*|spend_many)\b")
"""What is not there yet, where its words mean nothing else; the map lists it at its end."""


def read(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def public(cls: type) -> list[str]:
    return sorted(name for name in dir(cls) if not name.startswith("_") and callable(getattr(cls, name)))


def expected() -> Iterator[tuple[str, str]]:
    """Give each page with the words that it must show as code."""
    verbs = {name for name in public(Wallet) if name not in {"at", "bind", "id"}}
    yield from (("verbs.md", name) for name in sorted(verbs))
    yield from (("verbs.md", name) for name in public(View) if name != "amount")
    yield from (("plans.md", name) for name in [*parts.__all__, *public(Catalogue)])
    yield from (("entries.md", cls.__name__) for cls in Entry.__subclasses__())
    yield from (("entries.md", field.name) for field in attrs.fields(Entry))
    yield from (("entries.md", name) for name in ("as_of", "replay", "verify", "movements", "recent_movements"))
    yield from (("entries.md", reason) for reason in get_args(Moved))
    yield from (("refusals.md", name) for name in errors.__all__ if name not in {"Remedy", "listed", "shown"})
    yield from (("two-wallets.md", name) for name in pairs.__all__)
    stored = {"canonical", "dump_entry", "dump_wallet", "load_entry", "load_wallet", "wallet_schema"}
    yield from (("storing.md" if name in stored else "plans-as-json.md", name) for name in codec.__all__)
    yield from (("explaining.md", name) for name in prose.__all__)
    shipped = set(policies.NAMED) | {"by_kind", "evenly", "order_by"}
    yield from (("order-of-use.md", name) for name in sorted(shipped - {"DEFAULT"}))
    yield from (("time.md", name) for name in ("calendar_month", "subscription_month", "hours", "once"))


@pytest.mark.parametrize(("page", "name"), list(expected()))
def test_what_a_user_meets_is_documented(page: str, name: str) -> None:
    """Each verb, read, part, entry, refusal and policy stands on its page: in code, or as a heading of its own."""
    headings = " ".join(re.findall(r"^#+ (.*)$", read(page), re.MULTILINE))
    code = " ".join(re.findall(r"`[^`]+`", re.sub(r"^```.*?^```$", "", read(page), flags=re.MULTILINE | re.DOTALL)))
    assert re.search(rf"\b{name}\b", headings + " " + code), f"docs/{page} does not show {name}"


@pytest.mark.parametrize("name", sorted(name for name in vars(View) if name[0] != "_" and name not in {"at", "amount"}))
def test_a_read_is_shown_as_it_is_called(name: str) -> None:
    """In the table of reads a method has its parentheses, and a property has none."""
    table = read("verbs.md").partition("## Reads")[2]
    called = callable(getattr(View, name))
    assert re.search(rf"`{name}\(" if called else rf"`{name}`", table)


def test_what_is_awaited_is_promised_once() -> None:
    """No page speaks of what does not exist, but the map's list of it."""
    for page in [PROJECT / "README.md", *sorted(DOCS.rglob("*.md"))]:
        text = page.read_text(encoding="utf-8").lower().partition("## not there yet")[0]
        assert AWAITED.findall(text) == [], page


def test_every_page_is_on_the_map() -> None:
    """The map leads to each page, and each link on a page leads to a file that is there."""
    pages = sorted(DOCS.rglob("*.md"))
    mapped = set(re.findall(r"\]\(([^)#]+\.md)\)", read("index.md")))
    assert {page.relative_to(DOCS).as_posix() for page in pages} - {"index.md"} == mapped
    for page in [PROJECT / "README.md", *pages]:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).is_file(), f"{page.name}: {link}"
