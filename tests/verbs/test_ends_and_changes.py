"""What ends at the very moment at which the plan changes: it is over before, and the change takes none of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from tests.laws.machine import normal
from tests.support.ledger import Ledger
from tokenpurse import Alert, Allowance, Catalogue, LateUse, Life, Plan, Renewal, Switch, periods, replay
from tokenpurse import entries as e
from tokenpurse.errors import HistoryError, NotEnough, WalletPaused

START = datetime(2026, 1, 31, 10, 30, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FREE = Plan("free", allowances=[Allowance(7, kind="bonus")], period=periods.subscription_days(3))


def gone(ledger: Ledger, at: datetime) -> dict[str, dict[str, int]]:
    """Sum what went at a moment, by way and kind."""
    found: dict[str, dict[str, int]] = {}
    for entry in ledger.entries:
        for way in ("expired", "forfeited"):
            for loss in getattr(entry, way, ()) if entry.at == at else ():
                kinds = found.setdefault(way, {})
                kinds[loss.kind] = kinds.get(loss.kind, 0) + loss.steps
    return found


def cancelled(*allowances: Allowance, **said: Any) -> Ledger:
    """A plan of three days that is cancelled for its end."""
    plan = Plan(
        "pro",
        allowances=allowances,
        period=periods.subscription_days(3),
        cancels_to="free",
        on_cancel=Switch(when="period_end", **said),
    )
    ledger = Ledger("pro", START, catalogue=Catalogue([plan, FREE]))
    ledger.do("change_plan", "free", at=START + HOUR)
    return ledger


@pytest.mark.parametrize(
    ("allowance", "said", "way"),
    [
        (Allowance(16, kind="daily", every=periods.subscription_days(1)), {"forfeit": {"daily"}}, "expired"),
        (Allowance(16, kind="daily", every=periods.subscription_days(1)), {"trim": {"daily": 3}}, "expired"),
        (Allowance(16, kind="daily", every=periods.subscription_days(1)), {}, "expired"),
        (Allowance(16, kind="daily", given="when_empty", empty={"promo"}), {"forfeit": {"daily"}}, "expired"),
        (Allowance(16, kind="daily", life=Life(days=3)), {"forfeit": {"daily"}}, "expired"),
        (Allowance(16, kind="daily", every=periods.subscription_days(2)), {"forfeit": {"daily"}}, "forfeited"),
    ],
)
def test_what_is_over_with_its_stretch_is_not_forfeited(allowance: Allowance, said: dict[str, Any], way: str) -> None:
    """Only what could be used still is lost by the change; however the wallet was stepped there."""
    ends = START + 3 * DAY
    ledger, stepped = cancelled(allowance, **said), cancelled(allowance, **said)
    ledger.do("advance", at=ends)
    for hours in range(2, 73, 10):
        stepped.do("advance", at=START + hours * HOUR)
    assert gone(ledger, ends) == gone(stepped, ends) == {way: {"daily": 16}}
    assert normal(ledger.wallet) == normal(stepped.wallet)
    assert ledger.wallet.at(ends).by_kind() == {"bonus": 7}


def test_a_trim_counts_only_what_goes_on() -> None:
    """Ten of a grant that ends later are within the bound; sixteen that are over do not push them out."""
    every = Allowance(16, kind="daily", every=periods.subscription_days(1))
    ledger = cancelled(every, trim={"daily": 12})
    ledger.do("grant", 10, at=START + 2 * HOUR, kind="daily", expires=START + 9 * DAY)
    ledger.do("advance", at=START + 3 * DAY)
    assert gone(ledger, START + 3 * DAY) == {"expired": {"daily": 16}}
    assert ledger.wallet.at(ledger.wallet.clock).by_kind() == {"daily": 10, "bonus": 7}


def test_somebody_who_leaves_is_not_told_that_little_is_left() -> None:
    """The stretch ends in the entry that opens the new plan's period: no level dips between them."""
    daily = Allowance(16, kind="daily", every=periods.subscription_days(1))
    plan = Plan(
        "pro",
        allowances=[daily],
        alerts=[Alert("low", "left", below=3)],
        period=periods.subscription_days(3),
        cancels_to="free",
        on_cancel=Switch(when="period_end", forfeit={"daily"}),
    )
    ledger = Ledger("pro", START, catalogue=Catalogue([plan, FREE]))
    ledger.do("change_plan", "free", at=START)
    assert ledger.do("advance", at=START + 3 * DAY).notices == ()


@pytest.mark.parametrize("grace", [3 * HOUR, 3 * DAY])
def test_a_grace_that_ends_with_a_stretch_takes_none_of_it(grace: timedelta) -> None:
    """In mid-period, and where the grace is as long as the period: both end, then the plan, then the period."""
    plan = Plan(
        "pro",
        allowances=[
            Allowance(16, kind="daily", every=periods.hours(3)),
            Allowance(20, kind="lot", life=Life(days=3)),
            Allowance(9, given="on_payment"),
        ],
        renewal=Renewal(grace=grace),
        period=periods.subscription_days(3),
        cancels_to="free",
        on_cancel=Switch(when="now", forfeit={"daily", "lot"}),
    )
    ledger = Ledger("pro", START, catalogue=Catalogue([plan, FREE]))
    ends = START + 3 * DAY + grace
    ledger.do("advance", at=ends)
    lots = 20 if grace == 3 * DAY else 0
    assert gone(ledger, ends)["expired"] == {"daily": 16} | ({"lot": lots} if lots else {})
    assert gone(ledger, ends)["forfeited"] == {"quota": 9} | ({} if lots else {"lot": 20})


