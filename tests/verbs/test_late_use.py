"""Late use: what occurred in a period that is closed when it is reported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import pytest
from attrs import evolve
from hypothesis import given

from tests.laws.auditor import Auditor
from tests.laws.machine import amount_of, normal
from tests.laws.plans import SHOP
from tests.support.rich import july
from tokenpurse import (
    Alert,
    Allowance,
    Catalogue,
    Change,
    LateUse,
    Limit,
    PayAsYouGo,
    Plan,
    Price,
    Rollover,
    Switch,
    Wallet,
    periods,
    policies,
    replay,
)
from tokenpurse.buckets import Loss
from tokenpurse.entries import PeriodOpened, Spent
from tokenpurse.errors import (
    AmountError,
    ClockError,
    ConflictError,
    HistoryError,
    LimitReached,
    NotEnough,
    PeriodClosed,
    PlanError,
    PurseError,
    UnknownNameError,
    WalletFrozen,
)
from tokenpurse.units import Unit

DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
OWN = LateUse("own", grace=3 * DAY)


def daily(late_use: LateUse = OWN, **more: Any) -> Plan:
    named: dict[str, Any] = {"allowances": [Allowance(100)], "period": periods.calendar_day(), **more}
    return Plan("daily", late_use=late_use, **named)


class Story:
    """Plays a wallet, keeps its entries, and has them audited and replayed."""

    def __init__(self, plan: Plan, *others: Plan, **named: Any) -> None:
        self.entries: list[Any] = []
        self.take(Wallet.open(plan, catalogue=Catalogue([plan, *others]), id="acme", **{"at": july(1), **named}))

    def take(self, change: Change) -> Change:
        self.wallet = change.wallet
        self.entries += change.entries
        return change

    def __call__(self, verb: str, *args: Any, at: datetime, **named: Any) -> Change:
        return self.take(getattr(self.wallet, verb)(*args, at=at, **named))

    def audited(self) -> Auditor:
        auditor = Auditor()
        for entry in self.entries:
            auditor.read(entry)
        auditor.agrees_with(self.wallet)
        assert replay(self.entries) == self.wallet
        return auditor


# -- where it is booked ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "at", "occurred_at", "expected"),
    [
        (LateUse(), july(2, 1), july(1, 23), "running"),
        (LateUse("current"), july(9, 1), july(2, 1), "running"),
        (LateUse("refuse"), july(2, 1), july(2), "running"),
        (LateUse("refuse"), july(2, 1), july(2) - MOMENT, "refused"),
        (LateUse("own", grace=DAY / 2), july(2, 1), july(2), "running"),
        (LateUse("own", grace=DAY / 2), july(2, 1), july(2) - MOMENT, "own"),
        (LateUse("own", grace=DAY / 2), july(2, 12) - MOMENT, july(1), "own"),
        (LateUse("own", grace=DAY / 2), july(2, 12), july(1, 23), "running"),
        (LateUse("own", grace=DAY / 2, otherwise="refuse"), july(2, 12), july(1, 23), "refused"),
        (LateUse("own", grace=5 * DAY), july(3, 12), july(2), "own"),
        (LateUse("own", grace=5 * DAY), july(3, 12), july(2) - MOMENT, "running"),
        (LateUse("own", grace=5 * DAY, otherwise="refuse"), july(3, 12), july(2) - MOMENT, "refused"),
        (LateUse("own", grace=5 * DAY, otherwise="refuse"), july(3, 12), july(3, 12), "running"),
    ],
)
def test_where_it_is_booked(rule: LateUse, at: datetime, occurred_at: datetime, expected: str) -> None:
    """The end of a period is the next one's start, and the end of the grace is exclusive."""
    story = Story(daily(rule))
    if expected == "refused":
        with pytest.raises(PeriodClosed, match="takes no use any more") as caught:
            story("spend", 10, at=at, occurred_at=occurred_at)
        assert (caught.value.occurred_at, caught.value.remedies) == (occurred_at, ())
        return
    change = story("spend", 10, at=at, occurred_at=occurred_at)

    assert isinstance(change.entry, Spent)
    assert (change.entry.at, change.entry.occurred_at) == (at, occurred_at)
    assert (change.entry.period is not None) == (expected == "own")
    assert (change.view.usage(), change.view.available()) == ((0, 100) if expected == "own" else (10, 90))
    story.audited()


