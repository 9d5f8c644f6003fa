"""The databases that the contract is tried on: where each lies, and how to open one more connection to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from examples.storage import sqlite
from tokenpurse import Catalogue

__all__ = ["PLACES", "Place"]


class Place(ABC):
    """A database of its own for one test. What is opened is closed with it."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.closing = ExitStack()

    @abstractmethod
    def connected(self) -> AbstractContextManager[Any]:
        """One more connection, as another process would have: a `Store` of the recipe, its methods plain functions."""

    def open(self) -> Any:
        """One more connection, for as long as the test runs and for the thread that it runs in."""
        return self.closing.enter_context(self.connected())

    @abstractmethod
    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Look behind the recipe's back, or change what lies there."""

    def counts(self) -> tuple[int, int, int]:
        """How many wallets, entries and things to send there are."""
        [row] = self.sql(
            "SELECT (SELECT count(*) FROM wallets), (SELECT count(*) FROM entries), (SELECT count(*) FROM outbox)"
        )
        return row[0], row[1], row[2]


class SqlitePlace(Place):
    """A file."""

    def __init__(self, catalogue: Catalogue, folder: Path) -> None:
        super().__init__(catalogue)
        self.path = folder / "purse.db"
        with closing(sqlite.connect(str(self.path))) as db:
            db.executescript(sqlite.SCHEMA)

    @contextmanager
    def connected(self) -> Iterator[Any]:
        with closing(sqlite.connect(str(self.path))) as db:
            yield sqlite.Store(db, self.catalogue)

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite.connect(str(self.path))) as db:
            return db.execute(statement).fetchall()


@contextmanager
def _sqlite(catalogue: Catalogue, folder: Path) -> Iterator[Place]:
    place = SqlitePlace(catalogue, folder)
    with place.closing:
        yield place


PLACES: dict[str, Callable[[Catalogue, Path], Any]] = {"sqlite": _sqlite}
"""By name, what makes a place in an empty folder, as a context."""
