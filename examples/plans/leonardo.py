"""Leonardo.ai, the app: fast tokens by the month, a bank for what is left, top-ups that never end.

As its help pages stood when they were read. Two versions differ: an older page on top-ups uses the bank first
(revision 1), newer pages the month's tokens (revision 2). What a top-up costs is ours.
"""

from decimal import Decimal
from functools import partial

from tokenpurse import Allowance, AtZero, Bound, Catalogue, Count, Offer, Plan, Rollover, Switch, periods, policies

MONTH = periods.subscription_month()
BANK_FIRST, BANK_SECOND = policies.by_kind("rollover", "quota"), policies.by_kind("quota", "rollover")
paid = partial(
    Plan,
    rollovers=[Rollover(bank_max=Bound("allowance", 3))],
    offers=[Offer("top_up", price=Decimal(9), per=3_500)],
    at_zero=AtZero(degrade_to="relaxed"),
    period=MONTH,
    cancels_to="free",
    on_cancel=Switch(when="period_end", forfeit={"rollover"}),
)
FREE = Plan("free", allowances=[Allowance(150, every=periods.calendar_day())], usable={"quota"}, period=MONTH)
ALONE = [("essential", 1, Allowance(8_500)), ("premium", 2, Allowance(25_000)), ("ultimate", 3, Allowance(60_000))]
TEAM = [("starter", 4, Allowance(25_000, per="seats")), ("growth", 5, Allowance(60_000, per="seats"))]
OLDER = [paid(name, rank=rank, allowances=[each], draw=BANK_FIRST) for name, rank, each in ALONE]
NEWER = [paid(name, revision=2, rank=rank, allowances=[each], draw=BANK_SECOND) for name, rank, each in ALONE]
TEAMS = [paid(name, rank=rank, allowances=[each], counts=[Count("seats", minimum=3)]) for name, rank, each in TEAM]
PLANS = Catalogue([FREE, *OLDER, *NEWER, *TEAMS])
