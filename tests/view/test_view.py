"""All reads: what a wallet shows at a moment."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.rich import after, charged, july, opened
from tokenpurse import (
    Alert,
    Allowance,
    Balance,
    Bound,
    Catalogue,
    Gauge,
    Lifetime,
    Limit,
    PayAsYouGo,
    Plan,
    Price,
    View,
    Wallet,
    replay,
)
from tokenpurse.errors import (
    AmountError,
    NotSold,
    OutOfBounds,
    UnknownNameError,
    WalletClosed,
    WalletFrozen,
    WalletPaused,
)
from tokenpurse.units import Unit

FULL = Plan(
    "full",
    allowances=[Allowance(1_000), Allowance(10, "sms")],
    prices=[
        Price("talk", 200, unit="tokens"),
        Price("search", Decimal(0)),
        Price("tokens", Decimal("0.001")),
        Price("gift", 0, unit="tokens"),
    ],
    pay_as_you_go=[PayAsYouGo(Decimal("0.05"), meter="sms")],
    usable={"quota", "credit"},
)


def full(**more: Any) -> Wallet:
    brought = [Balance("top_up", 500), Balance("credit", Decimal("0.25"), "USD"), Balance("gift", 3, "gift")]
    return Wallet.open(FULL, id="acme", at=july(1), balances=brought, **more).wallet


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (lambda v: v.available(), 1_250),
        (lambda v: v.available("tokens"), 1_250),
        (lambda v: v.available("talk"), 6),
        (lambda v: v.available("sms"), None),
        (lambda v: v.available("search"), None),
        (lambda v: v.available("USD"), Decimal("0.25")),
        (lambda v: v.by_kind(), {"quota": 1_000, "top_up": 500}),
        (lambda v: v.by_kind("sms"), {"quota": 10}),
        (lambda v: v.by_kind("USD"), {"credit": Decimal("0.25")}),
        (lambda v: v.by_kind("talk"), {}),
        (lambda v: v.balance(), 1_500),
        (lambda v: v.balance("USD"), Decimal("0.25")),
        (lambda v: v.balance("talk"), 0),
        (lambda v: v.locked(), 500),
        (lambda v: v.locked("sms"), 0),
        (lambda v: v.debt(), 0),
        (lambda v: v.debt("USD"), Decimal("0.00")),
        (lambda v: v.gauge(), Gauge(0, 1_000)),
        (lambda v: v.usage(), 0),
        (lambda v: v.usage("USD"), Decimal("0.00")),
        (lambda v: v.limit(), None),
        (lambda v: v.accrued(), ()),
        (lambda v: v.alerts(), ()),
        (lambda v: v.pending(), ()),
        (lambda v: v.lifetime(), Lifetime(0, 1_500, 0)),
        (lambda v: v.next_reset(), july(32)),
        (lambda v: v.next_due(), july(32)),
        (lambda v: v.plan_next, None),
        (lambda v: v.counts, {}),
        (lambda v: v.auto_top_up, None),
        (lambda v: v.frozen, False),
        (lambda v: v.paused, False),
        (lambda v: v.closed, False),
        (lambda v: v.at, july(2)),
        (lambda v: str(v.plan), "full r1"),
        (lambda v: (v.period.number, v.period.start, v.period.end), (0, july(1), july(32))),
        (lambda v: [bucket.kind for bucket in v.buckets()], ["quota", "quota", "top_up", "credit", "gift"]),
        (lambda v: [bucket.kind for bucket in v.buckets("USD")], ["credit"]),
        (lambda v: v.buckets("talk"), ()),
        (lambda v: v.amount("USD", 1_500_000), Decimal("1.50")),
        (lambda v: v.amount("tokens", 5), 5),
    ],
)
def test_a_read_answers_in_the_units_own_figures(read: Any, expected: Any) -> None:
    """An int of a meter, a Decimal of money; None where nothing bounds it; locked kinds are shown and not counted."""
    found = read(full().at(july(2)))

    assert expected == found
    assert type(expected) is type(found)


def test_a_view_is_the_wallet_as_if_it_were_that_moment() -> None:
    """Everything due by then has happened, for the eyes only."""
    wallet = full().spend(300, at=july(2)).wallet
    later = wallet.at(july(40))

    assert (later.available(), later.usage(), later.next_reset()) == (1_250, 0, july(31).replace(month=9, day=1))
    assert (wallet.version, wallet.clock) == (2, july(2))
    assert wallet.at(july(2)).usage() == 300
    assert later.at == july(40)


def test_a_view_cannot_be_changed_or_acted_upon() -> None:
    """No settling entry can be lost through it."""
    view = full().at(july(2))

    with pytest.raises(AttributeError):
        view.at = july(3)  # type: ignore[misc]  # frozen on purpose
    assert not {"spend", "grant", "advance"} & {*dir(view)}
    assert "_book" not in repr(view)


# -- gauge -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "steps", "gauge"),
    [
        ({}, [], "[0/1,000]"),
        ({}, [("spend", 300)], "[300/1,000]"),
        ({}, [("spend", 300), ("grant", 500)], "[300/1,500]"),
        ({}, [("grant", 500), ("spend", 1_200)], "[1,200/1,500]"),
        ({"limit": 800}, [("spend", 300)], "[300/800]"),
        ({"payg": True}, [("spend", 1_200)], "[1,200/1,000]"),
        ({"payg": True, "limit": 1_500}, [("spend", 1_200)], "[1,200/1,500]"),
    ],
)
def test_the_gauge_shows_use_of_what_is_there_in_this_period(
    given: dict[str, Any], steps: list[tuple[str, int]], gauge: str
) -> None:
    """Pay-as-you-go counts as used; a limit, where one applies, is the size."""
    plan = Plan(
        "p",
        allowances=[Allowance(1_000)],
        limits=[Limit("cap", given["limit"])] if "limit" in given else [],
        pay_as_you_go=[PayAsYouGo(Decimal(1))] if "payg" in given else [],
    )
    wallet = Wallet.open(plan, id="acme", at=july(1)).wallet
    for verb, amount in steps:
        wallet = getattr(wallet, verb)(amount, at=july(2)).wallet

    assert gauge == str(wallet.at(july(2)).gauge())


def test_the_gauge_keeps_what_a_bucket_paid_that_is_gone_and_drops_what_it_lost() -> None:
    """What expired unused was never part of the size."""
    wallet = Wallet.open(Plan("p", allowances=[Allowance(100)]), id="acme", at=july(1)).wallet
    wallet = wallet.grant(50, at=july(2), expires=july(9)).wallet.spend(120, at=july(3)).wallet

    assert str(wallet.at(july(8)).gauge()) == "[120/150]"
    assert str(wallet.at(july(9)).gauge()) == "[120/120]"


@pytest.mark.parametrize(
    ("used", "size", "share"), [(5, 10, (5, 10)), (15, 10, (10, 10)), (0, 0, (0, 0)), (5, 0, (0, 0))]
)
def test_a_bar_never_overflows(used: int, size: int, share: tuple[int, int]) -> None:
    """Used is cut off at the size."""
    assert share == Gauge(used, size).share


# -- alerts, statements, lifetime ------------------------------------------------------------------------------------


def test_alerts_show_what_is_beyond_its_line_with_a_notice_or_without() -> None:
    """In the plan's order; a share of nothing is never beyond."""
    plan = Plan(
        "p",
        allowances=[Allowance(100)],
        limits=[Limit("cap")],
        alerts=[
            Alert("badge", "left", at_or_below=50, notify=False),
            Alert("low", "left", below=50),
            Alert("share", "left", below=Bound("allowance", Decimal("0.2"))),
            Alert("hot", "used", above=50),
            Alert("full", "used", at_or_above=50),
            Alert("capped", "used", at_or_above=Bound("limit")),
        ],
    )
    wallet = Wallet.open(plan, id="acme", at=july(1)).wallet

    assert wallet.at(july(1)).alerts() == ()
    half = wallet.spend(50, at=july(2))
    assert half.view.alerts() == ("badge", "full")
    assert [notice.name for notice in half.notices] == ["full"]
    assert half.wallet.spend(40, at=july(2)).view.alerts() == ("badge", "low", "share", "hot", "full")
    assert half.wallet.set_limit("cap", 50, at=july(2)).view.alerts() == ("badge", "full", "capped")


