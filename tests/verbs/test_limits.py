"""Limits of every kind: over the period, a schedule or a rolling window, per label value, on tokens and on money."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.rich import july
from tokenpurse import (
    Alert,
    Allowance,
    Bound,
    Catalogue,
    Limit,
    Offer,
    PayAsYouGo,
    Plan,
    Price,
    Wallet,
    periods,
    replay,
)
from tokenpurse.entries import Counted, Spent
from tokenpurse.errors import AmountError, LimitReached, NotEnough, OutOfBounds, PlanError, UnknownNameError

ANN, BEN = {"member": "ann"}, {"member": "ben"}
HOUR = timedelta(hours=1)


def limited(*limits: Limit, **more: Any) -> Wallet:
    """A wallet of 10,000 tokens with these limits."""
    plan = Plan("p", **{"allowances": [Allowance(10_000)], **more}, limits=limits)
    return Wallet.open(plan, id="acme", at=july(1)).wallet


def reached(call: Callable[[], object]) -> LimitReached:
    with pytest.raises(LimitReached) as caught:
        call()
    return caught.value


# -- stretches of time -------------------------------------------------------------------------------------------------

DAILY = Limit("cap", 300, every=periods.calendar_day())
FIVE_HOURS = Limit("cap", 300, window=5 * HOUR)


@pytest.mark.parametrize(
    ("limit", "uses", "expected"),
    [
        pytest.param(
            Limit("cap", 300), [(july(2), 100), (july(9), 50)], {july(31, 23): 150, july(32): 300}, id="period"
        ),
        pytest.param(DAILY, [(july(2, 3), 100)], {july(2, 23, 59): 200, july(3): 300}, id="day"),
        pytest.param(
            Limit("cap", 300, every=periods.calendar_day(zone="Asia/Tokyo")),
            [(july(2, 3), 100)],
            {july(2, 14, 59): 200, july(2, 15): 300},
            id="day in a zone of its own",
        ),
        pytest.param(
            Limit("cap", 300, every=periods.calendar_year()),
            [(july(2), 100), (july(32), 100)],
            {july(40): 100, datetime(2027, 1, 1, tzinfo=july(1).tzinfo): 300},
            id="longer than the period",
        ),
        pytest.param(Limit("cap", 300, every=periods.once()), [(july(2), 100)], {july(60): 200}, id="once and for all"),
        pytest.param(FIVE_HOURS, [(july(2, 3), 100)], {july(2, 7, 59): 200, july(2, 8): 300}, id="rolling"),
        pytest.param(
            FIVE_HOURS,
            [(july(2, 3), 100), (july(2, 7), 100), (july(2, 9), 50)],
            {july(2, 13, 59): 250, july(2, 14): 300},
            id="rolling: the next starts with the next use",
        ),
        pytest.param(FIVE_HOURS, [(july(31, 22), 100)], {july(32): 200, july(32, 3): 300}, id="rolling across a reset"),
    ],
)
def test_a_limit_lets_its_amount_through_in_each_stretch(
    limit: Limit, uses: list[tuple[datetime, int]], expected: dict[datetime, int]
) -> None:
    """Half-open: at the very end all of it is there again."""
    wallet = limited(limit)
    for at, amount in uses:
        wallet = wallet.spend(amount, at=at).wallet
    assert {at: wallet.at(at).available() for at in expected} == expected
    for at, available in expected.items():
        assert wallet.spend(available, at=at).entries
        assert reached(lambda at=at, available=available: wallet.spend(available + 1, at=at)).limit == "cap"  # type: ignore[misc]


def test_a_window_that_nobody_ends_is_not_begun_again() -> None:
    """What was asked and refused starts nothing, and neither does a quote or a free action."""
    wallet = limited(FIVE_HOURS, prices=[Price("search", 0, unit="tokens")])
    reached(lambda: wallet.spend(301, at=july(2, 1)))
    assert wallet.at(july(2, 1)).quote(5).ok
    wallet = wallet.spend(0, at=july(2, 1)).wallet.spend(100, at=july(2, 2)).wallet
    assert (wallet.at(july(2, 6, 59)).available(), wallet.at(july(2, 7)).available()) == (200, 300)


def test_the_tightest_of_several_limits_is_the_one_that_is_named() -> None:
    """All have a say; what lets the least through says no, and partial takes what it lets through."""
    wallet = limited(Limit("month", 500), Limit("day", 300, every=periods.calendar_day()), FIVE_HOURS)
    wallet = wallet.spend(250, at=july(2, 1)).wallet
    assert reached(lambda: wallet.spend(60, at=july(2, 2))).limit == "day"  # both let 50 through, the plan has it first
    assert reached(lambda: wallet.spend(301, at=july(3))).limit == "month"
    assert wallet.spend(301, at=july(3), partial=True).moved == {"tokens": 250}
    assert wallet.spend(301, at=july(2, 2), partial=True).moved == {"tokens": 50}


def test_overdraw_goes_past_every_limit_and_is_counted() -> None:
    """What has happened has happened; from then on there is no room."""
    wallet = limited(DAILY, Limit("each", 100, per="member")).spend(500, at=july(2), overdraw=True, labels=ANN).wallet
    assert wallet.at(july(2)).available(labels=BEN) == 0
    assert wallet.at(july(3)).available(labels=ANN) == 0
    assert wallet.at(july(3)).available(labels=BEN) == 100


def test_a_reset_by_hand_starts_the_period_and_no_other_stretch() -> None:
    """The period's own counts are anew, what has a time of its own goes on."""
    wallet = limited(Limit("month", 400), Limit("each", 350, per="member"), DAILY)
    wallet = wallet.spend(200, at=july(2), labels=ANN).wallet.reset(at=july(2, 1)).wallet
    view = wallet.at(july(2, 1))
    assert (view.usage(), view.available(labels=ANN)) == (0, 100)
    assert wallet.at(july(3)).available(labels=ANN) == 300


