"""What a plan says of a change, a life or a line is what a wallet then does."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.cases import on
from tokenpurse import (
    Alert,
    Allowance,
    Catalogue,
    Life,
    Limit,
    Offer,
    PayAsYouGo,
    Plan,
    Price,
    Renewal,
    Rollover,
    Switch,
    Wallet,
    periods,
)
from tokenpurse.prose import diff, explain

WEEK = periods.subscription_week()
COUNTED = "what you got of the points for the running week counts towards what the new plan gives of it"


def weekly(name: str, amount: int, rank: int, **more: Any) -> Plan:
    given = [Allowance(amount, "points", every=WEEK)]
    return Plan(name, rank=rank, period=periods.subscription_month(), allowances=given, **more)


@pytest.mark.parametrize(
    "switch",
    [
        Switch(when="now", use="cleared"),
        Switch(when="now", anchor="restarted"),
        Switch(when="now", prorated=True),
    ],
)
def test_a_running_stretch_is_not_given_anew(switch: Switch) -> None:
    """800 of 900 used, then a plan of 4,500: 3,700 are left, whatever the switch does with the period's allowance."""
    pro, large = weekly("pro", 900, 0, on_upgrade=switch), weekly("max", 4_500, 1)
    wallet = Wallet.open("pro", catalogue=Catalogue([pro, large]), id="w", at=on(7, 1)).wallet
    assert wallet.spend(800, at=on(7, 2)).wallet.change_plan("max", at=on(7, 3)).view.available() == 3_700
    for said in (explain(pro), diff(pro, large)):
        assert COUNTED in said
        assert "full" not in said
        assert "for your time on it" not in said


def test_a_stretch_that_the_new_plan_has_not_is_not_told_of() -> None:
    """Nor one that comes once, nor of a change that waits."""
    pro, other = weekly("pro", 900, 0), Plan("other", rank=1, allowances=[Allowance(5, "points")])
    assert COUNTED not in diff(pro, other)
    assert COUNTED not in explain(weekly("pro", 900, 0, on_upgrade=Switch(when="period_end")))
    own = [Allowance(5, "points", kind="bonus", every=periods.once()), Allowance(9, "points", kind="own", every=WEEK)]
    said = explain(Plan("a", allowances=own, upgrades_to={"b"}))
    assert "what you got of the own points for the running week" in said
    assert "bonus" not in said.splitlines()[-1]


STILL = "; what is left of the allowance of the month still carries over"


@pytest.mark.parametrize(
    ("switch", "new", "left", "said"),
    [
        (Switch(when="period_end", forfeit={"rollover"}), {}, 250, True),
        (Switch(when="period_end", forfeit={"rollover"}), {"rollovers": []}, 0, False),
        (Switch(when="period_end", forfeit={"rollover"}), {"rollovers": [Rollover(same_plan=True)]}, 0, False),
        (Switch(when="period_end", forfeit={"rollover", "quota"}), {}, 0, False),
        (Switch(when="period_end", forfeit={"rollover"}, keep={"quota"}), {}, 250, True),
        (Switch(when="now", forfeit={"rollover"}), {}, 100, False),
    ],
)
def test_what_the_change_itself_carries_is_told_beside_what_is_lost(
    switch: Switch, new: dict[str, Any], left: int, said: bool
) -> None:
    """The bank is lost; the rest of the period that closes goes into a new one."""
    large = Plan("l", rank=1, allowances=[Allowance(250)], rollovers=[Rollover()], on_downgrade=switch)
    small = Plan("s", **{"allowances": [Allowance(100)], "rollovers": [Rollover()], **new})
    wallet = Wallet.open("l", catalogue=Catalogue([large, small]), id="w", at=on(6, 1)).wallet
    changed = wallet.spend(50, at=on(6, 2)).wallet.change_plan("s", at=on(7, 9)).wallet
    assert changed.at(on(8, 1)).by_kind().get("rollover", 0) == left
    assert (STILL in diff(large, small).splitlines()[0]) is said
    # A plan alone does not know what follows.
    waits = switch.when == "period_end" and "quota" not in switch.forfeit
    assert (f"{STILL}, if the new plan lets it" in explain(large)) is waits


def test_a_new_anchor_closes_the_period() -> None:
    """So what is left of it is carried, unless the switch keeps it as it is."""
    for keep, carried in ((set[str](), 100), ({"quota"}, 0)):
        switch = Switch(when="now", anchor="restarted", forfeit={"rollover"}, keep=keep)
        small = Plan("s", allowances=[Allowance(100)], rollovers=[Rollover()], on_upgrade=switch)
        large = Plan("l", rank=1, allowances=[Allowance(250)], rollovers=[Rollover()])
        wallet = Wallet.open("s", catalogue=Catalogue([small, large]), id="w", at=on(7, 1)).wallet
        assert wallet.change_plan("l", at=on(7, 9)).view.by_kind().get("rollover", 0) == carried
        assert (STILL in diff(small, large)) is bool(carried)


