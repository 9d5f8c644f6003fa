"""Limits on kinds of payers: what is spared goes on to the next that pays; and the class that a limit degrades to."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from tests.support.rich import july
from tokenpurse import (
    Allowance,
    AtZero,
    Bound,
    Catalogue,
    LateUse,
    Limit,
    Offer,
    PayAsYouGo,
    Plan,
    Price,
    Wallet,
    periods,
    policies,
    replay,
    spend_from_pool,
)
from tokenpurse.entries import Captured, Refunded, Spent
from tokenpurse.errors import AmountError, ArgumentError, HistoryError, LimitReached, NotEnough, PlanError

HOUR = timedelta(hours=1)
EXTRA = PayAsYouGo(Decimal("0.10"), meter="messages")
FIVE_HOURS = Limit("five_hours", 45, window=5 * HOUR, kinds={"quota"}, setters=())
WEEK = Limit("week", 100, every=periods.subscription_week(), kinds={"quota"}, setters=())
BUDGET = Limit("extra", Decimal(5), unit="USD", kinds={"pay_as_you_go"}, degrade_to="mini")


def opened(*limits: Limit, **more: Any) -> Wallet:
    """A wallet of 1,000 messages, beyond which nothing pays unless said."""
    plan = Plan("p", **{"allowances": [Allowance(1_000, "messages")], **more}, limits=limits)
    return Wallet.open(plan, id="acme", at=july(1)).wallet


def who(entry: Any) -> dict[str, Any]:
    """Who paid: by kind, what was billed, what is owed; also at a price."""
    paid: dict[str, Any] = {}
    for use in (*entry.uses, *getattr(entry, "extra", ())):
        for each in use.each():
            parts = [(f"{draw.kind}", draw.amount) for draw in each.draws]
            parts += [("billed", each.postpaid.quantity)] if each.postpaid else []
            parts += [("owed", each.debt.amount)] if each.debt else []
            for kind, amount in parts:
                paid[kind] = paid.get(kind, 0) + amount
    return paid


def stands(wallet: Wallet, at: Any, labels: dict[str, str] | None = None) -> dict[str, str]:
    return {one.name: str(one) for one in wallet.at(at).limits(labels)}


# -- who pays ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, {"quota": 45, "top_up": 15}),
        ({"draw": policies.by_kind("top_up")}, {"top_up": 20, "quota": 40}),
        ({"draw": policies.evenly()}, {"quota": 45, "top_up": 15}),
        ({"limits": ()}, {"quota": 60}),
    ],
)
def test_use_beyond_the_room_goes_on_to_the_next_payer(more: dict[str, Any], expected: dict[str, int]) -> None:
    """Inside one spend, whatever the order of use is."""
    limits = more.pop("limits", (FIVE_HOURS,))
    wallet = opened(*limits, **more).grant(20, "messages", kind="top_up", at=july(1)).wallet
    assert who(wallet.spend(60, at=july(2)).entry) == expected


def test_claude_a_window_a_week_and_extra_usage_up_to_a_budget() -> None:
    """The windows cap the allowance alone, the budget what is billed; the next window takes from both again."""
    wallet = opened(FIVE_HOURS, WEEK, BUDGET, pay_as_you_go=[EXTRA])
    assert wallet.at(july(2)).available() == 45 + 50
    change = wallet.spend(60, at=july(2))
    assert who(change.entry) == {"quota": 45, "billed": 15}
    assert stands(change.wallet, july(2)) == {"five_hours": "[45/45]", "week": "[45/100]", "extra": "[1.50/5.00]"}
    assert change.wallet.at(july(2, 5)).available() == 45 + 35
    later = change.wallet.spend(45, at=july(2, 5)).wallet.spend(20, at=july(2, 10))
    assert who(later.entry) == {"quota": 10, "billed": 10}  # the week is full
    with pytest.raises(LimitReached) as caught:
        later.wallet.spend(26, at=july(2, 10))
    assert (caught.value.limit, caught.value.available, caught.value.degrade_to) == ("week", 25, None)
    assert [(one.kind, one.name, one.until, one.to) for one in caught.value.remedies] == [
        ("wait", None, july(8), None),
        ("raise_limit", "extra", None, Decimal("5.10")),
    ]
    assert later.view.gauge().size == 1_000  # no limit on kinds is the gauge's


@pytest.mark.parametrize("meter", ["requests", "USD"])
def test_cursor_included_money_and_on_demand_use_up_to_what_the_customer_chose(meter: str) -> None:
    """20 USD are included; on-demand use beyond is billed, up to a limit on that alone: by request, or as money."""
    plan = Plan(
        "pro",
        allowances=[Allowance(Decimal(20), "USD")],
        prices=[Price("requests", Decimal("0.04"))],
        pay_as_you_go=[PayAsYouGo(Decimal("0.04"), meter=meter) if meter == "requests" else PayAsYouGo(meter=meter)],
        limits=[Limit("on_demand", Decimal(0), unit="USD", kinds={"pay_as_you_go"}, maximum=Decimal(50))],
    )
    opening = Wallet.open(plan, id="acme", at=july(1))
    assert opening.view.available("requests") == 500
    chosen = opening.wallet.set_limit("on_demand", Decimal(50), at=july(1))
    assert chosen.view.available("requests") == 500 + 1_250
    change = chosen.wallet.spend(600, "requests", at=july(2))
    billed = 100 if meter == "requests" else 4_000_000
    assert who(change.entry) == {"quota": Decimal(20), "billed": billed}
    assert stands(change.wallet, july(2)) == {"on_demand": "[4.00/50.00]"}
    back = change.wallet.refund(change.entry, 25, at=july(2))  # type: ignore[arg-type]
    assert stands(back.wallet, july(2)) == {"on_demand": "[3.00/50.00]"}
    entries = [*opening.entries, *chosen.entries, *change.entries, *back.entries]
    assert replay(entries) == back.wallet


def test_a_limit_on_money_of_a_kind_spares_it_for_what_else_is_priced() -> None:
    limit = Limit("videos", Decimal(1), unit="USD", kinds={"quota"})
    wallet = opened(limit, allowances=[Allowance(Decimal(5), "USD")], prices=[Price("video", Decimal("0.10"))])
    wallet = wallet.grant(Decimal("0.25"), "USD", kind="credit", at=july(1)).wallet
    assert wallet.at(july(1)).available("video") == 12
    assert who(wallet.spend(12, "video", at=july(2)).entry) == {"quota": Decimal(1), "credit": Decimal("0.20")}


def test_what_a_limit_spares_is_shared_out_by_the_policy_among_the_others() -> None:
    """Evenly stays even, in the whole as step by step."""
    more: dict[str, Any] = {"draw": policies.evenly(), "allowances": [Allowance(100), Allowance(60, kind="bonus")]}
    wallet = opened(Limit("cap", 10, kinds={"quota"}), **more).grant(30, "tokens", at=july(1)).wallet
    assert who(wallet.spend(55, at=july(2)).entry) == {"quota": 10, "bonus": 30, "promo": 15}
    for _ in range(55):
        wallet = wallet.spend(1, at=july(2)).wallet
    assert wallet.at(july(2)).by_kind() == {"quota": 90, "bonus": 30, "promo": 15}


class Fickle:
    """A policy of the host's that takes one step from the last bucket, and more than one from the first."""

    name = "fickle"

    def split(self, rows: tuple[policies.Row, ...], amount: int) -> list[int]:
        amounts, order = [0] * len(rows), list(range(len(rows)))
        for place in order if amount > 1 else reversed(order):
            amounts[place] = min(rows[place].left, amount)
            amount -= amounts[place]
        return amounts