def test_what_runs_up_is_shown_with_what_it_costs_so_far() -> None:
    """One line for each meter and price."""
    (line,) = full().spend(17, "sms", at=july(2)).view.accrued()

    assert (str(line.meter), line.quantity, str(line.cost)) == ("sms", 7, "0.35 USD")
    assert str(line) == "7 sms at 0.05 USD per 1 = 0.35 USD"


def test_lifetime_totals_go_on_over_resets() -> None:
    """Added by purchases, granted by plan and host, spent by whoever paid."""
    wallet = after(
        lambda w: w.top_up("tokens", 100, at=july(2), payment="p", by="admin"),
        lambda w: w.grant(7, at=july(2)),
        lambda w: w.spend(50, at=july(2)),
        lambda w: w.spend(20, at=july(33)),
    )

    assert wallet.at(july(33)).lifetime() == Lifetime(added=100, granted=2_007, spent=70)
    assert wallet.at(july(33)).lifetime("USD") == Lifetime(Decimal("0.00"), Decimal("0.00"), Decimal("0.00"))


@pytest.mark.parametrize(
    ("wallet", "due"),
    [
        (opened().wallet, july(32)),
        (after(lambda w: w.grant(5, at=july(2), expires=july(9))), july(9)),
        (after(lambda w: w.grant(5, at=july(2), expires=july(40))), july(32)),
        (after(lambda w: w.decline("charge:1", at=july(2)), wallet=charged()), july(3)),
        (
            after(lambda w: w.decline("charge:1", at=july(2)), lambda w: w.freeze(at=july(2)), wallet=charged()),
            july(32),
        ),
        (after(lambda w: w.close(at=july(2))), None),
    ],
)
def test_the_next_due_moment_is_when_time_itself_changes_something(wallet: Wallet, due: Any) -> None:
    """Not a microsecond earlier, and at that very moment."""
    assert due == wallet.at(july(2)).next_due()
    if due is not None:
        assert wallet.advance(due - timedelta(microseconds=1)).entries == ()
        assert wallet.advance(due).entries[0].at == due


