"""Refund: use is given back to where it came from, the last that was used first, and never more than there was."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cases import holding, on
from tests.support.loose import loose
from tokenpurse import (
    Alert,
    Allowance,
    Balance,
    Bound,
    Change,
    LateUse,
    Limit,
    Offer,
    OnDebt,
    PayAsYouGo,
    Plan,
    Price,
    Renewal,
    Rollover,
    Switch,
    View,
    Wallet,
    periods,
    replay,
)
from tokenpurse import entries as e
from tokenpurse._engine.apply import undoing
from tokenpurse._history import undone
from tokenpurse.entries import Captured, Refunded, Spent
from tokenpurse.errors import (
    AmountError,
    ArgumentError,
    ConflictError,
    HistoryError,
    NotRefundable,
    OutOfBounds,
    PurseError,
    WalletClosed,
)
from tokenpurse.notices import Bill
from tokenpurse.periods import Period
from tokenpurse.units import STEPS_MAX

QUOTA = "quota:tokens@20260701T000000Z"
CREDITS = Offer("credits", unit="USD", price=Decimal(1))
PACK = Offer("tokens", price=Decimal(1), per=1)
USD7 = Price("tokens", Decimal("0.000003"), per=7)
"""Three steps of a dollar for seven tokens: hardly any part comes to a whole step."""


class Walk:
    """A wallet, what it said, and after every verb: the entries are the wallet."""

    def __init__(self, *plans: Plan, at: datetime | None = None, **named: Any) -> None:
        change = Wallet.open(plans[0], catalogue=loose(plans), id="acme", at=at or on(7, 1), **named)
        self.wallet, self.entries = change.wallet, list(change.entries)

    def __call__(self, verb: str, *args: Any, at: datetime | None = None, **named: Any) -> Change:
        change: Change = getattr(self.wallet, verb)(*args, at=at or self.wallet.clock, **named)
        self.wallet = change.wallet
        self.entries += change.entries
        assert replay(self.entries) == self.wallet
        return change

    def used(self, *args: Any, **named: Any) -> Spent:
        """Spend, and say the entry of it."""
        entry = self("spend", *args, **named).entry
        assert isinstance(entry, Spent)
        return entry

    def refunded(self, *args: Any, **named: Any) -> list[tuple[str, int, str]]:
        """Refund, and say what came back to which kind of bucket, and which way it went."""
        entry = self("refund", *args, **named).entry
        assert isinstance(entry, Refunded)
        return [(back.kind, back.steps, back.went) for back in entry.returned]

    @property
    def view(self) -> View:
        return self.wallet.at(self.wallet.clock)

    def kinds(self) -> dict[str, Any]:
        return {kind: left for kind, left in self.view.by_kind().items() if left}

    def lines(self) -> list[str]:
        return [str(line).partition(" at ")[0] for line in self.view.accrued()]

    def statements(self) -> list[str]:
        said = [entry.statement for entry in self.entries if isinstance(entry, e.PeriodOpened | e.Closed)]
        return [str(statement) for statement in said if statement is not None]

    def bills(self) -> int:
        return sum(isinstance(request, Bill) for entry in self.entries for request in entry.requests)


def plan(*allowances: Allowance, name: str = "p", **parts: Any) -> Plan:
    """A plan with 100 tokens a month unless said otherwise."""
    return Plan(name, allowances=list(allowances) or [Allowance(100)], **parts)


# -- how much ------------------------------------------------------------------------------------------------------


def test_what_is_left_comes_back_unless_said() -> None:
    """All of it, then nothing is left to refund."""
    walk = Walk(plan())
    spent = walk.used(60, at=on(7, 2))
    change = walk("refund", spent, at=on(7, 3), by="admin")
    assert (change.moved, change.view.available(), change.view.usage()) == ({"tokens": 60}, 100, 0)
    assert (change.entry.by, change.entry.spent_at, change.entry.running) == ("admin", on(7, 2), True)
    assert change.entry.undone[0].amount == 60
    with pytest.raises(OutOfBounds, match="refunded already"):
        walk("refund", spent)


@pytest.mark.parametrize("parts", [(1, 59), (20, 20, 20), (59, None), (30, 30)])
def test_parts_come_to_the_whole_and_no_more(parts: tuple[int | None, ...]) -> None:
    """However often, never more than was used; what is too much says how much is left."""
    walk = Walk(plan())
    spent, left = walk.used(60), 60
    for part in parts:
        with pytest.raises(OutOfBounds) as refused:
            walk("refund", spent, left + 1)
        assert (refused.value.asked, refused.value.available) == (left + 1, left)
        walk("refund", spent, part)
        left -= part or left
        assert walk.view.available() == 100 - left
    assert left == 0
    with pytest.raises(OutOfBounds):
        walk("refund", spent, 1)


def test_each_use_is_remembered_by_itself() -> None:
    """What was given back of one says nothing of another."""
    walk = Walk(plan())
    first, second = walk.used(10), walk.used(20)
    walk("refund", second, 15)
    walk("refund", first, 10)
    walk("refund", second, 5)
    assert (walk.view.available(), walk.view.lifetime().spent) == (100, 0)


@pytest.mark.parametrize(
    ("amount", "error"),
    [
        ({"sms": -1}, AmountError),
        ({"sms": Decimal(1)}, AmountError),
        ({"sms": True}, AmountError),
        ("1", AmountError),
        ({}, AmountError),
        ({"mail": 1}, ArgumentError),
        ({"sms": 0}, AmountError),
        ({"sms": 3}, OutOfBounds),
        ({"tokens": 1, "sms": 3}, OutOfBounds),
        (1, ArgumentError),
    ],
)
def test_an_amount_that_cannot_come_back_changes_nothing(amount: Any, error: type[PurseError]) -> None:
    """Zero, more than was used, a meter that it did not use, or an amount of whichever of two meters."""
    walk = Walk(plan(Allowance(100), Allowance(10, "sms")))
    spent, before = walk.used({"tokens": 5, "sms": 2}), walk.wallet
    with pytest.raises(error):
        before.refund(spent, amount, at=on(7, 2))
    assert before.at(on(7, 1)).usage() == 5


def test_several_meters_come_back_at_once() -> None:
    """A mapping says how much of which; nothing said is all that is left of each."""
    walk = Walk(plan(Allowance(100), Allowance(10, "sms")))
    spent = walk.used({"tokens": 30, "sms": 4})
    assert walk("refund", spent, {"sms": 1, "tokens": 10}).moved == {"sms": 1, "tokens": 10}
    assert walk("refund", spent, {"sms": 3}).moved == {"sms": 3}
    assert walk("refund", spent).moved == {"tokens": 20}
    assert (walk.view.usage(), walk.view.usage("sms")) == (0, 0)


# -- where to ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (10, [("top_up", 10, "back")]),
        (25, [("top_up", 20, "back"), ("promo", 5, "back")]),
        (160, [("top_up", 20, "back"), ("promo", 40, "back"), ("quota", 100, "back")]),
    ],
)
def test_the_last_draw_comes_back_first(amount: int, expected: list[tuple[str, int, str]]) -> None:
    """In reverse order over several buckets."""
    walk = Walk(plan(), balances=[Balance("promo", 40), Balance("top_up", 30)])
    walk("grant", 5, expires=on(7, 2))  # so that there is a bucket that does not take part
    walk("advance", at=on(7, 2))
    walk.used(100)
    walk("refund", walk.entries[-1])
    spent = walk.used(160)
    assert walk.refunded(spent, amount) == expected


def test_the_walk_goes_on_where_it_ended() -> None:
    """A second refund begins in the bucket that the first one reached."""
    walk = Walk(plan(), balances=[Balance("promo", 40)])
    spent = walk.used(130)
    assert walk.refunded(spent, 20) == [("promo", 20, "back")]
    assert walk.refunded(spent, 20) == [("promo", 10, "back"), ("quota", 10, "back")]
    assert walk.refunded(spent, 20) == [("quota", 20, "back")]


def test_a_capture_is_refunded_like_a_spend() -> None:
    """What it took of the hold and what it spent beside: what was spent beside comes back first."""
    walk = Walk(plan(), balances=[Balance("promo", 40)])
    walk("hold", 90, ref="h", until=timedelta(hours=1))
    captured = walk("capture", "h", 120, over="spend").entry
    assert isinstance(captured, Captured)
    assert captured.extra
    assert walk.refunded(captured, 35) == [("promo", 20, "back"), ("quota", 10, "back"), ("quota", 5, "back")]
    assert walk("refund", captured).moved == {"tokens": 85}
    assert (walk.view.usage(), walk.view.available()) == (0, 140)


def test_a_bucket_that_was_drained_and_is_gone_is_there_again() -> None:
    """With its price and its payment, so that they can be found."""
    walk = Walk(plan(offers=[PACK]))
    walk("top_up", "tokens", 50, payment="p1")
    spent = walk.used(150)
    walk("advance", at=on(8, 2))
    assert walk.kinds() == {"quota": 100}
    assert walk.refunded(spent, 30) == [("top_up", 30, "back")]
    (bucket,) = (one for one in walk.view.buckets() if one.kind == "top_up")
    assert (bucket.left, bucket.opening, bucket.granted, bucket.payment) == (30, 30, 50, "p1")
    assert bucket.paid is not None
    assert bucket.paid.amount == 50
    assert walk.refunded(spent, 20) == [("top_up", 20, "back")]


@pytest.mark.parametrize(("when", "went"), [(on(7, 20) - timedelta(microseconds=1), "back"), (on(7, 20), "expired")])
def test_what_comes_back_to_a_bucket_that_has_ended_has_expired(when: datetime, went: str) -> None:
    """Its end is exclusive, drained or not."""
    for used in (51, 50):
        walk = Walk(plan(Allowance(1)))
        walk("grant", 50, expires=on(7, 20))
        spent = walk.used(used)
        assert walk.refunded(spent, used - 1, at=when) == [("promo", used - 1, went)]
        assert walk.kinds() == ({"promo": 50} if went == "back" else {})
        assert walk.view.lifetime().spent == 1


def test_what_a_change_of_plan_forfeited_stays_so() -> None:
    """What comes back to a kind that the `Switch` took goes the same way."""
    free = plan(name="free")
    walk = Walk(plan(offers=[PACK], rank=1, on_downgrade=Switch(when="now", forfeit={"top_up"})), free)
    walk("top_up", "tokens", 50, payment="p1")
    spent = walk.used(130)
    walk("change_plan", "free")
    assert walk.refunded(spent, 30) == [("top_up", 30, "forfeited")]
    assert (walk.view.available(), walk.view.usage(), walk.view.gauge().used) == (0, 100, 100)


def test_the_rest_of_an_allowance_that_was_kept_takes_back() -> None:
    """It is a bucket of its own then, until its own end."""
    free = plan(name="free")
    walk = Walk(plan(rank=1, on_downgrade=Switch(when="now", keep={"quota"}, use="cleared")), free)
    spent = walk.used(30)
    walk("change_plan", "free")
    assert walk.refunded(spent, 10) == [("quota", 10, "back")]
    walk("advance", at=on(8, 1))
    assert walk.refunded(spent, 20) == [("quota", 20, "expired")]


@pytest.mark.parametrize(
    ("cap", "expected"),
    [
        (None, [("quota", 80, "carried")]),
        (50, [("quota", 30, "carried"), ("quota", 50, "forfeited")]),
        (20, [("quota", 80, "forfeited")]),
    ],
)
def test_what_comes_back_to_a_closed_period_is_carried_within_the_cap(
    cap: int | None, expected: list[tuple[str, int, str]]
) -> None:
    """As what was left of it would have been."""
    walk = Walk(plan(rollovers=[Rollover(bank_max=cap)]))
    spent = walk.used(80)
    walk("advance", at=on(8, 2))
    assert walk.refunded(spent) == expected
    assert walk.view.by_kind()["rollover"] == 20 + sum(part for _, part, went in expected if went == "carried")
    assert (walk.view.usage(), walk.view.gauge().used) == (0, 0)


def test_what_comes_back_fills_a_bank_that_was_used_since_up_to_its_cap() -> None:
    """The cap is that of the day: 40 of July were carried and used, so that 50 of the 60 that come back fit."""
    walk = Walk(plan(rollovers=[Rollover(bank_max=50)]))
    late = walk("spend", 60, at=on(7, 5)).entry
    walk("spend", 140, at=on(8, 2))
    assert isinstance(late, Spent)
    assert walk.refunded(late) == [("quota", 50, "carried"), ("quota", 10, "forfeited")]


def test_a_bank_is_made_for_what_is_carried() -> None:
    """And where nothing carries, it is forfeited."""
    for rollovers, expected in (([Rollover()], "carried"), ([], "forfeited")):
        walk = Walk(plan(rollovers=rollovers))
        spent = walk.used(100)
        walk("advance", at=on(8, 2))
        assert walk.refunded(spent, 60) == [("quota", 60, expected)]
        assert walk.refunded(spent) == [("quota", 40, expected)]
        assert walk.view.available() == (200 if rollovers else 100)


def test_the_bank_gets_back_what_it_paid() -> None:
    """There still, or gone because it was empty."""
    walk = Walk(plan(rollovers=[Rollover()]))
    walk("advance", at=on(8, 1))
    spent = walk.used(200)
    assert walk.refunded(spent, 30) == [("rollover", 30, "back")]
    walk.used(30)
    for month in (9, 10):
        walk("advance", at=on(month, 1))
        walk.used(walk.view.available())
    walk("advance", at=on(11, 1))
    assert walk.refunded(spent, 70)[0][0] == "rollover"
    assert walk.view.by_kind()["rollover"] == 70


# -- at a price ----------------------------------------------------------------------------------------------------


def priced(**parts: Any) -> Walk:
    """A dollar of credits, and tokens at a price of which hardly any part is a whole step."""
    walk = Walk(plan(Allowance(10), prices=[USD7], offers=[CREDITS], **parts))
    walk("top_up", "credits", Decimal(1), payment="p1")
    return walk


def paid(walk: Walk) -> int:
    return 1_000_000 - int(walk.view.balance("USD") * 1_000_000)


@given(parts=st.lists(st.integers(1, 40), min_size=1, max_size=8), months=st.sampled_from([0, 1]))
def test_parts_of_a_price_come_to_exactly_what_was_paid(parts: list[int], months: int) -> None:
    """In the running period, where what stays used stays paid, and after it."""
    walk = priced()
    spent = walk.used(10 + sum(parts))
    cost, left = paid(walk), sum(parts)
    walk("advance", at=on(7 + months, 5))
    for part in parts:
        walk("refund", spent, part)
        left -= part
        assert -(-left * 3 // 7) <= paid(walk) <= cost
    assert paid(walk) == 0
    walk("refund", spent)
    assert walk.view.lifetime().spent == 0


@given(
    steps=st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(1, 9)), min_size=1, max_size=12),
)
def test_what_stays_used_is_never_paid_below_its_exact_price(steps: list[tuple[bool, int, int]]) -> None:
    """Spends and refunds in any order: the period's whole is paid, and use of it begins where it stands."""
    walk, spends, left = priced(), [], []
    walk.used(10)
    for spends_more, pick, amount in steps:
        if spends_more or not spends:
            spends.append(walk.used(amount))
            left.append(amount)
        elif part := min(left[pick % len(spends)], amount):
            walk("refund", spends[pick % len(spends)], part)
            left[pick % len(spends)] -= part
        assert sum(left) * 3 <= paid(walk) * 7
    more = walk.used(7 * 7)
    assert paid(walk) * 7 >= (sum(left) + 49) * 3
    assert walk.view.usage() == 10 + sum(left) + more.uses[0].steps