def test_a_policy_that_splits_more_otherwise_than_less_still_pays_all_that_is_there() -> None:
    more: dict[str, Any] = {"draw": Fickle(), "allowances": [Allowance(10)]}
    wallet = opened(Limit("cap", 1, kinds={"quota"}), **more).grant(10, "tokens", at=july(1)).wallet
    assert wallet.at(july(2)).available() == 11
    assert who(wallet.spend(8, at=july(2)).entry) == {"promo": 7, "quota": 1}
    assert who(wallet.spend(11, at=july(2)).entry) == {"promo": 10, "quota": 1}


@pytest.mark.parametrize(
    ("limit", "labels", "expected"),
    [
        (Limit("cap", 5, kinds={"quota"}, per="member"), {"member": "ann"}, {"quota": 5, "top_up": 3}),
        (Limit("cap", 5, kinds={"quota"}, per="member"), {}, {"quota": 8}),
        (Limit("cap", 5, kinds={"quota"}, scope={"model": {"large"}}), {"model": "large"}, {"quota": 5, "top_up": 3}),
        (Limit("cap", 5, kinds={"quota"}, scope={"model": {"large"}}), {"model": "small"}, {"quota": 8}),
        (Limit("cap", Bound("allowance", Decimal("0.006")), kinds={"quota"}), {}, {"quota": 6, "top_up": 2}),
        (Limit("cap", None, kinds={"quota"}), {}, {"quota": 8}),
        (Limit("cap", 0, kinds={"quota"}), {}, {"top_up": 8}),
    ],
)
def test_it_combines_with_labels_scopes_and_multiples(
    limit: Limit, labels: dict[str, str], expected: dict[str, int]
) -> None:
    wallet = opened(limit).grant(20, "messages", kind="top_up", at=july(1)).wallet
    change = wallet.spend(8, at=july(2), labels=labels)
    assert who(change.entry) == expected
    assert change.view.usage() == 8


