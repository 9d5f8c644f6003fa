"""A plan in plain English, and what changes from one to another: generated from the data, for customers to read."""

from __future__ import annotations

from tokenpurse.prose.differing import diff
from tokenpurse.prose.whole import explain

__all__ = ["diff", "explain"]
