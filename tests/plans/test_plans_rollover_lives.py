"""What is carried with a life of its own: when it ends, what gives way over a cap, where what comes back goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from tests.plans.test_plans_rollover import Told, on
from tokenpurse import Allowance, Balance, Bound, Life, Plan, Renewal, Rollover, Switch, periods, replay
from tokenpurse import entries as e
from tokenpurse.errors import ArgumentError, HistoryError, PlanError

LOT = Life(periods=3)


def plan(life: Life | None, amount: int = 10, *, name: str = "a", **said: Any) -> Plan:
    own = {key: said.pop(key) for key in list(said) if key in {"rank", "period", "on_upgrade", "late_use", "draw"}}
    return Plan(name, allowances=[Allowance(amount)], rollovers=[Rollover(life=life, **said)], **own)


def lots(told: Told) -> dict[str, Any]:
    """What is carried, by the day on which it ends."""
    found: dict[str, Any] = {}
    for one in told.view.buckets():
        if one.kind == "rollover" and one.left:
            name = "never" if one.expires is None else f"{one.expires:%d %b}"
            found[name] = found.get(name, 0) + one.left
    return found


# What is carried on the first of February, March, April and May, by its end, of 10 a month of which nothing is used.
LIVES: Mapping[str, tuple[Rollover, Sequence[dict[str, int]]]] = {
    "Bolt: one extra month": (
        Rollover(life=Life(periods=2)),
        [{"01 Mar": 10}, {"01 Apr": 10}, {"01 May": 10}, {"01 Jun": 10}],
    ),
    "Lovable: two months from the issue": (
        Rollover(life=Life(months=2)),
        [{"01 Mar": 10}, {"01 Apr": 10}, {"01 May": 10}, {"01 Jun": 10}],
    ),
    "one month from the reset": (
        Rollover(life=Life(months=1, counted_from="period_end")),
        [{"01 Mar": 10}, {"01 Apr": 10}, {"01 May": 10}, {"01 Jun": 10}],
    ),
    "v0: 65 days": (
        Rollover(life=Life(days=65)),
        [{"07 Mar": 10}, {"07 Mar": 10, "07 Apr": 10}, {"07 Apr": 10, "05 May": 10}, {"05 May": 10, "05 Jun": 10}],
    ),
    "Zuora: three more periods": (
        Rollover(life=Life(periods=4)),
        [
            {"01 May": 10},
            {"01 May": 10, "01 Jun": 10},
            {"01 May": 10, "01 Jun": 10, "01 Jul": 10},
            {"01 Jun": 10, "01 Jul": 10, "01 Aug": 10},
        ],
    ),
    "over as it is carried": (Rollover(life=Life(days=31)), [{}, {"04 Mar": 10}, {}, {"02 May": 10}]),
    "what ends soonest gives way": (
        Rollover(life=Life(periods=4), bank_max=15),
        [
            {"01 May": 10},
            {"01 May": 5, "01 Jun": 10},
            {"01 Jun": 5, "01 Jul": 10},
            {"01 Jul": 5, "01 Aug": 10},
        ],
    ),
    "to a total": (
        Rollover(life=Life(periods=4), total_max=Bound("allowance", 2)),
        [{"01 May": 10}, {"01 Jun": 10}, {"01 Jul": 10}, {"01 Aug": 10}],
    ),
    "a share of it": (
        Rollover(life=LOT, share=Decimal("0.5"), carry_max=4),
        [{"01 Apr": 4}, {"01 Apr": 4, "01 May": 4}, {"01 May": 4, "01 Jun": 4}, {"01 Jun": 4, "01 Jul": 4}],
    ),
    "for ever": (Rollover(life=Life()), [{"never": 10}, {"never": 20}, {"never": 30}, {"never": 40}]),
}


@pytest.mark.parametrize(("rollover", "there"), LIVES.values(), ids=LIVES)
def test_what_is_carried_ends_by_its_own_life(rollover: Rollover, there: Sequence[dict[str, int]]) -> None:
    told = Told(Plan("a", allowances=[Allowance(10)], rollovers=[rollover]))
    for month, carried in enumerate(there, 2):
        told("advance", on(month))
        assert lots(told) == carried


def test_zuora_in_numbers() -> None:
    """1,000 a month, 800 used in January: 1,200 in February."""
    told = Told(plan(Life(periods=4), 1_000))
    told("spend", 800, at=on(1, 15))
    told("advance", on(2))
    assert told.view.available() == 1_200


def test_what_ends_soonest_is_drawn_first() -> None:
    told = Told(plan(LOT))
    told("advance", on(3))
    told("spend", 10 + 12, at=on(3, 2))
    assert lots(told) == {"01 May": 8}


def test_what_does_not_fit_is_forfeited_where_it_ends_soonest() -> None:
    told = Told(plan(Life(periods=4), bank_max=15))
    told("advance", on(2))
    opened = told("advance", on(3))
    assert [(loss.kind, loss.steps, loss.left_steps) for loss in opened.forfeited] == [("rollover", 5, 5)]


def test_a_cap_below_what_one_reset_carries() -> None:
    told = Told(plan(LOT, bank_max=4))
    told("advance", on(2))
    opened = told("advance", on(3))
    assert lots(told) == {"01 May": 4}
    assert opened.forfeited_by_kind() == {("rollover", "tokens"): 4, ("quota", "tokens"): 6}


def test_a_bank_that_never_ends_goes_last() -> None:
    """The plan before carried for ever; what is carried with a life now gives way first."""
    told = Told(plan(None), plan(LOT, name="b", bank_max=25, rank=1))
    told("advance", on(3))
    told("change_plan", "b", at=on(3, 2), when="period_end")
    told("advance", on(4))
    assert lots(told) == {"never": 25}
    told("advance", on(5))
    assert lots(told) == {"never": 25}
    told("spend", 10 + 25, at=on(5, 2))
    told("advance", on(6))
    assert lots(told) == {}
    told("advance", on(8))
    assert lots(told) == {"01 Sep": 10, "01 Oct": 10}


def test_a_plan_without_a_life_carries_into_the_bank_beside_what_ends() -> None:
    told = Told(plan(LOT), plan(None, name="b", rank=1))
    told("advance", on(2))
    told("change_plan", "b", at=on(2, 2), when="period_end")
    told("advance", on(4))
    assert lots(told) == {"01 May": 10, "never": 10}


# Used in January, and of what was carried in February; given back when; what is carried in the end, and what went how.
BACK: Mapping[str, tuple[int, int, str, datetime, dict[str, int], list[tuple[str, int]]]] = {
    "into what lives": (6, 0, "allowance", on(2, 9), {"01 Apr": 10}, [("carried", 6)]),
    "nothing had been carried": (10, 0, "allowance", on(3, 9), {"01 Apr": 10, "01 May": 10}, [("carried", 10)]),
    "what was carried is used": (6, 4, "allowance", on(2, 9), {"01 Apr": 6}, [("carried", 6)]),
    "it is used, and over": (6, 4, "allowance", on(3, 9), {"01 Apr": 6}, [("carried", 6)]),
    "its life is over": (6, 0, "allowance", on(4, 9), {"01 May": 10, "01 Jun": 10}, [("expired", 6)]),
    "used and its life over": (6, 4, "allowance", on(4, 1), {"01 Jun": 10}, [("expired", 6)]),
    "of what was carried": (6, 3, "carried", on(2, 9), {"01 Apr": 4}, [("back", 3)]),
    "of what was carried, and is empty": (6, 4, "carried", on(2, 9), {"01 Apr": 4}, [("back", 4)]),
    "empty, and out of the way": (6, 4, "carried", on(3, 9), {"01 Apr": 4}, [("back", 4)]),
    "empty, and its life is over": (6, 4, "carried", on(4, 1), {"01 Jun": 10}, [("expired", 4)]),
    "not empty, and its life is over": (6, 3, "carried", on(4, 2), {"01 Jun": 10}, [("expired", 3)]),
}


@pytest.mark.parametrize(("used", "carried", "which", "at", "there", "went"), BACK.values(), ids=BACK)
def test_what_comes_back_goes_where_it_would_have_been(
    used: int, carried: int, which: str, at: datetime, there: dict[str, int], went: list[tuple[str, int]]
) -> None:
    told = Told(plan(LOT))
    spent = told("spend", used, at=on(1, 9))
    told("advance", on(2))
    if carried:
        told("spend", 10, at=on(2, 3))
        spent = (
            told("spend", carried, at=on(2, 4))
            if which == "carried"
            else (told("spend", carried, at=on(2, 4)), spent)[1]
        )
    back = told("refund", spent, at=at).returned
    assert lots(told) == there
    assert [(one.went, one.steps) for one in back] == went


def test_what_comes_back_over_a_share_is_forfeited_even_after_its_life() -> None:
    told = Told(plan(LOT, carry_max=5))
    spent = told("spend", 8, at=on(1, 9))
    told("advance", on(2))
    assert lots(told) == {"01 Apr": 2}
    back = told("refund", spent, at=on(4, 9)).returned
    assert [(one.went, one.steps) for one in back] == [("expired", 3), ("forfeited", 5)]


def test_what_comes_back_finds_no_room() -> None:
    told = Told(plan(LOT, bank_max=12))
    spent = told("spend", 6, at=on(1, 9))
    told("advance", on(3))
    assert lots(told) == {"01 Apr": 2, "01 May": 10}
    back = told("refund", spent, at=on(3, 9)).returned
    assert [(one.went, one.steps) for one in back] == [("forfeited", 6)]


def test_what_a_switch_forfeits_stays_forfeited() -> None:
    ends = Switch(when="now", forfeit={"rollover"})
    told = Told(plan(LOT, on_upgrade=ends), plan(LOT, name="b", rank=1))
    told("spend", 6, at=on(1, 9))
    told("spend", 10, at=on(2, 3))
    spent = told("spend", 4, at=on(2, 4))
    told("change_plan", "b", at=on(3, 5))
    told("refund", spent, at=on(3, 6))
    assert lots(told) == {}


@pytest.mark.parametrize(("month", "there"), [(3, {"01 Apr": 10}), (4, {"01 Jun": 10})], ids=["it lives", "it is over"])
def test_what_is_held_of_it_over_a_reset(month: int, there: dict[str, int]) -> None:
    told = Told(plan(LOT))
    told("advance", on(2))
    for at in range(2, month):
        told("spend", 10, at=on(at, 3))
    told("hold", 7, ref="h", until=timedelta(days=30), at=on(month - 1, 20))
    told("advance", on(month))
    if month == 4:
        assert lots(told) == {}
    back = told("release", "h", at=on(month, 9)).returned
    assert lots(told) == ({"01 Apr": 10} if month == 3 else {})
    assert [(one.went, one.steps) for one in back] == [("back" if month == 3 else "expired", 7)]
    assert there


def test_a_bucket_that_was_made_to_live_longer_keeps_that() -> None:
    told = Told(plan(LOT))
    told("advance", on(2))
    [lot] = [one for one in told.view.buckets() if one.kind == "rollover"]
    told("extend", lot.id, on(6, 9), at=on(2, 9))
    told("advance", on(5))
    assert lots(told) == {"01 Jun": 10, "09 Jun": 10, "01 Jul": 10}


def test_a_pause_stops_its_life_and_that_of_what_comes_back() -> None:
    """Paused for ten days in March: what ended on 1 April ends on the 11th, and so does what comes back."""
    told = Told(plan(LOT))
    first = told("spend", 4, at=on(1, 9))
    told("advance", on(2))
    told("spend", 10, at=on(2, 3))
    second = told("spend", 6, at=on(2, 4))
    told("pause", at=on(3, 2))
    told("resume", at=on(3, 12))
    assert lots(told) == {}
    told("refund", first, at=on(4, 2))
    told("refund", second, at=on(4, 3))
    assert lots(told) == {"11 Apr": 10}
    assert told("refund", told("spend", 5, at=on(4, 4)), at=on(4, 12)).returned


def test_a_pause_keeps_what_comes_back_in_it() -> None:
    told = Told(plan(LOT))
    first = told("spend", 4, at=on(1, 9))
    told("pause", at=on(3, 30))
    assert [one.went for one in told("refund", first, at=on(4, 20)).returned] == ["carried"]


def test_periods_are_those_that_the_wallet_comes_to() -> None:
    """An early reset closes the first; a plan with weeks counts weeks from then on."""
    weekly = plan(LOT, name="b", rank=1, period=periods.subscription_weeks(1))
    told = Told(plan(LOT), weekly)
    told("reset", at=on(1, 20))
    assert lots(told) == {"01 Apr": 10}
    told("change_plan", "b", at=on(1, 21), when="period_end")
    told("advance", on(3))
    assert lots(told) == {"01 Apr": 10, "12 Mar": 10}


PAID = Plan(
    "paid",
    allowances=[Allowance(10, given="on_payment"), Allowance(4, kind="bonus")],
    rollovers=[Rollover(life=LOT)],
    price=Decimal(9),
    renewal=Renewal(grace=timedelta(days=7)),
)


@pytest.mark.parametrize("used", [0, 14])
def test_a_late_payment_carries_into_what_the_reset_carried(used: int) -> None:
    told = Told(PAID)
    spent = told("spend", used, at=on(1, 9)) if used else None
    told("advance", on(2))
    if spent is not None:
        told("refund", spent, at=on(2, 2))
    told("confirm", told.view.pending()[0], at=on(2, 5), payment="p")
    assert lots(told) == {"01 Apr": 14}
    assert len([one for one in told.view.buckets() if one.kind == "rollover"]) == 1


def test_what_is_brought_may_end() -> None:
    """On any plan: a lot with an end of its own stands beside the one bank, and nothing is carried into it."""
    brought = [Balance("rollover", 5, expires=on(3)), Balance("rollover", 6, expires=on(4)), Balance("rollover", 7)]
    told = Told(plan(LOT), balances=brought)
    assert lots(told) == {"01 Mar": 5, "01 Apr": 6, "never": 7}
    told("advance", on(3))
    assert lots(told) == {"01 Apr": 6 + 10, "01 May": 10, "never": 7}
    told = Told(plan(None), balances=brought)
    told("advance", on(3))
    assert lots(told) == {"01 Apr": 6, "never": 7 + 2 * 10}
    with pytest.raises(ArgumentError, match="one for each allowance and each rollover bank"):
        Told(plan(LOT), balances=[brought[2], brought[2]])


WRONG: list[tuple[Any, dict[str, Any], str]] = [
    (5, {}, "Rollover: life is 5, it must be a Life, such as Life(months=2)"),
    (Life(periods=1), {}, "it counts the period that closes, so it must be at least 2, the end of the next"),
    (Life(days=1), {}, "it would be over at every reset: it counts from the start of the period that closes"),
    (Life(days=28), {}, "it would be over at every reset"),
    (Life(months=1), {}, "it would be over at every reset"),
    (Life(days=0, ends="end_of_day"), {"period": periods.calendar_day()}, "it would be over at every reset"),
    (Life(months=2), {"period": periods.calendar_year()}, "it would be over at every reset"),
    (Life(days=1), {"period": periods.hours(48)}, "it would be over at every reset"),
    (Life(days=9, counted_from="last_purchase"), {}, "only what is bought counts from the last purchase"),
    (Life(days=30), {"period": periods.hours(1)}, "at most 400 may live at a time, and it would be 769"),
    (Life(periods=402), {}, "at most 400 may live at a time, and it would be 402"),
]


@pytest.mark.parametrize(("life", "said", "right"), WRONG)
def test_a_life_that_makes_no_sense_is_said(life: Any, said: dict[str, Any], right: str) -> None:
    with pytest.raises(PlanError) as refused:
        _ = plan(life, **said).terms
    assert right in str(refused.value)


LIVES: list[tuple[Life, dict[str, Any]]] = [
    (Life(days=29), {}),
    (Life(months=1, ends="end_of_day"), {}),
    (Life(months=3), {}),
    (Life(days=1, counted_from="period_end"), {}),
    (Life(days=1), {"period": periods.hours(24)}),
    (Life(days=1), {"period": periods.once()}),
    (Life(days=1, ends="end_of_day"), {"period": periods.subscription_day()}),
]


@pytest.mark.parametrize(("life", "said"), LIVES)
def test_a_life_that_some_reset_finds_running_makes_sense(life: Life, said: dict[str, Any]) -> None:
    assert plan(life, **said).terms is not None


IDLE: list[tuple[Plan, int, dict[str, int]]] = [
    (plan(Life(periods=2), period=periods.hours(1)), 4, {"quota": 10, "rollover": 10}),
    (plan(Life(periods=9), period=periods.hours(1)), 4, {"quota": 10, "rollover": 80}),
    (plan(Life(months=2)), 4, {"quota": 10, "rollover": 10}),
    (plan(Life(days=400), period=periods.subscription_days(2)), 4, {"quota": 10, "rollover": 10 * 199}),
    (plan(Life(periods=4), bank_max=15, period=periods.hours(1)), 8, {"quota": 10, "rollover": 15}),
    (plan(Life(periods=4), bank_max=25, period=periods.hours(1)), 8, {"quota": 10, "rollover": 25}),
    (plan(Life(periods=4), bank_max=45, period=periods.hours(1)), 8, {"quota": 10, "rollover": 30}),
    (plan(Life(periods=4), bank_max=3), 8, {"quota": 10, "rollover": 3}),
]


@pytest.mark.parametrize(("rolling", "most", "there"), IDLE)
def test_years_of_silence_are_a_few_entries(rolling: Plan, most: int, there: dict[str, int]) -> None:
    """Also where a cap takes some of each, or some of it ends."""
    told = Told(rolling)
    told("spend", 3, at=on(1, 1))
    change = told.wallet.advance(on(1, year=2126))
    assert len(change.entries) <= most
    assert change.view.by_kind() == there
    assert replay([*told.entries, *change.entries]) == change.wallet
    runs = [entry for entry in change.entries if isinstance(entry, e.PeriodOpened)]
    granted = sum(sum(one.granted_steps for one in run.granted if one.allowance) for run in runs)
    granted += sum(one.granted_steps for run in runs for one in run.between if one.kind == "quota")
    lost = sum(sum(run.forfeited_by_kind().values()) + _expired(run) for run in runs)
    lost += sum(loss.steps for entry in change.entries if isinstance(entry, e.Expired) for loss in entry.expired)
    assert 7 + granted - lost == sum(there.values())


def _expired(run: e.PeriodOpened) -> int:
    return sum(loss.steps for loss in run.expired) + sum(one.expired_steps for one in run.between)


@pytest.mark.parametrize("cap", [None, 15, 25, 3])
def test_a_run_comes_to_the_same_as_its_openings(cap: int | None) -> None:
    told = Told(plan(Life(periods=4), bank_max=cap, period=periods.hours(1)))
    jump = told.wallet.advance(on(1) + timedelta(hours=90)).view
    now = told.wallet
    for hours in range(1, 91):
        now = now.advance(on(1) + timedelta(hours=hours)).wallet
    assert jump.buckets() == now.at(now.clock).buckets()


def test_a_run_that_says_another_sum_is_found() -> None:
    told = Told(plan(Life(periods=4), bank_max=25, period=periods.hours(1)))
    told("advance", on(2))
    run = told.entries[-1]
    *others, over = run.between
    assert over.kind == "rollover"
    for wrong in (
        evolve(over, granted_steps=over.granted_steps + 1),
        evolve(over, expired_steps=over.expired_steps - 1),
    ):
        with pytest.raises(HistoryError, match="a run carried"):
            replay([*told.entries[:-1], evolve(run, between=(*others, wrong))])
    with pytest.raises(HistoryError, match="a run carried"):
        replay([*told.entries[:-1], evolve(run, between=tuple(others))])


def test_what_was_carried_ends_on_a_plan_that_carries_nothing_too() -> None:
    told = Told(plan(LOT), Plan("b", allowances=[Allowance(5)], rank=1))
    told("advance", on(2))
    told("change_plan", "b", at=on(2, 2), when="period_end")
    told("advance", on(3))
    assert lots(told) == {"01 Apr": 10}
    change = told.wallet.advance(on(1, year=2126))
    assert len(change.entries) <= 4
    assert change.view.by_kind() == {"quota": 5}
