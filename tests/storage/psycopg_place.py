"""PostgreSQL with psycopg, plain and async."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg

from examples.storage import postgres, postgres_async
from tests.storage.places import SqlPlace
from tests.storage.waiting import waiting_for

__all__ = ["PsycopgAsyncPlace", "PsycopgPlace"]


class PsycopgPlace(SqlPlace):
    """The plain recipe."""

    def prepare(self) -> None:
        self.sql(postgres.SCHEMA)

    @contextmanager
    def connected(self) -> Iterator[Any]:
        with psycopg.connect(self.where) as db:
            postgres.configure(db)
            yield postgres.Store(db, self.catalogue)

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.where, autocommit=True) as db:
            done = db.execute(statement.encode())
            return done.fetchall() if done.description else []


class PsycopgAsyncPlace(PsycopgPlace):
    """The async one, in a loop of its own for each connection."""

    def prepare(self) -> None:
        self.sql(postgres_async.SCHEMA)

    @contextmanager
    def connected(self) -> Iterator[Any]:
        with waiting_for(self.in_this_loop()) as store:
            yield store

    @asynccontextmanager
    async def in_this_loop(self) -> AsyncIterator[postgres_async.Store]:
        """A store for the loop that runs."""
        async with await psycopg.AsyncConnection.connect(self.where) as db:
            await postgres_async.configure(db)
            yield postgres_async.Store(db, self.catalogue)
