"""`capture`, `release` and the lapse: what is used of a hold, and where the rest goes, whatever happened meanwhile."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cases import holding, lefts, on, opened_on
from tokenpurse import (
    Allowance,
    Balance,
    Change,
    Limit,
    Offer,
    PayAsYouGo,
    Plan,
    Price,
    Rollover,
    Switch,
    Wallet,
    periods,
    policies,
)
from tokenpurse import entries as e
from tokenpurse.errors import (
    AmountError,
    ArgumentError,
    ConflictError,
    HoldEnded,
    LimitReached,
    Locked,
    NotEnough,
    OutOfBounds,
    UnknownNameError,
    WalletClosed,
    WalletFrozen,
)

NOON = on(7, 2, 12)
MICRO = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
TEN_MINUTES = timedelta(minutes=10)
MONTH = timedelta(days=30)
PLAIN = Plan("p", allowances=[Allowance(1_000)])
CASH = Offer("cash", unit="USD", price=Decimal(1))


def held(wallet: Wallet, amount: Any = 600, meter: str | None = None, **more: Any) -> Wallet:
    """The wallet with one more hold, `h` until ten minutes past noon unless said otherwise."""
    named: dict[str, Any] = {"at": NOON, "ref": "h", "until": TEN_MINUTES, **more}
    return wallet.hold(amount, meter, **named).wallet


# -- how much ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("amount", "used"), [(0, 0), (1, 1), (599, 599), (600, 600), (None, 600)])
def test_what_is_captured_is_used_and_the_rest_comes_back(amount: int | None, used: int) -> None:
    """Zero gives all back; nothing said uses all."""
    change = held(opened_on(PLAIN)).capture("h", amount, at=NOON)
    view = change.view
    assert (view.usage(), view.available(), view.held(), view.holds()) == (used, 1_000 - used, 0, ())
    assert change.moved == ({"tokens": used} if used else {})
    assert (view.gauge().used, view.lifetime().spent) == (used, used)


@pytest.mark.parametrize(("amount", "over"), [(601, 1), (1_000, 400), (999, 399)])
def test_above_the_hold_it_is_refused_or_spent_beside(amount: int, over: int) -> None:
    """Both in one entry, which says what of it was held and what was not."""
    wallet = held(opened_on(PLAIN))
    with pytest.raises(OutOfBounds, match=f"{amount:,} tokens asked, hold h holds 600") as refused:
        wallet.capture("h", amount, at=NOON)
    assert (refused.value.asked, refused.value.available) == (amount, 600)

    change = wallet.capture("h", amount, at=NOON, over="spend")
    entry = change.entry
    assert isinstance(entry, e.Captured)
    assert ([use.amount for use in entry.uses], [use.amount for use in entry.extra]) == ([600], [over])
    assert (change.moved, change.view.available()) == ({"tokens": amount}, 1_000 - amount)


def test_over_spend_takes_both_or_nothing() -> None:
    """Short, limited, locked or frozen: the hold is still open then, and whole."""
    limited = Plan("p", allowances=[Allowance(1_000)], limits=[Limit("cap", 700)])
    locked = Plan("p", allowances=[Allowance(700)], usable={"quota"})
    cases: list[tuple[Wallet, Any]] = [
        (held(opened_on(PLAIN)), NotEnough),
        (held(opened_on(limited)), LimitReached),
        (held(opened_on(locked, balances=[Balance("top_up", 500)])), Locked),
        (held(opened_on(PLAIN)).freeze(at=NOON).wallet, WalletFrozen),
    ]
    for wallet, error in cases:
        with pytest.raises(error):
            wallet.capture("h", 1_001, at=NOON, over="spend")
        assert (wallet.at(NOON).held(), wallet.at(NOON).usage()) == (600, 0)


def test_what_is_held_can_be_used_while_the_wallet_is_frozen_or_paused() -> None:
    """It was set aside before; only what goes beyond it is a new spend."""
    for stop in ("freeze", "pause"):
        wallet = getattr(held(opened_on(PLAIN)), stop)(at=NOON).wallet
        assert wallet.capture("h", 600, at=NOON, over="spend").view.usage() == 600
        assert wallet.release("h", at=NOON).view.balance() == 1_000


def test_of_several_meters_each_has_its_own() -> None:
    """What a mapping leaves out comes back whole; what the hold has not is beyond it."""
    plan = Plan("p", allowances=[Allowance(100), Allowance(20, "sms"), Allowance(9, "mails")])
    wallet = held(opened_on(plan), {"tokens": 50, "sms": 10})

    def left(change: Change) -> tuple[Any, ...]:
        return tuple(change.view.balance(name) for name in ("tokens", "sms", "mails"))

    assert left(wallet.capture("h", {"sms": 4}, at=NOON)) == (100, 16, 9)
    assert left(wallet.capture("h", {"sms": 0, "tokens": 50}, at=NOON)) == (50, 20, 9)
    assert left(wallet.capture("h", {}, at=NOON)) == (100, 20, 9)
    assert left(wallet.capture("h", at=NOON)) == (50, 10, 9)
    assert left(wallet.capture("h", {"sms": 12, "mails": 3}, at=NOON, over="spend")) == (100, 8, 6)
    for beyond in ({"sms": 11}, {"sms": 1, "mails": 1}):
        with pytest.raises(OutOfBounds):
            wallet.capture("h", beyond, at=NOON)
    with pytest.raises(NotEnough):
        wallet.capture("h", {"sms": 12, "mails": 10}, at=NOON, over="spend")


def test_a_bare_amount_is_of_the_holds_only_meter() -> None:
    """Whatever the plan's first is."""
    plan = Plan("p", allowances=[Allowance(100), Allowance(20, "sms")])
    view = held(opened_on(plan), 10, "sms").capture("h", 4, at=NOON).view
    assert (view.balance(), view.balance("sms")) == (100, 16)


