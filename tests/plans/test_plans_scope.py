"""Scopes: which use a bucket pays for, by labels and on behalf of an action, and what stays out of what is for all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from tests.support.rich import july
from tokenpurse import (
    Alert,
    Allowance,
    AutoTopUp,
    Balance,
    Bound,
    Catalogue,
    Count,
    LateUse,
    Limit,
    Offer,
    Plan,
    Price,
    Rollover,
    Switch,
    Wallet,
    periods,
    policies,
    replay,
    spend_from_pool,
    transfer,
)
from tokenpurse.errors import ArgumentError, ConflictError, HistoryError, Locked, NotEnough, PlanError
from tokenpurse.policies import Facts
from tokenpurse.scopes import pays

GPT = {"model": {"gpt-4"}}
SONNET = {"model": "sonnet"}
SCOPED = (("model", ("gpt-4",)),)


def plan(*allowances: Allowance, name: str = "pro", **more: Any) -> Plan:
    return Plan(name, allowances=allowances or [Allowance(10)], **more)


def opened(*allowances: Allowance, balances: Any = (), **more: Any) -> Wallet:
    return Wallet.open(plan(*allowances, **more), id="acme", at=july(1), balances=balances).wallet


def drawn(change: Any) -> list[tuple[str, int]]:
    return [(draw.kind, draw.steps) for draw in change.entry.draws()]


@pytest.mark.parametrize(
    ("scope", "labels", "action", "expected"),
    [
        ((), {}, "tokens", True),
        (SCOPED, {}, "tokens", False),
        (SCOPED, {"model": "gpt-4"}, "tokens", True),
        (SCOPED, {"model": "gpt-5"}, "tokens", False),
        ((*SCOPED, ("region", ("eu", "us"))), {"model": "gpt-4"}, "tokens", False),
        ((*SCOPED, ("region", ("eu", "us"))), {"model": "gpt-4", "region": "us"}, "tokens", True),
        ((("action", ("video",)),), {}, "video", True),
        ((("action", ("video",)),), {"action": "video"}, "tokens", False),
        ((("action", ("video",)),), {}, "", False),
    ],
)
def test_use_is_paid_for_where_it_matches_every_key(
    scope: Any, labels: dict[str, str], action: str, expected: bool
) -> None:
    assert pays(scope, labels, action) is expected


@pytest.mark.parametrize(
    ("scope", "value"),
    [
        ("gpt-4", "gpt-4"),
        ([("model", {"gpt-4"})], [("model", {"gpt-4"})]),
        ((("model", {"gpt-4"}, 1),), (("model", {"gpt-4"}, 1),)),
        ({"model": "gpt-4"}, "gpt-4"),
        ({"model": set()}, "0 values"),
        ({"model": {str(each) for each in range(101)}}, "101 values"),
        ({"model": {1}}, 1),
        ({"model": {""}}, ""),
        ({"model": {"x" * 129}}, "x" * 129),
        ({"model": {"a\nb"}}, "a\nb"),
        ({"": {"a"}}, ""),
        ({"a b": {"a"}}, "a b"),
        ({5: {"a"}}, 5),
        ((("a", {"x"}), ("a", {"y"})), "a"),
        ({f"k{each}": {"a"} for each in range(17)}, {f"k{each}": {"a"} for each in range(17)}),
    ],
)
def test_what_is_no_scope_is_refused(scope: Any, value: Any) -> None:
    for make in (lambda: Allowance(5, scope=scope), lambda: Offer("pack", price=Decimal(1), scope=scope)):
        with pytest.raises(PlanError) as caught:
            make()
        assert (caught.value.field, caught.value.value) == ("scope", value)
    with pytest.raises(ArgumentError):
        opened().grant(5, at=july(1), scope=scope)


def test_the_largest_scope_is_one() -> None:
    scope = {f"k{each}": {str(value) for value in range(100)} for each in range(16)}
    bucket = opened().grant(5, at=july(1), scope=scope).entry.bucket
    assert len(bucket.scope) == 16
    assert {len(values) for _, values in bucket.scope} == {100}


def test_a_scope_is_data() -> None:
    """However it is written it is kept as sorted pairs, so that it can be compared and hashed."""
    one, other = (
        Allowance(5, scope={"b": ["y", "x", "x"], "a": {"z"}}),
        Allowance(5, scope=(("a", ("z",)), ("b", ("x", "y")))),
    )
    assert one == other
    assert hash(one) == hash(other)
    assert one.scope == (("a", ("z",)), ("b", ("x", "y")))
    assert one != Allowance(5)


def test_only_use_with_the_labels_is_paid_from_a_scoped_bucket() -> None:
    wallet = opened(Allowance(10), Allowance(5, kind="daily", scope=GPT))
    view = wallet.at(july(1))

    assert (view.available(), view.available(labels=SONNET), view.available(labels={"model": "gpt-4"})) == (10, 10, 15)
    with pytest.raises(NotEnough, match="11 tokens asked, 10 available, 1 short"):
        wallet.spend(11, at=july(1))
    with pytest.raises(NotEnough, match="16 tokens asked, 15 available, 1 short"):
        wallet.spend(16, at=july(1), labels={"model": "gpt-4"})
    assert drawn(wallet.spend(12, at=july(1), labels={"model": "gpt-4"})) == [("quota", 10), ("daily", 2)]
    assert str(view.gauge()) == "[0/15]"
    assert view.by_kind() == {"quota": 10, "daily": 5}
    assert view.by_kind(labels={}) == {"quota": 10}
    assert view.by_kind(labels={"model": "gpt-4"}) == {"quota": 10, "daily": 5}
    quote = view.quote(12, labels={"model": "gpt-4"})
    assert quote.ok
    assert not view.can_spend(12)


def test_the_action_is_what_the_unit_is_drawn_for() -> None:
    """At the end of a chain of prices, too; a label of that name says nothing."""
    prices = [Price("video", 5, unit="clips"), Price("clips", 2, unit="credits"), Price("image", 3, unit="credits")]
    made = Allowance(20, "credits", kind="video", scope={"action": {"video"}})
    wallet = opened(Allowance(6, "credits"), made, prices=prices)
    view = wallet.at(july(1))

    assert [view.available(one) for one in ("video", "clips", "image", "credits")] == [2, 3, 2, 6]
    assert view.available("credits", labels={"action": "video"}) == 6
    assert view.by_kind("credits", labels={"action": "video"}) == {"quota": 6, "video": 20}
    assert drawn(wallet.spend(2, "video", at=july(1))) == [("quota", 6), ("video", 14)]
    with pytest.raises(NotEnough, match="3 video asked, 2 available") as caught:
        wallet.spend(3, "video", at=july(1))
    assert caught.value.needed is not None
    assert (caught.value.needed.steps, caught.value.funds.steps) == (15, 13)  # type: ignore[union-attr]  # in clips
    asked = {"video": 1, "image": 2}
    assert not view.can_spend(asked)  # the video is paid first, and the quota before what is for videos alone
    narrow = opened(Allowance(6, "credits"), made, prices=prices, draw=policies.narrowest_scope_first)
    assert drawn(narrow.spend(asked, at=july(1))) == [("video", 10), ("quota", 6)]


def test_a_meter_spent_directly_is_its_own_action() -> None:
    direct = Allowance(4, "credits", kind="own", scope={"action": {"credits"}})
    wallet = opened(Allowance(6, "credits"), direct, prices=[Price("image", 3, unit="credits")])
    assert (wallet.at(july(1)).available("credits"), wallet.at(july(1)).available("image")) == (10, 2)
    fast = wallet.spend(7, "credits", at=july(1)).wallet.spend(3, "credits", at=july(1))
    assert drawn(fast) == [("own", 3)]
    assert fast.wallet.at(july(1)).available("credits") == 0
    first = opened(Allowance(6, "credits"), direct, draw=policies.narrowest_scope_first)
    assert drawn(first.spend(3, "credits", at=july(1))) == [("own", 3)]


def test_a_free_action_stays_free_where_no_bucket_pays_for_it() -> None:
    free = opened(Allowance(6), Allowance(2, "search", scope=GPT), prices=[Price("search", 0, unit="tokens")])
    assert free.spend(9, "search", at=july(1)).entries == ()
    assert drawn(free.spend(2, "search", at=july(1), labels={"model": "gpt-4"})) == [("quota", 2)]


def test_debt_is_paid_by_what_pays_for_all_use() -> None:
    wallet = opened(Allowance(3), Allowance(5, kind="daily", scope=GPT))
    owing = wallet.spend(7, at=july(1), overdraw=True)
    assert (owing.view.debt(), owing.view.by_kind()) == (4, {"daily": 5})
    own = owing.wallet.grant(2, at=july(2), scope={"action": {"tokens"}})
    assert (own.view.debt(), own.view.available()) == (4, 2)
    given = owing.wallet.grant(2, at=july(2), scope=GPT)
    assert (given.view.debt(), given.view.balance()) == (4, 7)
    assert given.wallet.grant(5, at=july(3)).view.debt() == 0
    labelled = wallet.spend(9, at=july(1), labels={"model": "gpt-4"}, overdraw=True)
    assert (labelled.view.debt(), labelled.view.balance()) == (1, 0)


def test_what_is_left_for_all_use_is_watched() -> None:
    wallet = opened(
        Allowance(20),
        Allowance(480, kind="daily", scope=GPT),
        alerts=[
            Alert("low", "left", at_or_below=Bound("allowance", Decimal("0.5"))),
            Alert("used", "used", at_or_above=Bound("allowance", Decimal("0.5"))),
        ],
    )
    assert wallet.at(july(1)).alerts() == ()
    assert wallet.spend(9, at=july(1)).view.alerts() == ()
    assert wallet.spend(10, at=july(1)).view.alerts() == ("low",)
    labelled = wallet.spend(500, at=july(1), labels={"model": "gpt-4"})
    assert labelled.view.alerts() == ("low", "used")


def test_auto_top_up_counts_what_is_left_for_all_use() -> None:
    pack = Offer("pack", price=Decimal(1), pack=5)
    wallet = opened(Allowance(6), Allowance(50, scope=GPT, kind="daily"), offers=[pack], auto_top_up=AutoTopUp("pack"))
    wallet = wallet.set_auto_top_up(at=july(1), threshold=4, purchase=5).wallet
    assert wallet.spend(2, at=july(1)).requests == ()
    assert len(wallet.spend(3, at=july(1)).requests) == 1
    with pytest.raises(PlanError, match="AutoTopUp: offer is 'pack'"):
        plan(offers=[Offer("pack", price=Decimal(1), pack=5, scope=GPT)], auto_top_up=AutoTopUp("pack"))


def test_what_is_bought_has_the_scope_of_its_offer() -> None:
    pack = Offer("pack", price=Decimal(1), pack=5, scope=GPT, bonus=2)
    wallet = opened(Allowance(6), offers=[pack])
    with pytest.raises(NotEnough) as caught:
        wallet.spend(9, at=july(1), labels=SONNET)
    assert [remedy.kind for remedy in caught.value.remedies] == []
    with pytest.raises(NotEnough) as caught:
        wallet.spend(9, at=july(1), labels={"model": "gpt-4"})
    assert [remedy.kind for remedy in caught.value.remedies] == ["top_up"]
    bought = wallet.top_up("pack", 5, at=july(1), payment="p1")
    assert [(one.kind, one.scope) for one in bought.wallet.at(july(1)).buckets()] == [
        ("quota", ()),
        ("top_up", SCOPED),
        ("promo", SCOPED),
    ]
    assert (bought.view.available(), bought.view.available(labels={"model": "gpt-4"})) == (6, 13)


def test_what_is_left_of_a_scoped_allowance_does_not_carry_over() -> None:
    wallet = opened(Allowance(6), Allowance(5, kind="daily", scope=GPT), rollovers=[Rollover()])
    (opening,) = wallet.advance(datetime(2026, 8, 1, tzinfo=UTC)).entries
    assert [(one.kind, one.steps) for one in opening.forfeited] == [("daily", 5)]  # type: ignore[attr-defined]
    august = wallet.at(datetime(2026, 8, 1, tzinfo=UTC))
    assert august.by_kind() == {"quota": 6, "daily": 5, "rollover": 6}
    assert [one.scope for one in august.buckets()] == [(), SCOPED, ()]
    with pytest.raises(PlanError, match="does not carry over: it is unlimited, has a scope"):
        plan(Allowance(5, scope=GPT), rollovers=[Rollover()])


def test_a_schedule_beside_the_period_has_a_scope_too() -> None:
    """And a count its minimum."""
    daily = Allowance(2, kind="daily", per="seats", every=periods.calendar_day(), scope=GPT)
    wallet = opened(Allowance(6), daily, counts=[Count("seats", minimum=3)])
    assert wallet.spend(8, at=july(1), labels={"model": "gpt-4"}).view.by_kind() == {"daily": 4}
    assert wallet.at(july(5)).available(labels={"model": "gpt-4"}) == 12
    assert wallet.at(july(5)).available() == 6


def test_what_comes_back_after_the_reset_does_not_carry_over_either() -> None:
    wallet = opened(Allowance(5, kind="daily", scope=GPT), Allowance(6), rollovers=[Rollover()])
    held = wallet.hold(5, at=july(20), ref="h", until=timedelta(days=20), labels={"model": "gpt-4"}).wallet
    # The general quota pays first, so it is used up before.
    used = wallet.spend(6, at=july(1)).wallet.hold(
        4, at=july(20), ref="h", until=timedelta(days=20), labels={"model": "gpt-4"}
    )
    august = used.wallet.release("h", at=datetime(2026, 8, 2, tzinfo=UTC))
    assert [(one.kind, one.steps, one.went) for one in august.entry.returned] == [("daily", 4, "forfeited")]
    back = held.release("h", at=datetime(2026, 8, 2, tzinfo=UTC))
    assert [(one.kind, one.steps, one.went) for one in back.entry.returned] == [("quota", 5, "carried")]


def test_a_hold_keeps_its_labels_and_a_refund_its_buckets() -> None:
    wallet = opened(Allowance(3), Allowance(8, kind="daily", scope=GPT))
    held = wallet.hold(5, at=july(1), ref="h", until=timedelta(days=1), labels={"model": "gpt-4"}).wallet
    captured = held.capture("h", 9, at=july(1), over="spend")
    assert [(draw.kind, draw.steps) for use in captured.entry.extra for draw in use.draws] == [("daily", 4)]
    spent = wallet.spend(7, at=july(1), labels={"model": "gpt-4"})
    back = spent.wallet.refund(spent.entry, 5, at=july(1))
    assert [(one.kind, one.steps) for one in back.entry.returned] == [("daily", 4), ("quota", 1)]


def test_what_is_locked_is_said_of_such_use() -> None:
    wallet = opened(Allowance(3), usable={"quota"}, balances=[Balance("promo", 5, scope=GPT), Balance("top_up", 2)])
    view = wallet.at(july(1))
    assert (view.locked(), view.locked(labels={}), view.locked(labels={"model": "gpt-4"})) == (7, 2, 7)
    with pytest.raises(Locked, match="4 tokens asked, 3 available, 1 short: 2 tokens are locked"):
        wallet.spend(4, at=july(1))
    with pytest.raises(NotEnough):
        wallet.spend(8, at=july(1))
    with pytest.raises(Locked, match="7 tokens are locked"):
        wallet.spend(8, at=july(1), labels={"model": "gpt-4"})


def test_a_gift_keeps_its_scope() -> None:
    giver = opened(Allowance(3), balances=[Balance("top_up", 9, scope=GPT)])
    taker = Wallet.open(plan(), id="beta", at=july(1)).wallet
    assert giver.at(july(1)).giveable() == 9
    pair = transfer(giver, taker, 4, at=july(1), ref="g")
    bucket = pair.taker.wallet.at(july(1)).buckets()[-1]
    assert (bucket.scope, pair.giver.entry.gifts[0].scope) == (SCOPED, SCOPED)
    with pytest.raises(NotEnough, match="what the plan granted stays"):
        transfer(giver, taker, 10, at=july(1), ref="h")
    forged = pair.taker.entry
    wrong = evolve(forged, granted=(evolve(forged.granted[0], scope=()),))
    with pytest.raises(HistoryError):
        replay([*Wallet.open(plan(), id="beta", at=july(1)).entries, wrong])


def test_a_member_and_a_pool_pay_by_labels() -> None:
    member = opened(Allowance(3), balances=[Balance("promo", 4, scope=GPT)])
    pool = Wallet.open(plan(), id="team", at=july(1), balances=[Balance("promo", 9, scope=GPT)]).wallet
    pair = spend_from_pool(member, pool, 20, at=july(1), ref="u", labels={"model": "gpt-4"})
    assert (drawn(pair.member), drawn(pair.pool)) == (
        [("quota", 3), ("promo", 4)],
        [("quota", 10), ("promo", 3)],
    )
    with pytest.raises(NotEnough):
        spend_from_pool(member, pool, 20, at=july(1), ref="v")


def test_late_use_is_paid_by_what_its_period_had_for_it() -> None:
    wallet = opened(
        Allowance(3), Allowance(8, kind="daily", scope=GPT), late_use=LateUse("own", grace=timedelta(days=9))
    )
    wallet = wallet.advance(datetime(2026, 8, 1, tzinfo=UTC)).wallet
    august = datetime(2026, 8, 2, tzinfo=UTC)
    late = wallet.spend(10, at=august, occurred_at=july(20), labels={"model": "gpt-4"})
    assert drawn(late) == [("quota", 3), ("daily", 7)]
    with pytest.raises(NotEnough, match="4 tokens asked, 3 available"):
        wallet.spend(4, at=august, occurred_at=july(20))


def test_what_is_brought_has_a_scope() -> None:
    allowance = Allowance(9, kind="daily", scope=GPT)
    wallet = opened(Allowance(3), allowance, balances=[Balance("daily", 4), Balance("credit", 2, scope=GPT)])
    assert {one.kind: one.scope for one in wallet.at(july(1)).buckets()} == {
        "quota": (),
        "daily": SCOPED,
        "credit": SCOPED,
    }
    opened(allowance, balances=[Balance("daily", 4, scope=GPT)])
    for wrong in (Balance("daily", 4, scope={"model": {"x"}}), Balance("quota", 4, scope=GPT)):
        with pytest.raises(ArgumentError, match="pays for what the plan says"):
            opened(Allowance(3), allowance, balances=[wrong])
    with pytest.raises(ArgumentError, match="pays for what the plan says"):
        opened(Allowance(3), rollovers=[Rollover()], balances=[Balance("rollover", 4, scope=GPT)])


def test_a_change_of_plan_lets_the_allowance_pay_for_what_the_new_plan_says() -> None:
    small = plan(Allowance(10, scope=GPT), Allowance(5, kind="own"), name="small", upgrades_to={"large"})
    large = plan(
        Allowance(30, scope={"model": {"gpt-4", "gpt-5"}}), Allowance(5, kind="own", scope=GPT), name="large", rank=1
    )
    opening = Wallet.open("small", catalogue=Catalogue([small, large]), id="acme", at=july(1))
    used = opening.wallet.spend(4, at=july(2), labels={"model": "gpt-4"})
    change = used.wallet.change_plan("large", at=july(3))
    assert {one.kind: dict(one.scope)["model"] for one in change.wallet.at(july(3)).buckets()} == {
        "quota": ("gpt-4", "gpt-5"),
        "own": ("gpt-4",),
    }
    assert change.view.available(labels={"model": "gpt-5"}) == 26
    assert len(change.entry.scopes) == 2
    entries = [*opening.entries, *used.entries, *change.entries]
    assert replay(entries) == change.wallet
    for scopes in ((("promo:tokens/1", SCOPED),), ((used.entry.draws()[0].bucket, SCOPED),)):
        with pytest.raises(HistoryError, match="pay for other use"):
            replay([*entries[:-1], evolve(change.entry, scopes=scopes)])


def test_a_change_that_clears_use_grants_with_the_new_scope() -> None:
    small = plan(
        Allowance(10, scope=GPT), name="small", upgrades_to={"large"}, on_upgrade=Switch(when="now", use="cleared")
    )
    large = plan(Allowance(30), name="large", rank=1)
    wallet = Wallet.open("small", catalogue=Catalogue([small, large]), id="acme", at=july(1)).wallet
    change = wallet.change_plan("large", at=july(3))
    assert (change.view.available(), change.entry.scopes) == (30, ())


def test_a_limit_counts_all_use() -> None:
    wallet = opened(
        Allowance(3), Allowance(8, kind="daily", scope=GPT), limits=[Limit("cap", Bound("allowance", Decimal("0.5")))]
    )
    assert wallet.at(july(1)).available(labels={"model": "gpt-4"}) == 5
    assert wallet.at(july(1)).available() == 3


def test_evenly_sees_what_may_pay() -> None:
    wallet = opened(Allowance(10), Allowance(10, kind="daily", scope=GPT), draw=policies.evenly())
    assert drawn(wallet.spend(6, at=july(1))) == [("quota", 6)]
    assert drawn(wallet.spend(6, at=july(1), labels={"model": "gpt-4"})) == [("quota", 3), ("daily", 3)]


def test_the_narrowest_scope_pays_first() -> None:
    """More keys first, then fewer values; ties go on as `then` says."""

    def facts(name: str, scope: Any, day: int = 1) -> Facts:
        return Facts(
            id=name, kind="promo", unit="tokens", priority=0, starts=july(day), expires=None, paid=False, scope=scope
        )

    order = policies.narrowest_scope_first.then(policies.oldest_first)
    rows = [
        facts("all", ()),
        facts("two values", (("a", ("x", "y")),)),
        facts("one value", (("a", ("x",)),), 2),
        facts("one older value", (("b", ("x",)),)),
        facts("two keys", (("a", ("x", "y", "z")), ("b", ("x",)))),
    ]
    assert [one.id for one in sorted(rows, key=order.sort_key)] == [
        "two keys",
        "one older value",
        "one value",
        "two values",
        "all",
    ]
    assert repr(order) == "narrowest_scope_first.then(oldest_first)"


def test_the_published_case_of_scoped_grants() -> None:
    """`lovable-grants-then-soonest`: the daily grant of the build, then general credits, closest to their end first."""
    build = Plan(
        "lovable",
        prices=[Price("build", 1, unit="credits"), Price("cloud", 1, unit="credits")],
        draw=policies.narrowest_scope_first.then(policies.soonest_expiring),
    )

    def on(month: int, day: int) -> datetime:
        return datetime(2026, month, day, tzinfo=UTC)

    wallet = Wallet.open(build, id="acme", at=on(3, 1)).wallet
    for kind, amount, expires, scope in (
        ("topup", 50, on(12, 1), {}),
        ("month", 100, on(4, 1), {}),
        ("bonus", 10, on(3, 10), {}),
        ("daily", 5, on(3, 2), {"action": {"build"}}),
        ("cloud", 20, on(4, 1), {"action": {"cloud"}}),
    ):
        wallet = wallet.grant(amount, "credits", kind=kind, at=on(3, 1), expires=expires, scope=scope).wallet
    assert drawn(wallet.spend(30, "build", at=on(3, 1))) == [("daily", 5), ("bonus", 10), ("month", 15)]


def test_a_ref_remembers_the_scope() -> None:
    wallet = opened().grant(5, at=july(1), scope=GPT, ref="g").wallet
    assert wallet.grant(5, at=july(1), scope=(("model", ["gpt-4"]),), ref="g").repeated
    with pytest.raises(ConflictError):
        wallet.grant(5, at=july(1), ref="g")


@pytest.mark.parametrize(
    "parts",
    [
        {"allowances": [Allowance(5, "credits", scope={"action": {"vidoe"}})]},
        {"allowances": [Allowance(5, "credits", scope={"action": {"video", "tokens"}})]},
        {"allowances": [Allowance(5, "credits", every=periods.calendar_day(), scope={"action": {"vidoe"}})]},
        {"offers": [Offer("pack", price=Decimal(1), unit="credits", scope={"action": {"vidoe"}})]},
    ],
)
def test_an_action_that_never_draws_the_unit_is_refused(parts: Any) -> None:
    with pytest.raises(PlanError, match=r"credits is drawn for .*video.* on this plan"):
        Plan("pro", prices=[Price("video", 5, unit="credits"), Price("tokens", Decimal(1))], **parts)


def test_many_combinations_of_labels_are_told_apart() -> None:
    """More than are kept at a time: each is found again."""
    balances = [Balance(f"k{each}", each + 1, scope={"model": {f"m{each}"}}) for each in range(300)]
    wallet = opened(Allowance(1), balances=balances)
    view = wallet.at(july(1))
    for _ in range(2):
        assert all(view.available(labels={"model": f"m{each}"}) == each + 2 for each in range(300))
    assert view.available(labels={"model": "other"}) == 1
    assert len(view._plan()._lanes._kept) <= 256
