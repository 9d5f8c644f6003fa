"""A catalogue in which a customer could walk in a circle and be given the same again is refused when it is built."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.loose import loose
from tokenpurse import Allowance, Catalogue, Plan, Renewal, Switch, Wallet, periods
from tokenpurse.errors import OutOfBounds, PlanError

JULY = datetime(2026, 7, 1, tzinfo=UTC)
AGAIN, AT_END = Switch(when="now", anchor="restarted"), Switch(when="period_end", anchor="restarted")
NOW, LATER = Switch(when="now"), Switch(when="period_end")


def plan(name: str, amount: int, rank: int, **more: Any) -> Plan:
    return Plan(name, allowances=[Allowance(amount)], rank=rank, **more)


# The plans, the walk that mints on them, and the plan, field and plans named by the error.
MINTING: dict[str, tuple[list[Plan], str, tuple[str, str, str]]] = {
    "up opens a period, down at once": (
        [plan("a", 20, 0, on_upgrade=AGAIN), plan("b", 50, 1, on_downgrade=NOW)],
        "ab",
        ("Plan 'a'", "on_upgrade.anchor", "'b' leads back at once"),
    ),
    "the same, not after an upgrade": (
        [plan("a", 20, 0, on_upgrade=AGAIN), plan("b", 50, 1, on_downgrade=Switch(when="now", after_upgrade=False))],
        "bab",
        ("Plan 'a'", "on_upgrade.anchor", "'b' leads back at once"),
    ),
    "down opens a period": (
        [plan("a", 20, 0), plan("b", 50, 1, on_downgrade=AGAIN)],
        "ba",
        ("Plan 'b'", "on_downgrade.anchor", "'a' gives all of its own at once"),
    ),
    "cancelling opens a period": (
        [plan("a", 20, 0), plan("b", 50, 1, cancels_to="a", on_cancel=AGAIN)],
        "ba",
        ("Plan 'b'", "on_cancel.anchor", "'a' gives all of its own at once"),
    ),
    "cancelling leads back": (
        [plan("a", 20, 0, on_upgrade=AGAIN), plan("b", 50, 1, cancels_to="a", on_cancel=NOW)],
        "ab",
        ("Plan 'a'", "on_upgrade.anchor", "'b' leads back at once"),
    ),
    "of one rank": (
        [plan("a", 20, 0, on_downgrade=AGAIN), plan("b", 20, 0, on_downgrade=AGAIN)],
        "ab",
        ("Plan 'a'", "on_downgrade.anchor", "'b' gives all of its own at once"),
    ),
    "in a wide circle": (
        [
            plan("a", 20, 0, on_upgrade=AGAIN),
            plan("b", 30, 1, on_upgrade=NOW),
            plan("c", 50, 2, on_downgrade=LATER, cancels_to="a", on_cancel=NOW),
        ],
        "abc",
        ("Plan 'a'", "on_upgrade.anchor", "'c' leads back at once"),
    ),
    "upwards, as a cancel": (
        [plan("a", 20, 0, cancels_to="b", on_cancel=AGAIN), plan("b", 50, 1, on_downgrade=NOW)],
        "ab",
        ("Plan 'a'", "on_cancel.anchor", "'b' gives all of its own at once"),
    ),
    "a plan without an end is left at once": (
        [
            plan("a", 20, 0, on_upgrade=AGAIN, period=periods.once()),
            plan("b", 50, 1, on_downgrade=LATER, period=periods.once()),
        ],
        "ab",
        ("Plan 'a'", "on_upgrade.anchor", "'b' leads back at once"),
    ),
    "from a plan without an end, down": (
        [
            plan("a", 20, 0, period=periods.once()),
            plan("b", 50, 1, on_downgrade=AT_END, period=periods.once()),
        ],
        "ba",
        ("Plan 'b'", "on_downgrade.anchor", "leads back at once"),
    ),
}


@pytest.mark.parametrize(("plans", "walk", "said"), MINTING.values(), ids=list(MINTING))
def test_plans_that_mint_are_refused(plans: list[Plan], walk: str, said: tuple[str, str, str]) -> None:
    """Walked twice within a day, they give more than all of them together grant; the error says which switch it is."""
    wallet, spent = Wallet.open(walk[0], catalogue=loose(plans), id="acme", at=JULY).wallet, 0
    for hour, name in enumerate(walk * 4):
        try:
            wallet = wallet.change_plan(name, at=JULY + timedelta(hours=hour)).wallet
        except OutOfBounds:  # not after an upgrade: twice is enough
            break
        left = wallet.at(wallet.clock).available()
        wallet = wallet.spend(left, at=wallet.clock).wallet
        spent += left or 0
    sizes = {one.name: one.allowances[0].amount for one in plans}
    assert spent > sum(sizes[name] for name in set(walk))

    with pytest.raises(PlanError) as caught:
        Catalogue(plans)
    part, field, why = said
    assert (caught.value.part, caught.value.field, caught.value.value) == (part, field, "restarted")
    assert why in caught.value.right
    assert "must be kept" in caught.value.right


def test_an_immediate_downgrade_is_not_given_all_that_is_new() -> None:
    """Nor where no way leads up at once: half an hour on the best plan, then all of the next one at its price."""
    with pytest.raises(
        PlanError, match="anchor is 'restarted', 'a' gives all of its own at once, beside what 'b' gave"
    ):
        Catalogue([plan("a", 20, 0, on_upgrade=LATER), plan("b", 50, 1, on_downgrade=AGAIN)])


ALLOWED: dict[str, list[Plan]] = {
    "up opens a period that is paid in full, down at its end": [
        plan("a", 20, 0, on_upgrade=AGAIN),
        plan("b", 50, 1, on_upgrade=Switch(when="now", anchor="restarted", keep={"quota"}, use="cleared")),
        plan("c", 90, 2, cancels_to="a"),
    ],
    "down opens a period, but at the end": [plan("a", 20, 0), plan("b", 50, 1, on_downgrade=AT_END)],
    "up opens a period, and what is above never leads down": [
        plan("a", 20, 0, on_upgrade=AGAIN),
        plan("b", 50, 1, on_upgrade=NOW),
        plan("c", 90, 2),
    ],
    "cleared on every way: each plan gives once": [
        plan("a", 20, 0, on_upgrade=Switch(when="now", use="cleared")),
        plan("b", 50, 1, on_downgrade=Switch(when="now", use="cleared")),
    ],
    "a trial, which is taken once": [
        plan("trial", 5, 0, once=True, cancels_to="a", on_cancel=AGAIN, on_upgrade=AGAIN),
        plan("a", 20, 0),
        plan("b", 50, 1, on_downgrade=NOW),
    ],
    "an older revision, to which nobody comes back": [
        plan("a", 20, 0, on_upgrade=AGAIN),
        plan("b", 50, 1, on_downgrade=NOW),
        plan("b", 50, 1, revision=2),
    ],
    "one plan alone": [plan("a", 20, 0, on_upgrade=AGAIN, on_downgrade=AGAIN, on_cancel=AGAIN)],
    "nothing above": [plan("a", 20, 1, on_upgrade=AGAIN), plan("b", 20, 0, on_upgrade=LATER)],
}


@pytest.mark.parametrize("plans", ALLOWED.values(), ids=list(ALLOWED))
def test_plans_that_do_not_are_not(plans: list[Plan]) -> None:
    """What services publish can be said: an upgrade at once with all that is new, and down at the period's end."""
    assert tuple(Catalogue(plans)) == tuple(plans)