def test_a_bare_amount_of_a_hold_of_several_meters_is_no_answer() -> None:
    """It would give all of the others back; nothing at all, and all of it, are clear."""
    plan = Plan("p", allowances=[Allowance(100), Allowance(20, "sms")])
    wallet = held(opened_on(plan), {"tokens": 10, "sms": 5})
    for over in ("refuse", "spend"):
        with pytest.raises(AmountError, match="hold h is of sms, tokens: give a mapping of meters to amounts"):
            wallet.capture("h", 4, at=NOON, over=over)  # type: ignore[arg-type]
    assert wallet.capture("h", 0, at=NOON).moved == {}
    assert wallet.capture("h", at=NOON).moved == {"tokens": 10, "sms": 5}


BAD: list[tuple[dict[str, Any], Any]] = [
    ({"amount": -1}, AmountError),
    ({"amount": 1.0}, AmountError),
    ({"amount": Decimal(1)}, AmountError),
    ({"amount": {"gold": 1}}, UnknownNameError),
    ({"over": "debt"}, ArgumentError),
    ({"hold": "other"}, UnknownNameError),
    ({"hold": ""}, ArgumentError),
    ({"hold": None}, ArgumentError),
]


@pytest.mark.parametrize(("said", "error"), BAD)
def test_what_cannot_be_captured(said: dict[str, Any], error: Any) -> None:
    """Each with its own kind of error, and the hold is still open."""
    wallet = held(opened_on(PLAIN))
    arguments = {"hold": "h", "amount": 1, **said}
    with pytest.raises(error):
        wallet.capture(arguments.pop("hold"), arguments.pop("amount"), at=NOON, **arguments)
    assert wallet.at(NOON).held() == 600


# -- from where, and back to where ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("used", "left"), [(0, [100] * 3), (80, [20, 100, 100]), (150, [0, 50, 100]), (230, [0, 0, 70])]
)
def test_what_was_drawn_first_is_used_first(used: int, left: list[int]) -> None:
    """And what was drawn last comes back first."""
    change = held(holding(100, 100, 100), 250).capture("h", used, at=NOON)
    assert lefts(change.view) == left
    entry = change.entry
    assert isinstance(entry, e.Captured)
    names = [bucket.id for bucket in change.view.buckets()]
    back = [names.index(one.bucket) for one in entry.returned]
    assert back == sorted(back, reverse=True)
    assert sum(one.steps for one in entry.returned) == 250 - used


