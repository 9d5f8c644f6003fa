"""Renewals: what is given on payment waits for it; in time, late, or never."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from tests.laws.auditor import Auditor
from tests.laws.machine import normal
from tests.support.rich import july
from tokenpurse import (
    Allowance,
    AtZero,
    Bound,
    Catalogue,
    Change,
    Limit,
    PayAsYouGo,
    Plan,
    Price,
    Renewal,
    Rollover,
    Switch,
    Wallet,
    periods,
    policies,
    replay,
    spend_from_pool,
)
from tokenpurse import entries as e
from tokenpurse.errors import HistoryError, Locked, NotEnough, PlanError, UnknownNameError
from tokenpurse.notices import Bill, RenewalDue

DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
AUGUST, SEPTEMBER = july(32), datetime(2026, 9, 1, tzinfo=UTC)
FIRST = "renewal:20260801T000000.000000Z"


def paid(**plan: Any) -> Plan:
    given: dict[str, Any] = {
        "allowances": [Allowance(100, given="on_payment")],
        "price": Decimal(20),
        "rank": 1,
        "renewal": Renewal(grace=5 * DAY),
        **plan,
    }
    return Plan("pro", **given)


FREE = Plan("free", allowances=[Allowance(30)])
CANCELS = Catalogue([paid(cancels_to="free"), FREE])
STAYS = Catalogue([paid()])


class Ledger:
    """A wallet with all its entries, audited as they come."""

    def __init__(self, plans: Catalogue, **named: Any) -> None:
        self.auditor = Auditor()
        self.entries: list[e.Entry] = []
        self.take(Wallet.open("pro", catalogue=plans, id="acme", at=july(1), **named))

    def take(self, change: Change) -> Change:
        self.wallet = change.wallet
        for entry in change.entries:
            self.entries.append(entry)
            self.auditor.read(entry)
        self.auditor.agrees_with(self.wallet)
        assert replay(self.entries) == self.wallet
        return change

    def __call__(self, verb: str, *args: Any, **named: Any) -> Change:
        return self.take(getattr(self.wallet, verb)(*args, **named))

    def kinds(self, at: datetime) -> dict[str, Any]:
        return self.wallet.at(at).by_kind()


def due_in(change: Change) -> RenewalDue:
    (due,) = (request for request in change.requests if isinstance(request, RenewalDue))
    return due


# -- in time -------------------------------------------------------------------------------------------------------


def test_what_is_given_on_payment_is_there_when_the_payment_clears() -> None:
    """As ElevenLabs grants: when the renewal payment clears, with rollover up to a bank of twice the allowance."""
    plans = Catalogue([paid(rollovers=[Rollover(bank_max=Bound("allowance", 2))])])
    ledger = Ledger(plans)
    assert ledger.kinds(july(1)) == {"quota": 100}  # it was just bought

    ledger("spend", 40, at=july(2))
    due = due_in(ledger("advance", AUGUST))
    assert (due.id, str(due.price), due.plan, due.until) == (FIRST, "20.00 USD", "pro", july(37))
    assert (due.period.start, due.period.end) == (AUGUST, SEPTEMBER)
    assert str(due) == "renew plan pro from 2026-08-01T00:00:00Z for 20.00 USD"
    assert ledger.kinds(july(33)) == {"quota": 60}
    assert str(ledger.wallet.at(july(33)).gauge()) == "[0/60]"

    change = ledger("confirm", due, at=july(34), payment="pay_1")
    assert isinstance(change.entry, e.Renewed)
    assert change.view.by_kind() == {"rollover": 60, "quota": 100}
    assert change.moved == {"tokens": 100}
    assert (change.view.next_reset(), change.view.pending()) == (SEPTEMBER, ())
    assert {bucket.expires for bucket in change.view.buckets()} == {SEPTEMBER, None}


def test_the_rest_can_be_used_in_the_grace_and_is_no_part_of_the_new_grant() -> None:
    """What is used of it is not deducted; what is left of it is forfeited where nothing carries."""
    ledger = Ledger(STAYS)
    due = due_in(ledger("advance", AUGUST))
    ledger("spend", 70, at=july(33))
    assert ledger.wallet.at(july(33)).gauge().used == 70

    change = ledger("confirm", due, at=july(34), payment="pay_1")
    assert isinstance(change.entry, e.Renewed)
    assert [(loss.kind, loss.steps) for loss in change.entry.forfeited] == [("quota", 30)]
    assert (change.view.by_kind(), change.view.usage()) == ({"quota": 100}, 70)
    assert str(change.view.gauge()) == "[70/170]"


def test_a_rest_that_is_used_up_leaves_nothing_behind() -> None:
    """Its bucket goes with the payment."""
    ledger = Ledger(STAYS)
    due = due_in(ledger("advance", AUGUST))
    ledger("spend", 100, at=july(33))
    with pytest.raises(NotEnough) as caught:
        ledger.wallet.spend(1, at=july(33))
    assert [one.kind for one in caught.value.remedies] == ["renew"]  # the next period waits for a payment too
    change = ledger("confirm", due, at=july(34), payment="pay_1")
    assert [bucket.left for bucket in change.view.buckets()] == [100]


def test_a_locked_rest_is_seen_and_not_used() -> None:
    """Nor does it pay debt."""
    ledger = Ledger(Catalogue([paid(renewal=Renewal(grace=5 * DAY, rest="locked"))]))
    due = due_in(ledger("advance", AUGUST))
    view = ledger.wallet.at(july(33))
    assert (view.available(), view.balance(), view.locked()) == (0, 100, 100)
    with pytest.raises(Locked):
        ledger.wallet.spend(1, at=july(33))
    ledger("spend", 10, at=july(33), overdraw=True)
    change = ledger("confirm", due, at=july(34), payment="pay_1")
    assert (change.view.by_kind(), change.view.debt()) == ({"quota": 90}, 0)


def test_what_is_given_at_once_does_not_wait() -> None:
    """Each allowance by itself, of one unit or several; both carry into one bank, each when it is granted anew."""
    plan = paid(
        allowances=[Allowance(100, given="on_payment"), Allowance(10, kind="bonus"), Allowance(5, "sms")],
        rollovers=[Rollover()],
    )
    ledger = Ledger(Catalogue([plan]))
    due = due_in(ledger("advance", AUGUST))
    assert ledger.kinds(july(33)) == {"rollover": 10, "quota": 100, "bonus": 10}
    assert ledger.wallet.at(july(33)).balance("sms") == 5
    ledger("spend", 10, at=july(33))
    change = ledger("confirm", due, at=july(34), payment="pay_1")
    assert change.view.by_kind() == {"rollover": 100, "bonus": 10, "quota": 100}


def test_a_bank_that_was_emptied_in_the_grace_is_filled_again() -> None:
    """Under its own id: no bucket comes twice."""
    plan = paid(
        allowances=[Allowance(100, given="on_payment"), Allowance(10, kind="bonus")],
        rollovers=[Rollover()],
        draw=policies.by_kind("rollover"),
    )
    ledger = Ledger(Catalogue([plan]))
    due = due_in(ledger("advance", AUGUST))
    (bank,) = (bucket for bucket in ledger.wallet.at(AUGUST).buckets() if bucket.kind == "rollover")
    ledger("spend", 15, at=july(33))
    assert ledger.kinds(july(33)) == {"quota": 95, "bonus": 10}
    change = ledger("confirm", due, at=july(34), payment="pay_1")
    banks = [bucket for bucket in change.view.buckets() if bucket.kind == "rollover"]
    assert [(one.id, one.left) for one in banks] == [(bank.id, 95)]


def test_a_payment_that_comes_twice_adds_nothing() -> None:
    """The same report is a repeat, another one is of nothing that waits."""
    ledger = Ledger(STAYS)
    due = due_in(ledger("advance", AUGUST))
    ledger("confirm", due, at=july(34), payment="pay_1")
    again = ledger.wallet.confirm(due, at=july(35), payment="pay_1")
    assert (again.repeated, again.entries, again.moved) == (True, (), {"tokens": 100})
    with pytest.raises(UnknownNameError, match="was never asked for; money that arrives all the same is a top_up"):
        ledger.wallet.confirm(due, at=july(35), payment="pay_2")


def test_a_declined_renewal_stays_to_be_paid() -> None:
    """Somebody is told, once for each report."""
    ledger = Ledger(STAYS)
    due = due_in(ledger("advance", AUGUST))
    change = ledger("decline", due, at=july(33))
    (notice,) = change.notices
    assert (notice.id, notice.name, str(notice)) == (
        f"renewal_failed:{FIRST}@20260802T000000.000000Z",
        "renewal_failed",
        "renewal_failed: 20.00 USD",
    )
    (second,) = ledger("decline", due, at=july(33) + timedelta(hours=6)).notices
    assert second.id == f"renewal_failed:{FIRST}@20260802T060000.000000Z"
    assert ledger.wallet.at(july(34)).pending() == (due,)
    assert ledger("confirm", due.id, at=july(34), payment="pay_1").view.balance() == 100


def test_a_plan_without_a_price_says_none() -> None:
    """The host knows what it costs."""
    ledger = Ledger(Catalogue([paid(price=None)]))
    due = due_in(ledger("advance", AUGUST))
    assert (due.price, str(due)) == (None, "renew plan pro from 2026-08-01T00:00:00Z")
    assert [notice.figure for notice in ledger("decline", due, at=july(33)).notices] == [0]


# -- late, and never -----------------------------------------------------------------------------------------------


def test_a_grace_that_ends_unpaid_ends_the_plan() -> None:
    """At exactly that moment, as `on_cancel` says, even where that waits for a period's end otherwise."""
    ledger = Ledger(CANCELS)
    ledger("spend", 20, at=july(2))
    ledger("advance", AUGUST)
    ledger("spend", 50, at=july(33))
    assert ledger.wallet.at(july(37) - TICK).by_kind() == {"quota": 30}
    assert ledger.wallet.at(july(33)).next_due() == july(37)

    change = ledger("advance", july(40))
    (entry,) = change.entries
    assert isinstance(entry, e.PlanChanged)
    assert (entry.at, entry.plan.name, entry.renewal, entry.proration) == (july(37), "free", FIRST, None)
    assert [(loss.kind, loss.steps) for loss in entry.forfeited] == [("quota", 30)]
    assert (change.view.by_kind(), change.view.next_reset()) == ({"quota": 30}, SEPTEMBER)
    later = ledger("advance", SEPTEMBER)
    assert (later.view.plan.name, later.view.pending(), later.view.balance()) == ("free", (), 30)


