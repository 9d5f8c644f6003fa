"""`confirm` and `decline`: what the host reports of charges and bills."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.rich import after, charged, july, opened
from tokenpurse import Allowance, AutoTopUp, Catalogue, Offer, PayAsYouGo, Plan, Renewal, Wallet
from tokenpurse.entries import Confirmed, Declined, ToppedUp
from tokenpurse.errors import AmountError, ConflictError, UnknownNameError
from tokenpurse.notices import Bill, Charge

BILLED = Plan("p", allowances=[Allowance(10, "sms")], pay_as_you_go=[PayAsYouGo(Decimal("0.05"))])


def billed() -> Wallet:
    """A wallet with a bill for 2 sms pending."""
    return Wallet.open(BILLED, id="acme", at=july(1)).wallet.spend(12, at=july(2)).wallet.advance(july(32)).wallet


def pending(wallet: Wallet) -> tuple[Any, ...]:
    return wallet.at(wallet.clock).pending()


@pytest.mark.parametrize("by_id", [True, False])
def test_a_confirmed_charge_becomes_its_bucket(by_id: bool) -> None:
    """With the price that was pinned when it was asked for; named by itself or by its id."""
    wallet = charged()
    (charge,) = pending(wallet)
    assert isinstance(charge, Charge)
    assert (charge.id, charge.amount, str(charge.price)) == ("charge:1", Decimal("20.00"), "20.00 USD")

    change = wallet.confirm(charge.id if by_id else charge, at=july(2), payment="pay_1", by="system")
    (entry,) = change.entries
    bucket = change.view.buckets("USD")[-1]

    assert isinstance(entry, ToppedUp)
    assert (entry.request, entry.offer, entry.payment, entry.by) == ("charge:1", "credits", "pay_1", "system")
    assert (bucket.kind, bucket.left, bucket.payment, str(bucket.paid)) == ("credit", Decimal(20), "pay_1", "20.00 USD")
    assert [notice.name for notice in change.notices] == ["auto_top_up_succeeded"]
    assert change.notices[0].id == "auto_top_up_succeeded:charge:1"
    assert change.moved == {"USD": Decimal(20)}
    assert pending(change.wallet) == ()


def test_a_price_is_pinned_when_it_is_asked_for() -> None:
    """A new price list between request and payment changes nothing."""

    def plan(revision: int, price: int) -> Plan:
        offers = [Offer("credits", unit="USD", price=Decimal(price))]
        return Plan("p", revision=revision, offers=offers, auto_top_up=AutoTopUp("credits"))

    plans = Catalogue([plan(1, 1), plan(2, 2)])
    wallet = Wallet.open(plan(1, 1), id="acme", at=july(1), catalogue=plans).wallet
    wallet = wallet.set_auto_top_up(threshold=Decimal(1), purchase=Decimal(20), at=july(1)).wallet

    assert str(wallet.confirm("charge:1", at=july(33), payment="p").view.buckets()[0].paid) == "20.00 USD"


def test_a_confirmed_bill_is_settled_and_leaves_no_bucket() -> None:
    """Paid is paid."""
    wallet = billed()
    (bill,) = pending(wallet)
    assert isinstance(bill, Bill)
    assert str(bill.statement) == "0.10 USD"

    change = wallet.confirm(bill, at=july(33), payment="pay_1")

    (entry,) = change.entries
    assert isinstance(entry, Confirmed)
    assert (entry.request, entry.payment) == (bill.id, "pay_1")
    assert pending(change.wallet) == ()
    assert change.view.buckets() == wallet.at(july(32)).buckets()


def test_a_declined_charge_is_over_and_rests() -> None:
    """None is asked for before the cool-down is over; then time alone asks again."""
    change = charged().decline("charge:1", at=july(2))
    (entry,) = change.entries
    wallet = change.wallet

    assert isinstance(entry, Declined)
    assert entry.retry_at == july(3)
    assert [notice.name for notice in change.notices] == ["auto_top_up_failed"]
    assert (pending(wallet), change.requests) == ((), ())
    assert change.view.next_due() == july(3)
    assert wallet.advance(july(3) - timedelta(microseconds=1)).wallet is wallet
    again = wallet.advance(july(3))
    assert [request.id for request in again.requests] == ["charge:2"]
    assert type(again.entries[0]).__name__ == "ChargeRequested"


def test_a_settled_payment_ends_the_rest() -> None:
    """A purchase by hand that is not enough is followed by a request at once."""
    wallet = charged().decline("charge:1", at=july(2)).wallet

    change = wallet.top_up("credits", Decimal(5), at=july(2, 1), payment="p")

    assert [request.id for request in change.requests] == ["charge:2"]
    assert wallet.top_up("credits", Decimal(10), at=july(2, 1), payment="p").requests == ()


def test_a_charge_that_was_declined_says_so_when_it_is_declined_again() -> None:
    """With the report's id as ref, a copy of the report is a repeat."""
    wallet, charge = charged(), "charge:1"
    with pytest.raises(UnknownNameError, match="it was declined already: give the report's id as ref"):
        wallet.decline(charge, at=july(3)).wallet.decline(charge, at=july(3))
    once = wallet.decline(charge, at=july(3), ref="evt_1").wallet
    assert once.decline(charge, at=july(4), ref="evt_1").repeated
    with pytest.raises(UnknownNameError, match="an answered request is over"):
        once.confirm(charge, at=july(4), payment="p").wallet.decline(charge, at=july(4))


