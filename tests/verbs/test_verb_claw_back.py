"""`claw_back`: what goes with money that went back, by what is left, held, gone, or used already."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.cases import lefts, on
from tests.support.told import Told
from tokenpurse import (
    Alert,
    Allowance,
    AtZero,
    AutoTopUp,
    Balance,
    Offer,
    PayAsYouGo,
    Plan,
    Price,
    Renewal,
    Switch,
    replay,
    transfer,
)
from tokenpurse import entries as e
from tokenpurse.errors import (
    AmountError,
    ArgumentError,
    ConflictError,
    NotEnough,
    OutOfBounds,
    PurseError,
    UnknownNameError,
    WalletClosed,
)

PACK = Offer("pack", price=Decimal("49.00"), pack=1_000)
LARGE = Offer("large", price=Decimal("49.00"), pack=1_000, bonus=100)
CASH = Offer("cash", unit="USD", price=Decimal(1))
PLAIN = Plan("plain", allowances=[Allowance(0)], offers=[PACK, LARGE, CASH])
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
DEFAULTS: dict[str, Any] = {"at": on(7, 5)}


def bought(offer: str = "pack", *, on_plan: Plan = PLAIN, **more: Any) -> Told:
    """A pack of 1,000 for 49 dollars, paid with `p1`."""
    return Told(on_plan, **more).do("top_up", offer, 1_000, at=on(7, 1), payment="p1")


def claw_back(told: Told, money: str | None = None, source: str = "p1", **more: Any) -> Told:
    """So much of a payment went back, in all; the whole of it unless said."""
    refunded = None if money is None else Decimal(money)
    return told.do("claw_back", source, refunded=refunded, **{**DEFAULTS, **more})


def parts(told: Told) -> list[tuple[int, int, int, int, int]]:
    """What each bucket had to do with it: taken, held, gone, owed, let go."""
    entry = told.change.entry
    assert isinstance(entry, e.ClawedBack)
    return [(one.taken, one.held, one.lost, one.debt, one.let_go) for one in entry.claw_backs]


# -- how much ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reports", "left"),
    [
        (["24.50"], [500]),
        (["16.33", "32.66", "48.99", "49.00"], [667, 334, 1, 0]),
        (["24.50", "24.50"], [500, 500]),
        (["24.50", "49.00", "49.00"], [500, 0, 0]),
        ([None], [0]),
        (["0"], [1_000]),
        (["0.048999"], [1_000]),
        (["0.049"], [999]),
        (["48.999999"], [1]),
    ],
)
def test_reports_are_cumulative_and_rounded_down(reports: list[str | None], left: list[int]) -> None:
    """Of 1,000 for 49.00 goes floor(1,000 x refunded / paid), of what went back in all; three thirds are a whole."""
    told = bought()
    seen = [claw_back(told, money).figures() for money in reports]
    assert seen == [(one, 0) for one in left]


def test_a_report_that_comes_twice_does_nothing() -> None:
    """Neither at once nor after other things; no entry says so."""
    told = claw_back(bought(), "24.50")
    assert claw_back(told, "24.50").change.entries == ()
    told.do("spend", 100, at=on(7, 6)).do("grant", 7, at=on(7, 7))
    again = told.wallet.claw_back("p1", refunded=Decimal("24.50"), at=on(7, 8))
    assert (again.entries, again.view.balance()) == ((), 407)


def test_with_a_ref_it_is_a_repeat_even_after_closing() -> None:
    """Without one, a closed wallet answers nothing any more."""
    told = claw_back(bought(), "24.50", ref="re_1")
    entry = told.change.entry
    told.do("close", at=on(7, 6))
    again = told.wallet.claw_back("p1", refunded=Decimal("24.50"), at=on(7, 9), ref="re_1")
    assert (again.repeated, again.entries) == (True, ())
    assert entry is not None
    assert again.first is not None
    assert again.first.sequence == entry.sequence
    with pytest.raises(WalletClosed):
        told.wallet.claw_back("p1", refunded=Decimal("24.50"), at=on(7, 9))


@pytest.mark.parametrize(
    "other",
    [{"refunded": Decimal(49)}, {"refunded": None}, {"used": "let_go"}, {"source": "p2"}],
    ids=["more money", "all of it", "another way", "another payment"],
)
def test_a_ref_says_one_thing(other: dict[str, Any]) -> None:
    """The ref of another report is a conflict, and so is the payment's own id."""
    told = claw_back(bought(), "24.50", ref="re_1")
    asked: dict[str, Any] = {"source": "p1", "refunded": Decimal("24.50"), "at": on(7, 6), "ref": "re_1", **other}
    with pytest.raises(ConflictError):
        told.wallet.claw_back(asked.pop("source"), **asked)
    with pytest.raises(ConflictError):
        told.wallet.claw_back("p1", at=on(7, 6), ref="p1")