def test_an_action_priced_in_tokens_that_are_priced_in_dollars() -> None:
    """Each price is walked back: dollars first, then the allowance; three thirds are the whole."""
    tokens = [Price("video", 1_000, unit="tokens"), USD7]
    walk = Walk(plan(Allowance(1_500), prices=tokens, offers=[CREDITS]))
    walk("top_up", "credits", Decimal(1), payment="p1")
    spent = walk.used(3, "video")
    assert (paid(walk), walk.view.usage()) == (643, 3_000)
    seen = []
    for _ in range(3):
        assert walk("refund", spent, 1).moved == {"video": 1}
        seen.append((paid(walk), walk.view.balance(), walk.view.usage(), walk.view.usage("video")))
    assert seen == [(215, 0, 2_000, 2), (0, 500, 1_000, 1), (0, 1_500, 0, 0)]
    assert walk.view.lifetime("USD").spent == walk.view.lifetime("video").spent == 0


def test_money_that_was_used_comes_back_as_money() -> None:
    """Use that is reported in money."""
    walk = priced()
    spent = walk.used(Decimal("0.25"), "USD")
    assert walk("refund", spent, Decimal("0.10")).moved == {"USD": Decimal("0.10")}
    assert paid(walk) == 150_000


# -- post-paid -----------------------------------------------------------------------------------------------------