@given(st.lists(st.integers(1, 50), min_size=1, max_size=4), st.integers(1, 200), st.integers(0, 200))
def test_a_hold_and_its_capture_leave_what_a_spend_would_have_left(sizes: list[int], amount: int, used: int) -> None:
    """Bucket by bucket, where nothing happens in between."""
    amount = min(amount, sum(sizes))
    used = min(used, amount)
    wallet = holding(*sizes)
    captured = held(wallet, amount).capture("h", used, at=NOON).view
    spent = wallet.spend(used, at=NOON).view
    assert [(one.left, one.used, one.spent) for one in captured.buckets()] == [
        (one.left, one.used, one.spent) for one in spent.buckets()
    ]


def test_evenly_gives_back_in_reverse_too() -> None:
    """60 and 60 were held of two equal ones; 50 are used of the first, and the next spend makes up for it."""
    plan = Plan("p", allowances=[Allowance(100)], draw=policies.evenly())
    wallet = held(opened_on(plan, balances=[Balance("top_up", 100)]), 120)
    done = wallet.capture("h", 50, at=NOON)
    assert done.view.by_kind() == {"quota": 50, "top_up": 100}
    assert done.wallet.spend(70, at=NOON).view.by_kind() == {"quota": 40, "top_up": 40}


# -- ends once -----------------------------------------------------------------------------------------------------

ENDS: dict[str, Any] = {
    "captured": lambda wallet, at: wallet.capture("h", 100, at=at),
    "released": lambda wallet, at: wallet.release("h", at=at),
    "lapsed": lambda wallet, at: wallet.advance(max(at, NOON + TEN_MINUTES)),
}
THEN: dict[str, Any] = {
    "captured": lambda wallet, at: wallet.capture("h", 200, at=at),
    "released": lambda wallet, at: wallet.release("h", at=at),
}


@pytest.mark.parametrize(("how", "then"), [pair for pair in product(ENDS, THEN) if pair != ("released", "released")])
@pytest.mark.parametrize("late", [timedelta(), MICRO, timedelta(days=9)])
def test_each_end_after_each_other_says_what_happened(how: str, then: str, late: timedelta) -> None:
    """How it ended, when, and what can be done now."""
    first = ENDS[how](held(opened_on(PLAIN)), NOON)
    when = NOON + TEN_MINUTES if how == "lapsed" else NOON
    with pytest.raises(
        HoldEnded, match=f"hold h (was )?{how} at {when:%Y-%m-%dT%H:%M:%SZ}.*cannot be {then}"
    ) as refused:
        THEN[then](first.wallet, when + late)
    error = refused.value
    assert (error.hold, error.how, error.at) == ("h", how, when)


@pytest.mark.parametrize(
    ("how", "now", "right"),
    [
        ("capture", "capture", "what goes beyond it is a spend"),
        ("capture", "release", "use is given back with refund"),
        ("release", "capture", "what was used is a spend"),
        ("release", "release", "all of it was given back already"),
        ("lapse", "capture", "what was used is a spend"),
        ("lapse", "release", "all of it was given back already"),
    ],
)
def test_the_refusal_says_what_would_be_right(how: str, now: str, right: str) -> None:
    """It depends on how the hold ended, and on what is asked now."""
    wallet, late = held(opened_on(PLAIN)), NOON + TEN_MINUTES
    wallet = wallet.advance(late).wallet if how == "lapse" else getattr(wallet, how)("h", at=NOON, ref="one").wallet
    with pytest.raises(HoldEnded, match=f"; {right}$"):
        getattr(wallet, now)("h", at=wallet.clock, ref="two")


def test_it_lapses_before_anything_else_at_its_deadline() -> None:
    """A capture at the very deadline is too late; an instant before it is not."""
    wallet = held(opened_on(PLAIN))
    assert wallet.capture("h", 5, at=NOON + TEN_MINUTES - MICRO).view.usage() == 5
    with pytest.raises(HoldEnded, match="lapsed"):
        wallet.capture("h", 5, at=NOON + TEN_MINUTES)
    assert wallet.version == 2  # the refusal left nothing behind