@pytest.mark.parametrize(
    "plans",
    [
        CANCELS,
        STAYS,
        Catalogue([paid(cancels_to="free", on_cancel=Switch(when="period_end", anchor="restarted")), FREE]),
        Catalogue([paid(renewal=Renewal(grace=timedelta()))]),
        Catalogue([paid(price=None)]),
    ],
)
@pytest.mark.parametrize("on_end", [None, "sorry"])
def test_somebody_is_told_that_the_plan_ended_for_it(plans: Catalogue, on_end: str | None) -> None:
    """Once, at the end of the grace, whatever became of the plan; and not where it was paid."""
    pro, *rest = plans
    if on_end is not None:
        assert pro.renewal is not None
        plans = Catalogue([evolve(pro, renewal=evolve(pro.renewal, on_end=on_end)), *rest])
    ledger, name = Ledger(plans), on_end or "plan_ended"
    change = ledger("advance", july(50))
    due = next(request for one in ledger.entries for request in one.requests if isinstance(request, RenewalDue))
    (notice,) = change.notices
    assert (notice.id, notice.name, notice.at) == (f"{name}:{FIRST}", name, due.until)
    assert str(notice.figure) == ("0" if due.price is None else "20.00")
    assert ledger("advance", july(55)).notices == ()
    if due.until > AUGUST:
        on_time = Ledger(plans)
        on_time("advance", AUGUST)
        assert on_time("confirm", FIRST, at=july(33), payment="pay_1").notices == ()
        assert on_time("advance", july(55)).notices == ()


