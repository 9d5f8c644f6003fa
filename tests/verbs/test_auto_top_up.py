"""Auto top-up as a whole: how much is asked for, its maxima, and what declines and late payments do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.laws.machine import normal
from tests.support.cases import on
from tokenpurse import (
    Allowance,
    AutoTopUp,
    Balance,
    Bound,
    Catalogue,
    Change,
    Limit,
    Offer,
    Plan,
    Price,
    Wallet,
    periods,
)
from tokenpurse import entries as e
from tokenpurse.errors import ArgumentError, OutOfBounds, UnknownNameError
from tokenpurse.notices import Charge

PACK = Offer("pack", price=Decimal("0.50"), per=1, pack=5)
CASH = Offer("cash", unit="USD", price=Decimal(1))
FIXED = {"threshold": 10, "purchase": 20}


def tokens(have: int = 100, *, owed: int = 0, offer: Offer = PACK, **auto: Any) -> Wallet:
    """A wallet of tokens on a plan that sells packs of 5 for 2.50 USD."""
    plan = Plan("p", offers=[offer], auto_top_up=AutoTopUp(offer.name, **auto))
    brought = [Balance("top_up", have)] if have else []
    return Wallet.open(plan, id="acme", at=on(7, 1), balances=brought, debt={"tokens": owed}).wallet


def asked(change: Change) -> list[tuple[Any, int, str]]:
    """Amount, number of purchases and price of what a change asks for."""
    return [(each.amount, each.count, str(each.price)) for each in change.requests if isinstance(each, Charge)]


def told(change: Change) -> list[str]:
    return [notice.id for notice in change.notices]


# -- how much ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "owed", "bought"),
    [
        ("below", 0, 20),
        ("below", 10, 20),
        ("below", 11, 40),
        ("at_or_below", 9, 20),
        ("at_or_below", 10, 40),
        ("below", 1_000, 1_020),
        ("at_or_below", 1_010, 1_040),
    ],
)
def test_one_request_ends_what_asked_for_it_however_deep_the_debt(when: str, owed: int, bought: int) -> None:
    """The fewest purchases that do: not one request after the other."""
    change = tokens(0, owed=owed, when=when).set_auto_top_up(**FIXED, at=on(7, 1))
    assert [(amount, count) for amount, count, _ in asked(change)] == [(bought, bought // 20)]
    paid = change.wallet.confirm("charge:1", at=on(7, 2), payment="p1")
    assert (paid.requests, paid.view.debt(), paid.view.balance()) == ((), 0, bought - owed)


def test_a_debt_beyond_what_is_sold_at_once_is_paid_in_parts() -> None:
    """Each as large as the offer sells, in whole purchases."""
    offer = Offer("pack", price=Decimal(1), pack=5, maximum=50)
    change = tokens(0, owed=100, offer=offer).set_auto_top_up(**FIXED, at=on(7, 1))
    amounts = []
    while change.requests:
        amounts += [(amount, count) for amount, count, _ in asked(change)]
        (charge,) = change.requests
        change = change.wallet.confirm(charge, at=on(7, 2), payment=charge.id)
    assert amounts == [(40, 2), (40, 2), (40, 2)]
    assert change.view.balance() == 20


@pytest.mark.parametrize(
    ("have", "threshold", "target", "offer", "bought"),
    [
        (7, 10, 30, PACK, 25),
        (5, 10, 30, PACK, 25),
        (5, 10, 10, PACK, 5),
        (9, 10, 10, Offer("pack", price=Decimal(1), minimum=12), 12),
        (5, 10, 400, Offer("pack", price=Decimal(1), maximum=100), 100),
        (5, 10, 400, Offer("pack", price=Decimal(1), pack=30, maximum=100), 90),
    ],
)
def test_filling_to_a_target_is_rounded_up_to_what_is_sold(
    have: int, threshold: int, target: int, offer: Offer, bought: int
) -> None:
    """Packs, least and most."""
    wallet = tokens(have, offer=offer)
    change = wallet.set_auto_top_up(threshold=threshold, target=target, at=on(7, 1))
    assert [(amount, count) for amount, count, _ in asked(change)] == [(bought, 1)]
    setting = change.view.auto_top_up
    assert setting is not None
    assert (setting.target, setting.purchase, setting.spend_max) == (target, None, None)


def test_a_target_must_end_what_asks_for_it() -> None:
    """At least the threshold, and more where the plan buys at it; one of purchase and target."""
    with pytest.raises(OutOfBounds, match="target of 9 tokens asked, it must be at least 10 for a threshold of 10"):
        tokens().set_auto_top_up(threshold=10, target=9, at=on(7, 1))
    with pytest.raises(OutOfBounds, match="at least 11"):
        tokens(when="at_or_below").set_auto_top_up(threshold=10, target=10, at=on(7, 1))
    with pytest.raises(ArgumentError, match="give purchase or target, not both"):
        tokens().set_auto_top_up(threshold=10, target=10, purchase=10, at=on(7, 1))
    assert tokens(10).set_auto_top_up(threshold=10, target=10, at=on(7, 1)).requests == ()


def test_a_new_price_list_may_move_the_trigger_past_the_target() -> None:
    """What ends the trigger is asked for then."""
    strict, not_strict = (
        Plan("p", revision=revision, offers=[PACK], auto_top_up=AutoTopUp("pack", when=when))
        for revision, when in ((1, "below"), (2, "at_or_below"))
    )
    plans = Catalogue([strict])
    wallet = Wallet.open("p", catalogue=plans, id="x", at=on(7, 1), balances=[Balance("top_up", 10)]).wallet
    wallet = wallet.set_auto_top_up(threshold=10, target=10, at=on(7, 1)).wallet
    assert asked(wallet.bind(Catalogue([strict, not_strict])).advance(on(8, 1))) == [(5, 1, "2.50 USD")]


@pytest.mark.parametrize(
    ("offer", "fixed", "filling"),
    [
        (Offer("pack", price=Decimal(10**9), per=1), [], [9]),
        (Offer("pack", price=Decimal(1), pack=7), [], [35]),
        (CASH, [], []),
    ],
)
def test_an_offer_that_no_longer_sells_it_is_not_asked(offer: Offer, fixed: list[int], filling: list[int]) -> None:
    """Whether it costs more than can be counted, comes in other packs, or is of something else."""
    later = Plan("p", revision=2, offers=[offer], auto_top_up=AutoTopUp(offer.name))
    first = Plan("p", offers=[PACK], auto_top_up=AutoTopUp("pack"))
    wallet = Wallet.open("p", catalogue=Catalogue([first]), id="x", at=on(7, 1)).wallet
    wallet = wallet.top_up("pack", 20, at=on(7, 1), payment="p").wallet
    for chosen, bought in ((FIXED, fixed), ({"threshold": 10, "target": 31}, filling)):
        bound = wallet.set_auto_top_up(**chosen, at=on(7, 1)).wallet
        change = bound.bind(Catalogue([first, later])).advance(on(8, 1)).wallet.spend(20, "tokens", at=on(8, 1))
        assert [amount for amount, _, _ in asked(change)] == bought


def test_what_costs_more_than_can_be_counted_is_not_asked_for() -> None:
    """Not even the least that is sold."""
    dear = Offer("pack", price=Decimal(10**9), per=1, minimum=10)
    later = Plan("p", revision=2, offers=[dear], auto_top_up=AutoTopUp("pack"))
    first = Plan("p", offers=[PACK], auto_top_up=AutoTopUp("pack"))
    wallet = Wallet.open("p", catalogue=Catalogue([first]), id="x", at=on(7, 1)).wallet
    wallet = wallet.grant(20, at=on(7, 1)).wallet.set_auto_top_up(threshold=10, target=30, at=on(7, 1)).wallet
    later_on = wallet.bind(Catalogue([first, later])).advance(on(8, 1)).wallet
    assert later_on.spend(20, at=on(8, 1)).requests == ()


# -- maxima --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "customer", "granted"),
    [
        ({"purchases_max": 2}, {}, 2),
        ({"purchases_max": 2}, {"purchases_max": 1}, 1),
        ({"purchases_max": 2}, {"purchases_max": 3}, 2),
        ({}, {"purchases_max": 0}, 0),
        ({"spend_max": Decimal("29.99")}, {}, 2),
        ({"spend_max": Decimal(30)}, {}, 3),
        ({"spend_max": Decimal(30)}, {"spend_max": Decimal(10)}, 1),
        ({"bought_max": 59}, {}, 2),
        ({"bought_max": 60}, {}, 3),
    ],
)
def test_the_stricter_maximum_holds(plan: Any, customer: Any, granted: int) -> None:
    """Of purchases, money and amount; a purchase of 20 costs 10 USD. Then there is one notice."""
    change = tokens(10, **plan).set_auto_top_up(**FIXED, **customer, at=on(7, 1))
    wallet, notices, bought = change.wallet, told(change), 0
    for day in range(2, 12):
        change = wallet.spend(20, at=on(7, day), overdraw=True)
        notices += told(change)
        wallet = change.wallet
        for charge in change.requests:
            change = wallet.confirm(charge, at=on(7, day), payment=charge.id)
            notices += [name for name in told(change) if "blocked" in name]
            wallet, bought = change.wallet, bought + 1
    assert bought == granted
    assert notices == ["auto_top_up_blocked#1"]


def test_a_request_counts_as_many_purchases_as_it_is_for() -> None:
    """Of four, three at once leave one."""
    change = tokens(0, owed=45, purchases_max=4).set_auto_top_up(**FIXED, at=on(7, 1))
    assert asked(change) == [(60, 3, "30.00 USD")]
    wallet = change.wallet.confirm("charge:1", at=on(7, 1), payment="p1").wallet
    assert asked(wallet.spend(10, at=on(7, 2))) == [(20, 1, "10.00 USD")]
    deep = wallet.spend(50, at=on(7, 2), overdraw=True)
    assert (asked(deep), told(deep)) == ([], ["auto_top_up_blocked#1"])
    assert deep.notices[0].figure == -35


def test_the_window_is_a_schedule_of_its_own() -> None:
    """400 in a calendar month, whatever the billing period; its start asks again by itself."""
    plan = Plan(
        "p",
        offers=[Offer("credits", price=Decimal("0.10"), per=1)],
        auto_top_up=AutoTopUp("credits", when="at_or_below", bought_max=400, every=periods.calendar_month(zone="UTC")),
        period=periods.subscription_month(),
    )
    opened = Wallet.open(plan, id="x", at=on(7, 20), balances=[Balance("credit", 30)]).wallet
    wallet = opened.set_auto_top_up(threshold=25, purchase=100, at=on(7, 20)).wallet
    for _ in range(4):
        change = wallet.spend(100 if wallet.version > 2 else 10, at=on(7, 21))
        wallet = change.wallet.confirm(change.requests[0], at=on(7, 21), payment=change.requests[0].id).wallet
    fifth = wallet.spend(100, at=on(7, 22))
    assert (asked(fifth), told(fifth), fifth.view.balance()) == ([], ["auto_top_up_blocked#1"], 20)
    assert fifth.view.next_due() == on(8, 1)
    again = fifth.wallet.advance(on(8, 19))
    (entry,) = again.entries
    assert (type(entry), entry.at, asked(again)) == (e.ChargeRequested, on(8, 1), [(100, 1, "10.00 USD")])
    assert told(again.wallet.confirm("charge:5", at=on(8, 19), payment="p").wallet.spend(1, at=on(8, 19))) == []


def test_a_maximum_that_no_window_lifts_is_told_once_and_never_due() -> None:
    """Until what asks for it has ended and comes again, in another window."""
    wallet = tokens(20, spend_max=Decimal(5)).set_auto_top_up(**FIXED, at=on(7, 1)).wallet
    blocked = wallet.spend(11, at=on(7, 2))
    assert (told(blocked), blocked.requests) == (["auto_top_up_blocked#1"], ())
    assert blocked.view.next_due() == on(8, 1)
    change = blocked.wallet.advance(on(1, 1, year=2126))
    assert ([told(change), change.requests], len(change.entries)) == ([[], ()], 1)
    late = datetime(2126, 1, 1, tzinfo=UTC)
    filled = change.wallet.top_up("pack", 20, at=late, payment="by-hand").wallet
    again = filled.spend(20, at=late)
    assert told(again) == ["auto_top_up_blocked#2"]
    refilled = again.wallet.top_up("pack", 20, at=late, payment="by-hand-2").wallet
    assert told(refilled.spend(20, at=late)) == []


def test_filling_stops_where_its_purchases_are_used_up() -> None:
    """One fill to 30 in a month: the next waits for August."""
    wallet = tokens(10, purchases_max=1).set_auto_top_up(threshold=10, target=30, at=on(7, 2)).wallet
    change = wallet.spend(5, at=on(7, 3))
    assert asked(change) == [(25, 1, "12.50 USD")]
    change = change.wallet.confirm("charge:1", at=on(7, 3), payment="p1").wallet.spend(25, at=on(7, 4))
    assert (asked(change), told(change)) == ([], ["auto_top_up_blocked#1"])
    assert asked(change.wallet.advance(on(8, 1))) == [(25, 1, "12.50 USD")]


def test_what_is_only_cut_down_by_a_maximum_is_asked_for_without_the_notice() -> None:
    """15 of 25 are bought; the notice comes where the month lets nothing more through."""
    plan = Plan(
        "p", offers=[CASH], prices=[Price("call", Decimal(1))], auto_top_up=AutoTopUp("cash", spend_max=Decimal(15))
    )
    opened = Wallet.open(plan, id="x", at=on(7, 1), balances=[Balance("credit", Decimal(20), "USD")]).wallet
    wallet = opened.set_auto_top_up(threshold=Decimal(10), target=Decimal(30), at=on(7, 1)).wallet
    change = wallet.spend(15, "call", at=on(7, 2))
    assert (asked(change), told(change)) == ([(Decimal(15), 1, "15.00 USD")], [])
    paid = change.wallet.confirm("charge:1", at=on(7, 2), payment="p1")
    assert [notice.name for notice in paid.notices] == ["auto_top_up_succeeded"]
    blocked = paid.wallet.spend(15, "call", at=on(7, 3))
    assert (asked(blocked), told(blocked)) == ([], ["auto_top_up_blocked#1"])
    assert (blocked.notices[0].figure, str(blocked.notices[0].unit)) == (Decimal(5), "USD")
    assert asked(blocked.wallet.advance(on(8, 1))) == [(Decimal(15), 1, "15.00 USD")]


def test_a_running_window_keeps_its_end_whatever_changes() -> None:
    """Neither an early reset, another anchor nor another zone lets it buy more."""
    wallet = tokens(10, purchases_max=1).set_auto_top_up(**FIXED, at=on(7, 2)).wallet
    change = wallet.spend(1, at=on(7, 3))
    wallet = change.wallet.confirm(change.requests[0], at=on(7, 3), payment="p1").wallet
    wallet = wallet.reset(at=on(7, 5), anchor="restarted").wallet.set_zone("Pacific/Kiritimati", at=on(7, 6)).wallet
    blocked = wallet.spend(29, at=on(7, 7))
    assert blocked.requests == ()
    assert blocked.wallet.advance(on(8, 1) - timedelta(microseconds=1)).requests == ()
    asks = blocked.wallet.advance(on(8, 1))
    assert [request.id for request in asks.requests] == ["charge:2"]
    counted = asks.wallet.confirm("charge:2", at=on(8, 1), payment="p2").entries[0].window
    assert counted is not None
    assert (counted.start, counted.purchases, counted.bought, str(counted.spent)) == (on(8, 1), 1, 20, "10.00 USD")


def test_a_window_counts_each_unit_and_currency_by_itself() -> None:
    """A plan that sells something else starts from nothing of it; purchases are purchases."""
    one = Plan("one", offers=[PACK], auto_top_up=AutoTopUp("pack", purchases_max=2, bought_max=50), rank=1)
    cash = Offer("cash", unit="EUR", price=Decimal(1), currency="EUR")
    two = Plan("two", offers=[cash], auto_top_up=AutoTopUp("cash", purchases_max=2, bought_max=Decimal(15)), rank=2)
    wallet = Wallet.open("one", catalogue=Catalogue([one, two]), id="x", at=on(7, 1)).wallet
    wallet = wallet.set_auto_top_up(**FIXED, at=on(7, 1)).wallet.confirm("charge:1", at=on(7, 1), payment="p").wallet
    wallet = wallet.change_plan("two", at=on(7, 2)).wallet
    chosen = {"threshold": Decimal(5), "purchase": Decimal(10)}
    asks = wallet.set_auto_top_up(**chosen, at=on(7, 2))
    assert asked(asks) == [(Decimal(10), 1, "10.00 EUR")]
    paid = asks.wallet.confirm("charge:2", at=on(7, 2), payment="p2")
    (window,) = [entry.window for entry in paid.entries]
    assert window is not None
    assert (window.purchases, window.bought, str(window.spent)) == (2, Decimal(10), "10.00 EUR")
    assert told(paid.wallet.spend(Decimal(6), "EUR", at=on(7, 3))) == ["auto_top_up_blocked#1"]


def test_a_share_of_the_allowance_bounds_what_is_bought() -> None:
    """Make: bought by itself at most as much as the plan grants, 10,000 at a time when it is used up."""
    plan = Plan(
        "p",
        allowances=[Allowance(80_000)],
        offers=[Offer("extra", price=Decimal(9), pack=10_000)],
        auto_top_up=AutoTopUp("extra", when="at_or_below", bought_max=Bound("allowance")),
    )
    wallet = Wallet.open(plan, id="x", at=on(7, 1)).wallet
    wallet = wallet.set_auto_top_up(threshold=0, purchase=10_000, at=on(7, 1)).wallet
    change, times = wallet.spend(80_000, at=on(7, 2)), 0
    while change.requests:
        wallet = change.wallet.confirm(change.requests[0], at=on(7, 2), payment=f"p{times}").wallet
        change, times = wallet.spend(10_000, at=on(7, 2)), times + 1
    assert times == 8


@pytest.mark.parametrize(
    ("bound", "threshold", "purchase", "fits"),
    [
        (5, 5, 20, True),
        (5, 6, 20, False),
        (Bound("limit"), 50, 20, True),
        (Bound("limit"), 51, 20, False),
        (Bound("auto_top_up_purchase", Decimal("0.5")), 10, 20, True),
        (Bound("auto_top_up_purchase", Decimal("0.5")), 11, 20, False),
        (Bound("auto_top_up_purchase", otherwise=7), 7, None, True),
        (Bound("auto_top_up_purchase", otherwise=7), 8, None, False),
        (Bound("auto_top_up_purchase"), 8, None, True),
    ],
)
def test_the_highest_threshold_is_the_plans_word(bound: Any, threshold: int, purchase: int | None, fits: bool) -> None:
    """An amount or a share; a share of the purchase where there is one."""
    auto = AutoTopUp("pack", threshold_max=bound)
    plan = Plan("p", offers=[PACK], limits=[Limit("cap", 50)], auto_top_up=auto)
    wallet = Wallet.open(plan, id="x", at=on(7, 1)).wallet
    chosen: dict[str, Any] = {"target": 100} if purchase is None else {"purchase": purchase}
    if fits:
        assert wallet.set_auto_top_up(threshold=threshold, **chosen, at=on(7, 1)).entries
        return
    with pytest.raises(OutOfBounds, match=f"threshold of {threshold} tokens asked, it must be at most"):
        wallet.set_auto_top_up(threshold=threshold, **chosen, at=on(7, 1))


# -- declined, and paid late ---------------------------------------------------------------------------------------


def declined(times: int, wallet: Wallet | None = None, **auto: Any) -> Iterator[Change]:
    """Decline so many charges in a row, each a day after the other."""
    wallet = tokens(5, **auto).set_auto_top_up(**FIXED, at=on(7, 1), by="owner").wallet if wallet is None else wallet
    for _ in range(times):
        (charge,) = wallet.at(wallet.clock).pending()
        change = wallet.decline(charge, at=wallet.clock)
        yield change
        wallet = change.wallet.advance(change.wallet.clock + timedelta(days=1)).wallet


def test_after_so_many_declines_in_a_row_it_is_off() -> None:
    """Until the customer turns it on again; the consent stays to be seen, with what ended it."""
    first, second, third = declined(3)
    assert (told(first), told(second)) == (["auto_top_up_failed:charge:1"], ["auto_top_up_failed:charge:2"])
    assert told(third) == ["auto_top_up_failed:charge:3", "auto_top_up_off:charge:3"]
    setting = third.view.auto_top_up
    assert setting is not None
    assert setting.off == e.AutoTopUpOff(on(7, 3), "declined")
    assert (setting.by, setting.at) == ("owner", on(7, 1))
    assert third.view.next_due() == on(8, 1)
    assert third.wallet.advance(on(9, 9)).requests == ()
    on_again = third.wallet.set_auto_top_up(**FIXED, at=on(7, 4), by="owner")
    assert [request.id for request in on_again.requests] == ["charge:4"]
    assert [entry.off for entry in (change.entry for change in declined(3, on_again.wallet))][:2] == [None, None]  # type: ignore[union-attr]  # declines


def test_a_settled_payment_counts_declines_anew() -> None:
    """By hand, or of the charge itself; saving the settings again does not."""
    *_, second = declined(2)
    saved = second.wallet.set_auto_top_up(**FIXED, at=on(7, 2)).wallet.advance(on(7, 3)).wallet
    assert "auto_top_up_off:charge:3" in told(saved.decline("charge:3", at=on(7, 3)))
    paid = second.wallet.top_up("pack", 5, at=on(7, 2), payment="by-hand").wallet.spend(5, at=on(7, 2)).wallet
    assert told(paid.decline("charge:3", at=on(7, 3))) == ["auto_top_up_failed:charge:3"]


def test_declined_hard_it_is_off_at_once() -> None:
    """A lost card is not tried again; a bill declined hard is still owed."""
    (wallet,) = [tokens(5, attempts=None).set_auto_top_up(**FIXED, at=on(7, 1)).wallet]
    change = wallet.decline("charge:1", at=on(7, 1), hard=True)
    (entry,) = change.entries
    assert isinstance(entry, e.Declined)
    assert (entry.hard, entry.declines, entry.retry_at) == (True, 1, None)
    assert entry.off == e.AutoTopUpOff(on(7, 1), "declined_hard")
    assert change.wallet.spend(5, at=on(7, 2)).requests == ()
    turned_off = wallet.set_auto_top_up(enabled=False, at=on(7, 1)).wallet.decline("charge:1", at=on(7, 1), hard=True)
    assert (told(turned_off), turned_off.view.auto_top_up) == (["auto_top_up_failed:charge:1"], None)


def test_names_of_its_notices_where_the_plan_has_none() -> None:
    """A charge outlives the plan that asked for it."""
    plans = Catalogue([Plan("a", offers=[PACK], auto_top_up=AutoTopUp("pack", on_off="x")), Plan("b", rank=1)])
    wallet = Wallet.open("a", catalogue=plans, id="x", at=on(7, 1)).wallet.set_auto_top_up(**FIXED, at=on(7, 1)).wallet
    assert told(wallet.decline("charge:1", at=on(7, 1), hard=True))[1] == "x:charge:1"
    moved = wallet.change_plan("b", at=on(7, 1)).wallet
    assert told(moved.decline("charge:1", at=on(7, 1), hard=True))[1] == "auto_top_up_off:charge:1"
    window = moved.confirm("charge:1", at=on(7, 1), payment="p").entries[0].window
    assert window is not None
    assert (window.start, window.end) == (on(7, 1), on(8, 1))


def test_a_declined_charge_that_is_paid_late_makes_its_bucket_once() -> None:
    """What is asked for meanwhile stays pending: it may be under way."""
    *_, second = declined(2)
    wallet = second.wallet.advance(on(7, 3)).wallet
    late = wallet.confirm("charge:1", at=on(7, 3), payment="late")
    assert (late.view.balance(), [request.id for request in late.view.pending()]) == (25, ["charge:3"])
    assert late.wallet.confirm("charge:1", at=on(7, 3), payment="late").repeated
    with pytest.raises(UnknownNameError):
        late.wallet.confirm("charge:1", at=on(7, 3), payment="another")
    with pytest.raises(UnknownNameError):
        late.wallet.decline("charge:2", at=on(7, 3))
    both = late.wallet.confirm("charge:3", at=on(7, 3), payment="p3")
    assert (both.view.balance(), both.requests) == (45, ())


def test_a_payment_of_a_declined_charge_ends_the_rest() -> None:
    """It is a settled payment; what turned it off stays."""
    (first,) = declined(1)
    paid = first.wallet.confirm("charge:1", at=on(7, 1), payment="late")
    assert (paid.requests, paid.view.next_due()) == ((), on(8, 1))
    assert asked(paid.wallet.spend(16, at=on(7, 1))) == [(20, 1, "10.00 USD")]
    *_, third = declined(3)
    still = third.wallet.confirm("charge:3", at=on(7, 4), payment="late").wallet
    setting = still.at(on(7, 4)).auto_top_up
    assert setting is not None
    assert setting.off is not None


def test_the_last_16_declined_charges_are_remembered() -> None:
    """What is older is a purchase by hand."""
    *_, last = declined(17, attempts=None)
    with pytest.raises(UnknownNameError, match="money that arrives all the same is a top_up"):
        last.wallet.confirm("charge:1", at=on(7, 30), payment="late")
    assert last.wallet.confirm("charge:2", at=on(7, 30), payment="late").entries


def test_idle_periods_do_not_run_past_the_window_that_lets_it_ask_again() -> None:
    """It asks at the window's start, not when the run is over."""
    plan = Plan(
        "p",
        allowances=[Allowance(3)],
        offers=[PACK],
        auto_top_up=AutoTopUp("pack", every=periods.calendar_week(), purchases_max=1),
        period=periods.calendar_day(),
    )
    wallet = Wallet.open(plan, id="x", at=on(7, 1)).wallet.set_auto_top_up(**FIXED, at=on(7, 1)).wallet
    wallet = wallet.confirm("charge:1", at=on(7, 1), payment="p").wallet.spend(23, at=on(7, 1)).wallet
    change = wallet.advance(on(7, 30))
    (asking,) = [entry for entry in change.entries if entry.requests]
    assert asking.at == on(7, 6)