def test_own_use_is_drawn_from_what_its_period_forfeited() -> None:
    """The running period does not move: its use, its gauge, its limit and its alerts."""
    plan = daily(limits=[Limit("cap", 90)], alerts=[Alert("used", "used", at_or_above=1)])
    story = Story(plan)
    story("spend", 30, at=july(1, 1))
    before = story("advance", at=july(2)).view
    change = story("spend", 45, at=july(2, 1), occurred_at=july(1, 2), labels={"model": "large"})

    entry = change.entry
    assert isinstance(entry, Spent)
    assert entry.period == before.period.__class__(0, july(1), july(2))
    assert [(draw.bucket, draw.steps, draw.left_steps) for draw in entry.draws()] == [
        ("quota:tokens@20260701T000000Z", 45, 25)
    ]
    assert (change.notices, change.moved, change.view.lifetime().spent) == ((), {"tokens": 45}, 75)
    assert (change.view.usage(), str(change.view.gauge())) == (0, "[0/90]")
    auditor = story.audited()
    assert auditor.flows["quota:tokens@20260701T000000Z"]["forfeited"] == 25
    assert auditor.flows["quota:tokens@20260701T000000Z"]["spent"] == 75


def test_late_use_that_is_given_back_does_not_open_its_period_again() -> None:
    """What comes back is forfeited as the period's rest was: other late use has what was left beside it."""
    story = Story(daily())
    story("spend", 30, at=july(1, 1))
    late = story("spend", 60, at=july(2, 1), occurred_at=july(1, 2)).entry
    assert isinstance(late, Spent)
    back = story("refund", late, at=july(2, 2))
    assert [(one.went, one.steps) for one in back.entry.returned] == [("forfeited", 60)]  # type: ignore[union-attr]
    assert (back.view.available(), back.view.lifetime().spent) == (100, 30)
    with pytest.raises(NotEnough) as caught:
        story("spend", 11, at=july(2, 3), occurred_at=july(1, 3))
    assert caught.value.available == 10
    assert story("spend", 10, at=july(2, 3), occurred_at=july(1, 3)).view.available() == 100
    story.audited()


@pytest.mark.parametrize(
    ("earlier", "late", "error"),
    [(30, 70, None), (30, 71, NotEnough), (0, 100, None), (100, 1, NotEnough), (100, 0, None)],
)
def test_own_use_is_at_most_what_was_left_then(earlier: int, late: int, error: Any) -> None:
    """What the running period has does not pay for it; nor is there a remedy, that period is over."""
    story = Story(daily())
    story("spend", earlier, at=july(1, 1))
    if error is None:
        assert bool(story("spend", late, at=july(2), occurred_at=july(1)).moved) == bool(late)
        return
    with pytest.raises(error) as caught:
        story("spend", late, at=july(2), occurred_at=july(1))
    assert (caught.value.available, caught.value.remedies) == (100 - earlier, ())


def test_limits_with_a_count_of_their_own_neither_stop_late_use_nor_count_it() -> None:
    """They count what is booked now, and this is not."""
    limits = [Limit("each", 20, per="member"), Limit("burst", 20, window=timedelta(hours=5))]
    story = Story(daily(limits=limits))
    change = story("spend", 30, at=july(2), occurred_at=july(1), labels={"member": "ann"})

    assert change.entry.counted == ()  # type: ignore[union-attr]
    assert change.view.available(labels={"member": "ann"}) == 20
    story.audited()


