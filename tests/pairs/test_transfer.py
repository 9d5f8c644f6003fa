"""`transfer`: what can be given away, what travels with it, and that both wallets change or neither does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest

from tokenpurse import (
    Alert,
    Allowance,
    Catalogue,
    GiftPair,
    Limit,
    Offer,
    Plan,
    Price,
    Rollover,
    Switch,
    Wallet,
    replay,
    transfer,
)
from tokenpurse.entries import Entry, Received, Transferred
from tokenpurse.errors import (
    AmountError,
    ArgumentError,
    ClockError,
    ConflictError,
    HistoryError,
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

PACK = Offer("pack", price=Decimal("4.50"), pack=5_000, maximum=20_000)
FREE = Plan("free", allowances=[Allowance(100)], usable={"quota"}, upgrades_to={"pro"})
PRO = Plan(
    "pro",
    allowances=[Allowance(10_000)],
    rollovers=[Rollover()],
    offers=[PACK, Offer("credits", unit="USD", price=Decimal(1), minimum=Decimal(1))],
    rank=1,
    cancels_to="free",
    on_cancel=Switch(when="now"),
)
SHOP = Catalogue([FREE, PRO])
OTHER = Catalogue([Plan("home", allowances=[Allowance(50)])])


def july(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 7, day, hour, tzinfo=UTC)


def opened(plan: str = "pro", id: str = "ann", catalogue: Catalogue = SHOP, **more: Any) -> tuple[Wallet, list[Entry]]:
    change = Wallet.open(plan, catalogue=catalogue, id=id, at=july(1), **more)
    return change.wallet, list(change.entries)


def wallet(plan: str = "pro", id: str = "ann", catalogue: Catalogue = SHOP, **more: Any) -> Wallet:
    return opened(plan, id, catalogue, **more)[0]


def rich(packs: int = 2) -> Wallet:
    return wallet().top_up("pack", 5_000 * packs, at=july(2), payment="pay_1").wallet


def given(pair: GiftPair) -> Transferred:
    assert isinstance(pair.giver.entry, Transferred)
    return pair.giver.entry


def got(pair: GiftPair) -> Received:
    assert isinstance(pair.taker.entry, Received)
    return pair.taker.entry


BEN = wallet("home", "ben", OTHER)


# -- what travels -------------------------------------------------------------------------------------------------


def test_a_part_of_a_bucket_travels_with_its_share_of_the_price() -> None:
    """A bucket of 10,000 for 9.00 USD that gives 3,333 away keeps what the share, rounded down, leaves."""
    pair = transfer(rich(), BEN, 3_333, at=july(3), ref="gift-1", by="admin")
    there = pair.giver.view.buckets()[-1]
    here = pair.taker.view.buckets()[-1]
    assert (there.left, there.lost_steps, there.transferred_steps, there.granted) == (6_667, 3_333, 3_333, 10_000)
    assert (there.opening, there.priced_steps) == (6_667, 6_667)
    assert there.paid is not None
    assert here.paid is not None
    assert (there.paid.amount, here.paid.amount) == (Decimal("6.0003"), Decimal("2.9997"))
    assert (here.kind, here.payment, here.granted, here.left) == ("top_up", "pay_1", 3_333, 3_333)
    assert (given(pair).taker, got(pair).giver, given(pair).by) == ("ben", "ann", "admin")
    assert given(pair).gifts == got(pair).gifts


def test_prices_of_parts_sum_to_the_price_however_it_is_split() -> None:
    """Three gifts of a third, each rounded down, and what stays are the price that was paid, to the last step."""
    giver, taker, sums = rich(), BEN, 0
    for number in range(3):
        pair = transfer(giver, taker, 3_333, at=july(3), ref=f"gift-{number}")
        giver, taker = pair.giver.wallet, pair.taker.wallet
        sums += sum(gift.paid.steps for gift in given(pair).gifts if gift.paid)
    last = giver.at(july(3)).buckets()[-1]
    assert last.paid is not None
    assert (last.left, last.paid.steps + sums) == (1, 9_000_000)


def test_end_start_and_priority_travel() -> None:
    """A promo that ends on the 20th ends on the 20th at the taker, too."""
    giver = wallet().grant(500, at=july(2), expires=july(20), priority=7).wallet
    pair = transfer(giver, BEN, 500, at=july(3), ref="gift-1")
    bucket = pair.taker.view.buckets()[-1]
    assert (bucket.kind, bucket.starts, bucket.expires, bucket.priority) == ("promo", july(2), july(20), 7)
    assert (bucket.paid, bucket.payment) == (None, None)
    assert pair.taker.wallet.at(july(20)).by_kind() == {"quota": 50}


def test_one_bucket_at_the_taker_for_each_of_the_givers() -> None:
    """Drawn in the order of the giver's plan: promo before top-up."""
    giver = rich().grant(300, at=july(2)).wallet
    pair = transfer(giver, BEN, 1_000, at=july(3), ref="gift-1")
    assert given(pair).given_by_kind() == {("promo", "tokens"): 300, ("top_up", "tokens"): 700}
    assert [(draw.kind, draw.steps, draw.left_steps) for draw in given(pair).given] == [
        ("promo", 300, 0),
        ("top_up", 700, 9_300),
    ]
    assert [bucket.id for bucket in got(pair).granted] == ["promo:tokens/1", "top_up:tokens/2"]
    assert pair.taker.wallet.grant(1, at=july(3)).view.buckets()[-1].id == "promo:tokens/3"


