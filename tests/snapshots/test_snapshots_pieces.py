"""Text is read quickly, and what was met before is remembered: it comes to what a careful reader finds, every time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from tests.support.snapshots import prefixes, told
from tokenpurse import Wallet
from tokenpurse.codec import canonical, dump_wallet, load_wallet, pieces, texts
from tokenpurse.codec.snapshots import WALLET_FORMAT

KEY = re.compile(r'"([a-z_]+)":')
STYLES: dict[str, Callable[[Wallet], str]] = {
    "json.dumps": lambda wallet: json.dumps(dump_wallet(wallet)),
    "canonical": lambda wallet: canonical(dump_wallet(wallet)).decode(),
}


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    """Each test begins, and leaves off, with nothing remembered."""
    forget()
    yield
    forget()


def forget() -> None:
    for lists in pieces._LISTS.values():
        for each in lists:
            each.known.clear()


def refuse(text: str, cut_out: list[Any]) -> Any:  # it stands in for what takes both
    raise ValueError


def carefully(text: str) -> object:
    """Say what comes of a text that is looked at key by key."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(texts, "parsed_plainly", refuse)
        patched.setattr("tokenpurse.codec.snapshots.book_of", lambda *_: None)
        return told(lambda: load_wallet(text, id="acme"))


def wallets() -> list[Wallet]:
    """Give some wallets of every story, the last one included."""
    return [wallet for _, story in prefixes() for wallet in (*story[::7], story[-1])]


def richest() -> Wallet:
    """Give a wallet with refs and several buckets."""
    return max((one for one in wallets() if one._book.memory.ring), key=lambda one: len(one._book.buckets))


@pytest.mark.parametrize("style", STYLES)
def test_a_text_is_read_as_the_same_each_time(style: str) -> None:
    """For the first time, for the second, when it is remembered, and from it; as bytes too."""
    quick = 0
    for wallet in wallets():
        text = STYLES[style](wallet)
        for _ in range(3):
            assert load_wallet(text, id=wallet.id) == wallet
            assert load_wallet(text.encode(), id=wallet.id) == wallet
        quick += pieces.book_of(text, WALLET_FORMAT) is not None
    assert quick > len(wallets()) * 0.9
    assert all(any(each.known.values()) for each in pieces._LISTS[" " if style == "json.dumps" else ""])


def twice(text: str, written: str) -> Iterator[str]:
    """Put a key before each key of a text: another spelling of the same one, with another value."""
    for found in KEY.finditer(text):
        key = written.format(key=found[1], first=f"\\u{ord(found[1][0]):04x}", rest=found[1][1:])
        yield f"{text[: found.start()]}{key}5, {text[found.start() :]}"


SPELLINGS = ('"{key}":', '"{key}": ', '"{key}" :', '"{key}"\t:', '"{key}"\n: ', '"{first}{rest}":', '"{key} ":')


def check_twice(style: str, spelling: str) -> None:
    """Compare each of them with what a careful reader says, when all of the right text is remembered."""
    right = STYLES[style](richest())
    for text in twice(right, spelling):
        for _ in range(2):
            load_wallet(right, id="acme")
        assert told(lambda text=text: load_wallet(text, id="acme")) == carefully(text)


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("style", STYLES)
def test_no_key_is_there_twice(style: str, spelling: str) -> None:
    """Wherever it is, and however it is spelled."""
    check_twice(style, spelling)


def uncounted(text: str, cut_out: list[Any]) -> Any:
    """Read a text without counting its keys."""
    return json.loads(text, parse_constant=lambda _: cut_out.pop())


@pytest.mark.parametrize(
    ("guard", "instead"), [("texts.parsed_plainly", uncounted), ("texts._pauses", lambda _: False)]
)
def test_the_guards_are_needed(guard: str, instead: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without one of them, a key that is there twice is believed."""
    monkeypatch.setattr(f"tokenpurse.codec.{guard}", instead)
    if guard == "texts.parsed_plainly":
        monkeypatch.setattr("tokenpurse.codec.pieces.parsed_plainly", instead)
    with pytest.raises(AssertionError):
        check_twice("json.dumps", '"{key}" :')


def altered(text: str) -> Iterator[str]:
    """Put other things where something is cut out, and what is cut out to other places."""
    for value in ("NaN", "Infinity", "-Infinity", "[]", "[NaN]", "null", "[{}]"):
        for name in ("buckets", "ring"):
            yield re.sub(rf'"{name}": \[.*?\}}\]', lambda _, name=name, value=value: f'"{name}": {value}', text)
        yield text.replace('"version": ', f'"version": {value}, "x": ')
        yield text.replace('"undone": []', f'"undone": {value}')
    for name, first in (("buckets", "allowance"), ("ring", "at")):
        found = re.search(rf'"{name}": \[{{"{first}".*?\}}\]', text)
        assert found
        cut = found[0]
        yield text.replace(cut, f'"{name}": []').replace('"added": {', '"added": {' + cut + ", ")
        yield text.replace(cut, f'"{name}": NaN').replace('"added": {', '"added": {' + cut + ", ")
        yield text.replace(cut, f'"{name}": NaN').replace('"repaid": {}', '"repaid": {' + cut + "}")
        yield text.replace(cut, cut + ", " + cut)
        yield text.replace(cut, cut[:-1] + ", " + cut[cut.index("{") :])
        yield text.replace(cut, cut.replace("}, {", "},{", 1))
        yield text.replace(cut, cut.replace("}, {", "}, [], {", 1))
        yield text.replace(cut, cut.replace('": ', '" : ', 1))
    yield f"{text} "
    yield f"{text}{{}}"
    yield text.replace('{"format": ', '{ "format": ')
    yield text.replace("tokenpurse-wallet-1", "tokenpurse-wallet-0")


def test_what_is_cut_out_is_put_back_where_it_was() -> None:
    """And nothing else is, whatever a text has there."""
    right = STYLES["json.dumps"](richest())
    for text in altered(right):
        for _ in range(2):
            load_wallet(right, id="acme")
        for _ in range(3):
            assert told(partial(load_wallet, text, id="acme")) == carefully(text), text
    assert load_wallet(right, id="acme") == richest()


def test_a_memory_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many wallets are read, and however long a bucket is written."""
    monkeypatch.setattr(pieces, "REMEMBERED_MAX", 5)
    for _ in range(3):
        for wallet in wallets():
            assert load_wallet(STYLES["json.dumps"](wallet), id="acme") == wallet
            assert all(len(each.known) <= 5 for each in pieces._LISTS[" "])
    monkeypatch.setattr(pieces, "_LONG", 5)
    forget()
    for _ in range(3):
        load_wallet(STYLES["json.dumps"](richest()), id="acme")
    assert not any(each.known for each in pieces._LISTS[" "])
