"""What is measured, and against what: each case is something the library does beside something the floor does.

A case says nothing about time: `run.py` calls the two sides in turn and compares them.
"""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import cycle

from attrs import frozen

from tests.benchmarks.floor import FloorWallet
from tokenpurse import Alert, Allowance, Bound, Plan, Wallet, periods, spend_from_pool, transfer
from tokenpurse.codec import canonical, dump_wallet, load_wallet
from tokenpurse.codec.pieces import REMEMBERED_MAX
from tokenpurse.entries import Spent
from tokenpurse.errors import NotEnough

__all__ = ["Case", "Side", "bytes_per_entry", "bytes_per_version", "cases"]

OPENED = datetime(2026, 7, 1, tzinfo=UTC)
AT = OPENED + timedelta(days=1)
MANY = 2**45  # a bucket that no benchmark drains
METERS = ("tokens", "sms", "mails", "calls", "pages", "minutes", "searches")


@frozen
class Side:
    """Something to time: `run()` does it `times` times in a row."""

    run: Callable[[], object]
    times: int


@frozen
class Case:
    """A side of the library's, and the side it is a multiple of.

    Attributes:
        name: what is done.
        ours: what the library does.
        base: what it is measured against; `None`: the time itself is the figure.
        goal: the multiple to be at (without a base: microseconds).
        gate: the multiple that fails the run; `None`: the case is information only.
    """

    name: str
    ours: Side
    base: Side | None
    goal: float
    gate: float | None = None


# --- wallets ----------------------------------------------------------------------------------------------------------


def plan(*meters: str, quota: int = MANY) -> Plan:
    """The plan that the floor is written for, for each of the meters."""
    return Plan(
        "benchmark",
        allowances=[Allowance(quota, meter) for meter in meters],
        alerts=[Alert(f"low_{one}", "left", below=Bound("allowance", Decimal("0.2")), unit=one) for one in meters],
    )


def wallet(buckets: int, *, quota: int = MANY, granted: int = 1_000_000) -> Wallet:
    """A quota, and buckets that were granted."""
    opened = Wallet.open(plan("tokens", quota=quota), id="benchmark", at=OPENED).wallet
    for _ in range(buckets - 1):
        opened = opened.grant(granted, at=OPENED).wallet
    return opened.spend(1, at=AT).wallet


