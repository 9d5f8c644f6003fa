"""What use costs: multiplied by labels, and operation by operation; spent at once, held, refunded or reported late."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from tests.support.cases import on
from tokenpurse import (
    Allowance,
    Bound,
    LateUse,
    Limit,
    Offer,
    OnDebt,
    PayAsYouGo,
    Plan,
    Price,
    Wallet,
    periods,
    replay,
    spend_from_pool,
)
from tokenpurse.errors import HistoryError, LimitReached, NotEnough, PlanError
from tokenpurse.units import Unit

PREMIUM = Unit.meter("premium_requests", shown=2)
COPILOT = Plan(
    "copilot",
    allowances=[Allowance(30_000, PREMIUM)],
    prices=[Price("request", 100, unit=PREMIUM, times={"model": {"opus": 10, "mini": Decimal("0.25"), "base": 0}})],
    pay_as_you_go=[PayAsYouGo(Decimal("0.04"), per=100, meter=PREMIUM)],
    limits=[Limit("budget", Decimal(0), unit="USD", setters={"admin"})],
)


def opened(plan: Plan) -> Wallet:
    return Wallet.open(plan, id="acme", at=on(7, 1)).wallet


@pytest.mark.parametrize(
    ("model", "cost", "available"),
    [("opus", 1_000, 30), ("mini", 25, 1_200), ("other", 100, 300), (None, 100, 300), ("base", 0, None)],
)
def test_a_label_multiplies_what_use_costs(model: str | None, cost: int, available: int | None) -> None:
    """GitHub Copilot's model multipliers: ten premium requests, a quarter of one, or none at all."""
    wallet, labels = opened(COPILOT), {"model": model} if model else {}
    assert wallet.at(on(7, 2)).available("request", labels=labels) == available
    change = wallet.spend(1, "request", at=on(7, 2), labels=labels)
    assert change.view.available("premium_requests") == 30_000 - cost
    assert bool(change.entries) == bool(cost)  # a free action never touches the wallet
    assert wallet.at(on(7, 2)).can_spend(available or 10**6, "request", labels=labels)
    assert wallet.at(on(7, 2)).can_spend((available or 0) + 1, "request", labels=labels) == (available is None)


def test_what_goes_beyond_is_billed_at_the_multiplied_price() -> None:
    """Beyond the allowance a premium request costs 0.04, whichever model it went to; a budget of nothing stops it."""
    wallet = opened(COPILOT).spend(30_000, "premium_requests", at=on(7, 2)).wallet
    with pytest.raises(LimitReached) as caught:
        wallet.spend(1, "request", at=on(7, 3), labels={"model": "opus"})
    assert {one.kind: one.to for one in caught.value.remedies}["raise_limit"] == Decimal("0.40")
    assert not wallet.spend(5, "request", at=on(7, 3), labels={"model": "base"}).entries
    wallet = wallet.set_limit("budget", Decimal(10), at=on(7, 3), by="admin").wallet
    wallet = wallet.spend(1, "request", at=on(7, 3), labels={"model": "opus"}).wallet
    assert [str(one) for one in wallet.advance(on(8, 1)).entries[0].statement.totals] == ["0.40 USD"]


TIMES = {"model": {"big": 3, "small": Decimal("0.5")}, "tier": {"fast": 2}}
POSTPAID = Plan("post", allowances=[Allowance(10)], pay_as_you_go=[PayAsYouGo(Decimal("0.01"), times=TIMES)])
PREPAID = Plan(
    "pre",
    prices=[Price("tokens", Decimal("0.01"), per=7, times=TIMES)],
    offers=[Offer("credits", unit="USD", price=Decimal(1))],
    late_use=LateUse("own", grace=timedelta(days=3)),
)


def test_each_multiplied_price_is_a_line_of_its_own() -> None:
    """A statement prices each line once, whatever came between; several labels multiply."""
    wallet = opened(POSTPAID)
    for amount, labels in [
        (11, {}),
        (10, {"model": "big"}),
        (1, {"model": "small"}),
        (10, {"model": "big", "tier": "fast"}),
        (1, {"model": "small"}),
        (5, {"model": "big"}),
        (10, {"model": "small", "tier": "fast"}),  # a half, twice: the plain price
    ]:
        wallet = wallet.spend(amount, at=on(7, 2), labels=labels).wallet
    statement = wallet.advance(on(8, 1)).entries[0].statement
    assert [(line.quantity, line.cost.amount) for line in statement.lines] == [
        (11, Decimal("0.11")),
        (15, Decimal("0.45")),
        (2, Decimal("0.01")),
        (10, Decimal("0.60")),
    ]


