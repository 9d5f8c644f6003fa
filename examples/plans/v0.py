"""v0: dollars of credit by the month that live for 65 days, two more on each day with a login, and a team's pool.

As its documentation stood when it was read; from when the 65 days count is not said: here from the issue. What a member
of a team lacks the pool's own wallet pays (`spend_from_pool`). What is bought is locked without a paid plan.
"""

from decimal import Decimal
from functools import partial

from tokenpurse import Allowance, Catalogue, Life, Limit, Offer, Plan, periods, policies

LOGIN = Allowance(Decimal(2), "USD", kind="daily", every=periods.calendar_day(), given="on_claim")
PLUS_30 = Allowance(Decimal(30), "USD", life=Life(days=65))
FREE = Plan(
    "free",
    allowances=[Allowance(Decimal(5), "USD"), Allowance(None, "messages"), LOGIN],
    limits=[Limit("messages", 7, maximum=7, unit="messages", every=periods.calendar_day())],
    draw=policies.soonest_expiring,
    usable={"quota", "daily"},
)
BOUGHT = Offer("credit", unit="USD", price=Decimal(1), life=Life(months=12))
paid = partial(Plan, offers=[BOUGHT], draw=policies.soonest_expiring, cancels_to="free")
PLUS = paid("plus", rank=1, price=Decimal(30), allowances=[PLUS_30, LOGIN])
BUSINESS = paid("business", rank=2, price=Decimal(100), allowances=[PLUS_30, LOGIN])
POOL = paid("pool")
PLANS = Catalogue([FREE, PLUS, BUSINESS, POOL])