def test_a_hold_is_no_late_use() -> None:
    """An entry that says so was altered."""
    story = Story(daily(pay_as_you_go=[PayAsYouGo(Decimal(1))]))
    entry = story("hold", 150, at=july(1), ref="h1", until=DAY / 2).entry
    with pytest.raises(HistoryError) as caught:
        replay([*story.entries[:-1], line_with(before=1)(entry)])
    assert caught.value.position == 1


def test_the_limit_of_its_own_period_is_the_one_that_counts() -> None:
    """As it stood when that period closed; what is chosen since is for what comes."""
    story = Story(daily(limits=[Limit("cap", None)]))
    story("set_limit", "cap", 50, at=july(1))
    story("spend", 30, at=july(1, 1))
    story("advance", at=july(2))
    story("set_limit", "cap", 5, at=july(2))

    with pytest.raises(LimitReached, match="limit cap of 50 tokens reached") as caught:
        story("spend", 21, at=july(2), occurred_at=july(1))
    assert (caught.value.available, caught.value.remedies) == (20, ())
    story("spend", 20, at=july(2), occurred_at=july(1))
    with pytest.raises(LimitReached):
        story("spend", 1, at=july(2), occurred_at=july(1))
    story("spend", 5, at=july(2))
    story.audited()


def test_then_buckets_pay_that_were_there_already() -> None:
    """In the plan's order; what was given since, or the running period's own, does not."""
    plan = daily(draw=policies.by_kind("top_up", "quota", "promo"))
    story = Story(plan)
    story("grant", 5, at=july(1, 1), kind="promo")
    story("grant", 20, at=july(1, 2), kind="top_up")
    story("grant", 40, at=july(2, 1), kind="gift")
    change = story("spend", 103, at=july(2, 2), occurred_at=july(1, 1))

    assert change.entry.paid_by() == {("quota", "tokens"): 100, ("promo", "tokens"): 3}  # type: ignore[union-attr]
    assert (str(change.view.gauge()), change.view.usage()) == ("[0/162]", 0)
    change = story("spend", 22, at=july(2, 2), occurred_at=july(1, 3))
    assert change.entry.paid_by() == {("top_up", "tokens"): 20, ("promo", "tokens"): 2}  # type: ignore[union-attr]
    with pytest.raises(NotEnough):
        story("spend", 1, at=july(2, 2), occurred_at=july(1, 3))
    story.audited()


def test_what_was_carried_is_in_the_bank_and_drawn_from_there() -> None:
    """A token is in one place: forfeited ones in the period's rest, carried ones in the bank."""
    story = Story(daily(rollovers=[Rollover(bank_max=30)]))
    change = story("spend", 95, at=july(2), occurred_at=july(1))

    assert change.entry.paid_by() == {("quota", "tokens"): 70, ("rollover", "tokens"): 25}  # type: ignore[union-attr]
    assert change.view.by_kind() == {"rollover": 5, "quota": 100}
    story.audited()


def test_locked_kinds_do_not_pay_late_either() -> None:
    """What could not be spent in that period cannot be spent for it."""
    keeps = Switch(when="now", keep={"quota"})
    granted = [Allowance(10), Allowance(5, kind="bonus")]
    story = Story(daily(allowances=granted, usable={"bonus"}, on_upgrade=keeps))
    with pytest.raises(NotEnough) as caught:
        story("spend", 6, at=july(2), occurred_at=july(1))
    assert caught.value.available == 5