def topped_up() -> Wallet:
    return opened(PREPAID).top_up("credits", Decimal(1), at=on(7, 1), payment="p").wallet


def test_splitting_use_at_one_multiplied_price_changes_nothing() -> None:
    """Cumulative for each price by itself, whatever is used at others in between."""
    split, whole = topped_up(), topped_up()
    for _ in range(13):
        split = split.spend(1, at=on(7, 2), labels={"model": "big"}).wallet
        split = split.spend(1, at=on(7, 2)).wallet
    whole = whole.spend(13, at=on(7, 2), labels={"model": "big"}).wallet.spend(13, at=on(7, 2)).wallet
    spent = {wallet.at(on(7, 2)).available("USD") for wallet in (split, whole)}
    assert spent == {Decimal("0.925713")}  # 1 - 0.055715 - 0.018572, both rounded up


def test_a_hold_keeps_its_labels() -> None:
    """Held, captured in part and beyond, at the price of its labels; released, all of it comes back."""
    wallet = topped_up()
    held = wallet.hold(70, until=timedelta(hours=1), at=on(7, 2), labels={"model": "big"}, ref="h").wallet
    assert held.at(on(7, 2)).available("USD") == Decimal("0.70")
    assert held.release("h", at=on(7, 2)).view.available("USD") == Decimal(1)
    captured = held.capture("h", 35, at=on(7, 2))
    assert captured.view.available("USD") == Decimal("0.85")
    beyond = held.capture("h", 105, over="spend", at=on(7, 2))
    assert beyond.view.available("USD") == Decimal("0.55")


def test_a_refund_is_at_the_price_that_was_paid() -> None:
    """Also where the plan's price of the label is another one by then: the entry has it."""
    wallet = topped_up()
    change = wallet.spend(70, at=on(7, 2), labels={"model": "big"})
    other = change.wallet.spend(70, at=on(7, 2), labels={"model": "small"})
    back = other.wallet.refund(change.entry, 35, at=on(7, 3))
    assert back.view.available("USD") == Decimal("0.80")
    assert back.wallet.refund(change.entry, at=on(7, 3)).view.available("USD") == Decimal("0.95")


def test_late_use_is_priced_by_its_labels_too() -> None:
    """In its own period, at that period's multiplied price."""
    change = topped_up().spend(7, at=on(8, 1), occurred_at=on(7, 9), labels={"model": "big"})
    assert change.entries[-1].period is not None
    assert change.view.available("USD") == Decimal("0.97")


def test_a_pool_prices_by_labels_as_a_member_does() -> None:
    """What is free for a label touches neither of them; the rest is paid at the label's price by both."""
    member = Wallet.open(PREPAID, id="ann", at=on(7, 1)).wallet
    member = member.top_up("credits", Decimal(1), at=on(7, 1), payment="p").wallet
    pool = Wallet.open(PREPAID, id="team", at=on(7, 1)).wallet
    pool = pool.top_up("credits", Decimal(5), at=on(7, 1), payment="p").wallet
    fast = {"model": "big", "tier": "fast"}
    paid = spend_from_pool(member, pool, 699, at=on(7, 2), labels=fast, ref="a")
    assert (paid.member.view.available("USD"), paid.pool.view.available("USD")) == (
        Decimal("0.005714"),
        Decimal("0.002857"),
    )  # 116 and 583
    pool_of_copilot = Wallet.open(COPILOT, id="team", at=on(7, 1)).wallet
    of_copilot = Wallet.open(COPILOT, id="ann", at=on(7, 1)).wallet
    base = {"model": "base"}
    both = spend_from_pool(of_copilot, pool_of_copilot, 9, "request", at=on(7, 2), labels=base, ref="b")
    assert not both.entries


