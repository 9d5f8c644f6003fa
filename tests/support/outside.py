"""What a test needs that the extra `test` does not bring: without it the test is left out, but never on CI."""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest

__all__ = ["needs"]


def needs(module: str, *, extra: str) -> pytest.MarkDecorator:
    """Mark tests that ask a program of somebody else: where CI is set they run, and fail if it is not there."""
    missing = find_spec(module) is None and not os.environ.get("CI")
    return pytest.mark.skipif(missing, reason=f"{module} is not installed: pip install '.[{extra}]'")
