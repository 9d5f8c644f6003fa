"""`kill -9` of a whole server under load: what was answered is there after it has recovered, the rest once or never."""

from __future__ import annotations

import random
import time
from typing import Any

from tests.storage.places import Place
from tests.storage.proof.children import Child, Failed, Slots, answer_of
from tests.storage.proof.operations import Spend, ask, faults_of, refs_of, state_of
from tests.storage.proof.reports import Report
from tests.storage.proof.servers import Server
from tests.storage.shop import july, opened

__all__ = ["crashes"]

WORKERS = 4
AT_WORK = 5  # so many answers in all before it may be killed
KILLED, OVER = 1, 2


def crashes(place: Place, server: Server, times: int, *, seed: int = 1) -> Report:
    """Kill the server so many times, each time under processes that spend, and let them ask again."""
    report, chance = Report(f"{times} x kill -9 of the whole server"), random.Random(seed)  # noqa: S311  # no secret
    figures = {"kills": 0, "answered": 0, "in flight": 0, "of them committed": 0}
    began = time.monotonic()
    for number in range(times):
        answer_of(_opens, place, number)
        slots = Slots(WORKERS + 1)
        children = [Child(_works, place, number, worker, slots) for worker in range(WORKERS)]
        _wait_for_work(slots)
        time.sleep(chance.uniform(0, 0.1))
        slots[WORKERS] = KILLED
        try:
            server.crash()
            slots[WORKERS] = OVER
            flights = [child.answer() for child in children]
            seen = answer_of(_looks, place, number, flights)
        except Failed as failed:
            report.complain(f"round {number}: {failed}")
            break
        figures["kills"] += 1
        figures["answered"] += sum(answered for answered, _ in flights)
        figures["in flight"] += sum(in_flight for _, in_flight in flights)
        figures["of them committed"] += seen["committed"]
        for fault in seen["faults"]:
            report.complain(f"round {number}: {fault}")
    report.figures |= {**figures, "seconds": round(time.monotonic() - began, 1)}
    return report


def _wait_for_work(slots: Slots) -> None:
    until = time.monotonic() + 60
    while sum(slots[worker] for worker in range(WORKERS)) < AT_WORK and time.monotonic() < until:
        time.sleep(0.005)


def _opens(place: Place, number: int) -> None:
    with place.connected() as store:
        store.create(opened(id=f"server-{number}"))


def _spend(number: int, worker: int, job: int) -> Spend:
    return Spend((f"server-{number}",), f"{worker}-{job}", 1)


def _works(place: Place, number: int, worker: int, slots: Slots) -> tuple[int, bool]:
    """Spend until the server is gone; gives how many were answered, and whether one more was in flight.

    Where a driver comes back to a server that was started meanwhile, none was.
    """
    answered = 0
    try:
        with place.connected() as store:
            while slots[WORKERS] != OVER:
                ask(store, _spend(number, worker, answered))
                answered = slots[worker] = answered + 1
    except Exception:  # whatever the driver calls a server that is gone
        if not slots[WORKERS]:
            raise
        return answered, True
    return answered, False


def _looks(place: Place, number: int, flights: list[tuple[int, bool]]) -> dict[str, Any]:
    """See that whatever was answered is there, and ask again for what was in flight, or would have been next."""
    id = f"server-{number}"
    faults, committed = [], 0
    with place.connected() as store:
        left = state_of(store, [id])
        faults += [f"after the crash: {fault}" for fault in faults_of(left)]
        refs = refs_of(left[id][1])
        for worker, (answered, _) in enumerate(flights):
            lost = [job for job in range(answered) if refs[f"{worker}-{job}"] != 1]
            if lost:
                faults.append(f"{len(lost)} of {answered} were answered and are not there, or are there twice")
            there = refs[f"{worker}-{answered}"] == 1
            committed += there
            if ask(store, _spend(number, worker, answered)) != there:
                faults.append(f"asked again, what was in flight was there {there}, and then it was not")
        done = state_of(store, [id])
        faults += [f"asked again: {fault}" for fault in faults_of(done)]
        expected = sum(answered + 1 for answered, _ in flights)
        if sum(refs_of(done[id][1]).values()) != expected or done[id][0].at(july(2)).available() != 10_000 - expected:
            faults.append(f"{expected} were done in the end, and the ledger says something else")
    return {"committed": committed, "faults": faults}
