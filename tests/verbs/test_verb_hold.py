"""`hold`: what is set aside, from where, for how long, and what it counts against meanwhile."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.cases import holding, lefts, on, opened_on
from tests.support.rich import after, july, opened
from tokenpurse import (
    Alert,
    Allowance,
    AtZero,
    AutoTopUp,
    Balance,
    Bound,
    Limit,
    Offer,
    PayAsYouGo,
    Plan,
    Price,
    Wallet,
    policies,
)
from tokenpurse import entries as e
from tokenpurse.errors import (
    AmountError,
    ArgumentError,
    ClockError,
    ConflictError,
    LimitReached,
    Locked,
    NotEnough,
    PurseError,
    UnknownNameError,
    WalletClosed,
    WalletFrozen,
    WalletPaused,
)

MICRO = timedelta(microseconds=1)
NOON = on(7, 2, 12)
TEN_MINUTES = timedelta(minutes=10)
MONTH = timedelta(days=30)
PLAIN = Plan("p", allowances=[Allowance(1_000)])


def held(wallet: Wallet, amount: Any = 600, meter: str | None = None, **more: Any) -> Wallet:
    """The wallet with one more hold, `h` until ten minutes past noon unless said otherwise."""
    named: dict[str, Any] = {"at": NOON, "ref": "h", "until": TEN_MINUTES, **more}
    return wallet.hold(amount, meter, **named).wallet


# -- what is set aside ---------------------------------------------------------------------------------------------


def test_a_view_lists_what_each_hold_holds() -> None:
    """By unit as it was asked, whoever covers it: money as money."""
    plan = Plan("p", allowances=[Allowance(100), Allowance(10, "sms")], prices=[Price("sms", Decimal("0.05"))])
    wallet = opened_on(plan, balances=[Balance("credit", Decimal(5), "USD")])
    wallet = held(held(wallet, {"tokens": 40, "sms": 12}), Decimal("1.50"), "USD", ref="i")

    assert [hold.amounts for hold in wallet.at(NOON).holds()] == [{"tokens": 40, "sms": 12}, {"USD": Decimal("1.50")}]


def test_a_hold_says_what_it_took_and_until_when() -> None:
    """The entry has all of it, and the wallet shows the hold under its ref."""
    change = opened_on(PLAIN).hold(600, at=NOON, ref="h", until=TEN_MINUTES, labels={"model": "x"}, by="ann")

    entry = change.entry
    assert isinstance(entry, e.Held)
    assert (entry.until, entry.labels, entry.by) == (NOON + TEN_MINUTES, (("model", "x"),), "ann")
    assert [(draw.amount, draw.left) for use in entry.uses for draw in use.draws] == [(600, 400)]
    assert change.moved == {"tokens": 600}
    (hold,) = change.view.holds()
    assert (hold.id, hold.since, hold.until, hold.uses, hold.labels) == (
        "h",
        NOON,
        NOON + TEN_MINUTES,
        entry.uses,
        entry.labels,
    )


def test_what_a_wallet_shows_while_something_is_held() -> None:
    """Held is not left and not used yet; the bucket and its gauge count it as used, lifetime totals do not."""
    view = held(opened_on(PLAIN)).at(NOON)
    (bucket,) = view.buckets()

    assert (view.available(), view.balance(), view.held(), view.usage()) == (400, 400, 600, 0)
    assert (bucket.left, bucket.held, bucket.used, bucket.opening, bucket.spent) == (400, 600, 600, 1_000, 0)
    assert (view.gauge().used, view.gauge().size) == (600, 1_000)
    assert view.lifetime().spent == 0


def test_several_holds_stand_side_by_side() -> None:
    """Each has its own name, amount and deadline, and each ends by itself."""
    wallet = opened_on(PLAIN)
    for name, amount in (("a", 100), ("b", 200), ("c", 300)):
        wallet = held(wallet, amount, ref=name, until=TEN_MINUTES * amount)
    assert [one.id for one in wallet.at(NOON).holds()] == ["a", "b", "c"]
    assert (wallet.at(NOON).held(), wallet.at(NOON).available()) == (600, 400)

    wallet = wallet.release("b", at=NOON).wallet
    assert [one.id for one in wallet.at(NOON).holds()] == ["a", "c"]
    wallet = wallet.capture("c", 250, at=NOON).wallet
    assert (wallet.at(NOON).held(), wallet.at(NOON).usage(), wallet.at(NOON).available()) == (100, 250, 650)


def test_holds_of_one_deadline_lapse_in_one_entry() -> None:
    """And an earlier one in an entry of its own, at its own moment."""
    wallet = opened_on(PLAIN)
    for name, minutes in (("a", 10), ("b", 5), ("c", 10)):
        wallet = held(wallet, 10, ref=name, until=timedelta(minutes=minutes))

    change = wallet.advance(on(7, 3))

    assert [
        (entry.at, [one.hold for one in entry.ended]) for entry in change.entries if isinstance(entry, e.Lapsed)
    ] == [
        (NOON + timedelta(minutes=5), ["b"]),
        (NOON + TEN_MINUTES, ["a", "c"]),
    ]
    assert (change.view.held(), change.view.available()) == (0, 1_000)


POLICY_CASES = [
    (policies.DEFAULT, 150, [0, 150, 100]),
    (policies.by_kind("top_up"), 150, [100, 150, 0]),
    (policies.evenly(), 120, [60, 180, 40]),
]


@pytest.mark.parametrize(("policy", "amount", "left"), POLICY_CASES)
def test_a_hold_draws_as_a_spend_would(policy: Any, amount: int, left: list[int]) -> None:
    """From the same buckets, as much of each."""
    plan = Plan("p", allowances=[Allowance(100)], draw=policy)
    wallet = opened_on(plan, balances=[Balance("promo", 200), Balance("top_up", 100)])
    order = ["quota", "promo", "top_up"]

    def by_kind(wallet: Wallet) -> list[Any]:
        kinds = {bucket.kind: bucket.left for bucket in wallet.at(NOON).buckets()}
        return [kinds[kind] for kind in order]

    spent = by_kind(wallet.spend(amount, at=NOON).wallet)
    assert by_kind(held(wallet, amount)) == spent
    if policy == policies.evenly():
        assert sum(spent) == 400 - amount


def test_evenly_counts_what_is_held_as_used() -> None:
    """So a spend beside a hold goes on where the hold left off, and a split of the two changes nothing."""
    plan = Plan("p", allowances=[Allowance(2_000)], draw=policies.evenly())
    wallet = opened_on(plan, balances=[Balance("top_up", 500)])
    at_once = wallet.spend(1_000, at=NOON).view.by_kind()

    assert held(wallet, 1_000).at(NOON).by_kind() == at_once == {"quota": 1_200, "top_up": 300}
    assert held(wallet, 400).spend(600, at=NOON).view.by_kind() == at_once


def test_several_meters_in_one_hold() -> None:
    """All of them, or none."""
    plan = Plan("p", allowances=[Allowance(100), Allowance(5, "sms")])
    wallet = opened_on(plan)
    view = held(wallet, {"sms": 2, "tokens": 30}).at(NOON)
    assert (view.held(), view.held("sms"), view.available(), view.available("sms")) == (30, 2, 70, 3)
    with pytest.raises(NotEnough):
        held(wallet, {"sms": 6, "tokens": 30})


@pytest.mark.parametrize(("asked", "there"), [(1, 1), (999, 999), (1_000, 1_000), (5_000, 1_000)])
def test_partial_holds_what_is_there(asked: int, there: int) -> None:
    """`moved` says how much; a repeat says the same."""
    change = opened_on(PLAIN).hold(asked, at=NOON, ref="h", until=TEN_MINUTES, partial=True)
    assert change.moved == {"tokens": there}
    assert change.view.held() == there
    again = change.wallet.hold(asked, at=NOON, ref="h", until=TEN_MINUTES, partial=True)
    assert (again.repeated, again.moved) == (True, {"tokens": there})


def test_partial_within_a_limit() -> None:
    """A limit bounds what is there."""
    plan = Plan("p", allowances=[Allowance(1_000)], limits=[Limit("cap", 70)])
    assert held(opened_on(plan), 500, partial=True).at(NOON).held() == 70


# -- what cannot be held -------------------------------------------------------------------------------------------

BAD: list[tuple[dict[str, Any], type[PurseError]]] = [
    ({"amount": 0}, AmountError),
    ({"amount": {"tokens": 5, "sms": 0}}, AmountError),
    ({"amount": {}}, AmountError),
    ({"amount": -1}, AmountError),
    ({"amount": 1.5}, AmountError),
    ({"amount": True}, AmountError),
    ({"amount": {"tokens": 1, "sms": 1}, "partial": True}, AmountError),
    ({"amount": 1, "meter": "gold"}, UnknownNameError),
    ({"amount": 1_001}, NotEnough),
    ({"ref": ""}, ArgumentError),
    ({"ref": "a\nb"}, ArgumentError),
    ({"ref": None}, ArgumentError),
    ({"until": timedelta()}, ClockError),
    ({"until": -MICRO}, ClockError),
    ({"until": MONTH + MICRO}, ClockError),
    ({"until": NOON}, ClockError),
    ({"until": NOON - MICRO}, ClockError),
    ({"until": NOON + MONTH + MICRO}, ClockError),
    ({"until": NOON.replace(tzinfo=None)}, ClockError),
    ({"until": 600}, (ClockError, ArgumentError)),
    ({"partial": 1}, ArgumentError),
    ({"labels": {"a": 1}}, ArgumentError),
]


@pytest.mark.parametrize(("said", "error"), BAD)
def test_what_cannot_be_held(said: dict[str, Any], error: Any) -> None:
    """Each with its own kind of error, and the wallet is as it was."""
    wallet = opened_on(Plan("p", allowances=[Allowance(1_000), Allowance(5, "sms")]))
    arguments = {"amount": 1, "meter": None, **said}
    with pytest.raises(error):
        held(wallet, arguments.pop("amount"), arguments.pop("meter"), **arguments)
    assert wallet.at(NOON).holds() == ()


@pytest.mark.parametrize("until", [MICRO, MONTH, NOON + MICRO, NOON + MONTH])
def test_a_deadline_is_a_moment_or_a_duration(until: Any) -> None:
    """From the next instant to 30 days on, and exclusive: at the deadline itself it has lapsed."""
    wallet = held(opened_on(PLAIN), until=until)
    (hold,) = wallet.at(NOON).holds()
    assert hold.until == (NOON + until if isinstance(until, timedelta) else until)
    assert len(wallet.at(hold.until - MICRO).holds()) == 1
    assert wallet.at(hold.until).holds() == ()
    assert wallet.at(NOON).next_due() == min(hold.until, on(8, 1))


def test_the_deadline_counts_from_the_moment_it_is_booked_at() -> None:
    """A clock a little behind is booked at the wallet's, and so are the ten minutes."""
    wallet = opened_on(PLAIN).spend(1, at=NOON).wallet
    (hold,) = held(wallet, at=NOON - timedelta(minutes=2)).at(NOON).holds()
    assert (hold.since, hold.until) == (NOON, NOON + TEN_MINUTES)


