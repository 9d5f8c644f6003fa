"""Which way something went, whose it was and in what it is counted: altered alone, it is found at its entry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import attrs
import pytest
from attrs import evolve

from tests.laws.stories import stories
from tests.replay.test_replay_found import put
from tokenpurse import Allowance, Catalogue, LateUse, Life, Offer, Plan, Rollover, Switch, Wallet, as_of, verify
from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse.buckets import Bucket
from tokenpurse.errors import HistoryError
from tokenpurse.replay import _after

QUOTA = Plan("quota", allowances=[Allowance(20)])
LATE = evolve(QUOTA, late_use=LateUse("own", grace=timedelta(days=5)))
BANK = evolve(QUOTA, rollovers=[Rollover()])
SHARE = evolve(QUOTA, rollovers=[Rollover(life=Life(days=10, counted_from="period_end"), share=Decimal("0.5"))])
LOTS = Plan("lots", allowances=[Allowance(9, life=Life(periods=2))], rank=2)
SHOP = Plan(
    "shop",
    offers=[Offer("pack", price=Decimal(5), pack=10, life=Life(days=45)), Offer("loose", price=Decimal(5), pack=10)],
    on_downgrade=Switch(when="now", forfeit={"top_up"}),
)


def on(day: int) -> datetime:
    """A day of 2026, counted from 1 July: 32 is 1 August."""
    return datetime(2026, 7, 1, tzinfo=UTC) + timedelta(days=day - 1)


Step = tuple[str, tuple[Any, ...], dict[str, Any]]


def do(verb: str, *args: Any, day: int, **named: Any) -> Step:
    return verb, args, {"at": on(day), **named}


def hold(day: int, steps: int = 5) -> Step:
    return do("hold", steps, day=day, ref="run", until=timedelta(days=30))


def release(day: int) -> Step:
    return do("release", "run", day=day)


LATER = do("advance", day=45)
PACK, LOOSE = (do("top_up", offer, 10, day=1, payment="p") for offer in ("pack", "loose"))

LEDGERS: dict[str, tuple[tuple[Plan, ...], list[Step]]] = {
    "late use": ((LATE,), [do("spend", 3, day=33, occurred_at=on(20))]),
    "a hold that counts for the next plan": (
        (QUOTA, LOTS),
        [hold(3), do("change_plan", "lots", day=4, when="now"), release(5)],
    ),
    "a hold of the running period": ((QUOTA,), [hold(3), release(5)]),
    "a hold of a closed period": ((QUOTA,), [hold(30), release(33)]),
    "a hold of one that is carried": ((BANK,), [hold(30), release(33)]),
    "a hold of one of which half is carried": ((SHARE,), [hold(30, 15), release(33)]),
    "a hold of one of which half was carried, and is over": ((SHARE,), [hold(30, 15), LATER, release(46)]),
    "use of one of which half was carried, and is over": ((SHARE,), [do("spend", 15, day=30), do("refund", day=60)]),
    "a hold of a pack that is over": ((SHOP,), [PACK, hold(30), do("advance", day=48), release(49)]),
    "use of a pack that is there": ((SHOP,), [PACK, do("spend", 4, day=3), do("refund", day=4)]),
    "use of an empty pack": ((SHOP,), [PACK, do("spend", 10, day=3), LATER, do("refund", day=45)]),
    "use of an empty pack that is over": ((SHOP,), [PACK, do("spend", 10, day=3), LATER, do("refund", day=60)]),
    "use of an empty pack that is over in its period": (
        (SHOP,),
        [PACK, do("advance", day=40), do("spend", 10, day=41), do("refund", day=50)],
    ),
    "a hold of what was clawed back": ((SHOP,), [LOOSE, hold(3), do("claw_back", "p", day=4), release(5)]),
    "use that was let go": (
        (SHOP,),
        [LOOSE, do("spend", 7, day=3), do("claw_back", "p", day=4, used="let_go"), do("refund", day=5)],
    ),
    "money that comes again": (
        (SHOP,),
        [LOOSE, do("spend", 7, day=3), do("claw_back", "p", day=4, used="debt"), do("reinstate", "p", day=5)],
    ),
    "money that comes again for what is over": (
        (SHOP,),
        [PACK, do("spend", 4, day=3), do("claw_back", "p", day=4), LATER, do("reinstate", "p", day=60)],
    ),
    "money that comes again for what ended with a rest": (
        (SHOP,),
        [PACK, do("claw_back", "p", refunded=Decimal(1), day=4), do("advance", day=50), do("reinstate", "p", day=60)],
    ),
    "money that comes again for what was forfeited": (
        (SHOP, QUOTA),
        [
            PACK,
            do("claw_back", "p", refunded=Decimal(1), day=4),
            do("change_plan", "quota", day=5, when="now"),
            do("reinstate", "p", day=6),
        ],
    ),
    "money that comes again for what ended empty": (
        (SHOP,),
        [PACK, do("claw_back", "p", day=40), do("reinstate", "p", day=50)],
    ),
    "a gift that is taken back": (
        (SHOP,),
        [do("grant", 5, day=2, ref="gift"), do("claw_back", "gift", day=3), do("reinstate", "gift", day=4)],
    ),
}


@cache
def ledger(name: str) -> tuple[Wallet, tuple[e.Entry, ...]]:
    """A wallet with all its entries; a refund is of its last use."""
    plans, steps = LEDGERS[name]
    change = Wallet.open(plans[0], catalogue=Catalogue(plans), id="acme", at=on(1))
    entries = list(change.entries)
    for verb, args, named in steps:
        use = [one for one in entries if isinstance(one, e.Spent)][-1:]
        change = getattr(change.wallet, verb)(*(use if verb == "refund" else args), **named)
        entries += change.entries
    verify(change.wallet, entries)
    return change.wallet, tuple(entries)


WAYS = ("back", "carried", "clawed_back", "expired", "forfeited")


def facts(part: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """List each fact inside an entry with the way to it."""
    if isinstance(part, tuple):
        for place, one in enumerate(part):
            yield from facts(one, (*path, str(place)))
    elif attrs.has(type(part)):
        for one in attrs.fields(type(part)):
            yield from facts(getattr(part, one.name), (*path, one.name))
    else:
        yield path, part


def altered(before: Book, entry: e.Entry) -> Iterator[tuple[str, e.Entry]]:
    """Make all that differs from an entry by a way, a flag of a draw, the unit of what went back, or a new bucket."""
    for path, fact in facts(entry):
        if path[-1] == "went":
            for way in WAYS:
                if way != fact:
                    yield f"{fact} as {way}", put(entry, ".".join(path), way)
        if path[-1] == "allowance" and "draws" in path:
            yield f"allowance {fact}", put(entry, ".".join(path), not fact)
    if isinstance(entry, e.ClawedBack | e.Reinstated):
        for unit in {bucket.unit for bucket in before.buckets} | {evolve(entry.unit, name="GBP")}:
            if unit != entry.unit:
                yield f"in {unit}", evolve(entry, unit=unit)
    granted = [] if isinstance(getattr(type(entry), "granted", None), property) else getattr(entry, "granted", ())
    for bucket in (one for one in granted if isinstance(one, Bucket)):
        yield f"{bucket.kind} twice", put(entry, "granted", (*granted, bucket))


def check_alterations(entries: Sequence[e.Entry]) -> set[str]:
    """Whatever is altered is found at its entry; say what there was."""
    book: Book | None = None
    seen: set[str] = set()
    for position, entry in enumerate(entries):
        before, book = book, _after(book, entry, position)
        for what, forged in altered(before, entry) if before is not None else ():
            seen.add(f"{type(entry).__name__}: {what}")
            with pytest.raises(HistoryError) as caught:
                _after(before, forged, position)
            assert caught.value.position == position
    return seen


@pytest.mark.parametrize("name", LEDGERS)
def test_another_way_flag_or_unit_is_found_at_its_entry(name: str) -> None:
    assert check_alterations(ledger(name)[1])


@pytest.mark.parametrize("which", range(len(stories())))
def test_so_it_is_in_histories_with_every_kind_of_entry(which: int) -> None:
    check_alterations(stories()[which].entries)


def went(kind: type[e.Entry]) -> set[str]:
    """Say which ways something went here, in entries of a kind."""
    entries = (entry for name in LEDGERS for entry in ledger(name)[1] if isinstance(entry, kind))
    return {fact for entry in entries for path, fact in facts(entry) if path[-1] == "went"}


def test_the_ledgers_have_every_way() -> None:
    """What is altered to each other way goes each way here: of holds, of use, of money that comes again."""
    assert went(e.Released) == set(WAYS)
    assert went(e.Refunded) == {"back", "clawed_back", "expired", "forfeited"}
    assert went(e.Reinstated) == {"back", "expired", "forfeited"}


# -- one by one ------------------------------------------------------------------------------------------------------

FORGED: dict[str, tuple[str, str, Any, str]] = {
    "a draw's flag": ("late use", "uses.0.draws.0.allowance", False, "is an allowance's, it says otherwise"),
    "what money went back": (
        "a gift that is taken back",
        "unit.name",
        "sms",
        "what went back of gift is tokens, it says",
    ),
    "how it was lost": (
        "a hold of a closed period",
        "returned.0.went",
        "expired",
        "another way than its rest: expired",
    ),
    "where it is": ("a hold of one that is carried", "returned.0.went", "back", "into rollover:.*: it says back"),
}


@pytest.mark.parametrize(("name", "path", "value", "said"), FORGED.values(), ids=list(FORGED))
def test_verify_says_what_is_wrong(name: str, path: str, value: Any, said: str) -> None:
    """Of the last entry that has such a fact."""
    wallet, entries = ledger(name)
    top, _, _ = path.partition(".")
    position = max(place for place, entry in enumerate(entries) if getattr(entry, top, ()))
    forged = [*entries[:position], put(entries[position], path, value), *entries[position + 1 :]]
    with pytest.raises(HistoryError, match=said) as caught:
        verify(wallet, forged)
    assert caught.value.position == position


def test_a_bank_that_is_made_twice_is_found() -> None:
    """Empty as it is, what is carried would fill both: twice as much on a day in between."""
    plan = evolve(QUOTA, rollovers=[Rollover(life=Life(periods=2))])
    change = Wallet.open(plan, id="acme", at=on(1))
    moved = change.wallet.advance(on(33))
    gone = moved.wallet.advance(on(100))
    entries = [*change.entries, *moved.entries, *gone.entries]
    opened = entries[1]
    assert isinstance(opened, e.PeriodOpened)
    (bank,) = (bucket for bucket in opened.granted if bucket.kind == "rollover")
    forged = [entries[0], evolve(opened, granted=(*opened.granted, bank)), *entries[2:]]
    said = f"entry at position 1: it makes bucket {bank.id}, which is there already"
    for check in (lambda: verify(gone.wallet, forged), lambda: as_of(forged, on(40), catalogue=Catalogue([plan]))):
        with pytest.raises(HistoryError, match=said):
            check()
