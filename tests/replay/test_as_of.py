"""`as_of`: a wallet as it was at a past moment, from its entries: what was known then, and what time had done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.laws.machine import normal
from tests.laws.stories import stories
from tests.support.rich import PLANS, july, opened
from tokenpurse import Allowance, Catalogue, LateUse, Plan, View, Wallet, as_of, replay
from tokenpurse.errors import ClockError, HistoryError, PlanError, UnknownNameError

MICRO = timedelta(microseconds=1)


def history() -> list[Any]:
    """Opened on 1 July, 400 spent on the 5th, 50 given on the 9th, and on 20 September some more spent."""
    changes = [opened()]
    for verb in (
        lambda wallet: wallet.spend(400, at=july(5)),
        lambda wallet: wallet.grant(50, at=july(9)),
        lambda wallet: wallet.spend(100, at=datetime(2026, 9, 20, tzinfo=UTC)),
    ):
        changes.append(verb(changes[-1].wallet))
    return [entry for change in changes for entry in change.entries]


@pytest.mark.parametrize(
    ("moment", "gauge", "balance"),
    [
        (july(1), "[0/1,000]", 1_000),
        (july(5) - MICRO, "[0/1,000]", 1_000),
        (july(5), "[400/1,000]", 600),
        (july(9) - MICRO, "[400/1,000]", 600),
        (july(31), "[400/1,050]", 650),
        (july(32), "[0/1,050]", 1_050),
        (july(33), "[0/1,050]", 1_050),
        (datetime(2026, 9, 1, tzinfo=UTC), "[0/1,050]", 1_050),
        (datetime(2026, 9, 20, tzinfo=UTC), "[100/1,050]", 950),
        (datetime(2026, 10, 1, tzinfo=UTC), "[0/1,050]", 1_050),
    ],
)
def test_balances_and_gauge_as_of_a_moment(moment: datetime, gauge: str, balance: int) -> None:
    """What took effect at the moment is in it; a reset that nobody has written down yet is in it, too."""
    view = as_of(history(), moment, catalogue=PLANS)
    assert isinstance(view, View)
    assert (gauge, balance, moment) == (str(view.gauge()), view.balance(), view.at)


@pytest.mark.parametrize("which", range(len(stories())))
def test_it_is_what_the_wallet_showed_at_that_moment(which: int) -> None:
    """Half-way between two entries, inside runs of periods too: as a wallet that was advanced to it, then and there."""
    story = stories()[which]
    for at in range(3, len(story.entries), 5):
        moment = story.entries[at - 1].at + (story.entries[at].at - story.entries[at - 1].at) / 2
        known = [entry for entry in story.entries if entry.at <= moment]
        view = as_of(story.entries, moment, catalogue=story.plans)
        again = Wallet._of(story.wallet._base.of(view._book, story.plans))
        then = as_of(known, known[-1].at, catalogue=story.plans)
        stepped = Wallet._of(story.wallet._base.of(then._book, story.plans)).advance(moment).wallet
        assert normal(again) == normal(stepped)


def test_entries_after_the_moment_are_not_looked_at() -> None:
    """Nor is more read than the first of them: a cursor of a database will do."""
    entries = history()
    rest = iter([*entries[:3], entries[-1], "never read"])
    assert as_of(rest, july(20), catalogue=PLANS).balance() == 650
    assert list(rest) == ["never read"]


def test_without_plans_it_shows_what_needs_none() -> None:
    """Up to the first reset since the last entry."""
    assert as_of(history(), july(6)).balance("tokens") == 600
    with pytest.raises(UnknownNameError):
        as_of(history()[:3], july(40))
    assert as_of(history(), july(40)).period.start == july(32)  # written down in September, and true since August


def test_late_use_was_not_known_yet() -> None:
    """Use that is reported on the 9th is of no view of the 5th, whenever it happened."""
    plan = Plan("pro", allowances=[Allowance(100)], late_use=LateUse())
    first = Wallet.open(plan, id="acme", at=july(1))
    late = first.wallet.spend(30, at=july(9), occurred_at=july(3))
    entries = [*first.entries, *late.entries]
    balances = [as_of(entries, july(day), catalogue=Catalogue([plan])).balance() for day in (5, 9)]
    assert balances == [100, 70]


def test_before_the_wallet_was_opened_there_is_none() -> None:
    with pytest.raises(ClockError, match="the wallet was opened at 2026-07-01") as caught:
        as_of(history(), july(1) - MICRO)
    assert (caught.value.at, caught.value.clock) == (july(1) - MICRO, july(1))


@pytest.mark.parametrize("moment", [None, "2026-07-05", datetime(2026, 7, 5), 5])
def test_what_is_no_moment_is_refused(moment: Any) -> None:
    with pytest.raises(ClockError):
        as_of(history(), moment)


@pytest.mark.parametrize(
    ("entries", "position"), [([], 0), (5, 0), ([None], 0), (history()[1:], 0), ([history()[0], *history()[2:]], 1)]
)
def test_what_is_no_history_is_found(entries: Any, position: int) -> None:
    with pytest.raises(HistoryError) as caught:
        as_of(entries, july(32), catalogue=PLANS)
    assert position == caught.value.position


def test_a_catalogue_is_one() -> None:
    with pytest.raises(PlanError, match="it must be a Catalogue"):
        as_of(history(), july(5), catalogue="rich")  # type: ignore[arg-type]  # wrong on purpose


def test_it_goes_on_from_an_earlier_version() -> None:
    """Of a long ledger only what came since a stored wallet is read; before that wallet nothing is known."""
    entries = history()
    earlier = replay(entries[:2])
    view = as_of(entries[2:], july(20), catalogue=PLANS, after=earlier)
    assert view.balance() == as_of(entries, july(20), catalogue=PLANS).balance() == 650
    assert as_of([], july(20), catalogue=PLANS, after=earlier).balance() == 600
    with pytest.raises(ClockError):
        as_of(entries[2:], july(3), catalogue=PLANS, after=earlier)
