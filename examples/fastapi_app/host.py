"""What every part of the service is handed: where the wallets are, what time it is, who takes payments."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from examples.fastapi_app import accounts, orders
from examples.fastapi_app.payments import Payments
from examples.fastapi_app.plans import CATALOGUE, PRICES, Pack, Upgrade
from examples.storage.sqlite import SCHEMA, Store, connect
from tokenpurse import Catalogue, Wallet


class Model(Protocol):
    """What answers prompts."""

    def count(self, prompt: str) -> int:
        """Count the tokens of a prompt."""

    def reply(self, prompt: str) -> AsyncGenerator[str]:
        """Answer, a token at a time."""


def now() -> datetime:
    """Give the time of this machine."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Host:
    """The service's parts.

    Attributes:
        path: the database.
        payments: the payment provider.
        model: what answers.
        clock: asked once for each act.
        url: where the service is reached, as browsers see it.
        sends_customers_to: the origin of the provider's checkout, which a form may lead to.
    """

    path: str
    payments: Payments
    model: Model
    clock: Callable[[], datetime] = now
    url: str
    sends_customers_to: str = "https://checkout.stripe.com"
    catalogue: Catalogue = CATALOGUE
    prices: dict[str, Pack | Upgrade] = field(default_factory=lambda: dict(PRICES))

    @contextmanager
    def store(self) -> Iterator[Store]:
        """Open the database, for one act and one thread: SQLite asks for no more, and a pool would for others."""
        with closing(connect(self.path)) as db:
            yield Store(db, self.catalogue)

    def prepare(self) -> None:
        """Make the tables."""
        with self.store() as store:
            store.db.executescript(SCHEMA + accounts.SCHEMA + orders.SCHEMA)

    def sign_up(self, wallet: str) -> Wallet:
        """Open a wallet on the free plan; where there is one of that id already, that one stays."""
        with self.store() as store:
            return store.create(Wallet.open("free", catalogue=self.catalogue, id=wallet, at=self.clock()))
