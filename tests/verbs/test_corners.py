"""Corners where two rules meet; each was found by looking for lines that no other test runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.support.rich import july
from tokenpurse import (
    Alert,
    Allowance,
    AutoTopUp,
    Balance,
    Bound,
    Catalogue,
    Offer,
    PayAsYouGo,
    Plan,
    Price,
    Rollover,
    Wallet,
    periods,
    replay,
)
from tokenpurse.entries import PeriodOpened, PlanChanged, Spent
from tokenpurse.errors import NotEnough, UnknownNameError
from tokenpurse.periods import calendar_day, calendar_month, calendar_week, once
from tokenpurse.policies import Row, evenly
from tokenpurse.units import Unit

CALLS = PayAsYouGo(Decimal(1), meter="calls")
SMS = PayAsYouGo(Decimal(2), meter="sms", currency="EUR")

# -- statements ----------------------------------------------------------------------------------------------------


def test_a_new_price_in_mid_period_opens_a_new_line() -> None:
    """Each line is priced as a whole; use at the old price goes on in the old line."""
    plans = Catalogue(
        [
            Plan("cheap", rank=1, pay_as_you_go=[PayAsYouGo(Decimal("0.01"), meter="tokens"), CALLS]),
            Plan("dear", rank=2, pay_as_you_go=[PayAsYouGo(Decimal("0.02"), meter="tokens"), CALLS]),
        ]
    )
    wallet = Wallet.open("cheap", id="acme", at=july(1), catalogue=plans).wallet
    wallet = wallet.spend({"calls": 1}, at=july(2)).wallet.spend({"tokens": 10, "calls": 1}, at=july(2)).wallet
    wallet = wallet.change_plan("dear", at=july(3)).wallet.spend({"tokens": 10, "calls": 1}, at=july(3)).wallet

    lines = [(str(line.meter), line.quantity, str(line.cost)) for line in wallet.at(july(3)).accrued()]

    assert lines == [("calls", 3, "3.00 USD"), ("tokens", 10, "0.10 USD"), ("tokens", 10, "0.20 USD")]
    (bill,) = wallet.advance(july(32)).requests
    assert str(bill.statement) == "3.30 USD"  # type: ignore[union-attr]  # a bill


def test_a_statement_of_nothing_is_no_bill() -> None:
    """No payment provider takes a charge of zero; the entry keeps the statement."""
    plan = Plan("p", pay_as_you_go=[PayAsYouGo(Decimal("0.001"))])
    change = Wallet.open(plan, id="acme", at=july(1)).wallet.spend(4, at=july(2)).wallet.advance(july(32))

    assert (change.requests, change.view.pending()) == ((), ())
    assert str(change.entries[0].statement) == "0.00 USD"  # type: ignore[attr-defined]  # a period that opened


def test_a_statement_adds_up_each_currency_for_itself() -> None:
    """In the order in which they first appear."""
    plan = Plan("p", pay_as_you_go=[PayAsYouGo(Decimal(1), meter="tokens"), SMS])
    wallet = Wallet.open(plan, id="acme", at=july(1)).wallet.spend({"tokens": 3, "sms": 5}, at=july(2)).wallet
    statement = wallet.advance(july(32)).entries[0].statement  # type: ignore[attr-defined]  # a period that opened

    assert str(statement) == "3.00 USD + 10.00 EUR"
    assert [total.amount for total in statement.totals] == [Decimal("3.00"), Decimal("10.00")]


def test_a_currency_may_be_given_as_a_unit() -> None:
    """Then it is paid in its own places."""
    mills = Unit.money("USD", kept=6, paid=3)
    plan = Plan("p", offers=[Offer("x", price=Decimal("0.001"), currency=mills)])

    assert str(plan.price_of("x", 1)) == "0.001 USD"


# -- buckets and banks -----------------------------------------------------------------------------------------------


def test_spends_in_a_row_from_a_bought_bucket_leave_what_they_leave() -> None:
    """Whether it is an allowance's or not."""
    plan = Plan("p", offers=[Offer("x", price=Decimal(1))])
    first = Wallet.open(plan, id="acme", at=july(1), balances=[Balance("top_up", 100)])
    wallet, entries = first.wallet, list(first.entries)
    for amount in (1, 2, 3):
        change = wallet.spend(amount, at=july(2))
        wallet, entries = change.wallet, [*entries, *change.entries]

    assert wallet.at(july(2)).available() == 94
    assert replay(entries) == wallet


