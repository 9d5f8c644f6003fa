"""Whatever is not exactly what the library wrote is refused, with the way to it; nothing is guessed or made right.

The numbers are those of known threats to stored state: each has a document here that tries it.
"""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from time import perf_counter
from typing import Any

import pytest

from tests.support.snapshots import places, prefixes
from tokenpurse import Allowance, Catalogue, Plan, Wallet
from tokenpurse.codec import canonical, dump_entry, dump_wallet, load_entry, load_wallet
from tokenpurse.codec.facts import FACTS_MAX, WORDS_MAX
from tokenpurse.codec.texts import TEXT_MAX
from tokenpurse.errors import PlanError, PurseError, SnapshotError, UnknownNameError

SHOP = Catalogue([Plan("pro", allowances=[Allowance(10)])])
AT = datetime(2026, 7, 1, tzinfo=UTC)
WALLET = Wallet.open("pro", catalogue=SHOP, id="acme", at=AT).wallet.spend(3, at=AT, ref="r1").wallet
TEXT = canonical(dump_wallet(WALLET)).decode()


def document(**said: Any) -> dict[str, Any]:
    """Write the wallet, with other values at the places that are given by their paths."""
    found = copy.deepcopy(dump_wallet(WALLET))
    for path, value in said.items():
        *way, last = path.split("__")
        holder: Any = found["wallet"]
        for step in way:
            holder = holder[int(step) if step.isdigit() else step]
        holder[int(last) if last.isdigit() else last] = value
    return found


def problem_of(found: object) -> SnapshotError:
    with pytest.raises(SnapshotError) as caught:
        load_wallet(found, id="acme", catalogue=SHOP)
    assert len(str(caught.value)) < 1_000
    return caught.value


class Seven(IntEnum):
    """An int that is none."""

    SEVEN = 7


class Words(str):
    """A str that may do anything."""

    __slots__ = ()


