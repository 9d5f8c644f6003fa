"""Histories on which a law was broken once, each shrunk to what broke it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.laws.auditor import Auditor
from tests.laws.machine import normal
from tests.laws.plans import SHOP, START
from tokenpurse import (
    Alert,
    Allowance,
    Balance,
    Bound,
    Catalogue,
    Change,
    PayAsYouGo,
    Plan,
    Rollover,
    Wallet,
    periods,
    replay,
)
from tokenpurse.units import STEPS_MAX

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def opened(plan: str, **named: object) -> Wallet:
    return Wallet.open(plan, catalogue=SHOP, id="acme", at=START, **named).wallet  # type: ignore[arg-type]


def stepped(wallet: Wallet, until: datetime, step: timedelta) -> Wallet:
    while wallet.clock + step < until:
        later = wallet.advance(wallet.clock + step).wallet
        wallet, step = later, step if later is not wallet else step * 2
    return wallet.advance(until).wallet


def audited(opening: Change, change: Change) -> Wallet:
    auditor = Auditor()
    for entry in (*opening.entries, *change.entries):
        auditor.read(entry)
    auditor.agrees_with(change.wallet)
    assert replay((*opening.entries, *change.entries)) == change.wallet
    return change.wallet


@pytest.mark.parametrize(
    ("plan", "target", "ends"),
    [
        (
            "wild",
            "fast",
            datetime(2026, 8, 31, 10, 30, tzinfo=UTC),
        ),  # hours, then months: once it ended in no year at all
        ("fast", "wild", datetime(2026, 8, 20, 0, 30, tzinfo=UTC)),  # months, then hours
        ("fast", "banked", datetime(2026, 8, 21, 0, 0, tzinfo=UTC)),  # months from the 31st, then calendar days
        ("once", "fast", datetime(2026, 8, 31, 10, 30, tzinfo=UTC)),
    ],
)
def test_a_plan_of_another_schedule_goes_on_with_its_own_boundaries(plan: str, target: str, ends: datetime) -> None:
    """The running period keeps its end; the ones after it end where the new plan's schedule says."""
    wallet = opened(plan).change_plan(target, at=START + 150 * DAY, when="now").wallet
    wallet = wallet.advance(datetime(2026, 8, 20, tzinfo=UTC)).wallet
    assert ends == wallet.at(wallet.clock).next_reset()


def test_a_plan_that_never_resets_is_left_at_the_moment_it_began() -> None:
    """A period without an end gets the new plan's, even where the change comes at its first instant."""
    wallet = opened("once").change_plan("fast", at=START, when="now").wallet
    assert wallet.at(START).next_reset() == datetime(2026, 2, 28, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "other"), [("Pacific/Pago_Pago", "Pacific/Kiritimati"), ("Pacific/Kiritimati", "Pacific/Pago_Pago")]
)
def test_years_after_a_change_of_zone_are_a_run(zone: str, other: str) -> None:
    change = opened("banked", zone=zone).set_zone(other, at=START).wallet.advance(START + 36_500 * DAY)
    assert len(change.entries) <= 10


def test_a_day_that_a_zone_left_out_is_one_reset_on_every_way() -> None:
    """Samoa had no 30 December 2011: two boundaries at one instant."""
    at = datetime(2011, 12, 20, tzinfo=UTC)
    wallet = Wallet.open("banked", catalogue=SHOP, id="acme", at=at, zone="Pacific/Apia").wallet
    assert normal(wallet.advance(at + 40 * DAY).wallet) == normal(stepped(wallet, at + 40 * DAY, DAY))


def test_years_after_a_cool_down_are_a_run() -> None:
    """A cool-down that is over holds nothing back; it once made every later period an entry of its own."""
    wallet = opened("wild").set_auto_top_up(threshold=3, purchase=5, at=START, by="admin").wallet
    wallet = wallet.spend(9, "tokens", at=START).wallet
    wallet = wallet.decline(wallet.at(START).pending()[0], at=START).wallet
    assert len(wallet.advance(START + 36_500 * DAY).entries) <= 10


@pytest.mark.parametrize("owed", [1, 9, 40, 100, 1_000])
def test_a_bank_pays_a_debt_while_what_fills_it_is_locked(owed: int) -> None:
    """Each period's bank is emptied by the debt at once; a run of that once raised a KeyError."""
    opening = Wallet.open("banked", catalogue=SHOP, id="acme", at=START, debt={"tokens": owed})
    until = START + 400 * DAY
    change = opening.wallet.advance(until)
    assert len(change.entries) <= 12
    assert normal(audited(opening, change)) == normal(stepped(opening.wallet, until, DAY))
    assert change.view.debt() == 0


