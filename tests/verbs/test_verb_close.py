"""`close`: the end of a wallet, and of everything in it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from attrs import evolve

from tests.support.cases import on
from tests.support.rich import CALLS, Call, after, charged, july, opened
from tests.support.told import Told
from tokenpurse import Allowance, Balance, Offer, PayAsYouGo, Plan, Wallet, replay
from tokenpurse.entries import Closed, Confirmed, Frozen
from tokenpurse.errors import HistoryError, WalletClosed


def full() -> Wallet:
    return (
        opened(
            balances=[
                Balance("top_up", 500),
                Balance("promo", 50),
                Balance("promo", 5),
                Balance("credit", Decimal(2), "USD"),
            ]
        )
        .wallet.spend({"sms": 25, "tokens": 100}, at=july(2))
        .wallet
    )


def test_closing_forfeits_everything_kind_by_kind_in_one_entry() -> None:
    """With the statement of the period so far, and who did it."""
    change = full().close(at=july(3), by="owner")
    (entry,) = change.entries

    assert isinstance(entry, Closed)
    assert entry.forfeited_by_kind() == {
        ("quota", "tokens"): 900,
        ("top_up", "tokens"): 500,
        ("promo", "tokens"): 55,
        ("credit", "USD"): Decimal("2.00"),
    }
    assert entry.by == "owner"
    assert str(entry.statement) == "0.25 USD"
    assert entry.statement is not None
    assert entry.statement.period.end == july(3)
    assert [request.id for request in change.requests] == [request.id for request in change.view.pending()]
    assert len(change.requests) == 1
    assert (change.view.closed, change.view.available(), change.view.balance(), change.view.buckets()) == (
        True,
        0,
        0,
        (),
    )


def test_what_was_held_of_a_bucket_that_ended_is_gone_already() -> None:
    """Closing forfeits what comes back, and nothing of what expired while it was held."""
    wallet = opened(balances=[Balance("promo", 50, expires=july(4))]).wallet
    wallet = wallet.spend(1_000, at=july(2)).wallet.hold(30, at=july(3), ref="h", until=july(9)).wallet
    wallet = wallet.grant(7, at=july(5)).wallet.hold(5, at=july(5), ref="i", until=july(9)).wallet
    (entry,) = wallet.close(at=july(6)).entries

    assert isinstance(entry, Closed)
    assert [(one.steps, one.went) for one in entry.returned] == [(5, "back"), (30, "expired")]
    assert entry.forfeited_by_kind() == {("promo", "tokens"): 7, ("quota", "sms"): 20}


def test_a_wallet_without_post_paid_use_closes_without_a_statement() -> None:
    """Nor does an empty one forfeit anything."""
    (entry,) = (
        after(lambda w: w.spend(1_000, at=july(2)), lambda w: w.spend(20, "sms", at=july(2))).close(at=july(3)).entries
    )

    assert isinstance(entry, Closed)
    assert (entry.statement, entry.forfeited) == (None, ())


def test_what_was_due_by_then_happens_first() -> None:
    """A period that ended is closed as it was."""
    change = full().close(at=july(33))

    assert [type(entry).__name__ for entry in change.entries] == ["PeriodOpened", "Closed"]
    assert change.entries[1].statement is None  # type: ignore[attr-defined]


def test_a_charge_that_is_pending_ends_with_the_wallet_and_a_bill_does_not() -> None:
    """Nothing is bought for a wallet that is no more; what was used is still owed."""
    assert charged().close(at=july(3)).view.pending() == ()
    billed = full().advance(july(32)).wallet
    assert len(billed.close(at=july(33)).view.pending()) == 1


@pytest.mark.parametrize("call", [call for verb, call in CALLS.items() if verb not in {"open", "advance"}], ids=str)
def test_after_it_every_verb_is_refused(call: Call) -> None:
    """There is no way back, and closing again is no exception."""
    wallet = after(lambda w: w.close(at=july(2)), wallet=call.wallet())

    with pytest.raises(WalletClosed, match="acme was closed") as caught:
        call(wallet, at=july(3))
    assert caught.value.remedies == ()


def closing(days: int = 3) -> Told:
    """A closed wallet, whose last statement waits to be billed: 5 sms at 0.05 dollars."""
    plan = Plan("p", allowances=[Allowance(10, "sms")], pay_as_you_go=[PayAsYouGo(Decimal("0.05"))])
    return Told(plan).do("spend", 15, at=on(7, 2)).do("close", at=on(7, days))


def test_the_last_bill_can_be_reported_paid_once() -> None:
    """After closing there is nobody else who could know; and a report that comes twice adds nothing."""
    told = closing()
    (bill,) = told.view.pending()
    told.do("confirm", bill, at=on(7, 9), payment="pay_1")
    assert isinstance(told.change.entry, Confirmed)
    assert (told.view.pending(), told.view.closed, told.wallet.clock) == ((), True, on(7, 9))
    assert told.wallet.confirm(bill, at=on(7, 10), payment="pay_1").repeated
    with pytest.raises(WalletClosed, match="bills that are pending"):
        told.wallet.confirm(bill, at=on(7, 10), payment="pay_2")


def test_the_last_bill_can_be_declined_and_paid_later() -> None:
    """It stays owed, and may be paid still; years later, too."""
    told = closing(days=31)
    (bill,) = told.view.pending()
    told.do("decline", bill, at=on(8, 9), hard=True)
    assert told.view.pending() == (bill,)
    assert told.do("confirm", bill.id, at=on(8, 9, year=2030), payment="pay_1").view.pending() == ()


@pytest.mark.parametrize("report", ["confirm", "decline"])
def test_nothing_else_is_reported_to_a_closed_wallet(report: str) -> None:
    """Neither a request that there never was, nor a charge that ended with the wallet."""
    wallet = charged().close(at=july(3)).wallet
    for request in ("charge:1", "nothing"):
        more = {"payment": "p"} if report == "confirm" else {}
        with pytest.raises(WalletClosed):
            getattr(wallet, report)(request, at=july(3), **more)


@pytest.mark.parametrize("verb", ["claw_back", "reinstate"])
def test_a_dispute_after_closing_is_refused_and_says_why(verb: str) -> None:
    """Nothing is left to take, and the payment has no rest that is worth anything."""
    plan = Plan("p", offers=[Offer("pack", price=Decimal(49), pack=1_000)])
    told = Told(plan).do("top_up", "pack", 1_000, at=on(7, 1), payment="p1").do("spend", 300, at=on(7, 2))
    told.do("claw_back", "p1", refunded=Decimal("4.90"), at=on(7, 2)).do("close", at=on(7, 3))
    assert told.view.refundable("p1").amount == 0
    with pytest.raises(WalletClosed, match="what was used is settled without it"):
        getattr(told.wallet, verb)("p1", at=on(7, 4))


@pytest.mark.parametrize("altered", ["another request", "paid twice", "another verb"])
def test_a_forged_report_after_closing_is_found(altered: str) -> None:
    """Only bills that are pending are reported."""
    told = closing()
    (bill,) = told.view.pending()
    told.do("decline", bill, at=on(7, 9)).do("confirm", bill, at=on(7, 9), payment="pay_1")
    *before, last = told.entries
    assert isinstance(last, Confirmed)
    forged = {
        "another request": evolve(last, request="bill:nothing"),
        "paid twice": evolve(last, sequence=last.sequence + 1, ref=evolve(last.ref, sequence=last.sequence + 1)),
        "another verb": Frozen(wallet="acme", sequence=last.sequence, at=last.at),
    }[altered]
    with pytest.raises(HistoryError):
        replay([*before, *([last] if altered == "paid twice" else []), forged])


@pytest.mark.parametrize(
    "read",
    [
        lambda view: view.available(),
        lambda view: view.by_kind(),
        lambda view: view.gauge(),
        lambda view: view.lifetime(),
        lambda view: view.next_due(),
        lambda view: view.alerts(),
        lambda view: view.quote(1),
    ],
)
def test_reads_go_on(read: Callable[..., object]) -> None:
    """A closed wallet can be looked at for ever."""
    closed = after(lambda w: w.close(at=july(3)), wallet=full())

    read(closed.at(july(3)))
    read(closed.at(july(32).replace(year=2126)))
    assert closed.at(july(3)).lifetime().spent == 100
    assert not closed.at(july(3)).can_spend(1)
    assert isinstance(closed.at(july(3)).quote(1).refusal, WalletClosed)
    assert "closed" in repr(closed)


def test_a_closed_wallet_is_rebuilt_from_its_entries() -> None:
    """The last entry says what became of everything."""
    first = opened()
    change = first.wallet.close(at=july(3))

    assert replay([*first.entries, *change.entries]) == change.wallet