def test_a_shortage_says_what_the_labels_make_it_cost() -> None:
    """`needed` is the price of this very use."""
    with pytest.raises(NotEnough) as caught:
        topped_up().spend(700, at=on(7, 2), labels={"model": "big"})
    assert str(caught.value.needed) == "3.00 USD"


def test_replay_finds_a_cost_that_is_not_the_entrys_own_price() -> None:
    """The entry carries the multiplied price, so a history needs no plan to be checked."""
    opening = Wallet.open(COPILOT, id="acme", at=on(7, 1))
    change = opening.wallet.spend(3, "request", at=on(7, 2), labels={"model": "mini"})
    assert replay([*opening.entries, *change.entries]) == change.wallet


@pytest.mark.parametrize(
    "times",
    [
        5,
        "model",
        [("model", {"a": 1})],
        {"model": 5},
        {"model": {}},
        {"": {"a": 1}},
        {5: {"a": 1}},
        {"model": {"": 1}},
        {"model": {5: 1}},
        {"model": {"a\n": 1}},
        {"model": {"a": -1}},
        {"model": {"a": 1.5}},
        {"model": {"a": True}},
        {"model": {"a": None}},
        (("model", (("a", 1), ("a", 2))),),
        (("model", (("a", 1),)), ("model", (("b", 2),))),
        ("model",),
    ],
)
def test_what_labels_multiply_by_is_checked(times: Any) -> None:
    """A label's key, its value and the multiple are each what they can be."""
    for part in (lambda: Price("tokens", 1, unit="credits", times=times), lambda: PayAsYouGo(Decimal(1), times=times)):
        with pytest.raises(PlanError) as caught:
            part()
        assert caught.value.field == "times"


def test_multiples_stay_prices_that_can_be_counted() -> None:
    """Whatever labels meet: the price of the largest multiples, and the quantity of the finest, fit in one count."""
    for big in ({"a": {"x": 10**9}, "b": {"y": 10**9}}, {"a": {"x": Decimal("1E-15")}, "b": {"y": Decimal("1E-9")}}):
        with pytest.raises(PlanError, match="more steps than can be counted"):
            Plan("big", prices=[Price("tokens", Decimal("0.01"), times=big)])


def test_multiples_are_kept_sorted() -> None:
    """Two ways to write them are one price, which can be hashed."""
    one = Price("a", 1, unit="b", times={"y": {"q": 2, "p": Decimal(3)}, "x": {"z": 1}})
    other = Price("a", 1, unit="b", times=(("x", (("z", 1),)), ("y", (("p", 3), ("q", 2)))))
    assert (one, hash(one)) == (other, hash(other))
    assert Plan("p", prices=[one], period=periods.once()).prices[0].multipliers == other.times


# -- each operation by itself --------------------------------------------------------------------------------------

CREDITS = Unit.money("credits", kept=2)
HEYGEN = Plan(
    "heygen",
    allowances=[Allowance(Decimal(200), CREDITS)],
    prices=[Price("video_second", Decimal("0.5"), per=30, unit=CREDITS, round_to=Decimal("0.5"))],
)


@pytest.mark.parametrize(("seconds", "cost"), [(5, "0.5"), (30, "0.5"), (31, "1"), (60, "1"), (61, "1.5")])
def test_each_video_is_rounded_up_to_half_a_credit(seconds: int, cost: str) -> None:
    """Half a credit for each 30 seconds or part of them, video by video. Source: published heygen-rounding."""
    wallet = opened(HEYGEN)
    once = wallet.spend(seconds, "video_second", at=on(7, 2))
    twice = once.wallet.spend(seconds, "video_second", at=on(7, 2))
    assert once.view.available() == Decimal(200) - Decimal(cost)
    assert twice.view.available() == Decimal(200) - 2 * Decimal(cost)


def test_fractions_of_credits_are_exact() -> None:
    """Credits with two places are a unit of their own. Source: published lovable-fractional."""
    wallet = opened(Plan("lovable", allowances=[Allowance(Decimal(5), Unit.money("credits", kept=2))]))
    for cost in ("0.50", "0.90", "1.20", "2.00"):
        wallet = wallet.spend(Decimal(cost), at=on(7, 2)).wallet
    assert wallet.at(on(7, 2)).available() == Decimal("0.40")


