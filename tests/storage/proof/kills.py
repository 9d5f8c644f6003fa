"""`kill -9` in mid-transaction, again and again; each time a fresh process looks at what is left, and asks again."""

from __future__ import annotations

import random
import time
from collections import Counter, deque
from statistics import median
from typing import Any

from attrs import frozen

from tests.storage.places import Place
from tests.storage.proof.children import Failed, answer_of
from tests.storage.proof.operations import Gift, Spend, ask, delivered, faults_of, items_of, refs_of, state_of
from tests.storage.proof.reports import Report
from tests.storage.proof.victims import AFTER_COMMIT, SOMEWHERE, Victim, points_of
from tests.storage.shop import july, opened

__all__ = ["kills"]

BATCH = 25  # rounds with the same wallets: short ledgers are verified faster


@frozen
class Round:
    """One kill: what was going on, where it ended, and how far the wallets were before."""

    operation: Spend | Gift
    point: str
    versions: dict[str, int]


def kills(place: Place, count: int, *, seed: int = 1, points: tuple[str, ...] = ()) -> Report:
    """Kill until so many have fallen in the middle of a transaction: at chosen steps and somewhere, in turn.

    Somewhere is within the time that writing took lately. Steps and operations take turns of different lengths, so that
    each meets each.
    """
    report, chance = Report(f"{count} x kill -9 in mid-transaction"), random.Random(seed)  # noqa: S311  # no secret
    steps = answer_of(points_of, place)
    among = points or (AFTER_COMMIT, *(each for step in steps for each in (step, SOMEWHERE)))
    among += () if steps or points else (SOMEWHERE, SOMEWHERE)
    versions: dict[str, int] = {}
    found: Counter[str] = Counter()
    ends: Counter[str] = Counter()
    took, number, began = deque([0.0], maxlen=9), 0, time.monotonic()
    while found["in the middle"] < count and number < 3 * count + BATCH and len(report.complaints) < BATCH:
        if number % BATCH == 0:
            versions = answer_of(_opens, place, number // BATCH)
        here = Round(_operation(number), among[number % len(among)], versions)
        try:
            victim = Victim(place, here.operation, here.point, chance.uniform(0, median(took)))
            seen = answer_of(_looks, place, here)
        except Failed as failed:
            report.complain(f"round {number}, {here.point}: {failed}")
            break
        versions |= seen["versions"]
        took += [victim.took] if victim.took else []
        found["in the middle"] += victim.in_the_middle
        found["of it committed"] += victim.in_the_middle and seen["there"]
        found["late"] += seen["late"]
        ends[here.point] += 1
        for fault in seen["faults"]:
            report.complain(f"round {number}, {here.point}: {fault}")
        number += 1
    report.check(found["in the middle"] >= count, f"only {found['in the middle']} kills met the middle of one")
    report.figures |= {"kills": number, **found, **ends, "seconds": round(time.monotonic() - began, 1)}
    return report


def _operation(number: int) -> Spend | Gift:
    """Spends and gifts in turn."""
    batch, within = divmod(number, BATCH)
    if number % 2:
        return Gift((f"ann-{batch}", f"ben-{batch}"), f"gift-{number}", 10)
    return Spend((f"used-{batch}",), f"use-{number}", 1_500, month=within)


def _opens(place: Place, batch: int) -> dict[str, int]:
    """Open what is needed; every other batch is of wallets that remember no ref of use. Gives their versions."""
    ring = 0 if batch % 2 == 0 else 16
    with place.connected() as store:
        wallets = [store.create(opened("metered", id=f"used-{batch}", ring=ring))]
        wallets += [store.create(opened(id=f"{name}-{batch}", ring=ring)) for name in ("ann", "ben")]
        store.act(f"ann-{batch}", lambda wallet: wallet.grant(300, at=july(2), ref="promo"))
        delivered(store)
        return {wallet.id: store.load(wallet.id).version for wallet in wallets}


def _looks(place: Place, here: Round) -> dict[str, Any]:
    """See what the dead process left, ask again as its caller would, and see that it is done once."""
    operation, faults = here.operation, []
    with place.connected() as store:
        left = state_of(store, operation.ids)
        faults += [f"after the kill: {fault}" for fault in faults_of(left)]
        times = {refs_of(entries)[operation.ref] for _, entries in left.values()}
        there = times == {1}
        if not there and times != {0}:
            faults.append("after the kill: it is done in a part of the wallets")
        out = delivered(store)
        repeated = ask(store, operation)
        if there and not repeated:
            faults.append("it was there, and asking again did it again")
        if here.point != SOMEWHERE and (there, repeated) != ((here.point == AFTER_COMMIT),) * 2:
            faults.append(f"killed {here.point}: there {there}, repeated {repeated}")
        if not ask(store, operation):
            faults.append("asked a third time, it was done again")
        done = state_of(store, operation.ids)
        faults += [f"asked again: {fault}" for fault in faults_of(done)]
        faults += [f"{id}: done {n} times" for id, (_, e) in done.items() if (n := refs_of(e)[operation.ref]) != 1]
        out += delivered(store)
        new = [each for id, (_, e) in done.items() for each in e if each.sequence > here.versions[id]]
        if sorted(out) != sorted(items_of(new)):
            faults.append(f"sent were {out}, and to be sent were {items_of(new)}")
        versions = {id: wallet.version for id, (wallet, _) in done.items()}
    return {"there": there, "late": repeated and not there, "faults": faults, "versions": versions}