def test_years_of_silence_fill_each_units_own_bank() -> None:
    """Two units that carry, one that does not."""
    allowances = [Allowance(10), Allowance(3, "sms"), Allowance(5, "calls")]
    plan = Plan("p", allowances=allowances, rollovers=[Rollover(), Rollover(unit="sms")])
    first = Wallet.open(plan, id="acme", at=july(1))

    change = first.wallet.advance(datetime(2036, 7, 1, tzinfo=UTC))

    assert change.view.by_kind() == {"quota": 10, "rollover": 1_200}
    assert change.view.by_kind("sms") == {"quota": 3, "rollover": 360}
    assert change.view.by_kind("calls") == {"quota": 5}
    assert replay([*first.entries, *change.entries]) == change.wallet


@pytest.mark.parametrize(("cap", "left"), [(50, 50), (0, 0), (1_000, 730), (None, 730)])
def test_a_bank_above_its_cap_is_cut_at_the_reset(cap: int | None, left: int) -> None:
    """What was brought, or banked under an older plan, is over the cap of the newer one."""
    plan = Plan("p", allowances=[Allowance(30)], rollovers=[Rollover(bank_max=cap)])
    wallet = Wallet.open(plan, id="acme", at=july(1), balances=[Balance("rollover", 700)]).wallet

    change = wallet.advance(july(32))

    assert change.view.by_kind().get("rollover", 0) == left
    lost = change.entries[0].forfeited_by_kind()  # type: ignore[attr-defined]  # a period that opened
    assert sum(lost.values()) == 730 - left


def test_a_grant_that_cannot_be_counted_gives_way() -> None:
    """What is there already comes first; no total is ever beyond counting."""
    plan = Plan("p", allowances=[Allowance(100, per="seats")])
    wallet = Wallet.open(plan, id="acme", at=july(1), balances=[Balance("top_up", 2**53 - 1)]).wallet
    wallet = wallet.set_count("seats", 1, at=july(2), when="period_end").wallet

    view = wallet.advance(july(32)).view

    assert view.by_kind() == {"top_up": 2**53 - 1}
    assert view.available() == 2**53 - 1


# -- policies ----------------------------------------------------------------------------------------------------------