@pytest.mark.parametrize(
    ("amount", "moved", "debt", "left"), [(150, 150, 0, 50), (200, 200, 0, 0), (230, 230, 30, 0), (60, 60, 0, 100)]
)
def test_overdrawn_own_use_is_paid_by_the_running_period_and_the_rest_is_debt_of_now(
    amount: int, moved: int, debt: int, left: int
) -> None:
    """Debt and a balance that could pay it never stand together; it is not counted as use of the running period."""
    story = Story(daily())
    change = story("spend", amount, at=july(2), occurred_at=july(1), overdraw=True)

    assert (change.moved, change.view.debt(), change.view.available()) == ({"tokens": moved}, debt, left)
    assert (change.view.usage(), str(change.view.gauge())) == (0, f"[0/{left}]")
    story.audited()
    bigger = Plan("bigger", allowances=[Allowance(100)], rank=1, period=periods.calendar_day())
    again = Story(daily(), bigger)
    again("spend", amount, at=july(2), occurred_at=july(1), overdraw=True)
    assert again("change_plan", "bigger", at=july(2), when="now").view.available() == left


def test_partial_own_use_takes_what_was_left() -> None:
    """And says how much."""
    story = Story(daily())
    assert story("spend", 130, at=july(2), occurred_at=july(1), partial=True).moved == {"tokens": 100}
    assert story("spend", 130, at=july(2), occurred_at=july(1), partial=True).entries == ()


def test_a_bank_or_level_alert_follows_what_is_left() -> None:
    """A balance that is lower is lower: only what is counted per period stands still."""
    story = Story(Plan("flat", alerts=[Alert("low", "left", below=5)], late_use=OWN, period=periods.calendar_day()))
    story("grant", 10, at=july(1))
    change = story("spend", 7, at=july(2), occurred_at=july(1))
    assert [notice.name for notice in change.notices] == ["low"]


# -- prices ----------------------------------------------------------------------------------------------------------


def test_a_price_goes_on_where_its_period_stopped() -> None:
    """A third of a step each: the period's whole quantity costs what it would have cost in time."""
    plan = daily(allowances=[], prices=[Price("image", 1, per=3, unit="tokens")])
    story = Story(plan)
    story("grant", 50, "tokens", at=july(1))
    costs = [story("spend", 1, "image", at=july(1)).entry]
    story("spend", 1, "image", at=july(2))
    costs += [story("spend", 1, "image", at=july(2), occurred_at=july(1)).entry for _ in range(3)]

    assert [sum(draw.steps for draw in entry.draws()) for entry in costs] == [1, 0, 0, 1]  # type: ignore[union-attr]
    assert [entry.uses[0].priced.quantity for entry in costs] == [1, 1, 1, 1]  # type: ignore[union-attr]
    story.audited()


def test_post_paid_late_use_is_a_line_of_the_next_statement() -> None:
    """It says which period it is of, and costs what that period's line would have cost more."""
    plan = daily(allowances=[], pay_as_you_go=[PayAsYouGo(Decimal("0.01"), per=4)])
    story = Story(plan)
    story("spend", 1, at=july(1))
    story("spend", 2, at=july(2))
    late = [story("spend", 1, at=july(2), occurred_at=july(1)), story("spend", 4, at=july(2), occurred_at=july(1))]
    assert [line.quantity for line in late[-1].view.accrued()] == [2, 5]
    assert (str(late[-1].view.gauge()), late[-1].view.usage()) == ("[2/0]", 2)

    bill = story("advance", at=july(3))
    (entry,) = bill.entries
    assert isinstance(entry, PeriodOpened)
    assert entry.statement is not None
    own, other = entry.statement.lines
    assert (own.of, own.before, own.quantity, str(own.cost)) == (None, 0, 2, "0.01 USD")
    assert other.of is not None
    assert (other.of.start, other.before, other.quantity, str(other.cost)) == (july(1), 1, 5, "0.02 USD")
    assert ", use of the period from 2026-07-01T00:00:00Z" in str(other)
    assert str(entry.statement) == "0.03 USD"
    more = story("spend", 1, at=july(3), occurred_at=july(2)).view.accrued()
    assert [(line.before, line.quantity) for line in more] == [(2, 1)]
    story.audited()


