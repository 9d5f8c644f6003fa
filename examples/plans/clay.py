"""Clay: credits by the month, or a year's at once; the whole balance is capped at twice the plan. Pages as read.

What is over it is forfeited at the renewal; after a downgrade or a cancellation the cap is twice the new plan, on Free
200. A yearly 50,000 is ours.
"""

from functools import partial

from tokenpurse import Allowance, Bound, Catalogue, Plan, Rollover, periods

MONTH, YEAR = periods.subscription_month(), periods.subscription_year()
capped = partial(Plan, rollovers=[Rollover(total_max=Bound("allowance", 2))])
paid = partial(capped, cancels_to="free")
FREE = capped("free", allowances=[Allowance(100, "credits")], period=MONTH)
MONTHLY_50K = paid("50k", rank=1, allowances=[Allowance(50_000, "credits")], period=MONTH)
MONTHLY_100K = paid("100k", rank=2, allowances=[Allowance(100_000, "credits")], period=MONTH)
YEARLY_50K = paid("50k_yearly", rank=1, allowances=[Allowance(12 * 50_000, "credits")], period=YEAR)
PLANS = Catalogue([FREE, MONTHLY_50K, MONTHLY_100K, YEARLY_50K])
