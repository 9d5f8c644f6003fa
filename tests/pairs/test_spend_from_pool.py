"""`spend_from_pool`: the member pays what it has, the pool the rest, and both or neither."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tokenpurse import (
    Allowance,
    AtZero,
    Catalogue,
    Limit,
    Offer,
    PayAsYouGo,
    Plan,
    PoolPair,
    Price,
    Wallet,
    replay,
    spend_from_pool,
)
from tokenpurse.entries import Entry, Spent
from tokenpurse.errors import (
    AmountError,
    ArgumentError,
    ClockError,
    ConflictError,
    LimitReached,
    Locked,
    NotEnough,
    PlanError,
    Refused,
    UnknownNameError,
    WalletClosed,
    WalletFrozen,
    WalletPaused,
)
from tokenpurse.units import Unit


def july(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 7, day, hour, tzinfo=UTC)


SEAT = Plan("seat", allowances=[Allowance(1_000), Allowance(20, "sms")], prices=[Price("image", 40, unit="tokens")])
TEAM = Plan(
    "team",
    allowances=[Allowance(50_000), Allowance(30, "sms")],
    prices=[Price("image", 100, unit="tokens"), Price("search", Decimal(0))],
    limits=[Limit("each", 4_000, per="member")],
    offers=[Offer("pack", price=Decimal("4.50"), pack=5_000)],
)


def wallet(plan: Plan = SEAT, id: str = "ann", **more: Any) -> Wallet:
    return Wallet.open(plan, id=id, at=july(1), **more).wallet


def team(plan: Plan = TEAM, **more: Any) -> Wallet:
    return wallet(plan, "team", **more)


def ask(amount: Any = 1_500, meter: str | None = None, **more: Any) -> PoolPair:
    asked = {"member": wallet(), "pool": team(), "at": july(2), "ref": "call-1"} | more
    return spend_from_pool(asked.pop("member"), asked.pop("pool"), amount, meter, **asked)


def test_the_member_pays_first_and_the_pool_the_rest() -> None:
    """1,000 of the member's own, 500 of the pool's."""
    pair = ask(labels={"member": "ann"}, by="ann")
    assert (pair.member.moved, pair.pool.moved) == ({"tokens": 1_000}, {"tokens": 500})
    assert [type(entry) for entry in pair.entries] == [Spent, Spent]
    for change in (pair.member, pair.pool):
        entry = change.entry
        assert isinstance(entry, Spent)
        assert (entry.labels, entry.by, entry.ref and entry.ref.key) == ((("member", "ann"),), "ann", "call-1")


def test_a_pool_that_is_not_needed_is_not_asked() -> None:
    """Not even a closed one; and it forgets nothing that it never knew."""
    pool = team().close(at=july(2)).wallet
    pair = ask(1_000, pool=pool)
    assert (pair.pool.wallet is pool, pair.pool.entries, pair.pool.repeated) == (True, (), False)
    again = ask(1_000, member=pair.member.wallet, pool=pool)
    assert (again.repeated, again.pool.moved) == (True, {})


def test_a_member_with_nothing_leaves_all_to_the_pool() -> None:
    """And the repeat is one, whatever the member has got meanwhile."""
    member = wallet().spend(1_000, at=july(2)).wallet
    pair = ask(member=member)
    assert (pair.member.wallet is member, pair.pool.moved) == (True, {"tokens": 1_500})
    again = ask(member=member.grant(5_000, at=july(2)).wallet, pool=pair.pool.wallet)
    assert (again.repeated, again.member.moved, again.pool.moved) == (True, {}, {"tokens": 1_500})


def test_several_meters_are_shared_each() -> None:
    """Each by itself, and all of it or nothing."""
    pair = ask({"tokens": 1_200, "sms": 35})
    assert (pair.member.moved, pair.pool.moved) == ({"tokens": 1_000, "sms": 20}, {"tokens": 200, "sms": 15})
    member, pool = wallet(), team()
    with pytest.raises(NotEnough, match=r"21 sms asked|41 sms asked|31 sms asked") as refused:
        ask({"tokens": 1_200, "sms": 51}, member=member, pool=pool)
    assert (refused.value.asked, refused.value.available, refused.value.short) == (51, 50, 1)
    assert refused.value.wallet == "team"
    assert (member, pool) == (wallet(), team())


def test_each_pays_at_its_own_price() -> None:
    """Ten images at 40 tokens, and the rest at 100."""
    pair = ask(30, "image")
    assert (pair.member.moved, pair.pool.moved) == ({"image": 25}, {"image": 5})
    assert isinstance(pair.pool.entry, Spent)
    assert pair.pool.entry.paid_by() == {("quota", "tokens"): 500}


def test_what_costs_nothing_touches_neither() -> None:
    """Free on the member's plan: nothing at all; on the pool's: nothing of the pool's."""
    free = Plan("seat", allowances=[Allowance(1_000)], prices=[Price("search", Decimal(0))])
    assert ask(3, "search", member=wallet(free)).entries == ()
    assert ask(3, "search").entries == ()
    assert ask(0).entries == ()


