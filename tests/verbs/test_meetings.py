"""Where two features meet: each of these was wrong once, and found by somebody who tried to break it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from tests.support.rich import july
from tokenpurse import (
    Allowance,
    Catalogue,
    Change,
    LateUse,
    Offer,
    PayAsYouGo,
    Plan,
    Renewal,
    Rollover,
    Switch,
    Wallet,
    replay,
    transfer,
)
from tokenpurse.errors import ArgumentError, NotEnough, NotRefundable, OutOfBounds, UnknownNameError, WalletPaused

PACK = Offer("pack", price=Decimal(1), pack=10, unit="tokens")
PLAN = Plan("plan", allowances=[Allowance(10)], offers=[PACK])


class Told:
    """A wallet and all that it said."""

    def __init__(self, plan: Plan = PLAN, name: str = "acme", *, plans: Catalogue | None = None) -> None:
        change = Wallet.open(plan, id=name, at=july(1), catalogue=plans)
        self.wallet, self.entries = change.wallet, list(change.entries)

    def keep(self, change: Change) -> Any:
        """Go on; the entries are the wallet, always."""
        self.wallet = change.wallet
        self.entries += change.entries
        assert replay(self.entries) == self.wallet
        return change.entry

    def __call__(self, verb: str, *args: Any, **named: Any) -> Any:
        return self.keep(getattr(self.wallet, verb)(*args, **named))


def bought(plan: Plan = PLAN, amount: int = 10) -> Told:
    told = Told(plan)
    told("top_up", "pack", amount, at=july(1), payment="p1")
    return told


def test_what_goes_beyond_a_hold_is_not_spent_while_paused() -> None:
    told = bought()
    told("hold", 5, at=july(2), ref="h", until=timedelta(25))
    told("pause", at=july(5))
    with pytest.raises(WalletPaused):
        told.wallet.capture("h", 20, at=july(6), over="spend")
    assert told.wallet.capture("h", 5, at=july(6)).moved == {"tokens": 5}


def test_use_is_remembered_for_as_long_as_it_can_be_given_back() -> None:
    """Four hundred days, the last moment included: nothing of it comes back twice."""
    told = bought(Plan("plan", offers=[PACK]), 100)
    first = told("spend", 10, "tokens", at=july(2))
    second = told("spend", 50, "tokens", at=july(3))
    told("refund", first, at=july(3))
    at = july(2) + timedelta(days=400)
    told("refund", second, 1, at=at)
    with pytest.raises(OutOfBounds, match="refunded already"):
        told.wallet.refund(first, at=at)


def test_what_went_back_is_not_refundable_again() -> None:
    """Its debt was paid by others, and the use was given back: there are tokens, and their money is gone."""
    told = bought()
    use = told("spend", 20, at=july(2))
    told("claw_back", "p1", at=july(3))
    told("advance", july(32))
    told("refund", use, at=july(33))
    assert Decimal(0) == told.wallet.at(july(33)).refundable("p1").amount
    with pytest.raises(Exception, match="payment"):
        told.wallet.at(july(33)).refundable(Decimal("sNaN"))  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError):
        told.wallet.at(july(33)).refundable("p2")


def test_a_debt_that_was_forgiven_comes_to_nothing_when_its_money_comes_again() -> None:
    """110 used, 100 of them paid for twice over otherwise."""
    told = bought(Plan("plan", allowances=[Allowance(10)], offers=[PACK], on_debt="forgive"), 100)
    told("spend", 110, at=july(2))
    told("claw_back", "p1", at=july(3))
    told("advance", july(32))
    told("reinstate", "p1", at=july(33))
    assert told.wallet.at(july(33)).by_kind() == {"quota": 10}


def test_a_refund_of_forgiven_use_takes_no_other_debt_away() -> None:
    told = Told(Plan("plan", allowances=[Allowance(10)], on_debt="forgive"))
    use = told("spend", 30, at=july(2), overdraw=True)
    told("spend", 30, at=july(33), overdraw=True)
    told("refund", use, 20, at=july(34))
    view = told.wallet.at(july(34))
    assert (view.debt(), view.by_kind(), view.accrued()) == (20, {}, ())


def test_a_refund_of_use_whose_debt_was_paid_in_its_period_takes_no_other_debt_away() -> None:
    """Nobody knows any more what paid it, and what is owed now is another's."""
    told = Told(Plan("plan", allowances=[Allowance(10)], on_debt="forgive"))
    use = told("spend", 30, at=july(2), overdraw=True)
    told("grant", 20, at=july(3))
    told("spend", 30, at=july(33), overdraw=True)
    with pytest.raises(NotRefundable):
        told.wallet.refund(use, 20, at=july(34))
    assert told.wallet.at(july(34)).debt() == 20


