"""Many processes at one wallet, and at two that give to each other."""

from __future__ import annotations

import time
from typing import Any

from tests.storage.places import Place
from tests.storage.proof.children import Child, Failed, Slots, answer_of
from tests.storage.proof.operations import Gift, Spend, ask, delivered, faults_of, items_of, refs_of, spent_in, state_of
from tests.storage.proof.reports import Report
from tests.storage.shop import july, opened
from tokenpurse.errors import NotEnough

__all__ = ["gifts", "spending"]

THERE = 10_000  # what a wallet of the plan "pro" opens with
PROMO = 300
GIFT = 10
PATIENCE = 60  # seconds, and times
AGAIN = 5  # one in so many is asked again, as if its answer had been lost


def spending(place: Place, processes: int, attempts: int, *, again: int = AGAIN) -> Report:
    """All spend from one wallet, which has enough for three of five: exactly those go through."""
    every = processes * attempts
    amount = -(-THERE * 5 // (3 * every))
    id = f"crowd-{processes}"
    answer_of(_opens, place, [id], 0)
    operations = [[Spend((id,), f"{worker}-{job}", amount) for job in range(attempts)] for worker in range(processes)]
    report, done = _all_at_once(f"{processes} processes x {attempts} spend from one wallet", place, operations, again)
    expected = min(every, THERE // amount)
    report.figures |= {"attempts": every, "went through": len(done), "expected": expected}
    report.check(len(done) == expected, f"{len(done)} went through, and there was enough for {expected}")
    for complaint in answer_of(_spent_rightly, place, id, done, expected * amount):
        report.complain(complaint)
    return report


def gifts(place: Place, processes: int, attempts: int) -> Report:
    """Half of them give from the one to the other, half the other way: what both have together stays what it was."""
    ids = [f"gives-{processes}", f"takes-{processes}"]
    answer_of(_opens, place, ids, PROMO)
    operations = [
        [Gift((ids[worker % 2], ids[1 - worker % 2]), f"{worker}-{job}", GIFT) for job in range(attempts)]
        for worker in range(processes)
    ]
    report, done = _all_at_once(
        f"{processes} processes x {attempts} gifts in both directions", place, operations, AGAIN
    )
    report.figures |= {"attempts": processes * attempts, "went through": len(done)}
    report.check(bool(done), "nothing went through")
    for complaint in answer_of(_given_rightly, place, ids, done):
        report.complain(complaint)
    return report


def _all_at_once(what: str, place: Place, operations: list[list[Any]], again: int) -> tuple[Report, list[str]]:
    """Let each process do its own, all from one moment on; gives the refs that went through."""
    report, slots = Report(what), Slots(1 + len(operations))
    children = [Child(_works, place, slots, number, mine, again) for number, mine in enumerate(operations, start=1)]
    while not all(slots[number] for number in range(1, 1 + len(operations))):
        time.sleep(0.01)
    began = time.monotonic()
    slots[0] = 1
    done: list[str] = []
    turned_away = 0
    for child in children:
        try:
            answer = child.answer()
        except Failed as failed:
            report.complain(f"a process failed: {failed}")
        else:
            done += answer["done"]
            turned_away += answer["turned away"]
            report.check(not answer["not repeated"], f"asked again, done again: {answer['not repeated'][:3]}")
    report.figures |= {"turned away": turned_away} if turned_away else {}
    report.figures["seconds"] = round(time.monotonic() - began, 1)
    return report, done


def _works(place: Place, slots: Slots, number: int, operations: list[Any], again: int) -> dict[str, Any]:
    done, not_repeated, turned_away = [], [], 0
    try:
        with place.connected() as store:
            store.load(operations[0].ids[0])
            slots[number] = 1
            until = time.monotonic() + PATIENCE
            while not slots[0] and time.monotonic() < until:
                time.sleep(0.001)
            for job, operation in enumerate(operations):
                try:
                    turned_away += _asked_until_answered(store, operation)[1]
                except NotEnough:
                    continue
                done.append(operation.ref)
                if job % again == again - 1 and not _asked_until_answered(store, operation)[0]:
                    not_repeated.append(operation.ref)
    finally:
        slots[number] = 1  # nobody waits for who has failed
    return {"done": done, "not repeated": not_repeated, "turned away": turned_away}


def _asked_until_answered(store: Any, operation: Any) -> tuple[bool, int]:
    """Ask again, with the same ref, where SQLite turned somebody away who had waited for the others too long.

    Gives whether it was a repeat, and how often it was turned away.
    """
    for turned_away in range(PATIENCE):
        try:
            return ask(store, operation), turned_away
        except Exception as error:
            if "database is locked" not in str(error):
                raise
    raise RuntimeError(f"{operation.ref} was turned away {PATIENCE} times")


def _opens(place: Place, ids: list[str], promo: int) -> None:
    with place.connected() as store:
        for id in ids:
            store.create(opened(id=id))
            if promo:
                store.act(id, lambda wallet: wallet.grant(promo, at=july(2), ref="promo"))


def _spent_rightly(place: Place, id: str, done: list[str], expected: int) -> list[str]:
    """Look at it from a process that has seen nothing of it."""
    with place.connected() as store:
        state = state_of(store, [id])
        wallet, entries = state[id]
        faults = faults_of(state)
        if set(refs_of(entries)) != set(done):
            faults.append(f"the ledger has {len(refs_of(entries))} refs, and {len(done)} were told that it was done")
        if (spent := spent_in(entries)) != expected or wallet.at(july(2)).available() != THERE - expected:
            faults.append(f"the entries come to {spent} and leave {wallet.at(july(2)).available()}, not {expected}")
        if sorted(delivered(store)) != sorted(items_of(entries)):
            faults.append("the outbox is not what the entries have to send")
        return faults


def _given_rightly(place: Place, ids: list[str], done: list[str]) -> list[str]:
    with place.connected() as store:
        state = state_of(store, ids)
        faults = faults_of(state)
        for id, (_, entries) in state.items():
            if set(refs_of(entries)) - {"promo"} != set(done):
                faults.append(f"{id}: its ledger has other gifts than the {len(done)} that were told to be done")
        together = sum(wallet.at(july(3)).available() for wallet, _ in state.values())
        if together != 2 * (THERE + PROMO):
            faults.append(f"together they have {together}, and had {2 * (THERE + PROMO)}")
        return faults