def based(**more: Any) -> Plan:
    """Two tokens for each call and three for every two more words, in steps of five."""
    price = Price("words", 3, per=2, unit="tokens", base=2, round_to=5, **more)
    return Plan("based", allowances=[Allowance(100)], prices=[price])


@pytest.mark.parametrize(
    ("rounding", "costs"),
    [("up", [5, 5, 10, 10]), ("down", [0, 5, 5, 5]), ("half_up", [5, 5, 5, 10])],
)
def test_an_operation_costs_its_base_and_its_quantity(rounding: Any, costs: list[int]) -> None:
    """Of 1, 2, 3 and 4 words: 3.5, 5, 6.5 and 8 exactly, rounded as it is said; what is not there is short."""
    wallet = opened(based(rounding=rounding))
    for quantity, cost in zip([1, 2, 3, 4], costs, strict=True):
        assert wallet.spend(quantity, "words", at=on(7, 2)).view.available() == 100 - cost
    short = wallet.at(on(7, 2)).quote(100, "words").refusal
    assert str(short.needed) == {"up": "155 tokens", "down": "150 tokens", "half_up": "150 tokens"}[rounding]


@pytest.mark.parametrize("rounding", ["up", "down", "half_up"])
@pytest.mark.parametrize("left", [0, 1, 4, 5, 6, 9, 10, 11, 99, 100])
def test_what_is_available_is_the_most_that_one_operation_can_be(rounding: Any, left: int) -> None:
    """Also by a quote, by a spend in part, and where the rest is post-paid."""
    wallet = opened(based(rounding=rounding))
    wallet = wallet.spend(100 - left, at=on(7, 2)).wallet if left < 100 else wallet
    view = wallet.at(on(7, 2))
    most = view.available("words")
    assert [view.can_spend(most + more, "words") for more in (0, 1)] == [True, False]
    assert [view.quote(most + more, "words").ok for more in (0, 1)] == [True, False]
    assert wallet.spend(1_000, "words", at=on(7, 2), partial=True).moved.get("words", 0) == most


def test_an_operation_that_costs_its_base_alone() -> None:
    """Whatever its size, it costs ten tokens; the eleventh time nothing is left."""
    plan = Plan("flat", allowances=[Allowance(100)], prices=[Price("call", 0, unit="tokens", base=10)])
    wallet = opened(plan)
    assert wallet.at(on(7, 2)).available("call") is None
    for size in range(1, 11):
        wallet = wallet.spend(size, "call", at=on(7, 2)).wallet
    assert (wallet.at(on(7, 2)).available("tokens"), wallet.at(on(7, 2)).available("call")) == (0, 0)
    with pytest.raises(NotEnough):
        wallet.spend(1, "call", at=on(7, 2))


def test_labels_multiply_the_whole_operation() -> None:
    """Base and quantity, then rounded: 4 words cost 8, a quarter of that 2, so 5."""
    wallet = opened(based(times={"model": {"mini": Decimal("0.25"), "big": 3, "base": 0}}))
    costs = {"mini": 5, "big": 25, "base": 0, "other": 10}
    for model, cost in costs.items():
        change = wallet.spend(4, "words", at=on(7, 2), labels={"model": model})
        assert change.view.available() == 100 - cost


def test_counted_per_operation_alone_rounds_to_the_smallest_step() -> None:
    """Each call by itself, up; cumulatively, three of them would share what is rounded."""
    each = Plan(
        "each", allowances=[Allowance(9)], prices=[Price("call", 1, per=3, unit="tokens", counted="per_operation")]
    )
    shared = Plan("shared", allowances=[Allowance(9)], prices=[Price("call", 1, per=3, unit="tokens")])
    left = []
    for plan in (each, shared):
        wallet = opened(plan)
        for _ in range(3):
            wallet = wallet.spend(1, "call", at=on(7, 2)).wallet
        left.append(wallet.at(on(7, 2)).available("tokens"))
    assert left == [6, 8]