def test_money_is_given_too() -> None:
    """Credits go one to one, with their price."""
    giver = wallet().top_up("credits", Decimal(20), at=july(2), payment="pay_1").wallet
    pair = transfer(giver, wallet(id="cat"), Decimal("7.5"), "USD", at=july(3), ref="gift-1")
    bucket = pair.taker.view.buckets("USD")[0]
    assert bucket.paid is not None
    assert (bucket.left, bucket.paid.amount, pair.giver.moved) == (
        Decimal("7.5"),
        Decimal("7.50"),
        {"USD": Decimal("7.5")},
    )


def test_kinds_narrow_what_is_given() -> None:
    """Only from the kinds that are named."""
    giver = rich().grant(300, at=july(2)).wallet
    pair = transfer(giver, BEN, 200, at=july(3), ref="gift-1", kinds=["top_up"])
    assert pair.taker.view.by_kind() == {"quota": 50, "top_up": 200}
    view = giver.at(july(3))
    assert (view.giveable(), view.giveable(kinds={"promo"}), view.giveable(kinds={"quota"})) == (10_300, 300, 0)
    with pytest.raises(NotEnough, match=r"301 tokens asked, 300 can be given, 1 short$"):
        transfer(giver, BEN, 301, at=july(3), ref="gift-1", kinds=["promo"])


def test_a_gift_pays_the_takers_debt_first() -> None:
    """As a grant does."""
    taker = BEN.spend(350, at=july(2), overdraw=True).wallet
    pair = transfer(rich(), taker, 1_000, at=july(3), ref="gift-1")
    assert (pair.taker.view.debt(), pair.taker.view.by_kind()) == (0, {"top_up": 700})
    assert [(one.steps, one.after_steps) for one in got(pair).repaid] == [(300, 0)]


def test_lifetime_counts_it_as_given() -> None:
    """To the taker it was given; the giver bought it all the same, and did not use it."""
    pair = transfer(rich(), BEN, 1_000, at=july(3), ref="gift-1")
    there, here = pair.giver.view.lifetime(), pair.taker.view.lifetime()
    assert (there.added, there.granted, there.spent) == (10_000, 10_000, 0)
    assert (here.added, here.granted, here.spent) == (0, 1_050, 0)


def test_a_gift_is_no_use() -> None:
    """No limit counts it, the gauge shows none of it, and what is left crosses alerts as it does."""
    plan = Plan(
        "pro",
        allowances=[Allowance(100)],
        offers=[PACK],
        limits=[Limit("cap", 100)],
        alerts=[Alert("low", "left", at_or_below=200)],
    )
    giver = Wallet.open(plan, id="ann", at=july(1)).wallet.top_up("pack", 5_000, at=july(2), payment="p").wallet
    pair = transfer(giver, BEN, 4_900, at=july(3), ref="gift-1")
    assert (pair.giver.view.usage(), str(pair.giver.view.gauge())) == (0, "[0/100]")
    assert [notice.name for notice in pair.giver.notices] == ["low"]