# -- time ----------------------------------------------------------------------------------------------------------

LEVELS = st.integers(-400, 40)


@given(
    owed=st.integers(0, 400),
    daily=st.integers(0, 7),
    maxima=st.fixed_dictionaries(
        {},
        optional={
            "purchases_max": st.integers(1, 3),
            "bought_max": st.integers(5, 90),
            "spend_max": st.integers(3, 60).map(Decimal),
        },
    ),
    every=st.sampled_from([None, periods.calendar_week(), periods.subscription_days(5), periods.once()]),
    fixed=st.booleans(),
    first=st.sampled_from([None, "confirm", "confirm", "decline"]),
    again=st.integers(0, 90),
    steps=st.lists(st.integers(1, 400), min_size=1, max_size=12),
)
def test_steps_of_time_come_to_the_same_as_one_jump(
    owed: int, daily: int, maxima: Any, every: Any, fixed: bool, first: str | None, again: int, steps: list[int]
) -> None:
    """Whatever the maxima hold back, and however a debt that the periods pay meanwhile lets them through."""
    plan = Plan(
        "p",
        allowances=[Allowance(daily)],
        offers=[PACK],
        auto_top_up=AutoTopUp("pack", every=every, cool_down=timedelta(hours=30), **maxima),
        period=periods.calendar_day(),
    )
    wallet = Wallet.open(plan, id="x", at=on(7, 1), debt={"tokens": owed} if owed else None).wallet
    chosen = {"purchase": 20} if fixed else {"target": 30}
    wallet = wallet.set_auto_top_up(threshold=10, **chosen, at=on(7, 1, 9)).wallet
    if first is not None and wallet.at(wallet.clock).pending():
        more = {"payment": "p"} if first == "confirm" else {}
        wallet = getattr(wallet, first)("charge:1", at=on(7, 1, 9), **more).wallet
        wallet = wallet.spend(again, at=on(7, 1, 9), overdraw=True).wallet
    jump = wallet.advance(wallet.clock + timedelta(hours=sum(steps)))
    walked, notices, requests, at = wallet, [], [], wallet.clock
    for hours in steps:
        at += timedelta(hours=hours)
        change = walked.advance(at)
        walked, notices, requests = change.wallet, [*notices, *change.notices], [*requests, *change.requests]
    assert normal(jump.wallet) == normal(walked)
    assert ([*jump.notices], [*jump.requests]) == (notices, requests)