def test_a_meter_that_only_the_pool_knows_is_the_pools() -> None:
    """The member pays nothing of it; what neither knows is unknown."""
    plan = Plan("team", allowances=[Allowance(50), Allowance(90, "gpu_seconds")])
    pair = ask({"gpu_seconds": 80, "tokens": 1_010}, pool=team(plan))
    assert (pair.member.moved, pair.pool.moved) == ({"tokens": 1_000}, {"tokens": 10, "gpu_seconds": 80})
    again = ask({"gpu_seconds": 80, "tokens": 1_010}, member=pair.member.wallet, pool=pair.pool.wallet)
    assert again.repeated
    with pytest.raises(UnknownNameError, match="miles"):
        ask({"miles": 0})
    with pytest.raises(UnknownNameError, match="sms"):
        ask(21, "sms", pool=team(plan))
    assert ask(20, "sms", pool=team(plan)).member.moved == {"sms": 20}


def test_units_must_be_the_same() -> None:
    """Where both pay."""
    shown = Plan("team", allowances=[Allowance(500, Unit.meter("tokens", shown=2))])
    with pytest.raises(PlanError, match="wallet team has tokens with other places"):
        ask(pool=team(shown))


# -- whose rules --------------------------------------------------------------------------------------------------


def test_the_members_own_limit_bounds_its_part() -> None:
    """What it does not let through is the pool's."""
    capped = Plan("seat", allowances=[Allowance(1_000)], limits=[Limit("cap", 300)])
    pair = ask(member=wallet(capped))
    assert (pair.member.moved, pair.pool.moved) == ({"tokens": 300}, {"tokens": 1_200})


def test_the_pools_limit_per_member_counts_only_what_the_pool_pays() -> None:
    """4,000 of the pool's for each member."""
    pair = ask(4_500, labels={"member": "ann"})
    assert pair.pool.wallet.at(july(2)).available(labels={"member": "ann"}) == 500
    assert pair.pool.wallet.at(july(2)).available(labels={"member": "ben"}) == 4_000
    with pytest.raises(LimitReached, match="600 tokens asked, 500 available") as refused:
        ask(600, member=pair.member.wallet, pool=pair.pool.wallet, ref="call-2", labels={"member": "ann"})
    assert (refused.value.label, refused.value.asked, refused.value.available) == ("ann", 600, 500)


POST = PayAsYouGo(Decimal(3), per=1_000)


@pytest.mark.parametrize("way", [{"pay_as_you_go": [POST]}, {"at_zero": AtZero(overdraft=5_000)}])
def test_the_members_own_credit_is_not_used(way: dict[str, Any]) -> None:
    """Neither pay-as-you-go nor overdraft: with them, nothing would ever reach the pool."""
    pair = ask(member=wallet(Plan("seat", allowances=[Allowance(1_000)], **way)))
    assert (pair.member.moved, pair.pool.moved) == ({"tokens": 1_000}, {"tokens": 500})


@pytest.mark.parametrize("way", [{"pay_as_you_go": [POST]}, {"at_zero": AtZero(overdraft=5_000)}])
def test_the_pools_own_credit_is(way: dict[str, Any]) -> None:
    """After what it has."""
    pair = ask(pool=team(Plan("team", allowances=[Allowance(200)], **way)))
    assert isinstance(pair.pool.entry, Spent)
    use = pair.pool.entry.uses[0]
    rest = (use.postpaid.quantity if use.postpaid else 0) + (use.debt.steps if use.debt else 0)
    assert (pair.pool.entry.paid_by(), rest) == ({("quota", "tokens"): 200}, 300)


