"""GitHub Copilot: premium requests for each user, set anew on the 1st at 00:00 UTC, counted by the model's multiplier.

As its documentation stood when it was read, the rules on coming back as others tell them: use of the month counts on
whichever plan. Beyond the allowance a request is 0.04 dollars, if a budget allows it: none to begin with. Requests are
counted in hundredths, the multipliers of models are examples.
"""

from decimal import Decimal
from functools import partial

from tokenpurse import Allowance, Catalogue, Limit, PayAsYouGo, Plan, Price, periods
from tokenpurse.units import Unit

REQUESTS = Unit.meter("premium_requests", shown=2)
anyone = partial(
    Plan,
    prices=[Price("request", 1_00, unit=REQUESTS, times={"model": {"small": Decimal("0.33"), "large": 10}})],
    period=periods.calendar_month(zone="UTC"),
)
paid = partial(
    anyone,
    pay_as_you_go=[PayAsYouGo(Decimal("0.04"), per=1_00, meter=REQUESTS)],
    limits=[Limit("budget", Decimal(0), unit="USD", maximum=Decimal(1_000))],
    cancels_to="free",
)
FREE = anyone("free", allowances=[Allowance(50_00, REQUESTS)])
PRO = paid("pro", rank=1, price=Decimal(10), allowances=[Allowance(300_00, REQUESTS)])
PRO_PLUS = paid("pro_plus", rank=2, price=Decimal(39), allowances=[Allowance(1_500_00, REQUESTS)])
PLANS = Catalogue([FREE, PRO, PRO_PLUS])
