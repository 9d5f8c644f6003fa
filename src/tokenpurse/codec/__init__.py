"""What the library knows as JSON, strictly: whatever is not exactly right is refused, and nothing is guessed.

`plans` has the doors for plans and catalogues, `schema` says the same to editors and other programs. Behind them,
`parts` finds out from the classes of a plan what their fields look like; `values`, `groups` and `named` have the
`shapes` of those; `texts` reads text, and `places` says where something is wrong.

`snapshots` has the doors for wallets and entries; `facts` finds out how their classes are written, `soundness` says
what a wallet cannot be, `formats` brings older documents to today's, and `pieces` reads quickly what nothing is wrong
with. The core knows nothing of all this.
"""

from __future__ import annotations

from tokenpurse.codec.formats import canonical
from tokenpurse.codec.plans import dump_catalogue, dump_plan, load_catalogue, load_plan
from tokenpurse.codec.schema import plan_schema, wallet_schema
from tokenpurse.codec.snapshots import dump_entry, dump_wallet, load_entry, load_wallet

__all__ = [
    "canonical",
    "dump_catalogue",
    "dump_entry",
    "dump_plan",
    "dump_wallet",
    "load_catalogue",
    "load_entry",
    "load_plan",
    "load_wallet",
    "plan_schema",
    "wallet_schema",
]
