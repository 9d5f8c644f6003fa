"""What went back of a price is remembered: no report counts twice, and what the rest is worth is never a cent high."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.cases import on
from tests.support.told import Told
from tokenpurse import Allowance, Balance, Offer, Plan, Wallet, transfer
from tokenpurse import entries as e
from tokenpurse.buckets import Bucket
from tokenpurse.errors import AmountError, OutOfBounds
from tokenpurse.units import STEPS_MAX

PACK = Offer("pack", price=Decimal("49.00"), pack=1_000)
LARGE = Offer("large", price=Decimal("49.00"), pack=1_000, bonus=100)
ODD = Offer("odd", price=Decimal("10.00"), pack=3)
PLAIN = Plan("plain", allowances=[Allowance(0)], offers=[PACK, LARGE, ODD])


def bought(offer: str = "pack", **more: Any) -> Told:
    """What was paid with `p1`."""
    return Told(PLAIN).do("top_up", offer, 3 if offer == "odd" else 1_000, at=on(7, 1), payment="p1", **more)


def claw_back(told: Told, money: Any = None, source: str = "p1", **more: Any) -> Told:
    """So much of it went back, in all; the whole unless said."""
    refunded = Decimal(money) if isinstance(money, str) else money
    return told.do("claw_back", source, refunded=refunded, **{"at": on(7, 5), **more})


def reinstate(told: Told, money: str | None = None, source: str = "p1", **more: Any) -> Told:
    """So much of it is still refunded; nothing unless said."""
    refunded = None if money is None else Decimal(money)
    return told.do("reinstate", source, refunded=refunded, **{"at": on(7, 6), **more})


def worth(told: Told) -> Decimal:
    """What the unused rest of the payment is worth."""
    return Decimal(told.view.refundable("p1").amount)


def of(told: Told, kind: str) -> Bucket:
    """The one bucket of a kind."""
    (one,) = (bucket for bucket in told.view.buckets() if bucket.kind == kind)
    return one


# -- what the rest is worth ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("money", "rest"),
    [
        ("3.00", "7.00"),
        ("3.33", "6.67"),
        ("3.34", "6.66"),
        ("9.99", "0.01"),
        ("10.00", "0.00"),
        ("0.01", "9.99"),
        ("0.000001", "9.99"),
    ],
)
def test_the_unused_rest_is_worth_what_did_not_go_back(money: str, rest: str) -> None:
    """Of 3 tokens for ten dollars, one is 3.33 and a third: what went back is taken off the price itself."""
    assert str(worth(claw_back(bought("odd"), money))) == rest


@pytest.mark.parametrize(
    ("spent", "money", "rest"),
    [
        (700, "10.00", "4.70"),
        (700, "10.01", "4.69"),
        (700, "14.70", "0.00"),
        (700, "20.00", "0.00"),
        (1, "0.01", "48.94"),
    ],
)
def test_what_was_used_and_what_went_back_both_come_off(spent: int, money: str, rest: str) -> None:
    """To the cent, where the share of the tokens is no whole number."""
    assert str(worth(claw_back(bought().do("spend", spent, at=on(7, 2)), money))) == rest


def test_a_report_of_less_than_a_token_is_remembered() -> None:
    """It takes nothing, has an entry all the same, and the same again has none."""
    told = claw_back(bought("odd"), "3.33")
    entry = told.change.entry
    assert isinstance(entry, e.ClawedBack)
    assert (told.figures(), [(one.steps, one.refunded) for one in entry.claw_backs]) == ((3, 0), [(0, 3_330_000)])
    assert claw_back(told, "3.33").change.entries == ()
    with pytest.raises(OutOfBounds, match="reinstate"):
        claw_back(told, "3.32")
    assert (reinstate(told).figures(), worth(told)) == ((3, 0), 10)
    with pytest.raises(OutOfBounds, match="claw_back"):
        reinstate(told, "0.01")


def test_what_money_went_back_for_is_not_given_away() -> None:
    """Not even where it was less than a token."""
    told = claw_back(bought("odd"), "3.33")
    assert told.view.giveable() == 0
    assert reinstate(told).view.giveable() == 3


def test_several_buckets_of_one_payment_are_rounded_once() -> None:
    """Thirds that went and came back are worth the whole price; what goes back of it is divided, and nothing lost."""
    told, other = bought("odd"), Told(PLAIN, id="other")
    for number in range(3):
        pair = transfer(told.wallet, other.wallet, 1, at=on(7, 2), ref=f"out:{number}")
        told.take_up(pair.giver)
        other.take_up(pair.taker)
    pair = transfer(other.wallet, told.wallet, 3, at=on(7, 3), ref="home")
    told.take_up(pair.taker)
    other.take_up(pair.giver)
    assert [str(one.paid) for one in told.view.buckets() if one.payment == "p1" and one.left] == [
        "3.333333 USD",
        "3.333333 USD",
        "3.333334 USD",
    ]
    assert (worth(told), worth(other)) == (10, 0)
    assert (claw_back(told, "5.00").figures(), worth(told)) == ((2, 0), 5)
    assert (claw_back(told, "9.99").figures(), worth(told)) == ((1, 0), Decimal("0.01"))
    assert (reinstate(told, "3.34").figures(), worth(told)) == ((2, 0), Decimal("6.66"))
    assert (claw_back(told, at=on(7, 6)).figures(), worth(told)) == ((0, 0), 0)


# -- a bonus by itself ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "money", "bonus"),
    [(30, "24.50", 50), (30, "9.80", 70), (100, "24.50", 0), (30, None, 0), (0, "24.50", 50), (50, "24.50", 50)],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_bonus_taken_by_its_own_id_counts_as_taken(own: int, money: str | None, bonus: int, first: bool) -> None:
    """In either order: of the bonus goes what the larger of the two reports says."""
    told = bought("large")
    name = of(told, "promo").id
    if first:
        claw_back(told, own, name)
    claw_back(told, money)
    if not first:
        claw_back(told, own, name)
    assert of(told, "promo").left == bonus
    assert claw_back(told, money).change.entries == claw_back(told, own, name).change.entries == ()


def test_a_bonus_taken_by_its_own_id_stays_taken_when_the_payment_is_won() -> None:
    """And comes again by its own id."""
    told = bought("large")
    name = of(told, "promo").id
    claw_back(claw_back(told, 30, name), "24.50")
    assert (of(told, "top_up").left, of(told, "promo").left) == (500, 50)
    reinstate(told)
    assert (of(told, "top_up").left, of(told, "promo").left) == (1_000, 70)
    assert of(reinstate(told, None, name), "promo").left == 100


# -- money that comes again ----------------------------------------------------------------------------------------


def disputed(spent: int, granted: int, **more: Any) -> Told:
    """A pack, used in part and disputed, whose debt a gift paid."""
    told = bought(**more).do("spend", spent, at=on(7, 2))
    return claw_back(told).do("grant", granted, at=on(7, 5))


def test_what_others_paid_comes_again_with_its_price_and_payment() -> None:
    """A second dispute finds it: nothing is left, and nothing is owed that a gift had paid."""
    told = reinstate(disputed(700, 700))
    assert (told.figures(), worth(told)) == ((1_000, 0), 49)
    assert claw_back(told, "24.50", at=on(7, 7)).figures() == (500, 0)
    assert (claw_back(told, at=on(7, 7)).figures(), worth(told)) == ((0, 0), 0)
    assert (reinstate(told, at=on(7, 8)).figures(), worth(told)) == ((1_000, 0), 49)


def test_what_came_again_and_was_used_is_owed() -> None:
    """As of what was bought first."""
    told = reinstate(disputed(700, 700)).do("spend", 800, at=on(7, 7))
    assert worth(told) == Decimal("9.80")
    assert claw_back(told, at=on(7, 8)).figures() == (0, 800)


def test_use_that_is_given_back_is_beside_what_came_again() -> None:
    """The use was paid by the gift, and its tokens come back; they have no price."""
    told = bought().do("spend", 700, at=on(7, 2))
    spent = told.change.entry
    claw_back(told).do("grant", 700, at=on(7, 5))
    reinstate(told).do("refund", spent, at=on(7, 7))
    assert (told.figures(), worth(told)) == ((1_700, 0), 49)
    assert claw_back(told, at=on(7, 8)).figures() == (700, 0)


def test_what_came_again_is_given_away_without_a_second_price() -> None:
    """The price goes with the first thousand, and no more of it than there is."""
    told, other = bought().do("spend", 700, at=on(7, 2)), Told(PLAIN, id="other")
    spent = told.change.entry
    reinstate(claw_back(told).do("grant", 700, at=on(7, 5))).do("refund", spent, at=on(7, 7))
    for number, amount in enumerate((500, 1_100)):
        pair = transfer(told.wallet, other.wallet, amount, at=on(7, 8), ref=f"g{number}")
        told.take_up(pair.giver)
        other.take_up(pair.taker)
    assert (worth(told), worth(other)) == (0, 49)
    pair = transfer(told.wallet, other.wallet, 100, at=on(7, 9), ref="rest")
    told.take_up(pair.giver)
    assert [gift.paid.amount for gift in pair.giver.entry.gifts if gift.paid] == [0]
    assert claw_back(told, at=on(7, 9)).change.entries == ()


@pytest.mark.parametrize(("again", "left"), [(on(7, 9), 1_000), (on(7, 10), 0)])
def test_what_others_paid_comes_again_only_while_the_bucket_lives(again: Any, left: int) -> None:
    """Its end is its end: from then on it goes the way its rest went, and a second dispute owes nothing."""
    told = Told(PLAIN).do("grant", 1_000, at=on(7, 1), expires=on(7, 10), ref="g", kind="gift")
    told.do("spend", 700, at=on(7, 2)).do("claw_back", "g", at=on(7, 5)).do("grant", 700, at=on(7, 5))
    told.do("reinstate", "g", at=again)
    assert told.figures() == (left, 0)
    assert told.do("advance", on(7, 10)).figures() == (0, 0)
    assert told.do("claw_back", "g", at=on(7, 11)).figures() == (0, 0)


def test_it_keeps_the_end_kind_and_priority_of_its_bucket() -> None:
    """It is the same bucket."""
    told = Told(PLAIN).do("grant", 9, at=on(7, 1), expires=on(7, 20), priority=3, kind="gift", ref="g")
    before = of(told.do("spend", 9, at=on(7, 2)), "gift")
    told.do("claw_back", "g", at=on(7, 3)).do("grant", 9, at=on(7, 4)).do("reinstate", "g", at=on(7, 5))
    after = of(told, "gift")
    assert (after.id, after.expires, after.priority, after.left) == (before.id, before.expires, before.priority, 9)


def test_an_empty_bucket_that_made_room_is_filled_again() -> None:
    """It is over by then, as it was empty, and is there again."""
    told = bought().do("spend", 1_000, at=on(7, 2))
    claw_back(told)
    wallet = told.wallet
    for number in range(520):
        wallet = wallet.grant(2, at=on(7, 5), ref=f"g{number}").wallet
    assert "p1" not in {bucket.payment for bucket in wallet.at(on(7, 5)).buckets()}
    view = wallet.reinstate("p1", at=on(7, 6)).view
    assert (view.by_kind(), view.refundable("p1").amount) == ({"top_up": 1_000, "promo": 40}, 49)


# -- by any walk ---------------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(
    price=st.integers(1, 5_000),
    size=st.integers(1, 40),
    steps=st.lists(st.tuples(st.sampled_from(["use", "back", "again", "gift"]), st.integers(0, 100)), max_size=8),
)
def test_what_went_back_and_what_the_rest_is_worth_are_the_price_at_most(
    price: int, size: int, steps: list[tuple[str, int]]
) -> None:
    """By any walk; against an account of its own, in fractions: the price less what went back, less what was used."""
    offers = [Offer("pack", price=Decimal(price).scaleb(-2), pack=size)]
    told = Told(Plan("p", allowances=[Allowance(0)], offers=offers))
    told.do("top_up", "pack", size, at=on(7, 1), payment="p1")
    back = 0
    for verb, share in steps:
        if verb == "use" and (amount := size * share // 100):
            told.do("spend", amount, at=on(7, 3), overdraw=True)
        elif verb == "gift" and share:
            told.do("grant", share, at=on(7, 3))
        elif verb in {"back", "again"}:
            to = price * share // 100
            if (to > back) == (verb == "back"):
                told.do(
                    "claw_back" if verb == "back" else "reinstate", "p1", refunded=Decimal(to).scaleb(-2), at=on(7, 3)
                )
                back = to
        (pack,) = (one for one in told.view.buckets() if one.payment == "p1")
        unused = Fraction(price * min(size, pack.left_steps + pack.claw_back.total), size) - back
        assert worth(told) == Decimal(max(0, unused.__floor__())).scaleb(-2)
        assert worth(told) * 100 + back <= price


# -- what can be counted -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("owed", "fits"), [(STEPS_MAX - 10, True), (STEPS_MAX - 9, False)])
def test_no_more_is_owed_than_can_be_counted(owed: int, fits: bool) -> None:
    """Refused, and nothing is changed; what was used can be let go all the same."""
    told = Told(PLAIN).do("grant", 10, at=on(7, 1), ref="g").do("spend", 10, at=on(7, 1))
    told.do("reset", at=on(7, 2)).do("spend", owed, at=on(7, 2), overdraw=True)
    if fits:
        assert claw_back(told, None, "g").figures() == (0, STEPS_MAX)
        return
    before = told.wallet
    with pytest.raises(AmountError, match="cannot be counted"):
        told.wallet.claw_back("g", at=on(7, 5))
    assert told.wallet is before
    assert claw_back(told, None, "g", used="let_go").figures() == (0, owed)


def test_no_more_is_owed_for_what_was_held_than_can_be_counted() -> None:
    """The capture is refused, and the hold stays open; it can be given back."""
    told = Told(PLAIN).do("grant", 10, at=on(7, 1), ref="g").do("hold", 10, at=on(7, 1), ref="h", until=on(7, 9))
    claw_back(told, None, "g", at=on(7, 2)).do("spend", 5, at=on(7, 2), overdraw=True)
    told.do("reset", at=on(7, 2)).do("spend", STEPS_MAX - 10, at=on(7, 2), overdraw=True)
    before = told.wallet
    with pytest.raises(AmountError, match="cannot be counted"):
        told.wallet.capture("h", at=on(7, 3))
    assert told.wallet is before
    assert told.do("release", "h", at=on(7, 3)).figures() == (0, STEPS_MAX - 5)


def test_balances_that_were_brought_have_a_memory_too() -> None:
    """By their payment and price."""
    told = Told(PLAIN, balances=[Balance("top_up", 3, paid=Decimal(10), payment="p1")])
    assert worth(claw_back(told, "3.33")) == Decimal("6.67")


# -- what travelled ------------------------------------------------------------------------------------------------


def two() -> tuple[Told, Told]:
    """A pack with its bonus, and another wallet that has nothing."""
    return bought("large"), Told(PLAIN, id="other")


def give(giver: Told, taker: Told, amount: int, ref: str, *kinds: str) -> None:
    """Give an amount away."""
    pair = transfer(giver.wallet, taker.wallet, amount, at=on(7, 3), ref=ref, kinds=set(kinds) or None)
    giver.take_up(pair.giver)
    taker.take_up(pair.taker)


def test_each_wallet_answers_for_its_share() -> None:
    """Of 49 dollars, 19.60 went with 400 tokens: each is told its part of what went back, at most its share."""
    giver, taker = two()
    give(giver, taker, 400, "gift", "top_up")
    assert (worth(giver), worth(taker)) == (Decimal("29.40"), Decimal("19.60"))
    assert claw_back(giver, "14.70").figures() == (300 + 50, 0)
    assert claw_back(taker, "9.80").figures() == (200, 0)
    for told, share in ((giver, "29.40"), (taker, "19.60")):
        with pytest.raises(OutOfBounds, match=f"it brought {share} USD"):
            claw_back(told, "49.00")
        assert claw_back(told, share).figures() == (0, 0)


def test_a_bonus_that_stays_alone_goes_by_its_amount() -> None:
    """Its price travelled, so nothing here is in money; and it goes with the whole payment all the same."""
    giver, taker = two()
    give(giver, taker, 1_000, "gift", "top_up")
    assert (worth(giver), worth(taker)) == (0, 49)
    assert claw_back(giver, 40).figures() == (60, 0)
    assert claw_back(giver).figures() == (0, 0)


def test_a_giver_who_has_nothing_of_it_any_more_is_told_nothing() -> None:
    """In the money that was paid: no part of it is here."""
    giver, taker = bought(), Told(PLAIN, id="other")
    give(giver, taker, 1_000, "gift")
    assert claw_back(giver).change.entries == claw_back(giver, "0.00").change.entries == ()
    with pytest.raises(OutOfBounds, match=r"49.00 USD of p1 refunded, it brought 0.00 USD"):
        claw_back(giver, "49.00")


def test_a_gift_that_was_given_on_is_nobodys_here() -> None:
    """Nothing of it is here, neither to take nor to bring back."""
    giver, taker = Told(PLAIN).do("grant", 5, at=on(7, 1), ref="g"), Told(PLAIN, id="other")
    give(giver, taker, 5, "on")
    assert claw_back(giver, None, "g").change.entries == reinstate(giver, None, "g").change.entries == ()
    with pytest.raises(OutOfBounds, match="it brought 0 tokens"):
        claw_back(giver, 1, "g", at=on(7, 6))
    assert claw_back(taker, None, "on").figures() == (0, 0)


@settings(max_examples=25)
@given(
    walk=st.lists(
        st.tuples(st.booleans(), st.sampled_from(["give", "spend", "hold"]), st.integers(1, 700)), max_size=7
    ),
    share=st.integers(0, 100),
)
def test_the_pair_has_the_price_once(walk: list[tuple[bool, str, int]], share: int) -> None:
    """However it was divided: prices sum to the price, and the whole of it takes the whole of it, used or not."""
    pair, used = two(), 0
    for number, (first, verb, amount) in enumerate(walk):
        one, other = pair if first else pair[::-1]
        if verb == "give" and (amount := min(amount, one.view.giveable())):
            give(one, other, amount, f"g{number}")
        elif verb != "give" and (amount := min(amount, one.view.available() or 0)):
            used += amount
            one.do("hold", amount, at=on(7, 3), ref=f"h{number}", until=on(7, 9))
            if verb == "spend":
                one.do("capture", f"h{number}", at=on(7, 3))
    prices = [[bucket.price_steps for bucket in told.view.buckets() if bucket.payment == "p1"] for told in pair]
    assert sum(map(sum, prices)) == 49_000_000
    assert sum(worth(told) for told in pair if any(one.paid for one in told.view.buckets())) <= 49
    for told, mine in zip(pair, prices, strict=True):
        if sum(mine):
            claw_back(told, str(Decimal(sum(mine) * share // 100).scaleb(-6)))
        if mine:
            claw_back(told)
        for hold in told.view.holds():
            told.do("capture", hold.id, at=on(7, 6))
    figures = [told.figures() for told in pair]
    assert (sum(left for left, _ in figures), sum(owed for _, owed in figures)) == (0, used)


# -- how many buckets ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["refund", "reinstate"])
def test_a_bucket_that_comes_back_is_never_lost_and_takes_a_place(verb: str) -> None:
    """Above a thousand, too: tokens are not lost for want of room; but no new one is made until there is some."""
    brought = [Balance("promo", 1, issued=on(6, 1 + number // 50), payment=f"p{number}") for number in range(1_000)]
    wallet = Wallet.open(PLAIN, id="acme", at=on(7, 1), balances=brought).wallet
    change = wallet.spend(1, at=on(7, 2), ref="s") if verb == "refund" else wallet.claw_back("p0", at=on(7, 2))
    wallet = change.wallet.grant(1, at=on(7, 3)).wallet  # in the place of the one that is empty
    assert len(wallet.at(on(7, 3)).buckets()) == 1_000
    back = wallet.refund(change.entry, at=on(7, 4)) if verb == "refund" else wallet.reinstate("p0", at=on(7, 4))
    assert (len(back.view.buckets()), back.view.balance()) == (1_001, 1_001)
    with pytest.raises(AmountError, match="holds 1,001 buckets"):
        back.wallet.grant(1, at=on(7, 5))
    assert back.wallet.spend(2, at=on(7, 5)).wallet.grant(1, at=on(7, 5)).view.balance() == 1_000