OVER, UNKNOWN = "an answered request is over", "it is over, or was never asked for"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("charge:1", OVER),
        ("charge:2", UNKNOWN),
        ("charge:99", UNKNOWN),
        ("charge:0", UNKNOWN),
        ("charge:01", UNKNOWN),
        ("charge:" + "9" * 99, UNKNOWN),
        ("1", UNKNOWN),
        ("bill:20260701T000000.000000Z", UNKNOWN),
        ("renewal:20260801T000000.000000Z", UNKNOWN),
    ],
)
@pytest.mark.parametrize("verb", ["confirm", "decline"])
def test_of_a_request_that_does_not_wait_only_what_is_known_is_said(verb: str, name: str, said: str) -> None:
    """Charges are numbered, so one that was answered is told from one that was never asked for."""
    wallet = charged().confirm("charge:1", at=july(2), payment="p").wallet
    more = {"payment": "another"} if verb == "confirm" else {}
    with pytest.raises(UnknownNameError, match=f"unknown pending request .*; {said}"):
        getattr(wallet, verb)(name, at=july(2), **more)


def test_a_renewal_that_is_paid_too_early_is_told_when_it_is_asked_for() -> None:
    """The day before its period opens; at its opening it is asked for, and paid."""
    plan = Plan("p", allowances=[Allowance(9, given="on_payment")], renewal=Renewal(grace=timedelta(days=3)))
    wallet, name = Wallet.open(plan, id="acme", at=july(1)).wallet, "renewal:20260801T000000.000000Z"
    when = "it is not asked for before its period opens, at 2026-08-01T00:00:00Z"
    with pytest.raises(UnknownNameError, match=when):
        wallet.confirm(name, at=july(31), payment="p1")
    assert wallet.confirm(name, at=july(32), payment="p1").view.available() == 9
    with pytest.raises(UnknownNameError, match=UNKNOWN):
        wallet.confirm("renewal:20260901T000000.000000Z", at=july(31), payment="p1")


def test_a_declined_bill_stays_owed() -> None:
    """It can be declined again, and confirmed later."""
    wallet = billed()
    (bill,) = pending(wallet)

    declined = wallet.decline(bill, at=july(33))

    assert declined.entries[0].retry_at is None  # type: ignore[attr-defined]  # a decline
    assert (declined.notices, pending(declined.wallet)) == ((), (bill,))
    assert declined.wallet.decline(bill, at=july(34)).entries
    assert pending(declined.wallet.confirm(bill, at=july(34), payment="p").wallet) == ()


@pytest.mark.parametrize("request_", ["charge:1", "charge:3", "nope"])
def test_what_is_not_pending_cannot_be_reported(request_: str) -> None:
    """Nor what was reported already."""
    wallet = after(lambda w: w.confirm("charge:1", at=july(2), payment="p"), wallet=charged())

    with pytest.raises(UnknownNameError, match="request"):
        wallet.confirm(request_, at=july(3), payment="p2")
    with pytest.raises(UnknownNameError, match="request"):
        wallet.decline(request_, at=july(3))


def test_a_report_that_comes_twice_adds_nothing_and_another_is_a_conflict() -> None:
    """The payment is the ref."""
    wallet = after(lambda w: w.confirm("charge:1", at=july(2), payment="p"), wallet=charged())

    again = wallet.confirm("charge:1", at=july(3), payment="p")
    assert again.repeated
    assert again.moved == {"USD": Decimal(20)}
    with pytest.raises(ConflictError):
        wallet.top_up("credits", Decimal(20), at=july(3), payment="p")


def test_a_charge_survives_the_plan_that_asked_for_it() -> None:
    """The customer paid; the bucket comes, with the notices that have no other name."""
    wallet = after(lambda w: w.change_plan("big", at=july(2)), wallet=charged())

    paid = wallet.confirm("charge:1", at=july(3), payment="p")
    assert paid.view.balance("USD") == Decimal(20)
    assert [notice.name for notice in paid.notices] == ["auto_top_up_succeeded"]
    declined = wallet.decline("charge:1", at=july(3))
    assert [notice.name for notice in declined.notices] == ["auto_top_up_failed"]
    assert declined.entries[0].retry_at == july(4)  # type: ignore[attr-defined]  # a decline


def test_a_charge_that_no_longer_fits_is_an_error_that_can_be_mended() -> None:
    """Nothing that was paid gets lost: the request stays pending."""
    wallet = after(lambda w: w.grant(Decimal(9007199250), "USD", at=july(2)), wallet=charged())

    with pytest.raises(AmountError, match="more than can be counted"):
        wallet.confirm("charge:1", at=july(3), payment="p")
    assert [request.id for request in pending(wallet)] == ["charge:1"]


def test_a_wallet_remembers_its_newest_64_bills() -> None:
    """A host that bills elsewhere and never reports back does not make it grow."""
    wallet = opened("big", counts={}).wallet
    plan = Plan("p", pay_as_you_go=[PayAsYouGo(Decimal(1))])
    wallet = Wallet.open(plan, id="acme", at=july(1)).wallet
    for _ in range(70):
        reset = wallet.at(wallet.clock).next_reset()
        assert reset is not None
        wallet = wallet.spend(1, at=wallet.clock).wallet.advance(reset).wallet

    bills = pending(wallet)

    assert len(bills) == 64
    assert bills[-1].statement.period.end == wallet.clock