def test_no_change_of_zone_gives_a_day_twice() -> None:
    """A running day goes on to its end, and a day that was begun before it joins the next."""
    wallet = limited(DAILY).spend(300, at=july(2, 12)).wallet
    wallet = wallet.set_zone("Pacific/Kiritimati", at=july(2, 13)).wallet  # it is the 3rd there: from 10:00 UTC
    assert wallet.at(july(2, 23)).available() == 0
    wallet = wallet.spend(300, at=july(3)).wallet  # the day that ends at 10:00 has joined the one after it
    assert wallet.at(july(3, 10)).available() == 0
    assert wallet.at(july(4, 9, 59)).available() == 0
    assert wallet.at(july(4, 10)).available() == 300


def test_a_day_that_was_cut_short_for_good_goes_on() -> None:
    """At the end of time there is no next boundary to join."""
    last = datetime(2200, 12, 31, tzinfo=july(1).tzinfo)
    plan = Plan("p", allowances=[Allowance(900)], limits=[DAILY], period=periods.once())
    wallet = Wallet.open(plan, id="acme", at=last).wallet.spend(300, at=last).wallet
    wallet = wallet.set_zone("Pacific/Kiritimati", at=last).wallet
    assert wallet.at(last + timedelta(hours=23)).available() == 0


def test_a_window_beyond_the_end_of_time_does_not_end() -> None:
    """No boundary is after the year 2200."""
    last = datetime(2200, 12, 31, 22, tzinfo=july(1).tzinfo)
    wallet = Wallet.open(Plan("p", allowances=[Allowance(900)], limits=[FIVE_HOURS]), id="acme", at=last).wallet
    change = wallet.spend(100, at=last)
    assert isinstance(change.entry, Spent)
    assert [one.end for one in change.entry.counted] == [None]


# -- per label value -------------------------------------------------------------------------------------------------


def test_a_cap_per_label_value_holds_for_each_by_itself_inside_one_pool() -> None:
    """Ann's use leaves Ben his, the pool is shared, and what has no such label is not capped."""
    wallet = limited(Limit("each", 400, per="member"), allowances=[Allowance(700)])
    wallet = wallet.spend(400, at=july(2), labels={**ANN, "model": "small"}).wallet
    view = wallet.at(july(3))
    available = [view.available(labels=labels) for labels in (ANN, BEN, None, {"model": "small"}, {"member": ""})]
    assert available == [0, 300, 300, 300, 300]
    refused = reached(lambda: wallet.spend(1, at=july(3), labels=ANN))
    assert (refused.limit, refused.label) == ("each", "ann")
    assert "limit each of 400 tokens reached for member 'ann'" in str(refused)
    with pytest.raises(NotEnough):
        wallet.spend(301, at=july(3), labels=BEN)
    assert wallet.at(july(32)).available(labels=ANN) == 400