@pytest.mark.parametrize("ref", [None, "r"])
@pytest.mark.parametrize("how", THEN)
def test_the_same_end_again_is_a_repeat(how: str, ref: str | None) -> None:
    """With or without a ref; later, and after closing."""

    def end(wallet: Wallet, at: Any) -> Change:
        return wallet.capture("h", 200, at=at, ref=ref) if how == "captured" else wallet.release("h", at=at, ref=ref)

    first = end(held(opened_on(PLAIN)), NOON)
    later = first.wallet.advance(on(9, 1)).wallet
    for wallet in (first.wallet, later, later.close(at=on(9, 2)).wallet):
        again = end(wallet, NOON)
        assert (again.repeated, again.entries, again.wallet is wallet) == (True, (), True)
        assert again.first is not None
        assert again.first.sequence == first.wallet.version
        assert again.moved == first.moved == {"tokens": 200 if how == "captured" else 600}


def test_other_words_about_an_end_are_no_repeat() -> None:
    """Another amount, another `over`, another ref: the hold has ended. The same ref: a conflict."""
    wallet = held(opened_on(PLAIN)).capture("h", 200, at=NOON, ref="r").wallet
    for other in (
        lambda: wallet.capture("h", 201, at=NOON),
        lambda: wallet.capture("h", at=NOON),
        lambda: wallet.capture("h", 200, at=NOON, over="spend"),
        lambda: wallet.capture("h", 200, at=NOON, ref="s"),
    ):
        with pytest.raises(HoldEnded):
            other()
    for conflict in (
        lambda: wallet.capture("h", 201, at=NOON, ref="r"),
        lambda: wallet.release("h", at=NOON, ref="r"),
        lambda: wallet.spend(200, at=NOON, ref="r"),
        lambda: wallet.release("h", at=NOON, ref="h"),
    ):
        with pytest.raises(ConflictError):
            conflict()


def test_a_ref_that_means_something_else_ends_no_hold() -> None:
    """It is still open."""
    wallet = held(opened_on(PLAIN).spend(5, at=NOON, ref="s").wallet)
    for verb in (wallet.capture, wallet.release):
        with pytest.raises(ConflictError, match="ref s was used for spend 5"):
            verb("h", at=NOON, ref="s")
    assert wallet.at(NOON).held() == 600


def test_a_closed_wallet_gave_every_hold_back() -> None:
    """In the entry that closes it, and what came back is forfeited with the rest."""
    closed = held(opened_on(PLAIN)).close(at=NOON)
    entry = closed.entry
    assert isinstance(entry, e.Closed)
    assert ([one.hold for one in entry.ended], entry.forfeited_by_kind()) == (["h"], {("quota", "tokens"): 1_000})
    for verb in (closed.wallet.capture, closed.wallet.release):
        with pytest.raises(WalletClosed):
            verb("h", at=NOON)


# -- across what happens meanwhile ---------------------------------------------------------------------------------


def test_across_the_end_of_a_bucket() -> None:
    """What was held of it can still be used; what comes back has expired."""
    wallet = held(holding(Balance("promo", 10, expires=NOON + HOUR), Balance("top_up", 5)), 12, until=24 * HOUR)
    later = NOON + 2 * HOUR
    assert wallet.at(later).balance() == 3
    assert wallet.capture("h", 12, at=later).view.usage() == 12
    change = wallet.capture("h", 7, at=later)
    assert (change.view.usage(), change.view.by_kind()) == (7, {"top_up": 5})
    entry = change.entry
    assert isinstance(entry, e.Captured)
    assert [(one.kind, one.amount, one.went) for one in entry.returned] == [
        ("top_up", 2, "back"),
        ("promo", 3, "expired"),
    ]


def test_what_is_extended_meanwhile_takes_back() -> None:
    """The bucket is still there."""
    wallet = holding(Balance("promo", 10, expires=NOON + HOUR))
    wallet = held(wallet, 10, until=24 * HOUR)
    wallet = wallet.extend(wallet.at(NOON).buckets()[0], NOON + 9 * HOUR, at=NOON).wallet
    assert wallet.release("h", at=NOON + 2 * HOUR).view.balance() == 10


CAPS = [(None, 400, 1_000), (700, 400, 700), (400, 400, 400), (100, 100, 100), (0, 0, 0)]