@pytest.mark.parametrize("verb", ["change_plan", "set_count"])
def test_a_change_grants_no_more_than_can_be_counted(verb: str) -> None:
    """What was bought stays; the allowance gives way, as at a reset."""
    plan, do = ("free", ("quota",)) if verb == "change_plan" else ("packages", ("packages", 2))
    wallet = opened(plan).grant(STEPS_MAX - 6, at=START).wallet
    wallet = getattr(wallet, verb)(*do, at=START, when="now").wallet
    assert sum(bucket.left_steps for bucket in wallet.at(START).buckets("tokens")) == STEPS_MAX


def test_a_closed_wallet_runs_up_nothing() -> None:
    """What its statement bills does not go on standing as accrued."""
    change = opened("payg").spend(12, at=START, overdraw=True).wallet.close(at=START + DAY)
    assert change.view.accrued() == ()
    assert [request.statement.lines[0].quantity for request in change.requests] == [2]


def test_a_debt_can_be_read_on_a_plan_that_does_not_name_its_unit() -> None:
    wallet = opened("credits").spend({"tokens": 900}, at=START, overdraw=True).wallet
    wallet = wallet.change_plan("free", at=START, when="now").wallet
    assert wallet.at(START).debt("USD") == Decimal("12.742858")
    assert wallet.at(START).lifetime("USD").spent == Decimal("12.742858")


def test_an_end_costs_two_entries_however_many_there_are() -> None:
    """What ended, and the periods up to the next end; it once was three, and twice the time."""
    opening = Wallet.open(
        Plan("hourly", allowances=[Allowance(7)], period=periods.hours(1)),
        id="acme",
        at=START,
        balances=[Balance("promo", 5, expires=START + number * 3 * DAY) for number in range(1, 41)],
    )
    assert len(opening.wallet.advance(START + 36_500 * DAY).entries) == 2 * 40 + 1
    change = opening.wallet.advance(START + 20 * DAY)
    assert normal(audited(opening, change)) == normal(stepped(opening.wallet, START + 20 * DAY, HOUR))


def test_a_kind_that_falls_at_the_first_reset_is_told_then() -> None:
    """Two allowances that were brought the wrong way round add up to the same; one line is crossed all the same."""
    plan = Plan(
        "two",
        allowances=[Allowance(3), Allowance(5, kind="bonus")],
        rollovers=[Rollover()],
        alerts=[Alert("low", "left", below=4, kinds={"quota"})],
        period=periods.hours(1),
    )
    brought = [Balance("quota", 5), Balance("bonus", 3), Balance("rollover", 1)]
    opening = Wallet.open(plan, id="acme", at=START, balances=brought)
    change = opening.wallet.advance(START + 10 * HOUR)
    assert [notice.at for notice in change.notices] == [START + HOUR]
    assert normal(audited(opening, change)) == normal(stepped(opening.wallet, START + 10 * HOUR, HOUR))


def test_a_line_that_a_filling_bank_rises_above_is_armed_again() -> None:
    """Inside a run, and told again when use crosses it once more."""
    plan = Plan(
        "bank",
        allowances=[Allowance(10)],
        rollovers=[Rollover(bank_max=Bound("allowance", 20))],
        alerts=[Alert("low", "left", below=50)],
        period=periods.hours(1),
    )
    opening = Wallet.open(plan, id="acme", at=START)
    change, steps = opening.wallet.advance(START + 9 * HOUR), stepped(opening.wallet, START + 9 * HOUR, HOUR)
    assert len(change.entries) == 2
    assert normal(audited(opening, change)) == normal(steps)
    for wallet in (change.wallet, steps):
        assert [one.id for one in wallet.spend(60, at=START + 9 * HOUR).notices] == ["low#1"]


@pytest.mark.parametrize("days", [0, 400])
def test_a_zone_that_begins_a_period_alike_may_end_it_elsewhere(days: int) -> None:
    """London keeps UTC on 1 March and not on 1 April: the running period keeps its end."""
    at = datetime(2026, 3, 1, tzinfo=UTC)
    opening = Wallet.open(Plan("monthly", allowances=[Allowance(9)], rollovers=[Rollover()]), id="acme", at=at)
    wallet = opening.wallet.set_zone("Europe/London", at=at).wallet
    until = datetime(2026, 4, 1, tzinfo=UTC) + days * DAY
    assert normal(wallet.advance(until).wallet) == normal(stepped(wallet, until, DAY / 2))