@pytest.mark.parametrize(
    ("named", "error"),
    [
        ({"refunded": Decimal("24.49")}, OutOfBounds),
        ({"refunded": Decimal("49.01")}, OutOfBounds),
        ({"refunded": Decimal(-1)}, AmountError),
        ({"refunded": Decimal("0.0000001")}, AmountError),
        ({"refunded": 1.5}, AmountError),
        ({"used": "forgive"}, ArgumentError),
        ({"source": "p2"}, UnknownNameError),
        ({"source": ""}, PurseError),
        ({"source": 7}, PurseError),
    ],
    ids=["less than before", "more than paid", "below nothing", "too fine", "float", "word", "unknown", "empty", "int"],
)
def test_what_cannot_be_is_refused(named: dict[str, Any], error: type[PurseError]) -> None:
    """And nothing changes."""
    told = claw_back(bought(), "24.50")
    asked: dict[str, Any] = {"source": "p1", "at": on(7, 6), **named}
    before = told.wallet
    with pytest.raises(error):
        told.wallet.claw_back(asked.pop("source"), **asked)
    assert told.wallet is before
    assert told.figures() == (500, 0)


def test_the_refusal_says_what_was_paid() -> None:
    """In the money that was paid."""
    with pytest.raises(OutOfBounds, match=r"50.00 USD of p1 refunded, it brought 49.00 USD") as refused:
        claw_back(bought(), "50")
    assert (refused.value.asked, refused.value.available) == (Decimal(50), Decimal(49))


def test_lower_than_before_is_for_reinstate() -> None:
    """The message says so."""
    with pytest.raises(OutOfBounds, match="reinstate"):
        claw_back(claw_back(bought(), "24.50"), "10")


# -- of what -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("refunded", [None, 40, 0])
def test_a_gift_goes_by_its_ref_or_its_bucket(refunded: int | None) -> None:
    """Of what nobody paid for, `refunded` is an amount of it."""
    gift = Told(PLAIN).do("grant", 100, at=on(7, 1), ref="sorry")
    (bucket,) = (one for one in gift.view.buckets() if one.kind == "promo")
    for source in ("sorry", bucket.id):
        there = Told(PLAIN).do("grant", 100, at=on(7, 1), ref="sorry")
        there.do("claw_back", source, refunded=refunded, at=on(7, 5))
        assert there.figures() == (100 - (100 if refunded is None else refunded), 0)
    with pytest.raises(OutOfBounds):
        gift.wallet.claw_back("sorry", refunded=101, at=on(7, 5))
    with pytest.raises(AmountError):
        gift.wallet.claw_back("sorry", refunded=Decimal("1.5"), at=on(7, 5))


def test_a_bought_bucket_goes_by_its_id_in_money() -> None:
    """It is the same claim: by payment or by bucket counts once."""
    told = bought()
    bucket = next(one for one in told.view.buckets() if one.payment == "p1")
    claw_back(told, "24.50", source=bucket.id)
    assert claw_back(told, "24.50").change.entries == ()
    assert claw_back(told, "36.75").figures() == (250, 0)


def test_the_plans_own_is_nobodys_to_take() -> None:
    """Neither the allowance, nor what was carried, nor the payment of a renewal."""
    plan = Plan("p", allowances=[Allowance(500, given="on_payment")], renewal=Renewal(grace=WEEK))
    told = Told(plan)
    renewal = told.do("advance", on(8, 1)).view.pending()[0]
    told.do("confirm", renewal, at=on(8, 2), payment="rent")
    for source in ("rent", *(bucket.id for bucket in told.view.buckets())):
        with pytest.raises(UnknownNameError):
            told.wallet.claw_back(source, at=on(8, 3))


