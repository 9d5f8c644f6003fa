"""Make: credits by the month, extra ones at 1.25 of the plan's price that end with it, bought by themselves at zero.

As its help pages stood when they were read. Versions differ: extra credits once cost as much as the plan's own, and 1.3
as much when they bought themselves. On a yearly plan extra credits end with the year. What 80,000 cost is ours.
"""

from decimal import Decimal
from functools import partial

from tokenpurse import Alert, Allowance, AutoTopUp, Bound, Catalogue, Life, Offer, Plan, periods

MONTH, YEAR = periods.subscription_month(), periods.subscription_year()
plan = partial(
    Plan,
    offers=[Offer("extra", price=Decimal("11.25"), per=10_000, minimum=1_000, life=Life(periods=1))],
    auto_top_up=AutoTopUp("extra", when="at_or_below", threshold_max=0, bought_max=Bound("allowance"), attempts=1),
    alerts=[
        Alert("used_75", "used", at_or_above=Bound("allowance", Decimal("0.75"))),
        Alert("used_90", "used", at_or_above=Bound("allowance", Decimal("0.9"))),
    ],
)
CORE_10K = plan("core_10k", price=Decimal(9), allowances=[Allowance(10_000, "credits")], period=MONTH)
CORE_80K = plan("core_80k", rank=1, price=Decimal(72), allowances=[Allowance(80_000, "credits")], period=MONTH)
PRO_YEARLY = plan("pro_yearly", rank=2, price=Decimal(108), allowances=[Allowance(120_000, "credits")], period=YEAR)
PLANS = Catalogue([CORE_10K, CORE_80K, PRO_YEARLY])