def test_a_plan_that_is_sold_without_renewal_by_now_has_the_usual_names() -> None:
    """The renewal that was asked for stays what it was."""
    ledger = Ledger(CANCELS)
    ledger("advance", AUGUST)
    newer = Plan("pro", revision=2, allowances=[Allowance(100)], rank=1, cancels_to="free")
    ledger.wallet = ledger.wallet.bind(Catalogue([*CANCELS, newer]))
    (notice,) = ledger("decline", FIRST, at=july(33)).notices
    assert notice.name == "renewal_failed"
    assert [notice.name for notice in ledger("advance", july(40)).notices] == ["plan_ended"]


def test_replay_finds_a_notice_of_an_end_that_did_not_come() -> None:
    """Of a payment that brought the plan back."""
    ledger = Ledger(CANCELS)
    due = due_in(ledger("advance", AUGUST))
    ended, paid_late = ledger("advance", july(40)), ledger("confirm", due, at=july(45), payment="pay_1")
    assert isinstance(paid_late.entry, e.PlanChanged)
    (notice,) = ended.notices
    forged = evolve(paid_late.entry, notices=(evolve(notice, at=paid_late.entry.at),))
    with pytest.raises(HistoryError, match="is of nothing that it did"):
        replay([*ledger.entries[:-1], forged])


def test_paid_after_its_grace_the_plan_comes_back_for_what_is_left_of_the_period() -> None:
    """Minus what this period's allowances gave meanwhile, and never a second time."""
    ledger = Ledger(CANCELS)
    due = due_in(ledger("advance", AUGUST))
    ledger("spend", 12, at=july(40))
    change = ledger("confirm", due, at=july(45), payment="pay_1")
    assert isinstance(change.entry, e.PlanChanged)
    assert (change.view.plan.name, change.view.balance(), change.view.next_reset()) == ("pro", 88, SEPTEMBER)
    assert change.entry.proration is None
    assert change.view.pending() == ()
    with pytest.raises(UnknownNameError):
        ledger.wallet.confirm(due, at=july(46), payment="pay_2")
    assert due_in(ledger("advance", SEPTEMBER)).id == "renewal:20260901T000000.000000Z"