PAYG = PayAsYouGo(Decimal(1), per=10)


def test_post_paid_use_goes_off_its_line_first() -> None:
    """While the period runs; the statement never sees it."""
    walk = Walk(plan(pay_as_you_go=[PAYG]), balances=[Balance("promo", 50)])
    spent = walk.used(180)
    seen = []
    for amount in (20, 20, 50):
        walk("refund", spent, amount)
        seen.append((walk.view.balance(), walk.lines(), walk.view.usage()))
    assert seen == [(0, ["10 tokens"], 160), (10, [], 140), (60, [], 90)]
    walk("advance", at=on(8, 1))
    assert walk.statements() == []


def test_after_closing_it_is_a_line_of_its_own() -> None:
    """The running period's own line, its use and its gauge are left alone."""
    walk = Walk(plan(pay_as_you_go=[PAYG]))
    spent = walk.used(150)
    walk("advance", at=on(8, 1))
    walk.used(180)
    change = walk("refund", spent, 30, at=on(8, 2))
    assert change.entry.running is False
    assert walk.lines() == ["80 tokens", "refund of 30 tokens"]
    walk("refund", spent, 10, at=on(8, 3))
    assert walk.lines() == ["80 tokens", "refund of 40 tokens"]
    assert (walk.view.usage(), walk.view.gauge().used, walk.view.lifetime().spent) == (180, 180, 290)
    walk("advance", at=on(9, 1))
    assert walk.statements() == ["5.00 USD", "4.00 USD"]
    assert walk.bills() == 2