# -- what does not ------------------------------------------------------------------------------------------------


def test_what_the_plan_granted_stays() -> None:
    """Quota, the bank it carried into, and the rest that a change of plan let stay, cannot be given away."""
    carried = wallet().advance(at=datetime(2026, 8, 2, tzinfo=UTC)).wallet
    view = carried.at(carried.clock)
    assert view.by_kind() == {"rollover": 10_000, "quota": 10_000}
    assert view.giveable() == 0
    with pytest.raises(NotEnough, match=r"0 can be given, 1 short: what the plan granted stays"):
        transfer(carried, BEN, 1, at=carried.clock, ref="gift-1")
    with pytest.raises(NotEnough, match=r"20,001 tokens asked, 0 can be given, 20,001 short$"):
        transfer(carried, BEN, 20_001, at=carried.clock, ref="gift-1")


def test_a_kept_rest_stays() -> None:
    """The rest of a left plan's allowance is quota still."""
    keeping = Plan(
        "pro", allowances=[Allowance(10_000)], rank=1, cancels_to="free", on_cancel=Switch(when="now", keep={"quota"})
    )
    giver = wallet(catalogue=Catalogue([FREE, keeping])).change_plan("free", at=july(2)).wallet
    assert any(bucket.kept for bucket in giver.at(july(2)).buckets())
    assert giver.at(july(2)).giveable() == 0


def test_held_parts_stay() -> None:
    """What a hold set aside comes back to the giver, not to the taker."""
    giver = rich(1).hold(12_000, at=july(2), ref="chat", until=timedelta(days=3)).wallet
    assert giver.at(july(3)).giveable() == 3_000
    pair = transfer(giver, BEN, 3_000, at=july(3), ref="gift-1")
    back = pair.giver.wallet.release("chat", at=july(3))
    assert back.view.by_kind() == {"quota": 10_000, "top_up": 2_000}
    assert sum(bucket.spent_steps for bucket in back.view.buckets()) == 0


def test_what_waits_for_its_start_stays() -> None:
    """It can be given away from its start on."""
    giver = wallet().grant(500, at=july(2), starts=july(5)).wallet
    assert (giver.at(july(4)).giveable(), giver.at(july(5)).giveable()) == (0, 500)


def test_locked_kinds_stay() -> None:
    """Refused as locked, if they would have sufficed; unlocking is a remedy."""
    giver = wallet("free").grant(500, kind="top_up", at=july(2)).wallet
    assert giver.at(july(3)).giveable() == 0
    with pytest.raises(Locked, match="500 tokens are locked on plan free; to go on: resubscribe to pro") as refused:
        transfer(giver, BEN, 400, at=july(3), ref="gift-1")
    assert (refused.value.wallet, refused.value.asked, refused.value.available) == ("ann", 400, 0)
    with pytest.raises(NotEnough):
        transfer(giver, BEN, 501, at=july(3), ref="gift-1")


def test_a_closed_or_stopped_wallet_can_give_nothing() -> None:
    """`giveable` is what `transfer` would take."""
    stopped = [rich().close(at=july(3)), rich().freeze(at=july(3)), rich().pause(at=july(3))]
    assert [change.view.giveable() for change in stopped] == [0, 0, 0]


# -- refusals -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stop", "error"), [("close", WalletClosed), ("freeze", WalletFrozen), ("pause", WalletPaused)]
)
@pytest.mark.parametrize("which", ["ann", "ben", "both"])
def test_either_side_refuses_the_giver_first(stop: str, error: type[Refused], which: str) -> None:
    """Closed, frozen or paused, on either side; the refusal says which wallet."""
    giver, taker = rich(), BEN
    giver = getattr(giver, stop)(at=july(3)).wallet if which != "ben" else giver
    taker = getattr(taker, stop)(at=july(3)).wallet if which != "ann" else taker
    with pytest.raises(error) as refused:
        transfer(giver, taker, 100, at=july(4), ref="gift-1")
    assert refused.value.wallet == ("ben" if which == "ben" else "ann")
    undone = {} if which == "both" else {"pause": ["resume"], "freeze": ["unfreeze"]}
    assert [remedy.kind for remedy in refused.value.remedies] == undone.get(stop, [])


