"""SQLite: a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from examples.storage import sqlite
from tests.storage.places import SqlPlace

__all__ = ["SqlitePlace"]


class SqlitePlace(SqlPlace):
    """The recipe of the standard library."""

    @property
    def path(self) -> str:
        return f"{self.where}/purse.db"

    def prepare(self) -> None:
        with closing(sqlite.connect(self.path)) as db:
            db.executescript(sqlite.SCHEMA)

    @contextmanager
    def connected(self) -> Iterator[Any]:
        with closing(sqlite.connect(self.path)) as db:
            yield sqlite.Store(db, self.catalogue)

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite.connect(self.path)) as db:
            return db.execute(statement).fetchall()