THREATS: list[tuple[str, object, str, str]] = [
    # another form than JSON
    ("S1", pickle.dumps({"format": "tokenpurse-wallet-1"}), "", "it must be UTF-8"),
    # one key twice: the first may be what somebody else looked at
    ("S2", TEXT.replace('"version":2', '"version":2,"version":9'), "", "the key 'version' is there twice"),
    ("S2", TEXT.replace('{"format"', '{"wallet":5,"format"'), "", "the key 'wallet' is there twice"),
    # numbers that are none
    ("S3", TEXT.replace('"version":2', '"version":NaN'), "wallet.version", "a whole number"),
    ("S3", TEXT.replace('"version":2', '"version":Infinity'), "wallet.version", "a whole number"),
    ("S3", TEXT.replace('"version":2', '"version":1e400'), "wallet.version", "a whole number"),
    ("S3", TEXT.replace('"version":2', '"version":2.0'), "wallet.version", "a whole number"),
    ("S3", document(version=2.0), "wallet.version", "a whole number"),
    # numbers that nobody can print
    ("S4", TEXT.replace('"version":2', '"version":' + "9" * 5_000), "", "a number has at most 40 digits"),
    ("S4", document(version=10**5_000), "wallet.version", "a whole number"),
    ("S4", document(version="9" * 5_000), "wallet.version", "a whole number"),
    # decimals that take for ever
    ("S5", document(version=Decimal("1E+1000000")), "wallet.version", "a whole number"),
    ("S5", document(version="1E+1000000"), "wallet.version", "a whole number"),
    # bottomless, or long
    ("S6", "[" * 200_000, "", "it must not be nested that deep"),
    ("S6", '{"wallet":' * 100_000, "", "it must not be nested that deep"),
    ("S6", "[" + " " * TEXT_MAX, "", "at most 10,000,000 characters"),
    ("S6", b"[" + b" " * TEXT_MAX, "", "at most 10,000,000 bytes"),
    # many
    ("S7", document(counts={f"k{n}": 1 for n in range(FACTS_MAX + 1)}), "wallet.counts", "at most 100,000"),
    ("S7", document(been=["x"] * (FACTS_MAX + 1)), "wallet.been", "at most 100,000"),
    ("S7", document(plan__name="x" * (WORDS_MAX + 1)), "wallet.plan.name", "at most 4096 characters"),
    # what is a number to Python
    ("S8", document(version=True), "wallet.version", "a whole number"),
    ("S8", document(version=Seven.SEVEN), "wallet.version", "a whole number"),
    ("S8", document(version=Fraction(2)), "wallet.version", "a whole number"),
    ("S8", document(frozen=0), "wallet.frozen", "true or false"),
    ("S8", document(id=Words("acme")), "wallet.id", "a text"),
    # strings that are a number to Python
    *(
        ("S9", document(version=text), "wallet.version", "a whole number, in quotes where it is beyond")
        for text in ("2", "\uff12", "1_000", " 2\n", "+2", "-0", "0" * 20 + "2", "90071992547409910 ")
    ),
    # another version, or one field too many or too few
    ("S10", {**document(), "format": "tokenpurse-wallet-2"}, "format", "it must be tokenpurse-wallet-1"),
    ("S10", {**document(), "format": None}, "format", "it must be tokenpurse-wallet-1"),
    ("S10", {"wallet": document()["wallet"]}, "format", "it must be tokenpurse-wallet-1"),
    ("S10", {"format": "tokenpurse-wallet-1"}, "wallet", "an object with the fields of Book"),
    ("S10", {**document(), "prize": 5}, "'prize'", "there is no such field; it has format, wallet"),
    ("S10", document(prize=5), "wallet.prize", "left out: there is no such field"),
    ("S10", document(plan={"name": "pro"}), "wallet.plan.revision", "given: every field is"),
    # another customer's
    ("S12", document(id="other"), "wallet.id", "the wallet that was asked for is 'acme'"),
    # lone halves, controls, marks that turn the direction of a line
    *(
        ("S17", document(plan__name=text), "wallet.plan.name", "without control characters")
        for text in ("\x00", "a\n", "\ud800", "\u202e", "\u2028", "\x7f", "\u200b")
    ),
    ("S17", TEXT.replace('"name":"pro"', '"name":"\\u0000"'), "wallet.plan.name", "without control characters"),
    # twins
    ("S18", document(memory__ring__0__key="ﬁ"), "wallet.memory.ring[0].key", "a ref"),
    # zones
    ("S19", document(zone="../../../etc/localtime"), "wallet.zone", "a time zone that this machine knows"),
    ("S19", document(zone="posixrules"), "wallet.zone", "a time zone that this machine knows"),
    ("S19", document(anchor__zone="localtime"), "wallet.anchor", "one that can be made: unknown zone 'localtime'"),
    # times
    *(
        ("S20", document(clock=text), "wallet.clock", "from 1970 to 2200")
        for text in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2201-01-01T00:00:00Z", "1969-12-31T23:59:59Z")
    ),
    *(
        ("S21", document(clock=text), "wallet.clock", "a moment in UTC")
        for text in (
            *("2026-07-01T00:00:00+00:00", "2026-07-01T00:00:00", "2026-07-01 00:00:00Z", "2026-W27-3T00:00:00Z"),
            *("2026-07-01T00:00:00z", "2026-07-01T00:00:00.5Z", "2026-07-01T00:00:00.000000Z", "20260701T0000000000Z"),
            *("2026-06-31T00:00:00Z", "2026-07-01T24:00:00Z", "2026-07-01T00:00:60Z", "٢٠٢٦-07-01T00:00:00Z"),
            *("2026-07-01T02:00+0200", 1_782_864_000, None, AT),
        )
    ),
    *(
        ("S21", document(tolerance=text), "wallet.tolerance", "a length of time")
        for text in ("PT300S", "P", "PT0.0S", "P1M", "-PT1S", "P9999999999999D", "P999999999W", 300, None, [])
    ),
    # keys that are none
    ("S22", document(counts={5: 5}), "wallet.counts[5]", "a text"),
    ("S22", document(counts={True: 1, "a": 1}), "wallet.counts[True]", "a text"),
    ("S22", {**document(), 5: 5}, "5", "there is no such field"),
    # numbers that a program in another language reads as their neighbour
    ("S23", document(version=2**53), "wallet.version", "in quotes where it is beyond 9007199254740991"),
    ("S23", document(version=-(2**53)), "wallet.version", "in quotes where it is beyond 9007199254740991"),
    # other slips
    ("form", document(buckets={}), "wallet.buckets", "a list of at most"),
    ("form", document(buckets=()), "wallet.buckets", "a list of at most"),
    ("form", document(buckets__0=[]), "wallet.buckets[0]", "an object with the fields of Bucket"),
    ("form", document(counts=[]), "wallet.counts", "an object of at most"),
    ("form", document(counts={"a\n": 1}), "wallet.counts['a\\n']", "a text"),
    ("form", document(counts={"a b": None}), "wallet.counts['a b']", "a whole number"),
    ("form", document(holds={}), "wallet.holds", "a list of at most"),
    ("form", document(holds=[["x"]]), "wallet.holds[0]", "a list of 2"),
    ("form", document(label_limits=[[["x"], 5]]), "wallet.label_limits[0][0]", "a list of 2"),
    ("form", document(label_limits=[[["x", 5], 5]]), "wallet.label_limits[0][0][1]", "a text"),
    ("form", document(label_limits=[[["x", "y"], 5]] * 2), "wallet.label_limits[1][0]", "there once"),
    ("form", document(label_limits=[[["y", "x"], 5], [["x", "y"], 5]]), "wallet.label_limits", "sorted by its keys"),
    ("form", document(tallies__owing=["b", "a"]), "wallet.tallies.owing", "names in the order of the alphabet"),
    ("form", document(tallies__owing=["a", "a"]), "wallet.tallies.owing", "none of them twice"),
    ("form", document(pending=[{}]), "wallet.pending[0].type", "one of Charge, Bill, RenewalDue"),
    ("form", document(pending=[{"type": []}]), "wallet.pending[0].type", "one of Charge, Bill, RenewalDue"),
    ("form", document(pending=[5]), "wallet.pending[0]", "an object with its type"),
    ("form", document(pending=[{"type": "Charge"}]), "wallet.pending[0].bonus_steps", "given: every field is"),
    ("form", document(buckets__0__unit="no unit"), "wallet.buckets[0].unit", "the name of a unit"),
    ("form", document(buckets__0__unit="x" * 65), "wallet.buckets[0].unit", "the name of a unit"),
    ("form", document(buckets__0__unit=5), "wallet.buckets[0].unit", "the name of a unit"),
    (
        "form",
        document(buckets__0__unit={"kept": 0, "name": "tokens", "paid": None, "shown": 0}),
        "wallet.buckets[0].unit",
        "tokens, which says all of it",
    ),
    ("form", document(period__number="1"), "wallet.period.number", "a whole number"),
    ("form", document(memory__ring__0__said="spend"), "wallet.memory.ring[0].said", "a list of words"),
    ("form", document(memory__ring__0__said=["spend", 0.5]), "wallet.memory.ring[0].said", "a list of words"),
    ("form", document(memory__ring__0__said=["a\n"]), "wallet.memory.ring[0].said", "a text"),
    ("form", document(memory__ring__0__said=[2**53]), "wallet.memory.ring[0].said", "a whole number"),
    ("form", document(memory__ring__0__said=[[[[[[[[["x"]]]]]]]]]), "wallet.memory.ring[0].said", "at most 8 deep"),
    ("form", document(memory__ring__0__said=["x"] * 1_001), "wallet.memory.ring[0].said", "a list of words"),
    ("form", document(memory__ring__0__said=["x" * 4_097]), "wallet.memory.ring[0].said", "a text of at most 4096"),
    ("form", document(memory__ring__0__said=[[{}]]), "wallet.memory.ring[0].said", "a list of words"),
    *(
        ("form", value, "", "an object, or the text of one")
        for value in (None, 5, True, 0.5, [], (), "[]", "null", b"5")
    ),
    *(("form", value, "", "it must be JSON") for value in ("", "{", "'x'", b"", "\ufeff{}")),
    ("form", b"\xff", "", "it must be UTF-8"),
]