@pytest.mark.parametrize(
    ("stop", "error"), [("freeze", WalletFrozen), ("pause", WalletPaused), ("close", WalletClosed)]
)
def test_nothing_is_held_while_nothing_can_be_spent(stop: str, error: Any) -> None:
    """Frozen, paused, closed."""
    stopped = getattr(opened_on(PLAIN), stop)(at=NOON).wallet
    with pytest.raises(error):
        held(stopped)


def test_a_thousand_holds_and_no_more() -> None:
    """The bound is on open ones: when one ends, there is room again."""
    wallet = opened_on(Plan("p", allowances=[Allowance(2_000)]))
    for number in range(1_000):
        wallet = held(wallet, 1, ref=f"h{number}")
    with pytest.raises(AmountError, match="1,000 open holds"):
        held(wallet, 1, ref="more")
    assert held(wallet.release("h5", at=NOON).wallet, 1, ref="more").at(NOON).held() == 1_000


def test_locked_kinds_cannot_be_held() -> None:
    """The refusal is that of a spend."""
    plan = Plan("p", allowances=[Allowance(10)], usable={"quota"})
    wallet = opened_on(plan, balances=[Balance("top_up", 50)])
    with pytest.raises(Locked):
        held(wallet, 11)
    assert held(wallet, 10).at(NOON).locked() == 50