def test_paid_after_the_period_it_was_for_is_too_late() -> None:
    """The plan that took its place goes on; the money is a grant, a purchase, or a change of plan."""
    ledger = Ledger(CANCELS)
    due = due_in(ledger("advance", AUGUST))
    with pytest.raises(UnknownNameError, match="money that arrives all the same"):
        ledger.wallet.confirm(due, at=SEPTEMBER, payment="pay_1")
    assert ledger.wallet.confirm(due, at=SEPTEMBER - TICK, payment="pay_1").view.plan.name == "pro"


def test_without_another_plan_nothing_opens_until_it_is_paid() -> None:
    """Once, and in the period that it was for it keeps that period's end."""
    ledger = Ledger(STAYS)
    due = due_in(ledger("advance", AUGUST))
    change = ledger("advance", july(37))
    assert isinstance(change.entries[0], e.GraceEnded)
    assert change.view.balance() == 0
    assert (change.view.next_reset(), change.view.next_due()) == (None, None)
    assert ledger.wallet.advance(datetime(2126, 1, 1, tzinfo=UTC)).entries == ()

    paid_change = ledger("confirm", due, at=july(50), payment="pay_1")
    assert (paid_change.view.balance(), paid_change.view.next_reset()) == (100, SEPTEMBER)


def test_paid_when_that_period_is_over_the_one_that_holds_the_moment_begins() -> None:
    """With the anchor kept, a statement of what ran up, and one grant."""
    plan = paid(pay_as_you_go=[PayAsYouGo(Decimal(1))], period=periods.subscription_month())
    ledger = Ledger(Catalogue([plan]))
    due = due_in(ledger("advance", AUGUST))
    ledger("spend", 103, at=july(35))
    ledger("advance", july(37))
    at = datetime(2026, 11, 12, tzinfo=UTC)
    change = ledger("confirm", due, at=at, payment="pay_1")
    assert isinstance(change.entry, e.PeriodOpened)
    assert change.entry.renewal == FIRST
    assert change.entry.statement is not None
    assert (change.view.period.start, change.view.next_reset()) == (at, datetime(2026, 12, 1, tzinfo=UTC))
    assert change.view.balance() == 100
    assert [type(request).__name__ for request in change.requests] == ["Bill"]
    assert due_in(ledger("advance", datetime(2026, 12, 1, tzinfo=UTC))).plan == "pro"


@pytest.mark.parametrize(
    ("plans", "until", "asked"),
    [
        (CANCELS, SEPTEMBER - TICK, [FIRST]),
        (CANCELS, SEPTEMBER, []),
        (CANCELS, datetime(2027, 9, 1, tzinfo=UTC), []),
        (STAYS, datetime(2027, 9, 1, tzinfo=UTC), [FIRST]),
    ],
)
def test_a_change_asks_only_for_what_can_still_be_answered(plans: Catalogue, until: datetime, asked: list[str]) -> None:
    """After a long silence it may be over; its entry says still that it was asked."""
    change = Ledger(plans)("advance", until)
    assert [request.id for request in change.requests] == asked
    assert [request.id for entry in change.entries for request in entry.requests] == [FIRST]
    for request in change.requests:
        assert change.wallet.confirm(request, at=until, payment="pay_1").view.plan.name == "pro"


def test_a_change_asks_in_the_order_of_its_entries() -> None:
    """Of several bills and a renewal, each once."""
    plan = paid(pay_as_you_go=[PayAsYouGo(Decimal(1))], allowances=[], renewal=None)
    ledger = Ledger(Catalogue([plan, evolve(plan, revision=2, renewal=Renewal(grace=5 * DAY))]))
    ledger("spend", 3, at=july(2))
    change = ledger("advance", july(40))
    asked = [request for entry in change.entries for request in entry.requests]
    assert [type(request).__name__ for request in asked] == ["RenewalDue", "Bill"]
    assert change.requests == tuple(asked)


PER_TOKEN = PayAsYouGo(Decimal(1))


