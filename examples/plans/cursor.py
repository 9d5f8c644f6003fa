"""Cursor: dollars of use by the month, from the minute of subscribing, then on-demand up to a limit of one's own.

As its help pages stood when they were read. A limit on on-demand use is for one month: its count starts anew, the limit
stays; none is opted in to begin with. Plans paid by the year are set anew each month, too. A year's price is ours, as
is the share of use that counts as its "Auto" bucket. Use is counted in millionths of a dollar.
"""

from decimal import Decimal

from tokenpurse import Allowance, Catalogue, Limit, PayAsYouGo, Plan, periods
from tokenpurse.units import Unit

USE, DOLLAR = Unit.meter("dollars_of_use", shown=6), 1_000_000
PLANS = Catalogue(
    Plan(
        f"{name}{paid}",
        rank=price,
        price=Decimal(price * months),
        allowances=[Allowance(included * DOLLAR, USE)],
        pay_as_you_go=[PayAsYouGo(Decimal(1), per=DOLLAR)],
        limits=[Limit("on_demand", Decimal(0), unit="USD", maximum=Decimal(10_000))],
        period=periods.subscription_month(),
        term=term,
    )
    for name, price, included in (("pro", 20, 20), ("pro_plus", 60, 70), ("ultra", 200, 400))
    for paid, months, term in (("", 1, None), ("_yearly", 10, periods.subscription_year()))
)