def test_reads_with_labels_answer_as_the_spend_would() -> None:
    """Gate and quote know the label, and the quoted entry is the one that is booked."""
    wallet = limited(Limit("each", 400, per="member", window=HOUR)).spend(300, at=july(2), labels=ANN).wallet
    view = wallet.at(july(2))
    assert (view.can_spend(101, labels=ANN), view.can_spend(101, labels=BEN), view.can_spend(101)) == (
        False,
        True,
        True,
    )
    quote = view.quote({"tokens": 100}, labels=ANN)
    assert quote.entry == wallet.spend({"tokens": 100}, at=july(2), labels=ANN).entry
    assert isinstance(view.quote(101, labels=ANN).refusal, LimitReached)


def test_a_limit_can_be_chosen_for_all_and_for_one_value() -> None:
    """One's own wins over the one for all, which wins over the plan's; `None` goes back one step."""
    wallet = limited(Limit("each", 400, per="member", maximum=900, minimum=100))
    wallet = wallet.set_limit("each", 500, at=july(2)).wallet.set_limit("each", 200, at=july(2), label="ann").wallet
    assert [wallet.at(july(2)).available(labels=labels) for labels in (ANN, BEN)] == [200, 500]
    assert wallet.set_limit("each", 200, at=july(2), label="ann").wallet is wallet
    one_back = wallet.set_limit("each", None, at=july(3), label="ann").wallet
    assert one_back.set_limit("each", None, at=july(3), label="ann").wallet is one_back
    assert one_back.at(july(3)).available(labels=ANN) == 500
    assert one_back.set_limit("each", None, at=july(3)).view.available(labels=ANN) == 400
    for amount in (99, 901):
        with pytest.raises(OutOfBounds):
            wallet.set_limit("each", amount, at=july(3), label="ann")
    with pytest.raises(UnknownNameError, match="unknown label value 'ann'; limit cap is over all use"):
        limited(DAILY).set_limit("cap", 5, at=july(2), label="ann")


def test_a_ref_of_one_value_is_not_the_refs_of_another() -> None:
    """Who it is chosen for is part of what a repeat must say again."""
    wallet = limited(Limit("each", 400, per="member")).set_limit("each", 5, at=july(2), label="ann", ref="r").wallet
    assert wallet.set_limit("each", 5, at=july(2), label="ann", ref="r").repeated
    for label in ("ben", None):
        with pytest.raises(Exception, match="usage ref r was used for"):
            wallet.set_limit("each", 5, at=july(2), label=label, ref="r")


@pytest.mark.parametrize(
    ("other", "kept"),
    [
        ({}, True),
        ({"maximum": 300}, True),
        ({"maximum": 100}, False),
        ({"per": "api_key"}, False),
        ({"per": None}, False),
        ({"window": HOUR}, False),
        ({"every": periods.calendar_day()}, False),
        ({"unit": "sms"}, False),
        ({"amount": 500}, False),
        (None, False),
    ],
)
def test_a_change_of_plan_keeps_what_was_chosen_where_it_means_the_same(
    other: dict[str, Any] | None, kept: bool
) -> None:
    """For all and for one value alike; and the entry says what gave way."""
    limit = {"amount": 50, "per": "member"}
    granted = [Allowance(1_000), Allowance(5, "sms")]
    plans = [
        Plan("a", allowances=granted, limits=[Limit("each", **limit)]),
        Plan("b", allowances=granted, limits=[] if other is None else [Limit("each", **{**limit, **other})]),
    ]
    wallet = Wallet.open("a", id="acme", at=july(1), catalogue=Catalogue(plans)).wallet
    wallet = wallet.set_limit("each", 200, at=july(1)).wallet.set_limit("each", 250, at=july(1), label="ann").wallet
    for when in ("now", "period_end"):
        after = wallet.change_plan("b", at=july(2), when=when).wallet.advance(july(32)).wallet
        assert [after.at(july(32)).available(labels=one) == most for one, most in ((ANN, 250), (BEN, 200))] == [
            kept
        ] * 2
    changed = wallet.change_plan("b", at=july(2), when="now").entry
    dropped: Any = changed
    assert (dropped.limits_dropped, dropped.label_limits_dropped) == (
        ((), ()) if kept else (("each",), (("each", "ann"),))
    )