def test_what_was_brought_goes_like_what_was_bought() -> None:
    """A wallet that opens with what was paid elsewhere knows the price and the payment."""
    brought = [Balance("top_up", 300, paid=Decimal(30), payment="old"), Balance("credit", Decimal(5), "USD")]
    told = Told(PLAIN, balances=brought)
    assert claw_back(told, "10", source="old").figures() == (200, 0)


def test_what_was_free_goes_by_its_amount() -> None:
    """A pack at no price has nothing that could be refunded in money."""
    told = Told(Plan("p", offers=[Offer("free", price=Decimal(0), pack=10)]))
    told.do("top_up", "free", 10, at=on(7, 1), payment="p0")
    assert told.do("claw_back", "p0", refunded=4, at=on(7, 2)).figures() == (6, 0)
    assert told.do("claw_back", "p0", at=on(7, 2)).figures() == (0, 0)


@pytest.mark.parametrize(("money", "left"), [("24.50", [500, 50]), ("16.33", [667, 67]), (None, [0, 0])])
def test_the_bonus_goes_with_its_payment(money: str | None, left: list[int]) -> None:
    """Each bucket by the same share, each rounded down by itself."""
    told = claw_back(bought("large"), money)
    assert lefts(told.view)[-2:] == left
    assert claw_back(told, money).change.entries == ()


def test_a_bonus_alone_goes_by_its_bucket() -> None:
    """As an amount: nothing was paid for it."""
    told = bought("large")
    bonus = next(one for one in told.view.buckets() if one.kind == "promo")
    assert told.do("claw_back", bonus.id, refunded=30, at=on(7, 2)).figures() == (1_070, 0)


def test_a_claw_back_finds_what_travelled() -> None:
    """On the wallet that got it, with its share of the price."""
    giver, taker = bought(), Told(PLAIN, id="other")
    pair = transfer(giver.wallet, taker.wallet, 400, at=on(7, 2), ref="gift")
    giver.take_up(pair.giver)
    taker.take_up(pair.taker)
    assert claw_back(giver, "14.70").figures() == (300, 0)
    assert claw_back(giver).figures() == (0, 0)
    assert claw_back(taker, "9.80").figures() == (200, 0)
    with pytest.raises(OutOfBounds):
        claw_back(taker, "19.61")
    assert claw_back(taker).figures() == (0, 0)


# -- what was used -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spent", "money", "used", "expected", "part"),
    [
        (700, None, "debt", (0, 700), (300, 0, 0, 700, 0)),
        (700, None, "let_go", (0, 0), (300, 0, 0, 0, 700)),
        (700, "14.70", "debt", (0, 0), (300, 0, 0, 0, 0)),
        (700, "14.70", "refuse", (0, 0), (300, 0, 0, 0, 0)),
        (700, "14.749", "debt", (0, 1), (300, 0, 0, 1, 0)),
        (1_000, None, "debt", (0, 1_000), (0, 0, 0, 1_000, 0)),
        (1_000, None, "let_go", (0, 0), (0, 0, 0, 0, 1_000)),
    ],
)
def test_what_is_left_goes_first(
    spent: int, money: str | None, used: str, expected: Any, part: tuple[int, ...]
) -> None:
    """What was used comes last, and is owed or let go."""
    told = bought().do("spend", spent, at=on(7, 2))
    claw_back(told, money, used=used)
    assert (told.figures(), parts(told)) == (expected, [part])


def test_refuse_is_all_or_nothing() -> None:
    """One token too many, and nothing at all changes; of several buckets, too."""
    told = bought("large").do("spend", 1, at=on(7, 2))
    before, book = told.wallet, told.wallet._book
    with pytest.raises(NotEnough, match="1 of them were used") as refused:
        claw_back(told, used="refuse")
    assert refused.value.asked is not None
    assert (before is told.wallet, book == told.wallet._book) == (True, True)
    assert claw_back(told, "48.90", used="refuse").figures() == (3, 0)