@pytest.mark.parametrize(
    ("found", "path", "right"), [one[1:] for one in THREATS], ids=[f"{one[0]} {one[3]}" for one in THREATS]
)
def test_what_is_wrong_is_refused_with_the_way_to_it(found: object, path: str, right: str) -> None:
    """By path and value, with what would be right."""
    problem = problem_of(found)
    assert path == problem.path
    assert right in str(problem)
    assert str(problem).startswith(f"{path or 'document'} is ")


def test_what_the_table_changes_is_right() -> None:
    """What is refused there is refused for what was changed."""
    assert load_wallet(document(), id="acme", catalogue=SHOP) == WALLET
    assert load_wallet(TEXT, id="acme", catalogue=SHOP) == WALLET
    said = ["spend", [None, True, -5, [], "é" * 100, "x" * 4_096], [[[[[[["x"]]]]]]]]
    found = load_wallet(document(memory__ring__0__said=said), id="acme")
    assert dump_wallet(found)["wallet"]["memory"]["ring"][0]["said"] == said
    assert hash(found._book.memory.ring[0]) is not None  # there is no list in it


WRONG: tuple[Any, ...] = (None, True, -7, 1.5, "seven", ["seven"], {"seven": 7}, f"{2**70}", "2026-07-01T00:00:00Z")


