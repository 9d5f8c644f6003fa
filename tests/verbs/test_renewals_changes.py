"""Renewals of a plan that a scheduled change brings: what was left of the plan before waits for their payment, too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.rich import july
from tests.verbs.test_renewals import AUGUST, DAY, FIRST, SEPTEMBER, TICK, Ledger, due_in
from tokenpurse import Allowance, Balance, Bound, Catalogue, Plan, Renewal, Rollover, Switch
from tokenpurse import entries as e
from tokenpurse.errors import Locked

BEFORE = AUGUST - timedelta(days=10)


def tier(name: str, amount: int, rank: int, **plan: Any) -> Plan:
    given: dict[str, Any] = {
        "allowances": [Allowance(amount, given="on_payment")],
        "rollovers": [Rollover()],
        "renewal": Renewal(grace=5 * DAY, rest="locked"),
        "cancels_to": "free",
        "on_cancel": Switch(when="period_end"),
        **plan,
    }
    return Plan(name, price=Decimal(amount), rank=rank, **given)


def leaving(to: str = "s", banked: int = 0, **plans: Any) -> Ledger:
    """A wallet on `pro`, 250 a month, that changes to `s`, 100, or to `xl`, 400, when July ends."""
    said = {"pro": {}, "s": {}, "xl": {}, **plans}
    shop = [tier("s", 100, 1, **said["s"]), tier("pro", 250, 2, **said["pro"]), tier("xl", 400, 3, **said["xl"])]
    ledger = Ledger(Catalogue([*shop, Plan("free")]), balances=[Balance("rollover", banked)] if banked else [])
    ledger("change_plan", to, at=BEFORE, when="period_end")
    return ledger


def other(rest: str) -> dict[str, Any]:
    return {"renewal": Renewal(grace=5 * DAY, rest=rest)}


@pytest.mark.parametrize("to", ["s", "pro", "xl"])
@pytest.mark.parametrize("rest", ["locked", "usable"])
@pytest.mark.parametrize("leaps", [False, True])
def test_unpaid_nothing_of_it_stays_whichever_plan_follows(to: str, rest: str, *, leaps: bool) -> None:
    """Down, up, or on: in the grace it is there as `rest` says, and at its end it is gone."""
    ledger = leaving(to, **{name: other(rest) for name in ("s", "pro", "xl")}) if to != "pro" else staying(rest)
    if not leaps:
        due = due_in(ledger("advance", AUGUST))
        assert (due.id, due.plan, due.rest) == (FIRST, to, rest)
        view = ledger.wallet.at(AUGUST)
        assert (view.by_kind(), view.available(), view.locked()) == (
            {"quota": 250},
            250 if rest == "usable" else 0,
            0 if rest == "usable" else 250,
        )
        assert ledger.wallet.at(july(37) - TICK).by_kind() == {"quota": 250}
    ledger("advance", july(37))
    view = ledger.wallet.at(july(37))
    assert (view.plan.name, view.by_kind(), view.available()) == ("free", {}, 0)
    late = ledger("confirm", FIRST, at=july(40), payment="pay_1")
    assert (late.view.plan.name, late.view.by_kind()) == (to, {"quota": {"s": 100, "pro": 250, "xl": 400}[to]})


def staying(rest: str) -> Ledger:
    return Ledger(Catalogue([tier("pro", 250, 2, **other(rest)), Plan("free")]))


@pytest.mark.parametrize(("to", "grants"), [("s", 100), ("xl", 400)])
def test_paid_in_the_grace_it_is_carried_and_the_period_granted_in_full(to: str, grants: int) -> None:
    """Less what was used of it meanwhile, by the closing plan's `share` and `carry_max`."""
    ledger = leaving(to, **{to: other("usable")})
    ledger("advance", AUGUST)
    ledger("spend", 50, at=july(33))
    change = ledger("confirm", FIRST, at=july(34), payment="pay_1")
    assert change.view.by_kind() == {"rollover": 200, "quota": grants}
    assert change.view.next_reset() == SEPTEMBER


def test_the_next_plan_says_whether_the_rest_can_be_used() -> None:
    """It is its renewal that is waited for: `rest` and grace are its own."""
    ledger = leaving(s={"renewal": Renewal(grace=2 * DAY, rest="usable")})
    due = due_in(ledger("advance", AUGUST))
    assert (due.until, due.rest, ledger.wallet.at(AUGUST).available()) == (july(34), "usable", 250)
    locked = leaving(pro=other("usable"))
    locked("advance", AUGUST)
    with pytest.raises(Locked):
        locked.wallet.spend(1, at=july(33))