def test_a_walk_through_plans_gives_no_day_twice() -> None:
    """What a limit counted stays counted while another plan, that has no such limit, is on."""
    plans = [Plan("a", allowances=[Allowance(900)], limits=[DAILY]), Plan("b", allowances=[Allowance(900)])]
    wallet = Wallet.open("a", id="acme", at=july(1), catalogue=Catalogue(plans)).wallet.spend(200, at=july(2)).wallet
    wallet = wallet.change_plan("b", at=july(2), when="now").wallet.change_plan("a", at=july(2), when="now").wallet
    assert wallet.at(july(2)).available() == 100


@pytest.mark.parametrize("timed", [{}, {"window": HOUR}], ids=["period", "rolling"])
def test_a_limit_counts_a_thousand_values_at_a_time(timed: dict[str, Any]) -> None:
    """The next one is refused, known ones are not; those whose time is over give way."""
    wallet = limited(Limit("each", 5, per="member", **timed))
    for number in range(1_000):
        wallet = wallet.spend(1, at=july(2), labels={"member": f"m{number}"}).wallet
    assert wallet.spend(1, at=july(2), labels={"member": "m7"}).entries
    assert wallet.at(july(2)).available(labels=ANN) == 0
    refused = reached(lambda: wallet.spend(1, at=july(2), labels=ANN))
    assert "limit each counts 1,000 label values already for member 'ann'" in str(refused)
    assert [remedy.until for remedy in refused.remedies] == [july(2, 1) if timed else july(32)]
    with pytest.raises(AmountError, match="limit each counts 1,000 label values already, 'ann' is one more"):
        wallet.spend(1, at=july(2), labels=ANN, overdraw=True)
    later = july(2, 1) if timed else july(32)
    after = wallet.spend(1, at=later, labels=ANN).wallet
    assert len(after._book.counters) + len(after._book.tallies.counted) == 1


def test_a_limit_is_chosen_for_a_thousand_values() -> None:
    """Beyond that it is refused, and what is chosen already can still be changed."""
    wallet = limited(Limit("each", 5, per="member"))
    for number in range(1_000):
        wallet = wallet.set_limit("each", 3, at=july(2), label=f"m{number}").wallet
    assert wallet.set_limit("each", 4, at=july(2), label="m7").entries
    with pytest.raises(OutOfBounds, match="limit each was chosen for 1,000 label values already"):
        wallet.set_limit("each", 3, at=july(2), label="ann")


# -- money -----------------------------------------------------------------------------------------------------------

PAID_LATER = {"pay_as_you_go": [PayAsYouGo(Decimal(3), per=1_000)]}


def budget(amount: str | None, **more: Any) -> Wallet:
    cap = None if amount is None else Decimal(amount)
    return limited(Limit("budget", cap, unit="USD"), **{"allowances": [Allowance(1_000)], **PAID_LATER, **more})


@pytest.mark.parametrize(
    ("amount", "available"), [("0", 1_000), ("0.01", 1_004), ("0.30", 1_101), ("3", 2_001), (None, None)]
)
def test_a_budget_caps_what_pay_as_you_go_comes_to(amount: str | None, available: int | None) -> None:
    """As far as its statement would be within it, half up; no budget is a stop from the first token on."""
    wallet = budget(amount)
    assert wallet.at(july(2)).available() == available
    if available is not None:
        assert reached(lambda: wallet.spend(available + 1, at=july(2))).limit == "budget"
        spent = wallet.spend(available, at=july(2)).wallet
        assert spent.at(july(2)).usage("USD") == Decimal(amount or 0)
        assert spent.at(july(2)).available() == 0
        assert spent.at(july(32)).available() == available


@pytest.mark.parametrize("pieces", [[1] * 101, [50, 51], [100, 1]])
def test_a_budget_does_not_depend_on_the_pieces(pieces: list[int]) -> None:
    """What is counted is the line's cost so far, so every way comes to the statement's figure."""
    wallet = budget("0.30").spend(1_000, at=july(2)).wallet
    for piece in pieces:
        wallet = wallet.spend(piece, at=july(2)).wallet
    assert (wallet.at(july(2)).usage("USD"), wallet.at(july(2)).available()) == (Decimal("0.30"), 0)


