"""`movements`: how each balance moved, the oldest first; `recent_movements`: a page of them, the newest first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest
from attrs import evolve

from tests.laws.moved import check_movements, check_pages, plain
from tests.laws.stories import stories
from tests.support.rich import PLANS, july, opened
from tokenpurse import (
    Allowance,
    Balance,
    LateUse,
    Life,
    Movement,
    Offer,
    Plan,
    Renewal,
    Rollover,
    Wallet,
    movements,
    periods,
    recent_movements,
    replay,
)
from tokenpurse.buckets import Draw
from tokenpurse.entries import Entry
from tokenpurse.errors import ArgumentError, HistoryError, UnknownNameError
from tokenpurse.readings import Moved
from tokenpurse.replay import _after


class Story:
    """A wallet, and all its entries."""

    def __init__(self) -> None:
        change = opened()
        self.wallet, self.entries = change.wallet, list(change.entries)

    def __call__(self, verb: str, *args: Any, **named: Any) -> None:
        change = getattr(self.wallet, verb)(*args, **named)
        self.wallet = change.wallet
        self.entries += change.entries


def life() -> Story:
    """A month of tokens and of money, and the reset after it."""
    do = Story()
    do("top_up", "credits", Decimal(20), at=july(2), payment="pay_1", by="owner")
    do("spend", 300, at=july(3), ref="job-1")
    do("spend", {"tokens": 100, "mail": 2_000}, at=july(4))
    do("refund", do.entries[-1], {"mail": 500}, at=july(5))
    do("hold", 200, at=july(6), ref="run", until=july(7))
    do("capture", "run", 50, at=july(6, 1))
    do("claw_back", "pay_1", at=july(8), used="debt")
    do("advance", july(32))
    return do


def line(one: Movement) -> tuple[int, str]:
    return one.sequence, str(one)


ALL = [
    (1, "granted +1,000 tokens, 1,000 tokens left"),
    (1, "granted +20 sms, 20 sms left"),
    (2, "bought +20.00 USD, 20.00 USD left"),
    (3, "spent -300 tokens, 700 tokens left"),
    (4, "spent -100 tokens, 600 tokens left"),
    (4, "spent -2.00 USD, 18.00 USD left"),
    (5, "refunded +0.50 USD, 18.50 USD left"),
    (6, "held -200 tokens, 400 tokens left"),
    (7, "captured 0 tokens, 400 tokens left"),
    (7, "returned +150 tokens, 550 tokens left"),
    (8, "clawed_back -18.50 USD, 0.00 USD left"),
    (9, "forfeited -550 tokens, 0 tokens left"),
    (9, "forfeited -20 sms, 0 sms left"),
    (9, "granted +1,000 tokens, 1,000 tokens left"),
    (9, "granted +20 sms, 20 sms left"),
]


def test_each_balance_is_told_movement_by_movement() -> None:
    """Each unit has a balance of its own, and what one entry does for two reasons is told twice."""
    assert [line(one) for one in movements(life().entries)] == ALL


def test_a_movement_has_its_entry_its_amounts_and_its_parts() -> None:
    """Whom to ask for more: the entry; what to add up: steps, bucket by bucket."""
    do = life()
    spent = list(movements(do.entries))[3]
    assert (spent.entry_id, spent.at, spent.ref, spent.by) == ("acme#3", july(3), "job-1", None)
    assert (spent.amount, spent.balance, spent.held_steps) == (-300, 700, 0)
    (part,) = spent.parts
    assert (part.bucket, part.kind, part.steps) == ("quota:tokens@20260701T000000Z", "quota", -300)
    bought = list(movements(do.entries))[2]
    assert (bought.amount, bought.by, bought.ref) == (Decimal(20), "owner", "pay_1")
    assert [one.held_steps for one in movements(do.entries) if one.held_steps] == [200, -50, -150]


@pytest.mark.parametrize("which", range(len(stories())))
def test_they_lead_from_balance_to_balance(which: int) -> None:
    """In histories with every kind of entry: of each unit and each bucket, forwards, and page by page backwards."""
    story, book = stories()[which], None
    for position, entry in enumerate(story.entries):
        before, book = book, _after(book, entry, position)
        check_movements(before, entry, book)
    check_pages(story.wallet, story.entries)


def test_the_stories_have_every_reason() -> None:
    reasons = {one.what for story in stories() for one in movements(story.entries)}
    assert set(get_args(Moved)) - {"brought"} <= reasons | {"bonus"}


@pytest.mark.parametrize("at", range(1, 9))
def test_they_go_on_from_any_wallet(at: int) -> None:
    """A host that keeps them in a table appends those of each change."""
    do = life()
    whole = list(movements(do.entries))
    first = replay(do.entries[:at], catalogue=PLANS)
    again = [*movements(do.entries[:at]), *movements(do.entries[at:], after=first)]
    assert whole == again


def test_they_are_worked_out_as_they_are_read() -> None:
    """Of a long ledger no more is read than it takes."""
    do = life()
    entries = iter(do.entries)
    assert next(movements(entries)).sequence == 1
    assert next(entries).sequence == 2
    newest = iter(do.entries[::-1])
    assert [one.sequence for one in recent_movements(newest, do.wallet, size=2)] == [9, 9]
    assert next(newest).sequence == 8


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
@pytest.mark.parametrize("unit", ["tokens", "USD", "sms"])
def test_pages_are_the_whole_from_its_end(unit: str, size: int) -> None:
    """Where a page ends in the middle of an entry, the next goes on in it; what moved nothing is left out."""
    do = life()
    found: list[Movement] = []
    while page := recent_movements(
        [one for one in reversed(do.entries) if not found or one.sequence <= found[-1].sequence],
        do.wallet,
        unit,
        size=size,
        before=found[-1] if found else None,
    ):
        assert len(page) <= size
        found += page
    whole = [one for one in movements(do.entries) if one.unit.name == unit and one.steps]
    assert whole[::-1] == [evolve(one, unit=whole[0].unit) for one in found]


def test_the_first_meter_is_the_unit_unless_one_is_said() -> None:
    do = life()
    assert [line(one) for one in recent_movements(do.entries[::-1], do.wallet, size=2)] == [ALL[13], ALL[11]]


def test_what_came_of_nothing_is_told_as_brought() -> None:
    """A balance that another system had; an allowance of which something was used there."""
    change = opened(balances=[Balance("top_up", 70, payment="old", paid=Decimal(1))], used={"tokens": 30})
    assert [str(one) for one in movements(change.entries) if one.unit.name == "tokens"] == [
        "granted +1,000 tokens, 1,000 tokens left",
        "spent -30 tokens, 970 tokens left",
        "brought +70 tokens, 1,040 tokens left",
    ]


def test_a_bonus_is_told_beside_what_was_bought() -> None:
    plan = Plan("pro", offers=[Offer("pack", price=Decimal(1), pack=10, bonus=3)])
    first = Wallet.open(plan, id="acme", at=july(1))
    bought = first.wallet.top_up("pack", 10, at=july(2), payment="p")
    told = [str(one) for one in movements(bought.entries, after=first.wallet)]
    assert told == ["bought +10 tokens, 10 tokens left", "bonus +3 tokens, 13 tokens left"]


# -- what is rare ----------------------------------------------------------------------------------------------------


def of(wallet: Wallet, verb: str, *args: Any, **named: Any) -> tuple[Wallet, list[str]]:
    """What one more verb moved; bucket by bucket it is right, too."""
    change = getattr(wallet, verb)(*args, **named)
    book = wallet._book
    for position, entry in enumerate(change.entries, wallet.version):
        before, book = book, _after(book, entry, position)
        check_movements(before, entry, book)
    return change.wallet, [str(one) for one in movements(change.entries, after=wallet)]


class Late:
    """100 tokens in July, 30 of them used; in August more are reported that were used in July."""

    def __init__(self, used: int = 20, life: Life | None = None, **more: Any) -> None:
        given: Any = "on_payment" if more else "at_once"
        late = LateUse("own", grace=timedelta(days=3))
        plan = Plan("pro", allowances=[Allowance(100, given=given, life=life)], late_use=late, **more)
        change = Wallet.open(plan, id="acme", at=july(1))
        self.wallet, self.entries, self.told = change.wallet, [*change.entries], ""
        for verb, args, named in [
            ("spend", (30,), {"at": july(5)}),
            ("advance", (july(32),), {}),
            ("spend", (used,), {"at": july(33), "occurred_at": july(31)}),
        ]:
            change = getattr(self.wallet, verb)(*args, **named)
            self.entries += change.entries
            self.wallet, told = of(self.wallet, verb, *args, **named)
        self.last = told


def test_late_use_takes_of_what_was_forfeited() -> None:
    """The closed period's rest was used after all: what is forfeited comes off again, and is spent."""
    late = Late()
    assert late.last == ["forfeited +20 tokens, 120 tokens left", "spent -20 tokens, 100 tokens left"]
    check_pages(late.wallet, late.entries)


