"""Words, schedules and lengths of time, one by one."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tokenpurse import (
    Alert,
    Allowance,
    AutoTopUp,
    Bound,
    Count,
    Life,
    Offer,
    Plan,
    Price,
    Renewal,
    Rollover,
    Switch,
    periods,
)
from tokenpurse.periods import Schedule
from tokenpurse.policies import by_kind, by_priority, narrowest_scope_first
from tokenpurse.prose import explain
from tokenpurse.prose.lives import usable_for
from tokenpurse.prose.times import anew, every, lasting, starting
from tokenpurse.prose.words import Words, joined, number, times_of
from tokenpurse.units import Unit, as_unit


@pytest.mark.parametrize(
    ("name", "one", "many"),
    [
        ("tokens", "token", "tokens"),
        ("gpu_seconds", "gpu second", "gpu seconds"),
        ("conversation", "conversation", "conversations"),
        ("search", "search", "searches"),
        ("searches", "search", "searches"),
        ("query", "query", "queries"),
        ("queries", "query", "queries"),
        ("key", "key", "keys"),
        ("fax", "fax", "faxes"),
        ("pass", "pass", "passes"),
        ("bonus", "bonus", "bonuses"),
        ("analysis", "analysis", "analyses"),
        ("analyses", "analysis", "analyses"),
        ("bonuses", "bonus", "bonuses"),
        ("movies", "movie", "movies"),
        ("caches", "cache", "caches"),
        ("cache", "cache", "caches"),
        ("people", "person", "people"),
        ("quizzes", "quiz", "quizzes"),
        ("sync", "sync", "syncs"),
        ("syncs", "sync", "syncs"),
        ("gas", "gas", "gas"),
        ("uses", "use", "uses"),
        ("megabytes_of_storage", "megabyte of storage", "megabytes of storage"),
        ("dollar_of_use", "dollar of use", "dollars of use"),
        ("sms", "sms", "sms"),
        ("mcp", "mcp", "mcp"),
        ("storage", "GB of storage", "GB of storage"),
        ("voice", "minute", "minutes"),
        ("talk", "hour of speech", "hours of speech"),
    ],
)
def test_names_have_one_and_many(name: str, one: str, many: str) -> None:
    """By rule, unless the host says another word, or two."""
    words = Words({"storage": ("GB of storage", "GB of storage"), "voice": "minutes", "talk": "hours of speech"})
    assert (words.one(name), words.many(name)) == (one, many)


@pytest.mark.parametrize(
    ("unit", "steps", "said", "each"),
    [
        (as_unit("tokens"), 1, "1 token", "each token"),
        (as_unit("tokens"), 0, "0 tokens", "every 0 tokens"),
        (as_unit("tokens"), 2_000_000, "2,000,000 tokens", "every 2,000,000 tokens"),
        (as_unit("USD"), 1_000_000, "1.00 US dollars", "every 1.00 US dollars"),
        (Unit.meter("gpu_seconds", shown=2), 150, "1.5 gpu seconds", "every 1.5 gpu seconds"),
        (Unit.meter("premium_requests", shown=2), 100, "1 premium request", "each premium request"),
        (Unit.meter("premium_requests", shown=2), 1_000_00, "1,000 premium requests", "every 1,000 premium requests"),
        (Unit.money("credits", kept=2), 500, "5 credits", "every 5 credits"),
        (Unit.money("credits", kept=2), 50, "0.5 credits", "every 0.5 credits"),
    ],
)
def test_amounts_have_thousands_and_units(unit: Unit, steps: int, said: str, each: str) -> None:
    """And no plural for one."""
    words = Words({"USD": "US dollars"})
    assert (words.amount(unit, steps), words.each(unit, steps)) == (said, each)


@pytest.mark.parametrize(
    ("value", "said"),
    [(3, "3"), (1_000, "1,000"), (Decimal("1.250"), "1.25"), (Decimal("0.05"), "0.05"), (Decimal(20), "20")],
)
def test_numbers_are_exact(value: Any, said: str) -> None:
    """Without trailing zeros."""
    assert number(value) == said


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (1, "it"),
        (2, "twice it"),
        (Decimal("2.5"), "2.5 times it"),
        (Decimal("0.2"), "20 % of it"),
        (Decimal("0.125"), "12.5 % of it"),
        (0, "0 % of it"),
    ],
)
def test_multiples(times: Any, said: str) -> None:
    """Shares as percentages, others as they are."""
    assert times_of(times, "it") == said


def test_lists() -> None:
    """With an `and` before the last."""
    assert [joined(["a", "b", "c"][:count]) for count in range(4)] == ["", "a", "a and b", "a, b and c"]


@pytest.mark.parametrize(
    ("schedule", "when", "stretch"),
    [
        (periods.calendar_month(), "every month, on the 1st", "a month, counted anew on the 1st"),
        (periods.calendar_months(3), "every 3 months, on the 1st", "in 3 months, counted anew on the 1st"),
        (periods.calendar_year(), "every year, on 1 January", "a year, counted anew on 1 January"),
        (periods.calendar_week("sunday"), "every week, on Sunday", "a week, counted anew on Sunday"),
        (periods.calendar_day(zone="UTC"), "every day, at midnight, UTC", "a day, counted anew at midnight, UTC"),
        (
            periods.calendar_day(zone="Asia/Tokyo"),
            "every day, at midnight, Asia/Tokyo time",
            "a day, counted anew at midnight, Asia/Tokyo time",
        ),
        (
            periods.subscription_days(14),
            "every 14 days, counted from the day you started",
            "in 14 days, counted from the day you started",
        ),
        (periods.hours(1), "every hour", "an hour"),
        (periods.hours(36), "every 36 hours", "in 36 hours"),
        (periods.once(), "once", "in all"),
    ],
)
def test_schedules(schedule: Schedule, when: str, stretch: str) -> None:
    """When something comes, and for which stretch of time an amount is."""
    assert (every(schedule), anew(schedule)) == (when, stretch)


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        (periods.calendar_month(), "each month starts on the 1st"),
        (periods.calendar_week("saturday", zone="UTC"), "each week starts on Saturday, UTC"),
        (periods.subscription_month(), "each month is counted from the day you started"),
        (periods.subscription_days(30), "each period of 30 days is counted from the day you started"),
        (periods.hours(36), "each period lasts 36 hours"),
        (periods.hours(1), "each period lasts an hour"),
    ],
)
def test_starts(schedule: Schedule, said: str) -> None:
    """Said where no allowance says it."""
    assert starting(schedule) == said


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(days=14), "14 days"),
        (timedelta(days=1), "1 day"),
        (timedelta(hours=5, minutes=30), "5 hours and 30 minutes"),
        (timedelta(seconds=61, microseconds=1), "1 minute, 1 second and 1 microsecond"),
        (timedelta(), "no time"),
    ],
)
def test_lengths_of_time(length: timedelta, said: str) -> None:
    """In days and what is left of them."""
    assert lasting(length) == said


MONTH = periods.calendar_month()


@pytest.mark.parametrize(
    ("life", "period", "said"),
    [
        (None, MONTH, "never expires"),
        (Life(), MONTH, "never expires"),
        (Life(days=65), MONTH, "can be used for 65 days"),
        (Life(days=0, ends="end_of_day"), MONTH, "can be used until the end of the day"),
        (Life(months=1), MONTH, "can be used for 1 month"),
        (Life(periods=1), MONTH, "can be used until the end of the month"),
        (Life(periods=2), MONTH, "can be used until the end of the next month"),
        (Life(periods=3), MONTH, "can be used for the rest of the month and the 2 months after it"),
        (Life(periods=2), periods.subscription_days(14), "can be used until the end of the next period"),
        (Life(days=90, counted_from="renewal"), MONTH, "can be used until 90 days after the plan is next paid for"),
        (Life(days=9, counted_from="period_end"), MONTH, "can be used until 9 days after the month ends"),
        (
            Life(months=12, counted_from="last_purchase", ends="end_of_day"),
            MONTH,
            "can be used for 12 months, counted anew from your last purchase, and to the end of the last day",
        ),
    ],
)
def test_lives(life: Life | None, period: Schedule, said: str) -> None:
    """How long something can be used."""
    assert usable_for(life, period) == said


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"allowances": [Allowance(5, priority=2), Allowance(5, kind="daily", priority=1)], "draw": by_priority},
            "You use the daily tokens first, then the allowance.",
        ),
        (
            {
                "allowances": [Allowance(5, scope={"action": {"search", "chat"}, "model": {"gpt-4", "o3"}})],
                "prices": [Price(one, 2, unit="tokens") for one in ("search", "chat")],
                "draw": narrowest_scope_first,
            },
            "You get 5 tokens (only for chats and searches, with the model gpt-4 or o3) every month",
        ),
        (
            {
                "allowances": [Allowance(5, per="seats")],
                "counts": [Count("seats", minimum=3, added="prorated", removed="now")],
            },
            "that you add brings its allowance for what is left of the month; seats that you give up go at once",
        ),
        (
            {"allowances": [Allowance(5, per="seats")], "counts": [Count("seats", minimum=1)]},
            "You have at least 1 seat; each seat that you add brings its allowance in full; seats that you give up go",
        ),
        ({"draw": narrowest_scope_first}, "What is for some use only is used before what is for all."),
        (
            {"allowances": [Allowance(5), Allowance(5, kind="own", scope={"a": {"b"}})], "rollovers": [Rollover()]},
            "what is left carries over, except what is for some use only.",
        ),
        ({"offers": [Offer("a", price=Decimal(1), scope={"a": {"b"}})]}, "; it is only with the a b."),
        ({"draw": by_priority}, "What we rank first is used first."),
        (
            {"draw": by_kind("odd", "promo")},
            "You use odd first, then what you were given as a bonus, then the allowance.",
        ),
        ({"allowances": [Allowance(5, kind="top_up")]}, "You get 5 tokens every month"),
        ({"allowances": [Allowance(5, kind="promo")]}, "You get 5 bonus tokens every month"),
        ({"allowances": [Allowance(5, kind="credit")]}, "You get 5 tokens every month"),
        ({"allowances": [Allowance(Decimal(5), "USD", kind="credit")]}, "You get 5.00 USD of prepaid credit"),
        ({"allowances": [Allowance(5, kind="own")]}, "You get 5 tokens as daily tokens every month"),
        (
            {
                "period": periods.hours(2),
                "renewal": Renewal(grace=timedelta(0)),
                "allowances": [Allowance(5, given="on_payment")],
            },
            "Each period of 2 hours must be paid for when it starts, or the plan ends.",
        ),
        (
            {"offers": [Offer("a", price=Decimal(1))], "auto_top_up": AutoTopUp("a", attempts=1)},
            "If an automatic payment is declined, automatic purchases are switched off.",
        ),
        ({"usable": [], "rollovers": [Rollover()]}, "On this plan nothing can be used"),
        ({"offers": [Offer("a", price=Decimal(1), minimum=5)]}, "(at least 5 tokens at a time)"),
        (
            {"alerts": [Alert("a", "left", below=Bound("allowance", 2))]},
            "less than twice the allowance (20 tokens) left",
        ),
        (
            {"allowances": [Allowance(5, kind="daily", every=periods.calendar_day(), given="on_claim")]},
            "You get 5 daily tokens when you claim them, at most once a day; what is left does not carry over.",
        ),
        (
            {"allowances": [Allowance(5), Allowance(2, kind="drip", given="when_empty", empty={"quota"})]},
            "2 drip tokens as soon as you have nothing left of the allowance, at most once a month; what is left does",
        ),
        (
            {"allowances": [Allowance(5, every=periods.calendar_day(), ceiling=30, first="none")]},
            "counted anew on the 1st; a first day that is short brings nothing; what is left does not carry over.",
        ),
        (
            {"allowances": [Allowance(9, kind="thanks", given="while_bought", bought=Decimal(10))]},
            "You get 9 thanks tokens every month, on the 1st, once you have bought for at least 10.00 USD in all; what",
        ),
        (
            {"offers": [Offer("a", price=Decimal(1))], "auto_top_up": AutoTopUp("a", every=periods.calendar_day())},
            "Limits that you set on automatic purchases are for a day, counted anew at midnight.",
        ),
        (
            {"term": periods.subscription_year(), "on_downgrade": Switch(when="term_end")},
            "A change to a plan that is not larger takes effect at the end of the year",
        ),
        ({"period": periods.once()}, "You get 10 tokens once."),
        ({"period": periods.once(), "allowances": []}, "The plan goes on without an end."),
        ({"once": True, "cancels_to": "free"}, "You get 10 tokens until the month ends"),
        (
            {"on_cancel": Switch(when="now", trim={"credit": Decimal(5), "promo": 1}), "cancels_to": "free"},
            "of prepaid credit you keep at most 5.00 USD; of what you were given as a bonus you keep at most 1 token",
        ),
    ],
)
def test_what_few_plans_say(fields: dict[str, Any], said: str) -> None:
    """Each in its own words."""
    assert said in explain(Plan("p", **{"allowances": [Allowance(10)], **fields}), words={"own": "daily tokens"})