# -- asking first ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [1, 1_250, {"talk": 6}, {"tokens": 5, "sms": 99}, {"USD": Decimal("0.25")}])
def test_a_quote_is_the_entry_that_the_spend_would_make(asked: Any) -> None:
    """Sequence number and all."""
    wallet = full()
    quote = wallet.at(july(2)).quote(asked)

    assert (quote.ok, quote.refusal) == (True, None)
    assert wallet.at(july(2)).can_spend(asked)
    assert wallet.spend(asked, at=july(2)).entries == (quote.entry,)


@pytest.mark.parametrize("asked", [0, {}, {"search": 5}])
def test_a_quote_for_nothing_has_no_entry(asked: Any) -> None:
    """It would succeed and book nothing."""
    quote = full().at(july(2)).quote(asked)

    assert (quote.ok, quote.entry, quote.refusal) == (True, None, None)


@pytest.mark.parametrize(
    ("verb", "error"), [("close", WalletClosed), ("freeze", WalletFrozen), ("pause", WalletPaused)]
)
def test_a_closed_frozen_or_paused_wallet_quotes_its_refusal(verb: str, error: type[Exception]) -> None:
    """And has nothing available; what is there can still be seen."""
    view = getattr(full(), verb)(at=july(2)).view

    assert type(view.quote(5).refusal) is error
    assert not view.can_spend(5)
    assert (view.available(), view.available("sms")) == (0, 0)
    assert view.balance() == (0 if verb == "close" else 1_500)


@pytest.mark.parametrize("wallet", [full(), full().spend(1_000, at=july(2)).wallet, opened().wallet])
@pytest.mark.parametrize("meter", ["tokens", "sms", "USD"])
def test_what_is_available_is_the_most_that_can_be_spent(wallet: Wallet, meter: str) -> None:
    """One step more cannot, and None has no end."""
    view = wallet.at(july(2))
    most = view.available(meter)
    step: Any = Decimal("0.000001") if meter == "USD" else 1

    if most is None:
        assert view.can_spend(10**9, meter)
    else:
        assert view.can_spend(most, meter)
        assert not view.can_spend(most + step, meter)


@pytest.mark.parametrize(
    ("offer", "amount", "price"), [("tokens", 100, "0.50 USD"), ("credits", Decimal(7), "7.00 USD")]
)
def test_a_price_is_asked_for_whoever_may_buy(offer: str, amount: Any, price: str) -> None:
    """Roles aside: the page that shows it does not know yet who is looking."""
    assert price == str(opened().wallet.at(july(2)).price_of(offer, amount))


def test_what_is_not_sold_has_no_price() -> None:
    """The refusals of the purchase itself."""
    view = opened().wallet.at(july(2))

    for offer, amount, error in (("nope", 5, UnknownNameError), ("tokens", 0, AmountError), ("tokens", 9, OutOfBounds)):
        with pytest.raises(error):
            view.price_of(offer, amount)
    with pytest.raises(NotSold) as caught:
        opened("free").wallet.at(july(2)).price_of("tokens", 100)
    assert [str(remedy) for remedy in caught.value.remedies] == ["upgrade to rich"]


# -- without plans -----------------------------------------------------------------------------------------------------