def test_overdrawn_own_use_that_cannot_be_counted_is_an_error() -> None:
    """As of any period."""
    story = Story(daily())
    story("spend", 2**53 - 1, at=july(1), overdraw=True)
    with pytest.raises(AmountError, match="cannot be counted"):
        story("spend", 1, at=july(2), occurred_at=july(1), overdraw=True)


def test_prices_limits_and_meters_are_those_of_the_plan_that_closed() -> None:
    """A plan that is left goes on for what occurred on it, as long as its grace; then the running one's word counts."""
    small = Plan("small", allowances=[Allowance(1, "sms")], period=periods.calendar_day(), late_use=LateUse("refuse"))
    plan = daily(cancels_to="small", on_cancel=Switch(when="period_end"), late_use=LateUse("own", grace=DAY / 2))
    story = Story(plan, small)
    story("change_plan", "small", at=july(1))
    story("advance", at=july(2))
    assert story("spend", 5, "tokens", at=july(2), occurred_at=july(1)).moved == {"tokens": 5}
    with pytest.raises(NotEnough):
        story("spend", 1, "sms", at=july(2), occurred_at=july(1))
    with pytest.raises(UnknownNameError):
        story("spend", 1, "tokens", at=july(2, 12), occurred_at=july(1))
    with pytest.raises(PeriodClosed):
        story("spend", 1, "sms", at=july(2, 12), occurred_at=july(1))
    story.audited()


# -- errors, refs, what ends it --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "occurred_at", "problem"),
    [
        (july(2), july(2) + MOMENT, "it must not be after 2026-07-02T00:00:00Z"),
        (july(1, 12) - timedelta(minutes=4), july(1, 12), "it must not be after 2026-07-01T11:56:00Z"),
        (july(2), july(1) - MOMENT, "the wallet's first period is from 2026-07-01T00:00:00Z"),
    ],
)
@pytest.mark.parametrize("rule", [LateUse(), OWN, LateUse("refuse")])
def test_a_moment_at_which_it_cannot_have_occurred(
    rule: LateUse, at: datetime, occurred_at: datetime, problem: str
) -> None:
    """After it is reported, or before there was a wallet; the clock being ahead does not make it the past."""
    story = Story(daily(rule))
    story("spend", 1, at=july(1, 12))
    with pytest.raises(ClockError, match=problem):
        story("spend", 1, at=at, occurred_at=occurred_at)


def test_use_before_the_opening_belongs_to_the_first_period_that_it_is_in() -> None:
    """A wallet that comes from elsewhere in mid-period."""
    plan = Plan("monthly", allowances=[Allowance(100)])
    wallet = Wallet.open(plan, id="acme", at=july(10), anchor=july(1)).wallet
    assert wallet.spend(1, at=july(10), occurred_at=july(5)).moved == {"tokens": 1}
    with pytest.raises(ClockError):
        wallet.spend(1, at=july(10), occurred_at=july(1) - MOMENT)


def test_when_it_occurred_is_part_of_what_a_ref_says() -> None:
    """The same report is a repeat, even after the grace and on a closed wallet; another moment is a conflict."""
    story = Story(daily())
    story("spend", 10, at=july(2), occurred_at=july(1), ref="r1")

    again = story.wallet.spend(10, at=july(9), occurred_at=july(1), ref="r1")
    assert (again.repeated, again.moved) == (True, {"tokens": 10})
    closed = story.wallet.close(at=july(3)).wallet
    assert closed.spend(10, at=july(1), occurred_at=july(1), ref="r1").repeated
    for other in ({}, {"occurred_at": july(1, 1)}):
        with pytest.raises(ConflictError):
            story.wallet.spend(10, at=july(2), ref="r1", **other)


def test_a_frozen_wallet_takes_no_late_use() -> None:
    """Late or not, it is a spend."""
    story = Story(daily())
    story("freeze", at=july(1))
    with pytest.raises(WalletFrozen):
        story("spend", 1, at=july(2), occurred_at=july(1))


