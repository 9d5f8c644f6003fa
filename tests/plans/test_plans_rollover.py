"""What carries over, and how much of it: the numbers that products publish, and those of the boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest import mock

import pytest
from attrs import evolve

from tokenpurse import Allowance, Bound, Catalogue, Plan, Renewal, Rollover, Switch, Wallet, periods, replay
from tokenpurse import entries as e
from tokenpurse.errors import HistoryError, PlanError
from tokenpurse.view import View

HALF = Decimal("0.5")


def on(month: int, day: int = 1, year: int = 2026) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


class Told:
    """A wallet and all that it said, replayed after each verb."""

    def __init__(self, *plans: Plan, **said: Any) -> None:
        change = Wallet.open(plans[0].name, catalogue=Catalogue(plans), id="acme", at=on(1), **said)
        self.wallet, self.entries = change.wallet, list(change.entries)

    def __call__(self, verb: str, *args: Any, **named: Any) -> Any:
        change = getattr(self.wallet, verb)(*args, **named)
        self.wallet, self.entries = change.wallet, self.entries + list(change.entries)
        assert replay(self.entries) == self.wallet
        return change.entries[-1] if change.entries else None

    @property
    def view(self) -> View:
        return self.wallet.at(self.wallet.clock)

    def bank(self) -> Any:
        return self.view.by_kind().get("rollover", 0)


def plan(name: str, *amounts: Any, **said: Any) -> Plan:
    kinds = ("quota", "bonus")
    grants = [Allowance(amount, kind=kind) for amount, kind in zip(amounts, kinds, strict=False)]
    own = {key: said.pop(key) for key in list(said) if key in {"rank", "cancels_to", "on_upgrade", "period"}}
    return Plan(name, allowances=grants, rollovers=[Rollover(**said)], **own)


# Used in each month from January, and what the bank has, and all there is, after each reset.
ROLLED: list[tuple[str, Plan, Sequence[int], Sequence[int], Sequence[int]]] = [
    (
        "Leonardo: a bank of three allowances",
        plan("essential", 8_500, bank_max=Bound("allowance", 3)),
        [0, 0, 0, 0],
        [8_500, 17_000, 25_500, 25_500],
        [17_000, 25_500, 34_000, 34_000],
    ),
    (
        "ElevenLabs: two are carried at most, three are there at most",
        plan("creator", 100_000, carry_max=Bound("allowance", 2), total_max=Bound("allowance", 3), same_plan=True),
        [0, 0, 0],
        [100_000, 200_000, 200_000],
        [200_000, 300_000, 300_000],
    ),
    (
        "Clay: two are there at most",
        plan("explorer", 50_000, total_max=Bound("allowance", 2)),
        [30_000, 0, 80_000],
        [20_000, 50_000, 20_000],
        [70_000, 100_000, 70_000],
    ),
    ("PostHog: a share of what is left", plan("a", 1_001, share=HALF), [0, 500, 1_501], [500, 750, 250], []),
    ("Mintlify: half an allowance", plan("a", 250, carry_max=Bound("allowance", HALF)), [0, 200], [125, 175], []),
    ("Twenty: one allowance", plan("a", 100, carry_max=Bound("allowance")), [30, 0], [70, 170], []),
    (
        "Metronome: a share of the original at most",
        plan("a", 1_000, carry_max=Bound("original", Decimal("0.25"))),
        [100, 900],
        [250, 350],
        [],
    ),
    ("Zuora", plan("a", 1_000), [800], [200], [1_200]),
    ("an amount, and the share first", plan("a", 100, share=HALF, carry_max=30), [0, 50 + 30, 0], [30, 40, 70], []),
    ("two kinds share one cap", plan("a", 10, 7, share=HALF), [0, 9], [8, 12], []),
    ("a total that the grant alone fills", plan("a", 100, total_max=100), [0], [0], [100]),
    ("a total below the grant", plan("a", 100, total_max=60), [0], [0], [100]),
    ("both caps of the bank", plan("a", 10, total_max=25, bank_max=12), [0, 0], [10, 12], []),
]


@pytest.mark.parametrize(
    ("rolled", "used", "bank", "total"), [row[1:] for row in ROLLED], ids=[row[0] for row in ROLLED]
)
def test_what_products_carry(rolled: Plan, used: Sequence[int], bank: Sequence[int], total: Sequence[int]) -> None:
    told = Told(rolled)
    for month, spent in enumerate(used, 1):
        if spent:
            told("spend", spent, at=on(month, 9))
        before = told.view.by_kind()
        opened = told("advance", on(month + 1))
        assert told.bank() == bank[month - 1]
        after = told.view
        lost = sum(loss.steps for loss in opened.forfeited)
        assert sum(before.values()) + sum(one.granted_steps for one in opened.granted) - lost == after.available()
        assert not total or after.available() == total[month - 1]


def test_what_does_not_fit_is_forfeited_and_said() -> None:
    """Clay: 70,000 are left, 50,000 come, 100,000 may be there."""
    told = Told(plan("explorer", 50_000, total_max=Bound("allowance", 2)))
    told("spend", 30_000, at=on(1, 9))
    told("advance", on(2))
    opened = told("advance", on(3))
    assert opened.forfeited_by_kind() == {("quota", "tokens"): 20_000}
    assert told.view.available() == 100_000


def test_a_bank_above_the_total_gives_way_after_what_is_carried() -> None:
    """A smaller plan grants less, and so its total is less: what is left goes first, then the bank."""
    big = plan("big", 100, total_max=Bound("allowance", 3), rank=1)
    told = Told(big, plan("small", 10, total_max=Bound("allowance", 3)))
    told("advance", on(4))
    told("change_plan", "small", at=on(4, 2), when="period_end")
    opened = told("advance", on(5))
    assert opened.forfeited_by_kind() == {("quota", "tokens"): 100, ("rollover", "tokens"): 180}
    assert told.view.by_kind() == {"quota": 10, "rollover": 20}


@pytest.mark.parametrize(("one", "other"), [(True, False), (False, True), (True, True), (False, False)])
def test_a_change_of_plan_forfeits_what_only_the_same_plan_carries(one: bool, other: bool) -> None:
    told = Told(plan("a", 10, same_plan=one), plan("b", 20, same_plan=other, rank=1))
    told("advance", on(2))
    told("change_plan", "b", at=on(2, 3), when="period_end")
    opened = told("advance", on(3))
    lost = 10 if one or other else 0
    assert opened.forfeited_by_kind() == ({("quota", "tokens"): 10} if lost else {})
    assert told.view.by_kind() == {"quota": 20, "rollover": 20 - lost}
    told("advance", on(4))
    assert told.bank() == 40 - lost


def test_a_revision_is_the_same_plan() -> None:
    told = Told(plan("a", 10, same_plan=True))
    newer = evolve(plan("a", 12, same_plan=True), revision=2)
    told.wallet = told.wallet.bind(Catalogue([plan("a", 10, same_plan=True), newer]))
    told("advance", on(2))
    assert told.view.by_kind() == {"quota": 12, "rollover": 10}


def test_share_and_carry_max_are_the_closing_plans_bank_and_total_the_next_ones() -> None:
    told = Told(plan("a", 100, share=HALF, bank_max=1), plan("b", 10, carry_max=1, total_max=40, rank=1))
    told("change_plan", "b", at=on(1, 3), when="period_end")
    told("advance", on(2))
    assert told.bank() == 30


# What comes back later is carried as if it had been left then: used in January, given back in February in parts.
BACK: list[tuple[str, Plan, int, Sequence[int], Sequence[int]]] = [
    ("halves add up", plan("a", 100, share=HALF), 99, [1, 1, 1, 1, 95], [1, 1, 2, 2, 50]),
    ("up to what one reset carries", plan("a", 100, carry_max=30), 90, [15, 15, 60], [25, 30, 30]),
    ("nothing more, it was full", plan("a", 100, carry_max=10), 60, [60], [10]),
    (
        "a share of the original",
        plan("a", 10, 30, carry_max=Bound("original", HALF)),
        40,
        [19, 2, 19],
        [19, 20, 20],
    ),
    ("beside the next grant", plan("a", 100, total_max=130), 90, [10, 20, 60], [20, 30, 30]),
]


@pytest.mark.parametrize(("rolled", "used", "parts", "bank"), [row[1:] for row in BACK], ids=[row[0] for row in BACK])
def test_what_comes_back_is_carried_as_if_it_had_been_left(
    rolled: Plan, used: int, parts: Sequence[int], bank: Sequence[int]
) -> None:
    told = Told(rolled)
    spent = told("spend", used, at=on(1, 9))
    told("advance", on(2))
    for part, there in zip(parts, bank, strict=True):
        told("refund", spent, part, at=on(2, 9))
        assert told.bank() == there
    never = Told(rolled)
    never("spend", used - sum(parts), at=on(1, 9))
    never("advance", on(2))
    assert told.bank() == never.bank()


def test_each_closed_period_has_its_own_share() -> None:
    told = Told(plan("a", 100, carry_max=30))
    spends = []
    for month, used in ((1, 80), (2, 90)):
        spends.append(told("spend", used, at=on(month, 9)))
        told("advance", on(month + 1))
    assert told.bank() == 20 + 10
    told("refund", spends[0], at=on(3, 2))
    assert told.bank() == 30 + 10
    told("refund", spends[1], at=on(3, 3))
    assert told.bank() == 30 + 30


def test_of_a_period_that_nobody_remembers_nothing_is_carried() -> None:
    """Only so many are remembered: what a share would be of is not known any more."""
    told = Told(plan("a", 100, carry_max=30))
    with mock.patch("tokenpurse._engine.apply.timing.WAYS_MAX", 1):
        spends = []
        for month, used in ((1, 80), (2, 90)):
            spends.append(told("spend", used, at=on(month, 9)))
            told("advance", on(month + 1))
        told("refund", spends[0], at=on(3, 2))
        assert told.bank() == 20 + 10
        told("refund", spends[1], at=on(3, 3))
        assert told.bank() == 20 + 30


@pytest.mark.parametrize("verb", ["release", "lapse", "capture", "refund"])
def test_what_was_held_over_the_reset_is_carried_by_its_share(verb: str) -> None:
    """61 are left: 30 are carried; of 20 more, 81, there would have been 40."""
    told = Told(plan("a", 100, share=HALF))
    told("hold", 39, ref="h", until=timedelta(days=28), at=on(1, 9))
    told("advance", on(2))
    assert told.bank() == 30
    if verb == "lapse":
        told("advance", on(2, 27))
    elif verb == "release":
        told("release", "h", at=on(2, 3))
    else:
        captured = told("capture", "h", 19 if verb == "capture" else 39, at=on(2, 3))
        if verb == "refund":
            told("refund", captured, at=on(2, 9))
    assert told.bank() == (40 if verb == "capture" else 50)


def test_a_way_of_a_plan_that_was_left_has_no_share_of_what_was_cleared() -> None:
    cleared = Switch(when="now", use="cleared")
    told = Told(plan("a", 100, share=HALF, on_upgrade=cleared), plan("b", 100, share=HALF, rank=1))
    spent = told("spend", 50, at=on(1, 9))
    told("change_plan", "b", at=on(1, 12))
    told("advance", on(2))
    told("refund", spent, at=on(2, 3))
    assert told.bank() == 50


PAID = Plan(
    "paid",
    allowances=[Allowance(100, given="on_payment"), Allowance(10, kind="bonus")],
    rollovers=[Rollover(share=HALF, carry_max=Bound("original", HALF))],
    price=Decimal(9),
    renewal=Renewal(grace=timedelta(days=7)),
)


@pytest.mark.parametrize(
    ("used", "back", "bank"),
    [
        pytest.param(0, 0, 55, id="all of the rest"),
        pytest.param(1, 0, 54, id="109 were left"),
        pytest.param(1, 1, 55, id="and it comes back"),
        pytest.param(2, 1, 54, id="half of it"),
    ],
)
@pytest.mark.parametrize("late", [False, True], ids=["refunded in the grace", "refunded after it"])
def test_a_rest_that_waits_for_a_payment_is_part_of_what_was_left(used: int, back: int, bank: int, late: bool) -> None:
    """5 of 10 are carried at the reset, of both kinds together when the other is paid for."""
    told = Told(PAID)
    spent = told("spend", used, at=on(1, 9)) if used else None
    told("advance", on(2))
    assert told.bank() == 5
    [due] = told.view.pending()
    for _ in range(back * (not late)):
        told("refund", spent, 1, at=on(2, 2))
    told("confirm", due, at=on(2, 3), payment="p")
    for _ in range(back * late):
        told("refund", spent, 1, at=on(2, 4))
    assert told.view.by_kind() == {"quota": 100, "bonus": 10, "rollover": bank}


def test_years_of_silence_are_a_few_entries() -> None:
    """With a share, a cap on what one reset carries and one on the total: stepping gives an equal wallet."""
    caps = {"share": Decimal("0.3"), "carry_max": 2, "total_max": 9_000}
    wallet = Told(plan("a", 9, period=periods.hours(1), **caps)).wallet.spend(3, at=on(1, 1)).wallet
    change = wallet.advance(on(1, year=2126))
    assert len(change.entries) <= 10
    for hours in (1, 2, 3, 100, 5_000, 9_000):
        wallet = wallet.advance(on(1) + timedelta(hours=hours)).wallet
        assert wallet.at(wallet.clock).by_kind()["rollover"] == min(1 + 2 * (hours - 1), 9_000 - 9)
    there = wallet.advance(on(1, year=2126)).view
    assert there.by_kind() == change.view.by_kind() == {"quota": 9, "rollover": 8_991}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"share": 0}, "Rollover: share is 0, it must be above 0 and at most 1"),
    ({"share": Decimal("1.01")}, "Rollover: share is Decimal('1.01'), it must be above 0 and at most 1"),
    ({"share": 0.5}, "Rollover: share is 0.5, it must be an int or a Decimal"),
    ({"carry_max": Bound("limit")}, "Rollover: carry_max is 'limit', it must be a multiple of allowance or original"),
    ({"carry_max": Decimal(5)}, "Rollover: carry_max is Decimal('5'), it must be an int"),
    ({"total_max": Bound("original")}, "Rollover: total_max is 'original', it must be a multiple of allowance"),
    ({"total_max": Bound("allowance")}, "Rollover: total_max is Bound("),
    ({"bank_max": Bound("original")}, "Rollover: bank_max is 'original', it must be a multiple of allowance"),
    ({"same_plan": 1}, "Rollover: same_plan is 1, it must be True or False"),
]


@pytest.mark.parametrize(("said", "problem"), WRONG)
def test_what_makes_no_sense_is_said(said: dict[str, Any], problem: str) -> None:
    with pytest.raises(PlanError) as refused:
        _ = plan("a", 100, **said).terms
    assert str(refused.value).startswith(problem)


def _wrong(told: Told, **said: Any) -> str:
    with pytest.raises(HistoryError) as failed:
        replay([*told.entries[:-1], evolve(told.entries[-1], **said)])
    assert failed.value.position == len(told.entries) - 1
    return str(failed.value)


def test_a_share_that_an_entry_contradicts_is_found() -> None:
    told = Told(plan("a", 100, share=HALF))
    spent = told("spend", 40, at=on(1, 9))
    opened = told("advance", on(2))
    [unused] = opened.unused
    assert (unused.amount, unused.carried_steps, unused.share, unused.most_steps) == (60, 30, (1, 2), None)
    assert "60 tokens were left" in _wrong(told, unused=(evolve(unused, steps=61),))
    for share in ((1, 3), (-1, 2), (3, 2)):
        assert "carried 30 tokens, of 60" in _wrong(told, unused=(evolve(unused, share=share),))
    back = told("refund", spent, 3, at=on(2, 2)).returned
    assert [(one.went, one.steps, one.closed_by) for one in back] == [("carried", 1, 3), ("forfeited", 2, 3)]
    carried, forfeited = back
    more = (evolve(carried, steps=2, left_steps=32), evolve(forfeited, steps=1))
    assert "2 tokens that come back" in _wrong(told, returned=more)
    assert "its rest was not" in _wrong(told, returned=(evolve(carried, closed_by=0), forfeited))
    lost = evolve(forfeited, closed_by=2, steps=3)
    assert "that entry 2 closed" in _wrong(told, returned=(lost,))


def test_a_late_payment_carries_what_was_left_and_waited() -> None:
    told = Told(PAID)
    told("advance", on(2))
    [due] = told.view.pending()
    renewed = told("confirm", due, at=on(2, 3), payment="p")
    assert isinstance(renewed, e.Renewed)
    [unused] = renewed.unused
    assert (unused.steps, unused.most_steps) == (110, 55)
    assert "100 tokens were left" in _wrong(told, unused=(evolve(unused, steps=111),))
    told.entries[-1] = evolve(renewed, unused=())
    with pytest.raises(HistoryError):
        replay([*told.entries[:1], evolve(renewed, sequence=2)])
