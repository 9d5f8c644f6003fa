"""The published JSON Schema of plans: `python -m tests.support.schema` writes it anew."""

from __future__ import annotations

import json
from pathlib import Path

from tokenpurse.codec import plan_schema

__all__ = ["PUBLISHED", "text"]

PUBLISHED = Path(__file__).parents[2] / "docs" / "plan.schema.json"


def text() -> str:
    """Write the schema of the code as it is."""
    return json.dumps(plan_schema(), indent=2) + "\n"


if __name__ == "__main__":
    PUBLISHED.write_text(text(), encoding="utf-8")