@pytest.mark.parametrize("months", [2, 3, 40])
def test_lines_that_come_to_less_than_nothing_wait(months: int) -> None:
    """Never lost, over any number of periods, stepped or at once; billed with what outweighs them."""
    walk, steps = (Walk(plan(pay_as_you_go=[PAYG], period=periods.hours(1))) for _ in range(2))
    for each in (walk, steps):
        spent = each.used(150)
        each("advance", at=on(7, 1, 1))
        each("refund", spent, 50)
    until = on(7, 1, 1) + timedelta(hours=months)
    for hour in range(1, months):
        steps("advance", at=on(7, 1, 1) + timedelta(hours=hour))
    for each in (walk, steps):
        each("advance", at=until)
        assert each.lines() == ["refund of 50 tokens"]
        assert (each.statements(), each.bills()) == (["5.00 USD"], 1)
        each.used(149)
        each("advance", at=until + timedelta(hours=1))
        assert (each.lines(), each.bills()) == (["refund of 50 tokens", "49 tokens"], 1)
        each.used(102)
        each("advance", at=until + timedelta(hours=2))
        assert (each.lines(), each.statements()[1:], each.bills()) == ([], ["0.10 USD"], 2)


def test_the_closing_of_the_wallet_shows_them() -> None:
    """And asks for no bill of less than nothing."""
    walk = Walk(plan(pay_as_you_go=[PAYG]))
    spent = walk.used(150)
    walk("advance", at=on(8, 1))
    walk("refund", spent, 20)
    walk("close")
    assert (walk.statements(), walk.bills()) == (["5.00 USD", "-2.00 USD"], 1)


def test_lines_that_come_to_nothing_are_stated_and_not_billed() -> None:
    """Exactly zero: a statement, and nothing to charge."""
    walk = Walk(plan(pay_as_you_go=[PAYG]))
    spent = walk.used(150)
    walk("advance", at=on(8, 1))
    walk("refund", spent, 20)
    walk.used(120)
    walk("advance", at=on(9, 1))
    assert (walk.statements(), walk.bills(), walk.lines()) == (["5.00 USD", "0.00 USD"], 1, [])


def test_debt_is_billed_only_on_a_statement_that_is_closed() -> None:
    """Beside a refund that is worth more, it stays debt; it was lost from both, and the entry was no history."""
    owing = OnDebt("bill", price=Decimal(1), unit="sms")
    payg = PayAsYouGo(Decimal(1), meter="tokens")
    walk = Walk(plan(Allowance(1, "sms"), pay_as_you_go=[payg], on_debt=owing))
    spent = walk.used(30, "tokens")
    walk("advance", at=on(8, 1))
    walk("refund", spent, 20)
    walk.used(6, "sms", overdraw=True)
    walk("advance", at=on(9, 1))
    assert (walk.view.debt("sms"), walk.lines()) == (4, ["refund of 20 tokens"])
    walk.used(17, "sms", overdraw=True)
    walk("advance", at=on(10, 1))
    assert (walk.statements()[1:], walk.view.debt("sms"), walk.lines()) == (["1.00 USD"], 0, [])


