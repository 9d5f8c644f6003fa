"""What things are called in a journal: beancount knows fewer names than there are wallets, kinds and units."""

from __future__ import annotations

import re

from attrs import define, field

from tokenpurse.units import Unit

__all__ = ["Commodities", "account_of"]

MOST = 24
"""How long the name of a commodity may be: beancount 3 reads longer ones, beancount 2 does not."""


def account_of(words: str) -> str:
    """Write a kind or a wallet's id as part of an account: `top_up` as `TopUp`."""
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", words)) or "Wallet"


@define
class Commodities:
    """The commodities of a journal: what each of them stands for, by its name."""

    units: dict[str, str] = field(factory=dict)

    def of(self, unit: Unit) -> tuple[str, int]:
        """Name what a wallet counts, with its places: credits of a currency are not that currency.

        Raises:
            ValueError: another unit has that name.
        """
        name = f"{unit.name}-CREDIT" if unit.is_money else commodity_of(unit.name)
        return self._named(name, unit.name, unit.kept)

    def money(self, unit: Unit) -> tuple[str, int]:
        """Name the money that is paid, with its places.

        Raises:
            ValueError: another unit has that name.
        """
        return self._named(unit.name, f"money in {unit.name}", unit.kept)

    def _named(self, name: str, what: str, places: int) -> tuple[str, int]:
        other = self.units.setdefault(name, what)
        if other != what:
            message = f"{what} would be the same commodity as {other}: {name}"
            raise ValueError(message)
        return name, places


def commodity_of(name: str) -> str:
    """Write the name of a meter as beancount can read it: `llm_tokens` as `LLM_TOKENS`, `4o:input` as `UNIT-4O-INPUT`.

    What it does not know becomes `-`; of a name that is too long, what is in the middle is left out.
    """
    found = re.sub(r"[^A-Z0-9'._-]", "-", name.upper()).strip("'._-")
    if len(found) < 2 or not found[0].isalpha():
        found = f"UNIT-{found}".rstrip("-")
    return found if len(found) <= MOST else f"{found[: MOST - 12]}-{found[-11:].lstrip('-')}"