def test_a_statement_is_closed_when_its_period_ends_though_others_like_it_follow() -> None:
    """Nothing is granted and nothing lost, before and after: still the bill has a moment of its own."""
    plan = Plan("payg", pay_as_you_go=[PayAsYouGo(Decimal(1))], period=periods.hours(1))
    change = Wallet.open(plan, id="acme", at=START).wallet.spend(3, at=START).wallet.advance(START + 99 * HOUR)
    assert [(entry.at, len(entry.requests)) for entry in change.entries] == [
        (START + HOUR, 1),
        (START + 99 * HOUR, 0),
    ]


def test_a_revision_that_grants_alike_brings_its_own_periods() -> None:
    old = Plan("pro", allowances=[Allowance(7)], period=periods.hours(1))
    new = Plan("pro", allowances=[Allowance(7)], period=periods.hours(5), revision=2)
    wallet = Wallet.open(old, id="acme", at=START).wallet.bind(Catalogue((old, new)))
    assert normal(wallet.advance(START + 99 * HOUR).wallet) == normal(stepped(wallet, START + 99 * HOUR, HOUR))
    assert wallet.at(START + 99 * HOUR).period.start == START + 95 * HOUR


def test_what_ends_with_the_last_period_of_a_run_expires_before_it_closes() -> None:
    """Both at the moment that is settled to."""
    until = START + 9 * HOUR
    plan = Plan("hourly", allowances=[Allowance(7)], period=periods.hours(1))
    opening = Wallet.open(plan, id="acme", at=START, balances=[Balance("promo", 5, expires=until)])
    change = opening.wallet.advance(until)
    assert [(type(entry).__name__, entry.at) for entry in change.entries] == [
        ("PeriodOpened", until - HOUR),
        ("Expired", until),
        ("PeriodOpened", until),
    ]


def test_a_period_that_ends_before_the_new_schedules_first_boundary_is_followed_by_years() -> None:
    """Its number is before 0, where no boundary is: the anchor was restarted, and the new schedule is a longer one."""
    wallet = opened("auto").reset(at=START + 9 * DAY, anchor="restarted").wallet
    wallet = wallet.change_plan("quota", at=START + 10 * DAY, when="now").wallet
    now = wallet
    for days in range(11, 500, 7):
        now = now.advance(START + days * DAY).wallet
    assert normal(wallet.advance(now.clock).wallet) == normal(now)


def test_a_charge_that_is_paid_on_a_plan_that_buys_something_else_is_counted_in_its_window() -> None:
    """The window goes on in the unit of the plan that the wallet is on by now, where it tells that maxima are met."""
    opening = Wallet.open("banked", catalogue=SHOP, id="acme", at=START)
    entries, wallet = list(opening.entries), opening.wallet

    def then(verb: str, *args: object, **named: object) -> None:
        nonlocal wallet
        change: Change = getattr(wallet, verb)(*args, at=wallet.clock + HOUR, **named)
        entries.extend(change.entries)
        wallet = change.wallet

    then("set_auto_top_up", threshold=5, purchase=5, by="admin")
    then("change_plan", "credits", when="now")
    then("set_auto_top_up", threshold=Decimal(2), purchase=Decimal(1), purchases_max=1, by="admin")
    for request in wallet.at(wallet.clock).pending():
        then("confirm", request, payment=request.id)
    assert replay(entries) == wallet


def test_a_wallet_that_is_closed_while_it_is_paused_loses_what_did_not_end_meanwhile() -> None:
    """A bank that came with an end of its own stands still with the plan: closing forfeits it, whatever the hour."""
    ends = START + 30 * DAY
    opening = Wallet.open("wild", catalogue=SHOP, id="acme", at=START, balances=[Balance("rollover", 34, expires=ends)])
    paused = opening.wallet.pause(at=START)
    closed = paused.wallet.close(at=ends + DAY)
    auditor = Auditor()
    for entry in (*opening.entries, *paused.entries, *closed.entries):
        auditor.read(entry)
    auditor.agrees_with(closed.wallet)