@pytest.mark.parametrize(
    ("pro", "s", "carried"),
    [
        ({}, {}, 250),
        ({"rollovers": [Rollover(share=Decimal("0.5"))]}, {}, 125),
        ({"rollovers": [Rollover(carry_max=70)]}, {}, 70),
        ({"rollovers": [Rollover(bank_max=10)]}, {}, 250),
        ({}, {"rollovers": [Rollover(share=Decimal("0.5"), carry_max=20)]}, 250),
        ({}, {"rollovers": [Rollover(bank_max=Bound("allowance"))]}, 100),
        ({}, {"rollovers": [Rollover(total_max=Bound("allowance", 2))]}, 100),
        ({"rollovers": []}, {}, 0),
        ({}, {"rollovers": []}, 0),
        ({"rollovers": [Rollover(same_plan=True)]}, {}, 0),
        ({}, {"rollovers": [Rollover(same_plan=True)]}, 0),
        ({"on_downgrade": Switch(when="period_end", trim={"rollover": 30})}, {}, 30),
        (
            {
                "on_downgrade": Switch(when="period_end", trim={"rollover": 90}),
                "rollovers": [Rollover(carry_max=70)],
            },
            {},
            70,
        ),
        ({"on_downgrade": Switch(when="period_end", forfeit={"rollover"})}, {}, 250),
    ],
)
def test_what_is_carried_is_what_both_plans_let_through(pro: Any, s: Any, carried: int) -> None:
    """`share`, `carry_max` and the `Switch` of the plan that closes, `bank_max` and `total_max` of the next one."""
    ledger = leaving(pro=pro, s=s)
    ledger("advance", AUGUST)
    assert ledger.wallet.at(AUGUST).by_kind() == {"quota": 250}
    change = ledger("confirm", FIRST, at=july(34), payment="pay_1")
    assert change.view.by_kind() == {"quota": 100, **({"rollover": carried} if carried else {})}
    assert isinstance(change.entry, e.Renewed)
    assert sum(loss.steps for loss in change.entry.forfeited) == 250 - carried
    ledger("confirm", "renewal:20260901T000000.000000Z", at=SEPTEMBER + DAY, payment="pay_2")


def test_a_trim_counts_what_is_in_the_bank_already() -> None:
    """30 there leave room for 60 of 90, and what is used of them in the grace for no more."""
    ledger = leaving(
        banked=30,
        pro={"on_downgrade": Switch(when="period_end", trim={"rollover": 90})},
    )
    ledger("advance", AUGUST)
    ledger("spend", 10, at=july(33))
    assert ledger.wallet.at(july(33)).by_kind() == {"quota": 250, "rollover": 20}
    change = ledger("confirm", FIRST, at=july(34), payment="pay_1")
    assert change.view.by_kind() == {"quota": 100, "rollover": 80}


def test_what_the_change_takes_does_not_wait() -> None:
    """A kind in `forfeit` is lost as the period closes."""
    ledger = leaving(pro={"on_downgrade": Switch(when="period_end", forfeit={"quota"})})
    (entry, *_) = ledger("advance", AUGUST).entries
    assert isinstance(entry, e.PeriodOpened)
    assert (entry.waits, [(loss.kind, loss.steps) for loss in entry.forfeited]) == ((), [("quota", 250)])
    assert ledger("confirm", FIRST, at=july(34), payment="pay_1").view.by_kind() == {"quota": 100}


def test_what_a_change_in_mid_period_keeps_does_not_wait() -> None:
    """A period that is closed early: what `keep` names has its own end yet."""
    ledger = leaving(pro={"on_downgrade": Switch(when="period_end", keep={"quota"})})
    ledger("reset", at=july(25))
    assert ledger.wallet.at(july(25)).by_kind() == {"quota": 250}
    assert ledger.wallet.at(july(25)).available() == 250
    change = ledger("confirm", ledger.wallet.at(july(25)).pending()[0], at=july(26), payment="pay_1")
    assert change.view.by_kind() == {"quota": 350}
    kept = leaving(pro={"on_downgrade": Switch(when="period_end", keep={"quota"})})
    kept("advance", AUGUST)
    assert kept.wallet.at(AUGUST).available() == 0  # at the period's own end nothing of it is kept