@pytest.mark.parametrize(
    ("count", "carried", "bought"),
    [
        (2, "can be used for one more month", "until the end of the next month"),
        (3, "can be used for 2 more months", "for the rest of the month and the 2 months after it"),
    ],
)
def test_periods_of_a_life_are_said_from_where_they_count(count: int, carried: str, bought: str) -> None:
    """What July's reset carries is over with September or October; what is bought in July too."""
    life = Life(periods=count)
    plan = Plan(
        "p",
        allowances=[Allowance(10)],
        rollovers=[Rollover(life=life)],
        offers=[Offer("a", price=Decimal(1), life=life)],
    )
    view = Wallet.open(plan, id="w", at=on(7, 1)).wallet.at(on(8, 1))
    assert [bucket.expires for bucket in view.buckets() if bucket.kind == "rollover"] == [on(7 + count, 1)]
    wallet = Wallet.open(plan, id="w", at=on(7, 1)).wallet.top_up("a", 10, at=on(7, 20), payment="p")
    assert [bucket.expires for bucket in wallet.view.buckets() if bucket.kind == "top_up"] == [on(7 + count, 1)]
    assert f"what carries over {carried}." in explain(plan)
    assert f"what you buy can be used {bought}" in explain(plan)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {
                "limits": [
                    Limit("a", Decimal(0), unit="USD", minimum=Decimal(0), maximum=Decimal(2_000), kinds={"credit"})
                ]
            },
            "Until you set a limit, up to 2,000.00 USD, you can spend nothing of prepaid credit a month.",
        ),
        (
            {"limits": [Limit("a", Decimal(0), unit="USD", setters={"owner"}, minimum=Decimal(0))]},
            "Until you set a limit (only owner may), you can spend nothing on use a month.",
        ),
        ({"price": Decimal(0)}, "The plan is free."),
        ({"rollovers": [Rollover(life=Life(days=65))]}, "can be used for 65 days, counted from when you got it."),
        (
            {
                "allowances": [Allowance(Decimal(5), "USD", given="on_payment")],
                "renewal": Renewal(grace=timedelta(days=3)),
                "price": Decimal(5),
            },
            "what was left of the credit can",
        ),
        ({"allowances": [Allowance(1, life=Life(days=1))]}, "You get 1 token every month, on the 1st; it can be used"),
        (
            {"allowances": [Allowance(1, given="on_claim", every=periods.calendar_day())]},
            "when you claim it, at most once a day",
        ),
        ({"prices": [Price("job", 1, times={"os": {"macos": 10}}, unit="tokens")]}, "with the os macos 10 times"),
        ({"allowances": [Allowance(5, scope={"os": {"macos"}})]}, "with the os macos)"),
        ({"limits": [Limit("a", 5, per="os")]}, "Each os can use"),
        ({"limits": [Limit("a", per="os")]}, "for each os a month"),
    ],
)
def test_more_that_customers_read(fields: dict[str, Any], said: str) -> None:
    """As one would say it."""
    offers = [Offer("credits", unit="USD", price=Decimal(1))]
    assert said in explain(Plan("p", **{"allowances": [Allowance(10)], "offers": offers, **fields}))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"below": 10}, "10 tokens or more left again"),
        ({"at_or_below": 10}, "more than 10 tokens left again"),
        ({"at_or_below": 0}, "tokens again"),
        ({"at_or_below": 0, "kinds": {"quota"}}, "something left of the allowance again"),
        ({"watch": "used", "above": 10}, "used 10 tokens or less again"),
        ({"watch": "used", "at_or_above": 10}, "used less than 10 tokens again"),
    ],
)
def test_a_line_is_told_of_when_it_is_behind(line: dict[str, Any], said: str) -> None:
    """From the other side."""
    alert = Alert("a", **{"watch": "left", "when": "recovered", **line})
    assert f"We tell you when you have {said}." in explain(Plan("p", allowances=[Allowance(100)], alerts=[alert]))


def test_that_use_stops_is_only_told_where_there_is_some() -> None:
    """Neither of an empty plan, nor of what is unlimited now."""
    assert explain(Plan("p")) == "This plan includes nothing."
    assert explain(Plan("p", kinds={"gift"})) == "When nothing is left, use stops."
    free = Plan("free", allowances=[Allowance(10)])
    for more in ({"allowances": [Allowance(None)]}, {"pay_as_you_go": [PayAsYouGo(Decimal(1))]}):
        assert "use stops" not in diff(free, Plan("more", rank=1, **more))