def test_a_remedy_of_the_givers_is_none_where_the_taker_refuses() -> None:
    """Buying more does not help while the taker is frozen."""
    with pytest.raises(NotEnough) as refused:
        transfer(wallet(), BEN, 100, at=july(4), ref="gift-1")
    assert [remedy.name for remedy in refused.value.remedies] == ["pack"]
    with pytest.raises(NotEnough) as refused:
        transfer(wallet(), BEN.freeze(at=july(3)).wallet, 100, at=july(4), ref="gift-1")
    assert refused.value.remedies == ()


def test_an_action_that_costs_nothing_cannot_be_given() -> None:
    """There is none of it, and nothing helps."""
    plan = Plan("pro", allowances=[Allowance(100)], prices=[Price("search", Decimal(0))])
    giver = Wallet.open(plan, id="ann", at=july(1)).wallet
    with pytest.raises(NotEnough) as refused:
        transfer(giver, BEN, 1, "search", at=july(2), ref="gift-1")
    assert refused.value.remedies == ()


WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"giver": "ann"}, ArgumentError, "giver is 'ann', it must be a Wallet"),
    ({"taker": None}, ArgumentError, "taker is None"),
    ({"taker": wallet(id="ann")}, ArgumentError, "another wallet than the giver's"),
    ({"amount": 0}, AmountError, "more than nothing"),
    ({"amount": 1.0}, AmountError, "float"),
    ({"amount": Decimal(1)}, AmountError, "must be an int"),
    ({"unit": 3}, UnknownNameError, "meter"),
    ({"unit": "miles"}, UnknownNameError, "miles"),
    ({"unit": "USD", "amount": Decimal(1)}, NotEnough, "can be given"),
    ({"ref": None}, ArgumentError, "ref"),
    ({"by": "no role"}, ArgumentError, "by"),
    ({"kinds": "promo"}, ArgumentError, "kinds"),
    ({"kinds": []}, ArgumentError, "kinds"),
    ({"kinds": ["Promo"]}, ArgumentError, "kinds"),
    ({"at": july(1)}, ClockError, "tolerance"),
    ({"at": None}, ClockError, "at"),
]


@pytest.mark.parametrize(("change", "error", "words"), WRONG)
def test_wrong_questions(change: dict[str, Any], error: type[Exception], words: str) -> None:
    """Types first, on neither wallet."""
    asked = {"giver": rich(), "taker": BEN, "amount": 100, "at": july(3), "ref": "gift-1"} | change
    with pytest.raises(error, match=words):
        transfer(**asked)


def test_both_clocks_apply() -> None:
    """The taker's clock refuses what the giver's would let through."""
    with pytest.raises(ClockError, match="2026-07-05"):
        transfer(rich(), BEN.grant(1, at=july(5)).wallet, 100, at=july(3), ref="gift-1")


def test_units_must_be_the_same() -> None:
    """A unit that the taker does not know, or counts otherwise, cannot be given to it."""
    giver = wallet().top_up("credits", Decimal(20), at=july(2), payment="pay_1").wallet
    with pytest.raises(UnknownNameError, match="USD"):
        transfer(giver, BEN, Decimal(1), "USD", at=july(3), ref="gift-1")
    coarse = Unit.money("USD", kept=2, paid=2)
    taker = Wallet.open(Plan("cents", allowances=[Allowance(Decimal(1), coarse)]), id="ben", at=july(1)).wallet
    with pytest.raises(PlanError, match="wallet ben has USD with other places"):
        transfer(giver, taker, Decimal(1), "USD", at=july(3), ref="gift-1")


def test_the_takers_bounds_refuse() -> None:
    """More than it can count, and more buckets than it can hold."""
    most = 2**53 - 1
    full = BEN.grant(most - 150, at=july(2)).wallet
    with pytest.raises(AmountError, match="101 tokens on top of 9,007,199,254,740,891 tokens is more"):
        transfer(rich(), full, 101, at=july(3), ref="gift-1")
    assert transfer(rich(), full, 100, at=july(3), ref="gift-1").taker.view.balance() == most
    crowded = BEN
    for _ in range(998):
        crowded = crowded.grant(1, at=july(2)).wallet
    giver = rich().grant(300, at=july(2)).wallet
    with pytest.raises(AmountError, match="wallet ben holds 999 buckets, 2 more do not fit"):
        transfer(giver, crowded, 301, at=july(3), ref="gift-1")
    assert transfer(giver, crowded, 300, at=july(3), ref="gift-1").taker.view.by_kind()["promo"] == 998 + 300


