"""ElevenLabs: credits granted when the renewal is paid; what is left rolls over, up to twice the plan's.

As its help pages stood when they were read by others, who quote them. An upgrade is paid in full, restarts the month
and adds what is left; a downgrade or a cancellation loses it at the period's end. Free, Pro and what use beyond the
plan costs are ours.
"""

from datetime import timedelta
from decimal import Decimal
from functools import partial

from tokenpurse import Allowance, Bound, Catalogue, PayAsYouGo, Plan, Renewal, Rollover, Switch, periods

MONTH, LOST = periods.subscription_month(), Switch(when="period_end", forfeit={"quota", "rollover"})
GRANT = partial(Allowance, unit="credits", given="on_payment")
BEYOND = partial(PayAsYouGo, Decimal("0.30"), per=1_000)
paid = partial(
    Plan,
    rollovers=[Rollover(carry_max=Bound("allowance", 2), total_max=Bound("allowance", 3), same_plan=True)],
    renewal=Renewal(grace=timedelta(days=7)),
    period=MONTH,
    cancels_to="free",
    on_upgrade=Switch(when="now", keep={"quota"}, anchor="restarted"),
    on_downgrade=LOST,
    on_cancel=LOST,
)
FREE = Plan("free", allowances=[Allowance(10_000, "credits")], period=MONTH)
CREATOR = paid("creator", rank=1, allowances=[GRANT(100_000)], pay_as_you_go=[BEYOND(bill_at=Decimal(44))])
PRO = paid("pro", rank=2, allowances=[GRANT(500_000)], pay_as_you_go=[BEYOND(bill_at=Decimal(200))])
PLANS = Catalogue([FREE, CREATOR, PRO])
