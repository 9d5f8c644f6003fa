"""What a database has to offer so that the contract can be tried on it, and which databases there are.

Each is a class of a module of its own, which imports the driver: where that is missing, its tests are skipped with the
reason, but never in CI. A further database is a module with a `Place`, and a line here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Final

from tokenpurse import Catalogue

__all__ = ["PLACES", "Place", "SqlPlace"]

PLACES: Final = {
    "sqlite": ("tests.storage.sqlite_place", "SqlitePlace", None),
    "psycopg": ("tests.storage.psycopg_place", "PsycopgPlace", "postgres"),
    "psycopg_async": ("tests.storage.psycopg_place", "PsycopgAsyncPlace", "postgres"),
    "sqlalchemy": ("tests.storage.sqlalchemy_place", "SqlalchemyPlace", "postgres"),
    "sqlalchemy_async": ("tests.storage.sqlalchemy_place", "SqlalchemyAsyncPlace", "postgres"),
    "django": ("tests.storage.django_place", "DjangoPlace", "postgres"),
    "django_sqlite": ("tests.storage.django_place", "DjangoSqlitePlace", None),
    "redis": ("tests.storage.redis_place", "RedisPlace", "redis"),
}
"""By name: the module, the class, and the fixture that says where a server has an empty database; `None`: a file."""


class Place(ABC):
    """An empty database of its own for one test.

    Args:
        catalogue: of the wallets in it.
        where: a folder, or how to connect.
    """

    def __init__(self, catalogue: Catalogue, where: str) -> None:
        self.catalogue = catalogue
        self.where = where
        self.closing = ExitStack()

    @abstractmethod
    def prepare(self) -> None:
        """Make the tables."""

    @abstractmethod
    def connected(self) -> AbstractContextManager[Any]:
        """One more connection, as another process would have: a `Store` of the recipe, its methods plain functions."""

    @abstractmethod
    def counts(self) -> tuple[int, int, int]:
        """How many wallets, entries and things to send there are."""

    @abstractmethod
    def swap(self, id: str, other: str) -> None:
        """Put another wallet's document where that of `id` is, behind the recipe's back."""

    @abstractmethod
    def spoil(self, id: str, sequence: int) -> None:
        """Put what nobody can read where an entry's document is, behind the recipe's back."""

    def open(self) -> Any:
        """One more connection, for as long as the test runs and for the thread that it runs in."""
        return self.closing.enter_context(self.connected())


class SqlPlace(Place):
    """A database with the three tables."""

    @abstractmethod
    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Look behind the recipe's back, or change what lies there."""

    def counts(self) -> tuple[int, int, int]:
        [row] = self.sql(
            "SELECT (SELECT count(*) FROM wallets), (SELECT count(*) FROM entries), (SELECT count(*) FROM outbox)"
        )
        return row[0], row[1], row[2]

    def swap(self, id: str, other: str) -> None:
        others = f"SELECT document FROM wallets WHERE id = '{other}'"  # noqa: S608  # ids of the test's own
        self.sql(f"UPDATE wallets SET document = ({others}) WHERE id = '{id}'")  # noqa: S608  # likewise

    def spoil(self, id: str, sequence: int) -> None:
        self.sql(f"UPDATE entries SET document = '{{}}' WHERE wallet = '{id}' AND sequence = {sequence}")  # noqa: S608