# -- once ---------------------------------------------------------------------------------------------------------


def test_a_repeat_adds_nothing_to_either() -> None:
    """Even closed, even late."""
    pair = transfer(rich(), BEN, 100, at=july(3), ref="gift-1")
    giver, taker = pair.giver.wallet.close(at=july(4)).wallet, pair.taker.wallet.close(at=july(4)).wallet
    again = transfer(giver, taker, 100, at=july(1), ref="gift-1")
    assert (again.repeated, again.entries, pair.repeated) == (True, (), False)
    assert (again.giver.wallet, again.taker.wallet) == (giver, taker)
    assert (again.giver.moved, again.taker.moved) == ({"tokens": 100}, {"tokens": 100})


@pytest.mark.parametrize("half", ["giver", "taker"])
def test_a_retry_completes_the_pair(half: str) -> None:
    """Where one half was stored before a crash, the other one comes out as it was, whatever changed meanwhile."""
    giver = rich().grant(300, at=july(2), expires=july(20)).wallet
    pair = transfer(giver, BEN, 1_000, at=july(3), ref="gift-1")
    if half == "giver":
        again = transfer(pair.giver.wallet.freeze(at=july(4)).wallet, BEN, 1_000, at=july(5), ref="gift-1")
        assert (again.giver.repeated, again.taker.repeated, again.repeated) == (True, False, False)
        made = [attrs.evolve(bucket) for bucket in got(again).granted]
        assert made == list(got(pair).granted)
    else:
        giver = giver.grant(50, at=july(4)).wallet  # by now it would be drawn from first
        again = transfer(giver, pair.taker.wallet, 1_000, at=july(5), ref="gift-1")
        assert (again.giver.repeated, again.taker.repeated) == (False, True)
        assert given(again).given == given(pair).given
        assert given(again).gifts == given(pair).gifts
    assert transfer(again.giver.wallet, again.taker.wallet, 1_000, at=july(6), ref="gift-1").repeated


def test_a_retry_is_refused_where_the_giver_has_used_it_meanwhile() -> None:
    """Nothing else is given for it."""
    pair = transfer(rich(1), BEN, 4_000, at=july(3), ref="gift-1")
    used = rich(1).spend(12_000, at=july(4)).wallet
    with pytest.raises(NotEnough, match="went to wallet ben, and it has 3,000 left") as refused:
        transfer(used, pair.taker.wallet, 4_000, at=july(5), ref="gift-1")
    assert (refused.value.wallet, refused.value.available) == ("ann", 3_000)
    gone = wallet()
    with pytest.raises(NotEnough, match="it has 0 left"):
        transfer(gone, pair.taker.wallet, 4_000, at=july(5), ref="gift-1")


def test_what_may_be_forgotten_counts_as_done() -> None:
    """After 400 days the half that still knows answers for both: nothing is given twice."""
    pair = transfer(rich(), BEN, 1_000, at=july(3), ref="gift-1")
    later = july(3) + timedelta(days=401)
    giver = pair.giver.wallet.grant(1, at=later, ref="other").wallet
    again = transfer(giver, pair.taker.wallet, 1_000, at=later, ref="gift-1")
    assert (again.repeated, again.giver.first.sequence if again.giver.first else None) == (True, 0)
    assert again.giver.moved == {"tokens": 1_000}
    other = Wallet.open("home", catalogue=OTHER, id="ben", at=july(1)).wallet.grant(1, at=later).wallet
    again = transfer(pair.giver.wallet, other, 1_000, at=later, ref="gift-1")
    assert (again.repeated, again.taker.moved) == (True, {"tokens": 1_000})