def test_a_budget_counts_what_credits_pay_and_what_is_billed_together() -> None:
    """Credits pay first; what they leave of the budget is there for pay-as-you-go."""
    wallet = budget("1", prices=[Price("tokens", Decimal(4), per=1_000)])
    wallet = wallet.grant(Decimal("0.40"), "USD", kind="credit", at=july(1)).wallet
    # 1,000 of the allowance, 100 for 0.40 USD of credits, 201 at 0.003 come to 0.60
    assert wallet.at(july(2)).available() == 1_301
    change = wallet.spend(1_301, at=july(2))
    assert isinstance(change.entry, Spent)
    assert change.entry.paid_by() == {("quota", "tokens"): 1_000, ("credit", "USD"): Decimal("0.40")}
    assert (change.view.usage("USD"), str(change.view.gauge("USD"))) == (Decimal(1), "[1.00/1.00]")
    assert reached(lambda: wallet.spend(1_302, at=july(2))).limit == "budget"


def test_alerts_on_a_budget_see_what_it_counts() -> None:
    """The share is of the limit, and the figure is the one that the limit counts."""
    half = Alert("half", "used", at_or_above=Bound("limit", Decimal("0.5")), unit="USD")
    wallet = budget("3", alerts=[half])
    assert wallet.spend(1_498, at=july(2)).notices == ()
    assert [notice.name for notice in wallet.spend(1_499, at=july(2)).notices] == ["half"]


def test_a_budget_can_be_per_member_and_per_day() -> None:
    """Money is counted in the same ways as tokens; each label's increments are of the one line."""
    each = Limit("each", Decimal("0.30"), unit="USD", per="member", every=periods.calendar_day())
    wallet = limited(each, allowances=[Allowance(10)], **PAID_LATER)
    wallet = wallet.spend(10, at=july(2)).wallet.spend(100, at=july(2), labels=BEN).wallet
    change = wallet.spend(100, at=july(2), labels=ANN)
    assert isinstance(change.entry, Spent)
    assert [(one.label, one.amount, one.after) for one in change.entry.counted] == [
        ("ann", Decimal("0.3"), Decimal("0.3"))
    ]
    assert change.view.available(labels=ANN) == 1  # the 201st costs too little to be a cent more
    assert change.wallet.at(july(3)).available(labels=ANN) == 101
    assert change.view.usage("USD") == Decimal("0.60")


def test_use_paid_in_tokens_counts_against_their_limits() -> None:
    """An action's cost is use of what pays it, wherever in the chain the limit stands."""
    wallet = limited(DAILY, Limit("talks", 2, unit="talk", per="member"), prices=[Price("talk", 100, unit="tokens")])
    wallet = wallet.spend(1, "talk", at=july(2), labels=ANN).wallet
    view = wallet.at(july(2))
    assert (view.available(), view.available("talk"), view.available("talk", labels=ANN)) == (200, 2, 1)
    assert reached(lambda: wallet.spend(3, "talk", at=july(2))).limit == "cap"
    assert reached(lambda: wallet.spend(2, "talk", at=july(2), labels=ANN)).limit == "talks"


@pytest.mark.parametrize(("used", "available"), [(0, 2_250), (750, 1_500), (2_250, 0)])
def test_a_hard_stop_at_three_times_the_plan(used: int, available: int) -> None:
    """Zapier: 750 tasks, pay-per-task beyond them, and a stop at 2,250."""
    plan = Plan(
        "zaps",
        allowances=[Allowance(750, "tasks")],
        pay_as_you_go=[PayAsYouGo(Decimal("0.025"))],
        limits=[Limit("ceiling", Bound("allowance", 3))],
    )
    wallet = Wallet.open(plan, id="acme", at=july(1)).wallet.spend(used, at=july(2)).wallet
    assert wallet.at(july(2)).available() == available
    assert reached(lambda: wallet.spend(available + 1, at=july(2))).limit == "ceiling"
    assert wallet.at(july(32)).available() == 2_250


# -- what would help -------------------------------------------------------------------------------------------------


def test_a_refusal_says_when_the_window_is_over() -> None:
    """The first end that lets the same request through: the rolling window's, then the day's, then the period's."""
    wallet = limited(Limit("month", 1_000), Limit("day", 500, every=periods.calendar_day()), FIVE_HOURS)
    wallet = wallet.spend(300, at=july(2, 1)).wallet

    def waits(amount: int) -> list[datetime | None]:
        refused = reached(lambda: wallet.spend(amount, at=july(2, 2)))
        return [remedy.until for remedy in refused.remedies if remedy.kind == "wait"]

    assert waits(100) == [july(2, 6)]
    assert waits(250) == [july(3)]
    assert waits(301) == []  # never: the window lets no more through at once
    wallet = wallet.set_limit("cap", 900, at=july(2, 2)).wallet.set_limit("day", 900, at=july(2, 2)).wallet
    assert waits(701) == [july(3)] or waits(701) == [july(32)]
    assert waits(800) == [july(32)]
    assert waits(901) == []


