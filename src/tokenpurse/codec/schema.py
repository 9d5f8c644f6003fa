"""What documents look like, as JSON Schema: for editors, and for programs in other languages."""

from __future__ import annotations

from typing import Any

from tokenpurse.codec.facts import object_schema
from tokenpurse.codec.parts import part_of
from tokenpurse.codec.plans import CATALOGUE_FORMAT, PLAN_FORMAT, PLANS_MAX
from tokenpurse.codec.shapes import Schema
from tokenpurse.codec.snapshots import BOOK_CODING, ENTRY_CODING, ENTRY_FORMAT, WALLET_FORMAT
from tokenpurse.plans import Plan

__all__ = ["plan_schema", "wallet_schema"]


def plan_schema() -> dict[str, Any]:
    """Describe the documents of plans and catalogues, as JSON Schema (draft 2020-12).

    What it refuses is refused by `load_plan` and `load_catalogue` as well. They find more: which parts contradict each
    other, which amounts a unit cannot have, and which names are there twice.
    """
    defs: dict[str, Schema] = {}
    plan = part_of(Plan).schema(defs)
    defs["Plan"]["properties"] = {"format": {"const": PLAN_FORMAT}, **defs["Plan"]["properties"]}
    plans = {"type": "array", "items": plan, "maxItems": PLANS_MAX}
    fields = {"format": {"const": CATALOGUE_FORMAT}, "plans": plans}
    defs["Catalogue"] = {"type": "object", "properties": fields, "required": [*fields], "additionalProperties": False}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:tokenpurse:plans:1",
        "title": "Plans and catalogues of tokenpurse",
        "if": {"properties": {"format": {"const": CATALOGUE_FORMAT}}, "required": ["format"]},
        "then": {"$ref": "#/$defs/Catalogue"},
        "else": {**plan, "required": ["format"]},
        "$defs": dict(sorted(defs.items())),
    }


def wallet_schema() -> dict[str, Any]:
    """Describe the documents of wallets and entries, as JSON Schema (draft 2020-12).

    What it refuses is refused by `load_wallet` and `load_entry` as well. They find more: which figures contradict each
    other, which moments and zones there are, and whose document it is.
    """
    defs: dict[str, Schema] = {}
    wallet = {"format": {"const": WALLET_FORMAT}, "wallet": BOOK_CODING.schema(defs)}
    entry = {"format": {"const": ENTRY_FORMAT}, "entry": ENTRY_CODING.schema(defs)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:tokenpurse:wallets:1",
        "title": "Wallets and entries of tokenpurse",
        "if": {"properties": {"format": entry["format"]}, "required": ["format"]},
        "then": object_schema(entry),
        "else": object_schema(wallet),
        "$defs": dict(sorted(defs.items())),
    }