class HalfEach:
    """A policy of the host's."""

    def split(self, rows: Sequence[Row], amount: int) -> list[int]:
        first = min(rows[0].left, amount // len(rows))
        return [first, *([amount - first] if len(rows) > 1 else [])]


@pytest.mark.parametrize(
    ("draw", "paid_by"),
    [
        (evenly(), {("quota", "tokens"): 60, ("top_up", "tokens"): 30}),
        (HalfEach(), {("quota", "tokens"): 45, ("top_up", "tokens"): 45}),
    ],
)
def test_a_policy_that_is_not_an_order_splits_over_what_is_there(draw: Any, paid_by: dict[Any, int]) -> None:
    """Shipped or the host's own; what it saw is what the buckets held."""
    plan = Plan("p", allowances=[Allowance(200)], draw=draw)
    wallet = Wallet.open(plan, id="acme", at=july(1), balances=[Balance("top_up", 100)]).wallet
    (entry,) = wallet.spend(90, at=july(2)).entries

    assert isinstance(entry, Spent)
    assert paid_by == entry.paid_by()


# -- auto top-up -------------------------------------------------------------------------------------------------------

METERED = Plan(
    "metered",
    rank=1,
    allowances=[Allowance(100)],
    offers=[Offer("more", price=Decimal(1), per=10)],
    auto_top_up=AutoTopUp("more"),
    alerts=[Alert("low", "left", below=Bound("auto_top_up_threshold", otherwise=5))],
)
STRICTLY = Plan("at_or_below", rank=2, offers=METERED.offers, auto_top_up=AutoTopUp("more", when="at_or_below"))
WITHOUT = Plan("without", rank=3, allowances=[Allowance(100)])


def topped(plan: str = "metered") -> Wallet:
    wallet = Wallet.open(plan, id="acme", at=july(1), catalogue=Catalogue([METERED, STRICTLY, WITHOUT])).wallet
    wallet = wallet.grant(50, at=july(1)).wallet
    return wallet.set_auto_top_up(threshold=20, purchase=40, at=july(1)).wallet


@pytest.mark.parametrize(("plan", "quiet"), [("metered", 130), ("at_or_below", 29)])
def test_a_meter_may_buy_itself_and_each_spend_knows_when(plan: str, quiet: int) -> None:
    """To the last token, one by one or at once."""
    wallet = topped(plan)
    step = wallet
    for _ in range(quiet):
        change = step.spend(1, at=july(2))
        assert change.requests == ()
        step = change.wallet

    assert wallet.spend(quiet, at=july(2)).requests == ()
    for asked in (step.spend(1, at=july(2)), wallet.spend(quiet + 1, at=july(2))):
        assert [request.id for request in asked.requests] == ["charge:1"]


def test_a_setting_sleeps_on_a_plan_without_auto_top_up() -> None:
    """Nothing is asked for there; back on the old plan it is awake again."""
    wallet = topped().change_plan("without", at=july(2)).wallet

    spent = wallet.spend(140, at=july(3)).wallet.spend(5, at=july(3))
    assert spent.requests == ()
    back = spent.wallet.change_plan("metered", at=july(3), when="now")
    assert [request.id for request in back.requests] == ["charge:1"]


def test_a_line_at_the_threshold_follows_the_customers_choice() -> None:
    """And has its own figure while auto top-up is off."""
    wallet = topped()
    assert [notice.line for notice in wallet.spend(140, at=july(2)).notices] == [19]

    off = wallet.set_auto_top_up(enabled=False, at=july(2)).wallet
    assert off.spend(145, at=july(2)).notices == ()
    assert [notice.line for notice in off.spend(146, at=july(2)).notices] == [4]


def test_a_cool_down_that_ends_between_resets_holds_back_no_run() -> None:
    """Years of silence after a decline: the request comes at its moment, and the periods after it are few entries."""
    wallet = topped().spend(140, at=july(2)).wallet.decline("charge:1", at=july(2)).wallet

    change = wallet.advance(datetime(2126, 7, 1, tzinfo=UTC))

    assert change.entries[0].at == july(3)
    assert [request.id for request in change.requests] == ["charge:2"]
    assert len(change.entries) <= 10


# -- schedules ---------------------------------------------------------------------------------------------------------

SCHEDULES = Catalogue(
    [
        Plan("ever", rank=1, allowances=[Allowance(100)], period=once()),
        Plan("monthly", rank=2, allowances=[Allowance(200)], period=calendar_month()),
        Plan("weekly", rank=1, allowances=[Allowance(50)], period=calendar_week()),
    ]
)


def test_a_period_that_never_ends_is_closed_by_a_change_to_one_that_does() -> None:
    """With all that a reset does."""
    wallet = Wallet.open("ever", id="acme", at=july(1), catalogue=SCHEDULES).wallet.spend(30, at=july(2)).wallet

    change = wallet.change_plan("monthly", at=july(10))

    assert isinstance(change.entry, PeriodOpened)
    assert (change.view.period.start, change.view.next_reset()) == (july(10), july(32))
    assert change.wallet.at(july(32)).next_reset() == datetime(2026, 9, 1, tzinfo=UTC)


def test_at_the_moment_it_opened_there_is_nothing_to_close() -> None:
    """The period gets its end, and use none was counted."""
    wallet = Wallet.open("ever", id="acme", at=july(1), catalogue=SCHEDULES).wallet

    change = wallet.change_plan("monthly", at=july(1))

    assert isinstance(change.entry, PlanChanged)
    assert (change.view.available(), change.view.next_reset()) == (200, july(32))


def test_a_plan_with_another_schedule_that_waited_counts_its_own_boundaries() -> None:
    """From the period's end on, in step with the anchor."""
    wallet = Wallet.open("monthly", id="acme", at=july(1), catalogue=SCHEDULES).wallet
    wallet = wallet.change_plan("weekly", at=july(10)).wallet.advance(july(32)).wallet

    assert wallet.at(july(32)).available() == 50
    assert wallet.at(july(32)).next_reset() == july(34)
    assert wallet.at(july(34)).next_reset() == july(41)


def test_a_refusal_on_a_period_that_never_ends_does_not_say_wait() -> None:
    """There is nothing to wait for."""
    wallet = Wallet.open("ever", id="acme", at=july(1), catalogue=SCHEDULES).wallet

    with pytest.raises(NotEnough) as caught:
        wallet.spend(101, at=july(2))
    assert caught.value.remedies == ()


@pytest.mark.parametrize("moved", [lambda w: w.set_zone("Asia/Tokyo", at=july(2)), lambda w: w.reset(at=july(2))])
def test_the_first_period_after_a_change_is_like_no_other_and_those_after_it_are(moved: Any) -> None:
    """A zone or an early reset makes one odd period; years of silence stay a few entries."""
    plan = Plan("p", allowances=[Allowance(10)], rollovers=[Rollover()], period=calendar_day())
    wallet = moved(Wallet.open(plan, id="acme", at=july(1)).wallet).wallet
    until = datetime(2027, 7, 1, tzinfo=UTC)

    at_once = wallet.advance(until)
    while (reset := wallet.at(wallet.clock).next_reset()) is not None and reset <= until:
        wallet = wallet.advance(reset).wallet

    assert at_once.view.by_kind() == wallet.at(until).by_kind()
    assert len(at_once.entries) <= 10


def test_periods_that_pay_off_a_debt_are_a_run_as_long_as_it_lasts() -> None:
    """Then they are a run of another sort."""
    plan = Plan("p", allowances=[Allowance(10)])
    wallet = Wallet.open(plan, id="acme", at=july(1)).wallet.spend(65, at=july(1), overdraw=True).wallet

    change = wallet.advance(datetime(2036, 7, 1, tzinfo=UTC))

    assert (change.view.debt(), change.view.available()) == (0, 10)
    assert len(change.entries) <= 10
    debts = [one.after_steps for entry in change.entries for one in entry.repaid]  # type: ignore[attr-defined]
    assert debts[-1] == 0
    assert debts == sorted(debts, reverse=True)


def test_two_resets_are_two_entries() -> None:
    """A run is worth it from three on."""
    plan = Plan("p", allowances=[Allowance(10)])
    change = Wallet.open(plan, id="acme", at=july(1)).wallet.advance(datetime(2026, 9, 1, tzinfo=UTC))

    assert [entry.count for entry in change.entries] == [1, 1]  # type: ignore[attr-defined]  # periods that opened


# -- figures of entries ------------------------------------------------------------------------------------------------


def test_a_debt_says_what_came_and_what_it_is_after() -> None:
    """In its own unit."""
    plan = Plan("p", prices=[Price("tokens", Decimal("0.50"))])
    wallet = Wallet.open(plan, id="acme", at=july(1)).wallet.spend(1, at=july(2), overdraw=True).wallet
    (entry,) = wallet.spend(3, at=july(2), overdraw=True).entries

    assert isinstance(entry, Spent)
    assert entry.uses[0].priced is not None
    debt = entry.uses[0].priced.paid.debt
    assert debt is not None
    assert (debt.amount, debt.after) == (Decimal("1.50"), Decimal("2.00"))
    assert (entry.uses[0].amount, entry.uses[0].priced.paid.amount) == (3, Decimal("1.50"))


def test_a_unit_that_no_plan_of_the_catalogue_names_any_more_cannot_be_read() -> None:
    """Its places are not known; bound to the older catalogue it is read as ever."""
    old = Catalogue([Plan("a", allowances=[Allowance(5, "sms")]), WITHOUT])
    wallet = Wallet.open("a", id="acme", at=july(1), catalogue=old).wallet.spend(2, "sms", at=july(2)).wallet
    wallet = wallet.change_plan("without", at=july(3)).wallet

    assert wallet.at(july(3)).lifetime("sms").spent == 2
    with pytest.raises(UnknownNameError):
        wallet.bind(Catalogue([WITHOUT])).at(july(3)).lifetime("sms")


def test_the_schedules_are_a_module_of_the_package() -> None:
    """As the call site reads."""
    assert periods.once() == once()
