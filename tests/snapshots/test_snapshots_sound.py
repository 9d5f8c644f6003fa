"""What no wallet can have come to is refused, however well its document is written: each rule is seen refusing."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.laws.plans import SHOP, START
from tests.support.snapshots import prefixes
from tokenpurse import Wallet
from tokenpurse.codec import dump_entry, dump_wallet, load_entry, load_wallet
from tokenpurse.errors import ConflictError, Refused, SnapshotError, UnknownNameError
from tokenpurse.units import STEPS_MAX

PATH = re.compile(r"\w+|\[\d+\]")
LATER = "2199-01-01T00:00:00Z"
BEFORE = "1999-01-01T00:00:00Z"


def steps_of(path: str) -> list[Any]:
    """Read a path as errors write it: `buckets[0].left_steps`."""
    return [int(one[1:-1]) if one[0] == "[" else one for one in PATH.findall(path)]


def inside(document: dict[str, Any], path: str) -> tuple[Any, Any]:
    """Go to a place: what it is in, and its key there."""
    found: Any = document["wallet"]
    *way, last = steps_of(path)
    for step in way:
        found = found[step]
    found[last]
    return found, last


def documents(path: str, fits: Callable[[Any], bool] = lambda value: value is not None) -> dict[str, Any]:
    """Give the first wallet of the stories whose document has something there; where it can, that is not empty."""
    found: list[dict[str, Any]] = []
    for _, wallets in prefixes():
        for wallet in wallets:
            document = dump_wallet(wallet)
            try:
                holder, key = inside(document, path)
            except (LookupError, TypeError):
                continue
            if holder[key] or holder[key] is False:
                return document
            found += [document] if fits(holder[key]) else []
    assert found, f"no story has {path}"
    return found[0]


Change = Callable[[Any], Any]
WRONG_LABELS: tuple[list[list[str]], ...] = (
    [["a b", "x"]],
    [["a\u0301", "x"]],
    [["a", "x"], ["a", "x"]],
    [["b", "x"], ["a", "x"]],
    [["a", "x" * 2_049]],
    [[f"k{number:02}", "x"] for number in range(17)],
)


def refused(document: dict[str, Any]) -> SnapshotError:
    """Load it, as it is and as text; both say the same."""
    with pytest.raises(SnapshotError) as caught:
        load_wallet(document, id="acme")
    with pytest.raises(SnapshotError, match=re.escape(str(caught.value))):
        load_wallet(json.dumps(document), id="acme")
    return caught.value


def more(by: int) -> Change:
    return lambda figure: figure + by


def doubled(rows: list[Any]) -> list[Any]:
    return [*rows, copy.deepcopy(rows[-1])]


RULES: list[tuple[str, Any, str, str]] = [
    # the whole
    ("version", 0, "version", "at least 1"),
    ("ring", -1, "ring", "0 to 1,000"),
    ("ring", 1_001, "ring", "0 to 1,000"),
    ("tolerance", "P2D", "tolerance", "at most 1 day"),
    ("plan.revision", 0, "plan.revision", "at least 1"),
    ("closed", True, "closed", "a wallet that is closed has no buckets"),
    ("zone", "Mars/Olympus", "zone", "a time zone that this machine knows"),
    ("zone", "../../etc/passwd", "zone", "a time zone that this machine knows"),
    ("zone", "localtime", "zone", "a time zone that this machine knows"),
    # times
    ("since", LATER, "since", "not be after the clock"),
    ("period.start", LATER, "period.start", "not be after the clock"),
    ("period.end", "1971-01-01T00:00:00Z", "period.end", "after its start"),
    ("paused_at", LATER, "paused_at", "not be after the clock"),
    ("counters[0][1].steps", -1, "counters[0]", "no less than nothing"),
    ("counters[0][1].end", "1971-01-01T00:00:00Z", "counters[0]", "end after it began"),
    ("streams[0][1].stretch.start", LATER, "streams[0][1].stretch", "begun by the clock"),
    ("streams[0][1].stretch.end", "1971-01-01T00:00:00Z", "streams[0][1].stretch", "end after it began"),
    ("streams[0][1].window.start", LATER, "streams[0][1].window", "begun by the clock"),
    ("streams[0][1].window.end", "1971-01-01T00:00:00Z", "streams[0][1].window", "end after it began"),
    ("streams[0][1].next", "2199-01-01T00:00:00Z", "streams[0][1].next", "the end of its stretch"),
    # sizes
    ("memory.ring", lambda rows: [{**rows[0], "key": f"r{n}"} for n in range(17)], "memory.ring", "at most 16"),
    ("buckets", lambda rows: rows * 3_001, "buckets", "at most 3,000"),
    ("holds", lambda rows: [[f"h{n}", rows[0][1]] for n in range(1_001)], "holds", "at most 1,000"),
    # buckets
    *(
        (f"buckets[0].{name}", -1, f"buckets[0].{name}", "not be less than nothing")
        for name in ("granted_steps", "left_steps", "held_steps", "lost_steps", "excess_steps", "transferred_steps")
    ),
    ("buckets[0].repaid_steps", -1, "buckets[0].repaid_steps", "not be less than nothing"),
    ("buckets[0].granted_steps", f"{STEPS_MAX + 1}", "buckets[0].granted_steps", "nor more than can be counted"),
    ("buckets[0].lost_steps", 999_999, "buckets[0].spent_steps", "not be less than nothing"),
    ("past[0][1].bucket.granted_steps", -1, "past[0][1].bucket.granted_steps", "not be less than nothing"),
    *(
        (f"buckets[0].claw_back.{name}", -1, f"buckets[0].claw_back.{name}", "not be less than nothing")
        for name in ("taken", "held", "lost", "debt", "let_go", "refunded")
    ),
    ("buckets[1].paid.steps", -1, "buckets[1].paid.steps", "not be less than nothing"),
    ("buckets[0].claw_back.held", more(999), "buckets[0].claw_back.held", "held can be taken"),
    ("buckets[0].claw_back.debt", 999_999, "buckets[0].claw_back", "given can be taken back"),
    ("buckets[0].transferred_steps", 999_999, "buckets[0].transferred_steps", "went other than by use"),
    ("buckets[0].opening_steps", -1, "buckets[0].opening_steps", "at least the"),
    ("buckets[0].kind", "Quota", "buckets[0].kind", "lower-case word"),
    ("buckets[0].kind", "rollover", "buckets[0].allowance", "what a Rollover carried is no allowance"),
    ("buckets[0].expires", "1971-01-01T00:00:00Z", "buckets[0].expires", "after its start"),
    ("buckets[0].rest", "gone", "buckets[0].rest", "usable, locked or nothing"),
    ("buckets[0].started", False, "buckets[0].started", "the clock is at"),
    ("buckets[0].scope", [["b c", ["x"]]], "buckets[0].scope", "sorted label keys"),
    ("buckets[0].scope", [["b", ["x"]], ["a", ["x"]]], "buckets[0].scope", "sorted label keys"),
    ("buckets[0].unit", {"kept": 6, "name": "tokens", "paid": 2, "shown": 2}, "buckets[1].unit", "as in the other"),
    ("buckets", doubled, "buckets[4].id", "not be there twice"),
    ("past[0][0]", "other", "past[0][0]", "the id of its bucket"),
    (
        "past[0][1].bucket",
        {"left_steps": 1, "opening_steps": 1, "lost_steps": 0},
        "past[0][1].bucket.left_steps",
        "nothing is left of what is over",
    ),
    ("lines", lambda lines: {"other": next(iter(lines.values()))}, "lines.other", "the name of its alert"),
    ("streams[0][0]", ["other", "quota", None], "streams[0][0]", "the unit, kind and schedule"),
    # holds
    ("holds[0][0]", "other", "holds[0][0]", "the id of its hold"),
    ("holds[0][1].until", "1971-01-01T00:00:00Z", "holds[0][1].until", "after the clock"),
    ("holds[0][1].since", "2198-01-01T00:00:00Z", "holds[0][1].until", "after the clock"),
    *(("holds[0][1].labels", labels, "holds[0][1].labels", "labels that a verb takes") for labels in WRONG_LABELS),
    ("buckets[0].held_steps", 0, "buckets[0].held_steps", "what open holds set aside"),
    ("holds[0][1].uses[0].draws[0].bucket", "other", "buckets[1].held_steps", "what open holds set aside"),
    ("held", lambda _: {}, "held", "what open holds set aside"),
    # what is counted
    *(
        (name, lambda found: dict.fromkeys(found, -1), rf"{name}[", "not be less than nothing")
        for name in ("debts", "counts", "counts_next", "limits", "added", "granted", "spent", "bought")
    ),
    *(
        (f"tallies.{name}", lambda found: dict.fromkeys(found, -1), f"tallies.{name}[", "not be less than nothing")
        for name in ("used", "retired")
    ),
    *(
        (f"{name}[0][1]", -1, f"{name}[", "not be less than nothing")
        for name in ("label_limits", "tallies.allowance_paid", "tallies.counted", "tallies.given_on")
    ),
    *((name, -1, name, "not be less than nothing") for name in ("declines", "issued", "requested", "tallies.bills")),
    # parts
    ("tallies.accrued[0].quantity", -1, "tallies.accrued[0].quantity", "at least 0"),
    ("tallies.priced[0][1]", [1, -1], "tallies.priced[0][1]", "at least 0"),
    ("tallies.repaid.tokens[0][2]", -1, "tallies.repaid.tokens", "at least 0"),
    ("undone[0][1].steps[0][1]", -1, "undone[0][1].steps", "at least 0"),
    ("pending[0].steps", 0, "pending[0]", "at least 0"),
    ("pending[0].count", 0, "pending[0]", "at least 0"),
    ("pending[0].bonus_steps", -1, "pending[0]", "at least 0"),
    ("pending[0].price.steps", -1, "pending[0].price.steps", "at least 0"),
    ("streams[0][1].given_steps", -1, "streams[0][1]", "at least 0"),
    ("streams[0][1].window_steps", -1, "streams[0][1]", "at least 0"),
    ("streams[0][1].part", [2, 1], "streams[0][1].part[1]", "at least 2"),
    ("streams[0][1].part", [0, 0], "streams[0][1].part[1]", "at least 1"),
    ("closings[0].unused.steps", -1, "closings[0].unused.steps", "at least 0"),
    ("closings[0].by", 0, "closings[0].by", "at least"),
    ("lines", lambda lines: {name: {**one, "crossings": -1} for name, one in lines.items()}, "lines.", "at least 0"),
    ("lines", lambda lines: {name: {**one, "passed": -1} for name, one in lines.items()}, "lines.", "at least 0"),
    ("last.rests[0].steps", -1, "last.rests[0].steps", "at least 0"),
    ("auto_top_up.threshold_steps", -1, "auto_top_up.threshold_steps", "at least 0"),
    ("auto_top_up.purchase_steps", 0, "auto_top_up", "at least 1"),
    ("window.purchases", -1, "window", "at least 0"),
    ("window.spent.steps", -1, "window", "at least 0"),
    ("issued", 0, "issued", "has the number"),
    ("buckets[0].id", "x/" + "9" * 4_000, "issued", "has the number '999"),
    ("requested", 0, "requested", "has the number"),
    # entries
    *(
        (name, 1_000, name, "an entry of this wallet")
        for name in (
            *("undone_to", "banks_since", "billed[0].until", "undone[0][0]", "past[0][1].by", "ways[0].since"),
            *("closings[0].by", "closings[0].since", "tallies.left[0][0]", "billed_to", "tallies.since"),
        )
    ),
    ("tallies.since", 0, "tallies.since", "an entry of this wallet"),
    # refs
    ("memory.payments", doubled, "memory.payments", "not be there twice"),
    ("memory.ring", doubled, "memory.ring", "not be there twice"),
    ("pending", doubled, "pending", "not be there twice"),
    *(
        (f"{name}.sequence", 1_000, f"{name}.sequence", "an entry of this wallet")
        for name in (
            *("memory.ring[0]", "memory.payments[0][0]", "holds[0][1].ref", "ended[0].made", "ended[0].ref"),
            "undone[0][1].refs[0]",
        )
    ),
    ("memory.ring[0].at", LATER, "memory.ring[0].at", "not be after the clock"),
    ("memory.ring[0].key", "a b", "memory.ring[0].key", "a ref"),
    ("memory.ring[0].namespace", "other", "memory.ring[0].key", "a ref"),
    # what a class says of itself
    ("tallies.accrued[0].rate.per_steps", 0, "tallies.accrued[0].rate", "a Rate whose figures can be"),
    ("buckets[0].unit", {"kept": 99, "name": "tokens", "paid": 2, "shown": 2}, "buckets[0].unit.kept", "places"),
    ("streams[0][1].every.n", 0, "streams[0][1].every", "n is 0"),
]


@pytest.mark.parametrize(("path", "value", "where", "right"), RULES, ids=[f"{one[0]}: {one[3]}" for one in RULES])
def test_what_no_wallet_is_is_refused(path: str, value: Any, where: str, right: str) -> None:
    """With the way to it."""
    document = documents(path)
    holder, key = inside(document, path)
    before = copy.deepcopy(holder[key])
    if isinstance(value, dict) and isinstance(before, dict) and value.keys() < before.keys():
        value = {**before, **value}
    holder[key] = value(before) if callable(value) else value
    assert holder[key] != before
    problem = refused(document)
    assert problem.path.startswith(f"wallet.{where}")
    assert right in str(problem)


ENTRIES: list[tuple[str, Any, str]] = [
    ("sequence", 0, "at least 1"),
    ("sequence", -1, "at least 1"),
    ("by", "a b", "a role"),
    ("by", "x" * 129, "a role"),
    *(("labels", labels, "labels that a verb takes") for labels in WRONG_LABELS),
    *(("ref.key", key, "a ref") for key in ("a b", "e\u0301", "\u00e9", "x" * 129)),
    ("ref.namespace", "usagE", "a ref"),
]


@pytest.mark.parametrize(("path", "value", "right"), ENTRIES, ids=[f"{one[0]}: {one[2]}" for one in ENTRIES])
def test_what_no_verb_takes_is_in_no_entry(path: str, value: Any, right: str) -> None:
    """Ids that look alike, a role or a label beyond what a page or an index can hold."""
    entries = [dump_entry(entry) for story, _ in prefixes() for entry in story.entries]
    document = copy.deepcopy(next(one for one in entries if "labels" in one["entry"] and one["entry"]["ref"]))
    *way, last = path.split(".")
    (document["entry"][way[0]] if way else document["entry"])[last] = value
    with pytest.raises(SnapshotError) as caught:
        load_entry(document, wallet="acme")
    assert caught.value.path == f"entry.{'ref.key' if way else path}"
    assert right in str(caught.value)


IN_A_PAUSE: tuple[Callable[[Wallet, datetime], Any], ...] = (
    lambda wallet, at: wallet.set_count("seats", 3, when="now", at=at),
    lambda wallet, at: wallet.set_count("packages", 3, at=at),
    lambda wallet, at: wallet.grant(5, at=at),
    lambda wallet, at: wallet.grant(5, at=at, expires=at + timedelta(days=1)),
)


@pytest.mark.parametrize("days", [1, 63, 800])
@pytest.mark.parametrize("plan", [plan.name for plan in SHOP])
def test_what_was_added_in_a_pause_is_loaded(plan: str, days: int) -> None:
    """Its life stands still, so that its end may be before its start until the pause ends: found by walks."""
    late = START + timedelta(days=days)
    for verb in IN_A_PAUSE:
        wallet = Wallet.open(plan, catalogue=SHOP, id="acme", at=START).wallet
        with suppress(Refused, UnknownNameError, ConflictError):
            for step in (
                lambda wallet: wallet.pause(at=START + timedelta(hours=1)),
                lambda wallet, verb=verb: verb(wallet, late),
                lambda wallet: wallet.resume(at=late),
            ):
                wallet = step(wallet).wallet
                assert load_wallet(dump_wallet(wallet), id="acme", catalogue=SHOP) == wallet


def test_a_bucket_that_is_held_is_there() -> None:
    """A hold of a bucket that nobody knows, where no other has too much held."""
    document = documents("holds[0][1].uses[0].draws[0].bucket")
    draw = document["wallet"]["holds"][0][1]["uses"][0]["draws"][0]
    draw["steps"], document["wallet"]["held"] = draw["steps"], document["wallet"]["held"]
    for bucket in document["wallet"]["buckets"]:
        if bucket["id"] == draw["bucket"]:
            bucket["id"] = "other"
            bucket["held_steps"] = 0
            bucket["opening_steps"] -= draw["steps"] * 0
    assert "there is no such bucket" in str(refused(document))


def test_there_is_not_more_of_a_unit_than_can_be_counted() -> None:
    """Bucket by bucket there may be."""
    document = documents("buckets[1].left_steps")
    for bucket in document["wallet"]["buckets"][:2]:
        bucket["unit"], bucket["claw_back"] = "tokens", {**bucket["claw_back"]}
        bucket["granted_steps"] = bucket["left_steps"] = bucket["opening_steps"] = STEPS_MAX
        bucket["lost_steps"] = bucket["held_steps"] = 0
    assert "steps of it in all" in str(refused(document))


def test_the_id_of_a_wallet_is_one() -> None:
    """Whoever asks for it."""
    document = documents("id")
    document["wallet"]["id"] = "a\u0301"
    with pytest.raises(SnapshotError, match="it must be the id of a wallet"):
        load_wallet(document, id="a\u0301")