def test_waiting_helps_not_where_a_window_would_only_begin() -> None:
    """Nothing is counted yet, so no end of anything frees anything."""
    refused = reached(lambda: limited(FIVE_HOURS).spend(301, at=july(2)))
    assert [remedy.kind for remedy in refused.remedies] == ["raise_limit"]


def test_a_refusal_says_which_limit_to_raise_for_whom() -> None:
    """Of a limit per label value the one value's; raised as said, the same request succeeds."""
    wallet = limited(Limit("each", 100, per="member", window=HOUR, maximum=500), Limit("none", None, window=HOUR))
    wallet = wallet.spend(80, at=july(2), labels=ANN).wallet
    refused = reached(lambda: wallet.spend(90, at=july(2), labels=ANN))
    raises = [remedy for remedy in refused.remedies if remedy.kind == "raise_limit"]
    assert [(one.name, one.label, one.to) for one in raises] == [("each", "ann", 170)]
    assert str(raises[0]) == "raise limit each for 'ann' to 170"
    raised = wallet.set_limit("each", 170, at=july(2), label="ann").wallet
    assert raised.spend(90, at=july(2), labels=ANN).entries
    assert wallet.set_limit("each", 169, at=july(2), label="ann").view.available(labels=ANN) == 89
    refused = reached(lambda: wallet.spend(421, at=july(2), labels=ANN))
    assert [remedy.kind for remedy in refused.remedies] == []


def test_buying_and_upgrading_help_under_the_labels_of_the_request() -> None:
    """A remedy is tried with the very request: what would be over its member's cap is not named."""
    offers = [Offer("more", price=Decimal(1), maximum=500)]
    plans = [
        Plan(
            "a",
            allowances=[Allowance(100)],
            offers=offers,
            limits=[Limit("each", 150, per="member")],
            upgrades_to={"b"},
        ),
        Plan("b", allowances=[Allowance(900)], limits=[Limit("each", 300, per="member")], rank=1),
    ]
    wallet = Wallet.open("a", id="acme", at=july(1), catalogue=Catalogue(plans)).wallet

    def kinds(amount: int, labels: dict[str, str] | None) -> list[str]:
        refusal = wallet.at(july(2)).quote(amount, labels=labels).refusal
        return [remedy.kind for remedy in refusal.remedies] if refusal else []

    assert kinds(150, ANN) == ["top_up", "upgrade"]
    assert kinds(300, ANN) == ["upgrade"]
    assert kinds(301, ANN) == []
    assert kinds(301, None) == ["top_up", "upgrade"]


# -- facts -------------------------------------------------------------------------------------------------------------


def test_a_spend_says_what_limits_counted_of_it() -> None:
    """Only those with a count of their own, in the plan's order; a plan without such limits says nothing."""
    wallet = limited(Limit("month", 500), DAILY, Limit("each", 200, per="member"))
    change = wallet.spend(100, at=july(2, 5)).wallet.spend(50, at=july(2, 6), labels=ANN)
    entry = change.entry
    assert isinstance(entry, Spent)
    unit = entry.uses[0].unit
    assert entry.counted == (
        Counted(limit="cap", label="", unit=unit, steps=50, after_steps=150, start=july(2), end=july(3)),
        Counted(limit="each", label="ann", unit=unit, steps=50, after_steps=50),
    )
    plain = limited(Limit("month", 500)).spend(50, at=july(2), labels=ANN).entry
    assert isinstance(plain, Spent)
    assert plain.counted == ()


def test_the_short_way_counts_as_the_long_way_does() -> None:
    """A day, a rolling window that runs, and its end: entries, books and room are the same."""
    short = long = limited(Limit("month", 900), DAILY, Limit("cap2", 250, window=3 * HOUR), Limit("x", 9, per="member"))
    for hour, amount in [(1, 100), (2, 50), (3, 99), (3, 1), (4, 40), (5, 5), (8, 4), (23, 1)]:
        at = july(2, hour)
        one = short.spend(amount, at=at)
        other = long._spend(amount, None, at, None, partial=False, overdraw=False, ref=None, by=None)
        assert other.entries == one.entries
        short, long = one.wallet, other.wallet
        assert long.at(at).available() == short.at(at).available()
    assert long == short


