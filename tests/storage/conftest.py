"""Every test here that asks for a `place` runs on each of them."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.storage.places import PLACES, Place
from tests.storage.postgres_server import WHEEL, programs, server
from tests.storage.shop import SHOP


def missing(what: str) -> NoReturn:
    """Skip for want of something; in CI that is a failure, so that nothing goes untested unnoticed."""
    if os.environ.get("CI"):
        pytest.fail(f"CI tests every store, and here is no {what}")
    pytest.skip(f"no {what}: install the extra 'storage'")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Start the server when the first test asks for it."""
    found = programs()
    if found is None:
        missing(f"PostgreSQL, neither the distribution's nor the one of {WHEEL}")
    with server(found) as conninfo:
        yield conninfo


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    return count(1)


@pytest.fixture
def postgres(postgres_server: str, numbers: Iterator[int]) -> Iterator[str]:
    """An empty database on it, which goes with the test and with whoever is still connected to it."""
    import psycopg

    name = f"purse_{next(numbers)}"
    with psycopg.connect(postgres_server, autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name}".encode())
        yield postgres_server.replace("dbname=postgres", f"dbname={name}")
        db.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An empty database."""
    module, name, fixture = PLACES[request.param]
    try:
        kind = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        missing(f"module {error.name}")
    made = kind(SHOP, str(tmp_path) if fixture is None else request.getfixturevalue(fixture))
    with made.closing:
        made.prepare()
        yield made


@pytest.fixture
def store(place: Place) -> Any:
    """A connection to it."""
    return place.open()
