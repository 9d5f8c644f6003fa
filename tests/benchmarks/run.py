"""Measure the library against the floor: `python -m tests.benchmarks.run [--quick]`.

Figures are ratios of two things measured in the same run, in the process's own time. In each round every side of every
case is timed once, one after the other, so that whatever else the machine does falls on all of them alike; a case's
ratio is the median over the rounds. The cyclic collector stays on, as in a host; everything made before a round is
collected and frozen, so that none of it is walked inside one.

Exit status 1: a case with a gate is above it, three times in a row.
"""

# ruff: noqa: T201  # a table is what this is for
from __future__ import annotations

import argparse
import gc
import platform
import sys
from collections.abc import Sequence
from statistics import median
from time import process_time_ns

from attrs import frozen

from tests.benchmarks.cases import Case, Side, bytes_per_entry, bytes_per_version, cases

ROUNDS, ROUNDS_QUICK = 101, 25
ATTEMPTS = 3
HEADINGS = ("case", "ns", "against", "ratio", "goal", "gate", "")


@frozen
class Measured:
    """A case with its figures: nanoseconds for each time it is done, and the ratio (without a base: microseconds)."""

    case: Case
    nanoseconds: float
    base: float | None
    ratio: float

    @property
    def passed(self) -> bool:
        return self.case.gate is None or self.ratio <= self.case.gate

    @property
    def word(self) -> str:
        if not self.passed:
            return "FAILED"
        return "ok" if self.ratio <= self.case.goal else "within the gate" if self.case.gate else "above the goal"

    @property
    def row(self) -> tuple[str, ...]:
        case = self.case
        base = "" if self.base is None else f"{self.base:,.0f}"
        gate = "" if case.gate is None else f"{case.gate:,.2f}"
        return (case.name, f"{self.nanoseconds:,.0f}", base, f"{self.ratio:,.2f}", f"{case.goal:,.2f}", gate, self.word)


def measure(measured: Sequence[Case], rounds: int) -> list[Measured]:
    """Time all sides of all cases, round by round."""
    sides = {id(side): side for case in measured for side in (case.ours, case.base) if side is not None}
    times: dict[int, list[float]] = {key: [] for key in sides}
    for side in sides.values():  # caches fill, code specialises
        side.run()
    for _ in range(rounds):
        gc.collect()
        gc.freeze()
        for key, side in sides.items():
            times[key].append(_timed(side))
        gc.unfreeze()
    found = []
    for case in measured:
        library = times[id(case.ours)]
        if case.base is None:
            found.append(Measured(case, median(library), None, median(library) / 1_000))
        else:
            base = times[id(case.base)]
            ratio = median(mine / its for mine, its in zip(library, base, strict=True))
            found.append(Measured(case, median(library), median(base), ratio))
    return found


def _timed(side: Side) -> float:
    start = process_time_ns()
    side.run()
    return (process_time_ns() - start) / side.times


def table(rows: Sequence[Sequence[str]]) -> str:
    """Align the columns: the first and the last to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        cells[0], cells[-1] = row[0].ljust(widths[0]), row[-1]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and judge."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.run", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds, below 20 seconds")
    rounds = ROUNDS_QUICK if parser.parse_args(arguments).quick else ROUNDS
    print(f"{platform.python_implementation()} {platform.python_version()}, {rounds} rounds, collector on, medians")
    passed = False
    for attempt in range(1, ATTEMPTS + 1):
        found = measure(cases(), rounds)
        print(table([HEADINGS, *(one.row for one in found)]))
        passed = all(one.passed for one in found)
        if passed:
            break
        print(f"attempt {attempt} of {ATTEMPTS}: above a gate" + ("; once more" if attempt < ATTEMPTS else ""))
    for what, size, goal in (("version", bytes_per_version(), 160), ("entry", bytes_per_entry(), 250)):
        print(f"bytes for each {what} kept: {size:,.0f} (goal {goal})")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
