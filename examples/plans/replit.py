"""Replit: dollars of credit by the month, packs below their face value, then pay-as-you-go, billed at a threshold.

As its documentation stood when it was read: the packs are its own, what plans include and the threshold are ours. Use
is counted in millionths of a dollar.
"""

from decimal import Decimal
from functools import partial

from tokenpurse import Alert, Allowance, Bound, Catalogue, Life, Limit, Offer, PayAsYouGo, Plan, periods
from tokenpurse.units import Unit

USE, DOLLAR = Unit.meter("dollars_of_use", shown=6), 1_000_000
paid = partial(
    Plan,
    offers=[
        Offer(f"pack_{face}", price=Decimal(price), unit=USE, pack=face * DOLLAR, life=Life(months=6))
        for face, price in ((100, 100), (300, 290), (500, 480), (1_000, 950))
    ],
    pay_as_you_go=[PayAsYouGo(Decimal(1), per=DOLLAR, bill_at=Decimal(100))],
    limits=[Limit("budget", unit="USD", maximum=Decimal(10_000))],
    alerts=[Alert("nearly", "used", at_or_above=Bound("allowance", Decimal("0.8")))],
    cancels_to="starter",
)
DAILY = Allowance(DOLLAR, USE, every=periods.calendar_day(), ceiling=10 * DOLLAR)
STARTER = Plan("starter", allowances=[DAILY])
CORE = paid("core", rank=1, allowances=[Allowance(25 * DOLLAR, USE)])
PRO = paid("pro", rank=2, allowances=[Allowance(100 * DOLLAR, USE, life=Life(periods=2))])
PLANS = Catalogue([STARTER, CORE, PRO])
