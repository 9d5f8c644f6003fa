"""Suno: Basic is filled up to 50 credits each day; Pro and Premier have credits by the month, then the daily 50.

As its help page stood when it was read. A month ends at the hour of subscribing, for the 31st on a shorter month's last
day; the page says 28 for February, in a leap year it is the 29th here. What is bought needs an active subscription.
"""

from decimal import Decimal
from functools import partial

from tokenpurse import Allowance, Catalogue, Offer, Plan, periods, policies

MONTH, DAY = periods.subscription_month(), periods.calendar_day(zone="UTC")
ORDER = policies.by_kind("quota", "daily")
DRIP = Allowance(50, "credits", kind="daily", every=DAY, given="when_empty", empty={"quota"})
paid = partial(
    Plan, period=MONTH, cancels_to="basic", offers=[Offer("credits", price=Decimal(4), pack=500)], draw=ORDER
)
PLANS = Catalogue(
    [
        Plan("basic", allowances=[Allowance(50, "credits", kind="daily", every=DAY)], usable={"daily"}, period=MONTH),
        paid("pro", rank=1, allowances=[Allowance(2_500, "credits"), DRIP]),
        paid("premier", rank=2, allowances=[Allowance(10_000, "credits"), DRIP]),
    ]
)
