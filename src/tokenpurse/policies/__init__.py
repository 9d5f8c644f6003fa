"""Draw policies: given the buckets that can pay and an amount, who pays how much.

Two sorts are shipped.
An `Order` is a sort key over what is fixed about a bucket; the buckets are emptied in turn.
`evenly` is not a key: it keeps the share used of every bucket level.
A host can write its own of either sort (`order_by`, `DrawPolicy`).
Whatever a policy answers goes through `split_checked`.

Which buckets can pay at all (meter, scope, lock, start, end) is decided before a policy is asked.
Drawing is done after: nothing here knows a wallet, a bucket or the time.
All amounts are ints of the unit's smallest step.
"""

from __future__ import annotations

from tokenpurse.policies.level import Evenly, evenly
from tokenpurse.policies.orders import (
    DEFAULT,
    NAMED,
    Order,
    SortKey,
    by_kind,
    by_priority,
    narrowest_scope_first,
    oldest_first,
    order_by,
    promo_before_paid,
    soonest_expiring,
)
from tokenpurse.policies.rows import DrawPolicy, Facts, Row, is_policy, split_checked

__all__ = [
    "DEFAULT",
    "NAMED",
    "DrawPolicy",
    "Evenly",
    "Facts",
    "Order",
    "Row",
    "SortKey",
    "by_kind",
    "by_priority",
    "evenly",
    "is_policy",
    "narrowest_scope_first",
    "oldest_first",
    "order_by",
    "promo_before_paid",
    "soonest_expiring",
    "split_checked",
]
