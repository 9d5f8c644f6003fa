"""Time: a hundred small steps and one jump lead to the same wallet, and a century of silence costs a few entries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import example, given

from tests.laws.auditor import Auditor
from tests.laws.machine import amount_of, normal
from tests.laws.plans import SHOP, START, ZONES
from tokenpurse import (
    Alert,
    Allowance,
    AutoTopUp,
    Balance,
    Bound,
    Catalogue,
    Life,
    Offer,
    Plan,
    Rollover,
    Wallet,
    periods,
    policies,
    replay,
)
from tokenpurse import entries as e
from tokenpurse.errors import PurseError
from tokenpurse.periods import Schedule

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

SCHEDULES = st.sampled_from(
    [
        periods.hours(1),
        periods.hours(7),
        periods.calendar_day(),
        periods.subscription_days(2),
        periods.calendar_week(),
        periods.subscription_month(),
        periods.calendar_month(zone="America/New_York"),
    ]
)
STRETCHES = (periods.hours(5), periods.calendar_day(), periods.subscription_days(3))
CEILINGS = (periods.calendar_week(), periods.calendar_month(), periods.subscription_days(4))
NAMES = ("quota", "bonus")
LIVES = (
    Life(periods=1),
    Life(periods=2),
    Life(periods=3, ends="end_of_day"),
    Life(days=1),
    Life(days=2, counted_from="period_end"),
    Life(days=4, ends="end_of_day"),
)
MOMENTS = st.integers(1, 30 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))


@st.composite
def shares(draw: st.DrawFn, allowance: int) -> dict[str, Any]:
    """What of a rest is carried, where that is not all of it; half of an allowance of one would be nothing."""
    share = draw(st.sampled_from([1, Decimal("0.5"), Decimal("0.3")]))
    half = Bound("allowance", Decimal("0.5")) if allowance > 1 else 1
    carry = draw(st.sampled_from([None, 2, half, Bound("original", Decimal("0.7"))]))
    total = draw(st.sampled_from([None, 40, Bound("allowance", Decimal("4.5"))]))
    return {"share": share, "carry_max": carry, "total_max": total, "same_plan": draw(st.booleans())}


BY_PERIODS = LIVES[:2]


@st.composite
def streams(draw: st.DrawFn) -> list[Allowance]:
    """Allowances with a schedule or a condition of their own."""
    found = []
    for kind in draw(st.lists(st.sampled_from(["daily", "drip", "rare"]), min_size=1, max_size=2, unique=True)):
        every = draw(st.sampled_from([None, *STRETCHES, *STRETCHES]))
        when = draw(st.sampled_from(["at_once", "at_once", "when_empty", "while_bought"]))
        ceiling = None if every is None else draw(st.sampled_from([None, None, 4, 11, 60]))
        if every is None and when == "at_once":
            when = "while_bought"
        found.append(
            Allowance(
                draw(st.integers(0, 5)),
                kind=kind,
                every=every,
                given=when,
                empty={"quota", "promo"} if when == "when_empty" else None,
                bought=Decimal(0) if when == "while_bought" else None,
                ceiling=ceiling,
                life=draw(st.sampled_from([None, None, Life(days=4), Life(periods=2)])) if when == "at_once" else None,
                ceiling_every=None if ceiling is None else draw(st.sampled_from(CEILINGS)),
                first=draw(st.sampled_from(["full", "prorated", "none"])) if when == "at_once" else "full",
            )
        )
    return found


def outlasts(life: Life, schedule: Schedule) -> bool:
    """Tell whether what is carried with it is there after a reset; a plan where none ever is, is refused."""
    if life.days is None or life.counted_from != "issue":
        return life.periods != 1
    return schedule.longest is None or timedelta(days=life.days) > schedule.longest


@st.composite
def plans(draw: st.DrawFn, lasting: tuple[Life, ...] = LIVES, *, streamed: bool = True) -> Plan:
    """A plan whose periods do something: banks with and without caps, locks, alerts, auto top-up."""
    amounts = draw(st.lists(st.integers(0, 9), min_size=1, max_size=2))
    usable = draw(st.sampled_from([None, None, {"rollover", "top_up"}, {"bonus", "top_up"}, {"quota", "top_up"}]))
    cap = draw(st.sampled_from([None, 0, 5, 100, Bound("allowance", 3), Bound("allowance", Decimal("7.5"))]))
    line = draw(st.integers(0, 120))
    schedule = draw(SCHEDULES)
    lasting = BY_PERIODS if lasting and schedule.step == "hours" else lasting  # what ends every hour is seen every hour
    lives = [draw(st.sampled_from([None, None, *lasting])) for _ in amounts]
    rolls = draw(st.sampled_from([None, *(life for life in lasting if streamed and outlasts(life, schedule))]))
    banks = [[], [Rollover(bank_max=cap)], [Rollover(bank_max=cap, life=rolls, **draw(shares(sum(amounts))))]]
    granted = [
        Allowance(amount, kind=kind, life=life) for kind, amount, life in zip(NAMES, amounts, lives, strict=False)
    ]
    rollovers = draw(st.sampled_from(banks)) if None in lives else []
    if usable is not None and not rollovers:  # what is granted to be locked, and to go, is refused
        usable = usable | {one.kind for one in granted}
    if streamed and draw(st.booleans()):
        granted += draw(streams())
    return Plan(
        "drawn",
        allowances=granted,
        rollovers=rollovers,
        offers=[Offer("pack", price=Decimal(1), pack=5)],
        alerts=[
            Alert("low", "left", below=line),
            Alert("share", "left", at_or_below=Bound("allowance", Decimal("0.4"))),
            Alert("used", "used", at_or_above=3),
        ],
        auto_top_up=AutoTopUp(
            "pack",
            cool_down=timedelta(hours=draw(st.sampled_from([0, 1, 30, 9_000]))),
            bought_max=draw(st.sampled_from([None, None, 5, 25])),
            every=draw(st.sampled_from([None, periods.calendar_days(3)])),
        ),
        draw=draw(st.sampled_from([policies.DEFAULT, policies.by_kind("rollover"), policies.evenly()])),
        usable=usable,
        kinds={"bonus"} - {one.kind for one in granted},
        period=schedule,
    )


@st.composite
def wallets(
    draw: st.DrawFn, lasting: tuple[Life, ...] = LIVES, *, streamed: bool = True
) -> tuple[Wallet, tuple[e.Entry, ...]]:
    """A wallet in the middle of something: debt, buckets with ends of their own, a charge declined, zone changed."""
    plan = draw(plans(lasting, streamed=streamed))
    ends = [None, *(START + HOUR * hours for hours in (1, 5, 30, 100, 700))]
    brought = draw(st.lists(st.tuples(st.integers(1, 30), st.sampled_from(ends)), max_size=3))
    opening = Wallet.open(
        plan,
        id="acme",
        at=START,
        anchor=START - draw(MOMENTS),
        zone=draw(st.sampled_from(ZONES)),
        balances=[Balance("promo", amount, expires=expires) for amount, expires in brought],
        debt={"tokens": draw(st.sampled_from([0, 0, 3, 20, 500]))},
    )
    wallet, entries = opening.wallet, list(opening.entries)
    steps: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
        ("grant", (draw(st.integers(1, 30)),), {"starts": START + HOUR * draw(st.sampled_from([40, 96, 700, 8_000]))}),
        ("spend", (draw(st.integers(1, 30)),), {"overdraw": True}),
        ("set_auto_top_up", (), {"threshold": draw(st.integers(0, 5)), "purchase": 5}),
        ("decline", ("charge:1",), {}),
        ("set_zone", (draw(st.sampled_from(ZONES)),), {}),
        ("reset", (), {"anchor": draw(st.sampled_from(["kept", "restarted"]))}),
        ("freeze", (), {}),
        ("pause", (), {}),
        ("resume", (), {}),
    ]
    for verb, args, named in steps:
        if draw(st.booleans()):
            try:
                change = getattr(wallet, verb)(
                    *args, at=wallet.clock + draw(st.sampled_from([0, 1, 50])) * HOUR, **named
                )
            except PurseError:
                continue
            wallet, entries = change.wallet, entries + list(change.entries)
    return wallet, tuple(entries)


def audit(entries: tuple[e.Entry, ...], wallet: Wallet) -> Auditor:
    auditor = Auditor()
    for entry in entries:
        auditor.read(entry)
    auditor.agrees_with(wallet)
    assert replay(entries) == wallet
    return auditor


@given(wallets(), st.lists(MOMENTS, min_size=1, max_size=40))
def test_random_steps_come_to_the_same_as_one_jump(start: Any, steps: list[timedelta]) -> None:
    """But for the number of entries: the facts, the notices and the requests are the same."""
    wallet, entries = start
    until = wallet.clock + sum(steps, timedelta())
    jump = wallet.advance(until)
    now, walked, at = wallet, list(entries), wallet.clock
    for step in steps:
        at += step
        change = now.advance(at)
        now, walked = change.wallet, walked + list(change.entries)
    assert normal(jump.wallet) == normal(now)
    one, other = audit((*entries, *jump.entries), jump.wallet), audit(tuple(walked), now)
    assert (one.notices, one.requests, one.granted) == (other.notices, other.requests, other.granted)


@given(wallets(), st.integers(20, 120))
def test_every_hour_comes_to_the_same_as_one_jump(start: Any, hours: int) -> None:
    """No two boundaries of an hourly plan fall into one step: there is no run in the small steps at all."""
    wallet, entries = start
    jump, now, walked = wallet.advance(wallet.clock + hours * HOUR), wallet, list(entries)
    for hour in range(1, hours + 1):
        change = now.advance(wallet.clock + hour * HOUR)
        now, walked = change.wallet, walked + list(change.entries)
    assert normal(jump.wallet) == normal(now)
    assert audit((*entries, *jump.entries), jump.wallet).notices == audit(tuple(walked), now).notices


@given(wallets((), streamed=False), st.sampled_from([100, 1_000, 36_500]))
def test_a_century_is_a_few_entries(start: Any, days: int) -> None:
    """Two for each stretch between what parts it: a bank that fills, a debt that is paid, a bucket that ends.

    Where what is carried ends by itself, each opening that pays a debt is one of its own.
    """
    wallet, entries = start
    change = wallet.advance(wallet.clock + days * DAY)
    assert len(change.entries) <= 30
    auditor = audit((*entries, *change.entries), change.wallet)
    opened = sum(entry.count for entry in change.entries if isinstance(entry, e.PeriodOpened))
    assert change.wallet.at(change.wallet.clock).period.number - wallet.at(wallet.clock).period.number >= opened - 1
    assert change.view.next_due() is None or change.view.next_due() > wallet.clock + days * DAY
    assert auditor.count == change.wallet.version


@pytest.mark.parametrize(
    "plan",
    [
        "wild",
        "banked",
        "fast",
        "free",
        "credits",
        "payg",
        "packages",
        "quota",
        "once",
        "shared",
        "capped",
        "rolls",
        "lots",
    ],
)
def test_a_century_of_silence_is_at_most_ten_entries(plan: str) -> None:
    """100 years of hourly periods are 876,576 periods."""
    wallet = Wallet.open(plan, catalogue=SHOP, id="acme", at=START, counts={}).wallet
    change = wallet.advance(datetime(2126, 1, 31, 10, 30, tzinfo=UTC))
    assert len(change.entries) <= 10
    if plan == "wild":
        assert sum(entry.count for entry in change.entries if isinstance(entry, e.PeriodOpened)) == 876_576


@given(
    plan=st.sampled_from([plan.name for plan in SHOP]),
    figures=st.lists(st.tuples(st.integers(0, 12), st.sampled_from([1, 60, 600, 9_000])), max_size=6),
)
@example(plan="fast", figures=[(3, 9_000), (0, 9_000)])
def test_use_in_between_comes_to_the_same(plan: str, figures: list[tuple[int, int]]) -> None:
    """A wallet that is looked after every day and one that nobody visits between two spends."""
    lazy = busy = Wallet.open(plan, catalogue=SHOP, id="acme", at=START).wallet
    for figure, minutes in figures:
        at = lazy.clock + timedelta(minutes=minutes)
        for hours in range(5, minutes // 60 + 1, 5):
            busy = busy.advance(lazy.clock + hours * HOUR).wallet
        lazy = lazy.spend(amount_of(None, figure), at=at, overdraw=True).wallet
        busy = busy.spend(amount_of(None, figure), at=at, overdraw=True).wallet
        assert normal(lazy) == normal(busy)


def test_a_run_grants_what_its_periods_would() -> None:
    """By hand: 9 a day into a bank of 30, from empty; then a century in which nothing fits any more."""
    plan = Plan("bank", allowances=[Allowance(9)], rollovers=[Rollover(bank_max=30)], period=periods.hours(1))
    opening = Wallet.open(Catalogue((plan,)).newest("bank"), id="acme", at=START)
    for hours in range(60):
        change = opening.wallet.advance(START + hours * HOUR)
        assert {"quota": 9, "rollover": min(30, 9 * hours)} == {"rollover": 0, **change.view.by_kind()}
        assert change.view.lifetime().granted == 9 * (hours + 1)