def test_what_is_billed_of_a_meter_is_limited_by_its_quantity_with_what_a_kind_pays() -> None:
    """Both count into one limit, in one spend too."""
    both = Limit("both", 1_010, kinds={"quota", "pay_as_you_go"})
    wallet = opened(both, pay_as_you_go=[EXTRA]).grant(5, "messages", at=july(1)).wallet
    assert wallet.at(july(1)).available() == 1_015
    change = wallet.spend(1_015, at=july(2))
    assert who(change.entry) == {"quota": 1_000, "promo": 5, "billed": 10}
    assert stands(change.wallet, july(2)) == {"both": "[1,010/1,010]"}


def test_several_meters_of_one_spend_share_what_a_limit_lets_through() -> None:
    both = Limit("both", 1_010, unit="messages", kinds={"quota", "pay_as_you_go"})
    wallet = opened(both, pay_as_you_go=[EXTRA], prices=[Price("call", 1, unit="messages")])
    assert wallet.at(july(2)).can_spend({"messages": 900, "call": 110})
    assert not wallet.at(july(2)).can_spend({"messages": 900, "call": 111})


def test_what_a_bill_counts_is_what_was_asked_where_more_is_billed() -> None:
    """Calls billed by the minute: the quantity that is used counts, and no part of a minute goes past."""
    by_minute = PayAsYouGo(Decimal("0.01"), meter="messages", step=60)
    wallet = opened(Limit("cap", 90, kinds={"pay_as_you_go"}), allowances=[], pay_as_you_go=[by_minute])
    assert wallet.at(july(1)).available() == 90
    change = wallet.spend(70, at=july(1))
    assert (stands(change.wallet, july(1)), change.view.available()) == ({"cap": "[70/90]"}, 20)


# -- past limits -------------------------------------------------------------------------------------------------------


def test_what_goes_past_limits_is_paid_within_them_first() -> None:
    """As far as somebody pays for it without passing one; then the allowance goes on past its own, then nobody."""
    wallet = opened(FIVE_HOURS, BUDGET, pay_as_you_go=[EXTRA])
    change = wallet.spend(2_000, at=july(2), overdraw=True)
    assert isinstance(change.entry, Spent)
    assert len(change.entry.uses[0].draws) == 1
    assert who(change.entry) == {"quota": 1_000, "billed": 1_000}
    assert stands(change.wallet, july(2)) == {"five_hours": "[1,000/45]", "extra": "[100.00/5.00]"}
    small = wallet.spend(100, at=july(2), overdraw=True)
    assert who(small.entry) == {"quota": 50, "billed": 50}


