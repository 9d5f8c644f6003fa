"""Ends, order of use, and what is carried over: F42 to F48."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.cases import holding, lefts, on, opened_on
from tokenpurse import Alert, Allowance, Balance, Bound, Limit, Plan, Price, Renewal, Rollover, periods, policies
from tokenpurse.entries import Expired, PeriodOpened
from tokenpurse.errors import LimitReached, NotEnough, PlanError

MICRO = timedelta(microseconds=1)


def test_f42_what_has_ended_cannot_be_spent_though_no_job_ran() -> None:
    """vm0 #10299, fountain #1126: until a job swept it away it could be spent, and was shown."""
    wallet = holding(Balance("promo", 100, expires=on(7, 10)), 30)

    assert wallet.at(on(7, 10) - MICRO).available() == 130
    assert wallet.at(on(7, 10)).available() == 30
    assert not wallet.at(on(7, 10)).can_spend(31)
    with pytest.raises(NotEnough) as refused:
        wallet.spend(31, at=on(7, 10))
    assert (refused.value.available, wallet.version) == (30, 1)


def test_f43_an_end_takes_nothing_but_its_own_rest() -> None:
    """Fountain #1126: the end of a gift of 100, of which 60 were spent, took 100 of what was there."""
    wallet = holding(Balance("promo", 100, expires=on(7, 10)), Balance("top_up", 500)).spend(60, at=on(7, 2)).wallet

    change = wallet.advance(on(7, 10))
    (entry,) = change.entries

    assert isinstance(entry, Expired)
    assert [(loss.kind, loss.amount, loss.left) for loss in entry.expired] == [("promo", 40, 0)]
    assert change.view.by_kind() == {"top_up": 500}
    assert change.view.lifetime().spent == 60


def test_f44_no_read_still_shows_what_has_ended() -> None:
    """Kilo-Org/cloud #4369: the balance was right, and the page beside it counted what was gone."""
    view = holding(Balance("promo", 100, expires=on(7, 10)), 30, alerts=[Alert("low", "left", below=31)]).at(on(7, 10))

    assert view.available() == view.balance() == view.gauge().size == sum(lefts(view)) == 30
    assert view.by_kind() == {"promo": 30}
    assert view.alerts() == ("low",)


def test_f45_the_order_is_total() -> None:
    """Autumn #2508: what ends later was used first. Ours: priority where asked for, end, age, and at last the id."""
    lots = [
        Balance("promo", 10),
        Balance("promo", 10, expires=on(9, 1)),
        Balance("promo", 10, expires=on(8, 1), issued=on(6, 2)),
        Balance("promo", 10, expires=on(8, 1), issued=on(6, 1)),
        Balance("promo", 10, priority=0, expires=on(8, 1), issued=on(6, 2)),
    ]
    wallet = holding(*lots, draw=policies.soonest_expiring)
    order = []
    for _ in lots:
        before = lefts(wallet.at(on(7, 2)))
        wallet = wallet.spend(10, at=on(7, 2)).wallet
        order.append([was - now for was, now in zip(before, lefts(wallet.at(on(7, 2))), strict=True)].index(10))
    assert order == [3, 2, 4, 1, 0]

    first = holding(
        Balance("promo", 10, expires=on(8, 1), priority=2), Balance("promo", 10, priority=1), draw=policies.by_priority
    )
    assert lefts(first.spend(10, at=on(7, 2)).view) == [10, 0]


def test_f46_the_cap_is_on_all_that_is_carried() -> None:
    """Autumn #2022: carried by the hour and for ever, each hour had a cap and all of them together none."""
    plan = Plan("p", allowances=[Allowance(100)], rollovers=[Rollover(bank_max=1_250)], period=periods.hours(1))
    wallet = opened_on(plan)

    banks = [wallet.at(on(7, 1, hour)).by_kind().get("rollover", 0) for hour in range(24)]
    assert banks == [min(100 * hour, 1_250) for hour in range(24)]
    assert wallet.at(on(7, 1, year=2036)).balance() == 1_350
    (entry,) = wallet.advance(on(7, 1, 13)).wallet.advance(on(7, 1, 14)).entries
    assert isinstance(entry, PeriodOpened)
    assert entry.forfeited_by_kind() == {("quota", "tokens"): 100}


def test_f47_nothing_and_zero_are_two_answers() -> None:
    """Autumn #2712: a cap of 0 wiped what was there; ac26721ee: a cost of 0 was charged as 1. Lago #4929."""
    for bank_max, carried in ((0, {}), (None, {"rollover": 100}), (Bound("allowance", 0), {})):
        plan = Plan("p", allowances=[Allowance(100)], rollovers=[Rollover(bank_max=bank_max)])
        assert opened_on(plan).at(on(8, 1)).by_kind() == {"quota": 100, **carried}

    granted = [Allowance(100)]
    capped = holding(allowances=granted, limits=[Limit("cap", 0)])
    free = holding(allowances=granted, limits=[Limit("cap")], prices=[Price("search", 0, unit="tokens")])
    assert (capped.at(on(7, 1)).limit(), free.at(on(7, 1)).limit()) == (0, None)
    assert (capped.at(on(7, 1)).available(), free.at(on(7, 1)).available()) == (0, 100)
    with pytest.raises(LimitReached):
        capped.spend(1, at=on(7, 2))
    assert free.spend(5, "search", at=on(7, 2)).wallet is free
    assert holding(allowances=[Allowance(0)]).at(on(7, 1)).available() == 0


def test_f48_renewals_do_not_pile_up() -> None:
    """usage_credits dbf3f3d: a grace of more than a period let the next renewal come before the last was over."""
    day = timedelta(days=1)
    with pytest.raises(PlanError, match="it must be at most 28 days"):
        Plan("p", renewal=Renewal(grace=28 * day + MICRO))

    longest = Plan("p", renewal=Renewal(grace=28 * day), allowances=[Allowance(100, given="on_payment")])
    wallet = opened_on(longest)
    assert len(wallet.at(on(8, 20)).pending()) == 1
    change = wallet.advance(datetime(2036, 1, 1, tzinfo=UTC))
    assert [type(entry).__name__ for entry in change.entries] == ["PeriodOpened", "GraceEnded"]
    assert len(change.view.pending()) == 1
    assert change.view.balance() == 0