@pytest.mark.parametrize(
    ("plan", "most"),
    [
        ({"pay_as_you_go": [PER_TOKEN]}, None),
        ({"at_zero": AtZero(overdraft=50)}, 150),
        ({"pay_as_you_go": [PER_TOKEN], "limits": [Limit("cap", 1_000)]}, 900),
        ({"pay_as_you_go": [PER_TOKEN], "prices": [Price("tokens", Decimal(1))]}, None),
    ],
)
def test_a_plan_that_has_ended_unpaid_lets_nothing_through_on_credit(plan: dict[str, Any], most: int | None) -> None:
    """In the grace it does; then no period closes that would bill it, so only what is bought pays."""
    ledger = Ledger(Catalogue([paid(**plan)]))
    due = due_in(ledger("advance", AUGUST))
    ledger("grant", 7, "tokens", kind="gift", at=july(34))
    graced = ledger.wallet.at(july(37) - TICK)
    assert graced.can_spend(150)
    view = ledger.wallet.at(july(37))
    assert (view.available(), view.can_spend(7), view.can_spend(8)) == (7, True, False)
    refusals = [view.quote(8).refusal]
    for verb, more in (("spend", {}), ("hold", {"ref": "h", "until": DAY})):
        with pytest.raises(NotEnough) as refused:
            getattr(ledger.wallet, verb)(8, at=july(38), **more)
        refusals.append(refused.value)
    for refusal in refusals:
        assert refusal is not None
        assert refusal.available == 7
        assert [(one.kind, one.name) for one in refusal.remedies] == [("renew", FIRST)]
    assert ledger("spend", 10, at=july(38), partial=True).moved == {"tokens": 7}
    ledger("confirm", due, at=july(39), payment="pay_1")
    assert ledger.wallet.at(july(39)).can_spend(150) == (most is None or most >= 150)


def test_use_that_happened_after_a_plan_ended_unpaid_is_debt() -> None:
    """It is on no line, and what the late payment brings pays it first; what ran up before is billed then."""
    ledger = Ledger(Catalogue([paid(pay_as_you_go=[PER_TOKEN])]))
    due = due_in(ledger("advance", AUGUST))
    ledger("spend", 105, at=july(36))
    ledger("spend", 9, at=july(38), overdraw=True)
    view = ledger.wallet.at(july(38))
    assert (view.debt(), [line.quantity for line in view.accrued()]) == (9, [5])
    change = ledger("confirm", due, at=datetime(2026, 9, 5, tzinfo=UTC), payment="pay_1")
    assert (change.view.debt(), change.view.balance()) == (0, 91)
    assert [str(request.statement.totals[0]) for request in change.requests if isinstance(request, Bill)] == [
        "5.00 USD"
    ]


def test_a_hold_from_before_a_plan_ended_unpaid_is_captured_as_it_was_held() -> None:
    """What was let through stays so; what goes beyond it meets the end."""
    ledger = Ledger(Catalogue([paid(pay_as_you_go=[PER_TOKEN])]))
    ledger("advance", AUGUST)
    ledger("hold", 110, at=july(36), ref="h", until=10 * DAY)
    assert ledger.wallet.at(july(38)).available() == 0
    with pytest.raises(NotEnough):
        ledger.wallet.capture("h", 111, at=july(38), over="spend")
    ledger("capture", "h", 110, at=july(38))
    assert [line.quantity for line in ledger.wallet.at(july(38)).accrued()] == [10]


def test_a_pool_that_has_ended_unpaid_pays_nothing_on_credit_for_its_members() -> None:
    """The pool's part is a spend of its own."""
    ledger = Ledger(Catalogue([paid(pay_as_you_go=[PER_TOKEN])]))
    ledger("advance", july(37))
    member = Wallet.open(FREE, id="ann", at=july(37)).wallet
    assert ledger.wallet.at(july(38)).available() == 0
    with pytest.raises(NotEnough) as refused:
        spend_from_pool(member, ledger.wallet, 31, at=july(38), ref="job_1")
    assert [one.kind for one in refused.value.remedies] == ["renew"]


def test_the_plan_that_an_unpaid_one_led_to_has_its_own_pay_as_you_go() -> None:
    """Another plan took its place, and its periods close."""
    plans = Catalogue([paid(cancels_to="free"), Plan("free", pay_as_you_go=[PER_TOKEN])])
    ledger = Ledger(plans)
    ledger("advance", july(37))
    ledger("spend", 4, at=july(38))
    assert [line.quantity for line in ledger.wallet.at(july(38)).accrued()] == [4]


@pytest.mark.parametrize("plans", [CANCELS, STAYS], ids=["cancels", "stays"])
def test_a_century_without_a_payment_asks_once(plans: Catalogue) -> None:
    """In a few entries, and stepping there is jumping there."""
    ledger = Ledger(plans)
    jump = ledger.wallet.advance(datetime(2126, 1, 1, tzinfo=UTC))
    assert len(jump.entries) <= 5
    asked = [request for entry in jump.entries for request in entry.requests]
    assert sum(isinstance(request, RenewalDue) for request in asked) == 1
    stepped = ledger.wallet
    for day in range(1, 100):
        stepped = stepped.advance(july(1) + day * DAY).wallet
    assert normal(stepped) == normal(ledger.wallet.advance(july(1) + 99 * DAY).wallet)