def test_a_refund_of_debt_of_which_an_earlier_period_paid_a_part_is_refused() -> None:
    """August's five cannot be found any more; what is owed still, and what September's paid, can."""
    told = Told(Plan("plan", allowances=[Allowance(5)]))
    use = told("spend", 25, at=july(2), overdraw=True)
    september = july(62) + timedelta(days=2)
    told("advance", september)
    with pytest.raises(NotRefundable):
        told.wallet.refund(use, 20, at=september)
    told("refund", use, 15, at=september)
    view = told.wallet.at(september)
    assert (view.debt(), view.by_kind()) == (0, {"quota": 5})


@pytest.mark.parametrize("on_debt", ["carry", "forgive", "bill"])
def test_a_debt_that_was_carried_can_be_refunded_on_any_plan(on_debt: str) -> None:
    """What the plan does with debt that closes the period later has no say yet: what was carried is owed still."""
    price = PayAsYouGo(Decimal(1)) if on_debt == "bill" else None
    small = Plan("small", allowances=[Allowance(10)])
    large = Plan("large", pay_as_you_go=[price] if price else [], on_debt=on_debt, rank=1)
    told = Told(small, plans=Catalogue([small, large]))
    use = told("spend", 100, at=july(2), overdraw=True)
    told("advance", july(32))
    told("change_plan", "large", at=july(33), when="now")
    assert told.wallet.at(july(33)).debt() == 80
    assert told("refund", use, 80, at=july(33)).undone[0].debt.steps == 80
    assert told.wallet.at(july(33)).debt() == 0
    assert [back.steps for back in told("refund", use, at=july(33)).returned if back.repaid] == [10]


@pytest.mark.parametrize("on_debt", ["carry", "forgive"])
@pytest.mark.parametrize("paid", [0, 20])
def test_a_debt_that_was_paid_before_the_period_is_neither_owed_nor_paid_in_it(on_debt: str, paid: int) -> None:
    """Else use of the period could not be given back itself any more."""
    told = Told(Plan("plan", allowances=[Allowance(10)], on_debt=on_debt))
    use = told("spend", 30, at=july(2), overdraw=True)
    told("grant", 20, at=july(3))
    other = told("spend", 30, at=july(33), overdraw=True)
    if paid:
        told("grant", paid, at=july(34))
    with pytest.raises(NotRefundable):
        told.wallet.refund(use, at=july(35))
    told("refund", other, at=july(35))
    assert told.wallet.at(july(35)).by_kind() == {"quota": 10, **({"promo": 20} if paid else {})}


@pytest.mark.parametrize("refunded_on", ["small", "middle", "large"])
@pytest.mark.parametrize(("back_on", "left"), [("small", 10), ("middle", 17)])
def test_what_a_plan_that_was_left_paid_of_a_debt_counts_for_no_other(
    refunded_on: str, back_on: str, left: int
) -> None:
    """July's debt of 5, paid by August's grant of the first plan; use is cleared: no plan gives twice, or less."""
    cleared: dict[str, Any] = {way: Switch(when="now", use="cleared") for way in ("on_upgrade", "on_downgrade")}
    small = Plan("small", allowances=[Allowance(10, kind="bonus")], **cleared)
    middle = Plan("middle", allowances=[Allowance(20, kind="bonus")], rank=1, **cleared)
    large = Plan("large", allowances=[Allowance(40)], rank=2, **cleared)
    told = Told(small)
    told.wallet = told.wallet.bind(Catalogue([small, middle, large]))
    use = told("spend", 15, at=july(2), overdraw=True)
    told("advance", july(33))
    for plan in ("small", "middle", "large"):
        if plan != "small":
            told("change_plan", plan, at=july(33))
        if plan == refunded_on:
            assert {back.plan for back in told("refund", use, 5, at=july(33)).returned} == {"small"}
        if plan == "middle":
            told("spend", 3, at=july(33))
    told("change_plan", back_on, at=july(33))
    assert told.wallet.at(july(33)).by_kind() == {"bonus": left}


@pytest.mark.parametrize("stepped", [False, True])
def test_what_is_carried_pays_a_debt_that_its_allowance_may_not(stepped: bool) -> None:
    """Five resets of 10 each, in one run or one by one: each fills a bank of its own, which pays at once."""
    plan = Plan("plan", allowances=[Allowance(10)], rollovers=[Rollover()], usable={"rollover"})
    change = Wallet.open(plan, id="acme", at=july(1), debt={"tokens": 95})
    told = Told(plan)
    told.wallet, told.entries = change.wallet, list(change.entries)
    for days in (40, 70, 100, 130, 160) if stepped else (160,):
        told("advance", july(1) + timedelta(days))
    view = told.wallet.at(july(1) + timedelta(160))
    assert (view.debt(), view.by_kind()) == (45, {"quota": 10})
    assert [bucket.id for bucket in view.buckets()] == [
        "quota:tokens@20261201T000000Z",
        "rollover:tokens@20261201T000000Z",
    ]


def test_a_bucket_that_starts_later_is_there_when_its_money_comes_again() -> None:
    told = Told()
    told("top_up", "pack", 10, at=july(1), payment="p1", starts=july(41))
    told("claw_back", "p1", at=july(2))
    told("reinstate", "p1", at=july(43))
    assert told.wallet.at(july(43)).by_kind() == {"quota": 10, "top_up": 10}


