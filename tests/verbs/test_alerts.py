"""Alerts: lines at each multiple, lines on what ends soon, and notices of a recovery."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from tests.support.cases import on
from tests.support.told import Told
from tokenpurse import Alert, Allowance, Bound, Change, Limit, Offer, Plan
from tokenpurse.entries import Expired, PeriodOpened, Reminded, Spent
from tokenpurse.errors import HistoryError
from tokenpurse.replay import replay


def alerting(*alerts: Alert, size: int = 100, **more: Any) -> Told:
    return Told(Plan("p", allowances=[Allowance(size)], alerts=alerts, **more))


def said(change: Change) -> list[tuple[str, Any, Any]]:
    return [(notice.id, notice.figure, notice.line) for notice in change.notices]


class TestEvery:
    """A line at each whole multiple of an amount."""

    def test_each_multiple_is_a_line_and_one_notice_tells_the_highest(self) -> None:
        """25, then 49 with nothing new, then 50 exactly, then over two lines at once."""
        told = alerting(Alert("used", "used", every=25), size=1_000)

        found = [said(told.take_up(told.wallet.spend(amount, at=on(7, 2)))) for amount in (24, 1, 24, 1, 80)]

        assert found == [[], [("used#1", 25, 25)], [], [("used#2", 50, 50)], [("used#3", 130, 125)]]

    def test_the_way_a_spend_is_split_leaves_the_lines_where_they_are(self) -> None:
        """Token by token the same notices go out, at the very tokens that reach them."""
        told = alerting(Alert("used", "used", every=Bound("allowance", Decimal("0.035"))))

        figures = [n.figure for _ in range(36) for n in told.take_up(told.wallet.spend(1, at=on(7, 2))).notices]

        assert figures == [4, 7, 11, 14, 18, 21, 25, 28, 32, 35]

    def test_a_reset_begins_anew_and_what_is_given_back_tells_nothing_twice(self) -> None:
        """30 of 40 come back and are used again: no second notice; in August there is one."""
        told = alerting(Alert("used", "used", every=25))
        spent = told.take_up(told.wallet.spend(40, at=on(7, 2)))
        assert isinstance(spent.entry, Spent)

        assert told.take_up(told.wallet.refund(spent.entry, 30, at=on(7, 3), ref="r")).notices == ()
        assert told.take_up(told.wallet.spend(30, at=on(7, 3))).notices == ()
        assert told.wallet.at(on(7, 3)).alerts() == ("used",)
        assert said(told.take_up(told.wallet.spend(26, at=on(8, 3)))) == [("used#2", 26, 25)]

    def test_a_share_of_nothing_has_no_multiples(self) -> None:
        """No limit is set, so there is no tenth of it; then there is."""
        told = alerting(Alert("used", "used", every=Bound("limit", Decimal("0.1"))), limits=[Limit("cap")], size=1_000)

        assert told.take_up(told.wallet.spend(30, at=on(7, 2))).notices == ()
        assert said(told.take_up(told.wallet.set_limit("cap", 100, at=on(7, 2)))) == [("used#1", 30, 30)]


class TestRecovered:
    """The notice goes out when the figure is back on the good side."""

    PLAN = (Alert("back", "left", below=20, when="recovered"), Alert("low", "left", below=20))

    def test_a_grant_recovers_and_use_does_not(self) -> None:
        """Below 20 only the other alert speaks; 30 more, and this one does."""
        told = alerting(*self.PLAN)

        assert said(told.take_up(told.wallet.spend(90, at=on(7, 2)))) == [("low#1", 10, 19)]
        assert said(told.take_up(told.wallet.grant(30, at=on(7, 3), ref="g"))) == [("back#1/recovered", 40, 19)]
        assert said(told.take_up(told.wallet.spend(30, at=on(7, 4)))) == [("low#2", 10, 19)]
        assert said(told.take_up(told.wallet.advance(on(8, 1)))) == [("back#2/recovered", 110, 19)]

    def test_use_that_is_given_back_recovers_nothing(self) -> None:
        """A refund does not re-arm a line, so it does not tell of a recovery."""
        told = alerting(*self.PLAN)
        spent = told.take_up(told.wallet.spend(90, at=on(7, 2)))
        assert isinstance(spent.entry, Spent)

        assert told.take_up(told.wallet.refund(spent.entry, 50, at=on(7, 3), ref="r")).notices == ()

    def test_years_of_silence_recover_once(self) -> None:
        """In the entry of the first reset."""
        told = alerting(*self.PLAN)
        told.take_up(told.wallet.spend(90, at=on(7, 2)))
        change = told.take_up(told.wallet.advance(on(7, 2, year=2090)))

        assert [notice.id for notice in change.notices] == ["back#1/recovered"]
        assert len(change.entries) <= 3


class TestExpiring:
    """Buckets with an end of their own, some time before it."""

    SOON = Alert("soon", "expiring", within=timedelta(days=7))

    def test_it_is_told_once_at_its_moment_with_what_is_left_then(self) -> None:
        """Two end together, one later, one has nothing left; the quota ends with its period and is not among them."""
        told = alerting(self.SOON)
        for kind, amount, day in (("promo", 30, 20), ("gift", 12, 20), ("bonus", 5, 21), ("used", 8, 20)):
            told.take_up(told.wallet.grant(amount, kind=kind, at=on(7, 1), expires=on(7, day), ref=kind))
        told.take_up(told.wallet.spend(8 + 100 + 10, at=on(7, 2)))
        assert told.wallet.at(on(7, 12)).next_due() == on(7, 13)

        change = told.take_up(told.wallet.advance(on(7, 16)))

        assert [(type(entry), entry.at) for entry in change.entries] == [(Reminded, on(7, 13)), (Reminded, on(7, 14))]
        first = change.entries[0]
        assert isinstance(first, Reminded)
        left = {bucket.id: bucket.left for bucket in change.view.buckets() if bucket.id in first.buckets}
        assert change.notices[0].figure == sum(left.values())
        assert change.notices[0].id == "soon:20260720T000000.000000Z"
        assert change.view.alerts() == ("soon",)
        assert told.wallet.at(on(7, 22)).alerts() == ()
        assert told.take_up(told.wallet.advance(on(7, 17))).entries == ()

    def test_what_is_made_later_than_its_moment_is_told_of_by_nobody(self) -> None:
        """A gift for two days ends within seven of them from the start: it is shown, not sent."""
        told = alerting(self.SOON)
        change = told.take_up(told.wallet.grant(5, at=on(7, 1), expires=on(7, 3), ref="g"))

        assert (change.notices, change.view.alerts()) == ((), ("soon",))
        assert [type(entry) for entry in told.take_up(told.wallet.advance(on(7, 9))).entries] == [Expired]

    def test_what_is_extended_is_told_of_again(self) -> None:
        """Its line moves with its end."""
        told = alerting(self.SOON)
        bucket = told.take_up(told.wallet.grant(5, at=on(7, 1), expires=on(7, 20), ref="g")).view.buckets()[-1]
        told.take_up(told.wallet.advance(on(7, 14)))
        told.take_up(told.wallet.extend(bucket.id, on(7, 28), at=on(7, 14)))

        assert [n.at for n in told.take_up(told.wallet.advance(on(7, 28))).notices] == [on(7, 21)]

    @pytest.mark.parametrize(
        ("alert", "names"),
        [
            (Alert("a", "expiring", within=timedelta(days=3), kinds={"gift"}), []),
            (Alert("a", "expiring", within=timedelta(days=3), unit="USD"), []),
            (Alert("a", "expiring", within=timedelta(days=3), notify=False), []),
            (Alert("a", "expiring", within=timedelta(days=3), kinds={"promo"}), ["a"]),
        ],
    )
    def test_only_what_it_is_about_counts(self, alert: Alert, names: list[str]) -> None:
        """By kind and by unit; a badge is not sent."""
        told = alerting(alert, offers=[Offer("x", unit="USD", price=Decimal(1))], kinds={"gift"})
        told.take_up(told.wallet.grant(5, at=on(7, 1), expires=on(7, 20), ref="g"))

        assert [n.name for n in told.take_up(told.wallet.advance(on(7, 19))).notices] == names
        assert (told.wallet.at(on(7, 19)).alerts() == ("a",)) is (bool(names) or not alert.notify)

    def test_at_one_moment_it_comes_before_all_else(self) -> None:
        """The period opens seven days before the end: both happen, the reminder first."""
        told = alerting(self.SOON)
        told.take_up(told.wallet.grant(5, at=on(7, 1), expires=on(8, 8), ref="g"))

        change = told.take_up(told.wallet.advance(on(8, 1)))

        assert [type(entry) for entry in change.entries] == [Reminded, PeriodOpened]

    def test_it_is_told_in_the_middle_of_idle_years(self) -> None:
        """Three entries of resets and two of the bucket, not one for each month."""
        told = alerting(self.SOON)
        told.take_up(told.wallet.grant(5, at=on(7, 1), expires=on(7, 20, year=2050), ref="g"))
        change = told.take_up(told.wallet.advance(on(7, 1, year=2090)))

        assert [n.at for n in change.notices] == [on(7, 13, year=2050)]
        assert len(change.entries) <= 8

    def test_a_closed_wallet_reminds_nobody(self) -> None:
        """Nothing of it ends any more."""
        told = alerting(self.SOON)
        told.take_up(told.wallet.grant(5, at=on(7, 1), expires=on(7, 20), ref="g"))
        told.take_up(told.wallet.close(at=on(7, 2), ref="bye"))

        assert told.wallet.at(on(7, 14)).alerts() == ()

    @pytest.mark.parametrize(
        "change", [{"figure_steps": 6}, {"figure_steps": 0}, {"id": "soon:other"}, {"at": on(7, 12)}]
    )
    def test_a_history_with_another_notice_is_refused(self, change: dict[str, Any]) -> None:
        """It is of buckets that end then, and of no more than they held."""
        told = alerting(self.SOON)
        told.take_up(told.wallet.grant(5, at=on(7, 1), expires=on(7, 20), ref="g"))
        told.take_up(told.wallet.advance(on(7, 14)))
        last = told.entries[-1]

        with pytest.raises(HistoryError, match="notice"):
            replay([*told.entries[:-1], evolve(last, notices=(evolve(last.notices[0], **change),))])


def test_two_plans_that_share_an_alerts_name_share_no_notice() -> None:
    """On one it tells of the crossing, on the other of the recovery: both have an id of their own."""
    crossed = Plan("c", allowances=[Allowance(50)], alerts=[Alert("low", "left", below=26)], cancels_to="b")
    back = Plan("b", allowances=[Allowance(50)], alerts=[Alert("low", "left", below=28, when="recovered")])
    told = Told(crossed, back)
    first = told.take_up(told.wallet.spend(40, at=on(7, 2)))
    told.take_up(told.wallet.change_plan("b", at=on(7, 3), when="now"))
    second = told.take_up(told.wallet.grant(30, at=on(7, 4), ref="g"))

    assert [n.id for n in (*first.notices, *second.notices)] == ["low#1", "low#1/recovered"]