def test_a_hold_of_an_operation_is_priced_by_what_is_used_of_it() -> None:
    """Held at what all of it costs; captured, what was used is one operation; beyond it begins another."""
    held = opened(based()).hold(10, "words", until=timedelta(hours=1), at=on(7, 2), ref="h")
    assert held.view.available("tokens") == 80  # 17, up
    assert held.wallet.capture("h", 4, at=on(7, 2)).view.available("tokens") == 90
    assert held.wallet.capture("h", at=on(7, 2)).view.available("tokens") == 80
    assert held.wallet.capture("h", 0, at=on(7, 2)).view.available("tokens") == 100
    assert held.wallet.release("h", at=on(7, 2)).view.available("tokens") == 100
    assert held.wallet.capture("h", 14, over="spend", at=on(7, 2)).view.available("tokens") == 70


@pytest.mark.parametrize("closed", [False, True])
def test_an_operation_that_is_refunded_in_part_is_priced_anew(*, closed: bool) -> None:
    """What stays used costs what it would have cost; whole, all of it comes back, whatever others cost in between."""
    opening = Wallet.open(based(), id="acme", at=on(7, 1))
    given = opening.wallet.grant(100, "tokens", at=on(7, 1))
    first = given.wallet.spend(70, at=on(7, 1))
    change = first.wallet.spend(10, "words", at=on(7, 2))  # 17, so 20
    other = change.wallet.spend(10, "words", at=on(7, 2))
    entries = [*opening.entries, *given.entries, *first.entries, *change.entries, *other.entries]
    wallet, at = other.wallet, on(8, 2) if closed else on(7, 3)
    came = []
    for back in (1, 1, 4, 3, 1):  # 15.5, 14, 8, 3.5 and nothing stay
        refund = wallet.refund(change.entry, back, at=at)
        entries += refund.entries
        came.append(sum(one.steps for one in refund.entry.returned))
        wallet = refund.wallet
    assert came == [0, 5, 5, 5, 5]
    assert sum(one.steps for one in wallet.refund(other.entry, at=at).entry.returned) == 20
    assert replay(entries) == wallet


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"rounding": "down"}, "rounding"),
        ({"rounding": "even", "base": 1}, "rounding"),
        ({"rounding": None}, "rounding"),
        ({"counted": "daily"}, "counted"),
        ({"base": -1}, "base"),
        ({"base": Decimal(1)}, "base"),
        ({"round_to": 0}, "round_to"),
        ({"round_to": 0.5}, "round_to"),
    ],
)
def test_what_an_operation_costs_is_checked(said: Any, field: str) -> None:
    """Amounts of the price's unit, and words that there are; a cumulative price is rounded up."""
    with pytest.raises(PlanError) as caught:
        Plan("wrong", prices=[Price("call", 1, unit="tokens", **said)])
    assert caught.value.field == field


def test_a_price_in_money_for_each_operation_says_nothing_of_debt() -> None:
    """A billed debt is one quantity: it needs a price of its own."""
    price = Price("sms", Decimal("0.05"), base=Decimal("0.01"))
    with pytest.raises(PlanError, match="nothing else says what sms costs"):
        Plan("sms", prices=[price], on_debt=OnDebt("bill", unit="sms"))
    assert Plan("sms", prices=[price], on_debt="bill").terms.debts["sms"].does == "carry"


@pytest.mark.parametrize(
    "forged",
    [{"per_steps": 0}, {"base_per": 0}, {"cost_steps": -1}, {"round_to": -1}, {"rounding": "even"}, {"base_steps": 9}],
)
def test_replay_finds_a_forged_price(forged: dict[str, Any]) -> None:
    """One that is none, or another one than what was paid."""
    opening = Wallet.open(based(), id="acme", at=on(7, 1))
    change = opening.wallet.spend(4, "words", at=on(7, 2))
    (use,) = change.entry.uses
    price = evolve(use.priced, rate=evolve(use.priced.rate, **forged))
    with pytest.raises(HistoryError, match=r"no price|and 10 tokens were paid"):
        replay([*opening.entries, evolve(change.entry, uses=(evolve(use, priced=price),))])


# -- a multiple of the plan's own price ----------------------------------------------------------------------------

ZAPIER = Plan(
    "zapier",
    price=Decimal("19.99"),
    allowances=[Allowance(750, "tasks")],
    pay_as_you_go=[PayAsYouGo(Bound("plan_price", Decimal("1.25")))],
    limits=[Limit("ceiling", Bound("allowance", 3))],
)