def test_a_thousand_plans_are_looked_at_in_no_time() -> None:
    """Prices agreed with each customer are plans of their own, and alike."""
    plans = [plan(f"own {number}", 50 + number, number % 3, on_upgrade=AGAIN) for number in range(1_000)]
    start = time.perf_counter()
    Catalogue(plans)
    assert time.perf_counter() - start < 0.5
    with pytest.raises(PlanError, match="leads back at once"):
        Catalogue([*plans, plan("worst", 1, 2, on_downgrade=NOW)])


def test_plans_that_lead_to_each_other_unpaid_are_refused() -> None:
    """Nobody would ever pay, and each would give again what it gives at once, a thousand times a year."""

    def paid(name: str, to: str | None, **more: Any) -> Plan:
        return plan(name, 20, 0, renewal=Renewal(grace=timedelta(days=1)), cancels_to=to, **more)

    with pytest.raises(PlanError) as caught:
        Catalogue([paid("a", "b"), paid("b", "c"), paid("c", "b")])
    assert (caught.value.part, caught.value.field, caught.value.value) == ("Plan 'b'", "cancels_to", "c")
    assert "unpaid too, that leads back here" in str(caught.value)
    for last in (plan("c", 5, 0, cancels_to="a"), paid("c", None)):
        assert Catalogue([paid("a", "b"), paid("b", "c"), last]).newest("a").cancels_to == "b"