# -- refusals -----------------------------------------------------------------------------------------------------


def test_a_refusal_is_of_the_whole_amount() -> None:
    """Asked in all, and what both could pay."""
    pool = team(Plan("team", allowances=[Allowance(200)], offers=[Offer("pack", price=Decimal(1), pack=100)]))
    with pytest.raises(NotEnough) as refused:
        ask(pool=pool)
    error = refused.value
    assert (error.wallet, error.asked, error.available, error.short) == ("team", 1_500, 1_200, 300)
    assert str(error) == (
        "500 tokens asked, 200 available, 300 short; 1,000 more are wallet ann's part; to go on: top up by offer pack"
    )
    assert ask(1_200, pool=pool).pool.moved == {"tokens": 200}
    bought = pool.top_up("pack", 300, at=july(2), payment="p").wallet
    assert ask(pool=bought).pool.moved == {"tokens": 500}


def test_waiting_is_a_remedy_only_if_it_helps_both() -> None:
    """The member's next month brings its own 1,000 back, and the pool's the rest; not so where a gift ends."""
    pool = team(Plan("team", allowances=[Allowance(600)]))
    used = pool.spend(600, at=july(2)).wallet
    with pytest.raises(NotEnough) as refused:
        ask(pool=used)
    assert [remedy.until for remedy in refused.value.remedies] == [datetime(2026, 8, 1, tzinfo=UTC)]
    gifted = wallet(Plan("once", allowances=[])).grant(1_000, "tokens", at=july(1), expires=july(20)).wallet
    with pytest.raises(NotEnough) as refused:
        ask(meter="tokens", member=gifted, pool=used)
    assert refused.value.remedies == ()


def test_what_the_pool_has_locked_is_said() -> None:
    """As by a spend of its own."""
    plan = Plan("team", allowances=[Allowance(100)], usable={"quota"})
    with pytest.raises(Locked) as refused:
        ask(pool=team(plan).grant(900, kind="top_up", at=july(1)).wallet)
    assert (refused.value.wallet, refused.value.available) == ("team", 1_100)


@pytest.mark.parametrize(
    ("stop", "error"), [("close", WalletClosed), ("freeze", WalletFrozen), ("pause", WalletPaused)]
)
@pytest.mark.parametrize("which", ["ann", "team", "both"])
def test_either_side_refuses_the_member_first(stop: str, error: type[Refused], which: str) -> None:
    """The member even where it would pay nothing; the pool where it is needed."""
    member, pool = wallet(), team()
    member = getattr(member, stop)(at=july(2)).wallet if which != "team" else member
    pool = getattr(pool, stop)(at=july(2)).wallet if which != "ann" else pool
    with pytest.raises(error) as refused:
        ask(member=member, pool=pool)
    assert refused.value.wallet == ("team" if which == "team" else "ann")
    undone = {} if which == "both" else {"pause": ["resume"], "freeze": ["unfreeze"]}
    assert [remedy.kind for remedy in refused.value.remedies] == undone.get(stop, [])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"member": "ann"}, ArgumentError),
        ({"pool": 3}, ArgumentError),
        ({"pool": wallet()}, ArgumentError),
        ({"amount": 1.5}, AmountError),
        ({"amount": -1}, AmountError),
        ({"amount": {"sms": 1}, "meter": "sms"}, AmountError),
        ({"ref": None}, ArgumentError),
        ({"labels": {"member": 3}}, ArgumentError),
        ({"at": july(1) - timedelta(hours=1)}, ClockError),
        ({"pool": team().grant(1, at=july(9)).wallet}, ClockError),
    ],
)
def test_wrong_questions(change: dict[str, Any], error: type[Exception]) -> None:
    """Types first."""
    with pytest.raises(error):
        ask(**change)


# -- once ---------------------------------------------------------------------------------------------------------


def test_a_repeat_adds_nothing_to_either() -> None:
    """Whatever either has by then."""
    pair = ask()
    member = pair.member.wallet.grant(5_000, at=july(3)).wallet
    again = ask(member=member, pool=pair.pool.wallet)
    assert (again.repeated, again.entries) == (True, ())
    assert (again.member.moved, again.pool.moved) == ({"tokens": 1_000}, {"tokens": 500})