def test_a_line_of_late_use_is_another_line() -> None:
    """The running period's own use goes off its own line, though late use of the same price was there first."""
    late = LateUse("own", grace=timedelta(days=5))
    walk = Walk(plan(pay_as_you_go=[PAYG], late_use=late))
    walk.used(100)
    walk("advance", at=on(8, 1))
    walk.used(5, occurred_at=on(7, 31), at=on(8, 2))
    spent = walk.used(130)
    walk("refund", spent, 20)
    assert [(line.of is None, line.quantity) for line in walk.view.accrued()] == [(False, 5), (True, 10)]


# -- debt ----------------------------------------------------------------------------------------------------------


def test_what_is_owed_still_is_owed_no_more() -> None:
    """Debt was used last, so it comes back first."""
    walk = Walk(plan())
    spent = walk.used(130, overdraw=True)
    assert walk.refunded(spent, 20) == []
    assert (walk.view.debt(), walk.view.usage()) == (10, 110)
    assert walk.refunded(spent, 20) == [("quota", 10, "back")]
    assert (walk.view.debt(), walk.view.available(), walk.view.usage()) == (0, 10, 90)


def test_who_paid_the_debt_in_this_period_gets_it_back() -> None:
    """The last that paid first; it was no use of theirs, so the gauge shows none the less."""
    walk = Walk(plan(Allowance(10)))
    spent = walk.used(40, overdraw=True)
    walk("grant", 20)
    walk("grant", 80)
    walk.used(70)
    assert (walk.view.usage(), walk.view.gauge().used, walk.view.gauge().size) == (110, 80, 80)
    assert walk.refunded(spent, 25) == [("promo", 10, "back"), ("promo", 15, "back")]
    assert (walk.view.usage(), walk.view.gauge().used, walk.view.gauge().size) == (85, 80, 105)
    assert walk.refunded(spent) == [("promo", 5, "back"), ("quota", 10, "back")]
    assert (walk.view.available(), walk.view.gauge().used, walk.view.gauge().size) == (40, 70, 110)
    assert min(bucket.used for bucket in walk.view.buckets()) == 0


def test_who_paid_gets_it_back_once() -> None:
    """Use of a period before, whose debt was paid then, does not get what was given back already."""
    walk = Walk(plan(Allowance(10)))
    old = walk.used(20, overdraw=True)
    walk("grant", 10)
    walk("advance", at=on(8, 1))
    new = walk.used(20, overdraw=True)
    walk("grant", 30, kind="bonus")
    walk.used(20)
    assert walk.refunded(new, 10) == [("bonus", 10, "back")]
    with pytest.raises(NotRefundable, match="not known any more"):
        walk("refund", old, 10)
    assert walk.kinds() == {"bonus": 10}


@pytest.mark.parametrize("on_debt", ["carry", "forgive"])
def test_debt_that_is_over_with_its_period_cannot_come_back(on_debt: Any) -> None:
    """Repaid in an earlier period, or forgiven: nobody knows who paid it. A grant can help."""
    walk = Walk(plan(on_debt=on_debt))
    spent = walk.used(130, overdraw=True)
    walk("grant", 30 if on_debt == "carry" else 1)
    walk("advance", at=on(8, 1))
    with pytest.raises(NotRefundable) as refused:
        walk("refund", spent, 30)
    assert [remedy.kind for remedy in refused.value.remedies] == ["grant"]
    assert str(refused.value).endswith("; to go on: grant")


def test_debt_that_the_next_period_paid_goes_back_there() -> None:
    """Its opening is what it was before it paid, and nothing was used of it."""
    walk = Walk(plan(), plan(Allowance(160), name="more", rank=1))
    spent = walk.used(130, overdraw=True)
    walk("advance", at=on(8, 1))
    assert walk.view.gauge().size == 70
    assert walk.refunded(spent, 30) == [("quota", 30, "back")]
    assert (walk.view.gauge().used, walk.view.gauge().size) == (0, 100)
    walk("change_plan", "more")
    assert walk.view.available() == 160


def test_what_comes_back_pays_what_is_owed() -> None:
    """Debt and a balance that could pay it never stand together."""
    walk = Walk(plan())
    spent = walk.used(80)
    walk.used(50, overdraw=True)
    assert walk.view.debt() == 30
    entry = walk("refund", spent, 50).entry
    assert isinstance(entry, Refunded)
    assert [one.steps for one in entry.repaid] == [30]
    assert (walk.view.debt(), walk.view.available()) == (0, 20)


# -- plans ---------------------------------------------------------------------------------------------------------


def test_a_smaller_plan_takes_back_no_more_than_it_has_room_for() -> None:
    """80 of 100 used, then 60 are granted: the first 20 that come back are the excess, and going up again gives all."""
    small, big = plan(Allowance(60), name="small"), plan(rank=1, on_downgrade=Switch(when="now"))
    walk = Walk(big, evolve(small, on_upgrade=Switch(when="now")))
    spent = walk.used(80)
    walk("change_plan", "small")
    assert walk.refunded(spent, 30) == [("quota", 20, "forfeited"), ("quota", 10, "back")]
    assert (walk.view.available(), walk.view.gauge().used, walk.view.gauge().size) == (10, 50, 60)
    assert walk.refunded(spent) == [("quota", 50, "back")]
    assert walk.view.available() == 60
    walk("change_plan", "p")
    assert walk.view.available() == 100


def test_a_larger_plan_counts_what_came_back() -> None:
    """What this period's allowances paid is what stays used."""
    walk = Walk(plan(), plan(Allowance(300), name="more", rank=1))
    spent = walk.used(80)
    walk("refund", spent, 50)
    walk("change_plan", "more")
    assert walk.view.available() == 270


