"""`Plan.term`: paid for a year, granted by the month."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from tests.support.cases import on
from tests.support.told import Told
from tokenpurse import Allowance, Life, Offer, Plan, Renewal, Switch, periods
from tokenpurse.entries import GraceEnded, PeriodOpened, PlanChangeScheduled
from tokenpurse.errors import OutOfBounds, PlanError
from tokenpurse.notices import RenewalDue

YEARLY: dict[str, Any] = {
    "allowances": [Allowance(200)],
    "period": periods.subscription_month(),
    "term": periods.subscription_year(),
    "price": Decimal(120),
}
FREE = Plan("free", allowances=[Allowance(10)], period=periods.subscription_month())


def yearly(**more: Any) -> Told:
    plan = Plan("yearly", **{**YEARLY, "cancels_to": "free", "rank": 1, **more})
    return Told(plan, FREE, at=on(1, 17))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"term": "year"}, "term"),
        ({"term": periods.once()}, "term"),
        ({"term": periods.subscription_month()}, "term"),
        ({"term": periods.calendar_week()}, "term"),
        ({"period": periods.once()}, "term"),
        ({"term": None, "on_cancel": Switch(when="term_end")}, "on_cancel.when"),
        ({"term": None, "offers": [Offer("x", price=Decimal(1), life=Life(terms=1))]}, "life"),
    ],
)
def test_a_term_is_longer_than_the_period_and_whatever_waits_for_it_needs_one(
    fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(PlanError) as caught:
        Plan("p", **{**YEARLY, **fields})

    assert caught.value.field == field


def test_a_year_that_is_paid_grants_by_the_month() -> None:
    """200 on the 17th of each month."""
    told = yearly()

    assert [told.wallet.at(on(month, 17)).available() for month in range(1, 13)] == [200] * 12
    assert told.wallet.at(on(12, 1)).next_reset() == on(12, 17)


class TestRenewal:
    """It is asked for where a term begins, and not in the months between."""

    PAID: ClassVar[dict[str, Any]] = {
        "allowances": [Allowance(200, given="on_payment")],
        "renewal": Renewal(grace=timedelta(days=7)),
    }

    def test_it_is_asked_for_once_a_year_whatever_the_steps(self) -> None:
        """All months between are paid for, also where they pass in one step."""
        for moments in ([on(month, 20) for month in range(2, 13)], []):
            told = yearly(**self.PAID)
            for moment in moments:
                told.take_up(told.wallet.advance(moment))
                assert told.view.available() == 200
            change = told.take_up(told.wallet.advance(on(1, 18, year=2027)))
            [due] = change.requests
            assert isinstance(due, RenewalDue)
            assert due.term is not None
            assert (due.term.start, due.term.end) == (on(1, 17, year=2027), on(1, 17, year=2028))
            assert (due.period.end, str(due.price)) == (on(2, 17, year=2027), "120.00 USD")
            paid = told.take_up(told.wallet.confirm(due, at=on(1, 19, year=2027), payment="p"))
            assert paid.view.available() == 200
            assert told.take_up(told.wallet.advance(on(2, 18, year=2027))).requests == ()

    def test_unpaid_it_ends_the_plan(self) -> None:
        """After the grace, a week into the second year."""
        told = yearly(**self.PAID, upgrades_to=())
        told.take_up(told.wallet.advance(on(2, 1, year=2027)))

        assert (told.view.plan.name, told.view.available()) == ("free", 10)

    def test_without_a_plan_to_go_to_no_period_opens(self) -> None:
        """Until it is paid, and then it is a paid year's."""
        plan = Plan("yearly", **{**YEARLY, **self.PAID})
        told = Told(plan, at=on(1, 17))
        change = told.take_up(told.wallet.advance(on(6, 1, year=2027)))

        assert isinstance(change.entries[-1], GraceEnded)
        [due] = change.requests
        told.take_up(told.wallet.confirm(due, at=on(6, 2, year=2027), payment="p"))
        assert told.view.available() == 200
        assert told.take_up(told.wallet.advance(on(8, 2, year=2027))).requests == ()