def test_the_short_way_is_taken_while_a_window_runs_and_not_to_begin_one() -> None:
    """The first use of a window makes a book, those inside it do not."""
    wallet = limited(DAILY, Limit("roll", 500, window=5 * HOUR))
    first = wallet.spend(10, at=july(2)).wallet
    second = first.spend(10, at=july(2, 1)).wallet
    assert (first._base is wallet._base, second._base is first._base) == (False, True)
    later = second.spend(10, at=july(2, 5)).wallet  # the window is over
    assert later._base is not second._base
    assert first.spend(281, at=july(2, 1), partial=True).wallet._base is not first._base  # a limit has its say


def test_replay_needs_no_plan_for_what_limits_counted() -> None:
    """The facts are in the entries."""
    change = Wallet.open(
        Plan("p", allowances=[Allowance(900)], limits=[DAILY, Limit("each", 90, per="member")]), id="a", at=july(1)
    )
    entries, wallet = list(change.entries), change.wallet
    for at, labels in ((july(2), ANN), (july(2, 1), None), (july(3), BEN), (july(32), ANN)):
        change = wallet.set_limit("each", 80, at=at, label="ann").wallet.spend(10, at=at, labels=labels)
        entries += [*wallet.set_limit("each", 80, at=at, label="ann").entries, *change.entries]
        wallet = change.wallet
        assert replay(entries) == wallet


def test_what_limits_count_stays_countable() -> None:
    """A count over a time longer than the period has the bound that every total has."""
    year = Limit("year", None, every=periods.calendar_year())
    free = [PayAsYouGo(Decimal(0))]
    wallet = limited(year, allowances=[Allowance(0)], pay_as_you_go=free).spend(2**53 - 10, at=july(2)).wallet
    assert wallet.at(july(32)).can_spend(9)
    with pytest.raises(NotEnough):
        wallet.spend(10, at=july(32))
    with pytest.raises(AmountError, match="10 tokens are more than limit year can count"):
        wallet.spend(10, at=july(32), overdraw=True)


def test_counts_whose_time_is_over_are_forgotten() -> None:
    """When a period opens and when the plan changes; those that run stay."""
    plans = [
        Plan(name, allowances=[Allowance(900)], limits=[Limit("each", 90, per="member", window=HOUR), DAILY])
        for name in ("a", "b")
    ]
    wallet = Wallet.open("a", id="acme", at=july(1), catalogue=Catalogue(plans)).wallet
    wallet = wallet.spend(5, at=july(31, 22), labels=ANN).wallet.spend(5, at=july(31, 23, 30), labels=BEN).wallet
    changed = wallet.change_plan("b", at=july(31, 23, 45), when="now").wallet
    opened = wallet.advance(july(32)).wallet
    assert [sorted(key[2] for key in one._book.counters) for one in (wallet, changed, opened)] == [
        ["", "ann", "ben"],
        ["", "ben"],
        ["ben"],
    ]


def test_a_hold_counts_against_each_limit_in_its_own_unit() -> None:
    """Tokens in a limit on tokens, and what they will cost on the statement in one on money."""
    wallet = limited(
        Limit("day", 700, every=periods.calendar_day()),
        Limit("budget", Decimal(3), unit="USD", every=periods.calendar_day()),
        allowances=[Allowance(100)],
        pay_as_you_go=[PayAsYouGo(Decimal(1), per=100)],
    )
    wallet = wallet.hold(300, at=july(2), ref="h", until=HOUR).wallet

    assert wallet.at(july(2)).available() == 100
    refusal = reached(lambda: wallet.spend(101, at=july(2)))
    assert (refusal.limit, refusal.available) == ("budget", 100)
    cheaper = wallet.capture("h", 50, at=july(2)).wallet
    assert cheaper.at(july(2)).available() == 350


# -- of some use only ----------------------------------------------------------------------------------------------


LARGE, SMALL = {"model": "large"}, {"model": "small"}


