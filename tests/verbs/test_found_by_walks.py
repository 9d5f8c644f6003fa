"""What random walks over random plans ran into; each history is what was left of it once it had been made small."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.laws.machine import normal
from tests.support.ledger import Ledger
from tokenpurse import Allowance, Catalogue, Count, Offer, Plan, Renewal, Rollover, entries, periods, policies

START = datetime(2026, 1, 31, 10, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def test_what_was_bought_and_went_back_grants_nothing_more_in_a_silence() -> None:
    """The stretch that was granted goes on; the weeks after it were once given in one leap, and not step by step."""
    loyal = Allowance(29, kind="loyal", given="while_bought", bought=Decimal(1))
    packs = Offer("pack", price=Decimal("1.99"))
    plan = Plan("p", allowances=[loyal], offers=[packs], period=periods.calendar_week())
    leap, steps = Ledger(plan, START), Ledger(plan, START)
    for ledger in (leap, steps):
        ledger.do("top_up", "pack", 5, at=START + DAY, payment="p1")
        ledger.do("claw_back", "p1", at=START + 4 * DAY)
    for days in (7, 20, 33):
        steps.do("advance", at=START + days * DAY)
    leap.do("advance", at=START + 60 * DAY)
    steps.do("advance", at=START + 60 * DAY)
    assert normal(leap.wallet) == normal(steps.wallet)
    assert leap.left(leap.wallet.clock) == 0
    assert leap.wallet.at(leap.wallet.clock).lifetime().granted == 2 * 29


def test_what_is_for_some_use_only_is_no_rest_that_a_payment_carries() -> None:
    """What waited of it is forfeited, and the share of what the others had left is worked out without it."""
    plan = Plan(
        "p",
        allowances=[
            Allowance(30, kind="seat", given="on_payment", scope={"member": {"ben"}}),
            Allowance(17),
        ],
        rollovers=[Rollover(carry_max=11)],
        period=periods.subscription_month(),
        renewal=Renewal(grace=3 * DAY),
    )
    ledger = Ledger(plan, START)
    due = ledger.do("advance", at=START + 29 * DAY).requests[0]
    assert ledger.wallet.at(ledger.wallet.clock).by_kind() == {"quota": 17, "rollover": 11, "seat": 30}
    ledger.do("confirm", due, at=START + 30 * DAY, payment="p1")
    assert ledger.wallet.at(ledger.wallet.clock).by_kind() == {"quota": 17, "rollover": 11, "seat": 30}


@pytest.mark.parametrize("given", ["at_once", "on_claim"])
@pytest.mark.parametrize("longer", [None, periods.calendar_month()])
@pytest.mark.parametrize("hops", [(), (7, 8), (7, 8, 14, 16)])
def test_a_ceiling_is_one_whatever_else_turns_meanwhile(given: Any, longer: Any, hops: tuple[int, ...]) -> None:
    """Thirty in a month: beside another allowance on a schedule of its own, and on a plan left and come back to."""
    capped = Allowance(5, kind="capped", given=given, every=periods.calendar_day(), ceiling=30, ceiling_every=longer)
    other = Allowance(1, kind="other", every=periods.calendar_day())
    plans = Catalogue([Plan("free", allowances=[capped, other]), Plan("side", allowances=[other])])
    start = datetime(2026, 7, 1, tzinfo=UTC)
    ledger = Ledger("free", start, catalogue=plans)
    for day in range(31):
        at = start + day * DAY
        if day in hops:
            ledger.do("change_plan", "side" if ledger.wallet.at(at).plan.name == "free" else "free", at=at, when="now")
        ledger.do("claim" if given == "on_claim" else "advance", at=at)
    kinds = [bucket.kind for entry in ledger.entries for bucket in getattr(entry, "granted", ())]
    assert kinds.count("capped") == 6


def test_seats_that_are_prorated_have_no_share_of_a_period_that_grants_nothing() -> None:
    """What they are granted on a schedule of its own is granted for its stretch, and replay reads it."""
    daily = Allowance(28, per="seats", every=periods.calendar_day())
    ledger = Ledger(Plan("p", allowances=[daily], counts=[Count("seats", added="prorated")]), START)
    change = ledger.do("set_count", "seats", 3, at=START + DAY / 2)
    assert change.view.by_kind() == {"quota": 84}


@pytest.mark.parametrize("given", [{}, {"given": "when_empty", "empty": {"seat"}}])
def test_what_a_count_adds_at_a_periods_end_is_granted_then_whatever_silence_follows(given: Any) -> None:
    """One leap granted it as the last of its periods opened: behind what that one granted, and paid by others then."""
    gift = Allowance(10, per="seats", kind="gift", every=periods.calendar_month(), **given)
    plan = Plan(
        "p",
        allowances=[Allowance(10), gift],
        kinds={"seat"},
        period=periods.calendar_day(),
        draw=policies.oldest_first,
    )
    start = datetime(2026, 1, 1, tzinfo=UTC)
    leap, steps = Ledger(plan, start), Ledger(plan, start)
    for ledger, days in ((leap, [8]), (steps, [*range(1, 9)])):
        ledger.do("set_count", "seats", 1, at=start, when="period_end")
        for day in days:
            ledger.do("advance", at=start + day * DAY)
        ledger.do("spend", 10, at=start + 8 * DAY)
    assert normal(leap.wallet) == normal(steps.wallet)
    assert leap.wallet.at(leap.wallet.clock).by_kind() == {"quota": 10}
    opened = [(type(entry).__name__, entry.at) for entry in leap.entries[-4:-1]]
    assert opened == [
        ("PeriodOpened", start + DAY),
        ("AllowanceOpened", start + DAY),
        ("PeriodOpened", start + 8 * DAY),
    ]


def test_a_count_that_adds_nothing_on_another_schedule_leaves_a_silence_one_entry() -> None:
    """Fewer seats take nothing back of what the running stretch gave, so nothing is due as the first period opens."""
    gift = Allowance(10, per="seats", kind="gift", every=periods.calendar_year())
    ledger = Ledger(Plan("p", allowances=[Allowance(10), gift], period=periods.calendar_day()), START)
    ledger.do("set_count", "seats", 2, at=START)
    ledger.do("set_count", "seats", 1, at=START, when="period_end")
    ledger.do("advance", at=START + 30 * DAY)
    opened = ledger.entries[-1]
    assert isinstance(opened, entries.PeriodOpened)
    assert opened.count == 30
    assert ledger.wallet.at(ledger.wallet.clock).by_kind() == {"gift": 20, "quota": 10}
