"""Zapier: tasks by the month; more cost 1.25 of the plan's own each, up to three times the plan, then it stops.

As its help page stood when it was read. Use beyond the plan is billed each month, on a yearly plan too. What the plans
cost is ours.
"""

from decimal import Decimal
from functools import partial

from tokenpurse import Allowance, Bound, Catalogue, Limit, PayAsYouGo, Plan, periods

tasks = partial(
    Plan,
    allowances=[Allowance(750, "tasks")],
    pay_as_you_go=[PayAsYouGo(Bound("plan_price", Decimal("1.25")))],
    limits=[Limit("ceiling", Bound("allowance", 3), maximum=Bound("allowance", 3))],
    period=periods.subscription_month(),
)
MONTHLY = tasks("monthly_750", price=Decimal(30))
YEARLY = tasks("yearly_750", price=Decimal(240), term=periods.subscription_year())
PLANS = Catalogue([MONTHLY, YEARLY])
