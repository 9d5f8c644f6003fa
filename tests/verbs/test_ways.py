"""What comes back to a bucket that is over goes the way that its rest went: how much was used decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

import pytest
from attrs import evolve

from tests.support.rich import july
from tokenpurse import Allowance, Catalogue, LateUse, Plan, Renewal, Rollover, Switch, Wallet, policies, replay
from tokenpurse import entries as e
from tokenpurse.errors import HistoryError

Life: TypeAlias = list[tuple[str, tuple[Any, ...], dict[str, Any]]]

BANK_FIRST = policies.by_kind("rollover", "quota")
PAID = Allowance(100, given="on_payment")
DUE = "renewal:20260801T000000.000000Z"


def aug(day: int) -> datetime:
    return datetime(2026, 8, day, tzinfo=UTC)


def sep(day: int) -> datetime:
    return datetime(2026, 9, day, tzinfo=UTC)


class Told:
    """A wallet and all that it said."""

    def __init__(self, *plans: Plan) -> None:
        change = Wallet.open("a", catalogue=Catalogue(plans), id="acme", at=july(1))
        self.wallet, self.entries = change.wallet, list(change.entries)

    def __call__(self, verb: str, *args: Any, **named: Any) -> Any:
        change = getattr(self.wallet, verb)(*args, **named)
        self.wallet = change.wallet
        self.entries += change.entries
        assert replay(self.entries) == self.wallet
        return change.entry


def plan(name: str, *, banks: bool = True, most: int | None = None, **said: Any) -> Plan:
    rollovers = [Rollover(bank_max=most)] if banks else []
    said = {"allowances": [Allowance(100)], "rank": int(name == "b"), "draw": BANK_FIRST} | said
    return Plan(name, rollovers=rollovers, **said)


def renewed(*, rest: str = "usable", **said: Any) -> Plan:
    return plan("a", price=Decimal(10), **{"allowances": [PAID]} | said, renewal=Renewal(grace=timedelta(5), rest=rest))


def to(name: str, at: datetime, when: str | None = None) -> Any:
    return ("change_plan", (name,), {"at": at, "when": when})


def paid(at: datetime) -> Any:
    return ("confirm", (DUE,), {"at": at, "payment": "p"})


CLEARED = Switch(when="now", use="cleared")
ENDS = {"rollover"}
# What there is: the plans, when it is used, what happens then, when it is undone, and what there is in the end.
LIVES: Mapping[str, tuple[tuple[Plan, ...], datetime, Life, datetime, dict[str, int]]] = {
    "forfeited, carried by the plan of now": (
        (plan("a", banks=False), plan("b")), july(15), [to("b", aug(2), "now")], aug(5), {"quota": 100},
    ),
    "forfeited, the next plan carries": (
        (plan("a", banks=False), plan("b")), july(15), [to("b", july(16), "period_end")], aug(5), {"quota": 100},
    ),
    "forfeited, and then carried for many periods": (
        (plan("a", banks=False), plan("b", most=0)), july(15), [to("b", aug(2), "now")],
        sep(9), {"quota": 100},
    ),
    "carried, forfeited by the plan of now": (
        (plan("a"), plan("b", banks=False)), july(15), [to("b", aug(2), "now")], aug(5),
        {"rollover": 100, "quota": 100},
    ),
    "carried within the cap of then": (
        (plan("a", most=50), plan("b", banks=False)), july(15), [to("b", aug(2), "now")], aug(5),
        {"rollover": 50, "quota": 100},
    ),
    "carried within the cap of now": (
        (plan("a", most=150), plan("b", most=50, on_downgrade=Switch(when="now"))), july(15),
        [to("b", july(16), "now")], aug(5), {"rollover": 50, "quota": 100},
    ),
    "forfeited by a change with use cleared": (
        (plan("a", on_upgrade=CLEARED), plan("b")), july(15), [to("b", july(21))], aug(5),
        {"rollover": 100, "quota": 100},
    ),
    "back on the plan that had forfeited it": (
        (plan("a", on_upgrade=CLEARED), plan("b", on_downgrade=CLEARED)), july(15),
        [to("b", july(21)), to("a", july(22))], aug(5), {"rollover": 100, "quota": 100},
    ),
    "in a bank that a change forfeited": (
        (plan("a", on_upgrade=Switch(when="now", forfeit=ENDS)), plan("b")), july(15), [to("b", aug(3))], aug(4),
        {"quota": 100},
    ),
    "in a bank that the period's end forfeited": (
        (plan("a", on_upgrade=Switch(when="period_end", forfeit=ENDS)), plan("b")), july(15), [to("b", aug(3))], sep(4),
        {"rollover": 100, "quota": 100},
    ),
    "carried, but for what a smaller plan left no room for": (
        (plan("a"), plan("b", allowances=[Allowance(50)])), july(15), [to("b", july(21), "now")], aug(5),
        {"rollover": 50, "quota": 50},
    ),
    "no room for it on a plan in between": (
        (plan("a"), plan("b", allowances=[Allowance(50)])), july(15),
        [to("b", july(21), "now"), to("a", july(22), "now")], aug(5), {"rollover": 100, "quota": 100},
    ),
    "back on that plan, after use of the other": (
        (plan("a", on_upgrade=CLEARED), plan("b", on_downgrade=CLEARED)), july(15),
        [to("b", july(21)), ("spend", (10,), {"at": july(21)}), to("a", july(22))], aug(5),
        {"rollover": 100, "quota": 100},
    ),
    "of a kind that the period's end forfeited": (
        (plan("a", on_upgrade=Switch(when="period_end", forfeit={"quota"})), plan("b")), july(15), [to("b", july(16))],
        aug(5), {"quota": 100},
    ),
    "of an empty bank that a later change forfeited": (
        (plan("a", on_upgrade=Switch(when="now", forfeit=ENDS)), plan("b")), aug(2), [to("b", sep(3))], sep(4),
        {"quota": 100},
    ),
    "of a bank, on a plan without one": (
        (plan("a"), plan("b", banks=False)), aug(2), [to("b", aug(3), "now")], sep(4), {"rollover": 100, "quota": 100},
    ),
    "of a bank that a change forfeited": (
        (plan("a", on_upgrade=Switch(when="now", forfeit=ENDS)), plan("b", banks=False)), aug(2), [to("b", aug(3))],
        sep(4), {"quota": 100},
    ),
    "a rest that waits for its renewal": ((renewed(),), july(15), [], aug(2), {"quota": 100}),
    "a rest that waits, locked": ((renewed(rest="locked"),), july(15), [], aug(2), {}),
    "a rest whose renewal was paid": (
        (renewed(),), july(15), [paid(aug(3))], aug(4), {"rollover": 100, "quota": 100},
    ),
    "a rest that was used while it waited, and was carried": (
        (renewed(), plan("b", banks=False)), aug(2), [paid(aug(3)), to("b", aug(4), "now")], sep(2),
        {"rollover": 100, "quota": 100},
    ),
    "a rest whose renewal was paid, with nowhere to go": (
        (renewed(banks=False),), july(15), [paid(aug(3))], aug(4), {"quota": 100},
    ),
    "a rest whose renewal was paid late": ((renewed(),), july(15), [paid(aug(8))], aug(9), {"quota": 100}),
    "a rest whose renewal was never paid": ((renewed(),), july(15), [], aug(9), {}),
    "a rest whose grace led to another plan": (
        (renewed(cancels_to="b"), plan("b")), july(15), [], aug(9), {"quota": 100},
    ),
    "a rest that was carried, in a bank that a change forfeited": (
        (renewed(on_upgrade=Switch(when="now", forfeit=ENDS)), plan("b")), july(15), [paid(aug(3)), to("b", aug(4))],
        aug(5), {"quota": 100},
    ),
    "kept beside the new plan's": (
        (plan("a", on_upgrade=Switch(when="now", keep={"quota"}, use="cleared")), plan("b")), july(15),
        [to("b", july(21))], july(22), {"quota": 200},
    ),
    "kept by a change that closes the period": (
        (plan("a", on_upgrade=Switch(when="now", keep={"quota"}, anchor="restarted")), plan("b")), july(15),
        [to("b", july(21))], july(22), {"quota": 200},
    ),
    "kept, and deducted": (
        (plan("a", on_upgrade=Switch(when="now", keep={"quota"})), plan("b")), july(15), [to("b", july(21))], july(22),
        {"quota": 100},
    ),
    "kept until its end": (
        (plan("a", on_upgrade=Switch(when="now", keep={"quota"}, use="cleared")), plan("b")), july(15),
        [to("b", july(21))], aug(2), {"rollover": 100, "quota": 100},
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", ["use", "hold"])
@pytest.mark.parametrize("steps", [0, 1, 99, 100])
@pytest.mark.parametrize(("plans", "at", "life", "undone", "expected"), LIVES.values(), ids=LIVES)
def test_what_comes_back_goes_the_way_its_rest_went(
    plans: tuple[Plan, ...],
    at: datetime,
    life: Life,
    undone: datetime,
    expected: dict[str, int],
    steps: int,
    how: str,
) -> None:
    """Used or held, in part or whole: once it is undone, there is what there is if nothing had been used."""
    told = Told(*plans)
    spent = told("spend", steps, at=at) if steps and how == "use" else None
    if steps and how == "hold":
        told("hold", steps, at=at, ref="h", until=timedelta(30))
    for verb, args, named in life:
        told(verb, *args, **named)
    told("advance", undone)
    if spent is not None:
        told("refund", spent, at=undone)
    elif any(hold.id == "h" for hold in told.wallet.at(undone).holds()):
        told("release", "h", at=undone)
    view = told.wallet.at(undone)
    usable = {kind: left for kind, left in view.by_kind().items() if left and view.available()}
    assert usable == expected


@pytest.mark.parametrize("steps", [0, 1, 51, 99, 100])
def test_a_rest_and_the_bank_it_was_carried_into_both_get_theirs_back(steps: int) -> None:
    """What is carried into a bank fills it: it is not taken for what was used of the bank."""
    told = Told(renewed(allowances=[Allowance(50, given="on_payment")]))
    told("confirm", DUE, at=aug(2), payment="p1")
    spent = told("spend", steps, at=sep(1)) if steps else None
    told("advance", sep(2))
    told("confirm", DUE.replace("0801", "0901"), at=sep(2), payment="p2")
    if spent is not None:
        told("refund", spent, at=sep(3))
    assert told.wallet.at(sep(3)).by_kind() == {"rollover": 100, "quota": 50}


SMALL = plan("a"), plan("b", allowances=[Allowance(50)])


def test_what_a_smaller_plan_left_no_room_for_is_forfeited_once() -> None:
    """In parts, and of two holds that end at one moment: no more and no less of it."""
    told = Told(*SMALL)
    spent = told("spend", 100, at=july(15))
    told("change_plan", "b", at=july(21), when="now")
    parts = [told("refund", spent, part, at=aug(5)).returned for part in (30, 40, 30)]
    went = [[(one.went, one.steps) for one in part] for part in parts]
    assert went == [[("forfeited", 30)], [("forfeited", 20), ("carried", 20)], [("carried", 30)]]
    held = Told(*SMALL)
    for ref, steps in {"h1": 60, "h2": 40}.items():
        held("hold", steps, at=july(15), ref=ref, until=timedelta(30))
    held("change_plan", "b", at=july(21), when="now")
    held("advance", aug(20))
    assert held.wallet.at(aug(20)).by_kind() == {"rollover": 50, "quota": 50}


def test_a_hold_of_a_kind_that_the_new_plan_lacks_comes_back_to_be_carried() -> None:
    """It was taken off what the new plan gave, whose rest was carried."""
    told = Told(plan("a"), plan("b", allowances=[Allowance(100, kind="promo")]))
    told("hold", 60, at=july(15), ref="h", until=timedelta(30))
    told("change_plan", "b", at=july(21), when="now")
    told("advance", aug(1))
    told("release", "h", at=aug(2))
    assert told.wallet.at(aug(2)).by_kind() == {"rollover": 100, "promo": 100}


def test_late_use_that_a_lost_rest_paid_is_lost_again() -> None:
    """The bank had no room for it when its period closed; that there is room by now carries nothing."""
    told = Told(plan("a", most=50, late_use=LateUse("own", grace=timedelta(5))))
    late = told("spend", 30, at=aug(2), occurred_at=july(9))
    told("spend", 50, at=aug(3))
    back = told("refund", late, at=aug(4))
    assert [(one.went, one.steps) for one in back.returned] == [("forfeited", 30)]
    assert told.wallet.at(aug(4)).by_kind() == {"quota": 100}


def test_late_use_that_a_bank_paid_goes_back_to_one() -> None:
    """The bank is over because it is empty: what comes back is carried."""
    told = Told(plan("a", late_use=LateUse("own", grace=timedelta(5))))
    late = told("spend", 30, at=aug(2), occurred_at=july(9))
    told("spend", 70, at=aug(3))
    told("spend", 100, at=aug(4))
    told("refund", late, at=sep(2))
    assert told.wallet.at(sep(2)).by_kind() == {"rollover": 30, "quota": 100}


def _told_wrong(told: Told, kind: type[e.Entry], **said: Any) -> str:
    at = max(at for at, entry in enumerate(told.entries) if type(entry) is kind)
    with pytest.raises(HistoryError) as failed:
        replay([*told.entries[:at], evolve(told.entries[at], **said)])
    assert failed.value.position == at
    return str(failed.value)


def test_a_way_that_an_entry_contradicts_is_found() -> None:
    """Whose rest is carried is said beside what is; and that banks end beside what becomes of them."""
    told = Told(plan("a"), plan("b"))
    spent = told("spend", 60, at=july(5))
    told("advance", aug(1))
    assert told.entries[-1].carries == (("tokens", "quota", None),)
    twice, less = (("tokens", "quota", None),) * 2, (("tokens", "quota", -1),)
    assert "carried 40" in _told_wrong(told, e.PeriodOpened, carries=())
    assert "twice" in _told_wrong(told, e.PeriodOpened, carries=twice)
    assert "no cap" in _told_wrong(told, e.PeriodOpened, carries=less)
    back = told("refund", spent, at=aug(2)).returned
    assert "its rest was not" in _told_wrong(told, e.Refunded, returned=(evolve(back[0], kind="promo"),))
    told("change_plan", "b", at=aug(3), when="now")
    assert "forfeits the banks" in _told_wrong(told, e.PlanChanged, ends_banks=True)
    told("advance", sep(1))
    assert "forfeits the banks" in _told_wrong(told, e.PeriodOpened, ends_banks=True)
