"""Play all five systems."""

from __future__ import annotations

from rich.text import Text

from examples.systems import credits as prepaid_credits
from examples.systems import packages, payg, quota, rollover
from examples.terminal import console, contents, put

SYSTEMS = (quota, rollover, packages, payg, prepaid_credits)


def main() -> None:
    to = console()
    contents(
        to,
        "Products that sell AI by the token, each played here on plans modelled on its documentation:",
        [system.TITLE for system in SYSTEMS],
        "The letters stand for Quota, Rollover, Packages, pay-as-you-Go and Credits.",
    )
    entries = [system.main(to) for system in SYSTEMS]
    # A ledger that does not rebuild its wallet has raised by now, and so was not counted.
    to.print()
    said = f"{len(entries)} systems, {sum(entries)} entries, every ledger replayed to an equal wallet"
    put(to, Text(said, "bold green"))


if __name__ == "__main__":
    main()