def test_what_has_not_started_cannot_be_held() -> None:
    """It can, once it has."""
    wallet = opened_on(PLAIN).grant(50, at=NOON, starts=NOON + TEN_MINUTES).wallet
    with pytest.raises(NotEnough):
        held(wallet, 1_001)
    assert held(wallet, 1_001, at=NOON + TEN_MINUTES).at(NOON + TEN_MINUTES).available() == 49


def test_an_overdraft_is_not_held() -> None:
    """A hold sets aside what is there; what may be owed is not there. A spend may use it."""
    plan = Plan("p", allowances=[Allowance(100)], at_zero=AtZero(overdraft=50))
    wallet = opened_on(plan)
    assert wallet.at(NOON).available() == 150
    with pytest.raises(NotEnough) as refused:
        held(wallet, 101)
    assert refused.value.available == 100
    assert held(wallet, 100).at(NOON).available() == 50


def test_a_free_action_is_held_without_touching_anything() -> None:
    """It is a hold of nothing: it has a name, can be captured, and costs nothing."""
    wallet = opened_on(Plan("p", allowances=[Allowance(10)], prices=[Price("search", Decimal(0))]))
    wallet = held(wallet, 1_000, "search")
    view = wallet.at(NOON)
    assert (view.available(), view.held(), view.held("search"), len(view.holds())) == (10, 0, 0, 1)
    done = wallet.capture("h", {"search": 3}, at=NOON)
    assert (done.view.available(), done.view.usage("search"), done.view.holds()) == (10, 0, ())