@pytest.mark.parametrize("anchor", ["kept", "restarted"])
def test_use_that_a_change_of_plan_cleared_gives_nothing_to_the_new_one(anchor: str) -> None:
    """Its bucket is gone, by the change."""
    down = Switch(when="now", use="cleared", anchor=anchor)
    walk = Walk(plan(rank=1, on_downgrade=down), plan(Allowance(60), name="small", rollovers=[Rollover()]))
    spent = walk.used(80)
    walk("change_plan", "small", at=on(7, 2))
    assert walk.refunded(spent, 30)[-1][2] in {"forfeited", "carried"}
    assert walk.view.by_kind()["quota"] == 60


def test_the_rest_that_waits_for_its_renewal_is_no_allowance_of_the_running_period() -> None:
    """What it gets back does not count as less that this period's allowance paid."""
    renewal = Renewal(grace=timedelta(days=7))
    walk = Walk(plan(Allowance(100, given="on_payment"), renewal=renewal))
    spent = walk.used(80)
    walk("advance", at=on(8, 1))
    assert walk.refunded(spent, 30) == [("quota", 30, "back")]
    assert walk.view.available() == 50
    assert walk.wallet._book.tallies.allowance_paid == {}
    walk("advance", at=on(8, 8))
    assert walk.refunded(spent, 30) == [("quota", 30, "forfeited")]


# -- limits and alerts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "within"),
    [
        (Limit("cap", 50), on(7, 31)),
        (Limit("cap", 50, every=periods.calendar_day()), on(7, 1, 23)),
        (Limit("cap", 50, window=timedelta(hours=5)), on(7, 1, 4, 59)),
        (Limit("cap", 50, per="member"), on(7, 31)),
        (Limit("cap", 50, per="member", every=periods.calendar_day()), on(7, 1, 23)),
    ],
    ids=["period", "day", "rolling", "label", "label and day"],
)
def test_limits_get_back_what_they_counted_while_that_stretch_runs(limit: Limit, within: datetime) -> None:
    """And count none the less of another stretch, which never counted it."""
    labels = {"member": "ann"}
    walk = Walk(plan(Allowance(1_000), limits=[limit]))
    spent = walk.used(50, labels=labels)
    assert not walk.view.can_spend(1, labels=labels)
    walk("refund", spent, 20, at=within)
    assert walk.view.available(labels=labels) == 20
    walk("advance", at=on(8, 2))
    walk.used(35, labels=labels)
    walk("refund", spent)
    assert walk.view.available(labels=labels) == 15


def test_a_limit_of_another_member_is_left_alone() -> None:
    """Each label's value has a count of its own."""
    walk = Walk(plan(Allowance(1_000), limits=[Limit("each", 50, per="member")]))
    spent = walk.used(50, labels={"member": "ann"})
    walk.used(40, labels={"member": "ben"})
    walk("refund", spent, 50)
    found = [walk.view.available(labels={"member": name}) for name in ("ann", "ben")]
    assert found == [50, 10]


@pytest.mark.parametrize("every", [None, periods.calendar_day()])
def test_a_limit_in_money_gets_back_prices_and_post_paid_cost(every: Any) -> None:
    """Both are dollars."""
    cap = Limit("budget", Decimal(20), unit="USD", every=every)
    prices = [Price("mail", Decimal("0.10"), unit="USD")]
    payg = PayAsYouGo(Decimal(1), meter="tokens")
    walk = Walk(plan(Allowance(1, "sms"), prices=prices, pay_as_you_go=[payg], offers=[CREDITS], limits=[cap]))
    walk("top_up", "credits", Decimal(100), payment="p1")
    spent = walk.used({"mail": 100, "tokens": 10})
    assert not walk.view.can_spend(1, "tokens")
    walk("refund", spent, {"mail": 30, "tokens": 2})
    assert (walk.view.can_spend(5, "tokens"), walk.view.can_spend(6, "tokens")) == (True, False)
    assert walk.view.can_spend(50, "mail")
    walk("refund", spent)
    assert walk.view.can_spend(20, "tokens")


def test_an_alert_is_not_armed_again() -> None:
    """Not by what comes back, which fires nothing; by a reset, a grant or a top-up it is."""
    alerts = [
        Alert("low", "left", at_or_below=20),
        Alert("most", "used", at_or_above=Bound("allowance", Decimal("0.8"))),
    ]
    walk = Walk(plan(alerts=alerts))
    spent = walk("spend", 90)
    assert [notice.name for notice in spent.notices] == ["low", "most"]
    back = walk("refund", spent.entry, 85)
    assert (back.notices, back.requests) == ((), ())
    assert walk("spend", 85).notices == ()
    walk("grant", 100)
    assert [notice.name for notice in walk("spend", 100).notices] == ["low"]
    walk("advance", at=on(8, 1))
    assert [notice.name for notice in walk("spend", 90).notices] == ["low", "most"]


# -- periods -------------------------------------------------------------------------------------------------------


def test_use_of_a_period_that_is_over_leaves_the_running_one_alone() -> None:
    """Usage, gauge and limits of the running period are its own; the bucket just has more."""
    walk = Walk(plan(limits=[Limit("cap", 120)], offers=[PACK]))
    walk("top_up", "tokens", 50, payment="p1")
    spent = walk.used(120)
    walk("advance", at=on(8, 2))
    walk.used(110)
    walk("refund", spent, 20)
    assert (walk.view.usage(), walk.view.gauge().used) == (110, 110)
    assert walk.view.available() == 10
    assert walk.view.by_kind()["top_up"] == 40