PLAN_FREE: dict[str, Any] = {
    "by_kind": lambda v: v.by_kind("tokens"),
    "buckets": lambda v: v.buckets(),
    "buckets of": lambda v: v.buckets("tokens"),
    "balance": lambda v: v.balance("sms"),
    "debt": lambda v: v.debt("tokens"),
    "usage": lambda v: v.usage("tokens"),
    "accrued": lambda v: v.accrued(),
    "lifetime": lambda v: v.lifetime("tokens"),
    "pending": lambda v: v.pending(),
    "next_reset": lambda v: v.next_reset(),
    "period": lambda v: v.period,
    "plan": lambda v: v.plan,
    "plan_next": lambda v: v.plan_next,
    "counts": lambda v: v.counts,
    "auto_top_up": lambda v: v.auto_top_up,
    "frozen": lambda v: v.frozen,
    "paused": lambda v: v.paused,
    "closed": lambda v: v.closed,
    "amount": lambda v: v.amount("tokens", 5),
}
NEEDS_PLAN: dict[str, Any] = {
    "available": lambda v: v.available(),
    "by_kind": lambda v: v.by_kind(),
    "buckets": lambda v: v.buckets("nope"),
    "locked": lambda v: v.locked("tokens"),
    "gauge": lambda v: v.gauge("tokens"),
    "limit": lambda v: v.limit("tokens"),
    "alerts": lambda v: v.alerts(),
    "next_due": lambda v: v.next_due(),
    "quote": lambda v: v.quote(5),
    "can_spend": lambda v: v.can_spend(5),
    "price_of": lambda v: v.price_of("tokens", 5),
}


@pytest.mark.parametrize("read", PLAN_FREE.values(), ids=list(PLAN_FREE))
def test_a_wallet_without_its_plans_answers_what_needs_none(read: Any) -> None:
    """As the bound one does; time that would need the plan does not pass."""
    first = opened()
    spent = first.wallet.spend(5, at=july(2))
    unbound = replay([*first.entries, *spent.entries])

    assert read(spent.wallet.at(july(3))) == read(unbound.at(july(3)))


@pytest.mark.parametrize("read", NEEDS_PLAN.values(), ids=list(NEEDS_PLAN))
def test_a_wallet_without_its_plans_says_what_it_lacks(read: Any) -> None:
    """And not a figure that may be wrong."""
    view: View = replay(opened().entries).at(july(2))

    with pytest.raises(UnknownNameError, match="bind a catalogue to the wallet first"):
        read(view)


def test_the_gauge_keeps_what_a_bucket_paid_that_a_plan_change_locked() -> None:
    """It paid in this period; that it cannot go on does not undo it."""
    plans = Catalogue(
        [Plan("a", rank=1, allowances=[Allowance(10)]), Plan("b", allowances=[Allowance(10)], usable={"quota"})]
    )
    wallet = Wallet.open("a", catalogue=plans, id="x", at=july(1)).wallet.grant(100, at=july(1)).wallet
    wallet = wallet.spend(60, at=july(1)).wallet

    assert str(wallet.at(july(1)).gauge()) == "[60/110]"
    assert str(wallet.change_plan("b", at=july(2), when="now").view.gauge()) == "[60/110]"


def test_what_another_plan_names_can_be_read_and_given() -> None:
    """A debt in dollars outlives the plan that priced in them, and can be settled on the next."""
    plans = Catalogue([Plan("a", prices=[Price("tokens", Decimal(1))]), Plan("b", allowances=[Allowance(1, "sms")])])
    wallet = Wallet.open("a", catalogue=plans, id="x", at=july(1)).wallet
    wallet = wallet.spend(5, at=july(1), overdraw=True).wallet.change_plan("b", at=july(2), when="now").wallet

    assert wallet.at(july(2)).debt("USD") == Decimal(5)
    assert wallet.grant(Decimal(5), "USD", at=july(3)).view.debt("USD") == 0


def test_a_gauge_writes_amounts_as_their_unit_is_shown() -> None:
    """Hundredths are shown as such; as a value it is its two figures."""
    video = Unit.meter("video", shown=2)
    limit = Limit("day", 500, window=timedelta(1))
    plan = Plan("p", units=[video], allowances=[Allowance(6_000, "video")], limits=[limit])
    view = Wallet.open(plan, id="acme", at=july(1)).wallet.spend(125, at=july(2)).view

    assert (str(view.gauge()), view.gauge()) == ("[1.25/60.00]", Gauge(125, 6_000))
    assert [str(one) for one in view.limits()] == ["[1.25/5.00]"]