# -- refs ----------------------------------------------------------------------------------------------------------


def test_the_same_hold_again_is_a_repeat() -> None:
    """Whatever moment, role and deadline: also after the clock moved on, after it ended, and after closing."""
    first = opened_on(PLAIN).hold(600, at=NOON, ref="h", until=TEN_MINUTES)
    later = first.wallet.advance(on(7, 20)).wallet
    for wallet in (first.wallet, later, first.wallet.capture("h", 5, at=NOON).wallet, later.close(at=on(7, 21)).wallet):
        again = wallet.hold(600, at=NOON, ref="h", until=MONTH, by="ben")
        assert (again.repeated, again.entries, again.wallet is wallet) == (True, (), True)
        assert again.first is not None
        assert (again.first.at, again.first.sequence, again.moved) == (NOON, first.wallet.version, {"tokens": 600})


OTHERS: dict[str, Any] = {
    "hold of more": lambda wallet: held(wallet, 601),
    "hold with labels": lambda wallet: held(wallet, labels={"a": "b"}),
    "hold of what is there": lambda wallet: held(wallet, partial=True),
    "spend": lambda wallet: wallet.spend(600, at=NOON, ref="h"),
    "release": lambda wallet: wallet.release("h", at=NOON, ref="h"),
    "capture": lambda wallet: wallet.capture("h", 600, at=NOON, ref="h"),
}


@pytest.mark.parametrize("how", OTHERS)
@pytest.mark.parametrize("ended", [False, True])
def test_a_holds_ref_means_nothing_else(how: str, *, ended: bool) -> None:
    """Open or over: other words under the same ref are a conflict."""
    wallet = held(opened_on(PLAIN))
    wallet = wallet.advance(NOON + TEN_MINUTES).wallet if ended else wallet
    with pytest.raises(ConflictError, match="ref h was used for hold 600"):
        OTHERS[how](wallet)


def test_a_ref_that_means_something_else_names_no_hold() -> None:
    """Of a spend, or of a capture with a ref of its own."""
    spent = opened_on(PLAIN).spend(5, at=NOON, ref="r").wallet
    with pytest.raises(ConflictError, match="ref r was used for spend"):
        held(spent, ref="r")
    captured = held(opened_on(PLAIN)).capture("h", 5, at=NOON, ref="c").wallet
    with pytest.raises(ConflictError, match="ref c was used for capture h"):
        held(captured, ref="c")
    paid = opened_on(PLAIN).grant(5, at=NOON, ref="r").wallet  # payments are a namespace of their own
    assert held(paid, ref="r").at(NOON).held() == 600


# -- what it counts against ----------------------------------------------------------------------------------------