@pytest.mark.parametrize(("used", "left"), [(20, 50), (70, 0)])
def test_late_use_takes_of_what_waits_for_a_renewal(used: int, left: int) -> None:
    """Nothing of that is forfeited yet: it is there, and is spent, to the last of it."""
    late = Late(used, renewal=Renewal(grace=timedelta(days=5)))
    assert late.last == [f"spent -{used} tokens, {left} tokens left"]
    check_pages(late.wallet, late.entries)


def test_late_use_takes_of_what_lives_longer_than_its_period() -> None:
    """A grant that is kept beside the next one was not forfeited either."""
    late = Late(life=Life(periods=2))
    assert late.last == ["spent -20 tokens, 150 tokens left"]
    check_pages(late.wallet, late.entries)


def test_a_page_with_late_use_needs_the_entry_that_closed_its_period() -> None:
    """Only that tells which of the two it was; a list that ends before it says too little, and no more is asked."""
    late = Late()
    newest = late.entries[::-1]
    with pytest.raises(HistoryError, match="it is late use: the entry that closed its period must follow") as caught:
        recent_movements(newest[:1], late.wallet, size=1)
    assert caught.value.position == 0
    rest = iter([*newest[:2], "never read"])
    assert len(recent_movements(rest, late.wallet, size=3)) == 3
    assert list(rest) == ["never read"]