@pytest.mark.parametrize("change", [{"amount": 1_501}, {"labels": {"member": "ann"}}, {"meter": "tokens"}])
def test_other_arguments_are_a_conflict(change: dict[str, Any]) -> None:
    """On the member; and where only the pool knows the ref, on the pool."""
    pair = ask()
    with pytest.raises(ConflictError):
        ask(**({"member": pair.member.wallet, "pool": pair.pool.wallet} | change))
    with pytest.raises(ConflictError):
        ask(**({"pool": pair.pool.wallet} | change))


def test_a_retry_completes_the_pair_with_the_same_amounts() -> None:
    """Whichever half was stored, and whatever the other wallet has got meanwhile."""
    pair = ask()
    member, pool = pair.member.wallet.grant(5_000, at=july(2)).wallet, pair.pool.wallet
    again = ask(member=member)
    assert (again.member.repeated, again.pool.repeated, again.pool.moved) == (True, False, {"tokens": 500})
    again = ask(member=wallet().grant(5_000, at=july(2)).wallet, pool=pool)
    assert (again.member.repeated, again.pool.repeated, again.member.moved) == (False, True, {"tokens": 1_000})


def test_a_retry_names_the_first_meter_as_it_was() -> None:
    """Although the member is on a plan with another first meter by now."""
    other = Plan("other", allowances=[Allowance(20, "sms"), Allowance(1_000)])
    shop = Catalogue([SEAT, other])
    member = Wallet.open("seat", catalogue=shop, id="ann", at=july(1)).wallet
    pair = ask(member=member)
    moved = pair.member.wallet.change_plan("other", at=july(2), when="now").wallet
    assert ask(member=moved).pool.moved == {"tokens": 500}
    assert ask(member=moved, pool=pair.pool.wallet).repeated


def test_a_retry_is_refused_where_the_member_has_used_it_meanwhile() -> None:
    """Not passed on to the pool, which paid its part."""
    pair = ask()
    with pytest.raises(NotEnough, match="1,000 tokens asked, 100 available") as refused:
        ask(member=wallet().spend(900, at=july(2)).wallet, pool=pair.pool.wallet)
    assert refused.value.wallet == "ann"


def test_what_may_be_forgotten_counts_as_done() -> None:
    """A pool remembers the newest few of all its members' refs; one that it forgot is not paid again."""
    pair = ask(pool=team(ring=1))
    busy = pair.pool.wallet.spend(10, at=july(3), ref="other").wallet
    again = ask(member=pair.member.wallet, pool=busy)
    assert (again.repeated, again.pool.wallet is busy, again.pool.moved) == (True, True, {"tokens": 500})
    pair = ask(member=wallet(ring=1))
    busy = (
        pair.member.wallet.spend(0, at=july(3)).wallet.grant(9, at=july(3)).wallet.spend(3, at=july(3), ref="x").wallet
    )
    again = ask(member=busy, pool=pair.pool.wallet)
    assert (again.repeated, again.member.wallet is busy, again.member.moved) == (True, True, {"tokens": 1_000})


def test_a_wallet_that_remembers_nothing_is_not_asked_twice() -> None:
    """With a ring of 0, the other half answers."""
    pair = ask(pool=team(ring=0))
    assert ask(member=pair.member.wallet, pool=pair.pool.wallet).repeated


def test_free_parts_need_no_retry() -> None:
    """What costs nothing on the pool's plan was never booked there."""
    pair = ask({"tokens": 500, "search": 3})
    assert (pair.member.moved, pair.pool.entries) == ({"tokens": 500}, ())
    again = ask({"tokens": 500, "search": 3}, member=pair.member.wallet, pool=pair.pool.wallet)
    assert (again.repeated, again.entries) == (True, ())


def test_time_comes_first_on_both() -> None:
    """Each opens its own period before it pays."""
    pair = ask(at=datetime(2026, 8, 2, tzinfo=UTC))
    assert [type(entry).__name__ for entry in pair.entries] == ["PeriodOpened", "Spent", "PeriodOpened", "Spent"]


def test_replay_rebuilds_both() -> None:
    """Each from its own entries."""
    for plan, name, which in ((SEAT, "ann", "member"), (TEAM, "team", "pool")):
        opened = Wallet.open(plan, id=name, at=july(1))
        change = getattr(ask(**{which: opened.wallet}), which)
        ledger: list[Entry] = [*opened.entries, *change.entries]
        assert replay(ledger) == change.wallet
