"""Runway: credits by the month that do not carry over, and bought ones that are never removed. Help pages as read.

An upgrade grants the difference. On leaving, the month's credits end on the billing day; bought ones stay usable.
"""

from decimal import Decimal
from functools import partial

from tokenpurse import Allowance, AtZero, Catalogue, Offer, Plan, periods, policies

offering = partial(
    Plan,
    offers=[Offer("credits", price=Decimal("0.01"), unit="credits", minimum=1_000)],
    draw=policies.soonest_expiring,
    period=periods.subscription_month(),
)
FREE = offering("free")
STANDARD = offering("standard", rank=1, allowances=[Allowance(625, "credits")], cancels_to="free")
PRO = offering("pro", rank=2, allowances=[Allowance(2_250, "credits")], cancels_to="free")
UNLIMITED = offering(
    "unlimited",
    rank=3,
    allowances=[Allowance(2_250, "credits")],
    at_zero=AtZero(degrade_to="explore"),
    cancels_to="free",
)
PLANS = Catalogue([FREE, STANDARD, PRO, UNLIMITED])