def test_what_the_next_plan_gives_at_once_is_carried_at_once() -> None:
    """As where the same plan goes on: each allowance by itself; what only the old plan had waits with its unit."""
    both = [Allowance(100, given="on_payment"), Allowance(10, kind="bonus")]
    ledger = leaving(
        pro={"allowances": [Allowance(250, given="on_payment"), Allowance(7, kind="bonus"), Allowance(5, kind="gift")]},
        s={"allowances": both},
    )
    ledger("advance", AUGUST)
    assert ledger.wallet.at(AUGUST).by_kind() == {"quota": 250, "gift": 5, "rollover": 7, "bonus": 10}
    assert ledger.wallet.at(AUGUST).available() == 17
    change = ledger("confirm", FIRST, at=july(34), payment="pay_1")
    assert change.view.by_kind() == {"quota": 100, "bonus": 10, "rollover": 262}
    unpaid = leaving(
        pro={"allowances": [Allowance(250, given="on_payment"), Allowance(5, kind="gift")]},
        s={"allowances": [Allowance(100)], **other("usable")},
    )
    unpaid("advance", AUGUST)
    assert unpaid.wallet.at(AUGUST).by_kind() == {"quota": 100, "rollover": 255}


def test_a_trim_bounds_what_is_carried_at_once_and_later_together() -> None:
    """7 at once, and 250 wait: 30 in all."""
    ledger = leaving(
        pro={
            "allowances": [Allowance(250, given="on_payment"), Allowance(7, kind="bonus")],
            "on_downgrade": Switch(when="period_end", trim={"rollover": 30}),
        },
        s={"allowances": [Allowance(100, given="on_payment"), Allowance(10, kind="bonus")]},
    )
    ledger("advance", AUGUST)
    assert ledger.wallet.at(AUGUST).by_kind() == {"quota": 250, "rollover": 7, "bonus": 10}
    change = ledger("confirm", FIRST, at=july(34), payment="pay_1")
    assert change.view.by_kind() == {"quota": 100, "bonus": 10, "rollover": 30}


@pytest.mark.parametrize("pays", [False, True])
@pytest.mark.parametrize("pro", [{}, {"rollovers": []}, {"rollovers": [Rollover(share=Decimal("0.5"))]}])
def test_use_that_comes_back_goes_where_the_rest_went(pro: Any, *, pays: bool) -> None:
    """To what waits, in the grace; after it as that was carried; and unpaid it is lost."""
    ledger = leaving(pro=pro)
    used = ledger("spend", 200, at=july(23)).entry
    ledger("advance", AUGUST)
    ledger("refund", used, 100, at=july(33), ref="back-1")
    assert ledger.wallet.at(july(33)).by_kind() == {"quota": 150}
    share = {(): 0}.get(tuple(pro.get("rollovers", [1])), 2 if not pro else 1)
    if pays:
        ledger("confirm", FIRST, at=july(34), payment="pay_1")
        assert ledger.wallet.at(july(34)).by_kind().get("rollover", 0) == 150 * share // 2
    ledger("refund", used, 100, at=july(38), ref="back-2")
    assert ledger.wallet.at(july(38)).by_kind().get("rollover", 0) == (250 * share // 2 if pays else 0)


def test_a_plan_without_a_renewal_or_anything_that_waits_carries_at_once() -> None:
    """As ever."""
    for s in ({"renewal": None, "allowances": [Allowance(100)]}, {"allowances": [Allowance(100)], **other("usable")}):
        ledger = leaving(s=s)
        ledger("advance", AUGUST)
        assert ledger.wallet.at(AUGUST).by_kind() == {"quota": 100, "rollover": 250}


def test_a_trial_that_becomes_a_paid_plan_waits_for_its_payment() -> None:
    """A plan for once leads to the one that follows by itself."""
    trial = Plan("pro", allowances=[Allowance(20)], rollovers=[Rollover()], once=True, cancels_to="s")
    ledger = Ledger(Catalogue([trial, tier("s", 100, 1), Plan("free")]))
    ledger("advance", AUGUST)
    assert (ledger.wallet.at(AUGUST).by_kind(), ledger.wallet.at(AUGUST).available()) == ({"quota": 20}, 0)
    assert ledger("confirm", FIRST, at=july(34), payment="p").view.by_kind() == {"quota": 100, "rollover": 20}


def test_without_another_plan_the_rest_is_forfeited_with_the_grace() -> None:
    """No period opens until it is paid; one that is paid much later is granted, and carries nothing."""
    ledger = leaving(s={"cancels_to": None, "on_cancel": Switch(when="now")})
    ledger("advance", july(40))
    assert ledger.wallet.at(july(40)).by_kind() == {}
    late = datetime(2026, 10, 3, tzinfo=UTC)
    assert ledger("confirm", FIRST, at=late, payment="pay_1").view.by_kind() == {"quota": 100}