@given(
    pieces=st.lists(st.integers(1, 9), min_size=1, max_size=12),
    fixed=st.booleans(),
    spend_max=st.integers(0, 40).map(Decimal),
    rests=st.booleans(),
)
def test_use_in_pieces_asks_and_tells_as_use_at_once(
    pieces: list[int], fixed: bool, spend_max: Decimal, rests: bool
) -> None:
    """The short way of a spend and the long one, whatever is held back, pending, or resting."""
    chosen = {"threshold": 30, **({"purchase": 20} if fixed else {"target": 60})}
    wallet = tokens(110).set_auto_top_up(**chosen, spend_max=spend_max, at=on(7, 1)).wallet
    if rests:
        wallet = wallet.spend(81, at=on(7, 1)).wallet
        for charge in wallet.at(on(7, 1)).pending():
            wallet = wallet.decline(charge, at=on(7, 1)).wallet
    else:
        wallet = wallet.spend(61, at=on(7, 1)).wallet
    amount = min(sum(pieces), 29)
    short = long = wallet
    notices: list[str] = []
    for piece in pieces:
        amount = min(piece, short.at(on(7, 1, 9)).balance())  # type: ignore[type-var,assignment]  # tokens
        one = short.spend(amount, at=on(7, 1, 9))
        other = long._spend(amount, None, on(7, 1, 9), None, partial=False, overdraw=False, ref=None, by=None)
        assert (one.entries, one.wallet) == (other.entries, other.wallet)
        short, long, notices = one.wallet, other.wallet, [*notices, *told(one)]
    assert len(notices) <= 1
