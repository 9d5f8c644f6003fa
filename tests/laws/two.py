"""The state machine once more, over two wallets that stay and plans that nobody would sell: `machine` says the laws.

Each rule is one wallet's; `swap` turns to the other one. What goes between them is between these two, so that gifts
are spent, held, clawed back and given on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import hypothesis.strategies as st
from hypothesis import note
from hypothesis.stateful import initialize, rule

from tests.laws.clerk import check_counted, check_uncounted
from tests.laws.machine import EXPECTED, Histories, amount_of, members, meters, minutes, refs, whens
from tests.laws.nasty import NASTY, NASTY_PLANS
from tests.laws.plans import START, ZONES
from tokenpurse import Balance, GiftPair, PoolPair, Wallet, spend_from_pool, transfer
from tokenpurse import entries as e

__all__ = ["Both"]

plans = st.sampled_from([plan.name for plan in NASTY_PLANS])
WALLET = ("wallet", "entries", "book", "auditor", "best")
"""What a machine knows of one wallet."""

BEYOND = 30
"""What is more than a hold has."""


class Both(Histories):
    """Two wallets' lives, of which one is looked at."""

    other: dict[str, Any]

    open = None  # two are opened, on plans of their own
    rebind = None
    no_walk_of_plans_mints = None  # plans that are entered with use cleared, or kept beside another, grant more

    @initialize(
        two=st.tuples(plans, plans),
        zone=st.sampled_from(ZONES),
        back=st.sampled_from([0, 0, 500, 50_000]),
        ring=st.sampled_from([0, 2, 16]),
        seats=st.integers(0, 3),
        brought=st.sampled_from([0, 0, 9]),
    )
    def opens(self, two: tuple[str, str], zone: str, back: int, ring: int, seats: int, brought: int) -> None:
        """Open both."""
        for name, plan in zip(("acme", "ben"), two, strict=True):
            change = Wallet.open(
                plan,
                catalogue=NASTY,
                id=name,
                at=START,
                anchor=START - timedelta(minutes=back),
                zone=zone,
                ring=ring,
                counts={"seats": seats} if plan == "daily" else None,
                balances=[Balance("top_up", brought, "tokens")] if brought else (),
            )
            self.swap()
            self.wallet = change.wallet
            self.take_up(change)

    def __init__(self) -> None:
        super().__init__()
        self.other = {name: getattr(Histories(), name) for name in WALLET[1:]}

    @rule()
    def swap(self) -> None:
        """Look at the other one."""
        mine = {name: getattr(self, name) for name in WALLET if hasattr(self, name)}
        for name, there in self.other.items():
            setattr(self, name, there)
        self.other = mine

    @rule(plan=plans, more=minutes, when=whens, ref=refs)
    def change_plan(self, plan: str, more: int, when: str | None, ref: str | None) -> None:
        self.do("change_plan", plan, at=self.moment(more), when=when, ref=self.free(ref))

    @rule(
        holds=st.lists(
            st.tuples(
                st.sampled_from([1, 2, 5, 8, BEYOND, BEYOND]),
                meters | st.none(),
                members,
                st.sampled_from([90, 43_200]),
            ),
            min_size=1,
            max_size=3,
        ),
        ends=st.lists(
            st.tuples(
                st.sampled_from(["capture", "capture", "release", "spend"]),
                st.sampled_from([None, 0, 1, 2, BEYOND, BEYOND]),
                st.sampled_from([0, 1, 60, 300, 1_440, 44_640]),
                st.sampled_from(["refuse", "spend"]),
            ),
            max_size=4,
        ),
    )
    def streams(self, holds: list[tuple[int, int | None, str | None, int]], ends: list[Any]) -> None:
        """Several replies at once, each held for and then captured or not, with use and time in between."""
        for figure, pick, member, life in holds:
            self.hold(figure, pick, None, 1, life, figure == BEYOND, member)  # or all that there is
        for place, (how, figure, more, over) in enumerate(ends):
            if how == "spend":
                self.spend(figure if figure in {1, 2} else 3, None, more, None)
            elif not self.wallet._book.holds:
                return
            elif how == "capture":
                held = tuple(self.wallet._book.holds.values())[place % len(self.wallet._book.holds)]
                if figure == BEYOND and held.uses and held.uses[0].unit.paid is None:
                    self.capture(place, held.uses[0].steps + 1, more, over, None)
                else:
                    self.capture(place, figure, more, over, None)
            else:
                self.release(place, more, None)

    @rule(
        figures=st.tuples(st.integers(1, 4), st.integers(1, 4)),
        member=members,
        more=st.sampled_from([0, 60, 181, 301, 1_440, 44_640]),
        part=st.integers(1, 4),
        whole=st.booleans(),
    )
    def regrets(self, figures: tuple[int, int], member: str | None, more: int, part: int, whole: bool) -> None:
        """Use that is given back once something else was used, in its window or in the next one."""
        labels = {"member": member} if member else None
        first = self.do("spend", figures[0], "tokens", at=self.moment(1), labels=labels)
        self.do("spend", figures[1], "tokens", at=self.moment(more), labels=labels)
        if first is None or not isinstance(first.entry, e.Spent):
            return
        amount = None if whole else {"tokens": min(part, figures[0])}
        before = self.wallet
        change = self.do("refund", first.entry, amount, at=before.clock)
        if change is not None:
            check_uncounted(before, first.entry, change)

    more_streams = streams  # twice as often as any other rule

    # -- from one to the other -----------------------------------------------------------------------------------

    @rule(
        figure=st.integers(1, 12),
        unit=st.sampled_from(["tokens", "tokens", "USD"]),
        more=minutes,
        pool=st.booleans(),
        member=members,
    )
    def shares(self, figure: int, unit: str, more: int, pool: bool, member: str | None) -> None:
        """This wallet gives to the other one, or spends from it what it lacks itself."""
        there: Wallet = self.other["wallet"]
        at = max(self.wallet.clock, there.clock) + timedelta(minutes=more)
        run = partial(transfer, at=at, ref=self.payment())
        if pool:
            run = partial(spend_from_pool, at=at, ref=self.payment(), labels={"member": member} if member else None)
        amount = amount_of(unit, figure)
        note(f"{'pool' if pool else 'gift'} {amount} {unit} at {at} by {member}")
        try:
            both: GiftPair | PoolPair = run(self.wallet, there, amount, unit)
        except EXPECTED as problem:
            note(f"-> {type(problem).__name__}: {problem}")
            return
        if isinstance(both, GiftPair):
            self.travels(both, at)
            pair = both.giver, both.taker
        else:
            pair = both.member, both.pool
            parts = sum(change.moved.get(unit, 0) for change in pair)
            assert parts == amount
            own = both.member.entry
            assert not isinstance(own, e.Spent) or all(use.postpaid is use.debt is None for use in own.uses)
        if isinstance(both, GiftPair) or self.wallet._book.ring:  # a payment is remembered without a ring, too
            again = run(pair[0].wallet, pair[1].wallet, amount, unit)
            assert (again.repeated, again.entries) == (True, ())
        for change in pair:
            if change.entries:
                self.wallet = change.wallet
                self.take_up(change)
                check_counted(change)
                self.entries_are_the_wallet()
                self.debt_and_what_could_pay_it_never_stand_together()
                self.nothing_is_below_zero()
            self.swap()

    def travels(self, both: GiftPair, at: datetime) -> None:
        """A gift takes its kind, its end, its payment and its share of the price along, and nobody has more of it."""
        before = {bucket.id: bucket for bucket in both.giver.before.advance(at).wallet.at(at).buckets()}
        after = {bucket.id: bucket for bucket in both.giver.wallet.at(at).buckets()}
        sent = next(one for one in both.giver.entries if isinstance(one, e.Transferred))
        got = next(one for one in both.taker.entries if isinstance(one, e.Received))
        for gift, bucket in zip(sent.gifts, got.granted, strict=True):
            was, now = before[gift.bucket], after.get(gift.bucket)
            assert not was.of_plan
            assert not was.claw_back.total
            kept = ("kind", "unit", "starts", "expires", "priority", "payment")
            assert [getattr(bucket, name) for name in kept] == [getattr(was, name) for name in kept]
            assert bucket.granted_steps == gift.steps
            paid = None if was.paid is None else was.paid.steps * gift.steps // was.priced_steps
            assert paid == (None if bucket.paid is None else bucket.paid.steps)
            if now is not None:
                assert was.left_steps - now.left_steps == gift.steps
                assert (was.paid is None) or was.paid.steps - now.paid.steps == paid

    def teardown(self) -> None:
        """Of both."""
        for _ in range(2):
            super().teardown()
            self.swap()
