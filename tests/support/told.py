"""A wallet's story, told verb by verb: each step is replayed, and checked by the auditor, who sees entries only."""

from __future__ import annotations

from typing import Any

from tests.laws.auditor import Auditor
from tests.support.cases import on
from tokenpurse import Catalogue, Change, Plan, View, Wallet, replay
from tokenpurse import entries as e

__all__ = ["Told"]


class Told:
    """A wallet, and all its entries so far."""

    def __init__(self, plan: Plan, *others: Plan, **more: Any) -> None:
        given: dict[str, Any] = {"id": "acme", "at": on(7, 1), **more}
        self.entries: list[e.Entry] = []
        self.auditor = Auditor()
        self.take_up(Wallet.open(plan, catalogue=Catalogue([plan, *others]), **given))

    def take_up(self, change: Change) -> Change:
        """Go on with what a verb made of the wallet."""
        self.change, self.wallet = change, change.wallet
        for entry in change.entries:
            self.entries.append(entry)
            self.auditor.read(entry)
        assert replay(self.entries) == self.wallet
        self.auditor.agrees_with(self.wallet)
        return change

    def do(self, verb: str, *args: Any, **named: Any) -> Told:
        """Do one verb."""
        self.take_up(getattr(self.wallet, verb)(*args, **named))
        return self

    @property
    def view(self) -> View:
        """What there is now."""
        return self.wallet.at(self.wallet.clock)

    def figures(self, unit: str | None = None) -> tuple[Any, Any]:
        """What is left of a unit, and what is owed of it."""
        return self.view.balance(unit), self.view.debt(unit)