def test_holds_cross_no_alert_and_ask_for_no_auto_top_up() -> None:
    """Their capture does, once it is known what was used."""
    plan = Plan(
        "p",
        allowances=[Allowance(100)],
        offers=[Offer("pack", price=Decimal(1), pack=50)],
        alerts=[Alert("low", "left", below=Bound("allowance", Decimal("0.2"))), Alert("used", "used", at_or_above=50)],
        auto_top_up=AutoTopUp("pack"),
    )
    wallet = opened_on(plan).set_auto_top_up(threshold=30, purchase=50, at=NOON, by="ann").wallet

    change = wallet.hold(90, at=NOON, ref="h", until=TEN_MINUTES)
    assert (change.notices, change.requests, change.view.alerts()) == ((), (), ())
    assert change.wallet.release("h", at=NOON).notices == ()
    little = change.wallet.capture("h", 20, at=NOON)
    assert (little.notices, little.requests) == ((), ())
    much = change.wallet.capture("h", 85, at=NOON)
    assert [notice.name for notice in much.notices] == ["low", "used"]
    assert len(much.requests) == 1


LIMITS: dict[str, Limit] = {
    "of the period": Limit("cap", 100),
    "of a day": Limit("cap", 100, window=timedelta(days=1)),
    "of a label": Limit("cap", 100, per="member"),
}


@pytest.mark.parametrize("which", LIMITS)
def test_a_limit_counts_what_is_held_and_gives_it_back(which: str) -> None:
    """Until it ends; then it counts what was captured."""
    wallet = opened_on(Plan("p", allowances=[Allowance(1_000)], limits=[LIMITS[which]]))
    labels = {"member": "ann"}
    wallet = held(wallet, 60, labels=labels)
    assert wallet.at(NOON).available(labels=labels) == 40
    for verb in (wallet.spend, wallet.hold):
        more: dict[str, Any] = {} if verb == wallet.spend else {"ref": "other", "until": TEN_MINUTES}
        with pytest.raises(LimitReached):
            verb(41, at=NOON, labels=labels, **more)

    assert wallet.release("h", at=NOON).view.available(labels=labels) == 100
    assert wallet.at(NOON + TEN_MINUTES).available(labels=labels) == 100
    done = wallet.capture("h", 25, at=NOON)
    assert done.view.available(labels=labels) == 75
    with pytest.raises(LimitReached):
        done.wallet.spend(76, at=NOON, labels=labels)


def test_a_label_of_its_own_is_another_count() -> None:
    """What ann holds does not stop ben, and what nobody is named for counts for nobody."""
    wallet = opened_on(Plan("p", allowances=[Allowance(1_000)], limits=[Limit("cap", 100, per="member")]))
    wallet = held(held(wallet, 100, labels={"member": "ann"}), 300, ref="nobody")
    views = {name: wallet.at(NOON).available(labels={"member": name}) for name in ("ann", "ben")}
    assert views == {"ann": 0, "ben": 100}
    assert wallet.at(NOON).available() == 600


def test_a_limit_on_money_counts_the_price_of_what_is_held() -> None:
    """Pay-as-you-go and credits alike."""
    billed = Plan("p", allowances=[Allowance(10)], pay_as_you_go=[PayAsYouGo(Decimal(1), per=10)])
    priced = Plan("p", allowances=[Allowance(10)], prices=[Price("tokens", Decimal(1), per=10)])
    for plan in (billed, priced):
        capped = Plan(
            "capped",
            allowances=plan.allowances,
            pay_as_you_go=plan.pay_as_you_go,
            prices=plan.prices,
            offers=[Offer("cash", unit="USD", price=Decimal(1))],
            limits=[Limit("budget", Decimal(2), unit="USD")],
        )
        wallet = opened_on(capped, balances=[Balance("credit", Decimal(100), "USD")] if plan is priced else [])
        wallet = held(wallet, 25)
        assert wallet.at(NOON).available() == 5
        assert wallet.capture("h", 12, at=NOON).view.available() == 18


