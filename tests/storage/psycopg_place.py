"""PostgreSQL with psycopg, plain and async."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from examples.storage import postgres, postgres_async
from tests.storage.places import Place
from tests.storage.waiting import Waiting, loop_of_its_own

__all__ = ["PsycopgAsyncPlace", "PsycopgPlace"]


class PsycopgPlace(Place):
    """The plain recipe."""

    def prepare(self) -> None:
        self.sql(postgres.SCHEMA)

    @contextmanager
    def connected(self) -> Iterator[Any]:
        with postgres.connect(self.where) as db:
            yield postgres.Store(db, self.catalogue)

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with postgres.connect(self.where) as db:
            done = db.execute(statement.encode())
            return done.fetchall() if done.description else []


class PsycopgAsyncPlace(PsycopgPlace):
    """The async one, in a loop of its own for each connection."""

    def prepare(self) -> None:
        self.sql(postgres_async.SCHEMA)

    @contextmanager
    def connected(self) -> Iterator[Any]:
        with loop_of_its_own() as loop:
            waiting = Waiting(loop)
            db = waiting.result(postgres_async.connect(self.where))
            waiting.store = postgres_async.Store(db, self.catalogue)
            yield waiting
            waiting.result(db.close())
