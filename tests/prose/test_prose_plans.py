"""Whole plans, read aloud: what a customer reads for those of the five systems, and for what changes between two."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from examples.systems import credits, packages, payg, quota, rollover  # noqa: A004  # the name of the system
from tokenpurse import (
    Allowance,
    AutoTopUp,
    Bound,
    Life,
    Limit,
    Offer,
    PayAsYouGo,
    Plan,
    Price,
    Renewal,
    Rollover,
    Switch,
    periods,
    policies,
)
from tokenpurse.errors import ArgumentError
from tokenpurse.prose import diff, explain

STAFF = {"admin": "an administrator", "owner": "the owner"}
MADE = Plan(
    "studio",
    price=Decimal(22),
    period=periods.subscription_month(),
    allowances=[Allowance(2_000, "credits", given="on_payment"), Allowance(50, "credits", kind="event")],
    renewal=Renewal(grace=timedelta(days=3)),
    rollovers=[Rollover(bank_max=Bound("allowance", Decimal("1.5")))],
    offers=[
        Offer("pack", price=Decimal(5), pack=100, maximum=1_000, bonus=Bound("purchase", Decimal("0.1"))),
        Offer("more", price=Decimal(1), per=30, life=Life(months=12), refund_window=timedelta(days=14)),
    ],
    prices=[Price("video", 10, unit="credits", times={"model": {"large": 4, "draft": 0}})],
    limits=[Limit("daily", 300, every=periods.calendar_day(zone="UTC"), per="member", setters=())],
    auto_top_up=AutoTopUp("pack", counts={"top_up"}, purchases_max=8, spend_max=Decimal(40), cool_down=timedelta(0)),
    draw=policies.by_kind("event", "quota", "rollover"),
    cancels_to="free",
    on_cancel=Switch(when="period_end", forfeit={"rollover"}, trim={"top_up": Bound("allowance", 2)}),
    on_downgrade=Switch(when="period_end", after_upgrade=False, auto_top_up="paused"),
)
FREE = Plan("free", allowances=[Allowance(100, "credits")], period=periods.subscription_month())
TRIMMED = Plan("max", cancels_to="free", on_cancel=Switch(when="now", trim={"top_up": Bound("allowance", 2)}))
CALLS = Plan(
    "calls",
    currency="EUR",
    period=periods.calendar_week("saturday"),
    pay_as_you_go=[PayAsYouGo(Decimal("0.02"), meter="call"), PayAsYouGo(Decimal("0.01"), meter="sms")],
    limits=[Limit("budget", Decimal(50), unit="EUR", maximum=Decimal(500), setters={"admin"})],
    on_debt="bill",
)

CHAT = Plan(
    "chat",
    allowances=[Allowance(10_000, "messages")],
    pay_as_you_go=[PayAsYouGo(Decimal("0.10"))],
    limits=[
        Limit("five_hours", 45, window=timedelta(hours=5), kinds={"quota"}, setters=(), degrade_to="mini"),
        Limit("all", 2_000, kinds={"quota", "promo", "pay_as_you_go"}, setters=()),
        Limit("extra", None, unit="USD", kinds={"pay_as_you_go"}, maximum=Decimal(50)),
    ],
)

EXPLAINED: dict[str, tuple[Plan, dict[str, Any], str]] = {
    "limits on payers": (
        CHAT,
        {},
        (
            "You get 10,000 messages every month, on the 1st; what is left does not carry over.\n"
            "When the messages are used up, you can go on at 0.10 USD per message, billed at the end of the month. "
            "You can use at most 45 messages of the allowance in 5 hours, counted from the first use; then service "
            "goes on in mini mode. You can use at most 2,000 messages of the allowance, what you were given as a bonus "
            "and billed use a month. You can set a limit on what is spent on billed use a month, up to 50.00 USD."
        ),
    ),
    "Q": (
        quota.PLANS.newest("pro"),
        {"admin": "an administrator"},
        (
            "You get 2,000,000 tokens every month, on the 1st; what is left does not carry over.\n"
            "You can buy tokens at 5.00 USD per 2,000,000 tokens (only an administrator may buy); what you buy "
            "never expires.\n"
            "You use the allowance first, then what you bought. When nothing is left, use stops.\n"
            "You can upgrade to Teams. A change to a larger plan takes effect at once; what you used in the "
            "running month counts against the new plan's allowance."
        ),
    ),
    "R": (
        rollover.PLANS.newest("small"),
        {},
        (
            "You get 8,500 tokens every month, counted from the day you started; what is left carries over, up "
            "to 3 times the allowance (25,500 tokens) in all.\n"
            "You can buy packs of 5,000 tokens for 5.00 USD each and packs of 25,000 tokens for 20.00 USD each; "
            "what you buy never expires.\n"
            "You use what was carried over first, then the allowance, then what you bought. When nothing is "
            "left, use stops.\n"
            "When you cancel, you go on with Free. Cancelling takes effect at the end of the month; you lose "
            "what was carried over; what is left of the allowance of the month still carries over, if the new plan "
            "lets it."
        ),
    ),
    "P": (
        packages.CHATBOT,
        {},
        (
            "You get 5,000 tokens for each package every month, on the 1st; what is left does not carry over.\n"
            "Each conversation takes 2,000 tokens. When nothing is left, use stops.\n"
            "We tell you when you have less than 20 % of the allowance left. We tell you when you have no tokens "
            "left."
        ),
    ),
    "G": (
        payg.TREE,
        {},
        (
            "You get 10,000 tokens every month, counted from the day you started; what is left does not carry "
            "over.\n"
            "Syncs, searches and views cost nothing. When the tokens are used up, you can go on at 3.00 USD per "
            "1,000 tokens, billed at the end of the month. You can use no more than the allowance (10,000 "
            "tokens) a month; you can set another limit.\n"
            "We tell you when you have used 75 %, 90 % and 100 % of your limit.\n"
            "You can upgrade to Grove. A change to a larger plan takes effect at once; what you used in the "
            "running month counts against the new plan's allowance."
        ),
    ),
    "C": (
        credits.PLANS.newest("pro"),
        {**STAFF, "mcp": "MCP calls", "storage": "GB of storage", "voice": "voice minutes"},
        (
            "You get 1,000,000 llm tokens, 10,000 api calls, 1,000 MCP calls, 500 emails, 100 sms, 60 voice "
            "minutes and 10 GB of storage every month, counted from the day you started; what is left does not "
            "carry over.\n"
            "You can buy prepaid credit in USD (from 1.00 USD to 100,000.00 USD at a time; only an administrator "
            "or the owner may buy); what you buy never expires. If you wish, we buy prepaid credit for you "
            "whenever what is left falls below a level that you set, at most the amount that you set for "
            "automatic purchases (only an administrator or the owner may switch this on). If an automatic "
            "payment is declined, we try again after 1 day; after 3 in a row automatic purchases are switched "
            "off.\n"
            "Beyond the allowance, you pay 0.0006 USD per "
            "1,000 llm tokens, 1.00 USD per 1,000 api calls, 2.00 USD per 1,000 MCP calls, 0.40 USD per 1,000 "
            "emails, 15.00 USD per 1,000 sms, 20.00 USD per 1,000 voice minutes and 9.00 USD per 1,000 GB of "
            "storage from prepaid credit. When nothing is left, use stops.\n"
            "We show you when you have 10.00 USD or less left. We tell you when you have less than the level "
            "that you set for automatic purchases (where there is none: 10.00 USD) left. We tell you when you "
            "have no credit left."
        ),
    ),
    "made": (
        MADE,
        {},
        (
            "The plan costs 22.00 USD a month. You get 2,000 credits every month, counted from the day you "
            "started, as soon as the month is paid for. You get 50 event credits every month, counted from the "
            "day you started; what is left carries over, up to 1.5 times the allowance (3,075 credits) in all. "
            "Each month must be paid for within 3 days of its start, or the plan ends. Until the month is paid "
            "for, what was left of the credits can still be used.\n"
            "You can buy packs of 100 credits for 5.00 USD each (at most 1,000 credits at a time); each purchase "
            "brings 10 % more as a bonus; what you buy never expires. You can buy credits at 1.00 USD per 30 "
            "credits; what you buy can be used for 12 months; what is unused can be given back within 14 days. "
            "If you wish, we buy credits for you whenever what is left of what you bought falls below a level "
            "that you set. Automatic purchases are limited to 8 purchases and 40.00 USD a month, counted from "
            "the day you started. If an automatic payment is declined, we try again at once; after 3 in a row "
            "automatic purchases are switched off.\n"
            "You use the event credits first, then the allowance, then what was carried over, then what you were "
            "given as a bonus, then what you bought. Each video takes 10 credits; with the model draft nothing "
            "and with the model large 4 times as much. Each member can use at most 300 credits a day, counted "
            "anew at midnight, UTC. When nothing is left, use stops.\n"
            "When you cancel, you go on with Free. A change to a plan that is not larger takes effect at the end "
            "of the month, and is not possible in a month with an upgrade; automatic purchases pause until you "
            "set them up again. Cancelling takes effect at the end of the month; you lose what was carried over; "
            "what is left of the allowance of the month still carries over, if the new plan lets it; of what you "
            "bought you keep at most twice what the new plan gives for a period."
        ),
    ),
    "calls": (
        CALLS,
        {},
        (
            "Each week starts on Saturday.\n"
            "You pay 0.02 EUR per call and 0.01 EUR per sms, billed at the end of the week. You can spend at "
            "most 50.00 EUR on use a week; you can set another limit, up to 500.00 EUR (only admin may). What "
            "you owe is billed at the end of the week."
        ),
    ),
    "nothing": (
        Plan("nothing"),
        {},
        ("This plan includes nothing."),
    ),
}

DIFFERENCES: dict[str, tuple[Plan, Plan, str]] = {
    "an upgrade": (
        payg.TREE,
        payg.GROVE,
        (
            "The upgrade from Tree to Grove takes effect at once; what you used in the running month counts "
            "against the new plan's allowance.\n"
            "Changed: You get 20,000 tokens instead of 10,000 tokens every month, counted from the day you "
            "started.\n"
            "Changed: When the tokens are used up, you can go on at 2.00 USD per 1,000 tokens instead of 3.00 "
            "USD per 1,000 tokens, billed at the end of the month.\n"
            "Changed: You can use no more than the allowance (20,000 tokens) instead of no more than the "
            "allowance (10,000 tokens) a month; you can set another limit.\n"
            "Changed: You can upgrade to Forest instead of Grove."
        ),
    ),
    "a cancel": (
        rollover.PLANS.newest("small"),
        rollover.PLANS.newest("free"),
        (
            "Cancelling Small, to go on with Free, takes effect at the end of the month; you lose what was "
            "carried over.\n"
            "New: On this plan only the allowance can be used; whatever else you have stays yours, but is locked.\n"
            "New: You can upgrade to Large, Medium or Small.\n"
            "New: A change to a larger plan takes effect at once.\n"
            "No more: You get 8,500 tokens every month, counted from the day you started.\n"
            "No more: You can buy packs of 5,000 tokens for 5.00 USD each and packs of 25,000 tokens for 20.00 "
            "USD each; what you bought stays."
        ),
    ),
    "another plan": (
        MADE,
        CALLS,
        (
            "The change from Studio to Calls takes effect at the end of the month, and is not possible in a "
            "month with an upgrade; automatic purchases pause until you set them up again.\n"
            "New: Each week starts on Saturday.\n"
            "New: You pay 0.02 EUR per call and 0.01 EUR per sms, billed at the end of the week.\n"
            "New: You can spend at most 50.00 EUR on use a week; you can set another limit, up to 500.00 EUR "
            "(only admin may).\n"
            "New: What you owe is billed at the end of the week.\n"
            "No more: The plan costs 22.00 USD a month.\n"
            "No more: You get 2,000 credits every month, counted from the day you started, as soon as the month "
            "is paid for.\n"
            "No more: You get 50 event credits every month, counted from the day you started.\n"
            "No more: Each month must be paid for within 3 days of its start, or the plan ends.\n"
            "No more: Until the month is paid for, what was left of the credits can still be used.\n"
            "No more: You can buy packs of 100 credits for 5.00 USD each and credits at 1.00 USD per 30 credits; "
            "what you bought stays.\n"
            "No more: If you wish, we buy credits for you whenever what is left of what you bought falls below a "
            "level that you set.\n"
            "No more: Automatic purchases are limited to 8 purchases and 40.00 USD a month, counted from the day "
            "you started.\n"
            "No more: If an automatic payment is declined, we try again at once; after 3 in a row automatic "
            "purchases are switched off.\n"
            "No more: Each video takes 10 credits; with the model draft nothing and with the model large 4 times "
            "as much.\n"
            "No more: Each member can use at most 300 credits a day, counted anew at midnight, UTC.\n"
            "No more: When you cancel, you go on with Free.\n"
            "No more: A change to a plan that is not larger takes effect at the end of the month, and is not "
            "possible in a month with an upgrade; automatic purchases pause until you set them up again.\n"
            "No more: Cancelling takes effect at the end of the month; you lose what was carried over; what is "
            "left of the allowance of the month still carries over, if the new plan lets it; of what you bought "
            "you keep at most twice what the new plan gives for a period."
        ),
    ),
    "a trim": (
        TRIMMED,
        FREE,
        (
            "Cancelling Max, to go on with Free, takes effect at once; of what you bought you keep at most twice "
            "the new allowance (200 credits).\n"
            "New: You get 100 credits every month, counted from the day you started; what is left does not carry "
            "over.\n"
            "New: When nothing is left, use stops."
        ),
    ),
    "a revision": (
        FREE,
        Plan("free", revision=2, allowances=[Allowance(50, "credits")], period=periods.subscription_month()),
        (
            "This changes at the end of the month.\n"
            "Changed: You get 50 credits instead of 100 credits every month, counted from the day you started."
        ),
    ),
}


@pytest.mark.parametrize(("plan", "words", "text"), EXPLAINED.values(), ids=list(EXPLAINED))
def test_a_plan_reads_as_a_customer_would_have_it(plan: Plan, words: dict[str, Any], text: str) -> None:
    """Word by word: read it aloud before you change it."""
    assert explain(plan, words=words) == text


@pytest.mark.parametrize(("old", "new", "text"), DIFFERENCES.values(), ids=list(DIFFERENCES))
def test_a_difference_is_told_in_the_same_words(old: Plan, new: Plan, text: str) -> None:
    """What the change does, then what is changed, new, and gone."""
    assert diff(old, new) == text


def test_what_no_customer_meets_is_no_difference() -> None:
    """Another revision of the same, a rank, the name of a notice."""
    assert not diff(FREE, Plan("free", revision=2, rank=3, allowances=FREE.allowances, period=FREE.period))


@pytest.mark.parametrize("words", [5, {"a": 5}, {5: "a"}, {"": "a"}, {"a": ("b",)}, {"a": ("b", 5)}, ["a"]])
def test_words_are_words(words: Any) -> None:
    """One or two for each name."""
    with pytest.raises(ArgumentError, match=r"words is .*, it must say for each name the word for many of it"):
        explain(FREE, words=words)


def test_only_plans_are_told() -> None:
    """An offer is no plan."""
    with pytest.raises(ArgumentError, match="plan is 'free', it must be a Plan"):
        explain("free")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(ArgumentError, match="plan is None, it must be a Plan"):
        diff(FREE, None)  # type: ignore[arg-type]  # wrong on purpose
