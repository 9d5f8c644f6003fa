"""What a person meets who holds a wallet: one line for whatever is printed, and errors that say how to go on."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from attrs import evolve

from tests.support.rich import charged, july, opened
from tokenpurse import Alert, Allowance, Bound, PayAsYouGo, Plan, Rollover, Wallet, replay
from tokenpurse.entries import PeriodOpened
from tokenpurse.errors import HistoryError, UnknownNameError


def test_what_is_printed_fits_a_line() -> None:
    """A view, a notice, a charge, a bill."""
    plan = Plan(
        "p",
        allowances=[Allowance(10)],
        pay_as_you_go=[PayAsYouGo(Decimal(2))],
        alerts=[Alert("half", "used", at_or_above=Bound("allowance", Decimal("0.5")))],
    )
    change = Wallet.open(plan, id="acme", at=july(1)).wallet.spend(12, at=july(2))
    (bill,) = change.wallet.advance(july(32)).requests
    wallet = charged()
    (charge,) = wallet.at(wallet.clock).pending()
    unbound = replay(Wallet.open(plan, id="acme", at=july(1)).entries)

    assert repr(change.view) == "<View of 'acme' at 2026-07-02T00:00Z: p [12/10]>"
    assert repr(unbound.at(july(1))) == "<View of 'acme' at 2026-07-01T00:00Z: p>"
    assert [str(notice) for notice in change.notices] == ["half: 12 tokens"]
    assert str(bill) == "bill 4.00 USD"
    assert str(charge) == "charge 20.00 USD for 20.00 USD, offer credits"


def test_a_scheduled_count_can_be_read() -> None:
    """Fewer packages come with the next period; what comes is shown beside what is."""
    plan = Plan("p", allowances=[Allowance(10, per="packages")])
    wallet = Wallet.open(plan, id="a", at=july(1), counts={"packages": 3}).wallet
    view = wallet.set_count("packages", 1, at=july(2)).view

    assert (view.counts, view.counts_next) == ({"packages": 3}, {"packages": 1})


def test_an_answered_request_says_so() -> None:
    """A second decline, or a payment under another id; but what was declined may be paid late, once."""
    wallet = charged()
    declined = wallet.decline("charge:1", at=july(2)).wallet
    paid = declined.confirm("charge:1", at=july(2), payment="p").wallet
    with pytest.raises(UnknownNameError, match="it was declined already: give the report's id as ref"):
        declined.decline("charge:1", at=july(2))
    with pytest.raises(UnknownNameError, match="an answered request is over"):
        paid.confirm("charge:1", at=july(2), payment="p2")


def test_a_ref_whose_tuples_became_lists_is_found() -> None:
    """A form that has no tuples cannot say what a ref was used for."""
    first = opened()
    spent = first.wallet.spend(5, at=july(2), ref="r1")
    (entry,) = spent.entries
    assert entry.ref is not None
    listed = evolve(entry, ref=evolve(entry.ref, said=("spend", ["tokens", "5"])))

    with pytest.raises(HistoryError, match="does not say what it was used for") as wrong:
        replay([*first.entries, listed])
    assert wrong.value.position == 1


def test_a_carry_reads_in_amounts() -> None:
    """What moved into the bank, and what the bank had in the end."""
    plan = Plan("p", allowances=[Allowance(10)], rollovers=[Rollover(bank_max=15)])
    wallet = Wallet.open(plan, id="a", at=july(1)).wallet.advance(july(32)).wallet
    (opened,) = wallet.advance(datetime(2026, 9, 1, tzinfo=UTC)).entries

    assert isinstance(opened, PeriodOpened)
    (carry,) = opened.carried
    assert (carry.amount, carry.left) == (5, 15)