def test_hourly_periods_unpaid_for_a_century_are_as_fast() -> None:
    """A grace as long as the period is the longest that there can be."""
    plan = paid(period=periods.hours(1), renewal=Renewal(grace=timedelta(hours=1)), cancels_to="free")
    free = Plan("free", allowances=[Allowance(30)], period=periods.hours(1))
    ledger = Ledger(Catalogue([plan, free]))
    change = ledger("advance", datetime(2126, 1, 1, tzinfo=UTC))
    assert [type(entry).__name__ for entry in change.entries][:2] == ["PeriodOpened", "PlanChanged"]
    assert len(change.entries) <= 5


def test_a_grace_is_at_most_as_long_as_the_period() -> None:
    """Than the shortest that there is when the plan is built, than its own when it runs."""
    for period, longest in (
        (periods.calendar_month(), 28 * DAY),
        (periods.hours(5), timedelta(hours=5)),
        (periods.subscription_years(2), 730 * DAY),
    ):
        paid(period=period, renewal=Renewal(grace=longest))
        with pytest.raises(PlanError, match="grace"):
            paid(period=period, renewal=Renewal(grace=longest + TICK))
    plans = Catalogue([paid(renewal=Renewal(grace=28 * DAY))])
    wallet = Wallet.open("pro", catalogue=plans, id="acme", at=july(1)).wallet.pause(at=july(2)).wallet
    wallet = wallet.resume(at=july(22)).wallet  # the next period is the last 11 days of August
    due = due_in(wallet.advance(july(52)))
    assert (due.period.start, due.until) == (july(52), SEPTEMBER)
    change = wallet.advance(SEPTEMBER)
    assert [type(entry).__name__ for entry in change.entries] == ["PeriodOpened", "GraceEnded"]


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"renewal": None}, "nothing is paid"),
        ({"period": periods.once()}, "none is renewed"),
        ({"renewal": 5}, "must be a Renewal"),
    ],
)
def test_a_renewal_that_contradicts_the_plan_is_refused(plan: dict[str, Any], said: str) -> None:
    """When the plan is built."""
    with pytest.raises(PlanError, match=said):
        paid(**plan)


@pytest.mark.parametrize("wrong", [{"grace": -TICK}, {"grace": 5}, {"grace": DAY, "rest": "gone"}])
def test_a_renewal_is_checked(wrong: dict[str, Any]) -> None:
    """Grace, and what stays in it."""
    with pytest.raises(PlanError):
        Renewal(**wrong)
    with pytest.raises(PlanError):
        Allowance(5, given="later")


# -- beside all else -----------------------------------------------------------------------------------------------


def test_no_grace_is_none_at_all() -> None:
    """The plan ends with the period, unless it is paid late."""
    ledger = Ledger(Catalogue([paid(renewal=Renewal(grace=timedelta()), cancels_to="free"), FREE]))
    change = ledger("advance", AUGUST)
    assert [type(entry).__name__ for entry in change.entries] == ["PeriodOpened", "PlanChanged"]
    assert change.view.by_kind() == {"quota": 30}
    assert ledger("confirm", FIRST, at=july(33), payment="p").view.by_kind() == {"quota": 100}


def test_a_pause_moves_the_grace_too() -> None:
    """Paying while it is paused counts."""
    ledger = Ledger(CANCELS)
    due = due_in(ledger("advance", AUGUST))
    ledger("pause", at=july(34))
    assert ledger.wallet.at(july(60)).next_due() is None
    resumed = ledger.wallet.resume(at=july(44)).wallet
    assert resumed.at(july(47) - TICK).plan.name == "pro"
    assert resumed.at(july(47)).plan.name == "free"
    assert resumed.at(july(45)).buckets()[0].expires == july(47)
    ledger("confirm", due, at=july(40), payment="pay_1")
    change = ledger("resume", at=july(44))
    assert (change.view.balance(), change.view.next_reset()) == (100, SEPTEMBER + 10 * DAY)


def test_a_change_of_plan_ends_a_renewal() -> None:
    """The new plan was just bought; what was left of the old period goes, and paying the old renewal is too late."""
    big = Plan(
        "big", rank=2, allowances=[Allowance(500, given="on_payment")], renewal=Renewal(grace=DAY), price=Decimal(50)
    )
    ledger = Ledger(Catalogue([paid(upgrades_to={"big"}), big]))
    due = due_in(ledger("advance", AUGUST))
    ledger("spend", 40, at=july(33))
    change = ledger("change_plan", "big", at=july(34))
    assert change.view.by_kind() == {"quota": 500}
    assert isinstance(change.entry, e.PlanChanged)
    assert change.entry.proration is not None
    assert change.entry.proration.credit is None  # nothing was paid for this period
    with pytest.raises(UnknownNameError):
        ledger.wallet.confirm(due, at=july(35), payment="pay_1")


