"""A wallet that was stored and read again is what it was, and has the same future: on every walk of the machine."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any

from hypothesis import settings

from tests.laws.machine import EXPECTED, Histories, normal
from tests.support.snapshots import bytes_of, reloaded
from tokenpurse import Change, Wallet
from tokenpurse.codec import canonical, dump_entry, load_entry
from tokenpurse.codec.snapshots import BOOK_CODING


def came_of(wallet: Wallet, verb: str, args: Any, at: datetime, named: Any) -> Any:
    """Say all that a verb comes to, or its refusal."""
    try:
        change: Change = getattr(wallet, verb)(*args, at=at, **named)
    except EXPECTED as problem:
        return type(problem), str(problem)
    return change.entries, change.notices, change.requests, change.repeated, bytes_of(change.wallet)


class Stored(Histories):
    """Each verb is done by the wallet, and by what its document is read as."""

    def do(self, verb: str, *args: Any, at: datetime, **named: Any) -> Change | None:
        chance = Random(self.wallet.version)  # noqa: S311  # any order of keys will do
        twin = reloaded(self.wallet, self.shop, chance)
        assert twin == self.wallet
        assert bytes_of(twin) == bytes_of(self.wallet)
        there = came_of(twin, verb, args, at, named)
        assert there == came_of(self.wallet, verb, args, at, named)
        before = len(self.entries)
        change = super().do(verb, *args, at=at, **named)
        for entry in self.entries[before:]:
            document = dump_entry(entry)
            read = load_entry(canonical(document), wallet=entry.wallet)
            assert (read, dump_entry(read)) == (entry, document)
        return change

    def comes_to_the_same_in_steps(self, verb: str, args: Any, at: datetime, named: Any, change: Change) -> None:
        """What is equal has equal bytes, whichever way it came about."""
        super().comes_to_the_same_in_steps(verb, args, at, named, change)
        middle = change.before.clock + (at.astimezone(UTC) - change.before.clock) / 2
        if middle > change.before.clock:
            stepped = getattr(change.before.advance(middle).wallet, verb)(*args, at=at, **named)
            one, other = (canonical(BOOK_CODING.dump(normal(wallet))) for wallet in (change.wallet, stepped.wallet))
            assert one == other

    def teardown(self) -> None:
        """At the end of a walk nobody needs plans to read what there is."""
        if hasattr(self, "wallet"):
            assert reloaded(self.wallet, None, Random(0)) == self.wallet  # noqa: S311  # likewise


TestStored = Stored.TestCase
TestStored.settings = settings(max_examples=40)