@pytest.mark.parametrize(("cap", "before", "after"), CAPS)
def test_across_a_reset_what_comes_back_is_carried_within_the_cap(cap: int | None, before: int, after: int) -> None:
    """As July's rest was; and August's quota is what it was."""
    plan = Plan("p", allowances=[Allowance(1_000)], rollovers=[Rollover(bank_max=cap)])
    wallet = held(opened_on(plan), at=on(7, 31), until=MONTH)
    august = on(8, 2)

    def banked(change: Change | Wallet) -> Any:
        view = change.view if isinstance(change, Change) else change.at(august)
        assert view.by_kind()["quota"] == 1_000
        return view.by_kind().get("rollover", 0)

    assert (banked(wallet), banked(wallet.release("h", at=august))) == (before, after)
    change = wallet.capture("h", 250, at=august)
    assert banked(change) == min(before + 350, after)
    assert (change.view.usage(), change.view.gauge().used) == (250, 250)


def test_across_a_reset_without_rollover_it_is_forfeited() -> None:
    """Over any number of resets."""
    wallet = held(opened_on(Plan("p", allowances=[Allowance(10)], period=periods.calendar_day())), 6, until=MONTH)
    later = NOON + timedelta(days=20)
    change = wallet.release("h", at=later)
    assert change.view.by_kind() == {"quota": 10}
    entry = change.entry
    assert isinstance(entry, e.Released)
    assert [(one.amount, one.went) for one in entry.returned] == [(6, "forfeited")]
    assert wallet.capture("h", 6, at=later).view.by_kind() == {"quota": 10}


SHOP = {
    "up": Plan("up", allowances=[Allowance(2_000)], rank=2),
    "down": Plan("down", allowances=[Allowance(300)]),
}


@pytest.mark.parametrize(
    ("to", "use", "used", "left"),
    [
        ("up", "counted", 0, 2_000),
        ("up", "counted", 250, 1_750),
        ("up", "counted", 600, 1_400),
        ("up", "cleared", 0, 2_000),
        ("up", "cleared", 600, 2_000),
        ("down", "counted", 0, 300),
        ("down", "counted", 250, 50),
        ("down", "counted", 600, 0),
        ("down", "cleared", 0, 300),
        ("down", "cleared", 600, 300),
    ],
)
def test_across_a_change_of_plan_nothing_is_minted(to: str, use: Any, used: int, left: int) -> None:
    """Counted: the new allowance less what was used after all. Cleared: the new one, whatever was held of the old."""
    switch = Switch(when="now", use=use)
    pro = Plan("pro", allowances=[Allowance(1_000)], rank=1, on_upgrade=switch, on_downgrade=switch)
    wallet = held(opened_on(pro, *SHOP.values()))
    wallet = wallet.change_plan(to, at=NOON).wallet
    new = 2_000 if to == "up" else 300
    assert wallet.at(NOON).balance() == (new if use == "cleared" else max(0, new - 600))
    assert wallet.capture("h", used, at=NOON).view.balance() == left
    assert wallet.at(NOON + TEN_MINUTES).balance() == new


def test_a_forfeited_kind_does_not_take_back() -> None:
    """What the switch forfeits is gone, and so is what comes back of it; a kept rest takes back."""
    for said, back in (({"forfeit": {"promo"}}, {"quota": 10}), ({}, {"quota": 10, "promo": 50})):
        pro = Plan("pro", allowances=[Allowance(0)], rank=1, on_downgrade=Switch(when="now", **said))  # type: ignore[arg-type]
        wallet = held(opened_on(pro, Plan("free", allowances=[Allowance(10)]), balances=[Balance("promo", 50)]), 30)
        wallet = wallet.change_plan("free", at=NOON).wallet
        assert wallet.release("h", at=NOON).view.by_kind() == back


def test_across_a_change_of_count() -> None:
    """Fewer seats leave less to come back; more seats are granted in full."""
    wallet = held(opened_on(Plan("p", allowances=[Allowance(100, per="seats")]), counts={"seats": 5}), 400)
    fewer = wallet.set_count("seats", 3, at=NOON, when="now").wallet
    assert (fewer.at(NOON).balance(), fewer.release("h", at=NOON).view.balance()) == (0, 300)
    assert fewer.capture("h", 350, at=NOON).view.balance() == 0
    assert fewer.capture("h", 250, at=NOON).view.balance() == 50
    more = wallet.set_count("seats", 6, at=NOON).wallet
    assert (more.at(NOON).balance(), more.release("h", at=NOON).view.balance()) == (200, 600)


