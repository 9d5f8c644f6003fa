"""What the library knows as JSON, strictly: whatever is not exactly right is refused, and nothing is guessed.

`plans` has the doors for plans and catalogues, `schema` says the same to editors and other programs. Behind them,
`parts` finds out from the classes of a plan what their fields look like; `values`, `groups` and `named` have the
`shapes` of those; `texts` reads text, and `places` says where something is wrong. The core knows nothing of all this.
"""

from __future__ import annotations

from tokenpurse.codec.plans import dump_catalogue, dump_plan, load_catalogue, load_plan
from tokenpurse.codec.schema import plan_schema

__all__ = ["dump_catalogue", "dump_plan", "load_catalogue", "load_plan", "plan_schema"]
