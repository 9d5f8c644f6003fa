"""Play a real trace of requests to LLM services through a plan of one of the five systems.

    python -m examples.replay_trace [TRACE.csv] [--system rollover] [--plan large] [--stretch 90] [--size 88]

Each line of the file is a request: when it came, tokens of context, tokens generated. The customer's wallet pays for
the sum, or refuses. A trace lasts an hour and takes millions of tokens; `--stretch` spreads it over so many days
(a quarter unless said otherwise), and `--size` makes the plan that many times as big: one token of the documentation
stands for that many of the trace, in allowances, packs and price steps alike; prices in USD stay. Of packages it is
the number. Without it the size follows from the trace, so that each system shows its character: see `SETUPS`.

Exit status: 0, 1 if the books do not balance, 2 for wrong arguments or a file that is not a trace.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

if not __package__:  # run as a file: `examples` lies one folder up
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rich.console import Console
from rich.progress import track
from rich.text import Text

from examples.host import Host, tally
from examples.setups import SETUPS, catalogue_of, credit_for, size_for
from examples.terminal import console, put
from examples.traces import Request, TraceError, read, sample, stretched
from tokenpurse import replay
from tokenpurse.errors import PurseError

__all__ = ["main"]


def arguments_of(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="replay_trace", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("trace", nargs="?", type=Path, metavar="TRACE.csv", help="without it, a sample is made up")
    parser.add_argument("--system", choices=SETUPS, default="quota", help="whose plans; quota unless given")
    parser.add_argument("--plan", help="a plan of that system; a middle one unless given")
    parser.add_argument("--stretch", type=days, default=90, metavar="DAYS", help="0: as it came; 90 unless given")
    parser.add_argument("--size", type=positive, metavar="TIMES", help="how many times as big the plan is made")
    return parser.parse_args(words)


def whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 7):
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is not a whole number from 0 to 9,999,999")
    return int(text)


def days(text: str) -> int:
    if (number := whole(text)) > 3_660:
        raise argparse.ArgumentTypeError(f"{number:,} days are more than ten years")
    return number


def positive(text: str) -> int:
    if not (number := whole(text)):
        raise argparse.ArgumentTypeError("0 is not at least 1")
    return number


def main(words: Sequence[str] | None = None) -> int:
    given = arguments_of(words)
    try:
        requests = stretched(sample() if given.trace is None else read(given.trace), given.stretch)
        return play(requests, given, console())
    except (TraceError, PurseError, OSError) as problem:
        print(f"replay_trace: {problem}", file=sys.stderr)
        return 2


def play(requests: list[Request], given: argparse.Namespace, to: Console) -> int:
    setup = SETUPS[given.system]
    size = given.size or size_for(given.system, given.plan, requests)
    plans = catalogue_of(given.system, size)
    plan = plans.newest(given.plan or setup.plan)
    source = "a made-up sample" if given.trace is None else given.trace.name
    put(to, Text(f"{len(requests):,} requests of {source} through {given.system}, plan {plan.name}, size {size:,}"))
    put(to, Text(setup.says, "italic"))

    start = time.perf_counter()
    host = Host.start(setup, plan, plans, size, requests[0].at, to)
    if setup.credits:
        host.buy_credits(credit_for(plan, requests))
    for request in _ticking(requests, to):
        host.ask(request)
    host.end(requests[-1].at)
    seconds = time.perf_counter() - start

    balanced = prove(requests, host, to)
    put(to, Text(f"speed      {len(host.entries) / seconds:,.0f} entries per second", "dim"))
    return 0 if balanced else 1


def _ticking(requests: list[Request], to: Console) -> Iterable[Request]:
    """Show how far it is, on a terminal only, below what is printed meanwhile."""
    return track(requests, "requests", console=to, transient=True, disable=not to.is_terminal)


def prove(requests: list[Request], host: Host, to: Console) -> bool:
    """Print what the ledger alone says, against the trace and against the wallet that was played."""
    asked = sum(request.tokens for request in requests)
    drawn = tally(host.entries, host.meter)
    refused = host.refused_in_all
    balances = asked == sum(drawn.values()) + refused
    rebuilt = replay(host.entries) == host.wallet
    put(to, Text(""))
    put(to, Text("proof", "bold"))
    for who, tokens in drawn.items():
        put(to, Text(f"  {tokens:>15,}  {who}"))
    put(to, Text(f"  {refused:>15,}  refused"))
    put(to, Text(f"  {asked:>15,}  tokens in the trace: {_verdict(balances, 'equal', 'NOT EQUAL')}"))
    put(to, Text(f"  {len(host.entries):>15,}  entries, replayed: {_verdict(rebuilt, 'this very wallet', 'NOT IT')}"))
    return balances and rebuilt


def _verdict(holds: bool, word: str, otherwise: str) -> str:  # noqa: FBT001  # it chooses between two words
    return word if holds else otherwise


if __name__ == "__main__":
    sys.exit(main())
