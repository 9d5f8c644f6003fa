"""The plans that random histories walk through: the shapes of the five systems in small figures, and three that no
sane host would sell. Small figures on purpose: lines, limits and empty buckets are met at every turn.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tokenpurse import (
    Alert,
    Allowance,
    AtZero,
    AutoTopUp,
    Bound,
    Catalogue,
    Count,
    LateUse,
    Life,
    Limit,
    Offer,
    OnDebt,
    PayAsYouGo,
    Plan,
    Price,
    Renewal,
    Rollover,
    Switch,
    Tier,
    periods,
    policies,
)

START = datetime(2026, 1, 31, 10, 30, tzinfo=UTC)
"""On the last day of a month, so that subscription months clamp."""

ZONES = ("UTC", "Europe/London", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Pago_Pago")
ADMIN = frozenset({"admin"})

TOKENS = Offer("tokens", price=Decimal("5.00"), per=20, unit="tokens", buyers=ADMIN)
PACK = Offer("pack", price=Decimal("1.99"), unit="tokens", pack=5)
BRIEF = Offer(
    "brief",
    price=Decimal("0.99"),
    unit="tokens",
    pack=4,
    bonus=1,
    life=Life(days=9, counted_from="last_purchase", ends="end_of_day"),
)
CREDITS = Offer("credits", unit="USD", price=Decimal(1), minimum=Decimal(1), maximum=Decimal(50), buyers={"admin"})

FREE = Plan(
    "free",
    allowances=[Allowance(6)],
    usable={"quota"},
    late_use=LateUse("refuse"),
    upgrades_to=("quota", "fast", "payg"),
)
QUOTA = Plan(
    "quota", allowances=[Allowance(20)], offers=[TOKENS, BRIEF], draw=policies.evenly(), rank=1, cancels_to="free"
)
FAST = Plan(
    "fast",
    allowances=[Allowance(10)],
    rollovers=[Rollover(bank_max=Bound("allowance", 3))],
    offers=[PACK],
    draw=policies.by_kind("rollover", "quota", "top_up"),
    period=periods.subscription_month(),
    on_debt=OnDebt("bill", price=Decimal("0.33"), per=4),
    rank=2,
    on_cancel=Switch(when="period_end", forfeit={"rollover"}),
    cancels_to="free",
)
PACKAGES = Plan(
    "packages",
    allowances=[Allowance(5, per="packages")],
    prices=[Price("conversation", 2, unit="tokens")],
    alerts=[
        Alert("under_20", "left", below=Bound("allowance", Decimal("0.2"))),
        Alert("empty", "left", at_or_below=0),
    ],
    rank=2,
)
PAYG = Plan(
    "payg",
    allowances=[Allowance(10)],
    prices=[Price("search", Decimal(0))],
    pay_as_you_go=[PayAsYouGo(Decimal("0.33"), per=4)],
    limits=[Limit("token_limit", Bound("allowance"))],
    alerts=[
        Alert("limit_75", "used", at_or_above=Bound("limit", Decimal("0.75"))),
        Alert("limit_90", "used", at_or_above=Bound("limit", Decimal("0.90"))),
        Alert("limit_100", "used", at_or_above=Bound("limit")),
    ],
    late_use=LateUse("own", grace=timedelta(days=40)),
    period=periods.subscription_month(),
    rank=3,
)
CREDIT = Plan(
    "credits",
    allowances=[Allowance(8), Allowance(3, "sms")],
    prices=[Price("tokens", Decimal("0.10"), per=7), Price("sms", Decimal("0.013"))],
    offers=[CREDITS],
    alerts=[
        Alert(
            "credit_balance_low",
            "left",
            below=Bound("auto_top_up_threshold", otherwise=Decimal("0.50")),
            unit="USD",
        ),
        Alert("badge", "left", at_or_below=Decimal("0.40"), unit="USD", notify=False),
        Alert("credit_balance_depleted", "left", at_or_below=Decimal(0), unit="USD"),
    ],
    auto_top_up=AutoTopUp(
        "credits",
        setters=ADMIN,
        on_success="credit_auto_recharge_triggered",
        on_failure="credit_purchase_failed",
    ),
    late_use=LateUse("own", grace=timedelta(days=9)),
    period=periods.subscription_month(),
    rank=3,
)
WILD = Plan(
    "wild",
    allowances=[
        Allowance(7, priority=2),
        Allowance(4, kind="bonus", priority=1),
        Allowance(3, kind="seat", per="seats"),
        Allowance(Decimal("0.25"), "USD"),
    ],
    rollovers=[Rollover(unit="tokens", bank_max=23), Rollover(unit="USD")],
    offers=[PACK, CREDITS],
    prices=[
        Price("tokens", Decimal("0.10"), per=3),
        Price("conversation", 3, per=2, unit="tokens"),
        Price("sms", 2, unit="conversation"),
    ],
    pay_as_you_go=[PayAsYouGo(Decimal("0.07"), per=3, meter="tokens", currency="EUR")],
    limits=[Limit("token_limit", 40, unit="tokens", minimum=2), Limit("money_limit", None, unit="USD")],
    alerts=[
        Alert("low", "left", below=Bound("allowance", Decimal("0.34")), unit="tokens"),
        Alert("bought_low", "left", at_or_below=3, unit="tokens", kinds={"top_up", "promo"}),
        Alert("used_some", "used", above=5, unit="tokens"),
        Alert("used_all", "used", at_or_above=Bound("limit", Decimal("0.9")), unit="tokens"),
        Alert("credit_balance_low", "left", at_or_below=Decimal("0.2"), unit="USD"),
    ],
    auto_top_up=AutoTopUp("pack", when="at_or_below", cool_down=timedelta(hours=5)),
    draw=policies.by_priority,
    late_use=LateUse("own", grace=timedelta(minutes=40), otherwise="refuse"),
    period=periods.hours(1),
    on_debt="bill",
    rank=4,
    on_downgrade=Switch(when="now", forfeit={"promo"}),
)
BANKED = Plan(
    "banked",
    allowances=[Allowance(9), Allowance(2, "sms", per="seats")],
    rollovers=[Rollover(bank_max=30), Rollover(unit="sms", bank_max=Bound("allowance", 2))],
    offers=[PACK],
    alerts=[
        Alert("low", "left", below=4),
        Alert("empty", "left", at_or_below=0),
        Alert("each_3", "used", every=3),
        Alert("well_again", "left", at_or_below=2, when="recovered"),
        Alert("ends_soon", "expiring", within=timedelta(hours=30)),
    ],
    auto_top_up=AutoTopUp("pack", counts={"top_up"}, cool_down=timedelta(0), attempts=None, bought_max=60),
    draw=policies.evenly(policies.by_kind("rollover", "top_up")),
    usable={"rollover", "top_up", "credit"},
    period=periods.calendar_day(),
    rank=1,
    on_upgrade=Switch(when="period_end", forfeit={"credit"}),
)
ONCE = Plan(
    "once",
    allowances=[Allowance(15), Allowance(Decimal("1.5"), "USD")],
    prices=[Price("sms", Decimal("0.000001"), per=3), Price("tokens", Decimal("0.05"))],
    draw=policies.soonest_expiring,
    period=periods.once(),
    rank=2,
)
AUTO = Plan(
    "auto",
    allowances=[Allowance(9)],
    offers=[PACK],
    auto_top_up=AutoTopUp("pack", cool_down=timedelta(days=2), purchases_max=3, every=periods.calendar_days(3)),
    on_debt="forgive",
    period=periods.calendar_week(),
    rank=2,
)
TIMED = Plan(
    "timed",
    allowances=[Allowance(14), Allowance(2, "sms")],
    offers=[PACK, CREDITS, BRIEF],
    prices=[Price("sms", Decimal("0.03"))],
    pay_as_you_go=[PayAsYouGo(Decimal("0.07"), per=3, meter="tokens")],
    limits=[
        Limit("token_limit", 40, unit="tokens"),
        Limit("money_limit", Decimal("0.40"), unit="USD"),
        Limit("day", 12, unit="tokens", every=periods.calendar_day()),
        Limit("rolling", 9, unit="tokens", window=timedelta(hours=3)),
        Limit("each", 15, unit="tokens", per="member"),
        Limit("anns", 8, unit="tokens", every=periods.calendar_week(), scope={"member": {"ann"}}),
        Limit("budget", Decimal("0.20"), unit="USD", per="member", window=timedelta(days=2)),
    ],
    alerts=[Alert("budget_75", "used", at_or_above=Bound("limit", Decimal("0.75")), unit="USD")],
    at_zero=AtZero(degrade_to="slow", overdraft=Decimal("0.05"), unit="USD"),
    rank=3,
)
TRIAL = Plan(
    "trial",
    allowances=[Allowance(11)],
    rollovers=[Rollover()],
    once=True,
    period=periods.subscription_days(14),
    cancels_to="free",
    on_cancel=Switch(when="period_end", anchor="restarted", forfeit={"promo"}),
    rank=1,
)
PRICED = Plan(
    "priced",
    allowances=[Allowance(25), Allowance(4, "sms")],
    offers=[
        PACK,
        CREDITS,
        Offer(
            "day", price=Decimal(1), unit="tokens", life=Life(days=0, ends="end_of_day", counted_from="last_purchase")
        ),
    ],
    prices=[
        Price("render", 2, per=3, unit="tokens", times={"member": {"ann": 3, "ben": Decimal("0.25")}}),
        Price("sms", Decimal("0.02"), times={"member": {"ann": Decimal("1.5"), "ben": 0}}),
        Price("video", 3, per=2, unit="tokens", base=1, round_to=2, times={"member": {"ann": Decimal("0.5")}}),
        Price("clip", Decimal("0.03"), per=2, base=Decimal("0.011"), round_to=Decimal("0.01"), rounding="half_up"),
        Price("page", tiers=[Tier(3, 1), Tier(8, 3), Tier(None, 2)], per=2, unit="tokens"),
        Price("call", 1, per=3, unit="tokens", step=3, minimum=5, times={"member": {"ann": 2}}),
    ],
    pay_as_you_go=[
        PayAsYouGo(
            Decimal("0.07"),
            per=3,
            step=2,
            minimum=3,
            meter="tokens",
            times={"member": {"ann": Decimal("0.5")}},
            bill_at=Decimal("0.15"),
        ),
        PayAsYouGo(
            tiers=[Tier(3, Decimal("0.05")), Tier(7, Decimal("0.02")), Tier(None, Decimal("0.04"))],
            tiering="volume",
            meter="fax",
            per=1,
            pack=2,
            currency="EUR",
            bill_at=Decimal("0.12"),
        ),
        PayAsYouGo(
            tiers=[Tier(2, Decimal(0)), Tier(9, Decimal("0.03")), Tier(None, Decimal("0.01"))],
            meter="mms",
            per=2,
            pack=4,
        ),
        PayAsYouGo(meter="USD"),
    ],
    limits=[Limit("money_limit", Decimal("0.90"), unit="USD")],
    late_use=LateUse("own", grace=timedelta(days=9)),
    rank=3,
)
LOTS = Plan(
    "lots",
    allowances=[
        Allowance(9, life=Life(periods=2)),
        Allowance(4, kind="bonus", per="seats", life=Life(days=5, ends="end_of_day")),
        Allowance(3, "sms", life=Life(months=1, counted_from="period_end")),
        Allowance(2, kind="seat"),
    ],
    rollovers=[Rollover(bank_max=7)],
    offers=[PACK, BRIEF],
    alerts=[Alert("low", "left", below=5), Alert("much", "used", at_or_above=6)],
    auto_top_up=AutoTopUp("pack", bought_max=40),
    draw=policies.soonest_expiring,
    late_use=LateUse("own", grace=timedelta(days=5)),
    period=periods.calendar_week(),
    on_upgrade=Switch(when="now", keep={"quota"}),
    on_downgrade=Switch(when="now", trim={"quota": 12}),
    cancels_to="free",
    rank=2,
)
SHARED = Plan(
    "shared",
    allowances=[Allowance(9, given="on_payment"), Allowance(5, kind="bonus"), Allowance(8, "sms", per="seats")],
    rollovers=[
        Rollover(
            share=Decimal("0.5"),
            carry_max=Bound("original", Decimal("0.4")),
            total_max=Bound("allowance", Decimal("1.8")),
            same_plan=True,
        ),
        Rollover(unit="sms", share=Decimal("0.7"), bank_max=40),
    ],
    renewal=Renewal(grace=timedelta(hours=7)),
    period=periods.subscription_days(2),
    rank=1,
    cancels_to="free",
)
ROLLS = Plan(
    "rolls",
    allowances=[Allowance(9), Allowance(4, kind="bonus", given="on_payment"), Allowance(6, "sms", per="seats")],
    rollovers=[
        Rollover(life=Life(periods=3), bank_max=Bound("allowance", Decimal("1.3"))),
        Rollover(unit="sms", life=Life(days=9), share=Decimal("0.6"), total_max=30),
    ],
    offers=[PACK],
    renewal=Renewal(grace=timedelta(hours=9)),
    draw=policies.soonest_expiring,
    late_use=LateUse("own", grace=timedelta(days=2)),
    period=periods.subscription_days(3),
    on_upgrade=Switch(when="now", forfeit={"rollover"}),
    on_downgrade=Switch(when="now", trim={"rollover": 5}),
    cancels_to="free",
    rank=2,
)
CAPPED = Plan(
    "capped",
    allowances=[Allowance(9), Allowance(3, kind="bonus")],
    rollovers=[Rollover(carry_max=5, total_max=31)],
    offers=[PACK],
    usable={"quota", "rollover", "top_up"},
    period=periods.hours(5),
    rank=2,
)
SEATED = Plan(
    "seated",
    allowances=[
        Allowance(10, per="seats"),
        Allowance(3, kind="bonus", per="packages"),
        Allowance(7, "sms", per="seats", scope={"member": {"ann"}}),
    ],
    counts=[Count("seats", minimum=1, added="prorated", removed="now"), Count("packages", removed="now")],
    rollovers=[Rollover(bank_max=Bound("allowance", 2))],
    offers=[PACK],
    draw=policies.evenly(),
    period=periods.subscription_days(3),
    on_upgrade=Switch(when="now", prorated=True),
    rank=1,
)
SCOPED = Plan(
    "scoped",
    allowances=[
        Allowance(6),
        Allowance(5, kind="bonus", scope={"member": {"ann", "ben"}}),
        Allowance(4, kind="seat", scope={"action": {"conversation"}}),
        Allowance(3, kind="own", scope={"action": {"tokens"}}),
    ],
    rollovers=[Rollover(bank_max=9)],
    offers=[PACK, Offer("for_ann", price=Decimal("0.5"), unit="tokens", pack=4, bonus=1, scope={"member": {"ann"}})],
    prices=[Price("conversation", 2, unit="tokens")],
    limits=[Limit("each", 30, unit="tokens", per="member")],
    alerts=[Alert("low", "left", below=Bound("allowance", Decimal("0.4")), unit="tokens")],
    auto_top_up=AutoTopUp("pack", cool_down=timedelta(days=1)),
    at_zero=AtZero(overdraft=2, unit="tokens"),
    late_use=LateUse("own", grace=timedelta(days=20)),
    draw=policies.narrowest_scope_first.then(policies.soonest_expiring),
    rank=2,
)
DRIP = Plan(
    "drip",
    allowances=[
        Allowance(12),
        Allowance(3, kind="daily", every=periods.calendar_day(), ceiling=40, ceiling_every=periods.calendar_month()),
        Allowance(5, kind="login", every=periods.calendar_day(), given="on_claim"),
        Allowance(4, kind="late", every=periods.hours(9), given="when_empty", empty={"quota", "daily"}),
        Allowance(2, kind="bought", given="while_bought", bought=Decimal(3)),
        Allowance(6, kind="seat", per="seats", every=periods.subscription_days(3), first="prorated"),
        Allowance(9, kind="welcome", every=periods.once()),
    ],
    offers=[PACK],
    alerts=[Alert("low", "left", below=4), Alert("empty", "left", at_or_below=0)],
    period=periods.subscription_month(),
    rank=2,
    on_downgrade=Switch(when="now", forfeit={"daily"}),
)
WEEKLY = Plan(
    "weekly",
    allowances=[
        Allowance(7, kind="daily", every=periods.calendar_day()),
        Allowance(Decimal("0.02"), "USD", every=periods.calendar_week(), first="none", ceiling=Decimal(1)),
        Allowance(5, kind="trial", every=periods.once(), given="on_claim"),
    ],
    prices=[Price("tokens", Decimal("0.01"), per=5)],
    offers=[PACK, CREDITS],
    auto_top_up=AutoTopUp("pack", cool_down=timedelta(hours=40)),
    period=periods.calendar_month(),
    rank=3,
)
SPARED = Plan(
    "spared",
    allowances=[Allowance(15), Allowance(6, kind="bonus"), Allowance(Decimal("0.30"), "USD")],
    offers=[PACK, CREDITS],
    prices=[Price("conversation", 2, unit="tokens"), Price("sms", Decimal("0.02"))],
    pay_as_you_go=[PayAsYouGo(Decimal("0.05"), per=2, meter="tokens"), PayAsYouGo(Decimal("0.03"), meter="sms")],
    limits=[
        Limit("hours", 6, unit="tokens", window=timedelta(hours=5), kinds={"quota"}, setters=(), degrade_to="mini"),
        Limit("days", 9, unit="tokens", every=periods.calendar_day(), kinds={"quota", "bonus"}),
        Limit("each", 4, unit="tokens", per="member", kinds={"top_up", "promo"}),
        Limit("first", Decimal("0.12"), unit="USD", every=periods.calendar_week(), kinds={"quota"}),
        Limit("extra", Decimal("0.20"), unit="USD", kinds={"pay_as_you_go"}, maximum=Decimal(9), degrade_to="slow"),
    ],
    alerts=[Alert("low", "left", below=9, unit="tokens")],
    late_use=LateUse("own", grace=timedelta(days=9)),
    draw=policies.evenly(policies.by_kind("bonus")),
    rank=2,
)
SHOP = Catalogue(
    (
        SPARED,
        DRIP,
        WEEKLY,
        AUTO,
        FREE,
        QUOTA,
        FAST,
        PACKAGES,
        PAYG,
        CREDIT,
        WILD,
        BANKED,
        ONCE,
        TIMED,
        TRIAL,
        PRICED,
        SHARED,
        CAPPED,
        ROLLS,
        SCOPED,
        SEATED,
        LOTS,
    )
)
"""All of them in one catalogue, so that a wallet may change from any to any."""

PAYG_2 = Plan(
    "payg",
    revision=2,
    allowances=[Allowance(12)],
    prices=[Price("search", Decimal(0))],
    pay_as_you_go=[PayAsYouGo(Decimal("0.35"), per=4)],
    alerts=[Alert("limit_75", "used", at_or_above=9)],
    period=periods.calendar_weeks(1),
    rank=3,
)
WILD_2 = Plan(
    "wild",
    revision=2,
    allowances=[Allowance(5, priority=2)],
    offers=[CREDITS],
    limits=[Limit("token_limit", Bound("allowance", 2), unit="tokens")],
    prices=[Price("tokens", Decimal("0.11"), per=3)],
    period=periods.hours(2),
    rank=4,
)
NEXT_SHOP = Catalogue((*SHOP.plans, PAYG_2, WILD_2))
"""The next price list: a period that opens takes it up."""
