"""Clocks go back: by a little it is booked at the wallet's clock, by more it is an error."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from tests.support.rich import CALLS, Call, after, july, opened
from tokenpurse import Wallet
from tokenpurse.errors import ClockError

STEP = timedelta(microseconds=1)
NOON = july(2, 12)


def at_noon(wallet: Wallet) -> Wallet:
    """The same wallet with its clock at noon of 2 July."""
    return wallet.grant(1, at=NOON).wallet


LATE = [call for verb, call in CALLS.items() if verb not in {"open", "advance"}]


@pytest.mark.parametrize("call", LATE, ids=str)
def test_within_the_tolerance_a_verb_is_booked_at_the_wallets_clock_and_keeps_both(call: Call) -> None:
    """Five minutes unless set, inclusive."""
    wallet = at_noon(call.wallet())
    asked = NOON - timedelta(minutes=5)

    change = call(wallet, at=asked)

    assert {(NOON, asked)} == {(entry.at, entry.asked_at) for entry in change.entries}
    assert change.wallet.clock == NOON
    on_time = call(wallet, at=NOON)
    assert {(NOON, None)} == {(entry.at, entry.asked_at) for entry in on_time.entries}
    assert change.wallet == on_time.wallet


@pytest.mark.parametrize("call", LATE, ids=str)
def test_beyond_the_tolerance_it_is_an_error(call: Call) -> None:
    """With both moments as attributes; nothing un-expires and nothing resets twice."""
    wallet = at_noon(call.wallet())
    asked = NOON - timedelta(minutes=5) - STEP

    with pytest.raises(ClockError, match="the wallet's clock is 2026-07-02T12:00:00Z already") as caught:
        call(wallet, at=asked)

    assert (caught.value.at, caught.value.clock) == (asked, NOON)
    assert wallet == at_noon(call.wallet())


@pytest.mark.parametrize("tolerance", [timedelta(0), STEP, timedelta(hours=3), timedelta(days=1)])
def test_the_tolerance_is_set_when_the_wallet_opens(tolerance: timedelta) -> None:
    """For verbs and for reads."""
    wallet = at_noon(opened(tolerance=tolerance).wallet)

    assert wallet.spend(1, at=NOON - tolerance).wallet.clock == NOON
    assert wallet.at(NOON - tolerance).at == NOON
    for ask in (
        wallet.at,
        wallet.advance,
        lambda at: wallet.spend(1, at=at),
        lambda at: wallet.spend(1, at=at, ref="r"),
    ):
        with pytest.raises(ClockError):
            ask(NOON - tolerance - STEP)


def test_a_clock_that_goes_back_over_a_reset_resets_once() -> None:
    """Two workers whose clocks differ, at midnight of the 1st."""
    wallet = after(lambda w: w.spend(600, at=july(31)), lambda w: w.spend(100, at=july(32)))
    assert wallet.at(july(32)).available() == 900

    late = wallet.spend(100, at=july(32) - timedelta(minutes=2))

    assert late.view.available() == 800
    assert [type(entry).__name__ for entry in late.entries] == ["Spent"]
    assert late.view.period.start == july(32)


def test_nothing_unexpires() -> None:
    """What ended at noon is gone, whatever the next clock says."""
    wallet = after(lambda w: w.grant(50, at=july(2), expires=NOON), lambda w: w.spend(1, at=NOON))

    assert wallet.at(NOON - timedelta(minutes=1)).available() == 999


def test_the_clock_only_moves_with_an_entry() -> None:
    """Reading and asking in vain leave it where it is."""
    wallet = opened().wallet

    assert wallet.at(july(20)).at == july(20)
    assert wallet.spend(0, at=july(20)).wallet.clock == july(1)
    assert wallet.spend(1, at=july(2)).entries


@pytest.mark.parametrize(
    "moment",
    [
        july(2, 12).astimezone(timezone(timedelta(hours=5, minutes=45))),
        july(2, 12).astimezone(ZoneInfo("America/New_York")),
        datetime(2026, 7, 2, 12, tzinfo=UTC, fold=1),
        datetime(2026, 7, 2, 21, tzinfo=ZoneInfo("Asia/Tokyo"), fold=1),
    ],
)
def test_the_same_instant_in_any_zone_is_the_same_moment(moment: datetime) -> None:
    """Kept in UTC, with microseconds."""
    change = opened().wallet.spend(5, at=moment)
    longer = opened().wallet.spend(5, at=moment, ref="r")

    assert opened().wallet.spend(5, at=NOON).wallet == change.wallet
    assert {(NOON, None)} == {(entry.at, entry.asked_at) for entry in (*change.entries, *longer.entries)}
    assert opened().wallet.spend(5, at=NOON + STEP).wallet.clock - NOON == STEP