def test_a_gift_is_clawed_back_by_its_own_ref() -> None:
    """Two gifts of one payment: each by itself, at the one who got it."""
    told, taker = bought(amount=40), Told(name="ben")
    for ref in ("g1", "g2"):
        pair = transfer(told.wallet, taker.wallet, 10, at=july(2), ref=ref)
        told.keep(pair.giver)
        taker.keep(pair.taker)
    taker("claw_back", "g1", at=july(3))
    assert taker.wallet.at(july(3)).balance() == 20
    told("claw_back", "p1", at=july(3))
    assert told.wallet.at(july(3)).by_kind() == {"quota": 10}


def test_a_hold_of_nothing_is_refused_even_in_part() -> None:
    told = Told()
    told("spend", 10, at=july(2))
    with pytest.raises(NotEnough):
        told.wallet.hold(5, at=july(2), ref="h", until=july(3), partial=True)


def test_an_entry_whose_amounts_do_not_add_up_is_not_refunded() -> None:
    told = Told(Plan("plan", allowances=[Allowance(10)], pay_as_you_go=[PayAsYouGo(Decimal(1))]))
    spent = told("spend", 25, at=july(2))
    forged = evolve(spent, uses=(evolve(spent.uses[0], steps=4_000),))
    with pytest.raises(ArgumentError, match="add up"):
        told.wallet.refund(forged, at=july(3))


def test_late_use_that_is_refunded_comes_off_its_line() -> None:
    """While the line is open nothing was billed, so nothing is left of either."""
    told = Told(
        Plan("plan", pay_as_you_go=[PayAsYouGo(Decimal("0.014"))], late_use=LateUse("own", grace=timedelta(days=9)))
    )
    told("spend", 1, at=july(2))
    late = told("spend", 1, at=july(33), occurred_at=july(5))
    told("refund", late, at=july(33))
    assert told.wallet.at(july(33)).accrued() == ()


def test_a_reset_after_an_unpaid_grace_is_a_history() -> None:
    """The period that waits for its payment is closed by hand, before its number has moved on."""
    plan = Plan(
        "plan", allowances=[Allowance(10, given="on_payment")], price=Decimal(9), renewal=Renewal(grace=timedelta(3))
    )
    told = Told(plan)
    told("advance", july(38))
    told("reset", at=july(39))
    assert told.wallet.at(july(39)).period.start == july(39)


def test_late_use_that_is_refunded_leaves_the_periods_own_line_alone() -> None:
    told = Told(
        Plan("plan", pay_as_you_go=[PayAsYouGo(Decimal("0.014"))], late_use=LateUse("own", grace=timedelta(days=9)))
    )
    told("spend", 3, at=july(33))
    late = told("spend", 1, at=july(33), occurred_at=july(5))
    told("refund", late, at=july(33))
    assert [line.quantity for line in told.wallet.at(july(33)).accrued()] == [3]


def test_use_that_was_let_go_comes_back_to_nobody_even_when_its_bucket_is_over() -> None:
    """Spent, over with its period, let go with its money; then the use is given back: the money has it."""
    told = Told(Plan("plan", allowances=[Allowance(5)]))
    told("grant", 20, at=july(1), ref="g1")
    use = told("spend", 25, at=july(2))
    told("advance", july(32))
    told("claw_back", "g1", at=july(33), used="let_go")
    told("refund", use, 20, at=july(33))
    assert told.wallet.at(july(33)).by_kind() == {"quota": 5}


def test_a_forgiven_debt_of_a_bucket_that_is_held_comes_to_nothing_too() -> None:
    """It is there still, for its hold; half of it was used, and that half was forgiven."""
    told = Told(Plan("plan", on_debt="forgive", offers=[PACK]))
    told("top_up", "pack", 20, at=july(1), payment="p1")
    told("spend", 10, "tokens", at=july(2))
    told("hold", 10, "tokens", at=july(30), ref="h", until=timedelta(days=9))
    told("claw_back", "p1", at=july(30))
    told("advance", july(32))
    told("reinstate", "p1", at=july(33))
    told("release", "h", at=july(33))
    assert told.wallet.at(july(33)).by_kind() == {"top_up": 10}


@pytest.mark.parametrize("occurred", [None, july(20)])
def test_what_the_rest_of_an_unpaid_period_paid_is_not_taken_off_another_plan(occurred: Any) -> None:
    """Late use of July that July's rest pays in the grace is none of August's: the plan changed to gives all it has."""
    grace = timedelta(days=5)
    plan = Plan(
        "plan",
        allowances=[Allowance(10, given="on_payment")],
        price=Decimal(9),
        renewal=Renewal(grace=grace),
        late_use=LateUse("own", grace=grace),
    )
    more = Plan("more", allowances=[Allowance(20)], rank=1)
    told = Told(plan)
    told.wallet = told.wallet.bind(Catalogue([plan, more]))
    told("spend", 4, at=july(33), occurred_at=occurred)
    told("change_plan", "more", at=july(33), when="now")
    assert told.wallet.at(july(33)).available() == 20
