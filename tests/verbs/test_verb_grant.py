"""`grant`: what is given for nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.rich import after, july, opened
from tokenpurse import Allowance, Plan, Wallet, replay
from tokenpurse.entries import Granted
from tokenpurse.errors import AmountError, ClockError, PurseError


def test_a_grant_is_a_bucket_of_its_own() -> None:
    """With the kind, end and priority that were said, and nobody's payment."""
    change = opened().wallet.grant(50, "sms", at=july(2), kind="gift", expires=july(9), priority=7, by="support")
    bucket = change.view.buckets()[-1]

    assert (bucket.kind, str(bucket.unit), bucket.left, bucket.granted) == ("gift", "sms", 50, 50)
    assert (bucket.starts, bucket.expires, bucket.priority) == (july(2), july(9), 7)
    assert (bucket.paid, bucket.payment, bucket.allowance) == (None, None, False)
    assert change.moved == {"sms": 50}
    (entry,) = change.entries
    assert isinstance(entry, Granted)
    assert (entry.by, entry.bucket) == ("support", bucket)


@pytest.mark.parametrize(
    ("amount", "more", "unit", "left"),
    [
        (5, {}, "tokens", 1_005),
        (Decimal("2.50"), {"unit": "USD"}, "USD", Decimal("2.50")),
        (5, {"kind": "quota"}, "tokens", 1_005),
        (5, {"kind": "top_up"}, "tokens", 1_005),
        (5, {"expires": july(2, 0, 1)}, "tokens", 1_005),
        (2**53 - 1_001, {}, "tokens", 2**53 - 1),
    ],
)
def test_a_grant_adds_to_what_is_there(amount: Any, more: dict[str, Any], unit: str, left: Any) -> None:
    """Of any unit that the wallet can count."""
    assert left == opened().wallet.grant(amount, **more, at=july(2)).view.balance(unit)


def test_a_grant_outlives_the_reset_and_ends_at_its_own_end() -> None:
    """No reset touches it; from its end on it is gone, exclusive."""
    wallet = after(lambda w: w.grant(50, at=july(2), expires=july(33)))

    assert wallet.at(july(32)).available() == 1_050
    change = wallet.advance(july(33))
    assert change.view.available() == 1_000
    assert [type(entry).__name__ for entry in change.entries] == ["PeriodOpened", "Expired"]
    assert change.entries[1].at == july(33)


def test_a_grant_pays_debt_first() -> None:
    """A debt and a balance that could pay it never stand together."""
    plan = Plan("p", allowances=[Allowance(10)])
    first = Wallet.open(plan, id="acme", at=july(1))
    over = first.wallet.spend(30, at=july(2), overdraw=True)
    change = over.wallet.grant(50, at=july(3))

    assert (change.view.debt(), change.view.available()) == (0, 30)
    assert change.entries[0].repaid[0].amount == 20  # type: ignore[attr-defined]  # a grant
    assert replay([*first.entries, *over.entries, *change.entries]) == change.wallet


@pytest.mark.parametrize(
    ("wallet", "given", "error", "said"),
    [
        (opened().wallet, {"amount": 5, "expires": july(2)}, ClockError, "expires"),
        (opened().wallet, {"amount": 5, "expires": july(1)}, ClockError, "expires"),
        (opened().wallet, {"amount": 2**53 - 1_000}, AmountError, "more than can be counted"),
        (opened().wallet, {"amount": 5, "unit": "USD"}, AmountError, "Decimal"),
        (opened().wallet, {"amount": Decimal(5)}, AmountError, "int"),
    ],
)
def test_what_cannot_be_given_is_an_error(wallet: Wallet, given: Any, error: type[PurseError], said: str) -> None:
    """An end that is past, an amount of another unit, and a total beyond counting."""
    with pytest.raises(error, match=said):
        wallet.grant(**given, at=july(2))


def test_a_wallet_holds_a_thousand_buckets() -> None:
    """One more is refused, and once one is drained the period's end makes room."""
    wallet = Wallet.open(Plan("p"), id="acme", at=july(1)).wallet
    for _ in range(1_000):
        wallet = wallet.grant(1, at=july(1)).wallet

    with pytest.raises(AmountError, match="holds 1,000 buckets"):
        wallet.grant(1, at=july(1))
    emptied = wallet.spend(10, at=july(2)).wallet.advance(july(32)).wallet
    assert emptied.grant(1, at=july(32)).view.available() == 991