def test_a_reset_by_hand_closes_the_period_too() -> None:
    """What was used before it is use of a period that is over."""
    walk = Walk(plan())
    spent = walk.used(60, at=on(7, 2))
    walk("reset", at=on(7, 3))
    assert walk.refunded(spent) == [("quota", 60, "forfeited")]
    assert (walk.view.usage(), walk.view.available()) == (0, 100)


def test_late_use_in_its_own_period_is_no_use_of_the_running_one() -> None:
    """Drawn from what was forfeited, then post-paid: forfeited again, and off the line, which is open still."""
    late = LateUse("own", grace=timedelta(days=5))
    walk = Walk(plan(pay_as_you_go=[PAYG], late_use=late, limits=[Limit("cap", 500)]))
    walk.used(70)
    walk("advance", at=on(8, 1))
    walk.used(15)
    spent = walk.used(50, occurred_at=on(7, 31), at=on(8, 2))
    assert spent.period is not None
    assert spent.uses[0].draws[0].allowance
    assert walk.refunded(spent, 20) == []
    assert walk.refunded(spent) == [("quota", 30, "forfeited")]
    assert walk.lines() == []
    assert (walk.view.usage(), walk.view.available(), walk.view.gauge().used) == (15, 485, 15)


def test_late_use_in_the_running_period_is_its_use() -> None:
    """Where the plan books it now."""
    walk = Walk(plan())
    walk("advance", at=on(8, 1))
    spent = walk.used(30, occurred_at=on(7, 31), at=on(8, 2))
    assert walk.refunded(spent) == [("quota", 30, "back")]
    assert walk.view.usage() == 0


def test_use_is_refundable_for_400_days() -> None:
    """Inclusive; a microsecond later it is not, and a grant can help."""
    walk = Walk(plan(offers=[PACK]))
    walk("top_up", "tokens", 50, payment="p1")
    spent = walk.used(110, at=on(7, 2))
    last = on(7, 2) + timedelta(days=400)
    assert walk.wallet.refund(spent, 5, at=last).view.by_kind()["top_up"] == 45
    with pytest.raises(NotRefundable, match="too long ago") as refused:
        walk("refund", spent, 5, at=last + timedelta(microseconds=1))
    assert [remedy.kind for remedy in refused.value.remedies] == ["grant"]


def test_of_many_that_were_refunded_the_oldest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """And with it all before it, refunded or not: what nobody remembers is not given back twice."""
    monkeypatch.setattr(undoing, "UNDONE_MAX", 3)
    walk = Walk(plan())
    spends = [walk.used(2) for _ in range(6)]
    for spent in spends[1:4]:
        walk("refund", spent, 1)
    walk("refund", spends[0], 1)  # older than all that are remembered, so it is forgotten at once
    with pytest.raises(NotRefundable):
        walk("refund", spends[0], 1)
    walk("refund", spends[4], 1)
    for forgotten in spends[:2]:
        with pytest.raises(NotRefundable):
            walk("refund", forgotten, 1)
    walk("refund", spends[2], 1)
    walk("refund", spends[5], 2)
    with pytest.raises(OutOfBounds):
        walk("refund", spends[5], 1)


# -- whose entry ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", [None, "acme#2", 2, "granted", "change"])
def test_only_an_entry_of_use_can_be_refunded(entry: Any) -> None:
    """What is no use has no refund: it is told at the door."""
    walk = Walk(plan())
    change = walk("grant", 5)
    said = {"granted": change.entry, "change": change}.get(entry, entry)
    with pytest.raises(ArgumentError, match="Spent or Captured"):
        walk("refund", said)


def test_an_entry_of_another_wallet_is_not_ours() -> None:
    """By its wallet's id, by a number that this one has not reached, or by a time that has not come."""
    walk, other = Walk(plan()), Walk(plan())
    spent = walk.used(10, at=on(7, 2))
    later = other.used(10, at=on(7, 3))
    for foreign in (evolve(spent, wallet="other"), evolve(spent, sequence=3), later):
        with pytest.raises(ArgumentError, match="entry of wallet acme"):
            walk.wallet.refund(foreign, 1, at=on(7, 2))


def test_an_entry_that_was_tampered_with_mints_nothing() -> None:
    """More than its bucket ever gave, of a bucket that never was, or off a line that is not there."""
    walk = Walk(plan(), balances=[Balance("promo", 50)])
    spent = walk.used(110)
    (use,) = spent.uses
    promo = use.draws[-1]
    more = evolve(use, steps=999, draws=(evolve(promo, steps=999),))
    none = evolve(use, draws=(evolve(promo, bucket="promo:tokens/9", steps=110),))
    for forged in (more, none):
        with pytest.raises(NotRefundable):
            walk("refund", evolve(spent, uses=(forged,)))
    payg = Walk(plan(pay_as_you_go=[PAYG]))
    billed = payg.used(110)
    line = billed.uses[0].postpaid
    assert line is not None
    forged = evolve(billed.uses[0], steps=120, postpaid=evolve(line, quantity=20))
    with pytest.raises(ArgumentError, match="ran up"):
        payg("refund", evolve(billed, uses=(forged,)))


def test_no_more_comes_back_than_can_be_counted() -> None:
    """The total of a unit is bounded, as for a grant."""
    walk = Walk(plan(Allowance(1)))
    walk("grant", STEPS_MAX - 1)
    spent = walk.used(1_000)
    walk("grant", 1_000)
    with pytest.raises(AmountError, match="more than can be counted"):
        walk("refund", spent)


