"""`change_plan`: upgrade, downgrade and cancel; now, or when the period ends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

import pytest

from tests.support.rich import BIG, FREE, RICH, after, july, opened
from tokenpurse import Allowance, Balance, Catalogue, Limit, Plan, Rollover, Switch, Wallet
from tokenpurse.entries import PeriodOpened, PlanChanged, PlanChangeScheduled
from tokenpurse.periods import subscription_month, subscription_week
from tokenpurse.policies import by_kind
from tokenpurse.units import Unit

SMALL = Plan("small", rank=1, allowances=[Allowance(100)], cancels_to="none")
LARGE = Plan("large", rank=2, allowances=[Allowance(1_000)], cancels_to="none")
EQUAL = Plan("equal", rank=1, allowances=[Allowance(150)])
NONE = Plan("none", rank=9, usable={"quota"})
PLANS = Catalogue([SMALL, LARGE, EQUAL, NONE])


def on(plan: str, used: int = 0, **more: Any) -> Wallet:
    wallet = Wallet.open(plan, id="acme", at=july(1), catalogue=PLANS, **more).wallet
    return wallet.spend(used, at=july(2)).wallet if used else wallet


@pytest.mark.parametrize(
    ("plan", "target", "when", "now"),
    [
        ("small", "large", None, True),
        ("large", "small", None, False),
        ("small", "equal", None, False),
        ("large", "none", None, False),  # a cancel, whatever its rank
        ("small", "none", None, False),
        ("equal", "none", None, True),  # nobody cancels to it there: an upgrade
        ("large", "small", "now", True),
        ("small", "large", "period_end", False),
    ],
)
def test_an_upgrade_is_immediate_and_all_else_waits_unless_said_otherwise(
    plan: str, target: str, when: Literal["now", "period_end"] | None, now: bool
) -> None:
    """Rank decides what is an upgrade; the plan that is left says when."""
    change = on(plan).change_plan(target, at=july(3), when=when, by="owner")
    (entry,) = change.entries

    assert entry.by == "owner"
    if now:
        assert isinstance(entry, PlanChanged)
        assert (change.view.plan.name, change.view.plan_next) == (target, None)
    else:
        assert isinstance(entry, PlanChangeScheduled)
        assert (entry.plan, entry.due) == (target, july(32))
        assert (change.view.plan.name, change.view.plan_next) == (plan, target)
        later = change.wallet.advance(july(32))
        assert (later.view.plan.name, later.view.plan_next) == (target, None)
        assert isinstance(later.entries[0], PeriodOpened)
        assert str(later.entries[0].previous) == f"{plan} r1"


@pytest.mark.parametrize(
    ("plan", "used", "target", "left"),
    [
        ("small", 0, "large", 1_000),
        ("small", 30, "large", 970),
        ("large", 30, "small", 70),
        ("large", 100, "small", 0),
        ("large", 300, "small", 0),
    ],
)
def test_use_counts_on_whichever_plan(plan: str, used: int, target: str, left: int) -> None:
    """What is left is the new allowance minus what was paid so far, and the period keeps its end."""
    change = on(plan, used).change_plan(target, at=july(3), when="now")

    assert left == change.view.available()
    assert change.view.next_reset() == july(32)
    assert used == change.view.usage()


@pytest.mark.parametrize(
    "walk",
    [
        ["large", "small", "large"],
        ["equal", "small", "equal", "large"],
        ["large", "none", "large"],
        ["small", "none", "small", "equal", "large", "small"],
    ],
)
@pytest.mark.parametrize("used", [[0], [50], [40, 40, 40], [10, 90]])
def test_no_walk_of_changes_grants_more_than_the_best_plan_visited(walk: list[str], used: list[int]) -> None:
    """Plan changes neither lose nor mint."""
    wallet = on("small")
    spent, best = 0, 100
    for step, target in enumerate(walk):
        best = max(best, {"small": 100, "equal": 150, "large": 1_000, "none": 0}[target])
        wallet = wallet.change_plan(target, at=july(3), when="now").wallet
        change = wallet.spend(used[step % len(used)], at=july(3), partial=True)
        spent += int(change.moved.get("tokens", 0))
        wallet = change.wallet

        assert spent + (wallet.at(july(3)).balance() or 0) <= best


def test_what_was_bought_stays_and_is_locked_where_the_plan_says_so() -> None:
    """Bought buckets are touched by nothing but the Switch."""
    view = on("small", balances=[Balance("top_up", 500)]).change_plan("none", at=july(3), when="now").view

    assert (view.balance(), view.locked(), view.available()) == (500, 500, 0)


def test_the_switch_of_the_plan_that_is_left_forfeits_kinds() -> None:
    """Now or at the period's end; it says what was lost."""
    wallet = after(lambda w: w.grant(50, at=july(2)), lambda w: w.grant(7, at=july(2), kind="gift"))

    later = after(lambda w: w.change_plan("free", at=july(3)), wallet=wallet).advance(july(32))
    assert later.entries[0].forfeited_by_kind()[("promo", "tokens")] == 50  # type: ignore[attr-defined]
    assert later.view.by_kind() == {"gift": 7, "quota": 100}
    now = wallet.change_plan("free", at=july(3), when="now")
    assert now.view.by_kind() == {"gift": 7, "quota": 100}
    assert {(loss.kind, loss.amount) for loss in now.entries[0].forfeited} == {  # type: ignore[attr-defined]
        ("promo", 50),
        ("quota", 900),
        ("quota", 20),
    }