class TestScope:
    """Only use with these labels is counted, and capped."""

    @pytest.mark.parametrize(
        "more", [{}, {"every": periods.calendar_week()}, {"window": 5 * HOUR}], ids=["period", "schedule", "window"]
    )
    def test_other_use_neither_counts_nor_stops(self, more: dict[str, Any]) -> None:
        """40 of the large model, whatever the small one and use without a label take."""
        wallet = limited(Limit("large", 40, scope={"model": {"large", "huge"}}, **more), Limit("all", 1_000))
        wallet = wallet.spend(500, at=july(2), labels=SMALL).wallet.spend(60, at=july(2)).wallet
        wallet = wallet.spend(25, at=july(2), labels=LARGE).wallet
        view = wallet.at(july(2))

        assert (view.available(), view.available(labels=SMALL), view.available(labels=LARGE)) == (415, 415, 15)
        assert reached(lambda: wallet.spend(16, at=july(2), labels={"model": "huge"})).limit == "large"
        assert [one.name for one in view.limits(SMALL)] == ["all"]
        assert [(one.name, one.used) for one in view.limits(LARGE)] == [("large", 25), ("all", 585)]
        assert wallet.at(july(32)).available(labels=LARGE) == 40

    def test_it_may_hold_for_each_value_of_another_label(self) -> None:
        """Each member has 40 of the large model."""
        wallet = limited(Limit("large", 40, per="member", scope={"model": {"large"}}))
        wallet = wallet.spend(30, at=july(2), labels={**LARGE, **ANN}).wallet

        found = [wallet.at(july(2)).available(labels=labels) for labels in ({**LARGE, **ANN}, {**LARGE, **BEN}, ANN)]
        assert found == [10, 40, 9_970]

    def test_holds_count_where_their_labels_match(self) -> None:
        """And give back what they do not use."""
        wallet = limited(Limit("large", 40, scope={"model": {"large"}}))
        wallet = wallet.hold(30, at=july(2), ref="h", until=july(3), labels=LARGE).wallet
        wallet = wallet.hold(500, at=july(2), ref="s", until=july(3), labels=SMALL).wallet
        assert wallet.at(july(2)).available(labels=LARGE) == 10

        change = wallet.capture("h", 12, at=july(2))
        assert change.view.available(labels=LARGE) == 28

    def test_what_is_given_back_counts_no_more(self) -> None:
        """A refund undoes what the entry counted."""
        first = limited(Limit("large", 40, scope={"model": {"large"}}))
        spent = first.spend(30, at=july(2), labels=LARGE)
        assert isinstance(spent.entry, Spent)
        assert [one.limit for one in spent.entry.counted] == ["large"]
        assert spent.wallet.refund(spent.entry, 10, at=july(2), ref="r").view.available(labels=LARGE) == 20

    def test_it_is_not_the_limit_of_the_whole_period(self) -> None:
        """The gauge's size, and what a multiple of the limit is of, is another."""
        plan = Plan(
            "p",
            allowances=[Allowance(100)],
            limits=[Limit("large", 40, scope={"model": {"large"}}), Limit("all", 60)],
            alerts=[Alert("half", "used", at_or_above=Bound("limit", Decimal("0.5")))],
        )
        wallet = Wallet.open(plan, id="acme", at=july(1)).wallet

        assert (wallet.at(july(1)).limit(), str(wallet.at(july(1)).gauge())) == (60, "[0/60]")
        assert [one.name for one in wallet.spend(30, at=july(2)).notices] == ["half"]

    @pytest.mark.parametrize("scope", [{"action": {"video"}}, {"model": "large"}, {"model": set()}, {5: {"large"}}])
    def test_an_action_is_capped_by_its_own_name(self, scope: Any) -> None:
        """And a scope is keys with sets of values."""
        with pytest.raises(PlanError, match="scope"):
            Limit("large", 40, scope=scope)

    def test_a_chosen_figure_goes_with_what_it_was_chosen_for(self) -> None:
        """A plan that caps another model under the same name has its own figure."""
        plans = [
            Plan(name, allowances=[Allowance(100)], limits=[Limit("cap", 40, scope={"model": {model}})])
            for name, model in (("one", "large"), ("two", "huge"), ("three", "large"))
        ]
        wallet = Wallet.open(plans[0], catalogue=Catalogue(plans), id="acme", at=july(1)).wallet
        wallet = wallet.set_limit("cap", 50, at=july(2)).wallet

        for name, model, cap in (("two", "huge", 40), ("three", "large", 50)):
            (found,) = wallet.change_plan(name, at=july(3), when="now").view.limits({"model": model})
            assert found.cap == cap