def readings() -> Iterator[tuple[dict[str, Any], Any]]:
    """Give the document of each entry and last wallet of the stories, and what reads it."""
    for story, wallets in prefixes():
        yield dump_wallet(wallets[-2]), lambda found: load_wallet(found, id="acme")
        for entry in story.entries:
            yield dump_entry(entry), lambda found: load_entry(found, wallet="acme")


def test_every_type_of_every_value_is_looked_at() -> None:
    """Each value is replaced by one of each type, and left out: nothing slips through as what it is not."""
    seen: set[tuple[Any, ...]] = set()
    for found, load in readings():
        before = load(found)
        kind = found.get("entry", {}).get("type")
        for holder, key, path in list(places(found)):
            sort = (kind, *(0 if type(step) is int else step for step in path), type(holder[key]))
            if sort not in seen:
                seen.add(sort)
                right = holder[key]
                for wrong in WRONG:
                    if wrong != right or type(wrong) is not type(right):
                        holder[key] = wrong
                        assert refused_or_other(load, found, before), (path, wrong)
                holder[key] = right
                if isinstance(holder, dict):
                    is_one_too_few_or_many(load, found, holder, key, before)
    assert len(seen) > 1_000


def is_one_too_few_or_many(load: Any, found: Any, holder: dict[str, Any], key: str, before: object) -> None:
    right = holder.pop(key)
    assert refused_or_other(load, found, before), key
    holder["prize"] = 5
    assert refused_or_other(load, found, before), key
    del holder["prize"]
    holder[key] = right


def refused_or_other(load: Any, found: Any, before: object) -> bool:
    """Whatever stands in a place of a document, nothing but a `SnapshotError` comes of it, or another wallet."""
    try:
        return bool(load(found) != before)
    except SnapshotError as problem:
        return len(str(problem)) < 1_000


def test_use_in_use_is_refused_in_no_time() -> None:
    """What holds itself is looked at once, however deep it is, and wherever something is wrong with it."""
    wallet = next(one for _, wallets in prefixes() for one in wallets if one._book.holds)
    found, rate = dump_wallet(wallet), a_rate()
    use = found["wallet"]["holds"][0][1]["uses"][0]
    inner: Any = {**use, "draws": [{"bucket": 5}]}
    for _ in range(60):
        inner = {**use, "draws": [], "priced": {"quantity": 1, "rate": rate, "paid": inner}}
    found["wallet"]["holds"][0][1]["uses"] = [inner]
    start = perf_counter()
    problem = problem_of(found)
    assert problem.path.startswith("wallet.holds[0][1].uses[0].priced.paid.priced.paid.")
    assert problem.path.count("paid") == 60
    assert perf_counter() - start < 1
    for _ in range(100_000):
        inner = {**use, "draws": [], "priced": {"quantity": 1, "rate": rate, "paid": inner}}
    found["wallet"]["holds"][0][1]["uses"] = [inner]
    assert "nested that deep" in str(problem_of(found))


def a_rate() -> dict[str, Any]:
    """Write a price."""
    for _, wallets in prefixes():
        for wallet in wallets:
            for line in dump_wallet(wallet)["wallet"]["tallies"]["accrued"]:
                rate: dict[str, Any] = line["rate"]
                return rate
    raise AssertionError("no story has a price")


# --- doors ---


