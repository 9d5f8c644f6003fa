"""The names of tests as data, for the lists that say which case has a test of its name."""

from __future__ import annotations

import ast
import re
from pathlib import Path

__all__ = ["named_below"]


def named_below(folder: Path, pattern: str) -> set[str]:
    """Give what the first group of a pattern finds at the start of the names of the tests below a folder."""
    found = set()
    for path in sorted(folder.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))):
            if isinstance(node, ast.FunctionDef) and (match := re.match(pattern, node.name)):
                found.add(match.group(1))
    return found
