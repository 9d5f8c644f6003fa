"""`advance`: what time does, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.support.rich import after, july, opened
from tokenpurse import Allowance, PayAsYouGo, Plan, Rollover, Wallet, replay
from tokenpurse.entries import PeriodOpened
from tokenpurse.errors import ClockError
from tokenpurse.periods import hours, once


def test_with_nothing_due_nothing_happens() -> None:
    """The very same wallet, however far its clock is behind."""
    wallet = opened().wallet

    for moment in (july(1), july(2), july(32) - timedelta(microseconds=1)):
        change = wallet.advance(moment)
        assert change.wallet is wallet
        assert change.entries == ()
    assert wallet.clock == july(1)


def test_the_reset_happens_at_its_boundary_whenever_it_is_noticed() -> None:
    """The entry's time is the boundary, not the call's."""
    wallet = after(lambda w: w.spend(300, at=july(2)))
    change = wallet.advance(july(40, 7))
    (entry,) = change.entries

    assert isinstance(entry, PeriodOpened)
    assert (entry.at, entry.asked_at, entry.ref, entry.by) == (july(32), None, None, None)
    assert (entry.closed.start, entry.closed.end, entry.period.start) == (july(1), july(32), july(32))
    assert entry.forfeited_by_kind() == {("quota", "tokens"): 700, ("quota", "sms"): 20}
    assert change.wallet.clock == july(32)
    assert (change.view.available(), change.view.usage()) == (1_000, 0)


def test_every_verb_settles_first() -> None:
    """No call of advance is ever needed to spend."""
    spent = after(lambda w: w.spend(1_000, at=july(2))).spend(400, at=july(33))

    assert [type(entry).__name__ for entry in spent.entries] == ["PeriodOpened", "Spent"]
    assert [entry.at for entry in spent.entries] == [july(32), july(33)]
    assert spent.view.available() == 600


@pytest.mark.parametrize("rollovers", [[], [Rollover()], [Rollover(bank_max=2_500)]])
@pytest.mark.parametrize("years", [1, 10, 100])
def test_years_of_silence_are_a_few_entries_and_the_same_as_stepping_through_them(
    rollovers: list[Rollover], years: int
) -> None:
    """Identical periods are one entry with a count; the buckets are those of the single steps."""
    plan = Plan("p", allowances=[Allowance(1_000)], rollovers=rollovers)
    first = Wallet.open(plan, id="acme", at=july(1))
    wallet = first.wallet.spend(300, at=july(2)).wallet
    until = july(1).replace(year=2026 + years)

    at_once = wallet.advance(until)
    stepped = wallet
    while (reset := stepped.at(stepped.clock).next_reset()) is not None and reset <= until:
        stepped = stepped.advance(reset).wallet

    assert len(at_once.entries) <= 10
    assert at_once.view.by_kind() == stepped.at(until).by_kind()
    assert at_once.view.buckets() == stepped.at(until).buckets()
    assert at_once.view.lifetime() == stepped.at(until).lifetime()
    assert sum(entry.count for entry in at_once.entries if isinstance(entry, PeriodOpened)) == 12 * years
    assert replay([*first.entries, *first.wallet.spend(300, at=july(2)).entries, *at_once.entries]) == at_once.wallet


def test_a_period_without_end_never_resets() -> None:
    """Nothing is due, ever, until something has an end of its own."""
    wallet = Wallet.open(Plan("p", allowances=[Allowance(5)], period=once()), id="acme", at=july(1)).wallet

    assert wallet.at(july(1)).next_due() is None
    assert wallet.advance(datetime(2200, 12, 31, tzinfo=UTC)).wallet is wallet
    assert wallet.grant(5, at=july(2), expires=july(9)).view.next_due() == july(9)


def test_the_last_period_of_time_has_no_end() -> None:
    """Nothing is granted beyond 2200, and nothing overflows."""
    last = datetime(2200, 12, 31, 23, 59, 59, tzinfo=UTC)
    change = opened().wallet.advance(last)

    assert change.view.next_reset() is None
    assert change.view.period.start.year == 2200
    assert change.wallet.spend(5, at=last).view.available() == 995


def test_each_missed_statement_is_a_bill_of_its_own() -> None:
    """Only periods with post-paid use have one."""
    plan = Plan("p", pay_as_you_go=[PayAsYouGo(Decimal(1))], period=hours(1))
    wallet = Wallet.open(plan, id="acme", at=july(1)).wallet.spend(3, at=july(1)).wallet

    change = wallet.advance(july(2))

    assert [str(request.statement) for request in change.requests] == ["3.00 USD"]  # type: ignore[union-attr]
    assert len(change.entries) <= 4


def test_time_goes_on_while_frozen_and_stops_when_closed() -> None:
    """Freezing stops spending, closing ends everything."""
    frozen = after(lambda w: w.freeze(at=july(2)))
    closed = after(lambda w: w.close(at=july(2)))

    assert frozen.advance(july(32)).entries
    assert closed.advance(july(32)).wallet is closed
    assert closed.at(july(40)).next_due() is None


def test_a_moment_before_the_clock_is_an_error_beyond_the_tolerance() -> None:
    """Reading is no different from doing."""
    wallet = after(lambda w: w.spend(1, at=july(2)))

    assert wallet.advance(july(2) - timedelta(minutes=5)).wallet is wallet
    with pytest.raises(ClockError):
        wallet.advance(july(2) - timedelta(minutes=5, microseconds=1))
