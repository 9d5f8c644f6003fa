"""Bolt.new: tokens by the month that live for a second one, reloads that never end. As published in 2025 and 2026.

An upgrade prorates (revision 1, 2025), grants in full beside the rest and restarts the month (revision 2, 2025), or
grants the difference (revision 3, 2026). Tokens live longer since 2025-07-01. What a reload costs is ours.
"""

from decimal import Decimal
from functools import partial

from tokenpurse import Allowance, Catalogue, Life, Limit, Offer, Plan, Switch, periods, policies

MONTH, DAY = periods.calendar_month(zone="UTC"), periods.calendar_day(zone="UTC")
CAPS = [Limit("daily", 300_000, maximum=300_000, every=DAY), Limit("month", 1_000_000, maximum=1_000_000, every=MONTH)]
SOLD = Switch(when="now", use="cleared", anchor="restarted")
FREE = Plan("free", allowances=[Allowance(1_000_000)], limits=CAPS, usable={"quota"}, period=MONTH, on_upgrade=SOLD)
SOONEST, LATER = policies.soonest_expiring, Switch(when="period_end", after_upgrade=False)
COUNTED = [Limit("month", every=MONTH)]  # caps nothing here; back on Free, what was used this month counts there
paid = partial(
    Plan, limits=COUNTED, period=periods.subscription_month(), cancels_to="free", draw=SOONEST, on_downgrade=LATER
)
TOKENS = partial(Allowance, kind="paid", life=Life(periods=2))
RELOAD = [Offer("reload", price=Decimal(20), pack=10_000_000)]
SIZES = [(25, 10_000_000, []), (50, 26_000_000, []), (100, 55_000_000, RELOAD)]
FULL = Switch(when="now", keep={"paid"}, anchor="restarted")
PAID = [
    paid(f"pro_{usd}", revision=n, rank=usd, price=Decimal(usd), allowances=[TOKENS(size)], offers=sold, on_upgrade=way)
    for n, way in enumerate([Switch(when="now", prorated=True), FULL, Switch(when="now")], 1)
    for usd, size, sold in SIZES
]
PLANS = Catalogue([FREE, *PAID])