def test_pay_as_you_go_may_cost_a_multiple_of_the_plans_own_price() -> None:
    """750 tasks and 1,500 more, at 1.25 of the plan's price for each, then a stop. Source: published zapier-ceiling."""
    wallet = opened(ZAPIER)
    assert wallet.at(on(7, 2)).available() == 2_250
    change = wallet.spend(2_250, at=on(7, 2))
    assert change.entry.uses[0].postpaid.quantity == 1_500
    with pytest.raises(LimitReached, match="limit ceiling of 2,250 tasks reached"):
        change.wallet.spend(1, at=on(7, 2))
    assert (
        str(change.wallet.advance(on(8, 1)).entries[0].statement) == "49.98 USD"
    )  # 1500 x 19.99 / 750 x 1.25 = 49.975


def test_an_offer_may_cost_a_multiple_of_the_plans_own_price() -> None:
    """$9 for 10,000, extras at 1.25 of that. Source: published make-extra-price."""
    for money, price in (("USD", "1.13"), (Unit.money("USD", kept=3, paid=3), "1.125")):
        make = Plan(
            "make",
            price=Decimal(9),
            currency=money,
            allowances=[Allowance(8_000, "credits"), Allowance(2_000, "credits", kind="bonus")],
            offers=[Offer("extra", price=Bound("plan_price", Decimal("1.25")), unit="credits")],
        )
        assert make.price_of("extra", 1_000).amount == Decimal(price)
        assert make.price_of("extra", 10_000).amount == Decimal("11.25")


@pytest.mark.parametrize(
    ("period", "term", "cost"),
    [
        (periods.subscription_month(), periods.subscription_year(), "50.00 USD"),  # 1.25 x 240 / (12 x 750) x 1,500
        (periods.calendar_months(3), periods.subscription_years(2), "75.00 USD"),
        (periods.calendar_day(), periods.calendar_weeks(2), "42.86 USD"),
        (periods.hours(6), periods.hours(24), "150.00 USD"),
    ],
)
def test_a_price_for_a_term_is_shared_by_its_periods(period: Any, term: Any, cost: str) -> None:
    """What is paid at a time stands for all that it grants."""
    plan = evolve(ZAPIER, price=Decimal(240), period=period, term=term)
    wallet = Wallet.open(plan, id="acme", at=on(7, 1)).wallet
    (line,) = wallet.spend(2_250, at=on(7, 1)).view.accrued()

    assert str(line.cost) == cost


GRANTED = [Allowance(750)]


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ({"price": None}, "this plan has no price of its own in USD"),
        ({"currency": "EUR"}, "this plan has no price of its own in USD"),
        ({"allowances": []}, "this plan grants no tokens for a period"),
        ({"allowances": [Allowance(750, per="seats")]}, "this plan grants no tokens for a period"),
        ({"allowances": [Allowance(9, every=periods.calendar_day())]}, "this plan grants no tokens for a period"),
        ({"allowances": [Allowance(0)]}, "is no price of each"),
        ({"allowances": [Allowance(2**52)], "bound": Bound("plan_price", Decimal("0.0000003"))}, "is no price of each"),
        ({"bound": Bound("allowance")}, "or a Bound of plan_price"),
        ({"bound": Bound("plan_price", otherwise=5)}, "without otherwise"),
        ({"per": 5}, "leave it out"),
        ({"term": periods.calendar_days(45)}, "not so many times calendar_month"),
        ({"period": periods.subscription_months(2), "term": periods.subscription_months(3)}, "not so many times"),
    ],
)
def test_a_multiple_of_the_plans_price_needs_a_price_and_an_allowance(said: dict[str, Any], right: str) -> None:
    """Both of this very plan, the same for each of its wallets, in one currency; and nothing else to count by."""
    plan = {"price": Decimal(9), "allowances": GRANTED, **said}
    bound, per = plan.pop("bound", Bound("plan_price")), plan.pop("per", None)
    more = {} if per is None else {"per": per}
    for part in (
        {"pay_as_you_go": [PayAsYouGo(bound, currency="USD", **more)]},
        {"offers": [Offer("extra", price=bound, currency="USD", unit="tokens", **more)]},
    ):
        with pytest.raises(PlanError, match=right):
            Plan("wrong", **plan, **part)
