"""Money that goes back and comes again in any order, between use, holds, refunds and gifts: nobody gains, nobody loses.

The machine walks all verbs and seldom comes far with one payment; here they meet on a few payments only. What each
wallet should have is worked out beside it, from what was bought, given, used and reported: no entry is read for that.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.cases import on
from tests.support.told import Told
from tokenpurse import Allowance, Offer, Plan, transfer
from tokenpurse import entries as e
from tokenpurse.errors import PurseError

BONUS = Offer("bonus", price=Decimal("10.00"), pack=7, bonus=3)
PLAIN = Offer("plain", price=Decimal("0.99"), pack=10)
PLAN = Plan("p", allowances=[Allowance(0)], offers=[BONUS, PLAIN])
SOURCES = {"p0": (1000, 7, 3), "p1": (99, 10, 0), "p2": (1000, 7, 3)}
"""Cents, tokens, bonus."""

VERBS = [
    *("claw_back", "claw_back", "claw_back", "reinstate", "reinstate"),
    *("spend", "overdraw", "hold", "capture", "release", "refund", "grant", "reset"),
]
walks = st.lists(
    st.tuples(
        st.sampled_from(VERBS), st.integers(0, 2), st.sampled_from([0, 1, 33, 50, 67, 99, 100]), st.integers(1, 9)
    ),
    min_size=8,
    max_size=22,
)


class Account:
    """What a wallet should have, kept beside it."""

    def __init__(self) -> None:
        self.told = Told(PLAN)
        for number, offer in enumerate(("bonus", "plain", "bonus")):
            self.told.do("top_up", offer, SOURCES[f"p{number}"][1], at=on(7, 1), payment=f"p{number}")
        self.given = self.used = 0
        self.back: dict[str, int] = dict.fromkeys(SOURCES, 0)
        self.uses: list[e.Spent | e.Captured] = []
        self.undone: dict[int, int] = defaultdict(int)
        self.hour = 0

    def do(self, verb: str, pick: int, share: int, amount: int) -> None:
        """Do something, if it can be done; what is refused changes nothing."""
        self.hour += 1
        before = self.told.wallet._book
        try:
            getattr(self, verb)(on(7, 2, self.hour), f"p{pick}", share, amount)
        except PurseError:
            assert before == self.told.wallet._book

    def claw_back(self, at: Any, source: str, share: int, amount: int) -> None:
        refuses = amount > 7 and not self.told.view.held()  # what is held and used after all would be let go
        self._report("claw_back", at, source, share, used="refuse" if refuses else "debt")

    def reinstate(self, at: Any, source: str, share: int, _: int) -> None:
        self._report("reinstate", at, source, share)

    def _report(self, verb: str, at: Any, source: str, share: int, **more: Any) -> None:
        cents = SOURCES[source][0] * share // 100
        self.told.do(verb, source, at=at, refunded=Decimal(cents).scaleb(-2), **more)
        self.back[source] = cents

    def spend(self, at: Any, _: str, __: int, amount: int, **more: Any) -> None:
        amount *= 3
        self.told.do("spend", amount, at=at, **more)
        assert isinstance(self.told.change.entry, e.Spent)
        self.uses.append(self.told.change.entry)
        self.used += amount

    def overdraw(self, at: Any, source: str, share: int, amount: int) -> None:
        self.spend(at, source, share, amount, overdraw=True)

    def hold(self, at: Any, source: str, _: int, amount: int) -> None:
        self.told.do("hold", amount * 2, at=at, ref=f"h{self.hour}:{source}", until=on(7, 20))

    def capture(self, at: Any, _: str, share: int, __: int) -> None:
        for hold in self.told.view.holds()[:1]:
            taken = sum(use.steps for use in hold.uses) * share // 100
            self.told.do("capture", hold.id, taken, at=at)
            self.used += taken

    def release(self, at: Any, _: str, __: int, ___: int) -> None:
        for hold in self.told.view.holds()[:1]:
            self.told.do("release", hold.id, at=at)

    def refund(self, at: Any, _: str, __: int, amount: int) -> None:
        for spent in self.uses[-1:]:
            self.told.do("refund", spent, amount, at=at)
            self.used -= amount

    def grant(self, at: Any, _: str, __: int, amount: int) -> None:
        self.told.do("grant", amount, at=at)
        self.given += amount

    def reset(self, at: Any, _: str, __: int, ___: int) -> None:
        self.told.do("reset", at=at)

    def agrees(self) -> None:
        """What is left, less what is owed, is what was bought and given, less what went back and what was used."""
        view, book = self.told.view, self.told.wallet._book
        there = self.given - self.used
        for source, (price, size, bonus) in SOURCES.items():
            back = self.back[source]
            there += size - size * back // price + bonus - bonus * back // price
            left = sum(one.left_steps for one in view.buckets() if one.payment == source and one.paid)
            unused = min(size, left + size * back // price)
            worth = max(0, (price * unused - back * size) // size)
            assert view.refundable(source).amount == Decimal(worth).scaleb(-2)
        waiting = sum(min(bucket.claw_back.held, bucket.held_steps) for bucket in book.buckets)
        assert view.balance() - view.debt() + view.held() - waiting == there
        assert not (view.balance() and view.debt())


@settings(max_examples=120)
@given(walk=walks)
def test_nobody_gains_and_nobody_loses_by_money_that_goes_and_comes(walk: list[tuple[str, int, int, int]]) -> None:
    """After each step of any walk; and once all is won and given back, all is there again."""
    account = Account()
    for step in walk:
        account.do(*step)
        account.agrees()
    while account.told.view.holds():
        account.release(on(7, 10), "", 0, 0)
    for source in SOURCES:
        account._report("reinstate", on(7, 10), source, 0)
    account.agrees()


@settings(max_examples=120)
@given(
    walk=st.lists(
        st.tuples(
            st.sampled_from(
                ["give", "give", "claw_back", "claw_back", "reinstate", "spend", "refund", "hold", "release"]
            ),
            st.sampled_from([True, True, True, False]),
            st.sampled_from([0, 10, 50, 99, 100]),
            st.sampled_from(["debt", "let_go", "refuse"]),
            st.sampled_from(["p0", "g"]),
        ),
        min_size=4,
        max_size=14,
    )
)
def test_a_payment_in_two_wallets_is_one_payment(walk: list[tuple[str, bool, int, str, str]]) -> None:
    """The auditor sees both; prices sum to the price, and nothing that ended, or that money went back for, is given."""
    pair = Told(PLAN), Told(PLAN, id="other")
    pair[0].do("top_up", "bonus", 7, at=on(7, 1), payment="p0").do("grant", 5, at=on(7, 1), expires=on(7, 8), ref="g")
    uses: list[Any] = [pair[0].do("spend", 8, at=on(7, 1)).change.entry]
    for number, (verb, first, share, used, source) in enumerate(walk):
        one, other = pair if first else pair[::-1]
        at = on(7, 2 + number)
        books = [told.wallet._book for told in pair]
        try:
            if verb == "give":
                both = transfer(one.wallet, other.wallet, 1 + share % 7, at=at, ref=f"g{number}")
                one.take_up(both.giver)
                other.take_up(both.taker)
            elif verb == "claw_back":
                one.do(verb, source, refunded=_part(one, source, share), used=used, at=at)
            elif verb == "reinstate":
                one.do(verb, source, refunded=_part(one, source, share) if share else None, at=at)
            elif verb == "hold":
                one.do("hold", 1 + share % 4, at=at, ref=f"h{number}", until=on(7, 20))
            elif verb == "release":
                one.do("release", one.view.holds()[0].id if one.view.holds() else "none", at=at)
            elif verb == "refund":
                for spent in uses[-1:]:
                    one.do("refund", spent, at=at)
            else:
                one.do("spend", 1 + share % 9, at=at)
                uses.append(one.change.entry)
        except PurseError:
            assert books == [told.wallet._book for told in pair]
        every = [bucket for told in pair for bucket in told.wallet._book.buckets]
        every += [past.bucket for told in pair for past in told.wallet._book.past.values()]
        assert sum(bucket.price_steps for bucket in every) == 10_000_000
        assert sum(bucket.priced_steps for bucket in every if bucket.payment == "p0") == 10


def _part(told: Told, source: str, share: int) -> Any:
    """A share of what a wallet has of a payment or gift, in the unit that it answers in."""
    mine = [bucket for bucket in told.view.buckets() if bucket.payment == source]
    price = sum(bucket.price_steps for bucket in mine)
    if price:
        return Decimal(price * share // 100).scaleb(-6)
    return sum(bucket.priced_steps for bucket in mine) * share // 100 if mine else None