class TestTermEnd:
    """What was paid for is used up before the plan changes."""

    def test_a_cancelled_year_goes_on_to_its_end(self) -> None:
        """Twelve months of 200, then the free ten."""
        told = yearly(on_cancel=Switch(when="term_end"))
        change = told.take_up(told.wallet.change_plan("free", at=on(3, 3)))

        assert isinstance(change.entry, PlanChangeScheduled)
        assert (change.entry.due, change.entry.at_term) == (on(1, 17, year=2027), True)
        assert told.wallet.change_plan("free", at=on(3, 3)).entries == ()
        told.take_up(told.wallet.advance(on(4, 3)))
        assert (told.view.plan_next, told.view.available()) == ("free", 200)
        assert told.wallet.at(on(1, 16, year=2027)).available() == 200
        told.take_up(told.wallet.advance(on(1, 17, year=2027)))
        assert (told.view.plan.name, told.view.plan_next, told.view.available()) == ("free", None, 10)

    def test_it_can_be_taken_back_and_brought_forward(self) -> None:
        """To the month's end, by `when`; and an early reset in mid-term brings nothing."""
        told = yearly(on_cancel=Switch(when="term_end"))
        told.take_up(told.wallet.change_plan("free", at=on(3, 3)))
        told.take_up(told.wallet.reset(at=on(3, 4)))
        assert (told.view.plan.name, told.view.plan_next) == ("yearly", "free")
        told.take_up(told.wallet.change_plan("yearly", at=on(3, 5)))
        assert told.view.plan_next is None
        told.take_up(told.wallet.change_plan("free", at=on(3, 5)))
        sooner = told.take_up(told.wallet.change_plan("free", at=on(3, 6), when="period_end"))
        assert isinstance(sooner.entry, PlanChangeScheduled)
        assert sooner.entry.due == told.view.period.end
        told.take_up(told.wallet.advance(on(6, 1)))
        assert told.view.plan.name == "free"

    def test_a_pause_moves_it(self) -> None:
        """While it lasts nobody knows when it is; a month later it is a month later."""
        told = yearly()
        told.take_up(told.wallet.pause(at=on(3, 1)))
        change = told.take_up(told.wallet.change_plan("free", at=on(3, 2), when="term_end"))
        assert isinstance(change.entry, PlanChangeScheduled)
        assert change.entry.due is None
        told.take_up(told.wallet.resume(at=on(3, 31)))
        told.take_up(told.wallet.advance(on(2, 15, year=2027)))
        assert told.view.plan.name == "yearly"
        told.take_up(told.wallet.advance(on(2, 17, year=2027)))
        assert told.view.plan.name == "free"

    @pytest.mark.parametrize(
        ("period", "term", "asked"),
        [
            (periods.calendar_week(), periods.subscription_days(20), (2, 17)),
            (periods.calendar_week(), periods.subscription_days(20), (2, 11)),
            (periods.calendar_month(), periods.subscription_year(), (5, 5)),
            (periods.subscription_days(7), periods.calendar_month(), (2, 27)),
            (periods.hours(5), periods.hours(72), (2, 12)),
        ],
    )
    def test_a_term_that_ends_inside_a_period_is_over_with_that(
        self, period: periods.Schedule, term: periods.Schedule, asked: tuple[int, int]
    ) -> None:
        """The entry says when, and then it happens: not before the term is over, and in no period that was begun."""
        plan = Plan("termed", period=period, term=term)
        told = Told(plan, Plan("next", rank=1), at=on(1, 31, 10, 30))
        change = told.take_up(told.wallet.change_plan("next", at=on(*asked), when="term_end"))
        assert isinstance(change.entry, PlanChangeScheduled)
        due = change.entry.due
        assert due is not None
        assert due >= told.wallet.at(on(*asked)).period.end

        told.take_up(told.wallet.advance(due - timedelta(microseconds=1)))
        assert told.view.plan.name == "termed"
        told.take_up(told.wallet.advance(due))
        assert told.view.plan.name == "next"

    def test_a_term_of_a_plan_that_was_entered_on_the_way_is_not_over_before(self) -> None:
        """The running period is the plan's before: it ends first."""
        first = Plan("a", renewal=Renewal(grace=timedelta(hours=3)), cancels_to="b")
        told = Told(first, Plan("b", period=periods.hours(5), term=periods.hours(72)), at=on(1, 31, 10, 30))
        change = told.take_up(told.wallet.change_plan("a", at=on(2, 12, 12), when="term_end"))
        assert isinstance(change.entry, PlanChangeScheduled)
        assert change.entry.due == on(3, 1)
        assert told.take_up(told.wallet.advance(on(3, 1))).view.plan.name == "a"

    def test_what_never_ends_is_waited_for_all_the_same(self) -> None:
        """After the year 2200 there is no end."""
        told = Told(Plan("yearly", **{**YEARLY, "cancels_to": "free"}), FREE, at=on(3, 1, year=2200))
        change = told.take_up(told.wallet.change_plan("free", at=on(3, 2, year=2200), when="term_end"))
        assert isinstance(change.entry, PlanChangeScheduled)
        assert (change.entry.due, change.view.plan_next) == (None, "free")

    def test_another_plan_in_between_ends_the_wait(self) -> None:
        """It was asked for on the plan that was left."""
        other = Plan("other", allowances=[Allowance(50)], rank=2, period=periods.subscription_month())
        told = Told(Plan("yearly", **{**YEARLY, "cancels_to": "free"}), FREE, other, at=on(1, 17))
        told.take_up(told.wallet.change_plan("free", at=on(3, 3), when="term_end"))
        told.take_up(told.wallet.change_plan("other", at=on(3, 4), when="now"))
        told.take_up(told.wallet.advance(on(3, 4, year=2028)))

        assert told.view.plan.name == "other"

    def test_a_plan_without_a_term_is_paid_by_the_period(self) -> None:
        """So its term ends when the period does; a period without an end has none."""
        told = Told(FREE, Plan("other"), at=on(1, 17))
        change = told.take_up(told.wallet.change_plan("other", at=on(3, 3), when="term_end"))
        assert isinstance(change.entry, PlanChangeScheduled)
        assert (change.entry.due, change.entry.at_term) == (on(3, 17), False)

        endless = Told(Plan("endless", period=periods.once()), FREE)
        with pytest.raises(OutOfBounds, match="when is term_end, but the period has no end"):
            endless.wallet.change_plan("free", at=on(7, 3), when="term_end")

    def test_years_of_silence_are_few_entries(self) -> None:
        """Nothing is asked for without a `Renewal`; with one, it ends the plan."""
        told = yearly()
        change = told.take_up(told.wallet.advance(on(1, 18, year=2126)))

        assert [type(entry) for entry in change.entries] == [PeriodOpened]
        told = yearly(on_cancel=Switch(when="term_end"))
        told.take_up(told.wallet.change_plan("free", at=on(3, 3)))
        assert len(told.take_up(told.wallet.advance(on(1, 18, year=2126))).entries) <= 4