def test_across_a_lock() -> None:
    """The new plan locks the kind: what was held can still be captured, what comes back is locked."""
    free = Plan("free", allowances=[Allowance(10)], usable={"quota"})
    pro = Plan("pro", rank=1, offers=[CASH], on_downgrade=Switch(when="now"), allowances=[Allowance(0)])
    wallet = held(opened_on(pro, free, balances=[Balance("top_up", 50)]), 40)
    wallet = wallet.change_plan("free", at=NOON).wallet
    assert (wallet.at(NOON).locked(), wallet.at(NOON).available()) == (10, 10)
    view = wallet.capture("h", 25, at=NOON).view
    assert (view.usage(), view.locked(), view.available()) == (25, 25, 10)


def test_across_an_early_reset_and_a_change_of_zone() -> None:
    """The hold stands, and the new period's quota is what it was."""
    wallet = held(opened_on(PLAIN), until=MONTH)
    moved = wallet.set_zone("Asia/Kolkata", at=NOON).wallet
    assert moved.release("h", at=NOON).view.balance() == 1_000
    early = wallet.reset(at=NOON + HOUR).wallet
    assert (early.at(NOON + HOUR).balance(), early.at(NOON + HOUR).held()) == (1_000, 600)
    assert early.release("h", at=NOON + HOUR).view.balance() == 1_000


def test_what_comes_back_pays_debt_first() -> None:
    """Debt and a balance that could pay it never stand together."""
    wallet = held(opened_on(PLAIN)).spend(500, at=NOON, overdraw=True).wallet
    assert (wallet.at(NOON).debt(), wallet.at(NOON).balance()) == (100, 0)
    for end, left in (
        (wallet.release("h", at=NOON), 500),
        (wallet.capture("h", 550, at=NOON), 0),
        (wallet.advance(NOON + TEN_MINUTES), 500),
    ):
        assert (end.view.debt(), end.view.balance()) == ((0, left) if left else (50, 0))


def test_an_overdraft_lets_go_beyond_a_hold() -> None:
    """What is spent beside it is a spend as any other."""
    wallet = held(opened_on(PLAIN), 1_000)
    over = wallet.capture("h", 1_000, at=NOON).wallet.spend(5, at=NOON, overdraw=True)
    assert over.view.debt() == 5


# -- prices --------------------------------------------------------------------------------------------------------


@given(
    per=st.integers(1, 9),
    cents=st.integers(1, 30),
    walk=st.lists(st.tuples(st.integers(1, 20), st.integers(0, 20), st.integers(0, 15)), min_size=1, max_size=5),
    days=st.sampled_from([0, 0, 20]),
)
def test_however_holds_and_spends_mix_a_periods_price_is_that_of_its_quantity(
    per: int, cents: int, walk: list[tuple[int, int, int]], days: int
) -> None:
    """Never below the exact price, and less than a step above: also over a reset, where what was held before counts."""
    rate = Price("tokens", Decimal(cents).scaleb(-6), per=per)
    wallet = holding(Balance("credit", Decimal(1), "USD"), prices=[rate], offers=[CASH])
    for number, (amount, _, _) in enumerate(walk):
        wallet = held(wallet, amount, "tokens", ref=f"h{number}", at=on(7, 25), until=MONTH)
    now, used = on(7, 25) + timedelta(days=days), 0
    for number, (amount, captured, spent) in enumerate(walk):
        wallet = wallet.capture(f"h{number}", {"tokens": min(captured, amount)}, at=now).wallet
        wallet = wallet.spend(spent, "tokens", at=now).wallet
        used += min(captured, amount) + spent
    cost = (Decimal(1) - wallet.at(now).balance("USD")).scaleb(6)
    exact = Fraction(used * cents, per)
    assert exact <= cost < exact + 1
    assert wallet.at(now).held("USD") == 0


