"""Plans that no sane host would sell together: every part that meets another one somewhere, and any of them left for
any other. Small figures, renewals with grace, debts that are billed or forgiven, windows of hours beside days.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tests.support.loose import loose
from tokenpurse import (
    Allowance,
    AtZero,
    AutoTopUp,
    Bound,
    LateUse,
    Limit,
    Offer,
    OnDebt,
    PayAsYouGo,
    Plan,
    Price,
    Renewal,
    Rollover,
    Switch,
    periods,
    policies,
)

__all__ = ["NASTY", "NASTY_PLANS"]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

OFFERS = [
    Offer("pack", price=Decimal("1.99"), unit="tokens", pack=5, refund_window=2 * DAY),
    Offer("loose", price=Decimal("3.33"), unit="tokens", per=7, bonus=Bound("purchase", Decimal("0.3"))),
    Offer("credits", price=Decimal(1), unit="USD"),
]

RENEWED = Plan(
    "renewed",
    allowances=[Allowance(12, given="on_payment"), Allowance(3, "sms")],
    rollovers=[Rollover(bank_max=20)],
    offers=OFFERS,
    price=Decimal(22),
    renewal=Renewal(grace=7 * DAY),
    period=periods.subscription_month(),
    cancels_to="floor",
    rank=2,
    limits=[
        Limit("day", 9, unit="tokens", every=periods.calendar_day()),
        Limit("rolling", 8, unit="tokens", window=5 * HOUR),
        Limit("each", 15, unit="tokens", per="member"),
        Limit("each_rolling", 6, unit="tokens", per="member", window=3 * HOUR),
    ],
    on_upgrade=Switch(when="now", prorated=True),
    on_downgrade=Switch(when="now", keep={"quota"}, use="cleared"),
    on_cancel=Switch(when="now", trim={"top_up": 6}, forfeit={"promo"}),
    auto_top_up=AutoTopUp("pack", cool_down=4 * HOUR, purchases_max=3, every=periods.calendar_days(3)),
    on_debt="forgive",
    late_use=LateUse("own", grace=3 * DAY),
    at_zero=AtZero(overdraft=5),
)
PRICED = Plan(
    "priced",
    allowances=[Allowance(8, given="on_payment"), Allowance(Decimal("0.5"), "USD")],
    rollovers=[Rollover(bank_max=Bound("allowance", 2))],
    offers=OFFERS,
    price=Decimal(50),
    renewal=Renewal(grace=5 * DAY, rest="locked"),
    period=periods.subscription_month(),
    rank=3,
    prices=[Price("tokens", Decimal("0.13"), per=3), Price("image", 3, unit="tokens")],
    pay_as_you_go=[PayAsYouGo(Decimal("0.07"), per=3, meter="tokens")],
    limits=[
        Limit("money", Decimal("0.9"), unit="USD"),
        Limit("money_rolling", Decimal("0.3"), unit="USD", window=30 * HOUR),
        Limit("all", 60, unit="tokens"),
    ],
    on_downgrade=Switch(when="now", use="cleared", anchor="restarted", keep={"quota"}),
    auto_top_up=AutoTopUp("credits", cool_down=timedelta(), attempts=None),
    on_debt="bill",
    late_use=LateUse("own", grace=2 * DAY, otherwise="refuse"),
)
DAILY = Plan(
    "daily",
    allowances=[Allowance(9), Allowance(4, kind="bonus", per="seats")],
    offers=OFFERS,
    period=periods.calendar_day(),
    rank=1,
    rollovers=[Rollover()],
    draw=policies.evenly(),
    on_upgrade=Switch(when="now", keep={"quota", "bonus"}),
    on_downgrade=Switch(when="now", trim={"quota": 3, "rollover": Bound("allowance", 1), "top_up": 4}),
    auto_top_up=AutoTopUp("pack", cool_down=timedelta(), attempts=None),
    on_debt=OnDebt("bill", price=Decimal("0.05")),
    price=Decimal(3),
    late_use=LateUse("own", grace=20 * HOUR),
)
FLOOR = Plan(
    "floor",
    allowances=[Allowance(5)],
    usable={"quota", "promo", "rollover"},
    upgrades_to=("renewed", "priced"),
    at_zero=AtZero(degrade_to="slow"),
    prices=[Price("tokens", Decimal("0.02"))],
    on_upgrade=Switch(when="now", anchor="restarted"),
)
HOURLY = Plan(
    "hourly",
    allowances=[Allowance(6), Allowance(2, kind="bonus")],
    rollovers=[Rollover(bank_max=11)],
    offers=OFFERS,
    period=periods.hours(5),
    rank=2,
    limits=[Limit("each", 20, unit="tokens", per="member", every=periods.hours(3))],
    on_downgrade=Switch(when="now", trim={"quota": 2}),
    on_debt="forgive",
)
NASTY_PLANS = (RENEWED, PRICED, DAILY, FLOOR, HOURLY)
NASTY = loose(NASTY_PLANS)