def test_a_change_of_plan_from_a_wallet_that_waits_opens_a_period() -> None:
    """The period that lost its end is closed, and the new plan's runs to its own boundary."""
    ledger = Ledger(Catalogue([paid(), FREE]))
    ledger("advance", july(40))
    change = ledger("change_plan", "free", at=july(50), when="now")
    assert isinstance(change.entry, e.PeriodOpened)
    assert (change.view.balance(), change.view.next_reset(), change.view.pending()) == (30, SEPTEMBER, ())


def test_a_scheduled_change_renews_the_plan_to_come() -> None:
    """What was left of the old plan waits for it; what is due is the new plan's price."""
    lite = Plan("lite", allowances=[Allowance(10, given="on_payment")], renewal=Renewal(grace=DAY), price=Decimal(5))
    ledger = Ledger(Catalogue([paid(), lite]))
    ledger("change_plan", "lite", at=july(2))
    due = due_in(ledger("advance", AUGUST))
    assert (due.plan, str(due.price), ledger.kinds(AUGUST)) == ("lite", "5.00 USD", {"quota": 100})
    assert ledger("confirm", due, at=AUGUST, payment="p").view.by_kind() == {"quota": 10}


def test_a_reset_asks_anew() -> None:
    """A rest is kept once; the renewal that was asked before is over."""
    ledger = Ledger(STAYS)
    ledger("advance", AUGUST)
    change = ledger("reset", at=july(34))
    assert (change.view.balance(), len(change.view.pending())) == (0, 1)
    assert due_in(change).period.start == july(34)


def test_resets_without_a_grace_lay_the_period_that_waits_anew() -> None:
    """The first replaces the end on the 8th; those after it go on with that period, and its number never falls."""
    ledger = Ledger(Catalogue([paid(renewal=Renewal(grace=0 * DAY), period=periods.subscription_days(7))]))
    numbers = []
    for day in (3, 5, 6):
        ledger("reset", at=july(day))
        (due,) = ledger.wallet.at(july(day)).pending()
        assert (due.period.start, due.period.end) == (july(day), july(15))
        numbers.append(ledger.wallet.at(july(day)).period.number)
    assert numbers == [1, 1, 1]
    assert ledger("confirm", due, at=july(7), payment="p").view.period.end == july(15)
    ledger("reset", at=july(8))
    ledger("reset", at=july(9))
    assert ledger.wallet.at(july(9)).period.number == 2
    (due,) = ledger.wallet.at(july(9)).pending()
    assert ledger("confirm", due, at=july(36), payment="q").view.period == periods.Period(5, july(36), july(43))


@pytest.mark.parametrize(("anchor", "number"), [("kept", 2), ("restarted", 0)])
def test_a_reset_after_an_unpaid_grace_goes_on_with_the_numbers(anchor: str, number: int) -> None:
    """The plan that cancelling leads to runs the period to its end, which an early reset replaces as any does."""
    ledger = Ledger(CANCELS)
    ledger("reset", at=july(18), anchor="restarted")
    ledger("reset", at=july(19))
    ledger("advance", july(24))
    change = ledger("reset", at=july(25), anchor=anchor)
    end = {"kept": datetime(2026, 10, 1, tzinfo=UTC), "restarted": AUGUST}[anchor]
    assert (change.view.plan.name, change.view.period) == ("free", periods.Period(number, july(25), end))


def test_counts_change_what_waits_when_it_is_paid() -> None:
    """More seats grant nothing of a period that is not paid, and all of it when it is."""
    plans = Catalogue(
        [paid(allowances=[Allowance(100, per="seats", given="on_payment"), Allowance(1, "sms", per="seats")])]
    )
    ledger = Ledger(plans, counts={"seats": 1})
    due = due_in(ledger("advance", AUGUST))
    change = ledger("set_count", "seats", 3, at=july(33))
    assert (change.view.by_kind(), change.view.balance("sms")) == ({"quota": 100}, 3)
    assert ledger("confirm", due, at=july(34), payment="p").view.balance() == 300


def test_an_unpaid_plan_that_cancels_to_another_that_is_paid_grants_nothing_for_nothing() -> None:
    """What that one gives on payment waits for its own next renewal."""
    base = Plan(
        "base", allowances=[Allowance(10, given="on_payment"), Allowance(2, kind="bonus")], renewal=Renewal(grace=DAY)
    )
    ledger = Ledger(Catalogue([paid(cancels_to="base"), base]))
    change = ledger("advance", july(40))
    assert change.view.by_kind() == {"bonus": 2}
    assert due_in(ledger("advance", SEPTEMBER)).plan == "base"