def floor(buckets: int, *, quota: int = MANY, granted: int = 1_000_000) -> FloorWallet:
    """The same on the floor."""
    made = FloorWallet(quota, quota // 5, OPENED)
    for _ in range(buckets - 1):
        made.grant(granted, at=OPENED)
    made.spend(1, at=AT)
    return made


# --- sides ------------------------------------------------------------------------------------------------------------


def floor_spends(buckets: int, times: int) -> Side:
    made, at = floor(buckets), AT

    def run() -> None:
        for _ in range(times):
            made.spend(1, at=at)

    return Side(run, times)


def spends(buckets: int, times: int) -> Side:
    opened, at = wallet(buckets), AT

    def run() -> None:
        now = opened
        for _ in range(times):
            now = now.spend(1, at=at).wallet

    return Side(run, times)


def spends_with_ref(times: int) -> Side:
    opened, at, refs = wallet(4), AT, [f"request-{number}" for number in range(times)]

    def run() -> None:
        now = opened
        for ref in refs:
            now = now.spend(1, at=at, ref=ref).wallet

    return Side(run, times)


def spends_in_turn(times: int) -> Side:
    opened, at = Wallet.open(plan(*METERS), id="benchmark", at=OPENED).wallet, AT
    meters = [METERS[number % len(METERS)] for number in range(times)]

    def run() -> None:
        now = opened
        for meter in meters:
            now = now.spend(1, meter, at=at).wallet

    return Side(run, times)


def floor_spends_over_two(times: int) -> Side:
    """Half from one bucket and half from the next, each time: the wallet is 5 into a bucket of 10."""
    at, made = AT, floor(times + 2, quota=10, granted=10)
    made.spend(4, at=at)

    def run() -> None:
        for bucket in made.buckets:
            bucket.left = 10
        made.buckets[0].left, made.first, made.left = 5, 0, 10 * len(made.buckets) - 5
        for _ in range(times):
            made.spend(10, at=at)

    return Side(run, times)


def spends_over_two(times: int) -> Side:
    """The same in laps of three: that is how often a wallet of four buckets has two to pay from."""
    at, opened = AT, wallet(4, quota=10, granted=10).spend(4, at=AT).wallet

    def run() -> None:
        for _ in range(times // 3):
            now = opened
            for _ in range(3):
                now = now.spend(10, at=at).wallet

    return Side(run, times // 3 * 3)


def refusals(times: int) -> Side:
    opened, at, amount = wallet(4), AT, MANY * 2

    def run() -> None:
        for _ in range(times):
            try:
                opened.spend(amount, at=at)
            except NotEnough:
                continue
            raise AssertionError("it was not refused")

    return Side(run, times)


UNTIL = AT + timedelta(minutes=10)


def holds(times: int) -> Side:
    """In laps of ten, so that a wallet never has more than a host's would."""
    opened, refs = wallet(4), [f"request-{number}" for number in range(10)]

    def run() -> None:
        for _ in range(times // 10):
            now = opened
            for ref in refs:
                now = now.hold(10, at=AT, ref=ref, until=UNTIL).wallet

    return Side(run, times // 10 * 10)


def ends_of_holds(times: int, end: Callable[[Wallet, str], Wallet]) -> Side:
    """End ten holds, one after the other."""
    opened, refs = wallet(4), [f"request-{number}" for number in range(10)]
    for ref in refs:
        opened = opened.hold(10, at=AT, ref=ref, until=UNTIL).wallet

    def run() -> None:
        for _ in range(times // 10):
            now = opened
            for ref in refs:
                now = end(now, ref)

    return Side(run, times // 10 * 10)


def captures(times: int) -> Side:
    return ends_of_holds(times, lambda now, ref: now.capture(ref, 7, at=AT).wallet)


def releases(times: int) -> Side:
    return ends_of_holds(times, lambda now, ref: now.release(ref, at=AT).wallet)


def gifts(times: int) -> Side:
    """From one bucket of four to a wallet of four, each time anew."""
    giver, taker = wallet(4), Wallet.open(plan("tokens"), id="taker", at=OPENED).wallet

    def run() -> None:
        for _ in range(times):
            transfer(giver, taker, 10, at=AT, ref="gift")

    return Side(run, times)


def pooled_spends(times: int) -> Side:
    """A member's wallet pays half and the team's the rest."""
    member, pool = Wallet.open(plan("tokens", quota=5), id="member", at=OPENED).wallet, wallet(4)

    def run() -> None:
        for _ in range(times):
            spend_from_pool(member, pool, 10, at=AT, ref="shared")

    return Side(run, times)


def undone(times: int) -> Side:
    """A part of what one bucket paid."""
    spent = wallet(4).spend(10, at=AT)
    entry = spent.entry
    assert isinstance(entry, Spent)

    def run() -> None:
        for _ in range(times):
            spent.wallet.refund(entry, 4, at=AT)

    return Side(run, times)


def _months(count: int) -> list[datetime]:
    return [OPENED.replace(year=2026 + (7 + k) // 12, month=(7 + k) % 12 + 1) for k in range(count)]


def floor_resets(times: int) -> Side:
    made, months = floor(4), _months(times)

    def run() -> None:
        for month in months:
            made.reset(month)

    return Side(run, times)


def resets(times: int) -> Side:
    opened, months = wallet(4), _months(times)

    def run() -> None:
        now = opened
        for month in months:
            now = now.advance(month).wallet

    return Side(run, times)


def rebuilds(times: int) -> Side:
    opened, at = wallet(4), AT

    def run() -> None:
        for _ in range(times):
            opened.grant(1, at=at)

    return Side(run, times)


def idle_century() -> Side:
    hourly = Plan("hourly", allowances=[Allowance(1_000)], period=periods.hours(1))
    opened = Wallet.open(hourly, id="benchmark", at=OPENED).wallet
    later = OPENED.replace(year=OPENED.year + 100)
    return Side(lambda: opened.advance(later), 1)


def stored(times: int) -> dict[str, Side]:
    """Write and read the document of a wallet, as the codec does and as `json` does what is ready."""
    opened = wallet(4)
    document = dump_wallet(opened)
    text = canonical(document).decode()  # as the recipes store it
    # More wallets than their buckets are remembered of: by the time one comes again, it is forgotten.
    many = [wallet(4, quota=MANY + number, granted=MANY - number) for number in range(REMEMBERED_MAX // 3)]
    texts = [canonical(dump_wallet(one)).decode() for one in many]
    others, again = cycle(texts), cycle(texts)

    def side(run: Callable[[], object]) -> Side:
        def several() -> None:
            for _ in range(times):
                run()

        return Side(several, times)

    return {
        "dump": side(lambda: dump_wallet(opened)),
        "dumps": side(lambda: json.dumps(document)),
        "load": side(lambda: load_wallet(document, id="benchmark")),
        "load text": side(lambda: load_wallet(text, id="benchmark")),
        "load others": side(lambda: load_wallet(next(others), id="benchmark")),
        "loads": side(lambda: json.loads(text)),
        "loads others": side(lambda: json.loads(next(again))),
    }


# --- what is measured -------------------------------------------------------------------------------------------------


def cases() -> tuple[Case, ...]:
    """Build every case anew: the first two, writing and reading have a gate, the others are information."""
    spend, by_floor, store = spends(4, 2_000), floor_spends(4, 2_000), stored(30)
    return (
        Case("spend, one bucket of 4 pays", spend, by_floor, goal=3.5, gate=5.0),
        Case("... of 1,000 buckets, against 4", spends(1_000, 2_000), spend, goal=1.1, gate=1.25),
        Case("... with ref=", spends_with_ref(300), by_floor, goal=6),
        Case("... seven meters in turn", spends_in_turn(2_000), by_floor, goal=5),
        Case("spend over 2 buckets", spends_over_two(60), floor_spends_over_two(1_000), goal=6),
        Case("refusal", refusals(300), by_floor, goal=5),
        Case("hold", holds(100), by_floor, goal=8),
        Case("capture, the rest comes back", captures(100), by_floor, goal=10),
        Case("release", releases(100), by_floor, goal=6),
        Case("refund", undone(100), by_floor, goal=10),
        Case("transfer", gifts(50), by_floor, goal=20),
        Case("spend_from_pool, both pay", pooled_spends(50), by_floor, goal=20),
        Case("reset, the same set of buckets", resets(60), floor_resets(500), goal=4),
        Case("frame rebuilt, 5 buckets (us)", rebuilds(100), None, goal=20),
        Case("100 idle years, hourly (us)", idle_century(), None, goal=5_000),
        Case("dump_wallet, of 4 buckets / json.dumps", store["dump"], store["dumps"], goal=1, gate=2.0),
        Case("load_wallet of the dict / json.loads", store["load"], store["loads"], goal=1, gate=2.0),
        # A guard against falling back, and no promise: what is promised, twice json.loads, holds for the dict.
        Case("load_wallet of the text / json.loads", store["load text"], store["loads"], goal=1, gate=2.5),
        Case("... of texts that were not met before", store["load others"], store["loads others"], goal=1),
    )


def bytes_per_version(count: int = 5_000) -> float:
    """What each version costs while all of them are kept."""
    now = wallet(4)
    kept = [now] * (count + 1)  # as long as it gets before anything is counted
    with _counting() as taken:
        for number in range(count):
            kept[number] = now = now.spend(1, at=AT).wallet
    return taken() / count


def bytes_per_entry(count: int = 5_000) -> float:
    """What each entry costs while all of them are kept, and the changes that made them are not."""
    now = wallet(4)
    kept: list[object] = [None] * count
    with _counting() as taken:
        for number in range(count):
            change = now.spend(1, at=AT)
            kept[number], now = change.entries[0], change.wallet
        del change
    return taken() / count


@contextmanager
def _counting() -> Iterator[Callable[[], int]]:
    """Count what is allocated inside and still there at its end."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    after = before
    try:
        yield lambda: after - before
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
