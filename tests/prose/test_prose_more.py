"""What a customer reads of free tiers, budgets of nothing, money, several units; and of one step between two plans."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tokenpurse import (
    Alert,
    Allowance,
    AtZero,
    AutoTopUp,
    Bound,
    Life,
    Limit,
    Offer,
    PayAsYouGo,
    Plan,
    Price,
    Rollover,
    Switch,
    Tier,
    periods,
)
from tokenpurse.prose import diff, explain

PACKS = [Offer("packs", price=Decimal(5), pack=100)]
STEP = Plan("step", allowances=[Allowance(10)], upgrades_to={"next"}, offers=PACKS, auto_top_up=AutoTopUp("packs"))
LOWER = AutoTopUp("packs", threshold_max=9)
LOST, CLEARED = Switch(when="now", forfeit={"top_up"}), Switch(when="now", use="cleared")
ANEW = Switch(when="now", anchor="restarted")
DAILY = Allowance(9, kind="daily", every=periods.calendar_day())

CHANGES: dict[str, tuple[Plan, Plan, str]] = {
    "equal rank": (
        STEP,
        Plan("next", allowances=[Allowance(10)]),
        (
            "The change from Step to Next takes effect at the end of the month.\n"
            "No more: You can buy packs of 100 tokens for 5.00 USD each; what you bought stays.\n"
            "No more: If you wish, we buy tokens for you whenever what is left falls below a level that you set.\n"
            "No more: If an automatic payment is declined, we try again after 1 day; after 3 in a row automatic "
            "purchases are switched off."
        ),
    ),
    "a level": (
        STEP,
        Plan("step", revision=2, allowances=[Allowance(10)], auto_top_up=LOWER, offers=PACKS),
        (
            "This changes at the end of the month.\n"
            "Changed: If you wish, we buy tokens for you whenever what is left falls below a level that you set, "
            "at most 9 tokens. Before: If you wish, we buy tokens for you whenever what is left falls below a "
            "level that you set.\n"
            "No more: You can upgrade to Next.\n"
            "No more: A change to a larger plan takes effect at once; what you used in the running month counts "
            "against the new plan's allowance."
        ),
    ),
    "what is lost": (
        Plan("a", allowances=[Allowance(9)], offers=PACKS, on_upgrade=LOST, upgrades_to={"b"}),
        Plan("b", rank=1, allowances=[Allowance(9)], on_upgrade=CLEARED),
        (
            "The upgrade from A to B takes effect at once; what you used in the running month counts against the "
            "new plan's allowance; you lose what you bought.\n"
            "Changed: A change to a larger plan takes effect at once; you get the new plan's allowance in full. "
            "Before: A change to a larger plan takes effect at once; what you used in the running month counts "
            "against the new plan's allowance; you lose what you bought.\n"
            "No more: You can buy packs of 100 tokens for 5.00 USD each."
        ),
    ),
    "a larger one without more": (
        Plan("a", allowances=[Allowance(9)], upgrades_to={"b"}),
        Plan("b", rank=1, allowances=[Allowance(9)]),
        (
            "The upgrade from A to B takes effect at once; what you used in the running month counts against the "
            "new plan's allowance."
        ),
    ),
    "several units": (
        Plan("a", allowances=[Allowance(9), Allowance(9, "sms")]),
        Plan("b", allowances=[DAILY, Allowance(9)]),
        (
            "The change from A to B takes effect at the end of the month.\n"
            "New: You get 9 daily tokens every day, at midnight; what is left does not carry over.\n"
            "New: You use the allowance first, then the daily tokens.\n"
            "No more: You get 9 sms every month, on the 1st."
        ),
    ),
    "nothing before": (
        Plan("a", upgrades_to={"b"}),
        Plan("b", rank=1, on_upgrade=ANEW, allowances=[Allowance(1)]),
        (
            "The upgrade from A to B takes effect at once.\n"
            "Changed: A change to a larger plan takes effect at once; you start anew then, with the full "
            "allowance of the new plan. Before: A change to a larger plan takes effect at once.\n"
            "New: You get 1 token every month, on the 1st; what is left does not carry over.\n"
            "New: When nothing is left, use stops."
        ),
    ),
    "another kind": (
        Plan("a", allowances=[Allowance(9)]),
        Plan("b", rank=1, allowances=[Allowance(20, kind="paid")]),
        (
            "The upgrade from A to B takes effect at once; what you used in the running month counts against the "
            "new plan's allowance.\n"
            "New: You get 20 paid tokens every month, on the 1st; what is left does not carry over.\n"
            "No more: You get 9 tokens every month, on the 1st."
        ),
    ),
    "nothing after": (
        Plan("a", on_upgrade=ANEW),
        Plan("b", rank=1),
        (
            "The upgrade from A to B takes effect at once; you start anew then.\n"
            "No more: A change to a larger plan takes effect at once; you start anew then, with the full "
            "allowance of the new plan."
        ),
    ),
}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"pay_as_you_go": [PayAsYouGo(meter="gb", tiers=[Tier(100, Decimal(0)), Tier(None, Decimal("0.6"))])]},
            "You pay nothing for the first 100 gb, then 0.60 USD per gb, billed at the end of the month.",
        ),
        (
            {"pay_as_you_go": [PayAsYouGo(tiers=[Tier(9, Decimal(0)), Tier(20, Decimal(2)), Tier(None, Decimal(1))])]},
            "go on at no cost for the first 9 tokens, then 2.00 USD per token for the next 11 tokens, then 1.00 USD",
        ),
        (
            {
                "pay_as_you_go": [
                    PayAsYouGo(meter="sms", tiers=[Tier(9, Decimal(2)), Tier(None, Decimal(1))], tiering="volume")
                ]
            },
            "You pay one price for all that you use: 2.00 USD per sms up to 9 sms, 1.00 USD per sms beyond that",
        ),
        ({"limits": [Limit("a", 0)]}, "Until you set a limit, you can use no tokens a month."),
        ({"limits": [Limit("a", 0, setters=())]}, "You can use at most 0 tokens a month."),
        ({"limits": [Limit("a", per="member")]}, "a limit on how many tokens are used for each member a month."),
        (
            {"limits": [Limit("a", 9, scope={"model": {"large"}})]},
            "You can use at most 9 tokens with the model large a month; you can set another limit.",
        ),
        (
            {"currency": "EUR", "limits": [Limit("a", unit="USD")], "prices": [Price("b", Decimal(1), unit="USD")]},
            "You can set a limit on what is spent in USD a month.",
        ),
        (
            {"rollovers": [Rollover(share=Decimal("0.5"))]},
            "every month, on the 1st; 50 % of what is left carries over.",
        ),
        (
            {"limits": [Limit("a", 9, kinds={"quota"}, setters=())], "pay_as_you_go": [PayAsYouGo(Decimal(1))]},
            "You can use at most 9 tokens of the allowance a month; beyond that use is billed.",
        ),
        (
            {
                "limits": [Limit("a", 9, kinds={"quota"}, setters=())],
                "offers": [Offer("a", price=Decimal(1))],
                "pay_as_you_go": [PayAsYouGo(Decimal(1))],
            },
            "of the allowance a month; beyond that you use what else you have, then use is billed.",
        ),
        (
            {
                "limits": [Limit("a", 9, kinds={"quota"})],
                "prices": [Price("tokens", Decimal("0.1"))],
                "offers": [Offer("a", price=Decimal(1), unit="USD")],
            },
            "of the allowance a month; beyond that you use what else you have; you can set another limit.",
        ),
        (
            {"limits": [Limit("a", 9, kinds={"quota"}, setters=())]},
            "You can use at most 9 tokens of the allowance a month. When",
        ),
        (
            {"limits": [Limit("a", 9, kinds={"quota"}, setters=(), degrade_to="mini")]},
            "of the allowance a month; then service goes on in mini mode.",
        ),
        (
            {"limits": [Limit("a", 9, kinds={"pay_as_you_go"}, setters=())], "pay_as_you_go": [PayAsYouGo(Decimal(1))]},
            "a month.",
        ),
        (
            {"allowances": [Allowance(5), Allowance(5, "sms")], "rollovers": [Rollover()]},
            "on the 1st. What is left of the tokens carries over. What is left of the sms does not carry over.",
        ),
        (
            {"allowances": [Allowance(5, life=Life(months=2)), Allowance(5, kind="a"), Allowance(Decimal(2), "USD")]},
            "what is left of the a tokens and of the credit does not carry over.",
        ),
        (
            {
                "allowances": [
                    Allowance(Decimal(5), "USD", kind="daily", life=Life(days=9), every=periods.calendar_day())
                ]
            },
            "You get 5.00 USD of daily credit every day, at midnight; it can be used for 9 days.",
        ),
        (
            {
                "allowances": [Allowance(Decimal(5), "USD")],
                "prices": [Price("call", Decimal("0.1"))],
                "at_zero": AtZero(overdraft=Decimal(5), unit="USD"),
                "alerts": [
                    Alert("a", "left", at_or_below=Decimal(0), unit="USD"),
                    Alert("b", "left", at_or_below=Decimal(0), unit="USD", kinds={"quota"}),
                    Alert("c", "expiring", within=timedelta(days=3), unit="USD"),
                ],
            },
            (
                "You pay 0.10 USD per call from your credit. "
                "When no credit is left, you can go on until you owe 5.00 USD; "
                "what comes in next pays first what you owe.\n"
                "We tell you when you have no credit left and nothing left of the allowance. "
                "We tell you 3 days before any of your credit expires."
            ),
        ),
        (
            {"at_zero": AtZero(overdraft=2, degrade_to="slow")},
            "until you owe 2 tokens, then service goes on in slow mode; what comes in next pays first what you owe.",
        ),
        (
            {
                "offers": [Offer("a", price=Decimal(1))],
                "auto_top_up": AutoTopUp("a", when="at_or_below", threshold_max=0),
            },
            "If you wish, we buy tokens for you whenever nothing is left.",
        ),
        (
            {
                "offers": [Offer("a", price=Decimal(1), maximum=9)],
                "auto_top_up": AutoTopUp("a", when="at_or_below", threshold_max=0, counts={"top_up"}),
            },
            (
                "(at most 9 tokens at a time); what you buy never expires. "
                "If you wish, we buy tokens for you whenever nothing is left of what you bought."
            ),
        ),
        (
            {"allowances": [], "price": Decimal(5), "term": periods.subscription_year()},
            "The plan costs 5.00 USD a year, counted from the day you started. Each month starts on the 1st.",
        ),
        (
            {
                "allowances": [Allowance(5, per="seats"), Allowance(5, "sms")],
                "limits": [Limit("a", Bound("allowance"))],
            },
            "You can use no more than the allowance of tokens a month; you can set another limit.",
        ),
        (
            {
                "allowances": [Allowance(5), Allowance(5, kind="drip", given="when_empty", empty={"quota"})],
                "limits": [Limit("a", Bound("allowance", 2))],
            },
            "You can use at most twice the allowance a month; you can set another limit.",
        ),
        (
            {"period": periods.once(), "on_upgrade": Switch(when="period_end"), "upgrades_to": {"q"}},
            "A change to a larger plan takes effect at once; what you used in your time on this plan counts",
        ),
    ],
)
def test_what_more_plans_say(fields: dict[str, Any], said: str) -> None:
    """What is free is free, what is nothing is none, and money is credit."""
    assert said in explain(Plan("p", **{"allowances": [Allowance(10)], **fields}))


def test_unlimited_use_never_stops() -> None:
    """There is nothing of it that could be left."""
    assert explain(Plan("p", allowances=[Allowance(None)])) == "You get unlimited tokens."


@pytest.mark.parametrize(("old", "new", "text"), CHANGES.values(), ids=list(CHANGES))
def test_what_changes(old: Plan, new: Plan, text: str) -> None:
    """What was bought does not go with its offer; equal rank is no upgrade; what the change says is not said again."""
    assert diff(old, new) == text
