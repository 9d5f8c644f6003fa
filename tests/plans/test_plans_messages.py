"""What the errors of a plan say, for the mistakes that people make: the part, the field, the value, what is right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from tokenpurse import (
    Alert,
    Allowance,
    AtZero,
    AutoTopUp,
    Bound,
    Catalogue,
    Count,
    LateUse,
    Life,
    Limit,
    Offer,
    PayAsYouGo,
    Plan,
    Price,
    Renewal,
    Rollover,
    Switch,
    Tier,
    periods,
    policies,
)
from tokenpurse.errors import PlanError
from tokenpurse.units import Unit

# mypy: disable-error-code="arg-type, list-item, dict-item"
MISTAKES: list[tuple[Callable[[], object], str]] = [
    (
        lambda: Plan("pro!"),
        "Plan: name is 'pro!', a name is 1 to 64 characters of A-Z a-z 0-9 space . _ : @ / % + -",
    ),
    (
        lambda: Plan("p", rank=-1),
        "Plan 'p': rank is -1, it must be an int of at least 0",
    ),
    (
        lambda: Plan("p", once="yes"),
        "Plan 'p': once is 'yes', it must be True or False",
    ),
    (
        lambda: Plan("p", allowances=Allowance(5)),
        (
            "Plan 'p': allowances is Allowance(amount=5, unit='tokens', kind='quota', per=None..., it must be a list "
            "of Allowance: put it into one"
        ),
    ),
    (
        lambda: Plan("p", allowances=[5]),
        "Plan 'p': allowances is [5], it must be a list of Allowance, and there is 5",
    ),
    (
        lambda: Plan("p", allowances=[Allowance(5), Allowance(6)]),
        (
            "Plan 'p': allowances is 'quota of tokens', it is there twice: add them up, or give one a kind of its "
            "own, such as kind='daily'"
        ),
    ),
    (
        lambda: Plan("p", allowances=[Allowance(5, "my tokens")]),
        "Allowance: unit is 'my tokens', a name is 1 to 64 characters of A-Z a-z 0-9 . _ : @ / -",
    ),
    (
        lambda: Plan("p", allowances=[Allowance(-5)]),
        "Allowance of tokens: amount is -5, it must not be negative",
    ),
    (
        lambda: Plan("p", allowances=[Allowance(5, kind="Top Up")]),
        "Allowance of tokens: kind is 'Top Up', it must be a lower-case word, such as quota or promo",
    ),
    (
        lambda: Plan("p", allowances=[Allowance(5, scope={"action": {"vidio"}})]),
        "Allowance of tokens: scope is 'vidio', tokens is drawn for tokens on this plan: name one of them",
    ),
    (
        lambda: Plan("p", allowances=[Allowance(5, given="on_payment")]),
        "Allowance of tokens: given is 'on_payment', nothing is paid: give the plan a Renewal, or say at_once",
    ),
    (
        lambda: Plan("p", allowances=[Allowance(5, given="when_empty")]),
        (
            "Allowance of tokens: empty is None, what is given when_empty says which kinds must be empty, such as "
            "{'quota'}"
        ),
    ),
    (
        lambda: Plan("p", allowances=[Allowance(5, empty={"quota"})]),
        "Allowance of tokens: empty is frozenset({'quota'}), only what is given when_empty has it",
    ),
    (
        lambda: Plan("p", allowances=[Allowance(5, given="while_bought")]),
        "Allowance of tokens: bought is None, what is given while_bought says for how much, such as Decimal(10)",
    ),
    (
        lambda: Plan("p", allowances=[Allowance(5, ceiling=30)]),
        "Allowance of tokens: ceiling is 30, it is granted once a period: name a longer ceiling_every",
    ),
    (
        lambda: Plan(
            "p",
            allowances=[Allowance(5, every=periods.calendar_month(), ceiling=3, ceiling_every=periods.calendar_day())],
        ),
        (
            "Allowance of tokens: ceiling_every is calendar_day(), it must not be shorter than 28 days, in which it "
            "is granted once"
        ),
    ),
    (
        lambda: Plan("p", allowances=[Allowance(5, every=periods.once(), ceiling=3)]),
        "Allowance of tokens: ceiling is 3, it is granted once only: leave the ceiling out",
    ),
    (
        lambda: Plan("p", allowances=[Allowance(5, first="none")]),
        "Allowance of tokens: first is 'none', it goes with given at_once and an every= of its own",
    ),
    (
        lambda: Plan("p", allowances=[Allowance(5, life=30)]),
        "Allowance of tokens: life is 30, it must be a Life, such as Life(days=30)",
    ),
    (
        lambda: Plan("p", allowances=[Allowance(5, life=Life())]),
        "Allowance of tokens: life is Life(), it must end: what is left is kept for good by a Rollover",
    ),
    (
        lambda: Plan("p", allowances=[Allowance(5, life=Life(terms=1))]),
        "Allowance of tokens: life is Life(terms=1), this plan has no term: say periods, or give it a term",
    ),
    (
        lambda: Plan("p", allowances=[Allowance(5, life=Life(days=3, counted_from="last_purchase"))]),
        (
            "Allowance of tokens: life is Life(days=3, counted_from='last_purchase'), only what is bought counts "
            "from the last purchase"
        ),
    ),
    (
        lambda: Life(days=0),
        "Life: days is 0, it must be at least 1; until midnight is 0 with ends='end_of_day'",
    ),
    (
        lambda: Life(days=1, months=1),
        "Life: months is 1, it has days already: one of them is enough",
    ),
    (
        lambda: Life(counted_from="renewal"),
        "Life: counted_from is 'renewal', what never ends is counted from nothing: say days or months, too",
    ),
    (
        lambda: Plan("p", allowances=[Allowance(5, per="seats")], counts=[Count("seat")]),
        "Count 'seat': name is 'seat', no allowance of this plan is granted per it, they are per seats",
    ),
    (
        lambda: Plan("p", rollovers=[Rollover()]),
        "Rollover: unit is 'tokens', no allowance of this plan grants it",
    ),
    (
        lambda: Plan("p", allowances=[Allowance(5, every=periods.calendar_day())], rollovers=[Rollover()]),
        (
            "Rollover: unit is 'tokens', what is granted of it does not carry over: it is unlimited, has a scope, or "
            "goes by a schedule or condition"
        ),
    ),
    (
        lambda: Plan("p", allowances=[Allowance(5)], rollovers=[Rollover(share=50)]),
        "Rollover: share is 50, it must be above 0 and at most 1, such as Decimal('0.5')",
    ),
    (
        lambda: Plan("p", allowances=[Allowance(5)], rollovers=[Rollover(bank_max=Bound("limit"))]),
        "Rollover: bank_max is 'limit', it must be a multiple of allowance",
    ),
    (
        lambda: Plan("p", allowances=[Allowance(5)], rollovers=[Rollover(total_max=Bound("allowance"))]),
        (
            "Rollover: total_max is Bound(base='allowance'), it must be more than one allowance, or nothing is ever "
            "carried"
        ),
    ),
    (
        lambda: Bound("allowance", 0.2),
        "Bound: times is 0.2, it must be an int or a Decimal that is not negative, such as Decimal('0.75')",
    ),
    (
        lambda: Plan("p", limits=[Limit("a", Bound("allowance"))]),
        "Limit 'a': amount is 'allowance', no allowance of this plan grants tokens for a period",
    ),
    (
        lambda: Plan("p", offers=[Offer("x", price=Decimal(1), pack=100, maximum=50)]),
        "Offer 'x': maximum is 50, it must be at least the least one can buy, 100 tokens",
    ),
    (
        lambda: Plan("p", offers=[Offer("x", price=Decimal(1), buyers="admin")]),
        "Offer 'x': buyers is 'admin', it must be a set of names, such as {'admin'}",
    ),
    (
        lambda: Plan("p", offers=[Offer("x", price=Decimal(1), bonus=Bound("allowance"))]),
        "Offer 'x': bonus is 'allowance', it must be a multiple of purchase",
    ),
    (
        lambda: Plan("p", offers=[Offer("x", price=Decimal(1), refund_window=14)]),
        "Offer 'x': refund_window is 14, it must be a timedelta of more than 0, at most 3,660 days",
    ),
    (
        lambda: Plan("p", offers=[Offer("x", price=Bound("plan_price"))]),
        "Offer 'x': price is 'plan_price', this plan has no price of its own in USD: say it in Plan(price=)",
    ),
    (
        lambda: Plan("p", price=Decimal(30), offers=[Offer("x", price=Bound("plan_price"))]),
        "Offer 'x': price is 'plan_price', this plan grants no tokens for a period that are as many for every wallet",
    ),
    (
        lambda: Plan("p", prices=[Price("tokens", 5, unit="tokens")]),
        "Price of tokens: unit is 'tokens', it must not come back to what it prices",
    ),
    (
        lambda: Plan("p", prices=[Price("a", 5, unit="b"), Price("a", 5, unit="c")]),
        "Plan 'p': prices is 'a', it is there twice: by label, one price has times=",
    ),
    (
        lambda: Plan("p", prices=[Price("a", Decimal(5), times={"model": 3})]),
        (
            'Price of a: times is 3, it must be a mapping such as {"model": {"opus": 10}}, each label and each value '
            "of it once"
        ),
    ),
    (
        lambda: Plan("p", pay_as_you_go=[PayAsYouGo()]),
        "PayAsYouGo of tokens: price is None, it must be given, or tiers; only money has none",
    ),
    (
        lambda: Plan("p", pay_as_you_go=[PayAsYouGo(Decimal(1), tiers=[Tier(None, Decimal(1))])]),
        "PayAsYouGo: price is Decimal('1'), its tiers say what it costs: leave one out",
    ),
    (
        lambda: Plan("p", pay_as_you_go=[PayAsYouGo(tiers=[Tier(None, Decimal(1)), Tier(10, Decimal(1))])]),
        "PayAsYouGo of tokens: tiers is Tier(up_to=None, price=Decimal('1')), only the last tier has no end",
    ),
    (
        lambda: Plan("p", pay_as_you_go=[PayAsYouGo(tiers=[Tier(10, Decimal(1))])]),
        "PayAsYouGo of tokens: tiers is 10, the last tier has no end: Tier(None, ...)",
    ),
    (
        lambda: Plan(
            "p", pay_as_you_go=[PayAsYouGo(tiers=[Tier(10, Decimal(1)), Tier(5, Decimal(1)), Tier(None, Decimal(1))])]
        ),
        "PayAsYouGo of tokens: tiers is 5, each tier ends after the one before it: it must be at least 11 tokens",
    ),
    (
        lambda: Plan("p", allowances=[Allowance(None)], pay_as_you_go=[PayAsYouGo(Decimal(1))]),
        "Allowance of tokens: amount is None, its use has a price: nobody would ever pay it, or it is not unlimited",
    ),
    (
        lambda: Plan("p", limits=[Limit("a", 5), Limit("b", 6)]),
        (
            "Plan 'p': limits is ('a', 'b'), a unit has one limit over all use of a period: give others every, "
            "window, per or scope"
        ),
    ),
    (
        lambda: Plan("p", limits=[Limit("a", 5, window=5)]),
        "Limit 'a': window is 5, it must be a timedelta of more than nothing, at most 400 days",
    ),
    (
        lambda: Plan("p", allowances=[Allowance(5)], limits=[Limit("a", 5, unit="messages")]),
        (
            "Limit 'a': unit is 'messages', this plan grants, prices, sells and bills tokens; what only the host "
            "gives is named in units="
        ),
    ),
    (
        lambda: Plan("p", at_zero=AtZero(overdraft=Bound("allowance"))),
        "AtZero: overdraft is 'allowance', no allowance of this plan grants tokens for a period",
    ),
    (
        lambda: Plan("p", alerts=[Alert("a", "left")]),
        "Alert 'a': below is None, what is left has one line: below or at_or_below",
    ),
    (
        lambda: Plan("p", alerts=[Alert("a", "left", below=5, at_or_below=4)]),
        "Alert 'a': at_or_below is 4, what is left has one line: below or at_or_below",
    ),
    (
        lambda: Plan("p", alerts=[Alert("a", "left", above=5)]),
        "Alert 'a': above is 5, what is left has one line: below or at_or_below",
    ),
    (
        lambda: Plan("p", alerts=[Alert("a", "left", below="20%")]),
        "Alert 'a': below is '20%', it must be an int, or a Bound, such as Bound('allowance', Decimal('0.5'))",
    ),
    (
        lambda: Plan("p", alerts=[Alert("a", "left", below=10, kinds="quota")]),
        "Alert 'a': kinds is 'quota', it must be a set of names, such as {'quota'}",
    ),
    (
        lambda: Plan("p", alerts=[Alert("a", "used", above=Bound("limit"))]),
        "Alert 'a': above is 'limit', this plan has no limit on all use of tokens in a period",
    ),
    (
        lambda: Plan("p", auto_top_up=AutoTopUp("pack")),
        "AutoTopUp: offer is 'pack', the plan needs an Offer of that name",
    ),
    (
        lambda: Plan("p", offers=[Offer("x", price=Decimal(1))], auto_top_up=AutoTopUp("pack")),
        "AutoTopUp: offer is 'pack', it must be one of x",
    ),
    (
        lambda: Plan("p", offers=[Offer("x", price=Decimal(1))], auto_top_up=AutoTopUp("x", counts={"quota"})),
        "AutoTopUp: counts is ('quota',), top_up, which it buys, must be one of them, or it would buy for ever",
    ),
    (
        lambda: Plan("p", offers=[Offer("x", price=Decimal(1))], usable={"quota"}, auto_top_up=AutoTopUp("x")),
        "AutoTopUp: offer is 'x', it buys top_up, which is not usable on this plan: it would buy for ever",
    ),
    (
        lambda: Plan("p", draw=["quota", "top_up"]),
        "Plan 'p': draw is ['quota', 'top_up'], it must be a draw policy, such as policies.by_kind('quota')",
    ),
    (
        lambda: policies.by_kind(["quota", "top_up"]),
        "by_kind: kinds is (['quota', 'top_up'],), it must be kinds one by one, such as by_kind('quota', 'top_up')",
    ),
    (
        lambda: Plan("p", term=periods.calendar_day()),
        "Plan 'p': term is calendar_day(), it must be longer than the period, calendar_month(), and come again",
    ),
    (
        lambda: Plan("p", on_cancel=Switch(when="term_end")),
        "Plan 'p': on_cancel.when is 'term_end', this plan has no term: say period_end, or give it a term",
    ),
    (
        lambda: Plan("p", renewal=Renewal(grace=timedelta(40))),
        (
            "Renewal: grace is datetime.timedelta(days=40), it must be at most 28 days, the shortest period: "
            "renewals must not pile up"
        ),
    ),
    (
        lambda: Plan("p", upgrades_to="pro"),
        "Plan 'p': upgrades_to is 'pro', it must be a set of names, such as {'pro'}",
    ),
    (
        lambda: Plan("p", cancels_to="p"),
        "Plan 'p': cancels_to is 'p', a plan does not lead to itself",
    ),
    (
        lambda: Plan("p", price=Decimal("9.999")),
        "Plan 'p': price is Decimal('9.999'), USD is paid in 2 places",
    ),
    (
        lambda: Switch(when="now", keep={"quota"}, forfeit={"quota"}),
        "Switch: keep is 'quota', it is forfeited: nothing of it stays",
    ),
    (
        lambda: Switch(when="now", prorated=True, use="cleared"),
        "Switch: use is 'cleared', a prorated period goes on, and its use counts: counted",
    ),
    (
        lambda: Plan("p", on_debt="bill", allowances=[Allowance(5)]),
        (
            "Plan 'p': on_debt is 'bill', an OnDebt must say what debt of tokens costs: OnDebt('bill', "
            "price=Decimal('0.01'))"
        ),
    ),
    (
        lambda: Plan("p", late_use=LateUse("own")),
        "LateUse: grace is None, it must be a timedelta of more than 0 and at most 366 days",
    ),
    (
        lambda: Plan("p", units=[Unit.meter("a"), Unit.meter("a", shown=2)]),
        "Plan 'p': units is 'a', it is there twice",
    ),
    (
        lambda: Catalogue([Plan("p", upgrades_to={"pro"})]),
        "Plan 'p': upgrades_to is 'pro', it is not in the catalogue; put both in one Catalogue",
    ),
    (
        lambda: Catalogue([Plan("p", rank=1, upgrades_to={"pro"}), Plan("pro")]),
        "Plan 'p': upgrades_to is 'pro', its rank is 0, below this plan's 1: it is a downgrade",
    ),
    (
        lambda: Catalogue([Plan("p", cancels_to="free"), Plan("free", once=True)]),
        "Plan 'p': cancels_to is 'free', it is for once, and cancelling may come again; name a plan that is not",
    ),
]


@pytest.mark.parametrize(("build", "message"), MISTAKES, ids=[message[:50] for _, message in MISTAKES])
def test_a_mistake_is_told_so_that_it_can_be_mended(build: Callable[[], object], message: str) -> None:
    """Word for word: whoever reads it has only this."""
    with pytest.raises(PlanError) as caught:
        build()

    assert str(caught.value) == message


def test_a_life_and_a_multiple_show_what_was_written() -> None:
    """Six fields that nobody said would hide the one that is wrong, for a message is short."""
    assert repr(Life(days=30, ends="end_of_day")) == "Life(days=30, ends='end_of_day')"
    assert repr(Life()) == "Life()"
    assert repr(Bound("allowance", Decimal("0.2"))) == "Bound(base='allowance', times=Decimal('0.2'))"
