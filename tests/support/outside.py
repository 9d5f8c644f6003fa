"""What a test needs that the extra `test` does not bring: without it the test is left out, but never on CI."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import NoReturn

import pytest

__all__ = ["missing", "needs"]


def needs(module: str, *, extra: str) -> pytest.MarkDecorator:
    """Mark tests that ask a program of somebody else: where CI is set they run, and fail if it is not there."""
    absent = find_spec(module) is None and not os.environ.get("CI")
    return pytest.mark.skipif(absent, reason=f"{module} is not installed: pip install '.[{extra}]'")


def missing(what: str, *, extra: str) -> NoReturn:
    """Leave the running test out for want of something; where CI is set that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"CI leaves nothing out, and here is no {what}")
    pytest.skip(f"no {what}: pip install '.[{extra}]'")