class TestOnce:
    """A free year that is had once."""

    FREE_YEAR = Plan("free_year", **{**YEARLY, "price": None, "once": True, "cancels_to": "free"})

    @pytest.mark.parametrize("steps", [1, 30])
    def test_it_lasts_a_term_and_leads_on(self, steps: int) -> None:
        """Twelve grants of 200, in as many steps as one likes, and then it is over for good."""
        told = Told(self.FREE_YEAR, FREE, at=on(1, 17))
        assert told.view.plan_next == "free"
        for step in range(1, steps + 1):
            told.take_up(told.wallet.advance(on(1, 17) + step * (timedelta(days=364) / steps)))
        assert (told.view.plan.name, told.view.plan_next, told.view.available()) == ("free_year", "free", 200)
        told.take_up(told.wallet.advance(on(1, 17, year=2027)))

        assert (told.view.plan.name, told.view.plan_next, told.view.available()) == ("free", None, 10)
        with pytest.raises(OutOfBounds, match="is for once"):
            told.wallet.change_plan("free_year", at=on(2, 1, year=2027))


class TestPrices:
    """The plan's price is for the term."""

    BIG = Plan("big", **{**YEARLY, "price": Decimal(240), "rank": 2, "allowances": [Allowance(500)]})
    MONTHLY = Plan("monthly", **{**YEARLY, "price": Decimal(30), "rank": 3, "term": None})

    def test_what_is_left_of_a_year_is_worth_its_share(self) -> None:
        """Half a year before its end: 60 of 120 back, 120 of 240 to pay; of a month its rest."""
        told = Told(Plan("yearly", **YEARLY), self.BIG, self.MONTHLY, at=on(1, 1))
        for target, charge in (("big", "120.00 USD"), ("monthly", "30.00 USD")):
            change = told.wallet.change_plan(target, at=on(7, 2, 12), when="now")
            proration = getattr(change.entry, "proration", None)
            assert proration is not None
            assert str(proration.credit) == "60.00 USD"
            if target == "big":
                assert str(proration.charge) == charge
            else:
                assert str(proration.charge) == "28.55 USD"  # 29.5 of July's 31 days

    def test_a_term_that_ends_after_all_time_is_paid_whole(self) -> None:
        """It has no share of what is left."""
        told = Told(Plan("yearly", **YEARLY), self.BIG, at=on(3, 1, year=2200))
        change = told.wallet.change_plan("big", at=on(3, 5, year=2200), when="now")
        proration = getattr(change.entry, "proration", None)

        assert proration is not None
        assert (str(proration.credit), str(proration.charge)) == ("120.00 USD", "240.00 USD")

    @pytest.mark.parametrize(
        ("life", "ends"),
        [
            (Life(terms=1), on(1, 17, year=2027)),
            (Life(terms=2), on(1, 17, year=2028)),
            (Life(days=90, counted_from="renewal"), on(4, 17, year=2027)),
        ],
    )
    def test_what_is_bought_may_end_with_what_was_paid_for(self, life: Life, ends: Any) -> None:
        """With the year, or some days after the next one is paid."""
        told = yearly(offers=[Offer("x", price=Decimal(1), life=life)])
        change = told.take_up(told.wallet.top_up("x", 5, at=on(5, 5), payment="p"))

        assert change.view.buckets()[-1].expires == ends
