"""Traces of requests to LLM services: reading one, making one up, and stretching it over a longer time.

The format is that of the Azure LLM inference trace 2023 (CC-BY 4.0; Patel et al., Splitwise, ISCA 2024): when a request
came, how many tokens of context it brought, how many it generated. Nothing here knows a wallet.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from attrs import evolve, frozen

__all__ = ["HEADER", "Request", "TraceError", "read", "sample", "stretched"]

HEADER = ["TIMESTAMP", "ContextTokens", "GeneratedTokens"]
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?")
_COUNT = re.compile(r"[0-9]{1,9}")
_MICROSECOND = timedelta(microseconds=1)

# The shape of the sample: least, nine deciles and most of the trace's conversations.
_CONTEXT = (2, 207, 387, 403, 703, 1_020, 1_071, 1_130, 1_315, 2_735, 14_050)
_GENERATED = (7, 54, 77, 91, 103, 129, 177, 384, 400, 424, 1_000)


class TraceError(ValueError):
    """A file that is not a trace."""


@frozen
class Request:
    """One request: its moment, and the tokens it took, context and generated together."""

    at: datetime
    tokens: int


def read(path: Path) -> list[Request]:
    """Read a trace: the header as published, a line for each request, in the order of their times, taken as UTC.

    Times are kept to the microsecond; what is finer is cut off.

    Raises:
        TraceError: with the line, for anything that is not so.
        OSError: the file cannot be read.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines, strict=True)
        try:
            requests = list(_requests(rows))
        except (csv.Error, UnicodeDecodeError, TraceError) as problem:
            raise TraceError(f"{path}, line {max(rows.line_num, 1)}: {problem}") from None
    if not requests:
        raise TraceError(f"{path}: it has no requests")
    return requests


def _requests(rows: Iterable[list[str]]) -> Iterator[Request]:
    rows = iter(rows)
    header = next(rows, [])
    if header != HEADER:
        raise TraceError(f"the header is {','.join(header)[:60]!r}, it must be {','.join(HEADER)!r}")
    last: datetime | None = None
    for row in rows:
        if len(row) != len(HEADER):
            raise TraceError(f"it has {len(row)} columns, it must have {len(HEADER)}")
        at = _moment(row[0])
        if last is not None and at < last:
            raise TraceError(f"{row[0]} is before the line above it")
        last = at
        yield Request(at, _count(HEADER[1], row[1]) + _count(HEADER[2], row[2]))


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text).replace(tzinfo=UTC) if _TIME.fullmatch(text) else None
    except ValueError:  # spelled as a time, and none: 30 February
        at = None
    if at is None or not 1970 <= at.year < 2100:
        raise TraceError(f"{HEADER[0]} is {text[:40]!r}, it must be a time such as '2023-11-16 18:15:46.6805900'")
    return at


def _count(name: str, text: str) -> int:
    if not _COUNT.fullmatch(text):
        raise TraceError(f"{name} is {text[:40]!r}, it must be a whole number of up to nine digits")
    return int(text)


def sample(count: int = 4_000, *, seed: int = 2023) -> list[Request]:
    """Make up an hour of requests, the same ones on every machine for a seed: only whole numbers are drawn."""
    drawn = Random(seed)  # noqa: S311  # an example, not a secret
    at, gap = datetime(2025, 11, 17, 9, tzinfo=UTC), 3_600_000_000 // count
    requests = []
    for _ in range(count):
        requests.append(Request(at, _draw(drawn, _CONTEXT) + _draw(drawn, _GENERATED)))
        at += timedelta(microseconds=drawn.randrange(1, 2 * gap))
    return requests


def _draw(drawn: Random, deciles: tuple[int, ...]) -> int:
    """Draw a number as often between two deciles as between any others."""
    low = drawn.randrange(len(deciles) - 1)
    return drawn.randint(deciles[low], deciles[low + 1])


def stretched(requests: list[Request], days: int) -> list[Request]:
    """Spread requests so that the last comes so many days after the first, in whole microseconds; 0: as they came."""
    first = requests[0].at
    span = (requests[-1].at - first) // _MICROSECOND
    if not days or not span:
        return requests
    wanted = timedelta(days=days) // _MICROSECOND
    return [
        evolve(one, at=first + timedelta(microseconds=(one.at - first) // _MICROSECOND * wanted // span))
        for one in requests
    ]
