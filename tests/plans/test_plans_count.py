"""Rules for counts: a minimum, what more of them bring, and when fewer take effect."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from tests.support.rich import july
from tokenpurse import Allowance, Bound, Catalogue, Count, Plan, Renewal, Rollover, Switch, Wallet, periods, replay
from tokenpurse.errors import HistoryError, OutOfBounds, PlanError

AUGUST = datetime(2026, 8, 1, tzinfo=UTC)
HALF = datetime(2026, 7, 16, 12, tzinfo=UTC)


def plan(*counts: Count, name: str = "team", **more: Any) -> Plan:
    return Plan(name, **{"allowances": [Allowance(100, per="seats")], "counts": counts, **more})


def opened(*counts: Count, seats: int | None = None, **more: Any) -> Wallet:
    given = {} if seats is None else {"seats": seats}
    return Wallet.open(plan(*counts, **more), id="acme", at=july(1), counts=given).wallet


@pytest.mark.parametrize(
    ("make", "field", "value"),
    [
        (lambda: Count("", minimum=1), "name", ""),
        (lambda: Count("seats", minimum=-1), "minimum", -1),
        (lambda: Count("seats", minimum=True), "minimum", True),
        (lambda: Count("seats", added="later"), "added", "later"),  # type: ignore[arg-type]  # wrong on purpose
        (lambda: Count("seats", removed="later"), "removed", "later"),  # type: ignore[arg-type]  # likewise
        (lambda: plan(Count("packages")), "name", "packages"),
        (lambda: plan(Count("packages"), allowances=[Allowance(5)]), "name", "packages"),
        (lambda: plan(Count("seats"), Count("seats")), "counts", "seats"),
        (lambda: plan("seats"), "counts", ("seats",)),
        (
            lambda: plan(Count("seats", minimum=2**31 - 1), allowances=[Allowance(2**40, per="seats")]),
            "minimum",
            2**31 - 1,
        ),
    ],
)
def test_what_is_wrong_is_said(make: Any, field: str, value: object) -> None:
    with pytest.raises(PlanError) as caught:
        make()
    assert (caught.value.field, caught.value.value) == (field, value)


def test_an_allowance_of_nothing_bounds_no_count() -> None:
    assert (
        opened(Count("seats", minimum=2**31 - 1), allowances=[Allowance(0, per="seats")]).at(july(1)).available() == 0
    )


@pytest.mark.parametrize(("seats", "there"), [(None, 3), (0, 3), (2, 3), (3, 3), (5, 5)])
def test_fewer_than_the_minimum_are_the_minimum(seats: int | None, there: int) -> None:
    wallet = opened(Count("seats", minimum=3), seats=seats)
    view = wallet.at(july(1))
    assert (view.counts, view.available()) == ({"seats": there}, 100 * there)
    assert wallet.at(AUGUST).available() == 100 * there
    if there == 3:
        assert wallet.set_count("seats", 3, at=july(2)).wallet is wallet
    with pytest.raises(OutOfBounds, match="2 seats asked, plan team has at least 3"):
        wallet.set_count("seats", 2, at=july(2))


def test_a_minimum_of_another_plan_is_kept_there_only() -> None:
    """What was set is remembered."""
    small, large = plan(name="small"), plan(Count("seats", minimum=3), name="large", rank=1)
    start = Wallet.open("small", catalogue=Catalogue([small, large]), id="acme", at=july(1), counts={"seats": 2}).wallet
    grown = start.set_count("seats", 1, at=july(2)).wallet.change_plan("large", at=july(2))
    assert (grown.view.available(), grown.view.counts, grown.view.counts_next) == (300, {"seats": 3}, {"seats": 3})
    back = grown.wallet.change_plan("small", at=july(3)).wallet.at(AUGUST)
    assert (back.available(), back.counts) == (100, {"seats": 1})
    unbound = replay([Wallet.open(plan(), id="acme", at=july(1), counts={"seats": 2}).entry])
    assert unbound.at(july(1)).counts == {"seats": 2}


@pytest.mark.parametrize(
    ("added", "at", "left"),
    [
        ("full", HALF, 400),
        ("prorated", july(1), 400),
        ("prorated", HALF, 300),
        ("prorated", HALF + timedelta(microseconds=1), 299),
        ("prorated", AUGUST - timedelta(microseconds=1), 200),
    ],
)
def test_what_more_of_them_bring(added: Any, at: datetime, left: int) -> None:
    change = opened(Count("seats", added=added), seats=2).set_count("seats", 4, at=at)
    assert change.view.available() == left
    assert change.wallet.at(AUGUST).available() == 400
    assert change.entry.prorated is (added == "prorated")


def test_what_was_used_stays_used_and_steps_add_up() -> None:
    """One by one comes to the same as all at once, and back again to what there was."""
    start = opened(Count("seats", added="prorated", removed="now"), seats=2).spend(150, at=july(2)).wallet
    at_once = start.set_count("seats", 4, at=HALF).wallet
    by_one = start.set_count("seats", 3, at=HALF).wallet.set_count("seats", 4, at=HALF).wallet
    assert at_once.at(HALF).available() == by_one.at(HALF).available() == 150
    assert by_one.set_count("seats", 2, at=HALF).view.available() == 50
    quarter = HALF + timedelta(days=7, hours=18)
    assert at_once.set_count("seats", 2, at=quarter).view.available() == 100
    assert at_once.set_count("seats", 2, at=quarter, when="period_end").view.available() == 150


@pytest.mark.parametrize(("removed", "left"), [("now", 200), ("period_end", 400)])
def test_when_fewer_take_effect(removed: Any, left: int) -> None:
    wallet = opened(Count("seats", removed=removed), seats=4)
    assert wallet.set_count("seats", 2, at=HALF).view.available() == left
    assert wallet.set_count("seats", 2, at=HALF, when="now").view.available() == 200
    assert wallet.set_count("seats", 2, at=HALF, when="period_end").view.available() == 400
    assert wallet.set_count("seats", 2, at=HALF).wallet.at(AUGUST).available() == 200


def test_another_count_of_a_prorated_period_is_for_the_time_since_then() -> None:
    two = [Allowance(100, per="seats"), Allowance(1_000, per="packages", kind="own")]
    wallet = opened(Count("seats", added="prorated"), seats=1, allowances=two).set_count("seats", 2, at=HALF).wallet
    added = wallet.set_count("packages", 1, at=july(30))
    assert added.view.by_kind() == {"quota": 150, "own": 500}


def test_a_period_without_an_end_has_no_shares() -> None:
    change = opened(Count("seats", added="prorated"), seats=1, period=periods.once()).set_count("seats", 2, at=HALF)
    assert (change.view.available(), change.entry.prorated) == (200, False)


def test_a_paused_period_is_prorated_by_its_own_time() -> None:
    """As if it had been asked for at the moment at which the time stopped, and when it goes on."""
    wallet = opened(Count("seats", added="prorated"), seats=1)
    in_pause = wallet.pause(at=HALF).wallet.set_count("seats", 2, at=july(20)).wallet
    assert in_pause.at(july(20)).balance() == 150
    resumed = in_pause.resume(at=july(25)).wallet
    more = resumed.set_count("seats", 3, at=july(25))
    assert more.view.available() == 200
    later = july(25) + timedelta(days=7, hours=18)
    assert resumed.set_count("seats", 3, at=later).view.available() == 175


def test_an_unpaid_period_grants_none_of_what_waits() -> None:
    wallet = opened(
        Count("seats", added="prorated"),
        seats=1,
        allowances=[Allowance(100, per="seats", given="on_payment"), Allowance(10, per="seats", kind="own")],
        renewal=Renewal(grace=timedelta(days=9)),
    )
    added = wallet.set_count("seats", 2, at=AUGUST)
    assert added.view.by_kind() == {"quota": 100, "own": 20}


def test_three_times_the_allowance_of_all_seats() -> None:
    """The published figure of Leonardo's teams: 75,000 for each seat, 225,000 for three."""
    wallet = opened(
        Count("seats", minimum=3),
        allowances=[Allowance(25_000, per="seats")],
        rollovers=[Rollover(bank_max=Bound("allowance", 3))],
    )
    assert wallet.at(datetime(2027, 7, 1, tzinfo=UTC)).by_kind() == {"quota": 75_000, "rollover": 225_000}


def test_a_prorated_change_of_plan_goes_on_from_a_prorated_count() -> None:
    prorated = Switch(when="now", prorated=True)
    small = plan(Count("seats", added="prorated"), name="small", on_upgrade=prorated)
    large = plan(name="large", rank=1, allowances=[Allowance(300, per="seats")])
    wallet = Wallet.open(
        "small", catalogue=Catalogue([small, large]), id="acme", at=july(1), counts={"seats": 1}
    ).wallet
    change = wallet.set_count("seats", 2, at=HALF).wallet.change_plan("large", at=HALF)
    assert change.view.available() == 50 + 300


@pytest.mark.parametrize("fields", [{"prorated": False}, {"earned": ()}, {"at_period_end": True}])
def test_replay_finds_what_is_not_what_it_prorates(fields: dict[str, Any]) -> None:
    wallet = Wallet.open(plan(Count("seats", added="prorated")), id="acme", at=july(1), counts={"seats": 1})
    change = wallet.wallet.set_count("seats", 2, at=HALF)
    entries = [*wallet.entries, *change.entries]
    assert replay(entries) == change.wallet
    with pytest.raises(HistoryError):
        replay([entries[0], evolve(change.entry, **fields)])
