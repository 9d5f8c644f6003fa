"""How facts are written as JSON and read back: `coding` finds it out from their classes, `compiled` makes it quick."""

from __future__ import annotations

from tokenpurse.codec.facts.coding import FACTS_MAX, Ready, coding_of, one_of
from tokenpurse.codec.facts.compiled import Coding, object_schema
from tokenpurse.codec.facts.single import WORDS_MAX, moment
from tokenpurse.codec.facts.trail import Wrong

__all__ = ["FACTS_MAX", "WORDS_MAX", "Coding", "Ready", "Wrong", "coding_of", "moment", "object_schema", "one_of"]
