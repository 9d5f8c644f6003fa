"""Every test here that asks for a `place` runs on each of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.storage.places import PLACES, Place
from tests.storage.shop import SHOP


@pytest.fixture(params=sorted(PLACES))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An empty database."""
    with PLACES[request.param](SHOP, tmp_path) as made:
        yield made


@pytest.fixture
def store(place: Place) -> Any:
    """A connection to it."""
    return place.open()
