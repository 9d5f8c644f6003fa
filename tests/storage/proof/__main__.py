"""Try to lose an update: `python -m tests.storage.proof --long`, and without `--long` a short version of it.

Many processes at one wallet, processes killed in mid-transaction, servers killed under load, on every place that there
is; then the same with the guards taken out, where it has to fail. Exit status 1: something is wrong.
"""

# ruff: noqa: T201  # figures are what this is for
from __future__ import annotations

import argparse
import gc
import logging
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from tests.storage.places import PLACES, Place
from tests.storage.proof.controls import CONTROLS
from tests.storage.proof.crashes import crashes
from tests.storage.proof.crowds import gifts, spending
from tests.storage.proof.kills import kills
from tests.storage.proof.reports import Report
from tests.storage.proof.servers import CRASHED, SERVERS, place_of, somewhere_for
from tests.storage.shop import opened


class Size(NamedTuple):
    """How much of everything."""

    crowds: tuple[tuple[int, int], ...]
    gifts: tuple[int, int]
    kills: int
    crashes: int


SHORT: Final = Size(((8, 5),), (4, 5), 5, 1)
LONG: Final = Size(((8, 250), (16, 250)), (8, 50), 1_000, 25)


def parts_of(size: Size) -> Iterator[Callable[[Place], Report]]:
    """What is tried on each place."""
    for processes, attempts in size.crowds:
        yield lambda place, processes=processes, attempts=attempts: spending(place, processes, attempts)
    yield lambda place: gifts(place, *size.gifts)
    yield lambda place: kills(place, size.kills)


def on_place(name: str, where: str, size: Size) -> int:
    """Try everything on a place, and say how many parts failed."""
    print(f"\n{name}", flush=True)
    with quiet(place_of(name, where)) as place:
        return sum(told(part(place)) for part in parts_of(size))


def on_server(name: str, size: Size) -> int:
    """Kill the server of a place."""
    print(f"\n{name}: its server", flush=True)
    with SERVERS[PLACES[name][2] or ""]() as server, quiet(place_of(name, server.where)) as place:
        return told(crashes(place, server, size.crashes))


def on_control(name: str, where: str) -> int:
    """Take a guard out, and say whether the proof had nothing to say about that."""
    print(f"\nwithout a guard: {name}", flush=True)
    control = CONTROLS[name]
    place = place_of(control.place, where, prepared=False)
    control.take_out(place)
    place.prepare()
    with quiet(place):
        report = control.proof(place)
    print(report, flush=True)
    noticed = any(control.complaint in complaint for complaint in report.complaints)
    print("noticed" if noticed else f"NOT NOTICED: no complaint says {control.complaint!r}", flush=True)
    return not noticed


@contextmanager
def quiet(place: Place) -> Iterator[Place]:
    """Have everything imported once, and no thread or connection left, before the first process is forked."""
    with place.connected() as store:
        store.create(opened(id="first"))
        store.load("first")
    gc.freeze()  # what is there is shared with the children, and stays so
    yield place


def told(report: Report) -> int:
    """Print it; 1 if it failed."""
    print(report, flush=True)
    return bool(report.complaints)


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.storage.proof", description=__doc__)
    parser.add_argument("--long", action="store_true", help="the figures of the documentation; takes its time")
    parser.add_argument("--place", action="append", choices=PLACES, help="only on this one; may be given again")
    parser.add_argument("--server", action="append", choices=CRASHED, help="only kill the server of this one")
    parser.add_argument("--control", action="append", choices=CONTROLS, help="only without this guard")
    parser.add_argument("--where", help="an empty database for a `--place` or `--control`: nothing is started")
    given = parser.parse_args()
    size = LONG if given.long else SHORT
    everything = not (given.place or given.server or given.control)
    logging.disable(logging.WARNING)  # drivers warn of what is done to them here
    print(f"{platform.python_implementation()} {platform.python_version()}, {platform.system()} {platform.machine()}")
    wrong = 0
    for name in PLACES if everything else given.place or ():
        with somewhere_for(name, given.where) as where:
            wrong += on_place(name, where, size)
    for name in CRASHED if everything else given.server or ():
        wrong += on_server(name, size)
    for name in CONTROLS if everything else given.control or ():
        with somewhere_for(CONTROLS[name].place, given.where) as where:
            wrong += on_control(name, where)
    print(f"\n{wrong} failed" if wrong else "\nall as it should be")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
