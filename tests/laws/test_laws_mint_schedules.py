"""The law of allowances on schedules of their own: no walk over plans is granted more than there is of each.

In one stretch that is what the plan grants that grants most of it; in a month it is the ceiling, which is one for all.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
from hypothesis import given

from tokenpurse import Allowance, Catalogue, Offer, Plan, Switch, Wallet, periods
from tokenpurse import entries as e
from tokenpurse.errors import PurseError

START = datetime(2026, 7, 1, tzinfo=UTC)
CEILING, MOST = 12, 5
EVERY = {"login": periods.calendar_day(), "daily": periods.calendar_day(), "weekly": periods.calendar_week()}
GIVEN: list[dict[str, Any]] = [
    {"given": "at_once"},
    {"given": "on_claim"},
    {"given": "when_empty", "empty": {"top_up"}},
    {"given": "while_bought", "bought": Decimal(3)},
]
DOES = ["change", "change", "claim", "claim", "wait", "spend", "refund", "buy", "return"]
WALKS = st.lists(st.tuples(st.sampled_from(DOES), st.sampled_from([1, 6, 12, 24, 30])), min_size=15, max_size=40)


@st.composite
def catalogues(draw: st.DrawFn) -> Catalogue:
    """Draw two plans that may be left for each other at any time."""
    found = []
    for name in ("one", "other"):
        allowances = [Allowance(2)]
        for kind in sorted(draw(st.sets(st.sampled_from(list(EVERY)), min_size=1))):
            more = draw(st.sampled_from(GIVEN))
            allowances.append(
                Allowance(draw(st.integers(1, MOST)), kind=kind, every=EVERY[kind], ceiling=CEILING, **more)
            )
        packs = Offer("pack", price=Decimal(1))
        found.append(Plan(name, allowances=allowances, offers=[packs], on_downgrade=Switch(when="now")))
    return Catalogue(found)


def done(wallet: Wallet, verb: str, at: datetime, spent: list[e.Spent]) -> Wallet:
    """Do one thing, if it can be done."""
    name = f"pay:{at:%d%H}"
    try:
        if verb == "change":
            return wallet.change_plan(
                "one" if wallet.at(at).plan.name == "other" else "other", at=at, when="now"
            ).wallet
        if verb == "claim":
            return wallet.claim(at=at).wallet
        if verb == "spend":
            change = wallet.spend(3, at=at, partial=True)
            spent += [entry for entry in change.entries if isinstance(entry, e.Spent)]
            return change.wallet
        if verb == "refund" and spent:
            return wallet.refund(spent.pop(), at=at).wallet
        if verb == "buy":
            return wallet.top_up("pack", 4, at=at, payment=name).wallet
        if verb == "return":
            return wallet.claw_back(wallet.at(at).buckets("tokens")[-1].id, at=at, used="let_go").wallet
    except PurseError:
        pass
    return wallet.advance(at).wallet


@given(plans=catalogues(), walk=WALKS)
def test_no_walk_is_granted_more_than_a_stretch_has_nor_than_the_ceiling(
    plans: Catalogue, walk: list[tuple[str, int]]
) -> None:
    wallet, at, spent = Wallet.open("one", catalogue=plans, id="acme", at=START).wallet, START, list[e.Spent]()
    stretches, months = Counter[tuple[str, datetime]](), Counter[tuple[str, int]]()
    best = {
        one.kind: max(other.steps for plan in plans for other in plan.terms.streams if other.kind == one.kind)
        for plan in plans
        for one in plan.terms.streams
    }
    for verb, hours in walk:
        at += timedelta(hours=hours)
        for moment, what in ((at, "wait"), (at, verb)):
            before = {bucket.id for bucket in wallet.at(wallet.clock).buckets()}
            wallet = done(wallet, what, moment, spent)
            for bucket in wallet.at(at).buckets():
                if bucket.id not in before and bucket.kind in EVERY:
                    laid = EVERY[bucket.kind].period_at(bucket.starts, wallet._book.anchor, "UTC")
                    stretches[bucket.kind, laid.start] += bucket.granted_steps
                    months[bucket.kind, bucket.starts.month] += bucket.granted_steps
    for (kind, _), steps in stretches.items():
        assert steps <= best[kind]
    assert max(months.values(), default=0) <= CEILING
