"""PostgreSQL with SQLAlchemy, plain and async."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from examples.storage import sqlalchemy_async, sqlalchemy_sync
from tests.storage.places import SqlPlace
from tests.storage.waiting import waiting_for

__all__ = ["SqlalchemyAsyncPlace", "SqlalchemyPlace"]


class SqlalchemyPlace(SqlPlace):
    """The plain recipe, with psycopg."""

    metadata = sqlalchemy_sync.metadata

    def url(self, driver: str) -> str:
        """Where the database is, in this library's words."""
        words = dict(word.split("=") for word in self.where.split())
        return f"postgresql+{driver}://{words['user']}@/{words['dbname']}?host={words['host']}"

    @contextmanager
    def engine(self) -> Iterator[Any]:
        made = create_engine(self.url("psycopg"))
        try:
            yield made
        finally:
            made.dispose()

    def prepare(self) -> None:
        with self.engine() as engine:
            self.metadata.create_all(engine)

    @contextmanager
    def connected(self) -> Iterator[Any]:
        with self.engine() as engine:
            yield sqlalchemy_sync.Store(engine, self.catalogue)

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with self.engine() as engine, engine.begin() as db:
            done = db.execute(text(statement))
            return [tuple(row) for row in done] if done.returns_rows else []


class SqlalchemyAsyncPlace(SqlalchemyPlace):
    """The async one, with asyncpg."""

    metadata = sqlalchemy_async.metadata

    @contextmanager
    def connected(self) -> Iterator[Any]:
        with waiting_for(self.in_this_loop()) as store:
            yield store

    @asynccontextmanager
    async def in_this_loop(self) -> AsyncIterator[sqlalchemy_async.Store]:
        """A store for the loop that runs."""
        engine = create_async_engine(self.url("asyncpg"))
        try:
            yield sqlalchemy_async.Store(engine, self.catalogue)
        finally:
            await engine.dispose()