def test_a_debt_is_repaid_at_once_by_what_is_there() -> None:
    """By other buckets, and by a grant later."""
    told = bought().do("spend", 900, at=on(7, 2)).do("grant", 500, at=on(7, 3))
    assert claw_back(told).figures() == (0, 400)
    assert told.do("grant", 1_000, at=on(7, 6)).figures() == (600, 0)


def test_ways_can_change_from_report_to_report() -> None:
    """What was let go stays let go; the next report's part is owed."""
    told = bought().do("spend", 1_000, at=on(7, 2))
    assert claw_back(told, "24.50", used="let_go").figures() == (0, 0)
    assert claw_back(told, "49.00").figures() == (0, 500)


@pytest.mark.parametrize("used", ["let_go", "debt"])
@pytest.mark.parametrize(("money", "refunds", "left"), [(None, [1_000], 0), ("24.50", [700, 300], 500)])
def test_use_that_is_given_back_is_taken_after_all(
    used: Literal["let_go", "debt"], money: str | None, refunds: list[int], left: int
) -> None:
    """Nobody gets what was let go by asking for a refund of the use; what was owed is repaid by it."""
    told = bought().do("spend", 1_000, at=on(7, 2))
    spent = told.change.entry
    assert isinstance(spent, e.Spent)
    claw_back(told, money, used=used)
    wallet, entries = told.wallet, told.entries
    for steps in refunds:
        change = wallet.refund(spent, steps, at=on(7, 6))
        wallet, entries = change.wallet, [*entries, *change.entries]
        assert replay(entries) == wallet
    assert (wallet.at(on(7, 6)).balance(), wallet.at(on(7, 6)).debt()) == (left, 0)


# -- what is held --------------------------------------------------------------------------------------------------


def held(amount: int = 600, **more: Any) -> Told:
    """A pack of which some are held until an hour later."""
    return bought(**more).do("hold", amount, at=on(7, 5), ref="h", until=HOUR)


@pytest.mark.parametrize("used", ["debt", "let_go", "refuse"])
@pytest.mark.parametrize(
    ("verb", "args", "named"),
    [("release", ("h",), {"at": on(7, 5)}), ("advance", (), {"at": on(7, 6)}), ("capture", ("h", 0), {"at": on(7, 5)})],
    ids=["released", "lapsed", "captured at nothing"],
)
def test_what_is_held_goes_when_it_comes_back(verb: str, args: Any, named: dict[str, Any], used: str) -> None:
    """However it comes back; nothing is owed for it."""
    told = claw_back(held(), used=used)
    assert (told.figures(), told.view.held(), parts(told)) == ((0, 0), 600, [(400, 600, 0, 0, 0)])
    assert told.do(verb, *args, **named).figures() == (0, 0)
    assert told.view.held() == 0


@pytest.mark.parametrize(
    ("money", "captured", "used", "expected"),
    [
        (None, 600, "debt", (0, 600)),
        (None, 600, "let_go", (0, 0)),
        (None, 600, "refuse", (0, 0)),
        (None, 250, "debt", (0, 250)),
        (None, 250, "let_go", (0, 0)),
        ("24.50", 600, "debt", (0, 100)),
        ("24.50", 500, "debt", (0, 0)),
        ("24.50", 499, "debt", (1, 0)),
        ("24.50", 100, "debt", (400, 0)),
        ("24.50", 600, "let_go", (0, 0)),
        ("19.60", 600, "debt", (0, 0)),
    ],
)
def test_what_is_held_and_used_after_all_is_owed_or_let_go(
    money: str | None, captured: int, used: str, expected: tuple[int, int]
) -> None:
    """As the report said; of what comes back the claim is taken first."""
    told = claw_back(held(), money, used=used)
    assert told.do("capture", "h", captured, at=on(7, 5)).figures() == expected


def test_what_is_held_is_claimed_once() -> None:
    """The second report takes what the first left of it, and the rest was used."""
    told = bought().do("spend", 400, at=on(7, 2)).do("hold", 600, at=on(7, 5), ref="h", until=HOUR)
    assert parts(claw_back(told, "24.50")) == [(0, 500, 0, 0, 0)]
    assert parts(claw_back(told)) == [(0, 100, 0, 400, 0)]
    assert told.do("release", "h", at=on(7, 5)).figures() == (0, 400)


