"""Use of a member and a pool that is partial, overdrawn or late; and how much both could pay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tokenpurse import (
    Allowance,
    AtZero,
    Balance,
    Catalogue,
    LateUse,
    Limit,
    PayAsYouGo,
    Plan,
    PoolPair,
    Price,
    Switch,
    Wallet,
    available_from_pool,
    replay,
    spend_from_pool,
)
from tokenpurse.entries import Spent
from tokenpurse.errors import (
    AmountError,
    ArgumentError,
    ClockError,
    ConflictError,
    NotEnough,
    PeriodClosed,
    PlanError,
    Refused,
    UnknownNameError,
    WalletFrozen,
)
from tokenpurse.periods import Period
from tokenpurse.units import Unit

SEAT = Plan("seat", allowances=[Allowance(1_000), Allowance(20, "sms")])
TEAM = Plan("team", allowances=[Allowance(500), Allowance(30, "sms")])
POST = PayAsYouGo(Decimal(3), per=1_000)
OWN = LateUse("own", grace=timedelta(days=2))


def on(day: int, month: int = 7) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC)


def wallet(plan: Plan = SEAT, id: str = "ann", **more: Any) -> Wallet:
    return Wallet.open(plan, id=id, at=on(1), **more).wallet


def team(plan: Plan = TEAM, **more: Any) -> Wallet:
    return wallet(plan, "team", **more)


def ask(amount: Any = 1_700, meter: str | None = None, **more: Any) -> PoolPair:
    asked = {"member": wallet(), "pool": team(), "at": on(2), "ref": "call-1"} | more
    return spend_from_pool(asked.pop("member"), asked.pop("pool"), amount, meter, **asked)


def spent(pair: PoolPair, which: str) -> Spent:
    entry = getattr(pair, which).entry
    assert isinstance(entry, Spent)
    return entry


# -- partial ------------------------------------------------------------------------------------------------------


def test_partial_takes_what_both_have() -> None:
    """1,000 and 500 of 1,700; where there is as much, all of it."""
    pair = ask(partial=True)
    assert (pair.member.moved, pair.pool.moved) == ({"tokens": 1_000}, {"tokens": 500})
    assert ask(1_400, partial=True).pool.moved == {"tokens": 400}
    empty = ask(9, member=pair.member.wallet, pool=pair.pool.wallet, ref="call-2", partial=True)
    assert (empty.entries, empty.repeated) == ((), False)


def test_partial_and_overdraw_are_one_way_each() -> None:
    """Of one meter; and flags, nothing else."""
    for more in ({"partial": True, "overdraw": True}, {"amount": {"tokens": 1, "sms": 1}, "partial": True}):
        with pytest.raises(AmountError, match="partial takes one meter, and not overdraw as well"):
            ask(**more)
    for flag in ("partial", "overdraw"):
        with pytest.raises(ArgumentError, match=flag):
            ask(**{flag: 1})


def test_partial_is_repeated_and_completed() -> None:
    """Whichever half was stored; other words are a conflict."""
    pair = ask(partial=True)
    assert ask(member=pair.member.wallet, pool=pair.pool.wallet, partial=True).repeated
    for halves in ({"member": pair.member.wallet}, {"pool": pair.pool.wallet}):
        half = ask(**halves, partial=True)
        assert (half.member.wallet, half.pool.wallet) == (pair.member.wallet, pair.pool.wallet)
        with pytest.raises(ConflictError):
            ask(**halves)


def test_a_member_that_had_nothing_is_not_asked_again_for_more_than_there_is() -> None:
    """The pool's half was stored alone: the member's was nothing."""
    poor = wallet().spend(1_000, at=on(2)).wallet
    pair = ask(member=poor, partial=True)
    again = ask(member=poor, pool=pair.pool.wallet, partial=True)
    assert (again.repeated, again.entries) == (True, ())


# -- overdraw -----------------------------------------------------------------------------------------------------


def test_what_neither_pays_is_the_pools_debt() -> None:
    """Past the pool's limits; the member stays within its own, and owes nothing."""
    capped = Plan("seat", allowances=[Allowance(1_000)], limits=[Limit("cap", 300)], at_zero=AtZero(overdraft=50))
    limited = Plan("team", allowances=[Allowance(500)], limits=[Limit("each", 100, per="member")])
    with pytest.raises(Refused):
        ask(member=wallet(capped), pool=team(limited), labels={"member": "ann"})
    pair = ask(member=wallet(capped), pool=team(limited), labels={"member": "ann"}, overdraw=True)
    assert (pair.member.moved, pair.pool.moved) == ({"tokens": 300}, {"tokens": 1_400})
    assert (pair.member.view.debt(), pair.pool.view.debt()) == (0, 900)
    assert (pair.member.view.balance(), pair.pool.view.balance()) == (700, 0)
    assert spent(pair, "pool").counted[0].after == 1_400