def test_an_early_reset_closes_a_period_too() -> None:
    """What it forfeited is kept for its grace."""
    story = Story(Plan("monthly", allowances=[Allowance(100)], late_use=OWN))
    story("spend", 40, at=july(5))
    story("reset", at=july(9))
    assert story("spend", 60, at=july(10), occurred_at=july(8)).view.available() == 100
    story.audited()


@pytest.mark.parametrize("rollovers", [[], [Rollover(bank_max=120)]])
def test_after_idle_years_the_last_period_is_the_one_that_is_kept(rollovers: list[Rollover]) -> None:
    """Day by day or in one jump: the same rest of the same day."""
    story = Story(daily(rollovers=rollovers, limits=[Limit("cap", 500)]))
    story("spend", 10, at=july(1))
    wallet = now = story.wallet
    end = july(1) + 400 * DAY
    for day in range(1, 401):
        now = now.advance(july(1) + day * DAY).wallet
    story("advance", at=end)
    assert normal(story.wallet) == normal(now)
    assert len(story.entries) < 10

    change = story("spend", 100, at=end, occurred_at=end - MOMENT)
    assert change.entry.period.start == end - DAY  # type: ignore[union-attr]
    assert normal(now.spend(100, at=end, occurred_at=end - MOMENT).wallet) == normal(story.wallet)
    assert wallet.clock == july(1)
    story.audited()


@pytest.mark.parametrize(
    ("named", "field"),
    [
        ({"books": "later"}, "books"),
        ({"books": "own"}, "grace"),
        ({"books": "own", "grace": timedelta()}, "grace"),
        ({"books": "own", "grace": timedelta(days=367)}, "grace"),
        ({"books": "own", "grace": 5}, "grace"),
        ({"books": "own", "grace": DAY, "otherwise": "own"}, "otherwise"),
        ({"grace": DAY}, "books"),
        ({"books": "refuse", "otherwise": "refuse"}, "books"),
    ],
)
def test_a_rule_that_contradicts_itself_is_an_error(named: Mapping[str, Any], field: str) -> None:
    """When it is built; and a plan takes nothing else for it."""
    with pytest.raises(PlanError) as caught:
        LateUse(**named)
    assert (caught.value.part, caught.value.field) == ("LateUse", field)
    with pytest.raises(PlanError, match="late_use"):
        Plan("wrong", late_use="own")  # type: ignore[arg-type]  # wrong on purpose


# -- laws ------------------------------------------------------------------------------------------------------------

FIGURES = st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=8)