def test_of_two_holds_the_one_that_stays_answers_for_the_claim() -> None:
    """Used is owed only when no other hold of the bucket can still bring it."""
    told = (
        bought().do("hold", 600, at=on(7, 5), ref="one", until=HOUR).do("hold", 400, at=on(7, 5), ref="two", until=HOUR)
    )
    claw_back(told, "24.50")
    assert parts(told) == [(0, 500, 0, 0, 0)]
    assert told.do("capture", "one", 600, at=on(7, 5)).figures() == (0, 100)
    assert told.do("release", "two", at=on(7, 5)).figures() == (0, 100)


def test_the_debt_of_a_capture_comes_before_what_goes_beyond_it() -> None:
    """Both are owed, and each balance says so in its order."""
    plan = Plan("p", allowances=[Allowance(0)], offers=[PACK], at_zero=AtZero(overdraft=2_000))
    told = claw_back(held(1_000, on_plan=plan))
    assert told.do("capture", "h", 1_040, at=on(7, 5), over="spend").figures() == (0, 1_040)


def test_held_of_a_bucket_that_ends_meanwhile_is_gone() -> None:
    """What comes back to a bucket that has ended expires; there is nothing to be taken any more."""
    told = Told(PLAIN).do("grant", 100, at=on(7, 1), ref="g", expires=on(7, 5, 0, 30))
    told.do("hold", 60, at=on(7, 5), ref="h", until=HOUR).do("claw_back", "g", refunded=70, at=on(7, 5))
    told.do("advance", at=on(7, 5, 0, 45))
    assert told.figures() == (0, 0)
    told.do("capture", "h", 20, at=on(7, 5, 0, 45))
    assert told.figures() == (0, 0)
    assert told.do("claw_back", "g", at=on(7, 6)).figures() == (0, 20)


def test_a_hold_that_a_price_covers() -> None:
    """Money that is held for a quantity is owed in money."""
    plan = Plan("p", allowances=[Allowance(0)], prices=[Price("video", Decimal(2))], offers=[CASH])
    told = Told(plan).do("top_up", "cash", Decimal(10), at=on(7, 1), payment="p1")
    told.do("hold", 4, "video", at=on(7, 5), ref="h", until=HOUR)
    assert claw_back(told).figures("USD") == (0, 0)
    assert told.do("capture", "h", 3, at=on(7, 5)).figures("USD") == (0, 6)


# -- what has gone -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spent", [0, 30, 100])
def test_what_expired_is_gone_already(spent: int) -> None:
    """Only what was used of it is owed."""
    told = Told(PLAIN).do("grant", 100, at=on(7, 1), ref="g", expires=on(7, 4)).do("spend", spent, at=on(7, 2))
    told.do("claw_back", "g", at=on(7, 6))
    assert told.figures() == (0, spent)
    assert parts(told) == [(0, 0, 100 - spent, spent, 0)]


def test_what_a_change_of_plan_forfeited_is_gone_already() -> None:
    """And what it keeps goes."""
    drop = Plan("drop", allowances=[Allowance(0)], offers=[PACK], on_upgrade=Switch(when="now", forfeit={"top_up"}))
    keep = Plan("keep", allowances=[Allowance(0)], offers=[PACK], on_upgrade=Switch(when="now"))
    for plan, expected in ((drop, [(0, 0, 700, 300, 0)]), (keep, [(700, 0, 0, 300, 0)])):
        told = Told(plan, Plan("big", allowances=[Allowance(5)], rank=1))
        told.do("top_up", "pack", 1_000, at=on(7, 1), payment="p1").do("spend", 300, at=on(7, 2))
        told.do("change_plan", "big", at=on(7, 3))
        claw_back(told)
        assert parts(told) == expected
        assert told.figures() == (0, 295)


def test_what_is_used_up_and_long_gone_is_remembered() -> None:
    """A pack makes room for others once it is empty, and can still be refunded."""
    told = bought().do("spend", 1_000, at=on(7, 2))
    wallet = told.wallet
    for number in range(520):
        wallet = wallet.grant(1, at=on(7, 3), ref=f"g{number}").wallet
    assert "p1" not in {bucket.payment for bucket in wallet.at(on(7, 3)).buckets()}
    assert wallet.claw_back("p1", used="let_go", at=on(7, 4)).view.balance() == 520
    back = wallet.claw_back("p1", at=on(7, 4))
    assert (back.view.balance(), back.view.debt()) == (0, 480)