@pytest.mark.parametrize("value", [None, 5, WALLET.at(AT), document(), "acme"])
def test_only_a_wallet_is_written_as_one(value: Any) -> None:
    with pytest.raises(SnapshotError, match="it must be a Wallet"):
        dump_wallet(value)


@pytest.mark.parametrize("value", [None, WALLET, document(), WALLET.spend(1, at=AT)])
def test_only_an_entry_is_written_as_one(value: Any) -> None:
    with pytest.raises(SnapshotError, match="it must be an entry"):
        dump_entry(value)


def test_an_entry_of_another_wallet_is_refused() -> None:
    """Whoever swapped it."""
    found = dump_entry(WALLET.spend(1, at=AT).entry)
    with pytest.raises(SnapshotError, match=r"entry\.wallet is 'acme', the wallet that was asked for is 'other'"):
        load_entry(found, wallet="other")
    with pytest.raises(SnapshotError, match="it must be one of AllowanceOpened, "):
        load_entry({**found, "entry": {**found["entry"], "type": "Minted"}}, wallet="acme")
    with pytest.raises(SnapshotError, match="it must be tokenpurse-entry-1"):
        load_entry(document(), wallet="acme")


@pytest.mark.parametrize("asked", ["other", "", None, 5, "acme "])
def test_a_wallet_that_was_not_asked_for_is_refused(asked: Any) -> None:
    """There is no way to load without saying which."""
    with pytest.raises(SnapshotError, match=r"wallet\.id is 'acme', the wallet that was asked for is"):
        load_wallet(document(), id=asked)
    with pytest.raises(TypeError):
        load_wallet(document())  # type: ignore[call-arg]  # wrong on purpose


def test_a_catalogue_that_is_not_the_wallets_is_refused() -> None:
    """As `replay` refuses it."""
    with pytest.raises(PlanError, match="it must be a Catalogue"):
        load_wallet(document(), id="acme", catalogue=Plan("pro"))  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(UnknownNameError, match="unknown plan"):
        load_wallet(document(), id="acme", catalogue=Catalogue([Plan("free")]))


def test_a_wallet_is_stored_by_the_codec_and_not_by_pickle() -> None:
    """The refusal says the way to go."""
    with pytest.raises(PurseError, match="dump_wallet"):
        pickle.dumps(WALLET)


def test_a_document_is_not_changed_by_reading_it() -> None:
    """The caller's object stays as it was, and what was read keeps nothing of it."""
    found, before = document(), document()
    wallet = load_wallet(found, id="acme")
    assert found == before
    found["wallet"]["counts"]["seats"] = 7
    found["wallet"]["buckets"].clear()
    assert wallet == WALLET


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [{"b": 0.5}]}, r"a\[0\]\.b is 0\.5, a document has str, int"),
        ({"a": {5: 5}}, "a is 5, a key must be a str"),
        ({"a": (1,)}, "a document has str, int"),
        ({"a": 2**53}, "a number must be at most 9007199254740991"),
        ({"a": Decimal(1)}, "a document has str, int"),
        (None, None),
    ],
)
def test_what_is_no_document_has_no_bytes(value: Any, message: str | None) -> None:
    """They would not be the same for what reads as the same."""
    if message is None:
        value, message = {}, "it must not be nested that deep"
        for _ in range(100_000):
            value = {"a": value}
    with pytest.raises(SnapshotError, match=message):
        canonical(value)


def test_bytes_are_the_same_for_equal_documents() -> None:
    """Whatever the order of keys; and they are ASCII, without blanks."""
    assert canonical({"b": [1, None], "a": {"d": "é", "c": True}}) == b'{"a":{"c":true,"d":"\\u00e9"},"b":[1,null]}'
    assert json.loads(canonical(document())) == document()


def test_digits_in_quotes_are_no_number() -> None:
    """A text with thousands of them is read more carefully, and so is every number in it."""
    found = document(memory__ring__0__said=["9" * 4_000])
    assert load_wallet(json.dumps(found), id="acme")._book.memory.ring[0].said == ("9" * 4_000,)
    for digits in (17, 40, 41, 2_900, 4_000, 5_000):
        text = json.dumps(found).replace('"version": 2', f'"version": {"9" * digits}')
        assert "is an integer of" in str(problem_of(text)) or "digits" in str(problem_of(text)) or digits < 41
