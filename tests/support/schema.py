"""The published JSON Schemas: `python -m tests.support.schema` writes them anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tokenpurse.codec import plan_schema, wallet_schema

__all__ = ["PUBLISHED", "PUBLISHED_WALLETS", "text"]

PUBLISHED = Path(__file__).parents[2] / "docs" / "plan.schema.json"
PUBLISHED_WALLETS = PUBLISHED.with_name("wallet.schema.json")


def text(schema: dict[str, Any]) -> str:
    """Write a schema of the code as it is."""
    return json.dumps(schema, indent=2) + "\n"


if __name__ == "__main__":
    PUBLISHED.write_text(text(plan_schema()), encoding="utf-8")
    PUBLISHED_WALLETS.write_text(text(wallet_schema()), encoding="utf-8")
