"""Two wallets walk together: what goes from one to the other is neither minted nor lost, and repeats add nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
from hypothesis import event, given

from tests.laws.auditor import Auditor
from tests.laws.plans import SHOP, START
from tokenpurse import (
    Balance,
    Change,
    GiftPair,
    PoolPair,
    Wallet,
    available_from_pool,
    replay,
    spend_from_pool,
    transfer,
)
from tokenpurse.entries import Entry, Spent
from tokenpurse.errors import LimitReached, Locked, NotEnough, PurseError

PLANS = st.sampled_from(["free", "quota", "fast", "packages", "payg", "credits", "auto", "wild", "banked"])
KINDS = st.sampled_from(["promo", "top_up", "own", "quota", "rollover"])
BALANCES = st.dictionaries(KINDS, st.tuples(st.integers(1, 30), st.integers(0, 900), st.sampled_from([None, 2, 40])))
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["gift", "gift", "gift", "pool", "pool", "spend", "grant", "hold", "wait"]),
        st.booleans(),
        st.integers(1, 40),
        st.sampled_from([0, 1, 30, 3_000]),
    ),
    min_size=1,
    max_size=12,
)


class Two:
    """Two wallets and their ledgers."""

    def __init__(self, one: tuple[str, Any, int], other: tuple[str, Any, int]) -> None:
        self.wallets: list[Wallet] = []
        self.ledgers: list[list[Entry]] = []
        for (plan, brought, owed), name in ((one, "ann"), (other, "ben")):
            refilled = {
                "rollover",
                *(one.kind for one in SHOP.newest(plan).terms.allowances if one.unit.name == "tokens"),
            }
            balances = [
                Balance(
                    kind,
                    amount,
                    "tokens",
                    expires=None if days is None else START + timedelta(days=days),
                    paid=Decimal(cents).scaleb(-2) if cents and kind not in refilled else None,
                    payment=f"{name}-{kind}" if cents else None,
                )
                for kind, (amount, cents, days) in brought.items()
            ]
            counts = {part.per: 2 for part in SHOP.newest(plan).allowances if part.per}
            change = Wallet.open(
                plan,
                catalogue=SHOP,
                id=name,
                at=START,
                balances=balances,
                counts=counts,
                debt={"tokens": owed} if owed else {},
                ring=64,
            )
            self.wallets.append(change.wallet)
            self.ledgers.append(list(change.entries))

    def keep(self, index: int, change: Change) -> None:
        self.wallets[index] = change.wallet
        self.ledgers[index] += change.entries


def figures(*wallets: Wallet) -> tuple[int, Counter[str]]:
    """What both have in tokens, debt taken off, held included; and the prices of all that is there."""
    worth, paid = 0, Counter[str]()
    for wallet in wallets:
        view = wallet.at(wallet.clock)
        worth -= wallet._book.debts.get("tokens", 0)
        for bucket in view.buckets("tokens"):
            worth += bucket.there_steps
            assert bucket.granted_steps == bucket.there_steps + bucket.spent_steps + bucket.lost_steps
            assert 0 <= bucket.transferred_steps <= bucket.lost_steps
            assert min(bucket.there_steps, bucket.spent_steps) >= 0
            if bucket.paid is not None:
                paid[bucket.payment or ""] += bucket.paid.steps
    return worth, paid


def refused(run: Callable[[], object]) -> PurseError | None:
    try:
        run()
    except PurseError as problem:
        return problem
    return None


def gave(two: Two, giver: int, amount: int, at: datetime, ref: str) -> None:
    """A gift moves all that it moves, and nothing more; what is giveable is the most that can be given."""
    wallets = [wallet.advance(at=at).wallet for wallet in two.wallets]
    there, here = two.wallets[giver], two.wallets[1 - giver]
    most = there.at(at).giveable("tokens")
    assert type(most) is int
    problem = refused(lambda: transfer(there, here, most + 1, "tokens", at=at, ref=ref))
    assert isinstance(problem, NotEnough | Locked)
    assert problem.available == most
    amount = min(amount, most)
    if not amount:
        return
    event("given")
    pair = transfer(there, here, amount, "tokens", at=at, ref=ref)
    assert figures(pair.giver.wallet, pair.taker.wallet) == figures(*wallets)
    assert (pair.giver.moved, pair.taker.moved) == ({"tokens": amount}, {"tokens": amount})
    first = {bucket.id: bucket for bucket in wallets[giver].at(at).buckets()}
    for bucket in first.values():
        if bucket.of_plan:
            assert bucket in pair.giver.wallet.at(at).buckets()

    def again(giver: Wallet, taker: Wallet) -> GiftPair:
        return transfer(giver, taker, amount, "tokens", at=at, ref=ref)

    halves = again(pair.giver.wallet, here), again(there, pair.taker.wallet)
    for half in halves:
        assert (half.giver.wallet, half.taker.wallet) == (pair.giver.wallet, pair.taker.wallet)
        assert not half.repeated
    twice = again(pair.giver.wallet, pair.taker.wallet)
    assert (twice.repeated, twice.entries) == (True, ())
    two.keep(giver, pair.giver)
    two.keep(1 - giver, pair.taker)


def pooled(two: Two, member: int, amount: int, at: datetime, ref: str) -> None:
    """What both pay is what was asked; the pool pays only where the member has nothing left to pay with."""
    mine, pool = two.wallets[member], two.wallets[1 - member]

    def run(mine: Wallet, pool: Wallet) -> PoolPair:
        return spend_from_pool(mine, pool, amount, "tokens", at=at, ref=ref)

    most = available_from_pool(mine, pool, "tokens", at=at)
    assert most is None or type(most) is int
    if most is not None:
        problem = refused(lambda: spend_from_pool(mine, pool, most + 1, "tokens", at=at, ref=ref))
        assert isinstance(problem, NotEnough | Locked | LimitReached)
        assert problem.available == most
        spend_from_pool(mine, pool, most, "tokens", at=at, ref=ref)
        in_part = spend_from_pool(mine, pool, most + amount, "tokens", at=at, ref=ref, partial=True)
        assert Counter(in_part.member.moved) + Counter(in_part.pool.moved) == Counter({"tokens": most} if most else {})
        past = spend_from_pool(mine, pool, most + amount, "tokens", at=at, ref=ref, overdraw=True)
        assert past.member.moved.get("tokens", 0) + past.pool.moved["tokens"] == most + amount
        owed = [change.view.debt("tokens") for change in (past.member, past.pool)]
        assert owed[0] == mine.at(at).debt("tokens")
        assert not owed[1] or past.pool.view.available("tokens") == 0
    if most is not None and most < amount:
        event("short")
        return
    pair = run(mine, pool)
    parts = Counter[str](pair.member.moved) + Counter[str](pair.pool.moved)
    assert parts == {"tokens": amount}
    uses = [use for change in (pair.member, pair.pool) if isinstance(change.entry, Spent) for use in change.entry.uses]
    event(f"{len(uses)} paid")
    own = pair.member.entry
    assert not isinstance(own, Spent) or all(use.postpaid is None and use.debt is None for use in own.uses)
    for one, other in ((pair.member.wallet, pool), (mine, pair.pool.wallet)):
        half = run(one, other)
        if pair.member.moved and pair.pool.moved:
            assert (half.member.wallet, half.pool.wallet) == (pair.member.wallet, pair.pool.wallet)
    twice = run(pair.member.wallet, pair.pool.wallet)
    assert (twice.repeated, twice.entries) == (True, ())
    two.keep(member, pair.member)
    two.keep(1 - member, pair.pool)


def alone(two: Two, index: int, verb: str, amount: int, at: datetime, ref: str) -> None:
    wallet = two.wallets[index]
    runs: dict[str, Callable[[], Change]] = {
        "spend": lambda: wallet.spend(amount, "tokens", at=at, overdraw=amount % 3 == 0),
        "grant": lambda: wallet.grant(amount, "tokens", at=at, expires=at + timedelta(days=amount)),
        "hold": lambda: wallet.hold(amount, "tokens", at=at, ref=ref, until=timedelta(hours=amount), partial=True),
        "wait": lambda: wallet.advance(at=at),
    }
    if refused(runs[verb]) is None:
        two.keep(index, runs[verb]())


PARTS = st.tuples(PLANS, BALANCES, st.sampled_from([0, 0, 5]))


@given(one=PARTS, other=PARTS, steps=STEPS)
def test_nothing_is_minted_or_lost_between_two_wallets(one: Any, other: Any, steps: Any) -> None:
    """Whatever their plans, and whatever each does by itself in between."""
    two, at = Two(one, other), START
    for number, (verb, swapped, amount, minutes) in enumerate(steps):
        at += timedelta(minutes=minutes)
        act = {"gift": gave, "pool": pooled}.get(verb)
        if act is None:
            alone(two, int(swapped), verb, amount, at, f"ref-{number}")
        else:
            act(two, int(swapped), amount, at, f"ref-{number}")
    for wallet, ledger in zip(two.wallets, two.ledgers, strict=True):
        assert replay(ledger) == wallet
        assert replay(ledger, catalogue=SHOP) == wallet
        auditor = Auditor()
        for entry in ledger:
            auditor.read(entry)
        auditor.agrees_with(wallet)