def test_a_forfeited_bank_and_quota_carry_nothing() -> None:
    """A kind that is lost with the change is lost as a whole."""
    left = Plan(
        "left",
        rank=1,
        allowances=[Allowance(100)],
        rollovers=[Rollover()],
        cancels_to="next",
        on_cancel=Switch(when="period_end", forfeit={"quota", "rollover"}),
    )
    plans = Catalogue([left, Plan("next", allowances=[Allowance(10)], rollovers=[Rollover()])])
    wallet = Wallet.open("left", id="acme", at=july(1), catalogue=plans, balances=[Balance("rollover", 30)]).wallet

    change = wallet.change_plan("next", at=july(2)).wallet.advance(july(32))

    assert change.view.by_kind() == {"quota": 10}
    assert change.entries[0].forfeited_by_kind() == {  # type: ignore[attr-defined]
        ("quota", "tokens"): 100,
        ("rollover", "tokens"): 30,
    }


def test_a_scheduled_change_is_replaced_or_taken_back() -> None:
    """By another one, by a change to the present plan, or by one that is immediate."""
    waiting = on("large").change_plan("small", at=july(3)).wallet

    assert waiting.change_plan("small", at=july(4)).wallet is waiting
    assert waiting.change_plan("equal", at=july(4)).view.plan_next == "equal"
    undone = waiting.change_plan("large", at=july(4))
    assert undone.view.plan_next is None
    assert undone.entries[0].plan is None  # type: ignore[attr-defined]  # a schedule
    assert undone.wallet.change_plan("large", at=july(4)).wallet is undone.wallet
    assert waiting.change_plan("small", at=july(4), when="now").view.plan_next is None
    assert undone.wallet.advance(july(32)).view.plan.name == "large"


def test_limits_that_were_chosen_give_way_where_they_would_cramp_the_new_plan() -> None:
    """Those that the new plan lacks, means for another unit, or lets go higher by itself; the others stay."""
    limits = [Limit("a", unit="tokens"), Limit("b", unit="sms"), Limit("c", unit="calls"), Limit("d", unit="mails")]
    units = [Unit.meter(name) for name in ("tokens", "sms", "calls", "mails", "pings")]
    old = Plan("old", limits=limits, units=units)
    new = Plan(
        "new",
        rank=1,
        limits=[
            Limit("b", unit="pings"),
            Limit("c", 100, unit="calls"),
            Limit("d", 10, unit="mails"),
        ],
        units=units,
    )
    wallet = Wallet.open("old", id="acme", at=july(1), catalogue=Catalogue([old, new])).wallet
    for name in "abcd":
        wallet = wallet.set_limit(name, 50, at=july(2)).wallet

    for when in ("now", "period_end"):
        change = wallet.change_plan("new", at=july(3), when=when)  # type: ignore[arg-type]  # both words
        change = change if when == "now" else change.wallet.advance(july(32))
        assert change.entries[0].limits_dropped == ("a", "b", "c")  # type: ignore[attr-defined]
        assert (change.view.limit("calls"), change.view.limit("mails")) == (100, 50)


def test_an_allowance_of_another_unit_or_kind_comes_and_goes_with_its_plan() -> None:
    """And what one kind paid comes off another's, so that renaming a kind mints nothing."""
    plans = Catalogue(
        [
            Plan("a", allowances=[Allowance(100)]),
            Plan("b", rank=1, allowances=[Allowance(100, kind="daily"), Allowance(5, "sms")]),
        ]
    )
    wallet = Wallet.open("a", id="acme", at=july(1), catalogue=plans).wallet.spend(30, at=july(2)).wallet

    view = wallet.change_plan("b", at=july(3)).view

    assert (view.by_kind(), view.by_kind("sms")) == ({"daily": 70}, {"quota": 5})
    assert view.buckets("sms")[0].expires == july(32)
    assert view.usage() == 30


def test_a_plan_with_another_schedule_takes_over_at_the_periods_end() -> None:
    """The running period keeps its end; from there on the new schedule counts."""
    plans = Catalogue(
        [Plan("monthly", period=subscription_month()), Plan("weekly", rank=1, period=subscription_week())]
    )
    wallet = Wallet.open("monthly", id="acme", at=july(1), catalogue=plans).wallet
    wallet = wallet.change_plan("weekly", at=july(3)).wallet

    assert wallet.at(july(3)).next_reset() == july(32)
    assert wallet.at(july(33)).next_reset() == datetime(2026, 8, 5, tzinfo=UTC)


def test_going_back_finds_the_newest_revision() -> None:
    """A plan that is entered is entered as it is sold now."""
    newer = Plan("rich", revision=2, rank=1, allowances=[Allowance(7)])
    wallet = opened().wallet.bind(Catalogue([FREE, RICH, newer, BIG]))

    back = wallet.change_plan("big", at=july(2)).wallet.change_plan("rich", at=july(2), when="now")

    assert (str(back.view.plan), back.view.available()) == ("rich r2", 7)


def test_what_a_kind_paid_comes_off_that_kind_first() -> None:
    """Only what its own allowance cannot bear comes off the others."""
    order = by_kind("daily")
    plans = Catalogue(
        [
            Plan("a", rank=1, draw=order, allowances=[Allowance(100), Allowance(50, kind="daily")]),
            Plan("b", rank=2, draw=order, allowances=[Allowance(200), Allowance(60, kind="daily")]),
            Plan("c", rank=3, draw=order, allowances=[Allowance(200), Allowance(10, kind="daily")]),
        ]
    )
    wallet = Wallet.open("a", id="acme", at=july(1), catalogue=plans).wallet.spend(30, at=july(2)).wallet

    assert wallet.at(july(2)).by_kind() == {"quota": 100, "daily": 20}
    assert wallet.change_plan("b", at=july(3)).view.by_kind() == {"quota": 200, "daily": 30}
    assert wallet.change_plan("c", at=july(3)).view.by_kind() == {"quota": 180}
