"""Play all five systems."""

from __future__ import annotations

from examples.systems import credits as prepaid_credits
from examples.systems import packages, payg, quota, rollover
from examples.terminal import console


def main() -> None:
    to = console()
    for system in (quota, rollover, packages, payg, prepaid_credits):
        system.main(to)


if __name__ == "__main__":
    main()