def test_money_that_comes_again_for_what_has_ended_passes_through() -> None:
    plan = Plan("pro", offers=[Offer("pack", price=Decimal(1), pack=10, life=Life(days=5))])
    wallet, _ = of(Wallet.open(plan, id="acme", at=july(1)).wallet, "top_up", "pack", 10, at=july(1), payment="p")
    wallet, went = of(wallet, "claw_back", "p", at=july(2), used="debt")
    assert went == ["clawed_back -10 tokens, 0 tokens left"]
    wallet, came = of(wallet, "reinstate", "p", at=july(20))
    assert came == ["reinstated +10 tokens, 10 tokens left", "expired -10 tokens, 0 tokens left"]


def test_of_a_run_the_sums_are_told_of_what_came_and_went_inside() -> None:
    """What is carried for a time, and within a cap, from each of a hundred periods into the next."""
    for rollover in (
        Rollover(life=Life(periods=2), bank_max=150),
        Rollover(life=Life(periods=3)),
        Rollover(life=Life(periods=3), bank_max=150),  # here the cap takes inside the run as well
        Rollover(life=Life(periods=3), share=Decimal("0.5"), bank_max=70),
        Rollover(life=Life(days=25), share=Decimal("0.5")),
        Rollover(bank_max=250),
    ):
        plan = Plan("pro", allowances=[Allowance(100)], rollovers=[rollover], period=periods.subscription_days(10))
        wallet, _ = of(Wallet.open(plan, id="acme", at=july(1)).wallet, "spend", 30, at=july(5))
        wallet, told = of(wallet, "advance", july(1) + timedelta(days=1_000))
        assert any("granted +9," in one for one in told), told
        of(wallet, "spend", 110, at=wallet.clock)


def test_allowances_on_a_schedule_of_their_own_are_told_inside_a_run_too() -> None:
    """What the last day before the run had left expires, those inside come and go, and the last one is there."""
    given = [Allowance(100), Allowance(5, kind="daily", every=periods.calendar_day())]
    plan = Plan("pro", allowances=given)
    wallet, _ = of(Wallet.open(plan, id="acme", at=july(1)).wallet, "spend", 3, at=july(1, 1))
    _, told = of(wallet, "advance", datetime(2029, 7, 1, 12, tzinfo=UTC))
    run = [  # two openings and a day's turns come before it
        "forfeited -100 tokens, 5 tokens left",
        "expired -5 tokens, 0 tokens left",
        "granted +8,565 tokens, 8,565 tokens left",
        "forfeited -3,400 tokens, 5,165 tokens left",
        "expired -5,165 tokens, 0 tokens left",
        "granted +105 tokens, 105 tokens left",
    ]
    assert run == told[10:16]


# -- what is no ledger -----------------------------------------------------------------------------------------------

FORWARD: dict[str, tuple[Callable[[list[Any]], Any], int, str]] = {
    "no entry": (lambda entries: [*entries[:2], "spent"], 2, "it is a str, not an entry"),
    "a first entry missing": (lambda entries: entries[1:], 0, "its sequence number is 2, it must be 1"),
    "another first entry": (lambda entries: [evolve(entries[1], sequence=1)], 0, "starts with Opened"),
    "opened twice": (lambda entries: [entries[0], evolve(entries[0], sequence=2)], 1, "has it once"),
    "an entry missing": (lambda entries: [entries[0], *entries[2:]], 1, "its sequence number is 3, it must be 2"),
    "somebody else's": (lambda entries: [entries[0], evolve(entries[1], wallet="b")], 1, "it is of wallet b"),
}