@pytest.mark.parametrize(
    "change", [{"amount": 200}, {"kinds": ["top_up"]}, {"unit": "tokens"}, {"taker": wallet(id="cat")}]
)
def test_other_arguments_are_a_conflict(change: dict[str, Any]) -> None:
    """On the giver; and where only the taker knows the ref, on the taker."""
    pair = transfer(rich(), BEN, 100, at=july(3), ref="gift-1")
    asked = {"giver": pair.giver.wallet, "taker": pair.taker.wallet, "amount": 100, "at": july(3), "ref": "gift-1"}
    with pytest.raises(ConflictError):
        transfer(**(asked | change))
    if "taker" not in change:
        with pytest.raises(ConflictError):
            transfer(**(asked | {"giver": rich()} | change))


def test_a_ref_of_a_payment_cannot_be_a_gifts() -> None:
    """They are one namespace."""
    with pytest.raises(ConflictError):
        transfer(rich(), BEN, 100, at=july(3), ref="pay_1")


# -- replay -------------------------------------------------------------------------------------------------------


def ledgers() -> tuple[list[Entry], list[Entry], GiftPair]:
    giver, there = opened()
    bought = giver.top_up("pack", 5_000, at=july(2), payment="pay_1")
    taker, here = opened("home", "ben", OTHER)
    pair = transfer(bought.wallet, taker, 1_000, at=july(3), ref="gift-1")
    return [*there, *bought.entries, *pair.giver.entries], [*here, *pair.taker.entries], pair


def test_replay_rebuilds_both() -> None:
    """Each from its own entries, without the other and without its plan."""
    there, here, pair = ledgers()
    assert replay(there) == pair.giver.wallet
    assert replay(here) == pair.taker.wallet


GIFT: dict[str, Any] = {
    "steps": 999,
    "kind": "promo",
    "bucket": "top_up:tokens/2",
    "expires": july(9),
    "starts": july(1),
    "priority": 3,
    "payment": "pay_2",
    "paid": None,
}


@pytest.mark.parametrize(("name", "value"), GIFT.items())
@pytest.mark.parametrize("side", [0, 1])
def test_an_altered_gift_is_found(name: str, value: object, side: int) -> None:
    """In the entry alone, and in the entry and its ref."""
    ledger = ledgers()[side]
    entry = ledger[-1]
    assert isinstance(entry, Transferred | Received)
    assert entry.ref is not None
    gift = attrs.evolve(entry.gifts[0], **{name: value})
    altered: Entry = attrs.evolve(entry, gifts=(gift,))
    with pytest.raises(HistoryError):
        replay([*ledger[:-1], altered])
    if not (side == 1 and name == "bucket"):  # the giver's bucket is said once more by the giver alone
        altered = attrs.evolve(altered, ref=attrs.evolve(entry.ref, gifts=(gift,)))
        with pytest.raises(HistoryError):
            replay([*ledger[:-1], altered])


def test_an_altered_price_share_is_found() -> None:
    """It cannot be more than the price, nor in another currency."""
    there, _, _ = ledgers()
    entry = there[-1]
    assert isinstance(entry, Transferred)
    assert entry.ref is not None
    paid = entry.gifts[0].paid
    assert paid is not None
    for other in (attrs.evolve(paid, steps=4_500_001), attrs.evolve(paid, unit=Unit.money("EUR"))):
        gifts = (attrs.evolve(entry.gifts[0], paid=other),)
        with pytest.raises(HistoryError):
            replay([*there[:-1], attrs.evolve(entry, gifts=gifts, ref=attrs.evolve(entry.ref, gifts=gifts))])


@pytest.mark.parametrize("side", [0, 1])
def test_a_gift_to_oneself_is_found(side: int) -> None:
    """Giver and taker are two, and something goes."""
    ledger = ledgers()[side]
    entry = ledger[-1]
    name = "taker" if isinstance(entry, Transferred) else "giver"
    with pytest.raises(HistoryError, match=r"from wallet ben|to wallet ann"):
        replay([*ledger[:-1], attrs.evolve(entry, **{name: entry.wallet})])


# -- money that goes back -----------------------------------------------------------------------------------------


