"""The service of `examples/fastapi_app`, started for a test; left out where the extra `host` is not there."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.outside import missing


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Any]:
    """A service, and those who use it."""
    try:
        made = importlib.import_module("tests.host.rig")
    except ModuleNotFoundError as error:
        missing(f"module {error.name}", extra="host")
    with made.served(tmp_path) as found:
        yield found
