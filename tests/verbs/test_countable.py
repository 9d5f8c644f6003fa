"""Near what can be counted: what is available, what a gate lets through and what a spend accepts are one number."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.support.rich import july
from tokenpurse import Allowance, Limit, PayAsYouGo, Plan, Price, Wallet
from tokenpurse.errors import AmountError, NotEnough, Refused
from tokenpurse.units import STEPS_MAX

FULL = Plan("full", allowances=[Allowance(STEPS_MAX)])
PAID = Plan("paid", allowances=[Allowance(Decimal(9_000_000_000), "USD")], prices=[Price("tokens", Decimal(1))])
TALK = Plan("talk", allowances=[Allowance(STEPS_MAX)], prices=[Price("talk", 3, unit="tokens")])
BILLED = Plan("billed", pay_as_you_go=[PayAsYouGo(Decimal("0.000001"))])
DEAR = Plan("dear", pay_as_you_go=[PayAsYouGo(Decimal(3), per=7)])
BOTH = Plan(
    "both",
    allowances=[Allowance(5), Allowance(Decimal(2), "USD")],
    prices=[Price("tokens", Decimal(1)), Price("talk", 2, unit="tokens")],
    pay_as_you_go=[PayAsYouGo(Decimal(1))],
)
FREE = Plan("free", pay_as_you_go=[PayAsYouGo(Decimal(0))])
CAPPED = Plan("capped", pay_as_you_go=[PayAsYouGo(Decimal(0))], limits=[Limit("cap", STEPS_MAX)])

Before = Callable[[Wallet], Wallet]
HISTORIES: dict[str, tuple[Plan, str, Before]] = {
    "granted again": (FULL, "tokens", lambda w: w.spend(STEPS_MAX, at=july(2)).wallet.grant(9, at=july(2)).wallet),
    "a little less": (FULL, "tokens", lambda w: w.spend(STEPS_MAX - 5, at=july(2)).wallet.grant(9, at=july(2)).wallet),
    "overdrawn, then granted": (
        FULL,
        "tokens",
        lambda w: (
            (
                w.spend(STEPS_MAX - 1, at=july(2))
                .wallet.spend(1, at=july(2), overdraw=True)
                .wallet.grant(9, at=july(2))
            ).wallet
        ),
    ),
    "priced": (
        PAID,
        "tokens",
        lambda w: (
            (
                w.spend(9_000_000_000, "tokens", at=july(2)).wallet.grant(Decimal(9_000_000_000), "USD", at=july(2))
            ).wallet
        ),
    ),
    "priced in tokens": (
        TALK,
        "talk",
        lambda w: w.spend(STEPS_MAX - 7, at=july(2)).wallet.grant(STEPS_MAX - 7, at=july(2)).wallet,
    ),
    "overdrawn action": (
        TALK,
        "talk",
        lambda w: w.spend(STEPS_MAX // 3, "talk", at=july(2), overdraw=True).wallet.grant(90, at=july(2)).wallet,
    ),
    "billed": (BILLED, "tokens", lambda w: w.spend(STEPS_MAX - 5, at=july(2)).wallet),
    "billed to the last": (BILLED, "tokens", lambda w: w.spend(STEPS_MAX - 5_000, at=july(2), overdraw=True).wallet),
    "dear": (DEAR, "tokens", lambda w: w.spend(21_016_798_000, at=july(2)).wallet),
    "both": (BOTH, "tokens", lambda w: w.spend(9_007_199_250, at=july(2)).wallet),
    "action of both": (BOTH, "talk", lambda w: w.spend(4_503_599_600, "talk", at=july(2)).wallet),
    "free": (FREE, "tokens", lambda w: w.spend(STEPS_MAX - 5, at=july(2)).wallet),
    "capped": (CAPPED, "tokens", lambda w: w.spend(STEPS_MAX - 5, at=july(2)).wallet),
}


def most_of(wallet: Wallet, meter: str) -> int:
    """Search for the largest amount that the gate lets through."""
    view = wallet.at(july(3))
    low, high = 0, STEPS_MAX
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if view.can_spend(middle, meter) else (low, middle - 1)
    return low


@pytest.mark.parametrize("name", HISTORIES)
def test_available_gate_and_both_ways_of_spending_agree(name: str) -> None:
    """The largest amount is accepted short, long and in part; one more is refused, by a refusal, with that amount."""
    plan, meter, before = HISTORIES[name]
    wallet = before(Wallet.open(plan, id="acme", at=july(1)).wallet)
    most = most_of(wallet, meter)
    available = wallet.at(july(3)).available(meter)

    assert most < STEPS_MAX
    assert available in {most, None}
    if most:
        short = wallet.spend(most, meter, at=july(3))
        assert short.entries == wallet.spend({meter: most}, at=july(3)).entries
        assert short.wallet == wallet.spend({meter: most}, at=july(3)).wallet
    for long in (False, True):
        with pytest.raises(Refused) as error:
            wallet.spend(most + 1, meter, at=july(3), ref="r" if long else None)
        assert error.value.available == most
    assert wallet.spend(most + 1, meter, at=july(3), partial=True).moved.get(meter, 0) == most


@pytest.mark.parametrize("name", ["granted again", "a little less", "overdrawn, then granted", "priced", "capped"])
def test_what_is_there_is_said_as_a_number(name: str) -> None:
    """Nothing that is bounded by what is there is ever unbounded."""
    plan, meter, before = HISTORIES[name]
    wallet = before(Wallet.open(plan, id="acme", at=july(1)).wallet)

    assert wallet.at(july(3)).available(meter) == most_of(wallet, meter)


def test_unbounded_is_unbounded_until_nothing_more_can_be_counted() -> None:
    """Pay-as-you-go without a limit: a figure of sixteen digits would tell nobody anything, nothing does."""
    wallet = Wallet.open(FREE, id="acme", at=july(1)).wallet
    assert wallet.at(july(1)).available() is None

    full = wallet.spend(STEPS_MAX, at=july(2)).wallet

    assert full.at(july(2)).available() == 0
    with pytest.raises(NotEnough, match="a period counts at most 9,007,199,254,740,991 tokens"):
        full.spend(1, at=july(2))


def test_two_uses_on_one_line_are_counted_together() -> None:
    """An action priced in billed tokens, and tokens beside it."""
    plan = Plan("p", prices=[Price("talk", 1, unit="tokens")], pay_as_you_go=[PayAsYouGo(Decimal(1), meter="tokens")])
    wallet = Wallet.open(plan, id="acme", at=july(1)).wallet
    half = 9_007_199_254 // 2

    assert wallet.spend({"talk": half, "tokens": half}, at=july(2)).entries
    with pytest.raises(Refused):
        wallet.spend({"talk": half, "tokens": half + 1}, at=july(2))
    with pytest.raises(AmountError, match="cannot be counted"):
        wallet.spend({"talk": half, "tokens": half + 1}, at=july(2), overdraw=True)
