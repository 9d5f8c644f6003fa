"""What a journal calls units: names that beancount knows, and never one name for two of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from examples.accounting.journal import journal
from examples.accounting.names import Commodities
from tests.support.outside import needs
from tokenpurse import Allowance, Offer, Plan, Wallet
from tokenpurse.entries import Entry
from tokenpurse.units import Unit

COMMODITY = re.compile(r"[A-Z][A-Z0-9'._-]{0,22}[A-Z0-9]")
"""What beancount has always read as one."""


def at(day: int) -> datetime:
    return datetime(2026, 7, day, tzinfo=UTC)


def used(*units: str, id: str = "acme") -> tuple[Wallet, Sequence[Entry]]:
    """A wallet that uses something of each unit, and bought some of the first."""
    plan = Plan(
        "pro",
        allowances=[Allowance(100, unit) for unit in units],
        offers=[Offer("pack", price=Decimal(5), pack=500, unit=units[0])],
    )
    change = Wallet.open(plan, id=id, at=at(1))
    entries = [*change.entries]
    change = change.wallet.top_up("pack", 500, at=at(2), payment="p")
    entries += change.entries
    for unit in units:
        change = change.wallet.spend(120 if unit == units[0] else 20, unit, at=at(3))
        entries += change.entries
    return change.wallet, entries


def commodities(text: str) -> set[str]:
    """All names of commodities in a journal."""
    return {line.split()[-1] for line in text.splitlines() if re.search(r" -?\d[\d.]* (~ 0 )?\S+$", line)}


LONG = "anthropic.claude-3-5-sonnet.input"


NAMED = [
    ("tokens", "TOKENS"),
    ("llm_tokens", "LLM_TOKENS"),
    ("llm:input", "LLM-INPUT"),
    ("input/4k", "INPUT-4K"),
    ("api@v2", "API-V2"),
    ("gpt-4.1", "GPT-4.1"),
    ("4o", "UNIT-4O"),
    ("t", "UNIT-T"),
    ("x_", "UNIT-X"),
    ("_", "UNIT"),
    ("usd_tokens", "USD_TOKENS"),
    ("a" * 24, "A" * 24),
    ("a" * 25, "AAAAAAAAAAAA-AAAAAAAAAAA"),
    ("a" * 11 + "---" + "b" * 11, "AAAAAAAAAAA--BBBBBBBBBBB"),
    (LONG, "ANTHROPIC.CL-ONNET.INPUT"),
]


@pytest.mark.parametrize(("unit", "name"), NAMED)
def test_a_unit_has_a_name_that_beancount_knows(unit: str, name: str) -> None:
    """Letters are capitals, the first is one; other characters are `-`, and too long a name is short of its middle."""
    assert commodities(journal([used(unit)])) == {name, "USD"}
    assert COMMODITY.fullmatch(name)


@needs("beancount", extra="accounting")
@pytest.mark.parametrize("unit", [unit for unit, _ in NAMED])
def test_beancount_reads_a_journal_of_each(unit: str) -> None:
    """The real one, and not what is said of it here."""
    from beancount import loader

    assert [error.message for error in loader.load_string(journal([used(unit)]))[1]] == []


@pytest.mark.parametrize(
    ("units", "said"),
    [
        (("llm:input", "llm-input"), "llm-input would be the same commodity as llm:input: LLM-INPUT"),
        ((f"{LONG}-2026", f"{LONG.replace('sonnet', 'haiku')}-2026"), "ANTHROPIC.CL-.INPUT-2026"),
    ],
)
def test_two_units_never_meet_in_one_name(units: tuple[str, ...], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        journal([used(*units)])


def test_neither_do_units_of_two_wallets() -> None:
    """One journal has one meaning for a name; the same unit in both is the same commodity."""
    assert commodities(journal([used("tokens"), used("tokens", id="ben")])) == {"TOKENS", "USD"}
    with pytest.raises(ValueError, match="Tokens would be the same commodity as tokens: TOKENS"):
        journal([used("tokens"), used("Tokens", id="ben")])


def test_credits_of_a_currency_are_not_that_currency() -> None:
    plan = Plan(
        "pro", allowances=[Allowance(Decimal(2), "USD")], offers=[Offer("credits", unit="USD", price=Decimal(1))]
    )
    change = Wallet.open(plan, id="acme", at=at(1))
    bought = change.wallet.top_up("credits", Decimal(7), at=at(2), payment="p")
    assert commodities(journal([(bought.wallet, [*change.entries, *bought.entries])])) == {"USD", "USD-CREDIT"}


@pytest.mark.parametrize(
    ("meter", "is_paid", "said"),
    [
        ("pts", True, "money in PTS would be the same commodity as pts: PTS"),
        ("pts-credit", False, "PTS would be the same commodity as pts-credit: PTS-CREDIT"),
    ],
)
def test_a_meter_is_no_money(meter: str, is_paid: bool, said: str) -> None:
    """Nor what is counted in money: of two wallets, one may count what the other pays in."""
    names, money = Commodities(), Unit.money("PTS")
    assert names.of(Unit(meter)) == (meter.upper(), 0)
    with pytest.raises(ValueError, match=said):
        names.money(money) if is_paid else names.of(money)