def test_a_stretch_is_not_over_because_an_entry_says_so() -> None:
    """What a change forfeits cannot be told as expired, nor what goes on on the same plan."""
    ledger = cancelled(Allowance(16, kind="daily", every=periods.subscription_days(2)), forfeit={"daily"})
    ledger.do("advance", at=START + 3 * DAY)
    *before, opened = [entry for entry in ledger.entries if entry.at <= START + 3 * DAY][:-1]
    assert isinstance(opened, e.PeriodOpened)
    with pytest.raises(HistoryError, match="it lets 1 grants end, and the life of 0 is over"):
        replay([*before, evolve(opened, expired=opened.forfeited, forfeited=())])


def overdue(**plan: Any) -> Ledger:
    """A wallet whose period of ten days was not paid, and that was paused then."""
    paid = Plan(
        "paid",
        allowances=[Allowance(28, given="on_payment", life=Life(days=24))],
        renewal=Renewal(grace=20 * HOUR, rest="locked"),
        period=periods.subscription_days(10),
        **plan,
    )
    ledger = Ledger(paid, START)
    ledger.do("advance", at=START + 11 * DAY)
    return ledger


def test_a_renewal_that_is_paid_a_month_late_in_a_pause_ends_nothing() -> None:
    """The plan's time stands still: what its grants had to live they live after it, and so does what is paid for."""
    ledger = overdue()
    ledger.do("pause", at=START + 12 * DAY)
    (due,) = ledger.wallet.at(ledger.wallet.clock).pending()
    paid = ledger.do("confirm", due, at=START + 45 * DAY, payment="p1")
    assert isinstance(paid.entry, e.Renewed)
    assert paid.view.by_kind() == {"quota": 56}
    ledger.do("resume", at=START + 52 * DAY)
    assert ledger.lots(ledger.wallet.clock) == [(28, START + 64 * DAY), (28, START + 76 * DAY)]
    assert ledger.wallet.at(ledger.wallet.clock).next_reset() == START + 60 * DAY


def test_a_period_that_is_over_is_paid_for_after_the_pause() -> None:
    """No period opens in a pause; resumed, the payment opens the one that runs then."""
    ledger = overdue()
    ledger.do("advance", at=START + 25 * DAY)
    (due,) = ledger.wallet.at(ledger.wallet.clock).pending()
    ledger.do("pause", at=START + 25 * DAY)
    with pytest.raises(WalletPaused, match="is for is over: the next one cannot open") as caught:
        ledger.do("confirm", due, at=START + 26 * DAY, payment="p1")
    assert [remedy.kind for remedy in caught.value.remedies] == ["resume"]
    ledger.do("resume", at=START + 30 * DAY)
    (due,) = ledger.wallet.at(ledger.wallet.clock).pending()
    assert isinstance(ledger.do("confirm", due, at=START + 31 * DAY, payment="p1").entry, e.PeriodOpened)


def test_what_a_count_brings_in_a_pause_lives_as_long_as_any() -> None:
    """Not longer by the paused time before it."""
    plan = Plan("team", allowances=[Allowance(5, per="seats", life=Life(days=4))], period=periods.subscription_days(10))
    ledger = Ledger(plan, START)
    ledger.do("pause", at=START + 2 * DAY)
    ledger.do("set_count", "seats", 1, at=START + 8 * DAY)
    ledger.do("resume", at=START + 9 * DAY)
    assert ledger.lots(ledger.wallet.clock) == [(5, START + 13 * DAY)]


@pytest.mark.parametrize("used", [4, 5])
@pytest.mark.parametrize(
    "allowance",
    [
        Allowance(5, life=Life(days=5)),
        Allowance(5, every=periods.subscription_days(2)),
        Allowance(5, every=periods.subscription_days(2), life=Life(days=5)),
    ],
)
def test_what_comes_back_after_a_pause_is_there_whether_all_was_used_or_not(allowance: Allowance, used: int) -> None:
    """A bucket that is empty lives longer by the paused time, as any other does."""
    plan = Plan("p", allowances=[allowance], period=periods.subscription_days(1))  # as it closes, what is empty goes
    ledger, idle = Ledger(plan, START), Ledger(plan, START)
    spent = ledger.do("spend", used, at=START + HOUR).entry
    for one in (ledger, idle):
        one.do("pause", at=START + DAY + HOUR)
        one.do("resume", at=START + 11 * DAY)
    change = ledger.do("refund", spent, at=START + 11 * DAY + HOUR)
    assert change.view.by_kind() == idle.wallet.at(change.wallet.clock).by_kind()
    ledger.do("advance", at=START + 30 * DAY)


def test_late_use_is_paid_by_what_a_switch_kept_in_part() -> None:
    """What stays of a bucket pays by itself; what was trimmed of it is not there a second time."""
    keeps = Switch(when="period_end", keep={"quota"}, trim={"quota": 12})
    own = LateUse("own", grace=DAY)
    plan = Plan("pro", rank=1, allowances=[Allowance(28)], on_downgrade=keeps, late_use=own, period=periods.once())
    ledger = Ledger("pro", START, catalogue=Catalogue([plan, FREE]))
    opened = ledger.do("change_plan", "free", at=START + DAY).entry
    assert isinstance(opened, e.PeriodOpened)
    assert opened.last is not None
    assert opened.last.rests == ()
    late = ledger.do("spend", 12, at=START + DAY + HOUR, occurred_at=START + HOUR)
    assert late.view.by_kind() == {"bonus": 7}
    with pytest.raises(NotEnough):
        ledger.do("spend", 1, at=START + DAY + HOUR, occurred_at=START + HOUR)
