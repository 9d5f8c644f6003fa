"""Redis: what a server keeps under names that begin alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from examples.storage import redis_store
from tests.storage.places import Place

__all__ = ["RedisPlace"]


class RedisPlace(Place):
    """The recipe for redis-py."""

    def prepare(self) -> None:
        """There is nothing to make."""

    @contextmanager
    def connected(self) -> Iterator[Any]:
        with closing(redis_store.connect(self.where)) as db:
            yield redis_store.Store(db, self.catalogue)

    def counts(self) -> tuple[int, int, int]:
        with closing(redis_store.connect(self.where)) as db:
            entries = sum(db.hlen(key) for key in db.keys(f"{redis_store.ENTRIES}*"))
            return len(db.keys(f"{redis_store.WALLET}*")), entries, db.xlen(redis_store.OUTBOX)

    def swap(self, id: str, other: str) -> None:
        with closing(redis_store.connect(self.where)) as db:
            document = db.hget(redis_store.WALLET + other, "document")
            db.hset(redis_store.WALLET + id, "document", document)

    def spoil(self, id: str, sequence: int) -> None:
        with closing(redis_store.connect(self.where)) as db:
            db.hset(redis_store.ENTRIES + id, str(sequence), "{}")