def test_overdraw_goes_on_the_pools_statement_where_there_is_one() -> None:
    """As a spend of its own would."""
    post = Plan("team", allowances=[Allowance(500)], pay_as_you_go=[PayAsYouGo(Decimal(3), per=1_000)])
    pair = ask(pool=team(post), overdraw=True)
    assert (pair.pool.view.debt(), pair.pool.view.accrued()[0].quantity) == (0, 200)


def test_overdraw_pays_a_price_past_a_limit_on_its_money() -> None:
    """What there is pays, whatever the limit; only the rest goes on the statement."""
    priced = Plan(
        "team",
        prices=[Price("tokens", Decimal("0.01"))],
        pay_as_you_go=[POST],
        limits=[Limit("budget", Decimal(1), unit="USD")],
    )
    pool = team(priced, balances=[Balance("credit", Decimal(5), "USD")])
    pair = ask(1_600, pool=pool, overdraw=True)
    assert (pair.pool.view.balance("USD"), pair.pool.view.accrued()[0].quantity) == (0, 100)


def test_overdraw_is_not_past_a_frozen_pool() -> None:
    """Nor does the member change."""
    with pytest.raises(WalletFrozen):
        ask(pool=team().freeze(at=on(2)).wallet, overdraw=True)


# -- late ---------------------------------------------------------------------------------------------------------


def test_late_use_is_booked_by_each_as_its_plan_says() -> None:
    """The member's in its own, closed month; the pool's in the running one."""
    seat = Plan("seat", allowances=[Allowance(1_000)], late_use=OWN)
    pair = ask(1_500, member=wallet(seat), at=on(1, 8), occurred_at=on(31))
    assert spent(pair, "member").period == Period(0, on(1), on(1, 8))
    assert (pair.member.view.available(), pair.member.view.usage()) == (1_000, 0)
    assert spent(pair, "pool").period is None
    assert (pair.pool.view.available(), pair.pool.view.usage()) == (0, 500)
    assert {spent(pair, which).occurred_at for which in ("member", "pool")} == {on(31)}


def test_late_use_of_the_pools_own_period_is_refused_as_a_whole() -> None:
    """With what both have in it, and no remedy: that period is over. With `overdraw` the rest is owed."""
    plans = [Plan(one.name, allowances=one.allowances, late_use=OWN) for one in (SEAT, TEAM)]
    more: dict[str, Any] = {"member": wallet(plans[0]), "pool": team(plans[1]), "at": on(1, 8), "occurred_at": on(31)}
    with pytest.raises(NotEnough) as refused:
        ask(**more)
    assert (refused.value.available, refused.value.remedies, refused.value.wallet) == (1_500, (), "team")
    assert ask(**more, partial=True).pool.moved == {"tokens": 500}
    pair = ask(**more, overdraw=True)
    assert (pair.pool.moved, pair.pool.view.by_kind()) == ({"tokens": 700}, {"quota": 300})