@pytest.mark.parametrize(("broken", "position", "said"), FORWARD.values(), ids=list(FORWARD))
def test_a_ledger_with_gaps_is_found(broken: Callable[[list[Any]], Any], position: int, said: str) -> None:
    with pytest.raises(HistoryError, match=said) as caught:
        list(movements(broken(life().entries)))
    assert position == caught.value.position


def test_what_goes_on_from_a_wallet_is_the_next_entry() -> None:
    do = life()
    with pytest.raises(HistoryError, match="its sequence number is 1, it must be 10"):
        list(movements(do.entries, after=do.wallet))
    with pytest.raises(HistoryError, match="it is of wallet acme, the others are of ben"):
        list(movements(do.entries, after=opened(id="ben").wallet))


BACKWARD: dict[str, tuple[Callable[[list[Any]], Any], int, str]] = {
    "the oldest first": (lambda entries: entries, 0, "its sequence number is 1, it must be 9"),
    "the newest missing": (lambda entries: entries[-2::-1], 0, "its sequence number is 8, it must be 9"),
    "one missing": (lambda entries: [entries[-1], *entries[-3::-1]], 1, "its sequence number is 7, it must be 8"),
    "no entry": (lambda entries: [entries[-1], None], 1, "it is a NoneType, not an entry"),
    "somebody else's": (lambda entries: [entries[-1], evolve(entries[-2], wallet="b")], 1, "it is of wallet b"),
    "an altered one": (
        lambda entries: [entries[-1], *(changed(one) for one in entries[-2::-1])],
        8,
        "before it 2 tokens were left by the entries",
    ),
}


def changed(entry: Any) -> Any:
    """The first spend, said to have drawn two tokens more."""
    if entry.sequence != 3:
        return entry
    (use,) = entry.uses
    (draw,) = use.draws
    assert isinstance(draw, Draw)
    return evolve(entry, uses=(evolve(use, draws=(evolve(draw, steps=302),)),))


@pytest.mark.parametrize(("broken", "position", "said"), BACKWARD.values(), ids=list(BACKWARD))
def test_backwards_as_well(broken: Callable[[list[Any]], Any], position: int, said: str) -> None:
    """What is wrong with an amount shows at the opening, before which there was nothing."""
    do = life()
    with pytest.raises(HistoryError, match=said) as caught:
        recent_movements(broken(do.entries), do.wallet, size=100)
    assert position == caught.value.position


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({"wallet": None}, "wallet is None, it must be a Wallet"),
        ({"size": 0}, "size is 0"),
        ({"size": True}, "size is True"),
        ({"size": 2.0}, "size is 2.0"),
        ({"before": "acme#3"}, "before is 'acme#3', it must be a movement of the wallet"),
    ],
)
def test_arguments_that_cannot_be_what_they_are_for(named: dict[str, Any], said: str) -> None:
    do = life()
    with pytest.raises(ArgumentError, match=said):
        recent_movements(**{"entries": do.entries[::-1], "wallet": do.wallet, **named})


def test_a_page_of_another_wallet_is_none() -> None:
    do = life()
    (first, *_) = movements(opened(id="ben").entries)
    with pytest.raises(ArgumentError, match="it must be a movement of the wallet"):
        recent_movements(do.entries[::-1], do.wallet, before=first)
    with pytest.raises(ArgumentError, match="after is 5, it must be a Wallet"):
        movements(do.entries, after=5)  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(UnknownNameError):
        recent_movements(do.entries[::-1], do.wallet, "gems")


def test_a_wallet_that_took_the_short_way_starts_where_it_is() -> None:
    """Spends inside one bucket make no book; the balance is what is left after them all."""
    do = life()
    for day in range(20):
        do("spend", 1 + day, at=datetime(2026, 8, 2 + day, tzinfo=UTC))
    newest: list[Entry] = do.entries[::-1]
    assert [str(one) for one in recent_movements(newest, do.wallet, size=2)] == [
        "spent -20 tokens, 790 tokens left",
        "spent -19 tokens, 810 tokens left",
    ]
    assert plain(list(movements(do.entries))[-1]).balance == do.wallet.at(do.wallet.clock).balance() == 790