def test_a_hold_counts_in_the_window_that_its_capture_is_in() -> None:
    """While open it counts in every window; when captured, in the one of the capture; the old one gets nothing."""
    limit = Limit("cap", 100, window=timedelta(hours=1))
    wallet = opened_on(Plan("p", allowances=[Allowance(1_000)], limits=[limit])).spend(30, at=NOON).wallet
    wallet = held(wallet, 60, until=timedelta(hours=5))
    later = NOON + timedelta(hours=1)
    assert (wallet.at(NOON).available(), wallet.at(later).available()) == (10, 40)
    done = wallet.capture("h", 50, at=later).wallet
    assert done.at(later).available() == 50
    assert done.at(later + timedelta(hours=1)).available() == 100


def test_a_hold_over_a_reset_counts_in_the_new_period() -> None:
    """The limit of August lets through less while July's hold is open."""
    wallet = opened_on(Plan("p", allowances=[Allowance(1_000)], limits=[Limit("cap", 700)]))
    wallet = held(wallet, 600, at=on(7, 31), until=MONTH)
    august = on(8, 2)
    assert (wallet.at(august).available(), wallet.at(august).gauge().used) == (100, 600)
    assert wallet.release("h", at=august).view.available() == 700
    done = wallet.capture("h", 250, at=august)
    assert (done.view.available(), done.view.usage()) == (450, 250)


# -- prices --------------------------------------------------------------------------------------------------------

CASH = Offer("cash", unit="USD", price=Decimal(1))


def test_a_price_is_held_at_its_most() -> None:
    """A spend may draw a step less, since what was paid before covers a part; the hold cannot know."""
    rate = Price("tokens", Decimal("0.000001"), per=3)
    wallet = holding(Balance("credit", Decimal("0.00001"), "USD"), prices=[rate], offers=[CASH])
    wallet = wallet.spend(1, "tokens", at=NOON).wallet  # pays for three

    assert wallet.spend(2, "tokens", at=NOON).view.balance("USD") == Decimal("0.000009")
    assert held(wallet, 2, "tokens").at(NOON).balance("USD") == Decimal("0.000008")
    assert held(wallet, 2, "tokens").capture("h", at=NOON).view.balance("USD") == Decimal("0.000009")


def test_pay_as_you_go_is_held_as_quantity() -> None:
    """It takes nothing out of the wallet, counts against the limit, and stands on no line until it is captured."""
    plan = Plan("p", allowances=[Allowance(10)], pay_as_you_go=[PayAsYouGo(Decimal(3), per=1_000)])
    wallet = held(opened_on(plan), 510)
    view = wallet.at(NOON)
    assert (lefts(view), view.held(), view.accrued()) == ([0], 510, ())
    done = wallet.capture("h", 110, at=NOON).view
    assert [(line.quantity, line.cost.amount) for line in done.accrued()] == [(100, Decimal("0.300000"))]
    assert wallet.release("h", at=NOON).view.accrued() == ()


def test_a_refusal_says_to_wait_for_a_hold_to_lapse() -> None:
    """What other requests hold comes back by itself, at the latest at their deadline."""
    wallet = after(lambda w: w.hold(900, at=july(2), ref="h", until=timedelta(minutes=10)))
    with pytest.raises(NotEnough) as caught:
        wallet.spend(600, at=july(2))

    [remedy] = [one for one in caught.value.remedies if one.kind == "wait"]
    assert july(2) + timedelta(minutes=10) == remedy.until
    assert wallet.spend(600, at=remedy.until).entries


def test_no_refusal_of_a_hold_says_to_wait_beyond_its_own_deadline() -> None:
    """Once it is past, the very same hold could not be asked for any more; what lasts so long can be."""
    wallet = opened().wallet
    for until, waits in ((july(3), False), (timedelta(days=1), True)):
        with pytest.raises(NotEnough) as caught:
            wallet.spend(500, at=july(2)).wallet.hold(600, at=july(2), ref="h", until=until)
        assert waits == ("wait" in {one.kind for one in caught.value.remedies})


def test_no_refusal_of_a_capture_says_to_wait_until_its_hold_is_over() -> None:
    wallet = after(lambda w: w.hold(600, at=july(2), ref="h", until=timedelta(minutes=10)))
    with pytest.raises(NotEnough) as caught:
        wallet.capture("h", 1_600, at=july(2), over="spend")
    assert "wait" not in {one.kind for one in caught.value.remedies}