@pytest.mark.parametrize("which", ["member", "pool"])
def test_either_plan_may_refuse_late_use(which: str) -> None:
    """The member's only where it counts the meter; the pool's only where it is needed."""
    refusing = Plan("strict", allowances=[Allowance(1_000)], late_use=LateUse("refuse"))
    wallets = {"member": wallet(), "pool": team()} | {which: wallet(refusing, {"member": "ann", "pool": "team"}[which])}
    late: dict[str, Any] = {**wallets, "at": on(1, 8), "occurred_at": on(31)}
    with pytest.raises(PeriodClosed) as refused:
        ask(1_100, **late)
    assert refused.value.wallet == {"member": "ann", "pool": "team"}[which]
    assert ask(1_100, **wallets, at=on(3), occurred_at=on(2)).pool.moved == {"tokens": 100}
    if which == "pool":
        assert ask(1_000, **late).member.moved == {"tokens": 1_000}
    else:
        assert ask(9, "sms", **late).pool.moved == {"sms": 9}


def test_no_remedy_is_named_that_would_make_the_use_late() -> None:
    """Next month both have enough, and the pool takes late use or does not."""
    for books, kinds in (("current", ["wait"]), ("refuse", [])):
        plan = Plan("team", allowances=[Allowance(500)], late_use=LateUse(books))
        pool = team(plan).spend(300, at=on(2)).wallet
        with pytest.raises(NotEnough) as refused:
            ask(1_300, pool=pool, occurred_at=on(2))
        assert [remedy.kind for remedy in refused.value.remedies] == kinds


def test_an_upgrade_that_opens_a_period_is_no_remedy_of_use_that_is_late_then() -> None:
    """Where the better plan refuses it."""
    for books, kinds in (("current", ["upgrade"]), ("refuse", [])):
        plan = Plan(
            "team", allowances=[Allowance(500)], upgrades_to={"big"}, on_upgrade=Switch(when="now", anchor="restarted")
        )
        big = Plan("big", rank=1, allowances=[Allowance(5_000)], late_use=LateUse(books))
        pool = team(plan, catalogue=Catalogue([plan, big]))
        with pytest.raises(NotEnough) as refused:
            ask(3_000, pool=pool, occurred_at=on(1))
        assert [remedy.kind for remedy in refused.value.remedies] == kinds


@pytest.mark.parametrize(
    "way", [{"pay_as_you_go": [PayAsYouGo(Decimal(3), per=1_000)]}, {"at_zero": AtZero(overdraft=99)}]
)
def test_late_too_the_members_own_credit_is_not_used(way: dict[str, Any]) -> None:
    """Neither pay-as-you-go nor overdraft of the closed month."""
    seat = Plan("seat", allowances=[Allowance(1_000)], late_use=OWN, **way)
    pair = ask(1_050, member=wallet(seat), at=on(1, 8), occurred_at=on(31))
    assert (pair.member.moved, pair.pool.moved) == ({"tokens": 1_000}, {"tokens": 50})


def test_a_half_of_late_use_is_completed() -> None:
    """In the period that it was asked for; another moment is a conflict."""
    seat = Plan("seat", allowances=[Allowance(1_000)], late_use=OWN)
    late: dict[str, Any] = {"member": wallet(seat), "at": on(1, 8), "occurred_at": on(31)}
    pair = ask(1_500, **late)
    for halves in ({"member": pair.member.wallet}, {"pool": pair.pool.wallet}):
        half = ask(1_500, **late | halves)
        assert (half.member.wallet, half.pool.wallet) == (pair.member.wallet, pair.pool.wallet)
        with pytest.raises(ConflictError):
            ask(1_500, **late | halves | {"occurred_at": on(30)})


@pytest.mark.parametrize("moment", [on(3), on(1, 6), "yesterday"])
def test_a_moment_must_be_one_that_it_can_have_happened_at(moment: Any) -> None:
    """Not after it is reported, and not before either wallet's first period."""
    with pytest.raises(ClockError):
        ask(occurred_at=moment)


def test_each_half_is_refunded_by_its_wallet() -> None:
    """Late, and overdrawn: debt first."""
    pair = ask(overdraw=True, occurred_at=on(1))
    back = pair.pool.wallet.refund(spent(pair, "pool"), 300, at=on(3), ref="r")
    assert (back.view.debt(), back.view.available()) == (0, 100)
    assert pair.member.wallet.refund(spent(pair, "member"), at=on(3), ref="r").view.available() == 1_000