def test_past_limits_at_a_price_an_operation_is_priced_once() -> None:
    """Its base is paid once, though what is left of the money is passed in two steps."""
    plan: dict[str, Any] = {
        "allowances": [Allowance(10, "messages"), Allowance(Decimal(5), "USD")],
        "prices": [Price("messages", Decimal("0.10"), base=Decimal(1))],
    }
    wallet = opened(Limit("cap", 4, unit="messages", kinds={"quota"}), **plan)
    assert wallet.at(july(1)).available() == 4 + 40
    change = wallet.spend(52, at=july(1), overdraw=True)
    assert who(change.entry)["quota"] == 10 + Decimal(5)
    assert change.entry.uses[0].priced.paid.amount == Decimal("5.20")  # type: ignore[union-attr]
    assert change.view.debt("USD") == Decimal("0.20")


def test_past_limits_nothing_is_owed_that_a_spared_balance_pays() -> None:
    change = opened(FIVE_HOURS).spend(60, at=july(2), overdraw=True)
    assert (who(change.entry), change.view.debt()) == ({"quota": 60}, 0)
    assert change.view.available() == 0
    again = change.wallet.spend(1_000, at=july(2), overdraw=True)
    assert (who(again.entry), again.view.debt()) == ({"quota": 940, "owed": 60}, 60)