def test_a_hold_of_credits_gives_back_what_it_did_not_cost() -> None:
    """Tokens first, credits for the rest; what is used is taken from the tokens first."""
    plan = Plan("p", allowances=[Allowance(10)], prices=[Price("tokens", Decimal("0.10"))], offers=[CASH])
    wallet = held(opened_on(plan, balances=[Balance("credit", Decimal(5), "USD")]), 30)
    view = wallet.at(NOON)
    assert (view.balance(), view.balance("USD"), view.held(), view.held("USD")) == (0, Decimal(3), 30, Decimal(2))
    for used, left in ((0, (10, 5)), (4, (6, 5)), (10, (0, 5)), (15, (0, Decimal("4.5"))), (30, (0, 3))):
        view = wallet.capture("h", used, at=NOON).view
        assert (view.balance(), view.balance("USD")) == left
    over = wallet.capture("h", 40, at=NOON, over="spend").view
    assert over.balance("USD") == 2


@pytest.mark.parametrize(
    ("used", "paid"),
    [
        (0, {}),
        (4, {("quota", "tokens"): 4}),
        (15, {("quota", "tokens"): 10, ("credit", "USD"): Decimal("0.5")}),
        (40, {("quota", "tokens"): 10, ("credit", "USD"): Decimal(3)}),
    ],
)
def test_a_capture_says_what_paid_it_as_a_spend_does(used: int, paid: dict[Any, Any]) -> None:
    """What came back is not in it, what was used beyond the hold is; and a hold says what covers it."""
    plan = Plan("p", allowances=[Allowance(10)], prices=[Price("tokens", Decimal("0.10"))], offers=[CASH])
    opened = opened_on(plan, balances=[Balance("credit", Decimal(5), "USD")])
    change = opened.hold(30, at=NOON, ref="h", until=TEN_MINUTES)
    assert isinstance(change.entry, e.Held)
    assert change.entry.paid_by() == {("quota", "tokens"): 10, ("credit", "USD"): Decimal(2)}
    entry = change.wallet.capture("h", used, at=NOON, over="spend").entry
    assert isinstance(entry, e.Captured)
    assert entry.paid_by() == paid
    assert not used or entry.paid_by() == opened.spend(used, at=NOON).entry.paid_by()  # type: ignore[union-attr]


def test_pay_as_you_go_is_billed_in_the_period_of_the_capture() -> None:
    """July's statement has nothing of what was held in July and captured in August."""
    plan = Plan("p", allowances=[Allowance(10)], pay_as_you_go=[PayAsYouGo(Decimal(3), per=1_000)])
    wallet = held(opened_on(plan), 2_010, at=on(7, 31), until=MONTH)
    change = wallet.capture("h", 1_010, at=on(8, 2))
    (opened,) = [entry for entry in change.entries if isinstance(entry, e.PeriodOpened)]
    assert opened.statement is None
    assert [line.quantity for line in change.view.accrued()] == [1_000]
    assert change.view.by_kind() == {"quota": 10}


def test_the_capture_has_the_holds_labels() -> None:
    """They were said once."""
    wallet = held(opened_on(PLAIN), labels={"model": "x"})
    entry = wallet.capture("h", 5, at=NOON, by="ann").entry
    assert isinstance(entry, e.Captured)
    assert (entry.labels, entry.by) == ((("model", "x"),), "ann")


def test_a_ref_is_forgotten_with_the_oldest_ends() -> None:
    """64 ends are remembered; what is older is an unknown hold."""
    wallet = held(opened_on(PLAIN), 1, ref="first").release("first", at=NOON).wallet
    for number in range(64):
        wallet = held(wallet, 1, ref=f"h{number}").release(f"h{number}", at=NOON).wallet
    with pytest.raises(UnknownNameError):
        wallet.release("first", at=NOON)
    assert wallet.release("h0", at=NOON).repeated


# -- what it shows -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("used", "gauge"), [(0, (0, 5)), (4, (4, 9)), (10, (10, 15))])
def test_the_gauge_shows_what_is_held_of_a_bucket_that_is_over_once(used: int, gauge: tuple[int, int]) -> None:
    """It counts as used while it is held, as much as was captured of it after that, and nothing that came back."""
    wallet = holding(Balance("promo", 10, expires=NOON + HOUR), Balance("top_up", 5))
    wallet = held(wallet, 10, until=24 * HOUR)
    later = NOON + 2 * HOUR

    assert (wallet.at(NOON).gauge().used, wallet.at(NOON).gauge().size) == (10, 15)
    assert (wallet.at(later).gauge().used, wallet.at(later).gauge().size) == (10, 15)
    view = wallet.capture("h", used, at=later).view
    assert (view.gauge().used, view.gauge().size) == gauge