def test_replay_rebuilds_both() -> None:
    """Partial, overdrawn, late."""
    for more in ({"partial": True}, {"overdraw": True}, {"occurred_at": on(1), "amount": 1_200}):
        for plan, name, which in ((SEAT, "ann", "member"), (TEAM, "team", "pool")):
            opened = Wallet.open(plan, id=name, at=on(1))
            change = getattr(ask(**{which: opened.wallet}, **more), which)
            assert replay([*opened.entries, *change.entries]) == change.wallet


# -- how much both could pay --------------------------------------------------------------------------------------

PRICED = [Price("image", 40, unit="tokens"), Price("search", Decimal(0))]


@pytest.mark.parametrize(
    ("member", "pool", "meter", "most"),
    [
        (wallet(), team(), None, 1_500),
        (wallet(), team(), "sms", 50),
        (wallet().freeze(at=on(1)).wallet, team(), None, 0),
        (wallet().pause(at=on(1)).wallet, team(), None, 0),
        (wallet().close(at=on(1)).wallet, team(), None, 0),
        (wallet(), team().freeze(at=on(1)).wallet, None, 1_000),
        (wallet(), team().close(at=on(1)).wallet, None, 1_000),
        (wallet(), team(Plan("team", allowances=[Allowance(7, "sms")])), None, 1_000),
        (wallet(Plan("seat", allowances=[Allowance(7, "sms")])), team(), "tokens", 500),
        (wallet(), team(Plan("team", allowances=[Allowance(500, Unit.meter("tokens", shown=2))])), None, 1_000),
        (wallet(Plan("seat", allowances=[Allowance(90)], prices=PRICED)), team(), "image", 2),
        (wallet(Plan("seat", allowances=[Allowance(90)], prices=PRICED)), team(SEAT), "search", None),
        (wallet(), team(Plan("team", pay_as_you_go=[PayAsYouGo(Decimal(3), per=1_000)])), None, None),
        (wallet(Plan("seat", pay_as_you_go=[PayAsYouGo(Decimal(3), per=1_000)])), team(), None, 500),
        (wallet(Plan("seat", allowances=[Allowance(9)], limits=[Limit("cap", 3)])), team(), None, 503),
        (wallet(), team(Plan("team", allowances=[Allowance(9)], at_zero=AtZero(overdraft=6))), None, 1_015),
    ],
)
def test_what_is_available_from_both_is_the_most_that_they_pay(
    member: Wallet, pool: Wallet, meter: str | None, most: int | None
) -> None:
    """So many succeed, and one more does not."""
    assert available_from_pool(member, pool, meter, at=on(2)) == most
    if most is None:
        ask(10**9, meter, member=member, pool=pool)
        return
    if most:
        ask(most, meter, member=member, pool=pool)
    with pytest.raises((Refused, UnknownNameError, PlanError)):
        ask(most + 1, meter, member=member, pool=pool)


def test_labels_are_heeded() -> None:
    """The pool's limit is per member."""
    pool = team(Plan("team", allowances=[Allowance(500)], limits=[Limit("each", 30, per="member")]))
    for labels, most in (({"member": "ann"}, 1_030), ({}, 1_500), (None, 1_500)):
        assert available_from_pool(wallet(), pool, at=on(2), labels=labels) == most
        ask(most, pool=pool, labels=labels)


def test_wrong_questions_about_both() -> None:
    """As of the use itself."""
    one: Any = "ann"
    for member, pool in ((one, team()), (wallet(), one), (wallet(), wallet())):
        with pytest.raises(ArgumentError):
            available_from_pool(member, pool, at=on(2))
    with pytest.raises(UnknownNameError, match="miles"):
        available_from_pool(wallet(), team(), "miles", at=on(2))
    with pytest.raises(UnknownNameError):
        available_from_pool(wallet(), team(), one.encode(), at=on(2))
    with pytest.raises(ArgumentError):
        available_from_pool(wallet(), team(), at=on(2), labels={"member": one.encode()})
    with pytest.raises(ClockError):
        available_from_pool(wallet(), team().grant(1, at=on(9)).wallet, at=on(2))
