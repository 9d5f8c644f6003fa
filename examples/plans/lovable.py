"""Lovable: five credits a day to build, monthly ones for cloud and AI, plan credits that live for two months.

As its documentation stood when it was read. Versions differ: an older page gives Pro five a day, up to 150 a month; one
line counts the year of what is bought from the last purchase. Hundredths of credits are counted; prices are ours.
"""

from datetime import timedelta
from decimal import Decimal
from functools import partial

from tokenpurse import Alert, Allowance, AutoTopUp, Catalogue, Life, Offer, Plan, Switch, periods, policies
from tokenpurse.units import Unit

CREDITS = Unit.meter("credits", shown=2)
MONTH, DAY = periods.calendar_month(zone="UTC"), periods.calendar_day(zone="UTC")
DAILY = partial(Allowance, 5_00, CREDITS, kind="daily", scope={"feature": {"build"}}, every=DAY, ceiling_every=MONTH)
CLOUD = Allowance(20_00, CREDITS, kind="cloud", scope={"feature": {"cloud"}})
AI = Allowance(4_00, CREDITS, kind="ai", scope={"feature": {"ai"}})
LOW = [Alert("low", "left", at_or_below=25_00), Alert("out", "left", at_or_below=0)]
ENDING = Alert("ending", "expiring", within=timedelta(days=7))
any_plan = partial(Plan, draw=policies.narrowest_scope_first.then(policies.soonest_expiring), alerts=[*LOW, ENDING])
FREE = any_plan("free", allowances=[DAILY(ceiling=30_00), CLOUD, AI], period=MONTH)
CREDIT = Allowance(100_00, CREDITS, life=Life(months=2))
BOUGHT = [Offer("credits", price=Decimal(30), per=100_00, life=Life(months=12))]
AUTO = AutoTopUp("credits", when="at_or_below", every=MONTH, bought_max=400_00)
paid = partial(any_plan, offers=BOUGHT, auto_top_up=AUTO, period=periods.subscription_month(), cancels_to="free")
PAUSED = Switch(when="now", auto_top_up="paused")
PRO = paid("pro", rank=1, allowances=[CREDIT, DAILY(ceiling=150_00), CLOUD, AI], on_upgrade=PAUSED)
BUSINESS = paid("business", rank=2, allowances=[CREDIT, CLOUD, AI])
PLANS = Catalogue([FREE, PRO, BUSINESS])
