"""Every test here that asks for a `place` runs on each of them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.storage import postgres_server as of_postgres
from tests.storage import redis_server as of_redis
from tests.storage.places import PLACES, Place
from tests.storage.shop import SHOP
from tests.support.outside import missing


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Start the server when the first test asks for it."""
    found = of_postgres.programs()
    if found is None:
        missing(f"PostgreSQL, neither the distribution's nor the one of {of_postgres.WHEEL}", extra="storage")
    with of_postgres.server(found) as conninfo:
        yield conninfo


@pytest.fixture
def postgres(postgres_server: str) -> str:
    """Its database, emptied: whoever was still connected to it is not any more."""
    import psycopg

    with psycopg.connect(postgres_server, autocommit=True) as db:
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        db.execute(f"SELECT pg_terminate_backend(pid, 5000) {others}".encode())
        db.execute("ALTER DATABASE postgres RESET ALL")
        db.execute("DROP SCHEMA public CASCADE")
        db.execute("CREATE SCHEMA public")
    return postgres_server


@pytest.fixture(scope="session")
def redis_program() -> Path:
    """The server's program."""
    found = of_redis.program()
    if found is None:
        missing(f"Redis, neither the distribution's nor the one of {of_redis.WHEEL}", extra="storage")
    return found


@pytest.fixture(scope="session")
def redis_server(redis_program: Path) -> Iterator[str]:
    """Likewise."""
    with of_redis.server(redis_program) as url:
        yield url


@pytest.fixture
def redis(redis_server: str) -> str:
    """Its database, emptied."""
    from redis import Redis

    with Redis.from_url(redis_server) as db:
        db.flushall()
    return redis_server


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An empty database."""
    module, name, fixture = PLACES[request.param]
    try:
        kind = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        missing(f"module {error.name}", extra="storage")
    made = kind(SHOP, str(tmp_path) if fixture is None else request.getfixturevalue(fixture))
    with made.closing:
        made.prepare()
        yield made


@pytest.fixture
def store(place: Place) -> Any:
    """A connection to it."""
    return place.open()