@given(FIGURES, st.sampled_from([None, 60, 100]), st.sampled_from([policies.DEFAULT, policies.evenly()]))
def test_late_use_comes_to_the_same_as_use_in_time(figures: Any, cap: int | None, draw: Any) -> None:
    """Where only allowances pay: whatever is late, both periods come to the same totals, and refuse the same."""
    plan = daily(
        allowances=[Allowance(40), Allowance(30, kind="bonus")],
        limits=[] if cap is None else [Limit("cap", cap)],
        draw=draw,
    )
    prompt, tardy = Story(plan), Story(plan)
    for figure, _ in figures:
        prompt("spend", figure, at=july(1), partial=True)
    for figure, late in sorted(figures, key=lambda one: one[1]):
        tardy("spend", figure, at=july(2 if late else 1), partial=True, **({"occurred_at": july(1)} if late else {}))
    prompt("advance", at=july(2))
    tardy("advance", at=july(2))

    one, other = prompt.audited(), tardy.audited()
    assert prompt.wallet.at(july(2)).by_kind() == tardy.wallet.at(july(2)).by_kind()
    assert one.spent == other.spent
    assert sum(flows["forfeited"] for flows in one.flows.values()) == sum(
        flows["forfeited"] for flows in other.flows.values()
    )
    assert prompt.wallet.at(july(2)).usage() == tardy.wallet.at(july(2)).usage() == 0


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_splitting_late_use_changes_nothing(figures: list[int]) -> None:
    """As of use in time: prices are cumulative over its own period, and so is its line."""
    plan = daily(
        allowances=[Allowance(5), Allowance(Decimal("0.02"), "USD")],
        prices=[Price("tokens", Decimal("0.01"), per=7)],
        pay_as_you_go=[PayAsYouGo(Decimal("0.05"), per=3)],
    )
    whole, parts = Story(plan), Story(plan)
    for story in (whole, parts):
        story("spend", 3, at=july(1))
        story("advance", at=july(2))
    whole("spend", sum(figures), at=july(2), occurred_at=july(1))
    for figure in figures:
        parts("spend", figure, at=july(2), occurred_at=july(1))

    assert whole.audited().spent == parts.audited().spent
    one, other = whole.wallet.advance(july(3)).wallet, parts.wallet.advance(july(3)).wallet
    assert normal(one) == normal(other)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["spend", "overdraw", "late", "late", "late", "late over", "grant", "buy", "advance"]),
        st.integers(1, 40),
        st.sampled_from([None, "tokens", "sms", "USD", "conversation"]),
        st.sampled_from([0, 0, 5, 35, 60, 90, 1_500, 45_000]),
    ),
    min_size=4,
    max_size=25,
)


@given(st.sampled_from(["wild", "credits", "payg", "free"]), STEPS)
def test_whatever_is_late_everything_adds_up(plan: str, steps: Any) -> None:
    """Any mixture: each token is in one place, no debt stands beside what could pay it, and steps are jumps."""
    story = Story(SHOP.newest(plan), *(other for other in SHOP if other.name != plan), counts={})
    for what, figure, meter, minutes in steps:
        at = story.wallet.clock + timedelta(minutes=minutes)
        view = story.wallet.at(at)
        amount = amount_of(meter, figure)
        before, used = story.wallet, dict(view._book.tallies.used)
        named: dict[str, Any] = {"overdraw": True} if "over" in what else {}
        if what.startswith("late"):
            named["occurred_at"] = view.period.start - timedelta(minutes=1 + figure % 50)
        try:
            if what == "advance":
                change = story("advance", at=at)
            elif what == "grant":
                change = story("grant", amount, meter, at=at)
            elif what == "buy":
                change = story("top_up", "pack", 5, at=at, payment=f"p{len(story.entries)}")
            else:
                change = story("spend", amount, meter, at=at, **named)
        except PurseError:
            assert before is story.wallet
            continue
        halfway = before.advance(before.clock + timedelta(minutes=minutes) / 2).wallet
        if what.startswith("late"):
            assert normal(halfway.spend(amount, meter, at=at, **named).wallet) == normal(story.wallet)
            if isinstance(change.entry, Spent) and change.entry.period is not None:
                assert used == dict(change.wallet._book.tallies.used)
        view = story.wallet.at(at)
        for unit in story.wallet._book.debts:
            assert view.balance(unit) == view.locked(unit) + view.waiting(unit)
    story.audited()


# -- histories -------------------------------------------------------------------------------------------------------


def history() -> list[Any]:
    plan = daily(
        allowances=[Allowance(10), Allowance(Decimal("0.05"), "USD")],
        prices=[Price("tokens", Decimal("0.01"), per=4)],
        pay_as_you_go=[PayAsYouGo(Decimal("0.05"), per=3)],
    )
    story = Story(plan)
    story("spend", 32, at=july(1))
    story("spend", 2, at=july(2), occurred_at=july(1))
    story("spend", 40, at=july(2, 1))
    story("spend", 3, at=july(2, 2), occurred_at=july(1, 3))
    story.audited()
    return story.entries


Change1 = Callable[[Any], Any]


