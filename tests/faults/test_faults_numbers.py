"""Numbers: F64 to F68."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.support.cases import holding, on, opened_on
from tokenpurse import Allowance, Balance, Change, Offer, PayAsYouGo, Plan, Price, Wallet
from tokenpurse.codec import canonical, dump_wallet, load_wallet
from tokenpurse.entries import PeriodOpened
from tokenpurse.errors import AmountError, OutOfBounds, PlanError, SnapshotError
from tokenpurse.units import STEPS_MAX

PLAN = Plan(
    "p",
    allowances=[Allowance(100), Allowance(5, "sms", per="seats")],
    offers=[Offer("cash", unit="USD", price=Decimal(1)), Offer("tokens", price=Decimal("0.10"), per=1)],
)
GIVES: dict[str, Callable[[Wallet, Any], Change]] = {
    "spend": lambda wallet, amount: wallet.spend(amount, at=on(7, 2)),
    "grant": lambda wallet, amount: wallet.grant(amount, at=on(7, 2)),
    "top_up": lambda wallet, amount: wallet.top_up("tokens", amount, at=on(7, 2), payment="p1"),
    "set_count": lambda wallet, amount: wallet.set_count("seats", amount, at=on(7, 2)),
}


@pytest.mark.parametrize("verb", GIVES)
def test_f64_a_negative_amount_mints_nothing(verb: str) -> None:
    """Bottube #1575: a quantity of -1,000 gave 60,000. QRL #92, OpenMeter 3ecc3875."""
    wallet = opened_on(PLAN)
    with pytest.raises(AmountError):
        GIVES[verb](wallet, -1_000)
    assert wallet == opened_on(PLAN)


@pytest.mark.parametrize(
    "part",
    [
        lambda: Offer("o", price=Decimal(-25), per=100),
        lambda: Offer("o", price=Decimal(25), per=-100),
        lambda: Offer("o", price=Decimal(-25), per=-100),
        lambda: Offer("o", price=Decimal(1), pack=-100),
    ],
)
def test_f64_each_factor_is_looked_at_by_itself(part: Callable[[], Offer]) -> None:
    """Blnk 9bf69d2: -25 times -100 passed, because only the product was looked at."""
    with pytest.raises(PlanError):
        Plan("p", offers=[part()])
    for cost, per in ((-1, 1), (1, -1), (-1, -1)):
        with pytest.raises(PlanError):
            Plan("p", prices=[Price("image", cost, per=per, unit="tokens")])


@pytest.mark.parametrize("verb", GIVES)
@pytest.mark.parametrize("amount", [float("nan"), float("inf"), 1.0, Decimal("NaN"), Decimal("Infinity"), True, "1"])
def test_f65_what_is_no_number_is_none(verb: str, amount: Any) -> None:
    """DTel #87, CodexBar #1890: every comparison with NaN is false, so every check let it pass."""
    wallet = opened_on(PLAN)
    with pytest.raises(AmountError):
        GIVES[verb](wallet, amount)