def test_it_is_forgotten_after_400_days() -> None:
    """Once a bucket is over so long, nobody knows any more."""
    told = Told(PLAIN).do("grant", 100, at=on(7, 1), ref="g", expires=on(7, 4)).do("spend", 100, at=on(7, 2))
    told.do("grant", 1, at=on(7, 3), ref="other", expires=on(7, 4)).do("advance", at=on(7, 5))
    assert told.wallet.claw_back("g", at=on(7, 5)).view.debt() == 100


def test_what_has_not_started_yet_goes_too() -> None:
    """Before its start it counts for nothing, and after it, it is not there."""
    told = Told(PLAIN).do("top_up", "pack", 1_000, at=on(7, 1), payment="p1", starts=on(7, 10))
    claw_back(told, "24.50")
    assert told.do("advance", at=on(7, 10)).figures() == (500, 0)


def test_what_was_extended_goes_until_its_new_end() -> None:
    """The end plays no part."""
    told = Told(PLAIN).do("grant", 100, at=on(7, 1), ref="g", expires=on(7, 4))
    told.do("extend", next(one for one in told.view.buckets() if one.kind == "promo"), on(7, 9), at=on(7, 2))
    assert told.do("claw_back", "g", refunded=60, at=on(7, 8)).figures() == (40, 0)


# -- whatever else is going on -------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["freeze", "pause"])
def test_a_stopped_wallet_is_clawed_back_all_the_same(verb: str) -> None:
    """Whoever disputes is often frozen first."""
    assert claw_back(bought().do(verb, at=on(7, 2)), "24.50").figures() == (500, 0)


def test_over_a_reset_the_use_of_the_month_before_is_owed() -> None:
    """And the new month's quota pays it, as any debt."""
    plan = Plan("p", allowances=[Allowance(300)], offers=[PACK])
    told = bought(on_plan=plan).do("spend", 1_200, at=on(7, 2)).do("advance", at=on(8, 1))
    assert told.figures() == (400, 0)
    assert claw_back(told, at=on(8, 2)).figures() == (0, 600)
    assert told.do("advance", at=on(9, 1)).figures() == (0, 300)


def test_the_gauge_never_shows_what_was_taken_as_used() -> None:
    """What was used of the pack this month stays used."""
    told = bought().do("spend", 300, at=on(7, 2))
    claw_back(told, "24.50")
    gauge = told.view.gauge()
    assert (gauge.used, gauge.size) == (300, 500)


def test_post_paid_use_is_no_business_of_it() -> None:
    """What goes on the statement stays there."""
    plan = Plan("p", allowances=[Allowance(0)], offers=[PACK], pay_as_you_go=[PayAsYouGo(Decimal(1))])
    told = bought(on_plan=plan).do("spend", 1_100, at=on(7, 2))
    claw_back(told)
    assert [line.quantity for line in told.view.accrued()] == [100]
    assert told.figures() == (0, 1_000)


def test_alerts_and_auto_top_up_see_what_went() -> None:
    """Below the line is below the line, as if it had been spent; but nothing is asked for."""
    plan = Plan(
        "p",
        allowances=[Allowance(0)],
        offers=[PACK],
        alerts=[Alert("low", "left", below=600)],
        auto_top_up=AutoTopUp("pack"),
    )
    told = bought(on_plan=plan).do("set_auto_top_up", threshold=600, purchase=1_000, at=on(7, 1))
    claw_back(told, "19.60")
    assert (told.change.notices, told.change.requests) == ((), ())
    claw_back(told, "24.50")
    assert [notice.name for notice in told.change.notices if hasattr(notice, "name")] == ["low"]
    assert told.change.requests == ()  # whose money went back is not charged anew


def test_money_with_six_places_and_an_odd_price() -> None:
    """Credits are money, too: a third of what was paid is a third of the credits, to the last place kept."""
    told = Told(PLAIN).do("top_up", "cash", Decimal("10.00"), at=on(7, 1), payment="p1")
    assert claw_back(told, "3.33").figures("USD") == (Decimal("6.67"), 0)
    assert claw_back(told, "3.333333").figures("USD") == (Decimal("6.666667"), 0)