def test_a_cancel_that_opens_a_period_of_its_own_ends_the_renewal() -> None:
    """There is no period left that could be paid for."""
    plans = Catalogue([paid(cancels_to="free", on_cancel=Switch(when="period_end", anchor="restarted")), FREE])
    ledger = Ledger(plans)
    due = due_in(ledger("advance", AUGUST))
    change = ledger("advance", july(37))
    assert isinstance(change.entries[0], e.PeriodOpened)
    assert (change.entries[0].renewal, change.view.pending(), change.view.balance()) == (FIRST, (), 30)
    with pytest.raises(UnknownNameError):
        ledger.wallet.confirm(due, at=july(38), payment="p")


def test_a_prorated_cancel_counts_no_share_of_a_period_that_nobody_paid() -> None:
    """Only the free plan's own share of what is left."""
    plans = Catalogue([paid(cancels_to="free", on_cancel=Switch(when="now", prorated=True)), FREE])
    ledger = Ledger(plans)
    change = ledger("advance", july(37))
    assert change.view.balance() == 30 * 26 // 31


@pytest.mark.parametrize(("payment", "expected"), [("p", {"rollover": 100, "quota": 100}), (None, {})])
def test_what_is_held_of_a_rest_goes_the_way_of_the_rest(payment: str | None, expected: dict[str, Any]) -> None:
    """Paid, it is carried; a grace that ended unpaid forfeited it."""
    plans = Catalogue([paid(rollovers=[Rollover()])])
    wallet = Wallet.open("pro", catalogue=plans, id="acme", at=july(1)).wallet
    wallet = wallet.advance(AUGUST).wallet.hold(20, at=july(33), until=20 * DAY, ref="h1").wallet
    wallet = (
        wallet.advance(july(38)).wallet
        if payment is None
        else wallet.confirm(FIRST, at=july(34), payment=payment).wallet
    )

    assert wallet.release("h1", at=july(39)).view.by_kind() == expected


def test_closing_ends_a_renewal() -> None:
    """And what waits for it."""
    ledger = Ledger(STAYS)
    ledger("advance", AUGUST)
    assert ledger("close", at=july(33)).view.pending() == ()


# -- replay --------------------------------------------------------------------------------------------------------


def histories() -> dict[str, Ledger]:
    found = {}
    for name, plans, moves in (
        ("paid", STAYS, [("advance", AUGUST), ("confirm", FIRST, july(34))]),
        ("late", STAYS, [("advance", AUGUST), ("advance", july(37)), ("confirm", FIRST, july(40))]),
        ("cancelled", CANCELS, [("advance", AUGUST), ("advance", july(37))]),
    ):
        found[name] = ledger = Ledger(plans)
        for verb, *args in moves:
            named = {"at": args.pop(), "payment": "p"} if verb == "confirm" else {}
            ledger(str(verb), *args, **named)
    return found


@pytest.mark.parametrize(
    ("history", "position", "changes", "said"),
    [
        ("paid", 2, {"request": "renewal:x"}, "no request renewal:x was pending"),
        ("paid", 2, {"period": periods.Period(1, AUGUST, july(60))}, "it goes on with period"),
        ("paid", 2, {"forfeited": ()}, "100 left by the amounts"),
        ("late", 2, {"period": periods.Period(1, AUGUST, SEPTEMBER)}, "it goes on with period"),
        ("late", 2, {"at": july(38)}, "the grace of renewal"),
        ("late", 2, {"request": "renewal:x"}, "no request renewal:x was pending"),
        ("late", 3, {"period": periods.Period(1, AUGUST, None)}, "it goes on with period"),
        ("cancelled", 2, {"renewal": "renewal:x"}, "no request renewal:x was pending"),
    ],
)
def test_replay_finds_a_renewal_that_is_not_what_it_says(
    history: str, position: int, changes: dict[str, Any], said: str
) -> None:
    """The request that is answered, the period, the grace's end."""
    entries = histories()[history].entries
    altered = evolve(entries[position], **changes)
    with pytest.raises(HistoryError, match=said):
        replay([*entries[:position], altered])


@pytest.mark.parametrize(
    "changes",
    [
        {"plan": "max"},
        {"revision": 2},
        {"id": "renewal:1"},
        {"period": periods.Period(1, AUGUST, july(60))},
        {"until": SEPTEMBER + TICK},
        {"until": AUGUST - TICK},
    ],
)
def test_replay_finds_a_renewal_of_another_period_or_plan(changes: dict[str, Any]) -> None:
    """A renewal is of the period that opens with it."""
    entries = histories()["paid"].entries[:2]
    wrong = evolve(entries[1], requests=(evolve(entries[1].requests[0], **changes),))
    with pytest.raises(HistoryError, match="its renewal is not"):
        replay([entries[0], wrong])
    stray = e.Frozen(wallet="acme", sequence=2, at=july(2), requests=entries[1].requests)
    with pytest.raises(HistoryError, match="its renewal is not"):
        replay([entries[0], stray])
