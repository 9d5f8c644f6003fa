"""Where the places of the proofs are: a folder, or a server that is started for them and can be killed."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from tests.storage import postgres_server, redis_server
from tests.storage.places import PLACES, Place
from tests.storage.shop import SHOP

__all__ = ["CRASHED", "SERVERS", "Server", "place_of", "redis_with", "somewhere_for"]


class Server(NamedTuple):
    """A server of a database.

    Attributes:
        where: how to connect to it.
        crash: kill all of it, and start it on what that left.
    """

    where: str
    crash: Callable[[], None]


@contextmanager
def _postgres() -> Iterator[Server]:
    """Run one that waits for the disk."""
    found = postgres_server.programs()
    if found is None:
        raise LookupError("there is no PostgreSQL")
    with postgres_server.cluster(found, fsync=True) as made:

        def crash() -> None:
            made.kill()
            made.start()

        yield Server(made.conninfo, crash)


@contextmanager
def redis_with(settings: dict[str, str]) -> Iterator[Server]:
    """Run a Redis that is set up so; the recipe asks for `DURABLE`."""
    found = redis_server.program()
    if found is None:
        raise LookupError("there is no Redis")
    with tempfile.TemporaryDirectory(prefix="purse-") as name, ExitStack() as stack:
        folder = Path(name)

        def start() -> None:
            stack.enter_context(redis_server.running(found, folder, settings))

        def crash() -> None:
            stack.close()  # it ends its server by SIGKILL
            start()

        start()
        yield Server(redis_server.url_in(folder), crash)


SERVERS: Final[dict[str, Callable[[], AbstractContextManager[Server]]]] = {
    "postgres": _postgres,
    "redis": lambda: redis_with(redis_server.DURABLE),
}
"""By the name that the places give them."""


CRASHED: Final = ("psycopg", "redis")
"""The places whose server is killed: one for each kind of server."""


@contextmanager
def somewhere_for(name: str, where: str | None = None) -> Iterator[str]:
    """Give an empty database for a place, with a server of its own; or the one that is given."""
    fixture = PLACES[name][2]
    if where is not None:
        yield where
    elif fixture is None:
        with tempfile.TemporaryDirectory(prefix="purse-") as folder:
            yield folder
    else:
        with SERVERS[fixture]() as server:
            yield server.where


def place_of(name: str, where: str, *, prepared: bool = True) -> Place:
    """A place, with its tables or whatever it has instead."""
    module, kind, _ = PLACES[name]
    place: Place = getattr(importlib.import_module(module), kind)(SHOP, where)
    if prepared:
        place.prepare()
    return place
