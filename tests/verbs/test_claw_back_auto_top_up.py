"""A claw-back beside auto top-up: whose money went back is not charged anew for what is missing then."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.support.cases import on
from tests.support.told import Told
from tokenpurse import Allowance, AutoTopUp, Change, Offer, Plan, Wallet, replay, transfer
from tokenpurse import entries as e

PACK = Offer("pack", price=Decimal(9), pack=1_000, bonus=100)
AGENT = Plan(
    "agent",
    allowances=[Allowance(100)],
    offers=[PACK],
    auto_top_up=AutoTopUp("pack", cool_down=timedelta(hours=6), attempts=2),
)


def bought() -> Wallet:
    """A wallet whose auto top-up bought a pack: 1,000 and a bonus of 100, for 9 dollars."""
    wallet = Wallet.open(AGENT, id="acme", at=on(7, 1)).wallet
    asked = wallet.set_auto_top_up(threshold=200, purchase=1_000, at=on(7, 1), by="owner")
    return asked.wallet.confirm(asked.requests[0], at=on(7, 2), payment="pay").wallet


def off(change: Change) -> str | None:
    setting = change.view.auto_top_up
    assert setting is not None
    return None if setting.off is None else setting.off.why


@pytest.mark.parametrize("used", [0, 900, 1_200])
@pytest.mark.parametrize("refunded", [None, Decimal("4.50")])
def test_what_was_paid_for_goes_and_nothing_is_asked_for(used: int, refunded: Decimal | None) -> None:
    """Neither at once, nor when time passes, nor when more is used."""
    wallet = bought()
    if used:
        wallet = wallet.spend(used, at=on(7, 3)).wallet
        for charge in wallet.at(on(7, 3)).pending():
            wallet = wallet.decline(charge, at=on(7, 3)).wallet
    at = on(7, 3) + timedelta(hours=1)
    change = wallet.claw_back("pay", refunded=refunded, at=at, ref="dispute")
    assert (change.requests, off(change), change.view.pending()) == ((), "clawed_back", ())
    assert isinstance(change.entry, e.ClawedBack)
    assert change.entry.off == e.AutoTopUpOff(at, "clawed_back")
    later = change.wallet.spend(50, at=on(7, 20), overdraw=True)
    assert (later.requests, later.wallet.advance(on(9, 1)).requests) == ((), ())


def test_the_customer_turns_it_on_again() -> None:
    """As it was chosen; it asks at once, as the level is low."""
    disputed = bought().claw_back("pay", at=on(7, 4)).wallet
    again = disputed.set_auto_top_up(enabled=True, at=on(7, 5), by="owner")
    assert ([one.id for one in again.requests], off(again)) == (["charge:2"], None)


def test_a_dispute_that_is_won_leaves_it_off() -> None:
    """Nobody was asked whether the card may be charged again."""
    won = bought().claw_back("pay", at=on(7, 4)).wallet.reinstate("pay", at=on(7, 9))
    assert (off(won), won.view.by_kind()) == ("clawed_back", {"quota": 100, "top_up": 1_000, "promo": 100})


def test_a_report_that_does_nothing_leaves_it_on() -> None:
    """A copy of the old one, after the customer turned it on again."""
    disputed = bought().claw_back("pay", at=on(7, 4), ref="dispute").wallet
    again = disputed.set_auto_top_up(enabled=True, at=on(7, 5), by="owner").wallet
    for ref in ("dispute", None):
        copy = again.claw_back("pay", at=on(7, 6), ref=ref)
        assert (copy.entries, off(copy)) == ((), None)


@pytest.mark.parametrize("named", ["sorry", "bonus"])
def test_what_nobody_paid_for_leaves_it_on(named: str) -> None:
    """A gift, or a bonus by itself: what is missing then is asked for as ever."""
    wallet = bought().grant(300, at=on(7, 3), ref="sorry").wallet
    (bonus,) = [one.id for one in wallet.at(on(7, 3)).buckets() if one.kind == "promo" and one.payment == "pay"]
    change = wallet.claw_back(bonus if named == "bonus" else named, at=on(7, 4))
    assert isinstance(change.entry, e.ClawedBack)
    assert (change.entry.off, off(change)) == (None, None)
    low = change.wallet.spend(change.view.balance() - 150, at=on(7, 5))
    assert [one.id for one in low.requests] == ["charge:2"]


def test_what_turned_it_off_before_stays() -> None:
    """Of two reasons the first."""
    wallet = bought().spend(1_100, at=on(7, 3)).wallet.decline("charge:2", at=on(7, 3), hard=True).wallet
    change = wallet.claw_back("pay", at=on(7, 4))
    assert isinstance(change.entry, e.ClawedBack)
    assert (change.entry.off, off(change)) == (None, "declined_hard")


def test_where_there_is_none_nothing_is_turned_off() -> None:
    """Never chosen, or turned off by the customer."""
    never = Wallet.open(AGENT, id="acme", at=on(7, 1)).wallet.top_up("pack", 1_000, at=on(7, 1), payment="pay").wallet
    for wallet in (never, bought().set_auto_top_up(enabled=False, at=on(7, 3)).wallet):
        change = wallet.claw_back("pay", at=on(7, 4))
        assert isinstance(change.entry, e.ClawedBack)
        assert (change.entry.off, change.view.auto_top_up) == (None, None)


def test_a_charge_that_was_asked_for_before_stays() -> None:
    """It may be under way: paid, it makes its bucket, and no other follows; a cool-down's end counts as before, too."""
    resting = bought().spend(1_100, at=on(7, 3)).wallet.decline("charge:2", at=on(7, 3)).wallet
    late = resting.claw_back("pay", at=on(7, 4))
    assert [(type(entry).__name__, entry.at) for entry in late.entries] == [
        ("ChargeRequested", on(7, 3) + timedelta(hours=6)),
        ("ClawedBack", on(7, 4)),
    ]
    low = bought().spend(1_100, at=on(7, 3)).wallet
    change = low.claw_back("pay", at=on(7, 4))
    assert ([one.id for one in change.view.pending()], change.requests) == (["charge:2"], ())
    assert change.view.debt() == 1_000
    paid = change.wallet.confirm("charge:2", at=on(7, 5), payment="p2")
    assert (paid.requests, paid.view.debt(), off(paid)) == ((), 0, "clawed_back")


def test_a_bought_bucket_that_travelled_turns_it_off_at_the_taker_as_well() -> None:
    """Its price travelled with it."""
    taker = Wallet.open(AGENT, id="ben", at=on(7, 1)).wallet.set_auto_top_up(threshold=50, purchase=1_000, at=on(7, 1))
    gift = transfer(bought(), taker.wallet, 500, at=on(7, 3), ref="gift").taker.wallet
    change = gift.claw_back("pay", at=on(7, 4))
    assert (change.requests, off(change)) == ((), "clawed_back")


def test_its_entries_tell_it() -> None:
    """Replay rebuilds the wallet after each."""
    told = Told(AGENT).do("set_auto_top_up", threshold=50, purchase=1_000, at=on(7, 1))
    told.do("top_up", "pack", 1_000, at=on(7, 1), payment="pay").do("claw_back", "pay", at=on(7, 2))
    told.do("set_auto_top_up", enabled=True, at=on(7, 3)).do("reinstate", "pay", at=on(7, 4))
    assert replay(told.entries) == told.wallet