def line_with(**wrong: Any) -> Change1:
    def change(entry: Any) -> Any:
        (use,) = entry.uses
        return evolve(entry, uses=(evolve(use, postpaid=evolve(use.postpaid, **wrong)),))

    return change


def last_with(**wrong: Any) -> Change1:
    return lambda entry: evolve(entry, last=evolve(entry.last, **wrong))


@pytest.mark.parametrize(
    ("position", "wrong"),
    [
        (2, last_with(until=july(2))),
        (2, last_with(used=())),
        (2, last_with(priced=())),
        (2, last_with(accrued=())),
        (2, lambda entry: evolve(entry, last=evolve(entry.last, plan=evolve(entry.last.plan, name="other")))),
        (2, lambda entry: evolve(entry, last=evolve(entry.last, period=entry.period))),
        (3, lambda entry: evolve(entry, period=None)),
        (3, lambda entry: evolve(entry, occurred_at=None)),
        (3, lambda entry: evolve(entry, occurred_at=july(2))),
        (3, lambda entry: evolve(entry, occurred_at=july(2, 1), period=None)),
        (4, lambda entry: evolve(entry, occurred_at=july(2, 2))),
        (4, lambda entry: evolve(entry, occurred_at=july(1) - MOMENT)),
        (2, last_with(rests=(Loss("quota:tokens@20260701T000000Z", "quota", Unit.meter("tokens"), 1, 0),))),
        (3, lambda entry: evolve(entry, period=evolve(entry.period, number=5))),
        (3, lambda entry: evolve(entry, at=july(5))),
        (3, line_with(of=None)),
        (3, line_with(before=0)),
        (4, line_with(before=1)),
        (5, line_with(before=3)),
    ],
)
def test_altered_late_use_is_found(position: int, wrong: Change1) -> None:
    """Whatever the closed period, or what was kept of it, says differently."""
    entries = history()
    with pytest.raises(HistoryError) as caught:
        replay([*entries[:position], wrong(entries[position])])
    assert caught.value.position == position


def test_late_use_after_the_grace_is_found() -> None:
    """The end of the grace is exclusive here too."""
    story = Story(Plan("monthly", allowances=[Allowance(100)], late_use=OWN))
    entry = story("spend", 5, at=july(34) - MOMENT, occurred_at=july(31)).entry
    with pytest.raises(HistoryError, match="took late use until") as caught:
        replay([*story.entries[:-1], evolve(entry, at=july(35))])
    assert caught.value.position == 2


# -- what helps ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("here", "there", "helps"),
    [
        (LateUse(), LateUse(), ["wait", "upgrade"]),
        (LateUse("refuse"), LateUse(), []),
        (LateUse(), LateUse("refuse"), []),
        (OWN, LateUse(), []),
    ],
)
def test_a_remedy_that_would_make_the_use_late_is_named_only_where_all_late_use_is_use_of_now(
    here: LateUse, there: LateUse, helps: list[str]
) -> None:
    """The same request says the same moment again: in the next period it is late."""
    better = Plan("better", rank=1, late_use=there, allowances=[Allowance(500)], period=periods.calendar_day())
    wallet = Wallet.open(
        daily(here, upgrades_to={"better"}),
        catalogue=Catalogue([daily(here, upgrades_to={"better"}), better]),
        id="acme",
        at=july(1),
    ).wallet
    wallet = wallet.spend(50, at=july(1)).wallet
    with pytest.raises(NotEnough) as error:
        wallet.spend(80, at=july(1) + MOMENT, occurred_at=july(1))
    assert [remedy.kind for remedy in error.value.remedies] == helps
    for remedy in error.value.remedies:
        after, at = wallet, remedy.until or july(1) + MOMENT
        if remedy.name:
            after = wallet.change_plan(remedy.name, at=at).wallet
        assert after.spend(80, at=at, occurred_at=july(1)).moved == {"tokens": 80}