def test_a_claw_back_finds_what_travelled() -> None:
    """On both wallets, by the payment: each claims its part, used or not, and together all of it."""
    pair = transfer(rich(), BEN, 3_333, at=july(3), ref="gift-1")
    taker = pair.taker.wallet.spend(1_050, at=july(3)).wallet
    there = pair.giver.wallet.claw_back("pay_1", at=july(4))
    here = taker.claw_back("pay_1", at=july(4))
    assert [(one.taken, one.lost, one.debt) for one in there.entry.claw_backs] == [(6_667, 0, 0)]  # type: ignore[union-attr]
    assert [(one.taken, one.lost, one.debt) for one in here.entry.claw_backs] == [(2_333, 0, 1_000)]  # type: ignore[union-attr]
    assert (there.view.by_kind(), there.view.debt()) == ({"quota": 10_000}, 0)
    assert here.view.debt() == 1_000


def test_the_worth_of_what_is_unused_is_shared() -> None:
    """By the parts of the price, rounded down to the places that are paid."""
    pair = transfer(rich(), BEN, 3_333, at=july(3), ref="gift-1")
    assert [str(change.view.refundable("pay_1")) for change in (pair.giver, pair.taker)] == ["6.00 USD", "2.99 USD"]


def test_what_was_given_away_whole_is_worth_nothing_to_the_giver() -> None:
    """And there is nothing to claw back there."""
    pair = transfer(rich(), BEN, 10_000, at=july(3), ref="gift-1")
    assert str(pair.giver.view.refundable("pay_1")) == "0.00 USD"
    assert pair.giver.wallet.claw_back("pay_1", at=july(4)).entries == ()
    assert pair.taker.wallet.claw_back("pay_1", at=july(4)).view.by_kind() == {"quota": 50}


def test_what_money_went_back_for_in_part_stays() -> None:
    """Until it is reinstated."""
    disputed = rich().claw_back("pay_1", refunded=Decimal(1), at=july(3)).wallet
    assert disputed.at(july(3)).giveable() == 0
    settled = disputed.reinstate("pay_1", at=july(4)).wallet
    assert settled.at(july(4)).giveable() == 10_000


def test_a_gift_is_clawed_back_by_its_own_ref_where_it_is_one_bucket() -> None:
    """Of several, each is named by its id: no half of a gift goes unseen."""
    promo = wallet().grant(500, at=july(2)).wallet
    pair = transfer(promo, BEN, 500, at=july(3), ref="gift-1")
    assert pair.taker.wallet.claw_back("gift-1", at=july(4)).view.by_kind() == {"quota": 50}
    pair = transfer(rich().grant(500, at=july(2)).wallet, BEN, 600, at=july(3), ref="gift-1")
    with pytest.raises(UnknownNameError):
        pair.taker.wallet.claw_back("gift-1", at=july(4))
    assert pair.taker.wallet.claw_back("promo:tokens/1", at=july(4)).view.by_kind() == {"quota": 50, "top_up": 100}


def test_a_part_too_small_for_a_price_can_be_clawed_back() -> None:
    """Its share of the price is nothing: it is counted in what it is."""
    cheap = Wallet.open(Plan("p", offers=[Offer("drops", price=Decimal("0.01"), per=1_000_000)]), id="ann", at=july(1))
    giver = cheap.wallet.top_up("drops", 1_000_000, at=july(2), payment="pay_1").wallet
    pair = transfer(giver, BEN, 5, at=july(3), ref="gift-1")
    assert pair.taker.view.buckets()[-1].paid is not None
    assert str(pair.taker.view.refundable("pay_1")) == "0.00 USD"
    assert pair.taker.wallet.claw_back("pay_1", at=july(4)).view.by_kind() == {"quota": 50}


def test_a_second_gift_takes_its_share_of_what_the_first_left() -> None:
    """Two halves of a bucket are two halves of its price."""
    first = transfer(rich(), BEN, 5_000, at=july(3), ref="gift-1")
    second = transfer(first.giver.wallet, first.taker.wallet, 5_000, at=july(3), ref="gift-2")
    assert [str(gift.paid) for pair in (first, second) for gift in given(pair).gifts] == ["4.50 USD", "4.50 USD"]


def test_what_travelled_is_not_what_was_lost() -> None:
    """What the giver used of its part is owed, whatever it gave away of the bucket before."""
    pair = transfer(rich(), BEN, 3_333, at=july(3), ref="gift-1")
    used = pair.giver.wallet.spend(16_667, at=july(3)).wallet
    assert used.claw_back("pay_1", at=july(4)).view.debt() == 6_667
