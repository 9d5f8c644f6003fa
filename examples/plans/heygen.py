"""HeyGen: credits by the month that end after 30 days, monthly add-ons, a yearly pack; costs round up to half a credit.

As its help pages stood when they were read; what a plan includes differs (newer ones: 600, 1,000 and more, 1,500). Any
switch starts anew in full, old credits keep their end; a downgrade waits here, at once it would mint. In tenths.
"""

from decimal import Decimal
from functools import partial

from tokenpurse import Allowance, AutoTopUp, Catalogue, Life, Offer, Plan, Price, Switch, periods, policies
from tokenpurse.units import Unit

CREDITS, GRANT = Unit.meter("credits", shown=1), partial(Allowance, life=Life(days=30))
ADD_ON = GRANT(300_0, CREDITS, kind="add_on", per="add_ons")
bought = partial(Offer, unit=CREDITS, kind="add_on", life=Life(days=90, counted_from="renewal"))
OFFERS = [bought("yearly_pack", price=Decimal(150), pack=3_600_0), bought("reload", price=Decimal(5), pack=100_0)]
any_plan = partial(
    Plan,
    prices=[Price("video_seconds", 5, per=30, unit=CREDITS, round_to=5)],
    offers=OFFERS,
    draw=policies.by_kind("quota", "add_on"),
    period=periods.subscription_month(),
    on_upgrade=Switch(when="now", keep={"quota", "add_on"}, anchor="restarted"),
)
CREATOR = any_plan("creator", price=Decimal(29), allowances=[GRANT(200_0, CREDITS), ADD_ON])
YEARLY = any_plan("creator_yearly", allowances=[GRANT(200_0, CREDITS)], term=periods.subscription_year())
BUSINESS = any_plan("business", rank=1, allowances=[GRANT(1_000_0, CREDITS), ADD_ON], auto_top_up=AutoTopUp("reload"))
PRO = any_plan("pro", rank=2, allowances=[GRANT(2_000_0, CREDITS), ADD_ON])
PLANS = Catalogue([CREATOR, YEARLY, BUSINESS, PRO])