def test_more_label_values_than_a_limit_counts_are_not_paid_by_its_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others pay for them; past all limits there is nobody who could count them."""
    monkeypatch.setattr("tokenpurse._engine.limits.COUNTERS_MAX", 1)
    wallet = opened(Limit("each", 5, kinds={"quota"}, per="member"))
    wallet = wallet.grant(3, "messages", at=july(1)).wallet.spend(1, at=july(1), labels={"member": "ann"}).wallet
    ben = {"member": "ben"}
    assert wallet.at(july(1)).available(labels=ben) == 3
    assert who(wallet.spend(3, at=july(1), labels=ben, overdraw=True).entry) == {"promo": 3}
    with pytest.raises(AmountError, match="counts 1,000 label values already"):
        wallet.spend(4, at=july(1), labels=ben, overdraw=True)


# -- holds, refunds, late use, pools -----------------------------------------------------------------------------------


def test_a_hold_counts_for_those_that_cover_it_and_a_capture_for_those_that_pay() -> None:
    wallet = opened(FIVE_HOURS, BUDGET, pay_as_you_go=[EXTRA])
    held = wallet.hold(60, at=july(2), until=2 * HOUR, ref="h").wallet
    assert stands(held, july(2)) == {"five_hours": "[45/45]", "extra": "[1.50/5.00]"}
    assert held.at(july(2)).available() == 35
    less = held.capture("h", 30, at=july(2, 1))
    assert (who(less.entry), stands(less.wallet, july(2, 1))) == (
        {"quota": 30},
        {"five_hours": "[30/45]", "extra": "[0.00/5.00]"},
    )
    more = held.capture("h", 70, at=july(2, 1), over="spend")
    assert isinstance(more.entry, Captured)
    assert who(more.entry) == {"quota": 45, "billed": 25}
    assert {one.limit: one.amount for one in more.entry.counted} == {"five_hours": 45, "extra": Decimal("2.50")}
    assert stands(held.release("h", at=july(2, 1)).wallet, july(2, 1))["five_hours"] == "[0/45]"


def test_a_refund_counts_less_for_those_that_paid() -> None:
    """The last that paid first: what was billed, then the allowance."""
    spent = opened(FIVE_HOURS, WEEK, BUDGET, pay_as_you_go=[EXTRA]).spend(60, at=july(2))
    assert isinstance(spent.entry, Spent)
    some = spent.wallet.refund(spent.entry, 20, at=july(2, 1))
    assert stands(some.wallet, july(2, 1)) == {"five_hours": "[40/45]", "week": "[40/100]", "extra": "[0.00/5.00]"}
    rest = some.wallet.refund(spent.entry, at=july(2, 6))  # the window is over
    assert isinstance(rest.entry, Refunded)
    assert stands(rest.wallet, july(2, 6)) == {"five_hours": "[0/45]", "week": "[0/100]", "extra": "[0.00/5.00]"}
    asked = Limit("asked", 20, unit="messages", kinds={"pay_as_you_go"})
    billed = opened(FIVE_HOURS, asked, pay_as_you_go=[EXTRA]).spend(60, at=july(2))
    assert isinstance(billed.entry, Spent)
    assert stands(billed.wallet.refund(billed.entry, 10, at=july(2)).wallet, july(2))["asked"] == "[5/20]"


def test_late_use_of_a_closed_period_passes_them() -> None:
    wallet = opened(FIVE_HOURS, late_use=LateUse("own", grace=timedelta(days=9))).advance(july(33)).wallet
    change = wallet.spend(60, at=july(33), occurred_at=july(31))
    assert (who(change.entry), change.entry.counted) == ({"quota": 60}, ())  # type: ignore[union-attr]
    over = wallet.spend(1_100, at=july(33), occurred_at=july(31), overdraw=True)
    assert who(over.entry) == {"quota": 1_100}


def test_a_member_pays_within_its_own_and_the_pool_the_rest() -> None:
    member = opened(FIVE_HOURS)
    pool = Wallet.open(
        Plan(
            "pool",
            allowances=[Allowance(50, "messages")],
            pay_as_you_go=[EXTRA],
            limits=[Limit("cap", 20, kinds={"quota"}), Limit("extra", Decimal(1), unit="USD", kinds={"pay_as_you_go"})],
        ),
        id="pool",
        at=july(1),
    ).wallet
    pair = spend_from_pool(member, pool, 60, at=july(2), ref="u1")
    assert [who(one.entry) for one in (pair.member, pair.pool)] == [{"quota": 45}, {"quota": 15}]
    over = spend_from_pool(member, pool, 100, at=july(2), ref="u1", overdraw=True)
    assert [who(one.entry) for one in (over.member, over.pool)] == [{"quota": 45}, {"quota": 45, "billed": 10}]


def test_the_short_way_is_the_long_way() -> None:
    """Spend by spend, through a window that fills, one that begins, and a bucket that no limit counts."""
    plan = Plan(
        "p",
        allowances=[Allowance(30), Allowance(9, kind="bonus")],
        limits=[Limit("cap", 10, kinds={"quota"}, window=HOUR)],
    )
    change = Wallet.open(plan, id="acme", at=july(1)).wallet.spend(1, at=july(1))
    entries, wallet = [*Wallet.open(plan, id="acme", at=july(1)).entries, *change.entries], change.wallet
    seen = []
    for number in range(24):
        change = wallet.spend(1, at=july(1) + 6 * number * timedelta(minutes=1))
        wallet, entries = change.wallet, entries + list(change.entries)
        seen.append("".join(kind[0] for kind in who(change.entry)))
    assert "".join(seen) == "qqqqqqqqqb" + "qqqqqqqqqq" + "qqqq"
    assert replay(entries) == wallet


def test_the_short_way_counts_for_those_that_pay() -> None:
    """What is bought goes first here, and no limit on the allowance counts it."""
    wallet = opened(Limit("cap", 10, kinds={"quota"}), draw=policies.by_kind("top_up"))
    wallet = wallet.grant(2, "messages", kind="top_up", at=july(1)).wallet
    counted = []
    for _ in range(4):
        change = wallet.spend(1, at=july(2))
        wallet = change.wallet
        counted.append([one.after for one in change.entry.counted])  # type: ignore[union-attr]
    assert counted == [[], [], [1], [2]]


@pytest.mark.parametrize("kinds", [None, {"quota"}])
def test_what_was_withheld_of_another_refund_is_not_uncounted(kinds: set[str] | None) -> None:
    """With kinds as without: what stays paid for other use was counted for the use that is given back before."""
    limit = Limit("cap", Decimal(1), unit="USD", every=periods.calendar_day(), kinds=kinds)
    price = Price("messages", Decimal("0.000001"), per=3)
    wallet = opened(limit, allowances=[Allowance(Decimal(1), "USD")], prices=[price])
    changes = [wallet.spend(1, "messages", at=july(2))]
    changes.append(changes[0].wallet.spend(5, "messages", at=july(2)))
    wallet = changes[1].wallet
    for change in changes:
        wallet = wallet.refund(change.entry, at=july(2)).wallet  # type: ignore[arg-type]
    (found,) = wallet.at(july(2)).limits()
    assert (found.used, wallet.at(july(2)).balance("USD")) == (Decimal("0.000001"), Decimal(1))


@pytest.mark.parametrize(("limit", "part"), [("five_hours", 0), ("extra", 1)])
def test_a_count_of_other_payers_than_the_entry_shows_is_found(limit: str, part: int) -> None:
    opening = Wallet.open(
        Plan("p", allowances=[Allowance(99, "messages")], pay_as_you_go=[EXTRA], limits=[FIVE_HOURS, BUDGET]),
        id="acme",
        at=july(1),
    )
    change = opening.wallet.spend(60, at=july(2))
    assert isinstance(change.entry, Spent)
    said = change.entry.counted
    assert said[part].limit == limit
    wrong = evolve(said[part], steps=said[part].steps + 1, after_steps=said[part].after_steps + 1)
    forged = evolve(change.entry, counted=tuple(wrong if one is said[part] else one for one in said))
    with pytest.raises(HistoryError, match=f"limit {limit} counted"):
        replay([*opening.entries, forged])


# -- what would help ---------------------------------------------------------------------------------------------------


def test_the_lowest_limit_that_is_enough_counts_with_what_others_pay() -> None:
    """Of either limit, as the other pays what it can."""
    wallet = opened(Limit("mine", 10, kinds={"quota"}), BUDGET, pay_as_you_go=[EXTRA])
    with pytest.raises(LimitReached) as caught:
        wallet.spend(67, at=july(2))
    raised = {one.name: one.to for one in caught.value.remedies if one.kind == "raise_limit"}
    assert raised == {"mine": 17, "extra": Decimal("5.70")}
    for name, to in raised.items():
        assert wallet.set_limit(name, to, at=july(2)).view.available() == 67  # type: ignore[arg-type]


def test_a_limit_that_nobody_may_choose_is_no_remedy() -> None:
    """Of any kind, and whoever asks."""
    wallet = opened(Limit("cap", 10, setters=()))
    with pytest.raises(LimitReached) as caught:
        wallet.spend(20, at=july(2))
    assert [one.kind for one in caught.value.remedies] == []


def test_a_purchase_that_is_not_capped_is_a_remedy() -> None:
    wallet = opened(FIVE_HOURS, offers=[Offer("pack", price=Decimal(1), unit="messages", pack=10, maximum=50)])
    with pytest.raises(LimitReached) as caught:
        wallet.spend(60, at=july(2))
    assert [one.kind for one in caught.value.remedies] == ["top_up"]
    bought = wallet.top_up("pack", 20, at=july(2), payment="p1").wallet
    assert who(bought.spend(60, at=july(2)).entry) == {"quota": 45, "top_up": 15}


@pytest.mark.parametrize("kind", ["pay_as_you_go", "rollover"])
def test_no_bucket_is_of_a_kind_that_a_limit_means_otherwise(kind: str) -> None:
    with pytest.raises(ArgumentError, match=f"kind is '{kind}', it must be a lower-case word other than"):
        opened().grant(5, "messages", kind=kind, at=july(1))
    with pytest.raises(PlanError, match=f"kinds is '{kind}', "):
        Plan("p", kinds={kind})


@pytest.mark.parametrize(("kinds", "expected"), [({"quota"}, 7), (None, 5), ({"quota", "promo"}, 5)])
def test_a_figure_chosen_for_some_kinds_is_not_meant_for_others(kinds: set[str] | None, expected: int) -> None:
    """A limit of the same name on other kinds, on another plan, is another one."""
    plans = [
        Plan(name, rank=rank, allowances=[Allowance(90)], limits=[Limit("cap", 5, kinds=on)])
        for rank, (name, on) in enumerate({"a": {"quota"}, "b": kinds}.items())
    ]
    wallet = Wallet.open("a", id="acme", at=july(1), catalogue=Catalogue(plans)).wallet
    wallet = wallet.set_limit("cap", 7, at=july(1)).wallet
    assert wallet.change_plan("b", at=july(2), when="now").view.available() == expected


# -- the class to go on in ---------------------------------------------------------------------------------------------

MINI = Limit("large", 10, kinds={"quota"}, scope={"model": {"large"}}, degrade_to="mini")
LARGE = {"model": "large"}


def test_a_limit_without_room_names_the_class_to_go_on_in() -> None:
    """The refusal, and the view for use with the labels that it caps; not while something is left of it."""
    wallet = opened(MINI)
    assert wallet.at(july(2)).degraded(LARGE) is None
    change = wallet.spend(10, at=july(2), labels=LARGE)
    assert [change.view.degraded(one) for one in (LARGE, {"model": "small"}, None)] == ["mini", None, None]
    with pytest.raises(LimitReached) as caught:
        change.wallet.spend(1, at=july(2), labels=LARGE)
    assert caught.value.degrade_to == "mini"
    with pytest.raises(ArgumentError):
        change.view.degraded({"model": 5})  # type: ignore[dict-item]


def test_where_somebody_else_pays_nothing_degrades() -> None:
    wallet = opened(MINI).spend(10, at=july(2), labels=LARGE).wallet
    assert wallet.grant(5, "messages", at=july(2)).view.degraded(LARGE) is None
    assert wallet.freeze(at=july(2)).view.degraded(LARGE) is None


def test_what_costs_nothing_keeps_nobody_from_the_class() -> None:
    """A free action always can be used, with these labels or with any; what the limit is on cannot."""
    prices = [Price("chat", 1, unit="messages", times={"model": {"small": 0}}), Price("ping", 0, unit="messages")]
    wallet = opened(Limit("day", 10, degrade_to="slow"), prices=prices).spend(10, "chat", at=july(2)).wallet
    assert wallet.at(july(2)).available("chat") == 0
    assert [wallet.at(july(2)).degraded(one) for one in (None, {"model": "small"})] == ["slow", "slow"]
    billed = opened(BUDGET, pay_as_you_go=[EXTRA, PayAsYouGo(Decimal(0), meter="pings")])
    assert billed.spend(1_050, "messages", at=july(2)).view.degraded() == "mini"


@pytest.mark.parametrize(
    ("spent", "expected"), [((0, 0), None), ((60, 0), None), ((60, 4), None), ((95, 4), "mini"), ((95, 0), None)]
)
def test_a_budget_degrades_where_no_meter_that_it_pays_for_can_be_used(
    spent: tuple[int, int], expected: str | None
) -> None:
    """Messages go on from the allowance, calls from theirs, until both would be billed."""
    plan: dict[str, Any] = {
        "allowances": [Allowance(45, "messages"), Allowance(4, "calls")],
        "pay_as_you_go": [EXTRA, PayAsYouGo(Decimal("0.10"), meter="calls")],
    }
    wallet = opened(BUDGET, **plan)
    for amount, meter in zip(spent, ("messages", "calls"), strict=True):
        wallet = wallet.spend(amount, meter, at=july(2)).wallet
    assert wallet.at(july(2)).degraded() == expected


def test_a_limit_on_money_that_is_spent_itself() -> None:
    limit = Limit("cap", Decimal(1), unit="USD", degrade_to="mini")
    wallet = opened(limit, allowances=[Allowance(Decimal(5), "USD")])
    assert wallet.spend(Decimal("0.99"), at=july(2)).view.degraded() is None
    assert wallet.spend(Decimal(1), at=july(2)).view.degraded() == "mini"


def test_when_nothing_is_left_the_plan_says_it_itself() -> None:
    """`AtZero` stays for that; a limit that is full as well is the nearer reason, for the refusal too."""
    zero = AtZero(degrade_to="slow", unit="messages")
    wallet = opened(Limit("cap", 100, degrade_to="mini"), allowances=[Allowance(50, "messages")], at_zero=zero)
    empty = wallet.spend(50, at=july(2))
    assert empty.view.degraded() == "slow"
    with pytest.raises(NotEnough) as short:
        empty.wallet.spend(1, at=july(2))
    assert short.value.degrade_to == "slow"
    full = empty.wallet.spend(50, at=july(2), overdraw=True)
    assert full.view.degraded() == "mini"
    with pytest.raises(LimitReached) as caught:
        full.wallet.spend(1, at=july(2))
    assert caught.value.degrade_to == "mini"