@pytest.mark.parametrize("amount", [Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity"), Decimal("1E+1000000"), 0.5])
def test_f65_money_is_a_decimal_that_is_one(amount: Any) -> None:
    """EcoIssues #10115: the same with money."""
    with pytest.raises(AmountError):
        opened_on(PLAN).top_up("cash", amount, at=on(7, 2), payment="p1")


def test_f66_the_last_credit_can_be_spent() -> None:
    """Autumn #549: 0.1 and 0.2 are 0.3, and 0.3 can be spent to the last; a thousand times a tenth is a hundred."""
    cash = [Offer("cash", unit="USD", price=Decimal(1))]
    wallet = holding(*(Balance("credit", Decimal(each), "USD") for each in ("0.1", "0.2")), offers=cash)
    assert wallet.spend(Decimal("0.3"), "USD", at=on(7, 2)).view.balance("USD") == 0

    wallet = holding(Balance("credit", Decimal(100), "USD"), offers=cash)
    for _ in range(1_000):
        wallet = wallet.spend(Decimal("0.1"), "USD", at=on(7, 2)).wallet
    assert wallet.at(on(7, 2)).balance("USD") == 0


def test_f67_one_place_rounds_and_in_a_way_that_is_said() -> None:
    """Lago #4639, #5121: a total and the sum of its lines were rounded apart. Autumn #1900: yen, a hundredfold."""
    plan = Plan(
        "p",
        prices=[Price("tokens", Decimal("0.01"), per=3)],
        pay_as_you_go=[PayAsYouGo(Decimal("0.005"), meter="sms"), PayAsYouGo(Decimal("0.005"), meter="mail")],
        offers=[Offer("yen", price=Decimal(550), per=1_000, currency="JPY")],
    )
    cash = [Balance("credit", Decimal(1), "USD")]
    whole = opened_on(plan, balances=cash).spend(100, at=on(7, 2)).wallet
    split = opened_on(plan, balances=cash)
    for _ in range(100):
        split = split.spend(1, at=on(7, 2)).wallet
    # 100 of 1/3 of a cent: 33.333... cents, up at the sixth place, however it is split
    assert split.at(on(7, 2)).balance("USD") == whole.at(on(7, 2)).balance("USD") == Decimal("0.666666")

    used = split.spend({"sms": 1, "mail": 3}, at=on(7, 2)).wallet
    (entry,) = used.advance(on(8, 1)).entries
    assert isinstance(entry, PeriodOpened)
    assert entry.statement is not None
    assert [line.cost.amount for line in entry.statement.lines] == [Decimal("0.01"), Decimal("0.02")]
    assert [total.amount for total in entry.statement.totals] == [Decimal("0.03")]
    assert str(plan.price_of("yen", 1_001)) == "551 JPY"


@pytest.mark.parametrize("amount", [STEPS_MAX + 1, 2**63, 10**5_000], ids=["2**53", "2**63", "5,000 digits"])
def test_f68_no_amount_and_no_total_is_beyond_what_can_be_counted(amount: int) -> None:
    """TigerBeetle #2175, laravel-wallet ce678651: sums beyond 64 bits. Ours end at 2**53 - 1, totals too."""
    with pytest.raises(AmountError):
        holding().grant(amount, at=on(7, 2))
    full = holding().grant(STEPS_MAX, at=on(7, 2)).wallet
    with pytest.raises(AmountError):
        full.grant(1, at=on(7, 2))
    assert full.spend(STEPS_MAX, at=on(7, 2)).view.balance() == 0


@pytest.mark.parametrize("amount", ["0.0000001", "1.0000001", "1E-30", "1E+400"])
def test_f68_more_digits_than_are_kept_are_refused_not_cut(amount: str) -> None:
    """usage_credits cuts with `to_i`, Blnk 1e8b364, 51eaf62; whatever the caller's decimal context says."""
    wallet = opened_on(PLAN)
    with decimal.localcontext(decimal.Context(prec=3, rounding=decimal.ROUND_DOWN, traps=[])):
        with pytest.raises(AmountError):
            wallet.top_up("cash", Decimal(amount), at=on(7, 2), payment="p1")
        assert wallet.top_up("cash", Decimal("1234.56789"), at=on(7, 2), payment="p1").view.balance("USD") == (
            Decimal("1234.56789")
        )


@pytest.mark.parametrize("digits", ["9" * 17, "9" * 5_000, "1E+1000000", "-1", '"' + "9" * 61 + '"'])
def test_f68_digits_without_end_in_a_stored_wallet_are_refused(digits: str) -> None:
    """Beancount #584, cpython #139957: 43 seconds for eleven letters. Each is refused before anything is made of it."""
    text = canonical(dump_wallet(opened_on(PLAN))).decode()
    assert '"left_steps":100,' in text
    with pytest.raises(SnapshotError):
        load_wallet(text.replace('"left_steps":100,', f'"left_steps":{digits},'), id="acme")


def test_f68_what_is_bought_is_counted_before_it_is_priced() -> None:
    """An amount that an offer does not sell is out of its bounds, not rounded into them."""
    with pytest.raises(OutOfBounds):
        opened_on(Plan("p", offers=[Offer("o", price=Decimal(1), pack=100)])).top_up(
            "o", 150, at=on(7, 2), payment="p1"
        )