def test_yen_have_no_cents() -> None:
    """A pack of 1,000 for 7 yen: each yen is 142 and some."""
    plan = Plan("p", currency="JPY", allowances=[Allowance(0)], offers=[Offer("pack", price=Decimal(7), pack=1_000)])
    told = Told(plan).do("top_up", "pack", 1_000, at=on(7, 1), payment="p1")
    seen = [1_000 - claw_back(told, str(yen)).view.balance() for yen in range(1, 8)]
    assert seen == [1_000 * yen // 7 for yen in range(1, 8)]


def test_the_entry_says_it_all() -> None:
    """What was named, how much went back, who reports, and what each bucket had to do with it."""
    told = claw_back(bought().do("spend", 800, at=on(7, 2)), "24.50", by="stripe", ref="re_1")
    entry = told.change.entry
    assert isinstance(entry, e.ClawedBack)
    assert (entry.source, entry.refunded, entry.unit.name, entry.by) == ("p1", Decimal("24.50"), "USD", "stripe")
    assert parts(told) == [(200, 0, 0, 300, 0)]
    assert [(debt.amount, debt.after) for debt in entry.debts] == [(300, 300)]
    assert [(one.steps, one.left_steps) for one in entry.claw_backs] == [(500, 0)]


# -- laws ----------------------------------------------------------------------------------------------------------

shares = st.lists(st.integers(0, 4_900), min_size=1, max_size=8).map(sorted)


@settings(max_examples=15)
@given(
    cents=shares, spent=st.integers(0, 1_100), set_aside=st.integers(0, 1_100), used=st.sampled_from(["debt", "let_go"])
)
def test_any_walk_of_reports_ends_as_the_last_report_alone(
    cents: list[int], spent: int, set_aside: int, used: str
) -> None:
    """When nothing is used in between: the same is left, owed, and claimed of each bucket, once nothing is held."""

    def start() -> Told:
        told = bought("large").do("spend", min(spent, 1_100), at=on(7, 2))
        if there := min(set_aside, 1_100 - spent):
            told.do("hold", there, at=on(7, 5), ref="h", until=HOUR)
        return told

    walk, jump = start(), start()
    for one in cents:
        claw_back(walk, str(Decimal(one).scaleb(-2)), used=used)
    claw_back(jump, str(Decimal(cents[-1]).scaleb(-2)), used=used)
    for told in (walk, jump):
        if told.view.held():
            told.do("release", "h", at=on(7, 5))
    assert totals(walk) == totals(jump)


def totals(told: Told) -> Any:
    """What is left, owed and held in all, and how much of each bucket was claimed."""
    return told.figures(), told.view.held(), [one.claw_back.total for one in told.view.buckets()]


@settings(max_examples=15)
@given(
    cents=st.integers(0, 4_900),
    uses=st.lists(st.tuples(st.integers(1, 400), st.integers(0, 400)), max_size=4),
    first=st.booleans(),
)
def test_who_got_money_back_has_nothing_for_it(cents: int, uses: list[tuple[int, int]], first: bool) -> None:
    """What is left, less what is owed, is what was paid for and is not used: before or after use, all the same."""
    told = bought()
    money = str(Decimal(cents).scaleb(-2))
    if first:
        claw_back(told, money, at=on(7, 1))
    total = 0
    for number, (hold, capture) in enumerate(uses):
        if hold > (told.view.available() or 0):
            continue
        told.do("hold", hold, at=on(7, 2), ref=f"h{number}", until=WEEK)
        taken = min(hold, capture)
        if number % 2:
            told.do("capture", f"h{number}", taken, at=on(7, 2))
        total += taken
    if not first:
        claw_back(told, money, at=on(7, 2))
    for number, (hold, capture) in enumerate(uses):
        if any(one.id == f"h{number}" for one in told.view.holds()):
            told.do("capture", f"h{number}", min(hold, capture), at=on(7, 2))
    left, owed = told.figures()
    assert left - owed == 1_000 - 1_000 * cents // 4_900 - total