# -- refs and closing ----------------------------------------------------------------------------------------------


def test_a_ref_says_one_refund() -> None:
    """The same again adds nothing, even when the wallet is closed; other arguments are a conflict."""
    walk = Walk(plan())
    first, second = walk.used(30), walk.used(30)
    walk("spend", 1, ref="s")
    walk("refund", first, 10, ref="r")
    for closes in (False, True):
        if closes:
            walk("close", at=on(7, 5))
        again = walk.wallet.refund(first, 10, at=on(7, 2), ref="r", by="someone")
        assert (again.repeated, again.entries, again.wallet) == (True, (), walk.wallet)
        others: list[tuple[Spent, Any, str]] = [
            (first, 11, "r"),
            (first, None, "r"),
            (second, 10, "r"),
            (first, 1, "s"),
        ]
        for entry, amount, ref in others:
            with pytest.raises(ConflictError):
                walk.wallet.refund(entry, amount, at=on(7, 5), ref=ref)
    with pytest.raises(ConflictError):
        walk.wallet.spend(10, at=on(7, 5), ref="r")
    with pytest.raises(WalletClosed):
        walk.wallet.refund(second, 10, at=on(7, 5))


def test_lifetime_counts_what_stays_used() -> None:
    """Of what was added and granted, what was spent in the end."""
    walk = Walk(plan(offers=[PACK]))
    walk("top_up", "tokens", 50, payment="p1")
    spent = walk.used(120)
    walk("refund", spent, 70)
    lifetime = walk.view.lifetime()
    assert (lifetime.added, lifetime.granted, lifetime.spent) == (50, 100, 50)


def test_a_frozen_wallet_says_what_it_says_of_a_grant() -> None:
    """Freezing stops spending; giving back is none."""
    wallet = holding(10).spend(5, at=on(7, 2))
    stopped = wallet.wallet.freeze(at=on(7, 2)).wallet
    assert isinstance(wallet.entry, Spent)
    assert stopped.refund(wallet.entry, at=on(7, 2)).view.balance() == 10


# -- replay --------------------------------------------------------------------------------------------------------


def told() -> Walk:
    """Refunds of all that there is: an allowance, a price, a line, debt that was paid; by a limit with a count."""
    payg = PayAsYouGo(Decimal(1), meter="mail")
    daily = Limit("cap", 500, unit="tokens", every=periods.calendar_day())
    walk = Walk(
        plan(Allowance(10), Allowance(5, "sms"), prices=[USD7], offers=[CREDITS], pay_as_you_go=[payg], limits=[daily])
    )
    walk("top_up", "credits", Decimal(1), payment="p1")
    spent = walk.used({"tokens": 20, "mail": 4, "sms": 9}, overdraw=True, at=on(7, 2))
    walk("grant", 3, "sms")
    walk("refund", spent, {"tokens": 2})
    walk("refund", spent, {"tokens": 10, "mail": 3, "sms": 5})
    return walk


def first(entry: Refunded, unit: str, **changed: Any) -> Refunded:
    """The entry, with something else said of the first use of a unit."""
    place = next(place for place, one in enumerate(entry.undone) if one.unit.name == unit)
    one = evolve(entry.undone[place], **changed)
    return evolve(entry, undone=(*entry.undone[:place], one, *entry.undone[place + 1 :]))


def said_of(entry: Refunded, unit: str) -> Any:
    return next(one for one in entry.undone if one.unit.name == unit)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda one: evolve(one, spent=one.sequence), "it gives back use of entry"),
        (lambda one: evolve(one, spent_at=on(7, 3)), "it gives back use of entry"),
        (lambda one: evolve(one, spent_at=on(7, 1)), "and it says"),
        (lambda one: evolve(one, spent=1), "the period was opened by entry 1"),
        (lambda one: first(one, "sms", steps=0), "0 sms are given back"),
        (lambda one: first(one, "tokens", steps=11), "came back nowhere"),
        (lambda one: evolve(one, returned=one.returned[1:]), "came back nowhere"),
        (lambda one: evolve(one, running=False), "off another line"),
        (lambda one: first(one, "tokens", rate=None), "nothing of the price is said"),
        (lambda one: first(one, "tokens", cost=1), "come back"),
        (lambda one: first(one, "sms", cost=1), "paid for nothing"),
        (lambda one: first(one, "tokens", priced=99), "were paid in all"),
        (
            lambda one: first(one, "mail", postpaid=evolve(said_of(one, "mail").postpaid, quantity=5)),
            "than its line has",
        ),
        (
            lambda one: first(
                one, "mail", postpaid=evolve(said_of(one, "mail").postpaid, of=Period(0, on(6, 1), on(7, 1)))
            ),
            "than the period's own",
        ),
        (lambda one: evolve(one, counted=(evolve(one.counted[0], after_steps=1),)), "limit cap counted"),
        (lambda one: evolve(one, returned=tuple(evolve(back, repaid=True) for back in one.returned)), "that paid debt"),
    ],
)
def test_an_entry_that_contradicts_what_was_used_is_found(change: Any, problem: str) -> None:
    """Whatever of it is changed: told with its position."""
    walk = told()
    last = walk.entries[-1]
    assert isinstance(last, Refunded)
    before = replay(walk.entries[:-1])._book
    forged = change(last)
    assert not list(undone.contradictions(before, last))
    assert problem in " / ".join(undone.contradictions(before, forged))
    with pytest.raises(HistoryError):
        replay([*walk.entries[:-1], forged])
