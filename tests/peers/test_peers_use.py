"""Cases of other systems: notices, caps, prices, rounding, debt. The source stands in each docstring."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.cases import holding, on, opened_on
from tokenpurse import Alert, Allowance, Balance, Limit, Offer, PayAsYouGo, Plan, Price
from tokenpurse.entries import PeriodOpened
from tokenpurse.errors import LimitReached, NotEnough
from tokenpurse.units import Unit

CASH = Offer("cash", unit="USD", price=Decimal(1))

# --- notices ---


@pytest.mark.parametrize(
    ("before", "after", "fired"), [(8, 30, [10, 30]), (33, 351, [50, 150, 250, 350]), (31, 60, [50])]
)
def test_notice_001_each_line_that_is_crossed(before: int, after: int, fired: list[int]) -> None:
    """lago-api, alert_spec.rb: lines at 10, 30, 50 and every 100 after; written out here, one by one."""
    lines = [Alert(f"line {line}", "used", at_or_above=line) for line in (10, 30, 50, 150, 250, 350, 450)]
    wallet = opened_on(Plan("p", allowances=[Allowance(1_000)], alerts=lines)).spend(before, at=on(7, 2)).wallet
    assert [notice.line for notice in wallet.spend(after - before, at=on(7, 2)).notices] == fired


def test_notice_004_below_once_is_told_once() -> None:
    """usage_credits, low balance: 60 of 100 cross a line at 50, and 10 more cross nothing."""
    low = holding(Balance("credit", 100), alerts=[Alert("low", "left", below=50)]).spend(60, at=on(7, 2))
    assert [(notice.name, notice.figure) for notice in low.notices] == [("low", 40)]
    assert low.wallet.spend(10, at=on(7, 2)).notices == ()


# --- caps ---

OVER = Plan(
    "over", allowances=[Allowance(1_100)], pay_as_you_go=[PayAsYouGo(Decimal("0.5"))], limits=[Limit("cap", 1_100 + 25)]
)


def test_cap_001_as_much_as_the_cap_lets() -> None:
    """autumn, track-customer-spend-limit.test.ts: 25 over 1,100. After 1,120, of 10 only 5, and then not one."""
    wallet = opened_on(OVER).spend(1_120, at=on(7, 2)).wallet
    part = wallet.spend(10, at=on(7, 2), partial=True)
    assert (part.moved, part.view.usage()) == ({"tokens": 5}, 1_125)
    with pytest.raises(LimitReached):
        part.wallet.spend(1, at=on(7, 2))


def test_cap_004_two_caps_over_one_pool() -> None:
    """autumn, usage-window-multi-feature-caps.test.ts: 0.2 and 0.6 credits, at most 5 and 4 times: 96.6 of 100."""
    plan = Plan(
        "p",
        prices=[Price("action1", Decimal("0.2")), Price("action2", Decimal("0.6"))],
        limits=[Limit("first", 5, unit="action1"), Limit("second", 4, unit="action2")],
        offers=[CASH],
    )
    wallet = opened_on(plan, balances=[Balance("credit", Decimal(100), "USD")])
    for meter, amount in (("action1", 3), ("action2", 2), ("action1", 5), ("action2", 5)):
        wallet = wallet.spend(amount, meter, at=on(7, 2), partial=True).wallet
    view = wallet.at(on(7, 2))
    assert (view.usage("action1"), view.usage("action2"), view.balance("USD")) == (5, 4, Decimal("96.6"))


def test_cap_007_use_that_happened_already_passes_the_cap() -> None:
    """autumn, track-overage-overflow.test.ts: 1,125 there. What was done already is recorded here: 1,131."""
    wallet = opened_on(OVER)
    seen = []
    for amount in (1_120, 10, 1):
        change = wallet.spend(amount, at=on(7, 2), overdraw=True)
        seen.append(change.view.usage())
        wallet = change.wallet
    assert seen == [1_120, 1_130, 1_131]


# --- prices and rounding ---


@pytest.mark.parametrize(
    ("input_price", "output_price", "expected"),
    [("10", "20", "0.2"), ("10.50", "21", "0.21"), ("13", "26", "0.26")],
    ids=["as it is", "5 % more", "30 % more"],
)
def test_price_004_two_directions_of_tokens(input_price: str, output_price: str, expected: str) -> None:
    """autumn, track-tokens.test.ts: 10,000 at 10 and 5,000 at 20 dollars per million; with 5 % and 30 % on top."""
    plan = Plan(
        "p",
        prices=[
            Price("input", Decimal(input_price), per=1_000_000),
            Price("output", Decimal(output_price), per=1_000_000),
        ],
        offers=[CASH],
    )
    wallet = opened_on(plan, balances=[Balance("credit", Decimal(1), "USD")])
    change = wallet.spend({"input": 10_000, "output": 5_000}, at=on(7, 2))
    assert Decimal(1) - Decimal(change.view.balance("USD")) == Decimal(expected)


def test_price_010_credits_first_then_the_bill() -> None:
    """konghq.com, credits/consumption-and-expiration: of 100, credits pay 40 and the statement says 60."""
    plan = Plan(
        "p", prices=[Price("calls", Decimal(1))], pay_as_you_go=[PayAsYouGo(Decimal(1), meter="calls")], offers=[CASH]
    )
    wallet = opened_on(plan, balances=[Balance("credit", Decimal(40), "USD")]).spend(100, "calls", at=on(7, 2)).wallet
    assert wallet.at(on(7, 2)).balance("USD") == 0
    (entry,) = wallet.advance(on(8, 1)).entries
    assert isinstance(entry, PeriodOpened)
    assert str(entry.statement) == "60.00 USD"


def test_price_010_credits_or_nothing() -> None:
    """The same without pay-as-you-go: refused, and the 40 stay."""
    plan = Plan("p", prices=[Price("calls", Decimal(1))], offers=[CASH])
    wallet = opened_on(plan, balances=[Balance("credit", Decimal(40), "USD")])
    with pytest.raises(NotEnough):
        wallet.spend(100, "calls", at=on(7, 2))
    assert wallet.at(on(7, 2)).balance("USD") == Decimal(40)


def test_round_001_a_third_of_a_credit_is_drawn_up() -> None:
    """usage_credits, credit_calculator_test.rb: 333 cents at 10 credits for 100 are 33.3, and 34 by ceiling."""
    wallet = holding(100, prices=[Price("cents", 10, per=100, unit="tokens")], allowances=[Allowance(0)])
    assert wallet.spend(333, "cents", at=on(7, 2)).view.balance() == 100 - 34


def test_round_004_a_purchase_never_costs_nothing() -> None:
    """lago-api, validate_service_spec.rb: 0.4 credits at 0.01 were refused as zero. Here they cost a cent."""
    credit = Unit.meter("credits", shown=1)
    plan = Plan("p", offers=[Offer("credits", unit=credit, price=Decimal("0.01"), per=10)], units=[credit])
    assert str(plan.price_of("credits", 4)) == "0.01 USD"


# --- debt ---


def test_debt_001_what_nobody_paid_is_owed() -> None:
    """usage_credits, transaction_test.rb: 25 of 10: it shows 0 and forgets the 15. They are owed here."""
    view = holding(10).spend(25, at=on(7, 2), overdraw=True).view
    assert (view.available(), view.debt()) == (0, 15)


def test_debt_004_a_purchase_pays_what_is_owed_first() -> None:
    """autumn, one-off-addon-overage-paydown.test.ts: 127,803 owed and 5,000,000 bought leave 4,872,197."""
    pack = Offer("pack", price=Decimal(1), per=1_000_000)
    wallet = opened_on(Plan("p", offers=[pack]), debt={"tokens": 127_803})
    view = wallet.top_up("pack", 5_000_000, at=on(7, 2), payment="p1").view
    assert (view.debt(), view.by_kind()) == (0, {"top_up": 4_872_197})
